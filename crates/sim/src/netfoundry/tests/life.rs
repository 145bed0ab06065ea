//! Executions, consistency and the ends of things (netfoundry.md#executions, netfoundry.md#consistency).

use serde_json::{Value, json};

use super::{World, names, text};
use wire::Method;

fn endpoint(network: &str, name: &str) -> Value {
    json!({ "networkId": network, "name": name, "enrollmentMethod": { "ott": true } })
}

#[test]
fn an_execution_takes_a_few_polls() {
    let mut world = World::new();
    let network = world.quick_network("prod");
    let cases = [
        ("endpoints", json!({ "name": "a", "enrollmentMethod": { "ott": true } }), 3),
        ("app-wans", json!({ "name": "a", "serviceAttributes": [], "endpointAttributes": [] }), 3),
        ("services", json!({ "name": "a" }), 4),
        ("edge-routers", json!({ "name": "b" }), 4),
        ("edge-routers", json!({ "name": "c", "provider": "OCI", "locationCode": "ap-tokyo-1" }), 6),
    ];
    for (kind, mut create, expected) in cases {
        create["networkId"] = json!(network);
        let (_, reply) = world.call(Method::Post, kind, &create);
        assert_eq!(world.wait(&reply), expected, "{kind}");
    }
}

#[test]
fn an_execution_goes_from_new_to_finished() {
    let mut world = World::new();
    let network = world.quick_network("prod");
    let create = json!({ "networkId": network, "name": "c", "provider": "AWS", "locationCode": "us-east-1" });
    let (_, reply) = world.call(Method::Post, "edge-routers", &create);
    let link = reply["_links"]["execution"]["href"].as_str().unwrap().to_owned();
    let id = link.rsplit('/').next().unwrap();
    let mut seen: Vec<Value> = Vec::new();
    for _ in 0..7 {
        let (status, execution) = world.look(&format!("executions/{id}"));
        if status == 200 && seen.last() != Some(&execution["status"]) {
            assert_eq!(execution["resourceId"], reply["id"]);
            assert_eq!(execution["name"], "create edge router");
            seen.push(execution["status"].clone());
        }
    }
    assert_eq!(seen, ["NEW", "STARTED", "FINISHED"]);
    let older = world.get(&format!("process-executions/{id}?beta"));
    assert_eq!((&older["state"], &older["processorName"]), (&json!("FINISHED"), &json!("create edge router")));
    assert!(older.get("status").is_none());
    let listed = world.get(&format!("executions?resourceId={}", text(&reply, "id")));
    assert_eq!(listed["page"]["totalElements"], 1);
}

#[test]
fn what_is_fresh_answers_403_or_404_and_is_not_listed() {
    let mut world = World::new();
    let network = world.quick_network("prod");
    let mut statuses = Vec::new();
    for turn in 0..12 {
        let (_, reply) = world.call(Method::Post, "endpoints", &endpoint(&network, &format!("e{turn}")));
        let path = format!("endpoints/{}", text(&reply, "id"));
        statuses.push(world.look(&path).0);
        assert_eq!(world.look(&path).0, 200);
    }
    assert!(statuses.contains(&403) && statuses.contains(&404), "{statuses:?}");

    world.pass(1000);
    world.call(Method::Post, "endpoints", &endpoint(&network, "late"));
    assert_eq!(world.get("endpoints")["page"]["totalElements"], 12);
    assert_eq!(world.get("endpoints")["page"]["totalElements"], 13);
}

#[test]
fn the_execution_of_a_networks_creation_may_be_sealed() {
    let mut world = World::new();
    let group = world.get("network-groups")["_embedded"]["networkGroupList"][0]["id"].clone();
    let (mut open, mut sealed) = (0, 0);
    for turn in 0..12 {
        let create = json!({ "name": format!("n{turn}"), "networkGroupId": group, "region": "us-east-1" });
        let (_, reply) = world.call(Method::Post, "networks", &create);
        let id = reply["_links"]["execution"]["href"].as_str().unwrap().rsplit('/').next().unwrap().to_owned();
        world.pass(5000);
        match world.look(&format!("executions/{id}")).0 {
            200 => open += 1,
            403 => sealed += 1,
            status => panic!("{status}"),
        }
        let list = world.get(&format!("process-executions?processId={id}"));
        assert_eq!(list["_embedded"]["processExecutionList"][0]["state"], "FINISHED");
    }
    assert!(open > 0 && sealed > 0, "{open} {sealed}");
}

#[test]
fn a_change_shows_a_moment_later_and_links_its_execution_in_three_ways() {
    let mut world = World::new();
    let network = world.quick_network("prod");
    let id = text(&world.made("endpoints", &endpoint(&network, "ana")), "id");
    let path = format!("endpoints/{id}");
    let (mut object, mut array, mut missing) = (0, 0, 0);
    for turn in 0..10 {
        let attributes = json!([format!("#t{turn}")]);
        let before = world.get(&path)["attributes"].clone();
        let (status, reply) = world.call(Method::Patch, &path, &json!({ "name": "ana", "attributes": attributes }));
        assert_eq!(reply["attributes"], attributes);
        assert_eq!(world.get(&path)["attributes"], before);
        assert_eq!(world.get(&path)["attributes"], attributes);
        match &reply["_links"]["executions"] {
            Value::Object(_) => object += 1,
            Value::Array(links) => array += links.len(),
            _ => missing += 1,
        }
        assert_eq!(status, if reply["_links"]["executions"].is_null() { 200 } else { 202 });
    }
    assert!(object > 0 && array > 0, "{object} {array}");
    assert_eq!(missing, 2);
    // Nothing to do is said at once.
    let (status, _) = world.call(Method::Patch, &path, &json!({ "attributes": ["#t9"] }));
    assert_eq!(status, 200);
}

