//! What can't be used any more is told by the controller's clock: no drift, and no other clock is asked.

use serde_json::{Value, json};

use crate::bench::Bench;
use crate::support::Sim;

const WORKSPACE: &str = "
workspace: w
netfoundry:
  nf:
    at: https://gateway.production.netfoundry.io
    networks:
      acme:
        networkGroupId: nf Group
        provider: AWS
        region: us-east-2
        size: small
        endpoints:
          ana: { attributes: ['#staff'], enrollmentMethod: { ott: true } }
          ben: { attributes: ['#staff'], enrollmentMethod: { ott: true } }
";

const HOUR: u64 = 3_600_000;

fn later(sim: &Sim, hours: u64) {
    later_at(sim, "/netfoundry/nf", hours);
}

fn later_at(sim: &Sim, controller: &str, hours: u64) {
    sim.side_door("POST", &format!("{controller}/clock"), &json!({ "advance_ms": hours * HOUR }));
}

#[test]
fn an_enrolment_token_that_nobody_used_is_told_once_it_has_expired() {
    let sim = Sim::start();
    let bench = Bench::of(&[("trueup.yaml", WORKSPACE)], &sim);
    bench.apply();
    later(&sim, 47);
    let early = bench.run(&["drift"]).expect(0);
    assert!(!early.all().contains("expired"), "{}", early.all());
    let enrolled = json!({ "set": { "kind": "endpoints", "name": "ben", "fields": { "jwt": null } } });
    sim.side_door("POST", "/netfoundry/nf/console", &enrolled);
    later(&sim, 2);
    let told = "warning: `nf/networks/acme/endpoints/ana` expired at 2025-03-06T";
    for command in ["drift", "plan"] {
        for format in ["text", "markdown"] {
            let ran = bench.run(&[command, "--format", format]).expect(0).says("expired at");
            assert!(!ran.all().contains("ben`"), "{}", ran.all());
        }
        let ran = bench.run(&[command]).says(told);
        assert!(ran.all().contains(if command == "drift" { "no drift\n" } else { "nothing to do\n" }), "{}", ran.all());
    }
    let document: Value = serde_json::from_str(&bench.run(&["drift", "--format", "json"]).expect(0).out).unwrap();
    assert_eq!(document["expired"][0]["address"], "nf/networks/acme/endpoints/ana");
    assert_eq!(document["expired"].as_array().unwrap().len(), 1);
    // Removed and declared anew, it has a token that is good.
    bench.edit("trueup.yaml", "          ana: {", "          cleo: {");
    bench.run(&["apply", "--yes", "--allow", "deletes=1"]).expect(0);
    bench.edit("trueup.yaml", "          cleo: {", "          ana: {");
    bench.run(&["apply", "--yes", "--allow", "deletes=1"]).expect(0);
    let again = bench.run(&["drift"]).expect(0);
    assert!(!again.all().contains("expired"), "{}", again.all());
}

/// The hours from the beginning of a simulated controller's time to 2033-11-20; its certificate ends with that year.
const TO_THE_LAST_WEEKS: u64 = 86_664;

#[test]
fn a_certificate_is_told_some_weeks_before_its_end() {
    let sim = Sim::start();
    let certificate =
        "{ cert: \"-----BEGIN CERTIFICATE-----\\nZmlyc3Q=\\n-----END CERTIFICATE-----\\n\", key: '${secret.key}' }";
    let files = format!(
        "vns3:\n  east:\n    at: https://203.0.113.30:8000/api\n    credentials: {{ username: api, password: '${{secret.pw}}' }}\n    \
         ssl-certificate: {certificate}\n"
    );
    let trueup = "workspace: w\nsecrets: { key: { file: key.pem }, pw: { file: pw.txt } }\n";
    let key = "-----BEGIN PRIVATE KEY-----\nZmlyc3Q=\n-----END PRIVATE KEY-----\n";
    let files = [("trueup.yaml", trueup), ("east.yaml", &files), ("key.pem", key), ("pw.txt", "opens-the-door")];
    let bench = Bench::of(&files, &sim);
    bench.apply();
    later_at(&sim, "/vns3/east", TO_THE_LAST_WEEKS);
    assert!(!bench.run(&["drift"]).expect(0).all().contains("valid until"));
    later_at(&sim, "/vns3/east", 20 * 24);
    let told = "warning: `east/ssl-certificate` is valid until 2034-01-01 00:00:00 UTC (`after`)";
    for command in ["plan", "drift"] {
        bench.run(&[command]).expect(0).says(told);
    }
    let document: Value = serde_json::from_str(&bench.run(&["drift", "--format", "json"]).expect(0).out).unwrap();
    assert_eq!(document["expired"][0]["is_ahead"], true);
    later_at(&sim, "/vns3/east", 40 * 24);
    bench.run(&["drift"]).expect(0).says("warning: `east/ssl-certificate` expired at 2034-01-01 00:00:00 UTC");
}
