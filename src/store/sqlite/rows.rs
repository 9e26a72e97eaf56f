//! How rows are written and read back: the body is the whole row, the columns are what queries
//! need, and this file alone keeps the two together.

use super::fault::Fault;
use super::{deliveries, logs, notices, outbox, policy};
use crate::clock::{Timestamp, When};
use crate::domain::organization::{OrgKind, OrgState, Organization, Settings};
use crate::domain::people::{Assignment, Code, Principal, PrincipalKind, Token};
use crate::domain::request::{Request, Stamp};
use crate::ids::{OrgId, PrincipalId, RequestId};
use crate::store::RowWrite;
use rusqlite::types::Type;
use rusqlite::{Connection, OptionalExtension, Params, Row, named_params, params};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// A reference number that the store has drawn for a request.
pub(super) type Drawn = (RequestId, String);

/// Writes one row; returns the reference number, where one was drawn.
pub(super) fn write(
    conn: &Connection,
    write: &RowWrite,
    at: Timestamp,
) -> Result<Option<Drawn>, Fault> {
    match write {
        RowWrite::InsertOrganization(row) => insert_organization(conn, row)?,
        RowWrite::UpdateOrganization(row) => update_organization(conn, row)?,
        RowWrite::PutSettings(row) => put_settings(conn, row)?,
        RowWrite::PutPolicy(row) => policy::put(conn, row, at)?,
        RowWrite::PutPendingChange(row) => policy::propose(conn, row, at)?,
        RowWrite::RemovePendingChange(org, id) => policy::settle(conn, *org, *id)?,
        RowWrite::InsertPrincipal(row) => insert_principal(conn, row)?,
        RowWrite::UpdatePrincipal(row) => update_principal(conn, row)?,
        RowWrite::InsertAssignment(row) => insert_assignment(conn, row)?,
        RowWrite::RemoveAssignment(principal, role, scope) => one(
            conn,
            "DELETE FROM assignment WHERE principal = ?1 AND role = ?2 AND scope = ?3",
            params![principal.bytes(), role.as_str(), scope.to_string()],
        )?,
        RowWrite::InsertToken(row) => insert_token(conn, row)?,
        RowWrite::RevokeToken(id) => {
            let token: Option<Token> = body(
                conn,
                "SELECT body FROM token WHERE id = ?1",
                params![id.bytes()],
            )?;
            revoke(conn, token.ok_or(Fault::gone("token"))?, at)?;
        }
        RowWrite::EndToken(id, end) => {
            let token: Option<Token> = body(
                conn,
                "SELECT body FROM token WHERE id = ?1",
                params![id.bytes()],
            )?;
            let mut token = token.ok_or(Fault::gone("token"))?;
            token.expires_at = token.expires_at.min(end.resolve(at));
            update_token(conn, token)?;
        }
        RowWrite::RevokeTokensOf(org, principal) => {
            for token in bodies::<Token>(
                conn,
                "SELECT body FROM token
                 WHERE org = (SELECT nr FROM organization WHERE id = ?1) AND principal = ?2",
                params![org.bytes(), principal.bytes()],
            )? {
                if at < token.expires_at {
                    revoke(conn, token, at)?;
                }
            }
        }
        RowWrite::InsertCode(row) => insert_code(conn, row)?,
        RowWrite::UseCode(id) => {
            let code: Option<Code> = body(
                conn,
                "SELECT body FROM code WHERE id = ?1",
                params![id.bytes()],
            )?;
            let mut code = code.ok_or(Fault::gone("code"))?;
            code.used_at = Some(at);
            update_code(conn, code)?;
        }
        RowWrite::VoidCodesOf(principal) => void_codes(conn, *principal, at)?,
        RowWrite::OpenLog(org, log) => logs::open(conn, *org, *log)?,
        RowWrite::RaiseReferences(org, next) => one(
            conn,
            "UPDATE organization SET next_reference = max(next_reference, ?2) WHERE id = ?1",
            params![org.bytes(), next],
        )?,
        RowWrite::HoldOutbox(org) => outbox::hold(conn, *org, at)?,
        RowWrite::ReleaseOutbox(org) => outbox::release(conn, *org)?,
        RowWrite::GiveUpDelivery(id, result) => deliveries::give_up(conn, *id, result, at)?,
        RowWrite::ResumeDelivery(id) => deliveries::resume(conn, *id, at)?,
        RowWrite::PutWebhook(row) => notices::put_webhook(conn, row, at)?,
        RowWrite::RemoveWebhook(org, id) => notices::remove_webhook(conn, *org, *id)?,
        RowWrite::PutTemplate(org, event, language, template) => {
            notices::put_template(conn, *org, *event, *language, template.as_deref())?;
        }
        RowWrite::InsertRequest(row, stamps) => {
            return insert_request(conn, stamped(row, stamps, at));
        }
        RowWrite::UpdateRequest(row, stamps) => {
            update_request(conn, stamped(row, stamps, at))?;
        }
    }
    Ok(None)
}

