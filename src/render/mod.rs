//! How results are shown: one document each, and every form rendered from it.
//!
//! Summary first, what destroys last and loud, what is as it should be as a number. Nothing in here decides anything.
//!
//! * `document`: the plan as a versioned document, from which all forms are made
//! * `text`, `markdown`, `drift`, `report`, `graph`, `blind`, `secrets`: the forms; `steps`, `summary`, `sequence`, `values`, `words`:
//!   their parts
//! * `fabric`: what a plan does to connections, meshes and sites
//! * `expansion`: what a fabric comes to
//! * `history`: what is told of runs that were
//! * `findings`: what is wrong, at its place; `progress`, `screen`: how a run goes; `page`: lines of text

pub(crate) mod blind;
pub(crate) mod document;
pub(crate) mod drift;
pub(crate) mod expansion;
mod fabric;
pub(crate) mod findings;
pub(crate) mod graph;
pub(crate) mod history;
pub(crate) mod markdown;
pub(crate) mod progress;
pub(crate) mod report;
mod screen;
pub(crate) mod secrets;
pub(crate) mod text;

mod page;
mod sequence;
mod steps;
pub(crate) mod summary;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod validate;
mod values;
mod words;

pub use document::PlanDocument;
pub(crate) use document::{
    BackDocument, BetweenDocument, HoldDocument, KeptDocument, PlanFile, StepDocument, plan_schema,
};
pub(crate) use page::{Style, TextPage, Tone, cut};
pub(crate) use report::{ApplyDocument, apply_schema};
pub(crate) use words::{are, counted, sanitize_control};

/// A document as JSON text, with a line break at its end.
fn json(document: &impl serde::Serialize) -> String {
    // Documents hold text, numbers and JSON: writing them can't fail.
    let text = serde_json::to_string_pretty(document).unwrap_or_default();
    text + "\n"
}
