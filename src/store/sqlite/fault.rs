//! Why a change could not be applied, apart from its preconditions.

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
        let code = match self {
            Self::Sql(error) => error.sqlite_error_code(),
            Self::Other(_) => None,
        };
        match code {
            Some(
                ErrorCode::DiskFull
                | ErrorCode::ReadOnly
                | ErrorCode::SystemIoFailure
                | ErrorCode::CannotOpen
                | ErrorCode::OutOfMemory
                | ErrorCode::DatabaseBusy
                | ErrorCode::DatabaseCorrupt,
            ) => CommitError::Unavailable(self.to_string()),
            _ => CommitError::Internal(self.to_string()),
        }
    }
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
