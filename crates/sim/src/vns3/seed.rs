//! Made-up data: a small generator, so that the same name and seed always make the same controller.

use serde::{Deserialize, Serialize};

/// A splitmix64 generator; its whole state is one number, so it saves and loads with the rest.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Generator(u64);

impl Generator {
    /// Starts from a text and a number: FNV-1a folds the text into the seed.
    pub(crate) fn new(text: &str, seed: u64) -> Generator {
        let folded = text
            .bytes()
            .fold(0xcbf2_9ce4_8422_2325 ^ seed, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
        Generator(folded)
    }

    /// The next number.
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number from `low` to `high`, both included.
    pub(crate) fn between(&mut self, low: u64, high: u64) -> u64 {
        low + self.next() % (high - low + 1)
    }

    /// That many lower-case hexadecimal digits.
    pub(crate) fn hex(&mut self, digits: usize) -> String {
        let mut text = String::new();
        while text.len() < digits {
            text.push_str(&format!("{:016x}", self.next()));
        }
        text.truncate(digits);
        text
    }

    /// A UUID's text.
    pub(crate) fn uuid(&mut self) -> String {
        [8, 4, 4, 4, 12].map(|digits| self.hex(digits)).join("-")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_start_makes_the_same_data() {
        let draw = |name: &str, seed| Generator::new(name, seed).hex(20);
        assert_eq!(draw("east", 1), draw("east", 1));
        assert_ne!(draw("east", 1), draw("west", 1));
        assert_ne!(draw("east", 1), draw("east", 2));
        assert_eq!(Generator::new("east", 1).uuid().len(), 36);
    }
}
