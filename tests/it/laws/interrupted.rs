//! Runs that are interrupted: whatever befalls one, a few more make the world as declared, and nobody else's object is
//! touched. The built program runs against real sockets; calls fail before or after their effect, and runs are killed.

use std::collections::BTreeSet;
use std::process::{Command, Output, Stdio};

use proptest::collection::vec;
use proptest::prelude::{Strategy, any as anything};
use serde_json::{Value, json};

use super::topologies::{Topology, any};
use super::{declare, for_all_in_shares, world};
use crate::support::Sim;
use crate::world::World;

/// Histories: a share of them, or with `TRUEUP_TEST_LONG=1` all.
const CASES: (u32, u32) = (5, 1_000);

/// Runs after an interrupted one until nothing is left to do.
const HEALING: usize = 4;

/// What befalls a run.
#[derive(Debug, Clone, Copy)]
enum Mishap {
    /// Nothing.
    None,
    /// A call to change something fails: which of them, counted from 1, and how.
    Fault(u8, Fault),
    /// The run is killed after so many lines of its journal.
    Killed(u8),
}

/// How a call fails.
#[derive(Debug, Clone, Copy)]
enum Fault {
    /// The connection breaks, and nothing has happened.
    LostBefore,
    /// It has happened, and the connection breaks before the answer.
    LostAfter,
    /// A gateway says that nobody answered, after all has happened.
    Gateway,
    /// The server is busy, and nothing has happened.
    Busy,
    /// The server refuses.
    Refused,
}

fn mishap() -> impl Strategy<Value = Mishap> {
    (0u8..8, 1u8..24).prop_map(|(which, n)| match which {
        0 => Mishap::None,
        1 => Mishap::Fault(n, Fault::LostBefore),
        2 => Mishap::Fault(n, Fault::LostAfter),
        3 => Mishap::Fault(n, Fault::Gateway),
        4 => Mishap::Fault(n, Fault::Busy),
        5 => Mishap::Fault(n, Fault::Refused),
        _ => Mishap::Killed(n),
    })
}

impl Mishap {
    /// The faults that the simulators are told.
    fn faults(self) -> Value {
        let Mishap::Fault(nth, fault) = self else { return json!([]) };
        let fault = match fault {
            Fault::LostBefore => json!({ "reset_before": true }),
            Fault::LostAfter => json!({ "reset_after": true }),
            Fault::Gateway => json!({ "status_after": 504 }),
            Fault::Busy => json!({ "status": 503 }),
            Fault::Refused => json!({ "status": 409, "body": "{\"message\":\"not now\"}" }),
        };
        let of = |method: &str| {
            let mut one = json!({ "method": method, "nth": nth.div_ceil(3) });
            one.as_object_mut().unwrap().extend(fault.as_object().unwrap().clone());
            one
        };
        ["POST", "PUT", "PATCH", "DELETE"].map(of).into_iter().collect()
    }
}

/// The program in a world's folder.
fn program(world: &World<'_>, sim: &Sim, arguments: &[&str], mishap: Mishap) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_trueup"));
    command.current_dir(world.folder()).args(arguments).arg(format!("--sim={}", sim.root())).stdin(Stdio::null());
    command.env("HOME", world.folder()).env_remove("TRUEUP_CRASH_AFTER_LINES");
    if let Mishap::Killed(lines) = mishap {
        command.env("TRUEUP_CRASH_AFTER_LINES", lines.to_string());
    }
    command.output().unwrap()
}

fn all(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// Applies what the world's files say, with all that this takes allowed.
fn apply(world: &World<'_>, sim: &Sim, mishap: Mishap) -> Output {
    sim.side_door("POST", "/faults", &mishap.faults());
    let output = program(
        world,
        sim,
        &["apply", "--yes", "--quiet", "--allow=destroy=**", "--allow=take-over=**", "--allow=deletes=1000"],
        mishap,
    );
    sim.side_door("POST", "/faults", &json!([]));
    output
}

/// Makes the world as its files say, whatever befalls the first run.
fn heal(world: &World<'_>, sim: &Sim, mishap: Mishap) -> Result<(), String> {
    let mut told = Vec::new();
    for run in 0..=HEALING {
        let output = apply(world, sim, if run == 0 { mishap } else { Mishap::None });
        told.push(all(&output));
        let plan = program(world, sim, &["plan", "--exit-code"], Mishap::None);
        if output.status.success() && plan.status.success() {
            return Ok(());
        }
        told.push(all(&plan));
    }
    Err(format!("{HEALING} runs do not make it good:\n{}", told.join("\n---\n")))
}

/// What is there, by address alone: ids differ from world to world, and so do the names of routes, which end in theirs.
fn addresses(world: &World<'_>) -> BTreeSet<String> {
    let address = |line: &String| {
        let (address, _) = line.rsplit_once(" (")?;
        let is_route = address.contains("/routes/");
        Some(address.rsplit_once('_').filter(|_| is_route).map_or(address, |(name, _)| name).to_owned())
    };
    world.inventory().iter().filter_map(address).collect()
}

#[test]
fn whatever_befalls_a_run_the_next_ones_make_it_good() {
    let cases = if std::env::var("TRUEUP_TEST_LONG").is_ok_and(|word| word == "1") { CASES.1 } else { CASES.0 };
    let histories = || (any(), any(), vec(mishap(), 3), anything::<bool>());
    for_all_in_shares(cases, histories, |(one, other, mishaps, loses)| {
        let (sim, calm) = (Sim::start(), Sim::start());
        let (disturbed, reference) = (world(&sim), world(&calm));
        let stranger = json!({ "add": { "kind": "secrets", "fields": { "key": "theirs", "value": "stand-in" } } });
        for world in [&disturbed, &reference] {
            declare(world, &Topology::default());
            world.console("cloudify", "cfy", &stranger);
        }
        heal(&disturbed, &sim, Mishap::None)?;
        heal(&reference, &calm, Mishap::None)?;
        for (topology, mishap) in [&one, &other].into_iter().zip(mishaps.iter().copied()) {
            declare(&disturbed, topology);
            declare(&reference, topology);
            if loses {
                // The ledger is lost between two runs: what is declared and there is taken over, and nothing is made twice.
                let _ = std::fs::remove_file(disturbed.folder().join(".trueup/sim/ledger.json"));
            }
            let at = |why: String| format!("{mishap:?} befell {topology:?}: {why}");
            heal(&disturbed, &sim, mishap).map_err(at)?;
            heal(&reference, &calm, Mishap::None)?;
            let (found, wanted) = (addresses(&disturbed), addresses(&reference));
            let missing: Vec<&String> = wanted.difference(&found).collect();
            let more: Vec<&String> = found.difference(&wanted).collect();
            // Without a ledger nothing is removed.
            if !missing.is_empty() || !loses && !more.is_empty() {
                return Err(at(format!("missing {missing:?}, too many {more:?}")));
            }
        }
        match addresses(&disturbed).contains("cfy/secrets/theirs") {
            true => Ok(()),
            false => Err("somebody else's secret is gone".into()),
        }
    });
}
