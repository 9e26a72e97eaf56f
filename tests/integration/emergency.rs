//! Emergency access: two people of the provider, the customer's log first, and no asking.

use crate::world::{CONTOSO, World, emergency};
use customer_lockbox::clock::{Clock, Timestamp};
use customer_lockbox::service::{Limits, Options};
use serde_json::{Value, json};

const HOUR: i64 = 3_600;

fn id(request: &Value) -> Value {
    json!({"requestId": request["identity"]})
}

/// What the enforcement point is told about `eve`.
async fn check(world: &World, request: &Value) -> String {
    let params = json!({
        "tenant": CONTOSO, "engineer": "eve@fabrikam.example", "requestId": request["identity"],
    });
    let answer = world.ok("gate", "grant.check", params).await;
    answer["code"].as_str().unwrap().to_owned()
}

async fn list(world: &World, who: &str, params: Value) -> Vec<Value> {
    let page = world.ok(who, "emergency.list", params).await;
    page["emergencies"].as_array().unwrap().clone()
}

fn identities(rows: &[Value]) -> Vec<&str> {
    rows.iter()
        .map(|row| row["identity"].as_str().unwrap())
        .collect()
}

/// The records about a request in somebody's log, oldest first.
async fn records(world: &World, who: &str, request: &Value) -> Vec<Value> {
    let about = |record: &Value| record["LockboxRequest"]["Identity"] == request["identity"];
    world.log(who).await.into_iter().filter(about).collect()
}

fn operations(records: &[Value]) -> Vec<&str> {
    records
        .iter()
        .map(|record| record["Operation"].as_str().unwrap())
        .collect()
}

/// A record without what differs from run to run, and with what follows from the world named.
fn told(record: &Value, request: &Value) -> Value {
    let mut record = record.clone();
    let members = record.as_object_mut().unwrap();
    for name in [
        "Id",
        "OrganizationId",
        "OriginatingServer",
        "LogId",
        "LeafHash",
        "Sequence",
    ] {
        assert!(members.remove(name).is_some(), "{name}");
    }
    if let Some(actor) = members["Actor"].as_object_mut() {
        actor.remove("Id");
        actor.remove("TokenId");
    }
    assert_eq!(
        members["LockboxRequest"]["TermsDigest"],
        request["termsDigest"]
    );
    members["LockboxRequest"]
        .as_object_mut()
        .unwrap()
        .remove("TermsDigest");
    record
}

/// The events that wait to be told, oldest first.
fn outbox(world: &World) -> Vec<String> {
    let conn = rusqlite::Connection::open(world.dir().join("lockbox.db")).unwrap();
    let mut events = conn
        .prepare("SELECT event FROM outbox ORDER BY nr")
        .unwrap();
    let rows = events.query_map([], |row| row.get(0)).unwrap();
    rows.collect::<rusqlite::Result<_>>().unwrap()
}

fn parameters(pairs: &[(&str, &str)]) -> Value {
    pairs
        .iter()
        .map(|(name, value)| json!({"Name": name, "Value": value}))
        .collect()
}

