//! Reading: from what files say under `fabric` to the model, everything that is wrong told with its place.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use ipnet::Ipv4Net;
use serde::de::DeserializeOwned;

use super::model::{Fabric, FabricLayer};
use super::settle::{settled, settled_name};
use crate::finding::{Finding, Place};
use crate::source::{Node, decode};
use crate::spec::{FabricTable, Provider};
use crate::suggest::hint;
use crate::topology::{Drafts, EACH, Each, EachSource, Variables, misfit, take_each};

/// The words below `fabric`.
const SECTIONS: [&str; 5] = ["pool", "profiles", "sites", "meshes", "vpns"];

/// The words of what is said of one connection that are fields of nothing.
pub(super) const OF_CONNECTION: [&str; 4] = ["psk", "bgp", "inner", "absent"];

/// What stands below a word, by name.
type Section = BTreeMap<Arc<str>, (Node, Place)>;

/// Reads a fabric.
pub(crate) struct FabricReader<'a> {
    /// What the files declare besides.
    pub drafts: &'a Drafts,
    variables: &'a Variables,
    tables: Vec<(&'static Provider, &'static FabricTable)>,
    /// What is wrong.
    pub findings: Vec<Finding>,
    /// What was told already: what an `each` makes is told once.
    told: BTreeSet<(Place, String)>,
}

