//! A policy in force: what it does to requests as they arrive, wait and are decided.

use crate::program;
use crate::world::{CONTOSO, World};
use customer_lockbox::clock::{Clock, Timestamp};
use customer_lockbox::crypto::sha256;
use customer_lockbox::domain::policy::stored::PolicyVersion;
use customer_lockbox::store::RowWrite;
use serde_json::{Value, json};
use std::sync::Arc;
use tokio::sync::Barrier;

/// The office opens on the Monday after the world began, a Saturday.
const OPENS: &str = "2026-11-23T07:00:00.000Z";
/// It closes.
const CLOSES: &str = "2026-11-23T17:00:00.000Z";

pub fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

/// A document of these rules, with office hours in Zürich.
pub fn document(rules: Value) -> Value {
    json!({
        "format": "lockbox-policy/1",
        "calendars": {
            "office": {"zone": "Europe/Zurich", "weekly": {"monday-friday": ["08:00-18:00"]}},
            // Open once, on the day after the world began.
            "freeze": {"zone": "UTC", "weekly": {},
                       "exceptions": [{"date": "2026-11-22", "open": ["00:00-24:00"]}]},
        },
        "groups": {"owners": ["anna@contoso.com", "ben@contoso.com"]},
        "rules": rules,
    })
}

/// Puts a policy of these rules.
pub async fn put(world: &World, rules: Value) -> Value {
    let params = json!({"document": document(rules), "reason": "as agreed"});
    world.ok("ada", "policy.put", params).await
}

pub async fn get(world: &World, request: &Value) -> Value {
    let params = json!({"requestId": request["identity"]});
    world.ok("ada", "request.get", params).await["request"].clone()
}

pub fn decide(request: &Value, decision: &str) -> Value {
    json!({"requestId": request["identity"], "decision": decision})
}

async fn say(world: &World, who: &str, request: &Value, decision: &str) -> Value {
    world
        .ok(who, "request.decide", decide(request, decision))
        .await["request"]
        .clone()
}

async fn check(world: &World, request: &Value) -> String {
    let params = json!({"tenant": CONTOSO, "engineer": "eve@fabrikam.example",
                        "requestId": request["requestId"]});
    let checked = world.ok("gate", "grant.check", params).await;
    checked["code"].as_str().unwrap().to_owned()
}

/// The events that wait for delivery, in order.
pub fn outbox(world: &World) -> Vec<String> {
    let conn = rusqlite::Connection::open(world.dir().join("lockbox.db")).unwrap();
    let mut events = conn
        .prepare("SELECT event FROM outbox ORDER BY nr")
        .unwrap();
    let rows = events.query_map([], |row| row.get(0)).unwrap();
    rows.collect::<rusqlite::Result<_>>().unwrap()
}

fn deny_outside() -> Value {
    json!({"id": "nights", "match": {"outside": "office"}, "deny": {"reason": "Office hours only."}})
}

/// The last record of an operation: its parameters as names and values, and its actor.
async fn last(world: &World, operation: &str) -> (Vec<(String, String)>, Value) {
    let log = world.log("ada").await;
    let found = log.iter().rfind(|one| one["Operation"] == operation);
    let record = found.unwrap_or_else(|| panic!("no {operation}"));
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let all = record["Parameters"].as_array().unwrap().iter();
    let pairs = all.map(|one| (text(&one["Name"]), text(&one["Value"])));
    (pairs.collect(), record["Actor"].clone())
}

#[tokio::test]
async fn what_a_rule_denies_is_denied_as_it_arrives_and_the_record_says_by_what() {
    let world = World::new().await;
    let hash = put(&world, json!([deny_outside()])).await;
    assert_eq!(hash["policyVersion"], 1);
    let denied = world.pending().await;
    assert_eq!(denied["state"], "Denied");
    assert_eq!(denied["comment"], "Office hours only.");
    let shown = get(&world, &denied).await;
    assert_eq!(shown["decidedBy"], "policy");
    assert_eq!(shown["decidedDate"], shown["sentToCustomerDate"]);
    assert_eq!(shown["policyRules"], json!(["nights"]));
    let (parameters, actor) = last(&world, "Set-AccessToCustomerDataRequest").await;
    let names: Vec<&str> = parameters.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(
        names,
        [
            "Comment",
            "ApprovalDecision",
            "RequestId",
            "PolicyVersion",
            "PolicyHash",
            "PolicyRule",
            "PolicyReason",
            "TimeZoneDatabase"
        ]
    );
    let values: Vec<&str> = parameters.iter().map(|(_, value)| value.as_str()).collect();
    assert_eq!(values[..2], ["Office hours only.", "Deny"]);
    assert_eq!(values[2], shown["identity"]);
    assert_eq!(values[3], "1");
    assert_eq!(values[4], shown["policyHash"]);
    assert_eq!(values[5], "nights");
    assert_eq!(values[6], "The rule 'nights' denies it: Office hours only.");
    assert!(!values[7].is_empty());
    assert_eq!(actor["Kind"], "robot");
    assert_eq!(actor["Name"], "policy");
    assert_eq!(actor["Authentication"], "policy");
    world
        .refused(
            "anna",
            "request.decide",
            decide(&denied, "Approve"),
            "alreadyDecided",
        )
        .await;
    // At the second of the opening it is another request.
    for (moment, state) in [
        (at(OPENS).plus_millis(-1), "Denied"),
        (at(OPENS), "Pending"),
        (at(CLOSES).plus_millis(-1), "Pending"),
        (at(CLOSES), "Denied"),
    ] {
        world.clock.set(moment);
        assert_eq!(world.pending().await["state"], state, "{moment}");
    }
}

