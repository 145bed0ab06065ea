//! eBGP peers of an endpoint. Writing one answers with the endpoint, not with the peer.

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::find;
use crate::vns3::answer::{Fault, Outcome, ok, read_form};
use crate::vns3::call::{Call, Fields};
use crate::vns3::net;
use crate::vns3::state::State;

/// Autonomous system numbers, of four bytes.
const ASNS: std::ops::RangeInclusive<u64> = 1..=4_294_967_295;

/// An eBGP peer in its read form. The two timers and the alias are missing while nobody has set them. The published
/// client strips carriage returns from the access list: its lines come back with them.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(in crate::vns3) struct EbgpPeer {
    id: u64,
    ipaddress: String,
    asn: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    local_asn_alias: Option<u64>,
    bgp_password: String,
    access_list: String,
    add_network_distance: bool,
    add_network_distance_direction: String,
    add_network_distance_hops: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    keepalive_interval: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    hold_time: Option<u64>,
}

impl EbgpPeer {
    /// Takes the fields that are given; address and number must be, on updates too.
    fn take(&mut self, fields: &Fields) -> Result<(), Fault> {
        let mut next = self.clone();
        fields.need_text("ipaddress")?;
        fields.need::<u64>("asn")?;
        fields.over_if("ipaddress", &mut next.ipaddress, |text: &String| net::is_ip(text))?;
        fields.over_if("asn", &mut next.asn, |asn| ASNS.contains(asn))?;
        let alias = |asn: &Option<u64>| asn.is_none_or(|asn| asn == 0 || ASNS.contains(&asn));
        fields.over_if("local_asn_alias", &mut next.local_asn_alias, alias)?;
        fields.over_if("access_list", &mut next.access_list, |text: &String| text.lines().all(is_access_rule))?;
        next.access_list = next.access_list.lines().collect::<Vec<_>>().join("\r\n");
        fields.over("bgp_password", &mut next.bgp_password)?;
        fields.over("add_network_distance", &mut next.add_network_distance)?;
        let direction = |text: &String| matches!(text.as_str(), "in" | "out" | "");
        fields.over_if("add_network_distance_direction", &mut next.add_network_distance_direction, direction)?;
        fields.over("add_network_distance_hops", &mut next.add_network_distance_hops)?;
        fields.over("keepalive_interval", &mut next.keepalive_interval)?;
        fields.over("hold_time", &mut next.hold_time)?;
        *self = next;
        Ok(())
    }
}

/// `in permit CIDR` or `out permit CIDR`; empty lines do not count.
fn is_access_rule(line: &str) -> bool {
    match line.split_whitespace().collect::<Vec<_>>().as_slice() {
        [] => true,
        ["in" | "out", "permit", cidr] => net::is_cidr(cidr),
        _ => false,
    }
}

/// "Create BGP Peer".
pub(super) fn create(state: &mut State, call: &Call, endpoint: u64) -> Outcome {
    let fields = call.fields()?;
    find(state, endpoint)?;
    let mut peer = EbgpPeer::default();
    peer.take(&fields)?;
    peer.id = state.next_id("ebgp-peers");
    let endpoint = find(state, endpoint)?;
    endpoint.bgp_peers.insert(peer.id, peer);
    ok(endpoint)
}

/// "Get eBGP peer". The example lacks `connection_detail`, which a verbose answer has. No code for an unknown id is
/// documented; that of "Delete BGP Peer" is taken.
pub(super) fn read(state: &mut State, call: &Call, endpoint: u64, peer: u64) -> Outcome {
    let peer = find(state, endpoint)?.bgp_peers.get(&peer).ok_or_else(unknown)?;
    let mut answer = read_form(peer);
    if call.query_flag("verbose") {
        answer["connection_detail"] = json!(format!("BGP neighbor is {}, remote AS {}", peer.ipaddress, peer.asn));
    }
    ok(answer)
}

