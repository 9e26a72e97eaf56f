//! Refused attempts leave records, and a flood of them a sum.

use crate::world::{CONTOSO, START, World};
use customer_lockbox::auth::peer::Peer;
use customer_lockbox::clock::{Clock, Timestamp};
use serde_json::{Value, json};

const LIMIT: usize = 60;

/// The records of an operation in somebody's log, oldest first.
async fn of(world: &World, who: &str, operation: &str) -> Vec<Value> {
    let mut records = world.log(who).await;
    records.retain(|record| record["Operation"] == operation);
    records
}

async fn refusals(world: &World, who: &str) -> Vec<Value> {
    of(world, who, "LockboxRequestRefused").await
}

fn parameter<'a>(record: &'a Value, name: &str) -> Option<&'a str> {
    let parameters = record["Parameters"].as_array().unwrap();
    let found = parameters.iter().find(|one| one["Name"] == name)?;
    found["Value"].as_str()
}

#[tokio::test]
async fn a_refusal_on_a_request_in_sight_stands_in_both_logs_without_the_providers_names() {
    let world = World::new().await;
    let pending = world.pending().await;
    let id = &pending["identity"];
    world
        .ok("mia", "request.withdraw", json!({"requestId": id}))
        .await;
    let data = world
        .refused(
            "eve",
            "request.withdraw",
            json!({"requestId": id}),
            "wrongState",
        )
        .await;
    assert_eq!(data["decidedBy"], "mia@fabrikam.example");

    let own = refusals(&world, "root").await;
    let theirs = refusals(&world, "ada").await;
    assert_eq!((own.len(), theirs.len()), (1, 1));
    for record in [&own[0], &theirs[0]] {
        assert_eq!(record["ObjectId"], *id);
        assert_eq!(record["LockboxRequest"]["Identity"], *id);
        assert_eq!(record["ResultStatus"], "False");
        assert_eq!(parameter(record, "Method"), Some("request.withdraw"));
        assert_eq!(parameter(record, "Code"), Some("wrongState"));
        assert_eq!(record["Detail"], "");
    }
    assert_eq!(own[0]["UserId"], "eve@fabrikam.example");
    assert!(
        parameter(&own[0], "Message")
            .unwrap()
            .contains("mia@fabrikam.example")
    );
    assert_eq!(theirs[0]["UserId"], "Microsoft Engineer");
    assert_eq!(theirs[0]["Actor"]["Name"], pending["requestorPseudonym"]);
    let message = parameter(&theirs[0], "Message").unwrap();
    assert!(message.contains("engineer-"), "{message}");
    assert!(!message.contains("mia"), "{message}");

    // To the customer the one who withdrew it is a pseudonym, in the answer and in its own log.
    let params = json!({"requestId": id, "decision": "Approve"});
    let data = world
        .refused("anna", "request.decide", params, "wrongState")
        .await;
    let by = data["decidedBy"].as_str().unwrap();
    assert!(by.starts_with("engineer-"), "{by}");
    let record = refusals(&world, "ada").await.pop().unwrap();
    assert_eq!(record["UserId"], "anna@contoso.com");
    assert!(parameter(&record, "Message").unwrap().contains(by));
    assert_eq!(
        refusals(&world, "root").await.len(),
        1,
        "the customer's stay with the customer"
    );
}

#[tokio::test]
async fn the_providers_administrator_is_refused_in_both_logs_too() {
    let world = World::new().await;
    let pending = world.pending().await;
    let params = json!({"requestId": pending["identity"]});
    world
        .refused("root", "grant.revoke", params, "wrongState")
        .await;
    assert_eq!(refusals(&world, "root").await.len(), 1);
    let theirs = refusals(&world, "ada").await;
    assert_eq!(theirs.len(), 1);
    assert_eq!(theirs[0]["ObjectId"], pending["identity"]);
}

#[tokio::test]
async fn a_refusal_before_arrival_is_the_providers_alone() {
    let world = World::new().await;
    let submitted = world.submit().await;
    let id = &submitted["identity"];
    let params = json!({"requestId": id, "decision": "Approve"});
    world
        .refused("eve", "request.review", params, "forbidden")
        .await;
    let own = refusals(&world, "root").await;
    assert_eq!(own.len(), 1);
    assert_eq!(own[0]["ObjectId"], *id);
    assert_eq!(own[0]["LockboxRequest"]["Identity"], *id);
    assert!(refusals(&world, "ada").await.is_empty());
}

