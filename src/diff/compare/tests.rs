use serde_json::{Value, json};

use crate::plan::testing::World;
use crate::plan::{CallPurpose, Payload};
use crate::state::base::Basis;

#[test]
fn the_three_sides_of_a_field() {
    // wanted, applied, live: the verdict.
    for (wanted, applied, live, verdict) in [
        ("a", Some("a"), "a", "same"),
        ("a", Some("b"), "a", "same"),
        ("a", None, "a", "same"),
        ("a", Some("a"), "b", "update note: drift"),
        ("b", Some("a"), "a", "update note: change"),
        ("c", Some("a"), "b", "update note: conflict"),
        ("b", None, "a", "update note: change"),
    ] {
        let applied = applied.map_or(json!({}), |note| json!({ "note": note }));
        let world = World::lab()
            .wants("east/groups/g", json!({ "note": wanted }))
            .applied("east/groups/g", "1", applied.clone())
            .shows("east/groups", json!({ "id": "1", "name": "g", "note": live }));
        assert_eq!(world.verdict("east/groups/g"), verdict, "{wanted} {applied} {live}");
    }
}

#[test]
fn what_a_step_of_ours_left_is_nobody_else_s() {
    // wanted, what was left, live now: the verdict.
    for (wanted, left, live, verdict) in [
        ("new", "old", "old", "update note: left"),
        ("new", "half", "half", "update note: left"),
        ("other", "old", "old", "update note: left"),
        ("new", "old", "theirs", "update note: conflict"),
        ("new", "old", "new", "same"),
        ("old", "old", "old", "same"),
        ("old", "old", "theirs", "update note: drift"),
    ] {
        let mut world = World::lab()
            .wants("east/groups/g", json!({ "note": wanted }))
            .applied("east/groups/g", "1", json!({ "note": left }))
            .shows("east/groups", json!({ "id": "1", "name": "g", "note": live }));
        for entry in world.base.entries.values_mut() {
            entry.left.insert("note".into());
        }
        assert_eq!(world.verdict("east/groups/g"), verdict, "{wanted} {left} {live}");
    }
}

#[test]
fn without_a_ledger_it_is_adopted() {
    for (wanted, verdict) in [("a", "adopt"), ("b", "adopt, update note: change")] {
        let world = World::lab()
            .wants("east/groups/g", json!({ "note": wanted }))
            .shows("east/groups", json!({ "id": "1", "name": "g", "note": "a" }));
        assert_eq!(world.verdict("east/groups/g"), verdict, "{wanted}");
    }
}

#[test]
fn one_value_in_two_spellings_is_no_difference() {
    for (field, wanted, live, same) in [
        ("mode", json!("main"), json!("MAIN"), true),
        ("address", json!("2001:DB8:0::1"), json!("2001:db8::1"), true),
        ("enabled", json!(true), json!("yes"), true),
        ("enabled", json!(true), json!(false), false),
        ("weight", json!(1), json!("1"), true),
        ("options", json!(["a=1", "b=2"]), json!("a=1 b=2"), true),
        ("options", json!(["a=1", "b=2"]), json!("b=2 a=1"), false),
        ("networks", json!(["10.2.0.1/16", "10.1.0.0/16"]), json!(["10.1.0.0/16", "10.2.0.0/16"]), true),
        ("networks", json!(["10.1.0.0/16"]), json!(["10.1.0.0/16", "10.2.0.0/16"]), false),
        ("labels", json!({ "a": "1" }), json!({ "a": "1", "b": "2" }), true),
        ("labels", json!({ "a": "1" }), json!({ "a": "2" }), false),
        ("tunnels", json!([{ "subnet": "10.1.0.0/16" }]), json!([{ "subnet": "10.1.0.0/16", "label": "x" }]), true),
    ] {
        let mut object = json!({ "id": "1", "name": "a", "address": "2001:db8::1" });
        object[field] = live.clone();
        let mut fields = json!({ "address": "2001:db8::1" });
        fields[field] = wanted.clone();
        let world = World::lab().wants("east/endpoints/a", fields).shows("east/endpoints", object);
        assert_eq!(world.verdict("east/endpoints/a") == "adopt", same, "{field}: {wanted} and {live}");
    }
}

#[test]
fn what_no_api_shows_is_compared_by_its_fingerprint_and_sent_where_it_never_was() {
    let endpoint = |secret: &str| json!({ "address": "192.0.2.1", "secret": secret });
    let shown = json!({ "id": "1", "name": "a", "address": "192.0.2.1" });
    let world = World::lab().wants("east/endpoints/a", endpoint("new")).shows("east/endpoints", shown);
    let owned = |fields| world.clone().remembers("east/endpoints/a", "1", fields, Basis::Agreed);
    assert_eq!(owned(endpoint("new")).verdict("east/endpoints/a"), "same");
    assert_eq!(owned(endpoint("old")).verdict("east/endpoints/a"), "update secret: change");
    assert_eq!(owned(json!({ "address": "192.0.2.1" })).verdict("east/endpoints/a"), "update secret: change");
    assert_eq!(world.verdict("east/endpoints/a"), "adopt, update secret: change");
    // Version 0.1 took it into ownership: an upgrade alone never writes.
    let blank = owned(json!({}));
    assert_eq!(blank.verdict("east/endpoints/a"), "same");
    assert!(blank.verdicts().iter().any(|verdict| verdict.unverified == ["secret"]));
    let trusted = owned(endpoint("new")).verdicts();
    assert!(trusted.iter().any(|verdict| verdict.notes.trusted == ["secret"] && verdict.unverified.is_empty()));
}

