//! `lockboxd serve` as its operator meets it: addresses, sockets, signals, restarts, time.

use crate::program::{Daemon, Home, files, finish, lockboxd, ok, run, signal, skipped};
use crate::wire::{HalfCall, connected};
use customer_lockbox::clock::{Clock, ManualClock, SystemClock, Timestamp};
use customer_lockbox::service::{Options, Services};
use customer_lockbox::store::Store;
use customer_lockbox::store::sqlite::{self, CreateOptions, SqliteStore};
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Sends bytes, and reads all that comes back until the other side closes.
fn exchange(address: &str, request: &str) -> String {
    let mut stream = connected(address);
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

fn get(address: &str, path: &str) -> String {
    exchange(
        address,
        &format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n"),
    )
}

fn now() -> Timestamp {
    SystemClock::new().now()
}

fn instant(value: &Value) -> Timestamp {
    Timestamp::parse(value.as_str().unwrap()).unwrap()
}

#[test]
fn it_prints_the_address_that_it_got_and_answers_there() {
    let home = Home::new();
    let mut daemon = home.serve(&[]);
    let address = daemon.address();
    assert!(!address.ends_with(":0"), "{address}");
    let health = get(&address, "/healthz");
    assert!(health.starts_with("HTTP/1.1 200"), "{health}");
    let ready = get(&address, "/readyz");
    assert!(ready.starts_with("HTTP/1.1 200"), "{ready}");
    let document = get(&address, "/openrpc.json");
    assert!(document.contains("request.decide"), "{document}");
}

/// Its threads by name, and how far each stands behind others.
fn threads(id: u32) -> Vec<(String, i32)> {
    let tasks = std::fs::read_dir(format!("/proc/{id}/task")).unwrap();
    tasks
        .filter_map(|task| std::fs::read_to_string(task.ok()?.path().join("stat")).ok())
        .map(|stat| {
            let (head, tail) = stat.rsplit_once(") ").unwrap();
            let (_, name) = head.split_once('(').unwrap();
            // The 19th field of all.
            let nice = tail.split(' ').nth(16).unwrap().parse().unwrap();
            (name.to_owned(), nice)
        })
        .collect()
}

#[test]
fn deliveries_stand_behind_those_who_call() {
    let home = Home::new();
    let daemon = home.serve(&[]).ready();
    let of = |threads: &[(String, i32)], name: &str| -> Vec<i32> {
        let found = threads.iter().filter(|(known, _)| known == name);
        found.map(|(_, nice)| *nice).collect()
    };
    let end = now().plus_seconds(20);
    loop {
        let threads = threads(daemon.id());
        let (others, mails) = (
            of(&threads, "tokio-rt-worker"),
            of(&threads, "lockbox-notify"),
        );
        // The thread that waits, and the two that send.
        if mails == [10; 3] && !others.is_empty() {
            assert!(others.iter().all(|nice| *nice == 0), "{threads:?}");
            break;
        }
        assert!(now() < end, "{threads:?}");
        std::thread::yield_now();
    }
}

#[test]
fn several_addresses_are_served_at_once() {
    let home = Home::new();
    let mut daemon = home.serve(&["--listen", "127.0.0.1:0"]);
    let (first, second) = (daemon.address(), daemon.address());
    assert_ne!(first, second);
    for address in [first, second] {
        assert!(get(&address, "/healthz").starts_with("HTTP/1.1 200"));
    }
}

#[test]
fn a_second_daemon_on_the_same_directory_is_refused() {
    let home = Home::new();
    let _first = home.serve(&[]).ready();
    let second = run(&home.serve_args(&[]));
    assert_eq!(second.code, 69, "{second:#?}");
    assert!(second.err.contains("Another process uses"), "{second:#?}");
    assert_eq!(second.out, "");
    // The first one has not lost its socket.
    home.result(&home.root, "session.whoami", &json!({}));
}

#[test]
fn an_address_that_others_can_reach_is_refused_before_anything_is_bound() {
    let home = Home::new();
    // Were the sound address bound first, this port would be the complaint.
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = taken.local_addr().unwrap().to_string();
    for open in ["0.0.0.0:0", "[::]:0", "192.0.2.1:8420"] {
        let done = run(&home.serve_args(&["--listen", &taken, "--listen", open]));
        assert_eq!(done.code, 78, "{open}: {done:#?}");
        assert!(done.err.contains("TLS"), "{open}: {done:#?}");
        assert_eq!(done.out, "", "{open}");
    }
    assert!(!home.data().join("lockboxd.sock").exists());
}

#[test]
fn a_taken_port_is_reported_with_what_to_do() {
    let home = Home::new();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = listener.local_addr().unwrap().to_string();
    let done = run(&home.serve_args(&["--listen", &taken]));
    assert_eq!(done.code, 69, "{done:#?}");
    assert!(done.err.contains(&taken), "{done:#?}");
    assert!(done.err.contains("another one"), "{done:#?}");
}

#[test]
fn a_directory_without_a_database_is_reported_with_what_to_do() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().to_str().unwrap();
    let done = run(&["serve", "--data-dir", data, "--listen", "127.0.0.1:0"]);
    assert_eq!(done.code, 66, "{done:#?}");
    assert!(done.err.contains("lockboxd init"), "{done:#?}");
}

