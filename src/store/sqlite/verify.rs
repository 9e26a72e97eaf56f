//! Whether a database still holds its logs: every record where it belongs, and none missing.

use super::logs::{Chain, number};
use super::rows::from_json;
use crate::audit::{PersonalValue, merkle, verify};
use crate::crypto::Sha256;
use crate::error::{Error, Kind, Result};
use crate::ids::OrgId;
use crate::store::EndedLog;
use rusqlite::Connection;
use uuid::Uuid;

/// SQLite's own check of the file.
pub(super) fn integrity(conn: &Connection) -> Result<()> {
    let found: rusqlite::Result<Vec<String>> = conn
        .prepare("PRAGMA integrity_check(5)")
        .and_then(|mut statement| statement.query_map([], |row| row.get(0))?.collect());
    match found {
        Ok(lines) if lines == ["ok"] => Ok(()),
        Ok(lines) => Err(damaged(&lines.join("; "))),
        Err(error) => Err(damaged(&error.to_string())),
    }
}

/// Checks every record of every log; gives how far the present log of each organization has come.
pub(super) fn logs(conn: &Connection) -> Result<Vec<EndedLog>> {
    let orgs: Vec<(i64, OrgId)> = conn
        .prepare("SELECT nr, id FROM organization ORDER BY nr")
        .and_then(|mut statement| {
            statement
                .query_map([], |row| {
                    Ok((row.get(0)?, OrgId::from_uuid(Uuid::from_bytes(row.get(1)?))))
                })?
                .collect()
        })
        .map_err(|error| damaged(&error.to_string()))?;
    orgs.into_iter()
        .map(|(nr, org)| log(conn, nr, org))
        .collect()
}

fn log(conn: &Connection, nr: i64, org: OrgId) -> Result<EndedLog> {
    let sql = |error: rusqlite::Error| damaged(&error.to_string());
    let head = super::logs::head(conn, nr)
        .map_err(sql)?
        .ok_or_else(|| damaged(&format!("{org} has no log")))?;
    let chain = Chain::of(conn, org).map_err(sql)?;
    let mut statement = conn
        .prepare(
            "SELECT position, canonical, beside, leaf_hash FROM record
             WHERE org = ?1 ORDER BY position",
        )
        .map_err(sql)?;
    let mut rows = statement.query([nr]).map_err(sql)?;
    let mut leaves = Vec::new();
    let mut next = 0;
    while let Some(row) = rows.next().map_err(sql)? {
        let read = || -> rusqlite::Result<(u64, Vec<u8>, Vec<PersonalValue>, Sha256)> {
            Ok((
                number(row.get(0)?),
                row.get(1)?,
                from_json(row.get_ref(2)?.as_str()?, 2)?,
                row.get(3)?,
            ))
        };
        let (position, canonical, beside, leaf) = read().map_err(sql)?;
        let wrong = |what: &str| damaged(&format!("record {position} of {org}: {what}"));
        if position != next {
            return Err(wrong(&format!("record {next} should stand there")));
        }
        let verified =
            verify(&canonical, &beside, &leaf).map_err(|error| wrong(error.message()))?;
        if chain.place(position) != Some((verified.log_id, verified.sequence)) {
            return Err(wrong("it says that it belongs elsewhere"));
        }
        if position >= head.first {
            leaves.push(leaf);
        }
        next += 1;
    }
    if next != head.next_position() {
        return Err(damaged(&format!(
            "{org} has {next} records and should have {}",
            head.next_position()
        )));
    }
    Ok(EndedLog {
        org,
        log_id: head.log_id,
        records: head.next_sequence,
        root: merkle::root(&leaves),
    })
}

fn damaged(what: &str) -> Error {
    Error::new(
        Kind::Unavailable,
        "backupDamaged",
        format!("The backup is damaged: {what}."),
        "Nothing was changed. Use another backup.",
    )
}
