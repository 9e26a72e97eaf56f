//! The end of the daemon, with calls in flight on every kind of connection.

use crate::program::{DEADLINE, Home, signal};
use crate::tls::Secured;
use crate::wire::{HalfCall, connected, connected_tls, connected_unix};
use customer_lockbox::clock::{Clock, SystemClock};
use rusqlite::Connection;
use serde_json::json;
use std::net::TcpStream;
use std::os::unix::net::UnixStream;

/// Waits for a condition.
#[track_caller]
fn eventually(what: &str, condition: impl Fn() -> bool) {
    let clock = SystemClock::new();
    let end = clock.monotonic() + DEADLINE;
    while !condition() {
        assert!(clock.monotonic() < end, "never: {what}");
        std::thread::yield_now();
    }
}

#[test]
fn calls_that_wait_for_the_disk_are_answered_and_nobody_else_is_let_in() {
    let home = Home::new();
    let secured = Secured::new(&home);
    let mut daemon = home.serve(&["--config", &secured.config]);
    let plain = daemon.address();
    let tls = secured.address(&mut daemon);
    daemon.says("listening on unix:");
    let socket = home.data().join("lockboxd.sock");

    let create = |name: &str| json!({"name": name, "adminAddress": format!("ada@{name}")});
    let root = home.root.as_str();
    let over = "tenant.create";
    let mut first = HalfCall::start(connected(&plain), root, over, &create("plain.example"));
    let stream = connected_tls(&tls, &secured.ca.pem());
    let mut second = HalfCall::start(stream, root, over, &create("tls.example"));
    let mut third = HalfCall::start(connected_unix(&socket), root, over, &create("unix.example"));

    // While another connection has the database to itself, the writer can finish nothing.
    let hold = Connection::open(home.data().join("lockbox.db")).unwrap();
    hold.execute_batch("BEGIN IMMEDIATE").unwrap();
    first.send();
    second.send();
    third.send();
    signal(daemon.id(), "TERM");
    daemon.logs("stopping");
    eventually("TCP is closed", || TcpStream::connect(&plain).is_err());
    eventually("TLS is closed", || TcpStream::connect(&tls).is_err());
    eventually("the socket is closed", || {
        UnixStream::connect(&socket).is_err()
    });
    assert!(first.is_unanswered());
    hold.execute_batch("ROLLBACK").unwrap();

    for (answer, name) in [
        (first.finish(), "plain.example"),
        (second.finish(), "tls.example"),
        (third.finish(), "unix.example"),
    ] {
        assert_eq!(answer["result"]["tenant"]["name"], name, "{answer}");
    }
    let ended = daemon.wait();
    assert_eq!(ended.status.code(), Some(0), "{ended:#?}");
    assert!(!socket.exists());

    let _again = home.serve(&[]).ready();
    for name in ["plain.example", "tls.example", "unix.example"] {
        home.result(root, "tenant.get", &json!({"tenant": name}));
    }
}

#[test]
fn a_second_signal_ends_what_a_first_one_waits_for() {
    for again in ["TERM", "INT"] {
        let home = Home::new();
        let secured = Secured::with(&home, "[timeouts]\ndrain = 3600\nbody = 3600\n");
        let mut daemon = home.serve(&["--config", &secured.config]);
        let plain = daemon.address();
        let tls = secured.address(&mut daemon);
        let _stuck = HalfCall::start(connected(&plain), &home.root, "tenant.list", &json!({}));
        let stream = connected_tls(&tls, &secured.ca.pem());
        let _stuck_too = HalfCall::start(stream, &home.root, "tenant.list", &json!({}));
        signal(daemon.id(), "TERM");
        daemon.logs("stopping");
        signal(daemon.id(), again);
        // `wait` gives up after a deadline that is far below the hour of the drain.
        let ended = daemon.wait();
        assert_eq!(ended.status.code(), Some(0), "{ended:#?}");
        let logged = ended.logged.join("\n");
        assert!(logged.contains("told to stop once more"), "{logged}");
        assert!(logged.contains("stopped"), "{logged}");
        assert!(!home.data().join("lockboxd.sock").exists());
    }
}

#[test]
fn a_clean_stop_leaves_everything_in_the_one_file() {
    let home = Home::new();
    let daemon = home.serve(&[]).ready();
    home.tenant("contoso.example", "ada@contoso.example");
    home.result(&home.root, "tenant.list", &json!({}));
    let log = home.data().join("lockbox.db-wal");
    assert!(log.exists());
    let ended = daemon.stop();
    assert_eq!(ended.status.code(), Some(0), "{ended:#?}");
    assert!(!log.exists());
    assert!(!home.data().join("lockbox.db-shm").exists());
}
