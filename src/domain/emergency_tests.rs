//! Emergency access, held against tables that are written down by hand: a reader can lay them
//! beside §4 of the design. Nothing in them is computed from the code.

use super::*;
use crate::domain::lifecycle::{Circumstances, Command, judge};
use crate::domain::people::PersonKey;
use crate::domain::refusal::Refusal;
use crate::domain::request::{Decision, Review};
use crate::domain::samples::{CREATED, asked, closed, granted_unasked, hours, over, party};

/// The columns of the first table.
const COMMANDS: [(&str, Command); 8] = [
    ("review Approve", Command::Review(Review::Approve)),
    ("review Reject", Command::Review(Review::Reject)),
    ("Approve", Command::Decide(Decision::Approve)),
    ("Deny", Command::Decide(Decision::Deny)),
    ("Cancel", Command::Decide(Decision::Cancel)),
    ("withdraw", Command::Withdraw),
    ("complete", Command::Complete),
    ("revoke", Command::Revoke),
];

/// Emergency access as stored and when it is judged; how it stands then; what confirming and each
/// command come to. It never is Pending, so nobody of the customer can approve or deny it.
#[rustfmt::skip]
const STATES: &[(&str, &str, &str)] = &[
//   stored         judged    state           confirm   review A review R  Approve  Deny     Cancel     withdraw  complete  revoke
    ("Declared       before", "InternalReview ok",      "wrong    Rejected  wrong    wrong    wrong      Withdrawn wrong     wrong"),
    ("Declared       at",     "Expired        expired", "expired  expired   expired  expired  expired    expired   expired   expired"),
    ("Declared       after",  "Expired        expired", "expired  expired   expired  expired  expired    expired   expired   expired"),
    ("Rejected       -",      "Rejected       wrong",   "wrong    wrong     wrong    wrong    wrong      wrong     wrong     wrong"),
    ("Withdrawn      -",      "Withdrawn      wrong",   "wrong    wrong     wrong    wrong    wrong      wrong     wrong     wrong"),
    ("Expired        -",      "Expired        expired", "expired  expired   expired  expired  expired    expired   expired   expired"),
    ("Confirmed      before", "Approved       wrong",   "wrong    wrong     decided  decided  Canceled   wrong     Completed Revoked"),
    ("Confirmed      at",     "Ended          wrong",   "wrong    wrong     wrong    wrong    wrong      wrong     wrong     wrong"),
    ("Confirmed      after",  "Ended          wrong",   "wrong    wrong     wrong    wrong    wrong      wrong     wrong     wrong"),
    ("Canceled       -",      "Canceled       wrong",   "wrong    wrong     decided  decided  decided    wrong     wrong     wrong"),
    ("Completed      -",      "Completed      wrong",   "wrong    wrong     wrong    wrong    wrong      wrong     wrong     wrong"),
    ("Revoked        -",      "Revoked        wrong",   "wrong    wrong     wrong    wrong    wrong      wrong     wrong     wrong"),
    ("Ended          -",      "Ended          wrong",   "wrong    wrong     wrong    wrong    wrong      wrong     wrong     wrong"),
    ("Reported       -",      "Ended          wrong",   "wrong    wrong     wrong    wrong    wrong      wrong     wrong     wrong"),
];

/// What the state of the tenant and its setting forbid.
#[rustfmt::skip]
const TENANTS: [(OrgState, EmergencyAccess, &str); 6] = [
//                                                     declare             confirm             report
    (OrgState::Active,    EmergencyAccess::Allowed,    "ok                  ok                  ok"),
    (OrgState::Active,    EmergencyAccess::ReportOnly, "emergencyForbidden  emergencyForbidden  ok"),
    (OrgState::Suspended, EmergencyAccess::Allowed,    "tenantSuspended     tenantSuspended     ok"),
    (OrgState::Suspended, EmergencyAccess::ReportOnly, "tenantSuspended     tenantSuspended     ok"),
    (OrgState::Unclaimed, EmergencyAccess::Allowed,    "tenantNotClaimed    tenantNotClaimed    tenantNotClaimed"),
    (OrgState::Unclaimed, EmergencyAccess::ReportOnly, "tenantNotClaimed    tenantNotClaimed    tenantNotClaimed"),
];

