//! Preconditions, as SQL.

use super::rows::bodies;
use crate::clock::Timestamp;
use crate::domain::people::Token;
use crate::store::{Count, Key, Precondition, RowRef};
use rusqlite::{Connection, OptionalExtension, Params, params};

/// Whether a precondition holds at the group's instant.
pub(super) fn holds(
    conn: &Connection,
    precondition: &Precondition,
    at: Timestamp,
) -> rusqlite::Result<bool> {
    Ok(match precondition {
        Precondition::At(row, version) => self::version(conn, row)? == Some(*version),
        Precondition::Absent(key) => !exists(conn, key)?,
        Precondition::Before(instant) => at < *instant,
        Precondition::NotBefore(instant) => at >= *instant,
        Precondition::Fewer(what, limit) => count(conn, what, at)? < *limit,
        Precondition::AtLeast(what, limit) => count(conn, what, at)? >= *limit,
    })
}

fn version(conn: &Connection, row: &RowRef) -> rusqlite::Result<Option<i64>> {
    let by_id = |sql: &str, id: &[u8; 16]| value(conn, sql, [id]);
    match row {
        RowRef::Organization(id) => {
            by_id("SELECT version FROM organization WHERE id = ?1", id.bytes())
        }
        RowRef::Settings(id) => by_id(
            "SELECT s.version FROM settings s JOIN organization o ON o.nr = s.org WHERE o.id = ?1",
            id.bytes(),
        ),
        RowRef::Policy(id) => by_id(
            "SELECT coalesce(max(version), 0) FROM policy
             WHERE org = (SELECT nr FROM organization WHERE id = ?1)",
            id.bytes(),
        ),
        RowRef::PendingChange(org, id) => value(
            conn,
            "SELECT 1 FROM pending_change
             WHERE org = (SELECT nr FROM organization WHERE id = ?1) AND id = ?2",
            params![org.bytes(), id.bytes()],
        ),
        RowRef::Principal(id) => by_id("SELECT version FROM principal WHERE id = ?1", id.bytes()),
        RowRef::Token(id) => by_id("SELECT version FROM token WHERE id = ?1", id.bytes()),
        RowRef::Code(id) => by_id("SELECT version FROM code WHERE id = ?1", id.bytes()),
        RowRef::Request(id) => by_id(
            "SELECT version FROM request WHERE identity = ?1",
            id.bytes(),
        ),
        RowRef::Webhook(id) => by_id("SELECT version FROM webhook WHERE id = ?1", id.bytes()),
        RowRef::Assignment(principal, role, scope) => value(
            conn,
            ASSIGNED,
            params![principal.bytes(), role.as_str(), scope.to_string()],
        ),
    }
}

/// An assignment is there or not, so its version is 1.
const ASSIGNED: &str = "SELECT 1 FROM assignment WHERE principal = ?1 AND role = ?2 AND scope = ?3";

fn exists(conn: &Connection, key: &Key) -> rusqlite::Result<bool> {
    const LABEL: &str = "SELECT 1 FROM principal p JOIN organization o ON o.nr = p.org
        WHERE o.id = ?1 AND p.label = ?2 AND p.kind = ?3";
    let found = match key {
        Key::OrganizationId(id) => value(
            conn,
            "SELECT 1 FROM organization WHERE id = ?1",
            [id.bytes()],
        ),
        Key::OrganizationName(name) => value(
            conn,
            "SELECT 1 FROM organization WHERE name = ?1",
            [name.to_lowercase()],
        ),
        Key::Provider => value(
            conn,
            "SELECT 1 FROM organization WHERE kind = 'provider'",
            [],
        ),
        Key::Address(org, address) => value(
            conn,
            LABEL,
            params![org.bytes(), address.to_lowercase(), "person"],
        ),
        Key::RobotName(org, name) => value(
            conn,
            LABEL,
            params![org.bytes(), name.to_lowercase(), "robot"],
        ),
        Key::Reference(org, reference) => value(
            conn,
            "SELECT 1 FROM request r JOIN organization o ON o.nr = r.org
             WHERE o.id = ?1 AND r.reference = ?2",
            params![org.bytes(), reference.to_uppercase()],
        ),
        Key::Assignment(principal, role, scope) => value(
            conn,
            ASSIGNED,
            params![principal.bytes(), role.as_str(), scope.to_string()],
        ),
        Key::PendingChange(org) => value(
            conn,
            "SELECT 1 FROM pending_change
             WHERE org = (SELECT nr FROM organization WHERE id = ?1)",
            [org.bytes()],
        ),
    };
    Ok(found?.is_some())
}

