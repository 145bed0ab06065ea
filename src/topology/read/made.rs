//! What one declaration makes: one thing, one for each of others, or, where it is retired, none.

use std::sync::Arc;

use super::{Entries, Reader};
use crate::finding::{Finding, Place};
use crate::topology::draft::{self, Each};
use crate::topology::each::{self, EachSource};
use crate::topology::envelope::RETIRED;
use crate::topology::settled::settled;

impl Reader<'_> {
    /// Says whether nothing at a target is wanted any more. What is wrong with that is told when it is resolved.
    pub(super) fn is_retired(&self, entries: &Entries, each: Option<&Each>) -> bool {
        let node = entries.iter().find(|(key, _)| &**key == RETIRED).map(|(_, node)| node);
        let retires = |node| draft::retires(&settled(node, each, self.variables, &Place::file(""), &mut Vec::new()));
        node.and_then(retires).unwrap_or(false)
    }

    /// The names of what is declared under one label, each with what `each` means in it and with its place: one, or one for
    /// each of others.
    pub(super) fn made(
        &mut self,
        label: &Arc<str>,
        source: Option<EachSource>,
        outer: Option<&Arc<Each>>,
        place: &Place,
        what: &str,
    ) -> Vec<(String, Option<Arc<Each>>, Place)> {
        let items = match source.map(|source| source.items(outer.map(|each| &**each), self.variables)) {
            None => vec![(outer.cloned(), place.clone())],
            Some(Ok(items)) if items.len() > 1 && !label.contains("${") => {
                let message = format!("`{label}` would be the name of {} {what}", items.len());
                let finding = Finding::error("each-name", message);
                self.findings.push(finding.help("put `${each.key}` into the name").at(&place.clone().key()));
                return Vec::new();
            }
            Some(Ok(items)) => {
                let item = |item: Each| (place.clone().for_item(&item.key), Some(Arc::new(item)));
                items.into_iter().map(item).map(|(place, each)| (each, place)).collect()
            }
            Some(Err(finding)) => {
                self.findings.push(finding.at(&place.below(each::KEY)));
                return Vec::new();
            }
        };
        let mut made = Vec::with_capacity(items.len());
        for (each, place) in items {
            match each::name(label, each.as_deref(), self.variables) {
                Ok(name) => made.push((name, each, place)),
                Err(finding) => self.findings.push(finding.at(&place.key())),
            }
        }
        made
    }
}
