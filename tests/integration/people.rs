//! People and robots: who counts as whom, and what ends with them.

use crate::world::{CONTOSO, NORTHWIND, World};
use serde_json::{Value, json};

/// How often an act stands in somebody's log.
async fn times(world: &World, who: &str, operation: &str) -> usize {
    let log = world.operations(who).await;
    log.iter().filter(|name| *name == operation).count()
}

async fn state(world: &World, request: &Value) -> Value {
    let params = json!({"requestId": request["identity"]});
    world.ok("max", "request.get", params).await["request"]["state"].clone()
}

#[tokio::test]
async fn equal_keys_are_one_person_in_every_organization() {
    let mut world = World::new().await;
    // The same address, however it is written, in the provider.
    let address = format!("ADA@{}", CONTOSO.to_uppercase());
    world
        .person("root", "ada2", &address, "SupportEngineer")
        .await;
    world
        .person("root", "anna2", "Anna@Contoso.com", "SupportManager")
        .await;
    world
        .ok("ada", "policy.put", json!({"automaticApproval": true}))
        .await;
    let asked = world.submit_as("ada2", json!({})).await;
    let review = json!({"requestId": asked["identity"], "decision": "Approve"});
    world.ok("anna2", "request.review", review).await;
    let decide = |decision: &str| json!({"requestId": asked["identity"], "decision": decision});
    // The requester herself, her robot, and the reviewer.
    for who in ["ada", "bot", "anna"] {
        world
            .refused(
                who,
                "request.decide",
                decide("Approve"),
                "separationOfDuties",
            )
            .await;
    }
    assert_eq!(state(&world, &asked).await, "Pending");
    // The safe direction is open to her, and somebody else may approve.
    let other = world.submit_as("ada2", json!({})).await;
    let review = json!({"requestId": other["identity"], "decision": "Approve"});
    world.ok("max", "request.review", review).await;
    let deny = json!({"requestId": other["identity"], "decision": "Deny"});
    world.ok("ada", "request.decide", deny).await;
    world.ok("ben", "request.decide", decide("Approve")).await;
}

#[tokio::test]
async fn a_robot_reviews_as_its_owner() {
    let mut world = World::new().await;
    let made = world
        .ok(
            "root",
            "principal.create",
            json!({
                "kind": "robot", "displayName": "reviewer", "owner": "eve@fabrikam.example",
                "roles": [{"role": "SupportManager"}],
            }),
        )
        .await;
    world.remember("reviewer", &made["token"]);
    let asked = world.submit().await;
    let review = |decision: &str| json!({"requestId": asked["identity"], "decision": decision});
    world
        .refused(
            "reviewer",
            "request.review",
            review("Approve"),
            "separationOfDuties",
        )
        .await;
    world
        .ok("reviewer", "request.review", review("Reject"))
        .await;
}

#[tokio::test]
async fn a_robot_is_owned_by_an_enabled_person_of_its_organization() {
    let world = World::new().await;
    let create =
        |name: &str, owner: Value| json!({"kind": "robot", "displayName": name, "owner": owner});
    let mine = world
        .ok(
            "ada",
            "principal.create",
            json!({"kind": "robot", "displayName": "mine"}),
        )
        .await;
    let ada = world.ok("ada", "session.whoami", json!({})).await["principal"].clone();
    assert_eq!(mine["principal"]["owner"], ada["principalId"]);
    for (owner, code) in [
        ("bot", "invalidParams"),
        ("nora@northwind.onmicrosoft.com", "notFound"),
        ("nobody@contoso.com", "notFound"),
    ] {
        world
            .refused("ada", "principal.create", create("its", json!(owner)), code)
            .await;
    }
    let ben = json!({"principal": "ben@contoso.com"});
    world.ok("ada", "principal.disable", ben).await;
    world
        .refused(
            "ada",
            "principal.create",
            create("his", json!("ben@contoso.com")),
            "invalidParams",
        )
        .await;
    // A robot's name cannot be taken for a person.
    for name in ["ceo@contoso.com", "0f0f0f0f-0f0f-4f0f-8f0f-0f0f0f0f0f0f"] {
        let params = json!({"kind": "robot", "displayName": name});
        let error = world
            .refused("ada", "principal.create", params, "invalidParams")
            .await;
        assert_eq!(error["pointer"], "/displayName");
    }
}

