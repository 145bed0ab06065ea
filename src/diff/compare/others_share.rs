//! What others have in a field of which only a part is ours: it is left where it is, in what is compared and in what is sent.

use serde_json::Value;

use super::{FieldCase, Judged};
use crate::attr::Attr;
use crate::diff::others::{OthersItems, going, is_ours, own_words};
use crate::diff::shared::SharedList;
use crate::diff::verdict::{Cause, FieldChange, Hold};
use crate::spec::{Identity, Shape, as_declared, canonical, item_words, read};

/// What others have in a field.
#[derive(Default)]
pub(super) struct OthersShare {
    /// Their items, as they are written back.
    pub(super) items: Vec<Attr>,
    /// Which of the live items are ours, and where these belong; `None` where the field is ours alone.
    pub(super) list: Option<SharedList>,
}

impl FieldCase<'_> {
    /// The live value without the items of others, where ours are only a part, and those.
    pub(super) fn own_items(&self) -> Result<(Attr, OthersShare), Box<Hold>> {
        let live = read(self.field, &self.live.raw);
        let (Some(among), Attr::List(items)) = (self.among, &live) else { return Ok((live, OthersShare::default())) };
        let Shape::Items(item) = self.field.ty.shape() else { return Ok((live, OthersShare::default())) };
        let wanted = if let Attr::List(wanted) = self.wanted { wanted.as_slice() } else { &[] };
        let list = SharedList::part(&self.field.ty, wanted, self.stored(), items, among)?;
        let ours = Attr::List(list.ours(items));
        // Theirs go back without what the server says of them.
        let theirs = list.theirs(items).iter().map(|theirs| as_declared(&item, theirs)).collect();
        Ok((ours, OthersShare { items: theirs, list: Some(list) }))
    }

    /// The items of others that would go, as they may be shown. A partial list is without them already.
    pub(super) fn others_going(&self, wanted: &Attr, live: &Attr, shown: &dyn Fn(&Attr) -> Attr) -> Vec<Attr> {
        // What there is one of came with the product, and so did its lists: `ntp_hosts` of a new controller are nobody's.
        let is_setting = matches!(self.resource.kind.identity, Identity::Singleton);
        if self.among.is_some() || is_setting || is_ours(self.entry, self.field.name) || self.field.is_at_default(live)
        {
            return Vec::new();
        }
        let own = own_words(&self.field.ty, self.entry, self.field.name);
        let theirs = match live {
            Attr::List(items) if !own.is_empty() => {
                let words = item_words(&self.field.ty, items).into_iter().zip(items);
                Attr::List(words.filter(|(word, _)| !own.contains(word)).map(|(_, item)| item.clone()).collect())
            }
            live => live.clone(),
        };
        // What makes room for something new may be in the list as it is now, and is nobody else's.
        let now = canonical(&self.field.ty, &self.resolver.as_now(wanted));
        going(&self.field.ty, &now, &theirs).iter().map(shown).collect()
    }

    /// Ours are as they are wanted, and stand elsewhere among those of others.
    pub(super) fn displaced(&self, kept: Option<&Value>, others: &OthersShare) -> Judged {
        let form = |attr: &Attr| canonical(&self.field.ty, attr);
        let whole = form(&others.with(self.wanted));
        let has_other_place = self.entry.and_then(|entry| entry.partial.get(self.field.name)) != self.among;
        let cause = if kept.is_none() || has_other_place { Cause::Change } else { Cause::Drift };
        self.differs(form(&read(self.field, &self.live.raw)), &whole, cause)
    }
}

impl OthersShare {
    /// The whole value, with ours where they belong.
    fn with(&self, ours: &Attr) -> Attr {
        match (ours, &self.list) {
            (Attr::List(ours), Some(list)) => Attr::List(list.among(ours.clone(), self.items.clone())),
            _ => ours.clone(),
        }
    }
}

impl Judged {
    /// The same with the items of others left where they are, in what is sent.
    pub(super) fn among(self, wanted: &Attr, others: &OthersShare) -> Judged {
        let told = |change: Box<FieldChange>| {
            let others = OthersItems { stay: others.items.len(), ..change.others.clone() };
            Box::new(FieldChange { others, ..*change })
        };
        match self {
            judged if others.items.is_empty() => judged,
            Judged::Same => Judged::Beside(others.with(wanted)),
            Judged::Differs(change) => Judged::TakenBack(told(change), others.with(wanted)),
            Judged::TakenBack(change, sent) => Judged::TakenBack(told(change), others.with(&sent)),
            judged => judged,
        }
    }

    /// The same of what the files no longer declare.
    pub(super) fn undeclared(self) -> Judged {
        let told = |change: Box<FieldChange>| Box::new(FieldChange { cause: Cause::Undeclared, ..*change });
        match self {
            Judged::Differs(change) => Judged::TakenBack(told(change), Attr::EMPTY),
            Judged::TakenBack(change, sent) => Judged::TakenBack(told(change), sent),
            // Nobody declares it, and nothing of ours is in it.
            Judged::Beside(_) | Judged::Held(_) => Judged::Same,
            judged => judged,
        }
    }
}
