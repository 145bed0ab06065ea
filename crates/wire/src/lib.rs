//! Requests and responses as plain data, and the one trait that carries them.
//!
//! Everything above builds a [`Request`] as a value and sends it elsewhere; everything beside (the simulators) answers
//! one with a [`Response`]. No HTTP library is named here.

use std::borrow::Cow;
use std::fmt;
use std::future::Future;
use std::pin::Pin;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The verb of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum Method {
    /// Reads; never has an effect.
    Get,
    /// Creates or runs.
    Post,
    /// Replaces or creates by name.
    Put,
    /// Changes part of an object.
    Patch,
    /// Removes.
    Delete,
}

impl Method {
    /// The verb as HTTP spells it.
    pub fn as_str(self) -> &'static str {
        match self {
            Method::Get => "GET",
            Method::Post => "POST",
            Method::Put => "PUT",
            Method::Patch => "PATCH",
            Method::Delete => "DELETE",
        }
    }

    /// The verb that HTTP spells so, if Trueup speaks it.
    pub fn parse(text: &str) -> Option<Method> {
        [Method::Get, Method::Post, Method::Put, Method::Patch, Method::Delete]
            .into_iter()
            .find(|method| method.as_str().eq_ignore_ascii_case(text))
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// One request. Outbound the URL is absolute; at a simulator it starts with `/`.
#[derive(Clone)]
pub struct Request {
    /// The verb.
    pub method: Method,
    /// URL with its query, percent-encoded.
    pub url: String,
    /// Header names as written, values as sent. May hold credentials: never print them.
    pub headers: Vec<(String, String)>,
    /// The body's bytes; empty for none. May hold secrets: never print them.
    pub body: Vec<u8>,
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} ({} bytes)", self.method, self.url, self.body.len())
    }
}

impl Request {
    /// A request with no header and no body.
    pub fn new(method: Method, url: impl Into<String>) -> Request {
        Request { method, url: url.into(), headers: Vec::new(), body: Vec::new() }
    }

    /// The same request with one more header.
    pub fn header(mut self, name: &str, value: impl Into<String>) -> Request {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    /// The same request with a JSON body and its content type.
    pub fn json(mut self, body: &serde_json::Value) -> Request {
        self.body = body.to_string().into_bytes();
        self.header("Content-Type", "application/json")
    }

    /// The path: what stands before the query, still percent-encoded.
    pub fn path(&self) -> &str {
        self.url.split('?').next().unwrap_or_default()
    }

    /// The path's segments, percent-decoded; empty ones are left out, so a trailing slash does not count.
    pub fn segments(&self) -> Vec<Cow<'_, str>> {
        self.path().split('/').filter(|s| !s.is_empty()).map(|s| percent_decode_str(s).decode_utf8_lossy()).collect()
    }

    /// The query's pairs in order, percent-decoded, `+` read as a blank.
    pub fn query(&self) -> Vec<(String, String)> {
        let Some((_, query)) = self.url.split_once('?') else { return Vec::new() };
        query
            .split('&')
            .filter(|pair| !pair.is_empty())
            .map(|pair| {
                let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
                (decode_query(name), decode_query(value))
            })
            .collect()
    }

    /// The first query value of that name.
    pub fn query_value(&self, name: &str) -> Option<String> {
        self.query().into_iter().find(|(n, _)| n == name).map(|(_, value)| value)
    }

    /// The first header of that name, compared without case.
    pub fn header_value(&self, name: &str) -> Option<&str> {
        find_header(&self.headers, name)
    }
}

/// One answer.
#[derive(Debug, Clone)]
pub struct Response {
    /// The HTTP status.
    pub status: u16,
    /// Header names and values as received.
    pub headers: Vec<(String, String)>,
    /// The body's bytes.
    pub body: Vec<u8>,
}

impl Response {
    /// A response with a JSON body.
    pub fn json(status: u16, body: &serde_json::Value) -> Response {
        Response {
            status,
            headers: vec![("Content-Type".to_owned(), "application/json".to_owned())],
            body: body.to_string().into_bytes(),
        }
    }

    /// A response with a text body of that content type.
    pub fn text(status: u16, content_type: &str, body: impl Into<String>) -> Response {
        Response {
            status,
            headers: vec![("Content-Type".to_owned(), content_type.to_owned())],
            body: body.into().into_bytes(),
        }
    }

