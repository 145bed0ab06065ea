//! Memberships: users and groups of tenants, users of groups (cloudify.md#members, cloudify.md#tenant-users).

use super::call::{Call, Input};
use super::groups;
use super::refusal::{Outcome, Refusal, bad_parameters, conflict, not_found};
use super::release::{DELETED_OBJECT, TENANT_ROLES};
use super::route::{Need, Route, route};
use super::tenants::{Member, Shown, Tenant, shown};
use super::users::check_tenant_role;
use super::world::World;
use wire::{Method, Response};

/// The area's routes.
pub(crate) static ROUTES: &[Route] = &[
    route(Method::Put, "tenants/users", "tenant_add_user", Need::Admin, add_user).untenanted().premium(),
    route(Method::Patch, "tenants/users", "tenant_update_user", Need::Admin, change_user)
        .untenanted()
        .premium()
        .only(TENANT_ROLES),
    route(Method::Delete, "tenants/users", "tenant_remove_user", Need::Admin, remove_user).untenanted().premium(),
    route(Method::Put, "tenants/user-groups", "tenant_add_group", Need::Admin, add_group).untenanted().premium(),
    route(Method::Patch, "tenants/user-groups", "tenant_update_group", Need::Admin, change_group)
        .untenanted()
        .premium()
        .only(TENANT_ROLES),
    route(Method::Delete, "tenants/user-groups", "tenant_remove_group", Need::Admin, remove_group)
        .untenanted()
        .premium(),
    route(Method::Put, "user-groups/users", "user_group_add_user", Need::Admin, add_to_group).untenanted().premium(),
    route(Method::Delete, "user-groups/users", "user_group_remove_user", Need::Admin, remove_from_group)
        .untenanted()
        .premium(),
];

/// The sort of member of a tenant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sort {
    User,
    Group,
}

impl Sort {
    fn members(self, tenant: &mut Tenant) -> &mut Vec<Member> {
        match self {
            Sort::User => &mut tenant.users,
            Sort::Group => &mut tenant.groups,
        }
    }

    fn word(self) -> &'static str {
        match self {
            Sort::User => "User",
            Sort::Group => "Group",
        }
    }

    /// The member's name as created, from the body; it must exist.
    fn name(self, world: &World, input: &Input) -> Result<String, Refusal> {
        match self {
            Sort::User => Ok(world.user(input.required_text("username")?)?.username.clone()),
            Sort::Group => Ok(world.find_group(input.required_text("group_name")?)?.name.clone()),
        }
    }
}

/// The tenant role of a body: demanded from 4.2 on, an empty one means `user` in a PUT (cloudify.md#tenant-users).
fn role(call: &Call, input: &Input) -> Result<String, Refusal> {
    if !call.release.has(TENANT_ROLES) {
        return Ok("user".to_owned());
    }
    let role = input.required_text("role")?;
    if role.is_empty() {
        return Ok("user".to_owned());
    }
    check_tenant_role(call.release, role)?;
    Ok(role.to_owned())
}

fn tenant_mut<'w>(world: &'w mut World, name: &str) -> Result<&'w mut Tenant, Refusal> {
    world.tenant(name)?;
    let found = world.tenants.iter_mut().find(|tenant| tenant.name == name);
    found.ok_or_else(|| not_found(format!("no tenant `{name}`")))
}

fn add(world: &mut World, call: &Call, sort: Sort) -> Outcome {
    let input = call.json()?;
    let tenant = input.required_text("tenant_name")?;
    world.tenant(tenant)?;
    let role = role(call, &input)?;
    let name = sort.name(world, &input)?;
    let members = sort.members(tenant_mut(world, tenant)?);
    if members.iter().any(|member| member.name == name) {
        return Err(conflict(format!("{} `{name}` is already associated with tenant `{tenant}`", sort.word())));
    }
    members.push(Member { name, role });
    shown(world, call, 200, tenant, Shown::Written)
}

fn change(world: &mut World, call: &Call, sort: Sort) -> Outcome {
    let input = call.json()?;
    let tenant = input.required_text("tenant_name")?;
    world.tenant(tenant)?;
    let role = role(call, &input)?;
    let name = sort.name(world, &input)?;
    let members = sort.members(tenant_mut(world, tenant)?);
    let member = members.iter_mut().find(|member| member.name == name).ok_or_else(|| absent(sort, &name, tenant))?;
    member.role = role;
    shown(world, call, 200, tenant, Shown::Written)
}

fn remove(world: &mut World, call: &Call, sort: Sort) -> Outcome {
    let input = call.json()?;
    let tenant = input.required_text("tenant_name")?;
    world.tenant(tenant)?;
    let name = sort.name(world, &input)?;
    let members = sort.members(tenant_mut(world, tenant)?);
    let before = members.len();
    members.retain(|member| member.name != name);
    if members.len() == before {
        return Err(absent(sort, &name, tenant));
    }
    match call.release.has(DELETED_OBJECT) {
        true => shown(world, call, 200, tenant, Shown::Written),
        false => Ok(Response::empty(204)),
    }
}

fn absent(sort: Sort, name: &str, tenant: &str) -> Refusal {
    not_found(format!("{} `{name}` is not associated with tenant `{tenant}`", sort.word()))
}

fn add_user(world: &mut World, call: &Call) -> Outcome {
    add(world, call, Sort::User)
}

fn change_user(world: &mut World, call: &Call) -> Outcome {
    change(world, call, Sort::User)
}

fn remove_user(world: &mut World, call: &Call) -> Outcome {
    remove(world, call, Sort::User)
}

fn add_group(world: &mut World, call: &Call) -> Outcome {
    add(world, call, Sort::Group)
}

fn change_group(world: &mut World, call: &Call) -> Outcome {
    change(world, call, Sort::Group)
}

fn remove_group(world: &mut World, call: &Call) -> Outcome {
    remove(world, call, Sort::Group)
}

/// The group's and the user's name in a body, as created.
fn pair(world: &World, call: &Call) -> Result<(String, String), Refusal> {
    let input = call.json()?;
    let username = input.required_text("username")?;
    if username.is_empty() {
        return Err(bad_parameters("The `username` argument is empty"));
    }
    let user = world.user(username)?.username.clone();
    Ok((world.find_group(input.required_text("group_name")?)?.name.clone(), user))
}

fn add_to_group(world: &mut World, call: &Call) -> Outcome {
    let (group, user) = pair(world, call)?;
    let members = &mut world.find_group_mut(&group)?.members;
    if members.contains(&user) {
        return Err(conflict(format!("User `{user}` is already in group `{group}`")));
    }
    members.push(user);
    groups::shown(world, call, 200, &group)
}

fn remove_from_group(world: &mut World, call: &Call) -> Outcome {
    let (group, user) = pair(world, call)?;
    let members = &mut world.find_group_mut(&group)?.members;
    if !members.contains(&user) {
        return Err(not_found(format!("User `{user}` is not in group `{group}`")));
    }
    members.retain(|name| *name != user);
    match call.release.has(DELETED_OBJECT) {
        true => groups::shown(world, call, 200, &group),
        false => Ok(Response::empty(204)),
    }
}
