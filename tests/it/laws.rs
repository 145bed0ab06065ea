//! Laws: what holds for every topology and every change from one to another.

#[path = "laws/interrupted.rs"]
mod interrupted;
#[path = "laws/topologies.rs"]
mod topologies;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;

use proptest::prelude::Strategy;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestRng, TestRunner};
use serde_json::{Map, Value, json};
use trueup::parts::{CATALOGUE, Decision, Plan, PlanDocument, source};

use self::topologies::{TARGETS, Topology, any};
use crate::support::Sim;
use crate::world::{Applied, World, told};

/// The one secret of all topologies.
const CANARY: &str = "canary-7f3a9c55d0e1";

/// The only file that may hold it.
const CANARY_FILE: &str = "secrets/canary.txt";

/// Histories of one share.
const SHARE: u32 = 5;

/// Shares at a time: a history waits more than it works.
const WORKERS: u32 = 6;

/// Tries a law on some topologies, always the same ones.
fn for_all<S: Strategy>(cases: u32, strategy: S, law: impl Fn(S::Value) -> Result<(), String>) {
    try_on(cases, TestRng::deterministic_rng(RngAlgorithm::ChaCha), strategy, law);
}

/// The same, some side by side: each share of them is always the same one.
fn for_all_in_shares<S: Strategy>(
    cases: u32,
    strategy: impl Fn() -> S + Sync,
    law: impl Fn(S::Value) -> Result<(), String> + Sync,
) {
    let next = AtomicU32::new(0);
    let work = || {
        loop {
            let share = next.fetch_add(1, Ordering::Relaxed);
            let left = cases.saturating_sub(share * SHARE);
            if left == 0 {
                return;
            }
            let dice = TestRng::from_seed(RngAlgorithm::ChaCha, &[u8::try_from(share).unwrap(); 32]);
            try_on(left.min(SHARE), dice, strategy(), &law);
        }
    };
    thread::scope(|scope| (0..WORKERS).for_each(|_| drop(scope.spawn(work))));
}

fn try_on<S: Strategy>(cases: u32, dice: TestRng, strategy: S, law: impl Fn(S::Value) -> Result<(), String>) {
    let config = Config { cases, failure_persistence: None, max_shrink_iters: 60, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, dice);
    let outcome = runner.run(&strategy, |value| law(value).map_err(TestCaseError::fail));
    if let Err(failure) = outcome {
        panic!("{failure}");
    }
}

/// A workspace whose targets are the topologies'.
fn world(sim: &Sim) -> World<'_> {
    let mut world = World::new(sim);
    world.allow_destroy.push("**".to_owned());
    world.write(
        "trueup.yaml",
        format!("workspace: laws\nexclude: [files]\nsecrets: {{ canary: {{ file: {CANARY_FILE} }} }}\n"),
    );
    world.write(CANARY_FILE, CANARY);
    for n in 0..2 {
        world.write(&format!("files/router-{n}/blueprint.yaml"), blueprint(n));
    }
    world.console(
        "netfoundry",
        "nf",
        &json!({ "add": { "kind": "network-groups", "fields": { "name": "drillers" } } }),
    );
    world
}

fn blueprint(n: u8) -> String {
    format!(
        "tosca_definitions_version: cloudify_dsl_1_3\ndescription: \"{n}\"\nimports: [cloudify/types/types.yaml]\n\
         inputs: {{ site: {{ default: nowhere }} }}\nnode_templates: {{ router: {{ type: cloudify.nodes.Root }} }}\n\
         outputs: {{ site: {{ value: {{ get_input: site }} }} }}\n"
    )
}

fn declare(world: &World<'_>, topology: &Topology) {
    for (target, provider) in TARGETS {
        let provider = *CATALOGUE.iter().find(|known| known.name == *provider).unwrap();
        world.declare(provider, target, target, &topology.collections(target));
    }
}

