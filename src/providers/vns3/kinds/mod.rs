//! The kinds, in the order in which a controller is built up (sheet 3.2); parents stand before their children.

mod alerts;
mod config;
mod ebgp_peers;
mod firewall_fwsets;
mod firewall_rules;
mod ipsec_endpoints;
mod ipsec_local;
mod peering_self;
mod peers;
mod routes;
mod system_variables;
mod traffic_pairs;
mod tunnels;
mod webhooks;

use super::fields::*;
use crate::spec::Kind;

/// Every kind.
pub static ALL: &[&Kind] = &[
    &config::KIND,
    &peering_self::KIND,
    &ipsec_local::KIND,
    &ipsec_endpoints::KIND,
    &tunnels::KIND,
    &traffic_pairs::KIND,
    &ebgp_peers::KIND,
    &peers::KIND,
    &routes::KIND,
    &system_variables::KIND,
    &firewall_fwsets::KIND,
    &firewall_rules::KIND,
    &webhooks::KIND,
    &alerts::KIND,
];
