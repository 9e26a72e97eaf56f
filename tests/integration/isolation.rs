//! What belongs to somebody else takes the same path as what does not exist.

use crate::world::{CONTOSO, NORTHWIND, World};
use serde_json::{Value, json};

const UNKNOWN: &str = "0f0f0f0f-0f0f-4f0f-8f0f-0f0f0f0f0f0f";

/// Calls with a foreign name and with an unknown one, and holds the answers against each other:
/// the same, but for the name as typed.
async fn alike(
    world: &World,
    who: &str,
    method: &str,
    with: impl Fn(&str) -> Value,
    names: [&str; 2],
) {
    let [foreign, unknown] = names;
    let (one, other) = (
        world.call(who, method, with(foreign)).await,
        world.call(who, method, with(unknown)).await,
    );
    let (Err(one), Err(other)) = (&one, &other) else {
        panic!("{who} {method} {foreign}: {one:?}, {unknown}: {other:?}");
    };
    assert_eq!(one.number, other.number, "{who} {method} {foreign}");
    assert_eq!(one.code, other.code, "{who} {method} {foreign}");
    let data = one.data.to_string().replace(foreign, unknown);
    assert_eq!(data, other.data.to_string(), "{who} {method} {foreign}");
}

/// The text of a member.
fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

#[tokio::test]
async fn another_tenants_objects_are_not_there() {
    let world = World::new().await;
    let live = world.approved().await;
    let fresh = world.submit().await;
    let anna = world
        .ok(
            "ada",
            "principal.get",
            json!({"principal": "anna@contoso.com"}),
        )
        .await["principal"]
        .clone();
    let token = world.ok("anna", "token.list", json!({})).await["tokens"][0].clone();
    let record = world
        .ok("ada", "audit.search", json!({"resultSize": 1}))
        .await["records"][0]
        .clone();
    let contoso = world.tenant_id(CONTOSO).await;

    let requests = [text(&live["identity"]), text(&fresh["identity"])];
    for (method, extra) in [
        ("request.get", json!({})),
        ("request.history", json!({})),
        ("request.decide", json!({"decision": "Approve"})),
        (
            "request.decide",
            json!({"decision": "Cancel", "validateOnly": true}),
        ),
        ("request.review", json!({"decision": "Approve"})),
        ("request.withdraw", json!({})),
        ("request.complete", json!({})),
        ("grant.get", json!({})),
        ("grant.revoke", json!({})),
        ("emergency.confirm", json!({})),
        ("emergency.acknowledge", json!({})),
    ] {
        for id in requests {
            let params = |id: &str| {
                let mut params = extra.clone();
                params["requestId"] = json!(id);
                params
            };
            alike(&world, "nora", method, params, [id, UNKNOWN]).await;
            // Before arrival the customer itself knows of nothing either.
            if id == text(&fresh["identity"]) {
                alike(&world, "ada", method, params, [id, UNKNOWN]).await;
            }
        }
        // By its reference number there is none, or it is the caller's own.
        let params = |id: &str| {
            let mut params = extra.clone();
            params["requestId"] = json!(id);
            params
        };
        alike(&world, "nora", method, params, ["EXSR000001", "EXSR000009"]).await;
        alike(&world, "anna", method, params, ["EXSR000002", "EXSR000009"]).await;
    }
    let grant = [text(&live["grantId"]), UNKNOWN];
    for method in ["grant.get", "grant.revoke"] {
        alike(&world, "nora", method, |id| json!({"grantId": id}), grant).await;
        alike(&world, "ed", method, |id| json!({"grantId": id}), grant).await;
    }
    for tenant in [CONTOSO, &contoso] {
        for method in [
            "tenant.get",
            "policy.get",
            "request.list",
            "grant.list",
            "emergency.list",
        ] {
            let names = [tenant, "nowhere.example"];
            alike(
                &world,
                "nora",
                method,
                |name| json!({"tenant": name}),
                names,
            )
            .await;
        }
        let with = |name: &str| json!({"requestId": live["identity"], "tenant": name});
        alike(
            &world,
            "nora",
            "request.get",
            with,
            [tenant, "nowhere.example"],
        )
        .await;
    }
    for name in [text(&anna["principalId"]), "anna@contoso.com", "bot"] {
        let names = [name, "nobody@contoso.com"];
        for method in [
            "principal.get",
            "principal.invite",
            "principal.disable",
            "principal.enable",
            "role.list",
            "token.list",
            "token.issue",
        ] {
            for who in ["nora", "root"] {
                alike(
                    &world,
                    who,
                    method,
                    |name| json!({"principal": name}),
                    names,
                )
                .await;
            }
        }
        for method in ["role.assign", "role.remove"] {
            let with = |name: &str| json!({"principal": name, "role": "SecurityReader"});
            alike(&world, "nora", method, with, names).await;
        }
        let with = |name: &str| json!({"kind": "robot", "displayName": "r", "owner": name});
        alike(&world, "nora", "principal.create", with, names).await;
    }
    let ids = [text(&token["tokenId"]), UNKNOWN];
    for who in ["nora", "root"] {
        alike(
            &world,
            who,
            "token.revoke",
            |id| json!({"tokenId": id}),
            ids,
        )
        .await;
    }
    let create = json!({"name": "SIEM", "url": "https://hooks.example.com/in", "format": "json"});
    let webhook = world.ok("ada", "webhook.create", create).await;
    let ids = [text(&webhook["webhookId"]), UNKNOWN];
    for who in ["nora", "root", "sam", "eve"] {
        for method in ["webhook.update", "webhook.rotate", "webhook.remove"] {
            alike(&world, who, method, |id| json!({"webhookId": id}), ids).await;
        }
    }
    world.rpc.services().expand_due().await.unwrap();
    let told = world.ok("ada", "notification.list", json!({})).await;
    let ids = [text(&told["notifications"][0]["notificationId"]), UNKNOWN];
    for who in ["nora", "root", "anna", "eve"] {
        let with = |id: &str| json!({"notificationIds": [id]});
        alike(&world, who, "notification.retry", with, ids).await;
        let with = |id: &str| json!({"requestId": id});
        let ids = [text(&live["identity"]), UNKNOWN];
        alike(&world, who, "notification.list", with, ids).await;
    }
    for who in ["nora", "root"] {
        let with = |tenant: &str| json!({"tenant": tenant});
        let names = [CONTOSO, "nowhere.example"];
        alike(&world, who, "notification.preview", with, names).await;
    }
    let ids = [text(&record["identity"]), UNKNOWN];
    for who in ["nora", "root", "max"] {
        alike(&world, who, "audit.get", |id| json!({"identity": id}), ids).await;
    }
    let with = |tenant: &str| {
        json!({"principal": "nora@northwind.onmicrosoft.com", "role": "SecurityReader",
            "scope": format!("/tenants/{tenant}")})
    };
    alike(
        &world,
        "nora",
        "role.assign",
        with,
        [CONTOSO, "nowhere.example"],
    )
    .await;
    let with = |tenant: &str| json!({"scope": format!("/tenants/{tenant}/services/Exchange")});
    alike(
        &world,
        "nora",
        "token.issue",
        with,
        [CONTOSO, "nowhere.example"],
    )
    .await;
}

