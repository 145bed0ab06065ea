//! Lists and maps. Keys are in the order of their names, whatever that of the file.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use super::{BadArgument, Function, FunctionWork};
use crate::source::Node;

/// Items of which pairs are made: a thousand would make half a million.
const MAX_PAIRED: usize = 500;

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        name: "keys",
        arguments: &["MAP"],
        doc: "the keys of a map, sorted",
        example: ("keys(var.sites)", "[\"london\",\"oslo\"]"),
        work: FunctionWork::Pure(|values| Ok(Node::List(map(values, 0)?.into_keys().map(text).collect()))),
    },
    Function {
        name: "values",
        arguments: &["MAP"],
        doc: "the values of a map, in the order of their keys",
        example: ("values(var.sites)", "[{\"asn\":65001,\"lan\":\"10.1.0.0/16\"},{\"lan\":\"10.2.0.0/16\"}]"),
        work: FunctionWork::Pure(|values| Ok(Node::List(map(values, 0)?.into_values().cloned().collect()))),
    },
    Function {
        name: "merge",
        arguments: &["MAP", "OTHER…"],
        doc: "the keys of all maps; of a key that several have, the value of the last",
        example: ("merge(var.sites.oslo, var.sites.london)", "{\"asn\":65001,\"lan\":\"10.1.0.0/16\"}"),
        work: FunctionWork::Pure(merge),
    },
    Function {
        name: "without",
        arguments: &["LIST or MAP", "ITEM…"],
        doc: "a list without these items, or a map without these keys; a list of them counts as its items",
        example: ("without(keys(var.sites), \"oslo\")", "[\"london\"]"),
        work: FunctionWork::Pure(without),
    },
    Function {
        name: "index",
        arguments: &["LIST or MAP", "ITEM"],
        doc: "the place of an item in a list, or of a key among the sorted keys of a map, from 0",
        example: ("index(var.nets, \"10.2.0.0/16\")", "1"),
        work: FunctionWork::Pure(index),
    },
    Function {
        name: "pairs",
        arguments: &["LIST or MAP"],
        doc: "each two of the items, or of the keys of a map, as a map for `each`: from `A-B`, sorted, to its `a` and `b`",
        example: ("pairs(var.sites)", "{\"london-oslo\":{\"a\":\"london\",\"b\":\"oslo\"}}"),
        work: FunctionWork::Pure(pairs),
    },
    Function {
        name: "default",
        arguments: &["VALUE", "OTHER…"],
        doc: "the first that is there and is not empty",
        example: ("default(var.sites.oslo.asn, 65000)", "65000"),
        work: FunctionWork::FirstGiven,
    },
];

fn text(text: impl Into<String>) -> Node {
    Node::Text(text.into())
}

/// The map of an argument, sorted.
fn map(values: &[Node], number: usize) -> Result<BTreeMap<&str, &Node>, BadArgument> {
    match values.get(number) {
        Some(Node::Map(entries)) => Ok(entries.iter().map(|(key, value)| (&**key, value)).collect()),
        other => {
            let found = other.unwrap_or(&Node::Null).describe();
            Err(BadArgument::new(number, format!("expected a map, found {found}")))
        }
    }
}

/// The texts of a list's items, or the keys of a map, sorted.
fn words(values: &[Node]) -> Result<Vec<String>, BadArgument> {
    match values.first() {
        Some(Node::List(items)) => {
            let texts: Option<Vec<String>> = items.iter().map(Node::to_text).collect();
            texts.ok_or_else(|| BadArgument::new(0, "an item of it is a list or map, which is no text"))
        }
        Some(Node::Map(_)) => Ok(map(values, 0)?.into_keys().map(str::to_owned).collect()),
        other => {
            let found = other.unwrap_or(&Node::Null).describe();
            Err(BadArgument::new(0, format!("expected a list or map, found {found}")))
        }
    }
}

fn merge(values: &[Node]) -> Result<Node, BadArgument> {
    let mut merged = BTreeMap::new();
    for number in 0..values.len() {
        merged.extend(map(values, number)?);
    }
    Ok(Node::Map(merged.into_iter().map(|(key, value)| (Arc::from(key), value.clone())).collect()))
}

