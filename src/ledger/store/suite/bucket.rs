//! A server of S3's kind in memory: a reading of its documents that shares nothing with the store.
//!
//! It knows `GET` and `PUT` of an object with `If-Match` and `If-None-Match`, and takes nothing that is not signed: see
//! “Authenticating Requests: Using Query Parameters” and “Conditional writes” in Amazon's documents.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use tokio::runtime::{Builder, Runtime};

use crate::digest::{hex, sha256};

pub(in super::super) const ACCESS: &str = "AKIDLAB";
pub(in super::super) const KEY: &str = "a key that nobody guesses";

/// What is taken care of, and what is not.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(in super::super) struct Careless {
    pub of_match: bool,
    pub of_none_match: bool,
    /// Its own error in place of an answer.
    pub answers: Option<(u16, &'static str)>,
}

#[derive(Debug, Default)]
struct Content {
    objects: BTreeMap<String, Vec<u8>>,
    careless: Careless,
}

/// A server with one bucket, `lab`.
#[derive(Debug)]
pub(in super::super) struct BucketServer {
    pub at: SocketAddr,
    content: Arc<Mutex<Content>>,
    runtime: Option<Runtime>,
}

impl BucketServer {
    pub(in super::super) fn start() -> BucketServer {
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let content: Arc<Mutex<Content>> = Arc::default();
        let app = axum::Router::new().fallback(answer).with_state(content.clone());
        let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
        let at = listener.local_addr().unwrap();
        runtime.spawn(async move { axum::serve(listener, app).await });
        BucketServer { at, content, runtime: Some(runtime) }
    }

    pub(in super::super) fn be(&self, careless: Careless) {
        self.content.lock().unwrap().careless = careless;
    }

    pub(in super::super) fn objects(&self) -> BTreeMap<String, Vec<u8>> {
        self.content.lock().unwrap().objects.clone()
    }

    pub(in super::super) fn put_back(&self, objects: BTreeMap<String, Vec<u8>>) {
        self.content.lock().unwrap().objects = objects;
    }
}

impl Drop for BucketServer {
    fn drop(&mut self) {
        self.runtime.take().unwrap().shutdown_background();
    }
}

fn etag(bytes: &[u8]) -> String {
    format!("\"{}\"", &sha256(bytes)[..32])
}

fn refusal(status: u16, code: &str) -> Response {
    let words = format!("<?xml version=\"1.0\"?><Error><Code>{code}</Code><Message>No.</Message></Error>");
    (StatusCode::from_u16(status).unwrap(), words).into_response()
}

async fn answer(
    State(content): State<Arc<Mutex<Content>>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let mut content = content.lock().unwrap();
    if let Some((status, code)) = content.careless.answers {
        return refusal(status, code);
    }
    if !is_signed(&method, &uri, &headers) {
        return refusal(403, "SignatureDoesNotMatch");
    }
    let Some(name) = uri.path().strip_prefix("/lab/").map(str::to_owned) else { return refusal(404, "NoSuchBucket") };
    let header = |name: &str| headers.get(name).map(|value| value.to_str().unwrap().to_owned());
    let there = content.objects.get(&name).map(|bytes| etag(bytes));
    if method == Method::GET {
        let Some(there) = there else { return refusal(404, "NoSuchKey") };
        if header("if-none-match") == Some(there.clone()) {
            return (StatusCode::NOT_MODIFIED, [("etag", there)]).into_response();
        }
        return ([("etag", there)], content.objects[&name].clone()).into_response();
    }
    let Careless { of_match, of_none_match, .. } = content.careless;
    if header("if-none-match").is_some() && there.is_some() && !of_none_match {
        return refusal(412, "PreconditionFailed");
    }
    if let Some(wanted) = header("if-match").filter(|_| !of_match) {
        match there {
            None => return refusal(404, "NoSuchKey"),
            Some(there) if there != wanted => return refusal(412, "PreconditionFailed"),
            Some(_) => {}
        }
    }
    let tag = etag(&body);
    content.objects.insert(name, body.to_vec());
    [("etag", tag)].into_response()
}

fn mac(key: &[u8], text: &str) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

/// Says whether a request carries the signature that its parts and the key make.
fn is_signed(method: &Method, uri: &Uri, headers: &HeaderMap) -> bool {
    let mut query: Vec<&str> = uri.query().unwrap_or_default().split('&').collect();
    let value = |name: &str| {
        let pair = query.iter().find_map(|pair| pair.strip_prefix(&format!("{name}=")));
        pair.unwrap_or_default().replace("%2F", "/").replace("%3B", ";")
    };
    let (signature, date, signed) = (value("X-Amz-Signature"), value("X-Amz-Date"), value("X-Amz-SignedHeaders"));
    let credential = value("X-Amz-Credential");
    let Some(scope) = credential.strip_prefix(&format!("{ACCESS}/")) else { return false };
    // A condition that is not signed could be taken away on the way.
    let is_bare = |name: &str| headers.contains_key(name) && !signed.split(';').any(|other| other == name);
    if is_bare("if-match") || is_bare("if-none-match") {
        return false;
    }
    query.retain(|pair| !pair.starts_with("X-Amz-Signature="));
    query.sort();
    let said = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().trim();
    let named: String = signed.split(';').map(|name| format!("{name}:{}\n", said(name))).collect();
    let canonical = format!("{method}\n{}\n{}\n{named}\n{signed}\nUNSIGNED-PAYLOAD", uri.path(), query.join("&"));
    let text = format!("AWS4-HMAC-SHA256\n{date}\n{scope}\n{}", sha256(canonical));
    let parts = scope.split('/');
    let key = parts.fold(format!("AWS4{KEY}").into_bytes(), |key, part| mac(&key, part));
    hex(&mac(&key, &text)) == signature
}
