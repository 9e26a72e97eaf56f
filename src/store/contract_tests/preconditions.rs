//! Each precondition where it holds and where it does not.

use super::Harness;
use super::fixtures::{
    World, applied, assignment, code, dawn, failed, organization, person, request, robot,
};
use super::policies::{change, policy};
use crate::clock::Timestamp;
use crate::domain::organization::OrgKind;
use crate::domain::request::{Request, State};
use crate::domain::scope::{Role, Scope};
use crate::ids::{ChangeId, CodeId, OrgId, PrincipalId, RequestId, TokenId};
use crate::store::{Change, Count, Key, Precondition, RowRef, RowWrite};

async fn check<H: Harness>(world: &World<H>, precondition: Precondition, holds: bool) {
    let change = Change {
        preconditions: vec![precondition.clone()],
        ..world.change(Vec::new())
    };
    let answer = world.commit(change).await;
    if holds {
        applied(answer);
    } else {
        assert_eq!(failed(answer), precondition);
    }
}

pub(crate) async fn rows_at_their_version<H: Harness>() {
    let world = World::<H>::new().await;
    let request = world.submit(world.draft_request()).await;
    let code = code(&world.admin, 5);
    let waiting = change(&world);
    check(
        &world,
        Precondition::At(RowRef::Policy(world.tenant.id), 0),
        true,
    )
    .await;
    let insert = vec![
        RowWrite::InsertCode(Box::new(code.clone())),
        RowWrite::PutPolicy(Box::new(policy(&world, "text"))),
        RowWrite::PutPendingChange(Box::new(waiting.clone())),
    ];
    applied(world.commit(world.change(insert)).await);
    check(
        &world,
        Precondition::At(RowRef::Policy(world.tenant.id), 0),
        false,
    )
    .await;
    let role = assignment(&world.admin, Role::GlobalAdministrator);
    let there = [
        RowRef::Organization(world.tenant.id),
        RowRef::Settings(world.tenant.id),
        RowRef::Policy(world.tenant.id),
        RowRef::PendingChange(world.tenant.id, waiting.id),
        RowRef::Principal(world.admin.id),
        RowRef::Token(world.token.id),
        RowRef::Code(code.id),
        RowRef::Assignment(role.principal, role.role, role.scope.clone()),
        RowRef::Request(request.identity),
    ];
    for row in there {
        check(&world, Precondition::At(row.clone(), 1), true).await;
        check(&world, Precondition::At(row, 2), false).await;
    }
    let missing = [
        RowRef::Organization(OrgId::new()),
        RowRef::Settings(world.provider.id),
        RowRef::Policy(world.provider.id),
        RowRef::PendingChange(world.tenant.id, ChangeId::new()),
        RowRef::PendingChange(world.provider.id, waiting.id),
        RowRef::Principal(PrincipalId::new()),
        RowRef::Token(TokenId::new()),
        RowRef::Code(CodeId::new()),
        RowRef::Assignment(role.principal, Role::SecurityReader, role.scope.clone()),
        RowRef::Assignment(role.principal, role.role, Scope::Tenants),
        RowRef::Assignment(world.engineer.id, role.role, role.scope),
        RowRef::Request(RequestId::new()),
    ];
    for row in missing {
        check(&world, Precondition::At(row, 1), false).await;
    }
}

pub(crate) async fn things_that_must_not_exist<H: Harness>() {
    let world = World::<H>::new().await;
    let mut supplied = world.draft_request();
    supplied.reference = "EXSR123456".to_owned();
    world.submit(supplied).await;
    let robot = robot(&world.tenant, "Night Pipeline", &world.admin);
    let insert = vec![
        RowWrite::InsertPrincipal(Box::new(robot)),
        RowWrite::PutPendingChange(Box::new(change(&world))),
    ];
    applied(world.commit(world.change(insert)).await);
    let (tenant, provider) = (world.tenant.id, world.provider.id);
    let role = assignment(&world.admin, Role::GlobalAdministrator);
    let text = str::to_owned;
    let taken = [
        Key::OrganizationId(tenant),
        Key::OrganizationName(text("contoso.onmicrosoft.com")),
        Key::Provider,
        Key::Address(tenant, text("admin@contoso.com")),
        Key::RobotName(tenant, text("NIGHT pipeline")),
        Key::Reference(tenant, text("EXSR123456")),
        Key::PendingChange(tenant),
        Key::Assignment(role.principal, role.role, role.scope.clone()),
    ];
    for key in taken {
        check(&world, Precondition::Absent(key), false).await;
    }
    let free = [
        Key::OrganizationId(OrgId::new()),
        Key::OrganizationName(text("fabrikam.onmicrosoft.com")),
        Key::Address(provider, text("admin@contoso.com")),
        Key::Address(tenant, text("night pipeline")),
        Key::RobotName(tenant, text("admin@contoso.com")),
        Key::RobotName(provider, text("night pipeline")),
        Key::Reference(provider, text("EXSR123456")),
        Key::Reference(tenant, text("EXSR123457")),
        Key::PendingChange(provider),
        Key::Assignment(role.principal, Role::SecurityReader, role.scope),
    ];
    for key in free {
        check(&world, Precondition::Absent(key), true).await;
    }
}

