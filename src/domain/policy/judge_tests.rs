use super::*;
use crate::domain::policy::document::Document;
use crate::domain::policy::effective::Asked;
use crate::domain::policy::testing::{self, MONDAY_NOON, SUNDAY_NOON, at, facts, short};
use serde_json::{Value, json};

fn judged(rules: Value) -> Judgement {
    testing::policy(rules).judge(&facts(&testing::ask()))
}

#[test]
fn without_rules_people_are_asked_as_ever() {
    let judgement = judged(json!([]));
    assert_eq!(short(&judgement), "ask");
    assert_eq!(
        judgement.asked,
        Asked {
            stages: Vec::new(),
            deny_threshold: 1,
            answer_seconds: 12 * 3_600,
            longest_seconds: 4 * 3_600,
            access_within: Vec::new(),
            hold_until_open: Vec::new(),
            reason_to_approve: false,
            reason_to_deny: false,
            remind_after_seconds: Vec::new(),
            escalate: Vec::new(),
            hooks: Vec::new(),
        }
    );
    let from: Vec<_> = judgement
        .origins
        .iter()
        .map(|o| (o.line, o.from.as_str()))
        .collect();
    assert_eq!(
        from,
        [
            ("denyThreshold", "default"),
            ("answerSeconds", "settings"),
            ("longestSeconds", "profile")
        ]
    );
    assert!(!judgement.by_calendar);
}

#[test]
fn deny_before_approve_before_ask_and_the_most_particular_is_named() {
    let deny = json!({"reason": "no"});
    let approve = json!({"longestMinutes": 30});
    let rules = json!([
        {"id": "e-ask", "ask": {"longestMinutes": 20}},
        {"id": "d-yes", "match": {"resources": ["mailbox/*"]}, "approve": approve},
        {"id": "c-no", "match": {"services": ["Exchange"]}, "deny": deny},
        {"id": "b-no", "match": {"services": ["Exchange"]}, "deny": deny},
        {"id": "a-no", "deny": deny},
        {"id": "other", "match": {"services": ["Teams"]}, "deny": deny},
    ]);
    let judgement = judged(rules.clone());
    assert_eq!(short(&judgement), "deny b-no");
    assert_eq!(judgement.sentence, "The rule 'b-no' denies it: no");
    let applied: Vec<_> = judgement.applied.iter().map(|a| a.rule.as_str()).collect();
    assert_eq!(applied, ["a-no", "b-no", "c-no", "d-yes", "e-ask"]);
    assert_eq!(
        judgement.asked.longest_seconds,
        20 * 60,
        "whatever the verdict"
    );

    let without_deny: Vec<Value> = rules
        .as_array()
        .unwrap()
        .iter()
        .filter(|r| r.get("deny").is_none())
        .cloned()
        .collect();
    assert_eq!(short(&judged(json!(without_deny))), "approve d-yes");
}

#[test]
fn approval_without_a_person_needs_the_setting_and_is_never_for_emergencies() {
    let policy = testing::policy(json!([{"id": "yes", "approve": {"longestMinutes": 30}}]));
    let ask = testing::ask();
    let on = facts(&ask);
    assert_eq!(short(&policy.judge(&on)), "approve yes");
    let off = policy.judge(&Facts {
        automatic_approval: false,
        ..on
    });
    assert_eq!(short(&off), "ask");
    assert!(
        off.sentence
            .ends_with("would approve it, but automatic approval is off."),
        "{}",
        off.sentence
    );
    let emergency = policy.judge(&Facts {
        emergency: true,
        ..on
    });
    assert_eq!(short(&emergency), "ask");
    assert!(emergency.sentence.contains("emergency"));
}

#[test]
fn unless_takes_back_and_time_is_the_arrival() {
    let policy = testing::policy(json!([
        {"id": "nights", "match": {"outside": "office"}, "unless": {"reasonWords": ["outage"]},
         "deny": {"reason": "closed"}}
    ]));
    let mut ask = testing::ask();
    let at = |ask: &Ask, instant: &str| {
        let judgement = policy.judge(&Facts {
            arrived_at: at(instant),
            ..facts(ask)
        });
        (short(&judgement), judgement.by_calendar)
    };
    assert_eq!(at(&ask, MONDAY_NOON), ("ask".to_owned(), true));
    assert_eq!(at(&ask, SUNDAY_NOON), ("deny nights".to_owned(), true));
    assert_eq!(at(&ask, "2026-11-23T07:59:59.999Z").0, "deny nights");
    assert_eq!(at(&ask, "2026-11-23T08:00:00Z").0, "ask");
    assert_eq!(at(&ask, "2026-11-23T17:59:59.999Z").0, "ask");
    assert_eq!(at(&ask, "2026-11-23T18:00:00Z").0, "deny nights");
    ask.reason = "An outage".to_owned();
    assert_eq!(at(&ask, SUNDAY_NOON).0, "ask");
}

