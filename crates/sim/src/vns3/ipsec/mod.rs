//! IPsec: the controller's own side, and the remote endpoints with what hangs below them.

mod ebgp_peer;
mod endpoint;
mod traffic_pair;
mod tunnel;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

pub(super) use self::endpoint::Endpoint;
use self::traffic_pair::TrafficPair;
use self::tunnel::Tunnel;
use super::Area;
use super::answer::{Fault, Outcome, ok};
use super::call::{Call, id};
use super::console::Collection;
use super::state::State;
use super::{interfaces, net, tasks};
use wire::Method::{Delete, Get, Post, Put};

pub(super) static AREA: Area = Area { answer, console: CONSOLE };

const CONSOLE: &[Collection] = &[
    Collection::single("ipsec-local", "/ipsec"),
    Collection {
        kind: "ipsec-endpoints",
        at: "/ipsec/remote_endpoints/*",
        key: &["ipaddress"],
        create: "/ipsec/endpoints",
        remove: "/ipsec/endpoints/{id}",
    },
    Collection {
        kind: "tunnels",
        at: "/ipsec/remote_endpoints/*/tunnels/*",
        key: &["local_subnet", "remote_subnet"],
        create: "/ipsec/endpoints/{parent.id}/tunnels",
        remove: "/ipsec/endpoints/{parent.id}/tunnels/{id}",
    },
    Collection {
        kind: "traffic-pairs",
        at: "/ipsec/remote_endpoints/*/traffic_pairs/*",
        key: &["local_subnet", "remote_subnet"],
        create: "/ipsec/endpoints/{parent.id}/traffic_pairs",
        remove: "/ipsec/endpoints/{parent.id}/traffic_pairs/{id}",
    },
    Collection {
        kind: "ebgp-peers",
        at: "/ipsec/remote_endpoints/*/bgp_peers/*",
        key: &["ipaddress"],
        create: "/ipsec/endpoints/{parent.id}/ebgp_peers",
        remove: "/ipsec/endpoints/{parent.id}/ebgp_peers/{id}",
    },
];

/// Both sides of the controller's IPsec connections.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Ipsec {
    ipsec_local_ipaddress: String,
    remote_endpoints: BTreeMap<u64, Endpoint>,
}

impl Ipsec {
    /// The own side is the private address until somebody sets another, as in the text's example.
    pub(crate) fn born(private_ipaddress: &str) -> Ipsec {
        Ipsec { ipsec_local_ipaddress: private_ipaddress.to_owned(), remote_endpoints: BTreeMap::new() }
    }

    /// The address of the loopback alias.
    pub(crate) fn local_ipaddress(&self) -> &str {
        &self.ipsec_local_ipaddress
    }

    /// The remote endpoints.
    pub(crate) fn endpoints(&self) -> impl Iterator<Item = &Endpoint> {
        self.remote_endpoints.values()
    }

    /// Says whether there is a tunnel of that id.
    pub(crate) fn has_tunnel(&self, id: u64) -> bool {
        self.tunnels().any(|tunnel| tunnel.id == id)
    }

    /// A traffic pair by its id alone.
    pub(crate) fn traffic_pair(&self, id: u64) -> Option<&TrafficPair> {
        self.remote_endpoints.values().find_map(|endpoint| endpoint.traffic_pairs.get(&id))
    }

    fn tunnels(&self) -> impl Iterator<Item = &Tunnel> {
        self.remote_endpoints.values().flat_map(|endpoint| endpoint.tunnels.values())
    }

    /// Tunnels and pairs together, which is what the licence counts.
    fn subnet_count(&self) -> usize {
        self.tunnels().count()
            + self.remote_endpoints.values().map(|endpoint| endpoint.traffic_pairs.len()).sum::<usize>()
    }
}

impl State {
    /// A tunnel's read form by its id alone, as routes name it.
    pub(super) fn tunnel(&self, id: u64) -> Option<Value> {
        self.tunnel_details().find(|(tunnel, _)| *tunnel == id).map(|(_, detail)| detail)
    }

