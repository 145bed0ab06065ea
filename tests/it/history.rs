//! What is known of runs that were: the list of them, one in full, whose a resource and its values are.

use std::fs;

use serde_json::Value;

use crate::bench::{Bench, SITE};
use crate::support::Sim;

const WORKSPACE: (&str, &str) = ("trueup.yaml", "workspace: lab\n");

fn json(bench: &Bench, arguments: &[&str]) -> Value {
    let ran = bench.run(&[arguments, &["--format", "json"]].concat()).expect(0);
    serde_json::from_str(&ran.out).unwrap_or_else(|error| panic!("{error}: {}", ran.all()))
}

/// The runs of a list, the newest first: number, outcome.
fn runs(bench: &Bench) -> Vec<(u64, String)> {
    let list = json(bench, &["history"]);
    let runs = list["runs"].as_array().unwrap().iter();
    runs.map(|run| (run["run"].as_u64().unwrap(), run["outcome"].as_str().unwrap().to_owned())).collect()
}

#[test]
fn every_example_is_told_as_it_was_applied() {
    for name in ["cloudify-router", "f5-vnf", "netfoundry-appwan", "vns3-site"] {
        let sim = Sim::start();
        let bench = Bench::example(name, &sim);
        bench.run(&["history"]).expect(0).says("no run is recorded");
        let planned = bench.plan();
        bench.apply();
        // Neither a controller nor a secret is needed from here on.
        drop(sim);
        assert_eq!(runs(&bench), [(1, "done".to_owned())], "{name}");
        let record = json(&bench, &["show", "1"]);
        let (steps, told) = (planned["steps"].as_array().unwrap(), record["steps"].as_array().unwrap());
        assert_eq!(steps.len(), told.len(), "{name}");
        for (planned, step) in steps.iter().zip(told) {
            let names = |step: &Value| -> Vec<Value> {
                step["fields"]
                    .as_array()
                    .map(|all| all.iter().map(|it| it["name"].clone()).collect())
                    .unwrap_or_default()
            };
            assert_eq!((&planned["address"], &planned["verb"]), (&step["address"], &step["verb"]), "{name}");
            assert_eq!(names(planned), names(step), "{name}: {}", step["address"]);
            let address = step["address"].as_str().unwrap();
            let text = bench.run(&["show", "run:1", "--all"]).expect(0);
            assert!(text.out.contains(address), "{}", text.out);
            let log = json(&bench, &["log", address]);
            assert!(!log["touched"].as_array().unwrap().is_empty(), "{name}: {address}");
            let blame = json(&bench, &["blame", address]);
            let fields = blame["fields"].as_array().unwrap();
            assert!(fields.iter().all(|field| field["by"]["run"] == 1), "{name}: {blame}");
            for field in fields {
                let one = format!("{address}.{}", field["name"].as_str().unwrap());
                assert_eq!(json(&bench, &["blame", &one])["fields"].as_array().unwrap().len(), 1, "{one}");
            }
        }
        bench.run(&["show", "7"]).expect(1).says("run 7 of workspace").says("trueup history");
        bench.run(&["blame", "nothing/at/all"]).expect(1).says("is not owned");
    }
}

#[test]
fn each_run_is_told_and_whose_a_value_is() {
    let sim = Sim::start();
    let bench = Bench::of(&[WORKSPACE, SITE], &sim);
    bench.apply();
    bench.edit("vns3.yaml", "198.51.100.16/28", "198.51.100.32/28");
    bench.apply();
    bench.edit("vns3.yaml", "      noc: { value: 198.51.100.0/28 }\n", "");
    bench.apply();
    assert_eq!(runs(&bench).iter().map(|(run, _)| *run).collect::<Vec<_>>(), [3, 2, 1]);
    let list = bench.run(&["history"]).expect(0).out;
    for (line, what) in list.lines().skip(1).zip(["-1", "~1", "+2"]) {
        assert!(line.contains(what), "{list}");
    }
    let blame = json(&bench, &["blame", "site/system-variables/lab"]);
    let by = |name: &str| {
        let fields = blame["fields"].as_array().unwrap();
        fields.iter().find(|field| field["name"] == name).unwrap()["by"]["run"].clone()
    };
    assert_eq!((by("value"), by("name")), (2.into(), 1.into()));
    bench.run(&["show", "2"]).expect(0).says("value: 198.51.100.16/28 → 198.51.100.32/28");
    bench.run(&["log", "site/system-variables/noc"]).expect(0).says("delete site/system-variables/noc");
    bench.run(&["blame", "site/system-variables/noc"]).expect(0).says("not owned any more");
    let found = &json(&bench, &["show", "3"])["found"]["site/system-variables/noc"];
    assert_eq!((&found["fields"]["value"], &found["row"]["run"]), (&"198.51.100.0/28".into(), &1.into()), "{found}");
}