#[tokio::test]
async fn it_is_declared_by_one_confirmed_by_another_and_ends_by_time() {
    let world = World::new().await;
    let told_before = outbox(&world).len();
    let mut params = emergency(" INC-7 ");
    params["durationSeconds"] = json!(2 * HOUR);
    let declared = world.ok("eve", "emergency.declare", params).await["request"].clone();
    assert_eq!(declared["state"], "InternalReview");
    assert_eq!(declared["emergency"]["incident"], "INC-7");
    assert_eq!(declared["reviewDeadline"], "2026-11-22T00:00:00.000Z");
    assert_eq!(
        check(&world, &declared).await,
        "noGrant",
        "nothing is granted yet"
    );
    // For the customer it does not exist; the manager sees what waits.
    world
        .refused("ada", "request.get", id(&declared), "notFound")
        .await;
    assert_eq!(list(&world, "ada", json!({})).await, Vec::<Value>::new());
    assert_eq!(
        identities(&list(&world, "max", json!({"open": true})).await).len(),
        1
    );

    world.pass(60);
    // Nothing that the customer has set has a say in it, but its emergencyAccess.
    let strict = json!({"approvalRequired": true, "automaticApproval": false, "hoursToAnswer": 1});
    world.ok("ada", "policy.put", strict).await;
    let params = json!({"requestId": declared["identity"], "comment": "All is down"});
    let confirmed = world.ok("max", "emergency.confirm", params).await["request"].clone();
    for (name, value) in [
        ("state", json!("Approved")),
        ("approvalStatus", json!("Approved")),
        ("approvalRequired", json!(false)),
        ("decision", json!(null)),
        ("decidedBy", json!(null)),
        ("expirationDate", json!(null)),
        ("reviewedBy", json!("max@fabrikam.example")),
        ("grantedDurationSeconds", json!(2 * HOUR)),
        ("sentToCustomerDate", json!("2026-11-21T12:01:00.000Z")),
        ("accessStart", json!("2026-11-21T12:01:00.000Z")),
        ("accessEnd", json!("2026-11-21T14:01:00.000Z")),
    ] {
        assert_eq!(confirmed[name], value, "{name}");
    }
    assert_eq!(check(&world, &confirmed).await, "allowed");
    let pending = json!({"approvalStatus": "Pending"});
    let pending = world.ok("ada", "request.list", pending).await;
    assert_eq!(pending["requests"], json!([]), "nobody is asked");
    for decision in ["Approve", "Deny"] {
        let params = json!({"requestId": declared["identity"], "decision": decision});
        world
            .refused("ada", "request.decide", params, "alreadyDecided")
            .await;
    }

    // It ends by time, and stays listed until somebody has seen it.
    world.pass(2 * HOUR - 1);
    assert_eq!(check(&world, &confirmed).await, "allowed");
    world.pass(1);
    assert_eq!(check(&world, &confirmed).await, "ended");
    let open = list(&world, "anna", json!({"open": true})).await;
    assert_eq!(identities(&open), [confirmed["identity"].as_str().unwrap()]);
    assert_eq!(open[0]["state"], "Ended");
    assert_eq!(open[0]["requestor"], "Microsoft Engineer");
    assert_eq!(open[0]["reviewComment"], json!(null));
    world.pass(60);
    let params = json!({"requestId": confirmed["requestId"], "comment": "Seen"});
    let seen = world.ok("anna", "emergency.acknowledge", params).await["request"].clone();
    let part = json!({
        "incident": "INC-7", "reported": false, "reportedStart": null, "reportedEnd": null,
        "acknowledgedBy": "anna@contoso.com", "acknowledgedDate": "2026-11-21T14:02:00.000Z",
        "comment": "Seen",
    });
    assert_eq!(seen["emergency"], part);
    assert_eq!(seen["state"], "Ended");
    assert_eq!(seen["closedDate"], confirmed["accessEnd"]);
    assert_eq!(seen["decidedBy"], json!(null), "it is no consent");
    assert_eq!(
        list(&world, "anna", json!({"open": true})).await,
        Vec::<Value>::new()
    );
    assert_eq!(list(&world, "anna", json!({})).await.len(), 1);
    let told = world.ok("eve", "request.get", id(&confirmed)).await;
    assert_eq!(told["request"]["emergency"], part);

    assert_eq!(
        operations(&records(&world, "root", &confirmed).await),
        ["LockboxEmergencyDeclared"]
    );
    assert_eq!(
        operations(&records(&world, "ada", &confirmed).await),
        [
            "LockboxEmergencyConfirmed",
            "LockboxRequestRefused",
            "LockboxRequestRefused",
            "LockboxAccessEnded",
            "LockboxEmergencyAcknowledged",
        ],
        "the end is written down first"
    );
    assert_eq!(world.rpc.services().write_down_due().await.unwrap(), 0);
    let expected = [
        "requestSubmitted",
        "settingsChanged",
        "emergencyAccess",
        "accessStarted",
        "accessEnding",
        "accessEnded",
        "emergencyAcknowledged",
    ];
    assert_eq!(outbox(&world)[told_before..], expected);
    let history = world.ok("max", "request.history", id(&confirmed)).await;
    let states: Vec<&Value> = history["events"]
        .as_array()
        .unwrap()
        .iter()
        .map(|event| &event["state"])
        .filter(|state| !state.is_null())
        .collect();
    assert_eq!(states, ["InternalReview", "Approved", "Ended"]);
}

