//! A server that answers what it is told to, over plain HTTP or TLS: no simulator would do such things.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::thread;

use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::pki_types::PrivateKeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use sha2::{Digest, Sha256};

/// What to answer to a request line: the status line's end, the content type and the body.
pub(crate) type Answer = (&'static str, &'static str, Vec<u8>);

/// A server that lives as long as the test's process.
pub(crate) struct Hostile {
    address: SocketAddr,
    scheme: &'static str,
}

/// A certificate that nobody has signed but itself.
pub(crate) struct SelfSigned {
    /// The certificate as PEM.
    pub pem: String,
    /// Its SHA-256 in hexadecimal.
    pub sha256: String,
    config: Arc<ServerConfig>,
}

impl SelfSigned {
    /// A certificate for a name or address.
    pub(crate) fn for_name(name: &str) -> SelfSigned {
        let CertifiedKey { cert, signing_key } = generate_simple_self_signed([name.to_owned()]).unwrap();
        let sha256 = Sha256::digest(cert.der()).iter().map(|byte| format!("{byte:02x}")).collect();
        let key = PrivateKeyDer::try_from(signing_key.serialize_der()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
        let config = config.with_no_client_auth().with_single_cert(vec![cert.der().clone()], key).unwrap();
        SelfSigned { pem: cert.pem(), sha256, config: Arc::new(config) }
    }
}

impl Hostile {
    /// A server over plain HTTP that answers every request so.
    pub(crate) fn answers(status: &'static str, content_type: &'static str, body: impl Into<Vec<u8>>) -> Hostile {
        let body = body.into();
        Hostile::start(None, Arc::new(move |_: &str| (status, content_type, body.clone())))
    }

    /// A server over plain HTTP that answers each request line as told.
    pub(crate) fn over_http(answer: fn(&str) -> Answer) -> Hostile {
        Hostile::start(None, Arc::new(answer))
    }

    /// A server over TLS that answers each request line as told.
    pub(crate) fn over_tls(certificate: &SelfSigned, answer: fn(&str) -> Answer) -> Hostile {
        Hostile::start(Some(certificate.config.clone()), Arc::new(answer))
    }

    fn start(tls: Option<Arc<ServerConfig>>, answer: Arc<dyn Fn(&str) -> Answer + Send + Sync>) -> Hostile {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let scheme = if tls.is_some() { "https" } else { "http" };
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (answer, tls) = (answer.clone(), tls.clone());
                thread::spawn(move || match tls {
                    None => serve(stream, &*answer),
                    Some(config) => {
                        let connection = ServerConnection::new(config).unwrap();
                        serve(StreamOwned::new(connection, stream), &*answer);
                    }
                });
            }
        });
        Hostile { address, scheme }
    }

    /// A URL at this server.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}://{}{path}", self.scheme, self.address)
    }
}

/// The URL of a port on which nobody listens.
pub(crate) fn nobody() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}

/// The head of a request; nothing if the client hangs up first.
pub(crate) fn head(stream: &mut impl Read) -> Option<String> {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read(&mut byte) {
            Ok(1) => head.push(byte[0]),
            _ => return None,
        }
    }
    Some(String::from_utf8_lossy(&head).into_owned())
}

/// Answers one request and hangs up. A client that refuses the certificate hangs up first.
fn serve(mut stream: impl Read + Write, answer: &dyn Fn(&str) -> Answer) {
    let Some(head) = head(&mut stream) else { return };
    let (status, content_type, body) = answer(head.lines().next().unwrap_or_default());
    let length = body.len();
    let _ = write!(stream, "HTTP/1.1 {status}\r\nContent-Type: {content_type}\r\nContent-Length: {length}\r\n");
    let _ = stream.write_all(b"Connection: close\r\n\r\n").and_then(|()| stream.write_all(&body));
    let _ = stream.flush();
}