/// What is closed to whom, by the giver's person key (a robot's is its owner's). The requester
/// cannot be of the customer but by the person key, which is compared all the same.
#[rustfmt::skip]
const GIVERS: [(&str, bool, &str); 6] = [
//   key          robot  declare         confirm             acknowledge
    ("somebody",  false, "ok             ok                  ok"),
    ("somebody",  true,  "personRequired personRequired      personRequired"),
    ("requester", false, "ok             separationOfDuties  separationOfDuties"),
    ("requester", true,  "personRequired personRequired      personRequired"),
    ("reviewer",  false, "ok             ok                  separationOfDuties"),
    ("reviewer",  true,  "personRequired personRequired      personRequired"),
];

/// Who declared and who confirmed an earlier one, for which incident of the same tenant, and what
/// became of it; then whether `eve` can have another for `INC-1`, confirmed by `max`, so long after
/// the end of the earlier one that another incident does not matter.
#[rustfmt::skip]
const EARLIER: &[(&str, &str)] = &[
//   declared confirmed incident stored
    ("eve     max       INC-1    Confirmed", "emergencyNotRenewable"),
    ("eve     max       inc-1    Confirmed", "emergencyNotRenewable"),
    ("eve     max       INC-1    Ended",     "emergencyNotRenewable"),
    ("eve     max       INC-1    Canceled",  "emergencyNotRenewable"),
    ("eve     max       INC-1    Completed", "emergencyNotRenewable"),
    ("max     eve       INC-1    Ended",     "emergencyNotRenewable"),
    ("eve     max       INC-2    Ended",     "ok"),
    ("eve     mia       INC-1    Ended",     "ok"),
    ("ed      max       INC-1    Ended",     "ok"),
    ("eve     max       INC-1    Rejected",  "ok"),
    ("eve     -         INC-1    Withdrawn", "ok"),
    ("eve     -         INC-1    Reported",  "ok"),
];

fn columns(row: &str) -> Vec<&str> {
    row.split_whitespace().collect()
}

/// The emergency access that a name in the tables stands for.
fn stored(name: &str) -> Request {
    let period = Period {
        start: hours(-3),
        end: hours(-2),
    };
    let (request, reported) = match name {
        "Declared" => (asked(), None),
        "Rejected" => (
            Request {
                state: State::Rejected,
                reviewer: Some(party("reviewer")),
                reviewed_at: Some(hours(1)),
                closed_at: Some(hours(1)),
                ..asked()
            },
            None,
        ),
        "Withdrawn" => (closed(asked(), State::Withdrawn, 1), None),
        "Expired" => (over(asked(), State::Expired), None),
        "Confirmed" => (granted_unasked(), None),
        "Canceled" => (closed(granted_unasked(), State::Canceled, 1), None),
        "Completed" => (closed(granted_unasked(), State::Completed, 1), None),
        "Revoked" => (closed(granted_unasked(), State::Revoked, 1), None),
        "Ended" => (over(granted_unasked(), State::Ended), None),
        "Reported" => (
            Request {
                state: State::Ended,
                sent_at: Some(CREATED),
                closed_at: Some(CREATED),
                ..asked()
            },
            Some(period),
        ),
        other => panic!("{other} is no name of the table"),
    };
    Request {
        emergency: Some(Emergency::new(" INC-1\n", reported)),
        ..request
    }
}

fn instant(stored: &Request, word: &str) -> Timestamp {
    let due = stored.due();
    match word {
        "-" => hours(40),
        "before" => due.unwrap().plus_millis(-1),
        "at" => due.unwrap(),
        "after" => due.unwrap().plus_millis(1),
        other => panic!("{other} is no instant of the table"),
    }
}

fn person_called(key: &PersonKey) -> Giver<'_> {
    Giver { key, robot: false }
}

/// `ok`, or the code of the refusal.
fn word(outcome: Result<(), Refusal>) -> &'static str {
    match outcome {
        Ok(()) => "ok",
        Err(refusal) => refusal.told(|party| party.name.clone()).code(),
    }
}

fn short(code: &str) -> &str {
    match code {
        "wrongState" => "wrong",
        "alreadyDecided" => "decided",
        "requestExpired" => "expired",
        other => other,
    }
}

