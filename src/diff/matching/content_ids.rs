//! Content that is there already under another id than it would be given now: nothing is uploaded for that.
//!
//! The digest of content is part of the id that it is uploaded under. Another packing rule gives the same folder another
//! digest, and so another id, and whoever uploads by hand gives an id without one. As long as the content is what was
//! uploaded, it goes by the id that it has. The ledger says what its row stands for, and by which rule that was packed. Where
//! it says nothing, what is live tells: its id, or its content, once that was read.
//!
//! The other way round, what only a new object takes, as a narrower visibility, is in the id of the one that is uploaded for
//! it: nobody moves to an object with the id of the one that they are at.

use crate::diff::verdict::FieldChange;
use crate::spec::{Field, canonical};
use crate::state::base::{Base, Entry};
use crate::state::live::{Live, Observed};
use crate::topology::{FileContent, Resource, Topology};

/// Tells all content of a topology by which id it goes.
pub(crate) fn settle_ids(topology: &mut Topology, observed: &Observed, base: &Base) {
    for resource in topology.resources.values_mut() {
        let Some(field) = resource.kind.identity.file_in_id() else { continue };
        let (Some(name), Some(content)) = (resource.address.name(), resource.files.get(field)) else { continue };
        let view = observed.targets.get(resource.address.target());
        let live = view.map(|view| view.all(resource.kind.name)).unwrap_or_default();
        let uploaded_as = match base.entry(&resource.address) {
            Some(entry) => of_entry(name, field, content, entry)
                .map(|id| of_new_object(resource, content, &id, &live).unwrap_or(id)),
            None => of_live(name, content, &live),
        };
        if let Some(content) = resource.files.get_mut(field) {
            content.uploaded_as = uploaded_as;
        }
    }
}

/// The id of the object that is to take the place of the one with the same content, where that can't be given what the files
/// give it.
fn of_new_object(resource: &Resource, content: &FileContent, id: &str, live: &[&Live]) -> Option<String> {
    let (kind, name) = (resource.kind, resource.address.name()?);
    let old = live.iter().find(|live| live.id == id && !live.is_tainted(kind))?;
    let is_compared = |field: &&Field| field.is_writable() && !resource.unmanaged.contains(field.name);
    let decides: Vec<String> = kind
        .fields
        .iter()
        .filter(is_compared)
        .filter_map(|field| {
            let given = resource.fields.get(field.name).map(|given| canonical(&field.ty, given));
            let (wanted, before) = (given.unwrap_or_else(|| field.default_value()), old.value(kind, field.name));
            let mut change = FieldChange::given(Some(field), field.name, &wanted);
            let is_other = !before.is_null() && !wanted.is_later() && !wanted.is_null() && before != wanted;
            change.before = before;
            (is_other && change.replaces(kind)).then(|| format!("{}={}", field.name, wanted.to_shown()))
        })
        .collect();
    let is_live = |id: &String| live.iter().any(|live| live.id == *id);
    let decides = Some(decides.join("\n")).filter(|decides| !decides.is_empty())?;
    content.ids_with(name, &decides).find(|id| !is_live(id))
}

/// Says whether an object of that id may hold what is declared under a name: it goes by the name, or by one of its digests.
pub(crate) fn may_be(name: &str, id: &str) -> bool {
    let is_digits = |digits: &str| digits.len() == 12 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    id.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.strip_prefix('-').is_some_and(is_digits))
}

/// The id in the ledger, where that stands for the same content.
fn of_entry(name: &str, field: &str, content: &FileContent, entry: &Entry) -> Option<String> {
    let is_same = match entry.value(field).and_then(|value| value.as_str()) {
        Some(word) => content.is_remembered_as(word, entry.packing),
        // Of what was taken over nothing is remembered but its id.
        None => content.ids(name).skip(1).any(|earlier| earlier == entry.id),
    };
    is_same.then(|| entry.id.clone())
}

