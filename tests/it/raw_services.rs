//! Services without a model have configs of the network: by name or spelt out, changed in place, seen when they drift,
//! exported.

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
        region: us-east-2
        size: small
";

const BY_NAME: &str = "
        configs:
          raw.i: { configTypeId: intercept.v1, data: { addresses: [raw.example], protocols: [tcp], portRanges: [{ low: 80, high: 80 }] } }
          raw.h: { configTypeId: host.v1, data: { protocol: tcp, address: 10.0.0.1, port: 8080 } }
        services:
          raw: { attributes: ['#a'], configs: [raw.i, raw.h] }
";

const SPELT_OUT: &str = "
        services:
          raw:
            attributes: ['#a']
            configs:
              - { name: raw.i, configTypeId: intercept.v1, data: { addresses: [raw.example], protocols: [tcp], portRanges: [{ low: 80, high: 80 }] } }
              - { name: raw.h, configTypeId: host.v1, data: { protocol: tcp, address: 10.0.0.1, port: 8080 } }
";

/// Writes since the last look: verb and collection.
fn written(sim: &Sim) -> Vec<String> {
    let log = sim.side_door("GET", "/requests", &Value::Null);
    sim.side_door("DELETE", "/requests", &Value::Null);
    let writes = log.as_array().unwrap().iter().filter(|one| one["method"] != "GET" && one["path"] != "/oauth2/token");
    let told = |one: &Value| {
        let path = one["path"].as_str().unwrap();
        format!("{} {}", one["method"].as_str().unwrap(), path.split('/').nth(3).unwrap_or(path))
    };
    writes.map(told).collect()
}

/// The live object of a name.
fn live(sim: &Sim, kind: &str, name: &str) -> Value {
    let state = sim.side_door("GET", "/netfoundry/nf/state", &Value::Null);
    let is_it = |object: &&Value| object["kind"] == kind && object["body"]["name"] == name && object["life"] != "gone";
    state["store"].as_array().unwrap().iter().find(is_it).cloned().unwrap_or_default()
}

fn attached(sim: &Sim) -> Vec<String> {
    let ids = live(sim, "service", "raw")["body"]["configIdByConfigTypeId"].as_object().unwrap().clone();
    let names = ["raw.i", "raw.h", "other"];
    let is_attached = |name: &&str| ids.values().any(|id| *id == live(sim, "config", name)["id"]);
    names.into_iter().filter(is_attached).map(str::to_owned).collect()
}

#[test]
fn configs_change_in_place_however_they_are_declared() {
    for form in [BY_NAME, SPELT_OUT] {
        let sim = Sim::start();
        let bench = Bench::of(&[("trueup.yaml", "workspace: raw\n")], &sim);
        bench.write("nf.yaml", &[HEAD, form].concat());
        bench.apply();
        assert_eq!(attached(&sim), ["raw.i", "raw.h"], "{form}");
        bench.run(&["plan", "--exit-code"]).expect(0).says("nothing to do");
        written(&sim);
        bench.edit("nf.yaml", "port: 8080", "port: 8081");
        bench.apply();
        assert_eq!(written(&sim), ["PATCH configs"], "{form}");
        assert_eq!(live(&sim, "config", "raw.h")["body"]["data"]["port"], 8081);
        bench.run(&["plan", "--exit-code"]).expect(0);

        // What somebody changes by hand is told, and put back.
        let fields = json!({ "data": { "addresses": ["evil.example"], "protocols": ["tcp"], "portRanges": [] } });
        let change = json!({ "set": { "kind": "configs", "name": "raw.i", "fields": fields } });
        sim.side_door("POST", "/netfoundry/nf/console", &change);
        bench.run(&["drift"]).says("raw.i").says("evil.example");
        written(&sim);
        bench.apply();
        assert_eq!(written(&sim), ["PATCH configs"], "{form}");

        // Nor is the type's name where its id is sent.
        bench.write("nf.yaml", &[HEAD, SPELT_OUT].concat().replace("configTypeId", "configTypeName"));
        bench.edit("nf.yaml", "port: 8080", "port: 8081");
        bench.run(&["plan", "--exit-code"]).expect(0).says("nothing to do");

        // One form for the other is no change.
        let other = if form == BY_NAME { SPELT_OUT } else { BY_NAME };
        bench.write("nf.yaml", &[HEAD, other].concat().replace("port: 8080", "port: 8081"));
        bench.run(&["plan", "--exit-code"]).expect(0).says("nothing to do");
    }
}

