//! One look at one target: its lists, level by level.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use futures_util::future::join_all;
use serde_json::Value;

use crate::address::Address;
use crate::attr::Attr;
use crate::diff::matching::identity_of;
use crate::observe::ids::Ids;
use crate::observe::{ObserveError, Observer, Scope, auto_created, proofs, tell_known_key};
use crate::session::{CallError, CallFailure, Session};
use crate::spec::{
    Detail, Envelope, Identity, InstallationProof, Kind, List, Paging, PathTemplate, Word, lookup, read,
};
use crate::state::IdentityKey;
use crate::state::installation::ShownProofs;
use crate::state::live::{Collection, Live, Seen, text, with_id};
use crate::topology::{Resource, Target};
use wire::Method;

/// One look at one target.
pub(super) struct Look<'l> {
    pub(super) observer: &'l Observer<'l>,
    pub(super) session: &'l Session,
    pub(super) target: &'l Target,
    pub(super) wanted: &'l BTreeSet<&'static str>,
    /// Those of them that the target may refuse to show.
    pub(super) optional: &'l BTreeSet<&'static str>,
    /// The proofs of the installation.
    pub(super) proofs: ShownProofs,
    pub(super) troubles: Vec<ObserveError>,
}

/// An object around others: its address and its kind, and the object.
pub(super) type Around<'a> = (&'a Address, &'static Kind, &'a Live);

/// The answers of the lists of one level, with the number of kinds that still have to read each.
struct Answers(BTreeMap<String, (Result<Answer, CallError>, usize)>);

/// One answer: a whole reply, of which each kind takes its part, or the objects of all pages.
#[derive(Clone)]
enum Answer {
    Whole(Value),
    Objects(Vec<Value>),
}

impl Answers {
    /// The objects that a kind finds in an answer. The last one to read it gets it without a copy.
    fn take(&mut self, session: &Session, path: &str, at: Envelope) -> Result<Vec<Value>, CallError> {
        let Some((answer, readers)) = self.0.get_mut(path) else { return Ok(Vec::new()) };
        *readers = readers.saturating_sub(1);
        let answer =
            if *readers == 0 { std::mem::replace(answer, Ok(Answer::Objects(Vec::new()))) } else { answer.clone() };
        match answer? {
            Answer::Whole(mut reply) => session.objects(path, at, &mut reply),
            Answer::Objects(objects) => Ok(objects),
        }
    }
}