#[tokio::test]
async fn a_request_out_of_sight_is_not_looked_up_and_stands_as_typed() {
    let world = World::new().await;
    let submitted = world.submit().await;
    let pending = world.pending().await;
    let typed = format!(
        "  {}  ",
        submitted["requestId"].as_str().unwrap().to_lowercase()
    );
    let decide = |id: &str| json!({"requestId": id, "decision": "Deny"});
    // Not arrived, another tenant's, and none at all: all alike.
    let unarrived = world
        .refused("anna", "request.decide", decide(&typed), "notFound")
        .await;
    let others = pending["identity"].as_str().unwrap();
    world
        .refused("nora", "request.decide", decide(others), "notFound")
        .await;
    let none = "00000000-0000-4000-8000-000000000000";
    world
        .refused("nora", "request.decide", decide(none), "notFound")
        .await;
    assert_eq!(unarrived["currentState"], Value::Null);

    for (who, texts) in [("ada", vec![typed.as_str()]), ("nora", vec![others, none])] {
        let records = refusals(&world, who).await;
        let details: Vec<&str> = records
            .iter()
            .map(|r| r["Detail"].as_str().unwrap())
            .collect();
        assert_eq!(details, texts, "{who}");
        for record in &records {
            assert_eq!(record["ObjectId"], "");
            assert_eq!(record["LockboxRequest"], Value::Null);
            assert_eq!(parameter(record, "Code"), Some("notFound"));
        }
    }
    assert!(refusals(&world, "root").await.is_empty());

    // The provider's too: another engineer's request, and a grant out of sight, by either name.
    let approved = world.approved().await;
    let params = json!({"requestId": approved["identity"]});
    world
        .refused("ed", "request.complete", params, "notFound")
        .await;
    let grant = approved["grantId"].as_str().unwrap();
    let unknown = world
        .refused("ed", "grant.revoke", json!({"grantId": none}), "forbidden")
        .await;
    let there = world
        .refused("ed", "grant.revoke", json!({"grantId": grant}), "forbidden")
        .await;
    assert_eq!(unknown["message"], there["message"]);
    let own = refusals(&world, "root").await;
    let details: Vec<&str> = own.iter().map(|r| r["Detail"].as_str().unwrap()).collect();
    assert_eq!(
        details,
        [approved["identity"].as_str().unwrap(), none, grant]
    );
    assert!(
        own.iter()
            .all(|record| record["ObjectId"] == "" && record["LockboxRequest"] == Value::Null)
    );
    assert_eq!(refusals(&world, "ada").await.len(), 1, "only its own");
}

#[tokio::test]
async fn a_grant_out_of_the_managers_scope_stays_unknown_and_is_recorded_as_typed() {
    let mut world = World::new().await;
    let approved = world.approved().await;
    world
        .person("root", "moe", "moe@fabrikam.example", "SupportManager")
        .await;
    let moe = json!({"principal": "moe@fabrikam.example", "role": "SupportManager"});
    world.ok("root", "role.remove", moe.clone()).await;
    let nora = world.ok("nora", "tenant.get", json!({})).await;
    let scope = format!("/tenants/{}", nora["tenant"]["tenantId"].as_str().unwrap());
    let mut there = moe.clone();
    there["scope"] = scope.into();
    world.ok("root", "role.assign", there).await;

    let grant = &approved["grantId"];
    let data = world
        .refused("moe", "grant.revoke", json!({"grantId": grant}), "notFound")
        .await;
    let identity = approved["identity"].as_str().unwrap();
    assert!(
        !data.to_string().contains(identity),
        "the request behind the grant: {data}"
    );
    world
        .refused("moe", "grant.get", json!({"grantId": grant}), "notFound")
        .await;
    let own = refusals(&world, "root").await;
    assert_eq!(own.len(), 1, "reads are not recorded");
    assert_eq!(own[0]["Detail"], *grant);
    assert_eq!(own[0]["ObjectId"], "");
    assert!(refusals(&world, "ada").await.is_empty());
}

#[tokio::test]
async fn what_was_typed_is_cut_at_256_characters() {
    let world = World::new().await;
    // The wire takes no longer text; the use case is called without it.
    let services = world.rpc.services();
    let peer = Peer::tcp("203.0.113.7:4711".parse().unwrap());
    let header = format!("Bearer {}", world.token("ada").unwrap());
    let ctx = services
        .context("principal.disable", Some(&header), peer)
        .await
        .unwrap();
    for (length, kept) in [(255, 255), (256, 256), (257, 256)] {
        let error = services
            .disable(&ctx, &"ß".repeat(length), None)
            .await
            .unwrap_err();
        assert_eq!(error.code(), "notFound");
        let record = refusals(&world, "ada").await.pop().unwrap();
        assert_eq!(record["Detail"], "ß".repeat(kept));
        assert_eq!(record["ObjectId"], "");
    }
}

