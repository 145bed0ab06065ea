//! What the files declare, as expressions name it: targets, and resources on the way to a field.

use super::Evaluator;
use crate::address::Address;
use crate::finding::Finding;
use crate::spec::Provider;
use crate::suggest::hint;
use crate::topology::expression::DeclaredNames;

impl Evaluator<'_> {
    /// Says that an address, and each on the way to it, is declared or need not be.
    pub(super) fn declared(&mut self, address: &Address) -> Result<(), Box<Finding>> {
        let mut here = Some(address.clone());
        while let Some(address) = here {
            let kind =
                DeclaredNames::provider(self, address.target()).and_then(|provider| provider.kind(address.kind()));
            let is_free = kind.is_none_or(|kind| kind.identity.is_single() || !kind.is_declarative());
            if self.complete && !is_free && !self.declares(&address) {
                let finding = Finding::error("unknown-address", format!("`{address}` is not declared"));
                return Err(finding.help(self.address_hint(&address)).into());
            }
            here = address.parent();
        }
        Ok(())
    }

    fn address_hint(&mut self, address: &Address) -> String {
        if self.suggestions < self.index.len() {
            return "declare it, or correct the address".into();
        }
        self.suggestions -= self.index.len();
        let kin =
            self.index.keys().filter(|other| other.target() == address.target() && other.kind() == address.kind());
        let names: Vec<&str> = kin.filter_map(|other| other.name()).collect();
        if names.is_empty() {
            return format!(
                "no `{}` is declared in `{}`: declare it, or correct the address",
                address.kind(),
                address.target()
            );
        }
        hint(address.name().unwrap_or_default(), names)
    }
}

impl DeclaredNames for Evaluator<'_> {
    fn provider(&self, target: &str) -> Option<&'static Provider> {
        self.drafts.targets.get(target).map(|target| target.provider)
    }

    fn targets(&self) -> Vec<&str> {
        self.drafts.targets.keys().map(String::as_str).collect()
    }

    fn declares(&self, address: &Address) -> bool {
        self.index.contains_key(address)
    }
}
