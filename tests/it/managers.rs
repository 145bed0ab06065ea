//! What a manager is asked, request by request: each as a running manager was seen to take it, and nothing beside.

use serde_json::{Value, json};

use crate::bench::Bench;
use crate::support::{Sim, wagon};

const ENVELOPE: &str = "
workspace: lab
secrets: { pw: { env: PASSWORD }, rob: { file: rob.txt } }
";

const BLUEPRINT: &str = "
tosca_definitions_version: cloudify_dsl_1_3
imports: [cloudify/types/types.yaml]
inputs: { size: { default: 1 } }
node_templates: { base: { type: cloudify.nodes.Root } }
";

/// A manager, and a workspace with these kinds of resources on it.
struct Lab {
    sim: Sim,
    bench: Bench,
}

impl Lab {
    fn new(kinds: &str) -> Lab {
        Lab::of("7.1", kinds)
    }

    /// A manager of a version.
    fn of(version: &str, kinds: &str) -> Lab {
        let sim = Sim::of("cloudify", Some(version));
        let files =
            [("trueup.yaml", ENVELOPE), ("blueprints/router/blueprint.yaml", BLUEPRINT), ("rob.txt", "first-password")];
        let lab = Lab { bench: Bench::of(&files, &sim), sim };
        lab.declare(kinds);
        lab
    }

    /// Declares these kinds, and no others.
    fn declare(&self, kinds: &str) {
        let target = "cloudify:\n  m:\n    at: https://manager.example/api/v3.1\n    \
                      credentials: { username: admin, password: '${secret.pw}' }\n";
        self.bench.write("m.yaml", &format!("{target}{kinds}"));
    }

    /// The request lines that a run of the program sent.
    fn asked(&self, arguments: &[&str]) -> Vec<String> {
        self.sim.side_door("DELETE", "/requests", &Value::Null);
        self.bench.run(arguments).expect(0);
        let log = self.sim.side_door("GET", "/requests", &Value::Null);
        let line = |entry: &Value| {
            let path = entry["path"].as_str().unwrap().trim_start_matches("/api/v3.1");
            let query = entry["query"].as_str().map(|query| format!("?{query}")).unwrap_or_default();
            format!("{} {path}{query}", entry["method"].as_str().unwrap())
        };
        log.as_array().unwrap().iter().map(line).collect()
    }

    /// Demands these writes of an apply, in order, with a star for digests of content; and a second plan that is empty.
    #[track_caller]
    fn writes(&self, expected: &[&str]) {
        let asked = self.asked(&["apply", "--yes"]);
        let is_write = |line: &&String| !line.starts_with("GET ");
        let plain = |line: &String| match line.split_once("router-") {
            Some((before, after)) => format!("{before}router-*{}", &after[12..]),
            None => line.clone(),
        };
        let writes: Vec<String> = asked.iter().filter(is_write).map(plain).collect();
        assert_eq!(writes, expected, "{asked:#?}");
        assert_eq!(self.bench.plan()["steps"], json!([]), "a second plan is empty");
    }

    /// Gives the workspace a login with that role in its tenant.
    fn with_role(&self, role: &str) -> String {
        let admin =
            |path: &str, body: Value| self.sim.call(("cloudify", "m"), "admin:simulated-pw", "PUT", path, &body);
        admin("/users", json!({ "username": "uma", "password": "simulated-pw" }));
        admin("/tenants/users", json!({ "username": "uma", "tenant_name": "default_tenant", "role": role }));
        self.bench.edit("m.yaml", "username: admin", "username: uma");
        "uma:simulated-pw".to_owned()
    }

    fn call(&self, login: &str, path: &str) -> Value {
        self.sim.call(("cloudify", "m"), login, "GET", path, &Value::Null)
    }
}

const INSTALLED: &str = "    blueprints: { router: { source: blueprints/router } }
    deployments: { one: { blueprint_id: router, installed: true, inputs: { size: 2 } } }
";

#[test]
fn the_life_of_a_deployment() {
    let lab = Lab::new(INSTALLED);
    let upload = "PUT /blueprints/router-*?application_file_name=blueprint.yaml&visibility=tenant&async_upload=true";
    let update = "POST /deployment-updates/one/update/initiate";
    lab.writes(&[upload, "PUT /deployments/one?async_create=true", "POST /executions"]);
    lab.bench.edit("m.yaml", "size: 2", "size: 3");
    lab.writes(&[update]);
    lab.bench.edit("blueprints/router/blueprint.yaml", "default: 1", "default: 4");
    lab.writes(&[upload, update, "DELETE /blueprints/router-*"]);
    lab.bench.edit("m.yaml", "installed: true", "installed: false");
    lab.writes(&["POST /executions"]);
    lab.declare("    blueprints: { router: { source: blueprints/router } }\n");
    lab.writes(&["DELETE /deployments/one"]);
    lab.declare("");
    lab.writes(&["DELETE /blueprints/router-*"]);
}

