//! Tunnels of policy-based endpoints.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::endpoint::Endpoint;
use super::{bad_cidr, find, room_for_subnet};
use crate::vns3::answer::{Fault, Outcome, ok, read_form};
use crate::vns3::call::{Call, Fields};
use crate::vns3::neighbours;
use crate::vns3::net;
use crate::vns3::routes;
use crate::vns3::state::State;

/// A tunnel as its endpoint shows it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(in crate::vns3) struct Tunnel {
    pub id: u64,
    local_subnet: String,
    remote_subnet: String,
    endpoint_id: u64,
    enabled: bool,
    description: Option<String>,
    ping_ipaddress: String,
    ping_interface: String,
    ping_interval: Option<u64>,
}

impl Tunnel {
    /// A tunnel with the server's defaults.
    pub(crate) fn new(id: u64, endpoint_id: u64, local_subnet: String, remote_subnet: String) -> Tunnel {
        Tunnel {
            id,
            local_subnet,
            remote_subnet,
            endpoint_id,
            enabled: true,
            description: None,
            ping_ipaddress: String::new(),
            ping_interface: "tun0".to_owned(),
            ping_interval: None,
        }
    }

    /// The form in which the tunnel alone is shown, with its state.
    pub(crate) fn detail(&self, endpoint: &Endpoint, bounced: bool, connected: bool) -> Value {
        let mut answer = read_form(self);
        answer["endpointid"] = json!(self.endpoint_id);
        answer["endpoint_name"] = json!(endpoint.name);
        answer["active"] = json!(connected);
        answer["connected"] = json!(connected);
        answer["bounce"] = json!(bounced);
        answer["tunnel_params"] = json!({});
        answer
    }

    /// Says whether another tunnel, at the other end, joins the same networks.
    pub(super) fn mirrors(&self, other: &Tunnel) -> bool {
        let same = |one: &str, another: &str| net::network(one) == net::network(another);
        let is_mirror =
            same(&self.local_subnet, &other.remote_subnet) && same(&self.remote_subnet, &other.local_subnet);
        self.enabled && other.enabled && is_mirror
    }

    /// Takes the fields that are given.
    fn take(&mut self, fields: &Fields) -> Result<(), Fault> {
        let mut next = self.clone();
        let cidr = |text: &String| net::is_cidr(text);
        fields.over_if("remote_subnet", &mut next.remote_subnet, cidr).map_err(bad_cidr("remote_subnet"))?;
        fields.over_if("local_subnet", &mut next.local_subnet, cidr).map_err(bad_cidr("local_subnet"))?;
        fields.over_if("ping_ipaddress", &mut next.ping_ipaddress, |text: &String| net::is_ip_or_empty(text))?;
        fields.over("ping_interval", &mut next.ping_interval)?;
        fields.over("ping_interface", &mut next.ping_interface)?;
        fields.over("enabled", &mut next.enabled)?;
        fields.over("description", &mut next.description)?;
        *self = next;
        Ok(())
    }
}

/// "Create IPsec endpoint tunnel": answers with the endpoint. The local side is the overlay's subnet if none is given.
pub(super) fn create(state: &mut State, call: &Call, endpoint: u64) -> Outcome {
    let fields = call.fields()?;
    find(state, endpoint)?;
    room_for_subnet(state)?;
    fields.need_text("remote_subnet")?;
    let overlay = state.license.as_ref().map(|license| license.overlay_subnet.clone()).unwrap_or_default();
    let mut tunnel = Tunnel::new(0, endpoint, overlay, String::new());
    tunnel.take(&fields)?;
    tunnel.id = state.next_id("tunnels");
    let endpoint = find(state, endpoint)?;
    endpoint.tunnels.insert(tunnel.id, tunnel);
    ok(endpoint)
}

/// "Update IPsec endpoint tunnel": answers with the tunnel. `bounce` shows in the answer to its call only.
pub(super) fn update(state: &mut State, call: &Call, endpoint: u64, tunnel: u64) -> Outcome {
    let fields = call.fields()?;
    let bounced: bool = fields.get("bounce")?.unwrap_or_default();
    find(state, endpoint)?.tunnels.get_mut(&tunnel).ok_or_else(unknown)?.take(&fields)?;
    if bounced {
        state.bounce(Some(tunnel));
    }
    neighbours::settle(state);
    let connected = state.is_connected(tunnel);
    let endpoint = find(state, endpoint)?;
    ok(endpoint.tunnels.get(&tunnel).ok_or_else(unknown)?.detail(endpoint, bounced, connected))
}

