//! Plugins (cloudify.md#plugins).

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::archives::{Bytes, Format, Tree};
use super::call::Call;
use super::dsl::{Flaw, Import, invalid};
use super::fields::{
    Field, View, answer, answer_deleted, created_by, field, null, private_resource, resource_availability, tenant_name,
    visibility,
};
use super::list::list;
use super::made_up::stamp;
use super::plans::Required;
use super::refusal::{Outcome, Refusal, bad_parameters, bad_request, in_use, internal, not_found};
use super::release::{Release, SET_GLOBAL, SET_VISIBILITY, SEVENTH, ZIPPED_PLUGINS};
use super::route::{Need, Route, route};
use super::scope::{Meta, Scoped, Visibility, WIDER, asked, find, own, refuse_global, taken, target, visible, widen};
use super::world::World;
use wire::{Method, Response};

/// The area's routes.
pub(crate) static ROUTES: &[Route] = &[
    route(Method::Get, "plugins", "plugin_list", Need::Read, all),
    route(Method::Post, "plugins", "plugin_upload", Need::Build, upload),
    route(Method::Get, "plugins/{}", "plugin_get", Need::Read, one),
    route(Method::Delete, "plugins/{}", "plugin_delete", Need::Build, delete),
    route(Method::Get, "plugins/{}/archive", "plugin_download", Need::Read, download),
    route(Method::Get, "plugins/{}/yaml", "plugin_download", Need::Read, yaml).only(SEVENTH).v31(),
    route(Method::Patch, "plugins/{}/set-global", "resource_set_global", Need::Build, set_global).only(SET_GLOBAL),
    route(Method::Patch, "plugins/{}/set-visibility", "resource_set_visibility", Need::Build, set_visibility)
        .only(SET_VISIBILITY)
        .v31(),
];

/// A plugin. Its natural key is package, version and archive name; its id is random.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Plugin {
    /// Its head.
    pub meta: Meta,
    /// The wagon's own description.
    package: Value,
    title: Option<String>,
    /// The inner wagon, which is what a download gives.
    wagon: Bytes,
    /// The `plugin.yaml` that came with it.
    document: Option<String>,
}

impl Plugin {
    fn text(&self, key: &str) -> &str {
        self.package[key].as_str().unwrap_or_default()
    }
}

impl Scoped for Plugin {
    const KIND: &'static str = "Plugin";

    fn meta(&self) -> &Meta {
        &self.meta
    }

    fn meta_mut(&mut self) -> &mut Meta {
        &mut self.meta
    }
}

/// The build server's distribution, as the wagon says it.
fn built_on(plugin: &Plugin, key: &str) -> Value {
    plugin.package["build_server_os_properties"][key].clone()
}

static FIELDS: &[Field<Plugin>] = &[
    field("id", |plugin, _| json!(plugin.meta.id)),
    visibility(),
    field("archive_name", |plugin, _| plugin.package["archive_name"].clone()),
    field("distribution", |plugin, _| built_on(plugin, "distribution")),
    field("distribution_release", |plugin, _| built_on(plugin, "distribution_release")),
    field("distribution_version", |plugin, _| built_on(plugin, "distribution_version")),
    null::<Plugin>("excluded_wheels_p").only(SEVENTH),
    field("excluded_wheels", |plugin, _| plugin.package["excluded_wheels"].clone()),
    field("package_name", |plugin, _| plugin.package["package_name"].clone()),
    field("package_source", |plugin, _| plugin.package["package_source"].clone()),
    field("package_version", |plugin, _| plugin.package["package_version"].clone()),
    field("supported_platform", |plugin, _| plugin.package["supported_platform"].clone()),
    field("supported_py_versions", |plugin, _| plugin.package["supported_python_versions"].clone()),
    field("uploaded_at", |plugin, _| json!(stamp(plugin.meta.created_at))),
    field("wheels", |plugin, _| plugin.package["wheels"].clone()),
    field("title", |plugin: &Plugin, _: &View| json!(plugin.title)).only(SEVENTH),
    null::<Plugin>("file_server_path").unfiltered().only(SEVENTH),
    field("yaml_files_paths", |plugin: &Plugin, _: &View| match plugin.document {
        Some(_) => json!([format!("plugins/{}/plugin.yaml", plugin.meta.id)]),
        None => json!([]),
    })
    .unfiltered()
    .only(SEVENTH),
    field("installation_state", |_: &Plugin, _: &View| json!([])).unfiltered().only(SEVENTH),
    tenant_name(),
    created_by(),
    resource_availability(),
    private_resource(),
];

fn all(world: &mut World, call: &Call) -> Outcome {
    list(world, call, FIELDS, visible(&world.plugins, call)?)
}

