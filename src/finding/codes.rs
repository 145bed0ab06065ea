//! The codes of findings that no rule has: what each says, with files that show it and files that are right.
//!
//! A rule's own stand in its file, in `check`. `trueup explain CODE` reads both; a test finds each code of the sources in
//! one of them. What no file alone shows has no sample, and a test elsewhere.

use super::codes_of_fabric;

/// How a finding is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CodeLevel {
    /// As an error.
    Error,
    /// As a warning.
    Warning,
    /// As one or the other.
    Either,
}

impl CodeLevel {
    /// It in words.
    pub(crate) fn words(self) -> &'static str {
        match self {
            CodeLevel::Error => "error",
            CodeLevel::Warning => "warning",
            CodeLevel::Either => "error or warning",
        }
    }
}

/// A code that findings have.
#[derive(Debug, Clone, Copy)]
pub(crate) struct FindingCode {
    /// The code.
    pub code: &'static str,
    /// How its findings are told.
    pub told: CodeLevel,
    /// What they say, in one sentence.
    pub says: &'static str,
    /// Files that show it; empty where no text alone does.
    pub bad: &'static str,
    /// The same, put right.
    pub good: &'static str,
}

pub(super) const fn error(code: &'static str, says: &'static str) -> FindingCode {
    FindingCode { code, told: CodeLevel::Error, says, bad: "", good: "" }
}

pub(super) const fn warning(code: &'static str, says: &'static str) -> FindingCode {
    FindingCode { told: CodeLevel::Warning, ..error(code, says) }
}

impl FindingCode {
    /// The same, told in either way.
    const fn either(self) -> FindingCode {
        FindingCode { told: CodeLevel::Either, ..self }
    }

    /// The same, with files that show it and files that are right.
    pub(super) const fn shown(self, bad: &'static str, good: &'static str) -> FindingCode {
        FindingCode { bad, good, ..self }
    }
}

/// All of them, in the order of the alphabet.
pub(crate) fn codes() -> Vec<&'static FindingCode> {
    let mut all: Vec<&FindingCode> = CODES.iter().chain(codes_of_fabric::CODES).collect();
    all.sort_by_key(|code| code.code);
    all
}

