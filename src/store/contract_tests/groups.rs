//! Groups: durable before they are answered, whole or not at all, and only the guilty one fails.

use super::Harness;
use super::fixtures::{World, applied, dawn, failed, joined, token, waits};
use super::puppet::PATIENCE;
use crate::domain::organization::Settings;
use crate::store::probe::Stage;
use crate::store::{
    Change, CommitError, OrgRef, Outcome, Precondition, RowRef, RowWrite, TokenUse, Upkeep,
};
use std::time::Duration;

pub(crate) async fn sql_error_in_the_middle<H: Harness>() {
    let world = World::<H>::new().await;
    let before = world.records().await;
    // Two tokens with one hash: no precondition foresees it, so the database refuses it.
    let insert = |seed| RowWrite::InsertToken(Box::new(token(&world.admin, seed)));
    let guilty = world.change(vec![
        RowWrite::PutSettings(Box::new(Settings {
            hours_to_answer: 99,
            ..Settings::new(world.tenant.id, dawn())
        })),
        insert(1),
    ]);
    let hold = world.puppet.hold(Stage::Gather);
    let first = world.queue(world.change(vec![insert(10)]));
    let guilty = world.queue(guilty);
    let conflict = world.queue(Change {
        preconditions: vec![Precondition::At(RowRef::Organization(world.tenant.id), 7)],
        ..world.change(Vec::new())
    });
    let last = world.queue(world.change(vec![insert(11)]));
    drop(hold);
    let first = applied(joined(first).await);
    let answer = joined(guilty).await;
    assert!(
        matches!(answer, Err(CommitError::Internal(_))),
        "{answer:?}"
    );
    failed(joined(conflict).await);
    let last = applied(joined(last).await);
    assert_eq!(first.first().unwrap().1, before);
    assert_eq!(
        last.first().unwrap().1,
        before + 1,
        "the guilty one took a place in the log"
    );
    assert_eq!(world.records().await, before + 2);
    let settings = world
        .store
        .settings(world.tenant.id)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(settings.version, 1, "a part of the guilty one was written");
    let tokens = world.store.tokens(world.tenant.id, None).await.unwrap();
    assert_eq!(tokens.len(), 3);
    // By itself it fails the same way, and the writer goes on.
    let answer = world.commit(world.change(vec![insert(1)])).await;
    assert!(
        matches!(answer, Err(CommitError::Internal(_))),
        "{answer:?}"
    );
    applied(world.commit(world.change(vec![insert(12)])).await);
}

fn keyed<H: Harness>(world: &World<H>, key: &str) -> Change {
    Change {
        idempotency: Some(super::fixtures::key(&world.admin, key, key)),
        ..world.change(Vec::new())
    }
}

/// Three callers in one group, one of them with a precondition that does not hold: nobody learns
/// anything from a commit that failed.
async fn group_in_doubt<H: Harness>(world: &World<H>, failing: Stage) {
    world.puppet.fail(failing, 1);
    let hold = world.puppet.hold(Stage::Gather);
    let calls = [
        world.queue(keyed(world, "a")),
        world.queue(Change {
            preconditions: vec![Precondition::Before(dawn())],
            ..world.change(Vec::new())
        }),
        world.queue(keyed(world, "b")),
    ];
    drop(hold);
    for call in calls {
        let answer = joined(call).await;
        assert!(
            matches!(answer, Err(CommitError::OutcomeUnknown)),
            "{answer:?}"
        );
    }
    recovered(world).await;
}

/// Waits until the group in doubt is in flight no more.
async fn recovered<H: Harness>(world: &World<H>) {
    tokio::time::timeout(PATIENCE, world.store.settled(dawn().plus_seconds(1)))
        .await
        .expect("the writer did not recover")
        .unwrap();
}

pub(crate) async fn failed_commit_that_did_not_happen<H: Harness>() {
    let world = World::<H>::new().await;
    let before = world.records().await;
    group_in_doubt(&world, Stage::Commit).await;
    assert_eq!(world.records().await, before);
    for (place, key) in [(0, "a"), (1, "b")] {
        let records = applied(world.commit(keyed(&world, key)).await);
        assert_eq!(records.first().unwrap().1, before + place);
    }
}

pub(crate) async fn failed_commit_that_happened<H: Harness>() {
    let world = World::<H>::new().await;
    let before = world.records().await;
    group_in_doubt(&world, Stage::Committed).await;
    assert_eq!(world.records().await, before + 2);
    for key in ["a", "b"] {
        let answer = world.commit(keyed(&world, key)).await.unwrap();
        assert!(matches!(answer.outcome, Outcome::Replayed(_)), "{answer:?}");
    }
    assert_eq!(world.records().await, before + 2);
}

pub(crate) async fn writes_are_refused_until_reopened<H: Harness>() {
    let world = World::<H>::new().await;
    world.puppet.fail(Stage::Commit, 1);
    world.puppet.fail(Stage::Reopen, 1);
    let commits = world.puppet.hold(Stage::Commit);
    let doubtful = world.queue(world.change(Vec::new()));
    world.puppet.reached(Stage::Commit).await;
    let waiting = world.queue(world.change(Vec::new()));
    let reopening = world.puppet.hold(Stage::Reopen);
    drop(commits);
    let answer = joined(doubtful).await;
    assert!(
        matches!(answer, Err(CommitError::OutcomeUnknown)),
        "{answer:?}"
    );
    world.puppet.reached(Stage::Reopen).await;
    for answer in [
        joined(waiting).await,
        world.commit(world.change(Vec::new())).await,
    ] {
        assert!(
            matches!(answer, Err(CommitError::Unavailable { .. })),
            "{answer:?}"
        );
    }
    let found = world.store.organization(OrgRef::Id(world.tenant.id)).await;
    assert!(found.unwrap().is_some(), "reads go on");
    assert!(
        waits(world.store.settled(dawn().plus_millis(1))),
        "nobody knows yet whether the group happened"
    );
    drop(reopening);
    recovered(&world).await;
    applied(world.commit(world.change(Vec::new())).await);
}

