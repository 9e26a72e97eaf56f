use super::*;
use crate::contract::Contract;
use crate::domain::policy::testing::{self, lines};
use serde_json::{Value, json};

pub(super) fn whole(change: impl FnOnce(&mut Value)) -> Value {
    let mut value = serde_json::to_value(testing::document(json!([]))).unwrap();
    change(&mut value);
    value
}

fn problems_of(value: &Value) -> Vec<String> {
    let document = serde_json::from_value(value.clone()).expect("a document");
    lines(&testing::compile(document).err().unwrap_or_default())
}

/// Rules that are refused, and the start of what is said.
#[test]
fn what_is_wrong_with_a_rule_is_said_with_its_place_and_a_suggestion() {
    let deny = json!({"reason": "no"});
    let stage = |approvers: Value| json!([{"approvers": approvers, "needed": 2}]);
    let admins = json!({"roles": ["GlobalAdministrator"]});
    for (rule, said) in [
        (json!({}), "/rules/0: A rule does exactly one thing."),
        (
            json!({"deny": deny, "ask": {}}),
            "/rules/0: A rule does exactly one thing.",
        ),
        (
            json!({"deny": deny, "match": {"within": "ofice"}}),
            "/rules/0/match/within: There is no calendar 'ofice'. Did you mean 'office'?",
        ),
        (
            json!({"deny": deny, "match": {"services": []}}),
            "/rules/0/match/services: An empty list matches nothing.",
        ),
        (
            json!({"deny": deny, "match": {"within": "office", "outside": "office"}}),
            "/rules/0/match/outside: This can never match",
        ),
        (
            json!({"deny": deny, "match": {"services": ["EOP"]}, "unless": {"services": ["EOP"]}}),
            "/rules/0/unless: This rule can never match",
        ),
        (
            json!({"deny": deny, "unless": {}}),
            "/rules/0/unless: This rule can never match",
        ),
        (
            json!({"deny": deny, "match": {"reasonWords": ["--"]}}),
            "/rules/0/match/reasonWords/0: This holds no word",
        ),
        (
            json!({"deny": deny, "match": {"ticketPattern": "("}}),
            "/rules/0/match/ticketPattern: The pattern cannot be used: unclosed group.",
        ),
        (
            json!({"deny": deny, "match": {"ticketPattern": "a)(b"}}),
            "/rules/0/match/ticketPattern: The pattern cannot be used: unopened group.",
        ),
        (
            json!({"deny": deny, "match": {"ticketPattern": "((a{99}){99}){99}"}}),
            "/rules/0/match/ticketPattern: The pattern cannot be used: it becomes too large.",
        ),
        (
            json!({"deny": deny, "match": {"ticketPattern": "x", "ticketPresent": false}}),
            "/rules/0/match/ticketPattern: This can never match",
        ),
        (
            json!({"deny": {"reason": " "}}),
            "/rules/0/deny/reason: This text is empty",
        ),
        (
            json!({"deny": {"reason": "a\u{7}"}}),
            "/rules/0/deny/reason: This text is empty",
        ),
        (
            json!({"approve": {"longestMinutes": 0}}),
            "/rules/0/approve/longestMinutes: The longest access cannot be 0.",
        ),
        (
            json!({"approve": {"longestMinutes": 5, "accessWithin": "x"}}),
            "/rules/0/approve/accessWithin: There is no calendar 'x'. Known: office.",
        ),
        (
            json!({"ask": {"secondFactor": true}}),
            "/rules/0/ask/secondFactor: A second factor cannot be asked for yet",
        ),
        (
            json!({"ask": {"stages": []}}),
            "/rules/0/ask/stages: There is no stage.",
        ),
        (
            json!({"ask": {"stages": stage(json!({}))}}),
            "/rules/0/ask/stages/0/approvers: Nobody is named.",
        ),
        (
            json!({"ask": {"stages": stage(json!({"roles": ["SecurityReader"]}))}}),
            "/rules/0/ask/stages/0/approvers/roles/0: A SecurityReader may not decide.",
        ),
        (
            json!({"ask": {"stages": stage(json!({"groups": ["night-shifts"]}))}}),
            "/rules/0/ask/stages/0/approvers/groups/0: There is no group 'night-shifts'. Did you mean 'night-shift'?",
        ),
        (
            json!({"ask": {"stages": stage(json!({"people": ["a@x.y", "A@x.y"]}))}}),
            "/rules/0/ask/stages/0/needed: 2 approvals are needed, and 1 approver(s) named.",
        ),
        (
            json!({"ask": {"answerWithinMinutes": 60, "escalate": [{"afterMinutes": 60, "to": admins}]}}),
            "/rules/0/ask/escalate/0/afterMinutes: This never happens",
        ),
        (
            json!({"ask": {"answerWithinMinutes": 60, "remindAfterMinutes": [59, 61]}}),
            "/rules/0/ask/remindAfterMinutes/1: This never happens",
        ),
        (
            json!({"ask": {"holdUntilOpen": "x"}}),
            "/rules/0/ask/holdUntilOpen: There is no calendar 'x'.",
        ),
    ] {
        let mut rule = rule;
        rule["id"] = json!("r");
        let found = testing::problems(json!([rule]));
        assert!(
            found.iter().any(|line| line.starts_with(said)),
            "{said}\n{found:#?}"
        );
    }
}

