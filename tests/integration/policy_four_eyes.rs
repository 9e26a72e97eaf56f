//! Changes that take two administrators.

use crate::policies::{document, outbox};
use crate::world::World;
use customer_lockbox::clock::Clock;
use serde_json::{Value, json};
use std::sync::Arc;
use tokio::sync::Barrier;

/// Contoso, with a second administrator `alan`, and four eyes on its policy.
async fn world() -> World {
    let mut world = World::new().await;
    world
        .person("ada", "alan", "alan@contoso.com", "GlobalAdministrator")
        .await;
    let params = json!({"document": draft("one")});
    let put = world.ok("ada", "policy.put", params).await;
    assert_eq!(put["applied"], true);
    world
}

/// A document with four eyes and one rule.
fn draft(rule: &str) -> Value {
    let mut draft = document(json!([{"id": rule, "ask": {"longestMinutes": 30}}]));
    draft["fourEyes"] = json!({"recoveryHours": 24});
    draft
}

async fn propose(world: &World, rule: &str) -> Value {
    let params = json!({"document": draft(rule), "reason": "more of it"});
    let proposed = world.ok("ada", "policy.put", params).await;
    assert_eq!(proposed["applied"], false);
    assert_eq!(proposed["waits"], true);
    assert_eq!(proposed["policyVersion"], 1);
    proposed["changeId"].clone()
}

async fn version(world: &World) -> Value {
    let got = world.ok("ada", "policy.get", json!({})).await;
    got["policy"]["version"].clone()
}

#[tokio::test]
async fn a_second_administrator_confirms_what_the_first_one_proposed() {
    let world = world().await;
    let change = propose(&world, "two").await;
    let shown = world.ok("alan", "policy.get", json!({})).await;
    let pending = &shown["pendingChange"];
    assert_eq!(pending["changeId"], change);
    assert_eq!(pending["proposedBy"], "ada@contoso.onmicrosoft.com");
    assert_eq!(pending["reason"], "more of it");
    assert_eq!(pending["document"]["rules"][0]["id"], "two");
    let params = json!({"changeId": change});
    let data = world
        .refused(
            "ada",
            "policy.confirm",
            params.clone(),
            "separationOfDuties",
        )
        .await;
    assert_eq!(data["aloneAfter"], pending["aloneAfter"]);
    world
        .refused("anna", "policy.confirm", params.clone(), "forbidden")
        .await;
    assert_eq!(version(&world).await, 1);
    let confirmed = world.ok("alan", "policy.confirm", params.clone()).await;
    assert_eq!(confirmed["applied"], true);
    assert_eq!(confirmed["policyVersion"], 2);
    let now = world.ok("ada", "policy.get", json!({})).await;
    assert_eq!(now["pendingChange"], Value::Null);
    assert_eq!(now["policy"]["putBy"], "alan@contoso.com");
    assert_eq!(now["policy"]["reason"], "more of it");
    world
        .refused("alan", "policy.confirm", params, "notFound")
        .await;
    let log = world.operations("ada").await;
    let policy: Vec<&str> = log
        .iter()
        .map(String::as_str)
        .filter(|one| one.starts_with("LockboxPolicy"))
        .collect();
    assert_eq!(
        policy,
        [
            "LockboxPolicyChanged",
            "LockboxPolicyProposed",
            "LockboxPolicyConfirmed",
            "LockboxPolicyChanged"
        ]
    );
    let events = outbox(&world);
    assert!(events.contains(&"policyProposed".to_owned()), "{events:?}");
}

