//! Why a call is not sent after all, now that everything is known that it takes.

use crate::apply::{Executor, Shared};
use crate::plan::{Call, CallPurpose, Step};

impl Executor<'_> {
    /// Why a call is not sent, now that all is known that it takes.
    pub(super) fn not_written(&self, shared: &Shared, step: &Step, call: &Call) -> Option<String> {
        if step.verb.removes() {
            return None;
        }
        let ledger_update = self.plan.ledger_updates.get(&step.address)?;
        let emptied = ledger_update.emptied(&|output| shared.outputs.find(output));
        emptied.or_else(|| self.same_object(shared, step).filter(|_| call.purpose == CallPurpose::Create))
    }

    /// Why a resource is not made: another one has the identity which the files give this one, where that takes something
    /// of others, and so was not known before.
    fn same_object(&self, shared: &Shared, step: &Step) -> Option<String> {
        let wanted = self.plan.ledger_updates.get(&step.address)?;
        if wanted.identity(&|_| None).is_some() {
            return None;
        }
        let identity = self.identity(shared, step)?.to_string();
        let parent = step.address.parent();
        self.log(shared, |log| {
            let mut owned = log.base.owned_within(step.address.target(), parent.as_ref(), step.kind.name);
            let first = owned.find(|(address, entry)| {
                **address != step.address
                    && address.kind() == step.kind.name
                    && !self.plan.lets_go_of(address)
                    && entry.identity.as_deref() == Some(identity.as_str())
            });
            let why = |other| format!("it would be the same object as `{other}`, as it turns out now: declare it once");
            first.map(|(address, _)| why(address))
        })
    }
}
