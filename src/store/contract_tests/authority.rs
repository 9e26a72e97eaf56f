//! The world moves while a change waits: each is judged again at its commit.

use super::Harness;
use super::fixtures::{World, applied, assignment, change_in, dawn, failed, joined};
use crate::domain::organization::{OrgState, Organization, Settings};
use crate::domain::people::Principal;
use crate::domain::request::{Request, State};
use crate::domain::scope::Role;
use crate::store::probe::Stage;
use crate::store::{Change, Count, Key, Precondition, PrincipalRef, RowRef, RowWrite};

/// Commits both in one group, the first before the second; the first must be applied. Returns
/// what the second failed on, and holds that it left nothing behind.
async fn behind<H: Harness>(world: &World<H>, first: Change, second: Change) -> Precondition {
    let records = first.records.len() as u64;
    let before = world.records().await;
    let hold = world.puppet.hold(Stage::Gather);
    let (first, second) = (world.queue(first), world.queue(second));
    drop(hold);
    applied(joined(first).await);
    let failed = failed(joined(second).await);
    assert_eq!(
        world.records().await,
        before + records,
        "a failed change left a record"
    );
    failed
}

/// The approval stands where nothing came before it, so the cases below fail for their reason.
async fn approve_behind<H: Harness>(
    blocker: impl Fn(&World<H>) -> RowWrite,
    expected: impl Fn(&World<H>) -> RowRef,
) {
    let world = World::<H>::new().await;
    let request = world.pending().await;
    let first = world.change(vec![blocker(&world)]);
    let failed = behind(&world, first, world.approval(&request)).await;
    assert_eq!(failed, Precondition::At(expected(&world), 1));
    assert_eq!(world.request(request.identity).await, request);

    let world = World::<H>::new().await;
    let request = world.pending().await;
    let hold = world.puppet.hold(Stage::Gather);
    let approval = world.queue(world.approval(&request));
    let blocker = world.queue(world.change(vec![blocker(&world)]));
    drop(hold);
    applied(joined(approval).await);
    applied(joined(blocker).await);
    assert_eq!(world.request(request.identity).await.state, State::Approved);
}

pub(crate) async fn approve_behind_role_remove<H: Harness>() {
    let role = |world: &World<H>| assignment(&world.admin, Role::GlobalAdministrator);
    approve_behind::<H>(
        |world| {
            let role = role(world);
            RowWrite::RemoveAssignment(role.principal, role.role, role.scope)
        },
        |world| {
            let role = role(world);
            RowRef::Assignment(role.principal, role.role, role.scope)
        },
    )
    .await;
}

pub(crate) async fn approve_behind_token_revoke<H: Harness>() {
    approve_behind::<H>(
        |world| RowWrite::RevokeToken(world.token.id),
        |world| RowRef::Token(world.token.id),
    )
    .await;
}

pub(crate) async fn approve_behind_principal_disable<H: Harness>() {
    approve_behind::<H>(
        |world| RowWrite::UpdatePrincipal(Box::new(disabled(&world.admin))),
        |world| RowRef::Principal(world.admin.id),
    )
    .await;
}

fn disabled(principal: &Principal) -> Principal {
    Principal {
        enabled: false,
        ..principal.clone()
    }
}

pub(crate) async fn review_behind_settings<H: Harness>() {
    let world = World::<H>::new().await;
    let request = world.submit(world.draft_request()).await;
    let settings = Settings {
        approval_required: false,
        ..Settings::new(world.tenant.id, dawn())
    };
    let review = Change {
        preconditions: vec![
            Precondition::At(RowRef::Request(request.identity), 1),
            Precondition::At(RowRef::Settings(world.tenant.id), 1),
        ],
        ..world.change(vec![RowWrite::UpdateRequest(
            Box::new(Request {
                state: State::Pending,
                ..request.clone()
            }),
            Vec::new(),
        )])
    };
    let change = world.change(vec![RowWrite::PutSettings(Box::new(settings))]);
    let failed = behind(&world, change, review.clone()).await;
    assert_eq!(
        failed,
        Precondition::At(RowRef::Settings(world.tenant.id), 1)
    );
    assert_eq!(world.request(request.identity).await, request);

    let judged_again = Change {
        preconditions: vec![Precondition::At(RowRef::Settings(world.tenant.id), 2)],
        ..review
    };
    applied(world.commit(judged_again).await);
    assert_eq!(world.request(request.identity).await.state, State::Pending);
}

pub(crate) async fn submit_behind_suspension<H: Harness>() {
    let world = World::<H>::new().await;
    let request = world.draft_request();
    let identity = request.identity;
    let submit = Change {
        preconditions: vec![
            Precondition::At(RowRef::Organization(world.tenant.id), 1),
            Precondition::Fewer(Count::OpenInTenant(world.tenant.id), 20),
        ],
        ..world.change(vec![RowWrite::InsertRequest(Box::new(request), Vec::new())])
    };
    let suspend = world.change(vec![RowWrite::UpdateOrganization(Box::new(Organization {
        state: OrgState::Suspended,
        ..world.tenant.clone()
    }))]);
    let failed = behind(&world, suspend, submit).await;
    assert_eq!(
        failed,
        Precondition::At(RowRef::Organization(world.tenant.id), 1)
    );
    let found = world.store.request_anywhere(identity).await.unwrap();
    assert_eq!(found, None);
}

