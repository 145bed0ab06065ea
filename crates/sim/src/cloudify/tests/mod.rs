//! Transcripts: requests and the answers that they must get, told like the observation of the real server.
//!
//! A line with a verb is a request: path below `/api/v3.1/` (or from `/`), then `as=USER`, `tenant=NAME` (`tenant=None`
//! for no header), `file=NAME` for an archive as body, and a JSON body. A line with `->` is the answer: status, then a
//! JSON object whose keys must be there with these values, `keys` and the exact names, or `items N`; after `=>` there
//! must be no other keys. In it `"*"` is anything, a text that ends in `…` a beginning, and `"$name"` remembers the value
//! for later lines. `wait N` lets N polls pass, `#` is a remark, also at the end of a request.

mod blueprints;
mod connection;
mod console;
mod deployments;
mod executions;
mod kept;
mod lists;
mod observed;
mod plugins;
mod secrets;
mod tenancy;
mod texts;
mod updates;
mod versions;

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::{POLL, Product, load, new};
use crate::{Console, Installation, Now, Setup};
use wire::{Method, Request, Response};

/// An installation, its clock, and what a transcript needs to remember.
pub(crate) struct Desk {
    manager: Box<dyn Installation>,
    setup: Setup,
    product: Product,
    now: u64,
    files: BTreeMap<String, Vec<u8>>,
    known: BTreeMap<String, String>,
}

/// Cloudify of a version.
pub(crate) fn cloudify(version: &str) -> Desk {
    Desk::new(Product::Cloudify, Some(version))
}

/// Cloudify 7.1.
pub(crate) fn desk() -> Desk {
    cloudify("7.1")
}

/// F5 VNF Manager.
pub(crate) fn vnfm() -> Desk {
    Desk::new(Product::F5Vnfm, None)
}

impl Desk {
    fn new(product: Product, version: Option<&str>) -> Desk {
        let setup = Setup { name: "cfy".to_owned(), seed: 7, version: version.map(str::to_owned), birth: 0 };
        let manager = new(setup.clone(), product);
        let mut desk = Desk { manager, setup, product, now: 0, files: BTreeMap::new(), known: BTreeMap::new() };
        desk.files.insert("ops".to_owned(), blueprint(OPS));
        desk.files
            .insert("ops2".to_owned(), blueprint(&OPS.replace("# extra", "extra: { type: cloudify.nodes.Root }")));
        desk.files.insert("small".to_owned(), blueprint(SMALL));
        desk
    }

    /// Adds an archive that requests can send.
    pub(crate) fn file(mut self, name: &str, bytes: Vec<u8>) -> Desk {
        self.files.insert(name.to_owned(), bytes);
        self
    }

    /// Sends a request as it is, one poll later.
    pub(crate) fn send(&mut self, request: &Request) -> Response {
        self.now += POLL;
        self.manager.handle(request, Now(self.now))
    }

    /// Sends a request as the administrator of the default tenant.
    pub(crate) fn ask(&mut self, method: Method, path: &str, body: Option<Value>) -> (u16, Value) {
        let mut request = Request::new(method, full(path)).header("Tenant", "default_tenant");
        request = request.header("Authorization", credentials("admin"));
        if let Some(body) = body {
            request = request.json(&body);
        }
        let response = self.send(&request);
        (response.status, serde_json::from_slice(&response.body).unwrap_or_default())
    }

    /// Reads as the administrator.
    pub(crate) fn get(&mut self, path: &str) -> Value {
        self.ask(Method::Get, path, None).1
    }

    /// Makes a change at the console.
    pub(crate) fn console(&mut self, change: Value) -> Result<Value, String> {
        self.manager.console(serde_json::from_value::<Console>(change).unwrap())
    }

    /// Saves, and goes on with what was loaded.
    pub(crate) fn reload(&mut self) {
        let text = self.manager.save().to_string();
        self.manager = load(self.setup.clone(), self.product, serde_json::from_str(&text).unwrap()).unwrap();
    }