const fn kind_word(kind: OrgKind) -> &'static str {
    match kind {
        OrgKind::Provider => "provider",
        OrgKind::Tenant => "tenant",
    }
}

/// The word of an organization's state in its column.
pub(super) const fn org_state_word(state: OrgState) -> &'static str {
    match state {
        OrgState::Unclaimed => "Unclaimed",
        OrgState::Active => "Active",
        OrgState::Suspended => "Suspended",
    }
}

const fn principal_kind_word(kind: PrincipalKind) -> &'static str {
    match kind {
        PrincipalKind::Person => "person",
        PrincipalKind::Robot => "robot",
    }
}

fn insert_organization(conn: &Connection, row: &Organization) -> Result<(), Fault> {
    let row = Organization {
        version: 1,
        ..row.clone()
    };
    one(
        conn,
        "INSERT INTO organization (id, name, kind, state, version, next_reference, body)
         VALUES (?1, ?2, ?3, ?4, ?5, 1, ?6)",
        params![
            row.id.bytes(),
            row.name.to_lowercase(),
            kind_word(row.kind),
            org_state_word(row.state),
            row.version,
            json(&row)?
        ],
    )?;
    logs::begin(conn, row.id, row.log_id)
}

fn update_organization(conn: &Connection, row: &Organization) -> Result<(), Fault> {
    let mut row = row.clone();
    row.version = next_version(
        conn,
        "SELECT version + 1 FROM organization WHERE id = ?1",
        params![row.id.bytes()],
    )?
    .ok_or(Fault::gone("organization"))?;
    one(
        conn,
        "UPDATE organization SET name = ?2, state = ?3, version = ?4, body = ?5 WHERE id = ?1",
        params![
            row.id.bytes(),
            row.name.to_lowercase(),
            org_state_word(row.state),
            row.version,
            json(&row)?
        ],
    )
}

fn put_settings(conn: &Connection, row: &Settings) -> Result<(), Fault> {
    let org = org_nr(conn, row.org)?;
    let mut row = row.clone();
    row.version = next_version(
        conn,
        "SELECT version + 1 FROM settings WHERE org = ?1",
        params![org],
    )?
    .unwrap_or(1);
    one(
        conn,
        "INSERT INTO settings (org, version, body) VALUES (?1, ?2, ?3)
         ON CONFLICT (org) DO UPDATE SET version = excluded.version, body = excluded.body",
        params![org, row.version, json(&row)?],
    )
}

fn insert_principal(conn: &Connection, row: &Principal) -> Result<(), Fault> {
    let row = Principal {
        version: 1,
        ..row.clone()
    };
    one(
        conn,
        "INSERT INTO principal (org, id, kind, label, owner, enabled, version, body)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        params![
            org_nr(conn, row.org)?,
            row.id.bytes(),
            principal_kind_word(row.kind),
            row.label().to_lowercase(),
            row.owner.map(|owner| *owner.bytes()),
            row.enabled,
            row.version,
            json(&row)?
        ],
    )
}

fn update_principal(conn: &Connection, row: &Principal) -> Result<(), Fault> {
    let mut row = row.clone();
    row.version = next_version(
        conn,
        "SELECT version + 1 FROM principal WHERE id = ?1",
        params![row.id.bytes()],
    )?
    .ok_or(Fault::gone("principal"))?;
    one(
        conn,
        "UPDATE principal SET label = ?2, owner = ?3, enabled = ?4, version = ?5, body = ?6
         WHERE id = ?1",
        params![
            row.id.bytes(),
            row.label().to_lowercase(),
            row.owner.map(|owner| *owner.bytes()),
            row.enabled,
            row.version,
            json(&row)?
        ],
    )
}

