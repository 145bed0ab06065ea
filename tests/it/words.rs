//! Names in words: what a rule, a route, a blueprint or a target's setting names comes first, is waited for, and stays.

use serde_json::{Value, json};

use crate::bench::Bench;
use crate::support::Sim;

const HEAD: &str =
    "vns3:\n  east:\n    at: https://203.0.113.11:8000/api\n    credentials: { password: '${secret.api}' }\n";
const CLOUDIFY: &str = "cloudify:\n  m:\n    at: https://manager.example/api/v3.1\n    \
                        credentials: { username: admin, password: '${secret.api}' }\n";
const BLUEPRINT: &str = "tosca_definitions_version: cloudify_dsl_1_3\nimports: [cloudify/types/types.yaml]\n\
                         inputs: { x: { default: 1 } }\noutputs: { lan: { value: { get_input: x } } }\n\
                         node_templates: { base: { type: cloudify.nodes.Root } }\n";

/// A workspace of one controller or manager that declares this.
fn lab(sim: &Sim, head: &str, body: &str) -> Bench {
    let workspace = "workspace: lab\nsecrets: { api: { file: api.txt } }\n";
    let files = [
        ("trueup.yaml", workspace),
        ("api.txt", "opens"),
        ("lab.yaml", &format!("{head}{}", indented(body))),
        ("bp/blueprint.yaml", BLUEPRINT),
        ("reads/blueprint.yaml", &BLUEPRINT.replace("{ get_input: x }", "{ get_secret: 'shared' }")),
    ];
    Bench::of(&files, sim)
}

fn indented(body: &str) -> String {
    body.lines().map(|line| format!("    {line}\n")).collect()
}

/// The requests with an effect since the last call of this: verb and path.
fn writes(sim: &Sim) -> Vec<String> {
    let log = sim.side_door("GET", "/requests", &Value::Null);
    sim.side_door("DELETE", "/requests", &Value::Null);
    let entries = log.as_array().unwrap().iter().filter(|entry| entry["method"] != "GET");
    entries.map(|entry| format!("{} {}", entry["method"], entry["path"]).replace('"', "")).collect()
}

/// Where a text is in a list of requests.
fn at(writes: &[String], words: &[&str]) -> usize {
    let found = writes.iter().position(|line| words.iter().all(|word| line.contains(word)));
    found.unwrap_or_else(|| panic!("{words:?} is not in {writes:#?}"))
}

#[test]
fn one_that_fails_takes_along_what_names_it_and_nothing_else() {
    let sim = Sim::start();
    let body = "
firewall-fwsets:
  good: { type: net, entries: [{ entry: 10.0.0.0/8 }] }
  bad: { type: net, entries: [{ entry: 'tcp:443' }] }
firewall-subtables:
  names: { type: forward, rules: [{ rule: names -m set --match-set bad src -j ACCEPT }] }
routes: { lan: { cidr: 10.50.0.0/16, interface: eth0 } }
firewall-rules: [{ rule: FORWARD_CUST -m set --match-set good src -j ACCEPT }]
";
    let bench = lab(&sim, HEAD, body);
    let ran = bench.run(&["apply", "--yes"]).expect(5);
    assert!(ran.out.contains("because of"), "{}", ran.all());
    let rules = sim.call(("vns3", "east"), "api:opens", "GET", "/v2/firewall/rules", &Value::Null);
    assert_eq!(rules["response"].as_array().map(Vec::len), Some(1), "the list names another set: {}", ran.all());
    let tables = sim.call(("vns3", "east"), "api:opens", "GET", "/v2/firewall/subtables", &Value::Null);
    assert_eq!(tables["response"], json!([]), "{}", ran.all());
}

#[test]
fn a_set_that_is_nowhere_is_told_by_validate_and_held_by_a_plan_until_it_is_there() {
    let sim = Sim::start();
    let bench = lab(&sim, HEAD, "firewall-rules: [{ rule: FORWARD_CUST -m set --match-set partnerz src -j ACCEPT }]\n");
    let told = bench.run(&["validate"]).expect(0);
    assert!(told.all().contains("names `east/firewall-fwsets/partnerz`, which is not declared"), "{}", told.all());
    let plan = bench.run(&["plan"]);
    assert!(plan.out.contains("which is neither declared nor there"), "{}", plan.all());
    let set = json!({ "name": "partnerz", "type": "net", "entries": [] });
    sim.call(("vns3", "east"), "api:opens", "POST", "/v2/firewall/fwsets", &set);
    bench.run(&["apply", "--yes"]).expect(0);
}

