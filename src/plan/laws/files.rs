//! Laws of plan files: what is read is what was written, and what moved since is held, and nothing else.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::Value;

use super::{all_done, drift, for_all, seed, topology};
use crate::diff::matching::index;
use crate::fabric::FabricOrigin;
use crate::plan::Plan;
use crate::plan::file::{Moved, Restored, SecretsByPrint, Work, moved, restore};
use crate::plan::testing::World;

/// The plan, as a file holds it and gives it back.
fn through_a_file(world: &World, plan: &Plan) -> Result<(Work, Plan), String> {
    let text =
        serde_json::to_string(&Work::of(&world.topology, plan, &world.base)).map_err(|error| error.to_string())?;
    let work: Work = serde_json::from_str(&text).map_err(|error| error.to_string())?;
    let mut secrets = SecretsByPrint::new(world.base.key.clone());
    world.topology.resources.values().flat_map(|it| it.fields.values()).for_each(|attr| secrets.learn(attr));
    let Restored { plan, unfit } = restore(&work, &world.topology, &secrets)?;
    if unfit.is_empty() { Ok((work, plan)) } else { Err(format!("unfit: {unfit:?}")) }
}

/// What a plan does, step by step, and what comes of it in the ledger.
fn done_by(plan: &Plan) -> Vec<String> {
    let step = |(n, step): (usize, &crate::plan::Step)| {
        let after: Vec<(usize, &String)> = plan.graph.after(n).collect();
        let row = plan.ledger_updates.get(&step.address).filter(|_| !step.verb.removes());
        let row = row.map(|row| (&row.wanted, &row.partial, &row.unknown, &row.after, &row.id, &row.origin));
        let what = (&step.address, step.verb, &step.calls, &step.leaves, &step.id, &step.timing, &step.origin);
        format!("{what:?} after {after:?}: {row:?}")
    };
    plan.steps.iter().enumerate().map(step).collect()
}

/// What has moved since the plan was made, in the world as it is now.
fn moved_in(world: &World, work: &Work, plan: &Plan) -> Moved {
    let observed = world.observed();
    let index = index(&world.topology, &observed, &world.base);
    moved(&world.topology, &observed, &index, &world.base, (work, plan))
}

/// The same, all of it declared by a fabric.
fn of_a_fabric(mut world: World) -> World {
    for (n, resource) in world.topology.resources.values_mut().enumerate() {
        let path = format!("fabric/vpns/core/{}/{}", n % 3, resource.address.target());
        resource.origin = FabricOrigin::from_path(&path).map(Arc::new);
    }
    world
}

#[test]
fn a_plan_comes_back_from_its_file_and_nothing_has_moved() {
    for_all((seed(), seed(), 0u8..12, 0u8..12), |(one, other, what, which)| {
        let mut world = topology(World::lab(), &one);
        all_done(&mut world)?;
        world = of_a_fabric(topology(drift(world, what, which), &other));
        let plan = world.plan();
        let (work, restored) = through_a_file(&world, &plan)?;
        if done_by(&restored) != done_by(&plan) {
            return Err(format!("{:#?}\nis not\n{:#?}", done_by(&restored), done_by(&plan)));
        }
        let held = moved_in(&world, &work, &restored).held;
        if held.is_empty() { Ok(()) } else { Err(format!("held though nothing moved: {held:?}")) }
    });
}

/// The ids of the objects that differ between two states of the controllers.
fn changed(before: &World, after: &World) -> BTreeSet<String> {
    let objects = |world: &World| -> BTreeSet<(String, String)> {
        let all = world.live.iter().flat_map(|(at, objects)| objects.iter().map(move |object| (at, object)));
        all.map(|(at, object)| (at.clone(), object.to_string())).collect()
    };
    let (before, after) = (objects(before), objects(after));
    let id = |(_, object): &(String, String)| {
        let object: Value = serde_json::from_str(object).unwrap_or_default();
        object["id"].as_str().unwrap_or_default().to_owned()
    };
    before.symmetric_difference(&after).map(id).collect()
}

#[test]
fn what_moved_is_held_and_nothing_else() {
    for_all((seed(), seed(), 0u8..5, 0u8..12), |(one, other, what, which)| {
        let mut world = topology(World::lab(), &one);
        all_done(&mut world)?;
        world = topology(world, &other);
        let (work, plan) = through_a_file(&world, &world.plan())?;
        let later = drift(world.clone(), what, which);
        let changed = changed(&world, &later);
        let moved = moved_in(&later, &work, &plan);
        for step in plan.steps.iter().filter(|step| !step.found.is_empty()) {
            let is_changed = step.id.as_ref().is_some_and(|id| changed.contains(id));
            let (is_held, is_done) = (moved.held.contains_key(&step.address), moved.done.contains_key(&step.address));
            if is_changed && !is_held && !is_done {
                return Err(format!("`{}` changed, and is not held", step.address));
            }
            if is_held && !is_changed {
                return Err(format!("`{}` is held, and did not change: {:?}", step.address, moved.held));
            }
        }
        Ok(())
    });
}
