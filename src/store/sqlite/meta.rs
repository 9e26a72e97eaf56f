//! The few numbers that belong to the database as a whole.

use rusqlite::{Connection, OptionalExtension, params};

/// The clock's high-water mark: the latest instant of a group.
pub(super) const MARK: &str = "mark";

/// The mark that `clock accept` accepted last.
pub(super) const ACCEPTED_MARK: &str = "accepted_mark";

/// The offset of a test database's clock; where it is there at all, it is a test database.
pub(super) const TEST_OFFSET: &str = "test_offset";

pub(super) fn get(conn: &Connection, name: &str) -> rusqlite::Result<Option<i64>> {
    conn.prepare_cached("SELECT value FROM meta WHERE name = ?1")?
        .query_row([name], |row| row.get(0))
        .optional()
}

pub(super) fn put(conn: &Connection, name: &str, value: i64) -> rusqlite::Result<()> {
    conn.prepare_cached(
        "INSERT INTO meta (name, value) VALUES (?1, ?2)
         ON CONFLICT (name) DO UPDATE SET value = excluded.value",
    )?
    .execute(params![name, value])
    .map(drop)
}
