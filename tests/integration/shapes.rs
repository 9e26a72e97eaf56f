//! Records key by key: the documented ones, who may read which name, and what verifies.

use crate::audit_help::{call_from, check_schema};
use crate::world::{CONTOSO, START, World};
use customer_lockbox::auth::peer::Peer;
use serde_json::{Value, json};
use std::collections::BTreeSet;

const SERVICE_ACCOUNT: &str = "BOXServiceAccount@lockbox.prod.outlook.com";
const EVE: &str = "eve@fabrikam.example";

/// AuditData of the newest record of an operation.
async fn newest(world: &World, who: &str, operation: &str) -> Value {
    let found = world
        .ok(
            who,
            "audit.search",
            json!({"operations": [operation], "resultSize": 1}),
        )
        .await;
    let data = found["records"][0]["auditData"].as_str().unwrap();
    let record = serde_json::from_str(data).unwrap();
    check_schema(&record);
    record
}

fn keys(record: &Value) -> Vec<&str> {
    record
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect()
}

#[tokio::test]
async fn a_decision_is_the_documented_record_key_by_key_with_ours_after_it() {
    let world = World::new().await;
    let pending = world.pending().await;
    let identity = &pending["identity"];
    let params = json!({
        "requestId": "EXSR000001", "decision": "Approve",
        "comment": "Troubleshoot issues in Rick Hofer mailbox",
    });
    world.ok("anna", "request.decide", params).await;
    let record = newest(&world, "ada", "Set-AccessToCustomerDataRequest").await;
    assert_eq!(
        keys(&record),
        [
            "ClientIP",
            "CreationTime",
            "ExternalAccess",
            "Id",
            "ObjectId",
            "Operation",
            "OrganizationId",
            "OrganizationName",
            "OriginatingServer",
            "Parameters",
            "RecordType",
            "ResultStatus",
            "SessionId",
            "UserId",
            "UserKey",
            "UserType",
            "Version",
            "Workload",
            // Ours.
            "Actor",
            "LockboxRequest",
            "Moments",
            "Detail",
            "Sequence",
            "RecordedAt",
            "LogId",
            "LeafHash",
        ]
    );
    let whoami = world.ok("anna", "session.whoami", json!({})).await;
    let expected = json!({
        "ClientIP": "203.0.113.7:4711",
        "CreationTime": "2026-11-21T12:00:00",
        "ExternalAccess": true,
        "ObjectId": identity,
        "Operation": "Set-AccessToCustomerDataRequest",
        "OrganizationId": pending["tenantId"],
        "OrganizationName": CONTOSO,
        "OriginatingServer": concat!("lockboxd (", env!("CARGO_PKG_VERSION"), ")"),
        "Parameters": [
            {"Name": "Comment", "Value": "Troubleshoot issues in Rick Hofer mailbox"},
            {"Name": "ApprovalDecision", "Value": "Approve"},
            {"Name": "RequestId", "Value": identity},
        ],
        "RecordType": 1,
        "ResultStatus": "True",
        "SessionId": "",
        "UserId": SERVICE_ACCOUNT,
        "UserKey": SERVICE_ACCOUNT,
        "UserType": 3,
        "Version": 1,
        "Workload": "Exchange",
        "LockboxRequest": {
            "Identity": identity, "RequestId": "EXSR000001", "ServiceRequestNumber": "CLB#1",
            "TermsDigest": pending["termsDigest"],
        },
        "Moments": {
            "AccessStart": "2026-11-21T12:00:00.000Z", "AccessEnd": "2026-11-21T13:00:00.000Z",
        },
        "Detail": "",
        "RecordedAt": START,
    });
    for (key, value) in expected.as_object().unwrap() {
        assert_eq!(&record[key], value, "{key}");
    }
    let actor = &record["Actor"];
    assert_eq!(actor["Name"], "anna@contoso.com");
    assert_eq!(actor["Id"], whoami["principal"]["principalId"]);
    assert_eq!(actor["Kind"], "person");
    assert_eq!(
        keys(actor),
        ["Id", "Name", "Kind", "Authentication", "Via", "TokenId"]
    );

    // Where no comment was given, it is there all the same, and empty.
    let params = json!({"requestId": "EXSR000001", "decision": "Cancel"});
    world.ok("anna", "request.decide", params).await;
    let record = newest(&world, "ada", "Set-AccessToCustomerDataRequest").await;
    assert_eq!(
        record["Parameters"][0],
        json!({"Name": "Comment", "Value": ""})
    );
    assert_eq!(record["Parameters"][1]["Value"], "Cancel");
}

