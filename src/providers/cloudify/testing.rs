//! Shared by the tests: texts of the reference and of the observation, led through a kind.

use serde_json::{Map, Value};

use crate::attr::Attr;
use crate::spec::{Kind, canonical, read, written};

/// A live object as the kind sees it.
pub(crate) fn reshaped(kind: &Kind, live: &Value) -> Value {
    let mut live = live.clone();
    if let Some(read) = kind.read {
        read(&mut live);
    }
    live
}

/// Checks what a kind reads from a live object: the named fields, as they would be shown.
pub(crate) fn shows(kind: &Kind, live: &Value, expected: &Value) {
    let live = reshaped(kind, live);
    let shown = |name: &String| {
        let field = kind.field(name).unwrap_or_else(|| panic!("no field `{name}`"));
        (name.clone(), canonical(&field.ty, &read(field, &live)).to_shown())
    };
    let names = expected.as_object().expect("an object").keys();
    assert_eq!(Value::Object(names.map(shown).collect::<Map<_, _>>()), *expected);
}

/// The body of the call that makes an object of declared fields, or changes the live one.
pub(crate) fn body(kind: &Kind, declared: &Value, live: Option<&Value>) -> Value {
    let sent = |(name, value): (&String, &Value)| {
        let field = kind.field(name).unwrap_or_else(|| panic!("no field `{name}`"));
        (name.clone(), written(&field.ty, &Attr::from_json(value)))
    };
    let mut body = Attr::Map(declared.as_object().expect("an object").iter().map(sent).collect());
    let calls = if live.is_some() { kind.api.update } else { kind.api.create };
    if let Some(reshape) = calls.first().and_then(|call| call.reshape) {
        reshape(&mut body, live.map(|live| reshaped(kind, live)).as_ref()).expect("it is made");
    }
    body.to_shown()
}
