//! Programs that the controller can run: images installed from a URL.
//!
//! Installing is background work. What a plugin was made from, its command and its tags are not read back
//! (vns3.md#plugins).

use std::time::Duration;

use crate::spec::{Api, Body, Envelope, Field, Identity, Kind, List, Poll, Relation, Type, Until, call, field, output};
use wire::Method::{Delete, Post, Put};

/// `plugins`.
pub(crate) static KIND: Kind = Kind {
    name: "plugins",
    doc: "Programs that the controller can run, installed from a URL",
    source: "GET /plugins, POST /plugins; vns3.md#plugins",
    identity: Identity::Natural(&["name", "version"]),
    fields: &[
        field("name", Type::Text, "Name of the plugin").required().replaces(),
        field("version", Type::Text, "Version; name and version together are unique").default("\"1\"").replaces(),
        made_of("image_url", Type::Text, "URL of the image, a tar.gz").required(),
        super::DESCRIPTION,
        field("command", Type::Text, "What to run, unless the instance says it").write_only(),
        field("documentation_url", Type::Text, "Where its documentation is"),
        field("support_url", Type::Text, "Where its support is"),
        field("tags", Type::Map(&Type::Any), "Words attached to it").write_only(),
        field("catalog_id", Type::Text, "Id in the vendor's catalogue").replaces(),
        made_of("metadata", Type::Map(&Type::Any), "Further data about it"),
        output("status", Type::Text, "State of the installation"),
        output("tag_name", Type::Text, "Name and tag under which containers know it"),
        output("uuid", Type::Text, "Id of the image"),
    ],
    api: Api {
        list: List::at("/plugins", Envelope::Items("response")),
        create: &[call(Post, "/plugins", Body::Fields).reply(Envelope::One("response")).wait(&[INSTALLED])],
        update: &[call(Put, "/plugins/{id}", Body::Changed).reply(Envelope::One("response"))],
        remove: &[call(Delete, "/plugins/{id}", Body::None)],
        ..super::super::API
    },
    relations: &[
        super::LICENSED,
        super::KEYED,
        Relation::After("container-system", "plugins are installed while containers can run"),
    ],
    ..Kind::NEW
};

const fn made_of(name: &'static str, ty: Type, doc: &'static str) -> Field {
    field(name, ty, doc).write_only().replaces()
}

const INSTALLED: Poll = Poll {
    path: "/plugins/{id}",
    at: "response",
    until: Until::State { key: "status", done: &["ready"], failed: &["failed", "error"] },
    error: "status_msg",
    shows_object: true,
    // A large image is fetched and unpacked.
    budget: Duration::from_secs(1800),
    ..Poll::NEW
};

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::providers::vns3::reading::listed;

    #[test]
    fn the_example_reply_reads() {
        let reply = json!({"response": [{
            "id": 1,
            "name": "Suricata",
            "version": "1",
            "tag_name": "vns3local:Suricata",
            "status": "Ready",
            "status_msg": null,
            "import_id": "bb61ffb0",
            "created_at": "2021-01-28T22:29:45.808Z",
            "description": "",
            "url": "/api/plugins/1",
            "containers": {"id": 2, "status": "running"},
            "running_containers": 1
        }]});
        assert_eq!(
            listed(&KIND, &reply),
            [json!({
                "id": 1,
                "name": "Suricata",
                "version": "1",
                "tags": {},
                "metadata": {},
                "status": "Ready",
                "tag_name": "vns3local:Suricata"
            })]
        );
    }
}
