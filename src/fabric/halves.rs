//! Halves: what a connection is on one controller of ours: endpoint, pairs of networks, neighbour and routes.

use std::net::Ipv4Addr;
use std::sync::Arc;

use ipnet::Ipv4Net;

use super::checks::Grounds;
use super::connections::{Connection, End};
use super::expansion::{AgreedFields, Expansion};
use super::layers::FieldLayers;
use super::model::{Controller, Fabric, FabricSite, IkeId, label};
use super::origin::{FabricOrigin, FabricWord};
use crate::address::Address;
use crate::finding::Place;
use crate::source::Node;

/// All networks.
pub(super) const ANYWHERE: &str = "0.0.0.0/0";

/// The tunnel that a half by routes has by itself.
const AUTO: &str = "auto";

/// A connection on one controller of ours.
pub(crate) struct Half<'c, 'f> {
    /// The connection.
    pub connection: &'c Connection<'f>,
    /// The site.
    pub site: &'f FabricSite,
    /// The controller.
    pub controller: &'f Controller,
    /// The own part of names.
    pub part: String,
    /// The other end.
    pub other: End<'f>,
    /// The inner addresses, ours and theirs.
    pub inner: Option<(Ipv4Addr, Ipv4Addr)>,
    /// The networks that the others reach through it, as they see them.
    pub ours: Vec<Ipv4Net>,
    /// The networks that it reaches.
    pub theirs: Vec<Ipv4Net>,
    /// Says whether the overlay hears of theirs.
    pub advertises: bool,
    /// Says whether a mesh joins the two sites already.
    pub is_peered: bool,
    /// Says whether its own number is shown to the other side because the license gives it another one.
    pub shows_asn: bool,
}

impl<'c, 'f> Half<'c, 'f> {
    /// The halves of a connection that are ours.
    pub(crate) fn of(grounds: &Grounds<'f>, connection: &'c Connection<'f>) -> Vec<Half<'c, 'f>> {
        let fabric = grounds.fabric;
        let inner = if connection.is_by_policy() { None } else { connection.inner(fabric) };
        let addresses = inner.map(|(_, addresses)| addresses);
        let half = |end: End<'f>, other: End<'f>, inner: Option<(Ipv4Addr, Ipv4Addr)>| {
            let End::Ours(site, controller) = end else { return None };
            let mesh = grounds.mesh(&site.name);
            let is_peered = mesh.is_some_and(|mesh| grounds.joins(mesh, &site.name, &other.site().name));
            Some(Half {
                connection,
                site,
                controller,
                part: end.part(),
                other,
                inner,
                ours: reach(fabric, connection, site, other.site()),
                theirs: reach(fabric, connection, other.site(), site),
                advertises: mesh.is_some() && !is_peered,
                is_peered,
                shows_asn: grounds.granted_asn(&site.name, controller) != site.asn,
            })
        };
        let [one, other] = connection.ends;
        let first = half(one, other, addresses.map(|[one, other]| (one, other)));
        let second = half(other, one, addresses.map(|[one, other]| (other, one)));
        first.into_iter().chain(second).collect()
    }

    /// The name of its endpoint.
    pub(crate) fn name(&self) -> String {
        format!("{}-{}", self.connection.vpn.name, self.other.part())
    }

    /// The address of its endpoint.
    pub(crate) fn address(&self) -> Address {
        self.controller.address(self.connection.table.half.kind, Some(&self.name()))
    }

    /// The declaration that its resources come from.
    pub(crate) fn origin(&self) -> Arc<FabricOrigin> {
        Arc::new(FabricOrigin {
            fabric: FabricWord::Connection,
            name: self.connection.name.clone(),
            vpn: Some(self.connection.vpn.name.clone()),
            half: Some(self.controller.name.clone()),
        })
    }

    /// The fields in which the other half has to agree, if it is ours.
    fn agreed(&self, fields: AgreedFields) -> AgreedFields {
        if self.connection.is_ours() { fields } else { AgreedFields::NONE }
    }

    fn description(&self) -> String {
        format!("{}: {} to {}", self.connection.vpn.name, self.part, self.other.part())
    }

