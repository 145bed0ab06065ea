//! What was given is taken back: what becomes of values that were applied and that the files no longer declare.
//!
//! | basis | live | the field |
//! |---|---|---|
//! | applied | as the API has it by itself | nothing is left of it |
//! | applied | as it was applied | goes back to the default, or is cleared; stays if the API has no way to |
//! | applied | something else | stays: somebody made it what it is |
//! | agreed, assumed | any | stays: it did not come from here |
//!
//! What the files give nothing (`null`, an empty text) goes back whatever its basis: that is said on purpose. Only a switch
//! is not turned by it, unless it was turned from here. Where no default is known and the API has no way to take it back,
//! what is there is what the API chose: it is right, unless it was given from here, which is named.

use std::collections::{BTreeMap, HashMap};

use serde_json::{Map, Value};

use crate::attr::Attr;
use crate::spec::{Change, Field, ItemWord, Kind, Shape, Type, canonical, is_any, item_key_field, item_words};
use crate::state::base::{Base, Basis, Stored};

/// Why most of what stays does.
pub(in crate::diff) const NO_WAY: &str = "the API has no way to take it back";

/// Why what the API chooses stays once something else was given.
const CHOSEN: &str = "the API chooses it when the object is made, and not again";

/// What becomes of a field that the files give no value.
#[derive(Debug, PartialEq)]
pub(in crate::diff) enum Fate {
    /// Nothing: there is nothing of it, or it is not the user's to give.
    Gone,
    /// It stays as it is, for this reason.
    Stays(&'static str),
    /// This value is sent, which takes it back.
    Back(Attr),
}

/// A field that the files give no value.
pub(in crate::diff) struct Ungiven<'u> {
    pub kind: &'static Kind,
    pub field: &'static Field,
    /// What the ledger remembers of it.
    pub stored: Option<&'u Stored>,
    /// The live value in the form in which values are compared; `None` where the API does not show it.
    pub live: Option<&'u Attr>,
    /// Whether the files say `null`, or give it an empty text.
    pub is_cleared: bool,
    /// Whether the live value is the one that is remembered.
    pub is_unmoved: bool,
    /// Whether the server can be told it.
    pub is_known: bool,
}

impl Ungiven<'_> {
    pub(in crate::diff) fn fate(&self) -> Fate {
        let is_ours = self.stored.is_some_and(|stored| stored.basis == Basis::Applied);
        let is_on_purpose = self.is_cleared && !matches!(self.field.change, Change::Switch { .. });
        if self.field.is_call_option() || !(is_on_purpose || self.stored.is_some()) || self.is_at_default() {
            return Fate::Gone;
        }
        if !is_ours && !is_on_purpose && self.stored.is_some_and(|stored| stored.value.is_null()) {
            return Fate::Gone;
        }
        match self.stored.map(|stored| stored.basis) {
            Some(Basis::Agreed) if !is_on_purpose => return Fate::Stays("it was there before the files said so"),
            Some(Basis::Assumed) if !is_on_purpose => return Fate::Stays("it was taken on trust, and never sent"),
            _ => {}
        }
        if is_ours && !is_on_purpose && !self.is_unmoved {
            return Fate::Stays("it is not what was applied any more");
        }
        match self.back() {
            Fate::Stays(_) if is_on_purpose && !self.was_given() && !self.field.has_default() => Fate::Gone,
            fate => fate,
        }
    }

    /// Says whether the value that is there is one that was applied.
    fn was_given(&self) -> bool {
        let is_given = |stored: &Stored| stored.basis == Basis::Applied && !stored.value.is_null();
        self.is_unmoved && self.stored.is_some_and(is_given)
    }

    fn is_at_default(&self) -> bool {
        match self.live {
            Some(live) => self.field.is_at_default(live),
            None => self.stored.is_none_or(|stored| stored.value.is_null()),
        }
    }

    /// How the API takes it back, if it can.
    fn back(&self) -> Fate {
        match self.field.change {
            _ if !self.is_known => return Fate::Stays("the server has no call that sets it"),
            _ if self.field.is_chosen() => return Fate::Stays(CHOSEN),
            Change::Fixed | Change::Widens(..) => return Fate::Stays("it can't be taken back after create"),
            _ => {}
        }
        let by_new_object = self.kind.is_made_anew_for(self.field);
        let is_blind = self.live.is_none() || self.kind.is_lost_without(self.field);
        match self.field.cleared() {
            _ if by_new_object && is_blind => Fate::Stays("only a new object would be without it"),
            Some(value) => Fate::Back(value),
            // What is made anew is made without it.
            None if by_new_object => Fate::Back(Attr::Null),
            None => Fate::Stays(NO_WAY),
        }
    }
}