#[tokio::test]
async fn whoever_may_not_ask_learns_nothing_by_asking() {
    let world = World::new().await;
    let live = world.approved().await;
    let ids = [text(&live["identity"]), UNKNOWN];
    let people = ["anna@contoso.com", "nobody@contoso.com"];
    // Without the role the answer is the same whether or not there is such a thing.
    for who in ["root", "gate"] {
        for method in ["request.get", "request.withdraw", "grant.get"] {
            alike(&world, who, method, |id| json!({"requestId": id}), ids).await;
        }
    }
    for who in ["sam", "bot"] {
        for method in [
            "principal.get",
            "principal.disable",
            "token.issue",
            "token.list",
        ] {
            alike(
                &world,
                who,
                method,
                |name| json!({"principal": name}),
                people,
            )
            .await;
        }
        let token = world.ok("anna", "token.list", json!({})).await["tokens"][0]["tokenId"].clone();
        let ids = [text(&token), UNKNOWN];
        alike(
            &world,
            who,
            "token.revoke",
            |id| json!({"tokenId": id}),
            ids,
        )
        .await;
    }
    for who in ["eve", "max"] {
        for (method, extra) in [
            ("tenant.get", json!({})),
            ("tenant.update", json!({"displayName": "x"})),
            ("tenant.suspend", json!({"reason": "x"})),
        ] {
            let with = |name: &str| {
                let mut params = extra.clone();
                params["tenant"] = json!(name);
                params
            };
            alike(&world, who, method, with, [CONTOSO, "nowhere.example"]).await;
        }
        // A scope in a call that is not theirs to make.
        let with = |tenant: &str| {
            json!({"principal": "max@fabrikam.example", "role": "SupportEngineer",
                "scope": format!("/tenants/{tenant}")})
        };
        alike(
            &world,
            who,
            "role.assign",
            with,
            [CONTOSO, "nowhere.example"],
        )
        .await;
    }
    // An engineer cannot find out who his colleagues are.
    let check = |name: &str| json!({"tenant": CONTOSO, "engineer": name});
    let known = world
        .ok("ed", "grant.check", check("eve@fabrikam.example"))
        .await;
    let unknown = world
        .ok("ed", "grant.check", check("nobody@fabrikam.example"))
        .await;
    assert_eq!(known, unknown);
}

