//! A kind's fields as a table: one list from which answers are printed, filtered, sorted and projected.

use serde_json::{Map, Value, json};

use super::call::{Call, Viewer};
use super::refusal::{Outcome, Refusal, bad_request};
use super::release::{ALWAYS, Release, Span};
use super::scope::Scoped;
use super::world::World;
use wire::Response;

/// What a field may look at besides its own row.
pub(crate) struct View<'a> {
    /// Everything else.
    pub world: &'a World,
    /// Who looks.
    pub viewer: &'a Viewer,
    /// Whether `_get_data` asks for details where counts are the default.
    pub detail: bool,
}

/// Where a field is offered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Everywhere,
    /// Not as a filter or sort key.
    Unfiltered,
    /// Not in lists.
    Single,
}

/// One field of a kind.
pub(crate) struct Field<T> {
    /// Its name in answers and queries.
    pub name: &'static str,
    span: Span,
    place: Place,
    /// Its value in a row.
    pub get: fn(&T, &View) -> Value,
}

/// A field of every release.
pub(crate) const fn field<T>(name: &'static str, get: fn(&T, &View) -> Value) -> Field<T> {
    Field { name, span: ALWAYS, place: Place::Everywhere, get }
}

/// A field that is always null: the `*_p` twins of 7.x and what the simulator has no use for.
pub(crate) const fn null<T>(name: &'static str) -> Field<T> {
    field(name, |_, _| Value::Null)
}

impl<T> Field<T> {
    /// The same field, only in the releases of a span.
    pub(crate) const fn only(self, span: Span) -> Field<T> {
        Field { span, ..self }
    }

    /// The same field, neither filter nor sort key.
    pub(crate) const fn unfiltered(self) -> Field<T> {
        Field { place: Place::Unfiltered, ..self }
    }

    /// The same field, left out of lists.
    pub(crate) const fn single(self) -> Field<T> {
        Field { place: Place::Single, ..self }
    }
}

/// `tenant_name`.
pub(crate) const fn tenant_name<T: Scoped>() -> Field<T> {
    field("tenant_name", |row, _| json!(row.meta().tenant))
}

/// `created_by`.
pub(crate) const fn created_by<T: Scoped>() -> Field<T> {
    field("created_by", |row, _| json!(row.meta().owner))
}

/// `visibility`.
pub(crate) const fn visibility<T: Scoped>() -> Field<T> {
    field("visibility", |row: &T, _: &View| json!(row.meta().visibility)).only(super::release::VISIBILITY)
}

/// `created_at`.
pub(crate) const fn created_at<T: Scoped>() -> Field<T> {
    field("created_at", |row, _| json!(super::made_up::stamp(row.meta().created_at)))
}

/// `updated_at`.
pub(crate) const fn updated_at<T: Scoped>() -> Field<T> {
    field("updated_at", |row, _| json!(super::made_up::stamp(row.meta().updated_at)))
}

/// `resource_availability`, the older name of the visibility.
pub(crate) const fn resource_availability<T: Scoped>() -> Field<T> {
    field("resource_availability", |row: &T, _: &View| json!(row.meta().visibility)).only(super::release::VISIBILITY)
}

/// `private_resource`, the oldest form of the visibility.
pub(crate) const fn private_resource<T: Scoped>() -> Field<T> {
    field("private_resource", |row, _| json!(row.meta().visibility == super::scope::Visibility::Private))
}

/// What a query may name in which role.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// `_include` of a single object.
    Include,
    /// `_include` of a list.
    IncludeInList,
    /// A filter or sort key.
    Filter,
}

/// Says whether a field is offered in that role.
pub(crate) fn offered<T>(field: &Field<T>, role: Role, release: Release) -> bool {
    release.has(field.span)
        && match role {
            Role::Include => true,
            Role::IncludeInList => field.place != Place::Single,
            Role::Filter => field.place == Place::Everywhere,
        }
}

/// The names offered in a role, as error messages print them.
pub(crate) fn offered_names<T>(fields: &[Field<T>], role: Role, release: Release) -> String {
    let names: Vec<String> =
        fields.iter().filter(|field| offered(field, role, release)).map(|field| format!("'{}'", field.name)).collect();
    format!("[{}]", names.join(", "))
}

/// The fields that `_include` asks for; all when it is absent or empty. A blank after a comma belongs to the name.
pub(crate) fn included<'f, T>(fields: &'f [Field<T>], call: &Call, role: Role) -> Result<Vec<&'f Field<T>>, Refusal> {
    let all = fields.iter().filter(|field| offered(field, role, call.release));
    let Some(names) = call.argument("_include").filter(|names| !names.is_empty()) else { return Ok(all.collect()) };
    let names: Vec<&str> = names.split(',').collect();
    let all: Vec<&Field<T>> = all.collect();
    let unknown: Vec<String> = names
        .iter()
        .filter(|name| !all.iter().any(|field| field.name == **name))
        .map(|name| format!("'{name}'"))
        .collect();
    if unknown.is_empty() {
        return Ok(all.into_iter().filter(|field| names.contains(&field.name)).collect());
    }
    Err(bad_request(
        "no_such_include_field_error",
        format!(
            "Include keys '[{}]' do not exist. Allowed keys are: {}",
            unknown.join(", "),
            offered_names(fields, role, call.release)
        ),
    ))
}

/// A row as JSON.
pub(crate) fn print<T>(row: &T, fields: &[&Field<T>], view: &View) -> Value {
    Value::Object(fields.iter().map(|field| (field.name.to_owned(), (field.get)(row, view))).collect::<Map<_, _>>())
}

/// Answers with one object.
pub(crate) fn answer<T>(world: &World, call: &Call, status: u16, fields: &[Field<T>], row: &T) -> Outcome {
    let view = View { world, viewer: &call.viewer, detail: call.flag("_get_data")? };
    Ok(Response::json(status, &print(row, &included(fields, call, Role::Include)?, &view)))
}

/// Answers a DELETE: with the object that is gone, or with nothing (cloudify.md#versions).
pub(crate) fn answer_deleted<T>(world: &World, call: &Call, fields: &[Field<T>], row: &T) -> Outcome {
    if call.release.has(super::release::DELETED_OBJECT) {
        answer(world, call, 200, fields, row)
    } else {
        Ok(Response::empty(204))
    }
}