    /// Plays a transcript.
    pub(crate) fn play(&mut self, transcript: &str) {
        let mut last: Option<(String, Response)> = None;
        for line in transcript.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
            if let Some(answer) = line.strip_prefix("->").or_else(|| line.strip_prefix("=>")) {
                let (request, response) = last.as_ref().expect("an answer without a request");
                let answer = self.filled(answer.trim());
                self.check(request, response, &answer);
                if line.starts_with("=>") {
                    assert_no_more(request, response, &answer);
                }
            } else if let Some(polls) = line.strip_prefix("wait ") {
                self.now += POLL * polls.parse::<u64>().unwrap();
            } else {
                let line = self.filled(line.split("   # ").next().unwrap_or(line));
                let response = self.send(&self.request(&line));
                last = Some((line, response));
            }
        }
    }

    /// A text with `$name` replaced by what was remembered.
    fn filled(&self, text: &str) -> String {
        self.known.iter().fold(text.to_owned(), |text, (name, value)| text.replace(&format!("${name}"), value))
    }

    fn request(&self, line: &str) -> Request {
        let (line, body) = match line.find(" {") {
            Some(at) => (&line[..at], Some(&line[at + 1..])),
            None => (line, None),
        };
        let mut words = line.split_whitespace();
        let method = Method::parse(words.next().unwrap()).unwrap_or_else(|| panic!("no verb: {line}"));
        let mut request = Request::new(method, full(words.next().unwrap()));
        let (mut user, mut tenant) = ("admin", "default_tenant");
        for word in words {
            match word.split_once('=').unwrap() {
                ("as", name) => user = name,
                ("tenant", name) => tenant = name,
                ("token", token) => {
                    user = "none";
                    request = request.header("Authentication-Token", token);
                }
                ("file", name) => {
                    request.body = self.files[name].clone();
                    request = request.header("Content-Type", "application/octet-stream");
                }
                (other, _) => panic!("unknown word `{other}`"),
            }
        }
        if user != "none" {
            request = request.header("Authorization", credentials(user));
        }
        if tenant != "None" {
            request = request.header("tenant", tenant);
        }
        match body {
            Some(body) => request.json(&serde_json::from_str(body).unwrap_or_else(|error| panic!("{body}: {error}"))),
            None => request,
        }
    }

    fn check(&mut self, request: &str, response: &Response, answer: &str) {
        let text = String::from_utf8_lossy(&response.body).into_owned();
        let (status, rest) = answer.split_once(' ').unwrap_or((answer, ""));
        assert_eq!(response.status.to_string(), status, "{request}\n{text}");
        let body: Value = serde_json::from_str(&text).unwrap_or_default();
        if rest == "empty" {
            assert!(text.is_empty(), "{request}\n{text}");
        } else if rest == "html" {
            assert!(text.starts_with("<!doctype html>"), "{request}\n{text}");
        } else if let Some(names) = rest.strip_prefix("keys ") {
            let mut names: Vec<&str> = names.split_whitespace().collect();
            names.sort_unstable();
            let object =
                body["items"].get(0).unwrap_or(&body).as_object().unwrap_or_else(|| panic!("{request}\n{text}"));
            assert_eq!(object.keys().map(String::as_str).collect::<Vec<_>>(), names, "{request}");
        } else if let Some(count) = rest.strip_prefix("items ") {
            assert_eq!(body["items"].as_array().unwrap().len().to_string(), count, "{request}\n{text}");
        } else if !rest.is_empty() {
            let wanted: Value = serde_json::from_str(rest).unwrap_or_else(|error| panic!("{rest}: {error}"));
            self.compare(request, &wanted, &body, &text);
        }
    }

    fn compare(&mut self, place: &str, wanted: &Value, got: &Value, text: &str) {
        match (wanted, got) {
            (Value::String(any), _) if any == "*" => {}
            (Value::String(name), Value::String(got)) if name.starts_with('$') => {
                self.known.insert(name[1..].to_owned(), got.clone());
            }
            (Value::String(start), Value::String(got)) if start.ends_with('…') => {
                assert!(got.starts_with(start.trim_end_matches('…')), "{place}: {got}");
            }
            (Value::Object(wanted), Value::Object(got)) => {
                for (key, value) in wanted {
                    let found = got.get(key).unwrap_or_else(|| panic!("{place}: no `{key}` in {text}"));
                    self.compare(&format!("{place} {key}"), value, found, text);
                }
            }
            (Value::Array(wanted), Value::Array(got)) => {
                assert_eq!(wanted.len(), got.len(), "{place}: {text}");
                for (wanted, got) in wanted.iter().zip(got) {
                    self.compare(place, wanted, got, text);
                }
            }
            (wanted, got) => assert_eq!(wanted, got, "{place}\n{text}"),
        }
    }
}

