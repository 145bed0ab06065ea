use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::*;
use crate::diff::ownership::applied_identities;
use crate::finding::Place as FilePlace;
use crate::plan::testing::World;
use crate::providers::CATALOGUE;
use crate::spec::{CIDR, Field, IP, Identity, Type};
use crate::state::base::{Basis, Entry, Stored};
use crate::topology::{Content, FileContent};

/// A value of a type as files may spell it, as the API shows it, and another one.
fn spellings(ty: &Type) -> (Value, Value, Value) {
    match ty.plain() {
        Type::Bool => (json!("yes"), json!(true), json!(false)),
        Type::Format(format) if !format.is_text() => (json!("7"), json!(7), json!(8)),
        Type::Int => (json!("7"), json!(7), json!(8)),
        ty if ty.is(&IP) => (json!("2001:DB8:0:0::1"), json!("2001:db8::1"), json!("192.0.2.9")),
        ty if ty.is(&CIDR) => (json!("10.1.2.3/16"), json!("10.1.0.0/16"), json!("10.2.0.0/16")),
        Type::Enum(words) => (json!(words[0].to_uppercase()), json!(words[0]), json!(words[1])),
        Type::Text | Type::Ref(_) => (json!("one"), json!("one"), json!("two")),
        Type::List(Type::Text) => (json!(["one"]), json!(["one"]), json!(["one", "two"])),
        other => panic!("an identity of a type without samples: {other:?}"),
    }
}

fn names(kind: &Kind) -> Vec<&'static str> {
    match kind.identity {
        Identity::Name(name) | Identity::CaselessName(name) => vec![name],
        Identity::Natural(names) | Identity::Content(_, names @ [_, ..]) => names.to_vec(),
        Identity::Singleton | Identity::Content(_, []) | Identity::Sequence { .. } => Vec::new(),
    }
}

/// A declared resource whose identity has these values.
fn declared(kind: &'static Kind, values: &BTreeMap<&'static str, Value>, digest: &str) -> Resource {
    let fields = values.iter().map(|(name, value)| ((*name).to_owned(), Attr::from_json(value))).collect();
    let files = match kind.identity {
        Identity::Content(field, _) => {
            let content = Content::Here(Default::default());
            let (path, file_name) = ("x".to_owned(), "x".to_owned());
            BTreeMap::from([(
                field.to_owned(),
                FileContent {
                    path,
                    file_name,
                    sha256: digest.into(),
                    content,
                    packed: None,
                    uploaded_as: None,
                    parsed: Default::default(),
                },
            )])
        }
        _ => BTreeMap::new(),
    };
    let name = if kind.identity.is_single() { None } else { Some("one") };
    let place = FilePlace::file("x.yaml");
    Resource {
        address: Address::new("t", kind.name, name),
        kind,
        fields,
        cleared: Default::default(),
        external: false,
        unmanaged: Default::default(),
        partial: Default::default(),
        files,
        place,
        given_at: Default::default(),
        origin: None,
        renamed_from: None,
    }
}

