//! How the manager is (cloudify.md#status). Old servers always say `running`, and new ones may say `Fail` and still
//! serve.

use crate::providers::cloudify::shared::NAMED;
use crate::spec::{Api, Envelope, Kind, List, Type, output};

/// `status`.
pub(crate) static KIND: Kind = Kind {
    name: "status",
    doc: "State of the manager and its services",
    source: "Manager, status; cloudify.md#status",
    fields: &[
        output("status", Type::Text, "State of the manager"),
        output("services", Type::Any, "Its services: a list on old servers, a map by name on new ones"),
    ],
    api: Api { list: List::at("/status", Envelope::One("")), ..NAMED },
    ..Kind::NEW
};

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::providers::cloudify::testing::shows;

    #[test]
    fn old_and_new_servers_are_read() {
        shows(&KIND, &json!({ "status": "running" }), &json!({ "status": "running", "services": null }));
        let live = json!({ "status": "Fail", "services": { "Webserver": { "status": "Inactive" } } });
        shows(&KIND, &live, &live);
    }
}