/// Why a field stays once it was given, if the API has no way to take it back.
pub(crate) fn stays(kind: &'static Kind, field: &'static Field) -> Option<&'static str> {
    let live = field.is_read_back().then_some(&Attr::Null);
    let given = Ungiven { kind, field, stored: None, live, is_cleared: true, is_unmoved: true, is_known: true };
    match given.back() {
        Fate::Stays(why) => Some(why),
        Fate::Gone | Fate::Back(_) => None,
    }
}

/// A declared value with what was applied in it and is declared no more set back, where it is still there: keys of objects
/// and of items of lists. `None` where there is no such thing. `stays` is told the JSON pointers of what can't be set back.
pub(in crate::diff) fn with_taken_back(
    ty: &Type,
    wanted: &Attr,
    stored: Option<&Stored>,
    live: &Attr,
    stays: &mut dyn FnMut(&str),
) -> Option<Attr> {
    let has_ours = |stored: &&Stored| {
        stored.basis == Basis::Applied || stored.items.values().any(|basis| *basis == Basis::Applied)
    };
    let stored = stored.filter(has_ours)?;
    let mut full = wanted.clone();
    let is_ours = |pointer: &str| stored.basis_at(pointer) == Basis::Applied;
    let mut walk = SetBack { is_ours: &is_ours, stays };
    walk.take_back(ty, &mut full, (&stored.value, ""), live).then_some(full)
}

/// A walk through a value, what is remembered of it, and what is live.
struct SetBack<'w> {
    /// Whether what stands at a JSON pointer was applied.
    is_ours: &'w dyn Fn(&str) -> bool,
    stays: &'w mut dyn FnMut(&str),
}

impl SetBack<'_> {
    /// Sets back within a value, and says whether there was anything to set back. `kept` comes with its JSON pointer.
    fn take_back(&mut self, ty: &Type, wanted: &mut Attr, (kept, at): (&Value, &str), live: &Attr) -> bool {
        match (ty.shape(), wanted, kept, live) {
            (Shape::Members(fields), Attr::Map(wanted), Value::Object(kept), Attr::Map(live)) => {
                self.members(fields, wanted, (kept, at), live)
            }
            (Shape::Entries(item), Attr::Map(wanted), Value::Object(kept), Attr::Map(live)) => {
                self.entries(&item, wanted, (kept, at), live)
            }
            (Shape::Items(item), Attr::List(wanted), Value::Array(kept), Attr::List(live)) => {
                self.items(ty, &item, wanted, (kept, at), live)
            }
            _ => false,
        }
    }

    fn members(
        &mut self,
        fields: &'static [Field],
        wanted: &mut BTreeMap<String, Attr>,
        (kept, at): (&Map<String, Value>, &str),
        live: &BTreeMap<String, Attr>,
    ) -> bool {
        let mut found = false;
        for field in fields.iter().filter(|field| field.is_writable()) {
            let (Some(kept), Some(live)) = (kept.get(field.name), live.get(field.name)) else { continue };
            let at = format!("{at}/{}", field.name);
            if let Some(wanted) = wanted.get_mut(field.name) {
                found |= self.take_back(&field.ty, wanted, (kept, &at), live);
            } else if !kept.is_null() && (self.is_ours)(&at) && !field.is_at_default(&canonical(&field.ty, live)) {
                match field.cleared() {
                    Some(value) => {
                        wanted.insert(field.name.to_owned(), value);
                        found = true;
                    }
                    None => (self.stays)(&at),
                }
            }
        }
        found
    }

    /// Any JSON can't be told to be gone: `null` is a value there.
    fn entries(
        &mut self,
        item: &Type,
        wanted: &mut BTreeMap<String, Attr>,
        (kept, at): (&Map<String, Value>, &str),
        live: &BTreeMap<String, Attr>,
    ) -> bool {
        let mut found = false;
        for (key, kept) in kept {
            let Some(live) = live.get(key) else { continue };
            let at = format!("{at}/{key}");
            if let Some(wanted) = wanted.get_mut(key) {
                found |= self.take_back(item, wanted, (kept, &at), live);
            } else if (is_any(item) || !kept.is_null()) && (self.is_ours)(&at) {
                match is_any(item) {
                    true => (self.stays)(&at),
                    false => {
                        wanted.insert(key.clone(), Attr::Null);
                        found = true;
                    }
                }
            }
        }
        found
    }

    /// The same within the items of a list of objects, told apart by the field that each needs; equal ones by their order.
    fn items(
        &mut self,
        ty: &Type,
        item: &Type,
        wanted: &mut [Attr],
        (kept, at): (&[Value], &str),
        live: &[Attr],
    ) -> bool {
        if item_key_field(ty).is_none() {
            return false;
        }
        let index = |items: &[Attr]| -> HashMap<ItemWord, usize> {
            item_words(ty, items).into_iter().enumerate().map(|(n, word)| (word, n)).collect()
        };
        let of_kept = index(&kept.iter().map(Attr::from_json).collect::<Vec<_>>());
        let (of_live, own) = (index(live), item_words(ty, wanted));
        let mut found = false;
        for (wanted, word) in wanted.iter_mut().zip(own) {
            if let (Some(&k), Some(&l)) = (of_kept.get(&word), of_live.get(&word)) {
                found |= self.take_back(item, wanted, (&kept[k], &format!("{at}/{k}")), &live[l]);
            }
        }
        found
    }
}

