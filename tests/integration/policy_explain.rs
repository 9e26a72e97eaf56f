//! `policy.explain`: what it says of everybody is what a decision of theirs would come to.

use crate::policies::{decide, document, put};
use crate::world::{CONTOSO, World};
use serde_json::{Value, json};

/// Everybody of contoso who holds an approver's role somewhere, by what the world calls them.
const PEOPLE: [(&str, &str); 9] = [
    ("ada", "ada@contoso.onmicrosoft.com"),
    ("anna", "anna@contoso.com"),
    ("ben", "ben@contoso.com"),
    ("bot", "bot"),
    ("carl", "carl@contoso.com"),
    ("max2", "max@fabrikam.example"),
    ("eve2", "eve@fabrikam.example"),
    ("gone", "gone@contoso.com"),
    ("files", "files@contoso.com"),
];

/// A world in which contoso has approvers of all sorts: the engineer's and the manager's own
/// persons, one who has left, and one for another service.
async fn world() -> World {
    let mut world = World::new().await;
    let approver = "CustomerLockboxAccessApprover";
    for (name, address) in [
        ("carl", "carl@contoso.com"),
        ("max2", "max@fabrikam.example"),
        ("eve2", "eve@fabrikam.example"),
        ("gone", "gone@contoso.com"),
    ] {
        world.person("ada", name, address, approver).await;
    }
    world
        .ok(
            "ada",
            "principal.disable",
            json!({"principal": "gone@contoso.com"}),
        )
        .await;
    let scope = format!("/tenants/{}/services/SharePoint", world.contoso().await.id);
    let made = world
        .ok(
            "ada",
            "principal.create",
            json!({"kind": "person", "address": "files@contoso.com", "displayName": "files",
                   "roles": [{"role": approver, "scope": scope}]}),
        )
        .await;
    let code = json!({"code": made["enrolmentCode"]});
    let enrolled = world.ok("", "principal.enroll", code).await;
    world.remember("files", &enrolled["token"]);
    world
}

/// Explains a request, and holds what is said of everybody against a decision of theirs.
async fn explained(world: &World, request: &Value) -> Value {
    let params = json!({"requestId": request["identity"]});
    let explained = world.ok("ada", "policy.explain", params).await;
    let said = explained["people"].as_array().unwrap();
    let mut names: Vec<&str> = PEOPLE.iter().map(|(_, name)| *name).collect();
    names.sort_unstable();
    let listed: Vec<&str> = said
        .iter()
        .map(|one| one["name"].as_str().unwrap())
        .collect();
    assert_eq!(listed, names);
    for one in said {
        let (who, _) = PEOPLE
            .iter()
            .find(|(_, name)| one["name"] == *name)
            .unwrap();
        for decision in ["Approve", "Deny"] {
            let mut params = decide(request, decision);
            params["validateOnly"] = true.into();
            params["comment"] = "a reason".into();
            let called = world.call(who, "request.decide", params).await;
            let said = &one[decision.to_lowercase()];
            let label = format!("{who} {decision}: {said} and {called:?}");
            assert_eq!(said["may"], called.is_ok(), "{label}");
            if let Err(refusal) = called {
                // Who may not see the request is told that it is not there; the tokens of somebody
                // who was disabled are revoked.
                let code = said["code"].as_str().unwrap();
                let pairs = [
                    ("forbidden", "notFound"),
                    ("unauthenticated", "tokenRevoked"),
                ];
                let same = code == refusal.code || pairs.contains(&(code, &refusal.code));
                assert!(same, "{label}");
                assert!(said["why"].as_str().unwrap().len() > 10, "{label}");
            } else {
                assert_eq!(said["code"], Value::Null);
            }
        }
    }
    explained
}

fn of<'a>(explained: &'a Value, name: &str) -> &'a Value {
    let people = explained["people"].as_array().unwrap();
    people.iter().find(|one| one["name"] == name).unwrap()
}

