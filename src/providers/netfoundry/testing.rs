//! Help for the kinds' tests: bodies and replies, led through a kind.

use serde_json::{Map, Value};

use crate::attr::Attr;
use crate::spec::{Kind, canonical, check, read, written};

/// A reply, reshaped as the kind says.
pub(crate) fn reshaped(kind: &Kind, live: &Value) -> Value {
    let mut live = live.clone();
    if let Some(read) = kind.read {
        read(&mut live);
    }
    live
}

/// Checks that the kind takes every declared field, and that the reply shows no difference from any.
pub(crate) fn reads_back(kind: &Kind, declared: &Value, live: &Value) {
    let live = reshaped(kind, live);
    for (name, value) in declared.as_object().expect("an object") {
        let field = kind.field(name).unwrap_or_else(|| panic!("no field `{name}`"));
        let wanted = Attr::from_json(value);
        assert_eq!(check(&field.ty, &wanted), [], "{name}");
        if field.is_read_back() {
            assert_eq!(canonical(&field.ty, &wanted), canonical(&field.ty, &read(field, &live)), "{name}");
        }
    }
}

/// Checks what the kind reads from a reply: fields, or paths into them, with what they show.
pub(crate) fn shows(kind: &Kind, live: &Value, expected: Value) {
    let live = reshaped(kind, live);
    let mut shown = Map::new();
    for path in expected.as_object().expect("an object").keys() {
        let mut keys = path.split('.');
        let field = keys.next().and_then(|name| kind.field(name)).unwrap_or_else(|| panic!("no field `{path}`"));
        let attr = canonical(&field.ty, &read(field, &live));
        let attr = keys.try_fold(&attr, |attr, key| attr.get(key)).unwrap_or(&Attr::Null).clone();
        shown.insert(path.clone(), attr.to_shown());
    }
    assert_eq!(Value::Object(shown), expected);
}

/// Checks the body of the create call that declared fields lead to.
pub(crate) fn writes(kind: &Kind, declared: Value, body: Value) {
    let sent = |(name, value): (&String, &Value)| {
        let value = Attr::from_json(value);
        (name.clone(), kind.field(name).map_or(value.clone(), |field| written(&field.ty, &value)))
    };
    let mut sent = Attr::Map(declared.as_object().expect("an object").iter().map(sent).collect());
    let call = kind.api.create.first().expect("a call");
    // What is filled in stands in the examples already.
    let adds: Map<String, Value> = serde_json::from_str(call.adds).unwrap_or_default();
    let constants = adds.into_iter().filter(|(_, value)| !value.as_str().is_some_and(|text| text.starts_with('{')));
    if let Attr::Map(fields) = &mut sent {
        for (name, value) in constants {
            fields.entry(name).or_insert_with(|| Attr::from_json(&value));
        }
    }
    if let Some(reshape) = call.reshape {
        reshape(&mut sent, None).expect("it is made");
    }
    assert_eq!(sent.to_shown(), body);
}

/// The problem that is found with a declared value.
pub(crate) fn refuses(kind: &Kind, field: &str, value: Value) -> String {
    let field = kind.field(field).expect("a field");
    let found: Vec<String> =
        check(&field.ty, &Attr::from_json(&value)).into_iter().map(|found| found.message).collect();
    assert!(!found.is_empty(), "`{}` takes {value}", field.name);
    found.join("; ")
}