#[tokio::test]
async fn a_reused_key_is_a_refusal_on_the_request_that_it_was_sent_for() {
    let world = World::new().await;
    let pending = world.pending().await;
    let call = |comment: &str| {
        json!({"requestId": pending["identity"], "decision": "Deny", "comment": comment,
               "idempotencyKey": "k"})
    };
    world.ok("anna", "request.decide", call("no")).await;
    world
        .refused("anna", "request.decide", call("no!"), "idempotencyMismatch")
        .await;
    assert_eq!(
        world.ok("anna", "request.decide", call("no")).await["replayed"],
        true
    );
    let records = refusals(&world, "ada").await;
    assert_eq!(
        records.len(),
        1,
        "a replay is neither a decision nor a refusal"
    );
    assert_eq!(records[0]["ObjectId"], pending["identity"]);
    assert_eq!(parameter(&records[0], "Code"), Some("idempotencyMismatch"));
    assert_eq!(
        of(&world, "ada", "Set-AccessToCustomerDataRequest")
            .await
            .len(),
        1
    );
}

#[tokio::test]
async fn of_two_calls_in_flight_with_one_key_the_other_one_is_refused_and_recorded() {
    let world = World::new().await;
    let put = |hours: u32| {
        let params = json!({"hoursToAnswer": hours, "idempotencyKey": "k"});
        world.call("ada", "policy.put", params)
    };
    let (one, other) = tokio::join!(put(5), put(6));
    let refused = [one, other].into_iter().filter_map(Result::err);
    let codes: Vec<String> = refused.map(|refusal| refusal.code).collect();
    assert_eq!(codes, ["idempotencyMismatch"]);
    let records = refusals(&world, "ada").await;
    assert_eq!(records.len(), 1);
    assert_eq!(parameter(&records[0], "Code"), Some("idempotencyMismatch"));
}

#[tokio::test]
async fn reads_and_trials_and_malformed_calls_leave_no_record() {
    let world = World::new().await;
    world.pending().await;
    let before = (world.log("ada").await.len(), world.log("root").await.len());
    let none = "00000000-0000-4000-8000-000000000000";
    for (who, method, params) in [
        ("anna", "request.get", json!({"requestId": none})),
        ("anna", "principal.list", json!({})),
        ("anna", "audit.search", json!({})),
        ("anna", "audit.export", json!({"format": "csv"})),
        ("ada", "audit.get", json!({"sequence": 1_000_000})),
        ("eve", "grant.get", json!({"requestId": none})),
        ("eve", "tenant.list", json!({})),
        (
            "anna",
            "request.decide",
            json!({"requestId": "EXSR000001", "decision": "Perhaps"}),
        ),
        (
            "bot",
            "request.decide",
            json!({"requestId": "EXSR000001", "decision": "Approve", "validateOnly": true}),
        ),
        (
            "eve",
            "activity.record",
            json!({"tenant": CONTOSO, "requestId": "EXSR000001", "operation": "LockboxAnything"}),
        ),
    ] {
        let refused = world.call(who, method, params.clone()).await;
        assert!(refused.is_err(), "{who} {method} {params}");
    }
    let after = (world.log("ada").await.len(), world.log("root").await.len());
    assert_eq!(before, after);
}

