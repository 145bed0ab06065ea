//! Lists: filters, search, order, pages and projection (cloudify.md#lists).

use std::cmp::Ordering;

use serde_json::{Value, json};

use super::call::Call;
use super::fields::{Field, Role, View, included, offered, offered_names, print};
use super::refusal::{Outcome, Refusal, bad_parameters, illegal_action, validation};
use super::release::{ALL_RESULTS, CAPPED_PAGES, FILTERED, UNSTABLE_ORDER};
use super::world::World;
use wire::Response;

/// The page size when none is asked for, and the cap of the releases that have one.
const PAGE: usize = 1000;

/// The page of events when none is asked for (cloudify.md#events).
pub(crate) const EVENT_PAGE: usize = 10_000;

/// The field that `_search` looks at: the first of these that the kind has.
const SEARCHED: [&str; 4] = ["id", "key", "name", "username"];

/// Answers a list of the rows.
pub(crate) fn list<'r, T: 'r>(
    world: &World,
    call: &Call,
    fields: &[Field<T>],
    rows: impl Iterator<Item = &'r T>,
) -> Outcome {
    let view = View { world, viewer: &call.viewer, detail: call.flag("_get_data")? };
    let included = included(fields, call, Role::IncludeInList)?;
    let filters = filters(fields, call)?;
    let order = order(fields, call)?;
    let page = Page::read(call, PAGE)?;
    let mut rows: Vec<&T> = rows.filter(|row| filters.iter().all(|filter| filter.passes(row, &view))).collect();
    if order.is_empty() {
        if call.release.has(UNSTABLE_ORDER) && !rows.is_empty() {
            let turn = usize::try_from(world.now / super::POLL).unwrap_or_default() % rows.len();
            rows.rotate_left(turn);
        }
    } else {
        let mut keyed: Vec<(Vec<Value>, &T)> = rows
            .into_iter()
            .map(|row| (order.iter().map(|(field, _)| (field.get)(row, &view)).collect(), row))
            .collect();
        keyed.sort_by(|(left, _), (right, _)| compare(left, right, &order));
        rows = keyed.into_iter().map(|(_, row)| row).collect();
    }
    let total = rows.len();
    page.check_cap(call, total)?;
    let items = page.cut(rows).into_iter().map(|row| print(row, &included, &view)).collect();
    Ok(Response::json(200, &envelope(call, items, page.metadata(total))))
}

/// The body of a list.
fn envelope(call: &Call, items: Vec<Value>, pagination: Value) -> Value {
    let metadata = match call.release.has(FILTERED) {
        true => json!({"pagination": pagination, "filtered": null}),
        false => json!({"pagination": pagination}),
    };
    json!({"items": items, "metadata": metadata})
}

struct Filter<'f, T> {
    field: &'f Field<T>,
    wanted: Vec<String>,
    /// Whether a part of the value is enough and case is ignored.
    search: bool,
}

impl<T> Filter<'_, T> {
    fn passes(&self, row: &T, view: &View) -> bool {
        let value = match (self.field.get)(row, view) {
            Value::Null => return false,
            Value::String(text) => text,
            // Clients in Python write `True`.
            Value::Bool(flag) => {
                return self.wanted.iter().any(|wanted| wanted.eq_ignore_ascii_case(&flag.to_string()));
            }
            other => other.to_string(),
        };
        match self.search {
            true => self.wanted.iter().any(|part| value.to_lowercase().contains(&part.to_lowercase())),
            false => self.wanted.contains(&value),
        }
    }
}

/// The filters of the query: values of one field are alternatives, fields add up. Reserved names start with `_`.
fn filters<'f, T>(fields: &'f [Field<T>], call: &Call) -> Result<Vec<Filter<'f, T>>, Refusal> {
    let find =
        |name: &str| fields.iter().find(|field| field.name == name && offered(field, Role::Filter, call.release));
    let mut filters: Vec<Filter<'f, T>> = Vec::new();
    let mut unknown: Vec<String> = Vec::new();
    for (name, value) in call.query() {
        let (field, search) = match name.as_str() {
            "_search" => (SEARCHED.iter().find_map(|name| find(name)), true),
            "_search_name" => (find("display_name"), true),
            reserved if reserved.starts_with('_') => continue,
            name => (find(name), false),
        };
        let Some(field) = field else {
            unknown.push(format!("'{name}'"));
            continue;
        };
        match filters.iter_mut().find(|filter| filter.field.name == field.name && filter.search == search) {
            Some(filter) => filter.wanted.push(value.clone()),
            None => filters.push(Filter { field, wanted: vec![value.clone()], search }),
        }
    }
    if unknown.is_empty() { Ok(filters) } else { Err(unknown_keys("Filter", &unknown, fields, call)) }
}

