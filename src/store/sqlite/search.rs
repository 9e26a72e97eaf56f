//! Searches in a log.

use super::logs::{Chain, number, stored};
use super::read::limited;
use super::requests::{Where, any};
use super::rows::{from_json, unreadable};
use crate::audit::address::address_only;
use crate::audit::text::fold;
use crate::clock::Timestamp;
use crate::ids::{OrgId, RecordId};
use crate::store::{AuditFilter, AuditPage, AuditRow, AuditSelector};
use rusqlite::{Connection, OptionalExtension, Row, params, params_from_iter};
use std::collections::HashMap;
use std::collections::hash_map::Entry;

/// The longest pattern that SQLite's LIKE takes; a longer one can match nothing that is stored.
const LONGEST_PATTERN: usize = 50_000;

const COLUMNS: &str = "r.position, r.creation, r.canonical, r.leaf_hash, r.beside";

/// One page, and the exact total as of the same moment.
pub(super) fn search(conn: &Connection, filter: &AuditFilter) -> rusqlite::Result<AuditPage> {
    let transaction = conn.unchecked_transaction()?;
    let mut clause = matching(filter);
    let total = if filter.with_total {
        let sql = format!("SELECT count(*) FROM record r WHERE {}", clause.text());
        let found: i64 = transaction
            .prepare_cached(&sql)?
            .query_row(params_from_iter(clause.values()), |row| row.get(0))?;
        Some(number(found))
    } else {
        None
    };
    let order = if filter.from.is_some() {
        "r.position"
    } else {
        "r.creation DESC, r.position DESC"
    };
    if let Some((creation, below)) = filter.before {
        let creation = clause.bind(creation.millis());
        let below = clause.bind(stored(below));
        clause.and(format!("(r.creation, r.position) < ({creation}, {below})"));
    }
    let limit = clause.bind(limited(filter.limit.saturating_add(1)));
    let sql = format!(
        "SELECT {COLUMNS} FROM record r WHERE {}
         ORDER BY {order} LIMIT {limit}",
        clause.text()
    );
    let chain = Chain::of(&transaction, filter.org)?;
    let mut rows: Vec<AuditRow> = transaction
        .prepare_cached(&sql)?
        .query_map(params_from_iter(clause.values()), |row| {
            from_row(row, &chain)
        })?
        .collect::<rusqlite::Result<_>>()?;
    let more = rows.len() > filter.limit;
    rows.truncate(filter.limit);
    Ok(AuditPage { rows, more, total })
}

/// Records by their ids, all as of one moment.
pub(super) fn records(
    conn: &Connection,
    ids: &[(OrgId, RecordId)],
) -> rusqlite::Result<Vec<Option<AuditRow>>> {
    let moment = conn.unchecked_transaction()?;
    let mut chains = HashMap::new();
    ids.iter()
        .map(|(org, id)| {
            let chain = match chains.entry(*org) {
                Entry::Occupied(known) => known.into_mut(),
                Entry::Vacant(new) => new.insert(Chain::of(&moment, *org)?),
            };
            record_in(&moment, *org, chain, AuditSelector::Id(*id))
        })
        .collect()
}

/// One record of a log.
pub(super) fn record(
    conn: &Connection,
    org: OrgId,
    which: AuditSelector,
) -> rusqlite::Result<Option<AuditRow>> {
    record_in(conn, org, &Chain::of(conn, org)?, which)
}

fn record_in(
    conn: &Connection,
    org: OrgId,
    chain: &Chain,
    which: AuditSelector,
) -> rusqlite::Result<Option<AuditRow>> {
    let by = |column: &str| {
        format!(
            "SELECT {COLUMNS} FROM record r
             WHERE r.org = (SELECT nr FROM organization WHERE id = ?1) AND r.{column} = ?2"
        )
    };
    let at = |position: u64| {
        conn.prepare_cached(&by("position"))?
            .query_row(params![org.bytes(), stored(position)], |row| {
                from_row(row, chain)
            })
            .optional()
    };
    match which {
        AuditSelector::Id(id) => conn
            .prepare_cached(&by("id"))?
            .query_row(params![org.bytes(), id.bytes()], |row| from_row(row, chain))
            .optional(),
        AuditSelector::Position(position) => at(position),
        AuditSelector::Sequence(log, sequence) => {
            chain.position(log, sequence).map_or(Ok(None), at)
        }
    }
}

