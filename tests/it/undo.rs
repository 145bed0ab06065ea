//! The way back: after an undo the controllers hold what they held before the run, but for what was named.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::process::Command;

use serde_json::Value;
use trueup::parts::source;

use crate::bench::{Bench, Ran, SITE};
use crate::examples::EXAMPLES;
use crate::support::Sim;

const WORKSPACE: (&str, &str) = ("trueup.yaml", "workspace: lab\n");

/// An example in a repository of its own, in which nothing is protected.
fn example(name: &str, sim: &Sim) -> Bench {
    let bench = Bench::example(name, sim);
    let text = fs::read_to_string(bench.path().join("trueup.yaml")).unwrap();
    let open: String = text.lines().filter(|line| !line.contains("protect:")).map(|line| format!("{line}\n")).collect();
    bench.write("trueup.yaml", &open);
    git(&bench, &["init", "--quiet", "."]);
    commit(&bench);
    bench
}

fn git(bench: &Bench, arguments: &[&str]) {
    let author = ["-c", "user.name=a", "-c", "user.email=a@example.org"];
    let ran = Command::new("git").args(author).args(arguments).current_dir(bench.path()).output().unwrap();
    assert!(ran.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&ran.stderr));
}

fn commit(bench: &Bench) {
    git(bench, &["add", "-A"]);
    git(bench, &["commit", "--quiet", "--allow-empty", "-m", "state"]);
}

fn undo(bench: &Bench, more: &[&str]) -> Ran {
    bench.run(&[&["undo", "--yes", "--allow", "destroy=**", "--allow", "deletes=1000"], more].concat())
}

/// What the targets hold, as leaves by their paths. The number that a route's name ends in is an id.
fn held(bench: &Bench) -> BTreeMap<String, String> {
    let targets = targets(bench);
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out").display().to_string();
    let mut arguments = vec!["export", "-o", &out];
    arguments.extend(targets.iter().map(String::as_str));
    bench.run(&arguments).expect(0);
    let mut leaves = BTreeMap::new();
    for target in &targets {
        let text = fs::read_to_string(folder.path().join("out").join(format!("{target}.yaml"))).unwrap();
        let file: Value = source::read_as(&text).unwrap();
        for targets in file.as_object().unwrap().values() {
            walk(targets, String::new(), &mut leaves);
        }
    }
    leaves
}

fn walk(value: &Value, path: String, leaves: &mut BTreeMap<String, String>) {
    let below = |key: &str| if path.is_empty() { key.to_owned() } else { format!("{path}/{key}") };
    match value {
        Value::Object(map) if !map.is_empty() => {
            for (key, value) in map {
                let key = match (key.rsplit_once('_'), path.ends_with("/routes")) {
                    (Some((name, number)), true) if number.parse::<u32>().is_ok() => name,
                    _ => key,
                };
                walk(value, below(key), leaves);
            }
        }
        other => drop(leaves.insert(path, other.to_string())),
    }
}

/// The targets that the files declare.
fn targets(bench: &Bench) -> Vec<String> {
    let mut found = BTreeSet::new();
    for (path, bytes) in bench.files() {
        let is_yaml = path.extension().is_some_and(|extension| extension == "yaml");
        if !is_yaml || path.starts_with(".trueup") || path.starts_with("blueprints") {
            continue;
        }
        let file: Value = source::read_as(&String::from_utf8(bytes).unwrap()).unwrap();
        for provider in ["vns3", "netfoundry", "cloudify", "f5-vnfm"] {
            found.extend(file[provider].as_object().into_iter().flat_map(|targets| targets.keys().cloned()));
        }
    }
    found.into_iter().collect()
}

/// The addresses that an undo named: left alone, staying as they are, let go of, or not as they were.
fn named(ran: &Ran) -> BTreeSet<String> {
    let is_address = |word: &&str| word.contains('/') && !word.contains(':');
    let line = |line: &str| {
        let rest =
            line.strip_prefix("  ! ").or_else(|| line.strip_prefix("note: `")).or_else(|| line.strip_prefix("  "))?;
        let word = rest.split([' ', '`']).next()?.trim_end_matches(':');
        Some(word.to_owned()).filter(|word| is_address(&word.as_str()))
    };
    ran.out.lines().chain(ran.err.lines()).filter_map(line).collect()
}