fn one(world: &mut World, call: &Call) -> Outcome {
    answer(world, call, 200, FIELDS, find(&world.plugins, &call.viewer, call.id())?)
}

fn not_a_plugin() -> Refusal {
    bad_request("invalid_plugin_error", "input can be only a wagon or a zip file.")
}

/// A wagon's `package.json`: it stands in the one directory of a tar.gz or, as wagon makes them by default, of a zip.
fn package(wagon: &[u8]) -> Option<Value> {
    Format::of(wagon).filter(|format| matches!(format, Format::TarGz | Format::Zip))?;
    let tree = Tree::read(wagon)?;
    let package = tree.file(&format!("{}/package.json", tree.root()?))?;
    serde_json::from_slice(package).ok()
}

/// An upload taken apart: the wagon, its description, and the `plugin.yaml` that came with it in a zip. Both stand at the
/// zip's top. From 7.0 on it may hold a document for each version of the DSL (the manager's upload of plugins).
fn take_apart(bytes: &[u8], release: Release) -> Result<(Vec<u8>, Value, Option<String>), Refusal> {
    let bare = package(bytes);
    if Format::of(bytes) != Some(Format::Zip) || bare.is_some() {
        return bare.map(|package| (bytes.to_vec(), package, None)).ok_or_else(not_a_plugin);
    }
    if !release.has(ZIPPED_PLUGINS) {
        return Err(bad_request("invalid_plugin_error", "The provided wagon archive can not be read."));
    }
    let tree = Tree::read(bytes).ok_or_else(not_a_plugin)?;
    let at_the_top = |ending: &str| {
        let is_one = |path: &str| !path.contains('/') && !path.starts_with('.') && path.ends_with(ending);
        tree.files().filter(|(path, _)| is_one(path)).collect::<Vec<_>>()
    };
    let (wagons, documents) = (at_the_top(".wgn"), at_the_top(".yaml"));
    let several = release.has(SEVENTH);
    match (wagons.as_slice(), documents.as_slice()) {
        ([(_, wagon)], [(_, first), others @ ..]) if several || others.is_empty() => {
            let own = documents.iter().find(|(path, _)| path.to_lowercase().contains("plugin."));
            let document = String::from_utf8_lossy(own.map_or(first, |(_, bytes)| bytes)).into_owned();
            Ok((wagon.to_vec(), package(wagon).ok_or_else(not_a_plugin)?, Some(document)))
        }
        _ => {
            let yaml = if several { "at least one" } else { "one" };
            let text = format!("Archive must include one wgn file and {yaml} yaml file");
            Err(bad_request("invalid_plugin_error", text))
        }
    }
}

fn upload(world: &mut World, call: &Call) -> Outcome {
    let visibility = asked(
        call.argument("visibility"),
        call.argument("private_resource").map(|_| call.flag("private_resource")).transpose()?,
    )?;
    if call.argument("plugin_archive_url").is_some() {
        let text = "Failed downloading the plugin from the url: Connection refused";
        return Err(bad_parameters(text));
    }
    if call.bytes().is_empty() {
        return Err(internal());
    }
    let (wagon, package, document) = take_apart(call.bytes(), world.release)?;
    let id = world.source.uuid();
    let tenant = &call.viewer.tenant;
    let same = |row: &&Plugin| {
        row.package["package_name"] == package["package_name"] && row.package["archive_name"] == package["archive_name"]
    };
    let reachable = |row: &&Plugin| row.meta.tenant == *tenant || row.meta.visibility == Visibility::Global;
    if world.plugins.iter().filter(same).any(|row| reachable(&row)) {
        // The message names the id that the new one would have had (cloudify.md#plugins).
        return Err(taken::<Plugin>(&id, tenant));
    }
    if visibility == Visibility::Global {
        refuse_global(&world.plugins, &call.viewer, &id)?;
    }
    let title =
        call.argument("title").map(str::to_owned).or_else(|| package["package_name"].as_str().map(str::to_owned));
    let meta = Meta::new(&id, &call.viewer, world.now, visibility);
    let plugin = Plugin { meta, package, title, wagon: Bytes(wagon), document };
    world.plugins.push(plugin.clone());
    answer(world, call, 201, FIELDS, &plugin)
}

fn download(world: &mut World, call: &Call) -> Outcome {
    let plugin = find(&world.plugins, &call.viewer, call.id())?;
    let name = format!("attachment; filename=\"{}\"", plugin.text("archive_name"));
    let mut response = Response::empty(200).header("Content-Type", "application/octet-stream");
    response.body = plugin.wagon.0.clone();
    Ok(response.header("Content-Disposition", name))
}

