//! Decisions that meet each other, and their deadline.

use crate::world::{CONTOSO, World};
use customer_lockbox::clock::{Clock, Timestamp};
use customer_lockbox::service::{Limits, Options};
use serde_json::{Value, json};
use std::sync::Arc;
use tokio::sync::Barrier;

const HOUR: i64 = 3_600;

/// A world in which many requests can be open at once.
async fn wide() -> World {
    World::with(Options {
        limits: Limits {
            pending_per_tenant: 1_000,
            pending_per_engineer: 1_000,
            ..Limits::default()
        },
        ..Options::default()
    })
    .await
}

fn decide(request: &Value, decision: &str) -> Value {
    json!({"requestId": request["identity"], "decision": decision})
}

/// The records of somebody's log that concern a request, oldest first, as the search shows them.
async fn records(world: &World, who: &str, request: &Value) -> Vec<Value> {
    let search = json!({"resultSize": 5_000, "objectIds": [request["identity"]]});
    let found = world.ok(who, "audit.search", search).await;
    let mut records = found["records"].as_array().unwrap().clone();
    records.sort_by_key(|record| record["sequence"].as_u64());
    records
}

fn activities(records: &[Value]) -> Vec<&str> {
    records
        .iter()
        .map(|record| record["activity"].as_str().unwrap())
        .collect()
}