impl<'a> FabricReader<'a> {
    /// A reader that has read nothing yet.
    pub(crate) fn new(
        catalogue: &'static [&'static Provider],
        drafts: &'a Drafts,
        variables: &'a Variables,
    ) -> FabricReader<'a> {
        let tables = catalogue.iter().filter_map(|provider| Some((*provider, provider.fabric?))).collect();
        FabricReader { drafts, variables, tables, findings: Vec::new(), told: BTreeSet::new() }
    }

    /// Reads what the files say.
    pub(crate) fn read(&mut self, written: Vec<(Node, Place)>) -> Fabric {
        let mut sections: BTreeMap<&str, Section> = BTreeMap::new();
        let mut fabric = Fabric::default();
        for (node, place) in written {
            for (key, value) in self.map(node, &place, "the words of a fabric") {
                let here = place.below(&key);
                match SECTIONS.into_iter().find(|section| *section == &*key) {
                    Some("pool") => self.pool(value, &here, &mut fabric),
                    Some(section) => {
                        let what = format!("names in `{section}`");
                        let entries = self.map(value, &here, &what);
                        self.collect(sections.entry(section).or_default(), entries, &here);
                    }
                    None => {
                        let finding = Finding::error("unknown-key", format!("unknown key `{key}` of a fabric"));
                        self.tell(finding.help(hint(&key, SECTIONS)).at(&here.key()));
                    }
                }
            }
        }
        let mut section = |name: &str| sections.remove(name).unwrap_or_default();
        let (profiles, sites, meshes, vpns) =
            (section("profiles"), section("sites"), section("meshes"), section("vpns"));
        fabric.profiles = self.profiles(profiles);
        fabric.sites = self.sites(sites);
        fabric.meshes = self.meshes(meshes);
        fabric.vpns = self.vpns(vpns);
        fabric
    }

    fn pool(&mut self, value: Node, place: &Place, fabric: &mut Fabric) {
        if let Some((_, first)) = &fabric.pool {
            let finding = Finding::error("duplicate-key", "the `pool` of the fabric is given twice");
            let finding = finding.help("keep one of the two").at(&place.clone().key()).also(first, "given here first");
            return self.tell(finding);
        }
        let value = self.settled(&value, None, place);
        fabric.pool = value
            .and_then(|value| self.network(&value.to_text().unwrap_or_default(), place))
            .map(|network| (network, place.clone()));
    }

    fn collect(&mut self, section: &mut Section, entries: Vec<(Arc<str>, Node)>, place: &Place) {
        for (name, value) in entries {
            let here = place.below(&name);
            match section.get(&name) {
                Some((_, first)) => {
                    let finding = Finding::error("duplicate-key", format!("`{name}` is declared twice in the fabric"));
                    let help = "keep one of the two; what one file declares another does not extend";
                    self.tell(finding.help(help).at(&here.key()).also(first, "declared here first"));
                }
                None => drop(section.insert(name, (value, here))),
            }
        }
    }

    fn profiles(&mut self, section: Section) -> BTreeMap<String, FabricLayer> {
        let mut profiles = BTreeMap::new();
        for (name, (node, place)) in section {
            let Some(node) = self.settled(&node, None, &place) else { continue };
            let entries = self.map(node, &place, "the fields of a profile");
            let layer = self.layer(entries, &place, &[], &[]);
            profiles.insert(name.to_string(), layer);
        }
        profiles
    }

    /// The fields of halves among some entries, of which those words are fields of nothing; what is neither is a finding, for
    /// which the words that were taken out before count.
    pub(super) fn layer(
        &mut self,
        entries: Vec<(Arc<str>, Node)>,
        place: &Place,
        words: &[&str],
        beside: &[String],
    ) -> FabricLayer {
        let known = self.known_fields();
        let (entries, unknown): (Vec<_>, Vec<_>) =
            entries.into_iter().partition(|(key, _)| words.contains(&&**key) || known.contains(&&**key));
        for (key, _) in unknown {
            let names: Vec<&str> =
                known.iter().chain(words).copied().chain(beside.iter().map(String::as_str)).collect();
            let finding = Finding::error("unknown-field", format!("unknown key `{key}`")).help(hint(&key, names));
            self.tell(finding.at(&place.below(&key).key()));
        }
        for (key, value) in entries.iter().filter(|(key, _)| &**key == "bgp") {
            let known = self.known_neighbour_fields();
            let below = place.below(key);
            for (key, _) in self.map(value.clone(), &below, "the fields of a neighbour") {
                if !known.contains(&&*key) {
                    let finding = Finding::error("unknown-field", format!("unknown key `{key}`"));
                    self.tell(finding.help(hint(&key, known.clone())).at(&below.below(&key).key()));
                }
            }
        }
        FabricLayer { entries, place: place.clone() }
    }

    /// The fields that profiles, vpns and connections may give.
    fn known_fields(&self) -> Vec<&'static str> {
        let of = |(provider, table): &(&'static Provider, &'static FabricTable)| {
            super::words_of_tables::half_fields(provider, table)
        };
        self.tables.iter().flat_map(of).collect()
    }

    fn known_neighbour_fields(&self) -> Vec<&'static str> {
        let of = |(provider, table): &(&'static Provider, &'static FabricTable)| {
            super::words_of_tables::neighbour_fields(provider, table)
        };
        self.tables.iter().flat_map(of).collect()
    }

    /// Carries out what names alone decide. What is wrong is a finding.
    pub(super) fn settled(&mut self, node: &Node, each: Option<&Each>, place: &Place) -> Option<Node> {
        settled(node, each, self.variables).map_err(|finding| self.tell(finding.at(place))).ok()
    }

    /// The items of an `each`.
    pub(super) fn items(&mut self, source: &EachSource, place: &Place) -> Vec<Each> {
        source.items(None, self.variables).unwrap_or_else(|finding| {
            self.tell(finding.at(&place.below(EACH)));
            Vec::new()
        })
    }

    /// What a declaration stands for: one of its own name, or one for each item of its `each`.
    pub(super) fn named(&mut self, label: &str, node: &Node, place: &Place) -> Vec<(String, Node)> {
        let mut node = node.clone();
        let source = if let Node::Map(entries) = &mut node { take_each(entries, false) } else { None };
        let items = match source {
            None => vec![None],
            Some(source) => {
                let items = self.items(&source, place);
                if items.len() > 1 && !label.contains("${") {
                    let message = format!("`{label}` would be the name of {} sites", items.len());
                    let help = "put `${each.key}` into the name";
                    self.tell(Finding::error("each-name", message).help(help).at(&place.clone().key()));
                    return Vec::new();
                }
                items.into_iter().map(Some).collect()
            }
        };
        let mut found = Vec::new();
        for each in items {
            let name = settled_name(label, each.as_ref(), self.variables);
            let name = name.map_err(|finding| self.tell(finding.at(&place.clone().key()))).ok();
            let node = self.settled(&node, each.as_ref(), place);
            found.extend(name.zip(node));
        }
        found
    }

    /// Takes a node for what it should be. What does not fit is a finding.
    pub(super) fn decoded<T: DeserializeOwned>(&mut self, node: Node, place: &Place) -> Option<T> {
        let (value, misfits) = decode::<T>(node);
        misfits.into_iter().for_each(|found| self.tell(misfit(found, place)));
        value
    }

    /// A network, whose address is its first one.
    pub(super) fn network(&mut self, text: &str, place: &Place) -> Option<Ipv4Net> {
        let wrong = |message: String, help: String| Finding::error("wrong-value", message).help(help).at(place);
        match text.parse::<Ipv4Net>() {
            Ok(network) if network.trunc() == network => Some(network),
            Ok(network) => {
                let message = format!("`{text}` is an address within a network");
                self.tell(wrong(message, format!("the network is `{}`", network.trunc())));
                None
            }
            Err(_) => {
                self.tell(wrong(format!("`{text}` is no network"), "write it as in `10.1.0.0/16`".into()));
                None
            }
        }
    }

    /// The entries of a map.
    pub(super) fn map(&mut self, node: Node, place: &Place, what: &str) -> Vec<(Arc<str>, Node)> {
        match node {
            Node::Map(entries) => entries,
            Node::Null => Vec::new(),
            other => {
                let finding = Finding::error("wrong-type", format!("expected {what}, found {}", other.describe()));
                self.tell(finding.help("write `NAME: …` for each, without a dash").at(place));
                Vec::new()
            }
        }
    }

    /// Tells a finding, unless it has been told of another item of the same `each`.
    pub(super) fn tell(&mut self, finding: Finding) {
        let is_new = match &finding.place {
            Some(place) => self.told.insert((place.clone(), finding.message.clone())),
            None => true,
        };
        self.findings.extend(is_new.then_some(finding));
    }
}
