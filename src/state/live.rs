//! What the APIs say: a tree of collections, each seen or unseen.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::attr::Attr;
use crate::spec::{CallSpec, Condition, Field, Identity, Kind, canonical, lookup, read};
use crate::state::IdentityKey;
use crate::state::installation::{ShownProofs, Standing};
use crate::topology::ContentDigest;

/// What was seen of every target.
#[derive(Debug, Clone, Default)]
pub struct Observed {
    /// The targets, by name.
    pub targets: BTreeMap<String, View>,
    /// Why no call was answered, for each target that could not be looked at at all.
    pub unreached: BTreeMap<String, String>,
}

impl Observed {
    /// Why nothing was seen of a target that there is no view of.
    pub(crate) fn why_unseen(&self, target: &str) -> String {
        self.unreached.get(target).cloned().unwrap_or_else(|| format!("target `{target}` was not looked at"))
    }
}

/// What was seen of one target.
#[derive(Debug, Clone, Default)]
pub struct View {
    /// The server's version, where it makes a difference.
    pub version: Option<String>,
    /// The time by the server's own clock, in seconds since 1970, where it tells it.
    pub(crate) date: Option<u64>,
    /// What it shows of the installation.
    pub(crate) proofs: ShownProofs,
    /// Whether the installation is the one where Trueup applied last.
    pub(crate) standing: Standing,
    /// The collections directly below the target, in the catalogue's order.
    pub collections: Vec<Collection>,
}

impl View {
    /// The live object of a kind that has an id.
    pub(crate) fn by_id(&self, kind: &str, id: &str) -> Option<&Live> {
        self.all(kind).into_iter().find(|live| live.id == id && !id.is_empty())
    }

    /// The live objects of a kind, wherever they live.
    pub fn all<'v>(&'v self, kind: &str) -> Vec<&'v Live> {
        fn collect<'v>(collections: &'v [Collection], kind: &str, found: &mut Vec<&'v Live>) {
            for collection in collections {
                for live in collection.objects() {
                    if collection.kind.name == kind {
                        found.push(live);
                    }
                    collect(&live.children, kind, found);
                }
            }
        }
        let mut found = Vec::new();
        collect(&self.collections, kind, &mut found);
        found
    }
}

/// All objects of one kind in one place.
#[derive(Debug, Clone)]
pub struct Collection {
    /// The kind.
    pub kind: &'static Kind,
    /// What was seen.
    pub seen: Seen,
}

/// What was seen of a collection. Not seen is not absent.
#[derive(Debug, Clone)]
pub enum Seen {
    /// Everything that is there.
    Objects(Vec<Live>),
    /// It could not be looked at: why.
    Unseen(String),
}

/// One live object.
#[derive(Debug, Clone)]
pub struct Live {
    /// The provider's id; empty for a singleton that has none.
    pub id: String,
    /// The object as the API gave it, reshaped by the kind's hook.
    pub raw: Value,
    /// Why it is not the user's to declare.
    pub foreign: Option<&'static str>,
    /// What tells its content from other content, where that was read.
    pub(crate) content: Option<ContentDigest>,
    /// Of a sequence: the places of the items that other objects made for themselves.
    pub foreign_items: BTreeSet<usize>,
    /// The collections that live in it.
    pub children: Vec<Collection>,
}

/// Why what the API shows of another one, such as a global object of another tenant, is not the user's to declare.
pub(crate) const OF_ANOTHER: &str = "it belongs to another one";

impl Live {
    /// Says whether it is another one's, who shows it to all.
    pub(crate) fn is_of_another(&self) -> bool {
        self.foreign == Some(OF_ANOTHER)
    }