/// A live object with these values where replies hold them.
fn live(values: &[(&'static Field, Value)], id: &str) -> Live {
    let mut raw = json!({});
    for (field, value) in values {
        let mut place = &mut raw;
        for key in field.read_path().split('.') {
            place = &mut place[key];
        }
        *place = value.clone();
    }
    Live { id: id.into(), raw, foreign: None, content: None, foreign_items: BTreeSet::new(), children: Vec::new() }
}

#[test]
fn files_live_objects_and_the_ledger_agree_on_every_kind() {
    let mut seen = std::collections::HashSet::new();
    for kind in CATALOGUE.iter().flat_map(|provider| provider.kinds).copied() {
        seen.insert(std::mem::discriminant(&kind.identity));
        let fields: Vec<&'static Field> = names(kind).into_iter().map(|name| kind.field(name).unwrap()).collect();
        assert!(fields.iter().all(|field| !field.is_secret()), "`{}`: a secret tells objects apart", kind.name);
        let of = |pick: &dyn Fn(&Type) -> Value| -> BTreeMap<&'static str, Value> {
            fields.iter().map(|field| (field.name, pick(&field.ty))).collect()
        };
        let digest = "0123456789abcdef";
        let in_files = declared(kind, &of(&|ty| spellings(ty).0), digest);
        let as_shown = declared(kind, &of(&|ty| spellings(ty).1), digest);
        let shown: Vec<(&'static Field, Value)> = fields.iter().map(|f| (*f, spellings(&f.ty).1)).collect();
        let shown = live(&shown, "one-0123456789ab");
        let key = shown.identity(kind);
        assert!(key.is_some(), "{}", kind.name);
        // Duplicates in files: references are names there, and one spelling is as good as another.
        assert_eq!(in_files.identity_key(), as_shown.identity_key(), "{}", kind.name);
        let refers = fields.iter().any(|field| matches!(field.ty, Type::Ref(_)));
        match refers {
            true => assert_eq!(identity_of(&in_files), None, "{}: a name is no id", kind.name),
            false => assert_eq!(identity_of(&in_files), key, "{}", kind.name),
        }
        // The executor's look: everything is known by then.
        let filled =
            IdentityKey::wanted(kind, in_files.content_id().as_deref(), &|name| in_files.fields.get(name).cloned());
        assert_eq!(filled, key, "{}", kind.name);
        let entry = Entry {
            id: shown.id.clone(),
            fields: as_shown
                .fields
                .iter()
                .map(|(name, attr)| (name.clone(), Stored::new(attr.to_shown(), Basis::Applied)))
                .collect(),
            ..Entry::default()
        };
        if !kind.identity.is_single() && !matches!(kind.identity, Identity::Name(_) | Identity::CaselessName(_)) {
            let mut applied = applied_identities(kind, &in_files.address, &entry);
            assert_eq!(applied.next(), key, "{}", kind.name);
        }
        for other in &fields {
            let mut values = of(&|ty| spellings(ty).1);
            values.insert(other.name, spellings(&other.ty).2);
            let moved = declared(kind, &values, digest);
            assert_ne!(moved.identity_key(), as_shown.identity_key(), "{}", kind.name);
        }
    }
    assert_eq!(seen.len(), 6, "every sort of identity is used");
}

#[test]
fn what_is_not_known_has_no_identity() {
    let kind = CATALOGUE.iter().find_map(|provider| provider.kind("routes")).unwrap();
    let with = |value: Attr| {
        let mut route = declared(kind, &BTreeMap::new(), "");
        route.fields.insert("cidr".into(), value);
        identity_of(&route)
    };
    assert!(with(Attr::text("10.0.0.0/8")).is_some());
    assert_eq!(with(Attr::output(Address::new("t", "config", None), "public_ipaddress")), None);
    assert_eq!(with(Attr::Secret(crate::secret::Secret::new("secret.x", "10.0.0.0/8"))), None);
}

#[test]
fn names_without_case_have_one_key() {
    let kinds = CATALOGUE.iter().flat_map(|provider| provider.kinds);
    let kind = kinds.copied().find(|kind| matches!(kind.identity, Identity::CaselessName(_))).unwrap();
    for (one, other, same) in [("Paris", "pARIS", true), ("straße", "STRASSE", true), ("a", "b", false)] {
        assert_eq!(IdentityKey::called(kind, one) == IdentityKey::called(kind, other), same, "{one} {other}");
    }
}

#[test]
fn which_live_object_is_which_resource() {
    let lab = || World::lab();
    let group = |id: &str, name: &str| json!({ "id": id, "name": name, "note": "" });
    let route = |id: &str, cidr: &str| json!({ "id": id, "cidr": cidr, "gateway": "192.0.2.1" });
    let wanted = |cidr: &str| json!({ "cidr": cidr, "gateway": "192.0.2.1" });
    let old = |cidr: &str| json!({ "cidr": cidr, "gateway": "192.0.2.1" });
    for (why, world, verdicts) in [
        (
            "by name",
            lab().wants("east/groups/g", json!({})).shows("east/groups", group("1", "g")),
            vec![("east/groups/g", "adopt")],
        ),
        (
            "a rename at the console, by the ledger's id",
            lab()
                .wants("east/groups/g", json!({}))
                .applied("east/groups/g", "1", json!({ "name": "g" }))
                .shows("east/groups", group("1", "renamed")),
            vec![("east/groups/g", "update name: drift"), ("east/groups/renamed", "-")],
        ),
        (
            "names without case",
            lab().wants("east/groups/Core", json!({})).shows("east/groups", group("1", "CORE")),
            vec![("east/groups/Core", "adopt, update name: change")],
        ),
        (
            "several of one name",
            lab()
                .wants("east/groups/g", json!({}))
                .shows("east/groups", group("1", "g"))
                .shows("east/groups", group("2", "g")),
            vec![("east/groups/g", "hold ambiguous")],
        ),
        (
            "several of one name, of which the ledger knows one",
            lab()
                .wants("east/groups/g", json!({}))
                .applied("east/groups/g", "2", json!({ "name": "g" }))
                .shows("east/groups", group("1", "g"))
                .shows("east/groups", group("2", "g")),
            vec![("east/groups/g", "same"), ("east/groups/1", "-")],
        ),
        (
            "ids handed out anew: the identity counts",
            lab()
                .wants("east/groups/a", json!({}))
                .wants("east/groups/b", json!({}))
                .applied("east/groups/a", "1", json!({ "name": "a" }))
                .applied("east/groups/b", "2", json!({ "name": "b" }))
                .shows("east/groups", group("2", "a"))
                .shows("east/groups", group("1", "b")),
            vec![("east/groups/a", "same"), ("east/groups/b", "same")],
        ),
        (
            "an id that is handed out anew is no rename",
            lab()
                .reissues_ids()
                .wants("east/groups/g", json!({}))
                .applied("east/groups/g", "1", json!({ "name": "g" }))
                .shows("east/groups", group("1", "partner")),
            vec![("east/groups/g", "create: drift"), ("east/groups/partner", "-")],
        ),
        (
            "an id that is handed out anew removes nobody else's",
            lab()
                .reissues_ids()
                .applied("east/groups/g", "1", json!({ "name": "g" }))
                .applied("east/routes/r", "1", old("10.1.0.0/16"))
                .shows("east/groups", group("1", "partner"))
                .shows("east/routes", route("1", "172.16.0.0/16")),
            vec![
                ("east/groups/g", "release: it is gone already"),
                ("east/groups/partner", "-"),
                ("east/routes/r", "release: it is gone already"),
                ("east/routes/172.16.0.0-16_192.0.2.1", "-"),
            ],
        ),
        (
            "an id that an earlier object had is nobody's",
            {
                let mut world = lab()
                    .wants("east/routes/r", wanted("10.1.0.0/16"))
                    .applied("east/routes/r", "2", old("10.1.0.0/16"))
                    .shows("east/routes", route("1", "172.16.0.0/16"))
                    .shows("east/routes", route("2", "10.1.0.0/16"));
                world.base.entries.values_mut().for_each(|entry| entry.leftovers = ["1".to_owned()].into());
                world
            },
            vec![
                ("east/routes/r", "same"),
                ("east/routes/1", "release: `east/routes/r` had its id before, which proves nothing: it stays"),
            ],
        ),
        (
            "of an old ledger that says no more than an id: it lasts",
            lab().applied("east/routes/r", "1", json!({})).shows("east/routes", route("1", "10.1.0.0/16")),
            vec![("east/routes/r", "delete: not declared any more")],
        ),
        (
            "of an old ledger that says no more than an id: it was handed out anew, or not",
            lab()
                .reissues_ids()
                .applied("east/routes/r", "1", json!({}))
                .shows("east/routes", route("1", "10.1.0.0/16")),
            vec![(
                "east/routes/r",
                "release: an object there has its id, which proves nothing: it stays, and is not owned any more",
            )],
        ),
        (
            "labels swapped",
            lab()
                .wants("east/routes/a", wanted("10.2.0.0/16"))
                .wants("east/routes/b", wanted("10.1.0.0/16"))
                .applied("east/routes/a", "1", old("10.1.0.0/16"))
                .applied("east/routes/b", "2", old("10.2.0.0/16"))
                .shows("east/routes", route("1", "10.1.0.0/16"))
                .shows("east/routes", route("2", "10.2.0.0/16")),
            vec![("east/routes/a", "same"), ("east/routes/b", "same")],
        ),
        (
            "an item of a list taken out: labels move up",
            lab()
                .wants("east/routes/0", wanted("10.2.0.0/16"))
                .wants("east/routes/1", wanted("10.3.0.0/16"))
                .applied("east/routes/0", "4", old("10.1.0.0/16"))
                .applied("east/routes/1", "5", old("10.2.0.0/16"))
                .applied("east/routes/2", "6", old("10.3.0.0/16"))
                .shows("east/routes", route("4", "10.1.0.0/16"))
                .shows("east/routes", route("5", "10.2.0.0/16"))
                .shows("east/routes", route("6", "10.3.0.0/16")),
            vec![
                ("east/routes/0", "same"),
                ("east/routes/1", "same"),
                ("east/routes/2", "release: it is `east/routes/1` now"),
                ("east/routes/10.1.0.0-16_192.0.2.1", "delete: not declared any more"),
            ],
        ),
        (
            "a label that means a stranger's object leaves its own to be removed",
            lab()
                .wants("east/routes/r", wanted("10.9.0.0/16"))
                .applied("east/routes/r", "1", old("10.1.0.0/16"))
                .shows("east/routes", route("1", "10.1.0.0/16"))
                .shows("east/routes", route("2", "10.9.0.0/16")),
            vec![("east/routes/r", "adopt"), ("east/routes/10.1.0.0-16_192.0.2.1", "delete: not declared any more")],
        ),
        (
            "what was taken over from another label is drift where somebody moved it",
            lab()
                .wants("east/routes/new", json!({ "cidr": "10.1.0.0/16", "gateway": "192.0.2.1", "description": "x" }))
                .applied(
                    "east/routes/old",
                    "1",
                    json!({ "cidr": "10.1.0.0/16", "gateway": "192.0.2.1", "description": "x" }),
                )
                .shows("east/routes", route("1", "10.1.0.0/16")),
            vec![
                ("east/routes/new", "update description: drift"),
                ("east/routes/old", "release: it is `east/routes/new` now"),
            ],
        ),
        (
            "a label that gave its object to another one is made for the first time",
            lab()
                .wants("east/routes/a", wanted("10.9.0.0/16"))
                .wants("east/routes/b", wanted("10.1.0.0/16"))
                .applied("east/routes/a", "1", old("10.1.0.0/16"))
                .shows("east/routes", route("1", "10.1.0.0/16")),
            vec![("east/routes/a", "create: change"), ("east/routes/b", "same")],
        ),
        (
            "a name in another case is the same resource",
            lab()
                .wants("east/groups/CORE", json!({}))
                .applied("east/groups/core", "1", json!({ "name": "core" }))
                .shows("east/groups", group("1", "CORE")),
            vec![("east/groups/CORE", "same"), ("east/groups/core", "release: it is `east/groups/CORE` now")],
        ),
        (
            "several that could be it",
            lab()
                .applied("east/groups/g", "9", json!({ "name": "g" }))
                .shows("east/groups", group("1", "g"))
                .shows("east/groups", group("2", "g")),
            vec![("east/groups/g", "hold ambiguous"), ("east/groups/1", "-"), ("east/groups/2", "-")],
        ),
        (
            "two that turn out to be one",
            lab()
                .wants("east/endpoints/e", json!({ "address": "192.0.2.1" }))
                .shows(
                    "east/endpoints",
                    json!({ "id": "e", "name": "e", "address": "192.0.2.1", "state": "192.0.2.1" }),
                )
                .wants("east/routes/a", wanted("10.1.0.0/16"))
                .wants("east/routes/b", json!({ "cidr": "10.1.0.0/16", "gateway": "=east/endpoints/e.state" }))
                .shows("east/routes", route("1", "10.1.0.0/16")),
            vec![("east/routes/a", "adopt"), ("east/routes/b", "hold duplicate-identity")],
        ),
        (
            "a target that is not declared any more",
            lab()
                .applied("west/routes/r", "1", old("10.1.0.0/16"))
                .shows("west/routes", route("1", "10.1.0.0/16"))
                .drops("west"),
            vec![("west/routes/r", "hold undeclared-target")],
        ),
        (
            "the system's by its looks: what was taken over stays, what we made goes",
            lab()
                .applied("east/policies/p", "1", json!({ "name": "p" }))
                .applied("east/policies/q", "2", json!({ "name": "q" }))
                .made("east/policies/q")
                .looks_foreign("1")
                .looks_foreign("2")
                .shows("east/policies", json!({ "id": "1", "name": "p" }))
                .shows("east/policies", json!({ "id": "2", "name": "q" })),
            vec![
                (
                    "east/policies/p",
                    "release: it was there before it was declared, and is not ours any more: the system's",
                ),
                ("east/policies/q", "delete: not declared any more"),
            ],
        ),
        (
            "by what tells it apart, in another spelling",
            lab().wants("east/routes/r", wanted("10.1.2.3/16")).shows("east/routes", route("1", "10.1.0.0/16")),
            vec![("east/routes/r", "adopt")],
        ),
        (
            "by what told it apart when it was applied",
            lab()
                .wants("east/routes/r", wanted("10.2.0.0/16"))
                .applied("east/routes/r", "1", old("10.1.0.0/16"))
                .shows("east/routes", route("1", "10.1.0.0/16")),
            vec![("east/routes/r", "update cidr: change")],
        ),
        (
            "an id alone proves nothing",
            lab()
                .wants("east/routes/r", wanted("10.1.0.0/16"))
                .applied("east/routes/r", "1", old("10.1.0.0/16"))
                .shows("east/routes", route("1", "10.7.0.0/16")),
            vec![("east/routes/r", "create: drift"), ("east/routes/10.7.0.0-16_192.0.2.1", "-")],
        ),
        (
            "a new label for what another one was is that object",
            lab()
                .wants("east/routes/new", wanted("10.1.0.0/16"))
                .applied("east/routes/old", "1", old("10.1.0.0/16"))
                .shows("east/routes", route("1", "10.1.0.0/16")),
            vec![("east/routes/new", "same"), ("east/routes/old", "release: it is `east/routes/new` now")],
        ),
        (
            "other content is another object",
            lab()
                .wants("east/blueprints/f", json!({ "path": "b" }))
                .applied("east/blueprints/f", "f-aaaaaaaaaaaa", json!({}))
                .shows("east/blueprints", json!({ "id": "f-aaaaaaaaaaaa" })),
            vec![("east/blueprints/f", "replace path: change")],
        ),
        (
            "not seen is not absent",
            lab().wants("east/groups/g", json!({})).hides("east/groups"),
            vec![("east/groups/g", "hold unseen")],
        ),
        (
            "what lives in something absent is absent",
            lab()
                .wants("east/endpoints/e", json!({ "address": "192.0.2.1" }))
                .wants("east/endpoints/e/peers/192.0.2.9", json!({ "asn": 1 })),
            vec![("east/endpoints/e/peers/192.0.2.9", "create: change")],
        ),
        (
            "what lives in something unseen is unseen",
            lab()
                .wants("east/endpoints/e", json!({ "address": "192.0.2.1" }))
                .wants("east/endpoints/e/peers/192.0.2.9", json!({ "asn": 1 }))
                .hides("east/endpoints"),
            vec![("east/endpoints/e/peers/192.0.2.9", "hold unseen")],
        ),
        (
            "owned and not declared",
            lab()
                .applied("east/groups/gone", "1", json!({ "name": "gone" }))
                .applied("east/groups/there", "2", json!({ "name": "there" }))
                .shows("east/groups", group("2", "there"))
                .shows("east/groups", group("3", "stranger")),
            vec![
                ("east/groups/gone", "release: it is gone already"),
                ("east/groups/there", "delete: not declared any more"),
                ("east/groups/stranger", "-"),
            ],
        ),
        (
            "owned, not declared, and not seen",
            lab().applied("east/groups/g", "1", json!({ "name": "g" })).hides("east/groups"),
            vec![("east/groups/g", "hold unseen")],
        ),
    ] {
        for (at, verdict) in verdicts {
            assert_eq!(world.verdict(at), verdict, "{why}: {at}");
        }
    }
}
