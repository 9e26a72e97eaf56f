//! What a request waits for by what is told of it, and whether it still does: a mail can come when
//! all is over, as after hours without a mail server.

use super::words::{Outcome, Words};
use crate::domain::notice::Event;
use crate::domain::notice::facts::{Facts, RequestFacts};
use crate::domain::request::State;

/// What a request waits for, by what is told of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    Review,
    Answer,
    Access,
    Over,
}

/// How what is told was decided.
pub(super) fn outcome(facts: &Facts) -> Outcome {
    let request = facts.request.as_ref();
    Outcome::of(request.and_then(|request| request.decision.as_deref()))
}

/// What it waits for.
pub(super) fn stage(facts: &Facts) -> Stage {
    match facts.event {
        Event::RequestSubmitted => Stage::Review,
        Event::RequestArrived
        | Event::RequestReminder
        | Event::RequestEscalated
        | Event::ApprovalRecorded
        | Event::DenialRecorded => Stage::Answer,
        Event::RequestDecided if outcome(facts) == Outcome::Approved => Stage::Access,
        Event::AccessGranted
        | Event::AccessStarted
        | Event::AccessEnding
        | Event::EmergencyAccess => Stage::Access,
        // What runs is told by other mails; a digest can be late.
        _ => Stage::Over,
    }
}

/// The request, where it does not wait any more for that.
pub(super) fn late(facts: &Facts) -> Option<&RequestFacts> {
    let waits = match stage(facts) {
        Stage::Review => State::InternalReview,
        Stage::Answer => State::Pending,
        Stage::Access => State::Approved,
        Stage::Over => return None,
    };
    let request = facts.request.as_ref();
    request.filter(|request| request.state != waits.as_str())
}

/// What became of it since; may hold `{who}`.
pub(super) fn since(request: &RequestFacts, words: &Words) -> &'static str {
    let state = State::ALL.iter().find(|one| one.as_str() == request.state);
    match state {
        Some(State::Pending) => words.now_reviewed,
        Some(State::Approved) if request.decided_by.is_none() => words.now_granted,
        Some(State::Approved) => words.now_approved,
        Some(State::Denied) => words.now_denied,
        Some(State::Canceled) => words.now_canceled,
        Some(State::Expired) => words.now_expired,
        Some(State::Withdrawn) => words.now_withdrawn,
        Some(State::Rejected) => words.now_rejected,
        _ => words.now_over,
    }
}

#[cfg(test)]
#[path = "late_tests.rs"]
mod tests;
