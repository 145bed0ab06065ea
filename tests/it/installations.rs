//! Which controller answers: one that moved is told from one that was rebuilt, by what it says of itself.

use std::fs;

use serde_json::{Value, json};
use sim::Options;

use crate::bench::{Bench, Ran};
use crate::hostile::{Answer, Hostile, SelfSigned};
use crate::support::Sim;

const ENVELOPE: &str = "workspace: moves\nsecrets: { word: { file: word.txt } }\n";

/// A way to declare something at a provider, without `at`.
struct Case {
    provider: &'static str,
    target: &'static str,
    /// The name of the strongest proof.
    proof: &'static str,
}

const CASES: [Case; 3] = [
    Case {
        provider: "vns3",
        target: "    credentials: { username: api, password: \"${secret.word}\" }\n    routes:\n      office: { cidr: 10.1.0.0/16, interface: eth0 }\n      lab: { cidr: 10.2.0.0/16, interface: eth0 }\n",
        proof: "instanceId i-",
    },
    Case {
        provider: "cloudify",
        target: "    credentials: { username: admin, password: \"${secret.word}\" }\n    secrets:\n      one: { value: first }\n      two: { value: second }\n",
        proof: "authority sha256:",
    },
    Case {
        provider: "f5-vnfm",
        target: "    credentials: { username: admin, password: \"${secret.word}\" }\n    secrets:\n      one: { value: first }\n      two: { value: second }\n",
        proof: "manager cloudify_manager_",
    },
];

const NETFOUNDRY: &str = r#"
netfoundry:
  x:
    at: https://gateway.production.netfoundry.io
    credentials: { clientId: api, password: "${secret.word}", authenticationUrl: "https://issuer.example/oauth2/token" }
    networks:
      acme: { networkGroupId: ACME, region: us-east-1 }
"#;

/// Controllers whose state is kept in a folder, so that they can be started elsewhere or be thrown away.
struct Machines {
    folder: tempfile::TempDir,
    sim: Option<Sim>,
}

impl Machines {
    fn start() -> Machines {
        let mut machines = Machines { folder: tempfile::tempdir().unwrap(), sim: None };
        machines.restart();
        machines
    }

    fn sim(&self) -> &Sim {
        self.sim.as_ref().unwrap()
    }

    /// Stops them, and starts them at another port.
    fn restart(&mut self) {
        self.sim.take().into_iter().for_each(Sim::stop);
        let state = Some(self.folder.path().join("state"));
        self.sim = Some(Sim::start_as_told(Options { state, ..Options::default() }));
    }

    /// Throws away all that they hold, and starts them at another port.
    fn rebuild(&mut self) {
        self.sim.take().into_iter().for_each(Sim::stop);
        fs::remove_dir_all(self.folder.path().join("state")).unwrap();
        self.restart();
    }

    /// The requests with an effect since the start.
    fn writes(&self) -> Vec<Value> {
        let all = self.sim().side_door("GET", "/requests", &Value::Null);
        let is_write = |request: &&Value| request["method"] != "GET" && !request["path"].to_string().contains("oauth2");
        all.as_array().unwrap().iter().filter(is_write).cloned().collect()
    }
}

impl Case {
    /// Writes the file of a target that is at one of the machines, called `name`.
    fn at(&self, bench: &Bench, machines: &Machines, name: &str) {
        let at = machines.sim().base_url(self.provider, name);
        bench.write("target.yaml", &format!("{}:\n  x:\n    at: {at}\n{}", self.provider, self.target));
    }

    fn begin(&self) -> (Machines, Bench) {
        let machines = Machines::start();
        let bench = Bench::real(&[("trueup.yaml", ENVELOPE), ("word.txt", "let-me-in")]);
        self.at(&bench, &machines, "x");
        bench.apply();
        (machines, bench)
    }
}

