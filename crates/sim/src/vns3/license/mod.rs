//! The licence: what a topology's controllers share, and how a controller comes by it.
//!
//! Everything in a licence follows from its text, so two controllers that are given the same one are of the same
//! topology. A controller that is born licensed has one made from its name.

mod addressing;
pub(super) mod keyset;
mod parameters;

use std::net::Ipv4Addr;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::Area;
use super::answer::{Fault, Outcome, ok};
use super::call::Call;
use super::clock::Moment;
use super::seed::Generator;
use super::state::State;
use wire::Method::{Get, Put};

pub(super) static AREA: Area = Area { answer, console: &[] };

/// How many controllers the simulated licence allows: enough for a mesh, few enough to run into.
const MANAGERS: u8 = 8;

/// How many overlay clients it allows.
const CLIENTS: u8 = 16;

/// The numbers that an upgrade adds: controllers and clients.
const UPGRADE: (usize, usize) = (2, 4);

/// A licence as the controller keeps it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct License {
    /// The parameters are accepted; only now is the controller licensed.
    pub finalized: bool,
    pub sha1_checksum: String,
    pub uploaded_at: Moment,
    pub overlay_subnet: String,
    pub my_manager_vip: Ipv4Addr,
    pub managers: Vec<Manager>,
    pub clients: Vec<Ipv4Addr>,
    pub overlay_max_clients: usize,
    pub ipsec_max_endpoints: usize,
    pub ipsec_max_subnets: usize,
    /// Names of the upgrades so far.
    pub upgrades: Vec<String>,
    /// An upgrade is uploaded, and its parameters are not accepted yet.
    pub upgrading: bool,
}

/// A slot for a controller.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Manager {
    pub manager_id: u64,
    pub asn: u64,
    pub overlay_ipaddress: Ipv4Addr,
}

impl License {
    /// A licence read from its text, its parameters not accepted yet. The addresses have the shape of the reference
    /// text's example: a subnet of 64 at the end of a block, controllers counted down from its top.
    pub(crate) fn read(text: &str, now: Moment) -> License {
        let mut generator = Generator::new(text, 0);
        let (second, third) = (generator.between(64, 126) as u8, generator.between(0, 255) as u8);
        let first_asn = 64_512 + 10 * generator.between(0, 99);
        License {
            finalized: false,
            sha1_checksum: generator.hex(40),
            uploaded_at: now,
            overlay_subnet: format!("100.{second}.{third}.192/26"),
            my_manager_vip: Ipv4Addr::new(100, second, third, 254),
            managers: (1..=MANAGERS)
                .map(|slot| Manager {
                    manager_id: slot.into(),
                    asn: first_asn + u64::from(slot),
                    overlay_ipaddress: Ipv4Addr::new(100, second, third, 254 - slot),
                })
                .collect(),
            clients: (1..=CLIENTS).map(|host| Ipv4Addr::new(100, second, third, 192 + host)).collect(),
            overlay_max_clients: 2 * usize::from(CLIENTS),
            ipsec_max_endpoints: 50,
            ipsec_max_subnets: 100,
            upgrades: Vec::new(),
            upgrading: false,
        }
    }

    /// A licence with its parameters accepted.
    pub(crate) fn accepted(text: &str, now: Moment) -> License {
        License { finalized: true, ..License::read(text, now) }
    }

    /// The state in words, as in "State of license, accepted, in-progress, failed".
    fn status(&self) -> &'static str {
        if self.upgrading { "in-progress" } else { "accepted" }
    }

    fn topology(&self) -> Value {
        let address = |address: &Ipv4Addr| json!({"ip_address": address, "octets": address.octets()});
        let manager = |slot: &Manager| {
            json!({
                "asn": slot.asn,
                "manager_id": slot.manager_id,
                "overlay_ipaddress": address(&slot.overlay_ipaddress),
            })
        };
        json!({
            "clients": self.clients.iter().map(address).collect::<Vec<_>>(),
            "managers": self.managers.iter().map(manager).collect::<Vec<_>>(),
            "total_clients": self.clients.len(),
            "ipsec_max_subnets": self.ipsec_max_subnets,
            "ipsec_max_endpoints": self.ipsec_max_endpoints,
            "license_upgrades": self.upgrades,
            "overlay_max_clients": self.overlay_max_clients,
            "overlay_subnet": self.overlay_subnet,
        })
    }
}

/// Features, as the published client's recordings name them.
fn capabilities() -> Value {
    json!(["containers", "eBGP", "cloud_wan", "LinearAddressingConfigurable"])
}

fn answer(state: &mut State, call: &Call) -> Option<Outcome> {
    Some(match (call.method, call.path().as_slice()) {
        (Get, ["license"]) => read(state),
        (Put, ["license"]) => upload(state, call),
        (Put, ["license", "parameters"]) => parameters::set(state, call),
        (Put, ["license", "upgrade"]) => upgrade(state, call),
        (Get, ["keyset"]) => keyset::read(state),
        (Put, ["keyset"]) => keyset::create(state, call),
        _ => return None,
    })
}

/// "Get License Details": from the upload on, also before the parameters are accepted.
fn read(state: &State) -> Outcome {
    let license = state.license.as_ref().ok_or_else(|| Fault::prerequisite("Must be licensed first"))?;
    ok(json!({
        "capabilities": capabilities(),
        "finalized": license.finalized,
        "my_manager_vip": license.my_manager_vip,
        "license": license.status(),
        "license_present": true,
        "sha1_checksum": license.sha1_checksum,
        "uploaded_at": license.uploaded_at.offset(),
        "uploaded_at_i": license.uploaded_at.seconds(),
        "custom_addressing": true,
        "container_details": {"containers_run_count": 5, "containers_image_count": 5},
        "topology": license.topology(),
    }))
}

