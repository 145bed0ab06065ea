//! Every operation of the reference text, in its order, and what covers it (sheet 4).

use crate::spec::Coverage::{Action, Artifact, Kind, Planned, Unused};
use crate::spec::{Endpoint, endpoint};
use crate::wire::Method::{Delete, Get, Post, Put};

const SAME: &str = "the list shows the same";
const WHOLE: &str = "the list is written as a whole, because only that is atomic and keeps the order";
const RUNTIME: &str = "runtime state, no configuration";
const LOG: &str = "a log, no configuration";

/// Every operation.
pub static ALL: &[Endpoint] = &[
    endpoint(Get, "/remote_support", Planned),
    endpoint(Put, "/remote_support", Planned),
    endpoint(Post, "/remote_support/keypair", Artifact("remote-support-keypair")),
    endpoint(Get, "/cloud_data", Unused(RUNTIME)),
    endpoint(Put, "/server", Action("reboot")),
    endpoint(Get, "/status", Unused(RUNTIME)),
    endpoint(Get, "/status/system", Unused(RUNTIME)),
    endpoint(Get, "/status/task", Unused("no call that hands out a task is used")),
    endpoint(Get, "/access/tokens", Planned),
    endpoint(Post, "/access/token", Planned),
    endpoint(Get, "/access/token/{token_id}", Planned),
    endpoint(Put, "/access/token/{token_id}", Planned),
    endpoint(Delete, "/access/token/{token_id}", Planned),
    endpoint(Get, "/access/urls", Planned),
    endpoint(Post, "/access/url", Planned),
    endpoint(Delete, "/access/url", Planned),
    endpoint(Get, "/access/url/{access_url_id}", Planned),
    endpoint(Put, "/access/url/{access_url_id}", Planned),
    endpoint(Delete, "/access/url/{access_url_id}", Planned),
    endpoint(Put, "/identity/vpn", Planned),
    endpoint(Get, "/identity/controller", Planned),
    endpoint(Post, "/identity/vpn/test", Action("identity-test")),
    endpoint(Put, "/identity/controller", Planned),
    endpoint(Post, "/identity/controller/test", Action("identity-test")),
    endpoint(Put, "/admin_ui", Planned),
    endpoint(Put, "/api_password", Planned),
    endpoint(Get, "/config", Kind("config")),
    endpoint(Put, "/config", Kind("config")),
    endpoint(Get, "/system/ssl", Planned),
    endpoint(Put, "/system/ssl/keypair", Planned),
    endpoint(Put, "/system/ssl/install", Planned),
    endpoint(Get, "/system/ssl/install/{uuid}", Planned),
    endpoint(Get, "/system/variable-collections", Unused("the one collection that can be written is known")),
    endpoint(Get, "/system/variables", Kind("system-variables")),
    endpoint(Post, "/system/variables", Kind("system-variables")),
    endpoint(Put, "/system/variables/{name}", Kind("system-variables")),
    endpoint(Delete, "/system/variables/{name}", Kind("system-variables")),
    endpoint(Get, "/keyset", Planned),
    endpoint(Put, "/keyset", Planned),
    endpoint(Get, "/license", Planned),
    endpoint(Put, "/license", Planned),
    endpoint(Put, "/license/parameters", Planned),
    endpoint(Put, "/license/upgrade", Action("license-upgrade")),
    endpoint(Get, "/ms", Planned),
    endpoint(Post, "/ms", Planned),
    endpoint(Put, "/ms", Planned),
    endpoint(Post, "/ms/alert/test", Action("ms-alert-test")),
    endpoint(Get, "/status/ipsec", Unused(RUNTIME)),
    endpoint(Get, "/status/link_history", Unused(RUNTIME)),
    endpoint(Get, "/status/connected_subnets", Unused(RUNTIME)),
    endpoint(Get, "/ipsec", Kind("ipsec-local")),
    endpoint(Post, "/ipsec", Action("ipsec-restart")),
    endpoint(Put, "/ipsec", Kind("ipsec-local")),
    endpoint(Post, "/ipsec/endpoints", Kind("ipsec-endpoints")),
    endpoint(Get, "/ipsec/endpoints/{endpoint_id}", Unused(SAME)),
    endpoint(Put, "/ipsec/endpoints/{endpoint_id}", Kind("ipsec-endpoints")),
    endpoint(Delete, "/ipsec/endpoints/{endpoint_id}", Kind("ipsec-endpoints")),
    endpoint(Post, "/ipsec/endpoints/{endpoint_id}/tunnels", Kind("tunnels")),
    endpoint(Put, "/ipsec/endpoints/{endpoint_id}/tunnels/{tunnel_id}", Kind("tunnels")),
    endpoint(Delete, "/ipsec/endpoints/{endpoint_id}/tunnels/{tunnel_id}", Kind("tunnels")),
    endpoint(Post, "/ipsec/endpoints/{endpoint_id}/traffic_pairs", Kind("traffic-pairs")),
    endpoint(Put, "/ipsec/endpoints/{endpoint_id}/traffic_pairs/{pair_id}", Kind("traffic-pairs")),
    endpoint(Delete, "/ipsec/endpoints/{endpoint_id}/traffic_pairs/{pair_id}", Kind("traffic-pairs")),
    endpoint(
        Put,
        "/ipsec/endpoints/{endpoint_id}/traffic_pairs/{pair_id}/enable",
        Unused("setting `enabled` does the same"),
    ),
    endpoint(
        Put,
        "/ipsec/endpoints/{endpoint_id}/traffic_pairs/{pair_id}/disable",
        Unused("setting `enabled` does the same"),
    ),
    endpoint(Put, "/firewall", Planned),
    endpoint(Put, "/firewall/actions", Action("firewall-action")),
    endpoint(Get, "/firewall/rules", Planned),
    endpoint(Post, "/firewall/rules", Planned),
    endpoint(Delete, "/firewall/rules", Planned),
    endpoint(Delete, "/firewall/rules/{position}", Planned),
    endpoint(Get, "/firewall/rules/subgroup", Planned),
    endpoint(Post, "/firewall/rules/subgroup", Planned),
    endpoint(Put, "/firewall/rules/subgroup", Action("firewall-v1-reload")),
    endpoint(Delete, "/firewall/rules/subgroup", Planned),
    endpoint(Get, "/firewall/fwsets", Planned),
    endpoint(Post, "/firewall/fwsets", Planned),
    endpoint(Put, "/firewall/fwsets", Action("firewall-v1-reload")),
    endpoint(Delete, "/firewall/fwsets", Planned),
    endpoint(Put, "/v2/firewall/actions", Action("firewall-action")),
    endpoint(Get, "/v2/firewall/rules", Kind("firewall-rules")),
    endpoint(Post, "/v2/firewall/rules", Unused(WHOLE)),
    endpoint(Put, "/v2/firewall/rules", Kind("firewall-rules")),
    endpoint(Put, "/v2/firewall/rules/{id}", Unused(WHOLE)),
    endpoint(Delete, "/v2/firewall/rules/{id}", Unused(WHOLE)),
    endpoint(Put, "/v2/firewall/rules/import", Action("firewall-import")),
    endpoint(Get, "/v2/firewall/rules/export", Artifact("firewall-export")),
    endpoint(Get, "/v2/firewall/rules-groups", Planned),
    endpoint(Post, "/v2/firewall/rules-groups", Planned),
    endpoint(Get, "/v2/firewall/rule-groups/{name}", Planned),
    endpoint(Delete, "/v2/firewall/rule-groups/{name}", Planned),
    endpoint(Put, "/v2/firewall/rule-groups/{name}", Planned),
    endpoint(Post, "/v2/firewall/rule-groups/{name}/rules", Planned),
    endpoint(Get, "/v2/firewall/fwsets", Kind("firewall-fwsets")),
    endpoint(Post, "/v2/firewall/fwsets", Kind("firewall-fwsets")),
    endpoint(Get, "/v2/firewall/fwsets/{name}", Unused(SAME)),
    endpoint(Put, "/v2/firewall/fwsets/{name}", Kind("firewall-fwsets")),
    endpoint(Delete, "/v2/firewall/fwsets/{name}", Kind("firewall-fwsets")),
    endpoint(Post, "/v2/firewall/fwsets/{name}/entries", Unused("the set is written as a whole")),
    endpoint(Delete, "/v2/firewall/fwsets/{name}/entries", Unused("the set is written as a whole")),
    endpoint(Get, "/v2/firewall/subtables", Planned),
    endpoint(Post, "/v2/firewall/subtables", Planned),
    endpoint(Get, "/v2/firewall/subtables/{name}", Planned),
    endpoint(Put, "/v2/firewall/subtables/{name}", Planned),
    endpoint(Delete, "/v2/firewall/subtables/{name}", Planned),
    endpoint(Post, "/v2/firewall/subtables/{name}/rules", Planned),
    endpoint(Delete, "/v2/firewall/subtables/{name}/rules/{id}", Planned),
    endpoint(Get, "/routes", Kind("routes")),
    endpoint(Post, "/routes", Kind("routes")),
    endpoint(Delete, "/routes/{route_id}", Kind("routes")),
    endpoint(Put, "/routes/{route_id}/disable", Kind("routes")),
    endpoint(Put, "/routes/{route_id}/enable", Kind("routes")),
    endpoint(Get, "/status/clients", Unused(RUNTIME)),
    endpoint(Get, "/clientpacks", Planned),
    endpoint(Put, "/clientpacks", Planned),
    endpoint(Post, "/clientpacks/add_clientpacks", Planned),
    endpoint(Get, "/clientpacks/{clientpack_name}", Planned),
    endpoint(Get, "/clientpack", Artifact("clientpack-file")),
    endpoint(Put, "/clientpack", Planned),
    endpoint(Post, "/clientpacks/next_available", Action("clientpack-checkout")),
    endpoint(Post, "/client/reset", Action("client-connection")),
    endpoint(Post, "/clients/reset_all", Action("client-connection")),
    endpoint(Get, "/clientpack/{clientpack_name}", Artifact("clientpack-file")),
    endpoint(Put, "/clientpack/{clientpack_name}", Action("client-connection")),
    endpoint(Post, "/clientpack/{clientpack_name}", Planned),
    endpoint(Delete, "/clientpack/{clientpack_name}", Planned),
    endpoint(Get, "/links", Planned),
    endpoint(Post, "/links", Planned),
    endpoint(Get, "/links/global-policies", Planned),
    endpoint(Put, "/links/global-policies", Planned),
    endpoint(Get, "/links/{link_id}", Planned),
    endpoint(Put, "/links/{link_id}", Planned),
    endpoint(Delete, "/links/{link_id}", Planned),
    endpoint(Get, "/links/{link_id}/logs", Unused(LOG)),
    endpoint(Post, "/links/{link_id}/tags", Planned),
    endpoint(Delete, "/links/{link_id}/tags/{tagkey}", Planned),
    endpoint(Get, "/peering", Kind("peers")),
    endpoint(Put, "/peering/self", Kind("peering-self")),
    endpoint(Post, "/peering/peers", Kind("peers")),
    endpoint(Delete, "/peering/peers/{peer_id}", Kind("peers")),
    endpoint(Put, "/peering/peers/{peer_id}", Kind("peers")),
    endpoint(Get, "/interfaces", Planned),
    endpoint(Post, "/interfaces/action", Action("interface-discovery")),
    endpoint(Get, "/interfaces/system", Planned),
    endpoint(Post, "/interfaces/system", Planned),
    endpoint(Get, "/interfaces/system/{interface_id}", Planned),
    endpoint(Put, "/interfaces/system/{interface_id}", Planned),
    endpoint(Delete, "/interfaces/system/{interface_id}", Planned),
    endpoint(Get, "/interfaces/system/{interface_id}/addresses", Planned),
    endpoint(Post, "/interfaces/system/{interface_id}/addresses", Planned),
    endpoint(Get, "/interfaces/system/{interface_id}/addresses/{address_id}", Planned),
    endpoint(Put, "/interfaces/system/{interface_id}/addresses/{address_id}", Planned),
    endpoint(Delete, "/interfaces/system/{interface_id}/addresses/{address_id}", Planned),
    endpoint(Get, "/interfaces/edge_gre", Planned),
    endpoint(Post, "/interfaces/edge_gre", Planned),
    endpoint(Get, "/interfaces/edge_gre/{interface_id}", Planned),
    endpoint(Put, "/interfaces/edge_gre/{interface_id}", Planned),
    endpoint(Get, "/snapshots", Artifact("snapshot")),
    endpoint(Post, "/snapshots", Artifact("snapshot")),
    endpoint(Get, "/snapshots/{snapshot_name}", Artifact("snapshot")),
    endpoint(Delete, "/snapshots/{snapshot_name}", Artifact("snapshot")),
    endpoint(Put, "/snapshots/running_config", Action("snapshot-import")),
    endpoint(Get, "/container_system", Planned),
    endpoint(Put, "/container_system", Planned),
    endpoint(Post, "/container_system", Planned),
    endpoint(Get, "/container_system/ip_addresses", Planned),
    endpoint(Get, "/container_system/images", Planned),
    endpoint(Post, "/container_system/images", Planned),
    endpoint(Put, "/container_system/images/{uuid}", Planned),
    endpoint(Delete, "/container_system/images/{uuid}", Planned),
    endpoint(Post, "/container_system/images/{uuid}/exports", Action("container-image-export")),
    endpoint(Get, "/container_system/containers", Planned),
    endpoint(Post, "/container_system/containers", Planned),
    endpoint(Put, "/container_system/containers/{uuid}", Planned),
    endpoint(Delete, "/container_system/containers/{uuid}", Planned),
    endpoint(Post, "/container_system/containers/{uuid}/commit", Action("container-commit")),
    endpoint(Get, "/container_system/containers/{uuid}/logs", Unused(LOG)),
    endpoint(Get, "/plugins", Planned),
    endpoint(Post, "/plugins", Planned),
    endpoint(Get, "/plugin-exports", Artifact("plugin-export")),
    endpoint(Get, "/plugin-catalog", Unused("the vendor's list of plugins, no configuration")),
    endpoint(Get, "/plugins/{id}", Planned),
    endpoint(Put, "/plugins/{id}", Planned),
    endpoint(Delete, "/plugins/{id}", Planned),
    endpoint(Get, "/plugins/{id}/exports", Artifact("plugin-export")),
    endpoint(Post, "/plugins/{id}/exports", Artifact("plugin-export")),
    endpoint(Get, "/plugins/{id}/exports/{export_name}", Artifact("plugin-export")),
    endpoint(Delete, "/plugins/{id}/exports/{export_name}", Artifact("plugin-export")),
    endpoint(Get, "/plugins/{id}/manager", Planned),
    endpoint(Get, "/plugin-instances", Planned),
    endpoint(Post, "/plugin-instances", Planned),
    endpoint(Get, "/plugin-instances/{id}", Planned),
    endpoint(Delete, "/plugin-instances/{id}", Planned),
    endpoint(Post, "/plugin-instances/{id}/commit", Action("plugin-instance-exec")),
    endpoint(Post, "/plugin-instances/{id}/manager", Planned),
    endpoint(Put, "/plugin-instances/{id}/manager", Planned),
    endpoint(Get, "/plugin-instances/{id}/logs", Unused(LOG)),
    endpoint(Get, "/plugin-instances/{id}/logs/{slug}/content", Unused(LOG)),
    endpoint(Get, "/plugin-instances/{id}/configurations", Planned),
    endpoint(Post, "/plugin-instances/{id}/configurations/{slug}/revert", Action("plugin-config-history")),
    endpoint(Get, "/plugin-instances/{id}/configurations/{slug}/content", Planned),
    endpoint(Put, "/plugin-instances/{id}/configurations/{slug}/content", Planned),
    endpoint(Post, "/plugin-instances/{id}/configurations/{slug}/clear", Action("plugin-config-history")),
    endpoint(
        Delete,
        "/plugin-instances/{id}/configurations/{slug}/versions/{version}",
        Action("plugin-config-history"),
    ),
    endpoint(Get, "/plugin-instances/{id}/processes", Action("plugin-instance-exec")),
    endpoint(Post, "/plugin-instances/{id}/processes/action", Action("plugin-instance-exec")),
    endpoint(Post, "/plugin-instances/{id}/commands/execute", Action("plugin-instance-exec")),
    endpoint(Get, "/plugin-instances/{id}/firewall", Planned),
    endpoint(Put, "/plugin-instances/{id}/firewall", Planned),
    endpoint(Get, "/plugin-instances/{id}/users", Planned),
    endpoint(Put, "/plugin-instances/{id}/users", Planned),
    endpoint(Delete, "/plugin-instances/{id}/users/{username}", Planned),
    endpoint(Get, "/plugin-instances/{id}/exports", Artifact("plugin-instance-export")),
    endpoint(Post, "/plugin-instances/{id}/exports", Artifact("plugin-instance-export")),
    endpoint(Get, "/plugin-instances/{id}/exports/{export_name}", Artifact("plugin-instance-export")),
    endpoint(Delete, "/plugin-instances/{id}/exports/{export_name}", Artifact("plugin-instance-export")),
    endpoint(Post, "/ipsec/endpoints/{endpoint_id}/ebgp_peers", Kind("ebgp-peers")),
    endpoint(Get, "/ipsec/endpoints/{endpoint_id}/ebgp_peers/{bgp_peer_id}", Unused(SAME)),
    endpoint(Put, "/ipsec/endpoints/{endpoint_id}/ebgp_peers/{bgp_peer_id}", Kind("ebgp-peers")),
    endpoint(Delete, "/ipsec/endpoints/{endpoint_id}/ebgp_peers/{bgp_peer_id}", Kind("ebgp-peers")),
    endpoint(Get, "/webhooks", Kind("webhooks")),
    endpoint(Post, "/webhook", Kind("webhooks")),
    endpoint(Get, "/webhook/{webhook_id}", Unused(SAME)),
    endpoint(Put, "/webhook/{webhook_id}", Kind("webhooks")),
    endpoint(Delete, "/webhook/{webhook_id}", Kind("webhooks")),
    endpoint(Get, "/alerts", Kind("alerts")),
    endpoint(Get, "/alert_events", Unused("the events differ by version; the controller checks them")),
    endpoint(Post, "/alert", Kind("alerts")),
    endpoint(Get, "/alert/{alert_id}", Unused(SAME)),
    endpoint(Put, "/alert/{alert_id}", Kind("alerts")),
    endpoint(Delete, "/alert/{alert_id}", Kind("alerts")),
    endpoint(Post, "/alert/{alert_id}/toggle_enabled", Unused("it flips blindly; setting `enabled` does not")),
    endpoint(Post, "/alert/{alert_id}/test", Action("alert-test")),
    endpoint(Get, "/packet_monitors", Planned),
    endpoint(Post, "/packet_monitor", Planned),
    endpoint(Get, "/packet_monitor/{name}", Planned),
    endpoint(Delete, "/packet_monitor/{name}", Planned),
    endpoint(Put, "/packet_monitor/{name}/start", Planned),
    endpoint(Put, "/packet_monitor/{name}/stop", Planned),
    endpoint(Get, "/packet_monitor/{name}/download", Artifact("packet-capture")),
    endpoint(Delete, "/interfaces/edge_gre/{interface_id}", Planned),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::providers::vns3::PROVIDER;
    use crate::spec::{Change, List, Poll};
    use crate::wire::Method;

    /// Operations that the reference text lost and other sources of the vendor have (sheet 4, end).
    const OUTSIDE: &[(Method, &str)] = &[];

    /// A path without its query, its placeholders without their names.
    fn plain(path: &str) -> String {
        let path = path.split('?').next().unwrap_or_default();
        let mut plain = String::new();
        for part in path.split('/').skip(1) {
            plain.push('/');
            plain.push_str(if part.starts_with('{') { "{}" } else { part });
        }
        plain
    }

    /// Every operation that a kind makes use of, with its name.
    fn used() -> BTreeSet<(&'static str, Method, String)> {
        let mut used = BTreeSet::new();
        for kind in PROVIDER.kinds {
            let mut reads = Vec::new();
            if let List::Call { path, .. } = kind.api.list {
                reads.push(path);
            }
            reads.extend(kind.api.join.map(|join| join.path));
            reads.extend(kind.api.detail.map(|detail| detail.path));
            let own = kind.fields.iter().flat_map(|field| match &field.change {
                Change::Own(calls) | Change::Widens(_, calls) => calls.iter().collect(),
                Change::Switch(switch) => vec![&switch.on, &switch.off],
                Change::InPlace | Change::Replaces | Change::Fixed => Vec::new(),
            });
            for call in kind.api.create.iter().chain(kind.api.update).chain(kind.api.remove).chain(own) {
                used.insert((kind.name, call.method, plain(call.path)));
                reads.extend(call.settle.iter().map(|poll: &Poll| poll.path));
            }
            used.extend(reads.into_iter().map(|path| (kind.name, Method::Get, plain(path))));
        }
        used
    }

    #[test]
    fn every_operation_is_listed_once() {
        assert_eq!(ALL.len(), 241);
    }

    #[test]
    fn what_a_kind_covers_it_uses() {
        let used = used();
        for endpoint in ALL {
            if let Kind(kind) = endpoint.by {
                let operation = (kind, endpoint.method, plain(endpoint.path));
                assert!(used.contains(&operation), "`{kind}` does not use {} {}", endpoint.method, endpoint.path);
            }
        }
    }

    #[test]
    fn what_a_kind_uses_is_listed() {
        let known: BTreeSet<(Method, String)> = ALL
            .iter()
            .map(|endpoint| (endpoint.method, plain(endpoint.path)))
            .chain(OUTSIDE.iter().map(|(method, path)| (*method, plain(path))))
            .collect();
        for (kind, method, path) in used() {
            assert!(known.contains(&(method, path.clone())), "`{kind}` uses {method} {path}, which is not listed");
        }
    }
}
