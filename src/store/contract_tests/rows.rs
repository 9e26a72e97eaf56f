//! Every kind of row is written and read back as it is.

use super::Harness;
use super::fixtures::{World, applied, assignment, code, dawn, organization, person, robot, token};
use crate::clock::{Clock, When};
use crate::domain::organization::{OrgKind, Organization, Settings};
use crate::domain::people::{Principal, Token};
use crate::domain::request::{Decision, Request, State, Terms};
use crate::domain::scope::{Role, Scope};
use crate::ids::GrantId;
use crate::store::{CommitError, Count, OrgRef, PrincipalRef, RequestRef, RowWrite};

pub(crate) async fn organizations_and_settings<H: Harness>() {
    let world = World::<H>::new().await;
    let store = &world.store;
    let by = |which| async move { store.organization(which).await.unwrap() };
    assert_eq!(
        store.provider().await.unwrap(),
        Some(world.provider.clone())
    );
    let tenant = Some(world.tenant.clone());
    assert_eq!(by(OrgRef::Id(world.tenant.id)).await, tenant);
    assert_eq!(
        by(OrgRef::Name("Contoso.OnMicrosoft.com".to_owned())).await,
        tenant
    );
    assert_eq!(by(OrgRef::Name("contoso".to_owned())).await, None);
    let changed = Organization {
        name: "contoso.example".to_owned(),
        display_name: Some("Contoso".to_owned()),
        ..world.tenant.clone()
    };
    let settings = Settings {
        hours_to_answer: 24,
        ..Settings::new(world.tenant.id, dawn())
    };
    applied(
        world
            .commit(world.change(vec![
                RowWrite::UpdateOrganization(Box::new(changed.clone())),
                RowWrite::PutSettings(Box::new(settings.clone())),
                RowWrite::PutSettings(Box::new(Settings::new(world.provider.id, dawn()))),
            ]))
            .await,
    );
    let changed = Some(Organization {
        version: 2,
        ..changed
    });
    assert_eq!(by(OrgRef::Id(world.tenant.id)).await, changed);
    assert_eq!(
        by(OrgRef::Name("contoso.example".to_owned())).await,
        changed
    );
    assert_eq!(by(OrgRef::Name(world.tenant.name.clone())).await, None);
    let found = |org| async move { store.settings(org).await.unwrap() };
    let settings = Settings {
        version: 2,
        ..settings
    };
    assert_eq!(found(world.tenant.id).await, Some(settings));
    let fresh = Settings::new(world.provider.id, dawn());
    assert_eq!(found(world.provider.id).await, Some(fresh));
    // What is not there cannot be changed.
    let ghost = organization(OrgKind::Tenant, "ghost.example");
    let write = RowWrite::UpdateOrganization(Box::new(ghost));
    let answer = world.commit(world.change(vec![write])).await;
    assert!(
        matches!(answer, Err(CommitError::Internal(_))),
        "{answer:?}"
    );
}

pub(crate) async fn principals_and_roles<H: Harness>() {
    let world = World::<H>::new().await;
    let tenant = world.tenant.id;
    let bot = robot(&world.tenant, "Night Pipeline", &world.admin);
    let changed = Principal {
        enabled: false,
        citizenship: Some("SE".to_owned()),
        ..world.deputy.clone()
    };
    let service = Scope::Service(tenant, "Exchange".to_owned());
    let role = crate::domain::people::Assignment {
        scope: service.clone(),
        ..assignment(&bot, Role::CustomerLockboxAccessApprover)
    };
    applied(
        world
            .commit(world.change(vec![
                RowWrite::InsertPrincipal(Box::new(bot.clone())),
                RowWrite::InsertAssignment(Box::new(role.clone())),
                RowWrite::UpdatePrincipal(Box::new(changed.clone())),
            ]))
            .await,
    );
    let find = |which| async { world.store.principal(tenant, which).await.unwrap() };
    let label = |text: &str| PrincipalRef::Label(text.to_owned());
    assert_eq!(find(PrincipalRef::Id(bot.id)).await, Some(bot.clone()));
    assert_eq!(find(label("night pipeline")).await, Some(bot.clone()));
    assert_eq!(
        find(label("DEPUTY@contoso.com")).await,
        Some(Principal {
            version: 2,
            ..changed
        })
    );
    assert_eq!(
        find(label("Somebody")).await,
        None,
        "a person is not found by its name"
    );
    let anywhere = world.store.principal_anywhere(bot.id).await.unwrap();
    assert_eq!(anywhere, Some(bot.clone()));
    let nobody = crate::ids::PrincipalId::new();
    let anywhere = world.store.principal_anywhere(nobody).await.unwrap();
    assert_eq!(anywhere, None);
    let robots = world.store.robots_of(tenant, world.admin.id).await.unwrap();
    assert_eq!(robots, vec![bot.clone()]);
    let robots = world
        .store
        .robots_of(tenant, world.deputy.id)
        .await
        .unwrap();
    assert_eq!(robots, Vec::new());
    let store = &world.store;
    let of = |who| async move { store.assignments(tenant, who).await.unwrap() };
    assert_eq!(of(Some(bot.id)).await, vec![role.clone()]);
    assert_eq!(of(None).await.len(), 3);
    let remove = |scope| {
        let write = RowWrite::RemoveAssignment(bot.id, role.role, scope);
        world.commit(world.change(vec![write]))
    };
    applied(remove(Scope::Service(tenant, "exchange".to_owned())).await);
    assert_eq!(of(Some(bot.id)).await, Vec::new());
    let again = remove(service).await;
    assert!(matches!(again, Err(CommitError::Internal(_))), "{again:?}");
}

