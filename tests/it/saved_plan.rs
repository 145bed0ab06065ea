//! A plan that was written down is carried out as it was read, or not at all.

use std::collections::BTreeMap;
use std::fs;

use serde_json::{Value, json};

use crate::bench::{Bench, SITE};
use crate::support::Sim;

const WORKSPACE: [(&str, &str); 2] = [("trueup.yaml", "workspace: site\n"), SITE];

#[test]
fn it_is_carried_out() {
    let sim = Sim::start();
    let bench = Bench::of(&WORKSPACE, &sim);
    bench.run(&["plan", "--out", "p.json"]).expect(0);
    bench.run(&["apply", "p.json", "--yes"]).expect(0);
    bench.run(&["plan", "--exit-code"]).expect(0);
    // From elsewhere, the workspace is named.
    bench.edit("vns3.yaml", "site-one", "site-two");
    bench.run(&["plan", "--out", "p.json"]).expect(0);
    let away = tempfile::tempdir().unwrap();
    let plan = bench.path().join("p.json");
    let arguments = ["apply", plan.to_str().unwrap(), "--yes", "--workspace", bench.path().to_str().unwrap()];
    let output = bench.command(&arguments).current_dir(away.path()).output().unwrap();
    assert!(output.status.success(), "{}", crate::bench::Ran::from(output).all());
    bench.run(&["plan", "--exit-code"]).expect(0);
}

#[test]
fn what_moved_in_between_is_held_and_the_rest_goes_on() {
    let sim = Sim::start();
    let bench = Bench::of(&WORKSPACE, &sim);
    bench.apply();
    bench.edit("vns3.yaml", "198.51.100.0/28", "198.51.100.32/28");
    bench.edit("vns3.yaml", "198.51.100.16/28", "198.51.100.48/28");
    bench.run(&["plan", "--out", "p.json"]).expect(0);
    let moved = json!({ "set": { "kind": "system-variables", "name": "lab", "fields": { "value": "10.9.9.0/24" } } });
    sim.side_door("POST", "/vns3/site/console", &moved);
    bench.run(&["apply", "p.json", "--yes"]).expect(5).says("hold: `site/system-variables/lab` is not as it was");
    let plan = bench.plan();
    let left: Vec<&str> = plan["steps"].as_array().unwrap().iter().map(|s| s["address"].as_str().unwrap()).collect();
    assert_eq!(left, ["site/system-variables/lab"]);
    // Planned anew, it is done.
    bench.run(&["plan", "--out", "p.json"]).expect(0);
    bench.run(&["apply", "p.json", "--yes"]).expect(0);
    bench.run(&["plan", "--exit-code"]).expect(0);
}

#[test]
fn what_was_not_planned_is_not_done() {
    let sim = Sim::start();
    let bench = Bench::of(&WORKSPACE, &sim);
    bench.run(&["plan", "--out", "p.json"]).expect(0);
    bench.run(&["apply", "p.json", "--yes"]).expect(0);
    // All of it is done already: nothing is left, and nothing fails.
    bench.run(&["apply", "p.json", "--yes"]).expect(0);
    // Somebody removes an object: a plan that was made before says nothing of making it once more.
    bench.run(&["plan", "--out", "p.json"]).expect(0);
    let gone = json!({ "remove": { "kind": "system-variables", "name": "lab" } });
    sim.side_door("POST", "/vns3/site/console", &gone);
    bench.run(&["apply", "p.json", "--yes"]).expect(0);
    bench.run(&["plan", "--exit-code"]).expect(4);
}

#[test]
fn what_was_allowed_when_it_was_approved_is_done() {
    let sim = Sim::start();
    let bench = Bench::of(&WORKSPACE, &sim);
    bench.edit("vns3.yaml", "    config:", "    peering-self: { id: 1 }\n    config:");
    bench.run(&["plan", "--out", "without.json"]).expect(0);
    bench.run(&["plan", "--out", "p.json", "--allow", "irreversible=site/peering-self"]).expect(0);
    bench.run(&["apply", "without.json", "--yes"]).expect(0);
    assert!(bench.plan()["holds"].to_string().contains("site/peering-self"));
    bench.run(&["plan", "--out", "p.json", "--allow", "irreversible=site/peering-self"]).expect(0);
    bench.run(&["apply", "p.json", "--yes"]).expect(0);
    bench.run(&["plan", "--exit-code"]).expect(0);
}

