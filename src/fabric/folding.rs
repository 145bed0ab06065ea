//! Folding: from what several controllers hold to the fabric that comes to it, the other way round.
//!
//! What the formula of a connection gives is left out; where a half differs, its field stays below its target, over the fabric.

use std::collections::{BTreeMap, BTreeSet};

use ipnet::Ipv4Net;
use serde_json::{Map, Value, json};

use super::halves::ANYWHERE;
use super::pool::{allocated, ends};
use crate::attr::Attr;
use crate::spec::FabricTable;

/// The network of inner addresses that is looked into for ids, and the largest id that it serves.
const POOL: (&str, u32) = ("169.254.0.0/16", 181);

/// A controller, as its export tells it.
#[derive(Debug)]
pub(crate) struct FoldedController {
    /// What the parts of a fabric are called there.
    pub table: &'static FabricTable,
    /// Its addresses, with the expressions that give them: for everybody, and in its own network.
    pub addresses: [Vec<String>; 2],
    /// What it holds: kind, name, fields.
    pub kinds: Map<String, Value>,
    /// The keys of its endpoints and the passwords of their neighbours, by the endpoint.
    pub keys: BTreeMap<String, Vec<Attr>>,
}

/// What folds, and what does not.
#[derive(Debug, Default)]
pub(crate) struct Folding {
    /// The fabric; empty where nothing folds.
    pub fabric: Map<String, Value>,
    /// What stays below the targets.
    pub kinds: BTreeMap<String, Map<String, Value>>,
    /// The endpoints that stay plain, by target, and why.
    pub plain: BTreeMap<String, BTreeMap<String, String>>,
}

/// An endpoint whose other end is a controller among them.
#[derive(Debug, Clone)]
struct FoldedHalf<'e> {
    at: &'e str,
    other: &'e str,
    vpn: &'e str,
    name: &'e str,
    table: &'static FabricTable,
    fields: &'e Map<String, Value>,
    inner: Ipv4Net,
    neighbour: &'e Map<String, Value>,
    keys: &'e [Attr],
}

type FoldedPair<'e> = [FoldedHalf<'e>; 2];

/// Folds what several controllers hold.
pub(crate) fn fold(controllers: &BTreeMap<String, FoldedController>) -> Folding {
    let mut folding = Folding::default();
    let mut halves = BTreeMap::new();
    for (at, controller) in controllers {
        folding.kinds.insert(at.clone(), controller.kinds.clone());
        for (name, fields) in maps(&controller.kinds, controller.table.half.kind) {
            match half(controllers, (at, controller), name, fields) {
                Ok(half) => drop(halves.insert((half.vpn, half.at, half.other), half)),
                Err(why) => folding.stays(at, name, &why),
            }
        }
    }
    let mut vpns: BTreeMap<&str, Vec<FoldedPair<'_>>> = BTreeMap::new();
    for (&(vpn, at, other), half) in &halves {
        match halves.get(&(vpn, other, at)) {
            None => folding.stays(at, half.name, "the other controller has no such endpoint"),
            Some(twin) => match differs(half, twin) {
                Some(why) => folding.stays(at, half.name, &why),
                None if at < other => vpns.entry(vpn).or_default().push([half.clone(), twin.clone()]),
                None => {}
            },
        }
    }
    let sites = Sites::of(&vpns);
    for (vpn, pairs) in &vpns {
        match sites.fits(pairs).and_then(|()| joined(pairs)) {
            Ok(sites_of) => folding.vpn(vpn, pairs, sites_of, &sites),
            Err(why) => pairs.iter().flatten().for_each(|half| folding.stays(half.at, half.name, &why)),
        }
    }
    folding
}

fn maps<'e>(kinds: &'e Map<String, Value>, kind: &str) -> impl Iterator<Item = (&'e String, &'e Map<String, Value>)> {
    let all = kinds.get(kind).and_then(Value::as_object).into_iter().flatten();
    all.filter_map(|(name, fields)| Some((name, fields.as_object()?)))
}

