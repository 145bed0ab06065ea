//! Edge routers (netfoundry.md#edge-routers): hosted by the platform or by the customer, with the twin endpoint and the
//! system policy that a tunneler brings along, and the registration key by which a router's machine comes in.

use serde_json::{Map, Value, json};

use super::Platform;
use super::calendar::{HOUR, stamp};
use super::call::{Call, hal};
use super::catalogue::find_region;
use super::endpoints;
use super::kind::{Kind, Traits};
use super::refusal::Refusal;
use super::shape::{Field, NAME, NETWORK_ID, Shape};
use super::store::{Owner, fold};
use super::work::TWIN;
use super::write::Draft;
use wire::{Method, Response};

/// `core/v2/edge-routers`.
pub(super) static EDGE_ROUTER: Traits = Traits {
    path: "edge-routers",
    singular: "edge-router",
    fields: &[
        NETWORK_ID,
        NAME,
        Field::optional("attributes", Shape::Tags).unset("[]"),
        Field::optional("linkListener", Shape::Flag).unset("false"),
        Field::optional("tunnelerEnabled", Shape::Flag).unset("false"),
        Field::optional("noTraversal", Shape::Flag),
        Field::optional("wssListener", Shape::Flag),
        Field::optional("provider", Shape::Text).fixed(),
        Field::optional("locationCode", Shape::Text).fixed().hidden(),
        Field::optional("region", Shape::Text).fixed(),
    ],
    facts: &[
        "host",
        "hostId",
        "ipAddress",
        "providerId",
        "dataCenterId",
        "locationMetadataId",
        "userData",
        "online",
        "verified",
        "jwt",
    ],
    has_status: true,
    keeps_deleted: true,
    // A machine of the platform's takes six polls, the customer's own four.
    build: |body| if is_hosted(body) { 1400 } else { 850 },
    check,
    built,
    changed,
    ..Traits::COMMON
};

/// Says whether the platform runs the router (netfoundry.md#edge-routers).
fn is_hosted(body: &Map<String, Value>) -> bool {
    body.get("provider").and_then(Value::as_str).is_some_and(|provider| provider != "CUSTOMER")
}

fn check(platform: &Platform, draft: &mut Draft) -> Result<(), Refusal> {
    match &draft.id {
        None => check_place(platform, draft)?,
        Some(_) if is_hosted(&draft.shown) => {
            draft.shown.insert("linkListener".to_owned(), json!(true));
        }
        Some(_) => {}
    }
    // The twin endpoint takes the router's name, so that must be free too, unless it is the twin that holds it.
    if draft.shown.get("tunnelerEnabled") == Some(&json!(true)) {
        let twin = draft.id.as_deref().and_then(|id| platform.twin_of(id));
        let name = draft.text("name").unwrap_or_default();
        platform.require_free(Kind::Endpoint, &draft.network, name, twin.as_deref())?;
    }
    Ok(())
}

/// Both or neither of provider and place (netfoundry.md#edge-routers); `region` is the newer name of `locationCode`.
fn check_place(platform: &Platform, draft: &mut Draft) -> Result<(), Refusal> {
    let provider = draft.text("provider").filter(|provider| *provider != "CUSTOMER").map(str::to_owned);
    let older = draft.hidden.remove("locationCode");
    let newer = draft.shown.remove("region");
    if let (Some(older), Some(newer)) = (&older, &newer)
        && older != newer
    {
        return Err(Refusal::invalid("`region` and `locationCode` name different places"));
    }
    let place = older.or(newer);
    let (provider, code) = match (&provider, place.as_ref().and_then(Value::as_str)) {
        (None, None) => {
            let nulls = ["hostId", "ipAddress", "providerId", "dataCenterId", "locationMetadataId", "userData"];
            draft.shown.extend(nulls.map(|name| (name.to_owned(), Value::Null)));
            draft.shown.insert("provider".to_owned(), json!("CUSTOMER"));
            add_health(draft);
            return Ok(());
        }
        (Some(provider), Some(code)) => (provider, code),
        _ => return Err(Refusal::invalid("`provider` and `locationCode` go together: give both or neither")),
    };
    let region = find_region(provider, code)
        .ok_or_else(|| Refusal::invalid(format!("`locationCode`: `{code}` is no region of {provider}")))?;
    let center = platform.data_center_id(region.provider, region.code);
    draft.hidden.insert("locationCode".to_owned(), json!(code));
    let shown = json!({
        "provider": provider,
        "region": code,
        "linkListener": true,
        "noTraversal": draft.shown.get("noTraversal").cloned().unwrap_or(json!(false)),
        "hostId": null,
        "ipAddress": null,
        "providerId": null,
        "dataCenterId": center,
        "locationMetadataId": center,
        "userData": null,
    });
    draft.shown.extend(shown.as_object().cloned().unwrap_or_default());
    add_health(draft);
    Ok(())
}

