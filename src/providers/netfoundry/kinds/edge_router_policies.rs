//! Edge router policies: which endpoints may connect to which edge routers (netfoundry.md#edge-router-policies).
//!
//! The platform makes one for each router that runs a tunneler, `edge-router-<zitiId>-system`.

use crate::providers::netfoundry::shared::{EDGE_ROUTERS, ENDPOINTS, NAME, ZITI_ID, in_network, made_by_the_system};
use crate::spec::{Condition, Identity, Kind, field};

pub(crate) static KIND: Kind = Kind {
    name: "edge-router-policies",
    doc: "Which endpoints may connect to which edge routers",
    source: "netfoundry.md#edge-router-policies",
    parent: Some("networks"),
    identity: Identity::CaselessName("name"),
    fields: &[
        NAME,
        field("endpointAttributes", ENDPOINTS, "Endpoints that may connect").required(),
        field("edgeRouterAttributes", EDGE_ROUTERS, "Edge routers that they may connect to").required(),
        ZITI_ID,
    ],
    api: in_network!("edge-router-policies", "edgeRouterPolicyList"),
    foreign: Some(made_by_the_system),
    carries_traffic: Some(Condition::ALWAYS),
    ..Kind::NEW
};

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::providers::netfoundry::testing::{reads_back, writes};

    #[test]
    fn a_policy_as_documented() {
        let create = json!({
            "name": "staff-via-hosted", "endpointAttributes": ["#staff", "@dc-tunneler-1"],
            "edgeRouterAttributes": ["#hosted"]
        });
        let live = json!({
            "id": "41e7b9d0", "name": "staff-via-hosted", "endpointAttributes": ["@dc-tunneler-1", "#staff"],
            "edgeRouterAttributes": ["#hosted"], "zitiId": "r1Dd.Y7kw"
        });
        reads_back(&KIND, &create, &live);
        writes(&KIND, create.clone(), create);
        assert_eq!(made_by_the_system(&live), None);
    }

    #[test]
    fn the_policy_of_a_router_is_the_systems() {
        assert!(made_by_the_system(&json!({ "name": "edge-router-kQ3x.vT9a-system" })).is_some());
    }
}