fn insert_assignment(conn: &Connection, row: &Assignment) -> Result<(), Fault> {
    one(
        conn,
        "INSERT INTO assignment (principal, role, scope, org, assigned_at)
         VALUES (?1, ?2, ?3, ?4, ?5)",
        params![
            row.principal.bytes(),
            row.role.as_str(),
            row.scope.to_string(),
            org_nr(conn, row.org)?,
            row.assigned_at.millis()
        ],
    )
}

fn insert_token(conn: &Connection, row: &Token) -> Result<(), Fault> {
    let row = Token {
        version: 1,
        ..row.clone()
    };
    one(
        conn,
        "INSERT INTO token (org, id, principal, hash, version, body)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        params![
            org_nr(conn, row.org)?,
            row.id.bytes(),
            row.principal.bytes(),
            row.hash,
            row.version,
            json(&row)?
        ],
    )
}

/// A token that was revoked before stays as it was: the first end is the true one.
fn revoke(conn: &Connection, mut token: Token, at: Timestamp) -> Result<(), Fault> {
    if token.revoked_at.is_some() {
        return Ok(());
    }
    token.revoked_at = Some(at);
    update_token(conn, token)
}

fn update_token(conn: &Connection, mut token: Token) -> Result<(), Fault> {
    token.version += 1;
    one(
        conn,
        "UPDATE token SET version = ?2, body = ?3 WHERE id = ?1",
        params![token.id.bytes(), token.version, json(&token)?],
    )
}

fn insert_code(conn: &Connection, row: &Code) -> Result<(), Fault> {
    let row = Code {
        version: 1,
        ..row.clone()
    };
    one(
        conn,
        "INSERT INTO code (org, id, principal, hash, version, body)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        params![
            org_nr(conn, row.org)?,
            row.id.bytes(),
            row.principal.bytes(),
            row.hash,
            row.version,
            json(&row)?
        ],
    )
}

fn void_codes(conn: &Connection, principal: PrincipalId, at: Timestamp) -> Result<(), Fault> {
    for mut code in bodies::<Code>(
        conn,
        "SELECT body FROM code WHERE principal = ?1",
        params![principal.bytes()],
    )? {
        if code.used_at.is_none() && code.voided_at.is_none() {
            code.voided_at = Some(at);
            update_code(conn, code)?;
        }
    }
    Ok(())
}

fn update_code(conn: &Connection, mut code: Code) -> Result<(), Fault> {
    code.version += 1;
    one(
        conn,
        "UPDATE code SET version = ?2, body = ?3 WHERE id = ?1",
        params![code.id.bytes(), code.version, json(&code)?],
    )
}

fn stamped(row: &Request, stamps: &[(Stamp, When)], at: Timestamp) -> Request {
    let mut row = row.clone();
    for (stamp, when) in stamps {
        row.stamp(*stamp, when.resolve(at));
    }
    row
}

fn insert_request(conn: &Connection, mut row: Request) -> Result<Option<Drawn>, Fault> {
    let org = org_nr(conn, row.ask.tenant)?;
    let drawn = row.reference.is_empty();
    if drawn {
        row.reference = draw_reference(conn, org)?;
    } else {
        row.reference = row.reference.to_uppercase();
    }
    row.version = 1;
    one(
        conn,
        "INSERT INTO request (org, identity, reference, state, arrived, grant_id, due, wake, asking,
            created, service, requester, version, body)
         VALUES (:org, :identity, :reference, :state, :arrived, :grant, :due, :wake, :asking,
            :created, :service, :requester, :version, :body)",
        named_params! {
            ":org": org,
            ":identity": row.identity.bytes(),
            ":reference": row.reference,
            ":state": row.state.as_str(),
            ":arrived": row.arrived(),
            ":grant": row.grant.map(|grant| *grant.bytes()),
            ":due": row.due().map(Timestamp::millis),
            ":wake": row.wakes().map(Timestamp::millis),
            ":asking": row.asking().map(Timestamp::millis),
            ":created": row.created_at.millis(),
            ":service": row.ask.service,
            ":requester": row.requester.id.bytes(),
            ":version": row.version,
            ":body": json(&row)?,
        },
    )?;
    Ok(drawn.then_some((row.identity, row.reference)))
}

