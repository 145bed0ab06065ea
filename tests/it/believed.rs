//! An answer is not believed where a look can tell: what was removed and still shows, what was made and does not, what was
//! written and had no effect, an error in an answer that says success, a page of a proxy.

use std::path::Path;
use std::thread;

use serde_json::{Value, json};

use crate::bench::{Bench, Ran};
use crate::support::Sim;

/// A controller with a route beside what is about to go.
const CONTROLLER: &str = "
workspace: believed
policy: { allow: { destroy: ['**'] } }
vns3:
  mgr:
    at: https://203.0.113.10:8000/api
    credentials: { username: api, password: stand-in }
    routes:
      keep: { cidr: 10.8.0.0/16, interface: eth0 }
      old: { cidr: 10.9.0.0/16, interface: eth0 }
    firewall-rules:
      - { rule: \"FORWARD_CUST -s 10.1.0.0/16 -j ACCEPT\" }
";

/// A manager with a secret beside what is about to go.
const MANAGER: &str = "
workspace: believed
PROVIDER:
  mgr:
    at: https://203.0.113.40/api/v3.1
    tenant: default_tenant
    credentials: { username: admin, password: stand-in }
    secrets:
      keep: { value: stand-in-keep }
      old: { value: stand-in-old }
";

const PAGE: &str = "<html><head><title>404 Not Found</title></head><center>nginx</center></html>";

fn workspace(provider: &str) -> (Sim, Bench) {
    let file = if provider == "vns3" { CONTROLLER.to_owned() } else { MANAGER.replace("PROVIDER", provider) };
    let sim = Sim::start();
    let bench = Bench::of(&[("trueup.yaml", &file)], &sim);
    bench.apply();
    (sim, bench)
}

fn fault(sim: &Sim, fault: &Value) {
    sim.side_door("POST", "/faults", &json!([fault]));
}

fn try_apply(bench: &Bench) -> Ran {
    bench.run(&["apply", "--yes", "--quiet"])
}

fn ledger(bench: &Bench) -> Value {
    serde_json::from_slice(&bench.files()[Path::new(".trueup/sim/ledger.json")]).unwrap()
}

/// The line that goes, and the address that it declares.
fn goes(provider: &str) -> (&'static str, &'static str) {
    match provider {
        "vns3" => ("      old: { cidr: 10.9.0.0/16, interface: eth0 }\n", "mgr/routes/old"),
        _ => ("      old: { value: stand-in-old }\n", "mgr/secrets/old"),
    }
}

#[test]
fn a_removal_is_not_believed_before_it_shows() {
    thread::scope(|scope| {
        for provider in ["vns3", "cloudify", "f5-vnfm"] {
            scope.spawn(move || removals_without_effect(provider));
        }
    });
}

/// A proxy's page and an empty body are no answer of the API's, and a success without effect is none at all.
fn removals_without_effect(provider: &str) {
    let (line, address) = goes(provider);
    for (answer, words) in [
        (json!({ "status": 404, "body": PAGE }), "404 Not Found"),
        (json!({ "status": 404 }), "404"),
        (json!({ "status": 404, "body": "{\"message\": \"no Route matched\"}" }), "no Route matched"),
        (json!({ "status": 200, "body": "{}", "content_type": "application/json" }), "is still there"),
        (json!({ "status": 204 }), "is still there"),
    ] {
        let (sim, bench) = workspace(provider);
        bench.edit("trueup.yaml", line, "");
        let mut without_effect = answer.clone();
        without_effect["method"] = json!("DELETE");
        without_effect["times"] = json!(1);
        fault(&sim, &without_effect);
        try_apply(&bench).expect(5).says(words).says(address);
        assert!(ledger(&bench)["entries"].to_string().contains("old"), "{provider} {answer}: it is not owned any more");
        bench.run(&["plan"]).expect(0).says("1 to delete");
        bench.apply();
        bench.run(&["plan", "--exit-code"]).expect(0);
        assert!(!ledger(&bench)["entries"].to_string().contains("old"), "{provider} {answer}");
    }
}

/// Whose 404 says that it is gone already is believed, and so is a look that finds nothing.
#[test]
fn what_is_gone_already_is_gone() {
    for (provider, path) in [("vns3", "/api/routes/*"), ("cloudify", "/api/v3.1/secrets/old")] {
        for status in [404, 500] {
            let (line, _) = goes(provider);
            let (sim, bench) = workspace(provider);
            bench.edit("trueup.yaml", line, "");
            fault(&sim, &json!({ "method": "DELETE", "path": path, "status_after": status, "body": PAGE, "times": 1 }));
            bench.apply();
            bench.run(&["plan", "--exit-code"]).expect(0);
        }
    }
}

/// A list is removed by writing it without the rules.
#[test]
fn a_list_that_is_still_in_force_was_not_removed() {
    for answer in [
        json!({ "status": 404, "body": PAGE }),
        json!({ "status": 200, "body": "{\"response\": {}}", "content_type": "application/json" }),
    ] {
        let (sim, bench) = workspace("vns3");
        let rules = "    firewall-rules:\n      - { rule: \"FORWARD_CUST -s 10.1.0.0/16 -j ACCEPT\" }\n";
        bench.edit("trueup.yaml", rules, "");
        let mut without_effect = answer.clone();
        without_effect["path"] = json!("/api/v2/firewall/rules");
        without_effect["method"] = json!("PUT");
        fault(&sim, &without_effect);
        try_apply(&bench).expect(5).says("mgr/firewall-rules");
        fault(&sim, &json!({ "delay_ms": 1, "nth": 1 }));
        bench.run(&["plan"]).expect(0).says("1 to delete");
        bench.apply();
        bench.run(&["plan", "--exit-code"]).expect(0);
        let state = sim.side_door("GET", "/vns3/mgr/state", &Value::Null).to_string();
        assert!(!state.contains("10.1.0.0/16"), "{state}");
    }
}

/// The vendor's own client looks for an error in every answer that says success.
#[test]
fn an_error_is_one_whatever_the_status_says() {
    let refusal = "{\"error\": {\"name\": \"APIArgumentError\", \"message\": \"the web server is busy\"}}";
    let nested = "{\"response\": {\"error\": \"the web server is busy\"}}";
    for body in [refusal, nested, "<html><title>Please log in</title></html>"] {
        let (sim, bench) = workspace("vns3");
        bench.edit(
            "trueup.yaml",
            "    routes:",
            "    admin-ui: { enabled: true, admin_password: stand-in-new }\n    routes:",
        );
        fault(&sim, &json!({ "method": "PUT", "path": "/api/admin_ui", "status": 200, "body": body }));
        let words = if body.starts_with('<') { "Please log in" } else { "the web server is busy" };
        try_apply(&bench).expect(5).says(words);
        assert!(!ledger(&bench)["entries"].to_string().contains("admin-ui"), "{body}");
        fault(&sim, &json!({ "delay_ms": 1, "nth": 1 }));
        bench.run(&["plan", "--exit-code"]).expect(2).says("admin-ui");
        bench.apply();
        bench.run(&["plan", "--exit-code"]).expect(0);
    }
}

/// Nothing that says nothing reads as an empty collection.
#[test]
fn a_list_that_is_none_is_not_empty() {
    for body in [
        "{\"response\": null}",
        "{\"response\": {\"error\": \"busy\"}}",
        "{\"response\": {\"error\": {\"name\": \"StandardError\", \"message\": \"busy\"}}}",
        "{\"error\": {\"name\": \"StandardError\", \"message\": \"busy\"}}",
    ] {
        let (sim, bench) = workspace("vns3");
        let answer = json!({ "path": "/api/routes", "status": 200, "body": body, "content_type": "application/json" });
        fault(&sim, &answer);
        let plan = bench.plan();
        assert_eq!(plan["summary"]["create"], 0, "{body}: {plan}");
        assert_eq!(plan["summary"]["hold"], 2, "{body}: {plan}");
    }
}

/// The ledger says what is there, so that nobody else is blamed for what our own step left.
#[test]
fn a_write_without_effect_is_ours_to_make_good() {
    for (provider, method, path, from, to) in [
        ("vns3", "PUT", "/api/config", "    routes:", "    config: { topology_name: ours }\n    routes:"),
        ("cloudify", "PATCH", "/api/v3.1/secrets/keep", "stand-in-keep", "stand-in-anew"),
    ] {
        let (sim, bench) = workspace(provider);
        bench.edit("trueup.yaml", from, to);
        let body = if provider == "vns3" { "{\"response\": {}}" } else { "{}" };
        let answer = json!({ "status": 200, "body": body, "content_type": "application/json" });
        let mut without_effect = answer.clone();
        without_effect["method"] = json!(method);
        without_effect["path"] = json!(path);
        fault(&sim, &without_effect);
        try_apply(&bench).expect(5).says("not as planned (1)");
        fault(&sim, &json!({ "delay_ms": 1, "nth": 1 }));
        assert!(!ledger(&bench).to_string().contains("stand-in"), "{}", ledger(&bench));
        let drift = bench.run(&["drift"]).expect(4).says("left by a failed run");
        assert!(!drift.all().contains("changed at the controller"), "{}", drift.all());
        bench.apply();
        bench.run(&["plan", "--exit-code"]).expect(0);
        bench.run(&["drift"]).expect(0);
    }
}

/// Content that others have moved away from goes last: what still shows of it is a leftover as before.
#[test]
fn old_content_that_is_still_there_goes_with_the_next_run() {
    for provider in ["cloudify", "f5-vnfm"] {
        let (sim, bench) = workspace(provider);
        let blueprint = "tosca_definitions_version: cloudify_dsl_1_3\nnode_templates: {}\n";
        bench.write("empty/blueprint.yaml", blueprint);
        bench.edit("trueup.yaml", "    secrets:", "    blueprints: { empty: { source: empty } }\n    secrets:");
        bench.apply();
        bench.write("empty/blueprint.yaml", &format!("{blueprint}description: other\n"));
        fault(&sim, &json!({ "method": "DELETE", "status": 204, "times": 1 }));
        try_apply(&bench).expect(5).says("is still there");
        bench.run(&["plan"]).expect(0).says("1 to delete");
        bench.apply();
        bench.run(&["plan", "--exit-code"]).expect(0);
    }
}

/// What lives in an object that still shows is looked for in it.
#[test]
fn an_object_within_another_one_is_not_believed_either() {
    let (sim, bench) = workspace("vns3");
    let endpoint = "    ipsec-endpoints:\n      dc:\n        ipaddress: 192.0.2.1\n        secret: stand-in-psk\n        tunnels:\n";
    let tunnel = |name: &str, n: u8| {
        format!("          {name}: {{ local_subnet: 10.{n}.0.0/16, remote_subnet: 10.200.0.0/16 }}\n")
    };
    bench.edit("trueup.yaml", "    routes:", &format!("{endpoint}{}{}    routes:", tunnel("a", 101), tunnel("b", 102)));
    bench.apply();
    bench.edit("trueup.yaml", &tunnel("b", 102), "");
    fault(&sim, &json!({ "method": "DELETE", "status": 200, "body": "{\"response\": {}}", "times": 1 }));
    try_apply(&bench).expect(5).says("tunnels/b").says("is still there");
    bench.apply();
    bench.run(&["plan", "--exit-code"]).expect(0);
}

#[test]
fn a_create_without_effect_leaves_nothing_behind() {
    for (provider, method, path, from, to, address) in [
        (
            "vns3",
            "POST",
            "/api/routes",
            "      old:",
            "      new: { cidr: 10.7.0.0/16, interface: eth0 }\n      old:",
            "mgr/routes/new",
        ),
        (
            "cloudify",
            "PUT",
            "/api/v3.1/secrets/new",
            "      old:",
            "      new: { value: stand-in-new }\n      old:",
            "mgr/secrets/new",
        ),
    ] {
        let (sim, bench) = workspace(provider);
        bench.edit("trueup.yaml", from, to);
        let body = "{\"message\": \"queued for later\"}";
        let answer = json!({
            "method": method, "path": path, "status": 200, "body": body, "content_type": "application/json",
        });
        fault(&sim, &answer);
        let ran = try_apply(&bench).expect(5).says(address).says("is not there, although its step succeeded");
        if provider == "cloudify" {
            assert!(ran.out.contains("the controller had answered: queued for later"), "{}", ran.all());
        }
        assert!(ledger(&bench)["entries"].get(address).is_none(), "{}", ledger(&bench));
        fault(&sim, &json!({ "delay_ms": 1, "nth": 1 }));
        let drift = bench.run(&["drift"]).all();
        assert!(!drift.contains("gone at the controller"), "{drift}");
        bench.apply();
        bench.run(&["plan", "--exit-code"]).expect(0);
    }
}

/// The old object goes first, and then the new one is refused.
#[test]
fn a_replacement_that_fails_half_way_says_what_is_missing() {
    let (sim, bench) = workspace("vns3");
    bench.edit(
        "trueup.yaml",
        "old: { cidr: 10.9.0.0/16, interface: eth0 }",
        "old: { cidr: 10.10.0.0/16, interface: eth0 }",
    );
    fault(&sim, &json!({ "method": "POST", "path": "/api/routes", "status": 400, "times": 1 }));
    let gone = "the old one is gone, and no new one was made";
    try_apply(&bench).expect(5).says(gone).says("1 replaced object is gone and not made anew");
    bench.run(&["plan"]).says("1 to create");
    bench.apply();
    bench.run(&["plan", "--exit-code"]).expect(0);

    bench.edit("trueup.yaml", "10.10.0.0/16", "10.11.0.0/16");
    fault(&sim, &json!({ "method": "POST", "path": "/api/routes", "status": 400, "times": 1 }));
    let ran = bench.run(&["apply", "--yes", "--quiet", "--format", "json"]).expect(5);
    let report: Value = serde_json::from_str(&ran.out).unwrap();
    let failed = report["steps"].as_array().unwrap().iter().find(|step| step["outcome"] == "failed").unwrap();
    assert!(failed["gap"].as_str().is_some_and(|told| told.contains(gone)), "{report}");
}
