//! A small reader of the blueprint language: enough to know inputs, nodes, outputs and workflows, and to refuse what
//! the product's parser refuses (cloudify.md#blueprints: the error texts).

use serde_json::{Map, Value};

use super::archives::Tree;

/// Why a blueprint is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Flaw {
    /// The blueprint is wrong: state `invalid`.
    Invalid(String),
    /// The parser could not be fed: state `failed_parsing`.
    Unreadable(String),
}

/// What an import that is not a file of the archive stands for.
pub(crate) enum Import {
    /// The product's own types.
    BuiltIn,
    /// The `plugin.yaml` of an uploaded plugin.
    Document(String),
    /// Another blueprint.
    Blueprint(String),
    /// Nothing that can be had.
    Missing(Flaw),
}

/// Resolves imports.
pub(crate) type Resolver<'a> = dyn Fn(&str) -> Import + 'a;

/// The sections that a blueprint may have.
const SECTIONS: [&str; 22] = [
    "tosca_definitions_version",
    "description",
    "metadata",
    "imports",
    "dsl_definitions",
    "inputs",
    "node_types",
    "node_templates",
    "relationships",
    "plugins",
    "workflows",
    "outputs",
    "capabilities",
    "groups",
    "policies",
    "policy_types",
    "policy_triggers",
    "data_types",
    "upload_resources",
    "labels",
    "blueprint_labels",
    "resource_tags",
];

/// The types that every blueprint gets by importing the product's types file.
pub(crate) const BUILT_IN: [&str; 26] = [
    "cloudify.nodes.Root",
    "cloudify.nodes.Compute",
    "cloudify.nodes.Container",
    "cloudify.nodes.Tier",
    "cloudify.nodes.Volume",
    "cloudify.nodes.FileSystem",
    "cloudify.nodes.ObjectStorage",
    "cloudify.nodes.Network",
    "cloudify.nodes.Subnet",
    "cloudify.nodes.Port",
    "cloudify.nodes.Router",
    "cloudify.nodes.VirtualIP",
    "cloudify.nodes.SecurityGroup",
    "cloudify.nodes.LoadBalancer",
    "cloudify.nodes.SoftwareComponent",
    "cloudify.nodes.DBMS",
    "cloudify.nodes.Database",
    "cloudify.nodes.WebServer",
    "cloudify.nodes.ApplicationServer",
    "cloudify.nodes.MessageBusServer",
    "cloudify.nodes.ApplicationModule",
    "cloudify.nodes.CloudifyManager",
    "cloudify.nodes.Component",
    "cloudify.nodes.ServiceComponent",
    "cloudify.nodes.SharedResource",
    "cloudify.nodes.PasswordSecret",
];

/// The sections of a blueprint with those of its imports merged in.
#[derive(Debug, Default)]
pub(crate) struct Document {
    sections: Map<String, Value>,
    /// Whether the product's own types were imported.
    pub built_in: bool,
    /// The blueprints that are imported.
    pub blueprints: Vec<String>,
}

impl Document {
    /// Reads a blueprint and everything that it imports.
    pub(crate) fn read(tree: &Tree, main: &str, resolve: &Resolver) -> Result<Document, Flaw> {
        let mut document = Document::default();
        let bytes = tree.file(main).ok_or_else(|| invalid(format!("{main} does not exist")))?;
        let text = String::from_utf8_lossy(bytes);
        let sections = parse(&text)?;
        if !sections.contains_key("tosca_definitions_version") {
            return Err(invalid("'tosca_definitions_version' field must appear in the main blueprint file"));
        }
        document.merge(sections, tree, directory(main), resolve, 0)?;
        Ok(document)
    }

