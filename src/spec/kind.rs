//! Kinds: one `static` each says everything about one sort of resource.

use serde_json::Value;

use crate::attr::Attr;
use wire::Method;

use crate::spec::{Api, CallSpec, Change, Condition, Detail, Envelope, Field, Names, Relation, Sent, Shape, canonical};

/// One sort of resource at a provider.
#[derive(Debug, Clone, Copy)]
pub struct Kind {
    /// The vendor's collection: plural, kebab-case.
    pub name: &'static str,
    /// Its meaning in one sentence.
    pub doc: &'static str,
    /// The operations that it follows, where the vendor names any, and the heading in `docs/apis` that has the facts.
    pub source: &'static str,
    /// The kind that its resources live in.
    pub parent: Option<&'static str>,
    /// The fields that tell two of its objects apart.
    pub identity: Identity,
    /// Its fields, in the order in which they are shown.
    pub fields: &'static [Field],
    /// How the API reads and writes it.
    pub api: Api,
    /// What its objects have to do with those of other kinds: what comes first, what shows the same, what it undoes or makes.
    pub relations: &'static [Relation],
    /// Says whether a removal destroys more than the object and what lives in it: so much that each has to be allowed by
    /// address.
    pub removed_by_address: bool,
    /// The objects whose removal cuts what they carry or let through: a route that is `enabled`. `None`: none of them, as
    /// they are users, labels, files.
    pub carries_traffic: Option<Condition>,
    /// Reshapes one live object before its fields are read, for what no table can say; of a sequence, the whole list.
    pub read: Option<fn(&mut Value)>,
    /// Says why a live object is not the user's to declare: made by the system, or by another object; of a sequence, an
    /// item.
    pub foreign: Option<fn(&Value) -> Option<&'static str>>,
    /// The names that the API takes for its objects.
    pub names: Names,
    /// The names of objects that come with the product or, where there is one, with each parent. They are not the user's
    /// to declare, and may be referred to without being declared.
    pub built_in: &'static [&'static str],
    /// The calls that the reference texts lack: verb, path as the tables spell it, and where it is known from.
    pub documented_at: &'static [(Method, &'static str, &'static str)],
}

/// The fields that tell two objects of a kind apart, and the meaning of the name in YAML.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Identity {
    /// There is one for each target or parent.
    Singleton,
    /// The YAML name is this field's value.
    Name(&'static str),
    /// The YAML name is this field's value, compared without case and in one Unicode form.
    CaselessName(&'static str),
    /// The YAML name is a label of the workspace's own; these fields tell objects apart.
    Natural(&'static [&'static str]),
    /// Other content of this file field is another object, beside the old one until everybody has moved over. These fields
    /// tell which content an object holds; without any, its id does, which is `<name>-<digest>`.
    Content(&'static str, &'static [&'static str]),
    /// The whole ordered list is the resource.
    Sequence {
        /// The item's field that tells items apart; equal ones are told apart by their order.
        key: &'static str,
        /// Where a live item holds its id, which a rewrite has to send back.
        id: &'static str,
        /// The key of a new item's body for its place in the list, from 0.
        position: &'static str,
    },
}

impl Identity {
    /// Says whether there is just one for each target or parent, without a name in YAML.
    pub fn is_single(self) -> bool {
        matches!(self, Identity::Singleton | Identity::Sequence { .. })
    }

    /// Says whether other content is another object.
    pub(crate) fn is_content(self) -> bool {
        matches!(self, Identity::Content(..))
    }

    /// The file field of which other content is another object.
    pub(crate) fn content_file(self) -> Option<&'static str> {
        match self {
            Identity::Content(file, _) => Some(file),
            _ => None,
        }
    }

    /// The file field whose digest is part of the id.
    pub(crate) fn file_in_id(self) -> Option<&'static str> {
        match self {
            Identity::Content(file, []) => Some(file),
            _ => None,
        }
    }

    /// Says whether other content is another object, and what it is called in YAML a label.
    pub(crate) fn is_labelled_content(self) -> bool {
        matches!(self, Identity::Content(_, [_, ..]))
    }

    /// The fields that tell two objects apart whose names in YAML are labels.
    pub(crate) fn telling_fields(self) -> Option<&'static [&'static str]> {
        match self {
            Identity::Content(_, []) => None,
            Identity::Natural(fields) | Identity::Content(_, fields) => Some(fields),
            Identity::Singleton | Identity::Name(_) | Identity::CaselessName(_) | Identity::Sequence { .. } => None,
        }
    }
}

/// An output that a call of its own has to ask for, and that the API gives once: asking may make an earlier answer
/// invalid, so it is done only for someone who needs it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct OneTimeOutput {
    /// The output.
    pub field: &'static str,
    /// The call, whose reply holds the value where it says.
    pub call: &'static CallSpec,
}

impl OneTimeOutput {
    /// Where the reply holds the value: keys by dots.
    pub(crate) fn at(&self) -> &'static str {
        self.call.reply.map_or("", Envelope::place)
    }
}