#[tokio::test]
async fn sixty_a_minute_are_recorded_one_by_one_and_the_rest_as_one_sum() {
    let world = World::new().await;
    let pending = world.pending().await;
    let id = &pending["identity"];
    world
        .ok("eve", "request.withdraw", json!({"requestId": id}))
        .await;
    let again = || {
        world.refused(
            "eve",
            "request.withdraw",
            json!({"requestId": id}),
            "wrongState",
        )
    };
    let services = world.rpc.services();
    for _ in 0..LIMIT {
        again().await;
    }
    assert_eq!(
        services.next_summary(),
        None,
        "at the limit there is nothing to sum up"
    );
    again().await;
    let minute = Timestamp::parse(START).unwrap().plus_seconds(60);
    assert_eq!(services.next_summary(), Some(minute));
    again().await;
    // Somebody else's are counted by themselves.
    world
        .refused(
            "mia",
            "request.withdraw",
            json!({"requestId": id}),
            "wrongState",
        )
        .await;
    for who in ["root", "ada"] {
        assert_eq!(refusals(&world, who).await.len(), LIMIT + 1, "{who}");
    }

    services.write_summaries(false).await.unwrap();
    assert!(
        of(&world, "root", "LockboxRefusalSummary").await.is_empty(),
        "not before its end"
    );
    world.pass(60);
    assert_eq!(world.clock.now(), minute);
    // A new minute begins with room again; its first refusal does not lose the sum of the last.
    again().await;
    assert_eq!(
        services.next_summary(),
        Some(minute),
        "the last minute's is due now"
    );
    services.write_summaries(false).await.unwrap();
    services.write_summaries(false).await.unwrap();
    assert_eq!(services.next_summary(), None);
    for who in ["root", "ada"] {
        assert_eq!(refusals(&world, who).await.len(), LIMIT + 2, "{who}");
        let sums = of(&world, who, "LockboxRefusalSummary").await;
        assert_eq!(sums.len(), 1, "{who}");
        assert_eq!(parameter(&sums[0], "Count"), Some("2"));
        assert_eq!(
            sums[0]["Moments"],
            json!({"PeriodStart": START, "PeriodEnd": minute.to_string()})
        );
        assert_eq!(sums[0]["UserType"], 4);
        let caller = parameter(&sums[0], "Caller").unwrap();
        let eve = world
            .ok(
                "root",
                "principal.get",
                json!({"principal": "eve@fabrikam.example"}),
            )
            .await;
        if who == "root" {
            assert_eq!(caller, "eve@fabrikam.example");
            assert_eq!(sums[0]["ObjectId"], eve["principal"]["principalId"]);
        } else {
            assert_eq!(caller, pending["requestorPseudonym"]);
            assert_eq!(sums[0]["ObjectId"], "");
        }
    }
}

#[tokio::test]
async fn failures_before_authentication_are_one_record_a_minute_in_the_providers_log() {
    let world = World::new().await;
    let fail = |token: &'static str| world.call_with(Some(token), "policy.put", json!({}));
    let sums = || of(&world, "root", "LockboxAuthenticationFailures");
    let before = world.log("ada").await.len();
    for _ in 0..3 {
        assert_eq!(fail("lbt_wrong").await.unwrap_err().code, "unauthenticated");
    }
    // No token at all, and a code that is none.
    world.call("", "request.list", json!({})).await.unwrap_err();
    world
        .call("", "tenant.claim", json!({"code": "claim-wrong"}))
        .await
        .unwrap_err();
    // What needs no token is no failure without one.
    world.ok("", "system.info", json!({})).await;
    assert!(sums().await.is_empty());
    world.pass(60);
    fail("lbt_wrong").await.unwrap_err();
    world.rpc.services().write_summaries(false).await.unwrap();
    world.pass(60);
    world.rpc.services().write_summaries(false).await.unwrap();
    world.pass(60);
    world.rpc.services().write_summaries(false).await.unwrap();
    let sums = sums().await;
    let counts: Vec<&str> = sums
        .iter()
        .map(|sum| parameter(sum, "Count").unwrap())
        .collect();
    assert_eq!(counts, ["5", "1"]);
    for sum in &sums {
        assert_eq!(
            (&sum["ObjectId"], &sum["UserId"]),
            (&json!(""), &json!("lockboxd"))
        );
        assert_eq!(sum["ResultStatus"], "False");
        assert_eq!(parameter(sum, "Caller"), None);
    }
    assert_eq!(
        world.log("ada").await.len(),
        before,
        "the customer's log has none of it"
    );
}

#[tokio::test]
async fn an_overdue_request_is_written_down_before_the_refusal_that_found_it() {
    let world = World::new().await;
    let pending = world.pending().await;
    world.pass(12 * 3_600);
    let params = json!({"requestId": pending["identity"], "decision": "Approve"});
    world
        .refused("anna", "request.decide", params.clone(), "requestExpired")
        .await;
    world
        .refused("anna", "request.decide", params, "requestExpired")
        .await;
    assert_eq!(world.rpc.services().write_down_due().await.unwrap(), 0);
    let operations = world.operations("ada").await;
    let last: Vec<&str> = operations
        .iter()
        .rev()
        .take(3)
        .rev()
        .map(String::as_str)
        .collect();
    assert_eq!(
        last,
        [
            "LockboxRequestExpired",
            "LockboxRequestRefused",
            "LockboxRequestRefused"
        ]
    );
}
