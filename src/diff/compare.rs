//! One resource against its live object, field by field, three ways.
//!
//! | wanted = live | wanted = base | live = base | verdict of the field |
//! |---|---|---|---|
//! | yes | any | any | same |
//! | no | yes | no | drift: somebody moved the controller |
//! | no | no | yes | change: the files moved |
//! | no | no | no | conflict: both moved, differently |
//! | no | no base | – | change |
//!
//! Where a step of ours left what is there, the base says so: then live = base is neither drift nor a change.

use serde_json::Value;

use crate::attr::Attr;
use crate::diff::base::{Base, Entry};
use crate::diff::content::content_change;
use crate::diff::index::Index;
use crate::diff::items::{item_key, redact_edits, redact_items};
use crate::diff::live::Live;
use crate::diff::planned::{PlannedValue, PlannedValues};
use crate::diff::resolve::{ResolvedFields, Resolver};
use crate::diff::sequence::{agrees, agrees_wholly, script};
use crate::diff::verdict::{Cause, FieldChange};
use crate::redact::ChangeSecrecy;
use crate::spec::{Change, Field, Flow, Identity, Kind, Type, canonical, read};
use crate::topology::{ITEMS, Resource, Topology, fold};

/// What comparing one resource gave.
#[derive(Debug, Default)]
pub(crate) struct Comparison {
    /// The fields that differ.
    pub changes: Vec<FieldChange>,
    /// Fields that cannot be verified.
    pub unverified: Vec<&'static str>,
}

/// Compares a resource with its live object.
pub(crate) fn compare(
    resolver: &Resolver<'_>,
    resource: &Resource,
    resolved: &ResolvedFields,
    live: &Live,
    base: &Base,
) -> Comparison {
    let entry = base.entry(&resource.address);
    let mut found = Comparison::default();
    if let Identity::Sequence { key, .. } = resource.kind.identity {
        found.changes.extend(sequence(resolver, resource, resolved, live, key, base, entry));
        return found;
    }
    let mut moot = Vec::new();
    for field in resource.kind.fields {
        let (Some(wanted), Some(declared)) = (resolved.get(field.name), resource.fields.get(field.name)) else {
            continue;
        };
        if let Some(content) = resource.files.get(field.name) {
            found.changes.extend(content_change(resource, field, content, entry));
            continue;
        }
        let case = FieldCase { resolver, resource, field, wanted, declared, live, base, entry };
        match case.judge() {
            Judged::Same => {}
            Judged::Unverified => found.unverified.push(field.name),
            Judged::Differs(change) => found.changes.push(*change),
            Judged::Moot(change) => moot.push(*change),
        }
    }
    let changes = |name: &&str| found.changes.iter().any(|change| change.name == *name);
    moot.retain(|change: &FieldChange| change.field.is_some_and(|field| field.recomputed_from.iter().any(changes)));
    found.changes.append(&mut moot);
    found
}

/// One field of one resource.
struct FieldCase<'c> {
    resolver: &'c Resolver<'c>,
    resource: &'c Resource,
    field: &'static Field,
    wanted: &'c Attr,
    declared: &'c Attr,
    live: &'c Live,
    base: &'c Base,
    entry: Option<&'c Entry>,
}

enum Judged {
    Same,
    Unverified,
    Differs(Box<FieldChange>),
    /// It makes no difference, unless a field changes that it follows.
    Moot(Box<FieldChange>),
}

