//! Words that the vendor's text does not know, where its list is not closed: a later server may take them.

use crate::check::walk::{place, walk};
use crate::check::{Subject, rule};
use crate::finding::Finding;
use crate::spec::Type;
use crate::suggest::hint;

rule! {
    /// A word is none of those that the vendor's text has, and may be one that a later server knows.
    "unknown-word" is Warned;
    bad: "webhooks: { w: { url: 'https://w.example', events: [tunel_up] } }";
    good: "webhooks: { w: { url: 'https://w.example', events: [tunnel_up] } }";
}

fn run(subject: &Subject) -> Vec<Finding> {
    let mut found = Vec::new();
    for resource in subject.topology.resources.values() {
        walk(resource, &mut |_, ty, value, path| {
            let Type::OpenEnum(words) = ty else { return };
            let Some(word) = value.as_text().filter(|word| !word.is_empty() && !ty.knows(word)) else { return };
            let message = format!("`{word}` is none of the words that are known here: it is passed on as it is");
            let help = hint(word, words.iter().copied());
            let finding = Finding::warning(RULE.code, message).help(help).about(&resource.address);
            found.push(finding.at(&place(resource, path)));
        });
    }
    found
}
