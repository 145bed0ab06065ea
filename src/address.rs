//! Addresses: the name by which one resource is known everywhere.
//!
//! An address is a path: the target, then kind and name of each resource on the way down, as in
//! `east/ipsec-endpoints/to-west/ebgp-peers/169.254.1.2`. A singleton's kind stands without a name: `east/config`.
//!
//! It reads back without a catalogue: nothing lives in a singleton (the lint of kinds holds that), so that kinds and names
//! take turns, and only the last kind may stand alone. A ledger's address is kept although nothing knows its kind any more.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// One kind on the way down, with the resource's name unless the kind is a singleton.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct AddressStep {
    kind: Arc<str>,
    name: Option<Arc<str>>,
}

/// The name of one resource in a workspace. Orders by target, then kind, then name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Address {
    target: Arc<str>,
    steps: Vec<AddressStep>,
}

impl Address {
    /// The address of a resource that stands directly below its target.
    pub fn new(target: &str, kind: &str, name: Option<&str>) -> Address {
        Address { target: target.into(), steps: vec![AddressStep { kind: kind.into(), name: name.map(Arc::from) }] }
    }

    /// The address of a resource below this one.
    pub fn child(&self, kind: &str, name: Option<&str>) -> Address {
        let mut steps = self.steps.clone();
        steps.push(AddressStep { kind: kind.into(), name: name.map(Arc::from) });
        Address { target: self.target.clone(), steps }
    }

    /// The address of a resource of that kind beside this one: same target, same parent.
    pub fn sibling(&self, kind: &str, name: Option<&str>) -> Address {
        match self.parent() {
            Some(parent) => parent.child(kind, name),
            None => Address::new(&self.target, kind, name),
        }
    }

    /// Sorts before every address of a target, and after all of those before it.
    pub(crate) fn first_of(target: &str) -> Address {
        Address { target: target.into(), steps: Vec::new() }
    }

    /// Says whether the resource is of that kind and lives in `parent` (for `None`, directly below the target), or lives
    /// in one that is: `east/routes/office` is within the collection `routes` of `east`.
    pub(crate) fn is_within(&self, target: &str, parent: Option<&Address>, kind: &str) -> bool {
        let above = parent.map_or(&[][..], |parent| &parent.steps);
        let here = &*self.target == target && self.steps.starts_with(above);
        here && self.steps.get(above.len()).is_some_and(|step| &*step.kind == kind)
    }

    /// The kinds on the way down, the resource's own as the last one.
    pub(crate) fn kinds(&self) -> impl Iterator<Item = &str> {
        self.steps.iter().map(|step| &*step.kind)
    }

    /// Kind and name of each resource on the way down.
    pub(crate) fn steps(&self) -> impl Iterator<Item = (&str, Option<&str>)> {
        self.steps.iter().map(|step| (&*step.kind, step.name.as_deref()))
    }

    /// The path below the target: `routes/office`.
    pub(crate) fn path(&self) -> impl fmt::Display {
        Path(&self.steps)
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

    /// The address that this one has when what it lives in moves from one address to another.
    pub(crate) fn moved(&self, from: &Address, to: &Address) -> Address {
        let below = self.steps.get(from.steps.len()..).unwrap_or_default();
        Address { target: to.target.clone(), steps: [&to.steps, below].concat() }
    }

    /// Says whether a policy's pattern names this address: `*` stands for any run of characters between two `/`, a word
    /// `**` for any number of words.
    pub fn matches(&self, pattern: &str) -> bool {
        names(pattern, &self.to_string())
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.target, Path(&self.steps))
    }
}

/// The way down from a target.
struct Path<'a>(&'a [AddressStep]);

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, step) in self.0.iter().enumerate() {
            let slash = if n > 0 { "/" } else { "" };
            write!(f, "{slash}{}", step.kind)?;
            if let Some(name) = &step.name {
                write!(f, "/{}", Escaped(name))?;
            }
        }
        Ok(())
    }
}

