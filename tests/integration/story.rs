//! The whole story, once: asked, reviewed, approved, used, ended, told.

use crate::world::{CONTOSO, World};
use serde_json::json;

#[tokio::test]
async fn access_is_asked_for_approved_used_and_over() {
    let world = World::new().await;
    let pending = world.pending().await;
    assert_eq!(pending["state"], "Pending");
    assert_eq!(pending["requestId"], "EXSR000001");

    let seen = world
        .ok("anna", "request.list", json!({"approvalStatus": "Pending"}))
        .await;
    assert_eq!(seen["requests"].as_array().unwrap().len(), 1);
    assert_eq!(seen["requests"][0]["requestor"], "Microsoft Engineer");

    let check = json!({"tenant": CONTOSO, "requestId": "EXSR000001"});
    let before = world.ok("eve", "grant.check", check.clone()).await;
    assert_eq!(before["allowed"], false);

    let decide = json!({"requestId": "EXSR000001", "decision": "Approve", "comment": "Go on"});
    let approved = world.ok("anna", "request.decide", decide).await["request"].clone();
    assert_eq!(approved["state"], "Approved");
    assert_eq!(approved["decidedBy"], "anna@contoso.com");
    assert_eq!(approved["accessEnd"], "2026-11-21T13:00:00.000Z");

    let live = world.ok("eve", "grant.check", check.clone()).await;
    assert_eq!(live["allowed"], true, "{live}");
    let report =
        json!({"tenant": CONTOSO, "requestId": "EXSR000001", "operation": "New-MailboxSearch"});
    let recorded = world.ok("eve", "activity.record", report).await;
    assert_eq!(recorded["violation"], false, "{recorded}");

    world.pass(3_600);
    let over = world.ok("eve", "grant.check", check).await;
    assert_eq!(
        (&over["allowed"], &over["code"]),
        (&json!(false), &json!("ended"))
    );
    let ended = world
        .ok("anna", "request.get", json!({"requestId": "EXSR000001"}))
        .await;
    assert_eq!(ended["request"]["state"], "Ended");
    assert_eq!(ended["request"]["approvalStatus"], "Approved");

    assert_eq!(world.rpc.services().write_down_due().await.unwrap(), 1);
    assert_eq!(world.rpc.services().write_down_due().await.unwrap(), 0);
    let told = world.operations("ada").await;
    let told: Vec<&str> = told.iter().map(String::as_str).rev().take(4).collect();
    assert_eq!(
        told,
        [
            "LockboxAccessEnded",
            "New-MailboxSearch",
            "Set-AccessToCustomerDataRequest",
            "LockboxRequestArrived"
        ]
    );
}
