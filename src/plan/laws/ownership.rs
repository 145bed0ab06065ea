//! Whose things are, over generated histories: labels move, files and targets go, controllers are rebuilt, the ledger is
//! lost, and a run is killed between what it makes and what it takes down.

use std::collections::BTreeSet;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::{all_done, for_all, nothing_left, one_verdict_each, told};
use crate::diff::verdict::Decision;
use crate::plan::Plan;
use crate::plan::testing::{Fate, World};
use crate::state::base::Base;

/// One round: what the files say, what happens before, and what becomes of the steps.
#[derive(Debug, Clone)]
struct Round {
    event: u8,
    routes: [u8; 4],
    names: u8,
    fates: [u8; 6],
}

fn round() -> impl Strategy<Value = Round> {
    let numbers = (0u8..12, prop::array::uniform4(0u8..6), any::<u8>(), prop::array::uniform6(0u8..8));
    numbers.prop_map(|(event, routes, names, fates)| Round { event, routes, names, fates })
}

/// The collections that histories are about.
const COLLECTIONS: [&str; 3] = ["east/routes", "east/groups", "east/endpoints"];

/// A world with what is not ours in it: collection and object.
struct History {
    world: World,
    theirs: Vec<(String, Value)>,
    reissues: bool,
    strangers: usize,
}

impl History {
    fn new(reissues: bool) -> History {
        let world = if reissues { World::lab().reissues_ids() } else { World::lab() };
        History { world, theirs: Vec::new(), reissues, strangers: 0 }
    }

    /// The files of a round: routes by label, names as they are, and peers in an endpoint.
    fn files(&mut self, round: &Round) {
        let has_west = self.world.topology.targets.contains_key("west");
        let mut world = self.world.clone().wants_nothing();
        let mut used = BTreeSet::new();
        for (label, &choice) in round.routes.iter().enumerate() {
            if choice > 1 && used.insert(choice) {
                let cidr = format!("10.{choice}.0.0/16");
                let description = if round.names.is_multiple_of(5) { "told" } else { "" };
                let fields = json!({ "cidr": cidr, "gateway": "192.0.2.1", "description": description });
                world = world.wants(&format!("east/routes/net-{label}"), fields);
            }
        }
        for (n, name) in ["core", "edge", "lab"].iter().enumerate().filter(|(n, _)| (round.names >> n) & 1 == 1) {
            let name = if n == 0 && round.names & 64 > 0 { name.to_uppercase() } else { (*name).to_owned() };
            world = world.wants(&format!("east/groups/{name}"), json!({}));
        }
        if round.names & 8 > 0 {
            world = world.wants("east/endpoints/e", json!({ "address": "192.0.2.9" }));
            for ip in
                ["169.254.0.1", "169.254.0.2"].iter().enumerate().filter(|(n, _)| (round.names >> (n + 4)) & 1 == 1)
            {
                world = world.wants(&format!("east/endpoints/e/peers/{}", ip.1), json!({ "asn": 65_000 }));
            }
        }
        if has_west {
            world = world.wants("west/endpoints/w", json!({ "address": "192.0.2.50" }));
        }
        self.world = world;
        let declared = self.declared();
        self.theirs.retain(|(at, object)| !declared.contains(&(at.clone(), key(at, object))));
    }

    /// What the files declare, by what tells it apart.
    fn declared(&self) -> BTreeSet<(String, String)> {
        let one = |address: &crate::address::Address| {
            let at = format!("{}/{}", address.target(), address.kind());
            let resource = &self.world.topology.resources[address];
            let fields = resource.fields.iter().map(|(name, value)| (name.clone(), value.to_shown()));
            COLLECTIONS.contains(&at.as_str()).then(|| (at.clone(), key(&at, &Value::Object(fields.collect()))))
        };
        self.world.topology.resources.keys().filter(|address| address.parent().is_none()).filter_map(one).collect()
    }

    fn stranger(&mut self, collection: &str, id: String) {
        self.strangers += 1;
        let n = self.strangers;
        let object = match collection {
            "east/routes" => {
                json!({ "id": id, "cidr": format!("172.16.{n}.0/24"), "gateway": "192.0.2.7", "description": "" })
            }
            _ => json!({ "id": id, "name": format!("stranger-{n}"), "note": "", "leader": "" }),
        };
        self.world.live.entry(collection.into()).or_default().push(object.clone());
        self.theirs.push((collection.into(), object));
    }