#[tokio::test]
async fn disabling_ends_requests_grants_tokens_and_codes_in_one_change() {
    let world = World::new().await;
    let live = world.approved().await;
    let pending = world.pending().await;
    let fresh = world.submit().await;
    let others = world.submit_as("ed", json!({})).await;
    let eve = json!({"principal": "eve@fabrikam.example", "reason": "Left"});
    let ended = world.ok("root", "principal.disable", eve.clone()).await;
    assert_eq!(ended["principal"]["enabled"], false);
    assert_eq!(ended["withdrawnRequests"], 2);
    assert_eq!(ended["revokedGrants"], 1);
    assert_eq!(state(&world, &live).await, "Revoked");
    assert_eq!(state(&world, &pending).await, "Withdrawn");
    assert_eq!(state(&world, &fresh).await, "Withdrawn");
    assert_eq!(state(&world, &others).await, "InternalReview");

    // One record each, in the log where the request's acts stand.
    assert_eq!(times(&world, "root", "LockboxPrincipalDisabled").await, 1);
    assert_eq!(times(&world, "root", "LockboxRequestWithdrawn").await, 1);
    assert_eq!(times(&world, "ada", "LockboxRequestWithdrawn").await, 1);
    assert_eq!(times(&world, "ada", "LockboxAccessRevoked").await, 1);
    // All in one change: nothing stands between them.
    let log = world.operations("root").await;
    let at = log
        .iter()
        .position(|name| name == "LockboxPrincipalDisabled")
        .unwrap();
    assert_eq!(log[at + 1], "LockboxRequestWithdrawn");

    let again = world.ok("root", "principal.disable", eve.clone()).await;
    assert_eq!(again["withdrawnRequests"], 0);
    assert_eq!(times(&world, "root", "LockboxPrincipalDisabled").await, 1);
    world
        .refused("eve", "session.whoami", json!({}), "tokenRevoked")
        .await;

    // Enabling revives nothing.
    let enabled = world
        .ok(
            "root",
            "principal.enable",
            json!({"principal": "eve@fabrikam.example"}),
        )
        .await;
    assert_eq!(enabled["principal"]["enabled"], true);
    assert_eq!(enabled["takenOver"], false);
    assert_eq!(enabled["token"], Value::Null);
    world
        .refused("eve", "session.whoami", json!({}), "tokenRevoked")
        .await;
    assert_eq!(state(&world, &live).await, "Revoked");
    assert_eq!(state(&world, &pending).await, "Withdrawn");
    let check = json!({"tenant": CONTOSO, "engineer": "eve@fabrikam.example"});
    let check = world.ok("gate", "grant.check", check).await;
    assert_eq!(check["allowed"], false);
}

#[tokio::test]
async fn a_code_dies_with_the_one_who_is_disabled() {
    let world = World::new().await;
    let made = world
        .ok(
            "ada",
            "principal.create",
            json!({"kind": "person", "address": "new@contoso.com", "displayName": "New"}),
        )
        .await;
    let code = json!({"code": made["enrolmentCode"]});
    let new = json!({"principal": "new@contoso.com"});
    world.ok("ada", "principal.disable", new.clone()).await;
    world
        .refused("", "principal.enroll", code.clone(), "codeInvalid")
        .await;
    world
        .refused("ada", "principal.invite", new.clone(), "wrongState")
        .await;
    world.ok("ada", "principal.enable", new.clone()).await;
    world
        .refused("", "principal.enroll", code, "codeInvalid")
        .await;
    let invited = world.ok("ada", "principal.invite", new).await;
    world
        .ok(
            "",
            "principal.enroll",
            json!({"code": invited["enrolmentCode"]}),
        )
        .await;
}

