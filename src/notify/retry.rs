//! When a delivery that failed is tried again, and when not any more.

use crate::clock::Timestamp;
use crate::crypto;

/// The pause after the first failure, in seconds; every further one is twice as long.
pub const FIRST_PAUSE_SECONDS: i64 = 30;

/// The longest pause, in seconds.
pub const LONGEST_PAUSE_SECONDS: i64 = 3_600;

/// How far a pause is moved at random, so that what failed together is not tried together: by up
/// to a quarter of it, either way.
const JITTER: i64 = 4;

/// How long is tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// How long after an event its deliveries are given up, in seconds.
    pub give_up_seconds: i64,
}

impl Default for Patience {
    /// A day: longer than the time to answer of most requests.
    fn default() -> Self {
        Self {
            give_up_seconds: 24 * 3_600,
        }
    }
}

impl Patience {
    /// When a delivery is tried again after so many attempts; nothing where that would be too late.
    /// A receiver that asks for more time gets it, as far as there is some.
    #[must_use]
    pub fn again(
        self,
        attempts: u32,
        created: Timestamp,
        now: Timestamp,
        asked: Option<Timestamp>,
    ) -> Option<Timestamp> {
        let pause = pause_millis(attempts);
        let spread = pause / JITTER;
        let [a, b, c, d, ..] = crypto::random();
        let drawn = i64::from(u32::from_be_bytes([a, b, c, d]));
        let moved = drawn % (2 * spread).max(1) - spread;
        let again = now.plus_millis(pause + moved);
        let again = asked.map_or(again, |asked| again.max(asked));
        (again < created.plus_seconds(self.give_up_seconds)).then_some(again)
    }
}

/// The pause after so many attempts, before it is moved.
fn pause_millis(attempts: u32) -> i64 {
    let doubled = attempts.saturating_sub(1).min(20);
    (FIRST_PAUSE_SECONDS << doubled).min(LONGEST_PAUSE_SECONDS) * 1_000
}

#[cfg(test)]
#[path = "retry_tests.rs"]
mod tests;
