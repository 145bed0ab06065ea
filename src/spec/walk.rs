//! Walks: the one place that knows which parts a value of each type has.
//!
//! A new type says in [`Type::shape`] what its values are made of, and every walk follows it:
//!
//! | walk | goes over | for |
//! |---|---|---|
//! | [`visit`] | a value, each part with its path | checking, references, secrets in files |
//! | [`edit_down`] | a value, the whole before its parts | references to ids, secrets concealed |
//! | [`edit_up`] | a value, the parts before the whole | the form that is compared, the form that is sent |
//! | [`visit_types`] | a type alone | which kinds a field may name |
//! | [`TypeSlot::item`], [`TypeSlot::below`] | one step, by whoever walks something else | files, which are no values yet |
//!
//! What happens at a part is the visitor's: it matches on the types that it cares about and leaves the others alone. Keys
//! that no field is declared for have no type and are left alone by all walks.

use crate::attr::Attr;
use crate::spec::{Field, Type};

/// The parts that values of a type have.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Shape {
    /// One piece, in which nothing has a type of its own: a text, or any JSON.
    Piece,
    /// Items of one type, in a list.
    Items(Type),
    /// Values of one type below free keys, in a map.
    Entries(Type),
    /// Fields by their names, in a map.
    Members(&'static [Field]),
}

impl Type {
    /// The parts that its values have.
    pub(crate) fn shape(&self) -> Shape {
        match *self {
            Type::List(item) | Type::Set(item) => Shape::Items(*item),
            Type::Table(fields, _) => Shape::Items(Type::Object(fields)),
            Type::Joined(items, _) => items.shape(),
            Type::Map(item) => Shape::Entries(*item),
            Type::Label(_, text) => Shape::Entries(Type::Format(text)),
            Type::Object(fields) | Type::Open(fields) => Shape::Members(fields),
            Type::Phrase(grammar) => grammar.form.shape(),
            Type::Bool
            | Type::Int
            | Type::Text
            | Type::Enum(_)
            | Type::OpenEnum(_)
            | Type::Format(_)
            | Type::Any
            | Type::Json(_)
            | Type::Ref(_)
            | Type::Role(_)
            | Type::File(_) => Shape::Piece,
        }
    }
}

/// What the tables say about one part of a value.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TypeSlot {
    /// The values that it takes.
    pub ty: Type,
    /// The field that it belongs to: its own, or that of the list or map around it. None where a walk began with a type.
    pub field: Option<&'static Field>,
}

impl TypeSlot {
    /// The slot of a field.
    pub(crate) fn of(field: &'static Field) -> TypeSlot {
        TypeSlot { ty: field.ty, field: Some(field) }
    }

    /// A slot that belongs to no field.
    pub(crate) fn typed(ty: Type) -> TypeSlot {
        TypeSlot { ty, field: None }
    }

    /// The slot of each item of a list; `None` where items have no type of their own.
    pub(crate) fn item(self) -> Option<TypeSlot> {
        match self.ty.shape() {
            Shape::Items(ty) => Some(TypeSlot { ty, ..self }),
            Shape::Piece | Shape::Entries(_) | Shape::Members(_) => None,
        }
    }

    /// The slot below a key of a map; `None` where nothing is declared for it.
    pub(crate) fn below(self, key: &str) -> Option<TypeSlot> {
        match self.ty.shape() {
            Shape::Entries(ty) => Some(TypeSlot { ty, ..self }),
            Shape::Members(fields) => fields.iter().find(|field| field.name == key).map(TypeSlot::of),
            Shape::Piece | Shape::Items(_) => None,
        }
    }
}

/// Whether a walk goes on into the parts of what it has come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Descend {
    /// It does.
    Into,
    /// It goes on behind it.
    Past,
}

/// A key on the way to a part, still borrowed: most parts need no place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WalkStep<'r> {
    /// A key of a map.
    Name(&'r str),
    /// A place in a list, from 0.
    Index(usize),
}

