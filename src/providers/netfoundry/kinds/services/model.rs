//! The models of a service (netfoundry.md#services).
//!
//! Four are documented: `TunnelerToEndpoint`, `TunnelerToEdgeRouter`, `TunnelerToSdk` and `AdvancedTunnelerToEndpoint`;
//! the others are inferred, so that nothing is asked of them, and each part takes further keys. An advanced egress says of
//! host, port and protocol either the value (`host`) or that the client's is forwarded (`forwardHost`, `allowedHosts`).

use crate::providers::netfoundry::shared::{EDGE_ROUTERS, ENDPOINTS, HOSTS, PORT, PORT_RANGES, PROTOCOLS, forwarded};
use crate::spec::{Condition, Field, Type, field};

/// Who uses the service, and who hosts it.
pub(crate) const MODEL_TYPES: Type = Type::OpenEnum(&[
    "TunnelerToEndpoint",
    "TunnelerToEdgeRouter",
    "TunnelerToSdk",
    "AdvancedTunnelerToEndpoint",
    "AdvancedTunnelerToEdgeRouter",
    "ZitiToEndpoint",
    "ZitiToEdgeRouter",
]);

/// Models that name one host and port for clients.
const SIMPLE: Condition = is(&["TunnelerToEndpoint", "TunnelerToEdgeRouter", "TunnelerToSdk"]);
const NOT_SIMPLE: Condition = is_not(&["TunnelerToEndpoint", "TunnelerToEdgeRouter", "TunnelerToSdk"]);
/// Models with lists of addresses and ports.
const ADVANCED: Condition = is(&["AdvancedTunnelerToEndpoint"]);
const NOT_ADVANCED: Condition = is_not(&["AdvancedTunnelerToEndpoint"]);
/// Models that say where the server is.
const DOCUMENTED: Condition =
    is(&["TunnelerToEndpoint", "TunnelerToEdgeRouter", "TunnelerToSdk", "AdvancedTunnelerToEndpoint"]);

const fn is(types: &'static [&'static str]) -> Condition {
    Condition::is("modelType", types)
}

const fn is_not(types: &'static [&'static str]) -> Condition {
    Condition::is_not("modelType", types)
}

const INGRESS: &[Field] = &[
    field("host", Type::Text, "Name or address that clients use").required_if(SIMPLE).writable_on(NOT_ADVANCED),
    field("port", PORT, "Port that clients use").required_if(SIMPLE).writable_on(NOT_ADVANCED),
    field("addresses", HOSTS, "Names, `*.names`, addresses and networks that clients use")
        .required_if(ADVANCED)
        .writable_on(NOT_SIMPLE),
    field("ports", PORT_RANGES, "Ports that clients use").required_if(ADVANCED).writable_on(NOT_SIMPLE),
    field("protocols", PROTOCOLS, "Protocols that clients use").required_if(ADVANCED).writable_on(NOT_SIMPLE),
];

const EGRESS: &[Field] = &[
    field("protocol", Type::Enum(&["tcp", "udp"]), "Protocol of the server")
        .required_if(Condition::is("forwardProtocol", &["false"]).and(DOCUMENTED))
        .writable_on(Condition::is("forwardProtocol", &["false"]))
        .cleared_by("null"),
    field("host", Type::Text, "Name or address of the server")
        .required_if(Condition::is("forwardHost", &["false"]).and(DOCUMENTED))
        .writable_on(Condition::is("forwardHost", &["false"]))
        .cleared_by("null"),
    field("port", PORT, "Port of the server")
        .required_if(Condition::is("forwardPort", &["false"]).and(DOCUMENTED))
        .writable_on(Condition::is("forwardPort", &["false"]))
        .cleared_by("null"),
    forwarded("forwardProtocol", "Takes the protocol that the client uses").writable_on(NOT_SIMPLE),
    field("allowedProtocols", PROTOCOLS, "Protocols that may be forwarded")
        .required_if(Condition::is("forwardProtocol", &["true"]).and(DOCUMENTED))
        .writable_on(Condition::is("forwardProtocol", &["true"]))
        .cleared_by("null"),
    forwarded("forwardHost", "Takes the host that the client uses").writable_on(NOT_SIMPLE),
    field("allowedHosts", HOSTS, "Hosts that may be forwarded")
        .required_if(Condition::is("forwardHost", &["true"]).and(DOCUMENTED))
        .writable_on(Condition::is("forwardHost", &["true"]))
        .cleared_by("null"),
    forwarded("forwardPort", "Takes the port that the client uses").writable_on(NOT_SIMPLE),
    field("allowedPortRanges", PORT_RANGES, "Ports that may be forwarded")
        .required_if(Condition::is("forwardPort", &["true"]).and(DOCUMENTED))
        .writable_on(Condition::is("forwardPort", &["true"]))
        .cleared_by("null"),
];

const ROUTER_HOST: &[Field] = &[
    field("edgeRouterId", Type::Ref("edge-routers"), "Edge router that hosts the service").required(),
    field("serverEgress", Type::Open(EGRESS), "How the router reaches the server").required(),
];

/// The fields of a service's model, of all types.
pub(crate) const MODEL: &[Field] =
    &[
        field("clientIngress", Type::Open(INGRESS), "What clients use to reach the service").required_if(DOCUMENTED),
        field("serverEgress", Type::Open(EGRESS), "How the hosting endpoint reaches the server")
            .required_if(is(&["TunnelerToEndpoint", "AdvancedTunnelerToEndpoint"]))
            .writable_on(is_not(&["TunnelerToEdgeRouter", "TunnelerToSdk"])),
        // Of a service that routers host, the vendor's own tools send an empty list (netfoundry.md#services).
        field("bindEndpointAttributes", ENDPOINTS, "Endpoints that host the service").required_if(is(&[
            "TunnelerToEndpoint",
            "TunnelerToSdk",
            "AdvancedTunnelerToEndpoint",
        ])),
        field("edgeRouterHosts", Type::Table(ROUTER_HOST, "edgeRouterId"), "Edge routers that host the service")
            .required_if(is(&["TunnelerToEdgeRouter"]))
            .writable_on(is_not(&["TunnelerToEndpoint", "TunnelerToSdk", "AdvancedTunnelerToEndpoint"])),
        field("edgeRouterAttributes", EDGE_ROUTERS, "Edge routers that carry the service's traffic")
            .required_if(is(&["TunnelerToEndpoint", "TunnelerToSdk", "AdvancedTunnelerToEndpoint"])),
    ];
