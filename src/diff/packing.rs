//! Content that an earlier packing rule packed: an upgrade alone uploads nothing.
//!
//! The digest of content is part of the id that it is uploaded under. Another rule gives the same folder another digest, and
//! so another id; as long as the folder is what was uploaded, it goes by the id that it has. The ledger says by which rule its
//! row was written. Where it says nothing, what is live tells.

use crate::diff::base::{Base, Entry};
use crate::diff::live::Observed;
use crate::spec::Identity;
use crate::topology::{FileContent, Topology, digits};

/// Tells all packed content of a topology by which id it goes.
pub(crate) fn settle_ids(topology: &mut Topology, observed: &Observed, base: &Base) {
    for resource in topology.resources.values_mut() {
        let Identity::Content(field) = resource.kind.identity else { continue };
        let (Some(name), Some(content)) = (resource.address.name(), resource.files.get_mut(field)) else { continue };
        let digits = match base.entry(&resource.address) {
            Some(entry) => of_entry(name, field, content, entry),
            None => {
                let view = observed.targets.get(resource.address.target());
                let is_live =
                    |id: &str| view.is_some_and(|view| view.all(resource.kind.name).iter().any(|live| live.id == id));
                of_live(name, content, &is_live)
            }
        };
        if let Some(packed) = &mut content.packed {
            packed.id_digits = digits;
        }
    }
}

/// The digits of the id in the ledger, where that stands for the same content.
fn of_entry(name: &str, field: &str, content: &FileContent, entry: &Entry) -> Option<String> {
    let known = entry.id.strip_prefix(name)?.strip_prefix('-')?;
    let is_same = match entry.value(field).and_then(|value| value.as_str()) {
        Some(word) => content.is_remembered_as(word, entry.packing),
        // Of what was taken over nothing is remembered but its id.
        None => Some(known) == first_digits(content),
    };
    is_same.then(|| known.to_owned())
}

/// The digits by the first rule, where something is live that has them, and nothing that has those by the current one.
fn of_live(name: &str, content: &FileContent, is_live: &dyn Fn(&str) -> bool) -> Option<String> {
    let has = |digits: &str| is_live(&format!("{name}-{digits}"));
    first_digits(content).filter(|first| has(first) && !digits(&content.sha256).is_some_and(has)).map(str::to_owned)
}

fn first_digits(content: &FileContent) -> Option<&str> {
    digits(content.packed.as_ref()?.by_first_rule.as_deref()?)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::diff::base::{Basis, Stored};
    use crate::plan::testing::{World, address};
    use crate::topology::PackedFolder;

    const AT: &str = "east/blueprints/r";

    /// A digest that is told apart by one letter.
    fn digest(letter: &str) -> String {
        letter.repeat(64)
    }

    /// The id that content of that digest is uploaded under.
    fn id(letter: &str) -> String {
        format!("r-{}", letter.repeat(12))
    }

    /// A folder whose digest is `2` by the current rule and `1` by the first, what the ledger remembers of it, and the ids
    /// that are live.
    fn verdict(remembered: Option<(&str, Option<&str>, Option<u32>)>, live: &[&str]) -> String {
        let mut world = World::lab().wants(AT, json!({ "path": "2" }));
        let resource = world.topology.resources.get_mut(&address(AT)).unwrap();
        let content = resource.files.get_mut("path").unwrap();
        content.packed = Some(PackedFolder { by_first_rule: Some(digest("1")), id_digits: None });
        if let Some((uploaded, stored, packing)) = remembered {
            let stored = stored.map(|letter| Stored::new(json!(format!("sha256:{}", digest(letter))), Basis::Applied));
            let fields = stored.into_iter().map(|stored| ("path".to_owned(), stored)).collect();
            let entry = Entry { id: id(uploaded), fields, packing, made: true, ..Entry::default() };
            world.base.entries.insert(address(AT), entry);
        }
        for letter in live {
            world = world.shows("east/blueprints", json!({ "id": id(letter), "name": id(letter) }));
        }
        let observed = world.observed();
        settle_ids(&mut world.topology, &observed, &world.base);
        world.verdict(AT)
    }

    #[test]
    fn an_upgrade_alone_uploads_nothing() {
        // By which rule the row was written, what it says, what is live: what is done.
        for (remembered, live, done) in [
            (Some(("1", Some("1"), None)), &["1"] as &[&str], "same"),
            (Some(("1", Some("1"), Some(1))), &["1"], "same"),
            // What was uploaded without what the first rule packs now.
            (Some(("2", Some("2"), None)), &["2"], "same"),
            // Remembered by the current rule, and still under its first id.
            (Some(("1", Some("2"), Some(2))), &["1"], "same"),
            (Some(("2", Some("2"), Some(2))), &["2"], "same"),
            // Taken over without having been sent.
            (Some(("1", None, None)), &["1"], "same"),
            // The ledger is lost.
            (None, &["1"], "adopt"),
            (None, &["2"], "adopt"),
            (None, &["1", "2"], "adopt"),
            (None, &["3"], "create: change"),
            // Other content than that.
            (Some(("3", Some("3"), None)), &["3"], "replace path: change"),
            (Some(("3", Some("3"), Some(2))), &["3"], "replace path: change"),
            // The current rule gives no digest of the first one.
            (Some(("1", Some("1"), Some(2))), &["1"], "replace path: change"),
            // Gone at the controller.
            (Some(("1", Some("1"), None)), &[], "create: drift"),
        ] {
            assert_eq!(verdict(remembered, live), done, "{remembered:?} {live:?}");
        }
    }
}
