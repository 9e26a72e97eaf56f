//! Idempotency keys: of two equal calls one applies, and both get its answer.

use super::Harness;
use super::fixtures::{World, applied, dawn, failed, joined, key};
use crate::store::probe::Stage;
use crate::store::{
    Change, CommitError, IDEMPOTENCY_KEEP_MILLIS, Idempotency, Outcome, Precondition, Upkeep,
};
use serde_json::{Value, json};

fn with_key<H: Harness>(world: &World<H>, key: Idempotency) -> Change {
    Change {
        idempotency: Some(key),
        ..world.change(Vec::new())
    }
}

#[track_caller]
fn replayed(answer: super::fixtures::Answer) -> Value {
    match answer.map(|committed| committed.outcome) {
        Ok(Outcome::Replayed(answer)) => answer,
        other => panic!("expected Replayed, found {other:?}"),
    }
}

pub(crate) async fn two_equal_calls_in_flight<H: Harness>() {
    let world = World::<H>::new().await;
    let before = world.records().await;
    let hold = world.puppet.hold(Stage::Gather);
    let calls: Vec<_> = (0..3)
        .map(|_| world.queue(with_key(&world, key(&world.admin, "k", "same"))))
        .collect();
    drop(hold);
    let mut calls = calls.into_iter();
    applied(joined(calls.next().unwrap()).await);
    for call in calls {
        assert_eq!(replayed(joined(call).await), json!({"answer": "same"}));
    }
    // And once more in a later group, and through the read.
    let later = world
        .commit(with_key(&world, key(&world.admin, "k", "same")))
        .await;
    assert_eq!(replayed(later), json!({"answer": "same"}));
    assert_eq!(world.records().await, before + 1);
    let kept = world
        .store
        .answer(world.tenant.id, world.admin.id, "request.decide", "k")
        .await
        .unwrap()
        .unwrap();
    assert_eq!(kept.answer, json!({"answer": "same"}));
    assert_eq!(kept.digest, key(&world.admin, "k", "same").digest);
}

pub(crate) async fn same_key_other_params<H: Harness>() {
    let world = World::<H>::new().await;
    applied(
        world
            .commit(with_key(&world, key(&world.admin, "k", "one")))
            .await,
    );
    let before = world.records().await;
    let answer = world
        .commit(with_key(&world, key(&world.admin, "k", "two")))
        .await;
    assert!(matches!(answer, Err(CommitError::KeyReused)), "{answer:?}");
    assert_eq!(world.records().await, before);
}

pub(crate) async fn key_belongs_to_its_caller<H: Harness>() {
    let world = World::<H>::new().await;
    let mine = key(&world.admin, "k", "one");
    let other_method = Idempotency {
        method: "request.review".to_owned(),
        ..mine.clone()
    };
    let others = [
        mine.clone(),
        key(&world.deputy, "k", "two"),
        key(&world.engineer, "k", "three"),
        key(&world.admin, "K", "four"),
        other_method,
    ];
    for other in others {
        applied(world.commit(with_key(&world, other)).await);
    }
    replayed(world.commit(with_key(&world, mine)).await);
    let elsewhere = world
        .store
        .answer(world.provider.id, world.admin.id, "request.decide", "k")
        .await
        .unwrap();
    assert_eq!(elsewhere, None);
}

pub(crate) async fn replay_comes_before_preconditions<H: Harness>() {
    let world = World::<H>::new().await;
    let request = world.pending().await;
    let approval = Change {
        idempotency: Some(key(&world.admin, "k", "approve")),
        ..world.approval(&request)
    };
    applied(world.commit(approval.clone()).await);
    world.clock.set(request.deadline.unwrap().plus_seconds(1));
    assert_eq!(
        replayed(world.commit(approval).await),
        json!({"answer": "approve"})
    );
}

pub(crate) async fn failures_keep_nothing<H: Harness>() {
    let world = World::<H>::new().await;
    let call = |preconditions| Change {
        preconditions,
        ..with_key(&world, key(&world.admin, "k", "one"))
    };
    failed(world.commit(call(vec![Precondition::Before(dawn())])).await);
    applied(world.commit(call(Vec::new())).await);
}

pub(crate) async fn keys_are_kept_for_a_day<H: Harness>() {
    let world = World::<H>::new().await;
    let call = |params| with_key(&world, key(&world.admin, "k", params));
    let read = || async {
        let kept = world
            .store
            .answer(world.tenant.id, world.admin.id, "request.decide", "k");
        kept.await.unwrap().is_some()
    };
    applied(world.commit(call("one")).await);
    let end = dawn().plus_millis(IDEMPOTENCY_KEEP_MILLIS);
    world.clock.set(end.plus_millis(-1));
    world
        .store
        .upkeep(Upkeep::PruneIdempotency(dawn()))
        .await
        .unwrap();
    assert!(read().await);
    replayed(world.commit(call("one")).await);
    // Nobody has pruned it, and yet it does not count any more.
    world.clock.set(end);
    assert!(!read().await);
    applied(world.commit(call("two")).await);
    replayed(world.commit(call("two")).await);
    let later = end.plus_millis(1);
    world
        .store
        .upkeep(Upkeep::PruneIdempotency(later))
        .await
        .unwrap();
    assert!(!read().await);
}
