//! Bodies as clients and consoles send them: the read form back, keys that mean nothing, links and tokens
//! (netfoundry.md#writes, netfoundry.md#values, netfoundry.md#requests).

use serde_json::{Value, json};

use super::{World, body, map, names, text};
use wire::{Method, Request};

/// One of each kind that a client makes in a network, with what it needs.
fn creates(network: &str) -> Vec<(&'static str, Value)> {
    let certificate = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";
    let intercept = json!({ "addresses": ["a.b"], "protocols": ["tcp"], "portRanges": [{ "low": 80, "high": 81 }] });
    let primary = json!({
        "cert": { "allowed": true, "allowExpiredCerts": false },
        "extJwt": { "allowed": false, "allowedSigners": [] },
        "updb": { "allowed": false },
    });
    let mut all = vec![
        ("certificate-authorities", json!({ "certPem": certificate })),
        (
            "auth-policies",
            json!({ "primary": primary, "secondary": { "requireTotp": false, "requireExtJwtSigner": null } }),
        ),
        ("config-types", json!({ "schema": { "type": "object" } })),
        ("posture-checks", json!({ "typeId": "DOMAIN", "domains": ["acme.example"] })),
        ("edge-routers", json!({ "attributes": ["#a"], "tunnelerEnabled": true })),
        ("configs", json!({ "configTypeName": "intercept.v1", "data": intercept })),
        ("services", json!({ "attributes": ["#s"] })),
        ("edge-router-policies", json!({ "endpointAttributes": ["#all"], "edgeRouterAttributes": ["#all"] })),
        (
            "service-edge-router-policies",
            json!({ "semantic": "AllOf", "serviceAttributes": ["#s"], "edgeRouterAttributes": ["#all"] }),
        ),
        ("service-policies", json!({ "type": "Bind", "serviceAttributes": ["#s"], "endpointAttributes": ["#e"] })),
        ("app-wans", json!({ "serviceAttributes": ["#s"], "endpointAttributes": ["#e"] })),
    ];
    for (kind, create) in &mut all {
        create["networkId"] = json!(network);
        create["name"] = json!(format!("one of {kind}"));
    }
    all
}

#[test]
fn the_read_form_is_taken_back_by_post_and_put_of_every_kind() {
    let mut world = World::new();
    let network = world.quick_network("prod");
    for (kind, create) in creates(&network) {
        let read = world.made(kind, &create);
        let path = format!("{kind}/{}", text(&read, "id"));
        let (status, told) = world.call(Method::Put, &path, &read);
        assert_eq!(status, 200, "{kind}: {told}");
        world.pass(1000);
        let mut again = read.clone();
        again["name"] = json!(format!("another of {kind}"));
        let copy = world.made(kind, &again);
        assert_ne!(copy["id"], read["id"], "{kind}");
        for (name, value) in
            map(&create).into_iter().filter(|(name, _)| !["name", "configTypeName"].contains(&name.as_str()))
        {
            assert_eq!(copy[&name], value, "{kind}.{name}");
        }
    }
}

#[test]
fn selected_is_taken_and_forgotten_by_every_kind() {
    let mut world = World::new();
    let network = world.quick_network("prod");
    let endpoint = json!({ "networkId": network, "name": "e", "enrollmentMethod": { "ott": true } });
    for (kind, mut create) in creates(&network).into_iter().chain([("endpoints", endpoint)]) {
        create["selected"] = json!(false);
        let read = world.made(kind, &create);
        assert_eq!(read.get("selected"), None, "{kind}");
        let path = format!("{kind}/{}", text(&read, "id"));
        let (status, told) = world.call(Method::Patch, &path, &json!({ "name": read["name"], "selected": true }));
        assert_eq!(status, 200, "{kind}: {told}");
    }
}

#[test]
fn a_hosted_router_is_put_back_with_its_machine() {
    let mut world = World::new();
    let network = world.quick_network("prod");
    let create = json!({ "networkId": network, "name": "r", "provider": "AWS", "locationCode": "us-east-2" });
    let id = text(&world.made("edge-routers", &create), "id");
    let mut read = world.get(&format!("edge-routers/{id}?embed=host"));
    assert!(read["host"]["ipAddress"].is_string());
    read["attributes"] = json!(["#edited"]);
    let (status, told) = world.call(Method::Put, &format!("edge-routers/{id}"), &read);
    assert!(status < 300, "{told}");
    assert_eq!(told["attributes"], json!(["#edited"]));
}