/// Three variables that a plan changes, and rules that name the first.
const FOUR: (&str, &str) = (
    "vns3.yaml",
    "vns3:\n  site:\n    at: https://203.0.113.30:8000/api\n    credentials: { username: api, password: stand-in }\n    \
     system-variables:\n      a: { value: 192.0.2.1 }\n      b: { value: 192.0.2.1 }\n      c: { value: 192.0.2.1 }\n    \
     firewall-rules:\n      - { rule: 'FORWARD_CUST -s $${custom_a} -j ACCEPT', comment: \"192.0.2.1\" }\n",
);

/// Something that somebody does between plan and apply, and the variable that it is about.
type Move = (&'static str, fn(&Sim, &Bench));

const MOVES: &[Move] = &[
    ("b", |sim, _| set(sim, "b", json!({ "value": "192.0.2.7" }))),
    ("a", |sim, _| set(sim, "a", json!({ "description": "mine" }))),
    ("c", |sim, _| console(sim, json!({ "remove": { "kind": "system-variables", "name": "c" } }))),
    ("b", |_, bench| edit_row(bench, "b", |row| row["applied"]["value"] = json!("192.0.2.9"))),
    ("a", |_, bench| edit_row(bench, "a", |row| row["identity"] = json!("other"))),
    ("c", |_, bench| edit_rows(bench, |rows| drop(rows.as_object_mut().unwrap().remove("site/system-variables/c")))),
];

fn console(sim: &Sim, change: Value) {
    sim.side_door("POST", "/vns3/site/console", &change);
}

fn set(sim: &Sim, name: &str, fields: Value) {
    console(sim, json!({ "set": { "kind": "system-variables", "name": name, "fields": fields } }));
}

fn edit_rows(bench: &Bench, change: impl Fn(&mut Value)) {
    let path = bench.path().join(".trueup/sim/ledger.json");
    let mut ledger: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    change(&mut ledger["entries"]);
    ledger.as_object_mut().unwrap().remove("checksum");
    fs::write(path, ledger.to_string()).unwrap();
}

fn edit_row(bench: &Bench, name: &str, change: impl Fn(&mut Value)) {
    edit_rows(bench, |rows| change(&mut rows[format!("site/system-variables/{name}")]));
}

/// Whatever moves between plan and apply, just its own step and what depends on it are held, and the rest is done.
#[test]
fn just_what_moved_is_held_with_what_depends_on_it() {
    for (n, (moved, change)) in MOVES.iter().enumerate() {
        let sim = Sim::start();
        let bench = Bench::of(&[("trueup.yaml", "workspace: site\n"), FOUR], &sim);
        bench.apply();
        bench.edit("vns3.yaml", "a: { value: 192.0.2.1", "a: { value: 192.0.2.2");
        bench.edit("vns3.yaml", "b: { value: 192.0.2.1", "b: { value: 192.0.2.2");
        bench.edit("vns3.yaml", "c: { value: 192.0.2.1", "c: { value: 192.0.2.2");
        bench.edit("vns3.yaml", "comment: \"192.0.2.1", "comment: \"192.0.2.2");
        bench.run(&["plan", "--out", "p.json"]).expect(0);
        change(&sim, &bench);
        let ran = bench.run(&["apply", "p.json", "--yes"]).expect(5);
        let ran = ran.says(&format!("hold: `site/system-variables/{moved}` is not as it was when the plan was made: "));
        let held = ran.all().lines().filter(|line| line.starts_with("hold: ")).count();
        assert_eq!(held, 1, "move {n}: {}", ran.all());
        let values = values(&sim);
        for name in ["a", "b", "c", "rules"] {
            let is_done = values.get(name).is_some_and(|value| value == "192.0.2.2");
            let waits = name == *moved || name == "rules" && *moved == "a";
            assert_eq!(is_done, !waits, "move {n}: `{name}`: {values:?}\n{}", ran.all());
        }
    }
}

/// The value of each variable, and the comment of the one rule.
fn values(sim: &Sim) -> BTreeMap<String, String> {
    let get = |path: &str| sim.call(("vns3", "site"), "api:stand-in", "GET", path, &Value::Null)["response"].clone();
    let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let variables = get("/system/variables");
    let own = variables["custom"].as_array().unwrap();
    let name = |row: &Value| word(&row["variable"]).trim_start_matches("custom_").to_owned();
    let mut values: BTreeMap<String, String> = own.iter().map(|row| (name(row), word(&row["value"]))).collect();
    let rules = get("/v2/firewall/rules");
    values.insert("rules".into(), rules.as_array().map(|rules| word(&rules[0]["comment"])).unwrap_or_default());
    values
}

/// A run that ended half-way is gone on with by the same file: what is done is found, and not done twice.
#[test]
fn it_may_be_carried_out_once_more() {
    let sim = Sim::start();
    let bench = Bench::of(&[("trueup.yaml", "workspace: site\n"), FOUR], &sim);
    bench.run(&["plan", "--out", "p.json"]).expect(0);
    let fault = json!({ "method": "POST", "path": "/api/system/variables", "status": 400, "nth": 2 });
    sim.side_door("POST", "/faults", &json!([fault]));
    bench.run(&["apply", "p.json", "--yes"]).expect(5);
    sim.side_door("DELETE", "/requests", &Value::Null);
    bench.run(&["apply", "p.json", "--yes"]).expect(0).says("done already");
    bench.run(&["plan", "--exit-code"]).expect(0);
    bench.run(&["apply", "p.json", "--yes"]).expect(0).says("nothing of this plan is left to do");
}

/// Nothing is asked but the lists that the steps rely on.
#[test]
fn just_its_lists_are_read() {
    let sim = Sim::start();
    let bench = Bench::example("acme-wan", &sim);
    bench.apply();
    let yaml = fs::read_to_string(bench.path().join("vns3/east.yaml")).unwrap();
    let route = yaml.lines().find(|line| line.contains("description:")).unwrap_or_else(|| panic!("{yaml}"));
    bench.edit("vns3/east.yaml", route, &route.replace("description: ", "description: now "));
    bench.run(&["plan", "--out", "p.json"]).expect(0);
    sim.side_door("DELETE", "/requests", &Value::Null);
    bench.run(&["apply", "p.json", "--yes"]).expect(0);
    let log = sim.side_door("GET", "/requests", &Value::Null);
    let word = |entry: &Value, key: &str| entry[key].as_str().unwrap_or_default().to_owned();
    let asked: Vec<String> = log
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| format!("{} {} {}", word(entry, "installation"), word(entry, "method"), word(entry, "path")))
        .collect();
    assert!(asked.iter().all(|line| line.starts_with("east ")), "{asked:#?}");
    // What proves the installation and the list, before and after; the change itself.
    assert!(asked.len() <= 7, "{asked:#?}");
    bench.run(&["plan", "--exit-code"]).expect(0);
}

