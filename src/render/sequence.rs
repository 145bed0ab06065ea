//! Ordered lists: what comes, goes, moves and changes, each among its neighbours.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::render::document::{EditDocument, FieldDocument};
use crate::render::page::is_roomy;
use crate::render::values::{Sign, ValueLine, short};
use crate::render::words::counted;

/// Items of a new list that are shown; who wants all of them has the file.
const FIRST: usize = 6;

/// Items around an edit that are shown, so that one sees where it stands.
const CONTEXT: usize = 1;

/// Edited items that are shown of one list.
const EDITS: usize = 60;

/// The items of a new list.
pub(crate) fn items(field: &FieldDocument, columns: usize) -> Vec<ValueLine> {
    let items = list(&field.after);
    let mut lines = vec![ValueLine::new(Sign::None, 0, format!("{}: {}", field.name, counted(items.len(), "item")))];
    let first = if is_roomy(columns) { items.len() } else { FIRST };
    let shown = items.iter().take(first).enumerate();
    lines.extend(
        shown.map(|(n, item)| ValueLine::new(Sign::None, 1, format!("{:>3}  {}", n + 1, one(field, item, columns)))),
    );
    if items.len() > first {
        lines.push(ValueLine::new(Sign::None, 1, format!("  …  {}", counted(items.len() - first, "more item"))));
    }
    lines
}

/// A row of the old and new list laid over each other.
struct EditRow {
    sign: Sign,
    text: String,
}

/// The edits of a list, in the order of the list, each with its neighbours. Places count from 1, as people do.
pub(crate) fn edits(field: &FieldDocument, columns: usize) -> Vec<ValueLine> {
    let rows = rows(field, columns);
    let near = |at: usize| {
        let around = rows.iter().skip(at.saturating_sub(CONTEXT)).take(at.min(CONTEXT) + 1 + CONTEXT);
        around.into_iter().any(|row| row.sign != Sign::None)
    };
    let mut lines = vec![ValueLine::new(Sign::None, 0, format!("{}: {}", field.name, tally(&field.edits)))];
    let mut edited = 0;
    let mut gap = false;
    for (at, row) in rows.iter().enumerate() {
        if !near(at) {
            gap = true;
            continue;
        }
        if std::mem::take(&mut gap) {
            lines.push(ValueLine::new(Sign::None, 1, "  …"));
        }
        edited += usize::from(row.sign != Sign::None);
        if edited > EDITS && !is_roomy(columns) {
            let left = rows.iter().skip(at).filter(|row| row.sign != Sign::None).count();
            lines.push(ValueLine::new(Sign::None, 1, format!("  …  {}", counted(left, "more edit"))));
            return lines;
        }
        lines.push(ValueLine::new(row.sign, 1, row.text.clone()));
    }
    if gap {
        lines.push(ValueLine::new(Sign::None, 1, "  …"));
    }
    lines
}

/// How many edits of each sort: `1 inserted, 2 moved`.
fn tally(edits: &[EditDocument]) -> String {
    let count = |is: fn(&EditDocument) -> bool| edits.iter().filter(|edit| is(edit)).count();
    let counts = [
        (count(|edit| matches!(edit, EditDocument::Insert { .. })), "inserted"),
        (count(|edit| matches!(edit, EditDocument::Move { .. })), "moved"),
        (count(|edit| matches!(edit, EditDocument::Change { .. })), "changed"),
        (count(|edit| matches!(edit, EditDocument::Delete { .. })), "deleted"),
    ];
    let words: Vec<String> = counts.iter().filter(|(n, _)| *n > 0).map(|(n, word)| format!("{n} {word}")).collect();
    words.join(", ")
}

/// The edits by the place at which they have an effect.
#[derive(Default)]
struct Places<'e> {
    inserted: BTreeMap<usize, &'e Value>,
    deleted: BTreeMap<usize, &'e Value>,
    /// By new place: the old one.
    arrived: BTreeMap<usize, usize>,
    /// By old place.
    left: BTreeMap<usize, ()>,
    changed: BTreeMap<usize, (&'e Value, &'e Value)>,
}

