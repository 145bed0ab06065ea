//! Who gets in is said: a policy for everybody is one for whoever enrolls tomorrow.

use crate::check::walk::{place, walk};
use crate::check::{Subject, rule};
use crate::finding::Finding;
use crate::spec::EVERYBODY;

rule! {
    /// A policy that lets somebody in lets everybody in.
    "selects-everybody" is Warned;
    bad: "
networks:
  n:
    networkGroupId: G
    region: r
    app-wans: { staff: { serviceAttributes: ['#all'], endpointAttributes: ['#all'] } }
";
    good: "
networks:
  n:
    networkGroupId: G
    region: r
    endpoints: { ann: { attributes: ['#staff'] } }
    app-wans: { staff: { serviceAttributes: ['#all'], endpointAttributes: ['#staff'] } }
";
}

fn run(subject: &Subject) -> Vec<Finding> {
    let mut found = Vec::new();
    for resource in subject.topology.resources.values() {
        let Some(target) = subject.topology.targets.get(resource.address.target()) else { continue };
        let lets_in = target.provider.traffic.lets_in;
        if !lets_in.iter().any(|(kind, _)| *kind == resource.kind.name) {
            continue;
        }
        walk(resource, &mut |field, _, value, path| {
            if value.as_text() == Some(EVERYBODY) && lets_in.contains(&(resource.kind.name, field.name)) {
                let message = format!("`{}` lets everybody in, whoever enrolls later, too", resource.address);
                let help = format!("select by a tag that is given to those who are meant, not by `{EVERYBODY}`");
                let finding = Finding::warning(RULE.code, message).help(help).about(&resource.address);
                found.push(finding.at(&place(resource, path)));
            }
        });
    }
    found
}
