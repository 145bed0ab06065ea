//! Where the ledger is kept, and the key of its fingerprints.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::finding::{Finding, Place};
use crate::secret::{FingerprintKey, Secret};
use crate::topology::expression::{Expression, ExpressionName, Known, KnownFor, Segment, Term, name, segments};
use crate::topology::ledger_s3::{S3Ledger, S3Place};
use crate::topology::secrets::Secrets;
use crate::topology::variables::Variables;

/// The file in which the ledger is kept unless the workspace says otherwise, among the program's own.
pub(crate) const LEDGER_FILE: &str = "ledger.json";

/// How many records of runs are kept unless the workspace says otherwise: a year of weekly runs.
const KEEP_RUNS: usize = 50;

/// Where the key of the ledger's fingerprints is kept. It is never in the ledger, which many may read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum KeyPlace {
    /// A file beside the ledger, for its owner's eyes only.
    #[default]
    Beside,
    /// A secret of the workspace, looked up already.
    Secret(FingerprintKey),
}

/// Where the ledger is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LedgerPlace {
    /// A file, relative to the workspace.
    File(PathBuf),
    /// A git ref.
    Git {
        /// The ref's name.
        reference: String,
        /// The remote that it is pushed to.
        remote: Option<String>,
    },
    /// A PostgreSQL database, by its URL.
    Postgres(Secret),
    /// A bucket of S3's kind.
    S3(Box<S3Place>),
}

impl LedgerPlace {
    /// Says whether other machines may have it, too.
    pub(crate) fn is_shared(&self) -> bool {
        match self {
            LedgerPlace::File(_) => false,
            LedgerPlace::Git { .. } | LedgerPlace::Postgres(_) | LedgerPlace::S3(_) => true,
        }
    }
}

/// Where the ledger is kept, and the key of its fingerprints.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct LedgerSettings {
    /// A file, relative to the workspace.
    #[serde(default)]
    pub file: Option<PathBuf>,
    /// A git ref of the repository that the workspace is in.
    #[serde(default)]
    pub git: Option<GitLedger>,
    /// The URL of a PostgreSQL database, as `${secret.NAME}`.
    #[serde(default)]
    pub postgres: Option<String>,
    /// A bucket of Amazon S3, or of a server of its kind.
    #[serde(default)]
    pub s3: Option<S3Ledger>,
    /// The key of the fingerprints that stand for secrets, as `${secret.NAME}`; by default it is made, and kept in a file
    /// beside the ledger, `.trueup/key`. Where several machines share a ledger, they need the same one.
    #[serde(default)]
    pub key: Option<String>,
    /// How many records of runs are kept: 50 unless it says otherwise.
    #[serde(default)]
    #[schemars(range(min = 1))]
    pub keep_runs: Option<usize>,
}

/// A git ref that holds the ledger.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct GitLedger {
    /// The ref, one of its own below `refs/trueup/`, as in `refs/trueup/acme-wan`.
    #[serde(rename = "ref")]
    pub reference: String,
    /// The remote that it is pushed to; without one it stays in the local repository.
    #[serde(default)]
    pub remote: Option<String>,
}

impl LedgerSettings {
    /// Where the ledger and its key are kept, and how many records of runs. What is wrong is a finding.
    pub(crate) fn places(
        self,
        secrets: &Secrets,
        default: PathBuf,
        at: &Place,
        findings: &mut Vec<Finding>,
    ) -> (LedgerPlace, KeyPlace, usize) {
        let LedgerSettings { file, git, postgres, s3, key, keep_runs } = self;
        if keep_runs == Some(0) {
            let finding = Finding::error("wrong-value", "`keep-runs` is 1 or more: the last run is always kept");
            findings.push(finding.at(&at.below("keep-runs")));
        }
        let named = [file.is_some(), git.is_some(), postgres.is_some(), s3.is_some()];
        if named.into_iter().filter(|is_named| *is_named).count() > 1 {
            let finding = Finding::error("two-ledgers", "the ledger is kept in one place, and more are named");
            findings.push(finding.help("keep one of `file`, `git`, `postgres` and `s3`").at(at));
        }
        // What can't be used is told: nobody goes on with the file in its place.
        let shared = git.map(|git| git.place(&at.below("git"), findings));
        let shared = shared.or_else(|| {
            let told = "the URL of the ledger's database is no secret, and it holds a password";
            let secret = secret_name(&postgres?, told).and_then(|name| secrets.get_of_store(&name));
            let secret = secret.map_err(|finding| findings.push(finding.at(&at.below("postgres"))));
            secret.ok().flatten().map(LedgerPlace::Postgres)
        });
        let shared = shared.or_else(|| {
            let place = s3?.place(secrets, &at.below("s3"), findings);
            place.map(|place| LedgerPlace::S3(Box::new(place)))
        });
        let ledger = shared.unwrap_or_else(|| LedgerPlace::File(file.unwrap_or(default)));
        let mut say = |finding: Finding| findings.push(finding.at(&at.below("key")));
        let secret =
            key.map(|text| secret_name(&text, "the ledger's key is no secret").and_then(|name| secrets.get_key(&name)));
        let secret = secret.and_then(|secret| secret.map_err(|finding| say(*finding)).ok().flatten());
        let key = secret.map(|secret| FingerprintKey::of(&secret));
        if secrets.are_asked_for() && key.as_ref().is_some_and(FingerprintKey::is_weak) {
            let finding = Finding::error("weak-key", "the ledger's key is so short that it can be found by trying");
            say(finding.help("16 characters or more: `openssl rand -hex 32` makes a good one"));
        }
        (ledger, key.map_or_else(KeyPlace::default, KeyPlace::Secret), keep_runs.unwrap_or(KEEP_RUNS))
    }
}

impl GitLedger {
    fn place(self, at: &Place, findings: &mut Vec<Finding>) -> LedgerPlace {
        let GitLedger { reference, remote } = self;
        if !is_own_ref(&reference) {
            let message = format!("`{reference}` is no ref for a ledger: what it holds is replaced as a whole");
            let finding = Finding::error("bad-ledger-ref", message).help("name one of its own below `refs/trueup/`");
            findings.push(finding.at(&at.below("ref")));
        }
        LedgerPlace::Git { reference, remote }
    }
}

/// Says whether a ref can be nothing but a ledger's: branches and tags are somebody's work.
fn is_own_ref(reference: &str) -> bool {
    let is_part = |part: &str| {
        !part.is_empty()
            && !part.starts_with('.')
            && !part.ends_with(".lock")
            && !part.ends_with('.')
            && !part.contains("..")
            && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
    };
    reference.strip_prefix("refs/trueup/").is_some_and(|name| name.split('/').all(is_part))
}

/// The name of the secret that a setting names. `told` is said of one that names none: nothing of what it holds may be.
pub(super) fn secret_name(text: &str, told: &'static str) -> Result<String, Box<Finding>> {
    // The expressions in it have been carried out.
    let variables = Variables::default();
    let own = Known { each: None, variables: &variables, purpose: KnownFor::Workspace };
    let name = match segments(text).as_deref() {
        Ok([Segment::Expression(Expression { term: Term::Name(parts), text, .. })]) => {
            name(parts, text, own).ok().flatten()
        }
        _ => None,
    };
    match name {
        Some(ExpressionName::Secret(name)) => Ok(name),
        _ => {
            let finding = Finding::error("no-secret", told);
            Err(Box::new(finding.help("write `${secret.NAME}`, and declare it under `secrets`")))
        }
    }
}
