//! The kinds, in the order in which a controller is built up (sheet 3.2); parents stand before their children.

mod access_tokens;
mod access_urls;
mod admin_ui;
mod alerts;
mod api_password;
mod clientpack_defaults;
mod clientpack_tags;
mod clientpacks;
mod cloud_data;
mod config;
mod container_images;
mod container_system;
mod containers;
mod ebgp_peers;
mod edge_gre_interfaces;
mod firewall_fwsets;
mod firewall_rule_groups;
mod firewall_rules;
mod firewall_subtables;
mod firewall_v1_groups;
mod firewall_v1_rules;
mod identity;
mod identity_controller;
mod identity_vpn;
mod interface_addresses;
mod ipsec_endpoints;
mod ipsec_local;
mod keyset;
mod license;
mod license_parameters;
mod link_global_policies;
mod link_tags;
mod links;
mod ms_integration;
mod packet_monitors;
mod peering_self;
mod peers;
mod plugin_instance_configurations;
mod plugin_instance_firewall;
mod plugin_instance_users;
mod plugin_instances;
mod plugins;
mod remote_support;
mod routes;
mod ssl_certificate;
mod system_interfaces;
mod system_variables;
mod traffic_pairs;
mod tunnels;
mod webhooks;

use super::fields::*;
use super::{KEYED, LICENSED, UNKEYED, UNLICENSED};
use crate::spec::Kind;

/// Every kind.
pub(crate) static ALL: &[&Kind] = &[
    &cloud_data::KIND,
    &license::KIND,
    &license_parameters::KIND,
    &keyset::KIND,
    &config::KIND,
    &remote_support::KIND,
    &admin_ui::KIND,
    &ssl_certificate::KIND,
    &ms_integration::KIND,
    &peering_self::KIND,
    &system_interfaces::KIND,
    &interface_addresses::KIND,
    &edge_gre_interfaces::KIND,
    &ipsec_local::KIND,
    &ipsec_endpoints::KIND,
    &tunnels::KIND,
    &traffic_pairs::KIND,
    &ebgp_peers::KIND,
    &peers::KIND,
    &clientpack_defaults::KIND,
    &clientpacks::KIND,
    &clientpack_tags::KIND,
    &link_global_policies::OPENVPN,
    &link_global_policies::WIREGUARD,
    &links::KIND,
    &link_tags::KIND,
    &container_system::KIND,
    &container_images::KIND,
    &containers::KIND,
    &plugins::KIND,
    &plugin_instances::KIND,
    &plugin_instance_configurations::KIND,
    &plugin_instance_users::KIND,
    &plugin_instance_firewall::KIND,
    &routes::KIND,
    &system_variables::KIND,
    &firewall_fwsets::KIND,
    &firewall_subtables::KIND,
    &firewall_rule_groups::KIND,
    &firewall_rules::KIND,
    &firewall_v1_groups::FWSETS,
    &firewall_v1_groups::SUBGROUPS,
    &firewall_v1_rules::KIND,
    &webhooks::KIND,
    &alerts::KIND,
    &packet_monitors::KIND,
    &identity_vpn::KIND,
    &identity_controller::KIND,
    &access_tokens::KIND,
    &access_urls::KIND,
    &api_password::KIND,
];
