//! JSON-RPC as callers meet it: batches, notifications, errors, and retries with a key.

use crate::world::{CONTOSO, Refusal, World, emergency};
use customer_lockbox::auth::peer::Peer;
use customer_lockbox::clock::Timestamp;
use customer_lockbox::contract::Contract;
use customer_lockbox::domain::notice::delivery::Attempt;
use customer_lockbox::domain::organization::Settings;
use customer_lockbox::domain::policy::stored::PolicyVersion;
use customer_lockbox::error::{Error, Kind};
use customer_lockbox::rpc::{METHODS, number};
use customer_lockbox::service::policy::policy_party;
use customer_lockbox::service::{Limits, Options};
use customer_lockbox::store::{CommitError, RowWrite, Store, Upkeep};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Sends a body as somebody; gives the body of the answer.
async fn send(world: &World, who: &str, body: &str) -> Option<Value> {
    let header = world.token(who).map(|token| format!("Bearer {token}"));
    let peer = Peer::tcp("203.0.113.7:4711".parse().unwrap());
    let answer = Arc::clone(&world.rpc)
        .handle(body.as_bytes(), header.as_deref(), peer)
        .await?;
    Some(serde_json::from_slice(&answer).unwrap())
}

fn call(id: &Value, method: &str, params: Value) -> Value {
    json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params})
}

fn submit() -> Value {
    json!({
        "tenant": CONTOSO, "serviceName": "Exchange", "serviceRequestNumber": "CLB#1",
        "reason": "Mail is not delivered",
    })
}

#[tokio::test]
async fn a_batch_runs_in_order_and_is_no_transaction() {
    let world = World::new().await;
    let id = |number: &str| json!({"requestId": number, "tenant": CONTOSO});
    let batch = json!([
        call(&json!(1), "request.submit", submit()),
        call(&json!("two"), "request.get", id("EXSR000001")),
        call(&json!(null), "request.get", id("EXSR000002")),
        call(&json!(4), "request.withdraw", id("EXSR000001")),
        {"jsonrpc": "2.0", "method": "request.submit", "params": submit()},
        call(&json!(6.5), "request.complete", id("EXSR000001")),
        call(&json!(7), "request.get", id("EXSR000002")),
        17,
    ]);
    let answers = send(&world, "eve", &batch.to_string()).await.unwrap();
    let told: Vec<(&Value, &Value)> = answers
        .as_array()
        .unwrap()
        .iter()
        .map(|answer| {
            let what = &answer["result"]["request"]["state"];
            let code = &answer["error"]["data"]["code"];
            (&answer["id"], if what.is_null() { code } else { what })
        })
        .collect();
    // What fails undoes nothing, and ends nothing.
    assert_eq!(
        told,
        [
            (&json!(1), &json!("InternalReview")),
            (&json!("two"), &json!("InternalReview")),
            (&json!(null), &json!("notFound")),
            (&json!(4), &json!("Withdrawn")),
            (&json!(6.5), &json!("wrongState")),
            (&json!(7), &json!("InternalReview")),
            (&json!(null), &json!("invalidRequest")),
        ]
    );
    // Each call was its own change: its records stand alone and in order.
    let log = world.operations("root").await;
    let log: Vec<&str> = log.iter().map(String::as_str).rev().take(4).collect();
    assert_eq!(
        log,
        [
            "LockboxRequestRefused",
            "LockboxRequestSubmitted",
            "LockboxRequestWithdrawn",
            "LockboxRequestSubmitted",
        ]
    );
}

#[tokio::test]
async fn a_notification_is_executed_and_not_answered() {
    let world = World::new().await;
    let one = json!({"jsonrpc": "2.0", "method": "request.submit", "params": submit()});
    assert_eq!(send(&world, "eve", &one.to_string()).await, None);
    let refused = json!({"jsonrpc": "2.0", "method": "tenant.list"});
    let two = json!([one, refused, one]);
    assert_eq!(send(&world, "eve", &two.to_string()).await, None);
    let found = world.ok("eve", "request.list", json!({})).await;
    assert_eq!(found["requests"].as_array().unwrap().len(), 3);
}

