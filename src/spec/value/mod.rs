//! Values by type: the form in which two are compared, the form in which one is written, what a file may say, what
//! stays in one that is written, and the references in one. Each is a visitor of the walks over types.

mod check;
mod compared;
mod given;
mod json_schema;
mod kept;
mod references;
mod repeated;
mod schema_cost;
mod written;

pub(crate) use check::{TypeError, check};
pub use compared::canonical;
pub(crate) use given::{gives_something, is_any, without_nothing};
pub(crate) use json_schema::{Breach, JsonSchema, NoSchema};
pub(crate) use kept::{ItemWord, as_declared, item_key_field, item_of_text, item_words, keep_undeclared};
pub(crate) use references::{ReferenceForm, swap_references};
pub(crate) use repeated::repeated;
pub(crate) use written::{lines_behind, text_wanted, written};
