//! What a restore needs: logs that follow one another, numbers that jump, events that wait, and
//! how far everything has come.

use super::Harness;
use super::fixtures::{World, applied, dawn};
use crate::clock::Clock;
use crate::ids::LogId;
use crate::store::{AuditSelector, HighWater, LogMark, RowWrite};
use std::collections::BTreeSet;

/// Ends the tenant's log and begins another; the change's own record is the first there.
async fn open_log<H: Harness>(world: &World<H>) -> LogId {
    let log = LogId::new();
    applied(
        world
            .commit(world.change(vec![RowWrite::OpenLog(world.tenant.id, log)]))
            .await,
    );
    log
}

async fn act<H: Harness>(world: &World<H>, times: usize) {
    for _ in 0..times {
        applied(world.commit(world.change(Vec::new())).await);
    }
}

pub(crate) async fn logs_follow_one_another<H: Harness>() {
    let world = World::<H>::new().await;
    let org = world.tenant.id;
    act(&world, 3).await;
    let second = open_log(&world).await;
    act(&world, 1).await;
    let third = open_log(&world).await;
    act(&world, 2).await;
    let mut rows = world.log(org).await;
    rows.sort_by_key(|row| row.position);
    let first = world.tenant.log_id;
    let places: Vec<_> = rows
        .iter()
        .map(|row| (row.position, row.log_id, row.sequence))
        .collect();
    assert_eq!(
        places,
        [
            (0, first, 0),
            (1, first, 1),
            (2, first, 2),
            (3, second, 0),
            (4, second, 1),
            (5, third, 0),
            (6, third, 1),
            (7, third, 2),
        ]
    );
    for row in &rows {
        let verified = crate::audit::verify(&row.canonical, &row.beside, &row.leaf_hash).unwrap();
        assert_eq!(
            (verified.log_id, verified.sequence),
            (row.log_id, row.sequence)
        );
        for which in [
            AuditSelector::Sequence(Some(row.log_id), row.sequence),
            AuditSelector::Position(row.position),
        ] {
            let found = world.store.audit_record(org, which).await.unwrap().unwrap();
            assert_eq!(found.canonical, row.canonical, "{which:?}");
        }
    }
    let head = world.store.head(org).await.unwrap().unwrap();
    assert_eq!((head.log_id, head.first, head.next_sequence), (third, 5, 3));
    let get = |log, sequence| {
        let store = &world.store;
        async move {
            let which = AuditSelector::Sequence(log, sequence);
            let row = store.audit_record(org, which).await.unwrap();
            row.map(|row| row.position)
        }
    };
    assert_eq!(
        get(None, 0).await,
        Some(5),
        "the present log where none is named"
    );
    assert_eq!(get(Some(first), 3).await, None, "behind the end of a log");
    assert_eq!(get(Some(LogId::new()), 0).await, None);
    // Where a watermark goes on: through the logs in their order, past what a restore has lost.
    let from = |log, sequence| {
        let store = &world.store;
        async move { store.position(org, log, sequence).await.unwrap() }
    };
    assert_eq!(from(Some(first), 2).await, Some(2));
    assert_eq!(from(Some(first), 3).await, Some(3), "the next log's first");
    assert_eq!(
        from(Some(first), 999).await,
        Some(3),
        "the next log's first"
    );
    assert_eq!(from(Some(second), 2).await, Some(5));
    assert_eq!(from(Some(third), 3).await, Some(8), "what is to come");
    assert_eq!(from(None, 1).await, Some(6), "the present log");
    assert_eq!(from(Some(LogId::new()), 0).await, None);
    let provider = world.store.head(world.provider.id).await.unwrap().unwrap();
    assert_eq!(provider.log_id, world.provider.log_id, "only that log ends");
    let elsewhere = AuditSelector::Sequence(Some(third), 0);
    let found = world.store.audit_record(world.provider.id, elsewhere).await;
    assert!(found.unwrap().is_none(), "another organization's log");
}

