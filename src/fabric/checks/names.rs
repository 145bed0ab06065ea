//! Names and numbers: sites, roots and hubs that are missing, and ids that are given twice.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::Grounds;
use crate::fabric::model::Controller;
use crate::finding::{Finding, Place};
use crate::suggest::hint;

/// What is wrong with names and numbers.
pub(super) fn check(grounds: &Grounds<'_>) -> Vec<Finding> {
    let mut findings = sites_named(grounds);
    findings.append(&mut numbers(grounds));
    findings.append(&mut roots(grounds));
    findings.append(&mut hubs(grounds));
    findings.append(&mut unreached(grounds));
    findings.append(&mut guessed(grounds));
    findings
}

/// Every site that a mesh or vpn names is declared, and named once in each list.
fn sites_named(grounds: &Grounds<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut look = |names: &mut dyn Iterator<Item = &String>, place: &Place| {
        listed(grounds, names, place, &mut findings);
    };
    for mesh in grounds.fabric.meshes.values() {
        look(&mut mesh.members.iter(), &mesh.place.below("members"));
        look(&mut mesh.hubs.iter().flatten(), &mesh.place.below("hubs"));
    }
    for vpn in grounds.fabric.vpns.values() {
        for (word, names) in [("between", &vpn.between), ("hubs", &vpn.hubs), ("spokes", &vpn.spokes)] {
            look(&mut names.iter(), &vpn.place.below(word));
        }
    }
    for vpn in grounds.fabric.vpns.values() {
        let members: BTreeSet<&String> = vpn.sites().collect();
        for site in vpn.translate.keys().filter(|site| !members.contains(site)) {
            let message = format!("site `{site}` is shown as another, and not in `{}`", vpn.name);
            let finding = Finding::error("unknown-site", message);
            let names: Vec<&str> = members.iter().map(|name| name.as_str()).collect();
            findings.push(finding.help(hint(site, names)).at(&vpn.place.below("translate").below(site).key()));
        }
    }
    findings
}

/// What is wrong with names of sites that stand in a list.
fn listed(grounds: &Grounds<'_>, names: &mut dyn Iterator<Item = &String>, place: &Place, findings: &mut Vec<Finding>) {
    let sites = &grounds.fabric.sites;
    let mut seen = BTreeSet::new();
    for (n, name) in names.enumerate() {
        if !sites.contains_key(name) {
            let finding = Finding::error("unknown-site", format!("there is no site `{name}`"));
            let known: Vec<&str> = sites.keys().map(String::as_str).collect();
            findings.push(finding.help(hint(name, known)).at(&place.item(n)));
        } else if !seen.insert(name) {
            let finding = Finding::error("duplicate-site", format!("site `{name}` is named twice"));
            findings.push(finding.help("name it once").at(&place.item(n)));
        }
    }
}

/// Each controller has one id, and each id one controller.
fn numbers(grounds: &Grounds<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut by_id: HashMap<u32, &Controller> = HashMap::new();
    let mut by_name: HashMap<&str, &Controller> = HashMap::new();
    for controller in grounds.fabric.sites.values().flat_map(|site| &site.controllers) {
        if let Some(first) = by_name.insert(&controller.name, controller) {
            let message = format!("`{}` is in two sites", controller.name);
            let finding = Finding::error("duplicate-controller", message).help("a controller is in one place");
            findings.push(finding.at(&controller.place).also(&first.place, "it is here, too"));
        } else if let Some(first) = by_id.insert(controller.id, controller) {
            let message = format!("`{}` and `{}` have the id {}", first.name, controller.name, controller.id);
            let help = "give one of them a number that no controller has or had: addresses are made of it";
            let finding = Finding::error("duplicate-id", message).help(help).at(&controller.place);
            findings.push(finding.also(&first.place, "it is given here first"));
        }
    }
    findings
}

