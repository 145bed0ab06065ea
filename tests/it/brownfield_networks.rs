//! A network that others filled, call by call: exported, taken over and left alone; a change of one field is one call.

use std::fs;

use serde_json::{Value, json};

use crate::bench::{Bench, Ran};
use crate::support::Sim;

const AT: (&str, &str) = ("netfoundry", "nf");
const LOGIN: &str = "somebody:else";

/// What is posted to each collection, in an order in which each names what is there. `TYPE` stands for the id of the new
/// config type, `ROUTER` for that of the router.
fn posted() -> Vec<(&'static str, Value)> {
    let checked = |name: &str, more: Value| {
        let mut body = json!({ "name": name, "attributes": ["#checks"] });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        body
    };
    let egress = json!({ "protocol": "tcp", "host": "10.0.0.9", "port": 80 });
    let service = |name: &str, model_type: &str, model: Value| {
        json!({
            "name": name, "attributes": ["#apps"], "encryptionRequired": true, "modelType": model_type, "model": model
        })
    };
    vec![
        (
            "certificate-authorities",
            json!({
                "name": "fleet", "certPem": "-----BEGIN CERTIFICATE-----\nMIIBfleet\n-----END CERTIFICATE-----\n",
                "authEnabled": false, "autoCaEnrollmentEnabled": false, "ottCaEnrollmentEnabled": true,
                "identityNameFormat": "[caName]-[commonName]", "endpointAttributes": ["#fleet"]
            }),
        ),
        (
            "auth-policies",
            json!({
                "name": "strict",
                "primary": {
                    "cert": { "allowed": true, "allowExpiredCerts": false },
                    "extJwt": { "allowed": false, "allowedSigners": [] },
                    "updb": { "allowed": false, "lockoutDurationMinutes": 0, "maxAttempts": 5, "minPasswordLength": 5 }
                },
                "secondary": { "requireTotp": true }
            }),
        ),
        ("config-types", json!({ "name": "acme.v1", "schema": { "type": "object" } })),
        (
            "posture-checks",
            checked("os", json!({ "typeId": "OS", "operatingSystems": [{ "type": "Linux", "versions": [] }] })),
        ),
        ("posture-checks", checked("mac", json!({ "typeId": "MAC", "macAddresses": ["0c9d92a1b2c3"] }))),
        ("posture-checks", checked("domain", json!({ "typeId": "DOMAIN", "domains": ["CORP.acme.example"] }))),
        ("posture-checks", checked("mfa", json!({ "typeId": "MFA", "timeoutSeconds": -1 }))),
        (
            "edge-routers",
            json!({ "name": "branch", "attributes": ["#hubs"], "linkListener": true, "tunnelerEnabled": true }),
        ),
        (
            "edge-routers",
            json!({
                "name": "cloud", "attributes": ["#hubs"], "provider": "AWS", "locationCode": "us-east-1",
                "linkListener": true, "tunnelerEnabled": false
            }),
        ),
        ("endpoints", json!({ "name": "laptop", "attributes": ["#staff"], "enrollmentMethod": { "ott": true } })),
        ("configs", json!({ "name": "own", "configTypeId": "TYPE", "data": { "level": 1 } })),
        (
            "services",
            service(
                "git",
                "TunnelerToEndpoint",
                json!({
                    "clientIngress": { "host": "git.acme.example", "port": 443 }, "serverEgress": egress,
                    "bindEndpointAttributes": ["@laptop"], "edgeRouterAttributes": ["#all"]
                }),
            ),
        ),
        (
            "services",
            service(
                "erp",
                "TunnelerToEdgeRouter",
                json!({
                    "clientIngress": { "host": "erp.acme.example", "port": 80 }, "edgeRouterAttributes": ["#all"],
                    "edgeRouterHosts": [{ "edgeRouterId": "ROUTER", "serverEgress": egress }],
                    "bindEndpointAttributes": []
                }),
            ),
        ),
        (
            "services",
            json!({
                "name": "raw", "attributes": ["#apps"], "encryptionRequired": true,
                "configs": [
                    {
                        "name": "raw.i", "configTypeName": "intercept.v1",
                        "data": { "addresses": ["raw.acme.example"], "protocols": ["tcp"], "portRanges": [{ "low": 1, "high": 2 }] }
                    },
                    { "name": "raw.h", "configTypeName": "host.v1", "data": { "protocol": "tcp", "address": "a", "port": 80 } }
                ]
            }),
        ),
        (
            "edge-router-policies",
            json!({ "name": "all-hubs", "endpointAttributes": ["#staff"], "edgeRouterAttributes": ["#hubs"] }),
        ),
        (
            "service-edge-router-policies",
            json!({
                "name": "apps-everywhere", "semantic": "AllOf", "serviceAttributes": ["#apps"],
                "edgeRouterAttributes": ["#hubs"]
            }),
        ),
        (
            "service-policies",
            json!({
                "name": "bind-raw", "type": "Bind", "semantic": "AnyOf", "serviceAttributes": ["@raw"],
                "endpointAttributes": ["@branch"]
            }),
        ),
        (
            "service-policies",
            json!({
                "name": "dial-all", "type": "Dial", "semantic": "AllOf", "serviceAttributes": ["#apps"],
                "endpointAttributes": ["#staff", "#on-call"], "postureCheckAttributes": ["#checks"]
            }),
        ),
        (
            "app-wans",
            json!({
                "name": "staff-apps", "serviceAttributes": ["#apps", "@git"], "endpointAttributes": ["#staff"],
                "postureCheckAttributes": []
            }),
        ),
    ]
}

