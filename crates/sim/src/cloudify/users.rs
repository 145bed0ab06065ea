//! Users (cloudify.md#users).

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::call::{Call, Start, check_name};
use super::fields::{Field, View, answer, answer_deleted, field, null};
use super::list::list;
use super::made_up::stamp;
use super::refusal::{Outcome, Refusal, bad_parameters, conflict, illegal_action, no_such_named};
use super::release::{BEFORE_TENANT_ROLES, Edition, KILL, Release, SITES, TENANT_ROLES};
use super::route::{Need, Route, route};
use super::scope::Scoped;
use super::tenants::user_roles;
use super::world::World;
use wire::Method;

/// The area's routes.
pub(crate) static ROUTES: &[Route] = &[
    route(Method::Get, "user", "user_get_self", Need::Login, me).untenanted(),
    route(Method::Get, "users", "user_list", Need::Admin, all).untenanted().premium(),
    route(Method::Put, "users", "user_create", Need::Admin, create).untenanted().premium(),
    route(Method::Post, "users/active/{}", "user_set_activated", Need::Admin, set_active).untenanted().premium(),
    route(Method::Post, "users/unlock/{}", "user_unlock", Need::Admin, unlock).untenanted().premium().only(KILL),
    route(Method::Get, "users/{}", "user_get", Need::Admin, one).untenanted(),
    route(Method::Post, "users/{}", "user_update", Need::Admin, update).untenanted(),
    route(Method::Delete, "users/{}", "user_delete", Need::Admin, delete).untenanted().premium(),
];

/// A user. Names compare without case.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct User {
    /// Its name, as created.
    pub username: String,
    /// Its password, as the simulator has no reason to hash it.
    pub password: String,
    /// Its system role.
    pub role: String,
    /// Whether it may log in.
    pub active: bool,
    created_at: u64,
    /// When it first logged in, as printed.
    pub first_login_at: Option<String>,
    /// When it last made a request, as printed.
    pub last_login_at: Option<String>,
}

impl User {
    /// The bootstrap administrator.
    pub(crate) fn administrator(username: &str, password: &str, release: Release, now: u64) -> User {
        let role = system_roles(release).first().copied().unwrap_or_default();
        User {
            username: username.to_owned(),
            password: password.to_owned(),
            role: role.to_owned(),
            active: true,
            created_at: now,
            first_login_at: None,
            last_login_at: None,
        }
    }

    /// Says whether that is the user's name.
    pub(crate) fn is_named(&self, name: &str) -> bool {
        self.username.eq_ignore_ascii_case(name)
    }
}

/// The system roles of a release; the first is the administrator's (cloudify.md#versions).
pub(crate) fn system_roles(release: Release) -> [&'static str; 2] {
    if release.has(BEFORE_TENANT_ROLES) { ["admin", "user"] } else { ["sys_admin", "default"] }
}

/// The tenant roles (cloudify.md#roles).
pub(crate) const TENANT_ROLE_NAMES: [&str; 4] = ["manager", "user", "operations", "viewer"];

/// Checks a system role.
pub(crate) fn check_system_role(release: Release, role: &str) -> Result<(), Refusal> {
    let valid = system_roles(release);
    if valid.contains(&role) {
        return Ok(());
    }
    if release.has(TENANT_ROLES) && TENANT_ROLE_NAMES.contains(&role) {
        return Err(bad_parameters(format!("Role `{role}` is a tenant_role and cannot be assigned as a system_role")));
    }
    Err(invalid_role(role, "system_role", &valid))
}

/// Checks a tenant role.
pub(crate) fn check_tenant_role(release: Release, role: &str) -> Result<(), Refusal> {
    if TENANT_ROLE_NAMES.contains(&role) {
        return Ok(());
    }
    if system_roles(release).contains(&role) {
        return Err(bad_parameters(format!("Role `{role}` is a system_role and cannot be assigned as a tenant_role")));
    }
    Err(invalid_role(role, "tenant_role", &TENANT_ROLE_NAMES))
}

fn invalid_role(role: &str, sort: &str, valid: &[&str]) -> Refusal {
    let valid: Vec<String> = valid.iter().map(|role| format!("'{role}'")).collect();
    bad_parameters(format!("Invalid role: `{role}`. Valid {sort} roles are: [{}]", valid.join(", ")))
}

