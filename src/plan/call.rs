//! A request of a step, as data.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::attr::Attr;
use crate::spec::{CallSpec, Envelope, OpenPath, Paging, Poll};
use crate::topology::FileContent;
use wire::Method;

/// One request, as data.
#[derive(Debug, Clone)]
pub struct Call {
    /// The verb.
    pub method: Method,
    /// Path with query below the target's URL: text, or a template with holes.
    pub path: Attr,
    /// What is sent.
    pub body: Payload,
    /// What the kind says about its reply and about waiting.
    pub spec: &'static CallSpec,
    /// What it is for, when it is not the step's main call.
    pub purpose: CallPurpose,
    /// What the polls after it need: their paths, those of the call's `wait` before those of outputs.
    pub polls: Vec<OpenPath<Attr>>,
    /// The list in which the object shows that it makes, where the reply does not hold it.
    pub(crate) shows_in: Option<ResultList>,
}

impl Call {
    /// The polls after it, with their paths.
    pub(crate) fn waits(&self) -> impl Iterator<Item = (&'static Poll, &OpenPath<Attr>)> {
        self.spec.wait.iter().chain(std::iter::repeat(Poll::OUTPUTS)).zip(&self.polls)
    }
}

/// A list in which a step's result shows.
#[derive(Debug, Clone)]
pub(crate) struct ResultList {
    /// Path with query below the target's URL: text, or a template with holes.
    pub path: Attr,
    /// Where a reply holds the objects.
    pub at: Envelope,
    /// How pages follow each other, if there are any.
    pub paging: Option<Paging>,
}

/// What a call sends.
#[derive(Debug, Clone)]
pub enum Payload {
    /// Nothing.
    None,
    /// JSON.
    Json(Attr),
    /// A file's bytes.
    File(FileContent),
}

/// What a call does within its step.
#[derive(Debug, Clone, PartialEq)]
pub enum CallPurpose {
    /// Makes the object.
    Create,
    /// Changes fields in place.
    Update,
    /// Changes one item of a list that others share.
    Item,
    /// Sets one field by a call of its own.
    Field(&'static str),
    /// Prepares the call behind it.
    Prepare,
    /// Removes the object.
    Remove,
    /// Asks for a one-time output, which the reply holds at this path.
    Issue {
        /// The output.
        field: &'static str,
        /// Where the reply holds it.
        at: &'static str,
    },
}

/// The word for the purpose of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum PurposeWord {
    /// It makes the object.
    Create,
    /// It changes fields in place.
    Update,
    /// It changes one item of a list.
    Item,
    /// It sets one field.
    Field,
    /// It prepares the request behind it.
    Prepare,
    /// It removes the object.
    Remove,
    /// It asks for a one-time output.
    Issue,
}

impl CallPurpose {
    /// The word for it, and the field that it is for when it is for one alone.
    pub(crate) fn words(&self) -> (PurposeWord, Option<&'static str>) {
        match self {
            CallPurpose::Create => (PurposeWord::Create, None),
            CallPurpose::Update => (PurposeWord::Update, None),
            CallPurpose::Item => (PurposeWord::Item, None),
            CallPurpose::Field(field) => (PurposeWord::Field, Some(field)),
            CallPurpose::Prepare => (PurposeWord::Prepare, None),
            CallPurpose::Remove => (PurposeWord::Remove, None),
            CallPurpose::Issue { field, .. } => (PurposeWord::Issue, Some(field)),
        }
    }
}