#[test]
fn one_that_was_changed_holds_no_more_or_comes_from_elsewhere_is_refused_by_name() {
    let sim = Sim::start();
    let bench = Bench::of(&WORKSPACE, &sim);
    bench.run(&["plan", "--out", "p.json"]).expect(0);
    let file: Value = serde_json::from_slice(&fs::read(bench.path().join("p.json")).unwrap()).unwrap();
    let refused = |change: &dyn Fn(&mut Value), words: &str| {
        let mut other = file.clone();
        change(&mut other);
        bench.write("other.json", &other.to_string());
        bench.run(&["apply", "other.json", "--yes"]).expect(1).says(words);
    };
    refused(&|file| file["kept"]["expires"] = json!("2020-01-01T00:00:00Z"), "the plan holds no more");
    refused(&|file| file["tool"] = json!("trueup 0.0.9"), "made by another version: trueup 0.0.9");
    refused(&|file| file["workspace"] = json!("elsewhere"), "the plan is for workspace `elsewhere`");
    refused(&|file| file["key_id"] = json!("0000"), "made with another ledger key");
    refused(&|file| drop(file.as_object_mut().unwrap().remove("work")), "the plan is for reading");
    // What it shows and what it would send are one thing.
    let path = json!("/elsewhere");
    refused(&|file| file["body"]["steps"][0]["calls"][0]["path"] = path.clone(), "it is not as it was written");
    refused(
        &|file| file["work"]["steps"][0]["calls"][0]["path"] = path.clone(),
        "what it would send is not what it shows",
    );
    refused(&|file| file["work"]["steps"][0]["surprise"] = json!(1), "`work.steps[0].surprise`: unknown field");
    let out = bench.run(&["plan", "--format", "json"]).expect(0);
    bench.write("shown.json", &out.out);
    bench.run(&["apply", "shown.json", "--yes"]).expect(1).says("the plan is for reading");
    bench.run(&["plan", "--out", "soon.json", "--expires", "1ms"]).expect(0);
    bench.run(&["apply", "soon.json", "--yes"]).expect(1).says("the plan holds no more");
    bench.run(&["plan", "--exit-code"]).expect(2);
}

