//! Findings as SARIF 2.1.0, which code scanning and editors read: the rules that speak, and a result for each finding.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::finding::Level;
use crate::render::findings::document::{FindingDocument, PlaceDocument};
use crate::render::findings::file_from;

/// The schema that the text keeps to.
const SCHEMA: &str = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// The text. `says` tells what a code means; files are told from where `folder` is relative to.
pub(crate) fn sarif(findings: &[FindingDocument<'_>], folder: &str, says: &dyn Fn(&str) -> Option<String>) -> String {
    let mut rules: BTreeMap<&str, usize> = findings.iter().map(|finding| (finding.code, 0)).collect();
    for (number, index) in rules.values_mut().enumerate() {
        *index = number;
    }
    let described = rules.keys().map(|code| {
        let says = says(code).unwrap_or_else(|| (*code).to_owned());
        json!({ "id": code, "shortDescription": { "text": says }, "help": { "text": format!("trueup explain {code}") } })
    });
    let document = json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "Trueup",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": described.collect::<Vec<Value>>(),
            } },
            "columnKind": "unicodeCodePoints",
            "results": findings.iter().map(|finding| result(finding, folder, &rules)).collect::<Vec<Value>>(),
        }],
    });
    crate::render::json(&document)
}

fn result(finding: &FindingDocument<'_>, folder: &str, rules: &BTreeMap<&str, usize>) -> Value {
    let mut result = Map::new();
    result.insert("ruleId".into(), finding.code.into());
    result.insert("ruleIndex".into(), json!(rules.get(finding.code)));
    let level = match finding.level {
        Level::Error => "error",
        Level::Warning => "warning",
    };
    result.insert("level".into(), level.into());
    result.insert("message".into(), json!({ "text": finding.told() }));
    let mut location = location(&finding.place, folder).unwrap_or_default();
    if let Some(address) = &finding.address {
        location.insert("logicalLocations".into(), json!([{ "fullyQualifiedName": address, "kind": "resource" }]));
    }
    if !location.is_empty() {
        result.insert("locations".into(), json!([location]));
    }
    if let Some(also) = &finding.also
        && let Some(mut related) = self::location(&also.place, folder)
    {
        related.insert("message".into(), json!({ "text": also.what }));
        result.insert("relatedLocations".into(), json!([related]));
    }
    Value::Object(result)
}

fn location(place: &PlaceDocument<'_>, folder: &str) -> Option<Map<String, Value>> {
    let file = file_from(folder, place.file?);
    let mut physical = Map::new();
    let artifact = match file.starts_with('/') {
        true => json!({ "uri": format!("file://{}", uri(&file)) }),
        false => json!({ "uri": uri(&file), "uriBaseId": "%SRCROOT%" }),
    };
    physical.insert("artifactLocation".into(), artifact);
    if let (Some(line), Some(column)) = (place.line, place.column) {
        let (end_line, end_column) = (place.end_line.unwrap_or(line), place.end_column.unwrap_or(column));
        let region = json!({ "startLine": line, "startColumn": column, "endLine": end_line, "endColumn": end_column });
        physical.insert("region".into(), region);
    }
    let mut location = Map::new();
    location.insert("physicalLocation".into(), Value::Object(physical));
    Some(location)
}

/// A path as a relative reference of a URI.
fn uri(path: &str) -> String {
    let parts: Vec<String> = path.split('/').map(|part| wire::encode(part).replace("%2E", ".")).collect();
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::findings::tests::findings;

    fn document() -> Value {
        let findings = findings();
        let text = sarif(&FindingDocument::all(&findings), "net/lab 1", &|code| {
            (code == "unknown-field").then(|| "A key.".into())
        });
        serde_json::from_str(&text).unwrap()
    }

    #[test]
    fn each_finding_is_a_result_of_its_rule_with_a_region() {
        let document = document();
        let run = &document["runs"][0];
        let rules: Vec<&str> = run["tool"]["driver"]["rules"]
            .as_array()
            .unwrap()
            .iter()
            .map(|rule| rule["id"].as_str().unwrap())
            .collect();
        assert_eq!(rules, ["declared-twice", "no-place", "unknown-field"]);
        assert_eq!(run["tool"]["driver"]["rules"][2]["shortDescription"]["text"], "A key.");
        let results = run["results"].as_array().unwrap();
        for result in results {
            let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
            assert_eq!(result["ruleId"], rules[index]);
        }
        assert_eq!(
            results[0]["locations"][0]["physicalLocation"],
            json!({
                "artifactLocation": { "uri": "net/lab%201/east.yaml", "uriBaseId": "%SRCROOT%" },
                "region": { "startLine": 3, "startColumn": 5, "endLine": 3, "endColumn": 11 },
            })
        );
        assert_eq!(results[1]["relatedLocations"][0]["message"]["text"], "declared first here");
        assert_eq!(results[2].get("locations"), None, "what has no place");
        assert_eq!(results[2]["level"], "warning");
    }

    /// What the specification asks of the members that are used here (SARIF 2.1.0, 3.13 to 3.30).
    #[test]
    fn it_is_as_the_specification_says() {
        let text = json!({ "type": "object", "required": ["text"], "additionalProperties": false,
            "properties": { "text": { "type": "string" } } });
        let from_one = json!({ "type": "integer" });
        let location = json!({ "type": "object", "additionalProperties": false, "properties": {
            "message": text,
            "logicalLocations": { "type": "array", "items": { "type": "object", "additionalProperties": false, "properties": {
                "fullyQualifiedName": { "type": "string" }, "kind": { "type": "string" } } } },
            "physicalLocation": { "type": "object", "additionalProperties": false, "properties": {
                "artifactLocation": { "type": "object", "additionalProperties": false, "required": ["uri"],
                    "properties": { "uri": { "type": "string" }, "uriBaseId": { "type": "string" } } },
                "region": { "type": "object", "additionalProperties": false,
                    "required": ["startLine", "startColumn", "endLine", "endColumn"],
                    "properties": { "startLine": from_one, "startColumn": from_one, "endLine": from_one, "endColumn": from_one } },
            } },
        } });
        let locations = json!({ "type": "array", "items": location });
        let schema = json!({ "type": "object", "required": ["version", "runs"], "additionalProperties": false, "properties": {
            "$schema": { "type": "string" },
            "version": { "const": "2.1.0" },
            "runs": { "type": "array", "items": { "type": "object", "required": ["tool"], "additionalProperties": false, "properties": {
                "columnKind": { "enum": ["utf16CodeUnits", "unicodeCodePoints"] },
                "tool": { "type": "object", "required": ["driver"], "additionalProperties": false, "properties": {
                    "driver": { "type": "object", "required": ["name"], "additionalProperties": false, "properties": {
                        "name": { "type": "string" }, "semanticVersion": { "type": "string" },
                        "rules": { "type": "array", "items": { "type": "object", "required": ["id"], "additionalProperties": false,
                            "properties": { "id": { "type": "string" }, "shortDescription": text, "help": text } } },
                    } } } },
                "results": { "type": "array", "items": { "type": "object", "required": ["message"], "additionalProperties": false,
                    "properties": { "ruleId": { "type": "string" }, "ruleIndex": from_one,
                        "level": { "enum": ["none", "note", "warning", "error"] }, "message": text,
                        "locations": locations, "relatedLocations": locations } } },
            } } },
        } });
        assert_eq!(crate::render::validate::faults(&schema, &document()), Vec::<String>::new());
    }
}
