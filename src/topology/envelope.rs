//! The envelope: what `trueup.yaml` says about the workspace, and what a target says about itself.
//!
//! These are the only parts of the files whose shape is fixed here; what a target holds comes from the kinds' tables.

use std::collections::BTreeMap;
use std::path::PathBuf;

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use crate::finding::{Finding, Place};
use crate::topology::ledger_place::LedgerSettings;
use crate::topology::rule_levels::{self, RuleChoice};
use crate::topology::windows::{FreezeRule, WindowRule, Windows};
use crate::topology::{Allowance, Allowed, Policy, Prune, Reason, Tls, allow};

pub(crate) use super::secrets::source::{AgeSource, SecretSource, VaultSource};

/// What `trueup.yaml` says about the workspace.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct Workspace {
    /// The workspace's name: it marks what belongs to it.
    #[serde(default)]
    #[schemars(required)]
    pub workspace: String,
    /// Values that the files refer to as `${var.NAME}`.
    #[expect(dead_code, reason = "variables have to be known before this is read; see `topology::load`")]
    #[serde(default)]
    pub vars: BTreeMap<String, Variable>,
    /// Secrets that the files refer to as `${secret.NAME}`: where they come from, never what they are.
    #[serde(default)]
    pub secrets: BTreeMap<String, SecretSource>,
    /// What must not happen, whatever the files say.
    #[serde(default)]
    pub policy: PolicyRules,
    /// Where the ledger of what Trueup owns is kept; by default a file, `.trueup/ledger.json`, and of an environment
    /// `.trueup/ENVIRONMENT/ledger.json`.
    #[serde(default)]
    pub ledger: Option<LedgerSettings>,
    /// Patterns of files to read, `*` standing for any run of characters; by default all YAML files below the folder.
    #[expect(dead_code, reason = "`files` has to be known before this is read; see `topology::load`")]
    #[serde(default)]
    pub files: Vec<String>,
    /// Patterns of files, or names of folders, not to read.
    #[expect(dead_code, reason = "as `files`")]
    #[serde(default)]
    pub exclude: Vec<String>,
}

impl Workspace {
    /// The keys that `trueup.yaml` alone may hold.
    pub(crate) const KEYS: [&str; 7] = ["workspace", "vars", "secrets", "policy", "ledger", "files", "exclude"];
}

/// A value that may be set from outside.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Variable {
    /// What values it takes.
    #[serde(default, rename = "type")]
    pub ty: VariableType,
    /// Its value unless `--var NAME=VALUE`, `--vars FILE` or `TRUEUP_VAR_NAME` gives one.
    #[serde(default)]
    pub default: Option<Value>,
    /// A file in the workspace that gives its value instead: YAML, JSON, or a table in CSV, which is a map by its first
    /// column of maps from the names in the first line to texts.
    #[serde(default)]
    pub from: Option<String>,
    /// What it is for.
    #[expect(dead_code, reason = "for who reads the file")]
    #[serde(default)]
    pub description: Option<String>,
}

/// What values a variable takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum VariableType {
    /// Text.
    String,
    /// A number.
    Number,
    /// True or false.
    Bool,
    /// A list.
    List,
    /// A map.
    Map,
    /// Any value.
    #[default]
    Any,
}

/// What must not happen, whatever the files say.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct PolicyRules {
    /// A plan with more removals is refused.
    #[serde(default)]
    pub max_deletes: Option<usize>,
    /// Patterns of addresses that are never removed or replaced: `nf/networks/*`, or `nf/networks/**` with all in them.
    #[serde(default)]
    pub protect: Vec<String>,
    /// What would be held, and is meant: for each reason the patterns of addresses.
    #[serde(default)]
    pub allow: AllowRules,
    /// When changes may begin: what is outside of its window is deferred, and made by the next run within.
    #[serde(default)]
    pub windows: Vec<WindowRule>,
    /// When none may, whatever the windows say.
    #[serde(default)]
    pub freezes: Vec<FreezeRule>,
    /// How bad it is what rules find, by their codes; `trueup explain rules` has them.
    #[serde(default)]
    pub rules: BTreeMap<String, RuleChoice>,
    /// An old word for `allow: { destroy: [PATTERN] }`; it goes with the next version.
    #[serde(default)]
    #[schemars(extend("deprecated" = true))]
    pub allow_destroy: Vec<String>,
    /// An old word for `allow: { irreversible: [PATTERN] }`; it goes with the next version.
    #[serde(default)]
    #[schemars(extend("deprecated" = true))]
    pub allow_irreversible: Vec<String>,
}

/// What would be held, and is meant. The reasons are those of [`Reason`], where they are described.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct AllowRules {
    #[serde(default)]
    #[schemars(extend("description" = Reason::Destroy.doc()))]
    destroy: Vec<String>,
    #[serde(default)]
    #[schemars(extend("description" = Reason::Irreversible.doc()))]
    irreversible: Vec<String>,
    #[serde(default)]
    #[schemars(extend("description" = Reason::Replace.doc()))]
    replace: Vec<String>,
    #[serde(default)]
    #[schemars(extend("description" = Reason::TakeOver.doc()))]
    take_over: Vec<String>,
    #[serde(default)]
    #[schemars(extend("description" = Reason::Lockout.doc()))]
    lockout: Vec<String>,
    #[serde(default)]
    #[schemars(extend("description" = Reason::Deletes.doc()))]
    deletes: Option<usize>,
    #[serde(default)]
    #[schemars(extend("description" = Reason::Moved.doc()))]
    moved: Vec<String>,
    #[serde(default)]
    #[schemars(extend("description" = Reason::Window.doc()))]
    window: Vec<String>,
}

