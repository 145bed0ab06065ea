//! The ledger's knowledge of the installations behind the targets, and how people are told of it.

use crate::cli::common::ConnectedWorkspace;
use crate::ledger::now;
use crate::render::sanitize_control;
use crate::state::base::Base;
use crate::state::installation::{Standing, take_over, told};

impl ConnectedWorkspace {
    /// Says on stderr of which targets a proof of the installation changed, and that it is the same one all the same.
    pub(crate) fn tell_changed_proofs(&self) {
        for (target, (standing, _)) in &self.installations {
            match standing {
                Standing::Same(changes) if !changes.is_empty() => {
                    let told = sanitize_control(&told(changes));
                    eprintln!("note: {target}: the same installation as before, though this changed: {told}");
                }
                Standing::Moved(changes) => {
                    let told = sanitize_control(&told(changes));
                    eprintln!("note: {target}: another installation, which is to be the same network: {told}");
                }
                Standing::Same(_) | Standing::Unproved | Standing::Other(_) | Standing::Unread(_) => {}
            }
        }
    }

    /// Takes down what proves the installations of which nothing was known, or is owned: that has to be there before the
    /// first object is made. Says whether there are any.
    pub(crate) fn record_first_proofs(&self, base: &mut Base) -> bool {
        let is_known = |target: &str| base.targets.contains_key(target) && base.owned_at(target).next().is_some();
        let first: Vec<_> = self.installations.iter().filter(|(target, _)| !is_known(target)).collect();
        let now = now();
        first.iter().for_each(|(target, (standing, shown))| take_over(base, target, standing, shown, &now));
        !first.is_empty()
    }

    /// Takes over into the ledger what proves which installation is behind each target.
    pub(crate) fn record_proofs(&self, base: &mut Base) {
        let now = now();
        for (target, (standing, shown)) in &self.installations {
            take_over(base, target, standing, shown, &now);
        }
    }
}
