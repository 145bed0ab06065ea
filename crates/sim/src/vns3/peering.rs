//! Peering: the controller's own id, and the other controllers of its topology.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::Area;
use super::answer::{Fault, Outcome, ok};
use super::call::{Call, Fields, id};
use super::console::Collection;
use super::license::Manager;
use super::net;
use super::state::State;
use wire::Method::{Delete, Get, Post, Put};

pub(super) static AREA: Area = Area { answer, console: CONSOLE };

const CONSOLE: &[Collection] = &[
    Collection::single("peering-self", "/peering"),
    Collection {
        kind: "peers",
        at: "/peering/peers/*",
        key: &["address"],
        create: "/peering/peers",
        remove: "/peering/peers/{id}",
    },
];

/// The topology as the controller knows it.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Peering {
    /// The controller's own id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<u64>,
    /// The others, by id.
    pub peers: BTreeMap<u64, Peer>,
}

/// Another controller, in the form in which a slot shows it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Peer {
    id: u64,
    address: String,
    mtu: String,
}

impl Peering {
    /// The licence's slot for this controller: that of its id, or the first while it has none.
    pub(crate) fn own_slot<'a>(&self, state: &'a State) -> Option<&'a Manager> {
        let managers = &state.license.as_ref().filter(|license| license.finalized)?.managers;
        managers.iter().find(|slot| Some(slot.manager_id) == self.id).or_else(|| managers.first())
    }
}

fn answer(state: &mut State, call: &Call) -> Option<Outcome> {
    Some(match (call.method, call.path().as_slice()) {
        (Get, ["peering"]) => ok(read(state)),
        (Put, ["peering", "self"]) => set_own_id(state, call),
        (Post, ["peering", "peers"]) => create(state, call),
        (Put, ["peering", "peers", peer]) => update(state, call, id(peer)),
        (Delete, ["peering", "peers", peer]) => delete(state, id(peer)),
        _ => return None,
    })
}

/// "Get peering status": one slot for each controller of the licence, under both names. `peered` is true as soon as
/// the own id is set, as in the example of "Set peering ID".
fn read(state: &State) -> Value {
    let slots: Map<String, Value> =
        slots(state).iter().map(|slot| (slot.manager_id.to_string(), show(state, slot))).collect();
    let mut answer = json!({
        "peered": state.peering.id.is_some(),
        "managers": slots,
        "controllers": slots,
    });
    if let Some(id) = state.peering.id {
        answer["id"] = json!(id);
    }
    answer
}

/// A slot. The controller's own carries no id in the text's example.
fn show(state: &State, slot: &Manager) -> Value {
    let id = slot.manager_id;
    let overlay = slot.overlay_ipaddress;
    match state.peering.peers.get(&id) {
        _ if state.peering.id == Some(id) => json!({"overlay_ipaddress": overlay, "self": true}),
        None => json!({"overlay_ipaddress": overlay, "not_set": true, "id": id}),
        Some(Peer { id, address, mtu }) => {
            let reachable = state.is_reachable(*id);
            json!({"overlay_ipaddress": overlay, "id": id, "address": address, "mtu": mtu, "reachable": reachable})
        }
    }
}

fn slots(state: &State) -> &[Manager] {
    state.license.as_ref().map(|license| license.managers.as_slice()).unwrap_or_default()
}

fn is_slot(state: &State, id: u64) -> bool {
    slots(state).iter().any(|slot| slot.manager_id == id)
}

/// "Set peering ID". Another id than the one that is set needs `force`; the text names the argument and does not say
/// what it does.
fn set_own_id(state: &mut State, call: &Call) -> Outcome {
    let fields = call.fields()?;
    let id: u64 = fields.need("id")?;
    let force: bool = fields.get("force")?.unwrap_or_default();
    let moves = state.peering.id.is_some_and(|own| own != id);
    if !is_slot(state, id) || state.peering.peers.contains_key(&id) || (moves && !force) {
        return Err(Fault::invalid("id"));
    }
    state.peering.id = Some(id);
    ok(read(state))
}

/// "Create peer".
fn create(state: &mut State, call: &Call) -> Outcome {
    let fields = call.fields()?;
    let id: u64 = fields.need("id")?;
    let taken = state.peering.id == Some(id) || state.peering.peers.contains_key(&id);
    if !is_slot(state, id) || taken {
        return Err(Fault::argument(format!("{id} is an invalid controller id")));
    }
    if state.peering.id.is_none() {
        return Err(Fault::argument("peering id of this controller is not set"));
    }
    fields.need_text("name")?;
    let mut peer = Peer { id, address: String::new(), mtu: "1500".to_owned() };
    peer.take(&fields)?;
    state.peering.peers.insert(id, peer);
    ok(read(state))
}

