//! The kinds, in the order in which a controller is built up (vns3.md#order); parents stand before their children.

mod identity;

use super::fields::*;
use super::{KEYED, LICENSED, UNKEYED, UNLICENSED};

kinds! {
    cloud_data: KIND;
    license: KIND;
    license_parameters: KIND;
    keyset: KIND;
    config: KIND;
    remote_support: KIND;
    admin_ui: KIND;
    ssl_certificate: KIND;
    ms_integration: KIND;
    peering_self: KIND;
    system_interfaces: KIND;
    interface_addresses: KIND;
    edge_gre_interfaces: KIND;
    ipsec_local: KIND;
    ipsec_endpoints: KIND;
    tunnels: KIND;
    traffic_pairs: KIND;
    ebgp_peers: KIND;
    peers: KIND;
    clientpack_defaults: KIND;
    clientpacks: KIND;
    clientpack_tags: KIND;
    link_global_policies: OPENVPN, WIREGUARD;
    links: KIND;
    link_tags: KIND;
    container_system: KIND;
    container_images: KIND;
    containers: KIND;
    plugins: KIND;
    plugin_instances: KIND;
    plugin_instance_configurations: KIND;
    plugin_instance_users: KIND;
    plugin_instance_firewall: KIND;
    routes: KIND;
    system_variables: KIND;
    firewall_fwsets: KIND;
    firewall_subtables: KIND;
    firewall_rule_groups: KIND;
    firewall_rules: KIND;
    firewall_v1_groups: FWSETS, SUBGROUPS;
    firewall_v1_rules: KIND;
    webhooks: KIND;
    alerts: KIND;
    packet_monitors: KIND;
    identity_vpn: KIND;
    identity_controller: KIND;
    access_tokens: KIND;
    access_urls: KIND;
    api_password: KIND;
}
