//! `apply --at REVISION`: a topology goes back to files and policy of an earlier commit, content and texts included.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::bench::{Bench, SITE};
use crate::support::Sim;

/// Commits all that is in a folder.
pub(crate) fn commit(folder: &Path, message: &str) {
    for arguments in
        [&["init", "-q"][..], &["add", "-A"], &["-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", message]]
    {
        assert!(Command::new("git").args(arguments).current_dir(folder).output().unwrap().status.success());
    }
}

fn steps(bench: &Bench, arguments: &[&str]) -> Vec<String> {
    let ran = bench.run(&[arguments, &["--format", "json"]].concat()).expect(0);
    let plan: Value = serde_json::from_str(&ran.out).unwrap();
    let step = |step: &Value| format!("{} {}", step["verb"].as_str().unwrap(), step["address"].as_str().unwrap());
    plan["body"]["steps"].as_array().unwrap().iter().map(step).collect()
}

#[test]
fn a_topology_goes_back_and_forth() {
    let sim = Sim::start();
    let bench = Bench::of(
        &[("trueup.yaml", "workspace: w\n"), SITE, (".gitignore", ".trueup\n"), ("noc.txt", "198.51.100.0/28")],
        &sim,
    );
    bench.edit("vns3.yaml", "198.51.100.0/28", "\"${file(\\\"noc.txt\\\")}\"");
    commit(bench.path(), "one");
    bench.apply();
    // A text changes, something goes, something comes, and the policy lets nothing go any more.
    bench.write("noc.txt", "198.51.100.64/28");
    bench.edit("vns3.yaml", "      lab: { value: 198.51.100.16/28 }", "      new: { value: 198.51.100.32/28 }");
    commit(bench.path(), "two");
    bench.apply();
    bench.edit("trueup.yaml", "workspace: w\n", "workspace: w\npolicy: { max-deletes: 0 }\n");
    commit(bench.path(), "three");
    bench.run(&["plan", "--exit-code"]).expect(0);

    let back =
        ["create site/system-variables/lab", "update site/system-variables/noc", "delete site/system-variables/new"];
    assert_eq!(steps(&bench, &["plan", "--at", "HEAD~2"]), back);
    bench.run(&["apply", "--at", "HEAD~2", "--yes", "--quiet"]).expect(0);
    bench.run(&["plan", "--at", "HEAD~2", "--exit-code"]).expect(0);
    bench.run(&["plan"]).expect(16).says("`policy.max-deletes` is 0");
    // The policy is that of the revision, and so is the commit.
    bench.run(&["apply", "--at", "HEAD~1", "--yes", "--quiet"]).expect(0);
    bench.run(&["plan", "--exit-code"]).expect(0);
    let shown = bench.run(&["plan", "--at", "HEAD~2"]).expect(0);
    let head = Command::new("git").args(["rev-parse", "HEAD~2"]).current_dir(bench.path()).output().unwrap();
    let head = String::from_utf8(head.stdout).unwrap();
    shown.says(&head[..7]);
    bench.run(&["plan", "--at", "nowhere"]).expect(1).says("can't be read at `nowhere`");
}

#[test]
fn brakes_count_and_what_was_let_through_then_is_not_let_through_again() {
    let sim = Sim::start();
    let bench = Bench::of(
        &[("trueup.yaml", "workspace: w\npolicy: { allow: { deletes: 9 } }\n"), SITE, (".gitignore", ".trueup\n")],
        &sim,
    );
    commit(bench.path(), "one");
    bench.apply();
    let more: String = (0..8).map(|n| format!("      v{n}: {{ value: 198.51.100.{}/28 }}\n", 48 + n * 16)).collect();
    bench.edit("vns3.yaml", "      lab:", &format!("{more}      lab:"));
    commit(bench.path(), "two");
    bench.apply();
    bench.run(&["apply", "--at", "HEAD~1", "--yes"]).expect(16).says("would go").says("--allow deletes=8");
    bench.run(&["apply", "--at", "HEAD~1", "--yes", "--quiet", "--allow", "deletes=8"]).expect(0);
    bench.run(&["plan", "--at", "HEAD~1", "--exit-code"]).expect(0);
}

#[test]
fn content_is_that_of_the_revision() {
    let sim = Sim::start();
    let bench = Bench::example("cloudify-router", &sim).rehearsed();
    bench.write(".gitignore", ".trueup\n");
    commit(bench.path(), "one");
    bench.apply();
    let blueprints = bench.path().join("blueprints");
    let mut folders = vec![blueprints];
    let mut file = None;
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
            match entry.path().is_dir() {
                true => folders.push(entry.path()),
                false => {
                    file =
                        file.or_else(|| entry.path().extension().is_some_and(|it| it == "yaml").then(|| entry.path()))
                }
            }
        }
    }
    let file = file.unwrap();
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, format!("{text}# another one\n")).unwrap();
    commit(bench.path(), "two");
    bench.apply();
    assert_ne!(steps(&bench, &["plan", "--at", "HEAD~1"]), [""; 0]);
    bench.run(&["apply", "--at", "HEAD~1", "--yes", "--quiet"]).expect(0);
    bench.run(&["plan", "--at", "HEAD~1", "--exit-code"]).expect(0);
    assert_ne!(steps(&bench, &["plan"]), [""; 0]);
}

#[test]
fn a_plan_of_a_revision_is_kept_and_carried_out_with_it() {
    let sim = Sim::start();
    let bench = Bench::of(&[("trueup.yaml", "workspace: w\n"), SITE, (".gitignore", ".trueup\nplan.json\n")], &sim);
    commit(bench.path(), "one");
    bench.apply();
    bench.edit("vns3.yaml", "198.51.100.0/28", "198.51.100.64/28");
    commit(bench.path(), "two");
    bench.apply();
    bench.run(&["plan", "--at", "HEAD~1", "--out", "plan.json"]).expect(0);
    bench.run(&["apply", "plan.json", "--yes"]).expect(1).says("not the ones that the plan was made from");
    bench.run(&["apply", "plan.json", "--yes", "--at", "HEAD~1"]).expect(0);
    bench.run(&["plan", "--at", "HEAD~1", "--exit-code"]).expect(0);
}