    /// Every tunnel's read form by its id.
    pub(super) fn tunnel_details(&self) -> impl Iterator<Item = (u64, Value)> {
        self.ipsec.endpoints().flat_map(|endpoint| {
            let tunnels = endpoint.tunnels.values();
            tunnels.map(|tunnel| (tunnel.id, tunnel.detail(endpoint, false, self.is_connected(tunnel.id))))
        })
    }
}

fn answer(state: &mut State, call: &Call) -> Option<Outcome> {
    Some(match (call.method, call.path().as_slice()) {
        (Get, ["ipsec"]) => ok(read(state)),
        (Post, ["ipsec"]) => restart(state, call),
        (Put, ["ipsec"]) => update(state, call),
        (_, ["ipsec", "endpoints", rest @ ..]) => return below_endpoints(state, call, rest),
        _ => return None,
    })
}

fn below_endpoints(state: &mut State, call: &Call, path: &[&str]) -> Option<Outcome> {
    Some(match (call.method, path) {
        (Post, []) => endpoint::create(state, call),
        (Get, [endpoint]) => endpoint::read(state, id(endpoint)),
        (Put, [endpoint]) => endpoint::update(state, call, id(endpoint)),
        (Delete, [endpoint]) => endpoint::delete(state, id(endpoint)),
        (Post, [endpoint, "tunnels"]) => tunnel::create(state, call, id(endpoint)),
        (Put, [endpoint, "tunnels", tunnel]) => tunnel::update(state, call, id(endpoint), id(tunnel)),
        (Delete, [endpoint, "tunnels", tunnel]) => tunnel::delete(state, id(endpoint), id(tunnel)),
        (Post, [endpoint, "traffic_pairs"]) => traffic_pair::create(state, call, id(endpoint)),
        (Put, [endpoint, "traffic_pairs", pair]) => traffic_pair::update(state, call, id(endpoint), id(pair)),
        (Delete, [endpoint, "traffic_pairs", pair]) => traffic_pair::delete(state, id(endpoint), id(pair)),
        (Put, [endpoint, "traffic_pairs", pair, "enable"]) => traffic_pair::enable(state, id(endpoint), id(pair), true),
        (Put, [endpoint, "traffic_pairs", pair, "disable"]) => {
            traffic_pair::enable(state, id(endpoint), id(pair), false)
        }
        (Post, [endpoint, "ebgp_peers"]) => ebgp_peer::create(state, call, id(endpoint)),
        (Get, [endpoint, "ebgp_peers", peer]) => ebgp_peer::read(state, call, id(endpoint), id(peer)),
        (Put, [endpoint, "ebgp_peers", peer]) => ebgp_peer::update(state, call, id(endpoint), id(peer)),
        (Delete, [endpoint, "ebgp_peers", peer]) => ebgp_peer::delete(state, id(endpoint), id(peer)),
        _ => return None,
    })
}

/// "Get IPsec details": `this_endpoint` and every remote one with its key in the clear.
fn read(state: &State) -> Value {
    let mut this = json!({
        "nat_traversal": true,
        "ipaddress": state.config.public_ipaddress,
        "private_ipaddress": state.config.private_ipaddress,
        "ipsec_local_ipaddress": state.ipsec.ipsec_local_ipaddress,
    });
    if let (Some(license), Some(slot)) = (state.license.as_ref(), state.peering.own_slot(state)) {
        this["overlay_subnet"] = json!(license.overlay_subnet);
        this["asn"] = json!(slot.asn);
    }
    json!({"this_endpoint": this, "remote_endpoints": state.ipsec.remote_endpoints})
}

/// "Restart ipsec subystem".
fn restart(state: &mut State, call: &Call) -> Outcome {
    if !call.fields()?.need::<bool>("restart")? {
        return Err(Fault::invalid("restart"));
    }
    state.bounce(None);
    ok(json!({"restart": true}))
}

