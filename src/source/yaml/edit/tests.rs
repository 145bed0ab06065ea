use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::json;

use super::*;
use crate::source::yaml::generated;
use crate::source::yaml::layout::Writing;

fn path(text: &str) -> Vec<PathKey> {
    let key = |word: &str| word.parse().map_or_else(|_| PathKey::Name(word.into()), PathKey::Index);
    text.split('.').filter(|word| !word.is_empty()).map(key).collect()
}

fn set(at: &str, value: Value) -> ValueEdit {
    ValueEdit { path: path(at), change: TextChange::Set(value) }
}

fn gone(at: &str) -> ValueEdit {
    ValueEdit { path: path(at), change: TextChange::Remove }
}

fn insert(at: &str, values: &[Value]) -> ValueEdit {
    ValueEdit { path: path(at), change: TextChange::Insert(values.to_vec()) }
}

#[test]
fn a_value_changes_in_its_place() {
    for (text, edit, expected) in [
        ("a: 1   # why\nb: 2\n", set("a", json!(7)), "a: 7   # why\nb: 2\n"),
        ("a: { b: x, c: 'y' } # d\r\n", set("a.c", json!("it's")), "a: { b: x, c: 'it''s' } # d\r\n"),
        ("a:\n  - \"x\"\n", set("a.0", json!("0x1F")), "a:\n  - \"0x1F\"\n"),
        ("a: x\n", set("a", json!("on")), "a: \"on\"\n"),
        ("a: [x, y]\n", set("a.1", json!("k: v, {w}")), "a: [x, \"k: v, {w}\"]\n"),
        ("a: # none\nb: 1\n", set("a", json!(2)), "a: 2 # none\nb: 1\n"),
        ("a: &x 1\n", set("a", json!(2)), "a: &x 2\n"),
        (
            "a: |  # t\r\n    x\r\n    y\r\n\r\nb: 1\r\n",
            set("a", json!("p\n\nq")),
            "a: |-  # t\r\n    p\r\n\r\n    q\r\n\r\nb: 1\r\n",
        ),
        ("a: >-\n  x\n  y\nb: 1\n", set("a", json!("p\nq")), "a: \"p\\nq\"\nb: 1\n"),
        ("a:\n  b: 1\n  c: 2\n", set("a", json!([1, { "d": "e" }])), "a: [1, { d: e }]\n"),
        ("a: 1\n---\nb: 2\n", set("1.b", json!(3)), "a: 1\n---\nb: 3\n"),
        ("a: x\n  y\nb: 1\n", set("a", json!(null)), "a: null\nb: 1\n"),
    ] {
        assert_eq!(edited(text, &[edit]).as_deref(), Ok(expected), "{text}");
    }
}

#[test]
fn what_appears_and_goes_leaves_all_comments() {
    for (text, edits, expected) in [
        (
            "a:\n  b: 1 # why\n\n# about c\nc: 1\n",
            vec![set("a.m", json!("z"))],
            "a:\n  b: 1 # why\n  m: z\n\n# about c\nc: 1\n",
        ),
        ("a:\r\n  b: 1", vec![set("a.m", json!(1))], "a:\r\n  b: 1\r\n  m: 1"),
        ("a: {}\nb: { c: 1 }\n", vec![set("a.m", json!(1)), set("b.m", json!(2))], "a: { m: 1 }\nb: { c: 1, m: 2 }\n"),
        ("a:\nb: 1\n", vec![set("a.m", json!(1))], "a: { m: 1 }\nb: 1\n"),
        ("a: 1 # why\nb: 2\n", vec![gone("a")], "# why\nb: 2\n"),
        ("x:\n  - a: 1\n    b: 2 # why\n", vec![gone("x.0.a")], "x:\n  - b: 2 # why\n"),
        ("a: { b: 1, c: 2, d: 3 }\n", vec![gone("a.c"), gone("a.d")], "a: { b: 1 }\n"),
        ("a:\n  b: 1\nc: 2\n", vec![gone("a.b")], "a: {}\nc: 2\n"),
        (
            "a:\n- x # one\n- y\n# end\n",
            vec![insert("a.2", &[json!("z"), json!("w")]), gone("a.0")],
            "a:\n# one\n- y\n- z\n- w\n# end\n",
        ),
        ("a:\n  - x\n", vec![insert("a.0", &[json!("w")])], "a:\n  - w\n  - x\n"),
        (
            "a: [x]\nb: []\n",
            vec![insert("a.0", &[json!("w")]), insert("b.0", &[json!(1), json!(2)])],
            "a: [w, x]\nb: [1, 2]\n",
        ),
        (
            "a: [\n  x, # one\n  y, # two\n]\n",
            vec![insert("a.2", &[json!("z")])],
            "a: [\n  x, # one\n  y, z, # two\n]\n",
        ),
        ("- - a\n  - b\n- c\n", vec![gone("0.0.0"), gone("0.1")], "- - b\n"),
    ] {
        assert_eq!(edited(text, &edits).as_deref(), Ok(expected), "{text}");
    }
}

