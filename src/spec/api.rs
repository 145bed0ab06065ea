//! Calls: how an API lists, creates, updates, removes and settles a kind, as data.
//!
//! Paths, queries and JSON bodies hold words in braces, as `{parent.id}`: see [`PathTemplate`](crate::spec::PathTemplate).

use std::collections::BTreeMap;

use serde_json::Value;

use crate::attr::Attr;
use crate::spec::{BodyTemplate, Condition, Field, Kind, PathTemplate, Poll, Word};
use wire::Method;

/// How an API reads and writes one kind.
#[derive(Debug, Clone, Copy)]
pub struct Api {
    /// How all live objects are read.
    pub list: List,
    /// How servers that don't understand `list` are asked instead. The first that fits the server's version.
    pub lists: &'static [(Condition, List)],
    /// The key that names an object's owner, and the setting of the target that it has to equal: the others are shown by
    /// the API, but are not the target's to declare.
    pub scope: Option<(&'static str, &'static str)>,
    /// Further reads, for what the list leaves out. All of those that have a stamp look at the same.
    pub details: &'static [Detail],
    /// Where an object holds its id: keys by dots. Empty where the identity is the id.
    pub id: &'static str,
    /// Further places where an object holds a word by which others may refer to it.
    pub aliases: &'static [&'static str],
    /// Makes an object. Of several, the first that fits the server's version and the fields. Of a list that is one
    /// resource, calls without the whole sequence are about an item, here and below: they put one in, change it where
    /// it stands and take it out. In their paths `{id}` is the item's id or, where items have none, its place.
    pub create: &'static [CallSpec],
    /// Changes an object in place.
    pub update: &'static [CallSpec],
    /// Removes an object.
    pub remove: &'static [CallSpec],
    /// The errors of the API itself that mean that the object is not there any more: status and part of the message.
    pub gone: &'static [(u16, &'static str)],
    /// The states that objects go through, where the API shows one.
    pub states: Option<States>,
}

impl Api {
    /// An API that can do nothing yet; kinds overwrite what they have.
    pub const NONE: Api = Api {
        list: List::Nowhere,
        lists: &[],
        scope: None,
        details: &[],
        id: "id",
        aliases: &[],
        create: &[],
        update: &[],
        remove: &[],
        gone: &[(404, "")],
        states: None,
    };

    /// The list's key that changes whenever what the list leaves out does.
    pub fn stamp(&self) -> Option<&'static str> {
        self.details.iter().map(|detail| detail.stamp).find(|stamp| !stamp.is_empty())
    }

    /// Says whether single items of a list can be put in and taken out.
    pub(crate) fn has_item_calls(&self) -> bool {
        CallSpec::about_an_item(self.create).is_some() && CallSpec::about_an_item(self.remove).is_some()
    }

    /// How all live objects are read from a server of that version.
    pub fn list_on(&self, version: Option<&str>) -> List {
        self.lists.iter().find(|(when, _)| when.holds_on(version)).map_or(self.list, |(_, list)| *list)
    }
}

