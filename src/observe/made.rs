//! What objects made for themselves: it shows among what users declare, and is not theirs.

use std::collections::{BTreeMap, BTreeSet};

use crate::diff::live::{Collection, Live, Seen, text};
use crate::diff::made::made_of;
use crate::spec::{Identity, Kind, lookup};

/// Marks what other objects of these collections made for themselves.
///
/// Whose an item of a sequence is can't be told without its makers: a sequence beside makers that could not be looked at
/// counts as not seen either, since writing it would wipe out what they made.
pub(super) fn mark(collections: &mut [Collection]) {
    let mut made: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    let mut blind: BTreeMap<&str, String> = BTreeMap::new();
    for (maker, kind) in makers(collections) {
        match &maker.seen {
            Seen::Objects(objects) => {
                let words = objects.iter().flat_map(|live| made_of(maker.kind, live, kind));
                made.entry(kind.name).or_default().extend(words);
            }
            Seen::Unseen(why) => drop(blind.insert(kind.name, format!("`{}`: {why}", maker.kind.name))),
        }
    }
    for collection in collections {
        let Seen::Objects(objects) = &mut collection.seen else { continue };
        let kind = collection.kind;
        if let (Identity::Sequence { .. }, Some(why)) = (kind.identity, blind.get(kind.name)) {
            collection.seen = Seen::Unseen(why.clone());
        } else if let Some(made) = made.get(kind.name) {
            objects.iter_mut().for_each(|live| mark_one(kind, live, made));
        }
    }
}

/// The collections whose objects make something for themselves, each with the kind that they make.
fn makers(collections: &[Collection]) -> impl Iterator<Item = (&Collection, &'static Kind)> {
    let kind = |name: &str| collections.iter().map(|collection| collection.kind).find(|kind| kind.name == name);
    let pairs = collections.iter().flat_map(|maker| maker.kind.makes.iter().map(move |(made, _)| (maker, *made)));
    pairs.filter_map(move |(maker, made)| Some((maker, kind(made)?)))
}

fn mark_one(kind: &Kind, live: &mut Live, made: &BTreeSet<String>) {
    if let Identity::Sequence { key, .. } = kind.identity {
        let items = live.raw.as_array().into_iter().flatten().enumerate();
        let of_others = items.filter(|(_, item)| lookup(item, key).is_some_and(|word| made.contains(&text(word))));
        live.strangers = of_others.map(|(n, _)| n).collect();
    } else if made.contains(&live.id) {
        live.foreign = live.foreign.or(Some("another object made it for itself"));
    }
}
