//! Writes: create, change and delete, the same for every kind (netfoundry.md#writes).

use serde_json::{Map, Value, json};

use super::Platform;
use super::call::{Call, hal};
use super::kind::Kind;
use super::policies;
use super::refusal::Refusal;
use super::shape::{Field, Keep, Reader};
use super::store::{Former, Life, Object, Owner};
use super::work::{STALE, UNLISTED, UNREADABLE, Work};
use wire::{Method, Response};

/// An object as it would be stored, before the kind has checked it.
pub(super) struct Draft {
    /// The object's id, if it exists already.
    pub id: Option<String>,
    /// The network; empty for networks.
    pub network: String,
    /// The fields that reads will show.
    pub shown: Map<String, Value>,
    /// The fields that only the create form will show, and notes.
    pub hidden: Map<String, Value>,
    /// The fields that the request names.
    pub given: Vec<String>,
}

impl Draft {
    /// A text field of what reads will show.
    pub(crate) fn text(&self, field: &str) -> Option<&str> {
        self.shown.get(field).and_then(Value::as_str)
    }

    /// Says whether the request names the field with a value.
    pub(crate) fn gives(&self, field: &str) -> bool {
        self.given.iter().any(|given| given == field)
    }
}

impl Platform {
    /// `POST <collection>` (netfoundry.md#writes).
    pub(super) fn create(&mut self, kind: Kind, call: &Call) -> Result<Response, Refusal> {
        let traits = kind.traits();
        if !traits.writable {
            return Err(Refusal::no_verb(call));
        }
        let body = call.object()?;
        let network = match kind {
            Kind::Network => String::new(),
            _ => self.network_of_body(&body)?,
        };
        let draft = self.draft(kind, &network, &body)?;
        let id = self.add(kind, draft, call.now);
        let execution = self.schedule(Work::Create, &id, call.now);
        let Some(object) = self.store.get(&id) else { return Err(Refusal::no_route()) };
        let mut reply = self.read(object, kind, call);
        link(&mut reply, "execution", call.core_link(&format!("executions/{execution}")));
        Ok(hal(traits.created, &reply))
    }

    /// The network that a body names; nothing can be made in it before it is ready (netfoundry.md#networks).
    fn network_of_body(&self, body: &Map<String, Value>) -> Result<String, Refusal> {
        let id = body.get("networkId").ok_or_else(|| Refusal::invalid("`networkId` is required"))?;
        let id = id.as_str().ok_or_else(|| Refusal::invalid("`networkId` must be a text"))?;
        match self.store.get(id).filter(|network| network.kind == Kind::Network && network.is_live()) {
            Some(_) => self.require_ready(id).map(|()| id.to_owned()),
            None => Err(Refusal::invalid("`networkId` names no network")),
        }
    }

    fn require_ready(&self, network: &str) -> Result<(), Refusal> {
        match self.store.get(network).and_then(|network| network.status.as_deref()) {
            None | Some("PROVISIONED") => Ok(()),
            Some(status) => Err(Refusal::Conflict(format!("the network is {status}, not PROVISIONED"))),
        }
    }

    /// Reads a create form; everything that is wrong with single fields is told at once.
    pub(super) fn draft(&self, kind: Kind, network: &str, body: &Map<String, Value>) -> Result<Draft, Refusal> {
        let fields = kind.traits().fields;
        let mut reader = Reader { store: &self.store, network, complaints: Vec::new() };
        let mut draft = Draft {
            id: None,
            network: network.to_owned(),
            shown: Map::new(),
            hidden: Map::new(),
            given: body.iter().filter(|(_, value)| !value.is_null()).map(|(name, _)| name.clone()).collect(),
        };
        let is_known = |name: &str| fields.iter().any(|field| field.name == name) || kind.traits().tolerates(name);
        for name in body.keys().filter(|name| !is_known(name)) {
            reader.complaints.push(format!("`{name}` is no field of a new {}", kind.title()));
        }
        for field in fields {
            match body.get(field.name).filter(|value| !value.is_null()) {
                Some(value) => {
                    let value = reader.value(&field.shape, value, field.name);
                    keep(&mut draft, field, Some(value));
                }
                None if field.required => reader.complaints.push(format!("`{}` is required", field.name)),
                None => keep(&mut draft, field, field.unset_value()),
            }
        }
        self.checked(kind, draft, reader.complaints)
    }

