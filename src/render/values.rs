//! Values and what changed about them, short enough to be read.

use serde_json::{Map, Value};
use similar::{ChangeTag, TextDiff};

use crate::diff::verdict::Cause;
use crate::render::document::FieldDocument;
use crate::render::page::{cut, is_roomy};
use crate::render::sequence;
use crate::render::words::{counted, number};

/// The change that a line shows: `+` for an item that comes, `-` for one that goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sign {
    /// Nothing: context, or a field with both values.
    None,
    /// It comes.
    Add,
    /// It goes.
    Remove,
    /// It changes.
    Change,
    /// It moves.
    Move,
}

impl Sign {
    /// The letter for it.
    pub(crate) fn letter(self) -> char {
        match self {
            Sign::None => ' ',
            Sign::Add => '+',
            Sign::Remove => '-',
            Sign::Change => '~',
            Sign::Move => '>',
        }
    }
}

/// One line about a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ValueLine {
    /// Its text.
    pub sign: Sign,
    /// How much deeper it stands than the field itself.
    pub depth: usize,
    /// The text.
    pub text: String,
    /// A remark behind it.
    pub note: Option<&'static str>,
}

impl ValueLine {
    /// A line without a remark.
    pub(crate) fn new(sign: Sign, depth: usize, text: impl Into<String>) -> ValueLine {
        ValueLine { sign, depth, text: text.into(), note: None }
    }
}

/// The text in place of a value that only other steps bring.
const LATER: &str = "(known after apply)";

/// The text in place of no value.
const NOTHING: &str = "(none)";

/// A digest is known by its first digits; who needs all of it has the JSON.
const DIGEST_DIGITS: usize = 12;

/// Hexadecimal texts from this length on are digests: that of an MD5 sum, the shortest in use.
const DIGEST: usize = 32;

/// A value on one line of so many columns.
pub(crate) fn short(value: &Value, columns: usize) -> String {
    match value {
        Value::Null => NOTHING.into(),
        Value::String(text) => short_text(text, columns),
        Value::Array(items) if items.is_empty() => "[]".into(),
        Value::Array(items) => format!("[{}]", joined(items.iter().map(|item| short(item, columns)), columns)),
        Value::Object(map) if map.is_empty() => "{}".into(),
        Value::Object(map) => {
            let pairs = map.iter().filter(|(_, value)| !value.is_null());
            format!("{{{}}}", joined(pairs.map(|(key, value)| format!("{key}: {}", short(value, columns))), columns))
        }
        other => other.to_string(),
    }
}

fn short_text(text: &str, columns: usize) -> String {
    let digest = text.len() >= DIGEST && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    if let Some(digits) = text.get(..DIGEST_DIGITS).filter(|_| digest) {
        return format!("{digits}…");
    }
    let lines = text.lines().count();
    if lines > 1 && is_roomy(columns) {
        return Value::from(text).to_string();
    }
    if lines > 1 {
        let first = text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
        return format!("{} ({})", cut(first, columns.saturating_sub(12)), counted(lines, "line"));
    }
    // Text that reads as another type, or as nothing, is quoted: `"10"` is not `10`.
    let other = serde_json::from_str::<Value>(text).is_ok_and(|value| !value.is_object() && !value.is_array());
    let misleading = other || text.trim() != text || text.is_empty();
    let text = cut(text, columns);
    if misleading { format!("\"{text}\"") } else { text }
}

/// As many as fit, and how many more there are.
fn joined(items: impl Iterator<Item = String>, columns: usize) -> String {
    let items: Vec<String> = items.collect();
    let mut text = String::new();
    for (n, item) in items.iter().enumerate() {
        let left = items.len() - n;
        if n > 0 && text.chars().count() + item.chars().count() + 2 > columns {
            return format!("{text}, … {} more", number(left));
        }
        if n > 0 {
            text.push_str(", ");
        }
        text.push_str(item);
    }
    text
}

/// The wanted value as it is shown: later parts as words.
pub(crate) fn wanted(field: &FieldDocument) -> Value {
    if field.later { without_later(&field.after, &field.before) } else { field.after.clone() }
}

