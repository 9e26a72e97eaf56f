//! `GET /events`: who hears what, where a listener goes on, and when it hears no more.

use crate::program::{DEADLINE, Daemon, Home};
use crate::world::{CONTOSO, NORTHWIND, World};
use customer_lockbox::auth::Context;
use customer_lockbox::auth::peer::Peer;
use customer_lockbox::clock::Clock;
use customer_lockbox::domain::notice::delivery::Place;
use customer_lockbox::error::Error;
use customer_lockbox::notify::subscriber;
use customer_lockbox::service::notification::Subscription;
use customer_lockbox::service::{Limits, Options};
use customer_lockbox::store::{Store, Upkeep};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::os::unix::net::UnixStream;
use tokio::time::timeout;

async fn context(world: &World, who: &str) -> Context {
    let header = world.token(who).map(|token| format!("Bearer {token}"));
    let peer = Peer::tcp("203.0.113.7:4711".parse().unwrap());
    let services = world.rpc.services();
    let found = services.context("GET /events", header.as_deref(), peer);
    found.await.unwrap()
}

/// Somebody who listens, and how they ask for it.
async fn try_listen(
    world: &World,
    who: &str,
    query: &str,
    behind: Option<&str>,
) -> Result<Subscription, Error> {
    let ctx = context(world, who).await;
    let asked = subscriber::asked(query, behind)?;
    world.rpc.shared_services().subscribe(&ctx, &asked).await
}

async fn listen(world: &World, who: &str, query: &str) -> Subscription {
    try_listen(world, who, query, None).await.unwrap()
}

/// Everything that is there for a listener: ids and CloudEvents.
async fn heard(listener: &mut Subscription) -> Vec<(String, Value)> {
    let mut all = Vec::new();
    loop {
        let (heard, more) = listener.read().await.unwrap();
        assert!(heard.len() <= 16, "few at a time");
        for one in &heard {
            let message = subscriber::message(one).unwrap();
            assert!(!message.data.contains('\n'));
            let data: Value = serde_json::from_str(&message.data).unwrap();
            assert_eq!(data["type"], format!("lockbox.{}.v1", message.event));
            all.push((message.id, data));
        }
        if !more {
            return all;
        }
    }
}

/// The same, as words.
async fn words(listener: &mut Subscription) -> Vec<String> {
    let heard = heard(listener).await;
    heard.iter().map(|(_, event)| word(event)).collect()
}

