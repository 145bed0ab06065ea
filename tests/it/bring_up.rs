//! Fresh VNS3 controllers become a licensed and peered mesh, in one apply and without a hand on them.

use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::bench::Bench;
use crate::calls::apply_and_keep_the_journal;
use crate::chance::Chance;
use crate::support::Sim;

const SITES: [&str; 5] = ["london", "milan", "oslo", "paris", "vienna"];

/// Lines of the journal that a test run stops after.
const STOPS: u64 = 7;

/// Controllers as they come from the cloud's image.
fn fresh() -> Sim {
    Sim::of("vns3", Some("fresh"))
}

fn read(sim: &Sim, site: &str, path: &str) -> Value {
    let login = format!("api:demo-api-{site}-opens-nothing");
    // A restart that somebody else caused is waited for.
    sim.side_door("POST", "/clock", &json!({ "advance_ms": 10_000 }));
    sim.call(("vns3", site), &login, "GET", path, &Value::Null)["response"].clone()
}

/// What has to be true of every controller in the end.
fn is_a_mesh(sim: &Sim) {
    let checksums: Vec<Value> = SITES.iter().map(|site| read(sim, site, "/keyset")["checksum"].clone()).collect();
    assert!(checksums.iter().all(|checksum| checksum.is_string() && *checksum == checksums[0]), "{checksums:?}");
    for site in SITES {
        let config = read(sim, site, "/config");
        assert_eq!((&config["licensed"], &config["peered"]), (&json!(true), &json!(true)), "{site}");
        assert_eq!(read(sim, site, "/license")["finalized"], true, "{site}");
        let peering = read(sim, site, "/peering");
        let slots = peering["managers"].as_object().unwrap().values();
        let peers = slots.filter(|slot| slot["self"] != true && slot["not_set"] != true).count();
        assert_eq!(peers, 4, "{site}: {peering}");
        let slots = peering["managers"].as_object().unwrap().values();
        let reached = slots.filter(|slot| slot["reachable"] == true).count();
        assert_eq!(reached, 4, "{site}: {peering}");
        assert_eq!(read(sim, site, "/license")["topology"], read(sim, "london", "/license")["topology"], "{site}");
        assert_eq!(read(sim, site, "/v2/firewall/rules").as_array().unwrap().len(), 3, "{site}");
    }
    for site in ["london", "paris"] {
        let ipsec = read(sim, site, "/ipsec");
        let endpoints: Vec<&Value> = ipsec["remote_endpoints"].as_object().unwrap().values().collect();
        assert_eq!(endpoints.len(), 1, "{site}: {ipsec}");
        assert_eq!(endpoints[0]["bgp_peers"].as_object().unwrap().len(), 1, "{site}: {ipsec}");
        assert_eq!(endpoints[0]["tunnels"].as_object().unwrap().len(), 1, "{site}: {ipsec}");
        let tunnels = read(sim, site, "/status/ipsec");
        assert!(tunnels.as_object().unwrap().values().all(|tunnel| tunnel["connected"] == true), "{site}: {tunnels}");
    }
    assert_eq!(read(sim, "vienna", "/links").as_array().unwrap().len(), 1);
}

#[test]
fn five_fresh_controllers_become_a_mesh_in_one_apply() {
    let sim = fresh();
    let bench = Bench::example("vns3-mesh", &sim);
    bench.apply();
    is_a_mesh(&sim);
    assert_eq!(bench.plan()["steps"], json!([]));
    bench.run(&["plan", "--exit-code"]).expect(0).says("nothing to do");
}

/// A rehearsal needs nothing but the files: each target says what its simulated controller begins as.
#[test]
fn the_mesh_is_rehearsed_with_sim_alone() {
    let sim = fresh();
    let bench = Bench::example("vns3-mesh", &sim).rehearsed();
    let first = bench.run(&["apply", "--yes"]).expect(0);
    assert!(!first.all().contains("left alone"), "{}", first.all());
    bench.run(&["plan", "--exit-code"]).expect(0).says("nothing to do");
    // On the command line it is for those that do not say it, and for simulators of one's own it comes too late.
    for site in SITES {
        bench.edit(&format!("{site}.yaml"), "    sim: { version: fresh }\n", "");
    }
    bench.forget();
    bench.run(&["plan"]).expect(0).says("left alone");
    bench.forget();
    bench.run(&["apply", "--yes", "--sim-version", "vns3=fresh"]).expect(0);
    bench.run(&["plan", "--exit-code", "--sim-version", "vns3=fresh"]).expect(0);
    bench.run(&["plan", "--sim-version", "none=fresh"]).says("nothing simulates `none`");
    let elsewhere = Bench::example("vns3-mesh", &sim);
    elsewhere.run(&["plan", "--sim-version", "vns3=fresh"]).says("trueup sim --version");
}