/// The value with words in place of what is known later. What refers to the same thing as before says so.
fn without_later(value: &Value, before: &Value) -> Value {
    match value {
        Value::String(text) if text.contains("${") => {
            let mut names = before.as_array().map_or(std::slice::from_ref(before), Vec::as_slice).iter();
            let same = names.find_map(|name| name.as_str().filter(|name| is_id_of(text, name)));
            Value::String(same.map_or_else(|| LATER.to_owned(), |name| format!("{name} (made anew)")))
        }
        Value::Array(items) => Value::Array(items.iter().map(|item| without_later(item, before)).collect()),
        Value::Object(map) => {
            let beside = |key: &str| before.get(key).unwrap_or(&Value::Null);
            Value::Object(map.iter().map(|(key, value)| (key.clone(), without_later(value, beside(key)))).collect())
        }
        other => other.clone(),
    }
}

/// Says whether an expression stands for the id of what is referred to by that name: `${east/tunnels/a/peers/b.id}` of `a/b`.
fn is_id_of(expression: &str, name: &str) -> bool {
    let address = expression.strip_prefix("${").and_then(|rest| rest.strip_suffix(".id}"));
    let Some(address) = address.filter(|_| !name.is_empty()) else { return false };
    // A target, and then each kind with its name.
    let names: Vec<&str> = address.split('/').skip(2).step_by(2).collect();
    let own: Vec<&str> = name.split('/').collect();
    names.ends_with(&own)
}

/// The lines of a field that a new object is made with.
pub(crate) fn set(field: &FieldDocument, columns: usize) -> Vec<ValueLine> {
    let value = wanted(field);
    if field.key.is_some() {
        return sequence::items(field, columns);
    }
    match &value {
        Value::String(text) if text.lines().count() > 1 => {
            let mut lines = vec![ValueLine::new(Sign::None, 0, format!("{}:", field.name))];
            lines.extend(excerpt(text, columns));
            lines
        }
        _ => vec![ValueLine::new(Sign::None, 0, format!("{}: {}", field.name, short(&value, columns)))],
    }
}

/// The first lines of a long text.
fn excerpt(text: &str, columns: usize) -> Vec<ValueLine> {
    const LINES: usize = 6;
    let count = text.lines().count();
    let shown = if is_roomy(columns) { count } else { LINES };
    let mut lines: Vec<ValueLine> =
        text.lines().take(shown).map(|line| ValueLine::new(Sign::None, 1, cut(line, columns))).collect();
    if count > shown {
        lines.push(ValueLine::new(Sign::None, 1, format!("… {}", counted(count - shown, "more line"))));
    }
    lines
}

/// The lines of a field that changes.
pub(crate) fn change(field: &FieldDocument, columns: usize) -> Vec<ValueLine> {
    let mut lines = Vec::new();
    if field.key.is_some() {
        lines = sequence::edits(field, columns);
    } else {
        compare(&field.name, &field.before, &wanted(field), columns, &mut lines);
    }
    if let Some(first) = lines.first_mut() {
        first.note = note(field);
    }
    lines
}

/// Who moved, where that is not plain.
pub(crate) fn note(field: &FieldDocument) -> Option<&'static str> {
    match (field.cause, field.forces) {
        (Cause::Left, false) => Some("(left by a failed run)"),
        (Cause::Left, true) => Some("(forces the replacement; left by a failed run)"),
        (Cause::Change, false) if !field.takes_over.is_empty() => Some("(takes over: items of others go)"),
        (Cause::Change, false) if field.leaves.is_some() => Some("(partial: items of others stay)"),
        (Cause::Drift, false) => Some("(drift: changed at the controller)"),
        (Cause::Conflict, false) => Some("(conflict: changed in the files and at the controller)"),
        (Cause::Undeclared, false) => Some("(no longer declared)"),
        (Cause::Undeclared, true) => Some("(forces the replacement; no longer declared)"),
        (Cause::Change, true) => Some("(forces the replacement)"),
        (Cause::Drift, true) => Some("(forces the replacement; drift: changed at the controller)"),
        (Cause::Conflict, true) => {
            Some("(forces the replacement; conflict: changed in the files and at the controller)")
        }
        (Cause::Change, false) => None,
    }
}