impl<'e> Places<'e> {
    fn of(edits: &'e [EditDocument]) -> Places<'e> {
        let mut places = Places::default();
        for edit in edits {
            match edit {
                EditDocument::Insert { at, item } => {
                    places.inserted.insert(*at, item);
                }
                EditDocument::Delete { at, item } => {
                    places.deleted.insert(*at, item);
                }
                EditDocument::Move { from, to, item: _ } => {
                    places.arrived.insert(*to, *from);
                    places.left.insert(*from, ());
                }
                EditDocument::Change { at, before, after } => {
                    places.changed.insert(*at, (before, after));
                }
            }
        }
        places
    }
}

/// Both lists laid over each other: what stays, stays in one order in both, so one walk meets every item once.
fn rows(field: &FieldDocument, columns: usize) -> Vec<EditRow> {
    let (old, new) = (list(&field.before), list(&field.after));
    let places = Places::of(&field.edits);
    let mut rows = Vec::with_capacity(new.len() + places.deleted.len());
    let mut o = 0;
    let row = |sign, number: usize, text: String| EditRow { sign, text: format!("{number:>3}  {text}") };
    for (n, item) in new.iter().enumerate() {
        while o < old.len() && (places.deleted.contains_key(&o) || places.left.contains_key(&o)) {
            if let Some(gone) = places.deleted.get(&o) {
                rows.push(row(Sign::Remove, o + 1, one(field, gone, columns)));
            }
            o += 1;
        }
        let moved = places.arrived.get(&n);
        let changed = places.changed.get(&n).map(|(before, after)| differing(before, after, columns));
        let text = one(field, item, columns);
        rows.push(match (places.inserted.contains_key(&n), moved, changed) {
            (true, _, _) => row(Sign::Add, n + 1, text),
            (_, Some(from), None) => row(Sign::Move, n + 1, format!("{text}  (was {})", from + 1)),
            (_, Some(from), Some(changed)) => row(Sign::Move, n + 1, format!("{text}  (was {}; {changed})", from + 1)),
            (_, None, Some(changed)) => row(Sign::Change, n + 1, format!("{text}  ({changed})")),
            (_, None, None) => row(Sign::None, n + 1, text),
        });
        let stayed = !places.inserted.contains_key(&n) && moved.is_none();
        o += usize::from(stayed);
    }
    for (at, gone) in places.deleted.range(o..) {
        rows.push(row(Sign::Remove, at + 1, one(field, gone, columns)));
    }
    rows
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

/// An item on one line: what tells it apart, then the rest of it.
fn one(field: &FieldDocument, item: &Value, columns: usize) -> String {
    let key = field.key.as_deref().unwrap_or_default();
    let Some(map) = item.as_object() else { return short(item, columns) };
    let mut text = map.get(key).map_or_else(String::new, |value| short(value, columns));
    let worth = |value: &Value| !matches!(value, Value::Null) && value != "";
    let rest = map.iter().filter(|(name, value)| *name != key && worth(value));
    let rest: Vec<String> = rest.map(|(name, value)| format!("{name}: {}", short(value, columns / 3))).collect();
    if !rest.is_empty() {
        let gap = if text.is_empty() { "" } else { "  " };
        text = format!("{text}{gap}# {}", rest.join(", "));
    }
    crate::render::page::cut(&text, columns)
}

/// The keys that the wanted item says otherwise.
fn differing(before: &Value, after: &Value, columns: usize) -> String {
    let (Some(old), Some(new)) = (before.as_object(), after.as_object()) else {
        return format!("was {}", short(before, columns / 2));
    };
    let differs = new.iter().filter(|(name, value)| old.get(*name).unwrap_or(&Value::Null) != *value);
    let words =
        differs.map(|(name, _)| format!("{name} was {}", short(old.get(name).unwrap_or(&Value::Null), columns / 3)));
    words.collect::<Vec<_>>().join(", ")
}