#[test]
fn every_state_allows_what_the_table_says() {
    for (row, standing, cells) in STATES {
        let [name, judged] = columns(row)[..] else {
            panic!("{row}")
        };
        let [state, confirm] = columns(standing)[..] else {
            panic!("{standing}")
        };
        let request = stored(name);
        let now = instant(&request, judged);
        assert_eq!(request.state_at(now).as_str(), state, "{row}");
        let manager = PersonKey::local("manager");
        let outcome = may_confirm(
            &request,
            person_called(&manager),
            OrgState::Active,
            EmergencyAccess::Allowed,
            &[],
            now,
        );
        assert_eq!(short(word(outcome)), confirm, "{row}: confirm");
        for ((command_name, command), cell) in COMMANDS.iter().zip(columns(cells)) {
            let around = Circumstances {
                tenant: OrgState::Active,
                automatic_approval: true,
                approval_required: true,
                now,
            };
            let outcome = judge(&request, *command, person_called(&manager), around);
            let found = match &outcome {
                Ok(state) => state.as_str(),
                Err(refusal) => short(refusal.told(|party| party.name.clone()).code()),
            };
            assert_eq!(found, cell, "{row}: {command_name}");
        }
    }
}

#[test]
fn a_review_does_not_send_it_to_the_customer_and_says_what_to_do() {
    let around = Circumstances {
        tenant: OrgState::Active,
        automatic_approval: false,
        approval_required: false,
        now: hours(1),
    };
    let manager = PersonKey::local("manager");
    let approve = Command::Review(Review::Approve);
    let refusal = judge(
        &stored("Declared"),
        approve,
        person_called(&manager),
        around,
    );
    let error = refusal.unwrap_err().told(|party| party.name.clone());
    assert!(error.remedy().contains("emergency.confirm"), "{error:?}");
}

#[test]
fn the_tenant_forbids_what_the_table_says() {
    let manager = PersonKey::local("manager");
    for (tenant, setting, cells) in TENANTS {
        let giver = person_called(&manager);
        let declared = stored("Declared");
        let outcomes = [
            may_declare(giver, tenant, setting),
            may_confirm(&declared, giver, tenant, setting, &[], hours(1)),
            may_report(tenant),
        ];
        let found = outcomes.map(word);
        assert_eq!(found.to_vec(), columns(cells), "{tenant:?} {setting:?}");
    }
    let forbidden = Refusal::EmergencyForbidden.told(|party| party.name.clone());
    assert!(forbidden.remedy().contains("emergency.report"));
}

#[test]
fn it_takes_two_people_and_a_person_of_the_customer() {
    for (key, robot, cells) in GIVERS {
        let declared = stored("Declared");
        let confirmed = Request {
            reviewer: Some(party("reviewer")),
            ..stored("Ended")
        };
        let key = match key {
            "reviewer" => party("reviewer").key,
            "requester" => declared.requester.key.clone(),
            other => PersonKey::local(other),
        };
        let giver = Giver { key: &key, robot };
        let (tenant, setting) = (OrgState::Active, EmergencyAccess::Allowed);
        let outcomes = [
            may_declare(giver, tenant, setting),
            may_confirm(&declared, giver, tenant, setting, &[], hours(1)),
            may_acknowledge(&confirmed, declared.emergency.as_ref().unwrap(), giver),
        ];
        let found = outcomes.map(word);
        assert_eq!(found.to_vec(), columns(cells), "{key:?} {robot}");
    }
}

#[test]
fn the_same_two_cannot_renew_it() {
    let (eve, max) = (party("eve"), party("max"));
    let wanted = Request {
        requester: eve,
        review_deadline: hours(100),
        ..stored("Declared")
    };
    let confirm = |earlier: &[Request]| {
        may_confirm(
            &wanted,
            person_called(&max.key),
            OrgState::Active,
            EmergencyAccess::Allowed,
            earlier,
            hours(48),
        )
    };
    for (row, cell) in EARLIER {
        let [declared, confirmed, incident, name] = columns(row)[..] else {
            panic!("{row}")
        };
        let mut earlier = stored(name);
        earlier.requester = party(declared);
        earlier.reviewer = Some(confirmed).filter(|name| *name != "-").map(party);
        if let Some(part) = &mut earlier.emergency {
            part.incident = incident.to_owned();
        }
        assert_eq!(word(confirm(&[earlier])), *cell, "{row}");
    }
    let ordinary = Request {
        emergency: None,
        requester: party("eve"),
        reviewer: Some(party("max")),
        ..granted_unasked()
    };
    assert_eq!(word(confirm(&[ordinary])), "ok", "an ordinary request");
}