#[tokio::test]
async fn params_are_named_and_an_error_says_where() {
    let world = World::new().await;
    let positional =
        r#"{"jsonrpc": "2.0", "id": 1, "method": "request.get", "params": ["EXSR000001"]}"#;
    let answer = send(&world, "eve", positional).await.unwrap();
    assert_eq!(answer["error"]["code"], -32602);
    assert_eq!(answer["error"]["data"]["code"], "invalidParams");
    assert!(
        answer["error"]["data"]["message"]
            .as_str()
            .unwrap()
            .contains("positional")
    );
    let mut unknown = submit();
    unknown["serviceNam"] = json!("Teams");
    let mut missing = submit();
    missing.as_object_mut().unwrap().remove("reason");
    let mut wrong = submit();
    wrong["durationSeconds"] = json!("long");
    let mut deep = submit();
    deep["resources"] = json!(["a", 7]);
    for (params, pointer, says) in [
        (unknown, "/serviceNam", "serviceNam"),
        (missing, "/reason", "reason"),
        (wrong, "/durationSeconds", "whole number"),
        (deep, "/resources/1", "text"),
    ] {
        let error = world
            .refused("eve", "request.submit", params, "invalidParams")
            .await;
        assert_eq!(error["pointer"], pointer, "{error}");
        assert!(error.to_string().contains(says), "{error}");
        assert!(!error["remedy"].as_str().unwrap().is_empty());
        assert!(!error["expected"].as_str().unwrap().is_empty());
    }
    // Nobody is told what the params should be before the token counts.
    let error = world
        .refused("", "request.submit", json!({"x": 1}), "unauthenticated")
        .await;
    assert!(error["pointer"].is_null());
}

