//! Every cell of the lifecycle, held against tables that are written down by hand: a reader can
//! lay them beside §4 of the design. Nothing in them is computed from the code.

use super::*;
use crate::domain::request::Terms;
use crate::domain::rights::{Reach, reach};
use crate::domain::samples::{
    CREATED, approved, arrived, asked, closed, decided, granted_unasked, hours, over,
};
use crate::domain::scope::{Role, Scope};
use crate::error::{Error, Kind};
use proptest::prelude::*;

/// The columns of every table below.
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

/// A request as stored and when it is judged; how it stands then; what each command comes to.
///
/// `before`, `at` and `after` its due instant; `-` where no time limit runs. A state where the
/// command leads there, or why not: `wrong` (wrongState), `decided` (alreadyDecided), `expired`
/// (requestExpired). In `no-approval` the tenant's settings require none at that moment.
#[rustfmt::skip]
const STATES: &[(&str, &str, &str)] = &[
//   stored         judged    state          status   by        since               review A review R  Approve  Deny     Cancel     withdraw  complete  revoke
    ("InternalReview before", "InternalReview -        requester created",       "Pending  Rejected  wrong    wrong    wrong      Withdrawn wrong     wrong"),
    ("no-approval    before", "InternalReview -        requester created",       "Approved Rejected  wrong    wrong    wrong      Withdrawn wrong     wrong"),
    ("InternalReview at",     "Expired        -        -         reviewDeadline","expired  expired   expired  expired  expired    expired   expired   expired"),
    ("InternalReview after",  "Expired        -        -         reviewDeadline","expired  expired   expired  expired  expired    expired   expired   expired"),
    ("Rejected       -",      "Rejected       -        reviewer  reviewed",      "wrong    wrong     wrong    wrong    wrong      wrong     wrong     wrong"),
    ("ExpiredEarly   -",      "Expired        -        -         reviewDeadline","expired  expired   expired  expired  expired    expired   expired   expired"),
    ("WithdrawnEarly -",      "Withdrawn      -        closer    closed",        "wrong    wrong     wrong    wrong    wrong      wrong     wrong     wrong"),
    ("Pending        before", "Pending        Pending  reviewer  sent",          "wrong    wrong     Approved Denied   Canceled   Withdrawn wrong     wrong"),
    ("Pending        at",     "Expired        Expired  -         deadline",      "expired  expired   expired  expired  expired    expired   expired   expired"),
    ("Pending        after",  "Expired        Expired  -         deadline",      "expired  expired   expired  expired  expired    expired   expired   expired"),
    ("Denied         -",      "Denied         Denied   decider   decided",       "wrong    wrong     decided  decided  decided    wrong     wrong     wrong"),
    ("Canceled       -",      "Canceled       Canceled decider   decided",       "wrong    wrong     decided  decided  decided    wrong     wrong     wrong"),
    ("Withdrawn      -",      "Withdrawn      Canceled closer    closed",        "wrong    wrong     wrong    wrong    wrong      wrong     wrong     wrong"),
    ("Expired        -",      "Expired        Expired  -         deadline",      "expired  expired   expired  expired  expired    expired   expired   expired"),
    ("Approved       before", "Approved       Approved decider   decided",       "wrong    wrong     decided  decided  Canceled   wrong     Completed Revoked"),
    ("Approved       at",     "Ended          Approved -         accessEnd",     "wrong    wrong     wrong    wrong    wrong      wrong     wrong     wrong"),
    ("Approved       after",  "Ended          Approved -         accessEnd",     "wrong    wrong     wrong    wrong    wrong      wrong     wrong     wrong"),
    ("Unasked        before", "Approved       Approved reviewer  accessStart",   "wrong    wrong     decided  decided  Canceled   wrong     Completed Revoked"),
    ("Unasked        at",     "Ended          Approved -         accessEnd",     "wrong    wrong     wrong    wrong    wrong      wrong     wrong     wrong"),
    ("Unasked        after",  "Ended          Approved -         accessEnd",     "wrong    wrong     wrong    wrong    wrong      wrong     wrong     wrong"),
    ("CanceledLive   -",      "Canceled       Canceled closer    closed",        "wrong    wrong     decided  decided  decided    wrong     wrong     wrong"),
    ("Completed      -",      "Completed      Approved closer    closed",        "wrong    wrong     wrong    wrong    wrong      wrong     wrong     wrong"),
    ("Revoked        -",      "Revoked        Approved closer    closed",        "wrong    wrong     wrong    wrong    wrong      wrong     wrong     wrong"),
    ("Ended          -",      "Ended          Approved -         accessEnd",     "wrong    wrong     wrong    wrong    wrong      wrong     wrong     wrong"),
];