/// Those that are not about fabrics.
const CODES: &[FindingCode] = &[
    error("account-conflict", "A target says who asks in two ways that exclude each other."),
    error("alias-bomb", "The aliases of a YAML file repeat more values than anybody means."),
    warning("allows-nothing", "Something is allowed for what is neither declared nor owned: most likely it is misspelt."),
    error("bad-account", "The credentials that the machine has can't be read."),
    error("bad-expression", "What stands between `${` and `}` is no expression.")
        .shown("config: { controller_name: '${var.}' }", "config: { controller_name: east }"),
    error("bad-ledger-bucket", "The bucket or key of a ledger in an object store has a name that it can't have.").shown(
        "workspace: acme\nledger: { s3: { bucket: a/b, region: eu-central-1 } }",
        "workspace: acme\nledger: { file: l.json }",
    ),
    error("bad-ledger-ref", "The reference of a ledger in git has a name that git does not take.")
        .shown("workspace: acme\nledger: { git: { ref: main } }", "workspace: acme\nledger: { git: { ref: refs/trueup/acme } }"),
    error("bad-place", "What says where declared items stand among those of others is no such place."),
    error("bad-secret-source", "Where a secret comes from is said in a way that can't be right.").shown(
        "workspace: acme\nsecrets: { s: { age: in clear } }\npolicy: { rules: { unused: off } }",
        "workspace: acme\nsecrets: { s: { env: S } }\npolicy: { rules: { unused: off } }",
    ),
    error("bad-url", "A URL is none, or none that can be asked."),
    error("bad-window", "A window or a freeze says a time that is none, or never comes.")
        .shown("workspace: acme\npolicy: { windows: [{ open: sometimes, for: 2h }] }", "workspace: acme\npolicy: { windows: [{ open: 0 2 * * 6, for: 2h }] }"),
    error("duplicate-address", "Two resources have the same address.").shown(
        "workspace: acme\nvns3:\n  east: { at: 'https://e.example', credentials: { token: '${secret.t}' }, routes: { a: { cidr: 10.1.0.0/16 } } }\n---\nvns3:\n  east: { routes: { a: { cidr: 10.2.0.0/16 } } }",
        "workspace: acme",
    ),
    error("duplicate-identity", "Two resources of one target are the same object.").shown(
        "routes:\n  a: { cidr: 10.1.0.0/16, interface: eth0 }\n  b: { cidr: 10.1.2.3/16, interface: eth0 }",
        "routes:\n  a: { cidr: 10.1.0.0/16, interface: eth0 }\n  b: { cidr: 10.2.0.0/16, interface: eth0 }",
    ),
    error("duplicate-key", "A key stands twice in its map.")
        .shown("workspace: acme\nworkspace: acme", "workspace: acme"),
    error("duplicate-target", "Two targets have the same name.")
        .shown("workspace: acme\nvns3: { east: {} }\ncloudify: { east: {} }", "workspace: acme"),
    error("each-key", "An item of `each` goes by no key, or two go by the same one.").shown(
        "workspace: acme\nvars: { l: { default: [{ id: 7 }] } }\nvns3: { e: { at: 'https://e.example', credentials: { username: u, password: '${secret.pw}' }, routes: { 'r${each.key}': { each: '${var.l}', cidr: 10.1.0.0/16 } } } }\nsecrets: { pw: { env: PW } }",
        "workspace: acme",
    ),
    error("each-name", "The name of what is repeated by `each` has no `${each.…}` in it.")
        .shown("routes: { a: { each: [10.1.0.0/16, 10.2.0.0/16], cidr: '${each.value}' } }", "routes: { a: { cidr: 10.1.0.0/16 } }"),
    warning("empty-file", "A file of the workspace says nothing."),
    warning("expired-waiver", "What a policy says of a rule held until a day that has passed.").shown(
        "workspace: acme\npolicy: { rules: { unused: { level: off, reason: soon, until: 2026-01-31 } } }",
        "workspace: acme\npolicy: { rules: { unused: { level: off, reason: soon, until: 2027-01-31 } } }",
    ),
    error("external-field", "Something external says a field by which it is not found."),
    error("fixed-rule", "A policy sets a rule whose findings are always errors.")
        .shown("workspace: acme\npolicy: { rules: { missing-field: off } }", "workspace: acme"),
    warning("git", "The git repository around the workspace can't be read."),
    warning("link", "A link in the workspace is not followed."),
    error("misplaced-key", "A key stands where it means nothing, and means something elsewhere."),
    error("missing-secret", "A secret can't be looked up.").either(),
    error("missing-variable", "A variable has neither a value nor a default.")
        .shown("workspace: acme\nvars: { region: { type: string } }\nvns3: { e: { at: 'https://${var.region}' } }", "workspace: acme"),
    error("name-differs", "The field that the name in YAML stands for says another one.").shown(
        "firewall-fwsets: { offices: { name: office, type: net } }",
        "firewall-fwsets: { offices: { type: net } }",
    ),
    error("no-each", "`${each.…}` stands where nothing is repeated.")
        .shown("routes: { a: { cidr: '${each.value}' } }", "routes: { a: { cidr: 10.1.0.0/16 } }"),
    error("no-list", "A field is said to be partly ours, and is no list."),
    error("no-reason", "A policy waives what a rule finds, and does not say why.").shown(
        "workspace: acme\npolicy: { rules: { unused: { level: off } } }",
        "workspace: acme\npolicy: { rules: { unused: { level: off, reason: for the next release } } }",
    ),
    error("no-revision", "The workspace can't be read at the git revision that was named."),
    error("no-secret", "The ledger needs a secret that is declared nowhere."),
    error("no-workspace", "There is no folder, or no `trueup.yaml` in it."),
    error("not-fetched", "Content at a URL can't be fetched, or is other than its pin says."),
    error("not-known-yet", "A value is needed before anything is asked, and some controller has it."),
    error("not-laid-out", "A file can't be indented anew without another meaning."),
    error("not-supported", "A YAML file uses something of YAML that is not supported here."),
    warning("not-written-back", "What somebody changed at a controller can't be written into the files."),
    error("not-yaml", "A file is no YAML.").shown("workspace: [acme", "workspace: acme"),
    warning("nothing-there", "An environment takes something out that is not there."),
    warning("odd-secret", "The value of a secret looks like a slip: blanks around it, or lines in it."),
    warning("old-word", "A key has a new name, and goes with the next version.")
        .shown("workspace: acme\npolicy: { allow-destroy: [] , allow-irreversible: [a/b] }", "workspace: acme"),
    warning("open-secret", "Others than its owner can read the file of a secret."),
    error("outside-workspace", "A path leads out of the workspace's folder."),
    error("provider-chosen", "A field is given that the provider chooses.").shown(
        "ipsec-endpoints: { paris: { ipaddress: 192.0.2.1, secret: '${secret.psk}', type: ipsec } }",
        "ipsec-endpoints: { paris: { ipaddress: 192.0.2.1, secret: '${secret.psk}' } }",
    ),
    error("read-only-kind", "A kind is declared that can only be read."),
    error("secret-argument", "A function is given a secret, or makes one where something looks into it.")
        .shown("config: { controller_name: '${lower(secret.psk)}' }", "config: { controller_name: east }"),
    error("secret-file", "A file that is taken as text holds a secret."),
    error("secret-outside", "A secret's file lies outside the workspace's folder.").shown(
        "workspace: acme\nsecrets: { s: { file: ../s.txt } }\npolicy: { rules: { unused: off } }",
        "workspace: acme\nsecrets: { s: { file: s.txt } }\npolicy: { rules: { unused: off } }",
    ),
    error("secret-path", "A path or a URL has a secret in it."),
    error("shared-ledger", "An environment would keep its ledger where the others have theirs."),
    warning("short-secret", "The value of a secret is too short to be told from other words."),
    error("too-deep", "A YAML file has lists and maps within each other without end."),
    error("too-large", "A file, or all together, is larger than what is read."),
    error("too-many", "`each` repeats something more often than anybody means."),
    error("two-ledgers", "The ledger is said to be in two places.").shown(
        "workspace: acme\nledger: { file: l.json, git: { ref: refs/trueup/acme } }",
        "workspace: acme\nledger: { file: l.json }",
    ),
    error("two-logins", "Two resources set the password of one target's login."),
    error("two-values", "A variable has a default and a file.").shown(
        "workspace: acme\nvars: { x: { default: 1, from: x.csv } }",
        "workspace: acme",
    ),
    error("undeclared-field", "A field is said to be partly ours, and nothing of it is declared."),
    error("unknown-address", "An expression names a resource that is declared nowhere."),
    error("unknown-environment", "There is no environment of that name."),
    error("unknown-field", "A key is none of those that are known there.")
        .shown("routes: { a: { cidr: 10.1.0.0/16, gatway: 10.0.0.1 } }", "routes: { a: { cidr: 10.1.0.0/16, gateway: 10.0.0.1 } }"),
    error("unknown-function", "An expression calls a function that is none.")
        .shown("config: { controller_name: '${lowr(\"X\")}' }", "config: { controller_name: '${lower(\"X\")}' }"),
    error("unknown-key", "A key at the top of a file is none of those that are known there.")
        .shown("workspace: acme\nwindow: {}", "workspace: acme"),
    error("unknown-kind", "A target declares something that is no kind of its provider.")
        .shown("workspace: acme\nvns3: { e: { at: 'https://e.example', route: {} } }", "workspace: acme"),
    error("unknown-rule", "A policy sets a rule that is none.")
        .shown("workspace: acme\npolicy: { rules: { unusd: off } }", "workspace: acme\npolicy: { rules: { unused: off } }"),
    error("unknown-secret", "An expression names a secret that is declared nowhere.")
        .shown("ipsec-endpoints: { p: { ipaddress: 192.0.2.1, secret: '${secret.key}' } }", "ipsec-endpoints: { p: { ipaddress: 192.0.2.1, secret: '${secret.psk}' } }"),
    error("unknown-variable", "An expression, or whoever runs the program, names a variable that is declared nowhere.")
        .either()
        .shown("config: { controller_name: '${var.name}' }", "config: { controller_name: east }"),
    error("unmanaged-field", "A field is declared and said to be left alone.").shown(
        "routes: { a: { cidr: 10.1.0.0/16, metric: 5, unmanaged: [metric] } }",
        "routes: { a: { cidr: 10.1.0.0/16, unmanaged: [metric] } }",
    ),
    error("unreadable", "A file can't be read."),
    error("unreadable-content", "Content that a field names can't be read or packed."),
    error("unseen-password", "A resource sets the password of its target's login in a way that can't be followed."),
    error("untracked-content", "A folder that is packed holds files that git does not know."),
    warning("waives-nothing", "A policy says something of a rule for addresses at which it finds nothing.").shown(
        "workspace: acme\npolicy: { rules: { unused: { level: warn, paths: [east] } } }",
        "workspace: acme\npolicy: { rules: { unused: warn } }",
    ),
    error("weak-key", "The key of a ledger's fingerprints is too short."),
    error("wrong-argument", "A function can do nothing with one of its arguments.")
        .shown("routes: { a: { cidr: '${cidr.subnet(\"x\", 24, 1)}' } }", "routes: { a: { cidr: '${cidr.subnet(\"10.0.0.0/8\", 24, 1)}' } }"),
    error("wrong-table", "A file that gives a variable its value is no table."),
    error("wrong-type", "A value is of another type than its field takes.")
        .shown("routes: { a: 10.1.0.0/16 }", "routes: { a: { cidr: 10.1.0.0/16 } }"),
    error("wrong-value", "A value is none that its field takes.")
        .shown("routes: { a: { cidr: 10.1.0.0/33 } }", "routes: { a: { cidr: 10.1.0.0/16 } }"),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn each_code_stands_once_in_order_and_says_a_sentence() {
        for table in [CODES, codes_of_fabric::CODES] {
            assert!(table.is_sorted_by_key(|code| code.code));
        }
        let codes: Vec<&str> = codes().iter().map(|code| code.code).collect();
        assert_eq!(codes.iter().collect::<BTreeSet<_>>().len(), codes.len());
        for code in super::codes() {
            assert!(code.says.ends_with('.') && code.says.lines().count() == 1, "{}", code.code);
        }
    }
}
