//! The life of a deployment: installed, changed, moved to a new blueprint, failed, repaired and removed.

use serde_json::json;

use crate::bench::Bench;
use crate::lab::{BLUEPRINT, ENVELOPE, Lab, VERSIONS};
use crate::support::{Sim, wagon};

/// A blueprint without nodes.
const EMPTY: &str = "tosca_definitions_version: cloudify_dsl_1_3\nimports: [cloudify/types/types.yaml]\n";

/// The field that is to show as drift, and what somebody does.
type Interference = (&'static str, fn(&Lab));

/// What somebody did to an installed deployment at the manager: each shows as drift of the field that it is about.
#[test]
fn drift_of_an_installed_deployment_shows() {
    for &version in VERSIONS {
        let declared = "{ blueprint_id: router, installed: true, visibility: private, inputs: { size: 1 } }";
        let changes: [Interference; 4] = [
            ("installed", |lab| lab.set(&json!({ "state": "stopped" }))),
            ("inputs", |lab| lab.set(&json!({ "inputs": { "size": 7 } }))),
            ("visibility", |lab| lab.set(&json!({ "visibility": "tenant" }))),
            ("blueprint_id", Lab::replace_blueprint),
        ];
        for (field, change) in changes {
            let lab = Lab::new(version, declared);
            lab.bench.apply();
            lab.bench.run(&["drift"]).expect(0);
            change(&lab);
            let drift = lab.bench.run(&["drift"]).expect(4);
            assert!(
                drift.out.contains(field) && drift.out.contains("m/deployments/one"),
                "{version:?}: {}",
                drift.all()
            );
            // A wider visibility can only be taken back by making the deployment anew.
            if field != "visibility" {
                lab.bench.apply();
                lab.converged();
                assert_eq!(lab.states(), ["started", "started"], "{version:?}: {field}");
            }
        }
    }
}

/// A failed installation is told with the node, its error and what to run; the next run goes on where it failed.
#[test]
fn a_failed_installation_is_told_and_continued() {
    for &version in VERSIONS {
        let lab = Lab::new(version, "{ blueprint_id: router, installed: true, inputs: { simulate_failure: start } }");
        let failed = lab.bench.run(&["apply", "--yes"]).expect(5);
        for words in
            ["it ended as `failed`", "\n        top: Task failed", "simulated failure", "run `trueup apply` again"]
        {
            assert!(failed.out.contains(words), "`{words}` is not in:\n{}", failed.all());
        }
        // Old servers don't count operations.
        assert!(version.is_some() || failed.err.contains(" of 19)"), "{}", failed.all());
        assert_eq!(lab.ran(), ["install failed"]);
        assert!(lab.states().contains(&"starting".to_owned()), "{:?}", lab.states());
        lab.bench.run(&["plan"]).expect(0).says("installed: partial → true");

        // The cause is still there: the same workflow is tried once more, and nothing is taken down for it.
        lab.bench.run(&["apply", "--yes", "--quiet"]).expect(5);
        assert_eq!(lab.ran(), ["install failed", "install failed"]);
        lab.bench.edit("m.yaml", "simulate_failure: start", "simulate_failure: ''");
        lab.bench.apply();
        assert_eq!(lab.ran()[2..], ["update terminated", "install terminated"], "{version:?}");
        assert_eq!(lab.states(), ["started", "started"]);
        // What was there went on from where it was; old servers begin anew with all nodes, each time.
        let path = "/events?event_type=workflow_node_event&message=Creating%25&_include=message";
        let created = lab.get(path)["metadata"]["pagination"]["total"].as_u64();
        assert_eq!(created, Some(if version.is_none() { 2 } else { 6 }), "{version:?}");
        lab.converged();
    }
}

/// An update that fails in an operation leaves its inputs behind as if it had succeeded: the next run repairs what runs.
#[test]
fn a_failed_update_is_no_success() {
    for &version in VERSIONS {
        let lab = Lab::new(version, "{ blueprint_id: router, installed: true }");
        lab.bench.apply();
        lab.bench.edit("m.yaml", "installed: true", "installed: true, inputs: { simulate_failure: create }");
        lab.set(&json!({ "state": "creating" }));
        let failed = lab.bench.run(&["apply", "--yes"]).expect(5);
        assert!(failed.out.contains("simulated failure"), "{}", failed.all());
        lab.bench.edit("m.yaml", "simulate_failure: create", "simulate_failure: ''");
        lab.bench.apply();
        assert_eq!(lab.states(), ["started", "started"], "{version:?}: {:?}", lab.ran());
        lab.converged();
    }
}

/// Outputs that the manager can't evaluate, such as one of a node with several instances, are no fault of the deployment.
#[test]
fn outputs_that_cant_be_evaluated_stop_nothing() {
    for code in ["deployment_outputs_evaluation_error", "deployment_capabilities_evaluation_error"] {
        let lab = Lab::new(None, "{ blueprint_id: router, installed: true }");
        let message =
            "Multi instances of node \"top\" are not supported by function: {'get_attribute': ['top', 'addr']}";
        let body = json!({ "error_code": code, "message": message, "server_traceback": null }).to_string();
        let path = format!("/api/v3.1/deployments/one/{}", code.split('_').nth(1).unwrap());
        lab.fault(&json!([{ "method": "GET", "path": path, "status": 400, "body": body }]));
        lab.bench.apply();
        assert_eq!(lab.states(), ["started", "started"]);
        lab.converged();
        lab.bench.run(&["drift"]).expect(0);
        assert!(lab.hits() > 0);
        // Only who asks for one has to do without.
        let field = path.rsplit('/').next().unwrap();
        let secret =
            format!("    secrets: {{ addr: {{ value: '${{m/deployments/one.{field}.addr}}' }} }}\n    deployments:");
        lab.bench.edit("m.yaml", "    deployments:", &secret);
        let unknown = format!("`${{m/deployments/one.{field}.addr}}` never became known");
        lab.bench.run(&["apply", "--yes"]).expect(1).says(&unknown);
    }
}

/// Nothing to install is installed as well as not.
#[test]
fn a_deployment_without_nodes_converges() {
    for &version in VERSIONS {
        let lab = Lab::of(version, EMPTY, "{ blueprint_id: router, installed: true }");
        lab.bench.apply();
        lab.converged();
        lab.bench.edit("m.yaml", "installed: true", "installed: false");
        lab.bench.apply();
        lab.converged();
    }
}

/// Without nodes nobody can tell whether it is installed: once its blueprint brings some, they are, in the same run.
#[test]
fn a_deployment_that_gets_nodes_is_installed_at_once() {
    for &version in VERSIONS {
        for (installed, state) in [(true, "started"), (false, "uninitialized")] {
            let lab = Lab::of(version, EMPTY, &format!("{{ blueprint_id: router, installed: {installed} }}"));
            lab.bench.apply();
            lab.bench.write("blueprints/router/blueprint.yaml", BLUEPRINT);
            let plan = lab.bench.run(&["plan"]).expect(0);
            assert_eq!(plan.out.contains("installed: (none) → true"), installed, "{}", plan.all());
            lab.bench.apply();
            assert_eq!(lab.states(), [state; 2], "{version:?}");
            lab.converged();
        }
    }
}

/// A changed blueprint is uploaded beside the old one, the deployment moves, and the old one goes.
#[test]
fn a_changed_blueprint_takes_its_deployment_along() {
    for (version, installed) in [(Some("4.5"), true), (None, true), (None, false)] {
        let lab = Lab::new(version, &format!("{{ blueprint_id: router, installed: {installed} }}"));
        lab.bench.apply();
        let before = lab.get("/deployments/one")["blueprint_id"].clone();
        lab.bench.edit(
            "blueprints/router/blueprint.yaml",
            "outputs:",
            "  third: { type: cloudify.nodes.Root }\noutputs:",
        );
        lab.bench.apply();
        let after = lab.get("/deployments/one")["blueprint_id"].clone();
        assert_ne!(before, after);
        let blueprints = lab.get("/blueprints?_include=id");
        assert_eq!(blueprints["items"], json!([{ "id": after }]), "the old one is still there");
        let state = if installed { "started" } else { "uninitialized" };
        assert_eq!(lab.states(), [state; 3], "{version:?}");
        lab.converged();
        lab.bench.edit("m.yaml", "deployments:", "# deployments:");
        lab.bench.edit("m.yaml", "      one:", "#     one:");
        lab.bench.apply();
        assert_eq!(lab.get("/deployments?_include=id")["items"], json!([]));
    }
}

/// Servers drop inputs that the blueprint does not declare, and report success: they are refused before anything is sent.
#[test]
fn inputs_are_checked_against_the_blueprint() {
    let lab = Lab::new(None, "{ blueprint_id: router, inputs: { size: 2 } }");
    lab.bench.run(&["validate"]).expect(0);
    for (input, said) in [
        ("sise: 2", "`m/blueprints/router` declares no `sise`, which `m/deployments/one` gives"),
        ("sise: 2", "did you mean `size`?"),
        ("size: '2'", "`size` of `m/deployments/one` has to be a whole number"),
    ] {
        lab.bench.edit("m.yaml", "size: 2", input);
        let ran = lab.bench.run(&["validate"]).expect(3).says(said);
        assert!(ran.err.contains("m.yaml:8:"), "not at its place: {}", ran.all());
        lab.bench.edit("m.yaml", input, "size: 2");
    }
    // Only the manager can tell what a function gives.
    lab.bench.edit("m.yaml", "size: 2", "size: { get_secret: size }");
    lab.bench.run(&["validate"]).expect(0);
    lab.bench.edit("m.yaml", "size: { get_secret: size }", "size: 2");

    lab.bench.edit("blueprints/router/blueprint.yaml", "inputs: {", "inputs: { must: {},");
    lab.bench.run(&["plan"]).says("`m/deployments/one` lacks `must`, which `m/blueprints/router` needs").expect(1);
    lab.bench.edit("blueprints/router/blueprint.yaml", " must: {},", "");

    // An archive says as much as a folder.
    lab.bench.apply();
    lab.bench.run(&["get", "m", "blueprint", "router", "-o", "router.tar.gz"]).expect(0);
    lab.bench.edit("m.yaml", "source: blueprints/router", "source: router.tar.gz");
    lab.converged();
    lab.bench.edit("m.yaml", "size: 2", "sise: 2");
    lab.bench.run(&["validate"]).expect(3).says("did you mean `size`?");
}

/// What a deployment offers to others goes where it is referred to, and goes there again when it changes.
#[test]
fn a_capability_is_an_output() {
    let topology = "{ blueprint_id: router, installed: true, inputs: { size: 2 } }
      two: { blueprint_id: router, inputs: { size: '${m/deployments/one.capabilities.size}' } }";
    let lab = Lab::of(
        None,
        &BLUEPRINT.replace("outputs:", "capabilities: { size: { value: { get_input: size } } }\noutputs:"),
        topology,
    );
    lab.bench.run(&["plan"]).expect(0).says("(known after apply)");
    lab.bench.apply();
    assert_eq!(lab.get("/deployments/two")["inputs"]["size"], 2);
    lab.converged();
    lab.bench.edit("m.yaml", "size: 2", "size: 5");
    lab.bench.apply();
    assert_eq!(lab.get("/deployments/two")["inputs"]["size"], 5);
    lab.converged();
}

/// A folder is packed as the manager takes a plugin, with all that blueprints import. A plugin's version is taken, whatever its
/// content: other content under it is noticed, and the plugin made anew.
#[test]
fn a_plugin_comes_from_a_folder_and_other_content_of_it_is_noticed() {
    ["cloudify", "f5-vnfm"].into_iter().for_each(plugin_from_a_folder);
}

fn plugin_from_a_folder(provider: &str) {
    let sim = Sim::start();
    let topology = "
PROVIDER:
  m:
    at: https://manager.example/api/v3.1
    credentials: { username: admin, password: '${secret.pw}' }
    plugins: { one: { package_name: one-plugin, package_version: '1.0', source: plugin } }
    blueprints: { router: { source: blueprints/router } }
"
    .replace("PROVIDER", provider);
    let importing = EMPTY.replace("types.yaml", "types.yaml, 'plugin:one-plugin'");
    let document =
        "plugins: { one: { executor: central_deployment_agent, package_name: one-plugin, package_version: '1.0' } }\n";
    let bench = Bench::of(&[("trueup.yaml", ENVELOPE), ("m.yaml", &topology)], &sim);
    bench.write("plugin/plugin.yaml", document);
    bench.write("blueprints/router/blueprint.yaml", &importing);
    bench.run(&["validate"]).expect(3).says("`plugin` holds no file `*.wgn`").says("m.yaml:6:");
    bench.write("plugin/one-1.0.wgn", &wagon("one-plugin", "1.0", &[]));
    bench.write("plugin/icon.png", "an image");
    bench.apply();
    bench.run(&["plan", "--exit-code"]).expect(0);

    bench.write("plugin/one-1.0.wgn", &wagon("one-plugin", "1.0", &["two"]));
    let plan = bench.run(&["plan"]).expect(0);
    assert!(plan.out.contains("1 left alone") && plan.out.contains("source: sha256:"), "{}", plan.all());
    // No blueprint imports it any more: it may go, and come again.
    bench.edit("m.yaml", "    blueprints: { router: { source: blueprints/router } }\n", "");
    bench.apply();
    bench.run(&["plan", "--exit-code"]).expect(0);
    bench.run(&["get", "m", "plugin", "one", "-o", "fetched"]).expect(0);
    assert_eq!(std::fs::read(bench.path().join("fetched")).unwrap(), wagon("one-plugin", "1.0", &["two"]));
}