/// "Update peer".
fn update(state: &mut State, call: &Call, id: u64) -> Outcome {
    let fields = call.fields()?;
    let unknown = || Fault::argument(format!("{id} is an invalid controller id"));
    state.peering.peers.get_mut(&id).ok_or_else(unknown)?.take(&fields)?;
    ok(read(state))
}

/// "Delete peer": the slot is free again.
fn delete(state: &mut State, id: u64) -> Outcome {
    let unknown = || Fault::argument(format!("{id} is invalid as controller id."));
    state.peering.peers.remove(&id).ok_or_else(unknown)?;
    ok(read(state))
}

impl Peer {
    /// The address that others reach it by.
    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    /// The number of the other controller.
    pub(crate) fn id(&self) -> u64 {
        self.id
    }

    /// The largest packet on the way.
    pub(crate) fn mtu(&self) -> &str {
        &self.mtu
    }

    /// Takes the fields that are given. They are written under other names than they are read. The range of the MTU is
    /// that of the arguments' table; the error text speaks of 48,000.
    fn take(&mut self, fields: &Fields) -> Result<(), Fault> {
        let mut next = self.clone();
        fields.over_if("name", &mut next.address, |name: &String| net::is_host(name))?;
        let bad_mtu = || Fault::argument("mtu must be an integer between 500 and 48,000");
        if let Some(mtu) = fields.get::<u64>("overlay_mtu").map_err(|_| bad_mtu())? {
            if !(500..=4800).contains(&mtu) {
                return Err(bad_mtu());
            }
            next.mtu = mtu.to_string();
        }
        fields.get::<bool>("force")?;
        *self = next;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vns3::testing::{Bench, has_keys_of};

    #[test]
    fn own_id_peers_and_free_slots_are_told_apart() {
        let mut bench = Bench::new();
        let before = bench.get("/peering").expect("peering");
        assert_eq!(before["peered"], false);
        assert_eq!(before["managers"]["1"]["not_set"], true);

        let own = bench.ok(Put, "/peering/self", json!({"id": 1}));
        let example = json!({"peered": true, "id": 1, "managers": {
            "1": {"overlay_ipaddress": "100.127.255.253", "self": true},
            "2": {"overlay_ipaddress": "100.127.255.252", "not_set": true, "id": 2},
        }});
        assert!(has_keys_of(&own, &example), "{own}");
        assert!(own["managers"]["1"].get("id").is_none());
        assert_eq!(own["managers"], own["controllers"]);

        let peers =
            bench.ok(Post, "/peering/peers", json!({"id": "2", "name": "vns3.example.org", "overlay_mtu": 1400}));
        let slot = &peers["managers"]["2"];
        assert_eq!((&slot["address"], &slot["mtu"]), (&json!("vns3.example.org"), &json!("1400")));
        assert!(slot.get("not_set").is_none());

        let after = bench.ok(Put, "/peering/peers/2", json!({"name": "203.0.113.9"}));
        assert_eq!(after["managers"]["2"]["mtu"], "1400");
        let gone = bench.ok(Delete, "/peering/peers/2", json!({}));
        assert_eq!(gone["managers"]["2"]["not_set"], true);
    }

    #[test]
    fn bad_ids_and_sizes_are_refused_in_the_texts_words() {
        let mut bench = Bench::new();
        let mut refused = |method, path: &str, body| bench.refused(method, path, body).1;
        assert_eq!(refused(Put, "/peering/self", json!({"id": 20})), "APIArgumentError: id is invalid");
        assert_eq!(refused(Put, "/peering/self", json!({})), "APIArgumentError: id is missing");
        let early = refused(Post, "/peering/peers", json!({"id": 2, "name": "a.example"}));
        assert_eq!(early, "APIArgumentError: peering id of this controller is not set");
        bench.ok(Put, "/peering/self", json!({"id": 1}));
        let mut refused = |method, path: &str, body| bench.refused(method, path, body).1;
        assert_eq!(refused(Put, "/peering/self", json!({"id": 2})), "APIArgumentError: id is invalid");
        let own = refused(Post, "/peering/peers", json!({"id": 1, "name": "a.example"}));
        assert_eq!(own, "APIArgumentError: 1 is an invalid controller id");
        let mtu = refused(Post, "/peering/peers", json!({"id": 2, "name": "a.example", "overlay_mtu": "9000"}));
        assert_eq!(mtu, "APIArgumentError: mtu must be an integer between 500 and 48,000");
        assert_eq!(
            refused(Delete, "/peering/peers/20", json!({})),
            "APIArgumentError: 20 is invalid as controller id."
        );
    }
}
