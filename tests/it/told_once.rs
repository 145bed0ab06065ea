//! What is said is said once, where it belongs: warnings by `validate`, a plan to whoever is asked, an address as it is declared.

use crate::bench::Bench;
use crate::support::Sim;

const WORKSPACE: &str = "workspace: once\nsecrets: { pw: { file: pw.txt }, idle: { file: pw.txt } }\n";

const AT: &str = "https://203.0.113.30:8000/api";

fn bench(sim: &Sim) -> Bench {
    let credentials = "credentials: { username: api, password: '${secret.pw}' }";
    let routes = "routes: { a: { cidr: 10.1.0.0/16, interface: eth0 } }";
    let files = format!("vns3:\n  east:\n    at: {AT}\n    {credentials}\n    {routes}\n");
    Bench::of(&[("trueup.yaml", WORKSPACE), ("east.yaml", &files), ("pw.txt", "opens-it")], sim)
}

#[test]
fn warnings_of_the_files_are_told_by_validate_and_counted_by_others() {
    let sim = Sim::start();
    let bench = bench(&sim);
    let told = "nothing uses secret `idle`";
    bench.run(&["validate"]).expect(0).says(told);
    for command in [&["plan"][..], &["drift"], &["apply", "--yes"], &["adopt", "--all"]] {
        let ran = bench.run(command).says("1 warning: `trueup validate` shows it");
        assert!(!ran.all().contains(told), "{}", ran.all());
    }
    // What is odd about a value is seen only where it is looked up.
    bench.write("pw.txt", "ope");
    bench.run(&["plan"]).says("warning[short-secret]").says("1 warning: `trueup validate` shows it");
    let quiet = bench.run(&["validate"]);
    assert!(!quiet.all().contains("short-secret"), "{}", quiet.all());
    bench.edit("trueup.yaml", ", idle: { file: pw.txt }", "");
    let none = bench.run(&["plan"]);
    assert!(!none.all().contains("`trueup validate` shows"), "{}", none.all());
}

#[test]
fn a_quiet_apply_prints_its_report_and_no_plan() {
    let sim = Sim::start();
    let bench = bench(&sim);
    let plan = "1 to create";
    let quiet = bench.run(&["apply", "--yes", "--quiet"]).expect(0).says("1 step done");
    assert!(!quiet.all().contains(plan), "{}", quiet.all());
    bench.run(&["apply", "--yes", "--quiet"]).expect(0).says("once: nothing was written\n");
    // What is left alone is no report's to tell, and no news to keep quiet about.
    bench.edit("trueup.yaml", "secrets:", "policy: { protect: [\"east/**\"] }\nsecrets:");
    bench.edit("east.yaml", "    routes: { a: { cidr: 10.1.0.0/16, interface: eth0 } }\n", "    config: {}\n");
    bench.run(&["apply", "--yes", "--quiet"]).says("! east/routes/a").says("1 left alone");
    bench.edit("east.yaml", "    config: {}\n", "    routes: { a: { cidr: 10.1.0.0/16, interface: eth0 } }\n");
    bench.edit("trueup.yaml", "policy: { protect: [\"east/**\"] }\n", "");
    // Who is to be asked has to see what about.
    bench.forget();
    bench.edit("east.yaml", "10.1.0.0", "10.2.0.0");
    bench.run(&["apply", "--quiet"]).expect(1).says(plan);
    bench.run(&["apply", "--yes"]).expect(0).says(plan).says("1 step done");
    let quiet = bench.destroy(&["--quiet"]).expect(0).says("1 step done");
    assert!(!quiet.all().contains("1 to delete"), "{}", quiet.all());
}

#[test]
fn all_of_a_folder_is_adopted_where_it_stands_like_a_folder() {
    let sim = Sim::start();
    let bench = bench(&sim);
    bench.apply();
    bench.forget();
    let folder = bench.path().to_str().unwrap().to_owned();
    bench.run(&["adopt", "--all", &folder]).expect(0).says("east/routes/a");
    bench.run(&["adopt", "--all", "--workspace", &folder]).expect(0);
    bench.run(&["adopt", "--all", &folder, "east/routes/a"]).expect(64).says("`--all` takes no addresses");
    bench.run(&["adopt"]).expect(64);
}

#[test]
fn an_export_says_where_the_target_is_declared_to_be_whoever_stands_in_for_it() {
    let sim = Sim::start();
    let bench = bench(&sim);
    bench.apply();
    bench.run(&["export", "east", "--out", "out"]).expect(0);
    let text = std::fs::read_to_string(bench.path().join("out/east.yaml")).unwrap();
    assert!(text.contains(&format!("at: {AT}\n")) && !text.contains(&sim.root()), "{text}");
}