#[tokio::test]
async fn every_record_of_it_holds_what_it_should_key_by_key() {
    let world = World::new().await;
    let mut params = emergency("INC-7");
    params["accessLevel"] = json!("write");
    let declared = world.ok("eve", "emergency.declare", params).await["request"].clone();
    world.pass(60);
    let confirmed = world.ok("max", "emergency.confirm", id(&declared)).await["request"].clone();
    world.pass(60);
    let params = json!({"requestId": declared["identity"], "comment": "Seen"});
    world.ok("ada", "emergency.acknowledge", params).await;
    let engineer = declared["requestorPseudonym"].as_str().unwrap();
    let manager = list(&world, "ada", json!({})).await[0]["reviewedBy"].clone();
    let manager = manager.as_str().unwrap();
    assert!(
        manager.starts_with("engineer-") && manager != engineer,
        "{manager}"
    );
    let link = json!({
        "Identity": declared["identity"], "RequestId": "EXSR000001",
        "ServiceRequestNumber": "CLB#1",
    });

    // The provider's people have pseudonyms here too.
    let read = list(&world, "ada", json!({})).await;
    let log = world.log("ada").await;
    let text = json!([read, log]).to_string();
    assert!(!text.contains("fabrikam"), "{text}");

    let provider = records(&world, "root", &declared).await;
    let expected = json!({
        "ClientIP": "203.0.113.7:4711",
        "CreationTime": "2026-11-21T12:00:00",
        "ExternalAccess": true,
        "ObjectId": declared["identity"],
        "Operation": "LockboxEmergencyDeclared",
        "OrganizationName": "fabrikam.example",
        "Parameters": parameters(&[
            ("Incident", "INC-7"),
            ("ServiceName", "Exchange"),
            ("Reason", "Nobody can send mail"),
            ("AccessLevel", "write"),
            ("Tenant", CONTOSO),
            ("DurationSeconds", "14400"),
        ]),
        "RecordType": 1,
        "ResultStatus": "True",
        "SessionId": "",
        "UserId": "eve@fabrikam.example",
        "UserKey": "eve@fabrikam.example",
        "UserType": 3,
        "Version": 1,
        "Workload": "Exchange",
        "Actor": {
            "Name": "eve@fabrikam.example", "Kind": "person", "Authentication": "token",
            "Via": "tcp",
        },
        "LockboxRequest": link,
        "Detail": "",
        "RecordedAt": "2026-11-21T12:00:00.000Z",
    });
    assert_eq!(told(&provider[0], &declared), expected);
    assert_eq!(provider.len(), 1);

    let tenant = records(&world, "ada", &declared).await;
    assert_eq!(tenant.len(), 2);
    let mut expected = expected;
    for (name, value) in [
        ("CreationTime", json!("2026-11-21T12:01:00")),
        ("RecordedAt", confirmed["accessStart"].clone()),
        ("Operation", json!("LockboxEmergencyConfirmed")),
        ("OrganizationName", json!(CONTOSO)),
        ("UserId", json!("Microsoft Engineer")),
        ("UserKey", json!("Microsoft Engineer")),
        (
            "Actor",
            json!({"Name": manager, "Kind": "person", "Authentication": "token", "Via": "tcp"}),
        ),
        (
            "Parameters",
            parameters(&[
                ("Requestor", engineer),
                ("Reviewer", manager),
                ("Incident", "INC-7"),
                ("ServiceName", "Exchange"),
                ("Reason", "Nobody can send mail"),
                ("AccessLevel", "write"),
                ("DurationSeconds", "14400"),
            ]),
        ),
        (
            "Moments",
            json!({
                "SubmittedDate": "2026-11-21T12:00:00.000Z",
                "AccessStart": "2026-11-21T12:01:00.000Z",
                "AccessEnd": "2026-11-21T16:01:00.000Z",
            }),
        ),
    ] {
        expected[name] = value;
    }
    assert_eq!(told(&tenant[0], &declared), expected);

    for (name, value) in [
        ("CreationTime", json!("2026-11-21T12:02:00")),
        ("RecordedAt", json!("2026-11-21T12:02:00.000Z")),
        ("Operation", json!("LockboxEmergencyAcknowledged")),
        ("ExternalAccess", json!(false)),
        ("UserType", json!(2)),
        ("UserId", json!("ada@contoso.onmicrosoft.com")),
        ("UserKey", json!("ada@contoso.onmicrosoft.com")),
        (
            "Actor",
            json!({
                "Name": "ada@contoso.onmicrosoft.com", "Kind": "person",
                "Authentication": "token", "Via": "tcp",
            }),
        ),
        (
            "Parameters",
            json!([
                {"Name": "Comment", "Value": "Seen"},
                {"Name": "RequestId", "Value": declared["identity"]},
                {"Name": "Incident", "Value": "INC-7"},
            ]),
        ),
    ] {
        expected[name] = value;
    }
    expected.as_object_mut().unwrap().remove("Moments");
    assert_eq!(told(&tenant[1], &declared), expected);
}

