//! What can't be looked at is not absent, nothing leaves this machine in a rehearsal, and nothing is cut where nobody can widen
//! the window.

use std::fs;

use serde_json::{Value, json};
use trueup::parts::CATALOGUE;

use crate::bench::{Bench, Ran, SITE};
use crate::hostile::{Hostile, nobody};
use crate::support::Sim;

/// The example that is about a provider, and its target.
const EXAMPLES: [(&str, &str, &str); 4] = [
    ("vns3", "vns3-site", "site"),
    ("netfoundry", "netfoundry-appwan", "nf"),
    ("cloudify", "cloudify-router", "cfy"),
    ("f5-vnfm", "f5-vnf", "vnfm"),
];

/// Whoever asks for one object at a controller that does not answer hears that, and not that there is no such object.
#[test]
fn run_and_get_say_that_they_could_not_look() {
    let failures = [
        (json!({ "status": 401, "body": "{\"error\": \"who are you\"}" }), "401"),
        (json!({ "status": 502, "body": "<html><title>502 Bad Gateway</title></html>" }), "502"),
        (json!({ "reset_before": true }), "connect"),
    ];
    for (provider, example, target) in EXAMPLES {
        let sim = Sim::start();
        let bench = Bench::example(example, &sim);
        let provider = CATALOGUE.iter().find(|known| known.name == provider).unwrap();
        let named = |kind: Option<&'static str>| kind.filter(|kind| !provider.kind(kind).unwrap().identity.is_single());
        let required = |fields: &[trueup::parts::Field]| fields.iter().any(|field| field.is_required());
        let actions = provider.actions.iter().filter(|action| !required(action.arguments));
        let action = actions.filter_map(|action| Some((action.name, named(action.on)?))).next();
        let artifact = provider.artifacts.iter().filter(|artifact| !required(artifact.arguments));
        let artifact = artifact.filter_map(|artifact| Some((artifact.name, named(artifact.of)?))).next();
        let kind = provider
            .kinds
            .iter()
            .find(|kind| kind.parent.is_none() && kind.is_declarative() && named(Some(kind.name)).is_some());
        let mut commands = Vec::new();
        commands.extend(action.map(|(name, _)| vec!["run", target, name, "nobody-knows", "--yes", "--out", "x"]));
        commands.extend(artifact.map(|(name, _)| vec!["get", target, name, "nobody-knows", "--out", "x"]));
        commands.extend(kind.map(|kind| vec!["get", target, kind.name, "nobody-knows", "--field", "id", "--out", "x"]));
        assert!(commands.len() > 1, "{example}: {commands:?}");
        for command in commands {
            bench.run(&command).expect(1).says("named `nobody-knows`");
            for (failure, word) in &failures {
                let mut fault = json!({ "method": "GET" });
                fault.as_object_mut().unwrap().extend(failure.as_object().unwrap().clone());
                sim.side_door("POST", "/faults", &json!([fault]));
                let ran = bench.run(&command).expect(1);
                assert!(!ran.err.contains(&format!("`{target}` has no")), "{command:?}: {}", ran.all());
                assert!(ran.err.contains(word) || ran.err.contains("broke"), "{command:?}: {}", ran.all());
                sim.side_door("POST", "/faults", &json!([]));
            }
        }
    }
}

