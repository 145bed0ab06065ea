//! Firewall presets of an instance: rules that are added to the controller's own firewall, and only there removed.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::bad_request;
use super::instances::{Instance, find};
use crate::vns3::answer::{Fault, Outcome, created, ok};
use crate::vns3::call::{Call, Fields};
use crate::vns3::firewall;
use crate::vns3::state::State;

/// The controller's port that the `ssh` preset maps, counted up from here by the instance's id.
const SSH_PORTS: u64 = 2200;

/// A rule made for an instance, in its read form.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Preset {
    pub rule: String,
    tags: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    destination_port: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    plugin_port: Option<u64>,
}

impl Preset {
    /// The controller's port with the plugin's, for one that maps ports.
    pub(crate) fn port_map(&self) -> Option<(String, Value)> {
        Some((self.destination_port?.to_string(), json!(self.plugin_port?)))
    }

    fn mapping(instance: &Instance, tag: &str, protocol: &str, host: u64, container: u64) -> Preset {
        let to = instance.ip_address;
        Preset {
            rule: format!(
                "PREROUTING_CUST -i eth0 -p {protocol} -s 0.0.0.0/0 --dport {host} -j DNAT --to {to}:{container}"
            ),
            tags: vec![tag.to_owned()],
            destination_port: Some(host),
            plugin_port: Some(container),
        }
    }

    /// The preset that the fields ask for.
    fn from(fields: &Fields, instance: &Instance) -> Result<Preset, Fault> {
        match fields.need_text("preset")?.as_str() {
            "ssh" => Ok(Preset::mapping(instance, "ssh", "tcp", SSH_PORTS + instance.id, 22)),
            "internet" => Ok(Preset {
                rule: format!("POSTROUTING_CUST -o eth0 -s {} -j MASQUERADE", instance.ip_address),
                tags: vec!["internet".to_owned()],
                destination_port: None,
                plugin_port: None,
            }),
            "port_map" => {
                let protocol = fields.need_text("protocol")?.to_ascii_lowercase();
                let (host, container): (u64, u64) = (fields.need("host_port")?, fields.need("container_port")?);
                let is_port = |port: u64| (1..=65_535).contains(&port);
                let reserved = match protocol.as_str() {
                    "tcp" => matches!(host, 22 | 8000),
                    "udp" => (1070..=1220).contains(&host),
                    _ => return Err(Fault::invalid("protocol")),
                };
                if reserved || !is_port(host) {
                    let text =
                        "Invalid host port. Port can't be TCP ports 22, 8000, or UDP ports between 1070 and 1220.";
                    return Err(bad_request(text));
                }
                if !is_port(container) {
                    return Err(Fault::invalid("container_port"));
                }
                Ok(Preset::mapping(instance, "port map", &protocol, host, container))
            }
            _ => Err(Fault::invalid("preset")),
        }
    }
}

/// The presets of an instance whose rule is still in the controller's firewall.
pub(super) fn in_force(state: &State, instance: &Instance) -> Vec<Preset> {
    instance.presets.iter().filter(|preset| firewall::has_rule(state, &preset.rule)).cloned().collect()
}

/// "Get plugin instance firewall".
pub(super) fn list(state: &mut State, id: u64) -> Outcome {
    let instance = find(state, id)?.clone();
    ok(in_force(state, &instance))
}

/// "Create plugin instance firewall rule": 201 for a new one, 200 for one that is there; answers with all.
pub(super) fn add(state: &mut State, call: &Call, id: u64) -> Outcome {
    let instance = find(state, id)?.clone();
    let preset = Preset::from(&call.fields()?, &instance)?;
    let mut presets = in_force(state, &instance);
    if presets.iter().any(|other| other.rule == preset.rule) {
        return ok(presets);
    }
    firewall::append(state, &preset.rule, &format!("plugin instance {id}"));
    presets.push(preset);
    find(state, id)?.presets.clone_from(&presets);
    created(presets)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vns3::plugins::instances::tests::with_instance;
    use wire::Method::{Delete, Put};

    const FIREWALL: &str = "/plugin-instances/1/firewall";

    #[test]
    fn a_preset_is_a_rule_of_the_controllers_own_firewall() {
        let mut bench = with_instance(Value::Null);
        let map = json!({"preset": "port_map", "host_port": 10000, "container_port": "3000", "protocol": "tcp"});
        assert_eq!(bench.call(Put, FIREWALL, Some(map.clone())).0, 201);
        assert_eq!(bench.call(Put, FIREWALL, Some(map)).0, 200);
        let rule = "PREROUTING_CUST -i eth0 -p tcp -s 0.0.0.0/0 --dport 10000 -j DNAT --to 198.51.100.2:3000";
        let preset = json!([{"rule": rule, "tags": ["port map"], "destination_port": 10000, "plugin_port": 3000}]);
        assert_eq!(bench.get(FIREWALL), Ok(preset));
        let rules = bench.get("/v2/firewall/rules").expect("rules");
        assert_eq!(rules[0]["rule"], rule);
        bench.ok(Delete, &format!("/v2/firewall/rules/{}", rules[0]["id"].as_str().expect("id")), json!({}));
        assert_eq!(bench.get(FIREWALL), Ok(json!([])));
        let reserved = json!({"preset": "port_map", "host_port": 8000, "container_port": 80, "protocol": "tcp"});
        assert!(bench.refused(Put, FIREWALL, reserved).1.contains("Invalid host port."));
    }
}
