//! The vocabulary in which kinds are declared: what can be said about an API.
//!
//! It is closed: a new word takes the place of others, as a test counts them, and two kinds use it; one odd kind uses a
//! hook. How one thing is spelt is no word but a `ValueFormat`. Nothing here does I/O.
//!
//! * `provider`, `kind`, `relation`, `field`, `types`, `format`: what there is
//! * `api`, `calls`, `template`, `poll`, `condition`: how it is asked and told
//! * `value`, `walk`, `read`, `default`, `lines`: values by their types
//! * `grammar`, `names`, `declared`: texts that name other objects
//! * `fabric`: what the parts of a fabric are
//! * `action`, `auth`, `installation`, `certificate`: what is asked for besides
//! * `halves`: what its objects are to a fabric
//! * `traffic`: what objects mean to packets, which no call asks for
//! * `lint`: the net under all of it

mod action;
mod api;
mod auth;
mod calls;
mod certificate;
mod condition;
mod declared;
mod default;
mod fabric;
mod field;
mod format;
mod grammar;
mod halves;
mod installation;
mod kind;
mod lines;
#[cfg(test)]
mod lint;
mod names;
mod poll;
mod provider;
mod read;
mod relation;
mod template;
mod traffic;
mod types;
mod value;
mod walk;

pub use action::Artifact;
pub(crate) use action::{Action, action, artifact};
#[cfg(test)]
pub(crate) use api::Reshape;
pub(crate) use api::{Api, Body, CallSpec, Detail, Envelope, List, Paging, States, call};
pub use auth::Auth;
pub(crate) use auth::{ClientCredentials, Elsewhere, Environments, TokenForm, UserFolder};
#[cfg(test)]
pub(crate) use calls::is_same_path;
pub(crate) use calls::{CallPlace, TableCall};
pub(crate) use condition::{Condition, Given};
pub(crate) use declared::{DeclaredKey, DeclaredKeys, Open, PlainType};
pub(crate) use default::DefaultValue;
pub(crate) use fabric::{
    ControllerFields, FabricTable, FirewallFields, HalfFields, MeshFields, NeighbourFields, PairFields, RouteFields,
};
pub use field::{Change, Field};
pub(crate) use field::{Disruption, Sent, field, output};
pub(crate) use format::{
    CERTIFICATE, EXPIRY, INTERFACE, LINE, MAC, NUMBER, PORT_NUMBER, VALIDITY, ValueFormat, out_of_bounds, whole_number,
    whole_numbers,
};
#[cfg(test)]
pub(crate) use format::{CIDR, IP};
pub(crate) use grammar::{
    By, Called, DocumentsIn, Grammar, HasValue, NameSpot, Named, ReadDocuments, any_word, first_word,
};
pub(crate) use halves::{Halves, HalvesHealth};
pub(crate) use installation::{InstallationProof, Strength, certificate_proof};
pub(crate) use kind::OneTimeOutput;
pub use kind::{Identity, Kind};
pub(crate) use lines::by_first_word;
#[cfg(test)]
pub(crate) use lint::lint;
pub(crate) use names::Names;
pub(crate) use poll::{Poll, Until};
pub use provider::Provider;
#[cfg(test)]
pub(crate) use provider::caller;
pub(crate) use provider::{Coverage, Dialect, Endpoint, Extent, IdScheme, ServerVersion, endpoint};
pub(crate) use read::{lookup, read};
pub(crate) use relation::{AutoCreated, Relation};
pub use template::PathTemplate;
pub(crate) use template::{BodyTemplate, OpenPath, TextTemplate, Word};
pub(crate) use traffic::{
    AnnouncedNetworks, FilterRule, FilterTable, LeadingTable, NeighbourTable, SelectorTable, SessionTable, TrafficTable,
};
pub use types::Type;
pub(crate) use types::{EVERYBODY, Folders, Packing};
pub use value::canonical;
pub(crate) use value::{
    Breach, ItemWord, JsonSchema, NoSchema, ReferenceForm, TypeError, as_declared, check, gives_something, is_any,
    item_key_field, item_of_text, item_words, keep_undeclared, lines_behind, repeated, swap_references, text_wanted,
    without_nothing, written,
};
pub(crate) use walk::{Descend, Shape, TypeSlot, WalkStep, edit_down, edit_up, kinds_named, visit, visit_types};
