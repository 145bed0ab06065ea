//! Waits: the process that a write starts is waited for, in each form in which a reply names it, and told in the
//! platform's words.

use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};

use crate::attr::Attr;
use crate::finding::Place;
use crate::providers::netfoundry::PROVIDER;
use crate::providers::netfoundry::shared::{EXECUTION, provisioned};
use crate::redact::Redactor;
use crate::session::{AnsweredCall, RequestBody, Session, SkippingClock, WaitResult, Watch, encode};
use crate::spec::{Body, CallSpec, PathTemplate, Poll, call};
use crate::topology::{Credentials, Prune, Target, Tls};
use wire::{Answer, Method, Request, Response, Transport};

static OBJECT: Poll = provisioned("/core/v2/edge-routers/7d3e9f20", Duration::from_secs(900));
static JOB: Poll = EXECUTION;

/// A platform that shows what was laid out for it, one look after the other.
struct Platform {
    looks: Mutex<VecDeque<Value>>,
    asked: Mutex<Vec<String>>,
}

impl Transport for Platform {
    fn send(&self, request: Request) -> Answer<'_> {
        let body = match request.method {
            Method::Post => json!({ "access_token": "a", "token_type": "Bearer", "expires_in": 3600 }),
            _ => {
                self.asked.lock().unwrap().push(request.url);
                self.looks.lock().unwrap().pop_front().expect("no look too many")
            }
        };
        Box::pin(async move { Ok(Response::json(200, &body)) })
    }
}

/// The course of a wait.
struct Waited {
    /// Whether there was anything to wait for, or what failed.
    end: Result<bool, String>,
    /// The states that were told meanwhile.
    told: Vec<String>,
    /// The paths that were asked for.
    asked: Vec<String>,
}

/// Waits after a reply for what the platform shows.
async fn wait(poll: &'static Poll, reply: Value, looks: impl IntoIterator<Item = Value>) -> Waited {
    let word = |name: &str| (name.to_owned(), Attr::text("https://issuer.example/oauth2/token"));
    let fields = ["clientId", "password", "authenticationUrl"].map(word);
    let target = Target {
        name: "nf".into(),
        provider: &PROVIDER,
        at: "https://gateway.example".into(),
        credentials: Credentials { fields: fields.into(), ..Credentials::default() },
        new_password: None,
        settings: BTreeMap::new(),
        tls: Tls::default(),
        prune: Prune::Nothing,
        wait: Duration::ZERO,
        retired: false,
        sim_version: None,
        place: Place::file("nf.yaml"),
    };
    let platform = Arc::new(Platform { looks: Mutex::new(looks.into_iter().collect()), asked: Mutex::default() });
    let session = Session::open(&target, &Redactor::default(), platform.clone(), Arc::new(SkippingClock::default()))
        .await
        .unwrap();
    let told = Mutex::new(Vec::new());
    let watch = Watch { tell: &|waiting| told.lock().unwrap().push(waiting.state), stop: &AtomicBool::new(false) };
    let path = "/core/v2/edge-routers";
    let call = AnsweredCall { spec: &CREATE, path, body: &RequestBody::Nothing, since: Duration::ZERO, reply: &reply };
    let path = PathTemplate::of(poll.path).open(&|_| None).try_map(encode::path).unwrap();
    let settled = session.wait(poll, &path, &call, watch).await;
    let end = settled.map(|settled| matches!(settled, WaitResult::Done(_))).map_err(|error| error.what.to_string());
    let asked = platform.asked.lock().unwrap().clone();
    Waited { end, told: told.into_inner().unwrap(), asked }
}

fn status(word: &str) -> Value {
    json!({ "status": word })
}

const CREATE: CallSpec = call(Method::Post, "/core/v2/edge-routers", Body::Fields);

#[tokio::test]
async fn an_execution_is_found_as_an_object_and_in_a_list_and_may_be_missing() {
    let link = json!({ "href": "https://gateway.example/core/v2/executions/31c0de7a" });
    for links in [json!({ "execution": link }), json!({ "executions": link }), json!({ "executions": [link] })] {
        let shown = ["NEW", "STARTED", "RUNNING", "OK", "FINISHED"];
        let waited = wait(&JOB, json!({ "_links": links }), shown.map(status)).await;
        assert_eq!(waited.end, Ok(true), "{links}");
        assert_eq!(waited.told, shown);
        assert_eq!(waited.asked, ["https://gateway.example/core/v2/executions/31c0de7a"; 5]);
    }
    let itself = json!({ "self": link });
    for reply in [Value::Null, json!({}), json!({ "_links": itself }), json!({ "_links": { "executions": [] } })] {
        let waited = wait(&JOB, reply.clone(), []).await;
        assert_eq!((waited.end, waited.asked.len()), (Ok(false), 0), "{reply}");
    }
}

#[tokio::test]
async fn a_failure_is_told_in_the_platforms_words() {
    let reply = json!({ "_links": { "execution": { "href": "/core/v2/executions/31c0de7a" } } });
    let failed = json!({ "name": "create edge router", "status": "FAILED", "description": "no capacity in us-east-2" });
    let waited = wait(&JOB, reply.clone(), [status("STARTED"), failed]).await;
    assert_eq!(waited.end, Err("it ended as `FAILED`: no capacity in us-east-2".into()));
    let silent = json!({ "name": "create edge router", "status": "FAILED", "description": null });
    assert_eq!(wait(&JOB, reply, [silent]).await.end, Err("it ended as `FAILED`".into()));
    let waited = wait(&OBJECT, Value::Null, [status("PROVISIONING"), status("ERROR")]).await;
    assert_eq!(waited.end, Err("it ended as `ERROR`".into()));
    assert_eq!(waited.told, ["PROVISIONING", "ERROR"]);
}

/// Fifteen minutes at ten seconds a look.
#[tokio::test]
async fn a_long_provisioning_is_told_look_by_look() {
    let looks = std::iter::repeat_n("PROVISIONING", 89).chain(["PROVISIONED"]);
    let waited = wait(&OBJECT, Value::Null, looks.clone().map(status)).await;
    assert_eq!(waited.end, Ok(true));
    assert_eq!(waited.told, looks.collect::<Vec<_>>());
    let endless = std::iter::repeat_n(status("PROVISIONING"), 2000);
    assert!(wait(&OBJECT, Value::Null, endless).await.end.is_err_and(|why| why.contains("900")));
}
