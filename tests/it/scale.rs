//! Large NetFoundry networks: nothing is missing from a list, and looking costs a request for each page.

use std::collections::BTreeMap;
use std::fs;

use serde_json::{Map, Value, json};
use sim::Options;
use trueup::parts::source;

use crate::bench::Bench;
use crate::support::Sim;

/// A workspace that knows the platform, and declares nothing at it.
const WORKSPACE: &[(&str, &str)] = &[
    ("trueup.yaml", "workspace: large\n"),
    ("nf.yaml", "netfoundry: { nf: { at: https://gateway.production.netfoundry.io } }\n"),
];

/// Adds an object past the API, to the network of that id if it lives in one.
fn add(sim: &Sim, network: Option<&str>, kind: &str, fields: Value) -> Value {
    let change = json!({ "add": { "kind": kind, "parent": network, "fields": fields } });
    sim.side_door("POST", "/netfoundry/nf/console", &change)
}

/// Adds the network `acme`, and gives its id.
fn add_network(sim: &Sim) -> String {
    let fields = json!({ "name": "acme", "provider": "AWS", "region": "us-east-1", "size": "small" });
    add(sim, None, "networks", fields)["id"].as_str().unwrap().to_owned()
}

/// A body that the platform takes for the object of that number.
fn body(kind: &str, number: usize) -> Value {
    let mut fields = match kind {
        "networks" => json!({ "provider": "AWS", "region": "us-east-1", "size": "small" }),
        "edge-routers" => json!({ "attributes": ["#branches"] }),
        "endpoints" => json!({ "attributes": ["#staff"], "enrollmentMethod": { "ott": true } }),
        "services" => json!({ "attributes": ["#apps"] }),
        "config-types" => json!({ "schema": { "type": "object" } }),
        "configs" => json!({
            "configTypeName": "host.v1", "data": { "protocol": "tcp", "address": "a", "port": 1 + number % 65_535 }
        }),
        "posture-checks" => json!({ "typeId": "MAC", "macAddresses": [format!("{number:012x}")] }),
        "certificate-authorities" => {
            json!({ "certPem": format!("-----BEGIN CERTIFICATE-----\n{number}\n-----END CERTIFICATE-----\n") })
        }
        "auth-policies" => json!({
            "primary": {
                "cert": { "allowed": true, "allowExpiredCerts": false }, "updb": { "allowed": false },
                "extJwt": { "allowed": false, "allowedSigners": [] }
            },
            "secondary": { "requireTotp": false }
        }),
        "edge-router-policies" => json!({ "endpointAttributes": ["#a"], "edgeRouterAttributes": ["#all"] }),
        "service-edge-router-policies" => {
            json!({ "semantic": "AnyOf", "serviceAttributes": ["#apps"], "edgeRouterAttributes": ["#all"] })
        }
        "service-policies" => {
            json!({ "type": "Bind", "semantic": "AnyOf", "serviceAttributes": ["#apps"], "endpointAttributes": ["#a"] })
        }
        "app-wans" => json!({ "serviceAttributes": ["#apps"], "endpointAttributes": ["#a"] }),
        other => panic!("no body for {other}"),
    };
    fields["name"] = json!(format!("{kind} {number}"));
    fields
}

/// How often each list was read since the log was emptied last.
fn lists(sim: &Sim) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for entry in sim.side_door("GET", "/requests", &Value::Null).as_array().unwrap() {
        let path = entry["path"].as_str().unwrap();
        *counts.entry(path.rsplit('/').next().unwrap().to_owned()).or_default() += 1;
    }
    sim.side_door("DELETE", "/requests", &Value::Null);
    counts
}

/// An export of the platform into a folder of the workspace.
fn exported(bench: &Bench, folder: &str) -> Value {
    bench.run(&["export", "nf", "--out", folder]).expect(0);
    let text = fs::read_to_string(bench.path().join(folder).join("nf.yaml")).unwrap();
    source::read_as::<Value>(&text).unwrap()["netfoundry"]["nf"]["networks"].take()
}