fn add_health(draft: &mut Draft) {
    draft.shown.extend([
        ("online".to_owned(), json!(false)),
        ("verified".to_owned(), json!(false)),
        ("jwt".to_owned(), Value::Null),
    ]);
}

/// A hosted router gets a machine that enrolls by itself; a customer's gets a token for the machine to come.
fn built(platform: &mut Platform, id: &str, now: u64) {
    let Some(router) = platform.store.get(id) else { return };
    let network = router.network.clone().unwrap_or_default();
    if is_hosted(&router.body) {
        let provider = router.text("provider").unwrap_or_default().to_owned();
        let region = router.text("region").unwrap_or_default().to_owned();
        let host = platform.run_host(&network, id, (&provider, &region), now);
        let address = platform.store.get(&host).and_then(|host| host.text("ipAddress")).map(str::to_owned);
        let machine = platform.mint.machine(id);
        platform.store.update(id, |router| {
            let facts = json!({
                "hostId": host, "ipAddress": address, "providerId": machine, "online": true, "verified": true,
            });
            router.body.extend(facts.as_object().cloned().unwrap_or_default());
        });
    } else {
        let token = platform.enrollment(id, "erott", now);
        platform.store.update(id, |router| {
            router.body.insert("jwt".to_owned(), json!(token));
        });
    }
    changed(platform, id, now);
}

/// The tunneler came or went, or the name changed: the twin and the system policy follow (netfoundry.md#edge-routers).
fn changed(platform: &mut Platform, id: &str, now: u64) {
    let Some(router) = platform.store.get(id) else { return };
    let (tunneler, name) = (router.flag("tunnelerEnabled"), router.name().to_owned());
    match platform.twin_of(id) {
        None if tunneler => platform.schedule_twin(id, now + TWIN),
        Some(_) if !tunneler => {
            for side in platform.store.made_for(id) {
                if platform.store.get(&side).is_some_and(|object| object.kind != Kind::Host) {
                    platform.erase(&side, now);
                }
            }
        }
        Some(twin) => platform.store.update(&twin, |twin| {
            twin.body.insert("name".to_owned(), json!(name));
        }),
        None => {}
    }
}

impl Platform {
    /// The endpoint that goes with a router.
    pub(super) fn twin_of(&self, router: &str) -> Option<String> {
        let router = self.store.get(router)?;
        let named = self.store.named(Kind::Endpoint, router.network.as_deref()?, router.name());
        let is_twin = |id: &String| self.store.get(id).is_some_and(|object| object.kind == Kind::Endpoint);
        match named.filter(|twin| twin.owner == Owner::MadeFor(router.id.clone())) {
            Some(twin) => Some(twin.id.clone()),
            // The router was renamed and its twin follows later.
            None => self.store.made_for(&router.id).into_iter().find(is_twin),
        }
    }

