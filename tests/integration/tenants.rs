//! Tenants: from a claim code to an administrator, suspension, and recovery.

use crate::world::{CONTOSO, NORTHWIND, World};
use serde_json::{Value, json};

const NEW: &str = "tailspin.example";

async fn created(world: &World) -> Value {
    let params = json!({"name": NEW, "adminAddress": "tia@tailspin.example"});
    world.ok("root", "tenant.create", params).await
}

async fn times(world: &World, who: &str, operation: &str) -> usize {
    let log = world.operations(who).await;
    log.iter().filter(|name| *name == operation).count()
}

fn request(tenant: &str) -> Value {
    json!({
        "tenant": tenant, "serviceName": "Exchange", "serviceRequestNumber": "CLB#1",
        "reason": "Mail is not delivered",
    })
}

#[tokio::test]
async fn a_tenant_receives_nothing_until_its_customer_has_claimed_it() {
    let mut world = World::new().await;
    let made = created(&world).await;
    assert_eq!(made["tenant"]["state"], "Unclaimed");
    world
        .refused("eve", "request.submit", request(NEW), "tenantNotClaimed")
        .await;
    let claimed = world
        .ok("", "tenant.claim", json!({"code": made["claimCode"]}))
        .await;
    assert_eq!(claimed["tenant"]["state"], "Active");
    let roles = claimed["principal"]["roles"].as_array().unwrap();
    assert_eq!(roles.len(), 1);
    assert_eq!(roles[0]["role"], "GlobalAdministrator");
    assert_eq!(
        roles[0]["scope"],
        format!(
            "/tenants/{}",
            claimed["tenant"]["tenantId"].as_str().unwrap()
        )
    );
    world.remember("tia", &claimed["token"]);
    world.ok("eve", "request.submit", request(NEW)).await;
    // It opens the tenant's own log; making the tenant stands in the provider's.
    let log = world.log("tia").await;
    assert_eq!(log[0]["Operation"], "LockboxTenantClaimed");
    assert_eq!(log[0]["UserId"], "tia@tailspin.example");
    assert_eq!(times(&world, "root", "LockboxTenantClaimed").await, 0);
    assert_eq!(times(&world, "root", "LockboxTenantCreated").await, 3);
    // A new tenant requires approval, and lets no robot approve.
    let settings = world.ok("tia", "policy.get", json!({})).await["settings"].clone();
    assert_eq!(settings["approvalRequired"], true);
    assert_eq!(settings["automaticApproval"], false);
    assert_eq!(settings["hoursToAnswer"], 12);
}

#[tokio::test]
async fn a_claim_code_counts_once_until_a_newer_one_and_never_after_the_claim() {
    let world = World::new().await;
    let made = created(&world).await;
    let claim = |code: &Value| json!({"code": code});
    let invited = world
        .ok("root", "tenant.invite", json!({"tenant": NEW}))
        .await;
    let refused = async |code: &Value| {
        world
            .refused("", "tenant.claim", claim(code), "codeInvalid")
            .await
    };
    refused(&made["claimCode"]).await;
    world
        .refused(
            "",
            "principal.enroll",
            claim(&invited["claimCode"]),
            "codeInvalid",
        )
        .await;
    world.pass(7 * 24 * 3_600);
    refused(&invited["claimCode"]).await;

    // Another person can be invited instead; then it takes an address to say whom.
    let other = json!({"tenant": NEW, "adminAddress": "Tom@Tailspin.example"});
    let second = world.ok("root", "tenant.invite", other).await;
    let error = world
        .refused(
            "root",
            "tenant.invite",
            json!({"tenant": NEW}),
            "invalidParams",
        )
        .await;
    assert_eq!(error["pointer"], "/adminAddress");
    let first = json!({"tenant": NEW, "adminAddress": "tia@tailspin.example"});
    let third = world.ok("root", "tenant.invite", first.clone()).await;
    refused(&second["claimCode"]).await;
    world.pass(7 * 24 * 3_600 - 1);
    world
        .ok("", "tenant.claim", claim(&third["claimCode"]))
        .await;
    refused(&third["claimCode"]).await;
    world
        .refused("root", "tenant.invite", first, "wrongState")
        .await;
}

