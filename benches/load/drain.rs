//! A hundred thousand events that nobody was told of, to one webhook: how quickly they are out,
//! beside the same client without an outbox, and how a caller fares meanwhile.

use crate::client::Round;
use crate::expiry::{DECISIONS, decisions};
use crate::machine::{Generator, SERVER, on_core, scaled, stopwatch};
use crate::report::{Aim, Report, median};
use crate::rows::record;
use crate::seed::World;
use crate::servers::Server;
use crate::worlds::Worlds;
use bytes::Bytes;
use customer_lockbox::clock::{Clock, SystemClock};
use customer_lockbox::crypto::signing::Key;
use customer_lockbox::domain::notice::facts::Facts;
use customer_lockbox::domain::notice::settings::{NoticeSettings, Switch};
use customer_lockbox::domain::notice::webhook::{Format, SigningKey, Webhook};
use customer_lockbox::domain::notice::{Audience, Event};
use customer_lockbox::domain::organization::Settings;
use customer_lockbox::egress::{Client, Guard, Limits, SystemResolver, roots, sign};
use customer_lockbox::ids::{DeliveryId, WebhookId};
use customer_lockbox::notify::AT_ONCE;
use customer_lockbox::notify::webhook::{Told, post, source};
use customer_lockbox::store::sqlite::{Options, SqliteStore};
use customer_lockbox::store::{Change, RowWrite, Store};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use rusqlite::{Connection, OpenFlags};
use serde_json::Value;
use std::collections::HashSet;
use std::convert::Infallible;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::net::TcpListener;

const ROUNDS: usize = 3;

/// The argument that makes this program the sender without an outbox; URL, number of posts, secret
/// and body are the next ones.
pub const ROLE: &str = "--bare-sender";

/// How often is looked whether all is written down.
const LOOK: Duration = Duration::from_millis(20);

pub async fn run(worlds: &mut Worlds, report: &mut Report) {
    let world = &*worlds.world("nobody was told").await;
    let database = world.dir.join("lockbox.db");
    let events = 2 * scaled(50_000);
    let receiver = Receiver::start().await;
    let key = Key::new().reveal();
    register(world, &receiver.url, &key).await;
    let (mut ours, mut theirs, mut cpu, mut most) = (vec![], vec![], vec![], vec![]);
    let _pinned = Generator::pinned();
    for _ in 0..ROUNDS {
        receiver.forget();
        let began = stopwatch();
        let daemon = Server::daemon_with(&world.dir, QUIET);
        delivered(&database, &receiver, events).await;
        ours.push(events as f64 / began.elapsed().as_secs_f64());
        cpu.push(daemon.cpu().as_secs_f64() * 1e6 / events as f64);
        most.push(daemon.most_resident());
        drop(daemon);
        rewind(&database, events);

        let body = receiver.forget();
        let mut sender = on_core(SERVER, &std::env::current_exe().unwrap());
        sender.args([ROLE, &receiver.url, &events.to_string(), &key, &body]);
        let sent = tokio::task::spawn_blocking(move || sender.output().unwrap());
        let output = sent.await.unwrap().stdout;
        let seconds: f64 = String::from_utf8(output).unwrap().trim().parse().unwrap();
        assert_eq!(receiver.count(), events);
        theirs.push(events as f64 / seconds);
    }
    report.beside(
        "100 000 events to a webhook (yardstick: the client alone)",
        median(ours),
        "events/s",
        median(theirs),
        Aim::RatioAtLeast(0.3),
    );
    report.value("drain: daemon CPU", median(cpu), "µs/event", Aim::None);
    report.value(
        "drain: daemon memory, the most",
        median(most),
        "MB",
        Aim::None,
    );

    // Again, with a caller; with nothing to tell before.
    let tell = |state: &str| {
        let conn = Connection::open(&database).unwrap();
        conn.execute("UPDATE outbox SET state = ?1", [state])
            .unwrap();
    };
    tell("told");
    let (first, second) = world.later.split_at(scaled(DECISIONS));
    let daemon = Server::daemon_with(&world.dir, QUIET);
    let before = decisions(&daemon, world, first).await;
    drop(daemon);
    rewind(&database, events);
    receiver.forget();
    let daemon = Server::daemon_with(&world.dir, QUIET);
    let meanwhile = decisions(&daemon, world, &second[..scaled(DECISIONS)]).await;
    assert!(
        receiver.count() < events,
        "all were out before the caller was done"
    );
    drop(daemon);
    for (name, what) in [
        ("p50", (|round| round.p50) as fn(&Round) -> f64),
        ("p99", |round| round.p99),
    ] {
        report.beside(
            &format!("drain: a caller's decision meanwhile, {name} (yardstick: before)"),
            what(&meanwhile),
            "ms",
            what(&before),
            Aim::None,
        );
    }
}

/// The provider's people are told of the tenant's events by nobody.
const QUIET: &str = "[notifications.provider]\nswitches = [\
    { event = \"requestDecided\", audience = \"requester\", on = false },\
    { event = \"requestDecided\", audience = \"reviewers\", on = false }]\n";