fn unknown_keys<T>(what: &str, unknown: &[String], fields: &[Field<T>], call: &Call) -> Refusal {
    bad_parameters(format!(
        "{what} keys '[{}]' do not exist. Allowed keys are: {}",
        unknown.join(", "),
        offered_names(fields, Role::Filter, call.release)
    ))
}

/// The keys of `_sort`, in order; the flag says descending.
fn order<'f, T>(fields: &'f [Field<T>], call: &Call) -> Result<Vec<(&'f Field<T>, bool)>, Refusal> {
    let mut order = Vec::new();
    for (_, value) in call.query().iter().filter(|(name, _)| name == "_sort") {
        let (name, descending) = match value.strip_prefix('-') {
            Some(name) => (name, true),
            None => (value.strip_prefix('+').unwrap_or(value), false),
        };
        match fields.iter().find(|field| field.name == name && offered(field, Role::Filter, call.release)) {
            Some(field) => order.push((field, descending)),
            None => return Err(unknown_keys("Sort", &[format!("'{name}'")], fields, call)),
        }
    }
    Ok(order)
}

fn compare<T>(left: &[Value], right: &[Value], order: &[(&Field<T>, bool)]) -> Ordering {
    left.iter()
        .zip(right)
        .zip(order)
        .map(|((left, right), (_, descending))| {
            let ordering = compare_values(left, right);
            if *descending { ordering.reverse() } else { ordering }
        })
        .find(|ordering| ordering.is_ne())
        .unwrap_or(Ordering::Equal)
}

/// Numbers by size, texts by letters, null last: the database's order.
fn compare_values(left: &Value, right: &Value) -> Ordering {
    match (left, right) {
        (Value::Null, Value::Null) => Ordering::Equal,
        (Value::Null, _) => Ordering::Greater,
        (_, Value::Null) => Ordering::Less,
        (Value::Number(left), Value::Number(right)) => {
            left.as_f64().partial_cmp(&right.as_f64()).unwrap_or(Ordering::Equal)
        }
        (Value::String(left), Value::String(right)) => left.cmp(right),
        (left, right) => left.to_string().cmp(&right.to_string()),
    }
}

/// Which rows are asked for.
pub(crate) struct Page {
    size: usize,
    offset: usize,
    printed_size: usize,
    /// `_get_all_results`: the page is printed, not cut.
    everything: bool,
    capped: bool,
    asked: bool,
}

impl Page {
    /// Reads `_size` and `_offset`; `default` is the size when none is asked for.
    pub(crate) fn read(call: &Call, default: usize) -> Result<Page, Refusal> {
        let size = number(call, "_size")?;
        let offset = number(call, "_offset")?;
        let everything = call.release.has(ALL_RESULTS) && call.flag("_get_all_results")?;
        // Events have their own page in every release (texts, List events).
        let capped = call.release.has(CAPPED_PAGES) && default == PAGE;
        let size_when_unasked = match (capped, offset) {
            (true, Some(_)) => 0,
            (true, None) => usize::MAX,
            (false, _) => default,
        };
        if capped && size.is_some_and(|size| size > PAGE) {
            return Err(illegal_action(format!("Invalid pagination size: {}.", size.unwrap_or_default())));
        }
        Ok(Page {
            size: size.unwrap_or(size_when_unasked),
            offset: offset.unwrap_or(0),
            printed_size: size.unwrap_or(if capped { 0 } else { default }),
            everything,
            capped,
            asked: size.is_some() || offset.is_some(),
        })
    }

    /// The releases with a cap refuse an unpaged answer that is larger.
    fn check_cap(&self, call: &Call, total: usize) -> Result<(), Refusal> {
        if self.capped && !self.asked && !self.everything && total > PAGE {
            return Err(illegal_action(format!(
                "Response size ({total}) bigger than max allowed ({PAGE}), please use pagination. (version {})",
                call.release.printed()
            )));
        }
        Ok(())
    }

    /// The rows of the page.
    pub(crate) fn cut<R>(&self, rows: Vec<R>) -> Vec<R> {
        if self.everything { rows } else { rows.into_iter().skip(self.offset).take(self.size).collect() }
    }

    /// `metadata.pagination`.
    pub(crate) fn metadata(&self, total: usize) -> Value {
        json!({"total": total, "size": self.printed_size, "offset": self.offset})
    }
}

fn number(call: &Call, name: &str) -> Result<Option<usize>, Refusal> {
    let Some(text) = call.argument(name) else { return Ok(None) };
    match text.parse::<i64>() {
        Ok(number) => usize::try_from(number).map(Some).map_err(|_| {
            validation(
                "Pagination",
                name,
                "ensure this value is greater than or equal to 0 (type=value_error.number.not_ge; limit_value=0)",
            )
        }),
        Err(_) => Err(validation("Pagination", name, "value is not a valid integer (type=type_error.integer)")),
    }
}
