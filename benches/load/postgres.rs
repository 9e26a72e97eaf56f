//! The yardstick of databases: PostgreSQL with the same tables, rows and indexes, and one function
//! call a decision on 64 connections.

use crate::client::{CONNECTIONS, Round};
use crate::machine::{SERVER, cpu_of_family, on_core, stopwatch};
use crate::prepared::Prepared;
use rusqlite::Connection;
use rusqlite::types::ValueRef;
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio_postgres::binary_copy::BinaryCopyInWriter;
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Client, Config, NoTls, Statement};

/// Where Debian puts the server's programs.
const PROGRAMS: &str = "/usr/lib/postgresql/15/bin";

/// Who runs it: it refuses to be root.
const USER: &str = "postgres";

/// The tables that a decision touches.
const TABLES: [&str; 5] = ["head", "request", "record", "outbox", "idempotency"];

/// What stands in the way of the durability that SQLite has here, or of a fair share of memory.
const SETTINGS: [&str; 8] = [
    "listen_addresses=",
    "fsync=on",
    "synchronous_commit=on",
    "wal_sync_method=fdatasync",
    "shared_buffers=512MB",
    "max_wal_size=8GB",
    "max_connections=80",
    "autovacuum=off",
];

const DECIDE: &str = "
CREATE FUNCTION decide(p_org bigint, p_identity bytea, p_grant bytea, p_due bigint, p_body text,
    p_id bytea, p_now bigint, p_type bigint, p_operation text, p_user text, p_address text,
    p_object text, p_text text, p_leaf bytea, p_canonical bytea, p_beside text,
    p_principal bytea, p_key text, p_digest bytea, p_answer text)
RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE place bigint;
BEGIN
    UPDATE request SET state = 'Approved', arrived = 1, grant_id = p_grant, due = p_due,
        version = version + 1, body = p_body
        WHERE identity = p_identity AND state = 'Pending';
    IF NOT FOUND THEN RAISE EXCEPTION 'conflict'; END IF;
    INSERT INTO outbox (org, event, request, created)
        VALUES (p_org, 'requestDecided', p_identity, p_now);
    INSERT INTO idempotency (org, principal, method, key, digest, created, answer)
        VALUES (p_org, p_principal, 'request.decide', p_key, p_digest, p_now, p_answer);
    UPDATE head SET next_position = next_position + 1 WHERE org = p_org
        RETURNING next_position - 1 INTO place;
    INSERT INTO record (org, position, id, creation, record_type, operation, user_id, address,
        object_id, request, text, leaf_hash, canonical, beside)
        VALUES (p_org, place, p_id, p_now, p_type, p_operation, p_user, p_address,
        p_object, p_identity, p_text, p_leaf, p_canonical, p_beside);
    RETURN place;
END $$";

/// A cluster of its own, thrown away with the guard.
pub struct Postgres {
    dir: PathBuf,
    server: std::process::Child,
    clients: Vec<(Client, Statement)>,
}

fn as_user(program: &str) -> Vec<String> {
    let program = format!("{PROGRAMS}/{program}");
    if is_root() {
        [
            "setpriv",
            "--reuid",
            USER,
            "--regid",
            USER,
            "--clear-groups",
        ]
        .map(str::to_owned)
        .into_iter()
        .chain([program])
        .collect()
    } else {
        vec![program]
    }
}

fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    std::fs::metadata("/proc/self").unwrap().uid() == 0
}

fn run(mut command: Command) {
    let output = command.stdin(Stdio::null()).output().unwrap();
    assert!(
        output.status.success(),
        "{command:?} failed: {}",
        String::from_utf8_lossy(&output.stderr)
    );
}