/// Says whether a remembered value holds a secret, of which only the fingerprint is known.
pub(in crate::diff) fn held_secret(stored: Option<&Stored>) -> bool {
    stored.is_some_and(|stored| Base::from_stored(&stored.value).is_none())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::plan::testing::{World, address};
    use crate::providers::CATALOGUE;

    fn fate(kind: &'static Kind, field: &'static Field, stored: Option<&Stored>, is_cleared: bool) -> Fate {
        let live = Attr::text("live");
        Ungiven { kind, field, stored, live: Some(&live), is_cleared, is_unmoved: true, is_known: true }.fate()
    }

    #[test]
    fn nothing_is_made_anew_for_a_default_that_nobody_knows() {
        let stored = Stored::new(json!("live"), Basis::Applied);
        let (mut stays, mut back) = (0, 0);
        for kind in CATALOGUE.iter().flat_map(|provider| provider.kinds).copied() {
            let anew = |field: &&Field| {
                field.is_writable() && !field.is_required() && kind.is_made_anew_for(field) && !field.is_call_option()
            };
            for field in kind.fields.iter().filter(anew) {
                for (stored, is_cleared) in [(None, true), (Some(&stored), true), (Some(&stored), false)] {
                    let is_back = matches!(fate(kind, field, stored, is_cleared), Fate::Back(_));
                    let may_be = !kind.is_lost_without(field) && !field.is_chosen();
                    assert_eq!(is_back, may_be, "{}.{}", kind.name, field.name);
                    if is_back { back += 1 } else { stays += 1 }
                }
            }
        }
        assert!(stays > 20 && back > 20, "{stays} {back}");
    }

    #[test]
    fn keys_of_any_json_stay_and_are_named() {
        let deployments = CATALOGUE.iter().filter_map(|provider| provider.kind("deployments"));
        for field in deployments.filter_map(|kind| kind.field("inputs")) {
            let stored = Stored::new(json!({ "site": "seven", "peers": ["x"], "none": null }), Basis::Applied);
            let wanted = Attr::from_json(&json!({ "site": "eight" }));
            let live = Attr::from_json(&json!({ "site": "seven", "peers": ["x"], "none": null }));
            let mut named = Vec::new();
            let sent = with_taken_back(&field.ty, &wanted, Some(&stored), &live, &mut |at| named.push(at.to_owned()));
            assert_eq!((sent, named), (None, vec!["/none".to_owned(), "/peers".to_owned()]));
        }
    }

    #[test]
    fn what_the_api_chooses_is_right_and_only_what_was_given_is_named() {
        let (mut chosen, mut no_way) = (0, 0);
        for kind in CATALOGUE.iter().flat_map(|provider| provider.kinds).copied().filter(|kind| kind.is_declarative()) {
            for field in kind.fields.iter().filter(|field| field.is_writable() && !field.is_required()) {
                let stored = |value: Value, basis| Some(Stored::new(value, basis));
                let (applied, agreed) = (stored(json!("live"), Basis::Applied), stored(json!("live"), Basis::Agreed));
                let stays =
                    |stored: &Option<Stored>| matches!(fate(kind, field, stored.as_ref(), true), Fate::Stays(_));
                // What has a default, a way back, or neither.
                if !stays(&applied) || matches!(field.change, Change::Switch { .. }) {
                    continue;
                }
                let expected = field.has_default();
                for stored in [None, agreed, stored(Value::Null, Basis::Applied), stored(Value::Null, Basis::Agreed)] {
                    assert_eq!(stays(&stored), expected, "{}.{} {stored:?}", kind.name, field.name);
                }
                if field.is_chosen() {
                    assert_eq!(fate(kind, field, applied.as_ref(), true), Fate::Stays(CHOSEN));
                    assert!(!kind.is_lost_without(field), "{}.{}: `null` is refused", kind.name, field.name);
                    chosen += 1;
                } else {
                    no_way += 1;
                }
            }
        }
        assert!(chosen > 8 && no_way > 20, "{chosen} {no_way}");
    }

    /// Files with a field that the API chooses, the address that has it, and what is there beside it.
    fn choosing() -> Vec<(&'static str, World, &'static str, &'static str, &'static str, Value)> {
        let account = "clientId: c, password: '${var.pw}', authenticationUrl: 'https://issuer.example/oauth2/token'";
        let netfoundry = |network: &str| {
            let at = "at: https://gateway.production.netfoundry.io";
            let network = format!("{{ networkGroupId: g, region: r {network} }}");
            World::reading(&format!(
                "netfoundry:\n  t:\n    {at}\n    credentials: {{ {account} }}\n    networks: {{ n: {network} }}\n"
            ))
        };
        let network = json!({ "id": "1", "name": "n", "networkGroupId": "7", "region": "r", "status": "PROVISIONED" });
        let with = |network: &Value, field: &str, value: &str| {
            let mut network = network.clone();
            network[field] = json!(value);
            network
        };
        let groups = |world: World| world.shows("t/network-groups", json!({ "id": "7", "name": "g" }));
        let mut all = Vec::new();
        for (field, value) in [("productVersion", "7.3.104"), ("size", "medium"), ("provider", "AWS")] {
            let world = groups(netfoundry(&format!(", {field}: null")));
            all.push(("t/networks", world, "t/networks/n", field, value, with(&network, field, value)));
        }
        let router = ", edge-routers: { e: { locationCode: null } }";
        let world = groups(netfoundry(router)).shows("t/networks", network);
        let live = json!({ "id": "2", "name": "e", "locationCode": "eu-west-1", "status": "PROVISIONED" });
        all.push((
            "t/networks/1/edge-routers",
            world,
            "t/networks/n/edge-routers/e",
            "locationCode",
            "eu-west-1",
            live,
        ));
        let files = "plugins: { p: { external: true, name: p, version: '1' } }\n\
                     plugin-instances: { i: { plugin_id: p, ip_address: null } }";
        let world = World::of("vns3", "t", files).shows("t/plugins", json!({ "id": 1, "name": "p", "version": "1" }));
        let live = json!({ "id": 2, "name": "i", "image_id": 1, "ip_address": "198.51.100.2", "status": "Running" });
        all.push(("t/plugin-instances", world, "t/plugin-instances/i", "ip_address", "198.51.100.2", live));
        let files =
            "blueprints: { b: { external: true } }\ndeployments: { d: { blueprint_id: b, display_name: null } }";
        let world = World::of("cloudify", "t", files).shows("t/blueprints", json!({ "id": "b", "state": "uploaded" }));
        let live = json!({ "id": "d", "blueprint_id": "b", "display_name": "The router" });
        all.push(("t/deployments", world, "t/deployments/d", "display_name", "The router", live));
        all
    }

    #[test]
    fn null_where_the_api_chooses_is_left_out_and_never_a_difference() {
        for (collection, world, at, field, value, live) in choosing() {
            let create = world.plan();
            let step = create.steps.iter().find(|step| step.address == address(at));
            let step = step.unwrap_or_else(|| panic!("{at}: {}", world.verdict(at)));
            assert!(!format!("{:?}", step.calls).contains(&format!("\"{field}\":")), "{at}: {:?}", step.calls);
            let there = world.clone().shows(collection, live.clone());
            let notes = |world: &World| {
                let verdicts = world.verdicts();
                let own = verdicts.into_iter().find(|verdict| verdict.address == address(at)).unwrap();
                (world.verdict(at), own.notes.let_go.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>())
            };
            assert_eq!(notes(&there), ("adopt".to_owned(), Vec::new()), "{at}.{field}");
            let remembers = |value: Value| there.clone().remembers(at, "", json!({ field: value }), Basis::Applied);
            let own = |mut world: World| {
                world.base.entries.get_mut(&address(at)).unwrap().id = crate::state::live::text(&live["id"]);
                world
            };
            // Given from here, it is named; what somebody made of it since is right.
            for (given, named) in
                [(json!(value), vec![field.to_owned()]), (json!("other"), vec![]), (Value::Null, vec![])]
            {
                let owned = own(remembers(given.clone()));
                assert_eq!(notes(&owned), ("same".to_owned(), named), "{at}.{field} {given}");
            }
        }
    }
}
