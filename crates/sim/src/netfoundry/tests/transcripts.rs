//! Examples of each kind: a create body goes in, the keys of its read body come out.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::super::proof::tests::Authority;
use super::{World, map, text};
use wire::Method;

const AUDIT: &str = "id createdAt updatedAt deletedAt createdBy deletedBy ownerIdentityId _links";

fn keys(object: &Value) -> BTreeSet<String> {
    map(object).keys().cloned().collect()
}

/// Creates, and compares the keys that reads show with those of the example.
fn transcript(world: &mut World, network: &str, kind: &str, mut create: Value, expected: &str) -> Value {
    create["networkId"] = json!(network);
    let (status, reply) = world.call(Method::Post, kind, &create);
    let is_made_at_once = ["app-wans", "edge-router-policies"].contains(&kind);
    assert_eq!(status, if is_made_at_once { 200 } else { 202 }, "{kind}: {reply}");
    assert_eq!(reply["zitiId"].is_string(), is_made_at_once, "{kind}");
    world.wait(&reply);
    let read = world.get(&format!("{kind}/{}", text(&reply, "id")));
    let expected: BTreeSet<String> =
        format!("{AUDIT} networkId zitiId {expected}").split_whitespace().map(str::to_owned).collect();
    assert_eq!(keys(&read), expected, "{kind}");
    assert_ne!(read["zitiId"], Value::Null, "{kind}");
    // What was sent reads back, but for what is write-only.
    for (name, value) in map(&create) {
        if !["enrollmentMethod", "configs", "configTypeName", "locationCode"].contains(&name.as_str()) {
            assert_eq!(read[&name], value, "{kind}.{name}");
        }
    }
    let link = format!("https://gateway.production.netfoundry.io/core/v2/{kind}/{}", text(&read, "id"));
    assert_eq!(read["_links"]["self"]["href"], json!(link));
    read
}

#[test]
fn network() {
    let mut world = World::new();
    let group = world.get("network-groups")["_embedded"]["networkGroupList"][0]["id"].clone();
    let create = json!({
        "name": "acme-prod", "networkGroupId": group, "provider": "AWS", "region": "us-east-2", "size": "medium",
        "productVersion": "7.3.104",
    });
    let (status, reply) = world.call(Method::Post, "networks", &create);
    assert_eq!(status, 202);
    assert_eq!(reply["networkController"], Value::Null);
    assert!(reply["_links"]["execution"]["href"].is_string());
    let path = format!("networks/{}", text(&reply, "id"));
    let mut seen = Vec::new();
    for _ in 0..10 {
        let (status, read) = world.look(&path);
        if status == 200 && seen.last() != Some(&read["status"]) {
            assert_eq!(read["networkController"].is_null(), read["status"] != "PROVISIONED");
            seen.push(read["status"].clone());
        }
    }
    assert_eq!(seen, ["NEW", "PROVISIONING", "PROVISIONED"]);

    let read = world.get(&path);
    let expected =
        "name networkGroupId status size productVersion region o365BreakoutCategory sdsPassword networkController";
    let expected: BTreeSet<String> = format!("{AUDIT} {expected}").split_whitespace().map(str::to_owned).collect();
    assert_eq!(keys(&read), expected);
    let controller = "id networkId name status domainName ipAddress port provider providerId hostId dataCenterId \
                      locationMetadataId userData createdAt updatedAt deletedAt createdBy deletedBy ownerIdentityId";
    let expected: BTreeSet<String> = controller.split_whitespace().map(str::to_owned).collect();
    assert_eq!(keys(&read["networkController"]), expected);
    assert_eq!(read["networkController"]["provider"], "AWS");
    assert!(read["_links"]["endpoints"]["href"].as_str().unwrap().contains("endpoints?networkId="));
    for link in ["networks", "process-executions"] {
        assert!(read["_links"][link]["profile"].is_string(), "{link}");
    }
}

