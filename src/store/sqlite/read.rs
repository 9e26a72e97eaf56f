//! Point reads and small lists.

use super::rows::{bodies, body, from_body, from_json, org_state_word, unreadable};
use crate::clock::Timestamp;
use crate::crypto::Sha256;
use crate::domain::organization::{OrgState, Organization, Settings};
use crate::domain::people::{Assignment, Code, Principal, Token};
use crate::domain::request::Request;
use crate::domain::scope::{Role, Scope};
use crate::ids::{GrantId, OrgId, PrincipalId, RequestId, TokenId};
use crate::store::{OrgRef, PrincipalRef, RequestRef, StoredAnswer};
use rusqlite::{Connection, OptionalExtension, Row, params};
use std::str::FromStr;
use uuid::Uuid;

type Sql<T> = rusqlite::Result<T>;

pub(super) fn provider(conn: &Connection) -> Sql<Option<Organization>> {
    body(
        conn,
        "SELECT body FROM organization WHERE kind = 'provider'",
        [],
    )
}

pub(super) fn organization(conn: &Connection, which: &OrgRef) -> Sql<Option<Organization>> {
    match which {
        OrgRef::Id(id) => body(
            conn,
            "SELECT body FROM organization WHERE id = ?1",
            [id.bytes()],
        ),
        OrgRef::Name(name) => body(
            conn,
            "SELECT body FROM organization WHERE name = ?1",
            [name.to_lowercase()],
        ),
    }
}

pub(super) fn tenants(
    conn: &Connection,
    state: Option<OrgState>,
    after: Option<String>,
    limit: usize,
) -> Sql<Vec<Organization>> {
    bodies(
        conn,
        "SELECT body FROM organization
         WHERE kind = 'tenant' AND name > ?1 AND (?2 IS NULL OR state = ?2)
         ORDER BY name LIMIT ?3",
        params![
            after.unwrap_or_default().to_lowercase(),
            state.map(org_state_word),
            limited(limit)
        ],
    )
}

pub(super) fn settings(conn: &Connection, org: OrgId) -> Sql<Option<Settings>> {
    body(
        conn,
        "SELECT body FROM settings WHERE org = (SELECT nr FROM organization WHERE id = ?1)",
        [org.bytes()],
    )
}

pub(super) fn principal(
    conn: &Connection,
    org: OrgId,
    which: &PrincipalRef,
) -> Sql<Option<Principal>> {
    match which {
        PrincipalRef::Id(id) => body(
            conn,
            "SELECT body FROM principal
             WHERE id = ?2 AND org = (SELECT nr FROM organization WHERE id = ?1)",
            params![org.bytes(), id.bytes()],
        ),
        // A person comes before a robot that is called like the person's address.
        PrincipalRef::Label(label) => body(
            conn,
            "SELECT body FROM principal
             WHERE org = (SELECT nr FROM organization WHERE id = ?1) AND label = ?2
             ORDER BY kind LIMIT 1",
            params![org.bytes(), label.trim().to_lowercase()],
        ),
    }
}

pub(super) fn principal_anywhere(conn: &Connection, id: PrincipalId) -> Sql<Option<Principal>> {
    body(
        conn,
        "SELECT body FROM principal WHERE id = ?1",
        [id.bytes()],
    )
}

pub(super) fn principals(
    conn: &Connection,
    org: OrgId,
    after: Option<PrincipalId>,
    limit: usize,
) -> Sql<Vec<Principal>> {
    bodies(
        conn,
        "SELECT body FROM principal
         WHERE org = (SELECT nr FROM organization WHERE id = ?1) AND id > ?2
         ORDER BY id LIMIT ?3",
        params![
            org.bytes(),
            // Every id is longer than the empty text of bytes, and so comes after it.
            after.map_or(Vec::new(), |id| id.bytes().to_vec()),
            limited(limit)
        ],
    )
}

