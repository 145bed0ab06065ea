//! What a controller makes for itself is nobody's to declare: it is no noise in a plan, and no pruning takes it away.

use serde_json::{Value, json};

use crate::bench::Bench;
use crate::support::Sim;

const CONTROLLER: (&str, &str) = ("vns3", "east");

const WORKSPACE: &str = "workspace: lab\nsecrets: { api: { file: api.txt } }\npolicy: { max-deletes: 100 }\n";

/// One object of each kind among which a controller puts its own.
const TOPOLOGY: &str = "
vns3:
  east:
    at: https://203.0.113.11:8000/api
    credentials: { password: '${secret.api}' }
    ipsec-local: { ipsec_local_ipaddress: 192.0.2.101 }
    ipsec-endpoints:
      to-west:
        ipaddress: 203.0.113.12
        secret: '${secret.api}'
        vpn_type: vti
        route_based_int_address: 169.254.10.1/30
        traffic-pairs: { lan: { local_subnet: 10.1.0.0/16, remote_subnet: 10.2.0.0/16 } }
      to-north:
        ipaddress: 203.0.113.13
        secret: '${secret.api}'
        tunnels: { lan: { local_subnet: 10.1.0.0/16, remote_subnet: 10.3.0.0/16 } }
    system-interfaces: { 'eth0:1': { ip_internal: 192.0.2.1, mask_bits: 24, enabled: true } }
    links: { hub: { id: 3, name: hub, conf: '${secret.api}' } }
    routes: { branch: { cidr: 10.9.0.0/16, interface: eth0 } }
    container-system: { running: true }
    plugins: { ids: { name: ids, image_url: 'https://images.example/ids.tar.gz', command: /opt/ids } }
    plugin-instances: { tap: { plugin_id: ids, plugin-instance-firewall: { out: { preset: internet } } } }
    system-variables: { office: { value: 10.7.0.0/16 } }
    firewall-fwsets: { lan: { type: net, entries: [{ entry: 10.1.0.0/16 }] } }
    firewall-rules: [{ rule: FORWARD_CUST -s 10.1.0.0/16 -j ACCEPT }]
    webhooks: { chat: { url: 'https://chat.example/hook' } }
    peering-self: { id: 1 }
    peers: { west: { id: 2, name: 203.0.113.12 } }
";

fn call(sim: &Sim, method: &str, path: &str, body: &Value) -> Value {
    sim.call(CONTROLLER, "api:opens", method, path, body)["response"].clone()
}

/// What the controller made for itself: each with the place where it shows, and a word of it.
fn own_objects(sim: &Sim) -> Vec<(&'static str, &'static str)> {
    let expected = [
        ("/routes", "Multicast (auto-added)"),
        ("/routes", "Traffic pair (auto-added)"),
        ("/ipsec", "0.0.0.0/0"),
        ("/interfaces/system", "Auto-created interface"),
        ("/interfaces/system", "IPsec loopback"),
        ("/webhooks", "System notifications"),
        ("/system/variables", "fwset"),
        ("/system/variables", "vns3_overlay_subnet"),
        ("/v2/firewall/rules", "MASQUERADE"),
        ("/peering", "not_set"),
    ];
    let shows = |(path, word): &(&str, &str)| call(sim, "GET", path, &Value::Null).to_string().contains(word);
    expected.into_iter().filter(shows).collect()
}

#[test]
fn what_the_controller_made_is_neither_noise_nor_prey() {
    let sim = Sim::start();
    let files = [("trueup.yaml", WORKSPACE), ("vns3.yaml", TOPOLOGY), ("api.txt", "opens")];
    let bench = Bench::of(&files, &sim);
    bench.apply();

    let own = own_objects(&sim);
    assert_eq!(own.len(), 10, "{own:?}");
    let plan = bench.plan();
    assert_eq!((&plan["steps"], &plan["unmanaged"]), (&json!([]), &json!([])), "{plan:#}");

    bench.edit("vns3.yaml", "    ipsec-local:", "    prune: all\n    ipsec-local:");
    let plan = bench.plan();
    assert_eq!(plan["steps"], json!([]), "{plan:#}");
    // Among them, what somebody else made is seen, and goes.
    call(&sim, "POST", "/routes", &json!({ "cidr": "10.66.0.0/16", "interface": "eth0" }));
    call(&sim, "POST", "/webhook", &json!({ "name": "stray", "url": "https://stray.example" }));
    let variable = json!({ "name": "stray", "value": "10.66.0.0/16" });
    call(&sim, "POST", "/system/variables", &variable);
    let plan = bench.plan();
    let verbs: Vec<&Value> = plan["steps"].as_array().unwrap().iter().map(|step| &step["verb"]).collect();
    assert_eq!(verbs, ["delete", "delete", "delete"], "{plan:#}");
    bench.apply();
    assert_eq!(own_objects(&sim), own);
    bench.run(&["plan", "--exit-code"]).expect(2).says("2 left alone");
}
