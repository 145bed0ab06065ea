//! `trueup adopt --drift`: what somebody changed is taken into the files, and then there is no drift.

use std::fs;
use std::process::Command;

use serde_json::{Value, json};

use crate::bench::Bench;
use crate::support::Sim;

const VNS3: &str = r#"# The site.
x-office: &office
  description: Both have it
vns3:
  site:
    at: https://203.0.113.30:8000/api
    credentials: { username: api, password: stand-in }
    config: { topology_name: site-one, controller_name: one } # names
    ipsec-local: { ipsec_local_ipaddress: 10.0.0.5 }
    ipsec-endpoints:
      # The data centre.
      dc:
        ipaddress: 192.0.2.1
        secret: stand-in
        description: 'It''s the old one'   # why
        pfs: true
        ebgp-peers:
          169.254.10.2: { asn: 65001, access_list: [in permit 10.0.0.0/8, out permit 0.0.0.0/0] }
        vpn_type: vti
        route_based_int_address: 169.254.10.1/30
      lab: { ipaddress: 192.0.2.9, secret: stand-in, <<: *office }
      var: { ipaddress: 192.0.2.10, secret: stand-in, description: "${var.words}" }
    system-variables:
      noc: { value: 198.51.100.0/28 }   # who looks
      gone: { value: 198.51.100.16/28 }
      "many_${each.key}": { each: { a: 1, b: 2 }, value: "198.51.100.${each.value}/32" }
    firewall-fwsets:
      s:
        type: net
        entries:
          - { entry: 10.0.0.0/8, comment: first } # one
          - entry: 10.1.0.0/16
"#;

fn site(ends: &str) -> (Sim, Bench) {
    let sim = Sim::start();
    let text = VNS3.replace('\n', ends);
    let main = "workspace: back\nvars:\n  words: { type: string, default: as said }\n";
    let bench = Bench::of(&[("trueup.yaml", main), ("all.yaml", &text)], &sim);
    bench.apply();
    bench.run(&["plan", "--exit-code"]).expect(0);
    (sim, bench)
}

fn change(sim: &Sim, change: &Value) {
    sim.side_door("POST", "/vns3/site/console", change);
}

fn set(sim: &Sim, kind: &str, name: &str, fields: Value) {
    change(sim, &json!({ "set": { "kind": kind, "name": name, "fields": fields } }));
}

/// Applies a patch as a user would.
fn git_apply(bench: &Bench, patch: &str) {
    let file = bench.path().join("drift.patch");
    fs::write(&file, patch).unwrap();
    let done = Command::new("git").args(["apply", "drift.patch"]).current_dir(bench.path()).output().unwrap();
    assert!(done.status.success(), "{}\n{patch}", String::from_utf8_lossy(&done.stderr));
    fs::remove_file(file).unwrap();
}

fn comments(text: &str) -> Vec<&str> {
    text.lines().filter_map(|line| line.split_once('#')).map(|(_, comment)| comment).collect()
}

#[test]
fn what_somebody_changed_becomes_what_is_declared() {
    for ends in ["\n", "\r\n"] {
        let (sim, bench) = site(ends);
        set(&sim, "ipsec-endpoints", "192.0.2.1", json!({ "description": "The new # one", "pfs": false }));
        set(&sim, "config", "", json!({ "controller_name": "two" }));
        set(&sim, "system-variables", "noc", json!({ "value": "198.51.100.32/28" }));
        let addresses = ["site/ipsec-endpoints/dc", "site/config", "site/system-variables/noc"];
        bench.run(&["drift"]).expect(4);
        let before = fs::read_to_string(bench.path().join("all.yaml")).unwrap();
        let ran = bench.run(&[&["adopt", "--drift"], &addresses[..]].concat()).expect(0);
        assert_eq!(fs::read_to_string(bench.path().join("all.yaml")).unwrap(), before, "a patch is printed, no more");
        git_apply(&bench, &ran.out);
        let after = fs::read_to_string(bench.path().join("all.yaml")).unwrap();
        assert_eq!(comments(&after.replace("The new # one", "")), comments(&before), "{after}");
        assert!(after.contains("description: 'The new # one'   # why"), "{after}");
        assert!(after.contains("controller_name: two } # names"), "{after}");
        assert!(after.contains("noc: { value: 198.51.100.32/28 }   # who looks"), "{after}");
        assert_eq!(after.matches("\r\n").count(), before.matches("\r\n").count());
        bench.run(&["plan", "--exit-code"]).expect(0);
        bench.run(&["drift"]).expect(0);
    }
}