#[test]
fn apply_converges_from_any_world_to_any_other() {
    for_all(8, (any(), any()), |(one, other)| {
        let sim = Sim::start();
        let world = world(&sim);
        let nothing = Topology::default();
        declare(&world, &nothing);
        world.converge()?;
        let before = world.inventory();
        for topology in [&one, &other, &nothing] {
            declare(&world, topology);
            world.requests();
            let applied = world.apply();
            let sent = writes(&world);
            applied.succeeded()?;
            edges_are_respected(&applied, &sent)?;
            secret_stays_secret(&world, &applied)?;
            let again = world.plan().plan;
            if !again.is_empty() {
                return Err(format!("a second plan is not empty:\n{}", told(&again)));
            }
        }
        let left: Vec<String> = world.inventory().symmetric_difference(&before).cloned().collect();
        if left.is_empty() { Ok(()) } else { Err(format!("left or lost: {left:?}")) }
    });
}

/// The writes that the simulators answered: target, verb and path below the API.
fn writes(world: &World<'_>) -> Vec<String> {
    let requests = world.requests();
    let is_write = |request: &&Value| request["method"] != "GET" && request["path"] != "/oauth2/token";
    let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let line = |request: &Value| {
        let path = word(&request["path"]);
        let path = path.strip_prefix("/api/v3.1").or_else(|| path.strip_prefix("/api")).unwrap_or(&path);
        format!("{} {} {path}", word(&request["installation"]), word(&request["method"]))
    };
    requests.iter().filter(is_write).map(line).collect()
}

/// Every call comes after all calls of the steps that its step waits for; and the journal tells what was sent.
fn edges_are_respected(applied: &Applied, sent: &[String]) -> Result<(), String> {
    let lines: Vec<Value> = applied.journal.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let calls: Vec<(usize, &Value)> =
        lines.iter().enumerate().filter_map(|(n, line)| Some((n, line.get("call")?))).collect();
    let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let target = |call: &Value| word(&call["address"]).split('/').next().unwrap_or_default().to_owned();
    let mut told: Vec<String> = calls
        .iter()
        .map(|(_, call)| format!("{} {} {}", target(call), word(&call["method"]), word(&call["path"])))
        .collect();
    let mut sent = sent.to_vec();
    told.sort();
    sent.sort();
    if told != sent {
        return Err(format!("the journal tells {told:#?}, and {sent:#?} was sent"));
    }
    // Where in the journal each step's first call is, and the answer to its last.
    let answer = |call: &Value| lines.iter().position(|line| line["answer"]["n"] == call["n"]).unwrap_or(usize::MAX);
    let mut spans: BTreeMap<(String, String), (usize, usize)> = BTreeMap::new();
    for (n, call) in &calls {
        let span = spans.entry((word(&call["address"]), word(&call["verb"]))).or_insert((*n, 0));
        span.1 = span.1.max(answer(call));
    }
    let removes = |n: usize| applied.plan.steps[n].verb.removes();
    let span = |n: usize| {
        let step = &applied.plan.steps[n];
        // A replacement is two steps of one word; their own order is that of the plan's edge between them.
        let alone = applied.plan.steps.iter().filter(|other| other.address == step.address).count() == 1;
        spans.get(&(step.address.to_string(), step.verb.as_str().to_owned())).filter(|_| alone)
    };
    for n in 0..applied.plan.steps.len() {
        for first in before(&applied.plan, n) {
            if let (Some((begins, _)), Some((_, ended))) = (span(n), span(first))
                && ended > begins
            {
                let (n, first) = (&applied.plan.steps[n].address, (&applied.plan.steps[first].address, removes(first)));
                return Err(format!("`{n}` began before `{first:?}` had ended"));
            }
        }
    }
    Ok(())
}

/// The steps that a step waits for, gates passed.
fn before(plan: &Plan, step: usize) -> BTreeSet<usize> {
    let mut found = BTreeSet::new();
    let mut open = vec![step];
    while let Some(node) = open.pop() {
        for (first, _) in plan.graph.after(node) {
            if first >= plan.steps.len() {
                open.push(first);
            } else {
                found.insert(first);
            }
        }
    }
    found
}