/// Demands that a reply shows nothing beside what an answer says.
fn assert_no_more(request: &str, response: &Response, answer: &str) {
    let read = |text: &[u8]| serde_json::from_slice(text).unwrap_or(Value::Null);
    let wanted = answer.split_once(' ').map_or(Value::Null, |(_, body)| read(body.as_bytes()));
    let mut places = vec![(request.to_owned(), wanted, read(&response.body))];
    while let Some((place, wanted, got)) = places.pop() {
        match (wanted, got) {
            (Value::Object(wanted), Value::Object(mut got)) => {
                for (key, wanted) in wanted {
                    places.push((format!("{place} {key}"), wanted, got.remove(&key).unwrap_or_default()));
                }
                assert!(got.is_empty(), "{place}: also {:?}", got.keys());
            }
            (Value::Array(wanted), Value::Array(got)) => {
                places.extend(wanted.into_iter().zip(got).map(|(wanted, got)| (place.clone(), wanted, got)));
            }
            _ => {}
        }
    }
}

fn full(path: &str) -> String {
    if path.starts_with('/') { path.to_owned() } else { format!("/api/v3.1/{path}") }
}

/// Everybody's password is the name twice.
fn credentials(user: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{user}:{user}{user}")))
}

/// A tar.gz of these files.
pub(crate) fn tar_gz(files: &[(&str, &[u8])]) -> Vec<u8> {
    let encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    let mut archive = tar::Builder::new(encoder);
    for (path, bytes) in files {
        let mut header = tar::Header::new_ustar();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        archive.append_data(&mut header, path, *bytes).unwrap();
    }
    archive.into_inner().unwrap().finish().unwrap()
}

/// A zip of these files.
pub(crate) fn zipped(files: &[(&str, &[u8])]) -> Vec<u8> {
    use std::io::Write;
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (path, bytes) in files {
        archive.start_file(*path, zip::write::SimpleFileOptions::DEFAULT).unwrap();
        archive.write_all(bytes).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

/// The archive of a blueprint of one file.
/// Lets people in, whose passwords are their names twice, with roles in tenant `acme1`, which is made for them.
pub(crate) fn admit(desk: &mut Desk, people: &[(&str, Option<&str>)]) {
    desk.play("POST tenants/acme1\n-> 201");
    for (name, role) in people {
        desk.play(&format!("PUT users {{\"username\": \"{name}\", \"password\": \"{name}{name}\"}}\n-> 201"));
        if let Some(role) = role {
            let member = format!("{{\"username\": \"{name}\", \"tenant_name\": \"acme1\", \"role\": \"{role}\"}}");
            desk.play(&format!("PUT tenants/users {member}\n-> 200"));
        }
    }
}

pub(crate) fn blueprint(text: &str) -> Vec<u8> {
    tar_gz(&[("bp/blueprint.yaml", text.as_bytes())])
}

/// The blueprint of most observations: two nodes, one relationship, an output from a runtime property.
pub(crate) const OPS: &str = "
tosca_definitions_version: cloudify_dsl_1_4
imports: [ cloudify/types/types.yaml ]
inputs:
  mode: { type: string, default: ok }
  nap: { type: integer, default: 0 }
  label: { type: string, default: one }
  simulate_failure: { type: string, default: '' }
node_templates:
  base: { type: cloudify.nodes.Root }
  # extra
  top:
    type: cloudify.nodes.Root
    properties:
      simulate_runtime_properties: { addr: { concat: [ 10.0.0.5-, { get_input: label } ] } }
      simulate_failure: { get_input: mode }
    interfaces: { cloudify.interfaces.lifecycle: { create: op.sh, start: op.sh } }
    relationships: [ { type: cloudify.relationships.depends_on, target: base } ]
outputs: { addr: { value: { get_attribute: [ top, addr ] } } }
capabilities: { addr: { value: { get_attribute: [ top, addr ] } } }
";

/// A blueprint with a required input and one node.
pub(crate) const SMALL: &str = "
tosca_definitions_version: cloudify_dsl_1_4
description: trivial lab blueprint
imports: [ cloudify/types/types.yaml ]
inputs: { must: { type: string }, greeting: { default: hello } }
node_templates: { only: { type: cloudify.nodes.Root } }
";

#[test]
fn the_transcript_runner_compares() {
    let mut desk = desk();
    desk.play(r#"GET version -> "#.trim_end_matches("-> "));
    assert_eq!(desk.get("version")["version"], json!("7.1.0"));
}
