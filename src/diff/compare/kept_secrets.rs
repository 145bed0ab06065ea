//! What the ledger keeps as a secret and a controller shows is one, wherever else it shows.
//!
//! A secret that was rotated, or that a controller gave once and no more, stands in no file. It is known by its fingerprint
//! where a run put it, and from there on in the outputs and texts that repeat it.

use std::collections::BTreeSet;

use crate::attr::Attr;
use crate::diff::index::Index;
use crate::diff::list::live_items;
use crate::secret::Secret;
use crate::spec::Kind;
use crate::state::base::Base;
use crate::state::live::Live;
use crate::topology::{ITEMS, Topology};

/// The label of a value that no file gives any more.
const BEFORE: &str = "before";

/// Takes note of the secrets that the ledger has fingerprints of, where the object that has them shows them.
pub(crate) fn learn(topology: &Topology, index: &Index<'_>, base: &Base) {
    for (address, entry) in &base.entries {
        let object = match topology.resources.get(address) {
            Some(resource) => index.live(address).map(|live| (resource.kind, live)),
            None => index.undeclared.get(address).copied(),
        };
        let Some((kind, live)) = object else { continue };
        for (name, stored) in &entry.fields {
            let kept = Base::fingerprints(&stored.value);
            if !kept.is_empty() {
                learn_from(topology, base, &kept, &shown(kind, live, name));
            }
        }
    }
}

/// A field of a live object in the form in which it is kept; of a list that is a resource, its items.
fn shown(kind: &'static Kind, live: &Live, name: &str) -> Attr {
    match name == ITEMS && kind.field(name).is_none() {
        true => Attr::List(live_items(kind, live)),
        false => live.value(kind, name),
    }
}

fn learn_from(topology: &Topology, base: &Base, kept: &BTreeSet<&str>, live: &Attr) {
    match live {
        Attr::List(items) => items.iter().for_each(|item| learn_from(topology, base, kept, item)),
        Attr::Map(map) => map.values().for_each(|value| learn_from(topology, base, kept, value)),
        // A text that holds a known one is told by that.
        Attr::Text(text) if !topology.secrets.holds(text) && kept.contains(base.key.print(text).as_str()) => {
            topology.secrets.learn_new(Secret::new(BEFORE, text.as_str()));
        }
        Attr::Secret(secret) if secret.is_text() && kept.contains(base.key.fingerprint(secret).as_str()) => {
            topology.secrets.learn_new(secret.clone().labelled(BEFORE));
        }
        Attr::Null | Attr::Bool(_) | Attr::Number(_) | Attr::Text(_) | Attr::Secret(_) | Attr::Later(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::plan::testing::{World, address};

    const SECRET: &str = "canary-7731";

    /// An endpoint that was applied with a secret among its inputs, and that shows `live` there.
    fn applied(live: &str) -> World {
        let world = World::lab();
        let kept = world.base.stored(&Attr::Secret(Secret::new("secret.psk", SECRET)));
        let object = |key: Value| json!({ "id": "1", "name": "a", "address": "192.0.2.1", "inputs": { "key": key } });
        world
            .wants("east/endpoints/a", json!({ "name": "a", "address": "192.0.2.1", "inputs": { "key": "rotated" } }))
            .applied("east/endpoints/a", "1", json!({ "name": "a", "address": "192.0.2.1", "inputs": { "key": kept } }))
            .shows("east/endpoints", object(json!(live)))
    }

    #[test]
    fn what_was_sent_as_a_secret_is_one_in_the_outputs_that_repeat_it() {
        for (live, is_known) in [(SECRET, true), ("somebody-elses", false)] {
            for output in ["inputs.key", "note"] {
                let mut world = applied(live).wants("east/groups/g", json!({ "name": "g" }));
                let taken = Attr::output(address("east/endpoints/a"), output);
                gives(&mut world, "east/groups/g", "note", taken);
                world.live.get_mut("east/endpoints").unwrap()[0]["note"] = json!(format!("key={live}"));
                // The endpoint stays as it is, so that its outputs are known.
                gives(&mut world, "east/endpoints/a", "inputs", Attr::from_json(&json!({ "key": live })));
                let observed = world.observed();
                let diff = crate::diff::diff(&world.topology, &observed, &world.base);
                let note = &diff.resolved[&address("east/groups/g")]["note"];
                assert_eq!(note.has_secret(), is_known, "{live} {output}: {:?}", note.to_shown());
                assert_eq!(note.to_shown().to_string().contains(live), !is_known, "{live} {output}");
                assert_eq!(world.base.stored(note).to_string().contains(live), !is_known, "{live} {output}");
            }
        }
    }

    fn gives(world: &mut World, at: &str, field: &str, value: Attr) {
        world.topology.resources.get_mut(&address(at)).unwrap().fields.insert(field.to_owned(), value);
    }
}
