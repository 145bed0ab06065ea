//! The schema of a fabric: its own words from their types, and fields of halves and neighbours from the providers' tables.

use serde_json::{Map, Value, json};

use super::{describe, field, properties_of};
use crate::fabric::{ABSENT, FabricWords, MARK, PASSWORD, half_kind_fields, neighbour_kind_fields};
use crate::spec::Provider;

/// The schema of what stands under `fabric`.
pub(super) fn schema(catalogue: &[&Provider], definitions: &mut Map<String, Value>) -> Value {
    let (mut fields, mut neighbour) = (Map::new(), Map::new());
    for provider in catalogue {
        let Some(table) = provider.fabric else { continue };
        fields.extend(half_kind_fields(provider, table).map(|own| (own.name.to_owned(), field(own))));
        for word in table.half.proposals {
            let doc = format!("A proposal: it becomes `{word}=…` among `{}`.", table.half.options);
            fields.insert((*word).to_owned(), json!({ "type": "string", "description": doc }));
        }
        let pair = provider.kind(table.pair.kind).map(|kind| kind.fields).unwrap_or_default();
        let further = pair.iter().filter(|own| table.pair.further.contains(&own.name));
        fields.extend(further.map(|own| (own.name.to_owned(), field(own))));
        neighbour.extend(neighbour_kind_fields(provider, table).map(|own| (own.name.to_owned(), field(own))));
    }
    let password = json!({ "type": "string", "description": "The password of the sessions, as `${secret.NAME}`." });
    neighbour.insert(PASSWORD.into(), password);
    let bgp = json!({
        "type": "object",
        "description": "What the BGP sessions have.",
        "properties": neighbour,
        "additionalProperties": false,
    });
    let mut properties = properties_of(schemars::schema_for!(FabricWords).to_value(), definitions);
    let mut connection = fields.clone();
    connection.insert("bgp".into(), bgp.clone());
    connection.insert("psk".into(), json!({ "$ref": "#/$defs/KeyWords" }));
    connection.insert("inner".into(), json!({ "type": "string", "description": "The /30 of its inner addresses." }));
    connection.insert(ABSENT.into(), absent());
    let connections = json!({
        "type": "object",
        "description": "What is said of one connection, by its name.",
        "additionalProperties": { "type": "object", "properties": connection, "additionalProperties": false },
    });
    for (definition, own) in [("ProfileWords", None), ("VpnWords", Some((bgp, connections)))] {
        let Some(schema) = definitions.get_mut(definition) else { continue };
        let words = schema.as_object_mut().map(|schema| schema.entry("properties").or_insert_with(|| json!({})));
        let Some(words) = words.and_then(Value::as_object_mut) else { continue };
        words.extend(fields.clone());
        if let Some((bgp, connections)) = own {
            words.insert("bgp".into(), bgp);
            words.insert("connections".into(), connections);
        }
    }
    let mut pool = json!({ "type": "string" });
    describe(&mut pool, "The network of inner addresses; by default 169.254.0.0/16.");
    properties.insert("pool".into(), pool);
    json!({
        "type": "object",
        "description": "A topology that is declared as one: sites, meshes, vpns. Any file may hold a part of it.",
        "properties": properties,
        "additionalProperties": false,
    })
}

/// The item of a list in whose place the items of a fabric go.
pub(super) fn mark() -> Value {
    json!({
        "type": "object",
        "description": "Here go the rules of the fabric's vpns.",
        "properties": { MARK.0: { "const": MARK.1 } },
        "required": [MARK.0],
        "additionalProperties": false,
    })
}

/// The key that takes a resource of a fabric away.
pub(super) fn absent() -> Value {
    json!({ "const": true, "description": "The fabric has it, and it is not to be." })
}