const ROUTER: &str = "name status attributes provider linkListener tunnelerEnabled online verified jwt hostId ipAddress \
                      providerId dataCenterId locationMetadataId userData";

#[test]
fn edge_routers() {
    let mut world = World::new();
    let network = world.quick_network("prod");
    let hosted = json!({
        "name": "aws-ohio-1", "attributes": ["#hosted", "#us"], "provider": "AWS", "locationCode": "us-east-2",
        "linkListener": true, "tunnelerEnabled": true,
    });
    let read = transcript(&mut world, &network, "edge-routers", hosted, &format!("{ROUTER} region noTraversal"));
    assert_eq!(read["region"], "us-east-2");
    assert_eq!(read["jwt"], Value::Null);
    assert!(read["ipAddress"].is_string() && read["online"] == true);
    let with_host = world.get(&format!("edge-routers/{}?embed=host", text(&read, "id")));
    assert_eq!(with_host["host"]["ipAddress"], read["ipAddress"]);
    assert_eq!(with_host["host"]["id"], read["hostId"]);

    let customer = json!({
        "name": "branch-42", "attributes": ["#branch"], "linkListener": false, "tunnelerEnabled": true,
    });
    let read = transcript(&mut world, &network, "edge-routers", customer, ROUTER);
    assert_eq!(read["provider"], "CUSTOMER");
    assert!(read["jwt"].as_str().unwrap().starts_with("eyJ"));
}

#[test]
fn endpoint() {
    let mut world = World::new();
    let network = world.quick_network("prod");
    let create = json!({ "name": "laptop-ana", "attributes": ["#staff"], "enrollmentMethod": { "ott": true } });
    let expected = "name attributes typeId jwt jwtExpiresAt sessionIdentityId externalId authPolicyId hasApiSession \
        hasEdgeRouterConnection sessionActive mfaEnabled os osRelease osVersion arch appId appVersion branch revision \
        version type syncId syncResourceId";
    let read = transcript(&mut world, &network, "endpoints", create, expected);
    assert_eq!(read["typeId"], "Device");
    assert!(read["jwt"].is_string() && read["jwtExpiresAt"].is_string());
}

const SERVICE: &str = "name encryptionRequired attributes modelType model authority configIdByConfigTypeId";

#[test]
fn services() {
    let mut world = World::new();
    let network = world.quick_network("prod");
    world.add("endpoints", None, &json!({ "name": "dc-tunneler-1", "enrollmentMethod": { "ott": true } })).unwrap();
    let router = world.add("edge-routers", None, &json!({ "name": "branch-42", "tunnelerEnabled": true })).unwrap();
    world.pass(1000);
    let egress = json!({ "protocol": "tcp", "host": "10.20.0.15", "port": 8443 });
    let cases = [
        (
            "git",
            "TunnelerToEndpoint",
            1,
            json!({
                "clientIngress": { "host": "git.acme.internal", "port": 443 }, "serverEgress": egress,
                "bindEndpointAttributes": ["#dc-tunnelers", "@dc-tunneler-1"], "edgeRouterAttributes": ["#all"],
            }),
        ),
        (
            "erp",
            "TunnelerToEdgeRouter",
            1,
            json!({
                "clientIngress": { "host": "erp.acme.internal", "port": 80 },
                "edgeRouterHosts": [{ "edgeRouterId": router["id"], "serverEgress": egress }],
                "edgeRouterAttributes": ["#all"],
            }),
        ),
        (
            "telemetry",
            "TunnelerToSdk",
            1,
            json!({
                "clientIngress": { "host": "telemetry.acme.internal", "port": 5000 },
                "bindEndpointAttributes": ["#sdk-hosts"], "edgeRouterAttributes": ["#all"],
            }),
        ),
        (
            "dbs",
            "AdvancedTunnelerToEndpoint",
            2,
            json!({
                "clientIngress": {
                    "addresses": ["*.db.acme.internal", "10.30.0.0/24"],
                    "ports": [{ "low": 5432, "high": 5432 }, { "low": 5900, "high": 5999 }], "protocols": ["tcp"],
                },
                "serverEgress": {
                    "forwardHost": true, "allowedHosts": ["*.db.acme.internal", "10.30.0.0/24"], "forwardPort": true,
                    "allowedPortRanges": [{ "low": 5432, "high": 5432 }, { "low": 5900, "high": 5999 }], "protocol": "tcp",
                },
                "bindEndpointAttributes": ["@branch-42"], "edgeRouterAttributes": ["#all"],
            }),
        ),
        (
            "ssh-ops",
            "AdvancedTunnelerToEdgeRouter",
            2,
            json!({
                "clientIngress": { "addresses": ["10.40.1.5"], "ports": [{ "low": 22, "high": 22 }], "protocols": ["tcp"] },
                "edgeRouterHosts": [{
                    "edgeRouterId": router["id"], "serverEgress": { "host": "10.40.1.5", "port": 22, "protocol": "tcp" },
                }],
                "edgeRouterAttributes": ["#all"],
            }),
        ),
    ];
    for (name, model_type, configs, model) in cases {
        let create = json!({
            "name": name, "encryptionRequired": true, "attributes": ["#dev"], "modelType": model_type, "model": model,
        });
        let read = transcript(&mut world, &network, "services", create, SERVICE);
        let expected = if model_type == "AdvancedTunnelerToEdgeRouter" { 1 } else { configs };
        assert_eq!(map(&read["configIdByConfigTypeId"]).len(), expected, "{model_type}");
    }
}