#[tokio::test]
async fn a_trial_says_whether_it_would_wait_and_who_may_confirm_and_changes_nothing() {
    let world = world().await;
    let only = |mut params: Value| {
        params["validateOnly"] = true.into();
        params
    };
    let count = world.operations("ada").await.len();
    for (params, waits) in [
        (json!({"document": draft("two")}), true),
        (json!({"automaticApproval": true}), true),
        (json!({"hoursToAnswer": 5}), false),
    ] {
        let tried = world.ok("ada", "policy.put", only(params)).await;
        assert_eq!(tried["waits"], waits);
        assert_eq!(tried["applied"], false);
        assert_eq!(tried["changeId"], Value::Null);
    }
    assert_eq!(world.operations("ada").await.len(), count);
    let change = propose(&world, "two").await;
    let count = world.operations("ada").await.len();
    // As the real call: one change waits at a time, and nobody confirms his own.
    let second = only(json!({"document": draft("three")}));
    world
        .refused("alan", "policy.put", second, "changeWaiting")
        .await;
    let confirm = only(json!({"changeId": change}));
    world
        .refused(
            "ada",
            "policy.confirm",
            confirm.clone(),
            "separationOfDuties",
        )
        .await;
    let tried = world.ok("alan", "policy.confirm", confirm).await;
    assert_eq!(tried["applied"], false);
    assert_eq!(tried["waits"], false);
    let text = tried["difference"].to_string();
    assert!(text.contains("rule 'two' added"), "{text}");
    let back = only(json!({"changeId": change, "confirm": false}));
    world.ok("ada", "policy.confirm", back).await;
    assert_eq!(version(&world).await, 1);
    assert_eq!(world.operations("ada").await.len(), count);
    // Neither trial took it away.
    let back = json!({"changeId": change, "confirm": false, "idempotencyKey": "back"});
    for replayed in [false, true] {
        let done = world.ok("ada", "policy.confirm", back.clone()).await;
        assert_eq!(done["applied"], false);
        assert_eq!(done["replayed"], replayed);
    }
}

#[tokio::test]
async fn whoever_proposed_may_confirm_alone_after_the_delay_and_not_a_moment_before() {
    let world = world().await;
    let change = propose(&world, "two").await;
    let params = json!({"changeId": change});
    let due = world.clock.now().plus_seconds(24 * 3_600);
    world.clock.set(due.plus_millis(-1));
    world
        .refused(
            "ada",
            "policy.confirm",
            params.clone(),
            "separationOfDuties",
        )
        .await;
    world.clock.set(due);
    world.ok("ada", "policy.confirm", params).await;
    assert_eq!(version(&world).await, 2);
    let log = world.log("ada").await;
    let record = log
        .iter()
        .rfind(|one| one["Operation"] == "LockboxPolicyConfirmed")
        .unwrap();
    let alone = json!({"Name": "Alone", "Value": "true"});
    assert!(record["Parameters"].as_array().unwrap().contains(&alone));
}

#[tokio::test]
async fn a_proposal_is_taken_back_by_anyone_of_them_and_one_waits_at_a_time() {
    let mut world = world().await;
    let change = propose(&world, "two").await;
    let second = json!({"document": draft("three")});
    let data = world
        .refused("alan", "policy.put", second.clone(), "changeWaiting")
        .await;
    assert_eq!(data["changeId"], change);
    // A robot of an administrator is no second pair of eyes.
    world.robot("alan", "gabot", "GlobalAdministrator").await;
    let params = json!({"changeId": change});
    world
        .refused("gabot", "policy.confirm", params, "personRequired")
        .await;
    let back = json!({"changeId": change, "confirm": false, "comment": "no"});
    let withdrawn = world.ok("ada", "policy.confirm", back).await;
    assert_eq!(withdrawn["applied"], false);
    assert_eq!(version(&world).await, 1);
    let proposed = world.ok("alan", "policy.put", second).await;
    world
        .ok(
            "ada",
            "policy.confirm",
            json!({"changeId": proposed["changeId"]}),
        )
        .await;
    assert_eq!(version(&world).await, 2);
    let log = world.operations("ada").await;
    assert!(log.contains(&"LockboxPolicyWithdrawn".to_owned()));
}

