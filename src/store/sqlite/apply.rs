//! One change inside the group's transaction: the key, the preconditions, the rows, the records.

use super::append::append;
use super::check::holds;
use super::fault::Fault;
use super::rows::{one, org_nr, write};
use super::{deliveries, outbox};
use crate::clock::Timestamp;
use crate::crypto::Sha256;
use crate::store::{Change, CommitError, IDEMPOTENCY_KEEP_MILLIS, Idempotency, Outcome, Upkeep};
use rusqlite::{Connection, OptionalExtension, params};
use serde_json::Value;

/// Applies a change. An `Err` inside says that nothing of it was written; a fault says that the
/// transaction must be rolled back.
pub(super) fn change(
    conn: &Connection,
    change: &Change,
    at: Timestamp,
    test_clock: bool,
) -> Result<Result<Outcome, CommitError>, Fault> {
    if let Some(key) = &change.idempotency
        && let Some((digest, answer)) = kept(conn, key, at)?
    {
        return Ok(if digest == key.digest {
            Ok(Outcome::Replayed(answer))
        } else {
            Err(CommitError::KeyReused)
        });
    }
    for precondition in &change.preconditions {
        if !holds(conn, precondition, at)? {
            let failed = Box::new(precondition.clone());
            return Ok(Err(CommitError::Failed(failed, at)));
        }
    }
    let mut drawn = Vec::new();
    for row in &change.writes {
        drawn.extend(write(conn, row, at)?);
    }
    let records = change
        .records
        .iter()
        .map(|draft| append(conn, draft, &drawn, at, test_clock))
        .collect::<Result<_, _>>()?;
    for event in &change.outbox {
        outbox::put(conn, event, at)?;
    }
    if let Some(key) = &change.idempotency {
        keep(conn, key, at)?;
    }
    Ok(Ok(Outcome::Applied(records)))
}

/// The answer that is kept for a key. Older ones do not count, whether or not they are pruned.
fn kept(
    conn: &Connection,
    key: &Idempotency,
    at: Timestamp,
) -> Result<Option<(Sha256, Value)>, Fault> {
    let found: Option<(Sha256, String)> = conn
        .prepare_cached(
            "SELECT digest, answer FROM idempotency
             WHERE org = (SELECT nr FROM organization WHERE id = ?1)
                AND principal = ?2 AND method = ?3 AND key = ?4 AND created > ?5",
        )?
        .query_row(
            params![
                key.org.bytes(),
                key.principal.bytes(),
                key.method,
                key.key,
                oldest_kept(at).millis()
            ],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .optional()?;
    let Some((digest, answer)) = found else {
        return Ok(None);
    };
    let answer = serde_json::from_str(&answer).map_err(|error| Fault::Other(error.to_string()))?;
    Ok(Some((digest, answer)))
}

/// Keys written at this instant or earlier are forgotten.
pub(super) const fn oldest_kept(at: Timestamp) -> Timestamp {
    at.plus_millis(-IDEMPOTENCY_KEEP_MILLIS)
}

fn keep(conn: &Connection, key: &Idempotency, at: Timestamp) -> Result<(), Fault> {
    one(
        conn,
        "INSERT INTO idempotency (org, principal, method, key, digest, created, answer)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
         ON CONFLICT (org, principal, method, key) DO UPDATE SET
            digest = excluded.digest, created = excluded.created, answer = excluded.answer",
        params![
            org_nr(conn, key.org)?,
            key.principal.bytes(),
            key.method,
            key.key,
            key.digest,
            at.millis(),
            key.answer.to_string()
        ],
    )
}

/// Applies bookkeeping; each arm writes the tables that [`Upkeep::tables`] names, and no other.
pub(super) fn upkeep(
    conn: &Connection,
    upkeep: &Upkeep,
    at: Timestamp,
    test_clock: bool,
) -> Result<(), Fault> {
    match upkeep {
        Upkeep::TokenUses(uses) => {
            let mut statement = conn.prepare_cached(
                "INSERT INTO token_use (token, at) VALUES (?1, ?2)
                 ON CONFLICT (token) DO UPDATE SET at = max(at, excluded.at)",
            )?;
            for one_use in uses {
                statement.execute(params![one_use.token.bytes(), one_use.at.millis()])?;
            }
        }
        Upkeep::PruneIdempotency(older_than) => {
            conn.prepare_cached("DELETE FROM idempotency WHERE created < ?1")?
                .execute([older_than.millis()])?;
        }
        Upkeep::PruneEvents(until, most) => outbox::forget(conn, *until, *most)?,
        Upkeep::Deliveries(events) => {
            for (event, made) in events {
                deliveries::make(conn, *event, made, at)?;
                outbox::told(conn, *event)?;
            }
        }
        Upkeep::SomeDeliveries(events) => {
            for (event, made) in events {
                deliveries::make(conn, *event, made, at)?;
            }
        }
        Upkeep::EndRemoved(id, most) => deliveries::end(conn, *id, *most, at)?,
        Upkeep::Lease(ids, until) => deliveries::lease(conn, ids, *until)?,
        Upkeep::ReleaseLeases => deliveries::release(conn)?,
        Upkeep::Attempts(attempts) => deliveries::attempted(conn, attempts, at)?,
        Upkeep::ClockOffset(millis) if test_clock => {
            super::meta::put(conn, super::meta::TEST_OFFSET, *millis)?;
        }
        Upkeep::ClockOffset(_) => {
            return Err(Fault::Other(
                "the clock of a database that is not a test database cannot be moved".to_owned(),
            ));
        }
    }
    Ok(())
}
