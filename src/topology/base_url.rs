//! Base URLs: what a target's `at` may say, and the URL at which its tokens are issued.
//!
//! A URL is taken as people write it, and in no other notation: libraries read `0x7f.1` as an address, and drop what stands
//! before an `@`, so that a reviewer sees one host and the program speaks to another.

use url::{Host, Url};

use crate::check::literals;

/// Why a text is no base URL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BadUrl {
    /// The code of its finding.
    pub code: &'static str,
    /// A phrase, without the text where a password may stand in it.
    pub message: String,
    /// What to write, where it can be told.
    pub remedy: Option<String>,
}

/// A base URL without the slashes at its end.
///
/// # Errors
/// It is none, or one that means something else than it seems to.
pub(crate) fn base_url(text: &str) -> Result<String, BadUrl> {
    check("at", text).map(|()| text.trim_end_matches('/').to_owned())
}

/// Makes sure that what a setting of this name holds is a URL to which nothing but a path needs to be added.
///
/// # Errors
/// It is none, or one that means something else than it seems to.
pub(crate) fn check(name: &str, text: &str) -> Result<(), BadUrl> {
    // In what is no URL nobody can tell where a password ends.
    let hide = |bad: BadUrl| match text.contains('@') {
        true => {
            let message = format!("`{name}` holds a user: that belongs under `credentials`");
            // With the code of secrets that stand in files, it is blackened where the line is shown.
            BadUrl { code: literals::RULE.code, message, remedy: None }
        }
        false => bad,
    };
    plain(name, text).map_err(hide)
}

fn plain(name: &str, text: &str) -> Result<(), BadUrl> {
    let bad = |message: String, remedy: Option<String>| Err(BadUrl { code: "bad-url", message, remedy });
    if text.is_empty() {
        return bad(format!("`{name}` is empty"), None);
    }
    if text.contains(|letter: char| letter.is_whitespace() || letter.is_control()) {
        return bad(format!("`{name}` holds a blank or a control character"), None);
    }
    let Some(rest) = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://")) else {
        return bad(format!("`{text}` is no URL"), Some("it begins with `https://`".into()));
    };
    if rest.contains("://") {
        return bad(format!("`{text}` names two schemes"), Some("keep one `https://`".into()));
    }
    if let Some(letter) = rest.chars().find(|letter| matches!(letter, '?' | '#' | '\\')) {
        let remedy = match name {
            "at" => "`at` is what the paths of calls are put behind: scheme, host, port and path",
            _ => "it takes scheme, host, port and path",
        };
        return bad(format!("`{text}` holds a `{letter}`"), Some(remedy.to_owned()));
    }
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    if path.split('/').any(is_dots) {
        return bad(format!("`{text}` holds a `.` or `..` as a part of its path"), Some("write the path out".into()));
    }
    if authority.contains('@') {
        return bad(format!("`{name}` holds a user"), None);
    }
    let (host, port) = split_port(authority);
    if host.is_empty() {
        return bad(format!("`{text}` names no host"), None);
    }
    if let Some(port) = port.filter(|port| !is_port(port)) {
        return bad(format!("`{port}` is no port"), Some("a port is a number from 1 to 65535".into()));
    }
    match Url::parse(text).ok().as_ref().and_then(Url::host) {
        Some(Host::Ipv4(address)) if address.to_string() != host => {
            let message = format!("`{host}` is `{address}` in another notation");
            bad(message, Some(format!("write `{address}`, if that is meant")))
        }
        Some(Host::Domain(_)) if host.contains('%') => bad(format!("`{host}` is no host"), None),
        Some(_) => Ok(()),
        None => bad(format!("`{host}` is no host"), Some("a host is a name or an address".into())),
    }
}

/// The host and the port of what stands between scheme and path.
fn split_port(authority: &str) -> (&str, Option<&str>) {
    match authority.rsplit_once(':') {
        // The colons of an IPv6 address stand in brackets.
        Some((host, port)) if !port.contains(']') => (host, Some(port)),
        _ => (authority, None),
    }
}

fn is_port(text: &str) -> bool {
    text.bytes().all(|digit| digit.is_ascii_digit()) && text.parse::<u16>().is_ok_and(|port| port > 0)
}

