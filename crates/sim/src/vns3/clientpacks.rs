//! Clientpacks: the credentials with which overlay clients connect, one for each of the licence's client addresses.
//!
//! They come with the keyset, can be added up to the licence's limit and never go. No client ever connects here.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::Area;
use super::answer::{Fault, Outcome, ok, read_form};
use super::call::{Call, Fields};
use super::console::Collection;
use super::seed::Generator;
use super::state::State;
use super::tasks;
use wire::Method::{Delete, Get, Post, Put};
use wire::Response;

pub(super) static AREA: Area = Area { answer, console: CONSOLE };

const CONSOLE: &[Collection] = &[Collection {
    kind: "clientpacks",
    at: "/clientpacks/*",
    key: &["overlay_ipaddress"],
    create: "/clientpacks/add_clientpacks",
    remove: "",
}];

/// A clientpack: its read form, and two switches that can be written only.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Clientpack {
    name: String,
    overlay_ipaddress: Ipv4Addr,
    sequential_id: u64,
    enabled: bool,
    checked_out: bool,
    compression: String,
    tags: BTreeMap<String, String>,
    conf_sha1: String,
    ovpn_sha1: String,
    tarball_sha1: String,
    zip_sha1: String,
    auth_on: bool,
    psk_on: bool,
}

impl Clientpack {
    fn new(address: Ipv4Addr, sequential_id: u64, generator: &mut Generator) -> Clientpack {
        let mut pack = Clientpack {
            name: address.to_string().replace('.', "_"),
            overlay_ipaddress: address,
            sequential_id,
            enabled: true,
            checked_out: false,
            compression: "off".to_owned(),
            tags: BTreeMap::new(),
            conf_sha1: String::new(),
            ovpn_sha1: String::new(),
            tarball_sha1: String::new(),
            zip_sha1: String::new(),
            auth_on: false,
            psk_on: false,
        };
        pack.regenerate(generator);
        pack
    }

    /// Makes new credentials: every file changes.
    fn regenerate(&mut self, generator: &mut Generator) {
        for sum in [&mut self.conf_sha1, &mut self.ovpn_sha1, &mut self.tarball_sha1, &mut self.zip_sha1] {
            *sum = generator.hex(40);
        }
    }

    fn show(&self, state: &State) -> Value {
        let mut answer = read_form(self);
        if let Some(map) = answer.as_object_mut() {
            map.remove("auth_on");
            map.remove("psk_on");
        }
        for (field, ending) in
            [("linux_onefile", "sh"), ("windows_onefile", "ovpn"), ("tarball_file", "tar.gz"), ("zip_file", "zip")]
        {
            answer[field] = json!(format!("{}.{ending}", self.name));
        }
        for field in ["last_connect", "last_disconnect", "ipaddress"] {
            answer[field] = json!("");
        }
        answer["manager_id"] = json!(state.peering.id.map(|id| id.to_string()).unwrap_or_default());
        answer["status"] = json!("not_connected");
        answer["connected"] = json!(false);
        answer
    }

    /// Takes the fields that one pack and all packs have in common.
    fn take(&mut self, fields: &Fields) -> Result<(), Fault> {
        let mut next = self.clone();
        let not_a_flag = |_| Fault::argument("Argument must have a true or false value");
        fields.over("enabled", &mut next.enabled).map_err(not_a_flag)?;
        fields.over("checked_out", &mut next.checked_out).map_err(not_a_flag)?;
        fields.over("auth_on", &mut next.auth_on).map_err(not_a_flag)?;
        fields.over("psk_on", &mut next.psk_on).map_err(not_a_flag)?;
        let switch = |text: &String| matches!(text.as_str(), "on" | "off");
        fields.over_if("compression", &mut next.compression, switch)?;
        *self = next;
        Ok(())
    }
}