#[tokio::test]
async fn an_engineers_action_is_the_documented_record_with_the_elevation_it_happened_under() {
    let world = World::new().await;
    let pending = world.pending().await;
    world.pass(60);
    let params =
        json!({"requestId": "EXSR000001", "decision": "Approve", "durationSeconds": 1_800});
    world.ok("anna", "request.decide", params).await;
    world.pass(90);
    let report = json!({
        "tenant": CONTOSO, "requestId": "EXSR000001", "operation": "Add-MailboxPermission",
        "engineer": EVE, "clientIP": "2a01:111:e400:6030::23", "resultStatus": "False",
        "parameters": [{"name": "Identity", "value": "rick"}, {"name": "User", "value": "x"}],
    });
    world.ok("gate", "activity.record", report).await;
    let record = newest(&world, "ada", "Add-MailboxPermission").await;
    assert_eq!(
        keys(&record),
        [
            "CreationTime",
            "Id",
            "Operation",
            "OrganizationId",
            "RecordType",
            "ResultStatus",
            "UserKey",
            "UserType",
            "Version",
            "Workload",
            "ClientIP",
            "ObjectId",
            "UserId",
            "ExternalAccess",
            "OrganizationName",
            "OriginatingServer",
            "Parameters",
            // Ours, and the elevation.
            "Actor",
            "LockboxRequest",
            "StartTime",
            "EffectiveOrganization",
            "ElevationTime",
            "ElevationApprover",
            "ElevationApprovedTime",
            "ElevationRequestId",
            "ElevationRole",
            "ElevationDuration",
            "GenericInfo",
            "ReportedBy",
            "Detail",
            "Sequence",
            "RecordedAt",
            "LogId",
            "LeafHash",
        ]
    );
    let pseudonym = &pending["requestorPseudonym"];
    let expected = json!({
        "CreationTime": "2026-11-21T12:02:30", "ResultStatus": "False",
        "UserKey": "Microsoft Operator", "UserId": "Microsoft Operator", "UserType": 3,
        "ExternalAccess": true, "ObjectId": "", "ClientIP": "[2a01:111:e400:6030::23]",
        "Parameters": [{"Name": "Identity", "Value": "rick"}, {"Name": "User", "Value": "x"}],
        "StartTime": "2026-11-21T12:02:30", "EffectiveOrganization": CONTOSO,
        "ElevationTime": "2026-11-21T12:01:00",
        "ElevationApprovedTime": "2026-11-21T12:00:00",
        "ElevationRequestId": pending["identity"], "ElevationRole": "read",
        "ElevationDuration": 1_800, "GenericInfo": "Exchange",
    });
    for (key, value) in expected.as_object().unwrap() {
        assert_eq!(&record[key], value, "{key}");
    }
    assert_eq!(&record["Actor"]["Name"], pseudonym);
    assert_eq!(record["Actor"]["Kind"], "person");
    assert_eq!(record["Actor"]["Authentication"], "reported");
    let reviewer = record["ElevationApprover"].as_str().unwrap();
    assert!(
        reviewer.starts_with("engineer-") && reviewer != pseudonym,
        "{reviewer}"
    );
    let reporter = record["ReportedBy"].as_str().unwrap();
    assert!(
        reporter.starts_with("engineer-") && reporter != pseudonym,
        "{reporter}"
    );

    // Both documented searches find what they should.
    let by = |filter: Value| world.ok("ada", "audit.search", filter);
    assert_eq!(
        by(json!({"userIds": ["Microsoft Operator"]})).await["total"],
        1
    );
    let decisions = by(json!({"operations": ["Set-AccessToCustomerDataRequest"]})).await;
    assert_eq!(decisions["total"], 1);
}

