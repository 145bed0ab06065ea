//! One way to say “I mean it”: each hold prints the flag that lets it through, and the files can say the same.

use serde_json::{Value, json};

use crate::bench::{Bench, Ran};
use crate::support::Sim;

/// A controller whose id can't be taken back, and whose list of rules is not removed by mistake.
const SITE: &str = r#"
vns3:
  site:
    at: https://203.0.113.30:8000/api
    credentials: { username: api, password: stand-in }
    config: { topology_name: site, controller_name: one }
    peering-self: { id: 1 }
    system-variables:
      lab: { value: 198.51.100.16/28 }
      noc: { value: 198.51.100.0/28 }
"#;

const RULES: &str = "    firewall-rules:\n      - { rule: FORWARD_CUST -s 10.1.0.0/16 -j ACCEPT }\n";

const ENVELOPE: &str = "workspace: site\n";

fn bench(sim: &Sim, policy: &str) -> Bench {
    let envelope = format!("{ENVELOPE}{policy}");
    Bench::of(&[("trueup.yaml", &envelope), ("vns3.yaml", &format!("{SITE}{RULES}"))], sim)
}

/// The flags that a run prints as remedies, as words of a command line.
fn flags(ran: &Ran) -> Vec<String> {
    let told = format!("{}{}", ran.out, ran.err);
    let flags = told.split("run with `").skip(1).filter_map(|rest| rest.split('`').next());
    flags.flat_map(str::split_whitespace).map(str::to_owned).collect()
}

/// What holds say in JSON.
fn allows(bench: &Bench) -> Vec<String> {
    let plan = bench.plan();
    let holds = plan["holds"].as_array().unwrap().iter();
    holds.filter_map(|hold| hold["allow"].as_str().map(str::to_owned)).collect()
}

/// Applies with the flags that a plan printed.
fn apply_with(bench: &Bench, flags: &[String]) -> Ran {
    let words = ["apply", "--yes", "--quiet"].into_iter().chain(flags.iter().map(String::as_str));
    bench.run(&words.collect::<Vec<_>>())
}

#[test]
fn each_hold_prints_the_flag_that_lets_it_through() {
    let sim = Sim::start();
    let bench = bench(&sim, "policy: { max-deletes: 0 }\n");
    let held = bench.run(&["plan"]).expect(0).says("setting `id` can't be taken back");
    assert_eq!(flags(&held), ["--allow", "irreversible=site/peering-self"], "{}", held.all());
    assert_eq!(flags(&bench.run(&["plan", "--format", "markdown"])), flags(&held));
    assert_eq!(allows(&bench), ["irreversible=site/peering-self"]);
    bench.run(&["apply", "--yes", "--quiet", "--exit-code"]).expect(2);
    apply_with(&bench, &flags(&held)).expect(0);
    bench.run(&["plan", "--exit-code"]).expect(0);

    // The list goes: that has to be meant, and a policy that lets nothing go has to be told the number.
    bench.write("vns3.yaml", SITE);
    let held = bench.run(&["plan", "--exit-code"]).expect(2);
    assert_eq!(flags(&held), ["--allow", "destroy=site/firewall-rules"], "{}", held.all());
    let mut flags_so_far = flags(&held);
    let refused = apply_with(&bench, &flags_so_far).expect(16).says("`policy.max-deletes` is 0");
    assert_eq!(flags(&refused), ["--allow", "deletes=1"], "{}", refused.all());
    flags_so_far.extend(flags(&refused));
    apply_with(&bench, &flags_so_far).expect(0);
    bench.run(&["plan", "--exit-code"]).expect(0);
}

#[test]
fn so_many_and_no_more() {
    let sim = Sim::start();
    let bench = bench(&sim, "policy: { max-deletes: 0, allow: { irreversible: [\"*/peering-self\"] } }\n");
    bench.apply();
    bench.edit("vns3.yaml", "      lab: { value: 198.51.100.16/28 }\n      noc: { value: 198.51.100.0/28 }\n", "");
    bench.edit("vns3.yaml", "    system-variables:\n", "");
    let refused = bench.run(&["plan", "--allow", "deletes=1"]).expect(16);
    assert_eq!(flags(&refused), ["--allow", "deletes=2"], "{}", refused.all());
    bench.run(&["apply", "--yes", "--allow", "deletes=1"]).expect(16);
    // In git, the change says so itself.
    bench.edit("trueup.yaml", "allow: { ", "allow: { deletes: 2, ");
    bench.apply();
    bench.run(&["plan", "--exit-code"]).expect(0);
}

#[test]
fn the_files_say_the_same_for_good() {
    let sim = Sim::start();
    let bench = bench(&sim, "policy: { allow: { irreversible: [site/*], destroy: [\"*/firewall-rules\"] } }\n");
    bench.run(&["validate"]).expect(0);
    assert_eq!(allows(&bench), [""; 0]);
    bench.apply();
    bench.write("vns3.yaml", SITE);
    bench.run(&["plan", "--exit-code"]).expect(2);
    bench.apply();
    bench.run(&["plan", "--exit-code"]).expect(0);
}