#[tokio::test]
async fn without_a_policy_everybody_entitled_may_but_who_asked_or_reviewed() {
    let world = world().await;
    let pending = world.pending().await;
    let told = explained(&world, &pending).await;
    assert_eq!(told["arrival"], "asked");
    assert_eq!(told["policyVersion"], Value::Null);
    assert_eq!(
        told["sentence"],
        "There was no policy on its arrival; people are asked as the settings say. \
         It waits: 0 of 1 approvals are given."
    );
    for (name, code) in [
        ("anna@contoso.com", Value::Null),
        ("bot", json!("robotMayNotApprove")),
        ("max@fabrikam.example", json!("separationOfDuties")),
        ("eve@fabrikam.example", json!("separationOfDuties")),
        ("gone@contoso.com", json!("unauthenticated")),
        ("files@contoso.com", json!("forbidden")),
    ] {
        assert_eq!(of(&told, name)["approve"]["code"], code, "{name}");
    }
    assert_eq!(of(&told, "bot")["robot"], true);
    assert_eq!(of(&told, "bot")["deny"]["may"], true);
    // Decided, there is nothing to decide, and the robot may where that is allowed.
    world
        .ok("ada", "policy.put", json!({"automaticApproval": true}))
        .await;
    let told = explained(&world, &pending).await;
    assert_eq!(of(&told, "bot")["approve"]["may"], true);
    world
        .ok("anna", "request.decide", decide(&pending, "Approve"))
        .await;
    let told = explained(&world, &pending).await;
    let sentence = told["sentence"].as_str().unwrap();
    assert!(
        sentence.contains("anna@contoso.com decided Approve"),
        "{sentence}"
    );
    world
        .ok("ada", "request.decide", decide(&pending, "Cancel"))
        .await;
    explained(&world, &pending).await;
    // Those who may not read the policy are not told, nor is another tenant.
    let params = json!({"requestId": pending["identity"], "tenant": CONTOSO});
    for (who, code) in [
        ("eve", "forbidden"),
        ("max", "forbidden"),
        ("nora", "notFound"),
    ] {
        world
            .refused(who, "policy.explain", params.clone(), code)
            .await;
    }
    let own = json!({"requestId": pending["identity"]});
    world
        .refused("nora", "policy.explain", own, "notFound")
        .await;
    let review = world.submit().await;
    let unseen = json!({"requestId": review["identity"]});
    world
        .refused("ada", "policy.explain", unseen, "notFound")
        .await;
}

#[tokio::test]
async fn stages_voices_and_delegates_are_told_as_they_count() {
    let world = world().await;
    let stages = json!([
        {"approvers": {"groups": ["owners"]}, "needed": 2},
        {"approvers": {"people": ["carl@contoso.com"]}},
    ]);
    let rule = json!({"id": "eyes", "ask": {"stages": stages, "denyThreshold": 2,
                                            "reasonToApprove": true}});
    let mut document = document(json!([rule]));
    document["delegates"] = json!([{"person": "ben@contoso.com", "to": "carl@contoso.com",
        "from": "2026-11-21T00:00:00Z", "until": "2026-12-01T00:00:00Z"}]);
    world
        .ok("ada", "policy.put", json!({"document": document}))
        .await;
    let pending = world.pending().await;
    let told = explained(&world, &pending).await;
    assert_eq!(told["policyVersion"], 1);
    assert_eq!(told["judgement"]["applied"][0]["rule"], "eyes");
    assert_eq!(
        of(&told, "carl@contoso.com")["standsInFor"],
        "ben@contoso.com"
    );
    let ada = of(&told, "ada@contoso.onmicrosoft.com");
    assert_eq!(ada["approve"]["code"], "notAnApprover");
    let say = |who: &'static str, decision: &'static str| {
        let mut params = decide(&pending, decision);
        params["comment"] = "because".into();
        let world = &world;
        async move { world.ok(who, "request.decide", params).await }
    };
    say("anna", "Approve").await;
    let told = explained(&world, &pending).await;
    assert_eq!(
        of(&told, "anna@contoso.com")["approve"]["code"],
        "votedAlready"
    );
    assert_eq!(of(&told, "anna@contoso.com")["deny"]["may"], true);
    assert!(
        told["sentence"]
            .as_str()
            .unwrap()
            .ends_with("1 of 3 approvals are given.")
    );
    say("ben", "Approve").await;
    let told = explained(&world, &pending).await;
    assert_eq!(
        of(&told, "ben@contoso.com")["approve"]["code"],
        "votedAlready"
    );
    assert_eq!(of(&told, "carl@contoso.com")["approve"]["may"], true);
    assert_eq!(of(&told, "carl@contoso.com")["standsInFor"], Value::Null);
    say("bot", "Deny").await;
    explained(&world, &pending).await;
    world
        .ok(
            "root",
            "tenant.suspend",
            json!({"tenant": CONTOSO, "reason": "unpaid"}),
        )
        .await;
    let told = explained(&world, &pending).await;
    assert_eq!(
        of(&told, "carl@contoso.com")["approve"]["code"],
        "tenantSuspended"
    );
    world
        .ok("root", "tenant.resume", json!({"tenant": CONTOSO}))
        .await;
    say("carl", "Approve").await;
    explained(&world, &pending).await;
}