/// Why a text is no address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is no address: {why}; one looks like `east/routes/office`")]
pub struct AddressError {
    text: String,
    why: &'static str,
}

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Address, AddressError> {
        let fail = |why| AddressError { text: text.to_owned(), why };
        let (target, path) = text.split_once('/').ok_or_else(|| fail("it names a target and no kind"))?;
        if target.is_empty() {
            return Err(fail("it names no target"));
        }
        let mut words = path.split('/');
        let mut steps = Vec::new();
        while let Some(kind) = words.next() {
            if kind.is_empty() {
                return Err(fail("a kind is missing"));
            }
            let name = words.next().map(|word| unescape(word).into());
            steps.push(AddressStep { kind: kind.into(), name });
        }
        Ok(Address { target: target.into(), steps })
    }
}

impl Serialize for Address {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Address {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Address, D::Error> {
        let text = String::deserialize(deserializer)?;
        let address: Address = text.parse().map_err(D::Error::custom)?;
        // In a file, what would not come out as it came in might stand for another one.
        match address.to_string() == text {
            true => Ok(address),
            false => Err(D::Error::custom(format!("`{text}` is no address: it is spelt `{address}`"))),
        }
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
    fn what_is_no_address_is_told_so() {
        for text in ["", "east", "/routes/a", "east/", "east//a", "east/routes/a//b"] {
            assert!(text.parse::<Address>().is_err(), "{text}");
        }
        let error = "east".parse::<Address>().unwrap_err();
        assert_eq!(
            error.to_string(),
            "`east` is no address: it names a target and no kind; one looks like `east/routes/office`"
        );
    }

    #[test]
    fn an_address_of_unknown_kinds_reads_back() {
        let gone: Address = "east/gadgets/a%2Fb/parts".parse().unwrap();
        assert_eq!((gone.target(), gone.kind(), gone.name()), ("east", "parts", None));
        assert_eq!(gone.parent(), Some(Address::new("east", "gadgets", Some("a/b"))));
        assert_eq!(serde_json::from_str::<Address>(r#""east/gadgets/a%2Fb/parts""#).unwrap(), gone);
        assert_eq!("east/routes/50%".parse(), Ok(Address::new("east", "routes", Some("50%"))), "as people write it");
        let error = serde_json::from_str::<Address>(r#""east/routes/50%""#).unwrap_err().to_string();
        assert!(error.contains("it is spelt `east/routes/50%25`"), "{error}");
    }

    #[test]
    fn what_a_collection_holds_stands_together() {
        let texts = ["a-b/x/1", "a/w/1", "a/x", "a/x-y/1", "a/x/1", "a/x/1/y/2", "a/x/1/y/2/z", "a/x/2", "b/x/1"];
        let mut all: Vec<Address> = texts.iter().map(|text| text.parse().unwrap()).collect();
        all.sort();
        let within = |parent: Option<&str>, kind| {
            let parent = parent.map(|text| text.parse().unwrap());
            let is_in = |address: &&Address| address.is_within("a", parent.as_ref(), kind);
            let first = all.iter().position(|address| is_in(&address)).unwrap();
            let found: Vec<String> = all.iter().skip(first).take_while(is_in).map(Address::to_string).collect();
            assert_eq!(found.len(), all.iter().filter(is_in).count(), "{kind} does not stand together");
            found
        };
        assert_eq!(within(None, "x"), ["a/x", "a/x/1", "a/x/1/y/2", "a/x/1/y/2/z", "a/x/2"]);
        assert_eq!(within(Some("a/x/1"), "y"), ["a/x/1/y/2", "a/x/1/y/2/z"]);
        assert!(all.iter().filter(|address| address.target() == "a").all(|address| *address > Address::first_of("a")));
    }

    proptest::proptest! {
        #[test]
        fn every_address_reads_back_as_it_was(
            target in "[^/]{1,12}",
            steps in proptest::collection::vec(("[a-z][a-z0-9-]{0,8}", "[ab/%25F:. ü漢\\PC]{0,10}"), 0..4),
            single in proptest::option::of("[a-z][a-z-]{0,8}"),
        ) {
            let mut address = Address::first_of(&target);
            for (kind, name) in &steps {
                address = address.child(kind, Some(name));
            }
            if let Some(kind) = &single {
                address = address.child(kind, None);
            }
            if address.steps.is_empty() {
                return Ok(());
            }
            let text = address.to_string();
            proptest::prop_assert_eq!(text.parse::<Address>(), Ok(address));
        }
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
