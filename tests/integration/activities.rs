//! `activity.record`: what a grant covers, what does not count, and the two times.

use crate::world::{CONTOSO, World};
use customer_lockbox::clock::{Clock, Timestamp};
use serde_json::{Value, json};

const EVE: &str = "eve@fabrikam.example";

/// A report of `New-Thing` on the first request, with some params changed.
fn report(changed: Value) -> Value {
    let mut params =
        json!({"tenant": CONTOSO, "requestId": "EXSR000001", "operation": "New-Thing"});
    for (name, value) in changed.as_object().unwrap() {
        params[name] = value.clone();
    }
    params
}

/// AuditData of a record in contoso's log.
async fn record(world: &World, identity: &Value) -> Value {
    let read = world
        .ok("ada", "audit.get", json!({"identity": identity}))
        .await;
    serde_json::from_str(read["record"]["auditData"].as_str().unwrap()).unwrap()
}

fn now(world: &World) -> Timestamp {
    world.clock.now()
}

/// Reports; the record, once the result has been held against it.
async fn told(world: &World, who: &str, changed: Value, violation: bool) -> Value {
    let result = world
        .ok(who, "activity.record", report(changed.clone()))
        .await;
    assert_eq!(result["violation"], violation, "{who} {changed}: {result}");
    assert_eq!(result["reason"].is_string(), violation);
    assert_eq!(result["recordedAt"], now(world).to_string());
    let record = record(world, &result["identity"]).await;
    if violation {
        assert_eq!(record["Operation"], "LockboxViolation");
        assert_eq!(result["creationDate"], result["recordedAt"]);
        assert_ne!(record["UserId"], "Microsoft Operator");
        assert_eq!(record["ResultStatus"], "False");
        let claim: Value = serde_json::from_str(record["Detail"].as_str().unwrap()).unwrap();
        assert_eq!(claim["operation"], "New-Thing");
        assert_eq!(claim["occurredAt"], changed["occurredAt"]);
    } else {
        assert_eq!(record["Operation"], "New-Thing");
        assert_eq!(record["UserId"], "Microsoft Operator");
    }
    record
}

#[tokio::test]
async fn a_report_is_judged_at_the_instant_at_which_it_happened() {
    let world = World::new().await;
    world.pending().await;
    world.pass(600);
    let start = now(&world);
    let params = json!({"requestId": "EXSR000001", "decision": "Approve"});
    world.ok("anna", "request.decide", params).await;
    let end = start.plus_seconds(3_600);
    world.pass(7_200);
    // However late the report: only the gateway's, and only what lies within the access.
    for (at, covered) in [
        (start.plus_millis(-1), false),
        (start, true),
        (end.plus_millis(-1), true),
        (end, false),
    ] {
        let late = json!({"engineer": EVE, "occurredAt": at.to_string()});
        let record = told(&world, "gate", late, !covered).await;
        let created = if covered { at } else { now(&world) };
        assert_eq!(record["CreationTime"], created.to_seconds_text());
        assert_eq!(record["RecordedAt"], now(&world).to_string());
    }
    // The engineer's own report needs the access to be live now as well.
    let own = json!({"occurredAt": start.to_string()});
    told(&world, "eve", own, true).await;
    told(&world, "eve", json!({}), true).await;
    told(&world, "gate", json!({"engineer": EVE}), true).await;
}

#[tokio::test]
async fn an_engineer_reports_what_happened_before_while_the_access_is_live() {
    let world = World::new().await;
    world.approved().await;
    let start = now(&world);
    world.clock.set(start.plus_millis(3_600_000 - 1));
    let early = json!({"occurredAt": start.to_string()});
    let record = told(&world, "eve", early.clone(), false).await;
    assert_eq!(record["CreationTime"], start.to_seconds_text());
    assert_eq!(record["ReportedBy"], Value::Null, "he reports himself");
    world.clock.set(start.plus_seconds(3_600));
    told(&world, "eve", early, true).await;
}

