//! The content of a plugin instance's configuration files.
//!
//! Which files there are is said by the instance's `manager_config`; here they get their content. The list leaves it
//! out: it is read for each file, as bare text. Every write makes a new version
//! (vns3.md#plugin-instance-configurations).

use crate::spec::{Api, Body, CallSpec, Detail, Disruption, Envelope, Identity, Kind, List, Type, call, field, output};
use wire::Method::{Get, Put};

/// `plugin-instance-configurations`.
pub(crate) static KIND: Kind = Kind {
    name: "plugin-instance-configurations",
    doc: "The content of a plugin instance's configuration files",
    source: "GET /plugin-instances/{id}/configurations; vns3.md#plugin-instance-configurations",
    parent: Some("plugin-instances"),
    identity: Identity::Name("name"),
    fields: &[
        field("name", Type::Text, "Name of the file, as `manager_config` says it").required().fixed(),
        field("content", Type::Text, "The whole content").required().disrupts(Disruption::Restart),
        output("path", Type::Text, "Where the file is"),
        output("version", Type::Int, "Version of the content"),
    ],
    api: Api {
        list: List::at("/plugin-instances/{parent.id}/configurations", Envelope::Items("response")),
        details: &[Detail {
            read: call(Get, CONTENT, Body::None).reply(Envelope::One("response")),
            fields: &["content"],
            stamp: "version",
        }],
        id: "",
        create: &[WRITE],
        update: &[WRITE],
        ..super::super::API
    },
    ..Kind::NEW
};

const CONTENT: &str = "/plugin-instances/{parent.id}/configurations/{name}/content";

const WRITE: CallSpec = call(Put, CONTENT, Body::Json(r#"{"content": "{content}"}"#)).retry_on(super::STARTING);

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::providers::vns3::reading::listed;

    #[test]
    fn the_example_reply_reads() {
        let reply = json!({"response": [{
            "name": "HA Variables",
            "path": "/opt/hacontainer/conf/vars.yml",
            "version": 2,
            "created_at": "2021-01-28 22:40:30 UTC",
            "previous_versions": [
                {"version": 1, "path": "/opt/plugin-manager/backups/vars.1.yml", "created_at": "2021-01-28 22:40:30 UTC"}
            ]
        }]});
        let expected = json!({"name": "HA Variables", "path": "/opt/hacontainer/conf/vars.yml", "version": 2});
        assert_eq!(listed(&KIND, &reply), [expected]);
    }
}