/// Provokes refusals of many kinds; `World::call` holds each number against `errors.json`.
async fn provoked() -> BTreeSet<String> {
    let mut world = World::with(Options {
        limits: Limits {
            pending_per_engineer: 3,
            ..Limits::default()
        },
        ..Options::default()
    })
    .await;
    let mut codes = BTreeSet::new();
    for body in [
        "{",
        "[]",
        r#"{"jsonrpc": "2.0", "id": 1, "method": "request.shred"}"#,
        r#"{"jsonrpc": "2.0", "id": 1, "method": "clock.advance", "params": {"seconds": 1}}"#,
    ] {
        let answer = send(&world, "eve", body).await.unwrap();
        let code = answer["error"]["data"]["code"].as_str().unwrap().to_owned();
        let contract = Contract::load().unwrap();
        let known = contract
            .errors()
            .iter()
            .find(|one| one.code == code)
            .unwrap();
        assert_eq!(answer["error"]["code"], known.number, "{body}");
        codes.insert(code);
    }
    let live = world.approved().await;
    let pending = world.pending().await;
    let fresh = world.submit().await;
    world
        .person("root", "both", "both@fabrikam.example", "SupportManager")
        .await;
    let role = json!({"principal": "both@fabrikam.example", "role": "SupportEngineer"});
    world.ok("root", "role.assign", role).await;
    let own = world.submit_as("both", json!({})).await;
    let second = world.ok("sam", "token.issue", json!({})).await;
    world.remember("revoked", &second["token"]);
    world
        .ok("sam", "token.revoke", json!({"tokenId": second["tokenId"]}))
        .await;
    let short = world
        .ok("sam", "token.issue", json!({"expiresInDays": 1}))
        .await;
    world.remember("short", &short["token"]);
    let deny = world
        .ok("anna", "token.issue", json!({"decisions": ["Deny"]}))
        .await;
    world.remember("deny", &deny["token"]);
    let keyed = json!({"approvalRequired": true, "idempotencyKey": "k"});
    world.ok("ada", "policy.put", keyed).await;
    let tenant = json!({"name": "new.example", "adminAddress": "n@new.example"});
    world.ok("root", "tenant.create", tenant).await;
    let decide = |request: &Value, decision: &str| json!({"requestId": request["identity"], "decision": decision});
    let with = |mut params: Value, name: &str, value: Value| {
        params[name] = value;
        params
    };
    let submit_with = |name: &str, value: Value| with(submit(), name, value);
    let calls = [
        ("eve", "request.submit", json!({})),
        ("", "session.whoami", json!({})),
        ("revoked", "session.whoami", json!({})),
        ("", "principal.enroll", json!({"code": "enroll-00"})),
        ("eve", "tenant.list", json!({})),
        (
            "eve",
            "request.get",
            json!({"requestId": "EXSR999999", "tenant": CONTOSO}),
        ),
        (
            "root",
            "tenant.create",
            json!({"name": CONTOSO, "adminAddress": "a@b.example"}),
        ),
        ("anna", "request.decide", decide(&live, "Deny")),
        (
            "eve",
            "request.withdraw",
            json!({"requestId": live["identity"]}),
        ),
        (
            "anna",
            "request.decide",
            with(
                decide(&pending, "Approve"),
                "termsDigest",
                json!("00".repeat(32)),
            ),
        ),
        (
            "anna",
            "request.decide",
            with(decide(&pending, "Approve"), "serviceName", json!("Teams")),
        ),
        (
            "ada",
            "policy.put",
            json!({"hoursToAnswer": 4, "expectedVersion": 99}),
        ),
        (
            "ada",
            "policy.put",
            json!({"hoursToAnswer": 4, "idempotencyKey": "k"}),
        ),
        ("both", "request.review", decide(&own, "Approve")),
        ("bot", "request.decide", decide(&pending, "Approve")),
        ("deny", "request.decide", decide(&pending, "Approve")),
        (
            "ed",
            "request.submit",
            submit_with("tenant", json!("new.example")),
        ),
        (
            "ed",
            "request.submit",
            submit_with("durationSeconds", json!(5 * 3_600)),
        ),
        (
            "ada",
            "principal.disable",
            json!({"principal": "ada@contoso.onmicrosoft.com"}),
        ),
    ];
    for (who, method, params) in calls {
        let refusal = world.call(who, method, params.clone()).await;
        codes.insert(refusal.expect_err(&format!("{method} {params}")).code);
    }
    codes.extend(emergency_codes(&world).await);
    codes.extend(policy_codes().await);
    codes.extend(notification_codes().await);
    for _ in 0..3 {
        if let Err(refusal) = world.call("eve", "request.submit", submit()).await {
            codes.insert(refusal.code);
        }
    }
    for _ in 0..=20 {
        let wrong = world.call_with(Some("lbt_wrong"), "session.whoami", json!({}));
        codes.insert(wrong.await.unwrap_err().code);
    }
    world
        .ok("ada", "policy.put", json!({"auditSearchEnabled": false}))
        .await;
    let suspend = json!({"tenant": CONTOSO, "reason": "x"});
    world.ok("root", "tenant.suspend", suspend).await;
    world.pass(24 * 3_600);
    for (who, method, params) in [
        ("short", "session.whoami", json!({})),
        ("sam", "audit.search", json!({})),
        ("anna", "request.decide", decide(&pending, "Approve")),
        ("max", "request.review", decide(&fresh, "Approve")),
        ("ed", "request.submit", submit()),
    ] {
        codes.insert(world.call(who, method, params).await.unwrap_err().code);
    }
    codes
}

/// Every code of `emergency.*` that is met nowhere else.
async fn emergency_codes(world: &World) -> Vec<String> {
    let seen = world.confirmed_by("ed", "mia", "INC-1").await;
    let seen = json!({"requestId": seen["identity"]});
    let again = world
        .ok("ed", "emergency.declare", emergency("INC-1"))
        .await;
    let again = json!({"requestId": again["request"]["identity"]});
    let mut codes = Vec::new();
    for (who, method, params) in [
        ("bot", "emergency.acknowledge", &seen),
        ("mia", "emergency.confirm", &again),
        ("anna", "emergency.acknowledge", &seen),
        ("ben", "emergency.acknowledge", &seen),
        (
            "ada",
            "policy.put",
            &json!({"emergencyAccess": "reportOnly"}),
        ),
        ("max", "emergency.confirm", &again),
    ] {
        if let Err(refusal) = world.call(who, method, params.clone()).await {
            codes.push(refusal.code);
        }
    }
    codes
}

