//! The platform from outside: every test talks to it through requests and the console only.

mod catalogue;
mod console;
mod door;
mod life;
mod lists;
mod policies;
mod refusals;
mod routers;
mod services;
mod taken_back;
mod transcripts;

use serde_json::{Map, Value, json};

use super::super::{Console, Installation, Now, Setup};
use wire::{Method, Request, Response};

/// A platform, a clock that each request advances by 250 ms, and an account that came in.
pub(super) struct World {
    pub platform: Box<dyn Installation>,
    pub now: u64,
    token: String,
}

/// `api:secret` in base64.
const BASIC: &str = "Basic YXBpOnNlY3JldA==";

impl World {
    pub(crate) fn new() -> World {
        World::seeded(7)
    }

    pub(crate) fn seeded(seed: u64) -> World {
        World::around(super::new(Setup { name: "acme".to_owned(), seed, version: None, birth: 0 }))
    }

    pub(crate) fn around(platform: Box<dyn Installation>) -> World {
        let mut world = World { platform, now: 0, token: String::new() };
        let reply = world.send(grant(BASIC));
        world.token = body(&reply)["access_token"].as_str().unwrap().to_owned();
        world
    }

    /// Saves the platform and goes on with what was loaded from that.
    pub(crate) fn reload(&mut self) {
        let saved = self.platform.save();
        let setup = Setup { name: "acme".to_owned(), seed: 99, version: None, birth: 0 };
        self.platform = super::load(setup, saved.clone()).unwrap();
        assert_eq!(self.platform.save(), saved);
    }

    pub(crate) fn send(&mut self, request: Request) -> Response {
        self.now += 250;
        self.platform.handle(&request, Now(self.now))
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> Request {
        Request::new(method, format!("/core/v2/{path}"))
            .header("Authorization", format!("Bearer {}", self.token))
            .header("Host", "gateway.production.netfoundry.io")
            .header("X-Forwarded-Proto", "https")
    }

    pub(crate) fn call(&mut self, method: Method, path: &str, body: &Value) -> (u16, Value) {
        let request = self.request(method, path).json(body);
        let reply = self.send(request);
        (reply.status, self::body(&reply))
    }

    pub(crate) fn look(&mut self, path: &str) -> (u16, Value) {
        let request = self.request(Method::Get, path);
        let reply = self.send(request);
        (reply.status, body(&reply))
    }

    pub(crate) fn get(&mut self, path: &str) -> Value {
        let (status, body) = self.look(path);
        assert_eq!(status, 200, "{path}: {body}");
        body
    }

    pub(crate) fn delete(&mut self, path: &str) -> Response {
        let request = self.request(Method::Delete, path);
        self.send(request)
    }

    /// Lets time pass without a request.
    pub(crate) fn pass(&mut self, milliseconds: u64) {
        self.now += milliseconds;
    }

    /// Creates an object, waits for its execution, and returns what reads then show.
    pub(crate) fn made(&mut self, kind: &str, create: &Value) -> Value {
        let (status, reply) = self.call(Method::Post, kind, create);
        assert!(status == 200 || status == 202, "{kind}: {status} {reply}");
        self.wait(&reply);
        self.get(&format!("{kind}/{}", text(&reply, "id")))
    }

    /// Polls the execution that a reply names, and returns how many looks it took.
    pub(crate) fn wait(&mut self, reply: &Value) -> usize {
        let link = reply["_links"]["execution"]["href"].as_str().unwrap();
        let id = link.rsplit('/').next().unwrap().to_owned();
        for polls in 1..20 {
            let (status, execution) = self.look(&format!("executions/{id}"));
            if status == 200 && execution["status"] == "FINISHED" {
                return polls;
            }
            assert!([200, 403, 404].contains(&status), "{execution}");
        }
        panic!("the execution does not finish");
    }

    /// A network that is ready. Its execution may be sealed, so the network itself is polled.
    pub(crate) fn network(&mut self, name: &str) -> String {
        let group = self.get("network-groups")["_embedded"]["networkGroupList"][0]["id"].clone();
        let create = json!({ "name": name, "networkGroupId": group, "provider": "AWS", "region": "us-east-2" });
        let (status, reply) = self.call(Method::Post, "networks", &create);
        assert_eq!(status, 202, "{reply}");
        let id = text(&reply, "id");
        for _ in 0..20 {
            let (status, network) = self.look(&format!("networks/{id}"));
            if status == 200 && network["status"] == "PROVISIONED" {
                return id;
            }
        }
        panic!("the network does not get ready");
    }

    pub(crate) fn set(&mut self, kind: &str, name: &str, fields: &Value) -> Result<Value, String> {
        let fields = map(fields);
        self.platform.console(Console::Set { kind: kind.to_owned(), name: name.to_owned(), fields })
    }

    pub(crate) fn add(&mut self, kind: &str, parent: Option<&str>, fields: &Value) -> Result<Value, String> {
        let (fields, parent) = (map(fields), parent.map(str::to_owned));
        self.platform.console(Console::Add { kind: kind.to_owned(), parent, fields })
    }

    pub(crate) fn remove(&mut self, kind: &str, name: &str) -> Result<Value, String> {
        self.platform.console(Console::Remove { kind: kind.to_owned(), name: name.to_owned() })
    }

    /// A ready network by the console: the quick way for tests of other things.
    pub(crate) fn quick_network(&mut self, name: &str) -> String {
        text(&self.add("networks", None, &json!({ "name": name, "region": "us-east-2" })).unwrap(), "id")
    }
}

pub(super) fn grant(authorization: &str) -> Request {
    let mut request = Request::new(Method::Post, "/oauth2/token").header("Authorization", authorization);
    request.body =
        b"grant_type=client_credentials&scope=https%3A%2F%2Fgateway.production.netfoundry.io%2F%2Fignore-scope"
            .to_vec();
    request.header("Content-Type", "application/x-www-form-urlencoded")
}

pub(super) fn body(reply: &Response) -> Value {
    serde_json::from_slice(&reply.body).unwrap_or_default()
}

pub(super) fn text(object: &Value, field: &str) -> String {
    object[field].as_str().unwrap_or_else(|| panic!("`{field}` of {object}")).to_owned()
}

pub(super) fn map(value: &Value) -> Map<String, Value> {
    value.as_object().unwrap().clone()
}

/// The names in the members of a list.
pub(super) fn names(list: &Value, key: &str) -> Vec<String> {
    let members = list["_embedded"][key].as_array().cloned().unwrap_or_default();
    members.iter().map(|member| text(member, "name")).collect()
}
