//! Notifications on their way: from a commit to a file in a folder, or to a server that is not
//! there, with the real workers.

use crate::world::{CONTOSO, World};
use customer_lockbox::clock::{BoxFuture, Clock, ManualClock, Timestamp};
use customer_lockbox::crypto::signing::Key;
use customer_lockbox::domain::notice::Event;
use customer_lockbox::domain::notice::delivery::Lane;
use customer_lockbox::domain::notice::webhook::{Format, SigningKey, Webhook};
use customer_lockbox::egress;
use customer_lockbox::ids::WebhookId;
use customer_lockbox::notify::mail::pickup::Pickup;
use customer_lockbox::notify::mail::smtp::{Protection, Server, Smtp};
use customer_lockbox::notify::mail::{Mailer, Way};
use customer_lockbox::notify::webhook::Caller;
use customer_lockbox::notify::{self, Carriers, Patience};
use customer_lockbox::service::notification::Round;
use customer_lockbox::service::{Options, Services};
use customer_lockbox::store::{RowWrite, Store};
use rusqlite::Connection;
use serde_json::json;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// A world in which nobody is told of how it was made.
pub async fn fresh() -> World {
    let world = World::new().await;
    let conn = Connection::open(world.dir().join("lockbox.db")).unwrap();
    conn.execute("UPDATE outbox SET state = 'told'", [])
        .unwrap();
    world
}

/// The workers beside a world.
pub struct Post {
    stop: CancellationToken,
    task: JoinHandle<()>,
}

impl Post {
    pub fn start(world: &World, way: Way) -> Self {
        Self::of(world.rpc.shared_services(), way)
    }

    fn of(services: Arc<Services>, way: Way) -> Self {
        let carriers = Carriers {
            mailer: Mailer {
                from: "Customer Lockbox <lockbox@fabrikam.example>".to_owned(),
                request_url: Some("https://portal.example/{identity}".to_owned()),
                way,
            },
            caller: Caller::new(Arc::new(client())),
            patience: Patience::default(),
        };
        let stop = CancellationToken::new();
        let run = notify::run(services, Arc::new(carriers), stop.clone());
        Self {
            stop,
            task: tokio::spawn(run),
        }
    }

    pub async fn end(self) {
        self.stop.cancel();
        self.task.await.unwrap();
    }

    /// As where the process is killed.
    pub async fn crash(self) {
        self.task.abort();
        assert!(self.task.await.unwrap_err().is_cancelled());
    }
}

/// A way to receivers on this machine.
pub fn client() -> egress::Client {
    let mut guard = egress::Guard::default();
    guard.allow("127.0.0.1").unwrap();
    let roots = egress::roots(None).unwrap();
    egress::Client::new(guard, roots, Arc::new(egress::SystemResolver)).unwrap()
}

pub fn folder(world: &World) -> PathBuf {
    world.dir().join("mail")
}

pub fn pickup(world: &World) -> Way {
    Way::Pickup(Pickup::new(folder(world)))
}

/// A server that is not there: its port is taken by nobody.
fn nowhere() -> Way {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let smtp = Smtp::new(Server {
        host: "127.0.0.1".to_owned(),
        port,
        protection: Protection::None,
        ca: None,
        login: None,
        timeout: Duration::from_secs(5),
        connections: 2,
    });
    Way::Smtp(Box::new(smtp.unwrap()))
}

/// One delivery, as the table has it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Told {
    pub event: String,
    pub target: String,
    audience: String,
    pub state: String,
    pub attempts: u32,
    result: Option<String>,
    pub reasons: String,
}

/// The deliveries, and how many events are due of which none were made yet, both at one instant.
pub fn look(world: &World) -> (Vec<Told>, i64) {
    let mut conn = Connection::open(world.dir().join("lockbox.db")).unwrap();
    let conn = conn.transaction().unwrap();
    let due = conn
        .query_row(
            "SELECT count(*) FROM outbox WHERE state = 'waiting' AND due <= ?1",
            [world.clock.now().millis()],
            |row| row.get(0),
        )
        .unwrap();
    let mut statement = conn
        .prepare(
            "SELECT e.event, d.target, d.audience, d.state, d.attempts, d.result, d.reasons
             FROM delivery d JOIN outbox e ON e.nr = d.event ORDER BY d.event, d.nr",
        )
        .unwrap();
    let told = statement
        .query_map([], |row| {
            Ok(Told {
                event: row.get(0)?,
                target: row.get(1)?,
                audience: row.get(2)?,
                state: row.get(3)?,
                attempts: row.get(4)?,
                result: row.get(5)?,
                reasons: row.get(6)?,
            })
        })
        .unwrap()
        .map(Result::unwrap)
        .collect();
    (told, due)
}

