//! Several approvers: the first voices are recorded and shown, and the last one decides.

use crate::policies::{document, get, put};
use crate::world::{CONTOSO, World};
use customer_lockbox::audit::canonical_json;
use customer_lockbox::clock::Clock;
use customer_lockbox::crypto::sha256;
use customer_lockbox::domain::policy::document::Approvers;
use customer_lockbox::domain::policy::effective::{Asked, AskedStage};
use customer_lockbox::domain::request::{Request, State};
use customer_lockbox::domain::scope::Role;
use customer_lockbox::store::RowWrite;
use serde_json::{Value, json};
use std::sync::Arc;
use tokio::sync::Barrier;

const ADA: &str = "ada@contoso.onmicrosoft.com";
const ANNA: &str = "anna@contoso.com";
const BEN: &str = "ben@contoso.com";

fn stage(people: &[&str], needed: u32) -> AskedStage {
    AskedStage {
        rule: "two-eyes".to_owned(),
        approvers: Approvers {
            people: people.iter().map(|one| (*one).to_owned()).collect(),
            ..Approvers::default()
        },
        needed,
    }
}

fn two_of_three(asked: &mut Asked) {
    asked.stages = vec![stage(&[ADA, ANNA, BEN], 2)];
}

fn decide(request: &Value, decision: &str) -> Value {
    json!({"requestId": request["identity"], "decision": decision})
}

async fn say(world: &World, who: &str, request: &Value, decision: &str) -> Value {
    let answer = world
        .ok(who, "request.decide", decide(request, decision))
        .await;
    answer["request"].clone()
}

fn tally(request: &Value) -> (&str, u64, u64) {
    (
        request["state"].as_str().unwrap(),
        request["approvalsGiven"].as_u64().unwrap(),
        request["approvalsNeeded"].as_u64().unwrap(),
    )
}

async fn allowed(world: &World) -> Value {
    let check = json!({"tenant": CONTOSO, "engineer": "eve@fabrikam.example"});
    world.ok("gate", "grant.check", check).await
}

/// The parameters of a record, as names and values in their order.
fn parameters(record: &Value) -> Vec<(&str, &str)> {
    let all = record["Parameters"].as_array().unwrap();
    all.iter()
        .map(|one| {
            (
                one["Name"].as_str().unwrap(),
                one["Value"].as_str().unwrap(),
            )
        })
        .collect()
}

#[tokio::test]
async fn the_first_approval_is_shown_and_access_starts_with_the_last() {
    let world = World::new().await;
    let pending = world.pending_under(two_of_three).await;
    assert_eq!(tally(&pending), ("Pending", 0, 2));
    assert_eq!(pending["policyVersion"], 7);
    assert_eq!(pending["policyHash"], "ab".repeat(32));
    assert_eq!(pending["policyRules"], json!(["office", "two-eyes"]));
    let mut params = decide(&pending, "Approve");
    params["comment"] = "for the ticket".into();
    // Judged first, without a trace.
    let mut only = params.clone();
    only["validateOnly"] = true.into();
    let judged = world.ok("anna", "request.decide", only).await;
    assert_eq!(tally(&judged["request"]), ("Pending", 0, 2));
    world.pass(60);
    let at = world.clock.now().to_string();
    let answer = world.ok("anna", "request.decide", params).await;
    let first = &answer["request"];
    assert_eq!(tally(first), ("Pending", 1, 2));
    assert_eq!(first["decision"], Value::Null);
    assert_eq!(first["grantId"], Value::Null);
    let vote = json!({"approver": ANNA, "date": at, "decision": "Approve", "stage": 1,
                      "comment": "for the ticket", "onBehalfOf": null});
    assert_eq!(first["votes"], json!([vote]));
    assert_eq!(allowed(&world).await["code"], "noGrant");
    let data = world
        .refused(
            "anna",
            "request.decide",
            decide(&pending, "Approve"),
            "votedAlready",
        )
        .await;
    assert_eq!(data["decidedBy"], ANNA);
    let last = say(&world, "ben", &pending, "Approve").await;
    assert_eq!(tally(&last), ("Approved", 2, 2));
    assert_eq!(last["decidedBy"], BEN);
    assert_eq!(last["votes"].as_array().unwrap().len(), 2);
    assert_eq!(allowed(&world).await["code"], "allowed");

    let log = world.log("ada").await;
    let of = |operation: &str| -> Vec<&Value> {
        let found = log.iter().filter(|one| one["Operation"] == operation);
        found.collect()
    };
    let [recorded] = of("LockboxApprovalRecorded")[..] else {
        panic!("one approval is recorded: {log:#?}");
    };
    assert_eq!(recorded["UserId"], ANNA);
    assert_eq!(
        parameters(recorded),
        [
            ("Comment", "for the ticket"),
            ("ApprovalDecision", "Approve"),
            ("RequestId", pending["identity"].as_str().unwrap()),
            ("Stage", "1"),
            ("Given", "1"),
            ("Needed", "2"),
        ]
    );
    let [decision] = of("Set-AccessToCustomerDataRequest")[..] else {
        panic!("one decision took effect: {log:#?}");
    };
    assert_eq!(decision["Actor"]["Name"], BEN);
    let hash = "ab".repeat(32);
    assert_eq!(
        parameters(decision),
        [
            ("Comment", ""),
            ("ApprovalDecision", "Approve"),
            ("RequestId", pending["identity"].as_str().unwrap()),
            ("Stage", "1"),
            ("Given", "2"),
            ("Needed", "2"),
            ("PolicyVersion", "7"),
            ("PolicyHash", &hash),
            ("PolicyRule", "office, two-eyes"),
        ]
    );
}