/// Labels that a blueprint declares do not come on top of those that a deployment does.
#[test]
fn declared_labels_are_all_that_a_deployment_has_after_its_first_apply() {
    let lab = Lab::new(
        "    blueprints: { router: { source: blueprints/router } }\n    deployments: { one: { blueprint_id: router, labels: [{ Team: Net }] }, two: { blueprint_id: router } }\n",
    );
    lab.bench.edit("blueprints/router/blueprint.yaml", "inputs:", "labels: { from-bp: { values: [yes1] } }\ninputs:");
    lab.bench.apply();
    lab.bench.run(&["plan", "--exit-code"]).expect(0).says("nothing to do");
    let labels = |name: &str| {
        let live = lab.call("admin:simulated-pw", &format!("/deployments/{name}"));
        let one = |label: &Value| format!("{}={}", label["key"].as_str().unwrap(), label["value"].as_str().unwrap());
        live["labels"].as_array().unwrap().iter().map(one).collect::<Vec<_>>()
    };
    assert_eq!((labels("one"), labels("two")), (vec!["team=Net".into()], vec!["from-bp=yes1".into()]));
}

/// One is chosen by what the list shows: nobody asks for the outputs of all.
#[test]
fn an_action_looks_at_no_details() {
    let lab = Lab::new(INSTALLED);
    lab.bench.apply();
    let asked = lab.asked(&["run", "m", "execute", "one", "heal"]);
    let is_detail = |line: &&String| line.contains("/outputs") || line.contains("/capabilities");
    assert_eq!(asked.iter().filter(is_detail).collect::<Vec<_>>(), Vec::<&String>::new(), "{asked:#?}");
}

#[test]
fn secrets_and_plugins() {
    let lab = Lab::new("    secrets: { key: { value: '${secret.rob}' } }\n");
    lab.writes(&["PUT /secrets/key"]);
    lab.bench.write("rob.txt", "second-password");
    lab.writes(&["PATCH /secrets/key"]);
    lab.declare("    secrets: { key: { value: '${secret.rob}', visibility: global } }\n");
    lab.writes(&["PATCH /secrets/key/set-visibility"]);
    lab.declare("");
    lab.writes(&["DELETE /secrets/key"]);

    let document = "plugins: { lab: { executor: central_deployment_agent, package_name: lab-plugin } }";
    lab.bench.write("plugin/plugin.yaml", document);
    lab.bench.write("plugin/lab-1.0.wgn", &wagon("lab-plugin", "1.0", &[]));
    lab.declare("    plugins: { lab: { package_name: lab-plugin, package_version: '1.0', source: plugin } }\n");
    lab.writes(&["POST /plugins?visibility=tenant"]);
    lab.bench.run(&["get", "m", "plugin", "lab", "-o", "fetched"]).expect(0);
    assert_eq!(std::fs::read(lab.bench.path().join("fetched")).unwrap(), wagon("lab-plugin", "1.0", &[]));
}

/// What a workspace does not declare is none of its business: some of it is refused to most users, and most of it by the
/// community edition.
#[test]
fn only_what_is_declared_is_asked_for() {
    let lab = Lab::new(INSTALLED);
    lab.asked(&["apply", "--yes"]);
    for arguments in [&["plan"][..], &["drift"], &["apply", "--yes"]] {
        let asked = lab.asked(arguments);
        for kind in ["tenants", "users", "user-groups", "plugins", "snapshots", "events", "cluster", "status"] {
            let path = format!("GET /{kind}");
            assert!(asked.iter().all(|line| !line.starts_with(&path)), "{arguments:?}: {asked:#?}");
        }
    }
}

/// The community edition lists tenants, and refuses the rest as if it were not there.
#[test]
fn a_community_edition_is_told_apart_from_an_empty_manager() {
    let lab = Lab::of(
        "7.1-community",
        "    secrets: { key: { value: '${secret.rob}' } }
    tenants: { acme: {} }
    users: { rob: { password: '${secret.rob}' } }
    user-groups: { staff: { members: { rob: {} } } }
",
    );
    let planned = lab.bench.run(&["plan"]).expect(32).says("premium edition");
    // One reason for all that is there: users, groups and their members.
    let planned = planned.says("! m: the controller answered 404");
    planned.says("3 resources not looked at");
    let applied = lab.bench.run(&["apply", "--yes"]);
    assert_ne!(applied.code, Some(0), "{}", applied.all());
    let applied = applied.says("created m/secrets/key").says("failed m/tenants/acme");
    applied.says("help: tenants, users and groups can only be written in the premium edition");

    // Without them, the rest of the workspace is whole.
    lab.declare("    secrets: { key: { value: '${secret.rob}' } }\n");
    lab.bench.run(&["plan", "--exit-code"]).expect(0).says("nothing to do");
}

