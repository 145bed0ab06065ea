//! No secret in anything that is printed, written, or visible from outside: canaries are looked for everywhere.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Stdio;
use std::thread;
use std::time::Duration;

use base64::prelude::{BASE64_STANDARD, Engine};
use serde_json::{Value, json};

use crate::bench::{Bench, Ran};
use crate::hostile::Hostile;
use crate::support::Sim;

/// A workspace with a secret in every place that takes one: credentials, a whole field, a part of a text, an item of a
/// list, an input of a deployment; from a file, the environment, and a program.
fn workspace(sim: &Sim) -> Bench {
    let envelope = "
workspace: canaries
secrets:
  api: { file: secrets/api.txt }
  psk: { file: secrets/psk.txt }
  hook: { env: CANARY_HOOK }
  bgp: { command: [cat, secrets/bgp.txt] }
  cfy: { file: secrets/cfy.txt }
  login: { file: secrets/login.txt }
";
    let vns3 = r#"
vns3:
  site:
    at: https://203.0.113.30:8000/api
    credentials: { username: api, password: "${secret.api}" }
    config: { topology_name: canaries, controller_name: one }
    peering-self: { id: 1 }
    ipsec-local: { ipsec_local_ipaddress: "${site/config.private_ipaddress}" }
    ipsec-endpoints:
      office:
        ipaddress: 198.51.100.7
        secret: "${secret.psk}"
        ike_version: 2
        vpn_type: vti
        route_based_int_address: 169.254.10.1/30
        route_based_local: 0.0.0.0/0
        route_based_remote: 0.0.0.0/0
        ebgp-peers:
          169.254.10.2: { asn: 65001, bgp_password: "${secret.bgp}" }
    webhooks:
      chat:
        url: "https://chat.example/hooks/${secret.hook}"
        body: '{"text": "%{message}"}'
        events: [tunnel_up, tunnel_down]
        headers: [{ name: Authorization, value: "Bearer ${secret.hook}" }]
"#;
    let cloudify = r#"
cloudify:
  cfy:
    at: https://cloudify.example/api/v3.1
    tenant: default_tenant
    credentials: { username: admin, password: "${secret.cfy}" }
    secrets:
      login: { value: "${secret.login}", is_hidden_value: true }
"#;
    let bench = Bench::of(&[("trueup.yaml", envelope), ("vns3.yaml", vns3), ("cloudify.yaml", cloudify)], sim);
    for name in ["api", "psk", "bgp", "cfy", "login"] {
        bench.write(&format!("secrets/{name}.txt"), &canary(name));
    }
    bench
}

fn canary(name: &str) -> String {
    format!("canary-{name}-7f3a9c")
}

/// What must be found nowhere: each secret as it is, and as logins and bodies would encode it.
fn canaries() -> Vec<String> {
    let plain = ["api", "psk", "hook", "bgp", "cfy", "login"].map(canary);
    let logins = [("api", "api"), ("admin", "cfy")]
        .map(|(user, name)| BASE64_STANDARD.encode(format!("{user}:{}", canary(name))));
    let encoded = plain.clone().map(|text| BASE64_STANDARD.encode(text).trim_end_matches('=').to_owned());
    plain.into_iter().chain(logins).chain(encoded).collect()
}

fn run(bench: &Bench, arguments: &[&str]) -> Ran {
    let output = bench.command(arguments).env("CANARY_HOOK", canary("hook")).output().unwrap();
    let ran = Ran::from(output);
    nowhere(&ran.out, &format!("stdout of {arguments:?}"));
    nowhere(&ran.err, &format!("stderr of {arguments:?}"));
    ran
}

#[track_caller]
fn nowhere(text: &str, place: &str) {
    for canary in canaries() {
        assert!(!text.contains(&canary), "`{canary}` is in {place}:\n{text}");
    }
}

/// Every file below the workspace but the sources of the secrets: no canary, and what is private is its owner's.
#[track_caller]
fn no_file_tells(bench: &Bench) {
    for (name, bytes) in bench.files() {
        if name.starts_with("secrets") {
            continue;
        }
        nowhere(&String::from_utf8_lossy(&bytes), &format!("`{}`", name.display()));
        let written_by_it = name.starts_with(".trueup") || name.extension().is_some_and(|end| end == "json");
        if written_by_it && !bytes.is_empty() {
            let mode = fs::metadata(bench.path().join(&name)).unwrap().permissions().mode() & 0o777;
            assert_eq!(mode, 0o600, "`{}` can be read by others", name.display());
        }
    }
    let folder = bench.path().join(".trueup");
    if folder.exists() {
        assert_eq!(fs::metadata(folder).unwrap().permissions().mode() & 0o777, 0o700);
    }
}