    fn checked(&self, kind: Kind, mut draft: Draft, complaints: Vec<String>) -> Result<Draft, Refusal> {
        if !complaints.is_empty() {
            return Err(Refusal::Invalid(complaints));
        }
        (kind.traits().check)(self, &mut draft)?;
        let scope =
            if kind == Kind::Network { draft.text("networkGroupId").unwrap_or_default() } else { &draft.network };
        let name = draft.text("name").unwrap_or_default();
        self.require_free(kind, scope, name, draft.id.as_deref())?;
        Ok(draft)
    }

    /// Names are unique for a kind in a network, without case (netfoundry.md#requests); no source shows how that is
    /// refused.
    pub(super) fn require_free(&self, kind: Kind, scope: &str, name: &str, own: Option<&str>) -> Result<(), Refusal> {
        match self.store.named(kind.stored(), scope, name) {
            Some(holder) if Some(holder.id.as_str()) != own => {
                Err(Refusal::Conflict(format!("name already in use: there is {} `{}`", kind.one(), holder.name())))
            }
            _ => Ok(()),
        }
    }

    /// Adds a client's object, not yet real.
    pub(super) fn add(&mut self, kind: Kind, draft: Draft, now: u64) -> String {
        let Draft { network, shown, hidden, .. } = draft;
        let name = shown.get("name").and_then(Value::as_str).unwrap_or_default().to_lowercase();
        let id = self.fresh_id(kind, &network, &name);
        // What is not only accepted has its place on the data plane at once (netfoundry.md#writes).
        let ziti = (kind.traits().created == 200).then(|| self.mint.ziti(&["ziti", &id]));
        self.store.insert(Object {
            id: id.clone(),
            kind: kind.stored(),
            network: (!network.is_empty()).then_some(network),
            ziti,
            status: kind.traits().has_status.then(|| "NEW".to_owned()),
            body: shown,
            hidden,
            owner: Owner::User,
            life: Life::Building,
            created: now,
            updated: now,
            deleted: None,
            readable: now + UNREADABLE,
            listed: now + UNLISTED,
            former: None,
            changes: 0,
        });
        id
    }

    /// The id of the next object of that name: the n-th of one name is the same in every run.
    pub(super) fn fresh_id(&self, kind: Kind, network: &str, name: &str) -> String {
        (0u32..)
            .map(|turn| self.mint.uuid(&[kind.stored().traits().path, network, name, &turn.to_string()]))
            .find(|id| self.store.get(id).is_none())
            .unwrap_or_default()
    }

    /// The object that a request names by id (netfoundry.md#consistency: fresh ones answer 403 or 404 at first).
    pub(super) fn find(&self, kind: Kind, id: &str, now: u64) -> Result<&Object, Refusal> {
        let absent = || Refusal::Absent(format!("there is no {} `{id}`", kind.title()));
        let object = self.store.get(id).ok_or_else(absent)?;
        if object.kind != kind.stored() || !policies::belongs(object, kind) {
            return Err(absent());
        }
        match now < object.readable {
            true if object.readable == u64::MAX || self.mint.number(&["early", id]).is_multiple_of(2) => {
                Err(Refusal::Forbidden)
            }
            true => Err(absent()),
            false => Ok(object),
        }
    }

    /// `GET <collection>/{id}` (netfoundry.md#other-forms); what a deleted object answers: netfoundry.md#statuses.
    pub(super) fn item(&self, kind: Kind, id: &str, call: &Call) -> Result<Response, Refusal> {
        let object = self.find(kind, id, call.now)?;
        if object.life == Life::Gone && !kind.traits().keeps_deleted {
            return Err(Refusal::Absent(format!("there is no {} `{id}`", kind.title())));
        }
        match call.wants_create_form() {
            true => Ok(Response::json(200, &self.create_form(object, kind, call).into())),
            false => Ok(hal(200, &self.read_alone(object, kind, call))),
        }
    }

