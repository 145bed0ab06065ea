//! Answers that say no, in every documented shape (cloudify.md#errors).

use std::fmt;

use serde_json::{Value, json};

use super::release::{Release, TRACEBACKS};
use wire::Response;

/// Why a request is refused, before it has a shape.
#[derive(Debug, Clone)]
pub(crate) struct Refusal {
    /// The HTTP status.
    pub status: u16,
    /// The form of the body.
    pub body: Body,
}

/// The shapes that a refusal takes.
#[derive(Debug, Clone)]
pub(crate) enum Body {
    /// JSON with `error_code`, `message` and `server_traceback`.
    Coded(&'static str, String),
    /// JSON that says besides which rule of a filter is wrong, and why.
    Rule(Value, String),
    /// JSON without `server_traceback`: what the 7.x front end's own validation answers.
    Validation(String),
    /// The web server's HTML page.
    Page,
    /// An internal error: JSON with a traceback on every release.
    Internal,
    /// Nothing at all.
    Empty,
}

impl fmt::Display for Refusal {
    /// The message, where there is one.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.body {
            Body::Coded(_, message) | Body::Rule(_, message) | Body::Validation(message) => f.write_str(message),
            Body::Page | Body::Internal | Body::Empty => write!(f, "status {}", self.status),
        }
    }
}

/// The outcome of a handler.
pub(crate) type Outcome = Result<Response, Refusal>;

fn coded(status: u16, code: &'static str, message: impl Into<String>) -> Refusal {
    Refusal { status, body: Body::Coded(code, message.into()) }
}

/// 400 with that code.
pub(crate) fn bad_request(code: &'static str, message: impl Into<String>) -> Refusal {
    coded(400, code, message)
}

/// 400: a rule of a filter is wrong.
pub(crate) fn bad_rule(rule: &Value, why: String) -> Refusal {
    Refusal { status: 400, body: Body::Rule(rule.clone(), why) }
}

/// 400 `bad_parameters_error`.
pub(crate) fn bad_parameters(message: impl Into<String>) -> Refusal {
    coded(400, "bad_parameters_error", message)
}

/// 400 `illegal_action_error`.
pub(crate) fn illegal_action(message: impl Into<String>) -> Refusal {
    coded(400, "illegal_action_error", message)
}

/// 400 `dependent_exists_error`.
pub(crate) fn dependent_exists(message: impl Into<String>) -> Refusal {
    coded(400, "dependent_exists_error", message)
}

/// 401 `unauthorized_error`.
pub(crate) fn unauthorized(message: impl Into<String>) -> Refusal {
    coded(401, "unauthorized_error", format!("User unauthorized: {}", message.into()))
}

/// 403 with that code.
pub(crate) fn forbidden_as(code: &'static str, message: impl Into<String>) -> Refusal {
    coded(403, code, message)
}

/// 403 `forbidden_error`.
pub(crate) fn forbidden(message: impl Into<String>) -> Refusal {
    coded(403, "forbidden_error", message)
}

/// 404 `not_found_error`.
pub(crate) fn not_found(message: impl Into<String>) -> Refusal {
    coded(404, "not_found_error", message)
}

/// 404 for a resource that is addressed by its id.
pub(crate) fn no_such(kind: &str, id: &str) -> Refusal {
    not_found(format!("Requested `{kind}` with ID `{id}` was not found"))
}

/// 404 for a tenant, user or group, which are addressed by filters.
pub(crate) fn no_such_named(kind: &str, key: &str, name: &str) -> Refusal {
    not_found(format!("Requested `{kind}` was not found (filters: {{'{key}': '{name}'}})"))
}

/// 404: the community edition lacks it (cloudify.md#editions).
pub(crate) fn premium_only() -> Refusal {
    let text =
        "This feature exists only in the premium edition of Cloudify.\nPlease contact sales for additional info.";
    coded(404, "missing_premium_package_error", text)
}