#[test]
fn raw_service() {
    let mut world = World::new();
    let network = world.quick_network("prod");
    let create = json!({
        "name": "ssh-transparent", "encryptionRequired": true, "attributes": ["#ops"], "configs": [
            {
                "networkId": network, "name": "ssh-transparent-config-intercept.v1", "configTypeName": "intercept.v1",
                "data": { "addresses": ["10.50.0.0/16"], "protocols": ["tcp"], "portRanges": [{ "low": 22, "high": 22 }],
                    "sourceIp": "$src_ip:$src_port" },
            },
            {
                "networkId": network, "name": "ssh-transparent-config-host.v1", "configTypeName": "host.v1",
                "data": { "forwardProtocol": true, "allowedProtocols": ["tcp"], "address": "10.50.0.9", "port": 22 },
            },
        ],
    });
    let read = transcript(&mut world, &network, "services", create, SERVICE);
    assert_eq!((&read["modelType"], &read["model"]), (&Value::Null, &Value::Null));
    let ids = map(&read["configIdByConfigTypeId"]);
    assert_eq!(ids.len(), 2);
    for id in ids.values() {
        let config = world.get(&format!("configs/{}", id.as_str().unwrap()));
        assert!(text(&config, "name").starts_with("ssh-transparent-config-"));
        assert!(ids.contains_key(config["configTypeId"].as_str().unwrap()));
    }
}

#[test]
fn policies() {
    let mut world = World::new();
    let network = world.quick_network("prod");
    world.add("endpoints", None, &json!({ "name": "dc-tunneler-1", "enrollmentMethod": { "ott": true } })).unwrap();
    world.add("services", None, &json!({ "name": "ssh-transparent", "configs": [] })).unwrap();
    for (kind, create, expected) in [
        (
            "edge-router-policies",
            json!({
                "name": "staff-via-hosted", "endpointAttributes": ["#staff", "@dc-tunneler-1"],
                "edgeRouterAttributes": ["#hosted"],
            }),
            "name endpointAttributes edgeRouterAttributes",
        ),
        (
            "service-edge-router-policies",
            json!({
                "name": "ssh-transparent-ServiceEdgeRouterPolicy", "semantic": "AnyOf",
                "serviceAttributes": ["@ssh-transparent"], "edgeRouterAttributes": ["#all"],
            }),
            "name semantic serviceAttributes edgeRouterAttributes",
        ),
        (
            "service-policies",
            json!({
                "name": "ssh-transparent-BindServicePolicy", "type": "Bind", "semantic": "AnyOf",
                "serviceAttributes": ["@ssh-transparent"], "endpointAttributes": ["#dc-tunnelers"],
                "postureCheckAttributes": [],
            }),
            "name type semantic serviceAttributes endpointAttributes postureCheckAttributes",
        ),
        (
            "app-wans",
            json!({
                "name": "dev-access", "serviceAttributes": ["#dev"], "endpointAttributes": ["#staff"],
                "postureCheckAttributes": ["#managed-device"],
            }),
            "name serviceAttributes endpointAttributes postureCheckAttributes",
        ),
    ] {
        transcript(&mut world, &network, kind, create, expected);
    }
}

