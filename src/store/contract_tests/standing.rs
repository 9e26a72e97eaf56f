//! Who somebody is, is read as the last answered commit has left it, however often it was read
//! before.

use super::Harness;
use super::fixtures::{World, applied, assignment, robot};
use crate::clock::{Timestamp, When};
use crate::domain::organization::{OrgState, Organization, Settings};
use crate::domain::people::{Assignment, Principal};
use crate::domain::scope::Role;
use crate::store::probe::Stage;
use crate::store::{CommitError, OrgRef, PrincipalRef, RowWrite};

/// Everything that tells who the administrator is.
#[derive(Debug, PartialEq)]
struct Standing {
    revoked: bool,
    expires_at: Timestamp,
    enabled: [bool; 2],
    state: [OrgState; 2],
    held: Vec<Assignment>,
    hours: Option<u32>,
}

async fn standing<H: Harness>(world: &World<H>) -> Standing {
    let store = &world.store;
    let (org, admin) = (world.tenant.id, world.admin.id);
    let principal = async |which| {
        let found = store.principal(org, which).await.unwrap();
        found.expect("the administrator is there").enabled
    };
    let state = async |which| {
        let found = store.organization(which).await.unwrap();
        found.expect("the tenant is there").state
    };
    let label = world.admin.label().to_uppercase();
    let token = store.token_by_hash(world.token.hash).await.unwrap();
    let token = token.expect("the token is there");
    Standing {
        revoked: token.revoked_at.is_some(),
        expires_at: token.expires_at,
        enabled: [
            principal(PrincipalRef::Id(admin)).await,
            principal(PrincipalRef::Label(label)).await,
        ],
        state: [
            state(OrgRef::Id(org)).await,
            state(OrgRef::Name(world.tenant.name.to_uppercase())).await,
        ],
        held: store.assignments(org, Some(admin)).await.unwrap(),
        hours: store
            .settings(org)
            .await
            .unwrap()
            .map(|settings| settings.hours_to_answer),
    }
}

/// What a write does to what was expected.
type Move<'a> = &'a dyn Fn(&mut Standing);

pub(crate) async fn every_move_is_seen<H: Harness>() {
    let world = World::<H>::new().await;
    let mut expected = standing(&world).await;
    assert!(!expected.revoked && expected.enabled == [true, true]);
    let role = assignment(&world.admin, Role::GlobalAdministrator);
    assert_eq!(expected.held, std::slice::from_ref(&role));
    let reader = assignment(&world.admin, Role::SecurityReader);
    let suspended = Organization {
        state: OrgState::Suspended,
        ..world.tenant.clone()
    };
    let disabled = Principal {
        enabled: false,
        ..world.admin.clone()
    };
    let settings = Settings {
        hours_to_answer: 48,
        ..Settings::new(world.tenant.id, world.tenant.created_at)
    };
    let sooner = world.token.expires_at.plus_seconds(-3_600);
    let moves: [(RowWrite, Move<'_>); 7] = [
        (
            RowWrite::EndToken(world.token.id, When::At(sooner)),
            &|to| to.expires_at = sooner,
        ),
        (
            RowWrite::InsertAssignment(Box::new(reader.clone())),
            &|to| {
                to.held.push(reader.clone());
            },
        ),
        (
            RowWrite::RemoveAssignment(role.principal, role.role, role.scope.clone()),
            &|to| to.held.retain(|held| *held != role),
        ),
        (RowWrite::UpdateOrganization(Box::new(suspended)), &|to| {
            to.state = [OrgState::Suspended; 2];
        }),
        (RowWrite::PutSettings(Box::new(settings)), &|to| {
            to.hours = Some(48);
        }),
        (RowWrite::UpdatePrincipal(Box::new(disabled)), &|to| {
            to.enabled = [false; 2];
        }),
        (RowWrite::RevokeToken(world.token.id), &|to| {
            to.revoked = true
        }),
    ];
    for (write, expect) in moves {
        let name = format!("{write:?}");
        applied(world.commit(world.change(vec![write])).await);
        expect(&mut expected);
        assert_eq!(standing(&world).await, expected, "after {name}");
        assert_eq!(standing(&world).await, expected, "and again after {name}");
    }
}

pub(crate) async fn what_was_not_there_is_found_once_it_is<H: Harness>() {
    let world = World::<H>::new().await;
    let new = robot(&world.tenant, "pipeline", &world.admin);
    let find = async || {
        let found = world
            .store
            .principal(world.tenant.id, PrincipalRef::Id(new.id));
        found.await.unwrap().is_some()
    };
    assert!(!find().await);
    let insert = RowWrite::InsertPrincipal(Box::new(new.clone()));
    applied(world.commit(world.change(vec![insert])).await);
    assert!(find().await);
}

pub(crate) async fn all_tokens_of_a_principal_end_at_once<H: Harness>() {
    let world = World::<H>::new().await;
    assert!(!standing(&world).await.revoked);
    let revoke = RowWrite::RevokeTokensOf(world.admin.org, world.admin.id);
    applied(world.commit(world.change(vec![revoke])).await);
    assert!(standing(&world).await.revoked);
}

pub(crate) async fn unconfirmed_revocation_counts_where_it_happened<H: Harness>() {
    let world = World::<H>::new().await;
    assert!(!standing(&world).await.revoked);
    world.puppet.fail(Stage::Committed, 1);
    let revoke = RowWrite::RevokeToken(world.token.id);
    let answer = world.commit(world.change(vec![revoke])).await;
    assert!(
        matches!(answer, Err(CommitError::OutcomeUnknown)),
        "{answer:?}"
    );
    assert!(standing(&world).await.revoked);
}