#[test]
fn the_stricter_line_counts_and_says_where_it_is_from() {
    let judgement = judged(json!([
        {"id": "a", "ask": {
            "denyThreshold": 3, "answerWithinMinutes": 120, "longestMinutes": 60, "reasonToDeny": true,
            "remindAfterMinutes": [90, 30], "accessWithin": "office", "hook": "h2",
            "escalate": [{"afterMinutes": 100, "to": {"groups": ["night-shift"]}}]}},
        {"id": "b", "match": {"services": ["Exchange"]}, "ask": {
            "denyThreshold": 2, "answerWithinMinutes": 100, "longestMinutes": 60, "reasonToApprove": true,
            "remindAfterMinutes": [30], "holdUntilOpen": "office", "hook": "h1",
            "escalate": [{"afterMinutes": 40, "to": {"people": ["Zoe@contoso.com"]}}]}},
        {"id": "c", "approve": {"longestMinutes": 90}},
    ]));
    let asked = &judgement.asked;
    assert_eq!(
        (
            asked.deny_threshold,
            asked.answer_seconds,
            asked.longest_seconds
        ),
        (2, 6_000, 3_600)
    );
    assert!(asked.reason_to_approve && asked.reason_to_deny);
    assert_eq!(
        (&asked.access_within[..], &asked.hold_until_open[..]),
        (&["office".to_owned()][..], &["office".to_owned()][..])
    );
    assert_eq!(asked.hooks, ["h1", "h2"]);
    assert_eq!(asked.remind_after_seconds, [1_800, 5_400]);
    let escalate: Vec<_> = asked
        .escalate
        .iter()
        .map(|e| (e.rule.as_str(), e.after_seconds, &e.to.people[..]))
        .collect();
    // That of rule a would come when the time to answer is over.
    assert_eq!(
        escalate,
        [("b", 2_400, &["zoe@contoso.com".to_owned()][..])]
    );
    let from = |line: &str| -> Vec<&str> {
        judgement
            .origins
            .iter()
            .filter(|o| o.line == line)
            .map(|o| o.from.as_str())
            .collect()
    };
    assert_eq!(from("denyThreshold"), ["b"]);
    assert_eq!(from("answerSeconds"), ["b"]);
    assert_eq!(
        from("longestSeconds"),
        ["b"],
        "of equal ones the most particular"
    );
    assert_eq!(from("remindAfterSeconds"), ["a", "b"]);
    assert_eq!(from("hooks"), ["a", "b"]);
}

#[test]
fn a_rule_never_widens_what_settings_and_profile_allow() {
    let asked = judged(json!([
        {"id": "a", "ask": {"answerWithinMinutes": 10_000, "longestMinutes": 10_000}}
    ]))
    .asked;
    assert_eq!(
        (asked.answer_seconds, asked.longest_seconds),
        (12 * 3_600, 4 * 3_600)
    );
}

#[test]
fn stages_come_from_the_most_particular_rules_that_name_any() {
    let stage = |needed: u32| json!({"approvers": {"roles": ["GlobalAdministrator"], "groups": ["night-shift"]}, "needed": needed});
    let rules = json!([
        {"id": "z", "match": {"services": ["Exchange"]}, "ask": {"stages": [stage(3)]}},
        {"id": "y", "match": {"services": ["Exchange"]}, "ask": {"stages": [stage(1), stage(2)]}},
        {"id": "org", "ask": {"stages": [stage(4)]}},
        {"id": "res", "match": {"resources": ["*"]}, "ask": {"reasonToDeny": true}},
    ]);
    let stages = judged(rules).asked.stages;
    let found: Vec<_> = stages.iter().map(|s| (s.rule.as_str(), s.needed)).collect();
    assert_eq!(found, [("y", 1), ("y", 2), ("z", 3)]);
    assert_eq!(
        stages[0].approvers.people,
        ["dan@contoso.com", "eve@contoso.com"]
    );
    assert!(stages[0].approvers.groups.is_empty());
}

