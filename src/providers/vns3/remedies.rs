//! Remedies of errors, by the controller's own words (vns3.md#errors, vns3.md#refusals). The first that fits.

/// Status, part of the message, remedy.
pub(crate) const REMEDIES: &[(u16, &str, &str)] = &[
    (
        401,
        "",
        "check `credentials.password`: it is the API password, and on a new AWS controller the instance id; where \
         `api-password` is or was declared, it is that one, and it opens the next call. A controller that is still \
         booting answers so too",
    ),
    // Things that the controller has to have first, and how much it may have.
    (403, "Must be licensed", "the controller has no finalized license: upload one and accept its parameters"),
    (403, "Keyset is missing", "the controller has no keyset: generate one, or fetch it from another controller"),
    (403, "Keyset present", "a snapshot can be imported only into a controller without a keyset"),
    (403, "Container support not available", "the license does not include containers: have it upgraded"),
    (403, "Not enough room in license", "the license has no clientpacks left: have it upgraded"),
    (403, "snapshots", "remove a snapshot first: `trueup run TARGET snapshot-delete NAME`"),
    (403, "limit reached", "the license allows no more of these: remove some, or have it upgraded"),
    (403, "Max", "the license allows no more of these: remove some, or have it upgraded"),
    (
        400,
        "Bad license",
        "check that the file is the license as the vendor sent it, and that the controller has none yet",
    ),
    (
        200,
        "taken once more",
        "the controller does not say why its keys did not arrive: check that it reaches `source` at TCP port 8000, and \
         that the keys there were made with the same token",
    ),
    (400, "asns", "give as many `asns` as `managers`, in the same order"),
    // Things that are there, and things that are not.
    (400, "has references", "firewall rules or other sets still name it: change them first"),
    (400, "has rules defined", "firewall rules still belong to the group: take it out of their `groups` first"),
    (400, "rule with subtable exists", "firewall rules still jump to the subtable: change them first"),
    (410, "references remain", "other rules still jump to the chain: change them, then remove it again"),
    (400, "not empty", "the plugin instance has a configuration already: it is changed with `manager_config`"),
    (400, "already exists", TAKEN),
    (400, "Duplicate name", TAKEN),
    (404, "Endpoint or resource", ""),
    (404, "not ready", "it is still being made: ask again later"),
    (404, "job", "the controller has forgotten the work, as after a restart: run again to look what came of it"),
    (404, "does not exist", GONE),
    (404, "not found", GONE),
    (404, "missing access url", GONE),
    (400, "does not exist", GONE),
    (400, "route not found", GONE),
    (400, "position exceeds", GONE),
    (400, "is not connected", "there is nothing to break off: look again when the client is connected"),
    // Plugins.
    (400, "is not running", STOPPED),
    (500, "is not running", STOPPED),
    (400, "could not be found", IN_MANAGER),
    (400, "log file", IN_MANAGER),
    (400, "manager config", "give every one of the `configuration_files` in `manager_config` a `path`"),
    (400, "unsupported", "`manager_config.process_manager` takes `supervisor` and `service`"),
    (400, "No executables", "name programs under `manager_config.executables` first"),
    (400, "Failed to write", "check that the plugin instance runs and has the folder that the file is in"),
    (400, "No SSH server", "the plugin needs an SSH server, named under `manager_config.process_manager`"),
    (400, "host port", "choose another `host_port`"),
    (400, "current version", "only former versions can be removed: write other content first"),
    // The firewall.
    (400, "iptables", "correct the rule: it is checked as `iptables` would, its variables filled in"),
    (400, "for subtable", "let each rule of a subtable start with the subtable's name"),
    (400, "rule", "a rule starts with a table or subtable that is there, and says with `-j` what to do"),
    (400, "rename", "what names the set has to let go of it first: change the rules, then the name"),
    (400, "fwset type", "`type` takes `net`, `port`, `list` and `service`"),
    (400, "subtable type", "`type` takes a table, such as `forward` or `prerouting`"),
    (400, "entry", "correct the entry: it has to fit the set's `type`, and not to stand there twice"),
    // Values.
    (
        400,
        "must be available",
        "give an address that the host offers; `interface-discovery` makes the controller look for new ones",
    ),
    (400, "tag key", "a key takes letters and digits, joined by `_` or `-`"),
    (400, "Names can only", "rename it: the message says what a name takes"),
    (400, "controller id", "ids go from 1 to the number of controllers in the license, each used once"),
    (400, "is missing", "declare the field that it names"),
    (400, "Required field", "declare the fields that it names"),
    (400, "must be", "correct the value of the field that it names"),
    (400, "expires", "correct `expires`: the message says the range"),
    (400, "passphrase", "give the file with the passphrase as the vendor sent it"),
    (400, "", "correct the field that it names: `trueup explain KIND` says what each takes"),
    (500, "", "look the error's log id up in the controller's system log, or give it to the vendor's support"),
];

const TAKEN: &str =
    "something that is not declared has the name: declare it to have it adopted, or choose another name";
const GONE: &str = "somebody removed it meanwhile: run again, and the plan starts from what is there";
const STOPPED: &str = "the container system is stopped: start it";
const IN_MANAGER: &str = "check the paths in the plugin instance's `manager_config`";
