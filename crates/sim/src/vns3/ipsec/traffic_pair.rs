//! Traffic pairs of route-based endpoints. Every call answers with the pair, and an unknown endpoint is a 404, except
//! on deletion, where both unknown ids are a 400.

use serde::{Deserialize, Serialize};

use super::endpoint::Endpoint;
use super::{bad_cidr, find, room_for_subnet};
use crate::vns3::answer::{Fault, Outcome, ok};
use crate::vns3::call::{Call, Fields};
use crate::vns3::state::State;
use crate::vns3::{net, routes};

/// A traffic pair in its read form.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(in crate::vns3) struct TrafficPair {
    pub id: u64,
    pub remote_subnet: String,
    local_subnet: String,
    ping_ipaddress: Option<String>,
    ping_interface: String,
    ping_interval: u64,
    pub enabled: bool,
    description: Option<String>,
    ipsec_endpoint_id: u64,
    endpoint_id: u64,
    created_at: String,
    updated_at: String,
}

impl TrafficPair {
    /// Takes the fields that are given.
    fn take(&mut self, fields: &Fields, now: String) -> Result<(), Fault> {
        let mut next = self.clone();
        let cidr = |text: &String| net::is_cidr(text);
        fields.over_if("remote_subnet", &mut next.remote_subnet, cidr).map_err(bad_cidr("remote_subnet"))?;
        fields.over_if("local_subnet", &mut next.local_subnet, cidr).map_err(bad_cidr("local_subnet"))?;
        let address = |text: &Option<String>| text.as_deref().is_none_or(net::is_ip_or_empty);
        fields.over_if("ping_ipaddress", &mut next.ping_ipaddress, address)?;
        fields.over("ping_interval", &mut next.ping_interval)?;
        fields.over("ping_interface", &mut next.ping_interface)?;
        fields.over("enabled", &mut next.enabled)?;
        fields.over("description", &mut next.description)?;
        next.updated_at = now;
        *self = next;
        Ok(())
    }
}

/// "Create IPsec traffic pair". The controller adds a route to the remote subnet by itself: routes have a
/// `traffic_pair` in the text's schema.
pub(super) fn create(state: &mut State, call: &Call, endpoint: u64) -> Outcome {
    let fields = call.fields()?;
    find_or_404(state, endpoint)?;
    room_for_subnet(state)?;
    fields.need_text("remote_subnet")?;
    fields.need_text("local_subnet")?;
    let now = call.now.zulu();
    let mut pair = TrafficPair {
        id: 0,
        remote_subnet: String::new(),
        local_subnet: String::new(),
        ping_ipaddress: None,
        ping_interface: "tun0".to_owned(),
        ping_interval: 0,
        enabled: true,
        description: None,
        ipsec_endpoint_id: endpoint,
        endpoint_id: endpoint,
        created_at: now.clone(),
        updated_at: now.clone(),
    };
    pair.take(&fields, now)?;
    pair.id = state.next_id("traffic-pairs");
    let answer = ok(&pair);
    let id = pair.id;
    find_or_404(state, endpoint)?.traffic_pairs.insert(id, pair);
    routes::add_for_pair(state, id);
    answer
}

/// "Update IPsec traffic pair".
pub(super) fn update(state: &mut State, call: &Call, endpoint: u64, pair: u64) -> Outcome {
    let fields = call.fields()?;
    let pair = find_or_404(state, endpoint)?.traffic_pairs.get_mut(&pair).ok_or_else(unknown_404)?;
    pair.take(&fields, call.now.zulu())?;
    ok(pair)
}

/// "Enable IPsec traffic pair" and "Disable IPsec traffic pair".
pub(super) fn enable(state: &mut State, endpoint: u64, pair: u64, enabled: bool) -> Outcome {
    let pair = find_or_404(state, endpoint)?.traffic_pairs.get_mut(&pair).ok_or_else(unknown_404)?;
    pair.enabled = enabled;
    ok(pair)
}

/// "Delete IPsec traffic pair".
pub(super) fn delete(state: &mut State, endpoint: u64, pair: u64) -> Outcome {
    let unknown = || Fault::argument("traffic pair id does not exist");
    let pair = find(state, endpoint)?.traffic_pairs.remove(&pair).ok_or_else(unknown)?;
    routes::drop_orphans(state);
    ok(pair)
}

fn find_or_404(state: &mut State, endpoint: u64) -> Result<&mut Endpoint, Fault> {
    let unknown = || Fault::not_found("endpoint_id does not exist");
    state.ipsec.remote_endpoints.get_mut(&endpoint).ok_or_else(unknown)
}

/// The text gives no words for an unknown pair where an unknown endpoint is a 404.
fn unknown_404() -> Fault {
    Fault::not_found("traffic pair id does not exist")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::vns3::testing::{Bench, has_keys_of};
    use wire::Method::{Delete, Post, Put};

    const PAIRS: &str = "/ipsec/endpoints/1/traffic_pairs";

    #[test]
    fn every_call_answers_with_the_pair_and_a_route_comes_and_goes_with_it() {
        let mut bench = Bench::new();
        bench.endpoint();
        let pair = bench.ok(Post, PAIRS, json!({"remote_subnet": "10.2.0.0/16", "local_subnet": "10.1.0.0/16"}));
        let example = json!({
            "id": 1, "remote_subnet": "string", "local_subnet": "string", "ping_ipaddress": "string",
            "ping_interface": "string", "ping_interval": 0, "enabled": true, "description": "string",
            "ipsec_endpoint_id": 0, "endpoint_id": 0, "created_at": "2019-08-24T14:15:22Z",
            "updated_at": "2019-08-24T14:15:22Z",
        });
        assert!(has_keys_of(&pair, &example), "{pair}");
        let routes = bench.get("/routes").expect("routes");
        let own = |routes: &serde_json::Value| {
            routes.as_object().expect("map").values().filter(|route| route["traffic_pair"]["id"] == 1).count()
        };
        assert_eq!(own(&routes), 1);
        assert_eq!(bench.ok(Put, &format!("{PAIRS}/1/disable"), json!({}))["enabled"], false);
        assert_eq!(bench.ok(Put, &format!("{PAIRS}/1/enable"), json!({}))["enabled"], true);
        assert_eq!(bench.ok(Put, &format!("{PAIRS}/1"), json!({"enabled": "false"}))["enabled"], false);
        assert_eq!(bench.ok(Delete, &format!("{PAIRS}/1"), json!({}))["id"], 1);
        assert_eq!(own(&bench.get("/routes").expect("routes")), 0);
    }

    #[test]
    fn unknown_ids_have_other_codes_on_deletion() {
        let mut bench = Bench::new();
        let body = json!({"remote_subnet": "10.2.0.0/16", "local_subnet": "10.1.0.0/16"});
        let gone = (404, "APINotFoundError: endpoint_id does not exist".to_owned());
        assert_eq!(bench.refused(Post, PAIRS, body), gone);
        assert_eq!(bench.refused(Put, &format!("{PAIRS}/1/enable"), json!({})), gone);
        bench.endpoint();
        let gone = (400, "APIArgumentError: traffic pair id does not exist".to_owned());
        assert_eq!(bench.refused(Delete, &format!("{PAIRS}/1"), json!({})), gone);
    }
}
