//! Brings a backup into a data directory: checked and changed beside it, and put in its place last,
//! so that a restore which fails or is cut off leaves what was there.

use super::{SqliteStore, backup, files, migrate, open_migrated, verify};
use crate::error::{Error, Kind, Result};
use crate::store::EndedLog;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

/// Directory in the data directory where a backup is made ready.
const STAGING: &str = "restoring";

/// What SQLite may have laid beside a database; moved before it, as it belongs to nothing else.
const BESIDE: [&str; 2] = ["-wal", "-shm"];

/// A backup that was checked and stands ready in a directory of its own.
pub struct Staged {
    dir: PathBuf,
    staging: PathBuf,
    logs: Vec<EndedLog>,
    // Held to the end: nobody may open the directory meanwhile.
    _lock: files::Lock,
}

impl SqliteStore {
    /// Checks a backup and makes a copy of it ready in a data directory, which is made where it is
    /// missing. Neither the backup nor a database that is there is touched.
    ///
    /// # Errors
    /// Where the directory has a database and it is not to be replaced, another process holds it,
    /// or the backup is none, is damaged, or is newer than the program.
    pub fn stage(file: &Path, dir: &Path, replace: bool) -> Result<Staged> {
        check_backup(file)?;
        files::make_directory(dir)?;
        let lock = files::lock(dir)?;
        if Self::is_in(dir) && !replace {
            return Err(Error::conflict(
                "alreadyExists",
                format!("There is a lockbox in {} already.", dir.display()),
                "Name another directory, or say --replace: what is there is moved aside, not deleted.",
            ));
        }
        let staging = dir.join(STAGING);
        let failed = |error: &dyn std::fmt::Display| {
            Error::new(
                Kind::Unavailable,
                "restoreFailed",
                format!(
                    "The backup cannot be copied to {}: {error}.",
                    staging.display()
                ),
                "Nothing was changed. Make room on its disk, and start again.",
            )
        };
        // What an earlier restore left that did not come to its end.
        match std::fs::remove_dir_all(&staging) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed(&error)),
            _ => files::make_inside(&staging, dir).map_err(|error| failed(&error))?,
        }
        files::create_database(&staging)?;
        backup::snapshot(file, &files::database(&staging), Box::new(|| false))
            .map_err(|error| failed(&error))?;
        let logs = verify::logs(&open_migrated(&staging)?)?;
        Ok(Staged {
            dir: dir.to_owned(),
            staging,
            logs,
            _lock: lock,
        })
    }
}

impl Staged {
    /// The directory to open it in.
    #[must_use]
    pub fn staging(&self) -> &Path {
        &self.staging
    }

    /// How far the present log of each organization has come.
    #[must_use]
    pub fn logs(&self) -> &[EndedLog] {
        &self.logs
    }

    /// Puts it in its place; nobody may have it open. A database that is there is moved into a new
    /// directory of this name, whose path is returned.
    ///
    /// # Errors
    /// Where the disk refuses; what was there is in one of the two places.
    pub fn install(self, aside: &str) -> Result<Option<PathBuf>> {
        let failed = |error: &dyn std::fmt::Display| {
            Error::new(
                Kind::Unavailable,
                "restoreFailed",
                format!(
                    "The restored database cannot be put into {}: {error}.",
                    self.dir.display()
                ),
                "Start again; what was there is in that directory, or in the one that it was moved to.",
            )
        };
        // Everything into the one file, so that only it has to be moved.
        let conn = files::open_writer(&self.staging)?;
        conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
            .and_then(|()| conn.close().map_err(|(_, error)| error))
            .map_err(|error| failed(&error))?;
        let place = files::database(&self.dir);
        let place = || -> io::Result<Option<PathBuf>> {
            let staged = files::database(&self.staging);
            File::open(&staged)?.sync_all()?;
            let aside = move_aside(&place, &self.dir.join(aside))?;
            std::fs::rename(&staged, &place)?;
            File::open(&self.dir)?.sync_all()?;
            std::fs::remove_dir_all(&self.staging)?;
            Ok(aside)
        };
        place().map_err(|error| failed(&error))
    }
}

/// Moves a database into a new directory, with what lies beside it: a log that is left would be
/// taken for the next database's.
fn move_aside(database: &Path, aside: &Path) -> io::Result<Option<PathBuf>> {
    let there: Vec<PathBuf> = BESIDE
        .into_iter()
        .chain([""])
        .map(|suffix| {
            let mut file = database.as_os_str().to_owned();
            file.push(suffix);
            PathBuf::from(file)
        })
        .filter(|file| file.exists())
        .collect();
    if there.is_empty() {
        return Ok(None);
    }
    // Refused where it is there: what an earlier restore put aside is not overwritten.
    files::make_inside(aside, database.parent().unwrap_or(Path::new(".")))?;
    for file in there {
        if let Some(name) = file.file_name() {
            std::fs::rename(&file, aside.join(name))?;
        }
    }
    File::open(aside)?.sync_all()?;
    Ok(Some(aside.to_owned()))
}

/// That a file is a lockbox's database, and whole.
fn check_backup(file: &Path) -> Result<()> {
    if !file.is_file() {
        return Err(Error::new(
            Kind::NotFound,
            "notFound",
            format!("There is no backup {}.", file.display()),
            "Name a file that lockboxd backup has made.",
        ));
    }
    let none = |error: &dyn std::fmt::Display| {
        Error::new(
            Kind::Refused,
            "noBackup",
            format!("{} is no backup of a lockbox: {error}.", file.display()),
            "Name a file that lockboxd backup has made.",
        )
    };
    let conn = files::open_reader(file).map_err(|error| none(&error))?;
    if !migrate::is_ours(&conn).map_err(|error| none(&error))? {
        return Err(none(&"it has none of its tables"));
    }
    verify::integrity(&conn)?;
    conn.close().map_err(|(_, error)| none(&error))
}
