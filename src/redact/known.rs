//! Known secrets, in an order in which they are found fast: at any place of a text, the longest that stands there.
//!
//! The premise: of all secrets that a text begins with, the longest is either the last one that does not come after the
//! text, or one that this one begins with. So one search by halves and a walk along ever shorter beginnings find it, and
//! next to the secrets themselves a hundred thousand of them take a few bytes each.

use std::cmp::Ordering;

use super::spelling::{BREAK, HowSpelt, Reading};
use crate::secret::{Secret, hash_start};

/// Shorter secrets stand in too many words by chance, and keep nobody out.
pub(crate) const SHORTEST: usize = 4;

/// Secrets of so many letters are looked for within words, and in every spelling.
pub(super) const ANYWHERE: usize = 6;

/// Secrets by their values.
#[derive(Debug, Default)]
pub(super) struct KnownSecrets {
    sorted: Vec<KnownSecret>,
    /// Which hashes of [`SHORTEST`] bytes a secret begins with: most places of a text need no search.
    starts: Vec<u64>,
}

#[derive(Debug)]
struct KnownSecret {
    secret: Secret,
    /// The longest other one that this one begins with.
    shorter: Option<usize>,
    is_short: bool,
}

impl KnownSecrets {
    /// Secrets, and lines of theirs; of equal ones the first.
    pub(super) fn new(secrets: impl IntoIterator<Item = Secret>) -> KnownSecrets {
        let mut secrets: Vec<Secret> = secrets.into_iter().filter(|secret| secret.has_letters(SHORTEST)).collect();
        secrets.sort_by(Secret::compare);
        secrets.dedup();
        let mut starts = vec![0; (secrets.len() / 4).next_power_of_two()];
        let mut sorted: Vec<KnownSecret> = Vec::with_capacity(secrets.len());
        let mut around: Vec<usize> = Vec::new();
        for (at, secret) in secrets.into_iter().enumerate() {
            if let Some(hash) = secret.hash_start(SHORTEST) {
                set(&mut starts, hash);
            }
            while around
                .last()
                .and_then(|outer| sorted.get(*outer))
                .is_some_and(|outer| !secret.starts_with(&outer.secret))
            {
                around.pop();
            }
            let is_short = !secret.has_letters(ANYWHERE);
            sorted.push(KnownSecret { secret, shorter: around.last().copied(), is_short });
            around.push(at);
        }
        KnownSecrets { sorted, starts }
    }

    /// Says whether it is one of them.
    pub(super) fn has(&self, secret: &Secret) -> bool {
        self.sorted.binary_search_by(|known| known.secret.compare(secret)).is_ok()
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.sorted.len()
    }

    /// All of them.
    pub(super) fn secrets(&self) -> impl Iterator<Item = &Secret> {
        self.sorted.iter().map(|known| &known.secret)
    }

    /// All of them, given away.
    pub(super) fn into_secrets(self) -> impl Iterator<Item = Secret> {
        self.sorted.into_iter().map(|known| known.secret)
    }

    /// The longest secret that stands at a place of a reading, with its length.
    pub(super) fn at<'k>(&'k self, reading: &Reading, place: usize) -> Option<(usize, &'k Secret)> {
        let text = reading.bytes.get(place..)?;
        let start: &[u8] = text.get(..SHORTEST)?;
        is_set(&self.starts, hash_start(start)).then_some(())?;
        let after = self.sorted.partition_point(|known| known.secret.compare_to(text) != Ordering::Greater);
        let mut candidate = after.checked_sub(1);
        while let Some(known) = candidate.and_then(|at| self.sorted.get(at)) {
            let length = known.secret.len();
            if known.secret.begins(text) && (!known.is_short || is_whole(reading, place, length)) {
                return Some((length, &known.secret));
            }
            candidate = known.shorter;
        }
        None
    }
}

/// Says whether what stands there is a word of its own: a short secret is found as a whole value only. In what was
/// unpacked it is one as the end of `user:password`, and nowhere in other spellings.
fn is_whole(reading: &Reading, place: usize, length: usize) -> bool {
    let before = place.checked_sub(1).and_then(|at| reading.bytes.get(at)).copied();
    let after = reading.bytes.get(place + length).copied();
    if reading.form == HowSpelt::Packed {
        return before == Some(b':') && after.is_none_or(|byte| byte == BREAK);
    }
    let beyond_before = place.checked_sub(2).and_then(|at| reading.bytes.get(at)).copied();
    let beyond_after = reading.bytes.get(place + length + 1).copied();
    reading.form == HowSpelt::Plain && !joins(before, beyond_before) && !joins(after, beyond_after)
}

/// Says whether a byte makes one word of what stands beside it; a dot or a hyphen does between letters.
fn joins(byte: Option<u8>, beyond: Option<u8>) -> bool {
    let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || !byte.is_ascii();
    match byte {
        Some(b'-' | b'.') => beyond.is_some_and(is_letter),
        Some(byte) => is_letter(byte),
        None => false,
    }
}

fn bit(bits: &[u64], hash: u32) -> (usize, u64) {
    let bit = (hash >> 4) as usize % (bits.len() * 64).max(1);
    (bit / 64, 1 << (bit % 64))
}

fn set(bits: &mut [u64], hash: u32) {
    let (word, bit) = bit(bits, hash);
    if let Some(word) = bits.get_mut(word) {
        *word |= bit;
    }
}

fn is_set(bits: &[u64], hash: u32) -> bool {
    let (word, bit) = bit(bits, hash);
    bits.get(word).is_some_and(|word| word & bit != 0)
}
