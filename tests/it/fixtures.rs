//! What earlier versions left is read, and an upgrade alone writes nothing.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::bench::{self, Bench};

/// What version 0.1 left.
fn left(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/0.1").join(name)
}

/// A workspace as version 0.1 left it, with its rehearsal.
fn upgraded(name: &str) -> Bench {
    let bench = Bench::real(&[]);
    bench::copy(&left(name).join("workspace"), bench.path());
    bench::copy(&left(name).join("sim"), &bench.path().join(".trueup/sim"));
    bench
}

fn json(path: &Path) -> Value {
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

#[track_caller]
fn nothing_is_planned_for(name: &str) {
    let bench = upgraded(name);
    let ledger = bench.path().join(".trueup/sim/ledger.json");
    let before = fs::read(&ledger).unwrap();
    bench.run(&["plan", "--sim", "--exit-code"]).expect(0);
    assert_eq!(fs::read(&ledger).unwrap(), before, "a plan leaves the ledger alone");

    let ran = bench.run(&["apply", "--sim", "--yes", "--format", "json"]).expect(0);
    let report: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(report["steps"].as_array().map(Vec::len), Some(0), "{report}");
    let (first, now) = (serde_json::from_slice::<Value>(&before).unwrap(), json(&ledger));
    assert_eq!((&now["version"], &now["serial"].as_u64().is_some_and(|serial| serial > 0)), (&2.into(), &true));
    let owned = |ledger: &Value| ledger["entries"].as_object().unwrap().keys().cloned().collect::<BTreeSet<_>>();
    assert_eq!(owned(&now), owned(&first));
    assert!(
        now["entries"].as_object().unwrap().values().all(|row| row.get("applied").is_none()),
        "agreed on, not ours"
    );
    // The key has moved, and the old ledger stands beside.
    let key = fs::read_to_string(bench.path().join(".trueup/sim/key")).unwrap();
    assert_eq!(key.trim(), first["key"]);
    assert!(!fs::read_to_string(&ledger).unwrap().contains(key.trim()));
    assert_eq!(fs::read(bench.path().join(".trueup/sim/ledger.json.v1")).unwrap(), before);
    bench.run(&["plan", "--sim", "--exit-code"]).expect(0);
}

#[test]
fn acme_wan() {
    nothing_is_planned_for("acme-wan");
}

#[test]
fn cloudify_router() {
    nothing_is_planned_for("cloudify-router");
}

#[test]
fn f5_vnf() {
    nothing_is_planned_for("f5-vnf");
}

#[test]
fn netfoundry_appwan() {
    nothing_is_planned_for("netfoundry-appwan");
}

#[test]
fn vns3_mesh() {
    nothing_is_planned_for("vns3-mesh");
}

#[test]
fn vns3_site() {
    nothing_is_planned_for("vns3-site");
}

/// A checkout on another system, by somebody who has looked around in it.
#[test]
fn what_is_no_content_plans_nothing_either() {
    for (name, folder) in [("cloudify-router", "blueprints/router"), ("f5-vnf", "blueprints/firewall")] {
        let bench = upgraded(name);
        let blueprint = bench.path().join(folder).join("blueprint.yaml");
        let text = fs::read_to_string(&blueprint).unwrap();
        assert!(text.contains('\n') && !text.contains('\r'));
        fs::write(&blueprint, text.replace('\n', "\r\n")).unwrap();
        for junk in [".DS_Store", "blueprint.yaml~", "scripts/__pycache__/install.pyc", ".git/index"] {
            let path = bench.path().join(folder).join(junk);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, b"junk").unwrap();
        }
        bench.run(&["plan", "--sim", "--exit-code"]).expect(0);
        bench.run(&["apply", "--sim", "--yes"]).expect(0);
        let ledger = json(&bench.path().join(".trueup/sim/ledger.json"));
        let rows = ledger["entries"].as_object().unwrap();
        let packed: Vec<&Value> = rows.values().filter(|row| row.get("packing").is_some()).collect();
        assert!(!packed.is_empty() && packed.iter().all(|row| row["packing"] == 3), "{ledger}");
        bench.run(&["plan", "--sim", "--exit-code"]).expect(0);
        // What somebody writes is something else.
        fs::write(&blueprint, format!("{text}# more\n")).unwrap();
        bench.run(&["plan", "--sim", "--exit-code"]).expect(2);
    }
}

#[test]
fn every_example_has_a_fixture() {
    let names = |folder: &Path| -> BTreeSet<String> {
        let entries = fs::read_dir(folder).unwrap().map(Result::unwrap);
        entries.filter(|entry| entry.path().is_dir()).map(|e| e.file_name().into_string().unwrap()).collect()
    };
    let mut kept = names(&left(""));
    assert!(kept.remove("schemas"));
    let told: BTreeSet<String> =
        ["acme-wan", "cloudify-router", "f5-vnf", "netfoundry-appwan", "vns3-mesh", "vns3-site"]
            .map(String::from)
            .into();
    assert_eq!(kept, told);
}

/// Every key that a schema takes, as the path down to it.
fn keys(root: &Value, schema: &Value, path: &str, open: &mut Vec<String>, found: &mut BTreeSet<String>) {
    let Some(map) = schema.as_object() else { return };
    if let Some(name) = map.get("$ref").and_then(Value::as_str) {
        if open.iter().any(|other| other == name) {
            return;
        }
        open.push(name.to_owned());
        if let Some(target) = root.pointer(name.trim_start_matches('#')) {
            keys(root, target, path, open, found);
        }
        open.pop();
    }
    for (key, below) in map.get("properties").and_then(Value::as_object).into_iter().flatten() {
        let path = format!("{path}/{key}");
        found.insert(path.clone());
        keys(root, below, &path, open, found);
    }
    for word in ["oneOf", "anyOf", "allOf"] {
        for below in map.get(word).and_then(Value::as_array).into_iter().flatten() {
            keys(root, below, path, open, found);
        }
    }
    for word in ["if", "then", "else"] {
        map.get(word).into_iter().for_each(|below| keys(root, below, path, open, found));
    }
    for word in ["items", "additionalProperties"] {
        map.get(word).into_iter().for_each(|below| keys(root, below, &format!("{path}/*"), open, found));
    }
    for (pattern, below) in map.get("patternProperties").and_then(Value::as_object).into_iter().flatten() {
        keys(root, below, &format!("{path}/{pattern}"), open, found);
    }
}

fn keys_of(path: &Path) -> BTreeSet<String> {
    let (schema, mut found) = (json(path), BTreeSet::new());
    keys(&schema, &schema, "", &mut Vec::new(), &mut found);
    found
}

#[test]
fn every_key_of_version_0_1_is_still_a_key() {
    for name in ["workspace", "plan", "apply"] {
        let file = format!("{name}.schema.json");
        let now = keys_of(&Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas").join(&file));
        let first = keys_of(&left("schemas").join(&file));
        assert!(first.len() > 5, "{name}: {}", first.len());
        // What a plan is about stands in its body since format 2.
        let is_there = |key: &&String| now.contains(*key) || now.contains(&format!("/body{key}"));
        let gone: Vec<&String> = first.iter().filter(|key| !is_there(key)).collect();
        assert!(gone.is_empty(), "{name}: {gone:?}");
    }
}
