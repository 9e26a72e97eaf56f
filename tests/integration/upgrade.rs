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
use customer_lockbox::crypto::sha256;
use customer_lockbox::domain::notice::Event;
use customer_lockbox::domain::notice::settings::Language;
use customer_lockbox::domain::notice::template::Template;
use customer_lockbox::domain::notice::webhook::{Format, SigningKey, Webhook};
use customer_lockbox::domain::organization::SettingsChange;
use customer_lockbox::domain::policy::document::Approvers;
use customer_lockbox::domain::policy::effective::AskedStage;
use customer_lockbox::domain::policy::stored::{PendingChange, PolicyVersion, Proposal};
use customer_lockbox::domain::request::Party;
use customer_lockbox::ids::{ChangeId, WebhookId};
use customer_lockbox::jsonrpc;
use customer_lockbox::rpc::Rpc;
use customer_lockbox::service::{Options, Services};
use customer_lockbox::store::sqlite::{self, SqliteStore};
use customer_lockbox::store::{AuditFilter, OrgRef, PrincipalRef, RowWrite, Store};
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
    // One of two has approved; the other one does so after the upgrade. Its hook is not asked yet.
    let people = ["anna@contoso.com", "ben@contoso.com"].map(str::to_owned);
    let pending = world.pending_under(|asked| {
        asked.remind_after_seconds = vec![3_600];
        asked.hooks = vec!["nights".to_owned()];
        asked.stages = vec![AskedStage {
            rule: "two-eyes".to_owned(),
            approvers: Approvers {
                people: people.to_vec(),
                ..Approvers::default()
            },
            needed: 2,
        }];
    });
    let first = json!({"requestId": pending.await["identity"], "decision": "Approve"});
    world.ok("ben", "request.decide", first).await;
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
    put_policy(&world).await;
    world
        .ok(
            "root",
            "tenant.create",
            json!({"name": "unclaimed.example", "adminAddress": "una@unclaimed.example"}),
        )
        .await;
    put_notices(&world).await;
    world
}

/// A webhook, a text, and the deliveries of everything so far.
async fn put_notices(world: &World) {
    let org = world.contoso().await.id;
    let webhook = Webhook {
        id: WebhookId::new(),
        org,
        name: "alerts".to_owned(),
        url: "https://hooks.example/alerts".to_owned(),
        format: Format::CloudEvents,
        events: vec![Event::RequestArrived],
        keys: vec![SigningKey {
            secret: "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=".to_owned(),
            until: None,
        }],
        paused: None,
        created_at: world.clock.now(),
        resumed_at: None,
        created_by: "ada@contoso.onmicrosoft.com".to_owned(),
        version: 1,
    };
    let template = Template {
        subject: "{{ request.requestId }}".to_owned(),
        text: "It waits.".to_owned(),
        html: None,
    };
    world
        .write(vec![
            RowWrite::PutWebhook(Box::new(webhook)),
            RowWrite::PutTemplate(
                org,
                Event::RequestArrived,
                Language::En,
                Some(Box::new(template)),
            ),
        ])
        .await;
    let services = world.rpc.shared_services();
    assert!(services.expand_due().await.unwrap() > 0);
}

