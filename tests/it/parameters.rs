//! What workflows are run with: kept in git, no reason to run one, and sent whenever one is run for another reason.

use serde_json::{Value, json};

use crate::bench::{Bench, Ran};
use crate::calls::{agree, sent, shown};
use crate::support::Sim;

/// Servers whose workflows and updates differ; updates to known blueprints begin with 4.4.
const SERVERS: &[(&str, Option<&str>)] =
    &[("cloudify", Some("4.0")), ("cloudify", Some("4.5")), ("cloudify", Some("7.1")), ("f5-vnfm", None)];

/// The secret that nothing may show.
const CANARY: &str = "canary-parameter-0817";

const ENVELOPE: &str = "
workspace: lab
secrets: { pw: { env: PASSWORD }, key: { file: key.txt } }
";

/// One node whose operations an input lets fail.
const BLUEPRINT: &str = "
tosca_definitions_version: cloudify_dsl_1_3
imports: [cloudify/types/types.yaml]
inputs: { fails: { default: '' }, size: { default: 1 } }
node_templates:
  base: { type: cloudify.nodes.Root, properties: { simulate_failure: { get_input: fails } } }
outputs: { size: { value: { get_input: size } } }
";

/// A manager, and a workspace with one deployment on it beside another one.
struct Lab {
    server: (&'static str, Option<&'static str>),
    sim: Sim,
    bench: Bench,
}

impl Lab {
    fn new(server: (&'static str, Option<&'static str>), deployment: &str) -> Lab {
        let sim = Sim::of(server.0, server.1);
        let topology = format!(
            "
{}:
  m:
    at: https://manager.example/api/v3.1
    credentials: {{ username: admin, password: '${{secret.pw}}' }}
    blueprints: {{ router: {{ source: blueprints/router }} }}
    deployments:
      other: {{ blueprint_id: router, inputs: {{ size: 7 }} }}
      one: {deployment}
",
            server.0
        );
        let files = [
            ("trueup.yaml", ENVELOPE),
            ("m.yaml", topology.as_str()),
            ("key.txt", CANARY),
            ("blueprints/router/blueprint.yaml", BLUEPRINT),
        ];
        Lab { server, bench: Bench::of(&files, &sim), sim }
    }

    /// Edits the deployment.
    fn edit(&self, from: &str, to: &str) {
        self.bench.edit("m.yaml", from, to);
    }

    /// Runs the program, and makes sure that it keeps the secret.
    #[track_caller]
    fn run(&self, arguments: &[&str]) -> Ran {
        self.bench.run_discreetly(arguments, &[CANARY])
    }

    /// Applies a plan whose calls are sent as they are shown.
    #[track_caller]
    fn apply(&self) {
        let (before, planned) = (sent(&self.sim).len(), shown(&self.bench.plan()));
        self.run(&["apply", "--yes", "--quiet", "--parallel", "1"]).expect(0);
        let sent = sent(&self.sim).split_off(before);
        let agrees = sent.len() == planned.len() && sent.iter().zip(&planned).all(|(sent, shown)| agree(sent, shown));
        assert!(agrees, "{:?}: shown is\n{planned:#?}\nsent is\n{sent:#?}", self.server);
    }

    /// A plan with nothing in it, and an apply that sends nothing.
    #[track_caller]
    fn nothing_to_do(&self) {
        self.run(&["plan", "--exit-code"]).expect(0).says("othing to do");
        self.run(&["drift"]).expect(0);
        let before = sent(&self.sim).len();
        self.run(&["apply", "--yes", "--quiet"]).expect(0);
        assert_eq!(sent(&self.sim).len(), before, "{:?}", self.server);
    }

    /// The bodies that a plan shows for a path.
    fn planned(&self, path: &str) -> Vec<Value> {
        let steps = self.bench.plan()["steps"].as_array().unwrap().clone();
        let calls = steps.iter().flat_map(|step| step["calls"].as_array().unwrap());
        calls.filter(|call| call["path"] == path).map(|call| call["body"].clone()).collect()
    }

    /// The parameters with which the deployment's last execution of a workflow was run.
    fn parameters(&self, workflow: &str) -> Value {
        let path = format!("/executions?workflow_id={workflow}&deployment_id=one&_sort=-created_at");
        let list = self.sim.call((self.server.0, "m"), "admin:simulated-pw", "GET", &path, &Value::Null);
        list["items"][0]["parameters"].clone()
    }
}

