//! The proofs of the installation that a step gives another value: they are forgotten before it, and taken down anew
//! after it.

use crate::apply::{Executor, Shared};
use crate::ledger::now;
use crate::plan::Step;
use crate::session::Session;
use crate::spec::Strength;

impl Executor<'_> {
    /// Takes down that what proves the installation is about to change: a run that is killed in between must not leave a
    /// proof behind that makes it another one.
    pub(super) fn forget_proofs(&self, shared: &Shared, session: &Session, step: &Step) {
        let renewed = renewed(session, step);
        if !renewed.is_empty() {
            self.log(shared, |log| log.change_proofs(session.name(), |known| known.forget(&renewed)));
        }
    }

    /// Takes down what proves the installation now.
    pub(super) async fn renew_proofs(&self, shared: &Shared, session: &Session, step: &Step) {
        let renewed = renewed(session, step);
        if renewed.is_empty() {
            return;
        }
        if let Some(shown) = self.sights.proofs(session).await {
            let shown = shown.only(&renewed);
            self.log(shared, |log| log.change_proofs(session.name(), |known| known.learn(&shown, &now())));
        }
    }
}

/// The proofs of the installation that a step gives another value.
fn renewed(session: &Session, step: &Step) -> Vec<Strength> {
    if step.calls.is_empty() { Vec::new() } else { session.renewed_by(step.kind) }
}
