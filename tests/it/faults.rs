//! Whatever befalls a call, the world ends up as declared, and nothing is there twice.
//!
//! Each call of a workspace meets faults, one at a time, on a fresh world. A run may say that it failed; then the same
//! command is given again, as its user would. By default each call meets one fault in [`SPARSE`], and neighbouring calls
//! meet others, so that each fault meets calls of each sort; `TRUEUP_TEST_EVERY_LINE=1` has each call meet them all.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

use crate::bench::{Bench, every_line};
use crate::census::{Census, census, differences};
use crate::support::Sim;

/// Worlds side by side: as many as a small machine has processors.
const WORKERS: usize = 2;

/// One in so many faults is tried on a call, unless all are asked for.
const SPARSE: usize = 6;

/// The faults that befall writes: before the effect, the call had none; after it, the answer was lost. A silence ends
/// with the connection after some milliseconds, so that no test waits for a client's patience to run out.
fn befalling_writes() -> Vec<Value> {
    vec![
        json!({ "timeout_before": 20 }),
        json!({ "timeout_after": 20 }),
        json!({ "reset_before": true }),
        json!({ "reset_after": true }),
        json!({ "status": 502, "body": "<html><title>502 Bad Gateway</title></html>" }),
        json!({ "status_after": 502, "body": "<html><title>502 Bad Gateway</title></html>" }),
        json!({ "status": 503 }),
        json!({ "status_after": 503 }),
        json!({ "status_after": 504 }),
        json!({ "status": 429, "headers": { "Retry-After": "1" } }),
        json!({ "truncate": 5 }),
    ]
}

/// The faults that befall reads, which have no effect to be lost. A refusal may be one of a new object that does not show
/// yet, or of a list that does not.
fn befalling_reads() -> Vec<Value> {
    vec![
        json!({ "timeout_before": 20 }),
        json!({ "reset_before": true }),
        json!({ "status": 401 }),
        json!({ "status": 403 }),
        json!({ "status": 404 }),
        json!({ "status": 429, "headers": { "Retry-After": "1" } }),
        json!({ "status": 503 }),
        json!({ "truncate": 5 }),
    ]
}

/// What a call does to the controller.
#[derive(Clone, Copy, PartialEq)]
enum Calls {
    /// Nothing. Waiting is a read again and again: the first one of each path stands for all.
    Reads,
    /// Something.
    Writes,
}

#[test]
fn calls_to_vns3() {
    every_call("vns3-site", Calls::Writes, &befalling_writes());
}

#[test]
fn calls_to_netfoundry() {
    every_call("netfoundry-appwan", Calls::Writes, &befalling_writes());
}

#[test]
fn looks_at_netfoundry() {
    every_call("netfoundry-appwan", Calls::Reads, &befalling_reads());
}

#[test]
fn calls_to_cloudify() {
    every_call("cloudify-router", Calls::Writes, &befalling_writes());
}

#[test]
fn calls_to_f5_vnfm() {
    every_call("f5-vnf", Calls::Writes, &befalling_writes());
}

/// Tokens run out: the call that is refused for it is sent again with a new one.
#[test]
fn a_token_that_runs_out_at_any_write_is_renewed() {
    let done_at_once = every_call("netfoundry-appwan", Calls::Writes, &[json!({ "status": 401 })]);
    assert!(done_at_once, "a renewed token is no reason for a second run");
}

#[test]
fn a_token_that_runs_out_in_the_middle_is_renewed() {
    let sim = Sim::start_with(sim::Options { latency: Duration::from_millis(5), ..Default::default() });
    let bench = Bench::example("netfoundry-appwan", &sim);
    let mut command = bench.command(&["apply", "--yes", "--quiet", "--parallel", "1"]);
    let mut child = command.stdout(std::process::Stdio::null()).spawn().unwrap();
    // Once the network stands, an hour passes.
    let posts = |sim: &Sim| {
        let log = sim.side_door("GET", "/requests?summary=1", &Value::Null);
        log.as_array().unwrap().iter().any(|line| line["path"] == "/core/v2/endpoints" && line["method"] == "POST")
    };
    while !posts(&sim) {
        assert!(child.try_wait().unwrap().is_none(), "the run was over before its token could run out");
        thread::sleep(Duration::from_millis(2));
    }
    sim.side_door("POST", "/clock", &json!({ "advance_ms": 4_000_000 }));
    assert!(child.wait().unwrap().success());
    let log = sim.side_door("GET", "/requests?summary=1", &Value::Null);
    let logins = log.as_array().unwrap().iter().find(|line| line["path"] == "/oauth2/token").unwrap();
    assert_eq!(logins["count"], 2);
    bench.run(&["plan", "--exit-code"]).expect(0);
}

