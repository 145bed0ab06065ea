//! The other controllers of the same server, as far as a controller meets them: whom it fetches keys from, and which of its
//! tunnels and peers find an answer (vns3.md#whether-something-is-connected).
//!
//! The text says that a tunnel is connected and a peer is reachable, and not when. Chosen is what has to be so on real ones:
//! both halves say the same, and both controllers are up. That counts after a while. Where no controller of this server is,
//! nobody answers.

use std::any::Any;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::access::Access;
use super::clientpacks;
use super::clock::Moment;
use super::ipsec::Endpoint;
use super::license::License;
use super::peering::Peer;
use super::state::State;
use crate::Heard;

/// How long both halves have to agree: long enough that whoever looks at once sees it down.
const LAG: u64 = 2_000;

/// What others meet of a controller.
#[derive(Debug, Clone)]
pub(super) struct Neighbour {
    /// The addresses that it is reached by.
    pub addresses: [String; 2],
    /// The id by which it is known to IKE.
    pub ike_id: String,
    /// Its own number.
    pub id: Option<u64>,
    /// What tells its topology.
    pub keys: Option<String>,
    pub license: Option<License>,
    pub endpoints: Vec<Endpoint>,
    pub peers: Vec<Peer>,
    /// Whom it lets in.
    pub access: Access,
    /// The clientpack that it would hand out.
    pub free_pack: Option<String>,
    /// The milliseconds that it will not answer for.
    down_for: u64,
    /// Says whether it answers.
    pub is_up: bool,
}

impl Neighbour {
    /// What others meet of a controller now.
    pub(super) fn of(state: &State, now: Moment) -> Neighbour {
        let down_for = state.outage.end().millis_after(now);
        let license = state.license.as_ref().filter(|license| license.finalized);
        Neighbour {
            addresses: [state.config.public_ipaddress.clone(), state.config.private_ipaddress.clone()],
            ike_id: state.ipsec.local_ipaddress().to_owned(),
            id: state.peering.id,
            keys: state.keyset.as_ref().map(|keyset| keyset.checksum().to_owned()),
            license: license.cloned(),
            endpoints: state.ipsec.endpoints().cloned().collect(),
            peers: state.peering.peers.values().cloned().collect(),
            access: state.access.clone(),
            free_pack: clientpacks::first_free(state),
            down_for,
            is_up: down_for == 0,
        }
    }

    /// Says whether it is reached by an address.
    pub(super) fn is_at(&self, address: &str) -> bool {
        self.addresses.iter().any(|own| own == address)
    }
}

/// Takes in what is heard of the others. Their clocks stand still while nobody asks them: an outage ends by the clock of who
/// heard of it.
pub(super) fn hear(state: &mut State, others: &[Heard], now: Moment) {
    let mut since = BTreeMap::new();
    state.neighbours = others
        .iter()
        .filter_map(|other| {
            let neighbour = Arc::clone(&other.notice).downcast::<Neighbour>().ok()?;
            let before = state.heard.get(&other.installation).filter(|(number, _)| *number == other.number);
            let at = before.map_or(now, |(_, at)| *at);
            since.insert(other.installation.clone(), (other.number, at));
            let is_up = now.millis_after(at) >= neighbour.down_for;
            Some(if is_up == neighbour.is_up {
                neighbour
            } else {
                Arc::new(Neighbour { is_up, ..(*neighbour).clone() })
            })
        })
        .collect();
    state.heard = since;
}

/// What a controller tells of itself.
pub(super) fn notice(state: &State, now: Moment) -> Arc<dyn Any + Send + Sync> {
    Arc::new(Neighbour::of(state, now))
}

/// Finds out which tunnels and peers find an answer.
pub(super) fn settle(state: &mut State) {
    if state.ipsec.endpoints().next().is_none() && state.peering.peers.is_empty() {
        state.agreed.clear();
        return;
    }
    let now = state.clock;
    let own = Neighbour::of(state, now);
    let agreed = if own.is_up { agreements(&own, &state.neighbours) } else { BTreeSet::new() };
    state.agreed.retain(|half, _| agreed.contains(half));
    for half in agreed {
        state.agreed.entry(half).or_insert(now);
    }
}

