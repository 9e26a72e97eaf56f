//! Backups as files: whole or not there, and looked at before they come back.

use super::tests::Sqlite;
use super::{CreateOptions, Options, SqliteStore, backup, files, verify};
use crate::clock::ManualClock;
use crate::domain::notice::Event;
use crate::error::Result;
use crate::store::contract_tests::fixtures::{World, applied, dawn};
use crate::store::{OutboxDraft, RowWrite, Store};
use rusqlite::Connection;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tempfile::TempDir;

#[track_caller]
fn refused<T>(result: Result<T>, code: &str, says: &str) {
    match result {
        Ok(_) => panic!("expected {code}"),
        Err(error) => {
            assert_eq!(error.code(), code, "{error:?}");
            assert!(error.message().contains(says), "{error:?}");
        }
    }
}

/// A world with a few records, and a backup of it.
async fn backed_up(dir: &TempDir) -> (World<Sqlite>, PathBuf) {
    let world = World::<Sqlite>::new().await;
    for _ in 0..5 {
        applied(world.commit(world.change(Vec::new())).await);
    }
    let file = dir.path().join("backups/one.db");
    let bytes = world.store.backup(file.clone()).await.unwrap();
    assert_eq!(bytes, std::fs::metadata(&file).unwrap().len());
    (world, file)
}

fn edit(file: &Path, sql: &str) {
    let conn = Connection::open(file).unwrap();
    conn.execute_batch(sql).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_is_one_private_file_that_verifies() {
    let dir = tempfile::tempdir().unwrap();
    let (world, file) = backed_up(&dir).await;
    let parent = file.parent().unwrap();
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(parent), mode(&file)), (0o700, 0o600));
    assert_eq!(
        std::fs::read_dir(parent).unwrap().count(),
        1,
        "nothing beside it"
    );
    let conn = files::open_reader(&file).unwrap();
    verify::integrity(&conn).unwrap();
    let logs = verify::logs(&conn).unwrap();
    let tenant = logs.iter().find(|log| log.org == world.tenant.id).unwrap();
    assert_eq!((tenant.records, tenant.log_id), (5, world.tenant.log_id));
    let mut rows = world.log(world.tenant.id).await;
    rows.sort_by_key(|row| row.sequence);
    let leaves: Vec<_> = rows.iter().map(|row| row.leaf_hash).collect();
    assert_eq!(tenant.root, crate::audit::merkle::root(&leaves));
}

#[tokio::test(flavor = "multi_thread")]
async fn half_a_backup_is_not_left_behind() {
    let dir = tempfile::tempdir().unwrap();
    let (world, file) = backed_up(&dir).await;
    // Its name is taken by a directory, so that only the last step fails.
    let taken = file.with_file_name("two.db");
    std::fs::create_dir_all(taken.join("full")).unwrap();
    refused(
        world.store.backup(taken.clone()).await,
        "unavailable",
        "two.db",
    );
    let mut names: Vec<_> = std::fs::read_dir(file.parent().unwrap())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    names.sort();
    assert_eq!(names, ["one.db", "two.db"]);
    let nowhere = dir.path().join("backups/one.db/three.db");
    refused(world.store.backup(nowhere).await, "unavailable", "one.db");
}

