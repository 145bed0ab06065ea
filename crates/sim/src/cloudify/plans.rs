//! The plan of a blueprint: what its documents come to, checked.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::dsl::{Document, Flaw, invalid};
use super::functions;

/// The result of parsing a blueprint.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Plan {
    /// The blueprint's description.
    pub description: Option<String>,
    /// The declared inputs.
    pub inputs: Map<String, Value>,
    /// The nodes, in the order in which they are installed.
    pub nodes: Vec<Template>,
    /// The outputs' definitions.
    pub outputs: Map<String, Value>,
    /// The capabilities' definitions.
    pub capabilities: Map<String, Value>,
    /// The blueprint's own workflows.
    pub workflows: Map<String, Value>,
    /// Groups of nodes.
    pub groups: Map<String, Value>,
    /// Labels for deployments.
    pub labels: Map<String, Value>,
    /// Labels for the blueprint itself.
    pub blueprint_labels: Map<String, Value>,
    /// The plugins that must be there.
    pub plugins: Vec<Required>,
    /// The blueprints that are imported.
    pub blueprints: Vec<String>,
    /// Whether the product's types of its language leave out when workflows can run (cloudify.md#executions).
    #[serde(default)]
    pub without_rules: bool,
}

/// A plugin that a blueprint needs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Required {
    /// Its package.
    pub package_name: String,
    /// The package's version, if one is demanded.
    pub package_version: Option<String>,
}

/// A node as the blueprint declares it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Template {
    /// Its name.
    pub name: String,
    /// Its type.
    pub type_name: String,
    /// The type and its ancestors, root first.
    pub lineage: Vec<String>,
    /// Its properties, with the type's defaults, functions unevaluated.
    pub properties: Value,
    /// Relationship type and target node.
    pub relationships: Vec<(String, String)>,
    /// How many instances to deploy.
    pub instances: u64,
    /// Its operations: full name, and what runs.
    pub operations: BTreeMap<String, Value>,
}

/// The languages whose types have no rules for workflows.
const OLD: [&str; 4] = ["cloudify_dsl_1_0", "cloudify_dsl_1_1", "cloudify_dsl_1_2", "cloudify_dsl_1_3"];

/// A node type that hosts others.
const HOST: &str = "cloudify.nodes.Compute";

/// The relationship that puts a node on its host.
pub(crate) const CONTAINED: &str = "cloudify.relationships.contained_in";

impl Template {
    /// Says whether the node is a host.
    pub(crate) fn is_host(&self) -> bool {
        self.lineage.iter().any(|name| name == HOST)
    }
}

impl Plan {
    /// Checks a document and makes its plan.
    pub(crate) fn of(document: &Document) -> Result<Plan, Flaw> {
        let mut nodes = Vec::new();
        let templates = document.map("node_templates");
        for (name, template) in &templates {
            nodes.push(node(document, name, template, &templates)?);
        }
        Ok(Plan {
            description: document.text("description"),
            inputs: inputs(document)?,
            nodes: ordered(nodes),
            outputs: document.map("outputs"),
            capabilities: document.map("capabilities"),
            workflows: document.map("workflows"),
            groups: document.map("groups"),
            labels: document.map("labels"),
            blueprint_labels: document.map("blueprint_labels"),
            plugins: plugins(document),
            blueprints: document.blueprints.clone(),
            without_rules: document.text("tosca_definitions_version").is_some_and(|word| OLD.contains(&word.as_str())),
        })
    }

    /// The names that the blueprint's calls of a function give first, such as secrets.
    pub(crate) fn named(&self, function: &str) -> Vec<String> {
        let mut found = Vec::new();
        for node in &self.nodes {
            functions::named(function, &node.properties, &mut found);
            node.operations.values().for_each(|operation| functions::named(function, operation, &mut found));
        }
        found.sort();
        found
    }

    /// The plan as the API prints it.
    pub(crate) fn print(&self) -> Value {
        let nodes: Vec<Value> = self
            .nodes
            .iter()
            .map(|node| {
                json!({
                    "id": node.name,
                    "name": node.name,
                    "type": node.type_name,
                    "type_hierarchy": node.lineage,
                    "properties": node.properties,
                    "relationships": node.relationships.iter()
                        .map(|(kind, target)| json!({"type": kind, "target_id": target}))
                        .collect::<Vec<_>>(),
                    "operations": node.operations,
                    "instances": {"deploy": node.instances},
                })
            })
            .collect();
        let plugins: Vec<Value> = self
            .plugins
            .iter()
            .map(|plugin| json!({"package_name": plugin.package_name, "package_version": plugin.package_version}))
            .collect();
        json!({
            "description": self.description,
            "inputs": self.inputs,
            "nodes": nodes,
            "outputs": self.outputs,
            "capabilities": self.capabilities,
            "workflows": self.workflows,
            "groups": self.groups,
            "labels": self.labels,
            "blueprint_labels": self.blueprint_labels,
            "deployment_plugins_to_install": plugins,
            "imported_blueprints": self.blueprints,
            "policies": {},
            "policy_types": {},
            "policy_triggers": {},
            "scaling_groups": {},
        })
    }
}

