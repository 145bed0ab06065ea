//! Refusals, each in one of the three shapes (netfoundry.md#errors).

use serde_json::{Value, json};

use super::{World, text};
use wire::Method;

fn endpoint(network: &str, name: &str) -> Value {
    json!({ "networkId": network, "name": name, "enrollmentMethod": { "ott": true } })
}

#[test]
fn validation_tells_everything_in_one_hal_body() {
    let mut world = World::new();
    let network = world.quick_network("prod");
    let create = json!({ "networkId": network, "name": " ", "attributes": "x", "colour": 1, "zitiId": "x" });
    let (status, body) = world.call(Method::Post, "endpoints", &create);
    assert_eq!(status, 400);
    assert_eq!(body["status"], json!({ "code": 400, "label": "BAD_REQUEST" }));
    assert!(body["traceId"].is_string());
    assert_eq!(
        body["errors"],
        json!([
            "`colour` is no field of a new endpoint",
            "`name` must be a text that is not blank",
            "`attributes` must be a list of texts",
            "`enrollmentMethod` is required",
        ])
    );
    for (change, message) in [
        (json!({ "enrollmentMethod": {} }), "must choose one"),
        (json!({ "enrollmentMethod": { "ott": true, "updb": "x" } }), "must choose one"),
        (json!({ "enrollmentMethod": { "ottca": "x" } }), "names no certificate authority"),
        (json!({ "authPolicyId": "x" }), "`authPolicyId` names no auth policy"),
        (json!({ "sessionIdentityId": "x" }), "names no identity"),
    ] {
        let mut create = endpoint(&network, "e");
        create.as_object_mut().unwrap().extend(super::map(&change));
        let (status, body) = world.call(Method::Post, "endpoints", &create);
        assert!(status == 400 && body["errors"].to_string().contains(message), "{body}");
    }
}

#[test]
fn what_no_handler_sees_gets_springs_own_body() {
    let mut world = World::new();
    world.quick_network("prod");
    for (method, path, status, error) in [
        (Method::Get, "widgets", 404, "Not Found"),
        (Method::Get, "endpoints/x/y/z", 404, "Not Found"),
        (Method::Delete, "endpoints", 405, "Method Not Allowed"),
        (Method::Post, "regions", 405, "Method Not Allowed"),
        (Method::Post, "hosts", 405, "Method Not Allowed"),
        (Method::Patch, "networks/x", 405, "Method Not Allowed"),
    ] {
        let (got, body) = world.call(method, path, &json!({}));
        assert_eq!((got, &body["error"]), (status, &json!(error)), "{path}");
        assert!(body["timestamp"].is_string() && body["message"].is_string() && body["status"] == status);
    }
    let mut broken = world.request(Method::Post, "endpoints").header("Content-Type", "application/json");
    broken.body = b"{".to_vec();
    assert_eq!(world.send(broken).status, 400);
    let untyped = world.request(Method::Post, "endpoints");
    assert_eq!(world.send(untyped).status, 415);
    let (status, body) = world.look("endpoints/nobody");
    assert_eq!((status, &body["status"]["label"]), (404, &json!("NOT_FOUND")));
}

#[test]
fn conflicts_are_a_list_of_messages() {
    let mut world = World::new();
    let network = world.quick_network("prod");
    let other = world.quick_network("other");
    world.made("endpoints", &endpoint(&network, "Ana"));
    let (status, body) = world.call(Method::Post, "endpoints", &endpoint(&network, "aNA"));
    assert_eq!((status, body), (409, json!([{ "message": "name already in use: there is an endpoint `Ana`" }])));
    let bob = world.made("endpoints", &endpoint(&network, "Bob"));
    let path = format!("endpoints/{}", text(&bob, "id"));
    assert_eq!(world.call(Method::Patch, &path, &json!({ "name": "ana" })).0, 409);
    assert!(world.call(Method::Patch, &path, &json!({ "name": "BOB" })).0 < 300, "its own name");
    world.made("endpoints", &endpoint(&other, "Ana"));
}

#[test]
fn nothing_is_made_in_a_network_that_is_not_ready() {
    let mut world = World::new();
    let group = world.get("network-groups")["_embedded"]["networkGroupList"][0]["id"].clone();
    let create = json!({ "name": "n", "networkGroupId": group, "region": "us-east-1" });
    let (_, reply) = world.call(Method::Post, "networks", &create);
    let id = text(&reply, "id");
    let (status, body) = world.call(Method::Post, "endpoints", &endpoint(&id, "e"));
    assert_eq!((status, body), (409, json!([{ "message": "the network is NEW, not PROVISIONED" }])));
    assert_eq!(world.call(Method::Post, "endpoints", &endpoint("x", "e")).0, 400);
    assert_eq!(world.call(Method::Post, "endpoints", &json!({ "name": "e" })).0, 400);
}

