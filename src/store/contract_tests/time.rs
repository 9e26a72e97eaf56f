//! Time: instants that follow from the commit, and what may be said while a group is in flight.

use super::Harness;
use super::fixtures::{World, applied, change_in, dawn, failed, joined, salted, setup, waits};
use super::puppet::{PATIENCE, Puppet};
use crate::clock::{BoxFuture, Clock, ManualClock, Timestamp, When};
use crate::domain::request::{Request, Stamp, State};
use crate::store::probe::Stage;
use crate::store::{Change, CommitError, Precondition, RowRef, RowWrite};
use std::sync::Arc;
use std::time::Duration;

pub(crate) async fn times_follow_from_the_commit<H: Harness>() {
    let world = World::<H>::new().await;
    let request = world.draft_request();
    let judged = dawn();
    let hold = world.puppet.hold(Stage::Gather);
    let bounded = |plus_seconds: i64, bound: i64| When::Commit {
        plus_millis: plus_seconds * 1000,
        not_after: Some(judged.plus_seconds(bound)),
    };
    let stamps = vec![
        (Stamp::Created, When::COMMIT),
        (Stamp::ReviewDeadline, When::after_seconds(3600)),
        (Stamp::Sent, When::At(judged.plus_seconds(3))),
        (Stamp::Deadline, bounded(100, 1000)),
        (Stamp::AccessEnd, bounded(1000, 100)),
    ];
    let call = world.queue(world.change(vec![RowWrite::InsertRequest(
        Box::new(request.clone()),
        stamps,
    )]));
    let at = judged.plus_seconds(10);
    world.clock.set(at);
    drop(hold);
    assert_eq!(joined(call).await.unwrap().at, at);
    let found = world.request(request.identity).await;
    assert_eq!(found.created_at, at);
    assert_eq!(found.review_deadline, at.plus_seconds(3600));
    assert_eq!(found.sent_at, Some(judged.plus_seconds(3)));
    assert_eq!(found.deadline, Some(at.plus_seconds(100)));
    assert_eq!(found.access_end, Some(judged.plus_seconds(100)));
    let rows = world.log(world.tenant.id).await;
    assert_eq!(rows.first().unwrap().creation, at);
}

pub(crate) async fn settled_waits_for_an_earlier_group<H: Harness>() {
    let world = World::<H>::new().await;
    let deadline = dawn().plus_seconds(1);
    assert!(
        !waits(world.store.settled(deadline)),
        "nothing is in flight"
    );
    let hold = world.puppet.hold(Stage::Commit);
    let call = world.queue(world.change(Vec::new()));
    world.puppet.reached(Stage::Commit).await;
    world.clock.set(deadline);
    assert!(
        !waits(world.store.settled(dawn())),
        "the group is not earlier"
    );
    let mut settled = Box::pin(world.store.settled(deadline));
    assert!(waits(settled.as_mut()));
    drop(hold);
    applied(joined(call).await);
    tokio::time::timeout(PATIENCE, settled)
        .await
        .unwrap()
        .unwrap();
}

/// A clock that can be held while the writer reads it.
struct SlowClock {
    hand: Arc<ManualClock>,
    puppet: Arc<Puppet>,
}

impl Clock for SlowClock {
    fn now(&self) -> Timestamp {
        let now = self.hand.now();
        // Any stage will do: this puppet has nothing to do with the writer's.
        self.puppet.probe()(Stage::Gather).unwrap();
        now
    }
    fn monotonic(&self) -> Duration {
        self.hand.monotonic()
    }
    fn sleep_until(&self, instant: Timestamp) -> BoxFuture<'_, ()> {
        self.hand.sleep_until(instant)
    }
    fn raise_mark(&self, mark: Timestamp) {
        self.hand.raise_mark(mark);
    }
    fn advance(&self, by: Duration) -> bool {
        self.hand.advance(by)
    }
}