/// How many rows a count covers at an instant.
pub(super) fn count(conn: &Connection, what: &Count, at: Timestamp) -> rusqlite::Result<u32> {
    let found = match what {
        Count::OpenInTenant(org) => value(
            conn,
            "SELECT COUNT(*) FROM request WHERE org = (SELECT nr FROM organization WHERE id = ?1)
                AND state IN ('InternalReview', 'Pending') AND due > ?2",
            params![org.bytes(), at.millis()],
        ),
        Count::WaitingInTenant(org) => value(
            conn,
            "SELECT COUNT(*) FROM request WHERE org = (SELECT nr FROM organization WHERE id = ?1)
                AND state = 'Pending' AND due > ?2",
            params![org.bytes(), at.millis()],
        ),
        Count::OpenOfRequester(requester) => value(
            conn,
            "SELECT COUNT(*) FROM request WHERE requester = ?1
                AND state IN ('InternalReview', 'Pending') AND due > ?2",
            params![requester.bytes(), at.millis()],
        ),
        Count::UnendedOfRequester(requester) => value(
            conn,
            "SELECT COUNT(*) FROM request WHERE requester = ?1
                AND state IN ('InternalReview', 'Pending', 'Approved') AND due > ?2",
            params![requester.bytes(), at.millis()],
        ),
        Count::LiveInTenant(org) => value(
            conn,
            "SELECT COUNT(*) FROM request WHERE org = (SELECT nr FROM organization WHERE id = ?1)
                AND state = 'Approved' AND due > ?2",
            params![org.bytes(), at.millis()],
        ),
        Count::EmergenciesInTenant(org) => value(
            conn,
            "SELECT COUNT(*) FROM request WHERE org = (SELECT nr FROM organization WHERE id = ?1)
                AND arrived AND json_extract(body, '$.emergency') IS NOT NULL",
            [org.bytes()],
        ),
        Count::LiveTokens(org, principal) => {
            let tokens: Vec<Token> = bodies(
                conn,
                "SELECT body FROM token WHERE org = (SELECT nr FROM organization WHERE id = ?1)
                    AND principal = ?2",
                params![org.bytes(), principal.bytes()],
            )?;
            let live = |token: &&Token| token.revoked_at.is_none() && at < token.expires_at;
            Ok(i64::try_from(tokens.iter().filter(live).count()).ok())
        }
        Count::Webhooks(org) => value(
            conn,
            "SELECT COUNT(*) FROM webhook WHERE org = (SELECT nr FROM organization WHERE id = ?1)",
            [org.bytes()],
        ),
        Count::OtherHolders { org, role, except } => value(
            conn,
            "SELECT COUNT(DISTINCT a.principal)
             FROM assignment a JOIN principal p ON p.id = a.principal
             WHERE a.org = (SELECT nr FROM organization WHERE id = ?1) AND a.role = ?2
                AND a.principal <> ?3 AND p.kind = 'person' AND p.enabled",
            params![org.bytes(), role.as_str(), except.bytes()],
        ),
    };
    Ok(found?.map_or(0, |rows| u32::try_from(rows).unwrap_or(u32::MAX)))
}

fn value(conn: &Connection, sql: &str, params: impl Params) -> rusqlite::Result<Option<i64>> {
    conn.prepare_cached(sql)?
        .query_row(params, |row| row.get(0))
        .optional()
}