/// Registers the receiver with the tenant, which has its mails switched off, as the provider has.
async fn register(world: &World, url: &str, key: &str) {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    let now = clock.now();
    let tenant = &world.tenants[0];
    let mut switches = Vec::new();
    for event in [Event::RequestArrived, Event::RequestDecided] {
        switches.extend(Audience::ALL.iter().map(|audience| Switch {
            event,
            audience: *audience,
            on: false,
        }));
    }
    let quiet = |org| {
        RowWrite::PutSettings(Box::new(Settings {
            notifications: NoticeSettings {
                switches: switches.clone(),
                ..NoticeSettings::default()
            },
            ..Settings::new(org, now)
        }))
    };
    let webhook = RowWrite::PutWebhook(Box::new(Webhook {
        id: WebhookId::new(),
        org: tenant.org.id,
        name: "bench".to_owned(),
        url: url.to_owned(),
        format: Format::CloudEvents,
        events: Vec::new(),
        keys: vec![SigningKey {
            secret: key.to_owned(),
            until: None,
        }],
        paused: None,
        created_at: now,
        resumed_at: None,
        created_by: tenant.admin.address().to_owned(),
        version: 1,
    }));
    let mut recorded = record(tenant, "LockboxWebhookCreated", now);
    recorded.draw_salts();
    let change = Change {
        writes: vec![quiet(tenant.org.id), webhook],
        records: vec![recorded],
        ..Change::default()
    };
    let store = SqliteStore::open(&world.dir, Options::default(), clock).unwrap();
    store.commit(change).await.unwrap();
    store.close();
}

/// Waits until every event has arrived and is written down as delivered.
async fn delivered(database: &Path, receiver: &Receiver, events: usize) {
    let conn = Connection::open_with_flags(database, OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
    let number = |sql: &str| -> i64 { conn.query_row(sql, [], |row| row.get(0)).unwrap() };
    let waiting = "SELECT EXISTS (SELECT 1 FROM outbox WHERE state = 'waiting')
        + EXISTS (SELECT 1 FROM delivery WHERE state = 'waiting')";
    while receiver.count() < events || number(waiting) > 0 {
        tokio::time::sleep_until((stopwatch() + LOOK).into()).await;
    }
    let done = number("SELECT COUNT(*) FROM delivery WHERE state = 'delivered' AND attempts = 1");
    assert_eq!((receiver.count(), done), (events, events as i64));
}

/// Nobody was told of the events that were there at first.
fn rewind(database: &Path, events: usize) {
    let conn = Connection::open(database).unwrap();
    conn.execute("DELETE FROM delivery", []).unwrap();
    let events = i64::try_from(events).unwrap();
    conn.execute(
        "UPDATE outbox SET state = 'waiting' WHERE nr <= ?1",
        [events],
    )
    .unwrap();
    // What was written here is not the daemon's to copy.
    conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
        .unwrap();
}

/// Answers at once, and knows again what it has had.
struct Receiver {
    url: String,
    seen: Arc<Mutex<Seen>>,
}

#[derive(Default)]
struct Seen {
    ids: HashSet<Bytes>,
    body: Bytes,
}

impl Receiver {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        let seen: Arc<Mutex<Seen>> = Arc::default();
        let theirs = Arc::clone(&seen);
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                stream.set_nodelay(true).unwrap();
                let seen = Arc::clone(&theirs);
                let service = service_fn(move |request| take(Arc::clone(&seen), request));
                // A client that has gone away is no error here.
                tokio::spawn(
                    hyper::server::conn::http1::Builder::new()
                        .serve_connection(TokioIo::new(stream), service),
                );
            }
        });
        Self { url, seen }
    }

    fn count(&self) -> usize {
        self.seen.lock().unwrap().ids.len()
    }

    /// Forgets everything; a body that it had.
    fn forget(&self) -> String {
        let seen = std::mem::take(&mut *self.seen.lock().unwrap());
        String::from_utf8(seen.body.to_vec()).unwrap()
    }
}

async fn take(
    seen: Arc<Mutex<Seen>>,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let id = Bytes::copy_from_slice(request.headers()["webhook-id"].as_bytes());
    let body = request.into_body().collect().await.unwrap().to_bytes();
    let mut seen = seen.lock().unwrap();
    seen.ids.insert(id);
    seen.body = body;
    Ok(Response::new(Full::default()))
}

/// Writes, signs and posts an event so many times, as many at once as the daemon; prints the seconds
/// that it took.
pub fn send(url: &str, count: usize, secret: &str, body: &str) {
    let mut guard = Guard::default();
    guard.allow("127.0.0.1").unwrap();
    let client = Client::new(guard, roots(None).unwrap(), Arc::new(SystemResolver)).unwrap();
    let (client, clock) = (Arc::new(client), Arc::new(SystemClock::new()));
    let next = Arc::new(AtomicUsize::new(0));
    let event: Value = serde_json::from_str(body).unwrap();
    let facts: Facts = serde_json::from_value(event["data"].clone()).unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let began = stopwatch();
    runtime.block_on(async {
        let mut senders = tokio::task::JoinSet::new();
        for _ in 0..AT_ONCE {
            let (client, clock) = (Arc::clone(&client), Arc::clone(&clock));
            let (next, facts) = (Arc::clone(&next), facts.clone());
            let (url, secret) = (url.to_owned(), secret.to_owned());
            senders.spawn(async move {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= count {
                        return;
                    }
                    let told = Told {
                        id: &number.to_string(),
                        source: &source(&facts),
                        facts: &facts,
                    };
                    let mut post = post(Format::CloudEvents, &told).unwrap();
                    let id = DeliveryId::new().to_string();
                    let now = clock.now();
                    sign(
                        &mut post.headers,
                        &id,
                        now,
                        &post.body,
                        &[Key::read(&secret).unwrap()],
                    )
                    .unwrap();
                    let limits = Limits::default();
                    client
                        .post(&url, post.headers, post.body, &limits)
                        .await
                        .unwrap();
                }
            });
        }
        senders.join_all().await;
    });
    println!("{}", began.elapsed().as_secs_f64());
}