/// "Update IPsec config". The address is device-wide and can change only while there is no remote endpoint; the text
/// says so without an example of the refusal. The error text for a bad address names the field in its own way.
fn update(state: &mut State, call: &Call) -> Outcome {
    let fields = call.fields()?;
    let address: String = fields.need("ipsec_local_ipaddress")?;
    let in_background: bool = fields.get("async")?.unwrap_or_default();
    if !net::is_ip(&address) {
        return Err(Fault::argument("ipsec_local_address is invalid"));
    }
    if address != state.ipsec.ipsec_local_ipaddress && !state.ipsec.remote_endpoints.is_empty() {
        return Err(Fault::argument(
            "ipsec_local_ipaddress cannot be changed while remote endpoints are defined. Delete them first.",
        ));
    }
    state.ipsec.ipsec_local_ipaddress = address;
    interfaces::move_loopback(state);
    if in_background { ok(tasks::submit(state)) } else { ok(read(state)) }
}

/// The endpoint, or the 400 that every call below it but those of traffic pairs answers.
fn find(state: &mut State, endpoint: u64) -> Result<&mut Endpoint, Fault> {
    state.ipsec.remote_endpoints.get_mut(&endpoint).ok_or_else(|| Fault::argument("endpoint_id does not exist"))
}

/// Refuses one more tunnel or pair than the licence allows: "Permission denied. Max number of tunnels reach".
fn room_for_subnet(state: &State) -> Result<(), Fault> {
    match &state.license {
        Some(license) if state.ipsec.subnet_count() >= license.ipsec_max_subnets => {
            Err(Fault::not_allowed("Maximum number of tunnels reached"))
        }
        _ => Ok(()),
    }
}

/// The form of an address field with a prefix length, in the words of the text: "local_subnet is invalid CIDR".
fn bad_cidr(field: &'static str) -> impl Fn(Fault) -> Fault {
    move |_| Fault::argument(format!("{field} is invalid CIDR"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vns3::testing::{Bench, has_keys_of};

    #[test]
    fn the_own_side_has_the_keys_of_the_texts_example() {
        let example = json!({
            "this_endpoint": {
                "ipaddress": "3.222.68.251", "overlay_subnet": "100.127.255.192/26", "asn": 65001,
                "private_ipaddress": "192.168.1.230", "ipsec_local_ipaddress": "192.168.1.230",
            },
            "remote_endpoints": {},
        });
        let ipsec = Bench::new().get("/ipsec").expect("ipsec");
        assert!(has_keys_of(&ipsec, &example), "{ipsec}");
        assert_eq!(ipsec["this_endpoint"]["private_ipaddress"], ipsec["this_endpoint"]["ipsec_local_ipaddress"]);
    }

    #[test]
    fn the_own_address_stays_while_endpoints_exist() {
        let mut bench = Bench::new();
        let changed = bench.ok(Put, "/ipsec", json!({"ipsec_local_ipaddress": "192.0.2.254"}));
        assert_eq!(changed["this_endpoint"]["ipsec_local_ipaddress"], "192.0.2.254");
        bench.endpoint();
        bench.ok(Put, "/ipsec", json!({"ipsec_local_ipaddress": "192.0.2.254"}));
        let (status, text) = bench.refused(Put, "/ipsec", json!({"ipsec_local_ipaddress": "192.0.2.1"}));
        assert_eq!(status, 400);
        assert!(text.contains("while remote endpoints are defined"), "{text}");
        let bad = bench.refused(Put, "/ipsec", json!({"ipsec_local_ipaddress": "here"}));
        assert_eq!(bad, (400, "APIArgumentError: ipsec_local_address is invalid".to_owned()));
        assert_eq!(bench.refused(Put, "/ipsec", json!({})).1, "APIArgumentError: ipsec_local_ipaddress is missing");
    }

    #[test]
    fn a_restart_is_asked_for_with_true() {
        let mut bench = Bench::new();
        assert_eq!(bench.ok(Post, "/ipsec", json!({"restart": true})), json!({"restart": true}));
        assert_eq!(bench.refused(Post, "/ipsec", json!({"restart": 7})).1, "APIArgumentError: restart is invalid");
    }
}