/// Takes a file's text for a licence if it is made of base64's letters, blanks and lines around them aside.
fn license_text(call: &Call) -> Result<String, Fault> {
    let text = call.text().trim().to_owned();
    let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || byte.is_ascii_whitespace() || b"+/=-_".contains(&byte);
    if text.is_empty() || !text.bytes().all(is_letter) { Err(Fault::argument("Bad license")) } else { Ok(text) }
}

/// "Upload License". "Must not be licensed already"; the words of that refusal are chosen here.
fn upload(state: &mut State, call: &Call) -> Outcome {
    let text = license_text(call)?;
    if state.license.is_some() {
        return Err(Fault::argument("Bad license. Controller is licensed already"));
    }
    let license = License::read(&text, call.now);
    let answer = ok(json!({
        "capabilities": capabilities(),
        "finalized": license.finalized,
        "license": license.status(),
        "license_present": true,
        "default_topology": license.topology(),
    }));
    state.license = Some(license);
    answer
}

/// "Upgrade License": the parameters of what is new must be set next.
fn upgrade(state: &mut State, call: &Call) -> Outcome {
    let text = license_text(call)?;
    let finalized = state.license.as_mut().filter(|license| license.finalized);
    let license = finalized.ok_or_else(|| Fault::prerequisite("Must be licensed first"))?;
    let name = Generator::new(&text, 1).hex(16);
    if license.upgrading || license.upgrades.contains(&name) {
        return Err(Fault::argument("Bad license"));
    }
    license.upgrading = true;
    license.upgrades.push(name.clone());
    let (managers, clients) = UPGRADE;
    ok(json!({
        "finalized": false,
        "uniq": name,
        "license": license.status(),
        "new_clientpacks": clients,
        "new_managers": managers,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vns3::testing::{Bench, has_keys_of};
    use wire::Method::Post;

    #[test]
    fn a_licensed_controller_shows_the_texts_fields() {
        let license = Bench::new().get("/license").expect("license");
        let example = json!({
            "capabilities": ["string"], "finalized": true, "my_manager_vip": "string", "license": "string",
            "license_present": true, "sha1_checksum": "string", "uploaded_at": "string", "custom_addressing": true,
            "uploaded_at_i": 0, "container_details": {"containers_run_count": 0, "containers_image_count": 0},
            "topology": {
                "clients": [{"ip_address": "string", "octets": [0]}],
                "managers": [{"asn": 0, "manager_id": 1, "overlay_ipaddress": {"ip_address": "string", "octets": [0]}}],
                "total_clients": 0, "ipsec_max_subnets": 0, "ipsec_max_endpoints": 0, "license_upgrades": ["string"],
                "overlay_max_clients": 0, "overlay_subnet": "string",
            },
        });
        assert!(has_keys_of(&license, &example), "{license}");
    }

    #[test]
    fn a_fresh_controller_is_brought_up_in_order() {
        let mut bench = Bench::fresh();
        let must = (403, "PrerequisiteError: Must be licensed first".to_owned());
        assert_eq!(bench.get("/license"), Err(must.clone()));
        assert_eq!(bench.put_text("/license", "{not base64}"), Err((400, "APIArgumentError: Bad license".to_owned())));
        let upload = bench.put_text("/license", "bGljZW5jZQ==\n").expect("uploaded");
        assert_eq!((&upload["license"], &upload["finalized"]), (&json!("accepted"), &json!(false)));
        assert_eq!(bench.get("/license").expect("license")["finalized"], false);
        assert_eq!(bench.get("/v2/firewall/rules"), Err(must), "not before the parameters");
        assert_eq!(bench.ok(Put, "/license/parameters", json!({"default": true}))["finalized"], true);
        assert_eq!(bench.call(Get, "/config", None).0, 401, "reboots");
        bench.wait(5_000);
        assert_eq!(bench.get("/config").expect("config")["licensed"], true);
        assert_eq!(bench.get("/clientpacks"), Err((403, "PrerequisiteError: Keyset is missing".to_owned())));
        bench.ok(Put, "/keyset", json!({"token": "t", "topology_name": "wan"}));
        bench.wait(5_000);
        assert_eq!(bench.get("/keyset").expect("keyset")["keyset_present"], true);
        assert_eq!(bench.get("/clientpacks").expect("packs").as_object().map(|packs| packs.len()), Some(16));
        assert!(bench.put_text("/license", "bGljZW5jZQ==").is_err(), "must not be licensed already");
    }

    #[test]
    fn an_upgrade_makes_room_for_controllers_and_clients() {
        let mut bench = Bench::new();
        let upgrade = bench.put_text("/license/upgrade", "dXBncmFkZQ==").expect("upgrade");
        assert_eq!((&upgrade["license"], &upgrade["new_managers"]), (&json!("in-progress"), &json!(2)));
        bench.ok(
            Put,
            "/license/parameters",
            json!({"clients": "100.99.0.1-100.99.0.4", "managers": "100.99.1.1 100.99.1.2"}),
        );
        bench.wait(5_000);
        let topology = &bench.get("/license").expect("license")["topology"];
        assert_eq!(topology["managers"].as_array().map(Vec::len), Some(10));
        assert_eq!(topology["total_clients"], 20);
        bench.ok(Put, "/peering/self", json!({"id": 1}));
        bench.ok(Post, "/peering/peers", json!({"id": 10, "name": "203.0.113.10"}));
    }
}
