//! Several controllers exported at once: one workspace, one ledger, and what one takes from another is still taken from it.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use trueup::parts::source;

use crate::bench::{Bench, Ran};
use crate::support::Sim;

/// The export of a bench's workspace, in a folder of its own, and what its secrets are.
struct Exported {
    bench: Bench,
    secrets: BTreeMap<String, String>,
}

impl Exported {
    /// Exports these targets. `secret` says what a secret is, by its name.
    fn of(bench: &Bench, sim: &Sim, targets: &[&str], secret: impl Fn(&str) -> String) -> Exported {
        bench.run(&[&["export"], targets, &["--out", "exported"]].concat()).expect(0);
        let copy = Bench::copied(&bench.path().join("exported"), sim);
        let main: Value = source::read_as(&copy_of(&copy, "trueup.yaml")).unwrap();
        let told = main["secrets"].as_object().unwrap();
        let secrets =
            told.iter().map(|(name, from)| (from["env"].as_str().unwrap().to_owned(), secret(name))).collect();
        Exported { bench: copy, secrets }
    }

    fn run(&self, arguments: &[&str]) -> Ran {
        self.bench.command(arguments).envs(&self.secrets).output().unwrap().into()
    }

    fn text(&self, file: &str) -> String {
        copy_of(&self.bench, file)
    }

    /// What was written to the controllers since the last time that this was asked.
    fn writes(sim: &Sim) -> Vec<String> {
        let log = sim.side_door("GET", "/requests", &json!(null));
        sim.side_door("DELETE", "/requests", &json!(null));
        let is_write = |entry: &&Value| {
            entry["method"] != "GET" && !["/oauth2/token", "/api/tokens"].iter().any(|path| entry["path"] == *path)
        };
        let line = |entry: &Value| format!("{} {}", entry["method"], entry["path"]).replace('"', "");
        log.as_array().unwrap().iter().filter(is_write).map(line).collect()
    }

    /// Taken into ownership, it is as the files say: nothing is written on the way.
    fn is_adopted_without_a_write(&self, sim: &Sim) {
        Exported::writes(sim);
        self.run(&["validate"]).expect(0);
        self.run(&["plan"]).expect(0);
        // What no API shows, such as a hidden value, is taken on trust.
        self.run(&["adopt", "--all", "--assume"]).expect(0);
        self.run(&["plan", "--exit-code"]).expect(0).says("nothing to do");
        self.run(&["drift"]).expect(0);
        assert_eq!(Exported::writes(sim), Vec::<String>::new());
    }
}

fn copy_of(bench: &Bench, file: &str) -> String {
    fs::read_to_string(bench.path().join(file)).unwrap()
}

#[test]
fn a_topology_of_all_providers_is_exported_as_one() {
    let sim = Sim::start();
    let bench = Bench::example("acme-wan", &sim);
    bench.apply();
    let login = fs::read_to_string(bench.path().join("secrets/cloudify.txt")).unwrap();
    let login = format!("admin:{}", login.trim());
    let deployment = sim.call(("cloudify", "cfy"), &login, "GET", "/deployments/branch-router", &json!(null));
    let secret = |name: &str| {
        let file = match name {
            "east-password" => "vns3-east",
            "west-password" => "vns3-west",
            "cfy-password" => "cloudify",
            "vnfm-password" => "vnfm",
            "nf-clientid" => "netfoundry-client",
            "nf-password" => "netfoundry-password",
            // A key that was handed out once can't be taken again.
            "cfy-deployments-branch-router-inputs-key" => {
                return deployment["inputs"]["key"].as_str().unwrap().to_owned();
            }
            own => own,
        };
        let path = Path::new("secrets").join(format!("{file}.txt"));
        fs::read_to_string(bench.path().join(path)).unwrap_or_else(|error| panic!("{name}: {error}")).trim().to_owned()
    };
    let exported = Exported::of(&bench, &sim, &["nf", "east", "west", "cfy", "vnfm"], secret);
    for (file, taken) in [
        ("east.yaml", "ipaddress: ${west/config.public_ipaddress}"),
        ("east.yaml", "entry: ${nf/networks/acme.networkController.ipAddress}"),
        ("east.yaml", "entry: ${cfy/deployments/branch-router.outputs.lan}"),
        ("west.yaml", "ipaddress: ${east/config.public_ipaddress}"),
        ("cfy.yaml", "hub: ${east/config.public_ipaddress}"),
        ("vnfm.yaml", "tunnel_peer: ${east/config.public_ipaddress}"),
        // What two share is one.
        ("east.yaml", "secret: ${secret.psk-east-west}"),
        ("west.yaml", "secret: ${secret.psk-east-west}"),
    ] {
        assert!(exported.text(file).contains(taken), "`{taken}` is not in {file}:\n{}", exported.text(file));
    }
    exported.is_adopted_without_a_write(&sim);
    let ledger = exported.text(".trueup/sim/ledger.json");
    for address in
        ["nf/networks/acme", "east/config", "west/config", "cfy/deployments/branch-router", "vnfm/blueprints"]
    {
        assert!(ledger.contains(&format!("\"{address}")), "{address} is not owned");
    }
}

