//! The addresses that a topology lives with: accepted once, for good. The controller reboots.
//!
//! They exist as soon as the license says that it is finalized. Written are strings, read is a tree
//! (vns3.md#license-parameters, vns3.md#bring-up).

use serde_json::Value;

use crate::spec::{
    Api, Body, Condition, Disruption, Envelope, Field, Kind, List, Poll, Relation, States, Type, Until, call, field,
};
use wire::Method::Put;

/// `license-parameters`.
pub(crate) static KIND: Kind = Kind {
    name: "license-parameters",
    doc: "The addresses that the topology lives with, accepted once and for good",
    source: "PUT /license/parameters, GET /license; vns3.md#license-parameters",
    fields: &[
        once("default", Type::Bool, "Accept what the license suggests; or else give the five others").write_only(),
        once("subnet", Type::CIDR, "Network of the overlay")
            .required_if(GIVEN)
            .chosen()
            .read_as("topology.overlay_subnet"),
        once("managers", Type::words(" "), "Overlay addresses of the controllers, by peering id")
            .required_if(GIVEN)
            .chosen(),
        once("asns", Type::words(" "), "Autonomous system numbers of the controllers, by peering id")
            .required_if(GIVEN)
            .chosen(),
        // Ranges are allowed in writing, and single addresses come back.
        once("clients", Type::words(","), "Overlay addresses of clients: single ones and ranges")
            .required_if(GIVEN)
            .chosen()
            .write_only(),
        once("my_manager_vip", Type::IP, "Overlay address that all controllers answer at").required_if(GIVEN).chosen(),
    ],
    api: Api {
        list: List::at("/license", Envelope::One("response")),
        id: "",
        create: &[call(Put, "/license/parameters", Body::Fields).wait(&[super::RESTARTED, FINALIZED, IN_FORCE])],
        states: Some(States { gone: &["open"], ..States::at("stage") }),
        ..super::super::API
    },
    relations: &[Relation::After("license", "the license has to be there before its parameters are accepted")],
    read: Some(flatten),
    ..Kind::NEW
};

/// What is not suggested is given, all of it.
const GIVEN: Condition = Condition::is("default", &["false"]);

const fn once(name: &'static str, ty: Type, doc: &'static str) -> Field {
    field(name, ty, doc).fixed().disrupts(Disruption::Irreversible)
}

const FINALIZED: Poll = Poll {
    path: "/license",
    at: "response",
    until: Until::State { key: "finalized", done: &["true"], failed: &[] },
    tolerate: super::BOOTING,
    budget: super::RESTARTED.budget,
    ..Poll::NEW
};

const IN_FORCE: Poll = Poll {
    path: "/config",
    at: "response",
    until: Until::State { key: "licensed", done: &["true"], failed: &[] },
    tolerate: super::BOOTING,
    budget: super::RESTARTED.budget,
    ..Poll::NEW
};

fn flatten(license: &mut Value) {
    if !license.is_object() {
        return;
    }
    let finalized = license.get("finalized") == Some(&Value::Bool(true));
    license["stage"] = if finalized { "finalized" } else { "open" }.into();
    let Some(managers) = license.pointer("/topology/managers").and_then(Value::as_array) else { return };
    let mut managers: Vec<&Value> = managers.iter().collect();
    managers.sort_by_key(|manager| manager.get("manager_id").and_then(Value::as_u64));
    let addresses = managers.iter().filter_map(|manager| manager.pointer("/overlay_ipaddress/ip_address")).cloned();
    let asns = managers.iter().filter_map(|manager| manager.get("asn")).map(Value::to_string).map(Value::from);
    let (addresses, asns): (Vec<Value>, Vec<Value>) = (addresses.collect(), asns.collect());
    license["managers"] = addresses.into();
    license["asns"] = asns.into();
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::providers::vns3::reading::listed;

    #[test]
    fn the_tree_is_read_as_lists() {
        let manager = |id: u32, asn: u32, address: &str| json!({"asn": asn, "manager_id": id, "overlay_ipaddress": {"ip_address": address, "octets": []}});
        let reply = json!({"response": {
            "finalized": true,
            "my_manager_vip": "100.127.255.250",
            "topology": {
                "managers": [manager(2, 65002, "100.127.255.252"), manager(1, 65001, "100.127.255.253")],
                "overlay_subnet": "100.127.255.192/26"
            }
        }});
        assert_eq!(
            listed(&KIND, &reply),
            [json!({
                "subnet": "100.127.255.192/26",
                "managers": ["100.127.255.253", "100.127.255.252"],
                "asns": ["65001", "65002"],
                "clients": [],
                "my_manager_vip": "100.127.255.250",
                "state": "finalized"
            })]
        );
    }

    #[test]
    fn they_are_not_there_before_they_are_accepted() {
        assert_eq!(listed(&KIND, &json!({"response": {"finalized": false}}))[0]["state"], "open");
    }
}