#[tokio::test]
async fn a_rule_approves_only_where_that_is_allowed_and_calendars_bound_the_access() {
    let world = World::new().await;
    let rule = json!({"id": "mail", "match": {"services": ["Exchange"]},
                      "approve": {"longestMinutes": 30, "accessWithin": "office"}});
    put(&world, json!([rule])).await;
    let asked = world.pending().await;
    assert_eq!(asked["state"], "Pending");
    world
        .ok("ada", "policy.put", json!({"automaticApproval": true}))
        .await;
    // Its start is held to the opening.
    let held = world.pending().await;
    assert_eq!(held["state"], "Approved");
    assert_eq!(held["decision"], "Approve");
    assert_eq!(held["grantedDurationSeconds"], 1_800);
    assert_eq!(held["accessStart"], OPENS);
    assert_eq!(held["accessEnd"], "2026-11-23T07:30:00.000Z");
    let (parameters, _) = last(&world, "Set-AccessToCustomerDataRequest").await;
    assert_eq!(parameters[1].1, "Approve");
    for (moment, code) in [
        (at(OPENS).plus_millis(-1), "notStarted"),
        (at(OPENS), "allowed"),
        (at("2026-11-23T07:29:59.999Z"), "allowed"),
    ] {
        world.clock.set(moment);
        assert_eq!(check(&world, &held).await, code, "{moment}");
    }
    world.clock.set(at("2026-11-23T07:30:00Z"));
    assert_ne!(check(&world, &held).await, "allowed");
    // Its end is the closing.
    world.clock.set(at("2026-11-23T16:45:00Z"));
    let late = world.pending().await;
    assert_eq!(late["accessStart"], "2026-11-23T16:45:00.000Z");
    assert_eq!(late["accessEnd"], CLOSES);
    world.clock.set(at(CLOSES).plus_millis(-1));
    assert_eq!(check(&world, &late).await, "allowed");
    world.clock.set(at(CLOSES));
    assert_ne!(check(&world, &late).await, "allowed");
}

#[tokio::test]
async fn where_no_approval_is_required_a_rule_still_denies_and_bounds() {
    let world = World::new().await;
    let ask = json!({"id": "short", "ask": {"longestMinutes": 10, "accessWithin": "office"}});
    put(&world, json!([deny_outside(), ask])).await;
    world
        .ok("ada", "policy.put", json!({"approvalRequired": false}))
        .await;
    assert_eq!(world.pending().await["state"], "Denied");
    world.clock.set(at("2026-11-23T16:55:00Z"));
    let granted = world.pending().await;
    assert_eq!(granted["state"], "Approved");
    assert_eq!(granted["decision"], Value::Null);
    assert_eq!(granted["accessEnd"], CLOSES);
    world.clock.set(at("2026-11-24T12:00:00Z"));
    assert_eq!(world.pending().await["grantedDurationSeconds"], 600);
}

#[tokio::test]
async fn the_customers_clock_is_held_until_the_opening_and_that_is_shown() {
    let world = World::new().await;
    let ask = json!({"id": "hold", "ask": {"holdUntilOpen": "office", "answerWithinMinutes": 60}});
    put(&world, json!([ask])).await;
    let held = world.pending().await;
    assert_eq!(held["state"], "Pending");
    assert_eq!(held["clockHeldUntil"], OPENS);
    assert_eq!(held["expirationDate"], "2026-11-23T08:00:00.000Z");
    world.clock.set(at("2026-11-23T07:59:59.999Z"));
    assert_eq!(get(&world, &held).await["state"], "Pending");
    world.clock.set(at("2026-11-23T08:00:00Z"));
    assert_eq!(get(&world, &held).await["state"], "Expired");
    let open = world.pending().await;
    assert_eq!(open["clockHeldUntil"], Value::Null);
    assert_eq!(open["expirationDate"], "2026-11-23T09:00:00.000Z");
}

