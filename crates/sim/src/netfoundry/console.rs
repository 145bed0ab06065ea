//! The vendor's web console: changes past the API, real at once, with no execution and no check of who refers to what.

use serde_json::{Map, Value};

use super::Platform;
use super::kind::Kind;
use super::mention;
use super::policies;
use super::refusal::Refusal;
use super::shape::{Field, Reader, Shape};
use super::store::{Life, Object, fold};

impl Platform {
    /// Overwrites fields, given as reads show them, and returns the object.
    pub(super) fn console_set(
        &mut self,
        kind: &str,
        name: &str,
        fields: Map<String, Value>,
        now: u64,
    ) -> Result<Value, String> {
        let kind = collection(kind)?;
        let id = self.console_find(kind, name)?;
        let object = self.store.get(&id).ok_or("it is gone")?;
        let shown = self.fields(object, kind, now);
        let network = object.network.clone().unwrap_or_default();
        let mut reader = Reader { store: &self.store, network: &network, complaints: Vec::new() };
        let (mut body, mut status) = (Map::new(), None);
        for (name, value) in fields {
            match (name.as_str(), declared(kind, &name)) {
                ("status", _) if kind.traits().has_status => status = value.as_str().map(str::to_owned),
                ("id" | "networkId" | "zitiId" | "createdAt" | "updatedAt" | "deletedAt", _) => {
                    return Err(format!("`{name}` cannot be changed by anybody"));
                }
                ("model", _) => {
                    body.insert(name, self.console_model(&mut reader, object, value)?);
                }
                (_, Some(field)) if !value.is_null() => {
                    let value = reader.value(&field.shape, &value, &name);
                    body.insert(name, value);
                }
                (_, None) if !shown.contains_key(&name) => {
                    return Err(format!("{} has no field `{name}`", kind.one()));
                }
                _ => {
                    body.insert(name, value);
                }
            }
        }
        told(reader.complaints)?;
        self.store.update(&id, |object| {
            object.body.extend(body);
            object.status = status.or(object.status.take());
            object.former = None;
            object.updated = now;
        });
        (kind.traits().changed)(self, &id, now);
        self.settle(now);
        self.console_show(kind, &id, now)
    }

    fn console_model(&self, reader: &mut Reader, service: &Object, model: Value) -> Result<Value, String> {
        let map = model.as_object().ok_or("`model` must be an object")?;
        Ok(super::models::read(reader, service.text("modelType").unwrap_or_default(), map).into())
    }

    /// Adds an object, given in the write form, and returns it.
    pub(super) fn console_add(
        &mut self,
        kind: &str,
        parent: Option<&str>,
        mut fields: Map<String, Value>,
        now: u64,
    ) -> Result<Value, String> {
        let kind = collection(kind)?;
        if !kind.traits().writable {
            return Err(format!("nobody adds {}", kind.one()));
        }
        let network = match kind {
            Kind::Network => {
                fields.entry("networkGroupId").or_insert_with(|| self.group_id().into());
                String::new()
            }
            _ => self.console_network(parent)?,
        };
        if kind != Kind::Network {
            fields.insert("networkId".to_owned(), network.clone().into());
        }
        let draft = self.draft(kind, &network, &fields).map_err(told_by)?;
        let id = self.add(kind, draft, now);
        self.store.update(&id, |object| {
            object.readable = now;
            object.listed = now;
        });
        self.realize(&id, now);
        self.console_show(kind, &id, now)
    }

    /// Removes an object and what belongs to it, and returns what it was.
    pub(super) fn console_remove(&mut self, kind: &str, name: &str, now: u64) -> Result<Value, String> {
        let kind = collection(kind)?;
        let id = self.console_find(kind, name)?;
        let shown = self.console_show(kind, &id, now)?;
        self.erase(&id, now);
        Ok(shown)
    }

    fn console_show(&self, kind: Kind, id: &str, now: u64) -> Result<Value, String> {
        let object = self.store.get(id).ok_or_else(|| format!("there is no {} `{id}`", kind.title()))?;
        Ok(self.fields(object, kind, now).into())
    }

    /// The network that a parent names, or the only one.
    fn console_network(&self, parent: Option<&str>) -> Result<String, String> {
        if let Some(parent) = parent {
            return self.console_find(Kind::Network, parent);
        }
        let live = |network: &&Object| network.life != Life::Gone;
        let networks: Vec<&Object> = self.store.of_kind(Kind::Network).filter(live).collect();
        match networks.as_slice() {
            [network] => Ok(network.id.clone()),
            [] => Err("there is no network".to_owned()),
            _ => Err("there are several networks: name one as the parent".to_owned()),
        }
    }

    /// An object by id, by name without case, or by `network/name`.
    fn console_find(&self, kind: Kind, name: &str) -> Result<String, String> {
        let of_kind = || {
            let listed = self.store.of_kind(kind.stored());
            listed.filter(|object| object.life != Life::Gone && policies::belongs(object, kind))
        };
        if let Some(object) = of_kind().find(|object| object.id == name) {
            return Ok(object.id.clone());
        }
        let mut found: Vec<&Object> = of_kind().filter(|object| fold(object.name()) == fold(name)).collect();
        if let (true, Some((network, name))) = (found.is_empty(), name.split_once('/')) {
            let network = self.console_find(Kind::Network, network)?;
            found.extend(mention::find(&self.store, kind.stored(), &network, name));
        }
        match found.as_slice() {
            [object] => Ok(object.id.clone()),
            [] => Err(format!("there is no {} `{name}`", kind.title())),
            _ => Err(format!("there are several {} named `{name}`: write `network/name`", kind.traits().path)),
        }
    }
}

fn collection(path: &str) -> Result<Kind, String> {
    Kind::at(path).ok_or_else(|| format!("there is no collection `{path}`"))
}

/// The field of the write form whose values are checked and stored in another form than they are read.
fn declared(kind: Kind, name: &str) -> Option<&'static Field> {
    let fields = kind.traits().fields;
    fields.iter().find(|field| field.name == name && !matches!(field.shape, Shape::Map))
}

fn told(complaints: Vec<String>) -> Result<(), String> {
    if complaints.is_empty() { Ok(()) } else { Err(complaints.join("; ")) }
}

fn told_by(refusal: Refusal) -> String {
    match refusal {
        Refusal::Invalid(complaints) => complaints.join("; "),
        Refusal::Absent(message) | Refusal::Conflict(message) | Refusal::Spring(_, message) => message,
        Refusal::Forbidden => "it is not visible".to_owned(),
    }
}