fn targets(bench: &Bench, ledger: &str) -> Value {
    let text = fs::read_to_string(bench.path().join(ledger)).unwrap();
    serde_json::from_str::<Value>(&text).unwrap()["targets"].take()
}

/// Demands that nothing is done at a target that is another installation, whatever is run.
#[track_caller]
fn held(bench: &Bench, machines: &Machines, proof: &str) {
    let says = |ran: Ran| {
        ran.expect(32)
            .says("x: another installation than the one where Trueup applied last:")
            .says(proof)
            .says("left alone")
            .says("--allow moved=x")
    };
    says(bench.run(&["plan"]));
    says(bench.run(&["drift"]));
    let ledger = bench.files();
    says(bench.run(&["apply", "--yes", "--quiet"]));
    says(bench.destroy(&["--quiet"]));
    bench.run(&["adopt", "--all"]).expect(0);
    bench.run(&["plan", "--format", "markdown"]).expect(32).says("another installation").says("moved=x");
    let holds = bench.plan()["holds"].take();
    let holds = holds.as_array().unwrap();
    assert!(!holds.is_empty() && holds.iter().all(|hold| hold["code"] == "moved"), "{holds:?}");
    assert!(machines.writes().is_empty(), "written to another installation: {:?}", machines.writes());
    let proofs = |files: &std::collections::BTreeMap<std::path::PathBuf, Vec<u8>>| {
        let file = files.iter().find(|(path, _)| path.ends_with("ledger.json")).unwrap();
        serde_json::from_slice::<Value>(file.1).unwrap()["targets"].take()
    };
    assert_eq!(proofs(&ledger), proofs(&bench.files()), "a run took over what it was not told");
}

#[test]
fn moved_to_another_port_it_is_the_same_and_told_once() {
    for case in CASES {
        let (mut machines, bench) = case.begin();
        machines.restart();
        case.at(&bench, &machines, "x");
        let words = "x: the same installation as before, though this changed: address http://127.0.0.1:";
        bench.run(&["plan", "--exit-code"]).expect(0).says(words);
        bench.run(&["drift"]).expect(0).says(words);
        bench.apply().says(words);
        let again = bench.run(&["plan", "--exit-code"]).expect(0);
        assert!(!again.err.contains("this changed"), "{}", again.all());
        assert!(machines.writes().is_empty(), "{}: {:?}", case.provider, machines.writes());
    }
}

#[test]
fn rebuilt_behind_its_name_it_is_left_alone_until_somebody_says_that_it_is_the_same_network() {
    for case in CASES {
        let (mut machines, bench) = case.begin();
        machines.rebuild();
        case.at(&bench, &machines, "x");
        held(&bench, &machines, case.proof);
        bench.run(&["apply", "--yes", "--quiet", "--allow", "moved=x"]).expect(0);
        assert!(!machines.writes().is_empty(), "{}", case.provider);
        let after = bench.run(&["plan", "--exit-code"]).expect(0);
        assert!(!after.err.contains("installation"), "{}", after.all());
    }
}

/// What was meant when a plan was made is meant when its file is carried out.
#[test]
fn a_plan_for_what_was_rebuilt_is_carried_out_as_a_file() {
    for case in CASES {
        let (mut machines, bench) = case.begin();
        machines.rebuild();
        case.at(&bench, &machines, "x");
        // Where nothing at all shows any more, that is told besides, by its code.
        bench.run(&["plan", "--out", "p.json", "--allow", "moved=x"]).says("2 to create");
        bench.run(&["apply", "p.json", "--yes", "--quiet"]).expect(0);
        bench.run(&["plan", "--exit-code"]).expect(0);
    }
}

#[test]
fn another_controller_under_another_address_is_not_taken_for_the_first() {
    for case in CASES {
        let (machines, bench) = case.begin();
        let before = machines.writes().len();
        case.at(&bench, &machines, "prod");
        bench
            .run(&["apply", "--yes", "--quiet"])
            .expect(32)
            .says("another installation")
            .says("2 resources are left alone");
        assert_eq!(machines.writes().len(), before, "{}", case.provider);
        // Back at the first one all is as it was.
        case.at(&bench, &machines, "x");
        bench.run(&["plan", "--exit-code"]).expect(0);
    }
}

