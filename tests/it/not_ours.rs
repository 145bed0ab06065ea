//! What the platform makes by itself is neither exported, nor pruned, nor changed; and nothing of ours is left behind.

use serde_json::{Value, json};

use crate::bench::Bench;
use crate::support::Sim;

const HEAD: &str = "
netfoundry:
  nf:
    at: https://gateway.production.netfoundry.io
    prune: all
    networks:
      acme:
        networkGroupId: nf Group
        provider: AWS
        region: \"${nf/regions/AWS_us-east-2.locationCode}\"
        productVersion: \"${nf/network-versions/7.3.104.networkVersion}\"
        size: \"${nf/network-configs/small.name}\"
";

const MODELS: &str = "
        edge-routers: { branch: { attributes: ['#branch'], tunnelerEnabled: true } }
        endpoints: { exit: { attributes: ['#exits'] } }
        configs: { own: { configTypeId: intercept.v1, data: { addresses: [a.example], protocols: [tcp], portRanges: [{ low: 1, high: 1 }] } } }
        services:
          git:
            modelType: TunnelerToEndpoint
            model:
              clientIngress: { host: git.acme.internal, port: 443 }
              serverEgress: { protocol: tcp, host: 10.0.0.1, port: 443 }
              bindEndpointAttributes: ['@branch']
              edgeRouterAttributes: ['#all']
";

const RAW: &str = "
          raw:
            configs:
              - { name: raw-intercept, configTypeId: intercept.v1, data: { addresses: [b.example], protocols: [tcp], portRanges: [{ low: 2, high: 2 }] } }
";

const POLICIES: &str = "
        service-policies: { hosts: { serviceAttributes: ['@git'], endpointAttributes: ['@exit', '@branch'] } }
        service-edge-router-policies: { carried: { serviceAttributes: ['#none'], edgeRouterAttributes: ['#all'] } }
        edge-router-policies: { everyone: { endpointAttributes: ['#all'], edgeRouterAttributes: ['#all'] } }
        app-wans: { staff: { serviceAttributes: ['@git'], endpointAttributes: ['#exits'] } }
";

/// The names of live objects of a kind.
fn names(sim: &Sim, kind: &str) -> Vec<String> {
    let state = sim.side_door("GET", "/netfoundry/nf/state", &Value::Null);
    let live = state["store"].as_array().unwrap().iter().filter(|object| object["life"] != "gone");
    let of_kind = live.filter(|object| object["kind"] == kind);
    of_kind.map(|object| object["body"]["name"].as_str().unwrap_or_default().to_owned()).collect()
}

#[test]
fn what_the_platform_makes_is_left_alone_and_what_we_made_is_not_left_behind() {
    let sim = Sim::start();
    let write = |bench: &Bench, parts: &[&str]| bench.write("nf.yaml", &parts.concat());
    let bench = Bench::of(&[("trueup.yaml", "workspace: ours\n")], &sim);
    // The built-in types come with the network, and are found as soon as it is there.
    write(&bench, &[HEAD, MODELS, RAW, POLICIES]);
    let plan = bench.plan();
    let steps = plan["steps"].as_array().unwrap();
    let found = steps.iter().filter(|step| step["verb"] == "find").map(|step| &step["address"]);
    let awaited = ["nf/networks/acme/config-types/intercept.v1", "nf/networks/acme/endpoints/branch"];
    assert_eq!(found.collect::<Vec<_>>(), awaited, "and so is the tunneler's endpoint, which hosts");
    bench.apply();
    bench.run(&["plan", "--exit-code"]).expect(0);
    // A twin, a system policy, and what the model generated: more than was declared, though everything is pruned.
    assert_eq!(names(&sim, "endpoint").len(), 2);
    assert_eq!(names(&sim, "edge-router-policy").len(), 2);
    assert_eq!(names(&sim, "service-edge-router-policy").len(), 2);
    assert_eq!(names(&sim, "service-policy").len(), 3);
    assert_eq!(names(&sim, "config").len(), 3);

    // An export tells none of it, and what it tells is adopted as it is. Without the ledger, `hosts` can't be told from what
    // the model generated: it names the model's service and nothing else.
    bench.run(&["export", "nf", "--out", "exported"]).expect(0);
    let exported = std::fs::read_to_string(bench.path().join("exported/nf.yaml")).unwrap();
    assert_eq!(exported.matches("serviceAttributes:").count(), 2, "{exported}");
    for foreign in ["-system", "-bind", "-intercept.v1:"] {
        assert!(!exported.contains(foreign), "{foreign}: {exported}");
    }
    assert!(exported.contains("          raw-intercept:\n"), "what a raw service has is the user's: {exported}");
    let copy = Bench::copied(&bench.path().join("exported"), &sim);
    assert_eq!(copy.plan()["steps"], json!([]));

    // The console adds a policy for the model's service alone: nobody can tell it from a generated one.
    let fields = json!({
        "name": "by hand", "type": "Bind", "semantic": "AnyOf", "serviceAttributes": ["@git"], "endpointAttributes": []
    });
    let change = json!({ "add": { "kind": "service-policies", "parent": "acme", "fields": fields } });
    sim.side_door("POST", "/netfoundry/nf/console", &change);
    bench.run(&["plan", "--exit-code"]).expect(0);

    // The configs that came with a raw service go with it; one that is declared stays.
    write(&bench, &[HEAD, MODELS, POLICIES]);
    bench.apply();
    let configs = names(&sim, "config");
    assert!(configs.contains(&"own".to_owned()) && !configs.contains(&"raw-intercept".to_owned()), "{configs:?}");
    bench.run(&["plan", "--exit-code"]).expect(0);
}

