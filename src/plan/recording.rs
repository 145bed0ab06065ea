//! The ledger's row of a resource: values that were sent and accepted, or read, and nothing else.
//!
//! | the field was | it is remembered |
//! |---|---|
//! | written by the step | as applied |
//! | not written, and is as it was remembered | as it was |
//! | read, and found as wanted | as agreed |
//! | neither written nor read | not at all, unless the user vouches for it |

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::Value;

use crate::address::Address;
use crate::attr::{Attr, Output};
use crate::diff::list::wanted_items;
use crate::diff::sequence::agrees;
use crate::diff::verdict::{Verdict, never_sent};
use crate::plan::{CallPurpose, LedgerUpdate, Plan, Step};
use crate::spec::{Field, Identity, ItemWord, Sent, Type, canonical, item_words};
use crate::state::base::{Base, Basis, Claim, Entry, Stored};
use crate::topology::{FileContent, list_type};

/// The sources from which rows of the ledger are written.
pub(crate) struct Recording<'r> {
    pub plan: &'r Plan,
    /// The row before.
    pub base: &'r Base,
    /// The outputs that are known by now.
    pub find: &'r dyn Fn(&Output) -> Option<Attr>,
}

impl Recording<'_> {
    /// The row of a resource, once `step` is done or, without one, where nothing was to be done.
    pub(crate) fn entry(&self, address: &Address, id: String, step: Option<&Step>) -> Option<Entry> {
        let ledger_update = self.plan.ledger_updates.get(address)?;
        let identity = ledger_update.identity(self.find);
        let before = self.base.entry(address);
        // An object that came along with its parent, or was there, has been taken down by now.
        let made = before.map_or_else(|| step.is_some_and(|step| step.verb.creates()), |before| before.made);
        let before = before.cloned().unwrap_or_default();
        let fields = self.fields(ledger_update, &before, step);
        // An expression of which nothing came is none that was applied.
        let expressions = ledger_update.expressions.iter().filter(|(name, _)| fields.contains_key(*name));
        Some(Entry {
            id,
            identity: identity.map(|key| key.to_string()).or(before.identity.clone()),
            made,
            expressions: expressions.map(|(name, text)| (name.clone(), text.clone())).collect(),
            fields,
            after: ledger_update.after.clone(),
            stamp: ledger_update.stamp.clone(),
            leftovers: before.leftovers,
            commit: self.plan.commit.clone(),
            run: if step.is_some() { self.base.run } else { before.run },
            origin: ledger_update.origin.clone(),
            packing: ledger_update.files.values().find_map(FileContent::packing).or(before.packing),
            partial: ledger_update.partial.clone(),
            left: BTreeSet::new(),
            ahead: BTreeSet::new(),
        })
    }

    /// What a step's create is about to make, and with what that no look will show; `None` where it can't be known again.
    /// Content is, by its id alone.
    pub(crate) fn claim(&self, step: &Step) -> Option<Claim> {
        let ledger_update = self.plan.ledger_updates.get(&step.address)?;
        let identity = ledger_update.identity(self.find)?;
        let is_named = matches!(step.kind.identity, Identity::Name(_) | Identity::CaselessName(_));
        if !is_named && step.kind.identity.telling_fields().is_none() {
            return None;
        }
        let is_hidden =
            |field: &Field| field.is_write_only() && field.sent != Sent::ByItself && !field.is_call_option();
        let carried = |(name, attr): (&String, &Attr)| {
            ledger_update.kind.field(name).filter(|field| is_hidden(field))?;
            let filled = attr.fill(self.find);
            (!filled.is_later()).then(|| (name.clone(), self.base.stored(&ledger_update.comparable(name, &filled))))
        };
        let carries = ledger_update.wanted.iter().filter_map(carried).collect();
        Some(Claim { identity: identity.to_string(), carries })
    }

    fn fields(&self, ledger_update: &LedgerUpdate, before: &Entry, step: Option<&Step>) -> BTreeMap<String, Stored> {
        let mut fields = BTreeMap::new();
        for (name, attr) in &ledger_update.wanted {
            let filled = attr.fill(self.find);
            let renewed = by_current_rule(ledger_update, name, before);
            let earlier = renewed.as_ref().or(before.fields.get(name));
            let is_written = step.is_some_and(|step| step.writes(name));
            // A value that is still not known was left as it was: so is what we remember of it. What was only known later
            // and was not sent is at the controller as it was sent then: a one-time output that was asked for anew in this
            // run went to others.
            let is_as_before = filled.is_later() || attr.is_later() && !is_written && earlier.is_some();
            let stored = match is_as_before {
                true => earlier.cloned(),
                false => {
                    let comparable = ledger_update.comparable(name, &filled);
                    // What is kept as a secret stays one where nobody says any more that it is.
                    let same = earlier.filter(|earlier| self.base.matches_stored(&comparable, &earlier.value));
                    let value = same.map_or_else(|| self.base.stored(&comparable), |same| same.value.clone());
                    let is_known = !ledger_update.unknown.contains(name.as_str());
                    let stored = remembered(value, is_written, is_known, earlier);
                    let parts = ListParts { ty: list_type(ledger_update.kind, name), items: &comparable, earlier };
                    stored.map(|stored| parts.tell(stored, is_written, ledger_update.live_lists.get(name)))
                }
            };
            fields.extend(stored.map(|stored| (name.clone(), stored)));
        }
        // A field that was taken back is remembered as such until somebody has looked whether it is.
        // A new object is made without it, whatever the API has then.
        let updated = step.filter(|step| !step.verb.creates());
        let taken_back = updated.into_iter().flat_map(|step| &step.fields).map(|change| &change.name);
        // Where others have a part, nothing that is remembered could tell theirs from ours.
        let is_gone = |name: &&String| !ledger_update.wanted.contains_key(*name) && !before.partial.contains_key(*name);
        for name in taken_back.filter(is_gone) {
            fields.insert(name.clone(), Stored::new(Value::Null, Basis::Applied));
        }
        for name in &ledger_update.cleared {
            let earlier = before.fields.get(name);
            let stored = remembered(Value::Null, false, true, earlier);
            fields.entry(name.clone()).or_insert_with(|| stored.unwrap_or(Stored::new(Value::Null, Basis::Agreed)));
        }
        fields
    }
}