#[test]
fn items_and_fields_appear_and_go() {
    let (sim, bench) = site("\n");
    set(&sim, "ipsec-endpoints", "192.0.2.1", json!({ "description": "" }));
    let peers = json!({ "access_list": ["in permit 10.0.0.0/8", "in permit 10.9.0.0/16", "out permit 0.0.0.0/0"] });
    if sim
        .try_side_door(
            "POST",
            "/vns3/site/console",
            &json!({ "set": { "kind": "ebgp-peers", "name": "169.254.10.2", "fields": peers } }),
        )
        .is_err()
    {
        let text = json!({ "access_list": "in permit 10.0.0.0/8\nin permit 10.9.0.0/16\nout permit 0.0.0.0/0" });
        set(&sim, "ebgp-peers", "169.254.10.2", text);
    }
    change(&sim, &json!({ "remove": { "kind": "system-variables", "name": "gone" } }));
    let addresses =
        ["site/ipsec-endpoints/dc", "site/ipsec-endpoints/dc/ebgp-peers/169.254.10.2", "site/system-variables/gone"];
    let ran = bench.run(&[&["adopt", "--drift", "--write"], &addresses[..]].concat()).expect(0);
    let after = fs::read_to_string(bench.path().join("all.yaml")).unwrap();
    assert!(after.contains("        # why\n") && !after.contains("It''s the old one"), "{after}\n{}", ran.all());
    assert!(after.contains("[in permit 10.0.0.0/8, in permit 10.9.0.0/16, out permit 0.0.0.0/0]"), "{after}");
    assert!(!after.contains("gone:"), "{after}");
    bench.run(&["drift"]).expect(0);
    assert_eq!(bench.plan()["steps"].as_array().map(Vec::len), Some(0));
}

#[test]
fn what_is_given_elsewhere_is_told_with_the_text_to_paste() {
    let (sim, bench) = site("\n");
    let before = fs::read_to_string(bench.path().join("all.yaml")).unwrap();
    set(&sim, "ipsec-endpoints", "192.0.2.9", json!({ "description": "Not both" }));
    set(&sim, "ipsec-endpoints", "192.0.2.10", json!({ "description": "Not as said" }));
    set(&sim, "system-variables", "many_a", json!({ "value": "198.51.100.77/32" }));
    for (address, why, paste) in [
        ("site/ipsec-endpoints/lab", "merge key", "Not both"),
        ("site/ipsec-endpoints/var", "`${var.words}` gives it", "description: Not as said"),
        ("site/system-variables/many_a", "each", "value: 198.51.100.77/32"),
    ] {
        let ran = bench.run(&["adopt", "--drift", "--write", address]).expect(5).says(why).says(paste);
        let ran = ran.says("warning[not-written-back]");
        assert_eq!(ran.out, "", "{}", ran.all());
        assert_eq!(fs::read_to_string(bench.path().join("all.yaml")).unwrap(), before);
    }
    bench.run(&["adopt", "--drift", "site/config"]).expect(0).says("nobody changed `site/config`");
    bench.run(&["adopt", "--drift", "site/routes/none"]).expect(1).says("neither declared nor owned");
}

#[test]
fn a_secret_is_never_written() {
    let (sim, bench) = site("\n");
    set(&sim, "ipsec-endpoints", "192.0.2.1", json!({ "psk": "somebody-elses" }));
    let ran = bench.run(&["adopt", "--drift", "--write", "site/ipsec-endpoints/dc"]);
    assert!(!ran.all().contains("somebody-elses"), "{}", ran.all());
    assert!(!fs::read_to_string(bench.path().join("all.yaml")).unwrap().contains("somebody-elses"));
}
