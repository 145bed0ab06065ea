//! A token is good in the environment of its issuer, and in no other.

use crate::check::{Subject, rule};
use crate::finding::Finding;
use crate::spec::Auth;

rule! {
    /// A target is in one environment of its vendor, and its tokens are issued in another.
    "other-environment" is Fixed;
    bad: "";
    good: "";
}

fn run(subject: &Subject) -> Vec<Finding> {
    let targets = subject.topology.targets.values();
    targets
        .filter_map(|target| {
            let Auth::ClientCredentials(asked) = target.provider.dialect.auth else { return None };
            let url = target.credentials.fields.get(asked.url)?.as_text()?;
            let (own, issuers) = (asked.environments.of(&target.at)?, asked.environments.of(url)?);
            let told = || format!("`{}` is in `{own}`, but its tokens are issued in `{issuers}`", target.name);
            let help = format!("use an account of `{own}`, or name the other environment in `at`");
            (own != issuers).then(|| Finding::error(RULE.code, told()).help(help).at(&target.place))
        })
        .collect()
}
