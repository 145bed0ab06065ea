//! "Set License Parameters": addresses and numbers of the topology, accepted once. Reboots.

use std::net::Ipv4Addr;

use ipnet::Ipv4Net;
use serde_json::json;

use super::addressing::{addresses, all_in, ranges};
use super::{License, Manager, UPGRADE};
use crate::vns3::answer::{Fault, Outcome, ok};
use crate::vns3::call::{Call, Fields};
use crate::vns3::clientpacks;
use crate::vns3::state::State;

/// Accepts the default topology, five values of one's own, or, after an upgrade, the addresses of what is new.
pub(super) fn set(state: &mut State, call: &Call) -> Outcome {
    let fields = call.fields()?;
    let mut license = state.license.clone().ok_or_else(|| Fault::prerequisite("Must be licensed first"))?;
    if license.upgrading {
        extend(&mut license, &fields)?;
    } else if license.finalized {
        return Err(Fault::argument("License parameters are set already"));
    } else if !fields.get::<bool>("default")?.unwrap_or_default() {
        customize(&mut license, &fields)?;
    }
    license.finalized = true;
    license.upgrading = false;
    let answer = ok(json!({"license": license.status(), "finalized": true, "parameters": shown(&license)}));
    state.license = Some(license);
    if state.keyset.is_some() {
        clientpacks::furnish(state);
    }
    state.reboot();
    answer
}

fn shown(license: &License) -> serde_json::Value {
    let managers: Vec<Ipv4Addr> = license.managers.iter().map(|slot| slot.overlay_ipaddress).collect();
    json!({
        "subnet": license.overlay_subnet,
        "controllers": managers,
        "managers": managers,
        "clients": license.clients,
        "asns": license.managers.iter().map(|slot| slot.asn).collect::<Vec<_>>(),
        "my_manager_vip": license.my_manager_vip,
    })
}

fn invalid(field: &str) -> Fault {
    Fault::argument(format!("invalid {field} field"))
}

/// A field that must be given and be read by that function.
fn need<T>(fields: &Fields, field: &str, read: impl Fn(&str) -> Option<T>) -> Result<T, Fault> {
    read(&fields.need_text(field).map_err(|_| invalid(field))?).ok_or_else(|| invalid(field))
}

/// Takes all five values.
fn customize(license: &mut License, fields: &Fields) -> Result<(), Fault> {
    let subnet: Ipv4Net = need(fields, "subnet", |text| text.parse().ok())?;
    let inside = |list: Vec<Ipv4Addr>| all_in(&subnet, &list).then_some(list);
    let managers = need(fields, "managers", |text| addresses(text).and_then(inside))?;
    let asns = need(fields, "asns", |text| {
        text.split_whitespace().map(|asn| asn.parse::<u64>().ok()).collect::<Option<Vec<_>>>()
    })?;
    let clients = need(fields, "clients", |text| ranges(text).and_then(inside))?;
    license.my_manager_vip =
        need(fields, "my_manager_vip", |text| text.parse().ok().filter(|vip| subnet.contains(vip)))?;
    if managers.is_empty() || managers.len() > license.managers.len() {
        return Err(invalid("managers"));
    }
    if asns.len() != managers.len() {
        return Err(invalid("asns"));
    }
    if clients.len() > license.overlay_max_clients {
        return Err(invalid("clients"));
    }
    let slots = managers.into_iter().zip(asns).zip(1..);
    license.managers =
        slots.map(|((overlay_ipaddress, asn), manager_id)| Manager { manager_id, asn, overlay_ipaddress }).collect();
    license.overlay_subnet = subnet.to_string();
    license.clients = clients;
    Ok(())
}

/// Takes the addresses of what an upgrade adds, no more than it does.
fn extend(license: &mut License, fields: &Fields) -> Result<(), Fault> {
    let (most_managers, most_clients) = UPGRADE;
    let managers = if fields.has("managers") { need(fields, "managers", addresses)? } else { Vec::new() };
    let clients = if fields.has("clients") { need(fields, "clients", ranges)? } else { Vec::new() };
    if managers.len() > most_managers {
        return Err(invalid("managers"));
    }
    if clients.len() > most_clients {
        return Err(invalid("clients"));
    }
    for overlay_ipaddress in managers {
        let (manager_id, asn) = license.managers.last().map_or((1, 65_001), |last| (last.manager_id + 1, last.asn + 1));
        license.managers.push(Manager { manager_id, asn, overlay_ipaddress });
    }
    license.overlay_max_clients += clients.len();
    license.clients.extend(clients);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vns3::testing::{Bench, has_keys_of};
    use wire::Method::Put;

    #[test]
    fn all_five_values_are_taken_and_each_bad_one_is_named() {
        let mut bench = Bench::fresh();
        bench.put_text("/license", "bGljZW5jZQ==").expect("uploaded");
        let good = json!({
            "subnet": "172.31.1.0/24", "managers": "172.31.1.250 172.31.1.249", "asns": "65001 65002",
            "clients": "172.31.1.1-172.31.1.3,172.31.1.9", "my_manager_vip": "172.31.1.254",
        });
        let bad = [
            ("asns", "65001"),
            ("managers", "10.0.0.1 10.0.0.2"),
            ("clients", "x"),
            ("subnet", "far"),
            ("my_manager_vip", "10.0.0.1"),
        ];
        for (field, value) in bad {
            let mut body = good.clone();
            body[field] = json!(value);
            let text = format!("APIArgumentError: invalid {field} field");
            assert_eq!(bench.refused(Put, "/license/parameters", body), (400, text));
        }
        let answer = bench.ok(Put, "/license/parameters", good);
        let example = json!({"license": "string", "finalized": true, "parameters": {
            "subnet": "string", "controllers": ["string"], "managers": ["string"], "clients": ["string"], "asns": [0],
            "my_manager_vip": "string",
        }});
        assert!(has_keys_of(&answer, &example), "{answer}");
        bench.wait(5_000);
        bench.ok(Put, "/peering/self", json!({"id": 2}));
        assert_eq!(bench.get("/config").expect("config")["asn"], 65002);
        assert_eq!(bench.refused(Put, "/license/parameters", json!({"default": true})).0, 400, "once only");
    }
}
