//! Tenants: who owns what. Premium edition, and only for a `sys_admin` (sheet 2.1).
//!
//! Nothing about a tenant can be changed. The manager may purge what a removed tenant owned, so that each removal has to be
//! allowed. One tenant alone shows the message broker's password in clear: it is never read here.

use crate::providers::cloudify::shared::{NAMED, list, name};
use crate::spec::{Api, Body, Destroys, Identity, Kind, Reply, call};
use crate::wire::Method::{Delete, Post};

/// `tenants`.
pub static KIND: Kind = Kind {
    name: "tenants",
    doc: "Tenants, each with blueprints, plugins, secrets and deployments of its own",
    source: "Tenants; sheet 2.1",
    identity: Identity::Name("name"),
    fields: &[name("name", "Name of the tenant")],
    api: Api {
        list: list("/tenants?_sort=name"),
        create: &[call(Post, "/tenants/{name}", Body::None).reply(Reply::Object(""))],
        remove: &[call(Delete, "/tenants/{name}", Body::None)],
        ..NAMED
    },
    removal: Destroys::Everything,
    ..Kind::NEW
};

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::providers::cloudify::testing::shows;

    #[test]
    fn a_tenant_as_it_was_seen() {
        let live =
            json!({ "name": "beta1", "groups": 0, "users": 0, "user_roles": null, "rabbitmq_password": "<redacted>" });
        shows(&KIND, &live, &json!({ "name": "beta1" }));
        assert!(KIND.fields.iter().all(|field| !field.name.starts_with("rabbitmq")));
    }
}
