//! Reading meshes and vpns: which sites are in them, and what their connections have.

use std::collections::BTreeMap;
use std::sync::Arc;

use ipnet::Ipv4Net;
use schemars::JsonSchema;
use serde_json::Value;

use super::model::{FabricLayer, FabricMesh, FabricVpn};
use super::read::{FabricReader, OF_CONNECTION};
use super::words::{FirewallWord, MeshWords, SiteNames, VpnWords};
use crate::finding::{Finding, Place};
use crate::source::Node;
use crate::topology::take_each;

impl FabricReader<'_> {
    /// Reads the meshes.
    pub(super) fn meshes(&mut self, section: BTreeMap<Arc<str>, (Node, Place)>) -> BTreeMap<String, FabricMesh> {
        let mut meshes = BTreeMap::new();
        for (name, (node, place)) in section {
            let Some(node) = self.settled(&node, None, &place) else { continue };
            let overlay_mtu = node.get("overlay_mtu").cloned();
            let Some(words) = self.decoded::<MeshWords>(node.clone(), &place) else { continue };
            let MeshWords { members, root, token, underlay, overlay_mtu: _, hubs, peers } = words;
            let members = self.site_names(Some(members), node.get("members"), &place.below("members"));
            let given = hubs.is_some();
            let hubs = self.site_names(hubs, node.get("hubs"), &place.below("hubs"));
            let mesh = FabricMesh {
                name: name.to_string(),
                place: Arc::new(place),
                members,
                root,
                token,
                underlay,
                overlay_mtu,
                hubs: given.then(|| hubs.into_iter().collect()),
                peers,
            };
            meshes.insert(mesh.name.clone(), mesh);
        }
        meshes
    }

    /// Reads the vpns.
    pub(super) fn vpns(&mut self, section: BTreeMap<Arc<str>, (Node, Place)>) -> BTreeMap<String, FabricVpn> {
        let own: Vec<String> = own_words::<VpnWords>();
        let mut vpns = BTreeMap::new();
        for (name, (node, place)) in section {
            let Some(node) = self.settled(&node, None, &place) else { continue };
            let entries = self.map(node.clone(), &place, "the words of a vpn");
            let (mut words, mut fields): (Vec<_>, Vec<_>) =
                entries.into_iter().partition(|(key, _)| own.iter().any(|word| **word == **key));
            // They are looked at where their own fields are.
            fields.extend(words.iter().filter(|(key, _)| &**key == "bgp").cloned());
            words.retain(|(key, _)| !matches!(&**key, "bgp" | "connections"));
            let Some(words) = self.decoded::<VpnWords>(Node::Map(words), &place) else { continue };
            let layer = self.layer(fields, &place, &["bgp"], &own);
            let vpn = self.vpn(&name, words, &node, layer);
            vpns.insert(name.to_string(), vpn);
        }
        vpns
    }

    fn vpn(&mut self, name: &str, words: VpnWords, node: &Node, layer: FabricLayer) -> FabricVpn {
        let place = &layer.place.clone();
        let VpnWords {
            between,
            hubs,
            spokes,
            transit,
            routing,
            profile,
            psk,
            bgp: _,
            firewall,
            translate,
            pool,
            connections: _,
        } = words;
        let mut names = |key: &str, words: Option<SiteNames>| self.site_names(words, node.get(key), &place.below(key));
        let (between, hubs, spokes) = (names("between", between), names("hubs", hubs), names("spokes", spokes));
        let here = place.below("connections");
        let said = node.get("connections").cloned().unwrap_or(Node::Null);
        let mut connections = BTreeMap::new();
        for (name, node) in self.map(said, &here, "names of connections") {
            let place = here.below(&name);
            let entries = self.map(node, &place, "the fields of a connection");
            connections.insert(name.to_string(), self.layer(entries, &place, &OF_CONNECTION, &[]));
        }
        let at = place.below("pool");
        let pool = pool.and_then(|text| self.network(&text, &at)).map(|network| (network, at));
        let translate = self.translations(translate, &place.below("translate"));
        FabricVpn {
            name: name.to_owned(),
            place: Arc::new(place.clone()),
            between,
            hubs,
            spokes,
            transit,
            routing,
            profile,
            psk,
            open: firewall == Some(FirewallWord::Open),
            translate,
            pool,
            layer,
            connections,
        }
    }

    fn translations(
        &mut self,
        words: BTreeMap<String, BTreeMap<String, String>>,
        place: &Place,
    ) -> BTreeMap<String, Vec<(Ipv4Net, Ipv4Net)>> {
        let mut found = BTreeMap::new();
        for (site, pairs) in words {
            let place = place.below(&site);
            let mut of_site = Vec::new();
            for (own, shown) in pairs {
                let at = place.below(&own);
                let (from, to) = (self.network(&own, &at.clone().key()), self.network(&shown, &at));
                let Some((from, to)) = from.zip(to) else { continue };
                if from.prefix_len() != to.prefix_len() {
                    let message = format!("`{own}` is not as large as `{shown}`, as which it is shown");
                    let help = "each address has one of its own: write a network of the same size";
                    self.tell(Finding::error("wrong-value", message).help(help).at(&at));
                }
                of_site.push((from, to));
            }
            found.insert(site, of_site);
        }
        found
    }

    /// The names of sites that some words mean; the node is the same as it stands in the file.
    fn site_names(&mut self, words: Option<SiteNames>, node: Option<&Node>, place: &Place) -> Vec<String> {
        match words {
            None => Vec::new(),
            Some(SiteNames::Listed(names)) => names,
            Some(SiteNames::Each { each: _, key: _ }) => {
                let mut node = node.cloned().unwrap_or(Node::Null);
                let source = if let Node::Map(entries) = &mut node { take_each(entries, false) } else { None };
                let items = source.map(|source| self.items(&source, place)).unwrap_or_default();
                items.into_iter().map(|item| item.key).collect()
            }
        }
    }
}

/// The keys of a type, as its schema has them.
fn own_words<T: JsonSchema>() -> Vec<String> {
    let schema = schemars::schema_for!(T).to_value();
    let properties = schema.get("properties").and_then(Value::as_object);
    properties.into_iter().flat_map(|properties| properties.keys().cloned()).collect()
}