fn compare(name: &str, before: &Value, after: &Value, columns: usize, lines: &mut Vec<ValueLine>) {
    match (before, after) {
        (Value::Object(old), Value::Object(new)) => keys(name, old, new, columns, lines),
        (Value::Array(old), Value::Array(new)) if !fits(before, after, columns) => {
            members(name, old, new, columns, lines);
        }
        (Value::String(old), Value::String(new)) if old.lines().count().max(new.lines().count()) > 1 => {
            lines.push(ValueLine::new(Sign::None, 0, format!("{name}:")));
            lines.extend(text_change(old, new, columns));
        }
        _ => {
            let half = columns / 2;
            let text = format!("{name}: {} → {}", short(before, half), short(after, half));
            lines.push(ValueLine::new(Sign::None, 0, text));
        }
    }
}

/// Columns of a line that is still read as one, however wide the paper is.
const READABLE: usize = 100;

/// Says whether two lists stand side by side on one line.
fn fits(before: &Value, after: &Value, columns: usize) -> bool {
    let whole = |value: &Value| short(value, usize::MAX).chars().count();
    whole(before) + whole(after) + 3 <= columns.min(READABLE)
}

/// An object's keys that differ, one by one.
fn keys(name: &str, old: &Map<String, Value>, new: &Map<String, Value>, columns: usize, lines: &mut Vec<ValueLine>) {
    let mut keys: Vec<&String> = old.keys().chain(new.keys()).collect();
    keys.sort();
    keys.dedup();
    for key in keys {
        let (before, after) = (old.get(key).unwrap_or(&Value::Null), new.get(key).unwrap_or(&Value::Null));
        if before != after {
            compare(&format!("{name}.{key}"), before, after, columns, lines);
        }
    }
}

/// A long list's members that come and go.
fn members(name: &str, old: &[Value], new: &[Value], columns: usize, lines: &mut Vec<ValueLine>) {
    const MEMBERS: usize = 12;
    let going: Vec<&Value> = old.iter().filter(|item| !new.contains(item)).collect();
    let coming: Vec<&Value> = new.iter().filter(|item| !old.contains(item)).collect();
    let stay = new.len() - coming.len();
    let head = match (coming.is_empty(), going.is_empty()) {
        (true, true) => format!("{name}: the same {}, in another order", counted(new.len(), "member")),
        _ => format!("{name}: {} come, {} go, {} stay", coming.len(), going.len(), stay),
    };
    lines.push(ValueLine::new(Sign::None, 0, head));
    for (sign, items) in [(Sign::Remove, going), (Sign::Add, coming)] {
        let shown = if is_roomy(columns) { items.len() } else { MEMBERS };
        lines.extend(items.iter().take(shown).map(|item| ValueLine::new(sign, 1, short(item, columns))));
        if items.len() > shown {
            lines.push(ValueLine::new(sign, 1, format!("… {} more", number(items.len() - shown))));
        }
    }
}

/// A small diff of two texts, with a line of context.
fn text_change(old: &str, new: &str, columns: usize) -> Vec<ValueLine> {
    let diff = TextDiff::from_lines(old, new);
    let mut lines = Vec::new();
    for (n, group) in diff.grouped_ops(1).iter().enumerate() {
        if n > 0 {
            lines.push(ValueLine::new(Sign::None, 1, "…"));
        }
        for change in group.iter().flat_map(|op| diff.iter_changes(op)) {
            let sign = match change.tag() {
                ChangeTag::Equal => Sign::None,
                ChangeTag::Delete => Sign::Remove,
                ChangeTag::Insert => Sign::Add,
            };
            lines.push(ValueLine::new(sign, 1, cut(change.value().trim_end(), columns)));
        }
    }
    lines
}

/// Says whether a value is what the resource is called already, by itself or below its parents.
pub(crate) fn is_named(name: &str, value: &str) -> bool {
    name.strip_suffix(value).is_some_and(|above| above.is_empty() || above.ends_with('/'))
}

