//! Sites, which deployments may name (cloudify.md#sites). In neither reference text.

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::call::{Call, Start, check_name};
use super::deployments::shown;
use super::fields::{
    Field, answer, answer_deleted, created_at, created_by, field, private_resource, resource_availability, tenant_name,
    visibility,
};
use super::list::list;
use super::refusal::{Outcome, Refusal, bad_parameters};
use super::release::SITES;
use super::route::{Need, Route, route};
use super::scope::{Meta, Scoped, asked, find, own, own_mut, refuse_taken, visible};
use super::world::World;
use wire::Method;

/// The area's routes.
pub(crate) static ROUTES: &[Route] = &[
    route(Method::Get, "sites", "site_list", Need::Read, all).only(SITES).v31(),
    route(Method::Get, "sites/{}", "site_get", Need::Read, one).only(SITES).v31(),
    route(Method::Put, "sites/{}", "site_create", Need::Build, create).only(SITES).v31(),
    route(Method::Delete, "sites/{}", "site_delete", Need::Build, delete).only(SITES).v31(),
    route(Method::Post, "deployments/{}/set-site", "deployment_set_site", Need::Operate, set_site).only(SITES).v31(),
];

/// A site; the head's id is its name.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Site {
    meta: Meta,
    location: Option<String>,
}

impl Scoped for Site {
    const KIND: &'static str = "Site";

    fn meta(&self) -> &Meta {
        &self.meta
    }

    fn meta_mut(&mut self) -> &mut Meta {
        &mut self.meta
    }
}

static FIELDS: &[Field<Site>] = &[
    field("name", |site, _| json!(site.meta.id)),
    field("location", |site, _| json!(site.location)),
    created_at(),
    visibility(),
    tenant_name(),
    created_by(),
    resource_availability(),
    private_resource(),
];

fn all(world: &mut World, call: &Call) -> Outcome {
    list(world, call, FIELDS, visible(&world.sites, call)?)
}

fn one(world: &mut World, call: &Call) -> Outcome {
    answer(world, call, 200, FIELDS, find(&world.sites, &call.viewer, call.id())?)
}

fn create(world: &mut World, call: &Call) -> Outcome {
    let name = call.id();
    check_name("name", name, Start::Letter)?;
    let input = call.optional_json()?;
    let visibility = asked(input.nullable_text("visibility")?, None)?;
    refuse_taken(&world.sites, name, &call.viewer.tenant)?;
    let meta = Meta::new(name, &call.viewer, world.now, visibility);
    world.sites.push(Site { meta, location: input.nullable_text("location")?.map(str::to_owned) });
    one(world, call)
}

fn delete(world: &mut World, call: &Call) -> Outcome {
    let at = own(&world.sites, &call.viewer, call.id())?;
    let site = world.sites.remove(at);
    for deployment in world.deployments.iter_mut().filter(|row| row.meta.tenant == site.meta.tenant) {
        deployment.site = deployment.site.take().filter(|name| *name != site.meta.id);
    }
    answer_deleted(world, call, FIELDS, &site)
}

fn set_site(world: &mut World, call: &Call) -> Outcome {
    let input = call.json()?;
    let detach = input.is_set("detach_site")?;
    let name = input.nullable_text("site_name")?;
    if name.is_some() == detach {
        return Err(bad_parameters(
            "Must provide either a `site_name` of a valid site or `detach_site` with true value",
        ));
    }
    if let Some(name) = name {
        world.site(call, name)?;
    }
    own_mut(&mut world.deployments, &call.viewer, call.id())?.site = name.map(str::to_owned);
    shown(world, call, 200, call.id())
}

impl World {
    /// A site by name, or the refusal.
    pub(crate) fn site(&self, call: &Call, name: &str) -> Result<&Site, Refusal> {
        find(&self.sites, &call.viewer, name)
    }
}
