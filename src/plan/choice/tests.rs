use serde_json::{Value, json};

use super::*;
use crate::diff::verdict::Decision;
use crate::plan::testing::World;

/// The part of a world's changes that a choice makes: its steps, what it takes along, and what it leaves out.
fn part(world: &World, choice: &Choice) -> (String, String, String) {
    let plan = world.plan_of(choice);
    let steps = plan.steps.iter().map(|step| format!("{} {}", step.verb.as_str(), step.address));
    let also = plan.chosen.iter().flat_map(|chosen| &chosen.also).map(|along| along.address.to_string());
    let held = plan.verdicts.iter().filter_map(|verdict| match &verdict.decision {
        Decision::Hold(hold) => Some(format!("{} {}", verdict.address, hold.code)),
        _ => None,
    });
    let line = |words: &mut dyn Iterator<Item = String>| words.collect::<Vec<_>>().join(", ");
    (line(&mut steps.into_iter()), line(&mut also.into_iter()), line(&mut held.into_iter()))
}

fn only(patterns: &[&str]) -> Choice {
    Choice { only: patterns.iter().map(|pattern| (*pattern).to_owned()).collect(), ..Choice::default() }
}

fn endpoint(name: &str) -> Value {
    json!({ "id": name, "name": name, "address": "192.0.2.1", "mode": "MAIN" })
}

fn fields() -> Value {
    json!({ "address": "192.0.2.1" })
}

#[test]
fn the_ties_at_the_head_of_the_other_file() {
    let lab = World::lab;
    let (e, g, peer) = ("east/endpoints/e", "east/groups/g", "east/endpoints/e/peers/192.0.2.9");
    let family = || lab().wants(e, fields()).wants(peer, json!({ "asn": 1 }));
    let old_family = || {
        lab()
            .applied(e, "e", fields())
            .applied(peer, "p", json!({}))
            .shows("east/endpoints", endpoint("e"))
            .shows("east/endpoints/e/peers", json!({ "id": "p", "ip": "192.0.2.9" }))
    };
    let led = |world: World| world.wants(g, json!({ "leader": "e" }));
    let old_led = || {
        lab()
            .applied(e, "e", fields())
            .applied(g, "g", json!({ "leader": "e" }))
            .shows("east/endpoints", endpoint("e"))
            .shows("east/groups", json!({ "id": "g", "name": "g", "leader": "e" }))
    };
    let changed = || {
        led(lab().applied(e, "e", fields()).shows("east/endpoints", endpoint("e")))
            .wants(e, json!({ "address": "192.0.2.2" }))
    };
    let in_the_way = || {
        let route = json!({ "cidr": "10.1.0.0/16", "gateway": "192.0.2.9", "description": "d" });
        let live = json!({ "id": "r", "cidr": "10.1.0.0/16", "gateway": "192.0.2.9", "description": "d" });
        lab()
            .wants("east/config", json!({ "mtu": 1400 }))
            .wants("east/routes/r", route.clone())
            .applied("east/routes/r", "r", route)
            .shows("east/routes", live)
    };
    let elsewhere = || lab().wants("west/endpoints/w", fields()).wants(g, json!({ "note": "=west/endpoints/w.id" }));
    let excluding = |pattern: &str| Choice { exclude: vec![pattern.to_owned()], ..Choice::default() };
    let east = || Choice { only_target: Some("east".to_owned()), ..Choice::default() };
    for (why, world, choice, steps, also, held) in [
        ("a child brings its parent", family(), only(&[peer]), format!("create {e}, create {peer}"), e, String::new()),
        ("a parent brings no child", family(), only(&[e]), format!("create {e}"), "", format!("{peer} not-chosen")),
        (
            "who refers to something new brings it",
            led(lab().wants(e, fields())),
            only(&[g]),
            format!("create {e}, create {g}"),
            e,
            String::new(),
        ),
        (
            "what is there need not be changed for that",
            changed(),
            only(&[g]),
            format!("create {g}"),
            "",
            format!("{e} not-chosen"),
        ),
        (
            "a parent that goes brings what lives in it",
            old_family(),
            only(&[e]),
            format!("delete {peer}, delete {e}"),
            peer,
            String::new(),
        ),
        (
            "what others name does not go without them",
            old_led(),
            only(&[e]),
            String::new(),
            "",
            format!("{e} not-chosen, {g} not-chosen"),
        ),
        (
            "nor where they only let go of it",
            old_led().wants(g, json!({ "leader": null })),
            only(&[e]),
            String::new(),
            "",
            format!("{e} not-chosen, {g} not-chosen"),
        ),
        ("both together go", old_led(), only(&[e, g]), format!("delete {g}, delete {e}"), "", String::new()),
        (
            "what is in the way goes and comes back",
            in_the_way(),
            only(&["east/config"]),
            "replace east/routes/r, update east/config, replace east/routes/r".to_owned(),
            "east/routes/r",
            String::new(),
        ),
        (
            "what is in the way and stays is not passed by",
            in_the_way(),
            excluding("east/routes/*"),
            String::new(),
            "",
            "east/config not-chosen".to_owned(),
        ),
        (
            "another target's output is brought",
            elsewhere(),
            only(&[g]),
            format!("create west/endpoints/w, create {g}"),
            "west/endpoints/w",
            String::new(),
        ),
        (
            "but not into one target alone",
            elsewhere(),
            east(),
            String::new(),
            "",
            format!("{g} not-chosen, west/endpoints/w not-chosen"),
        ),
        (
            "what is left out takes along what can't be without it",
            family(),
            excluding(e),
            String::new(),
            "",
            format!("{e} not-chosen, {peer} not-chosen"),
        ),
        (
            "what another target depends on does not go behind its back",
            old_family().applied("west/groups/far", "far", json!({})).depending("west/groups/far", e),
            east(),
            format!("delete {peer}"),
            "",
            format!("{e} not-chosen, west/groups/far not-chosen"),
        ),
    ] {
        assert_eq!(part(&world, &choice), (steps, also.to_owned(), held), "{why}");
    }
}