    /// Reads one object of a kind: hook, id, foreignness.
    pub fn new(kind: &'static Kind, mut raw: Value) -> Live {
        if let Some(reshape) = kind.read.filter(|_| has_shape(kind, &raw)) {
            reshape(&mut raw);
        }
        if let Identity::Sequence { .. } = kind.identity {
            // The list as a whole is the object: it has no id and belongs to nobody else.
            return Live {
                id: String::new(),
                raw,
                foreign: None,
                content: None,
                foreign_items: BTreeSet::new(),
                children: Vec::new(),
            };
        }
        let id = id_of(kind, &raw);
        let foreign = kind.foreign.and_then(|foreign| foreign(&raw)).or_else(|| {
            let name = own_name(kind, &raw)?;
            kind.is_built_in(&name).then_some("it is built in")
        });
        Live { id, raw, foreign, content: None, foreign_items: BTreeSet::new(), children: Vec::new() }
    }

    /// Says whether it is gone although it still shows.
    pub(crate) fn is_gone(&self, kind: &Kind) -> bool {
        kind.api.states.is_some_and(|states| self.is_in(kind, states.gone) || self.is_in(kind, states.tainted))
    }

    /// Says why it can't be an object of its kind, if so: nothing in it tells it from the others. An error that stands where
    /// an object should is none, and reads as an object of others while ours is missing.
    pub(crate) fn misfit(&self, kind: &Kind) -> Option<String> {
        // What is gone, such as an empty slot, or somebody else's is told apart by nobody.
        if self.foreign.is_some() || kind.api.states.is_some_and(|states| self.is_in(kind, states.gone)) {
            return None;
        }
        let lacks = |value: &Value, key: &str| lookup(value, key).is_none_or(Value::is_null);
        match (kind.identity, &self.raw) {
            (Identity::Singleton, _) => None,
            (Identity::Sequence { key, .. }, Value::Array(items)) => {
                let without = items.iter().position(|item| lacks(item, key))?;
                Some(format!("item {} of `{}` has no `{key}`", without + 1, kind.name))
            }
            (Identity::Name(name) | Identity::CaselessName(name), raw @ Value::Object(_)) => {
                missing(kind, raw, &[name])
            }
            (Identity::Natural(names) | Identity::Content(_, names @ [_, ..]), raw @ Value::Object(_)) => {
                missing(kind, raw, names)
            }
            (Identity::Content(_, []), Value::Object(_)) if !self.id.is_empty() => None,
            _ => Some(format!("something among `{}` is none of them", kind.name)),
        }
    }

    /// The items of a sequence, each with whether it is the user's to declare.
    pub fn items(&self, kind: &Kind) -> impl Iterator<Item = (&Value, bool)> {
        let items = self.raw.as_array().map(Vec::as_slice).unwrap_or_default();
        let is_managed = |n: usize, item| {
            !self.foreign_items.contains(&n) && kind.foreign.is_none_or(|foreign| foreign(item).is_none())
        };
        items.iter().enumerate().map(move |(n, item)| (item, is_managed(n, item)))
    }

    /// A field's value, in the form in which values are compared.
    pub fn value(&self, kind: &Kind, field: &str) -> Attr {
        kind.field(field).map_or(Attr::Null, |field| canonical(&field.ty, &read(field, &self.raw)))
    }

    /// The id of an object, as a reply holds it.
    pub(crate) fn id_in(kind: &'static Kind, raw: &Value) -> String {
        id_of(kind, &shaped(kind, raw))
    }

    /// Says whether an object, as a reply holds it, has this identity.
    pub(crate) fn has_identity(kind: &'static Kind, raw: &Value, identity: &IdentityKey) -> bool {
        let shaped = shaped(kind, raw);
        identity.is_of(kind, &id_of(kind, &shaped), &|field| read(field, &shaped))
    }

    /// What tells this object from the others of its collection.
    pub(crate) fn identity(&self, kind: &'static Kind) -> Option<IdentityKey> {
        IdentityKey::of(kind, Some(&self.id), &|field| read(field, &self.raw))
    }

    /// The word for the state that it is in, where its kind shows one.
    pub fn state(&self, kind: &Kind) -> Option<&str> {
        lookup(&self.raw, kind.api.states?.key)?.as_str()
    }

