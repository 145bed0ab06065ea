//! Settings: whom a run asks, with what, and what it may. They are compared as what they come to, so that a variable or its
//! default can't hide one.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::topology::{
    Credentials, KeyPlace, LedgerPlace, Policy, Prune, RuleSetting, SecretStatus, Target, Tls, Topology,
};

/// A setting that is another one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SettingChange {
    /// Its path, as in `targets/east/at`.
    pub setting: String,
    /// Before; `None` where it was not said.
    pub before: Option<String>,
    /// After; `None` where it is not said any more.
    pub after: Option<String>,
}

/// The settings of a topology by their paths. No secret is in them, only where it comes from.
pub(crate) fn settings(topology: &Topology, secrets: &[SecretStatus]) -> BTreeMap<String, String> {
    let mut settings = BTreeMap::new();
    let mut say = |path: String, value: Value| drop(settings.insert(path, shown(&value)));
    say("workspace".to_owned(), json!(topology.workspace));
    say("ledger".to_owned(), ledger(&topology.ledger));
    say("ledger/key".to_owned(), key(&topology.key));
    secrets.iter().for_each(|secret| say(format!("secrets/{}", secret.name), json!(secret.source)));
    for target in topology.targets.values() {
        for (name, value) in of_target(target) {
            say(format!("targets/{}/{name}", target.name), value);
        }
    }
    for (name, value) in of_policy(&topology.policy) {
        say(format!("policy/{name}"), value);
    }
    settings
}

/// The settings that differ, in the order of their paths.
pub(crate) fn setting_changes(
    before: &BTreeMap<String, String>,
    after: &BTreeMap<String, String>,
) -> Vec<SettingChange> {
    let both: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let change = |setting: &String| SettingChange {
        setting: setting.clone(),
        before: before.get(setting).cloned(),
        after: after.get(setting).cloned(),
    };
    both.into_iter().map(change).filter(|change| change.before != change.after).collect()
}

/// What a target says of itself.
fn of_target(target: &Target) -> Vec<(String, Value)> {
    // Destructured, so that no setting is forgotten: the password that a resource sets is that resource's.
    let Target {
        name: _,
        provider,
        at,
        credentials,
        new_password: _,
        settings,
        tls,
        prune,
        wait,
        sim_version,
        retired,
        place: _,
    } = target;
    let Credentials { fields, token, origin: _ } = credentials;
    let Tls { pin_sha256, ca_file } = tls;
    let mut said = vec![("provider".to_owned(), json!(provider.name)), ("at".to_owned(), json!(at))];
    let field = |kind: &str, (name, value): (&String, &crate::attr::Attr)| (format!("{kind}/{name}"), value.to_shown());
    said.extend(fields.iter().map(|given| field("credentials", given)));
    said.extend(
        token.iter().map(|token| ("credentials/token".to_owned(), json!(format!("(secret {})", token.label())))),
    );
    said.extend(settings.iter().map(|given| field("settings", given)));
    said.extend(pin_sha256.iter().map(|pin| ("tls/pin-sha256".to_owned(), json!(pin))));
    said.extend(ca_file.iter().map(|file| ("tls/ca-file".to_owned(), json!(file.display().to_string()))));
    said.extend(pruned(prune).map(|prune| ("prune".to_owned(), prune)));
    said.extend((!wait.is_zero()).then(|| ("wait".to_owned(), json!(format!("{}s", wait.as_secs())))));
    said.extend(retired.then(|| ("retired".to_owned(), json!(true))));
    said.extend(sim_version.iter().map(|version| ("sim/version".to_owned(), json!(version))));
    said
}

fn pruned(prune: &Prune) -> Option<Value> {
    match prune {
        Prune::Nothing => None,
        Prune::Kinds(kinds) => Some(json!(kinds)),
        Prune::All => Some(json!("all")),
    }
}

fn of_policy(policy: &Policy) -> Vec<(&'static str, Value)> {
    let Policy { max_deletes, protect, allow, windows, rules } = policy;
    let mut said = vec![("max-deletes", json!(max_deletes)), ("protect", json!(protect))];
    said.push(("allow", json!(allow.iter().map(ToString::to_string).collect::<Vec<_>>())));
    said.push(("windows", json!(windows.words())));
    said.push(("rules", json!(rules.iter().map(RuleSetting::words).collect::<Vec<_>>())));
    said.retain(|(_, value)| !value.is_null() && *value != json!([]));
    said
}

/// Where the ledger is. The URL of a database is a secret: its label stands for it.
fn ledger(place: &LedgerPlace) -> Value {
    match place {
        LedgerPlace::File(path) => json!(format!("file {}", path.display())),
        LedgerPlace::Git { reference, remote } => {
            json!(format!("git {reference} at {}", remote.as_deref().unwrap_or("no remote")))
        }
        LedgerPlace::Postgres(url) => json!(format!("postgres (secret {})", url.label())),
        LedgerPlace::S3(place) => json!(place.name()),
    }
}

fn key(place: &KeyPlace) -> Value {
    match place {
        KeyPlace::Beside => json!("beside the ledger"),
        KeyPlace::Secret(_) => json!("a secret"),
    }
}

fn shown(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
