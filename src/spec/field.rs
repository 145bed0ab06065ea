//! Fields: what a kind's objects hold, and what each part means to a reconciler.

mod clear;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::attr::Attr;
use crate::spec::{CallSpec, Condition, DefaultValue, Descend, DocumentsIn, Type, TypeSlot, canonical, visit_types};

pub(super) use clear::Clear;

/// One field of a kind, written and read under the vendor's own name.
#[derive(Debug, Clone, Copy)]
pub struct Field {
    /// The name in YAML and in what is written.
    pub name: &'static str,
    /// The values that it takes, and when two of them are the same.
    pub ty: Type,
    /// One sentence for `explain`, the schema and the reference manual.
    pub doc: &'static str,
    /// The objects that can't be without it.
    pub required: Option<Condition>,
    /// The value that the API takes when the field is left out.
    pub default: Option<DefaultValue>,
    /// How its value is taken back.
    pub clear: Clear,
    /// Where replies hold it, when not under `name`: keys by dots.
    pub read_as: Option<&'static str>,
    /// The servers and the objects that it can be written to. Other servers are not sent it, and hold a resource that declares
    /// anything but its default; in other objects it is a mistake. `None`: it is an output, which the provider chooses.
    pub writable_on: Option<Condition>,
    /// The servers that show it; the others take it, and it is compared by fingerprint there. `None`: no server does.
    pub readable_on: Option<Condition>,
    /// Says whether values must not be shown, desired or live.
    pub secret: bool,
    /// The consequence of a different value.
    pub change: Change,
    /// When its value is sent.
    pub sent: Sent,
    /// The effect of a change on traffic.
    pub disruption: Disruption,
    /// For an address of another target: the kinds of which there is one there, and whose resources come first.
    pub depends_on_remote: &'static [&'static str],
    /// The fields that it follows when they change in place: what an output is evaluated from; what brings a switch
    /// something to switch. Also, by their names, the kinds of its target that an output of a thing of which there is one is
    /// evaluated from, being things of which there is one.
    pub recomputed_from: &'static [&'static str],
    /// Where the documents are whose names count as the resource's own.
    pub documents_in: Option<DocumentsIn>,
    /// Says whether it is inferred by analogy, not documented: accepted and passed through, and said so by `explain`.
    pub inferred: bool,
}

/// The consequence of a different value: a call, a new object, or a hold.
#[derive(Debug, Clone, Copy)]
pub enum Change {
    /// The kind's update call.
    InPlace,
    /// A new object in place of the old one.
    Replaces,
    /// Nothing: the difference is held and explained. An object that has no value yet may be given one.
    Fixed,
    /// A pair of calls, for a field that is true or false.
    Switch {
        /// Makes it true.
        on: &'static CallSpec,
        /// Makes it false.
        off: &'static CallSpec,
    },
    /// Calls of its own, for this field alone; the first that fits the server's version. Without any, a different value is no
    /// reason for a call: it rides along with those whose bodies name it, unless it has its default value. The call of an
    /// output asks for it, once and only for someone who needs it.
    DedicatedCall(&'static [CallSpec]),
    /// Calls of its own upwards in a row of words; downwards a replacement.
    Widens(&'static [&'static str], &'static [CallSpec]),
}

/// When a field's value is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sent {
    /// In the body of the create call, and in that of an update where it changed.
    WhenChanged,
    /// In every update, too: the desired value, else the live one, else the default.
    Always,
    /// By the field's own call, after create, too, unless the default is wanted.
    ByItself,
}

/// What a change does to traffic, from harmless to final.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Disruption {
    /// Nothing.
    None,
    /// Sessions are set up anew.
    Reconnect,
    /// A tunnel goes down and comes back.
    TunnelBounce,
    /// A service restarts.
    Restart,
    /// Traffic stops until the change is done.
    Outage,
    /// Cannot be taken back.
    Irreversible,
}

impl Disruption {
    /// All of them, the worst last.
    pub(crate) const ALL: [Disruption; 6] = [
        Disruption::None,
        Disruption::Reconnect,
        Disruption::TunnelBounce,
        Disruption::Restart,
        Disruption::Outage,
        Disruption::Irreversible,
    ];

