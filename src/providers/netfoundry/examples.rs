//! The examples in `examples.txt`, each as it stands there, led through its kind.
//!
//! A line of `examples.txt` is a kind, `create` or `read`, and the body. A read of the same name as the create before
//! it is what the platform makes of that. A config's create names its type by id, which is the other of two ways
//! (netfoundry.md#configs), and a raw service's its configs (netfoundry.md#services).

use std::collections::BTreeSet;

use serde_json::Value;

use crate::attr::Attr;
use crate::providers::netfoundry::PROVIDER;
use crate::providers::netfoundry::testing::{reads_back, reshaped, writes};
use crate::spec::{Field, Kind, canonical, read};

/// The keys of replies beyond the fields: ids and dates, the reports of a device about itself, and the former names of
/// fields.
const NOT_READ: &str = "id networkId createdAt updatedAt deletedAt createdBy deletedBy ownerIdentityId _links \
    host dataCenterId locationMetadataId providerId userData region \
    hasApiSession hasEdgeRouterConnection sessionActive mfaEnabled os osRelease osVersion arch appId appVersion branch \
    revision version type syncId syncResourceId authority identity \
    deleted identityProviders tenantId auth0ClientId";

/// An example: its kind, whether it is a create, and its body.
fn examples() -> Vec<(&'static Kind, bool, Value)> {
    let example = |line: &str| {
        let mut parts = line.splitn(3, ' ');
        let mut part = || parts.next().expect("three parts");
        let (name, what, body) = (part(), part(), part());
        let kind = PROVIDER.kinds.iter().find(|kind| kind.name == name).unwrap_or_else(|| panic!("no kind `{name}`"));
        (*kind, what == "create", serde_json::from_str(body).expect("JSON"))
    };
    include_str!("examples.txt").lines().map(example).collect()
}

fn without_network(declared: &Value) -> Value {
    let mut declared = declared.clone();
    declared.as_object_mut().expect("an object").remove("networkId");
    declared
}

#[test]
fn creates_are_written_as_documented() {
    for (kind, _, create) in examples().into_iter().filter(|(_, is_create, _)| *is_create) {
        let in_network = kind.api.create.iter().any(|call| call.adds.contains("networkId"));
        assert_eq!(create.get("networkId").is_some(), in_network, "{}", kind.name);
        writes(kind, create.clone(), create);
    }
}

#[test]
fn what_was_created_reads_back_without_a_difference() {
    let mut pairs = 0;
    for pair in examples().windows(2) {
        let [(kind, true, create), (same, false, live)] = pair else { continue };
        assert_eq!((kind.name, &create["name"]), (same.name, &live["name"]));
        reads_back(kind, &without_network(create), live);
        pairs += 1;
    }
    let declarative = PROVIDER.kinds.iter().filter(|kind| kind.is_declarative()).count();
    // Two sorts of edge routers, and five of services.
    assert_eq!(pairs, declarative + 1 + 4);
}

#[test]
fn every_field_of_a_reply_is_shown_as_it_stands_there() {
    let not_read: BTreeSet<&str> = NOT_READ.split_whitespace().collect();
    let (mut read_kinds, mut unread) = (BTreeSet::new(), Vec::new());
    for (kind, _, live) in examples().into_iter().filter(|(_, is_create, _)| !is_create) {
        read_kinds.insert(kind.name);
        for (name, value) in live.as_object().expect("an object") {
            match kind.field(name) {
                Some(field) => assert_eq!(shown(field, &reshaped(kind, &live)), plain(field, value), "{}", kind.name),
                None if not_read.contains(name.as_str()) => {}
                None => unread.push(format!("{}.{name}", kind.name)),
            }
        }
    }
    assert_eq!(unread, Vec::<String>::new());
    let kinds: BTreeSet<&str> = PROVIDER.kinds.iter().map(|kind| kind.name).collect();
    assert_eq!(read_kinds, kinds, "each kind has an example");
}

/// A field as a plan shows it.
fn shown(field: &Field, live: &Value) -> Value {
    canonical(&field.ty, &read(field, live)).to_shown()
}

/// The value as it stands in the reply, in the order in which sets are shown; a secret is never shown.
fn plain(field: &Field, value: &Value) -> Value {
    match field.is_secret() && !value.is_null() {
        true => Value::from(format!("(secret {})", field.name)),
        false => canonical(&field.ty, &Attr::from_json(value)).to_shown(),
    }
}