#[tokio::test]
async fn what_lies_outside_a_scope_is_not_there() {
    let mut world = World::new().await;
    let northwind = world.tenant_id(NORTHWIND).await;
    let live = world.approved().await;
    for role in ["SupportEngineer", "SupportManager", "ResourceGateway"] {
        let name = format!("north-{role}");
        let scope = format!("/tenants/{northwind}");
        let made = world
            .ok(
                "root",
                "principal.create",
                json!({"kind": "robot", "displayName": name, "roles": [{"role": role, "scope": scope}]}),
            )
            .await;
        world.remember(&name, &made["token"]);
        let who = name.as_str();
        let tenants = [CONTOSO, "nowhere.example"];
        let scoped = |tenant: &str| json!({"scope": format!("/tenants/{tenant}")});
        alike(&world, who, "token.issue", scoped, tenants).await;
        if role == "ResourceGateway" {
            let with = |tenant: &str| json!({"tenant": tenant, "requestId": live["requestId"]});
            alike(&world, who, "grant.check", with, tenants).await;
            let with = |tenant: &str| json!({"tenant": tenant, "requestId": live["requestId"], "operation": "Get-Mailbox"});
            alike(&world, who, "activity.record", with, tenants).await;
            continue;
        }
        let ids = [text(&live["identity"]), UNKNOWN];
        for method in [
            "request.get",
            "request.history",
            "request.withdraw",
            "grant.get",
        ] {
            alike(&world, who, method, |id| json!({"requestId": id}), ids).await;
        }
        let grants = [text(&live["grantId"]), UNKNOWN];
        alike(
            &world,
            who,
            "grant.get",
            |id| json!({"grantId": id}),
            grants,
        )
        .await;
        for method in ["request.list", "grant.list"] {
            alike(&world, who, method, |name| json!({"tenant": name}), tenants).await;
            let found = world.ok(who, method, json!({})).await;
            assert!(!found.to_string().contains(text(&live["identity"])));
        }
        if role == "SupportEngineer" {
            for service in ["Exchange", "Nonsense"] {
                let with = |tenant: &str| {
                    json!({"tenant": tenant, "serviceName": service,
                        "serviceRequestNumber": "CLB#1", "reason": "x"})
                };
                alike(&world, who, "request.submit", with, tenants).await;
            }
        }
    }
}