/// Whether a field is declared.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Declared {
    Not,
    Null,
    Empty,
}

#[test]
fn what_was_given_is_taken_back() {
    use Basis::{Agreed, Applied, Assumed};
    use Declared::{Empty, Not, Null};
    // How the value came there, whether it is declared, live; the verdict, and whether it is told to stay.
    for (basis, declared, live, verdict, stays) in [
        (Some(Applied), Not, "mine", "update note: undeclared", false),
        (Some(Applied), Not, "", "same", false),
        (Some(Applied), Not, "theirs", "same", true),
        (Some(Agreed), Not, "mine", "same", true),
        (Some(Agreed), Not, "", "same", false),
        (Some(Assumed), Not, "mine", "same", true),
        (None, Not, "theirs", "same", false),
        (Some(Applied), Null, "mine", "update note: change", false),
        (Some(Applied), Null, "theirs", "update note: conflict", false),
        (Some(Applied), Null, "", "same", false),
        (Some(Agreed), Null, "mine", "update note: change", false),
        (Some(Assumed), Null, "mine", "update note: change", false),
        (None, Null, "theirs", "update note: change", false),
        (None, Null, "", "same", false),
        (Some(Applied), Empty, "mine", "update note: change", false),
        (None, Empty, "theirs", "update note: change", false),
        (None, Empty, "", "same", false),
    ] {
        let told = format!("{basis:?} {declared:?} `{live}`");
        let fields = match declared {
            Not => json!({}),
            Null => json!({ "note": null }),
            Empty => json!({ "note": "" }),
        };
        let mut world = World::lab()
            .wants("east/groups/g", fields)
            .shows("east/groups", json!({ "id": "1", "name": "g", "note": live }))
            .remembers("east/groups/g", "1", json!({ "name": "g" }), Agreed);
        if let Some(basis) = basis {
            world = world.remembers("east/groups/g", "1", json!({ "note": "mine" }), basis);
        }
        assert_eq!(world.verdict("east/groups/g"), verdict, "{told}");
        let verdicts = world.verdicts();
        let noted = verdicts.iter().any(|verdict| !verdict.notes.let_go.is_empty());
        assert_eq!(noted, stays, "{told}");
    }
}

#[test]
fn null_is_remembered_as_what_goes_without_saying() {
    let world = |live: &str| {
        World::lab()
            .wants("east/groups/g", json!({ "note": null }))
            .shows("east/groups", json!({ "id": "1", "name": "g", "note": live }))
            .applied("east/groups/g", "1", json!({ "note": null }))
    };
    assert_eq!(world("").verdict("east/groups/g"), "same");
    assert_eq!(world("theirs").verdict("east/groups/g"), "update note: drift");
}

#[test]
fn every_type_is_taken_back_in_its_own_way() {
    // The field, what was applied, the value that is sent; none where it stays.
    for (field, applied, sent) in [
        ("mode", json!("aggressive"), None),
        ("group", json!("g-1"), Some(json!(""))),
        ("attributes", json!(["#a"]), Some(json!([]))),
        ("options", json!(["a=1"]), Some(json!(""))),
        ("networks", json!(["10.1.0.0/16"]), Some(json!([]))),
        ("tunnels", json!([{ "subnet": "10.1.0.0/16" }]), Some(json!([]))),
        ("labels", json!({ "a": "1" }), Some(json!({}))),
        ("enabled", json!(true), None),
        ("weight", json!(3), None),
        ("inputs", json!({ "a": 1 }), None),
    ] {
        let mut object = json!({ "id": "1", "name": "a", "address": "192.0.2.1" });
        object[field] = applied.clone();
        let world = World::lab()
            .wants("east/endpoints/a", json!({ "address": "192.0.2.1" }))
            .applied("east/endpoints/a", "1", json!({ "address": "192.0.2.1", field: applied }))
            .shows("east/endpoints", object);
        let verdict = world.verdict("east/endpoints/a");
        let plan = world.plan();
        let body = plan.steps.iter().flat_map(|step| &step.calls).find_map(|call| match &call.body {
            Payload::Json(body) if call.purpose == CallPurpose::Update => Some(body.to_shown()[field].clone()),
            _ => None,
        });
        assert_eq!(body, sent, "{field}: {verdict}");
        match (field, &sent) {
            // What only a new object would be without is made anew, as it would be for another value.
            ("mode", _) => assert_eq!(verdict, "replace mode: undeclared"),
            (_, Some(_)) => assert_eq!(verdict, format!("update {field}: undeclared")),
            (_, None) => assert_eq!(verdict, "same", "{field}"),
        }
    }
}

