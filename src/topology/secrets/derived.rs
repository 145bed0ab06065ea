//! Derived secrets: one that is made of another, for each name another one.

use super::Secrets;
use crate::finding::Finding;
use crate::secret::Secret;

impl Secrets {
    /// The secret that is made of another one for a name, such as that of a connection: whoever has it can't tell the others.
    ///
    /// # Errors
    /// There is none of that name: the finding, still without a place.
    pub(in crate::topology) fn derived(&self, name: &str, text: &str) -> Result<Option<Secret>, Box<Finding>> {
        let derived = self.get(name)?.map(|secret| secret.derived(text));
        derived.iter().for_each(|secret| self.learn(secret.clone()));
        Ok(derived)
    }
}