    /// Adds the twin endpoint and the system policy. In the overlay both bear the router's own id.
    pub(super) fn add_twin(&mut self, router: &str, now: u64) {
        let Some(object) = self.store.get(router).filter(|object| object.is_live()) else { return };
        if !object.flag("tunnelerEnabled") || self.twin_of(router).is_some() {
            return;
        }
        let (name, network) = (object.name().to_owned(), object.network.clone().unwrap_or_default());
        let ziti = object.ziti.clone().unwrap_or_default();
        let owner = Owner::MadeFor(router.to_owned());
        let twin = self.place(Kind::Endpoint, &network, owner.clone(), endpoints::twin(&name), now);
        self.store.update(&twin, |twin| twin.ziti = Some(ziti.clone()));
        let policy = json!({
            "name": format!("edge-router-{ziti}-system"),
            "endpointAttributes": [format!("@{twin}")],
            "edgeRouterAttributes": [format!("@{router}")],
        });
        self.place(Kind::EdgeRouterPolicy, &network, owner, policy, now);
    }

    /// `POST edge-routers/{id}/registration-key` (netfoundry.md#edge-routers); each call makes a new key and the former
    /// one dies.
    pub(super) fn rotate_key(&mut self, id: &str, call: &Call) -> Result<Response, Refusal> {
        let router = self.find(Kind::EdgeRouter, id, call.now)?;
        if call.request.query_value("embed").is_some() {
            // `embed` on a sub-path is a server error (netfoundry.md#other-forms).
            return Err(Refusal::Spring(500, "could not write the response".to_owned()));
        }
        if router.deleted.is_some() {
            return Err(Refusal::Absent(format!("there is no edge router `{id}`")));
        }
        let status = router.status.clone().unwrap_or_default();
        if status != "PROVISIONED" || is_hosted(&router.body) {
            let why = if status == "PROVISIONED" { "is hosted".to_owned() } else { format!("is {status}") };
            return Err(Refusal::Conflict(format!("the edge router {why}: it has no registration key")));
        }
        let turn = router.hidden.get("keyTurn").and_then(Value::as_u64).unwrap_or_default() + 1;
        let key = self.mint.key(&["registration-key", id, &turn.to_string()]);
        let expiry = call.now + 24 * HOUR;
        self.store.update(id, |router| {
            router.hidden.insert("keyTurn".to_owned(), json!(turn));
            router.hidden.insert("key".to_owned(), json!({ "value": key, "expiry": expiry }));
        });
        Ok(hal(200, &json!({ "registrationKey": key, "expiresAt": stamp(expiry) })))
    }

    /// `POST edge-routers/register/{key}` (netfoundry.md#router-registration). The router's machine calls it, without a
    /// bearer.
    pub(super) fn register(&mut self, key: &str, call: &Call) -> Result<Response, Refusal> {
        if call.request.method != Method::Post {
            return Err(Refusal::no_verb(call));
        }
        let holds = |hidden: &Map<String, Value>| {
            hidden.get("key").is_some_and(|held| {
                held.get("value").and_then(Value::as_str).is_some_and(|value| fold(value) == fold(key))
                    && held.get("expiry").and_then(Value::as_u64).is_some_and(|expiry| expiry > call.now)
            })
        };
        let router = self.store.of_kind(Kind::EdgeRouter).find(|router| router.is_live() && holds(&router.hidden));
        let router = router.ok_or_else(|| Refusal::Absent("the registration key is unknown or expired".to_owned()))?;
        let id = router.id.clone();
        let network = router.network.as_deref().and_then(|network| self.store.get(network));
        let controller = network.map(|network| self.controller_of(network, call.now)).unwrap_or_default();
        let reply = json!({
            "edgeRouter": {
                "id": id,
                "jwt": router.body.get("jwt"),
                "hostId": router.body.get("hostId"),
                "linkListener": router.body.get("linkListener"),
            },
            "networkControllerHost": controller.get("ipAddress"),
            "productMetadata": { "zitiVersion": "0.28.4" },
            "haEnabled": false,
        });
        self.store.update(&id, |router| {
            router.hidden.remove("key");
            let health = [("verified", json!(true)), ("online", json!(true)), ("jwt", Value::Null)];
            router.body.extend(health.map(|(name, value)| (name.to_owned(), value)));
        });
        Ok(hal(200, &reply))
    }
}
