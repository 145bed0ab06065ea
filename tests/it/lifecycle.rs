//! The life of a deployment: installed, changed, moved to a new blueprint, failed, repaired and removed, whatever befalls it.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use trueup::sim::Options;

use crate::bench::{Bench, Ran};
use crate::support::{Sim, wagon};

/// The versions whose behaviour differs most; `None` is the newest.
const VERSIONS: &[Option<&str>] = &[Some("4.5"), None];

const ENVELOPE: &str = "workspace: lab\nsecrets: { pw: { env: PASSWORD } }\n";

/// Two nodes, one after the other; an input lets any operation fail.
const BLUEPRINT: &str = "
tosca_definitions_version: cloudify_dsl_1_3
imports: [cloudify/types/types.yaml]
inputs: { simulate_failure: { default: '' }, size: { type: integer, default: 1, constraints: [{ in_range: [1, 9] }] } }
node_templates:
  base: { type: cloudify.nodes.Root }
  top:
    type: cloudify.nodes.Root
    properties: { simulate_failure: { get_input: simulate_failure } }
    relationships: [{ type: cloudify.relationships.depends_on, target: base }]
outputs: { size: { value: { get_input: size } } }
";

/// A manager of a version, and a workspace with one deployment on it.
struct Lab {
    sim: Sim,
    bench: Bench,
}

impl Lab {
    fn new(version: Option<&str>, deployment: &str) -> Lab {
        Lab::of(version, BLUEPRINT, deployment)
    }

    fn of(version: Option<&str>, blueprint: &str, deployment: &str) -> Lab {
        let versions = version.map(|version| ("cloudify".to_owned(), version.to_owned()));
        let sim = Sim::start_with(Options { versions: versions.into_iter().collect(), ..Options::default() });
        let topology = format!(
            "
cloudify:
  m:
    at: https://manager.example/api/v3.1
    credentials: {{ username: admin, password: '${{secret.pw}}' }}
    blueprints: {{ router: {{ source: blueprints/router }} }}
    deployments:
      one: {deployment}
"
        );
        let files =
            [("trueup.yaml", ENVELOPE), ("m.yaml", topology.as_str()), ("blueprints/router/blueprint.yaml", blueprint)];
        Lab { bench: Bench::of(&files, &sim), sim }
    }

    /// Asks the manager itself.
    fn get(&self, path: &str) -> Value {
        self.call("GET", path, &Value::Null)
    }

    /// Sends the manager a request past the program.
    fn call(&self, method: &str, path: &str, body: &Value) -> Value {
        self.sim.call(("cloudify", "m"), "admin:simulated-pw", method, path, body)
    }

    /// The states of the deployment's instances.
    fn states(&self) -> Vec<String> {
        let list = self.get("/node-instances?_include=id,state&_sort=id");
        let state = |row: &Value| row["state"].as_str().unwrap().to_owned();
        list["items"].as_array().unwrap().iter().map(state).collect()
    }

    /// The workflows that ran on the deployment, in order, with how they ended.
    fn ran(&self) -> Vec<String> {
        let list = self.get("/executions?_include=workflow_id,status,created_at&_sort=created_at");
        let word =
            |row: &Value| format!("{} {}", row["workflow_id"].as_str().unwrap(), row["status"].as_str().unwrap());
        let all: Vec<String> = list["items"].as_array().unwrap().iter().map(word).collect();
        all.into_iter().filter(|line| !line.starts_with("create_deployment") && !line.starts_with("upload_")).collect()
    }

    fn console(&self, change: &Value) {
        self.sim.side_door("POST", "/cloudify/m/console", change);
    }

    /// Sets fields of the deployment past the API.
    fn set(&self, fields: &Value) {
        self.console(&json!({ "set": { "kind": "deployments", "name": "one", "fields": fields } }));
    }

