//! The controller's own id in its topology. It decides the overlay address and the autonomous system number.
//!
//! `peered` is true as soon as the id is set, without any peer (vns3.md#peering-self). Replies of the write come with
//! or without an envelope, so they are not read (vns3.md#envelopes).

use crate::spec::{Api, Body, Disruption, Envelope, Kind, List, Type, call, field, output};
use wire::Method::Put;

/// `peering-self`.
pub(crate) static KIND: Kind = Kind {
    name: "peering-self",
    doc: "The controller's own id in its topology",
    source: "GET /peering, PUT /peering/self; vns3.md#peering-self",
    fields: &[
        field("id", super::PEERING_ID, "Id of this controller, another one on each controller of the topology")
            .required()
            .fixed()
            .disrupts(Disruption::Irreversible),
        output("peered", Type::Bool, "Whether the id is set"),
    ],
    api: Api {
        list: List::at("/peering", Envelope::One("response")),
        // Nothing shows before the license: then it is made, not changed.
        create: &[call(Put, "/peering/self", Body::Fields)],
        update: &[call(Put, "/peering/self", Body::Fields)],
        ..super::super::API
    },
    relations: &[super::LICENSED, super::KEYED],
    ..Kind::NEW
};

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::providers::vns3::reading::listed;

    #[test]
    fn the_id_stands_beside_the_peers() {
        let reply = json!({"response": {"peered": true, "id": 1, "managers": {"1": {"self": true}}}});
        assert_eq!(listed(&KIND, &reply), [json!({"id": 1, "peered": true})]);
        assert_eq!(listed(&KIND, &json!({"response": {"managers": {}}})), [json!({})]);
    }
}
