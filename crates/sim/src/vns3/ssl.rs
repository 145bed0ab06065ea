//! The certificate of API and web interface: put in place first, installed in the background then.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::Area;
use super::access;
use super::answer::{Fault, Outcome, ok};
use super::call::Call;
use super::clock::Moment;
use super::state::State;
use wire::Method::{Get, Put};

pub(super) static AREA: Area = Area { answer, console: &[] };

/// How long an installation takes.
const TAKES: u64 = 1_500;

/// The pair that waits, and the installations so far: the last that is done is in force.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Ssl {
    waiting: Option<Keypair>,
    jobs: Vec<Job>,
}

/// A certificate and its key.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Keypair {
    cert: String,
    key: String,
}

/// An installation.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Job {
    uuid: String,
    cert: String,
    done_at: Moment,
}

fn answer(state: &mut State, call: &Call) -> Option<Outcome> {
    Some(match (call.method, call.path().as_slice()) {
        (Get, ["system", "ssl"]) => ok(json!({"certs": [certificate(state)]})),
        (Put, ["system", "ssl", "keypair"]) => upload(state, call),
        (Put, ["system", "ssl", "install"]) => install(state, call),
        (Get, ["system", "ssl", "install", uuid]) => progress(state, call, uuid),
        _ => return None,
    })
}

/// "Get SSL Certs": the one of the last installation that is done, or the one that the controller made for itself. Its
/// SHA-256 is that of what stands between the lines of the PEM text; its spelling, and the shorter digest, are chosen.
fn certificate(state: &State) -> Value {
    let done = state.ssl.jobs.iter().rfind(|job| job.done_at <= state.clock).map(|job| &job.cert);
    let (subject, bytes) = match done.and_then(|text| content(text)) {
        Some(bytes) => ("CN=uploaded", bytes),
        None => ("CN=vns3-controller", b"self-signed".to_vec()),
    };
    let pairs = |digest: &[u8]| digest.iter().map(|byte| format!("{byte:02X}")).collect::<Vec<_>>().join(":");
    json!({
        "subject": subject,
        "issuer": subject,
        "before": "2024-01-01 00:00:00 UTC",
        "after": "2034-01-01 00:00:00 UTC",
        "algorithm": "sha256WithRSAEncryption",
        "sha1_fingerprint": pairs(&Sha256::digest(&bytes)[..20]),
        "sha256_fingerprint": pairs(&Sha256::digest(&bytes)),
    })
}

/// The bytes of the first certificate in a PEM text.
fn content(text: &str) -> Option<Vec<u8>> {
    let lines = text.lines().map(str::trim);
    let body = lines.skip_while(|line| *line != "-----BEGIN CERTIFICATE-----").skip(1);
    let body: String = body.take_while(|line| *line != "-----END CERTIFICATE-----").collect();
    access::base64(&body).filter(|bytes| !bytes.is_empty())
}

/// "Upload SSL certs": nothing changes yet.
fn upload(state: &mut State, call: &Call) -> Outcome {
    let fields = call.fields()?;
    let (cert, key): (Option<String>, Option<String>) = (fields.get("cert")?, fields.get("key")?);
    let missing: Vec<&str> = [("cert is missing", cert.is_none()), ("key is missing", key.is_none())]
        .into_iter()
        .filter_map(|(text, is_missing)| is_missing.then_some(text))
        .collect();
    let (Some(cert), Some(key)) = (cert, key) else { return Err(Fault::argument(missing.join(", "))) };
    if content(&cert).is_none() {
        return Err(Fault::invalid("cert"));
    }
    if !key.contains("PRIVATE KEY") {
        return Err(Fault::invalid("key"));
    }
    state.ssl.waiting = Some(Keypair { cert, key });
    ok("Valid key/cert files uploaded")
}

/// "Install SSL certs".
fn install(state: &mut State, call: &Call) -> Outcome {
    let pair = state.ssl.waiting.take().ok_or_else(|| Fault::argument("cert is missing, key is missing"))?;
    let uuid = state.generator.hex(32);
    state.ssl.jobs.push(Job { uuid: uuid.clone(), cert: pair.cert, done_at: call.now.plus_millis(TAKES) });
    ok(json!({"status": "SSL Cert installation queued", "uuid": uuid}))
}

/// "Get SSL Install Status".
fn progress(state: &State, call: &Call, uuid: &str) -> Outcome {
    let job = state.ssl.jobs.iter().find(|job| job.uuid == uuid);
    let job = job.ok_or_else(|| Fault::not_found(format!("Unknown Job ID: {uuid}")))?;
    let (status, state) =
        if job.done_at > call.now { ("Job pending", "pending") } else { ("SSL Cert installed", "finished") };
    ok(json!({"uuid": uuid, "status": status, "state": state}))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vns3::testing::{Bench, has_keys_of};

    #[test]
    fn a_certificate_is_put_in_place_and_then_installed() {
        let mut bench = Bench::new();
        let before = bench.get("/system/ssl").expect("certs");
        let example = json!({"certs": [{
            "subject": "string", "issuer": "string", "before": "string", "after": "string", "algorithm": "string",
            "sha1_fingerprint": "string", "sha256_fingerprint": "string",
        }]});
        assert!(has_keys_of(&before, &example), "{before}");
        let nothing = (400, "APIArgumentError: cert is missing, key is missing".to_owned());
        assert_eq!(bench.refused(Put, "/system/ssl/install", json!({})), nothing);
        assert_eq!(bench.refused(Put, "/system/ssl/keypair", json!({})), nothing);
        let pair = json!({"cert": "-----BEGIN CERTIFICATE-----\nMA==", "key": "-----BEGIN PRIVATE KEY-----\nMA=="});
        assert_eq!(bench.ok(Put, "/system/ssl/keypair", pair), "Valid key/cert files uploaded");
        let job = bench.ok(Put, "/system/ssl/install", json!({}));
        let look = format!("/system/ssl/install/{}", job["uuid"].as_str().expect("uuid"));
        assert_eq!(bench.get(&look).expect("job")["state"], "pending");
        assert_eq!(bench.get("/system/ssl").expect("certs"), before);
        bench.wait(2_000);
        assert_eq!(bench.get(&look).expect("job")["state"], "finished");
        assert_ne!(bench.get("/system/ssl").expect("certs"), before);
        let unknown = bench.get("/system/ssl/install/1234");
        assert_eq!(unknown, Err((404, "APINotFoundError: Unknown Job ID: 1234".to_owned())));
    }
}
