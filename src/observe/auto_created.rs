//! Things that objects made for themselves: they show among the users' own, and are not theirs.

use std::collections::{BTreeMap, BTreeSet};

use crate::diff::auto_created::auto_created_by;
use crate::spec::{AutoCreated, Identity, Kind, lookup};
use crate::state::fold;
use crate::state::live::{Collection, Live, Seen, text};

/// The signs by which objects of a kind that others made are known.
#[derive(Default)]
struct Signs {
    /// Their ids; of a sequence, the keys of its items.
    listed: BTreeSet<String>,
    /// A field of roles, and the maker that it names in the form in which names are compared.
    naming: BTreeSet<(&'static str, String)>,
    /// Why not all makers are known.
    blind: Option<String>,
}

/// Marks what other objects of these collections made for themselves. `owned` are the ids that the ledger has
/// of objects at this target.
///
/// Whose an item of a sequence is can't be told without its makers: a sequence beside makers that could not be looked at
/// counts as not seen either, since writing it would wipe out what they made.
pub(super) fn mark(collections: &mut [Collection], owned: &BTreeSet<&str>) {
    let signs = signs(collections);
    if signs.is_empty() {
        return;
    }
    for collection in collections {
        let kind = collection.kind;
        let (Seen::Objects(objects), Some(signs)) = (&mut collection.seen, signs.get(kind.name)) else { continue };
        match (kind.identity, &signs.blind) {
            (Identity::Sequence { .. }, Some(why)) => collection.seen = Seen::Unseen(why.clone()),
            (Identity::Sequence { key, .. }, None) => objects.iter_mut().for_each(|live| mark_items(key, live, signs)),
            _ => objects.iter_mut().for_each(|live| mark_object(live, signs, owned)),
        }
    }
}

fn signs(collections: &[Collection]) -> BTreeMap<&'static str, Signs> {
    let mut all: BTreeMap<&'static str, Signs> = BTreeMap::new();
    for maker in collections {
        for (name, made) in maker.kind.creates() {
            let Some(kind) = collections.iter().map(|other| other.kind).find(|kind| kind.name == name) else {
                continue;
            };
            let signs = all.entry(kind.name).or_default();
            match (&maker.seen, made) {
                (Seen::Unseen(why), _) => signs.blind = Some(format!("`{}`: {why}", maker.kind.name)),
                (Seen::Objects(objects), AutoCreated::Listed { .. }) => {
                    signs.listed.extend(objects.iter().flat_map(|live| auto_created_by(maker.kind, live, kind)));
                }
                // The kind itself knows these.
                (Seen::Objects(_), AutoCreated::Named { by: None, .. }) => {}
                (Seen::Objects(objects), AutoCreated::Named { by: Some(field), where_set }) => {
                    let sets = |live: &&Live| lookup(&live.raw, where_set).is_some_and(|value| !value.is_null());
                    let names = objects.iter().filter(sets).flat_map(|live| names(maker.kind, live));
                    signs.naming.extend(names.map(|name| (*field, fold(&name))));
                }
            }
        }
    }
    all
}

fn mark_items(key: &str, live: &mut Live, signs: &Signs) {
    let items = live.raw.as_array().into_iter().flatten().enumerate();
    let of_others = items.filter(|(_, item)| lookup(item, key).is_some_and(|word| signs.listed.contains(&text(word))));
    live.foreign_items = of_others.map(|(n, _)| n).collect();
}

fn mark_object(live: &mut Live, signs: &Signs, owned: &BTreeSet<&str>) {
    let fields: BTreeSet<&'static str> = signs.naming.iter().map(|(field, _)| *field).collect();
    let names_maker =
        |field: &'static str| only_mention(live, field).is_some_and(|name| signs.naming.contains(&(field, fold(name))));
    // Naming is a guess: who wrote it down knows better.
    let is_named = || !owned.contains(live.id.as_str()) && fields.into_iter().any(names_maker);
    if live.foreign.is_none() && (signs.listed.contains(&live.id) || is_named()) {
        live.foreign = Some("another object made it for itself");
    }
}

/// All that others may call an object.
fn names(kind: &Kind, live: &Live) -> Vec<String> {
    let own = match kind.identity {
        Identity::Name(field) | Identity::CaselessName(field) => live.value(kind, field).to_text(),
        _ => None,
    };
    let aliases = kind.api.aliases.iter().filter_map(|place| lookup(&live.raw, place)).map(text);
    aliases.chain(own).chain([live.id.clone()]).collect()
}

/// The one object that a field of roles names, if it names nothing else.
fn only_mention<'l>(live: &'l Live, field: &str) -> Option<&'l str> {
    match lookup(&live.raw, field)?.as_array()?.as_slice() {
        [one] => one.as_str()?.strip_prefix('@'),
        _ => None,
    }
}
