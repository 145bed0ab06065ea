//! What rides along: fields that are no reason for a call by themselves, but go with one that is made anyway.
//!
//! Such a field never differs. It shows where it is sent, and what its value needs counts there and nowhere else. What is
//! removed because nothing declares it any more takes along what was applied last.

use std::collections::BTreeMap;

use crate::address::Address;
use crate::attr::Attr;
use crate::diff::index::Index;
use crate::diff::resolve::ResolvedFields;
use crate::diff::verdict::{Decision, Hold, Verdict};
use crate::spec::{CallSpec, Field, Kind, Sent, canonical};
use crate::state::base::{Base, Entry};
use crate::state::live::Live;

/// The fields that ride along with what a decision writes.
pub(crate) fn call_options(
    kind: &'static Kind,
    decision: &Decision,
    resolved: &ResolvedFields,
    version: Option<&str>,
) -> Vec<&'static Field> {
    let value = |name: &str| resolved.get(name).cloned().unwrap_or(Attr::Null);
    let given = |field: &'static Field| resolved.get(field.name).filter(|wanted| says_something(field, wanted));
    let (first, written): (Option<&CallSpec>, Vec<&'static Field>) = match decision {
        Decision::Update { fields, .. } => (None, fields.iter().filter_map(|change| change.field).collect()),
        Decision::Create(_) | Decision::Replace { .. } => {
            let afterwards = kind.fields.iter().filter(|field| field.sent == Sent::ByItself);
            let set = afterwards.filter(|field| given(field).is_some()).collect();
            (CallSpec::fitting(kind.api.create, version, kind.fields, &value), set)
        }
        _ => (None, Vec::new()),
    };
    let setter = |field: &'static Field| kind.setter(field, resolved.get(field.name)?, version, &value);
    let calls = first.into_iter().chain(written.into_iter().filter_map(setter));
    let names: Vec<&str> = calls.flat_map(|call| call.options(kind)).map(|field| field.name).collect();
    kind.fields.iter().filter(|field| names.contains(&field.name) && given(field).is_some()).collect()
}

/// Says whether a field has another value than the one that goes without saying.
pub(crate) fn says_something(field: &Field, wanted: &Attr) -> bool {
    canonical(&field.ty, wanted) != field.default_value()
}

/// Adds what rides along with removals of what nothing declares any more. What was secret in it is not known any more, so
/// that the removal is held.
pub(crate) fn remember(
    index: &Index<'_>,
    base: &Base,
    verdicts: &mut [Verdict],
    resolved: &mut BTreeMap<Address, ResolvedFields>,
) {
    for verdict in verdicts.iter_mut().filter(|verdict| matches!(verdict.decision, Decision::Delete(_))) {
        let (Some(entry), Some(live)) = (base.entry(&verdict.address), index.live(&verdict.address)) else { continue };
        match remembered(verdict.kind, live, entry) {
            Ok(call_options) if call_options.is_empty() => {}
            Ok(call_options) => drop(resolved.insert(verdict.address.clone(), call_options)),
            Err(name) => {
                let reason = format!("removing it takes along `{name}`, of whose secrets only fingerprints are kept");
                let hold = Hold::new("forgotten", reason);
                verdict
                    .hold(hold.help("declare it once more and switch it off first, or take the secret out of there"));
            }
        }
    }
}

/// What rides along with a removal, as it was applied last; the name of what is not known any more.
fn remembered(kind: &'static Kind, live: &Live, entry: &Entry) -> Result<ResolvedFields, &'static str> {
    let calls = kind.api.remove.iter().flat_map(|call| live.preparing(kind, call).chain([call]));
    let along = calls.flat_map(|call| call.options(kind));
    let kept = along.filter_map(|field| Some((field.name, entry.value(field.name)?)));
    kept.map(|(name, kept)| Ok((name.to_owned(), Base::from_stored(kept).ok_or(name)?))).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::diff::verdict::{Cause, FieldChange};
    use crate::spec::{Api, Body, Condition, Type, call, field};
    use crate::state::base::{Basis, Stored};
    use wire::Method::{Delete, Post};

    static ON: CallSpec = call(Post, "/runs", Body::Json(r#"{"with": "{on_with}"}"#));
    static OFF: CallSpec = call(Post, "/runs", Body::Json(r#"{"with": "{off_with}"}"#));

    const fn option(name: &'static str, doc: &'static str) -> Field {
        field(name, Type::Map(&Type::Any), doc).default("{}").dedicated_call(&[]).afterwards().write_only()
    }

    static THINGS: Kind = Kind {
        fields: &[
            field("size", Type::Int, "Changes in place"),
            field("runs", Type::Bool, "Is switched").default("false").switch(&ON, &OFF),
            option("on_with", "Rides along when it is switched on"),
            option("off_with", "Rides along when it is switched off"),
        ],
        api: Api {
            update: &[call(Post, "/things/{id}", Body::Changed)],
            remove: &[
                call(Delete, "/things/{id}", Body::None).preceded_by(&[OFF.when(Condition::is("runs", &["true"]))])
            ],
            ..Api::NONE
        },
        ..Kind::NEW
    };

    fn resolved(runs: bool) -> ResolvedFields {
        let values = json!({ "size": 1, "runs": runs, "on_with": { "a": 1 }, "off_with": { "b": 2 } });
        values.as_object().unwrap().iter().map(|(name, value)| (name.clone(), Attr::from_json(value))).collect()
    }

    fn change(name: &str) -> Decision {
        let change = FieldChange {
            field: THINGS.field(name),
            name: name.to_owned(),
            before: Attr::Null,
            after: Attr::Null,
            edits: Vec::new(),
            cause: Cause::Change,
            others: Default::default(),
        };
        Decision::Update { fields: vec![change], adopt: false }
    }

    #[test]
    fn a_field_rides_along_with_the_calls_that_name_it_only() {
        for (decision, runs, expected) in [
            (change("runs"), true, vec!["on_with"]),
            (change("runs"), false, vec!["off_with"]),
            (change("size"), true, vec![]),
            (Decision::Create(Cause::Change), true, vec!["on_with"]),
            (Decision::Create(Cause::Change), false, vec![]),
            (Decision::Same, true, vec![]),
        ] {
            let names: Vec<&str> =
                call_options(&THINGS, &decision, &resolved(runs), None).iter().map(|field| field.name).collect();
            assert_eq!(names, expected, "{decision:?}, {runs}");
        }
    }

    #[test]
    fn what_is_removed_takes_along_what_was_applied_last() {
        let kept = |value| Entry {
            fields: [("off_with".to_owned(), Stored::new(value, Basis::Applied))].into(),
            ..Entry::default()
        };
        let remembered =
            |runs: bool, value| remembered(&THINGS, &Live::new(&THINGS, json!({ "runs": runs })), &kept(value));
        assert_eq!(remembered(true, json!({ "b": 2 })).unwrap().len(), 1);
        assert_eq!(remembered(false, json!({ "b": 2 })), Ok(ResolvedFields::new()));
        assert_eq!(remembered(true, json!({ "b": { "$fingerprint": "0a" } })), Err("off_with"));
    }
}
