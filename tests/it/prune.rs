//! Where the files speak for a collection, what others put there is drift and goes, whether the files declare anything
//! else of its kind or not. What the platform needs, and what the target itself stands on, is left alone.

use serde_json::{Value, json};

use crate::bench::Bench;
use crate::support::Sim;

const HEAD: &str = "workspace: lab\nsecrets: { pw: { file: pw.txt } }\n";

const NETWORK: &str = "
    networks:
      acme:
        networkGroupId: lab Group
        provider: AWS
        region: \"${lab/regions/AWS_us-east-2.locationCode}\"
        productVersion: \"${lab/network-versions/7.3.104.networkVersion}\"
        size: \"${lab/network-configs/small.name}\"
        endpoints: { a: {} }
";

/// A provider, where its target is, what its files declare, and what a person makes there by hand.
type Case = (&'static str, &'static str, &'static str, fn(&Sim) -> Vec<&'static str>);

const CASES: [Case; 4] = [
    (
        "vns3",
        "https://203.0.113.11:8000/api\n    credentials: { password: '${secret.pw}' }",
        "    routes: { a: { cidr: 10.1.0.0/16, interface: eth0 } }\n",
        |sim| {
            let post = |path, body| sim.call(("vns3", "lab"), "api:opens", "POST", path, &body);
            post("/ipsec/endpoints", json!({ "name": "byhand", "ipaddress": "192.0.2.7", "secret": "s3cret-word" }));
            post("/routes", json!({ "cidr": "10.66.0.0/16", "interface": "eth0" }));
            vec!["lab/ipsec-endpoints/byhand", "lab/routes/"]
        },
    ),
    ("netfoundry", "https://gateway.production.netfoundry.io", NETWORK, |sim| {
        let all = json!(["#all"]);
        let fields = json!({ "name": "evil", "serviceAttributes": all, "endpointAttributes": all });
        let add = json!({ "add": { "kind": "app-wans", "parent": "acme", "fields": fields } });
        sim.side_door("POST", "/netfoundry/lab/console", &add);
        vec!["lab/networks/acme/app-wans/evil"]
    }),
    ("cloudify", MANAGER, SECRET, |sim| eve(sim, "cloudify")),
    ("f5-vnfm", MANAGER, SECRET, |sim| eve(sim, "f5-vnfm")),
];

const MANAGER: &str =
    "https://manager.example/api/v3.1\n    credentials: { username: admin, password: '${secret.pw}' }";

const SECRET: &str = "    secrets: { a: { value: '${secret.pw}' } }\n";

fn eve(sim: &Sim, provider: &str) -> Vec<&'static str> {
    let put = |path: &str, body| sim.call((provider, "lab"), "admin:opens", "PUT", path, &body);
    put("/users", json!({ "username": "eve", "password": "simulated-pw", "role": "default" }));
    put("/secrets/eve", json!({ "value": "x" }));
    vec!["lab/users/eve", "lab/secrets/eve"]
}

fn bench(sim: &Sim, (provider, at, declared, _): &Case, prune: &str) -> Bench {
    let files = format!("{provider}:\n  lab:\n    at: {at}\n{prune}{declared}");
    Bench::of(&[("trueup.yaml", HEAD), ("lab.yaml", &files), ("pw.txt", "opens")], sim)
}

#[test]
fn what_others_make_where_nothing_of_its_kind_is_declared_is_drift_and_goes() {
    for case in CASES {
        let sim = Sim::start();
        let bench = bench(&sim, &case, "    prune: all\n");
        bench.apply();
        bench.run(&["drift"]).expect(0).says("no drift");
        bench.run(&["plan", "--exit-code"]).expect(0);

        let by_hand = (case.3)(&sim);
        let drift = bench.run(&["drift"]).expect(4);
        let plan = bench.plan();
        let steps = plan["steps"].as_array().unwrap();
        let gone: Vec<&str> = steps.iter().map(|step| step["address"].as_str().unwrap()).collect();
        assert_eq!(gone.len(), by_hand.len(), "{}: {gone:?}", case.0);
        for address in by_hand {
            assert!(gone.iter().any(|gone| gone.starts_with(address)), "{}: {gone:?}", case.0);
            assert!(drift.out.contains(address), "{}", drift.all());
        }
        bench.apply();
        bench.run(&["drift"]).expect(0).says("no drift");
    }
}

