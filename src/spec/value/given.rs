//! Values that give nothing: `null`, and an empty text where a text, a word, an address or a document is wanted.
//!
//! Who gives nothing asks for what the API has where nobody says anything. In a map of free keys, `null` means that there is
//! to be no such key; in what may be any JSON it is a value like others.

use crate::attr::Attr;
use crate::spec::Type;
use crate::spec::walk::{Shape, TypeSlot, edit_up};

/// Says whether a value of a type gives something.
pub(crate) fn gives_something(ty: &Type, value: &Attr) -> bool {
    match value {
        Attr::Null => false,
        Attr::Text(text) if text.is_empty() => match ty.plain() {
            Type::Format(format) => !format.is_text(),
            ty => !matches!(
                ty,
                Type::Text | Type::Enum(_) | Type::OpenEnum(_) | Type::Ref(_) | Type::File(_) | Type::Json(_)
            ),
        },
        _ => true,
    }
}

/// The value without the fields in it that give nothing.
pub(crate) fn without_nothing(ty: &Type, value: &mut Attr) {
    edit_up(TypeSlot::typed(*ty), value, &mut |slot, part| {
        if let (Shape::Members(fields), Attr::Map(map)) = (slot.ty.shape(), part) {
            map.retain(|key, value| {
                let field = fields.iter().find(|field| field.name == key);
                field.is_none_or(|field| is_any(&field.ty) || gives_something(&field.ty, value))
            });
        }
    });
}

/// Says whether any JSON is a value of a type, `null` too.
pub(crate) fn is_any(ty: &Type) -> bool {
    matches!(ty.plain(), Type::Any | Type::Json(_))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::spec::{Condition, Field, field};

    #[test]
    fn null_and_empty_text_give_nothing_and_empty_lists_do() {
        for (ty, value, gives) in [
            (Type::Text, json!(null), false),
            (Type::Text, json!(""), false),
            (Type::IP, json!(""), false),
            (Type::Enum(&["a"]), json!(""), false),
            (Type::Ref("things"), json!(""), false),
            (Type::Text, json!(" "), true),
            (Type::Json(Condition::ALWAYS), json!(""), false),
            (Type::Json(Condition::ALWAYS), json!({}), true),
            (Type::Any, json!(""), true),
            (Type::Bool, json!(null), false),
            // A mistake, which is told as such.
            (Type::Bool, json!(""), true),
            (Type::Int, json!(""), true),
            (Type::Int, json!(0), true),
            (Type::List(&Type::Text), json!([]), true),
            (Type::List(&Type::Text), json!(null), false),
            (Type::Map(&Type::Text), json!({}), true),
        ] {
            assert_eq!(gives_something(&ty, &Attr::from_json(&value)), gives, "{} {value}", ty.describe());
        }
    }

    #[test]
    fn fields_within_a_value_that_give_nothing_are_not_given() {
        static INNER: &[Field] = &[field("a", Type::Text, "A"), field("any", Type::Any, "Any")];
        let without = |ty: Type, value: Value| {
            let mut attr = Attr::from_json(&value);
            without_nothing(&ty, &mut attr);
            attr.to_shown()
        };
        let item = json!({ "a": "", "any": null, "more": null });
        assert_eq!(without(Type::Table(INNER, "a"), json!([item])), json!([{ "any": null, "more": null }]));
        assert_eq!(without(Type::Object(INNER), json!({ "a": null })), json!({}));
        let map = json!({ "gone": null, "kept": "" });
        assert_eq!(without(Type::Map(&Type::Text), map.clone()), map);
    }
}
