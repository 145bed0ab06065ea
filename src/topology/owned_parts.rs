//! How much of a resource is ours: its keys `external`, `unmanaged` and `partial`.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::draft::{Draft, OwnedParts, PartialDraft};
use super::evaluate::Evaluator;
use super::item_place::ItemPlace;
use super::site::{Site, ValuePurpose};
use crate::attr::Attr;
use crate::finding::{Finding, Place};
use crate::source::Node;
use crate::spec::{Field, Kind, Type, item_of_text, item_words};
use crate::suggest::hint;
use crate::topology::{ITEMS, list_type};

/// The key for fields that are left alone.
pub(crate) const UNMANAGED: &str = "unmanaged";

/// The key for lists of which only the declared items are ours.
pub(crate) const PARTIAL: &str = "partial";

/// The key for a resource that is somebody else's: others may refer to it.
pub(crate) const EXTERNAL: &str = "external";

/// The keys of a resource that say so.
pub(super) const KEYS: [&str; 3] = [EXTERNAL, UNMANAGED, PARTIAL];

/// The keys of a resource that is a whole ordered list, where it is written as a map.
pub(super) const KEYS_OF_LIST: [&str; 2] = [PARTIAL, ITEMS];

/// How a place in an ordered list is written.
const PLACES: &str = "`first`, `last`, `{ before: TEXT }` or `{ after: TEXT }`, where TEXT is an item of others";

type ResourceEntries = Vec<(Arc<str>, Node)>;

/// Takes the keys out of the entries of a resource. What is wrong is a finding.
pub(super) fn take(
    kind: &Kind,
    mut entries: ResourceEntries,
    place: &Place,
    findings: &mut Vec<Finding>,
) -> (OwnedParts, ResourceEntries) {
    let mut parts = OwnedParts::default();
    if let Some(value) = take_key(kind, EXTERNAL, &mut entries) {
        match value.to_typed(Some(Type::Bool)) {
            Attr::Bool(external) => parts.external = external,
            _ => {
                let message = format!("`{EXTERNAL}` is `true` or left out, found {}", value.describe());
                findings.push(Finding::error("wrong-type", message).at(&place.below(EXTERNAL)));
            }
        }
    }
    for word in [UNMANAGED, PARTIAL] {
        let Some(value) = take_key(kind, word, &mut entries) else { continue };
        let is_declared = |name: &str| entries.iter().any(|(key, _)| &**key == name);
        let here = place.below(word);
        let claims = claims(word, value, &here).unwrap_or_else(|finding| {
            findings.push((*finding).at(&here));
            Vec::new()
        });
        for NamedField { name, among, place } in claims {
            let judged = judge(kind, word, &name, &is_declared);
            let claimed = judged.and_then(|field| match word {
                UNMANAGED => {
                    parts.unmanaged.insert(name);
                    Ok(())
                }
                _ => {
                    let among = place_in(field, among.as_ref())?;
                    parts.partial.insert(name, PartialDraft { among, place: place.clone() });
                    Ok(())
                }
            });
            findings.extend(claimed.err().map(|finding| (*finding).at(&place)));
        }
    }
    if parts.external {
        findings.extend(beyond_identity(kind, &entries, &parts, place));
        // What it says besides is told, and means nothing.
        entries.retain(|(key, _)| kind.field(key).is_none_or(|field| kind.is_told_apart_by(field.name)));
        parts = OwnedParts { external: true, ..OwnedParts::default() };
    }
    (parts, entries)
}

/// Takes one key out. A vendor's own field of that name is a field.
fn take_key(kind: &Kind, word: &str, entries: &mut ResourceEntries) -> Option<Node> {
    let at = entries.iter().position(|(key, _)| &**key == word && kind.field(key).is_none())?;
    Some(entries.remove(at).1)
}

/// What is said of an external resource besides what it is found by.
fn beyond_identity(kind: &Kind, entries: &ResourceEntries, parts: &OwnedParts, place: &Place) -> Vec<Finding> {
    let found_by = kind.fields.iter().filter(|field| kind.is_told_apart_by(field.name)).map(|field| field.name);
    let found_by: Vec<String> = found_by.map(|name| format!("`{name}`")).collect();
    let help = match found_by.as_slice() {
        [] => "take it out: there is one".to_owned(),
        names => format!("take it out: {} is what it is found by", names.join(", ")),
    };
    let finding = |name: &str, here: Place| {
        let message = format!("`{name}` is given to what is external: nothing of it is compared or written");
        Finding::error("external-field", message).help(help.clone()).at(&here.key())
    };
    let is_beyond = |name: &str| kind.field(name).is_some_and(|field| !kind.is_told_apart_by(field.name));
    let fields = entries.iter().filter(|(key, _)| is_beyond(key)).map(|(key, _)| finding(key, place.below(key)));
    let words = [(UNMANAGED, parts.unmanaged.is_empty()), (PARTIAL, parts.partial.is_empty())];
    let words = words.into_iter().filter(|(_, is_empty)| !is_empty).map(|(word, _)| finding(word, place.below(word)));
    fields.chain(words).collect()
}

