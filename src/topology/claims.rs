//! What a token says about itself. Nothing is verified: that is the server's part.

use std::time::{Duration, SystemTime};

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine};
use serde_json::Value;

/// The claims of a JSON web token; none, if it is no such token.
#[derive(Debug, Default)]
pub(crate) struct Claims(Value);

impl Claims {
    /// Reads a token.
    pub(crate) fn of(token: &str) -> Claims {
        let payload = token.split('.').nth(1).and_then(|text| BASE64_URL_SAFE_NO_PAD.decode(text).ok());
        Claims(payload.and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default())
    }

    /// A claim that is text.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name)?.as_str()
    }

    /// When the token expires.
    pub(crate) fn expiry(&self) -> Option<SystemTime> {
        SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(self.0.get("exp")?.as_u64()?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_tells_its_claims_and_other_text_tells_none() {
        let payload = BASE64_URL_SAFE_NO_PAD.encode(r#"{"client_id":"ci","exp":1700000000}"#);
        let claims = Claims::of(&format!("e30.{payload}.c2ln"));
        assert_eq!(claims.text("client_id"), Some("ci"));
        assert_eq!(claims.expiry(), Some(SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000)));
        for text in ["", "opaque", "a.b.c", "e30.W10.x"] {
            assert!(Claims::of(text).text("client_id").is_none() && Claims::of(text).expiry().is_none(), "{text}");
        }
    }
}
