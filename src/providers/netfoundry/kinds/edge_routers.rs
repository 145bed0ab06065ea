//! Edge routers: the vendor's, in a cloud, or the customer's own (netfoundry.md#edge-routers).
//!
//! With `provider` and `locationCode` the vendor hosts the router; with neither it is a machine of the customer's,
//! which enrols with the `registrationKey` or the `jwt`. Each request for a key makes the one before it invalid.
//! Replies say `region` where requests say `locationCode`, and null or `CUSTOMER` for a customer's router. A router
//! whose tunneler is on has an endpoint and a policy of its own; both come and go with it.

use std::time::Duration;

use serde_json::Value;

use crate::attr::Attr;
use crate::providers::netfoundry::shared::{
    ATTRIBUTES, EXECUTION, NAME, STATES, WITH_NAME, ZITI_ID, in_network, provisioned, renamed,
};
use crate::spec::{
    Api, AutoCreated, Body, CallSpec, Condition, Envelope, Identity, Kind, Poll, Relation, Type, call, field, output,
};
use wire::Method;

/// The vendor's client gives a router fifteen minutes: a hosted one is a machine that has to start
/// (netfoundry.md#executions).
const BUDGET: Duration = Duration::from_secs(900);

const READY: &[Poll] = &[
    Poll { every: Duration::from_secs(10), budget: BUDGET, ..EXECUTION },
    provisioned("/core/v2/edge-routers/{id}", BUDGET),
];

const KEY: CallSpec = call(Method::Post, "/core/v2/edge-routers/{id}/registration-key", Body::None)
    .reshape(not_once_enrolled)
    .reply(Envelope::One("registrationKey"));

/// The clouds that regions or the vendor's client name (netfoundry.md#regions).
const PROVIDERS: Type = Type::OpenEnum(&["CUSTOMER", "AWS", "AZURE", "GCP", "OCI", "OCP", "ALICLOUD", "NETFOUNDRY"]);
const HOSTED: Condition = Condition::is_not("provider", &["CUSTOMER"]);

pub(crate) static KIND: Kind = Kind {
    name: "edge-routers",
    doc: "Edge routers, hosted by the vendor or by the customer",
    source: "netfoundry.md#edge-routers",
    parent: Some("networks"),
    identity: Identity::CaselessName("name"),
    fields: &[
        NAME,
        ATTRIBUTES,
        field("provider", PROVIDERS, "Cloud of a hosted router; goes with `locationCode`")
            .default("\"CUSTOMER\"")
            .replaces(),
        field("locationCode", Type::Text, "Region of a hosted router; goes with `provider`")
            .required_if(HOSTED)
            .writable_on(HOSTED)
            .chosen()
            .replaces(),
        field("linkListener", Type::Bool, "Accepts links from other routers; hosted routers always do"),
        field("tunnelerEnabled", Type::Bool, "Runs a tunneler, which is an endpoint of the same name").default("false"),
        field("wssListener", Type::Bool, "Accepts web browsers").inferred(),
        field("noTraversal", Type::Bool, "Carries no traffic between other routers").default("false").inferred(),
        output("status", Type::Text, "State of the router"),
        output("online", Type::Bool, "Connected at the moment"),
        output("verified", Type::Bool, "Enrolled"),
        output("ipAddress", Type::IP, "Public address of a hosted router"),
        output("hostId", Type::Text, "Id of the host that a hosted router runs on"),
        output("jwt", Type::Text, "Enrolment token of a customer's router, until it is enrolled").secret(),
        output("registrationKey", Type::Text, "Key with which a customer's machine enrols itself")
            .secret()
            .dedicated_call(&[KEY]),
        ZITI_ID,
    ],
    api: Api {
        create: &[call(Method::Post, "/core/v2/edge-routers", Body::Fields)
            .adds(r#"{"networkId": "{parent.id}", "attributes": [], "tunnelerEnabled": false}"#)
            .reshape(as_the_client_says_it)
            .reply(Envelope::One(""))
            .wait(READY)],
        update: &[call(Method::Patch, "/core/v2/edge-routers/{id}", Body::Changed).adds(WITH_NAME).wait(READY)],
        states: Some(STATES),
        ..in_network!("edge-routers", "edgeRouterList")
    },
    read: Some(one_spelling),
    carries_traffic: Some(Condition::ALWAYS),
    relations: &[Relation::Creates("endpoints", AutoCreated::Named { by: None, where_set: "tunnelerEnabled" })],
    ..Kind::NEW
};

fn one_spelling(router: &mut Value) {
    renamed(router, "region", "locationCode");
    if router.get("provider").is_none_or(Value::is_null) {
        router["provider"] = Value::from("CUSTOMER");
    }
}

/// A key that was used is not asked for again.
fn not_once_enrolled(_: &mut Attr, live: Option<&Value>) -> Result<(), &'static str> {
    let is_verified = live.and_then(|router| router.get("verified")).and_then(Value::as_bool) == Some(true);
    let why = "its machine has enrolled: another key would enrol another machine in its place";
    if is_verified { Err(why) } else { Ok(()) }
}

