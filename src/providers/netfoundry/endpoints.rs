//! Every endpoint that the fact sheet names, and what covers it.
//!
//! The management API that each network's own controller speaks is another API, and not listed.

use crate::spec::{Coverage, Endpoint, endpoint};
use crate::wire::Method::{Delete, Get, Patch, Post, Put};

/// Why no update replaces a whole object (section 2.4).
const NO_PUT: Coverage = Coverage::Unused("PATCH leaves alone what it does not name; PUT resets it");

macro_rules! endpoints {
    (collections: [$($collection:literal),* $(,)?], others: [$($other:expr),* $(,)?]) => {
        &[
            $(
                endpoint(Get, concat!("/core/v2/", $collection), Coverage::Kind($collection)),
                endpoint(Post, concat!("/core/v2/", $collection), Coverage::Kind($collection)),
                endpoint(Get, concat!("/core/v2/", $collection, "/{id}"), Coverage::Kind($collection)),
                endpoint(Patch, concat!("/core/v2/", $collection, "/{id}"), Coverage::Kind($collection)),
                endpoint(Put, concat!("/core/v2/", $collection, "/{id}"), NO_PUT),
                endpoint(Delete, concat!("/core/v2/", $collection, "/{id}"), Coverage::Kind($collection)),
            )*
            $($other),*
        ]
    };
}

/// The endpoints.
pub const ENDPOINTS: &[Endpoint] = endpoints! {
    collections: ["posture-checks", "edge-routers", "endpoints", "services", "edge-router-policies", "app-wans"],
    others: [
        endpoint(Get, "/core/v2/network-groups", Coverage::Kind("network-groups")),
        endpoint(Get, "/core/v2/networks", Coverage::Kind("networks")),
        endpoint(Post, "/core/v2/networks", Coverage::Kind("networks")),
        endpoint(Get, "/core/v2/networks/{id}", Coverage::Kind("networks")),
        endpoint(Delete, "/core/v2/networks/{id}", Coverage::Kind("networks")),
        endpoint(Post, "/core/v2/edge-routers/{id}/registration-key", Coverage::Kind("edge-routers")),
        endpoint(Get, "/core/v2/executions/{id}", Coverage::Session("waits for what a write started")),
    ]
};
