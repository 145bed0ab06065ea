//! The shape of a service's `model` for each `modelType` (netfoundry.md#services).

use serde_json::{Map, Value};

use super::kind::Kind;
use super::shape::{Field, Reader, Shape};

/// The model types. The last three occur in no public source and pass through unread, but for the mentions in them.
pub(super) const MODEL_TYPES: [&str; 7] = [
    "TunnelerToEndpoint",
    "TunnelerToEdgeRouter",
    "TunnelerToSdk",
    "AdvancedTunnelerToEndpoint",
    "AdvancedTunnelerToEdgeRouter",
    "ZitiToEndpoint",
    "ZitiToEdgeRouter",
];

const CLIENT_INGRESS: Field = Field::required(
    "clientIngress",
    Shape::Record(&[Field::required("host", Shape::Text), Field::required("port", Shape::Port)]),
);
const SERVER_EGRESS: Field = Field::required(
    "serverEgress",
    Shape::Record(&[
        Field::required("protocol", Shape::Word(&["tcp", "udp"])),
        Field::required("host", Shape::Text),
        Field::required("port", Shape::Port),
    ]),
);
const BIND: Field = Field::required("bindEndpointAttributes", Shape::Mentions(Kind::Endpoint));
const ROUTERS: Field = Field::required("edgeRouterAttributes", Shape::Mentions(Kind::EdgeRouter));
const ROUTERS_OR_NONE: Field = Field::optional("edgeRouterAttributes", Shape::Mentions(Kind::EdgeRouter)).unset("[]");
/// Of a service that routers host, clients send the list all the same, empty (netfoundry.md#services).
const BIND_OF_ROUTERS: Field = Field::optional("bindEndpointAttributes", Shape::Mentions(Kind::Endpoint));
const HOSTS: Field = Field::required(
    "edgeRouterHosts",
    Shape::List(&Shape::Record(&[Field::required("edgeRouterId", Shape::Id(Kind::EdgeRouter)), SERVER_EGRESS])),
);

const PORT_RANGES: Shape =
    Shape::List(&Shape::Record(&[Field::required("low", Shape::Port), Field::required("high", Shape::Port)]));
const PROTOCOLS: Shape = Shape::List(&Shape::Word(&["tcp", "udp"]));

const ADVANCED_INGRESS: Field = Field::required(
    "clientIngress",
    Shape::Record(&[
        Field::required("addresses", Shape::List(&Shape::Text)),
        Field::required("ports", PORT_RANGES),
        Field::required("protocols", PROTOCOLS),
    ]),
);
const ADVANCED_EGRESS: Field = Field::required(
    "serverEgress",
    Shape::Record(&[
        Field::optional("host", Shape::Text),
        Field::optional("forwardHost", Shape::Flag),
        Field::optional("allowedHosts", Shape::List(&Shape::Text)),
        Field::optional("port", Shape::Port),
        Field::optional("forwardPort", Shape::Flag),
        Field::optional("allowedPortRanges", PORT_RANGES),
        Field::optional("protocol", Shape::Word(&["tcp", "udp"])),
        Field::optional("forwardProtocol", Shape::Flag),
        Field::optional("allowedProtocols", PROTOCOLS),
    ]),
);

fn fields(model_type: &str) -> Option<&'static [Field]> {
    Some(match model_type {
        "TunnelerToEndpoint" => &[CLIENT_INGRESS, SERVER_EGRESS, BIND, ROUTERS],
        "TunnelerToEdgeRouter" => &[CLIENT_INGRESS, HOSTS, ROUTERS_OR_NONE, BIND_OF_ROUTERS],
        "TunnelerToSdk" => &[CLIENT_INGRESS, BIND, ROUTERS],
        "AdvancedTunnelerToEndpoint" => &[ADVANCED_INGRESS, ADVANCED_EGRESS, BIND, ROUTERS],
        _ => return None,
    })
}

