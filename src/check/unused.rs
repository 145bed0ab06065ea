//! Unused names: each variable and secret that is declared is used.

use crate::check::{Subject, rule};
use crate::finding::Finding;

rule! {
    /// A variable or secret is declared, and nothing refers to it.
    "unused" is Warned;
    bad: "
workspace: acme
vars: { region: { default: eu } }
";
    good: "workspace: acme";
}

fn run(subject: &Subject) -> Vec<Finding> {
    if !subject.complete {
        return Vec::new();
    }
    let variables = subject.unused_variables.iter().map(|(name, place)| ("variable", "var", name, place));
    let secrets = subject.unused_secrets.iter().map(|(name, place)| ("secret", "secret", name, place));
    variables
        .chain(secrets)
        .map(|(what, word, name, place)| {
            let finding = Finding::warning(RULE.code, format!("nothing uses {what} `{name}`"));
            finding.help(format!("remove it, or write `${{{word}.{name}}}` where it belongs")).at(place)
        })
        .collect()
}
