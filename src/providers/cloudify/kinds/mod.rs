//! The kinds of a manager, parents before their children.

pub mod blueprints;
pub mod deployments;
pub mod plugins;
pub mod secrets;
pub mod tenants;

use crate::spec::Kind;

/// Every kind.
pub static ALL: &[&Kind] = &[&tenants::KIND, &secrets::KIND, &plugins::KIND, &blueprints::KIND, &deployments::KIND];