impl Postgres {
    /// Starts a cluster in a directory, and copies the rows of a database of ours into it. `None`
    /// where PostgreSQL 15 is not installed.
    pub async fn start(dir: PathBuf, database: &Path) -> Option<Self> {
        if !Path::new(PROGRAMS).join("initdb").exists() {
            return None;
        }
        std::fs::create_dir_all(&dir).unwrap();
        if is_root() {
            let mut command = Command::new("chown");
            command.arg(format!("{USER}:{USER}")).arg(&dir);
            run(command);
        }
        let data = dir.join("data");
        let words = as_user("initdb");
        let mut command = Command::new(&words[0]);
        command
            .args(&words[1..])
            .args([
                "-A",
                "trust",
                "-U",
                "bench",
                "--no-locale",
                "-E",
                "UTF8",
                "-D",
            ])
            .arg(&data);
        run(command);
        let words = as_user("postgres");
        let mut command = on_core(SERVER, Path::new(&words[0]));
        command
            .args(&words[1..])
            .arg("-D")
            .arg(&data)
            .arg("-k")
            .arg(&dir);
        for setting in SETTINGS {
            command.args(["-c", setting]);
        }
        let log = std::fs::File::create(dir.with_extension("log")).unwrap();
        let child = command.stderr(log).stdout(Stdio::null()).spawn().unwrap();
        let mut server = Self {
            dir,
            server: child,
            clients: Vec::new(),
        };
        let client = server.connect().await;
        fill(&client, database).await;
        client.batch_execute(DECIDE).await.unwrap();
        client.batch_execute("CHECKPOINT").await.unwrap();
        for _ in 0..CONNECTIONS {
            let client = server.connect().await;
            let holes: Vec<String> = (1..=20).map(|n| format!("${n}")).collect();
            let text = format!("SELECT decide({})", holes.join(", "));
            let statement = client.prepare(&text).await.unwrap();
            server.clients.push((client, statement));
        }
        Some(server)
    }

    /// A connection; the first one waits until the server takes it.
    async fn connect(&self) -> Client {
        let began = stopwatch();
        loop {
            let mut config = Config::new();
            config.host_path(&self.dir).user("bench").dbname("postgres");
            match config.connect(NoTls).await {
                Ok((client, connection)) => {
                    tokio::spawn(connection);
                    return client;
                }
                Err(error) => {
                    assert!(began.elapsed().as_secs() < 30, "PostgreSQL: {error}");
                    tokio::task::yield_now().await;
                }
            }
        }
    }

    /// Takes decisions on every connection at once.
    pub async fn round(&self, rows: Vec<Prepared>) -> Round {
        let rows = Arc::new(rows);
        let next = AtomicUsize::new(0);
        let (began, before) = (stopwatch(), cpu_of_family(self.server.id()));
        let one = async |client: &Client, statement: &Statement| {
            let mut millis = Vec::new();
            while let Some(row) = rows.get(next.fetch_add(1, Ordering::Relaxed)) {
                let sent = stopwatch();
                decide(client, statement, row).await;
                millis.push(sent.elapsed().as_secs_f64() * 1e3);
            }
            millis
        };
        let mut running: Vec<_> = self
            .clients
            .iter()
            .map(|(client, statement)| Box::pin(one(client, statement)))
            .collect();
        let mut millis = Vec::new();
        std::future::poll_fn(|context| {
            running.retain_mut(|future| match future.as_mut().poll(context) {
                std::task::Poll::Ready(done) => {
                    millis.extend(done);
                    false
                }
                std::task::Poll::Pending => true,
            });
            if running.is_empty() {
                std::task::Poll::Ready(())
            } else {
                std::task::Poll::Pending
            }
        })
        .await;
        Round::new(
            millis,
            began.elapsed(),
            cpu_of_family(self.server.id()).saturating_sub(before),
        )
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        self.clients.clear();
        let words = as_user("pg_ctl");
        let mut command = Command::new(&words[0]);
        command
            .args(&words[1..])
            .args(["-m", "immediate", "stop", "-D"])
            .arg(self.dir.join("data"));
        run(command);
        let _ = self.server.wait();
    }
}

async fn decide(client: &Client, statement: &Statement, row: &Prepared) {
    let [operation, user, object] = row.folded();
    let record_type = i64::from(row.sealed.record_type);
    let id = row.sealed.id.bytes().as_slice();
    let leaf = row.sealed.leaf_hash.as_slice();
    let params: [&(dyn ToSql + Sync); 20] = [
        &row.org,
        &row.identity,
        &row.grant,
        &row.due,
        &row.body,
        &id,
        &row.now,
        &record_type,
        &operation,
        &user,
        &row.sealed.client_address,
        &object,
        &row.sealed.text,
        &leaf,
        &row.sealed.canonical,
        &row.beside,
        &row.principal,
        &row.key,
        &row.digest,
        &row.answer,
    ];
    client.query_one(statement, &params).await.unwrap();
}

/// An index as PostgreSQL writes it.
fn translated(index: &str) -> String {
    index.replace(
        "json_extract(body, '$.emergency')",
        "(body::jsonb -> 'emergency')",
    )
}