#[test]
fn the_policy_can_say_so_for_good() {
    let [case, ..] = CASES;
    let (mut machines, bench) = case.begin();
    machines.rebuild();
    case.at(&bench, &machines, "x");
    bench.write("trueup.yaml", &format!("{ENVELOPE}policy: {{ allow: {{ moved: [x] }} }}\n"));
    bench.run(&["apply", "--yes", "--quiet"]).expect(0).says("another installation, which is to be the same network");
    bench.run(&["plan", "--exit-code"]).expect(0);
}

#[test]
fn what_others_have_at_a_rebuilt_controller_stays() {
    let [case, ..] = CASES;
    let (mut machines, bench) = case.begin();
    machines.rebuild();
    case.at(&bench, &machines, "x");
    // Ids are handed out anew: these are the ids of what was ours.
    for cidr in ["172.16.1.0/24", "172.16.2.0/24", "172.16.3.0/24"] {
        let route = json!({ "cidr": cidr, "interface": "eth0" });
        machines.sim().call(("vns3", "x"), "api:let-me-in", "POST", "/routes", &route);
    }
    for _ in 0..3 {
        bench.run(&["apply", "--yes", "--quiet", "--allow", "moved=x"]).expect(0);
    }
    let routes = machines.sim().call(("vns3", "x"), "api:let-me-in", "GET", "/routes", &Value::Null).to_string();
    for cidr in ["172.16.1.0/24", "172.16.2.0/24", "172.16.3.0/24", "10.1.0.0/16", "10.2.0.0/16"] {
        assert!(routes.contains(cidr), "`{cidr}` is not in {routes}");
    }
    bench.run(&["plan", "--exit-code"]).expect(0);
}

#[test]
fn another_tenant_of_the_same_manager_is_another_place() {
    let case = &CASES[1];
    let (_machines, bench) = case.begin();
    bench.edit("target.yaml", "    credentials:", "    tenant: other\n    credentials:");
    let ran = bench.run(&["plan"]);
    assert!(ran.code != Some(0), "{}", ran.all());
    assert!(!ran.out.contains("to create"), "{}", ran.all());
}

#[test]
fn a_simulator_of_netfoundry_is_told_by_its_organization() {
    let mut machines = Machines::start();
    let files = [("trueup.yaml", ENVELOPE), ("word.txt", "let-me-in"), ("nf.yaml", NETFOUNDRY)];
    let bench = Bench::of(&files, machines.sim());
    bench.apply();
    let ids = targets(&bench, ".trueup/sim/ledger.json");
    assert!(ids["x"]["ids"]["organization"]["value"].is_string(), "{ids}");
    assert!(ids["x"]["ids"]["network-group"]["value"].is_string(), "{ids}");
    assert_eq!(ids["x"]["address"], Value::Null, "the port of a simulator proves nothing");
    machines.restart();
    let bench = bench.redirected(machines.sim());
    bench.run(&["plan", "--exit-code"]).expect(0);
    machines.rebuild();
    let bench = bench.redirected(machines.sim());
    held(&bench, &machines, "organization ");
    bench.run(&["apply", "--yes", "--quiet", "--allow", "moved=x"]).expect(0);
    bench.run(&["plan", "--exit-code"]).expect(0);
}

