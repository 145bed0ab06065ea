//! Services: models, what they bring along, raw services (netfoundry.md#services).

use serde_json::{Value, json};

use super::{World, map, names, text};
use wire::Method;

fn model() -> Value {
    json!({
        "clientIngress": { "host": "git.acme.internal", "port": "443" },
        "serverEgress": { "protocol": "tcp", "host": "10.20.0.15", "port": 8443 },
        "bindEndpointAttributes": ["@dc", "#dcs"],
        "edgeRouterAttributes": ["#all"],
    })
}

fn git(network: &str) -> Value {
    json!({ "networkId": network, "name": "git", "modelType": "TunnelerToEndpoint", "model": model() })
}

fn world() -> (World, String) {
    let mut world = World::new();
    let network = world.quick_network("prod");
    world.add("endpoints", None, &json!({ "name": "dc", "enrollmentMethod": { "ott": true } })).unwrap();
    (world, network)
}

#[test]
fn a_model_service_brings_configs_and_policies_that_leave_with_it() {
    let (mut world, network) = world();
    let service = world.made("services", &git(&network));
    assert_eq!(service["model"]["clientIngress"]["port"], 443, "ports become numbers");
    assert_eq!(service["encryptionRequired"], true);
    let (id, ziti) = (text(&service, "id"), text(&service, "zitiId"));
    let bind = world.get("service-policies")["_embedded"]["servicePolicyList"][0].clone();
    assert_eq!(bind["serviceAttributes"], json!([format!("@{ziti}")]));
    assert_eq!(bind["type"], "Bind");
    let endpoint = world.get("endpoints")["_embedded"]["endpointList"][0].clone();
    assert_eq!(bind["endpointAttributes"], json!(["#dcs", format!("@{}", text(&endpoint, "zitiId"))]));
    assert_eq!(names(&world.get("service-edge-router-policies"), "serviceEdgeRouterPolicyList").len(), 1);
    let config = map(&service["configIdByConfigTypeId"]).values().next().unwrap().as_str().unwrap().to_owned();
    assert_eq!(world.get(&format!("configs/{config}"))["data"]["host"], "git.acme.internal");
    for path in [format!("configs/{config}"), format!("service-policies/{}", text(&bind, "id"))] {
        assert_eq!(world.delete(&path).status, 409, "{path}");
    }

    let mut changed = model();
    changed["clientIngress"]["host"] = json!("git2.acme.internal");
    changed["bindEndpointAttributes"] = json!(["#others"]);
    let patch = json!({ "name": "git", "modelType": "TunnelerToEndpoint", "model": changed });
    assert!(world.call(Method::Patch, &format!("services/{id}"), &patch).0 < 300);
    world.pass(1000);
    assert_eq!(world.get(&format!("configs/{config}"))["data"]["host"], "git2.acme.internal");
    let bind = world.get("service-policies")["_embedded"]["servicePolicyList"][0].clone();
    assert_eq!(bind["endpointAttributes"], json!(["#others"]));

    world.delete(&format!("services/{id}"));
    world.pass(1000);
    for collection in ["configs", "service-policies", "service-edge-router-policies"] {
        assert_eq!(world.get(collection)["page"]["totalElements"], 0, "{collection}");
    }
}