fn call(sim: &Sim, method: &str, path: &str, body: &Value) -> Value {
    sim.call_with_token(AT, LOGIN, method, path, body)
}

/// Waits until an object is there for all.
fn settled(sim: &Sim, collection: &str, network: &str, name: &str) -> Value {
    let is_ready = |one: &Value| match one.get("status") {
        Some(status) => status == "PROVISIONED",
        None => one["zitiId"].is_string(),
    };
    for _ in 0..60 {
        let path = format!("/core/v2/{collection}?networkId={network}&size=1000");
        let page = call(sim, "GET", &path, &Value::Null);
        let lists = page["_embedded"].as_object().into_iter().flat_map(|lists| lists.values());
        let all: Vec<&Value> = lists.filter_map(Value::as_array).flatten().collect();
        if let Some(one) = all.into_iter().find(|one| one["name"] == name && is_ready(one)) {
            return one.clone();
        }
    }
    panic!("{collection}/{name} does not settle");
}

/// Makes a network with an object of each sort.
fn fill(sim: &Sim) {
    let group = call(sim, "GET", "/core/v2/network-groups", &Value::Null);
    let group = &group["_embedded"]["networkGroupList"][0]["id"];
    let network = json!({
        "name": "acme", "networkGroupId": group, "provider": "AWS", "region": "us-east-1", "size": "small"
    });
    call(sim, "POST", "/core/v2/networks", &network);
    let network = settled(sim, "networks", "", "acme")["id"].as_str().unwrap().to_owned();
    let (mut config_type, mut router) = (String::new(), String::new());
    for (collection, body) in posted() {
        let text = body.to_string().replace("\"TYPE\"", &config_type).replace("\"ROUTER\"", &router);
        let mut body: Value = serde_json::from_str(&text).unwrap();
        body["networkId"] = json!(network);
        call(sim, "POST", &format!("/core/v2/{collection}"), &body);
        let made = settled(sim, collection, &network, body["name"].as_str().unwrap());
        match collection {
            "config-types" => config_type = made["id"].to_string(),
            "edge-routers" => {
                router = made["id"].to_string();
                if body["tunnelerEnabled"] == true {
                    settled(sim, "endpoints", &network, body["name"].as_str().unwrap());
                }
            }
            _ => {}
        }
    }
}

/// The writes since the last time that this was asked.
fn writes(sim: &Sim) -> Vec<String> {
    let log = sim.side_door("GET", "/requests", &Value::Null);
    sim.side_door("DELETE", "/requests", &Value::Null);
    let is_write = |entry: &&Value| entry["method"] != "GET" && entry["path"] != "/oauth2/token";
    let line = |entry: &Value| format!("{} {}", entry["method"], entry["path"]).replace('"', "");
    log.as_array().unwrap().iter().filter(is_write).map(line).collect()
}

/// Runs the program in an exported workspace, as this client.
fn run(bench: &Bench, arguments: &[&str], (client, password): (&str, &str)) -> Ran {
    let secrets = [("NF_CLIENTID", client), ("NF_PASSWORD", password)];
    bench.command(arguments).envs(secrets).output().unwrap().into()
}