#[tokio::test]
async fn the_customer_ends_it_at_once_and_acknowledging_changes_no_access() {
    let world = World::new().await;
    let live = world.confirmed("INC-1").await;
    let seen = world.ok("anna", "emergency.acknowledge", id(&live)).await;
    assert_eq!(seen["request"]["state"], "Approved", "it runs on");
    assert_eq!(seen["request"]["accessEnd"], live["accessEnd"]);
    assert_eq!(check(&world, &live).await, "allowed");
    let data = world
        .refused(
            "ben",
            "emergency.acknowledge",
            id(&live),
            "alreadyAcknowledged",
        )
        .await;
    assert_eq!(data["acknowledgedBy"], "anna@contoso.com");
    assert_eq!(data["acknowledgedDate"], "2026-11-21T12:00:00.000Z");
    // A robot may not take note, and may stop it: the safe direction is open.
    let other = world.confirmed_by("ed", "mia", "INC-1").await;
    world
        .refused("bot", "emergency.acknowledge", id(&other), "personRequired")
        .await;
    let cancel = json!({"requestId": live["identity"], "decision": "Cancel"});
    let canceled = world.ok("bot", "request.decide", cancel).await["request"].clone();
    assert_eq!(canceled["state"], "Canceled");
    assert_eq!(check(&world, &live).await, "ended");
    // What the provider's side can do with any access.
    let completed = world.ok("ed", "request.complete", id(&other)).await;
    assert_eq!(completed["request"]["state"], "Completed");
    let third = world.confirmed_by("ed", "max", "INC-1").await;
    world.ok("root", "grant.revoke", id(&third)).await;
    assert_eq!(check(&world, &third).await, "noGrant", "it is ed's");
    let left = list(&world, "ada", json!({"open": true})).await;
    assert_eq!(left.len(), 2, "ended ones wait too");
    // What is no emergency cannot be treated as one, and is not listed.
    let pending = world.pending().await;
    for (who, method) in [
        ("ada", "emergency.acknowledge"),
        ("max", "emergency.confirm"),
    ] {
        world.refused(who, method, id(&pending), "notFound").await;
    }
    assert_eq!(list(&world, "ada", json!({})).await.len(), 3);
}

