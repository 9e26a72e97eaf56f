//! Webhooks that are well are told straight from the outbox: their deliveries are in no table before
//! somebody has answered.

use crate::delivery::{
    Post, Receiver, Told, all_delivered, fresh, look, pickup, until, whole_mails,
};
use crate::world::World;
use customer_lockbox::domain::notice::Event;
use customer_lockbox::store::OutboxDraft;
use rusqlite::Connection;
use serde_json::{Value, json};

/// What is told of an event by mail.
fn mailed<'a>(told: &'a [Told], event: &str) -> Vec<&'a Told> {
    let mails = told.iter().filter(|one| !one.reasons.contains("webhook"));
    mails.filter(|one| one.event == event).collect()
}

/// State and attempts of what a receiver was told, in the order of the events.
fn called(told: &[Told], receiver: &Receiver) -> Vec<(String, String, u32)> {
    let id = receiver.hook.id.to_string();
    let calls = told.iter().filter(|one| one.target == id);
    calls
        .map(|one| (one.event.clone(), one.state.clone(), one.attempts))
        .collect()
}

fn row(event: &str, state: &str, attempts: u32) -> (String, String, u32) {
    (event.to_owned(), state.to_owned(), attempts)
}

async fn denied(world: &World, request: &Value) {
    let deny = json!({"requestId": request["identity"], "decision": "Deny"});
    world.ok("anna", "request.decide", deny).await;
}

/// Waits until the mails of an event are out.
async fn mails_are_out(world: &World, event: &str) {
    let out = |told: &[Told]| {
        let mails = mailed(told, event);
        !mails.is_empty() && mails.iter().all(|one| one.state == "delivered")
    };
    until(world, "the mails are out", out).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crash_before_the_answer_repeats_the_call_and_nothing_else() {
    let world = fresh().await;
    let receiver = Receiver::hearing(&world, vec![Event::RequestArrived]).await;
    let post = Post::start(&world, pickup(&world));
    world.pending().await;
    receiver.is_called(1).await;
    mails_are_out(&world, "requestArrived").await;
    let (told, due) = look(&world);
    assert_eq!((called(&told, &receiver), due), (vec![], 1));
    let mails = mailed(&told, "requestArrived").len();
    let files = whole_mails(&world).len();
    post.crash().await;
    receiver.status.send_replace(200);
    let post = Post::start(&world, pickup(&world));
    let told = all_delivered(&world).await;
    post.end().await;
    assert_eq!(
        called(&told, &receiver),
        [row("requestArrived", "delivered", 1)]
    );
    assert_eq!(mailed(&told, "requestArrived").len(), mails);
    assert_eq!(whole_mails(&world).len(), files);
    let calls = receiver.calls.borrow().clone();
    assert_eq!(calls.len(), 2);
    assert_eq!(calls[0], calls[1]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_follows_one_that_was_not_delivered_waits_behind_it() {
    let world = fresh().await;
    let heard = vec![Event::RequestArrived, Event::RequestDecided];
    let receiver = Receiver::hearing(&world, heard).await;
    let post = Post::start(&world, pickup(&world));
    let request = world.pending().await;
    receiver.is_called(1).await;
    denied(&world, &request).await;
    mails_are_out(&world, "requestDecided").await;
    assert_eq!(called(&look(&world).0, &receiver), []);
    receiver.status.send_replace(503);
    let wait = |told: &[Told]| called(told, &receiver).len() == 2;
    let told = until(&world, "both wait", wait).await;
    assert_eq!(
        called(&told, &receiver)[1],
        row("requestDecided", "waiting", 0)
    );
    let tried = |told: &[Told]| called(told, &receiver)[0].2 == 1;
    until(&world, "the attempt is written down", tried).await;
    // It is not well: what comes now is seen to wait, whichever request it is of.
    receiver.status.send_replace(0);
    world.pending().await;
    let waits = |told: &[Told]| called(told, &receiver).len() == 3;
    until(&world, "the next one waits too", waits).await;
    receiver.is_called(2).await;
    receiver.status.send_replace(200);
    world.pass(120);
    let told = all_delivered(&world).await;
    let attempts: Vec<u32> = called(&told, &receiver).iter().map(|one| one.2).collect();
    assert_eq!(attempts, [2, 1, 1]);
    let calls = receiver.calls.borrow().clone();
    let first = calls[0].clone();
    let again = calls.iter().rposition(|id| *id == first).unwrap();
    let ids = ids(&world, &receiver);
    assert_eq!(first, ids[0]);
    let then = calls.iter().position(|id| *id == ids[1]).unwrap();
    assert!(again < then, "{calls:?} {ids:?}");
    // And well again, where nothing waits any more.
    receiver.status.send_replace(0);
    let before = calls.len();
    world.pending().await;
    receiver.is_called(before + 1).await;
    assert_eq!(called(&look(&world).0, &receiver).len(), 3);
    receiver.status.send_replace(200);
    all_delivered(&world).await;
    post.end().await;
}

/// The identities of what a receiver was told, in the order of the events.
fn ids(world: &World, receiver: &Receiver) -> Vec<String> {
    let conn = Connection::open(world.dir().join("lockbox.db")).unwrap();
    let mut rows = conn
        .prepare("SELECT id FROM delivery WHERE target = ?1 ORDER BY event")
        .unwrap();
    let ids = rows
        .query_map([receiver.hook.id.to_string()], |row| row.get(0))
        .unwrap();
    ids.map(|id| uuid::Uuid::from_bytes(id.unwrap()).to_string())
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_waits_until_all_of_it_is_written_and_what_is_written_is_not_told_again() {
    let world = fresh().await;
    let quick = Receiver::hearing(&world, vec![Event::RequestArrived]).await;
    let slow = Receiver::hearing(&world, vec![Event::RequestArrived]).await;
    quick.status.send_replace(200);
    let post = Post::start(&world, pickup(&world));
    world.pending().await;
    slow.is_called(1).await;
    let written = |told: &[Told]| !called(told, &quick).is_empty();
    until(&world, "the quick one is written down", written).await;
    mails_are_out(&world, "requestArrived").await;
    assert_eq!(look(&world).1, 1, "the event waits");
    post.crash().await;
    slow.status.send_replace(200);
    let post = Post::start(&world, pickup(&world));
    let told = all_delivered(&world).await;
    post.end().await;
    for receiver in [&quick, &slow] {
        let row = row("requestArrived", "delivered", 1);
        assert_eq!(called(&told, receiver), [row]);
    }
    assert_eq!(quick.calls.borrow().len(), 1);
    let calls = slow.calls.borrow().clone();
    assert_eq!((calls.len(), &calls[0]), (2, &calls[1]));
}

/// What engineers do while a digest waits is told with it, and with the next one after that: so it
/// waits no more before it is told.
#[tokio::test(flavor = "multi_thread")]
async fn a_digest_is_written_down_before_it_is_told() {
    let world = fresh().await;
    let receiver = Receiver::hearing(&world, vec![Event::EngineerActed]).await;
    let request = world.pending().await;
    let identity = request["identity"].as_str().unwrap().parse().unwrap();
    let contoso = world.contoso().await.id;
    let digest = OutboxDraft::new(contoso, Event::EngineerActed, Some(identity)).once();
    world.write_and_tell(Vec::new(), vec![digest]).await;
    let post = Post::start(&world, pickup(&world));
    receiver.is_called(1).await;
    let (told, due) = look(&world);
    let waits = row("engineerActed", "waiting", 0);
    assert_eq!((called(&told, &receiver), due), (vec![waits], 0));
    receiver.status.send_replace(200);
    all_delivered(&world).await;
    post.end().await;
}
