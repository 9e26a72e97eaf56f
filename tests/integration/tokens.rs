//! Tokens and Unix peers: how far they reach, and that no token gets around its own limits.

use crate::world::{CONTOSO, NORTHWIND, START, World};
use customer_lockbox::auth::peer::Peer;
use customer_lockbox::clock::{Clock, Timestamp};
use customer_lockbox::service::{Options, Services};
use customer_lockbox::store::Store;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Gives somebody a token with limits, known as `name`.
async fn limited(world: &mut World, who: &str, name: &str, limits: Value) -> Value {
    let issued = world.ok(who, "token.issue", limits).await;
    world.remember(name, &issued["token"]);
    issued
}

#[tokio::test]
async fn a_limited_token_hands_on_no_authority() {
    let mut world = World::new().await;
    let contoso = world.tenant_id(CONTOSO).await;
    let all = ["Approve", "Deny", "Cancel"];
    for (name, limits) in [
        ("by-roles", json!({"roles": ["GlobalAdministrator"]})),
        ("by-scope", json!({"scope": format!("/tenants/{contoso}")})),
        ("by-decisions", json!({"decisions": all})),
    ] {
        limited(&mut world, "ada", name, limits).await;
        let disabled = json!({"principal": "ben@contoso.com"});
        world.ok("ada", "principal.disable", disabled.clone()).await;
        for (method, params) in [
            // An enrolment code, even for oneself, leads to a token without limits.
            (
                "principal.invite",
                json!({"principal": "ada@contoso.onmicrosoft.com"}),
            ),
            ("principal.invite", json!({"principal": "anna@contoso.com"})),
            (
                "principal.create",
                json!({"kind": "person", "address": "x@contoso.com", "displayName": "X"}),
            ),
            (
                "principal.create",
                json!({"kind": "robot", "displayName": "x"}),
            ),
            ("principal.enable", disabled.clone()),
            (
                "role.assign",
                json!({"principal": "bot", "role": "GlobalAdministrator"}),
            ),
        ] {
            let error = world.refused(name, method, params, "forbidden").await;
            assert!(
                error["message"]
                    .as_str()
                    .unwrap()
                    .contains("without limits"),
                "{name} {method}: {error}"
            );
        }
        // What takes away or only looks is open to it.
        world.ok(name, "principal.list", json!({})).await;
        world.ok("ada", "principal.enable", disabled.clone()).await;
        world.ok(name, "principal.disable", disabled.clone()).await;
        world.ok("ada", "principal.enable", disabled).await;
    }
}

#[tokio::test]
async fn a_token_issues_none_that_reaches_farther() {
    let mut world = World::new().await;
    let contoso = world.tenant_id(CONTOSO).await;
    let exchange = format!("/tenants/{contoso}/services/Exchange");
    let limits = json!({
        "roles": ["GlobalAdministrator", "SecurityReader"],
        "scope": format!("/tenants/{CONTOSO}"),
        "decisions": ["Deny", "Cancel"],
    });
    limited(&mut world, "ada", "narrow", limits).await;
    for whose in [json!({}), json!({"principal": "bot"})] {
        let with = |name: &str, value: Value| {
            let mut params = whose.clone();
            params[name] = value;
            params
        };
        for params in [
            with("roles", json!(["CustomerLockboxAccessApprover"])),
            with(
                "roles",
                json!(["SecurityReader", "CustomerLockboxAccessApprover"]),
            ),
            with("scope", json!("/tenants")),
            with("scope", json!("/provider")),
            with("decisions", json!(["Approve"])),
            with("decisions", json!(["Deny", "Approve"])),
        ] {
            world
                .refused("narrow", "token.issue", params, "forbidden")
                .await;
        }
        // What is not said is as narrow as the token itself.
        let same = world.ok("narrow", "token.issue", whose.clone()).await;
        let narrower = with("scope", json!(exchange));
        let narrower = world.ok("narrow", "token.issue", narrower).await;
        let tokens = world.ok("ada", "token.list", json!({})).await["tokens"].clone();
        let shown = |issued: &Value| {
            tokens
                .as_array()
                .unwrap()
                .iter()
                .find(|token| token["tokenId"] == issued["tokenId"])
                .unwrap()
                .clone()
        };
        let same = shown(&same);
        assert_eq!(
            same["roles"],
            json!(["GlobalAdministrator", "SecurityReader"])
        );
        assert_eq!(same["scope"], format!("/tenants/{contoso}"));
        assert_eq!(same["decisions"], json!(["Deny", "Cancel"]));
        assert_eq!(shown(&narrower)["scope"], exchange.as_str());
        assert_eq!(shown(&narrower)["decisions"], json!(["Deny", "Cancel"]));
    }
}

