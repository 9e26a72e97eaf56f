//! How states look from outside, and which stored rows a wanted status can be in.

use crate::clock::Timestamp;
use crate::domain::request::{ApprovalStatus, State};

/// The documented status of a state; nothing before the request has arrived at the customer.
#[must_use]
pub const fn approval_status(state: State, arrived: bool) -> Option<ApprovalStatus> {
    if !arrived {
        return None;
    }
    match state {
        State::InternalReview | State::Rejected => None,
        State::Pending => Some(ApprovalStatus::Pending),
        State::Approved | State::Ended | State::Completed | State::Revoked => {
            Some(ApprovalStatus::Approved)
        }
        State::Denied => Some(ApprovalStatus::Denied),
        State::Canceled | State::Withdrawn => Some(ApprovalStatus::Canceled),
        State::Expired => Some(ApprovalStatus::Expired),
    }
}

/// One alternative of a filter over stored rows: a stored state, and where its due instant lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoredState {
    /// The state as stored.
    pub state: State,
    /// Whether it must have arrived at the customer (`None`: either).
    pub arrived: Option<bool>,
    /// Where the row's due instant must lie.
    pub due: DueBound,
}

/// Where a row's due instant must lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DueBound {
    /// Anywhere, or nowhere.
    Any,
    /// After this instant: the stored state is still true.
    After(Timestamp),
    /// At or before this instant: time has moved it on.
    Reached(Timestamp),
}

/// Whether time alone moves a stored state on.
const fn timed(state: State) -> bool {
    matches!(
        state,
        State::InternalReview | State::Pending | State::Approved
    )
}

/// The stored rows whose true state at `now` is `state`.
#[must_use]
pub fn rows_in_state(state: State, arrived: Option<bool>, now: Timestamp) -> Vec<StoredState> {
    let mut rows = vec![StoredState {
        state,
        arrived,
        due: if timed(state) {
            DueBound::After(now)
        } else {
            DueBound::Any
        },
    }];
    let overdue: &[State] = match state {
        State::Expired => &[State::InternalReview, State::Pending],
        State::Ended => &[State::Approved],
        _ => &[],
    };
    rows.extend(overdue.iter().map(|stored| StoredState {
        state: *stored,
        arrived,
        due: DueBound::Reached(now),
    }));
    rows
}

/// The stored rows that show this status at `now`.
#[must_use]
pub fn rows_with_status(status: ApprovalStatus, now: Timestamp) -> Vec<StoredState> {
    State::ALL
        .iter()
        .filter(|state| approval_status(**state, true) == Some(status))
        .flat_map(|state| rows_in_state(*state, Some(true), now))
        .collect()
}

#[cfg(test)]
#[path = "status_tests.rs"]
mod tests;
