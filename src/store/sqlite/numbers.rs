//! Counts for the operator; each touches only what is not over.

use super::rows::from_json;
use crate::clock::Timestamp;
use crate::store::{Numbers, OpenRequests};
use rusqlite::Connection;

/// Requests that are not over, by state, as judged at `now`: what time has moved on does not count,
/// whether or not that has been written down.
pub(super) fn open(conn: &Connection, now: Timestamp) -> rusqlite::Result<Vec<OpenRequests>> {
    conn.prepare_cached(
        "SELECT state, COUNT(*), MIN(due) FROM request WHERE due > ?1 GROUP BY state",
    )?
    .query_map([now.millis()], |row| {
        Ok(OpenRequests {
            state: from_json(&format!("\"{}\"", row.get_ref(0)?.as_str()?), 0)?,
            count: row.get::<_, i64>(1)?.unsigned_abs(),
            earliest: Timestamp::from_millis(row.get(2)?),
        })
    })?
    .collect()
}

/// Events that wait to be told, up to a bound.
pub(super) fn outbox(conn: &Connection) -> rusqlite::Result<u64> {
    conn.prepare_cached(
        "SELECT COUNT(*) FROM (SELECT 1 FROM outbox WHERE state = 'waiting' LIMIT ?1)",
    )?
    .query_row([Numbers::MOST_EVENTS], |row| row.get::<_, i64>(0))
    .map(i64::unsigned_abs)
}
