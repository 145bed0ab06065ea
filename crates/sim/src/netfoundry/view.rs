//! The read forms: what a GET shows of an object (netfoundry.md#requests, netfoundry.md#other-forms).

use serde_json::{Map, Value, json};

use super::Platform;
use super::calendar::stamp;
use super::call::Call;
use super::kind::Kind;
use super::mention;
use super::shape::Keep;
use super::store::{Life, Object};
use super::{networks, policies, services};

impl Platform {
    /// The fields of the read form, without links.
    pub(super) fn fields(&self, object: &Object, kind: Kind, now: u64) -> Map<String, Value> {
        let traits = kind.traits();
        let mut map = object.body_at(now).clone();
        mention::show(&self.store, object, &mut map);
        policies::show_as(kind, &mut map);
        if kind == Kind::Network {
            map.insert("networkController".to_owned(), self.controller_of(object, now));
        }
        map.insert("id".to_owned(), json!(object.id));
        if let Some(network) = &object.network {
            map.insert("networkId".to_owned(), json!(network));
        }
        if traits.has_ziti {
            map.insert("zitiId".to_owned(), json!(object.ziti));
        }
        if traits.has_status {
            map.insert("status".to_owned(), json!(object.status));
        }
        // Nobody but the API account ever comes in, so it made everything.
        let account = self.api_account_id();
        map.insert("createdAt".to_owned(), json!(stamp(object.created)));
        map.insert("updatedAt".to_owned(), json!(stamp(object.updated)));
        map.insert("deletedAt".to_owned(), json!(object.deleted.map(stamp)));
        map.insert("createdBy".to_owned(), json!(account));
        map.insert("deletedBy".to_owned(), json!(object.deleted.map(|_| &account)));
        map.insert("ownerIdentityId".to_owned(), json!(account));
        map
    }

    /// One field of the read form, without making the whole of it: lists filter and sort by it.
    pub(super) fn field(&self, object: &Object, name: &str, now: u64) -> Option<Value> {
        let traits = object.kind.traits();
        match name {
            "id" => Some(json!(object.id)),
            "networkId" => object.network.as_ref().map(|network| json!(network)),
            "zitiId" if traits.has_ziti => Some(json!(object.ziti)),
            "status" if traits.has_status => Some(json!(object.status)),
            "createdAt" => Some(json!(stamp(object.created))),
            "updatedAt" => Some(json!(stamp(object.updated))),
            "deletedAt" => Some(json!(object.deleted.map(stamp))),
            _ => object.body_at(now).get(name).cloned(),
        }
    }

    /// The read form of an object as a member of a collection.
    pub(super) fn read(&self, object: &Object, kind: Kind, call: &Call) -> Value {
        let mut map = self.fields(object, kind, call.now);
        if call.embeds().iter().any(|word| word == "host") && kind != Kind::Network {
            map.extend(self.host_of(object, call.now).map(|host| ("host".to_owned(), host)));
        }
        let mut links = Map::new();
        links.insert("self".to_owned(), call.core_link(&format!("{}/{}", kind.traits().path, object.id)));
        if let Some(network) = &object.network {
            links.insert("network".to_owned(), networks::link(network, call));
        }
        if kind == Kind::Network {
            map.remove("sdsPassword");
            networks::add_links(&mut links, object, call);
            self.embed_children(&mut map, object, call);
        }
        map.insert("_links".to_owned(), links.into());
        map.into()
    }

    /// The read form of an object that is asked for by its id: a network's shows a password that no list shows
    /// (netfoundry.md#networks).
    pub(super) fn read_alone(&self, object: &Object, kind: Kind, call: &Call) -> Value {
        let mut reply = self.read(object, kind, call);
        if let (Some(password), Some(map)) = (object.body.get("sdsPassword"), reply.as_object_mut()) {
            map.insert("sdsPassword".to_owned(), password.clone());
        }
        reply
    }

    /// The create form of an object: what one would POST to get it again (netfoundry.md#other-forms).
    pub(super) fn create_form(&self, object: &Object, kind: Kind, call: &Call) -> Map<String, Value> {
        let shown = self.fields(object, kind, call.now);
        let mut form = Map::new();
        for field in kind.traits().fields {
            let value = match field.keep {
                Keep::Shown => shown.get(field.name),
                Keep::Hidden => object.hidden.get(field.name),
                Keep::Dropped => None,
            };
            form.extend(value.map(|value| (field.name.to_owned(), value.clone())));
        }
        match kind {
            Kind::AppWan => policies::add_implied(&mut form),
            Kind::Service => services::export(self, object, &mut form, call.now),
            Kind::Network => self.add_children(&mut form, object, call),
            _ => {}
        }
        form
    }

    /// The children that a network's create form embeds (netfoundry.md#other-forms), as far as they are asked for.
    fn add_children(&self, form: &mut Map<String, Value>, network: &Object, call: &Call) {
        for kind in wanted(call) {
            let children: Vec<Value> = self
                .children(network, kind, call.now)
                .map(|child| self.create_form(child, kind, call).into())
                .collect();
            form.insert(kind.plural_key(), children.into());
        }
    }

    /// `embed=all` and `embed=endpoints,services,…` on a network (netfoundry.md#other-forms): children under
    /// `_embedded`.
    fn embed_children(&self, map: &mut Map<String, Value>, network: &Object, call: &Call) {
        let mut embedded = Map::new();
        for kind in wanted(call) {
            let children: Vec<Value> = self
                .children(network, kind, call.now)
                .map(|child| {
                    let mut fields = self.fields(child, kind, call.now);
                    let link = call.core_link(&format!("{}/{}", kind.traits().path, child.id));
                    let links = json!({ "self": link, "network": networks::link(&network.id, call) });
                    fields.insert("_links".to_owned(), links);
                    fields.into()
                })
                .collect();
            if !children.is_empty() {
                embedded.insert(kind.list_key(), children.into());
            }
        }
        if !embedded.is_empty() {
            map.insert("_embedded".to_owned(), embedded.into());
        }
    }

    fn children(&self, network: &Object, kind: Kind, now: u64) -> impl Iterator<Item = &Object> {
        self.store.in_network(&network.id).filter(move |child| {
            child.kind == kind.stored()
                && child.life != Life::Gone
                && child.listed <= now
                && policies::belongs(child, kind)
        })
    }
}

/// The kinds that a request wants embedded: everything of a network but its executions (netfoundry.md#other-forms).
fn wanted(call: &Call) -> Vec<Kind> {
    let words = call.embeds();
    Kind::ALL
        .into_iter()
        .filter(|kind| !matches!(kind, Kind::Network | Kind::Execution))
        .filter(|kind| words.iter().any(|word| word == "all" || word == kind.traits().path))
        .collect()
}
