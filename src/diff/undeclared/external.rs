//! What is somebody else's and declared so: it is found and referred to, never compared, written, removed or owned.

use serde_json::{Map, Value};

use crate::attr::Attr;
use crate::diff::verdict::{Decision, Hold};
use crate::spec::{Field, Identity, Kind};
use crate::state::base::Entry;

/// The code of what is held because it is somebody else's: it is not there, or would have to be written.
pub(crate) const EXTERNAL: &str = "external";

/// What becomes of it where it is there: what the ledger had of it is let go of.
pub(in crate::diff) fn present(entry: Option<&Entry>) -> Decision {
    match entry {
        Some(_) => Decision::Release("the files say that it is external: it stays, and is not owned any more".into()),
        None => Decision::Same,
    }
}

/// What becomes of it where it is not: nobody here makes it.
pub(in crate::diff) fn absent() -> Decision {
    let hold = Hold::new(EXTERNAL, "it is external, and not there");
    Decision::Hold(hold.help("have it made by whose it is, correct what it is found by, or take `external` out"))
}

/// What tells that something is there and is not made by the files: what it is found by, and what lives in it. `None` where
/// that is not shown either.
pub(in crate::diff) fn exported(kind: &Kind, mut fields: Map<String, Value>) -> Option<Value> {
    let is_found_by = |name: &str| kind.is_told_apart_by(name);
    let is_found = match kind.identity {
        // The files call it by a name, and nothing else.
        Identity::Name(_) | Identity::CaselessName(_) => true,
        Identity::Natural(_) | Identity::Content(_, [_, ..]) => kind
            .fields
            .iter()
            .all(|field| !(field.is_required() && is_found_by(field.name)) || has(kind, field, &fields)),
        Identity::Singleton | Identity::Sequence { .. } | Identity::Content(_, []) => false,
    };
    is_found.then(|| {
        fields.retain(|name, _| is_found_by(name) || kind.field(name).is_none());
        fields.insert(EXTERNAL.to_owned(), Value::Bool(true));
        Value::Object(fields)
    })
}

/// Says whether an exported resource has a field, in its fields or in its name.
fn has(kind: &Kind, field: &Field, fields: &Map<String, Value>) -> bool {
    fields.contains_key(field.name)
        || field.default.is_some()
        || matches!(kind.identity, Identity::Name(name) | Identity::CaselessName(name) if name == field.name)
}

/// Says whether an object with these fields lacks one that it can't be declared without.
pub(in crate::diff) fn lacks(kind: &'static Kind, field: &Field, fields: &Map<String, Value>) -> bool {
    let find = |name: &str| Some((kind.field(name)?, fields.get(name).map_or(Attr::Null, Attr::from_json)));
    field.required.is_some_and(|when| when.holds_for(&find) == Some(true)) && !has(kind, field, fields)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::plan::testing::World;

    fn endpoint(id: &str) -> Value {
        json!({ "id": id, "name": "a", "address": "192.0.2.1", "mode": "MAIN", "networks": ["10.1.0.0/16"] })
    }

    #[test]
    fn it_is_found_and_nothing_of_it_is_compared_or_owned() {
        let world = World::lab().wants("east/endpoints/a", json!({})).external("east/endpoints/a");
        let there = world.clone().shows("east/endpoints", endpoint("7"));
        assert_eq!(there.verdict("east/endpoints/a"), "same");
        assert!(there.plan().ledger_updates.is_empty() && there.plan().is_empty());
        let owned = there.applied("east/endpoints/a", "7", json!({ "address": "192.0.2.9" }));
        assert_eq!(
            owned.verdict("east/endpoints/a"),
            "release: the files say that it is external: it stays, and is not owned any more"
        );
        assert!(owned.plan().is_empty());
        assert_eq!(world.verdict("east/endpoints/a"), "hold external");
        assert_eq!(world.hides("east/endpoints").verdict("east/endpoints/a"), "hold unseen");
    }

    #[test]
    fn what_refers_to_it_finds_it_or_is_held_with_the_reason() {
        let world = World::lab()
            .wants("east/endpoints/a", json!({}))
            .external("east/endpoints/a")
            .wants("east/endpoints/a/peers/169.254.0.1", json!({ "asn": 65_001 }))
            .wants("east/groups/g", json!({ "note": "=east/endpoints/a.id" }))
            .wants("east/groups/led", json!({ "leader": "a" }))
            .wants("east/policies/p", json!({ "members": ["@a"] }))
            .wants("east/groups/alone", json!({ "note": "" }));
        let users = ["east/endpoints/a/peers/169.254.0.1", "east/groups/g", "east/groups/led", "east/policies/p"];
        let there = world.clone().shows("east/endpoints", endpoint("7"));
        for at in users {
            assert_eq!(there.verdict(at), "create: change", "{at}");
            assert_eq!(world.verdict(at), "hold waits", "{at}");
        }
        for verdict in world.verdicts().iter().filter(|verdict| users.contains(&verdict.address.to_string().as_str())) {
            let reason = format!("{:?}", verdict.decision);
            assert!(reason.contains("it needs `east/endpoints/a`, which is external and not there"), "{reason}");
        }
        assert_eq!(world.verdict("east/groups/alone"), "create: change");
        let paths: Vec<String> =
            there.plan().steps.iter().flat_map(|step| &step.calls).filter_map(|call| call.path.to_text()).collect();
        assert!(paths.contains(&"/endpoints/7/peers".to_owned()), "{paths:?}");
    }

    #[test]
    fn it_does_not_go_where_what_nobody_declares_is_removed() {
        let world = World::lab()
            .wants("east/endpoints/a", json!({}))
            .external("east/endpoints/a")
            .shows("east/endpoints", endpoint("7"))
            .applied("east/endpoints/a/peers/169.254.0.1", "1", json!({ "asn": 65_001 }))
            .shows("east/endpoints/7/peers", json!({ "id": "1", "ip": "169.254.0.1", "asn": 65_001 }));
        let plan = world.plan();
        let steps: Vec<String> =
            plan.steps.iter().map(|step| format!("{} {}", step.verb.as_str(), step.address)).collect();
        assert_eq!(steps, ["delete east/endpoints/a/peers/169.254.0.1"]);
    }
}
