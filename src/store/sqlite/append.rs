//! Records: each takes the next place in its log.

use super::fault::Fault;
use super::logs::{self, stored};
use super::rows::{Drawn, one, org_nr};
use crate::audit::draft::Draft;
use crate::audit::text::fold;
use crate::audit::{Place, seal};
use crate::clock::Timestamp;
use crate::ids::RecordId;
use crate::store::Head;
use rusqlite::{Connection, named_params, params};
use std::borrow::Cow;

/// Appends a record to its organization's log; returns its position.
pub(super) fn append(
    conn: &Connection,
    draft: &Draft,
    drawn: &[Drawn],
    at: Timestamp,
    test_clock: bool,
) -> Result<(RecordId, u64), Fault> {
    let draft = with_reference(draft, drawn);
    let (org, head) = head(conn, &draft)?;
    let position = head.next_position();
    let sealed = seal(
        &draft,
        &Place {
            log_id: head.log_id,
            sequence: head.next_sequence,
            recorded_at: at,
            test_clock,
        },
    )
    .map_err(|error| Fault::Other(format!("{error:?}")))?;
    let beside =
        serde_json::to_string(&sealed.beside).map_err(|error| Fault::Other(error.to_string()))?;
    one(
        conn,
        "INSERT INTO record (org, position, id, creation, record_type, operation, user_id,
            address, object_id, request, text, leaf_hash, canonical, beside)
         VALUES (:org, :position, :id, :creation, :record_type, :operation, :user_id,
            :address, :object_id, :request, :text, :leaf_hash, :canonical, :beside)",
        named_params! {
            ":org": org,
            ":position": stored(position),
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
        "UPDATE head SET next_position = ?2 WHERE org = ?1",
        params![org, stored(position + 1)],
    )?;
    Ok((draft.id, position))
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

fn head(conn: &Connection, draft: &Draft) -> Result<(i64, Head), Fault> {
    let org = org_nr(conn, draft.org)?;
    let head = logs::head(conn, org)?.ok_or(Fault::gone("log"))?;
    Ok((org, head))
}