#[test]
fn what_a_declared_one_still_names_stays() {
    let sim = Sim::start();
    let body = "
routes: { r: { cidr: 10.8.0.0/16, tunnel: e/t } }
system-variables: { v: { value: 10.0.0.0/8 } }
firewall-fwsets: { s: { type: net, entries: [{ entry: '$${custom_v}' }] } }
ipsec-endpoints:
  e: { ipaddress: 192.0.2.1, secret: '${secret.api}', tunnels: { t: { local_subnet: 10.1.0.0/16, remote_subnet: 10.8.0.0/16 } } }
";
    let bench = lab(&sim, HEAD, body);
    bench.apply();
    let (kept, _) = body.split_once("ipsec-endpoints").unwrap();
    let kept = kept.replace("system-variables: { v: { value: 10.0.0.0/8 } }\n", "");
    bench.write("lab.yaml", &format!("{HEAD}{}", indented(&kept)));
    let plan = bench.run(&["plan"]);
    assert!(plan.out.contains("`east/routes/r` still names it in `tunnel`"), "{}", plan.all());
    assert!(plan.out.contains("`east/firewall-fwsets/s` still names it in `entry`"), "{}", plan.all());
    writes(&sim);
    bench.run(&["apply", "--yes"]);
    assert_eq!(writes(&sim), Vec::<String>::new());
}

#[test]
fn what_no_live_object_shows_is_remembered_when_it_is_removed() {
    let sim = Sim::start();
    let body = "
container-system: { running: true }
container-images: { img: { url: 'https://host.example/i.tgz' } }
containers: { c: { ipaddress: 198.51.100.2, name: c, image_uuid: img, command: /run } }
";
    let bench = lab(&sim, HEAD, body);
    bench.apply();
    writes(&sim);
    bench.write("lab.yaml", &format!("{HEAD}{}", indented("container-system: { running: true }\n")));
    bench.apply();
    let sent = writes(&sim);
    assert!(at(&sent, &["DELETE", "/containers/"]) < at(&sent, &["DELETE", "/images/"]), "{sent:#?}");
}

#[test]
fn a_secret_that_fails_skips_the_deployment_that_reads_it() {
    let sim = Sim::start();
    let body = "
secrets: { shared: { value: '${secret.api}' } }
blueprints: { plain: { source: bp }, reads: { source: reads } }
deployments: { one: { blueprint_id: plain }, two: { blueprint_id: reads } }
";
    let bench = lab(&sim, CLOUDIFY, body);
    let refusal = json!({ "method": "PUT", "path": "/api/v3.1/secrets/shared", "status": 400, "times": 9 });
    sim.side_door("POST", "/faults", &json!([refusal]));
    let ran = bench.run(&["apply", "--yes"]).expect(5);
    let sent = writes(&sim);
    at(&sent, &["PUT", "/deployments/one"]);
    assert!(!sent.iter().any(|line| line.contains("/deployments/two")), "{}\n{sent:#?}", ran.all());
}

#[test]
fn outputs_order_removals_across_controllers() {
    let sim = Sim::start();
    let cloudify = format!(
        "{CLOUDIFY}{}",
        indented(
            "blueprints: { plain: { source: bp } }\ndeployments:\n  app1: { blueprint_id: plain, installed: true }\n"
        )
    );
    let body =
        "firewall-fwsets: { s: { type: net, entries: [{ entry: '10.0.0.${m/deployments/app1.outputs.lan}/32' }] } }\n";
    let bench = lab(&sim, HEAD, body);
    bench.write("m.yaml", &cloudify);
    bench.apply();
    writes(&sim);
    bench.destroy(&[]).expect(0);
    let sent = writes(&sim);
    assert!(at(&sent, &["DELETE", "/fwsets/s"]) < at(&sent, &["/executions"]), "{sent:#?}");
}

#[test]
fn a_tenant_of_the_workspace_takes_two_runs_to_fill_and_one_to_empty() {
    let sim = Sim::start();
    let bench = lab(&sim, CLOUDIFY, "tenants: { mten: {} }\n");
    let second = CLOUDIFY.replace("  m:", "  own:").replace("    credentials", "    tenant: mten\n    credentials");
    bench.write("own.yaml", &format!("{second}{}", indented("secrets: { key: { value: '${secret.api}' } }\n")));
    let first = bench.run(&["apply", "--yes"]);
    println!("{}", first.all());
    bench.apply();
    writes(&sim);
    bench.destroy(&["--allow", "destroy=m/tenants/mten"]).expect(0);
    let sent = writes(&sim);
    assert!(at(&sent, &["DELETE", "/secrets/key"]) < at(&sent, &["DELETE", "/tenants/mten"]), "{sent:#?}");
}
