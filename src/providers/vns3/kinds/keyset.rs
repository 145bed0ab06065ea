//! The keys of a topology: generated on its first controller, fetched from it by the others.
//!
//! It is made once. Generating goes on in the background; fetching brings the license along and ends with a reboot, and
//! until the license has arrived reading answers 403 (vns3.md#joining-a-topology). A fetching controller declares no
//! license of its own: that would make it the first of another topology. `topology_name` is left to `config`.

use std::time::Duration;

use serde_json::Value;

use crate::spec::{
    Api, Body, Condition, Disruption, Envelope, Kind, List, Poll, States, Type, Until, call, field, output,
};
use wire::Method::Put;

/// `keyset`.
pub(crate) static KIND: Kind = Kind {
    name: "keyset",
    doc: "The keys of the topology, generated on one controller and fetched by the others",
    source: "GET /keyset, PUT /keyset; vns3.md#keyset",
    fields: &[
        field("token", Type::Text, "Word that the keys depend on, the same on all controllers of the topology")
            .required()
            .write_only()
            .secret()
            .fixed()
            .disrupts(Disruption::Irreversible),
        field("source", Type::Text, "Address of the controller to fetch the keys from; or else they are generated")
            .write_only()
            .fixed()
            .depends_on_remote(&["keyset"])
            .disrupts(Disruption::Irreversible),
        // Nothing sends it. Declared, it is compared: a controller that has other keys shows a difference.
        field(
            "checksum",
            Type::Text,
            "The same on all controllers of a topology. Give `${ROOT/keyset.checksum}` where `source` is given, and a \
             controller with other keys is found out",
        )
        .fixed()
        .afterwards(),
        output("uuid", Type::Text, "Id of the keys"),
        output("created_at", Type::Text, "When they were made"),
    ],
    api: Api {
        list: List::at("/keyset", Envelope::One("response")),
        id: "",
        create: &[
            call(Put, "/keyset", Body::Fields).when(Condition::declared("source")).retry_on(FETCHING).wait(&[
                FETCHED,
                super::RESTARTED,
                PRESENT,
            ]),
            call(Put, "/keyset", Body::Fields).wait(&[PRESENT]),
        ],
        states: Some(States { busy: &["in progress"], gone: &["missing"], ..States::at("stage") }),
        ..super::super::API
    },
    relations: &[super::LICENSED],
    read: Some(stage),
    ..Kind::NEW
};

/// The status is not documented (vns3.md#refusals).
const FETCHING: &[(u16, &str)] = &[(400, "setup in progress"), (403, "setup in progress"), (409, "setup in progress")];

/// While the license has not arrived, the controller says nothing about its keys; only the call itself, sent again, is
/// answered by how far it is. One that is accepted again tells that the fetch before it ended without a word
/// (vns3.md#joining-a-topology).
const FETCHED: Poll = Poll {
    until: Until::State { key: "", done: &["already exists"], failed: &[] },
    tolerate: super::BOOTING,
    budget: Duration::from_secs(1200),
    ..Poll::NEW
};

const PRESENT: Poll = Poll {
    path: "/keyset",
    at: "response",
    until: Until::State { key: "keyset_present", done: &["true"], failed: &[] },
    shows_object: true,
    // 403 until the license has arrived with the keys.
    tolerate: &[401, 403, 502, 503],
    // With the reboot after fetching, the vendor's own tools wait so long (vns3.md#restarts).
    budget: Duration::from_secs(1200),
    ..Poll::NEW
};

fn stage(keyset: &mut Value) {
    if !keyset.is_object() {
        return;
    }
    let is = |flag: &str| keyset.get(flag) == Some(&Value::Bool(true));
    let stage = match (is("in_progress"), is("keyset_present")) {
        (true, _) => "in progress",
        (false, true) => "present",
        (false, false) => "missing",
    };
    keyset["stage"] = stage.into();
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::providers::vns3::reading::{listed, shown};

    #[test]
    fn the_example_reply_reads() {
        let reply = json!({"response": {
            "keyset_present": true,
            "created_at": "2019-07-19T19:44:02.191+00:00",
            "created_at_i": 1563565442,
            "checksum": "6093b865464ec3f7ab7213975c3b952763d1df14",
            "uuid": "8effb1ea-aa5d-11e9-aaf4-02935c82307a"
        }});
        assert_eq!(
            listed(&KIND, &reply),
            [json!({
                "checksum": "6093b865464ec3f7ab7213975c3b952763d1df14",
                "uuid": "8effb1ea-aa5d-11e9-aaf4-02935c82307a",
                "created_at": "2019-07-19T19:44:02.191+00:00",
                "state": "present"
            })]
        );
    }

    #[test]
    fn a_keyset_in_the_making_is_neither_there_nor_missing() {
        assert_eq!(shown(&KIND, &json!({"in_progress": true, "running": 0}))["state"], "in progress");
        assert_eq!(shown(&KIND, &json!({"keyset_present": false}))["state"], "missing");
    }
}