/// Waits until what is told is so.
pub async fn until(world: &World, what: &str, so: impl Fn(&[Told]) -> bool) -> Vec<Told> {
    until_look(world, what, |told, _| so(told)).await
}

/// Waits until everything that is due is delivered.
pub async fn all_delivered(world: &World) -> Vec<Told> {
    until_look(world, "all is delivered", |told, due| {
        due == 0 && told.iter().all(|one| one.state == "delivered")
    })
    .await
}

pub async fn until_look(world: &World, what: &str, so: impl Fn(&[Told], i64) -> bool) -> Vec<Told> {
    // Bookkeeping raises no commit counter, so there is nothing to wait on but the rows.
    let mut tick = tokio::time::interval(Duration::from_millis(10));
    let found = tokio::time::timeout(Duration::from_secs(30), async {
        loop {
            tick.tick().await;
            let (told, due) = look(world);
            if so(&told, due) {
                return told;
            }
        }
    });
    let found = found.await;
    found.unwrap_or_else(|_| panic!("{what}: {:#?}", look(world)))
}

/// The mails of the folder.
pub fn whole_mails(world: &World) -> Vec<String> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder(world))
        .map(|entries| entries.map(|entry| entry.unwrap().path()).collect())
        .unwrap_or_default();
    files.sort();
    let texts = files
        .iter()
        .map(|file| std::fs::read_to_string(file).unwrap());
    texts.collect()
}

/// Their headers up to the first empty line, unfolded.
fn mails(world: &World) -> Vec<String> {
    let mails = whole_mails(world).into_iter();
    let heads = mails.map(|text| {
        let (head, _) = text.split_once("\r\n\r\n").unwrap();
        head.replace("\r\n ", " ")
    });
    heads.collect()
}