impl Look<'_> {
    /// All wanted collections of one level: directly below the target, or in one object.
    pub(super) async fn level(&mut self, parent: Option<Around<'_>>, ids: Option<&Ids<'_>>) -> Vec<Collection> {
        let kinds: Vec<&'static Kind> = self
            .target
            .provider
            .children(parent.map(|(_, kind, _)| kind.name))
            .filter(|kind| self.wanted.contains(kind.name))
            .collect();
        let reads = if parent.is_none() { proofs::reads(self.session, self.target) } else { Vec::new() };
        let mut answers = self.ask(&kinds, &reads, parent.map(|(address, ..)| address), ids).await;
        let mut collections = Vec::with_capacity(kinds.len());
        for kind in kinds {
            let mut seen = match self.list(kind) {
                List::Nowhere if kind.identity.is_single() => self.unreadable(kind, parent),
                // The server is one of those that know no such things.
                List::Nowhere => Seen::Objects(Vec::new()),
                List::Inside(key) => inside(kind, key, parent),
                List::Call { path, at, .. } => match answers.take(self.session, &self.fill(path, ids), at) {
                    Ok(_) if self.target.provider.dialect.is_login(kind) => {
                        Seen::Objects(vec![Live::new(kind, self.session.login())])
                    }
                    // The whole list is one resource, whether the reply names it as a list or as one thing.
                    Ok(items) if is_sequence(kind) => self.read(kind, &self.fill(path, ids), vec![whole(items, at)]),
                    Ok(objects) => self.read(kind, &self.fill(path, ids), objects),
                    // The API says in words that there can't be any yet. Where we have made some, it is wrong: a licence
                    // that ran out hides them, and removes nothing.
                    Err(error) if kind.says_gone(&error) && !self.owns_some(kind, parent) => Seen::Objects(Vec::new()),
                    Err(error) => self.unseen(kind, error),
                },
            };
            if let Seen::Objects(objects) = &mut seen
                && let Err(error) = self.join(kind, objects, &mut answers, ids)
            {
                // Half an object is worse than none: what the rows would have said would read as nothing.
                seen = self.unseen(kind, error);
            }
            if let Seen::Objects(objects) = &mut seen {
                self.learn(kind, objects);
                self.retain_managed(kind, objects, parent.map(|(address, ..)| address));
                let around = parent.map(|(address, ..)| address);
                self.details(kind, objects, around, ids).await;
                match self.contents(kind, objects, around).await {
                    Ok(()) => Box::pin(self.below(kind, objects, around, ids)).await,
                    Err(error) => seen = self.unseen(kind, error),
                }
            }
            collections.push(Collection { kind, seen });
        }
        if parent.is_none() {
            let take = |proof: &'static InstallationProof| {
                let answer = answers.take(self.session, proof.path, proof.at);
                (proof, answer.map_err(|error| self.one_of(error)))
            };
            self.proofs = proofs::shown(self.session, self.target, reads.into_iter().map(take).collect());
        }
        auto_created::mark(&mut collections, self.owned().unwrap_or(&BTreeSet::new()));
        collections
    }

    /// Takes note of what is secret in objects: an old password, which the files do not know any more, is still one.
    fn learn(&self, kind: &Kind, objects: &[Live]) {
        for field in kind.fields.iter().filter(|field| field.holds_secrets()) {
            objects.iter().for_each(|live| self.session.learn(&read(field, &live.raw)));
        }
    }

    /// A collection of which a call came to nothing. What keeps a target from answering is one thing to tell, however many
    /// lists there are, and is told without the path. What may be refused is no trouble: the plan says that it was left out.
    fn unseen(&mut self, kind: &Kind, error: CallError) -> Seen {
        let error = self.one_of(error);
        let why = error.fact();
        if !self.optional.contains(kind.name) || !error.refuses_to_show() {
            self.troubles.push(error);
        }
        Seen::Unseen(why)
    }

    /// A failed call in the words of the first that failed for the same reason: with the effort that it took, and what is
    /// known from before.
    fn one_of(&self, mut error: CallError) -> CallError {
        tell_known_key(self.observer.base, &mut error);
        let what = error.what.to_string();
        if let Some(first) = self.troubles.iter().find(|trouble| trouble.what.to_string() == what) {
            error.effort = first.effort;
        }
        error
    }

    /// The objects of a list, each of which has to be one of its kind: of one that is not, nobody knows which it was.
    fn read(&mut self, kind: &'static Kind, path: &str, objects: Vec<Value>) -> Seen {
        match objects_of(kind, objects.into_iter()) {
            Ok(objects) => Seen::Objects(objects),
            Err(why) => self.unseen(kind, self.session.site(Method::Get, path).error(CallFailure::Unreadable(why))),
        }
    }

    /// A singleton that cannot be read: if a call makes it, it counts as there once it was made.
    fn unreadable(&self, kind: &'static Kind, parent: Option<Around<'_>>) -> Seen {
        let address = match parent {
            Some((parent, ..)) => parent.child(kind.name, None),
            None => Address::new(&self.target.name, kind.name, None),
        };
        let there = kind.api.create.is_empty() || self.observer.base.entry(&address).is_some();
        Seen::Objects(there.then(|| Live::new(kind, Value::Object(Default::default()))).into_iter().collect())
    }

    /// Asks each distinct list once, all at the same time.
    async fn ask(
        &self,
        kinds: &[&'static Kind],
        reads: &[&'static InstallationProof],
        parent: Option<&Address>,
        ids: Option<&Ids<'_>>,
    ) -> Answers {
        let mut questions: BTreeMap<String, (Envelope, Option<Paging>, usize)> = BTreeMap::new();
        let mut expected: BTreeMap<String, Vec<(&'static Kind, BTreeSet<&str>)>> = BTreeMap::new();
        for kind in kinds {
            if let List::Call { path, at, paging } = self.list(kind) {
                questions.entry(self.fill(path, ids)).or_insert((at, paging, 0)).2 += 1;
                if paging.is_some() {
                    expected.entry(self.fill(path, ids)).or_default().push((kind, self.expected(kind, parent)));
                }
                for (detail, _) in self.row_reads(kind) {
                    questions.entry(self.fill(detail.read.path, ids)).or_insert((detail.read.at(), paging, 0)).2 += 1;
                }
            }
        }
        for read in reads {
            questions.entry(read.path.to_owned()).or_insert((read.at, read.paging, 0)).2 += 1;
        }
        let (session, expected) = (self.session, &expected);
        let answers = join_all(questions.into_iter().map(|(path, (at, paging, readers))| async move {
            let missing = |found: &[Value]| {
                let kinds = expected.get(&path).map(Vec::as_slice).unwrap_or_default();
                kinds.iter().flat_map(|(kind, ids)| missing(kind, ids, found)).collect()
            };
            let answer = match paging {
                None => session.get(&path).await.map(Answer::Whole),
                Some(_) => session.list_expecting(&path, at, paging, &missing).await.map(Answer::Objects),
            };
            (path, (answer, readers))
        }));
        Answers(answers.await.into_iter().collect())
    }

    /// The ids of what is owned of a kind in one place.
    fn expected<'a>(&'a self, kind: &'a Kind, parent: Option<&'a Address>) -> BTreeSet<&'a str> {
        let within = self.observer.base.owned_within(&self.target.name, parent, kind.name);
        let here = within.filter(|(address, entry)| {
            address.kind() == kind.name && address.parent().as_ref() == parent && !entry.id.is_empty()
        });
        here.map(|(_, entry)| entry.id.as_str()).collect()
    }

    /// The reads of rows that the server understands, each with the key that tells whose a row is.
    fn row_reads(&self, kind: &'static Kind) -> impl Iterator<Item = (&'static Detail, &'static str)> {
        let version = self.session.version();
        let understood = kind.api.details.iter().filter(move |detail| detail.read.when.holds_on(version));
        understood.filter_map(|detail| Some((detail, detail.row_key()?)))
    }

    fn fill(&self, path: &'static str, ids: Option<&Ids<'_>>) -> String {
        PathTemplate::of(path).text(&|word| match word {
            Word::Target(setting) => self.setting(setting),
            Word::Parent(levels, word) => ids?.word(*levels, word),
            Word::Id | Word::Name | Word::Job | Word::Field(_) => None,
        })
    }

    /// A setting of the target.
    pub(super) fn setting(&self, name: &str) -> Option<String> {
        self.target.settings.get(name).and_then(Attr::to_text)
    }

    /// Puts the rows of further reads into the objects of the list.
    fn join(
        &self,
        kind: &'static Kind,
        objects: &mut [Live],
        answers: &mut Answers,
        ids: Option<&Ids<'_>>,
    ) -> Result<(), CallError> {
        for (detail, key) in self.row_reads(kind) {
            let rows = answers.take(self.session, &self.fill(detail.read.path, ids), detail.read.at())?;
            let mut by_object: BTreeMap<String, Vec<Value>> = BTreeMap::new();
            for row in rows {
                if let Some(key) = lookup(&row, key).map(text) {
                    by_object.entry(key).or_default().push(row);
                }
            }
            for live in objects.iter_mut() {
                let rows = by_object.remove(&live.id).unwrap_or_default();
                if let (Value::Object(map), [key]) = (&mut live.raw, detail.fields) {
                    map.insert((*key).to_owned(), Value::Array(rows));
                }
            }
        }
        if self.row_reads(kind).next().is_some() {
            objects.iter_mut().for_each(|live| *live = Live::new(kind, live.raw.take()));
        }
        Ok(())
    }

    /// Goes down into the objects that something is declared in, or into all.
    async fn below(
        &mut self,
        kind: &'static Kind,
        objects: &mut [Live],
        parent: Option<&Address>,
        ids: Option<&Ids<'_>>,
    ) {
        if self.target.provider.children(Some(kind.name)).all(|child| !self.wanted.contains(child.name)) {
            return;
        }
        let declared: BTreeMap<IdentityKey, Address> = self
            .declared(kind, parent)
            .filter_map(|resource| Some((identity_of(resource)?, resource.address.clone())))
            .collect();
        for live in objects {
            let known = live.identity(kind).and_then(|identity| declared.get(&identity)).cloned();
            let inside =
                self.target.provider.children(Some(kind.name)).all(|child| matches!(self.list(child), List::Inside(_)));
            let address = match known {
                Some(address) if inside || self.concerns(&address) => address,
                Some(_) => continue,
                // A thing inside its parent costs nothing to look at.
                // What lives in somebody else's is theirs.
                None if live.is_of_another() => continue,
                None if inside || self.observer.scope.is_for_all() || self.owns(kind, live) => {
                    let name = crate::diff::naming::given_name(kind, live);
                    match parent {
                        Some(parent) => parent.child(kind.name, name.as_deref()),
                        None => Address::new(&self.target.name, kind.name, name.as_deref()),
                    }
                }
                None => continue,
            };
            let around = Ids { kind, live, above: ids };
            let children = self.level(Some((&address, kind, live)), Some(&around)).await;
            live.children = children;
        }
    }

    /// How the objects of a kind are read from this server.
    fn list(&self, kind: &Kind) -> List {
        kind.api.list_on(self.session.version())
    }

    /// Says whether a declared resource is one of those that are looked for, or something lives in it that is.
    pub(super) fn concerns(&self, address: &Address) -> bool {
        match self.observer.scope {
            Scope::Lists(lists) => lists.concern(address),
            Scope::Declared | Scope::Everything | Scope::EverythingShown | Scope::Kind(_) => true,
        }
    }

    /// Says whether an object may be an owned one: it has the identity or, where that may have changed, the id of one.
    fn owns(&self, kind: &'static Kind, live: &Live) -> bool {
        let around = &self.observer.interests.around;
        let is_known = |key| around.contains(&(self.target.name.as_str(), kind.name, key));
        live.identity(kind).is_some_and(is_known) || self.owned().is_some_and(|owned| owned.contains(live.id.as_str()))
    }

    /// The ids that the ledger has of this target's objects.
    fn owned(&self) -> Option<&BTreeSet<&str>> {
        self.observer.interests.owned.get(self.target.name.as_str())
    }

    /// Says whether the ledger knows an object of a kind in this place.
    fn owns_some(&self, kind: &Kind, parent: Option<Around<'_>>) -> bool {
        let parent = parent.map(|(address, ..)| address);
        self.observer.base.owned_within(&self.target.name, parent, kind.name).next().is_some()
    }

    pub(super) fn declared(&self, kind: &'static Kind, parent: Option<&Address>) -> impl Iterator<Item = &Resource> {
        let place = (self.target.name.as_str(), parent.cloned(), kind.name);
        self.observer.interests.groups.get(&place).into_iter().flatten().copied()
    }
}

