//! A resource has a name that its API takes.

use crate::check::{Subject, rule};
use crate::finding::Finding;
use crate::topology::Resource;

rule! {
    /// A name that the API refuses, or that no path of a call can hold.
    "bad-name" is Fixed;
    bad: "firewall-fwsets: { 'a/b': { type: net } }";
    good: "firewall-fwsets: { a_b: { type: net } }";
}

fn run(subject: &Subject) -> Vec<Finding> {
    subject.topology.resources.values().filter_map(of).collect()
}

fn of(resource: &Resource) -> Option<Finding> {
    let (kind, name) = (resource.kind, resource.address.name()?);
    let help = match (name, kind.names) {
        // Whoever writes a path drops these, encoded or not: the call would be about something else.
        ("." | "..", _) => "a path goes up at such a word: choose another name".to_owned(),
        (_, names) if names.take(name) => return None,
        (_, names) => names.describe(),
    };
    let message = format!("`{name}` is no name for one of `{}`", kind.name);
    Some(Finding::error(RULE.code, message).help(help).at(&resource.place))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::address::Address;
    use crate::finding::Place;
    use crate::providers::CATALOGUE;
    use crate::spec::{Identity, Kind, Names};

    fn is_told(kind: &'static Kind, name: &str) -> bool {
        let resource = Resource {
            address: Address::new("t", kind.name, Some(name)),
            kind,
            fields: BTreeMap::new(),
            cleared: Default::default(),
            external: false,
            unmanaged: Default::default(),
            partial: Default::default(),
            files: BTreeMap::new(),
            place: Place::file("x.yaml"),
            given_at: Default::default(),
            origin: None,
            renamed_from: None,
        };
        of(&resource).inspect(|finding| assert!(finding.help.is_some() && finding.is_error())).is_some()
    }

    #[test]
    fn what_no_path_can_hold_is_no_name_of_any_kind() {
        for kind in CATALOGUE.iter().flat_map(|provider| provider.kinds).copied() {
            for name in [".", ".."] {
                assert!(is_told(kind, name), "{} {name}", kind.name);
            }
            assert!(kind.names != Names::ANY || ["...", "a b", "é/", "1"].iter().all(|name| !is_told(kind, name)));
        }
    }

    #[test]
    fn names_are_what_the_api_of_their_kind_takes() {
        let (long, longer) = ("a".repeat(256), "a".repeat(257));
        let (blueprint, too_long) = ("a".repeat(243), "a".repeat(244));
        let plain: &[&str] = &["", "a b", "k/1", "100%", "\u{e9}", "a\nb", "q?x=1&y#z"];
        let cloudify: &[&str] = &["1abc", "-a", "a:b", &longer];
        for (provider, kind, taken, refused) in [
            ("vns3", "firewall-fwsets", &["web", "1-_"] as &[&str], &["set.1"] as &[&str]),
            ("vns3", "firewall-subtables", &["web", "1-_"], &["set.1"]),
            ("vns3", "system-variables", &["web", "1_"], &["a-b"]),
            ("vns3", "clientpack-tags", &["web", "1-_"], &["a.b"]),
            ("cloudify", "secrets", &["a1", "A-._", &long], cloudify),
            ("f5-vnfm", "secrets", &["a1", "A-._", &long], cloudify),
            ("cloudify", "users", &["a1", "A-._", &long], cloudify),
            ("cloudify", "user-groups", &["a1", "user-groups"], &["1abc", "users"]),
            ("cloudify", "tenants", &["a1"], &["1abc", "users", "user-groups"]),
            ("cloudify", "blueprints", &["a1", &blueprint], &["1abc", &too_long]),
            ("f5-vnfm", "blueprints", &["a1", &blueprint], &["1abc", &too_long]),
            ("cloudify", "deployments", &["1abc", "-", &long], &["a:b", &longer]),
        ] {
            let found =
                CATALOGUE.iter().find(|own| own.name == provider).and_then(|provider| provider.kind(kind)).unwrap();
            for name in taken {
                assert!(!is_told(found, name), "{provider} {kind} {name}");
            }
            for name in plain.iter().chain(refused) {
                assert!(is_told(found, name), "{provider} {kind} {name}");
            }
        }
        let groups = |name: &str| CATALOGUE.iter().find_map(|provider| provider.kind(name)).unwrap();
        for (kind, taken, refused) in [
            ("firewall-v1-subgroups", ["PRE_C_A", "OUT_C_"], ["PRE_A", "NETS_A"]),
            ("firewall-v1-fwsets", ["NETS_A", "LIST_"], ["nets_a", "PRE_C_A"]),
        ] {
            assert!(taken.iter().all(|name| !is_told(groups(kind), name)), "{kind}");
            assert!(refused.iter().all(|name| is_told(groups(kind), name)), "{kind}");
        }
    }

    #[test]
    fn whoever_has_rules_for_names_is_called_by_them() {
        let kinds = CATALOGUE.iter().flat_map(|provider| provider.kinds);
        let ruled: Vec<&Kind> = kinds.copied().filter(|kind| kind.names != Names::ANY).collect();
        assert!(ruled.len() > 12, "{} kinds say which names they take", ruled.len());
        let is_named = |kind: &Kind| {
            !matches!(kind.identity, Identity::Singleton | Identity::Natural(_) | Identity::Sequence { .. })
        };
        assert!(ruled.into_iter().all(is_named));
    }
}
