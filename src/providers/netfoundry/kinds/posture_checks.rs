//! Posture checks: what is checked about an endpoint before it may use a service (netfoundry.md#posture-checks).
//!
//! That the collection exists is documented, the fields beyond name and attributes are inferred from those of the ziti
//! controller. Each type has fields of its own; another type is another object.

use serde_json::Value;

use crate::attr::Attr;
use crate::providers::netfoundry::shared::{ATTRIBUTES, NAME, ZITI_ID, in_network};
use crate::spec::{Condition, Field, Identity, Kind, MAC, Type, field, whole_numbers};

const SYSTEMS: Type = Type::Enum(&["Windows", "WindowsServer", "Android", "iOS", "Linux", "macOS"]);
const TYPES: Type = Type::OpenEnum(&["OS", "MAC", "DOMAIN", "PROCESS", "PROCESS_MULTI", "MFA"]);
const WORDS: Type = Type::Set(&Type::Text);

const SYSTEM: &[Field] = &[
    field("type", SYSTEMS, "Operating system").required(),
    field("versions", WORDS, "Ranges of versions, such as `>=13.0.0`"),
];

const PROCESS: &[Field] = &[
    field("path", Type::Text, "Path of the program").required(),
    field("osType", SYSTEMS, "Operating system that it runs on").required(),
    field("hashes", WORDS, "SHA-512 of the program, any of them").cleared_by("null"),
    field("signerFingerprint", Type::Text, "Fingerprint of the certificate that signed it").cleared_by("null"),
];

const ONE_OF_MANY: &[Field] = &[
    field("path", Type::Text, "Path of the program").required(),
    field("osType", SYSTEMS, "Operating system that it runs on").required(),
    field("hashes", WORDS, "SHA-512 of the program, any of them").cleared_by("null"),
    field("signerFingerprints", WORDS, "Fingerprints of the certificates that may have signed it").cleared_by("null"),
];

whole_numbers!(
    /// Seconds, or never.
    SECONDS, -1..
);

const fn is(types: &'static [&'static str]) -> Condition {
    Condition::is("typeId", types)
}

pub(crate) static KIND: Kind = Kind {
    name: "posture-checks",
    doc: "What is checked about an endpoint before it may use a service",
    source: "netfoundry.md#posture-checks",
    parent: Some("networks"),
    identity: Identity::CaselessName("name"),
    fields: &[
        NAME,
        ATTRIBUTES,
        field("typeId", TYPES, "What is checked").required().replaces().inferred(),
        field("operatingSystems", Type::Table(SYSTEM, "type"), "OS: the systems that pass")
            .required_if(is(&["OS"]))
            .writable_on(is(&["OS"]))
            .inferred(),
        // They have one spelling at the server (netfoundry.md#values).
        field("macAddresses", Type::Set(&Type::Format(&MAC)), "MAC: addresses that pass, in any spelling")
            .required_if(is(&["MAC"]))
            .writable_on(is(&["MAC"]))
            .inferred(),
        field("domains", WORDS, "DOMAIN: Windows domains that pass")
            .required_if(is(&["DOMAIN"]))
            .writable_on(is(&["DOMAIN"]))
            .inferred(),
        field("process", Type::Open(PROCESS), "PROCESS: the program that has to run")
            .required_if(is(&["PROCESS"]))
            .writable_on(is(&["PROCESS"]))
            .inferred(),
        field("processes", Type::Table(ONE_OF_MANY, "path"), "PROCESS_MULTI: the programs that have to run")
            .required_if(is(&["PROCESS_MULTI"]))
            .writable_on(is(&["PROCESS_MULTI"]))
            .inferred(),
        field("semantic", Type::Enum(&["AllOf", "AnyOf"]), "PROCESS_MULTI: whether all have to run, or any")
            .default("\"AllOf\"")
            .writable_on(is(&["PROCESS_MULTI"]))
            .inferred(),
        field("promptOnUnlock", Type::Bool, "MFA: asks again after the device was locked")
            .default("false")
            .writable_on(is(&["MFA"]))
            .inferred(),
        field("promptOnWake", Type::Bool, "MFA: asks again after the device slept")
            .default("false")
            .writable_on(is(&["MFA"]))
            .inferred(),
        field("timeoutSeconds", Type::Format(&SECONDS), "MFA: asks again after so many seconds; -1 for never")
            .default("-1")
            .writable_on(is(&["MFA"]))
            .inferred(),
        field("ignoreLegacyEndpoints", Type::Bool, "MFA: lets devices pass that can't be asked")
            .writable_on(is(&["MFA"]))
            .inferred(),
        ZITI_ID,
    ],
    api: in_network!("posture-checks", "postureCheckList", create said_in_full, update said_in_full),
    ..Kind::NEW
};

