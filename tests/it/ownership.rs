//! Whose things are: labels move, controllers are built anew, targets leave the files; nothing of ours is lost by that, and
//! nothing of others touched.

use serde_json::{Value, json};

use crate::bench::Bench;
use crate::support::Sim;

const HEAD: &str = "
vns3:
  TARGET:
    at: https://TARGET.example:8000/api
    credentials: { username: api, password: stand-in }
";

fn file(target: &str, kinds: &str) -> String {
    HEAD.replace("TARGET", target) + kinds
}

fn bench(sim: &Sim, kinds: &str) -> Bench {
    let bench = Bench::of(&[("trueup.yaml", "workspace: whose\n")], sim);
    bench.write("east.yaml", &file("east", kinds));
    bench
}

/// How often a text stands in what a controller holds.
fn count(sim: &Sim, target: &str, text: &str) -> usize {
    sim.side_door("GET", &format!("/vns3/{target}/state"), &Value::Null).to_string().matches(text).count()
}

fn add(sim: &Sim, kind: &str, fields: &Value) {
    sim.side_door("POST", "/vns3/east/console", &json!({ "add": { "kind": kind, "fields": fields } }));
}

#[test]
fn ids_that_a_controller_hands_out_anew_prove_nothing() {
    let routes = "    routes: { x: { cidr: 10.1.0.0/16, interface: eth0 } }\n";
    let endpoints = "    ipsec-endpoints: { x: { ipaddress: 192.0.2.5, secret: psk-of-ours, ike_version: 2 } }\n";
    let theirs_route = json!({ "cidr": "172.16.1.0/24", "interface": "eth0" });
    let theirs_endpoint =
        json!({ "name": "partner", "ipaddress": "198.51.100.9", "secret": "psk-of-theirs", "ike_version": 2 });
    // The controller has routes of its own: an empty list of endpoints says nothing at all.
    for (kinds, kind, theirs, sign, code) in [
        (routes, "routes", theirs_route, "172.16.1.0/24", 0),
        (endpoints, "ipsec-endpoints", theirs_endpoint, "198.51.100.9", 32),
    ] {
        let sim = Sim::start();
        let bench = bench(&sim, kinds);
        bench.apply();
        sim.side_door("POST", "/reset", &Value::Null);
        // A stranger comes first, and has the id that ours had.
        bench.run(&["plan"]).expect(code);
        add(&sim, kind, &theirs);
        let before = count(&sim, "east", sign);
        assert!(before > 0, "{kind}");
        for _ in 0..3 {
            bench.apply();
        }
        assert_eq!(count(&sim, "east", sign), before, "{kind}");
        bench.run(&["plan", "--exit-code"]).expect(0);
        bench.write("east.yaml", &file("east", "    config: {}\n"));
        bench.apply();
        assert_eq!(count(&sim, "east", sign), before, "{kind}");
        bench.destroy(&[]);
        assert_eq!(count(&sim, "east", sign), before, "{kind}");
    }
}

#[test]
fn an_item_taken_out_of_a_list_goes_and_takes_nothing_along() {
    let sim = Sim::start();
    let list = |nets: &[u8]| {
        // Who numbers them anew moves the names of those behind.
        let nets = nets.iter().enumerate();
        let nets: Vec<String> = nets.map(|(n, net)| format!("{{ n: {n}, c: 10.{net}.0.0/16 }}")).collect();
        let vars = format!("workspace: whose\nvars:\n  nets: {{ type: list, default: [ {} ] }}\n", nets.join(", "));
        vars
    };
    let bench = bench(
        &sim,
        "    routes:\n      'net-${each.key}': { each: '${var.nets}', key: n, cidr: '${each.value.c}', interface: eth0 }\n",
    );
    bench.write("trueup.yaml", &list(&[1, 2, 3]));
    bench.apply();
    bench.write("trueup.yaml", &list(&[2, 3]));
    let plan = bench.plan();
    let steps: Vec<&str> =
        plan["steps"].as_array().unwrap().iter().map(|step| step["verb"].as_str().unwrap()).collect();
    assert_eq!(steps, ["delete"], "{plan}");
    bench.run(&["plan", "--exit-code"]).expect(2).says("it is `east/routes/net-1` now");
    bench.apply();
    for (cidr, is_there) in [("10.1.0.0/16", false), ("10.2.0.0/16", true), ("10.3.0.0/16", true)] {
        assert_eq!(count(&sim, "east", cidr) > 0, is_there, "{cidr}");
    }
    bench.run(&["plan", "--exit-code"]).expect(0);
    bench.destroy(&[]).expect(0);
    assert_eq!(count(&sim, "east", "10.2.0.0/16") + count(&sim, "east", "10.3.0.0/16"), 0);
}

