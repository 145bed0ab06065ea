//! Changes past the API.

use serde_json::{Value, json};

use super::{World, text};

#[test]
fn set_add_and_remove() {
    let mut world = World::new();
    let network = world.quick_network("prod");
    let ana = world.add("endpoints", None, &json!({ "name": "ana", "enrollmentMethod": { "ott": true } })).unwrap();
    assert!(ana["zitiId"].is_string() && ana["jwt"].is_string());
    let path = format!("endpoints/{}", text(&ana, "id"));
    world.set("endpoints", "ANA", &json!({ "attributes": ["#moved"], "jwt": null })).unwrap();
    let read = world.get(&path);
    assert_eq!((&read["attributes"], &read["jwt"]), (&json!(["#moved"]), &Value::Null));

    let wan = json!({ "name": "w", "serviceAttributes": ["#x"], "endpointAttributes": ["@ana"] });
    world.add("app-wans", Some("prod"), &wan).unwrap();
    world.set("app-wans", "w", &json!({ "endpointAttributes": ["#other", "@ana"] })).unwrap();
    let list = world.get(&format!("app-wans?networkId={network}"));
    assert_eq!(list["_embedded"]["appWanList"][0]["endpointAttributes"], json!(["#other", "@ana"]));
    world.remove("app-wans", "w").unwrap();
    assert_eq!(world.get("app-wans")["page"]["totalElements"], 0);

    world.set("networks", "prod", &json!({ "status": "ERROR" })).unwrap();
    assert_eq!(world.get(&format!("networks/{network}"))["status"], "ERROR");
    world.remove("networks", &network).unwrap();
    assert!(world.get(&path)["deletedAt"].is_string());
}

#[test]
fn routers_and_services_bring_their_company_at_once() {
    let mut world = World::new();
    world.quick_network("prod");
    let hosted = json!({ "name": "h", "provider": "AWS", "locationCode": "us-east-1", "tunnelerEnabled": true });
    let router = world.add("edge-routers", None, &hosted).unwrap();
    assert_eq!(router["status"], "PROVISIONED");
    world.pass(500);
    assert_eq!(world.get("endpoints?typeId=Router")["page"]["totalElements"], 1);
    let model = json!({
        "clientIngress": { "host": "a", "port": 1 }, "bindEndpointAttributes": ["@h"], "edgeRouterAttributes": ["#all"],
    });
    let service = json!({ "name": "s", "modelType": "TunnelerToSdk", "model": model });
    world.add("services", None, &service).unwrap();
    assert_eq!(world.get("configs")["page"]["totalElements"], 1);
    let mut moved = model.clone();
    moved["clientIngress"]["host"] = json!("b");
    world.set("services", "s", &json!({ "model": moved })).unwrap();
    assert_eq!(world.get("configs")["_embedded"]["configList"][0]["data"]["host"], "b");
    world.remove("edge-routers", "h").unwrap();
    let read = world.get("services")["_embedded"]["serviceList"][0].clone();
    assert_eq!(read["model"]["bindEndpointAttributes"], json!([]));
}

#[test]
fn what_is_not_understood_is_said() {
    let mut world = World::new();
    let told = world.add("endpoints", None, &json!({ "name": "e" })).unwrap_err();
    assert_eq!(told, "there is no network");
    world.quick_network("one");
    world.quick_network("two");
    let create = json!({ "name": "e", "enrollmentMethod": { "ott": true } });
    assert!(world.add("endpoints", None, &create).unwrap_err().contains("several networks"));
    world.add("endpoints", Some("one"), &create).unwrap();
    world.add("endpoints", Some("TWO"), &create).unwrap();
    for (kind, name, fields, message) in [
        ("widgets", "e", json!({}), "there is no collection `widgets`"),
        ("endpoints", "f", json!({}), "there is no endpoint `f`"),
        ("endpoints", "e", json!({}), "there are several endpoints named `e`: write `network/name`"),
        ("endpoints", "one/e", json!({ "colour": 1 }), "an endpoint has no field `colour`"),
        ("endpoints", "one/e", json!({ "id": 1 }), "`id` cannot be changed by anybody"),
        ("endpoints", "one/e", json!({ "attributes": ["x"] }), "`attributes`: \"x\" must be `#` and a word"),
    ] {
        assert_eq!(world.set(kind, name, &fields).unwrap_err(), message);
    }
    world.set("endpoints", "two/e", &json!({ "attributes": ["#x"] })).unwrap();
    assert!(world.remove("endpoints", "three/e").is_err());
    assert!(world.add("endpoints", Some("one"), &create).unwrap_err().contains("already in use"));
    assert!(world.add("hosts", Some("one"), &json!({})).is_err());
}