/// The overlay requires what it could have defaults for (netfoundry.md#posture-checks).
fn said_in_full(body: &mut Attr, _: Option<&Value>) -> Result<(), &'static str> {
    let Attr::Map(fields) = body else { return Ok(()) };
    if fields.get("typeId").and_then(Attr::as_text) == Some("PROCESS_MULTI") {
        fields.entry("semantic".to_owned()).or_insert_with(|| Attr::text("AllOf"));
    }
    if let Some(Attr::List(systems)) = fields.get_mut("operatingSystems") {
        for system in systems.iter_mut() {
            if let Attr::Map(system) = system {
                system.entry("versions".to_owned()).or_insert_with(|| Attr::List(Vec::new()));
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::providers::netfoundry::testing::{reads_back, writes};
    use crate::spec::{canonical, check};

    #[test]
    fn every_type_as_documented() {
        let process = json!({ "path": "/opt/edr", "osType": "Linux", "hashes": [], "signerFingerprint": null });
        let many = json!({ "path": "C:\\av.exe", "osType": "Windows", "hashes": [], "signerFingerprints": [] });
        for create in [
            json!({ "typeId": "OS", "operatingSystems": [{ "type": "macOS", "versions": [">=13.0.0"] }] }),
            json!({ "typeId": "MAC", "macAddresses": ["0c9d92a1b2c3"] }),
            json!({ "typeId": "DOMAIN", "domains": ["corp.acme.example"] }),
            json!({ "typeId": "PROCESS", "process": process }),
            json!({ "typeId": "PROCESS_MULTI", "semantic": "AnyOf", "processes": [many] }),
            json!({ "typeId": "MFA", "promptOnUnlock": true, "promptOnWake": false, "timeoutSeconds": -1 }),
        ] {
            reads_back(&KIND, &create, &create);
            writes(&KIND, create.clone(), create);
        }
    }

    #[test]
    fn the_spelling_of_a_mac_address_is_no_difference() {
        reads_back(
            &KIND,
            &json!({ "macAddresses": ["0c9d92a1b2c3"] }),
            &json!({ "macAddresses": ["0C:9D:92:A1:B2:C3"] }),
        );
    }

    #[test]
    fn a_mac_address_is_the_same_in_files_and_at_the_platform_however_it_is_spelled() {
        let ty = KIND.field("macAddresses").map(|field| field.ty).unwrap();
        let form = |text: &str| canonical(&ty, &Attr::from_json(&json!([text])));
        for same in ["0C:9D:92:A1:B2:C3", "0c-9d-92-a1-b2-c3", "0C9D.92A1.B2C3", "0c9d92a1b2c3"] {
            assert_eq!(form(same), form("0c9d92a1b2c3"), "{same}");
            assert!(check(&ty, &Attr::from_json(&json!([same]))).is_empty(), "{same}");
        }
        for other in ["0c9d92a1b2c4", "0c9d92a1b2", "0c9d92a1b2c3d4", "zz"] {
            assert_ne!(form(other), form("0c9d92a1b2c3"), "{other}");
            let is_one = other == "0c9d92a1b2c4";
            assert_eq!(check(&ty, &Attr::from_json(&json!([other]))).is_empty(), is_one, "{other}");
        }
    }
}
