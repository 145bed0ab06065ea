//! The installations of one server: made on first use, each with its own clock and lock.
//!
//! Nothing here waits: a request is answered under its installation's lock, and what takes time (latency, faults,
//! writing state) happens outside of it, so that requests to different installations run in parallel.

mod waiting;

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{BuildHasher, RandomState};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, UNIX_EPOCH};

use serde::Serialize;
use serde_json::{Value, json};

use super::faults::{Delivery, Faults};
use super::log::Log;
use super::store::{FORMAT, Saved, Store};
use super::workers::Workers;
use super::{Console, Heard, Installation, Maker, Now, Setup};
use wire::{Method, Request, Response};

/// Where a request goes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(crate) struct Place {
    /// The provider, as in [`Maker::provider`].
    pub provider: &'static str,
    /// The installation's name.
    pub installation: String,
}

/// The settings that the world is made from.
pub(crate) struct Plan {
    /// The providers that there are.
    pub makers: &'static [Maker],
    /// Seeds every installation.
    pub seed: u64,
    /// The product version of each provider's installations, by the provider's name, or of one: `vns3/london`.
    pub versions: BTreeMap<String, String>,
    /// Milliseconds of logical time that pass with each request.
    pub step: u64,
    /// Makes the births of installations the same each time; without it, no two are alike.
    pub births: Option<u64>,
}

/// All installations of a server.
pub(crate) struct World {
    plan: Plan,
    installations: Mutex<BTreeMap<Place, Arc<Mutex<Running>>>>,
    log: Mutex<Log>,
    faults: Mutex<Faults>,
    store: Option<Store>,
    /// What installations tell the others of their provider, each with its number.
    board: Mutex<BTreeMap<Place, Heard>>,
    /// The number of the last notice.
    notices: AtomicU64,
    /// The providers whose saved installations were woken, so that the others hear of them.
    awake: Mutex<BTreeSet<&'static str>>,
    /// Held while state files are written or removed, so that no file outlives a reset.
    disk: Mutex<()>,
}

/// An installation and its clock.
struct Running {
    clock: u64,
    workers: Option<Workers>,
    installation: Box<dyn Installation>,
}

/// Why the world did not do what it was told.
#[derive(Debug)]
pub enum Refusal {
    /// There is no such provider, or no installation may have that name.
    NoPlace(String),
    /// The installation can't be used: its state file can't be read, or its code failed.
    Broken(String),
    /// The installation refused.
    Refused(String),
}

impl World {
    /// A world without installations.
    pub(crate) fn new(plan: Plan, faults: Faults, store: Option<Store>) -> World {
        World {
            plan,
            installations: Mutex::default(),
            log: Mutex::default(),
            faults: Mutex::new(faults),
            store,
            board: Mutex::default(),
            notices: AtomicU64::new(0),
            awake: Mutex::default(),
            disk: Mutex::default(),
        }
    }

    /// The place of that provider and that name.
    ///
    /// # Errors
    /// [`Refusal::NoPlace`], if there is no such provider or the name would not do for a file.
    pub(crate) fn place(&self, provider: &str, installation: &str) -> Result<Place, Refusal> {
        let Some(maker) = self.maker(provider) else {
            let known: Vec<_> = self.plan.makers.iter().map(|maker| format!("`{}`", maker.provider)).collect();
            return Err(Refusal::NoPlace(format!("no provider `{provider}`; there are {}", known.join(", "))));
        };
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
        if installation.is_empty() || installation.starts_with('.') || !installation.bytes().all(is_plain) {
            return Err(Refusal::NoPlace(format!(
                "`{installation}` is no name for an installation: use letters, digits, `-`, `_` and `.`"
            )));
        }
        Ok(Place { provider: maker.provider, installation: installation.to_owned() })
    }

    /// Answers one request, whose URL starts below the installation. Says what travels back, and for how long; without a
    /// fault that is the latency.
    pub(crate) fn answer(&self, place: &Place, request: &Request, latency: Duration) -> (Delivery, Duration) {
        let running = match self.running(place) {
            Ok(running) => running,
            Err(refusal) => return (Delivery::Answer(refusal.into()), latency),
        };
        let strike = lock(&self.faults).strike(place, request);
        let time = latency + strike.delay;
        let others = self.heard(place);
        let delivery = {
            let mut running = lock(&running);
            running.clock += self.plan.step;
            let now = Now(running.clock);
            running.installation.hear(&others, now);
            let delivery = match running.installation.is_silent(Now(running.clock)) {
                true => Delivery::Reset,
                false => strike.deliver(|| dated(running.handle(request), running.installation.date(now))),
            };
            lock(&self.log).push(place, request, delivery.status());
            self.post(place, &running);
            delivery
        };
        if request.method != Method::Get {
            self.touch(place);
        }
        match self.maker(place.provider).and_then(|maker| maker.gateway) {
            Some(gateway) => gateway.pass(delivery, time),
            None => (delivery, time),
        }
    }