fn inputs(document: &Document) -> Result<Map<String, Value>, Flaw> {
    let mut inputs = Map::new();
    for (name, schema) in document.map("inputs") {
        match schema {
            Value::Object(schema) => inputs.insert(name, Value::Object(schema)),
            Value::Null => inputs.insert(name, json!({})),
            _ => return Err(invalid(format!("Expected 'dict' type, got another one; in input '{name}'"))),
        };
    }
    Ok(inputs)
}

fn plugins(document: &Document) -> Vec<Required> {
    let text = |plugin: &Value, key: &str| plugin[key].as_str().map(str::to_owned);
    document
        .map("plugins")
        .iter()
        .filter(|(_, plugin)| plugin["install"] != json!(false))
        .filter_map(|(_, plugin)| {
            let package_name = text(plugin, "package_name")?;
            Some(Required { package_name, package_version: text(plugin, "package_version") })
        })
        .collect()
}

fn node(document: &Document, name: &str, template: &Value, all: &Map<String, Value>) -> Result<Template, Flaw> {
    let Some(type_name) = template["type"].as_str() else {
        return Err(invalid(format!("'type' is a required property of node template '{name}'")));
    };
    let lineage = document.lineage(type_name).ok_or_else(|| {
        let known: Vec<String> = document.type_names().iter().map(|name| format!("'{name}'")).collect();
        invalid(format!("Could not locate node type: '{type_name}'; existing types: [{}]", known.join(", ")))
    })?;
    let mut relationships = Vec::new();
    for relationship in template["relationships"].as_array().into_iter().flatten() {
        let text = |key: &str| relationship[key].as_str().unwrap_or_default().to_owned();
        let (kind, target) = (text("type"), text("target"));
        if !all.contains_key(&target) {
            return Err(invalid(format!(
                "A relationship instance under node '{name}' of type '{kind}' declares an undefined target node '{target}'"
            )));
        }
        relationships.push((kind, target));
    }
    let mut properties = Map::new();
    let mut operations = BTreeMap::new();
    for definition in lineage.iter().filter_map(|name| document.node_type(name)) {
        for (key, schema) in definition["properties"].as_object().into_iter().flatten() {
            properties.insert(key.clone(), schema.get("default").cloned().unwrap_or(Value::Null));
        }
        collect_operations(&definition["interfaces"], &mut operations);
    }
    properties.extend(template["properties"].as_object().cloned().unwrap_or_default());
    collect_operations(&template["interfaces"], &mut operations);
    let scalable = &template["capabilities"]["scalable"]["properties"]["default_instances"];
    Ok(Template {
        name: name.to_owned(),
        type_name: type_name.to_owned(),
        lineage,
        properties: Value::Object(properties),
        relationships,
        instances: scalable.as_u64().or_else(|| template["instances"]["deploy"].as_u64()).unwrap_or(1),
        operations,
    })
}

/// Operations of interfaces: `{lifecycle: {create: script.sh}}` gives `lifecycle.create`; an empty one is none.
fn collect_operations(interfaces: &Value, operations: &mut BTreeMap<String, Value>) {
    for (interface, declared) in interfaces.as_object().into_iter().flatten() {
        for (name, operation) in declared.as_object().into_iter().flatten() {
            let empty = operation.is_null() || *operation == json!({}) || *operation == json!("");
            if !empty {
                operations.insert(format!("{interface}.{name}"), operation.clone());
            }
        }
    }
}

/// The nodes with every relationship's target before its source; otherwise in the blueprint's order.
fn ordered(mut nodes: Vec<Template>) -> Vec<Template> {
    let mut done: Vec<Template> = Vec::new();
    while !nodes.is_empty() {
        let placed = |target: &String| done.iter().any(|node| node.name == *target);
        let ready =
            |node: &Template| node.relationships.iter().all(|(_, target)| *target == node.name || placed(target));
        // A circle of relationships has no first node: take the one that was written first.
        let next = nodes.iter().position(ready).unwrap_or(0);
        done.push(nodes.remove(next));
    }
    done
}