/// Parameters go with the workflow when it is run, and cause nothing by themselves.
#[test]
fn parameters_ride_along_and_cause_nothing() {
    for &server in SERVERS {
        let lab = Lab::new(
            server,
            "{ blueprint_id: router, installed: true, allow_custom_parameters: true,
               install_parameters: { wave: 1, key: '${secret.key}', size: '${m/deployments/other.outputs.size}' } }",
        );
        let parameters =
            json!({ "wave": 1, "key": "(secret secret.key)", "size": "${m/deployments/other.outputs.size}" });
        let body = json!({
            "deployment_id": "one", "workflow_id": "install", "parameters": parameters, "allow_custom_parameters": true
        });
        assert_eq!(lab.planned("/executions"), [body], "{server:?}");
        lab.apply();
        let expected = json!({ "wave": 1, "key": CANARY, "size": 7 });
        assert_eq!(picked(&lab.parameters("install"), &expected), expected, "{server:?}");
        lab.nothing_to_do();

        lab.edit("wave: 1", "wave: 2");
        lab.edit(
            "allow_custom_parameters: true,",
            "allow_custom_parameters: true, uninstall_parameters: { ignore_failure: true },",
        );
        lab.nothing_to_do();
        assert_eq!(lab.parameters("uninstall"), Value::Null);

        lab.edit("installed: true", "installed: false");
        let plan = lab.run(&["plan"]).expect(0).says("uninstall_parameters");
        assert!(!plan.out.contains("  install_parameters"), "{}", plan.all());
        lab.apply();
        assert_eq!(lab.parameters("uninstall")["ignore_failure"], true, "{server:?}");
        lab.nothing_to_do();

        lab.edit("installed: false", "installed: true");
        lab.apply();
        assert_eq!(lab.parameters("install")["wave"], 2, "{server:?}");
        lab.nothing_to_do();
    }
}

/// Without parameters the calls are what they always were.
#[test]
fn without_parameters_nothing_is_sent_of_them() {
    let lab = Lab::new(("cloudify", None), "{ blueprint_id: router, installed: true, install_parameters: {} }");
    assert_eq!(lab.planned("/executions"), [json!({ "deployment_id": "one", "workflow_id": "install" })]);
}

/// Whoever is removed is uninstalled with what was applied last, though no file says it any more.
#[test]
fn what_is_removed_is_uninstalled_as_it_was_applied_last() {
    for &server in SERVERS {
        let lab = Lab::new(server, "{ blueprint_id: router, installed: true, inputs: { fails: stop } }");
        lab.apply();
        lab.edit("installed: true,", "installed: true, uninstall_parameters: { ignore_failure: true },");
        lab.nothing_to_do();
        lab.edit("      one:", "#     one:");
        assert_eq!(lab.planned("/executions")[0]["parameters"], json!({ "ignore_failure": true }), "{server:?}");
        lab.apply();
        lab.nothing_to_do();
    }
}

/// Of a secret the ledger keeps no more than its fingerprint: what needs it is left alone, and told.
#[test]
fn a_removal_that_needs_a_forgotten_secret_is_held() {
    let parameters = "uninstall_parameters: { key: '${secret.key}' }, allow_custom_parameters: true";
    let lab = Lab::new(("cloudify", None), &format!("{{ blueprint_id: router, installed: true, {parameters} }}"));
    lab.apply();
    lab.edit("      one:", "#     one:");
    lab.run(&["plan"]).expect(0).says("only fingerprints are kept");
    lab.edit("#     one:", "      one:");
    lab.edit("installed: true", "installed: false");
    lab.apply();
    lab.edit("      one:", "#     one:");
    lab.apply();
    lab.nothing_to_do();
}

/// A parameter that the workflow does not declare is refused by the server, in its words, and nothing has run.
#[test]
fn an_undeclared_parameter_is_refused_by_the_server() {
    for &server in SERVERS {
        let lab = Lab::new(server, "{ blueprint_id: router, installed: true, install_parameters: { wawe: 1 } }");
        let failed = lab.run(&["apply", "--yes", "--quiet"]).expect(5);
        assert!(failed.out.contains("does not have the following parameters declared: wawe"), "{}", failed.all());
        assert_eq!(lab.parameters("install"), Value::Null, "{server:?}");
        lab.edit("wawe: 1", "");
        lab.apply();
        lab.nothing_to_do();
    }
}

/// How an update treats nodes goes with the update, and causes none.
#[test]
fn update_parameters_go_with_an_update() {
    for &server in SERVERS.iter().filter(|server| server.1 != Some("4.0")) {
        let lab = Lab::new(server, "{ blueprint_id: router, installed: true, inputs: { size: 1 } }");
        lab.apply();
        lab.edit(
            "installed: true,",
            "installed: true, update_parameters: { install_first: true, ignore_failure: true },",
        );
        lab.nothing_to_do();
        lab.edit("size: 1", "size: 2");
        lab.run(&["plan"]).expect(0).says("update_parameters: (none) → {");
        let body = json!({ "inputs": { "size": 2 }, "ignore_failure": true, "install_first": true });
        assert_eq!(lab.planned("/deployment-updates/one/update/initiate"), [body], "{server:?}");
        lab.apply();
        assert_eq!(lab.parameters("update")["ignore_failure"], true, "{server:?}");
        lab.nothing_to_do();
    }
}

/// The keys of an object that another one has, too.
fn picked(object: &Value, like: &Value) -> Value {
    like.as_object().unwrap().keys().map(|key| (key.clone(), object[key].clone())).collect()
}
