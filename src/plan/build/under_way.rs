//! What the plan can't do without and the controllers are still at work on: an apply waits for it before it plans.

use std::collections::BTreeSet;

use super::Builder;
use crate::address::Address;
use crate::diff::verdict::Decision;
use crate::plan::Step;
use crate::topology::references::References;

impl Builder<'_> {
    /// What the controllers are still at work on and the plan can't do without.
    pub(super) fn under_way(&self, steps: &[Step]) -> BTreeSet<Address> {
        let mut needed = BTreeSet::new();
        for step in steps {
            let resource = self.topology.resources.get(&step.address);
            let referred = resource.map(|resource| self.references.of(resource)).unwrap_or_default();
            needed.extend(referred.into_iter().map(|reference| reference.to));
            needed.extend(References::parents(&step.address));
        }
        let held = self.diff.verdicts.iter().filter(|verdict| matches!(verdict.decision, Decision::Hold(_)));
        needed.extend(held.map(|verdict| verdict.address.clone()));
        needed.retain(|address| self.is_busy(address));
        needed
    }

    fn is_busy(&self, address: &Address) -> bool {
        let kind = || self.topology.targets.get(address.target())?.provider.kind(address.kind());
        let busy = || self.diff.index.live(address)?.is_busy(kind()?).then_some(());
        busy().is_some()
    }
}
