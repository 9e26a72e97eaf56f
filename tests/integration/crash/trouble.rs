//! A disk that is full, broken or read only, a database that is locked or damaged, a second daemon:
//! each says what is wrong and what helps, what can be read is read, nothing acknowledged is lost,
//! and it goes on by itself once the cause is gone.

use super::check::Memory;
use super::http::{Call, Http};
use super::load::{Asked, People};
use super::synced::{Files, library};
use crate::program::{DEADLINE, Daemon, Done, Home, finish, lockboxd, skipped};
use customer_lockbox::clock::{Clock, SystemClock};
use rusqlite::Connection;
use serde_json::{Value, json};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

const ENOSPC: i32 = 28;
const EROFS: i32 = 30;
const EACCES: i32 = 13;
const EIO: i32 = 5;

/// A disk whose writes fail while a marker says so: for what cannot be had everywhere.
struct Faulty {
    data: PathBuf,
    marker: PathBuf,
}

impl Faulty {
    fn new(home: &Home) -> Self {
        Self {
            data: home.data(),
            marker: home.file("fault"),
        }
    }

    fn under(&self, mut command: Command) -> Command {
        command
            .env("LD_PRELOAD", library())
            .env("LOCKBOX_SYNCED_DIR", &self.data)
            .env("LOCKBOX_SYNCED_FAULT", &self.marker);
        command
    }

    fn fail(&self, number: i32) {
        let fresh = self.marker.with_extension("fresh");
        fs::write(&fresh, number.to_string()).unwrap();
        fs::rename(fresh, &self.marker).unwrap();
    }

    fn mend(&self) {
        fs::remove_file(&self.marker).unwrap();
    }
}

/// What a customer does while the disk is in trouble, and after.
struct Customer {
    http: Http,
    people: People,
    asked: Vec<Asked>,
    address: String,
}

impl Customer {
    fn new(daemon: &mut Daemon, root: &str) -> Self {
        let address = daemon.address();
        Self {
            people: People::new(&address, root),
            http: Http::new(&address),
            asked: Vec::new(),
            address,
        }
    }

    fn submit(&self, ticket: &str) -> Call {
        Call {
            token: self.people.engineer.clone(),
            method: "request.submit",
            params: json!({"tenant": self.people.tenants[0].0, "serviceName": "Exchange",
                "reason": "Mailbox does not open", "serviceRequestNumber": ticket,
                "idempotencyKey": ticket}),
        }
    }

    fn acknowledged(&mut self, ticket: &str, answer: &Value) {
        self.asked.push(Asked {
            ticket: ticket.to_owned(),
            tenant: 0,
            identity: answer["request"]["identity"].as_str().unwrap().to_owned(),
            reviewed: false,
            decisions: Vec::new(),
        });
    }

    /// A call that is done.
    fn done(&mut self, ticket: &str) {
        let answer = self.http.call(&self.submit(ticket)).unwrap().unwrap();
        self.acknowledged(ticket, &answer);
    }

    /// Repeats a call until it is done, which it must be soon; the errors before are transient.
    fn done_in_time(&mut self, ticket: &str) {
        let clock = SystemClock::new();
        let end = clock.monotonic() + DEADLINE;
        let call = self.submit(ticket);
        loop {
            match self.http.call(&call).unwrap() {
                Ok(answer) => return self.acknowledged(ticket, &answer),
                Err(error) => assert!(clock.monotonic() < end, "{error}"),
            }
        }
    }

    /// A call that nothing comes of, which is told with this cause in the end, and always with what
    /// helps.
    fn refused(&mut self, ticket: &str, cause: &str) {
        let call = self.submit(ticket);
        let first = self.http.call(&call).unwrap().unwrap_err();
        let code = &first["data"]["code"];
        assert!(code == "outcomeUnknown" || code == "unavailable", "{first}");
        let next = self.http.call(&call).unwrap().unwrap_err();
        assert_eq!(next["data"]["code"], "unavailable", "{next}");
        let message = next["data"]["message"].as_str().unwrap();
        assert!(message.contains(cause), "{next}");
        let remedy = next["data"]["remedy"].as_str().unwrap();
        assert!(remedy.contains("same idempotencyKey"), "{next}");
        assert!(
            next["data"]["retryAfterSeconds"].as_u64() > Some(0),
            "{next}"
        );
    }

