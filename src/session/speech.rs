//! The words of servers: whether an answer is an error, and in which words it says so.

use serde_json::Value;

use crate::redact::Redactor;
use crate::spec::{Dialect, Provider, lookup};
use wire::Response;

/// Says whether a body is an error in one of the API's own forms.
pub(super) fn is_error(dialect: &Dialect, body: &Value) -> bool {
    let holds = |place: &&str| lookup(body, place).is_some_and(|value| !value.is_null() && value != "");
    dialect.errors.iter().any(|form| form.iter().all(holds))
}

/// Says whether the body of an answer that says success is an error all the same.
pub(super) fn is_error_in_success(dialect: &Dialect, body: &Value) -> bool {
    is_error(dialect, body) || dialect.errors_in_success.iter().any(|place| is_error_at(body, place))
}

/// Says whether the value at a place is an error: no success leaves a word there.
fn is_error_at(body: &Value, place: &str) -> bool {
    let (around, is_below) = match place.rsplit_once('.') {
        Some((around, _)) => (lookup(body, around), true),
        None => (Some(body), false),
    };
    let stands_alone = around.and_then(Value::as_object).is_some_and(|map| map.len() == 1);
    match lookup(body, place) {
        None | Some(Value::Null | Value::Bool(false) | Value::Number(_)) => false,
        Some(Value::Object(map)) if map.contains_key("message") => true,
        Some(Value::Object(map)) if map.is_empty() => false,
        Some(Value::Array(list)) if list.is_empty() => false,
        Some(Value::String(text)) if text.is_empty() => false,
        Some(Value::Bool(true) | Value::Object(_) | Value::Array(_) | Value::String(_)) => !is_below || stands_alone,
    }
}

/// The server's own words, from any of the shapes that it uses. Secrets are redacted before anything is cut short, so that
/// not even a part of one is left.
pub(super) fn told_in_json(provider: &Provider, body: &Value, redactor: &Redactor) -> String {
    let mut places = provider.dialect.messages.iter();
    match places.find_map(|place| lookup(body, place).filter(|value| !value.is_null())) {
        Some(Value::String(text)) => redactor.redact(text),
        Some(other) => short(&redactor.redact(&other.to_string())),
        None => short(&redactor.redact(&body.to_string())),
    }
}

/// The text that a reply has for people, where it has one.
pub(super) fn words(provider: &Provider, reply: &Value, redactor: &Redactor) -> Option<String> {
    let mut texts = provider.dialect.messages.iter().filter_map(|place| lookup(reply, place)?.as_str());
    texts.find(|text| !text.is_empty()).map(|text| short(&redactor.redact(text)))
}

/// The words of an answer that is no JSON; of an HTML page, its title.
pub(super) fn told_in_text(response: &Response, redactor: &Redactor) -> String {
    let text = redactor.redact(&String::from_utf8_lossy(&response.body));
    let text = text.trim();
    if text.is_empty() {
        return "no words".into();
    }
    match html_title(text) {
        Some(title) => format!("an HTML page: {title}"),
        None => short(text),
    }
}

fn html_title(text: &str) -> Option<String> {
    let lower = text.to_ascii_lowercase();
    if !lower.starts_with('<') {
        return None;
    }
    let start = lower.find("<title>").map(|at| at + "<title>".len())?;
    let end = lower.get(start..)?.find("</title>")? + start;
    text.get(start..end).map(|title| short(title.trim()))
}

/// The beginning of a long text that fits a message.
fn short(text: &str) -> String {
    const LIMIT: usize = 300;
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(LIMIT) {
        Some((at, _)) => format!("{}…", &line[..at]),
        None => line,
    }
}
