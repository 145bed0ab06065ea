//! Providers: an API's dialect, its kinds, and which of its endpoints they cover.

use std::time::Duration;

use crate::spec::{
    Action, Artifact, Auth, CallPlace, FabricTable, Field, Halves, Identity, InstallationProof, Kind, Strength,
    TableCall, TrafficTable, Type,
};
use wire::Method;

/// One API.
#[derive(Debug, Clone, Copy)]
pub struct Provider {
    /// The key in YAML.
    pub name: &'static str,
    /// The product's name.
    pub title: &'static str,
    /// One sentence: what it is.
    pub doc: &'static str,
    /// How the API is spoken to.
    pub dialect: Dialect,
    /// Its kinds; parents before their children.
    pub kinds: &'static [&'static Kind],
    /// The actions that it carries out on request, as a reboot.
    pub actions: &'static [Action],
    /// The files that it hands out, as a clientpack.
    pub artifacts: &'static [Artifact],
    /// What the parts of a fabric are here; `None` where it has none.
    pub fabric: Option<&'static FabricTable>,
    /// Every endpoint of the reference texts in their order, a line each: verb and path, as the texts print them.
    pub documented: &'static str,
    /// The documented endpoints that no kind, action or artifact covers: why. Of those that several cover alike, the one
    /// that is meant, where it is not the first.
    pub endpoints: &'static [Endpoint],
    /// What its objects are to a fabric; `None` where they are no halves of connections.
    pub(crate) halves: Option<Halves>,
    /// What its objects mean to packets, for rules over a topology.
    pub traffic: TrafficTable,
}

impl Provider {
    /// The kind of that name.
    pub fn kind(&self, name: &str) -> Option<&'static Kind> {
        self.kinds.iter().find(|kind| kind.name == name).copied()
    }

    /// The kind whose resources a field of another kind may spell out where it names them: it lives beside that kind, and its
    /// resources go by name.
    pub(crate) fn spelt_out_in(&self, kind: &Kind, field: &Field) -> Option<&'static Kind> {
        let Type::Set(Type::Ref(name)) = field.ty else { return None };
        let is_beside = |other: &&'static Kind| {
            other.parent == kind.parent
                && other.is_declarative()
                && matches!(other.identity, Identity::Name(_) | Identity::CaselessName(_))
        };
        self.kind(name).filter(is_beside)
    }

    /// Every documented endpoint and what covers it: what the table of the others says, else what calls it.
    pub(crate) fn coverage(&self) -> Vec<Endpoint> {
        let calls = self.calls();
        let covered = |(method, path)| {
            let told = self.endpoints.iter().find(|told| (told.method, told.path) == (method, path));
            let by = told.map(|endpoint| endpoint.by).or_else(|| caller(&calls, method, path));
            Endpoint { method, path, by: by.unwrap_or(Coverage::Unused("")) }
        };
        self.documented().map(covered).collect()
    }

    /// The endpoints of the reference texts: verb and path.
    pub(crate) fn documented(&self) -> impl Iterator<Item = (Method, &'static str)> {
        self.documented.lines().filter_map(|line| {
            let (method, path) = line.split_once(' ')?;
            Some((Method::parse(method)?, path))
        })
    }

    /// Every request that its tables can make, and what makes it.
    pub(crate) fn calls(&self) -> Vec<(Coverage, TableCall)> {
        let of_kinds = self.kinds.iter().flat_map(|kind| by(Coverage::Kind(kind.name), kind.calls()));
        let of_actions = self.actions.iter().flat_map(|action| by(Coverage::Action(action.name), action.calls()));
        let of_artifacts =
            self.artifacts.iter().flat_map(|artifact| by(Coverage::Artifact(artifact.name), artifact.calls()));
        of_kinds.chain(of_actions).chain(of_artifacts).collect()
    }

    /// The kinds that live in a kind, or directly in the target.
    pub fn children(&self, parent: Option<&str>) -> impl Iterator<Item = &'static Kind> {
        self.kinds.iter().copied().filter(move |kind| kind.parent == parent)
    }
}

impl Kind {
    /// The field that a key means which ends in `Name` where the field's own name ends in `Id`: files give names, whatever is
    /// sent.
    pub(crate) fn field_by_name(&self, key: &str) -> Option<&'static Field> {
        let stem = key.strip_suffix("Name").filter(|_| self.field(key).is_none())?;
        let is_meant = |field: &&Field| matches!(field.ty, Type::Ref(_)) && field.name.strip_suffix("Id") == Some(stem);
        self.fields.iter().find(is_meant)
    }
}

