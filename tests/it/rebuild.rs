//! A ledger that is lost, is damaged or comes from an old backup is made anew from the records of its runs.

use std::fs;

use crate::bench::{Bench, SITE};
use crate::support::Sim;

/// A workspace that was applied twice, of which a variable has gone since.
fn lab(sim: &Sim) -> Bench {
    let bench = Bench::of(&[("trueup.yaml", "workspace: lab\n"), SITE], sim);
    bench.run(&["apply", "--yes"]).expect(0);
    bench.edit("vns3.yaml", "      noc: { value: 198.51.100.0/28 }\n", "      more: { value: 198.51.100.32/28 }\n");
    bench.run(&["apply", "--yes"]).expect(0);
    bench
}

/// What is owned by the records alone goes when nobody declares it any more.
fn is_whole_again(bench: &Bench) {
    bench.run(&["plan", "--exit-code"]).expect(0).says("nothing to do");
    bench.edit("vns3.yaml", "      lab: { value: 198.51.100.16/28 }\n", "");
    bench.run(&["plan"]).expect(0).says("- site/system-variables/lab").says("1 to delete");
    bench.run(&["apply", "--yes"]).expect(0);
    bench.run(&["history"]).expect(0).says("-1            done");
}

#[test]
fn a_lost_ledger_comes_back_with_what_nobody_declares_any_more() {
    let sim = Sim::start();
    let bench = lab(&sim);
    bench.run(&["ledger", "rebuild"]).expect(1).says("there is nothing to rebuild");
    fs::remove_file(bench.path().join(".trueup/sim/ledger.json")).unwrap();
    // The files have moved on: only records tell that this one is ours.
    bench.edit("vns3.yaml", "      more: { value: 198.51.100.32/28 }\n", "");
    bench.run(&["plan"]).expect(0).says("neither declared nor owned, left alone (1)");
    let rebuilt = bench.run(&["ledger", "rebuild"]).expect(0);
    rebuilt.says("site/system-variables/more: owned again, as run 2 left it");
    bench.run(&["plan"]).expect(0).says("1 to delete");
    bench.run(&["apply", "--yes"]).expect(0);
    is_whole_again(&bench);
}

#[test]
fn so_does_one_that_is_damaged_and_one_that_is_old() {
    let sim = Sim::start();
    let bench = lab(&sim);
    let ledger = bench.path().join(".trueup/sim/ledger.json");
    let old = fs::read_to_string(&ledger).unwrap();
    fs::write(&ledger, old.replace("\"lab\"", "\"lap\"")).unwrap();
    bench.run(&["plan"]).expect(1).says("checksum");
    bench.run(&["ledger", "rebuild"]).expect(0).says("it is kept as").says("system-variables/lab: owned again");
    is_whole_again(&bench);
    // The third run is one that the backup does not know.
    fs::write(&ledger, old).unwrap();
    let rebuilt = bench.run(&["ledger", "rebuild"]).expect(0);
    assert!(!rebuilt.out.contains("owned again"), "{}", rebuilt.out);
    bench.run(&["plan", "--exit-code"]).expect(0).says("nothing to do");
    let owned = fs::read_to_string(&ledger).unwrap();
    assert!(!owned.contains("site/system-variables/lab"), "what the third run removed is not owned: {owned}");
}

#[test]
fn whose_record_lacks_the_row_is_taken_as_it_is_there_or_named() {
    let sim = Sim::start();
    let bench = lab(&sim);
    fs::remove_file(bench.path().join(".trueup/sim/ledger.json")).unwrap();
    let runs = bench.path().join(".trueup/sim/runs");
    let mut without = 0;
    let mut folders = vec![runs];
    while let Some(folder) = folders.pop() {
        for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                folders.push(path);
            } else if path.file_name().unwrap() != "index.json" {
                let mut record: serde_json::Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
                for step in record["steps"].as_array_mut().unwrap() {
                    without += usize::from(step.as_object_mut().unwrap().remove("row").is_some());
                }
                fs::write(&path, record.to_string()).unwrap();
            }
        }
    }
    assert!(without > 3, "{without}");
    bench.edit("vns3.yaml", "      more: { value: 198.51.100.32/28 }\n", "");
    let rebuilt = bench.run(&["ledger", "rebuild"]).expect(5);
    rebuilt.says("system-variables/lab: owned now").says("system-variables/more: a run made or changed it");
}