/// Each command that shows something, in each of its forms.
fn tell_all(bench: &Bench) {
    for format in ["text", "json", "markdown"] {
        run(bench, &["plan", "--format", format]);
        run(bench, &["drift", "--format", format]);
        run(bench, &["validate", "--format", format]);
    }
    run(bench, &["plan", "--calls", "--all", "-vv", "--out", "plan.json"]);
    for format in ["mermaid", "dot"] {
        run(bench, &["graph", "--format", format]).expect(0);
        run(bench, &["graph", "--plan", "plan.json", "--format", format]).expect(0);
    }
    no_file_tells(bench);
}

#[test]
fn no_canary_in_anything_that_is_said_or_kept() {
    let sim = Sim::start();
    let bench = workspace(&sim);
    tell_all(&bench);
    run(&bench, &["apply", "--yes", "-vv"]).expect(0);
    tell_all(&bench);
    // What can't be taken back waits until somebody means it.
    run(&bench, &["plan", "--exit-code"]).expect(2);
    for (target, folder) in [("site", "from-site"), ("cfy", "from-cfy")] {
        run(&bench, &["export", target, "--out", folder, "-vv"]);
    }
    no_file_tells(&bench);
    // New secrets: neither the old nor the new ones are shown.
    let change =
        json!({ "set": { "kind": "webhooks", "name": "chat", "fields": { "url": "https://elsewhere.example" } } });
    sim.side_door("POST", "/vns3/site/console", &change);
    tell_all(&bench);
    bench.write("secrets/psk.txt", "canary-psk-7f3a9c-new");
    tell_all(&bench);
    run(&bench, &["apply", "--yes", "-vv"]).expect(0);
    run(&bench, &["destroy", "--yes", "--allow", "deletes=100", "-vv"]);
    no_file_tells(&bench);
}

#[test]
fn nor_in_what_a_failure_leaves() {
    for fault in [
        json!({ "status": 500, "body": format!("cannot store {}", "it") }),
        json!({ "status": 400, "body": "<html><title>no</title></html>" }),
        json!({ "reset_after": true }),
        json!({ "truncate": 10 }),
    ] {
        let sim = Sim::start();
        let bench = workspace(&sim);
        let mut fault = fault;
        fault.as_object_mut().unwrap().insert("method".into(), json!("POST"));
        sim.side_door("POST", "/faults", &json!([fault]));
        run(&bench, &["apply", "--yes", "-vv"]);
        run(&bench, &["apply", "--yes", "--format", "json"]);
        no_file_tells(&bench);
    }
}

#[test]
fn nor_in_a_journal_that_a_crash_leaves() {
    let sim = Sim::start();
    let bench = workspace(&sim);
    for line in [5, 10, 20, 1000] {
        let mut command = bench.command(&["apply", "--yes", "-vv"]);
        command.env("CANARY_HOOK", canary("hook")).env("TRUEUP_CRASH_AFTER_LINES", line.to_string());
        let ran = Ran::from(command.output().unwrap());
        nowhere(&ran.out, "stdout");
        nowhere(&ran.err, "stderr");
        no_file_tells(&bench);
    }
}

/// Controllers may repeat in an error what they were sent.
#[test]
fn nor_in_the_words_of_a_controller_that_repeats_what_it_got() {
    let sim = Sim::start();
    let bench = workspace(&sim);
    let body = json!({ "error": { "name": "X", "message": format!("bad secret {}", canary("psk")) } }).to_string();
    let fault = json!({ "method": "POST", "path": "/api/ipsec/endpoints", "status": 400, "body": body,
        "content_type": "application/json" });
    sim.side_door("POST", "/faults", &json!([fault]));
    run(&bench, &["apply", "--yes", "-vv"]).expect(5).says("bad secret");
    run(&bench, &["apply", "--yes", "--format", "json"]);
    no_file_tells(&bench);
}

