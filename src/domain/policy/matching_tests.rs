use super::*;
use crate::domain::policy::testing;
use crate::domain::request::Ask;
use serde_json::{Value, json};

/// Whether a match holds for a request that was changed like this.
fn holds(matches: Value, change: impl FnOnce(&mut Ask)) -> bool {
    let mut ask = testing::ask();
    change(&mut ask);
    let rules = json!([{"id": "r", "match": matches, "deny": {"reason": "no"}}]);
    let judgement = testing::policy(rules).judge(&testing::facts(&ask));
    !judgement.applied.is_empty()
}

fn as_it_is(_: &mut Ask) {}

#[test]
fn every_part_narrows_and_nothing_matches_everything() {
    let known = |ask: &mut Ask| ask.citizenship = Some("ch".to_owned());
    assert!(holds(json!({}), as_it_is));
    assert!(holds(json!({"services": ["Teams", "EXCHANGE"]}), as_it_is));
    assert!(!holds(json!({"services": ["Teams"]}), as_it_is));
    assert!(!holds(
        json!({"services": ["Exchange"], "dataCategories": ["chat"]}),
        as_it_is
    ));
    assert!(holds(json!({"dataCategories": ["chat", "Mail"]}), as_it_is));
    assert!(holds(json!({"accessLevel": "read"}), as_it_is));
    assert!(!holds(json!({"accessLevel": "write"}), as_it_is));
    assert!(holds(json!({"citizenship": ["CH", "LI"]}), known));
    assert!(!holds(json!({"citizenship": ["LI"]}), known));
}

#[test]
fn what_is_not_known_matches_nothing() {
    assert!(!holds(json!({"citizenship": ["CH"]}), as_it_is));
    assert!(!holds(json!({"citizenship": ["CH"]}), |ask| ask
        .citizenship =
        Some(" ".to_owned())));
    assert!(!holds(json!({"location": ["CH"]}), as_it_is));
    let ask = testing::ask();
    let policy = testing::policy(json!([
        {"id": "r", "match": {"location": ["ch"]}, "deny": {"reason": "no"}},
        {"id": "t", "match": {"tenantTags": ["Production"]}, "deny": {"reason": "no"}},
    ]));
    let tags = ["production".to_owned()];
    let mut facts = testing::facts(&ask);
    (facts.location, facts.tenant_tags) = (Some("CH"), &tags);
    assert_eq!(policy.judge(&facts).applied.len(), 2);
}

#[test]
fn a_length_is_longer_only_past_its_bound() {
    let seconds = |n: i64| move |ask: &mut Ask| ask.duration_seconds = n;
    assert!(!holds(json!({"longerThanMinutes": 60}), seconds(3_600)));
    assert!(holds(json!({"longerThanMinutes": 60}), seconds(3_601)));
}

#[test]
fn words_of_the_reason_are_whole_and_in_a_row() {
    assert!(holds(json!({"reasonWords": ["MAIL"]}), as_it_is));
    assert!(!holds(json!({"reasonWords": ["mai"]}), as_it_is));
    assert!(holds(json!({"reasonWords": ["not delivered"]}), as_it_is));
    assert!(holds(json!({"reasonWords": ["break-glass"]}), as_it_is));
    assert!(!holds(json!({"reasonWords": ["mail delivered"]}), as_it_is));
}

#[test]
fn a_ticket_is_there_or_not_and_matches_as_a_whole() {
    let none = |ask: &mut Ask| ask.ticket = " ".to_owned();
    assert!(holds(json!({"ticketPresent": true}), as_it_is));
    assert!(holds(json!({"ticketPresent": false}), none));
    assert!(!holds(json!({"ticketPresent": true}), none));
    assert!(holds(json!({"ticketPattern": "inc[0-9]{6}"}), as_it_is));
    assert!(!holds(json!({"ticketPattern": "INC[0-9]{5}"}), as_it_is));
    // The first branch alone would leave a rest over.
    assert!(holds(json!({"ticketPattern": "INC|INC[0-9]+"}), as_it_is));
    assert!(!holds(json!({"ticketPattern": "INC[0-9]+"}), |ask| ask
        .ticket =
        "INC1\nX".to_owned()));
}