#[test]
fn stages_replace_others_only_where_their_rule_holds_for_the_whole_request() {
    let stage = |needed: u32| json!({"approvers": {"groups": ["night-shift"]}, "needed": needed});
    let policy = testing::policy(json!([
        {"id": "boss", "match": {"resources": ["mailbox/boss"]}, "ask": {"stages": [stage(2)]}},
        {"id": "box", "match": {"resources": ["sandbox/*"]}, "ask": {"stages": [stage(1)]}},
        {"id": "chat", "match": {"services": ["Exchange"], "dataCategories": ["chat"]},
         "ask": {"stages": [stage(1)]}},
        {"id": "org", "ask": {"stages": [stage(2)]}},
    ]));
    for (resources, categories, expected) in [
        (&["sandbox/a"][..], &["mail"][..], &["box"][..]),
        (&["sandbox/a", "site/x"], &["mail"], &["box", "org"]),
        (
            &["sandbox/a", "mailbox/boss"],
            &["mail"],
            &["boss", "box", "org"],
        ),
        (&["mailbox/boss"], &["mail"], &["boss"]),
        (&[], &["mail"], &["boss", "box", "org"]),
        (&["site/x"], &["chat"], &["chat"]),
        (&["site/x"], &["chat", "mail"], &["chat", "org"]),
        (&["site/x"], &["mail"], &["org"]),
    ] {
        let own = |list: &[&str]| list.iter().map(|one| (*one).to_owned()).collect();
        let mut ask = testing::ask();
        (ask.resources, ask.data_categories) = (own(resources), own(categories));
        let stages = policy.judge(&facts(&ask)).asked.stages;
        let found: Vec<&str> = stages.iter().map(|stage| stage.rule.as_str()).collect();
        assert_eq!(found, expected, "{resources:?} {categories:?}");
    }
}

#[test]
fn what_approves_a_part_bounds_what_approves_the_whole() {
    let policy = testing::policy(json!([
        {"id": "all", "approve": {"longestMinutes": 60}},
        {"id": "mail", "match": {"resources": ["mailbox/*"]},
         "approve": {"longestMinutes": 10, "accessWithin": "office"}},
    ]));
    let mut ask = testing::ask();
    for more in ["mailbox/ben", "site/x"] {
        ask.resources.push(more.to_owned());
        let judgement = policy.judge(&facts(&ask));
        assert!(short(&judgement).starts_with("approve"), "{more}");
        assert_eq!(judgement.asked.longest_seconds, 600, "{more}");
        assert_eq!(judgement.asked.access_within, ["office"], "{more}");
    }
}

#[test]
fn a_missing_ticket_denies_where_a_rule_wants_one() {
    let policy = testing::policy(json!([
        {"id": "t", "ask": {"ticketRequired": true}},
        {"id": "yes", "match": {"services": ["Exchange"]}, "approve": {"longestMinutes": 5}},
    ]));
    let mut ask = testing::ask();
    assert_eq!(short(&policy.judge(&facts(&ask))), "approve yes");
    ask.ticket.clear();
    let judgement = policy.judge(&facts(&ask));
    assert_eq!(
        judgement.verdict,
        Verdict::Deny {
            rule: "t".to_owned(),
            reason: TICKET_MISSING.to_owned()
        }
    );
}

#[test]
fn the_hash_is_that_of_the_canonical_document() {
    let document = testing::document(json!([{"id": "n", "deny": {"reason": "no"}}]));
    let canonical = r#"{"calendars":{"office":{"weekly":{"monday-friday":["08:00-18:00"]},"zone":"UTC"}},"format":"lockbox-policy/1","groups":{"night-shift":["Eve@contoso.com","dan@contoso.com"]},"rules":[{"deny":{"reason":"no"},"id":"n"}]}"#;
    let expected = hex::encode(crate::crypto::sha256(&[canonical.as_bytes()]));
    let policy = testing::compile(document.clone()).unwrap();
    assert_eq!(policy.hash(), expected);
    let again: Document = serde_json::from_str(&serde_json::to_string(&document).unwrap()).unwrap();
    assert_eq!(testing::compile(again).unwrap().hash(), expected);
}
