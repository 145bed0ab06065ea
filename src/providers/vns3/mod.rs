//! Cohesive VNS3: its dialect, its kinds, and which of its endpoints they cover.
//!
//! Everything here follows the reference text of API 6.0.0; what that comes to, and where it is silent, stands in
//! `docs/apis/vns3.md`, whose headings are cited as `vns3.md#routes`.

mod actions;
mod artifacts;
mod endpoints;
mod fabric;
mod fields;
mod formats;
mod grammar;
mod halves;
mod kinds;
#[cfg(test)]
mod reading;
mod remedies;
mod traffic;

use std::time::Duration;

use crate::spec::{
    Api, Auth, Dialect, Envelope, Extent, Field, IdScheme, InstallationProof, Provider, Relation, ServerVersion,
    Strength, Type, field,
};

/// Cohesive VNS3.
pub(crate) static PROVIDER: Provider = Provider {
    name: "vns3",
    title: "Cohesive VNS3",
    doc: "Network controllers that join overlay, IPsec and underlay networks; each target is one controller",
    dialect: DIALECT,
    kinds: kinds::ALL,
    actions: actions::ACTIONS,
    artifacts: artifacts::ARTIFACTS,
    halves: Some(halves::HALVES),
    fabric: Some(&fabric::FABRIC),
    documented: include_str!("endpoints.txt"),
    endpoints: endpoints::ALL,
    traffic: traffic::TRAFFIC,
};

/// The part of the API that all kinds share: most objects hold their id under `id`, and the API's own 404 means gone. A
/// controller that has no license or no keyset yet answers 403, and one whose license brings no containers, too
/// (vns3.md#before-the-license): it holds no objects of the kinds that need them.
const API: Api = Api { gone: &[(404, ""), UNLICENSED, UNKEYED, UNCONTAINED], ..Api::NONE };
const UNLICENSED: (u16, &str) = (403, "Must be licensed");
const UNKEYED: (u16, &str) = (403, "Keyset is missing");
const UNCONTAINED: (u16, &str) = (403, "Container support not available");

/// Everything waits for the license, its parameters and the keyset: accepting parameters and fetching a keyset reboot
/// the controller (vns3.md#restarts).
const LICENSED: Relation =
    Relation::After("license-parameters", "accepting the license's parameters reboots the controller");
const KEYED: Relation = Relation::After("keyset", "the keyset comes first, and fetching it reboots the controller");

const CREDENTIALS: &[Field] = &[
    field("username", Type::Text, "The API's user; the API knows just this one").default("\"api\""),
    field("password", Type::Text, "The API password, which is not the password of the web interface; where `api-password` sets a new one, the one before")
        .secret(),
    field("token", Type::Text, "In place of a password: a token that `access-tokens` made, at this or another time").secret(),
];

/// The machine's id, where its cloud gives one (vns3.md#cloud-data), and the topology with the controller's number in
/// it (vns3.md#config): all controllers of a topology have the same checksum.
const PROOFS: &[InstallationProof] = &[
    InstallationProof::id("instanceId", "/cloud_data", &[("", "cloud_data.instanceId")]).at(Envelope::One("response")),
    InstallationProof {
        strength: Strength::Topology,
        ..InstallationProof::id("topology", "/config", &[("", "topology_checksum"), ("manager ", "manager_id")])
            .at(Envelope::One("response"))
    },
];

const DIALECT: Dialect = Dialect {
    example: "https://203.0.113.10:8000/api",
    auth: Auth::Basic {
        user: "username",
        password: "password",
        set_by: Some("api-password"),
        token: Some(("token", "Api-Token")),
    },
    credentials: CREDENTIALS,
    settings: &[],
    headers: &[("Accept", "application/json")],
    // Forms A and B (vns3.md#errors); the third is how the text prints some of form A. The others stand in answers that
    // say success.
    file_type: "text/plain",
    messages: &[
        "error.message",
        "response.message",
        "unlicensedExample.value.error.message",
        "response.error.message",
        "response.error",
        "error",
    ],
    errors: &[
        &["error.name", "error.message"],
        &["response.name", "response.message", "response.log"],
        &["unlicensedExample.value.error.message"],
    ],
    // The vendor's own client looks for an `error` in every answer that says success. A command that was run in a
    // container tells its own beside its output: that is no error of the call.
    errors_in_success: &["error", "response.error"],
    version: ServerVersion::Irrelevant,
    proofs: PROOFS,
    renewed_proofs: &[
        ("license-parameters", Strength::Topology),
        ("keyset", Strength::Topology),
        ("peering-self", Strength::Topology),
        ("ssl-certificate", Strength::Certificate),
    ],
    within: &[],
    extent: Extent::Whole,
    // Concurrent writes fail; every published client serialises them for each controller (vns3.md#concurrency).
    writers: 1,
    readers: 4,
    // Several writes block until they are done: IPsec, all clientpacks, snapshots. No client that waits less than 60 s
    // gets through (vns3.md#timeouts).
    timeout: Duration::from_secs(120),
    retry_statuses: &[502, 503],
    restart_window: Duration::ZERO,
    visibility_lag: Duration::ZERO,
    // Small integers: a controller that is restored or built anew counts from 1 again.
    ids: IdScheme::Reissued,
    remedies: remedies::REMEDIES,
};

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::attr::Attr;
    use crate::spec::Field;

    /// How the text lets fields be empty, or how that is inferred (vns3.md#values): what is sent, or that they stay.
    #[test]
    fn what_clears_a_field_is_what_the_text_takes() {
        let empty = Some(Attr::text(""));
        let zero = || Some(Attr::from_json(&json!(0)));
        let tunnels = [("ping_ipaddress", empty.clone()), ("ping_interface", empty.clone()), ("ping_interval", zero())];
        let described = |more: &[(&'static str, Option<Attr>)]| [more, &[("description", empty.clone())]].concat();
        let table = [
            (
                "ipsec-endpoints",
                ["private_ipaddress", "route_based_local", "route_based_remote"]
                    .map(|name| (name, empty.clone()))
                    .to_vec(),
            ),
            ("tunnels", described(&tunnels)),
            ("traffic-pairs", described(&tunnels)),
            (
                "ebgp-peers",
                vec![
                    ("bgp_password", empty.clone()),
                    ("local_asn_alias", zero()),
                    ("hold_time", None),
                    ("keepalive_interval", None),
                    ("add_network_distance_direction", empty.clone()),
                    ("add_network_distance_hops", zero()),
                ],
            ),
            ("edge-gre-interfaces", described(&[("mtu", None)])),
            ("webhooks", vec![("body", empty.clone())]),
        ];
        for (kind, fields) in table {
            for (name, cleared) in fields {
                assert_eq!(PROVIDER.kind(kind).and_then(|kind| kind.field(name)?.cleared()), cleared, "{kind}: {name}");
            }
        }
        // `null` may be written for few fields only.
        let is_null = |field: &&Field| field.is_writable() && field.cleared() == Some(Attr::Null);
        let nulls: Vec<_> = PROVIDER
            .kinds
            .iter()
            .flat_map(|kind| kind.fields.iter().filter(is_null).map(|field| (kind.name, field.name)))
            .collect();
        let expected =
            ["system-interfaces", "interface-addresses"].map(|kind| [(kind, "gateway"), (kind, "ip_external")]);
        assert_eq!(nulls, expected.concat());
    }

    #[test]
    fn the_tables_are_sound() {
        assert_eq!(crate::spec::lint(&PROVIDER), Vec::<String>::new());
    }
}