#[tokio::test]
async fn a_robot_stops_with_its_owner_until_it_is_taken_over() {
    let mut world = World::new().await;
    let made = world
        .ok(
            "root",
            "principal.create",
            json!({
                "kind": "robot", "displayName": "probe", "owner": "ed@fabrikam.example",
                "roles": [{"role": "SupportEngineer"}],
            }),
        )
        .await;
    world.remember("probe", &made["token"]);
    let live = world.submit_as("probe", json!({})).await;
    let id = json!({"requestId": live["identity"], "decision": "Approve"});
    world.ok("max", "request.review", id.clone()).await;
    world.ok("anna", "request.decide", id).await;
    world.submit_as("probe", json!({})).await;
    world.submit_as("ed", json!({})).await;
    let check = json!({"tenant": CONTOSO, "engineer": "probe"});
    let before = world.ok("gate", "grant.check", check.clone()).await;
    assert_eq!(before["allowed"], true);

    let ed = json!({"principal": "ed@fabrikam.example"});
    let ended = world.ok("root", "principal.disable", ed.clone()).await;
    assert_eq!(ended["withdrawnRequests"], 2);
    assert_eq!(ended["revokedGrants"], 1);
    assert_eq!(times(&world, "root", "LockboxPrincipalStopped").await, 1);
    let after = world.ok("gate", "grant.check", check).await;
    assert_eq!(after["allowed"], false);
    let probe = json!({"principal": "probe"});
    let stopped = |world: World| async {
        let seen = world
            .ok("root", "principal.get", json!({"principal": "probe"}))
            .await;
        assert_eq!(seen["principal"]["stopped"], true);
        assert_eq!(seen["principal"]["enabled"], true);
        world
            .refused("probe", "session.whoami", json!({}), "unauthenticated")
            .await;
        world
            .refused(
                "root",
                "token.issue",
                json!({"principal": "probe"}),
                "wrongState",
            )
            .await;
        world
    };
    let world = stopped(world).await;
    // Enabling its owner revives nothing.
    world.ok("root", "principal.enable", ed).await;
    let mut world = stopped(world).await;

    let taken = world.ok("root", "principal.enable", probe.clone()).await;
    assert_eq!(taken["takenOver"], true);
    assert_eq!(taken["principal"]["stopped"], false);
    let root = world.ok("root", "session.whoami", json!({})).await["principal"].clone();
    assert_eq!(taken["principal"]["owner"], root["principalId"]);
    assert_eq!(times(&world, "root", "LockboxPrincipalTakenOver").await, 1);
    world
        .refused("probe", "session.whoami", json!({}), "tokenRevoked")
        .await;
    world.remember("probe", &taken["token"]);
    world.ok("probe", "session.whoami", json!({})).await;
    assert_eq!(state(&world, &live).await, "Revoked");
    let again = world.ok("root", "principal.enable", probe).await;
    assert_eq!(again["takenOver"], false);
    assert_eq!(again["token"], Value::Null);
}

#[tokio::test]
async fn a_disabled_robot_needs_a_new_token_when_it_is_enabled() {
    let mut world = World::new().await;
    let bot = json!({"principal": "bot"});
    world.ok("ada", "principal.disable", bot.clone()).await;
    world
        .refused("ada", "token.issue", bot.clone(), "wrongState")
        .await;
    world.ok("ada", "principal.enable", bot.clone()).await;
    world
        .refused("bot", "session.whoami", json!({}), "tokenRevoked")
        .await;
    let issued = world.ok("ada", "token.issue", bot).await;
    world.remember("bot", &issued["token"]);
    world.ok("bot", "session.whoami", json!({})).await;
}

#[tokio::test]
async fn the_last_administrator_stays_and_only_persons_count() {
    let mut world = World::new().await;
    for (who, address, role) in [
        ("ada", "ada@contoso.onmicrosoft.com", "GlobalAdministrator"),
        ("root", "root@fabrikam.example", "ProviderAdministrator"),
    ] {
        let me = json!({"principal": address});
        let remove = json!({"principal": address, "role": role});
        let stays = async |world: &World| {
            world
                .refused(who, "principal.disable", me.clone(), "lastAdministrator")
                .await;
            world
                .refused(who, "role.remove", remove.clone(), "lastAdministrator")
                .await;
        };
        stays(&world).await;
        let robot = format!("{who}-robot");
        world.robot(who, &robot, role).await;
        stays(&world).await;
        let second = format!("{who}2");
        let second_address = format!("{second}@second.example");
        world.person(who, &second, &second_address, role).await;
        let disabled = json!({"principal": second_address});
        world.ok(who, "principal.disable", disabled.clone()).await;
        stays(&world).await;
        world.ok(who, "principal.enable", disabled).await;
        world.ok(who, "role.remove", remove.clone()).await;
        world
            .refused(who, "principal.list", json!({}), "forbidden")
            .await;
    }
}

