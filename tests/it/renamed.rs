//! `renamed-from`: what has another name now is the same object still, at every provider.

use serde_json::Value;

use crate::bench::{Bench, Ran};
use crate::support::Sim;

/// A file of one target, with the resource that is renamed in place of `NAME`, and its address.
struct Case {
    targets: &'static str,
    address: &'static str,
    /// What the plan does: an update in place, or a new object that says that this is lost.
    outcome: Outcome,
}

enum Outcome {
    InPlace,
    Anew(&'static str),
}

const CASES: [Case; 7] = [
    Case {
        targets: r##"
vns3:
  e:
    at: https://203.0.113.10:8000/api
    credentials: { username: api, password: stand-in }
    ipsec-local: { ipsec_local_ipaddress: 10.0.0.5 }
    ipsec-endpoints:
      NAME { ipaddress: 192.0.2.1, secret: stand-in, tunnels: { lan: { local_subnet: 10.5.0.0/16, remote_subnet: 10.6.0.0/16 } } }
"##,
        address: "e/ipsec-endpoints/",
        outcome: Outcome::InPlace,
    },
    Case {
        targets: r##"
vns3:
  e:
    at: https://203.0.113.10:8000/api
    credentials: { username: api, password: stand-in }
    webhooks:
      NAME { url: "https://203.0.113.77/hook" }
"##,
        address: "e/webhooks/",
        outcome: Outcome::InPlace,
    },
    Case {
        targets: r##"
netfoundry:
  e:
    at: https://gateway.production.netfoundry.io
    credentials: { clientId: a, password: stand-in, authenticationUrl: "https://netfoundry-production-xfjiye.auth.us-east-1.amazoncognito.com/oauth2/token" }
    networks:
      acme:
        networkGroupId: ACME Group
        provider: AWS
        region: us-east-2
        endpoints:
          NAME { attributes: ["#staff"] }
"##,
        address: "e/networks/acme/endpoints/",
        outcome: Outcome::InPlace,
    },
    Case {
        targets: r##"
cloudify:
  e:
    at: https://cloudify.example.com/api/v3.1
    credentials: { username: admin, password: stand-in }
    sites:
      NAME { location: "40.7, -74.0" }
"##,
        address: "e/sites/",
        outcome: Outcome::Anew("it is gone until the new one is there"),
    },
    Case {
        targets: r##"
cloudify:
  e:
    at: https://cloudify.example.com/api/v3.1
    credentials: { username: admin, password: stand-in }
    secrets:
      NAME { value: stand-in-value }
"##,
        address: "e/secrets/",
        outcome: Outcome::Anew("it is gone until the new one is there"),
    },
    Case {
        targets: r##"
f5-vnfm:
  e:
    at: https://vnfm.example.com/api/v3.1
    credentials: { username: admin, password: stand-in }
    secrets:
      NAME { value: stand-in-value }
"##,
        address: "e/secrets/",
        outcome: Outcome::Anew("it is gone until the new one is there"),
    },
    Case {
        targets: r##"
cloudify:
  e:
    at: https://cloudify.example.com/api/v3.1
    credentials: { username: admin, password: stand-in }
    user-groups:
      NAME { role: default }
"##,
        address: "e/user-groups/",
        outcome: Outcome::Anew("it is gone until the new one is there"),
    },
];

impl Case {
    fn named(&self, name: &str, more: &str) -> String {
        self.targets.replace("NAME {", &format!("{name}: {{ {more}"))
    }
}

fn bench(sim: &Sim, case: &Case) -> Bench {
    let bench = Bench::of(&[("trueup.yaml", "workspace: names\n"), ("all.yaml", &case.named("old-one", ""))], sim);
    bench.apply();
    bench.run(&["plan", "--exit-code"]).expect(0);
    bench
}

fn steps(plan: &Value) -> Vec<(String, String)> {
    let word = |step: &Value, key: &str| step[key].as_str().unwrap_or_default().to_owned();
    plan["steps"].as_array().unwrap().iter().map(|step| (word(step, "verb"), word(step, "address"))).collect()
}

fn owned(bench: &Bench) -> String {
    std::fs::read_to_string(bench.path().join(".trueup/sim/ledger.json")).unwrap()
}

fn settled(bench: &Bench) -> Ran {
    bench.run(&["drift"]).expect(0);
    bench.run(&["plan", "--exit-code"]).expect(0)
}

#[test]
fn a_renamed_resource_is_one_update_or_held_until_its_loss_is_meant() {
    for case in &CASES {
        let sim = Sim::start();
        let bench = bench(&sim, case);
        let (old, new) = (format!("{}old-one", case.address), format!("{}new-one", case.address));
        bench.write("all.yaml", &case.named("new-one", "renamed-from: old-one, "));
        match case.outcome {
            Outcome::InPlace => {
                assert_eq!(steps(&bench.plan()), [("update".to_owned(), new.clone())], "{new}");
                bench.apply();
            }
            Outcome::Anew(lost) => {
                let flag = format!("--allow replace={new}");
                bench.run(&["plan"]).expect(0).says(lost).says(&flag);
                bench.run(&["apply", "--yes", "--quiet"]);
                bench.run(&["plan"]).expect(0).says(lost);
                bench.run(&["apply", "--yes", "--quiet", "--allow", &format!("replace={new}")]).expect(0);
            }
        }
        assert!(!owned(&bench).contains(&format!("\"{old}\"")), "{old}");
        assert!(owned(&bench).contains(&format!("\"{new}\"")), "{new}");
        settled(&bench);
        // It may stay, and go.
        bench.write("all.yaml", &case.named("new-one", ""));
        settled(&bench);
    }
}

#[test]
fn what_nobody_owns_is_found_by_its_old_name_too() {
    let sim = Sim::start();
    let case = &CASES[1];
    let bench = bench(&sim, case);
    bench.forget();
    bench.write("all.yaml", &case.named("new-one", "renamed-from: old-one, "));
    assert_eq!(steps(&bench.plan()), [("update".to_owned(), "e/webhooks/new-one".to_owned())]);
    bench.apply();
    settled(&bench);
}

#[test]
fn a_plan_that_deletes_and_makes_look_alikes_says_what_to_write() {
    for case in [&CASES[0], &CASES[1], &CASES[2], &CASES[3]] {
        let sim = Sim::start();
        let bench = bench(&sim, case);
        bench.write("all.yaml", &case.named("new-one", ""));
        let words = format!("if it is the same one, write `renamed-from: old-one` in `{}new-one`", case.address);
        bench.run(&["plan"]).expect(0).says("alike in `").says(&words);
    }
}
