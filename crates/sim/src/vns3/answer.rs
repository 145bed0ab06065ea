//! Outcomes of calls: an enveloped answer, or a fault in the error form of the text's schemas.
//!
//! Eighty examples show errors under `response` (form B); the schemas beside them, and both published clients, say
//! `error` (form A). Every fault here is form A.

use serde::Serialize;
use serde_json::{Value, json};

use super::clock::Moment;
use super::seed::Generator;
use wire::Response;

/// The outcome of a handler.
pub(super) type Outcome = Result<Response, Fault>;

/// An error that the API answers with.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Fault {
    status: u16,
    name: &'static str,
    message: String,
}

impl Fault {
    /// 400: an argument is missing or wrong; also how many calls say "does not exist".
    pub(crate) fn argument(message: impl Into<String>) -> Fault {
        Fault { status: 400, name: "APIArgumentError", message: message.into() }
    }

    /// 400 of the firewall, variables and notifications.
    pub(crate) fn bad_request(message: impl Into<String>) -> Fault {
        Fault { status: 400, name: "APIBadRequestError", message: message.into() }
    }

    /// 401.
    pub(crate) fn unauthorized() -> Fault {
        Fault { status: 401, name: "UnauthorizedError", message: "Invalid or expired token".to_owned() }
    }

    /// 403: something must be done first.
    pub(crate) fn prerequisite(message: impl Into<String>) -> Fault {
        Fault { status: 403, name: "PrerequisiteError", message: message.into() }
    }

    /// 403: the licence does not allow it.
    pub(crate) fn not_allowed(message: impl Into<String>) -> Fault {
        Fault { status: 403, name: "OperationNotAllowedError", message: message.into() }
    }

    /// 404.
    pub(crate) fn not_found(message: impl Into<String>) -> Fault {
        Fault { status: 404, name: "APINotFoundError", message: message.into() }
    }

    /// Any other.
    pub(crate) fn of(status: u16, name: &'static str, message: impl Into<String>) -> Fault {
        Fault { status, name, message: message.into() }
    }

    /// The argument was not given.
    pub(crate) fn missing(field: &str) -> Fault {
        Fault::argument(format!("{field} is missing"))
    }

    /// The argument is of a wrong type or out of range.
    pub(crate) fn invalid(field: &str) -> Fault {
        Fault::argument(format!("{field} is invalid"))
    }

    /// The message alone.
    pub(crate) fn message(&self) -> &str {
        &self.message
    }

    /// The answer. `log` is an opaque number that begins with the time.
    pub(crate) fn response(&self, now: Moment) -> Response {
        let noise = Generator::new(&self.message, now.seconds()).next();
        let log = format!("{}{noise:020}{:010}", now.seconds(), noise >> 31);
        Response::json(self.status, &json!({"error": {"name": self.name, "log": log, "message": self.message}}))
    }
}

/// 200 with the value under `response`.
pub(super) fn ok(value: impl Serialize) -> Outcome {
    enveloped(200, value)
}

/// 201 with the value under `response`.
pub(super) fn created(value: impl Serialize) -> Outcome {
    enveloped(201, value)
}

/// 202 with the value under `response`.
pub(super) fn accepted(value: impl Serialize) -> Outcome {
    enveloped(202, value)
}

fn enveloped(status: u16, value: impl Serialize) -> Outcome {
    Ok(Response::json(status, &json!({ "response": read_form(&value) })))
}

/// A value as the API shows it. State is made of texts, numbers, lists and maps with text or number keys only, which
/// always have a JSON form; the `null` is never seen.
pub(super) fn read_form(value: &impl Serialize) -> Value {
    serde_json::to_value(value).unwrap_or(Value::Null)
}