fn text<'e>(fields: &'e Map<String, Value>, field: &str) -> &'e str {
    fields.get(field).and_then(Value::as_str).unwrap_or_default()
}

fn half<'e>(
    controllers: &'e BTreeMap<String, FoldedController>,
    (at, controller): (&'e str, &'e FoldedController),
    name: &'e str,
    fields: &'e Map<String, Value>,
) -> Result<FoldedHalf<'e>, String> {
    let (table, words) = (controller.table, &controller.table.half);
    let is_at = |one: &FoldedController| one.addresses[0].iter().any(|address| address == text(fields, words.address));
    let other = controllers.iter().find(|(other, one)| *other != at && is_at(one));
    let other = other.map(|(other, _)| other.as_str()).ok_or("its other end is not exported")?;
    let vpn = name.strip_suffix(other).and_then(|vpn| vpn.strip_suffix('-')).filter(|vpn| !vpn.is_empty());
    let vpn = vpn.ok_or_else(|| format!("its name is not that of a vpn and `{other}`"))?;
    let is_by_routes = text(fields, words.form) == words.forms.0
        && [words.selectors.0, words.selectors.1].iter().all(|field| text(fields, field) == ANYWHERE);
    let inner =
        text(fields, words.inner).parse().ok().filter(|inner: &Ipv4Net| is_by_routes && inner.prefix_len() == 30);
    let inner = inner.ok_or("its routes do not decide alone what goes through it")?;
    let mut neighbours = maps(fields, table.neighbour.kind);
    let (Some((_, neighbour)), None) = (neighbours.next(), neighbours.next()) else {
        return Err("it has not one neighbour".to_owned());
    };
    if fields.contains_key(table.pair.kind) {
        return Err("it has pairs of networks".to_owned());
    }
    let keys = controller.keys.get(name).map_or(&[][..], Vec::as_slice);
    Ok(FoldedHalf { at, other, vpn, name, table, fields, inner, neighbour, keys })
}

/// What keeps two endpoints from being halves of one connection.
fn differs(one: &FoldedHalf<'_>, other: &FoldedHalf<'_>) -> Option<String> {
    if one.keys != other.keys {
        return Some("the keys of both ends differ".to_owned());
    }
    if one.inner.trunc() != other.inner.trunc() || one.inner.addr() == other.inner.addr() {
        return Some("the inner addresses of both ends are no pair".to_owned());
    }
    let words = &one.table.half;
    let agreed = words.agreed.iter().filter(|field| ![words.key, words.inner].contains(field));
    let differing = agreed.copied().find(|field| one.fields.get(*field) != other.fields.get(*field));
    let differing =
        differing.or((one.fields.get(words.options) != other.fields.get(words.options)).then_some(words.options));
    differing.map(|field| format!("`{field}` of both ends differs"))
}

/// What is known of the sites, each of which is one controller.
struct Sites {
    ids: BTreeMap<String, u32>,
    numbers: BTreeMap<String, BTreeSet<u64>>,
    networks: BTreeMap<String, Vec<Ipv4Net>>,
}

impl Sites {
    fn of(vpns: &BTreeMap<&str, Vec<FoldedPair<'_>>>) -> Sites {
        let halves = || vpns.values().flatten().flatten();
        let names: BTreeSet<&str> = halves().map(|half| half.at).collect();
        let by_name = || (1..).zip(&names).map(|(id, name)| ((*name).to_owned(), id)).collect();
        let mut sites =
            Sites { ids: implied(vpns).unwrap_or_else(by_name), numbers: BTreeMap::new(), networks: BTreeMap::new() };
        for half in halves() {
            let words = &half.table.neighbour;
            if let Some(number) = half.neighbour.get(words.asn).and_then(Value::as_u64) {
                sites.numbers.entry(half.other.to_owned()).or_default().insert(number);
            }
            let lines = half.neighbour.get(words.lines).and_then(Value::as_array).into_iter().flatten();
            let told = lines
                .filter_map(|line| line.as_str()?.strip_prefix(words.line_words.1)?.trim().parse::<Ipv4Net>().ok());
            let networks = sites.networks.entry(half.at.to_owned()).or_default();
            networks.extend(told);
            networks.sort();
            networks.dedup();
        }
        sites
    }

