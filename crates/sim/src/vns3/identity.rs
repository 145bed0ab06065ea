//! Where users come from: one setting for the overlay's users, one for the controller's, each by one of several
//! providers.
//!
//! The text lost the call that reads the overlay's; the published description of the API has it. Its reply schemas lack
//! `provider` and `enabled`, which the published client expects: they are shown.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::Area;
use super::answer::{Fault, Outcome, ok};
use super::call::{Call, Fields};
use super::console::Collection;
use super::net;
use super::state::State;
use wire::Method::{Get, Post, Put};

pub(super) static AREA: Area = Area { answer, console: CONSOLE };

const CONSOLE: &[Collection] = &[
    Collection::single("identity-vpn", "/identity/vpn"),
    Collection::single("identity-controller", "/identity/controller"),
];

/// Fields of LDAP by type. The three that end in `_data` are files: an empty text deletes one, and only that it is
/// there is shown.
const LDAP: Shape = Shape {
    texts: &[
        "host",
        "binddn",
        "bindpw",
        "encrypt_auth_cert_filename",
        "encrypt_auth_key_filename",
        "encrypt_ca_cert_filename",
        "user_base",
        "user_id_attribute",
        "user_list_filter",
        "group_base",
        "group_id_attribute",
        "group_list_filter",
        "group_member_attribute",
        "group_member_attr_format",
        "group_search_scope",
        "otp_url",
    ],
    flags: &["encrypt", "encrypt_ldaps", "encrypt_auth", "encrypt_verify_ca", "otp"],
    numbers: &["port"],
    files: &["encrypt_auth_cert", "encrypt_auth_key", "encrypt_ca_cert"],
    defaults: &[
        ("encrypt_auth_cert_filename", "tls.cert"),
        ("encrypt_auth_key_filename", "tls.key"),
        ("encrypt_ca_cert_filename", "ca.pem"),
    ],
    hidden: &["bindpw"],
};

/// The fields of LDAP that hold one of the words that the text lists.
const WORDS: &[(&str, &[&str])] =
    &[("group_member_attr_format", &["UserID", "UserDN"]), ("group_search_scope", &["base", "single", "subtree"])];

/// Fields of OpenID Connect.
const OIDC: Shape = Shape {
    texts: &[
        "identifier",
        "secret",
        "redirect_hostname",
        "authorization_endpoint",
        "token_endpoint",
        "userinfo_endpoint",
        "jwks_uri",
        "issuer",
        "otp_url",
    ],
    flags: &[],
    numbers: &[],
    files: &[],
    defaults: &[],
    hidden: &["secret"],
};

/// Fields of RADIUS.
const RADIUS: Shape = Shape {
    texts: &["server", "pass"],
    flags: &[],
    numbers: &["auth_port", "accounting_port"],
    files: &[],
    defaults: &[],
    hidden: &["pass"],
};

/// The fields of a provider by type.
struct Shape {
    texts: &'static [&'static str],
    flags: &'static [&'static str],
    numbers: &'static [&'static str],
    files: &'static [&'static str],
    defaults: &'static [(&'static str, &'static str)],
    /// Shown as asterisks.
    hidden: &'static [&'static str],
}

/// Both settings.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Identity {
    vpn: Setting,
    controller: Setting,
}

/// One setting.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Setting {
    provider: String,
    enabled: bool,
    fields: Map<String, Value>,
}

impl Setting {
    /// Takes the fields that are given. Another provider begins with nothing.
    fn take(&mut self, body: &Fields, providers: &[&str]) -> Result<(), Fault> {
        let provider = body.need_text("provider")?;
        let shape = shape(&provider).filter(|_| providers.contains(&provider.as_str()));
        let shape = shape.ok_or_else(|| Fault::invalid("provider"))?;
        let enabled = body.need("enabled")?;
        let mut fields = if provider == self.provider { self.fields.clone() } else { Map::new() };
        for field in shape.texts {
            let text = body.get::<String>(field)?;
            let words = WORDS.iter().find(|(name, _)| name == field).map(|(_, words)| *words);
            if let (Some(words), Some(text)) = (words, &text)
                && !words.contains(&text.as_str())
            {
                return Err(Fault::invalid(field));
            }
            keep(&mut fields, field, text);
        }
        for field in shape.flags {
            keep(&mut fields, field, body.get::<bool>(field)?);
        }
        for field in shape.numbers {
            let port = body.get::<u64>(field)?;
            if port.is_some_and(|port| !(1..=65_535).contains(&port)) {
                return Err(Fault::invalid(field));
            }
            keep(&mut fields, field, port);
        }
        for file in shape.files {
            keep(&mut fields, file, body.get::<String>(&format!("{file}_data"))?.map(|text| !text.is_empty()));
        }
        *self = Setting { provider, enabled, fields };
        Ok(())
    }

