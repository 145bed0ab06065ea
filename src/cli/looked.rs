//! How much of what was asked for answered in a look.

use std::collections::BTreeSet;

use crate::render::counted;
use crate::spec::{Kind, List};
use crate::state::live::{Observed, Seen, View};

/// How many targets were asked something, and how many of them showed nothing at all.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Looked {
    asked: usize,
    dark: usize,
}

impl Looked {
    /// The outcome of a look. A target of which nothing is wanted that could be read is not asked.
    pub(crate) fn of(meant: &BTreeSet<String>, observed: &Observed) -> Looked {
        let mut looked = Looked::default();
        for name in meant {
            let seen = observed.targets.get(name).map(answers);
            looked.asked += usize::from(seen.as_ref().is_none_or(|seen| !seen.is_empty()));
            looked.dark += usize::from(seen.is_none_or(|seen| !seen.is_empty() && !seen.contains(&true)));
        }
        looked
    }

    /// The headline when no target could be looked at.
    pub(crate) fn blind(self) -> Option<String> {
        let Looked { asked, dark } = self;
        (asked > 0 && dark == asked).then(|| format!("could not look at {dark} of {}", counted(asked, "target")))
    }
}

/// For each collection that a call reads, directly below the target: whether it was seen. What can't be read tells nothing.
fn answers(view: &View) -> Vec<bool> {
    let is_read = |kind: &Kind| matches!(kind.api.list_on(view.version.as_deref()), List::Call { .. });
    let read = view.collections.iter().filter(|collection| is_read(collection.kind));
    read.map(|collection| matches!(collection.seen, Seen::Objects(_))).collect()
}
