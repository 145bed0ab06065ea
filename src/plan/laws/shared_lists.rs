//! Ordered lists that others share, over generated ones, of all ways in which APIs take them: as a whole, item by item with
//! ids, and item by item by place.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::{all_done, for_all, nothing_left};
use crate::plan::testing::World;
use crate::plan::{Payload, Plan};
use crate::topology::{ITEMS, ItemPlace};
use wire::Method;

/// The lists: the address, and the field in which its items or those of the resource stand.
const LISTS: [(&str, &str, &str); 4] = [
    ("east/rules", ITEMS, "east/rules"),
    ("t/firewall-rules", ITEMS, "t/firewall-rules"),
    ("t/firewall-v1-rules", ITEMS, "t/firewall-v1-rules"),
    ("t/firewall-subtables/s", "rules", "t/firewall-subtables"),
];

/// A list of one of these sorts, its items told by a number each: below 10 they are ours, the others theirs.
#[derive(Clone)]
struct Shared {
    world: World,
    list: usize,
    among: ItemPlace,
    ids: usize,
}

fn text(word: u8) -> String {
    format!("FORWARD -s 10.{word}.0.0/16 -j DROP")
}

/// The place of a number: theirs with the number 10 is there once, and others stand beside it.
fn place(seed: u8) -> ItemPlace {
    match seed % 4 {
        0 => ItemPlace::First,
        1 => ItemPlace::Last,
        2 => ItemPlace::Before(text(10)),
        _ => ItemPlace::After(text(10)),
    }
}

impl Shared {
    fn new(list: usize, among: ItemPlace, live: &[u8]) -> Shared {
        let world = if list == 0 { World::lab() } else { World::of("vns3", "t", "") };
        let mut shared = Shared { world, list, among, ids: 0 };
        shared.show(live);
        shared
    }