    /// Reads by key, lists and searches.
    fn reads(&mut self) {
        let token = self.people.engineer.clone();
        for asked in &self.asked {
            let found = self
                .http
                .ok(&token, "request.get", json!({"requestId": asked.identity}));
            assert_eq!(found["request"]["serviceRequestNumber"], asked.ticket);
        }
        let listed = self.http.ok(&token, "request.list", json!({}));
        let listed = listed["requests"].as_array().unwrap().len();
        assert_eq!(listed, self.asked.len());
        let root = self.people.root.clone();
        let found = self.http.ok(&root, "audit.search", json!({}));
        assert!(found["total"].as_u64().unwrap() >= 1, "{found}");
    }

    fn check(&self, data: &Path) {
        let mut memory = Memory::default();
        memory.check_file(data, self.asked.iter()).unwrap();
        memory
            .check_search(&self.address, &self.people, self.asked.iter(), true)
            .unwrap();
    }
}

/// A disk that fails every write in the same way, until it works again.
fn writes_wait(number: i32, cause: &str) {
    let home = Home::new();
    let disk = Faulty::new(&home);
    let mut daemon = Daemon::spawn(disk.under(lockboxd(&home.serve_args(&[]))));
    let mut customer = Customer::new(&mut daemon, &home.root);
    customer.done("before");
    for ticket in ["first", "second"] {
        disk.fail(number);
        customer.refused(ticket, cause);
        customer.reads();
        disk.mend();
        customer.done_in_time(ticket);
    }
    customer.done("after");
    customer.check(&home.data());
    // It ends as it should, and what it has left is whole.
    assert_eq!(daemon.stop().status.code(), Some(0));
    let mut daemon = home.serve(&[]);
    customer.address = daemon.address();
    customer.check(&home.data());
}

#[test]
fn writes_wait_while_there_is_no_space() {
    writes_wait(ENOSPC, "the disk is full");
}

#[test]
fn writes_wait_while_the_disk_fails() {
    writes_wait(EIO, "the disk reports an error");
}

#[test]
fn a_daemon_that_cannot_write_can_still_be_stopped() {
    let home = Home::new();
    let disk = Faulty::new(&home);
    let mut daemon = Daemon::spawn(disk.under(lockboxd(&home.serve_args(&[]))));
    let mut customer = Customer::new(&mut daemon, &home.root);
    customer.done("before");
    disk.fail(ENOSPC);
    customer.refused("meanwhile", "the disk is full");
    let ended = daemon.stop();
    assert_eq!(ended.status.code(), Some(0), "{ended:#?}");
    let log = ended.logged.join("\n");
    assert!(log.contains("the database cannot be reopened"), "{log}");
    disk.mend();
    let mut daemon = home.serve(&[]);
    let address = daemon.address();
    customer.http = Http::new(&address);
    customer.address = address;
    customer.done_in_time("meanwhile");
    customer.check(&home.data());
}

/// A command with a view of its own onto the file system, prepared by a script in which `$0` is the
/// data directory; `None` where the machine allows nobody but its administrator that.
fn with_own_mounts(script: &str, data: &Path, command: &Command) -> Option<Command> {
    let unshare = |script: &str| {
        let mut own = Command::new("unshare");
        own.args(["--user", "--map-root-user", "--mount", "sh", "-c", script]);
        own.arg(data);
        own
    };
    let allowed = finish(unshare("mount -t tmpfs tmpfs \"$0\""));
    if allowed.code != 0 {
        skipped(&format!(
            "no mounts of one's own here: {}",
            allowed.err.trim()
        ));
        return None;
    }
    let mut own = unshare(&format!("{script} && exec \"$@\""));
    own.arg(command.get_program()).args(command.get_args());
    Some(own)
}

