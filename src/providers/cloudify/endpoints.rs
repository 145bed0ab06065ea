//! Every endpoint of the reference text, and what covers it.

use crate::spec::Endpoint;

/// The endpoints of Cloudify's reference text, v3.
pub static ENDPOINTS: &[Endpoint] = &[];
