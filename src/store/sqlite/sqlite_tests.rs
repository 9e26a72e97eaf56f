use super::*;
use crate::clock::ManualClock;
use crate::crypto::sha256;
use crate::store::contract_tests::fixtures::{self, applied, dawn};
use crate::store::contract_tests::{Harness, Setup, contract_tests};
use crate::store::probe::Stage;
use crate::store::{Change, CommitError, Store, Upkeep};
use crate::telemetry::Format;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::ExitStatusExt;
use tempfile::TempDir;

/// SQLite under the contract.
pub(super) struct Sqlite {
    // Closed before its directory goes away.
    store: Option<Arc<SqliteStore>>,
    dir: TempDir,
}

impl Sqlite {
    pub(super) fn database(&self) -> std::path::PathBuf {
        files::database(self.dir.path())
    }

    pub(super) fn sqlite(&self) -> Arc<SqliteStore> {
        self.store.clone().unwrap()
    }

    fn open(dir: TempDir, setup: Setup) -> Self {
        let options = Options {
            queue_length: setup.queue_length,
            probe: Some(setup.probe),
            ..Options::default()
        };
        let store = SqliteStore::open(dir.path(), options, setup.clock).unwrap();
        Self {
            store: Some(Arc::new(store)),
            dir,
        }
    }
}

impl Harness for Sqlite {
    async fn start(setup: Setup) -> Self {
        let dir = tempfile::tempdir().unwrap();
        SqliteStore::create(dir.path(), CreateOptions::default()).unwrap();
        Self::open(dir, setup)
    }

    async fn reopen(mut self, setup: Setup) -> Self {
        let store = self.store.take().unwrap();
        drop(Arc::into_inner(store).expect("nobody else holds the store"));
        Self::open(self.dir, setup)
    }

    fn store(&self) -> Arc<dyn Store> {
        self.store.clone().unwrap()
    }
}

mod contract {
    use super::*;
    contract_tests!(Sqlite);
}

fn clock() -> Arc<ManualClock> {
    Arc::new(ManualClock::at(dawn()))
}

fn fresh() -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    SqliteStore::create(dir.path(), CreateOptions::default()).unwrap();
    dir
}

fn open(dir: &Path, options: Options) -> Result<SqliteStore> {
    SqliteStore::open(dir, options, clock())
}

#[track_caller]
fn refused<T>(result: Result<T>, code: &str) {
    match result {
        Ok(_) => panic!("expected {code}"),
        Err(error) => assert_eq!(error.code(), code, "{error:?}"),
    }
}

fn edit(dir: &Path, sql: &str) {
    Connection::open(files::database(dir))
        .unwrap()
        .execute_batch(sql)
        .unwrap();
}

#[test]
fn one_process_holds_the_directory() {
    let dir = fresh();
    let store = open(dir.path(), Options::default()).unwrap();
    refused(open(dir.path(), Options::default()), "dataDirectoryInUse");
    refused(SqliteStore::stored_time(dir.path()), "dataDirectoryInUse");
    refused(
        SqliteStore::accept_clock(dir.path(), dawn()),
        "dataDirectoryInUse",
    );
    let create = SqliteStore::create(dir.path(), CreateOptions::default());
    refused(create, "dataDirectoryInUse");
    drop(store);
    open(dir.path(), Options::default()).unwrap();
}

#[test]
fn a_database_is_made_once_and_must_be_there() {
    let dir = fresh();
    let again = SqliteStore::create(dir.path(), CreateOptions::default());
    refused(again, "alreadyExists");
    open(dir.path(), Options::default()).unwrap();
    let empty = tempfile::tempdir().unwrap();
    refused(open(empty.path(), Options::default()), "noDatabase");
    let nowhere = empty.path().join("nowhere");
    refused(open(&nowhere, Options::default()), "noDatabase");
    assert!(!nowhere.exists(), "a failed open made a directory");
}