    /// Says whether its state is one of these.
    pub fn is_in(&self, kind: &Kind, states: &[&str]) -> bool {
        self.state(kind).is_some_and(|state| states.iter().any(|word| word.eq_ignore_ascii_case(state)))
    }

    /// Says whether the controller is still at work on it.
    pub fn is_busy(&self, kind: &Kind) -> bool {
        kind.api.states.is_some_and(|states| self.is_in(kind, states.busy))
    }

    /// Says whether it was never made whole.
    pub fn is_tainted(&self, kind: &Kind) -> bool {
        kind.api.states.is_some_and(|states| self.is_in(kind, states.tainted))
    }

    /// The calls that it needs before it is removed, as it is.
    pub(crate) fn preparing(
        &self,
        kind: &'static Kind,
        removal: &'static CallSpec,
    ) -> impl Iterator<Item = &'static CallSpec> {
        removal.preceded_by.iter().filter(move |call| self.needs(kind, call))
    }

    /// Says whether it is one that a call is for.
    pub(crate) fn needs(&self, kind: &'static Kind, call: &CallSpec) -> bool {
        self.fits(kind, call.when) == Some(true)
    }

    /// Says whether a condition holds for it; `None` where that can't be told.
    pub(crate) fn fits(&self, kind: &'static Kind, when: Condition) -> Option<bool> {
        when.holds_for(&|name| Some((kind.field(name)?, self.value(kind, name))))
    }

    /// The collection of a kind that lives in it.
    pub fn collection(&self, kind: &str) -> Option<&Collection> {
        self.children.iter().find(|collection| collection.kind.name == kind)
    }
}

impl View {
    /// The collection of a kind directly below the target.
    pub fn collection(&self, kind: &str) -> Option<&Collection> {
        self.collections.iter().find(|collection| collection.kind.name == kind)
    }
}

impl View {
    /// The kinds of which a collection was not seen.
    pub(crate) fn dark_kinds(&self) -> BTreeSet<&'static str> {
        self.unseen_kinds().into_keys().collect()
    }

    /// The same, each with the first reason.
    pub(crate) fn unseen_kinds(&self) -> BTreeMap<&'static str, String> {
        fn walk(collections: &[Collection], unseen: &mut BTreeMap<&'static str, String>) {
            for collection in collections {
                match &collection.seen {
                    Seen::Unseen(why) => drop(unseen.entry(collection.kind.name).or_insert_with(|| why.clone())),
                    Seen::Objects(objects) => objects.iter().for_each(|live| walk(&live.children, unseen)),
                }
            }
        }
        let mut unseen = BTreeMap::new();
        walk(&self.collections, &mut unseen);
        unseen
    }
}

impl Collection {
    /// The objects, where it was seen.
    pub fn objects(&self) -> &[Live] {
        match &self.seen {
            Seen::Objects(objects) => objects,
            Seen::Unseen(_) => &[],
        }
    }
}

/// An object of which only the name is known, as the API would show it.
pub(crate) fn named(kind: &Kind, name: Option<&str>) -> Value {
    let (Identity::Name(field) | Identity::CaselessName(field)) = kind.identity else { return Value::Null };
    let place = kind.field(field).map_or(field, |field| field.read_path());
    serde_json::json!({ place: name })
}

/// An object of a map whose keys are ids: it shows its id.
pub(crate) fn with_id<'r>(id: &str, raw: &'r Value) -> Cow<'r, Value> {
    match raw {
        Value::Object(fields) if !fields.contains_key("id") => {
            let mut fields = fields.clone();
            fields.insert("id".to_owned(), Value::String(id.to_owned()));
            Cow::Owned(Value::Object(fields))
        }
        _ => Cow::Borrowed(raw),
    }
}

/// The provider's id of an object; none for what has none, such as a whole list.
fn id_of(kind: &Kind, raw: &Value) -> String {
    match kind.api.id {
        "" => own_name(kind, raw).unwrap_or_default(),
        path => lookup(raw, path).map(text).unwrap_or_default(),
    }
}

