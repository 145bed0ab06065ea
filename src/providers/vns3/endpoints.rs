//! Every operation of the reference text, in its order, and what covers it (sheet 4).

use crate::spec::Coverage::{Action, Artifact, Kind, Unused};
use crate::spec::{Endpoint, endpoint};
use wire::Method::{Delete, Get, Post, Put};

const SAME: &str = "the list shows the same";
const WHOLE: &str = "the list is written as a whole, because only that is atomic and keeps the order";
const RUNTIME: &str = "runtime state, no configuration";
const LOG: &str = "a log, no configuration";

/// Every operation.
pub(crate) static ALL: &[Endpoint] = &[
    endpoint(Get, "/remote_support", Kind("remote-support")),
    endpoint(Put, "/remote_support", Kind("remote-support")),
    endpoint(Post, "/remote_support/keypair", Artifact("remote-support-keypair")),
    endpoint(Get, "/cloud_data", Kind("cloud-data")),
    endpoint(Put, "/server", Action("reboot")),
    endpoint(Get, "/status", Unused(RUNTIME)),
    endpoint(Get, "/status/system", Unused(RUNTIME)),
    endpoint(Get, "/status/task", Kind("firewall-v1-rules")),
    endpoint(Get, "/access/tokens", Kind("access-tokens")),
    endpoint(Post, "/access/token", Kind("access-tokens")),
    endpoint(Get, "/access/token/{token_id}", Unused(SAME)),
    endpoint(Put, "/access/token/{token_id}", Unused("it only lets the token expire; removing does that too")),
    endpoint(Delete, "/access/token/{token_id}", Kind("access-tokens")),
    endpoint(Get, "/access/urls", Kind("access-urls")),
    endpoint(Post, "/access/url", Kind("access-urls")),
    endpoint(Delete, "/access/url", Unused("removing by id does the same")),
    endpoint(Get, "/access/url/{access_url_id}", Unused(SAME)),
    endpoint(Put, "/access/url/{access_url_id}", Unused("it only lets the link expire; removing does that too")),
    endpoint(Delete, "/access/url/{access_url_id}", Kind("access-urls")),
    endpoint(Put, "/identity/vpn", Kind("identity-vpn")),
    endpoint(Get, "/identity/controller", Kind("identity-controller")),
    endpoint(Post, "/identity/vpn/test", Action("identity-vpn-test")),
    endpoint(Put, "/identity/controller", Kind("identity-controller")),
    endpoint(Post, "/identity/controller/test", Action("identity-controller-test")),
    endpoint(Put, "/admin_ui", Kind("admin-ui")),
    endpoint(Put, "/api_password", Kind("api-password")),
    endpoint(Get, "/config", Kind("config")),
    endpoint(Put, "/config", Kind("config")),
    endpoint(Get, "/system/ssl", Kind("ssl-certificate")),
    endpoint(Put, "/system/ssl/keypair", Kind("ssl-certificate")),
    endpoint(Put, "/system/ssl/install", Kind("ssl-certificate")),
    endpoint(Get, "/system/ssl/install/{uuid}", Kind("ssl-certificate")),
    endpoint(Get, "/system/variable-collections", Unused("the one collection that can be written is known")),
    endpoint(Get, "/system/variables", Kind("system-variables")),
    endpoint(Post, "/system/variables", Kind("system-variables")),
    endpoint(Put, "/system/variables/{name}", Kind("system-variables")),
    endpoint(Delete, "/system/variables/{name}", Kind("system-variables")),
    endpoint(Get, "/keyset", Kind("keyset")),
    endpoint(Put, "/keyset", Kind("keyset")),
    endpoint(Get, "/license", Kind("license")),
    endpoint(Put, "/license", Kind("license")),
    endpoint(Put, "/license/parameters", Kind("license-parameters")),
    endpoint(Put, "/license/upgrade", Action("license-upgrade")),
    endpoint(Get, "/ms", Unused("it answers with an alert, not with what was set")),
    endpoint(Post, "/ms", Kind("ms-integration")),
    endpoint(Put, "/ms", Kind("ms-integration")),
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
    endpoint(Put, "/firewall", Kind("firewall-v1-rules")),
    endpoint(Put, "/firewall/actions", Action("firewall-v1-reset-connection-tracking")),
    endpoint(Get, "/firewall/rules", Kind("firewall-v1-rules")),
    endpoint(Post, "/firewall/rules", Unused(WHOLE)),
    endpoint(Delete, "/firewall/rules", Kind("plugin-instance-firewall")),
    endpoint(Delete, "/firewall/rules/{position}", Unused(WHOLE)),
    endpoint(Get, "/firewall/rules/subgroup", Kind("firewall-v1-subgroups")),
    endpoint(Post, "/firewall/rules/subgroup", Kind("firewall-v1-subgroups")),
    endpoint(Put, "/firewall/rules/subgroup", Action("firewall-v1-subgroups-reload")),
    endpoint(Delete, "/firewall/rules/subgroup", Kind("firewall-v1-subgroups")),
    endpoint(Get, "/firewall/fwsets", Kind("firewall-v1-fwsets")),
    endpoint(Post, "/firewall/fwsets", Kind("firewall-v1-fwsets")),
    endpoint(Put, "/firewall/fwsets", Action("firewall-v1-fwsets-reload")),
    endpoint(Delete, "/firewall/fwsets", Kind("firewall-v1-fwsets")),
    endpoint(Put, "/v2/firewall/actions", Action("reset-connection-tracking")),
    endpoint(Get, "/v2/firewall/rules", Kind("firewall-rules")),
    endpoint(Post, "/v2/firewall/rules", Unused(WHOLE)),
    endpoint(Put, "/v2/firewall/rules", Kind("firewall-rules")),
    endpoint(Put, "/v2/firewall/rules/{id}", Unused(WHOLE)),
    endpoint(Delete, "/v2/firewall/rules/{id}", Unused(WHOLE)),
    endpoint(Put, "/v2/firewall/rules/import", Action("firewall-import")),
    endpoint(Get, "/v2/firewall/rules/export", Artifact("firewall-rules")),
    endpoint(Get, "/v2/firewall/rules-groups", Kind("firewall-rule-groups")),
    endpoint(Post, "/v2/firewall/rules-groups", Kind("firewall-rule-groups")),
    endpoint(Get, "/v2/firewall/rule-groups/{name}", Unused(SAME)),
    endpoint(Delete, "/v2/firewall/rule-groups/{name}", Kind("firewall-rule-groups")),
    endpoint(Put, "/v2/firewall/rule-groups/{name}", Kind("firewall-rule-groups")),
    endpoint(Post, "/v2/firewall/rule-groups/{name}/rules", Unused("rules say which groups they are in")),
    endpoint(Get, "/v2/firewall/fwsets", Kind("firewall-fwsets")),
    endpoint(Post, "/v2/firewall/fwsets", Kind("firewall-fwsets")),
    endpoint(Get, "/v2/firewall/fwsets/{name}", Unused(SAME)),
    endpoint(Put, "/v2/firewall/fwsets/{name}", Kind("firewall-fwsets")),
    endpoint(Delete, "/v2/firewall/fwsets/{name}", Kind("firewall-fwsets")),
    endpoint(Post, "/v2/firewall/fwsets/{name}/entries", Unused("the set is written as a whole")),
    endpoint(Delete, "/v2/firewall/fwsets/{name}/entries", Unused("the set is written as a whole")),
    endpoint(Get, "/v2/firewall/subtables", Kind("firewall-subtables")),
    endpoint(Post, "/v2/firewall/subtables", Kind("firewall-subtables")),
    endpoint(Get, "/v2/firewall/subtables/{name}", Unused(SAME)),
    endpoint(Put, "/v2/firewall/subtables/{name}", Kind("firewall-subtables")),
    endpoint(Delete, "/v2/firewall/subtables/{name}", Kind("firewall-subtables")),
    endpoint(Post, "/v2/firewall/subtables/{name}/rules", Unused("the subtable is written as a whole")),
    endpoint(Delete, "/v2/firewall/subtables/{name}/rules/{id}", Unused("the subtable is written as a whole")),
    endpoint(Get, "/routes", Kind("routes")),
    endpoint(Post, "/routes", Kind("routes")),
    endpoint(Delete, "/routes/{route_id}", Kind("routes")),
    endpoint(Put, "/routes/{route_id}/disable", Kind("routes")),
    endpoint(Put, "/routes/{route_id}/enable", Kind("routes")),
    endpoint(Get, "/status/clients", Unused(RUNTIME)),
    endpoint(Get, "/clientpacks", Kind("clientpacks")),
    endpoint(Put, "/clientpacks", Kind("clientpack-defaults")),
    endpoint(Post, "/clientpacks/add_clientpacks", Kind("clientpacks")),
    endpoint(Get, "/clientpacks/{clientpack_name}", Unused(SAME)),
    endpoint(Get, "/clientpack", Artifact("clientpack")),
    endpoint(Put, "/clientpack", Kind("clientpacks")),
    endpoint(Post, "/clientpacks/next_available", Action("clientpack-checkout")),
    endpoint(Post, "/client/reset", Action("client-reset")),
    endpoint(Post, "/clients/reset_all", Action("clients-reset-all")),
    endpoint(Get, "/clientpack/{clientpack_name}", Artifact("clientpack-file")),
    endpoint(Put, "/clientpack/{clientpack_name}", Action("client-disconnect")),
    endpoint(Post, "/clientpack/{clientpack_name}", Kind("clientpack-tags")),
    endpoint(Delete, "/clientpack/{clientpack_name}", Kind("clientpack-tags")),
    endpoint(Get, "/links", Kind("links")),
    endpoint(Post, "/links", Kind("links")),
    endpoint(Get, "/links/global-policies", Kind("link-global-policies-openvpn")),
    endpoint(Put, "/links/global-policies", Kind("link-global-policies-openvpn")),
    endpoint(Get, "/links/{link_id}", Unused(SAME)),
    endpoint(Put, "/links/{link_id}", Kind("links")),
    endpoint(Delete, "/links/{link_id}", Kind("links")),
    endpoint(Get, "/links/{link_id}/logs", Unused(LOG)),
    endpoint(Post, "/links/{link_id}/tags", Kind("link-tags")),
    endpoint(Delete, "/links/{link_id}/tags/{tagkey}", Kind("link-tags")),
    endpoint(Get, "/peering", Kind("peers")),
    endpoint(Put, "/peering/self", Kind("peering-self")),
    endpoint(Post, "/peering/peers", Kind("peers")),
    endpoint(Delete, "/peering/peers/{peer_id}", Kind("peers")),
    endpoint(Put, "/peering/peers/{peer_id}", Kind("peers")),
    endpoint(Get, "/interfaces", Unused("it mixes interfaces of all sorts; each sort has a list of its own")),
    endpoint(Post, "/interfaces/action", Action("interface-discovery")),
    endpoint(Get, "/interfaces/system", Kind("system-interfaces")),
    endpoint(Post, "/interfaces/system", Kind("system-interfaces")),
    endpoint(Get, "/interfaces/system/{interface_id}", Unused(SAME)),
    endpoint(Put, "/interfaces/system/{interface_id}", Kind("system-interfaces")),
    endpoint(Delete, "/interfaces/system/{interface_id}", Kind("system-interfaces")),
    endpoint(Get, "/interfaces/system/{interface_id}/addresses", Kind("interface-addresses")),
    endpoint(Post, "/interfaces/system/{interface_id}/addresses", Kind("interface-addresses")),
    endpoint(
        Get,
        "/interfaces/system/{interface_id}/addresses/{address_id}",
        Unused("it answers nothing; the list shows what there is"),
    ),
    endpoint(Put, "/interfaces/system/{interface_id}/addresses/{address_id}", Kind("interface-addresses")),
    endpoint(Delete, "/interfaces/system/{interface_id}/addresses/{address_id}", Kind("interface-addresses")),
    endpoint(Get, "/interfaces/edge_gre", Kind("edge-gre-interfaces")),
    endpoint(Post, "/interfaces/edge_gre", Kind("edge-gre-interfaces")),
    endpoint(Get, "/interfaces/edge_gre/{interface_id}", Unused(SAME)),
    endpoint(Put, "/interfaces/edge_gre/{interface_id}", Kind("edge-gre-interfaces")),
    endpoint(Get, "/snapshots", Action("snapshot-list")),
    endpoint(Post, "/snapshots", Action("snapshot-create")),
    endpoint(Get, "/snapshots/{snapshot_name}", Artifact("snapshot")),
    endpoint(Delete, "/snapshots/{snapshot_name}", Action("snapshot-delete")),
    endpoint(Put, "/snapshots/running_config", Action("snapshot-import")),
    endpoint(Get, "/container_system", Kind("container-system")),
    endpoint(Put, "/container_system", Kind("container-system")),
    endpoint(Post, "/container_system", Kind("container-system")),
    endpoint(Get, "/container_system/ip_addresses", Unused("runtime state")),
    endpoint(Get, "/container_system/images", Kind("container-images")),
    endpoint(Post, "/container_system/images", Kind("container-images")),
    endpoint(Put, "/container_system/images/{uuid}", Kind("container-images")),
    endpoint(Delete, "/container_system/images/{uuid}", Kind("container-images")),
    endpoint(Post, "/container_system/images/{uuid}/exports", Action("container-image-export")),
    endpoint(Get, "/container_system/containers", Kind("containers")),
    endpoint(Post, "/container_system/containers", Kind("containers")),
    endpoint(Put, "/container_system/containers/{uuid}", Kind("containers")),
    endpoint(Delete, "/container_system/containers/{uuid}", Kind("containers")),
    endpoint(Post, "/container_system/containers/{uuid}/commit", Action("container-commit")),
    endpoint(Get, "/container_system/containers/{uuid}/logs", Unused(LOG)),
    endpoint(Get, "/plugins", Kind("plugins")),
    endpoint(Post, "/plugins", Kind("plugins")),
    endpoint(Get, "/plugin-exports", Action("plugin-export-list")),
    endpoint(Get, "/plugin-catalog", Unused("the vendor's list of plugins, no configuration")),
    endpoint(Get, "/plugins/{id}", Kind("plugins")),
    endpoint(Put, "/plugins/{id}", Kind("plugins")),
    endpoint(Delete, "/plugins/{id}", Kind("plugins")),
    endpoint(Get, "/plugins/{id}/exports", Action("plugin-exports")),
    endpoint(Post, "/plugins/{id}/exports", Action("plugin-export-create")),
    endpoint(Get, "/plugins/{id}/exports/{export_name}", Artifact("plugin-export")),
    endpoint(Delete, "/plugins/{id}/exports/{export_name}", Action("plugin-export-delete")),
    endpoint(Get, "/plugins/{id}/manager", Unused("a template for instances, no configuration")),
    endpoint(Get, "/plugin-instances", Kind("plugin-instances")),
    endpoint(Post, "/plugin-instances", Kind("plugin-instances")),
    endpoint(Get, "/plugin-instances/{id}", Unused(SAME)),
    endpoint(Delete, "/plugin-instances/{id}", Kind("plugin-instances")),
    endpoint(Post, "/plugin-instances/{id}/commit", Action("plugin-commit")),
    endpoint(Post, "/plugin-instances/{id}/manager", Unused("an instance is made with its manager")),
    endpoint(Put, "/plugin-instances/{id}/manager", Kind("plugin-instances")),
    endpoint(Get, "/plugin-instances/{id}/logs", Unused(LOG)),
    endpoint(Get, "/plugin-instances/{id}/logs/{slug}/content", Unused(LOG)),
    endpoint(Get, "/plugin-instances/{id}/configurations", Kind("plugin-instance-configurations")),
    endpoint(Post, "/plugin-instances/{id}/configurations/{slug}/revert", Action("plugin-configuration-revert")),
    endpoint(Get, "/plugin-instances/{id}/configurations/{slug}/content", Kind("plugin-instance-configurations")),
    endpoint(Put, "/plugin-instances/{id}/configurations/{slug}/content", Kind("plugin-instance-configurations")),
    endpoint(Post, "/plugin-instances/{id}/configurations/{slug}/clear", Action("plugin-configuration-clear")),
    endpoint(
        Delete,
        "/plugin-instances/{id}/configurations/{slug}/versions/{version}",
        Action("plugin-configuration-version-delete"),
    ),
    endpoint(Get, "/plugin-instances/{id}/processes", Action("plugin-processes")),
    endpoint(Post, "/plugin-instances/{id}/processes/action", Action("plugin-process")),
    endpoint(Post, "/plugin-instances/{id}/commands/execute", Action("plugin-execute")),
    endpoint(Get, "/plugin-instances/{id}/firewall", Unused("the list of instances shows the same")),
    endpoint(Put, "/plugin-instances/{id}/firewall", Kind("plugin-instance-firewall")),
    endpoint(Get, "/plugin-instances/{id}/users", Kind("plugin-instance-users")),
    endpoint(Put, "/plugin-instances/{id}/users", Kind("plugin-instance-users")),
    endpoint(Delete, "/plugin-instances/{id}/users/{username}", Kind("plugin-instance-users")),
    endpoint(Get, "/plugin-instances/{id}/exports", Action("plugin-instance-exports")),
    endpoint(Post, "/plugin-instances/{id}/exports", Action("plugin-instance-export-create")),
    endpoint(Get, "/plugin-instances/{id}/exports/{export_name}", Artifact("plugin-instance-export")),
    endpoint(Delete, "/plugin-instances/{id}/exports/{export_name}", Action("plugin-instance-export-delete")),
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
    endpoint(Get, "/packet_monitors", Kind("packet-monitors")),
    endpoint(Post, "/packet_monitor", Kind("packet-monitors")),
    endpoint(Get, "/packet_monitor/{name}", Unused(SAME)),
    endpoint(Delete, "/packet_monitor/{name}", Kind("packet-monitors")),
    endpoint(Put, "/packet_monitor/{name}/start", Action("packet-monitor-start")),
    endpoint(Put, "/packet_monitor/{name}/stop", Action("packet-monitor-stop")),
    endpoint(Get, "/packet_monitor/{name}/download", Artifact("packet-capture")),
    endpoint(Delete, "/interfaces/edge_gre/{interface_id}", Kind("edge-gre-interfaces")),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::providers::vns3::PROVIDER;
    use crate::spec::{Change, List, Poll};
    use wire::Method;

    /// Operations that the reference text lost and other sources of the vendor have (sheet 4, end).
    const OUTSIDE: &[(Method, &str)] = &[(Method::Get, "/identity/vpn")];

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
            if let List::Call { path, .. } | List::Login(path) = kind.api.list {
                reads.push(path);
            }
            reads.extend(kind.api.joins.iter().map(|join| join.path));
            reads.extend(kind.api.details.iter().map(|detail| detail.path));
            let own = kind.fields.iter().flat_map(|field| match &field.change {
                Change::Own(calls) | Change::Widens(_, calls) => calls.iter().collect(),
                Change::Switch(switch) => vec![&switch.on, &switch.off],
                Change::InPlace | Change::Replaces | Change::Fixed | Change::Rides => Vec::new(),
            });
            let calls = kind.api.create.iter().chain(kind.api.update).chain(kind.api.remove).chain(own);
            for call in calls.flat_map(|call| std::iter::once(call).chain(call.then)) {
                used.insert((kind.name, call.method, plain(call.path)));
                // One that sends the call again reads nothing.
                let paths = call.settle.iter().map(|poll: &Poll| poll.path);
                reads.extend(paths.filter(|path| !path.is_empty()));
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