    /// Adds what it comes to.
    pub(crate) fn expand(&self, expansion: &mut Expansion) {
        let connection = self.connection;
        let (origin, place) = (self.origin(), connection.place());
        let half = &connection.table.half;
        let options = Some((half.options, half.proposals));
        let agreed = self.agreed(AgreedFields { fields: half.agreed, options });
        let target = (self.controller, connection.table.half.kind);
        expansion.add(target, self.address(), self.endpoint(&place), (&origin, &place), agreed);
        expansion.let_in(self.controller, connection.table.half.let_in);
        if connection.is_by_policy() {
            self.pairs(expansion, &origin, &place);
        } else if connection.vpn.is_bgp() {
            self.neighbour(expansion, &origin, &place);
        } else {
            self.own_tunnel(expansion, &origin, &place);
        }
    }

    fn endpoint(&self, place: &Arc<Place>) -> FieldLayers {
        let (connection, words) = (self.connection, &self.connection.table.half);
        let mut fields = FieldLayers::default();
        fields.give(words.description, self.description(), place);
        match self.other {
            End::Ours(site, controller) => {
                let address = site.address.clone().unwrap_or_else(|| controller.public_address());
                fields.give(words.address, address, &site.place);
                match &site.ike_id {
                    None => fields.give(words.identity, controller.private_address(), place),
                    Some(IkeId::Public) => {}
                    Some(IkeId::Address(address)) => {
                        fields.give(words.identity, address.as_str(), &Arc::new(site.place.below("ike-id")));
                    }
                }
            }
            End::Others(_, gateway) => {
                fields.give(words.address, gateway.address.as_str(), &Arc::new(gateway.place.below("address")));
                fields.give_some(words.identity, gateway.ike_id.as_deref(), &Arc::new(gateway.place.below("ike-id")));
            }
        }
        if let Some(key) = &connection.key {
            fields.give(words.key, key.value.clone(), &key.place);
        }
        if !connection.is_by_policy() {
            fields.give(words.selectors.0, ANYWHERE, place);
            fields.give(words.selectors.1, ANYWHERE, place);
            fields.give_some(words.inner, self.inner.map(|(ours, _)| format!("{ours}/30")), place);
        }
        for (name, field) in connection.half.iter() {
            fields.give(name.clone(), field.value.clone(), &field.place);
        }
        self.options(&mut fields);
        fields
    }

    /// The proposals, the further options, and who the controller says that it is: one list.
    fn options(&self, fields: &mut FieldLayers) {
        let (connection, words) = (self.connection, &self.connection.table.half);
        let mut items = Vec::new();
        let mut place = None;
        for word in words.proposals {
            let Some(field) = connection.proposals.get(word) else { continue };
            items.push(Node::Text(format!("{word}={}", field.value.to_text().unwrap_or_default())));
            place = place.or(Some(field.place.clone()));
        }
        if let Some(field) = fields.get(words.options) {
            match &field.value {
                Node::List(further) => items.extend(further.iter().cloned()),
                other => items.push(other.clone()),
            }
            place = Some(field.place.clone());
        }
        if self.site.ike_id == Some(IkeId::Public) {
            let address = self.site.address.clone().unwrap_or_else(|| self.controller.public_address());
            items.push(Node::Text(format!("{}={address}", words.own_identity)));
            place = place.or(Some(Arc::new(self.site.place.below("ike-id"))));
        }
        if let Some(place) = place {
            fields.give(words.options, Node::List(items), &place);
        }
    }

    fn pairs(&self, expansion: &mut Expansion, origin: &Arc<FabricOrigin>, place: &Arc<Place>) {
        let words = &self.connection.table.pair;
        for (local, remote) in self.ours.iter().flat_map(|local| self.theirs.iter().map(move |remote| (local, remote)))
        {
            let mut fields = FieldLayers::default();
            fields.give(words.local, local.to_string(), place);
            fields.give(words.remote, remote.to_string(), place);
            for (name, field) in self.connection.pair.iter() {
                fields.give(name.clone(), field.value.clone(), &field.place);
            }
            let name = format!("{}_{}", label(*local), label(*remote));
            let address = self.address().child(words.kind, Some(&name));
            let agreed = self.agreed(AgreedFields { fields: words.agreed, options: None });
            expansion.add((self.controller, words.kind), address, fields, (origin, place), agreed);
        }
        if let (true, Some(first)) = (self.advertises, self.ours.first()) {
            let through = |remote: &Ipv4Net| format!("{}/{}_{}", self.name(), label(*first), label(*remote));
            self.routes(expansion, origin, place, &through);
        }
    }