/// Every code that only notifications bring about.
async fn notification_codes() -> Vec<String> {
    let world = World::new().await;
    world.pending().await;
    world.rpc.services().expand_due().await.unwrap();
    let found = world.ok("ada", "notification.list", json!({})).await;
    let id = found["notifications"][0]["notificationId"].clone();
    let delivered = Attempt {
        id: id.as_str().unwrap().parse().unwrap(),
        result: "250 OK".to_owned(),
        again: None,
    };
    let store = &world.store;
    store
        .upkeep(Upkeep::Attempts(vec![delivered]))
        .await
        .unwrap();
    let inside = json!({"name": "x", "url": "https://inside.example/", "format": "json"});
    let mut codes = Vec::new();
    for (method, params) in [
        ("notification.retry", json!({"notificationIds": [id]})),
        ("webhook.create", inside),
    ] {
        codes.push(world.call("ada", method, params).await.unwrap_err().code);
    }
    codes
}

/// A policy of these rules and calendars.
fn policy(rules: Value, calendars: Value) -> Value {
    json!({"format": "lockbox-policy/1", "rules": rules, "calendars": calendars})
}

/// Every code that only a policy brings about.
async fn policy_codes() -> Vec<String> {
    let mut world = World::new().await;
    world
        .person("ada", "ann", "ann@contoso.com", "GlobalAdministrator")
        .await;
    let anna = json!({"people": ["anna@contoso.com"]});
    let two = json!({"roles": ["GlobalAdministrator", "CustomerLockboxAccessApprover"]});
    let rules = json!([
        {"id": "one", "match": {"services": ["Exchange"]},
         "ask": {"stages": [{"approvers": anna}], "reasonToDeny": true}},
        {"id": "two", "match": {"services": ["Teams"]},
         "ask": {"stages": [{"approvers": two, "needed": 2}]}},
        {"id": "three", "match": {"services": ["SharePoint"]}, "ask": {"accessWithin": "rarely"}},
        {"id": "four", "match": {"tenantTags": ["closed"]}, "deny": {"reason": "Closed."}},
    ]);
    // Every Monday of the next years is a holiday.
    let monday = chrono::NaiveDate::from_ymd_opt(2026, 1, 5).unwrap();
    let holidays: Vec<Value> = (0..200)
        .map(|week| json!({"date": (monday + chrono::Days::new(7 * week)).to_string()}))
        .collect();
    let rarely = json!({"rarely": {
        "zone": "UTC", "weekly": {"monday": ["08:00-09:00"]}, "holidays": holidays,
    }});
    world
        .ok(
            "ada",
            "policy.put",
            json!({"document": policy(rules, rarely)}),
        )
        .await;
    let mut codes = Vec::new();
    let mut note = |answer: Result<Value, Refusal>| codes.push(answer.unwrap_err().code);
    let pending = |service: &'static str| {
        let world = &world;
        async move {
            let asked = world
                .submit_as("eve", json!({"serviceName": service}))
                .await;
            let review = json!({"requestId": asked["identity"], "decision": "Approve"});
            world.ok("max", "request.review", review).await["request"].clone()
        }
    };
    let (exchange, teams) = (pending("Exchange").await, pending("Teams").await);
    let share = pending("SharePoint").await;
    let decide = |request: &Value, decision: &str| json!({"requestId": request["identity"], "decision": decision});
    note(
        world
            .call("ben", "request.decide", decide(&exchange, "Approve"))
            .await,
    );
    note(
        world
            .call("anna", "request.decide", decide(&exchange, "Deny"))
            .await,
    );
    world
        .ok("anna", "request.decide", decide(&teams, "Approve"))
        .await;
    note(
        world
            .call("anna", "request.decide", decide(&teams, "Approve"))
            .await,
    );
    note(
        world
            .call("anna", "request.decide", decide(&share, "Approve"))
            .await,
    );
    // Written beneath the use cases, which would deny what waits: as somebody finds it whose call
    // came between.
    let contoso = world.contoso().await.id;
    let settings = world.store.settings(contoso).await.unwrap().unwrap();
    world
        .write(vec![RowWrite::PutSettings(Box::new(Settings {
            tags: vec!["closed".to_owned()],
            ..settings
        }))])
        .await;
    note(
        world
            .call("anna", "request.decide", decide(&exchange, "Approve"))
            .await,
    );
    let mut document = policy(json!([]), json!({}));
    document["fourEyes"] = json!({"recoveryHours": 24});
    world
        .ok("ada", "policy.put", json!({"document": document}))
        .await;
    world
        .ok("ada", "policy.put", json!({"automaticApproval": true}))
        .await;
    note(
        world
            .call("ada", "policy.put", json!({"automaticApproval": true}))
            .await,
    );
    world.write(vec![broken_policy(&world).await]).await;
    let asked = world.submit().await;
    let review = json!({"requestId": asked["identity"], "decision": "Approve"});
    note(world.call("max", "request.review", review).await);
    codes
}