#[test]
#[cfg(target_os = "linux")]
fn nor_in_what_other_users_see_of_the_process() {
    let sim = Sim::start_with(sim::Options { latency: Duration::from_millis(20), ..Default::default() });
    let bench = workspace(&sim);
    let mut command = bench.command(&["apply", "--yes"]);
    command.env("CANARY_HOOK", canary("hook")).stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = command.spawn().unwrap();
    let mut looks = 0;
    while child.try_wait().unwrap().is_none() {
        // The process and the programs that it runs: `ps` reads the same files.
        for process in fs::read_dir("/proc").unwrap().map_while(Result::ok) {
            let arguments = fs::read(process.path().join("cmdline")).unwrap_or_default();
            let arguments = String::from_utf8_lossy(&arguments).into_owned();
            if is_ours(&process.path(), child.id()) {
                nowhere(&arguments, "the arguments of a process");
                looks += 1;
            }
        }
        thread::sleep(Duration::from_millis(5));
    }
    assert!(looks > 3, "the process was looked at {looks} times");
}

/// Says whether a folder of `/proc` is about a process or a child of it.
fn is_ours(folder: &Path, process: u32) -> bool {
    let status = fs::read_to_string(folder.join("status")).unwrap_or_default();
    let number = |key: &str| status.lines().find_map(|line| line.strip_prefix(key)?.trim().parse::<u32>().ok());
    number("Pid:") == Some(process) || number("PPid:") == Some(process)
}

/// A password that reads differently in each spelling.
const ECHOED: &str = "p\"s/k+canary-echo 1&2";

/// What an echoing controller makes of it: it says it in every error, in all these spellings.
fn echo() -> String {
    let (json, basic) = (json!(ECHOED).to_string(), BASE64_STANDARD.encode(format!("api:{ECHOED}")));
    let percent = "p%22s%2Fk%2Bcanary-echo%201%262";
    let form = "p%22s%2Fk%2Bcanary-echo+1%262";
    let html = "p&quot;s/k+canary-echo 1&amp;2";
    let said = format!(
        "raw {ECHOED} json {json} percent {percent} form {form} html {html} header {basic}\n::error::x \u{1b}[2J\u{202e}"
    );
    json!({ "error": { "name": "E", "message": said } }).to_string()
}

#[test]
fn nor_in_any_spelling_that_a_controller_chooses() {
    let server = Hostile::answers("400 Bad Request", "application/json", echo());
    let at = server.url("/api");
    let site = format!(
        "vns3:\n  site:\n    at: {at}\n    credentials: {{ username: api, password: \"${{secret.pw}}\" }}\n    \
         system-variables: {{ noc: {{ value: a }} }}\n"
    );
    let files = [("trueup.yaml", "workspace: echo\nsecrets: { pw: { env: PW } }\n"), ("site.yaml", site.as_str())];
    let bench = Bench::real(&files);
    let parts = ["canary", "p%22s", "&quot;", &BASE64_STANDARD.encode(format!("api:{ECHOED}"))[4..]];
    for arguments in [
        &["plan"][..],
        &["plan", "--format", "json"],
        &["plan", "--format", "markdown"],
        &["drift"],
        &["apply", "--yes", "-vv"],
        &["export", "site", "--out", "copy"],
    ] {
        let ran = Ran::from(bench.command(arguments).env("PW", ECHOED).output().unwrap());
        for part in parts {
            assert!(!ran.all().contains(part), "{arguments:?} shows `{part}`:\n{}", ran.all());
        }
        for raw in ["\u{1b}[2J", "\u{202e}", "\n::error"] {
            assert!(!ran.err.contains(raw), "{arguments:?} says {raw:?}:\n{}", ran.err);
        }
        assert!(ran.all().contains("(secret secret.pw)"), "{arguments:?}:\n{}", ran.all());
    }
}

/// A rehearsal in this process sends stand-ins whether or not the secrets are there, and keeps itself out of git.
#[test]
fn a_rehearsal_keeps_no_secret_and_takes_none() {
    let text = "workspace: r\nsecrets: { pw: { env: PW }, psk: { env: PSK } }\n";
    let site = "vns3:\n  x:\n    at: https://203.0.113.1:8000/api\n    \
                credentials: { username: api, password: \"${secret.pw}\" }\n    \
                ipsec-local: { ipsec_local_ipaddress: 10.0.0.5 }\n    \
                ipsec-endpoints: { e: { ipaddress: 192.0.2.1, secret: \"${secret.psk}\" } }\n";
    let bench = Bench::real(&[("trueup.yaml", text), ("x.yaml", site)]);
    let set = |arguments: &[&str]| {
        let mut command = bench.command(arguments);
        Ran::from(command.env("PW", "canary-real-pw").env("PSK", "canary-real-psk").output().unwrap())
    };
    bench.run(&["--sim", "apply", "--yes", "-q"]).expect(0);
    set(&["--sim", "plan", "--exit-code"]).expect(0);
    set(&["--sim", "apply", "--yes", "-q"]).expect(0);
    bench.run(&["--sim", "plan", "--exit-code"]).expect(0);
    assert_eq!(fs::read_to_string(bench.path().join(".trueup/.gitignore")).unwrap(), "*\n");
    for (name, bytes) in bench.files() {
        assert!(!String::from_utf8_lossy(&bytes).contains("canary-real"), "`{}` holds a secret", name.display());
    }
}