#[tokio::test]
async fn the_arrival_names_requester_reviewer_and_both_times() {
    let world = World::new().await;
    let submitted = world.submit().await;
    world.pass(75);
    let params = json!({"requestId": submitted["identity"], "decision": "Approve"});
    world.ok("max", "request.review", params).await;
    let record = newest(&world, "ada", "LockboxRequestArrived").await;
    assert_eq!(
        record["Moments"],
        json!({"SubmittedDate": START, "ReviewedDate": "2026-11-21T12:01:15.000Z"})
    );
    let parameters = &record["Parameters"];
    assert_eq!(parameters[0]["Value"], submitted["requestorPseudonym"]);
    assert_eq!(parameters[1]["Value"], record["Actor"]["Name"]);
    assert_ne!(parameters[0]["Value"], parameters[1]["Value"]);
}

#[tokio::test]
async fn the_address_is_written_as_documented_for_every_kind_of_connection() {
    let world = World::new().await;
    for (peer, ip, via) in [
        (
            Peer::tcp("192.0.2.9:50123".parse().unwrap()),
            "192.0.2.9:50123",
            "tcp",
        ),
        (
            Peer::tcp("[2001:db8::9]:50123".parse().unwrap()),
            "[2001:db8::9]:50123",
            "tcp",
        ),
        (
            Peer::tcp("[::ffff:192.0.2.9]:7".parse().unwrap()),
            "192.0.2.9:7",
            "tcp",
        ),
        (Peer::unix(Some(1_000)), "", "unix"),
    ] {
        let params = json!({"hoursToAnswer": 5});
        call_from(&world, peer, "ada", "policy.put", params)
            .await
            .unwrap();
        let record = newest(&world, "ada", "LockboxSettingsChanged").await;
        assert_eq!(record["ClientIP"], ip);
        assert_eq!(record["Actor"]["Via"], via);
    }
    for (address, total) in [("192.0.2.9", 2), ("2001:db8::9", 1), ("[2001:DB8::9]:1", 1)] {
        let found = world
            .ok("ada", "audit.search", json!({"ipAddresses": [address]}))
            .await;
        assert_eq!(found["total"], total, "{address}");
    }
}

