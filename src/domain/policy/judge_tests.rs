use super::*;
use crate::domain::policy::document::Document;
use crate::domain::policy::effective::Asked;
use crate::domain::policy::testing::{self, MONDAY_NOON, SUNDAY_NOON, at, facts, short};
use crate::domain::request::AccessLevel;
use proptest::prelude::*;
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

/// Parts of a match, so few different ones that random requests meet them often.
pub(crate) fn matches() -> impl Strategy<Value = Value> {
    let part = prop_oneof![
        Just(json!({})),
        Just(json!({"services": ["Exchange"]})),
        Just(json!({"services": ["Exchange", "Teams"]})),
        Just(json!({"resources": ["mailbox/*"]})),
        Just(json!({"resources": ["mailbox/*", "site/*"], "services": ["Exchange"]})),
        Just(json!({"resources": ["site/*"], "dataCategories": ["mail"]})),
        Just(json!({"dataCategories": ["chat"]})),
        Just(json!({"longerThanMinutes": 30})),
        Just(json!({"longerThanMinutes": 60})),
        Just(json!({"within": "office"})),
        Just(json!({"outside": "office"})),
        Just(json!({"ticketPresent": true})),
        Just(json!({"accessLevel": "write", "reasonWords": ["mail"]})),
    ];
    part.boxed()
}

fn act() -> impl Strategy<Value = (&'static str, Value)> {
    let approvers = prop_oneof![
        Just(json!({"roles": ["GlobalAdministrator"]})),
        Just(json!({"roles": ["GlobalAdministrator", "CustomerLockboxAccessApprover"]})),
        Just(json!({"groups": ["night-shift"]})),
        Just(json!({"people": ["dan@contoso.com", "eve@contoso.com", "kim@contoso.com"]})),
    ];
    let stage = (approvers.clone(), 1..3_u32)
        .prop_map(|(approvers, needed)| json!({"approvers": approvers, "needed": needed}));
    let line = prop_oneof![
        prop::collection::vec(stage, 1..3).prop_map(|stages| ("stages", json!(stages))),
        (1..4_u32).prop_map(|n| ("denyThreshold", json!(n))),
        (1..4_u32).prop_map(|n| ("answerWithinMinutes", json!(n * 100))),
        (1..4_u32).prop_map(|n| ("longestMinutes", json!(n * 30))),
        Just(("accessWithin", json!("office"))),
        Just(("holdUntilOpen", json!("office"))),
        Just(("reasonToApprove", json!(true))),
        Just(("reasonToDeny", json!(true))),
        Just(("ticketRequired", json!(true))),
        Just(("hook", json!("hook"))),
        (approvers, 1..4_u32)
            .prop_map(|(to, n)| ("escalate", json!([{"afterMinutes": n * 20, "to": to}]))),
    ];
    let ask = prop::collection::vec(line, 0..4).prop_map(|lines| {
        (
            "ask",
            lines
                .into_iter()
                .map(|(name, line)| (name.to_owned(), line))
                .collect::<Value>(),
        )
    });
    prop_oneof![
        Just(("deny", json!({"reason": "no"}))),
        (1..4_u32).prop_map(|n| ("approve", json!({"longestMinutes": n * 30}))),
        ask,
    ]
}

/// A rule of this id.
pub(crate) fn rule(id: String) -> impl Strategy<Value = Value> {
    let whens = [
        "request.durationMinutes > 45",
        "local.office.open || request.ticket == ''",
        "request.resources[0].contains('ada')",
    ];
    let when = prop::option::weighted(0.1, prop::sample::select(whens.to_vec()));
    let unless = prop::option::weighted(0.3, matches());
    (matches(), unless, when, act()).prop_map(move |(matches, unless, when, (name, act))| {
        let mut rule = json!({"id": id, "match": matches, name: act});
        // What compiling refuses is no policy.
        if let Some(unless) = unless.filter(|unless| *unless != json!({}) && *unless != matches) {
            rule["unless"] = unless;
        }
        if let Some(when) = when {
            rule["when"] = json!(when);
        }
        rule
    })
}

pub(crate) fn rules() -> impl Strategy<Value = Vec<Value>> {
    (0..7_usize).prop_flat_map(|count| {
        (0..count)
            .map(|n| rule(format!("r{n}")))
            .collect::<Vec<_>>()
    })
}

