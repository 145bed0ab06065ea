//! The model: what is written under `fabric`, read and understood, each part with its place.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use ipnet::Ipv4Net;

use super::words::{KeyWords, Peering, Routing, Underlay};
use crate::address::{Address, Escaped};
use crate::finding::Place;
use crate::source::Node;
use crate::spec::{FabricTable, Kind, Provider};

/// A topology that is declared as one.
#[derive(Debug, Clone, Default)]
pub(crate) struct Fabric {
    /// The network of inner addresses.
    pub pool: Option<(Ipv4Net, Place)>,
    /// Profiles by name.
    pub profiles: BTreeMap<String, FabricLayer>,
    /// Sites by name.
    pub sites: BTreeMap<String, FabricSite>,
    /// Meshes by name.
    pub meshes: BTreeMap<String, FabricMesh>,
    /// Vpns by name.
    pub vpns: BTreeMap<String, FabricVpn>,
}

/// Fields of halves, of their neighbours and pairs, as one place gives them.
#[derive(Debug, Clone)]
pub(crate) struct FabricLayer {
    /// Keys and values.
    pub entries: Vec<(Arc<str>, Node)>,
    /// Where.
    pub place: Place,
}

/// A place with networks behind it.
#[derive(Debug, Clone)]
pub(crate) struct FabricSite {
    /// Its name.
    pub name: String,
    /// Where it is declared.
    pub place: Arc<Place>,
    /// Its controllers, the preferred one first.
    pub controllers: Vec<Controller>,
    /// Its gateways that are not ours, the preferred one first.
    pub gateways: Vec<Gateway>,
    /// The number of its autonomous system.
    pub asn: Option<u32>,
    /// The networks behind it.
    pub networks: Vec<SiteNetwork>,
    /// Further networks that it lets the others reach.
    pub offers: Vec<(Ipv4Net, Place)>,
    /// What its controllers say that they are.
    pub ike_id: Option<IkeId>,
    /// The address of its controller, in place of the one that it tells.
    pub address: Option<String>,
    /// The interface and the next hop to private addresses.
    pub lan: (Option<String>, Option<String>),
    /// Says whether its controllers are given up.
    pub retired: bool,
}

/// A controller of a site.
#[derive(Debug, Clone)]
pub(crate) struct Controller {
    /// The target.
    pub name: String,
    /// The fabric's number of it.
    pub id: u32,
    /// Where that is said.
    pub place: Place,
    /// The provider of the target.
    pub provider: &'static Provider,
    /// What the parts of a fabric are there.
    pub table: &'static FabricTable,
}

impl Controller {
    /// The address of one of its resources.
    pub(crate) fn address(&self, kind: &str, name: Option<&str>) -> Address {
        Address::new(&self.name, kind, name)
    }

    /// The kind of that name.
    pub(crate) fn kind(&self, name: &str) -> Option<&'static Kind> {
        self.provider.kind(name)
    }

    /// The expression of a field of what is there once.
    pub(crate) fn output(&self, kind: &str, field: &str) -> String {
        format!("${{{}/{kind}.{field}}}", Escaped(&self.name))
    }

    /// The expression of its public address.
    pub(crate) fn public_address(&self) -> String {
        self.output(self.table.controller.kind, self.table.controller.public)
    }

    /// The expression of its address in its own network.
    pub(crate) fn private_address(&self) -> String {
        self.output(self.table.controller.kind, self.table.controller.private)
    }
}

/// A gateway that is not ours.
#[derive(Debug, Clone)]
pub(crate) struct Gateway {
    /// Its name.
    pub name: String,
    /// Its address.
    pub address: String,
    /// Its address in the tunnel.
    pub inner: Option<Ipv4Net>,
    /// The key that it shares with us.
    pub psk: Option<KeyWords>,
    /// What it says that it is.
    pub ike_id: Option<String>,
    /// Where it is declared.
    pub place: Arc<Place>,
}

