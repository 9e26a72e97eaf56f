//! Policies with their history, changes that wait, when approvers are to be reminded, and whose hooks
//! are to be asked.

use super::Harness;
use super::fixtures::{World, applied, dawn, organization};
use crate::clock::{Timestamp, When};
use crate::domain::hooks::{HookAnswer, HookOpinion};
use crate::domain::organization::OrgKind;
use crate::domain::organization::SettingsChange;
use crate::domain::people::Principal;
use crate::domain::policy::stored::{PendingChange, PolicyVersion, Proposal};
use crate::domain::request::{Party, PolicyTerms, Request, Stamp, State, Terms};
use crate::ids::{ChangeId, OrgId};
use crate::store::{CommitError, RowWrite};
use serde_json::json;

fn party(principal: &Principal) -> Party {
    Party {
        id: principal.id,
        org: principal.org,
        key: principal.person_key.clone(),
        name: principal.label().to_owned(),
    }
}

/// A version of the tenant's policy that says `text`.
pub(crate) fn policy<H>(world: &World<H>, text: &str) -> PolicyVersion {
    PolicyVersion {
        org: world.tenant.id,
        version: 0,
        hash: text.to_owned(),
        document: json!({"format": text}).to_string(),
        put_by: party(&world.admin),
        put_at: Timestamp::from_millis(0),
        reason: Some(text.to_owned()),
        summary: json!([{"pointer": "/format", "now": text}]),
    }
}

/// A change of the tenant's that waits.
pub(crate) fn change<H>(world: &World<H>) -> PendingChange {
    PendingChange {
        id: ChangeId::new(),
        org: world.tenant.id,
        proposed_by: party(&world.admin),
        proposed_at: Timestamp::from_millis(0),
        reason: None,
        what: Proposal {
            settings: SettingsChange {
                automatic_approval: Some(true),
                ..SettingsChange::default()
            },
            ..Proposal::default()
        },
        recovery_hours: 24,
    }
}

async fn put<H: Harness>(world: &World<H>, row: &PolicyVersion) {
    let write = RowWrite::PutPolicy(Box::new(row.clone()));
    applied(world.commit(world.change(vec![write])).await);
}

pub(crate) async fn every_version_is_kept<H: Harness>() {
    let world = World::<H>::new().await;
    let (store, org) = (&world.store, world.tenant.id);
    let in_force = async || {
        let found = store.policy(org).await.unwrap();
        found.map(|row| PolicyVersion::clone(&row))
    };
    let pages = async |before, limit| {
        let page = store.policies(org, before, limit).await.unwrap();
        let versions: Vec<i64> = page.rows.iter().map(|row| row.version).collect();
        (versions, page.more)
    };
    assert_eq!(in_force().await, None);
    assert_eq!(pages(None, 9).await, (vec![], false));
    let mut all = Vec::new();
    for version in 1..=3 {
        let at = dawn().plus_seconds(version);
        world.clock.set(at);
        let row = policy(&world, &format!("text {version}"));
        put(&world, &row).await;
        let row = PolicyVersion {
            version,
            put_at: at,
            ..row
        };
        // Asked twice: what was kept of the version before does not count any more.
        assert_eq!(in_force().await, Some(row.clone()));
        assert_eq!(in_force().await, Some(row.clone()));
        all.push(row);
    }
    for row in all {
        let found = store.policy_version(org, row.version).await.unwrap();
        assert_eq!(found, Some(row));
    }
    assert_eq!(store.policy_version(org, 4).await.unwrap(), None);
    assert_eq!(pages(None, 2).await, (vec![3, 2], true));
    assert_eq!(pages(Some(2), 2).await, (vec![1], false));
    assert_eq!(pages(None, 3).await, (vec![3, 2, 1], false));

    // Another tenant has versions of its own, and sees none of these.
    let other = organization(OrgKind::Tenant, "fabrikam.onmicrosoft.com");
    let insert = RowWrite::InsertOrganization(Box::new(other.clone()));
    applied(world.commit(world.provider_change(vec![insert])).await);
    assert_eq!(store.policy(other.id).await.unwrap(), None);
    assert_eq!(store.policy_version(other.id, 1).await.unwrap(), None);
    assert!(
        store
            .policies(other.id, None, 9)
            .await
            .unwrap()
            .rows
            .is_empty()
    );
    let theirs = PolicyVersion {
        org: other.id,
        ..policy(&world, "theirs")
    };
    put(&world, &theirs).await;
    let found = store.policy(other.id).await.unwrap().unwrap();
    assert_eq!((found.version, found.hash.as_str()), (1, "theirs"));
    assert_eq!(in_force().await.unwrap().version, 3);
    // Nobody's policy is nothing.
    assert_eq!(store.policy(OrgId::new()).await.unwrap(), None);
}