#[tokio::test]
async fn settings_that_weaken_wait_and_settings_that_strengthen_do_not() {
    let world = world().await;
    let applied = world
        .ok("ada", "policy.put", json!({"hoursToAnswer": 5}))
        .await;
    assert_eq!(applied["applied"], true);
    for weaker in [
        json!({"approvalRequired": false}),
        json!({"automaticApproval": true}),
    ] {
        let name = weaker.as_object().unwrap().keys().next().unwrap().clone();
        let waits = world.ok("ada", "policy.put", weaker.clone()).await;
        assert_eq!(waits["applied"], false, "{weaker}");
        assert_eq!(waits["weakens"].as_array().unwrap().len(), 1);
        assert_ne!(waits["settings"][&name], weaker[&name]);
        assert!(
            !outbox(&world).contains(&"policyWeakened".to_owned()) || name != "approvalRequired"
        );
        let confirm = json!({"changeId": waits["changeId"]});
        let confirmed = world.ok("alan", "policy.confirm", confirm).await;
        assert_eq!(confirmed["settings"][&name], weaker[&name]);
        assert_eq!(outbox(&world).last().unwrap(), "policyWeakened");
    }
    for stricter in [
        json!({"approvalRequired": true}),
        json!({"automaticApproval": false}),
    ] {
        let done = world.ok("ada", "policy.put", stricter).await;
        assert_eq!(done["applied"], true);
    }
}

#[tokio::test]
async fn a_proposal_that_is_wrong_by_now_is_refused_when_it_is_confirmed() {
    let world = world().await;
    let mut draft = draft("two");
    draft["rules"][0]["ask"]["stages"] = json!([{"approvers": {"people": ["ben@contoso.com"]}}]);
    let proposed = world
        .ok("ada", "policy.put", json!({"document": draft}))
        .await;
    let ben = json!({"principal": "ben@contoso.com"});
    world.ok("ada", "principal.disable", ben).await;
    let params = json!({"changeId": proposed["changeId"]});
    let data = world
        .refused("alan", "policy.confirm", params, "invalidParams")
        .await;
    assert!(!data["problems"].as_array().unwrap().is_empty(), "{data:#}");
    assert_eq!(version(&world).await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_a_confirmation_and_a_withdrawal_at_the_same_moment_one_wins() {
    let world = Arc::new(world().await);
    let mut expected = 1;
    for _ in 0..6 {
        let proposed = world
            .ok("ada", "policy.put", json!({"document": draft("two")}))
            .await;
        let change = proposed["changeId"].clone();
        let barrier = Arc::new(Barrier::new(2));
        let calls = [("alan", true), ("ada", false)].map(|(who, confirm)| {
            let (world, barrier) = (Arc::clone(&world), Arc::clone(&barrier));
            let params = json!({"changeId": change, "confirm": confirm});
            tokio::spawn(async move {
                barrier.wait().await;
                (confirm, world.call(who, "policy.confirm", params).await)
            })
        });
        let mut won = Vec::new();
        for call in calls {
            match call.await.unwrap() {
                (confirm, Ok(_)) => won.push(confirm),
                (_, Err(refusal)) => assert_eq!(refusal.code, "notFound"),
            }
        }
        assert_eq!(won.len(), 1);
        expected += i64::from(won[0]);
        let now = world.ok("ada", "policy.get", json!({})).await;
        assert_eq!(now["policy"]["version"], expected);
        assert_eq!(now["pendingChange"], Value::Null);
    }
}

#[tokio::test]
async fn tags_wait_whether_they_come_or_go() {
    let world = world().await;
    for (tags, sentence) in [
        (
            json!(["trusted"]),
            "A tag that rules may give way to is new.",
        ),
        (json!([]), "A tag that rules may look for is gone."),
    ] {
        let waits = world.ok("ada", "policy.put", json!({"tags": tags})).await;
        assert_eq!(waits["applied"], false, "{tags}");
        assert_eq!(waits["weakens"], json!([sentence]));
        let confirm = json!({"changeId": waits["changeId"]});
        world.ok("alan", "policy.confirm", confirm).await;
        let same = world.ok("ada", "policy.put", json!({"tags": tags})).await;
        assert_eq!(same["applied"], true, "{tags}");
    }
}