/// "Delete IPsec tunnel": answers with the endpoint. Routes through the tunnel go with it.
pub(super) fn delete(state: &mut State, endpoint: u64, tunnel: u64) -> Outcome {
    find(state, endpoint)?.tunnels.remove(&tunnel).ok_or_else(unknown)?;
    routes::drop_orphans(state);
    ok(find(state, endpoint)?)
}

fn unknown() -> Fault {
    Fault::argument("tunnel id does not exist")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::vns3::testing::{Bench, has_keys_of};
    use wire::Method::{Delete, Post, Put};

    const TUNNELS: &str = "/ipsec/endpoints/1/tunnels";

    #[test]
    fn creating_and_deleting_answer_with_the_endpoint_and_updating_with_the_tunnel() {
        let mut bench = Bench::new();
        bench.endpoint();
        let endpoint =
            bench.ok(Post, TUNNELS, json!({"remote_subnet": "192.168.10.0/22", "local_subnet": "10.0.0.0/8"}));
        assert_eq!(endpoint["tunnels"]["1"]["remote_subnet"], "192.168.10.0/22", "host bits stay as written");
        let tunnel = bench.ok(Put, "/ipsec/endpoints/1/tunnels/1", json!({"bounce": true, "ping_interval": "30"}));
        let example = json!({
            "id": 1, "local_subnet": "string", "remote_subnet": "string", "endpointid": 1, "endpoint_id": 1,
            "endpoint_name": "string", "enabled": true, "active": true, "description": "string", "bounce": true,
            "connected": true, "ping_interface": "eth0", "ping_interval": 0, "ping_ipaddress": "string",
            "tunnel_params": {},
        });
        assert!(has_keys_of(&tunnel, &example), "{tunnel}");
        assert_eq!((&tunnel["bounce"], &tunnel["ping_interval"]), (&json!(true), &json!(30)));
        let again = bench.ok(Put, "/ipsec/endpoints/1/tunnels/1", json!({"ping_interval": 0}));
        assert_eq!((&again["bounce"], &again["ping_interval"]), (&json!(false), &json!(0)));
        let nothing = bench.refused(Put, "/ipsec/endpoints/1/tunnels/1", json!({"ping_interval": null}));
        assert_eq!(nothing.1, "APIArgumentError: ping_interval is invalid");
        let endpoint = bench.ok(Delete, "/ipsec/endpoints/1/tunnels/1", json!({}));
        assert_eq!(endpoint["tunnels"], json!({}));
    }

    #[test]
    fn faults_are_in_the_texts_words() {
        let mut bench = Bench::new();
        let mut refused = |method, path: &str, body| bench.refused(method, path, body);
        let argument = |text: &str| (400, format!("APIArgumentError: {text}"));
        let body = json!({"remote_subnet": "10.2.0.0/16"});
        assert_eq!(refused(Post, "/ipsec/endpoints/9/tunnels", body), argument("endpoint_id does not exist"));
        bench.endpoint();
        let mut refused = |method, path: &str, body| bench.refused(method, path, body);
        let both = json!({"remote_subnet": "10.2.0.0/16", "local_subnet": "10.2"});
        assert_eq!(refused(Post, TUNNELS, both), argument("local_subnet is invalid CIDR"));
        assert_eq!(refused(Post, TUNNELS, json!({})), argument("remote_subnet is missing"));
        let gone = argument("tunnel id does not exist");
        assert_eq!(refused(Delete, "/ipsec/endpoints/1/tunnels/7", json!({})), gone);
        assert_eq!(refused(Put, "/ipsec/endpoints/1/tunnels/x", json!({})), gone);
    }

    #[test]
    fn the_licence_limits_their_number() {
        let mut bench = Bench::new();
        bench.endpoint();
        for third in 0..100 {
            bench.ok(Post, TUNNELS, json!({"remote_subnet": format!("10.2.{third}.0/24")}));
        }
        let full = bench.refused(Post, TUNNELS, json!({"remote_subnet": "10.3.0.0/24"}));
        assert_eq!(full.0, 403);
        assert!(full.1.starts_with("OperationNotAllowedError"), "{}", full.1);
    }
}
