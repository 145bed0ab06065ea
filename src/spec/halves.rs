//! What the objects of an API are to a fabric: by this its connections and meshes are ordered, judged and looked after.

use crate::spec::Envelope;

/// What the two halves of a connection, and the members of a mesh, have to do with each other.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Halves {
    /// The kind that a half of a connection is; what else belongs to the half lives in it or leads through it.
    pub kind: &'static str,
    /// The fields in which both halves agree, by kind.
    pub agrees: &'static [(&'static str, &'static [&'static str])],
    /// The options among the items of such a field in which both halves agree, as the words before a `=`. Of other options
    /// each half may have its own.
    pub options: &'static [&'static str],
    /// The kinds of pairs of networks, each with its fields for the near and the far one: the other half has them mirrored.
    pub mirrored: &'static [(&'static str, [&'static str; 2])],
    /// The kind of ways to networks, and its field for the network.
    pub routes: (&'static str, &'static str),
    /// The kind that learns ways, and its field of lines `in permit NETWORK` and `out permit NETWORK`.
    pub learned: (&'static str, &'static str),
    /// The kind by which a member of a mesh knows another one, under that one's name.
    pub peers: &'static str,
    /// The kind of the keys that all members of a mesh share, and its field that is the same where the keys are.
    pub keys: (&'static str, &'static str),
    /// How it is told whether halves and peers are up.
    pub health: HalvesHealth,
}

/// The reads that tell whether halves and peers are up: one of each kind for a controller, however many it has.
#[derive(Debug, Clone, Copy)]
pub(crate) struct HalvesHealth {
    /// The path of the read that tells of all halves.
    pub path: &'static str,
    /// Where the reply holds what makes up halves.
    pub at: Envelope,
    /// The key of the half's name.
    pub name: &'static str,
    /// The key that says whether it is up.
    pub up: &'static str,
    /// The key that says so of a peer, in the list of the peers' kind.
    pub reachable: &'static str,
}

impl Halves {
    /// The fields of a kind in which both halves agree.
    pub(crate) fn agreed(&self, kind: &str) -> &'static [&'static str] {
        self.agrees.iter().find(|(agreed, _)| *agreed == kind).map_or(&[], |(_, fields)| fields)
    }
}