/// The id by an earlier rule, or that of the same content, where such an object is live and none by the current rule is.
fn of_live(name: &str, content: &FileContent, live: &[&Live]) -> Option<String> {
    let is_live = |id: &String| live.iter().any(|live| live.id == *id);
    if content.ids(name).next().is_some_and(|current| is_live(&current)) {
        return None;
    }
    if let Some(earlier) = content.ids(name).skip(1).find(is_live) {
        return Some(earlier);
    }
    let mut read = live.iter().filter(|live| live.content.is_some() && may_be(name, &live.id)).peekable();
    read.peek()?;
    let declared = content.digest();
    let is_same = |live: &&&Live| live.content.as_ref().is_some_and(|content| content.is_same(&declared));
    read.filter(is_same).map(|live| live.id.clone()).min()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde_json::json;

    use super::*;
    use crate::plan::testing::{World, address};
    use crate::state::base::{Basis, Stored};
    use crate::state::live::Seen;
    use crate::topology::{Content, ContentDigest, PackedFolder};

    const AT: &str = "east/blueprints/r";

    /// A digest that is told apart by one letter.
    fn digest(letter: &str) -> String {
        letter.repeat(64)
    }

    /// The id that content of that digest is uploaded under; of no digest, that by hand.
    fn id(letter: &str) -> String {
        if letter.is_empty() { "r".to_owned() } else { format!("r-{}", letter.repeat(12)) }
    }

    /// A folder whose digest is `2` by the current rule and `1` by the first, what the ledger remembers of it, and the ids
    /// that are live.
    fn verdict(remembered: Option<(&str, Option<&str>, Option<u32>)>, live: &[&str]) -> String {
        let mut world = World::lab().wants(AT, json!({ "path": "2" }));
        let resource = world.topology.resources.get_mut(&address(AT)).unwrap();
        let content = resource.files.get_mut("path").unwrap();
        content.packed = Some(PackedFolder { by_earlier_rules: [(1, digest("1"))].into() });
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
            // Uploaded under its name alone, and taken over when it was seen to be this.
            (Some(("", Some("2"), Some(2))), &[""], "same"),
            (Some(("", Some("3"), Some(2))), &[""], "replace path: change"),
            // Nothing says what it holds.
            (None, &[""], "create: change"),
            // Gone at the controller.
            (Some(("1", Some("1"), None)), &[], "create: drift"),
        ] {
            assert_eq!(verdict(remembered, live), done, "{remembered:?} {live:?}");
        }
    }

    /// A tar with these files in one folder.
    fn tar(files: &[(&str, &str)]) -> Vec<u8> {
        let mut archive = tar::Builder::new(Vec::new());
        for (path, text) in files {
            let mut header = tar::Header::new_gnu();
            header.set_size(text.len() as u64);
            archive.append_data(&mut header, format!("any/{path}"), text.as_bytes()).unwrap();
        }
        archive.into_inner().unwrap()
    }

    #[test]
    fn what_others_uploaded_under_the_name_is_it_if_it_holds_the_same_files() {
        let (ours, other) = (tar(&[("a", "1"), ("b", "2")]), tar(&[("a", "1"), ("b", "3")]));
        let turned = tar(&[("b", "2"), ("a", "1")]);
        for (id, live, done) in [
            ("r", Some(&turned), "adopt"),
            ("r", Some(&ours), "adopt"),
            ("r", Some(&other), "create: change"),
            ("r", None, "create: change"),
            ("r-0123456789ab", Some(&turned), "adopt"),
            ("r-0123456789ab", Some(&other), "create: change"),
            // A name that only begins alike.
            ("r-a", Some(&turned), "create: change"),
            ("r2", Some(&turned), "create: change"),
            ("other", Some(&ours), "create: change"),
        ] {
            let mut world = World::lab().wants(AT, json!({ "path": "2" }));
            let resource = world.topology.resources.get_mut(&address(AT)).unwrap();
            resource.files.get_mut("path").unwrap().content = Content::Here(Arc::new(ours.clone()));
            world = world.shows("east/blueprints", json!({ "id": id, "name": id }));
            let mut observed = world.observed();
            for collection in &mut observed.targets.get_mut("east").unwrap().collections {
                let Seen::Objects(objects) = &mut collection.seen else { continue };
                for object in objects.iter_mut().filter(|object| object.id == id) {
                    object.content = live.map(|bytes| ContentDigest::of(bytes));
                }
            }
            settle_ids(&mut world.topology, &observed, &world.base);
            assert_eq!(world.verdict(AT), done, "{id} {live:?}");
        }
    }
}