/// A part of a value that is looked at.
#[derive(Debug, Clone, Copy)]
pub(crate) struct WalkPart<'p, 'r> {
    /// What the tables say about it.
    pub slot: TypeSlot,
    /// The part itself.
    pub value: &'r Attr,
    /// The keys down to it.
    pub path: &'p [WalkStep<'r>],
}

/// Calls `see` with a value and every part of it, the whole before its parts. `path` leads to the value.
pub(crate) fn visit<'r>(
    slot: TypeSlot,
    value: &'r Attr,
    path: &mut Vec<WalkStep<'r>>,
    see: &mut dyn FnMut(WalkPart<'_, 'r>) -> Descend,
) {
    if see(WalkPart { slot, value, path }) == Descend::Past {
        return;
    }
    let mut on = |slot: Option<TypeSlot>, step: WalkStep<'r>, value: &'r Attr| {
        if let Some(slot) = slot {
            path.push(step);
            visit(slot, value, path, see);
            path.pop();
        }
    };
    match value {
        Attr::List(items) => {
            let item = slot.item();
            items.iter().enumerate().for_each(|(index, value)| on(item, WalkStep::Index(index), value));
        }
        Attr::Map(map) => map.iter().for_each(|(key, value)| on(slot.below(key), WalkStep::Name(key), value)),
        Attr::Null | Attr::Bool(_) | Attr::Number(_) | Attr::Text(_) | Attr::Secret(_) | Attr::Later(_) => {}
    }
}

/// Changes a value and every part of it, the whole before its parts: `edit` says whether there is anything left to do in it.
pub(crate) fn edit_down(slot: TypeSlot, value: &mut Attr, edit: &mut dyn FnMut(TypeSlot, &mut Attr) -> Descend) {
    if edit(slot, value) == Descend::Into {
        each_part(slot, value, &mut |slot, part| edit_down(slot, part, edit));
    }
}

/// Changes a value and every part of it, the parts before the whole.
pub(crate) fn edit_up(slot: TypeSlot, value: &mut Attr, edit: &mut dyn FnMut(TypeSlot, &mut Attr)) {
    each_part(slot, value, &mut |slot, part| edit_up(slot, part, edit));
    edit(slot, value);
}

fn each_part(slot: TypeSlot, value: &mut Attr, go: &mut dyn FnMut(TypeSlot, &mut Attr)) {
    match value {
        Attr::List(items) => {
            if let Some(item) = slot.item() {
                items.iter_mut().for_each(|value| go(item, value));
            }
        }
        Attr::Map(map) => {
            for (key, value) in map {
                if let Some(slot) = slot.below(key) {
                    go(slot, value);
                }
            }
        }
        Attr::Null | Attr::Bool(_) | Attr::Number(_) | Attr::Text(_) | Attr::Secret(_) | Attr::Later(_) => {}
    }
}

/// Calls `see` with a slot and those of all that its values may hold.
pub(crate) fn visit_types(slot: TypeSlot, see: &mut dyn FnMut(TypeSlot) -> Descend) {
    if see(slot) == Descend::Past {
        return;
    }
    match slot.ty.shape() {
        Shape::Piece => {}
        Shape::Items(ty) | Shape::Entries(ty) => visit_types(TypeSlot { ty, ..slot }, see),
        Shape::Members(fields) => fields.iter().for_each(|field| visit_types(TypeSlot::of(field), see)),
    }
}

