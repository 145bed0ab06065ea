//! Connections: what the vpns of a fabric come to, pair by pair, each with its two ends and the fields of both halves.

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;
use std::sync::Arc;

use ipnet::Ipv4Net;

use super::layers::{FieldLayers, LayeredField, replaced};
use super::model::{Controller, Fabric, FabricLayer, FabricSite, FabricVpn, Gateway};
use super::pool::{allocated, ends, other_end};
use super::words::KeyWords;
use super::words_of_tables::PASSWORD;
use crate::finding::{Finding, Place};
use crate::source::{Node, decode};
use crate::spec::FabricTable;
use crate::suggest::hint;
use crate::topology::expression::{Expression, Segment, Term, segments};
use crate::topology::misfit;

/// What stands for a connection's name in the fields of its vpn.
const PAIR: &str = "${pair}";

/// The network of inner addresses of a fabric that names none: what is within reaches no further than a link.
const POOL: Ipv4Net = Ipv4Net::new_assert(Ipv4Addr::new(169, 254, 0, 0), 16);

/// One end of a connection.
#[derive(Debug, Clone, Copy)]
pub(crate) enum End<'f> {
    /// A controller of ours.
    Ours(&'f FabricSite, &'f Controller),
    /// A gateway of others.
    Others(&'f FabricSite, &'f Gateway),
}

impl<'f> End<'f> {
    /// The site.
    pub(crate) fn site(self) -> &'f FabricSite {
        match self {
            End::Ours(site, _) | End::Others(site, _) => site,
        }
    }

    /// Its part of names: that of the site, where it has no other controller or gateway.
    pub(crate) fn part(self) -> String {
        match self {
            End::Ours(site, controller) if site.controllers.len() > 1 => controller.name.clone(),
            End::Others(site, gateway) if site.gateways.len() > 1 => format!("{}-{}", site.name, gateway.name),
            End::Ours(site, _) | End::Others(site, _) => site.name.clone(),
        }
    }

    /// The ends of a site, the preferred one first.
    fn of(site: &'f FabricSite) -> Vec<End<'f>> {
        let ours = site.controllers.iter().map(|controller| End::Ours(site, controller));
        ours.chain(site.gateways.iter().map(|gateway| End::Others(site, gateway))).collect()
    }
}

/// IPsec between two gateways of two sites.
#[derive(Debug, Clone)]
pub(crate) struct Connection<'f> {
    /// Its name, of both ends in order.
    pub name: String,
    /// The vpn that it belongs to.
    pub vpn: &'f FabricVpn,
    /// The two ends, in the order of their parts of the name.
    pub ends: [End<'f>; 2],
    /// How far it is from being preferred: 0 is.
    pub rank: u32,
    /// What the parts of a fabric are where it has a half.
    pub table: &'static FabricTable,
    /// Fields of both halves.
    pub half: FieldLayers,
    /// The proposals of both, by their words.
    pub proposals: FieldLayers,
    /// Fields of both neighbours.
    pub neighbour: FieldLayers,
    /// Fields of the pairs of networks on both.
    pub pair: FieldLayers,
    /// The key that they share.
    pub key: Option<LayeredField>,
    /// Says whether one was given that is none, which has been told.
    pub is_key_told: bool,
    /// Where the inner addresses are given, where it is not the pool.
    pub inner: Option<(Ipv4Net, Arc<Place>)>,
}

impl<'f> Connection<'f> {
    /// Says whether policies decide what goes through it, and not routes.
    pub(crate) fn is_by_policy(&self) -> bool {
        self.half.text(self.table.half.form) == Some(self.table.half.forms.1)
    }

    /// The place that speaks for it: what is said of it alone, or else its vpn.
    pub(crate) fn place(&self) -> Arc<Place> {
        match self.vpn.connections.get(&self.name) {
            Some(layer) => Arc::new(layer.place.clone()),
            None => self.vpn.place.clone(),
        }
    }

    /// The /30 of its inner addresses, and the address of each end.
    pub(crate) fn inner(&self, fabric: &Fabric) -> Option<(Ipv4Net, [Ipv4Addr; 2])> {
        match self.ends {
            [End::Ours(_, one), End::Ours(_, other)] => {
                let block = match self.inner {
                    Some((block, _)) => block,
                    None => allocated(self.pool(fabric), one.id, other.id)?,
                };
                let (low, high) = ends(block);
                Some((block, if one.id < other.id { [low, high] } else { [high, low] }))
            }
            [End::Others(_, gateway), _] => {
                let theirs = gateway.inner?.addr();
                Some((gateway.inner?.trunc(), [theirs, other_end(theirs)?]))
            }
            [_, End::Others(_, gateway)] => {
                let theirs = gateway.inner?.addr();
                Some((gateway.inner?.trunc(), [other_end(theirs)?, theirs]))
            }
        }
    }