#[test]
fn a_tag_that_selects_nothing_is_told() {
    let sim = Sim::start();
    let bench = Bench::of(&[("trueup.yaml", "workspace: tags\n")], &sim);
    bench.write("nf.yaml", &[HEAD, POLICIES].concat());
    bench.run(&["validate"]).says("none of the declared `services` carries `#none`");
}

/// What a reply names by an id is shown, and compared, by name.
#[test]
fn mentions_by_id_read_back_as_names() {
    let sim = Sim::start();
    let bench = Bench::of(&[("trueup.yaml", "workspace: ours\n")], &sim);
    let without_configs: String =
        MODELS.lines().filter(|line| !line.contains("configs:")).map(|line| format!("{line}\n")).collect();
    bench.write("nf.yaml", &[HEAD, &without_configs, POLICIES].concat());
    bench.apply();
    let state = sim.side_door("GET", "/netfoundry/nf/state", &Value::Null);
    let exit = state["store"].as_array().unwrap().iter().find(|object| object["body"]["name"] == "exit").unwrap();
    for word in ["ziti", "id"] {
        let mention = format!("@{}", exit[word].as_str().unwrap());
        let fields = json!({ "endpointAttributes": [mention, "@branch"] });
        let change = json!({ "set": { "kind": "service-policies", "name": "hosts", "fields": fields } });
        sim.side_door("POST", "/netfoundry/nf/console", &change);
        bench.run(&["plan", "--exit-code"]).expect(0);
    }
}

/// The tunneler of a router is an endpoint that comes with it: who declares it means that one, and it is set in the run
/// that makes the router.
#[test]
fn the_endpoint_of_a_router_is_taken_and_not_made() {
    let sim = Sim::start();
    let bench = Bench::of(&[("trueup.yaml", "workspace: ours\n")], &sim);
    let twins = "
        edge-routers: { branch: { tunnelerEnabled: true }, plain: { tunnelerEnabled: true } }
        endpoints: { branch: { attributes: ['#hosts'] }, plain: {} }
        service-policies: { hosts: { type: Bind, serviceAttributes: ['#all'], endpointAttributes: ['@branch'] } }
";
    bench.write("nf.yaml", &[HEAD, twins].concat());
    bench.run(&["plan", "--calls"]).says("it comes with `nf/networks/acme/edge-routers/branch`");
    bench.apply();
    bench.run(&["plan", "--exit-code"]).expect(0).says("6 resources are as they should be");
    let mut made = names(&sim, "endpoint");
    made.sort();
    assert_eq!(made, ["branch", "plain"]);
    let log = sim.side_door("GET", "/requests", &Value::Null);
    let to_endpoints = |entry: &&Value| entry["path"].as_str().unwrap().starts_with("/core/v2/endpoints");
    let written: Vec<&Value> =
        log.as_array().unwrap().iter().filter(to_endpoints).map(|entry| &entry["method"]).collect();
    assert!(written.contains(&&json!("PATCH")) && !written.contains(&&json!("POST")), "{written:?}");
}

