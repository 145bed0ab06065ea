//! Interfaces of the controller's system, those that it comes with and those that people add.

mod addresses;
mod edge_gre;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use self::addresses::Address;
pub(super) use self::edge_gre::EdgeGre;

use super::Area;
use super::answer::{Fault, Outcome, ok, read_form};
use super::call::{Call, Fields, id};
use super::console::Collection;
use super::state::State;
use super::{links, net};
use wire::Method::{Delete, Get, Post, Put};

pub(super) static AREA: Area = Area { answer, console: CONSOLE };

const CONSOLE: &[Collection] = &[
    Collection {
        kind: "system-interfaces",
        at: "/interfaces/*",
        key: &[],
        create: "/interfaces/system",
        remove: "/interfaces/system/{id}",
    },
    Collection {
        kind: "interface-addresses",
        at: "/interfaces/*/addresses/*",
        key: &["ip_internal"],
        create: "/interfaces/system/{parent.id}/addresses",
        remove: "/interfaces/system/{parent.id}/addresses/{id}",
    },
    Collection {
        kind: "edge-gre-interfaces",
        at: "/edge_gre/*",
        key: &["endpoint_name"],
        create: "/interfaces/edge_gre",
        remove: "/interfaces/edge_gre/{interface_id}",
    },
];

/// The alias that carries the own side's IPsec address.
const LOOPBACK: &str = "eth0:0";

/// An interface: its read form, and who made it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Interface {
    id: u64,
    name: String,
    interface_type: String,
    description: String,
    ip_internal: String,
    mtu: u64,
    enabled: bool,
    status: String,
    mask_bits: String,
    gateway: Option<String>,
    /// True for some that people make and false for some that come with the controller: no sign of who made it.
    system_default: bool,
    ip_external: Option<String>,
    tags: Vec<String>,
    /// The controller made it. Not shown.
    built_in: bool,
    /// Not shown with the interface.
    addresses: Vec<Address>,
}

impl Interface {
    fn new(id: u64, name: &str) -> Interface {
        let physical = name.starts_with("eth") && !name.contains(':');
        Interface {
            id,
            name: name.to_owned(),
            interface_type: if physical { "system" } else { "system_virtual" }.to_owned(),
            description: String::new(),
            ip_internal: String::new(),
            mtu: if name.starts_with("eth") || name.starts_with("tun") { 9001 } else { 1500 },
            enabled: false,
            status: "Down".to_owned(),
            mask_bits: "32".to_owned(),
            gateway: None,
            system_default: true,
            ip_external: None,
            tags: Vec::new(),
            built_in: false,
            addresses: Vec::new(),
        }
    }

    fn show(&self) -> Value {
        let mut answer = read_form(self);
        if let Some(map) = answer.as_object_mut() {
            map.remove("built_in");
            map.remove("addresses");
        }
        answer
    }

    /// Takes the fields that are given. `taken` says which addresses other interfaces have.
    fn take(&mut self, fields: &Fields, taken: &[String]) -> Result<(), Fault> {
        let mut next = self.clone();
        let not_empty = |text: &String| !text.is_empty();
        fields.over_if("name", &mut next.name, not_empty)?;
        fields.over("description", &mut next.description)?;
        let available = |text: &String| net::is_ip(text) && !taken.contains(text);
        fields
            .over_if("ip_internal", &mut next.ip_internal, available)
            .map_err(|_| Fault::argument("ip_internal must be available"))?;
        let address = |text: &Option<String>| text.as_deref().is_none_or(net::is_ip_or_empty);
        fields.over_if("ip_external", &mut next.ip_external, address)?;
        fields.over_if("gateway", &mut next.gateway, address)?;
        fields.over("mtu", &mut next.mtu).map_err(|_| Fault::argument("mtu must be an integer"))?;
        if let Some(bits) = fields.get::<u64>("mask_bits")? {
            next.mask_bits = if bits <= 32 { bits.to_string() } else { return Err(Fault::invalid("mask_bits")) };
        }
        fields.over("enabled", &mut next.enabled)?;
        next.status = if next.enabled { "Up" } else { "Down" }.to_owned();
        *self = next;
        Ok(())
    }
}

