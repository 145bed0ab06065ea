//! `trueup fmt`: what it writes, what it leaves alone, and what it refuses.

use std::fs;
use std::path::Path;

use crate::bench::Bench;
use crate::support::Sim;

const CROOKED: &str = "# Where\nvns3:\n    site:   # here\n        at: https://203.0.113.30:8000/api\n        credentials: { username: api,\n                       password: x }\n\n\n\n        system-variables:\n          # about noc\n          noc: { value: 198.51.100.0/28 }   \n";

const STRAIGHT: &str = "# Where\nvns3:\n  site:   # here\n    at: https://203.0.113.30:8000/api\n    credentials: { username: api,\n                   password: x }\n\n    system-variables:\n      # about noc\n      noc: { value: 198.51.100.0/28 }\n";

#[test]
fn the_files_of_a_workspace_are_indented_and_content_is_not() {
    let sim = Sim::start();
    let content = "tosca_definitions_version:   cloudify_dsl_1_3\nnode_templates:\n        a: {}\n";
    let bench = Bench::of(
        &[("trueup.yaml", "workspace: w\n"), ("a.yaml", CROOKED), ("b.yaml", STRAIGHT), ("blueprint.yaml", content)],
        &sim,
    );
    let check = bench.run(&["fmt", "--check"]).expect(3);
    assert_eq!(check.out, "a.yaml\n");
    assert_eq!(fs::read_to_string(bench.path().join("a.yaml")).unwrap(), CROOKED, "`--check` writes nothing");
    assert_eq!(bench.run(&["fmt"]).expect(0).out, "a.yaml\n");
    assert_eq!(fs::read_to_string(bench.path().join("a.yaml")).unwrap(), STRAIGHT);
    assert_eq!(fs::read_to_string(bench.path().join("blueprint.yaml")).unwrap(), content);
    assert_eq!(bench.run(&["fmt", "--check"]).expect(0).out, "");
    assert_eq!(bench.run(&["fmt", "--check", "blueprint.yaml"]).expect(3).out, "blueprint.yaml\n");
}

#[test]
fn what_it_can_not_indent_is_told_with_its_place_and_left_as_it_is() {
    let sim = Sim::start();
    for (text, words) in [
        ("? a\n: b\n", "a key behind `?`"),
        ("a: [\n", "this is not YAML"),
        ("a: [b: c]\n", "a pair in brackets without braces"),
        ("a:\n   b: \"x\n  y\"\n", "error[not-laid-out]"),
    ] {
        let bench = Bench::of(&[("trueup.yaml", "workspace: w\n"), ("a.yaml", text)], &sim);
        bench.run(&["fmt", "a.yaml"]).expect(3).says(words).says("a.yaml:");
        assert_eq!(fs::read_to_string(bench.path().join("a.yaml")).unwrap(), text);
    }
}

#[test]
fn the_examples_are_indented_as_it_would() {
    let sim = Sim::start();
    for entry in fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("examples")).unwrap() {
        let name = entry.unwrap().file_name();
        let bench = Bench::example(name.to_str().unwrap(), &sim);
        assert_eq!(bench.run(&["fmt", "--check"]).expect(0).out, "", "{}", name.display());
    }
}