fn from_row(row: &Row<'_>, chain: &Chain) -> rusqlite::Result<AuditRow> {
    let position = number(row.get(0)?);
    let place = chain.place(position);
    let (log_id, sequence) = place.ok_or_else(|| unreadable(0, std::fmt::Error))?;
    Ok(AuditRow {
        log_id,
        sequence,
        position,
        creation: Timestamp::from_millis(row.get(1)?),
        canonical: row.get(2)?,
        leaf_hash: row.get(3)?,
        beside: from_json(row.get_ref(4)?.as_str()?, 4)?,
    })
}

/// All that match, whatever the page.
fn matching(filter: &AuditFilter) -> Where {
    let mut clause = Where::default();
    let org = clause.org(filter.org);
    clause.and(format!("r.org = {org}"));
    let below = clause.bind(stored(filter.below));
    clause.and(format!("r.position < {below}"));
    if let Some(from) = filter.from {
        let from = clause.bind(stored(from));
        clause.and(format!("r.position >= {from}"));
    }
    if let Some(start) = filter.start {
        let start = clause.bind(start.millis());
        clause.and(format!("r.creation >= {start}"));
    }
    if let Some(end) = filter.end {
        let end = clause.bind(end.millis());
        clause.and(format!("r.creation < {end}"));
    }
    if let Some(request) = filter.request {
        let request = clause.bind(request.bytes().to_vec());
        clause.and(format!("r.request = {request}"));
    }
    if let Some(number) = filter.record_type {
        let number = clause.bind(i64::from(number));
        clause.and(format!("r.record_type = {number}"));
    }
    let operations = filter.operations.iter().map(|text| fold(text));
    one_of(&mut clause, "r.operation", operations);
    let addresses = filter.addresses.iter().map(|text| address_only(text));
    one_of(&mut clause, "r.address", addresses);
    like_any(&mut clause, "r.user_id", &filter.user_ids);
    like_any(&mut clause, "r.object_id", &filter.object_ids);
    if let Some(text) = filter.free_text.as_deref().filter(|text| !text.is_empty()) {
        // Not LIKE: the text is plain, may be long, and is in lower case already.
        let text = clause.bind(fold(text));
        clause.and(format!("instr(r.text, {text}) > 0"));
    }
    clause
}

/// An empty list does not narrow.
fn one_of(clause: &mut Where, column: &str, wanted: impl Iterator<Item = String>) {
    let places: Vec<String> = wanted.map(|text| clause.bind(text)).collect();
    if !places.is_empty() {
        clause.and(format!("{column} IN ({})", places.join(", ")));
    }
}

/// As [`one_of`], where `*` stands for any text.
fn like_any(clause: &mut Where, column: &str, wanted: &[String]) {
    if wanted.is_empty() {
        return;
    }
    let (patterns, plain): (Vec<String>, Vec<String>) = wanted
        .iter()
        .map(|text| fold(text))
        .partition(|text| text.contains('*'));
    let mut parts: Vec<String> = patterns
        .iter()
        .map(|text| like_pattern(text))
        .filter(|pattern| pattern.len() <= LONGEST_PATTERN)
        .map(|pattern| {
            let pattern = clause.bind(pattern);
            format!("{column} LIKE {pattern} ESCAPE '\\'")
        })
        .collect();
    let places: Vec<String> = plain.into_iter().map(|text| clause.bind(text)).collect();
    if !places.is_empty() {
        parts.push(format!("{column} IN ({})", places.join(", ")));
    }
    clause.and(any(&parts));
}

/// A text with `*` as a LIKE pattern. Stars in a row are one: many of them would only cost time.
fn like_pattern(text: &str) -> String {
    let mut pattern = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '*' if pattern.ends_with('%') && !pattern.ends_with("\\%") => {}
            '*' => pattern.push('%'),
            '%' | '_' | '\\' => {
                pattern.push('\\');
                pattern.push(letter);
            }
            _ => pattern.push(letter),
        }
    }
    pattern
}
