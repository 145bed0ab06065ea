//! What controllers do on request and hand out, from the command line to the simulated controller and back.

use std::os::unix::fs::PermissionsExt;

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use serde_json::{Value, json};

use crate::bench::Bench;
use crate::support::Sim;

/// A workspace over simulators of its own.
struct Lab {
    sim: Sim,
    bench: Bench,
}

impl Lab {
    fn new(files: &[(&str, &str)]) -> Lab {
        let sim = Sim::start();
        let lab = Lab { bench: Bench::of(files, &sim), sim };
        lab.bench.apply();
        lab
    }

    /// Runs a command that has to succeed, and gives what it printed.
    #[track_caller]
    fn ok(&self, arguments: &[&str]) -> String {
        self.bench.run(arguments).expect(0).out
    }

    /// Runs a command that has to fail, and gives what it said.
    #[track_caller]
    fn fails(&self, arguments: &[&str]) -> String {
        let ran = self.bench.run(arguments);
        assert_ne!(ran.code, Some(0), "{arguments:?}\n{}", ran.all());
        ran.err
    }

    /// Fetches an artifact and gives its content.
    #[track_caller]
    fn get(&self, arguments: &[&str]) -> Vec<u8> {
        self.ok(&[&["get"], arguments, &["-o", "fetched"]].concat());
        self.private("fetched")
    }

    /// The content of a file that only its owner may read.
    #[track_caller]
    fn private(&self, name: &str) -> Vec<u8> {
        let path = self.bench.path().join(name);
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600, "{name}");
        std::fs::read(path).unwrap()
    }
}

const WORKSPACE: &str = "workspace: lab\nsecrets: { pw: { env: PASSWORD } }\n";

/// A certificate of that name, as PEM, signed by the authority or, without one, by itself; and what signs in its name.
fn certificate(name: &str, authority: Option<&Issuer<'static, KeyPair>>) -> (String, Issuer<'static, KeyPair>) {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let certificate = match authority {
        Some(authority) => params.signed_by(&key, authority).unwrap(),
        None => params.self_signed(&key).unwrap(),
    };
    (certificate.pem(), Issuer::new(params, key))
}