#[tokio::test]
async fn a_token_decides_what_it_is_limited_to() {
    let mut world = World::new().await;
    limited(&mut world, "anna", "deny", json!({"decisions": ["Deny"]})).await;
    let pending = world.pending().await;
    let decide = |decision: &str| json!({"requestId": pending["identity"], "decision": decision});
    for decision in ["Approve", "Cancel"] {
        world
            .refused(
                "deny",
                "request.decide",
                decide(decision),
                "decisionNotAllowed",
            )
            .await;
    }
    world.ok("deny", "request.decide", decide("Deny")).await;
    let me = world.ok("deny", "session.whoami", json!({})).await;
    assert_eq!(me["decisions"], json!(["Deny"]));
    // A robot's token is limited when the robot is made.
    let robot = json!({
        "kind": "robot", "displayName": "after-hours", "decisions": ["Deny"],
        "roles": [{"role": "CustomerLockboxAccessApprover"}],
    });
    let made = world.ok("ada", "principal.create", robot).await;
    world.remember("after-hours", &made["token"]);
    world
        .ok("ada", "policy.put", json!({"automaticApproval": true}))
        .await;
    let pending = world.pending().await;
    let approve = json!({"requestId": pending["identity"], "decision": "Approve"});
    world
        .refused(
            "after-hours",
            "request.decide",
            approve,
            "decisionNotAllowed",
        )
        .await;
}

#[tokio::test]
async fn whoever_may_not_approve_changes_nothing_of_what_approvers_are_told() {
    let mut world = World::new().await;
    let text = json!({"event": "requestArrived", "language": "de", "subject": "s", "text": "t"});
    let hook = json!({"name": "SIEM", "url": "https://hooks.example.com/in", "format": "json"});
    world.ok("ada", "template.put", text.clone()).await;
    let made = world.ok("ada", "webhook.create", hook.clone()).await;
    let made = json!({"webhookId": made["webhookId"]});
    let with = |params: &Value, name: &str, value: Value| {
        let mut params = params.clone();
        params[name] = value;
        params
    };
    for (name, decisions, may) in [
        ("approves", json!(["Approve"]), true),
        ("both", json!(["Approve", "Deny"]), true),
        ("denies", json!(["Deny"]), false),
        ("closes", json!(["Deny", "Cancel"]), false),
    ] {
        limited(&mut world, "ada", name, json!({"decisions": decisions})).await;
        for (method, params) in [
            ("template.put", text.clone()),
            (
                "template.remove",
                json!({"event": "requestArrived", "language": "de"}),
            ),
            ("webhook.create", hook.clone()),
            ("webhook.update", with(&made, "paused", json!(true))),
            ("webhook.rotate", made.clone()),
            ("webhook.remove", made.clone()),
            ("notification.retry", json!({"held": true})),
        ] {
            let params = with(&params, "validateOnly", json!(true));
            if may {
                world.ok(name, method, params).await;
                continue;
            }
            let data = world.refused(name, method, params, "forbidden").await;
            let remedy = data["remedy"].as_str().unwrap();
            assert!(remedy.contains("not limited"), "{method}: {data}");
        }
        // Who has the address can often post to it.
        let listed = world.ok(name, "webhook.list", json!({})).await;
        let whole = listed["webhooks"][0]["url"] == hook["url"];
        assert_eq!(whole, may, "{listed}");
        world.ok(name, "template.list", json!({})).await;
    }
}

