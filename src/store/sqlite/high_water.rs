//! The high-water mark of this database, and whether it is behind another.

use super::logs::{Chain, log_id, number, stored};
use super::meta;
use crate::clock::Timestamp;
use crate::crypto::Sha256;
use crate::ids::OrgId;
use crate::store::{HighWater, LogMark};
use rusqlite::{Connection, OptionalExtension, params};
use uuid::Uuid;

/// How far everything has come, as of one moment.
pub(super) fn read(conn: &Connection) -> rusqlite::Result<HighWater> {
    let transaction = conn.unchecked_transaction()?;
    let logs = transaction
        .prepare_cached(
            "SELECT o.id, l.log_id, h.next_position - l.first, o.next_reference, r.leaf_hash
             FROM organization o
             JOIN head h ON h.org = o.nr
             JOIN log l ON l.org = o.nr
                AND l.generation = (SELECT max(generation) FROM log WHERE org = o.nr)
             LEFT JOIN record r ON r.org = o.nr AND r.position = h.next_position - 1
                AND h.next_position > l.first
             ORDER BY o.nr",
        )?
        .query_map([], |row| {
            let leaf: Option<Sha256> = row.get(4)?;
            Ok(LogMark {
                organization_id: OrgId::from_uuid(Uuid::from_bytes(row.get(0)?)),
                log_id: log_id(row, 1)?,
                records: number(row.get(2)?),
                leaf_hash: leaf.map(hex::encode),
                next_reference: row.get(3)?,
            })
        })?
        .collect::<rusqlite::Result<_>>()?;
    let time = meta::get(&transaction, meta::MARK)?.map(Timestamp::from_millis);
    Ok(HighWater { time, logs })
}

/// What this database lacks of what a high-water mark says was there.
pub(super) fn lacks(conn: &Connection, mark: &HighWater) -> rusqlite::Result<Option<String>> {
    for log in &mark.logs {
        let org = log.organization_id;
        let chain = Chain::of(conn, org)?;
        let what = match chain.holds(log.log_id) {
            None => format!("it does not have the log {} of {org}", log.log_id),
            // A restore has ended this log, and the next one says so.
            Some(false) => continue,
            Some(true) => {
                let Some(last) = log.records.checked_sub(1) else {
                    continue;
                };
                match leaf(conn, org, chain.position(Some(log.log_id), last))? {
                    None => format!(
                        "the log {} of {org} had {} records, and the last is not there",
                        log.log_id, log.records
                    ),
                    Some(leaf) if Some(hex::encode(leaf)) == log.leaf_hash => continue,
                    Some(_) => format!(
                        "record {last} of the log {} of {org} is another one",
                        log.log_id
                    ),
                }
            }
        };
        return Ok(Some(what));
    }
    Ok(None)
}

fn leaf(conn: &Connection, org: OrgId, position: Option<u64>) -> rusqlite::Result<Option<Sha256>> {
    let Some(position) = position else {
        return Ok(None);
    };
    conn.prepare_cached(
        "SELECT leaf_hash FROM record
         WHERE org = (SELECT nr FROM organization WHERE id = ?1) AND position = ?2",
    )?
    .query_row(params![org.bytes(), stored(position)], |row| row.get(0))
    .optional()
}