#[tokio::test]
async fn two_of_a_group_and_then_an_administrator_approve_and_two_denials_end_it() {
    let world = World::new().await;
    let stages = json!([
        {"approvers": {"groups": ["owners"]}, "needed": 2},
        {"approvers": {"roles": ["GlobalAdministrator"]}},
    ]);
    let ask = json!({"id": "eyes", "ask": {"stages": stages, "denyThreshold": 2}});
    put(&world, json!([ask])).await;
    let pending = world.pending().await;
    assert_eq!(pending["approvalsNeeded"], 3);
    let data = world
        .refused(
            "ada",
            "request.decide",
            decide(&pending, "Approve"),
            "notAnApprover",
        )
        .await;
    assert_eq!(
        data["approvers"],
        json!(["anna@contoso.com", "ben@contoso.com"])
    );
    for who in ["anna", "ben"] {
        let waiting = say(&world, who, &pending, "Approve").await;
        assert_eq!(waiting["state"], "Pending");
    }
    assert_eq!(check(&world, &pending).await, "noGrant");
    let approved = say(&world, "ada", &pending, "Approve").await;
    assert_eq!(approved["state"], "Approved");
    assert_eq!(check(&world, &pending).await, "allowed");
    let second = world.pending().await;
    assert_eq!(
        say(&world, "anna", &second, "Deny").await["state"],
        "Pending"
    );
    assert_eq!(say(&world, "ada", &second, "Deny").await["state"], "Denied");
}

#[tokio::test]
async fn a_delegate_approves_in_the_place_of_somebody_who_is_away_and_only_then() {
    let world = World::new().await;
    let stages = json!([{"approvers": {"people": ["anna@contoso.com"]}}]);
    let mut document = document(json!([{"id": "anna", "ask": {"stages": stages}}]));
    document["delegates"] = json!([{"person": "anna@contoso.com", "to": "ben@contoso.com",
        "from": "2026-11-21T13:00:00Z", "until": "2026-11-21T14:00:00Z"}]);
    world
        .ok("ada", "policy.put", json!({"document": document}))
        .await;
    let pending = world.pending().await;
    for (moment, may) in [
        ("2026-11-21T12:59:59.999Z", false),
        ("2026-11-21T13:00:00Z", true),
        ("2026-11-21T13:59:59.999Z", true),
        ("2026-11-21T14:00:00Z", false),
    ] {
        world.clock.set(at(moment));
        let mut only = decide(&pending, "Approve");
        only["validateOnly"] = true.into();
        assert_eq!(
            world.call("ben", "request.decide", only).await.is_ok(),
            may,
            "{moment}"
        );
    }
    world.clock.set(at("2026-11-21T14:00:00Z"));
    let again = world.pending().await;
    let mut document = document.clone();
    document["delegates"][0]["until"] = "2026-12-01T00:00:00Z".into();
    world
        .ok("ada", "policy.put", json!({"document": document}))
        .await;
    let approved = say(&world, "ben", &again, "Approve").await;
    assert_eq!(approved["votes"][0]["onBehalfOf"], "anna@contoso.com");
    let (parameters, _) = last(&world, "Set-AccessToCustomerDataRequest").await;
    assert!(parameters.contains(&("OnBehalfOf".to_owned(), "anna@contoso.com".to_owned())));
}

#[tokio::test]
async fn the_window_that_an_approver_sees_is_the_access_that_an_approval_gives() {
    let world = World::new().await;
    let ask = json!({"id": "within", "ask": {"accessWithin": "office", "longestMinutes": 50,
                                             "answerWithinMinutes": 10_000}});
    put(&world, json!([ask])).await;
    for moment in [
        "2026-11-21T12:00:00Z",
        "2026-11-23T06:59:59Z",
        "2026-11-23T07:00:00Z",
        "2026-11-23T16:09:59Z",
        "2026-11-23T16:59:59Z",
        "2026-11-23T17:00:00Z",
    ] {
        world.clock.set(at(moment));
        let pending = world.pending().await;
        let window = get(&world, &pending).await["accessWindow"].clone();
        let approved = say(&world, "anna", &pending, "Approve").await;
        assert_eq!(window["start"], approved["accessStart"], "{moment}");
        assert_eq!(window["end"], approved["accessEnd"], "{moment}");
        assert!(window["start"].is_string());
    }
}

#[tokio::test]
async fn a_calendar_that_never_opens_again_keeps_from_approving_and_from_nothing_else() {
    let world = World::new().await;
    let ask = json!({"id": "window", "ask": {"accessWithin": "freeze"}});
    put(&world, json!([ask])).await;
    let before = world.pending().await;
    assert_eq!(
        get(&world, &before).await["accessWindow"]["start"],
        "2026-11-22T00:00:00.000Z"
    );
    world.clock.set(at("2026-11-23T00:00:00Z"));
    let pending = world.pending().await;
    assert_eq!(get(&world, &pending).await["accessWindow"], Value::Null);
    world.ok("ada", "request.list", json!({})).await;
    world
        .refused(
            "anna",
            "request.decide",
            decide(&pending, "Approve"),
            "neverOpen",
        )
        .await;
    assert_eq!(
        say(&world, "anna", &pending, "Deny").await["state"],
        "Denied"
    );
}

