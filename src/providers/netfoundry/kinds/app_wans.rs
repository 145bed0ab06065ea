//! AppWANs: which endpoints may use which services (netfoundry.md#app-wans).
//!
//! An AppWAN is a service policy of type Dial that matches any of what it names. An endpoint that hosts a service
//! should not use it through an AppWAN as well.

use crate::providers::netfoundry::shared::{ENDPOINTS, NAME, POSTURE_CHECKS, SERVICES, ZITI_ID, in_network};
use crate::spec::{Identity, Kind, Removal, field};

pub(crate) static KIND: Kind = Kind {
    name: "app-wans",
    doc: "Which endpoints may use which services, and what is checked about them",
    source: "netfoundry.md#app-wans",
    parent: Some("networks"),
    identity: Identity::CaselessName("name"),
    fields: &[
        NAME,
        field("serviceAttributes", SERVICES, "Services that may be used").required(),
        field("endpointAttributes", ENDPOINTS, "Endpoints that may use them").required(),
        field("postureCheckAttributes", POSTURE_CHECKS, "Checks that an endpoint has to pass").default("[]"),
        ZITI_ID,
    ],
    api: in_network!("app-wans", "appWanList"),
    removal: Removal::Outage,
    ..Kind::NEW
};

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::providers::netfoundry::testing::{reads_back, writes};

    #[test]
    fn an_app_wan_as_documented() {
        let create = json!({
            "name": "dev-access", "serviceAttributes": ["#dev"], "endpointAttributes": ["#staff"],
            "postureCheckAttributes": ["#managed-device"]
        });
        let live = json!({
            "id": "7e50a3b9", "networkId": "0b6f1c52", "name": "dev-access", "serviceAttributes": ["#dev"],
            "endpointAttributes": ["#staff"], "postureCheckAttributes": ["#managed-device"], "zitiId": "p2Nn.E5ja"
        });
        reads_back(&KIND, &create, &live);
        writes(&KIND, create.clone(), create);
    }
}