#[test]
fn what_is_wrong_with_the_rest_is_said_too() {
    let rule = |id: &str| json!({"id": id, "deny": {"reason": "no"}});
    let found = testing::problems(json!([rule("a"), rule("A"), rule("settings"), rule("-")]));
    let starts = [
        "/rules/1/id: Another rule is called 'A' too.",
        "/rules/2/id: 'settings' means what comes from no rule.",
        "/rules/3/id: This is no name.",
    ];
    assert_eq!(found.len(), starts.len(), "{found:#?}");
    assert!(
        found
            .iter()
            .zip(starts)
            .all(|(line, start)| line.starts_with(start)),
        "{found:#?}"
    );

    let away = |person: &str, to: &str, from: &str, until: &str| {
        whole(|d| {
            d["delegates"] = json!([{"person": person, "to": to, "from": from, "until": until}])
        })
    };
    let (start, end) = ("2026-12-01T00:00:00Z", "2026-12-10T00:00:00Z");
    for (value, said) in [
        (
            whole(|d| d["format"] = json!("lockbox-policy/2")),
            "/format: This program",
        ),
        (
            whole(|d| d["groups"]["none"] = json!([])),
            "/groups/none: This group is empty.",
        ),
        (
            whole(|d| d["groups"]["a/b"] = json!(["x"])),
            "/groups/a~1b: This is no name.",
        ),
        (
            whole(|d| d["fourEyes"] = json!({"recoveryHours": 23})),
            "/fourEyes/recoveryHours: ",
        ),
        (
            whole(|d| d["calendars"]["office"]["weekly"] = json!({"mondy": []})),
            "/calendars/office/weekly/mondy: ",
        ),
        (
            away("a@x.y", "A@x.y", start, end),
            "/delegates/0/to: Nobody stands in",
        ),
        (
            away("a@x.y", "b@x.y", end, start),
            "/delegates/0/until: The time ends",
        ),
        (
            away("a@x.y", "b@x.y", "2026-12-01", end),
            "/delegates/0/from: This is no instant",
        ),
    ] {
        let found = problems_of(&value);
        assert!(
            found.iter().any(|line| line.starts_with(said)),
            "{said}\n{found:#?}"
        );
    }
    assert_eq!(
        problems_of(&away("a@x.y", "b@x.y", start, end)),
        Vec::<String>::new()
    );
}

#[test]
fn an_unknown_zone_comes_with_near_names() {
    let mut document = testing::document(json!([]));
    document.calendars.get_mut("office").unwrap().zone = "Europe/Zurch".to_owned();
    let unknown = |near: &[&str], database| crate::clock::zones::UnknownZone {
        name: "Europe/Zurch".to_owned(),
        near: near.iter().map(|name| (*name).to_owned()).collect(),
        database,
    };
    for (unknown, said) in [
        (
            unknown(&["Europe/Zurich"], true),
            "Did you mean Europe/Zurich?",
        ),
        (
            unknown(&[], true),
            "Write an IANA name, such as Europe/Zurich.",
        ),
        (unknown(&[], false), "Install the package tzdata."),
    ] {
        let zones = [("Europe/Zurch".to_owned(), Err(unknown))]
            .into_iter()
            .collect();
        let wrong = crate::domain::policy::Policy::compile(document.clone(), &zones).unwrap_err();
        assert_eq!(
            lines(&wrong),
            [format!(
                "/calendars/office/zone: There is no time zone 'Europe/Zurch' here. {said}"
            )]
        );
    }
}

