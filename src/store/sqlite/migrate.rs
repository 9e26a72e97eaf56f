//! Brings a database to the schema of this program: numbered files, applied once, checksummed.

use super::fault;
use crate::crypto::{Sha256, sha256};
use crate::error::{Error, Kind, Result};
use rusqlite::{Connection, params};

/// One numbered file.
pub(super) struct Migration {
    /// Its name; the number is its place in the list, from 1.
    pub(super) name: &'static str,
    /// Its text.
    pub(super) sql: &'static str,
}

/// Every migration, in order. Append only.
pub(super) const MIGRATIONS: &[Migration] = &[
    Migration {
        name: "0001_store",
        sql: include_str!("../migrations/sqlite/0001_store.sql"),
    },
    Migration {
        name: "0002_logs",
        sql: include_str!("../migrations/sqlite/0002_logs.sql"),
    },
    Migration {
        name: "0003_policy",
        sql: include_str!("../migrations/sqlite/0003_policy.sql"),
    },
    Migration {
        name: "0004_hooks",
        sql: include_str!("../migrations/sqlite/0004_hooks.sql"),
    },
    Migration {
        name: "0005_notifications",
        sql: include_str!("../migrations/sqlite/0005_notifications.sql"),
    },
    Migration {
        name: "0006_forgetting",
        sql: include_str!("../migrations/sqlite/0006_forgetting.sql"),
    },
    Migration {
        name: "0007_foreign_mails",
        sql: include_str!("../migrations/sqlite/0007_foreign_mails.sql"),
    },
];

/// Whether a database was made by this program, of whatever version.
///
/// # Errors
/// Where it cannot be read.
pub(super) fn is_ours(conn: &Connection) -> rusqlite::Result<bool> {
    conn.query_row(
        "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = 'migration'",
        [],
        |row| row.get(0),
    )
}

/// Applies what is missing.
///
/// # Errors
/// Where the database is newer than the program, or was made by other migrations.
pub(super) fn migrate(conn: &mut Connection, migrations: &[Migration]) -> Result<()> {
    conn.execute_batch(
        "CREATE TABLE IF NOT EXISTS migration (
            number INTEGER PRIMARY KEY, name TEXT NOT NULL, sha256 BLOB NOT NULL) STRICT",
    )
    .map_err(|error| fault::unusable(&error))?;
    let applied = applied(conn).map_err(|error| fault::unusable(&error))?;
    if applied.len() > migrations.len() {
        return Err(Error::new(
            Kind::Unavailable,
            "databaseTooNew",
            format!(
                "The database is newer than this program: it is at migration {}, the program knows {}.",
                applied.len(),
                migrations.len()
            ),
            "Run the newer program, or restore a backup that this one has made.",
        ));
    }
    for (place, ((number, digest), migration)) in applied.iter().zip(migrations).enumerate() {
        if usize::try_from(*number) != Ok(place + 1) || digest.as_slice() != checksum(migration) {
            return Err(Error::new(
                Kind::Unavailable,
                "migrationMismatch",
                format!(
                    "Migration {number} of the database is not this program's {}.",
                    migration.name
                ),
                "Run the program that made this database; a migration is never edited.",
            ));
        }
    }
    for (place, migration) in migrations.iter().enumerate().skip(applied.len()) {
        apply(conn, place + 1, migration).map_err(|error| {
            tracing::error!(%error, name = migration.name, "a migration failed");
            fault::unusable(&error)
        })?;
    }
    Ok(())
}

fn applied(conn: &Connection) -> rusqlite::Result<Vec<(i64, Vec<u8>)>> {
    conn.prepare("SELECT number, sha256 FROM migration ORDER BY number")?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect()
}

fn apply(conn: &mut Connection, number: usize, migration: &Migration) -> rusqlite::Result<()> {
    let number = i64::try_from(number).unwrap_or(i64::MAX);
    let transaction = conn.transaction()?;
    transaction.execute_batch(migration.sql)?;
    transaction.execute(
        "INSERT INTO migration (number, name, sha256) VALUES (?1, ?2, ?3)",
        params![number, migration.name, checksum(migration)],
    )?;
    transaction.commit()
}

fn checksum(migration: &Migration) -> Sha256 {
    sha256(&[migration.sql.as_bytes()])
}
