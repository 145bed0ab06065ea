//! Secrets as a type: they can be compared and fingerprinted, but neither printed nor serialized.

use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::attr::Attr;
use crate::digest::hex;
use crate::redact::{Scalars, redact_declared};

/// A value that must not be shown. Its label says where it comes from and may be shown.
#[derive(Clone)]
pub struct Secret {
    label: Arc<str>,
    value: Arc<str>,
    form: Form,
}

/// The form of a secret in a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Text,
    Json,
}

impl Secret {
    /// A secret with the expression or field that it comes from, as in `secret.psk`.
    pub fn new(label: impl Into<Arc<str>>, value: impl Into<Arc<str>>) -> Secret {
        Secret { label: label.into(), value: value.into(), form: Form::Text }
    }

    /// A secret that is no text: a number, true or false, as JSON spells it.
    pub fn json(label: impl Into<Arc<str>>, value: impl Into<Arc<str>>) -> Secret {
        Secret { form: Form::Json, ..Secret::new(label, value) }
    }

    /// The same secret under another label.
    pub fn labelled(self, label: impl Into<Arc<str>>) -> Secret {
        Secret { label: label.into(), ..self }
    }

    /// The same value as text, or as the number, true or false that JSON spells so.
    pub(crate) fn in_form(self, is_text: bool) -> Secret {
        Secret { form: if is_text { Form::Text } else { Form::Json }, ..self }
    }

    /// The same as the JSON that its text spells, every part of it as secret; `None` where it spells none.
    pub(crate) fn as_json(&self) -> Option<Attr> {
        let value = serde_json::from_str(&self.value).ok()?;
        Some(redact_declared(&self.label, Attr::from_json(&value), Scalars::Json))
    }

    /// Says whether it is text.
    pub fn is_text(&self) -> bool {
        self.form == Form::Text
    }

    /// Where the secret comes from; safe to show.
    pub fn label(&self) -> &str {
        &self.label
    }

    /// The value itself. To be called only where a request is written and where a secret goes to a 0600 file: a test lists
    /// the places.
    pub(crate) fn expose(&self) -> &str {
        &self.value
    }

    /// A keyed fingerprint: equal for equal secrets under one key, says nothing about the value without it.
    pub fn fingerprint(&self, key: &[u8]) -> String {
        fingerprint(&self.value, key)
    }

    /// The secret that is made of this one for a name: its HMAC-SHA256 under this one as the key, in URL-safe base64.
    pub(crate) fn derived(&self, name: &str) -> Secret {
        let label = format!("derive({}, \"{name}\")", self.label);
        // Keys of any length are taken.
        let bytes = Hmac::<Sha256>::new_from_slice(self.value.as_bytes()).map(|mut mac| {
            mac.update(name.as_bytes());
            mac.finalize().into_bytes()
        });
        Secret::new(label, bytes.map(|bytes| BASE64_URL_SAFE_NO_PAD.encode(bytes)).unwrap_or_default())
    }

    /// The part of the value that everybody may see, such as the fingerprint of a certificate. To be called only where
    /// `of` gives no more than that: a test lists the places.
    pub(crate) fn public_part<T>(&self, of: impl FnOnce(&str) -> T) -> T {
        of(&self.value)
    }

    /// Says whether a text begins with it.
    pub(crate) fn begins(&self, text: &[u8]) -> bool {
        text.starts_with(self.value.as_bytes())
    }

    /// The order of secrets by their values.
    pub(crate) fn compare(&self, other: &Secret) -> Ordering {
        self.compare_to(other.value.as_bytes())
    }

    /// The place of the secret among texts.
    pub(crate) fn compare_to(&self, text: &[u8]) -> Ordering {
        self.value.as_bytes().cmp(text)
    }

    /// Says whether it begins with another one.
    pub(crate) fn starts_with(&self, other: &Secret) -> bool {
        other.begins(self.value.as_bytes())
    }

    /// A number that all texts with the same first bytes share: 32 bits of them, which say nothing by themselves.
    pub(crate) fn hash_start(&self, bytes: usize) -> Option<u32> {
        self.value.as_bytes().get(..bytes).map(hash_start)
    }

    /// Its lines of at least so many letters, and itself without what surrounds it: each is as secret as the whole.
    pub(crate) fn lines(&self, letters: usize) -> impl Iterator<Item = Secret> {
        let whole = self.value.trim();
        let lines = whole.lines().map(str::trim).filter(move |line| {
            // The frame of a certificate or key says what it is, and no more.
            !line.starts_with("-----") && line.chars().count() >= letters
        });
        let all = [whole].into_iter().chain(lines).filter(|part| part.len() < self.value.len());
        all.map(|part| Secret { value: part.into(), ..self.clone() })
    }

    /// Says whether a text may be an earlier value of the expression that labels it: what stands around the secrets in
    /// `token=${secret.t}` stands in it, too. An expression of nothing but a secret tells nothing.
    pub(crate) fn may_have_been(&self, text: &str) -> bool {
        let mut rest = text;
        let mut around = self.label.split("${").enumerate().map(|(n, part)| match n {
            0 => part,
            _ => part.split_once('}').map_or("", |(_, after)| after),
        });
        let first = around.next().unwrap_or_default();
        let parts: Vec<&str> = around.collect();
        let Some((last, middle)) = parts.split_last() else { return false };
        if parts.iter().chain([&first]).all(|part| part.trim().is_empty()) {
            return false;
        }
        let Some(inner) = rest.strip_prefix(first) else { return false };
        rest = inner;
        for part in middle {
            let Some(at) = rest.find(part) else { return false };
            rest = rest.get(at + part.len()..).unwrap_or_default();
        }
        rest.ends_with(last)
    }