/// What is remembered of content by the current packing rule, where it is the content that an earlier rule told.
fn by_current_rule(ledger_update: &LedgerUpdate, name: &str, before: &Entry) -> Option<Stored> {
    let content = ledger_update.files.get(name)?;
    let earlier = before.fields.get(name)?;
    let is_same = content.is_remembered_as(earlier.value.as_str()?, before.packing);
    is_same.then(|| Stored { value: Value::String(content.stamp()), ..earlier.clone() })
}

impl LedgerUpdate {
    /// A value in the form in which the next comparison will see it.
    fn comparable(&self, name: &str, attr: &Attr) -> Attr {
        if let Some(content) = self.files.get(name) {
            return Attr::Text(content.stamp());
        }
        match self.kind.field(name) {
            Some(field) => canonical(&field.ty, attr),
            None => Attr::List(wanted_items(self.kind, &BTreeMap::from([(name.to_owned(), attr.clone())]))),
        }
    }
}

/// The items of a list that is remembered: which were there before us, and which we brought.
struct ListParts<'p> {
    /// The type of the list; `None` where nothing is known of its items.
    ty: Option<Type>,
    items: &'p Attr,
    earlier: Option<&'p Stored>,
}

impl ListParts<'_> {
    /// The row of the list, with how those of its items came there that came otherwise than the whole. `live` is
    /// the list as it was before it was written.
    fn tell(&self, mut stored: Stored, is_written: bool, live: Option<&Attr>) -> Stored {
        let (Some(ty), Attr::List(items), Basis::Applied | Basis::Agreed) = (&self.ty, self.items, stored.basis) else {
            return stored;
        };
        if !is_written && self.earlier.is_some_and(|earlier| earlier.value == stored.value) {
            return stored;
        }
        let earlier: Vec<Attr> =
            self.earlier.iter().flat_map(|earlier| earlier.value.as_array()).flatten().map(Attr::from_json).collect();
        let earlier = places(ty, &earlier);
        let live: &[Attr] = if let Some(Attr::List(live)) = live { live } else { &[] };
        let of_live = places(ty, live);
        for (n, word) in item_words(ty, items).into_iter().enumerate() {
            let at = format!("/{n}");
            let there = of_live.get(&word).map(|place| &live[*place]);
            let basis = match (self.earlier.zip(earlier.get(&word)), there) {
                (Some((earlier, place)), _) => {
                    let (from, below) = (format!("/{place}"), format!("/{place}/"));
                    let parts =
                        earlier.items.iter().filter_map(|(part, basis)| Some((part.strip_prefix(&below)?, basis)));
                    stored.items.extend(parts.map(|(part, basis)| (format!("{at}/{part}"), *basis)));
                    earlier.basis_at(&from)
                }
                (None, Some(_)) => Basis::Agreed,
                (None, None) => Basis::Applied,
            };
            if basis != stored.basis {
                stored.items.insert(at.clone(), basis);
            }
            // An object that was there, and was changed from here.
            if let (true, Basis::Agreed, Attr::Map(item), Some(there)) = (is_written, basis, &items[n], there) {
                let changed = item.iter().filter(|(key, value)| !agrees(there.get(key).unwrap_or(&Attr::Null), value));
                stored.items.extend(changed.map(|(key, _)| (format!("{at}/{key}"), Basis::Applied)));
            }
        }
        stored
    }
}

