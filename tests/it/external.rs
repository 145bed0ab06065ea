//! What is somebody else's and declared so: it is found, referred to and lived in, and nothing else.

use serde_json::Value;

use crate::bench::Bench;
use crate::support::Sim;

const ENVELOPE: &str = "workspace: NAME\nvars: { pw: { default: stand-in }, psk: { default: psk-psk-psk } }\n";

const BLUEPRINT: &str = "
tosca_definitions_version: cloudify_dsl_1_3
imports: [cloudify/types/types.yaml]
node_templates: { base: { type: cloudify.nodes.Root } }
";

/// A provider, what somebody else has at a target of it, and what we put beside that or into it.
struct Case {
    head: &'static str,
    theirs: &'static str,
    /// The external resources, and ours; `BLUEPRINT` stands for the id that others' content has.
    ours: &'static str,
    /// What of ours needs them.
    waiting: &'static [&'static str],
    /// The external resources' kinds with their names, as the ledger would have them.
    external: &'static [&'static str],
}

const CASES: [Case; 4] = [
    Case {
        head: "vns3:\n  t:\n    at: https://203.0.113.10:8000/api\n    credentials: { username: api, password: '${var.pw}' }\n",
        theirs: "    ipsec-endpoints: { office: { ipaddress: 198.51.100.7, secret: '${var.psk}' } }\n    \
                 firewall-fwsets: { s: { type: net, entries: [{ entry: 10.0.0.0/8 }] } }\n",
        ours: "    ipsec-endpoints:\n      office:\n        external: true\n        \
               tunnels: { lan: { local_subnet: 10.5.0.0/16, remote_subnet: 10.6.0.0/16 } }\n    \
               firewall-fwsets: { s: { external: true } }\n    \
               firewall-rules: { partial: last, items: [{ rule: FORWARD_CUST -m set --match-set s src -j DROP }] }\n",
        waiting: &["t/ipsec-endpoints/office/tunnels/lan", "t/firewall-rules"],
        external: &["t/ipsec-endpoints/office", "t/firewall-fwsets/s"],
    },
    Case {
        head: "netfoundry:\n  t:\n    at: https://gateway.production.netfoundry.io\n",
        theirs: "    networks: { n: { networkGroupId: nf Group, provider: AWS, region: us-east-1, size: small } }\n",
        ours: "    networks: { n: { external: true, endpoints: { a: { attributes: ['#a'] } } } }\n",
        waiting: &["t/networks/n/endpoints/a"],
        external: &["t/networks/n"],
    },
    Case {
        head: "cloudify:\n  t:\n    at: https://manager.example/api/v3.1\n    credentials: { username: admin, password: '${var.pw}' }\n",
        theirs: "    blueprints: { router: { source: blueprints/router } }\n",
        ours: "    blueprints: { BLUEPRINT: { external: true } }\n    deployments: { d: { blueprint_id: BLUEPRINT } }\n",
        waiting: &["t/deployments/d"],
        external: &["t/blueprints/BLUEPRINT"],
    },
    Case {
        head: "f5-vnfm:\n  t:\n    at: https://vnfm.example/api/v3.1\n    credentials: { username: admin, password: '${var.pw}' }\n",
        theirs: "    blueprints: { router: { source: blueprints/router } }\n",
        ours: "    blueprints: { BLUEPRINT: { external: true } }\n    deployments: { d: { blueprint_id: BLUEPRINT } }\n",
        waiting: &["t/deployments/d"],
        external: &["t/blueprints/BLUEPRINT"],
    },
];

fn bench(sim: &Sim, name: &str, file: &str) -> Bench {
    let envelope = ENVELOPE.replace("NAME", name);
    Bench::of(&[("trueup.yaml", &envelope), ("t.yaml", file), ("blueprints/router/blueprint.yaml", BLUEPRINT)], sim)
}

/// The addresses that a workspace's ledger holds.
fn owned(bench: &Bench) -> Vec<String> {
    let files = bench.files();
    let Some(bytes) = files.get(std::path::Path::new(".trueup/sim/ledger.json")) else { return Vec::new() };
    let ledger: Value = serde_json::from_slice(bytes).unwrap();
    let mut addresses = Vec::new();
    addresses_in(&ledger, &mut addresses);
    addresses
}

fn addresses_in(value: &Value, found: &mut Vec<String>) {
    if let Value::Object(map) = value {
        found.extend(map.keys().filter(|key| key.starts_with("t/")).cloned());
        map.values().for_each(|value| addresses_in(value, found));
    }
}

#[test]
fn what_is_external_is_referred_to_and_lived_in_and_nothing_else() {
    for case in CASES {
        let sim = Sim::start();
        let others = bench(&sim, "others", &format!("{}{}", case.head, case.theirs));
        // What their blueprint is called is known before it is there.
        let plan = others.plan();
        let steps = plan["steps"].as_array().unwrap().iter();
        let put = steps.flat_map(|step| step["calls"].as_array().unwrap()).find_map(|call| {
            let path = call["path"].as_str()?.strip_prefix("/blueprints/")?;
            Some(path.split('?').next().unwrap().to_owned())
        });
        let named = |text: &str| text.replace("BLUEPRINT", put.as_deref().unwrap_or("BLUEPRINT"));
        let ours = bench(&sim, "ours", &format!("{}{}", case.head, named(case.ours)));
        let told = ours.run(&["plan"]).says("external and not there").all();
        for address in case.waiting {
            assert!(told.contains(address), "{address}: {told}");
        }
        ours.run(&["apply", "--yes", "--quiet"]);
        let all = owned(&ours);
        assert!(!case.waiting.iter().any(|address| all.contains(&(*address).to_owned())), "{all:?}");

        others.apply();
        ours.apply();
        let all = owned(&ours);
        for address in case.waiting {
            assert!(all.contains(&(*address).to_owned()), "{address} {all:?}");
        }
        for address in case.external {
            assert!(!all.contains(&named(address)), "{address} {all:?}");
        }
        ours.run(&["plan", "--exit-code"]).expect(0);
        ours.run(&["drift"]).expect(0);
        others.run(&["plan", "--exit-code"]).expect(0);
        ours.destroy(&[]).expect(0);
        assert!(owned(&ours).is_empty(), "{:?}", owned(&ours));
        others.run(&["plan", "--exit-code"]).expect(0);
    }
}

#[test]
fn what_was_ours_and_is_external_now_is_let_go_of_and_told_once() {
    let sim = Sim::start();
    let case = &CASES[0];
    let set = "    firewall-fwsets: { s: FIELDS }\n";
    let file = |fields: &str| format!("{}{}", case.head, set.replace("FIELDS", fields));
    let bench = bench(&sim, "ours", &file("{ type: net, entries: [{ entry: 10.0.0.0/8 }] }"));
    bench.apply();
    assert_eq!(owned(&bench), ["t/firewall-fwsets/s"]);
    bench.write("t.yaml", &file("{ external: true }"));
    bench.run(&["plan"]).says("the files say that it is external");
    bench.apply();
    assert!(owned(&bench).is_empty());
    let told = bench.run(&["plan", "--exit-code"]).expect(0).all();
    assert!(!told.contains("is external"), "{told}");
    let sets = sim.call(("vns3", "t"), "api:stand-in", "GET", "/v2/firewall/fwsets", &Value::Null);
    assert_eq!(sets["response"][0]["entries"][0]["entry"], "10.0.0.0/8");
}
