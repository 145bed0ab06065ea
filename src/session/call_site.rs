//! Where a call went, and the remedy for what came of it.

use serde_json::Value;

use crate::redact::Redactor;
use crate::session::error::{CallError, CallFailure, Effort, Speaker};
use crate::session::handshake::SELF_SIGNED;
use crate::session::speech::{is_error, told_in_json, told_in_text};
use crate::spec::Provider;
use wire::{Method, Response, TransportError};

/// Where a call went: what its errors tell.
#[derive(Debug, Clone, Copy)]
pub struct CallSite<'w> {
    /// The target.
    pub target: &'w str,
    /// The API.
    pub provider: &'static Provider,
    /// The verb.
    pub method: Method,
    /// The path with query.
    pub path: &'w str,
    /// The secrets that no error may repeat.
    pub redactor: &'w Redactor,
}

impl CallSite<'_> {
    /// The error that this came to.
    pub fn error(&self, what: CallFailure) -> CallError {
        let what = what.redacted(self.redactor);
        let help = self.help(&what);
        let path = self.path.split('?').next().unwrap_or_default().to_owned();
        CallError {
            target: self.target.to_owned(),
            method: self.method,
            path,
            what,
            help,
            effort: Effort::default(),
            wait: None,
        }
    }

    /// The error of an answer that is no success.
    pub fn refused(&self, response: &Response) -> CallError {
        match serde_json::from_slice::<Value>(&response.body) {
            Ok(body) => self.refused_in_json(response.status, &body),
            Err(_) => {
                let message = told_in_text(response, self.redactor);
                self.error(CallFailure::Refused { status: response.status, message, speaker: Speaker::Stranger })
            }
        }
    }

    /// The error that a body of JSON tells.
    pub(super) fn refused_in_json(&self, status: u16, body: &Value) -> CallError {
        let message = told_in_json(self.provider, body, self.redactor);
        let speaker = if is_error(&self.provider.dialect, body) { Speaker::Api } else { Speaker::Stranger };
        self.error(CallFailure::Refused { status, message, speaker })
    }

    fn help(&self, what: &CallFailure) -> Option<String> {
        let target = self.target;
        match what {
            CallFailure::Failed(TransportError::Connect(_)) => {
                Some(format!("check `at` of target `{target}`, and that this machine may reach it"))
            }
            CallFailure::Failed(TransportError::Tls(words)) if words == SELF_SIGNED => Some(format!(
                "pin the server's own certificate in `tls.pin-sha256` of target `{target}`, with the SHA-256 that you read at \
                 the controller itself; or give the server another certificate, which an authority has signed"
            )),
            CallFailure::Failed(TransportError::Tls(_)) => Some(format!(
                "name the authority's PEM file in `tls.ca-file` of target `{target}`, or pin the server's own certificate in \
                 `tls.pin-sha256`, with the SHA-256 that you read at the controller itself"
            )),
            CallFailure::Failed(TransportError::OtherCertificate(_)) => Some(format!(
                "it was renewed, or somebody stands in between: compare it by another way than this connection, such as the \
                 controller's own console, and change `tls.pin-sha256` of target `{target}` once it agrees there"
            )),
            CallFailure::Failed(TransportError::Timeout | TransportError::Broken(_)) if self.method == Method::Get => {
                Some(format!("run again when `{target}` answers: what is done is found, and not done twice"))
            }
            CallFailure::Failed(TransportError::Timeout | TransportError::Broken(_)) => {
                Some("the request may have had its effect: run again, what is done is found and not done twice".into())
            }
            CallFailure::Failed(TransportError::TooLarge(_)) => {
                Some("raise the limit with TRUEUP_MAX_REPLY_BYTES if the answer is meant to be that large".into())
            }
            CallFailure::Refused { status: 404 | 410, speaker: Speaker::Stranger, message: _ } => Some(format!(
                "the API does not answer so: check `at` of target `{target}`, as in `{}`, and the proxies before it",
                self.provider.dialect.example
            )),
            CallFailure::Refused { status, message, speaker: _ } => self.remedy(*status, message),
            CallFailure::Unreadable(_) => Some(format!(
                "check that `at` of target `{target}` is the API's base URL, as in `{}`, and not a proxy or login page",
                self.provider.dialect.example
            )),
            CallFailure::Overdue(_) => Some("it may still end well: run again to look".into()),
            CallFailure::Endless(_) => Some(format!(
                "see what `{target}` holds so much of; TRUEUP_MAX_REPLY_BYTES raises the limit of a list's bytes"
            )),
            CallFailure::Astray(_) => {
                Some(format!("no path can hold it: rename the object at `{target}` by another way"))
            }
            CallFailure::Job(job) => self.own_remedy(200, &job.what),
            CallFailure::Partial(_) | CallFailure::Unknown(_) | CallFailure::Stopped => None,
        }
    }

    /// The provider's own remedy; an empty one leaves it to the general one.
    fn own_remedy(&self, status: u16, message: &str) -> Option<String> {
        let lower = message.to_lowercase();
        let own = self.provider.dialect.remedies.iter().find(|(code, part, _)| {
            // An error in an answer that says success is one all the same, whatever status it should have had.
            let is_it = *code == status || (200..300).contains(&status) && !part.is_empty();
            is_it && lower.contains(&part.to_lowercase())
        });
        own.filter(|(_, _, help)| !help.is_empty()).map(|(_, _, help)| (*help).to_owned())
    }

    fn remedy(&self, status: u16, message: &str) -> Option<String> {
        let target = self.target;
        self.own_remedy(status, message).or_else(|| match status {
            401 => Some(format!("check `credentials` of target `{target}`")),
            403 => Some(format!("the account of target `{target}` may not do this, or a licence is missing")),
            404 => Some(format!(
                "check `at` of target `{target}`: the API's base URL is like `{}`",
                self.provider.dialect.example
            )),
            429 => Some("the controller asks for fewer requests: run again later".into()),
            500..=599 => Some("the controller has a problem of its own: look at its log, and run again".into()),
            _ => None,
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::attr::Attr;
    use crate::secret::Secret;
    use crate::session::speech::is_error_in_success;

    #[test]
    fn what_a_controller_echoes_is_taken_out() {
        let psk = Attr::List(vec![Attr::Secret(Secret::new("secret.psk", "canary"))]);
        let sent = Attr::Map([("psk".to_owned(), psk)].into());
        let provider = crate::providers::CATALOGUE[0];
        let redactor = Redactor::new([Secret::new("secret.other", "magpie")]);
        let site = CallSite { target: "east", provider, method: Method::Post, path: "/x", redactor: &redactor };
        let error = site.error(CallFailure::job("`canary` and magpie")).redact_sent(&sent);
        assert_eq!(error.to_string(), "east: POST /x: `(secret secret.psk)` and (secret secret.other)");
    }

    /// What no file of authorities can vouch for is not helped by one.
    #[test]
    fn the_help_for_a_certificate_is_what_its_words_say() {
        let redactor = Redactor::default();
        let provider = crate::providers::CATALOGUE[0];
        let site = CallSite { target: "east", provider, method: Method::Get, path: "/x", redactor: &redactor };
        let help = |words: &str| site.error(CallFailure::Failed(TransportError::Tls(words.into()))).help.unwrap();
        assert!(help(SELF_SIGNED).starts_with("pin the server's own") && !help(SELF_SIGNED).contains("ca-file"));
        assert!(help("nobody whom this machine trusts has signed it").contains("`tls.ca-file`"));
    }

    /// The error of an answer at a provider.
    fn refused(provider: &'static Provider, response: &Response) -> CallError {
        let redactor = Redactor::default();
        CallSite { target: "t", provider, method: Method::Delete, path: "/x/1", redactor: &redactor }.refused(response)
    }

    /// The answers of a product itself for what is not there, in each of its forms.
    fn own_404(provider: &str) -> Vec<Value> {
        match provider {
            "vns3" => vec![
                json!({ "error": { "name": "APINotFoundError", "log": "1f", "message": "Link does not exist" } }),
                json!({ "response": { "name": "APINotFoundError", "log": "1f", "message": "fwset does not exist" } }),
            ],
            "netfoundry" => vec![
                json!({ "errors": ["not found"], "status": { "code": 404, "label": "NOT_FOUND" }, "traceId": "5f" }),
                json!({ "timestamp": "2021-09-01T12:00:00Z", "status": 404, "error": "Not Found", "message": "" }),
                json!([{ "message": "not found" }]),
            ],
            "cloudify" | "f5-vnfm" => vec![json!({
                "message": "Requested `Secret` with ID `x` was not found",
                "error_code": "not_found_error",
                "server_traceback": null,
            })],
            other => panic!("nobody knows how `{other}` answers"),
        }
    }

    #[test]
    fn only_the_api_itself_says_that_an_object_is_gone() {
        let page = "<html><head><title>404 Not Found</title></head><body>The page was not found</body></html>";
        let mut kinds = 0;
        for provider in crate::providers::CATALOGUE {
            for kind in provider.kinds.iter().filter(|kind| !kind.api.remove.is_empty()) {
                kinds += 1;
                for body in own_404(provider.name) {
                    let error = refused(provider, &Response::json(404, &body));
                    assert!(kind.gone(&error), "{}/{}: {body}", provider.name, kind.name);
                }
                for (media, body) in [
                    ("text/html", page),
                    ("text/plain", "The requested URL was not found on this server."),
                    ("text/html", ""),
                    ("application/json", "{}"),
                    ("application/json", "null"),
                    ("application/json", "[]"),
                    ("application/json", r#"{"message": "no Route matched: was not found"}"#),
                    ("application/json", r#"{"code": 404, "detail": "was not found"}"#),
                ] {
                    let error = refused(provider, &Response::text(404, media, body));
                    assert!(!kind.gone(&error), "{}/{}: {body}", provider.name, kind.name);
                    assert!(!kind.says_gone(&error), "{}/{}: {body}", provider.name, kind.name);
                }
            }
        }
        assert!(kinds > 40, "{kinds}");
    }

    #[test]
    fn an_error_in_an_answer_that_says_success_is_one() {
        let own = json!({ "name": "APIArgumentError", "message": "busy" });
        for (provider, body, is_error) in [
            ("vns3", json!({ "error": own }), true),
            ("vns3", json!({ "error": "busy" }), true),
            ("vns3", json!({ "error": { "name": "StandardError" } }), true),
            ("vns3", json!({ "response": { "error": own } }), true),
            ("vns3", json!({ "response": { "error": "busy" } }), true),
            ("vns3", json!({ "response": { "name": "APIArgumentError", "message": "busy", "log": "1f" } }), true),
            ("vns3", json!({ "error": null, "response": [] }), false),
            ("vns3", json!({ "error": "", "response": [] }), false),
            ("vns3", json!({ "response": { "name": "web", "message": "hello" } }), false),
            ("vns3", json!({ "response": { "error": { "enabled": true }, "other": {} } }), false),
            // A command that failed in a container.
            (
                "vns3",
                json!({ "response": { "output": "", "timeout": false, "failed": true, "error": "no file" } }),
                false,
            ),
            ("netfoundry", json!({ "errors": ["name already in use"], "status": { "code": 400 } }), true),
            ("netfoundry", json!([{ "message": "busy" }]), true),
            ("netfoundry", json!({ "name": "n", "status": "ERROR", "errors": [] }), false),
            ("netfoundry", json!({ "page": { "totalElements": 0 } }), false),
            ("cloudify", json!({ "message": "busy", "error_code": "conflict_error" }), true),
            ("f5-vnfm", json!({ "message": "busy", "error_code": "conflict_error" }), true),
            // An execution that failed.
            ("cloudify", json!({ "id": "e", "status": "failed", "error": "Traceback" }), false),
            ("f5-vnfm", json!({ "items": [{ "error_code": "x", "message": "y" }] }), false),
        ] {
            let found = crate::providers::CATALOGUE.iter().find(|other| other.name == provider).unwrap();
            assert_eq!(is_error_in_success(&found.dialect, &body), is_error, "{provider}: {body}");
            if is_error {
                let redactor = Redactor::default();
                let site =
                    CallSite { target: "t", provider: found, method: Method::Put, path: "/x", redactor: &redactor };
                let told = site.refused_in_json(200, &body).to_string();
                let words = if body.to_string().contains("name already") { "name already in use" } else { "busy" };
                assert!(told.contains(words) || body["error"]["message"].is_null(), "{provider}: {told}");
            }
        }
    }
}
