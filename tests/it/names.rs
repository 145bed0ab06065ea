//! Names that differ in case only, or hold blanks, brackets, `%`, `_` and letters of other alphabets.

use std::fs;

use serde_json::{Value, json};

use crate::bench::Bench;
use crate::support::Sim;

const NETWORK: &str = "Größe 100% [x_y]";

/// A workspace with that network, and more in it.
fn bench(sim: &Sim, more: Value) -> Bench {
    let mut network =
        json!({ "networkGroupId": "nf Group", "provider": "AWS", "region": "us-east-1", "size": "small" });
    network.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let target = json!({ "at": "https://gateway.production.netfoundry.io", "networks": { NETWORK: network } });
    let text = trueup::parts::source::yaml(&json!({ "netfoundry": { "nf": target } }));
    Bench::of(&[("trueup.yaml", "workspace: names\n"), ("nf.yaml", &text)], sim)
}

fn endpoint() -> Value {
    json!({ "attributes": ["#all-of-them"], "enrollmentMethod": { "ott": true } })
}

/// Adds an endpoint past the API.
fn add(sim: &Sim, name: &str) {
    let fields = json!({ "name": name, "enrollmentMethod": { "ott": true } });
    let change = json!({ "add": { "kind": "endpoints", "parent": NETWORK, "fields": fields } });
    sim.side_door("POST", "/netfoundry/nf/console", &change);
}

/// What a plan does to each endpoint.
fn steps(plan: &Value) -> Vec<(String, String)> {
    let step = |step: &Value| {
        let (_, name) = step["address"].as_str().unwrap().split_once("/endpoints/")?;
        Some((name.to_owned(), step["verb"].as_str().unwrap().to_owned()))
    };
    let mut steps: Vec<_> = plan["steps"].as_array().unwrap().iter().filter_map(step).collect();
    steps.sort();
    steps
}

#[test]
fn odd_names_are_written_read_and_mentioned_as_they_are() {
    let names =
        ["a b", "[a]", "100%", "100%25", "a_b", "axb", "a/b", "Zürich", "東京", "a?b&c=d#e", "it's \"x\"", "@at"];
    let sim = Sim::start();
    let endpoints: serde_json::Map<String, Value> =
        names.map(|name| (name.to_owned(), endpoint())).into_iter().collect();
    let mentions: Vec<String> = names.iter().map(|name| format!("@{name}")).collect();
    let policy = json!({ "endpointAttributes": mentions, "edgeRouterAttributes": ["#all"] });
    let bench = bench(&sim, json!({ "endpoints": endpoints, "edge-router-policies": { "every one": policy } }));
    bench.apply();
    bench.run(&["plan", "--exit-code"]).expect(0);
    let state = sim.side_door("GET", "/netfoundry/nf/state", &Value::Null);
    let stored: Vec<&str> =
        state["store"].as_array().unwrap().iter().filter_map(|o| o["body"]["name"].as_str()).collect();
    for name in names {
        assert!(stored.contains(&name), "{name}");
        let file = bench.path().join("jwt");
        let _ = fs::remove_file(&file);
        bench.run(&["get", "nf", "endpoints", name, "--field", "jwt", "-o", "jwt"]).expect(0);
        assert!(!fs::read(&file).unwrap().is_empty());
    }
}

