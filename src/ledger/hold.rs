//! One run at a time: of a workspace on one machine by a lock, of an installation anywhere by a lease.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use super::format::{self, ReadLedger};
use super::lease::{Lease, LeaseRow, LeaseTimes};
use super::store::Store;
use super::{LedgerError, document_name, newest, place, store};
use crate::private;
use crate::session::Session;
use crate::state::installation::Installation;
use crate::topology::Topology;

/// Keeps other runs away until it is dropped.
#[derive(Debug)]
pub(crate) struct RunHold {
    _lock: File,
    pub(super) lease: Option<Lease>,
}

impl RunHold {
    /// From now on a session writes as long as this run may.
    pub(crate) fn fences(&self, session: &Session) {
        if let Some(lease) = &self.lease {
            session.stay_within(lease.held());
        }
    }
}

/// Keeps other runs away: of the workspace on this machine, and where the ledger is shared, of the same installations
/// anywhere. `tell` is told for whom it waits.
///
/// # Errors
/// When another run is under way, and does not end within `wait`.
pub(crate) fn hold(topology: &Topology, wait: Duration, tell: &dyn Fn(String)) -> Result<RunHold, LedgerError> {
    let _lock = lock(topology, wait)?;
    if !topology.ledger.is_shared() {
        return Ok(RunHold { _lock, lease: None });
    }
    let store = store(topology);
    let row = LeaseRow::asked(topology, installations(topology, &*store)?);
    let call = topology.targets.values().map(|target| target.provider.dialect.timeout).max().unwrap_or_default();
    let lease = Lease::take(store, row, LeaseTimes::of(call, wait), tell)?;
    Ok(RunHold { _lock, lease: Some(lease) })
}

/// What a run may write to, by all that tells one installation from another: where it is, and what proved it to be the one
/// where Trueup applied last.
pub(super) fn installations(topology: &Topology, store: &dyn Store) -> Result<BTreeSet<String>, LedgerError> {
    let (_, bytes) = newest(store, &document_name(&topology.workspace))?;
    let document = match bytes {
        Some(bytes) => format::read(&bytes, &store.name(), &topology.workspace)?.document,
        None => ReadLedger::new(&topology.workspace).document,
    };
    let mut names = BTreeSet::from([format!("workspace {}", topology.workspace)]);
    for (name, target) in &topology.targets {
        names.insert(format!("address {}", target.at));
        names.extend(document.targets.get(name).into_iter().flat_map(Installation::marks));
    }
    Ok(names)
}

/// Keeps other runs of the workspace on this machine away until it is dropped.
pub(super) fn lock(topology: &Topology, wait: Duration) -> Result<File, LedgerError> {
    const BETWEEN_LOOKS: Duration = Duration::from_millis(200);
    let path = place(topology).with_extension("lock");
    let folder = path.parent().unwrap_or(Path::new(".")).to_owned();
    let name = path.display().to_string();
    let fail = |error| LedgerError::Io(name.clone(), "lock", error);
    private::create_folder(&folder).map_err(fail)?;
    let file = private::open_lock(&path).map_err(fail)?;
    let began = Instant::now();
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(fs::TryLockError::WouldBlock) if began.elapsed() < wait => thread::sleep(BETWEEN_LOOKS),
            Err(fs::TryLockError::WouldBlock) => return Err(LedgerError::Locked(name)),
            Err(fs::TryLockError::Error(error)) => return Err(fail(error)),
        }
    }
}
