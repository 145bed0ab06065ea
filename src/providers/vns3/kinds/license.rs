//! The license: a file that makes the controller part of a topology.
//!
//! It can be uploaded once; later it can only be upgraded, which is an action. Reading answers 403 until then. The
//! upload alone changes nothing: its parameters have to be accepted (vns3.md#license, vns3.md#bring-up).

use crate::spec::{Api, Body, Disruption, Envelope, Folders, Kind, List, Type, call, field, output};
use wire::Method::Put;

/// `license`.
pub(crate) static KIND: Kind = Kind {
    name: "license",
    doc: "The license file, which makes the controller part of a topology",
    source: "GET /license, PUT /license; vns3.md#license",
    fields: &[
        field("file", Type::File(Folders::Refused), "The license file")
            .required()
            .write_only()
            .fixed()
            .disrupts(Disruption::Irreversible),
        output("license", Type::Text, "State of the license: accepted, in-progress or failed"),
        output("finalized", Type::Bool, "Whether its parameters have been accepted")
            .recomputed_from(&["license-parameters"]),
        output("sha1_checksum", Type::Text, "SHA-1 of the license"),
        output("uploaded_at", Type::Text, "When it was uploaded"),
        output("capabilities", Type::Set(&Type::Text), "What it allows"),
        output("topology", Type::Any, "Addresses and limits that it grants").recomputed_from(&["license-parameters"]),
        output("container_details", Type::Any, "How many containers and images it grants"),
    ],
    api: Api {
        list: List::at("/license", Envelope::One("response")),
        id: "",
        create: &[call(Put, "/license", Body::File("file"))],
        ..super::super::API
    },
    ..Kind::NEW
};

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::providers::vns3::reading::listed;

    #[test]
    fn the_example_reply_reads() {
        let reply = json!({"response": {
            "capabilities": ["string"],
            "finalized": true,
            "license": "accepted",
            "license_present": true,
            "sha1_checksum": "string",
            "uploaded_at": "string",
            "topology": {"total_clients": 5, "overlay_subnet": "100.127.255.192/26"}
        }});
        assert_eq!(
            listed(&KIND, &reply),
            [json!({
                "license": "accepted",
                "finalized": true,
                "sha1_checksum": "string",
                "uploaded_at": "string",
                "capabilities": ["string"],
                "topology": {"total_clients": 5, "overlay_subnet": "100.127.255.192/26"}
            })]
        );
    }
}
