//! Tags: each tag that a policy selects is carried by some resource, and each that is carried is selected by some
//! policy.
//!
//! A field of roles that may name resources selects; a field of roles that may hold tags alone is carried.

use std::collections::{BTreeMap, BTreeSet};

use crate::address::Address;
use crate::attr::Attr;
use crate::check::walk::{place, walk};
use crate::check::{Subject, rule};
use crate::finding::{Finding, Place};
use crate::spec::{EVERYBODY, Kind, Type};
use crate::suggest::hint;

rule! {
    /// A policy selects a tag that no resource carries, or no policy selects a tag that one carries.
    "unmatched-tag" is Warned;
    bad: "
networks:
  n:
    networkGroupId: G
    region: r
    endpoints: { ann: { attributes: ['#staff'] } }
    edge-router-policies: { staff: { endpointAttributes: ['#staf'], edgeRouterAttributes: ['#all'] } }
";
    good: "
networks:
  n:
    networkGroupId: G
    region: r
    endpoints: { ann: { attributes: ['#staff'] } }
    edge-router-policies: { staff: { endpointAttributes: ['#staff'], edgeRouterAttributes: ['#all'] } }
";
}

/// Where one target says a tag first, and in which resource.
type Tags<'t> = BTreeMap<(&'t str, &'static str, &'t str), (Place, &'t Address)>;

fn run(subject: &Subject) -> Vec<Finding> {
    if !subject.complete {
        return Vec::new();
    }
    let (mut carried, mut selected): (Tags, Tags) = (BTreeMap::new(), BTreeMap::new());
    for resource in subject.topology.resources.values() {
        let target = resource.address.target();
        walk(resource, &mut |_, ty, value, path| {
            let (Type::Role(kinds), Some(tag)) = (ty, tag(value)) else { return };
            if kinds.is_empty() {
                carried
                    .entry((target, resource.kind.name, tag))
                    .or_insert_with(|| (place(resource, path), &resource.address));
            }
            for kind in *kinds {
                selected.entry((target, kind, tag)).or_insert_with(|| (place(resource, path), &resource.address));
            }
        });
    }
    let mut found = Vec::new();
    let selectable = |target: &str, kind: &str| {
        let provider = subject.topology.targets.get(target).map(|target| target.provider);
        provider.is_some_and(|provider| provider.kinds.iter().any(|other| selects(other, kind)))
    };
    // What nobody selects carries its tags for others: an authority those of the endpoints that enroll by it.
    let given: BTreeSet<(&str, &str)> =
        carried.keys().filter(|key| !selectable(key.0, key.1)).map(|key| (key.0, key.2)).collect();
    let is_carried = |key: &(&str, &'static str, &str)| carried.contains_key(key) || given.contains(&(key.0, key.2));
    // A field that selects among several kinds is content with one of them.
    let satisfied: BTreeSet<&Place> =
        selected.iter().filter(|(key, _)| is_carried(key)).map(|(_, (place, _))| place).collect();
    let mut told = BTreeSet::new();
    for ((target, kind, tag), (place, address)) in &selected {
        if !satisfied.contains(place) && told.insert(place) {
            let tags = carried.keys().filter(|key| key.0 == *target && key.1 == *kind).map(|key| key.2);
            let finding = Finding::warning(RULE.code, format!("none of the declared `{kind}` carries `{tag}`"));
            found.push(finding.help(hint(tag, tags.collect::<Vec<_>>())).at(place).about(address));
        }
    }
    for ((target, kind, tag), (place, address)) in &carried {
        if !selected.contains_key(&(*target, *kind, *tag)) && selectable(target, kind) {
            let finding = Finding::warning(RULE.code, format!("no declared policy selects `{tag}`"));
            let tags = selected.keys().filter(|key| key.0 == *target && key.1 == *kind).map(|key| key.2);
            found.push(finding.help(hint(tag, tags.collect::<Vec<_>>())).at(place).about(address));
        }
    }
    found
}

fn tag(value: &Attr) -> Option<&str> {
    value.as_text().filter(|text| text.starts_with('#') && *text != EVERYBODY)
}

/// Says whether resources of one kind can select those of another.
fn selects(by: &Kind, kind: &str) -> bool {
    by.fields.iter().any(|field| matches!(field.ty, Type::Set(Type::Role(kinds)) if kinds.contains(&kind)))
}

#[cfg(test)]
mod tests {
    use crate::providers::CATALOGUE;
    use crate::topology::testing::{indented, told, workspace};
    use crate::topology::{Options, load};

    /// The tags that this rule tells of, in a network with those kinds.
    fn told_of(kinds: &str) -> Vec<String> {
        let head = "workspace: t\nvars: { pw: { default: x } }\nnetfoundry:\n  nf:\n    at: https://nf.example\n    \
                    credentials: { clientId: c, password: '${var.pw}', authenticationUrl: 'https://i.example/t' }\n";
        let network = "networks:\n  n:\n    networkGroupId: G\n    region: r\n";
        let text = format!("{head}{}", indented(&format!("{network}{}", indented(kinds))));
        let folder = workspace(&[("trueup.yaml", &text)]);
        let all = told(load(folder.path(), CATALOGUE, &Options::default()));
        let own = all.lines().filter(|line| line.contains("unmatched-tag:"));
        own.filter_map(|line| Some(line.split_once("unmatched-tag: ")?.1.split_once(';')?.0.to_owned())).collect()
    }

    #[test]
    fn a_tag_that_an_authority_gives_to_others_is_carried() {
        let authority = "certificate-authorities: { fleet: { certPem: x, endpointAttributes: ['#iot'] } }\n";
        let policy =
            "edge-router-policies: { p: { endpointAttributes: ['#iot', '#lost'], edgeRouterAttributes: ['#all'] } }";
        assert_eq!(told_of(&format!("{authority}{policy}")), ["none of the declared `endpoints` carries `#lost`"]);
        let lost = ["#iot", "#lost"].map(|tag| format!("none of the declared `endpoints` carries `{tag}`"));
        assert_eq!(told_of(policy), lost);
        assert!(told_of(authority).is_empty());
    }
}