static FIELDS: &[Field<User>] = &[
    field("username", |user, _| json!(user.username)),
    field("tenants", |user, view| {
        let tenants =
            || view.world.tenants.iter().filter(|tenant| !view.world.roles(&user.username, &tenant.name).is_empty());
        match view.detail {
            false => json!(tenants().count()),
            true if view.world.release.has(TENANT_ROLES) => tenants()
                .map(|tenant| (tenant.name.clone(), user_roles(view.world, tenant, &user.username)))
                .collect::<Map<_, _>>()
                .into(),
            true => tenants().map(|tenant| json!(tenant.name)).collect(),
        }
    }),
    field("tenant_roles", tenant_roles).only(SITES),
    field("groups", |user, view| {
        let groups: Vec<&String> = view.world.groups_of(&user.username).map(|group| &group.name).collect();
        if view.detail { json!(groups) } else { json!(groups.len()) }
    }),
    field("role", |user, _| json!(user.role)),
    field("group_system_roles", group_roles).only(SITES),
    field("active", |user, _| json!(user.active)),
    field("created_at", |user: &User, _: &View| json!(stamp(user.created_at))).only(SITES),
    field("first_login_at", |user: &User, _: &View| json!(user.first_login_at)).only(SITES),
    field("last_login_at", |user, _| json!(user.last_login_at)),
    field("is_locked", |_: &User, _: &View| json!(false)).only(SITES),
    field("show_getting_started", |_: &User, _: &View| json!(true)).only(SITES),
    null::<User>("password_hash").only(SITES),
];

fn tenant_roles(user: &User, view: &View) -> Value {
    if !view.detail {
        return Value::Null;
    }
    let mut direct = Map::new();
    let mut groups: Map<String, Value> = Map::new();
    for tenant in &view.world.tenants {
        if let Some(member) = tenant.users.iter().find(|member| member.name == user.username) {
            direct.insert(tenant.name.clone(), json!(member.role));
        }
        for group in view.world.groups_of(&user.username) {
            for member in tenant.groups.iter().filter(|member| member.name == group.name) {
                groups.insert(tenant.name.clone(), json!({&member.role: [&group.name]}));
            }
        }
    }
    json!({"direct": direct, "groups": groups})
}

fn group_roles(user: &User, view: &View) -> Value {
    let mut roles: Map<String, Value> = Map::new();
    if view.detail {
        for group in view.world.groups_of(&user.username) {
            let names = roles.entry(group.role.clone()).or_insert_with(|| json!([]));
            if let Some(names) = names.as_array_mut() {
                names.push(json!(group.name));
            }
        }
    }
    Value::Object(roles)
}

fn me(world: &mut World, call: &Call) -> Outcome {
    answer(world, call, 200, FIELDS, world.user(&call.viewer.username)?)
}

fn all(world: &mut World, call: &Call) -> Outcome {
    list(world, call, FIELDS, world.users.iter())
}

fn one(world: &mut World, call: &Call) -> Outcome {
    refuse_others(call, "Cannot get details of a different user")?;
    answer(world, call, 200, FIELDS, world.user(call.id())?)
}

/// The community edition lets users see and change themselves alone (cloudify.md#editions).
fn refuse_others(call: &Call, complaint: &str) -> Result<(), Refusal> {
    match call.release.edition == Edition::Community && call.id() != call.viewer.username {
        true => Err(bad_parameters(complaint)),
        false => Ok(()),
    }
}

fn check_password(password: &str) -> Result<(), Refusal> {
    match password.chars().count() {
        0..5 => Err(bad_parameters("The password is too short. Minimum allowed length is 5 characters")),
        5..=256 => Ok(()),
        _ => Err(bad_parameters("The password is too long. Maximum allowed length is 256 characters")),
    }
}

fn create(world: &mut World, call: &Call) -> Outcome {
    let input = call.json()?;
    let username = input.required_text("username")?;
    let password = input.required_text("password")?;
    check_name("username", username, Start::Letter)?;
    check_password(password)?;
    let default = system_roles(call.release)[1];
    let role = input.nullable_text("role")?.unwrap_or(default);
    check_system_role(call.release, role)?;
    if world.user(username).is_ok() {
        return Err(conflict(format!("User `{username}` already exists")));
    }
    let user = User { role: role.to_owned(), ..User::administrator(username, password, call.release, world.now) };
    world.users.push(user.clone());
    answer(world, call, 201, FIELDS, &user)
}