/// A policy in a zone that this machine does not know any more.
async fn broken_policy(world: &World) -> RowWrite {
    let calendars = json!({"moon": {"zone": "Moon/Base", "weekly": {"monday": ["08:00-09:00"]}}});
    RowWrite::PutPolicy(Box::new(PolicyVersion {
        org: world.contoso().await.id,
        version: 0,
        hash: "00".repeat(32),
        document: policy(json!([]), calendars).to_string(),
        put_by: policy_party(world.contoso().await.id),
        put_at: Timestamp::from_millis(0),
        reason: None,
        summary: json!([]),
    }))
}

#[tokio::test]
async fn every_error_of_the_contract_comes_with_its_number() {
    let contract = Contract::load().unwrap();
    let mut seen = provoked().await;
    // What only a failing disk or a full queue brings about: the same way, from the commit's error.
    let commit = [
        CommitError::Busy,
        CommitError::KeyReused,
        CommitError::OutcomeUnknown,
        CommitError::Unavailable {
            cause: "the disk is full".to_owned(),
            remedy: "Free space.",
        },
        CommitError::Internal("broken".to_owned()),
    ];
    for error in commit.map(Error::from) {
        let known = contract
            .errors()
            .iter()
            .find(|one| one.code == error.code());
        assert_eq!(
            known.map(|one| one.number),
            Some(number(error.kind())),
            "{error:?}"
        );
        contract.validate_error_data(&error.data()).unwrap();
        assert_eq!(
            error.retryable(),
            matches!(
                error.kind(),
                Kind::Busy | Kind::OutcomeUnknown | Kind::Unavailable
            )
        );
        seen.insert(error.code().to_owned());
    }
    let all: BTreeSet<String> = contract
        .errors()
        .iter()
        .map(|one| one.code.clone())
        .collect();
    let unseen: Vec<&String> = all.difference(&seen).collect();
    // A clash of two writers is judged again until it is one of the others, or `busy`.
    assert_eq!(unseen, ["conflict"], "declared and never met");
    // One number per kind, and each number of one kind only.
    let mut kinds: BTreeMap<i64, Kind> = BTreeMap::new();
    for kind in [
        Kind::InvalidParams,
        Kind::Unauthenticated,
        Kind::Forbidden,
        Kind::NotFound,
        Kind::Conflict,
        Kind::Refused,
        Kind::Busy,
        Kind::OutcomeUnknown,
        Kind::Unavailable,
        Kind::Internal,
    ] {
        assert_eq!(kinds.insert(number(kind), kind), None, "{kind:?}");
    }
}

#[test]
fn every_write_takes_a_key_and_says_whether_it_was_replayed() {
    let contract = Contract::load().unwrap();
    for method in METHODS {
        let spec = contract.method(method.name).unwrap();
        let takes = !spec.params["properties"]["idempotencyKey"].is_null();
        let tells = !spec.result["properties"]["replayed"].is_null();
        assert_eq!((takes, tells), (spec.write, spec.write), "{}", method.name);
        let declares = spec.errors.iter().any(|code| code == "idempotencyMismatch");
        assert_eq!(declares, spec.write, "{}", method.name);
    }
}

