//! Parts of several NetFoundry kinds: calls, waits, fields and a few turns of JSON.

use std::time::Duration;

use serde_json::Value;

use crate::spec::{Field, PORT_NUMBER, Paging, Poll, States, Type, Until, field, output};

/// Pages of the core API (netfoundry.md#lists): the vendor's own client asks for a thousand.
pub(crate) const PAGES: Option<Paging> = Some(Paging::Hal { size: 1000 });

/// The execution that a write starts (netfoundry.md#executions).
///
/// The link to it is an object, or a list of objects, or missing; then there is only the object itself to look at.
pub(crate) const EXECUTION: Poll = Poll {
    job: &["_links.execution.href", "_links.executions.href", "_links.executions.0.href"],
    path: "/core/v2/executions/{job}",
    until: Until::State { key: "status", done: &["FINISHED", "SUCCESS"], failed: &["FAILED"] },
    error: "description",
    ..Poll::NEW
};

/// Waits until an object of the data plane is realized there (netfoundry.md#statuses): kinds without a status get a
/// `zitiId`.
pub(crate) const fn realized(path: &'static str) -> Poll {
    Poll { path, until: Until::set("zitiId"), shows_object: true, ..Poll::NEW }
}

/// Waits until an object with a status is ready (netfoundry.md#statuses); such objects take minutes, and are looked at
/// less often.
pub(crate) const fn provisioned(path: &'static str, budget: Duration) -> Poll {
    let until =
        Until::State { key: "status", done: &["PROVISIONED", "REGISTERED"], failed: &["ERROR", "DELETING", "DELETED"] };
    Poll { path, until, shows_object: true, every: Duration::from_secs(10), budget, ..Poll::NEW }
}

/// Waits until a removed object is gone (netfoundry.md#statuses, netfoundry.md#order): deleted objects may stay
/// readable, with a date.
pub(crate) const fn gone(path: &'static str) -> Poll {
    Poll { path, until: Until::Gone { key: "deletedAt", words: &["*"] }, shows_object: true, ..Poll::NEW }
}

/// The life of networks and edge routers (netfoundry.md#statuses).
pub(crate) const STATES: States = States {
    busy: &["NEW", "PROVISIONING", "UPDATING", "REPLACING", "DELETING"],
    leaving: &["DELETING"],
    stuck: &[
        ("ERROR", "the platform could not build it: remove it and create it again, as the vendor advises"),
        ("SUSPENDED", "it is suspended: nothing written to it takes effect before it is resumed"),
    ],
    gone: &["DELETED"],
    ..States::at("status")
};

