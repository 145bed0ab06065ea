//! Numbers, and true and false, that are given for texts arrive as texts at every provider, spelt as they are in the file.

use serde_json::{Value, json};

use crate::bench::Bench;
use crate::support::Sim;

const ENVELOPE: &str = "
workspace: lab
vars:
  release: { default: 1.10 }
  year: { type: string, default: 2024 }
";

const BLUEPRINT: &str = "
tosca_definitions_version: cloudify_dsl_1_3
imports: [cloudify/types/types.yaml]
inputs: { size: { default: 1 }, name: { type: string, default: x } }
node_templates: { base: { type: cloudify.nodes.Root } }
";

const TARGETS: &str = r##"
vns3:
  site:
    at: https://203.0.113.30:8000/api
    credentials: { username: api, password: 0815 }
    config: { topology_name: 2024, controller_name: 010 }
    system-variables: { noc: { value: 7 } }
    webhooks:
      hook:
        url: https://hooks.example/one
        body: True
        headers: [{ name: 0x1F, value: 1e3 }]
        parameters: [{ name: v, value: "${var.release}" }]
    routes:
      office:
        { cidr: 10.1.0.0/16, interface: eth0, gateway: 192.0.2.254, description: 1.10, metric: 0x10 }
    firewall-rules:
      - { rule: INPUT_CUST -s 10.4.0.0/16 -j ACCEPT, comment: +5 }
netfoundry:
  nf:
    at: https://gateway.production.netfoundry.io
    credentials:
      clientId: 1234
      password: 010
      authenticationUrl: https://netfoundry-production-xfjiye.auth.us-east-1.amazoncognito.com/oauth2/token
    networks:
      acme:
        networkGroupId: ACME Group
        provider: AWS
        region: us-east-2
        size: medium
        config-types: { own.v1: { schema: { type: object } } }
        configs: { own: { configTypeId: own.v1, data: { address: 1.10, port: 0x50, allowedAddresses: [2024], more: 1.10 } } }
        services:
          raw:
            configs:
              - name: 5
                configTypeId: intercept.v1
                data: { addresses: [10.0.0.1], protocols: [tcp], portRanges: [{ low: 80, high: 80 }] }
          git:
            modelType: TunnelerToEndpoint
            model:
              clientIngress: { host: 2024, port: 0x50 }
              serverEgress: { protocol: tcp, host: 010, port: 8443 }
              bindEndpointAttributes: ["#all"]
              edgeRouterAttributes: ["#all"]
cloudify:
  cfy:
    at: https://cloudify.acme.example/api/v3.1
    credentials: { username: admin, password: 0815 }
    secrets: { key: { value: 010 } }
    blueprints: { router: { source: router, labels: [{ year: 2024 }, { release: 1.10 }] } }
    deployments:
      one: { blueprint_id: router, labels: [{ "on": True }, { v: "${var.year}" }], inputs: { size: 1.50 } }
f5-vnfm:
  vnfm:
    at: https://vnfm.acme.example/api/v3.1
    credentials: { username: admin, password: 0815 }
    blueprints: { firewall: { source: router, visibility: tenant } }
    secrets: { key: { value: 1e3 } }
    users: { olga: { password: 12345678 } }
"##;

fn lab(sim: &Sim) -> Bench {
    let files = [("trueup.yaml", ENVELOPE), ("targets.yaml", TARGETS), ("router/blueprint.yaml", BLUEPRINT)];
    Bench::of(&files, sim)
}

/// What the calls of a step send there, as the plan shows it.
fn sent<'p>(plan: &'p Value, address: &str, path: &str) -> Option<&'p Value> {
    let steps = plan["steps"].as_array().unwrap();
    let step = steps.iter().find(|step| step["address"] == address).unwrap_or_else(|| panic!("{address}: {plan:#}"));
    step["calls"].as_array().unwrap().iter().find_map(|call| call["body"].pointer(path))
}

#[test]
fn every_provider_is_given_texts_and_shows_no_difference_afterwards() {
    let sim = Sim::start();
    let lab = lab(&sim);
    let plan = lab.plan();
    for (address, path, expected) in [
        ("site/config", "/topology_name", json!("2024")),
        ("site/config", "/controller_name", json!("010")),
        ("site/system-variables/noc", "/value", json!("7")),
        ("site/webhooks/hook", "/body", json!("True")),
        ("site/webhooks/hook", "/headers/0/name", json!("0x1F")),
        ("site/routes/office", "/description", json!("1.10")),
        ("site/routes/office", "/metric", json!(16)),
        ("nf/networks/acme/configs/own", "/data/address", json!("1.10")),
        ("nf/networks/acme/configs/own", "/data/port", json!(80)),
        ("nf/networks/acme/configs/own", "/data/allowedAddresses", json!(["2024"])),
        ("nf/networks/acme/configs/own", "/data/more", json!(1.1)),
        ("nf/networks/acme/configs/5", "/data/portRanges/0/low", json!(80)),
        ("nf/networks/acme/services/git", "/model/clientIngress/host", json!("2024")),
        ("nf/networks/acme/services/git", "/model/clientIngress/port", json!(80)),
        ("nf/networks/acme/services/git", "/model/serverEgress/host", json!("010")),
        ("cfy/deployments/one", "/labels", json!([{ "on": "True" }, { "v": "2024" }])),
        ("cfy/deployments/one", "/inputs", json!({ "size": 1.5 })),
    ] {
        assert_eq!(sent(&plan, address, path), Some(&expected), "{address}");
    }
    lab.apply();
    assert_eq!(lab.plan()["steps"], json!([]), "a second plan is empty");
    lab.run(&["drift"]).expect(0);
    for (at, value) in [(("cloudify", "cfy"), "010"), (("f5-vnfm", "vnfm"), "1e3")] {
        let secret = sim.call(at, "admin:0815", "GET", "/secrets/key", &Value::Null);
        assert_eq!(secret["value"], json!(value), "{secret}");
    }
    let blueprints = sim.call(("cloudify", "cfy"), "admin:0815", "GET", "/blueprints?_include=id,labels", &Value::Null);
    let labels = &blueprints["items"][0]["labels"];
    assert!(labels.to_string().contains(r#""value":"1.10""#) && labels.to_string().contains(r#""2024""#), "{labels}");
}

/// What a blueprint calls a string may be anything, as servers take it.
#[test]
fn an_input_is_of_the_type_that_the_server_checks() {
    let sim = Sim::start();
    let lab = lab(&sim);
    let mut before = "inputs: { size: 1.50 }".to_owned();
    for (given, sent) in [("5", json!(5)), ("true", json!(true)), ("[1]", json!([1])), ("'1.10'", json!("1.10"))] {
        let inputs = format!("inputs: {{ size: 1.50, name: {given} }}");
        lab.edit("targets.yaml", &before, &inputs);
        lab.apply();
        lab.run(&["plan", "--exit-code"]).expect(0);
        let deployment = sim.call(("cloudify", "cfy"), "admin:0815", "GET", "/deployments/one", &Value::Null);
        assert_eq!(deployment["inputs"]["name"], sent);
        before = inputs;
    }
}
