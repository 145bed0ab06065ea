//! The identity and authorization APIs (netfoundry.md#identities): who there is and what they may do. Read-only but for
//! grants.

use serde_json::{Map, Value, json};

use super::Platform;
use super::calendar::instant;
use super::call::Call;
use super::kind::Kind;
use super::list::equals;
use super::refusal::Refusal;
use super::store::Life;
use wire::{Method, Response};

/// The actions on each type of resource (netfoundry.md#resource-actions).
const ACTIONS: [(&str, &[&str]); 4] = [
    ("user-identity", &["create", "read", "delete", "update-reset-mfa"]),
    ("api-account-identity", &["create", "read", "update", "delete"]),
    ("network-group", &["read", "update"]),
    ("network", &["create", "read", "update", "delete", "suspend"]),
];

impl Platform {
    /// The id of the account that comes in.
    pub(super) fn api_account_id(&self) -> String {
        self.mint.uuid(&["api-account", self.door.client_id()])
    }

    /// The id of the person who owns the organization.
    pub(super) fn user_id(&self) -> String {
        self.mint.uuid(&["user"])
    }

    /// Says whether an identity has that id.
    pub(super) fn is_identity(&self, id: &str) -> bool {
        id == self.user_id() || id == self.api_account_id()
    }

    /// Everything below `identity/v1`.
    pub(super) fn identity(&mut self, path: &[&str], call: &Call) -> Result<Response, Refusal> {
        match (call.request.method, path) {
            (Method::Post, ["logout"]) => return Ok(self.logout(call)),
            (Method::Get, _) => {}
            _ => return Err(Refusal::no_verb(call)),
        }
        let (user, account) = (self.user(), self.api_account());
        match path {
            ["organizations"] => Ok(array(&[self.organization()], call)),
            ["organizations", id] => by_id(&[self.organization()], id),
            ["identities" | "user-identities" | "api-account-identities"] if sorts(call) => {
                Err(Refusal::Spring(500, "could not sort".to_owned()))
            }
            ["identities"] => Ok(array(&[user, account], call)),
            ["user-identities"] => Ok(array(&[user], call)),
            ["api-account-identities"] => Ok(array(&[account], call)),
            ["identities" | "api-account-identities", "self"] => Ok(Response::json(200, &account)),
            ["user-identities", "self"] => Err(Refusal::Absent("the caller is no user".to_owned())),
            ["identities", id] => by_id(&[user, account], id),
            ["user-identities", id] => by_id(&[user], id),
            ["api-account-identities", id] => by_id(&[account], id),
            _ => Err(Refusal::no_route()),
        }
    }

    /// Everything below `auth/v1`.
    pub(super) fn authorization(&mut self, path: &[&str], call: &Call) -> Result<Response, Refusal> {
        match (call.request.method, path) {
            (Method::Get, ["roles"]) => self.role_page(call),
            (Method::Get, ["roles", id]) => by_id(&self.roles(), id),
            (Method::Get, ["resource-types"]) => Ok(array(&self.resource_types(), call)),
            (Method::Get, ["resource-actions"]) => Ok(array(&self.resource_actions(), call)),
            (Method::Get, ["grants"]) => Ok(array(&self.grants, call)),
            (Method::Post, ["identity-resource-actions"]) => self.add_grant(call),
            (Method::Delete, ["identity-resource-actions", id]) => self.remove_grant(id),
            (_, ["roles" | "resource-types" | "resource-actions" | "grants" | "identity-resource-actions", ..]) => {
                Err(Refusal::no_verb(call))
            }
            _ => Err(Refusal::no_route()),
        }
    }

    fn organization_id(&self) -> String {
        match self.birth {
            0 => self.mint.uuid(&["organization"]),
            birth => self.mint.uuid(&["organization", &birth.to_string()]),
        }
    }

    /// The organization, as a read shows it (netfoundry.md#organizations).
    fn organization(&self) -> Value {
        json!({
            "id": self.organization_id(),
            "name": self.setup.name,
            "label": self.setup.name.to_lowercase(),
            "active": true,
            "mfaProvider": "None",
            "deleted": false,
            "deletedAt": null,
            "createdAt": instant(0),
            "updatedAt": instant(0),
            "identityProviders": [],
        })
    }

    /// The user, as a read shows it (netfoundry.md#user-identities).
    fn user(&self) -> Value {
        json!({
            "id": self.user_id(),
            "organizationId": self.organization_id(),
            "tenantId": "8a02",
            "type": "UserIdentity",
            "name": format!("Owner of {}", self.setup.name),
            "email": format!("owner@{}.example", self.setup.name),
            "active": true,
            "createdAt": instant(0),
            "deletedAt": null,
        })
    }

    /// The API account, as a read shows it (netfoundry.md#api-accounts).
    fn api_account(&self) -> Value {
        json!({
            "id": self.api_account_id(),
            "organizationId": self.organization_id(),
            "tenantId": "8a02",
            "type": "ApiAccountIdentity",
            "name": "api",
            "description": null,
            "email": format!("api@{}.example", self.setup.name),
            "contactEmail": format!("owner@{}.example", self.setup.name),
            "active": true,
            "awsCognitoClientId": self.door.client_id(),
            "auth0ClientId": null,
            "authenticationUrl": null,
            "createdAt": instant(0),
            "updatedAt": null,
            "deletedAt": null,
        })
    }

