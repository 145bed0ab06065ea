//! Secrets do not stand in files for everybody to read.

use crate::attr::Attr;
use crate::check::walk::{place, walk};
use crate::check::{Subject, rule};
use crate::finding::Finding;
use crate::topology::LITERAL;

rule! {
    /// A secret stands in a file as plain text.
    "literal-secret" is Warned;
    bad: "ipsec-endpoints: { paris: { ipaddress: 192.0.2.1, secret: in-the-file } }";
    good: "ipsec-endpoints: { paris: { ipaddress: 192.0.2.1, secret: '${secret.psk}' } }";
}

fn run(subject: &Subject) -> Vec<Finding> {
    let mut found = Vec::new();
    for resource in subject.topology.resources.values() {
        walk(resource, &mut |field, _, value, path| {
            if is_literal(value) {
                let message = format!("the `{}` of `{}` stands here as plain text", field.name, resource.address);
                found.push(finding(message).at(&place(resource, path)).about(&resource.address));
            }
        });
    }
    found
}

/// The finding for a secret that stands in a file; also for those of targets, whose places a topology does not know.
pub(crate) fn finding(message: String) -> Finding {
    Finding::warning(RULE.code, message).help(
        "declare it in `trueup.yaml` as `secrets: { NAME: { env: VARIABLE } }` and write `${secret.NAME}` here; \
         what has been committed counts as known",
    )
}

/// Says whether a value is a secret that stands in a file.
pub(crate) fn is_literal(value: &Attr) -> bool {
    matches!(value, Attr::Secret(secret) if secret.label() == LITERAL)
}
