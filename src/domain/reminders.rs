//! When the approvers of a request are reminded, and when more of them may answer.

use crate::clock::Timestamp;
use crate::domain::policy::effective::{Asked, AskedEscalation};
use crate::domain::request::Request;

/// What is to be done for a request that woke.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Waking {
    /// Whether those who have not answered are reminded; once, however many reminders fell due.
    pub remind: bool,
    /// To whom it is escalated.
    pub escalate: Vec<AskedEscalation>,
    /// When it wakes next.
    pub next: Option<Timestamp>,
}

/// The first time after the start of the customer's clock, in seconds.
#[must_use]
pub fn first_wake(asked: &Asked) -> Option<i64> {
    times(asked).min()
}

/// What fell due for a request from when it was to wake up to now; nothing where it sleeps on.
#[must_use]
pub fn waking(request: &Request, now: Timestamp) -> Option<Waking> {
    let (wake, asked) = (request.wakes()?, &request.policy()?.asked);
    let start = request.clock_start()?;
    if now < wake {
        return None;
    }
    let at = |after: i64| start.plus_seconds(after);
    let due = |after: i64| wake <= at(after) && at(after) <= now;
    Some(Waking {
        remind: asked.remind_after_seconds.iter().any(|after| due(*after)),
        escalate: asked
            .escalate
            .iter()
            .filter(|one| due(one.after_seconds))
            .cloned()
            .collect(),
        next: times(asked).map(at).filter(|next| *next > now).min(),
    })
}

fn times(asked: &Asked) -> impl Iterator<Item = i64> {
    let escalations = asked.escalate.iter().map(|one| one.after_seconds);
    asked
        .remind_after_seconds
        .iter()
        .copied()
        .chain(escalations)
}

#[cfg(test)]
#[path = "reminders_tests.rs"]
mod tests;
