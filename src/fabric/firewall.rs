//! Firewall: what lets a vpn's traffic pass, and shows networks as others, whatever the number of networks two rules a half.

use std::sync::Arc;

use ipnet::Ipv4Net;
use sha2::{Digest, Sha256};

use super::expansion::{AgreedFields, Expansion};
use super::halves::Half;
use super::layers::FieldLayers;
use super::model::Fabric;
use super::origin::{FabricOrigin, FabricWord};
use crate::digest::hex;
use crate::finding::Place;
use crate::source::Node;

/// What the names of all sets of a fabric begin with.
const PREFIX: &str = "fab";

/// Adds what the firewall of a half's controller needs for it.
pub(super) fn expand_firewall(fabric: &Fabric, half: &Half<'_, '_>, expansion: &mut Expansion) {
    let vpn = half.connection.vpn;
    let place = Arc::new(vpn.place.below("translate"));
    let words = &half.connection.table.firewall;
    let (rules, rule, comment) = words.rules;
    for (own, shown) in vpn.translate.get(&half.site.name).into_iter().flatten() {
        for theirs in &half.theirs {
            for template in [words.shown_in, words.shown_out] {
                let text = template
                    .replace("{own}", &own.to_string())
                    .replace("{shown}", &shown.to_string())
                    .replace("{theirs}", &theirs.to_string());
                let item = vec![
                    (rule.into(), Node::Text(text)),
                    (comment.into(), Node::Text(format!("vpn {}: {own} as {shown}", vpn.name))),
                ];
                expansion.add_item(half.controller, (rules, rule), Node::Map(item), &place);
            }
        }
    }
    if vpn.open {
        open(fabric, half, expansion);
    }
}

/// The sets of both sides, and the rules that let pass what goes from one to the other.
fn open(fabric: &Fabric, half: &Half<'_, '_>, expansion: &mut Expansion) {
    let vpn = half.connection.vpn;
    let place = Arc::new(vpn.place.below("firewall"));
    let words = &half.connection.table.firewall;
    let part = half.other.part();
    let name = |part: &str| set_name(&format!("{PREFIX}-{}-{part}", vpn.name), words.longest_name);
    let (own, theirs) = (name("own"), name(&part));
    // One for all halves of a vpn on a controller.
    let address = half.controller.address(words.set.0, Some(&own));
    if !expansion.resources.contains_key(&address) {
        let (site, vpn) = (half.site.name.clone(), Some(vpn.name.clone()));
        let origin = Arc::new(FabricOrigin { fabric: FabricWord::Site, name: site, vpn, half: None });
        set(half, (&own, &own_networks(fabric, half)), (&origin, &place), expansion);
    }
    set(half, (&theirs, &half.theirs), (&half.origin(), &place), expansion);
    let (rules, rule, comment) = words.rules;
    for (from, to, way) in [(&own, &theirs, "to"), (&theirs, &own, "from")] {
        let text = words.open.replace("{from}", from).replace("{to}", to);
        let item = vec![
            (rule.into(), Node::Text(text)),
            (comment.into(), Node::Text(format!("vpn {}: {way} {part}", vpn.name))),
        ];
        expansion.add_item(half.controller, (rules, rule), Node::Map(item), &place);
    }
}

/// The own networks as the firewall sees them, which is before they are shown as others: of a hub that spokes reach each other
/// through, those of all spokes, too.
fn own_networks(fabric: &Fabric, half: &Half<'_, '_>) -> Vec<Ipv4Net> {
    let vpn = half.connection.vpn;
    let own = half.site.networks.iter().map(|network| network.cidr);
    let mut networks: Vec<Ipv4Net> = own.chain(half.site.offers.iter().map(|(network, _)| *network)).collect();
    if vpn.transit && vpn.hubs.contains(&half.site.name) {
        let spokes = vpn.spokes.iter().filter_map(|name| fabric.sites.get(name));
        networks.extend(spokes.flat_map(|spoke| vpn.offer(spoke)));
    }
    networks.sort();
    networks.dedup();
    networks
}

fn set(
    half: &Half<'_, '_>,
    (name, networks): (&str, &[Ipv4Net]),
    from: (&Arc<FabricOrigin>, &Arc<Place>),
    expansion: &mut Expansion,
) {
    let place = from.1;
    let (kind, sort, word, entries, entry) = half.connection.table.firewall.set;
    let mut fields = FieldLayers::default();
    let items = networks.iter().map(|network| Node::Map(vec![(entry.into(), Node::Text(network.to_string()))]));
    fields.give(sort, word, place);
    fields.give(entries, Node::List(items.collect()), place);
    let address = half.controller.address(kind, Some(name));
    expansion.add((half.controller, kind), address, fields, from, AgreedFields::NONE);
}

/// The name of a set; of a long one, its beginning and a digest of the whole.
fn set_name(name: &str, longest: usize) -> String {
    const DIGITS: usize = 6;
    if name.len() <= longest {
        return name.to_owned();
    }
    let digest = hex(&Sha256::digest(name));
    let start: String = name.chars().take(longest.saturating_sub(DIGITS + 1)).collect();
    format!("{start}-{}", digest.get(..DIGITS).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_name_ends_in_a_digest_of_the_whole() {
        assert_eq!(set_name("fab-core-paris", 31), "fab-core-paris");
        let long = |end: &str| set_name(&format!("fab-branches-a-very-long-name-of-a-site-{end}"), 31);
        assert_eq!(long("a").len(), 31);
        assert!(long("a").starts_with("fab-branches-a-very-long-"));
        assert!(long("a") != long("b") && long("a") == long("a"));
    }
}