#[test]
fn names_match_whatever_their_case_and_form() {
    let sim = Sim::start();
    let bench = bench(&sim, json!({}));
    bench.apply();
    for name in ["Alpha", "Straße", "Zu\u{308}rich", "50x_done", "50_done", "Beta [1]"] {
        add(&sim, name);
    }
    // Written as the platform has it, a declared name is that object; in another case it is, too, and will be renamed. A
    // `_` or `%` is a letter like others.
    let mut declared = json!({});
    for name in ["ALPHA", "STRASSE", "Zürich", "50%_done", "beta [1]"] {
        declared[name] = endpoint();
    }
    let text = fs::read_to_string(bench.path().join("nf.yaml")).unwrap();
    let mut file: Value = trueup::parts::source::read_as(&text).unwrap();
    file["netfoundry"]["nf"]["networks"][NETWORK]["endpoints"] = declared;
    bench.write("nf.yaml", &trueup::parts::source::yaml(&file));
    let steps = steps(&bench.plan());
    let expected = [
        ("50%25_done", "create"),
        ("ALPHA", "update"),
        ("STRASSE", "update"),
        ("Zürich", "update"),
        ("beta [1]", "update"),
    ];
    assert_eq!(steps, expected.map(|(name, verb)| (name.to_owned(), verb.to_owned())));
    bench.apply();
    bench.run(&["plan", "--exit-code"]).expect(0);
    let state = sim.side_door("GET", "/netfoundry/nf/state", &Value::Null);
    let endpoints = state["store"].as_array().unwrap().iter().filter(|object| object["kind"] == "endpoint");
    let mut names: Vec<&str> = endpoints.map(|object| object["body"]["name"].as_str().unwrap()).collect();
    names.sort_unstable();
    assert_eq!(names, ["50%_done", "50_done", "50x_done", "ALPHA", "STRASSE", "Zürich", "beta [1]"]);
}

#[test]
fn an_address_that_was_told_can_be_given_back() {
    let sim = Sim::start();
    let bench = bench(&sim, json!({ "endpoints": { "50%/[x] _": endpoint() } }));
    let plan = bench.plan();
    let steps = plan["steps"].as_array().unwrap().iter();
    let addresses: Vec<&str> = steps.map(|step| step["address"].as_str().unwrap()).collect();
    assert_eq!(addresses, ["nf/networks/Größe 100%25 [x_y]", "nf/networks/Größe 100%25 [x_y]/endpoints/50%25%2F[x] _"]);
    bench.apply();
    for address in &addresses {
        bench.run(&["adopt", "--forget", address]).expect(0);
        bench.run(&["adopt", address]).expect(0).says(&format!("{address}: owned now"));
        bench.run(&["adopt", address]).expect(0).says(&format!("{address}: owned already"));
    }
    let below = addresses[1].strip_prefix("nf/").unwrap();
    bench.run(&["get", "nf", "endpoints", below, "--field", "zitiId", "-o", "id"]).expect(0);
    // So is the name under which a plan shows it.
    let shown = plan["steps"][1]["name"].as_str().unwrap();
    assert_ne!(shown, below);
    bench.run(&["get", "nf", "endpoints", shown, "--field", "zitiId", "-o", "again"]).expect(0);
    bench.write("nf.yaml", "netfoundry: { nf: { at: https://gateway.production.netfoundry.io } }\n");
    bench.run(&["plan", "--exit-code"]).says(&format!("--allow 'destroy={}'", addresses[0]));
    bench.run(&["apply", "--yes", "--quiet", "--allow", &format!("destroy={}", addresses[0])]).expect(0);
    // Nothing is declared any more: that is no all-clear.
    bench.run(&["plan", "--exit-code"]).expect(32);
}

/// A network's name is unique in its group only.
#[test]
fn a_name_that_two_objects_have_means_neither() {
    let sim = Sim::start();
    let bench = bench(&sim, json!({ "endpoints": { "one": endpoint() } }));
    let console = |change: Value| sim.side_door("POST", "/netfoundry/nf/console", &change);
    console(json!({ "add": { "kind": "network-groups", "fields": { "name": "others" } } }));
    bench.run(&["get", "nf", "network-groups", "others", "--field", "id", "-o", "group"]).expect(0);
    let group = fs::read_to_string(bench.path().join("group")).unwrap();
    bench.apply();
    let name = NETWORK.to_uppercase();
    let fields =
        json!({ "name": name, "networkGroupId": group, "provider": "AWS", "region": "us-east-1", "size": "small" });
    console(json!({ "add": { "kind": "networks", "fields": fields } }));
    // What was made before is known by its id.
    bench.run(&["plan", "--exit-code"]).expect(0);
    bench.forget();
    let plan = bench.plan();
    assert_eq!(plan["steps"], json!([]), "{plan}");
    let hold =
        plan["holds"].as_array().unwrap().iter().find(|hold| hold["address"] == "nf/networks/Größe 100%25 [x_y]");
    let why = hold.unwrap()["reason"].as_str().unwrap();
    assert!(why.contains("several objects there have this name"), "{why}");
    let get = |name: &str| bench.run(&["get", "nf", "networks", name, "--field", "id", "-o", "id"]);
    get(NETWORK).expect(0);
    get(&NETWORK.to_lowercase()).expect(1).says("has 2 `networks` named").says("say which one: `networks/");
}