#[tokio::test]
async fn it_takes_two_people_and_the_same_two_cannot_renew_it() {
    let mut world = World::new().await;
    world.robot("root", "auto", "SupportEngineer").await;
    world.robot("root", "rex", "SupportManager").await;
    world
        .refused(
            "auto",
            "emergency.declare",
            emergency("INC-1"),
            "personRequired",
        )
        .await;
    // eve is a manager as well, and is still one person.
    let role = json!({"principal": "eve@fabrikam.example", "role": "SupportManager"});
    world.ok("root", "role.assign", role).await;
    let role = json!({"principal": "max@fabrikam.example", "role": "SupportEngineer"});
    world.ok("root", "role.assign", role).await;
    let declared = world.declared("INC-1").await;
    for (who, code) in [("eve", "separationOfDuties"), ("rex", "personRequired")] {
        world
            .refused(who, "emergency.confirm", id(&declared), code)
            .await;
    }
    // A review would send it to the customer as if it were an ordinary request.
    let review = |decision| json!({"requestId": declared["identity"], "decision": decision});
    let data = world
        .refused("max", "request.review", review("Approve"), "wrongState")
        .await;
    assert!(
        data["remedy"]
            .as_str()
            .unwrap()
            .contains("emergency.confirm")
    );
    let validate = json!({"requestId": declared["identity"], "validateOnly": true});
    world.ok("max", "emergency.confirm", validate).await;
    assert_eq!(check(&world, &declared).await, "noGrant", "only judged");
    world.ok("max", "request.review", review("Reject")).await;
    world
        .refused("max", "emergency.confirm", id(&declared), "wrongState")
        .await;

    // One that was rejected was none: the two may have one, and no other for this incident.
    let first = world.confirmed("INC-1").await;
    world.ok("eve", "request.complete", id(&first)).await;
    let again = world.declared("inc-1").await;
    let data = world
        .refused(
            "max",
            "emergency.confirm",
            id(&again),
            "emergencyNotRenewable",
        )
        .await;
    let message = data["message"].as_str().unwrap();
    assert!(
        message.contains(first["requestId"].as_str().unwrap()),
        "{message}"
    );
    let turned = world
        .ok("max", "emergency.declare", emergency("INC-1"))
        .await["request"]
        .clone();
    world
        .refused(
            "eve",
            "emergency.confirm",
            id(&turned),
            "emergencyNotRenewable",
        )
        .await;
    world.ok("mia", "emergency.confirm", id(&again)).await;
    // Another incident renews nothing either, until a day after the end of the first one.
    let end = world.clock.now();
    let other = world.declared("INC-1b").await;
    let day = 24 * HOUR;
    for seconds in [0, 11 * HOUR] {
        world.clock.set(end.plus_seconds(seconds));
        let data = world
            .refused(
                "max",
                "emergency.confirm",
                id(&other),
                "emergencyNotRenewable",
            )
            .await;
        let from = end.plus_seconds(day).to_string();
        assert_eq!(data["availableFrom"], from);
    }
    world.clock.set(end.plus_seconds(day - 1));
    let other = world.declared("INC-1b").await;
    world
        .refused(
            "max",
            "emergency.confirm",
            id(&other),
            "emergencyNotRenewable",
        )
        .await;
    world.pass(1);
    world.ok("max", "emergency.confirm", id(&other)).await;
}

#[tokio::test]
async fn two_confirmations_at_once_do_not_get_around_the_pair() {
    let world = World::new().await;
    let one = world.declared("INC-1").await;
    let two = world.declared("INC-1").await;
    let (first, second) = tokio::join!(
        world.call("max", "emergency.confirm", id(&one)),
        world.call("max", "emergency.confirm", id(&two)),
    );
    let outcomes = [first, second].map(|outcome| outcome.map_err(|refusal| refusal.code).err());
    assert!(
        outcomes.contains(&None) && outcomes.contains(&Some("emergencyNotRenewable".to_owned())),
        "{outcomes:?}"
    );
}