fn yaml(world: &mut World, call: &Call) -> Outcome {
    let plugin = find(&world.plugins, &call.viewer, call.id())?;
    let document = plugin.document.clone().ok_or_else(|| not_found(""))?;
    Ok(Response::text(200, "application/octet-stream", document))
}

/// The JSON body is mandatory, even an empty one (cloudify.md#requests).
fn delete(world: &mut World, call: &Call) -> Outcome {
    let force = call.json()?.is_set("force")?;
    let at = own(&world.plugins, &call.viewer, call.id())?;
    world.refuse_beside_system()?;
    let plugin = world.plugins.get(at).ok_or_else(internal)?;
    let (kind, users) = world.users_of_plugin(plugin);
    if !force && !users.is_empty() {
        return Err(in_use(
            "plugin_in_use",
            format!(
                "Plugin \"{}\" is currently in use in {kind}: {}. You can \"force\" plugin removal if needed.",
                plugin.meta.id,
                users.join(", ")
            ),
        ));
    }
    let plugin = world.plugins.remove(at);
    answer_deleted(world, call, FIELDS, &plugin)
}

fn set_global(world: &mut World, call: &Call) -> Outcome {
    widen(&mut world.plugins, &call.viewer, call.id(), Visibility::Global, world.now)?;
    one(world, call)
}

fn set_visibility(world: &mut World, call: &Call) -> Outcome {
    let wanted = target(&call.json()?, WIDER)?;
    widen(&mut world.plugins, &call.viewer, call.id(), wanted, world.now)?;
    one(world, call)
}

impl World {
    fn has_plugin(&self, tenant: &str, wanted: &Required) -> bool {
        self.plugins.iter().any(|plugin| {
            (plugin.meta.tenant == tenant || plugin.meta.visibility == Visibility::Global)
                && plugin.text("package_name") == wanted.package_name
                && wanted.package_version.as_deref().is_none_or(|version| plugin.text("package_version") == version)
        })
    }

    /// Refuses a deployment whose plugins are not there.
    pub(crate) fn check_plugins(&self, tenant: &str, plugins: &[Required]) -> Result<(), Refusal> {
        match plugins.iter().find(|wanted| !self.has_plugin(tenant, wanted)) {
            None => Ok(()),
            Some(missing) => Err(bad_request(
                "deployment_plugin_not_found",
                format!(
                    "Required plugin {}, version {} is not installed on the manager",
                    missing.package_name,
                    missing.package_version.as_deref().unwrap_or("None")
                ),
            )),
        }
    }

    /// Who uses a plugin: blueprints on 7.x, deployments before (cloudify.md#plugins).
    fn users_of_plugin(&self, plugin: &Plugin) -> (&'static str, Vec<String>) {
        let within = |meta: &Meta| meta.tenant == plugin.meta.tenant || plugin.meta.visibility == Visibility::Global;
        let needs = |plugins: &[Required]| {
            plugins.iter().any(|wanted| {
                wanted.package_name == plugin.text("package_name")
                    && wanted.package_version.as_deref() == Some(plugin.text("package_version"))
            })
        };
        let blueprints = self.blueprints.iter().filter(|row| within(&row.meta) && needs(&row.plan.plugins));
        if self.release.has(SEVENTH) {
            return ("blueprints", blueprints.map(|row| row.meta.id.clone()).collect());
        }
        let used: Vec<&Meta> = blueprints.map(|row| &row.meta).collect();
        let deployments = self.deployments.iter().filter(|row| used.iter().any(|blueprint| row.uses(blueprint)));
        ("deployments", deployments.map(|row| row.meta().id.clone()).collect())
    }

    /// What `plugin:<name>[?version=…]` imports. A bare wagon has nothing to import (cloudify.md#plugins).
    pub(crate) fn plugin_document(&self, tenant: &str, import: &str) -> Import {
        let (name, query) = import.split_once('?').unwrap_or((import, ""));
        let version = query.split('&').find_map(|pair| pair.strip_prefix("version="));
        let version = version
            .map(|version| version.trim_start_matches("=="))
            .filter(|version| version.starts_with(|c: char| c.is_ascii_digit()));
        let found = self.plugins.iter().rev().find(|plugin| {
            (plugin.meta.tenant == tenant || plugin.meta.visibility == Visibility::Global)
                && plugin.text("package_name") == name
                && version.is_none_or(|version| plugin.text("package_version") == version)
        });
        match found {
            None => Import::Missing(invalid(format!("Plugin `{import}` was not found"))),
            Some(Plugin { document: Some(document), .. }) => Import::Document(document.clone()),
            Some(plugin) => Import::Missing(Flaw::Unreadable(format!(
                "Failed parsing blueprint - 403: 403: b'<html>' [/api/v3.1/plugins/{}/yaml]",
                plugin.meta.id
            ))),
        }
    }
}