#[test]
fn nothing_stays_of_what_a_new_object_takes_the_place_of() {
    let kept = json!({ "mode": "main", "enabled": true, "weight": 3, "labels": { "a": "1", "b": "2" } });
    let world = |mode: &str| {
        World::lab()
            .wants("east/endpoints/a", json!({ "address": "192.0.2.1", "mode": mode }))
            .applied("east/endpoints/a", "1", kept.clone())
            .shows("east/endpoints", merged(&json!({ "id": "1", "name": "a", "address": "192.0.2.1" }), &kept))
    };
    let let_go = |world: &World| -> Vec<String> {
        world.verdicts().iter().flat_map(|verdict| &verdict.notes.let_go).map(|(field, _)| field.clone()).collect()
    };
    assert_eq!(world("main").verdict("east/endpoints/a"), "update labels: undeclared");
    assert_eq!(let_go(&world("main")), ["enabled", "weight"]);
    let anew = world("aggressive");
    assert_eq!(
        anew.verdict("east/endpoints/a"),
        "replace mode: change, labels: undeclared, enabled: undeclared, weight: undeclared"
    );
    assert!(let_go(&anew).is_empty());
}

/// An object with the members of two.
fn merged(one: &Value, other: &Value) -> Value {
    let members = [one, other].into_iter().flat_map(|object| object.as_object().unwrap().clone());
    Value::Object(members.collect())
}

#[test]
fn keys_within_a_value_are_taken_back() {
    let tunnels = |label: Value| json!([{ "subnet": "10.1.0.0/16", "label": label }, { "subnet": "10.2.0.0/16" }]);
    let bare = json!([{ "subnet": "10.1.0.0/16" }, { "subnet": "10.2.0.0/16" }]);
    // The field, what was applied, what is wanted, what is live; what is sent.
    for (field, applied, wanted, live, sent) in [
        (
            "labels",
            json!({ "a": "1", "b": "2" }),
            json!({ "a": "1" }),
            json!({ "a": "1", "b": "2", "c": "3" }),
            Some(json!({ "a": "1", "c": "3" })),
        ),
        ("labels", json!({ "a": "1" }), json!({ "a": "1" }), json!({ "a": "1", "c": "3" }), None),
        (
            "labels",
            json!({ "a": "1" }),
            json!({ "a": "1", "c": null }),
            json!({ "a": "1", "c": "3" }),
            Some(json!({ "a": "1" })),
        ),
        (
            "primary",
            json!({ "subnet": "10.1.0.0/16", "label": "x" }),
            json!({ "subnet": "10.1.0.0/16" }),
            json!({ "subnet": "10.1.0.0/16", "label": "x" }),
            Some(json!({ "subnet": "10.1.0.0/16", "label": "" })),
        ),
        ("tunnels", tunnels(json!("x")), bare.clone(), tunnels(json!("x")), Some(tunnels(json!("")))),
        ("tunnels", bare.clone(), bare.clone(), tunnels(json!("theirs")), None),
    ] {
        let mut object = json!({ "id": "1", "name": "a", "address": "192.0.2.1" });
        object[field] = live;
        let world = World::lab()
            .wants("east/endpoints/a", json!({ "address": "192.0.2.1", field: wanted }))
            .applied("east/endpoints/a", "1", json!({ "address": "192.0.2.1", field: applied }))
            .shows("east/endpoints", object);
        let plan = world.plan();
        let body = plan.steps.iter().flat_map(|step| &step.calls).find_map(|call| match &call.body {
            Payload::Json(body) => Some(body.to_shown()[field].clone()),
            _ => None,
        });
        assert_eq!(body, sent, "{field} {applied} {wanted}: {}", world.verdict("east/endpoints/a"));
    }
}

#[test]
fn keys_of_rules_are_taken_back() {
    let rule = |comment: &str| json!({ "id": "7", "rule": "drop all", "comment": comment });
    let world = |live: &str, applied: Value| {
        World::lab()
            .wants("east/rules", json!([{ "rule": "drop all" }]))
            .applied("east/rules", "", json!([applied]))
            .shows("east/rules", rule(live))
    };
    let given = json!({ "rule": "drop all", "comment": "mine" });
    assert_eq!(world("mine", given.clone()).verdict("east/rules"), "update items: undeclared");
    assert_eq!(world("", given).verdict("east/rules"), "same");
    assert_eq!(world("theirs", json!({ "rule": "drop all" })).verdict("east/rules"), "same");
}

#[test]
fn a_secret_that_is_taken_back_is_not_shown() {
    let kept = json!({ "$fingerprint": "00" });
    let world = World::lab()
        .wants("east/groups/g", json!({ "note": null }))
        .remembers("east/groups/g", "1", json!({ "note": kept }), Basis::Applied)
        .shows("east/groups", json!({ "id": "1", "name": "g", "note": "canary" }));
    let undeclared = world.clone().wants("east/groups/g", json!({}));
    for world in [world, undeclared] {
        let told = format!("{:?}", world.verdicts());
        assert!(!told.contains("canary"), "{told}");
    }
}
