//! Trueup keeps whole network topologies true to git.
//!
//! Data travels one way. YAML is read ([`source`]), given meaning ([`topology`]) and checked ([`check`]); the APIs are
//! observed ([`observe`]) and give the [`state`]; both are compared ([`diff`]) and become one ordered [`plan`] of API calls, which is shown
//! ([`render`]) or carried out ([`apply`]). What can be said about an API is the vocabulary of [`spec`]; what is said
//! about each stands in `providers` as tables.
//!
//! | floor, from the top | modules |
//! |---|---|
//! | commands, and how results are shown | `cli`, `render` |
//! | what waits, asks and writes | `session`, `observe`, `apply`, `verify`, `journal`, `ledger`, `snapshot` |
//! | pure | `diff`, `plan`, `undo` |
//! | what the files say; what is there, and what was applied | `source`, `topology`, `fabric`, `schema`, `check`; `state` |
//! | the APIs, as tables | `providers`, in the words of `spec` |
//! | ground | `graph`, `address`, `secret`, `attr`, `finding`, `suggest`, `digest`, `private`, `program`, `redact` |
//!
//! A module uses its own floor and those below; `docs/ARCHITECTURE.md` follows one value through all of them.

mod address;
mod apply;
mod attr;
mod check;
pub mod cli;
mod diff;
mod digest;
mod fabric;
mod finding;
mod graph;
mod journal;
mod ledger;
mod observe;
mod plan;
mod private;
mod program;
mod providers;
mod redact;
mod render;
mod schema;
mod secret;
mod session;
mod snapshot;
mod source;
mod spec;
mod state;
mod suggest;
mod topology;
mod undo;
mod verify;

/// The parts that the tests in `tests/` drive one by one. No interface for anybody else: it changes with any commit.
#[doc(hidden)]
pub mod parts {
    pub use crate::address::Address;
    pub use crate::apply::{Executor, Outcome, Progress, Report};
    pub use crate::attr::Attr;
    pub use crate::diff::connections::FabricFinding;
    pub use crate::diff::diff;
    pub use crate::diff::export::{DeclaredObjects, Export, export};
    pub use crate::diff::verdict::{Decision, Verdict};
    pub use crate::fabric::origin_path::FabricOrigin;
    pub use crate::finding::Finding;
    pub use crate::journal::{Journal, JournalLine};
    pub use crate::ledger::Ledger;
    pub use crate::observe::{Lists, ObserveError, Observer, Scope, Sights};
    pub use crate::plan::{Plan, Step, plan};
    pub use crate::providers::CATALOGUE;
    pub use crate::redact::Redactor;
    pub use crate::render::PlanDocument;
    pub use crate::session::{CallError, CallSite, Clock, Http, Passing, RequestBody, Session, Waiting};
    pub use crate::spec::{Artifact, Auth, Change, Field, Identity, Kind, PathTemplate, Provider, Type, canonical};
    pub use crate::state::base::Base;
    pub use crate::state::live::Observed;
    pub use crate::topology::{Tls, Topology};
    pub use crate::verify::{Contradiction, FabricHealth, HealthLook, RunClaims, verify};

    /// Matching live objects with names.
    pub mod matching {
        pub use crate::diff::matching::index;
    }
    /// Where the ledger's journals are.
    pub mod ledger {
        pub use crate::ledger::journal_folder;
    }
    /// YAML in and out.
    pub mod source {
        pub use crate::source::{read_as, yaml};
    }
    /// Reading a workspace.
    pub mod topology {
        pub use crate::topology::{FileSource, Options, load};
    }
}
