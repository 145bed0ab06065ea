//! Networks: everything else lives in one (netfoundry.md#networks).
//!
//! No call changes a network, so that every difference is held; and removing one removes all that it holds. The
//! execution that its creation names may never become readable (netfoundry.md#consistency), so only its status is
//! waited for. The region has been called `locationCode`; replies may still say so, or name the cloud only at the
//! controller. Of product 8 and later, what lives in a network is kept by its own controller: nothing is planned for such.

use std::time::Duration;

use serde_json::Value;

use crate::attr::Attr;
use crate::providers::netfoundry::shared::{PAGES, STATES, gone, provisioned, renamed};
use crate::spec::{
    Api, Body, Condition, Detail, Envelope, Field, Identity, Kind, List, Poll, States, Type, call, field, output,
};
use wire::Method;

/// The vendor's client gives a network twenty minutes (netfoundry.md#executions).
const BUDGET: Duration = Duration::from_secs(1200);

/// The key under which `one_spelling` puts the status, or that there is no reaching what is in the network.
const STANDING: &str = "standing";
const BEYOND: &str = "product 8 or later";
const STUCK: &[(&str, &str)] = &[
    STATES.stuck[0],
    STATES.stuck[1],
    (
        BEYOND,
        "what lives in it is kept by its own controller, to which Trueup does not speak: leave it out of the files",
    ),
];

/// The list leaves it out (netfoundry.md#networks).
const PASSWORD: &[Detail] = &[Detail {
    read: call(Method::Get, "/core/v2/networks/{id}", Body::None),
    fields: &["sdsPassword"],
    stamp: "updatedAt",
}];

const CONTROLLER: &[Field] = &[
    output("name", Type::Text, "Name of the controller"),
    output("status", Type::Text, "State of the controller"),
    output("domainName", Type::Text, "Name in DNS, for firewalls and allow-lists"),
    output("ipAddress", Type::IP, "Public address, for firewalls and allow-lists"),
    output("port", Type::Int, "Port that endpoints and routers connect to"),
    output("provider", Type::Text, "Cloud that it runs in"),
    output("hostId", Type::Text, "Id of the host that it runs on"),
];

pub(crate) static KIND: Kind = Kind {
    name: "networks",
    doc: "Networks: the management domain of edge routers, endpoints, services and policies",
    source: "netfoundry.md#networks",
    identity: Identity::CaselessName("name"),
    fields: &[
        field("name", Type::Text, "Name, unique in the network group whatever its case").fixed(),
        field("networkGroupId", Type::Ref("network-groups"), "Group that it belongs to").required().fixed(),
        field("provider", Type::OpenEnum(&["AWS", "OCI"]), "Cloud that the controller runs in").chosen().fixed(),
        field("region", Type::Text, "Region of that cloud, as `regions` has it").required().fixed(),
        field("size", Type::Text, "Size of the controller, as `network-configs` names it").chosen().fixed(),
        field("productVersion", Type::Text, "Version, as `network-versions` has it; the newest default if left out")
            .chosen()
            .fixed(),
        output("status", Type::Text, "State of the network"),
        output("networkController", Type::Object(CONTROLLER), "The network's controller, once there is one"),
        output("o365BreakoutCategory", Type::Text, "Traffic to Office 365 that leaves the network early"),
        output("sdsPassword", Type::Text, "Password that the API shows whoever reads the network").secret(),
    ],
    api: Api {
        list: List::Call { path: "/core/v2/networks", at: Envelope::Items("_embedded.networkList"), paging: PAGES },
        create: &[call(Method::Post, "/core/v2/networks", Body::Fields)
            .reshape(within_reach)
            .reply(Envelope::One(""))
            .wait(&[provisioned("/core/v2/networks/{id}", BUDGET)])],
        remove: &[call(Method::Delete, "/core/v2/networks/{id}", Body::None)
            .wait(&[Poll { budget: BUDGET, ..gone("/core/v2/networks/{id}") }])],
        details: PASSWORD,
        states: Some(States { key: STANDING, stuck: STUCK, ..STATES }),
        ..Api::NONE
    },
    removed_by_address: true,
    read: Some(one_spelling),
    carries_traffic: Some(Condition::ALWAYS),
    ..Kind::NEW
};

