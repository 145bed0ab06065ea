//! Fields that several kinds share.

use crate::spec::{Disruption, Field, Type, field};

/// A free text about the object.
pub const DESCRIPTION: Field = field("description", Type::Text, "Free text");

/// The local side of a pair of IPsec selectors.
pub const LOCAL_SUBNET: Field =
    field("local_subnet", Type::Cidr, "Network on this side").required().replaces().disrupts(Disruption::TunnelBounce);

/// The remote side of a pair of IPsec selectors.
pub const REMOTE_SUBNET: Field = field("remote_subnet", Type::Cidr, "Network on the other side")
    .required()
    .replaces()
    .disrupts(Disruption::TunnelBounce);

/// Whether a pair of IPsec selectors is in use.
pub const TUNNEL_ENABLED: Field =
    field("enabled", Type::Bool, "In use").default("true").always().disrupts(Disruption::Outage);

/// The target of the pings that keep a tunnel alive.
pub const PING_IPADDRESS: Field =
    field("ping_ipaddress", Type::Ip, "Remote address to ping so that the tunnel stays up");

/// The pace of the pings that keep a tunnel alive.
pub const PING_INTERVAL: Field = field("ping_interval", Type::Int, "Seconds between two pings");

/// The source of the pings that keep a tunnel alive.
pub const PING_INTERFACE: Field =
    field("ping_interface", Type::Text, "Interface whose address the pings come from, such as `eth0` or `tun0`");