#[tokio::test]
async fn a_tenant_that_forbids_it_gets_reports_and_no_grant() {
    let world = World::new().await;
    let declared = world.declared("INC-1").await;
    let put = json!({"emergencyAccess": "reportOnly"});
    let settings = world.ok("ada", "policy.put", put).await["settings"].clone();
    assert_eq!(settings["emergencyAccess"], "reportOnly");
    let read = world.ok("sam", "policy.get", json!({})).await["settings"].clone();
    assert_eq!(read["emergencyAccess"], "reportOnly");
    for (who, method, params) in [
        ("eve", "emergency.declare", emergency("INC-1")),
        ("max", "emergency.confirm", id(&declared)),
    ] {
        let data = world
            .refused(who, method, params, "emergencyForbidden")
            .await;
        assert!(
            data["remedy"]
                .as_str()
                .unwrap()
                .contains("emergency.report"),
            "{method}"
        );
    }
    let before = outbox(&world).len();
    let report = |start: &str, end: &str| {
        let mut params = emergency("INC-1");
        params["accessStart"] = json!(start);
        params["accessEnd"] = json!(end);
        params
    };
    let (start, end) = ("2026-11-21T09:00:00Z", "2026-11-21T11:30:00Z");
    let told_of = world
        .ok("eve", "emergency.report", report(start, end))
        .await["request"]
        .clone();
    for (name, value) in [
        ("state", json!("Ended")),
        ("approvalStatus", json!(null)),
        ("durationSeconds", json!(9_000)),
        ("grantId", json!(null)),
        ("accessStart", json!(null)),
        ("accessEnd", json!(null)),
        ("grantedDurationSeconds", json!(null)),
        ("sentToCustomerDate", json!("2026-11-21T12:00:00.000Z")),
    ] {
        assert_eq!(told_of[name], value, "{name}");
    }
    let part = json!({
        "incident": "INC-1", "reported": true, "reportedStart": "2026-11-21T09:00:00.000Z",
        "reportedEnd": "2026-11-21T11:30:00.000Z", "acknowledgedBy": null,
        "acknowledgedDate": null, "comment": null,
    });
    assert_eq!(told_of["emergency"], part);
    assert_eq!(outbox(&world)[before..], ["emergencyReported"]);
    let records = records(&world, "ada", &told_of).await;
    assert_eq!(operations(&records), ["LockboxEmergencyReported"]);
    let moments = json!({
        "AccessStart": "2026-11-21T09:00:00.000Z", "AccessEnd": "2026-11-21T11:30:00.000Z",
    });
    assert_eq!(records[0]["Moments"], moments);
    let names: Vec<&Value> = records[0]["Parameters"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["Name"])
        .collect();
    assert_eq!(
        names,
        [
            "Requestor",
            "Incident",
            "ServiceName",
            "Reason",
            "AccessLevel"
        ]
    );

    // No grant, no request: nothing can be done under it, and nobody takes it for an approval.
    assert_eq!(check(&world, &told_of).await, "noGrant");
    for list in [
        json!({}),
        json!({"approvalStatus": "Approved"}),
        json!({"state": "Ended"}),
    ] {
        let listed = world.ok("ada", "request.list", list.clone()).await;
        assert_eq!(listed["requests"], json!([]), "{list}");
    }
    let grants = world.ok("ada", "grant.list", json!({})).await;
    assert_eq!(grants["grants"], json!([]));
    let act = json!({
        "tenant": CONTOSO, "requestId": told_of["identity"], "operation": "New-MailboxSearch",
        "engineer": "eve@fabrikam.example", "occurredAt": "2026-11-21T10:00:00Z",
    });
    let act = world.ok("gate", "activity.record", act).await;
    assert_eq!(act["violation"], true, "a report covers nothing");
    let cancel = json!({"requestId": told_of["identity"], "decision": "Cancel"});
    world
        .refused("ada", "request.decide", cancel, "wrongState")
        .await;
    // It waits for the customer as a granted one does.
    assert_eq!(list(&world, "ada", json!({"open": true})).await.len(), 1);
    let seen = world.ok("ada", "emergency.acknowledge", id(&told_of)).await;
    assert_eq!(seen["request"]["state"], "Ended");
    assert_eq!(list(&world, "ada", json!({"open": true})).await.len(), 0);

    for (start, end, pointer) in [
        (start, start, "/accessEnd"),
        (end, start, "/accessEnd"),
        (start, "2026-11-21T12:01:00.001Z", "/accessEnd"),
    ] {
        let data = world
            .refused(
                "max",
                "emergency.report",
                report(start, end),
                "invalidParams",
            )
            .await;
        assert_eq!(data["pointer"], pointer, "{start} {end}");
    }
    let late = report(start, "2026-11-21T12:01:00Z");
    world.ok("max", "emergency.report", late).await;
}

#[tokio::test]
async fn a_tenant_that_is_suspended_and_an_engineer_who_is_disabled_end_it() {
    let world = World::new().await;
    let waiting = world.declared("INC-1").await;
    let live = world.confirmed("INC-2").await;
    let suspend = json!({"tenant": CONTOSO, "reason": "unpaid"});
    world.ok("root", "tenant.suspend", suspend).await;
    let got = world.ok("max", "request.get", id(&live)).await;
    assert_eq!(got["request"]["state"], "Revoked");
    for (who, method, params) in [
        ("eve", "emergency.declare", emergency("INC-3")),
        ("max", "emergency.confirm", id(&waiting)),
    ] {
        world.refused(who, method, params, "tenantSuspended").await;
    }
    // What has happened can be told and seen all the same.
    let mut report = emergency("INC-3");
    report["accessStart"] = json!("2026-11-21T09:00:00Z");
    report["accessEnd"] = json!("2026-11-21T10:00:00Z");
    world.ok("eve", "emergency.report", report).await;
    world.ok("ada", "emergency.acknowledge", id(&live)).await;

    world
        .ok("root", "tenant.resume", json!({"tenant": CONTOSO}))
        .await;
    let live = world.confirmed_by("eve", "mia", "INC-4").await;
    let disable = json!({"principal": "eve@fabrikam.example"});
    let disabled = world.ok("root", "principal.disable", disable).await;
    assert_eq!(disabled["revokedGrants"], 1);
    assert_eq!(disabled["withdrawnRequests"], 1);
    assert_eq!(check(&world, &live).await, "ended");
    world
        .refused("max", "emergency.confirm", id(&waiting), "wrongState")
        .await;
}