    /// The word by which it is named in files and on the command line.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Disruption::None => "none",
            Disruption::Reconnect => "reconnect",
            Disruption::TunnelBounce => "tunnel-bounce",
            Disruption::Restart => "restart",
            Disruption::Outage => "outage",
            Disruption::Irreversible => "irreversible",
        }
    }

    /// A few words for people.
    pub fn as_str(self) -> &'static str {
        match self {
            Disruption::None => "none",
            Disruption::Reconnect => "sessions reconnect",
            Disruption::TunnelBounce => "tunnel bounce",
            Disruption::Restart => "service restart",
            Disruption::Outage => "outage while it changes",
            Disruption::Irreversible => "irreversible",
        }
    }
}

/// A field that may be left out, is written and read back, and changes in place.
pub(crate) const fn field(name: &'static str, ty: Type, doc: &'static str) -> Field {
    Field {
        name,
        ty,
        doc,
        required: None,
        default: None,
        clear: Clear::ByType,
        read_as: None,
        writable_on: Some(Condition::ALWAYS),
        readable_on: Some(Condition::ALWAYS),
        secret: false,
        change: Change::InPlace,
        sent: Sent::WhenChanged,
        disruption: Disruption::None,
        depends_on_remote: &[],
        recomputed_from: &[],
        documents_in: None,
        inferred: false,
    }
}

/// An output: a field that the provider chooses.
pub(crate) const fn output(name: &'static str, ty: Type, doc: &'static str) -> Field {
    Field { writable_on: None, ..field(name, ty, doc) }
}

impl Field {
    /// A resource needs it.
    pub const fn required(self) -> Field {
        Field { required: Some(Condition::ALWAYS), ..self }
    }

    /// Only these objects need it: a posture check of type `OS` says which systems pass.
    pub const fn required_if(self, when: Condition) -> Field {
        Field { required: Some(when), ..self }
    }

    /// The API takes this value, JSON text, when it is left out.
    pub const fn default(self, json: &'static str) -> Field {
        Field { default: Some(DefaultValue::json(json)), ..self }
    }

    /// Replies hold it there: keys by dots.
    pub const fn read_as(self, path: &'static str) -> Field {
        Field { read_as: Some(path), ..self }
    }

    /// Only these servers, or these objects, know it.
    pub const fn writable_on(self, when: Condition) -> Field {
        Field { writable_on: Some(when), ..self }
    }

    /// Only these servers show it.
    pub const fn readable_on(self, when: Condition) -> Field {
        Field { readable_on: Some(when), ..self }
    }

    /// Never read back.
    pub const fn write_only(self) -> Field {
        Field { readable_on: None, ..self }
    }

    /// Must not be shown.
    pub const fn secret(self) -> Field {
        Field { secret: true, ..self }
    }

    /// A different value means a new object.
    pub const fn replaces(self) -> Field {
        Field { change: Change::Replaces, ..self }
    }

    /// A different value is held and explained.
    pub const fn fixed(self) -> Field {
        Field { change: Change::Fixed, ..self }
    }

    /// Turned on and off by calls of its own, after create too.
    pub const fn switch(self, on: &'static CallSpec, off: &'static CallSpec) -> Field {
        Field { change: Change::Switch { on, off }, sent: Sent::ByItself, ..self }
    }

    /// Changed by calls of its own; at create it goes in the body.
    pub const fn dedicated_call(self, calls: &'static [CallSpec]) -> Field {
        Field { change: Change::DedicatedCall(calls), ..self }
    }

