//! `grant.check`: yes only where everything that was granted says yes.

use crate::world::{CONTOSO, NORTHWIND, World};
use customer_lockbox::clock::Clock;
use serde_json::{Value, json};

const EVE: &str = "eve@fabrikam.example";

/// Asks, and holds the shape of the answer against what it says.
async fn ask(world: &World, who: &str, changed: Value) -> (bool, String) {
    let mut params = json!({"tenant": CONTOSO});
    if who == "gate" {
        params["engineer"] = EVE.into();
    }
    for (name, value) in changed.as_object().unwrap() {
        params[name] = value.clone();
    }
    let answer = world.ok(who, "grant.check", params).await;
    let allowed = answer["allowed"].as_bool().unwrap();
    assert_eq!(allowed, answer["code"] == "allowed", "{answer}");
    if allowed {
        assert!(answer["accessEnd"].is_string() && answer["grantId"].is_string());
    }
    (allowed, answer["code"].as_str().unwrap().to_owned())
}

fn no(code: &str) -> (bool, String) {
    (false, code.to_owned())
}

fn yes() -> (bool, String) {
    (true, "allowed".to_owned())
}

#[tokio::test]
async fn access_is_there_from_approval_to_its_end_and_not_a_millisecond_longer() {
    let world = World::new().await;
    let one = json!({"requestId": "EXSR000001"});
    assert_eq!(ask(&world, "gate", json!({})).await, no("noGrant"));
    let submitted = world.submit().await;
    let by_id = json!({"requestId": submitted["identity"]});
    assert_eq!(ask(&world, "gate", by_id.clone()).await, no("noGrant"));
    let params = json!({"requestId": submitted["identity"], "decision": "Approve"});
    world.ok("max", "request.review", params).await;
    assert_eq!(ask(&world, "gate", one.clone()).await, no("noGrant"));
    let params = json!({"requestId": "EXSR000001", "decision": "Approve"});
    world.ok("anna", "request.decide", params).await;
    for who in ["gate", "eve"] {
        for params in [json!({}), one.clone(), by_id.clone()] {
            assert_eq!(ask(&world, who, params).await, yes(), "{who}");
        }
    }
    world
        .clock
        .set(world.clock.now().plus_millis(3_600_000 - 1));
    assert_eq!(ask(&world, "gate", one.clone()).await, yes());
    world.clock.set(world.clock.now().plus_millis(1));
    // Whether or not anybody has written it down.
    assert_eq!(ask(&world, "gate", one.clone()).await, no("ended"));
    assert_eq!(ask(&world, "gate", json!({})).await, no("noGrant"));
    world.rpc.services().write_down_due().await.unwrap();
    assert_eq!(ask(&world, "gate", one).await, no("ended"));
}

#[tokio::test]
async fn whoever_ends_it_ends_it_at_once() {
    for (who, method, params, code) in [
        (
            "eve",
            "request.complete",
            json!({"requestId": "EXSR000001", "tenant": CONTOSO}),
            "ended",
        ),
        (
            "max",
            "grant.revoke",
            json!({"requestId": "EXSR000001", "tenant": CONTOSO}),
            "ended",
        ),
        (
            "ben",
            "request.decide",
            json!({"requestId": "EXSR000001", "decision": "Cancel"}),
            "ended",
        ),
        (
            "root",
            "tenant.suspend",
            json!({"tenant": CONTOSO, "reason": "x"}),
            "tenantSuspended",
        ),
        (
            "root",
            "principal.disable",
            json!({"principal": EVE}),
            "ended",
        ),
        (
            "root",
            "role.remove",
            json!({"principal": EVE, "role": "SupportEngineer"}),
            "ended",
        ),
    ] {
        let world = World::new().await;
        world.approved().await;
        let one = json!({"requestId": "EXSR000001"});
        assert_eq!(ask(&world, "gate", one.clone()).await, yes());
        world.ok(who, method, params).await;
        assert_eq!(ask(&world, "gate", one.clone()).await, no(code), "{method}");
        assert!(!ask(&world, "gate", json!({})).await.0, "{method}");
        // Nothing comes back by itself.
        world
            .call("root", "tenant.resume", json!({"tenant": CONTOSO}))
            .await
            .ok();
        world
            .call("root", "principal.enable", json!({"principal": EVE}))
            .await
            .ok();
        assert_eq!(ask(&world, "gate", one).await, no("ended"), "{method}");
    }
}

