//! Everything that must hold after a restart.

use super::http::Http;
use super::load::{Asked, People};
use customer_lockbox::audit::{PersonalValue, leaf_hash, operations, verify};
use customer_lockbox::clock::Timestamp;
use rusqlite::{Connection, OpenFlags};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;

/// What is wrong, where something is.
pub type Checked<T = ()> = Result<T, String>;

/// Records of one request in one log, by operation (a decision with its word): how many.
type Records = BTreeMap<(String, String), usize>;

/// The operations that the clients cause.
const CAUSED: [&str; 4] = [
    operations::REQUEST_SUBMITTED,
    operations::REQUEST_REVIEWED,
    operations::REQUEST_ARRIVED,
    operations::DECISION,
];

/// What earlier checks have seen; it can only grow.
#[derive(Default)]
pub struct Memory {
    /// The leaf hashes of each log.
    leaves: BTreeMap<i64, Vec<Vec<u8>>>,
    records: Records,
    requests: BTreeMap<String, String>,
    /// When the last record of each log was recorded, in milliseconds.
    recorded: BTreeMap<i64, i64>,
    /// The stored high-water mark, in milliseconds.
    mark: i64,
    /// The latest instant that the daemon has told, in milliseconds.
    told: i64,
    /// What the search through the daemon has found.
    searched: Records,
    from: BTreeMap<String, i64>,
}

/// Fails with this text where the condition does not hold.
fn ensure(holds: bool, text: impl FnOnce() -> String) -> Checked {
    if holds { Ok(()) } else { Err(text()) }
}

fn sql<T>(found: rusqlite::Result<T>) -> Checked<T> {
    found.map_err(|error| format!("the database cannot be read: {error}"))
}

/// What the clients' acknowledged calls must have left.
fn expected<'a>(asked: impl Iterator<Item = &'a Asked>) -> Records {
    let mut records = Records::new();
    for asked in asked {
        let mut caused = vec![operations::REQUEST_SUBMITTED.to_owned()];
        if asked.reviewed {
            caused.push(operations::REQUEST_REVIEWED.to_owned());
            caused.push(operations::REQUEST_ARRIVED.to_owned());
        }
        caused.extend(asked.decisions.iter().map(|word| decision(word)));
        for operation in caused {
            *records
                .entry((asked.identity.clone(), operation))
                .or_default() += 1;
        }
    }
    records
}

fn decision(word: &str) -> String {
    format!("{} {word}", operations::DECISION)
}

/// The first difference between what was acknowledged and what is there.
fn compare(what: &str, expected: &Records, found: &Records) -> Checked {
    for (key, count) in expected {
        let there = found.get(key).copied().unwrap_or_default();
        ensure(there == *count, || {
            format!("{what}: {key:?} was acknowledged {count} times and is there {there} times")
        })?;
    }
    let stray = found.keys().find(|key| !expected.contains_key(*key));
    ensure(stray.is_none(), || {
        format!("{what}: nobody was told of {stray:?}")
    })
}

