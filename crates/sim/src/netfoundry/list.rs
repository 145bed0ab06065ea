//! Lists: filters, sorting, paging and the envelope (netfoundry.md#lists).

use std::cmp::Ordering;

use serde_json::{Map, Value, json};

use super::Platform;
use super::call::{Call, hal};
use super::kind::Kind;
use super::policies;
use super::refusal::Refusal;
use super::store::{Life, Object};
use wire::Response;

/// Spring's page size when none is asked for.
const DEFAULT_SIZE: usize = 20;

/// The largest page; the client library asks for 1000 (netfoundry.md#lists), and no source shows more.
const LARGEST_SIZE: usize = 1000;

/// Parameters that are no filters.
const CONTROLS: [&str; 5] = ["page", "size", "sort", "embed", "beta"];

/// A page that was asked for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Page {
    number: usize,
    size: usize,
}

impl Page {
    /// Reads `page` and `size`; what cannot be read counts as not given, as Spring has it.
    pub(crate) fn of(call: &Call) -> Page {
        let number = |name: &str| call.request.query_value(name).and_then(|text| text.parse::<usize>().ok());
        let size = number("size").filter(|size| *size > 0).unwrap_or(DEFAULT_SIZE).min(LARGEST_SIZE);
        Page { number: number("page").unwrap_or(0), size }
    }

    /// The part of a list that is on this page.
    pub(crate) fn cut<'a, T>(&self, all: &'a [T]) -> &'a [T] {
        let start = self.number.saturating_mul(self.size).min(all.len());
        let end = start.saturating_add(self.size).min(all.len());
        all.get(start..end).unwrap_or_default()
    }

    /// The envelope around the members of this page; an empty page has no `_embedded`.
    pub(crate) fn envelope(&self, key: &str, members: Vec<Value>, total: usize, call: &Call) -> Value {
        let mut envelope = Map::new();
        if !members.is_empty() {
            envelope.insert("_embedded".to_owned(), json!({ key: members }));
        }
        let here = format!("{}{}", call.base, call.request.url);
        envelope.insert("_links".to_owned(), json!({ "self": { "href": here } }));
        let page = json!({
            "number": self.number,
            "size": self.size,
            "totalElements": total,
            "totalPages": total.div_ceil(self.size),
        });
        envelope.insert("page".to_owned(), page);
        envelope.into()
    }
}

impl Platform {
    /// `GET <collection>` (netfoundry.md#lists).
    pub(super) fn list(&self, kind: Kind, call: &Call) -> Result<Response, Refusal> {
        let filters: Vec<(String, String)> =
            call.request.query().into_iter().filter(|(name, _)| !CONTROLS.contains(&name.as_str())).collect();
        let wants_deleted = filters.iter().any(|(name, value)| name == "status" && value == "DELETED");
        let mut found: Vec<&Object> = self
            .store
            .of_kind(kind.stored())
            .filter(|object| object.listed <= call.now && policies::belongs(object, kind))
            .filter(|object| match object.life {
                Life::Gone => wants_deleted && kind.traits().keeps_deleted,
                _ => !wants_deleted,
            })
            .filter(|object| filters.iter().all(|(name, value)| self.passes(object, kind, name, value, call.now)))
            .collect();
        self.sort(&mut found, kind, call)?;

        let page = Page::of(call);
        let create = call.wants_create_form();
        let members = page.cut(&found).iter().map(|object| match create {
            false => self.read(object, kind, call),
            true => {
                let mut form = self.create_form(object, kind, call);
                let link = call.core_link(&format!("{}/{}", kind.traits().path, object.id));
                form.insert("_links".to_owned(), json!({ "self": link }));
                form.into()
            }
        });
        let key = if create { kind.create_list_key() } else { kind.list_key() };
        Ok(hal(200, &page.envelope(&key, members.collect(), found.len(), call)))
    }

