//! Packet monitors (beta): an unknown one is a 404 without a body, and starting one answers with success or not.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::Area;
use super::answer::{Fault, Outcome, ok, read_form};
use super::call::Call;
use super::console::Collection;
use super::interfaces;
use super::net;
use super::state::State;
use wire::Method::{Delete, Get, Post, Put};
use wire::Response;

pub(super) static AREA: Area = Area { answer, console: CONSOLE };

const CONSOLE: &[Collection] = &[Collection {
    kind: "packet-monitors",
    at: "/packet_monitors/*",
    key: &[],
    create: "/packet_monitor",
    remove: "/packet_monitor/{name}",
}];

/// A packet monitor: its read form, and whether it runs, which is never shown.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct PacketMonitor {
    name: String,
    r#type: String,
    interface: String,
    filter: Option<String>,
    duration: String,
    destination: String,
    running: bool,
}

impl PacketMonitor {
    fn show(&self) -> Value {
        let mut answer = read_form(self);
        if let Some(map) = answer.as_object_mut() {
            map.remove("running");
        }
        answer
    }
}

fn answer(state: &mut State, call: &Call) -> Option<Outcome> {
    let path = call.path();
    match (call.method, path.as_slice()) {
        (Get, ["packet_monitors"]) => {
            Some(ok(state.packet_monitors.iter().map(PacketMonitor::show).collect::<Vec<_>>()))
        }
        (Post, ["packet_monitor"]) => Some(create(state, call)),
        (_, ["packet_monitor", name, rest @ ..]) => {
            match state.packet_monitors.iter().position(|one| one.name == *name) {
                Some(index) => answer_one(state, call, index, rest),
                None => Some(Ok(Response::empty(404))),
            }
        }
        _ => None,
    }
}

fn answer_one(state: &mut State, call: &Call, index: usize, path: &[&str]) -> Option<Outcome> {
    let monitor = state.packet_monitors.get_mut(index)?;
    Some(match (call.method, path) {
        (Get, []) => ok(monitor.show()),
        (Delete, []) => {
            state.packet_monitors.remove(index);
            ok(json!({"success": true, "output": "deleted"}))
        }
        (Put, ["start"]) => run(monitor, true),
        (Put, ["stop"]) => run(monitor, false),
        (Get, ["download"]) => Ok(Response::text(200, "text/plain", format!("no packets on {}\n", monitor.interface))),
        _ => return None,
    })
}

/// "Start packet monitor" and "Stop packet monitor": doing so twice is no success.
fn run(monitor: &mut PacketMonitor, run: bool) -> Outcome {
    let success = monitor.running != run;
    monitor.running = run;
    let output = match (run, success) {
        (true, true) => "started",
        (true, false) => "already running",
        (false, true) => "stopped",
        (false, false) => "not running",
    };
    ok(json!({"success": success, "output": output}))
}

/// "Create packet monitor": every field must be given, and fit the type.
fn create(state: &mut State, call: &Call) -> Outcome {
    let fields = call.fields()?;
    if !fields.has("filter") {
        return Err(Fault::missing("filter"));
    }
    let monitor = PacketMonitor {
        name: fields.need_text("name")?,
        r#type: fields.need_text("type")?,
        interface: fields.need_text("interface")?,
        filter: fields.get("filter")?,
        duration: fields.need_text("duration")?,
        destination: fields.need_text("destination")?,
        running: false,
    };
    let host = monitor.destination.strip_prefix("host:").and_then(|rest| rest.rsplit_once(':'));
    let destination_fits = match monitor.r#type.as_str() {
        "netflow" => host.is_some_and(|(host, port)| net::is_host(host) && port.parse::<u16>().is_ok()),
        "conntrack" | "pcap" => monitor.destination == "file",
        _ => return Err(Fault::invalid("type")),
    };
    let name_taken = state.packet_monitors.iter().any(|other| other.name == monitor.name);
    if name_taken || ((monitor.r#type == "conntrack") != (monitor.name == "conntrack")) {
        return Err(Fault::invalid("name"));
    }
    if !interfaces::exists(state, &monitor.interface) {
        return Err(Fault::invalid("interface"));
    }
    if !destination_fits {
        return Err(Fault::invalid("destination"));
    }
    let answer = ok(monitor.show());
    state.packet_monitors.push(monitor);
    answer
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vns3::testing::Bench;

    #[test]
    fn a_monitor_is_made_run_and_removed() {
        let mut bench = Bench::new();
        let body = json!({
            "name": "web", "type": "pcap", "interface": "eth0", "filter": null, "duration": "forever", "destination": "file",
        });
        assert_eq!(bench.ok(Post, "/packet_monitor", body.clone()), body);
        assert_eq!(bench.ok(Put, "/packet_monitor/web/start", json!({}))["success"], true);
        assert_eq!(bench.ok(Put, "/packet_monitor/web/start", json!({}))["success"], false);
        assert_eq!(bench.get("/packet_monitor/web"), Ok(body));
        assert_eq!(bench.ok(Delete, "/packet_monitor/web", json!({}))["success"], true);
        assert_eq!(bench.call(Get, "/packet_monitor/web", None), (404, json!("")));
    }

    #[test]
    fn fields_must_fit_the_type() {
        let mut bench = Bench::new();
        let good = json!({
            "name": "flows", "type": "netflow", "interface": "eth0", "filter": "", "duration": "forever",
            "destination": "host:10.0.3.2:4000",
        });
        let bad = [("type", "tcpdump"), ("destination", "file"), ("interface", "eth9"), ("name", "conntrack")];
        for (field, value) in bad {
            let mut body = good.clone();
            body[field] = json!(value);
            assert_eq!(
                bench.refused(Post, "/packet_monitor", body),
                (400, format!("APIArgumentError: {field} is invalid"))
            );
        }
        bench.ok(Post, "/packet_monitor", good);
    }
}