#[test]
fn no_record_holds_a_secret() {
    let sim = Sim::start();
    let workspace = "workspace: lab\nsecrets: { psk: { file: psk.txt }, pw: { env: PW } }\n";
    let site = r#"
vns3:
  site:
    at: https://203.0.113.30:8000/api
    credentials: { username: api, password: stand-in }
    ipsec-endpoints:
      office: { ipaddress: 198.51.100.7, secret: canary-one-7731, ike_version: 2 }
"#;
    let bench = Bench::of(&[("trueup.yaml", workspace), ("vns3.yaml", site), ("psk.txt", "x")], &sim);
    let words = ["canary-one", "canary-two"];
    bench.run_discreetly(&["apply", "--yes"], &words).expect(0);
    bench.edit("vns3.yaml", "canary-one-7731", "canary-two-7731");
    bench.run_discreetly(&["apply", "--yes"], &words).expect(0);
    bench.edit("vns3.yaml", "      office: { ipaddress: 198.51.100.7, secret: canary-two-7731, ike_version: 2 }\n", "");
    bench.run_discreetly(&["apply", "--yes"], &words).expect(0);
    for run in ["1", "2", "3"] {
        bench.run_discreetly(&["show", run], &words).expect(0);
        bench.run_discreetly(&["show", run, "--format", "json"], &words).expect(0);
    }
    assert_eq!(runs(&bench).len(), 3);
}

#[test]
fn a_run_that_was_killed_is_told_by_the_next_one() {
    let sim = Sim::start();
    let bench = Bench::of(&[WORKSPACE, SITE], &sim);
    let killed = bench.command(&["apply", "--yes"]).env("TRUEUP_CRASH_AFTER_LINES", "5").output().unwrap();
    assert!(!killed.status.success());
    bench.apply();
    let told = runs(&bench);
    assert_eq!((told.len(), told[1].1.as_str()), (2, "killed"), "{told:?}");
    let record = json(&bench, &["show", &told[1].0.to_string()]);
    let steps = record["steps"].as_array().unwrap();
    assert!(steps.iter().any(|step| step["outcome"] == "done"), "{record:#}");
    assert!(steps.iter().any(|step| step["outcome"] == "stopped"), "{record:#}");
    assert!(steps.iter().all(|step| !step["fields"].as_array().unwrap().is_empty()), "what was planned is known");
    let left: Vec<_> = fs::read_dir(bench.path().join(".trueup/sim/ledger.journal")).unwrap().collect();
    assert!(left.is_empty(), "{left:?}");
    bench.run(&["show", &told[1].0.to_string()]).expect(0).says("what its journal tells");
}

#[test]
fn as_many_are_kept_as_the_files_say() {
    let sim = Sim::start();
    let bench = Bench::of(&[("trueup.yaml", "workspace: lab\nledger: { keep-runs: 2 }\n"), SITE], &sim);
    for n in 1..5 {
        bench.edit("vns3.yaml", "site-one", &format!("site-one{n}"));
        bench.apply();
        bench.edit("vns3.yaml", &format!("site-one{n}"), "site-one");
    }
    assert_eq!(runs(&bench).iter().map(|(run, _)| *run).collect::<Vec<_>>(), [4, 3]);
}
