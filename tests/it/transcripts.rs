//! Transcripts: commands with comments in, everything printed out, on simulated controllers. They read like letters.
//!
//! What is said to whoever runs the program is read here as a whole, in the order in which it is met. The notation is
//! explained in `tests/transcripts/README.md`.

#[path = "transcripts/letter.rs"]
mod letter;
#[path = "transcripts/stable.rs"]
mod stable;
#[path = "transcripts/stage.rs"]
mod stage;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use similar::TextDiff;

use self::letter::Part;
use self::stage::Stage;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/transcripts")
}

/// Plays a transcript: each command has to print what stands below it.
fn play(name: &str) {
    let path = folder().join(name);
    let kept = fs::read_to_string(&path).unwrap();
    let mut parts = letter::read(&kept).unwrap_or_else(|error| panic!("{name}: {error}"));
    let mut stage = Stage::new();
    for part in &mut parts {
        if let Part::Command(typed) = part {
            typed.printed = stage.obey(typed).unwrap_or_else(|error| panic!("{name}: `{}`: {error}", typed.line));
        }
    }
    let played = letter::write(&parts);
    if played == kept {
        return;
    }
    if std::env::var("TRUEUP_TEST_WRITE").is_ok_and(|word| word == "1") {
        fs::write(&path, &played).unwrap();
        return;
    }
    let diff = TextDiff::from_lines(&kept, &played);
    let diff = diff.unified_diff().context_radius(3).header(&format!("kept/{name}"), "printed now").to_string();
    panic!("{diff}\nwrite it anew and read it: `TRUEUP_TEST_WRITE=1 cargo test --test it transcripts::`");
}

/// A test for each transcript, in the order of the table of contents.
macro_rules! transcripts {
    ($($name:ident: $file:literal,)*) => {
        $(#[test]
        fn $name() {
            play($file);
        })*

        const ALL: &[&str] = &[$($file,)*];
    };
}

transcripts! {
    first_day_vns3: "first-day-vns3.txt",
    first_day_netfoundry: "first-day-netfoundry.txt",
    first_day_cloudify: "first-day-cloudify.txt",
    first_day_f5: "first-day-f5.txt",
    mistakes: "mistakes.txt",
    brownfield: "brownfield.txt",
    review: "review.txt",
    drift_at_night: "drift-at-night.txt",
    strict: "strict.txt",
    strangers_object: "strangers-object.txt",
    failed_node: "failed-node.txt",
    rebuilt_controller: "rebuilt-controller.txt",
    lost_ledger: "lost-ledger.txt",
    taken_back: "taken-back.txt",
    rotated_secret: "rotated-secret.txt",
    shared_firewall: "shared-firewall.txt",
    brakes: "brakes.txt",
    a_part: "a-part.txt",
    replacement: "replacement.txt",
    stopped: "stopped.txt",
    left_target: "left-target.txt",
    changed_blueprint: "changed-blueprint.txt",
    destroy: "destroy.txt",
}

#[test]
fn every_transcript_is_played_and_stands_in_the_table_of_contents() {
    let files = fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let files: BTreeSet<String> = files.filter(|name| name.ends_with(".txt")).collect();
    assert_eq!(files, ALL.iter().map(|name| (*name).to_owned()).collect(), "files and tests");
    let contents = fs::read_to_string(folder().join("README.md")).unwrap();
    let listed: Vec<&str> = contents
        .lines()
        .filter_map(|line| line.split_once("](")?.1.split_once(".txt)").map(|(name, _)| name))
        .collect();
    let names: Vec<&str> = ALL.iter().map(|name| name.trim_end_matches(".txt")).collect();
    assert_eq!(listed, names, "the table of contents");
}

/// Lines of a letter: short enough to be read, long enough to say something.
#[test]
fn a_transcript_is_a_letter_and_no_book() {
    for name in ALL {
        let text = fs::read_to_string(folder().join(name)).unwrap();
        let lines = text.lines().count();
        assert!((25..=160).contains(&lines), "{name}: {lines} lines");
        let prose = text.lines().filter(|line| line.starts_with("# ")).collect::<Vec<_>>();
        assert!(prose.len() >= 5, "{name} says nothing");
        let long: Vec<_> = prose.iter().filter(|line| line.chars().count() > 80).collect();
        assert!(long.is_empty(), "{name}: {long:?}");
    }
}
