//! The targets as installations: which of them may be touched at all.
//!
//! * `standing`: one that is not where Trueup applied last
//! * `one_installation`: two that show the same one

pub(in crate::diff) mod one_installation;
pub(crate) mod standing;
