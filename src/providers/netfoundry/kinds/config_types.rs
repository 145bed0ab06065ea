//! Config types: what configs can be about (netfoundry.md#config-types). Everything that is written here is inferred.

use crate::providers::netfoundry::shared::{NAME, ZITI_ID, in_network};
use crate::spec::{Condition, Identity, Kind, Type, field};

pub(crate) static KIND: Kind = Kind {
    name: "config-types",
    doc: "Types of configs, with the schema of their data",
    source: "netfoundry.md#config-types",
    parent: Some("networks"),
    identity: Identity::CaselessName("name"),
    fields: &[NAME, field("schema", Type::Json(Condition::ALWAYS), "JSON schema of the data").inferred(), ZITI_ID],
    api: in_network!("config-types", "configTypeList"),
    built_in: &["intercept.v1", "host.v1", "host.v2", "ziti-tunneler-client.v1", "ziti-tunneler-server.v1"],
    ..Kind::NEW
};

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::providers::netfoundry::testing::{reads_back, writes};

    #[test]
    fn a_type_as_documented() {
        let schema = json!({ "type": "object", "properties": { "metric": { "type": "integer" } } });
        let create = json!({ "name": "acme.routing.v1", "schema": schema });
        reads_back(&KIND, &create, &create);
        writes(&KIND, create.clone(), create);
    }
}
