//! What every store has to do, tried on each: held against a model in memory, by racing writers, and by servers that fail.

mod bucket;
mod labs;
mod over_a_wire;
mod wire;

use std::collections::BTreeMap;
use std::fs;
use std::process::Command;
use std::thread;

use proptest::prelude::*;

use super::*;
use labs::{Lab, git, hook, labs, two_clones};

const LIMIT: u64 = 1 << 20;
const REF: &str = "refs/trueup/lab";

/// The change that writes the ledger and what else is said.
fn ledger(text: &str, more: &[(&str, Option<&str>)]) -> StoreChange {
    let more = more.iter().map(|(file, text)| ((*file).to_owned(), text.map(|text| text.as_bytes().to_vec())));
    more.chain([("lab.json".to_owned(), Some(text.as_bytes().to_vec()))]).collect()
}

fn text(store: &dyn Store, file: &str) -> Option<String> {
    let now = store.state().unwrap()?;
    store.read(&now, file).unwrap().map(|bytes| String::from_utf8(bytes).unwrap())
}

/// One thing that a machine does.
#[derive(Debug, Clone)]
enum Move {
    /// It looks at which state the store is in.
    Look(usize),
    /// It changes the store from the state that it saw last, and puts a file beside, or takes it away.
    Swap(usize, Option<bool>),
}

fn moves() -> impl Strategy<Value = Vec<Move>> {
    let one = prop_oneof![
        (0..2usize).prop_map(Move::Look),
        (0..2usize, prop::option::of(any::<bool>())).prop_map(|(machine, beside)| Move::Swap(machine, beside)),
    ];
    prop::collection::vec(one, 1..12)
}

/// What a store holds, as it should be: its ledger, and whether a file lies beside it.
#[derive(Debug, Clone, Default, PartialEq)]
struct Model {
    ledger: Option<String>,
    beside: bool,
    /// The number of the state.
    state: usize,
}