/// A network behind a site.
#[derive(Debug, Clone)]
pub(crate) struct SiteNetwork {
    /// The network.
    pub cidr: Ipv4Net,
    /// The interface that it is behind.
    pub interface: Option<String>,
    /// The next hop.
    pub gateway: Option<String>,
    /// Says whether it is the controller's own.
    pub connected: bool,
    /// Where it is declared.
    pub place: Arc<Place>,
}

/// What a controller says that it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum IkeId {
    /// Its public address.
    Public,
    /// This address.
    Address(String),
}

/// Controllers of one license and one keyset.
#[derive(Debug, Clone)]
pub(crate) struct FabricMesh {
    /// Its name.
    pub name: String,
    /// Where it is declared.
    pub place: Arc<Place>,
    /// The sites whose controllers are in it, by name.
    pub members: Vec<String>,
    /// The controller that has the license.
    pub root: String,
    /// The word that the keys depend on.
    pub token: Option<String>,
    /// The network between them.
    pub underlay: Underlay,
    /// The largest packet on the way.
    pub overlay_mtu: Option<Node>,
    /// The sites that all others peer with.
    pub hubs: Option<BTreeSet<String>>,
    /// Whether they peer.
    pub peers: Peering,
}

impl FabricMesh {
    /// Says whether all others peer with a member.
    pub(crate) fn is_hub(&self, site: &str) -> bool {
        self.hubs.as_ref().is_none_or(|hubs| hubs.contains(site))
    }
}

/// A group of IPsec connections of one purpose.
#[derive(Debug, Clone)]
pub(crate) struct FabricVpn {
    /// Its name.
    pub name: String,
    /// Where it is declared.
    pub place: Arc<Place>,
    /// The sites of a full mesh.
    pub between: Vec<String>,
    /// The sites that all spokes connect to.
    pub hubs: Vec<String>,
    /// The sites that connect to hubs.
    pub spokes: Vec<String>,
    /// Says whether spokes reach each other through the hubs.
    pub transit: bool,
    /// Who knows the way.
    pub routing: Routing,
    /// The profile.
    pub profile: Option<String>,
    /// The key that both halves share.
    pub psk: Option<KeyWords>,
    /// Says whether the firewall lets pass what goes between its sites.
    pub open: bool,
    /// The networks of a site that the others see as others: own and shown, by the site.
    pub translate: BTreeMap<String, Vec<(Ipv4Net, Ipv4Net)>>,
    /// The network of its inner addresses, where it has one of its own.
    pub pool: Option<(Ipv4Net, Place)>,
    /// Fields of its halves.
    pub layer: FabricLayer,
    /// Those of one connection, by its name.
    pub connections: BTreeMap<String, FabricLayer>,
}

impl FabricVpn {
    /// Says whether BGP knows the way.
    pub(crate) fn is_bgp(&self) -> bool {
        self.routing == Routing::Bgp
    }

    /// The sites in it, each once.
    pub(crate) fn sites(&self) -> impl Iterator<Item = &String> {
        self.between.iter().chain(&self.hubs).chain(&self.spokes)
    }

    /// The network that the others see in place of one of a site.
    pub(crate) fn shown(&self, site: &str, own: Ipv4Net) -> Ipv4Net {
        let pairs = self.translate.get(site).into_iter().flatten();
        pairs.clone().find(|(from, _)| *from == own).map_or(own, |(_, shown)| *shown)
    }

    /// The networks that a site lets the others reach, as they see them, in order.
    pub(crate) fn offer(&self, site: &FabricSite) -> Vec<Ipv4Net> {
        let own = site.networks.iter().map(|network| self.shown(&site.name, network.cidr));
        let mut offer: Vec<Ipv4Net> = own.chain(site.offers.iter().map(|(network, _)| *network)).collect();
        offer.sort();
        offer.dedup();
        offer
    }
}

/// A network as a part of a name.
pub(crate) fn label(network: Ipv4Net) -> String {
    format!("{}-{}", network.addr(), network.prefix_len())
}