impl Memory {
    /// Holds the database file against what the clients were told.
    pub fn check_file<'a>(
        &mut self,
        data: &Path,
        asked: impl Iterator<Item = &'a Asked> + Clone,
    ) -> Checked {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let conn = sql(Connection::open_with_flags(data.join("lockbox.db"), flags))?;
        let sound: String = sql(conn.query_row("PRAGMA integrity_check", [], |row| row.get(0)))?;
        ensure(sound == "ok", || format!("integrity_check: {sound}"))?;
        let stray: Option<i64> = sql(conn.query_row(
            "SELECT count(*) FROM pragma_foreign_key_check",
            [],
            |row| row.get(0),
        ))?;
        ensure(stray == Some(0), || {
            format!("{stray:?} rows name others that are not there")
        })?;
        let heads: Vec<(i64, i64)> = sql(conn
            .prepare("SELECT org, next_position FROM head ORDER BY org")
            .and_then(|mut heads| {
                heads
                    .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
                    .collect()
            }))?;
        for (org, next) in heads {
            self.check_log(&conn, org, next)?;
        }
        compare("the records", &expected(asked.clone()), &self.records)?;
        self.check_requests(&conn, asked)?;
        let mark: i64 = sql(conn.query_row(
            "SELECT value FROM meta WHERE name = 'mark'",
            [],
            |row| row.get(0),
        ))?;
        let recorded = self.recorded.values().copied().max();
        let least = recorded.max(Some(self.mark));
        ensure(Some(mark) >= least, || {
            format!("the mark ran back: {mark} after {least:?}")
        })?;
        self.mark = mark;
        Ok(())
    }

    fn check_log(&mut self, conn: &Connection, org: i64, next: i64) -> Checked {
        let known = self.leaves.entry(org).or_default();
        let mut statement = sql(conn.prepare(
            "SELECT position, leaf_hash, canonical, beside FROM record WHERE org = ?1
             ORDER BY position",
        ))?;
        let mut rows = sql(statement.query([org]))?;
        let recorded = self.recorded.entry(org).or_insert(i64::MIN);
        let mut place = 0;
        while let Some(row) = sql(rows.next())? {
            let at = || format!("log {org}, place {place}");
            let position: i64 = sql(row.get(0))?;
            ensure(usize::try_from(position) == Ok(place), || {
                format!("{}: its position is {position}", at())
            })?;
            let leaf: Vec<u8> = sql(row.get(1))?;
            let canonical: Vec<u8> = sql(row.get(2))?;
            ensure(leaf_hash(&canonical).as_slice() == leaf, || {
                format!("{}: the leaf hash is not that of the record", at())
            })?;
            if let Some(known) = known.get(place) {
                ensure(*known == leaf, || format!("{}: another record now", at()))?;
            } else {
                let beside: String = sql(row.get(3))?;
                let beside: Vec<PersonalValue> = serde_json::from_str(&beside).unwrap();
                let verified = verify(&canonical, &beside, &leaf.as_slice().try_into().unwrap())
                    .map_err(|error| format!("{}: {error:?}", at()))?;
                ensure(usize::try_from(verified.sequence) == Ok(place), || {
                    format!("{}: the sequence number is {}", at(), verified.sequence)
                })?;
                let record: Value = serde_json::from_slice(&canonical).unwrap();
                let now = record["RecordedAt"].as_i64().unwrap();
                ensure(now >= *recorded, || {
                    format!("{}: recorded at {now}, after {recorded}", at())
                })?;
                ensure(record["CreationTime"] == record["RecordedAt"], || {
                    format!("{}: {record}", at())
                })?;
                *recorded = now;
                let operation = record["Operation"].as_str().unwrap();
                if CAUSED.contains(&operation) {
                    let key = (
                        record["ObjectId"].as_str().unwrap().to_owned(),
                        named(&record),
                    );
                    *self.records.entry(key).or_default() += 1;
                }
                known.push(leaf);
            }
            place += 1;
        }
        let known = known.len();
        ensure(place == known && usize::try_from(next) == Ok(place), || {
            format!("log {org} has {place} records; {known} were seen, and {next} comes next")
        })
    }

    fn check_requests<'a>(
        &mut self,
        conn: &Connection,
        asked: impl Iterator<Item = &'a Asked>,
    ) -> Checked {
        self.requests.clear();
        let mut statement = sql(conn.prepare(
            "SELECT json_extract(body, '$.ask.ticket'), lower(hex(identity)), state FROM request",
        ))?;
        let mut rows = sql(statement.query([]))?;
        while let Some(row) = sql(rows.next())? {
            let ticket: String = sql(row.get(0))?;
            let (identity, state): (String, String) = (sql(row.get(1))?, sql(row.get(2))?);
            let twice = self
                .requests
                .insert(ticket.clone(), identity + " " + &state);
            ensure(twice.is_none(), || format!("{ticket} is there twice"))?;
        }
        let mut left = self.requests.clone();
        for asked in asked {
            let state = match asked.decisions.last() {
                Some(&"Approve") => "Approved",
                Some(&"Deny") => "Denied",
                Some(_) => "Canceled",
                None if asked.reviewed => "Pending",
                None => "InternalReview",
            };
            let told = asked.identity.replace('-', "") + " " + state;
            let found = left.remove(&asked.ticket);
            ensure(found.as_ref() == Some(&told), || {
                format!("{}: acknowledged as {told}, found {found:?}", asked.ticket)
            })?;
        }
        ensure(left.is_empty(), || {
            format!("nobody was told of the requests {left:?}")
        })
    }

    /// Holds what the daemon itself shows against what the clients were told: what has come since
    /// the last check, or everything.
    pub fn check_search<'a>(
        &mut self,
        address: &str,
        people: &People,
        asked: impl Iterator<Item = &'a Asked>,
        everything: bool,
    ) -> Checked {
        let mut http = Http::new(address);
        if everything {
            self.searched.clear();
            self.from.clear();
        }
        let readers = people.tenants.iter().map(|(_, token)| token);
        for reader in readers.chain([&people.root]) {
            let from = self.from.entry(reader.clone()).or_insert(-1);
            let mut newest = *from;
            let mut cursor = Value::Null;
            loop {
                let mut params = json!({"operations": CAUSED, "resultSize": 5_000});
                if *from >= 0 {
                    params["startDate"] = json!(Timestamp::from_millis(*from).to_string());
                }
                if !cursor.is_null() {
                    params["cursor"] = cursor;
                }
                let page = http.ok(reader, "audit.search", params);
                for record in page["records"].as_array().unwrap() {
                    let data: Value =
                        serde_json::from_str(record["auditData"].as_str().unwrap()).unwrap();
                    let at = record["recordedAt"].as_str().unwrap();
                    let at = Timestamp::parse(at).unwrap().millis();
                    newest = newest.max(at + 1);
                    let key = (data["ObjectId"].as_str().unwrap().to_owned(), named(&data));
                    *self.searched.entry(key).or_default() += 1;
                }
                cursor = page["nextCursor"].clone();
                if cursor.is_null() {
                    break;
                }
            }
            *from = newest;
        }
        compare("the search", &expected(asked), &self.searched)?;
        let time = http.ok("", "system.info", json!({}))["time"].clone();
        let time = Timestamp::parse(time.as_str().unwrap()).unwrap().millis();
        let least = self.mark.max(self.told);
        ensure(time >= least, || {
            format!("time ran back: {time} after {least}")
        })?;
        self.told = time;
        Ok(())
    }
}

/// The operation of a record; a decision's with its word.
fn named(record: &Value) -> String {
    let operation = record["Operation"].as_str().unwrap();
    if operation != operations::DECISION {
        return operation.to_owned();
    }
    let parameters = record["Parameters"].as_array().unwrap();
    let word = parameters
        .iter()
        .find(|parameter| parameter["Name"] == "ApprovalDecision")
        .unwrap();
    decision(word["Value"].as_str().unwrap())
}