/// The ids that do not show among these objects.
fn missing(kind: &'static Kind, ids: &BTreeSet<&str>, found: &[Value]) -> BTreeSet<String> {
    let mut missing: BTreeSet<String> = ids.iter().map(|id| (*id).to_owned()).collect();
    for raw in found {
        if missing.is_empty() {
            break;
        }
        missing.remove(&Live::id_in(kind, raw));
    }
    missing
}

fn is_sequence(kind: &Kind) -> bool {
    matches!(kind.identity, Identity::Sequence { .. })
}

/// The items of a sequence as one value. What the reply names as one thing holds them; an item may be a list, too.
fn whole(mut items: Vec<Value>, at: Envelope) -> Value {
    match (at, items.as_mut_slice()) {
        (Envelope::One(_), [Value::Array(list)]) => Value::Array(std::mem::take(list)),
        _ => Value::Array(items),
    }
}

/// Objects inside the parent's payload: a list, or a map whose keys are ids.
fn inside(kind: &'static Kind, key: &str, parent: Option<Around<'_>>) -> Seen {
    let Some((_, _, live)) = parent else { return Seen::Unseen("it has no parent".into()) };
    match lookup(&live.raw, key) {
        None | Some(Value::Null) => Seen::Objects(Vec::new()),
        Some(Value::Array(items)) => seen(objects_of(kind, items.iter().cloned())),
        Some(Value::Object(map)) => seen(objects_of(kind, map.iter().map(|(id, raw)| with_id(id, raw).into_owned()))),
        Some(_) => Seen::Unseen(format!("`{key}` is neither a list nor a map")),
    }
}

fn seen(objects: Result<Vec<Live>, String>) -> Seen {
    objects.map_or_else(Seen::Unseen, Seen::Objects)
}

/// The objects of a kind that stand in a list, or why it can't be read.
fn objects_of(kind: &'static Kind, raw: impl Iterator<Item = Value>) -> Result<Vec<Live>, String> {
    let one = |raw| {
        let live = Live::new(kind, raw);
        live.misfit(kind).map_or(Ok(live), Err)
    };
    raw.map(one).collect()
}