fn secret_stays_secret(world: &World<'_>, applied: &Applied) -> Result<(), String> {
    let leaks = |text: &str| text.contains(CANARY);
    if leaks(&format!("{:?}", applied.plan)) {
        return Err("the plan shows the secret".into());
    }
    if leaks(&PlanDocument::of(&applied.plan).to_json()) {
        return Err("the plan's document shows the secret".into());
    }
    if leaks(&applied.journal) {
        return Err("the journal shows the secret".into());
    }
    let mut holding = Vec::new();
    holders(world.folder(), &mut holding);
    match holding.as_slice() {
        [only] if only.ends_with(CANARY_FILE) => Ok(()),
        holding => Err(format!("the secret stands in {holding:?}")),
    }
}

/// The files that hold the secret.
fn holders(folder: &Path, found: &mut Vec<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            holders(&path, found);
        } else if fs::read(&path).unwrap().windows(CANARY.len()).any(|bytes| bytes == CANARY.as_bytes()) {
            found.push(path.display().to_string());
        }
    }
}

#[test]
fn what_is_exported_is_adopted_without_a_write() {
    for_all(6, any(), |topology| {
        let sim = Sim::start();
        let world = world(&sim);
        declare(&world, &topology);
        world.converge()?;
        let copy = World::new(&sim);
        let mut secrets = Map::new();
        for (target, provider) in TARGETS {
            let provider = *CATALOGUE.iter().find(|known| known.name == *provider).unwrap();
            let exported = world.export(target);
            for (path, content) in world.contents(target, &exported) {
                copy.write(&path, content);
            }
            // Whatever a secret is called there, there is only one.
            secrets.extend(exported.secrets.into_keys().map(|name| (name, json!({ "file": CANARY_FILE }))));
            copy.declare(provider, target, target, &exported.kinds);
        }
        copy.write(CANARY_FILE, CANARY);
        copy.write("trueup.yaml", source::yaml(&json!({ "workspace": "copy", "secrets": secrets })));
        copy.load().map_err(|findings| {
            findings.iter().map(|f| format!("{:?}: {f}", f.location())).collect::<Vec<_>>().join("\n")
        })?;
        let plan = copy.plan().plan;
        // Of what is owned by nobody yet, only what is external is as it should be without becoming owned.
        let adopts = plan.verdicts.iter().all(|verdict| matches!(verdict.decision, Decision::Adopt | Decision::Same));
        if adopts && plan.is_empty() { Ok(()) } else { Err(format!("not only adopted:\n{}", told(&plan))) }
    });
}

#[test]
fn the_same_files_and_worlds_give_the_same_bytes() {
    for_all(2, (any(), any()), |(one, other)| {
        let sim = Sim::start();
        let world = world(&sim);
        declare(&world, &one);
        world.converge()?;
        let files: Vec<(String, Value)> = TARGETS
            .iter()
            .flat_map(|(target, provider)| {
                let header = world.header(CATALOGUE.iter().find(|known| known.name == *provider).unwrap(), target);
                let collections = other.collections(target);
                let whole = std::iter::once(("header".to_owned(), header)).chain(
                    collections.into_iter().map(|(kind, value)| (kind.clone(), Map::from_iter([(kind, value)]))),
                );
                whole
                    .map(move |(name, body)| (format!("{target}-{name}.yaml"), json!({ *provider: { *target: body } })))
            })
            .collect();
        for (target, provider) in TARGETS {
            fs::remove_file(world.folder().join(format!("{provider}-{target}.yaml"))).unwrap();
        }
        let mut plans = BTreeSet::new();
        for run in 0..20 {
            // Written in another order each time.
            for n in 0..files.len() {
                let (path, file) = &files[(n + run) % files.len()];
                let _ = fs::remove_file(world.folder().join(path));
                world.write(path, source::yaml(file));
            }
            plans.insert(PlanDocument::of(&world.plan().plan).to_json());
        }
        if plans.len() == 1 { Ok(()) } else { Err(format!("{} different plans", plans.len())) }
    });
}
