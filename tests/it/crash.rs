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
use crate::bench::every_line;
use crate::census::{Census, census, differences};
use crate::chance::Chance;
use crate::support::Sim;

/// Worlds side by side: as many as a small machine has processors.
const WORKERS: usize = 2;

/// How long a request that was sent may take to a simulator on this machine.
const ON_THE_WAY: Duration = Duration::from_millis(100);

/// Of an example every fifth line is enough for a test run, and every twenty-third of the large one: both are prime to the
/// lines of a step, so that lines of all sorts are hit. `TRUEUP_TEST_EVERY_LINE=1` takes them all.
const STRIDES: (u64, u64) = (5, 23);

#[test]
fn a_run_that_stops_after_any_line_is_finished_by_the_next() {
    for example in ["vns3-site", "netfoundry-appwan", "cloudify-router"] {
        every_crash(example, STRIDES.0, &|sim| Bench::example(example, sim), &APPLY);
    }
}

#[test]
fn so_is_a_run_over_five_controllers() {
    every_crash("acme-wan", STRIDES.1, &|sim| Bench::example("acme-wan", sim), &APPLY);
}

#[test]
fn so_is_a_run_that_changes() {
    let edited = |sim: &Sim, example: &str, file: &str, edits: &[(&str, &str)]| {
        let bench = applied(Bench::example(example, sim));
        edits.iter().for_each(|(from, to)| bench.edit(file, from, to));
        bench
    };
    // The address can't change while there are endpoints: they go, and come again with what they hold.
    let address = ("${site/config.private_ipaddress}", "10.0.0.77");
    let vns3 = [address, ("remote_subnet: \"${var.office.network}\"", "remote_subnet: 10.77.0.0/16")];
    every_crash("vns3-site, changed", STRIDES.0, &|sim| edited(sim, "vns3-site", "vns3.yaml", &vns3), &APPLY);
    // A new blueprint comes, the deployments move over, and the old one goes.
    let blueprint = [("description: A branch router", "description: The branch router")];
    let file = "blueprints/router/blueprint.yaml";
    every_crash("cloudify-router, changed", STRIDES.0, &|sim| edited(sim, "cloudify-router", file, &blueprint), &APPLY);
    // A service that gets another config for the one that goes, and one whose configs change.
    let other_configs = |sim: &Sim| {
        let bench = applied(raw(sim));
        for (from, to) in
            [("name: a,", "name: z,"), ("{ low: 3, high: 3 }", "{ low: 5, high: 5 }"), ("port: 3 }", "port: 4 }")]
        {
            bench.edit("nf.yaml", from, to);
        }
        bench
    };
    every_crash("raw services, changed", STRIDES.0, &other_configs, &APPLY);
}

#[test]
fn so_is_a_run_that_removes() {
    const DESTROY: [&str; 7] =
        ["destroy", "--yes", "--quiet", "--allow", "deletes=1000", "--allow", "destroy=nf/networks/acme"];
    for example in ["cloudify-router", "netfoundry-appwan"] {
        every_crash(&format!("{example}, removed"), STRIDES.0, &|sim| applied(Bench::example(example, sim)), &DESTROY);
    }
    // A service without a model goes before its configs.
    every_crash("raw services, removed", STRIDES.0, &|sim| applied(raw(sim)), &DESTROY[..5]);
}

fn raw(sim: &Sim) -> Bench {
    Bench::of(&[("trueup.yaml", "workspace: raw\n"), ("nf.yaml", RAW)], sim)
}

fn applied(bench: Bench) -> Bench {
    bench.run(&APPLY).expect(0);
    bench
}

const APPLY: [&str; 3] = ["apply", "--yes", "--quiet"];

const RAW: &str = "
netfoundry:
  nf:
    at: https://gateway.production.netfoundry.io
    networks:
      acme:
        networkGroupId: nf Group
        provider: AWS
        region: us-east-2
        services:
          one: { configs: [{ name: a, configTypeId: intercept.v1, data: { addresses: [b.example], protocols: [tcp], portRanges: [{ low: 2, high: 2 }] } }] }
          two:
            configs:
              - { name: b, configTypeId: intercept.v1, data: { addresses: [c.example], protocols: [tcp], portRanges: [{ low: 3, high: 3 }] } }
              - { name: c, configTypeId: host.v1, data: { protocol: tcp, address: 10.0.0.1, port: 3 } }
";

#[test]
fn so_is_a_run_that_is_killed_at_any_moment() {
    let sim = Sim::start();
    let bench = Bench::example("acme-wan", &sim);
    bench.apply();
    let wanted = census(&sim);
    // Moments between the first request and the last.
    let mut chance = Chance::new();
    for _ in 0..6 {
        let moment = Duration::from_millis(100 + chance.below(700));
        sim.side_door("POST", "/reset", &Value::Null);
        bench.forget();
        let mut command = bench.command(&["apply", "--yes", "--quiet"]);
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        thread::sleep(moment);
        let _ = child.kill();
        child.wait().unwrap();
        if let Err(why) = finish(&sim, &bench, &APPLY, &wanted) {
            panic!("killed after {moment:?}: {why}");
        }
    }
}

/// Stops a run after every `stride`th line, each time in a fresh world that `make` sets up.
fn every_crash(what: &str, stride: u64, make: &(dyn Fn(&Sim) -> Bench + Sync), run: &[&str]) {
    let stride = if every_line() { 1 } else { stride };
    let next = AtomicU64::new(1);
    let over = AtomicBool::new(false);
    let failures = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..WORKERS {
            scope.spawn(|| {
                let sim = Sim::start();
                make(&sim).run(run).expect(0);
                let wanted = census(&sim);
                while !over.load(Ordering::Relaxed) {
                    let line = next.fetch_add(stride, Ordering::Relaxed);
                    sim.side_door("POST", "/reset", &Value::Null);
                    let bench = make(&sim);
                    let mut command = bench.command(run);
                    let stopped = command.env("TRUEUP_CRASH_AFTER_LINES", line.to_string()).output().unwrap();
                    if stopped.status.success() {
                        over.store(true, Ordering::Relaxed);
                        break;
                    }
                    if let Err(why) = finish(&sim, &bench, run, &wanted) {
                        failures.lock().unwrap().push(format!("{what}, stopped after line {line}: {why}"));
                    }
                }
            });
        }
    });
    let failures = failures.into_inner().unwrap();
    let lines = next.into_inner();
    assert!(lines > 3 * stride, "a journal of {lines} lines is none of a whole run");
    eprintln!("{what}: stopped after each {stride}th of some {lines} lines");
    assert!(failures.is_empty(), "{} failed:\n{}", failures.len(), failures.join("\n\n"));
}

/// Runs again, and sees to it that all is there, once, and that nothing is left to do.
fn finish(sim: &Sim, bench: &Bench, run: &[&str], wanted: &Census) -> Result<(), String> {
    // Requests that the stopped run had sent are still on their way: a busy machine hands them over after its end.
    thread::sleep(ON_THE_WAY);
    let again = bench.run(run);
    if again.code != Some(0) {
        return Err(format!("the next run failed: {}", again.all()));
    }
    let differences = differences(wanted, &census(sim));
    if !differences.is_empty() {
        return Err(format!("the world is not the same:\n  {}", differences.join("\n  ")));
    }
    if run != APPLY {
        return Ok(());
    }
    let plan = bench.run(&["plan", "--exit-code"]);
    if plan.code != Some(0) || plan.out.contains("hold") {
        return Err(format!("something is left to do: {}", plan.all()));
    }
    Ok(())
}