/// Gives a new controller the interfaces of the text's example.
pub(super) fn furnish(state: &mut State) {
    let (private, public) = (state.config.private_ipaddress.clone(), state.config.public_ipaddress.clone());
    let loopback = state.ipsec.local_ipaddress().to_owned();
    let interfaces = [
        ("eth0", "system", "Auto-created interface", private, 9001, "24", true, Some(public)),
        ("lo", "system", "Auto-created interface", "127.0.0.1".to_owned(), 65_536, "8", true, None),
        ("plugin0", "system_virtual", "Auto-created interface", "198.51.100.1".to_owned(), 1500, "28", false, None),
        (
            LOOPBACK,
            "system",
            "This interface used as IPsec loopback via Local Private IP",
            loopback,
            9001,
            "31",
            true,
            None,
        ),
    ];
    for (name, kind, description, address, mtu, bits, default, external) in interfaces {
        let interface = Interface {
            interface_type: kind.to_owned(),
            description: description.to_owned(),
            ip_internal: address,
            mtu,
            enabled: true,
            status: "Up".to_owned(),
            mask_bits: bits.to_owned(),
            system_default: default,
            ip_external: external,
            built_in: true,
            ..Interface::new(state.next_id("interfaces"), name)
        };
        state.interfaces.push(interface);
    }
}

/// Gives the loopback alias the own side's address.
pub(super) fn move_loopback(state: &mut State) {
    let address = state.ipsec.local_ipaddress().to_owned();
    if let Some(alias) = state.interfaces.iter_mut().find(|interface| interface.name == LOOPBACK) {
        alias.ip_internal = address;
    }
}

/// Says whether a route can go through an interface of that name.
pub(super) fn exists(state: &State, name: &str) -> bool {
    let is_gre = || state.edge_gre.iter().any(|gre| gre.name == name);
    name == "tun0"
        || is_gre()
        || links::has_interface(state, name)
        || state.interfaces.iter().any(|interface| interface.name == name)
}

fn answer(state: &mut State, call: &Call) -> Option<Outcome> {
    Some(match (call.method, call.path().as_slice()) {
        (Get, ["interfaces"]) => ok(all(state)),
        (Get, ["interfaces", "system"]) => ok(shown(state, |interface| interface.name != "plugin0")),
        (Post, ["interfaces", "action"]) => act(state, call),
        (Post, ["interfaces", "system"]) => create(state, call),
        (Get, ["interfaces", "system", name]) => find(state, name).and_then(|interface| ok(interface.show())),
        (Put, ["interfaces", "system", name]) => update(state, call, name),
        (Delete, ["interfaces", "system", name]) => delete(state, name),
        (Get, ["interfaces", "edge_gre"]) => edge_gre::list(state),
        (Post, ["interfaces", "edge_gre"]) => edge_gre::create(state, call),
        (Get, ["interfaces", "edge_gre", name]) => edge_gre::find(state, name).and_then(ok),
        (Put, ["interfaces", "edge_gre", name]) => edge_gre::update(state, call, name),
        (Delete, ["interfaces", "edge_gre", name]) => edge_gre::delete(state, name),
        (_, ["interfaces", "system", name, "addresses", rest @ ..]) => {
            return answer_addresses(state, call, name, rest);
        }
        _ => return None,
    })
}

fn answer_addresses(state: &mut State, call: &Call, interface: &str, path: &[&str]) -> Option<Outcome> {
    Some(match (call.method, path) {
        (Get, []) => addresses::list(state, interface),
        (Post, []) => addresses::create(state, call, interface),
        (Get, [address]) => addresses::read(state, interface, id(address)),
        (Put, [address]) => addresses::update(state, call, interface, id(address)),
        (Delete, [address]) => addresses::delete(state, interface, id(address)),
        _ => return None,
    })
}

/// "Get all interfaces": those of the system, `plugin0` and the GRE ones.
fn all(state: &State) -> Vec<Value> {
    shown(state, |_| true).into_iter().chain(state.edge_gre.iter().map(EdgeGre::show)).collect()
}

/// The system's interfaces. The examples of "Get all interfaces" and "Get all system interfaces" differ by `plugin0`.
fn shown(state: &State, which: impl Fn(&Interface) -> bool) -> Vec<Value> {
    state.interfaces.iter().filter(|interface| which(interface)).map(Interface::show).collect()
}

/// "Take interface action": exactly one at a time. Nothing new is ever found.
fn act(state: &State, call: &Call) -> Outcome {
    let fields = call.fields()?;
    let actions = ["discover_new_primary_adapters", "discover_ips", "manage_overlay_interfaces", "discover_links"];
    let mut asked = Vec::new();
    for action in actions {
        if fields.get::<bool>(action)? == Some(true) {
            asked.push(action);
        }
    }
    match asked.as_slice() {
        [_] => ok(all(state)),
        [] => Err(Fault::missing("action")),
        [_, second, ..] => Err(Fault::invalid(second)),
    }
}

/// The path's part is called an id in the arguments' table and a name in the description: both find the interface.
fn find<'a>(state: &'a mut State, name: &str) -> Result<&'a mut Interface, Fault> {
    let unknown = || Fault::not_found("System interface not found");
    let mut all = state.interfaces.iter_mut();
    all.find(|interface| interface.name == name || interface.id.to_string() == name).ok_or_else(unknown)
}

