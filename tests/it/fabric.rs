//! Fabrics from a page to controllers: what they come to comes up, and what a change touches.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::Path;

use serde_json::{Value, json};

use crate::bench::{Bench, Ran};
use crate::support::Sim;

/// The most that a page holds.
const PAGE: usize = 70;

fn read(sim: &Sim, (target, password): (&str, &str), path: &str) -> Value {
    // A restart is waited for, and what takes its time to come up.
    sim.side_door("POST", "/clock", &json!({ "advance_ms": 60_000 }));
    sim.call(("vns3", target), &format!("api:{password}"), "GET", path, &Value::Null)["response"].clone()
}

#[test]
fn five_sites_come_up_from_one_page_in_one_apply() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/five-sites");
    let lines = std::fs::read_to_string(folder.join("trueup.yaml")).unwrap().lines().count();
    assert!(lines <= PAGE, "{lines} lines");
    let sim = Sim::of("vns3", Some("fresh"));
    let bench = Bench::example("five-sites", &sim);
    let told = bench.run(&["plan"]).expect(0).out;
    for line in ["+ 10 connections (core)", "+ mesh core  5 controllers", "+ 5 sites  1 controller, 4 connections"] {
        assert_eq!(told.matches(line).count(), 1, "{line}: {told}");
    }
    assert!(!told.contains("sites (core)"), "{told}");
    bench.apply().says("fabric: 10 of 10 up");
    for site in ["london", "paris", "oslo", "milan", "vienna"] {
        let login = format!("demo-api-{site}-opens-nothing");
        let ask = |path: &str| read(&sim, (site, &login), path);
        let tunnels = ask("/status/ipsec");
        let tunnels: Vec<&Value> = tunnels.as_object().unwrap().values().collect();
        assert_eq!(tunnels.len(), 4, "{site}: {tunnels:?}");
        assert!(tunnels.iter().all(|tunnel| tunnel["connected"] == true), "{site}: {tunnels:?}");
        let endpoints = ask("/ipsec")["remote_endpoints"].clone();
        let neighbours = endpoints.as_object().unwrap().values().flat_map(|own| own["bgp_peers"].as_object().unwrap());
        assert_eq!(neighbours.count(), 4, "{site}");
        let keys: BTreeSet<&str> =
            endpoints.as_object().unwrap().values().map(|own| own["psk"].as_str().unwrap()).collect();
        assert_eq!(keys.len(), 4, "{site}: each connection has a key of its own");
        assert_eq!(ask("/v2/firewall/rules").as_array().unwrap().len(), 10, "{site}");
    }
    let again = bench.plan();
    assert!(again["steps"].as_array().unwrap().is_empty(), "{again:#}");

    // One of them is given up: what is its own goes, and what the others have because of it, in one plan.
    bench.edit("trueup.yaml", "vienna: { on: vienna,", "vienna: { retired: true, on: vienna,");
    bench.run(&["apply", "--yes", "--quiet", "--allow", "deletes=100"]).expect(0);
    for (site, left) in [("london", 3), ("oslo", 3), ("vienna", 0)] {
        let login = format!("demo-api-{site}-opens-nothing");
        let endpoints = read(&sim, (site, &login), "/ipsec")["remote_endpoints"].clone();
        assert_eq!(endpoints.as_object().unwrap().len(), left, "{site}");
    }
    let done = bench.plan();
    assert!(done["steps"].as_array().unwrap().is_empty(), "{done:#}");
}

/// What folds is written as a fabric, and it is what is there already.
#[test]
fn an_export_folds_to_a_fabric_that_plans_nothing() {
    let sim = Sim::of("vns3", Some("fresh"));
    let bench = Bench::example("five-sites", &sim);
    bench.apply();
    let sites = ["london", "paris", "oslo", "milan", "vienna"];
    bench.run(&[&["export", "--fold"], &sites[..], &["--out", "folded"]].concat()).expect(0);
    let folded = Bench::copied(&bench.path().join("folded"), &sim);
    let text = std::fs::read_to_string(folded.path().join("trueup.yaml")).unwrap();
    for word in ["between:", "derive: ${secret.vpn}", "password: ${secret.bgp}", "id: 5", "phase1: aes256"] {
        assert!(text.contains(word), "no `{word}` in\n{text}");
    }
    assert!(!text.contains("connections:"), "{text}");
    for site in sites {
        let own = std::fs::read_to_string(folded.path().join(format!("{site}.yaml"))).unwrap();
        assert!(!own.contains("ipsec-endpoints:") && !own.contains("Not folded"), "{own}");
    }
    let run = |arguments: &[&str], code: i32| {
        let mut command = folded.command(arguments);
        for site in sites {
            command.env(format!("{}_PASSWORD", site.to_uppercase()), format!("demo-api-{site}-opens-nothing"));
        }
        command.env("VPN", "demo-vpn-opens-nothing").env("BGP", "demo-bgp-opens-nothing");
        Ran::from(command.output().unwrap()).expect(code)
    };
    run(&["adopt", "--all", "--assume"], 0);
    run(&["plan", "--exit-code"], 0).says("nothing to do");
    // Of two of them, the connections to the others stay plain.
    bench.run(&["export", "--fold", "london", "paris", "--out", "two"]).expect(0);
    let text = std::fs::read_to_string(bench.path().join("two/london.yaml")).unwrap();
    assert!(text.contains("# Not folded: `core-oslo`: its other end is not exported"), "{text}");
    assert!(text.contains("\n      core-oslo:") && !text.contains("\n      core-paris:"), "{text}");
}