/// Makes the packs that the licence's clients lack, as the keyset does.
pub(super) fn furnish(state: &mut State) {
    let clients = state.license.as_ref().map(|license| license.clients.clone()).unwrap_or_default();
    let new = clients.into_iter().filter(|address| !state.clientpacks.contains_key(&address.to_string()));
    new.collect::<Vec<_>>().into_iter().for_each(|address| add_one(state, address));
}

/// The name of the first pack that is neither handed out nor disabled.
pub(super) fn first_free(state: &State) -> Option<String> {
    let free = state.clientpacks.values().filter(|pack| pack.enabled && !pack.checked_out);
    free.min_by_key(|pack| pack.overlay_ipaddress).map(|pack| pack.name.clone())
}

fn add_one(state: &mut State, address: Ipv4Addr) {
    let id = state.next_id("clientpacks");
    let pack = Clientpack::new(address, id, &mut state.generator);
    state.clientpacks.insert(address.to_string(), pack);
}

/// The addresses of the packs that carry each tag, by the name of the variable made for it: `tag_name_alex` for the
/// key `name` and the value `alex`.
pub(super) fn tag_variables(state: &State) -> BTreeMap<String, String> {
    let mut variables: BTreeMap<String, String> = BTreeMap::new();
    for (address, pack) in &state.clientpacks {
        for (key, value) in &pack.tags {
            let addresses = variables.entry(format!("tag_{key}_{value}")).or_default();
            *addresses = if addresses.is_empty() { address.clone() } else { format!("{addresses},{address}") };
        }
    }
    variables
}

fn answer(state: &mut State, call: &Call) -> Option<Outcome> {
    Some(match (call.method, call.path().as_slice()) {
        (Get, ["clientpacks"]) => ok(shown(state)),
        (Put, ["clientpacks"]) => update_all(state, call),
        (Post, ["clientpacks", "add_clientpacks"]) => add(state, call),
        (Post, ["clientpacks", "next_available"]) => check_out(state, call),
        (Get, ["clientpacks", name]) => read(state, name),
        (Get, ["clientpack"]) => download(state, call.query("name").unwrap_or_default(), call.query("fileformat")),
        (Put, ["clientpack"]) => update(state, call),
        (Get, ["clientpack", file]) => download_by_name(state, file),
        (Put, ["clientpack", name]) => disconnect(state, call, name),
        (Post, ["clientpack", name]) => set_tag(state, call, name),
        (Delete, ["clientpack", name]) => delete_tag(state, call, name),
        (Post, ["client", "reset"]) => reset(state, call),
        (Post, ["clients", "reset_all"]) => ok(json!({"resetting": []})),
        (Get, ["status", "clients"]) => ok(json!({})),
        _ => return None,
    })
}

/// "Get clientpacks": a map by dotted address.
fn shown(state: &State) -> BTreeMap<&String, Value> {
    state.clientpacks.iter().map(|(address, pack)| (address, pack.show(state))).collect()
}

/// The pack of that name, in the words of "Delete clientpack tag".
fn find<'a>(state: &'a mut State, name: &str) -> Result<&'a mut Clientpack, Fault> {
    let unknown = || Fault::argument(format!("Clientpack named '{name}' does not exist"));
    state.clientpacks.values_mut().find(|pack| pack.name == name).ok_or_else(unknown)
}

/// "Get clientpack details": below one more name than elsewhere.
fn read(state: &mut State, name: &str) -> Outcome {
    let pack = find(state, name)?.clone();
    ok(json!({"clientpack": pack.show(state)}))
}

/// "Update all clientpacks": answers with two of the fields, or with a task.
fn update_all(state: &mut State, call: &Call) -> Outcome {
    let fields = call.fields()?;
    let mut packs = state.clientpacks.clone();
    packs.values_mut().try_for_each(|pack| pack.take(&fields))?;
    state.clientpacks = packs;
    if fields.get::<bool>("async")?.unwrap_or_default() {
        return ok(tasks::submit(state));
    }
    let all = |flag: fn(&Clientpack) -> bool| state.clientpacks.values().all(flag);
    ok(json!({"enabled": all(|pack| pack.enabled), "checked_out": all(|pack| pack.checked_out)}))
}