    /// The network of inner addresses that it is in.
    pub(crate) fn pool(&self, fabric: &Fabric) -> Ipv4Net {
        self.vpn.pool.as_ref().or(fabric.pool.as_ref()).map_or(POOL, |(pool, _)| *pool)
    }

    /// Says whether it has all that its halves need; what it lacks is a finding.
    pub(crate) fn is_whole(&self, fabric: &Fabric) -> bool {
        let has_inner = self.is_by_policy() || self.inner(fabric).is_some();
        let has_numbers = !self.vpn.is_bgp() || self.ends.iter().all(|end| end.site().asn.is_some());
        self.key.is_some() && has_inner && has_numbers
    }

    /// Says whether its two controllers have one id, which makes no pair.
    pub(crate) fn has_one_id(&self) -> bool {
        matches!(self.ends, [End::Ours(_, one), End::Ours(_, other)] if one.id == other.id)
    }

    /// Says whether both sites are ours.
    pub(crate) fn is_ours(&self) -> bool {
        self.ends.iter().all(|end| matches!(end, End::Ours(..)))
    }
}

/// The connections of all vpns.
pub(crate) fn connections<'f>(fabric: &'f Fabric, findings: &mut Vec<Finding>) -> Vec<Connection<'f>> {
    fabric.vpns.values().flat_map(|vpn| of_vpn(fabric, vpn, findings)).collect()
}

fn of_vpn<'f>(fabric: &'f Fabric, vpn: &'f FabricVpn, findings: &mut Vec<Finding>) -> Vec<Connection<'f>> {
    let mut found: BTreeMap<String, Connection<'f>> = BTreeMap::new();
    let mut taken_out = Vec::new();
    let profile = profile(fabric, vpn, findings);
    let site = |name: &String| fabric.sites.get(name);
    // What is named twice has been told, and counts once.
    let all = |names: &[String]| -> Vec<(u32, &'f FabricSite)> {
        let mut seen = BTreeSet::new();
        let once = names.iter().filter(|name| seen.insert(name.as_str()));
        (0..).zip(once.filter_map(site)).collect()
    };
    let (between, hubs, spokes) = (all(&vpn.between), all(&vpn.hubs), all(&vpn.spokes));
    let meshed = between
        .iter()
        .enumerate()
        .flat_map(|(n, (_, one))| between.iter().skip(n + 1).map(move |(_, other)| (*one, *other, 0)));
    let joined = hubs.iter().flat_map(|(place, hub)| spokes.iter().map(move |(_, spoke)| (*hub, *spoke, *place)));
    let pairs: Vec<(&FabricSite, &FabricSite, u32)> = meshed.chain(joined).collect();
    for (one, other, place) in pairs.into_iter().filter(|(one, other, _)| one.name != other.name) {
        for (first, end) in (0..).zip(End::of(one)) {
            for (second, other_end) in (0..).zip(End::of(other)) {
                let rank = place + first + second;
                let Some(connection) = Connection::between(vpn, profile, [end, other_end], rank, findings) else {
                    continue;
                };
                if vpn.connections.get(&connection.name).is_some_and(is_absent) {
                    taken_out.push(connection.name);
                    continue;
                }
                if let Some(twin) = found.insert(connection.name.clone(), connection) {
                    let message = format!("two connections of `{}` have the name `{}`", vpn.name, twin.name);
                    let help = "rename one of the sites, or name a pair of sites once";
                    findings.push(Finding::error("duplicate-connection", message).help(help).at(&vpn.place));
                }
            }
        }
    }
    for (name, layer) in &vpn.connections {
        if !found.contains_key(name) && !taken_out.contains(name) {
            let finding = Finding::error("unknown-connection", format!("`{}` has no connection `{name}`", vpn.name));
            let names: Vec<&str> = found.keys().map(String::as_str).collect();
            findings.push(finding.help(hint(name, names)).at(&layer.place.clone().key()));
        }
    }
    found.into_values().collect()
}

fn is_absent(layer: &FabricLayer) -> bool {
    layer.entries.iter().any(|(key, value)| &**key == super::ABSENT && *value == Node::Bool(true))
}

fn profile<'f>(fabric: &'f Fabric, vpn: &FabricVpn, findings: &mut Vec<Finding>) -> Option<&'f FabricLayer> {
    let name = vpn.profile.as_ref()?;
    let profile = fabric.profiles.get(name);
    if profile.is_none() {
        let finding = Finding::error("unknown-profile", format!("there is no profile `{name}`"));
        let names: Vec<&str> = fabric.profiles.keys().map(String::as_str).collect();
        findings.push(finding.help(hint(name, names)).at(&vpn.place.below("profile")));
    }
    profile
}

