//! Mentions, tags and the two faces of a Dial policy (netfoundry.md#roles-and-mentions,
//! netfoundry.md#service-policies).

use serde_json::{Value, json};

use super::{World, names, text};
use wire::Method;

fn world() -> (World, String) {
    let mut world = World::new();
    let network = world.quick_network("prod");
    world.add("endpoints", None, &json!({ "name": "Ana's laptop", "enrollmentMethod": { "ott": true } })).unwrap();
    (world, network)
}

fn wan(network: &str, endpoints: Value) -> Value {
    json!({ "networkId": network, "name": "w", "serviceAttributes": ["#x"], "endpointAttributes": endpoints })
}

#[test]
fn mentions_follow_a_rename_and_hold_what_they_mention() {
    let (mut world, network) = world();
    let policy = world.made("app-wans", &wan(&network, json!(["@ana's LAPTOP", "#b", "#a", "#b"])));
    assert_eq!(policy["endpointAttributes"], json!(["#a", "#b", "@Ana's laptop"]));
    let endpoint = world.get("endpoints")["_embedded"]["endpointList"][0].clone();
    let path = format!("endpoints/{}", text(&endpoint, "id"));
    let reply = world.delete(&path);
    assert_eq!(reply.status, 409);
    assert!(super::body(&reply)[0]["message"].as_str().unwrap().contains("in use by the service policy `w`"));
    world.call(Method::Patch, &path, &json!({ "name": "desk" }));
    let policy_path = format!("app-wans/{}", text(&policy, "id"));
    world.pass(1000);
    assert_eq!(world.get(&policy_path)["endpointAttributes"], json!(["#a", "#b", "@desk"]));
    // Past the API nobody asks; the overlay drops the mention.
    world.remove("endpoints", "desk").unwrap();
    assert_eq!(world.get(&policy_path)["endpointAttributes"], json!(["#a", "#b"]));
}

#[test]
fn what_is_no_tag_and_no_mention_is_refused() {
    let (mut world, network) = world();
    for (entries, message) in [
        (json!(["staff"]), "must be a `#tag` or a `@name`"),
        (json!(["#"]), "must be a `#tag` or a `@name`"),
        (json!([7]), "must be a `#tag` or a `@name`"),
        (json!(["@nobody"]), "`@nobody` names no endpoint of this network"),
        (json!(["#all", "#x"]), "`#all` must be the only entry"),
        (json!("#x"), "must be a list"),
    ] {
        let (status, body) = world.call(Method::Post, "app-wans", &wan(&network, entries));
        assert_eq!(status, 400);
        assert!(body["errors"][0].as_str().unwrap().contains(message), "{body}");
    }
    let create =
        json!({ "networkId": network, "name": "e", "attributes": ["@x"], "enrollmentMethod": { "ott": true } });
    assert_eq!(world.call(Method::Post, "endpoints", &create).0, 400);
    // Another network's objects cannot be mentioned.
    let other = world.quick_network("other");
    assert_eq!(world.call(Method::Post, "app-wans", &wan(&other, json!(["@Ana's laptop"]))).0, 400);
}

#[test]
fn mentions_by_either_id_read_back_as_names() {
    let (mut world, network) = world();
    let endpoint = world.get("endpoints")["_embedded"]["endpointList"][0].clone();
    for field in ["id", "zitiId"] {
        let mut create = wan(&network, json!([format!("@{}", text(&endpoint, field))]));
        create["name"] = json!(field);
        assert_eq!(world.made("app-wans", &create)["endpointAttributes"], json!(["@Ana's laptop"]));
    }
}

#[test]
fn an_app_wan_is_a_dial_policy() {
    let (mut world, network) = world();
    let policy = world.made("app-wans", &wan(&network, json!(["#all"])));
    let id = text(&policy, "id");
    let other = world.get(&format!("service-policies/{id}"));
    assert_eq!((&other["type"], &other["semantic"]), (&json!("Dial"), &json!("AnyOf")));
    assert_eq!(other["zitiId"], policy["zitiId"]);
    let create = |name: &str, kind: &str| {
        json!({
            "networkId": network, "name": name, "type": kind, "serviceAttributes": ["#x"], "endpointAttributes": ["#x"],
        })
    };
    let bind = world.made("service-policies", &create("b", "Bind"));
    assert_eq!(bind["semantic"], "AllOf", "the overlay's own default");
    let all = world.made("service-policies", &create("d", "Dial"));
    assert_eq!(world.look(&format!("app-wans/{}", text(&all, "id"))).0, 404, "it asks for all tags");
    let mut any = create("a", "Dial");
    any["semantic"] = json!("AnyOf");
    world.made("service-policies", &any);
    assert_eq!(names(&world.get("app-wans"), "appWanList"), ["w", "a"]);
    assert_eq!(names(&world.get("service-policies"), "servicePolicyList"), ["w", "b", "d", "a"]);
    assert_eq!(world.look(&format!("app-wans/{}", text(&bind, "id"))).0, 404);
    assert_eq!(world.call(Method::Post, "service-policies", &create("W", "Bind")).0, 409);
    let path = format!("service-policies/{}", text(&bind, "id"));
    assert_eq!(world.call(Method::Patch, &path, &json!({ "type": "Dial" })).0, 400);
    let mut checked = create("c", "Bind");
    checked["postureCheckAttributes"] = json!(["#x"]);
    assert_eq!(world.call(Method::Post, "service-policies", &checked).0, 400);
}
