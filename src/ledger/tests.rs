//! Ledgers as files: what is read, what is refused by name, and what is kept beside.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use serde_json::{Value, json};

use super::*;
use crate::address::Address;
use crate::state::base::{Basis, Entry, Stored};
use crate::topology::{Options, SecretMode, load};

/// A workspace folder that holds a `trueup.yaml`, with more in it.
fn workspace(more: &str) -> (tempfile::TempDir, Topology) {
    let folder = tempfile::tempdir().unwrap();
    let topology = read_workspace(folder.path(), more);
    (folder, topology)
}

fn read_workspace(folder: &Path, more: &str) -> Topology {
    fs::write(folder.join("trueup.yaml"), format!("workspace: w\n{more}")).unwrap();
    load(folder, &[], &Options::default()).unwrap_or_else(|findings| panic!("{findings:?}")).topology
}

fn at(text: &str) -> Address {
    text.parse().unwrap()
}

fn put(topology: &Topology, ledger: &Value) {
    fs::create_dir_all(topology.folder.join(".trueup")).unwrap();
    fs::write(topology.folder.join(".trueup/ledger.json"), ledger.to_string()).unwrap();
}

fn document(topology: &Topology) -> Value {
    serde_json::from_slice(&fs::read(topology.folder.join(".trueup/ledger.json")).unwrap()).unwrap()
}

/// Why a ledger is not opened, with what to do about it.
fn refusal(topology: &Topology) -> String {
    let error = Ledger::open(topology).map(|ledger| format!("opened: {ledger:?}")).unwrap_err();
    format!("{error}; {}", error.help().unwrap_or_default())
}

