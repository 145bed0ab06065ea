//! What tells one installation from another, as far as a connection and the tables know.

use std::collections::BTreeMap;

use crate::session::{Session, authority_in_lower_case};
use crate::spec::{Kind, Strength, certificate_proof};

impl Session {
    /// The proofs that the connection itself gives of the installation behind it: the key of its certificate, and its
    /// address. Of a simulator neither is one: it shows no certificate, and has another port each time that it starts.
    pub(crate) fn connection_proofs(&self) -> BTreeMap<(Strength, String), String> {
        if self.attention.rehearses {
            return BTreeMap::new();
        }
        let key = self.transport.public_key(&self.base);
        let key = key.map(|digest| ((Strength::Certificate, "certificate".to_owned()), certificate_proof(&digest)));
        let address = ((Strength::Address, "address".to_owned()), authority_in_lower_case(&self.base));
        key.into_iter().chain([address]).collect()
    }

    /// The proofs of the installation that are another thing once an object of a kind is written.
    pub(crate) fn renewed_by(&self, kind: &Kind) -> Vec<Strength> {
        self.provider.dialect.renewed_by(kind)
    }
}