#[tokio::test]
async fn limits_hold_at_them_and_one_past_them() {
    let world = World::with(Options {
        limits: Limits {
            pending_per_tenant: 1,
            pending_per_engineer: 3,
            ..Limits::default()
        },
        ..Options::default()
    })
    .await;
    let lasting = |seconds: i64| {
        let mut params = emergency("INC-1");
        params["durationSeconds"] = json!(seconds);
        params
    };
    let data = world
        .refused(
            "eve",
            "emergency.declare",
            lasting(4 * HOUR + 1),
            "durationTooLong",
        )
        .await;
    assert_eq!(data["longestSeconds"], 4 * HOUR);
    world
        .refused("eve", "emergency.declare", lasting(59), "invalidParams")
        .await;
    world.ok("eve", "emergency.declare", lasting(60)).await;
    for incident in ["", "  "] {
        world
            .refused(
                "eve",
                "emergency.declare",
                emergency(incident),
                "invalidParams",
            )
            .await;
    }
    let mut params = emergency("INC-1");
    params.as_object_mut().unwrap().remove("incident");
    world
        .refused("eve", "emergency.declare", params, "invalidParams")
        .await;

    // The tenant's limit is there so that approvers are not worn down: nobody asks them here.
    let last = world
        .ok("eve", "emergency.declare", lasting(4 * HOUR))
        .await["request"]
        .clone();
    world.declared("INC-1").await;
    let data = world
        .refused(
            "eve",
            "emergency.declare",
            emergency("INC-1"),
            "limitReached",
        )
        .await;
    assert_eq!(data["limit"], 3);

    // The manager has as long as for any request.
    let deadline = last["reviewDeadline"].as_str().unwrap();
    world
        .clock
        .set(Timestamp::parse(deadline).unwrap().plus_millis(-1));
    world.ok("mia", "emergency.confirm", id(&last)).await;
    let late = world
        .ok("mia", "emergency.list", json!({"open": true}))
        .await;
    let late = late["emergencies"]
        .as_array()
        .unwrap()
        .iter()
        .find(|row| row["state"] == "InternalReview")
        .unwrap()
        .clone();
    world.clock.set(world.clock.now().plus_millis(1));
    world
        .refused("mia", "emergency.confirm", id(&late), "requestExpired")
        .await;
}

#[tokio::test]
async fn settings_and_tags_are_put_and_bounded() {
    let world = World::new().await;
    let tags = |count: usize| -> Vec<String> { (0..count).map(|n| format!("tag-{n}")).collect() };
    let put = json!({"tags": tags(20)});
    let settings = world.ok("ada", "policy.put", put).await["settings"].clone();
    assert_eq!(settings["tags"], json!(tags(20)));
    assert_eq!(settings["emergencyAccess"], "allowed", "as it was");
    let long = "x".repeat(64);
    world.ok("ada", "policy.put", json!({"tags": [long]})).await;
    for wrong in [
        json!({"tags": tags(21)}),
        json!({"tags": ["a", "a"]}),
        json!({"tags": ["two words"]}),
        json!({"tags": [""]}),
        json!({"tags": ["x".repeat(65)]}),
        json!({"emergencyAccess": "never"}),
    ] {
        world
            .refused("ada", "policy.put", wrong, "invalidParams")
            .await;
    }
    world
        .refused(
            "anna",
            "policy.put",
            json!({"approvalRequired": true, "emergencyAccess": "reportOnly"}),
            "forbidden",
        )
        .await;
    let put = json!({"emergencyAccess": "reportOnly", "tags": ["eu", "prod"]});
    world.ok("ada", "policy.put", put).await;
    let log = world.log("ada").await;
    let changed = log
        .iter()
        .rfind(|record| record["Operation"] == "LockboxSettingsChanged")
        .unwrap();
    assert_eq!(
        changed["Parameters"],
        parameters(&[
            ("EmergencyAccess", "reportOnly"),
            ("Tags", "eu prod"),
            ("Weakens", "A tag that rules may look for is gone."),
        ])
    );
}

