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
//! What no API shows is sent where it never was. [`take_back`](super::take_back) says what becomes of a field that the files
//! no longer give. Where a step of ours left what is there, the base says so: then live = base is neither drift nor a change.

mod live_value;
mod others_share;

use serde_json::Value;

use crate::attr::Attr;
use crate::diff::base::{Base, Entry, Stored};
use crate::diff::content::content_change;
use crate::diff::list::ListCase;
use crate::diff::live::Live;
use crate::diff::others::OthersItems;
use crate::diff::planned::PlannedValue;
use crate::diff::resolve::{ResolvedFields, Resolver};
use crate::diff::sequence::{agrees, agrees_wholly};
use crate::diff::shared::{SharedList, SharedWrite};
use crate::diff::take_back::{Fate, NO_WAY, NOT_IN_PLACE, Ungiven, held_secret, with_taken_back};
use crate::diff::verdict::{Cause, FieldChange, FieldNotes, Hold, never_sent};
use crate::redact::ChangeSecrecy;
use crate::spec::{Change, Field, Flow, Identity, Type, TypeSlot, as_declared, canonical, keep_undeclared, read};
use crate::topology::{ItemPlace, Resource, fold};

pub(crate) use live_value::live_value;
pub(super) use live_value::narrow;

/// What comparing one resource gave.
#[derive(Debug, Default)]
pub(crate) struct Comparison {
    /// The fields that differ.
    pub changes: Vec<FieldChange>,
    /// Fields that cannot be verified.
    pub unverified: Vec<&'static str>,
    /// What is to be told of fields about which nothing is done.
    pub notes: FieldNotes,
    /// The values that are sent in place of what the files give, by field: they take back what the files no longer give,
    /// and leave others what is theirs.
    pub taken_back: ResolvedFields,
    /// How a list that others share is written as a whole.
    pub shared: Option<SharedWrite>,
    /// Why the two can't be compared, if so.
    pub held: Option<Hold>,
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
        return ListCase { resolver, resource, resolved, live, key, base, entry }.compare();
    }
    let mut moot = Vec::new();
    let is_compared = |field: &&Field| field.is_writable() && !resource.unmanaged.contains(field.name);
    for field in resource.kind.fields.iter().filter(is_compared) {
        let is_given = resource.fields.contains_key(field.name);
        let shared = |entry: &'_ &Entry| entry.partial.contains_key(field.name) && !is_given;
        let among = resource.partial.get(field.name).or_else(|| entry.filter(shared)?.partial.get(field.name));
        let case =
            |wanted, declared| FieldCase { resolver, resource, field, wanted, declared, live, base, entry, among };
        let judged = match (resolved.get(field.name), resource.fields.get(field.name), resource.files.get(field.name)) {
            (Some(_), Some(_), Some(content)) => content_change(resource, field, content, entry),
            (Some(wanted), Some(declared), None) => case(wanted, declared).judge(&mut found.notes.let_go),
            // Of what others share ours alone is taken back.
            _ if among.is_some() => case(&Attr::EMPTY, &Attr::EMPTY).judge(&mut found.notes.let_go).undeclared(),
            _ => case(&Attr::Null, &Attr::Null).judge_ungiven(),
        };
        match judged {
            Judged::Same => {}
            Judged::Trusted => found.notes.trusted.push(field.name),
            Judged::Unverified => found.unverified.push(field.name),
            Judged::Stays(why) => found.notes.let_go.push((field.name.to_owned(), why)),
            Judged::Differs(change) => found.changes.push(*change),
            Judged::TakenBack(change, sent) => {
                found.taken_back.insert(field.name.to_owned(), sent);
                found.changes.push(*change);
            }
            Judged::Held(hold) => drop(found.held.get_or_insert(*hold)),
            Judged::Beside(sent) => drop(found.taken_back.insert(field.name.to_owned(), sent)),
            Judged::Moot(change) => moot.push(*change),
        }
    }
    let changes = |name: &&str| found.changes.iter().any(|change| change.name == *name);
    moot.retain(|change: &FieldChange| change.field.is_some_and(|field| field.recomputed_from.iter().any(changes)));
    found.changes.append(&mut moot);
    if found.changes.iter().any(|change| change.replaces(resource.kind)) {
        found.notes.let_go.retain(|(_, why)| *why != NOT_IN_PLACE);
    }
    found
}