/// The tenant's next number that nobody has supplied; gaps are allowed, doubles are not.
fn draw_reference(conn: &Connection, org: i64) -> Result<String, Fault> {
    let mut number: i64 = conn
        .prepare_cached("SELECT next_reference FROM organization WHERE nr = ?1")?
        .query_row([org], |row| row.get(0))?;
    let mut taken =
        conn.prepare_cached("SELECT 1 FROM request WHERE org = ?1 AND reference = ?2")?;
    let reference = loop {
        let reference = format!("EXSR{number:06}");
        number += 1;
        if !taken.exists(params![org, reference])? {
            break reference;
        }
    };
    one(
        conn,
        "UPDATE organization SET next_reference = ?2 WHERE nr = ?1",
        params![org, number],
    )?;
    Ok(reference)
}

fn update_request(conn: &Connection, mut row: Request) -> Result<(), Fault> {
    row.version = next_version(
        conn,
        "SELECT version + 1 FROM request WHERE identity = ?1 AND reference = ?2",
        params![row.identity.bytes(), row.reference],
    )?
    .ok_or(Fault::gone("request"))?;
    one(
        conn,
        "UPDATE request SET state = :state, arrived = :arrived, grant_id = :grant, due = :due,
            wake = :wake, asking = :asking, version = :version, body = :body
         WHERE identity = :identity",
        named_params! {
            ":identity": row.identity.bytes(),
            ":state": row.state.as_str(),
            ":arrived": row.arrived(),
            ":grant": row.grant.map(|grant| *grant.bytes()),
            ":due": row.due().map(Timestamp::millis),
            ":wake": row.wakes().map(Timestamp::millis),
            ":asking": row.asking().map(Timestamp::millis),
            ":version": row.version,
            ":body": json(&row)?,
        },
    )
}

/// The small integer that an organization is inside.
pub(super) fn org_nr(conn: &Connection, org: OrgId) -> Result<i64, Fault> {
    conn.prepare_cached("SELECT nr FROM organization WHERE id = ?1")?
        .query_row([org.bytes()], |row| row.get(0))
        .optional()?
        .ok_or(Fault::gone("organization"))
}

/// Runs a statement that must change exactly one row.
pub(super) fn one(conn: &Connection, sql: &str, params: impl Params) -> Result<(), Fault> {
    match conn.prepare_cached(sql)?.execute(params)? {
        1 => Ok(()),
        changed => Err(Fault::Other(format!("{changed} rows changed by: {sql}"))),
    }
}

pub(super) fn next_version(
    conn: &Connection,
    sql: &str,
    params: impl Params,
) -> rusqlite::Result<Option<i64>> {
    conn.prepare_cached(sql)?
        .query_row(params, |row| row.get(0))
        .optional()
}

pub(super) fn json(row: &impl Serialize) -> Result<String, Fault> {
    serde_json::to_string(row).map_err(|error| Fault::Other(error.to_string()))
}

/// One row by its body, the first column.
pub(super) fn body<T: DeserializeOwned>(
    conn: &Connection,
    sql: &str,
    params: impl Params,
) -> rusqlite::Result<Option<T>> {
    conn.prepare_cached(sql)?
        .query_row(params, from_body)
        .optional()
}

/// Rows by their body, the first column.
pub(super) fn bodies<T: DeserializeOwned>(
    conn: &Connection,
    sql: &str,
    params: impl Params,
) -> rusqlite::Result<Vec<T>> {
    conn.prepare_cached(sql)?
        .query_map(params, from_body)?
        .collect()
}

/// Reads a row from its body, the first column.
pub(super) fn from_body<T: DeserializeOwned>(row: &Row<'_>) -> rusqlite::Result<T> {
    from_json(row.get_ref(0)?.as_str()?, 0)
}

/// Reads a JSON text column.
pub(super) fn from_json<T: DeserializeOwned>(text: &str, column: usize) -> rusqlite::Result<T> {
    serde_json::from_str(text).map_err(|error| unreadable(column, error))
}

/// The error for a stored value that this program cannot read.
pub(super) fn unreadable(
    column: usize,
    error: impl std::error::Error + Send + Sync + 'static,
) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(column, Type::Text, Box::new(error))
}