pub(crate) fn asks() -> impl Strategy<Value = Ask> {
    let service = prop::sample::select(vec!["Exchange", "Teams", "SharePoint"]);
    let some =
        |of: [&'static str; 3]| prop::collection::vec(prop::sample::select(of.to_vec()), 0..3);
    let resources = some(["mailbox/ada", "site/x", "other"]);
    let categories = some(["mail", "chat", "files"]);
    let own = |list: Vec<&str>| list.into_iter().map(str::to_owned).collect();
    let ticket = prop::sample::select(vec!["", "INC1"]);
    (
        service,
        resources,
        categories,
        ticket,
        1..9_i64,
        any::<bool>(),
    )
        .prop_map(
            move |(service, resources, categories, ticket, quarters, write)| Ask {
                service: service.to_owned(),
                resources: own(resources),
                data_categories: own(categories),
                ticket: ticket.to_owned(),
                duration_seconds: quarters * 900,
                access_level: if write {
                    AccessLevel::Write
                } else {
                    AccessLevel::Read
                },
                ..testing::ask()
            },
        )
}

pub(crate) fn arrival() -> impl Strategy<Value = crate::clock::Timestamp> {
    prop::sample::select(vec![MONDAY_NOON, SUNDAY_NOON]).prop_map(at)
}

proptest! {
    /// The order of writing means nothing, two judgements are the same, and what a deny rule
    /// matches alone is never approved, nor asked about, by all rules together.
    #[test]
    fn the_judgement_is_of_the_rules_and_not_of_their_order(
        (written, shuffled) in rules().prop_flat_map(|rules| (Just(rules.clone()), Just(rules).prop_shuffle())),
        ask in asks(),
        arrived_at in arrival(),
        automatic_approval in any::<bool>(),
        emergency in any::<bool>(),
    ) {
        let facts = Facts { arrived_at, automatic_approval, emergency, ..facts(&ask) };
        let policy = testing::policy(json!(written));
        let judgement = policy.judge(&facts);
        prop_assert_eq!(&judgement, &policy.judge(&facts));
        prop_assert_eq!(&judgement, &testing::policy(json!(shuffled)).judge(&facts));

        // Whether a rule applies never depends on the others.
        let mut applied: Vec<Applied> = Vec::new();
        for rule in &written {
            applied.extend(testing::policy(json!([rule])).judge(&facts).applied);
        }
        applied.sort_by(|one, other| (one.act, &one.rule).cmp(&(other.act, &other.rule)));
        prop_assert_eq!(&judgement.applied, &applied);
        let denied = applied.iter().any(|rule| rule.act == Act::Deny);
        match &judgement.verdict {
            Verdict::Deny { rule, .. } => {
                let of_deny = applied.iter().any(|a| a.act == Act::Deny && a.rule == *rule);
                prop_assert!(of_deny || !denied && ask.ticket.is_empty());
            }
            Verdict::Approve { rule } => {
                prop_assert!(!denied && automatic_approval && !emergency);
                prop_assert!(applied.iter().any(|a| a.act == Act::Approve && a.rule == *rule));
            }
            Verdict::Ask => prop_assert!(!denied),
        }
        // No rule loosens what the settings and the profile say.
        prop_assert!(judgement.asked.answer_seconds <= facts.answer_seconds);
        prop_assert!(judgement.asked.longest_seconds <= facts.maximum_access_seconds);
    }

    /// Whoever names more, or nothing, which means everything, never meets a weaker answer. What a
    /// condition says of the list is the writer's own affair.
    #[test]
    fn naming_more_makes_nothing_easier(
        mut written in rules(),
        mut ask in asks(),
        more in prop::sample::select(vec!["mailbox/ada", "site/x", "other"]),
        category in prop::sample::select(vec!["mail", "chat", "files"]),
        arrived_at in arrival(),
        automatic_approval in any::<bool>(),
    ) {
        for rule in &mut written {
            rule.as_object_mut().unwrap().remove("when");
        }
        if ask.resources.is_empty() {
            ask.resources.push("site/x".to_owned());
        }
        if ask.data_categories.is_empty() {
            ask.data_categories.push("mail".to_owned());
        }
        let policy = testing::policy(json!(written));
        let judged = |ask: &Ask| {
            policy.judge(&Facts { arrived_at, automatic_approval, ..facts(ask) })
        };
        let rank = |judgement: &Judgement| match judgement.verdict {
            Verdict::Deny { .. } => 0,
            Verdict::Ask => 1,
            Verdict::Approve { .. } => 2,
        };
        let needed = |asked: &Asked| asked.stages.iter().map(|one| one.needed).sum::<u32>().max(1);
        let old = judged(&ask);
        let changes: [&dyn Fn(&mut Ask); 4] = [
            &|ask| ask.resources.push(more.to_owned()),
            &|ask| ask.data_categories.push(category.to_owned()),
            &|ask| ask.resources.clear(),
            &|ask| ask.data_categories.clear(),
        ];
        for change in changes {
            let mut other = ask.clone();
            change(&mut other);
            let new = judged(&other);
            prop_assert!(rank(&new) <= rank(&old), "{:?} after {:?}", new, old);
            if rank(&new) == rank(&old) && rank(&new) > 0 {
                let (before, after) = (&old.asked, &new.asked);
                prop_assert!(needed(after) >= needed(before), "{:?} after {:?}", after, before);
                prop_assert!(before.stages.iter().all(|one| after.stages.contains(one)));
                prop_assert!(after.longest_seconds <= before.longest_seconds);
                prop_assert!(after.deny_threshold <= before.deny_threshold);
                prop_assert!(before.access_within.iter().all(|one| after.access_within.contains(one)));
            }
        }
    }
}
