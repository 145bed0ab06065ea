//! A resource has a name that its API takes.

use crate::check::{Rule, Subject};
use crate::finding::Finding;
use crate::topology::Resource;

/// A name that the API refuses, or that no path of a call can hold.
pub(crate) const RULE: Rule = Rule { code: "bad-name", run };

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
        };
        of(&resource).inspect(|finding| assert!(finding.help.is_some() && finding.is_error())).is_some()
    }

    #[test]
    fn names_are_what_the_api_of_their_kind_takes() {
        let mut seen = 0;
        for kind in CATALOGUE.iter().flat_map(|provider| provider.kinds).copied() {
            for (name, any, plain, from_letter) in [
                ("web", false, false, false),
                ("A1", false, false, false),
                ("1abc", false, false, true),
                ("a b", false, true, true),
                ("k/1", false, true, true),
                ("100%", false, true, true),
                ("ключ", false, true, true),
                ("é", false, true, true),
                ("q?x=1&y#z", false, true, true),
                ("a\nb", false, true, true),
                (".", true, true, true),
                ("..", true, true, true),
                ("...", false, true, true),
            ] {
                let wanted = match kind.names {
                    Names::Any => any,
                    // Dots are marks of some.
                    Names::Plain(marks) => plain && !(name == "..." && marks.contains('.')),
                    Names::FromLetter(_) => from_letter,
                };
                assert_eq!(is_told(kind, name), wanted, "{} {name}", kind.name);
            }
            if let Names::Plain(marks) | Names::FromLetter(marks) = kind.names {
                seen += 1;
                assert!(matches!(kind.identity, Identity::Name(_)), "`{}` has no name of its own", kind.name);
                for mark in ['-', '_', '.', '+', ':'] {
                    assert_eq!(is_told(kind, &format!("a{mark}b")), !marks.contains(mark), "{} {mark}", kind.name);
                }
            }
        }
        assert!(seen > 6, "{seen} kinds say which names they take");
    }
}
