//! `trueup init` and `trueup scaffold`: what they write validates, and is what a stranger begins with.

use std::fs;
use std::process::Command;

use serde_json::{Map, Value};
use trueup::parts::{CATALOGUE, Finding, Identity, Kind, Provider, source};

use crate::bench::Bench;
use crate::drill::samples::{Sample, Samples, merge, read};
use crate::support::{Sim, wagon_of};
use crate::world::World;

const TARGET: &str = "here";

/// The text that the program prints for a kind.
fn starter(provider: &Provider, kind: &Kind, name: &str) -> String {
    let what = format!("{}/{}", provider.name, kind.name);
    let mut command = Command::new(env!("CARGO_BIN_EXE_trueup"));
    let output = command.args(["scaffold", &what, "--target", TARGET, "--name", name]).output().unwrap();
    assert!(output.status.success(), "{what}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// Puts values of a sample where a starter needs some.
fn fill(needed: &mut Value, sample: &Value) {
    match (needed, sample) {
        (needed @ Value::Null, sample) => *needed = sample.clone(),
        (Value::Object(needed), Value::Object(sample)) => {
            for (key, value) in needed {
                fill(value, sample.get(key).unwrap_or(&Value::Null));
            }
        }
        (Value::Array(needed), Value::Array(sample)) => {
            for (value, sample) in needed.iter_mut().zip(sample) {
                fill(value, sample);
            }
        }
        _ => {}
    }
}

/// The collections of a sample, below what it lives in.
fn placed(kind: &Kind, sample: &Sample) -> (Map<String, Value>, Vec<String>, String) {
    let parents: Vec<String> = sample.place.iter().flat_map(|place| place.split('/')).map(str::to_owned).collect();
    let name = match (&sample.first, kind.identity.is_single()) {
        (Value::Object(map), false) => map.keys().next().cloned().unwrap_or_default(),
        _ => String::new(),
    };
    let mut value = sample.first.clone();
    let mut key = kind.name.to_owned();
    for pair in parents.chunks(2).rev() {
        let [collection, parent] = pair else { panic!("{}: {:?}", kind.name, sample.place) };
        let inner = Value::Object(Map::from_iter([(key, value)]));
        value = Value::Object(Map::from_iter([(parent.clone(), inner)]));
        key = collection.clone();
    }
    (Map::from_iter([(key, value)]), parents, name)
}

/// The same starter with those comments taken for lines that say what is needed in some cases, and what these cases are told
/// by, where the sample has them.
fn with_needed(text: &str, sample: &str) -> String {
    let field_of = |line: &str| {
        let field = line.trim_start().strip_prefix("# ").and_then(|rest| rest.split_once(':')).map(|(field, _)| field);
        field.filter(|field| sample.contains(&format!("\"{field}\":"))).map(str::to_owned)
    };
    let mut needed: Vec<String> = Vec::new();
    for line in text.lines() {
        if let (Some(field), Some((_, cases))) = (field_of(line), line.split_once("(needed where")) {
            needed.push(field);
            needed.extend(cases.split('`').skip(1).step_by(2).map(str::to_owned));
        }
    }
    let line = |line: &str| {
        let blanks = line.len() - line.trim_start().len();
        match field_of(line).filter(|field| needed.contains(field)) {
            Some(field) => format!("{}{field}:\n", &line[..blanks]),
            None => format!("{line}\n"),
        }
    };
    text.lines().map(line).collect()
}

/// What is wrong with a kind's starter once a sample has given what it needs; nothing if it validates.
fn wrong_with(sim: &Sim, provider: &Provider, kind: &Kind, samples: &Samples, sample: &Sample) -> Vec<String> {
    let mut around = samples.around.clone();
    merge(&mut around, &sample.around);
    let (own, parents, name) = placed(kind, sample);
    let mut text = starter(provider, kind, &name);
    for pair in parents.chunks(2) {
        let parent = source::yaml(&pair[1].as_str().into());
        text = text.replace(&format!("{name}-OF-{}:", pair[0].to_uppercase()), &format!("{}:", parent.trim()));
    }
    text = with_needed(&text, &Value::Object(own.clone()).to_string());
    let mut all: Value = source::read_as(&text).unwrap_or_else(|error| panic!("{}: {error}\n{text}", kind.name));
    let mut known = around.clone();
    merge(&mut known, &own);
    let started = &mut all[provider.name][TARGET];
    fill(started, &Value::Object(known));
    merge(&mut around, started.as_object().unwrap());
    let world = World::new(sim);
    world.write("trueup.yaml", "workspace: starters\nexclude: [files]\n");
    for (path, text) in &samples.files {
        match path.ends_with(".wgn") {
            true => world.write(&format!("files/{path}"), wagon_of(text)),
            false => world.write(&format!("files/{path}"), text),
        }
    }
    world.declare(provider, TARGET, kind.name, &around);
    let told = |finding: &Finding| format!("{:?}: {finding}", finding.location());
    match world.load() {
        Ok(_) => Vec::new(),
        Err(findings) => findings.iter().map(told).chain([text]).collect(),
    }
}

#[test]
fn every_starter_validates_once_what_it_needs_is_given() {
    let sim = Sim::start();
    for provider in CATALOGUE {
        let samples = read(provider.name);
        for kind in provider.kinds.iter().filter(|kind| kind.is_declarative()) {
            let wrong: Vec<Vec<String>> =
                samples.of(kind).iter().map(|sample| wrong_with(&sim, provider, kind, &samples, sample)).collect();
            // Where the samples say different things, what one of them gives is what the starter asks for.
            assert!(wrong.iter().any(Vec::is_empty), "{}/{}: {wrong:#?}", provider.name, kind.name);
        }
    }
}

#[test]
fn a_starter_says_each_field_and_what_is_needed_first() {
    for provider in CATALOGUE {
        for kind in provider.kinds.iter().filter(|kind| kind.is_declarative()) {
            let text = starter(provider, kind, "made");
            let named =
                |name: &str| matches!(kind.identity, Identity::Name(of) | Identity::CaselessName(of) if of == name);
            for field in kind.fields.iter().filter(|field| field.is_writable() && !named(field.name)) {
                let is_told = text.contains(&format!("{}:", field.name));
                assert!(is_told, "{}/{} does not say `{}`:\n{text}", provider.name, kind.name, field.name);
            }
            let own = text.split_once(&format!("{}:\n", kind.name)).map_or("", |(_, own)| own);
            let lines: Vec<&str> = own.lines().map(str::trim).collect();
            let optional = lines.iter().position(|line| line.starts_with("# ")).unwrap_or(lines.len());
            assert!(!lines[optional..].iter().any(|line| line.contains("# needed;")), "{text}");
        }
    }
}

#[test]
fn what_can_not_be_started_is_told() {
    let sim = Sim::start();
    let bench = Bench::of(&[], &sim);
    for (kind, words) in [
        ("rotes", "there is no kind `rotes`"),
        ("users", "write `cloudify/users` or `f5-vnfm/users`"),
        ("cloudify/events", "can be referred to, not declared"),
    ] {
        bench.run(&["scaffold", kind]).expect(1).says(words);
    }
}

#[test]
fn a_workspace_that_was_begun_validates_and_nothing_is_written_over() {
    let sim = Sim::start();
    let bench = Bench::of(&[], &sim);
    let mut all = vec!["init", "all", "--name", "on: all"];
    for provider in CATALOGUE {
        let target = format!("{}-1", provider.name);
        let folder = format!("only-{}", provider.name);
        let own = ["init", &folder, "--provider", provider.name, "--at", provider.dialect.example, "--target", &target];
        bench.run(&own).expect(0);
        bench.run(&["validate", &folder]).expect(0);
        let text = fs::read_to_string(bench.path().join(&folder).join("trueup.yaml")).unwrap();
        assert!(text.starts_with("# yaml-language-server: $schema=workspace.schema.json\n"), "{text}");
        all.extend(["--provider", provider.name, "--at", provider.dialect.example, "--target", provider.name]);
        bench.run(&["fmt", "--check", &format!("{folder}/trueup.yaml"), &format!("{folder}/{target}.yaml")]).expect(0);
    }
    bench.run(&all).expect(0);
    bench.run(&["validate", "all"]).expect(0);
    for file in ["trueup.yaml", ".gitignore", "vns3.yaml", "workspace.schema.json"] {
        let bench = Bench::of(&[("trueup.yaml", ""), (&format!("all/{file}"), "mine")], &sim);
        let before = bench.files();
        bench.run(&all).expect(1).says(&format!("`{file}` would be written over"));
        assert_eq!(bench.files(), before);
    }
}

#[test]
fn what_would_not_validate_is_not_begun() {
    let sim = Sim::start();
    let bench = Bench::of(&[], &sim);
    for (options, code) in [
        (vec![], 64),
        (vec!["--provider", "vns3"], 64),
        (vec!["--provider", "vns4", "--at", "https://203.0.113.10:8000/api"], 64),
        (vec!["--provider", "vns3", "--at", "no address"], 1),
        (vec!["--provider", "vns3", "--at", "https://203.0.113.10:8000/api", "--target", "a/b"], 64),
    ] {
        bench.run(&[&["init", "new"], &options[..]].concat()).expect(code);
        assert!(!bench.path().join("new").exists(), "{options:?}");
    }
}
