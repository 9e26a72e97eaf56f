//! Records: each takes the next place in its log.

use super::fault::Fault;
use super::rows::{Drawn, one};
use crate::audit::draft::Draft;
use crate::audit::text::fold;
use crate::audit::{Place, seal};
use crate::clock::Timestamp;
use crate::ids::{LogId, RecordId};
use rusqlite::{Connection, OptionalExtension, named_params, params};
use std::borrow::Cow;
use uuid::Uuid;

/// Appends a record to its organization's log; returns its sequence number.
pub(super) fn append(
    conn: &Connection,
    draft: &Draft,
    drawn: &[Drawn],
    at: Timestamp,
    test_clock: bool,
) -> Result<(RecordId, u64), Fault> {
    let draft = with_reference(draft, drawn);
    let (org, log_id, sequence) = head(conn, &draft)?;
    let number = u64::try_from(sequence).map_err(|error| Fault::Other(error.to_string()))?;
    let sealed = seal(
        &draft,
        &Place {
            log_id,
            sequence: number,
            recorded_at: at,
            test_clock,
        },
    )
    .map_err(|error| Fault::Other(format!("{error:?}")))?;
    let beside =
        serde_json::to_string(&sealed.beside).map_err(|error| Fault::Other(error.to_string()))?;
    one(
        conn,
        "INSERT INTO record (org, sequence, id, creation, record_type, operation, user_id,
            address, object_id, request, text, leaf_hash, canonical, beside)
         VALUES (:org, :sequence, :id, :creation, :record_type, :operation, :user_id,
            :address, :object_id, :request, :text, :leaf_hash, :canonical, :beside)",
        named_params! {
            ":org": org,
            ":sequence": sequence,
            ":id": draft.id.bytes(),
            ":creation": sealed.creation.millis(),
            ":record_type": sealed.record_type,
            ":operation": fold(&sealed.operation),
            ":user_id": fold(&sealed.user_id),
            ":address": sealed.client_address,
            ":object_id": fold(&sealed.object_id),
            ":request": draft.request.as_ref().map(|link| *link.identity.bytes()),
            ":text": sealed.text,
            ":leaf_hash": sealed.leaf_hash,
            ":canonical": sealed.canonical,
            ":beside": beside,
        },
    )?;
    one(
        conn,
        "UPDATE head SET next_sequence = ?2 WHERE org = ?1",
        params![org, sequence + 1],
    )?;
    Ok((draft.id, number))
}

/// The reference number that was drawn in the same change, filled in where the draft has none.
fn with_reference<'a>(draft: &'a Draft, drawn: &[Drawn]) -> Cow<'a, Draft> {
    let reference = draft
        .request
        .as_ref()
        .filter(|link| link.reference.is_empty())
        .and_then(|link| {
            drawn
                .iter()
                .find(|(identity, _)| *identity == link.identity)
        });
    let Some((_, reference)) = reference else {
        return Cow::Borrowed(draft);
    };
    let mut draft = draft.clone();
    if let Some(link) = &mut draft.request {
        link.reference.clone_from(reference);
    }
    Cow::Owned(draft)
}

fn head(conn: &Connection, draft: &Draft) -> Result<(i64, LogId, i64), Fault> {
    conn.prepare_cached(
        "SELECT h.org, h.log_id, h.next_sequence
         FROM head h JOIN organization o ON o.nr = h.org WHERE o.id = ?1",
    )?
    .query_row([draft.org.bytes()], |row| {
        let log_id = LogId::from_uuid(Uuid::from_bytes(row.get(1)?));
        Ok((row.get(0)?, log_id, row.get(2)?))
    })
    .optional()?
    .ok_or(Fault::gone("log"))
}