/// Makes requests that have come to every end by the hands of people with telling names, with
/// refusals and violations on the way; gives their GUIDs.
async fn busy_world(world: &mut World) -> Vec<Value> {
    let evelyn = "evelyn.farnsworth@fabrikam.example";
    world
        .person("root", "evelyn", evelyn, "SupportEngineer")
        .await;
    world.robot("root", "gatekeeper", "ResourceGateway").await;
    let mut identities = Vec::new();
    for end in [
        "request.withdraw",
        "request.complete",
        "grant.revoke",
        "expire",
        "suspend",
    ] {
        let submitted = world
            .submit_as("evelyn", json!({"resources": ["mailbox:rick"]}))
            .await;
        let id = submitted["identity"].clone();
        let review = json!({"requestId": id, "decision": "Approve", "comment": "fine by max"});
        world.ok("max", "request.review", review).await;
        if end != "request.withdraw" {
            let params = json!({"requestId": id, "decision": "Approve"});
            world.ok("anna", "request.decide", params).await;
            let report = json!({"tenant": CONTOSO, "requestId": id, "operation": "New-Thing",
                                "engineer": evelyn});
            world.ok("gatekeeper", "activity.record", report).await;
        }
        match end {
            "expire" => world.pass(3_600),
            "suspend" => {
                let params = json!({"tenant": CONTOSO, "reason": "unpaid"});
                world.ok("root", "tenant.suspend", params).await;
                world
                    .ok("root", "tenant.resume", json!({"tenant": CONTOSO}))
                    .await;
            }
            "grant.revoke" => {
                world.ok("mia", end, json!({"requestId": id})).await;
            }
            method => {
                world.ok("evelyn", method, json!({"requestId": id})).await;
            }
        }
        // Refused, also in the tenant's log; and reports that no grant covers.
        for who in ["evelyn", "max"] {
            let params = json!({"requestId": id});
            world
                .call(who, "request.withdraw", params)
                .await
                .unwrap_err();
        }
        for (who, engineer) in [
            ("gatekeeper", evelyn),
            ("gatekeeper", "ghost@fabrikam.example"),
            ("eve", evelyn),
        ] {
            let report = json!({"tenant": CONTOSO, "requestId": id, "operation": "Late-Thing",
                                "engineer": engineer});
            let result = world.ok(who, "activity.record", report).await;
            assert_eq!(result["violation"], true);
        }
        identities.push(id);
    }
    identities
}

#[tokio::test]
async fn no_name_of_the_providers_people_reaches_a_customer() {
    let mut world = World::new().await;
    let identities = busy_world(&mut world).await;
    // A flood of one person's refusals, so that a summary is written too.
    for _ in 0..70 {
        let params = json!({"requestId": identities[0]});
        world
            .refused("evelyn", "request.withdraw", params, "wrongState")
            .await;
    }
    world.pass(60);
    world.rpc.services().write_summaries(false).await.unwrap();

    let mut read = Vec::new();
    for who in ["ada", "anna", "sam"] {
        let mut calls = vec![
            ("request.list", json!({})),
            ("grant.list", json!({})),
            ("policy.get", json!({})),
            ("tenant.get", json!({})),
            ("session.whoami", json!({})),
            ("audit.search", json!({"resultSize": 5_000})),
            ("audit.export", json!({"format": "csv"})),
            ("audit.export", json!({"format": "jsonl"})),
        ];
        for id in &identities {
            let params = json!({"requestId": id});
            for method in ["request.get", "request.history", "grant.get"] {
                calls.push((method, params.clone()));
            }
            for decision in ["Approve", "Deny", "Cancel"] {
                calls.push((
                    "request.decide",
                    json!({"requestId": id, "decision": decision}),
                ));
            }
        }
        for (method, params) in calls {
            read.push(match world.call(who, method, params).await {
                Ok(result) => result.to_string(),
                Err(refusal) => refusal.data.to_string(),
            });
        }
    }
    let found = world
        .ok("ada", "audit.search", json!({"resultSize": 5_000}))
        .await;
    let records = found["records"].as_array().unwrap();
    for record in records {
        let params = json!({"sequence": record["sequence"]});
        read.push(world.ok("ada", "audit.get", params).await.to_string());
    }
    let told: BTreeSet<&str> = records
        .iter()
        .map(|r| r["activity"].as_str().unwrap())
        .collect();
    for activity in [
        "LockboxRefusalSummary",
        "LockboxRequestRefused",
        "LockboxViolation",
        "LockboxAccessRevoked",
        "New-Thing",
    ] {
        assert!(
            told.contains(activity),
            "the world is not busy enough: {activity}"
        );
    }
    let mut secret = vec![
        "fabrikam".to_owned(),
        "evelyn".to_owned(),
        "gatekeeper".to_owned(),
    ];
    for name in [
        "evelyn.farnsworth@fabrikam.example",
        "max@fabrikam.example",
        "gatekeeper",
        "root@fabrikam.example",
    ] {
        let found = world
            .ok("root", "principal.get", json!({"principal": name}))
            .await;
        secret.push(
            found["principal"]["principalId"]
                .as_str()
                .unwrap()
                .to_owned(),
        );
    }
    for text in &read {
        for secret in &secret {
            assert!(!text.to_lowercase().contains(secret), "{secret} in {text}");
        }
    }
    // Guessing by free text finds nothing either.
    for secret in &secret {
        let found = world
            .ok("ada", "audit.search", json!({"freeText": secret}))
            .await;
        assert_eq!(found["total"], 0, "{secret}");
    }
    // One person is one pseudonym in a tenant, and the provider still reads the name.
    let pseudonyms: BTreeSet<String> = records
        .iter()
        .filter(|record| record["activity"] == "New-Thing")
        .map(|record| {
            let data: Value = serde_json::from_str(record["auditData"].as_str().unwrap()).unwrap();
            data["Actor"]["Name"].to_string()
        })
        .collect();
    assert_eq!(pseudonyms.len(), 1, "{pseudonyms:?}");
    let history = world
        .ok("max", "request.get", json!({"requestId": identities[1]}))
        .await;
    assert_eq!(
        history["request"]["requestor"],
        "evelyn.farnsworth@fabrikam.example"
    );
}

