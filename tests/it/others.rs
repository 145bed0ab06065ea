//! What others have in lists: it is asked for before it goes, it stays where only a part is ours, and what nobody declares
//! of an item stays as it is.

use serde_json::{Value, json};

use crate::bench::Bench;
use crate::support::Sim;

fn bench(sim: &Sim, policy: &str, targets: &str) -> Bench {
    let workspace = format!("workspace: shared\npolicy: {{ {policy} }}\n");
    Bench::of(&[("trueup.yaml", &workspace), ("all.yaml", targets)], sim)
}

fn vns3(body: &str) -> String {
    let head =
        "vns3:\n  e:\n    at: https://203.0.113.10:8000/api\n    credentials: { username: api, password: stand-in }\n";
    body.lines().fold(head.to_owned(), |file, line| format!("{file}    {line}\n"))
}

fn call(sim: &Sim, method: &str, path: &str, body: &Value) -> Value {
    sim.call(("vns3", "e"), "api:stand-in", method, path, body)["response"].clone()
}

/// The entries of the one set, each with its comment.
fn entries(sim: &Sim) -> Vec<String> {
    let sets = call(sim, "GET", "/v2/firewall/fwsets", &Value::Null);
    let entries = sets[0]["entries"].as_array().unwrap().iter();
    let mut told: Vec<String> = entries
        .map(|entry| format!("{} {}", entry["entry"].as_str().unwrap(), entry["comment"].as_str().unwrap()))
        .collect();
    told.sort();
    told
}

/// A set that was there before anything was declared.
fn a_set_of_others(sim: &Sim) {
    let theirs = json!([{ "entry": "10.0.0.0/8", "comment": "theirs" }, { "entry": "10.9.0.0/16", "comment": "" }]);
    call(sim, "POST", "/v2/firewall/fwsets", &json!({ "name": "s", "type": "net", "entries": theirs }));
}

#[test]
fn a_set_of_others_is_taken_over_when_that_is_meant() {
    let sim = Sim::start();
    a_set_of_others(&sim);
    let declared = "firewall-fwsets: { s: { type: net, entries: [{ entry: 10.0.0.0/8 }, { entry: 10.3.0.0/16 }] } }";
    let bench = bench(&sim, "max-deletes: 0", &vns3(declared));
    let flag = "--allow take-over=e/firewall-fwsets/s";
    bench.run(&["plan"]).says(flag).says("10.9.0.0/16");
    bench.run(&["apply", "--yes", "--quiet"]).says(flag);
    assert_eq!(entries(&sim), ["10.0.0.0/8 theirs", "10.9.0.0/16 "]);
    let allowed = ["apply", "--yes", "--quiet", "--allow", "take-over=e/firewall-fwsets/s"];
    bench.run(&allowed).says("policy.max-deletes");
    assert_eq!(entries(&sim), ["10.0.0.0/8 theirs", "10.9.0.0/16 "]);
    bench.run(&[&allowed[..], &["--allow", "deletes=1"]].concat()).expect(0);
    assert_eq!(entries(&sim), ["10.0.0.0/8 theirs", "10.3.0.0/16 "]);
    bench.run(&["plan", "--exit-code"]).expect(0);
    // What is ours by now is put right without being asked for.
    let more =
        json!([{ "entry": "10.0.0.0/8", "comment": "theirs" }, { "entry": "10.3.0.0/16" }, { "entry": "10.7.0.0/16" }]);
    call(&sim, "PUT", "/v2/firewall/fwsets/s", &json!({ "entries": more }));
    bench.run(&["drift"]).expect(4);
    let told = bench.run(&["plan"]).says("10.7.0.0/16").all();
    assert!(!told.contains("created_at") && !told.contains("take-over"), "{told}");
    bench.run(&["apply", "--yes", "--quiet", "--allow", "deletes=9"]).expect(0);
    assert_eq!(entries(&sim), ["10.0.0.0/8 theirs", "10.3.0.0/16 "]);
}

#[test]
fn of_a_partial_set_only_our_entries_come_and_go() {
    let sim = Sim::start();
    a_set_of_others(&sim);
    let declared = |entries: &str| {
        vns3(&format!("firewall-fwsets: {{ s: {{ type: net, entries: [{entries}], partial: [entries] }} }}"))
    };
    let bench = bench(&sim, "", &declared("{ entry: 10.3.0.0/16 }"));
    bench.apply();
    assert_eq!(entries(&sim), ["10.0.0.0/8 theirs", "10.3.0.0/16 ", "10.9.0.0/16 "]);
    bench.run(&["plan", "--exit-code"]).expect(0);
    bench.run(&["drift"]).expect(0);
    bench.write("all.yaml", &declared("{ entry: 10.4.0.0/16 }"));
    bench.run(&["plan"]).says("items of others stay");
    bench.apply();
    assert_eq!(entries(&sim), ["10.0.0.0/8 theirs", "10.4.0.0/16 ", "10.9.0.0/16 "]);
    bench.run(&["plan", "--exit-code"]).expect(0);
}