fn without(values: &[Node]) -> Result<Node, BadArgument> {
    let mut gone = HashSet::new();
    for (number, value) in values.iter().enumerate().skip(1) {
        let items = if let Node::List(items) = value { items.as_slice() } else { std::slice::from_ref(value) };
        for item in items {
            let item =
                item.to_text().ok_or_else(|| BadArgument::new(number, "a list or map is no item to leave out"))?;
            gone.insert(item);
        }
    }
    match values.first() {
        Some(Node::List(items)) => {
            let stays = |item: &&Node| item.to_text().is_none_or(|text| !gone.contains(&text));
            Ok(Node::List(items.iter().filter(stays).cloned().collect()))
        }
        Some(Node::Map(entries)) => {
            Ok(Node::Map(entries.iter().filter(|(key, _)| !gone.contains(&**key)).cloned().collect()))
        }
        _ => words(values).map(|_| Node::Null),
    }
}

fn index(values: &[Node]) -> Result<Node, BadArgument> {
    let words = words(values)?;
    let item = super::word(values, 1)?;
    match words.iter().position(|word| *word == item) {
        Some(place) => Ok(Node::Number(place.into())),
        None => Err(BadArgument::new(1, format!("`{item}` is not in it"))),
    }
}

fn pairs(values: &[Node]) -> Result<Node, BadArgument> {
    let mut words = words(values)?;
    if words.len() > MAX_PAIRED {
        return Err(BadArgument::new(0, format!("it has {} items, and pairs are made of {MAX_PAIRED}", words.len())));
    }
    words.sort();
    let twice = words.iter().zip(words.iter().skip(1)).find(|(one, other)| one == other);
    if let Some((twice, _)) = twice {
        return Err(BadArgument::new(0, format!("`{twice}` is in it twice")));
    }
    let mut found: HashMap<String, (&str, &str)> = HashMap::new();
    for (number, a) in words.iter().enumerate() {
        for b in words.iter().skip(number + 1) {
            if let Some((other, another)) = found.insert(format!("{a}-{b}"), (a, b)) {
                let message = format!("`{a}` and `{b}` would go by the name of `{other}` and `{another}`");
                return Err(BadArgument::new(0, message));
            }
        }
    }
    let sorted: BTreeMap<String, (&str, &str)> = found.into_iter().collect();
    let pair = |(key, (a, b)): (String, (&str, &str))| {
        (Arc::from(key), Node::Map(vec![("a".into(), text(a)), ("b".into(), text(b))]))
    };
    Ok(Node::Map(sorted.into_iter().map(pair).collect()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::source::parse;

    fn node(yaml: &str) -> Node {
        parse(yaml).unwrap()[0].root.clone()
    }

    #[test]
    fn lists_and_maps_are_taken_apart() {
        type Run = fn(&[Node]) -> Result<Node, BadArgument>;
        for (run, arguments, result) in [
            (merge as Run, &["{ a: 1 }", "{ b: { x: 1 } }", "{ b: { y: 2 } }"][..], Ok("{\"a\":1,\"b\":{\"y\":2}}")),
            (merge, &["{ a: 1 }", "[b]"], Err(1)),
            (without, &["[a, b, c, 1]", "b", "[c, '1']"], Ok("[\"a\"]")),
            (without, &["{ a: 1, b: 2 }", "a"], Ok("{\"b\":2}")),
            (without, &["[a, [b]]", "b"], Ok("[\"a\",[\"b\"]]")),
            (without, &["a", "b"], Err(0)),
            (without, &["[a]", "{ b: 1 }"], Err(1)),
            (index, &["[a, b]", "b"], Ok("1")),
            (index, &["{ b: 1, a: 2 }", "a"], Ok("0")),
            (index, &["[a, b]", "c"], Err(1)),
            (index, &["[[a]]", "a"], Err(0)),
            (pairs, &["[b, a]"], Ok("{\"a-b\":{\"a\":\"a\",\"b\":\"b\"}}")),
            (pairs, &["[a]"], Ok("{}")),
            (pairs, &["[a, b, a]"], Err(0)),
            (pairs, &["[a, a-b, b, b-b]"], Err(0)),
            (pairs, &["a"], Err(0)),
        ] {
            let arguments: Vec<Node> = arguments.iter().map(|yaml| node(yaml)).collect();
            let found = run(&arguments).map(|node| node.to_attr().to_shown().to_string()).map_err(|bad| bad.number);
            assert_eq!(found, result.map(str::to_owned), "{arguments:?}");
        }
        assert!(pairs(&[Node::List((0..=MAX_PAIRED).map(|n| text(n.to_string())).collect())]).is_err());
    }

    proptest! {
        #[test]
        fn pairs_are_each_two_once(count in 0_usize..40) {
            let words: Vec<Node> = (0..count).map(|n| text(format!("s{n}"))).collect();
            let Node::Map(found) = pairs(&[Node::List(words)]).unwrap() else { panic!("no map") };
            prop_assert_eq!(found.len(), count * count.saturating_sub(1) / 2);
        }
    }
}