fn word(event: &Value) -> String {
    event["data"]["event"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn everybody_hears_what_they_may_read_and_nothing_else() {
    let mut world = World::new().await;
    let names = [
        "root", "eve", "ed", "max", "ada", "anna", "sam", "bot", "nora",
    ];
    let mut listeners = Vec::new();
    for name in names {
        listeners.push(listen(&world, name, "").await);
    }
    world.approved().await;
    let forbidden = world
        .submit_as("ed", json!({"tenant": NORTHWIND, "reason": "Another"}))
        .await;
    world.robot("ada", "scout", "SecurityReader").await;
    world.robot("root", "aide", "SupportManager").await;
    let of_request = ["requestArrived", "requestDecided", "accessStarted"];
    for (name, mut listener) in names.into_iter().zip(listeners) {
        let heard = heard(&mut listener).await;
        let said: Vec<String> = heard.iter().map(|(_, event)| word(event)).collect();
        let expected: Vec<&str> = match name {
            // Nothing of requests; people of the provider are root's.
            "root" => vec!["rolesChanged"],
            "eve" => vec![
                "requestSubmitted",
                "requestArrived",
                "requestDecided",
                "accessStarted",
            ],
            "ed" => vec!["requestSubmitted"],
            "max" => vec![
                "requestSubmitted",
                "requestArrived",
                "requestDecided",
                "accessStarted",
                "requestSubmitted",
            ],
            "nora" => vec![],
            _ => of_request.into_iter().chain(["rolesChanged"]).collect(),
        };
        assert_eq!(said, expected, "{name}");
        for (_, event) in &heard {
            let text = event.to_string();
            if ["ada", "anna", "sam", "bot"].contains(&name) {
                assert!(
                    !text.contains("fabrikam"),
                    "names of the provider's people: {text}"
                );
            }
            if name != "ed" && name != "max" {
                assert!(
                    !text.contains(forbidden["identity"].as_str().unwrap()),
                    "{name}"
                );
            }
        }
        // What a record says of people is for those who read records.
        let roles = heard
            .iter()
            .find(|(_, event)| word(event) == "rolesChanged");
        if let Some((_, roles)) = roles {
            let told = roles["data"].get("actor").is_some();
            assert_eq!(
                told,
                ["root", "ada", "sam"].contains(&name),
                "{name}: {roles}"
            );
        }
    }
    // A gateway reads nothing, and hears nothing.
    let error = try_listen(&world, "gate", "", None).await.err().unwrap();
    assert_eq!(error.code(), "forbidden");
    let error = try_listen(&world, "", "", None).await.err().unwrap();
    assert_eq!(error.code(), "unauthenticated");
}

#[tokio::test]
async fn a_manager_hears_only_of_their_scope() {
    let mut world = World::new().await;
    let made = world
        .ok(
            "root",
            "principal.create",
            json!({
                "kind": "robot", "displayName": "narrow",
                "roles": [{"role": "SupportManager", "scope": format!("/tenants/{NORTHWIND}")}],
            }),
        )
        .await;
    world.remember("narrow", &made["token"]);
    let mut narrow = listen(&world, "narrow", "").await;
    world.approved().await;
    assert!(words(&mut narrow).await.is_empty());
    world.submit_as("ed", json!({"tenant": NORTHWIND})).await;
    assert_eq!(words(&mut narrow).await, ["requestSubmitted"]);
}

#[tokio::test]
async fn every_part_of_the_query_narrows() {
    let world = World::new().await;
    let first = world.pending().await;
    let reference = first["requestId"].as_str().unwrap();
    let identity = first["identity"].as_str().unwrap();
    let mut by_number = listen(&world, "anna", &format!("requestId={reference}")).await;
    let mut by_guid = listen(&world, "eve", &format!("requestId={identity}")).await;
    let mut words_only = listen(&world, "max", "events=requestdecided,accessStarted").await;
    let mut there = listen(&world, "max", &format!("tenant={NORTHWIND}")).await;
    let second = world.pending().await;
    for request in [&first, &second] {
        let params = json!({"requestId": request["requestId"], "decision": "Deny"});
        world.ok("anna", "request.decide", params).await;
    }
    world.submit_as("ed", json!({"tenant": NORTHWIND})).await;
    assert_eq!(words(&mut by_number).await, ["requestDecided"]);
    assert_eq!(words(&mut by_guid).await, ["requestDecided"]);
    assert_eq!(
        words(&mut words_only).await,
        ["requestDecided", "requestDecided"]
    );
    assert_eq!(words(&mut there).await, ["requestSubmitted"]);
    let foreign = format!("requestId={identity}");
    for (who, query, code) in [
        ("nora", foreign.as_str(), "notFound"),
        ("ed", foreign.as_str(), "notFound"),
        ("anna", "requestId=EXSR000000", "notFound"),
        ("anna", &format!("tenant={NORTHWIND}"), "notFound"),
        ("max", "requestId=EXSR000000", "invalidParams"),
        ("max", "events=requestDecide", "invalidParams"),
        ("max", "colour=blue", "invalidParams"),
    ] {
        let error = try_listen(&world, who, query, None).await.err().unwrap();
        assert_eq!(error.code(), code, "{who} {query}: {error}");
    }
}

/// An event that is told later than it was committed is not told before, is not lost, and holds up
/// nobody; and wherever a listener goes on, it hears each once.
#[tokio::test]
async fn what_is_told_later_comes_in_its_time_and_a_listener_goes_on_anywhere() {
    let world = World::new().await;
    let mut whole = listen(&world, "anna", "").await;
    let start = whole.place().to_string();
    world.approved().await;
    let mut all = heard(&mut whole).await;
    let first: Vec<String> = all.iter().map(|(_, event)| word(event)).collect();
    assert_eq!(first, ["requestArrived", "requestDecided", "accessStarted"]);
    // The hour ends in a quarter of one: told then, and something committed after it before it.
    world.pass(44 * 60);
    world.pending().await;
    assert_eq!(words(&mut whole).await, ["requestArrived"]);
    world.pass(60);
    assert_eq!(words(&mut whole).await, ["accessEnding"]);
    let mut again = try_listen(&world, "anna", "", Some(&start)).await.unwrap();
    all = heard(&mut again).await;
    let told: Vec<String> = all.iter().map(|(_, event)| word(event)).collect();
    assert_eq!(
        told,
        [
            "requestArrived",
            "requestDecided",
            "accessStarted",
            "requestArrived",
            "accessEnding"
        ]
    );
    for (index, (id, event)) in all.iter().enumerate() {
        assert_eq!(event["id"], *id);
        let mut rest = try_listen(&world, "anna", "", Some(id)).await.unwrap();
        assert_eq!(words(&mut rest).await, told[index + 1..], "behind {id}");
    }
    // A place that has not come would silently hear nothing.
    let ahead = format!("{}-1", world.clock.now().millis() + 1);
    let error = try_listen(&world, "anna", "", Some(&ahead)).await.err();
    assert_eq!(error.unwrap().code(), "invalidParams");
}

/// Events are kept for so many days. A listener goes on behind the oldest that is kept, and is told so
/// where there may have been others; and they are forgotten to the millisecond.
#[tokio::test]
async fn what_is_forgotten_is_not_passed_over_in_silence() {
    let limits = Limits {
        events_kept_days: 30,
        ..Limits::default()
    };
    let options = Options {
        limits,
        ..Options::default()
    };
    let world = World::with(options).await;
    world.pending().await;
    let services = world.rpc.services();
    let last = world
        .store
        .events_behind(None, Place::START, world.clock.now(), 100)
        .await
        .unwrap();
    let last = last.last().unwrap().place();
    // Told to nobody here, and that is all that it waits for.
    let nrs = world
        .store
        .events_due(Place::START, world.clock.now(), 100)
        .await
        .unwrap();
    let made = nrs.iter().map(|event| (event.nr, Vec::new())).collect();
    world.store.upkeep(Upkeep::Deliveries(made)).await.unwrap();
    let kept = 30 * 86_400_000;
    world.clock.set(last.due.plus_millis(kept - 1));
    services.forget_events().await.unwrap();
    let id = last.to_string();
    let behind = || try_listen(&world, "anna", "", Some(&id));
    assert!(behind().await.is_ok());
    assert_eq!(world.store.last_event().await.unwrap(), last.nr);
    world.clock.set(last.due.plus_millis(kept));
    services.forget_events().await.unwrap();
    assert_eq!(world.store.last_event().await.unwrap(), 0);
    let error = behind().await.err().unwrap();
    assert_eq!(error.code(), "invalidParams");
    assert!(error.to_string().contains("kept for 30 days"), "{error}");
    // Whoever wants all that there is says so.
    assert!(try_listen(&world, "anna", "", Some("0-0")).await.is_ok());
}

#[tokio::test]
async fn a_listener_is_woken_by_a_commit_and_by_the_clock_and_else_sleeps() {
    let world = World::new().await;
    world.approved().await;
    let mut listener = listen(&world, "anna", "").await;
    assert!(words(&mut listener).await.is_empty());
    {
        let mut woken = Box::pin(listener.woken());
        let sleeps = std::future::poll_fn(|cx| std::task::Poll::Ready(woken.as_mut().poll(cx)));
        assert!(sleeps.await.is_pending());
        world.pass(45 * 60);
        timeout(DEADLINE, woken).await.expect("the clock wakes");
    }
    assert_eq!(words(&mut listener).await, ["accessEnding"]);
    world.submit().await;
    let woken = timeout(DEADLINE, listener.woken()).await;
    woken.expect("a commit wakes");
}

#[tokio::test]
async fn more_than_a_batch_is_heard_in_order() {
    let world = World::new().await;
    let mut listener = listen(&world, "ada", "events=rolesChanged").await;
    for index in 0..300 {
        let method = if index % 2 == 0 {
            "role.assign"
        } else {
            "role.remove"
        };
        let params = json!({"principal": "ben@contoso.com", "role": "SecurityReader"});
        world.ok("ada", method, params).await;
    }
    let all = heard(&mut listener).await;
    assert_eq!(all.len(), 300);
    let number = |id: &str| -> u64 { id.split_once('-').unwrap().1.parse().unwrap() };
    let numbers: Vec<u64> = all
        .iter()
        .map(|(_, event)| number(event["id"].as_str().unwrap()))
        .collect();
    assert!(numbers.is_sorted_by(|a, b| a < b), "{numbers:?}");
}

#[tokio::test]
async fn who_does_not_count_any_more_hears_nothing_more() {
    let world = World::new().await;
    let mut ben = listen(&world, "ben", "").await;
    let mut sam = listen(&world, "sam", "").await;
    let mut bot = listen(&world, "bot", "").await;
    let mut anna = listen(&world, "anna", "").await;
    let disable = json!({"principal": "ben@contoso.com"});
    world.ok("ada", "principal.disable", disable).await;
    let remove = json!({"principal": "sam@contoso.com", "role": "SecurityReader"});
    world.ok("ada", "role.remove", remove).await;
    let tokens = world
        .ok("ada", "token.list", json!({"principal": "bot"}))
        .await;
    let revoke = json!({"tokenId": tokens["tokens"][0]["tokenId"]});
    world.ok("ada", "token.revoke", revoke).await;
    world.pending().await;
    assert_eq!(ben.read().await.unwrap_err().code(), "tokenRevoked");
    assert_eq!(sam.read().await.unwrap_err().code(), "forbidden");
    assert_eq!(bot.read().await.unwrap_err().code(), "tokenRevoked");
    assert!(
        words(&mut anna)
            .await
            .contains(&"requestArrived".to_owned())
    );
    world.pass(400 * 24 * 3_600);
    assert_eq!(anna.read().await.unwrap_err().code(), "tokenExpired");
}

#[tokio::test]
async fn so_many_listen_at_once_and_one_more_is_told_to_wait() {
    let limits = Limits {
        listeners: 4,
        listeners_per_organization: 3,
        listeners_per_token: 2,
        ..Limits::default()
    };
    let options = Options {
        limits,
        ..Options::default()
    };
    let world = World::with(options).await;
    let full = async |who: &str, text: &str| {
        let error = try_listen(&world, who, "", None).await.err().unwrap();
        assert_eq!(error.code(), "busy");
        assert!(error.to_string().starts_with(text), "{error}");
        assert_eq!(error.data()["retryAfterSeconds"], 5);
    };
    let first = listen(&world, "anna", "").await;
    let second = listen(&world, "anna", "").await;
    full("anna", "This token").await;
    let third = listen(&world, "ben", "").await;
    full("ben", "Your organization").await;
    let fourth = listen(&world, "max", "").await;
    full("nora", "The daemon").await;
    // What was refused takes no place, and who leaves gives theirs back.
    drop(first);
    let nora = listen(&world, "nora", "").await;
    full("ada", "The daemon").await;
    drop(nora);
    drop((second, third, fourth));
    let _all = [
        listen(&world, "anna", "").await,
        listen(&world, "anna", "").await,
    ];
    full("anna", "This token").await;
    let default = Limits::default();
    assert_eq!(
        (
            default.listeners,
            default.listeners_per_organization,
            default.listeners_per_token
        ),
        (512, 128, 16)
    );
}

/// A stream of the real program.
struct Stream {
    lines: Box<dyn BufRead>,
    last: String,
}

impl Stream {
    fn over(mut stream: impl Read + Write + 'static, token: &str, query: &str, last: &str) -> Self {
        let mut head = format!(
            "GET /events{query} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n"
        );
        if !last.is_empty() {
            head.push_str(&format!("Last-Event-ID: {last}\r\n"));
        }
        stream.write_all(format!("{head}\r\n").as_bytes()).unwrap();
        let mut lines: Box<dyn BufRead> = Box::new(BufReader::new(stream));
        let mut line = String::new();
        lines.read_line(&mut line).unwrap();
        assert_eq!(line, "HTTP/1.1 200 OK\r\n");
        let mut stream = Self {
            lines,
            last: String::new(),
        };
        // The first thing that comes is the place.
        stream.until("id: ");
        stream
    }

    fn tcp(address: &str, token: &str, last: &str) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(DEADLINE)).unwrap();
        Self::over(stream, token, "", last)
    }

    /// Reads on to a line that begins so.
    fn until(&mut self, start: &str) -> String {
        loop {
            let mut line = String::new();
            let read = self.lines.read_line(&mut line).unwrap();
            assert!(read > 0, "the stream ended before '{start}'");
            if let Some(id) = line.strip_prefix("id: ") {
                self.last = id.trim().to_owned();
            }
            if let Some(rest) = line.strip_prefix(start) {
                return rest.trim().to_owned();
            }
        }
    }

    /// Waits for the end.
    fn end(mut self) {
        loop {
            let mut line = String::new();
            // The connection may go on; then the last chunk is an empty one.
            if self.lines.read_line(&mut line).unwrap() == 0 || line == "0\r\n" {
                return;
            }
        }
    }
}