    /// A response without a body.
    pub fn empty(status: u16) -> Response {
        Response { status, headers: Vec::new(), body: Vec::new() }
    }

    /// The same response with one more header.
    pub fn header(mut self, name: &str, value: impl Into<String>) -> Response {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    /// Says whether the status is 2xx.
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// The first header of that name, compared without case.
    pub fn header_value(&self, name: &str) -> Option<&str> {
        find_header(&self.headers, name)
    }
}

/// A server whose certificate is not the pinned one.
#[derive(Debug, Clone, thiserror::Error)]
#[error("`{host}` shows the certificate {shown}, and {pinned} is pinned (SHA-256){}", self.known_key())]
pub struct OtherCertificate {
    /// The server, as it was called.
    pub host: String,
    /// SHA-256 of the certificate that it shows.
    pub shown: String,
    /// SHA-256 of the pinned one.
    pub pinned: String,
    /// SHA-256 of the public key in the certificate that it shows. That it has the private one is not proved.
    pub key: Option<String>,
    /// How this key stands to the one that is known from before, in words.
    pub known: Option<String>,
}

impl OtherCertificate {
    fn known_key(&self) -> String {
        self.known.as_ref().map(|words| format!("; {words}")).unwrap_or_default()
    }
}

/// Why no answer came.
#[derive(Debug, Clone, thiserror::Error)]
pub enum TransportError {
    /// The connection was never made: the request had no effect.
    #[error("could not connect: {0}")]
    Connect(String),
    /// TLS refused the server's certificate: the request had no effect.
    #[error("the server's TLS certificate was refused: {0}")]
    Tls(String),
    /// The server shows another certificate than the pinned one: the request had no effect.
    #[error("{0}")]
    OtherCertificate(Box<OtherCertificate>),
    /// No answer in time: the request may have had its effect.
    #[error("no answer in time")]
    Timeout,
    /// The connection broke after the request was sent: it may have had its effect.
    #[error("the connection broke: {0}")]
    Broken(String),
    /// The answer is larger than the limit in bytes: the request had its effect.
    #[error("the answer is larger than {0} bytes")]
    TooLarge(u64),
}

impl TransportError {
    /// Says whether the request may have had its effect although no answer came.
    pub fn is_ambiguous(&self) -> bool {
        match self {
            TransportError::Connect(_) | TransportError::Tls(_) | TransportError::OtherCertificate(_) => false,
            TransportError::Timeout | TransportError::Broken(_) | TransportError::TooLarge(_) => true,
        }
    }
}

/// A boxed future, so that the trait can be used as an object.
pub type Answer<'a> = Pin<Box<dyn Future<Output = Result<Response, TransportError>> + Send + 'a>>;

/// Carries a request to a server and its answer back. Never retries, never follows redirects.
pub trait Transport: Send + Sync {
    /// Sends one request.
    fn send(&self, request: Request) -> Answer<'_>;

    /// SHA-256 of the public key that the server of a URL showed last, where it showed a certificate.
    fn public_key(&self, _url: &str) -> Option<String> {
        None
    }
}

/// What RFC 3986 leaves unreserved stays readable in a path segment.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Encodes one path segment or query value.
pub fn encode(text: &str) -> String {
    utf8_percent_encode(text, SEGMENT).to_string()
}

fn decode_query(text: &str) -> String {
    percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned()
}

fn find_header<'a>(headers: &'a [(String, String)], name: &str) -> Option<&'a str> {
    headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_comes_apart_decoded() {
        let request = Request::new(Method::Get, "/core/v2/edge%20routers/a%2Fb/?name=a+b&size=10&flag");
        assert_eq!(request.segments(), ["core", "v2", "edge routers", "a/b"]);
        assert_eq!(request.query_value("name").as_deref(), Some("a b"));
        assert_eq!(request.query_value("flag").as_deref(), Some(""));
        assert_eq!(request.query_value("none"), None);
    }

    #[test]
    fn encoding_keeps_unreserved_letters_only() {
        assert_eq!(encode("10.1.0.0/16 é~"), "10.1.0.0%2F16%20%C3%A9~");
    }
}
