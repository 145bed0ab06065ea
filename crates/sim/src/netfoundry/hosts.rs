//! Objects that the platform runs by itself: controllers, hosts, terminators (netfoundry.md#network-controllers,
//! netfoundry.md#hosts, netfoundry.md#terminators). They are read only.

use serde_json::{Value, json};

use super::Platform;
use super::calendar::{HOUR, stamp};
use super::call::{Call, hal};
use super::kind::{Kind, Traits};
use super::refusal::Refusal;
use super::store::{Object, Owner};
use wire::{Method, Response};

/// `core/v2/network-controllers` (netfoundry.md#network-controllers).
pub(super) static NETWORK_CONTROLLER: Traits = Traits {
    path: "network-controllers",
    singular: "network-controller",
    writable: false,
    has_status: true,
    has_ziti: false,
    ..Traits::COMMON
};

/// `core/v2/hosts` (netfoundry.md#hosts). `sort` breaks (netfoundry.md#lists).
pub(super) static HOST: Traits = Traits {
    path: "hosts",
    singular: "host",
    writable: false,
    has_status: true,
    has_ziti: false,
    sorts: false,
    ..Traits::COMMON
};

/// `core/v2/terminators` (netfoundry.md#terminators). `sort` breaks (netfoundry.md#lists).
pub(super) static TERMINATOR: Traits =
    Traits { path: "terminators", singular: "terminator", writable: false, sorts: false, ..Traits::COMMON };

impl Platform {
    /// Runs a machine for an object and returns the host's id.
    pub(super) fn run_host(&mut self, network: &str, owner: &str, place: (&str, &str), now: u64) -> String {
        let body = json!({ "ipAddress": self.mint.address(&["host", owner]), "provider": place.0, "region": place.1 });
        self.place(Kind::Host, network, Owner::MadeFor(owner.to_owned()), body, now)
    }

    /// `embed=host` (netfoundry.md#other-forms): the machine of a router or a controller.
    pub(super) fn host_of(&self, object: &Object, now: u64) -> Option<Value> {
        let host = self.store.get(object.body_at(now).get("hostId")?.as_str()?)?;
        Some(json!({ "id": host.id, "ipAddress": host.text("ipAddress"), "provider": host.text("provider") }))
    }

    /// Runs a network's controller.
    pub(super) fn run_controller(&mut self, network: &str, provider: &str, region: &str, now: u64) {
        let Some(name) = self.store.get(network).map(|network| network.name().to_owned()) else { return };
        let host = self.run_host(network, network, (provider, region), now);
        let address = self.store.get(&host).and_then(|host| host.text("ipAddress")).map(str::to_owned);
        let center = self.data_center_id(provider, region);
        let body = json!({
            "name": format!("{name}-nc"),
            "domainName": format!("{}.production.netfoundry.io", network.split('-').next().unwrap_or_default()),
            "ipAddress": address,
            "port": 443,
            "provider": provider,
            "providerId": self.mint.machine(network),
            "hostId": host,
            "dataCenterId": center,
            "locationMetadataId": center,
            "userData": null,
        });
        let controller = self.place(Kind::NetworkController, network, Owner::BuiltIn, body, now);
        self.store.update(network, |network| {
            network.hidden.insert("controllerId".to_owned(), json!(controller));
        });
    }

    /// The controller as a network's read form embeds it: null until the network is ready (netfoundry.md#networks).
    pub(super) fn controller_of(&self, network: &Object, now: u64) -> Value {
        let id = network.hidden.get("controllerId").and_then(Value::as_str);
        let Some(controller) = id.and_then(|id| self.store.get(id)) else { return Value::Null };
        let mut map = self.fields(controller, Kind::NetworkController, now);
        map.insert("networkId".to_owned(), json!(network.id));
        map.into()
    }

    /// `GET network-controllers/{id}/secrets` and `…/session` (netfoundry.md#network-controllers). `embed` breaks them
    /// (netfoundry.md#other-forms).
    pub(super) fn controller_action(&self, id: &str, action: &str, call: &Call) -> Result<Response, Refusal> {
        let controller = self.find(Kind::NetworkController, id, call.now)?;
        if call.request.query_value("embed").is_some() {
            return Err(Refusal::Spring(500, "could not write the response".to_owned()));
        }
        let version = controller.network.as_deref().and_then(|id| self.store.get(id)?.text("productVersion"));
        let major: u32 = version.and_then(|text| text.split('.').next()?.parse().ok()).unwrap_or_default();
        match action {
            "secrets" => Ok(hal(
                200,
                &json!({ "zitiUserId": self.mint.ziti(&["user", id]), "zitiPassword": self.mint.word(&["password", id], 24) }),
            )),
            "session" if major >= 8 => Err(Refusal::Forbidden),
            "session" => {
                let token = self.mint.uuid(&["session", id, &call.now.to_string()]);
                Ok(hal(200, &json!({ "sessionToken": token, "expiresAt": stamp(call.now + HOUR / 2) })))
            }
            _ => Err(Refusal::no_route()),
        }
    }

    /// `POST core/v3/networks/{id}/exchange` (netfoundry.md#sessions-at-the-controller).
    pub(super) fn exchange(&self, id: &str, call: &Call) -> Result<Response, Refusal> {
        if call.request.method != Method::Post {
            return Err(Refusal::no_verb(call));
        }
        if call.object()?.get("type").and_then(Value::as_str) != Some("session") {
            return Err(Refusal::Invalid(vec!["`type` must be `session`".to_owned()]));
        }
        let network = self.find(Kind::Network, id, call.now)?;
        let controller = self.controller_of(network, call.now);
        let Some(host) = controller.get("domainName").and_then(Value::as_str) else {
            return Err(Refusal::Conflict("the network has no controller yet".to_owned()));
        };
        let value = self.mint.uuid(&["session", id, &call.now.to_string()]);
        let url = format!("https://{host}/edge/management/v1");
        Ok(Response::json(200, &json!({ "value": value, "networkControllerUrl": url })))
    }
}
