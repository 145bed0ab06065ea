//! What objects of a provider mean to packets, as far as rules over a topology have to know it.
//!
//! A kind's table says how an object is written; this one, beside the kinds, says which fields are networks, selectors,
//! neighbours and filters. Nothing that is sent depends on it, so it is no word for kinds: one table for each provider.

use ipnet::IpNet;

use crate::spec::Condition;

/// What objects of a provider mean to packets.
#[derive(Debug, Clone, Copy)]
pub struct TrafficTable {
    /// How a network is said to lie behind a target.
    pub networks: &'static [AnnouncedNetworks],
    /// The fields that hold the network of an overlay, with their kinds.
    pub overlays: &'static [(&'static str, &'static str)],
    /// How a target names another one that has to name it, too.
    pub neighbours: &'static [NeighbourTable],
    /// The lists of which the first rule that matches decides.
    pub filters: &'static [FilterTable],
    /// The kinds whose objects do nothing unless a filter names them, each with the kind of that filter.
    pub only_named: &'static [(&'static str, &'static str)],
    /// The fields that say who gets in, with their kinds.
    pub lets_in: &'static [(&'static str, &'static str)],
}

impl TrafficTable {
    /// A provider of which nothing is known.
    pub const NONE: TrafficTable =
        TrafficTable { networks: &[], overlays: &[], neighbours: &[], filters: &[], only_named: &[], lets_in: &[] };
}

/// How a network is said to lie behind a target.
#[derive(Debug, Clone, Copy)]
pub struct AnnouncedNetworks {
    /// The kind.
    pub kind: &'static str,
    /// The field that holds the network.
    pub network: &'static str,
    /// Who is told of it: others, where this holds.
    pub told: Condition,
    /// The field that leads to it through something else, so that it does not lie here.
    pub through: &'static str,
    /// The fields by which one of two ways to the same network is preferred.
    pub preferred_by: &'static [&'static str],
}

/// How a target names another one, which has to name it, too.
#[derive(Debug, Clone, Copy)]
pub struct NeighbourTable {
    /// The kind.
    pub kind: &'static str,
    /// The field that holds the other one's address.
    pub address: &'static str,
    /// The fields that have to be the same on both sides.
    pub agree: &'static [&'static str],
    /// A field of words, and how those begin that have to be the same on both sides.
    pub words: Option<(&'static str, &'static [&'static str])>,
    /// The field that holds the address within, which is in one network with the other's.
    pub inner: Option<&'static str>,
    /// The pairs of networks that it carries.
    pub selectors: Option<SelectorTable>,
    /// What its neighbours are told about numbers of autonomous systems.
    pub sessions: Option<SessionTable>,
    /// What leads through it, where packets need to be led.
    pub led: Option<LeadingTable>,
}

impl NeighbourTable {
    /// One of which only kind and address are known.
    pub const fn of(kind: &'static str, address: &'static str) -> NeighbourTable {
        NeighbourTable {
            kind,
            address,
            agree: &[],
            words: None,
            inner: None,
            selectors: None,
            sessions: None,
            led: None,
        }
    }
}

/// The pairs of networks that a neighbour carries.
#[derive(Debug, Clone, Copy)]
pub struct SelectorTable {
    /// The kind, which lives in the neighbour's.
    pub kind: &'static str,
    /// The field with the network on this side.
    pub local: &'static str,
    /// The field with the one on the other side.
    pub remote: &'static str,
    /// Whether a pair is in use.
    pub used: Condition,
}

/// What a session with a neighbour says about numbers of autonomous systems.
#[derive(Debug, Clone, Copy)]
pub struct SessionTable {
    /// The kind, which lives in the neighbour's.
    pub kind: &'static str,
    /// The field with the neighbour's number.
    pub theirs: &'static str,
    /// The field with the own number, as this neighbour is shown it.
    pub ours: &'static str,
}

/// What leads packets through a neighbour.
#[derive(Debug, Clone, Copy)]
pub struct LeadingTable {
    /// The neighbours that nothing enters by itself.
    pub needed: Condition,
    /// The kinds in a neighbour that let packets in.
    pub within: &'static [&'static str],
    /// The kind that leads elsewhere, and its field that names something in a neighbour.
    pub by: (&'static str, &'static str),
    /// The field of that kind that names a device, and whether the device may be a neighbour's.
    pub device: (&'static str, fn(&str) -> bool),
}

/// A list of which the first rule that matches decides.
#[derive(Debug, Clone, Copy)]
pub struct FilterTable {
    /// The kind.
    pub kind: &'static str,
    /// The field that holds the rules; empty where the resource is the list.
    pub list: &'static str,
    /// The field of a rule's words.
    pub rule: &'static str,
    /// The field that takes a rule out of use.
    pub disabled: &'static str,
    /// Reads the words; `None` where they are not understood.
    pub read: fn(&str) -> Option<FilterRule>,
}

/// A rule of a filter, as far as its words are understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FilterRule {
    /// The table that it is in.
    pub table: String,
    /// What a packet has to be like, besides its two ends.
    pub matches: Vec<String>,
    /// Where it comes from; `None`: from anywhere.
    pub source: Option<IpNet>,
    /// Where it goes; `None`: anywhere.
    pub destination: Option<IpNet>,
    /// Says whether a packet that it matches has been decided about.
    pub decides: bool,
    /// Says whether it lets through what others come to, so that without any condition it opens everything.
    pub opens: bool,
}
