//! The yardstick of the store: SQLite alone, in groups of what has arrived, writing the rows that
//! a decision writes. Nothing is judged, and nobody is asked over a network.

use crate::client::{CONNECTIONS, Round};
use crate::machine::{GENERATOR, SERVER, cpu, move_to, stopwatch, this_thread};
use crate::prepared::Prepared;
use rusqlite::{Connection, params};
use std::path::Path;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

/// The largest group, as the daemon has it.
const GROUP: usize = 256;

/// Opens a database as the daemon's writer does.
fn open(path: &Path) -> Connection {
    let conn = Connection::open(path).unwrap();
    conn.set_prepared_statement_cache_capacity(32);
    for (name, value) in [
        ("journal_mode", "WAL"),
        ("synchronous", "FULL"),
        ("temp_store", "MEMORY"),
        ("foreign_keys", "ON"),
    ] {
        conn.pragma_update(None, name, value).unwrap();
    }
    conn
}

struct Job {
    row: Prepared,
    sent: Instant,
}

/// Writes decisions for 64 clients that each send the next one when the last is durable.
pub fn round(database: &Path, rows: Vec<Prepared>) -> Round {
    let (jobs, queue) = channel::<Job>();
    let (done, answers) = channel::<Instant>();
    let path = database.to_owned();
    let (ready, is_ready) = channel();
    let writer = std::thread::spawn(move || {
        let conn = open(&path);
        let thread = this_thread();
        move_to(SERVER, thread, false);
        let place = format!("self/task/{thread}");
        ready.send(()).unwrap();
        let before = cpu(&place);
        write(&conn, &queue, &done);
        cpu(&place).saturating_sub(before)
    });
    is_ready.recv().unwrap();
    let began = stopwatch();
    let mut rows = rows.into_iter();
    let mut send = || {
        let row = rows.next();
        row.is_some_and(|row| {
            let sent = stopwatch();
            jobs.send(Job { row, sent }).is_ok()
        })
    };
    let mut waiting = (0..CONNECTIONS).filter(|_| send()).count();
    let mut millis = Vec::new();
    while waiting > 0 {
        let sent = answers.recv().unwrap();
        millis.push(sent.elapsed().as_secs_f64() * 1e3);
        if !send() {
            waiting -= 1;
        }
    }
    let elapsed = began.elapsed();
    drop(jobs);
    let used: Duration = writer.join().unwrap();
    Round::new(millis, elapsed, used)
}

fn write(conn: &Connection, queue: &Receiver<Job>, done: &Sender<Instant>) {
    while let Ok(first) = queue.recv() {
        let mut group = vec![first];
        group.extend(queue.try_iter().take(GROUP - 1));
        conn.execute_batch("BEGIN IMMEDIATE").unwrap();
        for job in &group {
            approve(conn, &job.row);
        }
        let now = group[0].row.now;
        mark(conn, now);
        conn.execute_batch("COMMIT").unwrap();
        for job in group {
            // The last answers have nobody waiting.
            let _ = done.send(job.sent);
        }
    }
}

fn approve(conn: &Connection, row: &Prepared) {
    conn.prepare_cached(
        "UPDATE request SET state = 'Approved', arrived = 1, grant_id = ?2, due = ?3,
            version = version + 1, body = ?4 WHERE identity = ?1",
    )
    .unwrap()
    .execute(params![row.identity, row.grant, row.due, row.body])
    .unwrap();
    append(conn, row);
    tell(conn, row, "requestDecided");
    conn.prepare_cached(
        "INSERT INTO idempotency (org, principal, method, key, digest, created, answer)
         VALUES (?1, ?2, 'request.decide', ?3, ?4, ?5, ?6)",
    )
    .unwrap()
    .execute(params![
        row.org,
        row.principal,
        row.key,
        row.digest,
        row.now,
        row.answer
    ])
    .unwrap();
}

fn append(conn: &Connection, row: &Prepared) {
    let position: i64 = conn
        .prepare_cached(
            "UPDATE head SET next_position = next_position + 1 WHERE org = ?1
             RETURNING next_position - 1",
        )
        .unwrap()
        .query_row([row.org], |row| row.get(0))
        .unwrap();
    let [operation, user, object] = row.folded();
    conn.prepare_cached(
        "INSERT INTO record (org, position, id, creation, record_type, operation, user_id,
            address, object_id, request, text, leaf_hash, canonical, beside)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)",
    )
    .unwrap()
    .execute(params![
        row.org,
        position,
        row.sealed.id.bytes(),
        row.now,
        row.sealed.record_type,
        operation,
        user,
        row.sealed.client_address,
        object,
        row.identity,
        row.sealed.text,
        row.sealed.leaf_hash,
        row.sealed.canonical,
        row.beside,
    ])
    .unwrap();
}

fn tell(conn: &Connection, row: &Prepared, event: &str) {
    conn.prepare_cached(
        "INSERT INTO outbox (org, event, request, created) VALUES (?1, ?2, ?3, ?4)",
    )
    .unwrap()
    .execute(params![row.org, event, row.identity, row.now])
    .unwrap();
}

/// Writes down expiries in groups of this size; how many a second.
pub fn expire(database: &Path, rows: &[Prepared], group: usize) -> f64 {
    let conn = open(database);
    let thread = this_thread();
    move_to(SERVER, thread, false);
    let began = stopwatch();
    for rows in rows.chunks(group) {
        conn.execute_batch("BEGIN IMMEDIATE").unwrap();
        for row in rows {
            conn.prepare_cached(
                "UPDATE request SET state = 'Expired', arrived = 1, due = NULL,
                    version = version + 1, body = ?2 WHERE identity = ?1",
            )
            .unwrap()
            .execute(params![row.identity, row.body])
            .unwrap();
            append(&conn, row);
            tell(&conn, row, "requestExpired");
        }
        mark(&conn, rows[0].now);
        conn.execute_batch("COMMIT").unwrap();
    }
    let speed = rows.len() as f64 / began.elapsed().as_secs_f64();
    move_to(GENERATOR, thread, false);
    speed
}

fn mark(conn: &Connection, now: i64) {
    conn.prepare_cached(
        "INSERT INTO meta (name, value) VALUES ('mark', ?1)
         ON CONFLICT (name) DO UPDATE SET value = excluded.value",
    )
    .unwrap()
    .execute([now])
    .unwrap();
}
