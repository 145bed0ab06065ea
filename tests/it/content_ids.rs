//! Content that only a new object can hold: it gets an id of its own, so that all who refer to the old one move over.

use serde_json::{Value, json};

use crate::bench::Bench;
use crate::support::Sim;

const BLUEPRINT: &str = "
tosca_definitions_version: cloudify_dsl_1_3
imports: [cloudify/types/types.yaml]
node_templates: { base: { type: cloudify.nodes.Root } }
";

/// A manager with a blueprint that is declared so, and deployments of it, one of them installed.
struct Lab {
    provider: &'static str,
    sim: Sim,
    bench: Bench,
}

impl Lab {
    fn new(provider: &'static str, blueprint: &str) -> Lab {
        let sim = Sim::of(provider, None);
        let manager = format!(
            "{provider}:\n  m:\n    at: https://manager.example/api/v3.1\n    \
             credentials: {{ username: admin, password: '${{secret.pw}}' }}\n    \
             blueprints: {{ router: {{ source: router{blueprint} }} }}\n    \
             deployments: {{ one: {{ blueprint_id: router, installed: true }}, two: {{ blueprint_id: router }} }}\n"
        );
        let files = [
            ("trueup.yaml", "workspace: lab\nsecrets: { pw: { env: PASSWORD } }\n"),
            ("m.yaml", &manager),
            ("router/blueprint.yaml", BLUEPRINT),
            ("router/other.yaml", BLUEPRINT),
        ];
        let lab = Lab { provider, bench: Bench::of(&files, &sim), sim };
        lab.bench.apply();
        lab
    }

    /// The blueprint's id, which all deployments have; there is no other one.
    fn id(&self) -> String {
        let list = |path| self.sim.call((self.provider, "m"), "admin:simulated-pw", "GET", path, &Value::Null);
        let blueprints = list("/blueprints?_include=id")["items"].clone();
        assert_eq!(blueprints.as_array().unwrap().len(), 1, "{blueprints}");
        let id = blueprints[0]["id"].as_str().unwrap().to_owned();
        for deployment in list("/deployments?_include=id,blueprint_id")["items"].as_array().unwrap() {
            assert_eq!(deployment["blueprint_id"], json!(id), "{deployment}");
        }
        id
    }

    /// Declares something else of it, and demands another blueprint that all have moved to.
    #[track_caller]
    fn moves(&self, from: &str, to: &str) {
        let before = self.id();
        self.bench.edit("m.yaml", from, to);
        let plan = self.bench.run(&["plan"]).expect(0);
        assert!(plan.out.contains("the new one comes first"), "{}", plan.all());
        self.bench.apply();
        assert_ne!(self.id(), before, "{}: {from} {to}", self.provider);
        self.bench.run(&["plan", "--exit-code"]).expect(0).says("nothing to do");
    }

    /// Declares something else of it that it takes where it is.
    #[track_caller]
    fn stays(&self, from: &str, to: &str) {
        let before = self.id();
        self.bench.edit("m.yaml", from, to);
        self.bench.apply();
        assert_eq!(self.id(), before, "{}: {from} {to}", self.provider);
        self.bench.run(&["plan", "--exit-code"]).expect(0).says("nothing to do");
    }
}

const PROVIDERS: [&str; 2] = ["cloudify", "f5-vnfm"];

#[test]
fn what_is_read_first_moves_deployments_there_and_back() {
    for provider in PROVIDERS {
        let lab = Lab::new(provider, "");
        lab.moves("source: router ", "source: router, main_file_name: other.yaml ");
        lab.moves(", main_file_name: other.yaml", "");
        lab.moves("source: router ", "source: router, main_file_name: other.yaml ");
    }
}

#[test]
fn narrower_visibility_moves_deployments_as_often_as_it_is_narrowed() {
    for provider in PROVIDERS {
        let lab = Lab::new(provider, ", visibility: global");
        for _ in 0..2 {
            lab.moves("visibility: global", "visibility: tenant");
            lab.stays("visibility: tenant", "visibility: global");
        }
    }
}
