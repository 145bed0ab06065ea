//! Reading sites: their controllers, gateways and networks.

use std::collections::BTreeMap;
use std::sync::Arc;

use ipnet::Ipv4Net;
use serde_json::Value;

use super::model::{Controller, FabricSite, Gateway, IkeId, SiteNetwork};
use super::pool::other_end;
use super::read::FabricReader;
use super::words::{ControllerWords, GatewayWords, InOrder, LanWords, NetworkPlace, NetworkWords, Number, SiteWords};
use crate::finding::{Finding, Place};
use crate::source::{Node, decode};
use crate::suggest::hint;
use crate::topology::{misfit, retires};

impl FabricReader<'_> {
    /// Reads the sites.
    pub(super) fn sites(&mut self, section: BTreeMap<Arc<str>, (Node, Place)>) -> BTreeMap<String, FabricSite> {
        let mut sites: BTreeMap<String, FabricSite> = BTreeMap::new();
        for (label, (node, place)) in section {
            for (name, node) in self.named(&label, &node, &place) {
                if !is_name(&name) {
                    let finding = Finding::error("bad-name", format!("`{name}` is no name for a site"));
                    let help = "names of connections and resources are made of it: use letters, digits, `-` and `_`";
                    self.tell(finding.help(help).at(&place.clone().key()));
                    continue;
                }
                if let Some(first) = sites.get(&name) {
                    let finding = Finding::error("duplicate-key", format!("site `{name}` is declared twice"));
                    let finding = finding.help("keep one of the two").at(&place.clone().key());
                    self.tell(finding.also(&first.place.clone(), "declared here first"));
                    continue;
                }
                let (words, misfits) = decode::<SiteWords>(node);
                // What is left out for what it is, is not missing.
                let is_whole = misfits.is_empty();
                misfits.into_iter().for_each(|found| self.tell(misfit(found, &place)));
                let Some(words) = words else { continue };
                let site = self.site(name.clone(), words, is_whole, &place);
                sites.insert(name, site);
            }
        }
        sites
    }

    fn site(&mut self, name: String, words: SiteWords, is_whole: bool, place: &Place) -> FabricSite {
        let SiteWords { each: _, key: _, retired, on, id, asn, networks, offers, gateways, ike_id, address, lan } =
            words;
        let (has_on, has_gateways) = (on.is_some(), !gateways.0.is_empty());
        let on = match on {
            None => Vec::new(),
            Some(ControllerWords::Several(InOrder(several))) => several,
            Some(ControllerWords::One(target)) => match id {
                Some(id) => vec![(target, Number(id))],
                None if !is_whole => Vec::new(),
                None => {
                    let finding =
                        Finding::error("missing-field", format!("site `{name}` gives its controller no `id`"));
                    self.tell(finding.help("write `id: N`, a number that no other controller has or had").at(place));
                    Vec::new()
                }
            },
        };
        // Of both, the own ones count.
        let gateways = if has_on { InOrder::default() } else { gateways };
        let (controllers, gateways) = (self.controllers(on, place), self.gateways(gateways, place));
        if has_on == has_gateways && (has_on || is_whole) {
            let has =
                if has_on { "controllers, and gateways that are not ours" } else { "neither controllers nor gateways" };
            let help = "give it controllers of ours by `on`, or those of others by `gateways`";
            let finding = Finding::error("bad-site", format!("site `{name}` has {has}"));
            self.tell(finding.help(help).at(&place.clone().key()));
        }
        if address.is_some() && controllers.len() > 1 {
            let message = format!("`address` of site `{name}` could be that of {} controllers", controllers.len());
            let help = "leave it out, or make a site of each";
            self.tell(Finding::error("bad-site", message).help(help).at(&place.below("address")));
        }
        let ike_id = ike_id.map(|word| match word.as_str() {
            "public" => IkeId::Public,
            _ => IkeId::Address(word),
        });
        let LanWords { interface, gateway } = lan.unwrap_or_default();
        FabricSite {
            name,
            place: Arc::new(place.clone()),
            controllers,
            gateways,
            asn,
            networks: self.site_networks(networks, &place.below("networks")),
            offers: networks_of(self, offers, &place.below("offers")),
            ike_id,
            address,
            lan: (interface, gateway),
            retired: self.is_retired(retired.as_ref(), place),
        }
    }

    fn is_retired(&mut self, word: Option<&Value>, place: &Place) -> bool {
        let Some(word) = word else { return false };
        let said = match word {
            Value::Bool(said) => Some(*said),
            Value::String(text) => retires(&Node::Text(text.clone())),
            Value::Null => Some(false),
            Value::Number(_) | Value::Array(_) | Value::Object(_) => None,
        };
        if said.is_none() {
            let finding = Finding::error("wrong-value", "`retired` is true or false");
            self.tell(finding.help("leave it out where the site stays").at(&place.below("retired")));
        }
        said.unwrap_or(false)
    }

    fn controllers(&mut self, on: Vec<(String, Number)>, place: &Place) -> Vec<Controller> {
        let here = place.below("on");
        let mut controllers = Vec::new();
        for (name, Number(id)) in on {
            let place = match controllers.is_empty() {
                true => here.clone(),
                false => here.below(&name),
            };
            let Some(target) = self.drafts.targets.get(&name) else {
                let finding = Finding::error("unknown-target", format!("there is no target `{name}`"));
                let targets: Vec<&str> = self.drafts.targets.keys().map(String::as_str).collect();
                self.tell(finding.help(hint(&name, targets)).at(&place.key()));
                continue;
            };
            let (provider, Some(table)) = (target.provider, target.provider.fabric) else {
                let message =
                    format!("target `{name}` is of `{}`, which has no part in a fabric", target.provider.name);
                self.tell(Finding::error("wrong-target", message).help("name a controller that has IPsec").at(&place));
                continue;
            };
            if id == 0 {
                let finding = Finding::error("wrong-value", format!("`{name}` has the id 0"));
                self.tell(finding.help("ids begin with 1").at(&place));
                continue;
            }
            controllers.push(Controller { name, id, place, provider, table });
        }
        controllers
    }

    fn gateways(&mut self, gateways: InOrder<GatewayWords>, place: &Place) -> Vec<Gateway> {
        let here = place.below("gateways");
        let mut found = Vec::new();
        for (name, GatewayWords { address, inner, psk, ike_id }) in gateways.0 {
            let place = here.below(&name);
            if !is_name(&name) {
                let finding = Finding::error("bad-name", format!("`{name}` is no name for a gateway"));
                self.tell(finding.help("use letters, digits, `-` and `_`").at(&place.clone().key()));
                continue;
            }
            let inner = inner.and_then(|text| match text.parse::<Ipv4Net>() {
                Ok(inner) if inner.prefix_len() == 30 && other_end(inner.addr()).is_some() => Some(inner),
                _ => {
                    let finding = Finding::error("wrong-value", format!("`{text}` is no address of a /30"));
                    let help = "write their address in the tunnel with the /30, as in `169.254.44.9/30`";
                    self.tell(finding.help(help).at(&place.below("inner")));
                    None
                }
            });
            found.push(Gateway { name, address, inner, psk, ike_id, place: Arc::new(place) });
        }
        found
    }

    fn site_networks(&mut self, networks: Vec<NetworkWords>, place: &Place) -> Vec<SiteNetwork> {
        let mut found = Vec::new();
        for (n, words) in networks.into_iter().enumerate() {
            let here = place.item(n);
            let (text, at, NetworkPlace { cidr: _, interface, gateway, connected }) = match words {
                NetworkWords::Full(full) => (full.cidr.clone(), here.below("cidr"), full),
                NetworkWords::Short(cidr) => {
                    let full = NetworkPlace { cidr: String::new(), interface: None, gateway: None, connected: false };
                    (cidr, here.clone(), full)
                }
            };
            let Some(cidr) = self.network(&text, &at) else { continue };
            found.push(SiteNetwork { cidr, interface, gateway, connected, place: Arc::new(here) });
        }
        found
    }
}

/// Networks that stand in a list.
fn networks_of(reader: &mut FabricReader<'_>, texts: Vec<String>, place: &Place) -> Vec<(Ipv4Net, Place)> {
    let read = |(n, text): (usize, String)| {
        let here = place.item(n);
        Some((reader.network(&text, &here)?, here))
    };
    texts.into_iter().enumerate().filter_map(read).collect()
}

/// Says whether a word may be part of the names of connections and sets.
fn is_name(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|letter| letter.is_ascii_alphanumeric() || "-_".contains(letter))
}