pub(crate) async fn one_change_waits_at_a_time<H: Harness>() {
    let world = World::<H>::new().await;
    let (store, org) = (&world.store, world.tenant.id);
    let waits = async || store.pending_change(org).await.unwrap();
    assert_eq!(waits().await, None);
    let commit = |write| world.commit(world.change(vec![write]));
    let propose = |row: &PendingChange| RowWrite::PutPendingChange(Box::new(row.clone()));
    let (first, second) = (change(&world), change(&world));
    let at = dawn().plus_seconds(5);
    world.clock.set(at);
    applied(commit(propose(&first)).await);
    let found = waits().await.unwrap();
    assert_eq!(found.alone_after(), at.plus_seconds(24 * 3_600));
    let expected = PendingChange {
        proposed_at: at,
        ..first.clone()
    };
    assert_eq!(found, expected);
    applied(commit(propose(&second)).await);
    assert_eq!(waits().await.unwrap().id, second.id);
    // What does not wait any more cannot be settled, and nothing else is in its place.
    let gone = commit(RowWrite::RemovePendingChange(org, first.id)).await;
    assert!(matches!(gone, Err(CommitError::Internal(_))), "{gone:?}");
    assert_eq!(waits().await.unwrap().id, second.id);
    assert_eq!(
        store.pending_change(world.provider.id).await.unwrap(),
        None,
        "elsewhere nothing waits"
    );
    applied(commit(RowWrite::RemovePendingChange(org, second.id)).await);
    assert_eq!(waits().await, None);
}

pub(crate) async fn only_what_can_be_answered_wakes<H: Harness>() {
    let world = World::<H>::new().await;
    let store = &world.store;
    let hour = |count: i64| dawn().plus_seconds(count * 3_600);
    assert_eq!(store.next_wake().await.unwrap(), None);
    let pending = |wake| Request {
        state: State::Pending,
        sent_at: Some(dawn()),
        deadline: Some(hour(12)),
        wake,
        ..world.draft_request()
    };
    let late = world.submit(pending(Some(hour(3)))).await;
    let early = world.submit(pending(Some(hour(1)))).await;
    world.submit(pending(None)).await;
    // One that has been decided keeps the instant, and does not wake.
    let decided = world
        .submit(Request {
            state: State::Denied,
            ..pending(Some(hour(1)))
        })
        .await;
    assert_eq!(decided.wake, Some(hour(1)));
    let waking = async |now, limit| -> Vec<_> {
        let found = store.waking(now, limit).await.unwrap();
        found.into_iter().map(|request| request.identity).collect()
    };
    assert_eq!(store.next_wake().await.unwrap(), Some(hour(1)));
    assert_eq!(waking(hour(1).plus_millis(-1), 9).await, []);
    assert_eq!(waking(hour(1), 9).await, [early.identity]);
    assert_eq!(waking(hour(3), 9).await, [early.identity, late.identity]);
    assert_eq!(waking(hour(3), 1).await, [early.identity]);
    // It follows from the commit, and is over with the decision.
    let update = |row: Request, stamps| RowWrite::UpdateRequest(Box::new(row), stamps);
    world.clock.set(hour(1));
    let stamps = vec![(Stamp::Wake, When::after_seconds(3_600))];
    let again = update(early.clone(), stamps);
    applied(world.commit(world.change(vec![again])).await);
    assert_eq!(world.request(early.identity).await.wake, Some(hour(2)));
    assert_eq!(store.next_wake().await.unwrap(), Some(hour(2)));
    for request in [early, late] {
        let denied = Request {
            state: State::Denied,
            ..world.request(request.identity).await
        };
        let write = update(denied, Vec::new());
        applied(world.commit(world.change(vec![write])).await);
    }
    assert_eq!(store.next_wake().await.unwrap(), None);
    assert_eq!(waking(hour(99), 9).await, []);
}