pub(crate) async fn tokens_end<H: Harness>() {
    let world = World::<H>::new().await;
    let short = Token {
        expires_at: dawn().plus_seconds(10),
        ..token(&world.admin, 2)
    };
    let live = token(&world.admin, 3);
    let other = token(&world.deputy, 4);
    let inserts =
        [&short, &live, &other].map(|token| RowWrite::InsertToken(Box::new(token.clone())));
    applied(world.commit(world.change(inserts.into())).await);
    let (store, tenant) = (&world.store, world.tenant.id);
    let find = |id| async move { store.token(tenant, id).await.unwrap().unwrap() };
    assert_eq!(find(live.id).await, live);
    assert_eq!(
        world.store.token_by_hash(live.hash).await.unwrap(),
        Some(live.clone())
    );
    assert_eq!(world.store.token_by_hash([0; 32]).await.unwrap(), None);

    let first_end = dawn().plus_seconds(5);
    world.clock.set(first_end);
    let revoke = vec![RowWrite::RevokeToken(world.token.id)];
    applied(world.commit(world.change(revoke)).await);
    let revoked = Token {
        revoked_at: Some(first_end),
        version: 2,
        ..world.token.clone()
    };
    assert_eq!(find(world.token.id).await, revoked);

    let end = dawn().plus_seconds(10);
    world.clock.set(end);
    let elsewhere = RowWrite::RevokeTokensOf(world.provider.id, world.admin.id);
    applied(world.commit(world.change(vec![elsewhere])).await);
    assert_eq!(find(live.id).await, live, "it is another organization's");
    let revoke = vec![RowWrite::RevokeTokensOf(world.admin.org, world.admin.id)];
    applied(world.commit(world.change(revoke)).await);
    assert_eq!(
        find(world.token.id).await,
        revoked,
        "its first end is the true one"
    );
    assert_eq!(find(short.id).await, short, "it had ended by itself");
    assert_eq!(find(live.id).await.revoked_at, Some(end));
    assert_eq!(find(other.id).await, other);
    let of_admin = world
        .store
        .tokens(world.tenant.id, Some(world.admin.id))
        .await
        .unwrap();
    let ids: Vec<_> = of_admin.iter().map(|(token, _)| token.id).collect();
    assert_eq!(ids, [world.token.id, short.id, live.id]);
    assert_eq!(
        world
            .store
            .tokens(world.tenant.id, None)
            .await
            .unwrap()
            .len(),
        4
    );
}

pub(crate) async fn codes_are_used_once<H: Harness>() {
    let world = World::<H>::new().await;
    let (used, open, other) = (
        code(&world.admin, 1),
        code(&world.admin, 2),
        code(&world.deputy, 3),
    );
    let inserts = [&used, &open, &other].map(|code| RowWrite::InsertCode(Box::new(code.clone())));
    applied(world.commit(world.change(inserts.into())).await);
    let later = dawn().plus_seconds(5);
    world.clock.set(later);
    applied(
        world
            .commit(world.change(vec![RowWrite::UseCode(used.id)]))
            .await,
    );
    applied(
        world
            .commit(world.change(vec![RowWrite::VoidCodesOf(world.admin.id)]))
            .await,
    );
    let store = &world.store;
    let find = |hash| async move { store.code_by_hash(hash).await.unwrap() };
    let used_now = find(used.hash).await.unwrap();
    assert_eq!(
        (used_now.used_at, used_now.voided_at, used_now.version),
        (Some(later), None, 2)
    );
    let voided = find(open.hash).await.unwrap();
    assert_eq!(
        (voided.used_at, voided.voided_at, voided.version),
        (None, Some(later), 2)
    );
    assert_eq!(find(other.hash).await, Some(other));
}