#[test]
fn deleting_takes_time_and_leaves_a_trace() {
    let mut world = World::new();
    let network = world.quick_network("prod");
    let router = world.made("edge-routers", &json!({ "networkId": network, "name": "b" }));
    let path = format!("edge-routers/{}", text(&router, "id"));
    let reply = world.delete(&path);
    assert_eq!((reply.status, reply.body.len()), (202, 0));
    assert_eq!(world.get(&path)["status"], "DELETING");
    assert_eq!(world.delete(&path).status, 409);
    world.pass(1000);
    let gone = world.get(&path);
    assert_eq!(gone["status"], "DELETED");
    assert!(gone["deletedAt"].is_string() && gone["deletedBy"].is_string());
    assert_eq!(world.delete(&path).status, 404);
    assert_eq!(world.call(Method::Patch, &path, &json!({ "name": "c" })).0, 404);
    assert_eq!(world.get("edge-routers")["page"]["totalElements"], 0);
    assert_eq!(names(&world.get("edge-routers?status=DELETED"), "edgeRouterList"), ["b"]);
    // The name is free again, and the next one has another id.
    let again = world.made("edge-routers", &json!({ "networkId": network, "name": "b" }));
    assert_ne!(again["id"], router["id"]);
}

#[test]
fn a_deleted_service_is_hollow_and_a_deleted_policy_is_gone() {
    let mut world = World::new();
    let network = world.quick_network("prod");
    let service = world.made("services", &json!({ "networkId": network, "name": "s", "attributes": ["#x"] }));
    let create =
        json!({ "networkId": network, "name": "w", "serviceAttributes": ["#x"], "endpointAttributes": ["#y"] });
    let wan = world.made("app-wans", &create);
    let (service, wan) = (format!("services/{}", text(&service, "id")), format!("app-wans/{}", text(&wan, "id")));
    world.delete(&service);
    world.delete(&wan);
    world.pass(1000);
    let gone = world.get(&service);
    assert!(gone["model"].is_null() && gone["attributes"].is_null() && gone["deletedAt"].is_string());
    assert_eq!(world.look(&wan).0, 404);
}

#[test]
fn a_network_takes_everything_with_it() {
    let mut world = World::new();
    let network = world.network("prod");
    let other = world.network("other");
    world.made("endpoints", &endpoint(&network, "ana"));
    world.made("endpoints", &endpoint(&other, "ana"));
    let request = world.request(Method::Delete, &format!("networks/{network}"));
    let reply = world.send(request);
    assert!(super::body(&reply)["_links"]["process-execution"]["href"].is_string());
    assert_eq!(world.get(&format!("networks/{network}"))["status"], "DELETING");
    assert_eq!(world.call(Method::Post, "endpoints", &endpoint(&network, "bob")).0, 400);
    world.pass(2000);
    for collection in ["endpoints", "config-types", "auth-policies", "network-controllers", "hosts"] {
        let left = world.get(&format!("{collection}?networkId={network}"));
        assert_eq!(left["page"]["totalElements"], 0, "{collection}");
    }
    assert_eq!(world.get("endpoints")["page"]["totalElements"], 1);
    assert!(world.get(&format!("networks/{network}"))["deletedAt"].is_string());
    world.network("prod");
}

#[test]
fn a_suspended_network_takes_no_writes() {
    let mut world = World::new();
    let network = world.network("prod");
    let ana = world.made("endpoints", &endpoint(&network, "ana"));
    let act =
        |world: &mut World, action: &str| world.call(Method::Post, &format!("networks/{network}/{action}"), &json!({}));
    assert_eq!(act(&mut world, "resume").0, 409);
    let (status, reply) = act(&mut world, "suspend");
    assert_eq!(status, 202);
    world.wait(&reply);
    assert_eq!(world.get(&format!("networks/{network}"))["status"], "SUSPENDED");
    let path = format!("endpoints/{}", text(&ana, "id"));
    assert_eq!(world.call(Method::Post, "endpoints", &endpoint(&network, "bob")).0, 409);
    assert_eq!(world.call(Method::Patch, &path, &json!({ "name": "b" })).0, 409);
    assert_eq!(world.delete(&path).status, 409);
    let (_, reply) = act(&mut world, "resume");
    world.wait(&reply);
    assert_eq!(world.delete(&path).status, 202);
}

#[test]
fn the_same_seed_tells_the_same_story() {
    let story = |seed: u64| {
        let mut world = World::seeded(seed);
        let network = world.network("prod");
        let read = world.made("endpoints", &endpoint(&network, "ana"));
        (read.to_string(), world.platform.save().to_string())
    };
    assert_eq!(story(7), story(7));
    assert_ne!(story(7).0, story(8).0);
}

#[test]
fn a_saved_platform_goes_on_where_it_was() {
    let mut world = World::new();
    let network = world.network("prod");
    let (_, reply) = world.call(Method::Post, "endpoints", &endpoint(&network, "ana"));
    world.reload();
    world.wait(&reply);
    let path = format!("endpoints/{}", text(&reply, "id"));
    assert!(world.get(&path)["zitiId"].is_string());
    world.call(Method::Patch, &path, &json!({ "attributes": ["#x"] }));
    world.delete(&path);
    world.reload();
    world.pass(1000);
    assert!(world.get(&path)["deletedAt"].is_string());
    assert_eq!(world.call(Method::Post, "endpoints", &endpoint(&network, "ANA")).0, 202);
    assert!(super::super::load(Default::default(), json!({ "door": 1 })).is_err());
}