/// What a controller calls itself may be nothing: that names no object, and nothing is sent.
#[test]
fn a_name_that_comes_out_empty_makes_no_object() {
    const FILES: &str = r#"
vns3:
  site:
    at: https://203.0.113.30:8000/api
    credentials: { username: api, password: stand-in }
    config: { controller_name: NAME }
  other:
    at: https://203.0.113.31:8000/api
    credentials: { username: api, password: stand-in }
    system-variables: { v: { name: "${site/config.controller_name}", value: 10.0.0.0/8 } }
    routes: { r: { cidr: "${site/config.controller_name}", interface: eth0 } }
cloudify:
  cfy:
    at: https://203.0.113.32/api/v3.1
    credentials: { username: admin, password: stand-in }
    secrets: { k: { key: "${site/config.controller_name}", value: stand-in } }
"#;
    let sim = Sim::start();
    // Without a name in the files the controllers know it.
    let bench = Bench::of(
        &[("trueup.yaml", "workspace: names\n"), ("all.yaml", &FILES.replace(" controller_name: NAME ", ""))],
        &sim,
    );
    sim.side_door(
        "POST",
        "/vns3/site/console",
        &json!({ "set": { "kind": "config", "name": "config", "fields": { "controller_name": "" } } }),
    );
    let plan = bench.plan();
    for (at, field) in [("other/system-variables/v", "name"), ("other/routes/r", "cidr"), ("cfy/secrets/k", "key")] {
        let hold = plan["holds"].as_array().unwrap().iter().find(|hold| hold["address"] == at);
        let why = format!("`{field}` comes out empty: `${{site/config.controller_name}}`");
        assert_eq!(hold.unwrap_or_else(|| panic!("{plan:#}"))["reason"], why, "{at}");
    }
    assert_eq!(plan["steps"], json!([]));
    // In the files it is told at once.
    bench.write("all.yaml", &FILES.replace("NAME", "''"));
    bench.run(&["validate"]).expect(3).says("`name` is empty, and `other/system-variables/v` needs it");
}

/// The same where the object that gives the name is made in the same run: the call is not sent.
#[test]
fn a_name_that_comes_out_empty_in_the_run_makes_no_object() {
    let sim = Sim::start();
    let text = r#"
vns3:
  site:
    at: https://203.0.113.30:8000/api
    credentials: { username: api, password: stand-in }
    firewall-fwsets: { s: { type: net } }
    system-variables: { v: { name: "${site/firewall-fwsets/s.description}", value: 10.0.0.0/8 }, other: { value: 10.0.0.0/8 } }
"#;
    let bench = Bench::of(&[("trueup.yaml", "workspace: names\n"), ("all.yaml", text)], &sim);
    let ran = bench.run(&["apply", "--yes"]).expect(5);
    ran.says("`name` comes out empty: `${site/firewall-fwsets/s.description}`");
    let all = sim.side_door("GET", "/requests", &Value::Null);
    let sent = |path: &str| {
        let is_it = |request: &&Value| request["method"] == "POST" && request["path"].as_str().unwrap().contains(path);
        all.as_array().unwrap().iter().filter(is_it).count()
    };
    assert_eq!((sent("/fwsets"), sent("/variables")), (1, 1), "{all:#}");
}