/// One attribute a call (cloudify.md#users).
fn update(world: &mut World, call: &Call) -> Outcome {
    let input = call.json()?;
    refuse_others(call, "Cannot change settings for a different user")?;
    let (password, role) = (input.text("password")?, input.text("role")?);
    let username = world.user(call.id())?.username.clone();
    match (password, role) {
        (Some(_), Some(_)) => return Err(bad_parameters("Both `password` and `role` provided")),
        (None, None) => {
            return Err(bad_parameters(
                "No valid user settings provided. Available settings: password, role, show_getting_started",
            ));
        }
        (Some(password), None) => check_password(password)?,
        (None, Some(role)) => {
            check_system_role(call.release, role)?;
            if role != system_roles(call.release)[0] {
                refuse_last_administrator(world, &username)?;
            }
        }
    }
    let user = world.user_mut(&username)?;
    if let Some(password) = password {
        user.password = password.to_owned();
    }
    if let Some(role) = role {
        user.role = role.to_owned();
    }
    one(world, call)
}

/// Any action but `activate` deactivates (cloudify.md#users).
fn set_active(world: &mut World, call: &Call) -> Outcome {
    let active = call.json()?.required_text("action")? == "activate";
    let user = world.user(call.id())?.clone();
    if user.active == active {
        let state = if active { "active" } else { "inactive" };
        return Err(conflict(format!("User `{}` is already {state}", user.username)));
    }
    if !active {
        refuse_last_administrator(world, &user.username)?;
    }
    world.user_mut(&user.username)?.active = active;
    one(world, call)
}

fn unlock(world: &mut World, call: &Call) -> Outcome {
    one(world, call)
}

fn refuse_last_administrator(world: &World, username: &str) -> Result<(), Refusal> {
    let others =
        world.users.iter().any(|user| user.active && user.username != username && world.is_sys_admin(&user.username));
    if others || !world.is_sys_admin(username) {
        return Ok(());
    }
    Err(illegal_action(format!("User `{username}` is the last active system administrator")))
}

fn delete(world: &mut World, call: &Call) -> Outcome {
    let user = world.user(call.id())?.clone();
    if world.users.first().is_some_and(|first| first.username == user.username) {
        return Err(illegal_action("Can not delete the bootstrap admin"));
    }
    let ties = ties(world, &user.username);
    if !ties.is_empty() {
        return Err(conflict(format!("User `{}` can not be deleted: it has {}", user.username, ties.join(", "))));
    }
    refuse_last_administrator(world, &user.username)?;
    world.users.retain(|row| row.username != user.username);
    answer_deleted(world, call, FIELDS, &user)
}

/// The ties of a user to the installation (cloudify.md#users).
fn ties(world: &World, username: &str) -> Vec<&'static str> {
    fn owns<T: Scoped>(rows: &[T], username: &str) -> bool {
        rows.iter().any(|row| row.meta().owner == username)
    }
    let member = world.tenants.iter().any(|tenant| tenant.users.iter().any(|member| member.name == username));
    [
        (member, "tenant memberships"),
        (world.groups_of(username).next().is_some(), "group memberships"),
        (owns(&world.blueprints, username), "blueprints"),
        (owns(&world.deployments, username), "deployments"),
        (owns(&world.plugins, username), "plugins"),
        (owns(&world.secrets, username), "secrets"),
    ]
    .into_iter()
    .filter_map(|(holds, what)| holds.then_some(what))
    .collect()
}

impl World {
    /// A user by name.
    pub(crate) fn user(&self, name: &str) -> Result<&User, Refusal> {
        self.users.iter().find(|user| user.is_named(name)).ok_or_else(|| no_such_named("User", "username", name))
    }

    fn user_mut(&mut self, name: &str) -> Result<&mut User, Refusal> {
        self.users.iter_mut().find(|user| user.is_named(name)).ok_or_else(|| no_such_named("User", "username", name))
    }

    /// A user's own system role.
    pub(crate) fn system_role(&self, username: &str) -> String {
        self.user(username).map(|user| user.role.clone()).unwrap_or_default()
    }

    /// Says whether a user administers the system, directly or through a group.
    pub(crate) fn is_sys_admin(&self, username: &str) -> bool {
        let administrator = system_roles(self.release)[0];
        self.system_role(username) == administrator || self.groups_of(username).any(|group| group.role == administrator)
    }
}
