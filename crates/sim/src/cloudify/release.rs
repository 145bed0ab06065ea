//! Differences of releases: what came and went with versions (cloudify.md#versions), as a table of spans.
//!
//! A handler never compares versions. It asks whether the release lies in a named span, and the span stands here with
//! the line of that table that it comes from.

use serde::{Deserialize, Serialize};

use super::Product;

/// A server version: major, minor, patch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Version(pub u16, pub u16, pub u16);

/// The versions from the first up to, and without, the second.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Span(Version, Version);

const FIRST: Version = Version(0, 0, 0);
const END: Version = Version(u16::MAX, 0, 0);

/// Every release.
pub(crate) const ALWAYS: Span = Span(FIRST, END);
/// No release.
pub(crate) const NEVER: Span = Span(END, END);

/// The releases from that version on.
pub(crate) const fn from(major: u16, minor: u16, patch: u16) -> Span {
    Span(Version(major, minor, patch), END)
}

/// The releases before that version.
pub(crate) const fn before(major: u16, minor: u16, patch: u16) -> Span {
    Span(FIRST, Version(major, minor, patch))
}

const fn between(first: Version, end: Version) -> Span {
    Span(first, end)
}

/// System roles are `admin` and `user`; a wrong or missing tenant is 401; memberships have no role.
pub(crate) const BEFORE_TENANT_ROLES: Span = before(4, 2, 0);
/// Memberships carry a role, which `PATCH` changes.
pub(crate) const TENANT_ROLES: Span = from(4, 2, 0);
/// `PATCH …/set-global` exists.
pub(crate) const SET_GLOBAL: Span = between(Version(4, 2, 0), Version(7, 0, 0));
/// Objects have a `visibility`; before, only `private_resource`.
pub(crate) const VISIBILITY: Span = from(4, 2, 0);
/// `PATCH …/set-visibility` exists; `update_if_exists`; roles of groups.
pub(crate) const SET_VISIBILITY: Span = from(4, 3, 0);
/// A plugin may be a zip of a wagon and its document (cloudify.md#plugins); before, a wagon alone.
pub(crate) const ZIPPED_PLUGINS: Span = from(4, 3, 0);
/// Secrets are encrypted at rest and in write answers; `is_hidden_value`.
pub(crate) const ENCRYPTED_SECRETS: Span = from(4, 4, 0);
/// `kill` of an execution, `dry_run`.
pub(crate) const KILL: Span = from(4, 4, 0);
/// `_get_all_results` lifts paging.
pub(crate) const ALL_RESULTS: Span = from(4, 4, 0);
/// At most 1000 rows an answer; an unpaged answer says `size: 0`; a lone `_offset` is an empty page.
pub(crate) const CAPPED_PAGES: Span = before(4, 5, 5);
/// Without `_sort` no order can be relied on.
pub(crate) const UNSTABLE_ORDER: Span = before(5, 0, 0);
/// `queue`, `started_at` of executions.
pub(crate) const QUEUE: Span = from(4, 5, 0);
/// `capabilities`, `resume`, `scheduled_time`.
pub(crate) const CAPABILITIES: Span = from(4, 5, 5);
/// `/cluster` and `/cluster/nodes` exist.
pub(crate) const CLUSTER: Span = before(5, 0, 5);
/// `/managers` exists, in place of the cluster.
pub(crate) const MANAGERS: Span = from(5, 0, 5);
/// `GET /status` says `running` and lists systemd services, under `/api/v3` too.
pub(crate) const SYSTEMD_STATUS: Span = before(5, 0, 5);
/// Sites, `preview` of updates.
pub(crate) const SITES: Span = from(5, 0, 0);
/// Groups of deployments, filters of two sorts, and schedules of a deployment, under the paths that they have now.
pub(crate) const GROUPS: Span = from(6, 0, 0);
/// Error bodies carry the traceback as a string; after, null.
pub(crate) const TRACEBACKS: Span = before(5, 0, 0);
/// DELETE answers 200 and the object; after, 204. Deployments go at once; after, in the background.
pub(crate) const DELETED_OBJECT: Span = before(5, 1, 0);
/// Deployments know who reads their capabilities, and are neither updated nor uninstalled under them.
pub(crate) const DEPENDENTS: Span = from(5, 1, 0);
/// Lists say `filtered` beside `pagination`.
pub(crate) const FILTERED: Span = from(5, 1, 0);
/// Deployments have labels.
pub(crate) const LABELS: Span = from(5, 1, 1);
/// Blueprints have `state` and are parsed by a workflow; `async_upload`; `latest_execution_status`.
pub(crate) const UPLOAD_STATES: Span = from(5, 2, 0);
/// A deployment PUT waits for the environment unless `async_create`; before, it never waits.
pub(crate) const WAITS_FOR_ENVIRONMENT: Span = from(6, 0, 0);
/// `installation_status`, `deployment_status`, `display_name`, operation counters, blueprint labels.
pub(crate) const STATUSES: Span = from(6, 0, 0);
/// A deployment update starts with `PUT …/initiate`.
pub(crate) const UPDATE_BY_PUT: Span = between(Version(4, 4, 0), Version(7, 0, 0));
/// A deployment update starts with `POST …/initiate`.
pub(crate) const UPDATE_BY_POST: Span = from(6, 2, 0);
/// `POST …/initiate` is the older form that uploads an archive.
pub(crate) const UPDATE_BY_ARCHIVE: Span = before(6, 2, 0);
/// One active update a deployment, and one of `blueprint_id` and `inputs` is demanded.
pub(crate) const SINGLE_UPDATE: Span = before(5, 0, 0);
/// Updates pass through `executing_workflow` and `finalizing`; after, from `updating` straight to the end.
pub(crate) const UPDATE_STAGES: Span = before(7, 0, 0);
/// `POST /tokens` makes tokens and `GET /tokens` lists them masked; before, GET answers the one token.
pub(crate) const TOKEN_LIST: Span = from(6, 4, 0);
/// Availability rules of workflows; drift fields.
pub(crate) const AVAILABILITY: Span = from(6, 4, 0);
/// The 7.x front end: validation errors without `server_traceback`, 413 for form bodies, multipart uploads.
pub(crate) const SEVENTH: Span = from(7, 0, 0);

