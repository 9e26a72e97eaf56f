//! A backup: one snapshot of the whole database in one file.

use super::files;
use crate::error::{Error, Kind, Result};
use crate::store::{BACKUP_PREFIX, CommitError};
use std::fs::File;
use std::path::Path;
use std::time::{Duration, SystemTime};

/// What a backup is called until it is whole.
const PARTIAL: &str = "partial";

/// What SQLite lays beside it meanwhile.
const PARTIAL_JOURNAL: &str = "partial-journal";

/// Half a backup that nobody has written to for so long was left by a process that was killed.
const STALE: Duration = Duration::from_secs(3_600);

/// How many steps of SQLite's machine may pass until a copy hears that it is to end.
const STEPS: i32 = 1_000;

/// Asked while a copy is made: whether to give it up.
pub(super) type GiveUp = Box<dyn FnMut() -> bool + Send>;

/// Writes a snapshot of a database to a new file, which gets its name only when it is whole and on
/// the disk; gives its length in bytes. It holds what was committed when this began; commits go on
/// meanwhile. Stale halves of others in the same directory are removed.
pub(super) fn write(
    database: &Path,
    file: &Path,
    mut closed: impl FnMut() -> bool + Clone + Send + 'static,
) -> Result<u64> {
    let failed = |error: &dyn std::fmt::Display| {
        Error::new(
            Kind::Unavailable,
            "unavailable",
            format!("The backup {} cannot be written: {error}.", file.display()),
            "Make room on its disk and see that the directory belongs to lockboxd, or name another with backup_dir in the configuration.",
        )
    };
    if closed() {
        return Err(CommitError::closed().into());
    }
    let dir = file.parent().unwrap_or(Path::new("."));
    files::make_directory(dir).map_err(|error| failed(&error))?;
    let partial = file.with_extension(PARTIAL);
    let made = files::make_file(&partial).and_then(|made| made.metadata()?.modified());
    // First of all, as they may be what fills the disk.
    sweep(dir, made.map_err(|error| failed(&error))?);
    let written = snapshot(database, &partial, Box::new(closed.clone()))
        .and_then(|()| publish(dir, &partial, file).map_err(|error| error.to_string()));
    if written.is_err() {
        // The error that led here is the one to report.
        let _ = std::fs::remove_file(&partial);
        if closed() {
            return Err(CommitError::closed().into());
        }
    }
    written.map_err(|error| failed(&error))
}

/// Copies into an empty file that was made for it, so that nobody else can read it. `VACUUM INTO`
/// reads everything in one transaction, and never sees half a commit.
pub(super) fn snapshot(database: &Path, file: &Path, give_up: GiveUp) -> Result<(), String> {
    let path = file.to_str().ok_or("its path is not UTF-8")?;
    let copy = || -> rusqlite::Result<()> {
        let mut conn = files::open_reader(database)?;
        // It writes another database, and can still not write this one.
        conn.pragma_update(None, "query_only", false)?;
        conn.progress_handler(STEPS, Some(give_up))?;
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

/// Removes halves of backups that were left behind; `now` as the disk's own clock has it.
fn sweep(dir: &Path, now: SystemTime) {
    for entry in std::fs::read_dir(dir).into_iter().flatten().flatten() {
        let path = entry.path();
        let name = entry.file_name();
        let half = name.to_string_lossy().starts_with(BACKUP_PREFIX)
            && path
                .extension()
                .is_some_and(|ending| ending == PARTIAL || ending == PARTIAL_JOURNAL);
        let age = |of: std::fs::Metadata| now.duration_since(of.modified().ok()?).ok();
        if half && entry.metadata().ok().and_then(age) >= Some(STALE) {
            // Room is all that it takes; the next backup tries again.
            match std::fs::remove_file(&path) {
                Ok(()) => tracing::info!(file = %path.display(), "half a backup was removed"),
                Err(error) => {
                    tracing::warn!(%error, file = %path.display(), "half a backup stays");
                }
            }
        }
    }
}
