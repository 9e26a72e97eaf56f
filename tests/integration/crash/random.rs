//! Choices that a seed repeats.

use customer_lockbox::crypto;

/// A stream of choices (SplitMix64).
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    /// The stream of a seed.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The seed that `LOCKBOX_CRASH_SEED` names, or a fresh one.
    pub fn seed() -> u64 {
        match std::env::var("LOCKBOX_CRASH_SEED") {
            Ok(text) => text.parse().expect("LOCKBOX_CRASH_SEED is a number"),
            Err(_) => u64::from_le_bytes(crypto::random()[..8].try_into().unwrap()),
        }
    }

    /// Another stream, from the next choice of this one.
    pub fn split(&mut self) -> Self {
        Self(self.next())
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number from 0 to below this one.
    pub fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(bound).unwrap()).unwrap()
    }

    /// Whether, once in so many times.
    pub fn once_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }
}
