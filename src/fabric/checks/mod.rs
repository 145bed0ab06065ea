//! Checks: what files alone can tell to be wrong with a fabric, before anything is looked at.
//!
//! * `names`: sites, roots and numbers that are missing, or given twice
//! * `agreement`: what the halves of a connection need, and what they can't share
//! * `overlaps`: networks that are in two places

mod agreement;
mod names;
mod overlaps;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use ipnet::Ipv4Net;

use super::connections::Connection;
use super::halves::Half;
use super::model::{Controller, Fabric, FabricMesh};
use super::words::Peering;
use crate::address::Address;
use crate::finding::{Finding, Place};
use crate::source::Node;
use crate::topology::Drafts;

/// A fabric with what files declare beside it.
pub(crate) struct Grounds<'f> {
    /// The fabric.
    pub fabric: &'f Fabric,
    /// The drafts at addresses that may be those of a fabric.
    drafts: HashMap<&'f Address, usize>,
    all: &'f Drafts,
    /// The mesh of each site.
    meshes: BTreeMap<&'f str, &'f FabricMesh>,
    /// The numbers of autonomous systems that the license of each mesh grants, by the number of the controller.
    granted: BTreeMap<&'f str, Vec<u32>>,
    /// The sites that vpns by BGP reach.
    bgp: BTreeSet<&'f str>,
}

impl<'f> Grounds<'f> {
    /// A fabric, and what files declare beside it.
    pub(crate) fn new(fabric: &'f Fabric, all: &'f Drafts) -> Grounds<'f> {
        let drafts = all.resources.iter().enumerate().map(|(n, draft)| (&draft.address, n)).collect();
        let members =
            fabric.meshes.values().flat_map(|mesh| mesh.members.iter().map(move |site| (site.as_str(), mesh)));
        let meshes = members.collect();
        let bgp = fabric.vpns.values().filter(|vpn| vpn.is_bgp()).flat_map(|vpn| vpn.sites());
        let bgp = bgp.map(String::as_str).collect();
        let mut grounds = Grounds { fabric, drafts, all, meshes, granted: BTreeMap::new(), bgp };
        for mesh in fabric.meshes.values() {
            let Some((kind, asns, _)) = grounds.grants(mesh) else { continue };
            let Some((node, _)) = grounds.declared(&mesh.root, kind, asns) else { continue };
            let numbers = match node {
                Node::List(items) => items.iter().map(number).collect(),
                Node::Text(text) => text.split_whitespace().map(|word| word.parse().unwrap_or(0)).collect(),
                _ => Vec::new(),
            };
            grounds.granted.insert(&mesh.name, numbers);
        }
        grounds
    }

    /// The number that the license gives a controller's autonomous system, where files say it.
    pub(crate) fn granted_asn(&self, site: &str, controller: &Controller) -> Option<u32> {
        let numbers = self.granted.get(self.meshes.get(site)?.name.as_str())?;
        let slot = usize::try_from(controller.id).ok()?.checked_sub(1)?;
        numbers.get(slot).copied()
    }

    /// The mesh that a site is in.
    pub(crate) fn mesh(&self, site: &str) -> Option<&'f FabricMesh> {
        self.meshes.get(site).copied()
    }

    /// Says whether the controllers of two sites are peers in the mesh of the first one.
    pub(crate) fn joins(&self, mesh: &FabricMesh, one: &str, other: &str) -> bool {
        let is_member = self.meshes.get(other).is_some_and(|of_other| of_other.name == mesh.name);
        mesh.peers == Peering::All && is_member && (mesh.is_hub(one) || mesh.is_hub(other))
    }

    /// Says whether a vpn by BGP reaches a site.
    pub(crate) fn is_in_bgp(&self, site: &str) -> bool {
        self.bgp.contains(site)
    }

    /// What is called there what the license grants.
    fn grants(&self, mesh: &FabricMesh) -> Option<(&'static str, &'static str, &'static str)> {
        Some(self.all.targets.get(&mesh.root)?.provider.fabric?.mesh.grants)
    }

    /// What files give a field of what is there once, and where.
    fn declared(&self, target: &str, kind: &str, field: &str) -> Option<(&'f Node, Place)> {
        let number = self.drafts.get(&Address::new(target, kind, None))?;
        let draft = self.all.resources.get(*number)?;
        let given = draft.fields.iter().find(|given| &*given.name == field)?;
        Some((&given.value, draft.place_of(field)))
    }

    /// The overlay of a mesh, where files give it.
    fn overlay(&self, mesh: &FabricMesh) -> Option<(Ipv4Net, Place)> {
        let (kind, _, subnet) = self.grants(mesh)?;
        let (node, place) = self.declared(&mesh.root, kind, subnet)?;
        Some((node.as_text()?.parse().ok()?, place))
    }
}

fn number(node: &Node) -> u32 {
    node.to_text().and_then(|text| text.parse().ok()).unwrap_or(0)
}

/// Everything that is wrong.
pub(crate) fn run(grounds: &Grounds<'_>, connections: &[Connection<'_>], halves: &[Half<'_, '_>]) -> Vec<Finding> {
    let mut findings = names::check(grounds);
    findings.append(&mut agreement::check(grounds, connections, halves));
    findings.append(&mut overlaps::check(grounds));
    findings
}