#[tokio::test]
async fn a_retry_is_answered_as_the_first_call_was_even_after_the_deadline() {
    let world = World::new().await;
    let pending = world.pending().await;
    let approve = json!({
        "requestId": pending["identity"], "decision": "Approve", "comment": "Go on",
        "idempotencyKey": "k",
    });
    let first = world.ok("anna", "request.decide", approve.clone()).await;
    assert_eq!(first["replayed"], false);
    let records = world.log("ada").await.len();
    world.pass(12 * 3_600);
    let again = world.ok("anna", "request.decide", approve.clone()).await;
    assert_eq!(again["replayed"], true);
    assert_eq!(again["request"]["state"], "Ended", "as it stands now");
    assert_eq!(
        again["request"]["decidedDate"],
        first["request"]["decidedDate"]
    );
    assert_eq!(world.log("ada").await.len(), records);
    // A call without the key, or with another one, is judged by state and time.
    let mut other = approve.clone();
    other["idempotencyKey"] = json!("k2");
    world
        .refused("anna", "request.decide", other, "wrongState")
        .await;
    // The key belongs to her, and to this method.
    world
        .refused("ben", "request.decide", approve.clone(), "wrongState")
        .await;
    // Kept for a day.
    world.pass(12 * 3_600);
    world
        .refused("anna", "request.decide", approve, "wrongState")
        .await;
}

#[tokio::test]
async fn a_key_is_for_one_call_with_its_params() {
    let world = World::new().await;
    let put = |hours: u32, key: &str| json!({"hoursToAnswer": hours, "idempotencyKey": key});
    world.ok("ada", "policy.put", put(4, "k")).await;
    world
        .refused("ada", "policy.put", put(5, "k"), "idempotencyMismatch")
        .await;
    // In any order of its members it is the same call.
    let first = r#"{"jsonrpc":"2.0","id":1,"method":"policy.put","params":{"idempotencyKey":"k3","hoursToAnswer":6,"approvalRequired":true}}"#;
    let second = r#"{"jsonrpc":"2.0","id":1,"method":"policy.put","params":{"approvalRequired":true,"hoursToAnswer":6,"idempotencyKey":"k3"}}"#;
    for (body, replayed) in [(first, false), (second, true)] {
        let answer = send(&world, "ada", body).await.unwrap();
        assert_eq!(answer["result"]["replayed"], replayed);
    }
    // The same key serves another method, person and organization.
    let invite = json!({"principal": "anna@contoso.com", "idempotencyKey": "k"});
    world.ok("ada", "principal.invite", invite).await;
    let nora = world.ok("nora", "policy.put", put(5, "k")).await;
    assert_eq!(nora["replayed"], false);
    let settings = world.ok("ada", "policy.get", json!({})).await;
    assert_eq!(settings["settings"]["hoursToAnswer"], 6);
}

#[tokio::test]
async fn refusals_are_not_kept() {
    let world = World::new().await;
    let asked = world.submit().await;
    let complete = json!({"requestId": asked["identity"], "idempotencyKey": "k"});
    world
        .refused("eve", "request.complete", complete.clone(), "wrongState")
        .await;
    let id = json!({"requestId": asked["identity"], "decision": "Approve"});
    world.ok("max", "request.review", id.clone()).await;
    world.ok("anna", "request.decide", id).await;
    let done = world.ok("eve", "request.complete", complete).await;
    assert_eq!(done["replayed"], false);
    assert_eq!(done["request"]["state"], "Completed");
}

#[tokio::test]
async fn a_call_that_found_nothing_to_do_is_kept_too() {
    let world = World::new().await;
    let disable = json!({"principal": "ben@contoso.com"});
    let keyed = json!({"principal": "ben@contoso.com", "idempotencyKey": "k"});
    world.ok("ada", "principal.disable", disable.clone()).await;
    let first = world.ok("ada", "principal.disable", keyed.clone()).await;
    assert_eq!(first["replayed"], false);
    world.ok("ada", "principal.enable", disable).await;
    // Its late retry does not disable him again.
    let again = world.ok("ada", "principal.disable", keyed).await;
    assert_eq!(again["replayed"], true);
    assert_eq!(again["principal"]["enabled"], true);
}