/// The addresses of which a plan says that the way back would not lead all the way.
fn foretold(bench: &Bench) -> BTreeSet<String> {
    let ran = bench.run(&["plan", "--with-undo", "--format", "json"]).expect(0);
    let plan: Value = serde_json::from_str(&ran.out).unwrap();
    let back = plan["body"]["undo"].as_array().unwrap().iter();
    let cannot = back.filter(|step| step.get("cannot").is_some());
    cannot.map(|step| step["address"].as_str().unwrap().to_owned()).collect()
}

/// What a VNS3 controller makes of itself when it gets its license, and keeps with it.
const WITH_LICENSE: [&str; 2] = ["clientpacks", "container-system"];

/// Demands that two states are the same, but for what was named.
fn same(what: &str, before: &BTreeMap<String, String>, after: &BTreeMap<String, String>, ran: &Ran) {
    same_but(what, before, after, (ran, &named(ran)));
}

/// Demands that two states are the same, but for these addresses.
fn same_but(
    what: &str,
    before: &BTreeMap<String, String>,
    after: &BTreeMap<String, String>,
    (ran, named): (&Ran, &BTreeSet<String>),
) {
    let licensed = |path: &str| {
        let (target, rest) = path.split_once('/').unwrap_or((path, ""));
        WITH_LICENSE.iter().any(|kind| rest.starts_with(kind)) && named.contains(&format!("{target}/keyset"))
    };
    let is_named = |path: &&String| named.iter().any(|name| path.starts_with(name.as_str())) || licensed(path);
    let paths: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let other: Vec<String> = paths
        .into_iter()
        .filter(|path| before.get(*path) != after.get(*path) && !is_named(path))
        .map(|path| format!("{path}: {:?} → {:?}", before.get(path), after.get(path)))
        .collect();
    assert!(other.is_empty(), "{what}:\n{}\nnamed: {named:?}\n{}", other.join("\n"), ran.all());
}

#[test]
fn an_apply_a_removal_and_an_undo_are_taken_back() {
    for name in EXAMPLES {
        let sim = Sim::start();
        let bench = example(name, &sim);
        let fresh = held(&bench);
        let foretold = foretold(&bench);
        bench.apply();
        let applied = held(&bench);
        assert_ne!(fresh, applied, "{name}");
        let ran = undo(&bench, &[]).expect(0).says("takes back run 1").says("the files still want");
        // What could not be taken back was named before the apply.
        same_but(&format!("{name}: undo of the apply"), &fresh, &held(&bench), (&ran, &foretold));
        let ran = undo(&bench, &[]).expect(0).says("takes back run 2");
        same(&format!("{name}: undo of the undo"), &applied, &held(&bench), &ran);
        // The ledger knows what it knew, too.
        assert!(bench.plan()["steps"].as_array().unwrap().is_empty(), "{name}: {:#}", bench.plan());
        bench.destroy(&["--allow", "destroy=**"]).expect(0);
        let ran = undo(&bench, &[]).expect(0).says("takes back run 4");
        same(&format!("{name}: undo of the removal"), &applied, &held(&bench), &ran);
        assert!(bench.plan()["steps"].as_array().unwrap().is_empty(), "{name}: {:#}", bench.plan());
    }
}

