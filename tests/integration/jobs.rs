//! The timers: what time has done is written down once, by whomever.

use crate::world::{CONTOSO, World};
use customer_lockbox::clock::{BoxFuture, Clock};
use customer_lockbox::jobs;
use customer_lockbox::store::Store;
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// Timers that run until they are dropped.
struct Timers {
    stop: CancellationToken,
    task: JoinHandle<()>,
}

impl Timers {
    fn start(world: &World) -> Self {
        let stop = CancellationToken::new();
        let (rpc, token) = (Arc::clone(&world.rpc), stop.clone());
        let task = tokio::spawn(async move { jobs::run(rpc.services(), token).await });
        Self { stop, task }
    }

    async fn stop(self) {
        self.stop.cancel();
        tokio::time::timeout(Duration::from_secs(30), self.task)
            .await
            .expect("the timers end when they are told to")
            .unwrap();
    }
}

/// How many records of an operation somebody's log has.
async fn count(world: &World, who: &str, operation: &str) -> usize {
    let found = world
        .ok(who, "audit.search", json!({"operations": [operation]}))
        .await;
    found["records"].as_array().unwrap().len()
}

/// Waits, commit by commit, until a condition holds.
async fn until<'a>(world: &'a World, mut holds: impl FnMut() -> BoxFuture<'a, bool>) {
    let mut commits = world.store.commits();
    let waiting = async {
        loop {
            commits.borrow_and_update();
            if holds().await {
                return;
            }
            commits.changed().await.unwrap();
        }
    };
    tokio::time::timeout(Duration::from_secs(30), waiting)
        .await
        .expect("the condition within its time");
}

async fn until_counted(world: &World, who: &'static str, operation: &'static str, wanted: usize) {
    until(world, || {
        Box::pin(async move { count(world, who, operation).await == wanted })
    })
    .await;
}

#[tokio::test]
async fn the_timer_writes_down_expiry_and_end_of_access_when_the_clock_gets_there() {
    let world = World::new().await;
    let timers = Timers::start(&world);
    world.approved().await;
    let pending = world.pending().await;
    world.submit().await;
    // A millisecond before the end of access there is nothing to write down.
    world
        .clock
        .set(world.clock.now().plus_millis(3_600_000 - 1));
    assert_eq!(count(&world, "ada", "LockboxAccessEnded").await, 0);
    world.clock.set(world.clock.now().plus_millis(1));
    until_counted(&world, "ada", "LockboxAccessEnded", 1).await;
    assert_eq!(count(&world, "ada", "LockboxRequestExpired").await, 0);
    world.pass(11 * 3_600);
    until_counted(&world, "ada", "LockboxRequestExpired", 1).await;
    until_counted(&world, "root", "LockboxRequestExpired", 1).await;
    let read = world
        .ok(
            "ada",
            "request.get",
            json!({"requestId": pending["identity"]}),
        )
        .await;
    assert_eq!(read["request"]["state"], "Expired");
    assert_eq!(read["request"]["closedDate"], pending["expirationDate"]);
    timers.stop().await;
    assert_eq!(count(&world, "ada", "LockboxAccessEnded").await, 1);
}

