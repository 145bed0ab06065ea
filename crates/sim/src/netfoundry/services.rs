//! Services (netfoundry.md#services): model services, which make configs and policies of their own, and raw ones.

use serde_json::{Map, Value, json};

use super::Platform;
use super::kind::{Kind, Traits};
use super::models::{self, MODEL_TYPES};
use super::refusal::Refusal;
use super::shape::{Field, NAME, NETWORK_ID, Reader, Shape};
use super::store::{Life, Object, Owner};
use super::write::Draft;
use super::{configs, mention};

/// `core/v2/services`.
pub(super) static SERVICE: Traits = Traits {
    path: "services",
    singular: "service",
    fields: &[
        NETWORK_ID,
        NAME,
        Field::optional("attributes", Shape::Tags).unset("null"),
        Field::optional("encryptionRequired", Shape::Flag).unset("true"),
        Field::optional("modelType", Shape::Word(&MODEL_TYPES)).repeatable().unset("null"),
        Field::optional("model", Shape::Map).unset("null"),
        // By their bodies, as clients send them; by their ids is the overlay's form (netfoundry.md#services).
        Field::optional("configs", Shape::List(&Shape::IdOrWhole(Kind::Config))).hidden(),
        // A duplicate that clients send beside the model's own list (netfoundry.md#services).
        Field::optional("edgeRouterAttributes", Shape::Mentions(Kind::EdgeRouter)).dropped(),
    ],
    facts: &["authority", "configIdByConfigTypeId"],
    keeps_deleted: true,
    // Four polls.
    build: |_| 850,
    check,
    built: changed,
    changed,
    erased,
    ..Traits::COMMON
};

fn check(platform: &Platform, draft: &mut Draft) -> Result<(), Refusal> {
    let network = draft.network.clone();
    let mut reader = Reader { store: &platform.store, network: &network, complaints: Vec::new() };
    let model_type = draft.text("modelType").map(str::to_owned);
    let is_new = draft.id.is_none();
    match (&model_type, draft.shown.get("model").and_then(Value::as_object)) {
        (Some(_), None) => reader.complaints.push("`model` is required beside `modelType`".to_owned()),
        (None, Some(_)) => reader.complaints.push("`modelType` is required beside `model`".to_owned()),
        (Some(model_type), Some(model)) if is_new || draft.gives("model") => {
            // A change replaces the model whole and names its type beside it (netfoundry.md#writes).
            if !draft.gives("modelType") {
                reader.complaints.push("`modelType` is required beside `model`".to_owned());
            }
            // A change was merged with stored mentions only where it did not name the model.
            let stored = models::read(&mut reader, model_type, model);
            draft.shown.insert("model".to_owned(), stored.into());
        }
        _ => {}
    }
    if model_type.is_some() && draft.gives("configs") {
        reader.complaints.push("`configs` are for services without `modelType`".to_owned());
    }
    if draft.gives("configs") {
        let inline = draft.hidden.get("configs").and_then(Value::as_array).cloned().unwrap_or_default();
        let mut types = Vec::new();
        for (index, config) in inline.iter().enumerate() {
            configs::check_inline(&mut reader, config, &format!("configs[{index}]"), draft.id.as_deref());
            types.extend(platform.type_of_config(&network, config));
        }
        types.sort();
        if types.windows(2).any(|pair| matches!(pair, [one, other] if one == other)) {
            reader.complaints.push("`configs` has two of one type".to_owned());
        }
    }
    if !reader.complaints.is_empty() {
        return Err(Refusal::Invalid(reader.complaints));
    }
    if is_new {
        let facts = json!({ "authority": null, "configIdByConfigTypeId": {} });
        draft.shown.extend(facts.as_object().cloned().unwrap_or_default());
    }
    Ok(())
}

