//! Mentions: names of other resources within texts that no table takes apart, such as the sets that a firewall rule names.
//!
//! A kind that comes after another one may name its objects. They are looked for where a name is what an object is called
//! by everywhere; a number would be found in every second rule.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::address::Address;
use crate::attr::Attr;
use crate::diff::index::Index;
use crate::spec::{Descend, Field, Kind, Provider, Type, TypeSlot, lookup, visit};

/// What the texts of a live object name among the kinds that its own comes after.
pub(crate) fn of_live(
    provider: &Provider,
    index: &Index<'_>,
    address: &Address,
    kind: &Kind,
    raw: &Value,
) -> Vec<Address> {
    let by_name = |name: &&&'static str| provider.kind(name).is_some_and(|kind| kind.api.id.is_empty());
    let kinds: Vec<&'static str> = kind.after.iter().map(|(first, _)| first).filter(by_name).copied().collect();
    if kinds.is_empty() {
        return Vec::new();
    }
    let mut words = BTreeSet::new();
    match raw {
        Value::Array(items) => items.iter().for_each(|item| collect(kind.fields, item, &mut words)),
        object => collect(kind.fields, object, &mut words),
    }
    let named = words.iter().filter_map(|word| index.by_id(address, &kinds, word));
    named.filter(|other| *other != address).cloned().collect()
}

/// The words of the texts that an object has to have, down to the objects in it. What may be left out is a remark, and
/// what it names it does not need.
fn collect(fields: &'static [Field], object: &Value, words: &mut BTreeSet<String>) {
    for field in fields {
        let Some(value) = lookup(object, field.read_path()) else { continue };
        visit(TypeSlot::of(field), &Attr::from_json(value), &mut Vec::new(), &mut |part| {
            let is_needed = part.slot.field.is_some_and(|field| field.required && matches!(field.ty, Type::Text));
            if let (true, Attr::Text(text)) = (is_needed, part.value) {
                let is_joint = |letter: char| !(letter.is_alphanumeric() || matches!(letter, '_' | '-'));
                words.extend(text.split(is_joint).filter(|word| !word.is_empty()).map(str::to_owned));
            }
            Descend::Into
        });
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::spec::field;

    #[test]
    fn words_are_what_names_are_made_of_and_remarks_name_nothing() {
        static RULE: &[Field] = &[field("rule", Type::Text, "Rule").required(), field("comment", Type::Text, "Remark")];
        static FIELDS: &[Field] = &[
            field("rules", Type::List(&Type::Object(RULE)), "Rules"),
            field("type", Type::Enum(&["net"]), "Type").required(),
            field("description", Type::Text, "Remark"),
        ];
        let object = json!({
            "rules": [{"rule": "FORWARD -s ${custom_office} -m set --match-set lan-hosts src", "comment": "wan too"}],
            "type": "net",
            "description": "dmz",
        });
        let mut words = BTreeSet::new();
        collect(FIELDS, &object, &mut words);
        let expected = ["--match-set", "-m", "-s", "FORWARD", "custom_office", "lan-hosts", "set", "src"];
        assert_eq!(words.iter().map(String::as_str).collect::<Vec<_>>(), expected);
    }
}
