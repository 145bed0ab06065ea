//! Edge routers: twins, system policies, keys (netfoundry.md#edge-routers).

use serde_json::{Value, json};

use super::{World, text};
use wire::{Method, Request};

fn tunneler(world: &mut World, network: &str, name: &str) -> Value {
    let create = json!({ "networkId": network, "name": name, "tunnelerEnabled": true });
    let router = world.made("edge-routers", &create);
    world.pass(500);
    router
}

fn twin(world: &mut World) -> Value {
    world.get("endpoints?typeId=Router")["_embedded"]["endpointList"][0].clone()
}

#[test]
fn a_tunneler_brings_a_twin_and_a_system_policy() {
    let mut world = World::new();
    let network = world.quick_network("prod");
    let create = json!({ "networkId": network, "name": "b", "tunnelerEnabled": true });
    world.made("edge-routers", &create);
    assert_eq!(world.get("endpoints")["page"]["totalElements"], 0, "the twin is late");
    world.pass(500);
    let router = world.get("edge-routers")["_embedded"]["edgeRouterList"][0].clone();
    let ziti = text(&router, "zitiId");
    let twin = twin(&mut world);
    assert_eq!((&twin["name"], &twin["zitiId"]), (&json!("b"), &json!(ziti)));
    let policies = world.get("edge-router-policies");
    let policy = &policies["_embedded"]["edgeRouterPolicyList"][0];
    assert_eq!(policy["name"], json!(format!("edge-router-{ziti}-system")));
    assert_eq!(policy["edgeRouterAttributes"], json!([format!("@{ziti}")]));
    assert_eq!(policy["endpointAttributes"], json!([format!("@{ziti}")]));
}

#[test]
fn a_twin_takes_attributes_and_nothing_else() {
    let mut world = World::new();
    let network = world.quick_network("prod");
    let router = tunneler(&mut world, &network, "branch-42");
    let twin = twin(&mut world);
    let path = format!("endpoints/{}", text(&twin, "id"));
    assert_eq!(world.delete(&path).status, 409);
    assert_eq!(world.call(Method::Patch, &path, &json!({ "name": "x" })).0, 400);
    assert_eq!(world.call(Method::Patch, &path, &json!({ "externalId": "x" })).0, 400);
    let (_, reply) = world.call(Method::Patch, &path, &json!({ "name": "branch-42", "attributes": ["#branch-exits"] }));
    assert_eq!(reply["attributes"], json!(["#branch-exits"]));
    let policy = text(&world.get("edge-router-policies")["_embedded"]["edgeRouterPolicyList"][0], "id");
    assert_eq!(world.delete(&format!("edge-router-policies/{policy}")).status, 409);
    assert_eq!(world.call(Method::Patch, &format!("edge-router-policies/{policy}"), &json!({ "name": "x" })).0, 409);

    world.delete(&format!("edge-routers/{}", text(&router, "id")));
    world.pass(1500);
    assert_eq!(world.get("endpoints")["page"]["totalElements"], 0);
    assert_eq!(world.get("edge-router-policies")["page"]["totalElements"], 0);
}

#[test]
fn the_twin_follows_name_and_tunneler() {
    let mut world = World::new();
    let network = world.quick_network("prod");
    let router = tunneler(&mut world, &network, "one");
    let path = format!("edge-routers/{}", text(&router, "id"));
    world.call(Method::Patch, &path, &json!({ "name": "two" }));
    world.pass(1000);
    assert_eq!(twin(&mut world)["name"], "two");
    world.call(Method::Patch, &path, &json!({ "name": "two", "tunnelerEnabled": false }));
    world.pass(1000);
    assert_eq!(world.get("endpoints")["page"]["totalElements"], 0);
    world.call(Method::Patch, &path, &json!({ "tunnelerEnabled": true }));
    world.pass(1000);
    assert_eq!(twin(&mut world)["name"], "two");
    // The twin's name is taken.
    let create = json!({ "networkId": network, "name": "TWO", "enrollmentMethod": { "ott": true } });
    assert_eq!(world.call(Method::Post, "endpoints", &create).0, 409);
    world.made("endpoints", &json!({ "networkId": network, "name": "three", "enrollmentMethod": { "ott": true } }));
    assert_eq!(world.call(Method::Patch, &path, &json!({ "name": "three" })).0, 409);
}

#[test]
fn a_router_is_hosted_or_not() {
    let mut world = World::new();
    let network = world.quick_network("prod");
    for (fields, message) in [
        (json!({ "provider": "AWS" }), "go together"),
        (json!({ "locationCode": "us-east-1" }), "go together"),
        (json!({ "provider": "AWS", "locationCode": "nowhere" }), "`nowhere` is no region of AWS"),
        (json!({ "provider": "AWS", "locationCode": "us-east-1", "region": "us-east-2" }), "different places"),
        (json!({ "provider": "CUSTOMER", "locationCode": "us-east-1" }), "go together"),
    ] {
        let mut create = fields;
        create["networkId"] = json!(network);
        create["name"] = json!("r");
        let (status, body) = world.call(Method::Post, "edge-routers", &create);
        assert_eq!(status, 400);
        assert!(body["errors"][0].as_str().unwrap().contains(message), "{body}");
    }
    let create = json!({ "networkId": network, "name": "r", "provider": "GCP", "region": "us-central1" });
    let router = world.made("edge-routers", &create);
    assert_eq!((&router["linkListener"], &router["region"]), (&json!(true), &json!("us-central1")));
    let path = format!("edge-routers/{}", text(&router, "id"));
    let (_, reply) = world.call(Method::Patch, &path, &json!({ "linkListener": false }));
    assert_eq!(reply["linkListener"], true, "forced when hosted");
    for fields in [json!({ "provider": "AWS" }), json!({ "region": "us-central1" }), json!({ "locationCode": "x" })] {
        assert_eq!(world.call(Method::Patch, &path, &fields).0, 400, "{fields}");
    }
}

#[test]
fn keys_rotate_and_let_a_machine_in_once() {
    let mut world = World::new();
    let network = world.quick_network("prod");
    let create = json!({ "networkId": network, "name": "b" });
    let (_, reply) = world.call(Method::Post, "edge-routers", &create);
    world.pass(250);
    let path = format!("edge-routers/{}", text(&reply, "id"));
    let rotate = |world: &mut World| world.call(Method::Post, &format!("{path}/registration-key"), &json!({}));
    assert_eq!(rotate(&mut world).0, 409, "too early");
    world.pass(1000);
    let (status, first) = rotate(&mut world);
    assert_eq!((status, text(&first, "registrationKey").len()), (200, 10));
    let second = rotate(&mut world).1;
    assert_ne!(first["registrationKey"], second["registrationKey"]);
    assert!(second["expiresAt"].is_string());
    let broken = world.request(Method::Post, &format!("{path}/registration-key?embed=host"));
    assert_eq!(world.send(broken).status, 500);

    let register = |world: &mut World, key: &Value| {
        let url = format!("/core/v2/edge-routers/register/{}", key["registrationKey"].as_str().unwrap());
        world.send(Request::new(Method::Post, url))
    };
    assert_eq!(register(&mut world, &first).status, 404);
    let entered = register(&mut world, &second);
    assert!(super::body(&entered)["edgeRouter"]["jwt"].is_string());
    assert_eq!(register(&mut world, &second).status, 404);
    let router = world.get(&path);
    assert_eq!((&router["verified"], &router["online"], &router["jwt"]), (&json!(true), &json!(true), &Value::Null));
}
