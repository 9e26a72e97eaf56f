use super::*;
use crate::domain::policy::testing::{self, MONDAY_NOON, SUNDAY_NOON, at, short};
use crate::domain::request::Ask;
use serde_json::json;

fn refused(source: &str) -> String {
    match Condition::new(source) {
        Ok(_) => String::new(),
        Err(fault) => format!("{} {}", fault.message, fault.suggestion),
    }
}

/// Whether a rule with this condition denies a request that arrived then.
fn denies(source: &str, arrived: &str, change: impl FnOnce(&mut Ask)) -> bool {
    let mut ask = testing::ask();
    change(&mut ask);
    let policy = testing::policy(json!([{"id": "r", "when": source, "deny": {"reason": "no"}}]));
    assert!(policy.has_conditions());
    let facts = Facts {
        arrived_at: at(arrived),
        ..testing::facts(&ask)
    };
    short(&policy.judge(&facts)) == "deny r"
}

#[test]
fn every_variable_says_what_the_request_says() {
    let all = [
        "request.service == 'Exchange'",
        "request.reason.contains('delivered')",
        "request.ticket.matches('^INC[0-9]+$')",
        "request.durationMinutes == 60",
        "'mailbox/Ada@contoso.com' in request.resources",
        "request.dataCategories == ['mail']",
        "request.accessLevel == 'read'",
        "size(request.operations) == 1 && request.operations[0].startsWith('Get-')",
        "request.citizenship == ''",
        "request.location == ''",
        "size(tenant.tags) == 0",
        "local.office.open",
        "local['office'].hour == 12 && local.office.minute == 0",
        "local.office.weekday == 1",
        "local.office.date == '2026-11-23'",
        "has(request.service)",
        "int(request.ticket.endsWith('42') ? '42' : '0') + 1 > 42",
    ];
    for source in all {
        assert!(denies(source, MONDAY_NOON, |_| {}), "{source}");
        assert!(
            !denies(&format!("!({source})"), MONDAY_NOON, |_| {}),
            "!{source}"
        );
    }
    assert!(denies(
        "local.office.weekday == 7 && !local.office.open",
        SUNDAY_NOON,
        |_| {}
    ));
}

#[test]
fn what_has_no_bound_and_what_is_not_there_is_refused() {
    for source in [
        "request.resources.all(r, r.startsWith('a'))",
        "request.resources.exists(r, r == 'a')",
        "request.resources.exists_one(r, r == 'a')",
        "request.resources.map(r, r) == []",
        "request.resources.filter(r, true) == []",
        "timestamp('2026-11-22T12:00:00Z').getHours('Europe/Zurich') == 3",
        "local.office.hour.getHours('+01:00') == 3",
        "duration('1h') == duration('1h')",
        "type(request.service) == string",
        "{'a': 1}.a == 1",
        "Thing{a: 1}.a == 1",
        "max(1, 2) == 2",
        "dyn(1) == 1",
        "b'abc' == bytes('abc')",
    ] {
        assert!(!refused(source).is_empty(), "{source}");
    }
    assert!(refused("request.resources.all(r, true)").contains("which a policy may not"));
    for (source, named) in [
        ("request.citizen == 'CH'", "request.citizenship"),
        ("tenant.name == 'x'", "tenant.tags"),
        ("local.office.month == 1", "local.<calendar>.weekday"),
        ("local.open", "local.<calendar>.open"),
        ("now > 1", "request"),
        ("request == tenant", "request.service"),
        ("local[request.service].open", "local.<calendar>.open"),
    ] {
        let said = refused(source);
        assert!(
            said.contains("which is not there") && said.contains(named),
            "{source}: {said}"
        );
    }
    assert!(refused("request.durationMinutes >").contains("no CEL"));
}

#[test]
fn patterns_are_literal_and_bounded() {
    assert!(refused("request.ticket.matches(request.reason)").contains("no literal"));
    assert!(refused("request.ticket.matches('(')").contains("cannot be used"));
    assert!(refused("request.ticket.matches('((a{99}){99}){99}')").contains("too large"));
}

#[test]
fn the_length_is_bounded() {
    let long = |n: usize| format!("request.reason != '{}'", "é".repeat(n - 20));
    assert_eq!(long(LONGEST_CONDITION).chars().count(), LONGEST_CONDITION);
    assert_eq!(refused(&long(LONGEST_CONDITION)), "");
    assert!(refused(&long(LONGEST_CONDITION + 1)).contains("longer than 1024"));
}

