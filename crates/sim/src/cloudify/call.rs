//! One request, read: who calls, in which tenant, with which arguments; and the checks that the API makes of them.

use serde_json::{Map, Value};

use super::refusal::{Refusal, bad_parameters, page, unsupported_content_type};
use super::release::Release;
use wire::Request;

/// Who looks, and from where.
#[derive(Debug, Clone, Default)]
pub(crate) struct Viewer {
    /// The user.
    pub username: String,
    /// The tenant that the request names; the default tenant when it names none.
    pub tenant: String,
    /// Whether the user is a system administrator, directly or through a group.
    pub sys_admin: bool,
    /// Whether the user manages the tenant.
    pub manager: bool,
    /// The tenants that the user is a member of, directly or through a group.
    pub tenants: Vec<String>,
}

/// A request that has passed the gates.
pub(crate) struct Call<'a> {
    request: &'a Request,
    query: Vec<(String, String)>,
    /// The words that the placeholders of the route matched.
    pub arguments: Vec<String>,
    /// Who calls.
    pub viewer: Viewer,
    /// The release that answers.
    pub release: Release,
}

impl<'a> Call<'a> {
    /// A call of a matched route.
    pub(crate) fn new(request: &'a Request, arguments: Vec<String>, viewer: Viewer, release: Release) -> Call<'a> {
        Call { request, query: request.query(), arguments, viewer, release }
    }

    /// The id in the path; the first placeholder.
    pub(crate) fn id(&self) -> &str {
        self.arguments.first().map(String::as_str).unwrap_or_default()
    }

    /// The query's pairs.
    pub(crate) fn query(&self) -> &[(String, String)] {
        &self.query
    }

    /// A query argument; of a repeated one, the first.
    pub(crate) fn argument(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// A query argument that is true or false; absent is false.
    pub(crate) fn flag(&self, name: &str) -> Result<bool, Refusal> {
        self.argument(name).map_or(Ok(false), |text| truth(name, &Value::from(text)))
    }

    /// The body as sent.
    pub(crate) fn bytes(&self) -> &'a [u8] {
        &self.request.body
    }

    /// The content type, if one was sent.
    pub(crate) fn content_type(&self) -> Option<&str> {
        self.request.header_value("Content-Type")
    }

    /// The JSON body. The content type must be `application/json` exactly (cloudify.md#requests).
    pub(crate) fn json(&self) -> Result<Input, Refusal> {
        if self.content_type() != Some("application/json") {
            return Err(unsupported_content_type());
        }
        match serde_json::from_slice(self.bytes()) {
            Ok(Value::Object(map)) => Ok(Input(map)),
            Ok(_) => Err(bad_parameters("Request body is not a dict")),
            Err(_) => Err(page(400)),
        }
    }

    /// The JSON body, or an empty one where none was sent.
    pub(crate) fn optional_json(&self) -> Result<Input, Refusal> {
        if self.bytes().is_empty() { Ok(Input(Map::new())) } else { self.json() }
    }
}

/// The JSON object of a request's body. Unknown keys are ignored, wrong types refused (cloudify.md#requests).
#[derive(Debug, Clone, Default)]
pub(crate) struct Input(Map<String, Value>);

impl From<Map<String, Value>> for Input {
    fn from(map: Map<String, Value>) -> Input {
        Input(map)
    }
}

impl Input {
    /// A value as sent.
    pub(crate) fn get(&self, key: &str) -> Option<&Value> {
        self.0.get(key)
    }

    /// Everything that was sent.
    pub(crate) fn entries(&self) -> &Map<String, Value> {
        &self.0
    }

    /// Says whether nothing was sent.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Says whether any of the keys was sent.
    pub(crate) fn has_any(&self, keys: &[&str]) -> bool {
        keys.iter().any(|key| self.0.contains_key(*key))
    }

    /// A value that must be there.
    pub(crate) fn required(&self, key: &str) -> Result<&Value, Refusal> {
        self.get(key).ok_or_else(|| missing(key))
    }

    /// A text that must be there.
    pub(crate) fn required_text(&self, key: &str) -> Result<&str, Refusal> {
        self.text(key)?.ok_or_else(|| missing(key))
    }

    /// A text, where it was sent.
    pub(crate) fn text(&self, key: &str) -> Result<Option<&str>, Refusal> {
        self.get(key).map(|value| value.as_str().ok_or_else(|| wrong_type(key, "str"))).transpose()
    }

    /// A text that may be null as well.
    pub(crate) fn nullable_text(&self, key: &str) -> Result<Option<&str>, Refusal> {
        if self.get(key) == Some(&Value::Null) { Ok(None) } else { self.text(key) }
    }

    /// True or false, where it was sent; the strings count too.
    pub(crate) fn flag(&self, key: &str) -> Result<Option<bool>, Refusal> {
        self.get(key).map(|value| truth(key, value)).transpose()
    }

    /// True where it was sent as true.
    pub(crate) fn is_set(&self, key: &str) -> Result<bool, Refusal> {
        Ok(self.flag(key)?.unwrap_or(false))
    }

    /// An object, where it was sent.
    pub(crate) fn object(&self, key: &str) -> Result<Option<&Map<String, Value>>, Refusal> {
        self.get(key).map(|value| value.as_object().ok_or_else(|| wrong_type(key, "dict"))).transpose()
    }

    /// A list, where it was sent.
    pub(crate) fn list(&self, key: &str) -> Result<Option<&Vec<Value>>, Refusal> {
        self.get(key).map(|value| value.as_array().ok_or_else(|| wrong_type(key, "list"))).transpose()
    }
}

fn missing(key: &str) -> Refusal {
    bad_parameters(format!("Missing {key} in json request body"))
}

fn wrong_type(key: &str, wanted: &str) -> Refusal {
    bad_parameters(format!("parameter `{key}` must be of type `{wanted}`"))
}

fn truth(name: &str, value: &Value) -> Result<bool, Refusal> {
    match value {
        Value::Bool(flag) => Ok(*flag),
        Value::String(text) if text.eq_ignore_ascii_case("true") => Ok(true),
        Value::String(text) if text.eq_ignore_ascii_case("false") => Ok(false),
        Value::String(text) => Err(bad_parameters(format!("{name} must be <true/false>, got {text}"))),
        other => Err(bad_parameters(format!("{name} must be <true/false>, got {other}"))),
    }
}

/// Which character a name may start with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Start {
    /// A letter.
    Letter,
    /// Any of the allowed characters.
    Any,
}

/// Checks a name or id: 1 to 256 characters of `[A-Za-z0-9._-]` (cloudify.md#names).
pub(crate) fn check_name(argument: &str, name: &str, start: Start) -> Result<(), Refusal> {
    if name.is_empty() {
        return Err(bad_parameters(format!("The `{argument}` argument is empty")));
    }
    if name.chars().count() > 256 {
        return Err(bad_parameters(format!(
            "The `{argument}` argument is too long. Maximum allowed length is 256 characters"
        )));
    }
    if !name.chars().all(|c| c.is_ascii_alphanumeric() || "-._".contains(c)) {
        return Err(bad_parameters(format!(
            "The `{argument}` argument contains illegal characters. Only letters, digits and the characters \"-\", \
             \".\" and \"_\" are allowed"
        )));
    }
    if start == Start::Letter && !name.starts_with(|c: char| c.is_ascii_alphabetic()) {
        return Err(bad_parameters(format!("The `{argument}` argument must begin with a letter")));
    }
    Ok(())
}