#[tokio::test]
async fn up_to_sixty_seconds_of_the_future_count_as_now() {
    let world = World::new().await;
    world.approved().await;
    let at = |millis: i64| now(&world).plus_millis(millis).to_string();
    let record = told(&world, "eve", json!({"occurredAt": at(60_000)}), false).await;
    assert_eq!(record["CreationTime"], now(&world).to_seconds_text());
    assert_eq!(record["StartTime"], now(&world).to_seconds_text());
    told(&world, "eve", json!({"occurredAt": at(60_001)}), true).await;
    // Near the end of the access it is still now that counts, not the instant named.
    world.clock.set(now(&world).plus_millis(3_600_000 - 1));
    told(
        &world,
        "gate",
        json!({"engineer": EVE, "occurredAt": at(60_000)}),
        false,
    )
    .await;
}

#[tokio::test]
async fn access_that_was_ended_early_was_live_until_then() {
    for (who, method, params) in [
        (
            "eve",
            "request.complete",
            json!({"requestId": "EXSR000001", "tenant": CONTOSO}),
        ),
        (
            "max",
            "grant.revoke",
            json!({"requestId": "EXSR000001", "tenant": CONTOSO}),
        ),
        (
            "ben",
            "request.decide",
            json!({"requestId": "EXSR000001", "decision": "Cancel"}),
        ),
        (
            "root",
            "tenant.suspend",
            json!({"tenant": CONTOSO, "reason": "unpaid"}),
        ),
    ] {
        let world = World::new().await;
        world.approved().await;
        world.pass(600);
        world.ok(who, method, params).await;
        let ended = now(&world);
        world.pass(60);
        for (at, covered) in [(ended.plus_millis(-1), true), (ended, false)] {
            let late = json!({"engineer": EVE, "occurredAt": at.to_string()});
            told(&world, "gate", late, !covered).await;
        }
        // Also in the log of a tenant that is suspended.
        told(&world, "eve", json!({}), true).await;
    }
}

#[tokio::test]
async fn without_a_grant_it_is_a_violation_whatever_the_request() {
    let world = World::new().await;
    let submitted = world.submit().await;
    // Not arrived: the customer does not hear of the request, but of what was done.
    let record = told(
        &world,
        "eve",
        json!({"requestId": submitted["identity"]}),
        true,
    )
    .await;
    assert_eq!(record["ObjectId"], "");
    assert_eq!(record["LockboxRequest"], Value::Null);
    let params = json!({"requestId": submitted["identity"], "decision": "Approve"});
    world.ok("max", "request.review", params).await;
    // Pending: linked, under the request's GUID.
    let record = told(&world, "eve", json!({}), true).await;
    assert_eq!(record["ObjectId"], submitted["identity"]);
    assert_eq!(record["LockboxRequest"]["RequestId"], "EXSR000001");
    let params = json!({"requestId": "EXSR000001", "decision": "Deny"});
    world.ok("anna", "request.decide", params).await;
    told(&world, "eve", json!({}), true).await;
    // None at all.
    let record = told(
        &world,
        "gate",
        json!({"requestId": "EXSR999999", "engineer": EVE}),
        true,
    )
    .await;
    assert_eq!(record["ObjectId"], "");
    let claim: Value = serde_json::from_str(record["Detail"].as_str().unwrap()).unwrap();
    assert_eq!(claim["requestId"], "EXSR999999");
}

