//! Leases: who may write to which installations, kept in a file of a shared store.
//!
//! Controllers know no locks, so runs have to agree before they write. A lease names installations, and nobody gets one that
//! names an installation of another's. Its clock is no wall clock, of which two machines have two: the holder counts up as
//! long as it lives, and whoever waits watches whether that count moves. One that stood still for as long as the lease says
//! belongs to nobody any more.
//!
//! | the holder | who waits |
//! |---|---|
//! | counts up with each [`LeaseTimes::beat`] … | sees the count move, and begins to watch anew |
//! | could not count up for a while: begins no write that could outlive the lease | sees it stand still, and waits on |
//! | finds its lease taken, or given up: writes nothing any more | has it taken over, with a number that is one higher |

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::checkpoint::Checkpoint;
use super::store::{Store, StoreChange, StoreError, StoreState, swap_surely};
use super::who::{host, user};
use super::{LedgerError, newest, now};
use crate::digest::mark;
use crate::session::Fence;
use crate::topology::Topology;

/// The file of a store that has the leases.
pub(super) const LEASES: &str = "leases.json";

/// The format's version.
const FORMAT: u32 = 1;

/// How often a change is tried again that others were faster with.
pub(super) const RACES: usize = 20;

/// The times of a lease.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LeaseTimes {
    /// How long it stands without a sign of life.
    pub lasts: Duration,
    /// Between two signs of life.
    pub beat: Duration,
    /// How long a call may take at most: none begins that could outlive the lease.
    pub call: Duration,
    /// How long one is waited for that another run holds.
    pub wait: Duration,
}

impl LeaseTimes {
    /// The times where a call takes so long at most.
    pub(crate) fn of(call: Duration, wait: Duration) -> LeaseTimes {
        const BEAT: Duration = Duration::from_secs(30);
        // A build for tests has no time to wait.
        let faster = std::env::var("TRUEUP_LEASE_BEAT_MS").ok().filter(|_| cfg!(debug_assertions));
        let (beat, call) = match faster.and_then(|text| text.parse().ok()).map(Duration::from_millis) {
            Some(beat) => (beat, call.min(beat * 10)),
            None => (BEAT, call),
        };
        LeaseTimes { lasts: beat * 4 + call, beat, call, wait }
    }
}

/// Who asks for a lease, and of what.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct LeaseRow {
    /// What no other run has.
    holder: String,
    /// One more than that of every lease before.
    fence: u64,
    /// Counts up as long as the holder lives.
    count: u64,
    /// Seconds that it stands without a sign of life.
    lasts: u64,
    /// What nobody else may write to, as in `workspace acme-wan` and `address https://203.0.113.10:8000/api`.
    pub installations: BTreeSet<String>,
    /// The workspace.
    pub workspace: String,
    /// The commit that is checked out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
    /// Who runs it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// Where.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    /// Since when, as the holder's clock has it.
    since: String,
}

impl LeaseRow {
    /// What is asked for a run of a workspace that may write to these installations.
    pub(super) fn asked(topology: &Topology, installations: BTreeSet<String>) -> LeaseRow {
        LeaseRow {
            installations,
            workspace: topology.workspace.clone(),
            commit: topology.commit.clone(),
            user: user(),
            host: host(),
            ..LeaseRow::default()
        }
    }

    /// The holder for people, as in `rob at ci-7 (workspace acme-wan, commit 3f2a9c1, since 2026-03-01T09:00:00Z)`.
    pub(crate) fn told(&self) -> String {
        let who = match (&self.user, &self.host) {
            (Some(user), Some(host)) => format!("{user} at {host}"),
            (Some(one), None) | (None, Some(one)) => one.clone(),
            (None, None) => "somebody".to_owned(),
        };
        let commit = self.commit.as_deref().map(|commit| format!(", commit {}", commit.get(..12).unwrap_or(commit)));
        format!("{who} (workspace {}{}, since {})", self.workspace, commit.unwrap_or_default(), self.since)
    }

    pub(super) fn is_in_the_way_of(&self, other: &LeaseRow) -> bool {
        !self.installations.is_disjoint(&other.installations)
    }
}

/// The leases of a store.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct LeaseBook {
    /// The format's version: 1.
    format: u32,
    /// The number of the last lease that was given.
    fence: u64,
    /// Those that are held.
    pub leases: Vec<LeaseRow>,
}