#[test]
fn a_target_that_left_the_files_is_no_concern_of_who_chose_something_else() {
    let world = World::lab()
        .applied("west/groups/far", "far", json!({}))
        .applied("west/groups/near", "near", json!({}))
        .drops("west")
        .wants("east/endpoints/e", fields());
    let brakes = |choice: &Choice| {
        let plan = world.plan_of(choice);
        crate::plan::Brakes::of(&plan.verdicts, &world.base, &world.topology.policy).broken().len()
    };
    assert_eq!(brakes(&Choice::default()), 1);
    assert_eq!(brakes(&only(&["east/**"])), 0);
    assert_eq!(brakes(&only(&["west/**"])), 1);
    assert_eq!(brakes(&Choice { exclude: vec!["west/**".to_owned()], ..Choice::default() }), 0);
    assert_eq!(brakes(&Choice { only_target: Some("east".to_owned()), ..Choice::default() }), 0);
}

#[test]
fn what_is_asked_for_is_all_that_is_told_of_a_reason() {
    let world = World::lab().wants("east/endpoints/e", fields()).wants("east/groups/g", json!({ "leader": "e" }));
    let choice = Choice { exclude: vec!["east/endpoints/*".to_owned()], ..Choice::default() };
    let plan = world.plan_of(&choice);
    let told =
        |at: &str| match &plan.verdicts.iter().find(|verdict| verdict.address.to_string() == at).unwrap().decision {
            Decision::Hold(hold) => hold.reason.clone(),
            _ => String::new(),
        };
    assert_eq!(told("east/endpoints/e"), "left out by `--exclude east/endpoints/*`");
    assert_eq!(
        told("east/groups/g"),
        "it can't be done without `east/endpoints/e`, which is left out: `leader` names it"
    );
}

#[test]
fn a_pattern_of_nothing_is_told_with_what_may_be_meant() {
    let plan = World::lab().wants("east/endpoints/e", fields()).plan();
    let unmatched = |choice: Choice| choice.unmatched(&plan);
    assert_eq!(unmatched(only(&["east/endpoints/*", "**"])), None);
    assert_eq!(unmatched(Choice::default()), None);
    for (pattern, meant) in [
        ("east/endpoint/e", "did you mean `east/endpoints/e`?"),
        ("east", "all that is there is `east/**`"),
        ("east/endpoints", "all of that kind, or in that resource, is `east/endpoints/**`"),
        ("north/**", "name what `trueup plan` shows"),
    ] {
        let (option, help) = unmatched(only(&["**", pattern])).unwrap();
        assert_eq!(option, format!("--only {pattern}"));
        assert!(help.starts_with(meant), "{help}");
    }
}
