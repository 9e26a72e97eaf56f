//! Why a change could not be applied, apart from its preconditions.

use crate::error::{Error, Kind};
use crate::store::CommitError;
use rusqlite::ErrorCode;
use std::fmt;

/// An error that no precondition foresaw: the transaction is rolled back.
#[derive(Debug)]
pub(super) enum Fault {
    /// From SQLite.
    Sql(rusqlite::Error),
    /// From us.
    Other(String),
}

impl Fault {
    /// A row that a write names is not there.
    pub(super) fn gone(what: &str) -> Self {
        Self::Other(format!("a write names a {what} that is not there"))
    }

    /// What its caller is told. Nothing of the change is there in either case.
    pub(super) fn to_commit_error(&self) -> CommitError {
        let ailment = match self {
            Self::Sql(error) => ailment(error),
            Self::Other(_) => None,
        };
        match ailment {
            Some((cause, remedy)) => CommitError::Unavailable {
                cause: cause.to_owned(),
                remedy,
            },
            None => CommitError::Internal(self.to_string()),
        }
    }

    /// What everybody is told until the database is open again.
    pub(super) fn while_recovering(&self) -> CommitError {
        match self.to_commit_error() {
            CommitError::Unavailable { cause, remedy } => CommitError::Unavailable {
                cause: format!("{cause}, and the database is being reopened"),
                remedy,
            },
            _ => CommitError::Unavailable {
                cause: "the database is being reopened after an error".to_owned(),
                remedy: "Look into the daemon's log for the error.",
            },
        }
    }
}

/// What a reader is told. What the database itself says names places on this machine, so it is for
/// the log.
pub(super) fn unreadable(error: &rusqlite::Error) -> Error {
    match ailment(error) {
        Some((cause, remedy)) => Error::new(
            Kind::Unavailable,
            "unavailable",
            format!("The database cannot be used: {cause}."),
            remedy,
        ),
        None => Error::internal(error),
    }
}

/// What whoever starts the daemon is told.
pub(super) fn unusable(error: &rusqlite::Error) -> Error {
    match ailment(error) {
        Some((cause, remedy)) => Error::new(
            Kind::Unavailable,
            "unavailable",
            format!("The database cannot be used: {cause} (the database says: {error})."),
            remedy,
        ),
        None => Error::internal(error),
    }
}

/// What ails the database, where the fault lies outside of the program: the cause, and what whoever
/// runs the daemon does about it.
fn ailment(error: &rusqlite::Error) -> Option<(&'static str, &'static str)> {
    Some(match error.sqlite_error_code()? {
        ErrorCode::DiskFull => (
            "the disk is full",
            "Free space on the disk of the data directory; nothing else is needed.",
        ),
        ErrorCode::ReadOnly | ErrorCode::CannotOpen | ErrorCode::PermissionDenied => (
            "the data directory cannot be written",
            "Check that its disk has space, and that the user that runs lockboxd may write the directory and its files.",
        ),
        ErrorCode::DatabaseBusy
        | ErrorCode::DatabaseLocked
        | ErrorCode::FileLockingProtocolFailed => (
            "another program holds a lock on the database",
            "End the program that has opened lockbox.db: it belongs to lockboxd alone.",
        ),
        ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => (
            "the database file is damaged",
            "Stop lockboxd, keep a copy of the data directory as it is, and restore the last backup.",
        ),
        ErrorCode::SystemIoFailure => (
            "the disk reports an error",
            "Look into the system's log for errors of the disk that holds the data directory.",
        ),
        ErrorCode::OutOfMemory => (
            "the machine is short of memory",
            "Give the daemon more memory.",
        ),
        _ => return None,
    })
}

impl From<rusqlite::Error> for Fault {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sql(error)
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sql(error) => write!(f, "the database says: {error}"),
            Self::Other(text) => f.write_str(text),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rusqlite::ffi;

    #[test]
    fn callers_hear_cause_and_remedy_and_no_places() {
        let error = || {
            let text = "unable to open database file: /srv/data/lockbox.db".to_owned();
            rusqlite::Error::SqliteFailure(ffi::Error::new(ffi::SQLITE_CANTOPEN), Some(text))
        };
        let read = unreadable(&error());
        assert!(read.message().contains("cannot be written"), "{read:?}");
        assert!(!format!("{read:?}").contains("/srv"), "{read:?}");
        let fault = Fault::from(error());
        for told in [fault.to_commit_error(), fault.while_recovering()] {
            let told = Error::from(told);
            assert!(told.message().contains("cannot be written"), "{told:?}");
            assert!(!format!("{told:?}").contains("/srv"), "{told:?}");
        }
        assert!(fault.to_string().contains("/srv"), "the log has it");
        assert!(unusable(&error()).message().contains("/srv"));
    }
}