/// Takes the keys of a resource that is a whole ordered list: how much of it is ours, and its items.
pub(super) fn take_list(
    kind: &Kind,
    entries: ResourceEntries,
    place: &Place,
    findings: &mut Vec<Finding>,
) -> (OwnedParts, Option<Node>) {
    let (mut parts, mut items) = (OwnedParts::default(), None);
    for (key, value) in entries {
        let here = place.below(&key);
        match &*key {
            ITEMS => items = Some(value),
            PARTIAL => match read_place(&value) {
                Ok(among) => drop(parts.partial.insert(ITEMS.to_owned(), PartialDraft { among, place: here })),
                Err(finding) => findings.push((*finding).at(&here)),
            },
            key => {
                let finding = Finding::error("unknown-field", format!("unknown key `{key}` of an ordered list"));
                findings.push(finding.help(hint(key, KEYS_OF_LIST)).at(&here.key()));
            }
        }
    }
    if items.is_none() {
        let finding = Finding::error("missing-field", format!("`{}` does not say its `{ITEMS}`", kind.name));
        findings.push(finding.help(format!("write `{ITEMS}: []` for none")).at(&place.clone().key()));
    }
    (parts, items)
}

/// A field that one of the keys names.
struct NamedField {
    name: String,
    /// Where ours stand in it, if that is said.
    among: Option<Node>,
    place: Place,
}

/// The fields that a key names: a list of them or, where ours may have a place in them, a map.
fn claims(word: &str, value: Node, here: &Place) -> Result<Vec<NamedField>, Box<Finding>> {
    match value {
        Node::List(items) => {
            let claim = |(n, item): (usize, &Node)| {
                let name = item.as_text().unwrap_or_default().to_owned();
                NamedField { name, among: None, place: here.item(n) }
            };
            Ok(items.iter().enumerate().map(claim).collect())
        }
        Node::Map(entries) if word == PARTIAL => {
            let claim = |(key, among): (Arc<str>, Node)| {
                let place = here.below(&key);
                NamedField { name: key.to_string(), among: Some(among), place }
            };
            Ok(entries.into_iter().map(claim).collect())
        }
        other => {
            let message = format!("`{word}` is a list of fields, found {}", other.describe());
            Err(Box::new(Finding::error("wrong-type", message).help(format!("as in `{word}: [FIELD]`"))))
        }
    }
}

/// The field that a key names, if the key may say that of it.
fn judge(
    kind: &Kind,
    word: &str,
    name: &str,
    is_declared: &dyn Fn(&str) -> bool,
) -> Result<&'static Field, Box<Finding>> {
    let Some(field) = kind.field(name).filter(|field| field.is_writable()) else {
        let names = kind.fields.iter().filter(|field| field.is_writable()).map(|field| field.name);
        let finding = Finding::error("unknown-field", format!("`{word}` names no field of `{}`", kind.name));
        return Err(Box::new(finding.help(hint(name, names))));
    };
    let (code, message, help) = match (word == UNMANAGED, is_declared(name)) {
        (true, false) => return Ok(field),
        (true, true) => {
            ("unmanaged-field", format!("`{name}` is declared and `unmanaged`"), "keep one of the two".into())
        }
        (false, true) if has_parts(kind, field) => return Ok(field),
        (false, true) => {
            let message = format!("`{name}` can't be partial: it is no list, set, table or map");
            ("no-list", message, format!("it is: {}", field.ty.describe()))
        }
        (false, false) => {
            let message = format!("`{name}` is partial, and nothing in it is declared");
            ("undeclared-field", message, format!("write `{name}: []`, or `unmanaged: [{name}]`"))
        }
    };
    Err(Box::new(Finding::error(code, message).help(help)))
}

/// Where ours stand in a field: in a list that has an order at the place that is said, in others anywhere.
fn place_in(field: &Field, among: Option<&Node>) -> Result<ItemPlace, Box<Finding>> {
    let name = field.name;
    let (message, help) = match (has_order(field), among) {
        (true, Some(among)) if *among != Node::Null => return read_place(among),
        (false, None | Some(Node::Null)) => return Ok(ItemPlace::Anywhere),
        (true, _) => (
            format!("`{name}` is in order: say where ours stand"),
            format!("as in `{PARTIAL}: {{ {name}: last }}`; a place is {PLACES}"),
        ),
        (false, _) => {
            (format!("`{name}` has no order, and ours no place in it"), format!("write `{PARTIAL}: [{name}]`"))
        }
    };
    Err(Box::new(Finding::error("bad-place", message).help(help)))
}