#[tokio::test]
async fn lists_hold_the_callers_own_organization_and_nothing_else() {
    let world = World::new().await;
    world.approved().await;
    world.pending().await;
    let north = world.submit_as("eve", json!({"tenant": NORTHWIND})).await;
    let review = json!({"requestId": north["identity"], "decision": "Approve"});
    world.ok("max", "request.review", review).await;
    for method in [
        "request.list",
        "grant.list",
        "principal.list",
        "role.list",
        "token.list",
        "audit.search",
        "audit.export",
        "policy.get",
        "tenant.get",
    ] {
        let params = if method == "audit.export" {
            json!({"format": "jsonl"})
        } else {
            json!({})
        };
        let nora = world.ok("nora", method, params.clone()).await.to_string();
        let ada = world.ok("ada", method, params).await.to_string();
        let contoso = world.tenant_id(CONTOSO).await;
        let northwind = world.tenant_id(NORTHWIND).await;
        for (found, foreign) in [
            (&nora, ["contoso", &contoso, "EXSR000002"]),
            (&ada, ["northwind", &northwind, text(&north["identity"])]),
        ] {
            for word in foreign {
                assert!(!found.contains(word), "{method} tells of {word}: {found}");
            }
        }
    }
    let requests = world.ok("nora", "request.list", json!({})).await;
    assert_eq!(requests["requests"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn before_it_arrives_a_request_does_not_exist_for_the_customer() {
    let world = World::new().await;
    let withdrawn = world.submit().await;
    world
        .ok(
            "eve",
            "request.withdraw",
            json!({"requestId": withdrawn["identity"]}),
        )
        .await;
    let rejected = world.submit().await;
    let reject = json!({"requestId": rejected["identity"], "decision": "Reject"});
    world.ok("max", "request.review", reject).await;
    let expired = world.submit().await;
    let waiting = async || {
        for request in [&withdrawn, &rejected, &expired] {
            for who in ["ada", "anna", "sam"] {
                for name in ["identity", "requestId"] {
                    let params = json!({"requestId": request[name]});
                    world
                        .refused(who, "request.get", params.clone(), "notFound")
                        .await;
                    world
                        .refused(who, "request.history", params.clone(), "notFound")
                        .await;
                    let found = world.ok(who, "request.list", params).await;
                    assert_eq!(found["requests"], json!([]));
                }
            }
            let deny = json!({"requestId": request["identity"], "decision": "Deny"});
            world
                .refused("anna", "request.decide", deny, "notFound")
                .await;
        }
        for state in ["InternalReview", "Rejected", "Withdrawn", "Expired"] {
            let found = world
                .ok("ada", "request.list", json!({"state": state}))
                .await;
            assert_eq!(found["requests"], json!([]), "{state}");
        }
    };
    waiting().await;
    world.pass(12 * 3_600);
    waiting().await;
    world.rpc.services().write_down_due().await.unwrap();
    waiting().await;
    // What the customer typed stands in its log, and nothing that was looked up.
    for record in world.log("ada").await {
        assert!(record["LockboxRequest"].is_null(), "{record}");
    }
}

#[tokio::test]
async fn the_customer_never_reads_the_name_of_anybody_at_the_provider() {
    let world = World::new().await;
    let revoked = world.approved().await;
    let id = |request: &Value| json!({"requestId": request["identity"]});
    world.ok("root", "grant.revoke", id(&revoked)).await;
    let completed = world.approved().await;
    world.ok("eve", "request.complete", id(&completed)).await;
    let withdrawn = world.pending().await;
    world.ok("eve", "request.withdraw", id(&withdrawn)).await;
    let live = world.approved().await;
    let report =
        json!({"tenant": CONTOSO, "requestId": live["requestId"], "operation": "Get-Mailbox"});
    world.ok("gate", "activity.record", report.clone()).await;
    world.ok("eve", "activity.record", report).await;
    // Refusals on both sides; the provider's are told to the customer too.
    for request in [&revoked, &completed, &withdrawn] {
        world
            .call("max", "request.withdraw", id(request))
            .await
            .unwrap_err();
        world
            .call("eve", "request.complete", id(request))
            .await
            .unwrap_err();
    }
    let mut told = Vec::new();
    for request in [&revoked, &completed, &withdrawn, &live] {
        for decision in ["Approve", "Deny", "Cancel"] {
            let mut params = id(request);
            params["decision"] = json!(decision);
            params["validateOnly"] = json!(true);
            if let Err(refusal) = world.call("anna", "request.decide", params.clone()).await {
                told.push(refusal.data);
            }
            params["validateOnly"] = json!(request["identity"] == live["identity"]);
            if let Err(refusal) = world.call("ben", "request.decide", params).await {
                told.push(refusal.data);
            }
        }
        for method in ["request.get", "request.history"] {
            told.push(world.ok("sam", method, id(request)).await);
        }
    }
    let suspend = json!({"tenant": CONTOSO, "reason": "Unpaid"});
    world.ok("root", "tenant.suspend", suspend).await;
    for (method, params) in [
        ("request.list", json!({})),
        ("grant.list", json!({})),
        ("grant.get", id(&live)),
        ("tenant.get", json!({})),
        ("audit.search", json!({"resultSize": 5_000})),
        ("audit.export", json!({"format": "csv"})),
        ("audit.export", json!({"format": "jsonl"})),
    ] {
        told.push(world.ok("ada", method, params).await);
    }
    let log = world.log("ada").await.len();
    for sequence in 0..log {
        told.push(
            world
                .ok("ada", "audit.get", json!({"sequence": sequence}))
                .await,
        );
    }
    let mut names = vec!["@fabrikam".to_owned()];
    for who in ["eve", "max", "root", "gate"] {
        let me = world.ok(who, "session.whoami", json!({})).await;
        names.push(text(&me["principal"]["principalId"]).to_owned());
        names.push(text(&me["token"]["tokenId"]).to_owned());
    }
    for answer in told {
        for name in &names {
            assert!(!answer.to_string().contains(name), "{name} in {answer:#}");
        }
    }
}

#[tokio::test]
async fn an_attempt_on_somebody_elses_request_stands_in_the_callers_log_alone() {
    let world = World::new().await;
    let pending = world.pending().await;
    let before = world.log("ada").await.len();
    let params = json!({"requestId": pending["identity"], "decision": "Approve"});
    world
        .refused("nora", "request.decide", params, "notFound")
        .await;
    assert_eq!(world.log("ada").await.len(), before);
    let log = world.log("nora").await;
    let record = log.last().unwrap();
    assert_eq!(record["Operation"], "LockboxRequestRefused");
    assert_eq!(record["ObjectId"], "");
    assert!(record["LockboxRequest"].is_null(), "{record}");
    assert!(
        record.to_string().contains(text(&pending["identity"])),
        "{record}"
    );
    // The same for a grant's id: what was typed, and not the request behind it.
    let live = world.approved().await;
    world
        .refused(
            "ed",
            "grant.revoke",
            json!({"grantId": live["grantId"]}),
            "forbidden",
        )
        .await;
    let log = world.log("root").await;
    let record = log.last().unwrap().to_string();
    assert!(record.contains(text(&live["grantId"])), "{record}");
    assert!(!record.contains(text(&live["identity"])), "{record}");
}
