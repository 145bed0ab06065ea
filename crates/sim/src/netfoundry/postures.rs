//! Posture checks (netfoundry.md#posture-checks). No public source shows a body: the envelope is the platform's, the
//! payload by type is the overlay's own.

use serde_json::{Value, json};

use super::Platform;
use super::kind::Traits;
use super::refusal::Refusal;
use super::shape::{Field, NAME, NETWORK_ID, Shape};
use super::write::Draft;

/// Operating systems that a check can ask for.
const SYSTEMS: Shape = Shape::Word(&["Windows", "WindowsServer", "Android", "iOS", "Linux", "macOS"]);
const TYPES: [&str; 6] = ["OS", "MAC", "DOMAIN", "PROCESS", "PROCESS_MULTI", "MFA"];

/// `core/v2/posture-checks`.
pub(super) static POSTURE_CHECK: Traits = Traits {
    path: "posture-checks",
    singular: "posture-check",
    fields: &[
        NETWORK_ID,
        NAME,
        Field::optional("attributes", Shape::Tags).unset("[]"),
        Field::required("typeId", Shape::Word(&TYPES)).fixed(),
        Field::optional(
            "operatingSystems",
            Shape::List(&Shape::Record(&[
                Field::required("type", SYSTEMS),
                Field::required("versions", Shape::List(&Shape::Text)),
            ])),
        ),
        Field::optional("macAddresses", Shape::List(&Shape::Text)),
        Field::optional("domains", Shape::List(&Shape::Text)),
        Field::optional(
            "process",
            Shape::Record(&[
                Field::required("path", Shape::Text),
                Field::required("osType", SYSTEMS),
                Field::optional("hashes", Shape::List(&Shape::Text)).unset("[]"),
                Field::optional("signerFingerprint", Shape::Text).unset("null"),
            ]),
        ),
        Field::optional("semantic", Shape::Word(&["AllOf", "AnyOf"])),
        Field::optional(
            "processes",
            Shape::List(&Shape::Record(&[
                Field::required("path", Shape::Text),
                Field::required("osType", SYSTEMS),
                Field::optional("hashes", Shape::List(&Shape::Text)).unset("[]"),
                Field::optional("signerFingerprints", Shape::List(&Shape::Text)).unset("[]"),
            ])),
        ),
        Field::optional("promptOnUnlock", Shape::Flag),
        Field::optional("promptOnWake", Shape::Flag),
        Field::optional("timeoutSeconds", Shape::Number(-1, i64::MAX)),
        Field::optional("ignoreLegacyEndpoints", Shape::Flag),
    ],
    check,
    ..Traits::COMMON
};

/// The payload of each type: what must be there, and what is put there with which default.
fn payload(type_id: &str) -> (&'static [&'static str], &'static [(&'static str, &'static str)]) {
    match type_id {
        "OS" => (&["operatingSystems"], &[]),
        "MAC" => (&["macAddresses"], &[]),
        "DOMAIN" => (&["domains"], &[]),
        "PROCESS" => (&["process"], &[]),
        "PROCESS_MULTI" => (&["processes", "semantic"], &[]),
        _ => (
            &[],
            &[
                ("promptOnUnlock", "false"),
                ("promptOnWake", "false"),
                ("timeoutSeconds", "-1"),
                ("ignoreLegacyEndpoints", ""),
            ],
        ),
    }
}

fn check(_platform: &Platform, draft: &mut Draft) -> Result<(), Refusal> {
    let type_id = draft.text("typeId").unwrap_or_default().to_owned();
    let (required, defaulted) = payload(&type_id);
    let mut complaints = Vec::new();
    let common = ["name", "attributes", "typeId"];
    for name in draft.shown.keys() {
        let known = common.contains(&name.as_str())
            || required.contains(&name.as_str())
            || defaulted.iter().any(|(field, _)| field == name);
        if !known {
            complaints.push(format!("`{name}` is no field of a {type_id} posture check"));
        }
    }
    for name in required {
        if draft.shown.get(*name).is_none_or(Value::is_null) {
            complaints.push(format!("`{name}` is required for a {type_id} posture check"));
        }
    }
    if draft.shown.get("processes").and_then(Value::as_array).is_some_and(Vec::is_empty) {
        complaints.push("`processes` must name a program".to_owned());
    }
    for (name, json) in defaulted {
        if let (false, Ok(value)) = (draft.shown.contains_key(*name), serde_json::from_str::<Value>(json)) {
            draft.shown.insert((*name).to_owned(), value);
        }
    }
    // The overlay normalizes case and separators (netfoundry.md#values).
    if let Some(addresses) = draft.shown.get_mut("macAddresses").and_then(Value::as_array_mut) {
        for address in addresses {
            let text = address.as_str().unwrap_or_default();
            let digits: String = text.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_lowercase();
            if digits.len() != 12 || !digits.chars().all(|digit| digit.is_ascii_hexdigit()) {
                complaints.push(format!("`macAddresses`: `{text}` is no MAC address"));
            }
            *address = json!(digits);
        }
    }
    if complaints.is_empty() { Ok(()) } else { Err(Refusal::Invalid(complaints)) }
}