impl FieldCase<'_> {
    fn judge(&self) -> Judged {
        let kept = self.entry.and_then(|entry| entry.value(self.field.name));
        let is_known = self.field.writable_on.include(self.version());
        if self.field.is_call_option() && is_known {
            return Judged::Same;
        }
        if self.wanted.is_later() {
            return self.judge_later(kept);
        }
        let wanted = canonical(&self.field.ty, self.wanted);
        if !is_known {
            // What has to be declared for other servers can't be held against this one.
            let has_to = self.field.required && self.field.default.is_none();
            let is_fine = has_to || wanted == self.field.default_value();
            return if is_fine { Judged::Same } else { self.differs(Attr::Null, &wanted, Cause::Change) };
        }
        if !self.is_readable() {
            return match kept {
                Some(kept) if self.base.matches_stored(&wanted, kept) => Judged::Same,
                Some(_) => {
                    let cause = if self.is_left() { Cause::Left } else { Cause::Change };
                    self.differs(Attr::text("(not shown by the API)"), &wanted, cause)
                }
                None => Judged::Unverified,
            };
        }
        let read = read(self.field, &self.live.raw);
        let live = canonical(&self.field.ty, &self.resolver.for_compare(&self.resource.address, self.field, &read));
        if self.agrees(&live, &wanted) || self.is_same_name(&live, &wanted) {
            return Judged::Same;
        }
        // A create-only value that the API does not show can neither be compared nor written.
        let fixed = matches!(self.field.change, Change::Fixed) && self.resource.kind.api.update.is_empty();
        if live.is_null() && fixed {
            return Judged::Unverified;
        }
        // Where there is nothing to switch, either position is right. What comes new is in the one that goes without saying.
        if live.is_null() && matches!(self.field.change, Change::Switch(_)) {
            let is_set = wanted != self.field.default_value();
            return if is_set { Judged::Moot(self.change(live, &wanted, Cause::Change)) } else { Judged::Same };
        }
        self.differs(live.clone(), &wanted, self.cause(kept, &wanted, &live))
    }

    /// A value that is known only later is the same as long as its expression is the one that was applied, and what that
    /// gave is still there.
    fn judge_later(&self, kept: Option<&Value>) -> Judged {
        let before = self.entry.and_then(|entry| entry.expressions.get(self.field.name));
        let live = canonical(&self.field.ty, &read(self.field, &self.live.raw));
        let unmoved =
            kept.is_some_and(|kept| !self.is_readable() || self.base.matches_stored(&narrow(&live, kept), kept));
        if self.is_left() && unmoved {
            return self.differs(live, self.wanted, Cause::Left);
        }
        if before == Some(&expression(self.declared)) && unmoved && !self.waits_for_something_new() {
            return Judged::Same;
        }
        let cause = if before.is_some() && !unmoved { Cause::Drift } else { Cause::Change };
        self.differs(live, self.wanted, cause)
    }

    /// Says whether one of the outputs is another one once the plan is carried out.
    fn waits_for_something_new(&self) -> bool {
        let mut new = false;
        self.wanted.for_each_output(&mut |output| new |= self.resolver.planned.of(output) != PlannedValue::Unchanged);
        new
    }

    fn version(&self) -> Option<&str> {
        self.resolver.version(self.resource.address.target())
    }

    /// A field that the live object does not hold can't be compared, if only a read of its own would show it.
    fn is_readable(&self) -> bool {
        let only_detail = self.resource.kind.api.details.iter().any(|detail| detail.fields.contains(&self.field.name));
        self.field.flow != Flow::WriteOnly
            && self.field.readable_on.include(self.version())
            && !(only_detail && crate::spec::lookup(&self.live.raw, self.field.read_path()).is_none())
    }

    fn agrees(&self, live: &Attr, wanted: &Attr) -> bool {
        if matches!(self.field.ty, Type::Json) { agrees_wholly(live, wanted) } else { agrees(live, wanted) }
    }

    /// Where case means nothing in names and the name can't be changed, another case is no difference.
    fn is_same_name(&self, live: &Attr, wanted: &Attr) -> bool {
        matches!(self.resource.kind.identity, Identity::CaselessName(name) if name == self.field.name)
            && !matches!(self.field.change, Change::InPlace)
            && live.as_text().map(fold) == wanted.as_text().map(fold)
    }

    fn cause(&self, kept: Option<&Value>, wanted: &Attr, live: &Attr) -> Cause {
        let Some(kept) = kept else { return Cause::Change };
        let git_moved = !self.base.matches_stored(wanted, kept);
        let live_moved = !self.base.matches_stored(&narrow(live, kept), kept);
        match (git_moved, live_moved) {
            (false, _) => Cause::Drift,
            (true, true) => Cause::Conflict,
            (true, false) if self.is_left() => Cause::Left,
            (true, false) => Cause::Change,
        }
    }

    /// Says whether a step of ours left the field other than it was meant to.
    fn is_left(&self) -> bool {
        self.entry.is_some_and(|entry| entry.left.contains(self.field.name))
    }

    fn differs(&self, live: Attr, wanted: &Attr, cause: Cause) -> Judged {
        Judged::Differs(self.change(live, wanted, cause))
    }

    fn change(&self, live: Attr, wanted: &Attr, cause: Cause) -> Box<FieldChange> {
        let shown = |attr: &Attr| {
            canonical(&self.field.ty, &self.resolver.for_display(&self.resource.address, self.field, attr))
        };
        let topology = self.resolver.topology;
        let secrecy = ChangeSecrecy {
            field: self.field.is_secret(),
            whole: matches!(self.field.ty, Type::Json),
            output: &|output| topology.is_secret(output),
        };
        let redacted = |attr: &Attr| topology.secrets.redact_attr(&secrecy.redact(&shown(attr), wanted));
        let (before, after) = (redacted(&live), redacted(wanted));
        Box::new(FieldChange {
            field: Some(self.field),
            name: self.field.name.to_owned(),
            before,
            after,
            edits: Vec::new(),
            cause,
        })
    }
}