/// The calls that all kinds of a network share (netfoundry.md#lists, netfoundry.md#writes).
///
/// A create says what clients and platform have different defaults for (netfoundry.md#defaults-that-differ). An update
/// sends what changed, and always the name, without which the API refuses it.
macro_rules! in_network {
    (
        $collection:literal, $rows:literal $(, adds $adds:literal)? $(, create $create:path)? $(, update $update:path)?
    ) => {
        $crate::spec::Api {
            create: &[$crate::spec::call(
                wire::Method::Post,
                concat!("/core/v2/", $collection),
                $crate::spec::Body::Fields,
            )
            .adds(concat!("{", $($adds, ", ",)? r#""networkId": "{parent.id}"}"#))
            $(.reshape($create))?
            .reply($crate::spec::Envelope::One(""))
            .wait(&[
                $crate::providers::netfoundry::shared::EXECUTION,
                $crate::providers::netfoundry::shared::realized(concat!("/core/v2/", $collection, "/{id}")),
            ])],
            update: &[$crate::spec::call(
                wire::Method::Patch,
                concat!("/core/v2/", $collection, "/{id}"),
                $crate::spec::Body::Changed,
            )
            .adds($crate::providers::netfoundry::shared::WITH_NAME)
            $(.reshape($update))?
            .wait(&[
                $crate::providers::netfoundry::shared::EXECUTION,
                $crate::providers::netfoundry::shared::realized(concat!("/core/v2/", $collection, "/{id}")),
            ])],
            remove: &[$crate::spec::call(
                wire::Method::Delete,
                concat!("/core/v2/", $collection, "/{id}"),
                $crate::spec::Body::None,
            )
            .wait(&[
                $crate::providers::netfoundry::shared::EXECUTION,
                $crate::providers::netfoundry::shared::gone(concat!("/core/v2/", $collection, "/{id}")),
            ])],
            ..$crate::providers::netfoundry::shared::listed!($collection, $rows)
        }
    };
}
pub(crate) use in_network;

/// What every update says (netfoundry.md#writes).
pub(crate) const WITH_NAME: &str = r#"{"name": "{name}"}"#;

/// The list of a collection of a network (netfoundry.md#lists). No filter but the network: `name=` knows wildcards.
/// Others may mention an object by its `zitiId` (netfoundry.md#roles-and-mentions).
macro_rules! listed {
    ($collection:literal, $rows:literal) => {
        $crate::spec::Api {
            list: $crate::spec::List::Call {
                path: concat!("/core/v2/", $collection, "?networkId={parent.id}"),
                at: $crate::spec::Envelope::Items(concat!("_embedded.", $rows)),
                paging: $crate::providers::netfoundry::shared::PAGES,
            },
            aliases: &["zitiId"],
            ..$crate::spec::Api::NONE
        }
    };
}
pub(crate) use listed;

/// The name: unique for each kind and network without regard to case (netfoundry.md#requests).
pub(crate) const NAME: Field = field("name", Type::Text, "Name, unique in the network whatever its case");

/// An object's own tags (netfoundry.md#roles-and-mentions).
pub(crate) const ATTRIBUTES: Field =
    field("attributes", Type::Set(&Type::Role(&[])), "Tags by which policies and services choose it");

/// The id on the data plane (netfoundry.md#requests).
pub(crate) const ZITI_ID: Field = output("zitiId", Type::Text, "Id on the network's controller");

/// The endpoints that a policy is for. A router's tunneler is an endpoint of the router's name, which comes along with it
/// (netfoundry.md#edge-routers).
pub(crate) const ENDPOINTS: Type = Type::Set(&Type::Role(&["endpoints"]));

/// The edge routers that a policy is for.
pub(crate) const EDGE_ROUTERS: Type = Type::Set(&Type::Role(&["edge-routers"]));

/// The services that a policy is for.
pub(crate) const SERVICES: Type = Type::Set(&Type::Role(&["services"]));

/// The posture checks that a policy asks for.
pub(crate) const POSTURE_CHECKS: Type = Type::Set(&Type::Role(&["posture-checks"]));

/// Whether a policy is for what has any of its tags, or all; always said, because clients and controller differ about
/// the default (netfoundry.md#defaults-that-differ).
pub(crate) const SEMANTIC: Field =
    field("semantic", Type::Enum(&["AnyOf", "AllOf"]), "Whether any of the tags is enough, or all are needed")
        .default("\"AnyOf\"");

/// Transport protocols (netfoundry.md#values): lower case, in no order.
pub(crate) const PROTOCOLS: Type = Type::Set(&Type::Enum(&["tcp", "udp"]));

/// A port; text with digits is one, too (netfoundry.md#values).
pub(crate) const PORT: Type = Type::Format(&PORT_NUMBER);

/// Says that something is taken as the client has it, in place of a value.
pub(crate) const fn forwarded(name: &'static str, doc: &'static str) -> Field {
    field(name, Type::Bool, doc).default("false")
}

/// Ranges of ports, in no order; one port is a range from itself to itself (netfoundry.md#values).
pub(crate) const PORT_RANGES: Type = Type::Set(&Type::Object(&[
    field("low", PORT, "First port").required(),
    field("high", PORT, "Last port").required(),
]));

/// Names, addresses or networks, in no order.
pub(crate) const HOSTS: Type = Type::Set(&Type::Text);

/// Reads `old` as `new` where an object has only the former: a field that was renamed over time (netfoundry.md#values).
pub(crate) fn renamed(object: &mut Value, old: &str, new: &str) {
    if object.get(new).is_none_or(Value::is_null)
        && let Some(value) = object.get(old).filter(|value| !value.is_null()).cloned()
    {
        object[new] = value;
    }
}

/// Says that a policy is the platform's own (netfoundry.md#edge-router-policies): it ends in `-system`.
pub(crate) fn made_by_the_system(policy: &Value) -> Option<&'static str> {
    let name = policy.get("name").and_then(Value::as_str).unwrap_or_default();
    name.ends_with("-system").then_some("the platform made it for an edge router, and removes it with the router")
}