/// A policy that asks for nothing, and a change of it that waits.
async fn put_policy(world: &World) {
    let org = world.contoso().await.id;
    let ada = PrincipalRef::Label("ada@contoso.onmicrosoft.com".to_owned());
    let ada = world.store.principal(org, ada).await.unwrap().unwrap();
    let party = Party {
        id: ada.id,
        org,
        key: ada.person_key.clone(),
        name: ada.label().to_owned(),
    };
    let document = r#"{"format":"lockbox-policy/1","rules":[]}"#;
    let policy = PolicyVersion {
        org,
        version: 0,
        hash: hex::encode(sha256(&[document.as_bytes()])),
        document: document.to_owned(),
        put_by: party.clone(),
        put_at: world.clock.now(),
        reason: Some("to begin with".to_owned()),
        summary: json!([]),
    };
    let change = PendingChange {
        id: ChangeId::new(),
        org,
        proposed_by: party,
        proposed_at: world.clock.now(),
        reason: None,
        what: Proposal {
            settings: SettingsChange {
                automatic_approval: Some(true),
                ..SettingsChange::default()
            },
            ..Proposal::default()
        },
        recovery_hours: 24,
    };
    world
        .write(vec![
            RowWrite::PutPolicy(Box::new(policy)),
            RowWrite::PutPendingChange(Box::new(change)),
        ])
        .await;
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

/// A directory with a golden database in it, and the instant that it was left at.
fn loaded(number: usize) -> (tempfile::TempDir, Timestamp) {
    let dir = tempfile::tempdir().unwrap();
    SqliteStore::create(dir.path(), sqlite::CreateOptions::default()).unwrap();
    let file = dir.path().join("lockbox.db");
    std::fs::remove_file(&file).unwrap();
    let conn = Connection::open(&file).unwrap();
    conn.execute_batch(&std::fs::read_to_string(golden(number)).unwrap())
        .unwrap();
    let mark: i64 = conn
        .query_row("SELECT value FROM meta WHERE name = 'mark'", [], |row| {
            row.get(0)
        })
        .unwrap();
    (dir, Timestamp::from_millis(mark))
}

/// How many rows each table has.
fn rows(dir: &Path) -> BTreeMap<String, i64> {
    let conn = Connection::open(dir.join("lockbox.db")).unwrap();
    conn.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'")
        .unwrap()
        .query_map([], |row| row.get(0))
        .unwrap()
        .map(|name| {
            let name: String = name.unwrap();
            let count = format!("SELECT count(*) FROM \"{name}\"");
            let count = conn.query_row(&count, [], |row| row.get(0)).unwrap();
            (name, count)
        })
        .collect()
}

/// An upgraded database with people who call over a Unix socket.
struct Upgraded {
    rpc: Arc<Rpc>,
    store: Arc<SqliteStore>,
}

impl Upgraded {
    async fn open(dir: &Path, at: Timestamp) -> Self {
        let clock: Arc<dyn Clock> = Arc::new(ManualClock::at(at));
        let store = SqliteStore::open(dir, sqlite::Options::default(), Arc::clone(&clock));
        let store = Arc::new(store.unwrap());
        let mut unix_peers = BTreeMap::new();
        for (org, label, uid) in PEOPLE {
            let org = store.organization(OrgRef::Name(org.to_owned())).await;
            let label = PrincipalRef::Label(label.to_owned());
            let who = store.principal(org.unwrap().unwrap().id, label).await;
            unix_peers.insert(uid, who.unwrap().unwrap().id);
        }
        let services = Services::new(
            Arc::clone(&store) as Arc<dyn Store>,
            clock,
            Options {
                unix_peers,
                ..Options::default()
            },
        );
        let limits = jsonrpc::Limits::default();
        let contract = Contract::load().unwrap();
        let rpc = Rpc::new(services, contract, limits, false, "http://127.0.0.1/rpc");
        Self {
            rpc: Arc::new(rpc),
            store,
        }
    }

    /// Calls a method that must succeed, as somebody whose address begins so.
    async fn ok(&self, who: &str, method: &str, params: Value) -> Value {
        let known = PEOPLE.iter().find(|(_, label, _)| label.starts_with(who));
        let peer = Peer::unix(Some(known.unwrap().2));
        let body = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
        let answer = Arc::clone(&self.rpc)
            .handle(body.to_string().as_bytes(), None, peer)
            .await;
        let mut answer: Value = serde_json::from_slice(&answer.unwrap()).unwrap();
        assert!(answer.get("error").is_none(), "{who} {method}: {answer:#}");
        answer["result"].take()
    }
}

#[tokio::test]
async fn every_golden_is_brought_up_whole_and_goes_on() {
    for number in 1..=newest() {
        let (dir, at) = loaded(number);
        let before = rows(dir.path());
        for (table, count) in &before {
            // What is written only now and then: the others must have something to lose.
            let may_be_empty = ["token_use"].contains(&table.as_str());
            assert!(*count > 0 || may_be_empty, "golden {number}: {table}");
        }
        let world = Upgraded::open(dir.path(), at).await;
        let mut after = rows(dir.path());
        assert_eq!(
            after.insert("migration".to_owned(), before["migration"]),
            i64::try_from(newest()).ok()
        );
        for (table, count) in &before {
            assert_eq!(after.get(table), Some(count), "golden {number}: {table}");
        }
        // Every record of every log still says what it said.
        for org in [PROVIDER, CONTOSO, NORTHWIND] {
            let org = world.store.organization(OrgRef::Name(org.to_owned())).await;
            let org = org.unwrap().unwrap();
            let found = world.store.audit_search(AuditFilter::of(org.id, 10_000));
            let mut rows = found.await.unwrap().rows;
            rows.sort_by_key(|row| row.position);
            assert!(!rows.is_empty());
            for (sequence, row) in (0..).zip(&rows) {
                let verified = verify(&row.canonical, &row.beside, &row.leaf_hash).unwrap();
                assert_eq!((verified.sequence, verified.log_id), (sequence, row.log_id));
                assert_eq!((row.sequence, row.log_id), (sequence, org.log_id));
            }
        }
        // And it works on: what was asked before is decided now, and recorded next in the log.
        let head = world.ok("ada@", "audit.search", json!({"resultSize": 1}));
        let head = head.await["records"][0]["sequence"].as_u64().unwrap();
        let wanted = json!({"approvalStatus": "Pending"});
        let pending = world.ok("anna@", "request.list", wanted).await;
        let approve = json!({
            "requestId": pending["requests"][0]["requestId"], "decision": "Approve",
        });
        let decided = world.ok("anna@", "request.decide", approve).await;
        assert_eq!(decided["request"]["state"], "Approved", "{decided:#}");
        let next = world.ok("ada@", "audit.get", json!({"sequence": head + 1}));
        assert_eq!(
            next.await["record"]["activity"],
            "Set-AccessToCustomerDataRequest"
        );
        let asked = json!({
            "tenant": CONTOSO, "serviceName": "Exchange", "serviceRequestNumber": "CLB#2",
            "reason": "After the upgrade",
        });
        let submitted = world.ok("eve@", "request.submit", asked).await;
        let states: BTreeSet<String> =
            world.ok("max@", "request.list", json!({})).await["requests"]
                .as_array()
                .unwrap()
                .iter()
                .map(|request| request["state"].as_str().unwrap().to_owned())
                .collect();
        assert_eq!(submitted["request"]["requestId"], "EXSR000006");
        assert_eq!(
            states.into_iter().collect::<Vec<_>>(),
            ["Approved", "Canceled", "InternalReview"]
        );
    }
}

/// The newest migration as a crash leaves it: written, even to the disk, and not committed.
#[tokio::test]
async fn a_migration_that_was_cut_off_is_begun_again() {
    let newest = newest();
    let (dir, at) = loaded(newest - 1);
    let file = dir.path().join("lockbox.db");
    let sql = repository().join("src/store/migrations/sqlite");
    let sql = std::fs::read_dir(sql)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|path| {
            let name = path.file_name().unwrap().to_str().unwrap();
            name.starts_with(&format!("{newest:04}_"))
        })
        .unwrap();
    let conn = Connection::open(&file).unwrap();
    // With no room in memory, pages reach the log before the commit does.
    conn.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA cache_size = 1; PRAGMA cache_spill = 1; BEGIN IMMEDIATE",
    )
    .unwrap();
    conn.execute_batch(&std::fs::read_to_string(sql).unwrap())
        .unwrap();
    conn.execute_batch("UPDATE record SET text = text || 'half'")
        .unwrap();
    let crashed = tempfile::tempdir().unwrap();
    for entry in std::fs::read_dir(dir.path()).unwrap() {
        let path = entry.unwrap().path();
        std::fs::copy(&path, crashed.path().join(path.file_name().unwrap())).unwrap();
    }
    let log = crashed.path().join("lockbox.db-wal");
    assert!(
        std::fs::metadata(log).unwrap().len() > 0,
        "half of it is there"
    );
    drop(conn);
    let world = Upgraded::open(crashed.path(), at).await;
    world.ok("ada@", "audit.search", json!({})).await;
    let found = world.ok("ada@", "audit.search", json!({"freeText": "half"}));
    assert_eq!(found.await["total"], 0);
    drop(world);
    assert_eq!(
        rows(crashed.path())["migration"],
        i64::try_from(newest).unwrap()
    );
}
