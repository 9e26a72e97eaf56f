//! How often, and how many: limits of the use cases, each at the limit and one past it.

use crate::world::{START, World};
use customer_lockbox::auth::peer::Peer;
use customer_lockbox::clock::{Clock, Timestamp};
use customer_lockbox::service::{Limits, Options};
use serde_json::{Value, json};
use std::sync::Arc;

async fn with(limits: Limits) -> World {
    World::with(Options {
        limits,
        ..Options::default()
    })
    .await
}

async fn code(world: &World, token: Option<&str>, method: &str, params: Value) -> String {
    match world.call_with(token, method, params).await {
        Ok(_) => "ok".to_owned(),
        Err(refusal) => refusal.code,
    }
}

/// The code of a call with a wrong token from somewhere.
async fn wrong_from(world: &World, peer: Peer) -> String {
    let body = json!({"jsonrpc": "2.0", "id": 1, "method": "session.whoami"}).to_string();
    let answer = Arc::clone(&world.rpc)
        .handle(body.as_bytes(), Some("Bearer lbt_wrong"), peer)
        .await
        .unwrap();
    let answer: Value = serde_json::from_slice(&answer).unwrap();
    answer["error"]["data"]["code"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn an_address_that_fails_too_often_waits_and_its_neighbours_do_not() {
    let world = with(Limits {
        failed_attempts: 3,
        failed_attempts_per_minute: 20,
        ..Limits::default()
    })
    .await;
    let whoami = || json!({});
    let wrong = Some("lbt_wrong");
    // Who presents nothing tries nothing.
    for _ in 0..5 {
        assert_eq!(
            code(&world, None, "session.whoami", whoami()).await,
            "unauthenticated"
        );
    }
    let invited = json!({"principal": "anna@contoso.com"});
    let invited = world.ok("ada", "principal.invite", invited).await;
    let wrong_code = || json!({"code": "enroll-wrong"});
    assert_eq!(
        code(&world, wrong, "session.whoami", whoami()).await,
        "unauthenticated"
    );
    assert_eq!(
        code(&world, None, "principal.enroll", wrong_code()).await,
        "codeInvalid"
    );
    assert_eq!(
        code(&world, Some(""), "policy.get", json!({})).await,
        "unauthenticated"
    );
    for (token, method, params) in [
        (wrong, "session.whoami", whoami()),
        (None, "principal.enroll", wrong_code()),
        (None, "tenant.claim", json!({"code": "claim-wrong"})),
    ] {
        let refusal = world.call_with(token, method, params).await.unwrap_err();
        assert_eq!(refusal.code, "tooManyAttempts", "{method}");
        assert_eq!(refusal.number, -32_006);
        assert_eq!(refusal.data["retryAfterSeconds"], 3);
    }
    // What is valid goes through: a token, and a code.
    world.ok("anna", "session.whoami", whoami()).await;
    let enroll = json!({"code": invited["enrolmentCode"]});
    world.ok("", "principal.enroll", enroll).await;
    // Another address, another house; another port, or another host of the same house, not.
    let tcp = |text: &str| Peer::tcp(text.parse().unwrap());
    assert_eq!(
        wrong_from(&world, tcp("203.0.113.8:1")).await,
        "unauthenticated"
    );
    assert_eq!(
        wrong_from(&world, tcp("203.0.113.7:1")).await,
        "tooManyAttempts"
    );
    for host in 0..3 {
        let peer = tcp(&format!("[2001:db8::{host}]:1"));
        assert_eq!(wrong_from(&world, peer).await, "unauthenticated");
    }
    assert_eq!(
        wrong_from(&world, tcp("[2001:db8::ff]:1")).await,
        "tooManyAttempts"
    );
    for _ in 0..5 {
        let unix = Peer::unix(Some(1_000));
        assert_eq!(wrong_from(&world, unix).await, "unauthenticated");
    }
    // After the time that it was told there is room for one.
    world.pass(3);
    assert_eq!(
        code(&world, wrong, "session.whoami", whoami()).await,
        "unauthenticated"
    );
    assert_eq!(
        code(&world, wrong, "session.whoami", whoami()).await,
        "tooManyAttempts"
    );
    // All of them are counted, those told to wait too.
    world.pass(60);
    world.rpc.services().write_summaries(false).await.unwrap();
    let mut records = world.log("root").await;
    records.retain(|record| record["Operation"] == "LockboxAuthenticationFailures");
    let counts: Vec<&str> = records
        .iter()
        .flat_map(|record| record["Parameters"].as_array().unwrap())
        .filter(|one| one["Name"] == "Count")
        .map(|one| one["Value"].as_str().unwrap())
        .collect();
    assert_eq!(counts, ["24"]);
}

#[test]
fn the_defaults_are_the_documented_ones() {
    let limits = Limits::default();
    assert_eq!(
        (limits.failed_attempts, limits.failed_attempts_per_minute),
        (20, 20)
    );
    assert_eq!(
        (limits.calls_per_second, limits.tokens_per_principal),
        (10_000, 50)
    );
    assert_eq!(limits.refusals_per_minute, 60);
}

#[tokio::test]
async fn a_token_that_calls_too_often_is_told_to_wait() {
    let world = with(Limits {
        calls_per_second: 50,
        ..Limits::default()
    })
    .await;
    for _ in 0..50 {
        world.ok("anna", "session.whoami", json!({})).await;
    }
    let data = world
        .refused("anna", "session.whoami", json!({}), "busy")
        .await;
    assert_eq!(data["retryAfterSeconds"], 1);
    assert!(data["message"].as_str().unwrap().contains("50"), "{data}");
    // In a batch each call counts; other tokens have their own.
    world.ok("ben", "session.whoami", json!({})).await;
    world.pass(1);
    for _ in 0..50 {
        world.ok("anna", "policy.get", json!({})).await;
    }
    world.refused("anna", "policy.get", json!({}), "busy").await;
}

#[tokio::test]
async fn a_principal_has_at_most_so_many_tokens() {
    let world = with(Limits {
        tokens_per_principal: 3,
        ..Limits::default()
    })
    .await;
    let issue = |days: u32| json!({"expiresInDays": days});
    world.ok("anna", "token.issue", issue(1)).await;
    let third = world.ok("anna", "token.issue", issue(90)).await;
    let data = world
        .refused("anna", "token.issue", issue(1), "limitReached")
        .await;
    assert_eq!(data["limit"], 3);
    assert!(data["remedy"].as_str().unwrap().contains("token.list"));
    let invite = json!({"principal": "anna@contoso.com"});
    let invited = world.ok("ada", "principal.invite", invite).await;
    let enroll = || json!({"code": invited["enrolmentCode"]});
    world
        .refused("", "principal.enroll", enroll(), "limitReached")
        .await;
    // Others have their own count; and what is revoked or over does not count.
    world.ok("ben", "token.issue", issue(1)).await;
    let revoke = json!({"tokenId": third["tokenId"]});
    world.ok("anna", "token.revoke", revoke).await;
    world.ok("", "principal.enroll", enroll()).await;
    world
        .refused("anna", "token.issue", issue(1), "limitReached")
        .await;
    world.pass(24 * 3_600);
    // Of two at once only one finds the last place.
    let (one, other) = tokio::join!(
        world.call("anna", "token.issue", issue(1)),
        world.call("anna", "token.issue", issue(1))
    );
    let mut codes: Vec<String> = [one, other]
        .into_iter()
        .map(|result| result.map_or_else(|refusal| refusal.code, |_| "ok".to_owned()))
        .collect();
    codes.sort();
    assert_eq!(codes, ["limitReached", "ok"]);
}

#[tokio::test]
async fn pages_have_at_most_a_thousand_objects() {
    let world = World::new().await;
    for (who, method) in [
        ("anna", "request.list"),
        ("anna", "grant.list"),
        ("root", "tenant.list"),
        ("ada", "principal.list"),
    ] {
        for (size, sound) in [(0, false), (1, true), (1_000, true), (1_001, false)] {
            let got = world.call(who, method, json!({"pageSize": size})).await;
            let code = got.map_or_else(|refusal| refusal.code, |_| "ok".to_owned());
            let expected = if sound { "ok" } else { "invalidParams" };
            assert_eq!(code, expected, "{method} {size}");
        }
    }
}

/// When somebody's only token was used last.
async fn last_used(world: &World, principal: &str) -> Value {
    let listed = world
        .ok("ada", "token.list", json!({"principal": principal}))
        .await;
    listed["tokens"][0]["lastUsedDate"].clone()
}

#[tokio::test]
async fn the_last_use_of_a_token_is_noted_once_a_minute() {
    let world = World::new().await;
    let at = |seconds: i64| json!(Timestamp::parse(START).unwrap().plus_seconds(seconds));
    assert_eq!(last_used(&world, "anna@contoso.com").await, Value::Null);
    for (second, noted) in [(0, 0), (1, 0), (59, 0), (60, 60), (61, 60), (3_600, 3_600)] {
        world.pass(
            second
                - (world.clock.now().millis() - Timestamp::parse(START).unwrap().millis()) / 1_000,
        );
        world.ok("anna", "session.whoami", json!({})).await;
        assert_eq!(
            last_used(&world, "anna@contoso.com").await,
            at(noted),
            "{second}"
        );
    }
    // Nobody else's use counts, and a call that is refused does.
    world.pass(60);
    world.ok("ben", "session.whoami", json!({})).await;
    assert_eq!(last_used(&world, "anna@contoso.com").await, at(3_600));
    world
        .refused(
            "anna",
            "principal.list",
            json!({"pageSize": 0}),
            "invalidParams",
        )
        .await;
    assert_eq!(last_used(&world, "anna@contoso.com").await, at(3_660));
}

#[tokio::test]
async fn a_token_that_is_replaced_goes_on_for_its_overlap_and_no_longer() {
    let mut world = World::new().await;
    let me = world.ok("anna", "session.whoami", json!({})).await;
    let old = me["token"]["tokenId"].clone();
    let issued = world.ok("anna", "token.issue", json!({})).await;
    world.remember("anna2", &issued["token"]);
    let later = |hours: u32| json!({"tokenId": old, "afterHours": hours});
    let revoked = world.ok("anna", "token.revoke", later(24)).await;
    let day = Timestamp::parse(START).unwrap().plus_seconds(24 * 3_600);
    assert_eq!(revoked["token"]["expirationDate"], json!(day));
    assert_eq!(revoked["token"]["revokedDate"], Value::Null);
    let record = world.log("ada").await.pop().unwrap();
    assert_eq!(record["Operation"], "LockboxTokenRevoked");
    assert_eq!(record["ObjectId"], old);
    assert_eq!(record["Moments"]["ExpirationDate"], json!(day));
    // A longer overlap does not bring it back, and leaves no record; a shorter one counts.
    let before = world.log("ada").await.len();
    let again = world.ok("anna2", "token.revoke", later(48)).await;
    assert_eq!(again["token"]["expirationDate"], json!(day));
    assert_eq!(world.log("ada").await.len(), before);
    world.pass(24 * 3_600 - 1);
    world.ok("anna", "session.whoami", json!({})).await;
    world.ok("anna2", "session.whoami", json!({})).await;
    world.pass(1);
    world
        .refused("anna", "session.whoami", json!({}), "tokenExpired")
        .await;
    world.ok("anna2", "session.whoami", json!({})).await;
    for hours in [0, 721] {
        world
            .refused("anna2", "token.revoke", later(hours), "invalidParams")
            .await;
    }
    // An administrator can end a robot's this way too, with a limit that is the longest.
    let tokens = world
        .ok("ada", "token.list", json!({"principal": "bot"}))
        .await;
    let robot = json!({"tokenId": tokens["tokens"][0]["tokenId"], "afterHours": 720});
    let ended = world.ok("ada", "token.revoke", robot).await;
    let end = day.plus_seconds(720 * 3_600);
    assert_eq!(ended["token"]["expirationDate"], json!(end));
}
