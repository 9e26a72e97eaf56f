//! The data directory: who may read it, who holds it, and how its database is opened.

use super::{fault, migrate};
use crate::error::{Error, Kind, Result};
use crate::store::owner;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};
use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

const DATABASE: &str = "lockbox.db";
const LOCK: &str = "lockbox.lock";

/// How long a connection waits for another one's short lock (only while the log is reset).
const BUSY_WAIT: Duration = Duration::from_secs(5);

/// Statements that a connection keeps prepared.
const KEPT_STATEMENTS: usize = 128;

/// The database file of a data directory.
pub(super) fn database(dir: &Path) -> PathBuf {
    dir.join(DATABASE)
}

/// Makes the data directory, for this user only. One that exists must be empty or closed to
/// others: nobody's shared directory is changed.
pub(super) fn make_directory(dir: &Path) -> Result<()> {
    if !dir.exists() {
        return DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(dir)
            .map_err(|error| unusable(dir, &error));
    }
    let mode = std::fs::metadata(dir)
        .map_err(|error| unusable(dir, &error))?
        .permissions()
        .mode();
    if mode & 0o077 == 0 {
        return Ok(());
    }
    let mut entries = std::fs::read_dir(dir).map_err(|error| unusable(dir, &error))?;
    if entries.next().is_some() {
        return Err(Error::new(
            Kind::Refused,
            "dataDirectoryOpen",
            format!(
                "The directory {} is not empty and is open to other users.",
                dir.display()
            ),
            "Name a directory of its own, or close it with chmod 700.",
        ));
    }
    std::fs::set_permissions(dir, std::fs::Permissions::from_mode(0o700))
        .map_err(|error| unusable(dir, &error))
}

/// Makes a directory in the data directory, for its owner only; one that is there is refused.
pub(super) fn make_inside(dir: &Path, parent: &Path) -> std::io::Result<()> {
    DirBuilder::new().mode(0o700).create(dir)?;
    owner::hand_over_directory(dir, parent);
    Ok(())
}

/// Makes an empty file that only its owner can read; one that is there is refused.
pub(super) fn make_file(path: &Path) -> std::io::Result<File> {
    let file = OpenOptions::new()
        .create_new(true)
        .write(true)
        .mode(0o600)
        .open(path)?;
    owner::hand_over(&file, path.parent().unwrap_or(Path::new(".")));
    Ok(file)
}

/// A directory's lock, as long as it is held.
pub(super) struct Lock(File);

impl Drop for Lock {
    fn drop(&mut self) {
        // Closing the file would not do: a child process that is just being started holds a copy of
        // it, and with it the lock. It may fail only where there is nothing to unlock.
        let _ = self.0.unlock();
    }
}

/// Takes the directory's lock.
pub(super) fn lock(dir: &Path) -> Result<Lock> {
    if !dir.is_dir() {
        return Err(missing(dir));
    }
    let path = dir.join(LOCK);
    let file = match make_file(&path) {
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
            OpenOptions::new().write(true).open(&path)
        }
        made => made,
    }
    .map_err(|error| unusable(dir, &error))?;
    match file.try_lock() {
        Ok(()) => Ok(Lock(file)),
        Err(TryLockError::WouldBlock) => Err(Error::new(
            Kind::Unavailable,
            "dataDirectoryInUse",
            format!("Another process uses the directory {}.", dir.display()),
            "Stop the other lockboxd first, or speak to it instead of opening its directory.",
        )),
        Err(TryLockError::Error(error)) => Err(unusable(dir, &error)),
    }
}

/// Makes an empty database file that only its owner can read; SQLite gives its side files the
/// same mode, and as root the same owner.
pub(super) fn create_database(dir: &Path) -> Result<()> {
    make_file(&database(dir))
        // Its name in the directory must outlive a power cut as well as what is in it.
        .and_then(|_| File::open(dir)?.sync_all())
        .map_err(|error| match error.kind() {
            std::io::ErrorKind::AlreadyExists => Error::conflict(
                "alreadyExists",
                format!("There is a lockbox in {} already.", dir.display()),
                "Use it with lockboxd serve, or name another directory.",
            ),
            _ => unusable(dir, &error),
        })
}

