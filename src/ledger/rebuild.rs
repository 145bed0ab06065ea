//! A ledger that was lost, made anew from what its runs left: the rows that stand in their records.

use std::collections::{BTreeMap, BTreeSet};

use super::format::{self, ReadLedger};
use super::store::{Store, StoreChange, swap_surely};
use super::{History, Ledger, LedgerError, document_name, newest, store};
use crate::address::Address;
use crate::state::base::{Base, Entry};
use crate::topology::Topology;

/// What the records told of a ledger.
#[derive(Debug)]
pub(crate) struct Rebuilt {
    /// The ledger, which is not saved yet.
    pub ledger: Ledger,
    /// The resources whose rows came from records, with the run that each is of.
    pub restored: BTreeMap<Address, u64>,
    /// The resources that a run made or changed, and of which its record does not keep the row.
    pub untold: BTreeSet<Address>,
    /// Where the document is kept that could not be read, if there was one.
    pub kept: Option<String>,
}

/// Makes a workspace's ledger anew as far as records go: those of all runs where there is no ledger, or none that can be read,
/// else those of the runs that it does not know.
///
/// # Errors
/// It knows all runs that there are records of; it or the records can't be read.
pub(crate) fn rebuilt(topology: &Topology) -> Result<Rebuilt, LedgerError> {
    let (mut ledger, kept) = match Ledger::open(topology) {
        Err(LedgerError::NotALedger(..) | LedgerError::Damaged(_)) => {
            let kept = put_aside(&*store(topology), &topology.workspace)?;
            (Ledger::open(topology)?, Some(kept))
        }
        opened => (opened?, None),
    };
    let known = ledger.document.run;
    let mut records = History::open(topology)?.records()?;
    records.retain(|record| record.run > known);
    let Some(last) = records.first().map(|record| record.run) else {
        return Err(LedgerError::Whole(ledger.place.name()));
    };
    let (mut restored, mut untold) = (BTreeMap::new(), BTreeSet::new());
    for record in records.iter().rev() {
        let is_readable = record.key_id.is_none() || record.key_id.as_ref() == Some(&ledger.base.key.id());
        let removed = record.done().filter(|step| step.verb.removes()).map(|step| &step.address);
        let gone = removed.chain(&record.released);
        for address in gone {
            ledger.base.entries.remove(address);
            restored.remove(address);
            untold.remove(address);
        }
        for step in record.done().filter(|step| !step.verb.removes()) {
            match &step.row {
                Some(row) => {
                    ledger.base.entries.insert(step.address.clone(), told(row, is_readable));
                    restored.insert(step.address.clone(), record.run);
                    untold.remove(&step.address);
                }
                None if ledger.base.entry(&step.address).is_none() => drop(untold.insert(step.address.clone())),
                // An earlier row knows it again.
                None => {}
            }
        }
    }
    ledger.document.run = last;
    Ok(Rebuilt { ledger, restored, untold, kept })
}

/// A row as a record has it; without the fingerprints where nobody has their key any more.
fn told(row: &Entry, is_readable: bool) -> Entry {
    let mut row = row.clone();
    if !is_readable {
        row.fields.retain(|_, stored| Base::fingerprints(&stored.value).is_empty());
    }
    row
}

/// Puts an empty document in place of one that can't be read, which stays beside it. Gives the name that it has there.
fn put_aside(store: &dyn Store, workspace: &str) -> Result<String, LedgerError> {
    let file = document_name(workspace);
    let (state, bytes) = newest(store, &file)?;
    let name = format!("{file}.damaged");
    let empty = format::write(&mut ReadLedger::new(workspace).document);
    let empty = empty.map_err(|error| LedgerError::Unknown(file.clone(), error.to_string()))?;
    let change: StoreChange = [(file, Some(empty.into_bytes())), (name.clone(), bytes)].into();
    swap_surely(store, state.as_ref(), &change).map_err(LedgerError::Store)?;
    Ok(name)
}
