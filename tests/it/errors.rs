//! What a controller says when it refuses reaches the user, with what to do about it.

use std::collections::BTreeSet;

use serde_json::Value;
use trueup::parts::{CATALOGUE, CallError, CallSite, Redactor};
use wire::{Method, Response};

/// Every error example of the VNS3 reference text, each body once.
const VNS3: &str = include_str!("errors/vns3.jsonl");

/// The diagnostic that an example leads to, and the message in it.
fn diagnostics() -> Vec<(CallError, String, u16)> {
    let provider = *CATALOGUE.iter().find(|provider| provider.name == "vns3").unwrap();
    let diagnostic = |line: &str| {
        let example: Value = serde_json::from_str(line).unwrap();
        let (method, path) = example["call"].as_str().unwrap().split_once(' ').unwrap();
        let method: Method = serde_json::from_value(method.into()).unwrap();
        let status = example["status"].as_u64().unwrap() as u16;
        let site = CallSite { target: "east", provider, method, path, redactor: &Redactor::default() };
        let error = site.refused(&Response::json(status, &example["body"]));
        let inner = ["/error", "/response", "/unlicensedExample/value/error"];
        let inner = inner.iter().find_map(|place| example["body"].pointer(place)).unwrap();
        (error, inner["message"].as_str().unwrap().to_owned(), status)
    };
    VNS3.lines().map(diagnostic).collect()
}

#[test]
fn every_error_example_is_quoted_and_has_a_remedy() {
    let diagnostics = diagnostics();
    assert!(diagnostics.len() > 120, "{}", diagnostics.len());
    for (error, message, status) in diagnostics {
        let told = error.to_string();
        assert!(told.contains(message.trim()), "`{message}` is not quoted: {told}");
        assert!(told.contains(&status.to_string()), "{told}");
        assert!(error.help.is_some_and(|help| help.len() > 20), "no remedy: {told}");
    }
}

/// The remedy for what has one of its own; a general one would be none.
#[test]
fn the_remedy_fits_the_message() {
    let expected = [
        ("Invalid or expired token", "credentials.password"),
        ("Must be licensed first", "upload one and accept its parameters"),
        ("Keyset is missing", "generate one, or fetch it"),
        ("Not enough room in license", "no clientpacks left"),
        ("Maximum number of snapshots", "snapshot-delete"),
        ("Container run limit reached", "the license allows no more"),
        ("Bad license", "as the vendor sent it"),
        ("invalid asns field", "as many `asns` as `managers`"),
        ("FWSet has references", "still name it"),
        ("Group has rules defined", "take it out of their `groups`"),
        ("rule with subtable exists", "still jump to the subtable"),
        ("references remain", "still jump to the chain"),
        ("Group with name foobar already exists", "declare it to have it adopted"),
        ("Requested webhook does not exist", "removed it meanwhile"),
        ("tunnel id does not exist", "removed it meanwhile"),
        ("bad route id or route not found", "removed it meanwhile"),
        ("Unknown Job ID", "forgotten the work"),
        ("Container system is not running", "start it"),
        ("Plugin subsystem is not running", "start it"),
        ("No SSH server process", "process_manager"),
        ("Invalid host port", "choose another `host_port`"),
        ("host/network `10.199.2.0.' not found", "as `iptables` would"),
        ("Subtable rules must start with", "start with the subtable's name"),
        ("Invalid fwset type", "`net`, `port`, `list` and `service`"),
        ("ip_internal must be available", "interface-discovery"),
        ("20 is invalid as controller id", "ids go from 1"),
        ("bad tag key", "letters and digits"),
        ("token is missing", "declare the field"),
        ("asn is invalid", "trueup explain KIND"),
    ];
    let diagnostics = diagnostics();
    for (message, words) in expected {
        let said: BTreeSet<&str> = diagnostics
            .iter()
            .filter(|(_, text, _)| text.contains(message))
            .filter_map(|(error, _, _)| error.help.as_deref())
            .collect();
        assert!(!said.is_empty(), "no example says `{message}`");
        assert!(said.iter().all(|help| help.contains(words)), "`{message}`: {said:?}");
    }
}
