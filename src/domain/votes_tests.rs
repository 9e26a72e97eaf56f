use super::*;
use crate::domain::people::PersonKey;
use crate::domain::policy::effective::AskedEscalation;
use crate::domain::request::Terms;
use crate::domain::samples::hours;
use crate::ids::{OrgId, PrincipalId};
use std::collections::BTreeSet;

const PEOPLE: [&str; 4] = ["anna@x", "ben@x", "cleo@x", "dan@x"];

fn person(address: &str) -> Approver {
    Approver {
        party: Party {
            id: PrincipalId::new(),
            org: OrgId::new(),
            key: PersonKey::local(address),
            name: address.to_owned(),
        },
        robot: false,
        roles: vec![Role::CustomerLockboxAccessApprover],
    }
}

/// A robot that somebody owns.
fn robot(name: &str, owner: &str) -> Approver {
    let mut robot = person(owner);
    robot.party.name = name.to_owned();
    Approver {
        robot: true,
        ..robot
    }
}

fn list(people: &[&str]) -> Approvers {
    Approvers {
        people: people.iter().map(|one| (*one).to_owned()).collect(),
        ..Approvers::default()
    }
}

fn asked(stages: &[(&[&str], u32)], deny_threshold: u32) -> Asked {
    let stages = stages.iter().map(|(people, needed)| AskedStage {
        rule: "r".to_owned(),
        approvers: list(people),
        needed: *needed,
    });
    Asked {
        stages: stages.collect(),
        deny_threshold,
        ..Terms {
            approval_required: true,
            hours_to_answer: 12,
            maximum_access_seconds: 14_400,
            settings_version: 1,
            policy: None,
        }
        .asked()
    }
}

/// One voice, an hour after the customer's clock has started.
fn say(
    asked: &Asked,
    votes: &[Vote],
    giver: &Approver,
    decision: Decision,
) -> Result<Counted, Refusal> {
    say_for(asked, votes, giver, decision, &[])
}

fn say_for(
    asked: &Asked,
    votes: &[Vote],
    giver: &Approver,
    decision: Decision,
    absent: &[Approver],
) -> Result<Counted, Refusal> {
    let ballot = Ballot {
        asked,
        votes,
        clock_start: hours(1),
        now: hours(2),
    };
    let voice = Voice {
        decision,
        giver,
        absent,
        comment: None,
        seconds: None,
    };
    count(ballot, voice)
}

/// What a sequence of voices comes to, said plainly.
#[derive(Clone, Debug, Default)]
struct Plain {
    /// Who approved, stage by stage.
    approved: Vec<BTreeSet<usize>>,
    denied: BTreeSet<usize>,
}

#[derive(Debug, PartialEq)]
enum Said {
    Refused,
    Waits,
    Decided,
}

impl Plain {
    fn say(
        &mut self,
        stages: &[(Vec<usize>, usize)],
        threshold: usize,
        who: usize,
        decision: Decision,
    ) -> Said {
        self.approved.resize(stages.len(), BTreeSet::new());
        let approved = self.approved.iter().any(|stage| stage.contains(&who));
        let denied = self.denied.contains(&who);
        if decision == Decision::Deny {
            if denied {
                return Said::Refused;
            }
            for stage in &mut self.approved {
                stage.remove(&who);
            }
            self.denied.insert(who);
            return if self.denied.len() >= threshold {
                Said::Decided
            } else {
                Said::Waits
            };
        }
        if approved || denied {
            return Said::Refused;
        }
        for (place, (people, needed)) in stages.iter().enumerate() {
            if self.approved[place].len() < *needed {
                if !people.contains(&who) {
                    return Said::Refused;
                }
                self.approved[place].insert(who);
                break;
            }
        }
        let full = |(place, (_, needed)): (usize, &(Vec<usize>, usize))| {
            self.approved[place].len() >= *needed
        };
        if stages.iter().enumerate().all(full) {
            Said::Decided
        } else {
            Said::Waits
        }
    }
}