pub(crate) async fn decision_across_its_deadline<H: Harness>() {
    let world = World::<H>::new().await;
    for (margin, expected) in [(1, State::Approved), (0, State::Pending)] {
        let request = world.pending().await;
        let mut request = request.clone();
        let deadline = crate::clock::Clock::now(&*world.clock).plus_seconds(60);
        request.deadline = Some(deadline);
        let approval = world.approval(&request);
        let hold = world.puppet.hold(Stage::Gather);
        let approval = world.queue(approval);
        world.clock.set(deadline.plus_millis(-margin));
        drop(hold);
        let answer = joined(approval).await;
        if margin == 0 {
            assert_eq!(failed(answer), Precondition::Before(deadline));
        } else {
            applied(answer);
        }
        assert_eq!(world.request(request.identity).await.state, expected);
    }
}

pub(crate) async fn two_decisions_at_once<H: Harness>() {
    let world = World::<H>::new().await;
    let request = world.pending().await;
    let deny = Change {
        preconditions: vec![Precondition::At(RowRef::Request(request.identity), 1)],
        ..world.change(vec![RowWrite::UpdateRequest(
            Box::new(Request {
                state: State::Denied,
                ..request.clone()
            }),
            Vec::new(),
        )])
    };
    let failed = behind(&world, deny, world.approval(&request)).await;
    assert_eq!(
        failed,
        Precondition::At(RowRef::Request(request.identity), 1)
    );
    assert_eq!(world.request(request.identity).await.state, State::Denied);
}

/// The change by which one administrator takes another's power away: another must be left.
fn take<H: Harness>(world: &World<H>, from: &Principal, write: RowWrite) -> Change {
    Change {
        preconditions: vec![Precondition::AtLeast(others(world, from), 1)],
        ..world.change(vec![write])
    }
}

fn others<H: Harness>(world: &World<H>, except: &Principal) -> Count {
    Count::OtherHolders {
        org: world.tenant.id,
        role: Role::GlobalAdministrator,
        except: except.id,
    }
}

pub(crate) async fn administrators_who_remove_each_other<H: Harness>() {
    let world = World::<H>::new().await;
    // A robot that holds the role is nobody who could go on.
    let robot = super::fixtures::robot(&world.tenant, "pipeline", &world.admin);
    let setup = world.change(vec![
        RowWrite::InsertPrincipal(Box::new(robot.clone())),
        RowWrite::InsertAssignment(Box::new(assignment(&robot, Role::GlobalAdministrator))),
    ]);
    applied(world.commit(setup).await);
    let remove = |principal: &Principal| {
        let role = assignment(principal, Role::GlobalAdministrator);
        let write = RowWrite::RemoveAssignment(role.principal, role.role, role.scope);
        take(&world, principal, write)
    };
    let failed = behind(&world, remove(&world.deputy), remove(&world.admin)).await;
    assert_eq!(
        failed,
        Precondition::AtLeast(others(&world, &world.admin), 1)
    );
    let left = world
        .store
        .assignments(world.tenant.id, Some(world.admin.id))
        .await;
    assert_eq!(left.unwrap().len(), 1);
}

pub(crate) async fn administrators_who_disable_each_other<H: Harness>() {
    let world = World::<H>::new().await;
    let disable = |principal: &Principal| {
        let write = RowWrite::UpdatePrincipal(Box::new(disabled(principal)));
        take(&world, principal, write)
    };
    let failed = behind(&world, disable(&world.admin), disable(&world.deputy)).await;
    assert_eq!(
        failed,
        Precondition::AtLeast(others(&world, &world.deputy), 1)
    );
    for (principal, enabled) in [(&world.admin, false), (&world.deputy, true)] {
        let which = PrincipalRef::Id(principal.id);
        let found = world.store.principal(world.tenant.id, which).await.unwrap();
        assert_eq!(found.unwrap().enabled, enabled);
    }
    // And the name that is taken stays taken.
    let mut double = super::fixtures::person(&world.tenant, "admin@contoso.com");
    double.display_name = "Another".to_owned();
    let key = Key::Address(world.tenant.id, "Admin@contoso.com".to_owned());
    let create = Change {
        preconditions: vec![Precondition::Absent(key.clone())],
        ..change_in(
            &world.tenant,
            vec![RowWrite::InsertPrincipal(Box::new(double))],
        )
    };
    let answer = world.commit(create).await;
    assert_eq!(super::fixtures::failed(answer), Precondition::Absent(key));
}
