//! What people do with a ledger by hand: look, move it elsewhere, free it.

use std::fs;
use std::io;
use std::path::Path;
use std::time::Duration;

use super::format::{self, LedgerDocument};
use super::hold::{installations, lock};
use super::lease::{self, LeaseRow};
use super::store::swap_surely;
use super::{LedgerError, MAX_BYTES, document_name, history, newest, place, record_folder, store};
use crate::private;
use crate::topology::Topology;

/// What there is to say about a ledger.
#[derive(Debug)]
pub(crate) struct LedgerReport {
    /// Where it is.
    pub place: String,
    /// The number of its last save.
    pub serial: usize,
    /// The number of the last run.
    pub run: u64,
    /// How many resources are owned.
    pub owned: usize,
    /// What is known of a run that has not ended.
    pub open: Option<String>,
    /// The runs that hold a lease in its store.
    pub leases: Vec<String>,
}

/// Looks at a workspace's ledger and its leases. No journal is folded in.
///
/// # Errors
/// It can't be read.
pub(crate) fn report(topology: &Topology) -> Result<LedgerReport, LedgerError> {
    let store = store(topology);
    let (_, bytes) = newest(&*store, &document_name(&topology.workspace))?;
    let document = bytes.map(|bytes| document(&bytes, &store.name(), topology)).transpose()?;
    let leases = if topology.ledger.is_shared() { lease::leases(&*store)?.1.leases } else { Vec::new() };
    Ok(LedgerReport {
        place: store.name(),
        serial: document.as_ref().map_or(0, |document| usize::try_from(document.serial).unwrap_or(usize::MAX)),
        run: document.as_ref().map_or(0, |document| document.run),
        owned: document.as_ref().map_or(0, |document| document.entries.len()),
        open: document.as_ref().and_then(|document| Some(document.open.as_ref()?.told(document.run, store.grows()))),
        leases: leases.iter().map(LeaseRow::told).collect(),
    })
}

/// Takes away the leases that are in the way of a workspace's runs. Gives who held them.
///
/// # Errors
/// The store is away.
pub(crate) fn unlock(topology: &Topology) -> Result<Vec<String>, LedgerError> {
    if !topology.ledger.is_shared() {
        return Ok(Vec::new());
    }
    let store = store(topology);
    let asked = LeaseRow::asked(topology, installations(topology, &*store)?);
    let freed = lease::change(&*store, &mut |book| {
        let (held, others): (Vec<_>, Vec<_>) =
            std::mem::take(&mut book.leases).into_iter().partition(|row| row.is_in_the_way_of(&asked));
        book.leases = others;
        Ok((!held.is_empty()).then(|| held.iter().map(LeaseRow::told).collect()))
    })?;
    Ok(freed.unwrap_or_default())
}

/// Takes the ledger of a file, with the records of its runs, to where it is kept now. Gives where it was, where it is, and how many resources are owned.
///
/// # Errors
/// There is none in a file, or there is one where it is to be.
pub(crate) fn relocate(topology: &Topology) -> Result<(String, String, usize), LedgerError> {
    let (from, store, file) = (place(topology), store(topology), document_name(&topology.workspace));
    let name = from.display().to_string();
    let none = || LedgerError::Nothing(name.clone());
    if !topology.ledger.is_shared() {
        return Err(none());
    }
    let _lock = lock(topology, Duration::ZERO)?;
    let bytes = private::read(&from, MAX_BYTES).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => none(),
        _ => LedgerError::Io(name.clone(), "read", error),
    })?;
    let mut document = document(&bytes, &name, topology)?;
    let (state, there) = newest(&*store, &file)?;
    if there.is_some() {
        return Err(LedgerError::Raced(store.name()));
    }
    let fail = |error| LedgerError::Io(name.clone(), "move", error);
    let text = format::write(&mut document).map_err(|error| fail(error.into()))?;
    let (records, keep) = (record_folder(topology), topology.keep_runs);
    let mut change = history::kept(&*store, state.as_ref(), &topology.workspace, (&records, keep), &[])?;
    change.insert(file, Some(text.into_bytes()));
    swap_surely(&*store, state.as_ref(), &change).map_err(LedgerError::Store)?;
    fs::rename(&from, Path::new(&format!("{name}.moved"))).map_err(fail)?;
    Ok((name.clone(), store.name(), document.entries.len()))
}

fn document(bytes: &[u8], name: &str, topology: &Topology) -> Result<LedgerDocument, LedgerError> {
    Ok(format::read(bytes, name, &topology.workspace)?.document)
}
