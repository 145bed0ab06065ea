//! The journal: one apply, written ahead.
//!
//! A line of JSON before each call is sent and after it is answered, and one when a step is done; each is on disk before
//! the next thing happens. A run that stops anywhere leaves a journal from which the next run learns what is owned, and
//! which calls are in doubt. Nothing secret is in it: bodies are left out.
//!
//! `writer` commits lines, `replay` folds what runs left into what is owned.

mod folding;
mod replay;
mod writer;

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::address::Address;
use crate::fabric::FabricOrigin;
use crate::private;
use crate::state::base::{Claim, Entry};
use crate::state::installation::Installation;
use crate::state::relabel::Relabel;
use wire::Method;

pub(crate) use folding::{claim, follow, forget_leftover, record, remove, take_ownership};
pub(crate) use replay::{Replay, lines, replay, replay_second};
pub(crate) use writer::{JournalWriter, Mirror, Underway};

/// The format that is written. 1 is that of version 0.1: its first line says none, its rows not how values came there.
pub(crate) const FORMAT: u32 = 2;

fn first_format() -> u32 {
    1
}

/// One line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum JournalLine {
    /// A run begins: the first line, and no other.
    Run {
        /// The journal's format: see [`FORMAT`]. Version 0.1 did not say it.
        #[serde(default = "first_format")]
        format: u32,
        /// The run's number in the ledger.
        #[serde(default)]
        number: u64,
        /// The workspace.
        workspace: String,
        /// The commit that is applied.
        commit: Option<String>,
        /// Digest of the files.
        config: String,
    },
    /// A call is about to be sent.
    Call {
        /// The call's number in this run.
        n: u64,
        /// The resource.
        address: Address,
        /// The step's verb.
        verb: String,
        /// The HTTP verb.
        method: Method,
        /// The path without query.
        path: String,
        /// What a create is about to make: whatever its answer, or if none is heard, that is ours if it is there.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        claim: Option<Claim>,
        /// The declaration of the fabric that the resource comes from.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        origin: Option<FabricOrigin>,
    },
    /// A call was answered, or is known to have had no effect.
    Answer {
        /// The call's number.
        n: u64,
        /// The outcome, in a word or two.
        outcome: String,
    },
    /// Entries of the ledger go by other addresses from now on.
    Relabeled(Vec<Relabel>),
    /// An object exists now, though its step is not done yet.
    Made {
        /// The resource.
        address: Address,
        /// The provider's id.
        id: String,
        /// The identity that tells it from the others of its collection.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        identity: Option<String>,
        /// Says whether a call of ours made it; otherwise it came along with another one, or was there.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        ours: bool,
    },
    /// A step that made or changed an object is done.
    Done {
        /// The resource.
        address: Address,
        /// The row that the ledger is to have.
        entry: Box<Entry>,
    },
    /// A step that removed an object is done.
    Removed {
        /// The resource.
        address: Address,
        /// The provider's id.
        id: String,
    },
    /// A proof of the installation behind a target is another one now, or is about to be.
    Proofs {
        /// The target.
        target: String,
        /// The row that the ledger is to have.
        installation: Box<Installation>,
    },
    /// The run came to its end.
    End {
        /// Steps that failed or were skipped.
        left: usize,
    },
}

/// A call of an earlier run of which nobody knows whether it had its effect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Doubt {
    /// The resource.
    pub address: Address,
    /// The HTTP verb.
    pub method: Method,
    /// The path without query.
    pub path: String,
}

/// A journal that is being written.
#[derive(Debug)]
pub struct Journal {
    file: File,
    path: PathBuf,
    lines: u64,
    crash_after: Option<u64>,
    mirror: Option<Box<dyn Mirror>>,
}

/// Bytes of a journal that are read: a run of a hundred thousand steps has a tenth of it.
const MAX_BYTES: u64 = 1 << 30;

/// Rehearses a crash, in a build for tests: the process ends at once, like a killed one, after that many lines of a journal.
const CRASH: &str = "TRUEUP_CRASH_AFTER_LINES";

impl JournalLine {
    /// The first line of a run's journal.
    pub fn begins(number: u64, workspace: &str, commit: Option<&str>, config: &str) -> JournalLine {
        let (workspace, commit, config) = (workspace.to_owned(), commit.map(str::to_owned), config.to_owned());
        JournalLine::Run { format: FORMAT, number, workspace, commit, config }
    }
}

impl Journal {
    /// Begins a journal in a folder, under the next free number.
    ///
    /// # Errors
    /// When it can't be written.
    pub fn begin(folder: &Path, run: &JournalLine) -> io::Result<Journal> {
        Journal::begin_twice(folder, run, None)
    }

    /// Begins a journal in a folder and, where there is one, in a second place.
    ///
    /// # Errors
    /// When it can't be written.
    pub(crate) fn begin_twice(
        folder: &Path,
        run: &JournalLine,
        mirror: Option<Box<dyn Mirror>>,
    ) -> io::Result<Journal> {
        private::create_folder(folder)?;
        let next = journals(folder)?.last().and_then(|path| number(path)).unwrap_or(0) + 1;
        let path = folder.join(format!("{next:06}.jsonl"));
        let crash_after = std::env::var(CRASH).ok().filter(|_| cfg!(debug_assertions));
        let crash_after = crash_after.and_then(|text| text.parse().ok());
        let mut journal = Journal { file: private::create(&path)?, path, lines: 0, crash_after, mirror };
        journal.write(run)?;
        Ok(journal)
    }

