//! The containers' network and its addresses.

use std::net::Ipv4Addr;

use ipnet::Ipv4Net;
use serde_json::{Value, json};

use crate::vns3::answer::{Fault, Outcome, ok};
use crate::vns3::call::Call;
use crate::vns3::state::State;

/// "Update container system": instances get the addresses of the same places in the new network.
pub(super) fn update(state: &mut State, call: &Call) -> Outcome {
    let text = call.fields()?.need_text("network")?;
    let network: Ipv4Net = text.parse().map_err(|_| Fault::invalid("network"))?;
    if !(16..=29).contains(&network.prefix_len()) {
        return Err(Fault::invalid("network"));
    }
    let old = hosts(&state.plugins.system.network);
    let new: Vec<Ipv4Addr> = network.hosts().collect();
    for instance in &mut state.plugins.instances {
        let place = old.iter().position(|host| *host == instance.ip_address);
        instance.ip_address = place.and_then(|place| new.get(place)).copied().unwrap_or(instance.ip_address);
    }
    state.plugins.system.network = network.trunc().to_string();
    ok(state.plugins.system.show(call.now))
}

fn hosts(network: &str) -> Vec<Ipv4Addr> {
    network.parse().map(|network: Ipv4Net| network.hosts().collect()).unwrap_or_default()
}

/// "Get container system IP addresses": the first is the controller's own.
pub(super) fn addresses(state: &State) -> Vec<Value> {
    let in_use = |host: &Ipv4Addr| state.plugins.instances.iter().any(|instance| instance.ip_address == *host);
    let status = |(index, host): (usize, &Ipv4Addr)| match (index, in_use(host)) {
        (0, _) => "reserved",
        (_, true) => "in_use",
        (_, false) => "available",
    };
    let all = hosts(&state.plugins.system.network);
    all.iter().enumerate().map(|(index, host)| json!({"address": host, "status": status((index, host))})).collect()
}

/// The address wanted, or the first that is free.
pub(super) fn allocate(state: &State, wanted: Option<String>) -> Result<Ipv4Addr, Fault> {
    let free = addresses(state).into_iter().filter(|one| one["status"] == "available");
    let mut free = free.filter_map(|one| one["address"].as_str().and_then(|text| text.parse::<Ipv4Addr>().ok()));
    match wanted.filter(|text| !text.is_empty()) {
        None => free.next().ok_or_else(|| super::bad_request("No IP address is available")),
        Some(text) => {
            let taken = || super::bad_request(format!("IP address {text} is not available"));
            let address: Ipv4Addr = text.parse().map_err(|_| Fault::invalid("ip_address"))?;
            free.find(|one| *one == address).ok_or_else(taken)
        }
    }
}
