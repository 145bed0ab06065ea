//! Stop anywhere: the next run finishes what was begun, and nothing is there twice.
//!
//! A journal's lines stand before and after everything that a run does to the world. The process is ended after each of
//! them, on a fresh world every time; then the same command is given again.

use std::process::Stdio;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use serde_json::Value;

use crate::bench::Bench;
use crate::census::{Census, census, differences};
use crate::chance::Chance;
use crate::support::Sim;

/// Worlds side by side: as many as a small machine has processors.
const WORKERS: usize = 2;

/// Of the large example every eleventh line is enough for a test run; no step has eleven lines, so that any two
/// neighbouring steps are hit somewhere. `TRUEUP_TEST_EVERY_LINE=1` takes them all.
const STRIDE: u64 = 11;

#[test]
fn a_run_that_stops_after_any_line_is_finished_by_the_next() {
    every_crash("vns3-site", 1);
    every_crash("netfoundry-appwan", 1);
    every_crash("cloudify-router", 1);
}

#[test]
fn so_is_a_run_over_five_controllers() {
    let all = std::env::var_os("TRUEUP_TEST_EVERY_LINE").is_some();
    every_crash("acme-wan", if all { 1 } else { STRIDE });
}

#[test]
fn so_is_a_run_that_is_killed_at_any_moment() {
    let sim = Sim::start();
    let bench = Bench::example("acme-wan", &sim);
    let wanted = undisturbed("acme-wan", &sim);
    // Moments between the first request and the last.
    let mut chance = Chance::new();
    for _ in 0..6 {
        let moment = Duration::from_millis(100 + chance.below(700));
        fresh(&sim, &bench);
        let mut command = bench.command(&["apply", "--yes", "--quiet"]);
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        thread::sleep(moment);
        let _ = child.kill();
        child.wait().unwrap();
        if let Err(why) = finish(&sim, &bench, &wanted) {
            panic!("killed after {moment:?}: {why}");
        }
    }
}

/// Stops a run after every `stride`th line, each time on a fresh world.
fn every_crash(example: &str, stride: u64) {
    let next = AtomicU64::new(1);
    let over = AtomicBool::new(false);
    let failures = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..WORKERS {
            scope.spawn(|| {
                let sim = Sim::start();
                let wanted = undisturbed(example, &sim);
                let bench = Bench::example(example, &sim);
                while !over.load(Ordering::Relaxed) {
                    let line = next.fetch_add(stride, Ordering::Relaxed);
                    fresh(&sim, &bench);
                    let mut command = bench.command(&["apply", "--yes", "--quiet"]);
                    let stopped = command.env("TRUEUP_CRASH_AFTER_LINES", line.to_string()).output().unwrap();
                    if stopped.status.success() {
                        over.store(true, Ordering::Relaxed);
                        break;
                    }
                    if let Err(why) = finish(&sim, &bench, &wanted) {
                        failures.lock().unwrap().push(format!("{example}, stopped after line {line}: {why}"));
                    }
                }
            });
        }
    });
    let failures = failures.into_inner().unwrap();
    let lines = next.into_inner();
    assert!(lines > 10 * stride, "a journal of {lines} lines is none of a whole run");
    eprintln!("{example}: stopped after each {stride}th of some {lines} lines");
    assert!(failures.is_empty(), "{} failed:\n{}", failures.len(), failures.join("\n\n"));
}

/// What is there after a run that nothing disturbs.
fn undisturbed(example: &str, sim: &Sim) -> Census {
    let bench = Bench::example(example, sim);
    fresh(sim, &bench);
    bench.apply();
    census(sim)
}

fn fresh(sim: &Sim, bench: &Bench) {
    sim.side_door("POST", "/reset", &Value::Null);
    bench.forget();
}

/// Runs again, and sees to it that all is there, once, and that nothing is left to do.
fn finish(sim: &Sim, bench: &Bench, wanted: &Census) -> Result<(), String> {
    let again = bench.run(&["apply", "--yes", "--quiet"]);
    if again.code != Some(0) {
        return Err(format!("the next run failed: {}", again.all()));
    }
    let differences = differences(wanted, &census(sim));
    if !differences.is_empty() {
        return Err(format!("the world is not the same:\n  {}", differences.join("\n  ")));
    }
    let plan = bench.run(&["plan", "--exit-code"]);
    if plan.code != Some(0) || plan.out.contains("hold") {
        return Err(format!("something is left to do: {}", plan.all()));
    }
    Ok(())
}
