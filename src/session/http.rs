//! HTTP by reqwest: beside `proxy` the only file that names it.
//!
//! TLS verification is always on: the system's roots, or the certificates of a file, or one pinned certificate.

use std::collections::BTreeMap;
use std::error::Error as _;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use reqwest::redirect::Policy;
use reqwest::tls::TlsInfo;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, SignatureScheme};

use crate::digest::sha256;
use crate::session::handshake;
use crate::session::proxy::Proxies;
use crate::topology::Tls;
use wire::{Answer, Method, OtherCertificate, Request, Response, Transport, TransportError};

/// How often content may be said to be elsewhere: a download site needs two or three of them, and more are a circle.
const MAX_REDIRECTS: usize = 10;

/// Bytes that are read of an answer which is no success: its words are at its beginning.
const MAX_REFUSAL: u64 = 1 << 20;

/// A connection to servers over HTTP and HTTPS.
pub struct Http {
    client: reqwest::Client,
    max_body: u64,
    /// The digest of the public key that each server showed last, by scheme and authority.
    keys: Mutex<BTreeMap<String, String>>,
}

/// Why no client could be made.
#[derive(Debug, thiserror::Error)]
pub enum HttpError {
    /// A file of certificates could not be read.
    #[error("could not read the certificates of `{0}`")]
    CaFile(String, #[source] std::io::Error),
    /// The file's content is not PEM.
    #[error("`{0}` holds no PEM certificates")]
    NotPem(String),
    /// The HTTP library refused.
    #[error("could not set up HTTPS: {0}")]
    SetUp(String),
}

/// The clients of a run: one for each way of recognising servers, however many targets share it.
///
/// A client reads the trust store when it is made, which costs more than all else that a session does to begin. Its pool
/// keeps connections apart by scheme, host and port, so targets that share it never get each other's.
#[derive(Default)]
pub(crate) struct Clients {
    known: BTreeMap<(Option<String>, Option<PathBuf>, Duration), Arc<Http>>,
}

impl Clients {
    /// The client for servers that are recognised as `tls` says, made when it is asked for first.
    ///
    /// # Errors
    /// When the certificates can't be read.
    pub(crate) fn get(&mut self, tls: &Tls, timeout: Duration, max_body: u64) -> Result<Arc<Http>, HttpError> {
        let Tls { pin_sha256, ca_file } = tls;
        let key = (pin_sha256.clone(), ca_file.clone(), timeout);
        if let Some(http) = self.known.get(&key) {
            return Ok(http.clone());
        }
        let http = Arc::new(Http::new(tls, timeout, max_body)?);
        self.known.insert(key, http.clone());
        Ok(http)
    }
}

impl Http {
    /// A client that recognises servers as `tls` says. `max_body` limits an answer's size in bytes.
    ///
    /// # Errors
    /// When the certificates can't be read.
    pub fn new(tls: &Tls, timeout: Duration, max_body: u64) -> Result<Http, HttpError> {
        let provider = default_provider();
        let mut builder = client(timeout).redirect(Policy::none()).timeout(timeout);
        if let Some(pin) = &tls.pin_sha256 {
            builder = builder.tls_backend_preconfigured(pinned(pin, provider)?);
        } else if let Some(file) = &tls.ca_file {
            let name = file.display().to_string();
            let pem = std::fs::read(file).map_err(|error| HttpError::CaFile(name.clone(), error))?;
            let certificates =
                reqwest::Certificate::from_pem_bundle(&pem).map_err(|_| HttpError::NotPem(name.clone()))?;
            if certificates.is_empty() {
                return Err(HttpError::NotPem(name));
            }
            builder = builder.tls_certs_only(certificates);
        }
        Http::built(builder, max_body)
    }

    /// A client for content that stands anywhere: it recognises servers by the system's roots and goes where they send it.
    /// Large content takes its time; a server that is silent for as long as `idle` has gone.
    ///
    /// # Errors
    /// When the system's roots can't be read.
    pub fn anywhere(idle: Duration, timeout: Duration, max_body: u64) -> Result<Http, HttpError> {
        default_provider();
        let redirects = Policy::custom(|attempt| match attempt.previous().len() > MAX_REDIRECTS {
            // The last one's answer can be told, other than an error.
            true => attempt.stop(),
            false => attempt.follow(),
        });
        Http::built(client(idle).redirect(redirects).read_timeout(idle).timeout(timeout), max_body)
    }

