//! The sites of a fabric that is folded: their ids, numbers and networks, and who is joined with whom.

use std::collections::{BTreeMap, BTreeSet};

use ipnet::Ipv4Net;
use serde_json::{Map, Value, json};

use super::folding::{FoldedHalf, FoldedPair};
use super::pool::{allocated, ends};

/// The network of inner addresses that is looked into for ids, and the largest id that it serves.
pub(super) const POOL: (&str, u32) = ("169.254.0.0/16", 181);

/// What is known of the sites, each of which is one controller.
pub(super) struct FoldedSites {
    /// The ids.
    pub ids: BTreeMap<String, u32>,
    numbers: BTreeMap<String, BTreeSet<u64>>,
    networks: BTreeMap<String, Vec<Ipv4Net>>,
}

impl FoldedSites {
    /// Gathers what the halves say of them.
    pub(super) fn of(vpns: &BTreeMap<&str, Vec<FoldedPair<'_>>>) -> FoldedSites {
        let halves = || vpns.values().flatten().flatten();
        let names: BTreeSet<&str> = halves().map(|half| half.at).collect();
        let by_name = || (1..).zip(&names).map(|(id, name)| ((*name).to_owned(), id)).collect();
        let mut sites = FoldedSites {
            ids: implied(vpns).unwrap_or_else(by_name),
            numbers: BTreeMap::new(),
            networks: BTreeMap::new(),
        };
        for half in halves() {
            let words = &half.table.neighbour;
            if let Some(number) = half.neighbour.get(words.asn).and_then(Value::as_u64) {
                sites.numbers.entry(half.other.to_owned()).or_default().insert(number);
            }
            let lines = half.neighbour.get(words.lines).and_then(Value::as_array).into_iter().flatten();
            let told = lines
                .filter_map(|line| line.as_str()?.strip_prefix(words.line_words.1)?.trim().parse::<Ipv4Net>().ok());
            let networks = sites.networks.entry(half.at.to_owned()).or_default();
            networks.extend(told);
            networks.sort();
            networks.dedup();
        }
        sites
    }

    /// Says what keeps connections from being those of these sites.
    pub(super) fn fits(&self, pairs: &[FoldedPair<'_>]) -> Result<(), String> {
        for [one, other] in pairs {
            for site in [one.at, other.at] {
                if self.numbers.get(site).is_none_or(|numbers| numbers.len() != 1) {
                    return Err(format!("`{site}` has not one number of an autonomous system"));
                }
            }
            let is_first = self.ids.get(one.at) < self.ids.get(other.at);
            if is_first != (one.inner.addr() < other.inner.addr()) {
                return Err(format!("no ids give the inner addresses between `{}` and `{}`", one.at, other.at));
            }
        }
        Ok(())
    }

    /// Writes a site.
    pub(super) fn written(&self, site: &str) -> Value {
        let networks = self.networks.get(site).into_iter().flatten();
        // The routes to them stay as they are.
        let networks: Vec<Value> =
            networks.map(|cidr| json!({ "cidr": cidr.to_string(), "connected": true })).collect();
        let number = self.numbers.get(site).and_then(BTreeSet::first);
        json!({ "on": site, "id": self.ids.get(site), "asn": number, "networks": networks })
    }

    /// The lines of a neighbour, as the networks of both sites give them.
    pub(super) fn lines(&self, half: &FoldedHalf<'_>) -> Value {
        let of = |word: &str, site: &str| -> Vec<String> {
            self.networks.get(site).into_iter().flatten().map(|network| format!("{word} {network}")).collect()
        };
        let words = half.table.neighbour.line_words;
        [of(words.0, half.other), of(words.1, half.at)].concat().into()
    }
}

/// The ids that the inner addresses imply, where they all do.
fn implied(vpns: &BTreeMap<&str, Vec<FoldedPair<'_>>>) -> Option<BTreeMap<String, u32>> {
    let pool: Ipv4Net = POOL.0.parse().ok()?;
    let pairs = (2..=POOL.1).flat_map(|high| (1..high).map(move |low| (low, high)));
    let blocks: BTreeMap<Ipv4Net, (u32, u32)> =
        pairs.filter_map(|(low, high)| Some((allocated(pool, low, high)?, (low, high)))).collect();
    let mut ids = BTreeMap::new();
    for half in vpns.values().flatten().flatten() {
        let (low, high) = blocks.get(&half.inner.trunc())?;
        let id = if half.inner.addr() == ends(half.inner.trunc()).0 { low } else { high };
        if *ids.entry(half.at.to_owned()).or_insert(*id) != *id {
            return None;
        }
    }
    let different: BTreeSet<&u32> = ids.values().collect();
    (different.len() == ids.len()).then_some(ids)
}

/// The sites of a vpn: a full mesh, or hubs that all the rest connects to.
pub(super) fn joined(pairs: &[FoldedPair<'_>]) -> Result<Map<String, Value>, String> {
    let mut peers: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for half in pairs.iter().flatten() {
        peers.entry(half.at).or_default().insert(half.other);
    }
    let count = peers.len();
    let mut written = Map::new();
    if peers.values().all(|others| others.len() + 1 == count) {
        written.insert("between".into(), json!(peers.keys().collect::<Vec<_>>()));
        return Ok(written);
    }
    // The fewer sites of the two sides are the hubs.
    let least = peers.values().min_by_key(|others| others.len()).cloned().unwrap_or_default();
    let is_right = |(site, others): (&&str, &BTreeSet<&str>)| match least.contains(site) {
        true => others.len() + least.len() == count && others.is_disjoint(&least),
        false => *others == least,
    };
    if !peers.iter().all(is_right) {
        return Err("its vpn is neither a full mesh, nor hubs that all the rest connects to".to_owned());
    }
    let spokes: Vec<&&str> = peers.keys().filter(|site| !least.contains(*site)).collect();
    written.insert("hubs".into(), json!(least));
    written.insert("spokes".into(), json!(spokes));
    Ok(written)
}