#[test]
fn a_restart_loses_nothing_and_repeats_nothing() {
    let home = Home::new();
    let mut daemon = home.serve(&[]);
    let address = daemon.address();
    let daemon = daemon.ready();
    let (_, ada) = home.tenant(CONTOSO, "ada@contoso.com");
    let mut stream = Stream::tcp(&address, &ada, "");
    let unix = UnixStream::connect(home.data().join("lockboxd.sock")).unwrap();
    unix.set_read_timeout(Some(DEADLINE)).unwrap();
    let mut local = Stream::over(unix, &ada, "?events=rolesChanged", "");
    let robot = |name: &str| {
        let params = json!({
            "kind": "robot", "displayName": name, "roles": [{"role": "SecurityReader"}],
        });
        home.result(&ada, "principal.create", &params)
    };
    robot("first");
    for stream in [&mut stream, &mut local] {
        assert_eq!(stream.until("event: "), "rolesChanged");
        let event: Value = serde_json::from_str(&stream.until("data: ")).unwrap();
        assert_eq!(event["specversion"], "1.0");
        assert!(event.to_string().contains("first"), "{event}");
    }
    let last = stream.last.clone();
    // Committed while nobody listens, in this life and the next.
    drop(stream);
    robot("second");
    let ended = daemon.stop();
    assert!(ended.status.success(), "{ended:#?}");
    // A stream ends with the daemon, and holds it up not at all.
    local.end();
    let mut daemon = home.serve(&[]);
    let address = daemon.address();
    let _daemon: Daemon = daemon.ready();
    robot("third");
    let mut stream = Stream::tcp(&address, &ada, &last);
    for name in ["second", "third"] {
        let event: Value = serde_json::from_str(&stream.until("data: ")).unwrap();
        assert!(event.to_string().contains(name), "{event}");
    }
    assert_ne!(stream.last, last);
    let mut rest = Stream::tcp(&address, &ada, &stream.last);
    robot("fourth");
    let event: Value = serde_json::from_str(&rest.until("data: ")).unwrap();
    assert!(event.to_string().contains("fourth"), "{event}");
    // Nobody calls with a token that was revoked.
    let tokens = home.result(&ada, "token.list", &json!({}));
    let token = json!({"tokenId": tokens["tokens"][0]["tokenId"]});
    home.result(&ada, "token.revoke", &token);
    rest.end();
    stream.end();
}