/// Reads a model into its stored form.
pub(super) fn read(reader: &mut Reader, model_type: &str, model: &Map<String, Value>) -> Map<String, Value> {
    let model = routers_by_id(reader, model);
    let stored = match fields(model_type) {
        Some(fields) => reader.record(fields, &model, "model"),
        None => passed_through(reader, &model),
    };
    let is_empty = |name: &str| stored.get(name).and_then(Value::as_array).is_some_and(Vec::is_empty);
    if is_empty("edgeRouterHosts") {
        reader.complaints.push("`model.edgeRouterHosts` must name an edge router".to_owned());
    }
    if model_type == "AdvancedTunnelerToEndpoint" {
        check_advanced_egress(reader, &stored);
        check_ranges(reader, &stored);
    }
    stored
}

/// The create form names hosting routers, and comes back as it is (netfoundry.md#other-forms).
fn routers_by_id(reader: &Reader, model: &Map<String, Value>) -> Map<String, Value> {
    let mut model = model.clone();
    let hosts = model.get_mut("edgeRouterHosts").and_then(Value::as_array_mut);
    for host in hosts.into_iter().flatten().filter_map(Value::as_object_mut) {
        let name = host.get("edgeRouterName").and_then(Value::as_str);
        let router = name.and_then(|name| reader.store.named(Kind::EdgeRouter, reader.network, name));
        if let Some(id) = router.filter(|router| router.is_live()).map(|router| router.id.clone()) {
            host.remove("edgeRouterName");
            host.entry("edgeRouterId").or_insert(id.into());
        }
    }
    model
}

/// A model of a type that no source shows: only what would break other rules is read.
fn passed_through(reader: &mut Reader, model: &Map<String, Value>) -> Map<String, Value> {
    let mut stored = model.clone();
    for field in [BIND, ROUTERS] {
        if let Some(value) = stored.get_mut(field.name) {
            *value = reader.value(&field.shape, value, &format!("model.{}", field.name));
        }
    }
    for (index, host) in model.get("edgeRouterHosts").and_then(Value::as_array).into_iter().flatten().enumerate() {
        let id = host.get("edgeRouterId").unwrap_or(&Value::Null);
        reader.value(&Shape::Id(Kind::EdgeRouter), id, &format!("model.edgeRouterHosts[{index}].edgeRouterId"));
    }
    stored
}

/// For each of host, port and protocol exactly one of fixed and forwarded (netfoundry.md#services).
fn check_advanced_egress(reader: &mut Reader, model: &Map<String, Value>) {
    let Some(egress) = model.get("serverEgress").and_then(Value::as_object) else { return };
    for (fixed, forward, allowed) in [
        ("host", "forwardHost", "allowedHosts"),
        ("port", "forwardPort", "allowedPortRanges"),
        ("protocol", "forwardProtocol", "allowedProtocols"),
    ] {
        let forwards = egress.get(forward) == Some(&Value::Bool(true));
        let lists = egress.get(allowed).and_then(Value::as_array).is_some_and(|list| !list.is_empty());
        match (egress.contains_key(fixed), forwards, lists) {
            (true, false, false) | (false, true, true) => {}
            (false, true, false) => reader.complaints.push(format!("`model.serverEgress.{forward}` needs `{allowed}`")),
            _ => reader.complaints.push(format!("`model.serverEgress` must have either `{fixed}` or `{forward}`")),
        }
    }
}

fn check_ranges(reader: &mut Reader, model: &Map<String, Value>) {
    for (side, list) in [("clientIngress", "ports"), ("serverEgress", "allowedPortRanges")] {
        let ranges = model.get(side).and_then(|side| side.get(list)).and_then(Value::as_array);
        for range in ranges.into_iter().flatten() {
            let bound = |name: &str| range.get(name).and_then(Value::as_i64).unwrap_or_default();
            if bound("low") > bound("high") {
                reader.complaints.push(format!("`model.{side}.{list}`: `low` is above `high`"));
            }
        }
    }
}