/// What is shown of a file is what was shown when it was made; no secret is looked up, and nothing is asked.
#[test]
fn it_is_shown_as_it_was() {
    let sim = Sim::start();
    let bench = Bench::of(&WORKSPACE, &sim);
    let told = bench.run(&["plan", "--out", "p.json", "--calls"]).expect(0).out;
    bench.edit("vns3.yaml", "stand-in", "${secret.none}");
    bench.edit("trueup.yaml", "workspace: site", "workspace: site\nsecrets: { none: { command: [touch, ran] } }");
    sim.side_door("DELETE", "/requests", &Value::Null);
    let shown = bench.run(&["show", "p.json", "--calls"]).expect(0);
    assert_eq!(shown.out, told);
    shown.says("for use before");
    assert!(!bench.path().join("ran").exists());
    assert_eq!(sim.side_door("GET", "/requests", &Value::Null), json!([]));
}

/// Two plans that do the same have the same digest, whenever they were made.
#[test]
fn its_meaning_is_what_it_does() {
    let sim = Sim::start();
    let bench = Bench::of(&WORKSPACE, &sim);
    let meaning = |name: &str| {
        bench.run(&["plan", "--out", name]).expect(0);
        let file: Value = serde_json::from_slice(&fs::read(bench.path().join(name)).unwrap()).unwrap();
        file["meaning"].as_str().unwrap().to_owned()
    };
    let first = meaning("first.json");
    bench.edit("vns3.yaml", "vns3:", "# A comment makes no difference.\nvns3:");
    assert_eq!(meaning("second.json"), first);
    bench.edit("vns3.yaml", "198.51.100.0/28", "198.51.100.32/28");
    assert_ne!(meaning("third.json"), first);
}

#[test]
fn other_files_refuse_it() {
    let sim = Sim::start();
    let bench = Bench::of(&WORKSPACE, &sim);
    bench.run(&["plan", "--out", "p.json"]).expect(0);
    bench.edit("vns3.yaml", "site-one", "site-two");
    let refused = bench.run(&["apply", "p.json", "--yes"]).expect(1);
    refused.says("the workspace's files are not the ones that the plan was made from").says("plan again");
    let other = [("trueup.yaml", "workspace: elsewhere\n"), SITE];
    let elsewhere = Bench::of(&other, &sim);
    let plan = bench.path().join("p.json");
    let refused = elsewhere.run(&["apply", plan.to_str().unwrap(), "--yes"]).expect(1);
    refused.says("the plan is for workspace `site`, this is `elsewhere`");
}

#[test]
fn what_is_no_plan_is_said_so() {
    let sim = Sim::start();
    let bench = Bench::of(&WORKSPACE, &sim);
    for text in ["", "hello", "{}", "[]", r#"{"format": 99}"#, r#"{"format": 1, "workspace": "site"}"#] {
        bench.write("p.json", text);
        bench.run(&["apply", "p.json", "--yes"]).expect(1).says("could not read the plan `p.json`");
    }
    bench.run(&["apply", "vns3.yaml", "--yes"]).expect(1).says("could not read the plan `vns3.yaml`");
    bench.run(&["apply", "nowhere", "--yes"]).expect(1).says("nowhere");
    bench.run(&["plan", "--out", "no/such/folder/p.json"]).expect(1).says("could not write `no/such/folder/p.json`");
}
