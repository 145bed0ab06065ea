//! Remote endpoints: "Create IPsec endpoint" and its neighbours.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::ebgp_peer::EbgpPeer;
use super::find;
use super::traffic_pair::TrafficPair;
use super::tunnel::Tunnel;
use crate::vns3::answer::{Fault, Outcome, ok};
use crate::vns3::call::{Call, Fields};
use crate::vns3::neighbours::Neighbour;
use crate::vns3::state::State;
use crate::vns3::{net, routes};

/// The remote side's address behind its NAT if none is given, as in the text's examples.
const PRIVATE_IPADDRESS: &str = "192.0.2.254";

/// Both selectors of a route-based endpoint if nobody gives them.
const ANYWHERE: &str = "0.0.0.0/0";

/// A remote endpoint in its read form.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(in crate::vns3) struct Endpoint {
    pub id: u64,
    pub name: String,
    ipaddress: String,
    pfs: bool,
    ike_version: u64,
    nat_t_enabled: bool,
    private_ipaddress: String,
    /// Written as one text, read as a list.
    extra_config: Vec<String>,
    description: String,
    pub tunnels: BTreeMap<u64, Tunnel>,
    /// Absent from the text's examples while there is none.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub traffic_pairs: BTreeMap<u64, TrafficPair>,
    pub bgp_peers: BTreeMap<u64, EbgpPeer>,
    /// `ipsec`, or GRE over it.
    r#type: String,
    vpn_type: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    gre_interface_address: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    route_based_int_address: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    route_based_local: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    route_based_remote: String,
    /// The pre-shared key, written as `secret`.
    psk: String,
}

impl Endpoint {
    /// An endpoint with the server's defaults.
    fn new(id: u64) -> Endpoint {
        Endpoint {
            id,
            name: String::new(),
            ipaddress: String::new(),
            pfs: true,
            ike_version: 1,
            nat_t_enabled: true,
            private_ipaddress: PRIVATE_IPADDRESS.to_owned(),
            extra_config: Vec::new(),
            description: String::new(),
            tunnels: BTreeMap::new(),
            traffic_pairs: BTreeMap::new(),
            bgp_peers: BTreeMap::new(),
            r#type: "ipsec".to_owned(),
            vpn_type: "policy".to_owned(),
            gre_interface_address: String::new(),
            route_based_int_address: String::new(),
            route_based_local: String::new(),
            route_based_remote: String::new(),
            psk: String::new(),
        }
    }

    /// The remote gateway's address.
    pub(crate) fn ipaddress(&self) -> &str {
        &self.ipaddress
    }

    /// Says whether one of its tunnels finds an answer at another controller's endpoint: both ends have the same key, version,
    /// proposals and sort, know each other by the ids that they have, and join the same networks. The address that is taken
    /// if none is given is any id.
    pub(crate) fn meets(&self, tunnel: &Tunnel, own: &Neighbour, other: &Endpoint, far: &Neighbour) -> bool {
        let terms = |endpoint: &Endpoint| {
            let mut proposals = endpoint.extra_config.clone();
            proposals.sort();
            let (psk, vpn_type) = (endpoint.psk.clone(), endpoint.vpn_type.clone());
            (psk, endpoint.ike_version, endpoint.pfs, endpoint.nat_t_enabled, proposals, vpn_type)
        };
        let knows = |endpoint: &Endpoint, id: &str| {
            matches!(endpoint.private_ipaddress.as_str(), "" | PRIVATE_IPADDRESS) || endpoint.private_ipaddress == id
        };
        let inner = |one: &str, another: &str| {
            one != another && net::is_slash_30(one) && net::network(one) == net::network(another)
        };
        let is_inner = match self.vpn_type.as_str() {
            "vti" => inner(&self.route_based_int_address, &other.route_based_int_address),
            "gre" => inner(&self.gre_interface_address, &other.gre_interface_address),
            _ => true,
        };
        terms(self) == terms(other)
            && knows(self, &far.ike_id)
            && knows(other, &own.ike_id)
            && is_inner
            && other.tunnels.values().any(|back| tunnel.mirrors(back))
    }

