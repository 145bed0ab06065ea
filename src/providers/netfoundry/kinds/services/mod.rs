//! Services: what endpoints reach through the network, and where it is hosted (netfoundry.md#services).
//!
//! A model (`modelType` and `model`) makes the platform generate configs, a Bind policy and a service edge router
//! policy. A service without a model is raw: it has configs of the network, which change by themselves and stay when it
//! goes. How they are attached is inferred: sources show a new service with the bodies of new configs, and never a config
//! that was there before.

mod model;

use serde_json::Value;

use self::model::{MODEL, MODEL_TYPES};
use crate::attr::Attr;
use crate::providers::netfoundry::shared::{ATTRIBUTES, NAME, ZITI_ID, in_network};
use crate::spec::{AutoCreated, Condition, Identity, Kind, Relation, Type, field, output};

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
        field(
            "configs",
            Type::Set(&Type::Ref("configs")),
            "Configs of a raw service: by name, or spelt out with `name` and all else",
        )
        .writable_on(Condition::undeclared("modelType"))
        .inferred(),
        output("configIdByConfigTypeId", Type::Map(&Type::Text), "Ids of its configs by ids of their types"),
        ZITI_ID,
    ],
    api: in_network!("services", "serviceList", adds r#""attributes": [], "encryptionRequired": true"#, update with_model_type),
    read: Some(own_or_generated),
    carries_traffic: Some(Condition::ALWAYS),
    relations: &[
        Relation::Creates("configs", AutoCreated::Listed { at: GENERATED, goes_if_set: None }),
        // Their names are documented nowhere (netfoundry.md#services).
        Relation::Creates("service-policies", FOR_ITS_MODEL),
        Relation::Creates("service-edge-router-policies", FOR_ITS_MODEL),
    ],
    ..Kind::NEW
};

/// The key under which `own_or_generated` puts the configs that the model makes.
const GENERATED: &str = "generated";

/// The configs of a raw service are those that were attached to it; with a model they are the model's (netfoundry.md#services).
fn own_or_generated(service: &mut Value) {
    let ids = service.get("configIdByConfigTypeId").and_then(Value::as_object);
    let ids: Vec<Value> = ids.into_iter().flat_map(|ids| ids.values().cloned()).collect();
    let is_raw = service.get("modelType").is_none_or(Value::is_null);
    if let Value::Object(service) = service {
        let (own, generated) = if is_raw { (ids, Vec::new()) } else { (Vec::new(), ids) };
        service.insert("configs".to_owned(), own.into());
        service.insert(GENERATED.to_owned(), generated.into());
    }
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
    use crate::providers::netfoundry::testing::{reads_back, refuses, reshaped, writes};
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
    fn the_configs_of_a_raw_service_are_its_own_and_those_of_a_model_are_not() {
        let ids = json!({ "t1": "c1", "t2": "c2" });
        let raw = json!({ "name": "ssh", "modelType": null, "configIdByConfigTypeId": ids });
        reads_back(&KIND, &json!({ "name": "ssh", "configs": ["c2", "c1"] }), &raw);
        assert_eq!(reshaped(&KIND, &raw)[GENERATED], json!([]));
        let model = json!({ "name": "ssh", "modelType": "TunnelerToSdk", "configIdByConfigTypeId": ids });
        reads_back(&KIND, &json!({ "configs": [] }), &model);
        assert_eq!(reshaped(&KIND, &model)[GENERATED], json!(["c1", "c2"]));
        reads_back(&KIND, &json!({ "configs": [] }), &json!({ "name": "ssh" }));
        let create = json!({ "name": "ssh", "configs": ["c1"] });
        writes(
            &KIND,
            create,
            json!({ "name": "ssh", "attributes": [], "encryptionRequired": true, "configs": ["c1"] }),
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