#[test]
fn posture_checks() {
    let mut world = World::new();
    let network = world.quick_network("prod");
    for (type_id, name, value, more) in [
        ("OS", "operatingSystems", json!([{ "type": "Windows", "versions": [">=10.0.19041"] }]), ""),
        ("MAC", "macAddresses", json!(["0c9d92a1b2c3"]), ""),
        ("DOMAIN", "domains", json!(["corp.acme.example"]), ""),
        (
            "PROCESS",
            "process",
            json!({ "path": "/opt/edr/agent", "osType": "Linux", "hashes": [], "signerFingerprint": null }),
            "",
        ),
        (
            "PROCESS_MULTI",
            "processes",
            json!([{ "path": "C:\\av\\av.exe", "osType": "Windows", "hashes": [], "signerFingerprints": [] }]),
            "semantic",
        ),
        ("MFA", "promptOnUnlock", json!(true), "promptOnWake timeoutSeconds"),
    ] {
        let mut create = json!({ "name": type_id, "attributes": ["#managed-device"], "typeId": type_id });
        create[name] = value;
        if type_id == "PROCESS_MULTI" {
            create["semantic"] = json!("AnyOf");
        }
        let expected = format!("name attributes typeId {name} {more}");
        transcript(&mut world, &network, "posture-checks", create, &expected);
    }
}

#[test]
fn certificate_authority_with_its_proof() {
    let authority = Authority::new();
    let mut world = World::new();
    let network = world.quick_network("prod");
    let create = json!({
        "name": "acme-device-ca", "certPem": authority.pem,
        "authEnabled": true, "autoCaEnrollmentEnabled": true, "ottCaEnrollmentEnabled": false,
        "identityNameFormat": "[caName]-[commonName]", "endpointAttributes": ["#iot"],
    });
    let expected = "name certPem authEnabled autoCaEnrollmentEnabled ottCaEnrollmentEnabled identityNameFormat \
                    endpointAttributes verified verificationToken jwt";
    let read = transcript(&mut world, &network, "certificate-authorities", create, expected);
    assert_eq!(read["verified"], false);

    let path = format!("certificate-authorities/{}/verify", text(&read, "id"));
    let proof = |world: &World, token: &str| {
        let mut request = world.request(Method::Post, &path).header("Content-Type", "text/plain");
        request.body = authority.signed(token).into_bytes();
        request
    };
    let wrong = proof(&world, "other");
    assert_eq!(world.send(wrong).status, 400);
    let right = proof(&world, &text(&read, "verificationToken"));
    assert_eq!(world.send(right).status, 200);
    assert_eq!(world.get(&format!("certificate-authorities/{}", text(&read, "id")))["verified"], true);
}

