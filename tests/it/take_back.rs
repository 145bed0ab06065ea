//! What was given is taken back, and what was never sent is sent: through the program, at every provider.

use serde_json::{Value, json};

use crate::bench::{Bench, Ran};
use crate::support::Sim;

/// A workspace of one file of targets.
fn bench(sim: &Sim, targets: &str) -> Bench {
    Bench::of(&[("trueup.yaml", "workspace: back\n"), ("all.yaml", targets)], sim)
}

/// Applies, and insists that nothing is left to do.
#[track_caller]
fn settles(bench: &Bench, targets: &str) -> Ran {
    bench.write("all.yaml", targets);
    let ran = bench.apply();
    bench.run(&["plan", "--exit-code"]).expect(0);
    bench.run(&["drift"]).expect(0);
    ran
}

/// What an update of a plan sends, by field; of a list, its items.
fn sent(plan: &Value, address: &str) -> Value {
    let steps = plan["steps"].as_array().unwrap();
    let step = steps.iter().find(|step| step["address"] == address).unwrap_or(&Value::Null);
    step["calls"][0]["body"].clone()
}

/// The fields of a plan that are no longer declared, as `address field`.
fn taken_back(plan: &Value) -> Vec<String> {
    let steps = plan["steps"].as_array().unwrap().iter();
    let fields = steps.flat_map(|step| step["fields"].as_array().unwrap().iter().map(move |field| (step, field)));
    let undeclared = fields.filter(|(_, field)| field["cause"] == "undeclared");
    undeclared
        .map(|(step, field)| format!("{} {}", step["address"].as_str().unwrap(), field["name"].as_str().unwrap()))
        .collect()
}

const VNS3: &str = r#"
vns3:
  e:
    at: https://203.0.113.10:8000/api
    credentials: { username: api, password: stand-in }
    ipsec-local: { ipsec_local_ipaddress: 10.0.0.5 }
    ipsec-endpoints:
      dc:
        ipaddress: 192.0.2.1
        secret: stand-in
        vpn_type: vti
        route_based_int_address: 169.254.10.1/30
        DESCRIPTION
        ebgp-peers:
          169.254.10.2: { asn: 65001 PEER }
    firewall-fwsets:
      s: { type: net, entries: [{ entry: 10.0.0.0/8 COMMENT }] }
    firewall-rules:
      - { rule: "FORWARD_CUST -s 10.1.0.0/16 -j ACCEPT" RULE }
"#;

fn vns3(description: &str, peer: &str, comment: &str, rule: &str) -> String {
    let text = VNS3.replace("DESCRIPTION", description).replace("PEER", peer);
    text.replace("COMMENT", comment).replace("RULE", rule)
}

#[test]
fn fields_and_keys_of_items_of_a_vns3() {
    let sim = Sim::start();
    let bench = bench(&sim, "");
    let peer =
        r#", access_list: ["in permit 10.0.0.0/8"], bgp_password: stand-in, hold_time: 30, keepalive_interval: 10"#;
    settles(&bench, &vns3("description: old words", peer, ", comment: mine", ", comment: x, disabled: true"));
    bench.write("all.yaml", &vns3("", "", "", ""));
    let plan = bench.plan();
    let peer = "e/ipsec-endpoints/dc/ebgp-peers/169.254.10.2";
    let expected = [
        "e/firewall-fwsets/s entries".to_owned(),
        "e/firewall-rules items".to_owned(),
        "e/ipsec-endpoints/dc description".to_owned(),
        format!("{peer} access_list"),
        format!("{peer} bgp_password"),
    ];
    let mut found = taken_back(&plan);
    found.sort();
    assert_eq!(found, expected);
    let body = json!({ "ipaddress": "169.254.10.2", "asn": 65001, "access_list": "", "bgp_password": "" });
    assert_eq!(sent(&plan, peer), body);
    let rule = &sent(&plan, "e/firewall-rules")["rules"][0];
    assert_eq!((&rule["comment"], &rule["disabled"]), (&json!(""), &json!(false)));
    // The API has no value that means no interval.
    let stays: Vec<&Value> = plan["let_go"].as_array().unwrap().iter().map(|it| &it["field"]).collect();
    assert_eq!(stays, ["keepalive_interval", "hold_time"]);
    bench.run(&["plan"]).says("no longer declared").says("hold_time: the API has no way to take it back");
    bench.run(&["plan", "--format", "markdown"]).says("(no longer declared)");
    settles(&bench, &vns3("", "", "", ""));
    assert_eq!(bench.plan()["let_go"], Value::Null, "once it was let go of, it is no concern any more");
    let live = sim.call(("vns3", "e"), "api:stand-in", "GET", "/ipsec", &Value::Null);
    let endpoint = live["response"]["remote_endpoints"].as_object().unwrap().values().next().unwrap();
    assert_eq!(endpoint["description"], "");
    assert_eq!(endpoint["bgp_peers"].as_object().unwrap().values().next().unwrap()["bgp_password"], "");
}