#[tokio::test]
async fn what_fell_due_while_nobody_looked_is_written_down_at_start() {
    let world = World::new().await;
    world.approved().await;
    world.pending().await;
    world.pass(13 * 3_600);
    assert_eq!(
        world
            .rpc
            .services()
            .next_due()
            .await
            .unwrap()
            .map(|at| at <= world.clock.now()),
        Some(true)
    );
    let timers = Timers::start(&world);
    until_counted(&world, "ada", "LockboxAccessEnded", 1).await;
    until_counted(&world, "ada", "LockboxRequestExpired", 1).await;
    timers.stop().await;
    assert_eq!(world.rpc.services().next_due().await.unwrap(), None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_passes_at_once_write_everything_down_once() {
    let world = World::new().await;
    for _ in 0..4 {
        world.approved().await;
    }
    for _ in 0..3 {
        world.pending().await;
    }
    world.pass(13 * 3_600);
    let passes: Vec<_> = (0..4)
        .map(|_| {
            let rpc = Arc::clone(&world.rpc);
            tokio::spawn(async move { rpc.services().write_down_due().await.unwrap() })
        })
        .collect();
    let mut written = 0;
    for pass in passes {
        written += pass.await.unwrap();
    }
    assert_eq!(written, 7);
    assert_eq!(count(&world, "ada", "LockboxAccessEnded").await, 4);
    assert_eq!(count(&world, "ada", "LockboxRequestExpired").await, 3);
}

#[tokio::test]
async fn a_report_that_touches_an_ended_request_writes_the_end_down_first() {
    let world = World::new().await;
    let approved = world.approved().await;
    world.pass(3_700);
    let occurred = world.clock.now().plus_seconds(-3_000).to_string();
    let report = json!({"tenant": CONTOSO, "requestId": approved["requestId"], "operation": "Late",
                        "engineer": "eve@fabrikam.example", "occurredAt": occurred});
    let recorded = world.ok("gate", "activity.record", report).await;
    assert_eq!(recorded["violation"], false, "{recorded}");
    let operations = world.operations("ada").await;
    let last: Vec<&str> = operations
        .iter()
        .rev()
        .take(2)
        .rev()
        .map(String::as_str)
        .collect();
    assert_eq!(last, ["LockboxAccessEnded", "Late"]);
    assert_eq!(world.rpc.services().write_down_due().await.unwrap(), 0);
}

#[tokio::test]
async fn summaries_come_at_the_end_of_their_minute_though_nothing_is_committed() {
    let world = World::new().await;
    let timers = Timers::start(&world);
    // The timers have done what there was, and sleep.
    world.approved().await;
    world.pass(3_600);
    until_counted(&world, "ada", "LockboxAccessEnded", 1).await;
    for _ in 0..100 {
        world.ok("root", "system.info", json!({})).await;
        tokio::task::yield_now().await;
    }
    world
        .call_with(Some("lbt_wrong"), "request.list", json!({}))
        .await
        .unwrap_err();
    // The call itself must have told them; from here on nothing is called until they have written.
    let mut commits = world.store.commits();
    commits.borrow_and_update();
    world.pass(60);
    tokio::time::timeout(Duration::from_secs(30), commits.changed())
        .await
        .expect("the summary is written in time")
        .unwrap();
    assert_eq!(
        count(&world, "root", "LockboxAuthenticationFailures").await,
        1
    );
    // What the present minute has counted is not lost when the daemon ends.
    world
        .call_with(Some("lbt_wrong"), "request.list", json!({}))
        .await
        .unwrap_err();
    timers.stop().await;
    assert_eq!(
        count(&world, "root", "LockboxAuthenticationFailures").await,
        2
    );
}

/// Waits until nothing is left of something that the timers prune.
async fn gone(rows: impl Fn() -> i64) {
    let gone = async {
        while rows() > 0 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), gone)
        .await
        .expect("it is pruned");
}

#[tokio::test]
async fn events_are_forgotten_once_they_are_old() {
    let world = World::new().await;
    let conn = rusqlite::Connection::open(world.dir().join("lockbox.db")).unwrap();
    conn.execute("UPDATE outbox SET state = 'told'", [])
        .unwrap();
    let rows = || {
        conn.query_row("SELECT count(*) FROM outbox", [], |row| row.get(0))
            .unwrap()
    };
    assert!(rows() > 0);
    world.pass(180 * 24 * 3_600);
    let timers = Timers::start(&world);
    gone(rows).await;
    timers.stop().await;
}

#[tokio::test]
async fn a_key_replays_for_24_hours_and_is_forgotten_then() {
    let world = World::new().await;
    let day = 24 * 3_600;
    let params = json!({"hoursToAnswer": 7, "idempotencyKey": "once"});
    let put = || world.ok("ada", "policy.put", params.clone());
    assert_eq!(put().await["replayed"], false);
    world
        .clock
        .set(world.clock.now().plus_millis(day * 1_000 - 1));
    assert_eq!(put().await["replayed"], true, "a millisecond before");
    world.clock.set(world.clock.now().plus_millis(1));
    assert_eq!(put().await["replayed"], false, "at 24 hours, pruned or not");

    let rows = || {
        let conn = rusqlite::Connection::open(world.dir().join("lockbox.db")).unwrap();
        conn.query_row("SELECT count(*) FROM idempotency", [], |row| {
            row.get::<_, i64>(0)
        })
        .unwrap()
    };
    assert_eq!(rows(), 1);
    world.pass(day + 1);
    let timers = Timers::start(&world);
    // The timers prune first of all, and count no commit for it.
    gone(rows).await;
    timers.stop().await;
}
