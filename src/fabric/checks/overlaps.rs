//! Overlaps: networks that are in two places.
//!
//! What is sorted by its first address overlaps the one before it that reaches furthest, or nothing: no pair is looked at for
//! itself.

use std::collections::BTreeSet;

use ipnet::Ipv4Net;

use super::Grounds;
use crate::finding::{Finding, Place};

/// A network with whose it is.
struct Occupied<'f> {
    network: Ipv4Net,
    /// The site; `None` of a pool or an overlay.
    site: Option<&'f str>,
    what: String,
    place: Place,
}

/// What is wrong with networks.
pub(super) fn check(grounds: &Grounds<'_>) -> Vec<Finding> {
    let mut occupied = occupied(grounds);
    occupied.sort_by_key(|own| (own.network.network(), own.network.prefix_len()));
    let mut findings = Vec::new();
    // The one that reaches furthest, and the one of another site that does.
    let mut furthest: [Option<&Occupied<'_>>; 2] = [None, None];
    for own in &occupied {
        let is_other = |other: &&Occupied<'_>| own.site.is_none() || own.site != other.site;
        let overlapped = furthest.iter().flatten().copied().filter(is_other);
        if let Some(other) = overlapped.into_iter().find(|other| other.network.broadcast() >= own.network.network()) {
            let message = format!("{} overlaps {}", own.what, other.what);
            let help = "give one of them another network; a vpn can show one as another by `translate`";
            let finding = Finding::error("overlap", message).help(help).at(&own.place);
            findings.push(finding.also(&other.place, "the other one"));
        }
        let [first, second] = furthest;
        let reaches = |other: Option<&Occupied<'_>>| {
            other.is_none_or(|other| own.network.broadcast() > other.network.broadcast())
        };
        furthest = match first {
            Some(first) if first.site == own.site && reaches(Some(first)) => [Some(own), second],
            _ if reaches(first) => [Some(own), first],
            _ if reaches(second) && first.is_none_or(|first| first.site != own.site) => [first, Some(own)],
            _ => [first, second],
        };
    }
    findings
}

fn occupied<'f>(grounds: &Grounds<'f>) -> Vec<Occupied<'f>> {
    let fabric = grounds.fabric;
    let mut found = Vec::new();
    let mut translated: BTreeSet<(&str, Ipv4Net)> = BTreeSet::new();
    for vpn in fabric.vpns.values() {
        for (site, pairs) in &vpn.translate {
            for (own, shown) in pairs {
                translated.insert((site, *own));
                let what = format!("{shown}, as which site `{site}` is shown,");
                let place = vpn.place.below("translate").below(site).below(&own.to_string());
                found.push(Occupied { network: *shown, site: Some(site), what, place });
            }
        }
        if let Some((pool, place)) = &vpn.pool {
            let what = format!("the pool {pool} of `{}`", vpn.name);
            found.push(Occupied { network: *pool, site: None, what, place: place.clone() });
        }
    }
    for site in fabric.sites.values() {
        for network in site.networks.iter().filter(|own| !translated.contains(&(site.name.as_str(), own.cidr))) {
            let what = format!("{} of site `{}`", network.cidr, site.name);
            let place = (*network.place).clone();
            found.push(Occupied { network: network.cidr, site: Some(&site.name), what, place });
        }
    }
    if let Some((pool, place)) = &fabric.pool {
        let what = format!("the pool {pool}");
        found.push(Occupied { network: *pool, site: None, what, place: place.clone() });
    }
    for mesh in fabric.meshes.values() {
        if let Some((network, place)) = grounds.overlay(mesh) {
            let what = format!("the overlay {network} of mesh `{}`", mesh.name);
            found.push(Occupied { network, site: None, what, place });
        }
    }
    found
}
