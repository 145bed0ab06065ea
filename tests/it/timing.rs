//! When the turn of a step comes that waits for no other step: the last at its target, or together with another.

use serde_json::{Value, json};

use crate::bench::Bench;
use crate::passwords;
use crate::support::Sim;

/// A controller whose password is to be a new one, with more to do beside.
fn new_password(sim: &Sim) -> Bench {
    let bench = passwords::lab(sim);
    let more = "    routes: { a: { cidr: 10.1.0.0/16, gateway: 192.0.2.1 }, b: { cidr: 10.2.0.0/16, gateway: 192.0.2.1 } }\n    \
                system-variables: { noc: { value: 198.51.100.0/28 } }\n";
    bench.edit("vns3.yaml", "    config:", &format!("{more}    config:"));
    bench
}

/// The controllers and paths that were written to, in order.
fn writes(sim: &Sim) -> Vec<String> {
    let log = sim.side_door("GET", "/requests", &Value::Null);
    let written = log.as_array().unwrap().iter().filter(|request| request["method"] != "GET");
    written.map(|it| format!("{} {}", it["installation"].as_str().unwrap(), it["path"].as_str().unwrap())).collect()
}

/// The simulators refuse a call until they are told of no path.
fn refuses(sim: &Sim, method: &str, paths: &[&str]) {
    let fault = |path| json!({ "path": path, "method": method, "status": 400, "body": "{\"error\": \"no\"}" });
    sim.side_door("POST", "/faults", &paths.iter().map(fault).collect());
}

#[test]
fn the_password_that_opens_a_target_is_set_last_there() {
    for parallel in ["--parallel=1", "--parallel=16"] {
        let sim = Sim::start();
        let bench = new_password(&sim);
        let plan = bench.plan();
        let steps = plan["steps"].as_array().unwrap();
        assert_eq!(steps.last().unwrap()["address"], "east/api-password", "{parallel}");
        sim.side_door("DELETE", "/requests", &Value::Null);
        bench.run(&["apply", "--yes", "--quiet", parallel]).expect(0);
        let writes = writes(&sim);
        assert!(writes.len() >= steps.len() && writes.last().unwrap().ends_with("/api_password"), "{writes:?}");
    }
}

#[test]
fn that_something_else_failed_is_no_reason_to_keep_the_old_password() {
    let sim = Sim::start();
    let bench = new_password(&sim);
    refuses(&sim, "POST", &["/api/routes"]);
    bench.run(&["apply", "--yes", "--quiet"]).expect(5);
    refuses(&sim, "POST", &[]);
    let plan = bench.plan();
    let steps: Vec<&str> =
        plan["steps"].as_array().unwrap().iter().map(|step| step["address"].as_str().unwrap()).collect();
    assert_eq!(steps, ["east/routes/a", "east/routes/b"]);
}

/// Two controllers with the two halves of a connection, and something else to do.
fn connected(sim: &Sim) -> Bench {
    let site = |name: &str, n: usize, other: &str, more: &str| {
        format!(
            "  {name}:\n    at: https://203.0.113.{n}:8000/api\n    credentials: {{ username: api, password: stand-in }}\n    \
             config: {{ topology_name: lab }}\n    ipsec-endpoints:\n      {other}: {{ ipaddress: 198.51.100.{n}, \
             secret: '${{secret.psk}}' }}\n{more}"
        )
    };
    let sites = format!("vns3:\n{}{}", site("east", 11, "to-west", ""), site("west", 12, "to-east", ""));
    Bench::of(
        &[
            ("trueup.yaml", "workspace: lab\nsecrets: { psk: { file: psk.txt } }\n"),
            ("vns3.yaml", &sites),
            ("psk.txt", "stand-in-psk-one"),
        ],
        sim,
    )
}

/// A change of the key of what was applied, and one of something else that comes before it at one of the two.
fn rotated(bench: &Bench) {
    bench.apply();
    bench.write("psk.txt", "stand-in-psk-two");
    bench.edit("vns3.yaml", "config: { topology_name: lab }", "config: { topology_name: lab, controller_name: one }");
}

#[test]
fn both_ends_of_a_connection_take_a_new_key_together() {
    let sim = Sim::start();
    let bench = connected(&sim);
    rotated(&bench);
    bench.run(&["plan"]).expect(0).says("together with `west/ipsec-endpoints/to-east`: both take the same new secret");
    sim.side_door("DELETE", "/requests", &Value::Null);
    bench.run(&["apply", "--yes", "--quiet", "--parallel=1"]).expect(0);
    let writes: Vec<String> = writes(&sim).into_iter().filter(|write| write.contains("/ipsec/endpoints/")).collect();
    let sites: Vec<&str> = writes.iter().map(|write| write.split(' ').next().unwrap()).collect();
    assert_eq!(sites, ["east", "west"], "{writes:?}");
    bench.run(&["drift"]).expect(0);
}

#[test]
fn a_key_that_one_end_refuses_is_not_given_to_the_other() {
    let sim = Sim::start();
    let bench = connected(&sim);
    rotated(&bench);
    refuses(&sim, "PUT", &["/api/ipsec/endpoints/*"]);
    let ran = bench.run(&["apply", "--yes", "--parallel=1"]);
    ran.expect(5).says("because of `east/ipsec-endpoints/to-west`");
    refuses(&sim, "PUT", &[]);
    bench.run(&["apply", "--yes", "--quiet"]).expect(0);
    bench.run(&["drift"]).expect(0);
}

#[test]
fn what_many_share_or_nobody_notices_is_no_pair() {
    let sim = Sim::start();
    let bench = connected(&sim);
    let third = "  south:\n    at: https://203.0.113.13:8000/api\n    credentials: { username: api, password: stand-in }\n    \
                 ipsec-endpoints:\n      to-west: { ipaddress: 198.51.100.11, secret: '${secret.psk}' }\n";
    bench.write("south.yaml", &format!("vns3:\n{third}"));
    rotated(&bench);
    let plan = bench.run(&["plan"]).expect(0);
    assert!(!plan.out.contains("together"), "{}", plan.out);
}