#[tokio::test]
async fn of_two_administrators_who_remove_each_other_one_stays() {
    let mut world = World::new().await;
    world
        .person("ada", "ada2", "ada2@contoso.com", "GlobalAdministrator")
        .await;
    let remove = |address: &str| json!({"principal": address, "role": "GlobalAdministrator"});
    let (one, other) = tokio::join!(
        world.call("ada", "role.remove", remove("ada2@contoso.com")),
        world.call("ada2", "role.remove", remove("ada@contoso.onmicrosoft.com")),
    );
    assert!(one.is_ok() != other.is_ok(), "{one:?} {other:?}");
    let left = if one.is_ok() { "ada" } else { "ada2" };
    let admins = world
        .ok(
            left,
            "principal.list",
            json!({"role": "GlobalAdministrator"}),
        )
        .await;
    assert_eq!(admins["principals"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn whoever_runs_a_side_runs_all_of_it() {
    let world = World::new().await;
    let contoso = world.tenant_id(CONTOSO).await;
    for (who, principal, role, scope) in [
        (
            "ada",
            "anna@contoso.com",
            "GlobalAdministrator",
            format!("/tenants/{contoso}/services/Exchange"),
        ),
        (
            "ada",
            "anna@contoso.com",
            "SecurityReader",
            "/tenants".to_owned(),
        ),
        (
            "root",
            "max@fabrikam.example",
            "ProviderAdministrator",
            "/tenants".to_owned(),
        ),
        (
            "root",
            "max@fabrikam.example",
            "SupportEngineer",
            "/provider".to_owned(),
        ),
        (
            "root",
            "max@fabrikam.example",
            "SupportEngineer",
            "/tenants/".to_owned() + CONTOSO + "/rooms/1",
        ),
    ] {
        let params = json!({"principal": principal, "role": role, "scope": scope});
        let error = world
            .refused(who, "role.assign", params.clone(), "invalidParams")
            .await;
        assert_eq!(error["pointer"], "/scope", "{params}");
    }
    let other_side = json!({"principal": "anna@contoso.com", "role": "SupportManager"});
    let error = world
        .refused("ada", "role.assign", other_side, "invalidParams")
        .await;
    assert_eq!(error["pointer"], "/role");
    let create = json!({
        "kind": "person", "address": "x@contoso.com", "displayName": "X",
        "roles": [{"role": "SecurityReader"}, {"role": "SupportManager"}],
    });
    let error = world
        .refused("ada", "principal.create", create, "invalidParams")
        .await;
    assert_eq!(error["pointer"], "/roles/1/role");
}

#[tokio::test]
async fn a_role_is_held_once_however_its_scope_is_written() {
    let world = World::new().await;
    let assign = |scope: &str| json!({"principal": "sam@contoso.com", "role": "SecurityReader", "scope": scope});
    let first = world
        .ok(
            "ada",
            "role.assign",
            assign(&format!("/tenants/{CONTOSO}/services/Exchange")),
        )
        .await;
    let again = world
        .ok(
            "ada",
            "role.assign",
            assign(&format!(
                "/tenants/{}/services/EXCHANGE",
                CONTOSO.to_uppercase()
            )),
        )
        .await;
    assert_eq!(first["assignment"], again["assignment"]);
    assert_eq!(times(&world, "ada", "LockboxRoleAssigned").await, 5);
    let twice = json!({
        "kind": "person", "address": "twice@contoso.com", "displayName": "Twice",
        "roles": [{"role": "SecurityReader"}, {"role": "SecurityReader", "scope": format!("/tenants/{CONTOSO}")}],
    });
    let made = world.ok("ada", "principal.create", twice).await;
    assert_eq!(made["principal"]["roles"].as_array().unwrap().len(), 1);
    let remove = assign(&format!("/tenants/{CONTOSO}/services/exchange"));
    let removed = world.ok("ada", "role.remove", remove.clone()).await;
    assert_eq!(removed["removed"], true);
    let removed = world.ok("ada", "role.remove", remove).await;
    assert_eq!(removed["removed"], false);
}

#[tokio::test]
async fn a_role_takes_with_it_what_stood_on_it_and_nothing_else() {
    let mut world = World::new().await;
    world
        .person("root", "una", "una@fabrikam.example", "SupportManager")
        .await;
    let role = |tenant: &str| {
        json!({
            "principal": "una@fabrikam.example", "role": "SupportEngineer",
            "scope": format!("/tenants/{tenant}"),
        })
    };
    for tenant in [CONTOSO, NORTHWIND] {
        world.ok("root", "role.assign", role(tenant)).await;
    }
    let mut asked = Vec::new();
    for (tenant, approver) in [(CONTOSO, "anna"), (NORTHWIND, "nora")] {
        let live = world.submit_as("una", json!({"tenant": tenant})).await;
        let id = json!({"requestId": live["identity"], "decision": "Approve"});
        world.ok("max", "request.review", id.clone()).await;
        world.ok(approver, "request.decide", id).await;
        let open = world.submit_as("una", json!({"tenant": tenant})).await;
        asked.push((live, open));
    }
    // Another role changes nothing.
    let manager = json!({"principal": "una@fabrikam.example", "role": "SupportManager"});
    let removed = world.ok("root", "role.remove", manager).await;
    assert_eq!(removed["withdrawnRequests"], 0);
    assert_eq!(removed["revokedGrants"], 0);

    let removed = world.ok("root", "role.remove", role(CONTOSO)).await;
    assert_eq!(removed["removed"], true);
    assert_eq!(removed["withdrawnRequests"], 1);
    assert_eq!(removed["revokedGrants"], 1);
    assert_eq!(state(&world, &asked[0].0).await, "Revoked");
    assert_eq!(state(&world, &asked[0].1).await, "Withdrawn");
    assert_eq!(state(&world, &asked[1].0).await, "Approved");
    assert_eq!(state(&world, &asked[1].1).await, "InternalReview");
    assert_eq!(times(&world, "ada", "LockboxAccessRevoked").await, 1);
    assert_eq!(times(&world, "nora", "LockboxAccessRevoked").await, 0);
    assert_eq!(times(&world, "root", "LockboxRequestWithdrawn").await, 1);
    world.ok("root", "role.assign", role(CONTOSO)).await;
    assert_eq!(state(&world, &asked[0].0).await, "Revoked");
}

#[tokio::test]
async fn a_wider_role_that_remains_keeps_the_requests() {
    let world = World::new().await;
    let narrow = json!({
        "principal": "eve@fabrikam.example", "role": "SupportEngineer",
        "scope": format!("/tenants/{CONTOSO}"),
    });
    world.ok("root", "role.assign", narrow.clone()).await;
    let live = world.approved().await;
    let removed = world.ok("root", "role.remove", narrow).await;
    assert_eq!(removed["revokedGrants"], 0);
    assert_eq!(state(&world, &live).await, "Approved");
}

#[tokio::test]
async fn a_code_counts_once_for_seven_days_until_a_newer_one() {
    let world = World::new().await;
    let made = world
        .ok(
            "ada",
            "principal.create",
            json!({"kind": "person", "address": "new@contoso.com", "displayName": "New"}),
        )
        .await;
    let invite = json!({"principal": "NEW@contoso.com"});
    let newer = world.ok("ada", "principal.invite", invite.clone()).await;
    let enroll = |code: &Value| json!({"code": code});
    let refused = async |code: &Value| {
        world
            .refused("", "principal.enroll", enroll(code), "codeInvalid")
            .await
    };
    refused(&made["enrolmentCode"]).await;
    // A code of one kind opens no door of the other.
    world
        .refused(
            "",
            "tenant.claim",
            enroll(&newer["enrolmentCode"]),
            "codeInvalid",
        )
        .await;
    world.pass(7 * 24 * 3_600);
    refused(&newer["enrolmentCode"]).await;

    let last = world.ok("ada", "principal.invite", invite).await;
    world.pass(7 * 24 * 3_600 - 1);
    let enrolled = world
        .ok("", "principal.enroll", enroll(&last["enrolmentCode"]))
        .await;
    assert_eq!(enrolled["organization"]["name"], CONTOSO);
    assert_eq!(enrolled["principal"]["address"], "new@contoso.com");
    refused(&last["enrolmentCode"]).await;
    refused(&json!("enroll-0000")).await;
    // A robot gets no code.
    world
        .refused(
            "ada",
            "principal.invite",
            json!({"principal": "bot"}),
            "wrongState",
        )
        .await;
}

#[tokio::test]
async fn one_code_redeemed_twice_at_once_gives_one_token() {
    let world = World::new().await;
    let code = async || {
        let invite = json!({"principal": "anna@contoso.com"});
        world.ok("ada", "principal.invite", invite).await["enrolmentCode"].clone()
    };
    let params = json!({"code": code().await});
    let (one, other) = tokio::join!(
        world.call("", "principal.enroll", params.clone()),
        world.call("", "principal.enroll", params.clone()),
    );
    assert!(one.is_ok() != other.is_ok(), "{one:?} {other:?}");

    // With a key both get the answer, and one of them the secret.
    let params = json!({"code": code().await, "idempotencyKey": "k"});
    let (one, other) = tokio::join!(
        world.call("", "principal.enroll", params.clone()),
        world.call("", "principal.enroll", params.clone()),
    );
    let (one, other) = (one.unwrap(), other.unwrap());
    assert_eq!(one["tokenId"], other["tokenId"]);
    assert_eq!(one["expirationDate"], other["expirationDate"]);
    let shown: Vec<&Value> = [&one, &other]
        .into_iter()
        .filter(|answer| answer["secretAlreadyShown"] == false)
        .collect();
    assert_eq!(shown.len(), 1);
    let secret = shown[0]["token"].as_str().unwrap();
    world
        .call_with(Some(secret), "session.whoami", json!({}))
        .await
        .unwrap();
}

#[tokio::test]
async fn a_secret_is_shown_once_however_often_the_call_is_repeated() {
    let world = World::new().await;
    let ed = json!({"principal": "ed@fabrikam.example"});
    let robot = json!({
        "kind": "robot", "displayName": "probe", "owner": "ed@fabrikam.example",
        "idempotencyKey": "k",
    });
    let person = json!({
        "kind": "person", "address": "p@fabrikam.example", "displayName": "P",
        "idempotencyKey": "k2",
    });
    let repeated = async |method: &str, params: Value, secret: &str| {
        let first = world.ok("root", method, params.clone()).await;
        assert_eq!(first["replayed"], false, "{method}");
        assert_eq!(first["secretAlreadyShown"], false, "{method}");
        assert!(first[secret].is_string(), "{method}");
        world.pass(3_600);
        let mut again = world.ok("root", method, params).await;
        assert_eq!(again["replayed"], true, "{method}");
        assert_eq!(again["secretAlreadyShown"], true, "{method}");
        assert_eq!(again[secret], Value::Null, "{method}");
        // All but the secret is the same.
        again["replayed"] = false.into();
        again["secretAlreadyShown"] = false.into();
        again[secret] = first[secret].clone();
        assert_eq!(again, first, "{method}");
    };
    repeated("principal.create", robot, "token").await;
    repeated("principal.create", person, "enrolmentCode").await;
    let invite = json!({"principal": "p@fabrikam.example", "idempotencyKey": "k"});
    repeated("principal.invite", invite, "enrolmentCode").await;
    world.ok("root", "principal.disable", ed).await;
    let take_over = json!({"principal": "probe", "idempotencyKey": "k"});
    repeated("principal.enable", take_over, "token").await;
    assert_eq!(times(&world, "root", "LockboxPrincipalTakenOver").await, 1);
}

#[tokio::test]
async fn an_address_and_a_name_are_taken_once() {
    let world = World::new().await;
    let person = json!({"kind": "person", "address": "Anna@CONTOSO.com", "displayName": "A"});
    world
        .refused("ada", "principal.create", person.clone(), "alreadyExists")
        .await;
    let robot = json!({"kind": "robot", "displayName": "BOT"});
    world
        .refused("ada", "principal.create", robot, "alreadyExists")
        .await;
    // Another organization's are its own affair.
    world.ok("nora", "principal.create", person).await;
    // People are found by id, by address, and robots by name.
    let bot = world
        .ok("ada", "principal.get", json!({"principal": "Bot"}))
        .await["principal"]
        .clone();
    let by_id = json!({"principal": bot["principalId"]});
    assert_eq!(
        world.ok("ada", "principal.get", by_id).await["principal"],
        bot
    );
}

#[tokio::test]
async fn principals_are_listed_page_by_page_each_once() {
    let world = World::new().await;
    let mut seen = Vec::new();
    let mut params = json!({"pageSize": 2, "kind": "person"});
    loop {
        let page = world.ok("ada", "principal.list", params.clone()).await;
        let found = page["principals"].as_array().unwrap();
        assert!(found.len() <= 2);
        seen.extend(
            found
                .iter()
                .map(|one| one["address"].as_str().unwrap().to_owned()),
        );
        if page["nextCursor"].is_null() {
            break;
        }
        params["cursor"] = page["nextCursor"].clone();
    }
    seen.sort();
    assert_eq!(
        seen,
        [
            "ada@contoso.onmicrosoft.com",
            "anna@contoso.com",
            "ben@contoso.com",
            "sam@contoso.com"
        ]
    );
}
