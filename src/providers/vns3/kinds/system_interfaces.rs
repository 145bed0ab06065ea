//! Network interfaces of the controller: devices, and further addresses on them as `eth0:1`.
//!
//! `system_default` does not tell whose an interface is: names and descriptions do. `mask_bits` travels as text.
//! `enabled` has a default in updates too, so it is always sent (vns3.md#system-interfaces, vns3.md#values).

use serde_json::Value;

use crate::attr::Attr;
use crate::spec::{Api, Body, Condition, Disruption, Envelope, Identity, Kind, List, Type, call, field, output};
use wire::Method::{Delete, Post, Put};

/// `system-interfaces`.
pub(crate) static KIND: Kind = Kind {
    name: "system-interfaces",
    doc: "Network interfaces of the controller",
    source: "GET /interfaces/system; vns3.md#system-interfaces",
    identity: Identity::Name("name"),
    fields: &[
        field("name", Type::Text, "Name of the interface, such as `eth1` or `eth0:1`").required(),
        super::DESCRIPTION,
        field("ip_internal", Type::IP, "Address, which the host has to offer").stays().disrupts(Disruption::Outage),
        field("mask_bits", super::PREFIX, "Length of the network's prefix").disrupts(Disruption::Outage),
        field("gateway", Type::IP, "Gateway of the network").cleared_by("null").disrupts(Disruption::Outage),
        field("ip_external", Type::IP, "Address by which others know it").cleared_by("null"),
        field("mtu", super::COUNT, "Largest packet").disrupts(Disruption::Reconnect),
        field("enabled", Type::Bool, "In use").default("false").always().disrupts(Disruption::Outage),
        output("status", Type::Text, "`Up` or `Down`"),
        output("interface_type", Type::Text, "`system` or `system_virtual`"),
    ],
    api: Api {
        list: List::at("/interfaces/system", Envelope::Items("response")),
        aliases: &["name", "ip_internal"],
        create: &[call(Post, "/interfaces/system", Body::Fields)
            .reshape(mask_as_text)
            .reply(Envelope::One("response"))],
        update: &[call(Put, "/interfaces/system/{id}", Body::Changed)
            .reshape(mask_as_text)
            .reply(Envelope::One("response"))],
        remove: &[call(Delete, "/interfaces/system/{id}", Body::None)],
        ..super::super::API
    },
    relations: &[super::LICENSED, super::KEYED],
    foreign: Some(of_the_system),
    carries_traffic: Some(Condition::is_not("enabled", &["false"])),
    ..Kind::NEW
};

fn of_the_system(interface: &Value) -> Option<&'static str> {
    let text = |key: &str| interface.get(key).and_then(Value::as_str).unwrap_or_default();
    let name = text("name");
    if text("description").contains("IPsec loopback") {
        Some("it belongs to `ipsec-local`")
    } else if name == "lo" || name == "plugin0" || text("description") == "Auto-created interface" {
        Some("the controller made it")
    } else if !name.contains(':') && (name.starts_with("tun") || name.starts_with("lnk")) {
        Some("it comes with the overlay or with a link")
    } else {
        None
    }
}

fn mask_as_text(body: &mut Attr, _: Option<&Value>) -> Result<(), &'static str> {
    super::number_as_text(body, "mask_bits");
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::providers::vns3::reading::listed;

    #[test]
    fn the_example_replies_read() {
        let reply = json!({"response": [
            {
                "id": 4, "name": "eth0", "interface_type": "system", "description": "Auto-created interface",
                "ip_internal": "192.168.1.211", "mtu": 9001, "enabled": true, "status": "Up", "mask_bits": "24",
                "gateway": null, "system_default": true, "ip_external": "3.222.68.251", "tags": []
            },
            {
                "id": 7, "name": "eth0:0", "interface_type": "system",
                "description": "This interface used as IPsec loopback via Local Private IP",
                "ip_internal": "192.168.1.230", "mtu": 9001, "enabled": true, "status": "Up", "mask_bits": "31",
                "gateway": null, "system_default": true, "ip_external": null, "tags": []
            },
            {
                "id": 16, "name": "tun1:1", "interface_type": "system_virtual", "description": "",
                "ip_internal": "192.168.1.250", "mtu": 9001, "enabled": true, "status": "Up", "mask_bits": "32",
                "gateway": null, "system_default": true, "ip_external": null, "tags": []
            }
        ]});
        let found = listed(&KIND, &reply);
        assert_eq!(found[0]["foreign"], "the controller made it");
        assert_eq!(found[1]["foreign"], "it belongs to `ipsec-local`");
        assert_eq!(
            found[2],
            json!({
                "id": 16,
                "name": "tun1:1",
                "ip_internal": "192.168.1.250",
                "mask_bits": 32,
                "mtu": 9001,
                "enabled": true,
                "status": "Up",
                "interface_type": "system_virtual"
            })
        );
    }

    #[test]
    fn the_mask_is_sent_as_text() {
        let mut body = Attr::from_json(&json!({"mask_bits": 24, "mtu": 1500}));
        mask_as_text(&mut body, None).unwrap();
        assert_eq!(body, Attr::from_json(&json!({"mask_bits": "24", "mtu": 1500})));
    }
}
