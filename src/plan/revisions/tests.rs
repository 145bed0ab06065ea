use serde_json::{Value, json};

use super::*;
use crate::diff::sequence::Edit;
use crate::topology::{Options, SecretMode, load};

/// A workspace whose `lab.yaml` holds one target with these kinds.
fn topology(kinds: &str) -> Topology {
    loaded(kinds, "").0
}

fn loaded(kinds: &str, head: &str) -> (Topology, std::collections::BTreeMap<String, String>) {
    let head = format!("workspace: w\n{head}");
    let text = format!(
        "lab:\n  east:\n    at: https://east.example/api\n    credentials: {{ username: api, password: '${{secret.pw}}' }}\n{kinds}"
    );
    let head = if head.contains("secrets:") {
        head
    } else {
        format!("{head}secrets: {{ pw: {{ env: PW }}, key: {{ env: KEY }}, other: {{ env: OTHER }} }}\n")
    };
    let folder = crate::topology::testing::workspace(&[("trueup.yaml", &head), ("lab.yaml", &text)]);
    let options = Options { secrets: SecretMode::Unasked, ..Options::default() };
    let loaded = load(folder.path(), crate::topology::testing::CATALOGUE, &options);
    let loaded = loaded.unwrap_or_else(|findings| panic!("{findings:?}"));
    let said = settings(&loaded.topology, &loaded.secrets);
    (loaded.topology, said)
}

/// Each step in a line: verb, address, disruption, and fields with both values.
fn steps(before: &str, after: &str) -> Vec<String> {
    let plan = between(&topology(before), &topology(after));
    let line = |step: &Step| {
        let fields = step
            .fields
            .iter()
            .map(|field| format!(" {} {} {}", field.name, field.before.to_shown(), field.after.to_shown()));
        format!("{} {}{}", step.verb.as_str(), step.address, fields.collect::<String>())
    };
    plan.steps.iter().map(line).collect()
}

#[test]
fn a_revision_is_held_against_another_resource_by_resource() {
    let before = "    endpoints:\n      a: { address: 192.0.2.1, mode: main, secret: '${secret.key}' }\n      gone: { address: 192.0.2.9 }\n      same: { address: 192.0.2.3, networks: [10.0.0.0/8, 10.1.0.0/16] }\n";
    let after = "    endpoints:\n      a: { address: 192.0.2.2, mode: main, secret: '${secret.other}' }\n      new: { address: 192.0.2.4 }\n      same: { networks: [10.1.0.0/16, 10.0.0.0/8], address: 192.0.2.3 }\n";
    assert_eq!(
        steps(before, after),
        [
            r#"update east/endpoints/a address "192.0.2.1" "192.0.2.2" secret "(secret secret.key)" "(secret secret.other)""#,
            r#"create east/endpoints/new address null "192.0.2.4""#,
            "delete east/endpoints/gone",
        ]
    );
    assert_eq!(steps(before, before), [""; 0]);
}

#[test]
fn what_takes_a_new_object_is_a_replacement_and_what_goes_cuts_what_it_carries() {
    let before = "    endpoints:\n      a: { address: 192.0.2.1, mode: main }\n";
    let after = "    endpoints:\n      a: { address: 192.0.2.1, mode: aggressive }\n";
    let plan = between(&topology(before), &topology(after));
    assert_eq!((plan.steps.len(), plan.summary().replace), (1, 1));
    let [step] = &plan.steps[..] else { panic!("{:?}", plan.steps) };
    assert_eq!(step.verb, Verb::ReplaceCreate);
    let gone = between(&topology(before), &topology(""));
    assert_eq!(gone.summary().delete, 1);
}

#[test]
fn a_list_is_told_by_its_smallest_edit() {
    let list = |items: &[&str]| {
        let items: String = items.iter().map(|item| format!("      - {{ rule: '{item}' }}\n")).collect();
        topology(&format!("    rules:\n{items}"))
    };
    let plan = between(&list(&["a", "b", "c"]), &list(&["a", "x", "b"]));
    let [step] = &plan.steps[..] else { panic!("{:?}", plan.steps) };
    let [change] = &step.fields[..] else { panic!("{:?}", step.fields) };
    let kinds = change.edits.iter().map(|edit| match edit {
        Edit::Insert { at, .. } => ("insert", *at),
        Edit::Delete { at, .. } => ("delete", *at),
        Edit::Move { to, .. } => ("move", *to),
        Edit::Change { at, .. } => ("change", *at),
    });
    let mut kinds: Vec<_> = kinds.collect();
    kinds.sort_unstable();
    assert_eq!(kinds, [("delete", 2), ("insert", 1)]);
}

#[test]
fn settings_are_told_by_what_they_come_to_and_no_secret_is_among_them() {
    let (_, before) = loaded("", "vars: { port: { default: '8000' } }\npolicy: { max-deletes: 3 }\n");
    let (_, after) = loaded(
        "    prune: [endpoints]\n",
        "secrets: { pw: { file: pw.txt }, key: { env: KEY } }\nledger: { file: l.json }\npolicy:\n  allow: { destroy: ['east/**'] }\n  windows: [{ open: '0 2 * * 6', for: 4h }]\n",
    );
    let told: Vec<(String, Value, Value)> = setting_changes(&before, &after)
        .into_iter()
        .map(|change| (change.setting, json!(change.before), json!(change.after)))
        .collect();
    let expected = [
        ("ledger", json!("file .trueup/ledger.json"), json!("file l.json")),
        ("policy/allow", json!(null), json!(r#"["destroy=east/**"]"#)),
        ("policy/max-deletes", json!("3"), json!(null)),
        ("policy/windows", json!(null), json!(r#"["all (none): open `0 2 * * 6` for 4h, UTC"]"#)),
        ("secrets/other", json!("environment `OTHER`"), json!(null)),
        ("secrets/pw", json!("environment `PW`"), json!("file `pw.txt`")),
        ("targets/east/prune", json!(null), json!(r#"["endpoints"]"#)),
    ];
    let expected: Vec<_> = expected.into_iter().map(|(path, before, after)| (path.to_owned(), before, after)).collect();
    assert_eq!(told, expected);
    assert!(setting_changes(&before, &before).is_empty());
}