/// Whether a person with this address has ever had a token.
pub(super) fn has_enrolled(conn: &Connection, org: OrgId, address: &str) -> Sql<bool> {
    conn.prepare_cached(
        "SELECT 1 FROM principal p JOIN token t ON t.org = p.org AND t.principal = p.id
         WHERE p.org = (SELECT nr FROM organization WHERE id = ?1)
            AND p.label = ?2 AND p.kind = 'person' LIMIT 1",
    )?
    .exists(params![org.bytes(), address.trim().to_lowercase()])
}

pub(super) fn robots_of(conn: &Connection, org: OrgId, owner: PrincipalId) -> Sql<Vec<Principal>> {
    bodies(
        conn,
        "SELECT body FROM principal
         WHERE org = (SELECT nr FROM organization WHERE id = ?1) AND owner = ?2
         ORDER BY id",
        params![org.bytes(), owner.bytes()],
    )
}

pub(super) fn assignments(
    conn: &Connection,
    org: OrgId,
    principal: Option<PrincipalId>,
) -> Sql<Vec<Assignment>> {
    let from_row = |row: &Row<'_>| {
        Ok(Assignment {
            org,
            principal: PrincipalId::from_uuid(Uuid::from_bytes(row.get(0)?)),
            role: word::<Role>(row, 1)?,
            scope: word::<Scope>(row, 2)?,
            assigned_at: Timestamp::from_millis(row.get(3)?),
        })
    };
    // Two texts, so that each finds its index.
    match principal {
        Some(principal) => conn
            .prepare_cached(
                "SELECT principal, role, scope, assigned_at FROM assignment
                 WHERE org = (SELECT nr FROM organization WHERE id = ?1) AND principal = ?2
                 ORDER BY role, scope",
            )?
            .query_map(params![org.bytes(), principal.bytes()], from_row)?
            .collect(),
        None => conn
            .prepare_cached(
                "SELECT principal, role, scope, assigned_at FROM assignment
                 WHERE org = (SELECT nr FROM organization WHERE id = ?1)
                 ORDER BY principal, role, scope",
            )?
            .query_map([org.bytes()], from_row)?
            .collect(),
    }
}

fn word<T: FromStr>(row: &Row<'_>, column: usize) -> Sql<T> {
    let text = row.get_ref(column)?.as_str()?;
    T::from_str(text).map_err(|_| unreadable(column, std::fmt::Error))
}

pub(super) fn token_by_hash(conn: &Connection, hash: &Sha256) -> Sql<Option<Token>> {
    body(conn, "SELECT body FROM token WHERE hash = ?1", [hash])
}

pub(super) fn token(conn: &Connection, org: OrgId, id: TokenId) -> Sql<Option<Token>> {
    body(
        conn,
        "SELECT body FROM token
         WHERE id = ?2 AND org = (SELECT nr FROM organization WHERE id = ?1)",
        params![org.bytes(), id.bytes()],
    )
}

pub(super) fn tokens(
    conn: &Connection,
    org: OrgId,
    principal: Option<PrincipalId>,
) -> Sql<Vec<(Token, Option<Timestamp>)>> {
    conn.prepare_cached(
        "SELECT t.body, u.at FROM token t LEFT JOIN token_use u ON u.token = t.id
         WHERE t.org = (SELECT nr FROM organization WHERE id = ?1)
            AND (?2 IS NULL OR t.principal = ?2)
         ORDER BY t.nr",
    )?
    .query_map(
        params![org.bytes(), principal.map(|id| *id.bytes())],
        |row| {
            let used: Option<i64> = row.get(1)?;
            Ok((from_body(row)?, used.map(Timestamp::from_millis)))
        },
    )?
    .collect()
}

pub(super) fn code_by_hash(conn: &Connection, hash: &Sha256) -> Sql<Option<Code>> {
    body(conn, "SELECT body FROM code WHERE hash = ?1", [hash])
}

