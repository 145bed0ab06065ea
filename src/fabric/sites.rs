//! Sites and meshes: what they come to on their controllers, whatever vpns there are.

use std::sync::Arc;

use super::checks::Grounds;
use super::expansion::{AgreedFields, Expansion};
use super::layers::FieldLayers;
use super::model::{Controller, FabricMesh, FabricSite, IkeId, label};
use super::origin::{FabricOrigin, FabricWord};
use super::words::{Peering, Underlay};
use crate::address::Escaped;
use crate::finding::Place;

/// Adds what a site comes to.
pub(super) fn expand_site(grounds: &Grounds<'_>, site: &FabricSite, expansion: &mut Expansion) {
    let origin = Arc::new(FabricOrigin { fabric: FabricWord::Site, name: site.name.clone(), vpn: None, half: None });
    let is_in_mesh = grounds.mesh(&site.name).is_some();
    let is_in_bgp = grounds.is_in_bgp(&site.name);
    for controller in &site.controllers {
        let words = &controller.table.route;
        let mut route = |name: String, fields: FieldLayers, place: &Arc<Place>| {
            let address = controller.address(words.kind, Some(&name));
            expansion.add((controller, words.kind), address, fields, (&origin, place), AgreedFields::NONE);
        };
        for network in site.networks.iter().filter(|network| !network.connected) {
            let (mut fields, place) = (FieldLayers::default(), &network.place);
            fields.give(words.cidr, network.cidr.to_string(), place);
            fields.give(words.interface, network.interface.as_deref().unwrap_or(words.first_interface), place);
            fields.give_some(words.gateway, network.gateway.as_deref(), place);
            fields.give(words.advertise, is_in_mesh || is_in_bgp, place);
            fields.give(words.description, format!("site {}", site.name), place);
            route(format!("site-{}", label(network.cidr)), fields, place);
        }
        for (offer, place) in site.offers.iter().filter(|_| is_in_bgp) {
            let (mut fields, place) = (FieldLayers::default(), &Arc::new(place.clone()));
            fields.give(words.cidr, offer.to_string(), place);
            fields.give(words.interface, words.first_interface, place);
            fields.give(words.advertise, false, place);
            fields.give(words.description, format!("offer of site {}", site.name), place);
            route(format!("offer-{}", label(*offer)), fields, place);
        }
        if let Some(IkeId::Address(address)) = &site.ike_id {
            let (kind, field) = controller.table.half.local_identity;
            let (mut fields, place) = (FieldLayers::default(), Arc::new(site.place.below("ike-id")));
            fields.give(field, address.as_str(), &place);
            expansion.add(
                (controller, kind),
                controller.address(kind, None),
                fields,
                (&origin, &place),
                AgreedFields::NONE,
            );
        }
    }
}

/// A member of a mesh.
type MeshMember<'f> = (&'f FabricSite, &'f Controller);

/// Adds what a mesh comes to.
pub(super) fn expand_mesh(grounds: &Grounds<'_>, mesh: &FabricMesh, expansion: &mut Expansion) {
    let sites = mesh.members.iter().filter_map(|name| grounds.fabric.sites.get(name));
    let members: Vec<MeshMember<'_>> =
        sites.flat_map(|site| site.controllers.iter().map(move |controller| (site, controller))).collect();
    let origin = Arc::new(FabricOrigin { fabric: FabricWord::Mesh, name: mesh.name.clone(), vpn: None, half: None });
    let root = members.iter().find(|(_, controller)| controller.name == mesh.root).copied();
    for member in &members {
        keys(mesh, *member, root, &origin, expansion);
        if mesh.peers == Peering::All {
            expansion.let_in(member.1, member.1.table.mesh.let_in);
        }
        for other in &members {
            let is_other = other.1.name != member.1.name;
            let is_same_site = other.0.name == member.0.name;
            if is_other
                && mesh.peers == Peering::All
                && (is_same_site || grounds.joins(mesh, &member.0.name, &other.0.name))
            {
                peer(mesh, *member, *other, &origin, expansion);
            }
        }
    }
}

