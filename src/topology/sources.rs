//! The files that a topology was read from, kept for what is found in them after they were read.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::check::literals;
use crate::finding::{Finding, PathKey, Place};
use crate::redact::redact_source;
use crate::source::{Node, SourceFile, YamlDocument, locate, parse};
use crate::topology::layers::Layers;
use crate::topology::spread::Spreads;

/// The files of a topology, and where secrets stand in them.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    files: Vec<SourceFile>,
    /// The findings about secrets: wherever lines are shown, these are blackened.
    literals: Vec<Finding>,
    /// What an environment gave.
    layers: Arc<Layers>,
    /// The lists that have other items than in the files.
    spreads: Spreads,
}

impl Sources {
    /// These files.
    pub fn new(files: Vec<SourceFile>) -> Sources {
        Sources { files, literals: Vec::new(), layers: Arc::default(), spreads: Spreads::default() }
    }

    /// The same files, with what an environment gave among them, and what was made of their lists.
    pub(crate) fn made_into(self, layers: Arc<Layers>, spreads: Spreads) -> Sources {
        Sources { layers, spreads, ..self }
    }

    /// A file by its path.
    pub(crate) fn file(&self, path: &str) -> Option<&SourceFile> {
        self.files.iter().find(|file| &*file.path == path)
    }

    /// Where places stand, as in `east.yaml:8:21`; of one that no file has, the file it should be in.
    pub(crate) fn locations(&self, places: &[&Place]) -> Vec<String> {
        let mut findings: Vec<Finding> = places
            .iter()
            .map(|place| Finding::error("", "").at(&self.layers.of(&self.spreads.of((*place).clone()))))
            .collect();
        locate(&mut findings, &self.files);
        findings.iter().filter_map(Finding::location).collect()
    }

    /// The words that stand at places; `None` where a place is no value of its file, as that of a name.
    pub(crate) fn words(&self, places: &[&Place]) -> Vec<Option<String>> {
        let mut read: BTreeMap<&str, Vec<YamlDocument>> = BTreeMap::new();
        for file in self.files.iter().filter(|file| places.iter().any(|place| place.file == file.path)) {
            read.insert(&file.path, parse(file.text()).unwrap_or_default());
        }
        let words = |place: &&Place| {
            let documents = read.get(&*place.file)?;
            let (number, path) = match place.path.split_first() {
                Some((PathKey::Index(number), rest)) => (*number, rest),
                _ => (0, place.path.as_slice()),
            };
            let value = path.iter().try_fold(&documents.get(number)?.root, |here, key| match (key, here) {
                (PathKey::Name(name), here) => here.get(name),
                (PathKey::Index(index), Node::List(items)) => items.get(*index),
                (PathKey::Index(_), _) => None,
            })?;
            match value {
                // What is made of all that stands there has no words of its own.
                Node::Map(entries) if !entries.is_empty() => None,
                Node::List(items) if !items.is_empty() => None,
                value => value.to_text().or_else(|| Some(value.to_attr().to_shown().to_string())),
            }
        };
        places.iter().map(words).collect()
    }

    /// Findings as they are shown: in the order of the files, each with its place in the text, no secret in any.
    pub fn show(&mut self, findings: Vec<Finding>) -> Vec<Finding> {
        let placed = |finding| self.layers.placed(self.spreads.placed(finding));
        let findings = findings.into_iter().map(placed).collect();
        let mut findings = told_once(findings);
        locate(&mut findings, &self.files);
        let is_literal = |finding: &&Finding| finding.code == literals::RULE.code;
        self.literals.extend(findings.iter().filter(is_literal).cloned());
        let shown = findings.len();
        findings.extend(self.literals.iter().cloned());
        redact_source(&mut findings, literals::RULE.code);
        findings.truncate(shown);
        findings.sort_by(|a, b| position(a).cmp(&position(b)));
        findings
    }
}

/// The findings, those once that an `each` makes for several of its items: with the items named.
fn told_once(findings: Vec<Finding>) -> Vec<Finding> {
    /// More items than this are counted.
    const NAMED: usize = 4;
    let mut items: BTreeMap<(&'static str, Place), Vec<Arc<str>>> = BTreeMap::new();
    let mut kept: Vec<(Finding, Option<(&'static str, Place)>)> = Vec::with_capacity(findings.len());
    for finding in findings {
        let Some(item) = finding.place.as_ref().and_then(|place| place.item.clone()) else {
            kept.push((finding, None));
            continue;
        };
        let place = finding.place.clone().map(|place| Place { item: None, ..place });
        let Some(key) = place.map(|place| (finding.code, place)) else { continue };
        let known = items.entry(key.clone()).or_default();
        if known.is_empty() {
            kept.push((finding, Some(key)));
        }
        if known.last() != Some(&item) {
            known.push(item);
        }
    }
    let worded = |(mut finding, key): (Finding, Option<(&'static str, Place)>)| {
        let items = key.and_then(|key| items.get(&key)).filter(|items| items.len() > 1);
        if let Some(items) = items {
            let names: Vec<String> = items.iter().take(NAMED).map(|item| format!("`{item}`")).collect();
            let more = items.len().saturating_sub(NAMED);
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            finding.message = format!("{}; so it is with {}{more}", finding.message, names.join(", "));
        }
        if let Some(place) = &mut finding.place {
            place.item = None;
        }
        finding
    };
    kept.into_iter().map(worded).collect()
}

/// Findings stand in the order of the files, those without a file first.
fn position(finding: &Finding) -> (Option<&str>, usize, &'static str, &str) {
    let file = finding.place.as_ref().map(|place| &*place.file);
    (file, finding.spot.as_ref().map_or(0, |spot| spot.offset), finding.code, &finding.message)
}