#[test]
fn the_same_two_pause_whatever_the_incident() {
    let wanted = Request {
        requester: party("eve"),
        review_deadline: hours(100),
        ..stored("Declared")
    };
    let max = PersonKey::local("max");
    let confirm = |declared: &str, confirmed: &str, name: &str, now| {
        let mut earlier = Request {
            requester: party(declared),
            reviewer: Some(party(confirmed)),
            ..stored(name)
        };
        if let Some(part) = &mut earlier.emergency {
            part.incident = "INC-1b".to_owned();
        }
        may_confirm(
            &wanted,
            person_called(&max),
            OrgState::Active,
            EmergencyAccess::Allowed,
            &[earlier],
            now,
        )
    };
    // Its access was to end two hours after it was declared, and it was canceled after one.
    for (name, free_from) in [
        ("Ended", hours(2 + 24)),
        ("Confirmed", hours(2 + 24)),
        ("Canceled", hours(1 + 24)),
    ] {
        for (declared, confirmed) in [("eve", "max"), ("max", "eve")] {
            let at = |now| confirm(declared, confirmed, name, now);
            for early in [hours(1), free_from.plus_millis(-1)] {
                let refusal = at(early).unwrap_err();
                let error = refusal.told(|party| party.name.clone());
                assert_eq!(error.code(), "emergencyNotRenewable", "{name}");
                let from = error.detail("availableFrom").and_then(|from| from.as_str());
                assert_eq!(from, Some(free_from.to_string().as_str()), "{name}");
            }
            assert_eq!(at(free_from), Ok(()), "{name}");
        }
        for (declared, confirmed) in [("eve", "mia"), ("ed", "max")] {
            let outcome = confirm(declared, confirmed, name, hours(1));
            assert_eq!(outcome, Ok(()), "{name}: {declared} {confirmed}");
        }
    }
    assert_eq!(confirm("eve", "max", "Rejected", hours(1)), Ok(()));
}

#[test]
fn access_is_bounded_at_the_limit_and_one_past_it() {
    let four_hours = 4 * 3_600;
    let too_long = |wanted, longest| Err(Refusal::TooLong { wanted, longest });
    for (asked, profile, expected) in [
        (Some(four_hours), 8 * 3_600, Ok(four_hours)),
        (
            Some(four_hours + 1),
            8 * 3_600,
            too_long(four_hours + 1, four_hours),
        ),
        (None, 8 * 3_600, Ok(four_hours)),
        (Some(3_600), 3_600, Ok(3_600)),
        (Some(3_601), 3_600, too_long(3_601, 3_600)),
        (None, 3_600, Ok(3_600)),
    ] {
        assert_eq!(
            access_seconds(asked, profile),
            expected,
            "{asked:?} {profile}"
        );
    }
}

#[test]
fn it_is_acknowledged_once() {
    let mut emergency = Emergency::new("INC-1", None);
    emergency.acknowledged = Some(Acknowledgement {
        by: party("ada"),
        at: hours(2),
        comment: None,
    });
    let ben = PersonKey::local("ben");
    let refusal = may_acknowledge(&stored("Ended"), &emergency, person_called(&ben)).unwrap_err();
    let error = refusal.told(|party| party.name.clone());
    assert_eq!(error.code(), "alreadyAcknowledged");
    let detail = |name| error.detail(name).and_then(|value| value.as_str());
    assert_eq!(detail("acknowledgedBy"), Some("ada"));
    assert_eq!(
        detail("acknowledgedDate"),
        Some(hours(2).to_string().as_str())
    );
}

#[test]
fn a_row_from_before_reads_and_stays_as_it_was() {
    let plain = serde_json::to_value(asked()).unwrap();
    assert_eq!(plain.get("emergency"), None, "nothing is written of it");
    let read: Request = serde_json::from_value(plain).unwrap();
    assert_eq!(read.emergency, None);
    let back: Request =
        serde_json::from_value(serde_json::to_value(stored("Reported")).unwrap()).unwrap();
    assert_eq!(back.emergency, stored("Reported").emergency);
    assert!(back.only_reported() && !stored("Ended").only_reported());
}