/// Every limit at its value and one past it: the schema and the rules draw the same line.
#[test]
fn the_schema_and_the_rules_agree_on_every_limit() {
    let contract = Contract::load().unwrap();
    let many = |n: usize, item: fn(usize) -> Value| Value::Array((0..n).map(item).collect());
    let named = |n: usize, value: Value| -> Value {
        (0..n).map(|i| (format!("n{i}"), value.clone())).collect()
    };
    let text = |n: usize| json!("x".repeat(n));
    let person = |i: usize| json!(format!("p{i}@x.y"));
    let with = |rule: Value| {
        whole(|d| {
            let mut rule = rule;
            rule["id"] = rule.get("id").cloned().unwrap_or(json!("r"));
            d["rules"] = json!([rule]);
        })
    };
    let deny =
        |part: &str, value: Value| with(json!({"match": {part: value}, "deny": {"reason": "no"}}));
    let ask = |part: &str, value: Value| with(json!({"ask": {part: value}}));
    let admins = json!({"roles": ["GlobalAdministrator"]});
    let hours = json!({"zone": "UTC", "weekly": {"monday": ["08:00-09:00"]}});
    let delegate = |_| json!({"person": "a@x.y", "to": "b@x.y", "from": "2026-12-01T00:00:00Z", "until": "2026-12-02T00:00:00Z"});
    let rule = |i: usize| json!({"id": format!("r{i}"), "deny": {"reason": "no"}});
    let minutes = *MINUTES.end();
    let stage = |_| json!({"approvers": {"roles": ["GlobalAdministrator"]}, "needed": 1});
    let needed = |n: u32| json!([{"approvers": {"roles": ["GlobalAdministrator"]}, "needed": n}]);
    let escalation = |_| json!({"afterMinutes": 5, "to": {"roles": ["GlobalAdministrator"]}});
    let reminder = |i: usize| json!(i + 1);
    let pairs: Vec<(Value, Value)> = vec![
        (
            whole(|d| d["rules"] = many(RULES, rule)),
            whole(|d| d["rules"] = many(RULES + 1, rule)),
        ),
        (
            whole(|d| d["calendars"] = named(CALENDARS, hours.clone())),
            whole(|d| d["calendars"] = named(CALENDARS + 1, hours.clone())),
        ),
        (
            whole(|d| d["groups"] = named(GROUPS, json!(["x"]))),
            whole(|d| d["groups"] = named(GROUPS + 1, json!(["x"]))),
        ),
        (
            whole(|d| d["groups"] = json!({"g": many(ENTRIES, person)})),
            whole(|d| d["groups"] = json!({"g": many(ENTRIES + 1, person)})),
        ),
        (
            whole(|d| d["delegates"] = many(DELEGATES, delegate)),
            whole(|d| d["delegates"] = many(DELEGATES + 1, delegate)),
        ),
        (
            whole(|d| d["description"] = text(TEXT)),
            whole(|d| d["description"] = text(TEXT + 1)),
        ),
        (
            whole(|d| d["fourEyes"] = json!({"recoveryHours": 720})),
            whole(|d| d["fourEyes"] = json!({"recoveryHours": 721})),
        ),
        (
            whole(|d| d["fourEyes"] = json!({"recoveryHours": 24})),
            whole(|d| d["fourEyes"] = json!({"recoveryHours": 23})),
        ),
        (
            with(json!({"id": "x".repeat(NAME), "ask": {}})),
            with(json!({"id": "x".repeat(NAME + 1), "ask": {}})),
        ),
        (
            with(json!({"deny": {"reason": "x".repeat(TEXT)}})),
            with(json!({"deny": {"reason": "x".repeat(TEXT + 1)}})),
        ),
        (
            with(json!({"description": text(TEXT), "ask": {}})),
            with(json!({"description": text(TEXT + 1), "ask": {}})),
        ),
        (
            deny("resources", many(ENTRIES, person)),
            deny("resources", many(ENTRIES + 1, person)),
        ),
        (
            deny("services", json!([text(ENTRY)])),
            deny("services", json!([text(ENTRY + 1)])),
        ),
        (
            deny("ticketPattern", text(PATTERN)),
            deny("ticketPattern", text(PATTERN + 1)),
        ),
        (
            deny("longerThanMinutes", json!(minutes)),
            deny("longerThanMinutes", json!(minutes + 1)),
        ),
        (
            ask("longestMinutes", json!(minutes)),
            ask("longestMinutes", json!(minutes + 1)),
        ),
        (
            ask("longestMinutes", json!(1)),
            ask("longestMinutes", json!(0)),
        ),
        (
            ask("answerWithinMinutes", json!(minutes)),
            ask("answerWithinMinutes", json!(minutes + 1)),
        ),
        (
            ask("denyThreshold", json!(VOTES)),
            ask("denyThreshold", json!(VOTES + 1)),
        ),
        (
            ask("stages", many(STAGES, stage)),
            ask("stages", many(STAGES + 1, stage)),
        ),
        (
            ask("stages", needed(VOTES)),
            ask("stages", needed(VOTES + 1)),
        ),
        (ask("stages", needed(1)), ask("stages", needed(0))),
        (
            ask("remindAfterMinutes", many(REMINDERS, reminder)),
            ask("remindAfterMinutes", many(REMINDERS + 1, reminder)),
        ),
        (
            ask("escalate", many(ESCALATIONS, escalation)),
            ask("escalate", many(ESCALATIONS + 1, escalation)),
        ),
        (
            ask("escalate", json!([{"afterMinutes": minutes, "to": admins}])),
            ask(
                "escalate",
                json!([{"afterMinutes": minutes + 1, "to": admins}]),
            ),
        ),
        (ask("hook", text(NAME)), ask("hook", text(NAME + 1))),
        (
            with(json!({"approve": {"longestMinutes": minutes}})),
            with(json!({"approve": {"longestMinutes": minutes + 1}})),
        ),
    ];
    for (at, past) in pairs {
        let shown = |value: &Value| value.to_string().chars().take(400).collect::<String>();
        let schema = |value: &Value| contract.policy_problems(value).len();
        assert_eq!(
            (problems_of(&at), schema(&at)),
            (Vec::new(), 0),
            "{}",
            shown(&at)
        );
        assert!(
            !problems_of(&past).is_empty(),
            "the rules take {}",
            shown(&past)
        );
        assert!(schema(&past) > 0, "the schema takes {}", shown(&past));
    }
}
