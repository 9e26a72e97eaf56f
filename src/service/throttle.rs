//! How often somebody may do something: token buckets in a table of bounded size.

use crate::clock::Timestamp;
use crate::error::{Error, Kind};
use std::collections::HashMap;
use std::hash::Hash;

/// What one use takes from a bucket, so that a bucket regains a whole number in a millisecond.
const USE: u64 = 3_600_000;

/// The most buckets in a table.
pub(super) const MOST_BUCKETS: usize = 10_000;

/// How long a full table is not searched for buckets that nobody needs, in milliseconds.
const SWEEP_MS: i64 = 1_000;

/// A bucket's size and what it regains.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rate {
    /// Uses at once.
    pub burst: u32,
    /// Uses that an hour gives back.
    pub per_hour: u64,
}

/// Buckets by key. Keys beyond the most share one bucket, so that neither memory nor the limit is
/// lost to a caller with many addresses.
pub(super) struct Throttle<K> {
    rate: Rate,
    buckets: HashMap<K, Bucket>,
    others: Bucket,
    swept: Timestamp,
}

/// What was taken from a bucket, as of an instant.
struct Bucket {
    taken: u64,
    at: Timestamp,
}

impl<K: Eq + Hash> Throttle<K> {
    pub(super) fn new(rate: Rate) -> Self {
        let start = Timestamp::from_millis(0);
        Self {
            rate,
            buckets: HashMap::new(),
            others: Bucket {
                taken: 0,
                at: start,
            },
            swept: start,
        }
    }

    /// Whether a key has a bucket.
    pub(super) fn knows(&self, key: &K) -> bool {
        self.buckets.contains_key(key)
    }

    /// Makes the bucket of a key of which so many uses are known from before; one that has a bucket
    /// keeps it.
    pub(super) fn begin(&mut self, key: K, uses: u32, now: Timestamp) {
        if self.buckets.len() < MOST_BUCKETS {
            let taken = u64::from(uses) * USE;
            let known = Bucket { taken, at: now };
            self.buckets.entry(key).or_insert(known);
        }
    }

    /// Uses a key's bucket once.
    ///
    /// # Errors
    /// Where it is empty: the seconds to wait.
    pub(super) fn take(&mut self, key: K, now: Timestamp) -> Result<(), u64> {
        let rate = self.rate;
        self.bucket(key, now).take(rate, now)
    }

    /// Uses a key's bucket once, if not now then as soon as it has regained what everybody before
    /// has used: the milliseconds until then.
    pub(super) fn reserve(&mut self, key: K, now: Timestamp) -> i64 {
        let rate = self.rate;
        self.bucket(key, now).reserve(rate, now)
    }

    /// What was reserved has come to nothing.
    pub(super) fn give_back(&mut self, key: K, now: Timestamp) {
        let bucket = self.bucket(key, now);
        bucket.taken = bucket.taken.saturating_sub(USE);
    }

    fn bucket(&mut self, key: K, now: Timestamp) -> &mut Bucket {
        let rate = self.rate;
        if self.buckets.len() >= MOST_BUCKETS
            && !self.buckets.contains_key(&key)
            && now >= self.swept.plus_millis(SWEEP_MS)
        {
            self.swept = now;
            self.buckets.retain(|_, bucket| bucket.left(rate, now) > 0);
        }
        let full = self.buckets.len() >= MOST_BUCKETS;
        if full && !self.buckets.contains_key(&key) {
            return &mut self.others;
        }
        let fresh = Bucket { taken: 0, at: now };
        self.buckets.entry(key).or_insert(fresh)
    }
}

impl Bucket {
    /// What is still taken.
    fn left(&self, rate: Rate, now: Timestamp) -> u64 {
        let passed = now.millis().saturating_sub(self.at.millis());
        let passed = u64::try_from(passed).unwrap_or(0);
        self.taken
            .saturating_sub(passed.saturating_mul(rate.per_hour))
    }

    fn take(&mut self, rate: Rate, now: Timestamp) -> Result<(), u64> {
        match self.wait(rate, now) {
            0 => {
                self.taken += USE;
                Ok(())
            }
            millis => Err(millis.div_ceil(1_000)),
        }
    }

    fn reserve(&mut self, rate: Rate, now: Timestamp) -> i64 {
        let wait = self.wait(rate, now);
        self.taken = self.taken.saturating_add(USE);
        i64::try_from(wait).unwrap_or(i64::MAX)
    }

    /// The milliseconds until there is room for one more use.
    fn wait(&mut self, rate: Rate, now: Timestamp) -> u64 {
        self.taken = self.left(rate, now);
        self.at = now;
        let past = self
            .taken
            .saturating_add(USE)
            .saturating_sub(u64::from(rate.burst) * USE);
        past.div_ceil(rate.per_hour.max(1))
    }
}

