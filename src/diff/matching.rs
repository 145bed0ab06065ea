//! Which live object is which resource.
//!
//! An object is found by its identity. If nothing has it, it is found by the identity that was applied last, which is how
//! a changed one shows, or by the id that the ledger remembers, which is how a rename at the console shows. Ids alone are
//! not trusted: some products hand them out anew after a restore.

use std::collections::{BTreeMap, BTreeSet};

use crate::address::Address;
use crate::attr::{Attr, Output};
use crate::diff::base::{Base, Entry};
use crate::diff::index::{Index, Placement};
use crate::diff::live::{Collection, Live, Observed, Seen, View, text};
use crate::spec::{Change, Identity, Kind, lookup, swap_references};
use crate::topology::{IdentityKey, Resource, Topology};

/// Matches everything declared with everything seen.
///
/// What tells a resource apart may come from another one, which has to be found first: each round finds some.
pub fn index<'a>(topology: &Topology, observed: &'a Observed, base: &Base) -> Index<'a> {
    let mut identities: BTreeMap<&Address, IdentityKey> = BTreeMap::new();
    let mut open = Vec::new();
    for resource in topology.resources.values() {
        match identity_of(resource) {
            Some(identity) => {
                identities.insert(&resource.address, identity);
            }
            None => open.push(resource),
        }
    }
    loop {
        let index = round(topology, observed, base, &identities);
        let before = open.len();
        open.retain(|resource| match filled_identity(topology, &index, resource) {
            Some(identity) => identities.insert(&resource.address, identity).is_some(),
            None => true,
        });
        if open.len() == before {
            return index;
        }
    }
}

/// The identity of a resource that takes some of it from others, where those show.
fn filled_identity(topology: &Topology, index: &Index<'_>, resource: &Resource) -> Option<IdentityKey> {
    let output = |output: &Output| {
        let provider = topology.targets.get(output.address.target())?.provider;
        index.output(output, provider.kind(output.address.kind())?)
    };
    let provider = topology.targets.get(resource.address.target())?.provider;
    // Files refer by name, and live objects by id.
    let id = |kinds: &[&'static str], name: &str| {
        topology.referred(&resource.address, provider, kinds, name).map(|address| Attr::output(address, "id"))
    };
    IdentityKey::wanted(resource.kind, None, &|name| {
        let attr = resource.fields.get(name)?;
        let resolved = match resource.kind.field(name) {
            Some(field) => swap_references(&field.ty, attr, &mut |_, kinds, name| id(kinds, name)),
            None => attr.clone(),
        };
        Some(resolved.fill(&output))
    })
}

fn round<'a>(
    topology: &Topology,
    observed: &'a Observed,
    base: &Base,
    identities: &BTreeMap<&Address, IdentityKey>,
) -> Index<'a> {
    let mut groups: BTreeMap<(String, Option<Address>, &'static str), Vec<&Resource>> = BTreeMap::new();
    for resource in topology.resources.values() {
        let key = (resource.address.target().to_owned(), resource.address.parent(), resource.kind.name);
        groups.entry(key).or_default().push(resource);
    }
    let versions = observed.targets.iter().filter_map(|(name, view)| Some((name.clone(), view.version.clone()?)));
    let mut index = Index { versions: versions.collect(), ..Index::default() };
    let mut matcher = Matcher { base, groups, identities, index: &mut index };
    for (target, view) in &observed.targets {
        matcher.collections(target, None, &view.collections);
    }
    let reachable: BTreeSet<&str> = observed.targets.keys().map(String::as_str).collect();
    for resource in topology.resources.values() {
        if index.declared.contains_key(&resource.address) {
            continue;
        }
        let place = unplaced(&resource.address, &index, &reachable);
        index.declared.insert(resource.address.clone(), place);
    }
    index
}

/// A declared resource whose collection does not show: its parent is absent, or something could not be looked at.
fn unplaced<'a>(address: &Address, index: &Index<'a>, reachable: &BTreeSet<&str>) -> Placement<'a> {
    if !reachable.contains(address.target()) {
        return Placement::Unseen(format!("target `{}` was not looked at", address.target()));
    }
    match address.parent().and_then(|parent| index.declared.get(&parent)) {
        Some(Placement::Absent) => Placement::Absent,
        Some(Placement::Unseen(why)) => Placement::Unseen(why.clone()),
        Some(Placement::Ambiguous) => Placement::Unseen("several objects have its parent's name".into()),
        Some(Placement::Present(_)) | None => Placement::Unseen("its collection was not looked at".into()),
    }
}

