//! Requests as the store could hold them, for the tests of this room.

use crate::clock::Timestamp;
use crate::domain::people::PersonKey;
use crate::domain::request::{AccessLevel, Ask, Decision, Party, Request, State, Terms};
use crate::ids::{GrantId, OrgId, PrincipalId};

/// When the engineer asked; every other instant follows from it.
pub(crate) const CREATED: Timestamp = Timestamp::from_millis(1_700_000_000_000);

const HOUR: i64 = 3_600;

/// So many hours after the engineer asked.
pub(crate) const fn hours(count: i64) -> Timestamp {
    CREATED.plus_seconds(count * HOUR)
}

/// Somebody called `name`, whose person key is made of the same name.
pub(crate) fn party(name: &str) -> Party {
    Party {
        id: PrincipalId::new(),
        org: OrgId::new(),
        key: PersonKey::local(name),
        name: name.to_owned(),
    }
}

/// A request for one hour of Exchange that waits for its review until 12:00 after CREATED.
pub(crate) fn asked() -> Request {
    let ask = Ask {
        tenant: OrgId::new(),
        service: "Exchange".to_owned(),
        ticket: "CLB#1".to_owned(),
        reason: "Mail is not delivered".to_owned(),
        duration_seconds: HOUR,
        resources: Vec::new(),
        data_categories: Vec::new(),
        access_level: AccessLevel::Read,
        operations: Vec::new(),
        citizenship: None,
        location: None,
    };
    Request {
        reference: "EXSR000042".to_owned(),
        review_deadline: hours(12),
        ..Request::unreviewed(
            ask,
            "microsoft365",
            party("requester"),
            "00".repeat(32),
            CREATED,
        )
    }
}

/// Reviewed after one hour; the customer can answer until 13:00 after CREATED.
pub(crate) fn arrived() -> Request {
    Request {
        reviewer: Some(party("reviewer")),
        reviewed_at: Some(hours(1)),
        sent_at: Some(hours(1)),
        deadline: Some(hours(13)),
        terms: Some(Terms {
            approval_required: true,
            hours_to_answer: 12,
            maximum_access_seconds: 4 * HOUR,
            settings_version: 1,
            policy: None,
        }),
        state: State::Pending,
        ..asked()
    }
}

/// Decided after two hours.
pub(crate) fn decided(decision: Decision, state: State) -> Request {
    Request {
        decision: Some(decision),
        decider: Some(party("decider")),
        decided_at: Some(hours(2)),
        state,
        ..arrived()
    }
}

/// Approved after two hours: access lasts until 03:00 after CREATED.
pub(crate) fn approved() -> Request {
    granted(decided(Decision::Approve, State::Approved))
}

/// As approved, where the tenant requires no approval: access begins with the review.
pub(crate) fn granted_unasked() -> Request {
    let mut request = granted(arrived());
    request.deadline = None;
    request.access_start = Some(hours(1));
    request.access_end = Some(hours(2));
    if let Some(terms) = &mut request.terms {
        terms.approval_required = false;
    }
    request
}

fn granted(request: Request) -> Request {
    Request {
        state: State::Approved,
        granted_seconds: Some(HOUR),
        grant: Some(GrantId::new()),
        access_start: Some(hours(2)),
        access_end: Some(hours(3)),
        ..request
    }
}

/// Ended by somebody, so many hours after the engineer asked.
pub(crate) fn closed(request: Request, state: State, at: i64) -> Request {
    Request {
        state,
        closer: Some(party("closer")),
        closed_at: Some(hours(at)),
        ..request
    }
}

/// Ended by time, and written down.
pub(crate) fn over(request: Request, state: State) -> Request {
    Request {
        closed_at: request.due(),
        state,
        ..request
    }
}