    fn at(&self) -> &'static str {
        LISTS[self.list].0
    }

    /// Somebody makes the live list this one.
    fn show(&mut self, items: &[u8]) {
        let known = self.live_items();
        let item = |(n, word): (usize, &u8)| {
            let earlier = known.iter().find(|item| item["rule"] == text(*word)).cloned();
            self.ids += 1;
            let id = format!("r{}", self.ids);
            earlier.unwrap_or_else(|| json!({ "id": id, "rule": text(*word), "comment": format!("said {n}") }))
        };
        let items = items.iter().enumerate().map(item).collect();
        self.set(items);
    }

    fn set(&mut self, items: Vec<Value>) {
        let objects = match self.list {
            2 => items.iter().enumerate().map(|(n, item)| json!([item["rule"], n])).collect(),
            3 => {
                let numbered = items.into_iter().enumerate().map(|(n, mut item)| {
                    item["position"] = json!(n);
                    item
                });
                vec![json!({ "name": "s", "type": "forward", "rules": numbered.collect::<Vec<_>>() })]
            }
            1 => {
                let numbered = items.into_iter().enumerate().map(|(n, mut item)| {
                    item["position"] = json!(n);
                    item
                });
                numbered.collect()
            }
            _ => items,
        };
        self.world.live.insert(LISTS[self.list].2.to_owned(), objects);
    }

    fn live_items(&self) -> Vec<Value> {
        let objects = self.world.live.get(LISTS[self.list].2).cloned().unwrap_or_default();
        match self.list {
            2 => objects.iter().map(|pair| json!({ "rule": pair[0] })).collect(),
            3 => objects.first().and_then(|object| object["rules"].as_array().cloned()).unwrap_or_default(),
            _ => objects,
        }
    }

    /// The live list, by numbers.
    fn live(&self) -> Vec<u8> {
        let word = |item: &Value| item["rule"].as_str()?.split('.').nth(1)?.parse().ok();
        self.live_items().iter().filter_map(word).collect()
    }

    /// What others have in it, as it is.
    fn theirs(&self) -> Vec<Value> {
        let mut items = self.live_items();
        items.retain(|item| !(0..10).any(|word| item["rule"] == text(word)));
        for item in &mut items {
            if let Value::Object(map) = item {
                // Places shift, and a list that is written as a whole may number its items anew.
                map.remove("position");
                map.remove("id").filter(|_| self.list == 3);
            }
        }
        items
    }

    fn want(&mut self, ours: &[u8]) {
        let items: Vec<Value> = ours.iter().map(|word| json!({ "rule": text(*word) })).collect();
        let world = self.world.clone();
        let (at, field, _) = LISTS[self.list];
        let world = match field {
            ITEMS => world.wants(at, json!(items)),
            field => world.wants(at, json!({ "type": "forward", field: items })),
        };
        self.world = world.partial_at(at, field, self.among.clone());
    }

    /// Carries the plan out, and takes down what is ours.
    fn apply(&mut self) -> Result<(), String> {
        let plan = self.world.plan();
        let lists: Vec<_> = plan.ledger_updates.values().map(|update| update.wanted.clone()).collect();
        if self.list == 0 {
            all_done(&mut self.world)?;
        } else {
            self.serve(&plan)?;
        }
        let at = crate::plan::testing::address(self.at());
        self.world.base.entries.remove(&at);
        if let (Some(wanted), Some(resource)) = (lists.first(), self.world.topology.resources.get(&at)) {
            let partial = resource.partial.clone();
            let fields = wanted.iter().map(|(name, value)| (name.clone(), value.to_shown()));
            let fields = match fields.clone().find(|(name, _)| name == ITEMS) {
                Some((_, items)) => items,
                None => Value::Object(fields.collect()),
            };
            let id = if self.list == 3 { "s" } else { "" };
            self.world = self.world.clone().applied(self.at(), id, fields);
            self.world.base.entries.get_mut(&at).unwrap().partial = partial;
        }
        nothing_left(&self.world)
    }

    /// Reads the calls as a controller does.
    fn serve(&mut self, plan: &Plan) -> Result<(), String> {
        for call in plan.steps.iter().flat_map(|step| &step.calls) {
            let body = match &call.body {
                Payload::Json(body) => body.to_shown(),
                Payload::None | Payload::File(_) => Value::Null,
            };
            let path = call.path.to_text().unwrap();
            let last = path.rsplit('/').next().unwrap();
            let mut items = self.live_items();
            let named = || match self.list {
                2 => last.parse().ok().filter(|at| *at < items.len()),
                _ => items.iter().position(|item| item["id"] == last),
            };
            match call.method {
                Method::Post => {
                    let at = usize::try_from(body["position"].as_u64().unwrap()).unwrap();
                    if at > items.len() {
                        return Err(format!("there is no place {at} among {}", items.len()));
                    }
                    self.ids += 1;
                    let mut item = body;
                    item["id"] = json!(format!("r{}", self.ids));
                    items.insert(at, item);
                }
                Method::Delete => drop(items.remove(named().ok_or(format!("404 {path}"))?)),
                Method::Put if self.list == 3 => items = body["rules"].as_array().unwrap().clone(),
                _ => return Err(format!("a list that others share is written as a whole: {path}")),
            }
            self.set(items);
        }
        Ok(())
    }

    /// Ours stand together at their place, in order, and theirs are what they were.
    fn holds(&self, ours: &[u8], theirs: &[Value]) -> Result<(), String> {
        let live = self.live();
        let told = || format!("{} {:?}: {live:?}, and ours are {ours:?}", self.at(), self.among);
        if self.theirs() != theirs {
            return Err(format!("{}: theirs were {theirs:?}, and are {:?}", told(), self.theirs()));
        }
        let is_ours = |word: &u8| *word < 10;
        if live.iter().copied().filter(is_ours).collect::<Vec<_>>() != ours {
            return Err(told());
        }
        let (Some(first), Some(last)) = (live.iter().position(is_ours), live.iter().rposition(is_ours)) else {
            return Ok(());
        };
        let anchor = live.iter().position(|word| *word == 10);
        let is_there = match &self.among {
            ItemPlace::First => first == 0,
            ItemPlace::Last => last + 1 == live.len(),
            ItemPlace::Before(_) => anchor == Some(last + 1),
            ItemPlace::After(_) => anchor.is_some_and(|anchor| anchor + 1 == first),
            ItemPlace::Anywhere => true,
        };
        if is_there && last + 1 - first == ours.len() { Ok(()) } else { Err(told()) }
    }
}

/// Numbers of ours, in some order.
fn ours() -> impl Strategy<Value = Vec<u8>> {
    Just((0u8..6).collect::<Vec<_>>())
        .prop_shuffle()
        .prop_flat_map(|all| (0..=all.len()).prop_map(move |n| all[..n].to_vec()))
}

