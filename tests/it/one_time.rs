//! One-time outputs: asked for when somebody needs them, never twice, and told to nobody else.

use serde_json::{Value, json};

use crate::bench::Bench;
use crate::support::Sim;

const NETFOUNDRY: &str = "
netfoundry:
  nf:
    at: https://gateway.production.netfoundry.io
    networks:
      acme:
        networkGroupId: nf Group
        provider: AWS
        region: us-east-1
        edge-routers: { branch: { tunnelerEnabled: true } }
        endpoints: { laptop: {} }
";

const TAKER: &str = "
cloudify:
  cfy:
    at: https://cloudify.example/api/v3.1
    tenant: default_tenant
    credentials: { username: admin, password: \"${secret.pw}\" }
    secrets:
      key: { value: \"${nf/networks/acme/edge-routers/branch.registrationKey}\" }
      jwt: { value: \"${nf/networks/acme/endpoints/laptop.jwt}\" }
";

fn keys_made(sim: &Sim) -> usize {
    let log = sim.side_door("GET", "/requests", &Value::Null);
    log.as_array()
        .unwrap()
        .iter()
        .filter(|entry| entry["path"].as_str().unwrap().ends_with("/registration-key"))
        .count()
}

#[test]
fn a_key_is_made_once_for_who_needs_it_and_told_to_nobody_else() {
    let sim = Sim::start();
    let workspace = "workspace: once\nsecrets: { pw: { command: [echo, stand-in] } }\n";
    let bench = Bench::of(&[("trueup.yaml", workspace), ("nf.yaml", NETFOUNDRY), ("cfy.yaml", TAKER)], &sim);
    let planned = bench.run(&["plan"]).expect(0).all();
    let applied = bench.run(&["-vv", "apply", "--yes"]).expect(0).all();
    bench.run(&["plan", "--exit-code"]).expect(0);
    assert_eq!(keys_made(&sim), 1);

    let state = sim.side_door("GET", "/netfoundry/nf/state", &Value::Null);
    let objects = state["store"].as_array().unwrap();
    let named = |name: &str| objects.iter().find(|object| object["body"]["name"] == name && object["kind"] != "host");
    let key = named("branch").unwrap()["hidden"]["key"]["value"].as_str().unwrap();
    let jwt = named("laptop").unwrap()["body"]["jwt"].as_str().unwrap();
    for secret in [key, jwt] {
        for said in [&planned, &applied] {
            assert!(!said.contains(secret), "{said}");
        }
        for (path, bytes) in bench.files() {
            assert!(!bytes.windows(secret.len()).any(|part| part == secret.as_bytes()), "{path:?}");
        }
    }

    // The token can be read as long as it is there; the key was given to somebody.
    bench.run(&["get", "nf", "endpoints", "laptop", "--field", "jwt", "-o", "jwt"]).expect(0);
    assert_eq!(std::fs::read_to_string(bench.path().join("jwt")).unwrap(), jwt);
    let get_key = ["get", "nf", "edge-routers", "branch", "--field", "registrationKey", "-o", "key"];
    bench.run(&get_key).expect(1).says("`cfy/secrets/key` was given the `registrationKey`");
    assert_eq!(keys_made(&sim), 1);

    // Once the machine has enrolled, nobody gets another key.
    let enrolled = json!({ "set": { "kind": "edge-routers", "name": "branch", "fields": { "verified": true } } });
    sim.side_door("POST", "/netfoundry/nf/console", &enrolled);
    bench.edit(
        "cfy.yaml",
        "      jwt:",
        "      late: { value: \"${nf/networks/acme/edge-routers/branch.registrationKey}\" }\n      jwt:",
    );
    let plan = bench.plan();
    assert_eq!(plan["holds"][0]["address"], "cfy/secrets/late", "{plan}");
    bench.run(&["plan"]).says("its machine has enrolled");
    bench.apply();
    assert_eq!(keys_made(&sim), 1);
}

const TWO: &str = "
PROVIDER:
  mgr:
    at: https://manager.example/api/v3.1
    tenant: default_tenant
    credentials: { username: admin, password: stand-in }
    blueprints: { router: { source: router } }
    deployments:
      one:
        blueprint_id: router
        inputs: { site: a, keys: [\"${nf/networks/acme/edge-routers/branch.registrationKey}\"] }
      two:
        blueprint_id: router
        inputs: { site: b, keys: [\"${nf/networks/acme/edge-routers/branch.registrationKey}\"] }
";

const ROUTER: &str = "
tosca_definitions_version: cloudify_dsl_1_3
description: A router
inputs: { site: {}, keys: {} }
node_templates: {}
";

/// What was given to one before stays what it was given when another one gets a new key, whatever else changes for both.
#[test]
fn a_key_that_is_made_for_one_is_not_expected_of_another() {
    for provider in ["cloudify", "f5-vnfm"] {
        let sim = Sim::start();
        let two = TWO.replace("PROVIDER", provider);
        let bench = Bench::of(&[("trueup.yaml", "workspace: once\n"), ("nf.yaml", NETFOUNDRY), ("m.yaml", &two)], &sim);
        bench.write("router/blueprint.yaml", ROUTER);
        bench.apply();
        bench.run(&["plan", "--exit-code"]).expect(0);
        bench.edit("router/blueprint.yaml", "A router", "The router");
        bench.edit("m.yaml", "site: b", "site: c");
        bench.apply();
        bench.run(&["plan", "--exit-code"]).expect(0);
        bench.run(&["drift"]).expect(0);
        assert_eq!(keys_made(&sim), 2, "{provider}");
    }
}

/// What no list shows is read where somebody takes it, and nowhere else.
#[test]
fn the_password_of_a_network_is_read_for_who_takes_it() {
    let sim = Sim::start();
    let taker = "
cloudify:
  cfy:
    at: https://cloudify.example/api/v3.1
    tenant: default_tenant
    credentials: { username: admin, password: \"${secret.pw}\" }
    secrets: { sds: { value: \"${nf/networks/acme.sdsPassword}\" } }
";
    let workspace = "workspace: once\nsecrets: { pw: { command: [echo, stand-in] } }\n";
    let bench = Bench::of(&[("trueup.yaml", workspace), ("nf.yaml", NETFOUNDRY)], &sim);
    bench.apply();
    let reads = || {
        let log = sim.side_door("GET", "/requests", &Value::Null);
        sim.side_door("DELETE", "/requests", &Value::Null);
        let is_read = |entry: &&Value| {
            let path = entry["path"].as_str().unwrap();
            entry["method"] == "GET" && path.rsplit_once('/').is_some_and(|(head, _)| head.ends_with("/networks"))
        };
        log.as_array().unwrap().iter().filter(is_read).count()
    };
    reads();
    bench.run(&["plan", "--exit-code"]).expect(0);
    assert_eq!(reads(), 0, "nobody takes it");
    bench.write("cfy.yaml", taker);
    let state = sim.side_door("GET", "/netfoundry/nf/state", &Value::Null);
    let objects = state["store"].as_array().unwrap();
    let network = objects.iter().find(|object| object["body"]["name"] == "acme").unwrap();
    let password = network["body"]["sdsPassword"].as_str().unwrap();
    bench.run_discreetly(&["apply", "--yes"], &[password]).expect(0);
    assert!(reads() > 0);
    bench.run_discreetly(&["plan", "--exit-code"], &[password]).expect(0);
    let held = sim.call(("cloudify", "cfy"), "admin:stand-in", "GET", "/secrets/sds", &json!(null));
    assert_eq!(held["value"], password);
}