    /// Says what keeps connections from being those of these sites.
    fn fits(&self, pairs: &[FoldedPair<'_>]) -> Result<(), String> {
        for [one, other] in pairs {
            for site in [one.at, other.at] {
                if self.numbers.get(site).is_none_or(|numbers| numbers.len() != 1) {
                    return Err(format!("`{site}` has not one number of an autonomous system"));
                }
            }
            let is_first = self.ids.get(one.at) < self.ids.get(other.at);
            if is_first != (one.inner.addr() < other.inner.addr()) {
                return Err(format!("no ids give the inner addresses between `{}` and `{}`", one.at, other.at));
            }
        }
        Ok(())
    }

    fn written(&self, site: &str) -> Value {
        let networks = self.networks.get(site).into_iter().flatten();
        // The routes to them stay as they are.
        let networks: Vec<Value> =
            networks.map(|cidr| json!({ "cidr": cidr.to_string(), "connected": true })).collect();
        let number = self.numbers.get(site).and_then(BTreeSet::first);
        json!({ "on": site, "id": self.ids.get(site), "asn": number, "networks": networks })
    }

    fn lines(&self, half: &FoldedHalf<'_>) -> Value {
        let of = |word: &str, site: &str| -> Vec<String> {
            self.networks.get(site).into_iter().flatten().map(|network| format!("{word} {network}")).collect()
        };
        let words = half.table.neighbour.line_words;
        [of(words.0, half.other), of(words.1, half.at)].concat().into()
    }
}

/// The ids that the inner addresses imply, where they all do.
fn implied(vpns: &BTreeMap<&str, Vec<FoldedPair<'_>>>) -> Option<BTreeMap<String, u32>> {
    let pool: Ipv4Net = POOL.0.parse().ok()?;
    let pairs = (2..=POOL.1).flat_map(|high| (1..high).map(move |low| (low, high)));
    let blocks: BTreeMap<Ipv4Net, (u32, u32)> =
        pairs.filter_map(|(low, high)| Some((allocated(pool, low, high)?, (low, high)))).collect();
    let mut ids = BTreeMap::new();
    for half in vpns.values().flatten().flatten() {
        let (low, high) = blocks.get(&half.inner.trunc())?;
        let id = if half.inner.addr() == ends(half.inner.trunc()).0 { low } else { high };
        if *ids.entry(half.at.to_owned()).or_insert(*id) != *id {
            return None;
        }
    }
    let different: BTreeSet<&u32> = ids.values().collect();
    (different.len() == ids.len()).then_some(ids)
}

/// The sites of a vpn: a full mesh, or hubs that all the rest connects to.
fn joined(pairs: &[FoldedPair<'_>]) -> Result<Map<String, Value>, String> {
    let mut peers: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for half in pairs.iter().flatten() {
        peers.entry(half.at).or_default().insert(half.other);
    }
    let count = peers.len();
    let mut written = Map::new();
    if peers.values().all(|others| others.len() + 1 == count) {
        written.insert("between".into(), json!(peers.keys().collect::<Vec<_>>()));
        return Ok(written);
    }
    // The fewer sites of the two sides are the hubs.
    let least = peers.values().min_by_key(|others| others.len()).cloned().unwrap_or_default();
    let is_right = |(site, others): (&&str, &BTreeSet<&str>)| match least.contains(site) {
        true => others.len() + least.len() == count && others.is_disjoint(&least),
        false => *others == least,
    };
    if !peers.iter().all(is_right) {
        return Err("its vpn is neither a full mesh, nor hubs that all the rest connects to".to_owned());
    }
    let spokes: Vec<&&str> = peers.keys().filter(|site| !least.contains(*site)).collect();
    written.insert("hubs".into(), json!(least));
    written.insert("spokes".into(), json!(spokes));
    Ok(written)
}

/// The fields that all of some maps have with one value.
fn common<'m>(mut maps: impl Iterator<Item = &'m Map<String, Value>>, without: &[&str]) -> Map<String, Value> {
    let mut found = maps.next().cloned().unwrap_or_default();
    found.retain(|field, _| !without.contains(&field.as_str()));
    maps.for_each(|other| found.retain(|field, value| other.get(field) == Some(value)));
    found
}

/// What is left to say of fields where others are expected: those that differ, and `null` for those that are not there.
fn over(fields: &Map<String, Value>, expected: &Map<String, Value>, without: &[&str]) -> Map<String, Value> {
    let said = fields.iter().filter(|(field, value)| expected.get(*field) != Some(value));
    let taken = expected.keys().filter(|field| !fields.contains_key(*field)).map(|field| (field.clone(), Value::Null));
    let all = said.map(|(field, value)| (field.clone(), value.clone())).chain(taken);
    all.filter(|(field, _)| !without.contains(&field.as_str())).collect()
}

impl Folding {
    fn stays(&mut self, at: &str, name: &str, why: &str) {
        self.plain.entry(at.to_owned()).or_default().insert(name.to_owned(), why.to_owned());
    }

