//! The status of the controller: no client is connected, and time passes.

use serde_json::{Map, Value, json};

use super::Area;
use super::answer::{Fault, Outcome, ok};
use super::call::Call;
use super::net;
use super::state::State;
use wire::Method::Get;

pub(super) static AREA: Area = Area { answer, console: &[] };

fn answer(state: &mut State, call: &Call) -> Option<Outcome> {
    Some(match (call.method, call.path().as_slice()) {
        (Get, ["status"]) => ok(json!({
            "connected_clients": {},
            "connected_subnets": subnets(state, false),
            "ipsec": tunnels(state),
        })),
        (Get, ["status", "system"]) => ok(system(state, call)),
        (Get, ["status", "ipsec"]) => ok(tunnels(state)),
        (Get, ["status", "link_history"]) => history(state, call),
        (Get, ["status", "connected_subnets"]) => ok(subnets(state, call.query_flag("extended_output"))),
        _ => return None,
    })
}

/// "Get IPsec status": every tunnel by its id.
fn tunnels(state: &State) -> Map<String, Value> {
    state.tunnel_details().map(|(id, tunnel)| (id.to_string(), tunnel)).collect()
}

/// "Get system status".
fn system(state: &State, call: &Call) -> Value {
    let uptime = call.now.seconds() - state.booted.seconds();
    json!({
        "timestamp": call.now.offset(),
        "timestamp_i": call.now.seconds(),
        "vns3_version": state.config.vns3_version,
        "kernel_version": "5.4.0-1103-aws",
        "uptime": uptime,
        "loadavg": ["0.08", "0.03", "0.01"],
        "diskinfo": [["/dev/nvme0n1p1", "20134592", "6123520", "13994688", "31%", "/"]],
        "meminfo": ["3977412", "1206864", "2770548"],
        "swapinfo": ["0", "0", "0"],
        "container_system": state.plugins.status(state),
        "data": {"sysstat": [["vnscubed", "600", call.now.seconds().to_string(), "all", "%user", "2.91"]]},
    })
}

/// "Get link history": of a remote subnet, a local one or a tunnel. Nothing has come up yet.
fn history(state: &State, call: &Call) -> Outcome {
    for field in ["remote", "local"] {
        if call.query(field).is_some_and(|cidr| !net::is_cidr(cidr)) {
            return Err(Fault::argument(format!("bad or invalid {field}")));
        }
    }
    let tunnel = call.query("tunnelid").map(|id| id.parse::<u64>().unwrap_or_default());
    if tunnel.is_some_and(|id| !state.ipsec.has_tunnel(id)) {
        return Err(Fault::argument("bad or invalid tunnelid"));
    }
    let mut answer = json!({"history": []});
    for field in ["remote", "local"] {
        if let Some(cidr) = call.query(field) {
            answer[field] = json!(cidr);
        }
    }
    if let Some(tunnel) = tunnel {
        answer["tunnelid"] = json!(tunnel);
    }
    ok(answer)
}

/// "Get connected subnets": pairs of network and mask, or objects if asked for more.
fn subnets(state: &State, extended: bool) -> Vec<Value> {
    let overlay = state.license.iter().map(|license| license.overlay_subnet.as_str());
    let pair = |cidr: &str| (cidr.split('/').next().unwrap_or_default().to_owned(), net::netmask(cidr));
    overlay
        .map(|cidr| match (pair(cidr), extended) {
            ((network, mask), false) => json!([network, mask]),
            ((network, mask), true) => {
                let bits = cidr.split('/').nth(1).unwrap_or_default();
                json!({"subnet": cidr, "network": network, "cidr_mask": bits, "netmask": mask})
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vns3::testing::{Bench, has_keys_of};
    use wire::Method::Put;

    #[test]
    fn the_system_says_how_long_it_has_been_up() {
        let mut bench = Bench::new();
        bench.wait(60_000);
        let status = bench.get("/status/system").expect("status");
        let example = json!({
            "timestamp": "string", "timestamp_i": 0, "vns3_version": "string", "kernel_version": "string", "uptime": 0,
            "loadavg": ["string"], "diskinfo": [["string"]], "meminfo": ["string"], "swapinfo": ["string"],
            "container_system": {
                "container_system_running": true, "images_limit": 0, "images_stored": 0, "containers_limit": 0,
                "containers_active": 0, "container_network": "string",
            },
            "data": {"sysstat": [["vnscubed", "597", "1564089901", "all", "%user", "2.91"]]},
        });
        assert!(has_keys_of(&status, &example), "{status}");
        assert_eq!(status["uptime"], 60);
        bench.ok(Put, "/server", json!({"reboot": true}));
        bench.wait(5_000);
        assert_eq!(bench.get("/status/system").expect("status")["uptime"], 1, "a reboot begins anew");
    }

    #[test]
    fn tunnels_are_a_map_by_id_and_history_checks_its_query() {
        let mut bench = Bench::new();
        bench.populate();
        assert_eq!(bench.get("/status/ipsec").expect("status")["1"]["endpoint_name"], "EndpointB");
        assert_eq!(bench.get("/status").expect("status")["connected_clients"], json!({}));
        let bad = bench.get("/status/link_history?remote=nowhere");
        assert_eq!(bad, Err((400, "APIArgumentError: bad or invalid remote".to_owned())));
        assert_eq!(bench.get("/status/link_history?tunnelid=1").expect("history")["history"], json!([]));
        assert!(bench.get("/status/connected_subnets").expect("subnets")[0].is_array());
        assert!(bench.get("/status/connected_subnets?extended_output=true").expect("subnets")[0].is_object());
    }
}
