//! An item of a list without order stands in it once.
//!
//! Items are compared by what they mean: `10.0.0.0/8` is `10.1.2.3/8`. Two items of a table with one key are one object that
//! is declared twice. Of a set, the second one says nothing: it is not sent.

use crate::attr::Attr;
use crate::check::walk::{WalkStep, place, walk};
use crate::check::{Subject, rule};
use crate::finding::Finding;
use crate::spec::{Field, Type, repeated};

rule! {
    /// A list in which order means nothing has the same item twice.
    "duplicate-item" is Mixed;
    bad: "firewall-fwsets: { offices: { type: net, entries: [{ entry: 10.1.0.0/16 }, { entry: 10.1.0.0/16 }] } }";
    good: "firewall-fwsets: { offices: { type: net, entries: [{ entry: 10.1.0.0/16 }, { entry: 10.2.0.0/16 }] } }";
}

fn run(subject: &Subject) -> Vec<Finding> {
    let mut found = Vec::new();
    for resource in subject.topology.resources.values() {
        walk(resource, &mut |field, ty, value, path| {
            let (Attr::List(items), Some(finding)) = (value, finding(field, ty)) else { return };
            for (first, second) in repeated(ty, items) {
                let at = |index| place(resource, &[path, &[WalkStep::Index(index)]].concat());
                let finding = finding.clone().at(&at(second)).also(&at(first), "the same as here");
                found.push(finding.about(&resource.address));
            }
        });
    }
    found
}

/// What is told of a list that has an item twice; `None` where it may.
fn finding(field: &Field, ty: &Type) -> Option<Finding> {
    let name = field.name;
    match ty.plain() {
        Type::Table(_, key) => {
            let finding = Finding::error(RULE.code, format!("two items of `{name}` have the same `{key}`"));
            Some(finding.help(format!("items are told apart by `{key}`: keep one of the two")))
        }
        Type::Set(_) => {
            let finding = Finding::warning(RULE.code, format!("`{name}` has the same item twice"));
            Some(finding.help("it counts once: keep one of the two"))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::{Value, json};

    use super::*;
    use crate::providers::CATALOGUE;
    use crate::spec::{CIDR, Descend, IP, LINE, MAC, Shape, TypeSlot, canonical, visit_types};

    /// Two spellings of one value of a type, and another value.
    fn spellings(ty: &Type) -> Option<(Value, Value, Value)> {
        Some(match ty.plain() {
            ty if ty.is(&CIDR) => (json!("10.0.0.0/8"), json!("10.1.2.3/8"), json!("10.0.0.0/9")),
            ty if ty.is(&IP) => (json!("fc00::2"), json!("fc00:0::2"), json!("fc00::3")),
            ty if ty.is(&LINE) => (json!("a b"), json!(" a  b"), json!("ab")),
            ty if ty.is(&MAC) => (json!("0c:9d:92:a1:b2:c3"), json!("0C9D92A1B2C3"), json!("0c:9d:92:a1:b2:c4")),
            Type::Format(format) if !format.is_text() => (json!(443), json!("443"), json!(444)),
            // One that a provider has for itself gives examples, unless it takes any text.
            Type::Format(format) => {
                let schema: Value = serde_json::from_str(format.schema).ok()?;
                let example = |n: usize, other: &str| schema["examples"][n].as_str().unwrap_or(other).to_owned();
                let (one, other) = (example(0, "a"), example(1, "b"));
                let padded = format!(" {one} ");
                let is_same = canonical(ty, &Attr::text(padded.as_str())) == canonical(ty, &Attr::text(one.as_str()));
                let again = if is_same { padded } else { one.clone() };
                (json!(one), json!(again), json!(other))
            }
            Type::Int => (json!(443), json!("443"), json!(444)),
            Type::Enum(words) | Type::OpenEnum(words) => {
                (json!(words[0]), json!(words[0].to_uppercase()), json!(words[1]))
            }
            Type::Text | Type::Ref(_) => (json!("a"), json!("a"), json!("A")),
            Type::Role(_) => (json!("#a"), json!("#a"), json!("#b")),
            Type::Phrase(grammar) => return spellings(&grammar.form),
            Type::Object(fields) => {
                let whole = |choose: &dyn Fn(&Type) -> Option<Value>| -> Option<Value> {
                    fields
                        .iter()
                        .filter(|field| field.is_required())
                        .map(|field| Some((field.name.to_owned(), choose(&field.ty)?)))
                        .collect()
                };
                (
                    whole(&|ty| Some(spellings(ty)?.0))?,
                    whole(&|ty| Some(spellings(ty)?.1))?,
                    whole(&|ty| Some(spellings(ty)?.2))?,
                )
            }
            Type::Label(..) => (json!({ "k": "a" }), json!({ "K": "a" }), json!({ "k": "A" })),
            Type::Set(item) => {
                let (one, again, other) = spellings(item)?;
                (json!([one]), json!([again]), json!([other]))
            }
            _ => return None,
        })
    }

    #[test]
    fn an_item_that_is_there_twice_is_told_for_every_list_without_order() {
        let mut seen = BTreeMap::new();
        for field in CATALOGUE.iter().flat_map(|provider| provider.kinds).flat_map(|kind| kind.fields) {
            visit_types(TypeSlot::of(field), &mut |slot| {
                let items = match (slot.ty.plain(), slot.ty.shape()) {
                    (Type::Table(fields, key), _) => {
                        let field = fields.iter().find(|field| field.name == *key).unwrap();
                        let (one, again, other) = spellings(&field.ty).unwrap();
                        [one, again, other].map(|value| json!({ *key: value }))
                    }
                    (Type::Set(_), Shape::Items(item)) => {
                        let (one, again, other) = spellings(&item).unwrap();
                        [one, again, other]
                    }
                    _ => return Descend::Into,
                };
                let [one, again, other] = items.map(|item| Attr::from_json(&item));
                let list = [one.clone(), other.clone(), again.clone(), one];
                assert_eq!(repeated(&slot.ty, &list), [(0, 2), (0, 3)], "{} {list:?}", field.name);
                assert_eq!(repeated(&slot.ty, &[again, other]), [], "{}", field.name);
                let is_table = matches!(slot.ty.plain(), Type::Table(..));
                assert_eq!(finding(field, &slot.ty).unwrap().is_error(), is_table, "{}", field.name);
                *seen.entry(is_table).or_insert(0) += 1;
                Descend::Into
            });
        }
        for ty in [Type::List(&Type::Text), Type::Text, Type::Map(&Type::Text)] {
            assert!(finding(&crate::spec::field("rules", ty, "Rules"), &ty).is_none(), "{ty:?}");
        }
        assert!(seen[&true] > 10 && seen[&false] > 20, "{seen:?}");
    }
}