#[tokio::test]
async fn every_version_is_kept_with_who_why_what_and_its_hash() {
    let world = World::new().await;
    let first = put(&world, json!([deny_outside()])).await;
    assert_eq!(first["applied"], true);
    let draft = document(json!([]));
    let trial = json!({"document": draft, "validateOnly": true});
    let tried = world.ok("ada", "policy.put", trial).await;
    assert_eq!(tried["applied"], false);
    assert_eq!(tried["policyVersion"], 1);
    assert_eq!(tried["difference"][0]["text"], "rule 'nights' removed");
    assert_eq!(tried["difference"][0]["pointer"], "/rules/nights");
    let guard = json!({"document": draft, "expectedPolicyVersion": 0});
    let data = world
        .refused("ada", "policy.put", guard, "versionMismatch")
        .await;
    assert_eq!(data["version"], 1);
    world.pass(60);
    let second = json!({"document": draft, "expectedPolicyVersion": 1, "reason": "too strict"});
    let done = world.ok("ada", "policy.put", second).await;
    assert_eq!(done["difference"], tried["difference"]);
    assert_eq!(done["weakens"].as_array().unwrap().len(), 1);
    let history = world.ok("ada", "policy.history", json!({})).await;
    let versions = history["policies"].as_array().unwrap();
    assert_eq!(versions.len(), 2);
    assert_eq!(versions[0]["version"], 2);
    assert_eq!(versions[0]["reason"], "too strict");
    assert_eq!(versions[0]["putBy"], "ada@contoso.onmicrosoft.com");
    assert_eq!(versions[0]["putDate"], world.clock.now().to_string());
    assert_eq!(versions[0]["difference"], tried["difference"]);
    for (version, rules) in [(1, 1), (2, 0)] {
        let got = world
            .ok("ada", "policy.get", json!({"version": version}))
            .await;
        let policy = &got["policy"];
        assert_eq!(policy["document"]["rules"].as_array().unwrap().len(), rules);
        let canonical = customer_lockbox::audit::canonical_json(&policy["document"]).unwrap();
        assert_eq!(policy["hash"], hex::encode(sha256(&[&canonical])));
    }
    world
        .refused("ada", "policy.get", json!({"version": 3}), "notFound")
        .await;
    let page = json!({"pageSize": 1});
    let page = world.ok("ada", "policy.history", page).await;
    let next = json!({"pageSize": 1, "cursor": page["nextCursor"]});
    let next = world.ok("ada", "policy.history", next).await;
    assert_eq!(next["policies"][0]["version"], 1);
    assert_eq!(next["nextCursor"], Value::Null);
    let (parameters, _) = last(&world, "LockboxPolicyChanged").await;
    let names: Vec<&str> = parameters.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(
        names,
        [
            "PolicyVersion",
            "PolicyHash",
            "Reason",
            "Difference",
            "Weakens"
        ]
    );
    let events = outbox(&world);
    let tail: Vec<&str> = events.iter().rev().take(2).map(String::as_str).collect();
    assert_eq!(tail, ["policyWeakened", "policyChanged"]);
    assert_eq!(
        events.iter().filter(|one| *one == "policyWeakened").count(),
        1
    );
}

#[tokio::test]
async fn a_bad_policy_is_refused_with_all_that_is_wrong_and_nothing_changes() {
    let world = World::new().await;
    put(&world, json!([deny_outside()])).await;
    let mut zone = document(json!([]));
    zone["calendars"]["office"]["zone"] = "Europe/Zurch".into();
    let mut overlap = document(json!([]));
    overlap["calendars"]["office"]["weekly"]["monday-friday"] =
        json!(["08:00-12:00", "11:00-13:00"]);
    let never = json!({"within": "office", "outside": "office"});
    let people = json!([{"approvers": {"people": ["ana@contoso.com"]}}]);
    let five = json!([{"approvers": {"roles": ["GlobalAdministrator"]}, "needed": 5}]);
    for (bad, pointer, word) in [
        (zone, "/document/calendars/office/zone", "Europe/Zurich"),
        (
            overlap,
            "/document/calendars/office/weekly/monday-friday/1",
            "",
        ),
        (
            document(json!([{"id": "no", "match": never, "deny": {"reason": "x"}}])),
            "/document/rules/0/match/outside",
            "",
        ),
        (
            document(json!([{"id": "who", "ask": {"stages": people}}])),
            "/document/rules/0/ask/stages/0/approvers/people/0",
            "anna@contoso.com",
        ),
        (
            document(json!([{"id": "many", "ask": {"stages": five}}])),
            "/document/rules/0/ask/stages",
            "",
        ),
        (
            document(json!([{"id": "factor", "ask": {"secondFactor": true}}])),
            "/document/rules/0/ask/secondFactor",
            "",
        ),
    ] {
        for validate in [true, false] {
            let params = json!({"document": bad, "validateOnly": validate, "hoursToAnswer": 99});
            let data = world
                .refused("ada", "policy.put", params, "invalidParams")
                .await;
            let problems = data["problems"].as_array().unwrap();
            let at = |one: &Value| format!("/document{}", one["pointer"].as_str().unwrap());
            assert_eq!(data["pointer"], at(&problems[0]), "{data:#}");
            let expected = problems[0]["suggestion"].as_str().unwrap();
            assert_eq!(data["remedy"], expected);
            let meant = problems.iter().find(|one| at(one) == pointer);
            let meant = meant.unwrap_or_else(|| panic!("nothing at {pointer}: {data:#}"));
            let suggestion = meant["suggestion"].as_str().unwrap();
            assert!(
                suggestion.len() > 5 && suggestion.contains(word),
                "{data:#}"
            );
        }
    }
    let now = world.ok("ada", "policy.get", json!({})).await;
    assert_eq!(now["policy"]["version"], 1);
    assert_ne!(now["settings"]["hoursToAnswer"], 99);
}