    /// Takes the fields that are given.
    fn take(&mut self, fields: &Fields) -> Result<(), Fault> {
        let mut next = self.clone();
        let not_empty = |text: &String| !text.is_empty();
        fields.over_if("name", &mut next.name, not_empty)?;
        fields.over("description", &mut next.description)?;
        fields.over_if("ipaddress", &mut next.ipaddress, |text: &String| net::is_ip(text))?;
        fields.over_if("secret", &mut next.psk, not_empty)?;
        fields.over("pfs", &mut next.pfs)?;
        fields.over_if("ike_version", &mut next.ike_version, |version| matches!(version, 1 | 2))?;
        fields.over("nat_t_enabled", &mut next.nat_t_enabled)?;
        if let Some(text) = fields.get::<String>("extra_config")? {
            next.extra_config = text.split_whitespace().map(str::to_owned).collect();
        }
        fields.over_if("private_ipaddress", &mut next.private_ipaddress, |text: &String| net::is_ip_or_empty(text))?;
        let is_type = |text: &String| matches!(text.as_str(), "policy" | "gre" | "vti");
        fields.over_if("vpn_type", &mut next.vpn_type, is_type)?;
        match fields.get::<bool>("gre")? {
            Some(true) => next.vpn_type = "gre".to_owned(),
            Some(false) if next.vpn_type == "gre" && !fields.has("vpn_type") => next.vpn_type = "policy".to_owned(),
            _ => {}
        }
        next.r#type = if next.vpn_type == "gre" { "gre" } else { "ipsec" }.to_owned();
        let slash_30 = |text: &String| text.is_empty() || net::is_slash_30(text);
        fields.over_if("gre_interface_address", &mut next.gre_interface_address, slash_30)?;
        fields.over_if("route_based_int_address", &mut next.route_based_int_address, slash_30)?;
        let cidr = |text: &String| text.is_empty() || net::is_cidr(text);
        fields.over_if("route_based_local", &mut next.route_based_local, cidr)?;
        fields.over_if("route_based_remote", &mut next.route_based_remote, cidr)?;
        *self = next;
        Ok(())
    }
}

/// "Create IPsec endpoint". An endpoint of type `vti` comes with a tunnel between its selectors, which the published
/// Python client relies on.
pub(super) fn create(state: &mut State, call: &Call) -> Outcome {
    let fields = call.fields()?;
    for field in ["name", "ipaddress", "secret"] {
        fields.need_text(field)?;
    }
    let mut endpoint = Endpoint::new(0);
    endpoint.take(&fields)?;
    endpoint.id = state.next_id("ipsec-endpoints");
    if endpoint.vpn_type == "vti" {
        let selector = |text: &String| if text.is_empty() { ANYWHERE.to_owned() } else { text.clone() };
        let (local, remote) = (selector(&endpoint.route_based_local), selector(&endpoint.route_based_remote));
        let tunnel = Tunnel::new(state.next_id("tunnels"), endpoint.id, local, remote);
        endpoint.tunnels.insert(tunnel.id, tunnel);
    }
    let answer = ok(&endpoint);
    state.ipsec.remote_endpoints.insert(endpoint.id, endpoint);
    answer
}

/// "Get IPsec endpoint". No code for an unknown id is documented; that of the neighbours is taken.
pub(super) fn read(state: &mut State, id: u64) -> Outcome {
    ok(find(state, id)?)
}

/// "Update IPsec endpoint".
pub(super) fn update(state: &mut State, call: &Call, id: u64) -> Outcome {
    let fields = call.fields()?;
    let endpoint = find(state, id)?;
    endpoint.take(&fields)?;
    ok(endpoint)
}