    /// Makes a change past the API.
    ///
    /// # Errors
    /// The word that the installation did not find or understand, or why it can't be used.
    pub(crate) fn console(&self, place: &Place, change: Console) -> Result<Value, Refusal> {
        let running = self.running(place)?;
        let told = guarded(|| lock(&running).installation.console(change)).map_err(Refusal::Broken)?;
        self.post(place, &lock(&running));
        self.touch(place);
        told.map_err(Refusal::Refused)
    }

    /// The state of an installation as it would be saved: all that it holds, shown by its API or not.
    ///
    /// # Errors
    /// Why it can't be used.
    pub(crate) fn state(&self, place: &Place) -> Result<Value, Refusal> {
        let running = self.running(place)?;
        guarded(|| lock(&running).installation.save()).map_err(Refusal::Broken)
    }

    /// Lets time pass for one installation. Gives how late it is there by then.
    ///
    /// # Errors
    /// Why it can't be used.
    pub(crate) fn advance_one(&self, place: &Place, milliseconds: u64) -> Result<u64, Refusal> {
        let running = self.running(place)?;
        let clock = {
            let mut running = lock(&running);
            running.clock = running.clock.saturating_add(milliseconds);
            self.post(place, &running);
            running.clock
        };
        self.touch(place);
        Ok(clock)
    }

    /// Drops all installations and their state files.
    ///
    /// # Errors
    /// The system's, if a file can't be removed.
    pub(crate) fn reset(&self) -> io::Result<()> {
        let _writing = lock(&self.disk);
        let mut installations = lock(&self.installations);
        installations.clear();
        lock(&self.board).clear();
        match &self.store {
            Some(store) => store.remove_all(|provider| self.maker(provider).is_some()),
            None => Ok(()),
        }
    }

    /// The installations in use, each with its clock.
    pub(crate) fn installations(&self) -> Value {
        let show = |(place, running): (&Place, &Arc<Mutex<Running>>)| {
            json!({
                "provider": place.provider,
                "installation": place.installation,
                "base": base_path(self.plan.makers, place.provider, &place.installation),
                "clock_ms": lock(running).clock,
            })
        };
        lock(&self.installations).iter().map(show).collect()
    }