    fn happens(&mut self, event: u8) {
        // An id that is somebody else's by now says nothing of whose it looks.
        if matches!(event, 1..=3) {
            self.world.foreign.clear();
        }
        match event {
            1 => self.renumber(),
            2 => self.rebuild(),
            3 => {
                self.world.base = Base { key: "k".into(), ..Base::default() };
                // A stranger in something of ours would be in the way of its removal.
                self.world.live.retain(|at, _| !at.ends_with("/peers"));
                self.theirs = self.live();
            }
            4 => self.stranger("east/routes", format!("theirs-{}", self.strangers)),
            5 => self.stranger("east/groups", format!("theirs-{}", self.strangers)),
            6 => self.world = self.world.clone().drops("west"),
            7 => self.rename(),
            8 => self.disguise(),
            9 => self.world.unseen.extend(COLLECTIONS.map(|at| (at.to_owned(), "503".to_owned()))),
            _ => {}
        }
    }

    fn live(&self) -> Vec<(String, Value)> {
        let of = |at: &str| {
            let objects = self.world.live.get(at).cloned().unwrap_or_default();
            objects.into_iter().map(|object| (at.to_owned(), object)).collect::<Vec<_>>()
        };
        COLLECTIONS.iter().flat_map(|at| of(at)).collect()
    }

    /// The controller is restored: the same objects have each other's ids.
    fn renumber(&mut self) {
        for at in ["east/routes", "east/groups"] {
            let Some(objects) = self.world.live.get_mut(at) else { continue };
            let ids: Vec<Value> = objects.iter().rev().map(|object| object["id"].clone()).collect();
            for (object, id) in objects.iter_mut().zip(ids) {
                let own = (at.to_owned(), object.clone());
                let theirs = self.theirs.iter_mut().find(|known| **known == own);
                object["id"] = id.clone();
                theirs.into_iter().for_each(|(_, known)| known["id"] = id.clone());
            }
        }
    }

    /// The controller is built anew: nothing of ours is there, and strangers have the ids that ours had.
    fn rebuild(&mut self) {
        if !self.reissues {
            return;
        }
        self.world.live.retain(|at, _| at == "east/config" || at.starts_with("west/"));
        self.theirs.clear();
        let owned: Vec<(String, String)> = (self.world.base.entries.iter())
            .filter(|(address, _)| address.target() == "east" && address.parent().is_none())
            .map(|(address, entry)| (format!("east/{}", address.kind()), entry.id.clone()))
            .collect();
        for (at, id) in owned.into_iter().filter(|(at, _)| at != "east/config" && COLLECTIONS.contains(&at.as_str())) {
            self.stranger(&at, id);
        }
    }

    /// Somebody renames a group at the console. Where ids are handed out anew, nobody can tell it from another one.
    fn rename(&mut self) {
        let is_taken = |object: &Value| object["name"] == "renamed";
        let objects = self.world.live.entry("east/groups".into()).or_default();
        if objects.iter().any(is_taken) || objects.is_empty() {
            return;
        }
        let before = ("east/groups".to_owned(), objects[0].clone());
        objects[0]["name"] = json!("renamed");
        let after = ("east/groups".to_owned(), objects[0].clone());
        let was_theirs = self.theirs.contains(&before);
        self.theirs.retain(|known| *known != before);
        if was_theirs || self.reissues {
            self.theirs.push(after);
        }
    }

    /// What was made from here looks as if it were the system's.
    fn disguise(&mut self) {
        let made = self.world.base.entries.iter().filter(|(_, entry)| entry.made);
        let at = |address: &crate::address::Address| format!("{}/{}", address.target(), address.kind());
        let ids = made.filter(|(address, _)| COLLECTIONS.contains(&at(address).as_str())).map(|(_, entry)| &entry.id);
        self.world.foreign.extend(ids.cloned());
    }

    /// What is not ours is there, as it was.
    fn leaves_others_alone(&self) -> Result<(), String> {
        let live = self.live();
        match self.theirs.iter().find(|known| !live.contains(known)) {
            Some((at, object)) => Err(format!("{at}: somebody else's is not as it was: {object}\n{live:?}")),
            None => Ok(()),
        }
    }

    /// What is there and ours is what the files declare.
    fn loses_nothing(&self) -> Result<(), String> {
        let ours = self.live().into_iter().filter(|known| !self.theirs.contains(known));
        let ours: BTreeSet<(String, String)> = ours.map(|(at, object)| (at.clone(), key(&at, &object))).collect();
        let declared = self.declared();
        if ours == declared { Ok(()) } else { Err(format!("there is {ours:?}, and wanted is {declared:?}")) }
    }

    fn round(&mut self, round: &Round) -> Result<(), String> {
        self.happens(round.event);
        self.files(round);
        let plan = self.world.plan();
        one_verdict_each(&self.world, &plan)?;
        let fate = |n: usize| match round.fates[n % round.fates.len()] {
            0 => Fate::Refused,
            1 => Fate::Unheard,
            2 => Fate::Killed,
            _ => Fate::Done,
        };
        let refused = self.world.carry_out(&plan, &fate);
        if !refused.is_empty() {
            return Err(format!("{refused:?}\n{}", told(&plan)));
        }
        // What could not be looked at in this round can be in the next one.
        self.world.unseen.clear();
        self.leaves_others_alone()
    }