/// Who fetches keys waits for them, although all that it names is an address of who has them.
#[test]
fn keys_are_fetched_when_they_are_there() {
    let waits = |source: &str| {
        let sim = fresh();
        let bench = Bench::example("vns3-mesh", &sim);
        bench.edit("milan.yaml", "source: \"${london/config.private_ipaddress}\"", &format!("source: {source}"));
        bench.edit("milan.yaml", "      checksum: \"${london/keyset.checksum}\"\n", "");
        let plan = bench.plan();
        let steps = plan["steps"].as_array().unwrap();
        let fetch = steps.iter().find(|step| step["address"] == "milan/keyset").unwrap();
        let root = steps.iter().position(|step| step["address"] == "london/keyset").unwrap();
        let waits = fetch["after"].as_array().unwrap().iter().any(|after| after["step"] == root);
        if waits {
            bench.apply();
            is_a_mesh(&sim);
        }
        waits
    };
    assert!(waits("\"${london/config.private_ipaddress}\""), "an output of the root");
    assert!(!waits("10.99.0.1"), "nobody whom the workspace knows");
}

/// Stopped after lines of the whole journal, and run again until nothing is left: nothing is done twice, and nothing stays
/// undone. `TRUEUP_TEST_SEED=N` chooses other lines.
#[test]
fn a_bring_up_that_stops_after_any_line_goes_on() {
    let (lines, _) = undisturbed();
    assert!(lines > 10 * STOPS, "a journal of {lines} lines is none of a whole bring-up");
    // One of each part of the journal, so that every phase is hit.
    let mut chance = Chance::new();
    for line in (0..STOPS).map(|part| 1 + lines * part / STOPS + chance.below(lines / STOPS)) {
        let sim = fresh();
        let bench = Bench::example("vns3-mesh", &sim);
        let mut command = bench.command(&["apply", "--yes", "--quiet"]);
        let stopped = command.env("TRUEUP_CRASH_AFTER_LINES", line.to_string()).output().unwrap();
        // No two runs wait equally often: the last lines of one may be more than another has.
        assert!(!stopped.status.success() || line > lines * 9 / 10, "{line} of {lines}: it was not stopped");
        goes_on(&sim, &bench, &format!("stopped after line {line} of {lines}"));
    }
}

#[test]
fn so_does_one_that_is_killed_at_any_moment() {
    let (_, whole) = undisturbed();
    let mut chance = Chance::new();
    for _ in 0..2 {
        let sim = fresh();
        let bench = Bench::example("vns3-mesh", &sim);
        let moment = whole * u32::try_from(5 + chance.below(90)).unwrap() / 100;
        let mut command = bench.command(&["apply", "--yes", "--quiet"]);
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        thread::sleep(moment);
        let _ = child.kill();
        child.wait().unwrap();
        goes_on(&sim, &bench, &format!("killed after {moment:?} of {whole:?}"));
    }
}

/// The lines of the journal of a bring-up that nothing disturbs, and how long it takes.
fn undisturbed() -> (u64, Duration) {
    let sim = fresh();
    let bench = Bench::example("vns3-mesh", &sim);
    let begun = Instant::now();
    let journal = apply_and_keep_the_journal(&bench);
    (journal.len() as u64, begun.elapsed())
}

/// Runs again until nothing is left. A controller may be restarting: what can't be looked at is left for the next run.
fn goes_on(sim: &Sim, bench: &Bench, after: &str) {
    let mut runs = 0;
    while bench.run(&["apply", "--yes", "--quiet"]).code != Some(0) {
        runs += 1;
        assert!(runs < 4, "{after}: {}", bench.run(&["apply", "--yes"]).all());
    }
    is_a_mesh(sim);
    assert_eq!(bench.plan()["steps"], json!([]), "{after}");
}

#[test]
fn what_cannot_be_taken_back_has_to_be_meant() {
    let sim = fresh();
    let bench = Bench::example("vns3-mesh", &sim);
    let policy =
        "  allow: { irreversible: [\"*/license\", \"*/license-parameters\", \"*/keyset\", \"*/peering-self\"] }\n";
    bench.edit("trueup.yaml", policy, "");
    let plan = bench.run(&["plan"]).expect(0);
    let plan =
        plan.says("london/license  setting `file` can't be taken back").says("--allow irreversible=london/license");
    // What comes after them waits, too.
    plan.says("london/config  it needs `london/keyset`, which is held");
    bench.apply();
    assert_eq!(read(&sim, "london", "/license"), Value::Null, "nothing was done");

    let plan = bench.run(&["plan", "--allow", "irreversible=london/*"]).expect(0);
    plan.says("irreversible").says("+ license").says("milan/config  it needs `milan/keyset`, which is held");
}

