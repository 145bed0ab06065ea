//! The operations of the reference text that no kind, action or artifact covers: why (vns3.md#calls-outside-the-text).

use crate::spec::Coverage::{Kind, Session, Unused};
use crate::spec::{Endpoint, endpoint};
use wire::Method::{Delete, Get, Post, Put};

const SAME: &str = "the list shows the same";
const RUNTIME: &str = "runtime state, no configuration";
const LOG: &str = "a log, no configuration";

/// These operations.
pub(crate) static ALL: &[Endpoint] = &[
    endpoint(Get, "/status", Unused(RUNTIME)),
    endpoint(Get, "/status/system", Session("waits until a controller has restarted")),
    endpoint(Get, "/status/task", Kind("firewall-v1-rules")),
    endpoint(Get, "/access/token/{token_id}", Unused(SAME)),
    endpoint(Put, "/access/token/{token_id}", Unused("it only lets the token expire; removing does that too")),
    endpoint(Delete, "/access/url", Unused("removing by id does the same")),
    endpoint(Get, "/access/url/{access_url_id}", Unused(SAME)),
    endpoint(Put, "/access/url/{access_url_id}", Unused("it only lets the link expire; removing does that too")),
    endpoint(Get, "/system/variable-collections", Unused("the one collection that can be written is known")),
    endpoint(Get, "/ms", Unused("it answers with an alert, not with what was set")),
    endpoint(Get, "/status/ipsec", Session("tells whether the connections of a fabric are up")),
    endpoint(Get, "/status/link_history", Unused(RUNTIME)),
    endpoint(Get, "/status/connected_subnets", Unused(RUNTIME)),
    endpoint(Get, "/ipsec/endpoints/{endpoint_id}", Unused(SAME)),
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
    endpoint(Get, "/v2/firewall/rule-groups/{name}", Unused(SAME)),
    endpoint(Post, "/v2/firewall/rule-groups/{name}/rules", Unused("rules say which groups they are in")),
    endpoint(Get, "/v2/firewall/fwsets/{name}", Unused(SAME)),
    endpoint(Post, "/v2/firewall/fwsets/{name}/entries", Unused("the set is written as a whole")),
    endpoint(Delete, "/v2/firewall/fwsets/{name}/entries", Unused("the set is written as a whole")),
    endpoint(Get, "/v2/firewall/subtables/{name}", Unused(SAME)),
    endpoint(Post, "/v2/firewall/subtables/{name}/rules", Unused("the subtable is written as a whole")),
    endpoint(Delete, "/v2/firewall/subtables/{name}/rules/{id}", Unused("the subtable is written as a whole")),
    endpoint(Get, "/status/clients", Unused(RUNTIME)),
    endpoint(Get, "/clientpacks/{clientpack_name}", Unused(SAME)),
    endpoint(Get, "/links/{link_id}", Unused(SAME)),
    endpoint(Get, "/links/{link_id}/logs", Unused(LOG)),
    endpoint(Get, "/peering", Kind("peers")),
    endpoint(Get, "/interfaces", Unused("it mixes interfaces of all sorts; each sort has a list of its own")),
    endpoint(Get, "/interfaces/system/{interface_id}", Unused(SAME)),
    endpoint(
        Get,
        "/interfaces/system/{interface_id}/addresses/{address_id}",
        Unused("it answers nothing; the list shows what there is"),
    ),
    endpoint(Get, "/interfaces/edge_gre/{interface_id}", Unused(SAME)),
    endpoint(Get, "/container_system/ip_addresses", Unused("runtime state")),
    endpoint(Get, "/container_system/containers/{uuid}/logs", Unused(LOG)),
    endpoint(Get, "/plugin-catalog", Unused("the vendor's list of plugins, no configuration")),
    endpoint(Get, "/plugins/{id}/manager", Unused("a template for instances, no configuration")),
    endpoint(Get, "/plugin-instances/{id}", Unused(SAME)),
    endpoint(Post, "/plugin-instances/{id}/manager", Unused("an instance is made with its manager")),
    endpoint(Get, "/plugin-instances/{id}/logs", Unused(LOG)),
    endpoint(Get, "/plugin-instances/{id}/logs/{slug}/content", Unused(LOG)),
    endpoint(Get, "/plugin-instances/{id}/firewall", Unused("the list of instances shows the same")),
    endpoint(Get, "/ipsec/endpoints/{endpoint_id}/ebgp_peers/{bgp_peer_id}", Unused(SAME)),
    endpoint(Get, "/webhook/{webhook_id}", Unused(SAME)),
    endpoint(Get, "/alert_events", Unused("the events differ by version; the controller checks them")),
    endpoint(Get, "/alert/{alert_id}", Unused(SAME)),
    endpoint(Post, "/alert/{alert_id}/toggle_enabled", Unused("it flips blindly; setting `enabled` does not")),
    endpoint(Get, "/packet_monitor/{name}", Unused(SAME)),
];
