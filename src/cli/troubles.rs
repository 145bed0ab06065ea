//! Things that could not be looked at, each told once: in the plan where one is read, on stderr with the call where that
//! matters.

use std::collections::{BTreeMap, BTreeSet};

use crate::cli::common::ConnectedWorkspace;
use crate::diff::verdict::UNSEEN;
use crate::plan::Plan;
use crate::render::{HoldDocument, PlanDocument, counted, sanitize_control};
use crate::session::CallError;

impl ConnectedWorkspace {
    /// The document of a plan. What was not seen says what to do about it, as far as the failed calls know.
    pub(crate) fn document(&self, plan: &Plan) -> PlanDocument {
        let mut document = PlanDocument::of(plan);
        for hold in document.holds.iter_mut().filter(|hold| hold.help.is_none()) {
            let trouble = self.troubles.iter().find(|trouble| is_reason(trouble, hold));
            hold.help = trouble.and_then(|trouble| trouble.help.clone());
        }
        document
    }

    /// Why no call was answered, for each target that could not even be asked.
    pub(crate) fn unreached(&self) -> BTreeMap<String, String> {
        let unasked = self.troubles.iter().filter(|trouble| !self.sessions.contains_key(&trouble.target));
        unasked.map(|trouble| (trouble.target.clone(), trouble.fact())).collect()
    }

    /// Says on stderr why something could not be looked at, but for what a document that is read in this run tells.
    pub(crate) fn tell_troubles(&self, read: Option<&PlanDocument>) {
        let is_told = |trouble: &CallError| {
            let mut holds = read.iter().flat_map(|document| &document.holds);
            trouble.is_of_the_connection() && holds.any(|hold| is_reason(trouble, hold))
        };
        tell(self.troubles.iter().filter(|trouble| !is_told(trouble)));
    }
}

/// Says whether a failed call is why something was not seen.
fn is_reason(trouble: &CallError, hold: &HoldDocument) -> bool {
    let target = hold.address.split('/').next().unwrap_or_default();
    hold.code == UNSEEN && target == trouble.target && hold.reason.ends_with(&trouble.fact())
}

/// Tells each fact once for a target: of what is about one call, the call; of what is about several, how many lists.
fn tell<'t>(troubles: impl Iterator<Item = &'t CallError>) {
    let mut facts: BTreeMap<(&str, String), Vec<&CallError>> = BTreeMap::new();
    for error in troubles {
        facts.entry((&error.target, error.fact())).or_default().push(error);
    }
    for ((target, fact), errors) in facts {
        let [first, ..] = errors.as_slice() else { continue };
        let paths: BTreeSet<&str> = errors.iter().map(|error| error.path.as_str()).collect();
        let words = match paths.len() {
            _ if first.is_of_the_connection() => format!("{target}: {fact}"),
            1 => first.to_string(),
            lists => format!("{target}: {fact} ({})", counted(lists, "list")),
        };
        eprintln!("warning: {}", sanitize_control(&words));
        if let Some(help) = &first.help {
            eprintln!("  help: {}", sanitize_control(help));
        }
    }
}