/// The words that one brand prints differently.
#[derive(Debug)]
pub(crate) struct Brand {
    /// The name of the product in the maintenance refusal.
    pub manager: &'static str,
    /// The `type` of an event.
    pub event: &'static str,
    /// The `type` of a log line.
    pub log: &'static str,
    /// The start of operation names.
    pub interfaces: &'static str,
    /// The name of the product's database, as snapshots print it.
    pub database: &'static str,
}

/// Cloudify Manager.
pub(crate) static CLOUDIFY: Brand = Brand {
    manager: "Cloudify manager",
    event: "cloudify_event",
    log: "cloudify_log",
    interfaces: "cloudify.interfaces",
    database: "cloudify_db",
};

/// F5 VNF Manager, a rebrand of Cloudify 4.5 (cloudify.md#f5-vnf-manager).
pub(crate) static F5_VNFM: Brand = Brand {
    manager: "F5 VNF manager",
    event: "F5_VNF_event",
    log: "F5_VNF_log",
    interfaces: "F5_VNF.interfaces",
    database: "F5 VNF_db",
};

/// An edition: what one has, the later ones have too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Edition {
    /// Without multi-tenancy.
    Community,
    /// Everything.
    #[default]
    Premium,
}

/// A product at a version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Release {
    /// Whose texts it prints.
    pub product: Product,
    /// What it behaves like.
    pub version: Version,
    /// What of it there is.
    #[serde(default)]
    pub edition: Edition,
}

impl Release {
    /// The release that a setup asks for, such as `7.1` or `7.1-community`; what cannot be read is the product's default.
    pub(crate) fn read(product: Product, version: Option<&str>) -> Release {
        let default = match product {
            Product::Cloudify => Version(7, 1, 0),
            Product::F5Vnfm => Version(4, 5, 0),
        };
        // F5's own numbers are not on Cloudify's line: every version of it behaves like 4.5.
        let asked = version.filter(|_| product == Product::Cloudify);
        let community = asked.and_then(|version| version.strip_suffix("-community"));
        let edition = if community.is_some() { Edition::Community } else { Edition::Premium };
        Release { product, version: community.or(asked).and_then(parse).unwrap_or(default), edition }
    }

    /// Says whether the release lies in a span.
    pub(crate) fn has(self, span: Span) -> bool {
        self.version >= span.0 && self.version < span.1
    }

    /// What the product prints differently.
    pub(crate) fn brand(self) -> &'static Brand {
        match self.product {
            Product::Cloudify => &CLOUDIFY,
            Product::F5Vnfm => &F5_VNFM,
        }
    }

    /// The version as `GET /version` answers it.
    pub(crate) fn printed(self) -> String {
        match self.product {
            Product::Cloudify => format!("{}.{}.{}", self.version.0, self.version.1, self.version.2),
            Product::F5Vnfm => "1.0".to_owned(),
        }
    }
}

fn parse(text: &str) -> Option<Version> {
    let mut parts = text.split('.').map(|part| part.parse().ok());
    Some(Version(parts.next()??, parts.next().unwrap_or(Some(0))?, parts.next().unwrap_or(Some(0))?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_release_is_read_and_lies_in_spans() {
        let old = Release::read(Product::Cloudify, Some("4.5"));
        assert!(old.has(CAPPED_PAGES) && old.has(CLUSTER) && old.has(QUEUE) && !old.has(CAPABILITIES));
        let new = Release::read(Product::Cloudify, None);
        assert_eq!(new.printed(), "7.1.0");
        assert!(new.has(UPDATE_BY_POST) && !new.has(UPDATE_BY_PUT) && !new.has(NEVER) && new.has(ALWAYS));
        let vnfm = Release::read(Product::F5Vnfm, Some("1.0"));
        assert_eq!((vnfm.printed().as_str(), vnfm.version), ("1.0", Version(4, 5, 0)));
        assert_eq!(Release::read(Product::Cloudify, Some("seven")).version, Version(7, 1, 0));
        let free = Release::read(Product::Cloudify, Some("6.4-community"));
        assert_eq!((free.version, free.edition), (Version(6, 4, 0), Edition::Community));
        assert_eq!(new.edition, Edition::Premium);
    }
}
