//! Snapshots: the whole state in a file, which a controller without keyset can be made to run on.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::Area;
use super::answer::{Fault, Outcome, ok, read_form};
use super::call::Call;
use super::clock::Moment;
use super::console::Collection;
use super::seed::Generator;
use super::state::State;
use super::tasks;
use wire::Method::{Delete, Get, Post, Put};
use wire::Response;

/// "Maximum number of snapshots reached."
const MOST: usize = 10;

pub(super) static AREA: Area = Area { answer, console: CONSOLE };

const CONSOLE: &[Collection] = &[Collection {
    kind: "snapshots",
    at: "/snapshots/*",
    key: &[],
    create: "/snapshots",
    remove: "/snapshots/{name}",
}];

/// A snapshot with its content.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Snapshot {
    name: String,
    sha1_checksum: String,
    created: Moment,
    /// The task that makes it, if somebody wanted one.
    token: Option<String>,
    content: String,
}

impl Snapshot {
    /// How the text's examples show it: dates are written in two ways.
    fn show(&self, state: &State, created_at: String) -> Value {
        match &self.token {
            Some(token) if tasks::is_running(state, token) => json!({"status": "pending", "token": token}),
            _ => json!({
                "sha1_checksum": self.sha1_checksum,
                "created_at": created_at,
                "created_at_i": self.created.seconds(),
                "size": self.content.len(),
            }),
        }
    }
}

fn answer(state: &mut State, call: &Call) -> Option<Outcome> {
    Some(match (call.method, call.path().as_slice()) {
        (Get, ["snapshots"]) => ok(list(state)),
        (Post, ["snapshots"]) => create(state, call),
        (Put, ["snapshots", "running_config"]) => import(state, call),
        (Get, ["snapshots", name]) => download(state, name),
        (Delete, ["snapshots", name]) => delete(state, name),
        _ => return None,
    })
}

/// "Get list of snapshots".
fn list(state: &State) -> Value {
    let latest =
        state.snapshots.values().max_by_key(|snapshot| snapshot.created).map(|snapshot| snapshot.name.as_str());
    let all = state.snapshots.values().map(|one| (one.name.clone(), one.show(state, one.created.slashed())));
    json!({"latest_snapshot": latest.unwrap_or_default(), "snapshots": all.collect::<Map<_, _>>()})
}

/// "Create snapshot": answers with a map of one.
fn create(state: &mut State, call: &Call) -> Outcome {
    let fields = call.fields()?;
    let in_background: bool = fields.get("async")?.unwrap_or_default();
    let stamp = || format!("snapshot_{}_{}_{}", call.now.digits(), call.now.seconds(), state.config.public_ipaddress);
    let name = fields.get::<String>("name")?.filter(|name| !name.is_empty()).unwrap_or_else(stamp);
    if state.snapshots.len() >= MOST {
        return Err(Fault::not_allowed("Maximum number of snapshots reached."));
    }
    if state.snapshots.contains_key(&name) {
        return Err(Fault::invalid("name"));
    }
    let mut content = state.clone();
    content.snapshots.clear();
    let content = read_form(&content).to_string();
    let token = if in_background { tasks::submit(state)["token"].as_str().map(str::to_owned) } else { None };
    let snapshot = Snapshot {
        name: name.clone(),
        sha1_checksum: Generator::new(&content, 0).hex(40),
        created: call.now,
        token,
        content,
    };
    let shown = snapshot.show(state, call.now.offset());
    state.snapshots.insert(name.clone(), snapshot);
    ok(json!({ name: shown }))
}

fn find<'a>(state: &'a State, name: &str) -> Result<&'a Snapshot, Fault> {
    state.snapshots.get(name).ok_or_else(|| Fault::not_found("snapshot not found"))
}

/// "Download snapshot".
fn download(state: &State, name: &str) -> Outcome {
    Ok(Response::text(200, "application/octet-stream", find(state, name)?.content.clone()))
}

