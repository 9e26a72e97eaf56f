//! Events that wait to be told.

use super::deliveries;
use super::fault::Fault;
use super::read::limited;
use super::rows::{one, org_nr};
use crate::clock::Timestamp;
use crate::domain::notice::Event;
use crate::domain::notice::delivery::{Place, StoredEvent};
use crate::ids::{OrgId, RecordId, RequestId};
use crate::store::OutboxDraft;
use rusqlite::types::Type;
use rusqlite::{Connection, OptionalExtension, Row, params};
use uuid::Uuid;

type Sql<T> = rusqlite::Result<T>;

/// The columns of an event, of the table `e`; its organization is `o`.
pub(super) const COLUMNS: &str = "e.nr, o.id, e.event, e.request, e.record, e.created, e.due";

/// Puts an event.
pub(super) fn put(conn: &Connection, event: &OutboxDraft, at: Timestamp) -> Result<(), Fault> {
    if event.once && is_waiting(conn, event)? {
        return Ok(());
    }
    one(
        conn,
        "INSERT INTO outbox (org, event, request, created, due, record)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        params![
            org_nr(conn, event.org)?,
            event.event.as_str(),
            event.request.map(|request| *request.bytes()),
            at.millis(),
            // Nothing is told before it happened: whoever listens has gone past that.
            event.due.map_or(at, |due| due.resolve(at)).max(at).millis(),
            event.record.map(|record| *record.bytes()),
        ],
    )
}

/// Whether a digest of a request waits to be told.
fn is_waiting(conn: &Connection, event: &OutboxDraft) -> Sql<bool> {
    conn.prepare_cached(
        "SELECT 1 FROM outbox
         WHERE request = ?1 AND state = 'waiting' AND event = 'engineerActed' AND event = ?2",
    )?
    .exists(params![
        event.request.map(|request| *request.bytes()),
        event.event.as_str()
    ])
}

/// Nobody is told of the events of an organization that wait, before somebody has looked at them;
/// nor of those whose deliveries wait.
pub(super) fn hold(conn: &Connection, org: OrgId, at: Timestamp) -> Result<(), Fault> {
    let org = org_nr(conn, org)?;
    conn.prepare_cached(
        "UPDATE outbox SET state = 'needsAttention'
         WHERE org = ?1 AND state = 'waiting'",
    )?
    .execute([org])?;
    deliveries::hold(conn, org, at)
}

/// Events that were held are told.
pub(super) fn release(conn: &Connection, org: OrgId) -> Result<(), Fault> {
    let org = org_nr(conn, org)?;
    conn.prepare_cached(
        "UPDATE outbox SET state = 'waiting'
         WHERE org = ?1 AND state = 'needsAttention'",
    )?
    .execute([org])?;
    Ok(())
}

/// The request of an event that waits to be told, where it has one; nothing where it does not wait.
pub(super) fn waiting(conn: &Connection, nr: i64) -> Sql<Option<Option<[u8; 16]>>> {
    conn.prepare_cached("SELECT request FROM outbox WHERE nr = ?1 AND state = 'waiting'")?
        .query_row([nr], |row| row.get(0))
        .optional()
}

/// The deliveries of an event are made.
pub(super) fn told(conn: &Connection, nr: i64) -> Result<(), Fault> {
    conn.prepare_cached("UPDATE outbox SET state = 'told' WHERE nr = ?1 AND state = 'waiting'")?
        .execute([nr])?;
    Ok(())
}

/// Events behind a place that are to be told by now, oldest due first.
pub(super) fn due(
    conn: &Connection,
    behind: Place,
    now: Timestamp,
    limit: usize,
) -> Sql<Vec<StoredEvent>> {
    conn.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM outbox e JOIN organization o ON o.nr = e.org
         WHERE e.state = 'waiting' AND (e.due, e.nr) > (?1, ?2) AND e.due <= ?3
         ORDER BY e.due, e.nr LIMIT ?4"
    ))?
    .query_map(
        params![behind.due.millis(), behind.nr, now.millis(), limited(limit)],
        |row| event(row, 0),
    )?
    .collect()
}

/// When the next event is to be told after an instant.
pub(super) fn next_due(conn: &Connection, after: Timestamp) -> Sql<Option<Timestamp>> {
    conn.prepare_cached("SELECT min(due) FROM outbox WHERE state = 'waiting' AND due > ?1")?
        .query_row([after.millis()], |row| {
            Ok(row.get::<_, Option<i64>>(0)?.map(Timestamp::from_millis))
        })
}