fn follows_the_model(name: &str, lab: &Lab, moves: &[Move]) {
    let machines = [lab.machine(0), lab.machine(1)];
    let mut seen: [(Option<StoreState>, usize); 2] = Default::default();
    let mut model = Model::default();
    for (n, one) in moves.iter().enumerate() {
        match one {
            Move::Look(machine) => {
                seen[*machine] = (machines[*machine].state().unwrap(), model.state);
                assert_eq!(text(&*machines[*machine], "lab.json"), model.ledger, "{name}: {moves:?}");
                let beside = text(&*machines[*machine], "runs/1.json").is_some();
                assert_eq!(beside, model.beside, "{name}: {moves:?}");
            }
            Move::Swap(machine, beside) => {
                let (from, state) = seen[*machine].clone();
                let content = n.to_string();
                let more: Vec<_> = beside.iter().map(|is| ("runs/1.json", is.then_some("a run"))).collect();
                let swapped = swap_surely(&*machines[*machine], from.as_ref(), &ledger(&content, &more));
                if state == model.state {
                    seen[*machine] = (Some(swapped.unwrap()), n + 1);
                    model = Model { ledger: Some(content), beside: beside.unwrap_or(model.beside), state: n + 1 };
                } else {
                    assert_eq!(swapped, Err(StoreError::Raced), "{name}: {moves:?}");
                }
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn a_store_changes_from_the_state_that_was_read_and_from_no_other(moves in moves()) {
        labs().iter().for_each(|(name, lab)| follows_the_model(name, lab, &moves));
    }
}

#[test]
fn of_two_who_race_each_counts_once() {
    const EACH: usize = 6;
    for (name, lab) in labs() {
        let count = |store: &dyn Store| {
            let mut done = 0;
            while done < EACH {
                let from = store.state().unwrap();
                let read = from.as_ref().map_or(Ok(None), |from| store.read(from, "lab.json"));
                let now: usize = match read {
                    Ok(bytes) => bytes.map_or(0, |bytes| String::from_utf8(bytes).unwrap().parse().unwrap()),
                    Err(StoreError::Raced) => continue,
                    Err(error) => panic!("{error}"),
                };
                match swap_surely(store, from.as_ref(), &ledger(&(now + 1).to_string(), &[])) {
                    Ok(_) => done += 1,
                    Err(StoreError::Raced) => {}
                    Err(error) => panic!("{error}"),
                }
            }
        };
        thread::scope(|scope| {
            let stores = [lab.machine(0), lab.machine(1)];
            let racing: Vec<_> = stores.into_iter().map(|store| scope.spawn(move || count(&*store))).collect();
            racing.into_iter().for_each(|one| one.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        });
        assert_eq!(text(&*lab.machine(0), "lab.json"), Some((2 * EACH).to_string()), "{name}");
    }
}

#[test]
fn a_lock_that_a_killed_git_left_keeps_nobody_from_reading() {
    let (folder, lab) = two_clones();
    swap_surely(&*lab.machine(1), None, &ledger("1", &[])).unwrap();
    let kept = folder.join("0/.git/refs/trueup-remote/trueup");
    fs::create_dir_all(&kept).unwrap();
    fs::write(kept.join("lab.lock"), "").unwrap();
    assert_eq!(text(&*lab.machine(0), "lab.json").as_deref(), Some("1"));
}

#[test]
fn a_server_that_fails_is_asked_what_became_of_it() {
    let (folder, lab) = two_clones();
    let store = lab.machine(0);
    let first = swap_surely(&*store, None, &ledger("1", &[])).unwrap();
    // It hangs up behind the change, whose answer gets lost.
    let failing = hook(&folder, "post-receive", "kill -9 $PPID");
    let second = swap_surely(&*store, Some(&first), &ledger("2", &[])).unwrap();
    assert_eq!(text(&*lab.machine(1), "lab.json").as_deref(), Some("2"));
    fs::remove_file(failing).unwrap();
    // It hangs up before the change.
    let failing = hook(&folder, "pre-receive", "kill -9 $PPID");
    assert!(matches!(swap_surely(&*store, Some(&second), &ledger("3", &[])), Err(StoreError::Away(_))));
    assert_eq!(text(&*lab.machine(1), "lab.json").as_deref(), Some("2"));
    fs::remove_file(failing).unwrap();
    // It takes nothing from us.
    let failing = hook(&folder, "pre-receive", "echo no writes here >&2; exit 1");
    let refused = swap_surely(&*store, Some(&second), &ledger("3", &[])).unwrap_err();
    assert!(matches!(&refused, StoreError::Refused(why) if why.to_string().contains("no writes here")), "{refused:?}");
    fs::remove_file(failing).unwrap();
    // It is away, and comes back.
    let (server, elsewhere) = (folder.join("server.git"), folder.join("elsewhere"));
    fs::rename(&server, &elsewhere).unwrap();
    assert!(store.state().is_err() && swap_surely(&*store, Some(&second), &ledger("3", &[])).is_err());
    fs::rename(&elsewhere, &server).unwrap();
    let third = swap_surely(&*store, Some(&second), &ledger("3", &[])).unwrap();
    // Its last change is lost.
    git(&server, &["update-ref", REF, &second.to_string()]);
    assert_eq!(swap_surely(&*store, Some(&third), &ledger("4", &[])), Err(StoreError::Raced));
    assert_eq!(text(&*store, "lab.json").as_deref(), Some("2"));
    swap_surely(&*store, Some(&second), &ledger("4", &[])).unwrap();
}

#[test]
fn a_ref_stays_as_small_as_what_it_holds() {
    let (folder, lab) = two_clones();
    let store = lab.machine(0);
    let mut at = None;
    for n in 0..20 {
        at = Some(swap_surely(&*store, at.as_ref(), &ledger(&n.to_string(), &[])).unwrap());
    }
    let counted =
        Command::new("git").args(["rev-list", "--count", REF]).current_dir(folder.join("server.git")).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&counted.stdout).trim(), "1");
}

#[test]
fn what_is_no_repository_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let store = GitStore::new(folder.path(), REF, None, LIMIT);
    assert_eq!(store.state().unwrap_err().to_string(), "`refs/trueup/lab`: the workspace is not in a git repository");
    let files: BTreeMap<String, Option<Vec<u8>>> = ledger("1", &[]);
    assert!(store.swap(None, &files).is_err());
}
