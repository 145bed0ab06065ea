//! References: each resource that another one names is declared.

use std::collections::BTreeMap;
use std::fmt;

use crate::address::Address;
use crate::check::walk::{place, walk};
use crate::check::{Subject, rule};
use crate::finding::Finding;
use crate::spec::{By, Kind, Provider};
use crate::suggest::hint;
use crate::topology::references::{maker_at, may_come_with, named};
use crate::topology::words::{TextName, TextNames};
use crate::topology::{Resource, Topology};

rule! {
    /// A field names a resource that is declared nowhere.
    "unknown-reference" is Mixed;
    bad: "firewall-rules: [{ rule: FORWARD_CUST -m set --match-set offices src -j ACCEPT }]";
    good: "
firewall-fwsets: { offices: { type: net, entries: [{ entry: 10.1.0.0/16 }] } }
firewall-rules: [{ rule: FORWARD_CUST -m set --match-set offices src -j ACCEPT }]
";
}

/// Comparisons that may be made all in all to suggest names, so that many mistakes do not take for ever.
const SUGGESTIONS: usize = 1_000_000;

fn run(subject: &Subject) -> Vec<Finding> {
    if !subject.complete {
        return Vec::new();
    }
    let words = TextNames::new(subject.topology);
    let mut names = KnownNames { topology: subject.topology, known: BTreeMap::new(), left: SUGGESTIONS };
    let mut found = Vec::new();
    for resource in subject.topology.resources.values() {
        let Some(target) = subject.topology.targets.get(resource.address.target()) else { continue };
        let provider = target.provider;
        walk(resource, &mut |field, ty, value, path| {
            let Some((kinds, name)) = named(ty, value) else { return };
            if is_built_in(provider, &kinds, &name) {
                return;
            }
            if let Some(missing) = dangling(subject.topology, provider, resource, &kinds, &name) {
                let message =
                    format!("`{}` of `{}` names `{missing}`, which is not declared", field.name, resource.address);
                let help = names.hint(&resource.address, &kinds, &name);
                // Some kinds hold objects that the system makes: a name may mean one of those, unless it is misspelt.
                let may_be_live = has_system_objects(provider, &kinds) && !help.starts_with("did you mean");
                let finding = match may_be_live {
                    true => Finding::warning(RULE.code, message).help(match switch_of(subject.topology, &missing) {
                        Some(switch) => format!("it comes with {switch}; else it has to be at the controller already"),
                        None => "it has to be at the controller already".to_owned(),
                    }),
                    false => Finding::error(RULE.code, message).help(help),
                };
                found.push(finding.at(&place(resource, path)).about(&resource.address));
            }
        });
        for word in words.of(resource) {
            found.extend(unknown_name(subject.topology, &words, &mut names, resource, &word));
        }
    }
    found
}

/// A name in a text that nothing is declared by: it may be at the controller already, which only a plan can tell.
fn unknown_name(
    topology: &Topology,
    words: &TextNames<'_>,
    names: &mut KnownNames<'_>,
    resource: &Resource,
    word: &TextName,
) -> Option<Finding> {
    let address = &resource.address;
    if !word.is_told(topology, address) || !words.meant(address, word).is_empty() {
        return None;
    }
    let missing = Address::new(address.target(), word.called.kind, Some(&word.name));
    let message = format!("`{}` of `{address}` names `{missing}`, which is not declared", word.field);
    let help = match (word.called.by, names.hint(address, &[word.called.kind], &word.name)) {
        (By::Name, help) if help.starts_with("did you mean") => help,
        _ => "it has to be at the controller already".into(),
    };
    Some(Finding::warning(RULE.code, message).help(help).at(&word.place).about(address))
}

/// Says whether a name means what comes with the product or with a parent.
fn is_built_in(provider: &Provider, kinds: &[&str], name: &str) -> bool {
    kinds.iter().filter_map(|kind| provider.kind(kind)).any(|kind| kind.is_built_in(name))
}

/// Says whether one of the kinds holds objects that the system makes.
fn has_system_objects(provider: &Provider, kinds: &[&str]) -> bool {
    let has = |kind: &Kind| kind.foreign.is_some() || !kind.built_in.is_empty();
    kinds.iter().filter_map(|kind| provider.kind(kind)).any(has)
}

/// The address that nothing declares, in words; `None` where it is declared, or need not be.
fn dangling(topology: &Topology, provider: &Provider, from: &Resource, kinds: &[&str], name: &str) -> Option<Missing> {
    // A thing that the provider keeps is looked up there; a singleton is always there.
    let is_free =
        |kind: &&str| provider.kind(kind).is_none_or(|kind| !kind.is_declarative() || kind.identity.is_single());
    if kinds.iter().any(is_free) {
        return None;
    }
    match topology.referred(&from.address, provider, kinds, name) {
        Some(address) if topology.resources.contains_key(&address) || maker_at(topology, &address).is_some() => None,
        Some(address) => Some(Missing::At(address)),
        None => Some(Missing::Somewhere(format!("{}/{name}", kinds.join(" or ")))),
    }
}

/// What is named and not declared.
enum Missing {
    At(Address),
    Somewhere(String),
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Missing::At(address) => address.fmt(f),
            Missing::Somewhere(words) => f.write_str(words),
        }
    }
}

/// What would have to be switched on for something to come along with it, in words.
fn switch_of(topology: &Topology, missing: &Missing) -> Option<String> {
    let Missing::At(address) = missing else { return None };
    let (maker, switch) = may_come_with(topology, address)?;
    Some(format!("`{}` where `{switch}` is true", maker.address))
}

/// Declared names, for suggestions.
struct KnownNames<'t> {
    topology: &'t Topology,
    known: BTreeMap<(String, String), Vec<&'t str>>,
    left: usize,
}

impl KnownNames<'_> {
    fn hint(&mut self, from: &Address, kinds: &[&str], name: &str) -> String {
        let mut candidates = Vec::new();
        for kind in kinds {
            let key = (from.target().to_owned(), (*kind).to_owned());
            let resources = &self.topology.resources;
            let declared = self.known.entry(key).or_insert_with(|| {
                let kin = resources.keys().filter(|other| other.target() == from.target() && other.kind() == *kind);
                kin.filter_map(Address::name).collect()
            });
            candidates.extend(declared.iter().copied());
        }
        if candidates.is_empty() {
            return format!("no `{}` is declared in `{}`: declare it", kinds.join("` or `"), from.target());
        }
        if self.left < candidates.len() {
            return "declare it, or correct the name".into();
        }
        self.left -= candidates.len();
        hint(name, candidates)
    }
}