/// A new object may answer 403 or 404 for a while, as if it were somebody else's.
#[test]
fn young_objects_that_do_not_show_yet_are_waited_for() {
    let sim = Sim::start();
    let bench = Bench::example("netfoundry-appwan", &sim);
    for status in [403, 404] {
        sim.side_door("POST", "/reset", &Value::Null);
        bench.forget();
        let kinds =
            ["networks", "endpoints", "edge-routers", "services", "app-wans", "edge-router-policies", "executions"];
        let shy = |kind: &&str| json!({ "method": "GET", "path": format!("/core/v2/{kind}/*"), "status": status, "times": 3 });
        sim.side_door("POST", "/faults", &kinds.iter().map(shy).collect());
        bench.apply();
        bench.run(&["plan", "--exit-code"]).expect(0);
        let hits = sim.side_door("GET", "/faults", &Value::Null);
        assert!(hits.as_array().unwrap().iter().all(|fault| fault["hits"] == 3), "{hits}");
        sim.side_door("POST", "/faults", &json!([]));
    }
}

/// One fault at one call.
type Case = (Value, String, String, u64, Value);

/// Meets every such call of an example with every fault. Says whether no case took a second run.
fn every_call(example: &str, calls: Calls, faults: &[Value]) -> bool {
    let cases = Mutex::new(cases(example, calls, faults).into_iter());
    let (failures, again) = (Mutex::new(Vec::new()), Mutex::new(0));
    thread::scope(|scope| {
        for _ in 0..WORKERS {
            scope.spawn(|| {
                let sim = Sim::start();
                let bench = Bench::example(example, &sim);
                bench.apply();
                let wanted = census(&sim);
                loop {
                    let Some(case) = cases.lock().unwrap().next() else { break };
                    match one(&sim, &bench, &wanted, &case) {
                        Ok(second) => *again.lock().unwrap() += u32::from(second),
                        Err(why) => failures.lock().unwrap().push(why),
                    }
                }
            });
        }
    });
    let failures = failures.into_inner().unwrap();
    assert!(failures.is_empty(), "{} failed:\n{}", failures.len(), failures.join("\n\n"));
    again.into_inner().unwrap() == 0
}

/// Every such call of an undisturbed run, with every fault.
fn cases(example: &str, calls: Calls, faults: &[Value]) -> Vec<Case> {
    let sim = Sim::start();
    Bench::example(example, &sim).apply();
    let mut counts: BTreeMap<(String, String, String), u64> = BTreeMap::new();
    for entry in sim.side_door("GET", "/requests", &Value::Null).as_array().unwrap() {
        let kind = if entry["method"] == "GET" { Calls::Reads } else { Calls::Writes };
        if kind == calls && entry["path"] != "/oauth2/token" {
            let word = |key: &str| entry[key].as_str().unwrap().to_owned();
            // Ids differ from world to world.
            let path = word("path");
            let parts: Vec<&str> = path.split('/').map(|part| if is_id(part) { "*" } else { part }).collect();
            let count = counts.entry((word("installation"), word("method"), parts.join("/"))).or_default();
            *count = if calls == Calls::Reads { 1 } else { *count + 1 };
        }
    }
    let calls = counts.into_iter().flat_map(|(call, count)| (1..=count).map(move |nth| (call.clone(), nth)));
    let sparse = if every_line() { 1 } else { SPARSE.min(faults.len()) };
    calls
        .enumerate()
        .flat_map(|(n, ((installation, method, path), nth))| {
            let case = move |fault: &Value| (json!(installation), method.clone(), path.clone(), nth, fault.clone());
            faults.iter().skip(n % sparse).step_by(sparse).map(case).collect::<Vec<_>>()
        })
        .collect()
}

fn is_id(part: &str) -> bool {
    part.len() >= 32 && part.contains(|letter: char| letter.is_ascii_digit())
}

/// Says whether it took a second run.
fn one(sim: &Sim, bench: &Bench, wanted: &Census, case: &Case) -> Result<bool, String> {
    let (installation, method, path, nth, fault) = case;
    let mut fault = fault.clone();
    let place = json!({ "installation": installation, "method": method, "path": path, "nth": nth });
    fault.as_object_mut().unwrap().extend(place.as_object().unwrap().clone());
    let fail = |what: String| Err(format!("{fault}: {what}"));
    sim.side_door("POST", "/reset", &Value::Null);
    bench.forget();
    sim.side_door("POST", "/faults", &json!([fault]));
    let first = bench.run(&["apply", "--yes", "--quiet"]);
    let met = sim.side_door("GET", "/faults", &Value::Null)[0]["hits"] == 1;
    sim.side_door("POST", "/faults", &json!([]));
    if !met {
        return fail(format!("nothing met it: {}", first.all()));
    }
    if first.code != Some(0) {
        let second = bench.run(&["apply", "--yes", "--quiet"]);
        if second.code != Some(0) {
            return fail(format!("two runs failed; the first: {}\nthe second: {}", first.all(), second.all()));
        }
    }
    let differences = differences(wanted, &census(sim));
    if !differences.is_empty() {
        return fail(format!("the world is not the same:\n  {}\n{}", differences.join("\n  "), first.all()));
    }
    let plan = bench.run(&["plan", "--exit-code"]);
    if plan.code != Some(0) {
        return fail(format!("something is left to do: {}", plan.all()));
    }
    Ok(first.code != Some(0))
}