/// What the live objects of a collection are known by.
struct Words<'a> {
    by_identity: BTreeMap<IdentityKey, &'a Live>,
    by_id: BTreeMap<&'a str, &'a Live>,
    /// The identities that several have.
    ambiguous: BTreeSet<IdentityKey>,
}

impl<'a> Words<'a> {
    fn of(kind: &'static Kind, objects: impl Iterator<Item = &'a Live>) -> Words<'a> {
        let mut words = Words { by_identity: BTreeMap::new(), by_id: BTreeMap::new(), ambiguous: BTreeSet::new() };
        for live in objects {
            words.by_id.entry(&live.id).or_insert(live);
            match live.identity(kind) {
                Some(identity) if words.by_identity.contains_key(&identity) => drop(words.ambiguous.insert(identity)),
                Some(identity) => drop(words.by_identity.insert(identity, live)),
                None => {}
            }
        }
        words
    }
}

/// What an object that nothing declares is called by.
enum Naming {
    ByName,
    ById,
}

struct Matcher<'a, 'i> {
    base: &'i Base,
    groups: BTreeMap<(String, Option<Address>, &'static str), Vec<&'i Resource>>,
    identities: &'i BTreeMap<&'i Address, IdentityKey>,
    index: &'i mut Index<'a>,
}

impl<'a> Matcher<'a, '_> {
    fn collections(&mut self, target: &str, parent: Option<&Address>, collections: &'a [Collection]) {
        for collection in collections {
            let key = (target.to_owned(), parent.cloned(), collection.kind.name);
            let wanted = self.groups.remove(&key).unwrap_or_default();
            if parent.is_none() {
                let why = match &collection.seen {
                    Seen::Unseen(why) => Some(why.clone()),
                    Seen::Objects(_) => None,
                };
                self.index.looked.insert((target.to_owned(), collection.kind.name), why);
            }
            match &collection.seen {
                Seen::Unseen(why) => {
                    for resource in wanted {
                        self.index.declared.insert(resource.address.clone(), Placement::Unseen(why.clone()));
                    }
                }
                Seen::Objects(objects) => self.objects(target, parent, collection.kind, objects, &wanted),
            }
        }
    }

    fn objects(
        &mut self,
        target: &str,
        parent: Option<&Address>,
        kind: &'static Kind,
        objects: &'a [Live],
        wanted: &[&Resource],
    ) {
        let here = |live: &&Live| !is_gone(kind, live);
        let Words { by_identity, by_id, ambiguous } = Words::of(kind, objects.iter().filter(here));
        let is_named = matches!(kind.identity, Identity::Name(_) | Identity::CaselessName(_));
        let mut taken: BTreeMap<*const Live, Address> = BTreeMap::new();
        let mut left = Vec::new();
        for resource in wanted {
            let identity = self.identities.get(&resource.address);
            if is_named && identity.is_some_and(|identity| ambiguous.contains(identity)) {
                // Which one is meant only the ledger can know.
                let owned = self.base.entry(&resource.address).and_then(|entry| by_id.get(entry.id.as_str()));
                let place = owned.map_or(Placement::Ambiguous, |live| Placement::Present(live));
                taken.extend(owned.map(|live| (*live as *const Live, resource.address.clone())));
                self.index.declared.insert(resource.address.clone(), place);
                continue;
            }
            match identity.and_then(|identity| by_identity.get(identity)) {
                Some(live) => {
                    taken.insert(*live, resource.address.clone());
                    self.index.declared.insert(resource.address.clone(), Placement::Present(live));
                }
                None => left.push(*resource),
            }
        }
        for resource in left {
            let entry = self.base.entry(&resource.address);
            let name = resource.address.name().unwrap_or_default();
            // Other content is another object, beside the one that was applied.
            let same_content = !matches!(kind.identity, Identity::Content(_));
            let applied = entry.filter(|_| same_content);
            let applied = applied.and_then(|entry| by_identity.get(&applied_identity(kind, name, entry)?));
            let renamed = || entry.filter(|_| may_be_renamed(kind)).and_then(|entry| by_id.get(entry.id.as_str()));
            let live = applied.or_else(renamed).copied();
            let place = match live.filter(|live| !taken.contains_key(&(*live as *const Live))) {
                Some(live) => {
                    taken.insert(live, resource.address.clone());
                    Placement::Present(live)
                }
                None => Placement::Absent,
            };
            self.index.declared.insert(resource.address.clone(), place);
        }
        let others = objects.iter().filter(|live| here(live) || live.is_tainted(kind)).map(|live| {
            // Objects that have the same name are addressed by their ids.
            let is_one_of_several = live.identity(kind).is_some_and(|identity| ambiguous.contains(&identity));
            (live, if is_named && is_one_of_several { Naming::ById } else { Naming::ByName })
        });
        self.name_objects(target, parent, kind, others, &taken);
    }