/// Takes away a database that could not be finished, so that the next try finds the place empty.
pub(super) fn remove_database(dir: &Path) {
    // The error that led here is the one to report.
    let _ = std::fs::remove_file(database(dir));
}

/// Opens the writing connection of a database that is there; a file that has become empty must not
/// pass for a new one.
pub(super) fn open_writer(dir: &Path) -> Result<Connection> {
    let path = database(dir);
    if !path.is_file() {
        return Err(missing(dir));
    }
    let conn = connect(&path).map_err(|error| fault::unusable(&error))?;
    if !migrate::is_ours(&conn).map_err(|error| fault::unusable(&error))? {
        return Err(Error::new(
            Kind::Unavailable,
            "notALockbox",
            format!(
                "The file {} is empty or was made by another program.",
                path.display()
            ),
            "Restore the last backup. If lockboxd init was interrupted here, remove the file and run it again.",
        ));
    }
    set_up(&conn).map_err(|error| fault::unusable(&error))?;
    Ok(conn)
}

/// Opens the writing connection of a database that was just made.
pub(super) fn open_new(dir: &Path) -> Result<Connection> {
    write_connection(&database(dir)).map_err(|error| fault::unusable(&error))
}

/// Opens the writing connection of a database that was open before.
pub(super) fn write_connection(path: &Path) -> rusqlite::Result<Connection> {
    let conn = connect(path)?;
    set_up(&conn)?;
    Ok(conn)
}

fn connect(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = Connection::open_with_flags(path, flags)?;
    conn.busy_timeout(BUSY_WAIT)?;
    keep_statements(&conn)?;
    Ok(conn)
}

fn set_up(conn: &Connection) -> rusqlite::Result<()> {
    let mode: String =
        conn.pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get(0))?;
    if !mode.eq_ignore_ascii_case("wal") {
        return Err(rusqlite::Error::InvalidParameterName(format!(
            "the file system does not allow a write-ahead log (journal_mode is {mode})"
        )));
    }
    conn.pragma_update(None, "synchronous", "FULL")?;
    conn.pragma_update(None, "temp_store", "MEMORY")?;
    conn.pragma_update(None, "foreign_keys", true)
}

/// Prepared statements are kept, and stay prepared: without the stability guarantee SQLite prepares
/// one that compares with a bound value anew at each use, in case another plan fits the value better.
fn keep_statements(conn: &Connection) -> rusqlite::Result<()> {
    conn.set_prepared_statement_cache_capacity(KEPT_STATEMENTS);
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)
        .map(drop)
}

/// Opens a connection that can only read.
pub(super) fn open_reader(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = Connection::open_with_flags(path, flags)?;
    conn.busy_timeout(BUSY_WAIT)?;
    keep_statements(&conn)?;
    conn.pragma_update(None, "query_only", true)?;
    conn.pragma_update(None, "temp_store", "MEMORY")?;
    Ok(conn)
}

/// Bytes of a database's files, and bytes left beside them. What cannot be read counts as 0, so
/// that it is looked after.
pub(super) fn space(database: &Path) -> (u64, u64) {
    let log = database.with_extension("db-wal");
    let used = [database, &log]
        .into_iter()
        .filter_map(|file| std::fs::metadata(file).ok())
        .map(|file| file.len())
        .sum();
    let free =
        rustix::fs::statvfs(database).map_or(0, |disk| disk.f_bavail.saturating_mul(disk.f_frsize));
    (used, free)
}

fn missing(dir: &Path) -> Error {
    Error::new(
        Kind::NotFound,
        "noDatabase",
        format!("There is no lockbox in {}.", dir.display()),
        "Make one with lockboxd init, or name the directory that holds it.",
    )
}

fn unusable(dir: &Path, error: &std::io::Error) -> Error {
    Error::new(
        Kind::Unavailable,
        "dataDirectoryUnusable",
        format!("The directory {} cannot be used: {error}.", dir.display()),
        "Check that it exists on a local disk and belongs to the user that runs lockboxd.",
    )
}