#[tokio::test]
async fn the_grant_must_be_that_engineers_and_others_learn_nothing_of_it() {
    let world = World::new().await;
    let approved = world.approved().await;
    let reason = |who: &'static str, changed: Value| {
        let params = report(changed);
        let world = &world;
        async move {
            let result = world.ok(who, "activity.record", params).await;
            assert_eq!(result["violation"], true, "{who}: {result}");
            result["reason"].as_str().unwrap().to_owned()
        }
    };
    // To another engineer a request that exists is as one that does not.
    let there = reason("ed", json!({})).await;
    let nowhere = reason("ed", json!({"requestId": "EXSR999999"})).await;
    assert_eq!(there, nowhere);
    reason("ed", json!({"engineer": EVE})).await;
    reason("eve", json!({"engineer": "ed@fabrikam.example"})).await;
    // The gateway names the wrong one, or one whom nobody knows; nothing is lost.
    reason("gate", json!({"engineer": "ed@fabrikam.example"})).await;
    reason("gate", json!({})).await;
    let unknown = json!({"engineer": "ghost@fabrikam.example",
                         "parameters": [{"name": "Identity", "value": "rick"}]});
    let result = world.ok("gate", "activity.record", report(unknown)).await;
    let record = record(&world, &result["identity"]).await;
    let claim: Value = serde_json::from_str(record["Detail"].as_str().unwrap()).unwrap();
    assert_eq!(
        claim["parameters"],
        json!([{"Name": "Identity", "Value": "rick"}])
    );
    assert!(claim["engineer"].as_str().unwrap().starts_with("engineer-"));
    assert_ne!(claim["engineer"], approved["requestorPseudonym"]);
    assert_eq!(
        record["ObjectId"], approved["identity"],
        "the customer knows its own requests"
    );
    assert_eq!(record["UserType"], 5, "a robot reported it");
}

#[tokio::test]
async fn the_reporter_is_named_and_the_address_is_the_engineers() {
    let world = World::new().await;
    let approved = world.approved().await;
    for (who, changed, ip, reported) in [
        ("eve", json!({}), "203.0.113.7:4711", false),
        (
            "eve",
            json!({"clientIP": "192.0.2.1:5"}),
            "192.0.2.1:5",
            false,
        ),
        ("gate", json!({"engineer": EVE}), "", true),
        (
            "gate",
            json!({"engineer": EVE, "clientIP": "[2001:db8::1]:443"}),
            "[2001:db8::1]:443",
            true,
        ),
    ] {
        let record = told(&world, who, changed, false).await;
        assert_eq!(record["ClientIP"], ip);
        assert_eq!(record["Actor"]["Name"], approved["requestorPseudonym"]);
        assert_eq!(record["Actor"]["Kind"], "person");
        assert_eq!(record["ReportedBy"].is_string(), reported);
        assert_eq!(record["UserType"], 3);
    }
    let bad = report(json!({"clientIP": "nowhere"}));
    world
        .refused("eve", "activity.record", bad, "invalidParams")
        .await;
}

#[tokio::test]
async fn names_of_the_lockbox_are_refused_however_they_are_written() {
    let world = World::new().await;
    world.approved().await;
    let before = world.log("ada").await.len();
    for name in [
        "Set-AccessToCustomerDataRequest",
        " set-accesstocustomerdatarequest ",
        "LockboxAccessEnded",
        "Test-AccessToCustomerData",
        "Write-CustomerLockboxActivity",
        "Approve Lockbox Request",
        "Set-Access\u{200b}ToCustomerDataRequest",
    ] {
        let params = report(json!({"operation": name}));
        let data = world
            .refused("eve", "activity.record", params, "invalidParams")
            .await;
        assert_eq!(data["pointer"], "/operation", "{name}");
    }
    let params = report(json!({"parameters": [{"name": "A", "value": "\u{1b}[2J"}]}));
    let data = world
        .refused("eve", "activity.record", params, "invalidParams")
        .await;
    assert!(
        data["pointer"]
            .as_str()
            .unwrap()
            .starts_with("/parameters/0"),
        "{data}"
    );
    assert_eq!(world.log("ada").await.len(), before);
}