#[tokio::test]
async fn a_claim_survives_what_the_provider_changes_meanwhile() {
    let world = World::new().await;
    let made = created(&world).await;
    let update = json!({"tenant": NEW, "displayName": "Tailspin Toys"});
    let claim = json!({"code": made["claimCode"]});
    let (updated, claimed) = tokio::join!(
        world.call("root", "tenant.update", update),
        world.call("", "tenant.claim", claim),
    );
    updated.unwrap();
    claimed.unwrap();
    let seen = world.ok("root", "tenant.get", json!({"tenant": NEW})).await;
    assert_eq!(seen["tenant"]["displayName"], "Tailspin Toys");
    assert_eq!(seen["tenant"]["state"], "Active");
}

#[tokio::test]
async fn of_two_claims_at_once_one_counts() {
    let world = World::new().await;
    let claim = json!({"code": created(&world).await["claimCode"]});
    let (one, other) = tokio::join!(
        world.call("", "tenant.claim", claim.clone()),
        world.call("", "tenant.claim", claim.clone()),
    );
    assert!(one.is_ok() != other.is_ok(), "{one:?} {other:?}");
}

#[tokio::test]
async fn claim_codes_are_shown_once() {
    let world = World::new().await;
    let create =
        json!({"name": NEW, "adminAddress": "tia@tailspin.example", "idempotencyKey": "k"});
    let invite = json!({"tenant": NEW, "idempotencyKey": "k"});
    let mut last = Value::Null;
    for (method, params) in [("tenant.create", create), ("tenant.invite", invite)] {
        let first = world.ok("root", method, params.clone()).await;
        assert!(first["claimCode"].is_string());
        assert_eq!(first["secretAlreadyShown"], false);
        let again = world.ok("root", method, params).await;
        assert_eq!(again["claimCode"], Value::Null);
        assert_eq!(again["secretAlreadyShown"], true);
        assert_eq!(
            again["claimCodeExpirationDate"],
            first["claimCodeExpirationDate"]
        );
        assert_eq!(again["tenant"]["tenantId"], first["tenant"]["tenantId"]);
        last = first["claimCode"].clone();
    }
    // The replay voided nothing.
    let claim = json!({"code": last, "idempotencyKey": "k"});
    let first = world.ok("", "tenant.claim", claim.clone()).await;
    let again = world.ok("", "tenant.claim", claim).await;
    assert_eq!(again["tokenId"], first["tokenId"]);
    assert_eq!(again["token"], Value::Null);
    assert_eq!(again["secretAlreadyShown"], true);
    // The key with another code of the same person is another call.
    let other = json!({"code": "claim-00", "idempotencyKey": "k"});
    world
        .refused("", "tenant.claim", other, "codeInvalid")
        .await;
}

#[tokio::test]
async fn names_and_guids_of_tenants_are_unique() {
    let world = World::new().await;
    let contoso = world.tenant_id(CONTOSO).await;
    for params in [
        json!({"name": "Contoso.OnMicrosoft.com", "adminAddress": "a@b.example"}),
        json!({"name": "fabrikam.example", "adminAddress": "a@b.example"}),
        json!({"name": NEW, "adminAddress": "a@b.example", "tenantId": contoso.to_uppercase()}),
    ] {
        world
            .refused("root", "tenant.create", params, "alreadyExists")
            .await;
    }
    let taken = json!({"tenant": CONTOSO, "name": NORTHWIND});
    world
        .refused("root", "tenant.update", taken, "alreadyExists")
        .await;
    let renamed = json!({"tenant": CONTOSO, "name": "Contoso.example"});
    let renamed = world.ok("root", "tenant.update", renamed).await;
    assert_eq!(renamed["tenant"]["name"], "contoso.example");
    assert_eq!(renamed["tenant"]["tenantId"], contoso.as_str());
    world
        .refused("root", "tenant.get", json!({"tenant": CONTOSO}), "notFound")
        .await;
    world
        .ok("root", "tenant.get", json!({"tenant": "contoso.example"}))
        .await;
    // It is about both, so it stands in both logs.
    for who in ["root", "ada"] {
        assert_eq!(times(&world, who, "LockboxTenantUpdated").await, 1, "{who}");
    }
}

