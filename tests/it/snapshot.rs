//! `trueup snapshot`: what a look sees, kept in a file.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use serde_json::{Value, json};

use crate::bench::{Bench, SITE};
use crate::support::Sim;

fn of_site(sim: &Sim) -> Bench {
    Bench::of(&[("trueup.yaml", "workspace: site\n"), SITE], sim)
}

fn read(bench: &Bench) -> Value {
    serde_json::from_slice(&fs::read(bench.path().join("look.json")).unwrap()).unwrap()
}

#[test]
fn two_looks_at_the_same_network_differ_in_their_time_alone() {
    let sim = Sim::start();
    let bench = of_site(&sim);
    bench.apply();
    bench.run(&["snapshot", "-o", "look.json"]).expect(0).says("wrote 1 target to `look.json`");
    let mode = fs::metadata(bench.path().join("look.json")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let mut first = read(&bench);
    bench.run(&["snapshot", "-o", "look.json"]).expect(0).says("0 came, 0 went, 0 changed");
    let mut second = read(&bench);
    for look in [&mut first, &mut second] {
        look["taken"].take();
        for proofs in ["ids", "topology", "certificate", "address"] {
            let proofs = &mut look["targets"]["site"]["installation"][proofs];
            proofs.as_object_mut().into_iter().flatten().for_each(|(_, proof)| {
                if let Some(proof) = proof.as_object_mut() {
                    proof.remove("since");
                }
            });
            proofs.as_object_mut().map(|proof| proof.remove("since"));
        }
    }
    assert_eq!(first, second);
    let collections = first["targets"]["site"]["collections"].as_array().unwrap();
    let variables = collections.iter().find(|it| it["kind"] == "system-variables").unwrap();
    assert_eq!(variables["objects"].as_array().unwrap().len(), 2, "{variables:#}");
}

#[test]
fn what_changed_since_the_last_one_is_told() {
    let sim = Sim::start();
    let bench = of_site(&sim);
    bench.apply();
    bench.run(&["snapshot", "-o", "look.json"]).expect(0);
    bench.edit("vns3.yaml", "      lab: { value: 198.51.100.16/28 }\n", "");
    bench.edit("vns3.yaml", "198.51.100.0/28", "198.51.100.32/28");
    bench.apply();
    bench.run(&["snapshot", "-o", "look.json"]).expect(0).says("1 went");
}

#[test]
fn no_other_file_is_overwritten_and_nothing_seen_is_no_snapshot() {
    let sim = Sim::start();
    let bench = of_site(&sim);
    bench.write("look.json", "{ \"notes\": 1 }");
    bench.run(&["snapshot", "-o", "look.json"]).expect(1).says("`look.json` is no snapshot");
    bench.write("later.json", "{ \"format\": 9 }");
    bench.run(&["snapshot", "-o", "later.json"]).expect(1).says("written by a later version of Trueup (format 9)");
    assert_eq!(read(&bench)["notes"], 1);
    let fault = json!([{ "method": "GET", "path": "/api/*", "status": 401 }]);
    sim.side_door("POST", "/faults", &fault);
    bench.run(&["snapshot", "-o", "new.json"]).expect(1).says("could not look at 1 of 1 target");
    assert!(!bench.path().join("new.json").exists());
}