/// The few fields of a new object that tell the most, on one line: short plain values, in the kind's order. Where there is
/// room, all of them as they are.
pub(crate) fn telling(name: &str, fields: &[FieldDocument], columns: usize) -> String {
    const FIELDS: usize = 3;
    const VALUE: usize = 32;
    if is_roomy(columns) {
        let told = fields.iter().filter(|field| !field.after.as_str().is_some_and(|value| is_named(name, value)));
        let parts = told.map(|field| format!("{}: {}", field.name, short(&wanted(field), columns)));
        return parts.collect::<Vec<_>>().join(", ");
    }
    let plain = |field: &&FieldDocument| match &field.after {
        Value::String(text) => !text.is_empty() && !is_named(name, text),
        Value::Number(_) | Value::Bool(_) => true,
        Value::Array(items) => !items.is_empty(),
        Value::Null | Value::Object(_) => false,
    };
    let mut parts = Vec::new();
    for field in fields.iter().filter(|field| !field.secret).filter(plain).take(FIELDS) {
        parts.push(match &field.after {
            Value::Array(items) if items.iter().any(Value::is_object) => {
                format!("{}: {}", field.name, counted(items.len(), "item"))
            }
            _ => format!("{}: {}", field.name, short(&wanted(field), VALUE)),
        });
    }
    cut(&parts.join(", "), columns)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn field(before: Value, after: Value) -> FieldDocument {
        FieldDocument::plain("f".into(), before, after, Cause::Change)
    }

    fn shown(before: Value, after: Value) -> Vec<String> {
        let lines = change(&field(before, after), 60);
        lines.iter().map(|line| format!("{}{}", line.sign.letter(), line.text)).collect()
    }

    #[test]
    fn values_are_short_and_do_not_mislead() {
        for (value, text) in [
            (json!(null), "(none)"),
            (json!(""), "\"\""),
            (json!("10"), "\"10\""),
            (json!(10), "10"),
            (json!("{\"a\": 1}"), "{\"a\": 1}"),
            (json!("10.1.0.1"), "10.1.0.1"),
            (json!(" a"), "\" a\""),
            (json!("9f86d081884c7d659a2feaa0c55ad015a3bf4f1b"), "9f86d081884c…"),
            (json!(["a", "b"]), "[a, b]"),
            (json!({ "a": 1, "b": null }), "{a: 1}"),
            (json!("one\ntwo\n"), "one (2 lines)"),
            (json!([1000000, 2000000, 3000000, 4000000]), "[1000000, 2000000, … 2 more]"),
        ] {
            assert_eq!(short(&value, 20), text);
        }
    }

    #[test]
    fn a_change_shows_what_differs_and_no_more() {
        assert_eq!(shown(json!("a"), json!("b")), [" f: a → b"]);
        assert_eq!(shown(json!({ "x": 1, "y": 2 }), json!({ "x": 1, "y": 3 })), [" f.y: 2 → 3"]);
        assert_eq!(shown(json!(["a"]), json!(["a", "b"])), [" f: [a] → [a, b]"]);
        assert_eq!(shown(json!("a\nb\nc\nd\n"), json!("a\nb\nx\nd\n")), [" f:", " b", "-c", "+x", " d"]);
        let old: Vec<String> = (0..40).map(|n| format!("10.0.{n}.0/24")).collect();
        let mut new = old.clone();
        new.remove(3);
        new.push("10.9.9.0/24".into());
        let lines = shown(json!(old), json!(new));
        assert_eq!(lines, [" f: 1 come, 1 go, 39 stay", "-10.0.3.0/24", "+10.9.9.0/24"]);
        new = old.iter().rev().cloned().collect();
        assert_eq!(shown(json!(old), json!(new)), [" f: the same 40 members, in another order"]);
    }

    #[test]
    fn later_values_are_words() {
        let mut later = field(json!("a"), json!(["x", "${nf/networks/acme.id}"]));
        later.later = true;
        assert_eq!(change(&later, 60)[0].text, "f: a → [x, (known after apply)]");
    }

    #[test]
    fn what_refers_to_the_same_thing_as_before_says_that_it_is_made_anew() {
        let told = |before: Value, after: Value| {
            let mut later = field(before, after);
            later.later = true;
            change(&later, 60).into_iter().map(|line| line.text).collect::<Vec<_>>().join("\n")
        };
        let tunnel = "${east/endpoints/p/tunnels/t.id}";
        assert_eq!(told(json!("p/t"), json!(tunnel)), "f: p/t → p/t (made anew)");
        assert_eq!(told(json!("t"), json!(tunnel)), "f: t → t (made anew)");
        for other in ["q/t", "p/u", "p", ""] {
            assert!(told(json!(other), json!(tunnel)).ends_with("(known after apply)"), "{other}");
        }
        let address = "${east/endpoints/p/tunnels/t.address}";
        assert!(told(json!("p/t"), json!(address)).ends_with("(known after apply)"), "it is no reference");
    }
}
