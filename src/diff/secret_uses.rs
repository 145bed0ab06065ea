//! Where each secret of a workspace is used, and whether it is what was applied last.
//!
//! The ledger has keyed fingerprints of what was sent: they tell whether a secret is still that, and nothing else of it.

use std::collections::BTreeMap;

use crate::attr::{Attr, TemplatePart};
use crate::secret::Secret;
use crate::spec::canonical;
use crate::state::base::{Base, Entry};
use crate::topology::{Resource, Topology};

/// One use of a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SecretUse {
    /// The resource, or what else the files give it to.
    pub at: String,
    /// The field.
    pub field: String,
    /// How it stands to what was applied.
    pub applied: Applied,
}

/// How a secret stands to what was applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Applied {
    /// Nothing is kept of it: it only opens something.
    NotKept,
    /// Nothing was applied there yet.
    Never,
    /// It is what was applied, by the run of that number.
    Same(Option<u64>),
    /// It is another one.
    Other(Option<u64>),
}

/// The uses of each secret, by its name.
pub(crate) fn secret_uses(topology: &Topology, base: &Base) -> BTreeMap<String, Vec<SecretUse>> {
    let mut uses: BTreeMap<String, Vec<SecretUse>> = BTreeMap::new();
    let mut note = |secret: &Secret, at: &str, field: &str, applied: Applied| {
        for name in names(secret.label()) {
            let own = uses.entry(name).or_default();
            let used = SecretUse { at: at.to_owned(), field: field.to_owned(), applied };
            if !own.contains(&used) {
                own.push(used);
            }
        }
    };
    for target in topology.targets.values() {
        let at = format!("credentials of `{}`", target.name);
        for (field, value) in &target.credentials.fields {
            for_each(value, &mut |secret| note(secret, &at, field, Applied::NotKept));
        }
        for (setting, value) in &target.settings {
            for_each(value, &mut |secret| note(secret, &target.name, setting, Applied::NotKept));
        }
    }
    for resource in topology.resources.values() {
        let (at, entry) = (resource.address.to_string(), base.entry(&resource.address));
        for (field, value) in &resource.fields {
            for_each(value, &mut |secret| {
                note(secret, &at, field, applied(base, entry, resource, field, value, secret));
            });
        }
    }
    uses
}

fn applied(
    base: &Base,
    entry: Option<&Entry>,
    resource: &Resource,
    field: &str,
    value: &Attr,
    secret: &Secret,
) -> Applied {
    let Some((entry, kept)) = entry.and_then(|entry| Some((entry, entry.value(field)?))) else {
        return Applied::Never;
    };
    let compared = resource.kind.field(field).map_or_else(|| value.clone(), |field| canonical(&field.ty, value));
    let print = base.key.fingerprint(secret);
    let is_same = base.matches_stored(&compared, kept) || Base::fingerprints(kept).contains(print.as_str());
    if is_same { Applied::Same(entry.run) } else { Applied::Other(entry.run) }
}

/// Calls `see` with each secret in a value, those in what is known later included.
fn for_each(value: &Attr, see: &mut dyn FnMut(&Secret)) {
    match value {
        Attr::Secret(secret) => see(secret),
        Attr::List(items) => items.iter().for_each(|item| for_each(item, see)),
        Attr::Map(map) => map.values().for_each(|value| for_each(value, see)),
        Attr::Later(template) => template.parts.iter().for_each(|part| match part {
            TemplatePart::Secret(secret) => see(secret),
            TemplatePart::Text(_) | TemplatePart::Output(_) => {}
        }),
        Attr::Null | Attr::Bool(_) | Attr::Number(_) | Attr::Text(_) => {}
    }
}

/// The names of secrets in the expression that labels a value: `secret.psk`, or `token=${secret.t}`.
fn names(label: &str) -> Vec<String> {
    let is_name = |letter: char| letter.is_alphanumeric() || matches!(letter, '-' | '_');
    let mut found = Vec::new();
    for (at, word) in label.match_indices("secret.") {
        let before = label[..at].chars().next_back();
        if before.is_some_and(|letter| is_name(letter) || letter == '.') {
            continue;
        }
        let name: String = label[at + word.len()..].chars().take_while(|letter| is_name(*letter)).collect();
        if !name.is_empty() && !found.contains(&name) {
            found.push(name);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::plan::testing::{World, address};
    use crate::state::base::{Basis, Stored};

    #[test]
    fn names_stand_in_the_expression() {
        for (label, found) in [
            ("secret.psk", vec!["psk"]),
            ("token=${secret.t}", vec!["t"]),
            ("${secret.a-b}:${secret.c_d}@${secret.a-b}", vec!["a-b", "c_d"]),
            ("${base64(secret.k)}", vec!["k"]),
            ("literal", vec![]),
            ("(secret)", vec![]),
            ("east/x.secret.y", vec![]),
            ("mysecret.x", vec![]),
        ] {
            assert_eq!(names(label), found, "{label}");
        }
    }

    #[test]
    fn a_secret_is_what_was_applied_or_another_or_was_never() {
        let psk = |value: &str| Attr::Secret(Secret::new("secret.psk", value));
        let with = |now: &str| {
            let mut world = World::lab()
                .wants("east/endpoints/a", json!({ "address": "192.0.2.1", "secret": "x" }))
                .wants("east/endpoints/b", json!({ "address": "192.0.2.2", "secret": "x" }))
                .applied("east/endpoints/a", "7", json!({ "address": "192.0.2.1" }));
            world.base.key = "a key of the ledger".into();
            for at in ["east/endpoints/a", "east/endpoints/b"] {
                let resource = world.topology.resources.get_mut(&address(at)).unwrap();
                resource.fields.insert("secret".into(), psk(now));
            }
            let kept = world.base.stored(&psk("canary"));
            let entry = world.base.entries.get_mut(&address("east/endpoints/a")).unwrap();
            entry.run = Some(12);
            let stored = Stored::new(kept, Basis::Applied);
            entry.fields.insert("secret".into(), stored);
            let uses = secret_uses(&world.topology, &world.base).remove("psk").unwrap();
            uses.into_iter().map(|used| (used.at, used.applied)).collect::<Vec<_>>()
        };
        let (a, b) = ("east/endpoints/a".to_owned(), "east/endpoints/b".to_owned());
        assert_eq!(with("canary"), [(a.clone(), Applied::Same(Some(12))), (b.clone(), Applied::Never)]);
        assert_eq!(with("other"), [(a, Applied::Other(Some(12))), (b, Applied::Never)]);
    }
}
