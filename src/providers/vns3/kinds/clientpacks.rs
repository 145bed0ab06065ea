//! Credentials of overlay clients, one for each overlay address.
//!
//! The license brings the first ones; more can be added, none removed. The name is the overlay address with `_` for the
//! dots. Adding takes nothing but the address, so everything else is set afterwards (vns3.md#clientpacks).

use serde_json::{Value, json};

use crate::attr::Attr;
use crate::spec::{
    Api, Body, CallSpec, Disruption, Envelope, Field, Identity, Kind, List, Relation, Type, call, field, output,
};
use wire::Method::{Post, Put};

/// `clientpacks`.
pub(crate) static KIND: Kind = Kind {
    name: "clientpacks",
    doc: "Credentials of overlay clients, one for each overlay address",
    source: "GET /clientpacks, PUT /clientpack; vns3.md#clientpacks",
    identity: Identity::Name("name"),
    fields: &[
        field("name", Type::Text, "The overlay address with `_` for the dots, such as `100_64_0_1`").required().fixed(),
        own(
            field("enabled", Type::Bool, "The client may connect").disrupts(Disruption::Outage),
            &[call(Put, "/clientpack", Body::Json(r#"{"name": "{name}", "enabled": "{enabled}"}"#))],
        ),
        own(
            field("checked_out", Type::Bool, "It is given to somebody"),
            &[call(Put, "/clientpack", Body::Json(r#"{"name": "{name}", "checked_out": "{checked_out}"}"#))],
        ),
        own(
            field("compression", Type::Enum(&["on", "off"]), "Compression").stays().disrupts(Disruption::Reconnect),
            &[call(Put, "/clientpack", Body::Json(r#"{"name": "{name}", "compression": "{compression}"}"#))],
        ),
        own(
            field("auth_on", Type::Bool, "The user has to log in").write_only().disrupts(Disruption::Reconnect),
            &[call(Put, "/clientpack", Body::Json(r#"{"name": "{name}", "auth_on": "{auth_on}"}"#))],
        ),
        own(
            field("psk_on", Type::Bool, "A pre-shared key besides; WireGuard only")
                .write_only()
                .disrupts(Disruption::Reconnect),
            &[call(Put, "/clientpack", Body::Json(r#"{"name": "{name}", "psk_on": "{psk_on}"}"#))],
        ),
        output("overlay_ipaddress", Type::IP, "Its overlay address"),
        output("sequential_id", Type::Int, "Its number"),
        output("status", Type::Text, "Whether the client is connected"),
        output("ipaddress", Type::Text, "Address that the client connects from"),
        output("manager_id", Type::Int, "Controller that the client is connected to"),
        output("conf_sha1", Type::Text, "SHA-1 of its configuration; another one after it is generated anew"),
    ],
    api: Api {
        list: List::at("/clientpacks", Envelope::Keyed("response")),
        id: "",
        create: &[call(Post, "/clientpacks/add_clientpacks", Body::Fields).reshape(address_for_name)],
        ..super::super::API
    },
    relations: &[
        super::LICENSED,
        super::KEYED,
        Relation::After("clientpack-defaults", "it sets all clientpacks, and this one sets itself"),
    ],
    read: Some(tags_as_list),
    ..Kind::NEW
};

const fn own(field: Field, calls: &'static [CallSpec]) -> Field {
    field.dedicated_call(calls).afterwards()
}

/// `clientpack-tags` are read here: a map becomes a list of objects, as links have it.
fn tags_as_list(pack: &mut Value) {
    if let Some(Value::Object(tags)) = pack.get("tags") {
        let tags: Vec<Value> = tags.iter().map(|(key, value)| json!({"key": key, "value": value})).collect();
        pack["tags"] = tags.into();
    }
}

/// The call that adds a pack wants an address for the name.
fn address_for_name(body: &mut Attr, _: Option<&Value>) -> Result<(), &'static str> {
    if let Attr::Map(map) = body
        && let Some(Attr::Text(name)) = map.remove("name")
    {
        map.insert("requested_ips".into(), Attr::Text(name.replace('_', ".")));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::providers::vns3::reading::listed;

    #[test]
    fn the_example_reply_reads() {
        let reply = json!({"response": {"100.64.0.1": {
            "name": "100_64_0_1",
            "overlay_ipaddress": "100.64.0.1",
            "linux_onefile": "100_64_0_1.conf",
            "enabled": true,
            "conf_sha1": "da39a3ee",
            "sequential_id": 1,
            "checked_out": false,
            "manager_id": "1",
            "compression": "off",
            "status": "not_connected",
            "connected": false,
            "tags": {"team": "netops"}
        }}});
        assert_eq!(
            listed(&KIND, &reply),
            [json!({
                "name": "100_64_0_1",
                "enabled": true,
                "checked_out": false,
                "compression": "off",
                "overlay_ipaddress": "100.64.0.1",
                "sequential_id": 1,
                "status": "not_connected",
                "manager_id": 1,
                "conf_sha1": "da39a3ee"
            })]
        );
    }

    #[test]
    fn adding_one_sends_its_address() {
        let mut body = Attr::from_json(&json!({"name": "100_64_0_9"}));
        address_for_name(&mut body, None).unwrap();
        assert_eq!(body.to_shown(), json!({"requested_ips": "100.64.0.9"}));
    }
}