/// The address at which a member of a mesh is reached.
fn reached(mesh: &FabricMesh, (site, controller): MeshMember<'_>) -> String {
    match (&site.address, mesh.underlay) {
        (Some(address), _) => address.clone(),
        (None, Underlay::Public) => controller.public_address(),
        (None, Underlay::Private) => controller.private_address(),
    }
}

fn keys(
    mesh: &FabricMesh,
    member: MeshMember<'_>,
    root: Option<MeshMember<'_>>,
    origin: &Arc<FabricOrigin>,
    expansion: &mut Expansion,
) {
    let (_, controller) = member;
    let words = &controller.table.mesh;
    let (kind, token, source, checksum) = words.keys;
    let mut fields = FieldLayers::default();
    fields.give_some(token, mesh.token.as_deref(), &Arc::new(mesh.place.below("token")));
    if let Some(root) = root.filter(|(_, root)| root.name != controller.name) {
        let place = Arc::new(mesh.place.below("root"));
        fields.give(source, reached(mesh, root), &place);
        fields.give(checksum, root.1.output(kind, checksum), &place);
    }
    expansion.add(
        (controller, kind),
        controller.address(kind, None),
        fields,
        (origin, &mesh.place),
        AgreedFields::NONE,
    );
    let (kind, field) = words.number;
    let mut fields = FieldLayers::default();
    fields.give(field, controller.id, &Arc::new(controller.place.clone()));
    expansion.add(
        (controller, kind),
        controller.address(kind, None),
        fields,
        (origin, &mesh.place),
        AgreedFields::NONE,
    );
}

fn peer(
    mesh: &FabricMesh,
    (site, controller): MeshMember<'_>,
    other: MeshMember<'_>,
    origin: &Arc<FabricOrigin>,
    expansion: &mut Expansion,
) {
    let (kind, id, name, mtu) = controller.table.mesh.peer;
    let (number, field) = other.1.table.mesh.number;
    let mut fields = FieldLayers::default();
    fields.give(id, other.1.output(number, field), &mesh.place);
    fields.give(name, reached(mesh, other), &mesh.place);
    fields.give_some(mtu, mesh.overlay_mtu.clone(), &Arc::new(mesh.place.below("overlay_mtu")));
    let address = controller.address(kind, Some(&other.1.name));
    let agreed = AgreedFields { fields: controller.table.mesh.agreed, options: None };
    expansion.add((controller, kind), address, fields, (origin, &mesh.place), agreed);
    if mesh.underlay == Underlay::Private {
        underlay(site, controller, other, (origin, &mesh.place), expansion);
    }
}

/// The way to the private address of another member.
fn underlay(
    site: &FabricSite,
    controller: &Controller,
    (_, other): MeshMember<'_>,
    origin: (&Arc<FabricOrigin>, &Arc<Place>),
    expansion: &mut Expansion,
) {
    let (interface, gateway) = &site.lan;
    if gateway.is_none() {
        // It is in the controller's own network.
        return;
    }
    let words = &controller.table.route;
    let mut fields = FieldLayers::default();
    let lan = Arc::new(site.place.below("lan"));
    fields.give(words.cidr, format!("{}/32", other.private_address()), origin.1);
    fields.give(words.interface, interface.as_deref().unwrap_or(words.first_interface), &lan);
    fields.give_some(words.gateway, gateway.as_deref(), &lan);
    fields.give(words.advertise, false, origin.1);
    fields.give(words.description, format!("underlay to {}", Escaped(&other.name)), origin.1);
    let address = controller.address(words.kind, Some(&format!("underlay-{}", other.name)));
    expansion.add((controller, words.kind), address, fields, origin, AgreedFields::NONE);
}
