//! The files of a blueprint, read as far as it takes to know its inputs and what it names
//! (cloudify.md#blueprint-language; the DSL's `inputs`, `imports`, `plugins` and functions).

use std::collections::BTreeSet;

use serde_json::Value;

use crate::attr::Attr;
use crate::spec::{
    By, Called, DeclaredKey, DeclaredKeys, DocumentsIn, Grammar, HasValue, NameSpot, Open, PlainType, ReadDocuments,
    Type, any_word,
};

/// How a blueprint's own files name what its upload needs.
pub(crate) const IMPORTED: DocumentsIn = DocumentsIn {
    document: "main_file_name",
    top_key: "tosca_definitions_version",
    read: documents,
    grammar: &PLUGINS,
};

/// How a blueprint's files name what its deployments need, and which inputs they declare.
pub(crate) const DEPLOYED: DocumentsIn = DocumentsIn { grammar: &FUNCTIONS, read: documents_with_inputs, ..IMPORTED };

/// A plugin is named by its package: in what is imported, and where a blueprint describes one itself.
static PLUGINS: Grammar = Grammar {
    form: Type::Any,
    mentions: &[
        (NameSpot::Found(imports), &[PACKAGE.behind("plugin:"), Called::name("", "")]),
        (NameSpot::Found(packages), &[PACKAGE]),
    ],
    own_name: false,
};

const PACKAGE: Called = Called::name("plugins", "what a blueprint imports is read when it is uploaded")
    .by(By::Field("package_name"))
    .others(any_word);

/// The functions that take values from elsewhere. What is global at the manager belongs to other tenants too.
pub(crate) static FUNCTIONS: Grammar = Grammar {
    form: Type::Any,
    mentions: &[
        (
            NameSpot::Found(secrets),
            &[Called::name("secrets", "its blueprint or its inputs read the secret").others(any_word)],
        ),
        (
            NameSpot::Found(capabilities),
            &[Called::name("deployments", "its blueprint or its inputs take a capability").others(any_word)],
        ),
    ],
    own_name: false,
};

/// The entries of a document's list of imports, each up to a question mark.
fn imports(document: &Attr, _: HasValue<'_>) -> Vec<String> {
    match document.get("imports") {
        Some(Attr::List(imports)) => {
            let name = |text: &str| text.split(['?', '#']).next().unwrap_or_default().trim().to_owned();
            imports.iter().filter_map(Attr::as_text).map(name).collect()
        }
        _ => Vec::new(),
    }
}

/// The packages that a document describes plugins by.
fn packages(document: &Attr, _: HasValue<'_>) -> Vec<String> {
    let mut found = Vec::new();
    texts_under(document, "package_name", &mut found);
    found
}

/// The secrets that a document reads.
fn secrets(document: &Attr, _: HasValue<'_>) -> Vec<String> {
    arguments(document, "get_secret")
}

/// The deployments whose capabilities a document takes.
fn capabilities(document: &Attr, _: HasValue<'_>) -> Vec<String> {
    arguments(document, "get_capability")
}

/// The argument of a function, or the first one, wherever it is called in a value.
fn arguments(value: &Attr, function: &str) -> Vec<String> {
    let mut found = Vec::new();
    calls(value, function, &mut found);
    found
}

/// The arguments of a function, wherever it is called in a value: `{ get_secret: key }`, `{ get_capability: [one, x] }`.
fn calls(value: &Attr, function: &str, found: &mut Vec<String>) {
    match value {
        Attr::List(items) => items.iter().for_each(|item| calls(item, function, found)),
        Attr::Map(map) => {
            for (key, value) in map {
                let argument = match value {
                    Attr::List(items) => items.first(),
                    other => Some(other),
                };
                if let Some(name) = argument.and_then(Attr::as_text).filter(|_| key == function && map.len() == 1) {
                    found.push(name.to_owned());
                }
                calls(value, function, found);
            }
        }
        Attr::Null | Attr::Bool(_) | Attr::Number(_) | Attr::Text(_) | Attr::Secret(_) | Attr::Later(_) => {}
    }
}

/// The texts under a key, wherever it stands in a value.
fn texts_under(value: &Attr, wanted: &str, found: &mut Vec<String>) {
    match value {
        Attr::List(items) => items.iter().for_each(|item| texts_under(item, wanted, found)),
        Attr::Map(map) => {
            for (key, value) in map {
                found.extend(value.as_text().filter(|_| key == wanted).map(str::to_owned));
                texts_under(value, wanted, found);
            }
        }
        Attr::Null | Attr::Bool(_) | Attr::Number(_) | Attr::Text(_) | Attr::Secret(_) | Attr::Later(_) => {}
    }
}

/// Files that every blueprint imports: node types, and plugins that declare operations. None of them declares inputs.
const WITHOUT_INPUTS: &[&str] = &["types.yaml", "plugin.yaml"];

/// The inputs of a blueprint and of the files that it imports.
fn inputs(main: &str, open: Open<'_>) -> Option<DeclaredKeys> {
    let mut declared = DeclaredKeys::default();
    declared.is_open = imported_files(main, open, &mut |prefix, document| {
        for (name, input) in document.get("inputs").and_then(Value::as_object).into_iter().flatten() {
            declared.keys.insert(format!("{prefix}{name}"), key(input));
        }
    })?;
    Some(declared)
}

/// A blueprint with the files that it imports.
fn documents(main: &str, open: Open<'_>) -> Option<ReadDocuments> {
    let mut found = Vec::new();
    let is_open = imported_files(main, open, &mut |_, document| found.push(document.clone()))?;
    Some(ReadDocuments { found, is_open, keys: None })
}

