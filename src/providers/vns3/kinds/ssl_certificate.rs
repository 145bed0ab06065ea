//! The certificate that API and web interface show.
//!
//! Uploading changes nothing: installing does, in the background, and the web server restarts. The key can't be read,
//! and of the certificate only fingerprints, the first being the server's own (vns3.md#ssl-certificate, vns3.md#tasks).
//! There is no way back to the one that the controller made itself.

use std::time::Duration;

use serde_json::Value;

use crate::spec::{
    Api, Body, CERTIFICATE, Disruption, Envelope, Kind, List, Poll, Type, Until, VALIDITY, call, field, output,
};
use wire::Method::Put;

/// `ssl-certificate`.
pub(crate) static KIND: Kind = Kind {
    name: "ssl-certificate",
    doc: "The certificate that API and web interface show",
    source: "GET /system/ssl, PUT /system/ssl/keypair, PUT /system/ssl/install; vns3.md#ssl-certificate",
    fields: &[
        field(
            "cert",
            Type::Format(&CERTIFICATE),
            "Certificate, with those of its authorities behind it. Where the target is recognised by `pin-sha256`, that \
             has to be this one's from the next run on",
        )
        .required()
        .read_as("sha256_fingerprint")
        .always()
        .disrupts(Disruption::Restart),
        field("key", Type::Text, "Private key of the certificate, in PEM form")
            .required()
            .write_only()
            .secret()
            .always()
            .disrupts(Disruption::Restart),
        output("subject", Type::Text, "Whom the certificate is about"),
        output("issuer", Type::Text, "Who vouches for it"),
        output("before", Type::Text, "Since when it is valid, as the controller calls it"),
        output("after", Type::Format(&VALIDITY), "Until when it is valid, as the controller calls it"),
        output("sha256_fingerprint", Type::Text, "Its fingerprint").recomputed_from(&["cert"]),
    ],
    api: Api {
        list: List::at("/system/ssl", Envelope::One("response")),
        id: "",
        update: &[call(Put, "/system/ssl/install", Body::None)
            .preceded_by(&[call(Put, "/system/ssl/keypair", Body::Changed)])
            .wait(&[INSTALLED])],
        ..super::super::API
    },
    relations: &[super::LICENSED, super::KEYED],
    read: Some(first_of_chain),
    ..Kind::NEW
};

const INSTALLED: Poll = Poll {
    job: &["response.uuid"],
    path: "/system/ssl/install/{job}",
    at: "response",
    // Only `pending` is documented; that the words of other jobs are used here is inferred.
    until: Until::Left {
        key: "state",
        going: &["pending"],
        failed: &["failed", "error", "finished_failed", "invalid"],
    },
    error: "status",
    tolerate: super::BOOTING,
    budget: Duration::from_secs(300),
    ..Poll::NEW
};

fn first_of_chain(reply: &mut Value) {
    if let Some(first) = reply.pointer("/certs/0").cloned() {
        *reply = first;
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::providers::vns3::reading::listed;

    #[test]
    fn the_example_reply_reads() {
        let print = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        let reply = json!({"response": {"certs": [{
            "subject": "CN=vns3", "issuer": "CN=authority", "before": "2024-01-01", "after": "2025-01-01",
            "algorithm": "sha256WithRSAEncryption", "sha1_fingerprint": "string", "sha256_fingerprint": print,
        }]}});
        let expected = json!({
            "cert": print, "subject": "CN=vns3", "issuer": "CN=authority", "before": "2024-01-01", "after": "2025-01-01",
            "sha256_fingerprint": print,
        });
        assert_eq!(listed(&KIND, &reply), [expected]);
    }
}
