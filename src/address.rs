//! Addresses: the name by which one resource is known everywhere.
//!
//! An address is a path: the target, then kind and name of each resource on the way down, as in
//! `east/ipsec-endpoints/to-west/ebgp-peers/169.254.1.2`. A singleton's kind stands without a name: `east/config`.

use std::fmt;
use std::sync::Arc;

use serde::{Serialize, Serializer};

/// One kind on the way down, with the resource's name unless the kind is a singleton.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Step {
    kind: Arc<str>,
    name: Option<Arc<str>>,
}

/// The name of one resource in a workspace. Orders by target, then kind, then name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Address {
    target: Arc<str>,
    steps: Vec<Step>,
}

impl Address {
    /// The address of a resource that stands directly below its target.
    pub fn new(target: &str, kind: &str, name: Option<&str>) -> Address {
        Address { target: target.into(), steps: vec![Step { kind: kind.into(), name: name.map(Arc::from) }] }
    }

    /// The address of a resource below this one.
    pub fn child(&self, kind: &str, name: Option<&str>) -> Address {
        let mut steps = self.steps.clone();
        steps.push(Step { kind: kind.into(), name: name.map(Arc::from) });
        Address { target: self.target.clone(), steps }
    }

    /// The address of a resource of that kind beside this one: same target, same parent.
    pub fn sibling(&self, kind: &str, name: Option<&str>) -> Address {
        match self.parent() {
            Some(parent) => parent.child(kind, name),
            None => Address::new(&self.target, kind, name),
        }
    }

    /// The target's name.
    pub fn target(&self) -> &str {
        &self.target
    }

    /// The kind's name.
    pub fn kind(&self) -> &str {
        self.steps.last().map_or("", |step| &step.kind)
    }

    /// The resource's own name; `None` for a singleton.
    pub fn name(&self) -> Option<&str> {
        self.steps.last().and_then(|step| step.name.as_deref())
    }

    /// The resource that this one lives in.
    pub fn parent(&self) -> Option<Address> {
        let (_, above) = self.steps.split_last()?;
        (!above.is_empty()).then(|| Address { target: self.target.clone(), steps: above.to_vec() })
    }

    /// Says whether this resource lives in `other`, at any depth.
    pub fn is_below(&self, other: &Address) -> bool {
        self.target == other.target && self.steps.len() > other.steps.len() && self.steps.starts_with(&other.steps)
    }

    /// Says whether a policy's pattern names this address: `*` stands for any run of characters between two `/`, a word
    /// `**` for any number of words.
    pub fn matches(&self, pattern: &str) -> bool {
        names(pattern, &self.to_string())
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.target)?;
        for step in &self.steps {
            write!(f, "/{}", step.kind)?;
            if let Some(name) = &step.name {
                write!(f, "/{}", Escaped(name))?;
            }
        }
        Ok(())
    }
}

impl Serialize for Address {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// A name inside an address: `/` and `%` are written `%2F` and `%25`, so that an address reads back as it was.
pub(crate) struct Escaped<'a>(pub &'a str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, part) in self.0.split('%').enumerate() {
            if n > 0 {
                f.write_str("%25")?;
            }
            for (m, piece) in part.split('/').enumerate() {
                if m > 0 {
                    f.write_str("%2F")?;
                }
                f.write_str(piece)?;
            }
        }
        Ok(())
    }
}

/// Undoes [`Escaped`].
pub(crate) fn unescape(text: &str) -> String {
    text.replace("%2F", "/").replace("%25", "%")
}

/// Says whether a pattern names an address that is written so; see [`Address::matches`].
pub(crate) fn names(pattern: &str, text: &str) -> bool {
    let words = |text| str::split(text, '/').collect::<Vec<_>>();
    words_match(&words(pattern), &words(text))
}

fn words_match(pattern: &[&str], words: &[&str]) -> bool {
    match pattern.split_first() {
        None => words.is_empty(),
        Some((&"**", rest)) => {
            words_match(rest, words) || words.split_first().is_some_and(|(_, tail)| words_match(pattern, tail))
        }
        Some((first, rest)) => words
            .split_first()
            .is_some_and(|(word, tail)| glob(first.as_bytes(), word.as_bytes()) && words_match(rest, tail)),
    }
}

/// Matches with `*` as the only wildcard. Linear in practice: on a mismatch it goes back to the last star only.
pub(crate) fn glob(pattern: &[u8], text: &[u8]) -> bool {
    let (mut p, mut t) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while let Some(&letter) = text.get(t) {
        match pattern.get(p) {
            Some(b'*') => {
                star = Some((p, t));
                p += 1;
            }
            Some(&wanted) if wanted == letter => {
                p += 1;
                t += 1;
            }
            _ => match star {
                Some((at, from)) => {
                    p = at + 1;
                    t = from + 1;
                    star = Some((at, from + 1));
                }
                None => return false,
            },
        }
    }
    pattern.iter().skip(p).all(|&rest| rest == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_reads_as_a_path() {
        let peer = Address::new("east", "ipsec-endpoints", Some("to-west")).child("ebgp-peers", Some("169.254.1.2"));
        assert_eq!(peer.to_string(), "east/ipsec-endpoints/to-west/ebgp-peers/169.254.1.2");
        assert_eq!(peer.parent().unwrap().to_string(), "east/ipsec-endpoints/to-west");
        assert_eq!(peer.parent().unwrap().parent(), None);
        assert_eq!(Address::new("east", "config", None).to_string(), "east/config");
        assert!(peer.is_below(&peer.parent().unwrap()));
        assert!(!peer.is_below(&peer));
    }

    #[test]
    fn a_slash_in_a_name_is_escaped_and_comes_back() {
        let route = Address::new("east", "routes", Some("10.0.0.0/8 50%2F"));
        assert_eq!(route.to_string(), "east/routes/10.0.0.0%2F8 50%252F");
        assert_eq!(unescape("10.0.0.0%2F8 50%252F"), "10.0.0.0/8 50%2F");
    }

    #[test]
    fn patterns_take_stars() {
        let network = Address::new("nf", "networks", Some("acme"));
        for (pattern, yes) in [
            ("nf/networks/*", true),
            ("**", true),
            ("nf/**", true),
            ("**/acme", true),
            ("nf/networks/acme/**", true),
            ("*", false),
            ("nf/*", false),
            ("nf/networks/*/*", false),
            ("**/other", false),
            ("nf/networks/acme", true),
            ("nf/net*ks/a*", true),
            ("nf/networks", false),
            ("", false),
            ("*b", false),
        ] {
            assert_eq!(network.matches(pattern), yes, "{pattern}");
        }
        let below = network.child("endpoints", Some("laptop"));
        assert!(!below.matches("nf/networks/*"), "what protects a network does not protect all that is in it");
        assert!(below.matches("nf/networks/**"));
    }
}