/// That one address has failed too often.
pub(super) fn too_many_attempts(seconds: u64) -> Error {
    Error::new(
        Kind::Busy,
        "tooManyAttempts",
        "Too many attempts from your address have failed, so this one is not answered.",
        format!("Check the token or code, and try again in {seconds} s. Valid ones go through."),
    )
    .with("retryAfterSeconds", seconds)
}

/// That one token calls too often.
pub(super) fn too_many_calls(most: u32, seconds: u64) -> Error {
    Error::new(
        Kind::Busy,
        "busy",
        format!("This token has made the {most} calls that it may make in a second."),
        format!("Try again in {seconds} s; batches do not help."),
    )
    .with("retryAfterSeconds", seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: Rate = Rate {
        burst: 3,
        per_hour: 1_200,
    };

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millis(1_800_000_000_000 + millis)
    }

    #[test]
    fn a_bucket_holds_its_burst_and_regains_with_time() {
        let mut throttle = Throttle::new(RATE);
        for _ in 0..3 {
            assert_eq!(throttle.take("a", at(0)), Ok(()));
        }
        assert_eq!(throttle.take("a", at(0)), Err(3));
        assert_eq!(throttle.take("b", at(0)), Ok(()), "another bucket");
        // What was refused takes nothing.
        assert_eq!(throttle.take("a", at(2_999)), Err(1));
        assert_eq!(throttle.take("a", at(3_000)), Ok(()));
        assert_eq!(throttle.take("a", at(3_000)), Err(3));
        // Never more than its size.
        for _ in 0..3 {
            assert_eq!(throttle.take("a", at(3_600_000)), Ok(()));
        }
        assert_eq!(throttle.take("a", at(3_600_000)), Err(3));
    }

    #[test]
    fn what_is_reserved_has_its_turn_one_after_the_other() {
        let mut throttle = Throttle::new(RATE);
        let waits = [0, 0, 0, 3_000, 6_000, 9_000].map(|_| throttle.reserve("a", at(0)));
        assert_eq!(waits, [0, 0, 0, 3_000, 6_000, 9_000]);
        assert_eq!(throttle.reserve("b", at(0)), 0, "another bucket");
        // Whoever comes later comes behind them.
        assert_eq!(throttle.reserve("a", at(8_000)), 4_000);
        // Nothing is owed any more when all have had their turn.
        assert_eq!(throttle.reserve("a", at(15_000)), 0);
        assert_eq!(throttle.reserve("a", at(15_000)), 3_000);
        // What came to nothing is free for the next.
        throttle.give_back("a", at(15_000));
        assert_eq!(throttle.reserve("a", at(15_000)), 3_000);
    }

    #[test]
    fn what_was_used_before_is_known_from_the_beginning_and_not_twice() {
        let mut throttle = Throttle::new(RATE);
        assert!(!throttle.knows(&"a"));
        throttle.begin("a", 4, at(0));
        assert!(throttle.knows(&"a"));
        assert_eq!(throttle.reserve("a", at(0)), 6_000);
        throttle.begin("a", 9, at(0));
        assert_eq!(throttle.reserve("a", at(0)), 9_000);
    }

    #[test]
    fn a_full_table_lets_the_others_share_a_bucket_until_some_are_whole_again() {
        let mut throttle = Throttle::new(RATE);
        for key in 0..MOST_BUCKETS {
            assert_eq!(throttle.take(key, at(0)), Ok(()));
        }
        for key in MOST_BUCKETS..MOST_BUCKETS + 3 {
            assert_eq!(throttle.take(key, at(0)), Ok(()));
        }
        assert_eq!(throttle.take(MOST_BUCKETS + 9, at(0)), Err(3));
        assert_eq!(throttle.buckets.len(), MOST_BUCKETS);
        assert_eq!(
            throttle.take(0, at(0)),
            Ok(()),
            "those in the table have their own"
        );
        // One use is back after three seconds, and all buckets but one are whole.
        assert_eq!(throttle.take(MOST_BUCKETS + 9, at(3_000)), Ok(()));
        assert_eq!(throttle.buckets.len(), 2);
    }

    #[test]
    fn a_bucket_of_calls_in_a_second() {
        let mut throttle = Throttle::new(Rate {
            burst: 10_000,
            per_hour: 36_000_000,
        });
        for _ in 0..10_000 {
            assert_eq!(throttle.take((), at(0)), Ok(()));
        }
        assert_eq!(throttle.take((), at(0)), Err(1));
        for _ in 0..10 {
            assert_eq!(throttle.take((), at(1)), Ok(()), "ten in each millisecond");
        }
        assert_eq!(throttle.take((), at(1)), Err(1));
    }
}
