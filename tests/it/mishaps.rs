//! What befalls a manager and the runs against it: refusals, lost answers, restarts, signals, and creates that fail half-way.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};

use serde_json::json;

use crate::bench::Ran;
use crate::lab::{BLUEPRINT, Lab, VERSIONS};

/// What the manager says when an execution is under way.
const RUNNING: &str = r#"{"error_code": "existing_running_execution_error", "message": "The following executions are currently running for this deployment: [...]"}"#;

/// A blueprint whose only node can't be made.
const NEVER_STARTS: &str = "
tosca_definitions_version: cloudify_dsl_1_3
imports: [cloudify/types/types.yaml]
node_templates: { only: { type: cloudify.nodes.Root, properties: { simulate_failure: create } } }
";

/// What an earlier run began goes on between the look and the call: the call is refused, and then all is well.
#[test]
fn a_refusal_by_what_is_under_way_is_looked_at_before_it_counts() {
    for &version in VERSIONS {
        let lab = Lab::new(version, "{ blueprint_id: router, installed: true }");
        let refusal =
            json!({ "method": "POST", "path": "/api/v3.1/executions", "status_after": 400, "body": RUNNING, "nth": 1 });
        lab.fault(&json!([refusal]));
        lab.bench.apply();
        assert_eq!(lab.hits(), 1);
        assert_eq!(lab.ran(), ["install terminated"], "{version:?}");
        lab.converged();
    }
}

/// Nothing was under way: the refusal counts, and is told.
#[test]
fn a_refusal_that_nothing_explains_is_a_failure() {
    let lab = Lab::new(None, "{ blueprint_id: router, installed: true }");
    let refusal =
        json!({ "method": "POST", "path": "/api/v3.1/executions", "status": 400, "body": RUNNING, "times": 1 });
    lab.fault(&json!([refusal]));
    lab.bench.run(&["apply", "--yes", "--quiet"]).expect(5).says("currently running for this deployment");
    assert_eq!(lab.hits(), 1);
    lab.bench.apply();
    assert_eq!(lab.ran(), ["install terminated"]);
    lab.converged();
}

/// Installing again, and updating twice at once, are both accepted by a new server: neither is done blindly.
#[test]
fn an_answer_that_is_lost_starts_nothing_twice() {
    for &version in VERSIONS {
        let lab = Lab::new(version, "{ blueprint_id: router, installed: true }");
        let lost = |path: &str| json!([{ "method": "POST", "path": path, "reset_after": true, "nth": 1 }]);
        lab.fault(&lost("/api/v3.1/executions"));
        lab.bench.apply();
        lab.fault(&json!([{ "path": "/api/v3.1/deployment-updates/*/initiate", "reset_after": true, "nth": 1 }]));
        lab.bench.edit("m.yaml", "installed: true", "installed: true, inputs: { size: 2 }");
        lab.bench.apply();
        assert_eq!(lab.hits(), 1);
        assert_eq!(lab.ran(), ["install terminated", "update terminated"], "{version:?}");
        lab.converged();
    }
}

/// The REST service and its proxy restart in the middle of an installation: the workflow goes on without them.
#[test]
fn a_manager_that_restarts_in_mid_apply_is_waited_for() {
    for phase in [
        json!({ "status": 502, "body": "<html><title>502 Bad Gateway</title></html>" }),
        json!({ "status": 503, "body": "<html><title>503 Service Temporarily Unavailable</title></html>" }),
        json!({ "reset_before": true }),
    ] {
        let lab = Lab::new(None, "{ blueprint_id: router, installed: true }");
        let mut fault = json!({ "path": "/api/v3.1/executions/*", "times": 20 });
        fault.as_object_mut().unwrap().extend(phase.as_object().unwrap().clone());
        lab.fault(&json!([fault]));
        lab.bench.apply();
        assert_eq!(lab.hits(), 20, "{phase}");
        assert_eq!(lab.ran(), ["install terminated"]);
        lab.converged();
    }
}