/// The dialect that all kinds of an API share: login, headers, limits, error messages.
#[derive(Debug, Clone, Copy)]
pub struct Dialect {
    /// An example of `at`, for messages.
    pub example: &'static str,
    /// How requests prove who asks.
    pub auth: Auth,
    /// The fields of a target's `credentials`.
    pub credentials: &'static [Field],
    /// The settings that a target takes besides, such as the tenant.
    pub settings: &'static [Field],
    /// Headers of every request; values may hold placeholders.
    pub headers: &'static [(&'static str, &'static str)],
    /// The content type of files that are sent.
    pub file_type: &'static str,
    /// Where an error reply holds its message, tried in order: keys by dots.
    pub messages: &'static [&'static str],
    /// The forms of an error of the API itself: the places that all hold something in each, keys by dots. Whatever answers
    /// in none of them is not the API: a proxy, a login page.
    pub errors: &'static [&'static [&'static str]],
    /// The places where an answer that says success holds an error besides, as in `{"error": "busy"}`. Below the top it is
    /// one where it has a message, or where nothing stands beside it.
    pub errors_in_success: &'static [&'static str],
    /// How the server's version is found.
    pub version: ServerVersion,
    /// The reads that tell one installation from another.
    pub proofs: &'static [InstallationProof],
    /// What proves which installation answers, and is another thing once an object of a kind is written, as the public key
    /// is with a new certificate: the kind, and the proof.
    pub renewed_proofs: &'static [(&'static str, Strength)],
    /// The settings that name a part of an installation, such as the tenant: another value means another place, though the
    /// same one proves nothing.
    pub within: &'static [&'static str],
    /// How much of it a target is, besides.
    pub extent: Extent,
    /// Requests with an effect that may be under way at once.
    pub writers: usize,
    /// Reads that may be under way at once.
    pub readers: usize,
    /// Time after which an answer is not expected any more.
    pub timeout: Duration,
    /// Statuses that say "later": tried again without asking whether the request had its effect.
    pub retry_statuses: &'static [u16],
    /// For how long a server that has answered before may be away, as while it restarts: reads, and calls that were not
    /// even heard, are tried again for that long.
    pub restart_window: Duration,
    /// For how long a new object may answer 403 or 404 although it was made.
    pub visibility_lag: Duration,
    /// Whether an id may come to name another object.
    pub ids: IdScheme,
    /// Remedies of errors: status, part of the message, remedy. The first that fits; an empty one leaves it to the general
    /// remedy of that status.
    pub remedies: &'static [(u16, &'static str, &'static str)],
}

impl Dialect {
    /// Says whether the object of a kind is the login itself: it holds the password that opens.
    pub(crate) fn is_login(&self, kind: &Kind) -> bool {
        matches!(self.auth, Auth::Basic { set_by: Some(name), .. } if name == kind.name)
    }

    /// The proofs that are another thing once an object of a kind is written.
    pub(crate) fn renewed_by(&self, kind: &Kind) -> Vec<Strength> {
        let renewed = self.renewed_proofs.iter().filter(|(name, _)| *name == kind.name);
        renewed.map(|(_, strength)| *strength).collect()
    }
}

/// How much of an installation a target is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// All of it: who looks after a part of it under another name undoes what this one declares.
    Whole,
    /// What it declares and owns: several accounts of one organisation look after networks of their own.
    Declared,
}

/// Whether an API hands out the id of a removed object again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IdScheme {
    /// Never: an id names one object for all time, as a UUID does.
    Lasting,
    /// It does, or counts from 1 again once the installation is built anew, as small numbers do: an id proves nothing.
    Reissued,
}

/// How the server's version is found.
#[derive(Debug, Clone, Copy)]
pub enum ServerVersion {
    /// It makes no difference.
    Irrelevant,
    /// One read, before anything else.
    Read {
        /// Path with query.
        path: &'static str,
        /// Where the reply holds it.
        at: &'static str,
    },
    /// It counts as this one, even if it says otherwise.
    Fixed(&'static str),
}

/// One endpoint of the reference texts.
#[derive(Debug, Clone, Copy)]
pub struct Endpoint {
    /// The verb.
    pub method: Method,
    /// The path as the reference prints it.
    pub path: &'static str,
    /// Its coverage.
    pub by: Coverage,
}

/// The part of the program that covers an endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Coverage {
    /// This declarative or read-only kind.
    Kind(&'static str),
    /// An explicit command.
    Action(&'static str),
    /// A file to fetch.
    Artifact(&'static str),
    /// Used by the program itself: why.
    Session(&'static str),
    /// Deliberately not used: why.
    Unused(&'static str),
}

/// What calls an endpoint: of several, the first one whose own call it is; looks at what a call started count least.
pub(crate) fn caller(calls: &[(Coverage, TableCall)], method: Method, path: &str) -> Option<Coverage> {
    let here = calls.iter().filter(|(_, call)| call.is_at(method, path));
    here.min_by_key(|(by, call)| rank(*by, call.place)).map(|(by, _)| *by)
}

fn by(coverage: Coverage, calls: Vec<TableCall>) -> impl Iterator<Item = (Coverage, TableCall)> {
    calls.into_iter().map(move |call| (coverage, call))
}

/// How near an endpoint is to what calls it, nearest first.
fn rank(by: Coverage, place: CallPlace) -> (usize, CallPlace) {
    let class = match (by, place) {
        (_, CallPlace::Wait | CallPlace::Log | CallPlace::Cancel) => 3,
        (Coverage::Kind(_), _) => 0,
        (Coverage::Action(_), _) => 1,
        (Coverage::Artifact(_) | Coverage::Session(_) | Coverage::Unused(_), _) => 2,
    };
    (class, place)
}

/// An endpoint with its coverage.
pub(crate) const fn endpoint(method: Method, path: &'static str, by: Coverage) -> Endpoint {
    Endpoint { method, path, by }
}
