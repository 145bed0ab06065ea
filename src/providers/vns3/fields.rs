//! Fields, states and hooks that several kinds share.

use std::time::Duration;

use serde_json::Value;

use crate::attr::Attr;
use crate::providers::vns3::grammar;
use crate::spec::{Disruption, Field, PORT_NUMBER, Poll, States, Type, Until, ValueFormat, field, whole_numbers};

whole_numbers!(
    /// Counts, seconds, bytes: no bound is documented but that there is none below nothing.
    COUNTS, 0..
);
whole_numbers!(
    /// Numbers of autonomous systems (vns3.md#ebgp-peers).
    ASNS, 1..=4294967295
);
whole_numbers!(
    /// Lengths of prefixes (vns3.md#interface-addresses).
    PREFIXES, 1..=32
);
whole_numbers!(
    /// Numbers of controllers in their topology.
    PEERING_IDS, 1..=255
);

/// An address or a name of a machine.
pub(crate) static HOST: ValueFormat = ValueFormat {
    words: "IP address or host name",
    canonical: |value| {
        let text = value.to_text()?.trim().to_ascii_lowercase();
        Some(if text.is_empty() { Attr::Null } else { Attr::Text(text) })
    },
    mistake: |value| {
        let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b':');
        let is_label = |label: &str| (1..=63).contains(&label.len()) && label.bytes().all(is_letter);
        let is_name = |text: &str| text.len() <= 253 && text.split('.').all(is_label);
        let fits = matches!(value, Attr::Secret(_)) || value.as_text().is_some_and(|text| is_name(text.trim()));
        (!fits).then(|| "as in `203.0.113.10` or `vns3.example`".into())
    },
    schema: r#"{"type": "string"}"#,
};

/// A count, or seconds, or bytes.
pub(crate) const COUNT: Type = Type::Format(&COUNTS);

/// A number of an autonomous system.
pub(crate) const ASN: Type = Type::Format(&ASNS);

/// The length of a prefix.
pub(crate) const PREFIX: Type = Type::Format(&PREFIXES);

/// The number of a controller in its topology.
pub(crate) const PEERING_ID: Type = Type::Format(&PEERING_IDS);

/// A port.
pub(crate) const PORT: Type = Type::Format(&PORT_NUMBER);

/// A free text about the object.
pub(crate) const DESCRIPTION: Field = field("description", Type::Text, "Free text");

/// Events that are told, as the text lists them; the Terraform provider knows more (vns3.md#alerts).
pub(crate) const EVENTS: Type = Type::Set(&Type::OpenEnum(&[
    "tunnel_up",
    "tunnel_down",
    "process_change",
    "user_password_change",
    "controller_reboot",
    "controller_reset_defaults",
    "system_general",
    "clientpack_up",
    "clientpack_down",
    "bgp_session_up",
    "bgp_session_down",
]));

/// The local side of a pair of IPsec selectors.
pub(crate) const LOCAL_SUBNET: Field =
    field("local_subnet", Type::CIDR, "Network on this side").required().replaces().disrupts(Disruption::TunnelBounce);

/// The remote side of a pair of IPsec selectors.
pub(crate) const REMOTE_SUBNET: Field = field("remote_subnet", Type::CIDR, "Network on the other side")
    .required()
    .replaces()
    .disrupts(Disruption::TunnelBounce);

/// Whether a pair of IPsec selectors is in use.
pub(crate) const TUNNEL_ENABLED: Field =
    field("enabled", Type::Bool, "In use").default("true").always().disrupts(Disruption::Outage);

/// The target of the pings that keep a tunnel alive.
pub(crate) const PING_IPADDRESS: Field =
    field("ping_ipaddress", Type::IP, "Remote address to ping so that the tunnel stays up");

/// The pace of the pings that keep a tunnel alive.
pub(crate) const PING_INTERVAL: Field = field("ping_interval", COUNT, "Seconds between two pings").cleared_by("0");

/// The source of the pings that keep a tunnel alive.
pub(crate) const PING_INTERFACE: Field = field(
    "ping_interface",
    Type::Phrase(&grammar::INTERFACE),
    "Interface whose address the pings come from, such as `eth0` or `tun0`",
);

/// Turns a number in a body into text, for fields that the API takes as text only.
pub(crate) fn number_as_text(body: &mut Attr, name: &str) {
    if let Attr::Map(map) = body
        && let Some(value) = map.get_mut(name)
        && let Attr::Number(number) = value
    {
        *value = Attr::Text(number.to_string());
    }
}

/// Sorts a list of rules by their `position`: what decides is the position, not the place in the reply.
pub(crate) fn by_position(rules: &mut Value) {
    if let Value::Array(rules) = rules {
        rules.sort_by_key(|rule| rule.get("position").and_then(Value::as_i64));
    }
}

/// The states of what expires: it stays in lists, but is as good as gone. [`mark_expired`] puts the word there.
pub(crate) const EXPIRED: Option<States> = Some(States { gone: &["expired"], ..States::at("state") });

/// Gives what has expired the state that [`EXPIRED`] looks for.
pub(crate) fn mark_expired(object: &mut Value) {
    if object.get("expired") == Some(&Value::Bool(true)) {
        object["state"] = "expired".into();
    }
}

/// Waits until the controller has been started since the call. While it is not licensed, it does not say how long it is
/// up (vns3.md#restarts). That uptime is in seconds is inferred.
pub(crate) const RESTARTED: Poll = Poll {
    path: "/status/system",
    at: "response",
    until: Until::Restarted("uptime"),
    tolerate: &[401, 403, 502, 503],
    // The reboot takes minutes; the vendor's own tools wait up to half an hour (vns3.md#restarts).
    budget: Duration::from_secs(1800),
    ..Poll::NEW
};

/// How a plugin instance answers that was made just now: it says that it runs before its files and processes are there
/// (vns3.md#plugins, vns3.md#refusals).
pub(crate) const STARTING: &[(u16, &str)] = &[(400, "Failed to write contents"), (400, "No SSH server process")];

/// Waits for a task that a reply handed out (vns3.md#tasks).
pub(crate) const TASK: Poll = Poll {
    job: &["response.token"],
    path: "/status/task?token={job}",
    at: "response",
    until: Until::State { key: "task_status", done: &["finished_ok"], failed: &["finished_failed", "invalid"] },
    ..Poll::NEW
};

/// How a controller answers that is still booting, where it answers at all (vns3.md#restarts).
pub(crate) const BOOTING: &[u16] = &[401, 502, 503];
