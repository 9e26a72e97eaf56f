use super::*;
use crate::domain::policy::Facts;
use crate::domain::policy::effective::{AskedEscalation, Verdict};
use crate::domain::policy::judge::random_tests::{arrival, asks, rule, rules};
use crate::domain::policy::testing::{self, facts};
use proptest::prelude::*;
use serde_json::{Value, json};

fn asked(rules: Value) -> Asked {
    testing::policy(rules).judge(&facts(&testing::ask())).asked
}

fn stages(list: &[(&str, u32)]) -> Asked {
    let stages: Vec<Value> = list
        .iter()
        .map(|(who, needed)| {
            let approvers = if who.contains('@') {
                json!({"people": who.split(' ').collect::<Vec<_>>()})
            } else {
                json!({"roles": who.split(' ').collect::<Vec<_>>()})
            };
            json!({"approvers": approvers, "needed": needed})
        })
        .collect();
    match stages.is_empty() {
        true => asked(json!([])),
        false => asked(json!([{"id": "r", "ask": {"stages": stages}}])),
    }
}

fn shown(asked: &Asked) -> Vec<(String, u32)> {
    let who = |stage: &AskedStage| {
        let roles: Vec<&str> = stage
            .approvers
            .roles
            .iter()
            .map(|role| role.as_str())
            .collect();
        [roles.join(" "), stage.approvers.people.join(" ")].concat()
    };
    asked
        .stages
        .iter()
        .map(|stage| (who(stage), stage.needed))
        .collect()
}

