//! Small topologies over all four products: any choice of pieces, each in one of a few variants.
//!
//! A piece refers to others only where they are chosen, too, so that every choice is a sound workspace.

use std::fmt::{self, Debug, Formatter};

use proptest::collection::vec;
use proptest::option::of;
use proptest::prelude::Strategy;
use serde_json::{Map, Value, json};

/// The targets: name and provider.
pub(crate) const TARGETS: &[(&str, &str)] =
    &[("east", "vns3"), ("west", "vns3"), ("nf", "netfoundry"), ("cfy", "cloudify"), ("vnfm", "f5-vnfm")];

/// A choice: which pieces there are, by name, and in which variant.
#[derive(Clone, Default)]
pub(crate) struct Topology(Vec<Option<u8>>);

/// The pieces: where each stands.
const PIECES: &[&str] = &[
    "east/system-variables/lan",
    "east/firewall-fwsets/offices",
    "east/firewall-rules",
    "east/ipsec-endpoints/a",
    "east/ipsec-endpoints/b",
    "east/ipsec-endpoints/a/tunnels/one",
    "east/ipsec-endpoints/a/tunnels/two",
    "east/ipsec-endpoints/b/tunnels/one",
    "east/routes/direct",
    "east/routes/through",
    "west/system-variables/peer",
    "west/webhooks/ops",
    "west/alerts/down",
    "nf/networks/acme/endpoints/host",
    "nf/networks/acme/endpoints/laptop",
    "nf/networks/acme/services/erp",
    "nf/networks/acme/app-wans/staff",
    "nf/networks/acme/edge-router-policies/all",
    "cfy/secrets/login",
    "cfy/blueprints/router",
    "cfy/deployments/hub",
    "cfy/deployments/branch",
    "vnfm/users/ana",
    "vnfm/users/rob",
    "vnfm/user-groups/staff",
    "vnfm/user-groups/staff/members/ana",
];

/// Any choice.
pub(crate) fn any() -> impl Strategy<Value = Topology> {
    vec(of(0u8..3), PIECES.len()).prop_map(Topology)
}

impl Debug for Topology {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(PIECES.iter().zip(&self.0).filter_map(|(piece, n)| Some((piece, (*n)?)))).finish()
    }
}

impl Topology {
    /// The target's collections, as a workspace declares them.
    pub(crate) fn collections(&self, target: &str) -> Map<String, Value> {
        let mut collections = Map::new();
        if target == "nf" {
            let network = json!({ "networkGroupId": "drillers", "provider": "AWS", "region": "us-east-1" });
            collections.insert("networks".into(), json!({ "acme": network }));
        }
        if target == "east" {
            // Rules stay when nothing declares them any more: so that sets can go, they are always declared.
            collections.insert("firewall-rules".into(), json!([{ "rule": "INPUT_CUST -j ACCEPT" }]));
        }
        for (piece, variant) in PIECES.iter().zip(&self.0) {
            let (Some(variant), Some((own, path))) = (variant, piece.split_once('/')) else { continue };
            if own == target && self.has_parent(piece) {
                place(&mut collections, path, self.body(piece, *variant));
            }
        }
        collections
    }

    fn has(&self, piece: &str) -> bool {
        let at = PIECES.iter().position(|known| *known == piece).unwrap();
        self.0.get(at).is_some_and(Option::is_some) && self.has_parent(piece)
    }

    /// Says whether what a piece lives in is there, and what it can't do without.
    fn has_parent(&self, piece: &str) -> bool {
        match piece {
            "west/alerts/down" => self.has("west/webhooks/ops"),
            "cfy/deployments/hub" | "cfy/deployments/branch" => self.has("cfy/blueprints/router"),
            "vnfm/user-groups/staff/members/ana" => self.has("vnfm/user-groups/staff") && self.has("vnfm/users/ana"),
            "east/ipsec-endpoints/a/tunnels/one" | "east/ipsec-endpoints/a/tunnels/two" => {
                self.has("east/ipsec-endpoints/a")
            }
            "east/ipsec-endpoints/b/tunnels/one" => self.has("east/ipsec-endpoints/b"),
            _ => true,
        }
    }

    /// The one value if the piece is there, else the other.
    fn if_has(&self, piece: &str, then: &str, or: &str) -> String {
        if self.has(piece) { then } else { or }.to_owned()
    }