/// "Delete IPsec endpoint": answers with everything that is left. What hangs below the endpoint goes with it, and the
/// routes through its tunnels; the text is silent about both.
pub(super) fn delete(state: &mut State, id: u64) -> Outcome {
    find(state, id)?;
    state.ipsec.remote_endpoints.remove(&id);
    routes::drop_orphans(state);
    ok(super::read(state))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::vns3::testing::{Bench, has_keys_of};
    use wire::Method::{Delete, Post, Put};

    #[test]
    fn the_texts_example_comes_back_with_its_key_in_the_clear() {
        let mut bench = Bench::new();
        bench.endpoint();
        bench.ok(Post, "/ipsec/endpoints/1/tunnels", json!({"remote_subnet": "192.168.10.0/22"}));
        let endpoint = bench.get("/ipsec/endpoints/1").expect("endpoint");
        let example = json!({
            "id": 1, "name": "EndpointB", "ipaddress": "13.53.72.182", "pfs": true, "ike_version": 2,
            "nat_t_enabled": true, "private_ipaddress": "192.0.2.254", "extra_config": [],
            "description": "To datacenter B", "bgp_peers": {}, "type": "ipsec", "vpn_type": "policy", "psk": "testtest",
            "tunnels": {"1": {
                "id": 3, "local_subnet": "172.31.0.0/28", "remote_subnet": "192.168.10.0/22", "endpoint_id": 1,
                "enabled": true, "description": "tunnel description", "ping_ipaddress": "", "ping_interface": "tun0",
                "ping_interval": null,
            }},
        });
        assert!(has_keys_of(&endpoint, &example), "{endpoint}");
        for field in ["name", "ipaddress", "pfs", "ike_version", "private_ipaddress", "vpn_type", "psk", "type"] {
            assert_eq!(endpoint[field], example[field], "{field}");
        }
        assert!(endpoint.get("secret").is_none() && endpoint.get("traffic_pairs").is_none());
    }

    #[test]
    fn extra_config_is_written_as_text_and_read_as_a_list() {
        let mut bench = Bench::new();
        bench.endpoint();
        let written = json!({"extra_config": "phase1=aes256-sha2_256-dh14\n phase2=aes256_gcm", "pfs": "False"});
        let endpoint = bench.ok(Put, "/ipsec/endpoints/1", written);
        assert_eq!(endpoint["extra_config"], json!(["phase1=aes256-sha2_256-dh14", "phase2=aes256_gcm"]));
        assert_eq!(endpoint["pfs"], false);
        assert_eq!(bench.ok(Put, "/ipsec/endpoints/1", json!({"extra_config": ""}))["extra_config"], json!([]));
        let list = bench.refused(Put, "/ipsec/endpoints/1", json!({"extra_config": ["a=b"]}));
        assert_eq!(list, (400, "APIArgumentError: extra_config is invalid".to_owned()));
    }

    #[test]
    fn a_vti_endpoint_owns_a_tunnel_that_nobody_declared() {
        let mut bench = Bench::new();
        let body = json!({
            "name": "vti", "ipaddress": "198.51.100.7", "secret": "s", "vpn_type": "vti",
            "route_based_int_address": "169.254.164.178/30", "route_based_remote": "0.0.0.0/0",
        });
        let endpoint = bench.ok(Post, "/ipsec/endpoints", body);
        let tunnels = endpoint["tunnels"].as_object().expect("tunnels");
        assert_eq!(tunnels.len(), 1);
        assert_eq!(tunnels["1"]["local_subnet"], "0.0.0.0/0");
    }

    #[test]
    fn deleting_answers_with_all_that_is_left_and_takes_routes_along() {
        let mut bench = Bench::new();
        bench.endpoint();
        bench.ok(Post, "/ipsec/endpoints/1/tunnels", json!({"remote_subnet": "10.2.0.0/16"}));
        let routes = bench.ok(Post, "/routes", json!({"cidr": "10.2.0.0/16", "tunnel": "1"}));
        let left = bench.ok(Delete, "/ipsec/endpoints/1", json!({}));
        assert_eq!(left["remote_endpoints"], json!({}));
        assert!(left["this_endpoint"].is_object());
        let after = bench.get("/routes").expect("routes");
        assert_eq!(after.as_object().map(|map| map.len() + 1), routes.as_object().map(|map| map.len()));
        let gone = bench.refused(Delete, "/ipsec/endpoints/1", json!({}));
        assert_eq!(gone, (400, "APIArgumentError: endpoint_id does not exist".to_owned()));
    }

    #[test]
    fn each_bad_field_is_named() {
        let mut bench = Bench::new();
        let good = json!({"name": "n", "ipaddress": "198.51.100.7", "secret": "s"});
        let bad = [
            ("ipaddress", json!("far.example")),
            ("ike_version", json!(3)),
            ("nat_t_enabled", json!("maybe")),
            ("vpn_type", json!("ssl")),
            ("gre_interface_address", json!("169.254.0.1/24")),
            ("route_based_local", json!("10.0.0.0")),
            ("private_ipaddress", json!("x")),
        ];
        for (field, value) in bad {
            let mut body = good.clone();
            body[field] = value;
            let text = format!("APIArgumentError: {field} is invalid");
            assert_eq!(bench.refused(Post, "/ipsec/endpoints", body), (400, text));
        }
        let missing = bench.refused(Post, "/ipsec/endpoints", json!({"name": "n", "ipaddress": "198.51.100.7"}));
        assert_eq!(missing.1, "APIArgumentError: secret is missing");
        assert_eq!(bench.get("/ipsec").expect("ipsec")["remote_endpoints"], json!({}));
    }
}