pub(super) fn request(
    conn: &Connection,
    tenant: OrgId,
    which: &RequestRef,
) -> Sql<Option<Request>> {
    match which {
        RequestRef::Identity(identity) => body(
            conn,
            "SELECT body FROM request
             WHERE identity = ?2 AND org = (SELECT nr FROM organization WHERE id = ?1)",
            params![tenant.bytes(), identity.bytes()],
        ),
        RequestRef::Reference(reference) => body(
            conn,
            "SELECT body FROM request
             WHERE org = (SELECT nr FROM organization WHERE id = ?1) AND reference = ?2",
            params![tenant.bytes(), reference.trim().to_uppercase()],
        ),
    }
}

pub(super) fn request_anywhere(conn: &Connection, identity: RequestId) -> Sql<Option<Request>> {
    body(
        conn,
        "SELECT body FROM request WHERE identity = ?1",
        [identity.bytes()],
    )
}

pub(super) fn requests_by_id(conn: &Connection, identities: &[RequestId]) -> Sql<Vec<Request>> {
    let moment = conn.unchecked_transaction()?;
    identities
        .iter()
        .filter_map(|identity| request_anywhere(&moment, *identity).transpose())
        .collect()
}

pub(super) fn request_of_grant(conn: &Connection, grant: GrantId) -> Sql<Option<Request>> {
    body(
        conn,
        "SELECT body FROM request WHERE grant_id = ?1",
        [grant.bytes()],
    )
}

pub(super) fn overdue(conn: &Connection, now: Timestamp, limit: usize) -> Sql<Vec<Request>> {
    bodies(
        conn,
        "SELECT body FROM request WHERE due <= ?1 ORDER BY due, nr LIMIT ?2",
        params![now.millis(), limited(limit)],
    )
}

pub(super) fn next_due(conn: &Connection) -> Sql<Option<Timestamp>> {
    conn.prepare_cached("SELECT min(due) FROM request WHERE due IS NOT NULL")?
        .query_row([], |row| row.get::<_, Option<i64>>(0))
        .map(|due| due.map(Timestamp::from_millis))
}

pub(super) fn waking(conn: &Connection, now: Timestamp, limit: usize) -> Sql<Vec<Request>> {
    bodies(
        conn,
        "SELECT body FROM request WHERE wake <= ?1 ORDER BY wake, nr LIMIT ?2",
        params![now.millis(), limited(limit)],
    )
}

pub(super) fn next_wake(conn: &Connection) -> Sql<Option<Timestamp>> {
    conn.prepare_cached("SELECT min(wake) FROM request WHERE wake IS NOT NULL")?
        .query_row([], |row| row.get::<_, Option<i64>>(0))
        .map(|wake| wake.map(Timestamp::from_millis))
}

pub(super) fn asking(conn: &Connection, now: Timestamp, limit: usize) -> Sql<Vec<Request>> {
    bodies(
        conn,
        "SELECT body FROM request INDEXED BY request_asking
         WHERE asking IS NOT NULL AND due > ?1 ORDER BY asking, nr LIMIT ?2",
        params![now.millis(), limited(limit)],
    )
}

pub(super) fn answer(
    conn: &Connection,
    org: OrgId,
    principal: PrincipalId,
    method: &str,
    key: &str,
    oldest: Timestamp,
) -> Sql<Option<StoredAnswer>> {
    conn.prepare_cached(
        "SELECT digest, answer FROM idempotency
         WHERE org = (SELECT nr FROM organization WHERE id = ?1)
            AND principal = ?2 AND method = ?3 AND key = ?4 AND created > ?5",
    )?
    .query_row(
        params![org.bytes(), principal.bytes(), method, key, oldest.millis()],
        |row| {
            Ok(StoredAnswer {
                digest: row.get(0)?,
                answer: from_json(row.get_ref(1)?.as_str()?, 1)?,
            })
        },
    )
    .optional()
}

/// A limit as SQL takes it.
pub(super) fn limited(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}