/// How all live objects of a kind are read.
#[derive(Debug, Clone, Copy)]
pub enum List {
    /// They can't be read; of things of which there may be several, the server has none.
    Nowhere,
    /// One call, with as many pages as there are.
    Call {
        /// Path with query. Lists of different kinds with the same path are read once.
        path: &'static str,
        /// Where the reply holds them.
        at: Envelope,
        /// How pages follow each other; `None` where one reply holds everything.
        paging: Option<Paging>,
    },
    /// Inside each object of the parent kind, under this key: a list, or a map whose keys are ids.
    Inside(&'static str),
}

impl List {
    /// An unpaged list at a path.
    pub const fn at(path: &'static str, at: Envelope) -> List {
        List::Call { path, at, paging: None }
    }
}

/// Where a reply holds the objects: keys by dots; empty for the whole reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Envelope {
    /// A list of objects. Missing means empty.
    Items(&'static str),
    /// A map of objects, whose keys are not relied on. Missing means empty.
    Keyed(&'static str),
    /// A list of lines, each beginning with the name of its object: see [`crate::spec::by_first_word`]. Missing means
    /// empty.
    Lines(&'static str),
    /// One object.
    One(&'static str),
}

impl Envelope {
    /// Where it is: keys by dots.
    pub fn place(self) -> &'static str {
        let (Envelope::Items(place) | Envelope::Keyed(place) | Envelope::Lines(place) | Envelope::One(place)) = self;
        place
    }
}

/// How pages of a list follow each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Paging {
    /// `page` and `size` are asked for; the reply's `page.totalPages` says how many there are.
    Hal {
        /// Objects a page.
        size: usize,
    },
    /// `_offset` and `_size` are asked for; the reply's `metadata.pagination.total` says how many objects there are.
    Offset {
        /// Objects a page.
        size: usize,
    },
}

/// A further read, for what the list of a kind leaves out. One whose query asks for rows of an object, as in
/// `deployment_id={id}`, is asked once for all objects, without that, and each object gets its rows. Others are made
/// for one object each, where the workspace declares it, and only when something needs it: a declared field that the
/// list leaves out, and a stamp that differs from what the ledger remembers. Of what shows outputs alone, 400 and 404
/// mean that the object has none; it is looked at behind whatever is waited for, too.
#[derive(Debug, Clone, Copy)]
pub struct Detail {
    /// The call. Its reply holds the rows, paged as the list is; the object; or one text, which is the one field of `fields`.
    pub read: CallSpec,
    /// The fields that only this read shows; of rows, the key under which an object gets its own, as a list.
    pub fields: &'static [&'static str],
    /// The list's key that changes whenever one of those fields does. Empty where rows are read, each time.
    pub stamp: &'static str,
}

impl Detail {
    /// The key of a row that holds the id of its object, where the read is one for all objects.
    pub(crate) fn row_key(&self) -> Option<&'static str> {
        PathTemplate::of(self.read.path).key_of(&Word::Id)
    }
}

/// A function for the parts of one call that no table can say: pure, on the body and the live object. It may say why the
/// call must not be made of that object.
pub(crate) type Reshape = fn(&mut Attr, Option<&Value>) -> Result<(), &'static str>;

/// One call as a kind declares it.
#[derive(Debug, Clone, Copy)]
pub struct CallSpec {
    /// The verb.
    pub method: Method,
    /// Path with query.
    pub path: &'static str,
    /// The body that is sent.
    pub body: Body,
    /// What a body of JSON says besides, where no field says it: JSON text of an object, with placeholders, or of one
    /// placeholder that becomes one. Empty for nothing.
    pub adds: &'static str,
    /// Reshapes a body of JSON, or says why the call must not be made; is given the live object where there is one.
    pub reshape: Option<Reshape>,
    /// Where the reply holds the object: itself, or among others, by its identity. `None`: nowhere, or nothing worth reading.
    pub reply: Option<Envelope>,
    /// The polls to wait for afterwards, in order.
    pub wait: &'static [Poll],
    /// The servers that understand it, and the objects that it is for.
    pub when: Condition,
    /// The place where a successful reply lists the parts that did not succeed, as in `response.errors`.
    pub errors_at: Option<&'static str>,
    /// The calls without which it is refused or has nothing to work on, sent one by one before it: an installed deployment
    /// is uninstalled, then deleted. Each where its condition holds, of what is removed for the live object.
    pub preceded_by: &'static [CallSpec],
    /// The refusals that mean “not yet”: status and part of the message. The call is sent again.
    pub retry_on: &'static [(u16, &'static str)],
}

/// The body that a call sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Body {
    /// Nothing.
    None,
    /// All declared fields that go in the body.
    Fields,
    /// The fields that changed, and those that are always sent.
    Changed,
    /// JSON text with placeholders.
    Json(&'static str),
    /// The bytes of the file that a field names.
    File(&'static str),
    /// The whole sequence as a list under this key.
    Sequence(&'static str),
}

impl Body {
    /// The field whose file is sent as it is.
    pub fn file(self) -> Option<&'static str> {
        match self {
            Body::File(field) => Some(field),
            Body::None | Body::Fields | Body::Changed | Body::Json(_) | Body::Sequence(_) => None,
        }
    }
}

/// The states that the objects of a kind go through.
#[derive(Debug, Clone, Copy)]
pub struct States {
    /// The key that holds the state.
    pub key: &'static str,
    /// Work is under way: nothing is written to it.
    pub busy: &'static [&'static str],
    /// Of these, the states in which it is about to go, as `DELETING`: even if it does not differ now, it is not as wanted.
    pub leaving: &'static [&'static str],
    /// No change finds an answer in it, as it failed or is suspended: why, and what to do about it.
    pub stuck: &'static [(&'static str, &'static str)],
    /// It is gone although it still shows.
    pub gone: &'static [&'static str],
    /// It was never made whole: another create takes its place, and only a removal takes it away.
    pub tainted: &'static [&'static str],
}

