//! Laws of choices: a part of a plan can be carried out by itself, leaves nothing dangling, touches nothing else, and with
//! the rest it is the whole.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;

use super::{Seed, all_done, drift, for_all, nothing_left, one_verdict_each, pick, seed, told, topology};
use crate::address::Address;
use crate::diff::left_out::is_open;
use crate::diff::verdict::Decision;
use crate::finding::Place;
use crate::plan::choice::{Choice, Mode};
use crate::plan::testing::{Fate, World, said};
use crate::plan::{Plan, Step, Verb};
use crate::spec::Disruption;
use crate::topology::windows::{WindowRule, Windows};

/// Patterns that somebody may choose by.
const PATTERNS: [&str; 14] = [
    "east/endpoints/a",
    "east/endpoints/*",
    "east/endpoints/*/peers/*",
    "east/endpoints/b/**",
    "east/groups/Led",
    "east/groups/members",
    "east/routes/*",
    "east/rules",
    "east/policies/**",
    "east/config",
    "east/blueprints/*",
    "west/**",
    "east/**",
    "*/endpoints/**",
];

/// A choice, read from a seed.
fn choice([a, b, c, mode, class, target]: [u8; 6]) -> Choice {
    let pattern = |seed: u8| PATTERNS[usize::from(seed) % PATTERNS.len()].to_owned();
    let classes = [Disruption::None, Disruption::Reconnect, Disruption::TunnelBounce, Disruption::Outage];
    Choice {
        only: if a < 40 { Vec::new() } else { [a, b].into_iter().take(1 + usize::from(b % 2)).map(pattern).collect() },
        exclude: if c < 60 { Vec::new() } else { vec![pattern(c)] },
        only_target: (target < 12).then(|| "east".to_owned()),
        mode: if mode < 20 { Mode::CreateUpdate } else { Mode::Full },
        up_to: (class < 20).then(|| pick(&classes, class)),
    }
}

fn choices() -> impl Strategy<Value = [u8; 6]> {
    prop::array::uniform6(0u8..100)
}

/// A world in which something was applied, something moved, and something else is wanted.
fn moved((one, other): (&Seed, &Seed), what: u8, which: u8) -> Result<World, String> {
    let mut world = topology(World::lab(), one);
    all_done(&mut world)?;
    Ok(topology(drift(world, what, which), other))
}

/// What is decided on each address.
fn decisions(plan: &Plan) -> BTreeMap<Address, &Decision> {
    plan.verdicts.iter().map(|verdict| (verdict.address.clone(), &verdict.decision)).collect()
}

#[test]
fn a_part_is_carried_out_by_itself_and_the_rest_makes_it_whole() {
    for_all((seed(), seed(), choices(), 0u8..12, 0u8..12), |(one, other, words, what, which)| {
        let mut world = moved((&one, &other), what, which)?;
        let part = world.plan_of(&choice(words));
        one_verdict_each(&world, &part)?;
        // The servers take no reference to nothing, and let nothing go that is in use.
        let refused = world.carry_out(&part, &|_| Fate::Done);
        if !refused.is_empty() {
            return Err(format!("{:?}: {refused:?}\n{}", choice(words), told(&part)));
        }
        all_done(&mut world)?;
        nothing_left(&world)
    });
}

#[test]
fn nothing_is_touched_that_was_not_chosen() {
    for_all((seed(), seed(), choices(), 0u8..12, 0u8..12), |(one, other, words, what, which)| {
        let world = moved((&one, &other), what, which)?;
        let choice = choice(words);
        let part = world.plan_of(&choice);
        let also: Vec<&Address> =
            part.chosen.iter().flat_map(|chosen| &chosen.also).map(|along| &along.address).collect();
        let matches = |patterns: &[String], address: &Address| patterns.iter().any(|it| address.matches(it));
        for step in part.steps.iter().filter(|step| !matches!(step.verb, Verb::Issue | Verb::Find)) {
            let address = &step.address;
            let is_chosen = choice.only.is_empty() || matches(&choice.only, address) || also.contains(&address);
            let is_refused = matches(&choice.exclude, address)
                || choice.only_target.as_ref().is_some_and(|target| address.target() != target)
                || choice.mode == Mode::CreateUpdate && step.verb.removes()
                || choice.up_to.is_some_and(|up_to| step.disruption > up_to);
            if !is_chosen || is_refused {
                return Err(format!("{choice:?}: {address}\n{}", told(&part)));
            }
        }
        // What is taken along is needed by something that is done.
        let done: BTreeSet<&Address> = part.steps.iter().map(|step| &step.address).collect();
        match part.chosen.iter().flat_map(|chosen| &chosen.also).find(|along| !done.contains(&along.needed_by)) {
            Some(along) => Err(format!("{choice:?}: {along:?} is for nothing\n{}", told(&part))),
            None => Ok(()),
        }
    });
}

