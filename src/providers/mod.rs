//! What is said about each API: its dialect, and one file for each kind.

pub mod vns3;
mod netfoundry;

use crate::spec::Provider;

/// Every provider, in the order in which they are shown.
pub static CATALOGUE: &[&Provider] = &[&vns3::PROVIDER];
pub static CATALOGUE: &[&Provider] = &[&netfoundry::PROVIDER];
