//! Items of a list that say what an earlier one says.

use std::collections::HashMap;

use crate::attr::Attr;
use crate::spec::walk::Shape;
use crate::spec::{Type, canonical};

/// The places of items that mean what an earlier one means, behind its place: of a table, those with its key.
pub(crate) fn repeated(list: &Type, items: &[Attr]) -> Vec<(usize, usize)> {
    let mut seen: HashMap<String, Vec<(usize, Attr)>> = HashMap::new();
    let mut found = Vec::new();
    for (place, item) in items.iter().enumerate() {
        // What lacks its key is none of them.
        let Some(meant) = meaning(list, item) else { continue };
        // Secrets that are shown alike may be different ones.
        let alike = seen.entry(meant.to_shown().to_string()).or_default();
        match alike.iter().find(|(_, earlier)| *earlier == meant) {
            Some((earlier, _)) => found.push((*earlier, place)),
            None => alike.push((place, meant)),
        }
    }
    found
}

/// What an item of a list means: of a table, its key.
fn meaning(list: &Type, item: &Attr) -> Option<Attr> {
    match (list.plain(), list.shape()) {
        (Type::Table(fields, key), _) => {
            let field = fields.iter().find(|field| field.name == *key)?;
            item.get(key).map(|value| canonical(&field.ty, value))
        }
        (_, Shape::Items(ty)) => Some(canonical(&ty, item)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::secret::Secret;
    use crate::spec::{Field, field};

    static ROW: &[Field] = &[field("net", Type::CIDR, "Key"), field("note", Type::Text, "Free text")];

    #[test]
    fn items_are_compared_by_what_they_mean() {
        let of = |ty: Type, value: serde_json::Value| match Attr::from_json(&value) {
            Attr::List(items) => repeated(&ty, &items),
            _ => Vec::new(),
        };
        let table = Type::Table(ROW, "net");
        let rows =
            json!([{ "net": "10.0.0.0/8" }, { "note": "a" }, { "net": "10.1.0.0/8", "note": "b" }, { "note": "a" }]);
        assert_eq!(of(table, rows), [(0, 2)]);
        assert_eq!(of(Type::Set(&Type::CIDR), json!(["10.0.0.0/8", "10.0.0.0/9", "10.0.0.1/8"])), [(0, 2)]);
        assert_eq!(of(Type::Set(&Type::Text), json!(["a", "A", "a", "a"])), [(0, 2), (0, 3)]);
        static OBJECT: Type = Type::Object(ROW);
        assert_eq!(of(Type::Set(&OBJECT), json!([{ "net": "10.0.0.0/8" }, { "net": "10.0.0.0/8", "note": "b" }])), []);
    }

    #[test]
    fn secrets_that_are_shown_alike_are_not_the_same_for_that() {
        let secret = |text: &str| Attr::Secret(Secret::new("literal", text));
        assert_eq!(repeated(&Type::Set(&Type::Text), &[secret("a"), secret("b"), secret("a")]), [(0, 2)]);
    }
}
