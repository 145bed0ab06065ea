//! Networks (netfoundry.md#networks): created once, never changed, and everything goes with them.

use serde_json::{Map, Value, json};

use super::Platform;
use super::call::{Call, hal};
use super::catalogue::{CONTROLLER_CLOUDS, cloud_of, find_region, is_size};
use super::kind::{Kind, Traits};
use super::refusal::Refusal;
use super::shape::{Field, NAME, Shape};
use super::store::Object;
use super::work::Work;
use super::write::Draft;
use wire::Response;

/// `core/v2/networks`: no update path has been seen (netfoundry.md#writes).
pub(super) static NETWORK: Traits = Traits {
    path: "networks",
    singular: "network",
    fields: &[
        NAME,
        Field::required("networkGroupId", Shape::Text).fixed(),
        Field::optional("provider", Shape::Word(&CONTROLLER_CLOUDS)).fixed().hidden(),
        Field::optional("region", Shape::Text).fixed(),
        Field::optional("locationCode", Shape::Text).fixed().hidden(),
        Field::optional("size", Shape::Text).fixed().unset("\"small\""),
        Field::optional("productVersion", Shape::Text).fixed(),
        Field::optional("o365BreakoutCategory", Shape::Text).fixed().unset("\"NONE\""),
    ],
    facts: &["networkController", "sdsPassword"],
    changeable: false,
    has_status: true,
    has_ziti: false,
    keeps_deleted: true,
    // Eight polls.
    build: |_| 1900,
    check,
    built,
    erased,
    ..Traits::COMMON
};

/// Checks group, place, size and version (netfoundry.md#networks); the older name of the region still counts.
fn check(platform: &Platform, draft: &mut Draft) -> Result<(), Refusal> {
    let mut complaints = Vec::new();
    if !draft.text("networkGroupId").is_some_and(|id| platform.has_group(id)) {
        complaints.push("`networkGroupId` names no network group".to_owned());
    }
    let older = draft.hidden.remove("locationCode");
    let region = draft.shown.get("region").cloned().or_else(|| older.clone());
    match region.as_ref().and_then(Value::as_str) {
        None => complaints.push("`region` is required".to_owned()),
        Some(_) if older.is_some() && older != region => {
            complaints.push("`region` and `locationCode` name different places".to_owned());
        }
        Some(code) => {
            let given = draft.hidden.get("provider").and_then(Value::as_str).map(str::to_owned);
            let provider = given.or_else(|| cloud_of(code).map(str::to_owned)).unwrap_or_default();
            match find_region(&provider, code) {
                Some(region) => draft.hidden.insert("provider".to_owned(), json!(region.provider)),
                None => {
                    complaints.push(format!("`region`: `{code}` is no region of {provider}"));
                    None
                }
            };
        }
    }
    draft.shown.extend(region.map(|region| ("region".to_owned(), region)));
    if !draft.text("size").is_some_and(is_size) {
        complaints.push("`size` names no network config".to_owned());
    }
    let version = draft.text("productVersion").unwrap_or(platform.default_version()).to_owned();
    if !platform.is_active_version(&version) {
        complaints.push(format!("`productVersion`: `{version}` is no active network version"));
    }
    draft.shown.insert("productVersion".to_owned(), json!(version));
    let password = platform.mint.word(&["sds", draft.text("name").unwrap_or_default()], 20);
    draft.shown.insert("sdsPassword".to_owned(), json!(password));
    if complaints.is_empty() { Ok(()) } else { Err(Refusal::Invalid(complaints)) }
}

/// A network comes with its controller, the built-in config types and the default auth policy (netfoundry.md#networks).
fn built(platform: &mut Platform, id: &str, now: u64) {
    let Some(network) = platform.store.get(id) else { return };
    let provider = network.hidden.get("provider").and_then(Value::as_str).unwrap_or_default().to_owned();
    let region = network.text("region").unwrap_or_default().to_owned();
    platform.run_controller(id, &provider, &region, now);
    platform.add_built_in_types(id, now);
    platform.add_default_auth_policy(id, now);
}

/// Deleting a network deletes everything in it (netfoundry.md#networks).
fn erased(platform: &mut Platform, id: &str, now: u64) {
    let children: Vec<String> = platform
        .store
        .in_network(id)
        .filter(|child| child.kind != Kind::Execution)
        .map(|child| child.id.clone())
        .collect();
    for child in children {
        platform.erase(&child, now);
    }
}

/// A network links to each of its collections, by the collection's path, and to all networks (netfoundry.md#networks).
pub(super) fn add_links(links: &mut Map<String, Value>, network: &Object, call: &Call) {
    for path in Kind::ALL.into_iter().filter(|kind| *kind != Kind::Network).map(|kind| kind.traits().path) {
        links.insert(path.to_owned(), call.core_link(&format!("{path}?networkId={}", network.id)));
    }
    links.insert("networks".to_owned(), call.profiled_link("networks", "network"));
    let executions = format!("process-executions?networkId={}", network.id);
    links.insert("process-executions".to_owned(), call.profiled_link(&executions, "process-execution"));
}

/// The link to the network that each object in it has (netfoundry.md#requests).
pub(super) fn link(network: &str, call: &Call) -> Value {
    call.profiled_link(&format!("networks/{network}"), "network")
}

impl Platform {
    /// `POST networks/{id}/suspend` and `…/resume` (netfoundry.md#networks).
    pub(super) fn network_action(&mut self, id: &str, action: &str, call: &Call) -> Result<Response, Refusal> {
        let (work, needed) = match action {
            "suspend" => (Work::Suspend, "PROVISIONED"),
            "resume" => (Work::Resume, "SUSPENDED"),
            _ => return Err(Refusal::no_route()),
        };
        let network = self.find(Kind::Network, id, call.now)?;
        if network.deleted.is_some() {
            return Err(Refusal::Absent(format!("there is no network `{id}`")));
        }
        let status = network.status.clone().unwrap_or_default();
        if status != needed {
            return Err(Refusal::Conflict(format!("the network is {status}, not {needed}")));
        }
        self.store.update(id, |network| network.changes += 1);
        let execution = self.schedule(work, id, call.now);
        let link = call.core_link(&format!("executions/{execution}"));
        Ok(hal(202, &json!({ "id": id, "_links": { "execution": link } })))
    }
}