#[tokio::test]
async fn reports_stay_within_the_reporters_scope() {
    let mut world = World::new().await;
    let approved = world.approved().await;
    world.robot("root", "north", "ResourceGateway").await;
    let role = json!({"principal": "north", "role": "ResourceGateway"});
    world.ok("root", "role.remove", role.clone()).await;
    let tenants = world.ok("root", "tenant.list", json!({})).await;
    let id = |name: &str| {
        let list = tenants["tenants"].as_array().unwrap();
        let found = list.iter().find(|tenant| tenant["name"] == name).unwrap();
        found["tenantId"].as_str().unwrap().to_owned()
    };
    let scoped = |scope: String| {
        let mut params = role.clone();
        params["scope"] = scope.into();
        params
    };
    let north = id(crate::world::NORTHWIND);
    world
        .ok("root", "role.assign", scoped(format!("/tenants/{north}")))
        .await;
    // A manager there, but no gateway: that does not count.
    let manager = json!({"principal": "north", "role": "SupportManager"});
    world.ok("root", "role.assign", manager).await;
    let before = world.log("ada").await.len();
    let params = report(json!({"engineer": EVE}));
    world
        .refused("north", "activity.record", params.clone(), "notFound")
        .await;
    assert_eq!(world.log("ada").await.len(), before, "not even a violation");
    // For another service of the tenant: in the tenant's log, and no word on the request.
    let contoso = id(CONTOSO);
    world
        .ok(
            "root",
            "role.assign",
            scoped(format!("/tenants/{contoso}/services/Teams")),
        )
        .await;
    let there = world.ok("north", "activity.record", params).await;
    let nowhere = report(json!({"engineer": EVE, "requestId": "EXSR999999"}));
    let nowhere = world.ok("north", "activity.record", nowhere).await;
    assert_eq!(there["violation"], true);
    assert_eq!(there["reason"], nowhere["reason"]);
    assert_eq!(
        record(&world, &there["identity"]).await["ObjectId"],
        approved["identity"]
    );

    for who in ["max", "root"] {
        world
            .refused(who, "activity.record", report(json!({})), "forbidden")
            .await;
    }
    world
        .refused("ada", "activity.record", report(json!({})), "forbidden")
        .await;
    let unknown = report(json!({"tenant": "nobody.example"}));
    world
        .refused("gate", "activity.record", unknown, "notFound")
        .await;
}

#[tokio::test]
async fn a_report_sent_twice_with_one_key_is_recorded_once() {
    let world = World::new().await;
    world.approved().await;
    for changed in [
        json!({"idempotencyKey": "a"}),
        json!({"idempotencyKey": "b", "requestId": "EXSR999999"}),
    ] {
        let before = world.log("ada").await.len();
        let first = world
            .ok("eve", "activity.record", report(changed.clone()))
            .await;
        world.pass(4_000);
        let again = world.ok("eve", "activity.record", report(changed)).await;
        assert_eq!(
            (&first["replayed"], &again["replayed"]),
            (&json!(false), &json!(true))
        );
        for name in [
            "identity",
            "violation",
            "reason",
            "creationDate",
            "recordedAt",
        ] {
            assert_eq!(first[name], again[name], "{name}");
        }
        assert_eq!(world.log("ada").await.len(), before + 1);
    }
}

#[tokio::test]
async fn late_reports_sort_by_when_it_happened_and_are_numbered_by_when_it_was_told() {
    let world = World::new().await;
    world.approved().await;
    world.pass(10);
    for (operation, seconds) in [("B", 5), ("A", 2), ("C", 5)] {
        let at = now(&world).plus_seconds(seconds - 10).to_string();
        let params = json!({"engineer": EVE, "operation": operation, "occurredAt": at});
        world.ok("gate", "activity.record", report(params)).await;
        world.pass(1);
    }
    let found = world
        .ok(
            "ada",
            "audit.search",
            json!({"userIds": ["Microsoft Operator"]}),
        )
        .await;
    let records = found["records"].as_array().unwrap();
    let order: Vec<&str> = records
        .iter()
        .map(|r| r["activity"].as_str().unwrap())
        .collect();
    // B and C: 5 s after the start and 6 s, each said a second later than the one before.
    assert_eq!(order, ["C", "B", "A"]);
    let mut by_number = records.clone();
    by_number.sort_by_key(|record| record["sequence"].as_u64());
    let told: Vec<&str> = by_number
        .iter()
        .map(|r| r["activity"].as_str().unwrap())
        .collect();
    assert_eq!(told, ["B", "A", "C"]);
    let recorded: Vec<&str> = by_number
        .iter()
        .map(|r| r["recordedAt"].as_str().unwrap())
        .collect();
    assert!(recorded.is_sorted());
}
