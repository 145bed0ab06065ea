//! Events and logs of executions (cloudify.md#events).
//!
//! `type` is spelled by product and by page: only its end, `_event` or `_log`, can be relied on.

use crate::providers::cloudify::shared::{NAMED, list};
use crate::spec::{Api, Identity, Kind, Type, output};

/// `events`.
pub(crate) static KIND: Kind = Kind {
    name: "events",
    doc: "Events and logs of executions, oldest first",
    source: "Events; cloudify.md#events",
    identity: Identity::Natural(&["execution_id", "timestamp", "node_instance_id", "message"]),
    fields: &[
        output("timestamp", Type::Text, "When the manager noted it"),
        output("type", Type::Text, "Whether it is an event or a line of a log"),
        output("event_type", Type::Text, "What happened, for events"),
        output("level", Type::Text, "How grave it is, for lines of a log"),
        output("message", Type::Text, "What was said"),
        output("deployment_id", Type::Text, "Deployment that it is about"),
        output("execution_id", Type::Text, "Execution that said it"),
        output("node_instance_id", Type::Text, "Node instance that it is about"),
        output("operation", Type::Text, "Operation that it is about"),
        output("error_causes", Type::Any, "Errors behind it, with their traces"),
    ],
    api: Api { list: list("/events?_sort=timestamp"), ..NAMED },
    ..Kind::NEW
};

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::providers::cloudify::testing::shows;

    #[test]
    fn an_event_of_the_reference_text() {
        let live = json!({
            "node_instance_id": "vm_ke9e2d", "event_type": "task_succeeded",
            "operation": "F5_VNF.interfaces.F5_VNF_agent.create", "blueprint_id": "linuxbp1",
            "timestamp": "2017-03-22T11:42:00.788Z", "node_name": "vm", "workflow_id": "install", "error_causes": null,
            "message": "Task succeeded 'F5_VNF_agent.installer.operations.create'", "deployment_id": "linuxdp1",
            "type": "F5_VNF_event", "execution_id": "19ce78d6-babc-4a18-ba8e-74b853f2b387"
        });
        let expected = json!({
            "event_type": "task_succeeded", "type": "F5_VNF_event", "level": null, "deployment_id": "linuxdp1",
            "timestamp": "2017-03-22T11:42:00.788Z"
        });
        shows(&KIND, &live, &expected);
    }
}
