//! Versions of plugins live side by side: the new one comes first, what is made with it follows, and the old one goes when
//! nothing needs it any more.

use serde_json::Value;

use crate::bench::Bench;
use crate::support::{Sim, wagon};

const KINDS: &str = "    plugins: { lab: { package_name: lab-plugin, package_version: '1.0', source: plugin } }
    blueprints: { router: { source: blueprints/router }, other: { source: blueprints/other } }
    deployments: { one: { blueprint_id: router } }
";

const DOCUMENT: &str =
    "plugins: { lab: { executor: central_deployment_agent, package_name: lab-plugin, package_version: '1.0' } }";

/// A blueprint that imports these.
fn blueprint(imports: &str) -> String {
    format!(
        "tosca_definitions_version: cloudify_dsl_1_3\nimports: [cloudify/types/types.yaml{imports}]\n\
         inputs: {{ size: {{ default: 1 }} }}\nnode_templates: {{ base: {{ type: cloudify.nodes.Root }} }}\n"
    )
}

/// A manager with a plugin, a blueprint that is made with it, another one, and a deployment.
struct Lab {
    sim: Sim,
    bench: Bench,
}

impl Lab {
    fn new(provider: &str) -> Lab {
        let sim = Sim::of(provider, None);
        let manager = format!(
            "{provider}:\n  m:\n    at: https://manager.example/api/v3.1\n    \
             credentials: {{ username: admin, password: '${{secret.pw}}' }}\n{KINDS}"
        );
        let (router, other) = (blueprint(", 'plugin:lab-plugin'"), blueprint(""));
        let files = [
            ("trueup.yaml", "workspace: lab\nsecrets: { pw: { env: PASSWORD } }\n"),
            ("m.yaml", &manager),
            ("plugin/plugin.yaml", DOCUMENT),
            ("blueprints/router/blueprint.yaml", &router),
            ("blueprints/other/blueprint.yaml", &other),
        ];
        let lab = Lab { bench: Bench::of(&files, &sim), sim };
        lab.bench.write("plugin/lab.wgn", &wagon("lab-plugin", "1.0", &[]));
        lab.bench.apply();
        lab
    }

    /// The plugin's version that is declared moves on.
    fn bump(&self) {
        self.bench.write("plugin/lab.wgn", &wagon("lab-plugin", "1.1", &[]));
        self.bench.edit("plugin/plugin.yaml", "'1.0'", "'1.1'");
        self.bench.edit("m.yaml", "'1.0'", "'1.1'");
    }

    /// A blueprint's content moves on.
    fn change(&self, blueprint: &str) {
        self.bench.edit(&format!("blueprints/{blueprint}/blueprint.yaml"), "default: 1", "default: 2");
    }

    /// The writes of an apply that ends with this code, each with its kind alone.
    fn writes(&self, code: i32) -> Vec<String> {
        self.sim.side_door("DELETE", "/requests", &Value::Null);
        self.bench.run(&["apply", "--yes"]).expect(code);
        let log = self.sim.side_door("GET", "/requests", &Value::Null);
        let writes = log.as_array().unwrap().iter().filter(|entry| entry["method"] != "GET");
        let line = |entry: &Value| {
            let path = entry["path"].as_str().unwrap().trim_start_matches("/api/v3.1/");
            let kind = path.split('/').next().unwrap();
            let name = path.split('/').nth(1).and_then(|id| id.split('-').next()).filter(|_| kind == "blueprints");
            [entry["method"].as_str().unwrap(), kind, name.unwrap_or_default()].join(" ").trim_end().to_owned()
        };
        writes.map(line).collect()
    }

    fn versions(&self, provider: &str) -> Vec<String> {
        let listed =
            self.sim.call((provider, "m"), "admin:simulated-pw", "GET", "/plugins?_sort=package_version", &Value::Null);
        let version = |plugin: &Value| plugin["package_version"].as_str().unwrap().to_owned();
        listed["items"].as_array().unwrap().iter().map(version).collect()
    }

    #[track_caller]
    fn is_settled(&self) {
        self.bench.run(&["plan", "--exit-code"]).expect(0).says("nothing to do");
    }
}

const PROVIDERS: [&str; 2] = ["cloudify", "f5-vnfm"];

#[test]
fn a_new_version_comes_beside_the_old_one_which_waits_for_what_was_made_with_it() {
    for provider in PROVIDERS {
        let lab = Lab::new(provider);
        lab.bump();
        assert_eq!(lab.writes(0), ["POST plugins"], "{provider}");
        assert_eq!(lab.versions(provider), ["1.0", "1.1"], "{provider}");
        let held = lab.bench.run(&["plan"]);
        held.says("`m/blueprints/router` was made with it");
        assert_eq!(lab.writes(0), Vec::<String>::new(), "{provider}");

        lab.change("other");
        assert_eq!(lab.writes(0), ["PUT blueprints other", "DELETE blueprints other"], "{provider}");
        lab.change("router");
        let moved = lab.writes(0);
        let (last, before) = moved.split_last().unwrap();
        assert_eq!(last, "DELETE plugins", "{provider}: {moved:?}");
        assert!(before.contains(&"DELETE blueprints router".to_owned()), "{provider}: {moved:?}");
        assert_eq!(lab.versions(provider), ["1.1"], "{provider}");
        lab.is_settled();
    }
}

#[test]
fn a_new_version_and_new_content_go_in_one_commit() {
    for provider in PROVIDERS {
        let lab = Lab::new(provider);
        lab.bump();
        lab.change("router");
        lab.change("other");
        let writes = lab.writes(0);
        let at = |line: &str| writes.iter().position(|it| it == line).unwrap_or_else(|| panic!("{line}: {writes:?}"));
        assert!(at("POST plugins") < at("PUT blueprints router"), "{provider}: {writes:?}");
        assert!(at("DELETE blueprints router") < at("DELETE plugins"), "{provider}: {writes:?}");
        assert_eq!(lab.versions(provider), ["1.1"], "{provider}");
        lab.is_settled();

        // What has nothing to do with it waits for nothing.
        let lab = Lab::new(provider);
        lab.bump();
        lab.change("other");
        let writes = lab.writes(0);
        assert_eq!(writes.len(), 3, "{provider}: {writes:?}");
        assert_eq!(lab.versions(provider), ["1.0", "1.1"], "{provider}");
    }
}

#[test]
fn what_only_a_new_plugin_takes_is_held_while_the_old_one_is_in_use() {
    for provider in PROVIDERS {
        for (from, to) in [("source: plugin }", "source: plugin, visibility: private }"), ("'lab-plugin'", "")] {
            let lab = Lab::new(provider);
            match to {
                "" => lab.bench.write("plugin/lab.wgn", &wagon("lab-plugin", "1.0", &["more"])),
                to => lab.bench.edit("m.yaml", from, to),
            }
            lab.bench.run(&["plan"]).says("`m/blueprints/router` refers to it");
            assert_eq!(lab.writes(0), Vec::<String>::new(), "{provider} {to}");
        }
    }
}