/// Every sequence of voices of so many people, up to a length or the decision.
fn walk(
    people: &[Approver],
    stages: &[(Vec<usize>, usize)],
    threshold: usize,
    left: usize,
    plain: &Plain,
    votes: &[Vote],
    seen: &mut [u64; 3],
) {
    let named: Vec<(Vec<&str>, u32)> = stages
        .iter()
        .map(|(who, needed)| {
            let who = who.iter().map(|place| PEOPLE[*place]).collect();
            (who, u32::try_from(*needed).unwrap())
        })
        .collect();
    let named: Vec<(&[&str], u32)> = named
        .iter()
        .map(|(who, needed)| (who.as_slice(), *needed))
        .collect();
    let asked = asked(&named, u32::try_from(threshold).unwrap());
    for (who, giver) in people.iter().enumerate() {
        for decision in [Decision::Approve, Decision::Deny] {
            let mut model = plain.clone();
            let expected = model.say(stages, threshold, who, decision);
            let answer = say(&asked, votes, giver, decision);
            let story = || format!("{stages:?}/{threshold}: {votes:?}, then {who} {decision}");
            match (&answer, expected) {
                (Err(_), Said::Refused) => seen[0] += 1,
                (Ok(counted), Said::Waits) if !counted.decided => {
                    seen[1] += 1;
                    assert!(counted.given < counted.needed || decision == Decision::Approve);
                    if left > 1 {
                        let votes = &counted.votes;
                        walk(people, stages, threshold, left - 1, &model, votes, seen);
                    }
                }
                (Ok(counted), Said::Decided) if counted.decided => seen[2] += 1,
                (_, expected) => panic!("{}: {expected:?} and {answer:?}", story()),
            }
        }
    }
}

#[test]
fn n_of_m_agrees_with_the_plain_model_in_every_order() {
    let mut seen = [0; 3];
    for m in 1..=3 {
        let people: Vec<Approver> = PEOPLE[..m].iter().map(|name| person(name)).collect();
        for n in 1..=m {
            for threshold in 1..=m {
                let stages = [((0..m).collect(), n)];
                let plain = Plain::default();
                walk(&people, &stages, threshold, m + 2, &plain, &[], &mut seen);
            }
        }
    }
    assert!(seen.iter().all(|count| *count > 100), "{seen:?}");
}

#[test]
fn stages_agree_with_the_plain_model_in_every_order() {
    let mut seen = [0; 3];
    let people: Vec<Approver> = PEOPLE.iter().map(|name| person(name)).collect();
    for stages in [
        vec![(vec![0], 1), (vec![1], 1)],
        vec![(vec![0, 1], 1), (vec![1, 2], 1)],
        vec![(vec![0, 1, 2], 2), (vec![3], 1)],
        vec![(vec![0], 1), (vec![0, 1], 1), (vec![2], 1)],
    ] {
        for threshold in 1..=2 {
            let plain = Plain::default();
            walk(&people, &stages, threshold, 4, &plain, &[], &mut seen);
        }
    }
    assert!(seen.iter().all(|count| *count > 100), "{seen:?}");
}

#[test]
fn each_voice_says_how_many_more_it_takes_and_of_which_stage() {
    let asked = asked(&[(&PEOPLE[..3], 2), (&PEOPLE[3..], 1)], 2);
    let [anna, ben, _, dan] = PEOPLE.map(person);
    let first = say(&asked, &[], &anna, Decision::Approve).unwrap();
    assert_eq!((first.stage, first.given, first.needed), (1, 1, 2));
    assert_eq!(waiting_stage(&asked, &first.votes), 1);
    assert_eq!(approvals_of(&asked, &first.votes), (1, 3));
    assert_eq!(
        say(&asked, &first.votes, &dan, Decision::Approve),
        Err(Refusal::NotAnApprover {
            stage: 1,
            stages: 2,
            approvers: PEOPLE[..3].iter().map(|one| (*one).to_owned()).collect(),
        }),
        "the second stage waits for the first"
    );
    let second = say(&asked, &first.votes, &ben, Decision::Approve).unwrap();
    assert_eq!((second.stage, second.given, second.needed), (1, 2, 2));
    assert!(!second.decided);
    assert_eq!(waiting_stage(&asked, &second.votes), 2);
    // A denial outside the stage counts; whoever changes an approval takes it back.
    let denied = say(&asked, &second.votes, &ben, Decision::Deny).unwrap();
    assert_eq!((denied.stage, denied.given, denied.needed), (1, 1, 2));
    assert_eq!(denied.votes.len(), 2);
    assert_eq!(waiting_stage(&asked, &denied.votes), 1);
    let stranger = person("erin@x");
    let last = say(&asked, &denied.votes, &stranger, Decision::Deny).unwrap();
    assert!(last.decided);
    // A denial is not taken back.
    for decision in [Decision::Approve, Decision::Deny] {
        let again = say(&asked, &denied.votes, &ben, decision).unwrap_err();
        assert!(matches!(again, Refusal::VotedAlready(_)), "{again:?}");
    }
    let third = say(&asked, &second.votes, &dan, Decision::Approve).unwrap();
    assert!(third.decided);
    assert_eq!(approvals_of(&asked, &third.votes), (3, 3));
}

