//! The routes as a table: verb and path, on which servers and under which API versions, and what a caller needs.

use super::refusal::{Outcome, Refusal, page};
use super::release::{ALWAYS, Edition, NEVER, Release, Span};
use super::world::World;
use super::{
    blueprints, call::Call, cluster, deployment_groups, deployments, environments, events, executions, filters, groups,
    maintenance, members, nodes, plugins, schedules, secrets, sites, snapshots, status, tenants, tokens, updates,
    users,
};
use wire::{Method, Request};

/// What a caller needs (cloudify.md#roles).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Need {
    /// No credentials.
    Nobody,
    /// Credentials.
    Login,
    /// Any role in the tenant.
    Read,
    /// A role that runs deployments: operations, user, manager.
    Operate,
    /// A role that builds: user, manager.
    Build,
    /// A system administrator.
    Admin,
}

/// Whether a request must name its tenant (cloudify.md#requests).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tenancy {
    /// It must.
    Required,
    /// It may.
    Optional,
}

/// How a route answers.
pub(crate) type Handler = fn(&mut World, &Call) -> Outcome;

/// One route.
pub(crate) struct Route {
    method: Method,
    path: &'static str,
    /// The permission's name, as refusals print it.
    pub action: &'static str,
    /// What a caller needs.
    pub need: Need,
    /// Whether the tenant must be named.
    pub tenancy: Tenancy,
    servers: Span,
    old_path: Span,
    /// The least edition that has more of it than a refusal.
    pub edition: Edition,
    /// The handler.
    pub run: Handler,
}

/// A route of a tenant's objects, on every server and under both API versions.
pub(crate) const fn route(method: Method, path: &'static str, action: &'static str, need: Need, run: Handler) -> Route {
    Route {
        method,
        path,
        action,
        need,
        tenancy: Tenancy::Required,
        servers: ALWAYS,
        old_path: ALWAYS,
        edition: Edition::Community,
        run,
    }
}

impl Route {
    /// The same route, only on the servers of a span.
    pub(crate) const fn only(self, servers: Span) -> Route {
        Route { servers, ..self }
    }

    /// The same route, under `/api/v3.1` only.
    pub(crate) const fn v31(self) -> Route {
        Route { old_path: NEVER, ..self }
    }

    /// The same route, under `/api/v3` on the servers of a span only.
    pub(crate) const fn v3_only(self, servers: Span) -> Route {
        Route { old_path: servers, ..self }
    }

    /// The same route, which is the premium edition's.
    pub(crate) const fn premium(self) -> Route {
        Route { edition: Edition::Premium, ..self }
    }

    /// The same route, for requests that need not name a tenant.
    pub(crate) const fn untenanted(self) -> Route {
        Route { tenancy: Tenancy::Optional, ..self }
    }
}

/// Every route, by area. Within an area literal paths stand before placeholders.
static AREAS: &[&[Route]] = &[
    status::ROUTES,
    tokens::ROUTES,
    maintenance::ROUTES,
    members::ROUTES,
    tenants::ROUTES,
    users::ROUTES,
    groups::ROUTES,
    secrets::ROUTES,
    blueprints::ROUTES,
    plugins::ROUTES,
    sites::ROUTES,
    filters::ROUTES,
    deployment_groups::ROUTES,
    schedules::ROUTES,
    deployments::ROUTES,
    environments::ROUTES,
    updates::ROUTES,
    executions::ROUTES,
    nodes::ROUTES,
    events::ROUTES,
    snapshots::ROUTES,
    cluster::ROUTES,
];

/// The route of a request and what its placeholders matched. An unknown path is 404, a known one with another verb 405,
/// both as HTML pages (cloudify.md#errors). `version` stands without an API version too (cloudify.md#requests).
pub(crate) fn find(request: &Request, release: Release) -> Result<(&'static Route, Vec<String>), Refusal> {
    let segments = request.segments();
    let (old_path, rest) = match segments.split_first() {
        Some((api, rest)) if api == "api" => match rest.split_first() {
            Some((version, rest)) if version == "v3.1" => (false, rest),
            Some((version, rest)) if version == "v3" => (true, rest),
            Some((resource, [])) if resource == "version" => (false, rest),
            _ => return Err(page(404)),
        },
        _ => return Err(page(404)),
    };
    let mut known = false;
    for route in AREAS.iter().flat_map(|area| area.iter()) {
        if !release.has(route.servers) || (old_path && !release.has(route.old_path)) {
            continue;
        }
        if let Some(arguments) = matched(route.path, rest) {
            if route.method == request.method {
                return Ok((route, arguments));
            }
            known = true;
        }
    }
    Err(page(if known { 405 } else { 404 }))
}

/// What the `{}` of a path match, if it matches.
fn matched(path: &str, segments: &[std::borrow::Cow<'_, str>]) -> Option<Vec<String>> {
    let mut arguments = Vec::new();
    let mut segments = segments.iter();
    for part in path.split('/') {
        let segment = segments.next()?;
        if part == "{}" {
            arguments.push(segment.to_string());
        } else if part != segment {
            return None;
        }
    }
    segments.next().is_none().then_some(arguments)
}
