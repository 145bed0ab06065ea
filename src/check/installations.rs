//! Two targets are never one installation: each would take what the other declares for what others made.

use std::collections::BTreeMap;

use url::Url;

use crate::attr::Attr;
use crate::check::{Subject, rule};
use crate::finding::Finding;
use crate::spec::Auth;
use crate::topology::Target;

rule! {
    /// Two targets have the same address, and the same settings that tell installations apart, such as the tenant.
    "one-installation" is Fixed;
    bad: "";
    good: "";
}

fn run(subject: &Subject) -> Vec<Finding> {
    let mut first: BTreeMap<String, &Target> = BTreeMap::new();
    let mut findings = Vec::new();
    for target in subject.topology.targets.values() {
        let Some(installation) = installation(target) else { continue };
        let Some(other) = first.get(&installation) else {
            first.insert(installation, target);
            continue;
        };
        let message = format!(
            "`{}` and `{}` are the same installation: what one declares, the other undoes",
            other.name, target.name
        );
        let finding = Finding::error(RULE.code, message)
            .help("declare all that is there under one name, in as many files as you like");
        findings.push(finding.at(&target.place).also(&other.place, "declared here too"));
    }
    findings
}

/// The installation that a target means, as far as the files tell: where it is, in one spelling, and what tells several there
/// apart. Where an account decides about that, it is the account.
fn installation(target: &Target) -> Option<String> {
    let at = Url::parse(&target.at).ok()?.to_string().trim_end_matches('/').to_owned();
    let dialect = &target.provider.dialect;
    let within = dialect.within.iter().map(|name| target.settings.get(*name));
    let account = match dialect.auth {
        Auth::ClientCredentials(asked) => Some(target.credentials.fields.get(asked.client)),
        Auth::Basic { .. } => None,
    };
    let apart: Option<Vec<String>> = within.chain(account).map(|word| word.and_then(Attr::to_text)).collect();
    Some(format!("{} {at} {}", target.provider.name, apart?.join("\n")))
}

#[cfg(test)]
mod tests {
    use crate::topology::testing::{TRUEUP, told, workspace};
    use crate::topology::{Options, load};

    fn says(provider: &str, targets: &[&str]) -> bool {
        let targets: String = targets.iter().enumerate().map(|(n, keys)| format!("  t{n}: {{ {keys} }}\n")).collect();
        let folder = workspace(&[("trueup.yaml", TRUEUP), ("all.yaml", &format!("{provider}:\n{targets}"))]);
        told(load(folder.path(), crate::providers::CATALOGUE, &Options::default())).contains("one-installation")
    }

    #[test]
    fn the_same_place_under_two_names_is_told() {
        const BASIC: &str = "credentials: { username: api, password: '${var.pw}' }";
        let at = |at: &str, more: &str| format!("at: {at}, {BASIC}{more}");
        let one = at("https://a.example:8000/api", "");
        for (provider, other, is_one) in [
            ("vns3", at("https://a.example:8000/api/", ""), true),
            ("vns3", at("https://A.EXAMPLE:8000/api", ""), true),
            ("vns3", at("https://b.example:8000/api", ""), false),
            ("vns3", at("https://a.example:8001/api", ""), false),
            ("cloudify", one.clone(), true),
            ("cloudify", at("https://a.example:8000/api", ", tenant: default_tenant"), true),
            ("cloudify", at("https://a.example:8000/api", ", tenant: other"), false),
            ("f5-vnfm", at("https://a.example:8000/api/", ""), true),
            ("f5-vnfm", at("https://a.example:8000/api/", ", tenant: other"), false),
        ] {
            assert_eq!(says(provider, &[&one, &other]), is_one, "{provider}: {other}");
        }
        let account = |client: &str| {
            let url = "https://issuer.example/oauth2/token";
            let credentials = format!("clientId: {client}, password: '${{var.pw}}', authenticationUrl: '{url}'");
            format!("at: https://gateway.production.netfoundry.io, credentials: {{ {credentials} }}")
        };
        assert!(says("netfoundry", &[&account("c"), &account("c")]));
        assert!(!says("netfoundry", &[&account("c"), &account("d")]));
    }
}
