//! One half of a connection is broken by hand, in every way: drift names the connection, and what is wrong with it; the next
//! apply makes it good.

use serde_json::{Value, json};

use crate::bench::Bench;
use crate::support::Sim;

/// Two sites with two controllers, by static routes and by BGP.
const WORKSPACE: &str = "
workspace: pair
secrets: { pw: { file: pw }, vpn: { file: vpn }, bgp: { file: vpn } }
fabric:
  profiles: { strong: { ike_version: 2, phase1: aes256-sha2_256-dh14, phase2: aes256-sha2_256, pfs: true } }
  sites:
    london: { on: london, id: 1, asn: 65001, networks: [10.1.0.0/16] }
    paris: { on: paris, id: 2, asn: 65002, networks: [10.2.0.0/16] }
  vpns:
    core: { between: [london, paris], ROUTING, profile: strong, psk: { derive: '${secret.vpn}' } }
vns3:
  london: { at: 'https://203.0.113.1:8000/api', credentials: { username: api, password: '${secret.pw}' } }
  paris: { at: 'https://203.0.113.2:8000/api', credentials: { username: api, password: '${secret.pw}' } }
";

struct Lab {
    sim: Sim,
    bench: Bench,
}

impl Lab {
    fn new(routing: &str) -> Lab {
        let sim = Sim::start();
        let text = WORKSPACE.replace("ROUTING", routing);
        let bench = Bench::of(&[("trueup.yaml", &text), ("pw", "stand-in"), ("vpn", "a-key-of-keys")], &sim);
        bench.apply();
        bench.run(&["drift"]).expect(0);
        Lab { sim, bench }
    }

    fn call(&self, at: &str, method: &str, path: &str, body: &Value) -> Value {
        let answer = self.sim.call(("vns3", at), "api:stand-in", method, path, body);
        assert!(answer.get("error").is_none(), "{method} {path}: {answer}");
        answer["response"].clone()
    }

    /// The endpoint of the connection at a controller.
    fn endpoint(&self, at: &str) -> (String, Value) {
        let all = self.call(at, "GET", "/ipsec", &Value::Null);
        let own = all["remote_endpoints"].as_object().unwrap().iter().next().unwrap();
        (own.0.clone(), own.1.clone())
    }

    /// The id of the route to a network at a controller.
    fn route(&self, at: &str, cidr: &str) -> String {
        let all = self.call(at, "GET", "/routes", &Value::Null);
        let is_it = |route: &&Value| route["cidr"] == cidr;
        let route = all.as_object().unwrap().values().find(is_it).unwrap_or_else(|| panic!("{cidr}: {all}"));
        route["id"].as_i64().map_or_else(|| route["id"].as_str().unwrap().to_owned(), |id| id.to_string())
    }

    /// Demands that drift says so, that JSON has it, too, and that an apply makes it good.
    fn told(&self, what: &str, words: &str) {
        let ran = self.bench.run(&["drift"]);
        assert!(ran.out.contains(words), "{what}: `{words}` is not in\n{}", ran.all());
        assert_ne!(ran.code, Some(0), "{what}");
        let json = self.bench.run(&["drift", "--format", "json"]);
        assert!(json.out.contains(&words.replace('"', "\\\"")), "{what}: {}", json.out);
        self.bench.run(&["apply", "--yes", "--quiet"]).expect(0);
        self.bench.run(&["drift"]).expect(0);
    }
}

#[test]
fn a_half_that_is_broken_by_hand_is_told_by_the_connections_name() {
    let lab = Lab::new("routing: static");
    let (id, _) = lab.endpoint("paris");
    lab.call("paris", "PUT", &format!("/ipsec/endpoints/{id}"), &json!({ "pfs": false }));
    lab.told("a field that both agree on", "connection london-paris (core): the halves differ: pfs");

    lab.call("paris", "PUT", &format!("/ipsec/endpoints/{id}"), &json!({ "secret": "another-key-1" }));
    lab.told("the key", "connection london-paris (core): the halves differ: secret");

    let other = json!({ "extra_config": "phase1=aes128-sha1-dh14, phase2=aes256-sha2_256" });
    lab.call("london", "PUT", &format!("/ipsec/endpoints/{}", lab.endpoint("london").0), &other);
    lab.told("a proposal", "connection london-paris (core): the halves differ: phase1");

    lab.call("london", "DELETE", &format!("/routes/{}", lab.route("london", "10.2.0.0/16")), &Value::Null);
    lab.told("a route", "connection london-paris (core): no way back: london has no route to 10.2.0.0/16");

    lab.call("paris", "PUT", &format!("/ipsec/endpoints/{id}"), &json!({ "description": "mine" }));
    lab.told("a word of one half", "connection london-paris (core): changed on paris: description");

    // What leads through it goes first, as by hand.
    lab.call("paris", "DELETE", &format!("/routes/{}", lab.route("paris", "10.1.0.0/16")), &Value::Null);
    lab.call("paris", "DELETE", &format!("/ipsec/endpoints/{id}"), &Value::Null);
    lab.told("a half", "half-open connection london-paris (core): missing on paris");
}

#[test]
fn so_is_one_whose_neighbour_is() {
    let lab = Lab::new("routing: bgp, bgp: { password: '${secret.bgp}' }");
    let (id, endpoint) = lab.endpoint("paris");
    let (peer, own) = endpoint["bgp_peers"].as_object().unwrap().iter().next().unwrap();
    let path = format!("/ipsec/endpoints/{id}/ebgp_peers/{peer}");
    lab.call(
        "paris",
        "PUT",
        &path,
        &json!({ "ipaddress": own["ipaddress"], "asn": own["asn"], "access_list": "in permit 10.1.0.0/16" }),
    );
    lab.told("what it tells", "connection london-paris (core): no way back: london has no route to 10.2.0.0/16");

    lab.call("paris", "DELETE", &path, &Value::Null);
    lab.told("the neighbour", "connection london-paris (core): ");
}
