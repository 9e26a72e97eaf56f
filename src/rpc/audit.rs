//! `audit.*`.

use crate::clock::Timestamp;
use crate::error::{Error, Result};
use crate::ids::LogId;
use crate::rpc::{Call, Reply, cursor, wire};
use crate::service::audit::{
    AuditSelector, ExportFormat, ExportPosition, From, Position, Range, SearchFilters, SessionName,
    digest,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// Records in a result where the caller says nothing, as documented.
const RESULT_SIZE: usize = 100;
/// Records in one part of an export where the caller says nothing.
const CHUNK_SIZE: usize = 1_000;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Filters {
    start_date: Option<Timestamp>,
    end_date: Option<Timestamp>,
    #[serde(default)]
    operations: Vec<String>,
    record_type: Option<Value>,
    #[serde(default)]
    user_ids: Vec<String>,
    #[serde(default)]
    ip_addresses: Vec<String>,
    #[serde(default)]
    object_ids: Vec<String>,
    free_text: Option<String>,
    cursor: Option<String>,
}

impl Filters {
    fn split(self) -> (SearchFilters, Range, Option<String>) {
        let range = Range {
            start: self.start_date,
            end: self.end_date,
        };
        let filters = SearchFilters {
            operations: self.operations,
            record_type: self.record_type.map(|value| match value {
                Value::String(text) => text,
                other => other.to_string(),
            }),
            user_ids: self.user_ids,
            addresses: self.ip_addresses,
            object_ids: self.object_ids,
            free_text: self.free_text,
            from: None,
        };
        (filters, range, self.cursor)
    }
}

/// A position as a cursor holds it, with the search that it belongs to.
#[derive(Serialize, Deserialize)]
struct Place {
    search: String,
    below: u64,
    before: Option<(Timestamp, u64)>,
    given: u64,
    total: u64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SessionParams {
    connection_id: String,
    session_id: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Search {
    #[serde(flatten)]
    filters: Filters,
    result_size: Option<usize>,
    session: Option<SessionParams>,
}

/// A page of records.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Page<'a> {
    records: Vec<wire::RecordShape<'a>>,
    total: u64,
    next_cursor: Option<String>,
    session: Option<Progress>,
}

/// How far a session has come.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Progress {
    drained: bool,
    more_records_available: bool,
}

pub(super) async fn search(call: Call) -> Result<Reply> {
    let params: Search = call.read()?;
    let (filters, range, text) = params.filters.split();
    let asked = hex::encode(digest(&(&filters, range))?);
    let at: Option<Place> = cursor::read(text.as_deref())?;
    let sound = |place: &Place| place.search == asked && place.given <= place.total;
    if at.as_ref().is_some_and(|place| !sound(place)) {
        return Err(Error::invalid_param(
            "/cursor",
            "This cursor is none of this search.",
            "nextCursor of the page before, with the same dates and filters",
        ));
    }
    let at = at.map(|place| Position {
        below: place.below,
        before: place.before,
        given: place.given,
        total: place.total,
    });
    let session = params.session.map(|session| SessionName {
        connection: session.connection_id,
        session: session.session_id,
    });
    if session.is_some() && at.is_some() {
        return Err(Error::invalid_param(
            "/cursor",
            "A session goes on by itself.",
            "either a session or a cursor",
        ));
    }
    let found = call
        .services()
        .search_audit(
            &call.ctx,
            &filters,
            range,
            params.result_size.unwrap_or(RESULT_SIZE),
            at,
            session.as_ref(),
        )
        .await?;
    let records = found
        .records
        .iter()
        .zip(found.offset + 1..)
        .map(|(visible, index)| wire::record(visible, index, found.total))
        .collect();
    let more = found.next.is_some();
    let next = match found.next.filter(|_| session.is_none()) {
        Some(next) => Some(cursor::write(&Place {
            search: asked,
            below: next.below,
            before: next.before,
            given: next.given,
            total: next.total,
        })?),
        None => None,
    };
    Reply::write(&Page {
        records,
        total: found.total,
        next_cursor: next,
        session: session.map(|_| Progress {
            drained: found.drained,
            more_records_available: more,
        }),
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Get {
    identity: Option<String>,
    sequence: Option<u64>,
    log_id: Option<LogId>,
}

pub(super) async fn get(call: Call) -> Result<Value> {
    let params: Get = call.read()?;
    let (which, typed) = match (params.identity, params.sequence) {
        (Some(text), None) if params.log_id.is_none() => {
            let id = text
                .trim()
                .parse()
                .map_err(|_| Error::not_found("audit record", &text))?;
            (AuditSelector::Id(id), text)
        }
        (None, Some(sequence)) => (
            AuditSelector::Sequence(params.log_id, sequence),
            sequence.to_string(),
        ),
        _ => {
            return Err(Error::invalid_param(
                "",
                "A record is named in one way.",
                "either identity, or sequence with or without logId",
            ));
        }
    };
    let (row, visible) = call
        .services()
        .read_record(&call.ctx, which, &typed)
        .await?;
    let canonical = String::from_utf8(row.canonical).map_err(Error::internal)?;
    let personal: Vec<Value> = row
        .beside
        .iter()
        .map(|value| json!({"pointer": value.pointer, "value": value.value, "salt": value.salt}))
        .collect();
    Ok(json!({
        "record": wire::record(&visible, 1, 1),
        "logId": row.log_id.to_string(),
        "canonical": canonical,
        "leafHash": hex::encode(row.leaf_hash),
        "personal": personal,
    }))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Export {
    #[serde(flatten)]
    filters: Filters,
    from_sequence: Option<u64>,
    log_id: Option<LogId>,
    format: Form,
    chunk_size: Option<usize>,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Form {
    Csv,
    Jsonl,
}

pub(super) async fn export(call: Call) -> Result<Value> {
    let params: Export = call.read()?;
    let (mut filters, range, text) = params.filters.split();
    filters.from = match (params.from_sequence, params.log_id) {
        (Some(sequence), log) => Some(From { log, sequence }),
        (None, None) => None,
        (None, Some(_)) => {
            return Err(Error::invalid_param(
                "/logId",
                "A log alone says nothing.",
                "fromSequence too",
            ));
        }
    };
    let at: Option<(u64, (Timestamp, u64))> = cursor::read(text.as_deref())?;
    let format = match params.format {
        Form::Csv => ExportFormat::Csv,
        Form::Jsonl => ExportFormat::JsonLines,
    };
    let part = call
        .services()
        .export_audit(
            &call.ctx,
            format,
            &filters,
            range,
            params.chunk_size.unwrap_or(CHUNK_SIZE),
            at.map(|(record, behind)| ExportPosition { record, behind }),
        )
        .await?;
    let next = part
        .next
        .map(|next| cursor::write(&(next.record, next.behind)))
        .transpose()?;
    Ok(json!({
        "content": part.content,
        "records": part.records,
        "nextCursor": next,
    }))
}