    /// Moves the deployment to a copy of its blueprint that nobody declares.
    fn replace_blueprint(&self) {
        self.bench.run(&["get", "m", "blueprint", "router", "-o", "fetched"]).expect(0);
        let archive = STANDARD.encode(std::fs::read(self.bench.path().join("fetched")).unwrap());
        self.console(&json!({ "add": { "kind": "blueprints", "fields": { "id": "other", "archive": archive } } }));
        let is_old = self.get("/version")["version"].as_str().unwrap().starts_with('4');
        let verb = if is_old { "PUT" } else { "POST" };
        self.call(verb, "/deployment-updates/one/update/initiate", &json!({ "blueprint_id": "other" }));
        while self.get("/deployments/one")["blueprint_id"] != "other" {}
        while self.ran().iter().any(|line| !line.ends_with("terminated")) {}
    }

    fn fault(&self, faults: &Value) {
        self.sim.side_door("POST", "/faults", faults);
    }

    fn hits(&self) -> u64 {
        self.sim.side_door("GET", "/faults", &Value::Null)[0]["hits"].as_u64().unwrap()
    }

    #[track_caller]
    fn converged(&self) {
        self.bench.run(&["plan", "--exit-code"]).expect(0);
    }
}

/// What the manager says when an execution is under way.
const RUNNING: &str = r#"{"error_code": "existing_running_execution_error", "message": "The following executions are currently running for this deployment: [...]"}"#;

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

