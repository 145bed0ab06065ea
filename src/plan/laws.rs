//! Laws of the thinking floors, over thousands of generated histories: a topology is made true, files and controllers
//! move, some of the steps come to nothing, and what follows is planned again.

mod choice;
mod files;
mod lists;
mod ownership;
mod shared_lists;

use std::collections::BTreeSet;

use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use serde_json::{Value, json};

use crate::address::Address;
use crate::attr::Attr;
use crate::check::cycles::cycles;
use crate::diff::Diff;
use crate::diff::index::Placement;
use crate::diff::standing::forget_ids;
use crate::plan::testing::{Fate, World, said};
use crate::plan::{Plan, Verb};
use crate::spec::Strength;
use crate::state::installation::Standing;
use crate::topology::Resource;

/// Histories that each law is tried on: a share of them, or with `TRUEUP_TEST_LONG=1` all.
const CASES: (u32, u32) = (60, 3_000);

fn cases() -> u32 {
    if std::env::var("TRUEUP_TEST_LONG").is_ok_and(|word| word == "1") { CASES.1 } else { CASES.0 }
}

/// What a history is made of: numbers that a topology, or a move, is read from.
type Seed = [u8; 24];

/// Tries a law on histories, always the same ones.
fn for_all<S: Strategy>(strategy: S, law: impl Fn(S::Value) -> Result<(), String>) {
    let config = Config { cases: cases(), failure_persistence: None, max_shrink_iters: 500, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let outcome = runner.run(&strategy, |value| law(value).map_err(TestCaseError::fail));
    if let Err(failure) = outcome {
        panic!("{failure}");
    }
}

fn seed() -> impl Strategy<Value = Seed> {
    prop::array::uniform24(0u8..12)
}

/// One of some values.
fn pick<T: Copy>(values: &[T], seed: u8) -> T {
    values[usize::from(seed) % values.len()]
}

/// A topology, read from a seed. Nothing in it refers to what it does not declare, and nothing waits for itself.
fn topology(mut world: World, seed: &Seed) -> World {
    let [config, a, b, c, groups, in_group, peers, r0, r1, rules, policy, content, far, rest @ ..] = *seed;
    world = world.wants_nothing();
    if config % 3 > 0 {
        world = world.wants("east/config", json!({ "mtu": 1400 + 100 * u32::from(config % 3) }));
    }
    if far % 3 > 0 {
        world = world.wants("west/endpoints/w", json!({ "address": pick(&["192.0.2.50", "192.0.2.51"], far % 2) }));
    }
    let endpoints: Vec<(&str, u8)> =
        [("a", a), ("b", b), ("c", c)].into_iter().filter(|(_, seed)| seed % 4 > 1).collect();
    for (n, (name, seed)) in endpoints.iter().enumerate() {
        let fields = json!({
            "address": pick(&["192.0.2.1", "192.0.2.2", "=west/config.public_ip"], seed % 3),
            // What others refer to is not made anew: see `diff/decide/in_use.rs`.
            "mode": if *name == "a" { "main" } else { pick(&["main", "aggressive"], seed / 4) },
            "group": if groups % 4 > 1 && (in_group >> n) & 1 == 1 { json!("members") } else { Value::Null },
            "networks": pick(&[["10.1.0.0/16", "10.2.0.0/16"], ["10.2.0.0/16", "10.3.0.0/16"]], seed / 6 % 2),
        });
        world = world.wants(&format!("east/endpoints/{name}"), fields);
        for (n, ip) in ["169.254.0.1", "169.254.0.2"].iter().enumerate().filter(|(n, _)| ((peers % 8) >> n) & 1 == 1) {
            let asn = 65_000 + u32::from(peers / 8) + u32::try_from(n).unwrap_or_default();
            world = world.wants(&format!("east/endpoints/{name}/peers/{ip}"), json!({ "asn": asn }));
        }
        if rest[n] % 3 == 1 {
            world = world.wants(&format!("east/endpoints/{name}/health"), json!({ "interval": rest[n] }));
        }
    }
    if groups % 4 % 2 == 1 {
        let leader = if a % 4 > 1 { json!("a") } else { Value::Null };
        // Named by its type, or in words.
        let fields = match rest[4] % 3 {
            0 if a % 4 > 1 => json!({ "note": "via a", "leader": Value::Null }),
            _ => json!({ "note": "no way", "leader": leader }),
        };
        world = world.wants("east/groups/Led", fields);
    }
    if groups % 4 > 1 {
        let note = if far % 3 > 0 { "=west/endpoints/w.id" } else { "alone" };
        world = world.wants("east/groups/members", json!({ "note": note }));
    }
    for (name, seed, cidrs) in [("r0", r0, ["10.8.0.0/16", "10.9.0.0/16"]), ("r1", r1, ["10.8.0.0/24", "10.9.0.0/24"])]
    {
        if seed % 3 > 0 {
            let gateway = ["192.0.2.250", "192.0.2.251"][usize::from(seed / 6)];
            let description = ["one", "two"][usize::from(seed / 3 % 2)];
            let cidr = cidrs[usize::from(seed % 2)];
            let fields = json!({ "cidr": cidr, "gateway": gateway, "description": description });
            world = world.wants(&format!("east/routes/{name}"), fields);
        }
    }
    let order = ["accept a", "accept b", "drop c", "drop d"];
    let items: Vec<Value> =
        (0..rules % 4).map(|n| json!({ "rule": order[usize::from((n * 3 + rules) % 4)] })).collect();
    if rules > 2 {
        world = world.wants("east/rules", Value::Array(items));
    }
    if policy % 3 > 0 {
        let named = endpoints.get(usize::from(policy / 3)).map(|(name, _)| json!(format!("@{name}")));
        world = world.wants("east/policies/p", json!({ "members": named.into_iter().collect::<Vec<_>>() }));
    }
    if content % 3 > 0 {
        world = world.wants("east/blueprints/f", json!({ "path": pick(&["a", "b"], content % 2) }));
    }
    world
}

/// Somebody moves the controller.
fn drift(mut world: World, what: u8, which: u8) -> World {
    let at = |world: &World, collection: &str| {
        let count = world.live.get(collection).map_or(0, Vec::len);
        (count > 0).then(|| usize::from(which) % count.max(1))
    };
    let collection =
        ["east/endpoints", "east/routes", "east/groups", "east/endpoints", "east/routes"][usize::from(what % 5)];
    let Some(n) = at(&world, collection) else { return world };
    let objects = world.live.get_mut(collection).unwrap();
    match what % 6 {
        0 => objects[n]["address"] = json!("192.0.2.99"),
        1 => objects[n]["description"] = json!("theirs"),
        2 => objects[n]["note"] = json!("theirs"),
        3 => objects[n]["name"] = json!("renamed"),
        4 => drop(objects.remove(n)),
        _ => objects.push(json!({ "id": "theirs", "name": "stranger", "address": "192.0.2.77", "mode": "MAIN" })),
    }
    world
}

/// Carries out a plan whole. Gives what kept it from being so.
fn all_done(world: &mut World) -> Result<Plan, String> {
    let plan = world.plan();
    let refused = world.carry_out(&plan, &|_| Fate::Done);
    if refused.is_empty() { Ok(plan) } else { Err(format!("{refused:?}\n{}", told(&plan))) }
}

/// The steps of a plan, a line each.
fn told(plan: &Plan) -> String {
    let line = |step: &crate::plan::Step| format!("{} {}", step.verb.as_str(), step.address);
    plan.steps.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// Plans again, and insists that nothing is left to do.
fn nothing_left(world: &World) -> Result<(), String> {
    let again = world.plan();
    if again.is_empty() { Ok(()) } else { Err(format!("a second plan is not empty:\n{}", told(&again))) }
}

#[test]
fn what_is_applied_is_what_is_wanted() {
    for_all((seed(), seed(), 0u8..12, 0u8..12), |(one, other, what, which)| {
        let mut world = topology(World::lab(), &one);
        all_done(&mut world)?;
        world = topology(drift(world, what, which), &other);
        all_done(&mut world)?;
        nothing_left(&world)?;
        // What the files let go of goes.
        world = world.wants_nothing();
        all_done(&mut world)?;
        nothing_left(&world)?;
        let left: Vec<&Address> = world.base.entries.keys().collect();
        if left.is_empty() { Ok(()) } else { Err(format!("still owned: {left:?}")) }
    });
}

#[test]
fn what_the_files_no_longer_give_is_gone_from_the_controllers() {
    let given = |bits: u8, spelt: u8| {
        let all = [
            ("group", json!("members")),
            ("attributes", json!(["#a", "#b"])),
            ("options", json!(["a=1", "b=2"])),
            ("networks", json!(["10.1.0.0/16"])),
            ("labels", json!({ "team": "net" })),
            ("tunnels", json!([{ "subnet": "10.1.0.0/16", "label": "x" }])),
        ];
        let mut fields = json!({ "address": "192.0.2.1" });
        for (n, (name, value)) in all.into_iter().enumerate() {
            match ((bits >> n) & 1 == 1, (spelt >> n) & 1 == 1) {
                (true, _) => fields[name] = value,
                // To say nothing and to give nothing come to the same for what was applied.
                (false, true) => fields[name] = Value::Null,
                (false, false) => {}
            }
        }
        fields
    };
    let fates = prop::collection::vec(0u8..6, 1..8);
    for_all((0u8..64, 0u8..64, 0u8..64, fates), |(first, then, spelt, fates)| {
        let lab = World::lab().wants("east/groups/members", json!({}));
        let mut world = lab.wants("east/endpoints/a", given(first, spelt));
        all_done(&mut world)?;
        nothing_left(&world)?;
        world = world.wants("east/endpoints/a", given(then, spelt.rotate_left(3)));
        // Some of it may come to nothing at first.
        let plan = world.plan();
        let fate = |n: usize| if fates[n % fates.len()] == 0 { Fate::Unheard } else { Fate::Done };
        let refused = world.carry_out(&plan, &fate);
        if !refused.is_empty() {
            return Err(format!("{refused:?}\n{}", told(&plan)));
        }
        all_done(&mut world)?;
        nothing_left(&world)?;
        let live = &world.live["east/endpoints"][0];
        let wanted = given(then, 0);
        for name in ["group", "attributes", "options", "networks", "labels", "tunnels"] {
            let is_there = !Attr::from_json(&live[name]).is_nothing();
            if is_there != wanted.get(name).is_some() {
                return Err(format!("`{name}` is {}, wanted is {wanted}", live[name]));
            }
        }
        Ok(())
    });
}

#[test]
fn whatever_comes_to_nothing_is_made_good_by_the_next_run() {
    let fates = prop::collection::vec(0u8..4, 1..24);
    for_all((seed(), seed(), fates), |(one, other, fates)| {
        let mut world = topology(World::lab(), &one);
        all_done(&mut world)?;
        world = topology(world, &other);
        let plan = world.plan();
        let fate = |n: usize| match fates[n % fates.len()] {
            0 => Fate::Refused,
            1 => Fate::Unheard,
            _ => Fate::Done,
        };
        let refused = world.carry_out(&plan, &fate);
        if !refused.is_empty() {
            return Err(format!("{refused:?}\n{}", told(&plan)));
        }
        all_done(&mut world)?;
        nothing_left(&world)
    });
}

#[test]
fn removals_keep_the_order_that_the_ledger_remembers() {
    for_all((seed(), seed()), |(one, other)| {
        let mut world = topology(World::lab(), &one);
        all_done(&mut world)?;
        world = topology(world, &other);
        let plan = world.plan();
        let at = |address: &Address, verb: Verb| {
            plan.steps.iter().position(|step| step.address == *address && step.verb == verb)
        };
        for (address, entry) in &world.base.entries {
            for first in &entry.after {
                if let (Some(user), Some(used)) = (at(address, Verb::Delete), at(first, Verb::Delete))
                    && used < user
                {
                    return Err(format!(
                        "`{first}` goes before `{address}`, which depended on it\n{}",
                        self::told(&plan)
                    ));
                }
            }
        }
        Ok(())
    });
}

#[test]
fn nothing_that_is_written_names_what_is_held_and_not_there() {
    for_all((seed(), seed(), 0u8..2), |(one, other, hidden)| {
        let mut world = topology(World::lab(), &one);
        if hidden == 0 {
            all_done(&mut world)?;
        }
        world = topology(world, &other).hides("east/endpoints");
        let plan = world.plan();
        let writes = |address: &str| plan.steps.iter().any(|step| step.address.to_string() == address);
        let led = world.topology.resources.values().find(|resource| resource.address.to_string() == "east/groups/Led");
        let names =
            |field: &str, value: &str| led.and_then(|led| led.fields.get(field)).and_then(Attr::as_text) == Some(value);
        if (names("note", "via a") || names("leader", "a")) && writes("east/groups/Led") {
            return Err(format!("`Led` is written, though `a` could not be looked at\n{}", self::told(&plan)));
        }
        let member = |resource: &&Resource| match resource.fields.get("members") {
            Some(Attr::List(members)) => !members.is_empty(),
            _ => false,
        };
        let of_members = world.topology.resources.values().filter(member).find(|it| writes(&it.address.to_string()));
        of_members.map_or(Ok(()), |it| Err(format!("`{}` names members that could not be looked at", it.address)))
    });
}

#[test]
fn every_plan_keeps_its_promises() {
    for_all((seed(), seed(), 0u8..12, 0u8..12), |(one, other, what, which)| {
        let mut world = topology(World::lab(), &one);
        all_done(&mut world)?;
        world = topology(drift(world, what, which), &other);
        let observed = world.observed();
        let diff = crate::diff::diff(&world.topology, &observed, &world.base);
        identities_stay_apart(&world, &diff)?;
        let plan = crate::plan::plan(&world.topology, &observed, diff).map_err(|cycle| cycle.to_string())?;
        one_verdict_each(&world, &plan)?;
        steps_stand_after_what_they_wait_for(&plan)?;
        let again = world.plan();
        let words = |plan: &Plan| -> Vec<String> {
            plan.verdicts.iter().map(|verdict| format!("{} {}", verdict.address, said(&verdict.decision))).collect()
        };
        if words(&plan) == words(&again) && told(&plan) == told(&again) {
            Ok(())
        } else {
            Err("two plans differ".into())
        }
    });
}

/// Every declared and every owned address gets exactly one verdict.
fn one_verdict_each(world: &World, plan: &Plan) -> Result<(), String> {
    let decided: BTreeSet<String> = plan.verdicts.iter().map(|verdict| verdict.address.to_string()).collect();
    if decided.len() != plan.verdicts.len() {
        return Err(format!("two verdicts on one address: {:?}", plan.verdicts));
    }
    let declared = world.topology.resources.keys().map(Address::to_string);
    let owned = world.base.entries.keys().map(ToString::to_string);
    match declared.chain(owned).find(|address| !decided.contains(address)) {
        Some(address) => Err(format!("no verdict on `{address}`")),
        None => Ok(()),
    }
}

/// What the graph says, and what lives in another thing or takes a value of it, stands in the right order.
fn steps_stand_after_what_they_wait_for(plan: &Plan) -> Result<(), String> {
    let at = |address: &Address, of: &dyn Fn(Verb) -> bool| {
        plan.steps.iter().position(|step| step.address == *address && of(step.verb))
    };
    for (n, step) in plan.steps.iter().enumerate() {
        let wrong = plan.graph.after(n).find(|(first, _)| *first < plan.steps.len() && *first >= n);
        if let Some((first, why)) = wrong {
            return Err(format!("step {n} stands before {first}, though {why}"));
        }
        let above = step.address.parent().and_then(|parent| match step.verb.removes() {
            true => at(&parent, &Verb::removes).map(|parent| n < parent),
            false => at(&parent, &Verb::creates).map(|parent| parent < n),
        });
        if above == Some(false) {
            return Err(format!("{} stands on the wrong side of its parent\n{}", step.address, told(plan)));
        }
        let mut later = None;
        let bodies = step.calls.iter().filter_map(|call| match &call.body {
            crate::plan::Payload::Json(body) => Some(body),
            _ => None,
        });
        for attr in bodies.chain(step.calls.iter().map(|call| &call.path)) {
            attr.for_each_output(&mut |output| {
                if at(&output.address, &|verb| !verb.removes()).is_none_or(|maker| maker >= n) {
                    later = Some(output.to_string());
                }
            });
        }
        if let Some(later) = later {
            return Err(format!("{} needs `{later}` before it is known\n{}", step.address, told(plan)));
        }
    }
    Ok(())
}

/// No live object is two resources, and none that has a declared identity goes without.
fn identities_stay_apart(world: &World, diff: &Diff<'_>) -> Result<(), String> {
    let mut taken: BTreeSet<*const Value> = BTreeSet::new();
    for (address, place) in &diff.index.declared {
        let Placement::Present(live) = place else { continue };
        if !taken.insert(&live.raw) {
            return Err(format!("`{address}` is an object that another one is already"));
        }
        let resource = &world.topology.resources[address];
        let other = world.topology.resources.values().find(|other| {
            other.address != *address
                && (other.address.target(), other.address.parent(), other.kind.name)
                    == (address.target(), address.parent(), resource.kind.name)
                && other.identity_key().is_some_and(|key| Some(key) == live.identity(other.kind))
        });
        if let Some(other) = other {
            return Err(format!("`{address}` is taken for what has the identity of `{}`", other.address));
        }
    }
    for (address, (kind, live)) in &diff.index.undeclared {
        let same = |other: &&Resource| {
            (other.address.target(), other.address.parent(), other.kind.name)
                == (address.target(), address.parent(), kind.name)
                && other.identity_key().is_some_and(|key| Some(key) == live.identity(kind))
        };
        if let Some(wanted) = world.topology.resources.values().find(same) {
            return Err(format!("`{address}` has the identity of `{}`, and nobody took it", wanted.address));
        }
    }
    Ok(())
}

#[test]
fn a_circle_in_the_files_is_one_in_the_plan_and_the_other_way_round() {
    let reference = (0usize..4, 0usize..4, 0u8..5);
    for_all(prop::collection::vec(reference, 0..7), |references| {
        let mut world = World::lab();
        let names = ["a", "b", "c", "d"];
        let mut fields = vec![json!({ "address": "192.0.2.1", "inputs": [] }); 4];
        let mut groups = vec![json!({}); 4];
        let mut routes = vec![json!({}); 4];
        for (from, to, how) in references {
            let name = names[to];
            match how {
                0 => fields[from]["group"] = json!(name),
                1 => groups[from]["leader"] = json!(name),
                2 => {
                    fields[from]["inputs"].as_array_mut().unwrap().push(json!(format!("=east/endpoints/{name}.state")))
                }
                3 => fields[from]["inputs"].as_array_mut().unwrap().push(json!(format!("=east/routes/{name}.id"))),
                _ => routes[from]["description"] = json!(format!("=east/groups/{name}.id")),
            }
        }
        for (n, name) in names.iter().enumerate() {
            routes[n]["cidr"] = json!(format!("10.{n}.0.0/16"));
            world = world.wants(&format!("east/endpoints/{name}"), fields[n].clone());
            world = world.wants(&format!("east/groups/{name}"), groups[n].clone());
            world = world.wants(&format!("east/routes/{name}"), routes[n].clone());
        }
        let (told, plan) = (cycles(&world.topology), world.try_plan());
        match (told.is_empty(), &plan) {
            (true, Ok(_)) => Ok(()),
            (false, Err(cycle)) => {
                let untold = cycle.0.iter().find(|link| link.place.is_none() && !link.name.ends_with(" done"));
                untold.map_or(Ok(()), |link| Err(format!("`{}` has no place", link.name)))
            }
            (true, Err(cycle)) => Err(format!("only the plan knows: {cycle}")),
            (false, Ok(plan)) => Err(format!("only the files know {told:?}\n{}", self::told(plan))),
        }
    });
}

#[test]
fn a_reference_in_an_untyped_value_is_filled() {
    let mut world = World::lab()
        .wants("east/groups/g", json!({ "note": "=west/endpoints/w.id" }))
        .wants("west/endpoints/w", json!({ "address": "192.0.2.1", "inputs": { "deep": ["=east/config.public_ip"] } }));
    all_done(&mut world).unwrap();
    assert_eq!(world.live["east/groups"][0]["note"], world.live["west/endpoints"][0]["id"]);
    assert_eq!(Attr::from_json(&world.live["west/endpoints"][0]["inputs"]["deep"][0]), Attr::text("203.0.113.1"));
}

/// The installation behind a target: its proofs by strength, as numbers; 0 is none.
type Proofs = [u8; 4];

fn proving(world: World, proofs: Proofs) -> World {
    let names = [
        (Strength::Id, "instanceId"),
        (Strength::Topology, "topology"),
        (Strength::Certificate, "certificate"),
        (Strength::Address, "address"),
    ];
    let values: Vec<String> = proofs.iter().map(u8::to_string).collect();
    let shown = names.iter().zip(&values).zip(proofs).filter(|(_, proof)| *proof > 0);
    let shown: Vec<(Strength, &str, &str)> =
        shown.map(|(((strength, name), value), _)| (*strength, *name, value.as_str())).collect();
    world.proves("east", &shown)
}

/// A history of a target: a port is forwarded, a lease runs out, a certificate is renewed, the keys are made anew, the
/// controller is rebuilt behind the same address, the API stops to show its id. After each, a run. Nothing is sent to another
/// installation until somebody says that it has moved, and what changed beside that is told once.
#[test]
fn nothing_is_sent_to_another_installation() {
    let events = prop::collection::vec(0u8..8, 1..12);
    for_all((seed(), events), |(seed, events)| {
        let mut proofs: Proofs = [1, 2, 3, 4];
        let mut world = topology(proving(World::lab(), proofs), &seed);
        all_done(&mut world)?;
        world = world.recorded();
        let mut next = 4;
        for event in events {
            let known = world.base.targets.get("east").cloned();
            let mut change = |at: usize| {
                next += 1;
                proofs[at] = next;
            };
            match event {
                0 | 1 => change(3),
                2 => change(2),
                3 => change(1),
                4 => change(0),
                5 => [0, 1, 2].into_iter().for_each(&mut change),
                6 => proofs[0] = 0,
                _ => {}
            }
            world = proving(world, proofs);
            world
                .live
                .entry("east/groups".into())
                .or_default()
                .push(json!({ "id": "x", "name": format!("by {next}") }));
            let owns = world.base.owned_at("east").next().is_some();
            let shown = world.observed().targets["east"].proofs.clone();
            let is_other = owns && matches!(known.map(|known| known.compare(&shown)), Some(Standing::Other(_)));
            let plan = world.plan();
            let at_east = plan.steps.iter().filter(|step| step.address.target() == "east").count();
            let held = plan.verdicts.iter().filter(|verdict| said(&verdict.decision) == "hold moved").count();
            if !is_other {
                if held > 0 {
                    return Err(format!("{held} are held at the same installation, after {event}"));
                }
                all_done(&mut world)?;
                world = world.recorded();
                continue;
            }
            let here = plan.verdicts.iter().filter(|verdict| verdict.address.target() == "east").count();
            if at_east > 0 || held != here || here == 0 {
                return Err(format!(
                    "{at_east} steps at another installation, {held} of {here} held:\n{}",
                    told(&plan)
                ));
            }
            // A run that is told nothing learns nothing: the next look says the same.
            world = world.recorded();
            if world.plan().verdicts.iter().filter(|verdict| said(&verdict.decision) == "hold moved").count() != held {
                return Err("a run took the other installation's proofs over".into());
            }
            let mut moved = world.clone().allows("moved=east");
            forget_ids(&moved.topology, &mut moved.base, "east");
            all_done(&mut moved)?;
            moved = moved.recorded();
            moved.topology.policy = world.topology.policy.clone();
            world = moved;
        }
        let steps = world.plan().steps.len();
        if steps == 0 { Ok(()) } else { Err(format!("{steps} steps are left")) }
    });
}