    fn built(builder: reqwest::ClientBuilder, max_body: u64) -> Result<Http, HttpError> {
        let client = builder.build().map_err(|error| HttpError::SetUp(chain(&error)))?;
        Ok(Http { client, max_body, keys: Mutex::default() })
    }

    async fn exchange(&self, request: Request) -> Result<Response, TransportError> {
        let method = match request.method {
            Method::Get => reqwest::Method::GET,
            Method::Post => reqwest::Method::POST,
            Method::Put => reqwest::Method::PUT,
            Method::Patch => reqwest::Method::PATCH,
            Method::Delete => reqwest::Method::DELETE,
        };
        let mut builder = self.client.request(method, &request.url);
        for (name, value) in &request.headers {
            builder = builder.header(name.as_str(), value.as_str());
        }
        // An empty body still wants a length, or strict servers wait for one.
        if !request.body.is_empty() || request.method != Method::Get {
            builder = builder.body(request.body);
        }
        let mut answer = builder.send().await.map_err(|error| failure(&error))?;
        if let Some(digest) =
            answer.extensions().get::<TlsInfo>().and_then(TlsInfo::peer_certificate).and_then(key_digest)
        {
            self.keys.lock().unwrap_or_else(PoisonError::into_inner).insert(authority(&request.url), digest);
        }
        let status = answer.status().as_u16();
        let headers = answer
            .headers()
            .iter()
            .map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
            .collect();
        let is_refusal = answer.status().is_client_error() || answer.status().is_server_error();
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(|error| failure(&error))? {
            if is_refusal && (body.len() + chunk.len()) as u64 > MAX_REFUSAL.min(self.max_body) {
                // The beginning has to do.
                break;
            }
            if (body.len() + chunk.len()) as u64 > self.max_body {
                return Err(TransportError::TooLarge(self.max_body));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Response { status, headers, body })
    }
}

/// The cryptography that every client uses.
pub(super) fn default_provider() -> Arc<CryptoProvider> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    // A second call finds one installed: either is the same.
    let _ = CryptoProvider::install_default((*provider).clone());
    provider
}

/// The settings that all clients share. Nobody who is there needs more than ten seconds to say so.
fn client(patience: Duration) -> reqwest::ClientBuilder {
    let builder = reqwest::Client::builder()
        .user_agent(concat!("trueup/", env!("CARGO_PKG_VERSION")))
        .tls_info(true)
        .connect_timeout(Duration::from_secs(10).min(patience));
    let proxies = Proxies::of_environment();
    // The library reads the environment, too, and asks its proxies for this machine.
    let builder = if proxies.are_named() { builder.no_proxy() } else { builder };
    proxies.rules().into_iter().fold(builder, reqwest::ClientBuilder::proxy)
}

impl Transport for Http {
    fn send(&self, request: Request) -> Answer<'_> {
        Box::pin(self.exchange(request))
    }

    fn public_key(&self, url: &str) -> Option<String> {
        self.keys.lock().unwrap_or_else(PoisonError::into_inner).get(&authority(url)).cloned()
    }
}

/// The part of a URL that names a server: scheme, host and port.
fn authority(url: &str) -> String {
    url.splitn(4, '/').take(3).collect::<Vec<_>>().join("/")
}

/// SHA-256 of the public key in a server's certificate: it stays when the certificate is renewed with the same key.
fn key_digest(certificate: &[u8]) -> Option<String> {
    let certificate = CertificateDer::from(certificate);
    let parsed = ParsedCertificate::try_from(&certificate).ok()?;
    Some(sha256(parsed.subject_public_key_info()))
}

