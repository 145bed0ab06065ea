//! Mentions: the names of other objects in texts, looked up among what the controllers show.
//!
//! What a text names is said by the grammar of its field; see `spec/grammar.rs`. Of what is declared the files know it; an
//! object that nothing declares is found here.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::address::Address;
use crate::attr::Attr;
use crate::diff::index::Index;
use crate::spec::{By, Called, Descend, Field, Kind, Type, TypeSlot, canonical, lookup, visit};
use crate::topology::Resource;
use crate::topology::references::References;
use crate::topology::words::TextName;

/// What the texts of a live object name.
pub(crate) fn of_live(index: &Index<'_>, address: &Address, kind: &Kind, raw: &Value) -> BTreeSet<Address> {
    let mut found = BTreeSet::new();
    let mut see = |called: &Called, name: &str| {
        found.extend(named(index, address, called, name).filter(|other| *other != address).cloned());
    };
    match raw {
        Value::Array(items) => items.iter().for_each(|item| collect(kind.fields, item, &mut see)),
        object => collect(kind.fields, object, &mut see),
    }
    found
}

/// The live object that is called so.
fn named<'i>(index: &'i Index<'_>, from: &Address, called: &Called, name: &str) -> impl Iterator<Item = &'i Address> {
    let found = match called.by {
        By::Any => None,
        By::Name | By::Field(_) | By::Output(_) => index.by_id(from, &[called.kind], name),
    };
    found.into_iter()
}

/// The live object that a word of a declared resource means.
pub(crate) fn live_of<'i>(index: &'i Index<'_>, from: &Address, word: &TextName) -> Option<&'i Address> {
    named(index, from, word.called, &word.name).next()
}

/// What a declared resource names in words that nothing declares: each word, with the live object that it means.
pub(crate) fn undeclared<'i>(
    references: &References<'_>,
    index: &'i Index<'_>,
    resource: &Resource,
) -> Vec<(TextName, Option<&'i Address>)> {
    let words = references.words.of(resource).into_iter();
    words
        .filter(|word| references.words.meant(&resource.address, word).is_empty())
        .map(|word| {
            let live = live_of(index, &resource.address, &word);
            (word, live)
        })
        .collect()
}