#[test]
fn the_create_form_of_a_router_hosted_service_makes_another() {
    let mut world = World::new();
    let network = world.quick_network("prod");
    let router = world.add("edge-routers", None, &json!({ "name": "hub" })).unwrap();
    let egress = json!({ "protocol": "tcp", "host": "erp", "port": 80 });
    // The vendor's own body of this type has no list of routers, and consoles add an empty one of endpoints.
    let create = json!({
        "networkId": network, "name": "erp", "modelType": "TunnelerToEdgeRouter", "model": {
            "clientIngress": { "host": "erp", "port": 80 }, "bindEndpointAttributes": [],
            "edgeRouterHosts": [{ "edgeRouterId": router["id"], "serverEgress": egress }],
        },
    });
    let service = world.made("services", &create);
    assert_eq!(service["model"]["edgeRouterAttributes"], json!([]));
    let form = world
        .request(Method::Get, &format!("services/{}", text(&service, "id")))
        .header("Accept", "application/json;as=create");
    let mut form = body(&world.send(form));
    assert_eq!(form["model"]["edgeRouterHosts"][0]["edgeRouterName"], "hub");
    form["networkId"] = json!(network);
    form["name"] = json!("erp-copy");
    let copy = world.made("services", &form);
    assert_eq!(copy["model"]["edgeRouterHosts"], service["model"]["edgeRouterHosts"]);
}

#[test]
fn links_lead_to_every_collection_and_back_to_the_network() {
    let mut world = World::new();
    let network = world.quick_network("prod");
    let links = map(&world.get(&format!("networks/{network}"))["_links"]);
    for collection in [
        "edge-routers",
        "app-wans",
        "network-controllers",
        "edge-router-policies",
        "posture-checks",
        "certificate-authorities",
        "process-executions",
        "hosts",
        "endpoints",
        "services",
    ] {
        let href = links[collection]["href"].as_str().unwrap();
        let path = href.split("/core/v2/").nth(1).unwrap();
        assert!(world.get(path)["page"].is_object(), "{href}");
    }
    for (kind, create) in creates(&network) {
        let read = world.made(kind, &create);
        let link = &read["_links"]["network"];
        assert!(link["href"].as_str().unwrap().ends_with(&format!("/networks/{network}")), "{kind}: {link}");
        assert!(link["profile"].is_string(), "{kind}");
    }
}

#[test]
fn the_password_of_a_network_shows_in_single_reads_alone() {
    let mut world = World::new();
    let network = world.quick_network("prod");
    assert!(world.get(&format!("networks/{network}"))["sdsPassword"].is_string());
    assert_eq!(world.get("networks")["_embedded"]["networkList"][0].get("sdsPassword"), None);
}

#[test]
fn regions_are_sorted_by_their_distance_from_a_place() {
    let mut world = World::new();
    let codes = |list: &Value| {
        let regions = list["_embedded"]["regionList"].as_array().unwrap().clone();
        regions.iter().map(|region| text(region, "locationCode")).collect::<Vec<_>>()
    };
    // Seen from Munich, from Osaka.
    let near = codes(&world.get("regions?provider=OCI&latitude=48.1&longitude=11.6"));
    assert_eq!(near, ["eu-amsterdam-1", "us-ashburn-1", "us-phoenix-1", "ap-tokyo-1"]);
    let near = codes(&world.get("regions?provider=OCI&latitude=34.7&longitude=135.5"));
    assert_eq!(near[0], "ap-tokyo-1");
    assert_eq!(codes(&world.get("regions?provider=OCI")).len(), 4);
}

#[test]
fn versions_are_public_and_networks_are_shown_by_the_newer_generation_too() {
    let mut world = World::new();
    let network = world.quick_network("prod");
    let open = world.send(Request::new(Method::Get, "/core/v2/network-versions?zitiVersion=0.28.4"));
    assert_eq!((open.status, &body(&open)["page"]["totalElements"]), (200, &json!(1)));
    assert_eq!(world.send(Request::new(Method::Get, "/core/v2/network-versions/7.3.104")).status, 401);
    let mut newer = |path: &str| {
        let mut request = world.request(Method::Get, "");
        request.url = format!("/core/v3/{path}");
        body(&world.send(request))
    };
    assert_eq!(names(&newer("networks"), "networkList"), ["prod"]);
    assert_eq!(newer(&format!("networks/{network}"))["name"], "prod");
}

