//! Identity: no two declared resources may mean the same object, whatever their names in YAML.

use std::collections::HashMap;

use crate::address::Address;
use crate::attr::Attr;
use crate::finding::Finding;
use crate::spec::{Identity, Kind, canonical};
use crate::state::identity::composed;
use crate::state::{IdentityKey, fold};
use crate::topology::Resource;

impl Resource {
    /// Its key as the files spell it: references are names.
    pub(crate) fn identity_key(&self) -> Option<IdentityKey> {
        let named = match self.kind.identity {
            Identity::Name(name) | Identity::CaselessName(name) => Some(name),
            _ => None,
        };
        IdentityKey::wanted(self.kind, self.content_id().as_deref(), &|name| {
            let given = self.fields.get(name).cloned();
            given.or_else(|| self.address.name().filter(|_| named == Some(name)).map(Attr::text))
        })
    }
}

/// Finds resources that mean the same object, and names that contradict the field that they stand for.
pub(crate) fn check<'r>(resources: impl Iterator<Item = &'r Resource>, findings: &mut Vec<Finding>) {
    let mut seen: HashMap<(&str, Option<Address>, &str, IdentityKey), &Resource> = HashMap::new();
    for resource in resources {
        contradiction(resource, findings);
        // What lacks a part that it needs has a finding of its own.
        let Some(key) = resource.identity_key().filter(|_| !lacks_a_part(resource)) else { continue };
        let key = (resource.address.target(), resource.address.parent(), resource.kind.name, key);
        if let Some(first) = seen.get(&key) {
            let why = why_same(resource.kind);
            let message = format!("`{}` is the same object as `{}`", resource.address, first.address);
            let finding = Finding::error("duplicate-identity", message).help(why);
            findings.push(finding.at(&resource.place).also(&first.place, "declared here first"));
        } else {
            seen.insert(key, resource);
        }
    }
}

fn lacks_a_part(resource: &Resource) -> bool {
    let Some(names) = resource.kind.identity.telling_fields() else { return false };
    let is_missing = |name: &&str| {
        let field = resource.kind.field(name);
        field.is_none_or(|field| field.is_required() && resource.fields.get(*name).is_none_or(Attr::is_null))
    };
    names.iter().any(is_missing)
}

fn why_same(kind: &Kind) -> String {
    match kind.identity {
        Identity::Natural(names) | Identity::Content(_, names @ [_, ..]) => {
            format!("objects of `{}` are told apart by `{}` alone", kind.name, names.join("`, `"))
        }
        Identity::Name(name) => {
            format!("objects of `{}` are told apart by `{name}` alone, however it is spelt", kind.name)
        }
        _ => format!("`{}` compares names without case and in one Unicode form", kind.name),
    }
}

