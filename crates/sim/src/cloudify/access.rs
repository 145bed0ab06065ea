//! Who calls and whether they may (cloudify.md#requests, cloudify.md#roles).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::call::Viewer;
use super::made_up::stamp;
use super::refusal::{Refusal, forbidden, unauthorized};
use super::release::{BEFORE_TENANT_ROLES, TOKEN_LIST};
use super::route::{Need, Route, Tenancy};
use super::tenants::DEFAULT_TENANT;
use super::users::User;
use super::world::World;
use wire::Request;

const NOTHING_PROVIDED: &str = "No authentication info provided";

/// Passes a request through credentials, tenant and permission; answers who calls.
pub(crate) fn admit(world: &mut World, request: &Request, route: &Route) -> Result<Viewer, Refusal> {
    if route.need == Need::Nobody {
        return Ok(Viewer::default());
    }
    let username = authenticate(world, request)?;
    let tenant = request.header_value("Tenant").filter(|name| !name.is_empty());
    check_tenant(world, tenant, route.tenancy)?;
    let viewer = viewer(world, &username, tenant.unwrap_or(DEFAULT_TENANT));
    if allowed(world, &viewer, route.need) {
        return Ok(viewer);
    }
    Err(not_permitted(&viewer, route.action, &viewer.tenant))
}

/// 403 with the action's name.
pub(crate) fn not_permitted(viewer: &Viewer, action: &str, tenant: &str) -> Refusal {
    forbidden(format!(
        "User `{}` is not permitted to perform the action {action} in the tenant `{tenant}`",
        viewer.username
    ))
}

/// A user as seen from a tenant.
fn viewer(world: &World, username: &str, tenant: &str) -> Viewer {
    Viewer {
        username: username.to_owned(),
        tenant: tenant.to_owned(),
        sys_admin: world.is_sys_admin(username),
        manager: world.roles(username, tenant).iter().any(|role| role == "manager"),
        tenants: world
            .tenants
            .iter()
            .filter(|tenant| !world.roles(username, &tenant.name).is_empty())
            .map(|tenant| tenant.name.clone())
            .collect(),
    }
}

/// Says whether the roles of the viewer in the tenant are enough.
pub(crate) fn may(world: &World, viewer: &Viewer, tenant: &str, need: Need) -> bool {
    let enough: &[&str] = match need {
        Need::Nobody | Need::Login => return true,
        Need::Read => &["manager", "user", "operations", "viewer"],
        Need::Operate => &["manager", "user", "operations"],
        Need::Build => &["manager", "user"],
        Need::Admin => &[],
    };
    viewer.sys_admin || world.roles(&viewer.username, tenant).iter().any(|role| enough.contains(&role.as_str()))
}

fn allowed(world: &World, viewer: &Viewer, need: Need) -> bool {
    may(world, viewer, &viewer.tenant, need)
}

/// A present but unknown tenant is refused on every route, a missing one where the route needs it.
fn check_tenant(world: &World, tenant: Option<&str>, tenancy: Tenancy) -> Result<(), Refusal> {
    let complaint = match tenant {
        Some(name) if world.tenants.iter().any(|tenant| tenant.name == name) => return Ok(()),
        Some(name) => format!("Tried to authenticate with invalid tenant name: {name}"),
        None if tenancy == Tenancy::Optional => return Ok(()),
        None => "tenant not provided".to_owned(),
    };
    Err(invalid_tenant(world, &complaint))
}

/// The refusal of a tenant: 403, or 401 on the oldest servers (cloudify.md#versions).
pub(crate) fn invalid_tenant(world: &World, complaint: &str) -> Refusal {
    match world.release.has(BEFORE_TENANT_ROLES) {
        true => unauthorized(complaint),
        false => forbidden(format!("Authorization failed: {complaint}")),
    }
}

/// Basic credentials first, then a token (cloudify.md#requests).
fn authenticate(world: &mut World, request: &Request) -> Result<String, Refusal> {
    let username = match (basic(request), request.header_value("Authentication-Token")) {
        (Some((username, password)), _) => by_password(world, &username, &password)?,
        (None, Some(token)) => by_token(world, token)?,
        (None, None) => return Err(unauthorized(NOTHING_PROVIDED)),
    };
    let now = stamp(world.now);
    if let Some(user) = world.users.iter_mut().find(|user| user.username == username) {
        user.first_login_at.get_or_insert_with(|| now.clone());
        user.last_login_at = Some(now);
    }
    Ok(username)
}

fn basic(request: &Request) -> Option<(String, String)> {
    let encoded = request.header_value("Authorization")?.strip_prefix("Basic ")?;
    let text = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
    text.split_once(':').map(|(username, password)| (username.to_owned(), password.to_owned()))
}

/// The first credentials that a fresh installation sees become its administrator's.
fn by_password(world: &mut World, username: &str, password: &str) -> Result<String, Refusal> {
    if world.users.is_empty() {
        world.users.push(User::administrator(username, password, world.release, world.now));
        world.join(DEFAULT_TENANT, username, "user");
    }
    let user = world.users.iter().find(|user| user.is_named(username) && user.active);
    let user = user.ok_or_else(|| unauthorized(NOTHING_PROVIDED))?;
    if user.password != password {
        return Err(unauthorized(format!(
            "Authentication failed for <User username=`{}`>. Wrong credentials or locked account",
            user.username
        )));
    }
    Ok(user.username.clone())
}

fn by_token(world: &mut World, token: &str) -> Result<String, Refusal> {
    let unknown = || unauthorized("Unauthorized");
    let username = if world.release.has(TOKEN_LIST) {
        let (id, secret) = token
            .strip_prefix("ctok-")
            .and_then(|rest| rest.split_once('-'))
            .ok_or_else(|| unauthorized("Invalid token structure"))?;
        let now = world.now;
        let known =
            world.tokens.iter_mut().find(|token| token.id == id && token.secret == secret && token.is_valid(now));
        let known = known.ok_or_else(unknown)?;
        known.last_used = Some(now);
        known.username.clone()
    } else {
        let known = world.users.iter().find(|user| world.signed_token(user) == token);
        known.map(|user| user.username.clone()).ok_or_else(unknown)?
    };
    world.users.iter().find(|user| user.username == username && user.active).ok_or_else(unknown)?;
    Ok(username)
}