#[test]
fn networks_are_checked_against_the_catalogue() {
    let mut world = World::new();
    let group = world.get("network-groups")["_embedded"]["networkGroupList"][0]["id"].clone();
    for (change, message) in [
        (json!({ "networkGroupId": "x" }), "names no network group"),
        (json!({ "provider": "AZURE" }), "must be one of AWS, OCI"),
        (json!({ "provider": "OCI" }), "`us-east-1` is no region of OCI"),
        (json!({ "region": "mars" }), "is no region"),
        (json!({ "region": null }), "`region` is required"),
        (json!({ "locationCode": "us-east-2" }), "different places"),
        (json!({ "size": "huge" }), "`size` names no network config"),
        (json!({ "productVersion": "7.2.40" }), "no active network version"),
        (json!({ "networkConfigMetadataId": "x" }), "no field"),
    ] {
        let mut create = json!({ "name": "n", "networkGroupId": group, "region": "us-east-1" });
        create.as_object_mut().unwrap().extend(super::map(&change));
        let (status, body) = world.call(Method::Post, "networks", &create);
        assert!(status == 400 && body["errors"].to_string().contains(message), "{body}");
    }
    let older = json!({ "name": "n", "networkGroupId": group, "locationCode": "eu-amsterdam-1" });
    let (status, body) = world.call(Method::Post, "networks", &older);
    assert_eq!((status, &body["region"], &body["size"]), (202, &json!("eu-amsterdam-1"), &json!("small")));
    assert_eq!(world.call(Method::Post, "networks", &older).0, 409);
}

#[test]
fn a_change_respects_what_is_fixed_and_what_is_the_servers() {
    let mut world = World::new();
    let network = world.quick_network("prod");
    let read = world.made("endpoints", &endpoint(&network, "ana"));
    let path = format!("endpoints/{}", text(&read, "id"));
    for (patch, message) in [
        (json!({ "enrollmentMethod": { "ott": true } }), "`enrollmentMethod` can be set at creation only"),
        (json!({ "networkId": "other" }), "`networkId` can be set at creation only"),
        (json!({ "jwt": null }), "`jwt` is read-only"),
        (json!({ "zitiId": "x" }), "`zitiId` is read-only"),
        (json!({ "colour": "x" }), "`colour` is no field of an endpoint"),
        (json!({ "name": null }), "`name` is required"),
        (json!({ "authPolicyId": "x" }), "names no auth policy"),
    ] {
        let (status, body) = world.call(Method::Patch, &path, &patch);
        assert!(status == 400 && body["errors"].to_string().contains(message), "{body}");
    }
    // Scripts leave out the name, and null wipes (netfoundry.md#writes).
    let (_, reply) = world.call(Method::Patch, &path, &json!({ "networkId": network, "attributes": ["#x"] }));
    assert_eq!(reply["attributes"], json!(["#x"]));
    let (_, reply) = world.call(Method::Patch, &path, &json!({ "attributes": null }));
    assert_eq!(reply["attributes"], Value::Null);
}

#[test]
fn put_takes_the_read_form_back_and_resets_what_it_leaves_out() {
    let mut world = World::new();
    let network = world.quick_network("prod");
    let create = json!({ "networkId": network, "name": "r", "attributes": ["#x"], "linkListener": true });
    let mut read = world.made("edge-routers", &create);
    let path = format!("edge-routers/{}", text(&read, "id"));
    assert_eq!(world.call(Method::Put, &path, &read).0, 200, "nothing changed");
    read.as_object_mut().unwrap().remove("attributes");
    let (_, reply) = world.call(Method::Put, &path, &read);
    assert_eq!((&reply["attributes"], &reply["status"]), (&json!([]), &json!("UPDATING")));
    assert_eq!(world.call(Method::Patch, &path, &json!({ "name": "s" })).0, 409, "busy");
    world.pass(500);
    assert_eq!(world.get(&path)["status"], "PROVISIONED");
    assert_eq!(world.call(Method::Put, &path, &json!({ "attributes": [] })).0, 400, "the name is required");
    assert_eq!(world.call(Method::Put, &path, &json!({ "name": "r", "provider": "AWS" })).0, 400);
}
