//! Edition and version of the manager (cloudify.md#version).

use crate::providers::cloudify::shared::NAMED;
use crate::spec::{Api, Envelope, Kind, List, Type, output};

/// `version`.
pub(crate) static KIND: Kind = Kind {
    name: "version",
    doc: "Version and edition of the manager",
    source: "Manager, version; cloudify.md#version",
    fields: &[
        output("version", Type::Text, "Version of the server, which is not that of the API"),
        output("edition", Type::Text, "Edition: community or premium"),
        output("build", Type::Text, "Build"),
        output("date", Type::Text, "When it was built"),
        output("commit", Type::Text, "Commit that it was built from"),
    ],
    api: Api { list: List::at("/version", Envelope::One("")), ..NAMED },
    ..Kind::NEW
};

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::providers::cloudify::testing::shows;

    #[test]
    fn a_version_as_it_was_seen() {
        let live =
            json!({ "edition": "community", "version": "7.1.0.dev1", "build": null, "date": null, "commit": null });
        shows(&KIND, &live, &live);
    }
}