pub(crate) async fn open_requests_are_counted<H: Harness>() {
    let world = World::<H>::new().await;
    let other_tenant = organization(OrgKind::Tenant, "fabrikam.onmicrosoft.com");
    let colleague = person(&world.provider, "colleague@provider.example");
    let insert = vec![
        RowWrite::InsertOrganization(Box::new(other_tenant.clone())),
        RowWrite::InsertPrincipal(Box::new(colleague.clone())),
    ];
    applied(world.commit(world.provider_change(insert)).await);
    let due = dawn().plus_seconds(3600);
    let in_state = |state, tenant, requester, due: Timestamp| Request {
        state,
        sent_at: Some(dawn()),
        review_deadline: due,
        deadline: Some(due),
        access_end: Some(due),
        ..request(tenant, requester)
    };
    let (tenant, engineer) = (&world.tenant, &world.engineer);
    let open = [
        in_state(State::InternalReview, tenant, engineer, due),
        in_state(State::Pending, tenant, engineer, due),
        in_state(State::Pending, tenant, &colleague, due.plus_seconds(1)),
        in_state(State::Pending, &other_tenant, engineer, due.plus_seconds(1)),
        in_state(State::Approved, tenant, engineer, due),
        in_state(State::Approved, tenant, &colleague, due.plus_seconds(1)),
        in_state(State::Approved, &other_tenant, engineer, due),
    ];
    let closed = State::ALL
        .iter()
        .filter(|state| {
            !matches!(
                state,
                State::InternalReview | State::Pending | State::Approved
            )
        })
        .map(|state| in_state(*state, tenant, engineer, due))
        .chain(
            [State::InternalReview, State::Pending, State::Approved]
                .map(|state| in_state(state, tenant, engineer, dawn())),
        );
    let inserts = open
        .into_iter()
        .chain(closed)
        .map(|request| RowWrite::InsertRequest(Box::new(request), Vec::new()))
        .collect();
    applied(world.commit(world.change(inserts)).await);
    // Before the first are due, and when they are.
    for (moment, rows) in [
        (due.plus_millis(-1), [3, 2, 3, 5, 2]),
        (due, [1, 1, 1, 1, 1]),
    ] {
        world.clock.set(moment);
        let counts = [
            Count::OpenInTenant(tenant.id),
            Count::WaitingInTenant(tenant.id),
            Count::OpenOfRequester(engineer.id),
            Count::UnendedOfRequester(engineer.id),
            Count::LiveInTenant(tenant.id),
        ];
        for (count, rows) in counts.into_iter().zip(rows) {
            let counted = world.store.count(count.clone(), moment).await.unwrap();
            assert_eq!(counted, rows, "{count:?} at {moment}");
            check(&world, Precondition::Fewer(count.clone(), rows), false).await;
            check(&world, Precondition::Fewer(count.clone(), rows + 1), true).await;
            check(&world, Precondition::AtLeast(count.clone(), rows), true).await;
            check(&world, Precondition::AtLeast(count, rows + 1), false).await;
        }
    }
}

pub(crate) async fn bounds_of_time<H: Harness>() {
    let world = World::<H>::new().await;
    let later = dawn().plus_millis(1);
    check(&world, Precondition::Before(later), true).await;
    check(&world, Precondition::NotBefore(later), false).await;
    world.clock.set(later);
    check(&world, Precondition::Before(later), false).await;
    check(&world, Precondition::NotBefore(later), true).await;
}
