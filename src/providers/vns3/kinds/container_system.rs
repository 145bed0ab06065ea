//! The system that containers run on: whether it runs, and the network that they share.
//!
//! Starting and stopping may take a while; meanwhile `running` is a word. Another network takes effect at the next
//! start (vns3.md#container-system, vns3.md#tasks).

use crate::spec::{
    Api, Body, CallSpec, Condition, Disruption, Envelope, Kind, List, Poll, States, Type, Until, call, field,
};
use wire::Method::{Post, Put};

/// `container-system`.
pub(crate) static KIND: Kind = Kind {
    name: "container-system",
    doc: "What containers run on, and the network that they share",
    source: "GET /container_system; vns3.md#container-system",
    fields: &[
        field("network", Type::CIDR, "Network of the containers; takes effect when the system is started again")
            .stays()
            .disrupts(Disruption::Outage),
        field("running", Type::Bool, "Started").switch(&START, &STOP).disrupts(Disruption::Outage),
    ],
    api: Api {
        list: List::at("/container_system", Envelope::One("response")),
        id: "",
        // It shows with the license: on a controller that gets one just now, it is as if it had to be made.
        create: &[call(Put, "/container_system", Body::Fields).when(Condition::declared("network"))],
        update: &[call(Put, "/container_system", Body::Changed).reply(Envelope::One("response"))],
        states: Some(States { busy: &["starting", "stopping"], ..States::at("running") }),
        ..super::super::API
    },
    relations: &[super::LICENSED, super::KEYED],
    ..Kind::NEW
};

static START: CallSpec = action(r#"{"action": "start"}"#).wait(&[until(&["true"])]);
static STOP: CallSpec = action(r#"{"action": "stop"}"#).wait(&[until(&["false"])]);

const fn action(body: &'static str) -> CallSpec {
    call(Post, "/container_system", Body::Json(body))
}

const fn until(done: &'static [&'static str]) -> Poll {
    Poll {
        path: "/container_system",
        at: "response",
        until: Until::State { key: "running", done, failed: &[] },
        shows_object: true,
        ..Poll::NEW
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::providers::vns3::reading::{listed, shown};

    #[test]
    fn the_example_reply_reads() {
        let reply = json!({"response": {"running": true, "network": "172.0.20.0/28"}});
        assert_eq!(listed(&KIND, &reply), [json!({"network": "172.0.20.0/28", "running": true, "state": true})]);
    }

    #[test]
    fn running_may_be_a_word() {
        assert_eq!(shown(&KIND, &json!({"running": "false"}))["running"], false);
        assert_eq!(shown(&KIND, &json!({"running": "starting"}))["state"], "starting");
    }
}
