//! A manager that others filled: what is exported and taken over is as it should be, and nothing is uploaded anew.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;

use serde_json::json;

use crate::bench::{Bench, Ran};
use crate::support::Sim;

const BLUEPRINT: &str = "tosca_definitions_version: cloudify_dsl_1_3\nimports: [ cloudify/types/types.yaml ]\n\
                         node_templates:\n  n: { type: cloudify.nodes.Root }\n";

/// A blueprint as people pack it: with owners, times and modes.
fn packed(files: &[(&str, &str)]) -> Vec<u8> {
    let mut archive = tar::Builder::new(Vec::new());
    for (path, text) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(text.len() as u64);
        header.set_mode(if path.ends_with(".sh") { 0o775 } else { 0o664 });
        header.set_mtime(1_700_000_000);
        archive.append_data(&mut header, format!("folder/{path}"), text.as_bytes()).unwrap();
    }
    archive.into_inner().unwrap()
}

/// Each provider that keeps content by its id.
const PROVIDERS: [&str; 2] = ["cloudify", "f5-vnfm"];

/// A manager with a blueprint of the id `fw` and a deployment of it, and a workspace that says where it is.
fn filled(provider: &str, sim: &Sim) -> Bench {
    let (at, login) = ((provider, "m"), "admin:admin");
    let files = [("blueprint.yaml", BLUEPRINT), ("scripts/start.sh", "exit 0\n")];
    sim.upload(at, login, "/blueprints/fw?application_file_name=blueprint.yaml", &packed(&files));
    sim.call(at, login, "PUT", "/deployments/fw", &json!({ "blueprint_id": "fw" }));
    let workspace = format!(
        "workspace: w\n{provider}:\n  m:\n    at: {}\n    tenant: default_tenant\n    \
         credentials: {{ username: admin, password: '${{secret.pw}}' }}\nsecrets: {{ pw: {{ env: PW }} }}\n",
        sim.base_url(provider, "m")
    );
    Bench::real(&[("trueup.yaml", &workspace)])
}

fn run(bench: &Bench, arguments: &[&str]) -> Ran {
    let mut command = bench.command(arguments);
    command.env("PW", "admin").env("M_PASSWORD", "admin").output().unwrap().into()
}

#[test]
fn an_export_of_what_others_made_plans_nothing() {
    for provider in PROVIDERS {
        let sim = Sim::start();
        let bench = filled(provider, &sim);
        run(&bench, &["export", "m", "--out", "exported"]).expect(0);
        run(&bench, &["plan", "exported"]).expect(0).says("nothing to write").says("to adopt");
        run(&bench, &["apply", "--yes", "exported"]).expect(0);
        run(&bench, &["plan", "--exit-code", "exported"]).expect(0).says("nothing to do");
        assert_eq!(uploads(&sim), 1, "{provider}: nothing but what was uploaded by hand");
    }
}

#[test]
fn the_same_files_in_a_folder_are_what_is_there_and_others_are_not() {
    for provider in PROVIDERS {
        let sim = Sim::start();
        let bench = filled(provider, &sim);
        bench.write("bp/blueprint.yaml", BLUEPRINT);
        bench.write("bp/scripts/start.sh", "exit 0\n");
        let script = bench.path().join("bp/scripts/start.sh");
        fs::set_permissions(&script, Permissions::from_mode(0o700)).unwrap();
        let declared = format!(
            "{provider}: {{ m: {{ blueprints: {{ fw: {{ source: bp }} }}, deployments: {{ fw: {{ blueprint_id: fw }} }} }} }}\n"
        );
        bench.write("m.yaml", &declared);
        run(&bench, &["plan"]).expect(0).says("nothing to write").says("2 to adopt");
        run(&bench, &["adopt", "--all"]).expect(0);
        run(&bench, &["plan", "--exit-code"]).expect(0);
        let reads = || sim.side_door("GET", "/requests", &json!(null)).to_string().matches("/archive").count();
        let before = reads();
        run(&bench, &["drift"]).expect(0);
        assert_eq!(reads(), before, "{provider}: it is remembered what it holds");
        // Other files are another blueprint: it comes, the deployment moves, the old one goes. So is one that can't be run.
        bench.write("bp/scripts/start.sh", "exit 0\n");
        run(&bench, &["apply", "--yes"]).expect(0).says("1 to replace");
        run(&bench, &["plan", "--exit-code"]).expect(0);
        assert_eq!(uploads(&sim), 2, "{provider}");
        let left = sim.call((provider, "m"), "admin:admin", "GET", "/blueprints?_include=id", &json!(null));
        assert_eq!(left["items"].as_array().unwrap().len(), 1, "{provider}: {left}");
    }
}

fn uploads(sim: &Sim) -> usize {
    let log = sim.side_door("GET", "/requests", &json!(null));
    let is_upload = |entry: &&serde_json::Value| {
        entry["method"] == "PUT" && entry["path"].as_str().is_some_and(|path| path.contains("/blueprints/"))
    };
    log.as_array().unwrap().iter().filter(is_upload).count()
}

/// What no API gives back in full, with what refers to it: the provider, the kinds, and what of them is only told to be there.
const NOT_GIVEN_BACK: [(&str, &str, &str); 3] = [
    (
        "vns3",
        "    container-system: { running: true }\n    \
         plugins: { ids: { name: ids, image_url: 'https://images.example/ids.tar.gz', command: /opt/ids } }\n    \
         plugin-instances: { tap: { plugin_id: ids } }\n",
        "t/plugins/ids_1",
    ),
    ("cloudify", USERS, "t/users/rob"),
    ("f5-vnfm", USERS, "t/users/rob"),
];

const USERS: &str = "    tenant: default_tenant\n    users: { rob: { password: '${var.pw}', role: default } }\n    \
                     tenants: { branch: { tenant-users: { rob: { role: user } } } }\n";

#[test]
fn what_is_not_given_back_is_there_for_what_refers_to_it() {
    for (provider, kinds, told) in NOT_GIVEN_BACK {
        let sim = Sim::start();
        let credentials = match provider {
            "vns3" => "{ username: api, password: '${var.pw}' }",
            _ => "{ username: admin, password: '${var.pw}' }",
        };
        let head = "workspace: w\nvars: { pw: { default: stand-in } }\n";
        let target =
            format!("{provider}:\n  t:\n    at: https://t.example/api\n    credentials: {credentials}\n{kinds}");
        let bench = Bench::of(&[("trueup.yaml", head), ("t.yaml", &target)], &sim);
        bench.apply();
        let note = format!("`{told}` is written as `external: true`");
        bench.run(&["export", "t", "--out", "exported"]).expect(0).says(&note);
        let copy = Bench::copied(&bench.path().join("exported"), &sim);
        let run = |arguments: &[&str]| -> Ran {
            copy.command(arguments).env("T_PASSWORD", "stand-in").output().unwrap().into()
        };
        run(&["validate"]).expect(0);
        run(&["plan"]).expect(0).says("nothing to write");
        run(&["adopt", "--all"]).expect(0);
        run(&["plan", "--exit-code"]).expect(0).says("nothing to do");
    }
}