impl<'f> Connection<'f> {
    /// The connection between two ends, of which one at least is ours.
    fn between(
        vpn: &'f FabricVpn,
        profile: Option<&FabricLayer>,
        mut ends: [End<'f>; 2],
        rank: u32,
        findings: &mut Vec<Finding>,
    ) -> Option<Connection<'f>> {
        ends.sort_by_key(|end| end.part());
        let table = ends.iter().find_map(|end| match end {
            End::Ours(_, controller) => Some(controller.table),
            End::Others(..) => None,
        })?;
        let [one, other] = ends.map(End::part);
        let mut connection = Connection {
            name: format!("{one}-{other}"),
            vpn,
            ends,
            rank,
            table,
            half: FieldLayers::default(),
            proposals: FieldLayers::default(),
            neighbour: FieldLayers::default(),
            pair: FieldLayers::default(),
            key: None,
            is_key_told: false,
            inner: None,
        };
        connection.half.give(table.half.form, table.half.forms.0, &vpn.place);
        connection.share(vpn.psk.as_ref(), &vpn.place.below("psk"), findings);
        for end in ends {
            if let End::Others(_, gateway) = end {
                connection.share(gateway.psk.as_ref(), &gateway.place.below("psk"), findings);
            }
        }
        let own = vpn.connections.get(&connection.name);
        for layer in profile.into_iter().chain([&vpn.layer]).chain(own) {
            connection.lay(layer, findings);
        }
        for fields in [&mut connection.half, &mut connection.proposals, &mut connection.neighbour, &mut connection.pair]
        {
            *fields = fields.named(PAIR, &connection.name);
        }
        Some(connection)
    }

    /// Lays a layer over what is there.
    fn lay(&mut self, layer: &FabricLayer, findings: &mut Vec<Finding>) {
        let (half, pair, neighbour) = (&self.table.half, &self.table.pair, &self.table.neighbour);
        for (key, value) in &layer.entries {
            let place = Arc::new(layer.place.below(key));
            match &**key {
                "absent" => {}
                "psk" => {
                    let (words, misfits) = decode::<KeyWords>(value.clone());
                    findings.extend(misfits.into_iter().map(|found| misfit(found, &place)));
                    self.share(words.as_ref(), &place, findings);
                }
                "inner" => match value.as_text().and_then(|text| text.parse::<Ipv4Net>().ok()) {
                    Some(block) if block.prefix_len() == 30 && block.trunc() == block && self.is_ours() => {
                        self.inner = Some((block, place));
                    }
                    _ => {
                        let finding = Finding::error("wrong-value", "`inner` takes a /30, for a connection of ours");
                        let help = "write it as in `169.254.44.8/30`; the lower id has its first address";
                        findings.push(finding.help(help).at(&place));
                    }
                },
                "bgp" => {
                    let Node::Map(entries) = value else { continue };
                    for (key, value) in entries {
                        let name = if &**key == PASSWORD { neighbour.password } else { key };
                        self.neighbour.give(name, value.clone(), &Arc::new(place.below(key)));
                    }
                }
                word if half.proposals.contains(&word) => self.proposals.give(word, value.clone(), &place),
                word if pair.further.contains(&word) => self.pair.give(word, value.clone(), &place),
                word => self.half.give(word, value.clone(), &place),
            }
        }
    }

    /// Takes a key for that of the connection.
    fn share(&mut self, words: Option<&KeyWords>, place: &Place, findings: &mut Vec<Finding>) {
        let value = match words {
            None => return,
            Some(KeyWords::Expression(text)) => replaced(&Node::Text(text.clone()), PAIR, &self.name),
            Some(KeyWords::Derived { derive }) => {
                let Some(name) = secret_named(derive) else {
                    let finding = Finding::error("wrong-value", "`derive` takes one secret and nothing else");
                    let help = "write `derive: \"${secret.NAME}\"`: each connection gets a key of its own from it";
                    findings.push(finding.help(help).at(place));
                    self.is_key_told = true;
                    return;
                };
                Node::Text(format!("${{derive(secret.{name}, \"{}\")}}", self.name))
            }
        };
        self.key = Some(LayeredField { value, place: Arc::new(place.clone()) });
    }
}

/// The secret that a text names, and nothing else.
fn secret_named(text: &str) -> Option<String> {
    let segments = segments(text.trim()).ok()?;
    let [Segment::Expression(Expression { term: Term::Name(parts), .. })] = segments.as_slice() else { return None };
    let [Segment::Text(name)] = parts.as_slice() else { return None };
    name.strip_prefix("secret.").map(str::to_owned)
}
