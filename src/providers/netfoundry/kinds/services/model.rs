//! The models of a service (netfoundry.md#services).
//!
//! Four are documented: `TunnelerToEndpoint`, `TunnelerToEdgeRouter`, `TunnelerToSdk` and `AdvancedTunnelerToEndpoint`;
//! the others are inferred, so that each part takes further keys. An advanced egress says of host, port and protocol
//! either the value (`host`) or that the client's is forwarded (`forwardHost`, `allowedHosts`).

use crate::providers::netfoundry::shared::{EDGE_ROUTERS, ENDPOINTS, HOSTS, PORT_RANGES, PROTOCOLS};
use crate::spec::{Field, Type, field};

/// Who uses the service, and who hosts it.
pub(crate) const MODEL_TYPES: Type = Type::Enum(&[
    "TunnelerToEndpoint",
    "TunnelerToEdgeRouter",
    "TunnelerToSdk",
    "AdvancedTunnelerToEndpoint",
    "AdvancedTunnelerToEdgeRouter",
    "ZitiToEndpoint",
    "ZitiToEdgeRouter",
]);

const INGRESS: &[Field] = &[
    field("host", Type::Text, "Name or address that clients use").cleared_by("null"),
    field("port", Type::Int, "Port that clients use").cleared_by("null"),
    field("addresses", HOSTS, "Names, `*.names`, addresses and networks that clients use; advanced models")
        .cleared_by("null"),
    field("ports", PORT_RANGES, "Ports that clients use; advanced models").cleared_by("null"),
    field("protocols", PROTOCOLS, "Protocols that clients use; advanced models").cleared_by("null"),
];

const EGRESS: &[Field] = &[
    field("protocol", Type::Enum(&["tcp", "udp"]), "Protocol of the server").cleared_by("null"),
    field("host", Type::Text, "Name or address of the server").cleared_by("null"),
    field("port", Type::Int, "Port of the server").cleared_by("null"),
    field("forwardProtocol", Type::Bool, "Takes the protocol that the client uses").cleared_by("null"),
    field("allowedProtocols", PROTOCOLS, "Protocols that may be forwarded").cleared_by("null"),
    field("forwardHost", Type::Bool, "Takes the host that the client uses").cleared_by("null"),
    field("allowedHosts", HOSTS, "Hosts that may be forwarded").cleared_by("null"),
    field("forwardPort", Type::Bool, "Takes the port that the client uses").cleared_by("null"),
    field("allowedPortRanges", PORT_RANGES, "Ports that may be forwarded").cleared_by("null"),
];

const ROUTER_HOST: &[Field] = &[
    field("edgeRouterId", Type::Ref("edge-routers"), "Edge router that hosts the service").required(),
    field("serverEgress", Type::Open(EGRESS), "How the router reaches the server").required(),
];

/// The fields of a service's model, of all types.
pub(crate) const MODEL: &[Field] = &[
    field("clientIngress", Type::Open(INGRESS), "What clients use to reach the service"),
    field("serverEgress", Type::Open(EGRESS), "How the hosting endpoint reaches the server"),
    field("bindEndpointAttributes", ENDPOINTS, "Endpoints that host the service"),
    field("edgeRouterHosts", Type::Table(ROUTER_HOST, "edgeRouterId"), "Edge routers that host the service"),
    field("edgeRouterAttributes", EDGE_ROUTERS, "Edge routers that carry the service's traffic"),
];