#[tokio::test]
async fn the_same_key_does_it_once() {
    let world = World::new().await;
    let keyed = |mut params: Value| {
        params["idempotencyKey"] = json!("k");
        params
    };
    let twice = async |who: &str, method: &str, params: Value| -> Value {
        let first = world.ok(who, method, keyed(params.clone())).await;
        let second = world.ok(who, method, keyed(params.clone())).await;
        assert_eq!(
            (&first["replayed"], &second["replayed"]),
            (&json!(false), &json!(true))
        );
        assert_eq!(first["request"], second["request"], "{method}");
        let mut other = keyed(params);
        let changed = if method.ends_with("declare") || method.ends_with("report") {
            "reason"
        } else {
            "comment"
        };
        other[changed] = json!("another");
        world
            .refused(who, method, other, "idempotencyMismatch")
            .await;
        first["request"].clone()
    };
    let declared = twice("eve", "emergency.declare", emergency("INC-1")).await;
    twice("max", "emergency.confirm", id(&declared)).await;
    twice("ada", "emergency.acknowledge", id(&declared)).await;
    let mut report = emergency("INC-1");
    report["accessStart"] = json!("2026-11-21T09:00:00Z");
    report["accessEnd"] = json!("2026-11-21T10:00:00Z");
    twice("eve", "emergency.report", report).await;
    assert_eq!(list(&world, "max", json!({})).await.len(), 2);
    let of = |name: &str| format!("LockboxEmergency{name}");
    let told = world.operations("ada").await;
    for name in ["Confirmed", "Acknowledged", "Reported"] {
        let count = told.iter().filter(|one| **one == of(name)).count();
        assert_eq!(count, 1, "{name}");
    }
}

#[tokio::test]
async fn what_waits_is_listed_first_and_pages_keep_their_order() {
    let world = World::new().await;
    let mut all = Vec::new();
    for incident in ["INC-1", "INC-2", "INC-3", "INC-4", "INC-5"] {
        all.push(world.confirmed(incident).await);
        // The same two pause for a day after the end.
        world.pass(29 * HOUR);
    }
    for seen in [0, 3] {
        world
            .ok("ada", "emergency.acknowledge", id(&all[seen]))
            .await;
    }
    world.pass(60);
    let expected = [4, 2, 1, 3, 0].map(|n: usize| all[n]["identity"].as_str().unwrap());
    for size in 1..=6 {
        let mut params = json!({"pageSize": size});
        let mut found = Vec::new();
        loop {
            let page = world.ok("anna", "emergency.list", params.clone()).await;
            let rows = page["emergencies"].as_array().unwrap();
            assert!(rows.len() <= size);
            found.extend(rows.iter().map(|row| row["identity"].clone()));
            if page["nextCursor"].is_null() {
                break;
            }
            params["cursor"] = page["nextCursor"].clone();
        }
        assert_eq!(found, expected, "pages of {size}");
    }
    let open = list(&world, "anna", json!({"open": true})).await;
    assert_eq!(identities(&open), expected[..3]);
    let others = list(&world, "anna", json!({"open": false})).await;
    assert_eq!(identities(&others), expected[3..]);

    // What is acknowledged between two pages stays where it was: neither twice nor lost.
    let page = world
        .ok("anna", "emergency.list", json!({"pageSize": 1}))
        .await;
    let first = page["emergencies"][0].clone();
    world.pass(1);
    world.ok("anna", "emergency.acknowledge", id(&first)).await;
    world.ok("anna", "emergency.acknowledge", id(&all[1])).await;
    let mut found = vec![first["identity"].clone()];
    let mut cursor = page["nextCursor"].clone();
    while !cursor.is_null() {
        let params = json!({"pageSize": 1, "cursor": cursor});
        let page = world.ok("anna", "emergency.list", params).await;
        found.extend(
            page["emergencies"]
                .as_array()
                .unwrap()
                .iter()
                .map(|row| row["identity"].clone()),
        );
        cursor = page["nextCursor"].clone();
    }
    assert_eq!(found, expected);
    let wrong = json!({"cursor": "00"});
    world
        .refused("anna", "emergency.list", wrong, "invalidParams")
        .await;
    // An engineer sees his own; another tenant none of it.
    assert_eq!(list(&world, "eve", json!({})).await.len(), 5);
    assert_eq!(list(&world, "ed", json!({})).await.len(), 0);
    assert_eq!(list(&world, "nora", json!({})).await.len(), 0);
}
