//! From when until when a grant gives access, where a calendar may bound it.

use crate::clock::{Timestamp, When};
use crate::domain::notice::Event;
use crate::domain::policy::effective::Window;
use crate::domain::request::{Request, Stamp};
use crate::ids::GrantId;
use crate::store::{OutboxDraft, Precondition};

/// How long before its end it is told that access ends, in seconds.
pub(in crate::service) const ENDING_NOTICE_SECONDS: i64 = 15 * 60;

/// From when until when access is, as instants of a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::service) struct Access {
    /// Its start: the commit, or the opening.
    pub start: When,
    /// Its end: its own, or the closing where that comes first.
    pub end: When,
    /// Its length, in seconds.
    pub seconds: i64,
    /// What this rests on.
    pub basis: Vec<Precondition>,
}

impl Access {
    /// Access for so many seconds, as far as the window lets it.
    pub(in crate::service) fn within(window: Option<Window>, seconds: i64, now: Timestamp) -> Self {
        match window {
            None => Self {
                start: When::COMMIT,
                end: When::after_seconds(seconds),
                seconds,
                basis: Vec::new(),
            },
            // Not yet open; where it opens before the commit, it is judged again.
            Some(Window { start, end }) if start > now => {
                let end = start.plus_seconds(seconds).min(end);
                Self {
                    start: When::At(start),
                    end: When::At(end),
                    seconds: seconds_between(start, end),
                    basis: vec![Precondition::Before(start)],
                }
            }
            Some(Window { end, .. }) => Self {
                start: When::COMMIT,
                end: When::Commit {
                    plus_millis: seconds.saturating_mul(1_000),
                    not_after: Some(end),
                },
                seconds: seconds.min(seconds_between(now, end)),
                basis: vec![Precondition::Before(end)],
            },
        }
    }

    /// Makes a grant of a request.
    pub(in crate::service) fn grant(&self, row: &mut Request, stamps: &mut Vec<(Stamp, When)>) {
        row.grant = Some(GrantId::new());
        row.granted_seconds = Some(self.seconds);
        stamps.push((Stamp::AccessStart, self.start));
        stamps.push((Stamp::AccessEnd, self.end));
    }

    /// The events of its start, and of its end coming near where it is long enough for that.
    pub(in crate::service) fn events(&self, row: &Request) -> Vec<OutboxDraft> {
        let event = |event| OutboxDraft::new(row.ask.tenant, event, Some(row.identity));
        let mut events = vec![event(Event::AccessStarted).due(self.start)];
        if self.seconds > 2 * ENDING_NOTICE_SECONDS {
            let near = self.end.earlier_by(ENDING_NOTICE_SECONDS);
            events.push(event(Event::AccessEnding).due(near));
        }
        events
    }

    /// Start and end, for the record.
    pub(in crate::service) fn moments(&self) -> Vec<(String, When)> {
        vec![
            ("AccessStart".to_owned(), self.start),
            ("AccessEnd".to_owned(), self.end),
        ]
    }
}

/// Whole seconds; one at least, so that a grant has a length.
fn seconds_between(start: Timestamp, end: Timestamp) -> i64 {
    (end.millis().saturating_sub(start.millis()) / 1_000).max(1)
}

#[cfg(test)]
#[path = "access_tests.rs"]
mod tests;