#[tokio::test]
async fn whoever_lost_the_right_replays_nothing() {
    let world = World::new().await;
    let pending = world.pending().await;
    let deny = json!({"requestId": pending["identity"], "decision": "Deny", "idempotencyKey": "k"});
    world.ok("anna", "request.decide", deny.clone()).await;
    let role = json!({"principal": "anna@contoso.com", "role": "CustomerLockboxAccessApprover"});
    let reader = json!({"principal": "anna@contoso.com", "role": "SecurityReader"});
    world.ok("ada", "role.assign", reader).await;
    world.ok("ada", "role.remove", role).await;
    world
        .refused("anna", "request.decide", deny, "forbidden")
        .await;
}

#[tokio::test]
async fn a_replayed_role_is_told_even_when_it_is_gone() {
    let world = World::new().await;
    let assign = json!({
        "principal": "sam@contoso.com", "role": "CustomerLockboxAccessApprover",
        "idempotencyKey": "k",
    });
    let first = world.ok("ada", "role.assign", assign.clone()).await;
    let remove = json!({"principal": "sam@contoso.com", "role": "CustomerLockboxAccessApprover"});
    world.ok("ada", "role.remove", remove).await;
    let again = world.ok("ada", "role.assign", assign).await;
    assert_eq!(again["replayed"], true);
    assert_eq!(again["assignment"], first["assignment"]);
    let roles = world
        .ok("ada", "role.list", json!({"principal": "sam@contoso.com"}))
        .await;
    assert_eq!(roles["assignments"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn of_two_equal_calls_in_flight_one_applies() {
    let world = World::new().await;
    let mut params = submit();
    params["idempotencyKey"] = json!("k");
    let call = || world.ok("eve", "request.submit", params.clone());
    let (one, two, three, four) = tokio::join!(call(), call(), call(), call());
    let answers = [one, two, three, four];
    let first = answers
        .iter()
        .filter(|answer| answer["replayed"] == false)
        .count();
    assert_eq!(first, 1);
    for answer in &answers {
        assert_eq!(answer["request"], answers[0]["request"]);
    }
    let found = world.ok("eve", "request.list", json!({})).await;
    assert_eq!(found["requests"].as_array().unwrap().len(), 1);
    let submitted = world.operations("root").await;
    let submitted = submitted
        .iter()
        .filter(|name| *name == "LockboxRequestSubmitted");
    assert_eq!(submitted.count(), 1);
}

#[tokio::test]
async fn only_asking_what_would_happen_keeps_no_key() {
    let world = World::new().await;
    let pending = world.pending().await;
    let ask = json!({
        "requestId": pending["identity"], "decision": "Approve", "validateOnly": true,
        "idempotencyKey": "k",
    });
    for _ in 0..2 {
        let told = world.ok("anna", "request.decide", ask.clone()).await;
        assert_eq!(told["replayed"], false);
        assert_eq!(told["request"]["state"], "Pending");
    }
    let mut really = ask.clone();
    really["validateOnly"] = json!(false);
    let done = world.ok("anna", "request.decide", really).await;
    assert_eq!(done["request"]["state"], "Approved");
}

#[tokio::test]
async fn the_test_clock_moves_once_per_key() {
    let world = World::with_clock_control(Options::default()).await;
    let advance = json!({"seconds": 3_600, "idempotencyKey": "k"});
    let first = world.ok("root", "clock.advance", advance.clone()).await;
    assert_eq!(first["time"], "2026-11-21T13:00:00.000Z");
    let again = world.ok("root", "clock.advance", advance).await;
    assert_eq!(again["replayed"], true);
    assert_eq!(again["time"], first["time"]);
    let back = json!({"to": "2026-11-21T12:59:59Z"});
    world
        .refused("root", "clock.advance", back, "invalidParams")
        .await;
}
