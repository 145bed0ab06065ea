//! The form in which a value of a type is sent.

use crate::attr::{Attr, Encoding, Output, Template, TemplatePart};
use crate::spec::walk::{Descend, TypeSlot, edit_down, edit_up};
use crate::spec::{Packing, Type, canonical, is_any};

use super::compared::words;

/// The form in which a value of a type is sent.
pub(crate) fn written(ty: &Type, attr: &Attr) -> Attr {
    let mut form = attr.clone();
    edit_up(TypeSlot::typed(*ty), &mut form, &mut |slot, value| {
        // A key that is to be gone is not sent.
        if let (Type::Map(item), Attr::Map(map)) = (&slot.ty, &mut *value)
            && !is_any(item)
        {
            map.retain(|_, value| !value.is_null());
        }
        let form = match (slot.ty.plain(), &*value) {
            (Type::Words(packing), Attr::List(_) | Attr::Null) => packed(*packing, value),
            // What clears a word is sent as it is.
            (Type::Enum(_), Attr::Text(text)) if text.is_empty() => None,
            (Type::Bool | Type::Int | Type::Number | Type::Enum(_), _) => Some(canonical(&slot.ty, value)),
            (Type::Text, Attr::Later(template)) => Some(Attr::Later(as_text(template))),
            // An id goes back as it came.
            (Type::Ref(_), _) => None,
            (ty, Attr::Number(_) | Attr::Bool(_)) if ty.is_text() => value.to_text().map(Attr::Text),
            _ => None,
        };
        if let Some(form) = form {
            *value = form;
        }
    });
    form
}

/// A list as the one text that is sent for it; `None` where lists or maps stand in it.
fn packed(packing: Packing, value: &Attr) -> Option<Attr> {
    let mut parts = Vec::new();
    for word in words(packing, value)? {
        if !parts.is_empty() {
            parts.push(TemplatePart::Text(packing.joint().to_owned()));
        }
        match word {
            Attr::Secret(secret) => parts.push(TemplatePart::Secret(secret)),
            Attr::Later(template) => parts.extend(as_text(&template).parts),
            other => parts.push(TemplatePart::Text(other.to_text()?)),
        }
    }
    Some(Template::of(parts))
}

/// The same template, text whatever fills it.
fn as_text(template: &Template) -> Template {
    let part = |part: &TemplatePart| match part {
        TemplatePart::Output(output) if output.encoding == Encoding::Plain => {
            TemplatePart::Output(Output { encoding: Encoding::Text, ..output.clone() })
        }
        other => other.clone(),
    };
    Template { parts: template.parts.iter().map(part).collect() }
}

/// The same value with text where text is wanted and a number, or true or false, was given.
pub(crate) fn text_wanted(ty: &Type, mut attr: Attr) -> Attr {
    edit_down(TypeSlot::typed(*ty), &mut attr, &mut |slot, value| {
        if let (true, Attr::Number(_) | Attr::Bool(_), Some(text)) = (slot.ty.is_text(), &*value, value.to_text()) {
            *value = Attr::Text(text);
        }
        Descend::Into
    });
    attr
}