    fn body(&self, piece: &str, variant: u8) -> Value {
        let n = variant;
        match piece {
            "east/system-variables/lan" => {
                json!({ "value": format!("10.{n}.0.0/16"), "description": format!("lan {n}") })
            }
            "east/firewall-fwsets/offices" => {
                let lan = self.if_has("east/system-variables/lan", "$${custom_lan}", "10.9.0.0/16");
                json!({ "type": "net", "entries": [{ "entry": lan }, { "entry": format!("10.1{n}.0.0/16") }] })
            }
            "east/firewall-rules" => {
                let set = "FORWARD_CUST -m set --match-set offices src -j ACCEPT";
                let first = self.if_has("east/firewall-fwsets/offices", set, "FORWARD_CUST -s 10.8.0.0/16 -j ACCEPT");
                let mut rules = vec![
                    json!({ "rule": first }),
                    json!({ "rule": "INPUT_CUST -s 10.7.0.0/16 -j ACCEPT", "comment": format!("{n}") }),
                    json!({ "rule": "FORWARD_CUST -j DROP", "disabled": n == 1 }),
                ];
                rules.rotate_left(usize::from(n));
                rules.into()
            }
            "east/ipsec-endpoints/a" | "east/ipsec-endpoints/b" => {
                let west = n == 2;
                let address =
                    if west { "${west/config.public_ipaddress}".to_owned() } else { format!("198.51.100.{n}") };
                json!({ "ipaddress": address, "secret": "${secret.canary}", "ike_version": 1 + n % 2, "pfs": n == 0 })
            }
            "east/ipsec-endpoints/a/tunnels/one" => tunnel(10, n),
            "east/ipsec-endpoints/a/tunnels/two" => tunnel(20, n),
            "east/ipsec-endpoints/b/tunnels/one" => tunnel(30, n),
            "east/routes/direct" => json!({ "cidr": format!("10.20{n}.0.0/16"), "interface": "eth0", "metric": n }),
            "east/routes/through" => match self.has("east/ipsec-endpoints/a/tunnels/one") {
                true => json!({ "cidr": "10.210.0.0/16", "tunnel": "a/one", "enabled": n != 1 }),
                false => json!({ "cidr": "10.210.0.0/16", "interface": "eth0", "enabled": n != 1 }),
            },
            "west/system-variables/peer" => {
                let (field, output) = ("${east/ipsec-endpoints/a.ipaddress}", "${east/config.public_ipaddress}");
                json!({ "value": self.if_has("east/ipsec-endpoints/a", field, output), "description": format!("{n}") })
            }
            "west/webhooks/ops" => {
                json!({ "url": format!("https://hooks.example/{n}"), "headers": [{ "name": "X-Token", "value": "${secret.canary}" }] })
            }
            "west/alerts/down" => {
                json!({ "url": format!("https://hooks.example/{n}"), "webhook_id": "ops", "events": ["tunnel_down"], "enabled": n != 1 })
            }
            "nf/networks/acme/endpoints/host" => {
                json!({ "attributes": [format!("#h{n}")], "enrollmentMethod": { "ott": true } })
            }
            "nf/networks/acme/endpoints/laptop" => {
                json!({ "attributes": ["#staff"], "enrollmentMethod": { "ott": true } })
            }
            "nf/networks/acme/services/erp" => {
                let host = self.if_has("nf/networks/acme/endpoints/host", "@host", "#hosts");
                json!({
                    "attributes": [format!("#apps{n}")],
                    "modelType": "TunnelerToEndpoint",
                    "model": {
                        "clientIngress": { "host": "erp.acme.example", "port": 80 + u16::from(n) },
                        "serverEgress": { "protocol": "tcp", "host": "10.0.0.1", "port": 8080 },
                        "bindEndpointAttributes": [host],
                        "edgeRouterAttributes": ["#all"],
                    },
                })
            }
            "nf/networks/acme/app-wans/staff" => {
                let service = self.if_has("nf/networks/acme/services/erp", "@erp", "#apps");
                let laptop = self.if_has("nf/networks/acme/endpoints/laptop", "@laptop", "#staff");
                json!({ "serviceAttributes": [service], "endpointAttributes": [laptop, format!("#e{n}")] })
            }
            "nf/networks/acme/edge-router-policies/all" => {
                json!({ "endpointAttributes": ["#all"], "edgeRouterAttributes": [format!("#r{n}")] })
            }
            "cfy/secrets/login" => json!({ "value": "${secret.canary}", "is_hidden_value": n == 1 }),
            "cfy/blueprints/router" => json!({ "source": format!("files/router-{}", n % 2) }),
            "cfy/deployments/hub" => {
                json!({ "blueprint_id": "router", "inputs": { "site": format!("hub-{n}") }, "installed": n != 0 })
            }
            "cfy/deployments/branch" => {
                let hub = self.if_has("cfy/deployments/hub", "${cfy/deployments/hub.outputs.site}", "nowhere");
                json!({ "blueprint_id": "router", "inputs": { "site": hub }, "installed": n == 2 })
            }
            "vnfm/users/ana" | "vnfm/users/rob" => json!({ "password": "${secret.canary}", "active": n != 1 }),
            "vnfm/user-groups/staff" | "vnfm/user-groups/staff/members/ana" => json!({}),
            _ => unreachable!("{piece}"),
        }
    }
}

fn tunnel(base: u8, n: u8) -> Value {
    let local = base + n % 2;
    json!({ "local_subnet": format!("10.{local}.0.0/16"), "remote_subnet": "10.99.0.0/16", "description": format!("{n}") })
}

/// Puts a body where a path says; a parent that comes later keeps what is in it.
fn place(collections: &mut Map<String, Value>, path: &str, body: Value) {
    match path.split_once('/') {
        Some((key, rest)) => {
            let below = collections.entry(key).or_insert_with(|| json!({}));
            place(below.as_object_mut().unwrap(), rest, body);
        }
        None => {
            collections.insert(path.to_owned(), body);
        }
    }
}
