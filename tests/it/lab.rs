//! A manager with one deployment, and what it says of it when it is asked past the program.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::bench::Bench;
use crate::support::Sim;

/// The versions whose behaviour differs most; `None` is the newest.
pub(crate) const VERSIONS: &[Option<&str>] = &[Some("4.5"), None];

pub(crate) const ENVELOPE: &str = "workspace: lab\nsecrets: { pw: { env: PASSWORD } }\n";

/// Two nodes, one after the other; an input lets any operation fail.
pub(crate) const BLUEPRINT: &str = "
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
pub(crate) struct Lab {
    /// The manager.
    pub sim: Sim,
    /// The workspace.
    pub bench: Bench,
}

impl Lab {
    pub(crate) fn new(version: Option<&str>, deployment: &str) -> Lab {
        Lab::of(version, BLUEPRINT, deployment)
    }

    pub(crate) fn of(version: Option<&str>, blueprint: &str, deployment: &str) -> Lab {
        let sim = Sim::of("cloudify", version);
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
    pub(crate) fn get(&self, path: &str) -> Value {
        self.call("GET", path, &Value::Null)
    }

    /// Sends the manager a request past the program.
    pub(crate) fn call(&self, method: &str, path: &str, body: &Value) -> Value {
        self.sim.call(("cloudify", "m"), "admin:simulated-pw", method, path, body)
    }

    /// The states of the deployment's instances.
    pub(crate) fn states(&self) -> Vec<String> {
        let list = self.get("/node-instances?_include=id,state&_sort=id");
        let state = |row: &Value| row["state"].as_str().unwrap().to_owned();
        list["items"].as_array().unwrap().iter().map(state).collect()
    }

    /// The workflows that ran on the deployment, in order, with how they ended.
    pub(crate) fn ran(&self) -> Vec<String> {
        let list = self.get("/executions?_include=workflow_id,status,created_at&_sort=created_at");
        let word =
            |row: &Value| format!("{} {}", row["workflow_id"].as_str().unwrap(), row["status"].as_str().unwrap());
        let all: Vec<String> = list["items"].as_array().unwrap().iter().map(word).collect();
        all.into_iter().filter(|line| !line.starts_with("create_deployment") && !line.starts_with("upload_")).collect()
    }

    pub(crate) fn console(&self, change: &Value) {
        self.sim.side_door("POST", "/cloudify/m/console", change);
    }

    /// Sets fields of the deployment past the API.
    pub(crate) fn set(&self, fields: &Value) {
        self.console(&json!({ "set": { "kind": "deployments", "name": "one", "fields": fields } }));
    }

    /// Moves the deployment to a copy of its blueprint that nobody declares.
    pub(crate) fn replace_blueprint(&self) {
        self.bench.run(&["get", "m", "blueprint", "router", "-o", "fetched"]).expect(0);
        let archive = STANDARD.encode(std::fs::read(self.bench.path().join("fetched")).unwrap());
        self.console(&json!({ "add": { "kind": "blueprints", "fields": { "id": "other", "archive": archive } } }));
        let is_old = self.get("/version")["version"].as_str().unwrap().starts_with('4');
        let verb = if is_old { "PUT" } else { "POST" };
        self.call(verb, "/deployment-updates/one/update/initiate", &json!({ "blueprint_id": "other" }));
        while self.get("/deployments/one")["blueprint_id"] != "other" {}
        while self.ran().iter().any(|line| !line.ends_with("terminated")) {}
    }

    pub(crate) fn fault(&self, faults: &Value) {
        self.sim.side_door("POST", "/faults", faults);
    }

    pub(crate) fn hits(&self) -> u64 {
        self.sim.side_door("GET", "/faults", &Value::Null)[0]["hits"].as_u64().unwrap()
    }

    #[track_caller]
    pub(crate) fn converged(&self) {
        self.bench.run(&["plan", "--exit-code"]).expect(0);
    }
}