    /// Changed upwards by calls of its own, downwards by replacement.
    pub const fn widens(self, words: &'static [&'static str], calls: &'static [CallSpec]) -> Field {
        Field { change: Change::Widens(words, calls), ..self }
    }

    /// Not part of the create body: set by its own call afterwards.
    pub const fn afterwards(self) -> Field {
        Field { sent: Sent::ByItself, ..self }
    }

    /// Sent with every update.
    pub const fn always(self) -> Field {
        Field { sent: Sent::Always, ..self }
    }

    /// A change of it has this effect on traffic.
    pub const fn disrupts(self, disruption: Disruption) -> Field {
        Field { disruption, ..self }
    }

    /// It is an address of another target, where these come first.
    pub const fn depends_on_remote(self, kinds: &'static [&'static str]) -> Field {
        Field { depends_on_remote: kinds, ..self }
    }

    /// It follows these fields when they change in place, or these kinds.
    pub const fn recomputed_from(self, fields: &'static [&'static str]) -> Field {
        Field { recomputed_from: fields, ..self }
    }

    /// What documents name counts as named by the resource.
    pub const fn documents_in(self, documents_in: DocumentsIn) -> Field {
        Field { documents_in: Some(documents_in), ..self }
    }

    /// Inferred by analogy, not documented.
    pub const fn inferred(self) -> Field {
        Field { inferred: true, ..self }
    }

    /// The values that it takes in an object of these fields, some of which have a value.
    pub fn type_among(&'static self, fields: &'static [Field], value: &dyn Fn(&str) -> Attr) -> &'static Type {
        let find = |name: &str| Some((fields.iter().find(|field| field.name == name)?, value(name)));
        match self.ty {
            Type::Json(when) if when.holds_for(&find) != Some(true) => &Type::Text,
            _ => &self.ty,
        }
    }

    /// Says whether it holds a JSON schema, to which other values are held.
    pub(crate) fn is_json_schema(&self) -> bool {
        matches!(self.ty, Type::Json(Condition::ALWAYS)) && self.is_writable() && !self.secret
    }

    /// The field without which this one takes text alone.
    pub fn json_if_declared(&self) -> Option<&'static str> {
        match self.ty {
            Type::Json(when) => when.declared_field(),
            _ => None,
        }
    }

    /// Says whether every object needs it.
    pub fn is_required(&self) -> bool {
        self.required == Some(Condition::ALWAYS)
    }

    /// Where replies hold it.
    pub fn read_path(&self) -> &'static str {
        self.read_as.unwrap_or(self.name)
    }

    /// Says whether a server of that version can be told it: it knows it, and has the call of its own that it needs.
    pub fn is_writable_on(&self, version: Option<&str>) -> bool {
        self.is_known_on(version)
            && match self.change {
                Change::DedicatedCall([]) => true,
                Change::DedicatedCall(calls) | Change::Widens(_, calls) => {
                    calls.iter().any(|call| call.when.holds_on(version))
                }
                Change::InPlace | Change::Replaces | Change::Fixed | Change::Switch { .. } => true,
            }
    }

    /// The value that the API takes when it is left out, in the form in which values are compared.
    pub fn default_value(&self) -> Attr {
        self.default.map_or(Attr::Null, |default| canonical(&self.ty, default.value()))
    }

    /// Says whether a desired state may give it.
    pub fn is_writable(&self) -> bool {
        self.writable_on.is_some()
    }

    /// Says whether the API shows what is written to it.
    pub fn is_read_back(&self) -> bool {
        self.is_writable() && !self.is_write_only()
    }

    /// Says whether no server shows it.
    pub fn is_write_only(&self) -> bool {
        self.readable_on.is_none()
    }

    /// Says whether a server of that version knows it.
    pub(crate) fn is_known_on(&self, version: Option<&str>) -> bool {
        self.writable_on.is_some_and(|when| when.holds_on(version))
    }

    /// Says whether a server of that version shows it.
    pub fn is_readable_on(&self, version: Option<&str>) -> bool {
        self.readable_on.is_some_and(|when| when.holds_on(version))
    }

    /// Says whether it decides something: it is on or off, it is one of a few words, or traffic feels a change of it. Somebody
    /// has to look after such a value, also where it is the one that the API has by itself.
    pub(crate) fn is_decision(&self) -> bool {
        let is_choice = matches!(self.ty.plain(), Type::Bool | Type::Enum(_) | Type::OpenEnum(_));
        is_choice || self.disruption != Disruption::None
    }

    /// Says whether it is no reason for a call by itself.
    pub fn is_call_option(&self) -> bool {
        matches!(self.change, Change::DedicatedCall([]))
    }

    /// Says whether values, or parts of them, must not be shown.
    pub(crate) fn holds_secrets(&'static self) -> bool {
        let mut holds = false;
        visit_types(TypeSlot::of(self), &mut |slot| {
            holds |= slot.field.is_some_and(Field::is_secret);
            if holds { Descend::Past } else { Descend::Into }
        });
        holds
    }

    /// Says whether values must not be shown.
    pub fn is_secret(&self) -> bool {
        self.secret
    }
}