    /// Gives every object an address, remembers what others may call it, and goes down.
    fn name_objects(
        &mut self,
        target: &str,
        parent: Option<&Address>,
        kind: &'static Kind,
        objects: impl Iterator<Item = (&'a Live, Naming)>,
        taken: &BTreeMap<*const Live, Address>,
    ) {
        let owned = self.owned_names(target, parent, kind);
        for (live, naming) in objects {
            let address = match taken.get(&(live as *const Live)) {
                Some(address) => address.clone(),
                None => {
                    let known = live.identity(kind).and_then(|identity| owned.by_identity.get(&identity));
                    let known = known.or_else(|| owned.by_id.get(&live.id)).cloned();
                    let name = match naming {
                        Naming::ByName => known.or_else(|| given_name(kind, live)),
                        Naming::ById => Some(live.id.clone()),
                    };
                    let named = |name: Option<&str>| match parent {
                        Some(parent) => parent.child(kind.name, name),
                        None => Address::new(target, kind.name, name),
                    };
                    let called = named(name.as_deref());
                    // The name may be another one's by now: that of the declared object which took its place.
                    let is_displaced = matches!(self.index.declared.get(&called), Some(Placement::Present(_)));
                    let address = if is_displaced { named(Some(&live.id)) } else { called };
                    // What was never made whole counts where it is ours to remove, and nowhere else.
                    let is_ours = || self.base.entry(&address).is_some_and(|entry| entry.id == live.id);
                    if live.is_tainted(kind) && (self.index.declared.contains_key(&address) || !is_ours()) {
                        continue;
                    }
                    if let (Identity::CaselessName(_), Some(identity)) = (kind.identity, live.identity(kind)) {
                        let place = (parent.cloned(), target.to_owned(), kind.name, identity);
                        self.index.identities.insert(place, address.clone());
                        self.index.kinds.insert(kind.name, kind);
                    }
                    // What is declared has been looked for: what it replaces, or left behind, is not undeclared, though
                    // others still refer to it by this address.
                    let is_left = is_displaced && matches!(kind.identity, Identity::Content(_));
                    if !is_left && !self.index.declared.contains_key(&address) {
                        self.index.undeclared.insert(address.clone(), (kind, live));
                    }
                    address
                }
            };
            for id in aliases(kind, live) {
                let anywhere = self.index.anywhere.entry((target.to_owned(), kind.name, id.clone()));
                anywhere.and_modify(|known| *known = None).or_insert_with(|| Some(address.clone()));
                let place = (target.to_owned(), parent.cloned(), kind.name, id);
                self.index.names.insert(place, address.clone());
            }
            self.collections(target, Some(&address), &live.children);
        }
    }

    /// The names of owned objects of a collection: an owned object that is not declared any more keeps its address.
    fn owned_names(&self, target: &str, parent: Option<&Address>, kind: &'static Kind) -> OwnedNames {
        let mut owned = OwnedNames::default();
        let here = |address: &Address| address.kind() == kind.name && address.parent().as_ref() == parent;
        for (address, entry) in self.base.owned_within(target, parent, kind.name).filter(|(address, _)| here(address)) {
            let Some(name) = address.name().map(str::to_owned) else { continue };
            let applied = applied_identity(kind, &name, entry);
            if applied.is_none() || may_be_renamed(kind) {
                owned.by_id.insert(entry.id.clone(), name.clone());
            }
            owned.by_identity.extend(applied.map(|identity| (identity, name)));
        }
        owned
    }
}

/// The names of owned objects that nothing declares.
#[derive(Default)]
struct OwnedNames {
    by_identity: BTreeMap<IdentityKey, String>,
    /// Only where the identity may be another one by now, or was never taken down.
    by_id: BTreeMap<String, String>,
}

/// What tells a declared resource from the others of its collection. `None` while it takes some of it from others: files
/// refer by name, and live objects by id.
pub(crate) fn identity_of(resource: &Resource) -> Option<IdentityKey> {
    IdentityKey::wanted(resource.kind, resource.content_id().as_deref(), &|name| {
        let attr = resource.fields.get(name)?;
        let Some(field) = resource.kind.field(name) else { return Some(attr.clone()) };
        let later = || Some(Attr::output(resource.address.clone(), name));
        Some(swap_references(&field.ty, attr, &mut |_, _, _| later()))
    })
}

/// What told an object from the others when it was applied, as far as the ledger says.
fn applied_identity(kind: &'static Kind, name: &str, entry: &Entry) -> Option<IdentityKey> {
    match kind.identity {
        Identity::Content(_) => IdentityKey::of(kind, Some(&entry.id), &|_| Attr::Null),
        // The address says it, even of what was adopted.
        Identity::Name(_) | Identity::CaselessName(_) => IdentityKey::called(kind, name),
        Identity::Natural(fields) if !fields.iter().any(|field| entry.fields.contains_key(*field)) => None,
        Identity::Natural(_) => IdentityKey::wanted(kind, None, &|field| entry.value(field).map(Attr::from_json)),
        Identity::Singleton | Identity::Sequence { .. } => None,
    }
}

/// A name can only be changed at the console where an update could change it back.
fn may_be_renamed(kind: &Kind) -> bool {
    match kind.identity {
        Identity::Name(field) | Identity::CaselessName(field) => {
            kind.field(field).is_some_and(|field| matches!(field.change, Change::InPlace))
                && !kind.api.update.is_empty()
        }
        Identity::Singleton | Identity::Natural(_) | Identity::Content(_) | Identity::Sequence { .. } => false,
    }
}

/// Says whether an object is gone although it still shows.
pub(crate) fn is_gone(kind: &Kind, live: &Live) -> bool {
    kind.api.states.is_some_and(|states| live.is_in(kind, states.gone) || live.is_in(kind, states.tainted))
}

/// The name that an undeclared object gets: its own, or its natural key in one word.
pub(crate) fn given_name(kind: &Kind, live: &Live) -> Option<String> {
    match kind.identity {
        Identity::Singleton | Identity::Sequence { .. } => None,
        Identity::Name(field) | Identity::CaselessName(field) => live.value(kind, field).to_text(),
        Identity::Content(_) => Some(content_name(&live.id).to_owned()),
        Identity::Natural(fields) => {
            let parts: Vec<String> = fields
                .iter()
                .map(|field| text(&live.value(kind, field).to_shown()))
                .filter(|part| !part.is_empty())
                .map(|part| part.replace('/', "-"))
                .collect();
            Some(parts.join("_"))
        }
    }
}

/// The name in an id that is a name and a digest.
fn content_name(id: &str) -> &str {
    let is_digest = |tail: &str| tail.len() == 12 && tail.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    match id.rsplit_once('-') {
        Some((name, tail)) if is_digest(tail) && !name.is_empty() => name,
        _ => id,
    }
}

/// Every word by which other objects may refer to this one.
fn aliases(kind: &Kind, live: &Live) -> impl Iterator<Item = String> {
    let further = kind.api.aliases.iter().filter_map(|path| lookup(&live.raw, path)).map(text);
    std::iter::once(live.id.clone()).chain(further).filter(|id| !id.is_empty())
}

impl View {
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::{Value, json};

