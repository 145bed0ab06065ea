//! Numbers that look random and are the same in every run, so that what fails can be run again.

/// A generator of such numbers.
#[derive(Debug)]
pub(crate) struct Chance(u64);

impl Chance {
    /// Begins with a seed; `TRUEUP_TEST_SEED` begins with another one.
    pub(crate) fn new() -> Chance {
        let seed = std::env::var("TRUEUP_TEST_SEED").ok().map(|seed| seed.parse().expect("the seed is a number"));
        Chance(seed.unwrap_or(0x5eed))
    }

    /// A number below this one.
    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end
    }
}
