//! What tells one installation of a product from another.

use crate::spec::{Condition, Envelope, Paging};

/// How much a proof says about which installation answers, the strongest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Strength {
    /// The product's own id, as `instanceId`.
    Id,
    /// The checksum of the topology that it is part of, with its number there.
    Topology,
    /// The public key of its certificate.
    Certificate,
    /// The URL at which it answers.
    Address,
}

/// The proof that the public key of a certificate is, by its SHA-256.
pub(crate) fn certificate_proof(digest: &str) -> String {
    format!("sha256:{digest}")
}

/// A read whose reply tells an installation from others: VNS3 shows its machine's `instanceId` in `GET /cloud_data`.
#[derive(Debug, Clone, Copy)]
pub struct InstallationProof {
    /// Its name in the ledger and for people.
    pub name: &'static str,
    /// How much it says.
    pub strength: Strength,
    /// The path of the read. A kind whose list is there is read along with it.
    pub path: &'static str,
    /// The place in the reply.
    pub at: Envelope,
    /// How the reply comes in pages, if it does.
    pub paging: Option<Paging>,
    /// What it is put together from: the word before it, and the key. All of them have to be there.
    pub parts: &'static [(&'static str, &'static str)],
    /// The servers that understand the read.
    pub when: Condition,
}

impl InstallationProof {
    /// The value of one key in the reply of a read without pages, on all servers.
    pub const fn id(name: &'static str, path: &'static str, parts: &'static [(&'static str, &'static str)]) -> Self {
        InstallationProof {
            name,
            strength: Strength::Id,
            path,
            at: Envelope::One(""),
            paging: None,
            parts,
            when: Condition::ALWAYS,
        }
    }

    /// The same where the reply holds it there.
    pub const fn at(self, at: Envelope) -> Self {
        InstallationProof { at, ..self }
    }
}