/// What others put there is drift while files speak for the collection. Who gives all up speaks for nothing any more.
#[test]
fn destroy_removes_what_is_owned_and_nothing_else() {
    for case in CASES {
        let sim = Sim::start();
        // What stands in a network goes with it: there the network is somebody else's.
        let is_in_network = case.0 == "netfoundry";
        let bench = bench(&sim, &case, "    prune: all\n");
        bench.apply();
        if is_in_network {
            let external = "    networks: { acme: { external: true, endpoints: { a: {} } } }\n";
            bench.write("lab.yaml", &format!("netfoundry:\n  lab:\n    at: {}\n    prune: all\n{external}", case.1));
            bench.run(&["adopt", "--forget", "lab/networks/acme"]).expect(0);
            bench.apply();
        }
        let by_hand = (case.3)(&sim);
        let shown = || {
            let plan = bench.plan();
            let goes = |step: &&Value| step["verb"] == "delete";
            let gone = plan["steps"].as_array().unwrap().iter().filter(goes);
            let gone: Vec<String> = gone.map(|step| step["address"].as_str().unwrap().to_owned()).collect();
            by_hand.iter().filter(|address| gone.iter().any(|gone| gone.starts_with(**address))).count()
        };
        assert_eq!(shown(), by_hand.len(), "{}", case.0);
        let ran = bench.destroy(&["--allow", "destroy=**"]).expect(0);
        assert_eq!(shown(), by_hand.len(), "{}: {}", case.0, ran.all());
    }
}

#[test]
fn without_authority_it_is_of_others_and_a_kind_that_is_named_needs_no_member() {
    let sim = Sim::start();
    let bench = bench(&sim, &CASES[0], "    ipsec-endpoints: {}\n");
    bench.apply();
    (CASES[0].3)(&sim);
    bench.run(&["drift"]).expect(0).says("1 of others among the routes at `lab`");
    bench.edit("lab.yaml", "    ipsec-endpoints: {}", "    prune: [ipsec-endpoints]\n    ipsec-endpoints: {}");
    bench.run(&["drift"]).expect(4).says("lab/ipsec-endpoints/byhand");
    let plan = bench.plan();
    assert_eq!(plan["steps"].as_array().unwrap().len(), 1, "the route is not spoken for: {plan:#}");
}

/// What a user's role or the server's edition does not show is left out of `all`, and missed where it is named.
#[test]
fn what_is_not_shown_is_missed_where_it_is_named() {
    let forbidden = |prune: &str| {
        let sim = Sim::start();
        let bench = bench(&sim, &CASES[2], prune);
        bench.apply();
        let fault = json!([{ "provider": "cloudify", "path": "/api/v3.1/users", "status": 403, "times": 1000 }]);
        sim.side_door("POST", "/faults", &fault);
        (sim, bench)
    };
    let (_sim, bench) = forbidden("    prune: all\n");
    let ran =
        bench.run(&["drift"]).expect(0).says("`prune: all` of `lab` leaves out `users`: the controller answered 403");
    assert!(!ran.err.contains("403"), "{}", ran.all());
    bench.run(&["plan", "--exit-code"]).expect(0);
    let (_sim, bench) = forbidden("    prune: [users, secrets]\n");
    bench.run(&["drift"]).expect(32).says("`lab` prunes `users`, and does not show what there is");
    bench.run(&["plan", "--exit-code"]).expect(32);
    // Any other failure is one.
    let sim = Sim::start();
    let bench = bench_of_all(&sim);
    bench.apply();
    let fault = json!([{ "provider": "cloudify", "path": "/api/v3.1/users", "status": 500, "times": 1000 }]);
    sim.side_door("POST", "/faults", &fault);
    bench.run(&["drift"]).expect(32);
}

fn bench_of_all(sim: &Sim) -> Bench {
    bench(sim, &CASES[2], "    prune: all\n")
}

/// Nobody prunes the account that he logs in with, nor the tenant that he stands in.
#[test]
fn what_the_target_stands_on_stays() {
    let sim = Sim::start();
    let call = |method: &str, path: &str, body| sim.call(("cloudify", "lab"), "admin:opens", method, path, &body);
    let bench = bench(&sim, &CASES[2], "    prune: [users, tenants, secrets]\n");
    bench.apply();
    call("PUT", "/users", json!({ "username": "Operator", "password": "opens", "role": "sys_admin" }));
    call(
        "PUT",
        "/tenants/users",
        json!({ "username": "Operator", "tenant_name": "default_tenant", "role": "manager" }),
    );
    bench.edit("lab.yaml", "username: admin", "username: operator");
    let plan = bench.plan();
    assert_eq!((&plan["steps"], &plan["holds"]), (&json!([]), &json!([])), "{plan:#}");
    bench.run(&["drift"]).expect(0);
    // A tenant takes all that is in it along: it waits until that is meant, and is drift nevertheless.
    call("POST", "/tenants/theirs", Value::Null);
    bench.run(&["drift"]).expect(4).says("lab/tenants/theirs");
    assert_eq!(bench.plan()["holds"][0]["code"], "precious");
}
