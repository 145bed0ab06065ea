//! The examples, carried out by the program itself on simulated controllers, and the demo.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use tempfile::TempDir;

/// The examples of every provider, all of them in one, and two controllers that need each other.
pub(crate) const EXAMPLES: [&str; 6] =
    ["acme-wan", "cloudify-router", "f5-vnf", "netfoundry-appwan", "vns3-mesh", "vns3-site"];

/// A secret for each name that the examples look up.
pub(crate) const SECRETS: [&str; 9] = [
    "BIGIP_LICENSE_KEY",
    "CLOUDIFY_PASSWORD",
    "NETFOUNDRY_CLIENT_ID",
    "NETFOUNDRY_PASSWORD",
    "OFFICE_PSK",
    "ROUTER_LOGIN",
    "VNFM_OPERATOR_PASSWORD",
    "VNFM_PASSWORD",
    "VNS3_API_PASSWORD",
];

/// Runs the program; every example's secrets are there.
fn trueup(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_trueup"));
    for name in SECRETS {
        command.env(name, format!("made-up-{name}"));
    }
    command.args(arguments).output().unwrap()
}

/// Runs the program, which has to end with that code; gives what it printed.
fn ends(code: i32, arguments: &[&str]) -> String {
    let output = trueup(arguments);
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "trueup {arguments:?}\n{printed}\n{said}");
    assert!(!printed.contains("made-up-") && !said.contains("made-up-"), "a secret shows:\n{printed}\n{said}");
    printed
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in from.read_dir().unwrap() {
        let entry = entry.unwrap();
        let (path, target) = (entry.path(), to.join(entry.file_name()));
        match path.is_dir() {
            true if entry.file_name() == ".trueup" => {}
            true => copy(&path, &target),
            false => fs::write(&target, fs::read(&path).unwrap()).unwrap(),
        }
    }
}

fn example(name: &str) -> (TempDir, String) {
    let folder = TempDir::new().unwrap();
    copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("examples").join(name), folder.path());
    let path = folder.path().display().to_string();
    (folder, path)
}

fn names() -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let mut names: Vec<String> =
        folder.read_dir().unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn every_example_is_valid_and_converges_in_one_apply() {
    for name in names() {
        let (_folder, path) = example(&name);
        ends(0, &["validate", &path]);
        ends(2, &["--sim", "plan", "--exit-code", &path]);
        ends(0, &["--sim", "--quiet", "apply", "--yes", &path]);
        ends(0, &["--sim", "plan", "--exit-code", &path]);
        ends(0, &["--sim", "drift", &path]);
    }
}

/// Each environment of an example has its plan, its controllers and its ledger.
#[test]
fn every_environment_of_an_example_converges_beside_the_others() {
    let (folder, path) = example("environments");
    for environment in ["dev", "prod"] {
        let ends =
            |code: i32, words: &[&str]| ends(code, &[&["--sim", "--env", environment], words, &[&path]].concat());
        ends(0, &["validate"]);
        let planned = ends(2, &["plan", "--exit-code"]);
        assert!(planned.starts_with(&format!("acme-branches ({environment})")), "{planned}");
        ends(0, &["--quiet", "apply", "--yes"]);
        ends(0, &["plan", "--exit-code"]);
        ends(0, &["drift"]);
        assert!(folder.path().join(".trueup").join(environment).join("sim/ledger.json").exists());
    }
}

/// The same as a file that was approved: nothing is decided when it is carried out.
#[test]
fn every_example_converges_by_a_plan_that_was_kept() {
    for name in names() {
        let (folder, path) = example(&name);
        let kept = folder.path().join("kept.json").display().to_string();
        ends(0, &["--sim", "plan", "--out", &kept, &path]);
        assert!(!fs::read_to_string(&kept).unwrap().contains("made-up-"), "a secret stands in the plan of `{name}`");
        ends(0, &["--sim", "--quiet", "apply", "--yes", &kept, "--workspace", &path]);
        ends(0, &["--sim", "plan", "--exit-code", &path]);
        // Whoever starts it once more finds that all is done.
        let again = ends(0, &["--sim", "--quiet", "apply", "--yes", &kept, "--workspace", &path]);
        assert!(!again.contains("step"), "{again}");
    }
}

#[test]
fn what_an_example_made_can_be_removed_again() {
    for (name, allow) in [("cloudify-router", ""), ("netfoundry-appwan", "nf/networks/acme")] {
        let (_folder, path) = example(name);
        ends(0, &["--sim", "--quiet", "apply", "--yes", &path]);
        let removed = ends(
            0,
            &["--sim", "--quiet", "destroy", "--yes", "--allow", "deletes=100", "--allow-destroy", allow, &path],
        );
        assert!(!removed.contains("failed"), "{removed}");
    }
}

#[test]
fn the_wide_area_network_is_one_that_an_engineer_would_know() {
    let (_folder, path) = example("acme-wan");
    let said = ends(0, &["validate", &path]);
    let count: usize = said.split_whitespace().find_map(|word| word.parse().ok()).unwrap();
    assert!(count >= 60, "{said}");
}

#[test]
fn the_demo_goes_as_the_story_says() {
    let told = ends(0, &["demo"]);
    for line in [
        "$ trueup --sim validate acme-wan",
        "acme-wan: nothing to do",
        "cfy/secrets/router_login",
        "+      dana: [\"#finance\"]",
        "(exit code 4: something drifted)",
    ] {
        assert!(told.contains(line), "`{line}` is not told:\n{told}");
    }
    assert!(!told.contains("opens-nothing"), "a secret shows:\n{told}");
    let lines = told.lines().count();
    assert!(lines <= 170, "nobody reads {lines} lines:\n{told}");
}

/// The plan in the README is the one that the demo shows.
#[test]
fn the_readme_shows_what_the_program_prints() {
    let readme = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap();
    let (_, from) = readme.split_once("$ trueup --sim plan --calls acme-wan\n").unwrap();
    let (shown, _) = from.split_once("```").unwrap();
    let told = ends(0, &["demo"]);
    assert!(told.contains(shown), "the README shows\n{shown}\nand the demo\n{told}");
}

#[test]
fn the_demo_keeps_what_one_can_go_on_with_and_overwrites_nothing() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("kept").display().to_string();
    ends(0, &["demo", "--keep", &path]);
    ends(0, &["--sim", "plan", "--exit-code", &path]);
    ends(1, &["demo", "--keep", &path]);
}