    /// An object that can be written to.
    fn find_writable(&self, kind: Kind, id: &str, call: &Call) -> Result<&Object, Refusal> {
        if !kind.traits().writable {
            return Err(Refusal::no_verb(call));
        }
        let object = self.find(kind, id, call.now)?;
        match object.life {
            Life::Gone => return Err(Refusal::Absent(format!("there is no {} `{id}`", kind.title()))),
            Life::Leaving => return Err(Refusal::Conflict(format!("the {} is being deleted", kind.title()))),
            Life::Building | Life::Ready => {}
        }
        if let Some(network) = &object.network {
            self.require_ready(network)?;
        }
        Ok(object)
    }

    /// `PATCH` and `PUT <collection>/{id}` (netfoundry.md#writes).
    pub(super) fn change(&mut self, kind: Kind, id: &str, call: &Call) -> Result<Response, Refusal> {
        if !kind.traits().changeable {
            return Err(Refusal::no_verb(call));
        }
        let body = call.object()?;
        let object = self.find_writable(kind, id, call)?;
        if let Some(status) = object.status.as_deref().filter(|status| *status != "PROVISIONED") {
            return Err(Refusal::Conflict(format!("the {} is {status}, not PROVISIONED", kind.title())));
        }
        if object.owner != Owner::User {
            require_twin(object, &body)?;
        }
        let draft = self.merge(kind, object, &body, call)?;
        if draft.shown == object.body && draft.hidden == object.hidden {
            return Ok(hal(200, &self.read(object, kind, call)));
        }
        let former = Former { until: call.now + STALE, body: object.body.clone() };
        let turn = object.changes + self.mint.number(&["links", id]) % 10;
        self.store.update(id, |object| {
            object.body = draft.shown;
            object.hidden = draft.hidden;
            object.updated = call.now;
            object.former = None;
            object.changes += 1;
            if call.request.method == Method::Put && object.status.is_some() {
                object.status = Some("UPDATING".to_owned());
            }
        });
        let mut reply = self.store.get(id).map(|object| self.read(object, kind, call)).unwrap_or_default();
        self.store.update(id, |object| object.former = Some(former));
        let execution = self.schedule(Work::Update, id, call.now);
        let target = call.core_link(&format!("executions/{execution}"));
        // The link is an object, an array, or missing (netfoundry.md#writes). Each object meets all three within five
        // changes.
        let status = match (turn % 5, turn % 2) {
            (4, _) => return Ok(hal(200, &reply)),
            (_, 0) => link(&mut reply, "executions", target),
            _ => link(&mut reply, "executions", json!([target])),
        };
        Ok(hal(status, &reply))
    }

    /// The object as it would become: PATCH changes the fields it names, PUT resets the others.
    fn merge(&self, kind: Kind, object: &Object, body: &Map<String, Value>, call: &Call) -> Result<Draft, Refusal> {
        let put = call.request.method == Method::Put;
        let fields = kind.traits().fields;
        let network = object.network.clone().unwrap_or_default();
        let read_form = self.fields(object, kind, call.now);
        let mut reader = Reader { store: &self.store, network: &network, complaints: Vec::new() };
        let mut draft = Draft {
            id: Some(object.id.clone()),
            network: network.clone(),
            shown: object.body.clone(),
            hidden: object.hidden.clone(),
            given: body.keys().cloned().collect(),
        };
        for name in body.keys().filter(|name| !fields.iter().any(|field| field.name == *name)) {
            match kind.traits().tolerates(name) || read_form.contains_key(name) {
                // nfctl puts the read form back, links and all (netfoundry.md#writes).
                true if put || name == "selected" => {}
                true => reader.complaints.push(format!("`{name}` is read-only")),
                false => reader.complaints.push(format!("`{name}` is no field of {}", kind.one())),
            }
        }
        for field in fields {
            let current = read_form.get(field.name).or_else(|| object.hidden.get(field.name));
            match body.get(field.name) {
                Some(value) if field.fixed && (put || field.repeatable) && Some(value) == current => {}
                Some(_) if field.fixed => {
                    reader.complaints.push(format!("`{}` can be set at creation only", field.name));
                }
                Some(Value::Null) if field.required => reader.complaints.push(format!("`{}` is required", field.name)),
                Some(Value::Null) => keep(&mut draft, field, Some(Value::Null)),
                Some(value) => {
                    let value = reader.value(&field.shape, value, field.name);
                    keep(&mut draft, field, Some(value));
                }
                None if put && field.required && !field.fixed => {
                    reader.complaints.push(format!("`{}` is required", field.name));
                }
                None if put && !field.fixed && field.keep == Keep::Shown => {
                    keep(&mut draft, field, field.unset_value())
                }
                None => {}
            }
        }
        let complaints = reader.complaints;
        self.checked(kind, draft, complaints)
    }