/// Where one target of two is away, each form of a plan tells it once with how hard it was tried, and each resource of it
/// counts.
#[test]
fn a_target_that_is_away_is_one_fact_in_every_form() {
    let sim = Sim::start();
    let at = |site: &str, at: &str| SITE.1.replace("https://203.0.113.30:8000/api", at).replace("site:", site);
    let there = at("there:", &sim.base_url("vns3", "there"));
    let away = at("away:", &format!("{}/api", nobody()));
    let files = [("trueup.yaml", "workspace: two\n"), ("there.yaml", there.as_str()), ("away.yaml", away.as_str())];
    let bench = Bench::real(&files);
    let run = |arguments: &[&str]| bench.run(arguments);
    std::thread::scope(|scope| {
        let forms = ["text", "markdown", "json"].map(|form| {
            let plan = scope.spawn(move || run(&["plan", "--format", form]).expect(32));
            let drift = scope.spawn(move || run(&["drift", "--format", form]).expect(32));
            (form, [plan, drift])
        });
        for (form, runs) in forms {
            for ran in runs.map(|run| run.join().unwrap()) {
                let fact = "not reached (connection refused, 5 tries in ";
                // For programs, each resource has its own.
                let times = if form == "json" { 3 } else { 1 };
                assert_eq!(ran.out.matches(fact).count(), times, "{form}: {}", ran.all());
                assert_eq!(ran.err.matches(fact).count(), usize::from(form != "text"), "{form}: {}", ran.all());
                assert!(form == "json" || ran.out.contains("; 3 resources not looked at"), "{form}: {}", ran.all());
            }
        }
    });
}

/// A proxy that hears anything would answer so; what it answers would be no rehearsal.
#[test]
fn no_proxy_hears_of_what_is_on_this_machine() {
    let sim = Sim::start();
    let proxy = Hostile::answers("502 Bad Gateway", "text/html", "<title>proxy</title>");
    for variable in ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY", "https_proxy", "HTTPS_PROXY"] {
        let files = [("trueup.yaml", "workspace: site\n"), SITE];
        let at = sim.base_url("vns3", "real");
        let real = SITE.1.replace("https://203.0.113.30:8000/api", &at);
        for (bench, arguments) in [
            (Bench::of(&files, &sim), &["plan"][..]),
            (Bench::real(&files), &["--sim", "plan"]),
            (Bench::real(&[files[0], ("vns3.yaml", &real)]), &["plan"]),
        ] {
            let mut command = bench.command(arguments);
            for other in ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY"] {
                command.env_remove(other);
            }
            let ran: Ran = command.env(variable, proxy.url("")).output().unwrap().into();
            let ran = ran.expect(0);
            assert!(!ran.all().contains("502"), "{variable}: {}", ran.all());
            // One that is not understood is not asked either.
            let ran: Ran = command.env(variable, proxy.url("").replace("http:", "socks5:")).output().unwrap().into();
            ran.expect(0);
        }
    }
}

/// Who else hears a password is told before it is sent.
#[test]
fn a_proxy_that_reads_a_password_along_is_named() {
    let proxy = nobody();
    let files = SITE.1.replace("https://203.0.113.30:8000", "http://controller.invalid");
    let bench = Bench::real(&[("trueup.yaml", "workspace: site\n"), ("vns3.yaml", &files)]);
    let mut command = bench.command(&["plan"]);
    let ran: Ran =
        command.env_remove("NO_PROXY").env_remove("no_proxy").env("http_proxy", &proxy).output().unwrap().into();
    let named = format!("in clear through the proxy `{}`", proxy.trim_start_matches("http://"));
    ran.expect(1).says(&named);
    bench.run(&["validate"]).expect(0).says("the credentials of `site` travel in clear: its `at` is `http://`");
}

#[test]
fn nothing_is_cut_where_nobody_can_widen_the_window() {
    let sim = Sim::start();
    let long = format!("{}end", "a-long-comment-".repeat(20));
    let files = SITE.1.replace(
        "    system-variables:",
        &format!("    routes:\n      r: {{ cidr: 10.1.0.0/16, description: {long} }}\n    system-variables:"),
    );
    let bench = Bench::of(&[("trueup.yaml", "workspace: site\n"), ("vns3.yaml", &files)], &sim);
    for arguments in [&["plan"][..], &["plan", "--calls"], &["plan", "--format", "markdown"]] {
        let ran: Ran = bench.command(arguments).env("COLUMNS", "40").output().unwrap().into();
        let ran = ran.expect(0);
        assert!(ran.out.contains(&long), "{arguments:?}: {}", ran.all());
    }
}

