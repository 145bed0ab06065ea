//! Disagreements that are meant, each with the reason.

/// The sort begins so, or behind an asterisk ends so; who refuses, and in which words; why that is right.
const KNOWN: &[(&str, &str, &str, &str)] = &[
    (
        "vns3/",
        "validate",
        "does-not-fit",
        "the controller ignores what another variant of a body has: nobody would notice that it does nothing",
    ),
    ("vns3/containers ipaddress: left out", "validate", "missing-field", "it alone tells one container from another"),
    (
        "vns3/containers ipaddress: another",
        "the simulator",
        "not available",
        "which addresses are free is the controller's",
    ),
    (
        "vns3/tunnels local_subnet: left out",
        "validate",
        "missing-field",
        "the two subnets tell one tunnel from another",
    ),
    ("vns3/firewall-subtables its name", "validate", "own-name", "the sample's rules begin with its old name"),
    (
        "vns3/plugin-instance-configurations its name",
        "the simulator",
        "not be found",
        "the instance says which files it has",
    ),
    (
        "vns3/ms-integration ip: left out",
        "validate",
        "missing-field",
        "the call that is compared takes none: the one before it can't be without",
    ),
    ("vns3/ms-integration alert_enabled", "validate", "", "the first call takes the address alone; the second refuses"),
    ("vns3/alerts custom_properties.*.value: left out", "validate", "missing-field", "no call changes such an alert"),
    (
        "vns3/license-parameters",
        "the simulator",
        "invalid ",
        "the addresses have to be in the network that is another now",
    ),
    (
        "vns3/peering-self id: highest",
        "the simulator",
        "id is invalid",
        "the license says how many controllers there are",
    ),
    (
        "vns3/peers id: ",
        "the simulator",
        "invalid controller id",
        "the license says how many controllers there are, and one is this",
    ),
    ("vns3/packet-monitors filter: left out", "the simulator", "missing", "the program sends that there is none"),
    (
        "vns3/admin-ui admin_username",
        "the simulator",
        "admin_username is invalid",
        "which names are invalid is documented nowhere; the simulator refuses those with blanks",
    ),
    ("vns3/ssl-certificate key", "the simulator", "key is invalid", "a key is a secret, which nobody looks at"),
    ("vns3/links conf: left out", "the simulator", "", "of a link that is there, nobody knows what it was made from"),
    (
        "vns3/links vns3_controller: left out",
        "the simulator",
        "",
        "of a link that is there, nobody knows what it was made from",
    ),
    (
        "vns3/container-images",
        "the simulator",
        "Exactly one image source",
        "of an image that is there, nobody knows its source",
    ),
    ("vns3/links id: left out", "validate", "missing-field", "the number tells one link from another"),
    (
        "cloudify/deployment-groups default_inputs: ",
        "validate",
        "wrong-type",
        "inputs are a map: with anything else nothing could be made in the group",
    ),
    (
        "cloudify/execution-schedules",
        "validate",
        "does-not-fit",
        "the manager ignores what goes with another sort of rule: nobody would notice that it does nothing",
    ),
    (
        "cloudify/execution-schedules",
        "validate",
        "wrong-",
        "the manager takes it, and its scheduler fails with it when the time has come",
    ),
    (
        "cloudify/execution-schedules workflow_id",
        "the simulator",
        "does not exist in deployment",
        "which workflows there are is the blueprint's",
    ),
    ("cloudify/deployments labels: left out", "the simulator", "", "without labels, their call is not sent"),
    (
        "netfoundry/certificate-authorities certPem",
        "the simulator",
        "no certificate",
        "a certificate comes from a file or a secret, and nobody writes another text there",
    ),
    (
        "vns3/plugin-instances ip_address",
        "the simulator",
        "not available",
        "which addresses are free is the controller's",
    ),
    (
        "vns3/plugin-instances manager_config.log_files.*.path",
        "validate",
        "missing-field",
        "it tells one log from another",
    ),
    ("vns3/links name: left out", "validate", "missing-field", "the name in the file stands for it"),
    ("vns3/link-global-policies", "the simulator", "missing", "of what says nothing, nothing is sent"),
    (
        "vns3/firewall-fwsets type: another word",
        "the simulator",
        "not a valid entry",
        "which entries go with which type of set is the controller's to say",
    ),
    (
        "vns3/packet-monitors type: another word",
        "the simulator",
        "is invalid",
        "one monitor alone is called `conntrack`, and goes to a file: its doc says so, no condition does",
    ),
    (
        "netfoundry/edge-routers locationCode",
        "the simulator",
        "no region",
        "which regions there are is the platform's to say",
    ),
    ("netfoundry/networks provider", "the simulator", "no region", "which regions there are is the platform's to say"),
    ("netfoundry/networks region", "the simulator", "no region", "which regions there are is the platform's to say"),
    (
        "netfoundry/networks productVersion",
        "the simulator",
        "no active",
        "which versions there are is the platform's to say",
    ),
    (
        "netfoundry/networks size",
        "the simulator",
        "no network config",
        "which sizes there are is the platform's to say",
    ),
    ("netfoundry/endpoints enrollmentMethod: left out", "the simulator", "", "the program sends the usual one"),
    ("netfoundry/service-policies type: left out", "the simulator", "", "the program sends the usual one"),
    (
        "netfoundry/posture-checks operatingSystems.*.versions: left out",
        "the simulator",
        "",
        "the program sends that any does",
    ),
    (
        "netfoundry/service-policies semantic: left out",
        "validate",
        "does-not-fit",
        "a Dial policy for any of its tags is an AppWAN, and is declared as one",
    ),
    (
        "netfoundry/configs data.",
        "validate",
        "wrong-",
        "a type of one's own takes what it likes; what it calls as the documented types do is taken for the same",
    ),
    ("*: no items", "validate", "does-not-fit", "what is empty says nothing where it has no place either"),
    ("cloudify/users password", "the simulator", "too long", "a password is a secret, whose length nobody tells"),
    ("f5-vnfm/users password", "the simulator", "too long", "a password is a secret, whose length nobody tells"),
];

/// Says whether a disagreement is meant.
pub(super) fn is_known(sort: &str, side: &str, words: &str) -> bool {
    KNOWN.iter().any(|(known, who, said, _)| {
        let fits = match known.strip_prefix('*') {
            Some(end) => sort.ends_with(end),
            None => sort.starts_with(known),
        };
        fits && side.starts_with(who) && words.contains(said)
    })
}
