//! Offers, identities, and their rights (netfoundry.md#network-groups, netfoundry.md#regions,
//! netfoundry.md#identities).

use serde_json::{Value, json};

use super::{World, body, text};
use wire::{Method, Response};

fn at(world: &mut World, method: Method, url: &str, sent: Option<&Value>) -> Response {
    let mut request = world.request(method, "");
    request.url = url.to_owned();
    let request = match sent {
        Some(sent) => request.json(sent),
        None => request,
    };
    world.send(request)
}

#[test]
fn lookups_have_the_documented_keys() {
    let mut world = World::new();
    let groups = world.get("network-groups");
    let group = &groups["_embedded"]["networkGroupList"][0];
    assert_eq!((&group["name"], &group["shortName"]), (&json!("acme Group"), &json!("ACMEGRP")));
    assert_eq!(world.get(&format!("network-groups/{}", text(group, "id"))), *group);

    let regions = world.get("regions?provider=AWS&provider=OCI&size=1000");
    let regions = regions["_embedded"]["regionList"].as_array().unwrap().clone();
    assert!(regions.iter().all(|region| ["AWS", "OCI"].contains(&region["provider"].as_str().unwrap())));
    assert!(regions.len() > 10);
    let ohio = world.get("regions/AWS/us-east-2");
    assert_eq!((&ohio["name"], &ohio["latitude"]), (&json!("US East (Ohio)"), &json!(39.96)));
    assert_eq!(world.look("regions/AWS/mars").0, 404);

    let versions = world.get("network-versions?active=True");
    let versions = versions["_embedded"]["network-versions"].as_array().unwrap().clone();
    assert!(versions.iter().all(|version| version["active"] == true));
    assert_eq!(versions.iter().filter(|version| version["default"] == true).count(), 1);
    let sizes = world.get("network-configs");
    assert_eq!(sizes["_embedded"]["networkConfigMetadataList"][1]["name"], "medium");
    assert!(world.get("data-centers")["_embedded"]["dataCenters"][0]["locationCode"].is_string());
}

#[test]
fn the_default_version_is_the_setups() {
    let setup = super::super::Setup { name: "acme".to_owned(), seed: 7, version: Some("8.0.1".to_owned()), birth: 0 };
    let mut world = World::around(super::super::new(setup));
    let network = world.quick_network("prod");
    assert_eq!(world.get(&format!("networks/{network}"))["productVersion"], "8.0.1");
    let controller = text(&world.get("network-controllers")["_embedded"]["networkControllerList"][0], "id");
    assert_eq!(world.look(&format!("network-controllers/{controller}/session")).0, 403);
    assert!(world.get(&format!("network-controllers/{controller}/secrets"))["zitiPassword"].is_string());
    assert_eq!(world.look(&format!("network-controllers/{controller}/secrets?embed=host")).0, 500);
    assert!(world.get(&format!("network-controllers/{controller}?embed=host"))["host"]["ipAddress"].is_string());
}

#[test]
fn identities_come_as_bare_arrays_and_do_not_sort() {
    let mut world = World::new();
    let list = body(&at(&mut world, Method::Get, "/identity/v1/organizations", None));
    assert_eq!((&list[0]["name"], &list[0]["createdAt"]["nano"]), (&json!("acme"), &json!(0)));
    let own = body(&at(&mut world, Method::Get, "/identity/v1/identities/self", None));
    assert_eq!((&own["type"], &own["awsCognitoClientId"]), (&json!("ApiAccountIdentity"), &json!("api")));
    assert_eq!(at(&mut world, Method::Get, "/identity/v1/user-identities/self", None).status, 404);
    assert_eq!(at(&mut world, Method::Get, "/identity/v1/identities?sort=name,asc", None).status, 500);
    let found = body(&at(&mut world, Method::Get, "/identity/v1/identities?type=UserIdentity", None));
    assert_eq!(found.as_array().unwrap().len(), 1);
    assert_eq!(at(&mut world, Method::Post, "/identity/v1/organizations", None).status, 405);
}

#[test]
fn roles_page_badly() {
    let mut world = World::new();
    world.quick_network("prod");
    let all = body(&at(&mut world, Method::Get, "/auth/v1/roles?size=3000", None));
    assert_eq!(all["content"].as_array().unwrap().len(), 5);
    assert_eq!(all["content"][4]["name"], "Network Admin - prod");
    assert_eq!(at(&mut world, Method::Get, "/auth/v1/roles?size=4", None).status, 200);
    assert_eq!(at(&mut world, Method::Get, "/auth/v1/roles?size=4&page=1", None).status, 500);
    let some = body(&at(&mut world, Method::Get, "/auth/v1/roles?nameLike=network%20admin", None));
    assert_eq!(some["totalElements"], 1);
}

#[test]
fn grants_come_and_go() {
    let mut world = World::new();
    let own = text(&body(&at(&mut world, Method::Get, "/identity/v1/identities/self", None)), "id");
    let kinds = body(&at(&mut world, Method::Get, "/auth/v1/resource-types?code=user-identity", None));
    let url = format!("/auth/v1/resource-actions?resourceTypeId={}", text(&kinds[0], "id"));
    let actions = body(&at(&mut world, Method::Get, &url, None));
    assert!(actions.as_array().unwrap().iter().any(|action| action["code"] == "update-reset-mfa"));
    let create = json!({ "identityId": own, "resourceActionId": actions[0]["id"], "path": [] });
    let url = "/auth/v1/identity-resource-actions";
    let made = body(&at(&mut world, Method::Post, url, Some(&create)));
    assert_eq!(at(&mut world, Method::Post, url, Some(&create)).status, 409);
    assert_eq!(at(&mut world, Method::Post, url, Some(&json!({ "path": 1 }))).status, 400);
    let listed = body(&at(&mut world, Method::Get, &format!("/auth/v1/grants?identityId={own}"), None));
    assert_eq!(listed, json!([made]));
    assert_eq!(at(&mut world, Method::Delete, &format!("{url}/{}", text(&made, "id")), None).status, 200);
    assert_eq!(body(&at(&mut world, Method::Get, "/auth/v1/grants", None)), json!([]));
}

#[test]
fn links_follow_the_prefix_that_a_proxy_removed() {
    let mut world = World::new();
    let request = world.request(Method::Get, "regions/AWS/us-east-2").header("X-Forwarded-Prefix", "/acme/");
    let reply = body(&world.send(request));
    let expected = "https://gateway.production.netfoundry.io/acme/core/v2/regions/AWS/us-east-2";
    assert_eq!(reply["_links"]["self"]["href"], expected);
}

#[test]
fn letters_are_checked_before_they_are_not_sent() {
    let mut world = World::new();
    world.quick_network("prod");
    let ana = world.add("endpoints", None, &json!({ "name": "ana", "enrollmentMethod": { "ott": true } })).unwrap();
    let letter = json!([{ "toList": ["ana@acme.example"], "subject": "hello", "id": ana["id"] }]);
    assert_eq!(world.call(Method::Post, "endpoints/share", &letter).0, 202);
    let (status, told) = world.call(Method::Post, "endpoints/share", &json!([{ "toList": [] }]));
    assert_eq!((status, told["errors"].as_array().unwrap().len()), (400, 3));
}