/// Two of each provider that hands out ids anew, or keeps content by its name: the same names and ids, other values.
#[test]
fn two_controllers_alike_are_told_apart() {
    let sim = Sim::start();
    let mut files = vec![("trueup.yaml".to_owned(), "workspace: w\n".to_owned())];
    for (n, name) in ["a", "b"].into_iter().enumerate() {
        files.push((format!("bp-{name}/blueprint.yaml"), blueprint(name)));
        files.push((
            format!("{name}.yaml"),
            format!(
                "vns3:\n  v-{name}:\n    at: https://203.0.113.1{n}:8000/api\n    \
                 credentials: {{ username: api, password: opens-{name} }}\n    tls: {{ pin-sha256: {} }}\n    \
                 ipsec-endpoints: {{ hq: {{ ipaddress: 198.51.100.1{n}, secret: psk-{name} }} }}\n\
                 cloudify:\n  m-{name}:\n    at: https://m-{name}.example/api/v3.1\n    tenant: default_tenant\n    \
                 credentials: {{ username: admin, password: lets-{name}-in }}\n    \
                 secrets: {{ s: {{ value: hidden-{name}, is_hidden_value: true }} }}\n    \
                 blueprints: {{ fw: {{ source: bp-{name} }} }}\n    \
                 deployments: {{ fw: {{ blueprint_id: fw }} }}\n",
                "ab".repeat(32)
            ),
        ));
    }
    // A target may have the name of the file that all share.
    files.push((
        "odd.yaml".to_owned(),
        "vns3: { trueup: { at: 'https://203.0.113.50:8000/api', credentials: { username: api, password: odd } } }\n"
            .to_owned(),
    ));
    let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    let bench = Bench::of(&files, &sim);
    bench.apply();
    let secret = |name: &str| match name {
        "v-a-password" => "opens-a".to_owned(),
        "v-b-password" => "opens-b".to_owned(),
        "m-a-password" => "lets-a-in".to_owned(),
        "m-b-password" => "lets-b-in".to_owned(),
        "trueup-password" => "odd".to_owned(),
        "v-a-ipsec-endpoints-hq-secret" => "psk-a".to_owned(),
        "v-b-ipsec-endpoints-hq-secret" => "psk-b".to_owned(),
        "m-a-secrets-s-value" => "hidden-a".to_owned(),
        "m-b-secrets-s-value" => "hidden-b".to_owned(),
        other => panic!("{other}"),
    };
    let exported = Exported::of(&bench, &sim, &["v-b", "v-a", "m-a", "m-b", "trueup"], secret);
    let pinned = format!("tls:\n      pin-sha256: {}\n", "ab".repeat(32));
    assert!(exported.text("v-a.yaml").contains(&pinned), "{}", exported.text("v-a.yaml"));
    assert!(exported.text("trueup.yaml").contains("workspace: w-export\n"));
    exported.is_adopted_without_a_write(&sim);
    // One changed field is one call, at that controller.
    exported.bench.edit("v-b.yaml", "ipaddress: 198.51.100.11", "ipaddress: 198.51.100.7");
    exported.run(&["apply", "--yes"]).expect(0);
    let writes = Exported::writes(&sim);
    assert!(matches!(writes.as_slice(), [one] if one.starts_with("PUT /api/ipsec/endpoints/")), "{writes:?}");
    exported.run(&["plan", "--exit-code"]).expect(0);
}

fn blueprint(name: &str) -> String {
    format!(
        "tosca_definitions_version: cloudify_dsl_1_3\ndescription: {name}\nimports: [ cloudify/types/types.yaml ]\n\
         node_templates:\n  n: {{ type: cloudify.nodes.Root }}\n"
    )
}

#[test]
fn a_target_that_is_not_there_is_named_before_anything_is_asked() {
    let sim = Sim::start();
    let bench = Bench::of(&[("trueup.yaml", "workspace: w\n"), crate::bench::SITE], &sim);
    bench.run(&["export", "site", "sites", "--out", "x"]).expect(1).says("no target `sites`").says("it has `site`");
    bench.run(&["export", "--out", "x"]).expect(64);
    assert!(!bench.path().join("x").exists());
    assert_eq!(sim.side_door("GET", "/requests", &json!(null)), json!([]));
}