#[test]
fn nobody_else_may_read_the_directory() {
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let root = tempfile::tempdir().unwrap();
    let dir = root.path().join("a/b");
    SqliteStore::create(&dir, CreateOptions::default()).unwrap();
    let _store = open(&dir, Options::default()).unwrap();
    assert_eq!(mode(&dir), 0o700);
    let mut files = 0;
    for entry in std::fs::read_dir(&dir).unwrap() {
        let path = entry.unwrap().path();
        assert_eq!(mode(&path), 0o600, "{}", path.display());
        files += 1;
    }
    assert!(files >= 2, "the database and the lock");

    let open_to_all = |name: &str| {
        let dir = root.path().join(name);
        std::fs::create_dir(&dir).unwrap();
        std::fs::set_permissions(&dir, std::fs::Permissions::from_mode(0o755)).unwrap();
        dir
    };
    let empty = open_to_all("empty");
    SqliteStore::create(&empty, CreateOptions::default()).unwrap();
    assert_eq!(mode(&empty), 0o700);
    let shared = open_to_all("shared");
    std::fs::write(shared.join("somebody's"), "").unwrap();
    let create = SqliteStore::create(&shared, CreateOptions::default());
    refused(create, "dataDirectoryOpen");
    assert_eq!(mode(&shared), 0o755, "somebody's directory was changed");
}

#[test]
fn a_newer_or_foreign_database_is_refused() {
    let dir = fresh();
    let next = migrate::MIGRATIONS.len() + 1;
    let newer = format!("INSERT INTO migration VALUES ({next}, 'later', x'00')");
    edit(dir.path(), &newer);
    refused(open(dir.path(), Options::default()), "databaseTooNew");
    edit(
        dir.path(),
        &format!("DELETE FROM migration WHERE number = {next}"),
    );
    open(dir.path(), Options::default()).unwrap();
    let other = hex::encode(sha256(&[b"edited"]));
    edit(
        dir.path(),
        &format!("UPDATE migration SET sha256 = x'{other}' WHERE number = 1"),
    );
    refused(open(dir.path(), Options::default()), "migrationMismatch");
}

#[test]
fn migrations_are_applied_once_and_whole() {
    use migrate::{Migration, migrate};
    let (one, two) = (
        || Migration {
            name: "0001",
            sql: "CREATE TABLE a (x)",
        },
        |sql| Migration { name: "0002", sql },
    );
    let mut conn = Connection::open_in_memory().unwrap();
    let broken = [one(), two("INSERT INTO a VALUES (1); SELECT nonsense")];
    refused(migrate(&mut conn, &broken), "internal");
    let fine = [one(), two("INSERT INTO a VALUES (2)")];
    migrate(&mut conn, &fine).unwrap();
    migrate(&mut conn, &fine).unwrap();
    let rows: Vec<i64> = conn
        .prepare("SELECT x FROM a")
        .unwrap()
        .query_map([], |row| row.get(0))
        .unwrap()
        .collect::<rusqlite::Result<_>>()
        .unwrap();
    assert_eq!(rows, [2], "twice, or half of the broken one");
    let edited = [one(), two("INSERT INTO a VALUES (3)")];
    refused(migrate(&mut conn, &edited), "migrationMismatch");
    refused(migrate(&mut conn, &[one()]), "databaseTooNew");
}