/// The places of a list's items, by what tells them apart.
fn places(list: &Type, items: &[Attr]) -> HashMap<ItemWord, usize> {
    item_words(list, items).into_iter().enumerate().map(|(n, word)| (word, n)).collect()
}

/// A field's value as it is to be remembered. What was not written keeps how it came there, as long as it is the same.
fn remembered(value: Value, is_written: bool, is_known: bool, earlier: Option<&Stored>) -> Option<Stored> {
    match earlier {
        _ if is_written => Some(Stored::new(value, Basis::Applied)),
        Some(earlier) if earlier.value == value => Some(earlier.clone()),
        _ => is_known.then(|| Stored::new(value, Basis::Agreed)),
    }
}

/// What a plan is about to make, where that is known before its first call.
pub(crate) fn intents(plan: &Plan, base: &Base) -> Vec<(Address, Claim)> {
    let recording = Recording { plan, base, find: &|_| None };
    let makes = |step: &&Step| step.calls.iter().any(|call| call.purpose == CallPurpose::Create);
    let steps = plan.steps.iter().filter(makes);
    steps.filter_map(|step| Some((step.address.clone(), recording.claim(step)?))).collect()
}

/// The row of an object that is taken into ownership as it is: what was found as wanted is agreed on. With it, the fields
/// that the API does not show and that were never sent; with `assume`, they are taken on trust instead.
pub(crate) fn adopted(plan: &Plan, base: &Base, verdict: &Verdict, assume: bool) -> Option<(Entry, Vec<String>)> {
    let recording = Recording { plan, base, find: &|_| None };
    let mut entry = match base.entry(&verdict.address) {
        Some(entry) => entry.clone(),
        None => recording.entry(&verdict.address, verdict.id.clone().unwrap_or_default(), None)?,
    };
    let never_sent = |name: &&String| {
        verdict.unverified.contains(&name.as_str())
            || verdict.decision.fields().iter().any(|change| change.name == **name && change.before == never_sent())
    };
    let ledger_update = plan.ledger_updates.get(&verdict.address)?;
    let mut unsent: Vec<String> = Vec::new();
    for (name, attr) in ledger_update.wanted.iter().filter(|(name, _)| never_sent(name)) {
        match assume && !attr.is_later() {
            true => {
                let value = base.stored(&ledger_update.comparable(name, attr));
                entry.fields.insert(name.clone(), Stored::new(value, Basis::Assumed));
            }
            false => unsent.push(name.clone()),
        }
    }
    Some((entry, unsent))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_was_neither_sent_nor_read_is_not_remembered() {
        let earlier = |value: Value, basis| Some(Stored::new(value, basis));
        let (old, new) = (json!("old"), json!("new"));
        // Written, known, what was remembered: what is remembered of `new`.
        for (is_written, is_known, before, after) in [
            (true, true, None, Some(Basis::Applied)),
            (true, false, None, Some(Basis::Applied)),
            (true, false, earlier(old.clone(), Basis::Assumed), Some(Basis::Applied)),
            (false, true, None, Some(Basis::Agreed)),
            (false, false, None, None),
            (false, false, earlier(old.clone(), Basis::Applied), None),
            (false, true, earlier(old, Basis::Applied), Some(Basis::Agreed)),
            (false, true, earlier(new.clone(), Basis::Applied), Some(Basis::Applied)),
            (false, false, earlier(new.clone(), Basis::Assumed), Some(Basis::Assumed)),
            (false, false, earlier(new.clone(), Basis::Applied), Some(Basis::Applied)),
        ] {
            let told = format!("{is_written} {is_known} {before:?}");
            let stored = remembered(new.clone(), is_written, is_known, before.as_ref());
            assert_eq!(
                stored.map(|stored| (stored.value, stored.basis)),
                after.map(|basis| (new.clone(), basis)),
                "{told}"
            );
        }
    }

    #[test]
    fn of_a_list_it_is_remembered_which_items_were_there() {
        use crate::spec::{Field, field};
        use Basis::{Agreed, Applied};
        static RULE: &[Field] =
            &[field("rule", Type::Text, "What tells it apart").required(), field("comment", Type::Text, "A note")];
        let item = |rule: &str, comment: &str| json!({ "rule": rule, "comment": comment });
        let stored = |value: Value, basis, items: &[(&str, Basis)]| Stored {
            items: items.iter().map(|(at, basis)| ((*at).to_owned(), *basis)).collect(),
            ..Stored::new(value, basis)
        };
        let (a, b) = (item("a", "x"), item("b", "x"));
        // The remembered, the live and the wanted value, and how it came there; the items that came otherwise.
        for (earlier, live, wanted, basis, items) in [
            (None, json!([a]), json!([a, b]), Applied, &[("/0", Agreed)] as &[(&str, Basis)]),
            (None, json!([a]), json!([item("a", "y")]), Applied, &[("/0", Agreed), ("/0/comment", Applied)]),
            (None, json!([a, b]), json!([a, b]), Agreed, &[]),
            (Some(stored(json!([a]), Applied, &[])), json!([a, b]), json!([a, b]), Agreed, &[("/0", Applied)]),
            (
                Some(stored(json!([b, a]), Applied, &[("/1", Agreed), ("/1/comment", Applied)])),
                json!([a, b]),
                json!([a]),
                Applied,
                &[("/0", Agreed), ("/0/comment", Applied)],
            ),
        ] {
            let attr = Attr::from_json(&wanted);
            let parts = ListParts { ty: Some(Type::Table(RULE, "rule")), items: &attr, earlier: earlier.as_ref() };
            let told = parts.tell(Stored::new(wanted.clone(), basis), basis == Applied, Some(&Attr::from_json(&live)));
            assert_eq!(told, stored(wanted.clone(), basis, items), "{earlier:?} {live} {wanted}");
        }
    }
}