#[tokio::test]
async fn a_denied_request_grants_nothing() {
    let world = World::new().await;
    for decision in ["Deny", "Cancel"] {
        let pending = world.pending().await;
        let params = json!({"requestId": pending["identity"], "decision": decision});
        world.ok("anna", "request.decide", params).await;
        let one = json!({"requestId": pending["identity"]});
        assert_eq!(ask(&world, "gate", one).await, no("noGrant"), "{decision}");
    }
}

#[tokio::test]
async fn service_resources_operations_and_level_limit_the_access() {
    let world = World::new().await;
    let submitted = world
        .submit_as(
            "eve",
            json!({"resources": ["mailbox:Rick", "mailbox:anna"], "operations": ["New-MailboxSearch"]}),
        )
        .await;
    let id = submitted["identity"].clone();
    let params = json!({"requestId": id, "decision": "Approve"});
    world.ok("max", "request.review", params.clone()).await;
    world.ok("anna", "request.decide", params).await;
    let good = json!({"serviceName": "exchange", "resource": "mailbox:rick",
                      "operation": "new-mailboxsearch", "accessLevel": "read"});
    for who in ["gate", "eve"] {
        assert_eq!(ask(&world, who, good.clone()).await, yes(), "{who}");
        for (name, value) in [
            ("serviceName", "Teams"),
            ("serviceName", "Nothing"),
            ("resource", "mailbox:ric"),
            ("resource", "mailbox:*"),
            ("operation", "Remove-Mailbox"),
            ("accessLevel", "write"),
        ] {
            let mut bad = good.clone();
            bad[name] = value.into();
            let answer = world.call(who, "grant.check", {
                let mut params = bad.clone();
                params["tenant"] = CONTOSO.into();
                params["engineer"] = EVE.into();
                params
            });
            match answer.await {
                Ok(answer) => assert_eq!(answer["code"], "outOfScope", "{who} {name} {value}"),
                Err(refusal) => assert_eq!(refusal.code, "invalidParams", "{who} {name} {value}"),
            }
        }
    }
    // Who enforces has to say what it lets through; the engineer may ask in general.
    for name in ["resource", "operation"] {
        let mut vague = good.clone();
        vague.as_object_mut().unwrap().remove(name);
        assert_eq!(
            ask(&world, "gate", vague.clone()).await,
            no("outOfScope"),
            "{name}"
        );
        assert_eq!(ask(&world, "eve", vague).await, yes(), "{name}");
    }
    assert_eq!(ask(&world, "eve", json!({})).await, yes());
}

#[tokio::test]
async fn writing_access_serves_reading_too_and_one_of_several_grants_is_enough() {
    let world = World::new().await;
    for changed in [
        json!({"resources": ["a"], "accessLevel": "write"}),
        json!({"resources": ["b"], "serviceName": "Teams"}),
    ] {
        let submitted = world.submit_as("eve", changed).await;
        let params = json!({"requestId": submitted["identity"], "decision": "Approve"});
        world.ok("max", "request.review", params.clone()).await;
        world.ok("anna", "request.decide", params).await;
    }
    for (resource, service, level, allowed) in [
        ("a", "Exchange", "read", true),
        ("a", "Exchange", "write", true),
        ("b", "Teams", "read", true),
        ("b", "Teams", "write", false),
        ("a", "Teams", "read", false),
        ("b", "Exchange", "read", false),
        ("c", "Exchange", "read", false),
    ] {
        let params = json!({"resource": resource, "serviceName": service, "accessLevel": level});
        assert_eq!(
            ask(&world, "gate", params.clone()).await.0,
            allowed,
            "{params}"
        );
    }
}

