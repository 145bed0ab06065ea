//! Config types (netfoundry.md#config-types) and configs (netfoundry.md#configs).

use serde_json::{Value, json};

use super::Platform;
use super::config_data;
use super::kind::{Kind, Traits};
use super::refusal::Refusal;
use super::shape::{Field, NAME, NETWORK_ID, Reader, Shape};
use super::store::{Object, Owner};
use super::write::Draft;

/// `core/v2/config-types`; `schema` is inferred from the overlay.
pub(super) static CONFIG_TYPE: Traits = Traits {
    path: "config-types",
    singular: "config-type",
    fields: &[NETWORK_ID, NAME, Field::optional("schema", Shape::Map).unset("null")],
    ..Traits::COMMON
};

/// `core/v2/configs`.
pub(super) static CONFIG: Traits = Traits {
    path: "configs",
    singular: "config",
    fields: &[
        NETWORK_ID,
        NAME,
        Field::optional("configTypeId", Shape::Id(Kind::ConfigType)).fixed(),
        Field::optional("configTypeName", Shape::Text).fixed().hidden(),
        Field::required("data", Shape::Map),
    ],
    check,
    ..Traits::COMMON
};

/// The types that every network has, with the overlay's own ids where they are known (netfoundry.md#config-types).
const BUILT_IN: [(&str, Option<&str>); 5] = [
    ("intercept.v1", Some("g7cIWbcGg")),
    ("host.v1", Some("NH5p4FpGR")),
    ("host.v2", None),
    ("ziti-tunneler-client.v1", None),
    ("ziti-tunneler-server.v1", None),
];

fn check(platform: &Platform, draft: &mut Draft) -> Result<(), Refusal> {
    let by_name = draft.hidden.remove("configTypeName");
    if draft.id.is_none() {
        check_type(platform, draft, by_name)?;
    }
    let type_name = draft.text("configTypeId").and_then(|id| platform.store.get(id)).map(Object::name);
    let mut reader = Reader { store: &platform.store, network: &draft.network, complaints: Vec::new() };
    if let (Some(type_name), Some(data)) = (type_name, draft.shown.get("data").and_then(Value::as_object)) {
        config_data::check(&mut reader, type_name, data, "data");
    }
    if reader.complaints.is_empty() { Ok(()) } else { Err(Refusal::Invalid(reader.complaints)) }
}

/// The type is named by id or by name.
fn check_type(platform: &Platform, draft: &mut Draft, by_name: Option<Value>) -> Result<(), Refusal> {
    let named = by_name.as_ref().and_then(Value::as_str);
    let type_id = named.map(|name| platform.config_type_id(&draft.network, name));
    match (draft.text("configTypeId"), type_id) {
        (None, None) => Err(Refusal::invalid("`configTypeId` or `configTypeName` is required")),
        (Some(_), None) => Ok(()),
        (None, Some(Some(id))) => {
            draft.shown.insert("configTypeId".to_owned(), json!(id));
            Ok(())
        }
        (Some(given), Some(Some(id))) if given == id => Ok(()),
        (Some(_), Some(Some(_))) => Err(Refusal::invalid("`configTypeId` and `configTypeName` differ")),
        (_, Some(None)) => Err(Refusal::invalid("`configTypeName` names no config type of this network")),
    }
}

/// Checks a config inside a raw service's `configs` (netfoundry.md#services).
pub(super) fn check_inline(reader: &mut Reader, config: &Value, place: &str, service: Option<&str>) {
    const FIELDS: &[Field] = &[
        Field::optional("networkId", Shape::Text),
        NAME,
        Field::optional("configTypeId", Shape::Id(Kind::ConfigType)),
        Field::optional("configTypeName", Shape::Text),
        Field::required("data", Shape::Map),
    ];
    let attached = config.as_str().and_then(|id| reader.store.get(id));
    if attached.is_some_and(|config| config.owner != Owner::User) {
        reader.complaints.push(format!("`{place}` is the config of another service"));
    }
    let Some(map) = config.as_object() else { return };
    let read = reader.record(FIELDS, map, place);
    let text = |field: &str| read.get(field).and_then(Value::as_str);
    if text("networkId").is_some_and(|network| network != reader.network) {
        reader.complaints.push(format!("`{place}.networkId` is another network"));
    }
    match (text("configTypeId"), text("configTypeName")) {
        (None, None) => reader.complaints.push(format!("`{place}.configTypeName` is required")),
        (None, Some(name)) if reader.store.named(Kind::ConfigType, reader.network, name).is_none() => {
            reader.complaints.push(format!("`{place}.configTypeName` names no config type of this network"));
        }
        _ => {}
    }
    let by_id = text("configTypeId").and_then(|id| reader.store.get(id)).map(Object::name);
    if let (Some(type_name), Some(Value::Object(data))) = (text("configTypeName").or(by_id), map.get("data")) {
        config_data::check(reader, type_name, data, &format!("{place}.data"));
    }
    // A config of that name may be there already only if it is this service's own.
    let own = service.and_then(|id| reader.store.get(id)?.body.get("configIdByConfigTypeId")?.as_object());
    let held = text("name").and_then(|name| reader.store.named(Kind::Config, reader.network, name));
    if held.is_some_and(|held| !own.is_some_and(|own| own.values().any(|id| *id == json!(held.id)))) {
        reader.complaints.push(format!("`{place}.name` is already in use"));
    }
}

impl Platform {
    /// Adds the types that every network has.
    pub(super) fn add_built_in_types(&mut self, network: &str, now: u64) {
        for (name, ziti) in BUILT_IN {
            let body = json!({ "name": name, "schema": { "type": "object" } });
            let id = self.place(Kind::ConfigType, network, Owner::BuiltIn, body, now);
            if let Some(ziti) = ziti {
                self.store.update(&id, |object| object.ziti = Some(ziti.to_owned()));
            }
        }
    }

    /// The id of a network's config type.
    pub(super) fn config_type_id(&self, network: &str, name: &str) -> Option<String> {
        self.store.named(Kind::ConfigType, network, name).filter(|found| found.is_live()).map(|found| found.id.clone())
    }

    /// The id of the type of a config that is attached or spelt out.
    pub(super) fn type_of_config(&self, network: &str, config: &Value) -> Option<String> {
        if let Some(attached) = config.as_str() {
            return self.store.get(attached)?.text("configTypeId").map(str::to_owned);
        }
        match config.get("configTypeId").and_then(Value::as_str) {
            Some(id) => Some(id.to_owned()),
            None => self.config_type_id(network, config.get("configTypeName")?.as_str()?),
        }
    }
}