/// The field that is to show as drift, and what somebody does.
type Interference = (&'static str, fn(&Lab));

/// What somebody did to an installed deployment at the manager: each shows as drift of the field that it is about.
#[test]
fn drift_of_an_installed_deployment_shows() {
    for &version in VERSIONS {
        let declared = "{ blueprint_id: router, installed: true, visibility: private, inputs: { size: 1 } }";
        let changes: [Interference; 4] = [
            ("installed", |lab| lab.set(&json!({ "state": "stopped" }))),
            ("inputs", |lab| lab.set(&json!({ "inputs": { "size": 7 } }))),
            ("visibility", |lab| lab.set(&json!({ "visibility": "tenant" }))),
            ("blueprint_id", Lab::replace_blueprint),
        ];
        for (field, change) in changes {
            let lab = Lab::new(version, declared);
            lab.bench.apply();
            lab.bench.run(&["drift"]).expect(0);
            change(&lab);
            let drift = lab.bench.run(&["drift"]).expect(4);
            assert!(
                drift.out.contains(field) && drift.out.contains("m/deployments/one"),
                "{version:?}: {}",
                drift.all()
            );
            // A wider visibility can only be taken back by making the deployment anew.
            if field != "visibility" {
                lab.bench.apply();
                lab.converged();
                assert_eq!(lab.states(), ["started", "started"], "{version:?}: {field}");
            }
        }
    }
}

/// A failed installation is told with the node, its error and what to run; the next run goes on where it failed.
#[test]
fn a_failed_installation_is_told_and_continued() {
    for &version in VERSIONS {
        let lab = Lab::new(version, "{ blueprint_id: router, installed: true, inputs: { simulate_failure: start } }");
        let failed = lab.bench.run(&["apply", "--yes"]).expect(5);
        for words in
            ["it ended as `failed`", "\n        top: Task failed", "simulated failure", "run `trueup apply` again"]
        {
            assert!(failed.out.contains(words), "`{words}` is not in:\n{}", failed.all());
        }
        // Old servers don't count operations.
        assert!(version.is_some() || failed.err.contains("(7 of 19)"), "{}", failed.all());
        assert_eq!(lab.ran(), ["install failed"]);
        assert!(lab.states().contains(&"starting".to_owned()), "{:?}", lab.states());
        lab.bench.run(&["plan"]).expect(0).says("installed: partial → true");

        // The cause is still there: the same workflow is tried once more, and nothing is taken down for it.
        lab.bench.run(&["apply", "--yes", "--quiet"]).expect(5);
        assert_eq!(lab.ran(), ["install failed", "install failed"]);
        lab.bench.edit("m.yaml", "simulate_failure: start", "simulate_failure: ''");
        lab.bench.apply();
        assert_eq!(lab.ran()[2..], ["update terminated", "install terminated"], "{version:?}");
        assert_eq!(lab.states(), ["started", "started"]);
        // What was there went on from where it was; old servers begin anew with all nodes, each time.
        let path = "/events?event_type=workflow_node_event&message=Creating%25&_include=message";
        let created = lab.get(path)["metadata"]["pagination"]["total"].as_u64();
        assert_eq!(created, Some(if version.is_none() { 2 } else { 6 }), "{version:?}");
        lab.converged();
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

/// An update that fails in an operation leaves its inputs behind as if it had succeeded: the next run repairs what runs.
#[test]
fn a_failed_update_is_no_success() {
    for &version in VERSIONS {
        let lab = Lab::new(version, "{ blueprint_id: router, installed: true }");
        lab.bench.apply();
        lab.bench.edit("m.yaml", "installed: true", "installed: true, inputs: { simulate_failure: create }");
        lab.set(&json!({ "state": "creating" }));
        let failed = lab.bench.run(&["apply", "--yes"]).expect(5);
        assert!(failed.out.contains("simulated failure"), "{}", failed.all());
        lab.bench.edit("m.yaml", "simulate_failure: create", "simulate_failure: ''");
        lab.bench.apply();
        assert_eq!(lab.states(), ["started", "started"], "{version:?}: {:?}", lab.ran());
        lab.converged();
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

/// Outputs that the manager can't evaluate, such as one of a node with several instances, are no fault of the deployment.
#[test]
fn outputs_that_cant_be_evaluated_stop_nothing() {
    for code in ["deployment_outputs_evaluation_error", "deployment_capabilities_evaluation_error"] {
        let lab = Lab::new(None, "{ blueprint_id: router, installed: true }");
        let message =
            "Multi instances of node \"top\" are not supported by function: {'get_attribute': ['top', 'addr']}";
        let body = json!({ "error_code": code, "message": message, "server_traceback": null }).to_string();
        let path = format!("/api/v3.1/deployments/one/{}", code.split('_').nth(1).unwrap());
        lab.fault(&json!([{ "method": "GET", "path": path, "status": 400, "body": body }]));
        lab.bench.apply();
        assert_eq!(lab.states(), ["started", "started"]);
        lab.converged();
        lab.bench.run(&["drift"]).expect(0);
        assert!(lab.hits() > 0);
        // Only who asks for one has to do without.
        let field = path.rsplit('/').next().unwrap();
        let secret =
            format!("    secrets: {{ addr: {{ value: '${{m/deployments/one.{field}.addr}}' }} }}\n    deployments:");
        lab.bench.edit("m.yaml", "    deployments:", &secret);
        let unknown = format!("`${{m/deployments/one.{field}.addr}}` never became known");
        lab.bench.run(&["apply", "--yes"]).expect(1).says(&unknown);
    }
}

/// Without a create that takes its place it is removed, before the blueprint that it holds.
#[test]
fn a_zombie_goes_when_nothing_declares_it() {
    let lab = Lab::new(None, "{ blueprint_id: router, installed: true, inputs: { size: 99 } }");
    lab.bench.run(&["apply", "--yes"]).expect(5);
    assert_eq!(lab.get("/deployments/one")["installation_status"], "active");
    lab.bench.run(&["destroy", "--yes"]).expect(0).says("2 steps done");
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

/// Nothing to install is installed as well as not.
#[test]
fn a_deployment_without_nodes_converges() {
    for &version in VERSIONS {
        let lab = Lab::of(version, EMPTY, "{ blueprint_id: router, installed: true }");
        lab.bench.apply();
        lab.converged();
        lab.bench.edit("m.yaml", "installed: true", "installed: false");
        lab.bench.apply();
        lab.converged();
    }
}

/// Without nodes nobody can tell whether it is installed: once its blueprint brings some, they are, in the same run.
#[test]
fn a_deployment_that_gets_nodes_is_installed_at_once() {
    for &version in VERSIONS {
        for (installed, state) in [(true, "started"), (false, "uninitialized")] {
            let lab = Lab::of(version, EMPTY, &format!("{{ blueprint_id: router, installed: {installed} }}"));
            lab.bench.apply();
            lab.bench.write("blueprints/router/blueprint.yaml", BLUEPRINT);
            let plan = lab.bench.run(&["plan"]).expect(0);
            assert_eq!(plan.out.contains("installed: (none) → true"), installed, "{}", plan.all());
            lab.bench.apply();
            assert_eq!(lab.states(), [state; 2], "{version:?}");
            lab.converged();
        }
    }
}

/// A changed blueprint is uploaded beside the old one, the deployment moves, and the old one goes.
#[test]
fn a_changed_blueprint_takes_its_deployment_along() {
    for (version, installed) in [(Some("4.5"), true), (None, true), (None, false)] {
        let lab = Lab::new(version, &format!("{{ blueprint_id: router, installed: {installed} }}"));
        lab.bench.apply();
        let before = lab.get("/deployments/one")["blueprint_id"].clone();
        lab.bench.edit(
            "blueprints/router/blueprint.yaml",
            "outputs:",
            "  third: { type: cloudify.nodes.Root }\noutputs:",
        );
        lab.bench.apply();
        let after = lab.get("/deployments/one")["blueprint_id"].clone();
        assert_ne!(before, after);
        let blueprints = lab.get("/blueprints?_include=id");
        assert_eq!(blueprints["items"], json!([{ "id": after }]), "the old one is still there");
        let state = if installed { "started" } else { "uninitialized" };
        assert_eq!(lab.states(), [state; 3], "{version:?}");
        lab.converged();
        lab.bench.edit("m.yaml", "deployments:", "# deployments:");
        lab.bench.edit("m.yaml", "      one:", "#     one:");
        lab.bench.apply();
        assert_eq!(lab.get("/deployments?_include=id")["items"], json!([]));
    }
}

/// Servers drop inputs that the blueprint does not declare, and report success: they are refused before anything is sent.
#[test]
fn inputs_are_checked_against_the_blueprint() {
    let lab = Lab::new(None, "{ blueprint_id: router, inputs: { size: 2 } }");
    lab.bench.run(&["validate"]).expect(0);
    for (input, said) in [
        ("sise: 2", "`m/blueprints/router` declares no `sise`, which `m/deployments/one` gives"),
        ("sise: 2", "did you mean `size`?"),
        ("size: '2'", "`size` of `m/deployments/one` has to be a whole number"),
    ] {
        lab.bench.edit("m.yaml", "size: 2", input);
        let ran = lab.bench.run(&["validate"]).expect(3).says(said);
        assert!(ran.err.contains("m.yaml:8:"), "not at its place: {}", ran.all());
        lab.bench.edit("m.yaml", input, "size: 2");
    }
    // Only the manager can tell what a function gives.
    lab.bench.edit("m.yaml", "size: 2", "size: { get_secret: size }");
    lab.bench.run(&["validate"]).expect(0);
    lab.bench.edit("m.yaml", "size: { get_secret: size }", "size: 2");

    lab.bench.edit("blueprints/router/blueprint.yaml", "inputs: {", "inputs: { must: {},");
    lab.bench.run(&["plan"]).says("`m/deployments/one` lacks `must`, which `m/blueprints/router` needs").expect(1);
    lab.bench.edit("blueprints/router/blueprint.yaml", " must: {},", "");

    // An archive says as much as a folder.
    lab.bench.apply();
    lab.bench.run(&["get", "m", "blueprint", "router", "-o", "router.tar.gz"]).expect(0);
    lab.bench.edit("m.yaml", "source: blueprints/router", "source: router.tar.gz");
    lab.converged();
    lab.bench.edit("m.yaml", "size: 2", "sise: 2");
    lab.bench.run(&["validate"]).expect(3).says("did you mean `size`?");
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

/// What a deployment offers to others goes where it is referred to, and goes there again when it changes.
#[test]
fn a_capability_is_an_output() {
    let topology = "{ blueprint_id: router, installed: true, inputs: { size: 2 } }
      two: { blueprint_id: router, inputs: { size: '${m/deployments/one.capabilities.size}' } }";
    let lab = Lab::of(
        None,
        &BLUEPRINT.replace("outputs:", "capabilities: { size: { value: { get_input: size } } }\noutputs:"),
        topology,
    );
    lab.bench.run(&["plan"]).expect(0).says("(known after apply)");
    lab.bench.apply();
    assert_eq!(lab.get("/deployments/two")["inputs"]["size"], 2);
    lab.converged();
    lab.bench.edit("m.yaml", "size: 2", "size: 5");
    lab.bench.apply();
    assert_eq!(lab.get("/deployments/two")["inputs"]["size"], 5);
    lab.converged();
}

/// A folder is packed as the manager takes a plugin, with all that blueprints import. A plugin's version is taken, whatever its
/// content: other content under it is noticed, and the plugin made anew.
#[test]
fn a_plugin_comes_from_a_folder_and_other_content_of_it_is_noticed() {
    ["cloudify", "f5-vnfm"].into_iter().for_each(plugin_from_a_folder);
}

fn plugin_from_a_folder(provider: &str) {
    let sim = Sim::start();
    let topology = "
PROVIDER:
  m:
    at: https://manager.example/api/v3.1
    credentials: { username: admin, password: '${secret.pw}' }
    plugins: { one: { package_name: one-plugin, package_version: '1.0', source: plugin } }
    blueprints: { router: { source: blueprints/router } }
"
    .replace("PROVIDER", provider);
    let importing = EMPTY.replace("types.yaml", "types.yaml, 'plugin:one-plugin'");
    let document = "plugins: { one: { executor: central_deployment_agent, package_name: one-plugin } }\n";
    let bench = Bench::of(&[("trueup.yaml", ENVELOPE), ("m.yaml", &topology)], &sim);
    bench.write("plugin/plugin.yaml", document);
    bench.write("blueprints/router/blueprint.yaml", &importing);
    bench.run(&["validate"]).expect(3).says("`plugin` holds no file `*.wgn`").says("m.yaml:6:");
    bench.write("plugin/one-1.0.wgn", &wagon("one-plugin", "1.0", &[]));
    bench.write("plugin/icon.png", "an image");
    bench.apply();
    bench.run(&["plan", "--exit-code"]).expect(0);

    bench.write("plugin/one-1.0.wgn", &wagon("one-plugin", "1.0", &["two"]));
    let plan = bench.run(&["plan"]).expect(0);
    assert!(plan.out.contains("1 to replace") && plan.out.contains("source: sha256:"), "{}", plan.all());
    // No blueprint imports it any more: it may go, and come again.
    bench.edit("m.yaml", "    blueprints: { router: { source: blueprints/router } }\n", "");
    bench.apply();
    bench.run(&["plan", "--exit-code"]).expect(0);
    bench.run(&["get", "m", "plugin", "one", "-o", "fetched"]).expect(0);
    assert_eq!(std::fs::read(bench.path().join("fetched")).unwrap(), wagon("one-plugin", "1.0", &["two"]));
}

/// A blueprint whose only node can't be made.
const NEVER_STARTS: &str = "
tosca_definitions_version: cloudify_dsl_1_3
imports: [cloudify/types/types.yaml]
node_templates: { only: { type: cloudify.nodes.Root, properties: { simulate_failure: create } } }
";

/// A blueprint without nodes.
const EMPTY: &str = "tosca_definitions_version: cloudify_dsl_1_3\nimports: [cloudify/types/types.yaml]\n";