#[test]
fn tags_are_one_word() {
    let mut world = World::new();
    let network = world.quick_network("prod");
    for tag in ["##x", "#b@c", "#", "# ", "x"] {
        for (kind, list) in [
            ("services", "attributes"),
            ("posture-checks", "attributes"),
            ("edge-routers", "attributes"),
            ("certificate-authorities", "endpointAttributes"),
            ("app-wans", "serviceAttributes"),
        ] {
            let (_, mut create) = creates(&network).into_iter().find(|(known, _)| *known == kind).unwrap();
            create[list] = json!([tag]);
            let (status, told) = world.call(Method::Post, kind, &create);
            assert!(status == 400 && told.to_string().contains(list), "{kind} {tag}: {told}");
        }
    }
}

#[test]
fn data_of_built_in_types_is_held_to_their_schemas() {
    let mut world = World::new();
    let network = world.quick_network("prod");
    let range = json!([{ "low": 1, "high": 2 }]);
    let client = json!({ "addresses": ["a.b"], "protocols": ["tcp"], "portRanges": range });
    let server = json!({ "protocol": "tcp", "address": "a", "port": 80 });
    for (type_name, right, change, message) in [
        ("intercept.v1", &client, json!({ "protocols": null }), "`data.protocols` is required"),
        ("intercept.v1", &client, json!({ "portRanges": [] }), "must not be empty"),
        ("intercept.v1", &client, json!({ "portRange": 3 }), "`data.portRange` is not known"),
        ("intercept.v1", &client, json!({ "portRanges": ["80"] }), "must be an object"),
        ("host.v1", &server, json!({ "allowedPorts": range }), "`data.allowedPorts` is not known"),
        ("host.v1", &server, json!({ "port": null }), "either `port` or `forwardPort`"),
        ("host.v1", &server, json!({ "forwardPort": true }), "either `port` or `forwardPort`"),
        ("host.v1", &server, json!({ "port": "80" }), "whole number"),
        ("host.v2", &json!({ "terminators": [server] }), json!({ "terminators": [{}] }), "terminators[0]` must have"),
    ] {
        let mut data = right.clone();
        for (name, value) in map(&change) {
            match value {
                Value::Null => data.as_object_mut().unwrap().remove(&name),
                value => data.as_object_mut().unwrap().insert(name, value),
            };
        }
        let config =
            |data: &Value| json!({ "name": format!("{type_name}-c"), "configTypeName": type_name, "data": data });
        let mut alone = config(&data);
        alone["networkId"] = json!(network);
        let (status, told) = world.call(Method::Post, "configs", &alone);
        assert!(status == 400 && told.to_string().contains(message), "{told}");
        let service = json!({ "networkId": network, "name": "s", "configs": [config(&data)] });
        let (status, told) = world.call(Method::Post, "services", &service);
        assert!(status == 400 && told.to_string().contains(&message.replace("data.", "configs[0].data.")), "{told}");
        alone["data"] = right.clone();
        let made = world.made("configs", &alone);
        let path = format!("configs/{}", text(&made, "id"));
        assert_eq!(world.call(Method::Patch, &path, &json!({ "name": made["name"], "data": data })).0, 400);
        world.delete(&path);
        world.pass(1000);
    }
    let unknown = json!({ "networkId": network, "name": "t", "schema": { "type": "object" } });
    world.made("config-types", &unknown);
    world.made("configs", &json!({ "networkId": network, "name": "c", "configTypeName": "t", "data": { "x": [] } }));
}

#[test]
fn posture_checks_say_what_the_overlay_requires() {
    let mut world = World::new();
    let network = world.quick_network("prod");
    let program = json!([{ "path": "/a", "osType": "Linux" }]);
    for (fields, message) in [
        (json!({ "typeId": "OS", "operatingSystems": [{ "type": "Linux" }] }), "versions` is required"),
        (json!({ "typeId": "PROCESS_MULTI", "semantic": "AllOf", "processes": [] }), "must name a program"),
        (json!({ "typeId": "PROCESS_MULTI", "processes": program }), "`semantic` is required"),
    ] {
        let mut create = fields;
        create["networkId"] = json!(network);
        create["name"] = json!("p");
        let (status, told) = world.call(Method::Post, "posture-checks", &create);
        assert!(status == 400 && told.to_string().contains(message), "{told}");
    }
}