#[test]
fn what_is_not_written_where_it_is_used_is_refused() {
    for (text, edit, why) in [
        ("a: &x 1\nb: *x\n", set("b", json!(2)), "alias"),
        ("a: &x 1\nb: *x\n", set("a", json!(2)), "something else would change"),
        ("b: &b { x: 1 }\na: { <<: *b, y: 2 }\n", gone("a.x"), "nothing stands there|merge key"),
        ("b: &b { x: { z: 1 } }\na: { <<: *b, y: 2 }\n", set("a.x.z", json!(2)), "merge key"),
        ("b: &b { x: 1 }\na: { <<: *b, y: 2 }\n", set("a.x", json!(2)), "merge key"),
        ("a: [1, # one\n  2]\n", gone("a.0"), "a comment"),
        ("a: {\n  b: 1 # one\n}\n", set("a", json!(2)), "a comment"),
        ("? a\n: 1\n", set("a", json!(2)), "a key behind `?`"),
        ("a: 1\n", gone("b"), "merge key"),
    ] {
        let told = edited(text, &[edit]).unwrap_err().0;
        assert!(why.split('|').any(|why| told.contains(why)), "{text}: {told}");
    }
}

/// The paths of all values below a node.
fn paths(node: &Node, here: &mut Vec<PathKey>, found: &mut Vec<Vec<PathKey>>) {
    let below: Vec<(PathKey, &Node)> = match node {
        Node::Map(entries) => entries.iter().map(|(key, value)| (PathKey::Name(key.clone()), value)).collect(),
        Node::List(items) => items.iter().enumerate().map(|(n, item)| (PathKey::Index(n), item)).collect(),
        _ => Vec::new(),
    };
    for (key, value) in below {
        here.push(key);
        found.push(here.clone());
        paths(value, here, found);
        here.pop();
    }
}

fn values() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(json!(7)),
        Just(json!(null)),
        Just(json!(true)),
        Just(json!([1, "b: c"])),
        Just(json!({ "k": "v, w", "l": [] })),
        Just(json!("two\nlines\n")),
        "[a-c#:,' \"{}0-9-]{0,8}".prop_map(Value::from),
    ]
}

fn is_plain_word(text: &str, path: &[PathKey]) -> bool {
    let layout = Layout::of(text).unwrap();
    let mut here = &layout.documents[0];
    for key in path {
        match below(here, key) {
            Some(piece) if !piece.has_anchor => here = piece,
            _ => return false,
        }
    }
    matches!(here.shape, PieceShape::Word) && !here.at.is_empty()
}

/// The bytes of the list or map around a value, whole lines.
fn around(text: &str, path: &[PathKey]) -> (usize, usize) {
    let layout = Layout::of(text).unwrap();
    let mut here = &layout.documents[0];
    let mut found = (0, text.len());
    for key in &path[..path.len() - 1] {
        let Some(piece) = below(here, key) else { break };
        here = piece;
        if matches!(here.shape, PieceShape::Map(Writing::Block, _) | PieceShape::List(Writing::Block, _)) {
            let end = text[here.at.end..].find('\n').map_or(text.len(), |at| here.at.end + at);
            found = (text[..here.from].trim_end().len(), end);
        }
    }
    found
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]
    #[test]
    fn only_the_value_changes_and_no_comment_goes(
        text in generated::text(), at in any::<Index>(), value in values(), what in 0..3
    ) {
        let root = parse(&text).unwrap().remove(0).root;
        let mut found = Vec::new();
        paths(&root, &mut Vec::new(), &mut found);
        prop_assume!(!found.is_empty());
        let path = found[at.index(found.len())].clone();
        let change = match (what, path.last()) {
            (0, Some(PathKey::Index(_))) => TextChange::Insert(vec![value.clone(), value]),
            (1, _) => TextChange::Remove,
            _ => TextChange::Set(value),
        };
        let numbered = [vec![PathKey::Index(0)], path.clone()].concat();
        let edit = ValueEdit { path: numbered, change };
        match edited(&text, std::slice::from_ref(&edit)) {
            Ok(new) => {
                let mut expected = [root];
                super::change(&mut expected, &edit).unwrap();
                let [expected] = expected;
                prop_assert_eq!(&parse(&new).unwrap()[0].root, &expected);
                let told = |text: &str| comments(text, &Layout::of(text).unwrap());
                prop_assert_eq!(told(&new), told(&text));
                let (start, end) = around(&text, &path);
                prop_assert!(new.starts_with(&text[..start]) && new.ends_with(&text[end..]), "{}\n{}", text, new);
                let lone = |text: &str| text.replace("\r\n", "").contains('\n');
                prop_assert!(!text.contains("\r\n") || !lone(&new), "{:?}\n{:?}", text, new);
                prop_assert!(text.contains("\r\n") || !new.contains("\r\n"), "{:?}\n{:?}", text, new);
            }
            Err(why) => {
                let is_set = matches!(edit.change, TextChange::Set(_));
                prop_assert!(!is_set || !is_plain_word(&text, &path), "{}\n{:?}: {}", text, edit, why);
            }
        }
    }
}