impl LeaseBook {
    /// The leases that a store's file holds; none where there is none.
    pub(super) fn read(bytes: Option<&[u8]>, name: &str) -> Result<LeaseBook, LedgerError> {
        let Some(bytes) = bytes else { return Ok(LeaseBook { format: FORMAT, ..LeaseBook::default() }) };
        let name = format!("{LEASES} in {name}");
        let book: LeaseBook =
            serde_json::from_slice(bytes).map_err(|error| LedgerError::Unknown(name.clone(), error.to_string()))?;
        match book.format {
            FORMAT => Ok(book),
            later => Err(LedgerError::Later(name, later.into())),
        }
    }

    pub(super) fn written(&self) -> Result<StoreChange, LedgerError> {
        let text = serde_json::to_string_pretty(self)
            .map_err(|error| LedgerError::Unknown(LEASES.to_owned(), error.to_string()))?;
        Ok([(LEASES.to_owned(), Some(format!("{text}\n").into_bytes()))].into())
    }
}

/// The newest state of a store, with its leases.
pub(super) fn leases(store: &dyn Store) -> Result<(Option<StoreState>, LeaseBook), LedgerError> {
    let (state, bytes) = newest(store, LEASES)?;
    Ok((state, LeaseBook::read(bytes.as_deref(), &store.name())?))
}

/// Changes the leases of a store; whoever is faster is heard first. `change` says whether there is anything to change.
pub(super) fn change<T>(
    store: &dyn Store,
    change: &mut dyn FnMut(&mut LeaseBook) -> Result<Option<T>, LedgerError>,
) -> Result<Option<T>, LedgerError> {
    for _ in 0..RACES {
        let (state, mut book) = leases(store)?;
        let Some(changed) = change(&mut book)? else { return Ok(None) };
        match swap_surely(store, state.as_ref(), &book.written()?) {
            Ok(_) => return Ok(Some(changed)),
            Err(StoreError::Raced) => {}
            Err(error) => return Err(LedgerError::Store(error)),
        }
    }
    Err(LedgerError::Raced(store.name()))
}

/// A lease that is held: it is renewed until it is dropped, and then given back.
#[derive(Debug)]
pub(crate) struct Lease {
    held: Arc<HeldLease>,
    beating: Option<JoinHandle<()>>,
}

/// What the holder and the thread that renews its lease share.
#[derive(Debug)]
pub(crate) struct HeldLease {
    store: Arc<dyn Store>,
    row: LeaseRow,
    times: LeaseTimes,
    life: Mutex<LeaseLife>,
    /// How far the run has come that holds it, once it writes.
    checkpoint: Mutex<Option<Arc<Checkpoint>>>,
    /// It is about to be given back.
    ends: Condvar,
}

/// What is known of a lease that was given.
#[derive(Debug)]
struct LeaseLife {
    /// When the last sign of life was given that has arrived.
    confirmed: Instant,
    is_over: bool,
    /// Why it is lost, if so.
    lost: Option<String>,
}

impl Lease {
    /// Takes a lease, once nobody is in the way. `tell` is told for whom it waits.
    ///
    /// # Errors
    /// Another run holds one that is in the way, for longer than is waited; the store is away.
    pub(crate) fn take(
        store: Arc<dyn Store>,
        mut row: LeaseRow,
        times: LeaseTimes,
        tell: &dyn Fn(String),
    ) -> Result<Lease, LedgerError> {
        (row.holder, row.lasts, row.since) = (mark(), times.lasts.as_secs().max(1), now());
        let began = Instant::now();
        let mut watched: BTreeMap<String, (u64, Instant)> = BTreeMap::new();
        let mut is_told = false;
        loop {
            let asked = Instant::now();
            let mut way = Vec::new();
            let taken = change(&*store, &mut |book| {
                way = book.leases.iter().filter(|other| other.is_in_the_way_of(&row)).cloned().collect();
                let mut is_alive = |other: &&LeaseRow| {
                    let (count, since) = watched.entry(other.holder.clone()).or_insert((other.count, asked));
                    if *count != other.count {
                        (*count, *since) = (other.count, asked);
                    }
                    since.elapsed() < Duration::from_secs(other.lasts)
                };
                // All of them are watched from the first look on.
                if way.iter().filter(|other| is_alive(other)).count() > 0 {
                    return Ok(None);
                }
                book.leases.retain(|other| !other.is_in_the_way_of(&row));
                book.fence += 1;
                row.fence = book.fence;
                book.leases.push(row.clone());
                Ok(Some(()))
            })?;
            if taken.is_some() {
                for dead in way {
                    let seconds = dead.lasts;
                    tell(format!(
                        "warning: {} gave no sign of life for {seconds} s: its lease is taken over",
                        dead.told()
                    ));
                }
                return Ok(Lease::start(store, row, times, asked));
            }
            let holder = way.first().map(LeaseRow::told).unwrap_or_default();
            if began.elapsed() >= times.wait {
                return Err(LedgerError::Held(holder));
            }
            if !std::mem::replace(&mut is_told, true) {
                tell(format!("waiting for {holder}"));
            }
            thread::sleep((times.beat / 10).max(Duration::from_millis(20)));
        }
    }

