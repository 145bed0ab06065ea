//! What goes over the wire, kept for whoever holds it to a document of the vendor's: `tests/conformance/openapi.py`.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::str;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};
use trueup::parts::{Http, Tls};
use wire::{Answer, Method, Request, Response, Transport};

use crate::support::Sim;

/// The variable that names the file to which every exchange of the tests is added.
const VARIABLE: &str = "TRUEUP_TEST_RECORD";

/// Carries requests as another does, and keeps each with its answer.
struct Tape {
    inner: Arc<dyn Transport>,
    file: Mutex<File>,
}

/// The same transport, which keeps what it carries if somebody asked for it.
pub(crate) fn taped(inner: Arc<dyn Transport>) -> Arc<dyn Transport> {
    let Ok(path) = std::env::var(VARIABLE) else { return inner };
    taped_to(inner, OpenOptions::new().create(true).append(true).open(path).unwrap())
}

fn taped_to(inner: Arc<dyn Transport>, file: File) -> Arc<dyn Transport> {
    Arc::new(Tape { inner, file: Mutex::new(file) })
}

impl Transport for Tape {
    fn send(&self, request: Request) -> Answer<'_> {
        Box::pin(async move {
            let asked = request.clone();
            let response = self.inner.send(request).await?;
            // One write a line, for other tests add to the same file.
            self.file.lock().unwrap().write_all(line(&asked, &response).as_bytes()).unwrap();
            Ok(response)
        })
    }

    fn public_key(&self, url: &str) -> Option<String> {
        self.inner.public_key(url)
    }
}

/// One exchange as `tests/conformance/openapi.py` reads it.
fn line(request: &Request, response: &Response) -> String {
    let exchange = json!({
        "method": request.method,
        "url": request.url,
        "request_headers": request.headers,
        "request_body": text(&request.body),
        "status": response.status,
        "response_headers": response.headers,
        "response_body": text(&response.body),
    });
    format!("{exchange}\n")
}

/// A body, if it is text.
fn text(body: &[u8]) -> Value {
    str::from_utf8(body).map_or(Value::Null, Value::from)
}

#[tokio::test]
async fn each_exchange_is_a_line_that_holds_both_sides() {
    let sim = Sim::start();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tape.jsonl");
    let http = Arc::new(Http::new(&Tls::default(), Duration::from_secs(60), 1 << 20).unwrap());
    let tape = taped_to(http, File::create(&path).unwrap());
    let url = format!("{}/routes", sim.base_url("vns3", "a"));
    let asked = Request::new(Method::Post, &url).json(&json!({ "cidr": "10.1.0.0/16" }));
    let refused = tape.send(asked).await.unwrap();
    tape.send(Request::new(Method::Get, &url).header("Accept", "*/*")).await.unwrap();
    let written = fs::read_to_string(&path).unwrap();
    let lines: Vec<Value> = written.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 2);
    assert_eq!(lines[0]["method"], "POST");
    assert_eq!(lines[0]["request_body"], r#"{"cidr":"10.1.0.0/16"}"#);
    assert_eq!(lines[0]["request_headers"][0], json!(["Content-Type", "application/json"]));
    assert_eq!((&lines[0]["status"], &lines[0]["response_body"]), (&json!(401), &text(&refused.body)));
    assert_eq!((&lines[1]["url"], &lines[1]["request_body"]), (&json!(url), &json!("")));
}