    /// A run that comes to its end.
    fn settles(&mut self) -> Result<(), String> {
        let plan = self.world.plan();
        one_verdict_each(&self.world, &plan)?;
        let refused = self.world.carry_out(&plan, &|_| Fate::Done);
        if !refused.is_empty() {
            return Err(format!("{refused:?}\n{}", told(&plan)));
        }
        self.leaves_others_alone()?;
        self.loses_nothing()?;
        nothing_left(&self.world)
    }
}

/// What tells an object of a collection apart.
fn key(at: &str, object: &Value) -> String {
    match at {
        "east/routes" => format!("{} {}", object["cidr"], object["gateway"]),
        _ => object["name"].as_str().unwrap_or_default().to_lowercase(),
    }
}

#[test]
fn nothing_of_ours_is_lost_and_nothing_of_others_touched() {
    for_all((any::<bool>(), prop::collection::vec(round(), 1..4)), |(reissues, rounds)| {
        let mut history = History::new(reissues);
        for round in &rounds {
            history.round(round)?;
            history.settles()?;
        }
        // All that is owned goes with the files, and the rest stays.
        let has_west = history.world.topology.targets.contains_key("west");
        history.world = history.world.wants_nothing();
        history.settles()?;
        let left: Vec<String> = history.world.base.entries.keys().map(ToString::to_string).collect();
        let stays = |address: &String| address.starts_with("west/") && !has_west;
        if left.iter().all(stays) { Ok(()) } else { Err(format!("still owned: {left:?}")) }
    });
}

#[test]
fn a_killed_run_and_other_files_lose_nothing() {
    for_all((any::<bool>(), round(), round()), |(reissues, mut one, other)| {
        let mut history = History::new(reissues);
        history.files(&one);
        all_done(&mut history.world)?;
        // Steps are done, refused or killed. What nobody heard of could be anybody's.
        one.fates = other.fates.map(|fate| if fate == 1 { 3 } else { fate });
        history.round(&Round { event: other.event, fates: one.fates, ..other.clone() })?;
        history.files(&one);
        history.settles()
    });
}

/// Two spellings of the same object: the collection, and the fields of either.
fn twins(which: u8) -> (&'static str, [(&'static str, Value); 2]) {
    let route = |cidr: &str, gateway: &str| json!({ "cidr": cidr, "gateway": gateway });
    match which {
        0 => ("east/routes", [("a", route("10.1.0.0/16", "192.0.2.1")), ("b", route("10.1.0.9/16", "192.0.2.1"))]),
        _ => (
            "east/routes",
            [("a", route("10.1.0.0/16", "203.0.113.2")), ("b", route("10.1.0.0/16", "=west/config.public_ip"))],
        ),
    }
}

#[test]
fn two_declarations_are_never_one_object() {
    for_all((0u8..2, any::<bool>(), any::<bool>(), 0u8..8), |(which, is_there, second_goes, fate)| {
        let (collection, declared) = twins(which);
        let mut world = World::lab();
        if is_there {
            let object = match which {
                0 => json!({ "id": "x", "cidr": "10.1.0.0/16", "gateway": "192.0.2.1", "description": "" }),
                _ => json!({ "id": "x", "cidr": "10.1.0.0/16", "gateway": "203.0.113.2", "description": "" }),
            };
            world = world.shows(collection, object);
        }
        for (name, fields) in &declared {
            world = world.wants(&format!("{collection}/{name}"), fields.clone());
        }
        let count = |world: &World| world.live.get(collection).map_or(0, Vec::len);
        let held = |plan: &Plan| plan.verdicts.iter().filter(|it| matches!(it.decision, Decision::Hold(_))).count();
        let fates = [Fate::Refused, Fate::Unheard, Fate::Killed, Fate::Done];
        for fate in [fates[usize::from(fate % 4)], Fate::Done, Fate::Done] {
            let plan = world.plan();
            one_verdict_each(&world, &plan)?;
            world.carry_out(&plan, &|_| fate);
        }
        let plan = world.plan();
        if (count(&world), held(&plan), plan.steps.len()) != (1, 1, 0) {
            return Err(format!("{} objects, {} held\n{}", count(&world), held(&plan), told(&plan)));
        }
        // The other one of the two has it from then on, and nothing is made or removed for that.
        let stays = &declared[usize::from(!second_goes)];
        world = world.wants_nothing().wants(&format!("{collection}/{}", stays.0), stays.1.clone());
        let plan = world.plan();
        let touched = plan.steps.iter().any(|step| step.verb.creates() || step.verb.removes());
        world.carry_out(&plan, &|_| Fate::Done);
        match (touched, count(&world)) {
            (false, 1) => nothing_left(&world),
            (_, count) => Err(format!("{count} objects\n{}", told(&plan))),
        }
    });
}