    /// The log of requests.
    pub(crate) fn log(&self) -> MutexGuard<'_, Log> {
        lock(&self.log)
    }

    /// The armed faults.
    pub(crate) fn faults(&self) -> MutexGuard<'_, Faults> {
        lock(&self.faults)
    }

    /// Where state is kept, if it is.
    pub(crate) fn store(&self) -> Option<&Store> {
        self.store.as_ref()
    }

    /// Writes the state files that are behind.
    ///
    /// # Errors
    /// The first failure; the other files are written all the same.
    pub(crate) fn save_touched(&self) -> io::Result<()> {
        let Some(store) = &self.store else { return Ok(()) };
        store.take_behind().iter().map(|place| self.save(store, place)).fold(Ok(()), Result::and)
    }

    /// Writes all state files: clocks move with reads, too.
    ///
    /// # Errors
    /// As [`World::save_touched`].
    pub(crate) fn save_all(&self) -> io::Result<()> {
        let Some(store) = &self.store else { return Ok(()) };
        let places: Vec<Place> = lock(&self.installations).keys().cloned().collect();
        places.iter().map(|place| self.save(store, place)).fold(Ok(()), Result::and)
    }

    fn save(&self, store: &Store, place: &Place) -> io::Result<()> {
        let _writing = lock(&self.disk);
        let Some(running) = lock(&self.installations).get(place).cloned() else { return Ok(()) };
        let saved = guarded(|| {
            let running = lock(&running);
            Saved { format: FORMAT, clock_ms: running.clock, state: running.installation.save() }
        });
        store.write(place, &saved.map_err(io::Error::other)?)
    }

    fn touch(&self, place: &Place) {
        if let Some(store) = &self.store {
            store.touch(place);
        }
    }

    /// What the others of its provider tell an installation.
    fn heard(&self, place: &Place) -> Vec<Heard> {
        if !self.maker(place.provider).is_some_and(|maker| maker.hear_each_other) {
            return Vec::new();
        }
        self.wake(place.provider);
        let board = lock(&self.board);
        let others = board.iter().filter(|(other, _)| other.provider == place.provider && *other != place);
        others.map(|(_, heard)| heard.clone()).collect()
    }

    /// Takes down what an installation tells the others.
    fn post(&self, place: &Place, running: &Running) {
        let is_heard = self.maker(place.provider).is_some_and(|maker| maker.hear_each_other);
        let notice = is_heard.then(|| guarded(|| running.installation.notice(Now(running.clock))).ok().flatten());
        if let Some(notice) = notice.flatten() {
            let number = self.notices.fetch_add(1, Ordering::Relaxed) + 1;
            let heard = Heard { installation: place.installation.clone(), number, notice };
            lock(&self.board).insert(place.clone(), heard);
        }
    }

    /// Brings the saved installations of a provider into use, once: the others are to hear of those that nobody has asked
    /// yet. What can't be read is told when it is asked.
    fn wake(&self, provider: &'static str) {
        if !lock(&self.awake).insert(provider) {
            return;
        }
        for installation in self.store.iter().flat_map(|store| store.installations(provider)) {
            let place = Place { provider, installation };
            let mut installations = lock(&self.installations);
            if !installations.contains_key(&place)
                && let Ok(Ok(running)) = guarded(|| self.make(&place))
            {
                self.post(&place, &running);
                installations.insert(place, Arc::new(Mutex::new(running)));
            }
        }
    }

    /// The installation at that place, from its state file or new if it is not in use yet.
    fn running(&self, place: &Place) -> Result<Arc<Mutex<Running>>, Refusal> {
        let mut installations = lock(&self.installations);
        if let Some(running) = installations.get(place) {
            return Ok(Arc::clone(running));
        }
        let running = guarded(|| self.make(place)).and_then(|made| made).map_err(|why| {
            let text = format!("{} `{}`: {why}", place.provider, place.installation);
            eprintln!("{text}");
            Refusal::Broken(text)
        })?;
        self.post(place, &running);
        let running = Arc::new(Mutex::new(running));
        installations.insert(place.clone(), Arc::clone(&running));
        Ok(running)
    }

    fn make(&self, place: &Place) -> Result<Running, String> {
        let maker = self.maker(place.provider).ok_or("no such provider")?;
        let setup = Setup {
            name: place.installation.clone(),
            seed: self.plan.seed,
            version: self.version(place),
            birth: self.birth(place),
        };
        let saved = self.store.as_ref().map(|store| store.read(place)).transpose()?.flatten();
        let (clock, installation) = match saved {
            Some(saved) => (saved.clock_ms, (maker.load)(setup, saved.state)?),
            None => (0, (maker.new)(setup)),
        };
        Ok(Running { clock, workers: installation.workers().map(Workers::new), installation })
    }

    /// The version that an installation behaves like: its own, or its provider's.
    fn version(&self, place: &Place) -> Option<String> {
        let own = self.plan.versions.get(&format!("{}/{}", place.provider, place.installation));
        own.or_else(|| self.plan.versions.get(place.provider)).cloned()
    }

    /// What tells a new installation from those of its name before it; never 0, which stands for none.
    fn birth(&self, place: &Place) -> u64 {
        let drawn = match self.plan.births {
            Some(seed) => seed,
            None => RandomState::new().hash_one(&place.installation),
        };
        drawn.max(1)
    }

    fn maker(&self, provider: &str) -> Option<&'static Maker> {
        self.plan.makers.iter().find(|maker| maker.provider == provider)
    }
}

impl Running {
    fn handle(&mut self, request: &Request) -> Response {
        let now = Now(self.clock);
        guarded(|| self.installation.handle(request, now)).unwrap_or_else(|why| Refusal::Broken(why).into())
    }
}

impl From<Refusal> for Response {
    fn from(refusal: Refusal) -> Response {
        let (status, text) = match refusal {
            Refusal::NoPlace(text) | Refusal::Refused(text) => (404, text),
            Refusal::Broken(text) => (500, text),
        };
        Response::json(status, &json!({ "error": text }))
    }
}

/// The path at which the API of an installation begins.
pub(crate) fn base_path(makers: &[Maker], provider: &str, installation: &str) -> String {
    let base = makers.iter().find(|maker| maker.provider == provider).map_or("", |maker| maker.base);
    format!("/{provider}/{installation}{base}")
}

/// Runs code of an installation; a panic there becomes an error that says so.
fn guarded<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|panic| {
        let text = panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied());
        format!("the simulator panicked: {}", text.unwrap_or("no message"))
    })
}

/// An answer with the date by the installation's own clock, in seconds since 1970.
fn dated(response: Response, seconds: u64) -> Response {
    response.header("Date", httpdate::fmt_http_date(UNIX_EPOCH + Duration::from_secs(seconds)))
}

/// Locks, whether or not somebody panicked with the lock held: [`guarded`] has told of that already.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
