//! Routes in the controller's tables, told to the overlay where `advertise` says so.
//!
//! Nothing but `enabled` can be changed: all else is a new route. The reply's keys are not ids; `id` inside is. An
//! unset interface is read as `_notset`, and a tunnel as a whole object (vns3.md#routes).

use serde_json::Value;

use crate::providers::vns3::grammar;
use crate::spec::{
    Api, Body, CallSpec, Condition, Disruption, Envelope, Field, Identity, Kind, List, Type, call, field,
};
use wire::Method::{Delete, Post, Put};

/// `routes`.
pub(crate) static KIND: Kind = Kind {
    name: "routes",
    doc: "Routes in the controller's tables, advertised to the overlay if wanted",
    source: "GET /routes, POST /routes; vns3.md#routes",
    identity: Identity::Natural(&["table", "cidr", "interface", "gateway", "tunnel"]),
    fields: &[
        part("cidr", Type::CIDR, "Network that the route leads to").required(),
        part(
            "interface",
            Type::Phrase(&grammar::INTERFACE),
            "Interface that it leads through, such as `eth0`; or else `tunnel`",
        ),
        part("gateway", Type::Phrase(&grammar::GATEWAY), "Next hop, reachable through the interface"),
        part("tunnel", Type::Ref("tunnels"), "IPsec tunnel that it leads through, as `endpoint/tunnel`"),
        part("table", Type::Text, "Routing table").default("\"main\""),
        part("advertise", Type::Bool, "Tell it to the overlay: to peers at once, to clients when they reconnect"),
        part("metric", super::COUNT, "Weight").default("0"),
        part("description", Type::Text, "Free text").default("\"\""),
        field("enabled", Type::Bool, "In use").default("true").switch(&ENABLE, &DISABLE).disrupts(Disruption::Outage),
    ],
    api: Api {
        list: List::at("/routes", Envelope::Keyed("response")),
        create: &[call(Post, "/routes", Body::Fields).reply(Envelope::Keyed("response"))],
        remove: &[call(Delete, "/routes/{id}", Body::None)],
        gone: &[(404, ""), super::UNLICENSED, (400, "bad route id or route not found")],
        ..super::super::API
    },
    relations: &[super::LICENSED, super::KEYED],
    read: Some(flatten),
    foreign: Some(added_by_controller),
    carries_traffic: Some(Condition::is_not("enabled", &["false"])),
    ..Kind::NEW
};

static ENABLE: CallSpec = call(Put, "/routes/{id}/enable", Body::None).reply(Envelope::One("response"));
static DISABLE: CallSpec = call(Put, "/routes/{id}/disable", Body::None).reply(Envelope::One("response"));

/// A field that no call changes: the route goes and comes back, and its traffic waits.
const fn part(name: &'static str, ty: Type, doc: &'static str) -> Field {
    field(name, ty, doc).replaces().disrupts(Disruption::Outage)
}

fn flatten(route: &mut Value) {
    let Value::Object(map) = route else { return };
    if map.get("interface").is_some_and(|interface| interface == "_notset") {
        map.remove("interface");
    }
    if let Some(id) = map.get("tunnel").and_then(|tunnel| tunnel.get("id")).cloned() {
        map.insert("tunnel".into(), id);
    }
    map.entry("table").or_insert_with(|| "main".into());
}

fn added_by_controller(route: &Value) -> Option<&'static str> {
    let described = route.get("description").and_then(Value::as_str).unwrap_or_default();
    if route.get("traffic_pair").is_some_and(|pair| !pair.is_null()) {
        Some("it comes with a traffic pair")
    } else if route.get("editable") == Some(&Value::Bool(false)) || described.contains("(auto-added)") {
        Some("the controller added it")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::providers::vns3::reading::{listed, shown};

    #[test]
    fn the_example_reply_reads() {
        let reply = json!({"response": {
            "1": {
                "netmask": "240.0.0.0",
                "id": 1,
                "cidr": "224.0.0.0/4",
                "interface": "tun0",
                "description": "Multicast (auto-added)",
                "advertise": false,
                "metric": 0,
                "enabled": true
            },
            "2": {
                "netmask": "255.255.255.0",
                "id": 2,
                "cidr": "192.168.1.0/24",
                "gateway": "192.168.1.1",
                "interface": "eth0",
                "description": "US West Peer",
                "advertise": false,
                "metric": 0,
                "enabled": true
            }
        }});
        assert_eq!(
            listed(&KIND, &reply),
            [
                json!({
                    "id": 1,
                    "cidr": "224.0.0.0/4",
                    "interface": "tun0",
                    "table": "main",
                    "advertise": false,
                    "metric": 0,
                    "description": "Multicast (auto-added)",
                    "enabled": true,
                    "foreign": "the controller added it"
                }),
                json!({
                    "id": 2,
                    "cidr": "192.168.1.0/24",
                    "interface": "eth0",
                    "gateway": "192.168.1.1",
                    "table": "main",
                    "advertise": false,
                    "metric": 0,
                    "description": "US West Peer",
                    "enabled": true
                })
            ]
        );
    }

    #[test]
    fn a_tunnel_is_read_as_its_id_and_notset_as_nothing() {
        let route = json!({
            "id": 8, "cidr": "10.2.0.0/16", "interface": "_notset", "gateway": "", "table": "edge", "tunnel": {"id": 3}
        });
        assert_eq!(shown(&KIND, &route), json!({"id": 8, "cidr": "10.2.0.0/16", "table": "edge", "tunnel": "3"}));
    }

    #[test]
    fn what_the_controller_added_is_not_the_users() {
        let foreign = |route: Value| shown(&KIND, &route).get("foreign").cloned();
        assert_eq!(foreign(json!({"editable": false})), Some("the controller added it".into()));
        assert_eq!(foreign(json!({"traffic_pair": {"id": 1}})), Some("it comes with a traffic pair".into()));
        assert_eq!(foreign(json!({"editable": true, "traffic_pair": null})), None);
    }
}
