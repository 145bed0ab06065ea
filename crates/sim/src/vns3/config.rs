//! "Get Config" and "Update Config": names, time servers, and what the controller says of itself.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::Area;
use super::answer::{Fault, Outcome, ok};
use super::call::Call;
use super::console::Collection;
use super::net;
use super::seed::Generator;
use super::state::State;
use crate::Setup;
use wire::Method::{Get, Put};

/// The version that a controller behaves like by default; the part before the hyphen is the API's version.
const VERSION: &str = "6.0.0-20220801";

/// The time servers of a new controller, as in the text's example.
const NTP_HOSTS: &str = "0.ubuntu.pool.ntp.org 1.ubuntu.pool.ntp.org 2.ubuntu.pool.ntp.org 3.ubuntu.pool.ntp.org ntp.ubuntu.com time.apple.com";

pub(super) static AREA: Area = Area { answer, console: CONSOLE };

const CONSOLE: &[Collection] = &[Collection::single("config", "/config")];

/// The stored part of the configuration; the rest of the answer follows from licence and peering.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Config {
    pub topology_name: String,
    pub controller_name: String,
    pub ntp_hosts: String,
    pub topology_checksum: String,
    pub vns3_version: String,
    pub public_ipaddress: String,
    pub private_ipaddress: String,
    pub subnet_gateway: String,
    pub security_token: String,
    /// The id of the machine, which its cloud gives it; states of version 0.1 have none.
    #[serde(default)]
    pub machine: String,
}

impl Config {
    /// The configuration of a new controller. Addresses follow from its name: public ones from the block for
    /// benchmarks, private ones each in a subnet of its own.
    pub(crate) fn born(setup: &Setup, fresh: bool) -> Config {
        let mut generator = Generator::new(&setup.name, 1);
        let mut octet = |low, high| generator.between(low, high);
        let public = format!("198.{}.{}.{}", octet(18, 19), octet(0, 255), octet(1, 254));
        let subnet = format!("10.{}.{}", octet(0, 255), octet(0, 255));
        let private = format!("{subnet}.{}", octet(10, 250));
        let mut born = Generator::new(&setup.name, setup.birth.max(1));
        let version = setup.version.as_deref().filter(|_| !fresh).unwrap_or(VERSION);
        Config {
            topology_name: String::new(),
            controller_name: setup.name.clone(),
            ntp_hosts: NTP_HOSTS.to_owned(),
            topology_checksum: born.hex(40),
            vns3_version: version.to_owned(),
            public_ipaddress: public,
            private_ipaddress: private,
            subnet_gateway: format!("{subnet}.1"),
            security_token: generator.hex(40),
            machine: format!("i-{}", born.hex(17)),
        }
    }
}

fn answer(state: &mut State, call: &Call) -> Option<Outcome> {
    Some(match (call.method, call.path().as_slice()) {
        (Get, ["config"]) => ok(read(state)),
        (Put, ["config"]) => update(state, call),
        _ => return None,
    })
}

/// "Get Config". Fields that belong to a topology are missing until the controller is licensed, its own id until it
/// has one.
fn read(state: &State) -> Value {
    let config = &state.config;
    let mut answer = json!({
        "topology_name": config.topology_name,
        "controller_name": config.controller_name,
        "topology_checksum": config.topology_checksum,
        "ntp_hosts": config.ntp_hosts,
        "vns3_version": config.vns3_version,
        "licensed": state.licensed(),
        "public_ipaddress": config.public_ipaddress,
        "private_ipaddress": config.private_ipaddress,
    });
    if let Some(slot) = state.peering.own_slot(state) {
        answer["asn"] = json!(slot.asn);
        answer["overlay_ipaddress"] = json!(slot.overlay_ipaddress);
        answer["subnet_gateway"] = json!(config.subnet_gateway);
        answer["security_token"] = json!(config.security_token);
        answer["peered"] = json!(state.peering.id.is_some());
    }
    if let Some(id) = state.peering.id {
        answer["manager_id"] = json!(id);
    }
    answer
}

/// "Update Config".
fn update(state: &mut State, call: &Call) -> Outcome {
    let fields = call.fields()?;
    let mut config = state.config.clone();
    fields.over("topology_name", &mut config.topology_name)?;
    fields.over("controller_name", &mut config.controller_name)?;
    fields.over_if("ntp_hosts", &mut config.ntp_hosts, |hosts: &String| is_host_list(hosts)).map_err(|_| {
        Fault::argument("ntp_hosts is not in proper domain name format or ipv4 address format. Update abandoned.")
    })?;
    state.config = config;
    ok(read(state))
}

fn is_host_list(hosts: &str) -> bool {
    !hosts.trim().is_empty() && hosts.split_whitespace().all(net::is_host)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vns3::testing::{Bench, has_keys_of};

    #[test]
    fn the_answer_has_the_keys_of_the_texts_example() {
        let example = json!({
            "asn": 65001, "topology_name": "Cohesive", "controller_name": "Controller 1",
            "topology_checksum": "a04a92073a4f6f32a2abce45439a2d8c016334dc", "manager_id": 1,
            "ntp_hosts": "time.apple.com", "vns3_version": "4.5.0", "licensed": true,
            "overlay_ipaddress": "172.31.0.100", "peered": true, "public_ipaddress": "50.240.142.209",
            "private_ipaddress": "192.168.30.247",
        });
        let mut bench = Bench::new();
        bench.ok(Put, "/peering/self", json!({"id": 3}));
        let config = bench.get("/config").expect("config");
        assert!(has_keys_of(&config, &example), "{config}");
        assert_eq!(config["manager_id"], 3);
    }

    #[test]
    fn names_and_time_servers_change_and_bad_ones_change_nothing() {
        let mut bench = Bench::new();
        let body = json!({"topology_name": "wan", "ntp_hosts": "10.0.0.1 ntp.example.org", "unknown": 1});
        let config = bench.ok(Put, "/config", body);
        assert_eq!(config["topology_name"], "wan");
        assert_eq!(config["ntp_hosts"], "10.0.0.1 ntp.example.org");
        assert!(config.get("unknown").is_none());
        let (status, text) = bench.refused(Put, "/config", json!({"topology_name": "x", "ntp_hosts": "no_host!"}));
        assert_eq!(status, 400);
        assert!(text.starts_with("APIArgumentError: ntp_hosts is not in proper domain name format"), "{text}");
        assert_eq!(bench.get("/config").expect("config")["topology_name"], "wan");
        assert_eq!(
            bench.refused(Put, "/config", json!({"topology_name": 5})).1,
            "APIArgumentError: topology_name is invalid"
        );
    }
}
