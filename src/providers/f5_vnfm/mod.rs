//! F5 VNF Manager: Cloudify Manager 4.5 under another name (cloudify.md#f5-vnf-manager).
//!
//! Its kinds are Cloudify's where nothing differs. What differs is what 4.5 lacks: labels, display names and sites; and a
//! deployment can't become global.

pub(crate) mod endpoints;
pub(crate) mod kinds;

use crate::providers::cloudify;
use crate::spec::{Dialect, Provider, ServerVersion, TrafficTable};

/// F5 VNF Manager.
pub(crate) static PROVIDER: Provider = Provider {
    name: "f5-vnfm",
    title: "F5 VNF Manager",
    doc: "F5 VNF Manager: blueprints of virtual network functions, and deployments of them",
    dialect: DIALECT,
    kinds: kinds::ALL,
    actions: cloudify::actions::ACTIONS,
    artifacts: cloudify::artifacts::ARTIFACTS,
    halves: None,
    fabric: None,
    documented: include_str!("endpoints.txt"),
    endpoints: endpoints::ENDPOINTS,
    traffic: TrafficTable::NONE,
};

const DIALECT: Dialect = Dialect {
    example: "https://vnfm.example.com/api/v3.1",
    // It names its own version, 1.0, which says nothing about what it understands.
    version: ServerVersion::Fixed("4.5"),
    ..cloudify::DIALECT
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::lint;

    #[test]
    fn the_tables_hold_together() {
        assert_eq!(lint(&PROVIDER), Vec::<String>::new());
    }
}