#[tokio::test]
async fn a_stricter_policy_reaches_what_waits_and_a_weaker_one_does_not() {
    let world = World::new().await;
    put(
        &world,
        json!([{"id": "base", "ask": {"longestMinutes": 30}}]),
    )
    .await;
    let (mail, files) = (world.pending().await, {
        let submitted = world
            .submit_as("eve", json!({"serviceName": "SharePoint"}))
            .await;
        let review = json!({"requestId": submitted["identity"], "decision": "Approve"});
        world.ok("max", "request.review", review).await["request"].clone()
    });
    // Weaker: nothing changes for what waits.
    put(
        &world,
        json!([{"id": "base", "ask": {"longestMinutes": 50}}]),
    )
    .await;
    let mut longer = decide(&mail, "Approve");
    longer["durationSeconds"] = 1_801.into();
    longer["validateOnly"] = true.into();
    world
        .refused("anna", "request.decide", longer, "durationTooLong")
        .await;
    // Stricter: denied at once, in the same change; the other's access is shorter.
    world.pass(60);
    let before = outbox(&world).len();
    let deny = json!({"id": "no-mail", "match": {"services": ["Exchange"]},
                      "deny": {"reason": "Not now."}});
    put(
        &world,
        json!([deny, {"id": "base", "ask": {"longestMinutes": 20}}]),
    )
    .await;
    assert_eq!(
        outbox(&world)[before..],
        ["policyChanged", "requestDecided"]
    );
    let denied = get(&world, &mail).await;
    assert_eq!(denied["state"], "Denied");
    assert_eq!(denied["decidedBy"], "policy");
    assert_eq!(denied["comment"], "Not now.");
    let (parameters, _) = last(&world, "Set-AccessToCustomerDataRequest").await;
    let policy: Vec<&str> = parameters[3..]
        .iter()
        .map(|(_, value)| value.as_str())
        .collect();
    assert_eq!(policy[0], "3");
    assert_eq!(policy[2], "no-mail");
    let log = world.log("ada").await;
    let put_at = |operation: &str| {
        let found = log.iter().rfind(|one| one["Operation"] == operation);
        found.unwrap()["CreationTime"].clone()
    };
    assert_eq!(
        put_at("LockboxPolicyChanged"),
        put_at("Set-AccessToCustomerDataRequest")
    );
    let waits = get(&world, &files).await;
    assert_eq!(waits["state"], "Pending");
    assert_eq!(waits["policyVersion"], 1);
    let approved = say(&world, "anna", &files, "Approve").await;
    assert_eq!(approved["grantedDurationSeconds"], 1_200);
    // It was asked for on arrival, whoever decided later: that is no difference.
    let again = world
        .ok("ada", "policy.simulate", json!({"version": 1}))
        .await;
    assert_eq!(again["different"], 0, "{again:#}");
}

#[tokio::test]
async fn tags_that_come_with_a_policy_count_for_what_waits() {
    let world = World::new().await;
    let pending = world.pending().await;
    let deny = json!({"id": "frozen", "match": {"tenantTags": ["frozen"]},
                      "deny": {"reason": "Frozen."}});
    let params = json!({"document": document(json!([deny])), "tags": ["frozen"]});
    world.ok("ada", "policy.put", params).await;
    assert_eq!(get(&world, &pending).await["state"], "Denied");
}

