//! The only reader of time.
//!
//! `now` never runs back: it is the later of the wall clock and the stored high-water mark plus
//! the monotonic time since that mark was read.

pub mod zones;

use chrono::{DateTime, Datelike, NaiveDate, SecondsFormat, Timelike, Utc};
use serde::de::Visitor;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::watch;

/// A boxed future, for traits that are used as objects.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// How far the wall clock may stand behind the stored mark at start, in milliseconds.
pub const CLOCK_TOLERANCE_MS: i64 = 5_000;

/// The longest that a real clock sleeps without looking again: suspend and clock steps do not
/// move timers.
pub const RECHECK: Duration = Duration::from_secs(60);

/// An instant in whole milliseconds since 1970-01-01 UTC.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Timestamp(i64);

impl Timestamp {
    /// An instant from its milliseconds since 1970-01-01 UTC.
    #[must_use]
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// Milliseconds since 1970-01-01 UTC.
    #[must_use]
    pub const fn millis(self) -> i64 {
        self.0
    }

    /// The instant this many milliseconds later (earlier where negative).
    #[must_use]
    pub const fn plus_millis(self, millis: i64) -> Self {
        Self(self.0.saturating_add(millis))
    }

    /// The instant this many seconds later (earlier where negative).
    #[must_use]
    pub const fn plus_seconds(self, seconds: i64) -> Self {
        self.plus_millis(seconds.saturating_mul(1_000))
    }

    /// Reads an RFC 3339 instant with a zone; fractions beyond milliseconds are cut.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if let Some(instant) = from_own_text(text.as_bytes()) {
            return Some(instant);
        }
        let instant = DateTime::parse_from_rfc3339(text).ok()?;
        Some(Self(instant.timestamp_millis()))
    }

    /// `2026-11-21T12:00:00` in UTC: whole seconds, cut, without a zone, as audit records have it.
    #[must_use]
    pub fn to_seconds_text(self) -> String {
        let mut text = self.to_string();
        text.truncate(text.len().saturating_sub(".000Z".len()));
        text
    }

    /// `20261121T120000Z`: sorts by time, and is sound in the name of any file.
    #[must_use]
    pub fn to_file_text(self) -> String {
        self.date_time().format("%Y%m%dT%H%M%SZ").to_string()
    }

    fn date_time(self) -> DateTime<Utc> {
        DateTime::from_timestamp_millis(self.0).unwrap_or(DateTime::<Utc>::MAX_UTC)
    }
}

/// RFC 3339 in UTC with milliseconds and `Z`.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = self.date_time();
        match own_text(&at).as_ref().map(|text| std::str::from_utf8(text)) {
            Some(Ok(text)) => f.write_str(text),
            _ => f.write_str(&at.to_rfc3339_opts(SecondsFormat::Millis, true)),
        }
    }
}

const OWN_TEXT: &[u8; 24] = b"0000-00-00T00:00:00.000Z";

/// Where the numbers of [`OWN_TEXT`] stand: year, month, day, hour, minute, second, millisecond.
const NUMBERS: [std::ops::Range<usize>; 7] = [0..4, 5..7, 8..10, 11..13, 14..16, 17..19, 20..23];

/// An instant as we write it, where its year has four digits. Every row holds several instants,
/// and a writer for all forms takes ten times as long.
fn own_text(at: &DateTime<Utc>) -> Option<[u8; 24]> {
    /// The last digits of a number: its ones, and its tens.
    const fn two(number: u32) -> [u8; 2] {
        [b'0' + (number / 10 % 10) as u8, b'0' + (number % 10) as u8]
    }
    let year = u32::try_from(at.year())
        .ok()
        .filter(|year| *year <= 9_999)?;
    let millis = at.timestamp_subsec_millis();
    let ([y1, y2], [y3, y4]) = (two(year / 100), two(year));
    let ([o1, o2], [d1, d2]) = (two(at.month()), two(at.day()));
    let ([h1, h2], [m1, m2]) = (two(at.hour()), two(at.minute()));
    let ([s1, s2], [f2, f3]) = (two(at.second()), two(millis));
    let [_, f1] = two(millis / 100);
    Some([
        y1, y2, y3, y4, b'-', o1, o2, b'-', d1, d2, b'T', h1, h2, b':', m1, m2, b':', s1, s2, b'.',
        f1, f2, f3, b'Z',
    ])
}

