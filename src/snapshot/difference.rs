//! What became of objects between two snapshots.

use std::collections::BTreeMap;
use std::fmt;

use super::{SeenCollection, SeenObject, Snapshot};

/// How many objects came, went and changed. What one of the two could not look at is in none of these.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Difference {
    pub(crate) came: usize,
    pub(crate) went: usize,
    pub(crate) changed: usize,
}

/// An object by its target, and the kinds and identities on the way to it: an id may be another object's by now, and tells
/// only objects apart of which nothing else shows.
type ObjectPath = Vec<String>;

impl Difference {
    /// The difference from one snapshot to a later one.
    pub(crate) fn between(before: &Snapshot, after: &Snapshot) -> Difference {
        let (before, after) = (Flat::of(before), Flat::of(after));
        let is_known =
            |other: &Flat<'_>, path: &ObjectPath| !other.unseen.iter().any(|unseen| path.starts_with(unseen));
        let lacks = |one: &Flat<'_>, other: &Flat<'_>| {
            other.objects.keys().filter(|path| !one.objects.contains_key(*path) && is_known(one, path)).count()
        };
        let moved = |(path, object): &(&ObjectPath, &&SeenObject)| {
            after.objects.get(*path).is_some_and(|now| (&now.fields, &now.state) != (&object.fields, &object.state))
        };
        let changed = before.objects.iter().filter(moved).count();
        Difference { came: lacks(&before, &after), went: lacks(&after, &before), changed }
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Difference { came, went, changed } = self;
        write!(f, "{came} came, {went} went, {changed} changed")
    }
}

/// A snapshot's objects in one map.
#[derive(Default)]
struct Flat<'s> {
    objects: BTreeMap<ObjectPath, &'s SeenObject>,
    /// The targets and collections that could not be looked at.
    unseen: Vec<ObjectPath>,
}

impl<'s> Flat<'s> {
    fn of(snapshot: &'s Snapshot) -> Flat<'s> {
        let mut flat = Flat::default();
        for (name, target) in &snapshot.targets {
            let path = vec![name.clone()];
            if target.unreached.is_some() {
                flat.unseen.push(path.clone());
            }
            flat.add(&path, &target.collections);
        }
        flat
    }

    fn add(&mut self, above: &ObjectPath, collections: &'s [SeenCollection]) {
        for collection in collections {
            let within = |more: &[&str]| -> ObjectPath {
                above.iter().map(String::as_str).chain(more.iter().copied()).map(str::to_owned).collect()
            };
            if collection.unseen.is_some() {
                self.unseen.push(within(&[&collection.kind]));
            }
            for object in &collection.objects {
                let path = within(&[&collection.kind, object.identity.as_ref().unwrap_or(&object.id)]);
                self.add(&path, &object.collections);
                self.objects.insert(path, object);
            }
        }
    }
}
