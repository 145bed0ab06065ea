//! Tenants (cloudify.md#tenants).

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::access::{invalid_tenant, may, not_permitted};
use super::call::{Call, Start, check_name};
use super::fields::{Field, View, answer, answer_deleted, field};
use super::list::list;
use super::made_up::Source;
use super::refusal::{Outcome, Refusal, bad_parameters, conflict, illegal_action, no_such_named};
use super::release::{SITES, TENANT_ROLES};
use super::route::{Need, Route, route};
use super::scope::Scoped;
use super::world::World;
use wire::Method;

/// The tenant that every installation has.
pub(crate) const DEFAULT_TENANT: &str = "default_tenant";

/// The area's routes. The memberships' literal paths are tried before the placeholder.
pub(crate) static ROUTES: &[Route] = &[
    route(Method::Get, "tenants", "tenant_list", Need::Login, all).untenanted(),
    route(Method::Get, "tenants/{}", "tenant_get", Need::Login, one).untenanted(),
    route(Method::Post, "tenants/{}", "tenant_create", Need::Admin, create).untenanted().premium(),
    route(Method::Delete, "tenants/{}", "tenant_delete", Need::Admin, delete).untenanted().premium(),
];

/// A member of a tenant: a user or a group, and its role there.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Member {
    /// Its name.
    pub name: String,
    /// Its tenant role.
    pub role: String,
}

/// A tenant.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Tenant {
    /// Its name.
    pub name: String,
    /// Its direct users.
    pub users: Vec<Member>,
    /// Its groups.
    pub groups: Vec<Member>,
    broker_password: String,
    broker_ciphertext: String,
}

impl Tenant {
    /// A tenant without members.
    pub(crate) fn new(name: &str, source: &mut Source) -> Tenant {
        Tenant {
            name: name.to_owned(),
            users: Vec::new(),
            groups: Vec::new(),
            broker_password: source.letters(32),
            broker_ciphertext: source.ciphertext(),
        }
    }
}

/// Where a tenant is shown, which decides how its message-broker password shows (cloudify.md#tenants).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shown {
    /// In a list: no broker at all.
    Listed,
    /// By GET: in clear, to administrators.
    Read,
    /// In the answer of a write: encrypted.
    Written,
}

/// A tenant as shown somewhere.
pub(crate) struct Row {
    tenant: Tenant,
    shown: Shown,
}

impl Row {
    fn broker(&self, text: String) -> Value {
        if self.shown == Shown::Listed { Value::Null } else { json!(text) }
    }
}

/// The table of fields.
pub(crate) static FIELDS: &[Field<Row>] = &[
    field("name", |row, _| json!(row.tenant.name)),
    field("groups", |row, view| match view.detail {
        false => json!(row.tenant.groups.len()),
        true if view.world.release.has(TENANT_ROLES) => roles(&row.tenant.groups),
        true => row.tenant.groups.iter().map(|member| json!(member.name)).collect(),
    }),
    field("users", |row, view| {
        let names = view.world.user_names(&row.tenant);
        match view.detail {
            false => json!(names.len()),
            true if view.world.release.has(TENANT_ROLES) => names
                .into_iter()
                .map(|name| {
                    let role = user_roles(view.world, &row.tenant, &name);
                    (name, role)
                })
                .collect::<Map<_, _>>()
                .into(),
            true => json!(names),
        }
    }),
    field("user_roles", all_roles).only(SITES),
    field("rabbitmq_username", |row: &Row, _: &View| row.broker(format!("rabbitmq_user_{}", row.tenant.name)))
        .only(SITES),
    field("rabbitmq_password", password).only(SITES),
    field("rabbitmq_vhost", |row: &Row, _: &View| row.broker(format!("rabbitmq_vhost_{}", row.tenant.name)))
        .only(SITES),
];

fn password(row: &Row, view: &View) -> Value {
    match row.shown {
        Shown::Read if view.viewer.sys_admin => json!(row.tenant.broker_password),
        Shown::Listed => Value::Null,
        Shown::Read | Shown::Written => json!(row.tenant.broker_ciphertext),
    }
}

fn roles(members: &[Member]) -> Value {
    members.iter().map(|member| (member.name.clone(), json!(member.role))).collect::<Map<_, _>>().into()
}

/// A user's direct role in a tenant, and its effective ones (cloudify.md#tenant-users).
pub(crate) fn user_roles(world: &World, tenant: &Tenant, username: &str) -> Value {
    let direct = tenant.users.iter().find(|member| member.name == username).map(|member| &member.role);
    json!({"tenant-role": direct, "roles": world.roles(username, &tenant.name)})
}

fn all_roles(row: &Row, view: &View) -> Value {
    if !view.detail {
        return Value::Null;
    }
    let groups: Map<String, Value> = row
        .tenant
        .groups
        .iter()
        .map(|member| {
            let users = view.world.group(&member.name).map(|group| group.members.clone()).unwrap_or_default();
            (member.name.clone(), json!({"role": member.role, "users": users}))
        })
        .collect();
    json!({"direct": roles(&row.tenant.users), "groups": groups})
}