#[test]
fn what_never_ends_is_no_ledger() {
    for file in ["/dev/zero", "/dev/full", "/dev/tty0-not-there/x", "."] {
        let envelope = format!("workspace: site\nledger: {{ file: {file} }}\n");
        let bench = Bench::real(&[
            ("trueup.yaml", &envelope),
            ("vns3.yaml", &SITE.1.replace("https://203.0.113.30:8000", &nobody())),
        ]);
        let ran = bench.run(&["plan", "--timeout", "30s"]).expect(1);
        assert!(!ran.err.contains("not done within"), "{file}: {}", ran.all());
        if file != "/dev/tty0-not-there/x" {
            ran.says("it is no regular file");
        }
    }
}

#[test]
fn a_workspace_has_a_size_that_is_told() {
    let bench = Bench::real(&[("trueup.yaml", "workspace: site\n"), SITE]);
    fs::write(bench.path().join("z.yaml"), "# nothing\n".repeat(2 << 20)).unwrap();
    bench.run(&["validate"]).expect(3).says("larger than 16 MB in all; `z.yaml` is not read");
    bench.run(&["plan"]).expect(1).says("larger than 16 MB in all");
}

/// Full pages for ever, as a server gives them that does not know its own paging.
#[test]
fn a_list_without_an_end_is_unseen() {
    let page = |_: &str| -> crate::hostile::Answer {
        let items: Vec<Value> =
            (0..1000).map(|n| json!({ "id": n.to_string(), "key": n.to_string(), "pad": "x".repeat(900) })).collect();
        let page = json!({ "items": items, "version": "7.1.0", "edition": "premium", "metadata": { "pagination": { "total": u32::MAX, "offset": 0, "size": 1000 } } });
        ("200 OK", "application/json", page.to_string().into_bytes())
    };
    let server = Hostile::over_http(page);
    let files = format!(
        "cloudify:\n  cfy:\n    at: {}\n    credentials: {{ username: admin, password: stand-in }}\n    secrets:\n      a: {{ value: abcdefgh }}\n",
        server.url("")
    );
    let bench = Bench::real(&[("trueup.yaml", "workspace: m\n"), ("m.yaml", &files)]);
    let mut command = bench.command(&["plan"]);
    let ran: Ran = command.env("TRUEUP_MAX_REPLY_BYTES", "4000000").output().unwrap().into();
    ran.expect(1).says("the list is longer than 4000000 bytes in all").says("TRUEUP_MAX_REPLY_BYTES");
}

/// What the API always has and does not show, as in the replies of an earlier platform, is no reason for a new object.
#[test]
fn what_a_reply_leaves_out_is_not_gone() {
    let network = "workspace: w\nnetfoundry:\n  nf:\n    at: https://gateway.production.netfoundry.io\n    networks:\n      \
                   n:\n        networkGroupId: nf Group\n        provider: AWS\n        region: us-east-2\n        size: small\n        \
                   edge-routers: { hub: { provider: AWS, locationCode: us-east-1, attributes: ['#r'] } }\n";
    let sim = Sim::start();
    let bench = Bench::of(&[("trueup.yaml", network)], &sim);
    bench.apply();
    let unsaid = json!({ "set": { "kind": "edge-routers", "name": "hub", "fields": { "region": null } } });
    sim.side_door("POST", "/netfoundry/nf/console", &unsaid);
    bench.run(&["plan", "--exit-code"]).expect(0).says("nothing to do");
    bench.run(&["drift"]).expect(0);
    // Nor is it where nothing is known of what was sent.
    bench.forget();
    let ran = bench.run(&["plan"]).expect(0).says("cannot be verified");
    assert!(!ran.all().contains("to replace, ") || ran.all().contains("0 to replace"), "{}", ran.all());
}