/// 405 with a code: used by others.
pub(crate) fn in_use(code: &'static str, message: impl Into<String>) -> Refusal {
    coded(405, code, message)
}

/// 409 with that code.
pub(crate) fn conflict_as(code: &'static str, message: impl Into<String>) -> Refusal {
    coded(409, code, message)
}

/// 409 `conflict_error`.
pub(crate) fn conflict(message: impl Into<String>) -> Refusal {
    coded(409, "conflict_error", message)
}

/// 415: a JSON call with another content type.
pub(crate) fn unsupported_content_type() -> Refusal {
    coded(415, "unsupported_content_type_error", "Content type must be application/json")
}

/// 503 with that code.
pub(crate) fn unavailable(code: &'static str, message: impl Into<String>) -> Refusal {
    coded(503, code, message)
}

/// 500 as for a client's plain mistake.
pub(crate) fn internal() -> Refusal {
    Refusal { status: 500, body: Body::Internal }
}

/// The web server's own page of that status.
pub(crate) fn page(status: u16) -> Refusal {
    Refusal { status, body: Body::Page }
}

/// 304: nothing changed.
pub(crate) fn not_modified() -> Refusal {
    Refusal { status: 304, body: Body::Empty }
}

/// 400 of the 7.x front end's validation.
pub(crate) fn validation(model: &str, place: &str, complaint: &str) -> Refusal {
    Refusal { status: 400, body: Body::Validation(format!("1 validation error for {model}\n{place}\n  {complaint}")) }
}

const OOPS: &str = "Internal error occurred in manager REST server - InternalServerError: 500 Internal Server Error: \
    The server encountered an internal error and was unable to complete your request. Either the server is \
    overloaded or there is an error in the application.";

impl Refusal {
    /// The answer that a release gives for it.
    pub(crate) fn answer(&self, release: Release) -> Response {
        let traceback = match release.has(TRACEBACKS) {
            true => json!("Traceback (most recent call last):\n  File \"manager_rest/rest/rest_decorators.py\"\n"),
            false => Value::Null,
        };
        let body = match &self.body {
            Body::Empty => return Response::empty(self.status),
            Body::Page => return Response::text(self.status, "text/html; charset=utf-8", html(self.status)),
            Body::Coded(code, message) => {
                // Seen only with 503: the handler prints the absent exception.
                let traceback = if self.status == 503 { json!("NoneType: None\n") } else { traceback };
                json!({"error_code": code, "message": message, "server_traceback": traceback})
            }
            Body::Rule(rule, why) => {
                let shown = rule.to_string().replace('"', "'");
                json!({
                    "error_code": "invalid_filter_rule",
                    "message": format!("The filter rule {shown} is not in the right format. {why}"),
                    "err_filter_rule": rule,
                    "err_reason": why,
                    "server_traceback": traceback,
                })
            }
            Body::Validation(message) if release.has(super::release::SEVENTH) => {
                json!({"error_code": "bad_parameters_error", "message": message})
            }
            Body::Validation(message) => {
                json!({"error_code": "bad_parameters_error", "message": message, "server_traceback": traceback})
            }
            Body::Internal => json!({
                "error_code": "internal_server_error",
                "message": OOPS,
                "server_traceback": "Traceback (most recent call last):\n  File \"flask/app.py\"\n",
            }),
        };
        Response::json(self.status, &body)
    }
}

fn html(status: u16) -> String {
    let (name, text) = match status {
        404 => ("Not Found", "The requested URL was not found on the server."),
        405 => ("Method Not Allowed", "The method is not allowed for the requested URL."),
        413 => ("Request Entity Too Large", "The data value transmitted exceeds the capacity limit."),
        _ => ("Bad Request", "The browser (or proxy) sent a request that this server could not understand."),
    };
    format!("<!doctype html>\n<html lang=en>\n<title>{status} {name}</title>\n<h1>{name}</h1>\n<p>{text}</p>\n")
}
