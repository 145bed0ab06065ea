//! One call as the handlers see it: verb, path below `/api`, query, and a body that is read strictly.
//!
//! The server takes numbers and booleans written as text where the reference text says integer or boolean (the
//! published Python client sends `"False"` and map keys), ignores members that it does not know, and reads `null` as
//! "not given" unless the text makes the field nullable.

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::answer::Fault;
use super::clock::Moment;
use wire::{Method, Request};

/// One call below `/api`.
#[derive(Debug)]
pub(super) struct Call {
    /// The verb.
    pub method: Method,
    /// When it came in.
    pub now: Moment,
    path: Vec<String>,
    query: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Call {
    /// Reads a request; `None` if it is not below `/api`.
    pub(crate) fn of(request: &Request, now: Moment) -> Option<Call> {
        let mut path: Vec<String> = request.segments().into_iter().map(|segment| segment.into_owned()).collect();
        if path.first().map(String::as_str) != Some("api") {
            return None;
        }
        path.remove(0);
        Some(Call { method: request.method, now, path, query: request.query(), body: request.body.clone() })
    }

    /// A call that the controller makes to itself, for a change at its console.
    pub(crate) fn inner(method: Method, path: Vec<String>, body: &Map<String, Value>, now: Moment) -> Call {
        let body = Value::Object(body.clone()).to_string().into_bytes();
        Call { method, now, path, query: Vec::new(), body }
    }

    /// The path's segments below `/api`.
    pub(crate) fn path(&self) -> Vec<&str> {
        self.path.iter().map(String::as_str).collect()
    }

    /// A value from the query.
    pub(crate) fn query(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// A boolean from the query; anything but `true` is false.
    pub(crate) fn query_flag(&self, name: &str) -> bool {
        self.query(name).is_some_and(|value| value.eq_ignore_ascii_case("true"))
    }

    /// A comma-separated list from the query; `None` if it is not given.
    pub(crate) fn query_list(&self, name: &str) -> Option<Vec<&str>> {
        self.query(name).map(|text| text.split(',').map(str::trim).filter(|item| !item.is_empty()).collect())
    }

    /// The JSON body.
    pub(crate) fn fields(&self) -> Result<Fields, Fault> {
        if self.body.iter().all(u8::is_ascii_whitespace) {
            return Ok(Fields::default());
        }
        serde_json::from_slice(&self.body).map(Fields).map_err(|_| Fault::argument("request body is not a JSON object"))
    }

    /// The body as text, for the calls that take a file.
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// A JSON object whose members are read by type.
#[derive(Debug, Default)]
pub(super) struct Fields(Map<String, Value>);

impl From<Map<String, Value>> for Fields {
    fn from(map: Map<String, Value>) -> Fields {
        Fields(map)
    }
}

/// The fields that the schemas of bodies let be `null`: of interfaces and their addresses, and of packet monitors. For all
/// others it is a value of another type.
const NULLABLE: &[&str] = &["gateway", "ip_external", "filter"];

impl Fields {
    /// Says whether the member is there at all, `null` included.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// The whole object.
    pub(crate) fn into_value(self) -> Value {
        Value::Object(self.0)
    }

    /// The member, untyped.
    pub(crate) fn raw(&self, name: &str) -> Option<&Value> {
        self.0.get(name).filter(|value| !value.is_null())
    }

    /// The member if it is given; a fault if it is of another type.
    pub(crate) fn get<T: Read>(&self, name: &str) -> Result<Option<T>, Fault> {
        let Some(value) = self.0.get(name) else { return Ok(None) };
        match T::read(value) {
            Some(read) if !value.is_null() || NULLABLE.contains(&name) => Ok(Some(read)),
            None if value.is_null() && NULLABLE.contains(&name) => Ok(None),
            Some(_) | None => Err(Fault::invalid(name)),
        }
    }

    /// The member, which must be given.
    pub(crate) fn need<T: Read>(&self, name: &str) -> Result<T, Fault> {
        self.get(name)?.ok_or_else(|| Fault::missing(name))
    }

    /// The text, which must be given and not be empty.
    pub(crate) fn need_text(&self, name: &str) -> Result<String, Fault> {
        self.need(name).and_then(|text: String| if text.is_empty() { Err(Fault::missing(name)) } else { Ok(text) })
    }

    /// Writes the member over the slot if it is given.
    pub(crate) fn over<T: Read>(&self, name: &str, slot: &mut T) -> Result<(), Fault> {
        self.over_if(name, slot, |_| true)
    }

    /// Writes the member over the slot if it is given; a fault if it fails the test.
    pub(crate) fn over_if<T: Read>(&self, name: &str, slot: &mut T, test: impl Fn(&T) -> bool) -> Result<(), Fault> {
        match self.get(name)? {
            None => Ok(()),
            Some(value) if test(&value) => {
                *slot = value;
                Ok(())
            }
            Some(_) => Err(Fault::invalid(name)),
        }
    }

    /// Writes the list of objects over the slot if it is given; a fault if one of them has another shape.
    pub(crate) fn over_objects<T: DeserializeOwned>(&self, name: &str, slot: &mut Vec<T>) -> Result<(), Fault> {
        if let Some(value) = self.raw(name) {
            *slot = serde_json::from_value(value.clone()).map_err(|_| Fault::invalid(name))?;
        }
        Ok(())
    }
}

/// A type that a member of a body can be read as.
pub(super) trait Read: Sized {
    /// The value as this type, if it can be read so.
    fn read(value: &Value) -> Option<Self>;
}

impl Read for String {
    fn read(value: &Value) -> Option<String> {
        value.as_str().map(str::to_owned)
    }
}

impl Read for bool {
    fn read(value: &Value) -> Option<bool> {
        value.as_bool().or_else(|| match value.as_str()?.to_ascii_lowercase().as_str() {
            "true" => Some(true),
            "false" => Some(false),
            _ => None,
        })
    }
}

impl Read for i64 {
    fn read(value: &Value) -> Option<i64> {
        value.as_i64().or_else(|| value.as_str()?.trim().parse().ok())
    }
}

impl Read for u64 {
    fn read(value: &Value) -> Option<u64> {
        value.as_u64().or_else(|| value.as_str()?.trim().parse().ok())
    }
}

impl<T: Read> Read for Option<T> {
    fn read(value: &Value) -> Option<Option<T>> {
        if value.is_null() { Some(None) } else { T::read(value).map(Some) }
    }
}

impl<T: Read> Read for Vec<T> {
    fn read(value: &Value) -> Option<Vec<T>> {
        value.as_array()?.iter().map(T::read).collect()
    }
}

/// An id in a path; one that is no number names nothing, like an unknown one.
pub(super) fn id(segment: &str) -> u64 {
    segment.parse().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn fields(value: Value) -> Fields {
        Fields(value.as_object().cloned().unwrap_or_default())
    }

    #[test]
    fn numbers_and_booleans_may_be_written_as_text() {
        let body = fields(json!({"tunnel": "3", "pfs": "False", "asn": "many", "nothing": null}));
        assert_eq!(body.get::<u64>("tunnel"), Ok(Some(3)));
        assert_eq!(body.get::<bool>("pfs"), Ok(Some(false)));
        assert_eq!(body.get::<i64>("asn"), Err(Fault::invalid("asn")));
        assert_eq!(body.get::<String>("nothing"), Err(Fault::invalid("nothing")));
        assert_eq!(body.get::<Option<String>>("nothing"), Err(Fault::invalid("nothing")));
        let body = fields(json!({"gateway": null, "tunnel": "3"}));
        assert_eq!(body.get::<String>("gateway"), Ok(None));
        assert_eq!(body.get::<Option<String>>("gateway"), Ok(Some(None)));
        assert_eq!(body.get::<String>("tunnel"), Ok(Some("3".to_owned())));
        assert_eq!(body.need::<String>("name"), Err(Fault::missing("name")));
    }

    #[test]
    fn text_is_not_made_from_numbers() {
        assert_eq!(fields(json!({"name": 5})).get::<String>("name"), Err(Fault::invalid("name")));
    }
}
