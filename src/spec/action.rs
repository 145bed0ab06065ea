//! Actions and artifacts: the things that an API does on request, and the files that it hands out. Never part of a diff.

use crate::spec::{Body, BodyTemplate, CallSpec, Disruption, Field, PathTemplate, TableCall, Word, call};
use wire::Method;

/// Something that a controller does when asked: reboot, restart, reset.
#[derive(Debug, Clone, Copy)]
pub struct Action {
    /// Its name on the command line, kebab-case.
    pub name: &'static str,
    /// One sentence.
    pub doc: &'static str,
    /// The kind of the resource that it is about, named on the command line; `None` for the whole target, or for a name
    /// that is free.
    pub on: Option<&'static str>,
    /// The states of the resource in which it makes sense: a key of the live object, and its words.
    pub only: Option<(&'static str, &'static [&'static str])>,
    /// The arguments that it takes besides, as `name=value`. A file's content goes where the call names it: as the whole
    /// body, or as text in a body of JSON.
    pub arguments: &'static [Field],
    /// The argument that collects all that is given under undeclared names: `-p key=v` becomes `parameters: {key: v}`.
    pub extra_arguments: Option<&'static str>,
    /// The call. Its placeholders are `{id}` and `{name}` of the resource, and the arguments; a JSON body that names an
    /// argument which was not given leaves that key out, and so does a query. `Body::Fields` is all arguments that the
    /// path does not name.
    pub call: CallSpec,
    /// The part of the reply that is printed: keys by dots, as in `response.token`; empty for all of it.
    pub shows: &'static str,
    /// Says whether that must not be printed: what is secret goes to a file only.
    pub secret: bool,
    /// The words of a successful reply that mean a failure: keys by dots, each with its word.
    pub fails: &'static [(&'static str, &'static str)],
    /// The effect on traffic.
    pub disruption: Disruption,
    /// Where it is known from, if the reference texts lack it.
    pub documented_at: Option<&'static str>,
}

/// A file that a controller hands out.
#[derive(Debug, Clone, Copy)]
pub struct Artifact {
    /// Its name on the command line, kebab-case.
    pub name: &'static str,
    /// One sentence.
    pub doc: &'static str,
    /// The kind of the resource that it belongs to; `None` if its name is free or it has none.
    pub of: Option<&'static str>,
    /// The arguments that it takes besides, as `name=value`.
    pub arguments: &'static [Field],
    /// The call whose answer it is, with placeholders as an [`Action`]'s.
    pub call: CallSpec,
    /// The field of the kind whose file this is the content of.
    pub content_of: Option<&'static str>,
}

/// An action on the whole target, without arguments.
pub(crate) const fn action(name: &'static str, doc: &'static str, call: CallSpec) -> Action {
    Action {
        name,
        doc,
        on: None,
        only: None,
        arguments: &[],
        extra_arguments: None,
        call,
        shows: "",
        secret: false,
        fails: &[],
        disruption: Disruption::None,
        documented_at: None,
    }
}

impl Action {
    /// It is about a resource of this kind.
    pub const fn on(self, kind: &'static str) -> Action {
        Action { on: Some(kind), ..self }
    }

    /// It makes sense while a key of the resource holds one of these words.
    pub const fn only(self, key: &'static str, words: &'static [&'static str]) -> Action {
        Action { only: Some((key, words)), ..self }
    }

    /// It takes these arguments.
    pub const fn takes(self, arguments: &'static [Field]) -> Action {
        Action { arguments, ..self }
    }

    /// Arguments that are not declared are collected under this one.
    pub const fn extra_arguments(self, argument: &'static str) -> Action {
        Action { extra_arguments: Some(argument), ..self }
    }

    /// This of the reply is printed.
    pub const fn shows(self, path: &'static str) -> Action {
        Action { shows: path, ..self }
    }

    /// This of the reply is secret.
    pub const fn hands_out(self, path: &'static str) -> Action {
        Action { shows: path, secret: true, ..self }
    }

    /// A successful reply that says one of these was none.
    pub const fn fails(self, words: &'static [(&'static str, &'static str)]) -> Action {
        Action { fails: words, ..self }
    }

    /// It has this effect on traffic.
    pub const fn disrupts(self, disruption: Disruption) -> Action {
        Action { disruption, ..self }
    }

    /// The reference texts lack it; it is known from there.
    pub const fn documented_at(self, source: &'static str) -> Action {
        Action { documented_at: Some(source), ..self }
    }

    /// Says whether a name stands behind it on the command line.
    pub fn is_named(&'static self) -> bool {
        self.on.is_some() || self.calls().iter().any(names)
    }
}

/// An artifact whose name is free, without arguments.
pub(crate) const fn artifact(name: &'static str, doc: &'static str, path: &'static str) -> Artifact {
    Artifact { name, doc, of: None, arguments: &[], call: call(Method::Get, path, Body::None), content_of: None }
}

impl Artifact {
    /// It belongs to a resource of this kind.
    pub const fn of(self, kind: &'static str) -> Artifact {
        Artifact { of: Some(kind), ..self }
    }

    /// It is the content of the file that this field of the kind names.
    pub const fn content_of(self, field: &'static str) -> Artifact {
        Artifact { content_of: Some(field), ..self }
    }

    /// Says whether it is what that field of that kind was given.
    pub(crate) fn hands_out(&self, kind: &str, field: &str) -> bool {
        self.of == Some(kind) && self.content_of == Some(field)
    }

    /// The path of the call about the object of that id.
    pub(crate) fn path(&self, id: &str) -> String {
        let word = |word: &Word| matches!(word, Word::Id | Word::Name).then(|| id.to_owned());
        PathTemplate::of(self.call.path).text(&word)
    }

    /// It takes these arguments.
    pub const fn takes(self, arguments: &'static [Field]) -> Artifact {
        Artifact { arguments, ..self }
    }

    /// It is the answer to this call.
    pub const fn answers(self, call: CallSpec) -> Artifact {
        Artifact { call, ..self }
    }

    /// Says whether a name stands behind it on the command line.
    pub fn is_named(&'static self) -> bool {
        self.of.is_some() || self.calls().iter().any(names)
    }
}

fn names(call: &TableCall) -> bool {
    let is_name = |word: &Word| matches!(word, Word::Name | Word::Id);
    let body = call.spec.map_or(Body::None, |spec| spec.body);
    let in_body = matches!(body, Body::Json(text) if BodyTemplate::of(text).words().into_iter().any(is_name));
    in_body || PathTemplate::of(call.path).words().any(is_name)
}
