//! Folding: from what several controllers hold to the fabric that comes to it, the other way round.
//!
//! What the formula of a connection gives is left out; where a half differs, its field stays below its target, over the fabric.

use std::collections::BTreeMap;

use ipnet::Ipv4Net;
use serde_json::{Map, Value, json};

use super::folded_sites::{FoldedSites, POOL, joined};
use super::halves::ANYWHERE;
use super::pool::allocated;
use crate::attr::Attr;
use crate::spec::FabricTable;

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
pub(super) struct FoldedHalf<'e> {
    /// The controller.
    pub at: &'e str,
    /// The other one.
    pub other: &'e str,
    /// The vpn.
    pub vpn: &'e str,
    /// Its name.
    pub name: &'e str,
    /// What it is called there.
    pub table: &'static FabricTable,
    /// Its fields.
    pub fields: &'e Map<String, Value>,
    /// The own inner address.
    pub inner: Ipv4Net,
    /// The fields of its neighbour.
    pub neighbour: &'e Map<String, Value>,
    /// The keys, to be compared.
    pub keys: &'e [Attr],
}

/// Both halves of a connection.
pub(super) type FoldedPair<'e> = [FoldedHalf<'e>; 2];

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
    let sites = FoldedSites::of(&vpns);
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

    fn vpn(&mut self, name: &str, pairs: &[FoldedPair<'_>], mut written: Map<String, Value>, sites: &FoldedSites) {
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
        (formula, sites): (&[&str], &FoldedSites),
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
