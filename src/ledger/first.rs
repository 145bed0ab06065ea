//! Files of version 0.1: ledgers of format 1, and the rows in its journals.
//!
//! It kept the key of the fingerprints in the ledger, and did not say how a value came to be there: such a value counts as
//! agreed on, since nobody can say that Trueup brought it.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::address::Address;
use crate::state::base::{Basis, Entry, Stored};

/// A ledger of format 1.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct FirstDocument {
    /// The format's version: 1.
    #[serde(rename = "version")]
    pub _version: u32,
    /// The workspace.
    pub workspace: String,
    /// The key of the fingerprints.
    pub key: String,
    /// The resources that are owned.
    pub entries: BTreeMap<Address, FirstRow>,
}

/// One owned object, as format 1 spells it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct FirstRow {
    id: String,
    #[serde(default)]
    fields: BTreeMap<String, Value>,
    #[serde(default)]
    expressions: BTreeMap<String, String>,
    #[serde(default)]
    after: BTreeSet<Address>,
    #[serde(default)]
    stamp: Option<String>,
    #[serde(default)]
    leftovers: BTreeSet<String>,
    #[serde(default)]
    commit: Option<String>,
}

impl From<FirstRow> for Entry {
    fn from(row: FirstRow) -> Entry {
        let FirstRow { id, fields, expressions, after, stamp, leftovers, commit } = row;
        let fields = fields.into_iter().map(|(name, value)| (name, Stored::new(value, Basis::Agreed))).collect();
        Entry { id, fields, expressions, after, stamp, leftovers, commit, ..Entry::default() }
    }
}
