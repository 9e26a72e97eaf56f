//! Reminders and escalation: written down once each, when the clock gets there.

use crate::world::World;
use customer_lockbox::clock::Clock;
use customer_lockbox::domain::policy::document::Approvers;
use customer_lockbox::domain::policy::effective::{Asked, AskedEscalation, AskedStage};
use customer_lockbox::jobs;
use customer_lockbox::store::Store;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

const HOUR: i64 = 3_600;

/// Anna alone; reminded after one and two hours, and after three ben may answer too.
fn patient(asked: &mut Asked) {
    let named = |address: &str| Approvers {
        people: vec![address.to_owned()],
        ..Approvers::default()
    };
    asked.stages = vec![AskedStage {
        rule: "anna".to_owned(),
        approvers: named("anna@contoso.com"),
        needed: 1,
    }];
    asked.remind_after_seconds = vec![HOUR, 2 * HOUR];
    asked.escalate = vec![AskedEscalation {
        rule: "later".to_owned(),
        after_seconds: 3 * HOUR,
        to: named("ben@contoso.com"),
    }];
}

/// How many reminders and escalations are recorded, and how many are to be told.
async fn told(world: &World) -> ((usize, usize), (i64, i64)) {
    let operations = world.operations("ada").await;
    let count = |name: &str| operations.iter().filter(|one| *one == name).count();
    let conn = rusqlite::Connection::open(world.dir().join("lockbox.db")).unwrap();
    let events = |event: &str| -> i64 {
        let sql = "SELECT count(*) FROM outbox WHERE event = ?1";
        conn.query_row(sql, [event], |row| row.get(0)).unwrap()
    };
    (
        (
            count("LockboxReminderSent"),
            count("LockboxRequestEscalated"),
        ),
        (events("requestReminder"), events("requestEscalated")),
    )
}

/// The addresses that are told of an event, sorted.
fn mailed(world: &World, event: &str) -> Vec<String> {
    let conn = rusqlite::Connection::open(world.dir().join("lockbox.db")).unwrap();
    let mut statement = conn
        .prepare(
            "SELECT d.target FROM delivery d JOIN outbox e ON e.nr = d.event
             WHERE e.event = ?1 AND d.lane = 'mail' ORDER BY d.target",
        )
        .unwrap();
    let rows = statement.query_map([event], |row| row.get(0));
    rows.unwrap().map(Result::unwrap).collect()
}

fn same(count: (usize, usize)) -> ((usize, usize), (i64, i64)) {
    let events = |count| i64::try_from(count).unwrap();
    (count, (events(count.0), events(count.1)))
}

fn approve(request: &Value) -> Value {
    json!({"requestId": request["identity"], "decision": "Approve"})
}

#[tokio::test]
async fn each_is_written_down_at_its_instant_and_once() {
    let world = World::new().await;
    let services = world.rpc.services();
    assert_eq!(services.next_wake().await.unwrap(), None);
    let pending = world.pending_under(patient).await;
    let start = world.clock.now();
    let at = |hours: i64| start.plus_seconds(hours * HOUR);
    assert_eq!(services.next_wake().await.unwrap(), Some(at(1)));
    world.clock.set(at(1).plus_millis(-1));
    assert_eq!(services.wake_due().await.unwrap(), 0);
    assert_eq!(told(&world).await, same((0, 0)));
    for (hour, counts, next) in [(1, (1, 0), Some(at(2))), (2, (2, 0), Some(at(3)))] {
        world.clock.set(at(hour));
        assert_eq!(services.wake_due().await.unwrap(), 1);
        assert_eq!(services.wake_due().await.unwrap(), 0, "once");
        assert_eq!(told(&world).await, same(counts));
        assert_eq!(services.next_wake().await.unwrap(), next);
    }
    // Before it is escalated ben may not; then he may, written down or not.
    world.clock.set(at(3).plus_millis(-1));
    world
        .refused("ben", "request.decide", approve(&pending), "notAnApprover")
        .await;
    world.clock.set(at(3));
    assert_eq!(services.wake_due().await.unwrap(), 1);
    assert_eq!(told(&world).await, same((2, 1)));
    assert_eq!(services.next_wake().await.unwrap(), None);
    let log = world.log("ada").await;
    let escalated = log.last().unwrap();
    assert_eq!(escalated["Actor"]["Kind"], "daemon");
    assert_eq!(escalated["LockboxRequest"]["Identity"], pending["identity"]);
    let parameters = escalated["Parameters"].to_string();
    for text in ["ben@contoso.com", "later", "PolicyRule", "EscalatedTo"] {
        assert!(parameters.contains(text), "{text} in {parameters}");
    }
    world.ok("ben", "request.decide", approve(&pending)).await;
}

#[tokio::test]
async fn a_jump_over_several_reminds_once_and_over_the_deadline_never() {
    let world = World::new().await;
    let services = world.rpc.services();
    world.pending_under(patient).await;
    world.pass(4 * HOUR);
    assert_eq!(services.wake_due().await.unwrap(), 1);
    assert_eq!(told(&world).await, same((1, 1)));
    assert_eq!(services.next_wake().await.unwrap(), None);

    world.pending_under(patient).await;
    world.pass(13 * HOUR);
    services.wake_due().await.unwrap();
    assert_eq!(told(&world).await, same((1, 1)), "nobody can answer it");
    assert_eq!(services.next_wake().await.unwrap(), None);
    let operations = world.operations("ada").await;
    assert_eq!(operations.last().unwrap(), "LockboxRequestExpired");
}

