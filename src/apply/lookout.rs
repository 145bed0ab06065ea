//! One look for all whose result no reply shows: after such a create, the list tells which id the object has.
//!
//! Whoever waits for a look is content with any that began after its own call was answered. A look is due when no more
//! creates of its list are under way; and before that, when so many wait that one more look makes no difference to what is
//! sent in all, so that what depends on the first need not wait for the last.
//!
//! | answered creates | 1 | 8 more | 72 more | … | the last |
//! |---|---|---|---|---|---|
//! | looks so far | 1 | 2 | 3 | … | and one |

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::Value;
use tokio::sync::{Mutex as AsyncMutex, Notify};

use crate::address::Address;
use crate::apply::schedule::SlotClass;
use crate::apply::{Executor, Shared};
use crate::attr::Output;
use crate::plan::{Plan, ResultList, Step};
use crate::session::{CallError, CallFailure, Session, encode};
use crate::spec::Kind;
use crate::state::live::Live;
use wire::Method;

/// How many times as many have to wait as were found already.
const FACTOR: usize = 8;

/// How often we look for what was made: lists may lag behind.
const LOOKS: u32 = 3;

/// The pause between these looks.
const BETWEEN_LOOKS: Duration = Duration::from_secs(2);

/// The objects of a list by what tells them apart; none of those that nothing tells apart.
type Objects = Arc<BTreeMap<String, Option<Value>>>;

/// The lists that the creates of a run have to be looked for in.
#[derive(Debug, Default)]
pub(super) struct Lookout {
    /// The list of each step that makes something no reply shows.
    of_step: BTreeMap<usize, Arc<WatchedList>>,
    /// The lists at which something changed since all began that could.
    touched: Mutex<Vec<Arc<WatchedList>>>,
}

/// One list: the collection of a kind in one place.
#[derive(Debug, Default)]
struct WatchedList {
    state: Mutex<WatchState>,
    /// A look has become due, or is over.
    due: Notify,
    /// The number of the last look, with what it showed.
    last: AsyncMutex<Option<(u64, Result<Objects, CallError>)>>,
}

#[derive(Debug, Default)]
struct WatchState {
    /// The steps that are at their create.
    creating: BTreeSet<usize>,
    /// Says whether some may be about to begin.
    is_moving: bool,
    /// How many wait for a look.
    waiting: usize,
    /// How many were looked for.
    found: usize,
    /// How many looks have begun.
    begun: u64,
    /// The number of the last look that is over.
    over: u64,
}

impl WatchState {
    fn is_due(&self) -> bool {
        let is_last = !self.is_moving && self.creating.is_empty();
        self.waiting > 0 && (is_last || self.waiting >= FACTOR * self.found)
    }
}

impl Lookout {
    /// The lists of a plan.
    pub(super) fn of(plan: &Plan) -> Lookout {
        let mut lists: BTreeMap<(String, &str, Option<Address>), Arc<WatchedList>> = BTreeMap::new();
        let is_hidden = |step: &Step| step.calls.iter().any(|call| call.shows_in.is_some());
        let hidden = plan.steps.iter().enumerate().filter(|(_, step)| is_hidden(step));
        let of_step = hidden.map(|(n, step)| {
            let place = (step.address.target().to_owned(), step.kind.name, step.address.parent());
            (n, lists.entry(place).or_default().clone())
        });
        Lookout { of_step: of_step.collect(), touched: Mutex::default() }
    }

    /// Takes down that a step begins.
    pub(super) fn begins(&self, n: usize) {
        self.touch(n, |state| {
            state.creating.insert(n);
        });
    }

    /// Takes down that a step's create is answered, or the step is over.
    pub(super) fn is_through(&self, n: usize) {
        self.touch(n, |state| {
            state.creating.remove(&n);
        });
    }

    fn touch(&self, n: usize, change: impl FnOnce(&mut WatchState)) {
        let Some(list) = self.of_step.get(&n) else { return };
        let mut state = locked(&list.state);
        change(&mut state);
        if !std::mem::replace(&mut state.is_moving, true) {
            locked(&self.touched).push(list.clone());
        }
    }

    /// Takes down that every step has begun that could.
    pub(super) fn rests(&self) {
        for list in std::mem::take(&mut *locked(&self.touched)) {
            let mut state = locked(&list.state);
            state.is_moving = false;
            if state.is_due() {
                list.due.notify_waiters();
            }
        }
    }
}

