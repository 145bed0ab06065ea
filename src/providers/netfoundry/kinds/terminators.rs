//! Terminators: where services are hosted at the moment (netfoundry.md#terminators).
//!
//! Routers and tunnelers make them while they run, so that they are read only: a service without one is not reachable.

use crate::providers::netfoundry::shared::{ZITI_ID, listed};
use crate::spec::{Identity, Kind, Type, output};

pub(crate) static KIND: Kind = Kind {
    name: "terminators",
    doc: "Where services are hosted at the moment",
    source: "netfoundry.md#terminators",
    parent: Some("networks"),
    identity: Identity::Name("id"),
    fields: &[
        output("id", Type::Text, "Id"),
        output("serviceId", Type::Ref("services"), "Service that is hosted").inferred(),
        output("edgeRouterId", Type::Ref("edge-routers"), "Edge router that it is reached through").inferred(),
        output("binding", Type::Text, "What hosts it: `edge`, `tunnel`").inferred(),
        output("address", Type::Text, "Where the router finds it").inferred(),
        output("cost", Type::Int, "Cost; the cheapest is used first").inferred(),
        output("precedence", Type::Text, "default, required or failed").inferred(),
        ZITI_ID,
    ],
    api: listed!("terminators", "terminatorList"),
    ..Kind::NEW
};

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::providers::netfoundry::testing::shows;

    #[test]
    fn a_terminator_as_documented() {
        let terminator = json!({
            "id": "50e9b2c6", "serviceId": "d94f3b68", "edgeRouterId": "7d3e9f20", "binding": "edge",
            "address": "hosted:abc", "cost": 0, "precedence": "default", "identity": null, "zitiId": "Ej5.n0YbQ"
        });
        shows(&KIND, &terminator, json!({ "serviceId": "d94f3b68", "cost": 0, "precedence": "default" }));
    }
}