/// The root of a mesh is one of its controllers, and fetches no keys.
fn roots(grounds: &Grounds<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let sites = &grounds.fabric.sites;
    let mut in_mesh: BTreeMap<&str, &str> = BTreeMap::new();
    for mesh in grounds.fabric.meshes.values() {
        let members = mesh.members.iter().filter_map(|name| sites.get(name)).flat_map(|site| &site.controllers);
        let members: Vec<&Controller> = members.collect();
        let Some(root) = members.iter().find(|controller| controller.name == mesh.root) else {
            let message = format!("`{}` is the root of mesh `{}`, and no controller in it", mesh.root, mesh.name);
            let names: Vec<&str> = members.iter().map(|controller| controller.name.as_str()).collect();
            let finding = Finding::error("no-root", message).help(hint(&mesh.root, names));
            findings.push(finding.at(&mesh.place.below("root")));
            continue;
        };
        let (kind, _, source, _) = root.table.mesh.keys;
        if let Some((_, place)) = grounds.declared(&root.name, kind, source) {
            let message = format!("`{}` makes the keys of mesh `{}`, and fetches them", root.name, mesh.name);
            let help = format!("take `{source}` out, or name another `root`");
            findings.push(Finding::error("no-root", message).help(help).at(&place).also(&mesh.place, "the mesh"));
        }
        for member in &mesh.members {
            if let Some(other) = in_mesh.insert(member, &mesh.name) {
                let message = format!("site `{member}` is in the meshes `{other}` and `{}`", mesh.name);
                let help = "a controller has one keyset: take it out of one of them";
                findings.push(Finding::error("duplicate-site", message).help(help).at(&mesh.place.below("members")));
            }
        }
    }
    findings
}

/// A vpn joins something.
fn hubs(grounds: &Grounds<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for vpn in grounds.fabric.vpns.values() {
        let told = match (vpn.between.is_empty(), vpn.hubs.is_empty(), vpn.spokes.is_empty()) {
            (true, true, false) => Some(("no-hub", "has spokes and no hub", "name its `hubs`", "spokes")),
            (true, false, true) => Some(("no-hub", "has hubs and no spoke", "name its `spokes`", "hubs")),
            (true, true, true) => {
                Some(("no-hub", "joins nothing", "name the sites `between` which it is, or `hubs` and `spokes`", ""))
            }
            (false, ..) | (true, false, false) => None,
        };
        if let Some((code, what, help, word)) = told {
            let place = if word.is_empty() { (*vpn.place).clone().key() } else { vpn.place.below(word).key() };
            findings.push(Finding::error(code, format!("vpn `{}` {what}", vpn.name)).help(help).at(&place));
        }
    }
    findings
}

/// Every site is in a vpn or a mesh.
fn unreached(grounds: &Grounds<'_>) -> Vec<Finding> {
    let fabric = grounds.fabric;
    let meshed = fabric.meshes.values().flat_map(|mesh| &mesh.members);
    let reached: BTreeSet<&String> = fabric.vpns.values().flat_map(|vpn| vpn.sites()).chain(meshed).collect();
    let unreached = fabric.sites.values().filter(|site| !reached.contains(&site.name));
    unreached
        .map(|site| {
            let finding = Finding::error("unreached-site", format!("nothing reaches site `{}`", site.name));
            finding.help("name it in a vpn or a mesh, or take it out").at(&(*site.place).clone().key())
        })
        .collect()
}

/// The route that gives BGP something to tell is a guess.
fn guessed(grounds: &Grounds<'_>) -> Vec<Finding> {
    let bgp = grounds.fabric.vpns.values().filter(|vpn| vpn.is_bgp());
    let told: BTreeSet<&String> = bgp.flat_map(|vpn| vpn.sites()).collect();
    let offering =
        grounds.fabric.sites.values().filter(|site| told.contains(&site.name) && !site.controllers.is_empty());
    offering
        .filter_map(|site| {
            let (_, place) = site.offers.first()?;
            let message =
                format!("site `{}` has a route for what it offers, so that BGP has something to tell", site.name);
            let help = "the vendor's text says nothing about it: look whether the others learn it";
            Some(Finding::warning("offered-route", message).help(help).at(place))
        })
        .collect()
}