#[tokio::test]
async fn nobody_uses_or_sees_anothers_grant() {
    let world = World::new().await;
    let approved = world.approved().await;
    let one = json!({"requestId": approved["identity"]});
    // Another engineer, for himself and for the one who has it.
    assert_eq!(ask(&world, "ed", one.clone()).await, no("noGrant"));
    let about = json!({"requestId": approved["identity"], "engineer": EVE});
    assert_eq!(ask(&world, "ed", about).await, no("noGrant"));
    let other = json!({"requestId": approved["identity"], "engineer": "ed@fabrikam.example"});
    assert_eq!(ask(&world, "gate", other).await, no("noGrant"));
    // Somebody whom nobody knows, a request that does not exist, another tenant.
    let ghost = json!({"engineer": "ghost@fabrikam.example"});
    assert_eq!(ask(&world, "gate", ghost).await, no("noGrant"));
    assert_eq!(
        ask(&world, "gate", json!({"requestId": "EXSR999999"})).await,
        no("noGrant")
    );
    let elsewhere = json!({"tenant": NORTHWIND, "requestId": approved["identity"]});
    assert_eq!(ask(&world, "gate", elsewhere).await, no("noGrant"));
    let params = json!({"tenant": "nobody.example", "engineer": EVE});
    world
        .refused("gate", "grant.check", params, "notFound")
        .await;
    for who in ["max", "root", "anna", "ada"] {
        let params = json!({"tenant": CONTOSO, "engineer": EVE});
        world.refused(who, "grant.check", params, "forbidden").await;
    }
    // A grant by its id: for the tenant's own, and for those who may read the request.
    let grant = json!({"grantId": approved["grantId"]});
    for who in ["ada", "sam", "eve", "max"] {
        let read = world.ok(who, "grant.get", grant.clone()).await;
        assert_eq!(read["grant"]["identity"], approved["identity"], "{who}");
    }
    for who in ["nora", "ed"] {
        let data = world
            .refused(who, "grant.get", grant.clone(), "notFound")
            .await;
        let none = json!({"grantId": "00000000-0000-4000-8000-000000000000"});
        let nothing = world.refused(who, "grant.get", none, "notFound").await;
        assert_eq!(
            data["message"].as_str().unwrap().len(),
            nothing["message"].as_str().unwrap().len(),
            "{who} cannot tell the two apart"
        );
        assert!(
            !data
                .to_string()
                .contains(approved["identity"].as_str().unwrap())
        );
    }
}

#[tokio::test]
async fn a_gateway_is_answered_within_its_scope_only() {
    let mut world = World::new().await;
    world.approved().await;
    world.robot("root", "edge", "ResourceGateway").await;
    let role = json!({"principal": "edge", "role": "ResourceGateway"});
    world.ok("root", "role.remove", role.clone()).await;
    let contoso = world.ok("ada", "tenant.get", json!({})).await;
    let contoso = contoso["tenant"]["tenantId"].as_str().unwrap();
    let check = json!({"tenant": CONTOSO, "engineer": EVE});
    world
        .refused("edge", "grant.check", check.clone(), "forbidden")
        .await;
    let mut at = role.clone();
    at["scope"] = format!("/tenants/{contoso}/services/Teams").into();
    world.ok("root", "role.assign", at).await;
    let answer = world.ok("edge", "grant.check", check.clone()).await;
    assert_eq!(answer["code"], "noGrant", "the grant is for Exchange");
    let mut named = check.clone();
    named["serviceName"] = "Exchange".into();
    world
        .refused("edge", "grant.check", named.clone(), "notFound")
        .await;
    let mut at = role;
    at["scope"] = format!("/tenants/{contoso}/services/Exchange").into();
    world.ok("root", "role.assign", at).await;
    for params in [check, named] {
        assert_eq!(
            world.ok("edge", "grant.check", params).await["allowed"],
            true
        );
    }
}

#[tokio::test]
async fn a_robot_whose_owner_is_disabled_has_no_access_either() {
    let mut world = World::new().await;
    world
        .person("root", "omar", "omar@fabrikam.example", "SupportManager")
        .await;
    let made = world
        .ok(
            "root",
            "principal.create",
            json!({"kind": "robot", "displayName": "fixer", "owner": "omar@fabrikam.example",
                   "roles": [{"role": "SupportEngineer"}]}),
        )
        .await;
    world.remember("fixer", &made["token"]);
    let submitted = world.submit_as("fixer", json!({})).await;
    let params = json!({"requestId": submitted["identity"], "decision": "Approve"});
    world.ok("max", "request.review", params.clone()).await;
    world.ok("anna", "request.decide", params).await;
    let fixer = json!({"engineer": "fixer"});
    assert_eq!(ask(&world, "gate", fixer.clone()).await, yes());
    let omar = json!({"principal": "omar@fabrikam.example"});
    world.ok("root", "principal.disable", omar).await;
    assert!(!ask(&world, "gate", fixer).await.0);
}