#[test]
fn a_ledger_is_written_and_read() {
    let (_folder, topology) = workspace("");
    let mut ledger = Ledger::open(&topology).unwrap();
    assert_eq!(ledger.begin_run(Vec::new(), false).unwrap(), 1);
    let fields = [("cidr".to_owned(), Stored::new("10.0.0.0/8".into(), Basis::Applied))].into();
    ledger.base.entries.insert(at("east/routes/a%2Fb"), Entry { id: "7".into(), fields, ..Entry::default() });
    ledger.save().unwrap();
    let again = Ledger::open(&topology).unwrap();
    assert_eq!((&again.base.entries, &again.base.key), (&ledger.base.entries, &ledger.base.key));
    let (first, text) = (document(&topology), fs::read_to_string(topology.folder.join(".trueup/ledger.json")).unwrap());
    assert_eq!(
        (first["version"].as_u64(), first["run"].as_u64(), first["serial"].as_u64()),
        (Some(2), Some(1), Some(2))
    );
    let key = fs::read_to_string(topology.folder.join(".trueup/key")).unwrap();
    assert!(key.trim().len() >= 64 && !text.contains(key.trim()));
    for name in ["key", "ledger.json"] {
        let mode = fs::metadata(topology.folder.join(".trueup").join(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
    let mut again = Ledger::open(&topology).unwrap();
    assert_eq!(again.begin_run(Vec::new(), false).unwrap(), 2);
    again.save().unwrap();
    assert_eq!(document(&topology)["serial"].as_u64(), Some(3), "one more with each save");
}

#[test]
fn what_only_later_versions_use_goes_back_as_it_came() {
    let (_folder, topology) = workspace("");
    let row = json!({
        "id": "7", "identity": "a", "applied": { "tags": ["a", "b"] }, "assumed": { "psk": { "$fingerprint": "00" } },
        "items": { "tags": { "/1": "agreed" } }, "origins": { "tags": "fabric/sites/lyon" }, "run": 3,
        "origin": "fabric/sites/lyon", "packing": 1,
    });
    let proof = json!({ "value": "v", "since": "2026-03-01T09:00:00Z" });
    let targets = json!({ "east": { "ids": { "instance": proof }, "topology": proof, "certificate": proof,
        "address": { "value": "https://192.0.2.1/api" } } });
    put(
        &topology,
        &json!({ "version": 2, "workspace": "w", "serial": 4, "run": 3, "targets": targets,
        "entries": { "gone/gadgets/x/parts": row } }),
    );
    Ledger::open(&topology).unwrap().save().unwrap();
    let now = document(&topology);
    assert_eq!(now["targets"], targets);
    assert_eq!(now["entries"], json!({ "gone/gadgets/x/parts": row }));
    assert_eq!((now["serial"].as_u64(), now["run"].as_u64()), (Some(5), Some(3)));
}

#[test]
fn what_is_not_understood_is_refused_by_name() {
    let (_folder, topology) = workspace("");
    let whole = json!({ "version": 2, "workspace": "w", "serial": 1, "run": 0,
        "entries": { "east/routes/a": { "id": "7", "applied": { "cidr": "10.0.0.0/8" } } } });
    let changed = |change: &dyn Fn(&mut Value)| {
        let mut ledger = whole.clone();
        change(&mut ledger);
        put(&topology, &ledger);
        refusal(&topology)
    };
    put(&topology, &whole);
    Ledger::open(&topology).unwrap();
    for (error, why) in [
        (
            changed(&|l| l["version"] = 3.into()),
            ".trueup/ledger.json` was written by a later version of Trueup (format 3)",
        ),
        (changed(&|l| l["version"] = 0.into()), "`version`: there never was such a format"),
        (changed(&|l| l["version"] = "2".into()), "`version`: \"2\" is no number of a format"),
        (changed(&|l| drop(l.as_object_mut().unwrap().remove("version"))), "it does not say its `version`"),
        (changed(&|l| l["leases"] = json!([])), "unknown field `leases`"),
        (
            changed(&|l| l["entries"]["east/routes/a"]["colour"] = 1.into()),
            "`entries.east/routes/a.colour`: unknown field",
        ),
        (changed(&|l| l["entries"]["east"] = json!({ "id": "" })), "`east` is no address"),
        (changed(&|l| l["workspace"] = "v".into()), "belongs to workspace `v`"),
        (changed(&|l| l["checksum"] = "sha256:00".into()), "its checksum differs; put it back from git or a backup"),
    ] {
        assert!(error.contains(why), "{error}\n{why}");
        assert!(!error.contains("adopt --all"), "{error}");
    }
    fs::write(topology.folder.join(".trueup/ledger.json"), "{\"version\": 2, \"work").unwrap();
    assert!(refusal(&topology).contains("is not a ledger"), "{}", refusal(&topology));
}

#[test]
fn a_ledger_changed_by_hand_is_told_from_one_that_was_written() {
    let (_folder, topology) = workspace("");
    let mut ledger = Ledger::open(&topology).unwrap();
    ledger.base.entries.insert(at("east/routes/a"), Entry { id: "7".into(), ..Entry::default() });
    ledger.save().unwrap();
    let mut edited = document(&topology);
    edited["entries"]["east/routes/a"]["id"] = "8".into();
    put(&topology, &edited);
    assert!(refusal(&topology).contains("checksum"));
    edited.as_object_mut().unwrap().remove("checksum");
    put(&topology, &edited);
    assert_eq!(Ledger::open(&topology).unwrap().base.entries[&at("east/routes/a")].id, "8");
}

#[test]
fn a_ledger_of_version_1_is_read_and_kept_beside() {
    let (_folder, topology) = workspace("");
    let key = "172955a4e5b1a4e8ff043ccb000542f168d407ffe57837d2010162fa25374f5a";
    let first = json!({ "version": 1, "workspace": "w", "key": key, "entries": { "east/routes/a": {
        "id": "7", "fields": { "cidr": "10.0.0.0/8" }, "after": ["east/interfaces/b"], "stamp": "1", "leftovers": ["6"],
        "commit": "3f2a", "expressions": { "cidr": "\"${b/c/d.e}\"" } } } });
    put(&topology, &first);
    // Another one lies there: it stays.
    fs::write(topology.folder.join(".trueup/ledger.json.v1"), "older").unwrap();
    let mut ledger = Ledger::open(&topology).unwrap();
    assert!(!topology.folder.join(".trueup/key").exists(), "who only looks writes nothing");
    assert_eq!(ledger.base.key, key.into());
    assert_eq!(ledger.base.entries[&at("east/routes/a")].fields["cidr"].basis, Basis::Agreed);
    ledger.begin_run(Vec::new(), false).unwrap();
    assert_eq!(document(&topology)["version"], 2, "before a journal begins");
    let read = |name: &str| fs::read_to_string(topology.folder.join(".trueup").join(name)).unwrap();
    assert_eq!((read("ledger.json.v1"), read("ledger.json.v1.2")), ("older".into(), first.to_string()));
    assert_eq!(read("key").trim(), key);
    let row = json!({ "id": "7", "agreed": { "cidr": "10.0.0.0/8" }, "after": ["east/interfaces/b"], "stamp": "1",
        "leftovers": ["6"], "commit": "3f2a", "expressions": { "cidr": "\"${b/c/d.e}\"" } });
    assert_eq!(document(&topology)["entries"]["east/routes/a"], row);
    // The same again, as after a restored backup: nothing is kept twice.
    put(&topology, &first);
    Ledger::open(&topology).unwrap().save().unwrap();
    assert!(!topology.folder.join(".trueup/ledger.json.v1.3").exists());
    let mut unknown = first;
    unknown["entries"]["east/routes/a"]["colour"] = 1.into();
    put(&topology, &unknown);
    assert!(refusal(&topology).contains("`entries.east/routes/a.colour`: unknown field"));
}

#[test]
fn another_key_is_refused_with_the_remedy() {
    let (folder, topology) = workspace("");
    Ledger::open(&topology).unwrap().save().unwrap();
    let key = folder.path().join(".trueup/key");
    let kept = fs::read_to_string(&key).unwrap();
    fs::remove_file(&key).unwrap();
    assert!(refusal(&topology).contains("is not here: there is no"), "{}", refusal(&topology));
    assert!(!key.exists(), "none is made in its place");
    fs::write(&key, "f".repeat(64)).unwrap();
    let error = refusal(&topology);
    assert!(error.contains("is not the key of") && error.contains("ledger: { key:"), "{error}");
    fs::write(&key, "").unwrap();
    assert!(refusal(&topology).contains("holds no key"));
    fs::remove_file(&key).unwrap();
    // The same key from a secret; then another one.
    fs::write(folder.path().join("key.txt"), &kept).unwrap();
    let settings = "ledger: { key: \"${secret.ledger-key}\" }\nsecrets: { ledger-key: { file: key.txt } }\n";
    let shared = read_workspace(folder.path(), settings);
    let mut ledger = Ledger::open(&shared).unwrap();
    assert_eq!(ledger.base.key, kept.trim().into());
    ledger.save().unwrap();
    assert!(!key.exists(), "what is a secret goes to no file");
    fs::write(folder.path().join("key.txt"), "e".repeat(64)).unwrap();
    let other = read_workspace(folder.path(), settings);
    assert!(refusal(&other).contains("the secret that `ledger.key` names is not the key of"));
}

#[test]
fn what_goes_along_with_a_ledger_stands_beside_it() {
    let (folder, topology) = workspace("ledger: { file: kept/east.json }\n");
    Ledger::open(&topology).unwrap().save().unwrap();
    let mut names: Vec<_> = fs::read_dir(folder.path().join("kept")).unwrap().map(|e| e.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["east.json", "east.key", "east.swap"]);
    assert_eq!(record_folder(&topology), folder.path().join("kept/east.runs"));
    assert!(!folder.path().join(".trueup").exists());
}

#[test]
fn a_key_in_the_files_or_a_weak_one_is_a_finding() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("key.txt"), "short").unwrap();
    let codes = |settings: &str| -> Vec<&str> {
        fs::write(folder.path().join("trueup.yaml"), format!("workspace: w\n{settings}")).unwrap();
        let findings = load(folder.path(), &[], &Options::default()).unwrap_err();
        findings.iter().filter(|finding| finding.is_error()).map(|finding| finding.code).collect()
    };
    assert_eq!(codes("ledger: { key: correct-horse-battery }\n"), ["no-secret"]);
    assert_eq!(codes("ledger: { key: \"${secret.k}\" }\n"), ["unknown-secret"]);
    assert_eq!(codes("ledger: { key: \"${secret.k}\" }\nsecrets: { k: { file: key.txt } }\n"), ["weak-key"]);
    assert_eq!(codes("ledger: { file: a, git: { ref: refs/trueup/b } }\n"), ["two-ledgers"]);
    // What stands in a ref is replaced as a whole: nobody's work must be there.
    for reference in
        ["main", "refs/heads/main", "refs/tags/v1", "refs/trueup/", "refs/trueup/../heads/main", "refs/trueup/a b"]
    {
        assert_eq!(codes(&format!("ledger: {{ git: {{ ref: '{reference}' }} }}\n")), ["bad-ledger-ref"], "{reference}");
    }
    assert_eq!(codes("ledger: { fiel: a }\n"), ["unknown-field"]);
    assert_eq!(codes("ledger: { keep-runs: 0 }\n"), ["wrong-value"]);
    // One place, whichever they are, and what a secret is for stands in no file.
    let (url, bucket) = (
        "postgres: \"${secret.k}\"",
        "s3: { bucket: b, region: r, access-key: \"${secret.k}\", secret-key: \"${secret.k}\" }",
    );
    let secret = "secrets: { k: { file: key.txt } }\n";
    let places = ["file: a", "git: { ref: refs/trueup/b }", url, bucket];
    for (n, one) in places.iter().enumerate() {
        for other in &places[n + 1..] {
            assert_eq!(codes(&format!("ledger: {{ {one}, {other} }}\n{secret}")), ["two-ledgers"], "{one} {other}");
        }
    }
    for place in [
        "postgres: 'postgres://u:correct-horse@db.example/d'",
        "s3: { bucket: b, region: r, access-key: correct-horse, secret-key: \"${secret.k}\" }",
        "s3: { bucket: b, region: r, access-key: \"${secret.k}\", secret-key: correct-horse }",
        "s3: { bucket: b, region: r, access-key: \"${secret.k}\" }",
    ] {
        let text = format!("workspace: w\nledger: {{ {place} }}\n{secret}");
        fs::write(folder.path().join("trueup.yaml"), text).unwrap();
        let findings = load(folder.path(), &[], &Options::default()).unwrap_err();
        let errors: Vec<_> = findings.iter().filter(|finding| finding.is_error()).collect();
        assert!(errors.len() == 1 && errors[0].code == "no-secret", "{place}: {errors:?}");
        assert!(!format!("{} {:?}", errors[0].message, errors[0].help).contains("correct-horse"), "{place}");
    }
}

#[test]
fn where_a_bucket_is_stands_in_the_file_and_is_looked_over() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("key.txt"), "correct-horse-battery").unwrap();
    let keys = "access-key: \"${secret.k}\", secret-key: \"${secret.k}\"";
    let read = |settings: &str, secrets| {
        let text = format!("workspace: w\nledger: {{ s3: {{ {settings} }} }}\nsecrets: {{ k: {{ file: key.txt }} }}\n");
        fs::write(folder.path().join("trueup.yaml"), text).unwrap();
        load(folder.path(), &[], &Options { secrets, ..Options::default() })
    };
    for (settings, told) in [
        ("bucket: 'a/b', region: r", "no name of a bucket"),
        ("bucket: '', region: r", "no name of a bucket"),
        ("bucket: '..', region: r", "no name of a bucket"),
        ("bucket: a", "nobody says where"),
        ("bucket: a, region: 'r.example/'", "no region"),
        ("bucket: a, region: r, prefix: ''", "no place in a bucket"),
        ("bucket: a, region: r, prefix: 'a/../b'", "no place in a bucket"),
        ("bucket: a, region: r, prefix: '/a'", "no place in a bucket"),
        ("bucket: a, endpoint: minio.example", "no server"),
        ("bucket: a, endpoint: 'https://u:p@minio.example'", "no server"),
        ("bucket: a, endpoint: 'http://minio.example'", "in clear"),
        ("bucket: '${var.b}', region: r", "there is no variable `b`"),
        ("bucket: '${secret.k}', region: r", "no name of a bucket"),
    ] {
        let findings = read(&format!("{settings}, {keys}"), SecretMode::Required).unwrap_err();
        assert!(
            findings.iter().any(|finding| finding.is_error() && finding.message.contains(told)),
            "{settings}: {findings:?}"
        );
    }
    for (settings, name) in [
        ("bucket: a, region: r", "s3://a"),
        ("bucket: a.b, region: r, prefix: x/y-1", "s3://a.b/x/y-1"),
        ("bucket: a, endpoint: 'https://minio.example:9000'", "s3://a at https://minio.example:9000"),
        ("bucket: a, endpoint: 'http://127.0.0.1:9000', region: r", "s3://a at http://127.0.0.1:9000"),
    ] {
        let topology = read(&format!("{settings}, {keys}"), SecretMode::Required).unwrap().topology;
        assert!(topology.ledger.is_shared());
        assert_eq!(store(&topology).name(), name);
    }
    // What looks at files alone asks for no keys.
    fs::remove_file(folder.path().join("key.txt")).unwrap();
    for settings in ["bucket: a, region: r", &format!("bucket: a, region: r, {keys}")] {
        assert!(read(settings, SecretMode::Unasked).unwrap().topology.ledger.is_shared(), "{settings}");
    }
    let settings = "workspace: w\nledger: { postgres: \"${secret.k}\" }\nsecrets: { k: { file: key.txt } }\n";
    fs::write(folder.path().join("trueup.yaml"), settings).unwrap();
    for (secrets, is_read) in [(SecretMode::Unasked, true), (SecretMode::Required, false)] {
        let read = load(folder.path(), &[], &Options { secrets, ..Options::default() });
        assert_eq!(read.is_ok_and(|read| read.topology.ledger.is_shared()), is_read);
    }
}

