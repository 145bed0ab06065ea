//! Services: what endpoints reach through the network, and where it is hosted (netfoundry.md#services).
//!
//! A model (`modelType` and `model`) makes the platform generate configs, a Bind policy and a service edge router
//! policy. A service without a model is raw: its configs come with it, and the platform leaves them behind when it goes
//! (the vendor's client removes them after it).

mod model;

use serde_json::Value;

use self::model::{MODEL, MODEL_TYPES};
use crate::attr::Attr;
use crate::providers::netfoundry::kinds::configs::config_data;
use crate::providers::netfoundry::shared::{ATTRIBUTES, NAME, ZITI_ID, in_network};
use crate::spec::{AutoCreated, Condition, Field, Identity, Kind, Relation, Removal, Type, field, output};

const CONFIG: &[Field] = &[
    field("name", Type::Text, "Name of the config").required(),
    field("configTypeName", Type::Text, "Type of the config, such as `intercept.v1` or `host.v1`").required(),
    field("data", Type::Open(&DATA), "What the type takes").required(),
];

static DATA: [Field; 14] = config_data("configTypeName");

const FOR_ITS_MODEL: AutoCreated = AutoCreated::Named { by: Some("serviceAttributes"), where_set: "modelType" };

pub(crate) static KIND: Kind = Kind {
    name: "services",
    doc: "Services: what endpoints reach through the network, and where it is hosted",
    source: "netfoundry.md#services",
    parent: Some("networks"),
    identity: Identity::CaselessName("name"),
    fields: &[
        NAME,
        ATTRIBUTES,
        field("encryptionRequired", Type::Bool, "Encrypts from end to end").default("true"),
        field("modelType", MODEL_TYPES, "Who uses and who hosts it; left out for a raw service")
            .required_if(Condition::declared("model"))
            .replaces(),
        field("model", Type::Open(MODEL), "What the model type takes")
            .required_if(Condition::declared("modelType"))
            .writable_on(Condition::declared("modelType")),
        field("configs", Type::Table(CONFIG, "name"), "Configs that are made with a raw service")
            .writable_on(Condition::undeclared("modelType"))
            .write_only()
            .replaces(),
        output("configIdByConfigTypeId", Type::Map(&Type::Text), "Ids of its configs by ids of their types"),
        ZITI_ID,
    ],
    api: in_network!("services", "serviceList", adds r#""encryptionRequired": true"#, create configs_in_network, update with_model_type),
    removal: Removal::Outage,
    relations: &[
        Relation::Creates(
            "configs",
            AutoCreated::Listed { at: "configIdByConfigTypeId", goes_if_set: Some("modelType") },
        ),
        // Their names are documented nowhere (netfoundry.md#services).
        Relation::Creates("service-policies", FOR_ITS_MODEL),
        Relation::Creates("service-edge-router-policies", FOR_ITS_MODEL),
    ],
    ..Kind::NEW
};

/// Each config that is made with a service needs its network (netfoundry.md#writes).
fn configs_in_network(body: &mut Attr, _: Option<&Value>) -> Result<(), &'static str> {
    if let Attr::Map(fields) = body
        && let Some(network) = fields.get("networkId").cloned()
        && let Some(Attr::List(configs)) = fields.get_mut("configs")
    {
        for config in configs {
            if let Attr::Map(config) = config {
                config.insert("networkId".to_owned(), network.clone());
            }
        }
    }
    Ok(())
}