#[tokio::test]
async fn denials_below_their_threshold_are_recorded_and_an_approval_can_become_one() {
    let world = World::new().await;
    let ask = |asked: &mut Asked| {
        asked.stages = vec![stage(&[ANNA, BEN], 2)];
        asked.deny_threshold = 2;
    };
    let pending = world.pending_under(ask).await;
    say(&world, "anna", &pending, "Approve").await;
    let changed = say(&world, "anna", &pending, "Deny").await;
    assert_eq!(tally(&changed), ("Pending", 0, 2));
    assert_eq!(changed["votes"].as_array().unwrap().len(), 1);
    assert_eq!(changed["votes"][0]["decision"], "Deny");
    for decision in ["Approve", "Deny"] {
        let again = decide(&pending, decision);
        world
            .refused("anna", "request.decide", again, "votedAlready")
            .await;
    }
    // Ada is no approver of the stage: she may not approve, and her denial counts.
    let approve = decide(&pending, "Approve");
    let data = world
        .refused("ada", "request.decide", approve, "notAnApprover")
        .await;
    assert_eq!(data["approvers"], json!([ANNA, BEN]));
    assert_eq!(data["stage"], 1);
    // The robot is hers, so it has her voice.
    let denied = say(&world, "bot", &pending, "Deny").await;
    assert_eq!(denied["state"], "Denied");
    assert_eq!(denied["decidedBy"], "bot");
    let operations = world.operations("ada").await;
    let told: Vec<&str> = operations
        .iter()
        .map(String::as_str)
        .filter(|one| one.ends_with("Recorded") || one.starts_with("Set-"))
        .collect();
    assert_eq!(
        told,
        [
            "LockboxApprovalRecorded",
            "LockboxDenialRecorded",
            "Set-AccessToCustomerDataRequest"
        ]
    );
}

#[tokio::test]
async fn stages_come_one_after_the_other_by_the_roles_that_the_call_has() {
    let world = World::new().await;
    let ask = |asked: &mut Asked| {
        let mut second = stage(&[], 1);
        second.approvers.roles = vec![Role::GlobalAdministrator];
        asked.stages = vec![stage(&[ANNA], 1), second];
    };
    let pending = world.pending_under(ask).await;
    world
        .refused(
            "ada",
            "request.decide",
            decide(&pending, "Approve"),
            "notAnApprover",
        )
        .await;
    let first = say(&world, "anna", &pending, "Approve").await;
    assert_eq!(tally(&first), ("Pending", 1, 2));
    let data = world
        .refused(
            "ben",
            "request.decide",
            decide(&pending, "Approve"),
            "notAnApprover",
        )
        .await;
    assert_eq!(data["approvers"], json!(["GlobalAdministrator"]));
    assert_eq!(data["stage"], 2);
    // A token that is cut to another role does not speak as administrator.
    let issue = json!({"roles": ["CustomerLockboxAccessApprover"]});
    world
        .ok(
            "ada",
            "role.assign",
            json!({"principal": ADA, "role": "CustomerLockboxAccessApprover"}),
        )
        .await;
    let cut = world.ok("ada", "token.issue", issue).await;
    let refusal = world
        .call_with(
            cut["token"].as_str(),
            "request.decide",
            decide(&pending, "Approve"),
        )
        .await
        .unwrap_err();
    assert_eq!(refusal.code, "notAnApprover");
    let last = say(&world, "ada", &pending, "Approve").await;
    assert_eq!(tally(&last), ("Approved", 2, 2));
}