/// The kinds whose resources a type's values may name; `objects` says whether the fields of objects in them count.
pub(crate) fn kinds_named(ty: &Type, objects: Descend) -> Vec<&'static str> {
    let mut kinds = Vec::new();
    visit_types(TypeSlot::typed(*ty), &mut |slot| {
        match slot.ty {
            Type::Ref(kind) => kinds.push(kind),
            Type::Role(names) => kinds.extend(names),
            Type::Object(_) | Type::Open(_) => return objects,
            _ => {}
        }
        Descend::Into
    });
    kinds
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::spec::field;

    static INNER: &[Field] =
        &[field("role", Type::Set(&Type::Role(&["hosts"])), "Role"), field("ref", Type::Ref("nets"), "Net")];

    /// A value of every shape in one object.
    static ALL: &[Field] = &[
        field("list", Type::List(&Type::Set(&Type::Text)), "Lists in a list"),
        field("table", Type::Table(INNER, "ref"), "Objects in a list"),
        field("open", Type::Open(INNER), "Object that takes more"),
        field("map", Type::Map(&Type::Ref("zones")), "Free keys"),
        field("words", Type::LINES, "Packed words"),
        field("any", Type::Any, "Anything"),
    ];

    fn all() -> Attr {
        Attr::from_json(&json!({
            "list": [["a"], "b"],
            "table": [{"role": ["#t"], "ref": "n", "more": 1}],
            "open": {"ref": "n", "more": {"ref": "x"}},
            "map": {"k": "v"},
            "words": ["w"],
            "any": {"ref": "x"},
            "unknown": ["x"],
        }))
    }

    fn word(path: &[WalkStep<'_>]) -> String {
        let words = path.iter().map(|step| match step {
            WalkStep::Name(name) => (*name).to_owned(),
            WalkStep::Index(index) => index.to_string(),
        });
        words.collect::<Vec<_>>().join(".")
    }

    #[test]
    fn every_part_with_a_type_is_visited_once_and_nothing_else() {
        let all = all();
        let mut seen = Vec::new();
        visit(TypeSlot::typed(Type::Object(ALL)), &all, &mut Vec::new(), &mut |part| {
            let owner = part.slot.field.map_or("", |field| field.name);
            seen.push(format!("{} {owner} {}", word(part.path), part.slot.ty.describe()));
            if owner == "map" { Descend::Past } else { Descend::Into }
        });
        let expected = [
            "  object",
            "any any any value",
            "list list list of set of text",
            "list.0 list set of text",
            "list.0.0 list text",
            "list.1 list set of text",
            "map map map of name of one of `zones`",
            "open open object, further keys allowed",
            "open.ref ref name of one of `nets`",
            "table table list of objects told apart by `ref`",
            "table.0 table object",
            "table.0.ref ref name of one of `nets`",
            "table.0.role role set of `#tag` or `@name`, names of `hosts`",
            "table.0.role.0 role `#tag` or `@name`, name of one of `hosts`",
            "words words list of lines, or text",
            "words.0 words text",
        ];
        assert_eq!(seen, expected);
    }

    #[test]
    fn an_edit_from_below_sees_parts_that_are_done_and_one_from_above_may_stop() {
        let mut counted = all();
        edit_up(TypeSlot::typed(Type::Object(ALL)), &mut counted, &mut |_, value| {
            let below = match &*value {
                Attr::List(items) => items.iter().filter_map(Attr::to_text).collect::<String>(),
                _ => "1".into(),
            };
            *value = Attr::Text(format!("({below})"));
        });
        assert_eq!(counted, Attr::text("(1)"));
        let mut cut = all();
        edit_down(TypeSlot::typed(Type::Object(ALL)), &mut cut, &mut |slot, value| match slot.ty {
            Type::Object(_) => Descend::Into,
            Type::Table(..) => Descend::Past,
            _ => {
                *value = Attr::Null;
                Descend::Into
            }
        });
        let kept = json!({
            "any": null, "list": null, "map": null, "open": null, "words": null, "unknown": ["x"],
            "table": [{"role": ["#t"], "ref": "n", "more": 1}],
        });
        assert_eq!(cut.to_shown(), kept);
    }

    #[test]
    fn kinds_are_named_within_objects_only_where_they_count() {
        let ty = Type::Table(ALL, "map");
        assert_eq!(kinds_named(&ty, Descend::Into), ["hosts", "nets", "hosts", "nets", "zones"]);
        assert!(kinds_named(&ty, Descend::Past).is_empty());
        assert_eq!(kinds_named(&Type::Set(&Type::Set(&Type::Role(&["a", "b"]))), Descend::Past), ["a", "b"]);
    }
}
