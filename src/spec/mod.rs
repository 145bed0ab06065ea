//! The vocabulary in which kinds are declared: what can be said about an API.
//!
//! It is closed. A new word needs two kinds that use it; one odd kind uses a hook. Nothing here does I/O.

mod action;
mod api;
mod auth;
mod certificate;
mod declared;
mod field;
mod kind;
mod lines;
mod lint;
mod poll;
mod provider;
mod read;
mod types;
mod value;
mod versions;

pub use action::{Action, Artifact, action, artifact};
pub use api::{Api, Body, CallSpec, Detail, Envelope, Join, List, Paging, Reply, States, call};
pub use auth::{Auth, ClientCredentials, Elsewhere, Environments, Folder, TokenForm};
pub use declared::{Declared, DeclaredKey, KeysIn, Open, PlainType};
pub use field::{
    AtCreate, Change, Disruption, Evidence, Field, Flow, InUpdates, Removal, Secrecy, Switch, field, output,
};
pub use kind::{Class, Destroys, Hooks, Identity, Issue, Kind, Made};
pub use lines::by_first_word;
pub use lint::{lint, placeholders};
pub use poll::{Log, Poll, Shows, Until};
pub use provider::{Coverage, Dialect, Endpoint, Provider, ServerVersion, endpoint};
pub use read::{lookup, read};
pub use types::{Folders, Packing, Type};
pub use value::{Mismatch, Reference, Swap, canonical, check, swap_references, written};
pub use versions::Versions;
