//! A target that is opened by a token in place of a password.

use serde_json::{Value, json};

use crate::bench::Bench;
use crate::support::Sim;

const EAST: (&str, &str) = ("vns3", "east");

fn bench(sim: &Sim, credentials: &str, more: &str) -> Bench {
    let at = sim.base_url("vns3", "east");
    let topology = format!(
        "vns3:\n  east:\n    at: {at}\n    credentials: {credentials}\n    \
         system-variables: {{ noc: {{ value: 198.51.100.0/28 }} }}\n{more}"
    );
    let secrets = "workspace: lab\nsecrets: { token: { file: token.txt }, pw: { file: pw.txt } }\n";
    Bench::real(&[("trueup.yaml", secrets), ("east.yaml", &topology), ("pw.txt", "opens\n"), ("token.txt", "none\n")])
}

#[test]
fn a_token_opens_a_controller_and_is_never_shown() {
    let sim = Sim::start();
    let made = sim.call(EAST, "api:opens", "POST", "/access/token", &json!({ "name": "ci", "expires": 3600 }));
    let (token, id) = (made["response"]["token"].as_str().unwrap().to_owned(), made["response"]["id"].clone());
    let bench = bench(&sim, "{ token: '${secret.token}' }", "");
    // One that opens nothing is refused as a password would be.
    bench.run(&["plan"]).says("401");
    bench.write("token.txt", &token);
    bench.run_discreetly(&["apply", "--yes", "--quiet", "-v"], &[&token]).expect(0);
    assert_eq!(bench.plan()["steps"], json!([]));
    let log = sim.side_door("GET", "/requests", &Value::Null);
    assert!(log.as_array().unwrap().iter().any(|entry| entry["method"] == "POST" && entry["status"] == 201), "{log}");
    let expired = sim.call(EAST, "api:opens", "PUT", &format!("/access/token/{id}"), &json!({ "expired": true }));
    assert_eq!(expired["response"]["expired"], true);
    bench.run(&["plan"]).says("401");
}

#[test]
fn one_of_password_and_token_is_given() {
    let sim = Sim::start();
    for (credentials, code) in [
        ("{ username: api }", "missing-field"),
        ("{ token: '${secret.token}', password: '${secret.pw}' }", "two-logins"),
        ("{ token: in-the-clear }", "literal-secret"),
    ] {
        bench(&sim, credentials, "").run(&["validate"]).says(code);
    }
    let sets = "    api-password: { password: '${secret.pw}' }\n";
    bench(&sim, "{ token: '${secret.token}' }", sets).run(&["validate"]).expect(3).says("unseen-password");
    bench(&sim, "{ password: '${secret.pw}' }", sets).run(&["validate"]).expect(0);
}
