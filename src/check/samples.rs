//! The samples of rules and findings, run: files that show a finding, and files that are right.
//!
//! A sample is the kinds of one target, named `east`; or targets with their kinds; or a whole `trueup.yaml`, which says
//! `workspace`. Which provider is meant follows from the kinds.

use std::collections::BTreeSet;

use crate::check::RULES;
use crate::finding::{Finding, codes};
use crate::providers::CATALOGUE;
use crate::source::read_as;
use crate::spec::{Auth, Provider};
use crate::topology::testing::{indented, workspace};
use crate::topology::{Options, SecretMode, load};

/// The head of a workspace whose secrets and variables samples may use.
const HEAD: &str = "workspace: acme\nsecrets: { psk: { env: PSK }, login: { env: LOGIN } }\n";

/// The findings on a sample, but for those on what its head declares and it does not use.
pub(crate) fn found(sample: &str) -> Vec<Finding> {
    let folder = match sample.trim_start().starts_with("workspace:") {
        true => workspace(&[("trueup.yaml", sample)]),
        false => workspace(&[("trueup.yaml", HEAD), ("sample.yaml", &targets(sample))]),
    };
    let options = Options { secrets: SecretMode::Unasked, today: Some(TODAY), ..Options::default() };
    let found = match load(folder.path(), CATALOGUE, &options) {
        Ok(loaded) => loaded.findings,
        Err(findings) => findings,
    };
    let is_heads = |finding: &Finding| {
        !sample.contains("workspace:") && finding.place.as_ref().is_some_and(|place| &*place.file == "trueup.yaml")
    };
    found.into_iter().filter(|finding| !is_heads(finding)).collect()
}

/// The day of all samples.
const TODAY: jiff::civil::Date = jiff::civil::date(2026, 12, 1);

/// The file of a sample that says what targets have.
fn targets(sample: &str) -> String {
    let sample = sample.trim_matches('\n');
    let Ok(serde_json::Value::Object(top)) = read_as::<serde_json::Value>(sample) else { return sample.to_owned() };
    let provider = |keys: &serde_json::Map<String, serde_json::Value>| {
        CATALOGUE.iter().copied().find(|provider| keys.keys().all(|key| provider.kind(key).is_some()))
    };
    if let Some(provider) = provider(&top) {
        return format!("{}:\n{}", provider.name, target(provider, "east", &indented(sample)));
    }
    let kinds = top.values().filter_map(serde_json::Value::as_object);
    let Some(provider) = kinds.filter(|kinds| !kinds.is_empty()).find_map(provider) else { return sample.to_owned() };
    let mut text = format!("{}:\n", provider.name);
    for block in blocks(sample) {
        let (name, kinds) = block.split_once(':').unwrap();
        let kinds: String = kinds.lines().skip(1).map(|line| format!("  {line}\n")).collect();
        text.push_str(&target(provider, name, &kinds));
    }
    text
}

/// The parts of a text that begin at its margin.
fn blocks(text: &str) -> Vec<String> {
    let mut blocks: Vec<String> = Vec::new();
    for line in text.lines() {
        if !line.starts_with(' ') {
            blocks.push(String::new());
        }
        blocks.last_mut().unwrap().push_str(&format!("{line}\n"));
    }
    blocks
}

fn target(provider: &Provider, name: &str, kinds: &str) -> String {
    let credentials = match provider.dialect.auth {
        Auth::Basic { user, password, .. } => format!("{{ {user}: u, {password}: '${{secret.login}}' }}"),
        Auth::ClientCredentials(asked) => format!(
            "{{ {}: c, {}: '${{secret.login}}', {}: 'https://{name}.example/token' }}",
            asked.client, asked.password, asked.url
        ),
    };
    format!("  {name}:\n    at: https://{name}.example\n    credentials: {credentials}\n{kinds}")
}

/// Each code with its samples, bad and good.
fn all() -> Vec<(&'static str, &'static str, &'static str)> {
    let rules = RULES.iter().map(|rule| (rule.code, rule.bad, rule.good));
    rules.chain(codes().into_iter().map(|code| (code.code, code.bad, code.good))).collect()
}

fn told(sample: &str) -> Vec<String> {
    found(sample).into_iter().map(|finding| format!("{}: {}", finding.code, finding.message)).collect()
}

#[test]
fn each_bad_sample_shows_its_finding_and_each_good_one_shows_none() {
    let mut wrong = Vec::new();
    for (code, bad, good) in all() {
        let begins = format!("{code}: ");
        if !bad.is_empty() && !told(bad).iter().any(|line| line.starts_with(&begins)) {
            wrong.push(format!("{code}: its bad sample shows {:?}", told(bad)));
        }
        if !good.is_empty() && !told(good).is_empty() {
            wrong.push(format!("{code}: its good sample shows {:?}", told(good)));
        }
        if bad.is_empty() != good.is_empty() {
            wrong.push(format!("{code}: one of two samples"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_new_rule_has_samples() {
    let without: BTreeSet<&str> = RULES.iter().filter(|rule| rule.bad.is_empty()).map(|rule| rule.code).collect();
    // Files beside the workspace, or settings of a target, show these: their own tests have them.
    let known = [
        "breaks-schema",
        "broken-content",
        "no-default",
        "one-installation",
        "other-environment",
        "plain-http",
        "undeclared-input",
    ];
    assert_eq!(without, BTreeSet::from(known));
}