/// A live value cut down to the keys that were kept: others were never declared.
fn narrow(live: &Attr, kept: &Value) -> Attr {
    match (live, kept) {
        (Attr::Map(live), Value::Object(kept)) => {
            Attr::Map(kept.iter().filter_map(|(key, kept)| Some((key.clone(), narrow(live.get(key)?, kept)))).collect())
        }
        (Attr::List(live), Value::Array(kept)) if live.len() == kept.len() => {
            Attr::List(live.iter().zip(kept).map(|(live, kept)| narrow(live, kept)).collect())
        }
        _ => live.clone(),
    }
}

/// The live value of a field in the form in which it is compared; of a list that is a resource, its items.
pub(crate) fn live_value(
    topology: &Topology,
    index: &Index<'_>,
    resource: &Resource,
    name: &str,
    live: &Live,
) -> Option<Attr> {
    if name == ITEMS && resource.kind.field(name).is_none() {
        return Some(Attr::List(live_items(resource.kind, live)));
    }
    let field = resource.kind.field(name)?;
    let resolver = Resolver { topology, index, planned: &PlannedValues::default() };
    Some(canonical(&field.ty, &resolver.for_compare(&resource.address, field, &read(field, &live.raw))))
}

/// The text of the expressions in a declared value.
pub(crate) fn expression(declared: &Attr) -> String {
    declared.to_shown().to_string()
}

fn sequence(
    resolver: &Resolver<'_>,
    resource: &Resource,
    resolved: &ResolvedFields,
    live: &Live,
    key: &'static str,
    base: &Base,
    entry: Option<&Entry>,
) -> Option<FieldChange> {
    let new = wanted_items(resource.kind, resolved);
    let old = live_items(resource.kind, live);
    let script = script(&old, &new, &|item| item_key(item, key), &agrees);
    if script.edits.is_empty() {
        return None;
    }
    let before = redact_items(resolver, base, entry, (&old, &new), &script.counterparts);
    let edits = redact_edits(script.edits, &before, &script.counterparts);
    let (wanted, live) = (Attr::List(new), Attr::List(old));
    let cause = match entry.and_then(|entry| entry.value(ITEMS)) {
        Some(kept) if base.matches_stored(&wanted, kept) => Cause::Drift,
        Some(kept) if !base.matches_stored(&narrow(&live, kept), kept) => Cause::Conflict,
        _ if entry.is_some_and(|entry| entry.left.contains(ITEMS)) => Cause::Left,
        _ => Cause::Change,
    };
    Some(FieldChange { field: None, name: ITEMS.to_owned(), before: Attr::List(before), after: wanted, edits, cause })
}

/// The wanted items of a sequence, in the form in which they are compared.
pub(crate) fn wanted_items(kind: &Kind, resolved: &ResolvedFields) -> Vec<Attr> {
    let Some(Attr::List(items)) = resolved.get(ITEMS) else { return Vec::new() };
    items.iter().map(|item| canonical(&crate::spec::Type::Object(kind.fields), item)).collect()
}

/// The live items of a sequence that are the user's to declare, in the form in which they are compared.
pub(crate) fn live_items(kind: &Kind, live: &Live) -> Vec<Attr> {
    managed_items(kind, live)
        .map(|item| {
            let fields =
                kind.fields.iter().map(|field| (field.name.to_owned(), canonical(&field.ty, &read(field, item))));
            Attr::Map(fields.collect())
        })
        .collect()
}