/// A manager stops waiting for what it has begun after two minutes at most, and calls it an internal error: the work goes on
/// all the same.
#[test]
fn a_manager_that_gives_up_waiting_is_waited_for() {
    for (method, path) in [("PUT", "blueprints/*"), ("PUT", "deployments/one"), ("DELETE", "deployments/one")] {
        let lab = Lab::new(None, "{ blueprint_id: router, installed: true }");
        let path = format!("/api/v3.1/{path}");
        lab.fault(&json!([{ "method": method, "path": path, "status_after": 500, "nth": 1 }]));
        lab.bench.apply();
        lab.converged();
        assert_eq!(lab.states(), ["started", "started"], "{method} {path}");
        lab.bench.edit("m.yaml", "deployments:", "# deployments:");
        lab.bench.edit("m.yaml", "      one:", "#     one:");
        lab.bench.apply();
        assert_eq!(lab.get("/deployments?_include=id")["items"], json!([]));
        assert_eq!(lab.hits(), 1, "{method} {path}");
    }
}

/// What failed before anything was started is taken down all the same, although the manager sees nothing to uninstall.
#[test]
fn what_never_started_can_be_given_up() {
    for &version in VERSIONS {
        for give_up in [
            |lab: &Lab| lab.bench.edit("m.yaml", "installed: true", "installed: false"),
            |lab: &Lab| {
                lab.bench.edit("m.yaml", "deployments:", "# deployments:");
                lab.bench.edit("m.yaml", "      one:", "#     one:");
            },
        ] {
            let lab = Lab::of(version, NEVER_STARTS, "{ blueprint_id: router, installed: true }");
            lab.bench.run(&["apply", "--yes", "--quiet"]).expect(5);
            assert_eq!(lab.states(), ["creating"], "{version:?}");
            give_up(&lab);
            lab.bench.apply();
            lab.converged();
            assert!(lab.states().iter().all(|state| state == "deleted"), "{version:?}: {:?}", lab.states());
        }
    }
}

/// A create that fails on its way leaves a deployment that claims to be active: it is made anew.
#[test]
fn a_zombie_is_made_anew() {
    let lab = Lab::new(None, "{ blueprint_id: router, installed: true, inputs: { size: 99 } }");
    let failed = lab.bench.run(&["apply", "--yes"]).expect(5);
    assert!(failed.out.contains("violates constraint"), "{}", failed.all());
    assert_eq!(lab.get("/deployments/one")["installation_status"], "active");
    lab.bench.edit("m.yaml", "size: 99", "size: 3");
    lab.bench.apply();
    assert_eq!(lab.states(), ["started", "started"]);
    lab.converged();
}

/// Without a create that takes its place it is removed, before the blueprint that it holds.
#[test]
fn a_zombie_goes_when_nothing_declares_it() {
    let lab = Lab::new(None, "{ blueprint_id: router, installed: true, inputs: { size: 99 } }");
    lab.bench.run(&["apply", "--yes"]).expect(5);
    assert_eq!(lab.get("/deployments/one")["installation_status"], "active");
    lab.bench.destroy(&[]).expect(0).says("2 steps done");
    for kind in ["/deployments", "/blueprints"] {
        assert_eq!(lab.get(kind)["metadata"]["pagination"]["total"], 0, "{kind}");
    }
}