impl Kind {
    /// A kind that says nothing yet; kinds overwrite what they have.
    pub const NEW: Kind = Kind {
        name: "",
        doc: "",
        source: "",
        parent: None,
        identity: Identity::Singleton,
        fields: &[],
        api: Api::NONE,
        relations: &[],
        removed_by_address: false,
        carries_traffic: None,
        read: None,
        foreign: None,
        names: Names::ANY,
        built_in: &[],
        documented_at: &[],
    };

    /// Says whether an object of that name comes with the product or with its parent.
    pub fn is_built_in(&self, name: &str) -> bool {
        let is_same = |built_in: &&str| match self.identity {
            Identity::CaselessName(_) => built_in.eq_ignore_ascii_case(name),
            _ => *built_in == name,
        };
        self.built_in.iter().any(is_same)
    }

    /// The field of that name.
    pub fn field(&self, name: &str) -> Option<&'static Field> {
        self.fields.iter().find(|field| field.name == name)
    }

    /// The output that has to be asked for, where there is one.
    pub(crate) fn one_time_output(&self) -> Option<OneTimeOutput> {
        self.fields.iter().filter(|field| !field.is_writable()).find_map(|field| match field.change {
            Change::DedicatedCall([call, ..]) => Some(OneTimeOutput { field: field.name, call }),
            _ => None,
        })
    }

    /// Says whether a read shows outputs alone.
    pub(crate) fn shows_outputs(&self, detail: &Detail) -> bool {
        let is_output = |name: &&str| self.field(name).is_some_and(|field| !field.is_writable());
        !detail.fields.is_empty() && detail.fields.iter().all(is_output)
    }

    /// The call that gives a field a value: one of its own, or the update.
    pub fn setter(
        &self,
        field: &'static Field,
        wanted: &Attr,
        version: Option<&str>,
        value: &dyn Fn(&str) -> Attr,
    ) -> Option<&'static CallSpec> {
        let fitting = |specs| CallSpec::fitting(specs, version, self.fields, value);
        match &field.change {
            Change::Switch { on, off: _ } if canonical(&field.ty, wanted) == Attr::Bool(true) => Some(on),
            Change::Switch { on: _, off } => Some(off),
            Change::DedicatedCall(specs) | Change::Widens(_, specs) => fitting(specs),
            Change::InPlace | Change::Replaces | Change::Fixed => fitting(self.api.update),
        }
    }

    /// Says whether a field is one of those that tell two objects apart.
    pub fn is_told_apart_by(&self, name: &str) -> bool {
        match self.identity {
            Identity::Singleton | Identity::Sequence { .. } => false,
            Identity::Name(field) | Identity::CaselessName(field) | Identity::Content(field, []) => field == name,
            Identity::Natural(fields) | Identity::Content(_, fields) => fields.contains(&name),
        }
    }

    /// Says whether only a new object takes another value of a field.
    pub(crate) fn is_made_anew_for(&self, field: &Field) -> bool {
        match field.change {
            Change::Replaces => true,
            Change::InPlace => self.api.update.is_empty(),
            Change::Fixed | Change::Switch { .. } | Change::DedicatedCall(_) | Change::Widens(..) => false,
        }
    }

    /// Says whether only a new object would be without a field, and nobody knows what it would have there: the API may
    /// choose, or refuse to make it. Of what tells objects apart, nothing is a value like others; of what the API is known
    /// to choose, every value is right.
    pub(crate) fn is_lost_without(&self, field: &Field) -> bool {
        let is_identity = self.identity.telling_fields().is_some_and(|names| names.contains(&field.name));
        self.is_made_anew_for(field) && !field.has_default() && !field.is_chosen() && !is_identity
    }

    /// What a create sends for a field that the files give nothing: the value that clears it. Left out, the API might choose
    /// one. What has a default has it by being left out, what only a new object takes has no value that clears it, and a
    /// create without a list makes none; a list that has a call of its own is told by that.
    pub(crate) fn sent_for_nothing(&self, field: &Field) -> Option<Attr> {
        let is_list = matches!(field.ty.shape(), Shape::Items(_) | Shape::Entries(_));
        let is_cleared_later = match field.change {
            Change::InPlace => !self.api.update.is_empty() && !is_list,
            Change::DedicatedCall(calls) => !calls.is_empty() && (field.sent == Sent::ByItself || !is_list),
            Change::Replaces | Change::Fixed | Change::Switch { .. } | Change::Widens(..) => false,
        };
        field.cleared().filter(|_| is_cleared_later && field.default.is_none() && !self.is_told_apart_by(field.name))
    }

    /// Says whether it is reconciled: read, diffed, written. A kind all of whose fields the provider chooses is read, to be
    /// referred to by name or for its outputs.
    pub fn is_declarative(&self) -> bool {
        self.fields.iter().any(Field::is_writable)
    }

    /// Says whether a server of that version has it.
    pub fn is_on(&self, version: Option<&str>) -> bool {
        self.api.create.is_empty() || self.api.create.iter().any(|call| call.when.holds_on(version))
    }

    /// Says whether the API can remove an object. Where it can't, one is let go of, and stays.
    pub fn is_removable(&self) -> bool {
        !self.api.remove.is_empty()
    }
}