impl States {
    /// A key whose states mean nothing yet; kinds overwrite what they know.
    pub const fn at(key: &'static str) -> States {
        States { key, busy: &[], leaving: &[], stuck: &[], gone: &[], tainted: &[] }
    }
}

/// A call with that verb, path and body whose reply is not read.
pub(crate) const fn call(method: Method, path: &'static str, body: Body) -> CallSpec {
    CallSpec {
        method,
        path,
        body,
        adds: "",
        reshape: None,
        reply: None,
        wait: &[],
        when: Condition::ALWAYS,
        errors_at: None,
        preceded_by: &[],
        retry_on: &[],
    }
}

impl CallSpec {
    /// Of several calls, the one for a server of that version and an object that declares some fields.
    pub fn fitting(
        specs: &'static [CallSpec],
        version: Option<&str>,
        fields: &'static [Field],
        value: &dyn Fn(&str) -> Attr,
    ) -> Option<&'static CallSpec> {
        specs.iter().find(|spec| spec.fits(version, fields, value))
    }

    /// Says whether the server understands it and the object needs it.
    pub(crate) fn fits(&self, version: Option<&str>, fields: &'static [Field], value: &dyn Fn(&str) -> Attr) -> bool {
        let find = |name: &str| Some((fields.iter().find(|field| field.name == name)?, value(name)));
        self.when.holds_on(version) && self.when.holds_for(&find) == Some(true)
    }

    /// Where the reply holds what is read.
    pub(crate) fn at(&self) -> Envelope {
        self.reply.unwrap_or(Envelope::One(""))
    }

    /// Of several calls about a list, the one about an item.
    pub(crate) fn about_an_item(specs: &'static [CallSpec]) -> Option<&'static CallSpec> {
        specs.iter().find(|spec| matches!(spec.body, Body::Fields | Body::None))
    }

    /// Why it must not be made of a live object, if so.
    pub(crate) fn refusal(&self, live: &Value) -> Option<&'static str> {
        self.reshape.and_then(|reshape| reshape(&mut Attr::Null, Some(live)).err())
    }

    /// Why no object may be made of these fields by it.
    pub(crate) fn refusal_to_make(&self, fields: &BTreeMap<String, Attr>) -> Option<&'static str> {
        self.reshape.and_then(|reshape| reshape(&mut Attr::Map(fields.clone()), None).err())
    }

    /// The fields without calls of their own that ride along with it: those that its body names.
    pub(crate) fn options(&self, kind: &Kind) -> impl Iterator<Item = &'static Field> {
        let body = if let Body::Json(text) = self.body { text } else { "" };
        let texts = [body, self.adds].into_iter().filter(|text| !text.is_empty());
        let words = texts.flat_map(|text| BodyTemplate::of(text).words());
        words.filter_map(|word| kind.field(word.field()?)).filter(|field| field.is_call_option())
    }

    /// The body says this besides, where no field says it.
    pub const fn adds(self, json: &'static str) -> CallSpec {
        CallSpec { adds: json, ..self }
    }

    /// This function has the last word about the body.
    pub const fn reshape(self, reshape: Reshape) -> CallSpec {
        CallSpec { reshape: Some(reshape), ..self }
    }

    /// The reply holds the object there.
    pub const fn reply(self, at: Envelope) -> CallSpec {
        CallSpec { reply: Some(at), ..self }
    }

    /// These polls are waited for afterwards.
    pub const fn wait(self, wait: &'static [Poll]) -> CallSpec {
        CallSpec { wait, ..self }
    }

    /// The servers that understand it, or the objects that it is for.
    pub const fn when(self, when: Condition) -> CallSpec {
        CallSpec { when, ..self }
    }

    /// The place where a successful reply lists the parts that did not succeed, as in `response.errors`.
    pub const fn errors_at(self, at: &'static str) -> CallSpec {
        CallSpec { errors_at: Some(at), ..self }
    }

    /// The calls that prepare it.
    pub const fn preceded_by(self, calls: &'static [CallSpec]) -> CallSpec {
        CallSpec { preceded_by: calls, ..self }
    }

    /// The refusals that mean “not yet”.
    pub const fn retry_on(self, refusals: &'static [(u16, &'static str)]) -> CallSpec {
        CallSpec { retry_on: refusals, ..self }
    }
}
