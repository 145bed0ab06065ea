//! What the config types that every network has ask of `data` (netfoundry.md#configs): the overlay holds it to the
//! type's schema, in which nothing is null and nothing else may stand.

use serde_json::{Map, Value};

use super::shape::{Field, Reader, Shape};

const PORT: Shape = Shape::Number(1, 65_535);
const TEXTS: Shape = Shape::List(&Shape::Text);
const PROTOCOL: Shape = Shape::Word(&["tcp", "udp"]);
const PROTOCOLS: Shape = Shape::List(&PROTOCOL);
const RANGES: Shape = Shape::List(&Shape::Record(&[Field::required("low", PORT), Field::required("high", PORT)]));

const INTERCEPT: &[Field] = &[
    Field::required("addresses", TEXTS),
    Field::required("protocols", PROTOCOLS),
    Field::required("portRanges", RANGES),
    Field::optional("dialOptions", Shape::Map),
    Field::optional("sourceIp", Shape::Text),
    Field::optional("allowedSourceAddresses", TEXTS),
];

const HOST: &[Field] = &[
    Field::optional("protocol", PROTOCOL),
    Field::optional("forwardProtocol", Shape::Flag),
    Field::optional("allowedProtocols", PROTOCOLS),
    Field::optional("address", Shape::Text),
    Field::optional("forwardAddress", Shape::Flag),
    Field::optional("allowedAddresses", TEXTS),
    Field::optional("forwardAddressTranslations", Shape::List(&Shape::Map)),
    Field::optional("port", PORT),
    Field::optional("forwardPort", Shape::Flag),
    Field::optional("allowedPortRanges", RANGES),
    Field::optional("allowedSourceAddresses", TEXTS),
    Field::optional("listenOptions", Shape::Map),
    Field::optional("proxy", Shape::Map),
    Field::optional("httpChecks", Shape::List(&Shape::Map)),
    Field::optional("portChecks", Shape::List(&Shape::Map)),
];

const HOSTS: &[Field] = &[Field::required("terminators", Shape::List(&Shape::Map))];

/// Checks the data of a config of that type; of other types anything is taken.
pub(super) fn check(reader: &mut Reader, type_name: &str, data: &Map<String, Value>, place: &str) {
    match type_name {
        "intercept.v1" => intercept(reader, data, place),
        "host.v1" => host(reader, data, place),
        "host.v2" => {
            read(reader, HOSTS, data, place);
            let hosts = data.get("terminators").and_then(Value::as_array);
            for (index, terminator) in hosts.into_iter().flatten().enumerate() {
                if let Some(terminator) = terminator.as_object() {
                    host(reader, terminator, &format!("{place}.terminators[{index}]"));
                }
            }
        }
        _ => {}
    }
}

fn read(reader: &mut Reader, fields: &'static [Field], data: &Map<String, Value>, place: &str) {
    for (name, _) in data.iter().filter(|(_, value)| value.is_null()) {
        reader.complaints.push(format!("`{place}.{name}` must not be null"));
    }
    reader.record(fields, data, place);
}

fn intercept(reader: &mut Reader, data: &Map<String, Value>, place: &str) {
    read(reader, INTERCEPT, data, place);
    for name in ["addresses", "protocols", "portRanges"] {
        if data.get(name).and_then(Value::as_array).is_some_and(Vec::is_empty) {
            reader.complaints.push(format!("`{place}.{name}` must not be empty"));
        }
    }
}

/// Of protocol, address and port each is either fixed or forwarded, and what is forwarded has its limits.
fn host(reader: &mut Reader, data: &Map<String, Value>, place: &str) {
    read(reader, HOST, data, place);
    for (fixed, forward, allowed) in [
        ("protocol", "forwardProtocol", "allowedProtocols"),
        ("address", "forwardAddress", "allowedAddresses"),
        ("port", "forwardPort", "allowedPortRanges"),
    ] {
        let forwards = data.get(forward) == Some(&Value::Bool(true));
        match (data.contains_key(fixed), forwards, data.contains_key(allowed)) {
            (true, false, _) | (false, true, true) => {}
            (false, true, false) => reader.complaints.push(format!("`{place}.{forward}` needs `{allowed}`")),
            _ => reader.complaints.push(format!("`{place}` must have either `{fixed}` or `{forward}`")),
        }
    }
}