#[tokio::test]
async fn what_the_policy_wants_to_be_reasoned_is_refused_without_a_reason() {
    let world = World::new().await;
    let ask = |asked: &mut Asked| {
        asked.reason_to_approve = true;
        asked.reason_to_deny = true;
    };
    for decision in ["Approve", "Deny"] {
        let pending = world.pending_under(ask).await;
        assert_eq!(tally(&pending), ("Pending", 0, 1));
        let mut params = decide(&pending, decision);
        world
            .refused("anna", "request.decide", params.clone(), "reasonRequired")
            .await;
        params["comment"] = "because".into();
        let decided = world.ok("anna", "request.decide", params).await;
        assert_eq!(decided["request"]["decision"], decision);
    }
    // Cancel never takes one.
    let pending = world.pending_under(ask).await;
    let canceled = say(&world, "anna", &pending, "Cancel").await;
    assert_eq!(canceled["state"], "Canceled");
}

#[tokio::test]
async fn the_shortest_access_that_any_of_them_approves_counts() {
    let world = World::new().await;
    for (wanted, granted) in [(None, 600), (Some(300), 300)] {
        let pending = world.pending_under(two_of_three).await;
        let mut first = decide(&pending, "Approve");
        first["durationSeconds"] = 600.into();
        world.ok("anna", "request.decide", first.clone()).await;
        first["durationSeconds"] = 900.into();
        let data = world
            .refused("ben", "request.decide", first, "durationTooLong")
            .await;
        assert_eq!(data["longestSeconds"], 600);
        let mut last = decide(&pending, "Approve");
        if let Some(wanted) = wanted {
            last["durationSeconds"] = wanted.into();
        }
        let approved = world.ok("ben", "request.decide", last).await;
        assert_eq!(approved["request"]["grantedDurationSeconds"], granted);
    }
    // The terms bound it as well.
    let short = |asked: &mut Asked| asked.longest_seconds = 60;
    let pending = world.pending_under(short).await;
    let approved = say(&world, "ben", &pending, "Approve").await;
    assert_eq!(approved["grantedDurationSeconds"], 60);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_voices_at_the_same_moment_each_counts_and_one_decides() {
    let world = Arc::new(World::new().await);
    for _ in 0..5 {
        let pending = world.pending_under(two_of_three).await;
        let barrier = Arc::new(Barrier::new(3));
        let calls = ["ada", "anna", "ben"].map(|who| {
            let (world, barrier) = (Arc::clone(&world), Arc::clone(&barrier));
            let params = decide(&pending, "Approve");
            tokio::spawn(async move {
                barrier.wait().await;
                world.call(who, "request.decide", params).await
            })
        });
        let mut codes = Vec::new();
        for call in calls {
            codes.push(match call.await.unwrap() {
                Ok(_) => "counted".to_owned(),
                Err(refusal) => refusal.code,
            });
        }
        codes.sort();
        assert_eq!(codes, ["alreadyDecided", "counted", "counted"]);
        let read = json!({"requestId": pending["identity"]});
        let read = world.ok("ada", "request.get", read).await;
        assert_eq!(tally(&read["request"]), ("Approved", 2, 2));
        say(&world, "ada", &pending, "Cancel").await;
    }
    let operations = world.operations("ada").await;
    let count = |name: &str| operations.iter().filter(|one| *one == name).count();
    assert_eq!(count("LockboxApprovalRecorded"), 5);
    assert_eq!(count("Set-AccessToCustomerDataRequest"), 10);
}

#[tokio::test]
async fn access_that_starts_later_is_approved_and_not_yet_there() {
    for (who, method, params, state) in [
        ("gate", "", json!({}), "Ended"),
        (
            "anna",
            "request.decide",
            json!({"decision": "Cancel"}),
            "Canceled",
        ),
        ("eve", "request.complete", json!({}), "Completed"),
        ("root", "grant.revoke", json!({}), "Revoked"),
    ] {
        let world = World::new().await;
        let approved = world.approved().await;
        let row = world.row(&approved).await;
        let start = world.clock.now().plus_seconds(7_200);
        let held = Request {
            access_start: Some(start),
            access_end: Some(start.plus_seconds(3_600)),
            ..row
        };
        assert_eq!(held.state, State::Approved);
        world
            .write(vec![RowWrite::UpdateRequest(Box::new(held), Vec::new())])
            .await;
        let early = allowed(&world).await;
        assert_eq!(early["code"], "notStarted");
        let message = early["message"].as_str().unwrap();
        assert!(message.contains(&start.to_string()), "{message}");
        let grant = world.ok("ada", "grant.list", json!({})).await;
        assert_eq!(grant["grants"][0]["active"], false, "{grant}");
        assert_eq!(grant["grants"][0]["state"], "NotStarted");
        if !method.is_empty() {
            let mut params = params;
            params["requestId"] = approved["identity"].clone();
            world.ok(who, method, params).await;
        } else {
            world.clock.set(start.plus_millis(-1));
            assert_eq!(allowed(&world).await["code"], "notStarted");
            world.clock.set(start);
            assert_eq!(allowed(&world).await["code"], "allowed");
            world.clock.set(start.plus_seconds(3_600));
        }
        let read = json!({"requestId": approved["identity"]});
        let read = world.ok("ada", "request.get", read).await;
        assert_eq!(read["request"]["state"], state);
        assert_ne!(allowed(&world).await["code"], "allowed");
    }
}

#[tokio::test]
async fn where_no_policy_is_the_first_voice_decides_and_the_row_says_no_more_than_before() {
    let world = World::new().await;
    let pending = world.pending().await;
    assert_eq!(tally(&pending), ("Pending", 0, 1));
    for (name, empty) in [
        ("votes", json!([])),
        ("policyVersion", Value::Null),
        ("policyHash", Value::Null),
        ("policyRules", json!([])),
        ("clockHeldUntil", Value::Null),
        ("accessWindow", Value::Null),
        ("location", Value::Null),
    ] {
        assert_eq!(pending[name], empty, "{name}");
    }
    let approved = say(&world, "anna", &pending, "Approve").await;
    assert_eq!(tally(&approved), ("Approved", 1, 1));
    assert_eq!(approved["votes"][0]["approver"], ANNA);
    let row = serde_json::to_value(world.row(&approved).await).unwrap();
    for (part, name) in [
        (&row, "votes"),
        (&row, "wake"),
        (&row["terms"], "policy"),
        (&row["ask"], "location"),
    ] {
        assert_eq!(part.get(name), None, "{name}");
    }
}

#[tokio::test]
async fn a_location_is_shown_and_is_part_of_the_digest_only_where_it_was_said() {
    let world = World::new().await;
    let plain = world.submit().await;
    let ask = json!({
        "tenant": world.tenant_id(CONTOSO).await, "service": "Exchange", "ticket": "CLB#1",
        "reason": "Mail is not delivered", "durationSeconds": 3_600, "resources": [],
        "dataCategories": [], "accessLevel": "read", "operations": [], "citizenship": null,
    });
    let digest = |ask: &Value| hex::encode(sha256(&[&canonical_json(ask).unwrap()]));
    assert_eq!(plain["termsDigest"], digest(&ask));
    let located = world.submit_as("ed", json!({"location": "Zürich"})).await;
    assert_eq!(located["location"], "Zürich");
    let mut with = ask;
    with["location"] = "Zürich".into();
    assert_eq!(located["termsDigest"], digest(&with));
    let bad = json!({
        "tenant": CONTOSO, "serviceName": "Exchange", "serviceRequestNumber": "CLB#1",
        "reason": "Mail", "location": "a\u{7}b",
    });
    let data = world
        .refused("eve", "request.submit", bad, "invalidParams")
        .await;
    assert_eq!(data["pointer"], "/location");
}

#[tokio::test]
async fn an_approval_counts_only_while_its_giver_could_still_give_it() {
    let people = |people: &[&str]| {
        let stages = json!([{"approvers": {"people": people}, "needed": 2}]);
        json!([{"id": "two", "ask": {"stages": stages}}])
    };
    let disable = json!({"principal": ANNA});
    let remove = json!({"principal": ANNA, "role": "CustomerLockboxAccessApprover"});
    let fewer = json!({"document": document(people(&[ADA, BEN]))});
    for (method, params) in [
        ("principal.disable", disable),
        ("role.remove", remove),
        ("policy.put", fewer),
    ] {
        let world = World::new().await;
        put(&world, people(&[ADA, ANNA, BEN])).await;
        let pending = world.pending().await;
        say(&world, "anna", &pending, "Approve").await;
        assert_eq!(tally(&get(&world, &pending).await), ("Pending", 1, 2));
        world.ok("ada", method, params).await;
        let read = get(&world, &pending).await;
        assert_eq!(tally(&read), ("Pending", 0, 2), "{method}");
        let named = json!({"requestId": pending["identity"]});
        let told = world.ok("ada", "policy.explain", named).await["sentence"].clone();
        let told = told.as_str().unwrap();
        assert!(told.contains("0 of 2"), "{method}: {told}");
        let second = say(&world, "ben", &pending, "Approve").await;
        assert_eq!(tally(&second), ("Pending", 1, 2), "{method}");
        assert_eq!(allowed(&world).await["code"], "noGrant");
        let last = say(&world, "ada", &pending, "Approve").await;
        assert_eq!(tally(&last), ("Approved", 2, 2), "{method}");
    }
}