    fn start(store: Arc<dyn Store>, row: LeaseRow, times: LeaseTimes, asked: Instant) -> Lease {
        let life = Mutex::new(LeaseLife { confirmed: asked, is_over: false, lost: None });
        let held = Arc::new(HeldLease { store, row, times, life, checkpoint: Mutex::default(), ends: Condvar::new() });
        let beats = held.clone();
        let beating = thread::Builder::new().name("lease".into()).spawn(move || beats.keep_alive()).ok();
        Lease { held, beating }
    }

    /// What the holder is asked for.
    pub(crate) fn held(&self) -> Arc<HeldLease> {
        self.held.clone()
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.held.life().is_over = true;
        self.held.ends.notify_all();
        if let Some(beating) = self.beating.take() {
            // A thread that panicked renews nothing any more, and that is all.
            let _ = beating.join();
        }
        // What is not given back runs out.
        let _ = change(&*self.held.store, &mut |book| {
            let before = book.leases.len();
            book.leases.retain(|row| !self.held.is_own(row));
            Ok((book.leases.len() < before).then_some(()))
        });
    }
}

impl HeldLease {
    fn life(&self) -> MutexGuard<'_, LeaseLife> {
        self.life.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Renews it until it is over or lost. What could not be renewed is tried again soon.
    fn keep_alive(&self) {
        let mut pause = self.times.beat;
        loop {
            let (life, _) = self
                .ends
                .wait_timeout_while(self.life(), pause, |life| !life.is_over)
                .unwrap_or_else(PoisonError::into_inner);
            if life.is_over {
                return;
            }
            drop(life);
            let asked = Instant::now();
            let kept = match self.checkpoint() {
                Some(checkpoint) => checkpoint.keep(self),
                None => self.renew(),
            };
            match kept {
                Ok(Some(())) => {
                    self.is_confirmed(asked);
                    pause = self.times.beat;
                }
                Ok(None) => {
                    self.is_lost();
                    return;
                }
                Err(_) => pause = self.retry(),
            }
        }
    }

    /// The time after which a store that is away is asked again.
    pub(super) fn retry(&self) -> Duration {
        self.times.beat / 6
    }

    /// How far the run has come, if it writes.
    pub(super) fn checkpoint(&self) -> Option<Arc<Checkpoint>> {
        self.checkpoint.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// From now on each sign of life tells how far the run has come.
    pub(super) fn keeps(&self, checkpoint: Checkpoint) {
        *self.checkpoint.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(checkpoint));
    }

