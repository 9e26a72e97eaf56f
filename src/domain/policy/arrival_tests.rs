use super::*;
use crate::domain::policy::effective::Asked;
use crate::domain::samples;

fn judged(verdict: Verdict) -> Judgement {
    Judgement {
        verdict,
        applied: Vec::new(),
        sentence: String::new(),
        by_calendar: false,
        asked: Asked {
            stages: Vec::new(),
            deny_threshold: 1,
            answer_seconds: 3_600,
            longest_seconds: 3_600,
            access_within: Vec::new(),
            hold_until_open: Vec::new(),
            reason_to_approve: false,
            reason_to_deny: false,
            remind_after_seconds: Vec::new(),
            escalate: Vec::new(),
            hooks: Vec::new(),
        },
        origins: Vec::new(),
    }
}

#[test]
fn a_denial_counts_always_and_nobody_is_asked_where_no_approval_is_required() {
    let rule = || "one".to_owned();
    let deny = judged(Verdict::Deny {
        rule: rule(),
        reason: rule(),
    });
    let approve = judged(Verdict::Approve { rule: rule() });
    let ask = judged(Verdict::Ask);
    for (judgement, required, arrival) in [
        (None, true, Arrival::Asked),
        (None, false, Arrival::Granted),
        (Some(&deny), true, Arrival::Denied),
        (Some(&deny), false, Arrival::Denied),
        (Some(&approve), true, Arrival::Approved),
        (Some(&approve), false, Arrival::Granted),
        (Some(&ask), true, Arrival::Asked),
        (Some(&ask), false, Arrival::Granted),
    ] {
        assert_eq!(Arrival::of(judgement, required), arrival);
    }
}

#[test]
fn what_happened_on_arrival_stays_whoever_decides_later() {
    let asked = samples::arrived();
    assert_eq!(Arrival::happened(&asked), Arrival::Asked);
    let denied = |deadline| Request {
        decision: Some(Decision::Deny),
        deadline,
        ..asked.clone()
    };
    // By a policy that came while it waited, or by a person.
    assert_eq!(Arrival::happened(&denied(asked.deadline)), Arrival::Asked);
    assert_eq!(Arrival::happened(&denied(None)), Arrival::Denied);
    let unasked = |decision, approval_required| {
        let mut request = Request {
            decision,
            deadline: None,
            ..asked.clone()
        };
        request.terms.as_mut().unwrap().approval_required = approval_required;
        Arrival::happened(&request)
    };
    let (approve, cancel) = (Some(Decision::Approve), Some(Decision::Cancel));
    assert_eq!(unasked(approve, true), Arrival::Approved);
    assert_eq!(unasked(None, false), Arrival::Granted);
    // Canceled later.
    assert_eq!(unasked(cancel, true), Arrival::Approved);
    assert_eq!(unasked(cancel, false), Arrival::Granted);
}