/// Compiles rules with this condition, and judges by them, on a thread with three quarters of the
/// stack that a worker has.
fn on_a_small_stack(source: String) -> Vec<String> {
    let thread = std::thread::Builder::new().stack_size(3 << 19);
    let task = move || {
        let rules = json!([{"id": "r", "when": source, "deny": {"reason": "no"}}]);
        let policy = match testing::compile(testing::document(rules)) {
            Ok(policy) => policy,
            Err(problems) => return testing::lines(&problems),
        };
        let _ = policy.judge(&testing::facts(&testing::ask()));
        Vec::new()
    };
    thread.spawn(task).unwrap().join().unwrap()
}

#[test]
fn depth_is_bounded_before_it_costs_the_stack() {
    let around = |open: &str, inner: &str, close: &str, n: usize| {
        format!("{}{inner}{}", open.repeat(n), close.repeat(n))
    };
    let chain = |first: &str, link: &str, n: usize| format!("{first}{}", link.repeat(n));
    // At the limit and one past it.
    for (at, past) in [
        (
            around("(", "true", ")", BRACKETS),
            around("(", "true", ")", BRACKETS + 1),
        ),
        (
            chain("true", " == true", DEPTH - 1),
            chain("true", " == true", DEPTH),
        ),
        (
            chain("", "false ? true : ", CHOICES) + "true",
            chain("", "false ? true : ", CHOICES + 1) + "true",
        ),
        (
            chain("0", " + 1", DEPTH - 2) + " > 0",
            chain("0", " + 1", DEPTH - 1) + " > 0",
        ),
        (
            around("[", "0", "]", BRACKETS) + " != [] ",
            around("[", "0", "]", BRACKETS + 1) + " != []",
        ),
    ] {
        assert_eq!(on_a_small_stack(at.clone()), Vec::<String>::new(), "{at}");
        let said = on_a_small_stack(past.clone());
        assert!(
            said.first()
                .is_some_and(|line| line.contains("nested too deeply")),
            "{past}: {said:?}"
        );
    }
    // Everything at once, and what is far beyond: an answer, whichever.
    let choices = chain("", "false ? true : ", CHOICES) + "true";
    for source in [
        around("(", &choices, ")", BRACKETS),
        around("string(", &chain("true", "==true", 20), ")", BRACKETS) + " == 'true'",
        around("(", "true", ")", 500),
        around("[", "true", "]", 500),
        chain("", "!", 1_000) + "true",
        chain("", "-", 1_000) + "1 > 0",
        chain("1", "+1", 500) + " > 0",
        chain("true", "&&true", 160),
        chain("request.reason", ".endsWith('')", 70),
        chain("request.resources", "[0]", 300),
        chain("request", ".a", 500),
        chain("a", "[", 900),
    ] {
        let _ = on_a_small_stack(source);
    }
}

#[test]
fn a_condition_that_fails_counts_as_what_is_safe() {
    // Sound on the sample, and a failure where a request names no resource.
    let when = "request.resources[0] == 'nothing'";
    let rules = json!([
        {"id": "deny", "when": when, "deny": {"reason": "no"}},
        {"id": "approve", "when": when, "approve": {"longestMinutes": 5}},
        {"id": "ask", "when": when, "ask": {"reasonToApprove": true}},
    ]);
    let policy = testing::policy(rules);
    let applied = |ask: &Ask| -> Vec<String> {
        let judgement = policy.judge(&testing::facts(ask));
        judgement
            .applied
            .into_iter()
            .map(|applied| applied.rule)
            .collect()
    };
    assert!(applied(&testing::ask()).is_empty());
    let mut none = testing::ask();
    none.resources.clear();
    assert_eq!(applied(&none), ["deny", "ask"]);
}

#[test]
fn a_condition_that_fails_on_every_request_is_refused() {
    for (source, why) in [
        ("request.service", "answers string"),
        ("request.durationMinutes == 'x' + 1", "sample request"),
        ("int('x') == 1", "sample request"),
    ] {
        let said =
            testing::problems(json!([{"id": "r", "when": source, "deny": {"reason": "no"}}]));
        assert_eq!(said.len(), 1, "{source}");
        assert!(
            said[0].starts_with("/rules/0/when: ") && said[0].contains(why),
            "{said:?}"
        );
    }
    let said = testing::problems(json!([
        {"id": "r", "when": "local.offices.open", "deny": {"reason": "no"}}
    ]));
    assert_eq!(
        said,
        ["/rules/0/when: There is no calendar 'offices'. Did you mean 'office'?"]
    );
}