#[tokio::test]
async fn suspending_revokes_live_grants_and_closes_only_what_leads_to_access() {
    let world = World::new().await;
    let live = [world.approved().await, world.approved().await];
    let pending = world.pending().await;
    let denied = world.pending().await;
    let fresh = world.submit().await;
    let elsewhere = world.submit_as("eve", json!({"tenant": NORTHWIND})).await;
    let id = |request: &Value, decision: &str| json!({"requestId": request["identity"], "decision": decision});
    world
        .ok("max", "request.review", id(&elsewhere, "Approve"))
        .await;
    world
        .ok("nora", "request.decide", id(&elsewhere, "Approve"))
        .await;

    let suspend = json!({"tenant": CONTOSO, "reason": "Unpaid"});
    let suspended = world.ok("root", "tenant.suspend", suspend.clone()).await;
    assert_eq!(suspended["tenant"]["state"], "Suspended");
    assert_eq!(suspended["revokedGrants"], 2);
    let state = async |request: &Value| {
        let params = json!({"requestId": request["identity"]});
        world.ok("max", "request.get", params).await["request"]["state"].clone()
    };
    for request in &live {
        assert_eq!(state(request).await, "Revoked");
    }
    assert_eq!(state(&pending).await, "Pending");
    assert_eq!(state(&elsewhere).await, "Approved");
    assert_eq!(times(&world, "ada", "LockboxAccessRevoked").await, 2);
    for who in ["root", "ada"] {
        assert_eq!(
            times(&world, who, "LockboxTenantSuspended").await,
            1,
            "{who}"
        );
    }
    let again = world.ok("root", "tenant.suspend", suspend).await;
    assert_eq!(again["revokedGrants"], 0);
    assert_eq!(times(&world, "ada", "LockboxTenantSuspended").await, 1);

    let code = "tenantSuspended";
    world
        .refused("eve", "request.submit", request(CONTOSO), code)
        .await;
    world
        .refused("max", "request.review", id(&fresh, "Approve"), code)
        .await;
    world
        .refused("anna", "request.decide", id(&pending, "Approve"), code)
        .await;
    let check = json!({"tenant": CONTOSO, "engineer": "eve@fabrikam.example"});
    let check = world.ok("gate", "grant.check", check).await;
    assert_eq!(check["allowed"], false);
    // Reads, Deny, Cancel and export work, and deadlines run on.
    world
        .ok("anna", "request.decide", id(&denied, "Deny"))
        .await;
    world.ok("anna", "request.list", json!({})).await;
    world
        .ok("ada", "audit.export", json!({"format": "jsonl"}))
        .await;
    world
        .ok(
            "eve",
            "request.withdraw",
            json!({"requestId": fresh["identity"]}),
        )
        .await;
    world.pass(12 * 3_600);
    assert_eq!(state(&pending).await, "Expired");

    // Resuming revives nothing.
    let resumed = world
        .ok("root", "tenant.resume", json!({"tenant": CONTOSO}))
        .await;
    assert_eq!(resumed["tenant"]["state"], "Active");
    for request in &live {
        assert_eq!(state(request).await, "Revoked");
    }
    world.ok("eve", "request.submit", request(CONTOSO)).await;
}

#[tokio::test]
async fn a_tenant_that_is_suspended_before_its_claim_stays_closed_after_it() {
    let world = World::new().await;
    let made = created(&world).await;
    let suspend = json!({"tenant": NEW, "reason": "Fraud"});
    world.ok("root", "tenant.suspend", suspend.clone()).await;
    let resumed = world
        .ok("root", "tenant.resume", json!({"tenant": NEW}))
        .await;
    assert_eq!(resumed["tenant"]["state"], "Unclaimed");
    world.ok("root", "tenant.suspend", suspend).await;
    let claimed = world
        .ok("", "tenant.claim", json!({"code": made["claimCode"]}))
        .await;
    assert_eq!(claimed["tenant"]["state"], "Suspended");
    world
        .refused("eve", "request.submit", request(NEW), "tenantSuspended")
        .await;
}