#[test]
fn a_fetch_of_keys_that_fails_without_a_word_is_noticed() {
    let sim = fresh();
    let bench = Bench::example("vns3-mesh", &sim);
    bench.edit("paris.yaml", "source: \"${london/config.private_ipaddress}\"", "source: 192.0.2.1");
    let ran = bench.run(&["apply", "--yes", "--quiet"]).expect(5);
    ran.says("create paris/keyset").says("taken once more").says("keys did not arrive").says("TCP port 8000");
    assert_eq!(read(&sim, "milan", "/keyset")["keyset_present"], true, "the others are not held up");
    bench.edit("paris.yaml", "source: 192.0.2.1", "source: \"${london/config.private_ipaddress}\"");
    sim.side_door("POST", "/clock", &json!({ "advance_ms": 60_000 }));
    bench.apply();
    is_a_mesh(&sim);
}

/// A route-based endpoint comes with a tunnel between all networks: who declares it means that one.
#[test]
fn a_tunnel_that_comes_with_its_endpoint_is_not_made_twice() {
    let topology = "
vns3:
  london:
    at: https://203.0.113.11:8000/api
    credentials: { password: '${secret.api}' }
    ipsec-endpoints:
      to-paris:
        ipaddress: 203.0.113.12
        secret: '${secret.api}'
        ike_version: 2
        vpn_type: vti
        route_based_int_address: 169.254.10.1/30
        tunnels: { all: { local_subnet: 0.0.0.0/0, remote_subnet: 0.0.0.0/0 } }
    routes:
      paris: { cidr: 10.2.0.0/16, tunnel: to-paris/all }
";
    let secret = "workspace: lab\nsecrets: { api: { file: api.txt } }\n";
    let sim = Sim::start();
    let files = [("trueup.yaml", secret), ("vns3.yaml", topology), ("api.txt", "demo-api-london-opens-nothing\n")];
    let bench = Bench::of(&files, &sim);
    bench.apply();
    let ipsec = read(&sim, "london", "/ipsec");
    let endpoints = ipsec["remote_endpoints"].as_object().unwrap();
    let tunnels: Vec<_> = endpoints.values().map(|endpoint| endpoint["tunnels"].as_object().unwrap().len()).collect();
    assert_eq!(tunnels, [1], "{ipsec}");
    bench.run(&["plan", "--exit-code"]).expect(0).says("nothing to do");
}

/// A route leads through a tunnel that its endpoint made by itself, declared or not: it goes before the endpoint does, when
/// all goes and when both leave the files.
#[test]
fn a_route_goes_before_the_endpoint_that_it_leads_through() {
    let endpoint = "
      to-paris:
        ipaddress: 203.0.113.12
        secret: '${secret.api}'
        ike_version: 2
        vpn_type: vti
        route_based_int_address: 169.254.10.1/30
";
    let head = "
vns3:
  london:
    at: https://203.0.113.11:8000/api
    credentials: { password: '${secret.api}' }
";
    let secret = "workspace: lab\nsecrets: { api: { file: api.txt } }\n";
    let declared = "        tunnels: { all: { local_subnet: 0.0.0.0/0, remote_subnet: 0.0.0.0/0 } }\n";
    let login = "api:demo-api-london-opens-nothing";
    for (tunnel, forgets) in [(declared, false), ("", false), (declared, true)] {
        let sim = Sim::start();
        let route = "    routes: { paris: { cidr: 10.2.0.0/16, tunnel: to-paris/all } }\n";
        let whole = format!("{head}    ipsec-endpoints:{endpoint}{declared}{route}");
        let files =
            [("trueup.yaml", secret), ("vns3.yaml", whole.as_str()), ("api.txt", "demo-api-london-opens-nothing\n")];
        let bench = Bench::of(&files, &sim);
        bench.apply();
        // From here on nobody declares the tunnel, in one case; the route is known by what the controller shows of it.
        if tunnel.is_empty() {
            let without = format!(
                "{head}    ipsec-endpoints:{endpoint}    routes: {{ paris: {{ cidr: 10.2.0.0/16, tunnel: to-paris/all }} }}\n"
            );
            bench.write("vns3.yaml", &without);
        }
        let writes = |sim: &Sim| -> Vec<String> {
            let log = sim.side_door("GET", "/requests", &Value::Null);
            let writes = log.as_array().unwrap().iter().filter(|entry| entry["method"] == "DELETE");
            writes.map(|entry| entry["path"].as_str().unwrap().to_owned()).collect()
        };
        sim.side_door("DELETE", "/requests", &Value::Null);
        match forgets {
            true => {
                bench.write("vns3.yaml", &format!("{head}    config: {{}}\n"));
                bench.run(&["apply", "--yes", "--allow", "deletes=100"]).expect(0);
            }
            false => drop(bench.destroy(&["--allow", "destroy=**"]).expect(0)),
        }
        let order = writes(&sim);
        let last = order.iter().position(|path| path.contains("/ipsec/endpoints/"));
        let first = order.iter().position(|path| path.contains("/routes/"));
        assert!(first.is_some() && first < last, "{tunnel:?} {forgets}: {order:?}");
        let left = sim.call(("vns3", "london"), login, "GET", "/ipsec", &Value::Null);
        assert_eq!(left["response"]["remote_endpoints"], json!({}));
    }
}
