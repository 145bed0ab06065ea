//! Fabric: a topology that is declared as a topology.
//!
//! Sites, meshes and vpns come to resources on several targets, before anything is compared. In the order of that way:
//!
//! * `words`: what is written, as files and their schema have it; `words_of_tables`: the words that providers add
//! * `settle`, `read`, `read_sites`, `read_vpns`: from files to the model; `model`: sites, meshes, vpns, with their places
//! * `retired`: sites that are given up
//! * `pool`, `layers`, `connections`: pairs of gateways, their addresses and fields
//! * `halves`, `sites`, `firewall`, `expansion`: the resources that they come to; `others`: what who is not ours has to set
//! * `folding`, `folded_sites`: from an export back to a fabric
//! * `checks`: what files alone can tell to be wrong
//! * `origin`: the declaration of a fabric that a resource came from; `origin_path`: as the ledger keeps it

mod checks;
mod connections;
mod expansion;
mod firewall;
mod folded_sites;
mod folding;
mod halves;
mod layers;
mod model;
mod origin;
pub(crate) mod origin_path;
mod others;
mod pool;
mod read;
mod read_sites;
mod read_vpns;
mod retired;
mod settle;
mod sites;
#[cfg(test)]
mod tests;
mod words;
mod words_of_tables;

pub(crate) use expansion::{ExpandedItem, ExpandedResource, Expansion, OtherSide};
pub(crate) use folding::{FoldedController, Folding, fold};
pub(crate) use layers::{FieldLayers, LayeredField};
pub(crate) use origin::{FabricOrigin, FabricWord};
pub(crate) use words::FabricWords;
pub(crate) use words_of_tables::{PASSWORD, half_kind_fields, neighbour_kind_fields};

use crate::finding::{Finding, Place};
use crate::source::Node;
use crate::spec::Provider;
use crate::topology::{Drafts, Variables};

use checks::Grounds;
use halves::Half;
use read::FabricReader;

/// The key of a fabric.
pub(crate) const FABRIC: &str = "fabric";

/// The key that takes a resource of a fabric away.
pub(crate) const ABSENT: &str = "absent";

/// The item of a list in whose place the items of a fabric go: `- fabric: vpns`.
pub(crate) const MARK: (&str, &str) = (FABRIC, "vpns");

/// What the files' fabric comes to. What is wrong is a finding; the rest is expanded all the same.
pub(crate) fn expand(
    written: Vec<(Node, Place)>,
    catalogue: &'static [&'static Provider],
    drafts: &Drafts,
    variables: &Variables,
    findings: &mut Vec<Finding>,
) -> Expansion {
    let mut expansion = Expansion::default();
    if written.is_empty() {
        return expansion;
    }
    let mut reader = FabricReader::new(catalogue, drafts, variables);
    let mut fabric = reader.read(written);
    findings.append(&mut reader.findings);
    expansion.retired = fabric.retire();
    let grounds = Grounds::new(&fabric, drafts);
    let connections = connections::connections(&fabric, findings);
    let halves: Vec<Half<'_, '_>> = connections.iter().flat_map(|connection| Half::of(&grounds, connection)).collect();
    findings.append(&mut checks::run(&grounds, &connections, &halves));
    fabric.sites.values().for_each(|site| sites::expand_site(&grounds, site, &mut expansion));
    fabric.meshes.values().for_each(|mesh| sites::expand_mesh(&grounds, mesh, &mut expansion));
    for half in halves.iter().filter(|half| half.connection.is_whole(&fabric)) {
        half.expand(&mut expansion);
        firewall::expand_firewall(&fabric, half, &mut expansion);
        half.tell_other_side(&mut expansion);
    }
    expansion
}
