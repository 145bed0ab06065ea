//! Values by type: the form in which two are compared, the form in which one is written, what a file may say, and the
//! references in one. Each is a visitor of the walks over types.

mod check;
mod compared;
mod given;
mod references;
mod written;

pub(crate) use check::{TypeError, check};
pub use compared::canonical;
pub(crate) use given::{gives_something, is_any, without_nothing};
pub(crate) use references::{ReferenceForm, swap_references};
pub(crate) use written::{text_wanted, written};