#[test]
fn stages_become_stricter_and_never_weaker() {
    let both = "GlobalAdministrator CustomerLockboxAccessApprover";
    let three = "a@x.y b@x.y c@x.y";
    type List<'a> = &'a [(&'a str, u32)];
    let cases: [(List<'_>, List<'_>, List<'_>); 11] = [
        // The same people: the larger number.
        (&[(three, 1)], &[(three, 2)], &[(three, 2)]),
        (&[(three, 2)], &[(three, 1)], &[(three, 2)]),
        // Some of them take their place; others do not.
        (&[(three, 1)], &[("a@x.y b@x.y", 1)], &[("a@x.y b@x.y", 1)]),
        (&[("a@x.y", 1)], &[(three, 2)], &[("a@x.y", 1)]),
        (&[(both, 1)], &[(three, 1)], &[(three, 1)]),
        (
            &[("GlobalAdministrator", 1)],
            &[("a@x.y", 1)],
            &[("GlobalAdministrator", 1)],
        ),
        // Others do not, and the larger number counts where it can be reached.
        (&[("a@x.y b@x.y", 1)], &[(three, 2)], &[("a@x.y b@x.y", 2)]),
        (
            &[("a@x.y b@x.y", 1), ("a@x.y", 1)],
            &[(three, 2)],
            &[("a@x.y b@x.y", 1), ("a@x.y", 1)],
        ),
        // None means one approval by anybody.
        (&[], &[(three, 2)], &[(three, 2)]),
        (&[(three, 2)], &[], &[(three, 2)]),
        // Further ones are added.
        (
            &[(three, 1)],
            &[(three, 1), ("d@x.y", 1)],
            &[(three, 1), ("d@x.y", 1)],
        ),
    ];
    for (terms, in_force, expected) in cases {
        let both = combine(&stages(terms), &stages(in_force));
        assert_eq!(
            shown(&both),
            shown(&stages(expected)),
            "{terms:?} {in_force:?}"
        );
    }
}

#[test]
fn lines_become_stricter_and_what_happened_on_arrival_stays() {
    let terms = asked(json!([{"id": "r", "ask": {
        "denyThreshold": 3, "longestMinutes": 60, "reasonToDeny": true, "answerWithinMinutes": 100,
        "remindAfterMinutes": [5]}}]));
    let in_force = asked(json!([{"id": "r", "ask": {
        "denyThreshold": 2, "longestMinutes": 90, "reasonToApprove": true, "answerWithinMinutes": 50,
        "accessWithin": "office", "holdUntilOpen": "office", "hook": "h", "remindAfterMinutes": [9],
        "escalate": [{"afterMinutes": 7, "to": {"roles": ["GlobalAdministrator"]}}]}}]));
    let expected = Asked {
        deny_threshold: 2,
        reason_to_approve: true,
        access_within: vec!["office".to_owned()],
        ..terms.clone()
    };
    assert_eq!(combine(&terms, &in_force), expected);
    assert_eq!(combine(&terms, &terms), terms);
}

/// The sentences for a change of these rules.
fn said(before: Value, after: Value) -> Vec<String> {
    weakens(&testing::document(before), &testing::document(after))
}

#[test]
fn what_is_stricter_is_no_weakening() {
    let deny = json!({"reason": "no"});
    let ask = json!([{"id": "a", "match": {"services": ["Teams"]}, "ask": {
        "longestMinutes": 60, "stages": [{"approvers": {"groups": ["night-shift"]}}]}}]);
    for (before, after) in [
        (json!([]), json!([{"id": "d", "deny": deny}])),
        (json!([]), ask.clone()),
        (
            json!([{"id": "d", "match": {"services": ["Teams"]}, "deny": deny}]),
            json!([{"id": "D", "match": {"services": ["exchange", "teams"]}, "deny": {"reason": "never"}}]),
        ),
        (
            json!([{"id": "d", "match": {"longerThanMinutes": 60}, "unless": {"reasonWords": ["outage"]}, "deny": deny}]),
            json!([{"id": "d", "match": {"longerThanMinutes": 30}, "deny": deny}]),
        ),
        (
            json!([{"id": "y", "approve": {"longestMinutes": 60}}]),
            json!([]),
        ),
        (
            json!([{"id": "y", "approve": {"longestMinutes": 60}}]),
            json!([{"id": "y", "match": {"accessLevel": "read"}, "approve": {"longestMinutes": 30, "accessWithin": "office"}}]),
        ),
        (
            ask.clone(),
            json!([{"id": "a", "match": {"services": ["Teams"]}, "ask": {
            "longestMinutes": 30, "reasonToDeny": true,
            "stages": [{"approvers": {"people": ["dan@contoso.com"]}}, {"approvers": {"roles": ["GlobalAdministrator"]}}]}}]),
        ),
    ] {
        assert_eq!(
            said(before.clone(), after.clone()),
            Vec::<String>::new(),
            "{before} {after}"
        );
    }
}

#[test]
fn every_weakening_has_a_sentence() {
    let deny = json!({"reason": "no"});
    let stages = json!([{"approvers": {"people": ["dan@contoso.com"]}, "needed": 1}]);
    let ask = |line: &str, value: Value| json!([{"id": "a", "ask": {line: value}}]);
    let nothing = json!([{"id": "a", "ask": {}}]);
    for (before, after, expected) in [
        (
            json!([{"id": "d", "deny": deny}]),
            json!([]),
            "The rule 'd' is gone.",
        ),
        (
            json!([{"id": "d", "deny": deny}]),
            json!([{"id": "d", "ask": {}}]),
            "The rule 'd' does something else.",
        ),
        (
            json!([{"id": "d", "deny": deny}]),
            json!([{"id": "d", "when": "request.ticket == ''", "deny": deny}]),
            "The rule 'd' may leave out requests that it held for.",
        ),
        (
            json!([]),
            json!([{"id": "y", "approve": {"longestMinutes": 1}}]),
            "The rule 'y' approves without a person.",
        ),
        (
            json!([{"id": "y", "approve": {"longestMinutes": 1}}]),
            json!([{"id": "y", "approve": {"longestMinutes": 2}}]),
            "The rule 'y' approves longer access.",
        ),
        (
            ask("longestMinutes", json!(60)),
            ask("longestMinutes", json!(61)),
            "The rule 'a' allows longer access.",
        ),
        (
            ask("longestMinutes", json!(60)),
            nothing.clone(),
            "The rule 'a' allows longer access.",
        ),
        (
            ask("answerWithinMinutes", json!(60)),
            nothing.clone(),
            "The rule 'a' gives more time to answer.",
        ),
        (
            nothing.clone(),
            ask("denyThreshold", json!(2)),
            "The rule 'a' takes more denials to end a request.",
        ),
        (
            ask("accessWithin", json!("office")),
            nothing.clone(),
            "The rule 'a' bounds access by another calendar, or by none.",
        ),
        (
            nothing.clone(),
            ask("holdUntilOpen", json!("office")),
            "The rule 'a' holds the customer's clock.",
        ),
        (
            ask("reasonToDeny", json!(true)),
            nothing.clone(),
            "The rule 'a' no longer wants a reason to deny.",
        ),
        (
            ask("reasonToApprove", json!(true)),
            nothing.clone(),
            "The rule 'a' no longer wants a reason to approve.",
        ),
        (
            ask("ticketRequired", json!(true)),
            nothing.clone(),
            "The rule 'a' no longer wants a ticket.",
        ),
        (
            ask("stages", stages.clone()),
            nothing.clone(),
            "The rule 'a' lets fewer or other people approve.",
        ),
        (
            nothing.clone(),
            ask("hook", json!("h")),
            "The rule 'a' asks another program first.",
        ),
        (
            nothing.clone(),
            ask(
                "escalate",
                json!([{"afterMinutes": 5, "to": {"roles": ["GlobalAdministrator"]}}]),
            ),
            "The rule 'a' lets more people decide later.",
        ),
        (
            ask("stages", stages.clone()),
            json!([{"id": "a", "ask": {"stages": stages}}, {"id": "b", "match": {"services": ["Teams"]}, "ask": {"stages": stages}}]),
            "The stages of the rule 'b' may take the place of others.",
        ),
        (
            json!([{"id": "a", "match": {"services": ["Teams"]}, "ask": {"stages": stages}}]),
            json!([{"id": "a", "ask": {"stages": stages}}]),
            "The stages of the rule 'a' may give way to those of others.",
        ),
    ] {
        assert_eq!(
            said(before.clone(), after.clone()),
            [expected],
            "{before} {after}"
        );
    }
}

#[test]
fn groups_calendars_delegates_and_four_eyes_count_too() {
    let rules = json!([
        {"id": "a", "ask": {"stages": [{"approvers": {"groups": ["night-shift"]}}]}},
        {"id": "d", "match": {"outside": "office"}, "deny": {"reason": "no"}},
    ]);
    let before = testing::document(rules);
    let changed = |change: fn(&mut crate::domain::policy::document::Document)| {
        let mut after = before.clone();
        change(&mut after);
        (weakens(&before, &after), weakens(&after, &before))
    };
    let none = Vec::<String>::new();
    assert_eq!(
        changed(|d| d
            .groups
            .get_mut("night-shift")
            .unwrap()
            .push("kim@contoso.com".to_owned())),
        (
            vec!["The rule 'a' lets fewer or other people approve.".to_owned()],
            none.clone()
        )
    );
    let hours = vec!["The calendar 'office' has other hours, and rules go by it.".to_owned()];
    let holiday = |name: &str| crate::domain::policy::document::Holiday {
        date: "2026-12-25".to_owned(),
        name: Some(name.to_owned()),
    };
    let mut named = before.clone();
    named
        .calendars
        .get_mut("office")
        .unwrap()
        .holidays
        .push(holiday("Christmas"));
    assert_eq!(weakens(&before, &named), hours);
    let mut renamed = before.clone();
    renamed
        .calendars
        .get_mut("office")
        .unwrap()
        .holidays
        .push(holiday("Noël"));
    assert_eq!(weakens(&named, &renamed), none);
    assert_eq!(
        changed(|d| d.four_eyes =
            Some(crate::domain::policy::document::FourEyes { recovery_hours: 24 })),
        (
            none.clone(),
            vec!["Changing the policy takes one administrator, no longer two.".to_owned()]
        )
    );
    let away = |until: &str| crate::domain::policy::document::Delegate {
        person: "dan@contoso.com".to_owned(),
        to: "kim@contoso.com".to_owned(),
        from: "2026-12-01T00:00:00Z".to_owned(),
        until: until.to_owned(),
    };
    let (mut short, mut long) = (before.clone(), before.clone());
    short.delegates.push(away("2026-12-02T00:00:00Z"));
    long.delegates.push(away("2026-12-03T00:00:00Z"));
    let line =
        ["kim@contoso.com may decide for dan@contoso.com at a time at which that was not so."];
    assert_eq!(weakens(&before, &short), line);
    assert_eq!(weakens(&short, &long), line);
    assert_eq!(weakens(&long, &short), none);
}

/// Whether people are asked at least as strictly, so far as stages and lines show it.
fn as_strict(before: &Asked, after: &Asked) -> Result<(), &'static str> {
    let escalated = |new: &AskedEscalation| {
        before
            .escalate
            .iter()
            .any(|old| old.after_seconds <= new.after_seconds && subset(&new.to, &old.to))
    };
    let staged = |old: &AskedStage| {
        after
            .stages
            .iter()
            .any(|new| new.needed >= old.needed && subset(&new.approvers, &old.approvers))
    };
    let within = |one: &[String], other: &[String]| one.iter().all(|name| other.contains(name));
    for (fine, line) in [
        (
            after.deny_threshold <= before.deny_threshold,
            "deny threshold",
        ),
        (after.answer_seconds <= before.answer_seconds, "answer"),
        (after.longest_seconds <= before.longest_seconds, "longest"),
        (
            after.reason_to_approve >= before.reason_to_approve,
            "reason to approve",
        ),
        (
            after.reason_to_deny >= before.reason_to_deny,
            "reason to deny",
        ),
        (
            within(&before.access_within, &after.access_within),
            "access within",
        ),
        (
            within(&after.hold_until_open, &before.hold_until_open),
            "hold",
        ),
        (within(&after.hooks, &before.hooks), "hooks"),
        (before.stages.iter().all(staged), "stages"),
        (after.escalate.iter().all(escalated), "escalations"),
    ] {
        if !fine {
            return Err(line);
        }
    }
    Ok(())
}

/// Rules, and the same with one or two of them taken out, put in or written anew.
fn changes() -> impl Strategy<Value = (Vec<Value>, Vec<Value>)> {
    let edits = prop::collection::vec((0..7_usize, prop::option::of(rule(String::new()))), 1..3);
    (rules(), edits).prop_map(|(before, edits)| {
        let mut after = before.clone();
        for (place, new) in edits {
            let id = format!("r{place}");
            let old = after.iter().position(|rule| rule["id"] == json!(id));
            match (old, new) {
                (Some(old), None) => drop(after.remove(old)),
                (old, Some(mut new)) => {
                    new["id"] = json!(id);
                    match old {
                        Some(old) => after[old] = new,
                        None => after.push(new),
                    }
                }
                (None, None) => {}
            }
        }
        (before, after)
    })
}

proptest! {
    // Half of the changes weaken something; a case compiles two policies.
    #![proptest_config(ProptestConfig { cases: 256, max_global_rejects: 4_096, ..ProptestConfig::default() })]

    /// A change that is called no weakening lets nothing through that was stopped, and asks
    /// nobody less.
    #[test]
    fn what_is_called_no_weakening_is_none((before, after) in changes(), ask in asks(), arrived_at in arrival()) {
        let (before, after) = (testing::document(json!(before)), testing::document(json!(after)));
        prop_assume!(weakens(&before, &after).is_empty());
        let facts = Facts { arrived_at, ..facts(&ask) };
        let old = testing::compile(before).unwrap().judge(&facts);
        let new = testing::compile(after).unwrap().judge(&facts);
        let rank = |verdict: &Verdict| match verdict {
            Verdict::Deny { .. } => 0,
            Verdict::Ask => 1,
            Verdict::Approve { .. } => 2,
        };
        let (rank_old, rank_new) = (rank(&old.verdict), rank(&new.verdict));
        prop_assert!(rank_new <= rank_old, "{} after {}", rank_new, rank_old);
        // What was denied, or is decided by people now, is not less than it was.
        if rank_new == rank_old && rank_new > 0 {
            prop_assert_eq!(as_strict(&old.asked, &new.asked), Ok(()));
        }
    }

    /// Combined terms are at least as strict as the terms.
    #[test]
    fn combined_terms_are_never_weaker(one in rules(), other in rules()) {
        let (terms, in_force) = (asked(json!(one)), asked(json!(other)));
        let both = combine(&terms, &in_force);
        prop_assert_eq!(as_strict(&terms, &both), Ok(()));
        prop_assert_eq!(combine(&both, &in_force), both);
    }
}
