//! How far people reach, and what each side may know of the other.

use crate::world::{CONTOSO, World};
use serde_json::{Value, json};

fn decide(request: &Value, decision: &str) -> Value {
    json!({"requestId": request["identity"], "decision": decision})
}

#[tokio::test]
async fn a_customer_never_reads_the_names_of_the_providers_people() {
    let world = World::new().await;
    let named = |request: &Value| json!({"requestId": request["identity"]});
    let withdrawn = world.pending().await;
    world.ok("eve", "request.withdraw", named(&withdrawn)).await;
    let completed = world.approved().await;
    world.ok("eve", "request.complete", named(&completed)).await;
    let revoked = world.approved().await;
    world.ok("root", "grant.revoke", named(&revoked)).await;
    let off = json!({"approvalRequired": false});
    world.ok("ada", "policy.put", off).await;
    let granted = world.pending().await;
    for (request, code) in [
        (withdrawn, "wrongState"),
        (completed, "wrongState"),
        (revoked, "wrongState"),
        (granted, "alreadyDecided"),
    ] {
        let told = world
            .refused("anna", "request.decide", decide(&request, "Deny"), code)
            .await;
        assert!(
            told["decidedBy"].as_str().unwrap().starts_with("engineer-"),
            "{told}"
        );
        assert!(!told.to_string().contains("fabrikam"), "{told}");
        // The provider's own people are told the name, and the tenant's log is not.
        let state = told["currentState"].as_str().unwrap();
        let review = decide(&request, "Approve");
        let told = world
            .refused("mia", "request.review", review, "wrongState")
            .await;
        let name = told["decidedBy"].as_str().unwrap();
        assert!(name.ends_with("@fabrikam.example"), "{state}: {told}");
        assert!(told["message"].as_str().unwrap().contains(name), "{told}");
    }
    let log = world.log("ada").await;
    let refused = log
        .iter()
        .filter(|record| record["Operation"] == "LockboxRequestRefused");
    assert_eq!(
        refused.count(),
        8,
        "both sides' refusals stand in the tenant's log"
    );
    for record in log {
        assert!(
            !record.to_string().contains("@fabrikam.example"),
            "{record:#}"
        );
    }
}

#[tokio::test]
async fn disabling_an_owner_ends_what_his_robot_was_granted() {
    let mut world = World::new().await;
    let made = json!({
        "kind": "robot", "displayName": "mender", "owner": "ed@fabrikam.example",
        "roles": [{"role": "SupportEngineer"}],
    });
    let made = world.ok("root", "principal.create", made).await;
    world.remember("mender", &made["token"]);
    let reviewed = |request: Value| {
        let world = &world;
        async move {
            world
                .ok("max", "request.review", decide(&request, "Approve"))
                .await["request"]
                .clone()
        }
    };
    let granted = reviewed(world.submit_as("mender", json!({})).await).await;
    world
        .ok("anna", "request.decide", decide(&granted, "Approve"))
        .await;
    let pending = reviewed(world.submit_as("mender", json!({})).await).await;
    let check = json!({"tenant": CONTOSO, "requestId": granted["identity"], "engineer": "mender"});
    assert_eq!(
        world.ok("gate", "grant.check", check.clone()).await["allowed"],
        true
    );

    let disable = json!({"principal": "ed@fabrikam.example"});
    let answer = world.ok("root", "principal.disable", disable).await;
    assert_eq!(
        (&answer["withdrawnRequests"], &answer["revokedGrants"]),
        (&json!(1), &json!(1))
    );
    assert_eq!(
        world.ok("gate", "grant.check", check).await["allowed"],
        false
    );
    for (request, state) in [(granted, "Revoked"), (pending, "Withdrawn")] {
        let named = json!({"requestId": request["identity"]});
        assert_eq!(
            world.ok("anna", "request.get", named).await["request"]["state"],
            state
        );
    }
}

#[tokio::test]
async fn an_engineer_sees_and_reaches_no_further_than_his_scope() {
    let world = World::new().await;
    let own = world.submit().await;
    let issue = json!({"scope": "/tenants/northwind.onmicrosoft.com"});
    let token = world.ok("eve", "token.issue", issue).await["token"].clone();
    let named = json!({"requestId": own["identity"]});
    for method in ["request.get", "request.withdraw"] {
        let refusal = world
            .call_with(token.as_str(), method, named.clone())
            .await
            .unwrap_err();
        assert_eq!(refusal.code, "notFound", "{method}");
    }
    let listed = world
        .call_with(token.as_str(), "request.list", json!({}))
        .await
        .unwrap();
    assert_eq!(listed["requests"], json!([]), "as request.get, so the list");
    // A tenant out of sight is the same as one that is not there.
    for tenant in [CONTOSO, "nobody.example"] {
        let submit = json!({
            "tenant": tenant, "serviceName": "Exchange", "serviceRequestNumber": "1", "reason": "r",
        });
        let refusal = world
            .call_with(token.as_str(), "request.submit", submit)
            .await
            .unwrap_err();
        assert_eq!(refusal.code, "notFound", "{tenant}");
    }
}

#[tokio::test]
async fn a_token_decides_what_it_is_limited_to() {
    let world = World::new().await;
    let issue = json!({"decisions": ["Deny"], "name": "closes by night"});
    let token = world.ok("anna", "token.issue", issue).await["token"].clone();
    let request = world.pending().await;
    for decision in ["Approve", "Cancel"] {
        let refusal = world
            .call_with(token.as_str(), "request.decide", decide(&request, decision))
            .await
            .unwrap_err();
        assert_eq!(
            (refusal.code.as_str(), refusal.number),
            ("decisionNotAllowed", -32_005)
        );
        assert!(
            refusal.data["remedy"].as_str().unwrap().contains("Deny"),
            "{refusal:?}"
        );
    }
    let denied = world
        .call_with(token.as_str(), "request.decide", decide(&request, "Deny"))
        .await
        .unwrap();
    assert_eq!(denied["request"]["state"], "Denied");
}

#[tokio::test]
async fn a_check_says_ended_only_of_what_was_granted() {
    let world = World::new().await;
    let (never, live) = (world.pending().await, world.approved().await);
    for (request, code) in [(never, "noGrant"), (live, "ended")] {
        world
            .ok("anna", "request.decide", decide(&request, "Cancel"))
            .await;
        let check = json!({"tenant": CONTOSO, "requestId": request["identity"]});
        let checked = world.ok("eve", "grant.check", check).await;
        assert_eq!(checked["allowed"], false);
        assert_eq!(checked["code"], code, "{checked}");
    }
}