/// A workspace of two hubs and some branches.
fn branches(count: usize) -> String {
    let mut text = String::from(
        "workspace: branches
secrets: { pw: { file: pw }, vpn: { file: vpn } }
vars:
  branches:
    default:
",
    );
    for n in 1..=count {
        let _ = writeln!(text, "      b{n}: {{ id: {}, asn: {}, lan: 10.{n}.0.0/16 }}", n + 10, 65000 + n);
    }
    text.push_str(
        "fabric:
  profiles: { strong: { ike_version: 2, phase1: aes256-sha2_256-dh14, phase2: aes256-sha2_256 } }
  sites:
    north: { on: north, id: 1, asn: 64901, networks: [10.251.0.0/16], offers: [10.0.0.0/8] }
    south: { on: south, id: 2, asn: 64902, networks: [10.252.0.0/16], offers: [10.0.0.0/8] }
    '${each.key}': { each: '${var.branches}', on: '${each.key}', id: '${each.value.id}', asn: '${each.value.asn}', networks: ['${each.value.lan}'] }
  vpns:
    branches:
      hubs: [north, south]
      spokes: { each: '${var.branches}' }
      routing: bgp
      profile: strong
      psk: { derive: '${secret.vpn}' }
      firewall: open
vns3:
",
    );
    let names = ["north".to_owned(), "south".to_owned()].into_iter().chain((1..=count).map(|n| format!("b{n}")));
    for (n, name) in names.enumerate() {
        let _ = writeln!(
            text,
            "  {name}: {{ at: 'https://203.0.113.{}:8000/api', credentials: {{ username: api, password: '${{secret.pw}}' }}, firewall-rules: [fabric: vpns] }}",
            n + 1
        );
    }
    text
}

fn workspace(text: &str, sim: &Sim) -> Bench {
    Bench::of(&[("trueup.yaml", text), ("pw", "stand-in"), ("vpn", "a-key-of-keys")], sim)
}

/// What the other controllers see of a new branch: an endpoint with its neighbour, a set and the list with two more rules on
/// each hub.
#[test]
fn a_new_branch_touches_each_hub_in_one_place() {
    let sim = Sim::start();
    let bench = workspace(&branches(3), &sim);
    bench.apply();
    bench.write("trueup.yaml", &branches(4));
    let plan = bench.plan();
    let steps = plan["steps"].as_array().unwrap();
    let told = |step: &Value| format!("{} {}", step["verb"].as_str().unwrap(), step["address"].as_str().unwrap());
    let elsewhere: BTreeSet<String> = steps.iter().map(told).filter(|step| !step.contains(" b4/")).collect();
    let of_hub = |hub: &str, inner: &str| {
        [
            format!("create {hub}/firewall-fwsets/fab-branches-b4"),
            format!("create {hub}/ipsec-endpoints/branches-b4"),
            format!("create {hub}/ipsec-endpoints/branches-b4/ebgp-peers/{inner}"),
            format!("update {hub}/firewall-rules"),
        ]
    };
    // Ids 1 and 14, 2 and 14: the 78th and the 79th pair, behind two blocks of the clouds'.
    let wanted = of_hub("north", "169.254.1.66").into_iter().chain(of_hub("south", "169.254.1.70"));
    assert_eq!(elsewhere, wanted.collect::<BTreeSet<String>>());
    assert_eq!(steps.iter().map(told).filter(|step| step.contains(" b4/")).count(), 9);
    bench.apply();
    assert!(bench.plan()["steps"].as_array().unwrap().is_empty());
}

/// Nobody is asked for anything, and what is printed holds no secret.
#[test]
fn an_expansion_needs_no_secret() {
    let text = branches(2).replace("  vpns:\n", "    far: { asn: 64999, networks: [192.0.2.0/24], gateways: { fw: { address: 198.51.100.7, inner: 169.254.99.1/30 } } }\n  vpns:\n    far: { between: [north, far], routing: bgp, profile: strong, psk: '${secret.vpn}' }\n");
    let bench = Bench::real(&[("trueup.yaml", &text)]);
    let ran = bench.run(&["expand"]).expect(0);
    for line in [
        "      # connection b1-north (branches)",
        "      # site b2",
        "        secret: ${derive(secret.vpn, \"b2-south\")}",
        "# The other side of connection far-north (far) sets:",
        "#   key                         ${secret.vpn}",
        "#   north: UDP 500, UDP 4500, ESP",
    ] {
        assert!(ran.out.lines().any(|own| own == line), "`{line}` is not in\n{}", ran.out);
    }
    let document: Value = serde_json::from_str(&bench.run(&["expand", "--format", "json"]).expect(0).out).unwrap();
    let resources = document["resources"].as_array().unwrap();
    let half = resources.iter().find(|own| own["address"] == "north/ipsec-endpoints/branches-b1").unwrap();
    assert_eq!(
        half["origin"],
        json!({ "fabric": "connection", "name": "b1-north", "vpn": "branches", "half": "north" })
    );
    assert_eq!(document["others"][0]["settings"]["your address in the tunnel"], "169.254.99.1/30");
}
