//! Actions and artifacts: what an API does on request, and what it hands out. Never part of a diff.

use crate::spec::{CallSpec, Disruption, Field};

/// Something that a controller does when asked: reboot, restart, reset.
#[derive(Debug, Clone, Copy)]
pub struct Action {
    /// Its name on the command line, kebab-case.
    pub name: &'static str,
    /// One sentence.
    pub doc: &'static str,
    /// The kind of the resource that it is about, named on the command line; `None` for the whole target.
    pub on: Option<&'static str>,
    /// What it takes besides, as `name=value`.
    pub arguments: &'static [Field],
    /// The call. Its placeholders are `{id}` and `{name}` of the resource, and the arguments; a JSON body that names an
    /// argument which was not given leaves that key out.
    pub call: CallSpec,
    /// What of the reply is printed: keys by dots; empty for all of it.
    pub shows: &'static str,
    /// What it does to traffic.
    pub disruption: Disruption,
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
    /// What it takes besides, as `name=value`.
    pub arguments: &'static [Field],
    /// Path with query. Its placeholders are `{id}` and `{name}`, and the arguments.
    pub path: &'static str,
    /// The field of the kind whose file this is the content of.
    pub fills: Option<&'static str>,
}

/// An action on the whole target, without arguments.
pub const fn action(name: &'static str, doc: &'static str, call: CallSpec) -> Action {
    Action { name, doc, on: None, arguments: &[], call, shows: "", disruption: Disruption::None }
}

impl Action {
    /// It is about a resource of this kind.
    pub const fn on(self, kind: &'static str) -> Action {
        Action { on: Some(kind), ..self }
    }

    /// It takes these arguments.
    pub const fn takes(self, arguments: &'static [Field]) -> Action {
        Action { arguments, ..self }
    }

    /// This of the reply is printed.
    pub const fn shows(self, path: &'static str) -> Action {
        Action { shows: path, ..self }
    }

    /// What it does to traffic.
    pub const fn disrupts(self, disruption: Disruption) -> Action {
        Action { disruption, ..self }
    }
}

/// An artifact whose name is free, without arguments.
pub const fn artifact(name: &'static str, doc: &'static str, path: &'static str) -> Artifact {
    Artifact { name, doc, of: None, arguments: &[], path, fills: None }
}

impl Artifact {
    /// It belongs to a resource of this kind.
    pub const fn of(self, kind: &'static str) -> Artifact {
        Artifact { of: Some(kind), ..self }
    }

    /// It is the content of the file that this field of the kind names.
    pub const fn fills(self, field: &'static str) -> Artifact {
        Artifact { fills: Some(field), ..self }
    }

    /// It takes these arguments.
    pub const fn takes(self, arguments: &'static [Field]) -> Artifact {
        Artifact { arguments, ..self }
    }
}