    use super::*;
    use crate::diff::base::{Basis, Stored};
    use crate::finding::Place as FilePlace;
    use crate::plan::testing::World;
    use crate::providers::CATALOGUE;
    use crate::spec::{Field, Type};
    use crate::topology::{Content, FileContent};

    /// A value of a type as files may spell it, as the API shows it, and another one.
    fn spellings(ty: &Type) -> (Value, Value, Value) {
        match ty.plain() {
            Type::Bool => (json!("yes"), json!(true), json!(false)),
            Type::Int => (json!("7"), json!(7), json!(8)),
            Type::Ip => (json!("2001:DB8:0:0::1"), json!("2001:db8::1"), json!("192.0.2.9")),
            Type::Cidr => (json!("10.1.2.3/16"), json!("10.1.0.0/16"), json!("10.2.0.0/16")),
            Type::Enum(words) => (json!(words[0].to_uppercase()), json!(words[0]), json!(words[1])),
            Type::Text | Type::Ref(_) => (json!("one"), json!("one"), json!("two")),
            Type::List(Type::Text) => (json!(["one"]), json!(["one"]), json!(["one", "two"])),
            other => panic!("an identity of a type without samples: {other:?}"),
        }
    }

    fn names(kind: &Kind) -> Vec<&'static str> {
        match kind.identity {
            Identity::Name(name) | Identity::CaselessName(name) => vec![name],
            Identity::Natural(names) => names.to_vec(),
            Identity::Singleton | Identity::Content(_) | Identity::Sequence { .. } => Vec::new(),
        }
    }

