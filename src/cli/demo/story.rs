//! The story, as data: what is said, what is done, and how it has to end.

/// A scene: a sentence or two, and what happens.
pub(crate) struct Scene {
    /// What is said before.
    pub says: &'static str,
    /// What happens.
    pub act: Act,
}

/// What happens in a scene.
pub(crate) enum Act {
    /// Somebody runs a command.
    Command {
        /// Its words; `{folder}` stands for the workspace's folder.
        words: &'static [&'static str],
        /// The exit code that it has to end with.
        ends: u8,
        /// How many resources are not as they should be when it begins; `None` where no controller is looked at.
        open: Option<usize>,
    },
    /// Somebody edits the files.
    Edit(&'static [Insertion]),
    /// Somebody changes things at the controllers' own consoles.
    Console(&'static [Hand]),
}

/// Lines that are added to a file.
pub(crate) struct Insertion {
    /// The file.
    pub file: &'static str,
    /// The text behind which they stand.
    pub after: &'static str,
    /// The lines.
    pub text: &'static str,
}

/// A change at a console.
pub(crate) struct Hand {
    /// The provider.
    pub provider: &'static str,
    /// The target.
    pub target: &'static str,
    /// The change, as the simulators' side door takes it.
    pub change: &'static str,
    /// The same for people.
    pub says: &'static str,
}

/// The story.
pub(crate) static STORY: &[Scene] = &[
    Scene {
        says:
            "One topology over five controllers of four vendors: a NetFoundry network, two VNS3 controllers, a Cloudify
               manager and an F5 VNF manager. Here they are simulated; without `--sim` they are the real ones.
               First: is anything wrong with the files?",
        act: Act::Command { words: &["validate", "{folder}"], ends: 0, open: None },
    },
    Scene {
        says: "What would be done? Every controller is looked at, nothing is written.
               Addresses, ids and keys that one controller will give to another are filled in on the way.",
        act: Act::Command {
            words: &["plan", "--exit-code", "--out", "{folder}/.trueup/plan.json", "{folder}"],
            ends: 2,
            open: Some(73),
        },
    },
    Scene {
        says: "Do it: this very plan. What moved since then would be held.",
        act: Act::Command {
            words: &["apply", "--yes", "{folder}/.trueup/plan.json", "--workspace", "{folder}"],
            ends: 0,
            open: Some(73),
        },
    },
    Scene {
        says: "Run it twice: now there is nothing to do.",
        act: Act::Command { words: &["plan", "--exit-code", "{folder}"], ends: 0, open: Some(0) },
    },
    Scene {
        says: "Meanwhile, in the middle of the night, people help themselves at the consoles.",
        act: Act::Console(MEANWHILE),
    },
    Scene {
        says: "The nightly job: what did somebody change? It never writes.",
        act: Act::Command { words: &["drift", "{folder}"], ends: 4, open: Some(4) },
    },
    Scene {
        says: "Heal it: back to what git says.",
        act: Act::Command { words: &["apply", "--yes", "{folder}"], ends: 0, open: Some(4) },
    },
    Scene { says: "All healed?", act: Act::Command { words: &["drift", "{folder}"], ends: 0, open: Some(0) } },
    Scene {
        says: "Now a change the proper way, as a commit: Dana gets a laptop, and the NOC gets to the plant.",
        act: Act::Edit(COMMIT),
    },
    Scene {
        says: "What the pull request shows: the rule goes in at its place, and all others stay as they are.",
        act: Act::Command { words: &["plan", "--exit-code", "--calls", "{folder}"], ends: 2, open: Some(2) },
    },
    Scene { says: "Merged.", act: Act::Command { words: &["apply", "--yes", "{folder}"], ends: 0, open: Some(2) } },
    Scene {
        says: "And again, nothing is left to do.",
        act: Act::Command { words: &["plan", "--exit-code", "{folder}"], ends: 0, open: Some(0) },
    },
];

const MEANWHILE: &[Hand] = &[
    Hand {
        provider: "vns3",
        target: "east",
        change: r#"{"set": {"kind": "ipsec-endpoints", "name": "to-west", "fields": {"ike_version": 1}}}"#,
        says: "sets the tunnel to the west back to IKEv1",
    },
    Hand {
        provider: "vns3",
        target: "west",
        change: r#"{"remove": {"kind": "firewall-rules", "name": "FORWARD_CUST -d 10.40.0.0/16 -j DROP"}}"#,
        says: "removes the rule that keeps everybody else away from the plant",
    },
    Hand {
        provider: "netfoundry",
        target: "nf",
        change: r##"{"set": {"kind": "app-wans", "name": "finance",
                     "fields": {"endpointAttributes": ["#finance", "#engineering"]}}}"##,
        says: "lets the engineers into the payroll",
    },
    Hand {
        provider: "cloudify",
        target: "cfy",
        change: r#"{"set": {"kind": "secrets", "name": "router_login", "fields": {"value": "letmein"}}}"#,
        says: "gives the routers another login",
    },
];

const COMMIT: &[Insertion] = &[
    Insertion {
        file: "trueup.yaml",
        after: r##"      chidi: ["#engineering", "#on-call"]"##,
        text: r##"      dana: ["#finance"]"##,
    },
    Insertion {
        file: "vns3/west.yaml",
        after: "comment: Control room to the plant }",
        text: "      - { rule: FORWARD_CUST -s 198.51.100.0/28 -d 10.40.0.0/16 -p tcp --dport 22 -j ACCEPT, \
               comment: NOC to the plant }",
    },
];