/// One change of what is exported, for each kind that can be changed: words, others, and the collection of the call.
const CHANGES: &[(&str, &str, &str)] = &[
    ("authEnabled: false", "authEnabled: true", "certificate-authorities"),
    ("requireTotp: true", "requireTotp: false", "auth-policies"),
    ("- CORP.acme.example", "- lab.acme.example", "posture-checks"),
    ("- 0c9d92a1b2c3", "- 0C-9D-92-A1-B2-C4", "posture-checks"),
    ("- '#fleet'", "- '#vans'", "certificate-authorities"),
    ("level: 1", "level: 2", "configs"),
    ("host: git.acme.example", "host: hg.acme.example", "services"),
    ("host: erp.acme.example", "host: crm.acme.example", "services"),
    ("- raw.acme.example", "- rough.acme.example", "configs"),
    ("address: a", "address: b", "configs"),
    ("- '#on-call'", "- '#away'", "service-policies"),
    ("- '@branch'", "- '@laptop'", "service-policies"),
    ("- '@git'", "- '@erp'", "app-wans"),
];

#[test]
fn what_calls_of_others_made_is_adopted_without_a_write() {
    let sim = Sim::start();
    fill(&sim);
    let bench = Bench::of(&[("trueup.yaml", "workspace: w\n")], &sim);
    bench.write(
        "nf.yaml",
        "netfoundry:\n  nf:\n    at: https://gateway.production.netfoundry.io\n    credentials:\n      clientId: somebody\n      \
         password: else\n      authenticationUrl: https://issuer.example/oauth2/token\n",
    );
    writes(&sim);
    bench.run(&["export", "nf", "--out", "exported"]).expect(0);
    let copy = Bench::copied(&bench.path().join("exported"), &sim);
    let run = |arguments: &[&str]| run(&copy, arguments, ("somebody", "else"));
    let exported = fs::read_to_string(copy.path().join("nf.yaml")).unwrap();
    for (_, body) in posted() {
        let name = body["name"].as_str().unwrap();
        assert!(exported.contains(&format!(" {name}:\n")), "`{name}` is not exported:\n{exported}");
    }
    // What guards something is declared, whatever the platform has by itself.
    for guard in [
        "encryptionRequired: true",
        "autoCaEnrollmentEnabled: false",
        "tunnelerEnabled: false",
        "semantic: AllOf",
        "semantic: AnyOf",
    ] {
        assert!(exported.contains(guard), "{guard}:\n{exported}");
    }
    run(&["plan"]).expect(0).says("nothing to write");
    run(&["adopt", "--all"]).expect(0);
    run(&["plan", "--exit-code"]).expect(0).says("nothing to do");
    run(&["apply", "--yes"]).expect(0);
    run(&["drift"]).expect(0).says("no drift");
    assert_eq!(writes(&sim), [""; 0]);
    for (before, after, collection) in CHANGES {
        assert_eq!(exported.matches(before).count(), 1, "{before}:\n{exported}");
        copy.edit("nf.yaml", before, after);
        run(&["apply", "--yes"]).expect(0);
        let calls = writes(&sim);
        let is_it = matches!(calls.as_slice(), [one] if one.starts_with(&format!("PATCH /core/v2/{collection}/")));
        assert!(is_it, "{before} → {after}: {calls:?}");
        run(&["plan", "--exit-code"]).expect(0);
    }
}

#[test]
fn what_trueup_made_is_adopted_by_another_ledger_without_a_write() {
    let sim = Sim::start();
    let first = Bench::example("netfoundry-appwan", &sim);
    let make = |arguments: &[&str]| -> Ran {
        let secrets = [("NETFOUNDRY_CLIENT_ID", "somebody"), ("NETFOUNDRY_PASSWORD", "else")];
        first.command(arguments).envs(secrets).output().unwrap().into()
    };
    make(&["apply", "--yes"]).expect(0);
    writes(&sim);
    make(&["export", "nf", "--out", "exported"]).expect(0);
    let copy = Bench::copied(&first.path().join("exported"), &sim);
    let run = |arguments: &[&str]| run(&copy, arguments, ("somebody", "else"));
    run(&["plan"]).expect(0);
    run(&["adopt", "--all", "--assume"]).expect(0);
    run(&["plan", "--exit-code"]).expect(0).says("nothing to do");
    assert_eq!(writes(&sim), [""; 0]);
}