#[tokio::test]
async fn the_outcome_is_explained_by_the_version_that_it_came_under() {
    let world = world().await;
    put(
        &world,
        json!([{"id": "no", "deny": {"reason": "Not here."}}]),
    )
    .await;
    let denied = world.pending().await;
    put(&world, json!([])).await;
    let told = explained(&world, &denied).await;
    assert_eq!(told["arrival"], "denied");
    assert_eq!(told["policyVersion"], 1);
    assert_eq!(told["judgement"]["rule"], "no");
    assert_eq!(
        told["sentence"],
        "Version 1 of the policy: The rule 'no' denies it: Not here."
    );
    // Denied while it waited, by a policy that came later.
    let waits = world.pending().await;
    world.pass(60);
    put(
        &world,
        json!([{"id": "no", "deny": {"reason": "Not now."}}]),
    )
    .await;
    world.pass(60);
    put(&world, json!([])).await;
    let told = explained(&world, &waits).await;
    assert_eq!(told["arrival"], "asked");
    assert_eq!(told["policyVersion"], 2);
    let sentence = told["sentence"].as_str().unwrap();
    let end = "Version 3 of the policy, which came while it waited, denies it: Not now.";
    assert!(sentence.ends_with(end), "{sentence}");
    // Approved by a rule, while that was allowed.
    world
        .ok("ada", "policy.put", json!({"automaticApproval": true}))
        .await;
    put(
        &world,
        json!([{"id": "yes", "approve": {"longestMinutes": 5}}]),
    )
    .await;
    let approved = world.pending().await;
    world
        .ok("ada", "policy.put", json!({"automaticApproval": false}))
        .await;
    let told = explained(&world, &approved).await;
    assert_eq!(told["arrival"], "approved");
    assert_eq!(told["judgement"]["rule"], "yes");
    // Nobody was asked.
    world
        .ok("ada", "policy.put", json!({"approvalRequired": false}))
        .await;
    let granted = world.pending().await;
    assert_eq!(explained(&world, &granted).await["arrival"], "granted");
    let emergency = world.confirmed("INC-1").await;
    let told = explained(&world, &emergency).await;
    assert_eq!(told["arrival"], Value::Null);
}

#[tokio::test]
async fn calendars_that_never_open_and_a_request_that_expired_are_told() {
    let world = world().await;
    let rule =
        json!({"id": "window", "ask": {"accessWithin": "freeze", "answerWithinMinutes": 60}});
    put(&world, json!([rule])).await;
    world.pass(2 * 86_400);
    let pending = world.pending().await;
    let told = explained(&world, &pending).await;
    assert_eq!(
        of(&told, "anna@contoso.com")["approve"]["code"],
        "neverOpen"
    );
    assert_eq!(of(&told, "anna@contoso.com")["deny"]["may"], true);
    world.pass(3_600);
    let told = explained(&world, &pending).await;
    assert_eq!(told["state"], "Expired");
    assert!(
        told["sentence"]
            .as_str()
            .unwrap()
            .ends_with("Nobody decided it in time.")
    );
}