#[tokio::test]
async fn whoever_may_not_approve_cannot_arrange_that_nobody_must() {
    let mut world = World::new().await;
    limited(
        &mut world,
        "ada",
        "deny",
        json!({"decisions": ["Deny", "Cancel"]}),
    )
    .await;
    for change in [
        json!({"approvalRequired": false}),
        json!({"automaticApproval": true}),
        json!({"approvalRequired": true, "hoursToAnswer": 168}),
    ] {
        world
            .refused("deny", "policy.put", change, "forbidden")
            .await;
    }
    world
        .ok("deny", "policy.put", json!({"approvalRequired": true}))
        .await;
    // As an approver may: only on, and nothing else with it.
    for change in [
        json!({"approvalRequired": false}),
        json!({"approvalRequired": true, "automaticApproval": false}),
        json!({"hoursToAnswer": 12}),
    ] {
        world
            .refused("anna", "policy.put", change, "forbidden")
            .await;
    }
    world
        .ok("ada", "policy.put", json!({"approvalRequired": false}))
        .await;
    let on = world
        .ok("anna", "policy.put", json!({"approvalRequired": true}))
        .await;
    assert_eq!(on["settings"]["approvalRequired"], true);
}

#[tokio::test]
async fn a_token_reaches_its_scope_and_no_farther() {
    let mut world = World::new().await;
    let northwind = world.tenant_id(NORTHWIND).await;
    let here = world.pending().await;
    let there = world.submit_as("eve", json!({"tenant": NORTHWIND})).await;
    for who in ["eve", "max"] {
        let name = format!("{who}-north");
        let limits = json!({"scope": format!("/tenants/{NORTHWIND}")});
        limited(&mut world, who, &name, limits).await;
        let listed = world.ok(&name, "request.list", json!({})).await;
        let listed = listed["requests"].as_array().unwrap();
        assert_eq!(listed.len(), 1, "{name}");
        assert_eq!(listed[0]["identity"], there["identity"]);
        let get = |request: &Value| json!({"requestId": request["identity"]});
        world.ok(&name, "request.get", get(&there)).await;
        world
            .refused(&name, "request.get", get(&here), "notFound")
            .await;
        // The provider's log tells of every tenant, so it lies outside.
        world
            .refused(&name, "audit.search", json!({}), "forbidden")
            .await;
        world.ok(who, "audit.search", json!({})).await;
        let me = world.ok(&name, "session.whoami", json!({})).await;
        assert_eq!(me["roles"][0]["scope"], format!("/tenants/{northwind}"));
    }
    // The administrator's own place is the provider, and the limit to it takes nothing away.
    limited(&mut world, "root", "home", json!({"scope": "/provider"})).await;
    world.ok("home", "tenant.list", json!({})).await;
    world.ok("home", "audit.search", json!({})).await;
    let live = world.approved().await;
    world
        .ok(
            "home",
            "grant.revoke",
            json!({"requestId": live["identity"]}),
        )
        .await;
}

#[tokio::test]
async fn a_customers_token_for_one_service_sees_that_service() {
    let mut world = World::new().await;
    let contoso = world.tenant_id(CONTOSO).await;
    let limits = json!({"scope": format!("/tenants/{contoso}/services/teams")});
    limited(&mut world, "anna", "teams", limits).await;
    let exchange = world.pending().await;
    let asked = world
        .submit_as("eve", json!({"serviceName": "Teams"}))
        .await;
    let id = |request: &Value| json!({"requestId": request["identity"], "decision": "Approve"});
    world.ok("max", "request.review", id(&asked)).await;
    let listed = world.ok("teams", "request.list", json!({})).await;
    assert_eq!(listed["requests"].as_array().unwrap().len(), 1);
    world
        .refused("teams", "request.decide", id(&exchange), "notFound")
        .await;
    world.ok("teams", "request.decide", id(&asked)).await;
}