fn audit_data(record: &Value) -> Value {
    serde_json::from_str(record["auditData"].as_str().unwrap()).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_two_decisions_at_the_same_moment_one_wins() {
    const REQUESTS: usize = 50;
    let world = Arc::new(wide().await);
    let mut requests = Vec::new();
    for _ in 0..REQUESTS {
        requests.push(world.pending().await);
    }
    let barrier = Arc::new(Barrier::new(2 * REQUESTS));
    let call = |who: &'static str, decision: &'static str, request: &Value| {
        let (world, barrier, params) = (
            Arc::clone(&world),
            Arc::clone(&barrier),
            decide(request, decision),
        );
        tokio::spawn(async move {
            barrier.wait().await;
            world.call(who, "request.decide", params).await
        })
    };
    let calls: Vec<_> = requests
        .iter()
        .map(|request| {
            (
                call("anna", "Approve", request),
                call("ben", "Deny", request),
            )
        })
        .collect();
    for (request, (approve, deny)) in requests.iter().zip(calls) {
        let (won, lost, winner, state) = match (approve.await.unwrap(), deny.await.unwrap()) {
            (Ok(won), Err(lost)) => (won, lost, "anna@contoso.com", "Approved"),
            (Err(lost), Ok(won)) => (won, lost, "ben@contoso.com", "Denied"),
            both => panic!("exactly one wins: {both:#?}"),
        };
        let won = &won["request"];
        assert_eq!(
            (&won["state"], &won["decidedBy"]),
            (&json!(state), &json!(winner))
        );
        assert_eq!(
            (lost.code.as_str(), lost.number),
            ("alreadyDecided", -32_004)
        );
        assert_eq!(lost.data["currentState"], state);
        assert_eq!(lost.data["approvalStatus"], state);
        assert_eq!(lost.data["decidedBy"], winner);
        assert_eq!(lost.data["decidedDate"], won["decidedDate"]);
        let message = lost.data["message"].as_str().unwrap();
        for part in [state, winner, won["decidedDate"].as_str().unwrap()] {
            assert!(message.contains(part), "{part} in {message}");
        }
        let now = world
            .ok("ada", "request.get", json!({"requestId": won["identity"]}))
            .await;
        assert_eq!(&now["request"], won, "nothing came after the winner");
        let check = json!({
            "tenant": CONTOSO, "requestId": won["identity"], "engineer": "eve@fabrikam.example",
        });
        let check = world.ok("gate", "grant.check", check).await;
        assert_eq!(check["allowed"], state == "Approved");
        let records = records(&world, "ada", request).await;
        assert_eq!(
            activities(&records),
            [
                "LockboxRequestArrived",
                "Set-AccessToCustomerDataRequest",
                "LockboxRequestRefused"
            ]
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_two_reviews_at_the_same_moment_one_wins() {
    let world = Arc::new(wide().await);
    for _ in 0..10 {
        let request = world.submit().await;
        let review = |who: &'static str, decision: &'static str| {
            let (world, params) = (Arc::clone(&world), decide(&request, decision));
            tokio::spawn(async move { world.call(who, "request.review", params).await })
        };
        let (approve, reject) = (review("max", "Approve"), review("mia", "Reject"));
        let (won, lost) = match (approve.await.unwrap(), reject.await.unwrap()) {
            (Ok(won), Err(lost)) | (Err(lost), Ok(won)) => (won, lost),
            both => panic!("exactly one wins: {both:#?}"),
        };
        assert_eq!(lost.code, "wrongState");
        assert_eq!(lost.data["currentState"], won["request"]["state"]);
        assert_eq!(lost.data["decidedBy"], won["request"]["reviewedBy"]);
        assert_eq!(lost.data["decidedDate"], won["request"]["reviewedDate"]);
    }
}

#[tokio::test]
async fn a_decision_holds_before_the_deadline_and_not_at_it() {
    for (beyond, decision) in
        [(-1, "Approve"), (-1, "Deny"), (-1, "Cancel")]
            .into_iter()
            .chain([0, 1].into_iter().flat_map(|beyond| {
                ["Approve", "Deny", "Cancel"].map(|decision| (beyond, decision))
            }))
    {
        let world = World::new().await;
        let request = world.pending().await;
        let deadline = Timestamp::parse(request["expirationDate"].as_str().unwrap()).unwrap();
        assert_eq!(deadline, world.clock.now().plus_seconds(12 * HOUR));
        world.clock.set(deadline.plus_millis(beyond));
        let answer = world
            .call("anna", "request.decide", decide(&request, decision))
            .await;
        if beyond < 0 {
            let decided = answer.unwrap()["request"].clone();
            assert_eq!(decided["decision"], decision);
            let records = records(&world, "ada", &request).await;
            assert_eq!(
                activities(&records),
                ["LockboxRequestArrived", "Set-AccessToCustomerDataRequest"]
            );
            continue;
        }
        let refusal = answer.unwrap_err();
        assert_eq!(refusal.code, "requestExpired");
        assert_eq!(refusal.data["currentState"], "Expired");
        assert_eq!(refusal.data["approvalStatus"], "Expired");
        assert_eq!(refusal.data["decidedBy"], Value::Null);
        assert_eq!(refusal.data["decidedDate"], deadline.to_string());
        // Asked again, the expiry is not written down again.
        world
            .refused(
                "ben",
                "request.decide",
                decide(&request, decision),
                "requestExpired",
            )
            .await;
        assert_eq!(world.rpc.services().write_down_due().await.unwrap(), 0);
        let records = records(&world, "ada", &request).await;
        assert_eq!(
            activities(&records),
            [
                "LockboxRequestArrived",
                "LockboxRequestExpired",
                "LockboxRequestRefused",
                "LockboxRequestRefused"
            ]
        );
        in_one_change(&records[1], &records[2]);
        let expiry = audit_data(&records[1]);
        assert!(
            expiry.to_string().contains(&deadline.to_string()),
            "{expiry:#}"
        );
    }
}

/// The second record follows the first at once, at the instant of the same commit.
fn in_one_change(first: &Value, second: &Value) {
    let sequence = |record: &Value| record["sequence"].as_u64().unwrap();
    assert_eq!(sequence(second), sequence(first) + 1);
    assert_eq!(second["recordedAt"], first["recordedAt"]);
}

#[tokio::test]
async fn every_command_writes_down_first_what_time_has_done() {
    let world = World::new().await;
    // The manager's deadline stands in the provider's log.
    let request = world.submit().await;
    world.pass(12 * HOUR);
    let review = decide(&request, "Approve");
    world
        .refused("max", "request.review", review, "requestExpired")
        .await;
    let provider = records(&world, "root", &request).await;
    let expected = [
        "LockboxRequestSubmitted",
        "LockboxRequestExpired",
        "LockboxRequestRefused",
    ];
    assert_eq!(activities(&provider), expected);
    in_one_change(&provider[1], &provider[2]);
    assert_eq!(records(&world, "ada", &request).await, Vec::<Value>::new());

    // The end of access, met by each command that could have ended it sooner.
    for (who, method, params) in [
        ("anna", "request.decide", json!({"decision": "Cancel"})),
        ("eve", "request.complete", json!({})),
        ("root", "grant.revoke", json!({})),
        ("max", "request.withdraw", json!({})),
    ] {
        let approved = world.approved().await;
        world.pass(HOUR);
        let mut params = params;
        params["requestId"] = approved["identity"].clone();
        let data = world.refused(who, method, params, "wrongState").await;
        assert_eq!(data["currentState"], "Ended", "{method}");
        assert_eq!(data["decidedDate"], approved["accessEnd"], "{method}");
        let tenant = records(&world, "ada", &approved).await;
        let activities = activities(&tenant);
        assert_eq!(
            activities[2..],
            ["LockboxAccessEnded", "LockboxRequestRefused"],
            "{method}"
        );
        in_one_change(&tenant[2], &tenant[3]);
        assert_eq!(
            world.rpc.services().write_down_due().await.unwrap(),
            0,
            "{method}"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn decisions_that_meet_their_deadline_are_on_one_side_of_it() {
    const REQUESTS: usize = 40;
    let world = Arc::new(wide().await);
    let mut requests = Vec::new();
    for _ in 0..REQUESTS {
        requests.push(world.pending().await);
    }
    let deadline = Timestamp::parse(requests[0]["expirationDate"].as_str().unwrap()).unwrap();
    world.clock.set(deadline.plus_millis(-1));
    let barrier = Arc::new(Barrier::new(REQUESTS));
    let (answered, mut answers) = tokio::sync::mpsc::unbounded_channel();
    let calls: Vec<_> = requests
        .iter()
        .map(|request| {
            let (world, barrier) = (Arc::clone(&world), Arc::clone(&barrier));
            let (params, answered) = (decide(request, "Approve"), answered.clone());
            tokio::spawn(async move {
                barrier.wait().await;
                let answer = world.call("anna", "request.decide", params).await;
                answered.send(answer.is_ok()).unwrap();
                answer
            })
        })
        .collect();
    // The deadline falls among decisions that are judged, queued or being written.
    assert_eq!(answers.recv().await, Some(true), "the first one is in time");
    world.clock.set(deadline);
    for (request, call) in requests.iter().zip(calls) {
        let answer = call.await.unwrap();
        let records = records(&world, "ada", request).await;
        let told = activities(&records);
        match answer {
            Ok(won) => {
                let at = won["request"]["decidedDate"].as_str().unwrap();
                assert!(Timestamp::parse(at).unwrap() < deadline);
                assert_eq!(
                    told,
                    ["LockboxRequestArrived", "Set-AccessToCustomerDataRequest"]
                );
            }
            Err(lost) => {
                assert_eq!(lost.code, "requestExpired");
                assert_eq!(
                    told,
                    [
                        "LockboxRequestArrived",
                        "LockboxRequestExpired",
                        "LockboxRequestRefused"
                    ]
                );
                in_one_change(&records[1], &records[2]);
            }
        }
    }
}

#[tokio::test]
async fn canceling_live_access_keeps_who_approved_it() {
    let world = World::new().await;
    let approved = world.approved().await;
    world.pass(60);
    let cancel = json!({
        "requestId": approved["identity"], "decision": "Cancel", "comment": "Enough",
    });
    let canceled = world.ok("ben", "request.decide", cancel).await["request"].clone();
    assert_eq!(canceled["state"], "Canceled");
    assert_eq!(canceled["approvalStatus"], "Canceled");
    for member in [
        "decision",
        "decidedBy",
        "decidedDate",
        "comment",
        "accessEnd",
    ] {
        assert_eq!(canceled[member], approved[member], "{member}");
    }
    assert_eq!(canceled["closedBy"], "ben@contoso.com");
    assert_eq!(canceled["closedDate"], "2026-11-21T12:01:00.000Z");
    let told = world
        .refused(
            "ada",
            "request.decide",
            decide(&approved, "Deny"),
            "alreadyDecided",
        )
        .await;
    assert_eq!(told["decidedBy"], "ben@contoso.com");
    assert_eq!(told["decidedDate"], canceled["closedDate"]);
    let records = records(&world, "ada", &approved).await;
    let decisions: Vec<Value> = records
        .iter()
        .filter(|record| record["activity"] == "Set-AccessToCustomerDataRequest")
        .map(|record| audit_data(record)["Actor"]["Name"].clone())
        .collect();
    assert_eq!(decisions, ["anna@contoso.com", "ben@contoso.com"]);
}

#[tokio::test]
async fn terms_are_fixed_on_arrival() {
    let world = World::new().await;
    let seen = |request: Value| {
        let world = &world;
        async move {
            let named = json!({"requestId": request["identity"]});
            world.ok("anna", "request.get", named).await["request"].clone()
        }
    };
    let pending = seen(world.pending().await).await;
    let granted = seen(world.approved().await).await;
    for params in [
        json!({"hoursToAnswer": 1}),
        json!({"approvalRequired": false}),
    ] {
        world.ok("ada", "policy.put", params).await;
    }
    let still = seen(pending.clone()).await;
    assert_eq!(
        still, pending,
        "turning approval off grants nothing that is pending"
    );
    let unasked = seen(world.pending().await).await;
    assert_eq!(unasked["state"], "Approved");
    assert_eq!(unasked["approvalRequired"], false);
    world
        .ok("ada", "policy.put", json!({"approvalRequired": true}))
        .await;
    for request in [granted, unasked] {
        let still = seen(request.clone()).await;
        assert_eq!(
            still, request,
            "turning approval on ends nothing that is granted"
        );
    }
    let next = world.pending().await;
    assert_eq!(next["expirationDate"], "2026-11-21T13:00:00.000Z");
}

#[tokio::test]
async fn an_approval_may_be_shorter_and_never_longer() {
    let world = World::new().await;
    let request = world.pending().await;
    let approve = |seconds: i64| {
        let mut params = decide(&request, "Approve");
        params["durationSeconds"] = seconds.into();
        params
    };
    let told = world
        .refused("anna", "request.decide", approve(3_601), "durationTooLong")
        .await;
    assert_eq!(told["longestSeconds"], 3_600);
    let approved = world.ok("anna", "request.decide", approve(600)).await["request"].clone();
    assert_eq!(approved["grantedDurationSeconds"], 600);
    assert_eq!(approved["accessEnd"], "2026-11-21T12:10:00.000Z");
}