/// The place that a node means.
fn read_place(node: &Node) -> Result<ItemPlace, Box<Finding>> {
    let beside = |key: &str, text: &Node| match (key, text.as_text().filter(|text| !text.trim().is_empty())) {
        ("before", Some(text)) => Some(ItemPlace::Before(text.to_owned())),
        ("after", Some(text)) => Some(ItemPlace::After(text.to_owned())),
        _ => None,
    };
    let place = match node {
        Node::Map(entries) => match entries.as_slice() {
            [(key, text)] => beside(key, text),
            _ => None,
        },
        other => match other.as_text() {
            Some("first") => Some(ItemPlace::First),
            Some("last") => Some(ItemPlace::Last),
            _ => None,
        },
    };
    place.ok_or_else(|| {
        let finding = Finding::error("bad-place", "this is no place among the items of others");
        Box::new(finding.help(format!("a place is {PLACES}")))
    })
}

/// Where ours stand in the fields of a draft that are partial, expressions carried out.
pub(super) fn settled(
    draft: &Draft,
    fields: &BTreeMap<String, Attr>,
    evaluator: &mut Evaluator,
) -> BTreeMap<String, ItemPlace> {
    let mut settled = BTreeMap::new();
    for (name, PartialDraft { among, place }) in &draft.owned_parts.partial {
        let Some(text) = among.anchor() else {
            settled.insert(name.clone(), among.clone());
            continue;
        };
        let purpose = ValuePurpose { ty: Some(Type::Text), secret: false };
        let value = evaluator.value(&Node::Text(text.into()), purpose, &mut Site::beside(draft, place));
        let told = match &value {
            Attr::Text(text) if is_declared(draft.kind, name, fields.get(name), text) => {
                Some(("it is an item of ours", "name an item of others, or write `first` or `last`"))
            }
            // What is wrong with it has been told.
            Attr::Text(_) | Attr::Null => None,
            _ => Some(("it has to be a text that is known before anything is looked at", "write the item's own text")),
        };
        if let Some((why, help)) = told {
            let message = format!("`{text}` is no place among the items of others: {why}");
            evaluator.findings.push(Finding::error("bad-place", message).help(help).at(place));
        }
        let text = value.as_text().unwrap_or(text).to_owned();
        settled.insert(name.clone(), among.with_anchor(text));
    }
    settled
}

/// Says whether a text tells one of the declared items of a list.
fn is_declared(kind: &Kind, name: &str, declared: Option<&Attr>, text: &str) -> bool {
    let (Some(list), Some(Attr::List(items))) = (list_type(kind, name), declared) else { return false };
    let told = |items: &[Attr]| item_words(&list, items).into_iter().map(|(word, _)| word).collect::<Vec<_>>();
    told(&[item_of_text(&list, text)]).iter().any(|word| told(items).contains(word))
}

/// Says whether a part of a field's value can be ours. What tells objects apart is one thing.
pub(crate) fn has_parts(kind: &Kind, field: &Field) -> bool {
    let is_list = matches!(field.ty.plain(), Type::Set(_) | Type::Table(..) | Type::Map(_));
    (is_list || has_order(field)) && !kind.is_told_apart_by(field.name)
}