#[tokio::test]
async fn a_test_database_is_one_for_ever() {
    let test = Options {
        test_clock: true,
        ..Options::default()
    };
    let real = fresh();
    refused(open(real.path(), test.clone()), "notTestDatabase");
    let dir = tempfile::tempdir().unwrap();
    let options = CreateOptions {
        test_clock_offset_millis: Some(-5_000),
    };
    SqliteStore::create(dir.path(), options).unwrap();
    refused(open(dir.path(), Options::default()), "testDatabase");
    {
        let store = open(dir.path(), test).unwrap();
        let tenant = fixtures::organization(crate::domain::organization::OrgKind::Tenant, "t");
        let insert = crate::store::RowWrite::InsertOrganization(Box::new(tenant.clone()));
        let change = fixtures::salted(fixtures::change_in(&tenant, vec![insert]));
        applied(store.commit(change).await);
        let selector = crate::store::AuditSelector::Sequence(None, 0);
        let row = store
            .audit_record(tenant.id, selector)
            .await
            .unwrap()
            .unwrap();
        let text = String::from_utf8(row.canonical).unwrap();
        assert!(text.contains("\"TestClock\":true"), "{text}");
        store.upkeep(Upkeep::ClockOffset(7_000)).await.unwrap();
    }
    let time = SqliteStore::stored_time(dir.path()).unwrap();
    assert_eq!(time.test_offset_millis, Some(7_000));
    refused(open(dir.path(), Options::default()), "testDatabase");
}

#[tokio::test]
async fn the_mark_is_read_before_the_clock_is_used() {
    let dir = fresh();
    let nothing = StoredTime {
        mark: None,
        test_offset_millis: None,
        accepted_mark: None,
    };
    assert_eq!(SqliteStore::stored_time(dir.path()).unwrap(), nothing);
    let store = open(dir.path(), Options::default()).unwrap();
    applied(store.commit(Change::default()).await);
    drop(store);
    let marked = StoredTime {
        mark: Some(dawn()),
        ..nothing
    };
    assert_eq!(SqliteStore::stored_time(dir.path()).unwrap(), marked);
    let accepted = StoredTime {
        accepted_mark: Some(dawn()),
        ..marked
    };
    SqliteStore::accept_clock(dir.path(), dawn()).unwrap();
    assert_eq!(SqliteStore::stored_time(dir.path()).unwrap(), accepted);
}