/// Switching a router's tunneler makes or takes an endpoint of its name: the plan says so before anything is written.
#[test]
fn a_tunneler_that_is_switched_is_planned_as_what_it_is() {
    let sim = Sim::start();
    let bench = Bench::of(&[("trueup.yaml", "workspace: ours\n")], &sim);
    let head = HEAD.replace("    prune: all\n", "");
    let write = |switch: bool, rest: &str| {
        let router = format!("        edge-routers: {{ branch: {{ tunnelerEnabled: {switch} }} }}\n");
        bench.write("nf.yaml", &[&head, router.as_str(), rest].concat());
    };
    let done = || {
        bench.apply();
        bench.run(&["plan", "--exit-code"]).expect(0).says("nothing to do");
        bench.run(&["drift"]).expect(0);
    };
    // What is held is left as it is, and the rest with it.
    let held = |words: &str| {
        bench.run(&["plan"]).says(words).says("help: ");
        let before = sim.side_door("GET", "/netfoundry/nf/state", &Value::Null)["store"].clone();
        bench.apply();
        assert_eq!(sim.side_door("GET", "/netfoundry/nf/state", &Value::Null)["store"], before, "{words}");
    };
    let endpoint = "        endpoints: { branch: { attributes: ['#site'] } }\n";
    let policy = "        app-wans: { w: { endpointAttributes: ['@branch'], serviceAttributes: ['#all'] } }\n";
    // Who names it waits until it shows, in the run that makes the router.
    write(true, policy);
    done();
    write(false, policy);
    held("`nf/networks/acme/endpoints/branch` would go with it, and `nf/networks/acme/app-wans/w` still names it");
    write(true, &[endpoint, policy].concat());
    done();
    write(false, &[endpoint, policy].concat());
    held("`nf/networks/acme/endpoints/branch` would go with it, and is declared");
    write(false, "");
    done();
    assert_eq!(names(&sim, "endpoint"), [""; 0]);
    // An endpoint of its own by then.
    write(false, &[endpoint, policy].concat());
    done();
    write(true, &[endpoint, policy].concat());
    held("it makes `nf/networks/acme/endpoints/branch` for itself, and another object has that name");
    write(true, "");
    done();
    assert_eq!(names(&sim, "endpoint"), ["branch"], "the one went before the other came");
    write(false, policy);
    bench
        .run(&["validate"])
        .says("it comes with `nf/networks/acme/edge-routers/branch` where `tunnelerEnabled` is true");
}

/// What the platform has, and nobody declares, gives its values to what is declared.
#[test]
fn what_can_only_be_read_can_be_referred_to() {
    let sim = Sim::start();
    let bench = Bench::of(&[("trueup.yaml", "workspace: ours\n"), ("nf.yaml", HEAD)], &sim);
    bench.apply();
    let state = sim.side_door("GET", "/netfoundry/nf/state", &Value::Null);
    let of_kind = |kind: &str| {
        let of_kind = |object: &&Value| object["kind"] == kind && object["life"] != "gone";
        state["store"].as_array().unwrap().iter().find(of_kind).unwrap().clone()
    };
    let (host, controller) = (of_kind("host"), of_kind("network-controller"));
    let host_id = host["id"].as_str().unwrap();
    let references = [
        ("organization", "nf/organizations/nf.label".to_owned(), json!("nf")),
        ("identity", "nf/identities/owner@nf.example.name".to_owned(), json!("Owner of nf")),
        ("role", "nf/roles/Network Admin - acme.description".to_owned(), json!("manage acme")),
        ("host", format!("nf/networks/acme/hosts/{host_id}.ipAddress"), host["body"]["ipAddress"].clone()),
        (
            "controller",
            "nf/networks/acme/network-controllers.domainName".to_owned(),
            controller["body"]["domainName"].clone(),
        ),
    ];
    let endpoint = |(name, reference, _): &(&str, String, Value)| {
        format!("          {name}: {{ externalId: \"${{{reference}}}\" }}\n")
    };
    let endpoints: String = references.iter().map(endpoint).collect();
    bench.write("nf.yaml", &[HEAD, "        endpoints:\n", &endpoints].concat());
    bench.apply();
    bench.run(&["plan", "--exit-code"]).expect(0);
    let state = sim.side_door("GET", "/netfoundry/nf/state", &Value::Null);
    for (name, reference, value) in &references {
        let made = |object: &&Value| object["kind"] == "endpoint" && object["body"]["name"] == *name;
        let endpoint = state["store"].as_array().unwrap().iter().find(made).unwrap();
        assert!(value.is_string(), "{reference}");
        assert_eq!(&endpoint["body"]["externalId"], value, "{reference}");
    }
}

#[test]
fn what_is_inferred_is_said_to_be() {
    let sim = Sim::start();
    let bench = Bench::of(&[("trueup.yaml", "workspace: ours\n")], &sim);
    let told = bench.run(&["explain", "edge-routers"]).expect(0).out;
    let line = |field: &str| told.lines().find(|line| line.trim_start().starts_with(field)).unwrap().to_owned();
    assert!(line("wssListener").contains("inferred") && !line("linkListener").contains("inferred"), "{told}");
}
