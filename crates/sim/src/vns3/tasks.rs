//! Work in the background, looked up by token.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::Area;
use super::answer::{Fault, Outcome, ok};
use super::call::Call;
use super::clock::Moment;
use super::state::State;
use wire::Method::Get;

pub(super) static AREA: Area = Area { answer, console: &[] };

/// How long a task runs: long enough that a client which looks once has to look again.
const RUNS: u64 = 2_500;

/// One task.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Task {
    token: String,
    done_at: Moment,
}

/// Notes work that has been taken on, and gives what the call answers with.
pub(super) fn submit(state: &mut State) -> Value {
    let token = state.generator.hex(32);
    state.tasks.push(Task { token: token.clone(), done_at: state.clock.plus_millis(RUNS) });
    json!({"token": token, "status": "submitted"})
}

/// Says whether a task is not done yet.
pub(super) fn is_running(state: &State, token: &str) -> bool {
    state.tasks.iter().any(|task| task.token == token && task.done_at > state.clock)
}

fn answer(state: &mut State, call: &Call) -> Option<Outcome> {
    match (call.method, call.path().as_slice()) {
        (Get, ["status", "task"]) => Some(status(state, call)),
        _ => None,
    }
}

/// "Get task status". The text puts the token in the body of a GET, the published Python client in the query.
fn status(state: &State, call: &Call) -> Outcome {
    let token = match call.query("token") {
        Some(token) => token.to_owned(),
        None => call.fields()?.need_text("token")?,
    };
    if token.is_empty() {
        return Err(Fault::missing("token"));
    }
    let status = match state.tasks.iter().find(|task| task.token == token) {
        None => "invalid",
        Some(task) if task.done_at > call.now => "pending",
        Some(_) => "finished_ok",
    };
    ok(json!({ "task_status": status }))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::vns3::testing::Bench;
    use wire::Method::{Get, Put};

    #[test]
    fn a_task_is_pending_and_then_finished() {
        let mut bench = Bench::new();
        let body = json!({"ipsec_local_ipaddress": "192.0.2.254", "async": true});
        let task = bench.ok(Put, "/ipsec", body);
        assert_eq!(task["status"], "submitted");
        let look = format!("/status/task?token={}", task["token"].as_str().expect("token"));
        assert_eq!(bench.get(&look), Ok(json!({"task_status": "pending"})));
        bench.wait(3_000);
        assert_eq!(bench.get(&look), Ok(json!({"task_status": "finished_ok"})));
        assert_eq!(
            bench.ok(Get, "/status/task", json!({"token": task["token"]})),
            json!({"task_status": "finished_ok"})
        );
        assert_eq!(bench.get("/status/task?token=other"), Ok(json!({"task_status": "invalid"})));
        assert_eq!(
            bench.refused(Get, "/status/task", json!({})),
            (400, "APIArgumentError: token is missing".to_owned())
        );
    }
}