/// The same, with the inputs that a deployment of it has.
fn documents_with_inputs(main: &str, open: Open<'_>) -> Option<ReadDocuments> {
    Some(ReadDocuments { keys: Some(("inputs", inputs(main, open)?)), ..documents(main, open)? })
}

/// Calls `see` with a blueprint and all files that it imports, each with the namespace that it has. Says whether something
/// is imported that is not here; `None` where the blueprint itself is not.
fn imported_files(main: &str, open: Open<'_>, see: &mut dyn FnMut(&str, &Value)) -> Option<bool> {
    let mut is_open = false;
    let mut seen = BTreeSet::new();
    let mut waiting = vec![(main.to_owned(), String::new(), open(main)?)];
    while let Some((path, prefix, document)) = waiting.pop() {
        see(&prefix, &document);
        for import in document.get("imports").and_then(Value::as_array).into_iter().flatten() {
            let Some((namespace, name)) = imported(import) else { continue };
            let file = beside(&path, name);
            if !seen.insert((namespace.to_owned(), file.clone())) {
                continue;
            }
            match open(&file) {
                Some(document) => waiting.push((file, format!("{prefix}{namespace}"), document)),
                None if name.starts_with("plugin:") || WITHOUT_INPUTS.iter().any(|end| name.ends_with(end)) => {}
                None => is_open = true,
            }
        }
    }
    Some(is_open)
}

/// The namespace of an import, with what sets it apart, and what is imported.
fn imported(import: &Value) -> Option<(&str, &str)> {
    let text = import.as_str()?;
    Some(match text.find("--") {
        Some(at) => (&text[..at + 2], &text[at + 2..]),
        None => ("", text),
    })
}

/// The path of a file that stands beside another one.
fn beside(path: &str, name: &str) -> String {
    match path.rsplit_once('/') {
        Some((folder, _)) => format!("{folder}/{name}"),
        None => name.to_owned(),
    }
}

fn key(input: &Value) -> DeclaredKey {
    let needed = input.get("default").is_none() && input.get("required") != Some(&Value::Bool(false));
    let ty = match input.get("type").and_then(Value::as_str) {
        // Servers check these, and take anything for a `string` (cloudify.md#deployments).
        Some("integer") => Some(PlainType::Integer),
        Some("float") => Some(PlainType::Number),
        Some("boolean") => Some(PlainType::Bool),
        Some("list") => Some(PlainType::List),
        _ => None,
    };
    DeclaredKey { is_needed: needed, ty }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(files: &Value) -> DeclaredKeys {
        inputs("blueprint.yaml", &|path| files.get(path).cloned()).unwrap()
    }

    #[test]
    fn inputs_come_from_the_blueprint_and_from_what_it_imports() {
        let declared = read(&json!({
            "blueprint.yaml": {
                "imports": ["cloudify/types/types.yaml", "plugin:cloudify-fabric-plugin", "lib/more.yaml", "net--lib/net.yaml"],
                "inputs": { "must": { "type": "string" }, "size": { "type": "integer", "default": 1 }, "bare": null }
            },
            "lib/more.yaml": { "imports": ["more.yaml"], "inputs": { "extra": { "required": false } } },
            "lib/net.yaml": { "inputs": { "cidr": {} } }
        }));
        let needed: Vec<(&str, bool)> =
            declared.keys.iter().map(|(name, key)| (name.as_str(), key.is_needed)).collect();
        assert_eq!(needed, [("bare", true), ("extra", false), ("must", true), ("net--cidr", true), ("size", false)]);
        assert_eq!(declared.keys["size"].ty, Some(PlainType::Integer));
        assert!(!declared.is_open);
    }

    #[test]
    fn what_files_name_is_read_from_all_that_they_import() {
        let files = json!({
            "blueprint.yaml": {
                "imports": ["cloudify/types/types.yaml", "plugin:fabric?version=1.2", "lib/more.yaml"],
                "plugins": { "lab": { "executor": "host_agent", "package_name": "lab-plugin" } },
                "node_templates": { "n": { "properties": { "password": { "get_secret": "main-key" } } } }
            },
            "lib/more.yaml": { "outputs": { "o": { "value": { "concat": ["x", { "get_capability": ["base", "ip"] }] } } } },
            "unused.yaml": { "x": { "get_secret": "not-this-one" }, "imports": ["plugin:nor-this"] }
        });
        let read = documents("blueprint.yaml", &|path| files.get(path).cloned()).unwrap();
        let named = |grammar: &'static Grammar| {
            let names = |document| grammar.names(&crate::attr::Attr::from_json(document), &|_, _| false);
            let found = read.found.iter().flat_map(names);
            found.map(|named| format!("{}/{}", named.called(grammar).unwrap().kind, named.name)).collect::<Vec<_>>()
        };
        assert_eq!(named(&PLUGINS), ["plugins/fabric", "plugins/lab-plugin"]);
        assert_eq!(named(&FUNCTIONS), ["secrets/main-key", "deployments/base"]);
        assert!(!read.is_open);
    }

    #[test]
    fn what_is_imported_from_elsewhere_may_declare_more() {
        let from = |import: &str| read(&json!({ "blueprint.yaml": { "imports": [import] } })).is_open;
        assert!(from("blueprint:base") && from("https://example.com/base.yaml"));
        assert!(!from("http://www.getcloudify.org/spec/cloudify/4.5/types.yaml"));
        assert_eq!(inputs("other.yaml", &|_| None), None);
    }
}
