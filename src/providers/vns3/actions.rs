//! The actions of a controller (vns3.md#actions).

use super::fields::{RESTARTED, TASK};
use crate::spec::{Action, Body, Disruption, Field, Folders, Type, action, call, field};
use wire::Method::{Delete, Get, Post, Put};

const ANSWER: &str = "response";

/// Every action.
pub(crate) static ACTIONS: &[Action] = &[
    action(
        "reboot",
        "Reboots the controller",
        call(Put, "/server", Body::Json(r#"{"reboot": true}"#)).wait(&[RESTARTED]),
    )
    .disrupts(Disruption::Outage)
    .shows("uptime"),
    action("license-upgrade", "Uploads a license that extends the one in use; set its parameters next", {
        call(Put, "/license/upgrade", Body::File("file"))
    })
    .takes(&[field("file", Type::File(Folders::Refused), "The license file").required()])
    .disrupts(Disruption::Irreversible)
    .shows(ANSWER),
    action("license-upgrade-parameters", "Sets the addresses that a license upgrade brings", {
        call(Put, "/license/parameters", Body::Fields)
    })
    .takes(&[
        field("managers", Type::Text, "Overlay addresses of the new controllers, with blanks between").required(),
        field("clients", Type::Text, "Overlay addresses of the new clients, with commas between").required(),
    ])
    .disrupts(Disruption::Irreversible)
    .shows(ANSWER),
    action("remote-support-revoke-credential", "Revokes the key with which the vendor's support can log in", {
        call(Put, "/remote_support", Body::Json(r#"{"revoke_credential": true}"#))
    }),
    action("identity-vpn-test", "Logs in to an LDAP server as the settings for clients would", {
        call(Post, "/identity/vpn/test", Body::Fields)
    })
    .takes(LDAP)
    .fails(&[("response.connect_success", "false")])
    .shows(ANSWER),
    action("identity-controller-test", "Logs in to an LDAP server as the settings for administrators would", {
        call(Post, "/identity/controller/test", Body::Fields)
    })
    .takes(LDAP)
    .fails(&[("response.connect_success", "false")])
    .shows(ANSWER),
    action("ms-alert-test", "Sends a test alert to the management system", {
        call(Post, "/ms/alert/test", Body::Json("{}"))
    })
    .fails(&[(ANSWER, "false")])
    .shows(ANSWER),
    action("alert-test", "Sends a test alert", call(Post, "/alert/{id}/test", Body::Json("{}")))
        .on("alerts")
        .fails(&[("response.status", "failed")])
        .shows(ANSWER),
    action("ipsec-restart", "Restarts the IPsec service", call(Post, "/ipsec", Body::Json(r#"{"restart": true}"#)))
        .disrupts(Disruption::TunnelBounce)
        .shows(ANSWER),
    action("tunnel-bounce", "Takes a tunnel down and up again", {
        call(Put, "/ipsec/endpoints/{parent.id}/tunnels/{id}", Body::Json(r#"{"bounce": true}"#))
    })
    .on("tunnels")
    .disrupts(Disruption::TunnelBounce)
    .shows("response.bounce"),
    action("reset-connection-tracking", "Makes the firewall forget the connections that it knows", {
        call(Put, "/v2/firewall/actions", Body::Json(r#"{"action": "reset_connection_tracking"}"#))
    })
    .disrupts(Disruption::Reconnect)
    .shows(ANSWER),
    action("firewall-v1-reset-connection-tracking", "Does the same through the firewall's API v1", {
        call(Put, "/firewall/actions", Body::Json(r#"{"action": "reset_connection_tracking"}"#))
    })
    .disrupts(Disruption::Reconnect)
    .shows(ANSWER),
    action("firewall-v1-subgroups-reload", "Loads the subgroups of the firewall's API v1 anew", {
        call(Put, "/firewall/rules/subgroup", Body::Json(r#"{"reinitialize": true}"#))
    }),
    action("firewall-v1-fwsets-reload", "Loads the sets of the firewall's API v1 anew", {
        call(Put, "/firewall/fwsets", Body::Json(r#"{"reinitialize": true}"#))
    }),
    action("firewall-import", "Adds the rules of a file to the firewall; doing it again adds them again", {
        call(Put, "/v2/firewall/rules/import", Body::Fields).errors_at("response.errors")
    })
    .takes(&[
        field("rules", Type::File(Folders::Refused), "The rules: one a line, or as JSON").required(),
        field("position", Type::Int, "Place of the first one; -1 is the end"),
        field("disabled", Type::Bool, "Add them without effect"),
        field("groups", Type::Set(&Type::Text), "Groups to put them into"),
    ])
    .shows(ANSWER),
    action("clientpack-checkout", "Hands out the next free clientpack; never ask two controllers of a topology", {
        call(Post, "/clientpacks/next_available", Body::Fields)
    })
    .takes(&[
        field("low_ip", Type::IP, "Lowest overlay address to hand out"),
        field("high_ip", Type::IP, "Highest overlay address to hand out"),
        field("include_disabled", Type::Bool, "Hand out disabled ones too"),
    ])
    .shows(ANSWER),
    action("client-reset", "Resets the connection of the client with a clientpack", {
        call(Post, "/client/reset", Body::Json(r#"{"name": "{name}", "disconnect": "{disconnect}"}"#))
    })
    .on("clientpacks")
    .takes(&[field("disconnect", Type::Bool, "Break the connection off")])
    .disrupts(Disruption::Reconnect)
    .shows(ANSWER),
    action("client-disconnect", "Disconnects the client with a clientpack", {
        call(Put, "/clientpack/{name}", Body::Json(r#"{"disconnect": true}"#))
    })
    .on("clientpacks")
    .disrupts(Disruption::Reconnect)
    .shows(ANSWER),
    action("clientpack-regenerate", "Makes new keys for a client; those that it has open nothing any more", {
        call(Put, "/clientpack", Body::Json(r#"{"name": "{name}", "regenerate": true}"#)).wait(&[TASK])
    })
    .on("clientpacks")
    .disrupts(Disruption::Outage)
    .shows(ANSWER),
    action("clients-reset-all", "Resets the connections of all clients", {
        call(Post, "/clients/reset_all", Body::Json("{}"))
    })
    .disrupts(Disruption::Reconnect)
    .shows(ANSWER),
    action("interface-discovery", "Looks for new adapters, addresses or links; ask for one at a time", {
        call(Post, "/interfaces/action", Body::Fields)
    })
    .takes(&[
        field("discover_new_primary_adapters", Type::Bool, "Look for adapters that the host has now"),
        field("discover_ips", Type::Bool, "Look for addresses that the host offers now"),
        field("manage_overlay_interfaces", Type::Bool, "Bring the overlay's interfaces in line"),
        field("discover_links", Type::Bool, "Look for interfaces of links"),
    ])
    .shows(ANSWER),
    action("snapshot-list", "Shows the snapshots", call(Get, "/snapshots", Body::None)).shows(ANSWER),
    action("snapshot-create", "Makes a snapshot of the configuration", {
        call(Post, "/snapshots", Body::Json(r#"{"name": "{name}"}"#))
    })
    .shows(ANSWER),
    action("snapshot-delete", "Removes a snapshot", call(Delete, "/snapshots/{name}", Body::None))
        .disrupts(Disruption::Irreversible)
        .shows(ANSWER),
    action("snapshot-import", "Makes a controller without keyset run on a snapshot, credentials included", {
        call(Put, "/snapshots/running_config", Body::File("file"))
    })
    .takes(&[field("file", Type::File(Folders::Refused), "The snapshot").required()])
    .disrupts(Disruption::Irreversible)
    .shows(ANSWER),
    action("packet-monitor-start", "Starts a recording", call(Put, "/packet_monitor/{name}/start", Body::None))
        .on("packet-monitors")
        .fails(&[("response.success", "false")])
        .shows(ANSWER),
    action("packet-monitor-stop", "Stops a recording", call(Put, "/packet_monitor/{name}/stop", Body::None))
        .on("packet-monitors")
        .fails(&[("response.success", "false")])
        .shows(ANSWER),
    action("container-image-export", "Exports a container image to a file on the controller", {
        call(Post, "/container_system/images/{id}/exports", Body::Fields)
    })
    .on("container-images")
    .takes(&[field("name", Type::Text, "Name of the exported file").required()])
    .shows(ANSWER),
    action("container-commit", "Makes an image of a running container, which is named by its uuid", {
        call(Post, "/container_system/containers/{name}/commit", {
            Body::Json(r#"{"name": "{image}", "description": "{description}"}"#)
        })
    })
    .takes(&[field("image", Type::Text, "Name of the new image").required(), DESCRIPTION])
    .shows(ANSWER),
    action("plugin-commit", "Makes a plugin of a running plugin instance", {
        call(Post, "/plugin-instances/{id}/commit", Body::Fields)
    })
    .on("plugin-instances")
    .takes(&[
        field("name", Type::Text, "Name of the new plugin").required(),
        DESCRIPTION,
        field("version", Type::Text, "Version of the new plugin"),
    ])
    .shows(ANSWER),
    action("plugin-processes", "Shows the processes of a plugin instance", {
        call(Get, "/plugin-instances/{id}/processes", Body::None)
    })
    .on("plugin-instances")
    .shows(ANSWER),
    action("plugin-process", "Acts on a process of a plugin instance", {
        call(Post, "/plugin-instances/{id}/processes/action", Body::Fields)
    })
    .on("plugin-instances")
    .takes(&[
        field("process", Type::Text, "Name of the process, as the instance's configuration has it").required(),
        field("action", Type::Text, "What to do, such as `restart`; the process manager says what it can").required(),
        TIMEOUT,
    ])
    .fails(SAYS_FAILED)
    .shows(ANSWER),
    action("plugin-execute", "Runs a command that a plugin instance's configuration names", {
        call(Post, "/plugin-instances/{id}/commands/execute", Body::Fields)
    })
    .on("plugin-instances")
    .takes(&[
        field("command", Type::Text, "Key of the command").required(),
        field("executable_path", Type::Text, "Path of the executable, where the configuration names several"),
        TIMEOUT,
    ])
    .fails(SAYS_FAILED)
    .shows(ANSWER),
    action("plugin-configuration-revert", "Goes back to a former version of a configuration file", {
        call(Post, "/plugin-instances/{parent.id}/configurations/{name}/revert", Body::Fields)
    })
    .on("plugin-instance-configurations")
    .takes(&[field("version", Type::Int, "The version to go back to").required()])
    .disrupts(Disruption::Restart)
    .shows(ANSWER),
    action("plugin-configuration-clear", "Removes all former versions of a configuration file", {
        call(Post, "/plugin-instances/{parent.id}/configurations/{name}/clear", Body::None)
    })
    .on("plugin-instance-configurations")
    .disrupts(Disruption::Irreversible)
    .shows(ANSWER),
    action("plugin-configuration-version-delete", "Removes one former version of a configuration file", {
        call(Delete, "/plugin-instances/{parent.id}/configurations/{name}/versions/{version}", Body::None)
    })
    .on("plugin-instance-configurations")
    .takes(&[field("version", Type::Int, "The version to remove").required()])
    .disrupts(Disruption::Irreversible)
    .shows(ANSWER),
    action("plugin-export-list", "Shows the export files of all plugins", call(Get, "/plugin-exports", Body::None))
        .shows(ANSWER),
    action("plugin-exports", "Shows a plugin's export files", call(Get, "/plugins/{id}/exports", Body::None))
        .on("plugins")
        .shows(ANSWER),
    action("plugin-export-create", "Exports a plugin to a file on the controller", {
        call(Post, "/plugins/{id}/exports", Body::Fields)
    })
    .on("plugins")
    .takes(EXPORT)
    .shows(ANSWER),
    action("plugin-export-delete", "Removes an export file of a plugin", {
        call(Delete, "/plugins/{id}/exports/{export}", Body::None)
    })
    .on("plugins")
    .takes(EXPORTED)
    .shows(ANSWER),
    action("plugin-instance-exports", "Shows a plugin instance's export files", {
        call(Get, "/plugin-instances/{id}/exports", Body::None)
    })
    .on("plugin-instances")
    .shows(ANSWER),
    action("plugin-instance-export-create", "Exports a plugin instance to a file on the controller", {
        call(Post, "/plugin-instances/{id}/exports", Body::Fields)
    })
    .on("plugin-instances")
    .takes(EXPORT)
    .shows(ANSWER),
    action("plugin-instance-export-delete", "Removes an export file of a plugin instance", {
        call(Delete, "/plugin-instances/{id}/exports/{export}", Body::None)
    })
    .on("plugin-instances")
    .takes(EXPORTED)
    .shows(ANSWER),
];

const EXPORT: &[Field] = &[field("name", Type::Text, "Name of the export file").required()];
const EXPORTED: &[Field] = &[field("export", Type::Text, "Name of the export file").required()];
const DESCRIPTION: Field = field("description", Type::Text, "What it is for");
const TIMEOUT: Field = field("timeout", Type::Int, "Seconds to wait for it");

/// Commands that fail are answered with 200 (vns3.md#actions).
const SAYS_FAILED: &[(&str, &str)] = &[("response.failed", "true"), ("response.timeout", "true")];

/// Another vocabulary than the settings' own (vns3.md#identity-controller).
const LDAP: &[Field] = &[
    field("provider", Type::Enum(&["ldap"]), "Sort of server").required(),
    field("host", Type::Text, "Address of the server"),
    field("port", Type::Int, "Port of the server"),
    field("encrypt", Type::Bool, "Encrypt the connection"),
    field("encrypt_ldaps", Type::Bool, "By LDAPS, or else by StartTLS"),
    field("encrypt_auth", Type::Bool, "Prove who asks by a certificate"),
    field("encrypt_verify_ca", Type::Bool, "Check the server's certificate"),
    field("binddn", Type::Text, "Name to log in with"),
    field("bindpw", Type::File(Folders::Refused), "File that holds the password to log in with"),
    field("auth_cert", Type::File(Folders::Refused), "Certificate to prove who asks"),
    field("auth_cert_current", Type::Bool, "Use the certificate that is set"),
    field("auth_key", Type::File(Folders::Refused), "Key of that certificate"),
    field("auth_key_current", Type::Bool, "Use the key that is set"),
    field("ca_cert", Type::File(Folders::Refused), "Certificate of the authority"),
    field("ca_cert_current", Type::Bool, "Use the authority that is set"),
];