/// The real thing: a small file system, filled by somebody else. (Where mounts are not allowed, the
/// test above stands for it.)
#[test]
fn writes_wait_while_a_small_disk_is_full() {
    let home = Home::new();
    let copied = home.file("copied");
    let status = Command::new("cp")
        .arg("-a")
        .arg(home.data())
        .arg(&copied)
        .status();
    assert!(status.unwrap().success());
    let script = format!(
        "mount -t tmpfs -o size=8m,mode=700 tmpfs \"$0\" && cp -a '{}'/. \"$0\"",
        copied.display()
    );
    let config = home.file("lockboxd.toml");
    let limits = "[limits]\npending_per_tenant = 5000\npending_per_engineer = 5000\n";
    fs::write(&config, limits).unwrap();
    let serve = lockboxd(&home.serve_args(&["--config", config.to_str().unwrap()]));
    let Some(command) = with_own_mounts(&script, &home.data(), &serve) else {
        return;
    };
    let mut daemon = Daemon::spawn(command);
    let mut customer = Customer::new(&mut daemon, &home.root);
    let seen = home.data().strip_prefix("/").unwrap().to_owned();
    let data = PathBuf::from(format!("/proc/{}/root", daemon.id())).join(seen);
    customer.done("before");
    for ticket in ["first", "second"] {
        let mut ballast = fs::File::create(data.join("ballast")).unwrap();
        while ballast.write_all(&[0; 4_096]).is_ok() {}
        // The log of the database may have some room left in what it has taken before.
        let mut room = 0;
        let full = loop {
            room += 1;
            assert!(room < 1_000, "it is never full");
            let ticket = format!("{ticket}-{room}");
            let call = customer.submit(&ticket);
            match customer.http.call(&call).unwrap() {
                Ok(answer) => customer.acknowledged(&ticket, &answer),
                Err(_) => break ticket,
            }
        };
        customer.refused(&full, "the disk is full");
        customer.reads();
        drop(ballast);
        fs::remove_file(data.join("ballast")).unwrap();
        customer.done_in_time(&full);
    }
    // SQLite would follow the path back to this process's own view, so it reads a copy.
    let seen = home.file("seen");
    fs::create_dir(&seen).unwrap();
    for name in ["lockbox.db", "lockbox.db-wal"] {
        fs::copy(data.join(name), seen.join(name)).unwrap();
    }
    customer.check(&seen);
}

/// A start that is refused: with this exit code, and these words.
#[track_caller]
fn refused(done: &Done, code: i32, words: &[&str]) {
    assert_eq!(done.code, code, "{done:#?}");
    for word in words {
        assert!(done.err.contains(word), "'{word}' is missing: {done:#?}");
    }
    assert_eq!(done.out, "", "it has not begun to serve");
}

/// Unavailable, as sysexits.h has it.
const UNAVAILABLE: i32 = 69;

#[test]
fn a_directory_that_cannot_be_written_is_refused_and_then_not() {
    let home = Home::new();
    checkpointed(&home.data());
    let disk = Faulty::new(&home);
    let serve = || finish(disk.under(lockboxd(&home.serve_args(&[]))));
    disk.fail(EROFS);
    refused(
        &serve(),
        UNAVAILABLE,
        &["cannot be used", "Read-only file system", "belongs to"],
    );
    // The files may be written and the directory not: SQLite cannot put its log beside.
    disk.fail(EACCES);
    refused(
        &serve(),
        UNAVAILABLE,
        &["cannot be written", "may write the directory"],
    );
    disk.fail(ENOSPC);
    refused(&serve(), UNAVAILABLE, &["cannot be written", "has space"]);
    disk.mend();
    let daemon = Daemon::spawn(disk.under(lockboxd(&home.serve_args(&[])))).ready();
    assert_eq!(daemon.stop().status.code(), Some(0));
    let script = "mount --bind \"$0\" \"$0\" && mount -o remount,bind,ro \"$0\"";
    if let Some(command) = with_own_mounts(script, &home.data(), &lockboxd(&home.serve_args(&[]))) {
        refused(
            &finish(command),
            UNAVAILABLE,
            &["cannot be used", "Read-only file system"],
        );
    }
}

