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
//! What no API shows is sent where it never was. [`take_back`](crate::diff::take_back) says what becomes of a field that the files
//! no longer give. Where a step of ours left what is there, the base says so: then live = base is neither drift nor a change.
//!
//! * `resolve`, `planned`: from names to ids, and values that are not what they are now when the plan is carried out
//! * `later`, `live_value`, `others_share`: values known only later, as the API shows them, and of which others have a part
//! * `list`, `sequence`, `items`: a list that is one resource, the smallest edit of it, and what of it may be shown
//! * `content`, `kept_secrets`, `mentions`: files, secrets that only the ledger remembers, names in texts

pub(in crate::diff) mod content;
pub(crate) mod items;
pub(crate) mod kept_secrets;
mod later;
pub(crate) mod list;
mod live_value;
pub(crate) mod mentions;
mod others_share;
pub(crate) mod planned;
pub(crate) mod resolve;
pub(crate) mod sequence;

use serde_json::Value;

use crate::attr::Attr;
use crate::diff::content::content_change;
use crate::diff::list::ListCase;
use crate::diff::others::OthersItems;
use crate::diff::resolve::{ResolvedFields, Resolver};
use crate::diff::sequence::{agrees, agrees_wholly};
use crate::diff::shared::{SharedList, SharedWrite};
use crate::diff::take_back::{Fate, NO_WAY, Ungiven, held_secret, with_taken_back};
use crate::diff::verdict::{Cause, FieldChange, FieldNotes, Hold, never_sent};
use crate::redact::ChangeSecrecy;
use crate::spec::{Change, Field, Identity, Type, TypeSlot, as_declared, canonical, keep_undeclared, read};
use crate::state::base::{Base, Entry, Stored};
use crate::state::fold;
use crate::state::live::Live;
use crate::topology::{ItemPlace, Resource};

pub(crate) use live_value::live_value;
pub(crate) use live_value::narrow;

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
    let (mut moot, nothing) = (Vec::new(), Attr::EMPTY);
    let is_compared = |field: &&Field| field.is_writable() && !resource.unmanaged.contains(field.name);
    for field in resource.kind.fields.iter().filter(is_compared) {
        let is_given = resource.fields.contains_key(field.name);
        let shared = |entry: &'_ &Entry| entry.partial.contains_key(field.name) && !is_given;
        let among = resource.partial.get(field.name).or_else(|| entry.filter(shared)?.partial.get(field.name));
        let case =
            |wanted, declared| FieldCase { resolver, resource, field, wanted, declared, live, base, entry, among };
        let let_go = found.notes.let_go.len();
        let judged = match (resolved.get(field.name), resource.fields.get(field.name), resource.files.get(field.name)) {
            (Some(_), Some(_), Some(content)) => content_change(resource, field, content, live, entry),
            (Some(wanted), Some(declared), None) => case(wanted, declared).judge(&mut found.notes.let_go),
            // Of what others share ours alone is taken back.
            _ if among.is_some() => case(&nothing, &nothing).judge(&mut found.notes.let_go).undeclared(),
            _ => case(&Attr::Null, &Attr::Null).judge_ungiven(),
        };
        if let Judged::Stays(why) = judged {
            found.notes.let_go.push((field.name.to_owned(), why));
        }
        if found.notes.let_go.len() > let_go {
            let wanted = resolved.get(field.name).unwrap_or(&Attr::Null);
            found.notes.lost.push(case(wanted, &Attr::Null).lost());
        }
        match judged {
            Judged::Same | Judged::Stays(_) => {}
            Judged::Trusted => found.notes.trusted.push(field.name),
            Judged::Unverified => found.unverified.push(field.name),
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
pub(in crate::diff) enum Judged {
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
        let is_known = self.field.is_known_on(self.version());
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
            let has_to = self.field.is_required() && self.field.default.is_none();
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
        // The API always has a value there: where it shows none, nobody knows which, and a new object would be made for nothing.
        let is_for_good = matches!(self.field.change, Change::Fixed | Change::Replaces);
        if live.is_null() && is_for_good && self.field.is_chosen() {
            let is_sent = kept.is_some_and(|kept| self.base.matches_stored(wanted, kept));
            return if is_sent { Judged::Trusted } else { Judged::Unverified };
        }
        // Where there is nothing to switch, either position is right. What comes new is in the one that goes without saying.
        if live.is_null() && matches!(self.field.change, Change::Switch { .. }) {
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

    /// What a new object would be without.
    fn lost(&self) -> FieldChange {
        let live = match self.is_readable() {
            true => canonical(&self.field.ty, &read(self.field, &self.live.raw)),
            false => Attr::text(NOT_SHOWN),
        };
        *self.change(live, &canonical(&self.field.ty, self.wanted), Cause::Undeclared)
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
        is_own || updates.is_empty() || updates.iter().any(|call| call.when.holds_on(self.version()))
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
        self.field.is_readable_on(self.version())
    }

    fn agrees(&self, live: &Attr, wanted: &Attr) -> bool {
        if matches!(self.field.ty, Type::Json(_)) { agrees_wholly(live, wanted) } else { agrees(live, wanted) }
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
            whole: matches!(self.field.ty, Type::Json(_)) || was_secret,
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
        let before = if is_unknown { live } else { redacted(&live.without_labels()) };
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
pub(in crate::diff) fn is_sent_late(field: &Field, entry: Option<&Entry>) -> bool {
    let was_made_so = |entry: &Entry| entry.made && !entry.is_confirmed();
    let came_along = matches!(field.change, Change::Replaces) && entry.is_some_and(was_made_so);
    !matches!(field.change, Change::Fixed) && !came_along && !entry.is_some_and(Entry::is_blank)
}

/// What stands for a value that the API never shows.
const NOT_SHOWN: &str = "(not shown by the API)";

#[cfg(test)]
mod tests;
