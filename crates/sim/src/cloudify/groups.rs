//! User groups (cloudify.md#user-groups).

use serde::{Deserialize, Serialize};
use serde_json::{Map, json};

use super::call::{Call, Start, check_name};
use super::fields::{Field, View, answer, answer_deleted, field};
use super::list::list;
use super::refusal::{Outcome, Refusal, bad_parameters, conflict, internal, no_such_named};
use super::release::{SET_VISIBILITY, SITES, TENANT_ROLES};
use super::route::{Need, Route, route};
use super::users::{check_system_role, system_roles};
use super::world::World;
use wire::Method;

/// The area's routes.
pub(crate) static ROUTES: &[Route] = &[
    route(Method::Get, "user-groups", "user_group_list", Need::Admin, all).untenanted().premium(),
    route(Method::Post, "user-groups", "user_group_create", Need::Admin, create).untenanted().premium(),
    route(Method::Get, "user-groups/{}", "user_group_get", Need::Admin, one).untenanted().premium(),
    route(Method::Post, "user-groups/{}", "user_group_update", Need::Admin, update)
        .untenanted()
        .premium()
        .only(SET_VISIBILITY),
    route(Method::Delete, "user-groups/{}", "user_group_delete", Need::Admin, delete).untenanted().premium(),
];

/// A group of users. Names compare without case.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Group {
    /// Its name, as created.
    pub name: String,
    ldap_dn: Option<String>,
    /// Its system role, which its members have too.
    pub role: String,
    /// The names of its users.
    pub members: Vec<String>,
}

static FIELDS: &[Field<Group>] = &[
    field("name", |group, _| json!(group.name)),
    field("ldap_dn", |group, _| json!(group.ldap_dn)),
    field("role", |group: &Group, _: &View| json!(group.role)).only(SITES),
    field("tenants", |group, view| {
        let tenants = || view.world.tenants_of(&group.name);
        match view.detail {
            false => json!(tenants().count()),
            true if view.world.release.has(TENANT_ROLES) => {
                tenants().map(|(tenant, role)| (tenant.to_owned(), json!(role))).collect::<Map<_, _>>().into()
            }
            true => tenants().map(|(tenant, _)| json!(tenant)).collect(),
        }
    }),
    field("users", |group, view| if view.detail { json!(group.members) } else { json!(group.members.len()) }),
];

/// Answers one group.
pub(crate) fn shown(world: &World, call: &Call, status: u16, name: &str) -> Outcome {
    answer(world, call, status, FIELDS, world.find_group(name)?)
}

fn all(world: &mut World, call: &Call) -> Outcome {
    list(world, call, FIELDS, world.groups.iter())
}

fn one(world: &mut World, call: &Call) -> Outcome {
    shown(world, call, 200, call.id())
}

fn create(world: &mut World, call: &Call) -> Outcome {
    let input = call.json()?;
    // Without a name the server fails instead of complaining (cloudify.md#user-groups).
    let name = input.text("group_name")?.ok_or_else(internal)?;
    check_name("group_name", name, Start::Letter)?;
    if name == "users" {
        return Err(bad_parameters(
            "'users' is not allowed as a user group name because it wouldn't be possible to remove it later due to a \
             conflict with the remove users from user group endpoint",
        ));
    }
    let role = input.nullable_text("role")?.unwrap_or(system_roles(call.release)[1]);
    check_system_role(call.release, role)?;
    let ldap_dn = input.nullable_text("ldap_group_dn")?.map(str::to_owned);
    if let Some(group) = world.group(name) {
        return Err(conflict(format!("Group already exists: {}", group.name)));
    }
    let same_dn =
        |group: &&Group| matches!((&group.ldap_dn, &ldap_dn), (Some(a), Some(b)) if a.eq_ignore_ascii_case(b));
    if let Some(group) = world.groups.iter().find(same_dn) {
        return Err(conflict(format!("LDAP group DN is already mapped to group: {}", group.name)));
    }
    world.groups.push(Group { name: name.to_owned(), ldap_dn, role: role.to_owned(), members: Vec::new() });
    shown(world, call, 201, name)
}

fn update(world: &mut World, call: &Call) -> Outcome {
    let input = call.json()?;
    let role = input.text("role")?.ok_or_else(|| bad_parameters("`role` not provided"))?;
    check_system_role(call.release, role)?;
    world.find_group_mut(call.id())?.role = role.to_owned();
    one(world, call)
}

fn delete(world: &mut World, call: &Call) -> Outcome {
    let group = world.find_group(call.id())?.clone();
    let (members, tenants) = (group.members.len(), world.tenants_of(&group.name).count());
    if members + tenants > 0 {
        return Err(conflict(format!(
            "Can not delete group `{}`: it has {members} member(s) and {tenants} tenant(s)",
            group.name
        )));
    }
    world.groups.retain(|row| row.name != group.name);
    answer_deleted(world, call, FIELDS, &group)
}

impl World {
    /// A group by name, if there is one.
    pub(crate) fn group(&self, name: &str) -> Option<&Group> {
        self.groups.iter().find(|group| group.name.eq_ignore_ascii_case(name))
    }

    /// A group by name, or the refusal.
    pub(crate) fn find_group(&self, name: &str) -> Result<&Group, Refusal> {
        self.group(name).ok_or_else(|| no_such_named("Group", "name", name))
    }

    /// A group by name, to change.
    pub(crate) fn find_group_mut(&mut self, name: &str) -> Result<&mut Group, Refusal> {
        let found = self.groups.iter_mut().find(|group| group.name.eq_ignore_ascii_case(name));
        found.ok_or_else(|| no_such_named("Group", "name", name))
    }

    /// The groups of a user.
    pub(crate) fn groups_of<'w>(&'w self, username: &'w str) -> impl Iterator<Item = &'w Group> {
        self.groups.iter().filter(move |group| group.members.iter().any(|name| name == username))
    }

    /// The tenants of a group, with its role in each.
    fn tenants_of<'w>(&'w self, group: &'w str) -> impl Iterator<Item = (&'w str, &'w str)> {
        self.tenants.iter().flat_map(move |tenant| {
            let members = tenant.groups.iter().filter(move |member| member.name == group);
            members.map(|member| (tenant.name.as_str(), member.role.as_str()))
        })
    }
}