#[test]
fn stars_stand_for_any_text() {
    for (glob, text, expected) in [
        ("*", "", true),
        ("*", "anything", true),
        ("", "", true),
        ("", "a", false),
        ("mail", "mail", true),
        ("mail", "mailbox", false),
        ("mail*", "mailbox", true),
        ("*box", "mailbox", true),
        ("*box", "boxes", false),
        ("a*a", "a", false),
        ("a*a", "aa", true),
        ("a*b*c", "aXbYbZc", true),
        ("a*b*c", "aXcYb", false),
        ("**", "x", true),
        ("mailbox/*@contoso.com", "mailbox/ada@contoso.com", true),
        (
            "mailbox/*@contoso.com",
            "mailbox/ada@contoso.com.evil",
            false,
        ),
        ("é*", "été", true),
    ] {
        assert_eq!(glob_holds(glob, text), expected, "{glob} {text}");
    }
    assert!(holds(
        json!({"resources": ["site/*", "MAILBOX/*"]}),
        as_it_is
    ));
}

#[test]
fn what_tightens_takes_one_of_the_requests_and_what_loosens_takes_all() {
    let sandbox = json!({"resources": ["sandbox/*"]});
    let mail = json!({"dataCategories": ["mail"]});
    let deny = json!({"reason": "no"});
    let approve = json!({"longestMinutes": 5});
    let all = json!({});
    // What the rule does, its match and its unless; then whether it acts on a request whose only
    // entry matches, of whose two entries one does, with none, and with one that does not.
    for (name, act, matches, unless, acts) in [
        ("deny", &deny, true, false, [true, true, true, false]),
        (
            "approve",
            &approve,
            true,
            false,
            [true, false, false, false],
        ),
        ("deny", &deny, false, true, [false, true, true, true]),
        (
            "approve",
            &approve,
            false,
            true,
            [false, false, false, true],
        ),
    ] {
        for part in [&sandbox, &mail] {
            let mut rule =
                json!({"id": "r", "match": if matches { part } else { &all }, name: act});
            if unless {
                rule["unless"] = part.clone();
            }
            let policy = testing::policy(json!([rule]));
            let lists: [&[&str]; 4] = [
                &["sandbox/a", "mail"][usize::from(part == &mail)..][..1],
                &[["sandbox/a", "site/x"], ["mail", "chat"]][usize::from(part == &mail)],
                &[],
                &["other"],
            ];
            for (list, expected) in lists.into_iter().zip(acts) {
                let mut ask = testing::ask();
                let list: Vec<String> = list.iter().map(|one| (*one).to_owned()).collect();
                match part == &mail {
                    true => ask.data_categories = list.clone(),
                    false => ask.resources = list.clone(),
                }
                let applied = policy.judge(&testing::facts(&ask)).applied;
                assert_eq!(!applied.is_empty(), expected, "{rule} {list:?}");
            }
        }
    }
}

proptest::proptest! {
    /// Against a matcher that tries everything.
    #[test]
    fn stars_are_as_a_slow_matcher_has_them(glob in "[ab*]{0,8}", text in "[ab]{0,10}") {
        fn slow(glob: &[u8], text: &[u8]) -> bool {
            match (glob.split_first(), text.split_first()) {
                (None, None) => true,
                (Some((b'*', rest)), _) => {
                    slow(rest, text) || text.split_first().is_some_and(|(_, t)| slow(glob, t))
                }
                (Some((g, glob)), Some((t, text))) => g == t && slow(glob, text),
                _ => false,
            }
        }
        proptest::prop_assert_eq!(
            glob_holds(&glob, &text),
            slow(glob.as_bytes(), text.as_bytes())
        );
    }
}
