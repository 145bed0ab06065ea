//! Whether the vendor's support may log in.
//!
//! Replies come with or without an envelope (vns3.md#envelopes). `revoke_credential` is an action, not state, and is
//! never sent.

use serde_json::Value;

use crate::spec::{Api, Body, Envelope, Kind, List, Type, call, field};
use wire::Method::Put;

/// `remote-support`.
pub(crate) static KIND: Kind = Kind {
    name: "remote-support",
    doc: "Whether the vendor's support may log in",
    source: "GET /remote_support, PUT /remote_support; vns3.md#remote-support",
    fields: &[field("enabled", Type::Bool, "The vendor's support may log in").cleared_by("false")],
    api: Api {
        list: List::at("/remote_support", Envelope::One("")),
        id: "",
        update: &[call(Put, "/remote_support", Body::Changed)],
        ..super::super::API
    },
    relations: &[super::LICENSED, super::KEYED],
    read: Some(unwrap),
    ..Kind::NEW
};

fn unwrap(reply: &mut Value) {
    if let Some(response) = reply.get_mut("response") {
        *reply = response.take();
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::providers::vns3::reading::listed;

    #[test]
    fn the_reply_reads_with_and_without_envelope() {
        for reply in [json!({"enabled": true}), json!({"response": {"enabled": true}})] {
            assert_eq!(listed(&KIND, &reply), [json!({"enabled": true})]);
        }
    }
}
