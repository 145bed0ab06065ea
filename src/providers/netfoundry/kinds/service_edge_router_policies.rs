//! Service edge router policies: which edge routers carry which services (netfoundry.md#service-edge-router-policies).
//!
//! Services with a model make policies of their own, under names that are not documented.

use crate::providers::netfoundry::shared::{EDGE_ROUTERS, NAME, SEMANTIC, SERVICES, ZITI_ID, in_network};
use crate::spec::{Condition, Identity, Kind, field};

pub(crate) static KIND: Kind = Kind {
    name: "service-edge-router-policies",
    doc: "Which edge routers carry the traffic of which services",
    source: "netfoundry.md#service-edge-router-policies",
    parent: Some("networks"),
    identity: Identity::CaselessName("name"),
    fields: &[
        NAME,
        SEMANTIC,
        field("serviceAttributes", SERVICES, "Services that are carried").required(),
        field("edgeRouterAttributes", EDGE_ROUTERS, "Edge routers that carry them").required(),
        ZITI_ID,
    ],
    api: in_network!("service-edge-router-policies", "serviceEdgeRouterPolicyList", adds r#""semantic": "AnyOf""#),
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
            "name": "ssh-ServiceEdgeRouterPolicy", "semantic": "AnyOf", "serviceAttributes": ["@ssh"],
            "edgeRouterAttributes": ["#all"]
        });
        reads_back(&KIND, &create, &create);
        let mut declared = create.clone();
        declared.as_object_mut().unwrap().remove("semantic");
        writes(&KIND, declared, create);
    }

    #[test]
    fn another_semantic_is_kept() {
        let create = json!({ "name": "all", "semantic": "AllOf" });
        writes(&KIND, create.clone(), create);
    }
}
