//! Trueup keeps whole network topologies true to git.
//!
//! Data travels one way. YAML is read ([`source`]), given meaning ([`topology`]) and checked ([`check`]); the APIs are
//! observed ([`observe`]); both are compared ([`diff`]) and become one ordered [`plan`] of API calls, which is shown
//! ([`render`]) or carried out ([`apply`]). What can be said about an API is the vocabulary of [`spec`]; what is said
//! about each stands in `providers` as tables.

pub mod address;
pub mod apply;
pub mod attr;

pub mod check;
pub mod cli;
pub mod diff;
pub mod digest;
pub mod finding;
pub mod graph;
pub mod journal;
pub mod ledger;
pub mod observe;
pub mod plan;
pub mod private;
pub mod providers;
pub mod render;
pub mod schema;
pub mod secret;
pub mod session;
pub mod sim;
pub mod source;
pub mod spec;
pub mod suggest;
pub mod topology;
pub mod wire;
