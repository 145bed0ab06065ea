//! The outputs of live objects: values that others take.

use crate::attr::{Attr, Output};
use crate::redact::Redactor;
use crate::spec::{Kind, lookup, read};
use crate::state::live::Live;

/// The value of an output as others take it: a secret that comes back through an output stays one. Ids are in every path.
pub(crate) fn taken_output(live: &Live, kind: &Kind, output: &Output, secrets: &Redactor) -> Option<Attr> {
    let value = live_output(live, kind, &output.field)?;
    match output.field.as_str() {
        "id" => Some(value),
        field => Some(secrets.conceal(&format!("{}.{field}", output.address), value)),
    }
}

/// The value of an output of a live object; `None` while it has none.
pub(crate) fn live_output(live: &Live, kind: &Kind, field: &str) -> Option<Attr> {
    let (head, rest) = field.split_once('.').unwrap_or((field, ""));
    let value = match (head, kind.field(head)) {
        ("id", None) => {
            let id = if kind.api.id.is_empty() { None } else { lookup(&live.raw, kind.api.id) };
            id.map_or_else(|| Attr::text(live.id.as_str()), Attr::from_json)
        }
        (_, Some(declared)) => read(declared, &live.raw),
        (_, None) => Attr::from_json(lookup(&live.raw, head)?),
    };
    part(value, rest)
}

/// The part of a value under keys joined by dots; `None` where there is none.
pub(crate) fn part(value: Attr, path: &str) -> Option<Attr> {
    let value = path.split('.').filter(|key| !key.is_empty()).try_fold(value, |value, key| match value {
        Attr::Map(mut map) => map.remove(key),
        Attr::List(mut items) => key.parse::<usize>().ok().filter(|&n| n < items.len()).map(|n| items.swap_remove(n)),
        _ => None,
    })?;
    (!value.is_null()).then_some(value)
}
