//! Images of containers: the older view of what `plugins` shows too.
//!
//! Importing is background work under an id of its own; the image gets its id only when it is there. Files cannot be
//! uploaded this way (vns3.md#container-images, vns3.md#tasks).

use std::time::Duration;

use crate::spec::{
    Api, Body, Condition, Envelope, Field, Identity, Kind, List, Poll, Relation, Type, Until, call, field, output,
};
use wire::Method::{Delete, Post, Put};

/// `container-images`.
pub(crate) static KIND: Kind = Kind {
    name: "container-images",
    doc: "Images of containers; the older view of `plugins`",
    source: "GET /container_system/images; vns3.md#container-images",
    identity: Identity::Name("name"),
    fields: &[
        field("name", Type::Text, "Name of the image").required().read_as("image_name").always(),
        super::DESCRIPTION,
        source("url", "URL of the image; exactly one source is needed", ["buildurl", "localbuild", "localimage"]),
        source("buildurl", "URL of a file that says how to build it", ["url", "localbuild", "localimage"]),
        source("localbuild", "File on the controller that says how to build it", ["url", "buildurl", "localimage"]),
        source("localimage", "Image on the controller", ["url", "buildurl", "localbuild"]),
        made_of("version", "Version of the image"),
        output("status", Type::Text, "State of the import"),
        output("tag_name", Type::Text, "Name and tag under which containers know it"),
    ],
    api: Api {
        list: List::at("/container_system/images", Envelope::Items("response.images")),
        create: &[call(Post, "/container_system/images", Body::Fields).wait(&[IMPORTED])],
        update: &[call(Put, "/container_system/images/{id}", Body::Changed)],
        remove: &[call(Delete, "/container_system/images/{id}", Body::None)],
        ..super::super::API
    },
    relations: &[
        super::LICENSED,
        super::KEYED,
        Relation::After("container-system", "images are imported while containers can run"),
        Relation::OlderViewOf("plugins"),
    ],
    ..Kind::NEW
};

/// One of the four sources of an image, the others being these.
const fn source(name: &'static str, doc: &'static str, others: [&'static str; 3]) -> Field {
    made_of(name, doc).writable_on(without(others))
}

const fn without([one, two, three]: [&'static str; 3]) -> Condition {
    Condition::undeclared(one).and(Condition::undeclared(two)).and(Condition::undeclared(three))
}

const fn made_of(name: &'static str, doc: &'static str) -> Field {
    field(name, Type::Text, doc).write_only().replaces()
}

const IMPORTED: Poll = Poll {
    job: &["response.import_uuid"],
    path: "/container_system/images?uuid={job}",
    at: "response.images.0",
    until: Until::State { key: "status", done: &["Ready"], failed: &["Failed", "Error"] },
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
        let reply = json!({"response": {"images": [{
            "id": "sha256:8a11af14",
            "image_name": "nginx",
            "status": "Ready",
            "status_msg": null,
            "import_id": "3c4faa02",
            "created": "2019-08-24T14:15:22Z",
            "description": "web",
            "tag_name": "vns3local:nginx",
            "comment": "",
            "container_config": null
        }]}});
        assert_eq!(
            listed(&KIND, &reply),
            [json!({
                "id": "sha256:8a11af14",
                "name": "nginx",
                "description": "web",
                "status": "Ready",
                "tag_name": "vns3local:nginx"
            })]
        );
    }
}