    fn show(&self) -> Value {
        let mut answer = json!({"provider": self.provider, "enabled": self.enabled});
        let Some(shape) = shape(&self.provider) else { return answer };
        for field in shape.texts {
            answer[field] = self.fields.get(*field).cloned().unwrap_or_else(|| json!(""));
        }
        for (field, default) in shape.defaults {
            if answer[field] == "" {
                answer[field] = json!(default);
            }
        }
        for field in shape.hidden {
            if answer[field] != "" {
                answer[field] = json!("********");
            }
        }
        for field in shape.flags.iter().chain(shape.files) {
            answer[field] = self.fields.get(*field).cloned().unwrap_or(Value::Bool(false));
        }
        for field in shape.numbers {
            answer[field] = self.fields.get(*field).cloned().unwrap_or_else(|| json!(default_port(field)));
        }
        if self.provider == "oidc" {
            answer["keys"] = json!({"keys": [], "keys_date": ""});
        }
        answer
    }
}

fn shape(provider: &str) -> Option<&'static Shape> {
    match provider {
        "ldap" => Some(&LDAP),
        "oidc" => Some(&OIDC),
        "radius" => Some(&RADIUS),
        _ => None,
    }
}

/// Ports while nobody has set them. The published description gives both of RADIUS the same.
fn default_port(field: &str) -> u64 {
    if field == "port" { 389 } else { 1812 }
}

fn keep<T: Into<Value>>(fields: &mut Map<String, Value>, name: &str, value: Option<T>) {
    if let Some(value) = value {
        fields.insert(name.to_owned(), value.into());
    }
}

fn answer(state: &mut State, call: &Call) -> Option<Outcome> {
    let identity = &mut state.identity;
    Some(match (call.method, call.path().as_slice()) {
        (Get, ["identity", "vpn"]) => ok(identity.vpn.show()),
        (Put, ["identity", "vpn"]) => update(&mut identity.vpn, call, &["ldap", "oidc", "radius"]),
        (Get, ["identity", "controller"]) => ok(identity.controller.show()),
        (Put, ["identity", "controller"]) => update(&mut identity.controller, call, &["ldap", "oidc"]),
        (Post, ["identity", "vpn" | "controller", "test"]) => test(call),
        _ => return None,
    })
}

/// "Update VPN Identity settings" and "Update Controller Identity settings".
fn update(setting: &mut Setting, call: &Call, providers: &[&str]) -> Outcome {
    setting.take(&call.fields()?, providers)?;
    ok(setting.show())
}

/// "Test VPN Identity Settings" and the same of the controller: LDAP only. No server answers a simulator; one whose
/// name could be resolved counts as reached.
fn test(call: &Call) -> Outcome {
    let fields = call.fields()?;
    if fields.need_text("provider")? != "ldap" {
        return Err(Fault::invalid("provider"));
    }
    let host: String = fields.get("host")?.unwrap_or_default();
    let reached = net::is_host(&host);
    let message = if reached { "Connection successful".to_owned() } else { format!("Could not connect to {host}") };
    ok(json!({"connect_success": reached, "message": message}))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vns3::testing::Bench;

    #[test]
    fn settings_are_kept_by_provider_and_secrets_masked() {
        let mut bench = Bench::new();
        let body = json!({
            "provider": "ldap", "enabled": true, "host": "ldap.example.org", "port": "636", "bindpw": "secret",
            "encrypt_ca_cert_data": "-----BEGIN CERTIFICATE-----",
        });
        let set = bench.ok(Put, "/identity/vpn", body);
        assert_eq!((&set["port"], &set["bindpw"]), (&json!(636), &json!("********")));
        assert_eq!((&set["encrypt_ca_cert"], &set["encrypt_auth_key"]), (&json!(true), &json!(false)));
        assert_eq!(set["encrypt_ca_cert_filename"], "ca.pem");
        assert!(set.get("encrypt_ca_cert_data").is_none());
        let gone = json!({"provider": "ldap", "enabled": false, "encrypt_ca_cert_data": ""});
        let gone = bench.ok(Put, "/identity/vpn", gone);
        assert_eq!((&gone["encrypt_ca_cert"], &gone["host"]), (&json!(false), &json!("ldap.example.org")));
        let radius = json!({"provider": "radius", "enabled": true, "server": "10.0.0.9"});
        assert_eq!(bench.ok(Put, "/identity/vpn", radius.clone())["auth_port"], 1812);
        assert_eq!(bench.get("/identity/vpn").expect("setting").get("host"), None);
        let bad = bench.refused(Put, "/identity/controller", radius);
        assert_eq!(bad, (400, "APIArgumentError: provider is invalid".to_owned()));
        let test = json!({"provider": "ldap", "host": "ldap.example.org"});
        assert_eq!(bench.ok(Post, "/identity/controller/test", test)["connect_success"], true);
    }
}