#[test]
fn a_router_hosted_service_ends_at_its_routers() {
    let (mut world, network) = world();
    let router =
        |world: &mut World, name: &str| text(&world.add("edge-routers", None, &json!({ "name": name })).unwrap(), "id");
    let (one, two) = (router(&mut world, "one"), router(&mut world, "two"));
    let hosts = |ids: &[&String]| {
        let egress = json!({ "protocol": "tcp", "host": "erp", "port": 80 });
        ids.iter().map(|id| json!({ "edgeRouterId": id, "serverEgress": egress })).collect::<Vec<_>>()
    };
    let model = |ids: &[&String]| {
        json!({
            "clientIngress": { "host": "erp", "port": 80 }, "edgeRouterHosts": hosts(ids), "edgeRouterAttributes": [],
        })
    };
    let create = json!({
        "networkId": network, "name": "erp", "modelType": "TunnelerToEdgeRouter", "model": model(&[&one, &two]),
    });
    let id = text(&world.made("services", &create), "id");
    let list = world.get("terminators");
    assert_eq!(list["page"]["totalElements"], 2);
    let terminator = list["_embedded"]["terminatorList"][0].clone();
    assert_eq!(terminator["address"], "tcp:erp:80");
    let keys: Vec<String> = map(&terminator).keys().cloned().collect();
    let expected = "_links address binding cost createdAt createdBy deletedAt deletedBy edgeRouterId id identity networkId \
        ownerIdentityId precedence serviceId updatedAt zitiId";
    assert_eq!(keys.join(" "), expected);
    assert_eq!(world.delete(&format!("edge-routers/{one}")).status, 409, "in use");
    let patch = json!({ "name": "erp", "modelType": "TunnelerToEdgeRouter", "model": model(&[&two]) });
    world.call(Method::Patch, &format!("services/{id}"), &patch);
    world.pass(1000);
    assert_eq!(world.get("terminators")["page"]["totalElements"], 1);
    assert_eq!(world.delete(&format!("edge-routers/{one}")).status, 202);
}

#[test]
fn models_are_read_strictly() {
    let (mut world, network) = world();
    let mut try_model = |model_type: &str, change: &dyn Fn(&mut Value)| {
        let mut create = git(&network);
        create["modelType"] = json!(model_type);
        change(&mut create["model"]);
        let (status, body) = world.call(Method::Post, "services", &create);
        assert_eq!(status, 400, "{body}");
        body["errors"].to_string()
    };
    let simple = "TunnelerToEndpoint";
    for (change, message) in [
        (
            &(|model: &mut Value| {
                map(model);
                model["serverEgress"] = Value::Null
            }) as &dyn Fn(&mut Value),
            "`model.serverEgress` is required",
        ),
        (&|model| model["clientIngress"]["port"] = json!(70_000), "`model.clientIngress.port` must be a port"),
        (&|model| model["clientIngress"]["port"] = json!("http"), "`model.clientIngress.port` must be a port"),
        (&|model| model["serverEgress"]["protocol"] = json!("sctp"), "must be one of tcp, udp"),
        (&|model| model["colour"] = json!(1), "`model.colour` is not known"),
        (&|model| model["bindEndpointAttributes"] = json!(["@nobody"]), "`@nobody` names no endpoint"),
        (&|model| model["edgeRouterAttributes"] = json!(["#all", "#us"]), "`#all` must be the only entry"),
    ] {
        let told = try_model(simple, change);
        assert!(told.contains(message), "{told}");
    }
    assert!(try_model("Teleport", &|_| {}).contains("`modelType` must be one of"));
    let hostless = |model: &mut Value| {
        *model =
            json!({ "clientIngress": { "host": "a", "port": 1 }, "edgeRouterHosts": [], "edgeRouterAttributes": [] });
    };
    assert!(try_model("TunnelerToEdgeRouter", &hostless).contains("must name an edge router"));

    let advanced = |egress: Value| {
        move |model: &mut Value| {
            *model = json!({
                "clientIngress": { "addresses": ["a"], "ports": [{ "low": 2, "high": 1 }], "protocols": ["tcp"] },
                "serverEgress": egress, "bindEndpointAttributes": [], "edgeRouterAttributes": [],
            });
        }
    };
    let told = try_model(
        "AdvancedTunnelerToEndpoint",
        &advanced(json!({ "host": "a", "forwardHost": true, "allowedHosts": ["a"], "forwardPort": true })),
    );
    for message in
        ["either `host` or `forwardHost`", "needs `allowedPortRanges`", "either `protocol`", "`low` is above"]
    {
        assert!(told.contains(message), "{message}: {told}");
    }
}

#[test]
fn the_model_type_stays_and_stands_beside_the_model() {
    let (mut world, network) = world();
    let id = text(&world.made("services", &git(&network)), "id");
    let path = format!("services/{id}");
    assert_eq!(world.call(Method::Patch, &path, &json!({ "name": "git", "model": model() })).0, 400);
    assert_eq!(world.call(Method::Patch, &path, &json!({ "modelType": "TunnelerToSdk" })).0, 400);
    let same = json!({ "name": "git", "modelType": "TunnelerToEndpoint", "model": model() });
    assert_eq!(world.call(Method::Patch, &path, &same).0, 200, "nothing changed");
    assert_eq!(world.call(Method::Patch, &path, &json!({ "configs": [] })).0, 400);
    assert_eq!(world.call(Method::Post, "services", &json!({ "networkId": network, "name": "x", "model": {} })).0, 400);
}

