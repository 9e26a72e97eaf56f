//! The embedded back end: SQLite with a write-ahead log, one writer, many readers.

mod append;
mod apply;
mod backup;
mod check;
mod deliveries;
mod fault;
mod files;
mod high_water;
mod kept;
mod logs;
mod meta;
mod migrate;
mod notices;
mod numbers;
mod outbox;
mod policy;
mod pool;
mod queue;
mod read;
mod requests;
mod restore;
mod rows;
mod search;
mod store;
mod verify;
mod writer;

#[cfg(test)]
mod plan_tests;
#[cfg(test)]
mod restore_tests;
#[cfg(test)]
mod schema_tests;
#[cfg(test)]
#[path = "sqlite_tests.rs"]
mod tests;

use crate::clock::{Clock, Timestamp};
use crate::error::{Error, Kind, Result};
use crate::store::probe::Probe;
use crate::store::standing::Moves;
use crate::telemetry::Metrics;
use kept::Kept;
use pool::Pool;
use queue::Queue;
use rusqlite::Connection;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use tokio::sync::watch;
use writer::{Shared, Writer};

pub use restore::Staged;

/// Where personal text lies, apart from the canonical bytes: erasure by law must reach all of it.
pub const PERSONAL_COLUMNS: [(&str, &str); 21] = [
    ("organization", "body"),
    ("settings", "body"),
    ("policy", "document"),
    ("policy", "put_by"),
    ("policy", "reason"),
    ("policy", "summary"),
    ("pending_change", "body"),
    ("principal", "label"),
    ("principal", "body"),
    ("token", "body"),
    ("request", "body"),
    ("idempotency", "answer"),
    ("delivery", "target"),
    ("delivery", "reasons"),
    ("delivery", "result"),
    ("webhook", "body"),
    ("template", "body"),
    ("record", "user_id"),
    ("record", "address"),
    ("record", "text"),
    ("record", "beside"),
];

/// How a new database is made.
#[derive(Clone, Copy, Debug, Default)]
pub struct CreateOptions {
    /// Makes a test database for ever, whose clock can be moved and starts at this offset to the
    /// wall clock, in milliseconds.
    pub test_clock_offset_millis: Option<i64>,
}

/// How a database is opened.
#[derive(Clone)]
pub struct Options {
    /// Whether a test database is expected (`--clock-control`); it must be one then, and must
    /// not be one otherwise.
    pub test_clock: bool,
    /// How many changes may wait, in each of the two lanes.
    pub queue_length: usize,
    /// How many idle read connections are kept.
    pub readers: usize,
    /// How many scans run at once.
    pub scans: usize,
    /// For tests only: called where the writer can be held or made to fail.
    pub(crate) probe: Option<Probe>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            test_clock: false,
            queue_length: 1024,
            readers: 8,
            scans: 4,
            probe: None,
        }
    }
}

/// What the daemon has to know of time before it can build its clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoredTime {
    /// The latest instant that the database has seen.
    pub mark: Option<Timestamp>,
    /// The clock's offset, where it is a test database.
    pub test_offset_millis: Option<i64>,
    /// The mark that `clock accept` accepted last.
    pub accepted_mark: Option<Timestamp>,
}

/// The store on SQLite.
pub struct SqliteStore {
    dir: PathBuf,
    pool: Arc<Pool>,
    kept: Kept,
    shared: Arc<Shared>,
    clock: Arc<dyn Clock>,
    metrics: Arc<Metrics>,
    writer: Mutex<Option<JoinHandle<Connection>>>,
    // The writer's connection, once it has ended.
    last: Mutex<Option<Connection>>,
    // Held to the end: no second process may open the directory meanwhile.
    _lock: files::Lock,
}

impl SqliteStore {
    /// Makes a new database in a directory that is made where it is missing.
    ///
    /// # Errors
    /// Where there is one already, another process holds the directory, or the disk refuses.
    pub fn create(dir: &Path, options: CreateOptions) -> Result<()> {
        files::make_directory(dir)?;
        let _lock = files::lock(dir)?;
        files::create_database(dir)?;
        fill(dir, options).inspect_err(|_| files::remove_database(dir))
    }