#[test]
fn swapped_labels_are_no_drift_and_no_call() {
    let sim = Sim::start();
    let routes = |a: u8, b: u8| {
        format!(
            "    routes:\n      a: {{ cidr: 10.{a}.0.0/16, interface: eth0, metric: {a} }}\n      \
             b: {{ cidr: 10.{b}.0.0/16, interface: eth0, metric: {b} }}\n"
        )
    };
    let bench = bench(&sim, &routes(1, 2));
    bench.apply();
    bench.write("east.yaml", &file("east", &routes(2, 1)));
    bench.run(&["drift"]).expect(0);
    bench.run(&["plan", "--exit-code"]).expect(0);
    bench.apply();
    bench.run(&["drift"]).expect(0);
}

#[test]
fn what_we_made_is_ours_though_it_looks_like_the_controllers() {
    let sim = Sim::start();
    let bench = bench(
        &sim,
        "    config: {}\n    routes: { x: { cidr: 10.1.0.0/16, interface: eth0, description: 'mine (auto-added) by script' } }\n",
    );
    bench.apply();
    assert!(count(&sim, "east", "10.1.0.0/16") > 0);
    bench.write("east.yaml", &file("east", "    config: {}\n"));
    bench.run(&["plan", "--exit-code"]).expect(2);
    bench.apply();
    assert_eq!(count(&sim, "east", "10.1.0.0/16"), 0);
}

#[test]
fn what_is_owned_at_a_target_that_left_the_files_is_one_line() {
    let sim = Sim::start();
    let routes =
        "    routes: { x: { cidr: 10.1.0.0/16, interface: eth0 }, y: { cidr: 10.2.0.0/16, interface: eth0 } }\n";
    let bench = bench(&sim, routes);
    bench.write("west.yaml", &file("west", routes));
    bench.apply();
    std::fs::remove_file(bench.path().join("west.yaml")).unwrap();
    let words = "target `west` is not declared any more: 2 resources owned there";
    // To the brakes they are as good as removed: a reviewer has to see that, and somebody has to mean it.
    for (arguments, code) in [
        (&["plan"][..], 16 + 32),
        (&["plan", "--format", "markdown"], 16 + 32),
        (&["drift"], 32),
        (&["drift", "--format", "json"], 32),
    ] {
        let ran = bench.run(arguments).expect(code).says(words);
        assert_eq!(ran.out.matches(words).count(), 1, "{}", ran.all());
    }
    // A stranger learns both ways out, and how to go on without either, in every form.
    let ways = [
        "`trueup adopt --forget 'west/**'`",
        "declare `west` again with `retired: true`",
        "run with `--allow deletes=2`",
    ];
    for (arguments, code) in [
        (&["plan"][..], 16 + 32),
        (&["plan", "--format", "markdown"], 16 + 32),
        (&["plan", "--format", "json"], 16 + 32),
        // Nothing is written, whatever else there is.
        (&["apply", "--yes"], 16),
        (&["apply", "--yes", "--exit-code"], 16),
    ] {
        let ran = bench.run(arguments).expect(code).says("both `west/routes` left the files with their target");
        let ran = ways.into_iter().fold(ran, |ran, way| ran.says(way));
        assert!(ran.out.matches(ways[0]).count() <= 1, "a way is told twice: {}", ran.all());
    }
    bench.run(&["apply", "--yes", "--allow", "deletes=2"]).expect(32).says(words);
    bench.destroy(&["--only-target", "west"]).says("no target `west` is declared");
    // With the file back, all of it goes, and nothing else.
    bench.write("west.yaml", &file("west", routes));
    bench.run(&["plan", "--exit-code"]).expect(0);
    bench.destroy(&["--only-target", "west"]).expect(0);
    assert_eq!(count(&sim, "west", "10.1.0.0/16"), 0);
    assert!(count(&sim, "east", "10.1.0.0/16") > 0);
    bench.apply();
    // Or it is let go of, by a pattern.
    std::fs::remove_file(bench.path().join("west.yaml")).unwrap();
    bench.destroy(&[]).says(words);
    bench.run(&["adopt", "--forget", "north/**"]).expect(1).says("`north/**` is not owned");
    bench.run(&["adopt", "--forget", "west/**"]).expect(0).says("west/routes/y: let go of");
    bench.run(&["adopt", "--forget", "west/**"]).expect(1);
    bench.apply();
    bench.run(&["plan", "--exit-code"]).expect(0);
    assert!(count(&sim, "west", "10.1.0.0/16") > 0);
}
