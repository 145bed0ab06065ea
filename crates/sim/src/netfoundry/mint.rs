//! Ids, keys and tokens: made up, but the same for the same seed.
//!
//! A value is drawn from the seed and a label that says what it is for (`endpoints`, the network, the name, the how
//! many-th of that name), never from a running counter: so it does not depend on the order in which parallel requests
//! happen to arrive.

use serde::{Deserialize, Serialize};

/// Makes up values for one installation.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Mint {
    root: u64,
}

/// Sixteen-bit blocks of an id would show a weak generator; splitmix64 passes the usual batteries and is four lines.
struct Stream(u64);

impl Stream {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn pick(&mut self, alphabet: &str, count: usize) -> String {
        let letters: Vec<char> = alphabet.chars().collect();
        (0..count).filter_map(|_| letters.get((self.next() % letters.len() as u64) as usize)).collect()
    }
}

const LETTERS: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
/// The letters for words that people type from a screen: no letter that reads like a digit.
const TYPED: &str = "23456789ABCDEFGHJKMNPQRSTVWXYZ";

/// FNV-1a: good enough to spread labels, and the stream mixes what comes out.
fn hash(start: u64, bytes: &[u8]) -> u64 {
    bytes.iter().fold(start, |sum, byte| (sum ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

impl Mint {
    /// The mint of an installation with that seed and name.
    pub(crate) fn new(seed: u64, name: &str) -> Mint {
        Mint { root: hash(hash(0xcbf2_9ce4_8422_2325, &seed.to_le_bytes()), name.as_bytes()) }
    }

    fn stream(&self, label: &[&str]) -> Stream {
        Stream(label.iter().fold(self.root, |sum, part| hash(hash(sum, part.as_bytes()), &[0])))
    }

    /// A number.
    pub(crate) fn number(&self, label: &[&str]) -> u64 {
        self.stream(label).next()
    }

    /// An id shaped like a UUIDv4 (netfoundry.md#requests: platform ids).
    pub(crate) fn uuid(&self, label: &[&str]) -> String {
        let mut stream = self.stream(label);
        let (high, low) = (stream.next(), stream.next());
        format!(
            "{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}",
            high >> 32,
            (high >> 16) & 0xffff,
            high & 0xfff,
            0x8000 | ((low >> 48) & 0x3fff),
            low & 0xffff_ffff_ffff
        )
    }

    /// A short opaque id as the overlay's controller gives them (netfoundry.md#requests: `zitiId`).
    pub(crate) fn ziti(&self, label: &[&str]) -> String {
        let mut stream = self.stream(label);
        format!("{}.{}", stream.pick(LETTERS, 4), stream.pick(LETTERS, 4))
    }

    /// A registration key of ten letters (netfoundry.md#router-registration).
    pub(crate) fn key(&self, label: &[&str]) -> String {
        self.stream(label).pick(TYPED, 10)
    }

    /// A word of that many letters: passwords, verification tokens, trace ids.
    pub(crate) fn word(&self, label: &[&str], count: usize) -> String {
        self.stream(label).pick(LETTERS, count)
    }

    /// A signed token with those claims; the signature is letters and proves nothing.
    pub(crate) fn jwt(&self, claims: &serde_json::Value, label: &[&str]) -> String {
        let header = base64url(br#"{"alg":"RS256","typ":"JWT"}"#);
        format!("{header}.{}.{}", base64url(claims.to_string().as_bytes()), self.word(label, 43))
    }

    /// A cloud's id of the machine on which an object runs.
    pub(crate) fn machine(&self, object: &str) -> String {
        format!("i-{:016x}", self.number(&["machine", object]))
    }

    /// An address of the documentation range 198.51.100.0/24 (RFC 5737).
    pub(crate) fn address(&self, label: &[&str]) -> String {
        format!("198.51.100.{}", 1 + self.number(label) % 254)
    }
}

fn base64url(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let block = chunk.iter().fold(0u32, |sum, byte| (sum << 8) | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for place in 0..=chunk.len() {
            let index = (block >> (18 - 6 * place)) & 0x3f;
            text.extend(ALPHABET.get(index as usize).map(|letter| char::from(*letter)));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_label_makes_the_same_id_and_another_seed_another() {
        let mint = Mint::new(7, "acme");
        assert_eq!(mint.uuid(&["a", "b"]), mint.uuid(&["a", "b"]));
        assert_ne!(mint.uuid(&["a", "b"]), mint.uuid(&["ab"]));
        assert_ne!(mint.uuid(&["a"]), Mint::new(8, "acme").uuid(&["a"]));
        assert_ne!(mint.uuid(&["a"]), Mint::new(7, "other").uuid(&["a"]));
    }

    #[test]
    fn shapes_are_as_documented() {
        let mint = Mint::new(1, "acme");
        for n in 0..200 {
            let id = mint.uuid(&[&n.to_string()]);
            let parts: Vec<&str> = id.split('-').collect();
            assert_eq!(parts.iter().map(|part| part.len()).collect::<Vec<_>>(), [8, 4, 4, 4, 12], "{id}");
            assert!(parts[2].starts_with('4') && "89ab".contains(&parts[3][..1]), "{id}");
        }
        assert_eq!(mint.ziti(&["x"]).len(), 9);
        assert_eq!(mint.key(&["x"]).len(), 10);
    }

    #[test]
    fn base64_has_no_padding() {
        assert_eq!(base64url(b""), "");
        assert_eq!(base64url(b"f"), "Zg");
        assert_eq!(base64url(b"fo"), "Zm8");
        assert_eq!(base64url(b"foo"), "Zm9v");
        assert_eq!(base64url(&[0xfb, 0xff]), "-_8");
    }
}