/// "Update BGP Peer".
pub(super) fn update(state: &mut State, call: &Call, endpoint: u64, peer: u64) -> Outcome {
    let fields = call.fields()?;
    let endpoint = find(state, endpoint)?;
    endpoint.bgp_peers.get_mut(&peer).ok_or_else(unknown)?.take(&fields)?;
    ok(endpoint)
}

/// "Delete BGP Peer".
pub(super) fn delete(state: &mut State, endpoint: u64, peer: u64) -> Outcome {
    let endpoint = find(state, endpoint)?;
    endpoint.bgp_peers.remove(&peer).ok_or_else(unknown)?;
    ok(endpoint)
}

fn unknown() -> Fault {
    Fault::argument("bgp_peer does not exist")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vns3::testing::{Bench, has_keys_of};
    use wire::Method::{Delete, Post, Put};

    const PEERS: &str = "/ipsec/endpoints/1/ebgp_peers";

    #[test]
    fn writing_answers_with_the_endpoint_and_reading_with_the_texts_example() {
        let mut bench = Bench::new();
        bench.endpoint();
        let body = json!({
            "ipaddress": "55.55.55.55", "asn": "65123", "bgp_password": "asdfasdf", "add_network_distance": true,
            "add_network_distance_direction": "out", "keepalive_interval": 10, "hold_time": 32,
            "access_list": "in permit 10.0.0.0/8\nout permit 10.1.0.0/16",
        });
        let endpoint = bench.ok(Post, PEERS, body);
        assert_eq!(endpoint["bgp_peers"]["1"]["asn"], 65123);
        let lines = "in permit 10.0.0.0/8\r\nout permit 10.1.0.0/16";
        assert_eq!(endpoint["bgp_peers"]["1"]["access_list"], lines);
        let example = json!({
            "id": 2, "ipaddress": "55.55.55.55", "asn": 65123, "bgp_password": "asdfasdf", "access_list": "",
            "add_network_distance": true, "add_network_distance_direction": "out", "add_network_distance_hops": 0,
            "keepalive_interval": 10, "hold_time": 32,
        });
        let peer = bench.get(&format!("{PEERS}/1")).expect("peer");
        assert!(has_keys_of(&peer, &example), "{peer}");
        assert!(peer.get("connection_detail").is_none() && peer.get("local_asn_alias").is_none());
        let verbose = bench.get(&format!("{PEERS}/1?verbose=true")).expect("peer");
        assert!(verbose["connection_detail"].is_string());
        let endpoint = bench.ok(Put, &format!("{PEERS}/1"), json!({"ipaddress": "55.55.55.55", "asn": 65124}));
        assert_eq!(endpoint["bgp_peers"]["1"]["hold_time"], 32);
        assert_eq!(bench.ok(Delete, &format!("{PEERS}/1"), json!({}))["bgp_peers"], json!({}));
    }

    #[test]
    fn faults_are_in_the_texts_words() {
        let mut bench = Bench::new();
        bench.endpoint();
        let good = json!({"ipaddress": "55.55.55.55", "asn": 65123});
        let bad = [
            ("asn", json!("many")),
            ("asn", json!(0)),
            ("ipaddress", json!("there")),
            ("add_network_distance_hops", json!(-1)),
            ("add_network_distance_direction", json!("sideways")),
            ("access_list", json!("deny all")),
        ];
        for (field, value) in bad {
            let mut body = good.clone();
            body[field] = value;
            assert_eq!(bench.refused(Post, PEERS, body), (400, format!("APIArgumentError: {field} is invalid")));
        }
        bench.ok(Post, PEERS, good);
        let partial = bench.refused(Put, &format!("{PEERS}/1"), json!({"hold_time": 5}));
        assert_eq!(partial.1, "APIArgumentError: ipaddress is missing");
        let gone = bench.refused(Delete, &format!("{PEERS}/9"), json!({}));
        assert_eq!(gone, (400, "APIArgumentError: bgp_peer does not exist".to_owned()));
    }
}