#[test]
fn older_words_work_and_are_told_once_with_the_new_ones() {
    let sim = Sim::start();
    let old = "policy:\n  allow-irreversible: [\"*/peering-self\"]\n";
    let bench = bench(&sim, old);
    bench.apply();
    let ran = bench.run(&["validate"]).expect(0);
    assert_eq!(ran.err.matches("warning[old-word]").count(), 1, "{}", ran.all());
    let ran = ran.says("trueup.yaml:3:3").says("`allow-irreversible` is an old word");
    ran.says("write `allow: { irreversible: [\"*/peering-self\"] }`");
    bench.write("trueup.yaml", ENVELOPE);
    bench.write("vns3.yaml", SITE);
    let flags = ["apply", "--yes", "--quiet", "--allow-destroy", "site/firewall-rules", "--allow-destroy", "a b/**"];
    let ran = bench.run(&flags).expect(0);
    assert_eq!(ran.err.matches("`--allow-destroy` goes with the next version").count(), 1, "{}", ran.all());
    ran.says("say `--allow destroy=site/firewall-rules --allow 'destroy=a b/**'`");
    let help = bench.run(&["apply", "--help"]).expect(0);
    assert!(help.out.contains("--allow <REASON=ADDRESS>") && !help.out.contains("--allow-destroy"), "{}", help.all());
}

#[test]
fn what_is_no_reason_is_answered_with_the_list_of_reasons() {
    let sim = Sim::start();
    let bench = bench(&sim, "policy: { allow: { destory: [site/firewall-rules] } }\n");
    let reasons = ["destroy", "irreversible", "replace", "take-over", "lockout", "deletes", "moved"];
    for command in ["plan", "apply", "destroy"] {
        let ran = bench.run(&[command, "--allow", "destory=site/firewall-rules"]).expect(64);
        for reason in reasons {
            assert!(ran.err.lines().any(|line| line.trim().starts_with(&format!("{reason}="))), "{}", ran.all());
        }
        ran.says("did you mean `destroy`?");
    }
    let told = bench.run(&["explain", "allow"]).expect(0);
    assert!(reasons.iter().all(|reason| told.out.contains(&format!("\n  {reason}="))), "{}", told.all());
    bench.run(&["validate"]).expect(3).says("unknown key `destory`").says("did you mean `destroy`?");
    bench.write("trueup.yaml", &format!("{ENVELOPE}policy: {{ allow: {{ deletes: [5] }} }}\n"));
    bench.run(&["validate"]).expect(3).says("expected a whole number from 0");
}

#[test]
fn every_reason_is_read_though_nothing_raises_it_yet() {
    let sim = Sim::start();
    let bench =
        bench(&sim, "policy:\n  allow: { replace: [\"**\"], take-over: [\"**\"], lockout: [\"**\"], moved: [site] }\n");
    let ran = bench.run(&["validate"]).expect(0);
    assert!(!ran.err.contains("policy"), "{}", ran.all());
    let mut words = vec!["plan"];
    for flag in ["replace=**", "take-over=**", "lockout=**", "moved=site"] {
        words.extend(["--allow", flag]);
    }
    let ran = bench.run(&words).expect(0);
    assert!(!ran.err.contains("allows nothing"), "{}", ran.all());
}

#[test]
fn a_pattern_that_matches_nothing_is_told_with_its_place() {
    let sim = Sim::start();
    let bench = bench(
        &sim,
        "policy:\n  allow:\n    irreversible: [site/peering-self]\n    destroy:\n      - site/firewall-rule\n",
    );
    let told = |ran: Ran| {
        ran.says("trueup.yaml:6:9: warning[allows-nothing]")
            .says("`destroy=site/firewall-rule` allows nothing")
            .says("did you mean `site/firewall-rules`?")
    };
    told(bench.run(&["validate"]).expect(0));
    told(bench.run(&["plan"]).expect(0));
    bench.edit("trueup.yaml", "site/firewall-rule\n", "site/firewall-rules\n");
    bench.apply();
    // What is owned and not declared any more is something, too.
    bench.write("vns3.yaml", SITE);
    for command in ["validate", "plan"] {
        let ran = bench.run(&[command]).expect(0);
        assert!(!ran.err.contains("allows-nothing"), "{}", ran.all());
    }
    bench.apply();
    bench.run(&["validate"]).expect(0).says("allows nothing");
    bench.run(&["plan", "--allow", "moved=sight"]).expect(0).says("`moved=sight` allows nothing");
}

#[test]
fn the_schema_knows_each_reason_with_what_it_lets_through() {
    let sim = Sim::start();
    let bench = bench(&sim, "");
    let schema: Value = serde_json::from_str(&bench.run(&["schema"]).expect(0).out).unwrap();
    let rules = schema["$defs"]["AllowRules"]["properties"].as_object().unwrap();
    let told = bench.run(&["explain", "allow"]).expect(0);
    for (reason, rule) in rules {
        let doc = rule["description"].as_str().unwrap();
        assert!(told.out.lines().any(|line| line.contains(&format!("{reason}=")) && line.ends_with(doc)), "{reason}");
    }
    assert_eq!(rules.len(), 8);
    assert_eq!(schema["$defs"]["PolicyRules"]["properties"]["allow-destroy"]["deprecated"], json!(true));
}