/// The field that the name stands for may be given too, but not differently.
fn contradiction(resource: &Resource, findings: &mut Vec<Finding>) {
    let (Identity::Name(name) | Identity::CaselessName(name)) = resource.kind.identity else { return };
    let (Some(field), Some(label)) = (resource.kind.field(name), resource.address.name()) else { return };
    let given = resource.fields.get(name).map(|value| canonical(&field.ty, value));
    let same = match (&given, resource.kind.identity) {
        (None | Some(Attr::Later(_)), _) => true,
        (Some(value), Identity::CaselessName(_)) => value.to_text().is_some_and(|text| fold(&text) == fold(label)),
        (Some(Attr::Text(text)), _) => {
            let named = canonical(&field.ty, &Attr::text(label)).to_text();
            named.is_some_and(|named| composed(text) == composed(&named))
        }
        (Some(value), _) => *value == canonical(&field.ty, &Attr::text(label)),
    };
    if !same {
        let shown = given.map_or_else(String::new, |value| value.to_shown().to_string());
        let message = format!("`{}` has `{name}` {shown}", resource.address);
        let help = format!("the name in YAML is the value of `{name}`: leave the field out, or rename the resource");
        let place = resource.place_of(name);
        findings.push(Finding::error("name-differs", message).help(help).at(&place));
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::{Value, json};

    use super::*;
    use crate::finding::Place;
    use crate::providers::CATALOGUE;
    use crate::spec::{CIDR, Field, IP, Type};
    use crate::state::identity::as_word;

    /// Spellings of one value of a type, and one of another value.
    fn spellings(field: &Field, mind_case: bool) -> (Vec<Value>, Value) {
        match field.ty.plain() {
            ty if ty.is(&IP) => (
                vec![json!("fc00::2"), json!("fc00:0::2"), json!("FC00:0:0:0:0:0:0:2"), json!(" fc00::0.0.0.2")],
                json!("fc00::3"),
            ),
            ty if ty.is(&CIDR) => (
                vec![
                    json!("10.1.0.0/16"),
                    json!("10.1.2.3/16"),
                    json!("10.1.255.255/16"),
                    json!("::ffff:10.1.0.0/112"),
                ],
                json!("10.1.0.0/17"),
            ),
            Type::Int => (vec![json!(443), json!("443"), json!(" 443"), json!("+443"), json!("0443")], json!(444)),
            Type::Format(format) if !format.is_text() => {
                (vec![json!(43), json!("43"), json!(" 43"), json!("+43"), json!("043")], json!(44))
            }
            Type::Enum(words) => {
                (vec![json!(words[0]), json!(words[0].to_uppercase()), json!(words[0].to_lowercase())], json!(words[1]))
            }
            Type::Text | Type::Ref(_) if mind_case => {
                (vec![json!("caf\u{e9}"), json!("cafe\u{301}")], json!("Caf\u{e9}"))
            }
            Type::Text | Type::Ref(_) => (
                vec![json!("stra\u{df}e"), json!("STRASSE"), json!("Strasse"), json!("\u{ff53}trasse")],
                json!("strase"),
            ),
            Type::List(Type::Text) => (vec![json!(["caf\u{e9}"]), json!(["cafe\u{301}"])], json!(["Caf\u{e9}", "x"])),
            other => panic!("an identity of a type without spellings: {other:?}"),
        }
    }

    fn resource(kind: &'static Kind, name: &str, fields: &BTreeMap<&str, Value>) -> Resource {
        let fields = fields.iter().map(|(name, value)| ((*name).to_owned(), Attr::from_json(value))).collect();
        Resource {
            address: Address::new("t", kind.name, Some(name)),
            kind,
            fields,
            cleared: Default::default(),
            external: false,
            unmanaged: Default::default(),
            partial: Default::default(),
            files: BTreeMap::new(),
            place: Place::file("x.yaml").below(name),
            given_at: Default::default(),
            origin: None,
            renamed_from: None,
        }
    }

    /// What is told of two resources, each with its name and fields.
    fn told(kind: &'static Kind, one: (&str, BTreeMap<&str, Value>), other: (&str, BTreeMap<&str, Value>)) -> bool {
        let both = [resource(kind, one.0, &one.1), resource(kind, other.0, &other.1)];
        let mut found = Vec::new();
        check(both.iter(), &mut found);
        found.retain(|finding| finding.code == "duplicate-identity");
        assert!(found.iter().all(|finding| finding.place.is_some() && finding.also.is_some()), "both places are told");
        found.len() == 1
    }

    #[test]
    fn two_spellings_of_one_object_are_told_for_every_kind() {
        let mut seen = 0;
        for kind in CATALOGUE.iter().flat_map(|provider| provider.kinds).copied().filter(|kind| kind.is_declarative()) {
            match kind.identity {
                Identity::Singleton | Identity::Content(_, []) | Identity::Sequence { .. } => {}
                Identity::Name(name) | Identity::CaselessName(name) => {
                    let mind_case = matches!(kind.identity, Identity::Name(_));
                    let (same, other) = spellings(kind.field(name).unwrap(), mind_case);
                    let word = |value: &Value| as_word(value.clone());
                    let first = word(&same[0]);
                    for spelt in &same[1..] {
                        let both = told(kind, (&first, BTreeMap::new()), (&word(spelt), BTreeMap::new()));
                        assert!(both, "{} {spelt} as {}", kind.name, same[0]);
                        seen += 1;
                    }
                    assert!(!told(kind, (&first, BTreeMap::new()), (&word(&other), BTreeMap::new())), "{}", kind.name);
                }
                Identity::Natural(names) | Identity::Content(_, names) => {
                    let of = |name: &str| spellings(kind.field(name).unwrap(), true);
                    let base: BTreeMap<&str, Value> = names.iter().map(|name| (*name, of(name).0[0].clone())).collect();
                    for name in names {
                        let with = |value: &Value| {
                            let mut fields = base.clone();
                            fields.insert(name, value.clone());
                            told(kind, ("a", base.clone()), ("b", fields))
                        };
                        for spelt in of(name).0 {
                            assert!(with(&spelt), "{} {name} {spelt}", kind.name);
                            seen += 1;
                        }
                        assert!(!with(&of(name).1), "{} {name}", kind.name);
                    }
                }
            }
        }
        assert!(seen > 60, "{seen} pairs were looked at");
    }

    #[test]
    fn an_address_of_ipv4_is_one_in_the_clothes_of_ipv6() {
        let kind = |name: &str| CATALOGUE.iter().find_map(|provider| provider.kind(name)).unwrap();
        for (name, one, other) in [
            ("ebgp-peers", "192.168.0.74", "::ffff:192.168.0.74"),
            ("ebgp-peers", "::ffff:c0a8:4a", "192.168.0.74"),
            ("ebgp-peers", "2001:0:0:0:192:168:0:74", "2001::192:168:0:74"),
            ("interface-addresses", "10.0.0.1", "::ffff:10.0.0.1"),
        ] {
            let is_told = told(kind(name), (one, BTreeMap::new()), (other, BTreeMap::new()));
            assert!(is_told, "{name} {one} {other}");
        }
        let apart = told(kind("ebgp-peers"), ("192.168.0.74", BTreeMap::new()), ("::192.168.0.74", BTreeMap::new()));
        assert!(!apart, "an address that is merely like it");
    }

    #[test]
    fn a_name_and_its_field_may_be_spelt_differently() {
        let peers = CATALOGUE.iter().find_map(|provider| provider.kind("ebgp-peers")).unwrap();
        let secrets = CATALOGUE.iter().find_map(|provider| provider.kind("secrets")).unwrap();
        for (kind, name, field, value, same) in [
            (peers, "2001:0::1", "ipaddress", "2001::1", true),
            (peers, "2001:0::1", "ipaddress", "2001::2", false),
            (secrets, "caf\u{e9}", "key", "cafe\u{301}", true),
            (secrets, "cafe", "key", "Cafe", false),
        ] {
            let mut found = Vec::new();
            contradiction(&resource(kind, name, &BTreeMap::from([(field, json!(value))])), &mut found);
            assert_eq!(found.is_empty(), same, "{name} {value}");
        }
    }
}