/// Reads what [`own_text`] writes; `None` for every other form, also of the same instant.
fn from_own_text(text: &[u8]) -> Option<Timestamp> {
    let fits = |(byte, form): (&u8, &u8)| match form {
        b'0' => byte.is_ascii_digit(),
        sign => byte == sign,
    };
    if text.len() != OWN_TEXT.len() || !text.iter().zip(OWN_TEXT).all(fits) {
        return None;
    }
    let mut numbers = [0; 7];
    for (number, place) in numbers.iter_mut().zip(NUMBERS) {
        for byte in text.get(place)? {
            *number = *number * 10 + u32::from(byte - b'0');
        }
    }
    let [year, month, day, hour, minute, second, millis] = numbers;
    let at = NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month, day)?
        .and_hms_milli_opt(hour, minute, second, millis)?;
    Some(Timestamp(at.and_utc().timestamp_millis()))
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match own_text(&self.date_time())
            .as_ref()
            .map(|text| std::str::from_utf8(text))
        {
            Some(Ok(text)) => serializer.serialize_str(text),
            _ => serializer.collect_str(self),
        }
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;

        impl Visitor<'_> for Reader {
            type Value = Timestamp;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an RFC 3339 instant such as 2026-11-21T12:00:00Z")
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Timestamp, E> {
                Timestamp::parse(text).ok_or_else(|| {
                    E::custom("expected an RFC 3339 instant such as 2026-11-21T12:00:00Z")
                })
            }
        }

        deserializer.deserialize_str(Reader)
    }
}

/// An instant that a change names before it is known when the change is committed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// A fixed instant.
    At(Timestamp),
    /// So many milliseconds after the commit's instant, but never after the bound.
    Commit {
        /// Offset in milliseconds.
        plus_millis: i64,
        /// Upper bound.
        not_after: Option<Timestamp>,
    },
}

impl When {
    /// The commit's own instant.
    pub const COMMIT: Self = Self::after_seconds(0);

    /// So many seconds after the commit's instant.
    #[must_use]
    pub const fn after_seconds(seconds: i64) -> Self {
        Self::Commit {
            plus_millis: seconds.saturating_mul(1_000),
            not_after: None,
        }
    }

    /// The instant so many seconds later.
    #[must_use]
    pub const fn plus_seconds(self, seconds: i64) -> Self {
        match self {
            Self::At(instant) => Self::At(instant.plus_seconds(seconds)),
            Self::Commit {
                plus_millis,
                not_after,
            } => Self::Commit {
                plus_millis: plus_millis.saturating_add(seconds.saturating_mul(1_000)),
                not_after,
            },
        }
    }

    /// The instant so many seconds earlier, its bound too.
    #[must_use]
    pub const fn earlier_by(self, seconds: i64) -> Self {
        match self.plus_seconds(-seconds) {
            Self::Commit {
                plus_millis,
                not_after: Some(bound),
            } => Self::Commit {
                plus_millis,
                not_after: Some(bound.plus_seconds(-seconds)),
            },
            other => other,
        }
    }

    /// The instant, now that the commit's instant is known.
    #[must_use]
    pub fn resolve(self, commit: Timestamp) -> Timestamp {
        match self {
            Self::At(instant) => instant,
            Self::Commit {
                plus_millis,
                not_after,
            } => {
                let instant = commit.plus_millis(plus_millis);
                not_after.map_or(instant, |bound| instant.min(bound))
            }
        }
    }
}

/// The reader of business time.
pub trait Clock: Send + Sync {
    /// The present instant; never earlier than one that it returned before.
    fn now(&self) -> Timestamp;
    /// Time since some fixed moment; not touched by clock steps.
    fn monotonic(&self) -> Duration;
    /// Returns at or after the instant, by this clock.
    fn sleep_until(&self, instant: Timestamp) -> BoxFuture<'_, ()>;
    /// Never let `now` fall behind this instant (read from the store at start).
    fn raise_mark(&self, mark: Timestamp);
    /// Moves a test clock forward; returns false where this clock cannot be moved.
    fn advance(&self, by: Duration) -> bool;
    /// The offset of a test clock to the wall clock, in milliseconds.
    fn offset_millis(&self) -> Option<i64> {
        None
    }
}

/// How far the wall clock stands behind a stored mark, in milliseconds (0 where it does not).
#[must_use]
pub fn wall_clock_behind(mark: Timestamp) -> i64 {
    behind_wall_clock(mark).saturating_neg().max(0)
}

/// How far an instant lies behind the wall clock, in milliseconds (negative: ahead of it).
#[must_use]
pub fn behind_wall_clock(instant: Timestamp) -> i64 {
    wall_clock().millis().saturating_sub(instant.millis())
}