pub(crate) async fn full_queue<H: Harness>() {
    let world = World::<H>::with_queue(3).await;
    let before = world.records().await;
    let hold = world.puppet.hold(Stage::Gather);
    for background in [false, true] {
        let change = || Change {
            background,
            ..world.change(Vec::new())
        };
        let taken: Vec<_> = (0..3).map(|_| world.queue(change())).collect();
        let answer = world.commit(change()).await;
        assert!(matches!(answer, Err(CommitError::Busy)), "{answer:?}");
        assert!(taken.iter().all(|call| !call.is_finished()));
    }
    drop(hold);
    tokio::time::timeout(PATIENCE, async {
        while world.records().await < before + 6 {
            tokio::task::yield_now().await;
        }
    })
    .await
    .expect("what was taken was not written");
    applied(world.commit(world.change(Vec::new())).await);
    assert_eq!(world.records().await, before + 7);
}

pub(crate) async fn callers_go_before_jobs<H: Harness>() {
    let world = World::<H>::new().await;
    let hold = world.puppet.hold(Stage::Gather);
    let job = world.queue(Change {
        background: true,
        ..world.change(Vec::new())
    });
    let caller = world.queue(world.change(Vec::new()));
    drop(hold);
    let (job, caller) = (applied(joined(job).await), applied(joined(caller).await));
    assert!(caller.first().unwrap().1 < job.first().unwrap().1);
}

pub(crate) async fn groups_are_bounded<H: Harness>() {
    let world = World::<H>::new().await;
    let commits = world.store.commits();
    let before = *commits.borrow();
    for (calls, groups) in [(256, 1), (257, 2)] {
        let start = *commits.borrow();
        let hold = world.puppet.hold(Stage::Gather);
        let calls: Vec<_> = (0..calls)
            .map(|_| world.queue(world.change(Vec::new())))
            .collect();
        drop(hold);
        for call in calls {
            applied(joined(call).await);
        }
        assert_eq!(*commits.borrow() - start, groups);
    }
    assert_eq!(*commits.borrow(), before + 3);
}

pub(crate) async fn nobody_is_answered_before_the_commit<H: Harness>() {
    let world = World::<H>::new().await;
    let before = world.records().await;
    let hold = world.puppet.hold(Stage::Commit);
    let gather = world.puppet.hold(Stage::Gather);
    let calls = [
        world.queue(world.change(Vec::new())),
        world.queue(Change {
            preconditions: vec![Precondition::Before(dawn())],
            ..world.change(Vec::new())
        }),
    ];
    drop(gather);
    world.puppet.reached(Stage::Commit).await;
    // Anything that would answer early has had its chance.
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    assert!(calls.iter().all(|call| !call.is_finished()));
    assert_eq!(world.records().await, before, "seen before its commit");
    drop(hold);
    let [fine, conflict] = calls;
    applied(joined(fine).await);
    failed(joined(conflict).await);
    assert_eq!(world.records().await, before + 1);
}

pub(crate) async fn callers_that_go_away<H: Harness>() {
    let world = World::<H>::new().await;
    let before = world.records().await;
    let hold = world.puppet.hold(Stage::Commit);
    let gather = world.puppet.hold(Stage::Gather);
    let stays = world.queue(world.change(Vec::new()));
    let goes = world.queue(Change {
        records: vec![
            super::fixtures::record(&world.tenant, "One"),
            super::fixtures::record(&world.tenant, "Two"),
        ],
        ..Change::default()
    });
    goes.abort();
    assert!(goes.await.unwrap_err().is_cancelled());
    drop(gather);
    world.puppet.reached(Stage::Commit).await;
    drop(hold);
    applied(joined(stays).await);
    assert_eq!(world.records().await, before + 3, "it is applied whole");
}

pub(crate) async fn upkeep_goes_through_the_writer<H: Harness>() {
    let world = World::<H>::new().await;
    let commits = *world.store.commits().borrow();
    let at = dawn().plus_seconds(5);
    for moment in [at, dawn()] {
        let uses = vec![TokenUse {
            token: world.token.id,
            at: moment,
        }];
        world.store.upkeep(Upkeep::TokenUses(uses)).await.unwrap();
    }
    let tokens = world.store.tokens(world.tenant.id, None).await.unwrap();
    let [(_, used)] = tokens.as_slice() else {
        panic!("one token, found {tokens:?}");
    };
    assert_eq!(*used, Some(at), "an older use came later");
    assert_eq!(
        *world.store.commits().borrow(),
        commits,
        "jobs need not wake for it"
    );
    let refused = world.store.upkeep(Upkeep::ClockOffset(1)).await;
    assert!(refused.is_err(), "the clock of a real database was moved");
    // It waits behind the callers, in its own lane.
    let hold = world.puppet.hold(Stage::Gather);
    let caller = world.queue(world.change(Vec::new()));
    let mut upkeep = Box::pin(world.store.upkeep(Upkeep::TokenUses(Vec::new())));
    assert!(waits(upkeep.as_mut()));
    drop(hold);
    applied(joined(caller).await);
    tokio::time::timeout(Duration::from_secs(20), upkeep)
        .await
        .unwrap()
        .unwrap();
}
