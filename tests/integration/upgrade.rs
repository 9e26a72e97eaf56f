//! Databases of every schema there ever was, with data in them, and what becomes of them.
//!
//! `tests/golden/store/NNNN.sql` is a database as the program of schema NNNN left it. The newest
//! one is written while its schema is the newest: `LOCKBOX_WRITE_GOLDEN=1 cargo test --test
//! integration upgrade`. It holds no secret: tokens and codes are there as hashes of what nobody
//! has kept, so people call over a Unix socket here.

use crate::world::{CONTOSO, NORTHWIND, PROVIDER, World};
use customer_lockbox::audit::verify;
use customer_lockbox::auth::peer::Peer;
use customer_lockbox::clock::{Clock, ManualClock, Timestamp};
use customer_lockbox::contract::Contract;
use customer_lockbox::jsonrpc;
use customer_lockbox::rpc::Rpc;
use customer_lockbox::service::{Options, Services};
use customer_lockbox::store::sqlite::{self, SqliteStore};
use customer_lockbox::store::{AuditFilter, OrgRef, PrincipalRef, Store};
use rusqlite::Connection;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Who calls in an upgraded database: organization, label, and the uid that stands for it.
const PEOPLE: [(&str, &str, u32); 6] = [
    (PROVIDER, "root@fabrikam.example", 1),
    (PROVIDER, "eve@fabrikam.example", 2),
    (PROVIDER, "max@fabrikam.example", 3),
    (CONTOSO, "ada@contoso.onmicrosoft.com", 4),
    (CONTOSO, "anna@contoso.com", 5),
    (NORTHWIND, "nora@northwind.onmicrosoft.com", 6),
];

fn repository() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn golden(number: usize) -> PathBuf {
    repository().join(format!("tests/golden/store/{number:04}.sql"))
}

/// How many migrations there are.
fn newest() -> usize {
    let dir = repository().join("src/store/migrations/sqlite");
    std::fs::read_dir(dir).unwrap().count()
}

/// A database with something in every table, and requests in every state.
async fn populated() -> World {
    let world = World::new().await;
    for _ in 0..2 {
        world.submit().await;
    }
    world.pending().await;
    let approved = world.approved().await;
    let canceled = world.approved().await;
    world.pass(60);
    let of = |request: &Value| json!({"requestId": request["requestId"]});
    let mut cancel = of(&canceled);
    cancel["decision"] = json!("Cancel");
    cancel["idempotencyKey"] = json!("cancel-once");
    world.ok("anna", "request.decide", cancel).await;
    let mut act = of(&approved);
    act["tenant"] = json!(CONTOSO);
    act["operation"] = json!("New-MailboxSearch");
    world.ok("eve", "activity.record", act).await;
    world
        .refused(
            "eve",
            "request.decide",
            json!({"requestId": approved["identity"], "decision": "Approve"}),
            "forbidden",
        )
        .await;
    world
        .ok("ada", "policy.put", json!({"hoursToAnswer": 24}))
        .await;
    world
        .ok(
            "root",
            "tenant.create",
            json!({"name": "unclaimed.example", "adminAddress": "una@unclaimed.example"}),
        )
        .await;
    world
}

/// A database as SQL: what makes its tables and indexes, and every row.
fn dump(conn: &Connection) -> String {
    let texts = |sql: &str| -> Vec<String> {
        conn.prepare(sql)
            .unwrap()
            .query_map([], |row| row.get(0))
            .unwrap()
            .collect::<rusqlite::Result<_>>()
            .unwrap()
    };
    let mut out = String::new();
    let made = "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL AND type =";
    for sql in texts(&format!("{made} 'table' ORDER BY rowid")) {
        writeln!(out, "{sql};").unwrap();
    }
    for table in texts("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY rowid") {
        let columns = texts(&format!("SELECT name FROM pragma_table_info('{table}')"));
        let values: Vec<String> = columns
            .iter()
            .map(|column| format!("quote(\"{column}\")"))
            .collect();
        let rows = format!("SELECT {} FROM \"{table}\"", values.join("||','||"));
        for row in texts(&rows) {
            writeln!(out, "INSERT INTO \"{table}\" VALUES({row});").unwrap();
        }
    }
    for sql in texts(&format!("{made} 'index' ORDER BY rowid")) {
        writeln!(out, "{sql};").unwrap();
    }
    out
}

#[tokio::test]
async fn every_schema_has_a_golden_with_data() {
    let newest = newest();
    if std::env::var_os("LOCKBOX_WRITE_GOLDEN").is_some() {
        let world = populated().await;
        let conn = Connection::open(world.dir().join("lockbox.db")).unwrap();
        std::fs::write(golden(newest), dump(&conn)).unwrap();
    }
    for number in 1..=newest {
        let path = golden(number);
        assert!(
            path.is_file(),
            "{} is missing: write it with LOCKBOX_WRITE_GOLDEN=1 before another migration follows",
            path.display()
        );
    }
}