    /// A declared resource whose identity has these values.
    fn declared(kind: &'static Kind, values: &BTreeMap<&'static str, Value>, digest: &str) -> Resource {
        let fields = values.iter().map(|(name, value)| ((*name).to_owned(), Attr::from_json(value))).collect();
        let files = match kind.identity {
            Identity::Content(field) => {
                let content = Content::Here(Default::default());
                let (path, file_name) = ("x".to_owned(), "x".to_owned());
                BTreeMap::from([(
                    field.to_owned(),
                    FileContent { path, file_name, sha256: digest.into(), content, parsed: Default::default() },
                )])
            }
            _ => BTreeMap::new(),
        };
        let name = if kind.identity.is_single() { None } else { Some("one") };
        let place = FilePlace::file("x.yaml");
        Resource { address: Address::new("t", kind.name, name), kind, fields, files, place }
    }

    /// A live object with these values where replies hold them.
    fn live(values: &[(&'static Field, Value)], id: &str) -> Live {
        let mut raw = json!({});
        for (field, value) in values {
            let mut place = &mut raw;
            for key in field.read_path().split('.') {
                place = &mut place[key];
            }
            *place = value.clone();
        }
        Live { id: id.into(), raw, foreign: None, foreign_items: BTreeSet::new(), children: Vec::new() }
    }

    #[test]
    fn files_live_objects_and_the_ledger_agree_on_every_kind() {
        let mut seen = std::collections::HashSet::new();
        for kind in CATALOGUE.iter().flat_map(|provider| provider.kinds).copied() {
            seen.insert(std::mem::discriminant(&kind.identity));
            let fields: Vec<&'static Field> = names(kind).into_iter().map(|name| kind.field(name).unwrap()).collect();
            assert!(fields.iter().all(|field| !field.is_secret()), "`{}`: a secret tells objects apart", kind.name);
            let of = |pick: &dyn Fn(&Type) -> Value| -> BTreeMap<&'static str, Value> {
                fields.iter().map(|field| (field.name, pick(&field.ty))).collect()
            };
            let digest = "0123456789abcdef";
            let in_files = declared(kind, &of(&|ty| spellings(ty).0), digest);
            let as_shown = declared(kind, &of(&|ty| spellings(ty).1), digest);
            let shown: Vec<(&'static Field, Value)> = fields.iter().map(|f| (*f, spellings(&f.ty).1)).collect();
            let shown = live(&shown, "one-0123456789ab");
            let key = shown.identity(kind);
            assert!(key.is_some(), "{}", kind.name);
            // Duplicates in files: references are names there, and one spelling is as good as another.
            assert_eq!(IdentityKey::declared(&in_files), IdentityKey::declared(&as_shown), "{}", kind.name);
            let refers = fields.iter().any(|field| matches!(field.ty, Type::Ref(_)));
            match refers {
                true => assert_eq!(identity_of(&in_files), None, "{}: a name is no id", kind.name),
                false => assert_eq!(identity_of(&in_files), key, "{}", kind.name),
            }
            // The executor's look: everything is known by then.
            let filled =
                IdentityKey::wanted(kind, in_files.content_id().as_deref(), &|name| in_files.fields.get(name).cloned());
            assert_eq!(filled, key, "{}", kind.name);
            let entry = Entry {
                id: shown.id.clone(),
                fields: as_shown
                    .fields
                    .iter()
                    .map(|(name, attr)| (name.clone(), Stored::new(attr.to_shown(), Basis::Applied)))
                    .collect(),
                ..Entry::default()
            };
            if !kind.identity.is_single() && !matches!(kind.identity, Identity::Name(_) | Identity::CaselessName(_)) {
                assert_eq!(applied_identity(kind, "one", &entry), key, "{}", kind.name);
            }
            for other in &fields {
                let mut values = of(&|ty| spellings(ty).1);
                values.insert(other.name, spellings(&other.ty).2);
                let moved = declared(kind, &values, digest);
                assert_ne!(IdentityKey::declared(&moved), IdentityKey::declared(&as_shown), "{}", kind.name);
            }
        }
        assert_eq!(seen.len(), 6, "every sort of identity is used");
    }

    #[test]
    fn what_is_not_known_has_no_identity() {
        let kind = CATALOGUE.iter().find_map(|provider| provider.kind("routes")).unwrap();
        let with = |value: Attr| {
            let mut route = declared(kind, &BTreeMap::new(), "");
            route.fields.insert("cidr".into(), value);
            identity_of(&route)
        };
        assert!(with(Attr::text("10.0.0.0/8")).is_some());
        assert_eq!(with(Attr::output(Address::new("t", "config", None), "public_ipaddress")), None);
        assert_eq!(with(Attr::Secret(crate::secret::Secret::new("secret.x", "10.0.0.0/8"))), None);
    }

    #[test]
    fn names_without_case_have_one_key() {
        let kinds = CATALOGUE.iter().flat_map(|provider| provider.kinds);
        let kind = kinds.copied().find(|kind| matches!(kind.identity, Identity::CaselessName(_))).unwrap();
        for (one, other, same) in [("Paris", "pARIS", true), ("straße", "STRASSE", true), ("a", "b", false)] {
            assert_eq!(IdentityKey::called(kind, one) == IdentityKey::called(kind, other), same, "{one} {other}");
        }
    }

    #[test]
    fn which_live_object_is_which_resource() {
        let lab = || World::lab();
        let group = |id: &str, name: &str| json!({ "id": id, "name": name, "note": "" });
        let route = |id: &str, cidr: &str| json!({ "id": id, "cidr": cidr, "gateway": "192.0.2.1" });
        let wanted = |cidr: &str| json!({ "cidr": cidr, "gateway": "192.0.2.1" });
        let old = |cidr: &str| json!({ "cidr": cidr, "gateway": "192.0.2.1" });
        for (why, world, verdicts) in [
            (
                "by name",
                lab().wants("east/groups/g", json!({})).shows("east/groups", group("1", "g")),
                vec![("east/groups/g", "adopt")],
            ),
            (
                "a rename at the console, by the ledger's id",
                lab()
                    .wants("east/groups/g", json!({}))
                    .applied("east/groups/g", "1", json!({ "name": "g" }))
                    .shows("east/groups", group("1", "renamed")),
                vec![("east/groups/g", "update name: drift"), ("east/groups/renamed", "-")],
            ),
            (
                "names without case",
                lab().wants("east/groups/Core", json!({})).shows("east/groups", group("1", "CORE")),
                vec![("east/groups/Core", "adopt, update name: change")],
            ),
            (
                "several of one name",
                lab()
                    .wants("east/groups/g", json!({}))
                    .shows("east/groups", group("1", "g"))
                    .shows("east/groups", group("2", "g")),
                vec![("east/groups/g", "hold ambiguous")],
            ),
            (
                "several of one name, of which the ledger knows one",
                lab()
                    .wants("east/groups/g", json!({}))
                    .applied("east/groups/g", "2", json!({ "name": "g" }))
                    .shows("east/groups", group("1", "g"))
                    .shows("east/groups", group("2", "g")),
                vec![("east/groups/g", "same"), ("east/groups/1", "-")],
            ),
            (
                "ids handed out anew: the identity counts",
                lab()
                    .wants("east/groups/a", json!({}))
                    .wants("east/groups/b", json!({}))
                    .applied("east/groups/a", "1", json!({ "name": "a" }))
                    .applied("east/groups/b", "2", json!({ "name": "b" }))
                    .shows("east/groups", group("2", "a"))
                    .shows("east/groups", group("1", "b")),
                vec![("east/groups/a", "adopt"), ("east/groups/b", "adopt")],
            ),
            (
                "by what tells it apart, in another spelling",
                lab().wants("east/routes/r", wanted("10.1.2.3/16")).shows("east/routes", route("1", "10.1.0.0/16")),
                vec![("east/routes/r", "adopt")],
            ),
            (
                "by what told it apart when it was applied",
                lab()
                    .wants("east/routes/r", wanted("10.2.0.0/16"))
                    .applied("east/routes/r", "1", old("10.1.0.0/16"))
                    .shows("east/routes", route("1", "10.1.0.0/16")),
                vec![("east/routes/r", "update cidr: change")],
            ),
            (
                "an id alone proves nothing",
                lab()
                    .wants("east/routes/r", wanted("10.1.0.0/16"))
                    .applied("east/routes/r", "1", old("10.1.0.0/16"))
                    .shows("east/routes", route("1", "10.7.0.0/16")),
                vec![("east/routes/r", "create: drift"), ("east/routes/10.7.0.0-16_192.0.2.1", "-")],
            ),
            (
                "a new label for what another one was is that object",
                lab()
                    .wants("east/routes/new", wanted("10.1.0.0/16"))
                    .applied("east/routes/old", "1", old("10.1.0.0/16"))
                    .shows("east/routes", route("1", "10.1.0.0/16")),
                vec![("east/routes/new", "adopt"), ("east/routes/old", "release: it is gone already")],
            ),
            (
                "other content is another object",
                lab()
                    .wants("east/blueprints/f", json!({ "path": "b" }))
                    .applied("east/blueprints/f", "f-aaaaaaaaaaaa", json!({}))
                    .shows("east/blueprints", json!({ "id": "f-aaaaaaaaaaaa" })),
                vec![("east/blueprints/f", "replace path: change")],
            ),
            (
                "not seen is not absent",
                lab().wants("east/groups/g", json!({})).hides("east/groups"),
                vec![("east/groups/g", "hold unseen")],
            ),
            (
                "what lives in something absent is absent",
                lab()
                    .wants("east/endpoints/e", json!({ "address": "192.0.2.1" }))
                    .wants("east/endpoints/e/peers/192.0.2.9", json!({ "asn": 1 })),
                vec![("east/endpoints/e/peers/192.0.2.9", "create: change")],
            ),
            (
                "what lives in something unseen is unseen",
                lab()
                    .wants("east/endpoints/e", json!({ "address": "192.0.2.1" }))
                    .wants("east/endpoints/e/peers/192.0.2.9", json!({ "asn": 1 }))
                    .hides("east/endpoints"),
                vec![("east/endpoints/e/peers/192.0.2.9", "hold unseen")],
            ),
            (
                "owned and not declared",
                lab()
                    .applied("east/groups/gone", "1", json!({ "name": "gone" }))
                    .applied("east/groups/there", "2", json!({ "name": "there" }))
                    .shows("east/groups", group("2", "there"))
                    .shows("east/groups", group("3", "stranger")),
                vec![
                    ("east/groups/gone", "release: it is gone already"),
                    ("east/groups/there", "delete: not declared any more"),
                    ("east/groups/stranger", "-"),
                ],
            ),
            (
                "owned, not declared, and not seen",
                lab().applied("east/groups/g", "1", json!({ "name": "g" })).hides("east/groups"),
                vec![("east/groups/g", "hold unseen")],
            ),
        ] {
            for (at, verdict) in verdicts {
                assert_eq!(world.verdict(at), verdict, "{why}: {at}");
            }
        }
    }
}