pub(crate) async fn an_empty_log_can_end<H: Harness>() {
    let world = World::<H>::new().await;
    let org = world.tenant.id;
    let second = open_log(&world).await;
    let rows = world.log(org).await;
    let places: Vec<_> = rows.iter().map(|row| (row.log_id, row.sequence)).collect();
    assert_eq!(places, [(second, 0)]);
    let head = world.store.head(org).await.unwrap().unwrap();
    assert_eq!((head.log_id, head.next_sequence), (second, 1));
    let of_first = AuditSelector::Sequence(Some(world.tenant.log_id), 0);
    let found = world.store.audit_record(org, of_first).await.unwrap();
    assert!(found.is_none(), "{found:?}");
}

pub(crate) async fn references_are_only_raised<H: Harness>() {
    let world = World::<H>::new().await;
    let raise = |next| world.change(vec![RowWrite::RaiseReferences(world.tenant.id, next)]);
    applied(world.commit(raise(500)).await);
    applied(world.commit(raise(7)).await);
    assert_eq!(
        world.submit(world.draft_request()).await.reference,
        "EXSR000500"
    );
    applied(world.commit(raise(1_000_002)).await);
    assert_eq!(
        world.submit(world.draft_request()).await.reference,
        "EXSR1000002"
    );
}

pub(crate) async fn the_high_water_rises_with_the_logs<H: Harness>() {
    let world = World::<H>::new().await;
    act(&world, 2).await;
    world.submit(world.draft_request()).await;
    let mark = world.store.high_water().await.unwrap();
    assert_eq!(mark.time, Some(dawn()));
    let orgs: BTreeSet<_> = mark.logs.iter().map(|log| log.organization_id).collect();
    assert_eq!(orgs, BTreeSet::from([world.provider.id, world.tenant.id]));
    let of = |mark: &HighWater| -> LogMark {
        let mut logs = mark.logs.iter();
        let found = logs.find(|log| log.organization_id == world.tenant.id);
        found.unwrap().clone()
    };
    let newest = world.log(world.tenant.id).await;
    let newest = newest.iter().max_by_key(|row| row.sequence).unwrap();
    assert_eq!(
        of(&mark),
        LogMark {
            organization_id: world.tenant.id,
            log_id: world.tenant.log_id,
            records: 3,
            leaf_hash: Some(hex::encode(newest.leaf_hash)),
            next_reference: 2,
        }
    );
    let lacks = |mark: HighWater| async { world.store.lacks(mark).await.unwrap() };
    assert_eq!(lacks(mark.clone()).await, None, "it is itself");
    // What goes on from there lacks nothing of it; nor does a log that a restore has ended.
    world.clock.set(world.clock.now().plus_seconds(1));
    act(&world, 1).await;
    assert_eq!(lacks(mark.clone()).await, None);
    let log = open_log(&world).await;
    assert_eq!(lacks(mark.clone()).await, None);
    let ended = HighWater {
        logs: vec![LogMark {
            records: 99,
            ..of(&mark)
        }],
        ..mark.clone()
    };
    assert_eq!(lacks(ended).await, None);
    let mark = world.store.high_water().await.unwrap();
    assert_eq!((of(&mark).log_id, of(&mark).records), (log, 1));
    // A log that went on, a log with another history, a log that is not there, another tenant.
    for (changed, says) in [
        (
            LogMark {
                records: 2,
                ..of(&mark)
            },
            "had 2 records",
        ),
        (
            LogMark {
                leaf_hash: Some("ab".repeat(32)),
                ..of(&mark)
            },
            "is another one",
        ),
        (
            LogMark {
                log_id: LogId::new(),
                ..of(&mark)
            },
            "does not have the log",
        ),
        (
            LogMark {
                organization_id: crate::ids::OrgId::new(),
                ..of(&mark)
            },
            "does not have the log",
        ),
    ] {
        let mark = HighWater {
            time: None,
            logs: vec![changed],
        };
        let what = lacks(mark).await.expect(says);
        assert!(what.contains(says), "{what}");
    }
}
