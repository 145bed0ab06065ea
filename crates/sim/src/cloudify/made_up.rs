//! Ids, tokens and times: everything that the installation makes up, from the seed and the logical clock only.

use serde::{Deserialize, Serialize};

/// Where made-up values come from: a seed and a counter, so that the same requests give the same ids.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Source {
    seed: u64,
    count: u64,
}

impl Source {
    /// A source for an installation.
    pub(crate) fn new(name: &str, seed: u64) -> Source {
        Source {
            seed: name.bytes().fold(seed ^ 0xcbf2_9ce4_8422_2325, |hash, byte| mix(hash ^ u64::from(byte))),
            count: 0,
        }
    }

    fn next(&mut self) -> u64 {
        self.count += 1;
        mix(self.seed ^ self.count.wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }

    /// A random UUID (version 4).
    pub(crate) fn uuid(&mut self) -> String {
        let (high, low) = (self.next(), self.next());
        format!(
            "{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}",
            high >> 32,
            (high >> 16) & 0xffff,
            high & 0xfff,
            0x8000 | (low >> 48) & 0x3fff,
            low & 0xffff_ffff_ffff
        )
    }

    /// That many lower-case letters and digits: the tail of a node instance's id.
    pub(crate) fn tail(&mut self, length: usize) -> String {
        self.drawn(b"abcdefghijklmnopqrstuvwxyz0123456789", length)
    }

    /// That many letters and digits: tokens and passwords.
    pub(crate) fn letters(&mut self, length: usize) -> String {
        self.drawn(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", length)
    }

    /// What an encrypted value looks like: the Fernet prefix, then noise.
    pub(crate) fn ciphertext(&mut self) -> String {
        format!("gAAAAAB{}==", self.letters(89))
    }

    /// A private address for a host.
    pub(crate) fn address(&mut self) -> String {
        let bits = self.next();
        format!("10.{}.{}.{}", bits & 0xff, (bits >> 8) & 0xff, 1 + (bits >> 16) % 254)
    }

    /// A token that depends on the installation and the text only: asking again gives the same one.
    pub(crate) fn signed(&self, text: &str) -> String {
        let mut fixed = Source::new(text, self.seed);
        format!("WyIwIiwi{}Il0.{}.{}", fixed.letters(42), fixed.letters(6), fixed.letters(27))
    }

    fn drawn(&mut self, letters: &[u8], length: usize) -> String {
        (0..length)
            .filter_map(|_| letters.get(usize::try_from(self.next() % letters.len() as u64).unwrap_or_default()))
            .map(|letter| char::from(*letter))
            .collect()
    }
}

/// The finalizer of splitmix64: every bit of the input moves every bit of the output.
fn mix(mut bits: u64) -> u64 {
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}

/// The day that logical time starts on: 2026-01-01, in days since 1970.
const FIRST_DAY: u64 = 20_454;

const DAY: u64 = 86_400_000;

/// The seconds since 1970 of a logical time.
pub(crate) fn seconds(milliseconds: u64) -> u64 {
    FIRST_DAY * DAY / 1000 + milliseconds / 1000
}

/// A logical time as the product prints it: `2026-01-01T00:00:00.250Z`.
pub(crate) fn stamp(milliseconds: u64) -> String {
    let (year, month, day) = civil(FIRST_DAY + milliseconds / DAY);
    let rest = milliseconds % DAY;
    let (hours, minutes, seconds) = (rest / 3_600_000, rest / 60_000 % 60, rest / 1000 % 60);
    format!("{year:04}-{month:02}-{day:02}T{hours:02}:{minutes:02}:{seconds:02}.{:03}Z", rest % 1000)
}

/// The proleptic Gregorian date of a day since 1970.
fn civil(days: u64) -> (u64, u64, u64) {
    let shifted = days + 719_468;
    let (era, of_era) = (shifted / 146_097, shifted % 146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    (era * 400 + year_of_era + u64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_printed_as_the_product_prints_them() {
        assert_eq!(stamp(0), "2026-01-01T00:00:00.000Z");
        assert_eq!(stamp(59 * DAY + 3_661_250), "2026-03-01T01:01:01.250Z");
        assert_eq!(stamp(DAY * (365 * 2 + 59)), "2028-02-29T00:00:00.000Z");
    }

    #[test]
    fn what_is_made_up_depends_on_name_and_seed_only() {
        let draw = |name, seed| Source::new(name, seed).uuid();
        assert_eq!(draw("a", 1), draw("a", 1));
        assert_ne!(draw("a", 1), draw("b", 1));
        assert_ne!(draw("a", 1), draw("a", 2));
        assert_eq!(draw("a", 1).len(), 36);
        assert_eq!(Source::new("a", 1).signed("x"), Source::new("a", 1).signed("x"));
    }
}