#[test]
fn config_types_configs_and_auth_policies() {
    let mut world = World::new();
    let network = world.quick_network("prod");
    let create = json!({
        "name": "acme.routing.v1", "schema": { "type": "object", "properties": { "metric": { "type": "integer" } } },
    });
    transcript(&mut world, &network, "config-types", create, "name schema");
    let create = json!({ "name": "git-intercept", "configTypeName": "intercept.v1", "data": {
        "addresses": ["git"], "protocols": ["tcp"], "portRanges": [{ "low": 443, "high": 443 }],
    } });
    let read = transcript(&mut world, &network, "configs", create, "name configTypeId data");
    let config_type = world.get(&format!("config-types/{}", text(&read, "configTypeId")));
    assert_eq!((&config_type["name"], &config_type["zitiId"]), (&json!("intercept.v1"), &json!("g7cIWbcGg")));
    let create = json!({
        "name": "sso-only",
        "primary": {
            "cert": { "allowed": true, "allowExpiredCerts": false },
            "extJwt": { "allowed": true, "allowedSigners": ["4Wm.oP1qs"] }, "updb": { "allowed": false },
        },
        "secondary": { "requireTotp": false, "requireExtJwtSigner": null },
    });
    transcript(&mut world, &network, "auth-policies", create, "name primary secondary");
}

#[test]
fn create_forms() {
    let mut world = World::new();
    let network = world.quick_network("prod");
    let router = world.add("edge-routers", None, &json!({ "name": "aws-ohio-1" })).unwrap();
    let egress = json!({ "protocol": "tcp", "host": "erp.example.net", "port": 80 });
    let model = json!({
        "clientIngress": { "host": "erp.acme.internal", "port": 80 },
        "edgeRouterHosts": [{ "edgeRouterId": router["id"], "serverEgress": egress }],
        "edgeRouterAttributes": ["#all"],
    });
    let service =
        json!({ "name": "erp", "attributes": ["#apps"], "modelType": "TunnelerToEdgeRouter", "model": model });
    let service = world.add("services", None, &service).unwrap();
    let wan = json!({ "name": "dev-access", "serviceAttributes": ["#dev"], "endpointAttributes": ["#staff"] });
    let wan = world.add("app-wans", None, &wan).unwrap();
    world.add("endpoints", None, &json!({ "name": "ana", "enrollmentMethod": { "ott": true } })).unwrap();

    let form = |world: &mut World, path: &str, accept: &str| {
        let request = world.request(Method::Get, path).header("Accept", accept);
        super::body(&world.send(request))
    };
    let item = "application/json;as=create";
    assert_eq!(
        form(&mut world, &format!("services/{}", text(&service, "id")), item),
        json!({
            "name": "erp", "encryptionRequired": true, "attributes": ["#apps"], "modelType": "TunnelerToEdgeRouter",
            "model": {
                "clientIngress": { "host": "erp.acme.internal", "port": 80 },
                "edgeRouterHosts": [{ "edgeRouterName": "aws-ohio-1", "serverEgress": egress }],
                "edgeRouterAttributes": ["#all"],
            },
        })
    );
    assert_eq!(
        form(&mut world, &format!("app-wans/{}", text(&wan, "id")), item),
        json!({
            "name": "dev-access", "type": "Dial", "semantic": "AnyOf", "serviceAttributes": ["#dev"],
            "endpointAttributes": ["#staff"], "postureCheckAttributes": [],
        })
    );
    let list = form(&mut world, "endpoints", "application/hal+json;as=create");
    let member = &list["_embedded"]["createEndpointList"][0];
    assert_eq!(member["enrollmentMethod"], json!({ "ott": true }));
    assert!(member.get("networkId").is_none() && member["_links"]["self"].is_object());

    let whole = form(&mut world, &format!("networks/{network}?embed=all"), item);
    assert_eq!(whole["region"], "us-east-2");
    assert_eq!(whole["edgeRouters"][0]["name"], "aws-ohio-1");
    assert_eq!(whole["appWans"][0]["type"], "Dial");
    let read = world.get(&format!("networks/{network}?embed=endpoints,services"));
    assert_eq!(read["_embedded"]["endpointList"][0]["name"], "ana");
    assert!(read["_embedded"].get("appWanList").is_none());
}
