//! Lines added to the configuration of every link: one list for OpenVPN, one for WireGuard.
//!
//! The API has one path and tells the two by `type`; the reply is bare text. Both are always there, so each is a kind
//! of its own without a name (vns3.md#link-global-policies-openvpn).

use serde_json::{Value, json};

use crate::spec::{Api, Body, CallSpec, Disruption, Envelope, Field, Kind, List, Type, call, field};
use wire::Method::Put;

/// `link-global-policies-openvpn`.
pub(crate) static OPENVPN: Kind = Kind {
    name: "link-global-policies-openvpn",
    doc: "Lines added to the configuration of every OpenVPN link",
    api: Api {
        list: List::at("/links/global-policies?type=openvpn", Envelope::One("response")),
        update: &[UPDATE.adds(r#"{"type": "openvpn"}"#)],
        ..BOTH.api
    },
    ..BOTH
};

/// `link-global-policies-wireguard`.
pub(crate) static WIREGUARD: Kind = Kind {
    name: "link-global-policies-wireguard",
    doc: "Lines added to the configuration of every WireGuard link",
    api: Api {
        list: List::at("/links/global-policies?type=wireguard", Envelope::One("response")),
        update: &[UPDATE.adds(r#"{"type": "wireguard"}"#)],
        ..BOTH.api
    },
    ..BOTH
};

const BOTH: Kind = Kind {
    source: "GET /links/global-policies, PUT /links/global-policies; vns3.md#link-global-policies-openvpn",
    fields: &[POLICIES],
    api: Api { id: "", ..super::super::API },
    relations: &[super::LICENSED, super::KEYED],
    read: Some(text_to_object),
    ..Kind::NEW
};

const UPDATE: CallSpec = call(Put, "/links/global-policies", Body::Changed);

const POLICIES: Field = field("policies", Type::LINES, "The lines, all of them").disrupts(Disruption::Reconnect);

fn text_to_object(reply: &mut Value) {
    if !reply.is_object() {
        *reply = json!({ "policies": reply.take() });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::providers::vns3::reading::listed;

    #[test]
    fn bare_text_reads_as_lines() {
        let reply = json!({"response": "reneg-sec 0\nverb 3\n"});
        for kind in [&OPENVPN, &WIREGUARD] {
            assert_eq!(listed(kind, &reply), [json!({"policies": ["reneg-sec 0", "verb 3"]})]);
        }
    }
}
