//! What a target says about itself, and the kinds in it.

use serde_json::{Map, Value, json};

use super::for_each::for_each;
use super::{describe, field, kinds, object, properties_of, set};
use crate::spec::Provider;
use crate::topology::envelope::{RETIRED, TargetEnvelope};

/// A target of a provider.
pub(super) fn of(provider: &Provider, definitions: &mut Map<String, Value>) -> Value {
    let mut properties = properties_of(schemars::schema_for!(TargetEnvelope).to_value(), definitions);
    let mut credentials = object(provider.dialect.credentials, false);
    describe(&mut credentials, "What proves who asks.");
    properties.insert("credentials".into(), credentials);
    if let Some(at) = properties.get_mut("at") {
        set(at, "examples", json!([provider.dialect.example]));
    }
    let prunable: Vec<&str> =
        provider.kinds.iter().filter(|kind| kind.is_declarative()).map(|kind| kind.name).collect();
    if let Some(prune) = properties.get_mut("prune") {
        let choices =
            json!([{ "const": "all" }, { "type": "array", "items": { "enum": prunable } }, { "type": "null" }]);
        *prune = json!({ "description": prune.get("description").cloned(), "anyOf": choices });
    }
    for setting in provider.dialect.settings {
        properties.insert(setting.name.into(), field(setting));
    }
    if let Some(retired) = properties.get_mut(RETIRED) {
        let choices = json!([{ "type": ["boolean", "null"] }, { "$ref": "#/$defs/expression" }]);
        *retired = json!({ "description": retired.get("description").cloned(), "anyOf": choices });
    }
    for_each(&mut properties, &|_| false);
    properties.extend(kinds(provider, None));
    json!({ "type": ["object", "null"], "properties": properties, "additionalProperties": false })
}