/// Says whether a value is what a kind's hook takes apart. Of what there is one of, a reply may be a text.
fn has_shape(kind: &Kind, raw: &Value) -> bool {
    match kind.identity {
        Identity::Singleton => true,
        Identity::Sequence { .. } => raw.is_array(),
        Identity::Name(_) | Identity::CaselessName(_) | Identity::Natural(_) | Identity::Content(..) => raw.is_object(),
    }
}

/// An object, as a reply holds it, in the form in which its fields are read.
fn shaped<'r>(kind: &Kind, raw: &'r Value) -> Cow<'r, Value> {
    let mut shaped = Cow::Borrowed(raw);
    if let Some(reshape) = kind.read.filter(|_| has_shape(kind, raw)) {
        reshape(shaped.to_mut());
    }
    shaped
}

/// The first field that an object needs and lacks, of those that tell it from others; where none is needed, it lacks all.
fn missing(kind: &Kind, raw: &Value, names: &[&str]) -> Option<String> {
    let fields: Vec<&Field> = names.iter().filter_map(|name| kind.field(name)).collect();
    let lacks = |field: &&&Field| lookup(raw, field.read_path()).is_none_or(Value::is_null);
    let needed = fields.iter().filter(|field| field.is_required()).find(lacks);
    let without = needed.or_else(|| fields.first().filter(|_| fields.iter().all(|field| lacks(&field))))?;
    Some(format!("one of `{}` has no `{}`", kind.name, without.read_path()))
}

/// The name that an object carries, for kinds that are told apart by one field.
fn own_name(kind: &Kind, raw: &Value) -> Option<String> {
    match kind.identity {
        Identity::Name(field) | Identity::CaselessName(field) | Identity::Content(field, []) => {
            lookup(raw, kind.field(field)?.read_path()).map(text)
        }
        _ => None,
    }
}

/// A scalar as text.
pub(crate) fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::providers::CATALOGUE;

    #[test]
    fn what_nothing_tells_from_the_others_is_none_of_them() {
        let kinds = || CATALOGUE.iter().flat_map(|provider| provider.kinds.iter().copied());
        for kind in kinds() {
            let nothing = [json!(null), json!(7), json!("down"), json!([7]), json!({}), json!({ "error": "down" })];
            for raw in nothing {
                let raw = if let Identity::Sequence { .. } = kind.identity { json!([raw]) } else { raw };
                let live = Live::new(kind, raw.clone());
                assert!(live.misfit(kind).is_some() || kind.identity == Identity::Singleton, "`{}`: {raw}", kind.name);
            }
        }
        // A controller's own objects may lack what users have to give.
        let kind = |name: &str| kinds().find(|kind| kind.name == name).unwrap();
        for (name, raw) in [
            ("routes", json!({ "cidr": "10.0.0.0/8" })),
            ("webhooks", json!({ "name": "a" })),
            ("peers", json!({ "not_set": true })),
            ("containers", json!({ "Id": "c", "NetworkSettings": { "IPAddress": "" } })),
            ("app-wans", json!({ "name": "a" })),
            ("secrets", json!({ "key": "a" })),
            ("firewall-rules", json!([{ "rule": "-j DROP" }])),
            ("firewall-rules", json!([])),
        ] {
            assert_eq!(Live::new(kind(name), raw).misfit(kind(name)), None, "{name}");
        }
    }

    #[test]
    fn the_hook_of_a_sequence_reads_the_whole_list() {
        fn by_place(list: &mut Value) {
            list.as_array_mut().unwrap().sort_by_key(|item| item["place"].as_i64());
        }
        static RULES: Kind = Kind {
            identity: Identity::Sequence { key: "rule", id: "", position: "" },
            read: Some(by_place),
            ..Kind::NEW
        };
        let live = Live::new(&RULES, json!([{"rule": "b", "place": 2}, {"rule": "a", "place": 1}]));
        assert_eq!(live.raw[0]["rule"], "a");
    }
}