    /// Writes a line, and waits until it is on disk.
    fn write(&mut self, line: &JournalLine) -> io::Result<()> {
        self.commit(&[writer::text(line)?])
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

fn journals(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = match fs::read_dir(folder) {
        Ok(entries) => entries.map(|entry| entry.map(|entry| entry.path())).collect::<io::Result<Vec<_>>>()?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
        Err(error) => return Err(error),
    };
    found.retain(|path| number(path).is_some());
    found.sort();
    Ok(found)
}

fn number(path: &Path) -> Option<u64> {
    path.file_name()?.to_str()?.strip_suffix(".jsonl")?.parse().ok()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::json;

    use super::folding::fold;
    use super::replay::read;
    use super::*;
    use crate::state::base::{Base, Basis, Stored};

    fn run() -> JournalLine {
        JournalLine::begins(1, "w", None, "")
    }

    fn at(text: &str) -> Address {
        text.parse().unwrap()
    }

    #[test]
    fn a_stopped_run_leaves_what_proves_the_installation_since_its_last_step() {
        let folder = tempfile::tempdir().unwrap();
        let installation = |topology: &str| -> Installation {
            serde_json::from_value(json!({ "topology": { "value": topology } })).unwrap()
        };
        let mut base =
            Base { targets: [("east".to_owned(), installation("5f2c, manager 1"))].into(), ..Base::default() };
        let mut journal = Journal::begin(folder.path(), &run()).unwrap();
        let mut tells = |installation: Installation, base: &mut Base| {
            journal.write(&JournalLine::Proofs { target: "east".into(), installation: installation.into() }).unwrap();
            replay(folder.path(), None, base).unwrap();
        };
        tells(Installation::default(), &mut base);
        assert_eq!(base.targets["east"], Installation::default(), "the step is under way: nothing of it counts");
        tells(installation("9e01, manager 2"), &mut base);
        assert_eq!(base.targets["east"], installation("9e01, manager 2"));
    }

    #[test]
    fn a_stopped_run_leaves_what_it_made_and_what_is_in_doubt() {
        let folder = tempfile::tempdir().unwrap();
        let mut journal = Journal::begin(folder.path(), &run()).unwrap();
        let call = |n| JournalLine::Call {
            n,
            address: Address::new("east", "routes", Some(&n.to_string())),
            verb: "create".into(),
            method: Method::Post,
            path: "/routes".into(),
            claim: None,
            origin: None,
        };
        journal.write(&call(1)).unwrap();
        journal.write(&JournalLine::Answer { n: 1, outcome: "200".into() }).unwrap();
        journal
            .write(&JournalLine::Made { address: at("east/routes/1"), id: "7".into(), identity: None, ours: true })
            .unwrap();
        journal.write(&call(2)).unwrap();
        io::Write::write_all(&mut journal.file, b"{\"ans").unwrap();
        let mut base = Base::default();
        let Replay { doubts, journals, warnings, .. } = replay(folder.path(), None, &mut base).unwrap();
        assert_eq!((doubts.len(), warnings.len()), (1, 1));
        assert_eq!(doubts[0].address, at("east/routes/2"));
        assert_eq!(base.entries[&at("east/routes/1")].id, "7");
        assert_eq!(journals.len(), 1);
        let before = base.clone();
        replay(folder.path(), None, &mut base).unwrap();
        assert_eq!(base, before);
    }

    #[test]
    fn a_create_claims_its_address_until_it_is_known_that_nothing_came_of_it() {
        let carries = BTreeMap::from([("psk".to_owned(), serde_json::json!({ "$fingerprint": "00" }))]);
        let call = |address: &str| JournalLine::Call {
            n: 1,
            address: at(address),
            verb: "create".into(),
            method: Method::Post,
            path: "/routes".into(),
            claim: Some(Claim { identity: "[1]".into(), carries: carries.clone() }),
            origin: None,
        };
        let made = JournalLine::Made { address: at("east/routes/a"), id: "7".into(), identity: None, ours: true };
        let removed = JournalLine::Removed { address: at("east/routes/a"), id: String::new() };
        // The lines of a journal; the id of the row that they leave, if any.
        for (lines, id) in [
            (vec![call("east/routes/a")], Some("")),
            (vec![call("east/routes/a"), made], Some("7")),
            (vec![call("east/routes/a"), removed], None),
        ] {
            let mut base = Base::default();
            lines.into_iter().for_each(|line| fold(line, 0, &mut base, &mut BTreeMap::new()));
            let row = base.entry(&at("east/routes/a"));
            assert_eq!(row.map(|row| row.id.as_str()), id);
            assert!(row.is_none_or(|row| row.made && !row.is_confirmed() && row.ahead.contains("psk")));
        }
        let mut base = Base::default();
        base.entries.insert(at("east/routes/a"), Entry { id: "4".into(), ..Entry::default() });
        fold(call("east/routes/a"), 0, &mut base, &mut BTreeMap::new());
        assert_eq!(base.entry(&at("east/routes/a")).map(|row| (row.id.as_str(), row.made)), Some(("4", false)));
    }

    #[test]
    fn a_leftover_is_removed_at_the_one_place_where_it_is() {
        let owners = [
            "one/blueprints/router",
            "two/blueprints/router",
            "one/plugins/router",
            "one/tenants/a/blueprints/router",
            "one/tenants/b/blueprints/router",
        ];
        let places = [
            "one/blueprints/7",
            "two/blueprints/7",
            "one/plugins/7",
            "one/tenants/a/blueprints/7",
            "one/tenants/b/blueprints/7",
        ];
        for (place, owner) in places.iter().zip(owners) {
            let entry = || Entry { id: "8".into(), leftovers: ["7".to_owned()].into(), ..Entry::default() };
            let entries = owners.iter().map(|owner| (at(owner), entry())).collect();
            let mut base = Base { entries, ..Base::default() };
            remove(&mut base, &at(place), "7");
            let left: Vec<String> =
                base.entries.iter().filter(|(_, e)| e.leftovers.is_empty()).map(|(a, _)| a.to_string()).collect();
            assert_eq!(left, [owner], "{place}");
        }
    }

    #[test]
    fn a_journal_may_be_torn_anywhere() {
        let lines = [
            JournalLine::begins(1, "w", Some("3f2a"), ""),
            JournalLine::Made {
                address: at("east/routes/Zürich"),
                id: "7".into(),
                identity: Some("[7]".into()),
                ours: true,
            },
            JournalLine::Removed { address: at("east/routes/Zürich"), id: "7".into() },
        ];
        let text: String = lines.iter().map(|line| format!("{}\n", serde_json::to_string(line).unwrap())).collect();
        for end in 0..=text.len() {
            let (found, is_torn) = read(&text.as_bytes()[..end], "j").unwrap();
            let whole = text.as_bytes()[..end].iter().filter(|byte| **byte == b'\n').count();
            // A last line may be whole without its line break.
            let is_whole = found.len() == whole + 1 && !is_torn;
            assert!(is_whole || found.len() == whole, "{end}");
            assert_eq!(found, lines[..found.len()], "{end}");
        }
    }

    #[test]
    fn what_is_not_understood_is_refused_by_file_and_line() {
        let head = r#"{"run":{"format":2,"number":1,"workspace":"w","commit":null,"config":""}}"#;
        for (rest, why) in [
            ("{\"made\n{\"end\":{\"left\":0}}\n", "`000001.jsonl`, line 2: it is no JSON"),
            ("{\"made\":{\"address\":\"a/b/c\",\"id\":\"1\",\"age\":2}}\n", "line 2: `made.age`: unknown field `age`"),
            ("{\"moved\":{}}\n", "unknown variant `moved`"),
            ("{\"made\":{\"address\":\"a\",\"id\":\"1\"}}\n", "`made.address`: `a` is no address"),
        ] {
            let error = read(format!("{head}\n{rest}").as_bytes(), "000001.jsonl").unwrap_err().to_string();
            assert!(error.contains(why), "{error}");
        }
        let later = head.replace(":2,", ":3,");
        assert!(read(later.as_bytes(), "j").unwrap_err().to_string().contains("`j` was written by a later version"));
        assert!(read(b"{\"end\":{\"left\":0}}\n", "j").is_err());
    }

    #[test]
    fn a_journal_of_version_0_1_is_read() {
        let text = concat!(
            r#"{"run":{"workspace":"w","commit":null,"config":"00"}}"#,
            "\n",
            r#"{"call":{"n":1,"address":"east/routes/a","verb":"create","method":"POST","path":"/routes"}}"#,
            "\n",
            r#"{"done":{"address":"east/routes/a","entry":{"id":"7","fields":{"cidr":"10.0.0.0/8"}}}}"#,
            "\n",
        );
        let (lines, is_torn) = read(text.as_bytes(), "j").unwrap();
        assert_eq!((lines.len(), is_torn), (3, false));
        let JournalLine::Done { entry, .. } = &lines[2] else { panic!("{lines:?}") };
        assert_eq!(entry.fields["cidr"], Stored::new("10.0.0.0/8".into(), Basis::Agreed));
    }

    #[test]
    fn a_replaced_object_is_remembered_until_it_is_removed() {
        let mut base = Base::default();
        let entry = |id: &str| Entry { id: id.into(), ..Entry::default() };
        let blueprint = at("cfy/blueprints/r");
        record(&mut base, blueprint.clone(), entry("r-1"));
        record(&mut base, blueprint.clone(), entry("r-2"));
        assert!(base.entries[&blueprint].leftovers.contains("r-1"));
        remove(&mut base, &blueprint, "r-1");
        assert_eq!(base.entries[&blueprint], entry("r-2"));
        remove(&mut base, &blueprint, "r-2");
        assert!(base.entries.is_empty());
    }
}