    /// The roles that are built in (netfoundry.md#roles): some for everything, one for each network.
    fn roles(&self) -> Vec<Value> {
        let organization = &self.setup.name;
        let fixed = ["Organization Admin", "Organization Read-Only", "Network Group Admin", "Network Group Read-Only"];
        let families = fixed.iter().map(|family| ((*family).to_owned(), organization.as_str()));
        let networks = self.store.of_kind(Kind::Network).filter(|network| network.life != Life::Gone);
        families
            .chain(networks.map(|network| ("Network Admin".to_owned(), network.name())))
            .map(|(family, scope)| {
                let name = format!("{family} - {scope}");
                json!({ "id": self.mint.uuid(&["role", &name]), "description": format!("manage {scope}"), "name": name })
            })
            .collect()
    }

    /// A Spring page: `content`, not `_embedded`; of several pages the last is broken (netfoundry.md#lists).
    fn role_page(&self, call: &Call) -> Result<Response, Refusal> {
        let like = |parameter: &str, role: &Value, field: &str| {
            let wanted = call.request.query_value(parameter).unwrap_or_default().to_lowercase();
            role.get(field).and_then(Value::as_str).is_some_and(|text| text.to_lowercase().contains(&wanted))
        };
        let found: Vec<Value> = self
            .roles()
            .into_iter()
            .filter(|role| like("nameLike", role, "name") && like("descriptionLike", role, "description"))
            .collect();
        let number = |name: &str| call.request.query_value(name).and_then(|text| text.parse::<usize>().ok());
        let size = number("size").filter(|size| *size > 0).unwrap_or(20);
        let page = number("page").unwrap_or(0);
        let pages = found.len().div_ceil(size);
        if pages > 1 && page + 1 == pages {
            return Err(Refusal::Spring(500, "could not count the roles".to_owned()));
        }
        let content: Vec<&Value> = found.iter().skip(page.saturating_mul(size)).take(size).collect();
        let body = json!({
            "content": content,
            "totalElements": found.len(),
            "totalPages": pages,
            "number": page,
            "size": size,
        });
        Ok(Response::json(200, &body))
    }

    fn resource_types(&self) -> Vec<Value> {
        let to_json = |(code, _): &(&str, &[&str])| json!({ "id": self.mint.uuid(&["type", code]), "code": code });
        ACTIONS.iter().map(to_json).collect()
    }

    fn resource_actions(&self) -> Vec<Value> {
        let of_type = |(code, actions): &(&'static str, &'static [&'static str])| {
            let (code, type_id) = (*code, self.mint.uuid(&["type", code]));
            let to_json = move |action: &&str| json!({ "id": self.mint.uuid(&["action", code, action]), "code": action, "resourceTypeId": type_id });
            actions.iter().map(to_json).collect::<Vec<_>>()
        };
        ACTIONS.iter().flat_map(of_type).collect()
    }

    /// `POST auth/v1/identity-resource-actions` (netfoundry.md#grants). `path` may be a list or the text `"[]"`.
    fn add_grant(&mut self, call: &Call) -> Result<Response, Refusal> {
        let body = call.object()?;
        let text = |field: &str| body.get(field).and_then(Value::as_str).unwrap_or_default();
        let mut complaints = Vec::new();
        if !self.is_identity(text("identityId")) {
            complaints.push("`identityId` names no identity".to_owned());
        }
        let action = json!(text("resourceActionId"));
        if !self.resource_actions().iter().any(|known| known.get("id") == Some(&action)) {
            complaints.push("`resourceActionId` names no resource action".to_owned());
        }
        let path = match body.get("path") {
            Some(Value::Array(ids)) => ids.clone(),
            Some(Value::String(text)) if text == "[]" => Vec::new(),
            _ => {
                complaints.push("`path` must be a list".to_owned());
                Vec::new()
            }
        };
        if !complaints.is_empty() {
            return Err(Refusal::Invalid(complaints));
        }
        let id = self.mint.uuid(&["grant", text("identityId"), text("resourceActionId"), &json!(path).to_string()]);
        if self.grants.iter().any(|grant| grant.get("id") == Some(&json!(id))) {
            return Err(Refusal::Conflict("the grant exists already".to_owned()));
        }
        let mut grant = Map::new();
        grant.insert("id".to_owned(), json!(id));
        grant.insert("identityId".to_owned(), json!(text("identityId")));
        grant.insert("resourceActionId".to_owned(), action);
        grant.insert("path".to_owned(), json!(path));
        self.grants.push(grant.clone().into());
        Ok(Response::json(200, &grant.into()))
    }

    fn remove_grant(&mut self, id: &str) -> Result<Response, Refusal> {
        let before = self.grants.len();
        self.grants.retain(|grant| grant.get("id") != Some(&json!(id)));
        match self.grants.len() < before {
            true => Ok(Response::empty(200)),
            false => Err(Refusal::Absent("there is no such grant".to_owned())),
        }
    }
}

fn sorts(call: &Call) -> bool {
    call.request.query_value("sort").is_some_and(|sort| !sort.is_empty())
}

/// A bare array (netfoundry.md#lists), filtered by fields.
fn array(all: &[Value], call: &Call) -> Response {
    let query = call.request.query();
    let passes =
        |item: &&Value| query.iter().all(|(name, value)| item.get(name).is_none_or(|field| equals(field, value)));
    Response::json(200, &all.iter().filter(passes).cloned().collect())
}

fn by_id(all: &[Value], id: &str) -> Result<Response, Refusal> {
    match all.iter().find(|item| item.get("id").and_then(Value::as_str) == Some(id)) {
        Some(item) => Ok(Response::json(200, item)),
        None => Err(Refusal::Absent("there is no such resource".to_owned())),
    }
}
