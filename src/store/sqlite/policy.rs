//! Policies, every version of them, and the changes that wait for a second pair of eyes.

use super::fault::Fault;
use super::read::limited;
use super::rows::{body, from_json, json, next_version, one, org_nr};
use crate::clock::Timestamp;
use crate::domain::policy::stored::{PendingChange, PolicyVersion};
use crate::ids::{ChangeId, OrgId};
use crate::store::Page;
use rusqlite::{Connection, OptionalExtension, Row, params};

type Sql<T> = rusqlite::Result<T>;

/// Puts the next version; it counts from the commit on.
pub(super) fn put(conn: &Connection, row: &PolicyVersion, at: Timestamp) -> Result<(), Fault> {
    let org = org_nr(conn, row.org)?;
    let version = next_version(
        conn,
        "SELECT coalesce(max(version), 0) + 1 FROM policy WHERE org = ?1",
        [org],
    )?;
    one(
        conn,
        "INSERT INTO policy (org, version, hash, document, put_by, put_at, reason, summary)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        params![
            org,
            version,
            row.hash,
            row.document,
            json(&row.put_by)?,
            at.millis(),
            row.reason,
            json(&row.summary)?
        ],
    )
}

/// Puts a change that waits from the commit on.
pub(super) fn propose(conn: &Connection, row: &PendingChange, at: Timestamp) -> Result<(), Fault> {
    let row = PendingChange {
        proposed_at: at,
        ..row.clone()
    };
    one(
        conn,
        "INSERT INTO pending_change (org, id, body) VALUES (?1, ?2, ?3)
         ON CONFLICT (org) DO UPDATE SET id = excluded.id, body = excluded.body",
        params![org_nr(conn, row.org)?, row.id.bytes(), json(&row)?],
    )
}

/// Removes a change that waits.
pub(super) fn settle(conn: &Connection, org: OrgId, id: ChangeId) -> Result<(), Fault> {
    one(
        conn,
        "DELETE FROM pending_change WHERE org = ?1 AND id = ?2",
        params![org_nr(conn, org)?, id.bytes()],
    )
}

const COLUMNS: &str = "SELECT version, hash, document, put_by, put_at, reason, summary FROM policy
    WHERE org = (SELECT nr FROM organization WHERE id = ?1)";

fn from_row(org: OrgId) -> impl Fn(&Row<'_>) -> Sql<PolicyVersion> {
    move |row| {
        Ok(PolicyVersion {
            org,
            version: row.get(0)?,
            hash: row.get(1)?,
            document: row.get(2)?,
            put_by: from_json(row.get_ref(3)?.as_str()?, 3)?,
            put_at: Timestamp::from_millis(row.get(4)?),
            reason: row.get(5)?,
            summary: from_json(row.get_ref(6)?.as_str()?, 6)?,
        })
    }
}

pub(super) fn in_force(conn: &Connection, org: OrgId) -> Sql<Option<PolicyVersion>> {
    conn.prepare_cached(&format!("{COLUMNS} ORDER BY version DESC LIMIT 1"))?
        .query_row([org.bytes()], from_row(org))
        .optional()
}

pub(super) fn version(conn: &Connection, org: OrgId, version: i64) -> Sql<Option<PolicyVersion>> {
    conn.prepare_cached(&format!("{COLUMNS} AND version = ?2"))?
        .query_row(params![org.bytes(), version], from_row(org))
        .optional()
}

pub(super) fn list(
    conn: &Connection,
    org: OrgId,
    before: Option<i64>,
    limit: usize,
) -> Sql<Page<PolicyVersion>> {
    let sql = format!("{COLUMNS} AND version < ?2 ORDER BY version DESC LIMIT ?3");
    let mut rows = conn
        .prepare_cached(&sql)?
        .query_map(
            params![
                org.bytes(),
                before.unwrap_or(i64::MAX),
                limited(limit.saturating_add(1))
            ],
            from_row(org),
        )?
        .collect::<Sql<Vec<_>>>()?;
    let more = rows.len() > limit;
    rows.truncate(limit);
    Ok(Page { rows, more })
}

pub(super) fn pending(conn: &Connection, org: OrgId) -> Sql<Option<PendingChange>> {
    body(
        conn,
        "SELECT body FROM pending_change
         WHERE org = (SELECT nr FROM organization WHERE id = ?1)",
        [org.bytes()],
    )
}
