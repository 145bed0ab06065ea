//! `plan --from REVISION --to REVISION`: what a pull request means, with no controller, no secret and no ledger.

use serde_json::{Value, json};

use crate::back::commit;
use crate::bench::Bench;

const BEFORE: &str = "
vns3:
  site:
    at: https://203.0.113.9:8000/api
    credentials: { password: '${secret.pw}' }
    ipsec-endpoints:
      paris: { ipaddress: 198.51.100.7, secret: '${secret.psk}', vpn_type: vti, ike_version: 2 }
    system-variables:
      noc: { value: 198.51.100.0/28 }
    firewall-rules:
      - rule: FORWARD_CUST -s 10.0.0.0/8 -j ACCEPT
      - rule: FORWARD_CUST -j DROP
";

/// The secrets come from a program that leaves a trace.
const HEAD: &str = "
workspace: w
secrets:
  pw: { command: [touch, trace] }
  psk: { env: NOBODY_SETS_THIS }
  other: { env: NOR_THIS }
";

/// A repository with a commit `HEAD~1` and a change of everything on top.
fn bench() -> Bench {
    let bench = Bench::real(&[("trueup.yaml", HEAD), ("site.yaml", BEFORE)]);
    commit(bench.path(), "one");
    bench.edit("trueup.yaml", "[touch, trace]", "[touch, other-trace]");
    bench.edit("trueup.yaml", "workspace: w", "workspace: w\npolicy: { max-deletes: 9 }");
    bench.edit("site.yaml", "203.0.113.9:8000", "203.0.113.66:8000");
    bench.edit("site.yaml", "secret: '${secret.psk}'", "secret: '${secret.other}'");
    bench.edit("site.yaml", "noc: { value: 198.51.100.0/28 }", "lab: { value: 198.51.100.16/28 }");
    bench.edit("site.yaml", "      - rule: FORWARD_CUST -j DROP\n", "");
    commit(bench.path(), "two");
    bench
}

#[test]
fn a_pull_request_is_told_resource_by_resource() {
    let bench = bench();
    let ran = bench.run(&["plan", "--from", "HEAD~1", "--to", "HEAD", "--format", "json"]).expect(0);
    let plan: Value = serde_json::from_str(&ran.out).unwrap();
    let steps = plan["body"]["steps"].as_array().unwrap().iter();
    let steps: Vec<String> =
        steps.map(|step| format!("{} {}", step["verb"], step["address"]).replace('"', "")).collect();
    let expected = [
        "update site/ipsec-endpoints/paris",
        "create site/system-variables/lab",
        "update site/firewall-rules",
        "delete site/system-variables/noc",
    ];
    assert_eq!(steps, expected);
    let settings = plan["body"]["between"]["settings"].as_array().unwrap();
    let named: Vec<&Value> = settings.iter().map(|setting| &setting["setting"]).collect();
    assert_eq!(named, [&json!("policy/max-deletes"), &json!("targets/site/at")]);
    assert_eq!(settings[1]["after"], "https://203.0.113.66:8000/api");
}

#[test]
fn it_is_shown_without_a_controller_a_secret_or_a_ledger() {
    let bench = bench();
    for form in [&["--from", "HEAD~1"][..], &["--from", "HEAD~1", "--to", "HEAD", "--format", "markdown"]] {
        let ran = bench.run(&[&["plan"][..], form].concat()).expect(0);
        for said in
            ["of the files alone", "targets/site/at", "203.0.113.66", "policy/max-deletes", "FORWARD_CUST -j DROP"]
        {
            assert!(ran.all().contains(said), "`{said}` is not in {}", ran.all());
        }
        ran.says("(secret secret.psk)").says("(secret secret.other)");
    }
    for trace in ["trace", "other-trace", ".trueup"] {
        assert!(!bench.path().join(trace).exists(), "`{trace}` was made");
    }
}

#[test]
fn the_exit_code_tells_whether_anything_changes() {
    let bench = bench();
    bench.run(&["plan", "--from", "HEAD", "--exit-code"]).expect(0).says("no resource changes");
    bench.run(&["plan", "--from", "HEAD~1", "--to", "HEAD", "--exit-code"]).expect(2);
    bench.write("site.yaml", &BEFORE.replace("203.0.113.9", "203.0.113.66"));
    bench.run(&["plan", "--from", "HEAD", "--exit-code"]).expect(2).says("the files as they are");
    bench.run(&["plan", "--from", "nowhere"]).expect(1).says("can't be read at `nowhere`");
    bench.run(&["plan", "--to", "HEAD"]).expect(64);
}
