//! How far the logs had come, kept in a file outside the database: a database that is behind it was
//! rolled back, and what it has lost would be forgotten without a trace.
//!
//! The file names the last record of each log by its leaf hash. A record has a random id and salts,
//! so no other history has the same leaf at the same place; the root of the whole tree would say no
//! more about a rollback, and would take reading every leaf at every start.

use crate::clock::Timestamp;
use crate::error::{Error, Kind, Result};
use crate::ids::{LogId, OrgId};
use crate::store::owner;
use serde::{Deserialize, Serialize};
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// How far everything had come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HighWater {
    /// The latest instant of a commit; none in a database that has none.
    pub time: Option<Timestamp>,
    /// The present log of each organization.
    pub logs: Vec<LogMark>,
}

/// How far a log had come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LogMark {
    /// Whose log.
    pub organization_id: OrgId,
    /// The log.
    pub log_id: LogId,
    /// How many records it had, which is the next sequence number.
    pub records: u64,
    /// Leaf hash of the last one, in hex; none in an empty log.
    pub leaf_hash: Option<String>,
    /// The number of the organization's next reference.
    pub next_reference: i64,
}

impl HighWater {
    /// Reads the file; nothing where there is none.
    ///
    /// # Errors
    /// Where it is there and cannot be read.
    pub fn read(path: &Path) -> Result<Option<Self>> {
        let text = match std::fs::read(path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(unreadable(path, &error)),
        };
        serde_json::from_slice(&text)
            .map(Some)
            .map_err(|error| unreadable(path, &error))
    }

    /// Writes the file: whole or not at all, for this user only.
    ///
    /// # Errors
    /// Where the disk refuses.
    pub fn write(&self, path: &Path) -> Result<()> {
        let text = serde_json::to_vec(self).map_err(Error::internal)?;
        replace(path, &text).map_err(|error| {
            Error::new(
                Kind::Unavailable,
                "highWaterUnwritable",
                format!(
                    "The high-water file {} cannot be written: {error}.",
                    path.display()
                ),
                "Make its directory writable for lockboxd and see that its disk is not full, or name another place with high_water in the configuration.",
            )
        })
    }
}

fn replace(path: &Path, text: &[u8]) -> std::io::Result<()> {
    let mut new = path.as_os_str().to_owned();
    new.push(".new");
    let new = PathBuf::from(new);
    let dir = match path.parent() {
        Some(dir) if !dir.as_os_str().is_empty() => dir,
        _ => Path::new("."),
    };
    // One that was left by a power cut; made anew, so that it is surely this file and nobody's link.
    match std::fs::remove_file(&new) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = OpenOptions::new()
        .create_new(true)
        .write(true)
        .mode(0o600)
        .open(&new)?;
    owner::hand_over(&file, dir);
    file.write_all(text)?;
    // Before the name: a power cut must not leave an empty file under it.
    file.sync_all()?;
    std::fs::rename(&new, path)?;
    File::open(dir)?.sync_all()
}

fn unreadable(path: &Path, error: &dyn std::fmt::Display) -> Error {
    Error::new(
        Kind::Unavailable,
        "highWaterUnreadable",
        format!(
            "The high-water file {} cannot be read: {error}.",
            path.display()
        ),
        "Bring back the file from before, or move it away; without it nobody can tell whether the database was rolled back, and the next start makes a new one.",
    )
}

/// The refusal of a database that is behind the file.
#[must_use]
pub fn behind(path: &Path, what: &str) -> Error {
    Error::new(
        Kind::Unavailable,
        "databaseBehind",
        format!(
            "The database is behind the high-water file {}: {what}. It was rolled back or restored by hand, so records are missing that others may have seen.",
            path.display()
        ),
        "Bring back the database that belongs here, or run 'lockboxd restore BACKUP --replace' (the database itself will do as BACKUP): it opens new logs that say so. If the file is the wrong one, move it away.",
    )
}

#[cfg(test)]
#[path = "high_water_tests.rs"]
mod tests;