/// Who may give a command at all: `scope` with the role in scope, `own` the requester himself
/// with the role in scope, `any` with the role wherever it is held, `no` nobody.
#[rustfmt::skip]
const ROLES: [(Role, &str); 7] = [
//                                          review A review R | Approve Deny   Cancel | withdraw complete revoke
    (Role::SupportEngineer,               "no       no          no      no     no       own      own      no"),
    (Role::SupportManager,                "scope    scope       no      no     no       scope    scope    scope"),
    (Role::ProviderAdministrator,         "no       no          no      no     no       no       no       any"),
    (Role::ResourceGateway,               "no       no          no      no     no       no       no       no"),
    (Role::GlobalAdministrator,           "no       no          scope   scope  scope    no       no       no"),
    (Role::CustomerLockboxAccessApprover, "no       no          scope   scope  scope    no       no       no"),
    (Role::SecurityReader,                "no       no          no      no     no       no       no       no"),
];

/// What the state of the tenant forbids: review and Approve wait; the safe direction is open.
#[rustfmt::skip]
const TENANTS: [(OrgState, &str, &str); 3] = [
//                                            review A review R | Approve Deny Cancel | withdraw complete revoke
    (OrgState::Active,    "-",                "ok       ok          ok      ok   ok       ok       ok       ok"),
    (OrgState::Suspended, "tenantSuspended",  "no       no          no      ok   ok       ok       ok       ok"),
    (OrgState::Unclaimed, "tenantNotClaimed", "no       no          no      ok   ok       ok       ok       ok"),
];

/// What separation forbids, by the giver's person key (a robot's is its owner's).
#[rustfmt::skip]
const RELATIONS: [(&str, &str); 3] = [
//                review A review R | Approve Deny Cancel | withdraw complete revoke
    ("requester", "no       ok          no      ok   ok       ok       ok       ok"),
    ("reviewer",  "ok       ok          no      ok   ok       ok       ok       ok"),
    ("neither",   "ok       ok          ok      ok   ok       ok       ok       ok"),
];

/// What is closed to robots, by whether the tenant's setting `automaticApproval` is on.
#[rustfmt::skip]
const GIVERS: [(&str, bool, bool, &str); 4] = [
//   giver     robot  automatic review A review R | Approve Deny Cancel | withdraw complete revoke
    ("person", false, false,    "ok       ok          ok      ok   ok       ok       ok       ok"),
    ("person", false, true,     "ok       ok          ok      ok   ok       ok       ok       ok"),
    ("robot",  true,  false,    "ok       ok          no      ok   ok       ok       ok       ok"),
    ("robot",  true,  true,     "ok       ok          ok      ok   ok       ok       ok       ok"),
];

fn columns(row: &str) -> Vec<&str> {
    row.split_whitespace().collect()
}

/// The request that a name in the table stands for.
fn stored(name: &str) -> Request {
    match name {
        "InternalReview" | "no-approval" => asked(),
        "Rejected" => Request {
            state: State::Rejected,
            reviewer: arrived().reviewer,
            reviewed_at: Some(hours(1)),
            closed_at: Some(hours(1)),
            ..asked()
        },
        "ExpiredEarly" => over(asked(), State::Expired),
        "WithdrawnEarly" => closed(asked(), State::Withdrawn, 1),
        "Pending" => arrived(),
        "Denied" => Request {
            closed_at: Some(hours(2)),
            ..decided(Decision::Deny, State::Denied)
        },
        "Canceled" => Request {
            closed_at: Some(hours(2)),
            ..decided(Decision::Cancel, State::Canceled)
        },
        "Withdrawn" => closed(arrived(), State::Withdrawn, 2),
        "Expired" => over(arrived(), State::Expired),
        "Approved" => approved(),
        "Unasked" => granted_unasked(),
        "CanceledLive" => closed(approved(), State::Canceled, 2),
        "Completed" => closed(approved(), State::Completed, 2),
        "Revoked" => closed(approved(), State::Revoked, 2),
        "Ended" => over(approved(), State::Ended),
        other => panic!("{other} is no name of the table"),
    }
}