#[test]
fn a_proof_that_a_step_changes_is_taken_down_by_it() {
    let machines = Machines::start();
    let at = machines.sim().base_url("vns3", "x");
    let file = |own: &str| {
        let credentials = "{ username: api, password: \"${secret.word}\" }";
        format!(
            "vns3:\n  x:\n    at: {at}\n    credentials: {credentials}\n    config: {{ controller_name: one }}\n{own}"
        )
    };
    let bench = Bench::real(&[("trueup.yaml", ENVELOPE), ("word.txt", "let-me-in"), ("x.yaml", &file(""))]);
    bench.apply();
    assert_eq!(targets(&bench, ".trueup/ledger.json")["x"]["topology"], Value::Null, "it has no number yet");
    bench.write("x.yaml", &file("    peering-self: { id: 2 }\n"));
    bench.run(&["apply", "--yes", "--quiet", "--allow", "irreversible=x/**"]).expect(0);
    let topology = targets(&bench, ".trueup/ledger.json")["x"]["topology"]["value"].take();
    assert!(topology.as_str().unwrap().ends_with(", manager 2"), "{topology}");
    let next = bench.run(&["plan", "--exit-code"]).expect(0);
    assert!(!next.err.contains("installation"), "{}", next.all());
}

/// A controller that says which machine it is.
fn machine(request: &str) -> Answer {
    let json = "application/json";
    match request.split(' ').nth(1).unwrap_or_default() {
        "/api/cloud_data" => ("200 OK", json, br#"{"response":{"cloud_data":{"instanceId":"i-1"}}}"#.to_vec()),
        path => nameless_at(path),
    }
}

/// A controller that has no id.
fn nameless(request: &str) -> Answer {
    nameless_at(request.split(' ').nth(1).unwrap_or_default())
}

fn nameless_at(path: &str) -> Answer {
    let json = "application/json";
    match path {
        "/api/config" => ("200 OK", json, br#"{"response":{"controller_name":"one"}}"#.to_vec()),
        _ => ("404 Not Found", json, br#"{"error":{"message":"not found"}}"#.to_vec()),
    }
}

#[test]
fn another_certificate_is_another_controller_unless_its_id_says_otherwise() {
    for (answer, is_same) in [(machine as fn(&str) -> Answer, true), (nameless, false)] {
        let file = |server: &Hostile, certificate: &SelfSigned| {
            let (at, pin) = (server.url("/api"), &certificate.sha256);
            format!(
                "vns3:\n  x:\n    at: {at}\n    tls: {{ pin-sha256: {pin} }}\n    \
                 credentials: {{ username: api, password: \"${{secret.word}}\" }}\n    config: {{ controller_name: one }}\n"
            )
        };
        let certificates = [SelfSigned::for_name("127.0.0.1"), SelfSigned::for_name("127.0.0.1")];
        let servers = certificates.each_ref().map(|certificate| Hostile::over_tls(certificate, answer));
        let bench = Bench::real(&[
            ("trueup.yaml", ENVELOPE),
            ("word.txt", "let-me-in"),
            ("x.yaml", &file(&servers[0], &certificates[0])),
        ]);
        bench.run(&["adopt", "--all"]).expect(0);
        let known = targets(&bench, ".trueup/ledger.json");
        assert!(known["x"]["certificate"]["value"].as_str().unwrap().starts_with("sha256:"), "{known}");
        bench.run(&["plan"]).expect(0);
        // The same certificate at another port: what is weaker has changed.
        let moved = Hostile::over_tls(&certificates[0], answer);
        bench.write("x.yaml", &file(&moved, &certificates[0]));
        bench.run(&["plan"]).expect(0).says("the same installation as before, though this changed: address ");
        // Another one than the pinned: since when the ledger knows the key that was there is told.
        bench.write("x.yaml", &file(&servers[1], &certificates[0]));
        let words = "is pinned (SHA-256); its key is another one than the one that is known there since 2";
        // Without an id, the address decides.
        bench.run(&["plan"]).expect(if is_same { 1 } else { 32 }).says(words);
        bench.write("x.yaml", &file(&servers[1], &certificates[1]));
        match is_same {
            true => bench.run(&["plan"]).expect(0).says("though this changed: certificate sha256:"),
            false => bench.run(&["plan"]).expect(32).says("another installation").says(": certificate sha256:"),
        };
    }
}

/// A machine that two targets reach, by its number and by its name.
#[test]
fn one_machine_under_two_names_is_looked_after_by_the_first() {
    for case in CASES {
        let machines = Machines::start();
        let at = machines.sim().base_url(case.provider, "x");
        let two = |first: &str, second: &str| {
            let target = |name: &str, at: &str| format!("  {name}:\n    at: {at}\n{}", case.target);
            let named = at.replace("127.0.0.1", "localhost");
            format!("{}:\n{}{}", case.provider, target(first, &at), target(second, &named))
        };
        let bench =
            Bench::real(&[("trueup.yaml", ENVELOPE), ("word.txt", "let-me-in"), ("target.yaml", &two("a", "b"))]);
        bench.run(&["validate"]).expect(0);
        let words = "b: `b` and `a` are the same installation: ";
        let says = |ran: Ran| {
            ran.expect(32).says(words).says(case.proof).says("2 resources are left alone").says("correct the `at`")
        };
        says(bench.run(&["plan"]));
        says(bench.run(&["drift"]));
        bench.run(&["plan", "--format", "markdown"]).expect(32).says("are the same installation");
        let ran = bench.run(&["apply", "--yes", "--quiet"]).expect(5).says("are the same installation");
        assert!(!ran.out.contains("b/"), "{}", ran.all());
        let writes = machines.writes().len();
        assert!(writes > 0);
        // Again and again, whatever the two are called, and whoever was there first.
        says(bench.run(&["apply", "--yes", "--quiet"]));
        bench.write("target.yaml", &two("a", "A"));
        let ran = bench.run(&["apply", "--yes", "--quiet"]).expect(32);
        ran.says("`A` and `a` are the same installation");
        let plan = bench.plan();
        let held = plan["holds"].as_array().unwrap();
        assert!(held.len() == 2 && held.iter().all(|hold| hold["code"] == "one-installation"), "{plan:#}");
        assert!(held.iter().all(|hold| hold["address"].as_str().unwrap().starts_with("A/")), "{plan:#}");
        bench.run(&["adopt", "--all"]).expect(0);
        assert_eq!(machines.writes().len(), writes, "{}: {:?}", case.provider, machines.writes());
        // One of them alone is fine.
        case.at(&bench, &machines, "x");
        bench.edit("target.yaml", "  x:", "  a:");
        bench.run(&["plan", "--exit-code"]).expect(0);
    }
}

/// Who is let into one organisation twice looks after two networks, and not after one twice.
#[test]
fn one_network_under_two_names_is_looked_after_by_the_first() {
    let machines = Machines::start();
    let at = machines.sim().base_url("netfoundry", "x");
    let files = |own: &str| {
        let target = |name: &str, at: &str, network: &str| {
            let token = format!("{at}/oauth2/token");
            let account = format!("clientId: api, password: \"${{secret.word}}\", authenticationUrl: \"{token}\"");
            let networks = format!("{{ {network}: {{ networkGroupId: x Group, region: us-east-1 }} }}");
            format!("  {name}:\n    at: {at}\n    credentials: {{ {account} }}\n    networks: {networks}\n")
        };
        let named = at.replace("127.0.0.1", "localhost");
        format!("netfoundry:\n{}{}", target("a", &at, "acme"), target("b", &named, own))
    };
    let bench = Bench::real(&[("trueup.yaml", ENVELOPE), ("word.txt", "let-me-in"), ("target.yaml", &files("lab"))]);
    bench.run(&["apply", "--yes", "--quiet"]).expect(0);
    bench.run(&["plan", "--exit-code"]).expect(0);
    bench.write("target.yaml", &files("acme"));
    let ran = bench.run(&["plan"]).expect(32).says("`b` and `a` are the same installation: ");
    ran.says("organization ").says("both mean the one of `networks` with the id ");
}