    /// `DELETE <collection>/{id}` (netfoundry.md#writes, netfoundry.md#order). The answer has no body, but a network's
    /// does: the client library reads it.
    pub(super) fn remove(&mut self, kind: Kind, id: &str, call: &Call) -> Result<Response, Refusal> {
        let object = self.find_writable(kind, id, call)?;
        if object.owner != Owner::User {
            let title = kind.title();
            return Err(Refusal::Conflict(format!("the {title} `{}` belongs to the platform", object.name())));
        }
        if let Some(network) = &object.network {
            let made = self.store.made_for(id);
            let ids: Vec<&str> = made.iter().map(String::as_str).chain([id]).collect();
            if let Some(holder) = self.store.referrer(network, &ids) {
                let (title, holder_title) = (kind.title(), holder.kind.title());
                let message = format!("the {title} is in use by the {holder_title} `{}`", holder.name());
                return Err(Refusal::Conflict(message));
            }
        }
        self.store.update(id, |object| {
            object.life = Life::Leaving;
            object.updated = call.now;
            object.status = kind.traits().has_status.then(|| "DELETING".to_owned());
        });
        let execution = self.schedule(Work::Delete, id, call.now);
        match self.store.get(id).filter(|_| kind == Kind::Network) {
            Some(network) => {
                let mut reply = self.read(network, kind, call);
                let target = call.profiled_link(&format!("executions/{execution}"), "process-execution");
                link(&mut reply, "process-execution", target);
                Ok(hal(202, &reply))
            }
            None => Ok(Response::empty(202)),
        }
    }

    /// Places an object that the platform makes by itself: real at once.
    pub(super) fn place(&mut self, kind: Kind, network: &str, owner: Owner, body: Value, now: u64) -> String {
        let body = body.as_object().cloned().unwrap_or_default();
        let name = body.get("name").and_then(Value::as_str).unwrap_or_default().to_lowercase();
        let label = match &owner {
            Owner::MadeFor(maker) => format!("{maker}/{name}"),
            Owner::BuiltIn | Owner::User => name,
        };
        let id = self.fresh_id(kind, network, &label);
        let traits = kind.traits();
        let ziti = traits.has_ziti.then(|| self.mint.ziti(&["ziti", &id]));
        self.store.insert(Object {
            id: id.clone(),
            kind: kind.stored(),
            network: Some(network.to_owned()),
            ziti,
            status: traits.has_status.then(|| "PROVISIONED".to_owned()),
            body,
            hidden: Map::new(),
            owner,
            life: Life::Ready,
            created: now,
            updated: now,
            deleted: None,
            readable: now,
            listed: now,
            former: None,
            changes: 0,
        });
        id
    }
}

fn keep(draft: &mut Draft, field: &Field, value: Option<Value>) {
    let place = match field.keep {
        Keep::Shown => &mut draft.shown,
        Keep::Hidden => &mut draft.hidden,
        Keep::Dropped => return,
    };
    match value {
        Some(value) => place.insert(field.name.to_owned(), value),
        None => place.remove(field.name),
    };
}

/// Puts a link into an object and returns the status of an answer that carries one.
fn link(object: &mut Value, name: &str, target: Value) -> u16 {
    if let Some(links) = object.get_mut("_links").and_then(Value::as_object_mut) {
        links.insert(name.to_owned(), target);
    }
    202
}

/// Of what the platform made, only a router's twin endpoint can be changed, and of it the attributes
/// (netfoundry.md#endpoints).
fn require_twin(object: &Object, body: &Map<String, Value>) -> Result<(), Refusal> {
    if object.kind != Kind::Endpoint {
        return Err(Refusal::Conflict(format!("the {} belongs to the platform", object.kind.title())));
    }
    let own_name = |name: &str, value: &Value| name == "name" && value.as_str() == Some(object.name());
    match body.iter().find(|(name, value)| *name != "attributes" && !own_name(name, value)) {
        Some((name, _)) => Err(Refusal::invalid(format!("`{name}` of a router's endpoint cannot be changed"))),
        None => Ok(()),
    }
}