    /// Opens the database of a directory and starts its writer. The clock never falls behind the
    /// stored mark from here on.
    ///
    /// # Errors
    /// Where there is none, another process holds it, it is newer than the program, or it is a
    /// test database and was not expected to be (or the other way round).
    pub fn open(dir: &Path, options: Options, clock: Arc<dyn Clock>) -> Result<Self> {
        let lock = files::lock(dir)?;
        let conn = open_migrated(dir)?;
        let time = read_time(&conn)?;
        let test_clock = time.test_offset_millis.is_some();
        if test_clock != options.test_clock {
            return Err(wrong_mark(test_clock));
        }
        let mark = time.mark.unwrap_or(Timestamp::from_millis(i64::MIN));
        clock.raise_mark(mark);
        let metrics = Arc::<Metrics>::default();
        let shared = Arc::new(Shared {
            queue: Queue::new(options.queue_length, Arc::clone(&metrics)),
            in_flight: watch::Sender::new(None),
            abandoned: AtomicBool::new(false),
            commits: watch::Sender::new(0),
            moves: Moves::default(),
        });
        let writer = Writer {
            dir: dir.to_owned(),
            conn,
            clock: Arc::clone(&clock),
            test_clock,
            mark,
            shared: Arc::clone(&shared),
            metrics: Arc::clone(&metrics),
            probe: options.probe,
        };
        let writer = std::thread::Builder::new()
            .name("lockbox-writer".to_owned())
            .spawn(move || writer::run(writer))
            .map_err(Error::internal)?;
        let pool = Pool::new(files::database(dir), options.readers, options.scans);
        Ok(Self {
            dir: dir.to_owned(),
            pool: Arc::new(pool),
            kept: Kept::default(),
            shared,
            clock,
            metrics,
            writer: Mutex::new(Some(writer)),
            last: Mutex::default(),
            _lock: lock,
        })
    }

    /// Whether a directory has a database, whatever it is worth.
    #[must_use]
    pub fn is_in(dir: &Path) -> bool {
        files::database(dir).exists()
    }

    /// What the database says about time, before it is opened for good.
    ///
    /// # Errors
    /// As [`SqliteStore::open`].
    pub fn stored_time(dir: &Path) -> Result<StoredTime> {
        let _lock = files::lock(dir)?;
        read_time(&open_migrated(dir)?)
    }

    /// Remembers that the operator accepts a wall clock behind this mark (`clock accept`); the
    /// mark itself is never lowered.
    ///
    /// # Errors
    /// As [`SqliteStore::open`].
    pub fn accept_clock(dir: &Path, mark: Timestamp) -> Result<()> {
        let _lock = files::lock(dir)?;
        meta::put(&open_migrated(dir)?, meta::ACCEPTED_MARK, mark.millis())
            .map_err(|error| fault::unusable(&error))
    }

    /// Where the writer's work is counted; whoever is built over the store counts there too.
    #[must_use]
    pub fn metrics(&self) -> &Arc<Metrics> {
        &self.metrics
    }

    /// Takes no more changes, writes what waits, and ends the writer. Reads go on.
    pub fn close(&self) {
        self.shared.queue.close();
        let writer = self
            .writer
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        // The writer does not panic: it aborts the process instead.
        if let Some(conn) = writer.and_then(|writer| writer.join().ok()) {
            *self.last() = Some(conn);
        }
    }

    /// As [`SqliteStore::close`], and closes every connection: the writer's last, which moves all
    /// of the log into the database and removes it. (One that only reads could not.) Who reads
    /// afterwards opens another.
    pub fn leave(&self) {
        self.close();
        self.pool.close_idle();
        drop(self.last().take());
    }

    fn last(&self) -> MutexGuard<'_, Option<Connection>> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for SqliteStore {
    fn drop(&mut self) {
        self.leave();
    }
}

fn fill(dir: &Path, options: CreateOptions) -> Result<()> {
    let conn = migrated(files::open_new(dir)?)?;
    match options.test_clock_offset_millis {
        Some(offset) => {
            meta::put(&conn, meta::TEST_OFFSET, offset).map_err(|error| fault::unusable(&error))
        }
        None => Ok(()),
    }
}

fn open_migrated(dir: &Path) -> Result<Connection> {
    migrated(files::open_writer(dir)?)
}

fn migrated(mut conn: Connection) -> Result<Connection> {
    migrate::migrate(&mut conn, migrate::MIGRATIONS)?;
    Ok(conn)
}

fn read_time(conn: &Connection) -> Result<StoredTime> {
    let get = |name| meta::get(conn, name).map_err(|error| fault::unusable(&error));
    Ok(StoredTime {
        mark: get(meta::MARK)?.map(Timestamp::from_millis),
        test_offset_millis: get(meta::TEST_OFFSET)?,
        accepted_mark: get(meta::ACCEPTED_MARK)?.map(Timestamp::from_millis),
    })
}

fn wrong_mark(is_test: bool) -> Error {
    if is_test {
        Error::new(
            Kind::Refused,
            "testDatabase",
            "This is a test database: its clock can be moved, so its records prove nothing.",
            "Start with --clock-control for tests, or make a real database with lockboxd init.",
        )
    } else {
        Error::new(
            Kind::Refused,
            "notTestDatabase",
            "--clock-control works only on a database that was created with it.",
            "Leave --clock-control out, or make a test database with it in another directory.",
        )
    }
}