#[test]
fn sigterm_lets_a_call_in_flight_finish_and_ends_with_success() {
    let home = Home::new();
    let mut daemon = home.serve(&[]);
    let address = daemon.address();
    let params = json!({"name": "contoso.example", "adminAddress": "ada@contoso.example"});
    let call = HalfCall::start(connected(&address), &home.root, "tenant.create", &params);
    signal(daemon.id(), "TERM");
    daemon.logs("stopping");
    let answer = call.finish();
    assert_eq!(
        answer["result"]["tenant"]["name"], "contoso.example",
        "{answer}"
    );
    let ended = daemon.wait();
    assert_eq!(ended.status.code(), Some(0), "{ended:#?}");
    assert!(TcpStream::connect(&address).is_err());
    assert!(!home.data().join("lockboxd.sock").exists());

    let _again = home.serve(&[]).ready();
    let found = home.result(
        &home.root,
        "tenant.get",
        &json!({"tenant": "contoso.example"}),
    );
    assert_eq!(found["tenant"]["state"], "Unclaimed");
}

#[test]
fn a_client_that_never_finishes_cannot_hold_the_end_up() {
    let home = Home::new();
    let config = home.file("lockboxd.toml");
    std::fs::write(&config, "[timeouts]\ndrain = 1\nbody = 3600\n").unwrap();
    let mut daemon = home.serve(&["--config", config.to_str().unwrap()]);
    let address = daemon.address();
    let _stuck = HalfCall::start(connected(&address), &home.root, "tenant.list", &json!({}));
    // `stop` gives up after a deadline that is far below the hour which the body may take.
    let ended = daemon.stop();
    assert_eq!(ended.status.code(), Some(0), "{ended:#?}");
}

#[test]
fn an_idle_connection_does_not_hold_the_end_up_and_ctrl_c_ends_it_too() {
    let home = Home::new();
    let mut daemon = home.serve(&[]);
    let address = daemon.address();
    let _idle = connected(&address);
    signal(daemon.id(), "INT");
    let ended = daemon.wait();
    assert_eq!(ended.status.code(), Some(0), "{ended:#?}");
}

#[test]
fn a_restart_keeps_everything_and_time_never_runs_back() {
    let home = Home::new();
    let first = home.serve(&[]).ready();
    let (_, ada) = home.tenant("contoso.example", "ada@contoso.example");
    home.result(&ada, "policy.put", &json!({"hoursToAnswer": 24}));
    let before = home.result(&ada, "audit.search", &json!({}));
    let late = home.result("", "system.info", &json!({}))["time"].clone();
    assert_eq!(first.stop().status.code(), Some(0));

    let _second = home.serve(&[]).ready();
    let early = home.result("", "system.info", &json!({}))["time"].clone();
    assert!(instant(&early) >= instant(&late), "{early} after {late}");
    let after = home.result(&ada, "audit.search", &json!({}));
    assert_eq!(after["records"], before["records"]);
    assert!(after["total"].as_u64().unwrap() >= 2, "{after}");
}

#[test]
fn a_daemon_that_was_killed_leaves_nothing_in_the_way() {
    let home = Home::new();
    let mut first = home.serve(&[]).ready();
    let (_, ada) = home.tenant("contoso.example", "ada@contoso.example");
    signal(first.id(), "KILL");
    first.wait();
    assert!(home.data().join("lockboxd.sock").exists());
    let _second = home.serve(&[]).ready();
    home.result(&ada, "session.whoami", &json!({}));
}

