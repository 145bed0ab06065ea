//! NetFoundry's kinds, one a file.

pub mod app_wans;
pub mod edge_router_policies;
pub mod edge_routers;
pub mod endpoints;
pub mod network_groups;
pub mod networks;
pub mod posture_checks;
pub mod services;
