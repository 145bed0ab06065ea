//! Replies that say “done” and then list what was not.

use serde_json::Value;

use crate::session::{CallError, CallFailure, Session};
use crate::spec::{CallSpec, lookup};

impl Session {
    /// Checks that a successful reply lists nothing that did not succeed.
    ///
    /// # Errors
    /// The listed errors, in the words that the reply uses.
    pub fn check_partial(&self, spec: &CallSpec, path: &str, reply: &Value) -> Result<(), CallError> {
        let errors = spec.errors_at.and_then(|place| lookup(reply, place)).and_then(Value::as_array);
        match errors.filter(|errors| !errors.is_empty()) {
            None => Ok(()),
            Some(errors) => {
                let words: Vec<String> = errors.iter().map(error_words).collect();
                Err(self.site(spec.method, path).error(CallFailure::Partial(words.join("; "))))
            }
        }
    }
}

fn error_words(error: &Value) -> String {
    match error {
        Value::String(text) => text.clone(),
        Value::Object(map) => {
            let what = map.get("error").map(crate::state::live::text).unwrap_or_default();
            let which = ["rule", "entry"].iter().find_map(|key| map.get(*key)).map(crate::state::live::text);
            which.map_or(what.clone(), |which| format!("`{which}`: {what}"))
        }
        other => other.to_string(),
    }
}
