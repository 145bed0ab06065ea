//! Plugins: what blueprints import to reach clouds and devices (cloudify.md#plugins).
//!
//! The archive says itself what package and version it is; the file declares them too, because the manager's id is random
//! and nothing else tells plugins apart. A new version comes beside the old one, which goes when no blueprint is left that was
//! made with it. The manager takes no other content for the same version: such a plugin goes, and comes again, if no
//! blueprint uses it.

use crate::providers::cloudify::shared::{SINCE_V3_1, TENANT_OWNED, WITHOUT_VISIBILITY, list, visibility, widen};
use crate::spec::{Api, Body, Envelope, Folders, Identity, Kind, Type, call, field, output};
use wire::Method::{Delete, Patch, Post};

/// `plugins`.
pub(crate) static KIND: Kind = Kind {
    name: "plugins",
    doc: "Plugins that blueprints import",
    source: "Plugins; cloudify.md#plugins",
    identity: Identity::Content("source", &["package_name", "package_version"]),
    fields: &[
        field("package_name", Type::Text, "Package that the archive holds").required().replaces(),
        field("package_version", Type::Text, "Version that the archive holds").required().replaces(),
        field(
            "source",
            Type::File(PACKED),
            "Folder with a wagon and its `plugin.yaml`, a zip of them, or a wagon alone",
        )
        .required()
        .write_only()
        .replaces(),
        visibility(&[widen("/plugins/{id}/set-visibility").reply(Envelope::One(""))]),
        output("archive_name", Type::Text, "File name of the wagon"),
        output("uploaded_at", Type::Text, "When it was uploaded"),
    ],
    api: Api {
        list: list(
            "/plugins?_include=id,package_name,package_version,archive_name,visibility,tenant_name,uploaded_at&_sort=id",
        ),
        lists: &[(
            WITHOUT_VISIBILITY,
            list("/plugins?_include=id,package_name,package_version,archive_name,tenant_name,uploaded_at&_sort=id"),
        )],
        id: "id",
        aliases: &["package_name"],
        create: &[call(Post, "/plugins?visibility={visibility}", Body::File("source")).reply(Envelope::One(""))],
        // The body is not optional (cloudify.md#plugins); without force, a plugin in use stays.
        remove: &[call(Delete, "/plugins/{id}", Body::Json(r#"{"force": false}"#))],
        ..TENANT_OWNED
    },
    documented_at: &[(Patch, "/plugins/{id}/set-visibility", SINCE_V3_1)],
    ..Kind::NEW
};

/// Both stand at the top, as the vendor's command line packs them: the manager looks nowhere else for them. A wagon alone is
/// taken, but no blueprint can import it; servers before 4.3 take nothing else.
const PACKED: Folders = Folders::Packed { ending: "zip", holds: &[".wgn", ".yaml"] };

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::providers::cloudify::testing::shows;

    #[test]
    fn a_plugin_as_it_was_seen() {
        let live = json!({
            "id": "a23f7cf4-67ac-4f65-8795-fbfa2e43644d", "package_name": "lab-plugin", "package_version": "1.0.0",
            "archive_name": "lab_plugin-1.0.0-py311-none-any.wgn", "visibility": "tenant",
            "tenant_name": "default_tenant", "uploaded_at": "2026-11-21T06:11:23.181Z"
        });
        let expected = json!({
            "package_name": "lab-plugin", "package_version": "1.0.0", "visibility": "tenant",
            "archive_name": "lab_plugin-1.0.0-py311-none-any.wgn"
        });
        shows(&KIND, &live, &expected);
    }
}