/// The raw live items of a sequence that are the user's to declare.
pub(crate) fn managed_items<'l>(kind: &'l Kind, live: &'l Live) -> impl Iterator<Item = &'l Value> {
    live.items(kind).filter(|(_, is_managed)| *is_managed).map(|(item, _)| item)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::plan::testing::World;

    #[test]
    fn the_three_sides_of_a_field() {
        // wanted, applied, live: the verdict.
        for (wanted, applied, live, verdict) in [
            ("a", Some("a"), "a", "same"),
            ("a", Some("b"), "a", "same"),
            ("a", None, "a", "same"),
            ("a", Some("a"), "b", "update note: drift"),
            ("b", Some("a"), "a", "update note: change"),
            ("c", Some("a"), "b", "update note: conflict"),
            ("b", None, "a", "update note: change"),
        ] {
            let applied = applied.map_or(json!({}), |note| json!({ "note": note }));
            let world = World::lab()
                .wants("east/groups/g", json!({ "note": wanted }))
                .applied("east/groups/g", "1", applied.clone())
                .shows("east/groups", json!({ "id": "1", "name": "g", "note": live }));
            assert_eq!(world.verdict("east/groups/g"), verdict, "{wanted} {applied} {live}");
        }
    }

    #[test]
    fn what_a_step_of_ours_left_is_nobody_else_s() {
        // wanted, what was left, live now: the verdict.
        for (wanted, left, live, verdict) in [
            ("new", "old", "old", "update note: left"),
            ("new", "half", "half", "update note: left"),
            ("other", "old", "old", "update note: left"),
            ("new", "old", "theirs", "update note: conflict"),
            ("new", "old", "new", "same"),
            ("old", "old", "old", "same"),
            ("old", "old", "theirs", "update note: drift"),
        ] {
            let mut world = World::lab()
                .wants("east/groups/g", json!({ "note": wanted }))
                .applied("east/groups/g", "1", json!({ "note": left }))
                .shows("east/groups", json!({ "id": "1", "name": "g", "note": live }));
            for entry in world.base.entries.values_mut() {
                entry.left.insert("note".into());
            }
            assert_eq!(world.verdict("east/groups/g"), verdict, "{wanted} {left} {live}");
        }
    }

    #[test]
    fn without_a_ledger_it_is_adopted() {
        for (wanted, verdict) in [("a", "adopt"), ("b", "adopt, update note: change")] {
            let world = World::lab()
                .wants("east/groups/g", json!({ "note": wanted }))
                .shows("east/groups", json!({ "id": "1", "name": "g", "note": "a" }));
            assert_eq!(world.verdict("east/groups/g"), verdict, "{wanted}");
        }
    }

    #[test]
    fn one_value_in_two_spellings_is_no_difference() {
        for (field, wanted, live, same) in [
            ("mode", json!("main"), json!("MAIN"), true),
            ("address", json!("2001:DB8:0::1"), json!("2001:db8::1"), true),
            ("enabled", json!(true), json!("yes"), true),
            ("enabled", json!(true), json!(false), false),
            ("weight", json!(1), json!("1"), true),
            ("options", json!(["a=1", "b=2"]), json!("a=1 b=2"), true),
            ("options", json!(["a=1", "b=2"]), json!("b=2 a=1"), false),
            ("networks", json!(["10.2.0.1/16", "10.1.0.0/16"]), json!(["10.1.0.0/16", "10.2.0.0/16"]), true),
            ("networks", json!(["10.1.0.0/16"]), json!(["10.1.0.0/16", "10.2.0.0/16"]), false),
            ("labels", json!({ "a": "1" }), json!({ "a": "1", "b": "2" }), true),
            ("labels", json!({ "a": "1" }), json!({ "a": "2" }), false),
            ("tunnels", json!([{ "subnet": "10.1.0.0/16" }]), json!([{ "subnet": "10.1.0.0/16", "label": "x" }]), true),
        ] {
            let mut object = json!({ "id": "1", "name": "a", "address": "2001:db8::1" });
            object[field] = live.clone();
            let mut fields = json!({ "address": "2001:db8::1" });
            fields[field] = wanted.clone();
            let world = World::lab().wants("east/endpoints/a", fields).shows("east/endpoints", object);
            assert_eq!(world.verdict("east/endpoints/a") == "adopt", same, "{field}: {wanted} and {live}");
        }
    }

    #[test]
    fn what_no_api_shows_is_compared_by_its_fingerprint() {
        let endpoint = |secret: &str| json!({ "address": "192.0.2.1", "secret": secret });
        let world = |applied: Option<&str>| {
            let world = World::lab().wants("east/endpoints/a", endpoint("new"));
            let world = world.shows("east/endpoints", json!({ "id": "1", "name": "a", "address": "192.0.2.1" }));
            match applied {
                Some(secret) => world.applied("east/endpoints/a", "1", endpoint(secret)),
                None => world,
            }
        };
        assert_eq!(world(Some("new")).verdict("east/endpoints/a"), "same");
        assert_eq!(world(Some("old")).verdict("east/endpoints/a"), "update secret: change");
        let unknown = world(None);
        assert_eq!(unknown.verdict("east/endpoints/a"), "adopt");
        assert!(unknown.verdicts().iter().any(|verdict| verdict.unverified == ["secret"]));
    }
}
