//! The files that a controller hands out (vns3.md#files).

use crate::spec::{Artifact, Body, Folders, Type, artifact, call, field};
use wire::Method::Post;

/// Every artifact.
pub(crate) static ARTIFACTS: &[Artifact] = &[
    artifact("remote-support-keypair", "A key with which the vendor's support can log in, as PEM", "")
        .answers(call(Post, "/remote_support/keypair", Body::File("passphrase")))
        .takes(&[field(
            "passphrase",
            Type::File(Folders::Refused),
            "File with the encrypted passphrase that the vendor gave",
        )
        .required()]),
    artifact(
        "clientpack",
        "All that a client needs to join the overlay, its private key included",
        "/clientpack?name={name}&fileformat={fileformat}",
    )
    .of("clientpacks")
    .takes(&[
        field("fileformat", Type::Enum(&["tarball", "tar.gz", "zip", "conf", "ovpn"]), "Form of the file").required()
    ]),
    artifact("clientpack-file", "The same, in the controller's own form", "/clientpack/{name}").of("clientpacks"),
    artifact(
        "firewall-rules",
        "The firewall's rules, as `firewall-import` takes them",
        "/v2/firewall/rules/export?group={group}&tables={tables}&type={type}",
    )
    .takes(&[
        field("group", Type::Text, "Only the rules of this group"),
        field("tables", Type::Text, "Only these tables, with commas between"),
        field("type", Type::Enum(&["json", "plaintext"]), "Form of the file"),
    ]),
    artifact("snapshot", "A snapshot of the configuration", "/snapshots/{name}"),
    artifact("plugin-export", "An export file of a plugin", "/plugins/{id}/exports/{export}")
        .of("plugins")
        .takes(&[field("export", Type::Text, "Name of the export file").required()]),
    artifact(
        "plugin-instance-export",
        "An export file of a plugin instance",
        "/plugin-instances/{id}/exports/{export}",
    )
    .of("plugin-instances")
    .takes(&[field("export", Type::Text, "Name of the export file").required()]),
    artifact("packet-capture", "What a recording to a file has recorded", "/packet_monitor/{name}/download")
        .of("packet-monitors"),
];