/// The objects that a service brings along follow it. The names are documented nowhere; these do not end in `-system`, so that no
/// client can tell them from others by name.
fn changed(platform: &mut Platform, id: &str, now: u64) {
    let Some(service) = platform.store.get(id).cloned() else { return };
    let network = service.network.clone().unwrap_or_default();
    let config_ids = match (service.text("modelType"), service.body.get("model").and_then(Value::as_object)) {
        (Some(model_type), Some(model)) => {
            let companions = Companions { service: &service, network: &network, model, now };
            platform.make_policies(&companions);
            platform.make_terminators(&companions);
            platform.make_configs(&companions, model_type)
        }
        _ => platform.make_inline_configs(&service, &network, now),
    };
    platform.store.update(id, |service| {
        service.body.insert("configIdByConfigTypeId".to_owned(), config_ids.into());
    });
}

/// A deleted service reads back without model and attributes (netfoundry.md#services).
fn erased(platform: &mut Platform, id: &str, _now: u64) {
    platform.store.update(id, |service| {
        service.body.insert("model".to_owned(), Value::Null);
        service.body.insert("attributes".to_owned(), Value::Null);
    });
}

struct Companions<'a> {
    service: &'a Object,
    network: &'a str,
    model: &'a Map<String, Value>,
    now: u64,
}

impl Companions<'_> {
    fn list(&self, field: &str) -> Value {
        self.model.get(field).cloned().unwrap_or_else(|| json!([]))
    }

    fn hosts(&self) -> impl Iterator<Item = &Value> {
        self.model.get("edgeRouterHosts").and_then(Value::as_array).into_iter().flatten()
    }
}

impl Platform {
    /// Adds or renews something that belongs to a service.
    fn make(&mut self, kind: Kind, companions: &Companions, part: &str, body: Value) -> String {
        let name = format!("{}-{part}", companions.service.id);
        let known = self.store.named(kind, companions.network, &name).map(|object| object.id.clone());
        let mut body = body.as_object().cloned().unwrap_or_default();
        body.insert("name".to_owned(), json!(name));
        self.renew(kind, companions, known, body)
    }

    fn renew(
        &mut self,
        kind: Kind,
        companions: &Companions,
        known: Option<String>,
        body: Map<String, Value>,
    ) -> String {
        match known {
            Some(id) => {
                self.store.update(&id, |object| object.body = body);
                id
            }
            None => {
                let owner = Owner::MadeFor(companions.service.id.clone());
                self.place(kind, companions.network, owner, body.into(), companions.now)
            }
        }
    }

    /// Objects that come with a model service (netfoundry.md#services): a Bind service policy and a service edge router
    /// policy.
    fn make_policies(&mut self, companions: &Companions) {
        let mention = format!("@{}", companions.service.id);
        let hosts: Vec<String> = companions
            .hosts()
            .filter_map(|host| host.get("edgeRouterId").and_then(Value::as_str))
            .filter_map(|router| self.twin_of(router))
            .map(|twin| format!("@{twin}"))
            .collect();
        let endpoints = match companions.model.get("bindEndpointAttributes") {
            Some(list) if hosts.is_empty() => list.clone(),
            _ => hosts.into(),
        };
        let bind = json!({
            "type": "Bind",
            "semantic": "AnyOf",
            "serviceAttributes": [mention],
            "endpointAttributes": endpoints,
            "postureCheckAttributes": [],
        });
        self.make(Kind::ServicePolicy, companions, "bind", bind);
        let routers = json!({
            "semantic": "AnyOf",
            "serviceAttributes": [mention],
            "edgeRouterAttributes": companions.list("edgeRouterAttributes"),
        });
        self.make(Kind::ServiceEdgeRouterPolicy, companions, "routers", routers);
    }

    /// A router that hosts a service terminates it (netfoundry.md#terminators).
    fn make_terminators(&mut self, companions: &Companions) {
        let mut left: Vec<(String, String)> = Vec::new();
        for id in self.store.made_for(&companions.service.id) {
            let terminator = self.store.get(&id).filter(|object| object.kind == Kind::Terminator);
            left.extend(
                terminator.and_then(|object| object.text("edgeRouterId")).map(|router| (router.to_owned(), id.clone())),
            );
        }
        for host in companions.hosts() {
            let router = host.get("edgeRouterId").and_then(Value::as_str).unwrap_or_default();
            let egress = |field: &str| match host.get("serverEgress").and_then(|egress| egress.get(field)) {
                Some(Value::String(text)) => text.clone(),
                other => other.map(Value::to_string).unwrap_or_default(),
            };
            let body = json!({
                "serviceId": companions.service.id,
                "edgeRouterId": router,
                "binding": "edge_transport",
                "address": format!("{}:{}:{}", egress("protocol"), egress("host"), egress("port")),
                "cost": 0,
                "precedence": "default",
                "identity": null,
            });
            let known = left.iter().position(|(known, _)| known == router).map(|place| left.remove(place).1);
            self.renew(Kind::Terminator, companions, known, body.as_object().cloned().unwrap_or_default());
        }
        for (_, id) in left {
            self.erase(&id, companions.now);
        }
    }

