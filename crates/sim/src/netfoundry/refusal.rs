//! Why a request was refused, in its three shapes (netfoundry.md#errors).

use serde_json::{Value, json};

use super::calendar::stamp;
use super::call::{Call, hal};
use super::mint::Mint;
use wire::Response;

/// Why a request was refused.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Refusal {
    /// The body does not fit: HAL errors, 400, every message at once.
    Invalid(Vec<String>),
    /// Not visible (yet): HAL errors, 403.
    Forbidden,
    /// No such object (any more): HAL errors, 404.
    Absent(String),
    /// The state does not allow it: a list of messages, 409.
    Conflict(String),
    /// Something before the handlers said no: Spring's default body with that status.
    Spring(u16, String),
}

impl Refusal {
    /// One message about the body.
    pub(crate) fn invalid(message: impl Into<String>) -> Refusal {
        Refusal::Invalid(vec![message.into()])
    }

    /// There is no such route.
    pub(crate) fn no_route() -> Refusal {
        Refusal::Spring(404, "No message available".to_owned())
    }

    /// The route exists, but not with this verb.
    pub(crate) fn no_verb(call: &Call) -> Refusal {
        Refusal::Spring(405, format!("Request method '{}' not supported", call.request.method))
    }

    /// The answer that carries it.
    pub(crate) fn response(self, call: &Call, mint: &Mint) -> Response {
        match self {
            Refusal::Invalid(messages) => errors(400, "BAD_REQUEST", &messages, call, mint),
            Refusal::Forbidden => errors(403, "FORBIDDEN", &["Access is denied".to_owned()], call, mint),
            Refusal::Absent(message) => errors(404, "NOT_FOUND", &[message], call, mint),
            Refusal::Conflict(message) => Response::json(409, &json!([{ "message": message }])),
            Refusal::Spring(status, message) => Response::json(status, &spring(status, &message, call)),
        }
    }
}

/// A list of texts (netfoundry.md#errors).
fn errors(status: u16, label: &str, messages: &[String], call: &Call, mint: &Mint) -> Response {
    let trace = mint.number(&["trace", &call.now.to_string(), &call.request.url]);
    let status_object = json!({ "code": status, "label": label });
    hal(status, &json!({ "errors": messages, "status": status_object, "traceId": format!("{trace:016x}") }))
}

/// One text, with the status in words beside it (netfoundry.md#errors).
fn spring(status: u16, message: &str, call: &Call) -> Value {
    let error = match status {
        400 => "Bad Request",
        401 => "Unauthorized",
        404 => "Not Found",
        405 => "Method Not Allowed",
        415 => "Unsupported Media Type",
        _ => "Internal Server Error",
    };
    json!({
        "timestamp": stamp(call.now),
        "status": status,
        "error": error,
        "message": message,
        "path": call.request.path(),
    })
}
