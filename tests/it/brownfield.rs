//! A manager that others filled: what is exported and taken over is as it should be, and nothing is uploaded anew.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;

use serde_json::json;

use crate::bench::{Bench, Ran};
use crate::downloads::plugin;
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

/// A manager that somebody filled by hand, with something of each kind that an export gives back whole, and a workspace that
/// says where it is.
fn filled(provider: &str, sim: &Sim) -> Bench {
    let (at, login) = ((provider, "m"), "admin:admin");
    let files = [("blueprint.yaml", BLUEPRINT), ("scripts/start.sh", "exit 0\n")];
    sim.upload(at, login, ("PUT", "/blueprints/fw?application_file_name=blueprint.yaml"), &packed(&files));
    sim.upload(at, login, ("POST", "/plugins"), &plugin());
    for (method, path, body) in [
        ("PUT", "/deployments/fw", json!({ "blueprint_id": "fw" })),
        ("PUT", "/secrets/psk", json!({ "value": "s3cret-1" })),
        ("PUT", "/secrets/hidden", json!({ "value": "s3cret-2", "is_hidden_value": true, "visibility": "private" })),
        ("POST", "/user-groups", json!({ "group_name": "staff", "role": "default" })),
        ("POST", "/tenants/acme", json!({})),
        ("PUT", "/tenants/user-groups", json!({ "tenant_name": "acme", "group_name": "staff", "role": "viewer" })),
    ] {
        sim.call(at, login, method, path, &body);
    }
    let workspace = format!(
        "workspace: w\n{provider}:\n  m:\n    at: {}\n    tenant: default_tenant\n    \
         credentials: {{ username: admin, password: '${{secret.pw}}' }}\nsecrets: {{ pw: {{ env: PW }} }}\n",
        sim.base_url(provider, "m")
    );
    Bench::real(&[("trueup.yaml", &workspace)])
}

/// What the manager in [`filled`] holds, for the secrets that an export names.
const VALUES: [(&str, &str); 4] = [
    ("PW", "admin"),
    ("M_PASSWORD", "admin"),
    ("M_SECRETS_PSK_VALUE", "s3cret-1"),
    ("M_SECRETS_HIDDEN_VALUE", "s3cret-2"),
];

fn run(bench: &Bench, arguments: &[&str]) -> Ran {
    let mut command = bench.command(arguments);
    command.envs(VALUES).output().unwrap().into()
}

#[test]
fn an_export_of_what_others_made_plans_nothing() {
    for provider in PROVIDERS {
        let sim = Sim::start();
        let bench = filled(provider, &sim);
        let before = writes(&sim).len();
        run(&bench, &["export", "m", "--out", "exported"]).expect(0);
        run(&bench, &["plan", "exported"]).expect(0).says("nothing to write").says("to adopt");
        run(&bench, &["apply", "--yes", "exported"]).expect(0);
        run(&bench, &["plan", "--exit-code", "exported"]).expect(0).says("nothing to do");
        assert_eq!(writes(&sim).len(), before, "{provider}: nothing but what was done by hand");
    }
}

/// A change of what an export says, the first behind a word: that word, what stands there and what is to; and the verb and
/// the end of the path of the call that carries it out.
const CHANGES: [[&str; 5]; 5] = [
    ["secrets:", "visibility: private", "visibility: tenant", "PATCH", "/secrets/hidden/set-visibility"],
    ["secrets:", "is_hidden_value: true", "is_hidden_value: false", "PATCH", "/secrets/hidden"],
    ["", "role: viewer", "role: operations", "PATCH", "/tenants/user-groups"],
    ["", "installed: false", "installed: true", "POST", "/executions"],
    ["package_version:", "visibility: tenant", "visibility: global", "PATCH", "/set-visibility"],
];

#[test]
fn one_change_to_what_others_made_is_one_call() {
    for provider in PROVIDERS {
        let sim = Sim::start();
        let bench = filled(provider, &sim);
        run(&bench, &["export", "m", "--out", "exported"]).expect(0);
        // The first run of all in this workspace: what it remembers has to hold for the next one.
        run(&bench, &["adopt", "--all", "exported"]).expect(0);
        run(&bench, &["plan", "--exit-code", "exported"]).expect(0).says("nothing to do");
        for [behind, from, to, method, path] in CHANGES {
            let before = writes(&sim).len();
            let text = fs::read_to_string(bench.path().join("exported/m.yaml")).unwrap();
            let (first, rest) = text.split_at(text.find(behind).unwrap_or(text.len()));
            assert!(rest.contains(from), "{provider}: `{from}` is not behind `{behind}`: {text}");
            bench.write("exported/m.yaml", &format!("{first}{}", rest.replacen(from, to, 1)));
            run(&bench, &["apply", "--yes", "exported"]).expect(0).says("1 request sent");
            let sent = writes(&sim).split_off(before);
            let is_it = |call: &String| call.starts_with(method) && call.ends_with(path);
            assert!(sent.len() == 1 && is_it(&sent[0]), "{provider}: {to}: {sent:?}");
        }
        run(&bench, &["plan", "--exit-code", "exported"]).expect(0).says("nothing to do");
    }
}