pub(crate) async fn settled_waits_while_the_clock_is_read<H: Harness>() {
    let hand = Arc::new(ManualClock::at(dawn()));
    let puppet = Puppet::new();
    let slow = SlowClock {
        hand: Arc::clone(&hand),
        puppet: Arc::clone(&puppet),
    };
    let world = World::<H>::with_clock(hand, Arc::new(slow), 16).await;
    let request = world.pending().await;
    let deadline = request.deadline.unwrap();
    let hold = puppet.hold(Stage::Gather);
    let approval = world.queue(world.approval(&request));
    puppet.reached(Stage::Gather).await;
    // The writer has read an instant before the deadline; a reader reads one at it.
    world.clock.set(deadline);
    let (store, tenant) = (Arc::clone(&world.store), world.tenant.id);
    let identity = request.identity;
    let reader = tokio::spawn(async move {
        store.settled(deadline).await.unwrap();
        let which = crate::store::RequestRef::Identity(identity);
        store.request(tenant, which).await.unwrap().unwrap()
    });
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    assert!(
        !reader.is_finished(),
        "answered while a group was beginning"
    );
    drop(hold);
    applied(joined(approval).await);
    assert_eq!(joined(reader).await.state, State::Approved);
}

pub(crate) async fn expired_is_never_followed_by_approved<H: Harness>() {
    let world = Arc::new(World::<H>::new().await);
    let mut outcomes = [0, 0];
    for round in 0..60_i64 {
        let deadline = world.clock.now().plus_millis(5);
        let request = world
            .submit(Request {
                state: State::Pending,
                sent_at: Some(dawn()),
                deadline: Some(deadline),
                ..world.draft_request()
            })
            .await;
        let reader = tokio::spawn({
            let (world, identity) = (Arc::clone(&world), request.identity);
            async move {
                world.clock.sleep_until(deadline).await;
                world.store.settled(deadline).await.unwrap();
                world.request(identity).await.state
            }
        });
        let time = tokio::spawn({
            let world = Arc::clone(&world);
            async move {
                for _ in 0..round % 7 {
                    tokio::task::yield_now().await;
                }
                world.clock.set(deadline);
            }
        });
        let answer = world.commit(world.approval(&request)).await;
        joined(time).await;
        let seen = joined(reader).await;
        match answer {
            Ok(_) => {
                assert_eq!(seen, State::Approved, "seen expired, then approved");
                outcomes[0] += 1;
            }
            Err(CommitError::Failed(precondition, at)) => {
                assert_eq!(*precondition, Precondition::Before(deadline));
                assert!(at >= deadline);
                assert_eq!(seen, State::Pending);
                outcomes[1] += 1;
            }
            Err(other) => panic!("{other:?}"),
        }
    }
    assert_eq!(outcomes.iter().sum::<i32>(), 60);
}

pub(crate) async fn time_goes_on_after_a_restart<H: Harness>() {
    let world = World::<H>::new().await;
    let late = dawn().plus_seconds(1000);
    world.clock.set(late);
    let request = world.submit(world.draft_request()).await;
    let World {
        harness,
        store,
        puppet,
        tenant,
        ..
    } = world;
    drop(store);
    // A conflict writes nothing and yet raises the mark.
    let clock = Arc::new(ManualClock::at(dawn()));
    let harness = harness.reopen(setup(clock.clone(), &puppet, 16)).await;
    assert!(clock.now() >= late, "time fell behind the mark");
    let store = harness.store();
    clock.set(late.plus_seconds(5));
    let conflict = Change {
        preconditions: vec![Precondition::At(RowRef::Request(request.identity), 9)],
        ..Change::default()
    };
    failed(store.commit(conflict).await);
    drop(store);
    let clock = Arc::new(ManualClock::at(dawn()));
    let harness = harness.reopen(setup(clock.clone(), &puppet, 16)).await;
    assert!(clock.now() >= late.plus_seconds(5));
    let store = harness.store();
    let change = salted(change_in(&tenant, Vec::new()));
    let committed = store.commit(change).await.unwrap();
    assert!(committed.at >= late.plus_seconds(5));
    assert_eq!(
        applied(Ok(committed)).first().unwrap().1,
        1,
        "the log goes on"
    );
}
