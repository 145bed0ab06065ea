//! The secrets of a ledger: the key of its fingerprints, and what opens the store that it is in.

use super::{SecretMode, Secrets};
use crate::finding::Finding;
use crate::secret::Secret;

impl Secrets {
    /// A secret that is the key of a ledger.
    ///
    /// # Errors
    /// There is none of that name: the finding, still without a place. What can't be looked up is told where it is declared.
    pub(crate) fn get_key(&self, name: &str) -> Result<Option<Secret>, Box<Finding>> {
        self.keys.borrow_mut().insert(name.to_owned());
        self.get(name)
    }

    /// A secret that opens the store of the ledger.
    ///
    /// # Errors
    /// There is none of that name: the finding, still without a place. What can't be looked up is told where it is declared.
    pub(crate) fn get_of_store(&self, name: &str) -> Result<Option<Secret>, Box<Finding>> {
        let known = self.get_key(name)?;
        let Some((source, place)) = self.sources.get(name).filter(|_| self.mode == SecretMode::OfStore) else {
            return Ok(known);
        };
        let secret = self.look_up(name, source, place, SecretMode::Required);
        self.known.borrow_mut().insert(name.to_owned(), secret.clone());
        Ok(secret)
    }
}