#[test]
fn only_the_owner_can_use_the_socket_and_read_the_directory() {
    let home = Home::new();
    let _daemon = home.serve(&[]).ready();
    let found = std::fs::metadata(home.data().join("lockboxd.sock")).unwrap();
    assert!(found.file_type().is_socket());
    assert_eq!(found.permissions().mode() & 0o777, 0o600);
    let dir = std::fs::metadata(home.data()).unwrap();
    assert_eq!(dir.permissions().mode() & 0o777, 0o700);
    for file in files(&home.data()) {
        let mode = std::fs::metadata(&file).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{}", file.display());
    }
    let who = home.result(&home.root, "session.whoami", &json!({}));
    assert_eq!(who["via"], "unix");
    assert_eq!(who["authentication"], "token");
    let nobody = home.call("", "session.whoami", &json!({}));
    assert_eq!(nobody.code, 77, "{nobody:#?}");
}

#[test]
fn a_configured_user_of_this_machine_needs_no_token_on_the_socket() {
    let home = Home::new();
    let first = home.serve(&[]).ready();
    let root = home.result(&home.root, "session.whoami", &json!({}));
    let id = root["principal"]["principalId"].as_str().unwrap();
    assert_eq!(first.stop().status.code(), Some(0));

    let uid = std::fs::metadata(home.data()).unwrap().uid();
    let config = home.file("lockboxd.toml");
    std::fs::write(&config, format!("[unix_peers]\n\"{uid}\" = \"{id}\"\n")).unwrap();
    let mut second = home.serve(&["--config", config.to_str().unwrap()]);
    let address = second.address();
    let _second = second.ready();
    let who = home.result("", "session.whoami", &json!({}));
    assert_eq!(who["authentication"], "unixPeer");
    assert_eq!(who["principal"]["principalId"], id);
    assert_eq!(who["token"], Value::Null);
    let made = json!({"name": "contoso.example", "adminAddress": "ada@contoso.example"});
    home.result("", "tenant.create", &made);
    // TCP tells nobody's uid.
    let done = run(&[
        "call",
        "session.whoami",
        "--url",
        &format!("http://{address}"),
    ]);
    assert_eq!(done.code, 77, "{done:#?}");
}

/// A database whose last instant lies an hour ahead of this machine's clock.
async fn from_the_future(home: &std::path::Path) -> (Timestamp, String) {
    let ahead = now().plus_seconds(3_600);
    SqliteStore::create(home, CreateOptions::default()).unwrap();
    let clock: Arc<dyn Clock> = Arc::new(ManualClock::at(ahead));
    let store = SqliteStore::open(home, sqlite::Options::default(), Arc::clone(&clock)).unwrap();
    let store: Arc<dyn Store> = Arc::new(store);
    let services = Services::new(store, clock, Options::default());
    let (_, _, token) = services
        .create_provider("fabrikam.example", "root@fabrikam.example")
        .await
        .unwrap();
    (ahead, token.secret.reveal().to_owned())
}

#[tokio::test]
async fn a_clock_behind_the_stored_time_stops_the_start_until_it_is_accepted() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let (ahead, token) = from_the_future(&data).await;
    let data = data.to_str().unwrap();
    let serve = ["serve", "--data-dir", data, "--listen", "127.0.0.1:0"];

    let refused = run(&serve);
    assert_eq!(refused.code, 69, "{refused:#?}");
    assert!(
        refused.err.contains("lockboxd clock accept"),
        "{refused:#?}"
    );
    assert!(refused.err.contains("behind"), "{refused:#?}");

    let accepted = ok(&["clock", "accept", "--data-dir", data]);
    assert!(accepted.out.contains("Accepted"), "{accepted:#?}");

    let daemon = Daemon::start(&serve).ready();
    let call = |method: &str, params: &str| {
        let mut command = lockboxd(&["call", method, params, "--data-dir", data]);
        command.env("LOCKBOX_TOKEN", &token);
        let done = finish(command);
        assert_eq!(done.code, 0, "{done:#?}");
        done.json()
    };
    let time = call("system.info", "{}")["time"].clone();
    assert!(instant(&time) >= ahead, "{time} after {ahead}");
    let found = call("audit.search", r#"{"operations":["LockboxClockAccepted"]}"#);
    assert_eq!(found["total"], 1, "{found}");
    let record: Value =
        serde_json::from_str(found["records"][0]["auditData"].as_str().unwrap()).unwrap();
    assert!(
        record.to_string().contains("BehindMilliseconds"),
        "{record}"
    );
    assert_eq!(daemon.stop().status.code(), Some(0));

    // Accepted once, it holds for the next start too.
    let daemon = Daemon::start(&serve).ready();
    assert_eq!(daemon.stop().status.code(), Some(0));
}

