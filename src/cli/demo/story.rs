//! The story, as data: what is said, what is done, and how it has to end.

use crate::cli::demo::excerpt::Excerpt;

/// A scene: a headline, a sentence or two, and what happens.
pub(crate) struct Scene {
    /// The subject.
    pub headline: &'static str,
    /// The sentences that one has to know to read on; may be empty.
    pub says: &'static str,
    /// The act.
    pub act: Act,
}

/// The act of a scene.
pub(crate) enum Act {
    /// Somebody runs a command.
    Command {
        /// Its words; `{folder}` stands for the workspace's folder.
        words: &'static [&'static str],
        /// The exit code that it has to end with, and what it means where that is not "done".
        ends: (u8, &'static str),
        /// How many resources are not as they should be when it begins; `None` where no controller is looked at.
        open: Option<usize>,
        /// How much of what it prints is shown.
        shows: Excerpt,
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

/// The exit code of a command that did its work: nothing has to be said of it.
const DONE: (u8, &str) = (0, "");

/// The sentences before the first scene.
pub(crate) const PROLOGUE: &str = "\
    One network in git, five controllers of four vendors: a NetFoundry network, two
    VNS3 controllers, a Cloudify manager and an F5 VNF manager. Here they are
    simulated, on this machine; without `--sim` they are the real ones.";

/// The story.
pub(crate) static STORY: &[Scene] = &[
    Scene {
        headline: "Are the files right?",
        says: "",
        act: Act::Command { words: &["validate", "{folder}"], ends: DONE, open: None, shows: Excerpt::Whole },
    },
    Scene {
        headline: "What would be done?",
        says: "Every controller is looked at, nothing is written. Addresses, ids and keys that
               one controller gives to another are filled in on the way.",
        act: Act::Command {
            words: &["plan", "--exit-code", "--out", "{folder}/.trueup/plan.json", "{folder}"],
            ends: (2, "changes are pending"),
            open: Some(73),
            shows: Excerpt::Beginnings(3),
        },
    },
    Scene {
        headline: "Do it: this very plan",
        says: "Each step waits for those that it needs; what moved since then would be held.",
        act: Act::Command {
            words: &["apply", "--yes", "{folder}/.trueup/plan.json", "--workspace", "{folder}"],
            ends: DONE,
            open: Some(73),
            shows: Excerpt::Whole,
        },
    },
    Scene {
        headline: "Plan again: nothing is left to do",
        says: "Secrets that no API shows are trusted to be as they were sent last.",
        act: Act::Command {
            words: &["plan", "--exit-code", "{folder}"],
            ends: DONE,
            open: Some(0),
            shows: Excerpt::Ends,
        },
    },
    Scene {
        headline: "Meanwhile, in the middle of the night, people help themselves at the consoles",
        says: "",
        act: Act::Console(MEANWHILE),
    },
    Scene {
        headline: "The nightly job: did anybody change anything?",
        says: "It never writes, and it shows no secret, neither the old one nor the new one.",
        act: Act::Command {
            words: &["drift", "{folder}"],
            ends: (4, "something drifted"),
            open: Some(4),
            shows: Excerpt::Whole,
        },
    },
    Scene {
        headline: "Heal it: back to what git says",
        says: "",
        act: Act::Command { words: &["apply", "--yes", "{folder}"], ends: DONE, open: Some(4), shows: Excerpt::Ends },
    },
    Scene {
        headline: "All healed?",
        says: "",
        act: Act::Command { words: &["drift", "{folder}"], ends: DONE, open: Some(0), shows: Excerpt::Ends },
    },
    Scene {
        headline: "Now a change the proper way, as a commit",
        says: "Dana gets a laptop, and the operations centre (NOC) gets to the plant.",
        act: Act::Edit(COMMIT),
    },
    Scene {
        headline: "What the pull request shows",
        says: "The rule goes in at its place, all others stay as they are; and these are the
               requests that would be sent.",
        act: Act::Command {
            words: &["plan", "--exit-code", "--calls", "{folder}"],
            ends: (2, "changes are pending"),
            open: Some(2),
            shows: Excerpt::Whole,
        },
    },
    Scene {
        headline: "Merged",
        says: "",
        act: Act::Command { words: &["apply", "--yes", "{folder}"], ends: DONE, open: Some(2), shows: Excerpt::Ends },
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_fits_a_terminal_of_eighty_columns() {
        let scenes = STORY.iter().flat_map(|scene| std::iter::once(scene.headline).chain(scene.says.lines()));
        for line in scenes.chain(PROLOGUE.lines()) {
            assert!(line.trim().chars().count() <= 80, "{line}");
        }
    }
}
