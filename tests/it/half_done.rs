//! What a failed step of ours left behind is ours: a replacement of which the old object is gone and the new one is not
//! there, a create that was refused and brought something all the same.

use std::path::Path;

use serde_json::{Value, json};

use crate::bench::Bench;
use crate::support::Sim;

const VNS3: &str = "
workspace: half
vns3:
  east:
    at: https://203.0.113.10:8000/api
    credentials: { username: api, password: stand-in }
    routes:
      keep: { cidr: 10.8.0.0/16, interface: eth0 }
";

const CLOUDIFY: &str = "
workspace: half
PROVIDER:
  east:
    at: https://203.0.113.40/api/v3.1
    tenant: default_tenant
    credentials: { username: admin, password: stand-in }
    secrets:
      keep: { value: stand-in-keep }
";

const NETFOUNDRY: &str = "
workspace: half
netfoundry:
  east:
    at: https://gateway.production.netfoundry.io
    networks:
      acme:
        networkGroupId: east Group
        provider: AWS
        region: us-east-2
";

fn fault(sim: &Sim, fault: Value) {
    sim.side_door("POST", "/faults", &json!([fault]));
}

fn no_fault(sim: &Sim) {
    fault(sim, json!({ "delay_ms": 1, "nth": 1 }));
}

fn ledger(bench: &Bench) -> Value {
    serde_json::from_slice(&bench.files()[Path::new(".trueup/sim/ledger.json")]).unwrap()
}

fn workspace(sim: &Sim, file: &str, line: &str) -> Bench {
    Bench::of(&[("trueup.yaml", &format!("{file}{line}"))], sim)
}

#[test]
fn a_replacement_of_which_only_the_first_half_is_done_is_told_until_the_other_one_is() {
    for (file, line, from, to, path, address) in [
        (
            VNS3,
            "      moves: { cidr: 10.9.0.0/16, interface: eth0 }\n",
            "10.9.0.0/16",
            "10.10.0.0/16",
            "/api/routes",
            "east/routes/moves",
        ),
        (
            VNS3,
            "    firewall-fwsets:\n      moves: { type: net, entries: [{ entry: 10.1.0.0/16 }] }\n",
            "type: net, entries: [{ entry: 10.1.0.0/16 }]",
            "type: port, entries: [{ entry: 443 }]",
            "/api/v2/firewall/fwsets",
            "east/firewall-fwsets/moves",
        ),
        (
            NETFOUNDRY,
            "        edge-routers: { moves: { provider: AWS, locationCode: us-east-1 } }\n",
            "us-east-1",
            "us-west-2",
            "/core/v2/edge-routers",
            "east/networks/acme/edge-routers/moves",
        ),
    ] {
        let sim = Sim::start();
        let bench = workspace(&sim, file, line);
        bench.apply();
        bench.edit("trueup.yaml", from, to);
        let refusal = json!({ "method": "POST", "path": path, "status": 422, "body": "{\"message\": \"not today\"}" });
        fault(&sim, refusal);
        bench.run(&["apply", "--yes", "--quiet", "--allow", &format!("replace={address}")]).expect(5).says("not today");
        no_fault(&sim);
        bench.run(&["drift"]).expect(4).says(&format!("{address}  gone, left by a failed run"));
        bench.run(&["plan", "--exit-code"]).expect(4).says("left by a failed run");
        bench.apply();
        bench.run(&["drift"]).expect(0);
        assert_eq!(ledger(&bench)["vacated"], Value::Null);
    }
}

#[test]
fn what_a_refused_create_brought_is_ours() {
    let vns3 = "      new: { cidr: 10.9.0.0/16, interface: eth0 }\n";
    for (file, line, method, path, address) in [
        (VNS3.to_owned(), vns3, "POST", "/api/routes", "east/routes/new"),
        (
            CLOUDIFY.replace("PROVIDER", "cloudify"),
            "      new: { value: new-canary }\n",
            "PUT",
            "/api/v3.1/secrets/new",
            "east/secrets/new",
        ),
        (
            CLOUDIFY.replace("PROVIDER", "f5-vnfm"),
            "      new: { value: new-canary }\n",
            "PUT",
            "/api/v3.1/secrets/new",
            "east/secrets/new",
        ),
        (
            NETFOUNDRY.to_owned(),
            "        endpoints: { new: { attributes: ['#staff'], enrollmentMethod: { ott: true } } }\n",
            "POST",
            "/core/v2/endpoints",
            "east/networks/acme/endpoints/new",
        ),
    ] {
        let sim = Sim::start();
        let bench = workspace(&sim, &file, "");
        bench.apply();
        bench.write("trueup.yaml", &format!("{file}{line}"));
        fault(&sim, json!({ "method": method, "path": path, "status_after": 422 }));
        bench.run(&["apply", "--yes", "--quiet"]).expect(5).says("422");
        no_fault(&sim);
        let row = ledger(&bench)["entries"][address].clone();
        assert_eq!(row["made"], true, "{address}: {}", ledger(&bench));
        assert!(!row.to_string().contains("canary"), "{row}");
        // It is as it was wanted.
        bench.run(&["plan", "--exit-code"]).expect(0);
        // Taken out of the files, it goes.
        bench.write("trueup.yaml", &file);
        bench.run(&["plan"]).expect(0).says("1 to delete").says(address.rsplit('/').next().unwrap());
        bench.apply();
        assert_eq!(ledger(&bench)["entries"][address], Value::Null);
        bench.run(&["plan", "--exit-code"]).expect(0);
    }
}

#[test]
fn what_came_of_a_list_that_was_taken_in_part_is_ours_to_change() {
    let sim = Sim::start();
    let set = "    firewall-fwsets:\n      s: { type: net, entries: [{ entry: 10.1.0.0/16 }, { entry: 10.2.0.0/16 }, { entry: \
               'tcp:443' }] }\n";
    let bench = workspace(&sim, VNS3, set);
    bench.run(&["apply", "--yes", "--quiet"]).expect(5).says("only a part of it");
    bench.run(&["drift"]).expect(4).says("left by a failed run");
    bench.edit("trueup.yaml", "{ entry: 10.2.0.0/16 }, { entry: 'tcp:443' }", "{ entry: 10.3.0.0/16 }");
    assert!(!bench.run(&["plan"]).expect(0).all().contains("take-over"));
    bench.apply();
    bench.run(&["plan", "--exit-code"]).expect(0);
}

/// A place that is taken is somebody else's.
#[test]
fn a_create_that_finds_its_place_taken_claims_nothing() {
    let sim = Sim::start();
    let bench = workspace(&sim, VNS3, "      new: { cidr: 10.9.0.0/16, interface: eth0 }\n");
    for status in [401, 403, 409, 422] {
        fault(&sim, json!({ "method": "POST", "path": "/api/routes", "status": status, "body": "{}" }));
        bench.run(&["apply", "--yes", "--quiet"]).expect(5);
        assert_eq!(ledger(&bench)["entries"]["east/routes/new"], Value::Null, "{status}");
        bench.run(&["drift"]).says("no drift");
    }
    fault(&sim, json!({ "method": "POST", "path": "/api/routes", "status_after": 409 }));
    bench.run(&["apply", "--yes", "--quiet"]).expect(5);
    assert_eq!(ledger(&bench)["entries"]["east/routes/new"], Value::Null);
}
