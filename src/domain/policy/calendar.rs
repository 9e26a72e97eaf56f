//! Business calendars: when it is open, by local hours in a zone.
//!
//! A span is open from the instant of its opening, and closed from the instant of its closing on.
//! It belongs to the day on which it opens: one that runs over midnight runs into a holiday too.
//! Where clocks are set back, an opening means the first of the two instants and a closing the
//! second; where they are set forward over it, both mean the first instant after the gap. Spans
//! that touch or overlap are one.

mod plan;

use crate::clock::Timestamp;
use crate::clock::zones::{Date, DateTime, Time, Zone, add_days};
use crate::domain::policy::document::CalendarPlan;
use crate::domain::policy::effective::{Problem, Window};
use std::collections::BTreeMap;

/// The most holidays of a calendar.
pub const HOLIDAYS: usize = 1_000;

/// The most exceptions of a calendar.
pub const EXCEPTIONS: usize = 1_000;

/// The most spans of a day.
pub const SPANS_PER_DAY: usize = 10;

/// How many days ahead openings and closings are looked for.
pub const HORIZON_DAYS: i32 = 400;

const HORIZON_MS: i64 = HORIZON_DAYS as i64 * MINUTES_PER_DAY as i64 * 60_000;

const MINUTES_PER_DAY: u16 = 24 * 60;

/// A calendar that can be asked; made from its plan and its zone.
#[derive(Clone, Debug, PartialEq)]
pub struct Calendar {
    zone: Zone,
    /// The spans of each weekday, Monday first.
    weekly: [Vec<Span>; 7],
    /// Days with spans of their own: none on holidays.
    days: BTreeMap<Date, Vec<Span>>,
}

/// Open hours in minutes after the midnight with which its day begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Span {
    opens: u16,
    /// More than a day's where it closes on the next one.
    closes: u16,
}

impl Calendar {
    /// A calendar by its plan, in the zone that the plan names.
    ///
    /// # Errors
    /// Everything that is wrong with the plan, with pointers into it.
    pub fn new(plan: &CalendarPlan, zone: Zone) -> Result<Self, Vec<Problem>> {
        plan::read(plan, zone)
    }

    /// Its zone.
    #[must_use]
    pub fn zone(&self) -> &Zone {
        &self.zone
    }

    /// Whether it is open at an instant.
    #[must_use]
    pub fn open_at(&self, at: Timestamp) -> bool {
        self.spans(at, 1)
            .any(|(opens, closes)| opens <= at && at < closes)
    }

    /// The first instant from `at` on at which it is open: `at` itself where it is open then.
    /// Nothing where it stays closed for [`HORIZON_DAYS`].
    #[must_use]
    pub fn next_opening(&self, at: Timestamp) -> Option<Timestamp> {
        self.spans(at, HORIZON_DAYS)
            .find(|(_, closes)| at < *closes)
            .map(|(opens, _)| opens.max(at))
    }

    /// The instant at which it closes, of the opening hours that hold `at`. Nothing where it is
    /// closed at `at`, and where it stays open for [`HORIZON_DAYS`].
    #[must_use]
    pub fn closing_after(&self, at: Timestamp) -> Option<Timestamp> {
        let mut reach = at;
        for (opens, closes) in self.spans(at, HORIZON_DAYS) {
            if reach < opens {
                break;
            }
            reach = reach.max(closes);
        }
        let last_day = add_days(self.zone.local(at).date(), HORIZON_DAYS)?;
        let horizon = self.zone.first(local(last_day, 0)?);
        (at < reach && reach < horizon).then_some(reach)
    }

    /// The spans of the local days around an instant, rising; those without length left out.
    fn spans(
        &self,
        at: Timestamp,
        days_ahead: i32,
    ) -> impl Iterator<Item = (Timestamp, Timestamp)> + '_ {
        let today = self.zone.local(at).date();
        // Clocks that are set back over midnight show a day again that spans have left behind.
        (-2..=days_ahead)
            .filter_map(move |days| add_days(today, days))
            .flat_map(move |date| {
                self.of(date).iter().filter_map(move |span| {
                    let opens = self.zone.first(local(date, span.opens)?);
                    let closes = self.zone.last(local(date, span.closes)?);
                    (opens < closes).then_some((opens, closes))
                })
            })
    }

    fn of(&self, date: Date) -> &[Span] {
        let weekday = usize::try_from(date.weekday().to_monday_zero_offset()).unwrap_or_default();
        self.days
            .get(&date)
            .or_else(|| self.weekly.get(weekday))
            .map_or(&[], Vec::as_slice)
    }
}

/// So many minutes after the midnight with which a day begins, as clocks show it.
fn local(date: Date, minutes: u16) -> Option<DateTime> {
    let date = add_days(date, i32::from(minutes / MINUTES_PER_DAY))?;
    let minutes = minutes % MINUTES_PER_DAY;
    let hour = i8::try_from(minutes / 60).ok()?;
    let minute = i8::try_from(minutes % 60).ok()?;
    Some(date.to_datetime(Time::new(hour, minute, 0, 0).ok()?))
}

/// The first instant from `at` on at which all these calendars are open: `at` itself where there
/// are none. Nothing where that does not happen within [`HORIZON_DAYS`].
#[must_use]
pub fn all_open(at: Timestamp, calendars: &[&Calendar]) -> Option<Timestamp> {
    let last = at.plus_millis(HORIZON_MS);
    let mut reached = at;
    while reached <= last {
        let before = reached;
        for calendar in calendars {
            reached = calendar.next_opening(reached)?;
        }
        if reached == before {
            return Some(reached);
        }
    }
    None
}

/// When access of so many seconds would be possible, if somebody approved at `now`: from the first
/// instant at which all these calendars are open, up to the first closing. Nothing where they are
/// not all open within [`HORIZON_DAYS`].
#[must_use]
pub fn window(now: Timestamp, seconds: i64, calendars: &[&Calendar]) -> Option<Window> {
    let start = all_open(now, calendars)?;
    let own = start.plus_seconds(seconds);
    let end = calendars
        .iter()
        .filter_map(|calendar| calendar.closing_after(start))
        .fold(own, Timestamp::min);
    Some(Window { start, end })
}

#[cfg(test)]
#[path = "calendar_tests.rs"]
mod tests;