/// The examples of `docs/FORMATS.md`: the word behind each fence, and what stands in it.
fn examples() -> Vec<(String, String)> {
    let text = include_str!("../../docs/FORMATS.md");
    let fences = text.split("\n```").collect::<Vec<_>>();
    let blocks = fences.iter().skip(1).step_by(2).map(|block| block.split_once('\n').unwrap());
    blocks.map(|(head, body)| (head.split(' ').next_back().unwrap().to_owned(), body.to_owned())).collect()
}

#[test]
fn every_documented_example_is_read() {
    let mut seen = Vec::new();
    for (name, text) in examples() {
        let json = || serde_json::from_str::<Value>(&text).unwrap();
        let folder = tempfile::tempdir().unwrap();
        match name.as_str() {
            "ledger" => {
                let mut read = format::read(text.as_bytes(), "doc", "acme-wan").unwrap();
                let mut again: Value = serde_json::from_str(&format::write(&mut read.document).unwrap()).unwrap();
                assert!(again.as_object_mut().unwrap().remove("checksum").is_some());
                assert_eq!(again, json());
            }
            "ledger-1" => {
                let read = format::read(text.as_bytes(), "doc", "acme-wan").unwrap();
                assert_eq!((read.version, read.document.entries.len(), read.key.is_some()), (1, 1, true));
            }
            "leases" => {
                let book = lease::LeaseBook::read(Some(text.as_bytes()), "doc").unwrap();
                assert_eq!(serde_json::to_value(book).unwrap(), json());
            }
            "database" => {
                let bare = |text: &str| text.split_whitespace().collect::<String>().replace("(", " (");
                let made = bare(store::TABLES);
                let tables: Vec<String> = text.split_inclusive(';').map(bare).filter(|table| table.len() > 1).collect();
                assert!(tables.iter().all(|table| made.contains(table)), "{tables:?}");
            }
            "workspace" => {
                fs::create_dir(folder.path().join("secrets")).unwrap();
                fs::write(folder.path().join("secrets/ledger-key.txt"), "e".repeat(64)).unwrap();
                fs::write(folder.path().join("trueup.yaml"), &text).unwrap();
                let topology = load(folder.path(), &[], &Options::default()).unwrap().topology;
                assert_eq!(topology.key, crate::topology::KeyPlace::Secret("e".repeat(64).as_str().into()));
            }
            "journal" | "journal-1" => {
                let path = folder.path().join("000001.jsonl");
                fs::write(&path, &text).unwrap();
                let lines = journal::lines(&path).unwrap();
                assert_eq!(lines.len(), text.lines().count());
                let written = lines.iter().map(|line| serde_json::to_string(line).unwrap());
                let same = written.eq(text.lines());
                assert_eq!(same, name == "journal", "an old one is written in the new words");
            }
            "record" | "record-1" => {
                let record = history::read_record(text.as_bytes(), "doc").unwrap();
                assert_eq!(serde_json::to_value(record).unwrap(), json());
            }
            "runs" => assert_eq!(history::reread_index(text.as_bytes()), json()),
            "plan" => {
                let plan = crate::render::PlanDocument::from_json(&text).unwrap();
                let again: Value = serde_json::from_str(&plan.to_json()).unwrap();
                assert_eq!(again["body"], json()["body"]);
                assert_eq!(again["key_id"], json()["key_id"]);
            }
            // The simulators and snapshots have tests of their own.
            "state" | "snapshot" => {}
            other => panic!("nobody reads `{other}`"),
        }
        seen.push(name);
    }
    assert_eq!(
        seen,
        [
            "ledger",
            "ledger-1",
            "database",
            "leases",
            "workspace",
            "journal",
            "journal-1",
            "record",
            "runs",
            "record-1",
            "plan",
            "snapshot",
            "state"
        ]
    );
}
