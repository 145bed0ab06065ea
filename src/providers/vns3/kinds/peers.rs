//! The other controllers that this one is peered with: one direction, the other side declares its own.
//!
//! The list has a slot for each licensed controller. The own slot and unused ones are no peers: they count as gone.
//! Written are `name` and `overlay_mtu`, read are `address` and `mtu` (vns3.md#peers).

use serde_json::Value;

use crate::attr::Attr;
use crate::spec::{
    Api, Body, Condition, Disruption, Envelope, Identity, Kind, List, Relation, States, Type, call, field, output,
    whole_numbers,
};
use wire::Method::{Delete, Post, Put};

/// `peers`.
pub(crate) static KIND: Kind = Kind {
    name: "peers",
    doc: "Other controllers that this one is peered with",
    source: "GET /peering, POST /peering/peers; vns3.md#peers",
    identity: Identity::Natural(&["id"]),
    fields: &[
        field("id", super::PEERING_ID, "Peering id of the other controller")
            .required()
            .replaces()
            .disrupts(Disruption::Outage),
        field("name", Type::Format(&super::HOST), "Address or host name of the other controller")
            .required()
            .read_as("address")
            .depends_on_remote(&["peering-self"])
            .disrupts(Disruption::Reconnect),
        field("overlay_mtu", Type::Format(&MTU), "Largest packet on the way, 500 to 4800; the same on both sides")
            .default("1500")
            .read_as("mtu")
            .disrupts(Disruption::Reconnect),
        output("overlay_ipaddress", Type::IP, "Address of the other controller in the overlay"),
        output("reachable", Type::Bool, "Whether the other controller answers"),
    ],
    api: Api {
        list: List::at("/peering", Envelope::Keyed("response.managers")),
        create: &[call(Post, "/peering/peers", Body::Fields)
            .reshape(mtu_as_text)
            .reply(Envelope::Keyed("response.managers"))],
        update: &[call(Put, "/peering/peers/{id}", Body::Changed)
            .reshape(mtu_as_text)
            .reply(Envelope::Keyed("response.managers"))],
        remove: &[call(Delete, "/peering/peers/{id}", Body::None)],
        gone: &[(404, ""), super::UNLICENSED, (400, "is invalid as controller id")],
        states: Some(States { gone: &["self", "not set"], ..States::at("slot") }),
        ..super::super::API
    },
    relations: &[
        super::LICENSED,
        super::KEYED,
        Relation::After("peering-self", "a controller needs its own id before it has peers"),
    ],
    read: Some(mark_empty_slots),
    carries_traffic: Some(Condition::ALWAYS),
    ..Kind::NEW
};

/// Gives slots that are no peers a word for it.
fn mark_empty_slots(slot: &mut Value) {
    let is = |flag: &str| slot.get(flag) == Some(&Value::Bool(true));
    let word = if is("self") {
        "self"
    } else if is("not_set") {
        "not set"
    } else {
        return;
    };
    slot["slot"] = word.into();
}

/// The API takes the MTU as text.
fn mtu_as_text(body: &mut Attr, _: Option<&Value>) -> Result<(), &'static str> {
    super::number_as_text(body, "overlay_mtu");
    Ok(())
}

whole_numbers!(
    /// Bytes in a packet (vns3.md#peers).
    MTU, 500..=4800
);

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::providers::vns3::reading::listed;

    #[test]
    fn only_slots_in_use_are_peers() {
        let reply = json!({"response": {"peered": true, "id": 1, "managers": {
            "1": {"overlay_ipaddress": "100.127.255.253", "self": true},
            "2": {"overlay_ipaddress": "100.127.255.252", "not_set": true, "id": 2},
            "3": {
                "id": 3,
                "not_set": false,
                "mtu": "1500",
                "reachable": true,
                "address": "203.0.113.7",
                "overlay_ipaddress": "100.127.255.251"
            }
        }}});
        assert_eq!(
            listed(&KIND, &reply),
            [
                json!({"overlay_ipaddress": "100.127.255.253", "state": "self"}),
                json!({"id": 2, "overlay_ipaddress": "100.127.255.252", "state": "not set"}),
                json!({
                    "id": 3,
                    "name": "203.0.113.7",
                    "overlay_mtu": 1500,
                    "overlay_ipaddress": "100.127.255.251",
                    "reachable": true
                })
            ]
        );
    }

    #[test]
    fn the_mtu_is_sent_as_text() {
        let mut body = Attr::from_json(&json!({"id": 3, "overlay_mtu": 1400}));
        mtu_as_text(&mut body, None).unwrap();
        assert_eq!(body, Attr::from_json(&json!({"id": 3, "overlay_mtu": "1400"})));
    }
}