    /// Says whether it has at least so many letters.
    pub(crate) fn has_letters(&self, count: usize) -> bool {
        self.value.chars().nth(count.saturating_sub(1)).is_some()
    }

    /// Its length in bytes.
    pub(crate) fn len(&self) -> usize {
        self.value.len()
    }

    /// The secret that consists of text, secrets and text again, labelled by the whole expression.
    pub fn concat<'a>(label: &str, parts: impl IntoIterator<Item = Piece<'a>>) -> Secret {
        let mut value = String::new();
        for part in parts {
            match part {
                Piece::Plain(text) => value.push_str(text),
                Piece::Secret(secret) => value.push_str(&secret.value),
            }
        }
        Secret::new(label, value)
    }

    /// Says whether the secret is empty: a likely mistake worth a finding.
    pub fn is_empty(&self) -> bool {
        self.value.is_empty()
    }
}

/// The key of fingerprints: without it they say nothing about what they were made of.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct FingerprintKey(Arc<str>);

impl FingerprintKey {
    /// The key that a secret is.
    pub(crate) fn of(secret: &Secret) -> FingerprintKey {
        FingerprintKey(secret.value.clone())
    }

    /// The keyed fingerprint of a secret.
    pub(crate) fn fingerprint(&self, secret: &Secret) -> String {
        self.print(&secret.value)
    }

    /// The keyed fingerprint of a text that is no secret by itself, such as what a controller shows.
    pub(crate) fn print(&self, text: &str) -> String {
        fingerprint(text, self.0.as_bytes())
    }

    /// The mark that tells it from other keys. It may be shown.
    pub(crate) fn id(&self) -> String {
        self.print("the key of a ledger")
    }

    /// Says whether there is none.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Says whether it could be found by trying.
    pub(crate) fn is_weak(&self) -> bool {
        self.0.len() < 16
    }

    /// As a file for its owner's eyes only keeps it.
    pub(crate) fn to_file(&self) -> String {
        format!("{}\n", self.0)
    }
}

impl From<&str> for FingerprintKey {
    fn from(text: &str) -> FingerprintKey {
        FingerprintKey(text.into())
    }
}

impl fmt::Debug for FingerprintKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "(key {})", self.id())
    }
}

/// A number that equal beginnings share.
pub(crate) fn hash_start(start: &[u8]) -> u32 {
    start.iter().fold(0, |sum: u32, byte| (sum ^ u32::from(*byte)).wrapping_mul(0x0100_0193)).wrapping_mul(0x9e37_79b1)
}

/// A part of a secret that is put together.
pub enum Piece<'a> {
    /// Text that is no secret.
    Plain(&'a str),
    /// A secret within.
    Secret(&'a Secret),
}

/// The keyed fingerprint of a text: HMAC-SHA-256, 32 hexadecimal digits of it, which no two secrets share by chance.
pub(crate) fn fingerprint(text: &str, key: &[u8]) -> String {
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else { return String::new() };
    mac.update(text.as_bytes());
    hex(&mac.finalize().into_bytes()[..16])
}

/// As everywhere, a number is what its digits are.
impl PartialEq for Secret {
    fn eq(&self, other: &Secret) -> bool {
        self.value == other.value
    }
}

impl Eq for Secret {}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // What a controller shows comes from nowhere that could be named: its field stands beside it.
        match self.label.is_empty() {
            true => f.write_str("(secret)"),
            false => write!(f, "(secret {})", self.label),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_derived_secret_is_another_one_for_each_name_and_the_same_each_time() {
        let secret = Secret::new("secret.branches", "master-key");
        let [oslo, bern] = ["london-oslo", "bern-london"].map(|name| secret.derived(name));
        assert_eq!(oslo, secret.derived("london-oslo"));
        assert!(oslo != bern && oslo != secret && oslo != Secret::new("", "other").derived("london-oslo"));
        assert_eq!(oslo.label(), "derive(secret.branches, \"london-oslo\")");
        // As `printf %s london-oslo | openssl dgst -sha256 -hmac master-key -binary | basenc --base64url` has it.
        assert_eq!(oslo, Secret::new("", "RhmexggEBu1pYydoBqQ00DVvq6Vza2m5sFv3dTUFNC4"));
    }

    #[test]
    fn debug_shows_the_label_only() {
        let secret = Secret::new("secret.psk", "canary");
        assert_eq!(format!("{secret:?}"), "(secret secret.psk)");
    }

    #[test]
    fn fingerprints_depend_on_value_and_key() {
        let one = Secret::new("a", "x");
        assert_eq!(one.fingerprint(b"k"), Secret::new("b", "x").fingerprint(b"k"));
        assert_ne!(one.fingerprint(b"k"), one.fingerprint(b"l"));
        assert_ne!(one.fingerprint(b"k"), Secret::new("a", "y").fingerprint(b"k"));
        assert_eq!(one.fingerprint(b"k").len(), 32);
    }
}