#[test]
fn a_person_and_all_its_robots_are_one_voice() {
    let people = ["anna@x", "night", "day"];
    let asked = asked(&[(&people, 2)], 2);
    let (anna, night, day) = (
        person("anna@x"),
        robot("night", "anna@x"),
        robot("day", "anna@x"),
    );
    let first = say(&asked, &[], &night, Decision::Approve).unwrap();
    for other in [&anna, &night, &day] {
        let again = say(&asked, &first.votes, other, Decision::Approve).unwrap_err();
        assert!(matches!(again, Refusal::VotedAlready(_)), "{again:?}");
    }
    let denied = say(&asked, &first.votes, &day, Decision::Deny).unwrap();
    assert_eq!((denied.votes.len(), denied.decided), (1, false));
    let again = say(&asked, &denied.votes, &anna, Decision::Deny).unwrap_err();
    assert!(matches!(again, Refusal::VotedAlready(_)), "{again:?}");
}

#[test]
fn a_robot_that_is_called_like_an_address_is_not_that_person() {
    let asked = asked(&[(&["anna@x"], 1)], 1);
    let false_anna = robot("anna@x", "ben@x");
    let refused = say(&asked, &[], &false_anna, Decision::Approve).unwrap_err();
    assert!(
        matches!(refused, Refusal::NotAnApprover { .. }),
        "{refused:?}"
    );
    let mut loud = person("anna@x");
    loud.party.name = "ANNA@X".to_owned();
    assert!(say(&asked, &[], &loud, Decision::Approve).unwrap().decided);
}

#[test]
fn a_role_names_whoever_holds_it_and_nobody_is_named_by_nothing() {
    let of_role = |role| {
        let mut asked = asked(&[(&[], 1)], 1);
        asked.stages[0].approvers.roles = vec![role];
        say(&asked, &[], &person("anna@x"), Decision::Approve)
    };
    assert!(
        of_role(Role::CustomerLockboxAccessApprover)
            .unwrap()
            .decided
    );
    assert!(of_role(Role::GlobalAdministrator).is_err());
    let nobody = asked(&[(&[], 1)], 1);
    assert!(say(&nobody, &[], &person("anna@x"), Decision::Approve).is_err());
    // Where no stage is named, one approver of any role is enough.
    let anybody = asked(&[], 1);
    assert!(
        say(&anybody, &[], &person("anna@x"), Decision::Approve)
            .unwrap()
            .decided
    );
    assert_eq!(approvals_of(&anybody, &[]), (0, 1));
}

#[test]
fn escalation_opens_every_stage_at_its_instant() {
    let mut asked = asked(&[(&["anna@x"], 1), (&["ben@x"], 1)], 1);
    asked.escalate = vec![AskedEscalation {
        rule: "r".to_owned(),
        after_seconds: 3_600,
        to: list(&["cleo@x", "dan@x"]),
    }];
    let at = |votes: &[Vote], who: &str, now| {
        let ballot = Ballot {
            asked: &asked,
            votes,
            clock_start: hours(1),
            now,
        };
        let voice = Voice {
            decision: Decision::Approve,
            giver: &person(who),
            absent: &[],
            comment: None,
            seconds: Some(60),
        };
        count(ballot, voice)
    };
    let early = at(&[], "cleo@x", hours(2).plus_millis(-1)).unwrap_err();
    let only_anna = vec!["anna@x".to_owned()];
    assert!(
        matches!(&early, Refusal::NotAnApprover { approvers, .. } if *approvers == only_anna),
        "{early:?}"
    );
    let first = at(&[], "cleo@x", hours(2)).unwrap();
    assert_eq!((first.stage, first.decided), (1, false));
    assert_eq!(first.votes[0].seconds, Some(60));
    assert!(at(&first.votes, "cleo@x", hours(3)).is_err(), "one voice");
    assert!(at(&first.votes, "dan@x", hours(3)).unwrap().decided);
}

#[test]
fn whoever_stands_in_takes_the_seat_of_who_is_away() {
    let asked = asked(&[(&["anna@x", "ben@x"], 2)], 3);
    let (anna, ben, dan) = (person("anna@x"), person("ben@x"), person("dan@x"));
    let away = std::slice::from_ref(&anna);
    let stranger = say(&asked, &[], &dan, Decision::Approve).unwrap_err();
    assert!(matches!(stranger, Refusal::NotAnApprover { .. }));
    let first = say_for(&asked, &[], &dan, Decision::Approve, away).unwrap();
    assert_eq!(first.votes[0].on_behalf_of, Some(anna.party.clone()));
    // The seat is taken, for her and for anybody else who stands in.
    let again = say(&asked, &first.votes, &anna, Decision::Approve).unwrap_err();
    assert!(matches!(again, Refusal::VotedAlready(_)), "{again:?}");
    let other = say_for(
        &asked,
        &first.votes,
        &person("erin@x"),
        Decision::Approve,
        away,
    );
    assert!(other.is_err());
    assert!(
        say(&asked, &first.votes, &ben, Decision::Approve)
            .unwrap()
            .decided
    );
    // She comes back and says no: her seat's approval is gone with it.
    let denied = say(&asked, &first.votes, &anna, Decision::Deny).unwrap();
    assert_eq!((denied.votes.len(), denied.given), (1, 1));
    // Who may in his own right does not take another's seat.
    let own = say_for(&asked, &[], &ben, Decision::Approve, away).unwrap();
    assert_eq!(own.votes[0].on_behalf_of, None);
}