/// The failure, and whether the request may have had its effect.
fn failure(error: &reqwest::Error) -> TransportError {
    let text = chain(error);
    if error.is_timeout() && !error.is_connect() {
        return TransportError::Timeout;
    }
    if let Some(failure) = handshake::failure(error) {
        return failure;
    }
    if error.is_connect() || error.is_builder() {
        return TransportError::Connect(text);
    }
    TransportError::Broken(text)
}

/// The cause of an error, without the URL: it may hold more than is good to print.
fn chain(error: &reqwest::Error) -> String {
    let mut last = None;
    let mut cause = error.source();
    while let Some(error) = cause {
        last = Some(error.to_string());
        cause = error.source();
    }
    last.map_or_else(|| "the HTTP client gave no reason".into(), |words| without_number(&words))
}

/// The system's words for an error without its number: `Connection refused (os error 111)` is `connection refused`.
fn without_number(words: &str) -> String {
    let Some((words, _)) = words.rsplit_once(" (os error ") else { return words.to_owned() };
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}

fn pinned(pin: &str, provider: Arc<CryptoProvider>) -> Result<ClientConfig, HttpError> {
    let verifier =
        Arc::new(PinVerifier { sha256: pin.replace(':', "").to_ascii_lowercase(), provider: provider.clone() });
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| HttpError::SetUp(error.to_string()))?;
    Ok(builder.dangerous().with_custom_certificate_verifier(verifier).with_no_client_auth())
}

/// Accepts one certificate, whoever signed it and whatever its name: that is what pinning means for the self-signed
/// certificates that controllers come with. Handshake signatures are verified as ever.
#[derive(Debug)]
struct PinVerifier {
    sha256: String,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for PinVerifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        _ocsp: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let shown = sha256(end_entity);
        if shown == self.sha256 {
            return Ok(ServerCertVerified::assertion());
        }
        let host = server_name.to_str().into_owned();
        let other =
            OtherCertificate { host, shown, pinned: self.sha256.clone(), key: key_digest(end_entity), known: None };
        Err(rustls::Error::InvalidCertificate(CertificateError::Other(rustls::OtherError(Arc::new(other)))))
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signature, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signature, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_that_are_recognised_alike_share_a_client() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("ca.pem");
        let key = rcgen::generate_simple_self_signed(vec!["controller".into()]).unwrap();
        std::fs::write(&file, key.cert.pem()).unwrap();
        let long = Duration::from_secs(60);
        let pinned = |pin: &str| Tls { pin_sha256: Some(pin.into()), ca_file: None };
        let signed = Tls { pin_sha256: None, ca_file: Some(file.clone()) };
        let mut clients = Clients::default();
        let mut get = |tls: &Tls, timeout| clients.get(tls, timeout, 1 << 20).unwrap();
        let first = get(&Tls::default(), long);
        assert!(Arc::ptr_eq(&first, &get(&Tls::default(), long)));
        assert!(!Arc::ptr_eq(&first, &get(&Tls::default(), Duration::from_secs(5))));
        assert!(!Arc::ptr_eq(&first, &get(&pinned("aa"), long)));
        assert!(!Arc::ptr_eq(&get(&pinned("aa"), long), &get(&pinned("bb"), long)));
        let trusting = get(&signed, long);
        assert!(!Arc::ptr_eq(&first, &trusting));
        std::fs::remove_file(&file).unwrap();
        assert!(Arc::ptr_eq(&trusting, &get(&signed, long)), "its certificates are read once");
    }

    #[test]
    fn a_renewed_certificate_has_the_key_of_the_one_before() {
        let key = rcgen::KeyPair::generate().unwrap();
        let signed = |name: &str, key: &rcgen::KeyPair| {
            rcgen::CertificateParams::new([name.to_owned()]).unwrap().self_signed(key).unwrap().der().to_vec()
        };
        let (old, renewed) = (signed("old.example", &key), signed("new.example", &key));
        assert_ne!(old, renewed);
        let digest = key_digest(&old).unwrap();
        assert_eq!(key_digest(&renewed), Some(digest.clone()));
        assert_ne!(key_digest(&signed("old.example", &rcgen::KeyPair::generate().unwrap())), Some(digest));
        assert_eq!(key_digest(b"no certificate"), None);
    }
}