#[tokio::test]
async fn recovery_is_loud_at_once_and_effective_after_a_day() {
    let mut world = World::new().await;
    world
        .person("ada", "ann", "ann@contoso.com", "SecurityReader")
        .await;
    let invited = world
        .ok(
            "ada",
            "principal.invite",
            json!({"principal": "ann@contoso.com"}),
        )
        .await;
    created(&world).await;
    let services = world.rpc.services();
    let unclaimed = services.recover_tenant(NEW, "rosa@contoso.com").await;
    assert_eq!(unclaimed.unwrap_err().code(), "tenantNotClaimed");
    let unknown = services
        .recover_tenant("fabrikam.example", "rosa@contoso.com")
        .await;
    assert_eq!(unknown.unwrap_err().code(), "notFound");

    let recovered = services
        .recover_tenant(CONTOSO, "Rosa@contoso.com")
        .await
        .unwrap();
    // Every token and every code of the tenant has ended; nobody else's has.
    for who in ["ada", "anna", "ben", "sam", "ann", "bot"] {
        world
            .refused(who, "session.whoami", json!({}), "tokenRevoked")
            .await;
    }
    world.ok("nora", "session.whoami", json!({})).await;
    let enroll = json!({"code": invited["enrolmentCode"]});
    world
        .refused("", "principal.enroll", enroll, "codeInvalid")
        .await;
    assert_eq!(times(&world, "root", "LockboxTenantRecovered").await, 1);
    world
        .refused(
            "root",
            "tenant.invite",
            json!({"tenant": CONTOSO}),
            "wrongState",
        )
        .await;

    let claim = json!({"code": recovered.code.secret.reveal()});
    world.pass(24 * 3_600 - 1);
    world
        .refused("", "tenant.claim", claim.clone(), "codeInvalid")
        .await;
    world.pass(1);
    let claimed = world.ok("", "tenant.claim", claim.clone()).await;
    assert_eq!(claimed["principal"]["address"], "rosa@contoso.com");
    assert_eq!(
        claimed["principal"]["roles"][0]["role"],
        "GlobalAdministrator"
    );
    world
        .refused("", "tenant.claim", claim, "codeInvalid")
        .await;
    world.remember("rosa", &claimed["token"]);
    assert_eq!(times(&world, "rosa", "LockboxTenantRecovered").await, 1);
    // She can call her colleagues back; an administrator of before keeps her role.
    let ada = json!({"principal": "ada@contoso.onmicrosoft.com"});
    let invited = world.ok("rosa", "principal.invite", ada).await;
    let enrolled = world
        .ok(
            "",
            "principal.enroll",
            json!({"code": invited["enrolmentCode"]}),
        )
        .await;
    assert_eq!(
        enrolled["principal"]["roles"][0]["role"],
        "GlobalAdministrator"
    );
}

#[tokio::test]
async fn recovery_can_name_somebody_who_is_there() {
    let world = World::new().await;
    let disable = json!({"principal": "sam@contoso.com"});
    world.ok("ada", "principal.disable", disable).await;
    for address in ["sam@contoso.com", "ada@contoso.onmicrosoft.com"] {
        let recovered = world
            .rpc
            .services()
            .recover_tenant(CONTOSO, address)
            .await
            .unwrap();
        world.pass(24 * 3_600);
        let claim = json!({"code": recovered.code.secret.reveal()});
        let claimed = world.ok("", "tenant.claim", claim).await;
        assert_eq!(claimed["principal"]["enabled"], true);
        let held: Vec<&Value> = claimed["principal"]["roles"]
            .as_array()
            .unwrap()
            .iter()
            .map(|held| &held["role"])
            .filter(|role| *role == "GlobalAdministrator")
            .collect();
        assert_eq!(held.len(), 1);
    }
}

#[tokio::test]
async fn tenants_are_listed_by_name_page_by_page() {
    let world = World::new().await;
    created(&world).await;
    let page = world
        .ok("root", "tenant.list", json!({"pageSize": 2}))
        .await;
    assert_eq!(page["tenants"][0]["name"], CONTOSO);
    assert_eq!(page["tenants"][1]["name"], NORTHWIND);
    let rest = json!({"pageSize": 2, "cursor": page["nextCursor"]});
    let page = world.ok("root", "tenant.list", rest).await;
    assert_eq!(page["tenants"][0]["name"], NEW);
    assert_eq!(page["nextCursor"], Value::Null);
    let page = world
        .ok("root", "tenant.list", json!({"state": "Unclaimed"}))
        .await;
    assert_eq!(page["tenants"].as_array().unwrap().len(), 1);
}
