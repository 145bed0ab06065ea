//! Containers; the older view of `plugin-instances`.
//!
//! Docker gives them names of its own and their ids are new with each start: what tells one from another is the
//! address, so that has to be declared. What it was started with is not compared with a reply (vns3.md#containers).

use serde_json::Value;

use crate::spec::{
    Api, Body, CallSpec, Condition, Disruption, Envelope, Field, Identity, Kind, List, Relation, Type, call, field,
    output,
};
use wire::Method::{Delete, Post, Put};

/// `containers`.
pub(crate) static KIND: Kind = Kind {
    name: "containers",
    doc: "Containers that run; the older view of `plugin-instances`",
    source: "GET /container_system/containers, POST /container_system/containers; vns3.md#containers",
    identity: Identity::Natural(&["ipaddress"]),
    fields: &[
        field("ipaddress", Type::IP, "Address in the containers' network, which tells one container from another")
            .required()
            .replaces()
            .disrupts(Disruption::Outage),
        started_with("name", Type::Text, "Name of the container").required(),
        started_with("image_uuid", Type::Ref("container-images"), "Image that it runs").required(),
        started_with("command", Type::Text, "What to run").required(),
        started_with("description", Type::Text, "Free text"),
        started_with("environment", Type::Text, "Environment variables"),
        field("running", Type::Bool, "It runs").default("true").switch(&START, &STOP).disrupts(Disruption::Outage),
        output("uuid", Type::Text, "Id of the container"),
    ],
    api: Api {
        list: List::at("/container_system/containers", Envelope::Items("response.containers")),
        id: "uuid",
        aliases: &["ipaddress"],
        create: &[call(Post, "/container_system/containers", Body::Fields)],
        remove: &[call(Delete, "/container_system/containers/{id}", Body::None)],
        ..super::super::API
    },
    relations: &[
        super::LICENSED,
        super::KEYED,
        Relation::After("container-system", "containers are started in the network that it has, while it runs"),
        Relation::OlderViewOf("plugin-instances"),
    ],
    read: Some(as_written),
    carries_traffic: Some(Condition::ALWAYS),
    ..Kind::NEW
};

static START: CallSpec = call(Post, "/container_system/containers", Body::Json(r#"{"uuid": "{id}"}"#));
static STOP: CallSpec = call(Put, "/container_system/containers/{id}", Body::None);

const fn started_with(name: &'static str, ty: Type, doc: &'static str) -> Field {
    field(name, ty, doc).write_only().replaces().disrupts(Disruption::Outage)
}

fn as_written(container: &mut Value) {
    // One that stands still has no address; what says nothing of addresses is no container.
    let first = |places: &[&str]| {
        let found: Vec<&Value> = places.iter().filter_map(|place| container.pointer(place)).collect();
        let told = found.iter().find(|value| !value.is_null() && ***value != "");
        told.or(found.first()).map(|value| (*value).clone()).unwrap_or_default()
    };
    let address = first(&["/NetworkSettings/Networks/cohesive.net/IPAddress", "/NetworkSettings/IPAddress"]);
    let (uuid, running) = (first(&["/Id"]), first(&["/State/Running"]));
    if let Value::Object(map) = container {
        map.extend([("ipaddress".into(), address), ("uuid".into(), uuid), ("running".into(), running)]);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::providers::vns3::reading::listed;

    #[test]
    fn what_docker_says_is_read() {
        let reply = json!({"response": {"containers": [{
            "Id": "a0df70a7", "Name": "/sad_hoover", "State": {"Running": true},
            "NetworkSettings": {"IPAddress": "", "Networks": {"cohesive.net": {"IPAddress": "198.51.100.2"}}}
        }]}});
        let expected = json!({"id": "a0df70a7", "ipaddress": "198.51.100.2", "running": true, "uuid": "a0df70a7"});
        assert_eq!(listed(&KIND, &reply), [expected]);
    }
}
