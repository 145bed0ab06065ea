//! Ways through the controller's firewall to a plugin instance and from it.
//!
//! Each is a preset that becomes a rule of the controller's firewall. No call removes one; its rule is removed there,
//! by its text. What preset a rule comes from is said by its tag, `port map` in the reference text's example; the tags
//! of the other two are inferred (vns3.md#plugin-instance-firewall).

use serde_json::Value;

use crate::spec::{
    Api, AutoCreated, Body, Condition, Disruption, Field, Identity, Kind, List, Relation, Type, call, field, output,
};
use wire::Method::{Delete, Put};

/// `plugin-instance-firewall`.
pub(crate) static KIND: Kind = Kind {
    name: "plugin-instance-firewall",
    doc: "Ways through the controller's firewall to a plugin instance and from it",
    source: "GET /plugin-instances, PUT /plugin-instances/{id}/firewall; vns3.md#plugin-instance-firewall",
    parent: Some("plugin-instances"),
    identity: Identity::Natural(&["preset", "host_port", "container_port", "protocol"]),
    fields: &[
        part("preset", Type::Enum(&["ssh", "internet", "port_map"]), "`port_map` needs the three others").required(),
        mapped("host_port", super::PORT, "Port of the controller; neither TCP 22 or 8000 nor UDP 1070 to 1220").stays(),
        mapped("container_port", super::PORT, "Port of the plugin that it leads to").stays(),
        mapped("protocol", Type::Enum(&["tcp", "udp"]), "Protocol of the two ports").stays(),
        output("rule", Type::Text, "The firewall rule that it became"),
    ],
    api: Api {
        list: List::Inside("firewall"),
        id: "rule",
        create: &[call(Put, "/plugin-instances/{parent.id}/firewall", Body::Fields)],
        remove: &[call(Delete, "/firewall/rules", Body::Json(r#"{"rule": "{rule}"}"#)).wait(&[super::TASK])],
        gone: &[(404, ""), super::UNLICENSED, (400, "does not exist")],
        ..super::super::API
    },
    relations: &[
        Relation::After("firewall-rules", WHOLE),
        Relation::After("firewall-v1-rules", WHOLE),
        Relation::Creates("firewall-rules", THERE),
        Relation::Creates("firewall-v1-rules", THERE),
    ],
    read: Some(as_preset),
    carries_traffic: Some(Condition::ALWAYS),
    ..Kind::NEW
};

/// Where it shows the rules that it put into the list. They go with it.
const THERE: AutoCreated = AutoCreated::Listed { at: "rule", goes_if_set: None };

const WHOLE: &str = "the list is written with what was in it when it was looked at";

/// A field of a mapping alone: the ports of the others are the controller's own choice.
const fn mapped(name: &'static str, ty: Type, doc: &'static str) -> Field {
    const MAPPING: Condition = Condition::is("preset", &["port_map"]);
    part(name, ty, doc).required_if(MAPPING).writable_on(MAPPING)
}

/// A field that no call changes: the rule goes and comes back.
const fn part(name: &'static str, ty: Type, doc: &'static str) -> Field {
    field(name, ty, doc).replaces().disrupts(Disruption::Reconnect)
}

fn as_preset(rule: &mut Value) {
    let Some(tag) = rule.pointer("/tags/0").and_then(Value::as_str) else { return };
    let preset = tag.trim().to_ascii_lowercase().replace([' ', '-'], "_");
    // The ports of the others are the controller's own choice.
    if preset == "port_map" {
        let text = rule.get("rule").and_then(Value::as_str).unwrap_or_default();
        let mut words = text.split_whitespace().skip_while(|word| *word != "-p").skip(1);
        let protocol = words.next().map_or(Value::Null, Value::from);
        rule["protocol"] = protocol;
        rule["host_port"] = rule.get("destination_port").cloned().unwrap_or_default();
        rule["container_port"] = rule.get("plugin_port").cloned().unwrap_or_default();
    }
    rule["preset"] = preset.into();
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::providers::vns3::reading::inside;

    #[test]
    fn presets_are_read_from_the_rules_that_they_became() {
        let map = "PREROUTING_CUST -i eth0 -p tcp -s 0.0.0.0/0 --dport 10000 -j DNAT --to 198.51.100.2:3000";
        let ssh = "PREROUTING_CUST -i eth0 -p tcp -s 0.0.0.0/0 --dport 2201 -j DNAT --to 198.51.100.2:22";
        let instance = json!({"firewall": [
            {"rule": map, "tags": ["port map"], "destination_port": 10000, "plugin_port": 3000},
            {"rule": ssh, "tags": ["ssh"], "destination_port": 2201, "plugin_port": 22}
        ]});
        let expected = [
            json!({"id": map, "rule": map, "preset": "port_map", "host_port": 10000, "container_port": 3000, "protocol": "tcp"}),
            json!({"id": ssh, "rule": ssh, "preset": "ssh"}),
        ];
        assert_eq!(inside(&KIND, &instance), expected);
    }
}