/// Calls `see` with each name in the texts of an object.
fn collect(fields: &'static [Field], object: &Value, see: &mut dyn FnMut(&Called, &str)) {
    let has = |field: &str, value: &str| {
        let declared = fields.iter().find(|declared| declared.name == field);
        declared.is_some_and(|declared| {
            let live = lookup(object, declared.read_path()).map_or(Attr::Null, Attr::from_json);
            canonical(&declared.ty, &live).as_text() == Some(value)
        })
    };
    for field in fields {
        let Some(value) = lookup(object, field.read_path()) else { continue };
        visit(TypeSlot::of(field), &Attr::from_json(value), &mut Vec::new(), &mut |part| {
            if let Type::Phrase(grammar) = part.slot.ty {
                for named in grammar.names(part.value, &has) {
                    if let Some(called) = named.called(grammar) {
                        see(called, &named.name);
                    }
                }
            }
            Descend::Into
        });
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::json;

    use super::*;
    use crate::providers::CATALOGUE;
    use crate::spec::Grammar;

    fn kind(name: &str) -> &'static Kind {
        CATALOGUE.iter().find_map(|provider| provider.kind(name)).unwrap()
    }

    /// The fields of a kind, down to those of the objects in it, whose values are texts that name others.
    fn phrases(fields: &'static [Field], found: &mut BTreeSet<(&'static str, *const Grammar)>) {
        for field in fields {
            match field.ty.fields() {
                Some(nested) => phrases(nested, found),
                None => {
                    found.extend(field.grammars().into_iter().map(|grammar| (field.name, std::ptr::from_ref(grammar))))
                }
            }
        }
    }

    /// What an object names; what nothing else than a name can be is marked.
    fn told(kind: &'static Kind, object: &Value) -> Vec<String> {
        let mut found = BTreeSet::new();
        collect(kind.fields, object, &mut |called, name| {
            let mark = if called.is_mistake(name) { "!" } else { "" };
            found.insert(format!("{}/{name}{mark}", called.kind));
        });
        found.into_iter().collect()
    }

    #[test]
    fn every_text_of_the_catalogue_that_names_others_is_taken_apart() {
        let rule = |rule: &str| json!({ "rule": rule });
        let rules = |rule: &str| json!({ "rules": [{ "rule": rule, "comment": "-j sub ${custom_x}" }] });
        let set = |ty: &str, entry: &str| json!({ "type": ty, "entries": [{ "entry": entry, "comment": "web" }] });
        let rows: Vec<(&str, &str, Value, &[&str])> = vec![
            ("firewall-rules", "rule", rule("FORWARD_CUST -j ACCEPT"), &["firewall-subtables/ACCEPT"]),
            (
                "firewall-rules",
                "rule",
                rule("sub -m set --match-set web src -m set ! --match-set 'db' dst --jump=web2"),
                &["firewall-fwsets/db!", "firewall-fwsets/web!", "firewall-subtables/sub", "firewall-subtables/web2!"],
            ),
            (
                "firewall-rules",
                "rule",
                rule("F -s ${custom_a}/24 -d ${ custom_b } -i ${vns3_x} -o $custom_c -j SET --add-set hits src"),
                &[
                    "firewall-fwsets/hits!",
                    "firewall-subtables/F",
                    "firewall-subtables/SET",
                    "system-variables/a!",
                    "system-variables/b!",
                ],
            ),
            (
                "firewall-rules",
                "rule",
                rule("F -m comment --comment 'by -j sub --match-set web' -jsub2"),
                &["firewall-subtables/F", "firewall-subtables/sub2!"],
            ),
            (
                "firewall-rules",
                "rule",
                rule("F -s ${tag_a_b} -d ${of_a_plugin}"),
                &["clientpack-tags/a_b", "firewall-subtables/F", "plugin-instances/of_a_plugin"],
            ),
            ("firewall-rules", "rule", rule("F -p tcp --match-sets web -m set --match-set"), &["firewall-subtables/F"]),
            (
                "firewall-subtables",
                "rule",
                rules("sub -j other"),
                &["firewall-subtables/other!", "firewall-subtables/sub"],
            ),
            (
                "firewall-rules",
                "rule",
                rule("FORWARD_CUST -i eth0 -o lnk6 -j DROP"),
                &["firewall-subtables/DROP", "links/6"],
            ),
            (
                "firewall-v1-rules",
                "rule",
                rule("F -m set --match-set NETS_A src -j FWD_C_a"),
                &["firewall-v1-fwsets/NETS_A!", "firewall-v1-subgroups/F", "firewall-v1-subgroups/FWD_C_a!"],
            ),
            (
                "firewall-v1-subgroups",
                "rules",
                json!({ "lines": ["-s ${custom_a} -g FWD_C_b", "-j DROP"] }),
                &["firewall-v1-subgroups/DROP", "firewall-v1-subgroups/FWD_C_b!", "system-variables/a!"],
            ),
            (
                "firewall-v1-fwsets",
                "entries",
                json!({ "lines": ["NETS_A", "10.0.0.0/8", "${custom_a}"] }),
                &[
                    "firewall-v1-fwsets/${custom_a}",
                    "firewall-v1-fwsets/10.0.0.0/8",
                    "firewall-v1-fwsets/NETS_A",
                    "system-variables/a!",
                ],
            ),
            ("firewall-fwsets", "entry", set("list", "web"), &["firewall-fwsets/web!"]),
            ("firewall-fwsets", "entry", set("LIST", "web"), &["firewall-fwsets/web!"]),
            ("firewall-fwsets", "entry", set("service", "web"), &[]),
            ("firewall-fwsets", "entry", set("net", "${custom_web}"), &["system-variables/web!"]),
            ("routes", "interface", json!({ "interface": "lnk6", "description": "lnk7" }), &["links/6!"]),
            ("routes", "interface", json!({ "interface": "gre2" }), &["edge-gre-interfaces/gre2"]),
            ("routes", "interface", json!({ "interface": "eth0:1" }), &["system-interfaces/eth0:1"]),
            ("routes", "interface", json!({ "interface": "plugin0" }), &["plugin-instances/"]),
            (
                "routes",
                "gateway",
                json!({ "gateway": "198.51.100.2" }),
                &["containers/198.51.100.2", "plugin-instances/198.51.100.2"],
            ),
            ("packet-monitors", "interface", json!({ "interface": "lnk12", "filter": "host lnk6" }), &["links/12!"]),
            ("tunnels", "ping_interface", json!({ "ping_interface": "tun0" }), &["system-interfaces/tun0"]),
            ("traffic-pairs", "ping_interface", json!({ "ping_interface": "lnk1" }), &["links/1!"]),
            (
                "edge-gre-interfaces",
                "local_connection_ip",
                json!({ "local_connection_ip": "192.0.2.1" }),
                &["interface-addresses/192.0.2.1", "system-interfaces/192.0.2.1"],
            ),
            ("access-urls", "access", json!({ "access": "cp:100_64_0_1" }), &["clientpacks/100_64_0_1!"]),
            ("access-urls", "access", json!({ "access": "rs" }), &[]),
            (
                "deployments",
                "inputs",
                json!({ "inputs": { "a": { "get_secret": "key" }, "b": [{ "get_capability": ["one", "x"] }], "get_secret": "no", "c": "get_secret" } }),
                &["deployments/one", "secrets/key"],
            ),
        ];
        let mut tried = BTreeSet::new();
        for (name, field, object, names) in rows {
            assert_eq!(told(kind(name), &object), names, "{name} {object}");
            tried.insert((name, field));
        }
        for kind in CATALOGUE.iter().flat_map(|provider| provider.kinds) {
            let mut found = BTreeSet::new();
            phrases(kind.fields, &mut found);
            for (field, _) in found.iter().filter(|(field, _)| !matches!(*field, "source" | "blueprint_id")) {
                assert!(tried.contains(&(kind.name, *field)), "{}.{field} names others and has no row here", kind.name);
            }
        }
    }
}