/// The fields that stay although the files no longer give them, each with the reason.
type LetGo = Vec<(String, &'static str)>;

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
    /// Where ours stand in it, if others share it.
    among: Option<&'c ItemPlace>,
}

/// What is to be done about a field.
pub(super) enum Judged {
    Same,
    /// The API does not show it, and it is the one that was sent last, or that the user vouched for.
    Trusted,
    Unverified,
    /// The files no longer give it, and it stays, for this reason.
    Stays(&'static str),
    Differs(Box<FieldChange>),
    /// It differs in what the files no longer give; this is sent.
    TakenBack(Box<FieldChange>, Attr),
    /// It can't be compared, for this reason.
    Held(Box<Hold>),
    /// It is as it is wanted; whoever writes it sends this, with the items of others.
    Beside(Attr),
    /// It makes no difference, unless a field changes that it follows.
    Moot(Box<FieldChange>),
}

impl FieldCase<'_> {
    fn judge(&self, let_go: &mut LetGo) -> Judged {
        let kept = self.entry.and_then(|entry| entry.value(self.field.name));
        let is_known = self.field.writable_on.include(self.version());
        if self.field.is_call_option() && is_known {
            return Judged::Same;
        }
        let (own, others) = match self.own_items() {
            Ok(own) => own,
            Err(hold) => return Judged::Held(hold),
        };
        if self.wanted.is_later() {
            let live = canonical(&self.field.ty, &own);
            return self.judge_later(kept, live).among(self.wanted, &others);
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
                // What was not read because nothing moved is known.
                Some(kept) if self.base.matches_stored(&wanted, kept) && self.is_shown() => Judged::Same,
                Some(kept) if self.base.matches_stored(&wanted, kept) => Judged::Trusted,
                Some(_) => {
                    let cause = if self.is_left() { Cause::Left } else { Cause::Change };
                    self.differs(Attr::text(NOT_SHOWN), &wanted, cause)
                }
                None if self.is_sent_late(&wanted) => self.differs(never_sent(), &wanted, Cause::Change),
                None => Judged::Unverified,
            };
        }
        let live = canonical(&self.field.ty, &self.resolver.for_compare(&self.resource.address, self.field, &own));
        let judged = match self.judge_read(kept, &wanted, live, let_go) {
            Judged::Same if !others.list.as_ref().is_none_or(SharedList::is_in_place) => self.displaced(kept, &others),
            judged => judged,
        };
        judged.among(self.wanted, &others)
    }

    /// Judges a value that was read.
    fn judge_read(&self, kept: Option<&Value>, wanted: &Attr, live: Attr, let_go: &mut LetGo) -> Judged {
        if let Some(judged) = self.judge_within(wanted, &live, let_go) {
            return judged;
        }
        if self.agrees(&live, wanted) || self.is_same_name(&live, wanted) {
            return Judged::Same;
        }
        // A create-only value that the API does not show can neither be compared nor written.
        let fixed = matches!(self.field.change, Change::Fixed) && self.resource.kind.api.update.is_empty();
        if live.is_null() && fixed {
            return Judged::Unverified;
        }
        // Where there is nothing to switch, either position is right. What comes new is in the one that goes without saying.
        if live.is_null() && matches!(self.field.change, Change::Switch(_)) {
            let is_set = *wanted != self.field.default_value();
            return if is_set { Judged::Moot(self.change(live, wanted, Cause::Change)) } else { Judged::Same };
        }
        self.differs(live.clone(), wanted, self.cause(kept, wanted, &live))
    }

    /// A value within which something was applied that the files no longer declare; `None` where nothing was.
    fn judge_within(&self, wanted: &Attr, live: &Attr, let_go: &mut LetGo) -> Option<Judged> {
        let mut stays = |at: &str| let_go.push((format!("{}{}", self.field.name, at.replace('/', ".")), NO_WAY));
        let full = with_taken_back(&self.field.ty, self.wanted, self.stored(), live, &mut stays)?;
        let form = canonical(&self.field.ty, &full);
        let cause = match self.agrees(live, wanted) {
            true => Cause::Undeclared,
            false => self.cause(self.stored().map(|stored| &stored.value), wanted, live),
        };
        Some(Judged::TakenBack(self.change(live.clone(), &form, cause), full))
    }

    /// What becomes of a field that the files give no value.
    fn judge_ungiven(&self) -> Judged {
        let (stored, is_cleared) = (self.stored(), self.resource.cleared.contains(self.field.name));
        if stored.is_none() && !is_cleared {
            return Judged::Same;
        }
        let read = || canonical(&self.field.ty, &read(self.field, &self.live.raw));
        let live = self.is_readable().then(read);
        let unmoved = |(kept, live)| self.base.matches_stored(&narrow(live, kept), kept);
        let kept = stored.map(|stored| &stored.value).filter(|kept| !kept.is_null());
        let ungiven = Ungiven {
            kind: self.resource.kind,
            field: self.field,
            stored,
            live: live.as_ref(),
            is_cleared,
            is_unmoved: kept.zip(live.as_ref()).is_none_or(unmoved),
            is_known: self.field.is_writable_on(self.version()) && self.has_update(),
        };
        let cause = match stored {
            _ if !is_cleared => Cause::Undeclared,
            Some(stored) if stored.value.is_null() => Cause::Drift,
            Some(_) if !ungiven.is_unmoved => Cause::Conflict,
            _ => Cause::Change,
        };
        match ungiven.fate() {
            Fate::Gone => Judged::Same,
            Fate::Stays(why) => Judged::Stays(why),
            Fate::Back(sent) => {
                let live = live.unwrap_or_else(|| Attr::text(NOT_SHOWN));
                let wanted = canonical(&self.field.ty, &sent);
                Judged::TakenBack(self.change(live, &wanted, cause), sent)
            }
        }
    }

    /// Says whether the server has an update, where the field is changed by one and the kind has any.
    fn has_update(&self) -> bool {
        let updates = self.resource.kind.api.update;
        let is_own = !matches!(self.field.change, Change::InPlace | Change::Fixed);
        is_own || updates.is_empty() || updates.iter().any(|call| call.versions.include(self.version()))
    }

    /// Says whether what the API never shows can be sent after create, or is worth a new object. What goes without saying is
    /// not: nobody knows it to be otherwise.
    fn is_sent_late(&self, wanted: &Attr) -> bool {
        is_sent_late(self.field, self.entry) && *wanted != self.field.default_value()
    }

    /// What the ledger remembers of the field.
    fn stored(&self) -> Option<&Stored> {
        self.entry.and_then(|entry| entry.fields.get(self.field.name))
    }

    /// A value that is known only later is the same as long as its expression is the one that was applied, and what that
    /// gave is still there.
    fn judge_later(&self, kept: Option<&Value>, live: Attr) -> Judged {
        let before = self.entry.and_then(|entry| entry.expressions.get(self.field.name));
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
        self.is_shown() && !(only_detail && crate::spec::lookup(&self.live.raw, self.field.read_path()).is_none())
    }

    /// Says whether the server shows the field at all.
    fn is_shown(&self) -> bool {
        self.field.flow != Flow::WriteOnly && self.field.readable_on.include(self.version())
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
        // What is taken back may have been a secret: the ledger knows.
        let is_given = self.resource.fields.contains_key(self.field.name) && cause != Cause::Undeclared;
        let was_secret = !is_given && held_secret(self.stored());
        let secrecy = ChangeSecrecy {
            field: self.field.is_secret() || was_secret,
            whole: matches!(self.field.ty, Type::Json) || was_secret,
            output: &|output| topology.is_secret(output),
        };
        // What stands for a value that nobody knows is no secret.
        let is_unknown = live == never_sent() || live == Attr::text(NOT_SHOWN);
        let mut full = wanted.clone();
        if !is_unknown && self.resource.fields.contains_key(self.field.name) {
            keep_undeclared(TypeSlot::of(self.field), &mut full, &live);
        }
        let redact = |attr: &Attr| topology.secrets.redact_attr(&secrecy.redact(attr, &full));
        let redacted = |attr: &Attr| redact(&as_declared(&self.field.ty, &shown(attr)));
        let others = OthersItems { go: self.others_going(wanted, &live, &redact), stay: 0 };
        let (field, name, after) = (Some(self.field), self.field.name.to_owned(), redacted(&full));
        let before = if is_unknown { live } else { redacted(&live) };
        Box::new(FieldChange { field, name, before, after, edits: Vec::new(), cause, others })
    }
}

