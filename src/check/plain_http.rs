//! Credentials are for the controller alone.

use std::net::IpAddr;

use url::{Host, Url};

use crate::attr::Attr;
use crate::check::{Subject, rule};
use crate::finding::Finding;
use crate::spec::Auth;
use crate::topology::{Target, Tls};

rule! {
    /// A target's credentials travel over plain HTTP, whether it says so or forgets that what it says about TLS is void then.
    "plain-http" is Mixed;
    bad: "";
    good: "";
}

fn run(subject: &Subject) -> Vec<Finding> {
    let targets = subject.topology.targets.values();
    let told = targets.flat_map(|target| {
        let here = finding(&target.name, &target.at, &target.tls).into_iter().chain(issuer(target));
        here.map(|finding| finding.at(&target.place))
    });
    told.collect()
}

/// Tokens are issued to whoever sends the password, which goes there in clear.
fn issuer(target: &Target) -> Option<Finding> {
    let Auth::ClientCredentials(asked) = target.provider.dialect.auth else { return None };
    let Attr::Text(url) = target.credentials.fields.get(asked.url)? else { return None };
    let url = Url::parse(url).ok().filter(|url| url.scheme() == "http" && !is_this_machine(url))?;
    let told =
        format!("the credentials of `{}` travel in clear: its `{}` is `{}://`", target.name, asked.url, url.scheme());
    Some(Finding::warning(RULE.code, told).help("write `https://`"))
}

fn finding(target: &str, at: &str, tls: &Tls) -> Option<Finding> {
    let url = Url::parse(at).ok().filter(|url| url.scheme() == "http")?;
    let Tls { pin_sha256, ca_file } = tls;
    if pin_sha256.is_some() || ca_file.is_some() {
        let told = format!("`{target}` has `tls`, but its `at` is `http://`: there is no TLS, and nothing is checked");
        return Some(Finding::error(RULE.code, told).help("write `https://` in `at`, or take `tls` out"));
    }
    let told = || format!("the credentials of `{target}` travel in clear: its `at` is `http://`");
    let is_elsewhere = !is_this_machine(&url);
    is_elsewhere.then(|| {
        let help = "write `https://`; `tls.pin-sha256` trusts a self-signed certificate";
        Finding::warning(RULE.code, told()).help(help)
    })
}

/// Says whether a URL leads to this machine.
pub(crate) fn is_this_machine(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(ip)) => IpAddr::from(ip).is_loopback(),
        Some(Host::Ipv6(ip)) => IpAddr::from(ip).is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::Level;

    #[test]
    fn plain_http_is_told_beyond_this_machine_and_is_wrong_with_tls() {
        let pin = Tls { pin_sha256: Some("aa".into()), ca_file: None };
        let signed = Tls { pin_sha256: None, ca_file: Some("ca.pem".into()) };
        let none = Tls::default();
        for (at, tls, level) in [
            ("https://192.0.2.1:8000/api", &none, None),
            ("https://192.0.2.1:8000/api", &pin, None),
            ("http://192.0.2.1:8000/api", &none, Some(Level::Warning)),
            ("http://controller.example/", &none, Some(Level::Warning)),
            ("http://localhost.example/", &none, Some(Level::Warning)),
            ("http://127.0.0.1:1/api", &none, None),
            ("http://127.9.9.9/", &none, None),
            ("http://[::1]:1/api", &none, None),
            ("http://localhost:1/api", &none, None),
            ("http://192.0.2.1/", &pin, Some(Level::Error)),
            ("http://127.0.0.1/", &pin, Some(Level::Error)),
            ("http://192.0.2.1/", &signed, Some(Level::Error)),
        ] {
            assert_eq!(finding("east", at, tls).map(|finding| finding.level), level, "{at}");
        }
    }
}