/// Says whether ours have a place among the other items of a field.
pub(crate) fn has_order(field: &Field) -> bool {
    matches!(field.ty.plain(), Type::List(_))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use crate::providers::CATALOGUE;
    use crate::topology::testing::{TRUEUP, east, indented, told, workspace};
    use crate::topology::{ITEMS, ItemPlace, Loaded, Options, load};

    /// What a text below a target of the product's VNS3 says.
    fn vns3(kinds: &str) -> Result<Loaded, Vec<crate::finding::Finding>> {
        let head = "vns3:\n  t:\n    at: https://203.0.113.10:8000/api\n    \
                    credentials: { username: api, password: '${var.pw}' }\n";
        let envelope = TRUEUP.replace("x }", "x }, net: { default: 10.7.0.0/16 }");
        let folder = workspace(&[("trueup.yaml", &envelope), ("t.yaml", &format!("{head}{}", indented(kinds)))]);
        load(folder.path(), CATALOGUE, &Options::default())
    }

    #[test]
    fn a_place_is_said_of_what_has_an_order() {
        let rules = "firewall-rules: { partial: PLACE, items: [{ rule: FORWARD_CUST -j DROP }] }";
        let subtable =
            "firewall-subtables: { s: { type: forward, rules: [{ rule: s -j DROP }], partial: { rules: PLACE } } }";
        let before = |text: &str| ItemPlace::Before(text.into());
        for (kinds, at, field) in [(rules, "t/firewall-rules", ITEMS), (subtable, "t/firewall-subtables/s", "rules")] {
            for (place, among) in [
                ("first", ItemPlace::First),
                ("last", ItemPlace::Last),
                ("{ before: x -j ACCEPT }", before("x -j ACCEPT")),
                ("{ before: 'x -s ${var.net} -j ACCEPT' }", before("x -s 10.7.0.0/16 -j ACCEPT")),
                ("{ after: '$${theirs} -j ACCEPT' }", ItemPlace::After("${theirs} -j ACCEPT".into())),
            ] {
                let loaded = vns3(&kinds.replace("PLACE", place)).unwrap_or_else(|findings| panic!("{findings:?}"));
                let resource = loaded.topology.resources.values().find(|it| it.address.to_string() == at).unwrap();
                assert_eq!(resource.partial, BTreeMap::from([(field.to_owned(), among)]), "{at} {place}");
            }
        }
        let sets = "firewall-fwsets: { s: { type: net, entries: [{ entry: 10.0.0.0/8 }], partial: PART } }";
        for part in ["[entries]", "{ entries: }"] {
            let loaded = vns3(&sets.replace("PART", part)).unwrap_or_else(|findings| panic!("{findings:?}"));
            let resource = loaded.topology.resources.values().next().unwrap();
            assert_eq!(resource.partial["entries"], ItemPlace::Anywhere);
        }
    }

    #[test]
    fn what_is_no_place_is_told() {
        for (kinds, expected) in [
            ("firewall-rules: { partial: middle, items: [] }", "bad-place: this is no place among the items of others"),
            ("firewall-rules: { partial: { before: '' }, items: [] }", "bad-place: this is no place"),
            ("firewall-rules: { partial: { before: a, after: b }, items: [] }", "bad-place: this is no place"),
            ("firewall-rules: { partial: last }", "missing-field: `firewall-rules` does not say its `items`"),
            ("firewall-rules: { items: [], rules: [] }", "unknown-field: unknown key `rules` of an ordered list"),
            (
                "firewall-rules: { partial: { after: FORWARD_CUST -j DROP }, items: [{ rule: FORWARD_CUST -j DROP }] }",
                "it is an item of ours; name an item of others",
            ),
            (
                "firewall-rules: { partial: { after: '${t/config.id}' }, items: [], }\nconfig: {}",
                "it has to be a text that is known before anything is looked at",
            ),
            (
                "firewall-subtables: { s: { type: forward, rules: [], partial: [rules] } }",
                "bad-place: `rules` is in order: say where ours stand; as in `partial: { rules: last }`",
            ),
            (
                "firewall-fwsets: { s: { type: net, entries: [], partial: { entries: last } } }",
                "bad-place: `entries` has no order, and ours no place in it",
            ),
            ("firewall-subtables: { s: { type: forward, partial: { rules: last } } }", "undeclared-field"),
            ("firewall-subtables: { s: { type: forward, partial: [type] } }", "no-list"),
        ] {
            let told = told(vns3(kinds));
            assert!(told.contains(expected), "{kinds}:\n{told}");
        }
    }

    #[test]
    fn what_is_external_says_what_it_is_found_by_and_nothing_more() {
        for kinds in [
            "endpoints: { a: { external: true } }",
            "endpoints: { a: { external: true, name: a, peers: { 169.254.0.1: { asn: 65001 } } } }",
            "routes: { r: { external: true, cidr: 10.1.0.0/16, gateway: 192.0.2.1 } }",
            "config: { external: true }",
            "blueprints: { theirs-0123: { external: true } }",
        ] {
            let loaded = east(kinds).unwrap_or_else(|findings| panic!("{kinds}: {findings:?}"));
            assert!(loaded.topology.resources.values().any(|resource| resource.external), "{kinds}");
        }
        for (kinds, expected) in [
            (
                "endpoints: { a: { external: true, address: 192.0.2.1 } }",
                "external-field: `address` is given to what is external: nothing of it is compared or written; take it \
                 out: `name` is what it is found by",
            ),
            (
                "endpoints: { a: { external: true, networks: [], partial: [networks] } }",
                "`partial` is given to what is",
            ),
            ("config: { external: true, mtu: 1400 }", "take it out: there is one"),
            ("routes: { r: { external: true } }", "missing-field: `east/routes/r` lacks `cidr`"),
            ("endpoints: { a: { external: maybe } }", "wrong-type: `external` is `true` or left out"),
            ("endpoints: { a: { external: false } }", "missing-field: `east/endpoints/a` lacks `address`"),
            ("rules: { external: true, items: [] }", "unknown key `external` of an ordered list"),
        ] {
            let told = told(east(kinds));
            assert!(told.contains(expected), "{kinds}:\n{told}");
        }
    }
}