/// The halves that another controller agrees with: `tunnel 3`, `peer 2`.
fn agreements(own: &Neighbour, others: &[Arc<Neighbour>]) -> BTreeSet<String> {
    let up = others.iter().filter(|other| other.is_up);
    let by_address: BTreeMap<&str, &Neighbour> =
        up.flat_map(|other| other.addresses.iter().map(move |address| (address.as_str(), &**other))).collect();
    let mut agreed = BTreeSet::new();
    for endpoint in &own.endpoints {
        let Some(far) = by_address.get(endpoint.ipaddress()) else { continue };
        let met = endpoint.tunnels.values().filter(|tunnel| {
            far.endpoints.iter().any(|other| own.is_at(other.ipaddress()) && endpoint.meets(tunnel, own, other, far))
        });
        agreed.extend(met.map(|tunnel| tunnel_half(tunnel.id)));
    }
    for peer in &own.peers {
        let Some(far) = by_address.get(peer.address()) else { continue };
        let is_topology = own.keys.is_some() && own.keys == far.keys && far.id == Some(peer.id());
        let back = far.peers.iter().find(|back| Some(back.id()) == own.id);
        if is_topology && back.is_some_and(|back| own.is_at(back.address()) && back.mtu() == peer.mtu()) {
            agreed.insert(peer_half(peer.id()));
        }
    }
    agreed
}

fn tunnel_half(id: u64) -> String {
    format!("tunnel {id}")
}

fn peer_half(id: u64) -> String {
    format!("peer {id}")
}

impl State {
    /// Says whether a tunnel is connected.
    pub(super) fn is_connected(&self, tunnel: u64) -> bool {
        self.has_agreed(&tunnel_half(tunnel))
    }

    /// Says whether a peer is reachable.
    pub(super) fn is_reachable(&self, peer: u64) -> bool {
        self.has_agreed(&peer_half(peer))
    }

    /// Takes a tunnel down, or all of them: what agrees comes up again.
    pub(super) fn bounce(&mut self, tunnel: Option<u64>) {
        let is_meant = |half: &str| match tunnel {
            Some(tunnel) => half == tunnel_half(tunnel),
            None => half.starts_with("tunnel "),
        };
        let now = self.clock;
        self.agreed.iter_mut().filter(|(half, _)| is_meant(half)).for_each(|(_, since)| *since = now);
    }