    /// Any field filters, and filters are combined by AND (netfoundry.md#lists); a parameter that is no field is
    /// ignored.
    fn passes(&self, object: &Object, kind: Kind, name: &str, value: &str, now: u64) -> bool {
        let field = match (kind, name) {
            // Gone objects were chosen before, and most kinds have no status to compare.
            (_, "status") if value == "DELETED" => return true,
            // Networks are found by `findBy…` only.
            (Kind::Network, "name" | "networkGroupId") => return true,
            (Kind::Network, "findByName") => "name",
            (Kind::Network, "findByNetworkGroupId") => "networkGroupId",
            _ => name,
        };
        match self.field(object, field, now) {
            // A field that this object lacks and others have; what no object has is no filter.
            None => !kind.traits().fields.iter().any(|known| known.name == field),
            Some(Value::String(text)) if field == "name" => like(value, &text),
            Some(held) => equals(&held, value),
        }
    }

    fn sort(&self, found: &mut [&Object], kind: Kind, call: &Call) -> Result<(), Refusal> {
        let Some(text) = call.request.query_value("sort").filter(|text| !text.is_empty()) else { return Ok(()) };
        if !kind.traits().sorts {
            return Err(Refusal::Spring(500, format!("No property {text} found")));
        }
        let (name, direction) = text.split_once(',').unwrap_or((&text, "asc"));
        let descending = direction.eq_ignore_ascii_case("desc");
        if let Some(first) = found.first()
            && self.field(first, name, call.now).is_none()
        {
            return Err(Refusal::Spring(500, format!("No property {name} found")));
        }
        let compare = |left: &Value, right: &Value| if descending { order(right, left) } else { order(left, right) };
        let mut keyed: Vec<(Value, &Object)> =
            found.iter().map(|object| (self.field(object, name, call.now).unwrap_or_default(), *object)).collect();
        keyed.sort_by(|(left, _), (right, _)| compare(left, right));
        for (place, (_, object)) in found.iter_mut().zip(keyed) {
            *place = object;
        }
        Ok(())
    }
}

/// Says whether a field has the value that a query names; a list has each of its members.
pub(super) fn equals(field: &Value, wanted: &str) -> bool {
    match field {
        Value::String(text) => text == wanted,
        Value::Array(items) => items.iter().any(|item| equals(item, wanted)),
        // `True` is true: the client library writes Python.
        other => other.to_string().eq_ignore_ascii_case(wanted),
    }
}

fn order(left: &Value, right: &Value) -> Ordering {
    match (left.as_str(), right.as_str()) {
        (Some(left), Some(right)) => left.to_lowercase().cmp(&right.to_lowercase()).then_with(|| left.cmp(right)),
        _ => left.to_string().cmp(&right.to_string()),
    }
}

/// SQL's LIKE without case: `%` is any text, `_` any letter (netfoundry.md#lists).
fn like(pattern: &str, text: &str) -> bool {
    let pattern: Vec<char> = pattern.to_lowercase().chars().collect();
    let text: Vec<char> = text.to_lowercase().chars().collect();
    // `reached[i]`: the pattern so far matches the first `i` letters.
    let mut reached = vec![false; text.len() + 1];
    if let Some(start) = reached.first_mut() {
        *start = true;
    }
    for symbol in pattern {
        let before = reached.clone();
        let mut any = false;
        for (index, place) in reached.iter_mut().enumerate() {
            let here = before.get(index).copied().unwrap_or_default();
            any |= here;
            let step = index > 0
                && before.get(index - 1).copied().unwrap_or_default()
                && (symbol == '_' || text.get(index - 1) == Some(&symbol));
            *place = if symbol == '%' { any } else { step };
        }
    }
    reached.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::like;

    #[test]
    fn like_knows_its_wildcards() {
        for (pattern, text, expected) in [
            ("branch", "Branch", true),
            ("branch", "branch-1", false),
            ("branch%", "branch-1", true),
            ("%-1", "branch-1", true),
            ("b_anch", "branch", true),
            ("a_b", "axb", true),
            ("a_b", "ab", false),
            ("", "", true),
            ("%", "", true),
            ("a%b%c", "a-b-b-c", true),
            ("a%b%c", "a-c-b", false),
        ] {
            assert_eq!(like(pattern, text), expected, "{pattern} {text}");
        }
    }
}