impl WatchedList {
    /// The list as a look shows it that began after this was asked for.
    async fn see(&self, look: impl AsyncFnOnce() -> Result<Objects, CallError>) -> Result<Objects, CallError> {
        let asked = {
            let mut state = locked(&self.state);
            state.waiting += 1;
            state.begun
        };
        loop {
            let due = self.due.notified();
            tokio::pin!(due);
            due.as_mut().enable();
            let is_now = |state: &WatchState| state.is_due() || state.over > asked;
            if is_now(&locked(&self.state)) {
                break;
            }
            due.await;
        }
        let mut last = self.last.lock().await;
        if let Some((_, seen)) = last.as_ref().filter(|(number, _)| *number > asked) {
            return seen.clone();
        }
        let number = {
            let mut state = locked(&self.state);
            state.begun += 1;
            state.found += std::mem::take(&mut state.waiting);
            state.begun
        };
        let seen = look().await;
        locked(&self.state).over = number;
        self.due.notify_waiters();
        *last = Some((number, seen.clone()));
        seen
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Executor<'_> {
    /// The object that a step has made, as the list shows it.
    pub(super) async fn find_made(
        &self,
        shared: &Shared,
        session: &Session,
        step: &Step,
        list: &ResultList,
    ) -> Result<Option<Value>, CallError> {
        let find = |output: &Output| shared.outputs.find(output);
        let unknown = |what: String| session.site(Method::Get, "").error(CallFailure::Unknown(what));
        let path = encode::path(&list.path.fill(&find)).map_err(unknown)?;
        let wanted = self.identity(shared, step).map(|identity| identity.to_string());
        shared.turn(SlotClass::Idle);
        for look in 0..LOOKS {
            if look > 0 {
                session.pause(BETWEEN_LOOKS).await;
            }
            let read = async || {
                let rows = session.list(&path, list.at, list.paging).await?;
                Ok(Arc::new(by_identity(step.kind, rows)))
            };
            let objects = match shared.lookout.of_step.get(&shared.n) {
                Some(watched) => watched.see(read).await?,
                None => read().await?,
            };
            let found = wanted.as_ref().and_then(|wanted| objects.get(wanted)?.clone());
            if found.is_some() {
                return Ok(found);
            }
        }
        Ok(None)
    }
}

/// The objects of a list by what tells them apart.
fn by_identity(kind: &'static Kind, rows: Vec<Value>) -> BTreeMap<String, Option<Value>> {
    let mut objects = BTreeMap::new();
    for raw in rows {
        let live = Live::new(kind, raw);
        let is_there = !live.is_gone(kind);
        if let Some(identity) = live.identity(kind).filter(|_| is_there) {
            let known = objects.entry(identity.to_string());
            known.and_modify(|object| *object = None).or_insert(Some(live.raw));
        }
    }
    objects
}

#[cfg(test)]
mod tests {
    use std::cell::{Cell, RefCell};

    use futures_util::StreamExt;
    use futures_util::stream::FuturesUnordered;
    use tokio::task::yield_now;

    use super::*;

    /// Makes so many objects, some at a time. Gives the number of looks, and how many were made when the first was known.
    async fn making(count: usize, width: usize) -> (usize, usize) {
        let list = Arc::new(WatchedList::default());
        let of_step = (0..count).map(|n| (n, list.clone())).collect();
        let lookout = Lookout { of_step, touched: Mutex::default() };
        let (looks, made, known) = (Cell::new(0), Cell::new(0), Cell::new(None));
        let answered = RefCell::new(Vec::new());
        let one = async |n: usize| {
            yield_now().await;
            made.set(made.get() + 1);
            answered.borrow_mut().push(n);
            let look = async || {
                looks.set(looks.get() + 1);
                let seen: Vec<usize> = answered.borrow().clone();
                yield_now().await;
                Ok(Arc::new(seen.iter().map(|n| (n.to_string(), Some(Value::Null))).collect()))
            };
            let seen = lookout.of_step[&n].see(look).await.unwrap();
            assert!(seen.contains_key(&n.to_string()), "a look that began before is none");
            known.set(known.get().or(Some(made.get())));
        };
        let (mut next, mut running) = (0, FuturesUnordered::new());
        let mut landed = 0;
        loop {
            while next < count && next < landed + width {
                lookout.begins(next);
                running.push(one(next));
                next += 1;
            }
            lookout.rests();
            tokio::select! {
                biased;
                ended = running.next() => {
                    if ended.is_none() {
                        break;
                    }
                }
                () = yield_now() => {}
            }
            let answered = answered.borrow();
            answered[landed..].iter().for_each(|n| lookout.is_through(*n));
            landed = answered.len();
        }
        (looks.get(), known.get().unwrap_or_default())
    }

    #[tokio::test]
    async fn few_looks_find_many_and_the_first_does_not_wait_for_the_last() {
        for (count, width, most) in
            [(1, 1, 1), (2, 2, 2), (8, 8, 2), (320, 1, 5), (320, 8, 5), (320, 320, 4), (1_000, 16, 6)]
        {
            let (looks, made) = making(count, width).await;
            assert!((1..=most).contains(&looks), "{count} by {width}: {looks} looks");
            assert!(
                count < 10 || width > 8 || made < count / 4,
                "{count} by {width}: the first was known after {made}"
            );
        }
    }
}
