//! Two kinds that show the same objects are not both declared at one target.

use std::collections::BTreeMap;

use crate::check::{Subject, rule};
use crate::finding::Finding;
use crate::topology::Resource;

rule! {
    /// The same objects are declared through two kinds.
    "two-views" is Fixed;
    bad: "
firewall-rules: [{ rule: INPUT_CUST -j DROP }]
firewall-v1-rules: [{ rule: INPUT_CUST -j DROP }]
";
    good: "firewall-rules: [{ rule: INPUT_CUST -j DROP }]";
}

fn run(subject: &Subject) -> Vec<Finding> {
    let mut first: BTreeMap<(&str, &str), &Resource> = BTreeMap::new();
    for resource in subject.topology.resources.values() {
        first.entry((resource.address.target(), resource.kind.name)).or_insert(resource);
    }
    first
        .iter()
        .filter_map(|((target, _), resource)| {
            let newer = resource.kind.newer_view()?;
            let other = first.get(&(*target, newer))?;
            let message =
                format!("`{}` and `{newer}` show the same objects: `{target}` declares both", resource.kind.name);
            let help = format!("declare them as `{newer}` only");
            Some(
                Finding::error(RULE.code, message)
                    .help(help)
                    .at(&resource.place)
                    .also(&other.place, "declared here too"),
            )
        })
        .collect()
}