/// Numbers of theirs, in some order: 10 stands among them once, equal ones may.
fn theirs() -> impl Strategy<Value = Vec<u8>> {
    (prop::collection::vec(11u8..15, 0..5), any::<prop::sample::Index>()).prop_map(|(mut all, at)| {
        all.insert(at.index(all.len() + 1), 10);
        all
    })
}

/// Ours put among theirs anywhere.
fn scattered(ours: &[u8], theirs: &[u8], seeds: &[u8]) -> Vec<u8> {
    let mut all = theirs.to_vec();
    for (word, seed) in ours.iter().zip(seeds) {
        all.insert(usize::from(*seed) % (all.len() + 1), *word);
    }
    all
}

#[test]
fn ours_stand_at_their_place_and_theirs_stay_what_and_where_they_are() {
    let seeds = prop::collection::vec(any::<u8>(), 8);
    for_all((0..LISTS.len(), any::<u8>(), ours(), ours(), ours(), theirs(), seeds), |history| {
        let (list, seed, before, first, second, others, seeds) = history;
        let live = scattered(&before, &others, &seeds);
        // Some of ours are there before us: they are taken as ours, as the files declare them.
        let live: Vec<u8> = live.into_iter().filter(|word| *word >= 10 || first.contains(word)).collect();
        let mut shared = Shared::new(list, place(seed), &live);
        let theirs = shared.theirs();
        shared.want(&first);
        shared.apply()?;
        shared.holds(&first, &theirs)?;
        // The files move on.
        shared.want(&second);
        shared.apply()?;
        shared.holds(&second, &theirs)?;
        // Somebody scatters ours.
        shared.show(&scattered(&second, &others, &seeds));
        let theirs = shared.theirs();
        shared.apply()?;
        shared.holds(&second, &theirs)?;
        // The place is another one.
        shared.among = place(seed / 4);
        shared.want(&second);
        shared.apply()?;
        shared.holds(&second, &theirs)?;
        // The files let go of it. A resource that holds a list goes with it; the lab can't remove any.
        if (1..=2).contains(&list) {
            shared.world = shared.world.wants_nothing();
            let plan = shared.world.plan();
            shared.serve(&plan)?;
            shared.holds(&[], &theirs)?;
        }
        Ok(())
    });
}

#[test]
fn what_others_put_elsewhere_is_nothing_to_us() {
    for_all((0..LISTS.len(), any::<u8>(), ours(), theirs(), any::<u8>()), |(list, seed, ours, others, at)| {
        let mut shared = Shared::new(list, place(seed), &others);
        shared.want(&ours);
        shared.apply()?;
        let mut live = shared.live();
        let at = usize::from(at) % (live.len() + 1);
        live.insert(at, 20);
        shared.show(&live);
        let is_ours = |word: Option<&u8>| word.is_some_and(|word| *word < 10);
        let (before, after) = (at.checked_sub(1).and_then(|at| live.get(at)), live.get(at + 1));
        // Between ours, or between ours and what they stand by.
        let is_between = is_ours(before) && is_ours(after);
        let is_beyond = match &shared.among {
            ItemPlace::First => before.is_none() && is_ours(after),
            ItemPlace::Last => after.is_none() && is_ours(before),
            ItemPlace::Before(_) => is_ours(before) && after == Some(&10),
            ItemPlace::After(_) => before == Some(&10) && is_ours(after),
            ItemPlace::Anywhere => false,
        };
        let (verdict, moved) = (shared.world.verdict(shared.at()), is_between || is_beyond);
        match (verdict.as_str(), moved) {
            ("same", false) => {}
            (verdict, true) if verdict.ends_with(": drift") => {}
            (verdict, _) => return Err(format!("{live:?} {:?}: {verdict}", shared.among)),
        }
        // Who is named and goes leaves us without a place.
        live.retain(|word| *word != 10);
        shared.show(&live);
        let is_held = shared.among.anchor().is_some() && !ours.is_empty();
        match (shared.world.verdict(shared.at()) == "hold no-place", is_held) {
            (told, expected) if told == expected => Ok(()),
            (told, _) => Err(format!("{live:?} {:?}: held {told}", shared.among)),
        }
    });
}