/// "Create new clientpack".
fn add(state: &mut State, call: &Call) -> Outcome {
    let text = call.fields()?.need_text("requested_ips")?;
    let addresses: Result<Vec<Ipv4Addr>, _> = text.split(',').map(|address| address.trim().parse()).collect();
    let addresses = addresses.map_err(|_| Fault::invalid("requested_ips"))?;
    if addresses.iter().any(|address| state.clientpacks.contains_key(&address.to_string())) {
        return Err(Fault::invalid("requested_ips"));
    }
    let limit = state.license.as_ref().map_or(0, |license| license.overlay_max_clients);
    if state.clientpacks.len() + addresses.len() > limit {
        let count = addresses.len();
        return Err(Fault::not_allowed(format!("Not enough room in license for {count} more clientpacks.")));
    }
    let count = addresses.len();
    addresses.into_iter().for_each(|address| add_one(state, address));
    ok(format!("{count} clientpacks added"))
}

/// "Checkout next clientpack".
fn check_out(state: &mut State, call: &Call) -> Outcome {
    let fields = call.fields()?;
    let bound = |name: &str, otherwise: Ipv4Addr| match fields.get::<String>(name)? {
        Some(text) => text.parse().map_err(|_| Fault::invalid(name)),
        None => Ok(otherwise),
    };
    let range = bound("low_ip", Ipv4Addr::UNSPECIFIED)?..=bound("high_ip", Ipv4Addr::BROADCAST)?;
    let disabled_too: bool = fields.get("include_disabled")?.unwrap_or_default();
    let mut packs: Vec<&mut Clientpack> = state.clientpacks.values_mut().collect();
    packs.sort_by_key(|pack| pack.overlay_ipaddress);
    let free = |pack: &&mut Clientpack| {
        range.contains(&pack.overlay_ipaddress) && !pack.checked_out && (pack.enabled || disabled_too)
    };
    let pack = packs.into_iter().find(free).ok_or_else(|| Fault::argument("No clientpack is available"))?;
    pack.checked_out = true;
    let pack = pack.clone();
    ok(pack.show(state))
}

/// "Update clientpack": answers with the pack, or with a task if new credentials are to be made.
fn update(state: &mut State, call: &Call) -> Outcome {
    let fields = call.fields()?;
    let name = fields.need_text("name").map_err(|_| Fault::argument("name argument must be set"))?;
    let again: bool = fields.get("regenerate")?.unwrap_or_default();
    let pack = find(state, &name)?;
    pack.take(&fields)?;
    let mut pack = pack.clone();
    if !again {
        return ok(pack.show(state));
    }
    pack.regenerate(&mut state.generator);
    state.clientpacks.insert(pack.overlay_ipaddress.to_string(), pack);
    ok(tasks::submit(state))
}

/// "Download clientpack" and "Download clientpack by name": an OpenVPN configuration, which a link of another
/// controller can be made from.
fn download(state: &mut State, name: &str, format: Option<&str>) -> Outcome {
    if !matches!(format, Some("tarball" | "tar.gz" | "zip" | "conf" | "ovpn")) {
        return Err(Fault::invalid("fileformat"));
    }
    let remote = state.config.public_ipaddress.clone();
    let pack = find(state, name)?;
    let text =
        format!("client\n# clientpack {}\nremote {remote} 1194 udp\n<key>\n{}\n</key>\n", pack.name, pack.conf_sha1);
    Ok(Response::text(200, "application/octet-stream", text))
}

/// "Download clientpack by name". The text gives the bare name; the published client insists on a suffix that says the
/// format, as in `100_127_255_193.ovpn`. Both are taken.
fn download_by_name(state: &mut State, file: &str) -> Outcome {
    let (name, format) = file.split_once('.').unwrap_or((file, "conf"));
    download(state, name, Some(format))
}