#[test]
fn a_part_and_what_it_leaves_out_are_the_whole() {
    for_all((seed(), seed(), choices(), 0u8..12, 0u8..12), |(one, other, words, what, which)| {
        let world = moved((&one, &other), what, which)?;
        let choice = choice(words);
        let (whole, part) = (world.plan(), world.plan_of(&choice));
        let (whole, part) = (decisions(&whole), decisions(&part));
        for (address, decision) in whole.iter().filter(|(_, decision)| is_open(decision)) {
            let kept = match part.get(address) {
                Some(Decision::Hold(hold)) => hold.instead_of.is_some() || hold.is_on_purpose(),
                // What followed from something that is left out does not follow any more.
                Some(Decision::Same) => true,
                Some(other) => said(other) == said(decision) || is_open(other),
                None => false,
            };
            if !kept {
                return Err(format!("{choice:?}: `{address}` is lost: {decision:?}, {:?}", part.get(address)));
            }
        }
        Ok(())
    });
}

#[test]
fn who_chooses_all_gets_the_plan_that_there_is() {
    for_all((seed(), seed(), 0u8..12, 0u8..12), |(one, other, what, which)| {
        let world = moved((&one, &other), what, which)?;
        let all = Choice { only: vec!["**".to_owned()], ..Choice::default() };
        let (whole, part) = (world.plan(), world.plan_of(&all));
        if told(&whole) == told(&part) { Ok(()) } else { Err(format!("{}\nis not\n{}", told(&part), told(&whole))) }
    });
}

#[test]
fn what_waits_for_its_window_is_made_within_and_not_before() {
    for_all((seed(), seed(), 0u8..12, 0u8..12, 0usize..6), |(one, other, what, which, class)| {
        let mut world = moved((&one, &other), what, which)?;
        let class = Disruption::ALL[class];
        world.topology.policy.windows = nightly(class);
        // It is midnight, and it opens at two.
        let before = world.plan_of(&Choice::default());
        if let Some(early) = before.steps.iter().find(|step| step.disruption >= class) {
            return Err(format!("{early:?} begins before its window opens"));
        }
        let refused = world.carry_out(&before, &|_| Fate::Done);
        if !refused.is_empty() {
            return Err(format!("{refused:?}\n{}", told(&before)));
        }
        world.now += SignedDuration::from_mins(150);
        let within = world.plan_of(&Choice::default());
        let closes = Some(Timestamp::UNIX_EPOCH + SignedDuration::from_hours(3));
        let is_bound = |step: &&Step| step.disruption >= class && !step.verb.creates() && step.not_after != closes;
        let follows = |n: usize| within.graph.after(n).next().is_some();
        if let Some((_, free)) = within.steps.iter().enumerate().find(|(n, step)| is_bound(step) && !follows(*n)) {
            return Err(format!("{free:?} may begin after its window has closed"));
        }
        let refused = world.carry_out(&within, &|_| Fate::Done);
        if !refused.is_empty() {
            return Err(format!("{refused:?}\n{}", told(&within)));
        }
        nothing_left(&world)
    });
}

/// A window for an hour each night, for what does this to traffic or worse.
fn nightly(disruption: Disruption) -> Windows {
    let (open, lasts) = ("0 2 * * *".to_owned(), "1h".to_owned());
    let rule = WindowRule { targets: Vec::new(), disruption, open, lasts, zone: None };
    let mut findings = Vec::new();
    let windows = Windows::of(vec![rule], Vec::new(), &Place::file("trueup.yaml"), &mut findings);
    assert!(findings.is_empty(), "{findings:?}");
    windows
}