#[test]
fn configs_are_attached_and_detached() {
    let sim = Sim::start();
    let bench = Bench::of(&[("trueup.yaml", "workspace: raw\n")], &sim);
    bench.write("nf.yaml", &[HEAD, BY_NAME].concat());
    bench.apply();
    bench.edit("nf.yaml", "configs: [raw.i, raw.h]", "configs: [raw.i]");
    written(&sim);
    bench.apply();
    assert_eq!((attached(&sim), written(&sim)), (vec!["raw.i".to_owned()], vec!["PATCH services".to_owned()]));
    bench.edit("nf.yaml", ", configs: [raw.i]", "");
    bench.apply();
    assert_eq!(attached(&sim), [""; 0]);
    bench.run(&["plan", "--exit-code"]).expect(0);
    // Another one of the type, made in the same run as the one that goes.
    bench.edit("nf.yaml", "attributes: ['#a']", "attributes: ['#a'], configs: [raw.h]");
    bench.apply();
    bench.edit("nf.yaml", "raw.h: {", "other: {");
    bench.edit("nf.yaml", "configs: [raw.h]", "configs: [other]");
    bench.apply();
    assert_eq!(attached(&sim), ["other"]);
    assert_eq!(live(&sim, "config", "raw.h"), Value::Null);
    bench.write("nf.yaml", HEAD);
    bench.run(&["apply", "--yes", "--allow", "deletes=3"]).expect(0);
    assert_eq!((live(&sim, "config", "other"), live(&sim, "service", "raw")), (Value::Null, Value::Null));
}

#[test]
fn what_clients_made_is_exported_with_its_configs_and_adopted_as_it_is() {
    let sim = Sim::start();
    let bench = Bench::of(&[("trueup.yaml", "workspace: raw\n")], &sim);
    bench.write("nf.yaml", HEAD);
    bench.apply();
    // As the vendor's client does: new configs in the body of a new service.
    let config = |name: &str, kind: &str, data: Value| json!({ "name": name, "configTypeName": kind, "data": data });
    let intercept =
        json!({ "addresses": ["a.example"], "protocols": ["tcp"], "portRanges": [{ "low": 1, "high": 2 }] });
    let host = json!({ "protocol": "tcp", "address": "a", "port": 80 });
    let fields = json!({
        "name": "raw", "attributes": ["#a"],
        "configs": [config("raw.i", "intercept.v1", intercept), config("raw.h", "host.v1", host)],
    });
    let change = json!({ "add": { "kind": "services", "parent": "acme", "fields": fields } });
    sim.side_door("POST", "/netfoundry/nf/console", &change);
    bench.run(&["export", "nf", "--out", "exported"]).expect(0);
    let exported = std::fs::read_to_string(bench.path().join("exported/nf.yaml")).unwrap();
    for part in ["raw.i", "raw.h", "- a.example", "configTypeId: intercept.v1"] {
        assert!(exported.contains(part), "{part}: {exported}");
    }
    let copy = Bench::copied(&bench.path().join("exported"), &sim);
    assert_eq!(copy.plan()["steps"], json!([]));
}

#[test]
fn what_is_spelt_out_is_checked_where_it_stands() {
    let sim = Sim::start();
    let bench = Bench::of(&[("trueup.yaml", "workspace: raw\n")], &sim);
    let declared = |configs: &str| [HEAD, "        services: { raw: { configs: [", configs, "] } }\n"].concat();
    for (configs, told) in [
        ("{ name: c, configTypeId: host.v1, data: { protocol: tcp, address: a } }", "`port` is missing"),
        ("{ name: c, configTypeId: host.v1, more: 1, data: {} }", "unknown field `more`"),
        ("{ name: c, data: {} }", "configTypeId"),
        ("{ configTypeId: host.v1, data: {} }", "expected"),
        ("nobody", "configs/nobody`"),
    ] {
        bench.write("nf.yaml", &declared(configs));
        bench.run(&["validate"]).says(told).says("nf.yaml:");
    }
}

/// A config type of one's own, whose schema stands at the platform alone: what it does not take is held before it is sent.
#[test]
fn data_is_held_to_the_schema_of_a_type_that_only_the_platform_has() {
    let own = "        config-types:\n          own.v1:\n            schema: { type: object, required: [metric], \
               properties: { metric: { type: integer } } }\n";
    let config = |data: &str| format!("        configs:\n          c: {{ configTypeId: own.v1, data: {data} }}\n");
    let sim = Sim::start();
    let text = |kinds: &str| format!("workspace: w\n{}{kinds}", HEAD.replace("    prune: all\n", ""));
    let bench = Bench::of(&[("trueup.yaml", &text(&format!("{own}{}", config("{ metric: 5 }"))))], &sim);
    bench.apply();
    // Declared, it is told by the files alone.
    bench.write("trueup.yaml", &text(&format!("{own}{}", config("{ metric: far }"))));
    bench.run(&["validate"]).expect(3).says("`data.metric` is string, and has to be integer");
    // Somebody else's is looked at.
    let external = "        config-types: { own.v1: { external: true } }\n";
    bench.write("trueup.yaml", &text(&format!("{external}{}", config("{ metric: far }"))));
    bench.run(&["validate"]).expect(0);
    written(&sim);
    let held = bench.run(&["apply", "--yes"]).says("`data.metric` is string, and has to be integer");
    held.says("as `nf/networks/acme/config-types/own.v1` has it");
    assert_eq!(written(&sim), Vec::<String>::new());
    bench.write("trueup.yaml", &text(&format!("{external}{}", config("{ metric: 7 }"))));
    bench.run(&["apply", "--yes"]).expect(0);
    assert_eq!(written(&sim), ["PATCH configs"]);
}