/// One edit: the file, what stands there, and what is to stand there.
type FileEdit = (&'static str, &'static str, &'static str);

/// For each example a change: the file, what stands there, and what is to stand there.
const CHANGES: [(&str, &[FileEdit]); 6] = [
    (
        "acme-wan",
        &[
            ("vns3/east.yaml", "description: Underlay between the regions", "description: Under all"),
            ("vns3/east.yaml", "controller_name: acme-east", "controller_name: acme-orient"),
            ("vns3/west.yaml", "hold_time: 30", "hold_time: 40"),
            (
                "vns3/west.yaml",
                "{ local_subnet: 10.2.0.0/16, remote_subnet: 10.40.0.0/16",
                "{ local_subnet: 10.2.0.0/16, remote_subnet: 10.41.0.0/16",
            ),
        ],
    ),
    (
        "cloudify-router",
        &[
            ("blueprints/router/blueprint.yaml", "description: A branch router", "description: The branch router"),
            ("cloudify.yaml", "- env: prod", "- env: test"),
        ],
    ),
    ("f5-vnf", &[("f5-vnfm.yaml", "role: operations", "role: viewer")]),
    (
        "netfoundry-appwan",
        &[
            ("netfoundry.yaml", "host: erp.acme.internal, port: 80", "host: erp.acme.internal, port: 81"),
            ("netfoundry.yaml", "attributes: [\"#staff\"]", "attributes: [\"#staff\", \"#guests\"]"),
            ("netfoundry.yaml", "endpointAttributes: [\"#all\"]", "endpointAttributes: [\"#staff\"]"),
        ],
    ),
    (
        "vns3-mesh",
        &[
            ("london.yaml", "description: The network behind it", "description: Behind it"),
            ("london.yaml", "hold_time: 30, keepalive_interval: 10", "hold_time: 60, keepalive_interval: 20"),
            ("london.yaml", "comment: Nothing else", "comment: No more"),
        ],
    ),
    (
        "vns3-site",
        &[
            ("vns3.yaml", "description: The office }", "description: Another office }"),
            ("vns3.yaml", "{ entry: \"udp:53\", comment: Names }", "{ entry: \"udp:5353\", comment: Names }"),
            ("vns3.yaml", "events: [tunnel_up, tunnel_down]\n    alerts", "events: [tunnel_up]\n    alerts"),
            ("vns3.yaml", "remote_subnet: \"${var.office.network}\"", "remote_subnet: 10.77.0.0/16"),
        ],
    ),
];

#[test]
fn a_change_is_taken_back() {
    assert_eq!(CHANGES.map(|(name, _)| name), EXAMPLES);
    for (name, edits) in CHANGES {
        let sim = Sim::start();
        let bench = example(name, &sim);
        bench.apply();
        let before = held(&bench);
        edits.iter().for_each(|(file, from, to)| bench.edit(file, from, to));
        commit(&bench);
        bench.run(&["apply", "--yes", "--allow", "replace=**"]).expect(0);
        let changed = held(&bench);
        assert_ne!(before, changed, "{name}");
        let ran = undo(&bench, &["2", "--allow", "replace=**"]).expect(0).says("the files still want");
        same(&format!("{name}: undo of a change"), &before, &held(&bench), &ran);
        let ran = undo(&bench, &["--allow", "replace=**"]).expect(0);
        same(&format!("{name}: undo of the undo"), &changed, &held(&bench), &ran);
        assert!(bench.plan()["steps"].as_array().unwrap().is_empty(), "{name}: {:#}", bench.plan());
        // Back once more, and the files as well: nothing is left to do.
        undo(&bench, &["--allow", "replace=**"]).expect(0);
        edits.iter().for_each(|(file, from, to)| bench.edit(file, to, from));
        assert!(bench.plan()["steps"].as_array().unwrap().is_empty(), "{name}: {:#}", bench.plan());
    }
}

/// Somebody else with the same files and no ledger changes what was applied.
fn hand(bench: &Bench, sim: &Sim, edits: &[(&str, &str, &str)]) {
    let other = Bench::copied(bench.path(), sim);
    other.forget();
    other.run(&["adopt", "--all"]).expect(0);
    edits.iter().for_each(|(file, from, to)| other.edit(file, from, to));
    other.apply();
}

#[test]
fn what_a_hand_has_touched_since_is_refused_by_name_and_the_rest_goes() {
    // What the run changed, and what the hand did, one of the same resource.
    for (name, file, [first, second], touched) in [
        (
            "vns3-site",
            "vns3.yaml",
            [("comment: Names }", "comment: Naming }"), ("description: The office }", "description: Other }")],
            "site/firewall-fwsets/office-services",
        ),
        (
            "netfoundry-appwan",
            "netfoundry.yaml",
            [
                ("host: erp.acme.internal, port: 80", "host: erp.acme.internal, port: 81"),
                ("[\"#staff\"]\n            enroll", "[\"#guests\"]\n            enroll"),
            ],
            "nf/networks/acme/services/erp",
        ),
    ] {
        let sim = Sim::start();
        let bench = example(name, &sim);
        bench.apply();
        let before = held(&bench);
        [first, second].iter().for_each(|(from, to)| bench.edit(file, from, to));
        bench.run(&["apply", "--yes"]).expect(0);
        let theirs = match name {
            "vns3-site" => "comment: Theirs }",
            _ => "host: erp.acme.internal, port: 82",
        };
        hand(&bench, &sim, &[(file, first.1, theirs)]);
        let ran = undo(&bench, &["--allow", "replace=**"])
            .expect(5)
            .says(touched)
            .says("was changed at the controller since");
        let after = held(&bench);
        same(name, &before, &after, &ran);
        assert!(
            after.iter().any(|(path, value)| path.starts_with(touched) && before.get(path) != Some(value)),
            "{name}"
        );
    }
}

#[test]
fn what_a_later_run_has_touched_is_refused_by_name_and_a_step_alone_is_taken_back() {
    let sim = Sim::start();
    let bench = Bench::of(&[WORKSPACE, SITE], &sim);
    bench.apply();
    bench.edit("vns3.yaml", "198.51.100.16/28", "198.51.100.32/28");
    bench.apply();
    let now = held(&bench);
    let ran = undo(&bench, &["1"]).expect(5).says("site/system-variables/lab").says("run 2 changed it since");
    let after = held(&bench);
    assert!(after.keys().any(|path| path.contains("system-variables/lab")), "{after:?}");
    assert!(!after.keys().any(|path| path.contains("system-variables/noc")), "{after:?}");
    undo(&bench, &[]).expect(0).says("takes back run 3");
    same("undo of the part", &now, &held(&bench), &ran);
    // A run that was taken back is not taken back again.
    undo(&bench, &["1"]).expect(1).says("since");
    // One step alone.
    let record: Value = serde_json::from_str(&bench.run(&["show", "2", "--format", "json"]).expect(0).out).unwrap();
    assert_eq!(record["steps"].as_array().unwrap().len(), 1);
    undo(&bench, &["2", "--step", "7"]).expect(1).says("has the steps 1 to 1");
    undo(&bench, &["2", "--step", "1"]).expect(0).says("198.51.100.16/28");
    undo(&bench, &["99"]).expect(1).says("run 99 of workspace `lab` is not recorded");
    let fresh = Bench::of(&[WORKSPACE, SITE], &sim);
    undo(&fresh, &[]).expect(1).says("changed anything");
}

#[test]
fn a_secret_or_content_that_nobody_has_any_more_is_named() {
    let sim = Sim::start();
    let workspace = "workspace: lab\nsecrets: { psk: { file: psk.txt } }\n";
    let site = "vns3:\n  site:\n    at: https://203.0.113.30:8000/api\n    credentials: { username: api, password: stand-in }\n";
    let endpoint = "    ipsec-endpoints:\n      office: { ipaddress: 198.51.100.7, secret: \"${secret.psk}\", ike_version: 2 }\n    \
                    system-variables: { lab: { value: 198.51.100.16/28 } }\n";
    let bench = Bench::of(
        &[("trueup.yaml", workspace), ("vns3.yaml", &format!("{site}{endpoint}")), ("psk.txt", "canary-one")],
        &sim,
    );
    let words = ["canary-one", "canary-two"];
    bench.apply();
    bench.write("vns3.yaml", site);
    bench.run_discreetly(&["apply", "--yes", "--allow", "deletes=9"], &words).expect(0);
    bench.write("psk.txt", "canary-two");
    let ran = bench.run_discreetly(&["undo", "--yes"], &words).expect(5);
    let ran = ran.says("site/ipsec-endpoints/office").says("no source gives the secret any more that `secret` had");
    assert!(
        ran.out.contains("created site/system-variables/lab") || ran.err.contains("created site/system-variables/lab"),
        "{}",
        ran.all()
    );
    bench.write("psk.txt", "canary-one");
    bench.run_discreetly(&["undo", "2", "--yes"], &words).expect(5).says("run 3 changed it since");
    let record = fs::read_to_string(bench.path().join(".trueup/sim/runs/000003.json")).unwrap();
    assert!(record.contains("\"undoes\": 2"), "{record}");

    // Content is in git, or nowhere.
    let sim = Sim::start();
    let bench = Bench::example("cloudify-router", &sim);
    bench.apply();
    bench.edit("blueprints/router/blueprint.yaml", "description: A branch router", "description: The branch router");
    bench.apply();
    undo(&bench, &[]).says("cfy/blueprints/router").says("the content of `source` that it had is not here");
}