#[tokio::test]
async fn a_token_ends_on_its_instant_and_warns_fourteen_days_before() {
    let mut world = World::new().await;
    let issued = limited(&mut world, "anna", "month", json!({"expiresInDays": 30})).await;
    let end = Timestamp::parse(START).unwrap().plus_seconds(30 * 86_400);
    assert_eq!(issued["expirationDate"], end.to_string());
    let warned = async |days_left: i64| {
        let me = world.ok("month", "session.whoami", json!({})).await;
        assert_eq!(me["token"]["daysLeft"], days_left);
        !me["warnings"].as_array().unwrap().is_empty()
    };
    world.pass(16 * 86_400 - 1);
    assert!(!warned(14).await);
    world.pass(1);
    assert!(warned(14).await);
    world.pass(14 * 86_400 - 1);
    assert!(warned(0).await);
    world.pass(1);
    world
        .refused("month", "session.whoami", json!({}), "tokenExpired")
        .await;
}

#[tokio::test]
async fn people_get_ninety_days_and_robots_a_year() {
    let world = World::new().await;
    let start = Timestamp::parse(START).unwrap();
    for (params, days) in [
        (json!({}), 90),
        (json!({"principal": "bot"}), 365),
        (json!({"principal": "bot", "expiresInDays": 3_650}), 3_650),
    ] {
        let issued = world.ok("ada", "token.issue", params).await;
        let end = start.plus_seconds(days * 86_400);
        assert_eq!(issued["expirationDate"], end.to_string());
    }
    for days in [0, 3_651] {
        let params = json!({"expiresInDays": days});
        let error = world
            .refused("ada", "token.issue", params, "invalidParams")
            .await;
        assert_eq!(error["pointer"], "/expiresInDays");
    }
}

#[tokio::test]
async fn nobody_holds_another_persons_secret() {
    let world = World::new().await;
    for principal in ["anna@contoso.com", "ben@contoso.com"] {
        world
            .refused(
                "ada",
                "token.issue",
                json!({"principal": principal}),
                "forbidden",
            )
            .await;
    }
    // Everybody's tokens are an administrator's to see; the others see their own.
    let all = world.ok("ada", "token.list", json!({})).await;
    assert_eq!(all["tokens"].as_array().unwrap().len(), 5);
    let own = world.ok("anna", "token.list", json!({})).await;
    let own = own["tokens"].as_array().unwrap();
    assert_eq!(own.len(), 1);
    let text = all.to_string();
    assert!(!text.contains("lbt_") && !text.contains("hash"), "{text}");
    // A bot may look after its own token.
    let bot = world
        .ok("bot", "token.issue", json!({"expiresInDays": 7}))
        .await;
    let revoke = json!({"tokenId": bot["tokenId"]});
    world
        .refused("anna", "token.revoke", revoke.clone(), "forbidden")
        .await;
    let first = world.ok("bot", "token.revoke", revoke.clone()).await;
    world.pass(60);
    let again = world.ok("ada", "token.revoke", revoke).await;
    assert_eq!(first["token"]["revokedDate"], again["token"]["revokedDate"]);
}

#[tokio::test]
async fn a_revoked_token_ends_at_once_and_replays_nothing() {
    let mut world = World::new().await;
    let issued = limited(&mut world, "anna", "second", json!({})).await;
    let pending = world.pending().await;
    let approve = json!({
        "requestId": pending["identity"], "decision": "Approve", "idempotencyKey": "k",
    });
    world.ok("second", "request.decide", approve.clone()).await;
    let again = world.ok("second", "request.decide", approve.clone()).await;
    assert_eq!(again["replayed"], true);
    // It can end itself, and says so.
    let revoke = json!({"tokenId": issued["tokenId"], "idempotencyKey": "k"});
    let revoked = world.ok("second", "token.revoke", revoke.clone()).await;
    assert_eq!(revoked["token"]["revokedDate"], START);
    for (method, params) in [
        ("token.revoke", revoke),
        ("request.decide", approve.clone()),
    ] {
        world
            .refused("second", method, params, "tokenRevoked")
            .await;
    }
    // The key is the person's, so her other token replays it.
    let again = world.ok("anna", "request.decide", approve).await;
    assert_eq!(again["replayed"], true);
}