fn addresses_but(state: &State, id: u64) -> Vec<String> {
    state.interfaces.iter().filter(|other| other.id != id).map(|other| other.ip_internal.clone()).collect()
}

/// "Create system interface". A name that exists is refused; the text does not say what happens.
fn create(state: &mut State, call: &Call) -> Outcome {
    let fields = call.fields()?;
    let name = fields.need_text("name")?;
    if exists(state, &name) {
        return Err(Fault::invalid("name"));
    }
    let mut interface = Interface::new(0, &name);
    interface.take(&fields, &addresses_but(state, 0))?;
    interface.id = state.next_id("interfaces");
    let answer = ok(interface.show());
    state.interfaces.push(interface);
    answer
}

/// "Update system interface".
fn update(state: &mut State, call: &Call, name: &str) -> Outcome {
    let fields = call.fields()?;
    let id = find(state, name)?.id;
    let taken = addresses_but(state, id);
    let interface = find(state, name)?;
    interface.take(&fields, &taken)?;
    ok(interface.show())
}

/// "Delete system interface". Those that the controller came with stay; the text is silent about them.
fn delete(state: &mut State, name: &str) -> Outcome {
    let interface = find(state, name).map_err(|_| Fault::not_found("System Interface not found"))?.clone();
    if interface.built_in {
        return Err(Fault::argument(format!("{} was created by the system and cannot be deleted", interface.name)));
    }
    state.interfaces.retain(|other| other.id != interface.id);
    ok(interface.show())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::vns3::testing::{Bench, has_keys_of};

    #[test]
    fn a_new_controller_has_the_interfaces_of_the_texts_example() {
        let mut bench = Bench::new();
        let example = json!([{
            "id": 7, "name": "eth0:0", "interface_type": "system", "description": "This interface", "ip_internal": "x",
            "mtu": 9001, "enabled": true, "status": "Up", "mask_bits": "31", "gateway": null, "system_default": true,
            "ip_external": null, "tags": [],
        }]);
        let all = bench.get("/interfaces").expect("interfaces");
        assert!(has_keys_of(&all, &example), "{all}");
        let names = |list: &Value| {
            let names = list.as_array().expect("list").iter();
            names.map(|one| one["name"].as_str().expect("name").to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(names(&all), ["eth0", "lo", "plugin0", "eth0:0"]);
        assert_eq!(names(&bench.get("/interfaces/system").expect("interfaces")), ["eth0", "lo", "eth0:0"]);
        bench.ok(Put, "/ipsec", json!({"ipsec_local_ipaddress": "192.0.2.254"}));
        assert_eq!(bench.get("/interfaces/system/eth0:0").expect("alias")["ip_internal"], "192.0.2.254");
    }

    #[test]
    fn people_add_change_and_remove_aliases() {
        let mut bench = Bench::new();
        let body = json!({"name": "tun1:1", "ip_internal": "192.168.1.250", "mask_bits": "32", "gateway": null});
        let made = bench.ok(Post, "/interfaces/system", body);
        assert_eq!(
            (&made["enabled"], &made["status"], &made["system_default"]),
            (&json!(false), &json!("Down"), &json!(true))
        );
        let path = format!("/interfaces/system/{}", made["id"]);
        assert_eq!(bench.ok(Put, &path, json!({"enabled": true, "mtu": "1400"}))["status"], "Up");
        bench.ok(Delete, &path, json!({}));
        let gone = bench.refused(Delete, &path, json!({}));
        assert_eq!(gone, (404, "APINotFoundError: System Interface not found".to_owned()));
        assert_eq!(bench.get(&path), Err((404, "APINotFoundError: System interface not found".to_owned())));
    }

    #[test]
    fn faults_are_in_the_texts_words() {
        let mut bench = Bench::new();
        let mut refused = |method, path: &str, body| bench.refused(method, path, body).1;
        let alias = |field: &str, value: Value| json!({"name": "eth0:1", field: value});
        assert_eq!(
            refused(Post, "/interfaces/system", alias("mtu", json!("big"))),
            "APIArgumentError: mtu must be an integer"
        );
        let taken = alias("ip_internal", json!("127.0.0.1"));
        assert_eq!(refused(Post, "/interfaces/system", taken), "APIArgumentError: ip_internal must be available");
        let action = json!({"discover_ips": "soon"});
        assert_eq!(refused(Post, "/interfaces/action", action), "APIArgumentError: discover_ips is invalid");
        assert!(refused(Delete, "/interfaces/system/lo", json!({})).ends_with("cannot be deleted"));
    }
}
