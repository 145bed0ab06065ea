//! Gaps: why a look that found nothing wrong is no all-clear, besides what was not seen.
//!
//! “Nothing differs” is worth what was compared. Where nothing was declared, applied or answered, nothing was compared.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::diff::guards::NEVER_SENT;
use crate::diff::verdict::{Decision, Verdict};
use crate::plan::look_alikes::LookAlike;
use crate::state::base::Base;
use crate::state::live::{Collection, Observed, Seen, View};
use crate::topology::{Target, Topology};

/// Something that was not compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Gap {
    /// The files declare no resource at all.
    NothingDeclared,
    /// Nothing is owned: what differs can't be told from what was never applied.
    NeverApplied {
        /// How many resources are declared.
        declared: usize,
        /// How many of them are at the controllers as declared.
        matching: usize,
    },
    /// Every list at a target is empty, and something is owned there.
    Silent {
        /// The target.
        target: String,
        /// How many resources are owned there.
        owned: usize,
    },
    /// Write-only fields that were never sent.
    NeverSent(usize),
    /// Kinds that are pruned and could not be looked at, with nothing of them declared or owned.
    NotPruned {
        /// The target.
        target: String,
        /// The kinds.
        kinds: Vec<&'static str>,
        /// Why they were not seen.
        why: String,
        /// Whether `prune` says them by name, and not as all that there is.
        named: bool,
    },
    /// One resource goes and another one comes that looks like it.
    LooksRenamed(LookAlike),
}

impl Gap {
    /// What was not compared, in one pass over the verdicts.
    pub(crate) fn of(topology: &Topology, observed: &Observed, verdicts: &[Verdict], base: &Base) -> Vec<Gap> {
        let declared = topology.resources.len();
        let mut gaps = Vec::new();
        match (declared, base.entries.is_empty()) {
            (0, _) => gaps.push(Gap::NothingDeclared),
            (_, false) => {}
            (declared, true) => {
                let matching = verdicts.iter().filter(|verdict| matches!(verdict.decision, Decision::Adopt)).count();
                gaps.push(Gap::NeverApplied { declared, matching });
            }
        }
        let mut not_pruned = BTreeMap::new();
        for (target, view) in &observed.targets {
            let Some(target) = topology.targets.get(target) else { continue };
            let unseen = unpruned(topology, base, target, view);
            let owned = base.owned_at(&target.name).filter(|(address, _)| address.name().is_some()).count();
            if owned > 0 && is_silent(view, &unseen) {
                gaps.push(Gap::Silent { target: target.name.clone(), owned });
            }
            for (kind, why) in unseen {
                let named = target.prune.names(kind);
                not_pruned.entry((target.name.clone(), why, named)).or_insert_with(Vec::new).push(kind);
            }
        }
        let of_target = |((target, why, named), kinds)| Gap::NotPruned { target, kinds, why, named };
        gaps.extend(not_pruned.into_iter().map(of_target));
        // What can be sent in place is a change of the plan's; what can be given at create alone is told as not verified.
        let waits = |verdict: &&Verdict| matches!(&verdict.decision, Decision::Hold(hold) if hold.code == NEVER_SENT);
        let unsent = verdicts.iter().filter(waits).map(|verdict| verdict.decision.fields().len()).sum();
        gaps.extend((unsent > 0).then_some(Gap::NeverSent(unsent)));
        gaps.extend(LookAlike::among(topology, verdicts, base).into_iter().map(Gap::LooksRenamed));
        gaps
    }

    /// Says whether a plan is no worse for it: a first plan makes what is not there, and that is all it says; and what nobody
    /// asked for is no loss.
    pub(crate) fn is_a_beginning(&self) -> bool {
        matches!(self, Gap::NeverApplied { .. } | Gap::NotPruned { named: false, .. } | Gap::LooksRenamed(_))
    }

    /// Says whether it is no more than a remark: nobody asked for what was not compared.
    pub(crate) fn is_a_remark(&self) -> bool {
        matches!(self, Gap::NotPruned { named: false, .. } | Gap::LooksRenamed(_))
    }
}

/// The kinds that are pruned at a target and could not be looked at, each with the reason. What is declared or owned of
/// them is told on its own.
fn unpruned(topology: &Topology, base: &Base, target: &Target, view: &View) -> BTreeMap<&'static str, String> {
    let mut unseen = view.unseen_kinds();
    if !unseen.is_empty() {
        let pruned = topology.pruned_kinds(target);
        let owned = base.owned_at(&target.name).map(|(address, _)| address.kind());
        let declared = topology.resources_at(&target.name).map(|resource| resource.kind.name);
        let told: BTreeSet<&str> = owned.chain(declared).collect();
        unseen.retain(|kind, _| pruned.contains(kind) && !told.contains(kind));
    }
    unseen
}

/// Says whether all lists were seen and are empty, but for those of which nothing was expected. What there is one of says
/// nothing: it is always there.
fn is_silent(view: &View, unseen: &BTreeMap<&'static str, String>) -> bool {
    let is_list = |list: &&Collection| !list.kind.identity.is_single() && !unseen.contains_key(list.kind.name);
    let mut lists = view.collections.iter().filter(is_list).peekable();
    lists.peek().is_some() && lists.all(|list| matches!(&list.seen, Seen::Objects(objects) if objects.is_empty()))
}

impl fmt::Display for Gap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Gap::NothingDeclared => write!(f, "the files declare nothing: nothing was compared"),
            Gap::NeverApplied { declared, matching } => write!(
                f,
                "nothing is owned yet (never applied, or the ledger is not here): {matching} of {declared} declared are \
                 at the controllers as the files say"
            ),
            Gap::Silent { target, owned } => {
                write!(f, "`{target}` answers with nothing, and {owned} of ours should be there")
            }
            Gap::NotPruned { target, kinds, why, named } => {
                let kinds = kinds.iter().map(|kind| format!("`{kind}`")).collect::<Vec<_>>().join(", ");
                match named {
                    true => write!(f, "`{target}` prunes {kinds}, and does not show what there is: {why}"),
                    false => write!(f, "`prune: all` of `{target}` leaves out {kinds}: {why}"),
                }
            }
            Gap::LooksRenamed(alike) => write!(f, "{alike}"),
            Gap::NeverSent(1) => write!(f, "1 write-only field was never sent, and can't be compared"),
            Gap::NeverSent(fields) => write!(f, "{fields} write-only fields were never sent, and can't be compared"),
        }
    }
}