fn all(world: &mut World, call: &Call) -> Outcome {
    let rows: Vec<Row> = world
        .tenants
        .iter()
        .filter(|tenant| call.viewer.sys_admin || call.viewer.tenants.contains(&tenant.name))
        .map(|tenant| Row { tenant: tenant.clone(), shown: Shown::Listed })
        .collect();
    list(world, call, FIELDS, rows.iter())
}

/// Answers one tenant.
pub(crate) fn shown(world: &World, call: &Call, status: u16, name: &str, shown: Shown) -> Outcome {
    let tenant = world.tenant(name)?.clone();
    answer(world, call, status, FIELDS, &Row { tenant, shown })
}

/// An absent tenant is 403, not 404: the name is taken for credentials (cloudify.md#tenants).
fn one(world: &mut World, call: &Call) -> Outcome {
    world.tenant(call.id())?;
    if !may(world, &call.viewer, call.id(), Need::Operate) {
        return Err(not_permitted(&call.viewer, "tenant_get", call.id()));
    }
    shown(world, call, 200, call.id(), Shown::Read)
}

fn create(world: &mut World, call: &Call) -> Outcome {
    let name = call.id();
    check_name("tenant_name", name, Start::Letter)?;
    if name == "users" || name == "user-groups" {
        return Err(bad_parameters(format!(
            "'{name}' is not allowed as a tenant name because it wouldn't be possible to remove it later due to a \
             conflict with the remove {name} from tenant endpoint"
        )));
    }
    if world.tenants.iter().any(|tenant| tenant.name == name) {
        return Err(conflict(format!("Tenant `{name}` already exists")));
    }
    let tenant = Tenant::new(name, &mut world.source);
    world.tenants.push(tenant);
    shown(world, call, 201, name, Shown::Written)
}

/// What still stands in the way of deleting a tenant (cloudify.md#tenants).
fn contents(world: &World, tenant: &Tenant) -> Vec<String> {
    fn owned<T: Scoped>(rows: &[T], tenant: &str) -> usize {
        rows.iter().filter(|row| row.meta().tenant == tenant).count()
    }
    [
        (owned(&world.blueprints, &tenant.name), "blueprints"),
        (owned(&world.deployments, &tenant.name), "deployments"),
        (owned(&world.plugins, &tenant.name), "plugins"),
        (owned(&world.secrets, &tenant.name), "secrets"),
        (tenant.groups.len(), "user groups"),
        (tenant.users.len(), "users"),
    ]
    .into_iter()
    .filter(|(count, _)| *count > 0)
    .map(|(count, what)| format!("{count} {what}"))
    .collect()
}

fn delete(world: &mut World, call: &Call) -> Outcome {
    let name = call.id();
    if name == DEFAULT_TENANT {
        return Err(illegal_action("Can not delete the default tenant"));
    }
    let absent = || no_such_named("Tenant", "name", name);
    let tenant = world.tenants.iter().find(|tenant| tenant.name == name).cloned().ok_or_else(absent)?;
    let contents = contents(world, &tenant);
    if !contents.is_empty() {
        return Err(conflict(format!("Can not delete tenant `{name}`: it still has {}", contents.join(", "))));
    }
    world.tenants.retain(|tenant| tenant.name != name);
    answer_deleted(world, call, FIELDS, &Row { tenant, shown: Shown::Written })
}

impl World {
    /// A tenant by name; an unknown one is refused like bad credentials.
    pub(crate) fn tenant(&self, name: &str) -> Result<&Tenant, Refusal> {
        let found = self.tenants.iter().find(|tenant| tenant.name == name);
        found.ok_or_else(|| invalid_tenant(self, &format!("Tried to authenticate with invalid tenant name: {name}")))
    }

    /// The users of a tenant, direct and through groups, each once.
    fn user_names(&self, tenant: &Tenant) -> Vec<String> {
        let direct = tenant.users.iter().map(|member| member.name.clone());
        let through =
            tenant.groups.iter().filter_map(|member| self.group(&member.name)).flat_map(|group| group.members.clone());
        let mut names: Vec<String> = direct.chain(through).collect();
        names.sort();
        names.dedup();
        names
    }

    /// The effective roles of a user in a tenant, sorted.
    pub(crate) fn roles(&self, username: &str, tenant: &str) -> Vec<String> {
        let Some(tenant) = self.tenants.iter().find(|row| row.name == tenant) else { return Vec::new() };
        let direct = tenant.users.iter().filter(|member| member.name == username);
        let through = tenant.groups.iter().filter(|member| {
            self.group(&member.name).is_some_and(|group| group.members.iter().any(|name| name == username))
        });
        let mut roles: Vec<String> = direct.chain(through).map(|member| member.role.clone()).collect();
        roles.sort();
        roles.dedup();
        roles
    }

    /// Makes a user a member of a tenant, without any check.
    pub(crate) fn join(&mut self, tenant: &str, username: &str, role: &str) {
        if let Some(tenant) = self.tenants.iter_mut().find(|row| row.name == tenant) {
            tenant.users.push(Member { name: username.to_owned(), role: role.to_owned() });
        }
    }
}