/// The text of the expressions in a declared value.
pub(crate) fn expression(declared: &Attr) -> String {
    declared.to_shown().to_string()
}

/// Says whether a field of which nothing is remembered is sent to what is there already. What can be given at create alone
/// is not; nor is what version 0.1 took into ownership and remembered nothing of: an upgrade alone never writes. What only a
/// new object takes came with it, where a call of ours made the object and the run ended before it was taken down.
pub(super) fn is_sent_late(field: &Field, entry: Option<&Entry>) -> bool {
    let was_made_so = |entry: &Entry| entry.made && !entry.is_confirmed();
    let came_along = matches!(field.change, Change::Replaces) && entry.is_some_and(was_made_so);
    !matches!(field.change, Change::Fixed) && !came_along && !entry.is_some_and(Entry::is_blank)
}

/// What stands for a value that the API never shows.
const NOT_SHOWN: &str = "(not shown by the API)";

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::diff::base::Basis;
    use crate::plan::testing::World;
    use crate::plan::{CallPurpose, Payload};

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
    fn what_no_api_shows_is_compared_by_its_fingerprint_and_sent_where_it_never_was() {
        let endpoint = |secret: &str| json!({ "address": "192.0.2.1", "secret": secret });
        let shown = json!({ "id": "1", "name": "a", "address": "192.0.2.1" });
        let world = World::lab().wants("east/endpoints/a", endpoint("new")).shows("east/endpoints", shown);
        let owned = |fields| world.clone().remembers("east/endpoints/a", "1", fields, Basis::Agreed);
        assert_eq!(owned(endpoint("new")).verdict("east/endpoints/a"), "same");
        assert_eq!(owned(endpoint("old")).verdict("east/endpoints/a"), "update secret: change");
        assert_eq!(owned(json!({ "address": "192.0.2.1" })).verdict("east/endpoints/a"), "update secret: change");
        assert_eq!(world.verdict("east/endpoints/a"), "adopt, update secret: change");
        // Version 0.1 took it into ownership: an upgrade alone never writes.
        let blank = owned(json!({}));
        assert_eq!(blank.verdict("east/endpoints/a"), "same");
        assert!(blank.verdicts().iter().any(|verdict| verdict.unverified == ["secret"]));
        let trusted = owned(endpoint("new")).verdicts();
        assert!(trusted.iter().any(|verdict| verdict.notes.trusted == ["secret"] && verdict.unverified.is_empty()));
    }

    /// Whether a field is declared.
    #[derive(Debug, Clone, Copy, PartialEq)]
    enum Declared {
        Not,
        Null,
        Empty,
    }

    #[test]
    fn what_was_given_is_taken_back() {
        use Basis::{Agreed, Applied, Assumed};
        use Declared::{Empty, Not, Null};
        // How the value came there, whether it is declared, live; the verdict, and whether it is told to stay.
        for (basis, declared, live, verdict, stays) in [
            (Some(Applied), Not, "mine", "update note: undeclared", false),
            (Some(Applied), Not, "", "same", false),
            (Some(Applied), Not, "theirs", "same", true),
            (Some(Agreed), Not, "mine", "same", true),
            (Some(Agreed), Not, "", "same", false),
            (Some(Assumed), Not, "mine", "same", true),
            (None, Not, "theirs", "same", false),
            (Some(Applied), Null, "mine", "update note: change", false),
            (Some(Applied), Null, "theirs", "update note: conflict", false),
            (Some(Applied), Null, "", "same", false),
            (Some(Agreed), Null, "mine", "update note: change", false),
            (Some(Assumed), Null, "mine", "update note: change", false),
            (None, Null, "theirs", "update note: change", false),
            (None, Null, "", "same", false),
            (Some(Applied), Empty, "mine", "update note: change", false),
            (None, Empty, "theirs", "update note: change", false),
            (None, Empty, "", "same", false),
        ] {
            let told = format!("{basis:?} {declared:?} `{live}`");
            let fields = match declared {
                Not => json!({}),
                Null => json!({ "note": null }),
                Empty => json!({ "note": "" }),
            };
            let mut world = World::lab()
                .wants("east/groups/g", fields)
                .shows("east/groups", json!({ "id": "1", "name": "g", "note": live }))
                .remembers("east/groups/g", "1", json!({ "name": "g" }), Agreed);
            if let Some(basis) = basis {
                world = world.remembers("east/groups/g", "1", json!({ "note": "mine" }), basis);
            }
            assert_eq!(world.verdict("east/groups/g"), verdict, "{told}");
            let verdicts = world.verdicts();
            let noted = verdicts.iter().any(|verdict| !verdict.notes.let_go.is_empty());
            assert_eq!(noted, stays, "{told}");
        }
    }

    #[test]
    fn null_is_remembered_as_what_goes_without_saying() {
        let world = |live: &str| {
            World::lab()
                .wants("east/groups/g", json!({ "note": null }))
                .shows("east/groups", json!({ "id": "1", "name": "g", "note": live }))
                .applied("east/groups/g", "1", json!({ "note": null }))
        };
        assert_eq!(world("").verdict("east/groups/g"), "same");
        assert_eq!(world("theirs").verdict("east/groups/g"), "update note: drift");
    }

    #[test]
    fn every_type_is_taken_back_in_its_own_way() {
        // The field, what was applied, the value that is sent; none where it stays.
        for (field, applied, sent) in [
            ("mode", json!("aggressive"), None),
            ("group", json!("g-1"), Some(json!(""))),
            ("attributes", json!(["#a"]), Some(json!([]))),
            ("options", json!(["a=1"]), Some(json!(""))),
            ("networks", json!(["10.1.0.0/16"]), Some(json!([]))),
            ("tunnels", json!([{ "subnet": "10.1.0.0/16" }]), Some(json!([]))),
            ("labels", json!({ "a": "1" }), Some(json!({}))),
            ("enabled", json!(true), None),
            ("weight", json!(3), None),
            ("inputs", json!({ "a": 1 }), None),
        ] {
            let mut object = json!({ "id": "1", "name": "a", "address": "192.0.2.1" });
            object[field] = applied.clone();
            let world = World::lab()
                .wants("east/endpoints/a", json!({ "address": "192.0.2.1" }))
                .applied("east/endpoints/a", "1", json!({ "address": "192.0.2.1", field: applied }))
                .shows("east/endpoints", object);
            let verdict = world.verdict("east/endpoints/a");
            let plan = world.plan();
            let body = plan.steps.iter().flat_map(|step| &step.calls).find_map(|call| match &call.body {
                Payload::Json(body) if call.purpose == CallPurpose::Update => Some(body.to_shown()[field].clone()),
                _ => None,
            });
            assert_eq!(body, sent, "{field}: {verdict}");
            match (field, &sent) {
                // What only a new object would be without is made anew, as it would be for another value.
                ("mode", _) => assert_eq!(verdict, "replace mode: undeclared"),
                (_, Some(_)) => assert_eq!(verdict, format!("update {field}: undeclared")),
                (_, None) => assert_eq!(verdict, "same", "{field}"),
            }
        }
    }

    #[test]
    fn keys_within_a_value_are_taken_back() {
        let tunnels = |label: Value| json!([{ "subnet": "10.1.0.0/16", "label": label }, { "subnet": "10.2.0.0/16" }]);
        let bare = json!([{ "subnet": "10.1.0.0/16" }, { "subnet": "10.2.0.0/16" }]);
        // The field, what was applied, what is wanted, what is live; what is sent.
        for (field, applied, wanted, live, sent) in [
            (
                "labels",
                json!({ "a": "1", "b": "2" }),
                json!({ "a": "1" }),
                json!({ "a": "1", "b": "2", "c": "3" }),
                Some(json!({ "a": "1", "c": "3" })),
            ),
            ("labels", json!({ "a": "1" }), json!({ "a": "1" }), json!({ "a": "1", "c": "3" }), None),
            (
                "labels",
                json!({ "a": "1" }),
                json!({ "a": "1", "c": null }),
                json!({ "a": "1", "c": "3" }),
                Some(json!({ "a": "1" })),
            ),
            (
                "primary",
                json!({ "subnet": "10.1.0.0/16", "label": "x" }),
                json!({ "subnet": "10.1.0.0/16" }),
                json!({ "subnet": "10.1.0.0/16", "label": "x" }),
                Some(json!({ "subnet": "10.1.0.0/16", "label": "" })),
            ),
            ("tunnels", tunnels(json!("x")), bare.clone(), tunnels(json!("x")), Some(tunnels(json!("")))),
            ("tunnels", bare.clone(), bare.clone(), tunnels(json!("theirs")), None),
        ] {
            let mut object = json!({ "id": "1", "name": "a", "address": "192.0.2.1" });
            object[field] = live;
            let world = World::lab()
                .wants("east/endpoints/a", json!({ "address": "192.0.2.1", field: wanted }))
                .applied("east/endpoints/a", "1", json!({ "address": "192.0.2.1", field: applied }))
                .shows("east/endpoints", object);
            let plan = world.plan();
            let body = plan.steps.iter().flat_map(|step| &step.calls).find_map(|call| match &call.body {
                Payload::Json(body) => Some(body.to_shown()[field].clone()),
                _ => None,
            });
            assert_eq!(body, sent, "{field} {applied} {wanted}: {}", world.verdict("east/endpoints/a"));
        }
    }

    #[test]
    fn keys_of_rules_are_taken_back() {
        let rule = |comment: &str| json!({ "id": "7", "rule": "drop all", "comment": comment });
        let world = |live: &str, applied: Value| {
            World::lab()
                .wants("east/rules", json!([{ "rule": "drop all" }]))
                .applied("east/rules", "", json!([applied]))
                .shows("east/rules", rule(live))
        };
        let given = json!({ "rule": "drop all", "comment": "mine" });
        assert_eq!(world("mine", given.clone()).verdict("east/rules"), "update items: undeclared");
        assert_eq!(world("", given).verdict("east/rules"), "same");
        assert_eq!(world("theirs", json!({ "rule": "drop all" })).verdict("east/rules"), "same");
    }

    #[test]
    fn a_secret_that_is_taken_back_is_not_shown() {
        let kept = json!({ "$fingerprint": "00" });
        let world = World::lab()
            .wants("east/groups/g", json!({ "note": null }))
            .remembers("east/groups/g", "1", json!({ "note": kept }), Basis::Applied)
            .shows("east/groups", json!({ "id": "1", "name": "g", "note": "canary" }));
        let undeclared = world.clone().wants("east/groups/g", json!({}));
        for world in [world, undeclared] {
            let told = format!("{:?}", world.verdicts());
            assert!(!told.contains("canary"), "{told}");
        }
    }
}
