//! What a run writes down while it lasts: the journal, and the ledger's content.

use std::collections::{BTreeMap, BTreeSet};

use crate::address::Address;
use crate::journal::{self, Journal, JournalLine, JournalWriter, Underway};
use crate::state::base::{Base, Claim};
use crate::state::installation::Installation;
use crate::state::relabel::Relabel;

/// The journal and the ledger's content, which change together: what is handed over to the one and what is kept in the
/// other have the same order.
pub(crate) struct RunLog {
    writer: JournalWriter,
    pub(crate) base: Base,
    pub(crate) calls: u64,
    /// The controllers' words when they accepted a call.
    pub(crate) said: BTreeMap<Address, String>,
    /// The steps of which a request was announced.
    pub(crate) begun: BTreeSet<usize>,
    /// The addresses at which a create of this run was announced, and nothing was owned before.
    claimed: BTreeSet<Address>,
}

impl RunLog {
    /// Begins to write a journal, with what is owned before.
    pub(super) fn start(journal: Journal, base: Base) -> RunLog {
        RunLog {
            writer: JournalWriter::start(journal),
            base,
            calls: 0,
            said: BTreeMap::new(),
            begun: BTreeSet::new(),
            claimed: BTreeSet::new(),
        }
    }

    /// Hands a line over. It is on disk before any later line, so before any later call is sent.
    pub(crate) fn write(&self, line: &JournalLine) {
        self.writer.write(line);
    }

    /// Hands a line over that says what is about to be done.
    pub(crate) fn write_ahead(&self, line: &JournalLine) -> Underway {
        self.writer.write_ahead(line)
    }

    /// Why the journal can't be written any more, if so: nothing must be sent any more.
    pub(crate) fn broken(&self) -> Option<&str> {
        self.writer.broken()
    }

    /// Takes down that an object is ours though its step is not done yet. `ours`: a call of ours made it.
    pub(crate) fn take_ownership(&mut self, address: Address, id: String, identity: Option<String>, ours: bool) {
        let (line_id, line_identity) = (id.clone(), identity.clone());
        self.write(&JournalLine::Made { address: address.clone(), id: line_id, identity: line_identity, ours });
        let run = self.base.run;
        journal::take_ownership(&mut self.base, address, id, identity, ours, run);
    }

    /// Takes down what a create is about to make.
    pub(crate) fn claim(&mut self, address: &Address, claim: Claim) {
        let run = self.base.run;
        if journal::claim(&mut self.base, address.clone(), claim, run) {
            self.claimed.insert(address.clone());
        }
    }

    /// Takes down that a create of this run made nothing.
    pub(crate) fn give_up_claim(&mut self, address: &Address) {
        let is_open = self.base.entry(address).is_some_and(|entry| entry.id.is_empty() && !entry.is_confirmed());
        if self.claimed.contains(address) && is_open {
            self.remove(address.clone(), String::new());
        }
    }

    /// Takes down that entries go by other addresses.
    pub(super) fn relabel(&mut self, relabels: &[Relabel]) {
        if !relabels.is_empty() {
            self.write(&JournalLine::Relabeled(relabels.to_vec()));
            self.base.relabel(relabels);
        }
    }

    /// Takes down that what proves a target's installation changes.
    pub(crate) fn change_proofs(&mut self, target: &str, change: impl FnOnce(&mut Installation)) {
        let Some(known) = self.base.targets.get_mut(target) else { return };
        change(known);
        let installation = Box::new(known.clone());
        self.write(&JournalLine::Proofs { target: target.to_owned(), installation });
    }

    /// Takes down that an object is gone.
    pub(crate) fn remove(&mut self, address: Address, id: String) {
        journal::remove(&mut self.base, &address, &id);
        self.write(&JournalLine::Removed { address, id });
    }
}