/// Names in a directory, sorted.
fn names(dir: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(dir).unwrap();
    let name = |entry: std::io::Result<std::fs::DirEntry>| entry.unwrap().file_name();
    let mut names: Vec<String> = entries
        .map(|entry| name(entry).into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_is_given_up_when_the_store_is_closed() {
    let dir = tempfile::tempdir().unwrap();
    let (world, file) = backed_up(&dir).await;
    edit(
        &file,
        "CREATE TABLE filler AS
         WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)
         SELECT i FROM n",
    );
    let other = dir.path().join("others/lockbox-two.db");
    let asked = Arc::new(AtomicUsize::new(0));
    let closes_after = |times| {
        let asked = Arc::clone(&asked);
        asked.store(0, Ordering::Relaxed);
        move || asked.fetch_add(1, Ordering::Relaxed) >= times
    };
    // In the middle of it: it was asked before, and once in its course without ending there.
    let given_up = backup::write(&file, &other, closes_after(2));
    refused(given_up, "unavailable", "stopping");
    assert!(names(other.parent().unwrap()).is_empty());
    backup::write(&file, &other, closes_after(usize::MAX)).unwrap();
    assert!(asked.load(Ordering::Relaxed) > 3, "it is asked on its way");
    assert_eq!(names(other.parent().unwrap()), ["lockbox-two.db"]);
    // A store that is closed begins none.
    let harness = world.harness.sqlite();
    harness.close();
    let late = dir.path().join("late/lockbox-three.db");
    refused(
        world.store.backup(late.clone()).await,
        "unavailable",
        "stopping",
    );
    assert!(!late.parent().unwrap().exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_removes_halves_that_nobody_writes_any_more() {
    let dir = tempfile::tempdir().unwrap();
    let (world, file) = backed_up(&dir).await;
    let place = file.parent().unwrap();
    let now = std::fs::metadata(&file).unwrap().modified().unwrap();
    let minute = Duration::from_secs(60);
    for (name, age) in [
        ("lockbox-killed.partial", 61 * minute),
        ("lockbox-killed.partial-journal", 61 * minute),
        ("lockbox-running.partial", 58 * minute),
        ("lockbox-whole.db", 61 * minute),
        ("somebody-elses.partial", 61 * minute),
    ] {
        let made = std::fs::File::create(place.join(name)).unwrap();
        made.set_modified(now - age).unwrap();
    }
    world
        .store
        .backup(place.join("lockbox-two.db"))
        .await
        .unwrap();
    assert_eq!(
        names(place),
        [
            "lockbox-running.partial",
            "lockbox-two.db",
            "lockbox-whole.db",
            "one.db",
            "somebody-elses.partial",
        ]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_put_aside_is_not_put_aside_again() {
    let dir = tempfile::tempdir().unwrap();
    let (_world, file) = backed_up(&dir).await;
    let data = dir.path().join("data");
    SqliteStore::create(&data, CreateOptions::default()).unwrap();
    let staged = SqliteStore::stage(&file, &data, true).unwrap();
    staged.install("aside").unwrap();
    let first = std::fs::read(data.join("aside/lockbox.db")).unwrap();
    let staged = SqliteStore::stage(&file, &data, true).unwrap();
    refused(staged.install("aside"), "restoreFailed", "exists");
    assert_eq!(std::fs::read(data.join("aside/lockbox.db")).unwrap(), first);
    assert!(data.join("lockbox.db").exists(), "it stays in its place");
    let staged = SqliteStore::stage(&file, &data, true).unwrap();
    assert!(staged.install("another").unwrap().is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_damaged_does_not_come_back() {
    let dir = tempfile::tempdir().unwrap();
    let (_world, file) = backed_up(&dir).await;
    let data = dir.path().join("data");
    let stage = |file: &Path| SqliteStore::stage(file, &data, false);
    refused(stage(&dir.path().join("none.db")), "notFound", "none.db");
    let other = dir.path().join("other.db");
    std::fs::write(
        &other,
        "no database at all, but long enough to look at ".repeat(99),
    )
    .unwrap();
    refused(stage(&other), "noBackup", "other.db");
    std::fs::remove_file(&other).unwrap();
    edit(&other, "CREATE TABLE t (x)");
    refused(stage(&other), "noBackup", "none of its tables");
    let canonical = "(SELECT replace(CAST(canonical AS TEXT), 'Test-Act', 'Best-Act') FROM record WHERE nr = 3)";
    for (sql, says) in [
        (
            format!("UPDATE record SET canonical = CAST({canonical} AS BLOB) WHERE nr = 3"),
            "leaf hash",
        ),
        (
            "DELETE FROM record WHERE nr = 3".to_owned(),
            "should stand there",
        ),
        (
            "DELETE FROM record WHERE nr = (SELECT max(nr) FROM record)".to_owned(),
            "should have 5",
        ),
        (
            "DROP INDEX record_sequence;
             UPDATE record SET position = 5 - position WHERE org = 2 AND position IN (2, 3)"
                .to_owned(),
            "belongs elsewhere",
        ),
        (
            "UPDATE log SET log_id = zeroblob(16) WHERE org = 2".to_owned(),
            "belongs elsewhere",
        ),
        (
            "UPDATE record SET beside = '{' WHERE nr = 3".to_owned(),
            "damaged",
        ),
        (
            "INSERT INTO migration VALUES (99, 'later', x'00')".to_owned(),
            "newer",
        ),
    ] {
        let changed = dir.path().join("changed.db");
        std::fs::copy(&file, &changed).unwrap();
        edit(&changed, &sql);
        let code = if says == "newer" {
            "databaseTooNew"
        } else {
            "backupDamaged"
        };
        refused(stage(&changed), code, says);
    }
    let torn = dir.path().join("torn.db");
    let mut bytes = std::fs::read(&file).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle..middle + 4096].fill(0xAB);
    std::fs::write(&torn, bytes).unwrap();
    refused(stage(&torn), "backupDamaged", "damaged");
    assert!(!SqliteStore::is_in(&data), "nothing of it is there");
    // After all of these the good one comes back, and is itself untouched.
    let before = std::fs::read(&file).unwrap();
    let staged = stage(&file).unwrap();
    assert_eq!(staged.logs().len(), 2);
    assert_eq!(staged.install("aside").unwrap(), None);
    assert_eq!(std::fs::read(&file).unwrap(), before);
    SqliteStore::open(&data, Options::default(), Arc::new(ManualClock::at(dawn()))).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_there_is_moved_aside_with_all_that_belongs_to_it() {
    let dir = tempfile::tempdir().unwrap();
    let (_world, file) = backed_up(&dir).await;
    let data = dir.path().join("data");
    SqliteStore::create(&data, CreateOptions::default()).unwrap();
    refused(
        SqliteStore::stage(&file, &data, false),
        "alreadyExists",
        "data",
    );
    let clock = Arc::new(ManualClock::at(dawn()));
    let store = SqliteStore::open(&data, Options::default(), clock.clone()).unwrap();
    refused(
        SqliteStore::stage(&file, &data, true),
        "dataDirectoryInUse",
        "data",
    );
    drop(store);
    // As a crash leaves it: a log beside the database, which must not be taken for the next one's.
    std::fs::write(data.join("lockbox.db-wal"), "a log").unwrap();
    let old = std::fs::read(data.join("lockbox.db")).unwrap();
    let staged = SqliteStore::stage(&file, &data, true).unwrap();
    assert_eq!(
        std::fs::read(data.join("lockbox.db")).unwrap(),
        old,
        "until the end"
    );
    let aside = staged.install("aside").unwrap().unwrap();
    assert_eq!(aside, data.join("aside"));
    assert_eq!(std::fs::read(aside.join("lockbox.db")).unwrap(), old);
    assert_eq!(
        std::fs::read(aside.join("lockbox.db-wal")).unwrap(),
        b"a log"
    );
    assert!(!data.join("lockbox.db-wal").exists());
    assert!(!data.join("restoring").exists());
    let store = SqliteStore::open(&data, Options::default(), clock).unwrap();
    assert!(store.provider().await.unwrap().is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn events_from_before_need_attention_and_later_ones_do_not() {
    let world = World::<Sqlite>::new().await;
    let event = |name| OutboxDraft::new(world.tenant.id, name, None);
    let mut change = world.change(Vec::new());
    change.outbox = vec![event(Event::PolicyChanged)];
    applied(world.commit(change).await);
    let mut change = world.change(vec![RowWrite::HoldOutbox(world.tenant.id)]);
    change.outbox = vec![event(Event::RolesChanged)];
    applied(world.commit(change).await);
    let conn = files::open_reader(&world.harness.database()).unwrap();
    let found: Vec<(String, String)> = conn
        .prepare("SELECT event, state FROM outbox ORDER BY nr")
        .unwrap()
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))
        .unwrap()
        .collect::<rusqlite::Result<_>>()
        .unwrap();
    let row = |event: &str, state: &str| (event.to_owned(), state.to_owned());
    assert_eq!(
        found,
        [
            row("policyChanged", "needsAttention"),
            row("rolesChanged", "waiting")
        ]
    );
}