/// Says whether a part of a path is one that whoever writes or reads a URL drops, encoded or not: a `.`, or a `..`, which
/// takes the part before it along.
pub(crate) fn is_dots(part: &str) -> bool {
    matches!(part.to_ascii_lowercase().replace("%2e", ".").as_str(), "." | "..")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_write_is_taken_as_it_is() {
        for (text, taken) in [
            ("https://203.0.113.10:8000/api", "https://203.0.113.10:8000/api"),
            ("https://controller.example", "https://controller.example"),
            ("https://Controller.example/api///", "https://Controller.example/api"),
            ("http://localhost:8000/", "http://localhost:8000"),
            ("https://[2001:db8::1]:8000/api", "https://[2001:db8::1]:8000/api"),
            ("https://[2001:DB8:0::1]", "https://[2001:DB8:0::1]"),
            ("https://my_host/x@y", "https://my_host/x@y"),
            ("https://bücher.example", "https://bücher.example"),
            ("https://10.example:1", "https://10.example:1"),
            ("https://h:65535", "https://h:65535"),
        ] {
            assert_eq!(base_url(text).as_deref(), Ok(taken), "{text}");
        }
    }

    #[test]
    fn odd_notations_are_refused_with_what_to_write() {
        for (text, says, remedy) in [
            ("https://2130706433", "`2130706433` is `127.0.0.1` in another notation", "`127.0.0.1`"),
            ("https://0x7f000001:8000/api", "is `127.0.0.1` in another", "`127.0.0.1`"),
            ("https://0177.0.0.1", "is `127.0.0.1` in another", "`127.0.0.1`"),
            ("https://127.1", "is `127.0.0.1` in another", "`127.0.0.1`"),
            ("https://127.0.0.1./", "is `127.0.0.1` in another", "`127.0.0.1`"),
            ("https://%31.0.0.1", "is `1.0.0.1` in another", "`1.0.0.1`"),
            ("https://010.0.0.1", "is `8.0.0.1` in another", "`8.0.0.1`"),
            ("https://256.0.0.1", "`256.0.0.1` is no host", "name or an address"),
            ("https://09.0.0.1", "is no host", "name or an address"),
            ("https://10.0.0.1.5", "is no host", "name or an address"),
            ("https://ho%73t", "is no host", ""),
            ("https://[::1", "is no host", "name or an address"),
            ("https://", "names no host", ""),
            ("https:///api", "names no host", ""),
            ("https://:8000/api", "names no host", ""),
            ("https://h:99999", "`99999` is no port", "65535"),
            ("https://h:0", "`0` is no port", "65535"),
            ("https://h:", "`` is no port", "65535"),
            ("https://h:+80", "`+80` is no port", "65535"),
            ("https://h:80a", "`80a` is no port", "65535"),
            ("https://h/api?x=1", "holds a `?`", "what the paths of calls"),
            ("https://h/#x", "holds a `#`", "what the paths of calls"),
            ("https://h\\api", "holds a `\\`", "what the paths of calls"),
            ("https://h/a/../b", "holds a `.` or `..`", "write the path out"),
            ("https://h/%2e%2E/b", "holds a `.` or `..`", "write the path out"),
            ("https://h /api", "a blank", ""),
            (" https://h", "a blank", ""),
            ("https://h\t", "a blank", ""),
            ("https://https://h", "names two schemes", "keep one"),
            ("https://http://h", "names two schemes", "keep one"),
            ("h:8000", "is no URL", "`https://`"),
            ("//h", "is no URL", "`https://`"),
            ("ftp://h", "is no URL", "`https://`"),
            ("HTTPS://h", "is no URL", "`https://`"),
            ("https:/h", "is no URL", "`https://`"),
            ("", "is empty", ""),
        ] {
            let found = base_url(text).unwrap_err();
            assert!(found.message.contains(says), "{text}: {}", found.message);
            assert!(found.remedy.clone().unwrap_or_default().contains(remedy), "{text}: {:?}", found.remedy);
            assert_eq!(found.code, "bad-url", "{text}");
        }
    }

    #[test]
    fn a_login_is_refused_and_not_repeated() {
        for text in [
            "https://user:canary@h/api",
            "https://canary@h",
            "http://user:can@canary@h",
            "user:canary@h",
            "//user:canary@h",
            "https:///user:canary@h",
            "https:/user:canary@h",
            "ftp://user:canary@h",
            "HTTPS://user:canary@h",
            "https://https://user:canary@h",
            " https://user:canary@h",
            "https://user:canary/x@h",
            "https://user:canary@h:99999",
            "https://\\user:canary@h",
        ] {
            let Err(found) = base_url(text) else { panic!("{text} is taken") };
            let shown = format!("{} {}", found.message, found.remedy.unwrap_or_default());
            assert!(!shown.contains("canary"), "{text}: {shown}");
        }
    }
}