/// Events of an organization, or of all, behind a place and told by `until`, in that order.
pub(super) fn behind(
    conn: &Connection,
    org: Option<OrgId>,
    place: Place,
    until: Timestamp,
    limit: usize,
) -> Sql<Vec<StoredEvent>> {
    // With one text for both, the index of one of them would not serve.
    let of = match org {
        Some(_) => "e.org = (SELECT nr FROM organization WHERE id = ?5) AND",
        None => "?5 IS NULL AND",
    };
    conn.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM outbox e JOIN organization o ON o.nr = e.org
         WHERE {of} (e.due, e.nr) > (?1, ?2) AND e.due <= ?3
         ORDER BY e.due, e.nr LIMIT ?4"
    ))?
    .query_map(
        params![
            place.due.millis(),
            place.nr,
            until.millis(),
            limited(limit),
            org.map(|org| *org.bytes())
        ],
        |row| event(row, 0),
    )?
    .collect()
}

/// When the next event of an organization, or of any, is told after an instant.
pub(super) fn next_told(
    conn: &Connection,
    org: Option<OrgId>,
    after: Timestamp,
) -> Sql<Option<Timestamp>> {
    let of = match org {
        Some(_) => "org = (SELECT nr FROM organization WHERE id = ?2) AND",
        None => "?2 IS NULL AND",
    };
    conn.prepare_cached(&format!("SELECT min(due) FROM outbox WHERE {of} due > ?1"))?
        .query_row(
            params![after.millis(), org.map(|org| *org.bytes())],
            |row| Ok(row.get::<_, Option<i64>>(0)?.map(Timestamp::from_millis)),
        )
}

/// What makes an event one that may be forgotten: it was told, and nothing of it waits for a
/// receiver any more but for a paused webhook, which may never be told again. What is held waits for
/// somebody to look at it.
const TOLD: &str = "due <= ?1 AND state = 'told' AND NOT EXISTS (
    SELECT 1 FROM delivery d WHERE d.event = outbox.nr AND d.state = 'waiting' AND NOT EXISTS (
        SELECT 1 FROM webhook w WHERE w.org = d.org AND w.body ->> '$.id' = d.lane
            AND w.body ->> '$.paused' IS NOT NULL))";

/// Whether there are events that may be forgotten, due by an instant.
pub(super) fn has_told(conn: &Connection, until: Timestamp) -> Sql<bool> {
    conn.prepare_cached(&format!("SELECT 1 FROM outbox WHERE {TOLD} LIMIT 1"))?
        .exists([until.millis()])
}

/// Forgets the oldest events that may be, due by an instant, with their deliveries.
pub(super) fn forget(conn: &Connection, until: Timestamp, most: usize) -> Result<(), Fault> {
    let oldest = format!("(SELECT nr FROM outbox WHERE {TOLD} ORDER BY due, nr LIMIT ?2)");
    for rows in ["delivery WHERE event", "outbox WHERE nr"] {
        conn.prepare_cached(&format!("DELETE FROM {rows} IN {oldest}"))?
            .execute(params![until.millis(), limited(most)])?;
    }
    Ok(())
}

/// The number of the last event.
pub(super) fn last(conn: &Connection) -> Sql<i64> {
    conn.prepare_cached("SELECT coalesce(max(nr), 0) FROM outbox")?
        .query_row([], |row| row.get(0))
}

/// How many events of an organization are held.
pub(super) fn held(conn: &Connection, org: OrgId) -> Sql<u64> {
    conn.prepare_cached(
        "SELECT count(*) FROM outbox WHERE state = 'needsAttention'
            AND org = (SELECT nr FROM organization WHERE id = ?1)",
    )?
    .query_row([org.bytes()], |row| row.get::<_, i64>(0))
    .map(i64::unsigned_abs)
}

/// An event from the columns that begin there.
pub(super) fn event(row: &Row<'_>, first: usize) -> Sql<StoredEvent> {
    let name = row.get_ref(first + 2)?.as_str()?;
    let event = name
        .parse::<Event>()
        .map_err(|()| unknown(first + 2, name))?;
    let id = |column| -> Sql<Option<Uuid>> {
        let bytes: Option<[u8; 16]> = row.get(column)?;
        Ok(bytes.map(Uuid::from_bytes))
    };
    Ok(StoredEvent {
        nr: row.get(first)?,
        org: OrgId::from_uuid(Uuid::from_bytes(row.get(first + 1)?)),
        event,
        request: id(first + 3)?.map(RequestId::from_uuid),
        record: id(first + 4)?.map(RecordId::from_uuid),
        at: Timestamp::from_millis(row.get(first + 5)?),
        due: Timestamp::from_millis(row.get(first + 6)?),
    })
}

/// A word in a column that this program does not know.
pub(super) fn unknown(column: usize, word: &str) -> rusqlite::Error {
    let why = format!("'{word}' is unknown");
    rusqlite::Error::FromSqlConversionFailure(column, Type::Text, why.into())
}
