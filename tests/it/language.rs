//! What the language makes of a workspace from end to end: environments, values from files, targets that are retired.

use crate::bench::{Bench, SITE};
use crate::support::Sim;

const HEAD: &str = "workspace: lab\nvars: { name: { default: one } }\n";

fn bench(sim: &Sim) -> Bench {
    let site = SITE.1.replace("controller_name: one", "controller_name: '${var.name}'");
    let bench = Bench::of(&[("trueup.yaml", HEAD), ("vns3.yaml", &site)], sim);
    bench.write("environments/dev.yaml", "vns3: { site: { system-variables: { lab: null } } }\n");
    bench.write("environments/prod.yaml", "vars: { name: { default: prod } }\n");
    bench
}

#[test]
fn an_environment_has_its_plan_and_its_ledger() {
    let sim = Sim::start();
    let bench = bench(&sim).rehearsed();
    for environment in ["dev", "prod"] {
        let ran = bench.run(&["plan", "--env", environment]).expect(0);
        let title = format!("lab ({environment})");
        assert!(ran.out.starts_with(&title), "{}", ran.all());
        bench.run(&["apply", "--yes", "--quiet", "--env", environment]).expect(0).says(&title);
        bench.run(&["plan", "--exit-code", "--env", environment]).expect(0).says("nothing to do");
        assert!(bench.path().join(format!(".trueup/{environment}/sim/ledger.json")).exists());
    }
    // The base has not been applied, and knows nothing of the others.
    assert!(!bench.path().join(".trueup/sim/ledger.json").exists());
    bench.run(&["plan", "--exit-code"]).expect(2);
    let ran = bench.command(&["plan", "--exit-code"]).env("TRUEUP_ENV", "prod").output().unwrap();
    assert_eq!(ran.status.code(), Some(0), "the environment may be said by a variable");
    let ran = bench.run(&["plan", "--env", "prd"]).expect(1).says("there is no environment `prd`");
    ran.says("did you mean `prod`?");
}

#[test]
fn a_plan_is_carried_out_in_its_own_environment() {
    let sim = Sim::start();
    let bench = bench(&sim).rehearsed();
    bench.run(&["plan", "--env", "prod", "--out", "kept.json"]).expect(0);
    bench.run(&["apply", "--yes", "kept.json", "--env", "dev"]).expect(1).says("the plan is for `prod`, this is `dev`");
    bench.run(&["apply", "--yes", "kept.json"]).expect(1).says("the plan is for `prod`, this is no environment");
    bench.run(&["show", "kept.json"]).expect(0).says("lab (prod)");
    bench.run(&["apply", "--yes", "--quiet", "kept.json", "--env", "prod"]).expect(0);
}

#[test]
fn values_come_from_files_anywhere_and_the_command_line_goes_before() {
    let sim = Sim::start();
    let bench = bench(&sim);
    for (name, text) in [("values.yaml", "name: two\n"), ("values.json", "{\"name\": \"two\"}")] {
        let outside = bench.home().join(name);
        std::fs::write(&outside, text).unwrap();
        let outside = outside.display().to_string();
        let named = |arguments: &[&str]| bench.run(&[&["plan", "--vars", &outside], arguments].concat()).expect(0);
        named(&[]).says("two");
        named(&["--var", "name=three"]).says("three");
    }
    bench.run(&["plan", "--vars", "none.yaml"]).expect(64).says("none.yaml");
    std::fs::write(bench.home().join("list.yaml"), "[a]").unwrap();
    let list = bench.home().join("list.yaml").display().to_string();
    bench.run(&["plan", "--vars", &list]).expect(64).says("no map of values by name");
}

/// A target that is retired loses what is owned there, and nothing else; then it may leave the files.
#[test]
fn what_is_retired_goes_in_one_plan() {
    let sim = Sim::start();
    let bench = bench(&sim);
    bench.apply();
    bench.edit("vns3.yaml", "  site:\n", "  site:\n    retired: true\n");
    let plan = bench.run(&["plan"]);
    let plan = plan.says("its target is retired").says("site/system-variables/lab").says("site/system-variables/noc");
    assert!(plan.out.contains("2 to delete"), "{}", plan.all());
    bench.run(&["apply", "--yes", "--quiet", "--allow", "deletes=2"]).expect(0);
    let is_empty =
        || bench.run(&["plan", "--exit-code"]).expect(32).says("nothing to do").says("the files declare nothing");
    is_empty();
    bench.write("vns3.yaml", "x-nothing: 1\n");
    is_empty();
}

/// One that merely leaves the files is held, and told how it is retired.
#[test]
fn what_leaves_the_files_is_held_and_told_how_to_go() {
    let sim = Sim::start();
    let bench = bench(&sim);
    bench.apply();
    bench.write("vns3.yaml", "x-nothing: 1\n");
    bench.run(&["plan"]).expect(16 + 32).says("`retired: true`");
}

#[test]
fn functions_are_explained() {
    let sim = Sim::start();
    let ran = bench(&sim).run(&["explain", "functions"]).expect(0);
    for words in ["cidr.subnet(NETWORK, LENGTH, NUMBER)", "${lower(\"London\")} is \"london\"", "pairs(LIST or MAP)"] {
        assert!(ran.out.contains(words), "{words}: {}", ran.all());
    }
}