#[tokio::test]
async fn a_store_that_is_left_is_one_file() {
    let dir = fresh();
    let store = open(dir.path(), Options::default()).unwrap();
    applied(store.commit(Change::default()).await);
    // A reader's connection stays open, and could not take the log away when it goes last.
    assert!(store.provider().await.unwrap().is_none());
    assert!(dir.path().join("lockbox.db-wal").exists());
    store.close();
    assert!(store.high_water().await.unwrap().time.is_some());
    store.leave();
    let mut names: Vec<_> = std::fs::read_dir(dir.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    names.sort();
    assert_eq!(names, ["lockbox.db", "lockbox.lock"]);
    drop(store);
    let time = SqliteStore::stored_time(dir.path()).unwrap();
    assert_eq!(time.mark, Some(dawn()));
}

#[tokio::test]
async fn closing_writes_what_waits() {
    let dir = fresh();
    let puppet = crate::store::contract_tests::puppet::Puppet::new();
    let options = Options {
        probe: Some(puppet.probe()),
        ..Options::default()
    };
    let store = Arc::new(open(dir.path(), options).unwrap());
    let hold = puppet.hold(Stage::Gather);
    let mut waiting: Vec<_> = (0..300)
        .map(|_| Box::pin(store.commit(Change::default())))
        .collect();
    assert!(
        waiting
            .iter_mut()
            .all(|call| fixtures::waits(call.as_mut()))
    );
    let closing = {
        let store = Arc::clone(&store);
        std::thread::spawn(move || store.close())
    };
    // Closed to new work as soon as the closing has begun, while the writer is still held.
    while fixtures::waits(Box::pin(store.commit(Change::default()))) {
        std::thread::yield_now();
    }
    drop(hold);
    closing.join().unwrap();
    for call in waiting {
        applied(call.await);
    }
    let late = store.commit(Change::default()).await;
    assert!(
        matches!(late, Err(CommitError::Unavailable { .. })),
        "{late:?}"
    );
    assert!(store.provider().await.unwrap().is_none(), "reads go on");
    store.close();
}

#[tokio::test]
async fn closing_in_the_middle_of_a_recovery_leaves_nobody_waiting() {
    let dir = fresh();
    let puppet = crate::store::contract_tests::puppet::Puppet::new();
    puppet.fail(Stage::Commit, 1);
    puppet.fail(Stage::Reopen, u32::MAX);
    let options = Options {
        probe: Some(puppet.probe()),
        ..Options::default()
    };
    let store = Arc::new(open(dir.path(), options).unwrap());
    let doubtful = store.commit(Change::default()).await;
    assert!(
        matches!(doubtful, Err(CommitError::OutcomeUnknown)),
        "{doubtful:?}"
    );
    let mut settled = Box::pin(store.settled(dawn().plus_millis(1)));
    assert!(
        fixtures::waits(settled.as_mut()),
        "the database may be reopened"
    );
    store.close();
    let error = settled.await.unwrap_err();
    assert_eq!(
        error.code(),
        "unavailable",
        "nobody knows what became of it"
    );
    store.settled(dawn()).await.unwrap();
}

/// Runs itself once more in a process of its own, which must be ended by the abort.
#[test]
fn a_panic_of_the_writer_ends_the_process() {
    const CHILD: &str = "LOCKBOX_TEST_PANIC_CHILD";
    if std::env::var_os(CHILD).is_some() {
        let dir = fresh();
        let options = Options {
            probe: Some(Arc::new(|_| panic!("on purpose"))),
            ..Options::default()
        };
        let store = open(dir.path(), options).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().build();
        let answer = runtime.unwrap().block_on(store.commit(Change::default()));
        panic!("the process lives on: {answer:?}");
    }
    let name = "store::sqlite::tests::a_panic_of_the_writer_ends_the_process";
    let output = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", name, "--nocapture"])
        .env(CHILD, "1")
        .output()
        .unwrap();
    const SIGABRT: i32 = 6;
    assert_eq!(output.status.signal(), Some(SIGABRT), "{output:?}");
}

#[tokio::test]
async fn what_the_writer_does_is_counted() {
    let dir = fresh();
    let puppet = crate::store::contract_tests::puppet::Puppet::new();
    let options = Options {
        probe: Some(puppet.probe()),
        queue_length: 2,
        ..Options::default()
    };
    let store = Arc::new(open(dir.path(), options).unwrap());
    let says = |line: &str| {
        let text = store.metrics().text(Format::Plain);
        assert!(text.lines().any(|found| found == line), "{line} in\n{text}");
    };
    let hold = puppet.hold(Stage::Gather);
    let mut waiting: Vec<_> = (0..2)
        .map(|_| Box::pin(store.commit(Change::default())))
        .collect();
    assert!(
        waiting
            .iter_mut()
            .all(|call| fixtures::waits(call.as_mut()))
    );
    let room = store.room();
    assert_eq!((room.queued, room.queue_length), ((2, 0), 2));
    assert!(room.used_bytes > 0 && room.free_bytes > 0);
    let full = store.commit(Change::default()).await;
    assert!(matches!(full, Err(CommitError::Busy)), "{full:?}");
    says("lockbox_writer_busy_total{lane=\"callers\"} 1");
    says("lockbox_writer_busy_total{lane=\"background\"} 0");
    drop(hold);
    for call in waiting {
        applied(call.await);
    }
    says("lockbox_writer_group_changes_sum 2.0");
    says("lockbox_writer_group_changes_count 1");
    says("lockbox_writer_sync_seconds_count 1");

    puppet.fail(Stage::Commit, 1);
    let reopening = puppet.hold(Stage::Reopen);
    let unknown = store.commit(Change::default()).await;
    assert!(
        matches!(unknown, Err(CommitError::OutcomeUnknown)),
        "{unknown:?}"
    );
    says("lockbox_writer_failures_total{at=\"commit\"} 1");
    says("lockbox_writer_working 0");
    says("lockbox_writer_sync_seconds_count 1");
    drop(reopening);
    let deadline = crate::store::contract_tests::puppet::PATIENCE;
    let works = async {
        while store.commit(Change::default()).await.is_err() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(deadline, works).await.unwrap();
    says("lockbox_writer_working 1");
}