fn header<'a>(mail: &'a str, name: &str) -> &'a str {
    let prefix = format!("{name}: ");
    mail.lines()
        .find_map(|line| line.strip_prefix(prefix.as_str()))
        .unwrap_or_else(|| panic!("no {name} in {mail}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_reaches_its_approvers_as_one_mail_each() {
    let world = fresh().await;
    let post = Post::start(&world, pickup(&world));
    let request = world.pending().await;
    let told = all_delivered(&world).await;
    let of = |event: &str| {
        let mut to: Vec<&str> = told
            .iter()
            .filter(|one| one.event == event)
            .map(|one| one.target.as_str())
            .collect();
        to.sort_unstable();
        to
    };
    assert_eq!(
        of("requestSubmitted"),
        ["max@fabrikam.example", "mia@fabrikam.example"]
    );
    assert_eq!(
        of("requestArrived"),
        [
            "ada@contoso.onmicrosoft.com",
            "anna@contoso.com",
            "ben@contoso.com"
        ]
    );
    let mails = mails(&world);
    let arrived: Vec<&String> = mails
        .iter()
        .filter(|mail| header(mail, "X-Lockbox-Event") == "requestArrived")
        .collect();
    assert_eq!(arrived.len(), 3);
    for mail in arrived {
        assert_eq!(
            header(mail, "Subject"),
            "A Customer Lockbox request is pending your approval"
        );
        let thread = format!(
            "<{}@fabrikam.example>",
            request["identity"].as_str().unwrap()
        );
        assert_eq!(header(mail, "References"), thread);
        assert_eq!(header(mail, "Auto-Submitted"), "auto-generated");
    }
    post.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_did_not_decide_is_told_who_did_and_the_engineer_too() {
    let world = fresh().await;
    let request = world.pending().await;
    world
        .ok(
            "anna",
            "request.decide",
            json!({"requestId": request["identity"], "decision": "Deny", "comment": "not now"}),
        )
        .await;
    let post = Post::start(&world, pickup(&world));
    let told = all_delivered(&world).await;
    let mut of: Vec<(&str, &str)> = told
        .iter()
        .filter(|one| one.event == "requestDecided")
        .map(|one| (one.target.as_str(), one.audience.as_str()))
        .collect();
    of.sort_unstable();
    assert_eq!(
        of,
        [
            ("ada@contoso.onmicrosoft.com", "otherApprovers"),
            ("ben@contoso.com", "otherApprovers"),
            ("eve@fabrikam.example", "requester"),
            ("max@fabrikam.example", "reviewers"),
        ]
    );
    post.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn access_is_told_when_it_ends_soon_and_when_it_has_ended_and_nothing_that_is_over() {
    let world = fresh().await;
    let post = Post::start(&world, pickup(&world));
    world.approved().await;
    all_delivered(&world).await;
    let events = |told: &[Told], event: &str| told.iter().filter(|one| one.event == event).count();
    // An hour of access: the notice comes a quarter before its end, not a second sooner.
    world.pass(45 * 60 - 1);
    let told = all_delivered(&world).await;
    assert_eq!(events(&told, "accessEnding"), 0);
    world.pass(1);
    until(&world, "the end is near", |told| {
        events(told, "accessEnding") == 1
    })
    .await;
    world.pass(15 * 60);
    let services = world.rpc.shared_services();
    services.write_down_due().await.unwrap();
    let told = until(&world, "it is over", |told| events(told, "accessEnded") > 0).await;
    // It began with the decision, which told so.
    assert_eq!(events(&told, "accessStarted"), 0);
    post.end().await;

    // Who finishes early hears nothing of an end that does not come.
    let world = fresh().await;
    let request = world.approved().await;
    world
        .ok(
            "eve",
            "request.complete",
            json!({"requestId": request["identity"], "tenant": CONTOSO}),
        )
        .await;
    world.pass(50 * 60);
    let post = Post::start(&world, pickup(&world));
    let told = all_delivered(&world).await;
    assert_eq!(events(&told, "accessEnding"), 0, "{told:#?}");
    assert!(events(&told, "accessCompleted") > 0);
    post.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_sent_is_tried_again_and_given_up_after_a_day() {
    let world = fresh().await;
    world.pending().await;
    let post = Post::start(&world, nowhere());
    let tried = |told: &[Told], times: u32| {
        !told.is_empty() && told.iter().all(|one| one.attempts >= times)
    };
    let told = until(&world, "a first attempt", |told| tried(told, 1)).await;
    assert!(told.iter().all(|one| one.state == "waiting"));
    assert!(
        told[0].result.as_deref().unwrap().contains("onnection"),
        "{told:#?}"
    );
    // Within the first pause nothing happens; 30 s and a quarter later it is tried again.
    world.pass(22);
    world.pass(16);
    until(&world, "a second attempt", |told| tried(told, 2)).await;
    world.pass(24 * 3_600);
    until(&world, "the end", |told| {
        told.iter()
            .filter(|one| one.event != "notificationUndeliverable")
            .all(|one| one.state == "undeliverable")
    })
    .await;
    let log = world.operations("ada").await;
    let given_up = |log: &[String]| {
        log.iter()
            .filter(|name| *name == "LockboxNotificationUndeliverable")
            .count()
    };
    assert_eq!(given_up(&log), 3, "{log:?}");
    // Ada hears of the addresses that are not hers.
    let told = until(&world, "ada hears of it", |told| {
        told.iter()
            .filter(|one| one.event == "notificationUndeliverable")
            .count()
            >= 2
    })
    .await;
    assert!(
        told.iter()
            .filter(|one| one.event == "notificationUndeliverable")
            .all(
                |one| ["ada@contoso.onmicrosoft.com", "root@fabrikam.example"]
                    .contains(&one.target.as_str())
            )
    );
    post.end().await;
}

/// The mail server is down while somebody decides: the mail says so first, and asks for nothing.
#[tokio::test(flavor = "multi_thread")]
async fn a_mail_that_comes_when_all_is_decided_says_that() {
    let world = fresh().await;
    let request = world.pending().await;
    let post = Post::start(&world, nowhere());
    until(&world, "a first attempt", |told| {
        told.len() == 3 && told.iter().all(|one| one.attempts > 0)
    })
    .await;
    post.end().await;
    let deny = json!({"requestId": request["identity"], "decision": "Deny"});
    world.ok("anna", "request.decide", deny).await;
    world.pass(60);
    let post = Post::start(&world, pickup(&world));
    all_delivered(&world).await;
    post.end().await;
    let heads = mails(&world);
    let whole = whole_mails(&world);
    let arrived = heads
        .iter()
        .zip(&whole)
        .filter(|(head, _)| header(head, "X-Lockbox-Event") == "requestArrived");
    let arrived: Vec<_> = arrived.collect();
    assert_eq!(arrived.len(), 3, "nothing is dropped");
    for (head, mail) in arrived {
        let id = request["requestId"].as_str().unwrap();
        let subject = format!("Customer Lockbox request {id}: nothing left to do");
        assert_eq!(header(head, "Subject"), subject);
        assert!(!head.contains("Importance"), "{head}");
        // Lines are cut where they are long.
        let text = mail.replace("=\r\n", "");
        let now = "\r\n\r\nMeanwhile anna@contoso.com denied the request, and nobody gets access. This mail comes late: what follows was so at 2026-11-21 12:00:00 UTC.\r\n\r\nA support engineer needs your approval";
        assert!(text.contains(now), "{text}");
        assert!(
            text.matches("Meanwhile anna@contoso.com denied").count() == 2,
            "{text}"
        );
        for over in ["ApprovalDecision", "If nobody answers", "Attention"] {
            assert!(!text.contains(over), "{over} in {text}");
        }
    }
}

/// A request whose row cannot be read, and so many events about it in all; returns its row.
async fn damaged(world: &World, events: i64) -> (Connection, uuid::Uuid, String) {
    world.rpc.services().expand_due().await.unwrap();
    let damaged = world.pending().await;
    let damaged: uuid::Uuid = damaged["identity"].as_str().unwrap().parse().unwrap();
    let conn = Connection::open(world.dir().join("lockbox.db")).unwrap();
    let waiting = "SELECT count(*) FROM outbox WHERE state = 'waiting'";
    let there: i64 = conn.query_row(waiting, [], |row| row.get(0)).unwrap();
    conn.execute(
        "WITH RECURSIVE many (nr) AS (SELECT 1 UNION ALL SELECT nr + 1 FROM many LIMIT ?2)
         INSERT INTO outbox (org, event, request, created, due, record)
         SELECT e.org, e.event, e.request, e.created, e.due, e.record FROM many, outbox e
         WHERE e.request = ?1 AND e.event = 'requestArrived'",
        rusqlite::params![damaged.as_bytes(), events - there],
    )
    .unwrap();
    let row = "SELECT body FROM request WHERE identity = ?1";
    let body = conn.query_row(row, [damaged.as_bytes()], |row| row.get(0));
    let body: String = body.unwrap();
    put(&conn, damaged, "{}");
    (conn, damaged, body)
}

/// Writes a request's row.
fn put(conn: &Connection, identity: uuid::Uuid, body: &str) {
    let sql = "UPDATE request SET body = ?2 WHERE identity = ?1";
    let params = rusqlite::params![identity.as_bytes(), body];
    assert_eq!(conn.execute(sql, params).unwrap(), 1);
}

/// More events than are looked at in one go are about a request whose row cannot be read.
#[tokio::test(flavor = "multi_thread")]
async fn events_that_cannot_be_told_do_not_keep_later_ones_from_it() {
    let world = fresh().await;
    let (conn, identity, body) = damaged(&world, 301).await;
    world.pass(1);
    world.pending().await;
    let post = Post::start(&world, pickup(&world));
    let of = |told: &[Told], state: &str| {
        let arrived = told.iter().filter(|one| one.event == "requestArrived");
        arrived.filter(|one| one.state.contains(state)).count()
    };
    let other = |told: &[Told]| of(told, "delivered") == 3;
    let told = until(&world, "the other one is told", other).await;
    assert_eq!(of(&told, ""), 3);
    // They were not given up.
    put(&conn, identity, &body);
    world.pass(2);
    let arrived = "SELECT count(*) FROM outbox WHERE event = 'requestArrived'";
    let arrived: u32 = conn.query_row(arrived, [], |row| row.get(0)).unwrap();
    let arrived = usize::try_from(arrived).unwrap();
    assert!(arrived > 256, "{arrived}");
    let all = |told: &[Told]| of(told, "") == 3 * arrived;
    until(&world, "and in the end all are", all).await;
    post.end().await;
}

/// As many events as are looked at in one go cannot be told, and there is no other: that is said, and
/// not taken for work that is done.
#[tokio::test]
async fn a_full_round_of_events_that_cannot_be_told_is_a_failure() {
    let world = fresh().await;
    damaged(&world, 256).await;
    let services = world.rpc.services();
    let mut round = Round::default();
    let first = services.expand_some(&mut round, None).await;
    assert_eq!(first.unwrap(), (0, true));
    assert_ne!(round, Round::default());
    services.expand_some(&mut round, None).await.unwrap_err();
    assert_eq!(round, Round::default());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_hears_of_one_request_in_order() {
    let world = fresh().await;
    let request = world.pending().await;
    let post = Post::start(&world, nowhere());
    until(&world, "a first attempt", |told| {
        told.iter().filter(|one| one.attempts == 1).count() == 3
    })
    .await;
    world
        .ok(
            "anna",
            "request.decide",
            json!({"requestId": request["identity"], "decision": "Deny"}),
        )
        .await;
    let told = until(&world, "what nobody waits for", |told| {
        told.iter()
            .filter(|one| one.event == "requestDecided" && one.attempts == 1)
            .any(|one| one.target == "eve@fabrikam.example")
    })
    .await;
    let of = |target: &str, event: &str| {
        let found = told
            .iter()
            .find(|one| one.target == target && one.event == event);
        found.map(|one| one.attempts)
    };
    // Ben waits for the mail before it; Eve has heard nothing before.
    assert_eq!(of("ben@contoso.com", "requestDecided"), Some(0));
    assert_eq!(of("eve@fabrikam.example", "requestDecided"), Some(1));
    post.end().await;
}

/// A world's clock that remembers who slept on it until when, and how often it was read.
struct Watched {
    clock: Arc<ManualClock>,
    slept: watch::Sender<Vec<Timestamp>>,
    reads: AtomicUsize,
}

impl Watched {
    /// Waits until somebody sleeps until an instant.
    async fn slept_until(&self, instant: Timestamp) {
        let mut slept = self.slept.subscribe();
        let found = slept.wait_for(|all| all.contains(&instant));
        let found = tokio::time::timeout(Duration::from_secs(30), found).await;
        assert!(found.is_ok(), "nobody sleeps until {instant}");
    }
}

impl Clock for Watched {
    fn now(&self) -> Timestamp {
        self.reads.fetch_add(1, Ordering::Relaxed);
        self.clock.now()
    }

    fn monotonic(&self) -> Duration {
        self.clock.monotonic()
    }

    fn sleep_until(&self, instant: Timestamp) -> BoxFuture<'_, ()> {
        self.slept.send_modify(|slept| slept.push(instant));
        self.clock.sleep_until(instant)
    }

    fn raise_mark(&self, mark: Timestamp) {
        self.clock.raise_mark(mark);
    }

    fn advance(&self, by: Duration) -> bool {
        self.clock.advance(by)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lane_in_which_nothing_can_be_tried_is_looked_at_once_a_second() {
    let world = fresh().await;
    let clock = Arc::new(Watched {
        clock: Arc::clone(&world.clock),
        slept: watch::Sender::default(),
        reads: AtomicUsize::new(0),
    });
    let services = Services::new(
        Arc::clone(&world.store) as Arc<dyn Store>,
        Arc::clone(&clock) as Arc<dyn Clock>,
        Options::default(),
    );
    let request = world.pending().await;
    let post = Post::of(Arc::new(services), nowhere());
    until(&world, "a first attempt", |told| {
        told.iter().filter(|one| one.attempts == 1).count() == 3
    })
    .await;
    // Ben's is due, and waits behind the mail before it, which comes again in half a minute.
    let deny = json!({"requestId": request["identity"], "decision": "Deny"});
    world.ok("anna", "request.decide", deny).await;
    let told = until(&world, "what nobody waits for", |told| {
        told.iter()
            .filter(|one| one.event == "requestDecided" && one.attempts == 1)
            .any(|one| one.target == "eve@fabrikam.example")
    })
    .await;
    let waits = |one: &Told| one.event == "requestDecided" && one.attempts == 0;
    assert!(told.iter().any(waits), "{told:#?}");
    clock.slept_until(world.clock.now().plus_seconds(1)).await;
    let before = clock.reads.load(Ordering::Relaxed);
    for _ in 0..10 {
        world.pass(1);
        clock.slept_until(world.clock.now().plus_seconds(1)).await;
    }
    // A look takes some six; whoever does not rest reads thousands.
    let reads = clock.reads.load(Ordering::Relaxed) - before;
    assert!(reads <= 10 * 20, "{reads} reads in ten seconds");
    post.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crash_between_lease_and_answer_repeats_what_was_under_way_and_no_more() {
    let world = fresh().await;
    world.pending().await;
    // As a crash leaves it: deliveries made, and leased to somebody who is gone.
    let services = world.rpc.shared_services();
    services.expand_due().await.unwrap();
    let conn = Connection::open(world.dir().join("lockbox.db")).unwrap();
    conn.execute("UPDATE delivery SET lease = next + 600000", [])
        .unwrap();
    drop(conn);
    let post = Post::start(&world, pickup(&world));
    let told = all_delivered(&world).await;
    assert_eq!(told.len(), 3);
    assert_eq!(mails(&world).len(), 3);
    post.end().await;
    // Once more: nothing is left to do.
    let post = Post::start(&world, pickup(&world));
    assert_eq!(services.expand_due().await.unwrap(), 0);
    post.end().await;
    assert_eq!(mails(&world).len(), 3);
}

/// How many calls wait for the webhook of a [`Receiver`], more than are under way at once.
const CALLS: usize = 40;

/// Somebody who is called, and answers with this status once there is one.
pub struct Receiver {
    pub hook: Webhook,
    pub status: watch::Sender<u16>,
    /// The identities of all calls.
    pub calls: watch::Sender<Vec<String>>,
}

impl Receiver {
    /// Its webhook is contoso's, and calls wait for it.
    async fn new(world: &World) -> Arc<Self> {
        let receiver = Self::hearing(world, vec![Event::RequestArrived]).await;
        world.pending().await;
        world.rpc.shared_services().expand_due().await.unwrap();
        let conn = Connection::open(world.dir().join("lockbox.db")).unwrap();
        conn.execute("DELETE FROM delivery WHERE lane = 'mail'", [])
            .unwrap();
        for _ in 1..CALLS {
            conn.execute(
                "INSERT INTO delivery (id, org, event, lane, target, audience, reasons, state,
                    attempts, created, next, lease)
                 SELECT randomblob(16), org, event, lane, target, audience, reasons, state,
                    attempts, created, next, lease FROM delivery LIMIT 1",
                [],
            )
            .unwrap();
        }
        receiver
    }

    /// Its webhook is contoso's and hears of these events.
    pub async fn hearing(world: &World, events: Vec<Event>) -> Arc<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let receiver = Arc::new(Self {
            hook: Webhook {
                id: WebhookId::new(),
                org: world.contoso().await.id,
                name: "SIEM".to_owned(),
                url: format!("http://{}/", listener.local_addr().unwrap()),
                format: Format::Json,
                events,
                keys: vec![SigningKey {
                    secret: Key::new().reveal(),
                    until: None,
                }],
                paused: None,
                created_at: world.clock.now(),
                resumed_at: None,
                created_by: "ada".to_owned(),
                version: 0,
            },
            status: watch::Sender::new(0),
            calls: watch::Sender::default(),
        });
        let called = Arc::clone(&receiver);
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                tokio::spawn(Arc::clone(&called).answer(stream));
            }
        });
        receiver.pause(world, None).await;
        receiver
    }

    async fn answer(self: Arc<Self>, mut stream: TcpStream) {
        let mut read = Vec::new();
        let id = loop {
            read.push(stream.read_u8().await.unwrap());
            let text = String::from_utf8_lossy(&read).to_lowercase();
            let value = |name: &str| {
                let (_, rest) = text.split_once(name).unwrap();
                rest.lines().next().unwrap().trim().to_owned()
            };
            if let Some((_, body)) = text.split_once("\r\n\r\n")
                && body.len() == value("content-length:").parse::<usize>().unwrap()
            {
                break value("webhook-id:");
            }
        };
        self.calls.send_modify(|calls| calls.push(id));
        let mut status = self.status.subscribe();
        let status = *status.wait_for(|status| *status > 0).await.unwrap();
        let answer =
            format!("HTTP/1.1 {status} -\r\nconnection: close\r\ncontent-length: 0\r\n\r\n");
        stream.write_all(answer.as_bytes()).await.unwrap();
    }

    /// Waits until as many are under way as can be.
    async fn is_busy(&self) {
        self.is_called(notify::AT_ONCE).await;
    }

    /// Waits until it was called so often.
    pub async fn is_called(&self, times: usize) {
        let mut calls = self.calls.subscribe();
        let called = calls.wait_for(|calls| calls.len() == times);
        let called = tokio::time::timeout(Duration::from_secs(30), called).await;
        assert!(called.is_ok(), "{:?}", self.calls.borrow());
    }

    pub async fn pause(&self, world: &World, paused: Option<&str>) {
        let hook = Webhook {
            paused: paused.map(str::to_owned),
            ..self.hook.clone()
        };
        let put = RowWrite::PutWebhook(Box::new(hook));
        world.write(vec![put]).await;
    }
}

/// How many deliveries are in a state, and that nobody has one of these leased.
fn resting(world: &World, state: &str) -> usize {
    let conn = Connection::open(world.dir().join("lockbox.db")).unwrap();
    conn.query_row(
        "SELECT count(*) FROM delivery WHERE state = ?1 AND lease <= ?2 AND lane <> 'mail'",
        rusqlite::params![state, world.clock.now().millis()],
        |row| Ok(row.get::<_, u32>(0)? as usize),
    )
    .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_for_its_place_longer_than_its_lease_is_sent_once() {
    let world = fresh().await;
    let receiver = Receiver::new(&world).await;
    let post = Post::start(&world, pickup(&world));
    receiver.is_busy().await;
    world.pass(601);
    receiver.status.send_replace(200);
    until(&world, "all are delivered", |_| {
        resting(&world, "delivered") == CALLS
    })
    .await;
    post.end().await;
    let mut calls = receiver.calls.borrow().clone();
    assert_eq!(calls.len(), CALLS);
    calls.sort();
    calls.dedup();
    assert_eq!(calls.len(), CALLS);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_that_is_paused_is_called_no_more_and_loses_nothing() {
    let world = fresh().await;
    let receiver = Receiver::new(&world).await;
    let post = Post::start(&world, pickup(&world));
    receiver.is_busy().await;
    receiver.pause(&world, Some("It is mended.")).await;
    receiver.status.send_replace(200);
    until(&world, "the others wait", |_| {
        resting(&world, "waiting") == CALLS - notify::AT_ONCE
            && resting(&world, "delivered") == notify::AT_ONCE
    })
    .await;
    assert_eq!(receiver.calls.borrow().len(), notify::AT_ONCE);
    let (told, _) = look(&world);
    let tried = told.iter().filter(|one| one.attempts > 0).count();
    assert_eq!(tried, notify::AT_ONCE);
    // Two days later they have all their time still.
    world.pass(48 * 3_600);
    receiver.status.send_replace(503);
    receiver.pause(&world, None).await;
    until(&world, "they are tried", |told| {
        told.iter().all(|one| one.attempts == 1)
    })
    .await;
    // And once more, now that they were tried.
    receiver.pause(&world, Some("It is mended again.")).await;
    world.pass(48 * 3_600);
    receiver.pause(&world, None).await;
    until(&world, "they are tried again", |told| {
        told.iter()
            .all(|one| one.attempts == 1 + u32::from(one.state != "delivered"))
    })
    .await;
    assert_eq!(resting(&world, "undeliverable"), 0);
    post.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_happens_while_a_webhook_is_paused_is_told_in_order_when_it_is_not() {
    let world = fresh().await;
    let heard = vec![Event::RequestArrived, Event::RequestDecided];
    let receiver = Receiver::hearing(&world, heard).await;
    receiver.status.send_replace(200);
    receiver.pause(&world, Some("It is mended.")).await;
    let post = Post::start(&world, pickup(&world));
    let request = world.pending().await;
    let deny = json!({"requestId": request["identity"], "decision": "Deny"});
    world.ok("anna", "request.decide", deny).await;
    let mails_are_out = |told: &[Told], due| {
        let mails = |one: &&Told| one.reasons.contains("webhook") || one.state == "delivered";
        due == 0 && told.iter().filter(mails).count() == told.len()
    };
    until_look(&world, "the others are told", mails_are_out).await;
    assert_eq!(resting(&world, "waiting"), 2);
    // It is paused for longer than anything else is tried.
    world.pass(48 * 3_600);
    assert_eq!(receiver.calls.borrow().len(), 0);
    receiver.pause(&world, None).await;
    all_delivered(&world).await;
    post.end().await;
    let conn = Connection::open(world.dir().join("lockbox.db")).unwrap();
    let mut rows = conn
        .prepare(
            "SELECT e.event, lower(hex(d.id)), d.attempts FROM delivery d
             JOIN outbox e ON e.nr = d.event WHERE d.lane <> 'mail' ORDER BY e.nr",
        )
        .unwrap();
    let rows = rows.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)));
    let rows: Vec<(String, String, u32)> = rows.unwrap().map(Result::unwrap).collect();
    let events: Vec<(&str, u32)> = rows.iter().map(|row| (row.0.as_str(), row.2)).collect();
    assert_eq!(events, [("requestArrived", 1), ("requestDecided", 1)]);
    let calls: Vec<String> = receiver
        .calls
        .borrow()
        .iter()
        .map(|id| id.replace('-', ""))
        .collect();
    assert_eq!(calls, [rows[0].1.clone(), rows[1].1.clone()]);
}

/// However much it is, nobody waits for it; and that it is ended is no failure that people hear of.
#[tokio::test(flavor = "multi_thread")]
async fn what_waits_for_a_webhook_that_is_removed_is_ended_bit_by_bit() {
    let world = fresh().await;
    let receiver = Receiver::new(&world).await;
    let conn = Connection::open(world.dir().join("lockbox.db")).unwrap();
    for _ in 0..4 {
        conn.execute(
            "INSERT INTO delivery (id, org, event, lane, target, audience, reasons, state,
                attempts, created, next, lease)
             SELECT randomblob(16), org, event, lane, target, audience, reasons, state,
                attempts, created, next, lease FROM delivery WHERE lane <> 'mail'",
            [],
        )
        .unwrap();
    }
    let all = 16 * CALLS;
    receiver.pause(&world, Some("It is mended.")).await;
    let (org, lane) = (receiver.hook.org, Lane::Webhook(receiver.hook.id));
    let services = world.rpc.shared_services();
    assert!(!services.end_removed(lane).await.unwrap(), "it is there");
    let remove = RowWrite::RemoveWebhook(org, receiver.hook.id);
    world.write(vec![remove]).await;
    assert_eq!(resting(&world, "waiting"), all);
    assert!(services.end_removed(lane).await.unwrap());
    assert_eq!(resting(&world, "waiting"), all - 200);
    let post = Post::start(&world, pickup(&world));
    until(&world, "all are ended", |_| {
        resting(&world, "undeliverable") == all
    })
    .await;
    post.end().await;
    assert_eq!(receiver.calls.borrow().len(), 0);
    let log = world.operations("ada").await;
    let told = "LockboxNotificationUndeliverable".to_owned();
    assert!(!log.contains(&told));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_under_way_when_a_webhook_is_removed_comes_to_nothing() {
    let world = fresh().await;
    let receiver = Receiver::new(&world).await;
    let post = Post::start(&world, pickup(&world));
    receiver.is_busy().await;
    let remove = RowWrite::RemoveWebhook(receiver.hook.org, receiver.hook.id);
    world.write(vec![remove]).await;
    // It would be given up, and the webhook paused, if there were one.
    receiver.status.send_replace(410);
    until(&world, "all are ended", |_| {
        resting(&world, "undeliverable") == CALLS
    })
    .await;
    post.end().await;
    assert_eq!(receiver.calls.borrow().len(), notify::AT_ONCE);
    let log = world.operations("ada").await;
    let told = "LockboxNotificationUndeliverable".to_owned();
    assert!(!log.contains(&told));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_that_is_gone_is_told_of_once() {
    let world = fresh().await;
    let receiver = Receiver::new(&world).await;
    let post = Post::start(&world, pickup(&world));
    receiver.is_busy().await;
    receiver.status.send_replace(410);
    until(&world, "it is paused, and all rests", |_| {
        resting(&world, "undeliverable") == 1 && resting(&world, "waiting") == CALLS - 1
    })
    .await;
    post.end().await;
    let log = world.operations("ada").await;
    let count = |operation: &str| log.iter().filter(|name| *name == operation).count();
    assert_eq!(count("LockboxNotificationUndeliverable"), 1);
    assert_eq!(count("LockboxWebhookPaused"), 1);
}
