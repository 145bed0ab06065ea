//! Help for tests: a controller to call, and short words for doing so.

use serde_json::{Value, json};

use crate::{Console, Installation, Now, Setup};
use wire::Method::{self, Get, Post, Put};
use wire::Request;

/// A controller with its clock.
pub(super) struct Bench {
    pub installation: Box<dyn Installation>,
    pub now: u64,
    /// The header that authenticates.
    pub credential: (String, String),
}

impl Bench {
    /// A licensed controller.
    pub(crate) fn new() -> Bench {
        Bench::named("east")
    }

    /// A licensed controller of that name.
    pub(crate) fn named(name: &str) -> Bench {
        Bench::made(Setup { name: name.to_owned(), seed: 7, version: None, birth: 0 })
    }

    /// A controller without licence and keyset.
    pub(crate) fn fresh() -> Bench {
        Bench::fresh_named("east")
    }

    /// The same of that name.
    pub(crate) fn fresh_named(name: &str) -> Bench {
        Bench::made(Setup { name: name.to_owned(), seed: 7, version: Some("fresh".to_owned()), birth: 0 })
    }

    fn made(setup: Setup) -> Bench {
        let credential = ("Authorization".to_owned(), "Basic YXBpOnB3".to_owned());
        Bench { installation: super::new(setup), now: 0, credential }
    }

    /// Lets time pass.
    pub(crate) fn wait(&mut self, millis: u64) {
        self.now += millis;
    }

    /// Status and whole body of one call.
    pub(crate) fn call(&mut self, method: Method, path: &str, body: Option<Value>) -> (u16, Value) {
        let mut request = Request::new(method, format!("/api{path}")).header(&self.credential.0, &self.credential.1);
        if let Some(body) = body {
            request = request.json(&body);
        }
        self.now += 1;
        let response = self.installation.handle(&request, Now(self.now));
        let text = String::from_utf8(response.body).expect("answers are text");
        (response.status, serde_json::from_str(&text).unwrap_or(Value::String(text)))
    }

    /// The value under `response`, or the status and `name: message` of the error.
    pub(crate) fn try_call(&mut self, method: Method, path: &str, body: Option<Value>) -> Result<Value, (u16, String)> {
        let (status, answer) = self.call(method, path, body);
        if (200..300).contains(&status) {
            return Ok(answer["response"].clone());
        }
        let error = &answer["error"];
        assert!(error["log"].as_str().is_some_and(|log| log.bytes().all(|byte| byte.is_ascii_digit())), "{answer}");
        let text = |field: &str| error[field].as_str().unwrap_or("?").to_owned();
        Err((status, format!("{}: {}", text("name"), text("message"))))
    }

    /// Puts a file's text.
    pub(crate) fn put_text(&mut self, path: &str, text: &str) -> Result<Value, (u16, String)> {
        let mut request = Request::new(Put, format!("/api{path}")).header(&self.credential.0, &self.credential.1);
        request.body = text.as_bytes().to_vec();
        self.now += 1;
        let response = self.installation.handle(&request, Now(self.now));
        let body: Value = serde_json::from_slice(&response.body).expect("JSON");
        let error = |field: &str| body["error"][field].as_str().unwrap_or("?").to_owned();
        if response.is_success() {
            Ok(body["response"].clone())
        } else {
            Err((response.status, format!("{}: {}", error("name"), error("message"))))
        }
    }

    pub(crate) fn get(&mut self, path: &str) -> Result<Value, (u16, String)> {
        self.try_call(Get, path, None)
    }

    /// The value under `response` of a call that must succeed.
    pub(crate) fn ok(&mut self, method: Method, path: &str, body: Value) -> Value {
        self.try_call(method, path, Some(body)).unwrap_or_else(|error| panic!("{method} {path}: {error:?}"))
    }

    /// Status and error of a call that must fail.
    pub(crate) fn refused(&mut self, method: Method, path: &str, body: Value) -> (u16, String) {
        match self.try_call(method, path, Some(body)) {
            Ok(answer) => panic!("{method} {path} was answered: {answer}"),
            Err(error) => error,
        }
    }