/// A changed model needs its type beside it (netfoundry.md#writes).
fn with_model_type(body: &mut Attr, live: Option<&Value>) -> Result<(), &'static str> {
    if let Attr::Map(fields) = body
        && fields.contains_key("model")
        && let Some(model_type) = live.and_then(|service| service.get("modelType"))
    {
        fields.entry("modelType".to_owned()).or_insert_with(|| Attr::from_json(model_type));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::providers::netfoundry::testing::{reads_back, refuses, writes};
    use crate::spec::{ReferenceForm, swap_references};

    /// Checks a service's create body, and that the same model in a reply is no difference.
    fn echoed(model_type: &str, model: Value) {
        let create = json!({
            "name": "git", "encryptionRequired": true, "attributes": ["#dev"], "modelType": model_type, "model": model
        });
        let mut live = create.clone();
        live["zitiId"] = json!("3uJk8.wPo");
        live["authority"] = Value::Null;
        reads_back(&KIND, &create, &live);
        writes(&KIND, create.clone(), create);
    }

    #[test]
    fn the_models_as_documented() {
        echoed(
            "TunnelerToEndpoint",
            json!({
                "clientIngress": { "host": "git.acme.internal", "port": 443 },
                "serverEgress": { "protocol": "tcp", "host": "10.20.0.15", "port": 8443 },
                "bindEndpointAttributes": ["@dc-tunneler-1", "#dc-tunnelers"], "edgeRouterAttributes": ["#all"]
            }),
        );
        echoed(
            "TunnelerToEdgeRouter",
            json!({
                "clientIngress": { "host": "erp.acme.internal", "port": 80 },
                "edgeRouterHosts": [{
                    "edgeRouterId": "7d3e9f20",
                    "serverEgress": { "protocol": "tcp", "host": "erp.example.net", "port": 80 }
                }],
                "edgeRouterAttributes": ["#all"]
            }),
        );
        echoed(
            "TunnelerToSdk",
            json!({
                "clientIngress": { "host": "telemetry.acme.internal", "port": 5000 },
                "bindEndpointAttributes": ["#sdk-hosts"], "edgeRouterAttributes": ["#all"]
            }),
        );
        echoed(
            "AdvancedTunnelerToEndpoint",
            json!({
                "clientIngress": {
                    "addresses": ["*.db.acme.internal", "10.30.0.0/24"], "protocols": ["tcp"],
                    "ports": [{ "low": 5432, "high": 5432 }, { "low": 5900, "high": 5999 }]
                },
                "serverEgress": {
                    "forwardHost": true, "allowedHosts": ["*.db.acme.internal", "10.30.0.0/24"], "protocol": "tcp",
                    "forwardPort": true, "allowedPortRanges": [{ "low": 5432, "high": 5432 }]
                },
                "bindEndpointAttributes": ["@branch-42"], "edgeRouterAttributes": ["#all"]
            }),
        );
    }

    #[test]
    fn ports_in_quotes_and_protocols_in_capitals_are_no_difference() {
        let declared = json!({ "model": {
            "clientIngress": { "ports": [{ "low": "90", "high": "90" }, { "low": "80", "high": 80 }] },
            "serverEgress": { "protocol": "TCP", "host": "a", "port": "80" }
        } });
        let live = json!({ "model": {
            "clientIngress": { "ports": [{ "low": 80, "high": 80 }, { "low": 90, "high": 90 }] },
            "serverEgress": { "protocol": "tcp", "host": "a", "port": 80 }
        } });
        reads_back(&KIND, &declared, &live);
        assert!(refuses(&KIND, "model", json!({ "bindEndpointAttributes": ["staff"] })).contains("neither a `#tag`"));
    }

    #[test]
    fn a_raw_service_brings_its_configs() {
        let config = json!({ "name": "ssh-host.v1", "configTypeName": "host.v1", "data": { "forwardProtocol": true } });
        let mut sent = config.clone();
        sent["networkId"] = json!("0b6f1c52");
        writes(
            &KIND,
            json!({ "name": "ssh", "networkId": "0b6f1c52", "configs": [config] }),
            json!({ "name": "ssh", "networkId": "0b6f1c52", "encryptionRequired": true, "configs": [sent] }),
        );
    }

    #[test]
    fn a_model_names_routers_by_id_and_hosts_by_mention() {
        let model = json!({
            "edgeRouterHosts": [{ "edgeRouterId": "ohio" }], "bindEndpointAttributes": ["@branch", "#exits"]
        });
        let field = KIND.field("model").unwrap();
        let mut found = Vec::new();
        let swapped = swap_references(&field.ty, &Attr::from_json(&model), &mut |reference, kinds, name| {
            found.push((reference, kinds.to_vec(), name.to_owned()));
            (reference == ReferenceForm::Id).then(|| Attr::text("7d3e9f20"))
        });
        let host = (ReferenceForm::Mention, vec!["endpoints"], "branch".to_owned());
        assert_eq!(found, [host, (ReferenceForm::Id, vec!["edge-routers"], "ohio".to_owned())]);
        let expected = json!({
            "edgeRouterHosts": [{ "edgeRouterId": "7d3e9f20" }], "bindEndpointAttributes": ["@branch", "#exits"]
        });
        assert_eq!(swapped.to_shown(), expected);
    }

    #[test]
    fn a_changed_model_is_sent_with_its_type() {
        let live = json!({ "name": "git", "modelType": "TunnelerToSdk", "model": {} });
        let mut body = Attr::from_json(&json!({ "name": "git", "model": {} }));
        with_model_type(&mut body, Some(&live)).unwrap();
        assert_eq!(body.to_shown(), json!({ "name": "git", "model": {}, "modelType": "TunnelerToSdk" }));
    }
}