pub(crate) async fn only_what_waits_for_its_hooks_asks<H: Harness>() {
    let world = World::<H>::new().await;
    let store = &world.store;
    let hour = |count: i64| dawn().plus_seconds(count * 3_600);
    let pending = |sent: i64, hooks: &[&str]| {
        let terms = Terms {
            approval_required: true,
            hours_to_answer: 12,
            maximum_access_seconds: 3_600,
            settings_version: 1,
            policy: None,
        };
        let mut asked = terms.asked();
        asked.hooks = hooks.iter().map(|name| (*name).to_owned()).collect();
        let policy = PolicyTerms {
            version: 1,
            hash: "ab".repeat(32),
            rules: vec!["rule".to_owned()],
            asked,
            held_until: None,
            tzdb: None,
        };
        Request {
            state: State::Pending,
            sent_at: Some(hour(sent)),
            deadline: Some(hour(12)),
            terms: Some(Terms {
                policy: Some(policy),
                ..terms
            }),
            ..world.draft_request()
        }
    };
    let asking = async |now, limit| -> Vec<_> {
        let found = store.asking(now, limit).await.unwrap();
        found.into_iter().map(|request| request.identity).collect()
    };
    let late = world.submit(pending(3, &["a"])).await;
    let early = world.submit(pending(1, &["a", "b"])).await;
    world.submit(pending(0, &[])).await;
    world
        .submit(Request {
            state: State::InternalReview,
            sent_at: None,
            ..pending(0, &["a"])
        })
        .await;
    world
        .submit(Request {
            state: State::Denied,
            ..pending(0, &["a"])
        })
        .await;
    assert_eq!(asking(hour(0), 9).await, [early.identity, late.identity]);
    assert_eq!(asking(hour(0), 1).await, [early.identity]);
    // What time has moved on is nothing to ask about, written down or not.
    let last = hour(12).plus_millis(-1);
    assert_eq!(asking(last, 9).await, [early.identity, late.identity]);
    assert_eq!(asking(hour(12), 9).await, []);
    // It is over with the answers, and with a decision.
    let answer = |name: &str| HookAnswer {
        name: name.to_owned(),
        opinion: HookOpinion::Pass,
        reason: String::new(),
        digest: None,
        failure: Some("gave no answer".to_owned()),
        not_counted: None,
        at: hour(4),
    };
    let some = Request {
        hooks: vec![answer("a")],
        ..world.request(early.identity).await
    };
    let write = RowWrite::UpdateRequest(Box::new(some), Vec::new());
    applied(world.commit(world.change(vec![write])).await);
    // The other one has not answered yet.
    assert_eq!(asking(hour(0), 9).await, [early.identity, late.identity]);
    let answered = Request {
        hooks: vec![answer("a"), answer("b")],
        ..world.request(early.identity).await
    };
    let canceled = Request {
        state: State::Canceled,
        ..world.request(late.identity).await
    };
    for row in [answered.clone(), canceled] {
        let write = RowWrite::UpdateRequest(Box::new(row), Vec::new());
        applied(world.commit(world.change(vec![write])).await);
    }
    assert_eq!(asking(hour(0), 9).await, []);
    assert_eq!(world.request(early.identity).await.hooks, answered.hooks);
}