/// One that fails when inputs and nodes are there already looks like any other that is not installed, and can't be.
#[test]
fn a_zombie_with_nodes_is_made_anew() {
    let blueprint = BLUEPRINT
        .replace("properties: {", "properties: { gateway: { get_capability: [hub, addr] },")
        .replace("outputs:", "capabilities: { addr: { value: 10.0.0.1 } }\noutputs:");
    for installed in [true, false] {
        let lab = Lab::of(None, &blueprint, &format!("{{ blueprint_id: router, installed: {installed} }}"));
        let failed = lab.bench.run(&["apply", "--yes"]).expect(5);
        assert!(failed.out.contains("target deployment with ID `hub` does not exist"), "{}", failed.all());
        lab.bench.run(&["plan", "--exit-code"]).expect(2).says("+ one");
        let small = "tosca_definitions_version: cloudify_dsl_1_3\nimports: [cloudify/types/types.yaml]\n\
                     node_templates: { base: { type: cloudify.nodes.Root } }\n";
        lab.bench.write("blueprints/hub/blueprint.yaml", small);
        lab.bench.edit("m.yaml", "blueprints: {", "blueprints: { hub: { source: blueprints/hub },");
        lab.bench.edit("m.yaml", "deployments:", "deployments:\n      hub: { blueprint_id: hub }");
        // Which of the two is made first is the manager's to say: the second run comes to an end.
        lab.bench.run(&["apply", "--yes"]);
        lab.bench.apply();
        assert_eq!(lab.get("/deployments/one")["latest_execution_status"], "completed");
        lab.converged();
    }
}

/// A signal asks for the running workflow to be cancelled; the next run goes on with the rest.
#[test]
fn a_signal_cancels_what_runs_and_the_next_run_goes_on() {
    ["-INT", "-TERM"].into_iter().for_each(stopped_by);
}

fn stopped_by(name: &str) {
    let lab = Lab::new(None, "{ blueprint_id: router, installed: true }");
    lab.fault(&json!([{ "method": "GET", "path": "/api/v3.1/executions/*", "delay_ms": 300 }]));
    let mut command = lab.bench.command(&["apply", "--yes"]);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    while lab.ran().is_empty() {}
    signal(name, &child);
    let stopped: Ran = child.wait_with_output().unwrap().into();
    assert_eq!(stopped.code, Some(5), "{}", stopped.all());
    assert!(stopped.err.contains("what can be given up is given up"), "{}", stopped.all());
    assert!(stopped.out.contains("it ended as `cancelled`"), "{}", stopped.all());
    assert_eq!(lab.ran(), ["install cancelled"]);
    lab.fault(&json!([]));
    lab.bench.apply();
    assert_eq!(lab.ran(), ["install cancelled", "install terminated"]);
    lab.converged();
}

/// A second signal ends the run at once, in the middle of a wait: what was begun goes on, and the next run waits for it.
#[test]
fn a_second_signal_leaves_what_runs_alone() {
    let lab = Lab::new(None, "{ blueprint_id: router, installed: true }");
    // Neither the workflow's state is told nor is it cancelled: the run hangs, as at a manager that is stuck.
    let hangs = json!({ "method": "GET", "path": "/api/v3.1/executions/*", "delay_ms": 3000 });
    let lost = json!({ "method": "POST", "path": "/api/v3.1/executions/*", "status": 502 });
    lab.fault(&json!([hangs, lost]));
    let mut command = lab.bench.command(&["apply", "--yes"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    while lab.ran().is_empty() {}
    signal("-INT", &child);
    let mut told = String::new();
    let mut reader = BufReader::new(child.stderr.take().unwrap());
    while !told.contains("once more to stop at once") {
        assert_ne!(reader.read_line(&mut told).unwrap(), 0, "the run is over: {told}");
    }
    signal("-TERM", &child);
    reader.read_to_string(&mut told).unwrap();
    let stopped = child.wait().unwrap();
    assert_eq!(stopped.code(), Some(5), "{told}");
    for words in ["what the controllers are at work on goes on", "`trueup plan` looks", "`trueup apply` waits for it"] {
        assert!(told.contains(words), "`{words}` is not in:\n{told}");
    }
    lab.fault(&json!([]));
    assert!(matches!(lab.ran()[..], [ref one] if one != "install cancelled"), "{:?}", lab.ran());
    lab.bench.apply();
    assert_eq!(lab.ran(), ["install terminated"]);
    assert_eq!(lab.states(), ["started", "started"]);
    lab.converged();
}

fn signal(name: &str, child: &Child) {
    assert!(Command::new("kill").args([name, &child.id().to_string()]).status().unwrap().success());
}