    fn merge(
        &mut self,
        sections: Map<String, Value>,
        tree: &Tree,
        directory: &str,
        resolve: &Resolver,
        depth: usize,
    ) -> Result<(), Flaw> {
        // Imports may form a circle; nobody nests them this deep.
        if depth > 16 {
            return Ok(());
        }
        for (name, section) in sections {
            if !SECTIONS.contains(&name.as_str()) {
                return Err(invalid(format!("'{name}' is not in schema. Valid schema values: {SECTIONS:?}")));
            }
            match (name.as_str(), section) {
                ("imports", Value::Array(imports)) => {
                    for import in imports.iter().filter_map(Value::as_str) {
                        self.import(import, tree, directory, resolve, depth)?;
                    }
                }
                (_, Value::Object(entries)) => {
                    let known = self.sections.entry(name).or_insert_with(|| Value::Object(Map::new()));
                    if let Some(known) = known.as_object_mut() {
                        known.extend(entries);
                    }
                }
                (_, other) if depth == 0 => {
                    self.sections.insert(name, other);
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn import(
        &mut self,
        import: &str,
        tree: &Tree,
        directory: &str,
        resolve: &Resolver,
        depth: usize,
    ) -> Result<(), Flaw> {
        // A namespace stands before `--`.
        let import = import.rsplit_once("--").map_or(import, |(_, rest)| rest);
        let local = if directory.is_empty() { import.to_owned() } else { format!("{directory}/{import}") };
        if let Some(bytes) = tree.file(&local) {
            let sections = parse(&String::from_utf8_lossy(bytes))?;
            return self.merge(sections, tree, self::directory(&local), resolve, depth + 1);
        }
        match resolve(import) {
            Import::BuiltIn => self.built_in = true,
            Import::Document(text) => self.merge(parse(&text)?, &Tree::default(), "", resolve, depth + 1)?,
            Import::Blueprint(id) => self.blueprints.push(id),
            Import::Missing(flaw) => return Err(flaw),
        }
        Ok(())
    }

    /// A section that is a map; empty where it is absent.
    pub(crate) fn map(&self, section: &str) -> Map<String, Value> {
        self.sections.get(section).and_then(Value::as_object).cloned().unwrap_or_default()
    }

    /// A section that is a text.
    pub(crate) fn text(&self, section: &str) -> Option<String> {
        self.sections.get(section).and_then(Value::as_str).map(str::to_owned)
    }

    /// A type with its ancestors, root first; none where it is unknown.
    pub(crate) fn lineage(&self, name: &str) -> Option<Vec<String>> {
        let types = self.sections.get("node_types").and_then(Value::as_object);
        let mut lineage = vec![name.to_owned()];
        let mut current = name.to_owned();
        while let Some(definition) = types.and_then(|types| types.get(&current)) {
            match definition["derived_from"].as_str() {
                Some(parent) if !lineage.iter().any(|known| known == parent) => {
                    lineage.push(parent.to_owned());
                    current = parent.to_owned();
                }
                _ => {
                    lineage.reverse();
                    return Some(lineage);
                }
            }
        }
        if !self.built_in || !BUILT_IN.contains(&current.as_str()) {
            return None;
        }
        if current != BUILT_IN[0] {
            lineage.push(BUILT_IN[0].to_owned());
        }
        lineage.reverse();
        Some(lineage)
    }

    /// The definition of a type of this blueprint.
    pub(crate) fn node_type(&self, name: &str) -> Option<&Value> {
        self.sections.get("node_types").and_then(|types| types.get(name))
    }

    /// The names of all types that can be used, as the parser's complaint prints them.
    pub(crate) fn type_names(&self) -> Vec<String> {
        let own = self.map("node_types").into_iter().map(|(name, _)| name);
        let built_in = BUILT_IN.iter().filter(|_| self.built_in).map(|name| (*name).to_owned());
        built_in.chain(own).collect()
    }
}

/// The parser's complaint.
pub(crate) fn invalid(text: impl Into<String>) -> Flaw {
    Flaw::Invalid(format!("Invalid blueprint - {}", text.into()))
}

fn directory(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(directory, _)| directory)
}

fn parse(text: &str) -> Result<Map<String, Value>, Flaw> {
    let illegal = |error: String| invalid(format!("Failed to parse DSL: Illegal yaml; {error}"));
    let mut document: serde_yaml::Value = serde_yaml::from_str(text).map_err(|error| illegal(error.to_string()))?;
    document.apply_merge().map_err(|error| illegal(error.to_string()))?;
    match serde_json::to_value(document).map_err(|error| illegal(error.to_string()))? {
        Value::Object(sections) => Ok(sections),
        Value::Null => Err(invalid("Failed to parse DSL: Empty yaml")),
        _ => Err(invalid("Expected a dict")),
    }
}
