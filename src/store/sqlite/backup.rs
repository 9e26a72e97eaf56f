//! A backup: one snapshot of the whole database in one file.

use super::files;
use crate::error::{Error, Kind, Result};
use std::fs::{File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// What a backup is called until it is whole.
const PARTIAL: &str = "partial";

/// Writes a snapshot of a database to a new file, which gets its name only when it is whole and on
/// the disk; gives its length in bytes. It holds what was committed when this began; commits go on
/// meanwhile.
pub(super) fn write(database: &Path, file: &Path) -> Result<u64> {
    let failed = |error: &dyn std::fmt::Display| {
        Error::new(
            Kind::Unavailable,
            "unavailable",
            format!("The backup {} cannot be written: {error}.", file.display()),
            "Make room on its disk and see that the directory belongs to lockboxd, or name another with backup_dir in the configuration.",
        )
    };
    let dir = file.parent().unwrap_or(Path::new("."));
    files::make_directory(dir).map_err(|error| failed(&error))?;
    let partial = file.with_extension(PARTIAL);
    let written = snapshot(database, &partial)
        .and_then(|()| publish(dir, &partial, file).map_err(|error| error.to_string()));
    if written.is_err() {
        // The error that led here is the one to report.
        let _ = std::fs::remove_file(&partial);
    }
    written.map_err(|error| failed(&error))
}

/// `VACUUM INTO` reads everything in one transaction, and never sees half a commit.
pub(super) fn snapshot(database: &Path, file: &Path) -> Result<(), String> {
    // SQLite takes an empty file; made here so that nobody else can read it.
    OpenOptions::new()
        .create_new(true)
        .write(true)
        .mode(0o600)
        .open(file)
        .map_err(|error| error.to_string())?;
    let path = file.to_str().ok_or("its path is not UTF-8")?;
    let copy = || -> rusqlite::Result<()> {
        let conn = files::open_reader(database)?;
        // It writes another database, and can still not write this one.
        conn.pragma_update(None, "query_only", false)?;
        conn.execute("VACUUM INTO ?1", [path]).map(drop)
    };
    copy().map_err(|error| error.to_string())
}

fn publish(dir: &Path, partial: &Path, file: &Path) -> std::io::Result<u64> {
    let whole = File::open(partial)?;
    whole.sync_all()?;
    std::fs::rename(partial, file)?;
    File::open(dir)?.sync_all()?;
    Ok(whole.metadata()?.len())
}