pub(crate) async fn requests_round_trip<H: Harness>() {
    let world = World::<H>::new().await;
    let request = world.pending().await;
    let changed = Request {
        state: State::Approved,
        terms: Some(Terms {
            approval_required: true,
            hours_to_answer: 12,
            maximum_access_seconds: 14_400,
            settings_version: 1,
        }),
        decision: Some(Decision::Approve),
        decider: Some(request.requester.clone()),
        comment: Some("bidi \u{202e} and ünïcode".to_owned()),
        granted_seconds: Some(3600),
        grant: Some(GrantId::new()),
        access_end: Some(dawn().plus_seconds(3600)),
        ..request.clone()
    };
    let write = RowWrite::UpdateRequest(Box::new(changed.clone()), Vec::new());
    applied(world.commit(world.change(vec![write])).await);
    let expected = Request {
        version: 2,
        ..changed
    };
    assert_eq!(world.request(request.identity).await, expected);
    let anywhere = world.store.request_anywhere(request.identity).await;
    assert_eq!(anywhere.unwrap(), Some(expected.clone()));
    let of_grant = |grant| world.store.request_of_grant(grant);
    assert_eq!(of_grant(GrantId::new()).await.unwrap(), None);
    let grant = expected.grant.unwrap();
    assert_eq!(of_grant(grant).await.unwrap(), Some(expected));
    // A reference number is never lost on the way.
    let mut nameless = request;
    nameless.reference = String::new();
    let write = RowWrite::UpdateRequest(Box::new(nameless), Vec::new());
    let answer = world.commit(world.change(vec![write])).await;
    assert!(
        matches!(answer, Err(CommitError::Internal(_))),
        "{answer:?}"
    );
}

pub(crate) async fn reads_stay_in_their_organization<H: Harness>() {
    let world = World::<H>::new().await;
    let request = world.pending().await;
    let other = organization(OrgKind::Tenant, "fabrikam.onmicrosoft.com");
    let theirs = person(&other, "admin@contoso.com");
    let inserts = vec![
        RowWrite::InsertOrganization(Box::new(other.clone())),
        RowWrite::InsertPrincipal(Box::new(theirs.clone())),
    ];
    applied(world.commit(world.provider_change(inserts)).await);
    let store = &world.store;
    for which in [
        RequestRef::Identity(request.identity),
        RequestRef::Reference(request.reference.clone()),
    ] {
        assert_eq!(store.request(other.id, which).await.unwrap(), None);
    }
    let label = PrincipalRef::Label("admin@contoso.com".to_owned());
    let found = store.principal(other.id, label).await.unwrap().unwrap();
    assert_eq!(found.id, theirs.id);
    let found = store
        .principal(other.id, PrincipalRef::Id(world.admin.id))
        .await;
    assert_eq!(found.unwrap(), None);
    assert_eq!(store.token(other.id, world.token.id).await.unwrap(), None);
    assert!(
        store
            .tokens(other.id, Some(world.admin.id))
            .await
            .unwrap()
            .is_empty()
    );
    assert!(
        store
            .assignments(other.id, Some(world.admin.id))
            .await
            .unwrap()
            .is_empty()
    );
    assert!(store.assignments(other.id, None).await.unwrap().is_empty());
    assert!(
        store
            .robots_of(other.id, world.admin.id)
            .await
            .unwrap()
            .is_empty()
    );
    assert_eq!(store.settings(other.id).await.unwrap(), None);
    assert_eq!(
        store.principals(other.id, None, 10).await.unwrap(),
        [theirs]
    );
    assert!(world.log(other.id).await.is_empty());
}

/// A token that is told to end goes on until then, and never longer than it would have.
pub(crate) async fn a_token_is_told_to_end<H: Harness>() {
    let world = World::<H>::new().await;
    let find = async |id| {
        let found = world.store.token(world.tenant.id, id).await.unwrap();
        found.unwrap()
    };
    let before = find(world.token.id).await;
    let live = || Count::LiveTokens(world.tenant.id, world.admin.id);
    let count = async || world.store.count(live(), world.clock.now()).await.unwrap();
    let tokens = count().await;
    let end = |seconds| {
        vec![RowWrite::EndToken(
            world.token.id,
            When::after_seconds(seconds),
        )]
    };
    for (seconds, ends) in [(60, 60), (120, 60), (30, 30)] {
        applied(world.commit(world.change(end(seconds))).await);
        let found = find(world.token.id).await;
        assert_eq!(found.expires_at, world.clock.now().plus_seconds(ends));
        assert_eq!(found.revoked_at, None);
    }
    assert_eq!(find(world.token.id).await.version, before.version + 3);
    assert_eq!(count().await, tokens);
    world.clock.set(world.clock.now().plus_seconds(30));
    assert_eq!(count().await, tokens - 1);
}
