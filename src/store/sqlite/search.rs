//! Searches in a log.

use super::read::{limited, sequence};
use super::requests::{Where, any};
use super::rows::from_json;
use crate::audit::address::address_only;
use crate::audit::text::fold;
use crate::clock::Timestamp;
use crate::ids::{LogId, OrgId};
use crate::store::{AuditFilter, AuditPage, AuditRow, AuditSelector};
use rusqlite::{Connection, OptionalExtension, Row, params, params_from_iter};
use uuid::Uuid;

/// The longest pattern that SQLite's LIKE takes; a longer one can match nothing that is stored.
const LONGEST_PATTERN: usize = 50_000;

const COLUMNS: &str = "h.log_id, r.sequence, r.creation, r.canonical, r.leaf_hash, r.beside";

/// One page, and the exact total as of the same moment.
pub(super) fn search(conn: &Connection, filter: &AuditFilter) -> rusqlite::Result<AuditPage> {
    let transaction = conn.unchecked_transaction()?;
    let mut clause = matching(filter);
    let total = if filter.with_total {
        let sql = format!("SELECT count(*) FROM record r WHERE {}", clause.text());
        let found: i64 = transaction
            .prepare_cached(&sql)?
            .query_row(params_from_iter(clause.values()), |row| row.get(0))?;
        Some(sequence(found))
    } else {
        None
    };
    let order = if filter.from.is_some() {
        "r.sequence"
    } else {
        "r.creation DESC, r.sequence DESC"
    };
    if let Some((creation, below)) = filter.before {
        let creation = clause.bind(creation.millis());
        let below = clause.bind(stored(below));
        clause.and(format!("(r.creation, r.sequence) < ({creation}, {below})"));
    }
    let limit = clause.bind(limited(filter.limit.saturating_add(1)));
    let sql = format!(
        "SELECT {COLUMNS} FROM record r JOIN head h ON h.org = r.org WHERE {}
         ORDER BY {order} LIMIT {limit}",
        clause.text()
    );
    let mut rows: Vec<AuditRow> = transaction
        .prepare_cached(&sql)?
        .query_map(params_from_iter(clause.values()), from_row)?
        .collect::<rusqlite::Result<_>>()?;
    let more = rows.len() > filter.limit;
    rows.truncate(filter.limit);
    Ok(AuditPage { rows, more, total })
}

/// One record of a log.
pub(super) fn record(
    conn: &Connection,
    org: OrgId,
    which: AuditSelector,
) -> rusqlite::Result<Option<AuditRow>> {
    let by = |column: &str| {
        format!(
            "SELECT {COLUMNS} FROM record r JOIN head h ON h.org = r.org
             WHERE r.org = (SELECT nr FROM organization WHERE id = ?1) AND r.{column} = ?2"
        )
    };
    match which {
        AuditSelector::Id(id) => conn
            .prepare_cached(&by("id"))?
            .query_row(params![org.bytes(), id.bytes()], from_row)
            .optional(),
        AuditSelector::Sequence(number) => conn
            .prepare_cached(&by("sequence"))?
            .query_row(params![org.bytes(), stored(number)], from_row)
            .optional(),
    }
}

fn from_row(row: &Row<'_>) -> rusqlite::Result<AuditRow> {
    Ok(AuditRow {
        log_id: LogId::from_uuid(Uuid::from_bytes(row.get(0)?)),
        sequence: sequence(row.get(1)?),
        creation: Timestamp::from_millis(row.get(2)?),
        canonical: row.get(3)?,
        leaf_hash: row.get(4)?,
        beside: from_json(row.get_ref(5)?.as_str()?, 5)?,
    })
}

/// All that match, whatever the page.
fn matching(filter: &AuditFilter) -> Where {
    let mut clause = Where::default();
    let org = clause.org(filter.org);
    clause.and(format!("r.org = {org}"));
    let below = clause.bind(stored(filter.below));
    clause.and(format!("r.sequence < {below}"));
    if let Some(from) = filter.from {
        let from = clause.bind(stored(from));
        clause.and(format!("r.sequence >= {from}"));
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

fn stored(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