    fn part(&mut self, key: &str) -> Option<&mut Map<String, Value>> {
        self.fabric.entry(key).or_insert_with(|| json!({})).as_object_mut()
    }

    fn vpn(&mut self, name: &str, pairs: &[FoldedPair<'_>], mut written: Map<String, Value>, sites: &Sites) {
        let Some([first, _]) = pairs.first() else { return };
        let (half, words) = (&first.table.half, &first.table.neighbour);
        let formula = [half.description, half.address, half.identity, half.key, half.form, half.inner, words.kind];
        let formula = [&formula[..], &[half.selectors.0, half.selectors.1]].concat();
        let of_sites = [words.asn, words.shown_asn, words.lines, words.password];
        let halves = || pairs.iter().flatten();
        let profile = common(halves().map(|half| half.fields), &formula);
        let shared = common(halves().map(|half| half.neighbour), &of_sites);
        let mut connections = Map::new();
        for [one, other] in pairs {
            let both = [one.fields, other.fields].into_iter();
            let mut own = over(&common(both, &formula), &profile, &[]);
            own.retain(|_, value| !value.is_null());
            own.insert("psk".into(), one.fields.get(half.key).cloned().unwrap_or_default());
            if let Some(password) = one.neighbour.get(words.password) {
                own.insert("bgp".into(), json!({ super::PASSWORD: password }));
            }
            let ids = (sites.ids.get(one.at).copied().unwrap_or(0), sites.ids.get(other.at).copied().unwrap_or(0));
            let given = POOL.0.parse().ok().and_then(|pool| allocated(pool, ids.0, ids.1));
            if given != Some(one.inner.trunc()) {
                own.insert("inner".into(), one.inner.trunc().to_string().into());
            }
            for half in [one, other] {
                self.overrides(half, &own, (&profile, &shared), (&formula, sites));
            }
            connections.insert(format!("{}-{}", one.at, other.at), split(own, first.table).into());
        }
        let mut shared = shared;
        hoist(&mut connections, &mut written, &mut shared);
        written.insert("routing".into(), "bgp".into());
        written.insert("profile".into(), name.into());
        if !shared.is_empty() {
            written.insert("bgp".into(), shared.into());
        }
        if !connections.is_empty() {
            written.insert("connections".into(), connections.into());
        }
        if let Some(profiles) = self.part("profiles") {
            profiles.insert(name.to_owned(), split(profile, first.table).into());
        }
        if let Some(part) = self.part("sites") {
            part.extend(halves().map(|half| (half.at.to_owned(), sites.written(half.at))));
        }
        if let Some(vpns) = self.part("vpns") {
            vpns.insert(name.to_owned(), written.into());
        }
    }

    /// Leaves below a target what its half has for itself.
    fn overrides(
        &mut self,
        half: &FoldedHalf<'_>,
        own: &Map<String, Value>,
        (profile, shared): (&Map<String, Value>, &Map<String, Value>),
        (formula, sites): (&[&str], &Sites),
    ) {
        let (words, next) = (&half.table.half, &half.table.neighbour);
        let mut expected = profile.clone();
        expected.extend(own.iter().filter(|(field, _)| !["psk", "bgp", "inner"].contains(&field.as_str())).map(pair));
        let told = formula.iter().filter(|field| ![words.description, words.identity].contains(*field));
        expected.extend(told.filter_map(|field| half.fields.get_key_value(*field)).map(pair));
        expected.insert(words.description.into(), format!("{}: {} to {}", half.vpn, half.at, half.other).into());
        let output = |field: &str| format!("${{{}/{}.{field}}}", half.other, half.table.controller.kind);
        expected.insert(words.identity.into(), output(half.table.controller.private).into());
        let mut said = over(half.fields, &expected, &[next.kind]);
        let mut expected = shared.clone();
        let as_told = [next.asn, next.shown_asn, next.password];
        expected.extend(as_told.iter().filter_map(|field| half.neighbour.get_key_value(*field)).map(pair));
        expected.insert(next.lines.into(), sites.lines(half));
        let neighbour = over(half.neighbour, &expected, &[]);
        if let (false, Some((name, _))) = (neighbour.is_empty(), maps(half.fields, next.kind).next()) {
            said.insert(next.kind.into(), json!({ name: neighbour }));
        }
        let Some(kinds) = self.kinds.get_mut(half.at) else { return };
        let Some(endpoints) = kinds.get_mut(words.kind).and_then(Value::as_object_mut) else { return };
        match said.is_empty() {
            true => drop(endpoints.remove(half.name)),
            false => drop(endpoints.insert(half.name.to_owned(), said.into())),
        }
        if endpoints.is_empty() {
            kinds.remove(words.kind);
        }
    }
}

/// Says once of the vpn what all its connections say: one password, and keys that are derived of one secret.
fn hoist(connections: &mut Map<String, Value>, vpn: &mut Map<String, Value>, bgp: &mut Map<String, Value>) {
    let Some(first) = connections.values().next().cloned() else { return };
    let psk = first.get("psk").and_then(Value::as_str).unwrap_or_default();
    let secret =
        psk.strip_prefix("${derive(").and_then(|rest| rest.split_once(',')).map(|(secret, _)| secret.to_owned());
    if let Some(secret) = secret {
        let is_of_it = |(name, own): (&String, &Value)| {
            own.get("psk").and_then(Value::as_str) == Some(&format!("${{derive({secret}, \"{name}\")}}"))
        };
        if connections.iter().all(is_of_it) {
            vpn.insert("psk".into(), json!({ "derive": format!("${{{secret}}}") }));
            connections.values_mut().filter_map(Value::as_object_mut).for_each(|own| drop(own.remove("psk")));
        }
    }
    let password = first.get("bgp").and_then(Value::as_object);
    if let Some(password) = password.filter(|_| connections.values().all(|own| own.get("bgp") == first.get("bgp"))) {
        bgp.extend(password.iter().map(pair));
        connections.values_mut().filter_map(Value::as_object_mut).for_each(|own| drop(own.remove("bgp")));
    }
    connections.retain(|_, own| own.as_object().is_none_or(|own| !own.is_empty()));
}

fn pair((field, value): (&String, &Value)) -> (String, Value) {
    (field.clone(), value.clone())
}

/// The options of both halves as a fabric says them: proposals by themselves.
fn split(mut fields: Map<String, Value>, table: &FabricTable) -> Map<String, Value> {
    let Some(Value::Array(options)) = fields.remove(table.half.options) else { return fields };
    let mut further = Vec::new();
    for option in options {
        match option.as_str().and_then(|text| text.split_once('=')) {
            Some((word, value)) if table.half.proposals.contains(&word) => {
                drop(fields.insert(word.into(), value.into()))
            }
            _ => further.push(option),
        }
    }
    if !further.is_empty() {
        fields.insert(table.half.options.into(), further.into());
    }
    fields
}
