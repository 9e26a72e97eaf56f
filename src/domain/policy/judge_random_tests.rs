//! Random policies and requests, and what holds of the judgement whatever they are.

use super::*;
use crate::domain::policy::effective::Asked;
use crate::domain::policy::testing::{self, MONDAY_NOON, SUNDAY_NOON, at, facts};
use crate::domain::request::AccessLevel;
use proptest::prelude::*;
use serde_json::{Value, json};

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