    fn has_agreed(&self, half: &str) -> bool {
        self.agreed.get(half).is_some_and(|since| self.clock.millis_after(*since) >= LAG)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::vns3::testing::Bench;
    use wire::Method::{Delete, Get, Post, Put};

    /// Two controllers that hear each other, as the server lets them.
    struct Pair {
        east: Bench,
        west: Bench,
        number: u64,
    }

    impl Pair {
        fn new() -> Pair {
            Pair { east: Bench::named("east"), west: Bench::named("west"), number: 0 }
        }

        fn hear(&mut self) {
            self.number += 1;
            let told = |bench: &Bench| bench.installation.notice(crate::Now(bench.now)).unwrap();
            let notices = [("west", told(&self.west)), ("east", told(&self.east))];
            for ((installation, notice), bench) in notices.into_iter().zip([&mut self.east, &mut self.west]) {
                let heard = Heard { installation: installation.to_owned(), number: self.number, notice };
                bench.installation.hear(&[heard], crate::Now(bench.now));
            }
        }

        /// Lets both ask and wait for so long.
        fn pass(&mut self, millis: u64) {
            self.hear();
            for bench in [&mut self.east, &mut self.west] {
                bench.wait(millis);
                let _ = bench.get("/config");
            }
            self.hear();
        }

        fn address(bench: &mut Bench) -> String {
            bench.get("/config").expect("config")["public_ipaddress"].as_str().expect("address").to_owned()
        }

        /// An endpoint on each side towards the other, with these fields besides.
        fn join(&mut self, east: &Value, west: &Value) {
            let (east_at, west_at) = (Pair::address(&mut self.east), Pair::address(&mut self.west));
            for (bench, at, more) in [(&mut self.east, west_at, east), (&mut self.west, east_at, west)] {
                let mut body = json!({"name": "far", "ipaddress": at, "secret": "s", "ike_version": 2});
                body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
                bench.ok(Post, "/ipsec/endpoints", body);
            }
        }

        /// Says whether the first tunnel of each is connected.
        fn connected(&mut self) -> (bool, bool) {
            self.pass(0);
            self.pass(LAG + 500);
            [&mut self.east, &mut self.west]
                .map(|bench| bench.get("/status/ipsec").expect("status")["1"]["connected"] == true)
                .into()
        }
    }

    fn vti(address: &str) -> Value {
        json!({"vpn_type": "vti", "route_based_int_address": address})
    }

    #[test]
    fn a_route_based_tunnel_is_up_when_both_ends_agree_and_not_otherwise() {
        let good = (vti("169.254.10.1/30"), vti("169.254.10.2/30"));
        let with = |base: &Value, more: Value| {
            let mut body = base.clone();
            body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            body
        };
        for (what, east, west, is_up) in [
            ("both agree", good.0.clone(), good.1.clone(), true),
            ("another key", good.0.clone(), with(&good.1, json!({"secret": "t"})), false),
            ("another version", good.0.clone(), with(&good.1, json!({"ike_version": 1})), false),
            ("other proposals", good.0.clone(), with(&good.1, json!({"extra_config": "phase1=aes256"})), false),
            ("no forward secrecy", good.0.clone(), with(&good.1, json!({"pfs": false})), false),
            ("another inner network", good.0.clone(), vti("169.254.10.6/30"), false),
            ("the same inner address", good.0.clone(), vti("169.254.10.1/30"), false),
            ("another address", good.0.clone(), with(&good.1, json!({"ipaddress": "203.0.113.9"})), false),
            ("another id", good.0.clone(), with(&good.1, json!({"private_ipaddress": "203.0.113.9"})), false),
            ("another sort", good.0.clone(), json!({"vpn_type": "policy"}), false),
            (
                "other selectors",
                with(&good.0, json!({"route_based_local": "10.0.0.0/8"})),
                with(&good.1, json!({"route_based_local": "10.0.0.0/8"})),
                false,
            ),
        ] {
            let mut pair = Pair::new();
            pair.join(&east, &west);
            let up = pair.connected();
            let expected = if what == "another sort" { (false, false) } else { (is_up, is_up) };
            assert_eq!(up, expected, "{what}");
        }
    }

    #[test]
    fn a_policy_based_tunnel_needs_its_mirror_and_comes_up_after_a_while() {
        let mut pair = Pair::new();
        pair.join(&json!({}), &json!({}));
        let tunnel = |local: &str, remote: &str| json!({"local_subnet": local, "remote_subnet": remote});
        pair.east.ok(Post, "/ipsec/endpoints/1/tunnels", tunnel("10.1.0.0/16", "10.2.0.0/16"));
        assert_eq!(pair.connected(), (false, false), "one half is none");
        pair.west.ok(Post, "/ipsec/endpoints/1/tunnels", tunnel("10.2.0.0/16", "10.1.0.0/16"));
        pair.pass(0);
        let early = pair.east.get("/status/ipsec").expect("status");
        assert_eq!(early["1"]["connected"], false, "not at once");
        assert_eq!(pair.connected(), (true, true));
        let bounced = pair.east.ok(Put, "/ipsec/endpoints/1/tunnels/1", json!({"bounce": true}));
        assert_eq!((&bounced["bounce"], &bounced["connected"]), (&json!(true), &json!(false)));
        assert_eq!(pair.connected(), (true, true));
        pair.west.ok(Put, "/ipsec/endpoints/1/tunnels/1", json!({"enabled": false}));
        assert_eq!(pair.connected(), (false, false));
        pair.west.ok(Put, "/ipsec/endpoints/1/tunnels/1", json!({"enabled": true}));
        assert_eq!(pair.connected(), (true, true));
        // A controller that starts anew takes all of its tunnels down, at the other end, too.
        pair.west.ok(Put, "/server", json!({"reboot": true}));
        pair.pass(0);
        assert_eq!(pair.east.get("/status/ipsec").expect("status")["1"]["connected"], false);
        pair.pass(10_000);
        assert_eq!(pair.connected(), (true, true));
        pair.west.ok(Delete, "/ipsec/endpoints/1", json!({}));
        pair.pass(0);
        assert_eq!(pair.east.get("/status/ipsec").expect("status")["1"]["connected"], false);
    }

    #[test]
    fn an_outage_ends_by_the_clock_of_who_heard_of_it() {
        let mut pair = Pair::new();
        pair.west.ok(Put, "/server", json!({"reboot": true}));
        pair.hear();
        let state_of = |pair: &Pair| pair.east.installation.save()["heard"].clone();
        assert_eq!(state_of(&pair)["west"][0], 1);
        pair.east.wait(60_000);
        let notice = pair.west.installation.notice(crate::Now(pair.west.now)).unwrap();
        let heard = Heard { installation: "west".to_owned(), number: 1, notice };
        pair.east.installation.hear(&[heard], crate::Now(pair.east.now));
        assert_eq!(state_of(&pair)["west"][0], 1, "the same notice, heard a while ago");
    }

    /// Two controllers of one topology: the second fetched its keys from the first.
    fn topology() -> Pair {
        let mut pair = Pair { east: Bench::fresh(), west: Bench::fresh_named("west"), number: 0 };
        pair.east.put_text("/license", "bGljZW5jZQ==").expect("uploaded");
        pair.east.ok(Put, "/license/parameters", json!({"default": true}));
        pair.pass(10_000);
        pair.east.ok(Put, "/keyset", json!({"token": "word"}));
        pair.pass(10_000);
        pair.pass(10_000);
        let source = Pair::address(&mut pair.east);
        pair.west.ok(Put, "/keyset", json!({"token": "word", "source": source}));
        pair.pass(3_000);
        pair.pass(10_000);
        pair
    }

    #[test]
    fn a_member_has_the_license_of_its_root() {
        let mut pair = topology();
        let licenses = [&mut pair.east, &mut pair.west].map(|bench| bench.get("/license").expect("license"));
        for field in ["sha1_checksum", "my_manager_vip", "topology", "capabilities"] {
            assert_eq!(licenses[0][field], licenses[1][field], "{field}");
        }
        let keys =
            [&mut pair.east, &mut pair.west].map(|bench| bench.get("/keyset").expect("keyset")["checksum"].clone());
        assert_eq!(keys[0], keys[1]);
        let checksums = [&mut pair.east, &mut pair.west]
            .map(|bench| bench.get("/config").expect("config")["topology_checksum"].clone());
        assert_eq!(checksums[0], checksums[1]);
        pair.west.ok(Put, "/peering/self", json!({"id": 2}));
        let member = pair.west.get("/config").expect("config");
        let second = &licenses[0]["topology"]["managers"][1];
        assert_eq!(member["asn"], second["asn"]);
        assert_eq!(member["overlay_ipaddress"], second["overlay_ipaddress"]["ip_address"]);
    }

    #[test]
    fn keys_do_not_arrive_from_who_has_none_or_others() {
        for token in [None, Some("another")] {
            let mut pair = Pair { east: Bench::fresh(), west: Bench::fresh_named("west"), number: 0 };
            if let Some(token) = token {
                pair.east.put_text("/license", "bGljZW5jZQ==").expect("uploaded");
                pair.east.ok(Put, "/license/parameters", json!({"default": true}));
                pair.pass(10_000);
                pair.east.ok(Put, "/keyset", json!({ "token": token }));
                pair.pass(10_000);
                pair.pass(10_000);
            }
            let source = Pair::address(&mut pair.east);
            let body = json!({"token": "word", "source": source});
            pair.west.ok(Put, "/keyset", body.clone());
            pair.pass(10_000);
            assert_eq!(pair.west.call(Get, "/keyset", None).0, 403, "{token:?}");
            assert_eq!(pair.west.call(Put, "/keyset", Some(body)).0, 200, "{token:?}: it begins anew");
        }
    }

    #[test]
    fn a_link_fetches_its_clientpack_from_a_controller_that_lets_it() {
        let mut pair = Pair::new();
        let hub = Pair::address(&mut pair.west);
        let token = pair.west.ok(Post, "/access/token", json!({"name": "link"}))["token"].clone();
        pair.pass(0);
        let link = |id: u64, auth: &Value, kind: &str| json!({"id": id, "vns3_controller": hub, "vns3_auth": auth, "auth_type": kind});
        for (id, auth, kind) in
            [(1, json!("api:pw"), "basic"), (2, json!("YXBpOnB3"), "basic"), (3, token.clone(), "bearer")]
        {
            let made = pair.east.ok(Post, "/links", link(id, &auth, kind));
            assert_eq!(made["remotes"], json!([hub]), "{auth}");
            assert_ne!(made["clientpack"], "", "{auth}");
        }
        for (auth, kind) in
            [(json!("api:other"), "basic"), (json!("root:pw"), "basic"), (json!("word"), "bearer"), (token, "basic")]
        {
            let refused = pair.east.refused(Post, "/links", link(9, &auth, kind));
            assert!(refused.1.ends_with("Invalid or expired token"), "{}", refused.1);
        }
        let packs = pair.west.get("/clientpacks").expect("packs");
        assert!(packs.as_object().unwrap().values().all(|pack| pack["checked_out"] == false), "it only reads");
        pair.west.ok(Put, "/clientpacks", json!({"enabled": false}));
        pair.pass(0);
        let refused = pair.east.refused(Post, "/links", link(9, &json!("api:pw"), "basic"));
        assert!(refused.1.ends_with("No clientpack is available"), "{}", refused.1);
        pair.west.ok(Put, "/server", json!({"reboot": true}));
        pair.hear();
        let refused = pair.east.refused(Post, "/links", link(9, &json!("api:pw"), "basic"));
        assert!(refused.1.ends_with("connection refused"), "{}", refused.1);
    }

    #[test]
    fn peers_reach_each_other_when_both_say_so() {
        let mut pair = topology();
        let (east_at, west_at) = (Pair::address(&mut pair.east), Pair::address(&mut pair.west));
        pair.east.ok(Put, "/peering/self", json!({"id": 1}));
        pair.west.ok(Put, "/peering/self", json!({"id": 2}));
        let reaches = |pair: &mut Pair| {
            pair.pass(0);
            pair.pass(LAG + 500);
            let slot = |bench: &mut Bench, id: &str| bench.get("/peering").expect("peering")["managers"][id].clone();
            (slot(&mut pair.east, "2")["reachable"] == true, slot(&mut pair.west, "1")["reachable"] == true)
        };
        pair.east.ok(Post, "/peering/peers", json!({"id": 2, "name": west_at}));
        assert_eq!(reaches(&mut pair), (false, false), "one half is none");
        pair.west.ok(Post, "/peering/peers", json!({"id": 1, "name": east_at}));
        assert_eq!(reaches(&mut pair), (true, true));
        pair.west.ok(Put, "/peering/peers/1", json!({"overlay_mtu": 1400}));
        assert_eq!(reaches(&mut pair), (false, false), "another size");
        pair.east.ok(Put, "/peering/peers/2", json!({"overlay_mtu": 1400}));
        assert_eq!(reaches(&mut pair), (true, true));
        pair.west.ok(Put, "/peering/peers/1", json!({"name": "203.0.113.9"}));
        assert_eq!(reaches(&mut pair), (false, false), "nobody is there");
    }
}