/// The instants that a word in the table stands for; every one of `-` must give the same.
fn instants(request: &Request, when: &str) -> Vec<Timestamp> {
    let due = || request.due().expect("a state with a time limit");
    match when {
        "before" => vec![due().plus_millis(-1)],
        "at" => vec![due()],
        "after" => vec![due().plus_millis(1), due().plus_seconds(1_000_000)],
        "-" => {
            assert_eq!(request.due(), None, "{}", request.state);
            vec![hours(2), hours(1_000)]
        }
        other => panic!("{other} is no time of the table"),
    }
}

fn instant(request: &Request, name: &str) -> Option<Timestamp> {
    match name {
        "created" => Some(request.created_at),
        "reviewDeadline" => Some(request.review_deadline),
        "reviewed" => request.reviewed_at,
        "sent" => request.sent_at,
        "deadline" => request.deadline,
        "decided" => request.decided_at,
        "accessStart" => request.access_start,
        "accessEnd" => request.access_end,
        "closed" => request.closed_at,
        other => panic!("{other} is no instant of the table"),
    }
}

fn code_of(word: &str) -> &str {
    match word {
        "wrong" => "wrongState",
        "decided" => "alreadyDecided",
        "expired" => "requestExpired",
        state => state,
    }
}

fn told(refusal: &Refusal) -> Error {
    refusal.told(|party| format!("<{}>", party.name))
}

#[test]
fn the_tables_are_whole() {
    let listed = COMMANDS.map(|(_, command)| command);
    assert_eq!(listed, Command::ALL, "every command has its column");
    for state in State::ALL {
        let rows: Vec<&str> = STATES
            .iter()
            .filter(|(row, ..)| stored(columns(row)[0]).state == *state)
            .map(|(row, ..)| columns(row)[1])
            .collect();
        let timed = matches!(
            state,
            State::InternalReview | State::Pending | State::Approved
        );
        for when in ["before", "at", "after"] {
            assert_eq!(rows.contains(&when), timed, "{state} {when}");
        }
        assert_eq!(rows.contains(&"-"), !timed, "{state}");
    }
    let rows = STATES
        .iter()
        .map(|(.., row)| *row)
        .chain(ROLES.iter().map(|(_, row)| *row))
        .chain(TENANTS.iter().map(|(.., row)| *row))
        .chain(RELATIONS.iter().map(|(_, row)| *row))
        .chain(GIVERS.iter().map(|(.., row)| *row));
    for row in rows {
        assert_eq!(columns(row).len(), COMMANDS.len(), "{row}");
    }
    assert_eq!(ROLES.map(|(role, _)| role), Role::ALL);
}

/// Who gives a command, and around what: one combination of the tables below the states.
#[derive(Clone, Copy, Debug)]
struct Caller {
    role: (Role, &'static str),
    in_scope: bool,
    relation: (&'static str, &'static str),
    giver: (&'static str, bool, bool, &'static str),
    tenant: (OrgState, &'static str, &'static str),
}

fn callers() -> Vec<Caller> {
    let mut callers = Vec::new();
    for role in ROLES {
        for in_scope in [true, false] {
            for relation in RELATIONS {
                for giver in GIVERS {
                    callers.extend(TENANTS.map(|tenant| Caller {
                        role,
                        in_scope,
                        relation,
                        giver,
                        tenant,
                    }));
                }
            }
        }
    }
    callers
}

impl Caller {
    /// The requester himself, and not his robot.
    fn himself(&self) -> bool {
        self.relation.0 == "requester" && !self.giver.1
    }

