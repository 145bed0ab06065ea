//! The collections for which a target's files speak with authority, and what in them is never pruned all the same.

use std::collections::BTreeSet;

use crate::attr::Attr;
use crate::finding::Finding;
use crate::spec::{Auth, Field, Identity, Kind, Type};
use crate::state::fold;
use crate::suggest::hint;
use crate::topology::draft::{TargetDraft, TargetSetting};
use crate::topology::envelope::PruneChoice;
use crate::topology::evaluate::Evaluator;
use crate::topology::resolve::part;
use crate::topology::{Target, Topology};

/// Collections for which the files speak with authority.
#[derive(Debug, Clone, Default)]
pub enum Prune {
    /// None: what is not declared and not in the ledger is left alone.
    #[default]
    Nothing,
    /// These kinds.
    Kinds(Vec<String>),
    /// Every kind whose objects can be made and removed.
    All,
}

impl Prune {
    /// Says whether it says a kind by its name.
    pub(crate) fn names(&self, kind: &str) -> bool {
        matches!(self, Prune::Kinds(kinds) if kinds.iter().any(|name| name == kind))
    }

    /// Says whether a kind is among those that it says, one by one or as all.
    pub(crate) fn includes(&self, kind: &str) -> bool {
        match self {
            Prune::Nothing => false,
            Prune::Kinds(_) => self.names(kind),
            Prune::All => true,
        }
    }
}

impl Topology {
    /// The kinds of which the files speak for every object at a target, whether one is declared or not: directly below the
    /// target, or in what is declared there. Once all is given up, what is owned goes, and they speak for nothing else.
    pub(crate) fn pruned_kinds(&self, target: &Target) -> BTreeSet<&'static str> {
        if self.is_given_up || target.retired || matches!(target.prune, Prune::Nothing) {
            return BTreeSet::new();
        }
        let declared: BTreeSet<&str> = self.resources_at(&target.name).map(|resource| resource.kind.name).collect();
        let is_pruned = |kind: &&&Kind| {
            is_prunable(kind)
                && kind.parent.is_none_or(|parent| declared.contains(parent))
                && target.prune.includes(kind.name)
                && (target.prune.names(kind.name) || declared.contains(kind.name) || is_meant_by_all(kind))
                && !has_other_view(target, &declared, kind)
        };
        target.provider.kinds.iter().filter(is_pruned).map(|kind| kind.name).collect()
    }
}

/// The collections for which a draft speaks with authority.
pub(super) fn prune(draft: &TargetDraft, evaluator: &mut Evaluator) -> Prune {
    let prune = part::<PruneChoice>(draft, "prune", evaluator).map(Prune::from).unwrap_or_default();
    check_prune(&prune, draft, evaluator);
    prune
}

fn check_prune(prune: &Prune, draft: &TargetDraft, evaluator: &mut Evaluator) {
    let (Prune::Kinds(kinds), Some(TargetSetting { place, .. })) = (prune, draft.keys.get("prune")) else { return };
    for (index, name) in kinds.iter().enumerate() {
        if !draft.provider.kind(name).is_some_and(|kind| kind.is_declarative()) {
            let finding = Finding::error("unknown-kind", format!("`{name}` is no kind that can be pruned"));
            let kinds = draft.provider.kinds.iter().filter(|kind| kind.is_declarative()).map(|kind| kind.name);
            let help = hint(name, kinds.collect::<Vec<_>>());
            evaluator.findings.push(finding.help(help).at(&place.item(index)));
        }
    }
}

/// Says whether objects of a kind can be pruned: they can be there or not: of what there is always one, nothing can be added by hand.
fn is_prunable(kind: &Kind) -> bool {
    kind.is_declarative() && kind.identity != Identity::Singleton && !kind.api.create.is_empty() && kind.is_removable()
}

/// Says whether `all` means a kind of which nothing is declared. What holds a world of its own, such as a network or a
/// tenant, is meant once it is named or one of it is declared: who looks after one is not asked about those of others.
fn is_meant_by_all(kind: &Kind) -> bool {
    kind.identity.is_single() || !kind.removed_by_address
}

/// Says whether another kind that shows the same objects speaks for them: the one that is declared, or else the newer one.
fn has_other_view(target: &Target, declared: &BTreeSet<&str>, kind: &Kind) -> bool {
    if declared.contains(kind.name) {
        return false;
    }
    match kind.newer_view() {
        Some(newer) => declared.contains(newer) || target.prune.includes(newer),
        None => {
            let mut others = target.provider.kinds.iter().filter(|other| other.newer_view() == Some(kind.name));
            others.any(|older| declared.contains(older.name))
        }
    }
}

impl Target {
    /// Says whether an object is what the target itself stands on: the account that it logs in with, or the place that a
    /// setting names or would by default, such as a tenant. Without that, nobody could put it back.
    pub(crate) fn stands_on(&self, kind: &Kind, own_name: &str) -> bool {
        let (Identity::Name(field) | Identity::CaselessName(field)) = kind.identity else { return false };
        let is_same = |name: &Attr| match (kind.identity, name) {
            (_, Attr::Secret(secret)) => secret.compare_to(own_name.as_bytes()).is_eq(),
            (Identity::CaselessName(_), name) => name.to_text().is_some_and(|name| fold(&name) == fold(own_name)),
            (_, name) => name.to_text().as_deref() == Some(own_name),
        };
        let dialect = &self.provider.dialect;
        let is_account = matches!(dialect.auth, Auth::Basic { user, .. } if user == field)
            && self.credentials.fields.get(field).is_some_and(is_same);
        let names_it = |setting: &Field| {
            self.settings.get(setting.name).is_some_and(is_same)
                || setting.default.is_some_and(|default| is_same(default.value()))
        };
        let mut places =
            dialect.settings.iter().filter(|setting| matches!(setting.ty, Type::Ref(of) if of == kind.name));
        is_account || places.any(names_it)
    }
}
