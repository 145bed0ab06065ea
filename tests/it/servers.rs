//! Servers that are not what they should be: each gets a clear error, and nobody takes silence for absence.
//!
//! Two controllers, one of them good. The other one was good, too, when the ledger was written; then it is replaced by
//! something hostile. Whatever that answers, nothing is created, removed or forgotten there, and the good one goes on.

use std::fs;

use serde_json::Value;

use crate::bench::{Bench, Ran};
use crate::hostile::{Hostile, SelfSigned, nobody};
use crate::support::Sim;

/// Two targets that hold the same, and what the good one holds besides.
fn workspace(good: &str, bad: &str, tls: &str, besides: &str) -> String {
    format!(
        r#"
vns3:
  good:
    at: {good}
    credentials: {{ username: api, password: "${{secret.word}}" }}
    system-variables:
      noc: {{ value: 198.51.100.0/28 }}{besides}
  bad:
    at: {bad}
    credentials: {{ username: api, password: "${{secret.word}}" }}{tls}
    system-variables:
      noc: {{ value: 198.51.100.0/28 }}
      lab: {{ value: 198.51.100.16/28 }}
"#
    )
}

const ENVELOPE: &str = "workspace: two\nsecrets: { word: { file: word.txt } }\n";

/// What a plan and an apply say once the controller `bad` has become something else.
struct Story {
    plan: Ran,
    apply: Ran,
}

/// Applies to two good controllers, then puts something else in the place of one, adds a variable to the files of the
/// other one, takes one away from those of the first, and runs on. Demands what holds for every hostile server.
fn replaced_by(at: &str, tls: &str) -> Story {
    let sim = Sim::start();
    let (good, was) = (sim.base_url("vns3", "good"), sim.base_url("vns3", "bad"));
    let bench = Bench::real(&[
        ("trueup.yaml", ENVELOPE),
        ("word.txt", "let-me-in"),
        ("vns3.yaml", &workspace(&good, &was, "", "")),
    ]);
    bench.apply();
    let owned = ledger(&bench);
    let besides = "\n      added: { value: 10.0.0.0/8 }";
    let files = workspace(&good, at, tls, besides).replace("      lab: { value: 198.51.100.16/28 }\n", "");
    bench.write("vns3.yaml", &files);

    let plan = bench.run(&["plan"]).expect(32);
    plan.hold_nothing_back();
    let apply = bench.run(&["apply", "--yes", "--quiet"]).expect(5);
    apply.hold_nothing_back();
    let drift = bench.run(&["drift"]).expect(32);
    drift.hold_nothing_back();

    // Nothing is forgotten of what cannot be seen, and what is new at the other controller is owned.
    let now = ledger(&bench);
    for (address, entry) in owned.as_object().unwrap() {
        assert_eq!(now.get(address), Some(entry), "the ledger lost `{address}`");
    }
    assert!(now.get("good/system-variables/added").is_some(), "the other target did not go on");
    // Nothing was sent to the controller that is not there any more: back in its place, it is as it was.
    bench.write("vns3.yaml", &workspace(&good, &was, "", besides));
    bench.run(&["plan", "--exit-code"]).expect(0);
    Story { plan, apply }
}

fn ledger(bench: &Bench) -> Value {
    let text = fs::read_to_string(bench.path().join(".trueup/ledger.json")).unwrap();
    serde_json::from_str::<Value>(&text).unwrap()["entries"].take()
}

impl Ran {
    /// Demands what every run must keep to, whatever it meets.
    #[track_caller]
    fn hold_nothing_back(&self) {
        assert!(!self.err.contains("panicked"), "{}", self.all());
        assert!(!self.out.contains("let-me-in") && !self.err.contains("let-me-in"), "{}", self.all());
        // The error names the target, the call where there was one that could be answered, and what to do.
        let is_named = self.err.contains("bad: GET /") || self.all().contains("! bad: ");
        assert!(is_named, "no error names target and call: {}", self.all());
        assert!(self.all().contains("help: "), "nobody says what to do: {}", self.all());
    }
}

impl Story {
    /// Demands that plan and apply both said so.
    #[track_caller]
    fn says(self, words: &str) -> Story {
        Story { plan: self.plan.says(words), apply: self.apply.says(words) }
    }
}