    /// What the tables say, in the order in which a caller is told: the right, the state, the
    /// tenant, separation, the robot.
    fn expected(&self, column: usize, outcomes: &'static str) -> &'static str {
        let cell = |row: &'static str| columns(row)[column];
        let outcome = cell(outcomes);
        match cell(self.role.1) {
            "no" => "forbidden",
            "scope" | "own" if !self.in_scope => "forbidden",
            "own" if !self.himself() => "notFound",
            _ if code_of(outcome) != outcome => code_of(outcome),
            _ if cell(self.tenant.2) == "no" => self.tenant.1,
            _ if cell(self.relation.1) == "no" => "separationOfDuties",
            _ if cell(self.giver.3) == "no" => "robotMayNotApprove",
            _ => outcome,
        }
    }

    /// What the code decides: the table of rights, then the table of the lifecycle.
    fn decide(
        &self,
        request: &Request,
        command: Command,
        required: bool,
        now: Timestamp,
    ) -> String {
        let home = request.ask.tenant;
        let scope = match (self.in_scope, self.role.0) {
            (true, Role::ProviderAdministrator) => Scope::Provider,
            (true, _) => Scope::Tenant(home),
            (false, _) => Scope::Service(home, "Teams".to_owned()),
        };
        let object = Scope::Service(home, request.ask.service.clone());
        match reach(rule(command).action, &object, &[(self.role.0, scope)]) {
            None => return "forbidden".to_owned(),
            Some(Reach::Mine) if !self.himself() => return "notFound".to_owned(),
            Some(_) => {}
        }
        let key = PersonKey::local(self.relation.0);
        let giver = Giver {
            key: &key,
            robot: self.giver.1,
        };
        let around = Circumstances {
            tenant: self.tenant.0,
            automatic_approval: self.giver.2,
            approval_required: required,
            now,
        };
        match judge(request, command, giver, around) {
            Ok(state) => state.to_string(),
            Err(refusal) => told(&refusal).code().to_owned(),
        }
    }
}

#[test]
fn every_cell_is_decided_as_the_tables_say() {
    let callers = callers();
    let mut cells = 0;
    for (row, _, outcomes) in STATES {
        let (name, when) = (columns(row)[0], columns(row)[1]);
        let request = stored(name);
        // Whether approval is required matters to two rows, and must not to the others.
        let required: &[bool] = match (name, when) {
            ("InternalReview", "before") => &[true],
            ("no-approval", _) => &[false],
            _ => &[true, false],
        };
        for now in instants(&request, when) {
            for (column, (_, command)) in COMMANDS.into_iter().enumerate() {
                for caller in &callers {
                    for required in required {
                        cells += 1;
                        assert_eq!(
                            caller.decide(&request, command, *required, now),
                            caller.expected(column, outcomes),
                            "{name} {when} {command:?}, approval required {required}: {caller:?}"
                        );
                    }
                }
            }
        }
    }
    // 24 rows, of which some are judged at two instants or with two settings; 8 commands; 7 roles
    // in and out of scope, 3 relations, 4 givers, 3 states of the tenant.
    assert_eq!(cells, 76 * 8 * 7 * 2 * 3 * 4 * 3);
}

#[test]
fn every_conflict_says_the_state_who_and_when() {
    for (row, standing, outcomes) in STATES {
        let (name, when) = (columns(row)[0], columns(row)[1]);
        let request = stored(name);
        let [state, status, by, since] = columns(standing)[..] else {
            panic!("{standing}");
        };
        let by = Some(format!("<{by}>")).filter(|_| by != "-");
        let since = instant(&request, since).expect("an instant").to_string();
        for now in instants(&request, when) {
            assert_eq!(request.state_at(now).as_str(), state, "{name} {when}");
            for (column, (_, command)) in COMMANDS.into_iter().enumerate() {
                let word = columns(outcomes)[column];
                if code_of(word) == word {
                    continue;
                }
                let key = PersonKey::local("neither");
                let giver = Giver {
                    key: &key,
                    robot: false,
                };
                let around = Circumstances {
                    tenant: OrgState::Active,
                    automatic_approval: false,
                    approval_required: true,
                    now,
                };
                let refusal = judge(&request, command, giver, around).expect_err("a refusal");
                let error = told(&refusal);
                let cell = format!("{name} {when} {command:?}: {}", error.data());
                assert_eq!(error.kind(), Kind::Conflict, "{cell}");
                assert_eq!(error.code(), code_of(word), "{cell}");
                let data = error.data();
                assert_eq!(data["currentState"], state, "{cell}");
                assert_eq!(
                    data["approvalStatus"].as_str().unwrap_or("-"),
                    status,
                    "{cell}"
                );
                assert_eq!(data["decidedBy"].as_str(), by.as_deref(), "{cell}");
                assert_eq!(data["decidedDate"], since, "{cell}");
                let message = error.message();
                for part in ["EXSR000042", state, &since, by.as_deref().unwrap_or("")] {
                    assert!(message.contains(part), "{part} in {cell}");
                }
                assert!(error.remedy().len() > 20, "{cell}");
            }
        }
    }
}

#[test]
fn a_refused_decision_says_what_to_use_instead() {
    let remedy = |name: &str, command| {
        let request = stored(name);
        let key = PersonKey::local("neither");
        let giver = Giver {
            key: &key,
            robot: false,
        };
        let around = Circumstances {
            tenant: OrgState::Active,
            automatic_approval: false,
            approval_required: true,
            now: CREATED.plus_seconds(3_600),
        };
        let refusal = judge(&request, command, giver, around).expect_err("a refusal");
        told(&refusal).remedy().to_owned()
    };
    for name in ["Approved", "Unasked"] {
        let deny = remedy(name, Command::Decide(Decision::Deny));
        assert!(deny.contains("use the decision Cancel"), "{deny}");
        let withdraw = remedy(name, Command::Withdraw);
        assert!(withdraw.contains("request.complete"), "{withdraw}");
    }
    let complete = remedy("Pending", Command::Complete);
    assert!(complete.contains("withdrawn"), "{complete}");
}

#[test]
fn an_approval_grants_what_was_asked_or_less() {
    let hour = arrived();
    assert_eq!(granted_seconds(&hour, None, 14_400), Ok(3_600));
    assert_eq!(granted_seconds(&hour, Some(1), 14_400), Ok(1));
    assert_eq!(granted_seconds(&hour, Some(3_600), 14_400), Ok(3_600));
    let too_long = |longest| Refusal::TooLong {
        wanted: 3_601,
        longest,
    };
    assert_eq!(
        granted_seconds(&hour, Some(3_601), 14_400),
        Err(too_long(3_600))
    );
    // The stricter of the terms and the policy in force.
    assert_eq!(granted_seconds(&hour, None, 1_800), Ok(1_800));
    let mut strict = arrived();
    strict.terms = strict.terms.map(|terms| Terms {
        maximum_access_seconds: 900,
        ..terms
    });
    assert_eq!(granted_seconds(&strict, None, 1_800), Ok(900));
}

proptest! {
    #[test]
    fn granted_seconds_never_exceeds_a_bound(
        asked in 60_i64..20_000,
        fixed in proptest::option::of(60_i64..20_000),
        policy in 60_i64..20_000,
        wanted in proptest::option::of(-10_i64..25_000),
    ) {
        let mut request = arrived();
        request.ask.duration_seconds = asked;
        request.terms = fixed.and_then(|fixed| request.terms.clone().map(|terms| Terms {
            maximum_access_seconds: fixed,
            ..terms
        }));
        let granted = granted_seconds(&request, wanted, policy);
        let bounds = [Some(asked), fixed, Some(policy)];
        match granted {
            Ok(seconds) => {
                prop_assert!(seconds >= 1);
                for bound in bounds.into_iter().flatten() {
                    prop_assert!(seconds <= bound);
                }
                match wanted {
                    Some(wanted) => prop_assert_eq!(seconds, wanted),
                    None => prop_assert!(bounds.contains(&Some(seconds)), "no less than allowed"),
                }
            }
            Err(Refusal::TooShort { .. }) => prop_assert!(wanted.is_some_and(|wanted| wanted < 1)),
            Err(Refusal::TooLong { wanted: said, longest }) => {
                prop_assert_eq!(Some(said), wanted);
                prop_assert!(said > longest && bounds.contains(&Some(longest)));
            }
            Err(other) => prop_assert!(false, "{other:?}"),
        }
    }
}