/// Makes the tables of a database of ours, with its rows, and then its indexes.
async fn fill(client: &Client, database: &Path) {
    let conn = Connection::open(database).unwrap();
    for table in TABLES {
        client
            .batch_execute(&definition(&conn, table))
            .await
            .unwrap();
        copy(client, &conn, table).await;
    }
    let mut indexes = conn
        .prepare("SELECT tbl_name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL")
        .unwrap();
    let indexes: Vec<(String, String)> = indexes
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap();
    for (_, sql) in indexes
        .iter()
        .filter(|(table, _)| TABLES.contains(&table.as_str()))
    {
        client.batch_execute(&translated(sql)).await.unwrap();
    }
    client.batch_execute("ANALYZE").await.unwrap();
}

/// A column: its name, its type there, whether it must be there, its default, and whether it is the key.
struct Column {
    name: String,
    kind: Type,
    required: bool,
    default: Option<String>,
    key: bool,
}

fn columns(conn: &Connection, table: &str) -> Vec<Column> {
    conn.prepare(&format!("PRAGMA table_info({table})"))
        .unwrap()
        .query_map([], |row| {
            let kind: String = row.get(2)?;
            Ok(Column {
                name: row.get(1)?,
                kind: match kind.as_str() {
                    "INTEGER" => Type::INT8,
                    "BLOB" => Type::BYTEA,
                    _ => Type::TEXT,
                },
                required: row.get(3)?,
                default: row.get(4)?,
                key: row.get::<_, i64>(5)? > 0,
            })
        })
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap()
}

/// The table as PostgreSQL says it. Foreign keys stay away: there they would lock rows.
fn definition(conn: &Connection, table: &str) -> String {
    let unique: String = conn
        .query_row(
            "SELECT sql FROM sqlite_master WHERE name = ?1",
            [table],
            |row| row.get(0),
        )
        .unwrap();
    let columns: Vec<String> = columns(conn, table)
        .iter()
        .map(|column| {
            let mut text = format!(
                "{} {}",
                column.name,
                column.kind.name().replace("int8", "bigint")
            );
            if column.key && column.name == "nr" {
                text += " GENERATED BY DEFAULT AS IDENTITY";
            }
            if column.key {
                text += " PRIMARY KEY";
            }
            if let Some(default) = &column.default {
                text += &format!(" DEFAULT {default}");
            }
            if column.required {
                text += " NOT NULL";
            }
            if unique.contains(&format!("{} BLOB NOT NULL UNIQUE", column.name)) {
                text += " UNIQUE";
            }
            text
        })
        .collect();
    format!("CREATE TABLE {table} ({})", columns.join(", "))
}

async fn copy(client: &Client, conn: &Connection, table: &str) {
    let columns = columns(conn, table);
    let kinds: Vec<Type> = columns.iter().map(|column| column.kind.clone()).collect();
    let sink = client
        .copy_in(&format!("COPY {table} FROM STDIN BINARY"))
        .await
        .unwrap();
    let mut writer = pin!(BinaryCopyInWriter::new(sink, &kinds));
    let mut statement = conn.prepare(&format!("SELECT * FROM {table}")).unwrap();
    let mut rows = statement.query([]).unwrap();
    while let Some(row) = rows.next().unwrap() {
        let values: Vec<Box<dyn ToSql + Sync>> = (0..columns.len())
            .map(|at| -> Box<dyn ToSql + Sync> {
                match row.get_ref(at).unwrap() {
                    ValueRef::Null if columns[at].kind == Type::INT8 => Box::new(None::<i64>),
                    ValueRef::Null if columns[at].kind == Type::BYTEA => Box::new(None::<Vec<u8>>),
                    ValueRef::Null => Box::new(None::<String>),
                    ValueRef::Integer(number) => Box::new(number),
                    ValueRef::Text(text) => Box::new(String::from_utf8(text.to_vec()).unwrap()),
                    ValueRef::Blob(bytes) => Box::new(bytes.to_vec()),
                    ValueRef::Real(_) => panic!("a float in {table}"),
                }
            })
            .collect();
        let references: Vec<&(dyn ToSql + Sync)> = values.iter().map(AsRef::as_ref).collect();
        writer.as_mut().write(&references).await.unwrap();
    }
    writer.finish().await.unwrap();
    // What was copied has numbers; new rows go on behind them.
    if columns.iter().any(|column| column.name == "nr") {
        client
            .batch_execute(&format!(
                "SELECT setval(pg_get_serial_sequence('{table}', 'nr'),
                    (SELECT coalesce(max(nr), 0) + 1 FROM {table}))"
            ))
            .await
            .unwrap();
    }
}