#[test]
fn a_login_page() {
    let page = "<!doctype html><html><head><title>Sign in to Guest Wi-Fi</title></head></html>";
    let server = Hostile::answers("200 OK", "text/html", page);
    replaced_by(&server.url("/api"), "")
        .says("expected JSON, found an HTML page: Sign in to Guest Wi-Fi")
        .says("not a proxy or login page");
}

#[test]
fn an_error_page() {
    let page = "<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>";
    let server = Hostile::answers("502 Bad Gateway", "text/html", page);
    replaced_by(&server.url("/api"), "").says("the controller answered 502: an HTML page: 502 Bad Gateway");
}

#[test]
fn json_that_breaks_off() {
    let server = Hostile::answers("200 OK", "application/json", r#"{"response": {"custom": [{"variable": "cus"#);
    replaced_by(&server.url("/api"), "").says("JSON broken at line 1 column");
}

#[test]
fn json_of_somebody_else() {
    let server = Hostile::answers("200 OK", "application/json", r#"{"status": "ok"}"#);
    replaced_by(&server.url("/api"), "").says("expected a list under `response.custom`, found nothing like it");
}

#[test]
fn a_list_where_an_object_should_be() {
    let server = Hostile::answers("200 OK", "application/json", "[]");
    replaced_by(&server.url("/api"), "").says("expected a list under `response.custom`");
}

#[test]
fn nothing_at_all() {
    let server = Hostile::answers("200 OK", "application/json", "");
    replaced_by(&server.url("/api"), "").says("the answer can't be read");
}

#[test]
fn ten_megabytes() {
    let mut text = br#"{"response": ["#.to_vec();
    text.extend(br#"{"id": 1, "name": "x", "nested": [[[[[[[[]]]]]]]]},"#.repeat(200_000));
    text.extend(br#"{}]}"#);
    let server = Hostile::answers("200 OK", "application/json", text);
    replaced_by(&server.url("/api"), "").says("expected a list under `response.custom`");
}

#[test]
fn json_deeper_than_any_stack() {
    let server = Hostile::answers("200 OK", "application/json", "[".repeat(1 << 20));
    replaced_by(&server.url("/api"), "").says("JSON broken at line 1 column");
}

#[test]
fn more_than_the_limit() {
    let server = Hostile::answers("200 OK", "application/json", vec![b' '; 1 << 20]);
    let bench = Bench::real(&[
        ("trueup.yaml", ENVELOPE),
        ("word.txt", "let-me-in"),
        ("vns3.yaml", &workspace(&server.url("/api"), &server.url("/other/api"), "", "")),
    ]);
    let output = bench.command(&["plan"]).env("TRUEUP_MAX_REPLY_BYTES", "65536").output().unwrap();
    Ran::from(output).expect(1).says("the answer is larger than 65536 bytes").says("TRUEUP_MAX_REPLY_BYTES");
}

#[test]
fn refusals() {
    let answers = |status: &'static str, message: &str| {
        let body = format!(r#"{{"error": {{"name": "X", "message": "{message}"}}}}"#);
        let server = Hostile::answers(status, "application/json", body);
        replaced_by(&server.url("/api"), "")
    };
    answers("401 Unauthorized", "Access denied")
        .says("the controller answered 401: Access denied")
        .says("check `credentials.password`");
    answers("403 Forbidden", "Must be licensed before use")
        .says("the controller answered 403: Must be licensed before use")
        .says("upload one and accept its parameters");
    answers("500 Internal Server Error", "log id 17").says("the controller answered 500: log id 17");
}

#[test]
fn too_many_requests_forever() {
    let server = Hostile::answers("429 Too Many Requests", "text/plain", "slow down");
    replaced_by(&server.url("/api"), "")
        .says("the controller answered 429: slow down")
        .says("the controller asks for fewer requests");
}

#[test]
fn nobody_listens() {
    let words = "! bad: not reached (connection refused, 5 tries in ";
    let story = replaced_by(&format!("{}/api", nobody()), "").says(words).says("check `at` of target `bad`");
    for ran in [story.plan, story.apply] {
        assert_eq!(ran.all().matches("not reached").count(), 1, "it is told twice: {}", ran.all());
        ran.says("s); 2 resources not looked at");
    }
}

#[test]
fn a_wrong_path() {
    let sim = Sim::start();
    let at = sim.base_url("vns3", "bad").replace("/api", "/API/v9");
    replaced_by(&at, "").says("404").says("check `at` of target `bad`");
}

/// The list that the workspace looks at, as a VNS3 controller gives it.
fn as_it_was(request: &str) -> (&'static str, &'static str, Vec<u8>) {
    assert!(request.starts_with("GET /api/system/variables "), "{request}");
    let of = |name: &str, value: &str| format!(r#"{{"variable": "custom_{name}", "value": "{value}"}}"#);
    let items = format!("{}, {}", of("noc", "198.51.100.0/28"), of("lab", "198.51.100.16/28"));
    ("200 OK", "application/json", format!(r#"{{"response": {{"custom": [{items}]}}}}"#).into_bytes())
}

#[test]
fn a_certificate_that_nobody_vouches_for() {
    let certificate = SelfSigned::for_name("127.0.0.1");
    let server = Hostile::over_tls(&certificate, as_it_was);
    replaced_by(&server.url("/api"), "")
        .says("the server's TLS certificate was refused: nobody whom this machine trusts has signed it")
        .says("pin the server's own certificate in `tls.pin-sha256`");
}

#[test]
fn another_certificate_than_the_pinned_one() {
    let (certificate, other) = (SelfSigned::for_name("127.0.0.1"), SelfSigned::for_name("127.0.0.1"));
    let server = Hostile::over_tls(&certificate, as_it_was);
    let tls = format!("\n    tls: {{ pin-sha256: {} }}", other.sha256);
    let words = format!("`127.0.0.1` shows the certificate {}, and {} is pinned", certificate.sha256, other.sha256);
    let Story { plan, apply } = replaced_by(&server.url("/api"), &tls).says(&words).says("compare it by another way");
    // Nobody is told to pin what somebody in between may show.
    for ran in [plan, apply] {
        assert!(!ran.err.contains("or pin ") && !ran.err.contains("Other("), "{}", ran.all());
    }
}

#[test]
fn the_pinned_certificate_is_accepted_whatever_its_name() {
    let certificate = SelfSigned::for_name("vns3.invalid");
    let server = Hostile::over_tls(&certificate, as_it_was);
    let colons = certificate.sha256.as_bytes().chunks(2).map(|pair| std::str::from_utf8(pair).unwrap());
    let colons = colons.collect::<Vec<_>>().join(":").to_uppercase();
    for pin in [&certificate.sha256, &colons] {
        plan_at(&server, &format!("\n    tls: {{ pin-sha256: \"{pin}\" }}"), &[]).expect(0).says("2 to adopt");
    }
}

#[test]
fn an_authority_of_ones_own() {
    let certificate = SelfSigned::for_name("127.0.0.1");
    let server = Hostile::over_tls(&certificate, as_it_was);
    let tls = "\n    tls: { ca-file: ca.pem }";
    plan_at(&server, tls, &[("ca.pem", &certificate.pem)]).expect(0).says("2 to adopt");
    // Another authority, another name, no authority at all.
    let other = SelfSigned::for_name("127.0.0.1");
    plan_at(&server, tls, &[("ca.pem", &other.pem)]).expect(1).says("certificate was refused");
    let elsewhere = SelfSigned::for_name("vns3.invalid");
    let server = Hostile::over_tls(&elsewhere, as_it_was);
    plan_at(&server, tls, &[("ca.pem", &elsewhere.pem)]).expect(1).says("certificate was refused");
    plan_at(&server, tls, &[("ca.pem", "not a certificate")]).expect(1).says("holds no PEM certificates");
    plan_at(&server, tls, &[]).expect(1).says("ca.pem");
}

/// Plans for one target at that server.
fn plan_at(server: &Hostile, tls: &str, files: &[(&str, &str)]) -> Ran {
    let text = workspace("", &server.url("/api"), tls, "");
    let bad = text.find("  bad:").unwrap();
    let text = format!("vns3:\n{}", &text[bad..]);
    let mut all = vec![("trueup.yaml", ENVELOPE), ("word.txt", "let-me-in"), ("vns3.yaml", text.as_str())];
    all.extend(files);
    Bench::real(&all).run(&["plan", "--all"])
}
