//! An organization's chain of logs: which there are, and which of them a position lies in.

use super::fault::Fault;
use super::rows::{one, org_nr};
use crate::ids::{LogId, OrgId};
use crate::store::Head;
use rusqlite::{Connection, OptionalExtension, Row, params};
use uuid::Uuid;

/// The head of the log that an organization writes to, by the organization's number.
pub(super) fn head(conn: &Connection, org: i64) -> rusqlite::Result<Option<Head>> {
    conn.prepare_cached(
        "SELECT l.log_id, l.first, h.next_position FROM head h JOIN log l ON l.org = h.org
         WHERE h.org = ?1 ORDER BY l.generation DESC LIMIT 1",
    )?
    .query_row([org], |row| {
        let first = number(row.get(1)?);
        Ok(Head {
            log_id: log_id(row, 0)?,
            first,
            next_sequence: number(row.get(2)?).saturating_sub(first),
        })
    })
    .optional()
}

/// As [`head`], by the organization's id.
pub(super) fn head_of(conn: &Connection, org: OrgId) -> rusqlite::Result<Option<Head>> {
    match nr(conn, org)? {
        Some(nr) => head(conn, nr),
        None => Ok(None),
    }
}

/// The logs of an organization, oldest first.
pub(super) struct Chain(Vec<(u64, LogId)>);

impl Chain {
    /// The chain of an organization; empty where there is none.
    pub(super) fn of(conn: &Connection, org: OrgId) -> rusqlite::Result<Self> {
        conn.prepare_cached(
            "SELECT first, log_id FROM log
             WHERE org = (SELECT nr FROM organization WHERE id = ?1) ORDER BY generation",
        )?
        .query_map([org.bytes()], |row| {
            Ok((number(row.get(0)?), log_id(row, 1)?))
        })?
        .collect::<rusqlite::Result<_>>()
        .map(Self)
    }

    /// The log that a position lies in, and the sequence number there.
    pub(super) fn place(&self, position: u64) -> Option<(LogId, u64)> {
        let (first, log) = self.0.iter().rfind(|(first, _)| *first <= position)?;
        Some((*log, position - first))
    }

    /// The position of a sequence number in a log, or in the present one; nothing where the log is
    /// none of the chain, or ended before that number.
    pub(super) fn position(&self, log: Option<LogId>, sequence: u64) -> Option<u64> {
        let (first, end) = self.bounds(log)?;
        let position = first.checked_add(sequence)?;
        end.is_none_or(|end| position < end).then_some(position)
    }

    /// As [`Chain::position`], and where the next log begins where the log ended before that number.
    pub(super) fn from(&self, log: Option<LogId>, sequence: u64) -> Option<u64> {
        let (first, end) = self.bounds(log)?;
        let position = first.saturating_add(sequence);
        Some(end.map_or(position, |end| position.min(end)))
    }

    /// Where a log, or the present one, begins, and where it ends if it has ended.
    fn bounds(&self, log: Option<LogId>) -> Option<(u64, Option<u64>)> {
        let index = match log {
            Some(log) => self.0.iter().position(|(_, other)| *other == log)?,
            None => self.0.len().checked_sub(1)?,
        };
        let (first, _) = self.0.get(index)?;
        Some((*first, self.0.get(index + 1).map(|(end, _)| *end)))
    }

    /// Whether a log is one of the chain, and whether it is the one that is written.
    pub(super) fn holds(&self, log: LogId) -> Option<bool> {
        let index = self.0.iter().position(|(_, other)| *other == log)?;
        Some(index + 1 == self.0.len())
    }
}

/// Ends an organization's log and begins another.
pub(super) fn open(conn: &Connection, org: OrgId, log: LogId) -> Result<(), Fault> {
    let nr = org_nr(conn, org)?;
    one(
        conn,
        "INSERT INTO log (org, generation, first, log_id)
         SELECT org, (SELECT count(*) FROM log WHERE org = ?1), next_position, ?2
         FROM head WHERE org = ?1",
        params![nr, log.bytes()],
    )
}

/// Begins the first log of a new organization.
pub(super) fn begin(conn: &Connection, org: OrgId, log: LogId) -> Result<(), Fault> {
    one(
        conn,
        "INSERT INTO head (org, next_position) VALUES (?1, 0)",
        [org_nr(conn, org)?],
    )?;
    open(conn, org, log)
}

fn nr(conn: &Connection, org: OrgId) -> rusqlite::Result<Option<i64>> {
    conn.prepare_cached("SELECT nr FROM organization WHERE id = ?1")?
        .query_row([org.bytes()], |row| row.get(0))
        .optional()
}

/// A log's id as it is stored.
pub(super) fn log_id(row: &Row<'_>, column: usize) -> rusqlite::Result<LogId> {
    Ok(LogId::from_uuid(Uuid::from_bytes(row.get(column)?)))
}

/// A position or a sequence number as it is read; it is never negative.
pub(super) fn number(stored: i64) -> u64 {
    u64::try_from(stored).unwrap_or(0)
}

/// A position or a sequence number as it is stored.
pub(super) fn stored(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