    fn own_tunnel(&self, expansion: &mut Expansion, origin: &Arc<FabricOrigin>, place: &Arc<Place>) {
        let words = &self.connection.table.pair;
        let mut fields = FieldLayers::default();
        fields.give(words.local, ANYWHERE, place);
        fields.give(words.remote, ANYWHERE, place);
        for (name, field) in self.connection.pair.iter() {
            fields.give(name.clone(), field.value.clone(), &field.place);
        }
        let address = self.address().child(words.kind, Some(AUTO));
        let agreed = self.agreed(AgreedFields { fields: words.agreed, options: None });
        expansion.add((self.controller, words.kind), address, fields, (origin, place), agreed);
        self.routes(expansion, origin, place, &|_| format!("{}/{AUTO}", self.name()));
    }

    fn routes(
        &self,
        expansion: &mut Expansion,
        origin: &Arc<FabricOrigin>,
        place: &Arc<Place>,
        through: &dyn Fn(&Ipv4Net) -> String,
    ) {
        let words = &self.connection.table.route;
        for network in &self.theirs {
            let mut fields = FieldLayers::default();
            fields.give(words.cidr, network.to_string(), place);
            fields.give(words.through, through(network), place);
            fields.give(words.metric, self.connection.rank, place);
            fields.give(words.advertise, self.advertises, place);
            fields.give(words.description, self.description(), place);
            let address = self.controller.address(words.kind, Some(&format!("{}-{}", self.name(), label(*network))));
            expansion.add((self.controller, words.kind), address, fields, (origin, place), AgreedFields::NONE);
        }
    }

    fn neighbour(&self, expansion: &mut Expansion, origin: &Arc<FabricOrigin>, place: &Arc<Place>) {
        let words = &self.connection.table.neighbour;
        let Some((_, theirs)) = self.inner else { return };
        let mut fields = FieldLayers::default();
        let asn = |site: &FabricSite| Arc::new(site.place.below("asn"));
        fields.give_some(words.asn, self.other.site().asn, &asn(self.other.site()));
        fields.give_some(words.shown_asn, self.site.asn.filter(|_| self.shows_asn), &asn(self.site));
        let line = |word: &str, network: &Ipv4Net| format!("{word} {network}");
        let accepted = self.theirs.iter().map(|network| line(words.line_words.0, network));
        let told = self.ours.iter().map(|network| line(words.line_words.1, network));
        fields.give(words.lines, accepted.chain(told).collect::<Vec<String>>(), place);
        if self.connection.rank > 0 {
            fields.give(words.distance.0, true, place);
            fields.give(words.distance.1, words.inwards, place);
            fields.give(words.distance.2, self.connection.rank, place);
        }
        for (name, field) in self.connection.neighbour.iter() {
            fields.give(name.clone(), field.value.clone(), &field.place);
        }
        let agreed = self.agreed(AgreedFields { fields: words.agreed, options: None });
        let address = self.address().child(words.kind, Some(&theirs.to_string()));
        expansion.add((self.controller, words.kind), address, fields, (origin, place), agreed);
    }
}

/// The networks of a site, and of what is behind it, that another one reaches through a connection, as that one sees them.
fn reach(fabric: &Fabric, connection: &Connection<'_>, site: &FabricSite, other: &FabricSite) -> Vec<Ipv4Net> {
    let vpn = connection.vpn;
    let mut networks = vpn.offer(site);
    let is_through = vpn.transit && vpn.hubs.contains(&site.name) && vpn.spokes.contains(&other.name);
    if is_through {
        let spokes = vpn.spokes.iter().filter(|spoke| **spoke != other.name && **spoke != site.name);
        networks.extend(spokes.filter_map(|spoke| fabric.sites.get(spoke)).flat_map(|spoke| vpn.offer(spoke)));
        networks.sort();
        networks.dedup();
    }
    networks
}