    /// From now on signs of life are that alone. Gives the last checkpoint.
    pub(super) fn keeps_no_more(&self) -> Option<Arc<Checkpoint>> {
        self.checkpoint.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Counts up; `None` where the lease is not there any more.
    pub(super) fn renew(&self) -> Result<Option<()>, LedgerError> {
        change(&*self.store, &mut |book| Ok(self.count_in(book).then_some(())))
    }

    fn is_own(&self, row: &LeaseRow) -> bool {
        (&row.holder, row.fence) == (&self.row.holder, self.row.fence)
    }

    /// Counts up in the leases of a state of the store. Says whether it is among them.
    pub(super) fn count_in(&self, book: &mut LeaseBook) -> bool {
        let own = book.leases.iter_mut().find(|row| self.is_own(row));
        own.map(|row| row.count += 1).is_some()
    }

    /// Takes down that a sign of life has arrived that was given at some time.
    pub(super) fn is_confirmed(&self, given: Instant) {
        let mut life = self.life();
        life.confirmed = life.confirmed.max(given);
    }

    /// What is part of its row, and of no other.
    pub(super) fn mark(&self) -> Value {
        json!({ "holder": self.row.holder, "fence": self.row.fence })
    }

    /// Takes down that it is lost.
    pub(super) fn is_lost(&self) {
        self.life().lost.get_or_insert_with(|| "another run took it over".to_owned());
    }
}

impl Fence for HeldLease {
    fn closed(&self) -> Option<String> {
        let life = self.life();
        let words = match &life.lost {
            Some(why) => why.clone(),
            None if life.confirmed.elapsed() + self.times.call < self.times.lasts => return None,
            None => format!("it could not be renewed for {} s", life.confirmed.elapsed().as_secs()),
        };
        Some(format!("the lease of this run is lost: {words}; nothing more is written"))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;

    use super::super::store::GitStore;
    use super::*;

    /// Short times: a beat, and what a lease lasts without one.
    const BEAT: Duration = Duration::from_millis(150);

    fn times(wait: u64) -> LeaseTimes {
        let lasts = Duration::from_secs(1);
        LeaseTimes { lasts, beat: BEAT, call: Duration::from_millis(100), wait: Duration::from_millis(wait) }
    }

    fn row(workspace: &str, installations: &[&str]) -> LeaseRow {
        let installations = installations.iter().map(|name| (*name).to_owned()).collect();
        LeaseRow { installations, workspace: workspace.to_owned(), user: Some("rob".into()), ..LeaseRow::default() }
    }

    fn lab() -> (tempfile::TempDir, Arc<dyn Store>) {
        let folder = tempfile::tempdir().unwrap();
        let init = std::process::Command::new("git").args(["init", "--quiet"]).current_dir(folder.path()).status();
        assert!(init.unwrap().success());
        let store = Arc::new(GitStore::new(folder.path(), "refs/trueup/lab", None, 1 << 20));
        (folder, store)
    }

    fn take(store: &Arc<dyn Store>, row: LeaseRow, wait: u64) -> Result<Lease, LedgerError> {
        Lease::take(store.clone(), row, times(wait), &|_| {})
    }

    #[test]
    fn one_installation_has_one_holder_and_others_go_on() {
        let (_folder, store) = lab();
        let first = take(&store, row("a", &["address x", "address y"]), 0).unwrap();
        let refused = take(&store, row("b", &["address y", "address z"]), 0).unwrap_err();
        assert!(refused.to_string().contains("rob (workspace a"), "{refused}");
        let beside = take(&store, row("c", &["address z"]), 0).unwrap();
        assert!(first.held().closed().is_none() && beside.held().closed().is_none());
        drop(first);
        let (_, book) = leases(&*store).unwrap();
        assert_eq!(book.leases.iter().map(|row| row.workspace.as_str()).collect::<Vec<_>>(), ["c"]);
        drop(take(&store, row("b", &["address y"]), 0).unwrap());
    }

    #[test]
    fn whoever_lives_keeps_it_and_whoever_waits_gets_it_next() {
        let (_folder, store) = lab();
        let first = take(&store, row("a", &["address x"]), 0).unwrap();
        // Longer than a lease lasts without a sign of life.
        assert!(take(&store, row("b", &["address x"]), 1_800).is_err());
        assert!(first.held().closed().is_none());
        let (got, waits) = channel();
        let other = store.clone();
        let waiting = thread::spawn(move || {
            let lease = take(&other, row("b", &["address x"]), 30_000);
            got.send(()).unwrap();
            lease.map(|lease| lease.held().row.fence)
        });
        assert!(waits.recv_timeout(BEAT * 2).is_err());
        let fence = first.held().row.fence;
        drop(first);
        assert!(waiting.join().unwrap().unwrap() > fence);
    }

    #[test]
    fn what_stands_still_is_taken_over_and_its_holder_writes_nothing_any_more() {
        let (_folder, store) = lab();
        let row_of_the_dead = row("a", &["address x"]);
        // As a machine that sleeps: it took the lease, and renews nothing.
        let asleep = {
            let beats = LeaseTimes { beat: Duration::from_secs(600), ..times(0) };
            Lease::take(store.clone(), row_of_the_dead, beats, &|_| {}).unwrap()
        };
        assert!(asleep.held().closed().is_none());
        let told = Mutex::new(Vec::new());
        let tell = |words: String| told.lock().unwrap().push(words);
        let second = Lease::take(store.clone(), row("b", &["address x"]), times(30_000), &tell).unwrap();
        let told = told.into_inner().unwrap();
        assert!(told.iter().any(|words| words.contains("is taken over")), "{told:?}");
        assert!(asleep.held().closed().unwrap().contains("could not be renewed"));
        assert_eq!(asleep.held().renew().unwrap(), None);
        // What it gives back is not the other's.
        drop(asleep);
        let (_, book) = leases(&*store).unwrap();
        assert!(second.held().count_in(&mut book.clone()) && second.held().closed().is_none());
    }
}