/// The manager notes when a user first came in: never, as long as only the program knows the password.
#[test]
fn a_users_password_is_set_when_its_source_changes_and_never_tried() {
    let lab = Lab::new("    users: { rob: { password: '${secret.rob}' } }\n");
    let untouched = || assert_eq!(lab.call("admin:simulated-pw", "/users/rob")["first_login_at"], Value::Null);
    lab.writes(&["PUT /users"]);
    lab.bench.run(&["drift"]).expect(0);
    untouched();

    lab.bench.write("rob.txt", "second-password");
    let plan = lab.bench.run(&["plan"]).expect(0);
    assert!(!plan.all().contains("-password"), "{}", plan.all());
    lab.writes(&["POST /users/rob"]);
    untouched();

    assert_eq!(lab.call("rob:first-password", "/user")["error_code"], "unauthorized_error");
    assert_eq!(lab.call("rob:second-password", "/user")["username"], "rob");
    assert_ne!(lab.call("admin:simulated-pw", "/users/rob")["first_login_at"], Value::Null);
}

/// Who may not see a hidden value can't compare it: what was last written is what counts.
#[test]
fn a_hidden_secret_is_known_by_what_was_written() {
    let lab = Lab::new("    secrets: { key: { value: '${secret.rob}', is_hidden_value: true } }\n");
    lab.writes(&["PUT /secrets/key"]);
    let admin = |method, path, body: Value| lab.sim.call(("cloudify", "m"), "admin:simulated-pw", method, path, &body);
    let uma = lab.with_role("user");
    assert_eq!(lab.call(&uma, "/secrets/key")["value"], "");

    lab.bench.run(&["plan", "--exit-code"]).expect(0).says("nothing to do");
    lab.bench.write("rob.txt", "second-password");
    lab.bench.run(&["apply", "--yes"]).says("is not permitted to modify the hidden value secret `key`");
    lab.bench.edit("m.yaml", "username: uma", "username: admin");
    lab.writes(&["PATCH /secrets/key"]);
    assert_eq!(admin("GET", "/secrets/key", Value::Null)["value"], "second-password");
}

/// Who may not do something is told so in the manager's words, with what to do about it; the rest goes on.
#[test]
fn rights_that_lack_are_told_and_stop_nothing_else() {
    let kinds = "    secrets: { key: { value: '${secret.rob}' }, wide: { value: '${secret.rob}', visibility: global } }
    blueprints: { router: { source: blueprints/router } }
    deployments: { one: { blueprint_id: router } }
";
    let not = |action: &str| {
        format!("User `uma` is not permitted to perform the action {action} in the tenant `default_tenant`")
    };
    let role = "give the user a role in the tenant that may do this";
    let global = "User `uma` is not permitted to set or create a global resource".to_owned();
    let rows = [
        ("viewer", vec![(not("blueprint_upload"), role), (not("secret_create"), role)], vec![]),
        ("operations", vec![(not("blueprint_upload"), role), (not("secret_create"), role)], vec![]),
        ("user", vec![(global, "only a `sys_admin` makes global")], vec!["m/secrets/key", "m/blueprints/router"]),
    ];
    for (role, refused, created) in rows {
        let lab = Lab::new(kinds);
        let uma = lab.with_role(role);
        let ran = lab.bench.run(&["apply", "--yes"]);
        assert_ne!(ran.code, Some(0), "{role}: {}", ran.all());
        for (words, help) in refused {
            let told = format!("the controller answered 403: {words}\n      help: {help}");
            assert!(ran.out.contains(&told), "{role}: `{told}` is not in {}", ran.all());
        }
        for address in created {
            assert!(ran.all().contains(&format!("created {address}")), "{role}: {}", ran.all());
        }
        assert_eq!(lab.call(&uma, "/blueprints?_include=id")["items"].as_array().unwrap().is_empty(), role != "user");
    }
}

/// Who may run deployments and no more changes them, as long as nothing else is asked for.
#[test]
fn operations_are_enough_to_change_a_deployment() {
    let lab = Lab::new(INSTALLED);
    lab.bench.apply();
    lab.with_role("operations");
    lab.bench.run(&["plan", "--exit-code"]).expect(0);
    lab.bench.edit("m.yaml", "size: 2", "size: 3");
    lab.writes(&["POST /deployment-updates/one/update/initiate"]);
}