/// "Disconnect clientpack".
fn disconnect(state: &mut State, call: &Call, name: &str) -> Outcome {
    call.fields()?.need::<bool>("disconnect")?;
    not_connected(find(state, name)?)
}

/// "Reset client".
fn reset(state: &mut State, call: &Call) -> Outcome {
    let name = call.fields()?.need_text("name")?;
    not_connected(find(state, &name)?)
}

fn not_connected(pack: &Clientpack) -> Outcome {
    Err(Fault::argument(format!("Overlay IP address {} is not connected", pack.overlay_ipaddress)))
}

/// "Create clientpack tag": a key that is there gets the new value.
fn set_tag(state: &mut State, call: &Call, name: &str) -> Outcome {
    let fields = call.fields()?;
    let pack = find(state, name)?;
    let key = fields.need_text("key")?;
    if !key.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-') {
        return Err(Fault::argument(format!("bad tag key: {key}")));
    }
    pack.tags.insert(key, fields.need_text("value")?);
    ok(json!({"name": pack.name, "tags": pack.tags}))
}

/// "Delete clientpack tag". The words for a key that is not there are chosen here.
fn delete_tag(state: &mut State, call: &Call, name: &str) -> Outcome {
    let key = call.fields()?.need_text("key")?;
    let pack = find(state, name)?;
    pack.tags.remove(&key).ok_or_else(|| Fault::argument(format!("Tag with key '{key}' does not exist")))?;
    ok(json!({"name": pack.name, "tags": pack.tags}))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vns3::testing::{Bench, has_keys_of};

    /// The first pack's address and name.
    fn first(bench: &mut Bench) -> (String, String) {
        let packs = bench.get("/clientpacks").expect("packs");
        let (address, pack) = packs.as_object().and_then(|map| map.iter().next()).expect("a pack");
        (address.clone(), pack["name"].as_str().expect("name").to_owned())
    }

    #[test]
    fn packs_are_a_map_by_address_and_one_is_below_one_more_name() {
        let mut bench = Bench::new();
        let (address, name) = first(&mut bench);
        assert_eq!(address.replace('.', "_"), name);
        let example = json!({"clientpack": {
            "name": "string", "overlay_ipaddress": "string", "linux_onefile": "string", "enabled": true,
            "conf_sha1": "string", "windows_onefile": "string", "ovpn_sha1": "string", "tarball_file": "string",
            "tarball_sha1": "string", "sequential_id": 0, "checked_out": true, "zip_sha1": "string", "zip_file": "string",
            "last_connect": "string", "last_disconnect": "string", "compression": "string", "manager_id": "string",
            "ipaddress": "string", "status": "string", "connected": true, "tags": {},
        }});
        let one = bench.get(&format!("/clientpacks/{name}")).expect("pack");
        assert!(has_keys_of(&one, &example), "{one}");
        assert!(one["clientpack"].get("auth_on").is_none(), "can be written only");
    }

    #[test]
    fn one_pack_and_all_packs_change() {
        let mut bench = Bench::new();
        let (_, name) = first(&mut bench);
        let pack = bench.ok(Put, "/clientpack", json!({"name": name, "enabled": "false", "compression": "on"}));
        assert_eq!((&pack["enabled"], &pack["compression"]), (&json!(false), &json!("on")));
        let all = bench.ok(Put, "/clientpacks", json!({"enabled": true, "checked_out": false}));
        assert_eq!(all, json!({"enabled": true, "checked_out": false}));
        let task = bench.ok(Put, "/clientpack", json!({"name": name, "regenerate": true}));
        assert_eq!(task["status"], "submitted");
        let after = bench.get(&format!("/clientpacks/{name}")).expect("pack");
        assert_ne!(after["clientpack"]["conf_sha1"], pack["conf_sha1"]);
        let bad = bench.refused(Put, "/clientpacks", json!({"enabled": "perhaps"}));
        assert_eq!(bad, (400, "APIArgumentError: Argument must have a true or false value".to_owned()));
        assert_eq!(bench.refused(Put, "/clientpack", json!({})).1, "APIArgumentError: name argument must be set");
    }

    #[test]
    fn packs_are_added_up_to_the_limit_and_checked_out_in_order() {
        let mut bench = Bench::new();
        bench.ok(Post, "/clientpacks/add_clientpacks", json!({"requested_ips": "100.100.0.1, 100.100.0.2"}));
        assert_eq!(bench.get("/clientpacks").expect("packs").as_object().map(|map| map.len()), Some(18));
        let many: Vec<String> = (3..23).map(|host| format!("100.100.0.{host}")).collect();
        let full = bench.refused(Post, "/clientpacks/add_clientpacks", json!({"requested_ips": many.join(",")}));
        assert_eq!(
            full,
            (403, "OperationNotAllowedError: Not enough room in license for 20 more clientpacks.".to_owned())
        );
        let range = json!({"low_ip": "100.100.0.1", "high_ip": "100.100.0.9"});
        assert_eq!(bench.ok(Post, "/clientpacks/next_available", range.clone())["overlay_ipaddress"], "100.100.0.1");
        assert_eq!(bench.ok(Post, "/clientpacks/next_available", range.clone())["overlay_ipaddress"], "100.100.0.2");
        assert_eq!(bench.refused(Post, "/clientpacks/next_available", range).0, 400);
    }

    #[test]
    fn tags_are_a_map_and_make_variables() {
        let mut bench = Bench::new();
        let (address, name) = first(&mut bench);
        let path = format!("/clientpack/{name}");
        let tagged = bench.ok(Post, &path, json!({"key": "name", "value": "alex_person"}));
        assert_eq!(tagged, json!({"name": name, "tags": {"name": "alex_person"}}));
        let set = json!({"name": "humans", "type": "net", "entries": ["${tag_name_alex_person}"]});
        assert_eq!(bench.ok(Post, "/v2/firewall/fwsets", set)["entries"][0]["entry_resolved"], json!(address));
        let bad = bench.refused(Post, &path, json!({"key": "badcharac!er!!", "value": "x"}));
        assert_eq!(bad, (400, "APIArgumentError: bad tag key: badcharac!er!!".to_owned()));
        assert_eq!(bench.ok(Delete, &path, json!({"key": "name"}))["tags"], json!({}));
        let gone = bench.refused(Delete, "/clientpack/10_0_100_4", json!({"key": "name"}));
        assert_eq!(gone, (400, "APIArgumentError: Clientpack named '10_0_100_4' does not exist".to_owned()));
    }

    #[test]
    fn nobody_is_connected_and_without_a_keyset_there_is_nothing() {
        let mut bench = Bench::new();
        let (address, name) = first(&mut bench);
        let text = format!("APIArgumentError: Overlay IP address {address} is not connected");
        assert_eq!(bench.refused(Put, &format!("/clientpack/{name}"), json!({"disconnect": true})), (400, text));
        let (status, text) = bench.call(Get, &format!("/clientpack?name={name}&fileformat=conf"), None);
        assert_eq!(status, 200);
        assert!(text.as_str().is_some_and(|text| text.contains(&name)));
        for file in [name.clone(), format!("{name}.ovpn"), format!("{name}.zip")] {
            assert_eq!(bench.call(Get, &format!("/clientpack/{file}"), None).0, 200, "{file}");
        }
        assert_eq!(bench.call(Get, &format!("/clientpack/{name}.exe"), None).0, 400);
        let missing = Bench::fresh().get("/clientpacks");
        assert_eq!(missing, Err((403, "PrerequisiteError: Keyset is missing".to_owned())));
    }
}