#[test]
fn an_init_without_space_can_be_repeated() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    fs::create_dir(&data).unwrap();
    let disk = Faulty {
        marker: dir.path().join("fault"),
        data: data.clone(),
    };
    let args = [
        "init",
        "--admin",
        "root@fabrikam.example",
        "--output",
        "token",
        "--data-dir",
    ];
    let init = || {
        let mut command = lockboxd(&args);
        command.arg(&data);
        finish(disk.under(command))
    };
    disk.fail(ENOSPC);
    let done = init();
    assert_eq!(done.code, UNAVAILABLE, "{done:#?}");
    disk.mend();
    let done = init();
    assert_eq!(done.code, 0, "{done:#?}");
    assert!(done.out.starts_with("lbt_"), "{done:#?}");
    refused(&init(), 1, &["has a provider already", "serve"]);
}

#[test]
fn an_init_that_was_killed_can_be_repeated() {
    let mut finished = 0;
    for millis in (0..16).map(|round| round * 12) {
        let dir = tempfile::tempdir().unwrap();
        let data = dir.path().join("data");
        let args = [
            "init",
            "--admin",
            "root@fabrikam.example",
            "--output",
            "token",
            "--data-dir",
        ];
        let init = || {
            let mut command = lockboxd(&args);
            command.arg(&data);
            command
        };
        let mut first = Daemon::spawn(init());
        super::rounds::wait(millis * 1_000);
        first.kill();
        let said = first.wait().said;
        let again = finish(init());
        if again.code == 0 {
            finished += 1;
            assert!(said.is_empty(), "a token was shown, and is void: {said:?}");
            assert!(again.out.starts_with("lbt_"), "{again:#?}");
        } else if again.err.contains("interrupted") {
            refused(&again, UNAVAILABLE, &["remove the file and run it again"]);
        } else {
            refused(&again, 1, &["has a provider already"]);
        }
    }
    assert!(finished > 0, "no kill came early enough");
}

#[test]
fn another_program_that_holds_the_database_is_told_of() {
    let home = Home::new();
    let mut daemon = home.serve(&[]);
    let mut customer = Customer::new(&mut daemon, &home.root);
    customer.done("before");
    let other = Connection::open(home.data().join("lockbox.db")).unwrap();
    for ticket in ["first", "second"] {
        other.execute_batch("BEGIN IMMEDIATE").unwrap();
        customer.refused(ticket, "another program holds a lock");
        customer.reads();
        other.execute_batch("ROLLBACK").unwrap();
        customer.done_in_time(ticket);
    }
    customer.check(&home.data());
    assert_eq!(daemon.stop().status.code(), Some(0));

    other
        .execute_batch("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE")
        .unwrap();
    let words = ["another program holds a lock", "belongs to lockboxd alone"];
    refused(
        &finish(lockboxd(&home.serve_args(&[]))),
        UNAVAILABLE,
        &words,
    );
    drop(other);
    let mut daemon = home.serve(&[]);
    customer.address = daemon.address();
    customer.check(&home.data());
}

#[test]
fn a_second_daemon_is_refused_under_any_name_and_takes_over_from_a_dead_one() {
    let home = Home::new();
    let mut first = home.serve(&[]).ready();
    let alias = home.file("alias");
    std::os::unix::fs::symlink(home.data(), &alias).unwrap();
    let args = [
        "serve",
        "--listen",
        "127.0.0.1:0",
        "--data-dir",
        alias.to_str().unwrap(),
    ];
    refused(
        &finish(lockboxd(&args)),
        UNAVAILABLE,
        &["Another process uses", "Stop the other"],
    );
    let init = [
        "init",
        "--admin",
        "a@b.example",
        "--data-dir",
        alias.to_str().unwrap(),
    ];
    refused(
        &finish(lockboxd(&init)),
        UNAVAILABLE,
        &["Another process uses"],
    );
    home.result(&home.root, "session.whoami", &json!({}));
    first.kill();
    let _second = Daemon::start(&args).ready();
    home.result(&home.root, "session.whoami", &json!({}));
}

/// Brings all into the database file: nothing of it is left in the log beside.
fn checkpointed(data: &Path) -> PathBuf {
    let path = data.join("lockbox.db");
    let conn = Connection::open(&path).unwrap();
    conn.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)")
        .unwrap();
    path
}