fn one_spelling(network: &mut Value) {
    renamed(network, "locationCode", "region");
    if network.get("provider").is_none_or(Value::is_null)
        && let Some(provider) = network.pointer("/networkController/provider").cloned()
    {
        network["provider"] = provider;
    }
    let version = network.get("productVersion").and_then(Value::as_str);
    let standing = match version.is_some_and(is_beyond) {
        true => Value::from(BEYOND),
        false => network.get("status").cloned().unwrap_or_default(),
    };
    if let Value::Object(network) = network {
        network.insert(STANDING.to_owned(), standing);
    }
}

/// Says whether networks of that version keep what lives in them at their own controllers (netfoundry.md#generations).
fn is_beyond(version: &str) -> bool {
    version.split('.').next().and_then(|major| major.trim().parse::<u32>().ok()).is_some_and(|major| major >= 8)
}

fn within_reach(body: &mut Attr, _: Option<&Value>) -> Result<(), &'static str> {
    let version = match &*body {
        Attr::Map(fields) => fields.get("productVersion").and_then(Attr::as_text),
        _ => None,
    };
    match version.is_some_and(is_beyond) {
        true => Err(
            "what lives in networks of product 8 and later is kept by their own controllers, which are out of reach",
        ),
        false => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::providers::netfoundry::testing::{reads_back, reshaped, shows};

    #[test]
    fn a_network_as_documented() {
        let create = json!({
            "name": "acme-prod", "networkGroupId": "4a8d2e71", "provider": "AWS", "region": "us-east-2",
            "size": "medium", "productVersion": "7.3.104"
        });
        let live = json!({
            "id": "0b6f1c52", "name": "acme-prod", "networkGroupId": "4a8d2e71", "status": "PROVISIONED",
            "size": "medium", "productVersion": "7.3.104", "region": "us-east-2", "o365BreakoutCategory": "NONE",
            "sdsPassword": "REDACTED",
            "networkController": {
                "id": "f5b0a7d3", "networkId": "0b6f1c52", "name": "acme-prod-nc", "status": "PROVISIONED",
                "domainName": "0b6f1c52.production.netfoundry.io", "ipAddress": "203.0.113.17", "port": 443,
                "provider": "AWS", "providerId": "i-0abc", "hostId": "b81d6e02", "userData": null
            }
        });
        reads_back(&KIND, &create, &live);
        shows(&KIND, &live, json!({ "networkController.port": 443, "sdsPassword": "(secret sdsPassword)" }));
    }

    #[test]
    fn the_older_spelling_of_the_region_counts() {
        let live = json!({ "name": "acme", "locationCode": "eu-west-1", "region": null });
        shows(&KIND, &live, json!({ "region": "eu-west-1", "provider": null }));
    }

    #[test]
    fn networks_of_product_8_are_out_of_reach() {
        let states = KIND.api.states.unwrap();
        for (version, is_out) in [("8.0.1", true), ("8", true), ("10.2.0", true), ("7.3.104", false), ("", false)] {
            let live = reshaped(&KIND, &json!({ "name": "a", "productVersion": version, "status": "PROVISIONED" }));
            let word = live[states.key].as_str().unwrap();
            assert_eq!(states.stuck.iter().any(|(stuck, _)| *stuck == word), is_out, "{version}");
            let mut body = Attr::from_json(&json!({ "name": "a", "productVersion": version }));
            assert_eq!(within_reach(&mut body, None).is_err(), is_out, "{version}");
        }
        let suspended = reshaped(&KIND, &json!({ "name": "a", "status": "SUSPENDED" }));
        assert!(states.stuck.iter().any(|(stuck, _)| suspended[states.key] == json!(stuck)));
    }

    #[test]
    fn nothing_about_a_network_can_be_changed() {
        assert!(KIND.api.update.is_empty());
        assert!(KIND.removed_by_address);
    }
}