#[test]
fn netfoundry() {
    let (authority, issuer) = certificate("devices", None);
    let topology = "
netfoundry:
  nf:
    at: https://gateway.example
    credentials: { clientId: id, password: '${secret.pw}', authenticationUrl: https://login.example/oauth2/token }
    networks:
      acme:
        networkGroupId: ACME Group
        provider: AWS
        region: us-east-2
        edge-routers: { branch: { attributes: ['#branch'] } }
        endpoints: { laptop: { attributes: ['#staff'], enrollmentMethod: { ott: true } } }
        certificate-authorities: { devices: { certPem: PEM } }
"
    .replace("PEM", &json!(authority).to_string());
    let lab = Lab::new(&[("trueup.yaml", WORKSPACE), ("nf.yaml", &topology)]);
    assert!(lab.ok(&["run", "nf", "--list"]).contains("rotate-registration-key <edge-routers>"));

    let spoken = lab.fails(&["run", "nf", "rotate-registration-key", "branch"]);
    assert!(spoken.contains("a secret, which is not printed"), "{spoken}");
    // A session is as good as a password: it goes to a file only.
    lab.fails(&["run", "nf", "exchange", "acme"]);
    lab.ok(&["run", "nf", "exchange", "acme", "--out", "session"]);
    lab.ok(&["run", "nf", "rotate-registration-key", "branch", "--out", "key"]);
    let first = lab.private("key");
    lab.ok(&["run", "nf", "rotate-registration-key", "branch", "--out", "key"]);
    assert_ne!(lab.private("key"), first);
    // A key can be read like other outputs; it is a new one, but never of a router that has enrolled.
    lab.get(&["nf", "edge-routers", "branch", "--field", "registrationKey"]);
    let enrolled = json!({ "set": { "kind": "edge-routers", "name": "branch", "fields": { "verified": true } } });
    lab.sim.side_door("POST", "/netfoundry/nf/console", &enrolled);
    let refused = lab.fails(&["get", "nf", "edge-routers", "branch", "--field", "registrationKey", "-o", "key"]);
    assert!(refused.contains("its machine has enrolled"), "{refused}");

    let twice = ["run", "nf", "share", "laptop", r#"["ana@acme.example"]"#, "Your access"];
    assert_eq!(lab.ok(&twice), "share: done\n");
    assert!(
        lab.fails(&["run", "nf", "share", "laptop", "--param", "subject=Hi"]).contains("`--param to=…` is missing")
    );

    let token =
        String::from_utf8(lab.get(&["nf", "certificate-authorities", "devices", "--field", "verificationToken"]));
    let token = token.unwrap();
    for (name, signer) in [(&token, None), (&"other".to_owned(), Some(&issuer))] {
        lab.bench.write("proof.pem", &certificate(name, signer).0);
        lab.fails(&["run", "nf", "verify", "devices", "proof.pem"]);
    }
    lab.bench.write("proof.pem", &certificate(&token, Some(&issuer)).0);
    let verified: Value = serde_json::from_str(&lab.ok(&["run", "nf", "verify", "devices", "proof.pem"])).unwrap();
    assert_eq!(verified["verified"], true);

    let warned = lab.fails(&["run", "nf", "suspend", "acme"]);
    assert!(warned.contains("`suspend` means: outage"), "{warned}");
    assert_eq!(lab.ok(&["run", "nf", "suspend", "acme", "--yes"]), "SUSPENDED\n");
    let again = lab.fails(&["run", "nf", "suspend", "acme", "--yes"]);
    assert!(again.contains("not for one whose `status` is `SUSPENDED`"), "{again}");
    assert_eq!(lab.ok(&["run", "nf", "resume", "acme"]), "PROVISIONED\n");
    let out: Value = serde_json::from_str(&lab.ok(&["run", "nf", "logout"])).unwrap();
    assert_eq!(out, json!({ "loggedOut": true }));
}

const BLUEPRINT: &str = "
tosca_definitions_version: cloudify_dsl_1_4
imports: [cloudify/types/types.yaml]
inputs: { simulate_failure: { default: '' } }
node_templates: { router: { type: cloudify.nodes.Root } }
";

fn manager(provider: &str) {
    let topology = format!(
        "
{provider}:
  m:
    at: https://manager.example/api/v3.1
    credentials: {{ username: admin, password: '${{secret.pw}}' }}
    blueprints: {{ router: {{ source: blueprints/router }} }}
    deployments:
      good: {{ blueprint_id: router, installed: true }}
      bad: {{ blueprint_id: router, installed: false, inputs: {{ simulate_failure: install }} }}
"
    );
    let files = [("trueup.yaml", WORKSPACE), ("m.yaml", &topology), ("blueprints/router/blueprint.yaml", BLUEPRINT)];
    let lab = Lab::new(&files);

    // A workflow with parameters: declared ones, and what the workflow itself takes.
    let heal =
        ["run", "m", "execute", "good", "execute_operation", "-p", "operation=cloudify.interfaces.lifecycle.start"];
    assert_eq!(lab.ok(&heal), "terminated\n");
    let dry = lab.bench.run(&["run", "m", "execute", "good", "uninstall", "-p", "dry_run=true"]);
    assert_eq!((dry.code, dry.out.as_str()), (Some(0), "terminated\n"), "{}", dry.err);
    assert!(dry.err.contains("following `"), "{}", dry.err);
    let unknown = lab.fails(&["run", "m", "execute", "good", "fly"]);
    assert!(unknown.contains("the controller answered 4"), "{unknown}");

    // A failure is told with what the events say.
    let failed = lab.bench.run(&["run", "m", "execute", "bad", "install"]);
    assert_eq!(failed.code, Some(1), "{}", failed.out);
    assert!(failed.err.contains("it ended as `failed`"), "{}", failed.err);
    assert!(failed.err.contains("Task failed '") && failed.err.contains("simulated failure"), "{}", failed.err);
    let id = failed.err.split("following `").nth(1).and_then(|rest| rest.split('`').next()).unwrap().to_owned();

    // What is over can't be stopped, and a kill would rewrite how it ended.
    for stop in ["cancel", "force-cancel", "kill"] {
        let refused = lab.fails(&["run", "m", stop, &id, "--yes"]);
        assert!(refused.contains("not for one whose `status` is `failed`"), "{stop}: {refused}");
    }
    if provider == "cloudify" {
        let again = lab.fails(&["run", "m", "execute", "good", "install"]);
        assert!(again.contains("Workflow not available: install"), "{again}");
        let resumed = lab.fails(&["run", "m", "resume", &id]);
        assert!(resumed.contains("simulated failure"), "{resumed}");
        lab.fails(&["run", "m", "force-resume", &id]);
    }

    // Snapshots.
    assert_eq!(lab.ok(&["run", "m", "snapshot-create", "first", "-p", "include_logs=false"]), "terminated\n");
    let zip = lab.get(&["m", "snapshot", "first"]);
    assert!(zip.starts_with(b"PK"));
    std::fs::write(lab.bench.path().join("first.zip"), &zip).unwrap();
    assert_eq!(lab.ok(&["run", "m", "snapshot-upload", "second", "first.zip"]), "uploaded\n");
    let unsaid = lab.fails(&["run", "m", "snapshot-restore", "second", "--yes"]);
    assert!(unsaid.contains("`--param force=…` is missing"), "{unsaid}");
    let restore = ["run", "m", "snapshot-restore", "second", "true", "--yes"];
    assert_eq!(lab.ok(&restore), "terminated\n");
    assert_eq!(lab.ok(&["run", "m", "snapshot-delete", "first", "--yes"]), "first\n");
    assert!(lab.fails(&["get", "m", "snapshot", "first", "-o", "gone"]).contains("404"));
    assert!(!lab.bench.path().join("gone").exists());

    // Archives.
    assert!(lab.get(&["m", "blueprint", "router"]).len() > 100);

    // Maintenance.
    assert_eq!(lab.ok(&["run", "m", "maintenance-on", "--yes"]), "activated\n");
    // Asked for what is so already, a manager answers 304 and nothing more.
    assert_eq!(lab.ok(&["run", "m", "maintenance-on", "--yes"]), "activated\n");
    assert_ne!(lab.bench.run(&["plan"]).code, Some(0));
    assert_eq!(lab.ok(&["run", "m", "maintenance-off"]), "deactivated\n");
    assert_eq!(lab.ok(&["run", "m", "maintenance-off"]), "deactivated\n");
    lab.ok(&["plan"]);
}

#[test]
fn cloudify() {
    manager("cloudify");
}

#[test]
fn f5_vnfm() {
    manager("f5-vnfm");
}

/// One that is still running is stopped; the simulated one is slow enough to be caught.
#[test]
fn a_running_execution_is_cancelled() {
    let topology = "
cloudify:
  m:
    at: https://manager.example/api/v3.1
    credentials: { username: admin, password: '${secret.pw}' }
    blueprints: { router: { source: blueprints/router } }
    deployments: { good: { blueprint_id: router, installed: false } }
";
    let files = [("trueup.yaml", WORKSPACE), ("m.yaml", topology), ("blueprints/router/blueprint.yaml", BLUEPRINT)];
    let lab = Lab::new(&files);
    for (stop, number) in [("cancel", 0), ("force-cancel", 1), ("kill", 2)] {
        let started = lab.sim.call(
            ("cloudify", "m"),
            "admin:simulated-pw",
            "POST",
            "/executions",
            &json!({"deployment_id": "good", "workflow_id": "install", "force": number > 0}),
        );
        let id = started["id"].as_str().unwrap_or_else(|| panic!("{started}")).to_owned();
        assert_eq!(lab.ok(&["run", "m", stop, &id, "--yes"]), "cancelled\n", "{stop}");
    }
}

#[test]
fn vns3() {
    let topology = "
vns3:
  east:
    at: https://203.0.113.10:8000/api
    credentials: { password: '${secret.pw}' }
    ipsec-endpoints:
      west:
        ipaddress: 203.0.113.12
        secret: '${secret.pw}'
        tunnels: { lan: { local_subnet: 10.1.0.0/16, remote_subnet: 10.2.0.0/16 } }
    webhooks: { chat: { url: https://chat.example/hook, body: '{}', events: [tunnel_up] } }
    alerts: { tunnels: { webhook_id: chat, url: https://chat.example/hook, events: [tunnel_up] } }
    packet-monitors: { web: { type: pcap, interface: eth0, filter: port 80, duration: forever, destination: file } }
    container-system: { running: true }
    plugins: { probe: { name: probe, version: '1', image_url: https://images.example/probe.tar.gz } }
    plugin-instances:
      ha:
        plugin_id: probe
        command: /usr/bin/supervisord
        manager_config:
          configuration_files: [{ path: /etc/ha.conf, name: ha }]
          process_manager: { name: supervisor, subprocesses: [app] }
          executables: [{ name: app, path: /bin/app, commands: { start: up } }]
        # content
    firewall-rules:
      - { rule: INPUT_CUST -p tcp --dport 22 -j DROP, comment: none }
";
    let lab = Lab::new(&[("trueup.yaml", WORKSPACE), ("east.yaml", topology)]);
    let run = |arguments: &[&str]| lab.ok(&[&["run", "east"], arguments].concat());

    let unset = lab.fails(&["run", "east", "ms-alert-test"]);
    assert!(unset.contains("MS is not configured"), "{unset}");
    assert!(run(&["alert-test", "tunnels"]).contains("success"));
    run(&["identity-vpn-test", "ldap", "-p", "host=ldap.example", "-p", "port=389"]);
    lab.bench.write("bind", "hunter2\n");
    run(&["identity-controller-test", "ldap", "-p", "host=ldap.example", "-p", "bindpw=bind"]);
    run(&["ipsec-restart", "--yes"]);
    let ways = [
        "lan",
        "west/lan",
        "west/tunnels/lan",
        "ipsec-endpoints/west/tunnels/lan",
        "east/ipsec-endpoints/west/tunnels/lan",
    ];
    for way in ways {
        assert_eq!(run(&["tunnel-bounce", way, "--yes"]), "true\n", "{way}");
    }
    lab.fails(&["run", "east", "tunnel-bounce", "lan/west", "--yes"]);
    run(&["reset-connection-tracking", "--yes"]);
    run(&["firewall-v1-reset-connection-tracking", "--yes"]);
    run(&["firewall-v1-subgroups-reload"]);
    run(&["firewall-v1-fwsets-reload"]);
    run(&["interface-discovery", "-p", "discover_ips=true"]);

    let rules = lab.get(&["east", "firewall-rules", "-p", "type=plaintext"]);
    assert!(String::from_utf8_lossy(&rules).contains("--dport 22"));
    lab.bench.write("rules", "INPUT_CUST -p tcp --dport 23 -j DROP\n");
    assert!(run(&["firewall-import", "rules", "-p", "position=-1"]).contains("--dport 23"));

    let pack: Value = serde_json::from_str(&run(&["clientpack-checkout"])).unwrap();
    let pack = pack["name"].as_str().unwrap_or_else(|| panic!("{pack}")).to_owned();
    let conf = lab.get(&["east", "clientpack", &pack, "-p", "fileformat=conf"]);
    assert!(!conf.is_empty());
    let printed = lab.bench.run(&["get", "east", "clientpack", &pack, "-p", "fileformat=conf", "-o", "-"]).expect(0);
    assert_eq!(printed.out.as_bytes(), conf, "to stdout, and nothing else");
    let way = "ipsec-endpoints/west";
    let printed = lab.bench.run(&["get", "east", "ipsec-endpoints", way, "--field", "ipaddress", "-o", "-"]).expect(0);
    assert_eq!(printed.out, "203.0.113.12");
    assert!(!lab.bench.path().join("-").exists());
    assert!(!lab.get(&["east", "clientpack-file", &pack]).is_empty());
    // New keys are there once the controller says so, and none but the pack's.
    let again = lab.fails(&["run", "east", "clientpack-regenerate", "100_64_0_9", "--yes"]);
    assert!(again.contains("100_64_0_9"), "{again}");
    assert_eq!(run(&["clientpack-regenerate", &pack, "--yes"]), "clientpack-regenerate: done\n");
    assert_ne!(lab.get(&["east", "clientpack", &pack, "-p", "fileformat=conf"]), conf);
    assert!(run(&["remote-support-revoke-credential"]).contains("revoke_credential"));
    for action in ["client-reset", "client-disconnect"] {
        let refused = lab.fails(&["run", "east", action, &pack, "--yes"]);
        assert!(refused.contains("is not connected"), "{refused}");
    }
    run(&["clients-reset-all", "--yes"]);

    run(&["packet-monitor-start", "web"]);
    let twice = lab.fails(&["run", "east", "packet-monitor-start", "web"]);
    assert!(twice.contains("`response.success` is `false`"), "{twice}");
    run(&["packet-monitor-stop", "web"]);
    assert!(!lab.get(&["east", "packet-capture", "web"]).is_empty());

    run(&["container-image-export", "probe", "copy"]);
    assert!(run(&["plugin-exports", "probe"]).starts_with('['));
    run(&["plugin-export-create", "probe", "backup"]);
    run(&["plugin-export-list"]);
    lab.sim.side_door("POST", "/clock", &json!({ "advance_ms": 60_000 }));
    assert!(!lab.get(&["east", "plugin-export", "probe", "-p", "export=backup"]).is_empty());
    run(&["plugin-export-delete", "probe", "backup"]);

    run(&["plugin-processes", "ha"]);
    assert!(run(&["plugin-process", "ha", "app", "restart"]).contains("\"failed\": false"));
    assert!(run(&["plugin-execute", "ha", "start"]).contains("/bin/app up"));
    run(&["plugin-commit", "ha", "probe-2", "-p", "version=2"]);
    run(&["plugin-instance-export-create", "ha", "state"]);
    lab.sim.side_door("POST", "/clock", &json!({ "advance_ms": 60_000 }));
    assert!(!lab.get(&["east", "plugin-instance-export", "ha", "-p", "export=state"]).is_empty());
    assert!(run(&["plugin-instance-exports", "ha"]).contains("state"));
    run(&["plugin-instance-export-delete", "ha", "state"]);
    lab.bench.edit("east.yaml", "# content", "plugin-instance-configurations: { ha: { content: first } }");
    lab.bench.apply();
    lab.bench.edit("east.yaml", "first", "second");
    lab.bench.apply();
    run(&["plugin-configuration-revert", "ha", "1", "--yes"]);
    run(&["plugin-configuration-version-delete", "ha", "2", "--yes"]);
    run(&["plugin-configuration-clear", "ha", "--yes"]);

    lab.bench.write("passphrase", "c2VjcmV0\n");
    let pem = lab.get(&["east", "remote-support-keypair", "-p", "passphrase=passphrase"]);
    assert!(pem.starts_with(b"-----BEGIN"));

    run(&["snapshot-create", "before"]);
    assert!(run(&["snapshot-list"]).contains("before"));
    let snapshot = lab.get(&["east", "snapshot", "before"]);
    std::fs::write(lab.bench.path().join("before"), &snapshot).unwrap();
    let refused = lab.fails(&["run", "east", "snapshot-import", "before", "--yes"]);
    assert!(refused.contains("Keyset present"), "{refused}");
    run(&["snapshot-delete", "before", "--yes"]);

    lab.bench.write("upgrade", "dXBncmFkZQ==\n");
    let upgrade: Value = serde_json::from_str(&run(&["license-upgrade", "upgrade", "--yes"])).unwrap();
    assert_eq!(upgrade["finalized"], false);
    let up: u64 = run(&["reboot", "--yes"]).trim().parse().unwrap();
    assert!(up < 30, "{up}");
}