/// Overwrites a part of a file; a file that is shorter stays so.
fn damage(path: &Path, offset: usize, bytes: &[u8]) {
    use std::os::unix::fs::FileExt;
    let file = fs::OpenOptions::new().write(true).open(path).unwrap();
    file.write_all_at(bytes, u64::try_from(offset).unwrap())
        .unwrap();
}

#[test]
fn a_database_that_is_none_any_more_is_refused() {
    let home = Home::new();
    let database = checkpointed(&home.data());
    let whole = Files::read(&home.data());
    let page = fs::read(&database).unwrap()[..4_096].to_vec();
    let serve = || finish(lockboxd(&home.serve_args(&[])));

    damage(&database, 0, &[0; 100]);
    refused(
        &serve(),
        UNAVAILABLE,
        &["is damaged", "restore the last backup"],
    );
    fs::write(&database, "This is a text. ".repeat(1_000)).unwrap();
    refused(
        &serve(),
        UNAVAILABLE,
        &["is damaged", "restore the last backup"],
    );
    fs::write(&database, "").unwrap();
    refused(
        &serve(),
        UNAVAILABLE,
        &["is empty", "Restore the last backup"],
    );
    assert_eq!(
        fs::read(&database).unwrap().len(),
        0,
        "nothing was made in its place"
    );
    fs::remove_file(&database).unwrap();
    refused(&serve(), 66, &["There is no lockbox", "lockboxd init"]);
    // The page of the schema, past the header.
    whole.save(&home.data());
    damage(&database, 100, &vec![0xFF; page.len() - 100]);
    refused(
        &serve(),
        UNAVAILABLE,
        &["is damaged", "restore the last backup"],
    );

    damage(&database, 0, &page);
    let _daemon = home.serve(&[]).ready();
    home.result(&home.root, "session.whoami", &json!({}));
}

#[test]
fn around_damaged_pages_everything_goes_on() {
    let home = Home::new();
    let mut daemon = home.serve(&[]);
    let mut customer = Customer::new(&mut daemon, &home.root);
    customer.done("before");
    assert_eq!(daemon.stop().status.code(), Some(0));
    // Every index by which requests are listed.
    let database = checkpointed(&home.data());
    let conn = Connection::open(&database).unwrap();
    let size: usize = conn
        .query_row("PRAGMA page_size", [], |row| row.get::<_, u32>(0))
        .unwrap()
        .try_into()
        .unwrap();
    let pages: Vec<u32> = conn
        .prepare(
            "SELECT rootpage FROM sqlite_schema WHERE type = 'index' AND tbl_name = 'request'
             AND sql LIKE '%(%created%)'",
        )
        .unwrap()
        .query_map([], |row| row.get(0))
        .unwrap()
        .collect::<rusqlite::Result<_>>()
        .unwrap();
    drop(conn);
    assert!(pages.len() >= 3, "{pages:?}");
    for page in pages {
        let page = usize::try_from(page).unwrap();
        damage(&database, (page - 1) * size, &vec![0xFF; size]);
    }

    let mut daemon = home.serve(&[]);
    customer.http = Http::new(&daemon.address());
    let engineer = customer.people.engineer.clone();
    let listed = json!({});
    let asked = customer.submit("after").params;
    for (method, params) in [("request.list", listed), ("request.submit", asked)] {
        let error = customer.http.told(&engineer, method, params).unwrap_err();
        assert_eq!(error["data"]["code"], "unavailable", "{method}: {error}");
        for words in ["the database file is damaged", "restore the last backup"] {
            assert!(
                error["data"].to_string().contains(words),
                "{method}: {error}"
            );
        }
    }
    // What lies elsewhere is there, and the failed call has left no trace of itself.
    let identity = customer.asked[0].identity.clone();
    let request = json!({"requestId": identity});
    let found = customer.http.ok(&engineer, "request.get", request);
    assert_eq!(found["request"]["state"], "InternalReview");
    let search = json!({"operations": ["LockboxRequestSubmitted"]});
    let root = customer.people.root.clone();
    let found = customer.http.ok(&root, "audit.search", search);
    assert_eq!(found["total"], 1, "{found}");
    let ended = daemon.stop();
    assert_eq!(ended.status.code(), Some(0), "{ended:#?}");
}