    /// Makes a console change.
    pub(crate) fn console(&mut self, change: Value) -> Result<Value, String> {
        let change: Console = serde_json::from_value(change).expect("a console change");
        self.installation.console(change)
    }

    /// An endpoint in the text's example shape; gives its id.
    pub(crate) fn endpoint(&mut self) -> u64 {
        let body = json!({
            "name": "EndpointB", "ipaddress": "13.53.72.182", "secret": "testtest", "ike_version": 2,
            "description": "To datacenter B",
        });
        self.ok(Post, "/ipsec/endpoints", body)["id"].as_u64().expect("an id")
    }

    /// One object of every collection.
    pub(crate) fn populate(&mut self) {
        let endpoint = self.endpoint();
        let below = format!("/ipsec/endpoints/{endpoint}");
        let subnets = json!({"local_subnet": "10.1.0.0/16", "remote_subnet": "10.2.0.0/16"});
        self.ok(Post, &format!("{below}/tunnels"), subnets.clone());
        self.ok(Post, &format!("{below}/traffic_pairs"), subnets);
        self.ok(Post, &format!("{below}/ebgp_peers"), json!({"ipaddress": "169.254.1.2", "asn": 65001}));
        self.ok(Post, "/routes", json!({"cidr": "10.9.0.0/16", "interface": "eth0"}));
        self.ok(Post, "/system/variables", json!({"name": "office", "value": "10.7.0.0/16"}));
        self.ok(Post, "/v2/firewall/fwsets", json!({"name": "humans", "type": "net", "entries": ["10.8.0.1"]}));
        self.ok(
            Post,
            "/v2/firewall/rules",
            json!({"rule": "FORWARD -s ${custom_office} -j ACCEPT", "groups": ["lan"]}),
        );
        self.ok(Post, "/v2/firewall/subtables", json!({"name": "mine", "type": "forward"}));
        self.ok(Post, "/interfaces/edge_gre", json!({"endpoint_name": "branch"}));
        let address = json!({"label": "web", "ip_internal": "192.168.1.77"});
        self.call(Post, "/interfaces/system/eth0/addresses", Some(address));
        self.ok(Post, "/plugins", json!({"name": "ha", "image_url": "https://a.example/ha.tar.gz"}));
        self.ok(Post, "/access/url", json!({"name": "help"}));
        self.ok(Post, "/snapshots", json!({"name": "before"}));
        let monitor = json!({
            "name": "conntrack", "type": "conntrack", "interface": "eth0", "filter": "", "duration": "forever",
            "destination": "file",
        });
        self.ok(Post, "/packet_monitor", monitor);
        self.ok(Post, "/links", json!({"id": 3, "name": "hub", "conf": "client\nremote 203.0.113.7 1194"}));
        self.ok(Post, "/links/3/tags", json!({"key": "site", "value": "a"}));
        self.ok(Put, "/peering/self", json!({"id": 1}));
        self.ok(Post, "/peering/peers", json!({"id": 2, "name": "203.0.113.2"}));
        let webhook = self.ok(Post, "/webhook", json!({"name": "ops", "url": "https://hooks.example/x"}));
        let alert = json!({"name": "down", "url": "https://hooks.example/y", "webhook_id": webhook["id"]});
        self.ok(Post, "/alert", alert);
        self.ok(Post, "/access/token", json!({"name": "ci"}));
    }
}

/// Says whether the answer has every key of the text's example, at every depth; lists are compared by first element.
pub(super) fn has_keys_of(answer: &Value, example: &Value) -> bool {
    match (answer, example) {
        (Value::Object(answer), Value::Object(example)) => {
            example.iter().all(|(key, value)| answer.get(key).is_some_and(|found| has_keys_of(found, value)))
        }
        (Value::Array(answer), Value::Array(example)) => match (answer.first(), example.first()) {
            (Some(answer), Some(example)) => has_keys_of(answer, example),
            _ => true,
        },
        (Value::Object(_) | Value::Array(_), _) | (_, Value::Object(_) | Value::Array(_)) => false,
        _ => true,
    }
}
