//! The lint of what hangs on another field: it is one, and takes the words.

use crate::spec::{Condition, Field, Given, Kind, Shape, Type, canonical};

pub(super) fn lint_conditions(kind: &'static Kind, say: &mut dyn FnMut(String)) {
    if let Some(when) = kind.carries_traffic {
        condition("what carries traffic", when, &[kind.fields], say);
    }
    object(kind.fields, &mut Vec::new(), say);
}

/// Looks at the fields of an object and of those in it; `around` holds those of the objects that it is in.
fn object(fields: &'static [Field], around: &mut Vec<&'static [Field]>, say: &mut dyn FnMut(String)) {
    around.push(fields);
    for field in fields {
        for when in field.required.into_iter().chain(field.writable_on) {
            condition(&format!("field `{}`", field.name), when, around, say);
        }
        if let Some(inner) = members(field.ty) {
            object(inner, around, say);
        }
    }
    around.pop();
}

fn members(ty: Type) -> Option<&'static [Field]> {
    match ty.shape() {
        Shape::Members(fields) => Some(fields),
        Shape::Items(item) | Shape::Entries(item) => members(item),
        Shape::Piece => None,
    }
}

fn condition(what: &str, when: Condition, around: &[&'static [Field]], say: &mut dyn FnMut(String)) {
    for (name, given) in when.given() {
        let Some(other) = around.iter().rev().find_map(|fields| fields.iter().find(|field| field.name == name)) else {
            say(format!("{what} hangs on `{name}`, which is no field around it"));
            continue;
        };
        let (Given::OneOf(words) | Given::NoneOf(words)) = given else { continue };
        let is_taken = |word: &&&str| match other.ty.plain() {
            Type::Enum(known) | Type::OpenEnum(known) => known.contains(*word),
            ty => canonical(ty, &crate::attr::Attr::text(**word)).to_text().as_deref() == Some(**word),
        };
        for word in words.iter().filter(|word| !is_taken(word)) {
            say(format!("{what} hangs on `{name}` being `{word}`, which it never is"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::field;

    #[test]
    fn what_hangs_on_nothing_or_on_what_never_is_is_told() {
        static INNER: &[Field] = &[
            field("fits", Type::Text, "Of one sort").required_if(Condition::is("sort", &["a"])),
            field("never", Type::Text, "Of no sort").writable_on(Condition::is_not("sort", &["c"])),
            field("switched", Type::Text, "Of what is on").required_if(Condition::is("on", &["true"])),
            field("yes", Type::Text, "Of what is never so spelled").required_if(Condition::is("on", &["yes"])),
        ];
        static KIND: Kind = Kind {
            fields: &[
                field("sort", Type::Enum(&["a", "b"]), "The sort"),
                field("on", Type::Bool, "A switch"),
                field("lost", Type::Text, "Of nobody").required_if(Condition::declared("elsewhere")),
                field("list", Type::List(&Type::Object(INNER)), "More"),
            ],
            carries_traffic: Some(Condition::is("off", &["false"])),
            ..Kind::NEW
        };
        let mut said = Vec::new();
        lint_conditions(&KIND, &mut |text| said.push(text));
        assert_eq!(
            said,
            [
                "what carries traffic hangs on `off`, which is no field around it",
                "field `lost` hangs on `elsewhere`, which is no field around it",
                "field `never` hangs on `sort` being `c`, which it never is",
                "field `yes` hangs on `on` being `yes`, which it never is",
            ]
        );
    }
}