#[test]
fn there_is_nothing_to_accept_where_the_clock_is_right() {
    let home = Home::new();
    let done = ok(&[
        "clock",
        "accept",
        "--data-dir",
        home.data().to_str().unwrap(),
    ]);
    assert!(done.out.contains("not behind"), "{done:#?}");
    let _daemon = home.serve(&[]).ready();
    let search = json!({"operations": ["LockboxClockAccepted"]});
    let found = home.result(&home.root, "audit.search", &search);
    assert_eq!(found["total"], 0);
}

/// A user who may do nothing else here.
const NOBODY: u32 = 65_534;

/// Gives a directory to nobody, with all that is in it.
fn give_away(dir: &Path) {
    chown(dir, Some(NOBODY), Some(NOBODY)).unwrap();
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            give_away(&path);
        } else {
            chown(&path, Some(NOBODY), Some(NOBODY)).unwrap();
        }
    }
}

/// What does not belong to nobody in a directory.
fn kept_back(dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        let of = std::fs::symlink_metadata(&path).unwrap();
        if of.is_dir() {
            found.extend(kept_back(&path));
        }
        if (of.uid(), of.gid()) != (NOBODY, NOBODY) {
            found.push(path);
        }
    }
    found
}

/// The service runs as a user of its own, and whoever repairs something there is root.
#[test]
fn what_root_leaves_in_a_data_directory_belongs_to_its_owner() {
    let home = Home::new();
    let data = home.data();
    if std::fs::metadata(&data).unwrap().uid() != 0 {
        skipped("only root can give files away");
        return;
    }
    let dir = data.to_str().unwrap();
    let daemon = home.serve(&[]).ready();
    home.tenant("contoso.example", "ada@contoso.example");
    let made = home.result(&home.root, "system.backup", &json!({}));
    let backup = made["path"].as_str().unwrap();
    daemon.stop();
    // Also what a service of another version may have left out.
    std::fs::remove_file(data.join("lockbox.lock")).unwrap();
    give_away(&data);

    let admin = ["--admin", "eva@contoso.example", "--data-dir", dir];
    let recover = [&["tenant", "recover", "contoso.example"], &admin[..]].concat();
    ok(&recover);
    assert_eq!(kept_back(&data), Vec::<PathBuf>::new());
    ok(&["restore", backup, "--replace", "--data-dir", dir]);
    assert_eq!(kept_back(&data), Vec::<PathBuf>::new());
    // A half that was cut off, and a link of the service's user that leads elsewhere.
    let (new, elsewhere) = (data.join("high-water.json.new"), home.file("elsewhere"));
    std::fs::write(&elsewhere, "root's").unwrap();
    std::os::unix::fs::symlink(&elsewhere, &new).unwrap();
    std::os::unix::fs::lchown(&new, Some(NOBODY), Some(NOBODY)).unwrap();
    ok(&recover);
    assert_eq!(kept_back(&data), Vec::<PathBuf>::new());
    assert_eq!(std::fs::metadata(&elsewhere).unwrap().uid(), 0);
    assert_eq!(std::fs::read(&elsewhere).unwrap(), b"root's");
    // A directory that is there and empty, as systemd makes it.
    let fresh = home.file("fresh");
    std::fs::create_dir(&fresh).unwrap();
    give_away(&fresh);
    let root = ["--admin", "root@fabrikam.example"];
    ok(&[&["init", "--data-dir", fresh.to_str().unwrap()], &root[..]].concat());
    assert_eq!(kept_back(&fresh), Vec::<PathBuf>::new());
}

#[test]
fn an_init_that_was_interrupted_goes_on_with_the_same_clock_only() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let options = CreateOptions {
        test_clock_offset_millis: Some(-6 * 3_600_000),
    };
    // As it stands before there is a provider.
    SqliteStore::create(&data, options).unwrap();
    let data = data.to_str().unwrap();
    let init = |hours: &str| {
        let admin = "root@fabrikam.example";
        run(&[
            "init",
            "--data-dir",
            data,
            "--admin",
            admin,
            "--clock-control",
            "--clock-offset-hours",
            hours,
        ])
    };
    for other in ["0", "-5"] {
        let refused = init(other);
        assert_eq!(refused.code, 1, "{refused:#?}");
        assert!(refused.err.contains("-6 h"), "{refused:#?}");
    }
    let done = init("-6");
    assert_eq!(done.code, 0, "{done:#?}");
    // Whoever comes later hears that it is there, whatever the clock.
    let again = init("-5");
    assert_eq!(again.code, 1, "{again:#?}");
    assert!(!again.err.contains("interrupted"), "{again:#?}");
}