impl AllowRules {
    /// The patterns of each reason; a number is one.
    fn patterns(self) -> [(Reason, Vec<String>); Reason::ALL.len()] {
        // Destructured, so that no reason is forgotten.
        let AllowRules { destroy, irreversible, replace, take_over, lockout, deletes, moved, window } = self;
        [
            (Reason::Destroy, destroy),
            (Reason::Irreversible, irreversible),
            (Reason::Replace, replace),
            (Reason::TakeOver, take_over),
            (Reason::Lockout, lockout),
            (Reason::Deletes, deletes.iter().map(usize::to_string).collect()),
            (Reason::Moved, moved),
            (Reason::Window, window),
        ]
    }
}

impl PolicyRules {
    /// The policy, and a warning for each old word. The place is that of the rules.
    pub(crate) fn policy(self, place: &Place, today: Option<Date>, findings: &mut Vec<Finding>) -> Policy {
        let PolicyRules { max_deletes, protect, allow, windows, freezes, rules, allow_destroy, allow_irreversible } =
            self;
        let rules = rule_levels::settings(rules, &place.below("rules"), today, findings);
        let windows = Windows::of(windows, freezes, place, findings);
        let mut allowed = Allowed::default();
        let mut add = |reason: Reason, patterns: Vec<String>, place: Place| {
            for (n, pattern) in patterns.into_iter().enumerate() {
                let place = if reason == Reason::Deletes { place.clone() } else { place.item(n) };
                allowed.add(Allowance::new(reason, pattern).at(&place));
            }
        };
        for (reason, patterns) in allow.patterns() {
            add(reason, patterns, place.below("allow").below(reason.word()));
        }
        let old = [
            ("allow-destroy", Reason::Destroy, allow_destroy),
            ("allow-irreversible", Reason::Irreversible, allow_irreversible),
        ];
        for (word, reason, patterns) in old.into_iter().filter(|(_, _, patterns)| !patterns.is_empty()) {
            let place = place.below(word);
            let finding =
                Finding::warning("old-word", format!("`{word}` is an old word, and goes with the next version"));
            let help = format!("write `allow: {{ {}: [{}] }}`", reason.word(), in_yaml(&patterns));
            findings.push(finding.help(help).at(&place.clone().key()));
            add(reason, patterns, place);
        }
        Policy { max_deletes, protect, allow: allowed, windows, rules }
    }
}

/// Texts as the items of a YAML list in brackets.
fn in_yaml(texts: &[String]) -> String {
    texts.iter().map(|text| allow::in_yaml(text)).collect::<Vec<_>>().join(", ")
}

/// How a target's server is recognised.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct TlsSettings {
    /// SHA-256 of the server's certificate in hexadecimal: this one is trusted and no other.
    #[serde(default)]
    pub pin_sha256: Option<String>,
    /// A file of PEM certificates to trust instead of the system's, relative to the workspace.
    #[serde(default)]
    pub ca_file: Option<PathBuf>,
}

impl From<TlsSettings> for Tls {
    fn from(settings: TlsSettings) -> Tls {
        let TlsSettings { pin_sha256, ca_file } = settings;
        // Tools print fingerprints with colons and in upper case.
        let digits = |pin: String| pin.chars().filter(|letter| *letter != ':').collect::<String>().to_ascii_lowercase();
        Tls { pin_sha256: pin_sha256.map(digits), ca_file }
    }
}

/// The collections for which the files speak with authority: what they don't declare is removed.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(untagged, expecting = "expected `all` or a list of kinds")]
pub enum PruneChoice {
    /// All of them.
    All(AllWord),
    /// These kinds.
    Kinds(Vec<String>),
}

/// The word `all`.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum AllWord {
    /// Every kind whose objects can be made and removed.
    All,
}

impl From<PruneChoice> for Prune {
    fn from(choice: PruneChoice) -> Prune {
        match choice {
            PruneChoice::All(AllWord::All) => Prune::All,
            PruneChoice::Kinds(kinds) => Prune::Kinds(kinds),
        }
    }
}

/// What every target says about itself, whatever API it speaks.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[expect(dead_code, reason = "its shape is what counts: for the schema; `topology::resolve` reads the values")]
pub(crate) struct TargetEnvelope {
    /// The API's base URL.
    pub at: String,
    /// What proves who asks.
    #[serde(default)]
    pub credentials: BTreeMap<String, Value>,
    /// How the server is recognised; by default by the system's certificates.
    #[serde(default)]
    pub tls: Option<TlsSettings>,
    /// The collections for which the files speak with authority: what they don't declare is removed, whether they declare
    /// anything else there or not. `all` means every kind whose objects can be made and removed; networks, tenants and
    /// grants only where one is declared. By default none.
    #[serde(default)]
    pub prune: Option<PruneChoice>,
    /// How long a controller that is still booting is waited for, as in `15m`: until it has let somebody in, silence, 502, 503
    /// and 401 are asked again. By default a few seconds, and 401 not at all.
    #[serde(default)]
    pub wait: Option<String>,
    /// What takes its place in a rehearsal, `trueup --sim`.
    #[serde(default)]
    pub sim: Option<SimSettings>,
    /// Whether all that is owned there goes: it is looked at, and nothing is declared in it any more.
    #[serde(default)]
    pub retired: Option<bool>,
}

/// The key of a target whose objects go.
pub(crate) const RETIRED: &str = "retired";

impl TargetEnvelope {
    /// The keys that mean the same in every target.
    pub(crate) const KEYS: [&str; 7] = ["at", "credentials", "tls", "prune", "wait", "sim", RETIRED];
}

/// What takes a target's place in a rehearsal.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct SimSettings {
    /// The version that the simulated controller behaves like, such as `fresh` for a VNS3 controller as it comes from the
    /// cloud's image, without license and keys.
    #[serde(default)]
    pub version: Option<String>,
}
