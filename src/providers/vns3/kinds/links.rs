//! Connections in which the controller is the client of another controller's overlay.
//!
//! The number is chosen by the user and names the interface, `lnk7`. What a link is made from is never read back.
//! Whether it is connected cannot be said at create (vns3.md#links).

use crate::spec::{Api, Body, Condition, Disruption, Envelope, Field, Identity, Kind, List, Type, call, field, output};
use wire::Method::{Delete, Post, Put};

/// `links`.
pub(crate) static KIND: Kind = Kind {
    name: "links",
    doc: "Connections in which the controller is the client of another overlay",
    source: "GET /links, POST /links; vns3.md#links",
    identity: Identity::Natural(&["id"]),
    fields: &[
        made_of("id", super::COUNT, "Number of the link; its interface is `lnk` and the number").required(),
        field("name", Type::Text, "Name of the link").required(),
        super::DESCRIPTION,
        made_of("conf", Type::Text, "Configuration of an OpenVPN or WireGuard client")
            .writable_on(Condition::undeclared("vns3_controller"))
            .write_only()
            .secret(),
        made_of(
            "vns3_controller",
            Type::Format(&super::HOST),
            "Address of the controller to fetch a clientpack from, in place of `conf`",
        )
        .write_only()
        .depends_on_remote(&["keyset"]),
        made_of("vns3_auth", Type::Text, "What that controller is asked with: `api:` and its API password, or a token")
            .required_if(FETCHED)
            .writable_on(FETCHED)
            .write_only()
            .secret(),
        made_of("auth_type", Type::Enum(&["basic", "bearer"]), "`basic` for the password, `bearer` for a token")
            .writable_on(FETCHED)
            .write_only(),
        field("policies", Type::LINES, "Lines added to the client's configuration").disrupts(Disruption::Reconnect),
        field("connected", Type::Bool, "In use").afterwards().disrupts(Disruption::Outage),
        output("interface", Type::Text, "Its interface"),
        output("type", Type::Text, "`openvpn` or `wireguard`"),
        output("state", Type::Text, "`connecting`, `connected` or `disconnected`"),
        output("clientpack_ip", Type::IP, "Its address in the other overlay"),
        output("local_ip", Type::Text, "Address that it connects from"),
    ],
    api: Api {
        list: List::at("/links", Envelope::Items("response")),
        create: &[call(Post, "/links", Body::Fields).reply(Envelope::One("response"))],
        update: &[call(Put, "/links/{id}", Body::Changed).reply(Envelope::One("response"))],
        remove: &[call(Delete, "/links/{id}", Body::None)],
        ..super::super::API
    },
    relations: &[super::LICENSED, super::KEYED],
    carries_traffic: Some(Condition::is_not("connected", &["false"])),
    ..Kind::NEW
};

/// One whose configuration comes from another controller.
const FETCHED: Condition = Condition::declared("vns3_controller");

const fn made_of(name: &'static str, ty: Type, doc: &'static str) -> Field {
    field(name, ty, doc).replaces().disrupts(Disruption::Outage)
}

#[cfg(test)]
pub(crate) mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::providers::vns3::reading::{listed, shown};

    /// A link in the shape of the reference text's example.
    pub(crate) fn example() -> Value {
        json!({
            "name": "to hub",
            "description": "string",
            "interface": "lnk3",
            "clientpack_ip": "100.64.0.5",
            "id": 3,
            "connected": true,
            "type": "openvpn",
            "tags": [{"key": "string", "value": "string"}],
            "last_connect": "2019-08-24T14:15:22Z",
            "handshake_timeout": 0,
            "remotes": ["string"],
            "clientpack": "string",
            "policies": "string",
            "state": "connected",
            "device": "string",
            "tun_mtu": 0,
            "local_ip": "string"
        })
    }

    #[test]
    fn the_example_reply_reads() {
        assert_eq!(
            listed(&KIND, &json!({"response": [example()]})),
            [json!({
                "id": 3,
                "name": "to hub",
                "description": "string",
                "policies": ["string"],
                "connected": true,
                "interface": "lnk3",
                "type": "openvpn",
                "state": "connected",
                "clientpack_ip": "100.64.0.5",
                "local_ip": "string"
            })]
        );
    }

    #[test]
    fn the_id_reads_as_number_or_text_and_policies_as_list() {
        let live = json!({"id": "3", "policies": ["a 1", "b 2"]});
        assert_eq!(shown(&KIND, &live), json!({"id": 3, "policies": ["a 1", "b 2"]}));
    }
}