/// All requests that write, in order.
fn writes(sim: &Sim) -> Vec<String> {
    let log = sim.side_door("GET", "/requests", &json!(null));
    let written = log.as_array().unwrap().iter().filter(|entry| entry["method"] != "GET");
    written.map(|entry| format!("{} {}", entry["method"].as_str().unwrap(), entry["path"].as_str().unwrap())).collect()
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

#[test]
fn what_another_tenant_shows_to_all_is_referred_to_as_external() {
    for provider in PROVIDERS {
        let sim = Sim::start();
        let (at, login) = ((provider, "m"), "admin:admin");
        let shared = "/blueprints/shared?application_file_name=blueprint.yaml&visibility=global";
        sim.upload(at, login, ("PUT", shared), &packed(&[("blueprint.yaml", BLUEPRINT)]));
        sim.call(at, login, "POST", "/tenants/acme", &json!({}));
        let before = writes(&sim).len();
        let workspace = format!(
            "workspace: w\n{provider}:\n  m:\n    at: {}\n    tenant: acme\n    \
             credentials: {{ username: admin, password: '${{secret.pw}}' }}\n    \
             blueprints: {{ shared: {{ external: true }} }}\n    deployments: {{ d: {{ blueprint_id: shared }} }}\n\
             secrets: {{ pw: {{ env: PW }} }}\n",
            sim.base_url(provider, "m")
        );
        let bench = Bench::real(&[("trueup.yaml", &workspace)]);
        run(&bench, &["apply", "--yes"]).expect(0);
        run(&bench, &["plan", "--exit-code"]).expect(0).says("nothing to do");
        run(&bench, &["destroy", "--yes", "--allow", "deletes=1"]).expect(0);
        let sent = writes(&sim).split_off(before);
        assert!(sent.iter().all(|call| call.contains("/deployments/d")), "{provider}: {sent:?}");
        // Without a word about it in the files it is none of this tenant's.
        bench.edit("trueup.yaml", "shared: { external: true }", "other: { external: true }");
        bench.edit("trueup.yaml", "blueprint_id: shared", "blueprint_id: other");
        run(&bench, &["plan"]).says("it is external, and not there");
    }
}

#[test]
fn an_export_tells_what_another_tenant_shows_as_external_where_it_is_referred_to() {
    for provider in PROVIDERS {
        let sim = Sim::start();
        let (at, login) = ((provider, "m"), "admin:admin");
        for name in ["shared", "shared-3322c92703e7", "idle"] {
            let path = format!("/blueprints/{name}?application_file_name=blueprint.yaml&visibility=global");
            sim.upload(at, login, ("PUT", &path), &packed(&[("blueprint.yaml", BLUEPRINT)]));
        }
        sim.call(at, login, "POST", "/tenants/acme", &json!({}));
        let workspace = format!(
            "workspace: w\n{provider}:\n  m:\n    at: {}\n    tenant: acme\n    wait: 90s\n    \
             credentials: {{ username: admin, password: '${{secret.pw}}' }}\nsecrets: {{ pw: {{ env: PW }} }}\n",
            sim.base_url(provider, "m")
        );
        let deployments = "    blueprints: { shared: { external: true }, shared-3322c92703e7: { external: true } }\n    \
                           deployments: { d: { blueprint_id: shared }, e: { blueprint_id: shared-3322c92703e7 } }\n";
        let bench = Bench::real(&[("trueup.yaml", &workspace.replace("secrets:", &format!("{deployments}secrets:")))]);
        run(&bench, &["apply", "--yes"]).expect(0);
        bench.write("trueup.yaml", &workspace);
        std::fs::remove_dir_all(bench.path().join(".trueup")).unwrap();
        let before = writes(&sim).len();
        run(&bench, &["export", "m", "--out", "exported"])
            .expect(0)
            .says("`m/blueprints/shared` is written as `external");
        let exported = fs::read_to_string(bench.path().join("exported/m.yaml")).unwrap();
        for told in ["wait: 90s\n", "      shared:\n        external: true\n", "blueprint_id: shared-3322c92703e7\n"] {
            assert!(exported.contains(told), "{provider}: {told}{exported}");
        }
        assert!(!exported.contains("idle"), "{provider}: {exported}");
        run(&bench, &["validate", "exported"]).expect(0);
        run(&bench, &["plan", "exported"]).expect(0).says("nothing to write").says("  m/deployments/e\n");
        run(&bench, &["adopt", "--all", "exported"]).expect(0);
        run(&bench, &["plan", "--exit-code", "exported"]).expect(0).says("nothing to do");
        assert_eq!(writes(&sim).len(), before, "{provider}");
    }
}

fn uploads(sim: &Sim) -> usize {
    writes(sim).iter().filter(|call| call.starts_with("PUT ") && call.contains("/blueprints/")).count()
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

/// Kinds with fields that no API gives back: what an export says of them.
const NEVER_GIVEN_BACK: [(&str, &str, &str); 3] = [
    (
        "vns3",
        "    links: { far: { id: 7, name: far, conf: '${var.pw}' } }\n    \
         system-variables: { noc: { value: 10.1.0.0/16 } }\n",
        "#   links: conf, vns3_controller, vns3_auth, auth_type\n",
    ),
    ("cloudify", USERS, "#   users: password\n"),
    ("f5-vnfm", USERS, "#   users: password\n"),
];

#[test]
fn what_is_never_given_back_is_told_in_a_comment() {
    for (provider, kinds, told) in NEVER_GIVEN_BACK {
        let sim = Sim::start();
        let name = if provider == "vns3" { "api" } else { "admin" };
        let credentials = format!("{{ username: {name}, password: '${{var.pw}}' }}");
        let head = "workspace: w\nvars: { pw: { default: stand-in } }\n";
        let target =
            format!("{provider}:\n  t:\n    at: https://t.example/api\n    credentials: {credentials}\n{kinds}");
        let bench = Bench::of(&[("trueup.yaml", head), ("t.yaml", &target)], &sim);
        bench.apply();
        bench.run(&["export", "t", "--out", "exported"]).expect(0);
        let text = std::fs::read_to_string(bench.path().join("exported/t.yaml")).unwrap();
        assert!(text.contains(told), "{provider}: {text}");
        assert!(!text.contains("#   system-variables") && !text.contains("#   tenants"), "{provider}: {text}");
    }
}
