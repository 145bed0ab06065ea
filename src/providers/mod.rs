//! The APIs as tables: for each its dialect, and one file for each kind.

mod cloudify;
mod f5_vnfm;
mod netfoundry;
mod vns3;

use crate::spec::Provider;

/// Every provider, in the order in which they are shown.
pub static CATALOGUE: &[&Provider] = &[&netfoundry::PROVIDER, &vns3::PROVIDER, &cloudify::PROVIDER, &f5_vnfm::PROVIDER];
