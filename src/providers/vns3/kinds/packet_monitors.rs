//! Recordings of traffic: connections, flows or packets.
//!
//! Nothing about one can be changed, and whether it runs is not said; starting and stopping are actions. There is one
//! `conntrack` monitor at most, and that is its name (vns3.md#packet-monitors).

use crate::providers::vns3::{formats, grammar};
use crate::spec::{Api, Body, Envelope, Field, Identity, Kind, List, Type, call, field};
use wire::Method::{Delete, Post};

/// `packet-monitors`.
pub(crate) static KIND: Kind = Kind {
    name: "packet-monitors",
    doc: "Recordings of traffic: connections, flows or packets",
    source: "GET /packet_monitors, POST /packet_monitor; vns3.md#packet-monitors",
    identity: Identity::Name("name"),
    fields: &[
        field("name", Type::Text, "Name of the monitor; `conntrack` for that type").required(),
        made_of("type", Type::Enum(&["conntrack", "netflow", "pcap"]), "What is recorded"),
        made_of("interface", Type::Phrase(&grammar::INTERFACE), "Interface to listen at"),
        Field {
            required: None,
            ..made_of("filter", Type::Text, "What to record, in the words of the type").default("\"\"")
        },
        made_of("duration", Type::Text, "How long: `forever`, or a date as the `date` command reads it"),
        made_of(
            "destination",
            Type::Format(&formats::DESTINATION),
            "Where to: `file`, or `host:ADDRESS:PORT` for netflow",
        ),
    ],
    api: Api {
        list: List::at("/packet_monitors", Envelope::Items("response")),
        id: "",
        // Without a filter, everything is recorded; the call has to say so.
        create: &[call(Post, "/packet_monitor", Body::Fields)
            .adds(r#"{"filter": ""}"#)
            .reply(Envelope::One("response"))],
        remove: &[call(Delete, "/packet_monitor/{id}", Body::None)],
        ..super::super::API
    },
    relations: &[super::LICENSED, super::KEYED],
    ..Kind::NEW
};

const fn made_of(name: &'static str, ty: Type, doc: &'static str) -> Field {
    field(name, ty, doc).required().replaces()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::providers::vns3::reading::listed;

    #[test]
    fn the_example_reply_reads() {
        let monitor = json!({
            "name": "flows",
            "type": "netflow",
            "interface": "eth0",
            "filter": "",
            "duration": "forever",
            "destination": "host:10.0.3.2:4000"
        });
        let mut expected = monitor.clone();
        expected.as_object_mut().expect("an object").remove("filter");
        assert_eq!(listed(&KIND, &json!({"response": [monitor]})), [expected]);
    }
}