#[allow(clippy::disallowed_methods)] // the one place that reads the wall clock
fn wall_clock() -> Timestamp {
    Timestamp(Utc::now().timestamp_millis())
}

#[allow(clippy::disallowed_methods)] // the one place that reads the monotonic clock
fn monotonic_clock() -> std::time::Instant {
    std::time::Instant::now()
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // The values behind these locks are plain numbers: a panic cannot leave them half written.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The machine's clock, held monotone; with an offset where the database is a test database.
pub struct SystemClock {
    started: std::time::Instant,
    state: Mutex<SystemState>,
    changed: watch::Sender<u64>,
}

struct SystemState {
    mark: Timestamp,
    mark_read: Duration,
    offset_millis: i64,
    adjustable: bool,
}

impl SystemClock {
    /// The machine's clock.
    #[must_use]
    pub fn new() -> Self {
        Self::with(0, false)
    }

    /// A clock at the wall clock plus an offset, which `advance` raises (`--clock-control`).
    #[must_use]
    pub fn with_offset(offset_millis: i64) -> Self {
        Self::with(offset_millis, true)
    }

    fn with(offset_millis: i64, adjustable: bool) -> Self {
        Self {
            started: monotonic_clock(),
            state: Mutex::new(SystemState {
                mark: Timestamp(i64::MIN / 2),
                mark_read: Duration::ZERO,
                offset_millis,
                adjustable,
            }),
            changed: watch::Sender::new(0),
        }
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        let mut state = locked(&self.state);
        let elapsed = self.monotonic();
        let since = elapsed.saturating_sub(state.mark_read);
        let carried = state.mark.plus_millis(millis(since));
        let now = wall_clock().plus_millis(state.offset_millis).max(carried);
        // Only a later instant moves the mark, so that fractions of a millisecond are not lost.
        if now > carried {
            state.mark = now;
            state.mark_read = elapsed;
        }
        now
    }

    fn monotonic(&self) -> Duration {
        self.started.elapsed()
    }

    fn sleep_until(&self, instant: Timestamp) -> BoxFuture<'_, ()> {
        let mut changed = self.changed.subscribe();
        Box::pin(async move {
            loop {
                let left = instant.millis().saturating_sub(self.now().millis());
                let Ok(left) = u64::try_from(left) else {
                    return;
                };
                if left == 0 {
                    return;
                }
                let pause = Duration::from_millis(left).min(RECHECK);
                // A time-out either way: the condition is looked at again.
                let _ = tokio::time::timeout(pause, changed.changed()).await;
            }
        })
    }

    fn raise_mark(&self, mark: Timestamp) {
        let mut state = locked(&self.state);
        if mark > state.mark {
            state.mark = mark;
            state.mark_read = self.monotonic();
        }
    }

    fn advance(&self, by: Duration) -> bool {
        {
            let mut state = locked(&self.state);
            if !state.adjustable {
                return false;
            }
            state.offset_millis = state.offset_millis.saturating_add(millis(by));
        }
        self.changed.send_modify(|count| *count += 1);
        true
    }

    fn offset_millis(&self) -> Option<i64> {
        let state = locked(&self.state);
        state.adjustable.then_some(state.offset_millis)
    }
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

/// A clock whose hand is moved by tests; moving it wakes those who sleep on it.
pub struct ManualClock {
    hand: watch::Sender<Timestamp>,
}

impl ManualClock {
    /// A clock that stands at this instant.
    #[must_use]
    pub fn at(instant: Timestamp) -> Self {
        Self {
            hand: watch::Sender::new(instant),
        }
    }

    /// Moves the hand to an instant; an earlier one is ignored, as time never runs back.
    pub fn set(&self, instant: Timestamp) {
        self.hand.send_modify(|hand| *hand = (*hand).max(instant));
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        *self.hand.borrow()
    }

    fn monotonic(&self) -> Duration {
        Duration::from_millis(u64::try_from(self.now().millis()).unwrap_or(0))
    }

    fn sleep_until(&self, instant: Timestamp) -> BoxFuture<'_, ()> {
        let mut hand = self.hand.subscribe();
        Box::pin(async move {
            // The sender lives in self, which outlives this future.
            let _ = hand.wait_for(|now| *now >= instant).await;
        })
    }

    fn raise_mark(&self, mark: Timestamp) {
        self.set(mark);
    }

    fn advance(&self, by: Duration) -> bool {
        self.hand
            .send_modify(|hand| *hand = hand.plus_millis(millis(by)));
        true
    }
}

#[cfg(test)]
#[path = "clock_tests.rs"]
mod tests;