/// A customer's router is one for which no cloud is named. The vendor's client always says whether a router listens, and
/// that hosted ones do (netfoundry.md#edge-routers).
fn as_the_client_says_it(body: &mut Attr, _: Option<&Value>) -> Result<(), &'static str> {
    if let Attr::Map(fields) = body {
        if fields.get("provider").and_then(Attr::as_text) == Some("CUSTOMER") {
            fields.remove("provider");
        }
        let is_hosted = fields.contains_key("provider");
        fields.entry("linkListener".to_owned()).or_insert(Attr::Bool(is_hosted));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::providers::netfoundry::testing::{reads_back, shows, writes};

    #[test]
    fn a_hosted_router_as_documented() {
        let create = json!({
            "name": "aws-ohio-1", "attributes": ["#hosted", "#us"], "provider": "AWS", "locationCode": "us-east-2",
            "linkListener": true, "tunnelerEnabled": true
        });
        let live = json!({
            "id": "7d3e9f20", "name": "aws-ohio-1", "status": "PROVISIONED", "attributes": ["#us", "#hosted"],
            "provider": "AWS", "region": "us-east-2", "linkListener": true, "tunnelerEnabled": true,
            "noTraversal": false, "online": true, "verified": true, "jwt": null, "zitiId": "kQ3x.vT9a",
            "ipAddress": "198.51.100.24", "hostId": "2e90b7c1"
        });
        reads_back(&KIND, &create, &live);
        shows(&KIND, &live, json!({ "ipAddress": "198.51.100.24", "jwt": null, "online": true }));
        writes(&KIND, create.clone(), create);
    }

    #[test]
    fn a_customers_router_is_one_without_a_cloud() {
        let create = json!({ "name": "branch-42", "attributes": ["#branch"], "linkListener": false });
        let live = json!({
            "id": "a2f47c19", "name": "branch-42", "status": "PROVISIONED", "attributes": ["#branch"],
            "provider": null, "linkListener": false, "tunnelerEnabled": true, "online": false, "verified": false,
            "jwt": "eyJhbGciOi", "zitiId": "9sWcR.u2B", "hostId": null, "ipAddress": null
        });
        reads_back(&KIND, &create, &live);
        shows(&KIND, &live, json!({ "provider": "CUSTOMER", "locationCode": null, "jwt": "(secret jwt)" }));
        writes(
            &KIND,
            json!({ "name": "branch-42", "provider": "CUSTOMER" }),
            json!({ "name": "branch-42", "attributes": [], "linkListener": false, "tunnelerEnabled": false }),
        );
        let hosted = json!({ "name": "ohio", "provider": "AWS", "locationCode": "us-east-2", "attributes": ["#hub"] });
        let mut said = hosted.clone();
        said["linkListener"] = json!(true);
        said["tunnelerEnabled"] = json!(false);
        writes(&KIND, hosted, said);
    }
}