#[test]
fn null_empty_and_left_out_are_quiet_and_clear() {
    for (given, clears) in
        [("", true), (", bgp_password: null", true), (r#", bgp_password: """#, true), (", bgp_password:", true)]
    {
        let sim = Sim::start();
        let bench = bench(&sim, "");
        settles(&bench, &vns3("", &format!("{given} , access_list: []"), "", ""));
        settles(&bench, &vns3("", ", bgp_password: stand-in", "", ""));
        settles(&bench, &vns3("", given, "", ""));
        let live = sim.call(("vns3", "e"), "api:stand-in", "GET", "/ipsec", &Value::Null);
        let text = live.to_string();
        assert_eq!(text.contains(r#""bgp_password":"""#), clears, "{given}: {text}");
    }
}

#[test]
fn null_is_never_sent_where_the_contract_has_none() {
    let sim = Sim::start();
    let bench = bench(&sim, "");
    let tunnel = |fields: &str| {
        format!(
            "vns3:\n  e:\n    at: https://203.0.113.10:8000/api\n    credentials: {{ username: api, password: stand-in }}\n    \
             ipsec-local: {{ ipsec_local_ipaddress: 10.0.0.5 }}\n    ipsec-endpoints:\n      \
             p: {{ ipaddress: 192.0.2.1, secret: stand-in, private_ipaddress: {0}, tunnels: {{ t: {{ local_subnet: 10.1.0.0/16, \
             remote_subnet: 10.2.0.0/16, {1} }} }} }}\n",
            if fields.contains("null") { "null" } else { "10.9.9.9" },
            fields
        )
    };
    settles(&bench, &tunnel("ping_ipaddress: 10.2.0.1, ping_interval: 30, ping_interface: eth0, description: d"));
    let nothing =
        tunnel("ping_ipaddress: null, ping_interval: null, ping_interface: null, description: null, enabled: null");
    bench.write("all.yaml", &nothing);
    let plan = bench.plan();
    let calls = plan["steps"].as_array().unwrap().iter().flat_map(|step| step["calls"].as_array().unwrap());
    let bodies: Vec<String> = calls.map(|call| call["body"].to_string()).collect();
    assert!(bodies.len() == 2 && bodies.iter().all(|body| !body.contains("null")), "{bodies:?}");
    settles(&bench, &nothing);
    // What somebody sets is put back: that was said on purpose.
    let id = "/ipsec/endpoints/1/tunnels/1";
    sim.call(("vns3", "e"), "api:stand-in", "PUT", id, &json!({ "description": "theirs" }));
    bench.run(&["drift"]).expect(4).says("description");
}

#[test]
fn what_is_made_with_nothing_has_nothing_where_the_api_would_choose() {
    let sim = Sim::start();
    let at =
        "vns3:\n  e:\n    at: https://203.0.113.10:8000/api\n    credentials: { username: api, password: stand-in }\n";
    let local = "    ipsec-local: { ipsec_local_ipaddress: 10.0.0.5 }\n";
    let endpoint =
        "    ipsec-endpoints:\n      p: { ipaddress: 192.0.2.1, secret: stand-in, private_ipaddress: null, tunnels: {";
    let tunnel = " t: { local_subnet: 10.1.0.0/16, remote_subnet: 10.2.0.0/16, ping_interface: NOTHING, ping_interval: null } } }\n";
    for nothing in ["null", "''"] {
        let bench = bench(&sim, "");
        let targets = format!("{at}{local}{endpoint}{}", tunnel.replace("NOTHING", nothing));
        bench.write("all.yaml", &targets);
        let plan = bench.plan();
        let made = |address: &str| sent(&plan, address);
        assert_eq!(made("e/ipsec-endpoints/p")["private_ipaddress"], "", "{plan}");
        assert_eq!(made("e/ipsec-endpoints/p/tunnels/t")["ping_interface"], "", "{plan}");
        assert_eq!(made("e/ipsec-endpoints/p/tunnels/t")["ping_interval"], 0, "{plan}");
        settles(&bench, &targets);
        let live = sim.call(("vns3", "e"), "api:stand-in", "GET", "/ipsec", &Value::Null).to_string();
        assert!(!live.contains("tun0") && live.contains(r#""ping_interface":"""#), "{live}");
        // What is left out is the API's to choose, and is left alone.
        settles(&bench, &format!("{at}{local}"));
        settles(
            &bench,
            &targets.replace(", private_ipaddress: null", "").replace(&format!("ping_interface: {nothing}, "), ""),
        );
        let live = sim.call(("vns3", "e"), "api:stand-in", "GET", "/ipsec", &Value::Null).to_string();
        assert!(live.contains(r#""ping_interface":"tun0""#), "{live}");
        settles(&bench, &format!("{at}{local}"));
    }
}

#[test]
fn nothing_where_something_is_needed_is_a_finding_with_its_place() {
    let sim = Sim::start();
    let bench = bench(
        &sim,
        r#"
vns3:
  e:
    at: https://203.0.113.10:8000/api
    credentials: { username: api, password: stand-in }
    ipsec-endpoints:
      dc:
        ipaddress:
        secret: stand-in
    firewall-fwsets:
      s: { type: , entries: [{ entry: }] }
    firewall-rules:
      - { rule: "", comment: x }
    system-variables: { v: { value: "" } }
cloudify: { m: { at: "https://203.0.113.40/api/v3.1", tenant: default_tenant, credentials: { username: a, password: b },
    secrets: { s: { value: "" } } } }
f5-vnfm: { f: { at: "https://203.0.113.41/api/v3.1", tenant: default_tenant, credentials: { username: a, password: b },
    secrets: { s: { value: } } } }
"#,
    );
    let ran = bench.run(&["validate"]).expect(3);
    for (line, field) in
        [(8, "ipaddress"), (11, "type"), (11, "entry"), (13, "rule"), (14, "value"), (16, "value"), (18, "value")]
    {
        let is_told = ran.all().lines().any(|text| text.contains(&format!("all.yaml:{line}:")));
        assert!(is_told && ran.all().contains(&format!("`{field}` is empty")), "{field} {line}: {}", ran.all());
    }
}

const NETWORK: &str = "
netfoundry:
  nf:
    at: https://gateway.production.netfoundry.io
    networks:
      n:
        networkGroupId: nf Group
        provider: AWS
        region: us-east-1
        size: small
        endpoints:
          a: { FIELDS }
";

#[test]
fn fields_of_a_netfoundry_network() {
    let sim = Sim::start();
    let bench = bench(&sim, "");
    settles(&bench, &NETWORK.replace("FIELDS", r##"attributes: ["#x"], externalId: them"##));
    bench.write("all.yaml", &NETWORK.replace("FIELDS", ""));
    let address = "nf/networks/n/endpoints/a";
    assert_eq!(taken_back(&bench.plan()), [format!("{address} attributes"), format!("{address} externalId")]);
    assert_eq!(sent(&bench.plan(), address), json!({ "name": "a", "attributes": [], "externalId": null }));
    settles(&bench, &NETWORK.replace("FIELDS", ""));
}

#[test]
fn what_only_a_new_object_would_have_is_held_until_somebody_means_it() {
    let sim = Sim::start();
    let bench = bench(&sim, "");
    settles(&bench, &NETWORK.replace("FIELDS", ""));
    bench.write("all.yaml", &NETWORK.replace("FIELDS", "enrollmentMethod: { updb: bob }"));
    let flag = "--allow replace=nf/networks/n/endpoints/a";
    bench.run(&["plan"]).says("`enrollmentMethod` was never sent").says(flag);
    bench.run(&["apply", "--yes", "--quiet"]).says("never sent");
    bench.run(&["plan"]).says("`enrollmentMethod` was never sent");
    let allowed = ["--allow", "replace=nf/networks/n/endpoints/a"];
    bench.run(&[&["apply", "--yes", "--quiet"][..], &allowed].concat()).expect(0);
    bench.run(&["plan", "--exit-code"]).expect(0).says("taken on trust: 1 write-only field");
}

#[test]
fn adopting_records_what_was_compared() {
    let sim = Sim::start();
    let two = |fields: &str| format!("{}          b: {{ attributes: [\"#x\"] }}\n", NETWORK.replace("FIELDS", fields));
    let bench = bench(&sim, &two(r##"attributes: ["#x"]"##));
    bench.apply();
    bench.forget();
    bench.run(&["adopt", "--all"]).expect(0).says("nf/networks/n/endpoints/a: owned now");
    bench.run(&["plan", "--exit-code"]).expect(0);
    let change = json!({ "set": { "kind": "endpoints", "name": "a", "fields": { "attributes": ["#hacked"] } } });
    sim.side_door("POST", "/netfoundry/nf/console", &change);
    bench.run(&["drift"]).expect(4).says("nf/networks/n/endpoints/a");
    // What was there before stays when the files let go of it, and is named.
    bench.write("all.yaml", &two(""));
    bench.run(&["plan"]).says("a: attributes: it was there before the files said so");
}

const CLIENTS: &str = r#"
vns3:
  v:
    at: https://203.0.113.10:8000/api
    credentials: { username: api, password: stand-in }
    clientpacks:
      "100_64_0_1": { checked_out: true FIELDS }
"#;

#[test]
fn what_the_api_never_shows_is_sent_when_it_is_declared_later() {
    let sim = Sim::start();
    let name = sim.call(("vns3", "v"), "api:stand-in", "GET", "/clientpacks", &Value::Null)["response"]
        .as_object()
        .unwrap()
        .values()
        .next()
        .unwrap()["name"]
        .as_str()
        .unwrap()
        .to_owned();
    let clients = |fields: &str| CLIENTS.replace("FIELDS", fields).replace("100_64_0_1", &name);
    let bench = bench(&sim, "");
    settles(&bench, &clients(""));
    bench.write("all.yaml", &clients(", auth_on: true"));
    bench.run(&["plan", "--exit-code"]).expect(2).says("auth_on: (never sent) → true");
    let body = json!({ "name": name, "auth_on": true });
    assert_eq!(sent(&bench.plan(), &format!("v/clientpacks/{name}")), body);
    settles(&bench, &clients(", auth_on: true"));
    bench.run(&["plan"]).says("taken on trust: 1 write-only field");
    bench.run(&["drift"]).says("taken on trust: 1 write-only field");

    // Taken over, it is sent by the next apply, unless the user vouches for it.
    bench.forget();
    bench.run(&["adopt", "--all"]).expect(0).says("the next apply sends `auth_on`, which the API never shows");
    bench.run(&["plan", "--exit-code"]).expect(2).says("auth_on: (never sent) → true");
    bench.run(&["adopt", "--all", "--assume"]).expect(0).says("taken on trust now");
    bench.run(&["plan", "--exit-code"]).expect(0).says("taken on trust: 1 write-only field");
    // What was only vouched for is let go of, and named.
    bench.write("all.yaml", &clients(""));
    bench.run(&["plan"]).says("auth_on: it was taken on trust, and never sent");
}

const MANAGER: &str = "
PROVIDER:
  m:
    at: https://203.0.113.40/api/v3.1
    tenant: default_tenant
    credentials: { username: admin, password: stand-in }
    secrets: { s: { value: stand-in HIDDEN } }
    users: { bob: { password: stand-in ACTIVE } }
";

#[test]
fn fields_and_switches_of_managers() {
    for provider in ["cloudify", "f5-vnfm"] {
        let sim = Sim::of(provider, None);
        let manager = |hidden: &str, active: &str| {
            MANAGER.replace("PROVIDER", provider).replace("HIDDEN", hidden).replace("ACTIVE", active)
        };
        let bench = bench(&sim, "");
        settles(&bench, &manager(", is_hidden_value: true", ", active: false"));
        bench.write("all.yaml", &manager("", ""));
        let expected = ["m/secrets/s is_hidden_value", "m/users/bob active"];
        let mut found = taken_back(&bench.plan());
        found.sort();
        assert_eq!(found, expected, "{provider}");
        settles(&bench, &manager("", ""));
        // `null` turns no switch.
        let off = json!({ "action": "deactivate" });
        sim.call((provider, "m"), "admin:stand-in", "POST", "/users/active/bob", &off);
        bench.write("all.yaml", &manager("", ", active: null"));
        assert_eq!(bench.plan()["steps"], json!([]), "{provider}");
    }
}

const SERVICE: &str = "
netfoundry:
  nf:
    at: https://gateway.production.netfoundry.io
    credentials: { clientId: stand-in, password: stand-in, authenticationUrl: https://x.example/oauth2/token }
    networks:
      acme:
        networkGroupId: ACME Group
        provider: AWS
        region: us-east-1
        size: medium
        edge-routers: { r: { LOCATION attributes: ['#a'] } }
        services:
          erp:
            MODEL
            model:
              clientIngress: { host: erp.acme.internal, port: 80 }
              bindEndpointAttributes: ['#sdk']
              edgeRouterAttributes: ['#a']
";

/// Nobody knows what a new object would have there: it may be refused, when the old one is gone.
#[test]
fn nothing_is_replaced_for_a_default_that_nobody_knows() {
    let sim = Sim::start();
    let bench = bench(&sim, "");
    let network = |location: &str, model: &str| SERVICE.replace("LOCATION", location).replace("MODEL", model);
    let location = "provider: AWS, locationCode: us-east-1,";
    settles(&bench, &network(location, "modelType: TunnelerToSdk"));
    for model in ["modelType: null", "modelType: ''"] {
        bench.write("all.yaml", &network(location, model));
        bench.run(&["validate"]).expect(3).says("no-default").says("`modelType` is empty");
        bench.run(&["apply", "--yes"]).expect(1);
    }
    // What the rest can't be without is not taken out of the files alone.
    bench.write("all.yaml", &network("provider: AWS,", ""));
    bench.run(&["plan", "--exit-code"]).expect(1).says("`locationCode` is missing").says("`modelType` is missing");
    let raw = network(location, "")
        .split("            model:")
        .next()
        .unwrap()
        .replace("          erp:\n", "          erp: {}\n");
    bench.write("all.yaml", &raw);
    let ran = bench.run(&["plan", "--exit-code"]).expect(0);
    ran.says("services/erp: modelType: only a new object would be without it");
}

/// Demands that `null` is taken where something was left out, that what was given is named once as what stays, and that
/// nothing is ever written for it.
#[track_caller]
fn left_to_the_api(sim: &Sim, bench: &Bench, files: &dyn Fn(&str) -> String, (fields, names): (&str, &[&str])) {
    let nothing: String = names.iter().map(|name| format!("{name}: null, ")).collect();
    settles(bench, &files(&nothing));
    let writes = || {
        let all = sim.side_door("GET", "/requests", &Value::Null);
        let is_write = |request: &&Value| request["method"] != "GET" && !request["path"].to_string().contains("token");
        all.as_array().unwrap().iter().filter(is_write).count()
    };
    assert_eq!(bench.plan()["let_go"], Value::Null, "nothing was given");
    // Another one, made with a value.
    bench.destroy(&["--quiet", "--allow", "destroy=*/networks/*"]).expect(0);
    settles(bench, &files(fields));
    let before = writes();
    bench.write("all.yaml", &files(&nothing));
    let plan = bench.plan();
    let stays: Vec<&Value> = plan["let_go"].as_array().unwrap().iter().map(|it| &it["field"]).collect();
    assert_eq!(
        (&plan["steps"], stays),
        (&json!([]), names.iter().map(|name| json!(name)).collect::<Vec<_>>().iter().collect())
    );
    bench.run(&["plan", "--exit-code"]).expect(0).says("the API chooses it when the object is made, and not again");
    settles(bench, &files(&nothing));
    assert_eq!((&bench.plan()["let_go"], writes()), (&Value::Null, before), "it was named once");
}

#[test]
fn null_leaves_to_the_api_what_it_chooses() {
    let sim = Sim::start();
    let network = |fields: &str| {
        let text = "
netfoundry:
  nf:
    at: https://gateway.production.netfoundry.io
    credentials: { clientId: stand-in, password: stand-in, authenticationUrl: https://x.example/oauth2/token }
    networks: { n: { networkGroupId: nf Group, provider: AWS, region: us-east-1, FIELDS edge-routers: { own: { locationCode: null } } } }
";
        text.replace("FIELDS", fields)
    };
    left_to_the_api(
        &sim,
        &bench(&sim, ""),
        &network,
        ("size: small, productVersion: 7.3.104,", &["size", "productVersion"]),
    );
}

#[test]
fn null_leaves_names_for_people_to_a_manager() {
    let sim = Sim::of("cloudify", None);
    let bench = bench(&sim, "");
    bench.write("b/blueprint.yaml", "tosca_definitions_version: cloudify_dsl_1_3\nnode_templates: {}\n");
    let manager =
        |fields: &str| DEPLOYMENT.replace("PROVIDER", "cloudify").replace("inputs: { site: seven INPUTS }", fields);
    left_to_the_api(&sim, &bench, &manager, ("display_name: The router", &["display_name"]));
}

const DEPLOYMENT: &str = "
PROVIDER:
  m:
    at: https://203.0.113.40/api/v3.1
    tenant: default_tenant
    credentials: { username: admin, password: stand-in }
    blueprints: { b: { source: b } }
    deployments: { d: { blueprint_id: b, inputs: { site: seven INPUTS } } }
";

/// Any JSON is a value there, `null` too; what is left out of an update keeps the value that it has.
#[test]
fn inputs_of_deployments_that_are_null_or_left_out() {
    for provider in ["cloudify", "f5-vnfm"] {
        let sim = Sim::of(provider, None);
        let bench = bench(&sim, "");
        let blueprint = "tosca_definitions_version: cloudify_dsl_1_3\nimports: [cloudify/types/types.yaml]\n\
                         inputs: { site: {}, peers: { default: [] }, none: {} }\nnode_templates: {}\n";
        bench.write("b/blueprint.yaml", blueprint);
        let manager = |inputs: &str| DEPLOYMENT.replace("PROVIDER", provider).replace("INPUTS", inputs);
        let live = || {
            let deployment = sim.call((provider, "m"), "admin:stand-in", "GET", "/deployments/d", &Value::Null);
            deployment["inputs"].clone()
        };
        settles(&bench, &manager(", peers: [x], none: null"));
        assert_eq!(live(), json!({ "site": "seven", "peers": ["x"], "none": null }), "{provider}");
        settles(&bench, &manager(", peers: null, none: null"));
        assert_eq!(live(), json!({ "site": "seven", "peers": null, "none": null }), "{provider}");
        settles(&bench, &manager(", peers: [y], none: 1"));
        bench.write("all.yaml", &manager(", none: 1"));
        bench.run(&["plan", "--exit-code"]).expect(0).says("inputs.peers: the API has no way to take it back");
        assert_eq!(live()["peers"], json!(["y"]), "{provider}");
    }
}
