//! Others: what a gateway that is not ours has to set, so that its half of a connection fits ours.

use super::connections::End;
use super::expansion::{Expansion, OtherSide};
use super::halves::Half;
use super::layers::FieldLayers;
use super::model::IkeId;
use crate::source::Node;

impl Half<'_, '_> {
    /// Notes what the other side has to set, if it is not ours.
    pub(super) fn tell_other_side(&self, expansion: &mut Expansion) {
        let End::Others(site, gateway) = self.other else { return };
        let Some(resource) = expansion.resources.get(&self.address()) else { return };
        let (fields, words) = (&resource.fields, &self.connection.table.half);
        let text = |name: &str| fields.get(name).map(|field| shown(&field.value)).unwrap_or_default();
        let ours = self.site.address.clone().unwrap_or_else(|| self.controller.public_address());
        let our_id = match &self.site.ike_id {
            None => self.controller.private_address(),
            Some(IkeId::Public) => ours.clone(),
            Some(IkeId::Address(address)) => address.clone(),
        };
        let mut settings = vec![
            ("your gateway", gateway.address.clone()),
            ("our gateway", ours),
            ("your IKE id", gateway.ike_id.clone().unwrap_or_else(|| gateway.address.clone())),
            ("our IKE id", our_id),
            ("IKE version", text(words.version)),
            ("proposals and options", text(words.options)),
            ("key", text(words.key)),
        ];
        settings.extend(self.ways(site.asn));
        settings.retain(|(_, value)| !value.is_empty());
        let (connection, vpn) = (self.connection.name.clone(), self.connection.vpn.name.clone());
        expansion.others.push(OtherSide { connection, vpn, settings });
    }

    /// What goes through: selectors or inner addresses, and who tells whom.
    fn ways(&self, asn: Option<u32>) -> Vec<(&'static str, String)> {
        let list =
            |networks: &[ipnet::Ipv4Net]| networks.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        let mut found = Vec::new();
        match self.inner {
            Some((ours, theirs)) => {
                found.push(("your address in the tunnel", format!("{theirs}/30")));
                found.push(("our address in the tunnel", format!("{ours}/30")));
            }
            None => {
                found.push(("your selectors", list(&self.theirs)));
                found.push(("our selectors", list(&self.ours)));
            }
        }
        if self.connection.vpn.is_bgp() {
            let number = |asn: Option<u32>| asn.map(|asn| asn.to_string()).unwrap_or_default();
            found.push(("your ASN", number(asn)));
            found.push(("our ASN", number(self.site.asn)));
            let password = password(&self.connection.neighbour, self.connection.table.neighbour.password);
            found.push(("BGP password", password));
        }
        found.push(("your networks", list(&self.theirs)));
        found.push(("our networks", list(&self.ours)));
        found
    }
}

fn password(fields: &FieldLayers, name: &str) -> String {
    fields.get(name).map(|field| shown(&field.value)).unwrap_or_default()
}

/// A value in words: of a secret, the expression that names it.
fn shown(node: &Node) -> String {
    match node {
        Node::List(items) => items.iter().map(shown).collect::<Vec<_>>().join(", "),
        other => other.to_text().unwrap_or_default(),
    }
}
