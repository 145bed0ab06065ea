//! Sets of networks, ports, services or other sets, for firewall rules.
//!
//! The name is the path, so it is the id. The type cannot be changed. A set is saved although some entries were
//! refused; the reply lists those under `errors` (vns3.md#firewall-fwsets).

use crate::providers::vns3::grammar;
use crate::spec::{Api, Body, Condition, Disruption, Envelope, Identity, Kind, List, Names, Type, call, field, output};
use wire::Method::{Delete, Post, Put};

/// `firewall-fwsets`.
pub(crate) static KIND: Kind = Kind {
    name: "firewall-fwsets",
    doc: "Sets of networks, ports, services or other sets, for firewall rules",
    source: "GET /v2/firewall/fwsets; vns3.md#firewall-fwsets",
    identity: Identity::Name("name"),
    names: Names::of("_-"),
    fields: &[
        field("name", Type::Text, "Letters, digits, `_` and `-`").required(),
        field("type", Type::Enum(&["net", "port", "list", "service"]), "What the entries are")
            .required()
            .replaces()
            .disrupts(Disruption::Outage),
        super::DESCRIPTION,
        field("entries", Type::Table(ENTRY, "entry"), "What is in the set; variables are allowed"),
        output("size", Type::Int, "Number of entries").recomputed_from(&["entries"]),
    ],
    api: Api {
        list: List::at("/v2/firewall/fwsets", Envelope::Items("response")),
        id: "",
        create: &[call(Post, "/v2/firewall/fwsets", Body::Fields)
            .reply(Envelope::One("response"))
            .errors_at("response.errors")],
        update: &[call(Put, "/v2/firewall/fwsets/{name}", Body::Changed)
            .reply(Envelope::One("response"))
            .errors_at("response.errors")],
        remove: &[call(Delete, "/v2/firewall/fwsets/{name}", Body::None)],
        ..super::super::API
    },
    relations: &[super::LICENSED, super::KEYED],
    carries_traffic: Some(Condition::ALWAYS),
    ..Kind::NEW
};

const ENTRY: &[crate::spec::Field] = &[
    field("entry", Type::Phrase(&grammar::ENTRY), "A network, a port, a service, the name of a set, or a variable")
        .required(),
    field("comment", Type::Text, "Free text"),
];

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::providers::vns3::reading::listed;

    #[test]
    fn the_example_reply_reads() {
        let entry = json!({
            "entry": "${tag_name_alex_person}",
            "comment": "",
            "entry_resolved": "100.64.0.1",
            "last_resolved": "2022-06-07T16:23:02.275Z",
            "created_at": "2022-06-07T16:23:02.283Z"
        });
        let reply = json!({"response": [{
            "name": "humans",
            "description": "overlay clients for human beings",
            "created_at": "2022-06-07T16:22:20.206Z",
            "updated_at": "2022-06-07T16:22:20.206Z",
            "size": 1,
            "type": "net",
            "entries": [entry]
        }]});
        let found = listed(&KIND, &reply);
        assert_eq!(found[0]["entries"][0]["entry"], "${tag_name_alex_person}");
        assert_eq!(found[0]["entries"][0]["comment"], json!(null));
        assert_eq!(
            (&found[0]["name"], &found[0]["type"], &found[0]["size"]),
            (&json!("humans"), &json!("net"), &json!(1))
        );
    }
}