#[test]
fn a_plan_that_finds_nothing_reads_each_page_once() {
    let sim = Sim::start();
    let bench = Bench::of(WORKSPACE, &sim);
    let acme = add_network(&sim);
    let sizes = [
        ("edge-routers", 50),
        ("endpoints", 2000),
        ("edge-router-policies", 100),
        ("service-edge-router-policies", 50),
        ("service-policies", 50),
        ("app-wans", 100),
    ];
    for (kind, size) in sizes {
        (0..size).for_each(|number| drop(add(&sim, Some(&acme), kind, body(kind, number))));
    }
    for number in 0..200 {
        let ingress = json!({ "host": format!("app-{number}.acme.internal"), "port": 443 });
        let egress = json!({ "protocol": "tcp", "host": "10.0.0.1", "port": 1024 + number });
        let model = json!({
            "clientIngress": ingress, "serverEgress": egress, "edgeRouterAttributes": ["#all"],
            "bindEndpointAttributes": [format!("@endpoints {number}")]
        });
        let name = format!("service {number}");
        add(&sim, Some(&acme), "services", json!({ "name": name, "modelType": "TunnelerToEndpoint", "model": model }));
    }

    let networks = exported(&bench, "all");
    for (kind, size) in sizes.into_iter().chain([("services", 200)]) {
        assert_eq!(networks["acme"][kind].as_object().map(|map| map.len()), Some(size), "{kind}");
    }
    let large = Bench::copied(&bench.path().join("all"), &sim);
    large.run(&["plan", "--exit-code"]).expect(2);
    lists(&sim);
    large.apply();
    let written: Vec<Value> = sim.side_door("GET", "/requests", &Value::Null).as_array().unwrap().to_vec();
    assert!(written.iter().all(|entry| entry["method"] == "GET" || entry["path"] == "/oauth2/token"));
    lists(&sim);
    large.run(&["plan", "--exit-code"]).expect(0);
    let expected = [
        ("app-wans", 1),
        ("edge-router-policies", 1),
        ("edge-routers", 1),
        ("endpoints", 2),
        ("network-groups", 1),
        ("networks", 1),
        // What proves which installation it is.
        ("organizations", 1),
        ("service-edge-router-policies", 1),
        ("service-policies", 1),
        ("services", 1),
        ("token", 1),
    ];
    assert_eq!(lists(&sim), expected.map(|(path, count)| (path.to_owned(), count)).into());
}

/// The kinds of which a network holds any number.
const KINDS: [&str; 12] = [
    "edge-routers",
    "endpoints",
    "services",
    "config-types",
    "configs",
    "posture-checks",
    "certificate-authorities",
    "auth-policies",
    "edge-router-policies",
    "service-edge-router-policies",
    "service-policies",
    "app-wans",
];

/// A platform's state with so many objects in the place of each that is numbered 0.
fn multiplied(state: &Value, size: usize) -> Value {
    let mut objects = Vec::new();
    for object in state["store"].as_array().unwrap() {
        let (name, id) = (object["body"]["name"].as_str().unwrap_or_default(), object["id"].as_str().unwrap());
        let Some(name) = name.strip_suffix(" 0") else {
            objects.push(object.clone());
            continue;
        };
        for number in 0..size {
            let mut object = object.clone();
            object["body"]["name"] = json!(format!("{name} {number}"));
            object["id"] = json!(format!("{id}-{number}"));
            object["ziti"] = json!(format!("{}{number}", object["ziti"].as_str().unwrap_or_default()));
            objects.push(object);
        }
    }
    let mut state = state.clone();
    state["store"] = objects.into();
    state
}

#[test]
fn every_list_is_complete_where_a_page_ends() {
    let sim = Sim::start();
    let acme = add_network(&sim);
    KINDS.iter().for_each(|kind| drop(add(&sim, Some(&acme), kind, body(kind, 0))));
    let state = sim.side_door("GET", "/netfoundry/nf/state", &Value::Null);
    for size in [0, 1, 999, 1000, 1001] {
        let folder = tempfile::tempdir().unwrap();
        let saved = json!({ "clock_ms": 1_000_000, "state": multiplied(&state, size) });
        fs::write(folder.path().join("netfoundry--nf.json"), saved.to_string()).unwrap();
        let sim = Sim::start_with(Options { state: Some(folder.path().to_owned()), ..Options::default() });
        let networks = exported(&Bench::of(WORKSPACE, &sim), "all");
        for kind in KINDS {
            let found = networks["acme"][kind].as_object().map_or(0, |map| map.len());
            assert_eq!(found, size, "{kind} of {size}");
        }
    }
}

/// Every network has lists of its own: those are not looked at here.
#[test]
fn the_list_of_networks_is_complete_where_a_page_ends() {
    let sim = Sim::start();
    let mut there = 0;
    for size in [1, 999, 1000, 1001] {
        (there..size).for_each(|number| drop(add(&sim, None, "networks", body("networks", number))));
        there = size;
        let bench = Bench::of(WORKSPACE, &sim);
        let declared = |n| (format!("networks {n}"), json!({ "networkGroupId": "nf Group", "region": "us-east-1" }));
        let networks: Map<String, Value> = (0..size).map(declared).collect();
        bench.write("more.yaml", &source::yaml(&json!({ "netfoundry": { "nf": { "networks": networks } } })));
        lists(&sim);
        let plan = bench.plan();
        let adopted = plan["summary"]["adopt"].as_u64();
        assert_eq!(adopted, Some(size as u64), "{}", plan["summary"]);
        assert_eq!(lists(&sim)["networks"], usize::from(size > 1000) + 1);
    }
}
