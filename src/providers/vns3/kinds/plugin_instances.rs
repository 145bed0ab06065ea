//! Plugins that run. Nothing about one can be changed but what its manager looks after: its files, ports and processes.
//!
//! The environment is written as a list and read as one string, so it is not compared with a reply. `manager_config` is
//! read as `manager`, whose versions and dates are not the user's (vns3.md#plugin-instances).

use crate::spec::{
    Api, AutoCreated, Body, CallSpec, Condition, Disruption, Envelope, Field, Identity, Kind, List, Relation, Type,
    call, field, output,
};
use wire::Method::{Delete, Post, Put};

/// `plugin-instances`.
pub(crate) static KIND: Kind = Kind {
    name: "plugin-instances",
    doc: "Plugins that run",
    source: "GET /plugin-instances, POST /plugin-instances; vns3.md#plugin-instances",
    identity: Identity::Name("name"),
    fields: &[
        field("name", Type::Text, "Name of the instance").required(),
        made_of("plugin_id", Type::Ref("plugins"), "Plugin that runs").required().read_as("image_id"),
        made_of("description", Type::Text, "Free text").default("\"\""),
        made_of("ip_address", Type::IP, "Address in the containers' network").chosen(),
        made_of("command", Type::Text, "What to run, unless the plugin says it"),
        made_of("environment", Type::Table(VARIABLE, "key"), "Environment variables").write_only(),
        field("manager_config", Type::Object(MANAGER), "What the manager looks after")
            .read_as("manager")
            .dedicated_call(MANAGE),
        output("status", Type::Text, "State of the instance"),
        output("uuid", Type::Text, "Id of the container"),
    ],
    api: Api {
        list: List::at("/plugin-instances", Envelope::Items("response")),
        aliases: &["ip_address"],
        create: &[call(Post, "/plugin-instances", Body::Fields).reply(Envelope::One("response"))],
        // One that runs is removed only by force.
        remove: &[call(Delete, "/plugin-instances/{id}", Body::Json(r#"{"force": true}"#))],
        ..super::super::API
    },
    relations: &[
        super::LICENSED,
        super::KEYED,
        Relation::Creates("firewall-rules", THERE),
        Relation::Creates("firewall-v1-rules", THERE),
    ],
    // Rules of presets stand in the controller's firewall, among the user's own rules.
    carries_traffic: Some(Condition::ALWAYS),
    ..Kind::NEW
};

/// Where it shows the rules that it put into the list. They go with it.
const THERE: AutoCreated = AutoCreated::Listed { at: "firewall", goes_if_set: None };

const MANAGE: &[CallSpec] = &[call(Put, "/plugin-instances/{id}/manager", Body::Json(r#""{manager_config}""#))];

const fn made_of(name: &'static str, ty: Type, doc: &'static str) -> Field {
    field(name, ty, doc).replaces().disrupts(Disruption::Outage)
}

const VARIABLE: &[Field] = &[
    field("key", Type::Text, "Name").required(),
    field("value", Type::Any, "Text, number, or true or false").required().secret(),
];

const MANAGER: &[Field] = &[
    field("log_files", Type::Table(LOG, "path"), "Logs"),
    field("configuration_files", Type::Table(FILE, "path"), "Configuration files"),
    field("ports", Type::Table(PORT, "port"), "Ports that are served"),
    field("process_manager", Type::Object(PROCESSES), "What runs the processes"),
    field("executables", Type::Table(EXECUTABLE, "name"), "Programs with commands"),
];

const LOG: &[Field] =
    &[field("path", Type::Text, "Where it is").required(), field("description", Type::Text, "Free text")];

const FILE: &[Field] = &[
    field("path", Type::Text, "Where it is").required(),
    field("name", Type::Text, "Name of the file for people"),
    field("description", Type::Text, "Free text"),
];

const PORT: &[Field] = &[
    field("port", super::PORT, "Number").required(),
    field("protocol", Type::Text, "Protocol"),
    field("ui", Type::Bool, "A web interface is there"),
    field("ssl", Type::Bool, "It speaks TLS"),
    field("ui_path", Type::Text, "Path of the web interface"),
];

const PROCESSES: &[Field] = &[
    field("name", Type::Text, "`supervisor` or `service`"),
    field("subprocesses", Type::Set(&Type::Text), "Names of the processes"),
];

const EXECUTABLE: &[Field] = &[
    field("name", Type::Text, "Name for people").required(),
    field("path", Type::Text, "Where it is"),
    field("commands", Type::Map(&Type::Text), "Names of commands, and what the program is called with for each"),
];

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::providers::vns3::reading::listed;

    #[test]
    fn the_example_reply_reads() {
        let reply = json!({"response": [{
            "id": 2,
            "name": "ids",
            "description": "",
            "url": "/api/plugin-instances/2",
            "command": "/opt/run",
            "image_id": 1,
            "uuid": "a0df70a7",
            "status": "Running",
            "ip_address": "198.51.100.2",
            "environment": "MODE=tap",
            "firewall": [],
            "manager": {
                "log_files": [],
                "configuration_files": [{
                    "name": "HA Variables",
                    "path": "/opt/hacontainer/conf/vars.yml",
                    "version": 2,
                    "created_at": "2021-01-28 22:40:30 UTC",
                    "previous_versions": []
                }],
                "ports": [{"port": 3000, "protocol": "tcp", "ui": true, "ssl": false, "ui_path": "/"}]
            }
        }]});
        let mut found = listed(&KIND, &reply);
        let manager = found[0]["manager_config"].take();
        assert_eq!(manager["configuration_files"][0]["name"], "HA Variables");
        assert_eq!(manager["ports"][0]["port"], 3000);
        assert_eq!(
            found,
            [json!({
                "id": 2,
                "name": "ids",
                "plugin_id": "1",
                "ip_address": "198.51.100.2",
                "command": "/opt/run",
                "environment": "MODE=tap",
                "manager_config": null,
                "status": "Running",
                "uuid": "a0df70a7"
            })]
        );
    }
}
