//! Which declaration of a fabric a verdict is about, where the files do not say it any more: the ledger does.

use std::sync::Arc;

use crate::diff::verdict::Verdict;
use crate::fabric::FabricOrigin;
use crate::state::base::Base;

/// Gives each verdict whose resource is not declared the origin that its row in the ledger has.
pub(super) fn remember(base: &Base, verdicts: &mut [Verdict]) {
    // What is declared is declared where it says, be it one by one.
    for verdict in verdicts.iter_mut().filter(|verdict| verdict.origin.is_none() && verdict.place.is_none()) {
        let row = base.entry(&verdict.address).and_then(|entry| entry.origin.as_deref());
        verdict.origin = row.and_then(FabricOrigin::from_path).map(Arc::new);
    }
}