#[tokio::test]
async fn new_tags_deny_what_waits_and_that_the_policy_denies_now() {
    let world = World::new().await;
    let rules = json!([{"id": "frozen", "match": {"tenantTags": ["frozen"], "services": ["Exchange"]},
                        "deny": {"reason": "Frozen."}}]);
    put(&world, rules).await;
    let mail = world.pending().await;
    let submitted = world
        .submit_as("eve", json!({"serviceName": "SharePoint"}))
        .await;
    let review = json!({"requestId": submitted["identity"], "decision": "Approve"});
    let files = world.ok("max", "request.review", review).await["request"].clone();
    let before = outbox(&world).len();
    let tags = json!({"tags": ["frozen"]});
    world.ok("ada", "policy.put", tags).await;
    let events = &outbox(&world)[before..];
    let mut events = events.to_vec();
    events.sort();
    assert_eq!(
        events,
        ["policyWeakened", "requestDecided", "settingsChanged"]
    );
    let denied = get(&world, &mail).await;
    assert_eq!(denied["state"], "Denied");
    assert_eq!(denied["comment"], "Frozen.");
    let (parameters, _) = last(&world, "Set-AccessToCustomerDataRequest").await;
    assert_eq!(parameters[3], ("PolicyVersion".to_owned(), "1".to_owned()));
    assert_eq!(get(&world, &files).await["state"], "Pending");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_arrives_while_a_policy_is_put_is_judged_by_the_new_one() {
    let world = Arc::new(World::new().await);
    for round in 0..12 {
        put(&world, json!([])).await;
        let mut submitted = Vec::new();
        for _ in 0..4 {
            submitted.push(world.submit().await);
        }
        let start = Arc::new(Barrier::new(submitted.len() + 1));
        let reviews: Vec<_> = submitted
            .iter()
            .map(|request| {
                let (world, start) = (Arc::clone(&world), Arc::clone(&start));
                let params = json!({"requestId": request["identity"], "decision": "Approve"});
                tokio::spawn(async move {
                    start.wait().await;
                    world.ok("max", "request.review", params).await
                })
            })
            .collect();
        start.wait().await;
        put(&world, json!([{"id": "no", "deny": {"reason": "Closed."}}])).await;
        for review in reviews {
            review.await.unwrap();
        }
        for request in &submitted {
            let state = get(&world, request).await["state"].clone();
            assert_eq!(state, "Denied", "round {round}");
        }
    }
}

#[tokio::test]
async fn the_effective_policy_names_the_origin_of_every_line() {
    let world = World::new().await;
    put(
        &world,
        json!([
            {"id": "all", "ask": {"longestMinutes": 60, "denyThreshold": 2, "reasonToDeny": true}},
            {"id": "mail", "match": {"services": ["Exchange"]}, "ask": {"longestMinutes": 30}},
            {"id": "boss", "match": {"resources": ["mailbox/boss*"]},
             "ask": {"answerWithinMinutes": 5}},
        ]),
    )
    .await;
    let origin = |judgement: &Value, line: &str| -> Vec<(String, Value)> {
        let all = judgement["origins"].as_array().unwrap().iter();
        all.filter(|one| one["line"] == line)
            .map(|one| {
                (
                    one["from"].as_str().unwrap().to_owned(),
                    one["level"].clone(),
                )
            })
            .collect()
    };
    let params = json!({"serviceName": "Exchange", "resources": ["mailbox/boss@contoso.com"]});
    let shown = world.ok("ada", "policy.effective", params).await;
    assert_eq!(shown["policyVersion"], 1);
    let judged = &shown["judgement"];
    let one = |from: &str, level: Value| vec![(from.to_owned(), level)];
    assert_eq!(judged["asked"]["longestSeconds"], 1_800);
    assert_eq!(
        origin(judged, "longestSeconds"),
        one("mail", json!("service"))
    );
    assert_eq!(
        origin(judged, "denyThreshold"),
        one("all", json!("organization"))
    );
    assert_eq!(
        origin(judged, "answerSeconds"),
        one("boss", json!("resource"))
    );
    assert_eq!(
        origin(judged, "reasonToDeny"),
        one("all", json!("organization"))
    );
    let params = json!({"serviceName": "SharePoint", "resources": ["site/a"]});
    let shown = world.ok("ada", "policy.effective", params).await;
    let judged = &shown["judgement"];
    assert_eq!(judged["asked"]["longestSeconds"], 3_600);
    assert_eq!(
        origin(judged, "answerSeconds"),
        one("settings", Value::Null)
    );
    let params = json!({"serviceName": "Exchnge"});
    world
        .refused("ada", "policy.effective", params, "invalidParams")
        .await;
}

#[tokio::test]
async fn a_suspended_tenants_policy_can_be_made_stricter_and_denies_what_waits() {
    let world = World::new().await;
    let pending = world.pending().await;
    world
        .ok(
            "root",
            "tenant.suspend",
            json!({"tenant": CONTOSO, "reason": "unpaid"}),
        )
        .await;
    put(&world, json!([{"id": "no", "deny": {"reason": "Closed."}}])).await;
    assert_eq!(get(&world, &pending).await["state"], "Denied");
    assert_eq!(
        world.ok("ada", "policy.get", json!({})).await["policy"]["version"],
        1
    );
}

#[tokio::test]
async fn a_policy_that_cannot_be_applied_keeps_from_approving_and_not_from_denying() {
    let world = World::new().await;
    put(&world, json!([{"id": "two", "ask": {"denyThreshold": 2}}])).await;
    let pending = world.pending().await;
    // As after the system has lost a zone.
    let contoso = world.contoso().await;
    let mut gone = document(json!([]));
    gone["calendars"]["office"]["zone"] = "Europe/Nowhere".into();
    let row = PolicyVersion {
        org: contoso.id,
        version: 0,
        hash: "0".repeat(64),
        document: gone.to_string(),
        put_by: world.row(&pending).await.requester,
        put_at: world.clock.now(),
        reason: None,
        summary: json!([]),
    };
    world.write(vec![RowWrite::PutPolicy(Box::new(row))]).await;
    world
        .refused(
            "anna",
            "request.decide",
            decide(&pending, "Approve"),
            "policyUnusable",
        )
        .await;
    // The terms count: it takes two.
    let first = say(&world, "anna", &pending, "Deny").await;
    assert_eq!(first["state"], "Pending");
    let second = say(&world, "ben", &pending, "Deny").await;
    assert_eq!(second["state"], "Denied");
}

#[tokio::test]
async fn a_calendar_that_becomes_weaker_does_not_let_go_of_what_waits() {
    let world = World::new().await;
    let within = json!([{"id": "within", "ask": {"accessWithin": "office"}}]);
    put(&world, within.clone()).await;
    let pending = world.pending().await;
    let mut wide = document(within);
    wide["calendars"]["office"]["weekly"] = json!({"monday-sunday": ["00:00-24:00"]});
    world
        .ok("ada", "policy.put", json!({"document": wide}))
        .await;
    let approved = say(&world, "anna", &pending, "Approve").await;
    assert_eq!(approved["accessStart"], OPENS);
    // What arrives now has the new hours.
    let now = world.pending().await;
    let approved = say(&world, "anna", &now, "Approve").await;
    assert_ne!(approved["accessStart"], OPENS);
}

mod simulated {
    use super::*;
    use proptest::prelude::*;
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;

    /// A random request: service, ticket, resource, length, and the minutes until the next one.
    fn request() -> impl Strategy<Value = (Value, i64)> {
        (
            prop::sample::select(vec!["Exchange", "SharePoint", "Teams"]),
            prop::sample::select(vec!["SR-7", "INC000042", "CLB#1"]),
            prop::sample::select(vec!["Mail is lost", "break glass now", "Audit"]),
            prop::sample::select(vec![900_i64, 3_600, 7_200]),
            // One that names nothing means everything, so 'boss' denies it.
            prop::option::weighted(
                0.95,
                prop::sample::select(vec![
                    "mailbox/boss@contoso.com",
                    "site/a",
                    "site/b",
                    "site/c",
                    "site/d",
                    "site/e",
                ]),
            ),
            1..400_i64,
        )
            .prop_map(|(service, ticket, reason, seconds, resource, minutes)| {
                let ask = json!({
                    "serviceName": service, "serviceRequestNumber": ticket, "reason": reason,
                    "durationSeconds": seconds,
                    "resources": resource.into_iter().collect::<Vec<_>>(),
                });
                (ask, minutes * 60)
            })
    }

    fn rules() -> Value {
        json!([
            {"id": "nights", "match": {"services": ["SharePoint"], "outside": "office"},
             "deny": {"reason": "Office hours only."}},
            {"id": "boss", "match": {"resources": ["mailbox/boss*"]}, "deny": {"reason": "Boss."}},
            {"id": "quick", "match": {"services": ["Teams"], "ticketPattern": "INC[0-9]{6}"},
             "unless": {"longerThanMinutes": 60},
             "approve": {"longestMinutes": 30, "accessWithin": "office"}},
            {"id": "ticket", "match": {"services": ["SharePoint"]},
             "unless": {"ticketPattern": "INC[0-9]{6}"}, "deny": {"reason": "No such ticket."}},
            {"id": "words", "match": {"reasonWords": ["glass"]},
             "when": "request.durationMinutes > 20",
             "deny": {"reason": "No glass."}},
            {"id": "all", "ask": {"holdUntilOpen": "office", "denyThreshold": 1}},
        ])
    }

    /// Requests of about a month arrive, and some are decided, canceled or left to expire.
    async fn month(world: &World, count: usize) -> [u64; 3] {
        let mut runner = TestRunner::deterministic();
        let mut seen = [0; 3];
        for number in 0..count {
            let (ask, pause) = request().new_tree(&mut runner).unwrap().current();
            world.pass(pause);
            let submitted = world.submit_as("eve", ask).await;
            let review = json!({"requestId": submitted["identity"], "decision": "Approve"});
            let arrived = world.ok("max", "request.review", review).await["request"].clone();
            match (arrived["state"].as_str().unwrap(), number % 4) {
                ("Denied", _) => seen[0] += 1,
                ("Approved", _) => seen[1] += 1,
                ("Pending", 0) => {
                    seen[2] += 1;
                    say(world, "anna", &arrived, "Deny").await;
                }
                ("Pending", 1) => {
                    seen[2] += 1;
                    say(world, "ben", &arrived, "Approve").await;
                }
                ("Pending", 2) => {
                    seen[2] += 1;
                    say(world, "ada", &arrived, "Cancel").await;
                }
                _ => seen[2] += 1,
            }
        }
        seen
    }

    #[tokio::test]
    async fn a_month_under_the_policy_in_force_comes_out_as_it_did() {
        let world = World::new().await;
        world
            .ok("ada", "policy.put", json!({"automaticApproval": true}))
            .await;
        put(&world, rules()).await;
        let seen = month(&world, 300).await;
        assert!(
            seen.iter().all(|count| *count > 5),
            "a month of all sorts: {seen:?}"
        );
        let again = world.ok("ada", "policy.simulate", json!({})).await;
        assert_eq!(again["tried"], 300);
        assert_eq!(again["more"], false);
        assert_eq!(again["different"], 0, "{again:#}");
        let would = &again["would"];
        assert_eq!(
            [&would["denied"], &would["approved"], &would["asked"]].map(|n| n.as_u64().unwrap()),
            seen
        );
        // Another policy shows that it can differ: what was approved or asked, a draft denies.
        let draft = document(json!([{"id": "never", "deny": {"reason": "No."}}]));
        let params = json!({"document": draft, "pageSize": 7});
        let draft = world.ok("ada", "policy.simulate", params).await;
        assert_eq!(draft["different"], seen[1] + seen[2]);
        assert_eq!(draft["rules"], json!({"never": 300}));
        let shown = draft["differences"].as_array().unwrap();
        assert_eq!(shown.len(), 7);
        for one in shown {
            assert_eq!(one["would"], "denied");
            assert_ne!(one["happened"], "denied");
            assert_eq!(one["rule"], "never");
            assert_eq!(one["sentence"], "The rule 'never' denies it: No.");
        }
        // A part of it.
        let since = world.clock.now().to_string();
        let params = json!({"since": since});
        assert_eq!(world.ok("ada", "policy.simulate", params).await["tried"], 0);
        let params = json!({"until": since});
        assert_eq!(
            world.ok("ada", "policy.simulate", params).await["tried"],
            299
        );
        assert_eq!(
            world.ok("ada", "policy.get", json!({})).await["policy"]["version"],
            1
        );
    }

    /// What `lockboxd policy export` writes.
    async fn exported(world: &World) -> Value {
        let settings = world.ok("ada", "policy.get", json!({})).await;
        let info = world.ok("ada", "system.info", json!({})).await;
        let mut params = json!({"pageSize": 70});
        let mut requests = Vec::new();
        loop {
            let page = world.ok("ada", "request.list", params.clone()).await;
            requests.extend(page["requests"].as_array().unwrap().clone());
            params["cursor"] = page["nextCursor"].clone();
            if params["cursor"].is_null() {
                break;
            }
        }
        json!({
            "format": "lockbox-past/1", "settings": settings["settings"],
            "profiles": info["profiles"], "requests": requests, "more": false,
        })
    }

    #[tokio::test]
    async fn an_export_tried_without_a_daemon_comes_out_as_the_daemon_says() {
        let world = World::new().await;
        let settings = json!({"automaticApproval": true, "tags": ["eu"], "hoursToAnswer": 5});
        world.ok("ada", "policy.put", settings).await;
        put(&world, rules()).await;
        month(&world, 60).await;
        let past = world.dir().join("past.json");
        std::fs::write(&past, exported(&world).await.to_string()).unwrap();
        let strict = json!([
            {"id": "eu", "match": {"tenantTags": ["eu"], "services": ["Teams"]},
             "deny": {"reason": "No."}},
            {"id": "all", "ask": {"longestMinutes": 30}},
        ]);
        for (rules, differs) in [(rules(), false), (strict, true)] {
            let file = world.dir().join("draft.policy.json");
            std::fs::write(&file, document(rules.clone()).to_string()).unwrap();
            let params = json!({"document": document(rules), "pageSize": 9});
            let daemon = world.ok("ada", "policy.simulate", params).await;
            assert_eq!(daemon["tried"], 60);
            assert_eq!(daemon["different"] != 0, differs, "{daemon:#}");
            let (file, past) = (file.to_str().unwrap(), past.to_str().unwrap());
            let args = [
                "policy",
                "simulate",
                file,
                "--requests",
                past,
                "--limit",
                "9",
            ];
            let json = ["--output", "json", "--fail-on-difference"];
            let done = program::run(&[&args[..], &json[..]].concat());
            assert_eq!(done.code, i32::from(differs), "{}", done.err);
            assert_eq!(done.json(), daemon);
            let done = program::run(&args);
            assert_eq!(done.code, 0, "{}", done.err);
            assert!(
                done.out.starts_with("60 request(s) tried: "),
                "{}",
                done.out
            );
            let said = if differs {
                "would have gone otherwise than they did:\nrequest "
            } else {
                "Each would have gone as it did."
            };
            assert!(done.out.contains(said), "{}", done.out);
            let one = daemon["differences"][0]["requestId"].as_str();
            assert!(done.out.contains(one.unwrap_or_default()), "{}", done.out);
        }
    }

    #[tokio::test]
    async fn a_draft_is_tried_on_a_made_up_request_at_an_instant() {
        let world = World::new().await;
        let people = json!([{"approvers": {"groups": ["owners"]}}]);
        let rules = json!([deny_outside(), {"id": "eyes", "ask": {"stages": people}}]);
        for (moment, would, rule) in [
            ("2026-11-23T06:59:59.999Z", "denied", json!("nights")),
            (OPENS, "asked", Value::Null),
            ("2026-11-23T16:59:59.999Z", "asked", Value::Null),
            (CLOSES, "denied", json!("nights")),
        ] {
            let params = json!({"document": document(rules.clone()), "at": moment,
                                "request": {"serviceName": "Exchange"}});
            let tried = world.ok("ada", "policy.simulate", params).await;
            assert_eq!(tried["would"][would], 1, "{moment}");
            assert_eq!(tried["judgement"]["rule"], rule);
            let asked = &tried["judgement"]["asked"]["stages"][0]["approvers"]["people"];
            assert_eq!(asked, &json!(["anna@contoso.com", "ben@contoso.com"]));
        }
        assert_eq!(
            world.ok("ada", "policy.get", json!({})).await["policy"],
            Value::Null
        );
    }
}