/// Two escalations fall due at once: one record names both, and people are told once.
#[tokio::test]
async fn escalations_at_once_are_told_once() {
    let world = World::new().await;
    world
        .pending_under(|asked| {
            patient(asked);
            let mut other = asked.escalate[0].clone();
            other.rule = "other".to_owned();
            other.to.people = vec!["ada@contoso.onmicrosoft.com".to_owned()];
            asked.escalate.push(other);
        })
        .await;
    world.pass(3 * HOUR);
    assert_eq!(world.rpc.services().wake_due().await.unwrap(), 1);
    assert_eq!(told(&world).await, ((1, 1), (1, 1)));
    let log = world.log("ada").await;
    let parameters = log.last().unwrap()["Parameters"].to_string();
    assert!(parameters.contains("\"later; other\""), "{parameters}");
    // Both are asked now.
    world.rpc.services().expand_due().await.unwrap();
    assert_eq!(
        mailed(&world, "requestEscalated"),
        [
            "ada@contoso.onmicrosoft.com",
            "anna@contoso.com",
            "ben@contoso.com"
        ]
    );
}

/// Anna approved, and is disabled: the first stage waits again.
#[tokio::test]
async fn an_approval_that_counts_no_more_is_neither_told_nor_recorded() {
    let world = World::new().await;
    let pending = world
        .pending_under(|asked| {
            patient(asked);
            asked.escalate.clear();
            let mut second = asked.stages[0].clone();
            second.approvers.people = vec!["ben@contoso.com".to_owned()];
            asked.stages.push(second);
        })
        .await;
    let services = world.rpc.services();
    world.ok("anna", "request.decide", approve(&pending)).await;
    let reminded = async || {
        world.pass(HOUR);
        assert_eq!(services.wake_due().await.unwrap(), 1);
        services.expand_due().await.unwrap();
        let log = world.log("ada").await;
        let record = log.last().unwrap();
        assert_eq!(record["Operation"], "LockboxReminderSent");
        let parameters = record["Parameters"].as_array().unwrap();
        let value = |name: &str| {
            let found = parameters.iter().find(|one| one["Name"] == name);
            found.unwrap()["Value"].as_str().unwrap().to_owned()
        };
        [value("Stage"), value("Given"), value("Needed")].join(" ")
    };
    assert_eq!(reminded().await, "2 1 2");
    let ada = "ada@contoso.onmicrosoft.com";
    let first = [ada, "anna@contoso.com", "ben@contoso.com"];
    assert_eq!(mailed(&world, "requestReminder"), first);
    let anna = json!({"principal": "anna@contoso.com"});
    world.ok("ada", "principal.disable", anna).await;
    assert_eq!(reminded().await, "1 0 2");
    // Once more ada, who administers; ben's stage has not come.
    let second = [&[ada], &first[..]].concat();
    assert_eq!(mailed(&world, "requestReminder"), second);
}

#[tokio::test]
async fn what_was_decided_wakes_nobody() {
    let world = World::new().await;
    let pending = world.pending_under(patient).await;
    world.ok("anna", "request.decide", approve(&pending)).await;
    assert_eq!(world.rpc.services().next_wake().await.unwrap(), None);
    world.pass(2 * HOUR);
    assert_eq!(world.rpc.services().wake_due().await.unwrap(), 0);
    assert_eq!(told(&world).await, same((0, 0)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn passes_at_once_write_each_down_once() {
    let world = World::new().await;
    for _ in 0..4 {
        world.pending_under(patient).await;
    }
    world.pass(HOUR);
    let passes: Vec<_> = (0..4)
        .map(|_| {
            let rpc = Arc::clone(&world.rpc);
            tokio::spawn(async move { rpc.services().wake_due().await.unwrap() })
        })
        .collect();
    let mut woken = 0;
    for pass in passes {
        woken += pass.await.unwrap();
    }
    assert_eq!(woken, 4);
    assert_eq!(told(&world).await, same((4, 0)));
}

#[tokio::test]
async fn the_timers_wake_for_it_and_sleep_on() {
    let world = World::new().await;
    world.pending_under(patient).await;
    let stop = CancellationToken::new();
    let (rpc, token) = (Arc::clone(&world.rpc), stop.clone());
    let timers = tokio::spawn(async move { jobs::run(rpc.services(), token).await });
    let mut commits = world.store.commits();
    for (hours, counts) in [(1, (1, 0)), (2, (2, 1))] {
        commits.borrow_and_update();
        world.pass(hours * HOUR);
        let written = async {
            while told(&world).await != same(counts) {
                commits.changed().await.unwrap();
            }
        };
        tokio::time::timeout(Duration::from_secs(30), written)
            .await
            .expect("written down in time");
    }
    stop.cancel();
    tokio::time::timeout(Duration::from_secs(30), timers)
        .await
        .expect("the timers end when they are told to")
        .unwrap();
    assert_eq!(world.rpc.services().next_wake().await.unwrap(), None);
}
