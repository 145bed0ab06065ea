//! The ledger as a document, format 2; `docs/FORMATS.md` shows one. How a row is spelt stands in `state::entry`.
//!
//! A later format is refused, and so is a key that this program does not know: what it would drop might be what keeps an
//! object from being lost. A key that a later version adds and that may be left out is no new format.

use std::collections::{BTreeMap, BTreeSet};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::LedgerError;
use super::first::FirstDocument;
use crate::address::Address;
use crate::digest::sha256;
use crate::secret::FingerprintKey;
use crate::state::base::Entry;
use crate::state::installation::Installation;

/// The format's version. A ledger of a later one is not touched.
pub(super) const VERSION: u32 = 2;

/// A ledger as it is written.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct LedgerDocument {
    /// The format's version: 2.
    version: u32,
    /// The workspace.
    pub workspace: String,
    /// One more with each save.
    pub serial: u64,
    /// The number of the last run that began.
    pub run: u64,
    /// The run that began and has not ended, where the ledger is shared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub open: Option<OpenRun>,
    /// The mark that tells the key of the fingerprints from other keys.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key_id: Option<String>,
    /// The proofs of the installation behind each target.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub targets: BTreeMap<String, Installation>,
    /// The resources that are owned.
    pub entries: BTreeMap<Address, Entry>,
    /// The addresses whose object a run set out to replace, and at which none was seen since.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub vacated: BTreeSet<Address>,
    /// SHA-256 over all the rest. A document without one is taken as it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    checksum: Option<String>,
}

/// A run that has not ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct OpenRun {
    /// Who began it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// The machine that it runs on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    /// When it began, as that machine's clock has it.
    pub began: String,
}

impl OpenRun {
    /// What is told of it, wherever its journal is.
    pub(super) fn told(&self, run: u64, has_journal: bool) -> String {
        let OpenRun { user, host, began } = self;
        let at = host.as_ref().map(|host| format!(" at {host}")).unwrap_or_default();
        let by = user.as_ref().map(|user| format!(" of {user}")).unwrap_or_default();
        let journal = match has_journal {
            true => "what its journal tells so far is taken over",
            false => "and its journal is not here: what it was about to make counts as owned where it is there",
        };
        let joint = if has_journal { ":" } else { "," };
        format!("run {run}{by}{at}, which began {began}, has not ended{joint} {journal}")
    }
}

/// The content of a file.
pub(super) struct ReadLedger {
    /// The ledger, brought to this format.
    pub document: LedgerDocument,
    /// The format that it was in.
    pub version: u32,
    /// The key of the fingerprints, where it was in there.
    pub key: Option<FingerprintKey>,
}

impl ReadLedger {
    /// The ledger of a workspace that has none.
    pub(super) fn new(workspace: &str) -> ReadLedger {
        let document = LedgerDocument {
            version: VERSION,
            workspace: workspace.to_owned(),
            serial: 0,
            run: 0,
            open: None,
            key_id: None,
            targets: BTreeMap::new(),
            entries: BTreeMap::new(),
            vacated: BTreeSet::new(),
            checksum: None,
        };
        ReadLedger { document, version: VERSION, key: None }
    }
}

/// Reads a ledger of this format or of an earlier one.
pub(super) fn read(bytes: &[u8], file: &str, workspace: &str) -> Result<ReadLedger, LedgerError> {
    let value: Value =
        serde_json::from_slice(bytes).map_err(|error| LedgerError::NotALedger(file.into(), error.to_string()))?;
    // The version is looked at first: a later format need not look like this one.
    let read = match value.get("version").map(|version| version.as_u64().ok_or(version)) {
        Some(Ok(1)) => {
            let FirstDocument { workspace, key, entries, .. } = understood(value, file)?;
            let entries = entries.into_iter().map(|(address, row)| (address, Entry::from(row))).collect();
            let document = LedgerDocument { entries, ..ReadLedger::new(&workspace).document };
            ReadLedger { document, version: 1, key: Some(FingerprintKey::from(&*key)).filter(|key| !key.is_empty()) }
        }
        Some(Ok(version)) if version == u64::from(VERSION) => {
            let sum = checksum(&value);
            let document: LedgerDocument = understood(value, file)?;
            if document.checksum.as_ref().is_some_and(|said| *said != sum) {
                return Err(LedgerError::Damaged(file.into()));
            }
            ReadLedger { document, version: VERSION, key: None }
        }
        Some(Ok(later)) if later > u64::from(VERSION) => return Err(LedgerError::Later(file.into(), later)),
        Some(Ok(0)) | Some(Ok(_)) => return Err(unknown(file, "`version`: there never was such a format".into())),
        Some(Err(other)) => return Err(unknown(file, format!("`version`: {other} is no number of a format"))),
        None => return Err(unknown(file, "it does not say its `version`, so that nobody knows how to read it".into())),
    };
    if read.document.workspace != workspace {
        return Err(LedgerError::Other(file.into(), read.document.workspace));
    }
    Ok(read)
}

/// Writes a ledger, with its checksum.
pub(super) fn write(document: &mut LedgerDocument) -> serde_json::Result<String> {
    document.checksum = None;
    document.checksum = Some(checksum(&serde_json::to_value(&*document)?));
    Ok(format!("{}\n", serde_json::to_string_pretty(document)?))
}

fn unknown(file: &str, why: String) -> LedgerError {
    LedgerError::Unknown(file.into(), why)
}

fn understood<T: DeserializeOwned>(value: Value, file: &str) -> Result<T, LedgerError> {
    serde_path_to_error::deserialize(value)
        .map_err(|error| unknown(file, format!("`{}`: {}", error.path(), error.inner())))
}

/// The checksum of a document: over its JSON without blanks, keys in order, the checksum left out. How a file is indented
/// makes no difference.
fn checksum(document: &Value) -> String {
    let mut bytes = Vec::new();
    match document {
        Value::Object(map) => {
            for (key, value) in map.iter().filter(|(key, _)| *key != "checksum") {
                bytes.extend_from_slice(format!("{}:{value}\n", Value::from(key.as_str())).as_bytes());
            }
        }
        other => bytes.extend_from_slice(other.to_string().as_bytes()),
    }
    format!("sha256:{}", sha256(bytes))
}