#[test]
fn inline_configs_are_checked_and_renewed() {
    let (mut world, network) = world();
    let host = |port: u16| json!({ "protocol": "tcp", "address": "a", "port": port });
    let create = |configs: Value| json!({ "networkId": network, "name": "raw", "configs": configs });
    let config = |kind: &str, name: &str| json!({ "name": name, "configTypeName": kind, "data": host(80) });
    for (configs, message) in [
        (json!([config("nothing.v1", "c")]), "names no config type"),
        (json!([{ "name": "c", "data": {} }]), "`configs[0].configTypeName` is required"),
        (json!([{ "configTypeName": "host.v1" }]), "`configs[0].data` is required"),
        (json!([1]), "`configs[0]` names no config"),
        (json!(["nobody"]), "`configs[0]` names no config"),
        (json!([config("host.v1", "a"), config("host.v1", "b")]), "two of one type"),
    ] {
        let (status, body) = world.call(Method::Post, "services", &create(configs));
        assert_eq!(status, 400);
        assert!(body["errors"].to_string().contains(message), "{body}");
    }
    let service = world.made("services", &create(json!([config("host.v1", "raw-host")])));
    let (status, body) = world.call(
        Method::Post,
        "services",
        &json!({
            "networkId": network, "name": "raw2", "configs": [config("host.v1", "RAW-host")],
        }),
    );
    assert!(status == 400 && body.to_string().contains("already in use"), "{body}");
    let held = map(&service["configIdByConfigTypeId"]).values().next().unwrap().as_str().unwrap().to_owned();
    assert_eq!(world.delete(&format!("configs/{held}")).status, 409, "the service holds it");
    let patch = json!({ "configs": [{ "name": "raw-host", "configTypeName": "host.v1", "data": host(81) }] });
    world.call(Method::Patch, &format!("services/{}", text(&service, "id")), &patch);
    world.pass(1000);
    assert_eq!(world.get(&format!("configs/{held}"))["data"], host(81));
    world.delete(&format!("services/{}", text(&service, "id")));
    world.pass(1000);
    assert_eq!(world.delete(&format!("configs/{held}")).status, 202, "nobody holds it");
}

#[test]
fn configs_are_attached_and_left_where_they_were() {
    let (mut world, network) = world();
    let mut config = |name: &str, port: u16| {
        let data = json!({ "protocol": "tcp", "address": "a", "port": port });
        let create = json!({ "networkId": network, "name": name, "configTypeName": "host.v1", "data": data });
        text(&world.made("configs", &create), "id")
    };
    let (one, two) = (config("one", 80), config("two", 81));
    let create = json!({ "networkId": network, "name": "raw", "configs": [one] });
    let service = world.made("services", &create);
    let path = format!("services/{}", text(&service, "id"));
    assert_eq!(map(&service["configIdByConfigTypeId"]).into_values().collect::<Vec<_>>(), [json!(one)]);
    for (configs, left) in [(json!([two]), vec![json!(two)]), (json!([]), vec![]), (json!([one]), vec![json!(one)])] {
        world.call(Method::Patch, &path, &json!({ "name": "raw", "configs": configs }));
        world.pass(1000);
        assert_eq!(map(&world.get(&path)["configIdByConfigTypeId"]).into_values().collect::<Vec<_>>(), left);
    }
    assert_eq!(world.delete(&format!("configs/{one}")).status, 409, "the service holds it");
    world.delete(&path);
    world.pass(1000);
    assert_eq!(names(&world.get("configs"), "configList"), ["one", "two"]);
    let git = world.made("services", &git(&network));
    let generated = map(&git["configIdByConfigTypeId"]).into_values().next().unwrap();
    let (status, told) =
        world.call(Method::Post, "services", &json!({ "networkId": network, "name": "r", "configs": [generated] }));
    assert!(status == 400 && told.to_string().contains("of another service"), "{told}");
}
