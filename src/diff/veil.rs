//! What may be shown of a difference.

use crate::attr::Attr;
use crate::secret::Secret;
use crate::spec::{Field, Type};

/// A value of a field with every part concealed that is secret in the wanted one: what replaces a secret was one.
pub(crate) fn veil(field: &Field, attr: &Attr, wanted: &Attr) -> Attr {
    match field.ty {
        // How much of it is the same is nobody's business either.
        Type::Json if field.is_secret() && !attr.is_null() && attr != wanted => before(attr),
        _ => part(attr, wanted, field.is_secret()),
    }
}

fn part(attr: &Attr, wanted: &Attr, secret: bool) -> Attr {
    match (attr, wanted) {
        (Attr::Null | Attr::Later(_) | Attr::Secret(_), _) => attr.clone(),
        (Attr::Map(map), Attr::Map(wanted)) => Attr::Map(
            map.iter().filter_map(|(key, value)| Some((key.clone(), part(value, wanted.get(key)?, secret)))).collect(),
        ),
        (Attr::List(items), Attr::List(wanted)) if items.len() == wanted.len() => {
            Attr::List(items.iter().zip(wanted).map(|(value, wanted)| part(value, wanted, secret)).collect())
        }
        // A value that comes from another resource may turn out secret: what it replaces is not shown.
        _ if secret || wanted.has_secret() || wanted.is_later() => before(attr),
        _ => attr.clone(),
    }
}

fn before(attr: &Attr) -> Attr {
    let text = attr.to_text().unwrap_or_default();
    Attr::Secret(match attr {
        Attr::Number(_) | Attr::Bool(_) => Secret::json("before", text),
        _ => Secret::new("before", text),
    })
}