#[test]
fn a_clock_that_can_be_moved_exists_only_on_a_database_made_for_it() {
    let real = Home::new();
    let refused = run(&real.serve_args(&["--clock-control"]));
    assert_eq!(refused.code, 1, "{refused:#?}");
    assert!(refused.err.contains("notTestDatabase") || refused.err.contains("created with it"));
    let daemon = real.serve(&[]).ready();
    let unknown = real.call(&real.root, "clock.advance", &json!({"seconds": 60}));
    assert_eq!(unknown.code, 65, "{unknown:#?}");
    assert!(unknown.err.contains("methodNotFound"), "{unknown:#?}");
    let found = real.result(&real.root, "audit.search", &json!({}));
    assert!(
        !found.to_string().contains("TestClock"),
        "no mark in real records: {found}"
    );
    let info = real.result("", "system.info", &json!({}));
    assert_eq!(info["testClock"], false);
    assert_eq!(daemon.stop().status.code(), Some(0));

    let test = Home::init(&["--clock-control", "--clock-offset-hours", "-6"]);
    let refused = run(&test.serve_args(&[]));
    assert_eq!(refused.code, 1, "{refused:#?}");
    assert!(refused.err.contains("--clock-control"), "{refused:#?}");
    let daemon = test.serve(&["--clock-control"]).ready();
    let info = test.result("", "system.info", &json!({}));
    assert_eq!(info["testClock"], true);
    let before = instant(&info["time"]);
    let behind = now().millis() - before.millis();
    assert!((behind - 6 * 3_600_000).abs() < 60_000, "{behind} ms");
    let moved = test.result(&test.root, "clock.advance", &json!({"seconds": 7_200}));
    assert!(instant(&moved["time"]) >= before.plus_seconds(7_200));
    let found = test.result(&test.root, "audit.search", &json!({}));
    let records = found["records"].as_array().unwrap();
    assert!(records.len() >= 2, "{found}");
    for record in records {
        let data: Value = serde_json::from_str(record["auditData"].as_str().unwrap()).unwrap();
        assert_eq!(data["TestClock"], true, "{data}");
    }
    let late = instant(&test.result("", "system.info", &json!({}))["time"]);
    assert_eq!(daemon.stop().status.code(), Some(0));
    // The offset is kept.
    let _again = test.serve(&["--clock-control"]).ready();
    let early = instant(&test.result("", "system.info", &json!({}))["time"]);
    assert!(early >= late, "{early} after {late}");
}

#[test]
fn secrets_are_neither_logged_nor_stored() {
    let home = Home::new();
    let config = home.file("lockboxd.toml");
    std::fs::write(&config, "[log]\nlevel = \"trace\"\nformat = \"json\"\n").unwrap();
    let daemon = home.serve(&["--config", config.to_str().unwrap()]).ready();
    let (code, ada) = home.tenant("contoso.example", "ada@contoso.example");
    let robot = json!({"kind": "robot", "displayName": "ci", "roles": []});
    let robot = home.result(&ada, "principal.create", &robot);
    let person =
        json!({"kind": "person", "address": "anna@contoso.example", "displayName": "Anna"});
    let person = home.result(&ada, "principal.create", &person);
    let secrets = [
        home.root.clone(),
        ada,
        code,
        robot["token"].as_str().unwrap().to_owned(),
        person["enrolmentCode"].as_str().unwrap().to_owned(),
    ];
    // A wrong one, too: it may be somebody's right one elsewhere.
    let wrong = home.call("lbt_somebody-elses-secret", "session.whoami", &json!({}));
    assert_eq!(wrong.code, 77, "{wrong:#?}");
    let stored: Vec<_> = files(&home.data())
        .into_iter()
        .filter(|path| path.is_file())
        .map(|path| (path.clone(), std::fs::read(path).unwrap()))
        .collect();
    assert!(stored.iter().any(|(_, bytes)| bytes.len() > 4_096));
    let ended = daemon.stop();
    assert_eq!(ended.status.code(), Some(0), "{ended:#?}");
    let log = ended.logged.join("\n");
    assert!(log.contains("\"level\":"), "{log}");
    for secret in secrets
        .iter()
        .map(String::as_str)
        .chain(["lbt_somebody-elses-secret"])
    {
        assert!(secret.len() > 20);
        assert!(!log.contains(secret), "{secret} is in the log:\n{log}");
        let said = ended.said.join("\n");
        assert!(!said.contains(secret), "{secret} is in {said}");
        for (path, bytes) in &stored {
            let found = bytes
                .windows(secret.len())
                .any(|part| part == secret.as_bytes());
            assert!(!found, "{secret} is in {}", path.display());
        }
    }
}