#[tokio::test]
async fn an_issued_token_is_shown_once() {
    let world = World::new().await;
    let params = json!({"principal": "bot", "idempotencyKey": "k"});
    let (one, other) = tokio::join!(
        world.call("ada", "token.issue", params.clone()),
        world.call("ada", "token.issue", params.clone()),
    );
    let (one, other) = (one.unwrap(), other.unwrap());
    assert_eq!(one["tokenId"], other["tokenId"]);
    let shown = [&one, &other].map(|answer| answer["secretAlreadyShown"] == false);
    assert!(shown[0] != shown[1], "{one} {other}");
    let third = world.ok("ada", "token.issue", params).await;
    assert_eq!(third["token"], Value::Null);
    assert_eq!(third["secretAlreadyShown"], true);
    let tokens = world
        .ok("ada", "token.list", json!({"principal": "bot"}))
        .await;
    assert_eq!(tokens["tokens"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn a_unix_peer_is_whom_the_configuration_says() {
    let world = World::new().await;
    let id = async |who: &str| {
        let me = world.ok(who, "session.whoami", json!({})).await;
        me["principal"]["principalId"]
            .as_str()
            .unwrap()
            .parse()
            .unwrap()
    };
    let unknown = "0f0f0f0f-0f0f-4f0f-8f0f-0f0f0f0f0f0f".parse().unwrap();
    let services = Services::new(
        Arc::clone(&world.store) as Arc<dyn Store>,
        Arc::clone(&world.clock) as Arc<dyn Clock>,
        Options {
            unix_peers: BTreeMap::from([
                (1_000, id("root").await),
                (1_001, id("eve").await),
                (1_002, unknown),
            ]),
            ..Options::default()
        },
    );
    let who = async |authorization: Option<&str>, peer: Peer| {
        services
            .context("session.whoami", authorization, peer)
            .await
            .map(|ctx| ctx.actor.map(|actor| actor.principal.label().to_owned()))
            .map_err(|error| error.code())
    };
    let unix = |uid: u32| Peer::unix(Some(uid));
    let root = Ok(Some("root@fabrikam.example".to_owned()));
    assert_eq!(who(None, unix(1_000)).await, root);
    // No other user of the host is anybody, root's uid 0 neither.
    for peer in [unix(0), unix(1_003), Peer::unix(None)] {
        assert_eq!(who(None, peer).await, Ok(None));
    }
    assert_eq!(who(None, unix(1_002)).await, Err("unauthenticated"));
    // A token that is sent counts, and a bad one is not made up for.
    let anna = format!("bearer  {}", world.token("anna").unwrap());
    let anna = who(Some(&anna), unix(1_000)).await;
    assert_eq!(anna, Ok(Some("anna@contoso.com".to_owned())));
    for header in ["Bearer lbt_00", "Bearer ", "Basic cm9vdDo=", ""] {
        assert_eq!(
            who(Some(header), unix(1_000)).await,
            Err("unauthenticated"),
            "{header}"
        );
    }
    // The address of a TCP peer never stands for a uid.
    let tcp = Peer {
        uid: Some(1_000),
        ..Peer::tcp("127.0.0.1:1".parse().unwrap())
    };
    assert_eq!(who(None, tcp).await, Ok(None));
    let eve = json!({"principal": "eve@fabrikam.example"});
    world.ok("root", "principal.disable", eve).await;
    assert_eq!(who(None, unix(1_001)).await, Err("unauthenticated"));
}

#[tokio::test]
async fn what_anybody_may_call_does_not_look_at_tokens() {
    let world = World::new().await;
    let invited = world
        .ok(
            "ada",
            "principal.invite",
            json!({"principal": "anna@contoso.com"}),
        )
        .await;
    world.pass(90 * 86_400);
    world
        .refused("anna", "session.whoami", json!({}), "tokenExpired")
        .await;
    world.ok("anna", "system.info", json!({})).await;
    // Whoever still has the old token in the environment can redeem a code all the same.
    let bad = Some("lbt_unknown");
    world
        .call_with(bad, "system.info", json!({}))
        .await
        .unwrap();
    let code = json!({"code": invited["enrolmentCode"]});
    let refused = world
        .call_with(bad, "principal.enroll", code)
        .await
        .unwrap_err();
    assert_eq!(
        refused.code, "codeInvalid",
        "it is the code that is too old"
    );
}