#[tokio::test]
async fn a_record_read_by_itself_verifies_and_keeps_the_providers_name_back() {
    use customer_lockbox::audit::draft::PersonalValue;
    use customer_lockbox::audit::verify;
    let world = World::new().await;
    world.approved().await;
    let report = json!({"tenant": CONTOSO, "requestId": "EXSR000001", "operation": "New-Thing",
                        "parameters": [{"name": "Note", "value": "x".repeat(9_000)}]});
    world.ok("eve", "activity.record", report).await;
    for (who, sees_names) in [("ada", false), ("root", true)] {
        let found = world
            .ok(who, "audit.search", json!({"resultSize": 5_000}))
            .await;
        let records = found["records"].as_array().unwrap();
        assert!(records.len() > 4);
        let mut kept_back = 0;
        for record in records {
            let read = world
                .ok(who, "audit.get", json!({"identity": record["identity"]}))
                .await;
            assert_eq!(read["record"]["auditData"], record["auditData"]);
            let beside: Vec<PersonalValue> =
                serde_json::from_value(read["personal"].clone()).unwrap();
            let leaf: [u8; 32] = hex::decode(read["leafHash"].as_str().unwrap())
                .unwrap()
                .try_into()
                .unwrap();
            let canonical = read["canonical"].as_str().unwrap();
            let verified = verify(canonical.as_bytes(), &beside, &leaf).unwrap();
            assert_eq!(verified.sequence, record["sequence"].as_u64().unwrap());
            kept_back += verified.missing.len();
            let allowed: &[&str] = if sees_names {
                &[]
            } else {
                &["/Actor/ProviderName"]
            };
            assert!(
                verified
                    .missing
                    .iter()
                    .all(|pointer| allowed.contains(&pointer.as_str()))
            );
            assert_eq!(
                read["logId"],
                read["record"]["auditData"]
                    .as_str()
                    .map(|data| { serde_json::from_str::<Value>(data).unwrap()["LogId"].clone() })
                    .unwrap()
            );
            // One byte of a value changed, and it does not verify any more.
            if let Some(first) = beside.first() {
                let mut forged = beside.clone();
                forged[0].value = format!("{}!", first.value);
                verify(canonical.as_bytes(), &forged, &leaf).unwrap_err();
            }
        }
        assert_eq!(kept_back > 0, !sees_names, "{who}");
    }
    world
        .refused("ada", "audit.get", json!({"sequence": 9_999}), "notFound")
        .await;
    let other = world.ok("nora", "audit.search", json!({})).await;
    let other = other["records"][0]["identity"].clone();
    world
        .refused("ada", "audit.get", json!({"identity": other}), "notFound")
        .await;
}