#[test]
fn what_nobody_declares_of_a_rule_stays_as_it_is() {
    let sim = Sim::start();
    let rules = |comment: &str| {
        vns3(&format!(
            "firewall-rules:\n  - {{ rule: FORWARD_CUST -s 10.1.0.0/16 -j ACCEPT }}\n  - {{ rule: FORWARD_CUST -j DROP, comment: {comment} }}\n"
        ))
    };
    let bench = bench(&sim, "", &rules("old"));
    bench.apply();
    let mut live = call(&sim, "GET", "/v2/firewall/rules", &Value::Null);
    live[0]["disabled"] = json!(true);
    let keys = ["id", "rule", "comment", "disabled"];
    let sent: Vec<Value> = live
        .as_array()
        .unwrap()
        .iter()
        .map(|rule| {
            keys.iter().map(|key| ((*key).to_owned(), rule[key].clone())).collect::<serde_json::Map<_, _>>().into()
        })
        .collect();
    call(&sim, "PUT", "/v2/firewall/rules", &json!({ "rules": sent }));
    bench.run(&["plan", "--exit-code"]).expect(0);
    bench.write("all.yaml", &rules("new"));
    bench.apply();
    let now = call(&sim, "GET", "/v2/firewall/rules", &Value::Null);
    assert_eq!((&now[0]["disabled"], &now[1]["comment"]), (&json!(true), &json!("new")), "{now:#}");
}

const NETWORK: &str = "
netfoundry:
  nf:
    at: https://gateway.production.netfoundry.io
    networks:
      n:
        networkGroupId: nf Group
        provider: AWS
        region: us-east-1
        size: small
        endpoints:
          a: { FIELDS }
";

#[test]
fn attributes_of_a_netfoundry_endpoint_are_no_others() {
    let sim = Sim::start();
    let file = |fields: &str| NETWORK.replace("FIELDS", fields);
    let bench = bench(&sim, "", &file(r##"attributes: ["#theirs", "#ours"]"##));
    bench.apply();
    // Who knows nothing of it finds what others said of it.
    bench.forget();
    bench.write("all.yaml", &file(r##"attributes: ["#ours"]"##));
    bench.run(&["plan"]).says("take-over=nf/networks/n/endpoints/a").says("#theirs");
    bench.write("all.yaml", &file(r##"attributes: ["#ours"], partial: [attributes]"##));
    bench.run(&["apply", "--yes", "--quiet"]).expect(0);
    bench.run(&["plan", "--exit-code"]).expect(0);
    bench.write("all.yaml", &file(r##"attributes: ["#mine"], partial: [attributes]"##));
    bench.apply();
    bench.run(&["plan", "--exit-code"]).expect(0);
    // Everything was there before the files said so again: it stays.
    bench.write("all.yaml", &file(r##"attributes: ["#ours", "#theirs", "#mine"]"##));
    bench.run(&["plan", "--exit-code"]).expect(0);
}

#[test]
fn what_the_two_keys_can_not_say_is_a_finding() {
    let sim = Sim::start();
    let declared = "firewall-fwsets:
  a: { type: net, description: d, unmanaged: [description], entries: [] }
  b: { type: net, partial: [entries] }
  c: { type: net, partial: [type] }
  d: { type: net, unmanaged: [entris] }
firewall-subtables: { s: { type: forward, rules: [], partial: [rules] } }
";
    let bench = bench(&sim, "", &vns3(declared));
    let ran = bench.run(&["validate"]).expect(3);
    for words in [
        "`description` is declared and `unmanaged`",
        "`entries` is partial, and nothing in it is declared",
        "`type` can't be partial",
        "did you mean `entries`?",
        "`rules` is in order: say where ours stand",
    ] {
        assert!(ran.all().contains(words), "{words}: {}", ran.all());
    }
}

/// A rule that stays is in a group of others': that is asked for like an item of theirs.
#[test]
fn what_others_have_within_an_item_is_asked_for() {
    let sim = Sim::start();
    let rule = json!({ "rule": "INPUT_CUST -p tcp -j ACCEPT", "position": 0, "groups": ["theirs"] });
    call(&sim, "POST", "/v2/firewall/rules", &rule);
    call(&sim, "POST", "/v2/firewall/rules-groups", &json!({ "name": "ours" }));
    let rules = "firewall-rule-groups: { ours: {} }\n\
                 firewall-rules: [{ rule: INPUT_CUST -p tcp -j ACCEPT, groups: [ours] }]";
    let bench = bench(&sim, "", &vns3(rules));
    let flag = "--allow take-over=e/firewall-rules";
    bench.run(&["plan"]).says("1 item of others in it would go: `theirs`").says(flag);
    bench.run(&["apply", "--yes", "--quiet"]).says(flag);
    let groups = || call(&sim, "GET", "/v2/firewall/rules", &Value::Null)[0]["groups"].clone();
    assert_eq!(groups(), json!(["theirs"]));
    bench.run(&["apply", "--yes", "--quiet", "--allow", "take-over=e/firewall-rules"]).expect(0);
    assert_eq!(groups(), json!(["ours"]));
    bench.run(&["plan", "--exit-code"]).expect(0);
}