    /// Simple models have one config, advanced ones two (netfoundry.md#services).
    fn make_configs(&mut self, companions: &Companions, model_type: &str) -> Map<String, Value> {
        let mut parts = Vec::new();
        if let Some(ingress) = companions.model.get("clientIngress") {
            parts.push(("intercept.v1", ingress.clone()));
        }
        if let (true, Some(egress)) = (model_type.starts_with("Advanced"), companions.model.get("serverEgress")) {
            parts.push(("host.v1", egress.clone()));
        }
        let mut ids = Map::new();
        for (type_name, data) in parts {
            let Some(type_id) = self.config_type_id(companions.network, type_name) else { continue };
            let body = json!({ "configTypeId": type_id, "data": data });
            let id = self.make(Kind::Config, companions, type_name, body);
            ids.insert(type_id, json!(id));
        }
        ids
    }

    /// The configs of a raw service: inline ones become configs, others are attached (netfoundry.md#services); read back
    /// only as ids.
    fn make_inline_configs(&mut self, service: &Object, network: &str, now: u64) -> Map<String, Value> {
        let inline = service.hidden.get("configs").and_then(Value::as_array).cloned().unwrap_or_default();
        let mut ids = Map::new();
        for config in inline {
            let Some(type_id) = self.type_of_config(network, &config) else { continue };
            if let Some(attached) = config.as_str() {
                ids.insert(type_id, json!(attached));
                continue;
            }
            let name = config.get("name").and_then(Value::as_str).unwrap_or_default();
            let body = json!({ "name": name, "configTypeId": type_id, "data": config.get("data") });
            let id = match self.store.named(Kind::Config, network, name).map(|held| held.id.clone()) {
                Some(id) => {
                    self.store.update(&id, |held| held.body = body.as_object().cloned().unwrap_or_default());
                    id
                }
                None => self.place(Kind::Config, network, Owner::User, body, now),
            };
            ids.insert(type_id, json!(id));
        }
        ids
    }
}

/// The create form names hosting routers (netfoundry.md#other-forms) and spells out the configs of a raw service.
pub(super) fn export(platform: &Platform, service: &Object, form: &mut Map<String, Value>, now: u64) {
    let hosts = form.get_mut("model").and_then(|model| model.get_mut("edgeRouterHosts")).and_then(Value::as_array_mut);
    for host in hosts.into_iter().flatten().filter_map(Value::as_object_mut) {
        let id = host.remove("edgeRouterId");
        let router = id.as_ref().and_then(Value::as_str).and_then(|id| platform.store.get(id));
        host.extend(router.map(|router| ("edgeRouterName".to_owned(), json!(router.name()))));
    }
    if service.text("modelType").is_some() {
        form.remove("configs");
        return;
    }
    form.remove("modelType");
    form.remove("model");
    let ids = service.body_at(now).get("configIdByConfigTypeId").and_then(Value::as_object);
    let spelled: Vec<Value> = ids
        .into_iter()
        .flatten()
        .filter_map(|(type_id, id)| {
            let config = platform.store.get(id.as_str()?).filter(|config| config.life != Life::Gone)?;
            let mut body = config.body_at(now).clone();
            mention::show(&platform.store, config, &mut body);
            body.remove("configTypeId");
            body.insert("configTypeName".to_owned(), json!(platform.store.get(type_id)?.name()));
            Some(body.into())
        })
        .collect();
    form.insert("configs".to_owned(), spelled.into());
}