#[test]
fn delegates_stand_in_from_their_first_instant_up_to_their_last() {
    let delegate = |from: &str, until: &str| Delegate {
        person: "anna@x".to_owned(),
        to: "Dan@x".to_owned(),
        from: from.to_owned(),
        until: until.to_owned(),
    };
    let delegates = [delegate(
        "2026-11-21T12:00:00+01:00",
        "2026-11-21T12:00:00Z",
    )];
    for (label, now, expected) in [
        ("dan@x", "2026-11-21T10:59:59.999Z", 0),
        ("dan@x", "2026-11-21T11:00:00Z", 1),
        ("dan@x", "2026-11-21T11:59:59.999Z", 1),
        ("dan@x", "2026-11-21T12:00:00Z", 0),
        ("ben@x", "2026-11-21T11:00:00Z", 0),
    ] {
        let now = Timestamp::parse(now).unwrap();
        let found: Vec<&str> = stands_in_for(&delegates, label, now).collect();
        assert_eq!(found, vec!["anna@x"; expected], "{label} at {now}");
    }
    let unreadable = [delegate("yesterday", "2026-11-21T12:00:00Z")];
    assert_eq!(stands_in_for(&unreadable, "dan@x", hours(0)).count(), 0);
}

#[test]
fn a_reason_is_asked_for_where_the_policy_wants_one() {
    let mut asked = asked(&[(&["anna@x"], 1)], 1);
    let anna = person("anna@x");
    for (approve, deny) in [(true, false), (false, true)] {
        (asked.reason_to_approve, asked.reason_to_deny) = (approve, deny);
        for (decision, wanted) in [(Decision::Approve, approve), (Decision::Deny, deny)] {
            for (comment, reasoned) in [(None, false), (Some(" \n"), false), (Some("ok"), true)] {
                let ballot = Ballot {
                    asked: &asked,
                    votes: &[],
                    clock_start: hours(1),
                    now: hours(2),
                };
                let voice = Voice {
                    decision,
                    giver: &anna,
                    absent: &[],
                    comment,
                    seconds: None,
                };
                let answer = count(ballot, voice);
                if wanted && !reasoned {
                    assert_eq!(answer, Err(Refusal::ReasonRequired(decision)));
                } else {
                    assert!(answer.unwrap().decided);
                }
            }
        }
    }
}

#[test]
fn approvals_stand_only_as_long_as_they_could_still_be_given() {
    let [anna, ben, cleo] = ["anna@x", "ben@x", "cleo@x"].map(person);
    let asked = asked(&[(&["anna@x", "ben@x"], 2)], 2);
    let first = say(&asked, &[], &anna, Decision::Approve).unwrap().votes;
    let votes = say_for(
        &asked,
        &first,
        &cleo,
        Decision::Approve,
        std::slice::from_ref(&ben),
    );
    let mut votes = votes.unwrap().votes;
    let denial = say(&asked, &votes, &person("dan@x"), Decision::Deny).unwrap();
    votes.extend(denial.votes.last().cloned());
    let standing = |asked: &Asked, able: &[&Approver]| {
        let able: Vec<Approver> = able.iter().map(|one| (*one).clone()).collect();
        let ballot = Ballot {
            asked,
            votes: &votes,
            clock_start: hours(0),
            now: hours(1),
        };
        let names = ballot.standing(&able).into_iter();
        names.map(|vote| vote.party.name).collect::<Vec<_>>()
    };
    let all = ["anna@x", "cleo@x", "dan@x"];
    assert_eq!(standing(&asked, &[&anna, &ben, &cleo]), all);
    assert_eq!(standing(&asked, &[&ben, &cleo]), ["cleo@x", "dan@x"]);
    // For whom it was given, and who gave it, both have to be there.
    assert_eq!(standing(&asked, &[&anna, &cleo]), ["anna@x", "dan@x"]);
    assert_eq!(standing(&asked, &[&anna, &ben]), ["anna@x", "dan@x"]);
    let mut fewer = asked.clone();
    fewer.stages[0].approvers = list(&["ben@x"]);
    assert_eq!(standing(&fewer, &[&anna, &ben, &cleo]), ["cleo@x", "dan@x"]);
}
