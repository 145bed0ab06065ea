//! The API's password is set like anything else, although the run that sets it is let in by another one.

use serde_json::{Value, json};

use crate::bench::Bench;
use crate::support::Sim;

const CONTROLLER: (&str, &str) = ("vns3", "east");

const WORKSPACE: &str = "
workspace: lab
secrets: { before: { file: before.txt }, now: { file: now.txt } }
";

const TOPOLOGY: &str = "
vns3:
  east:
    at: https://203.0.113.11:8000/api
    credentials: { password: '${secret.before}' }
    api-password: { password: '${secret.now}' }
    config: { topology_name: lab }
";

/// A workspace that sets the password, and a controller that still has the one before.
pub(crate) fn lab(sim: &Sim) -> Bench {
    assert_eq!(status(sim, "i-0123456789"), 200, "a controller keeps the first password that it is told");
    Bench::of(
        &[
            ("trueup.yaml", WORKSPACE),
            ("vns3.yaml", TOPOLOGY),
            ("before.txt", "i-0123456789"),
            ("now.txt", "opens-now"),
        ],
        sim,
    )
}

/// How the controller answers who comes with a password.
fn status(sim: &Sim, password: &str) -> u64 {
    let answer = sim.call(CONTROLLER, &format!("api:{password}"), "GET", "/config", &Value::Null);
    if answer["error"]["name"] == "UnauthorizedError" { 401 } else { 200 }
}

fn opens(sim: &Sim, password: &str, other: &str) {
    assert_eq!((status(sim, password), status(sim, other)), (200, 401), "`{password}` opens, `{other}` does not");
}

#[test]
fn a_new_controllers_password_is_set_and_used_from_then_on() {
    let sim = Sim::start();
    let bench = lab(&sim);
    let plan = bench.run(&["plan"]).expect(0).says("~ api-password");
    assert!(!plan.all().contains("opens-now") && !plan.all().contains("i-0123456789"), "{}", plan.all());
    opens(&sim, "i-0123456789", "opens-now");
    bench.apply();
    opens(&sim, "opens-now", "i-0123456789");
    bench.run(&["plan", "--exit-code"]).expect(0).says("nothing to do");
    bench.run(&["drift"]).expect(0);
}

#[test]
fn a_run_that_is_killed_around_the_change_locks_nobody_out() {
    for lines in 1..=6 {
        let sim = Sim::start();
        let bench = lab(&sim);
        let mut killed = bench.command(&["apply", "--yes", "--quiet"]);
        killed.env("TRUEUP_CRASH_AFTER_LINES", lines.to_string());
        assert!(!killed.output().unwrap().status.success(), "{lines}: it was not killed");
        bench.apply();
        opens(&sim, "opens-now", "i-0123456789");
        assert_eq!(bench.plan()["steps"], json!([]), "{lines}");
    }
}

#[test]
fn an_answer_that_is_lost_is_found_out_by_the_password_that_opens() {
    let sim = Sim::start();
    let bench = lab(&sim);
    let fault = json!([{ "method": "PUT", "path": "/api/api_password", "reset_after": true, "times": 1 }]);
    sim.side_door("POST", "/faults", &fault);
    bench.run(&["apply", "--yes", "--quiet"]);
    bench.apply();
    opens(&sim, "opens-now", "i-0123456789");
}

#[test]
fn another_password_is_set_by_naming_both() {
    let sim = Sim::start();
    let bench = lab(&sim);
    bench.apply();
    bench.write("before.txt", "opens-now");
    bench.write("now.txt", "opens-later");
    let plan = bench.plan();
    assert_eq!(plan["steps"].as_array().unwrap().len(), 1, "{plan:#}");
    assert_eq!(plan["steps"][0]["cause"], "change", "git moved, not the controller: {plan:#}");
    bench.apply();
    opens(&sim, "opens-later", "opens-now");
}

#[test]
fn an_old_password_that_came_back_is_drift() {
    let sim = Sim::start();
    let bench = lab(&sim);
    bench.apply();
    let back = json!({ "password": "i-0123456789" });
    sim.call(CONTROLLER, "api:opens-now", "PUT", "/api_password", &back);
    bench.run(&["drift"]).expect(4).says("api-password");
    bench.apply();
    opens(&sim, "opens-now", "i-0123456789");
}

#[test]
fn who_is_let_in_by_neither_is_told_what_both_are_for() {
    let sim = Sim::start();
    let bench = lab(&sim);
    sim.call(CONTROLLER, "api:i-0123456789", "PUT", "/api_password", &json!({ "password": "somebody-elses" }));
    let ran = bench.run(&["plan"]);
    ran.says("Invalid or expired token").says("credentials.password").says("api-password");
}
