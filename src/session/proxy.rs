//! Proxies: what the environment says, but never for servers on this machine.

use std::net::IpAddr;

use ipnet::IpNet;
use reqwest::{NoProxy, Proxy};
use url::{Host, Url};

/// Servers on this machine: what is sent to them must not leave it.
const LOOPBACK: &str = "localhost,127.0.0.0/8,::1";

/// The proxies that an environment names.
#[derive(Debug, Clone, Default)]
pub(super) struct Proxies {
    http: Option<String>,
    https: Option<String>,
    /// For what the others do not say.
    all: Option<String>,
    /// Hosts that are asked without one, as in `NO_PROXY`.
    without: String,
    /// Says whether any is named, be it one that is not understood.
    named: bool,
}

impl Proxies {
    /// Those of the process's environment.
    pub(super) fn of_environment() -> Proxies {
        Proxies::of(&|name| std::env::var(name).ok())
    }

    fn of(variable: &dyn Fn(&str) -> Option<String>) -> Proxies {
        let first = |names: &[&str]| names.iter().find_map(|name| variable(name)).filter(|value| !value.is_empty());
        // A CGI program gets a header `Proxy:` as that variable, from whoever asks.
        let is_cgi = variable("REQUEST_METHOD").is_some();
        let http = if is_cgi { first(&["http_proxy"]) } else { first(&["http_proxy", "HTTP_PROXY"]) };
        let without = first(&["no_proxy", "NO_PROXY"]).unwrap_or_default();
        let (https, all) = (first(&["https_proxy", "HTTPS_PROXY"]), first(&["all_proxy", "ALL_PROXY"]));
        Proxies {
            named: first(&["http_proxy", "HTTP_PROXY"]).or(https.clone()).or(all.clone()).is_some(),
            http: http.and_then(|text| absolute(&text)),
            https: https.and_then(|text| absolute(&text)),
            all: all.and_then(|text| absolute(&text)),
            without: format!("{without},{LOOPBACK}"),
        }
    }

    /// Says whether the environment names any, also one that is not understood.
    pub(super) fn are_named(&self) -> bool {
        self.named
    }

    /// As the HTTP library takes them. One that it does not understand is none, as everywhere.
    pub(super) fn rules(&self) -> Vec<Proxy> {
        let rule = |url: &Option<String>, make: fn(String) -> reqwest::Result<Proxy>| make(url.clone()?).ok();
        let rules = [
            rule(&self.http, Proxy::http::<String>),
            rule(&self.https, Proxy::https::<String>),
            rule(&self.all, Proxy::all::<String>),
        ];
        rules.into_iter().flatten().map(|proxy| proxy.no_proxy(NoProxy::from_string(&self.without))).collect()
    }

    /// The proxy through which a URL is asked: its host and port.
    fn between(&self, url: &Url) -> Option<String> {
        let own = if url.scheme() == "https" { &self.https } else { &self.http };
        let proxy = own.as_ref().or(self.all.as_ref()).filter(|_| !self.is_asked_without(url))?;
        let proxy = Url::parse(proxy).ok()?;
        Some(format!("{}:{}", proxy.host_str()?, proxy.port_or_known_default()?))
    }

    fn is_asked_without(&self, url: &Url) -> bool {
        let (name, ip) = match url.host() {
            Some(Host::Domain(name)) => (name.to_ascii_lowercase(), None),
            Some(Host::Ipv4(ip)) => (ip.to_string(), Some(IpAddr::from(ip))),
            Some(Host::Ipv6(ip)) => (ip.to_string(), Some(IpAddr::from(ip))),
            None => return true,
        };
        self.without.split(',').map(|entry| entry.trim().to_ascii_lowercase()).any(|entry| {
            let net = entry.parse::<IpNet>().ok().zip(ip).is_some_and(|(net, ip)| net.contains(&ip));
            let domain = entry.trim_start_matches('.');
            let within = !domain.is_empty()
                && name.strip_suffix(domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
            entry == "*" || net || within
        })
    }
}

/// The proxy that would read what is sent to a server over plain HTTP.
pub(crate) fn reads_along(at: &str) -> Option<String> {
    let url = Url::parse(at).ok().filter(|url| url.scheme() == "http")?;
    Proxies::of_environment().between(&url)
}

/// A proxy as a URL; `proxy:3128` means `http://proxy:3128`. None if it speaks something else than HTTP.
fn absolute(text: &str) -> Option<String> {
    let url = if text.contains("://") { text.to_owned() } else { format!("http://{text}") };
    (url.starts_with("http://") || url.starts_with("https://")).then_some(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proxies(variables: &[(&str, &str)]) -> Proxies {
        Proxies::of(&|name| variables.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned()))
    }

    #[test]
    fn nothing_on_this_machine_is_asked_through_a_proxy() {
        let here = [
            "http://127.0.0.1:8080/api",
            "https://127.8.9.10/",
            "http://[::1]:1/",
            "http://localhost:3/x",
            "http://LOCALHOST/",
        ];
        for variable in ["http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"] {
            for url in here {
                let found = proxies(&[(variable, "http://proxy.example:3128")]);
                assert_eq!(found.between(&Url::parse(url).unwrap()), None, "{variable} {url}");
                assert_eq!(found.rules().len(), 1, "{variable}");
            }
        }
    }

    #[test]
    fn others_are_asked_as_the_environment_says() {
        let both = [
            ("http_proxy", "user:pw@plain:3128"),
            ("ALL_PROXY", "https://any.example"),
            ("NO_PROXY", "corp.example, 10.0.0.0/8 ,.lab"),
        ];
        for (url, proxy) in [
            ("http://controller/", Some("plain:3128")),
            ("https://controller/", Some("any.example:443")),
            ("https://a.corp.example/", None),
            ("https://corp.example/", None),
            ("https://notcorp.example/", Some("any.example:443")),
            ("https://x.lab/", None),
            ("http://10.1.2.3/", None),
            ("http://11.1.2.3/", Some("plain:3128")),
        ] {
            assert_eq!(proxies(&both).between(&Url::parse(url).unwrap()).as_deref(), proxy, "{url}");
        }
        let star = proxies(&[("http_proxy", "p:1"), ("no_proxy", "*")]);
        assert_eq!(star.between(&Url::parse("http://controller/").unwrap()), None);
        assert!(proxies(&[]).rules().is_empty() && !proxies(&[]).are_named());
        let other = proxies(&[("all_proxy", "socks5://p:1")]);
        assert!(other.rules().is_empty() && other.are_named());
        let cgi = proxies(&[("HTTP_PROXY", "http://p:1"), ("REQUEST_METHOD", "GET")]);
        assert!(cgi.rules().is_empty(), "whoever asks a CGI program must not choose its proxy");
    }
}