/// What makes the tests above worth something: the canaries did reach the controllers.
#[test]
fn the_controllers_got_them() {
    let sim = Sim::start();
    let bench = workspace(&sim);
    run(&bench, &["apply", "--yes"]).expect(0);
    let holds = |place: &str| sim.side_door("GET", &format!("/{place}/state"), &Value::Null).to_string();
    let (site, cfy) = (holds("vns3/site"), holds("cloudify/cfy"));
    for name in ["api", "psk", "bgp", "hook"] {
        assert!(site.contains(&canary(name)), "`{name}` never arrived");
    }
    assert!(cfy.contains(&canary("login")));
}

/// A deployment's output repeats its input, and a rule and a variable of another controller take it.
#[test]
fn nor_in_what_takes_it_back_through_an_output() {
    let outputs = "tosca_definitions_version: cloudify_dsl_1_3\nimports: [cloudify/types/types.yaml]\n\
                   inputs: { key: { type: string } }\nnode_templates: {}\n\
                   outputs: { key: { value: { get_input: key } } }\n";
    let topology = |provider: &str| {
        format!(
            "
workspace: back
secrets: {{ psk: {{ file: psk.txt }} }}
{provider}:
  mgr:
    at: https://manager.example/api/v3.1
    tenant: default_tenant
    credentials: {{ username: admin, password: stand-in }}
    blueprints: {{ r: {{ source: r }} }}
    deployments: {{ d: {{ blueprint_id: r, inputs: {{ key: '${{secret.psk}}' }} }} }}
vns3:
  site:
    at: https://203.0.113.30:8000/api
    credentials: {{ username: api, password: stand-in }}
    firewall-rules:
      - {{ rule: 'FORWARD_CUST -m string --string ${{mgr/deployments/d.outputs.key}} -j DROP' }}
      - {{ rule: 'FORWARD_CUST -s 10.1.0.0/16 -j ACCEPT' }}
    system-variables:
      v: {{ value: '${{mgr/deployments/d.outputs.key}}' }}
"
        )
    };
    let (first, rotated) = (canary("back"), canary("rotated"));
    for provider in ["cloudify", "f5-vnfm"] {
        let sim = Sim::start();
        let bench = Bench::of(&[("trueup.yaml", &topology(provider)), ("r/blueprint.yaml", outputs)], &sim);
        bench.write("psk.txt", &first);
        let secret_in = |place: &str, text: &str| {
            for canary in [&first, &rotated] {
                assert!(!text.contains(canary.as_str()), "{provider}, {place}: {text}");
            }
        };
        let kept = |place: &str| {
            let files = bench.files();
            for (path, bytes) in files.iter().filter(|(path, _)| !path.ends_with("psk.txt")) {
                secret_in(&format!("{place}, {}", path.display()), &String::from_utf8_lossy(bytes));
            }
        };
        let told = |arguments: &[&str]| {
            let ran = bench.run(arguments);
            secret_in(&arguments.join(" "), &ran.all());
            ran
        };
        told(&["apply", "--yes"]).expect(0);
        told(&["plan", "--exit-code"]).expect(0);
        kept("applied");
        // Rotated: the old value is known from where a run put it.
        bench.write("psk.txt", &rotated);
        for arguments in
            [&["plan"][..], &["plan", "--format", "json", "--calls"], &["drift"], &["plan", "--format", "markdown"]]
        {
            told(arguments);
        }
        told(&["export", "site", "-o", "out"]).expect(0);
        let exported = String::from_utf8(bench.files()[Path::new("out/site.yaml")].clone()).unwrap();
        assert!(exported.contains("FORWARD_CUST -s 10.1.0.0/16 -j ACCEPT"), "{exported}");
        kept("exported");
        told(&["apply", "--yes"]).expect(0);
        told(&["plan", "--exit-code"]).expect(0);
        kept("rotated");
    }
}
