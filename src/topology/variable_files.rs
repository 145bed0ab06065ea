//! Variables from files: what `vars: { sites: { from: sites.csv } }` reads. A file lies below the workspace and is read as all its
//! files are, so that a revision has its own.
//!
//! Of a table, each row is what stands below the first of its values: a map from the names in the first line to texts.

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

use crate::finding::{Finding, Place};
use crate::source::{Node, SourceFile, Tree, open, parse, spot, within};

/// What a file holds.
///
/// # Errors
/// It lies outside of the workspace, can't be read, or holds nothing that can be a value.
pub(crate) fn read(tree: &dyn Tree, named_in: &str, path: &str, limit: u64) -> Result<Node, Box<Finding>> {
    let Some(inside) = within(named_in, path) else {
        let finding = Finding::error("outside-workspace", format!("`{path}` leads out of the workspace"));
        return Err(Box::new(finding.help("copy the file into the workspace: it is a part of the configuration")));
    };
    let form = match inside.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase()) {
        Some(ending) if ending == "csv" => table,
        Some(ending) if matches!(ending.as_str(), "yaml" | "yml" | "json") => document,
        _ => {
            let finding = Finding::error("wrong-value", format!("`{path}` is of no form that variables are read from"));
            return Err(Box::new(finding.help("it ends with `.csv`, `.yaml`, `.yml` or `.json`")));
        }
    };
    let file = open(tree, &inside, limit)?;
    form(&file)
}

/// The paths in the workspace of the YAML files that variables are read from: they declare nothing.
pub(crate) fn named(file: &str, root: &Node, found: &mut BTreeSet<String>) {
    let Some(Node::Map(variables)) = root.get("vars") else { return };
    let paths = variables.iter().filter_map(|(_, variable)| variable.get("from")?.as_text());
    found.extend(paths.filter_map(|path| within(file, path)).filter(|path| path != file));
}

/// A finding at a byte of a file.
fn at(file: &SourceFile, offset: Option<usize>, finding: Finding) -> Box<Finding> {
    let mut finding = finding.at(&Place::file(&file.path));
    finding.spot = offset.map(|offset| spot(file, offset));
    Box::new(finding)
}

/// The one document of a file of YAML or JSON.
fn document(file: &SourceFile) -> Result<Node, Box<Finding>> {
    let documents = parse(file.text()).map_err(|broken| {
        let finding = Finding::error(broken.code, broken.message);
        at(file, broken.offset, broken.help.into_iter().fold(finding, Finding::help))
    })?;
    match <[_; 1]>::try_from(documents) {
        Ok([document]) if document.duplicates.is_empty() => Ok(document.root),
        Ok(_) => {
            Err(at(file, None, Finding::error("duplicate-key", format!("a key of `{}` is given twice", file.path))))
        }
        Err(documents) => {
            let message = format!("`{}` has {} documents, and a variable is one", file.path, documents.len());
            Err(at(file, None, Finding::error("wrong-value", message)))
        }
    }
}

/// The rows of a table.
fn table(file: &SourceFile) -> Result<Node, Box<Finding>> {
    let wrong = |offset: Option<u64>, message: String, help: &str| {
        let offset = offset.and_then(|offset| usize::try_from(offset).ok());
        at(file, offset, Finding::error("wrong-table", message).help(help))
    };
    let broken = |error: csv::Error| {
        let offset = error.position().map(csv::Position::byte);
        let message = match error.kind() {
            csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
                format!("a row has {len} values, and the first line names {expected_len}")
            }
            _ => "a row can't be read".to_owned(),
        };
        wrong(offset, message, "values are divided by `,`; one that holds a `,` stands in quotes")
    };
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(file.text().as_bytes());
    let names: Vec<Arc<str>> = reader.headers().map_err(broken)?.iter().map(Arc::from).collect();
    let mut seen = HashSet::new();
    if let Some(name) = names.iter().find(|name| name.is_empty() || !seen.insert((*name).clone())) {
        let message = match name.is_empty() {
            true => "a column has no name".to_owned(),
            false => format!("two columns are called `{name}`"),
        };
        return Err(wrong(Some(0), message, "the first line names the columns, each by a name of its own"));
    }
    let (mut rows, mut keys) = (Vec::new(), HashSet::new());
    for row in reader.records() {
        let row = row.map_err(broken)?;
        let place = row.position().map(csv::Position::byte);
        let key: Arc<str> = row.get(0).unwrap_or_default().into();
        if key.is_empty() || !keys.insert(key.clone()) {
            let message = match key.is_empty() {
                true => "a row has nothing in its first column".to_owned(),
                false => format!("two rows begin with `{key}`"),
            };
            return Err(wrong(place, message, "a row goes by the first of its values: give each one of its own"));
        }
        let values = names.iter().cloned().zip(row.iter().map(|value| Node::Text(value.to_owned())));
        rows.push((key, Node::Map(values.collect())));
    }
    Ok(Node::Map(rows))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a file of that name and text comes to as JSON, or the finding's code, and the line that it is at.
    fn found(name: &str, text: &str) -> Result<String, String> {
        let file = SourceFile::new(name, text.to_owned());
        let read = if name.ends_with(".csv") { table(&file) } else { document(&file) };
        let shown = read.map(|node| node.to_attr().to_shown().to_string());
        shown.map_err(|finding| format!("{} {}", finding.code, finding.spot.map_or(0, |spot| spot.line)))
    }

    #[test]
    fn a_table_is_a_map_by_its_first_column() {
        for (text, shown) in [
            (
                "id,lan\noslo,10.2.0.0/16\nbergen, 10.3.0.0/16\n",
                Ok(r#"{"bergen":{"id":"bergen","lan":"10.3.0.0/16"},"oslo":{"id":"oslo","lan":"10.2.0.0/16"}}"#),
            ),
            ("id,note\r\na,\"x, \"\"y\"\"\"\r\n", Ok(r#"{"a":{"id":"a","note":"x, \"y\""}}"#)),
            ("\u{feff}id,v\na,1.10\n", Ok(r#"{"a":{"id":"a","v":"1.10"}}"#)),
            ("id\n", Ok("{}")),
            ("", Ok("{}")),
            ("id,lan\na,1\nb\n", Err("wrong-table 3")),
            ("id,lan\na,1\na,2\n", Err("wrong-table 3")),
            ("id,lan\n,1\n", Err("wrong-table 2")),
            ("id,id\na,1\n", Err("wrong-table 1")),
            ("id,\na,1\n", Err("wrong-table 1")),
        ] {
            assert_eq!(found("t.csv", text), shown.map(str::to_owned).map_err(str::to_owned), "{text}");
        }
    }

    #[test]
    fn a_document_is_what_it_holds() {
        for (name, text, shown) in [
            ("v.yaml", "a: [1, b]\n", Ok(r#"{"a":[1,"b"]}"#)),
            ("v.json", "[{\"id\": 7}]", Ok(r#"[{"id":7}]"#)),
            ("v.yaml", "a: 1\na: 2\n", Err("duplicate-key 0")),
            ("v.yaml", "a: 1\n---\nb: 2\n", Err("wrong-value 0")),
            ("v.json", "{", Err("syntax 1")),
        ] {
            let found = found(name, text);
            let shown = shown.map(str::to_owned).map_err(str::to_owned);
            assert!(found == shown || found.is_err() && shown.is_err() && name == "v.json", "{text}: {found:?}");
        }
    }
}