/// "Delete snapshot": answers with what is left.
fn delete(state: &mut State, name: &str) -> Outcome {
    find(state, name)?;
    state.snapshots.remove(name);
    ok(list(state))
}

/// "Import Snapshot": the controller becomes what the snapshot says, credentials included, at its own addresses, and
/// reboots. The text promises a token for `async=true` that its schema lacks.
fn import(state: &mut State, call: &Call) -> Outcome {
    if state.keyset.is_some() {
        return Err(Fault::not_allowed("Keyset present - snapshot import not allowed"));
    }
    let mut next: State = serde_json::from_str(&call.text()).map_err(|_| Fault::argument("Bad snapshot"))?;
    next.clock = state.clock;
    next.config.public_ipaddress.clone_from(&state.config.public_ipaddress);
    next.config.private_ipaddress.clone_from(&state.config.private_ipaddress);
    next.config.subnet_gateway.clone_from(&state.config.subnet_gateway);
    let mut answer = json!({"snapshot": "accepted", "log_lines": ["Importing snapshot", "Rebooting"]});
    if call.query_flag("async") {
        answer["token"] = tasks::submit(&mut next)["token"].take();
    }
    next.reboot();
    *state = next;
    ok(answer)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vns3::testing::{Bench, has_keys_of};

    #[test]
    fn snapshots_are_a_map_by_name() {
        let mut bench = Bench::new();
        let made = bench.ok(Post, "/snapshots", json!({}));
        let name = made.as_object().and_then(|map| map.keys().next()).expect("a name").clone();
        assert!(name.starts_with("snapshot_20240101_17040672"), "{name}");
        let example = json!({"sha1_checksum": "x", "created_at": "x", "created_at_i": 1389943258, "size": 334120});
        let list = bench.get("/snapshots").expect("list");
        assert!(has_keys_of(&list["snapshots"][&name], &example), "{list}");
        assert_eq!(list["snapshots"][&name]["created_at"], "2024/01/01 00:00:00 +0000");
        assert_eq!(list["latest_snapshot"], json!(name));
        let pending = bench.ok(Post, "/snapshots", json!({"name": "later", "async": true}));
        assert_eq!(pending["later"]["status"], "pending");
        bench.wait(5_000);
        assert!(bench.get("/snapshots").expect("list")["snapshots"]["later"]["size"].is_u64());
        let left = bench.ok(Delete, &format!("/snapshots/{name}"), json!({}));
        assert_eq!(left["latest_snapshot"], "later");
        let gone = bench.refused(Delete, &format!("/snapshots/{name}"), json!({}));
        assert_eq!(gone, (404, "APINotFoundError: snapshot not found".to_owned()));
        for count in 0..9 {
            bench.ok(Post, "/snapshots", json!({"name": count.to_string()}));
        }
        let full = (403, "OperationNotAllowedError: Maximum number of snapshots reached.".to_owned());
        assert_eq!(bench.refused(Post, "/snapshots", json!({})), full);
    }

    #[test]
    fn a_fresh_controller_becomes_what_a_snapshot_says() {
        let mut bench = Bench::new();
        bench.populate();
        bench.ok(Post, "/snapshots", json!({"name": "all"}));
        let (_, content) = bench.call(Get, "/snapshots/all", None);
        let text = content.to_string();
        let kept = (403, "OperationNotAllowedError: Keyset present - snapshot import not allowed".to_owned());
        assert_eq!(bench.put_text("/snapshots/running_config", &text), Err(kept));
        let mut other = Bench::fresh();
        assert_eq!(other.put_text("/snapshots/running_config", "{}").map_err(|error| error.0), Err(400));
        let answer = other.put_text("/snapshots/running_config", &text).expect("imported");
        assert_eq!(answer["snapshot"], "accepted");
        assert_eq!(other.call(Get, "/config", None).0, 401);
        other.wait(5_000);
        assert_eq!(other.get("/v2/firewall/rules"), bench.get("/v2/firewall/rules"));
    }
}
