use super::*;
use crate::domain::policy::document::Approvers;
use crate::domain::request::{PolicyTerms, State};
use crate::domain::samples::{arrived, hours};

/// Arrived at 01:00; reminded after one and after three hours, escalated after three and four.
fn request(held_until: Option<Timestamp>) -> Request {
    let mut request = arrived();
    let terms = request.terms.as_mut().unwrap();
    let escalation = |after: i64| AskedEscalation {
        rule: format!("after {after}"),
        after_seconds: after * 3_600,
        to: Approvers::default(),
    };
    let asked = Asked {
        remind_after_seconds: vec![3_600, 3 * 3_600],
        escalate: vec![escalation(3), escalation(4)],
        ..terms.asked()
    };
    let first = first_wake(&asked).unwrap();
    terms.policy = Some(PolicyTerms {
        version: 1,
        hash: String::new(),
        rules: Vec::new(),
        asked,
        held_until,
        tzdb: None,
    });
    request.wake = request.clock_start().map(|start| start.plus_seconds(first));
    request
}

fn told(waking: Option<Waking>) -> Option<(bool, usize, Option<Timestamp>)> {
    waking.map(|waking| (waking.remind, waking.escalate.len(), waking.next))
}

#[test]
fn each_instant_is_done_once_in_its_order() {
    let mut request = request(None);
    assert_eq!(told(waking(&request, hours(2).plus_millis(-1))), None);
    for (now, expected) in [
        (2, (true, 0, Some(hours(4)))),
        (4, (true, 1, Some(hours(5)))),
        (5, (false, 1, None)),
    ] {
        let found = told(waking(&request, hours(now)));
        assert_eq!(found, Some(expected), "at {now}");
        request.wake = expected.2;
    }
    assert_eq!(told(waking(&request, hours(6))), None);
}

#[test]
fn a_jump_over_several_reminds_once_and_escalates_all() {
    assert_eq!(
        told(waking(&request(None), hours(4))),
        Some((true, 1, Some(hours(5))))
    );
    assert_eq!(
        told(waking(&request(None), hours(9))),
        Some((true, 2, None))
    );
}

#[test]
fn a_clock_that_was_held_counts_from_its_start() {
    let request = request(Some(hours(5)));
    assert_eq!(told(waking(&request, hours(6).plus_millis(-1))), None);
    assert_eq!(
        told(waking(&request, hours(6))),
        Some((true, 0, Some(hours(8))))
    );
}

#[test]
fn what_cannot_be_answered_any_more_sleeps() {
    for state in State::ALL {
        let request = Request {
            state: *state,
            ..request(None)
        };
        let wakes = told(waking(&request, hours(2))).is_some();
        assert_eq!(wakes, *state == State::Pending, "{state}");
    }
}
