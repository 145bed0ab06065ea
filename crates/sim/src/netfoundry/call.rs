//! One request with its moment, and the few things that every handler asks of it.

use serde_json::{Map, Value, json};

use super::refusal::Refusal;
use wire::{Request, Response};

/// One request.
pub(super) struct Call<'a> {
    /// The request.
    pub request: &'a Request,
    /// The logical clock in milliseconds.
    pub now: u64,
    /// Where the installation stands as the client sees it, without a trailing slash.
    pub base: String,
}

impl<'a> Call<'a> {
    /// The call of a request. Links are absolute (netfoundry.md#requests: `_links`), so the client's view of the
    /// address counts: the `Host` header, and the prefix that a proxy says it removed.
    pub(crate) fn new(request: &'a Request, now: u64) -> Call<'a> {
        let scheme = request.header_value("X-Forwarded-Proto").unwrap_or("http");
        let host = request.header_value("Host").unwrap_or("localhost");
        let prefix = request.header_value("X-Forwarded-Prefix").unwrap_or_default().trim_end_matches('/');
        Call { request, now, base: format!("{scheme}://{host}{prefix}") }
    }

    /// An absolute link to something under the core API.
    pub(crate) fn core_link(&self, rest: &str) -> Value {
        json!({ "href": format!("{}/core/v2/{rest}", self.base) })
    }

    /// The same with a profile. It is said to be there, not what stands in it (netfoundry.md#requests).
    pub(crate) fn profiled_link(&self, rest: &str, profile: &str) -> Value {
        let mut link = self.core_link(rest);
        if let Some(link) = link.as_object_mut() {
            let profile = self.core_link(&format!("docs/profiles/{profile}")).get("href").cloned();
            link.extend(profile.map(|profile| ("profile".to_owned(), profile)));
        }
        link
    }

    /// The body as JSON, for which the API wants `Content-Type: application/json` (netfoundry.md#requests).
    pub(crate) fn body(&self) -> Result<Value, Refusal> {
        let content_type = self.request.header_value("Content-Type").unwrap_or_default();
        if !content_type.split(';').next().unwrap_or_default().trim().ends_with("json") {
            return Err(Refusal::Spring(415, format!("Content type '{content_type}' not supported")));
        }
        serde_json::from_slice(&self.request.body)
            .map_err(|error| Refusal::Spring(400, format!("JSON parse error: {error}")))
    }

    /// The body as a JSON object.
    pub(crate) fn object(&self) -> Result<Map<String, Value>, Refusal> {
        match self.body()? {
            Value::Object(map) => Ok(map),
            _ => Err(Refusal::Spring(400, "JSON parse error: an object was expected".to_owned())),
        }
    }

    /// Says whether the client asks for the create form (netfoundry.md#other-forms). `as=update` is documented nowhere:
    /// it is ignored.
    pub(crate) fn wants_create_form(&self) -> bool {
        self.request.header_value("Accept").is_some_and(|accept| accept.replace(' ', "").contains(";as=create"))
    }

    /// The names in the `embed` parameter.
    pub(crate) fn embeds(&self) -> Vec<String> {
        let text = self.request.query_value("embed").unwrap_or_default();
        text.split(',').filter(|word| !word.is_empty()).map(str::to_owned).collect()
    }
}

/// An answer of the core API: `application/hal+json` (netfoundry.md#requests).
pub(super) fn hal(status: u16, body: &Value) -> Response {
    Response::text(status, "application/hal+json", body.to_string())
}
