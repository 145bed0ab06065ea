//! Sites, which deployments may name (cloudify.md#sites). In neither reference text.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::call::{Call, Input, Start, check_name};
use super::deployments::{Deployment, shown};
use super::fields::{
    Field, View, answer, answer_deleted, created_at, created_by, field, private_resource, resource_availability,
    tenant_name, visibility,
};
use super::list::list;
use super::refusal::{Outcome, Refusal, bad_parameters, conflict, illegal_action, internal};
use super::release::SITES;
use super::route::{Need, Route, route};
use super::scope::{Meta, Scoped, Visibility, asked, find, own, own_mut, refuse_global, refuse_taken, visible, widen};
use super::world::World;
use wire::Method;

/// The area's routes.
pub(crate) static ROUTES: &[Route] = &[
    route(Method::Get, "sites", "site_list", Need::Read, all).only(SITES).v31(),
    route(Method::Get, "sites/{}", "site_get", Need::Read, one).only(SITES).v31(),
    route(Method::Put, "sites/{}", "site_create", Need::Build, create).only(SITES).v31(),
    route(Method::Post, "sites/{}", "site_update", Need::Build, update).only(SITES).v31(),
    route(Method::Delete, "sites/{}", "site_delete", Need::Build, delete).only(SITES).v31(),
    route(Method::Post, "deployments/{}/set-site", "deployment_set_site", Need::Operate, set_site).only(SITES).v31(),
];

/// A site; the head's id is its name.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Site {
    meta: Meta,
    /// Latitude and longitude.
    #[serde(default)]
    place: Option<(f64, f64)>,
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
    created_at(),
    visibility(),
    field("name", |site, _| json!(site.meta.id)),
    field("latitude", |site, _| json!(site.place.map(|(latitude, _)| latitude))),
    field("longitude", |site, _| json!(site.place.map(|(_, longitude)| longitude))),
    tenant_name(),
    created_by(),
    resource_availability(),
    private_resource(),
    field("location", |site: &Site, _: &View| match site.place {
        Some((latitude, longitude)) => json!(format!("{}, {}", json!(latitude), json!(longitude))),
        None => Value::Null,
    })
    .unfiltered(),
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
    let input = call.json()?;
    let visibility = asked(input.nullable_text("visibility")?, None)?;
    let place = place(&input)?.unwrap_or(None);
    refuse_taken(&world.sites, name, &call.viewer.tenant)?;
    if visibility == Visibility::Global {
        refuse_global(&world.sites, &call.viewer, name)?;
    }
    world.sites.push(Site { meta: Meta::new(name, &call.viewer, world.now, visibility), place });
    one(world, call)
}

fn update(world: &mut World, call: &Call) -> Outcome {
    check_name("name", call.id(), Start::Letter)?;
    let input = call.json()?;
    let wanted = input.nullable_text("visibility")?.map(|word| asked(Some(word), None)).transpose()?;
    let place = place(&input)?;
    let new_name = input.text("new_name")?.filter(|name| !name.is_empty() && *name != call.id());
    if let Some(name) = new_name {
        check_name("new_name", name, Start::Letter)?;
        if find(&world.sites, &call.viewer, name).is_ok() {
            return Err(conflict(format!(
                "Invalid new name `{name}`, it already exists on <Tenant name=`{}`> or with global visibility",
                call.viewer.tenant
            )));
        }
    }
    if let Some(wanted) = wanted {
        widen(&mut world.sites, &call.viewer, call.id(), wanted, world.now)?;
    }
    let at = own(&world.sites, &call.viewer, call.id())?;
    let site = world.sites.get_mut(at).ok_or_else(internal)?;
    site.place = place.unwrap_or(site.place);
    if let Some(name) = new_name {
        let (tenant, old) = (site.meta.tenant.clone(), std::mem::replace(&mut site.meta.id, name.to_owned()));
        let there = |row: &&mut Deployment| row.meta.tenant == tenant && row.site.as_ref() == Some(&old);
        world.deployments.iter_mut().filter(there).for_each(|row| row.site = Some(name.to_owned()));
    }
    let site = world.sites.get(at).ok_or_else(internal)?;
    answer(world, call, 200, FIELDS, site)
}

/// The place that a body gives: none where the text is empty, nothing where there is no text.
fn place(input: &Input) -> Result<Option<Option<(f64, f64)>>, Refusal> {
    let text = match input.get("location") {
        None => return Ok(None),
        Some(Value::String(text)) => text,
        Some(other) => {
            return Err(bad_parameters(format!(
                "location parameter is expected to be of type str but is of type {}",
                if other.is_null() { "NoneType" } else { "int" }
            )));
        }
    };
    if text.is_empty() {
        return Ok(Some(None));
    }
    let Some((latitude, longitude)) = text.split_once(',') else {
        return Err(bad_parameters(format!(
            "Invalid location `{text}`, the format is expected to be \"latitude,longitude\" such as \
             \"32.071072,34.787274\""
        )));
    };
    let (Ok(latitude), Ok(longitude)) = (latitude.trim().parse::<f64>(), longitude.trim().parse::<f64>()) else {
        return Err(bad_parameters(format!(
            "Invalid location `{text}`, the latitude and longitude are expected to be of type float"
        )));
    };
    if !((-90.0..=90.0).contains(&latitude) && (-180.0..=180.0).contains(&longitude)) {
        return Err(bad_parameters(format!(
            "Invalid location `{text}`. The latitude must be a number between -90 and 90 and the longitude between \
             -180 and 180"
        )));
    }
    Ok(Some(Some((latitude, longitude))))
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
    let visibility = find(&world.deployments, &call.viewer, call.id())?.meta.visibility;
    if let Some(name) = name {
        check_name("site_name", name, Start::Letter)?;
        world.site(call, name)?.check_shown(call.id(), visibility)?;
    }
    if name.is_some() == detach {
        return Err(bad_parameters(
            "Must provide either a `site_name` of a valid site or `detach_site` with true value",
        ));
    }
    own_mut(&mut world.deployments, &call.viewer, call.id())?.site = name.map(str::to_owned);
    shown(world, call, 200, call.id())
}

impl Site {
    /// Refuses a deployment that more people see than the site.
    pub(crate) fn check_shown(&self, deployment: &str, visibility: Visibility) -> Result<(), Refusal> {
        if visibility <= self.meta.visibility {
            return Ok(());
        }
        let word = |visibility: Visibility| json!(visibility).as_str().unwrap_or_default().to_owned();
        Err(illegal_action(format!(
            "The visibility of deployment `{deployment}`: `{}` can't be wider than the visibility of it's site `{}`: `{}`",
            word(visibility),
            self.meta.id,
            word(self.meta.visibility)
        )))
    }
}

impl World {
    /// A site by name, or the refusal.
    pub(crate) fn site(&self, call: &Call, name: &str) -> Result<&Site, Refusal> {
        find(&self.sites, &call.viewer, name)
    }
}
