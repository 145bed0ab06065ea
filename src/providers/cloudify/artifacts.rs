//! Files that a manager hands out (cloudify.md#blueprints, cloudify.md#plugins, cloudify.md#snapshots).

use crate::spec::{Artifact, artifact};

/// Every artifact.
pub(crate) static ARTIFACTS: &[Artifact] = &[
    artifact("blueprint", "The archive that a blueprint was uploaded as, byte for byte", "/blueprints/{id}/archive")
        .of("blueprints")
        .content_of("source"),
    artifact("plugin", "The wagon of a plugin", "/plugins/{id}/archive").of("plugins").content_of("source"),
    artifact("snapshot", "A snapshot of the whole manager, as a zip file", "/snapshots/{name}/archive"),
];
