//! Backups under load, and what a database says when it comes back from one.

use crate::program::{DEADLINE, Daemon, Done, Home, finish, lockboxd, run};
use crate::world::{CONTOSO, NORTHWIND, PROVIDER, World};
use customer_lockbox::audit::merkle;
use customer_lockbox::clock::{Clock, ManualClock, SystemClock};
use customer_lockbox::ids::OrgId;
use customer_lockbox::service::restore::{
    REFERENCES_BEYOND_BACKUP, REFERENCES_BEYOND_FILE, RestoreFrom, Restored,
};
use customer_lockbox::service::{Options, Services};
use customer_lockbox::store::sqlite::{self, SqliteStore, Staged};
use customer_lockbox::store::{AuditFilter, HighWater, OrgRef, RequestRef, Store};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

async fn world(dir: &Path) -> World {
    World::with(Options {
        backup_dir: Some(dir.join("backups")),
        ..Options::default()
    })
    .await
}

/// Calls `system.backup`; gives the file.
async fn backed_up(world: &World) -> PathBuf {
    let made = world.ok("root", "system.backup", json!({})).await;
    PathBuf::from(made["path"].as_str().unwrap())
}

/// A staged backup, opened at the world's time.
fn opened(staged: &Staged, clock: &Arc<ManualClock>) -> Arc<SqliteStore> {
    let clock = Arc::clone(clock) as Arc<dyn Clock>;
    let store = SqliteStore::open(staged.staging(), sqlite::Options::default(), clock);
    Arc::new(store.unwrap())
}

/// The records of an organization, oldest first, as what stands in their bytes.
async fn records(store: &SqliteStore, org: &str) -> Vec<Value> {
    let org = store.organization(OrgRef::Name(org.to_owned())).await;
    let org = org.unwrap().unwrap();
    let found = store.audit_search(AuditFilter::of(org.id, 100_000)).await;
    let mut rows = found.unwrap().rows;
    rows.sort_by_key(|row| row.position);
    rows.iter()
        .map(|row| serde_json::from_slice(&row.canonical).unwrap())
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_backup_under_load_is_one_snapshot_with_all_that_was_acknowledged() {
    let dir = tempfile::tempdir().unwrap();
    let world = Arc::new(world(dir.path()).await);
    let approved = world.approved().await;
    let acknowledged = Arc::new(Mutex::new(Vec::<String>::new()));
    let stop = Arc::new(AtomicBool::new(false));
    let writers: Vec<_> = (0..4)
        .map(|writer| {
            let (world, stop) = (Arc::clone(&world), Arc::clone(&stop));
            let acknowledged = Arc::clone(&acknowledged);
            let request = approved["identity"].clone();
            tokio::spawn(async move {
                for number in 0.. {
                    if stop.load(Ordering::Relaxed) {
                        return;
                    }
                    let operation = format!("Act-{writer}-{number}");
                    let params = json!({
                        "tenant": CONTOSO, "requestId": request, "operation": operation,
                    });
                    world.ok("eve", "activity.record", params).await;
                    acknowledged.lock().unwrap().push(operation);
                }
            })
        })
        .collect();
    let count = || acknowledged.lock().unwrap().len();
    let clock = SystemClock::new();
    let mut overlapped = 0;
    // Three that others wrote during, so that there was something to cut through.
    while overlapped < 3 {
        assert!(
            clock.monotonic() < DEADLINE,
            "nobody writes during a backup"
        );
        let before = acknowledged.lock().unwrap().clone();
        let file = backed_up(&world).await;
        overlapped += usize::from(count() > before.len());
        let copy = dir.path().join("copy");
        // Integrity, every log without a gap, every leaf, every commitment.
        let staged = SqliteStore::stage(&file, &copy, true).unwrap();
        let store = opened(&staged, &world.clock);
        let tenant = records(&store, CONTOSO).await;
        let done: BTreeSet<&str> = tenant
            .iter()
            .filter_map(|record| record["Operation"].as_str())
            .collect();
        for operation in &before {
            assert!(done.contains(operation.as_str()), "{operation} is missing");
        }
        let provider = records(&store, PROVIDER).await;
        let name = file.file_name().unwrap().to_str().unwrap();
        let last = provider.last().unwrap();
        assert_eq!(last["Operation"], "LockboxBackupStarted");
        assert_eq!(last["Parameters"][0]["Value"], name);
    }
    stop.store(true, Ordering::Relaxed);
    for writer in writers {
        writer.await.unwrap();
    }
}

#[tokio::test]
async fn a_backup_takes_an_unlimited_token_and_comes_alone() {
    let dir = tempfile::tempdir().unwrap();
    let mut world = world(dir.path()).await;
    for limits in [
        json!({"roles": ["ProviderAdministrator"]}),
        json!({"scope": "/provider"}),
        json!({"decisions": ["Deny"]}),
    ] {
        let issued = world.ok("root", "token.issue", limits).await;
        world.remember("limited", &issued["token"]);
        let data = world
            .refused("limited", "system.backup", json!({}), "forbidden")
            .await;
        assert!(
            data["remedy"].as_str().unwrap().contains("not limited"),
            "{data}"
        );
    }
    assert!(!dir.path().join("backups").exists(), "nothing was written");
    // Nothing, and a record of each attempt: also of people's who have no such right at all.
    world
        .refused("eve", "system.backup", json!({}), "forbidden")
        .await;
    let log = world.operations("root").await;
    let denied = log.iter().filter(|one| *one == "LockboxRequestRefused");
    assert_eq!(denied.count(), 4, "{log:?}");
    let (first, second) = tokio::join!(
        world.call("root", "system.backup", json!({})),
        world.call("root", "system.backup", json!({}))
    );
    first.unwrap();
    let busy = second.unwrap_err();
    assert_eq!(busy.code, "busy");
    assert_eq!(busy.data["retryAfterSeconds"], 5);
    world.ok("root", "system.backup", json!({})).await;
    let started = |log: Vec<String>| {
        let is = |operation: &&String| *operation == "LockboxBackupStarted";
        log.iter().filter(is).count()
    };
    assert_eq!(started(world.operations("root").await), 2);
    assert_eq!(started(world.operations("ada").await), 0);
    let files = std::fs::read_dir(dir.path().join("backups")).unwrap();
    assert_eq!(files.count(), 2);
    let nowhere = World::new().await;
    let data = nowhere
        .refused("root", "system.backup", json!({}), "unavailable")
        .await;
    assert!(
        data["remedy"].as_str().unwrap().contains("backup_dir"),
        "{data}"
    );
}

/// A world that came back from a backup, and what the restore gave.
struct Back {
    store: Arc<SqliteStore>,
    restored: Restored,
    // What the store's directory hangs on.
    _staged: Staged,
}

async fn bring_back(
    world: &World,
    dir: &Path,
    high_water: Option<&HighWater>,
    admin: Option<&str>,
) -> customer_lockbox::error::Result<Back> {
    let file = backed_up(world).await;
    let staged = SqliteStore::stage(&file, &dir.join("back"), false)?;
    let store = opened(&staged, &world.clock);
    let services = Services::new(
        Arc::clone(&store) as Arc<dyn Store>,
        Arc::clone(&world.clock) as Arc<dyn Clock>,
        Options::default(),
    );
    let restored = services
        .restore(&RestoreFrom {
            logs: staged.logs(),
            time: None,
            high_water,
            host_user: "olga, uid 1000",
            admin,
        })
        .await?;
    Ok(Back {
        store,
        restored,
        _staged: staged,
    })
}

#[tokio::test]
async fn time_that_was_up_is_written_down_as_such_and_the_rest_is_ended() {
    let dir = tempfile::tempdir().unwrap();
    let world = world(dir.path()).await;
    let ended = world.approved().await;
    let expired = world.submit_as("ed", json!({})).await;
    world.pass(12 * 3_600);
    let (live, pending, asked) = (
        world.approved().await,
        world.pending().await,
        world.submit().await,
    );
    let back = bring_back(&world, dir.path(), None, None).await.unwrap();
    assert_eq!((back.restored.revoked, back.restored.expired), (1, 2));
    let tenant = world.tenant_id(CONTOSO).await.parse().unwrap();
    for (request, state) in [
        (&ended, "Ended"),
        (&expired, "Expired"),
        (&live, "Revoked"),
        (&pending, "Expired"),
        (&asked, "Expired"),
    ] {
        let identity = request["identity"].as_str().unwrap().parse().unwrap();
        let found = back.store.request(tenant, RequestRef::Identity(identity));
        let found = found.await.unwrap().unwrap();
        assert_eq!(found.state.as_str(), state, "{request}");
        let restored = found
            .close_comment
            .is_some_and(|text| text.contains("restored"));
        let by_time = found.identity.to_string() == ended["identity"]
            || found.identity.to_string() == expired["identity"];
        assert_eq!(restored, !by_time, "{request}");
    }
    let operations = |log: &[Value]| -> Vec<String> {
        log.iter()
            .map(|record| record["Operation"].as_str().unwrap().to_owned())
            .skip_while(|operation| operation != "LockboxLogRestored")
            .collect()
    };
    let mut of_tenant = operations(&records(&back.store, CONTOSO).await);
    assert_eq!(of_tenant.remove(0), "LockboxLogRestored");
    of_tenant.sort();
    assert_eq!(
        of_tenant,
        [
            "LockboxAccessEnded",
            "LockboxAccessRevoked",
            "LockboxPrincipalInvited",
            "LockboxRequestExpired",
        ]
    );
    let mut of_provider = operations(&records(&back.store, PROVIDER).await);
    assert_eq!(of_provider.remove(0), "LockboxLogRestored");
    of_provider.sort();
    // Those that had not arrived at the customer.
    assert_eq!(
        of_provider,
        [
            "LockboxRequestExpired",
            "LockboxRequestExpired",
            "LockboxTokenIssued",
        ]
    );
}

#[tokio::test]
async fn reference_numbers_jump_beyond_any_that_was_handed_out() {
    for known in [false, true] {
        let dir = tempfile::tempdir().unwrap();
        let world = world(dir.path()).await;
        world.submit().await;
        let file = world.store.high_water().await.unwrap();
        let mut lost = file.clone();
        for log in &mut lost.logs {
            log.next_reference = 700;
        }
        let back = bring_back(&world, dir.path(), known.then_some(&lost), None)
            .await
            .unwrap();
        let of = |mark: &HighWater, name: &str| {
            let org = back
                .restored
                .tenants
                .iter()
                .map(|(org, _)| org)
                .find(|org| org.name == name)
                .unwrap();
            let mut logs = mark.logs.iter();
            let found = logs.find(|log| log.organization_id == org.id);
            found.unwrap().next_reference
        };
        let now = back.store.high_water().await.unwrap();
        let expected = if known {
            [700 + REFERENCES_BEYOND_FILE; 2]
        } else {
            [2 + REFERENCES_BEYOND_BACKUP, 1 + REFERENCES_BEYOND_BACKUP]
        };
        assert_eq!([of(&now, CONTOSO), of(&now, NORTHWIND)], expected);
        // As long as numbers may be.
        assert!(expected.iter().all(|next| *next < 1_000_000_000_000));
    }
}

#[tokio::test]
async fn only_an_administrator_restores_and_only_one_is_invited() {
    let dir = tempfile::tempdir().unwrap();
    let mut world = world(dir.path()).await;
    // The first administrators came before these.
    world.pass(1);
    world
        .person(
            "root",
            "rita",
            "rita@fabrikam.example",
            "ProviderAdministrator",
        )
        .await;
    world
        .person("ada", "abe", "abe@contoso.com", "GlobalAdministrator")
        .await;
    for (name, ended) in [("max@fabrikam.example", false), ("nobody@x.example", true)] {
        let error = bring_back(&world, dir.path(), None, Some(name)).await;
        let error = error.err().unwrap();
        assert_eq!(error.code(), "noAdministrator", "{ended}");
        assert!(
            error.remedy().contains("rita@fabrikam.example"),
            "{error:?}"
        );
    }
    let unclaimed = json!({"name": "new.example", "adminAddress": "una@new.example"});
    world.ok("root", "tenant.create", unclaimed).await;
    let back = bring_back(&world, dir.path(), None, Some("RITA@fabrikam.example"))
        .await
        .unwrap();
    assert_eq!(back.restored.admin.label(), "rita@fabrikam.example");
    let invited: Vec<(&str, Option<&str>)> = back
        .restored
        .tenants
        .iter()
        .map(|(org, invited)| {
            let admin = invited.as_ref().map(|(admin, _)| admin.label());
            (org.name.as_str(), admin)
        })
        .collect();
    assert_eq!(
        invited,
        [
            (CONTOSO, Some("ada@contoso.onmicrosoft.com")),
            ("new.example", None),
            (NORTHWIND, Some("nora@northwind.onmicrosoft.com")),
        ]
    );
    // Every token but the fresh one is over, robots' too.
    let mut live = 0;
    for org in [PROVIDER, CONTOSO, NORTHWIND, "new.example"] {
        let org = back.store.organization(OrgRef::Name(org.to_owned())).await;
        let tokens = back.store.tokens(org.unwrap().unwrap().id, None).await;
        for (token, _) in tokens.unwrap() {
            let fresh = token.hash == back.restored.token.secret.hash();
            assert_eq!(token.revoked_at.is_none(), fresh, "{token:?}");
            live += usize::from(fresh);
        }
    }
    assert_eq!(live, 1);
}

/// `lockboxd` with a token, at a home's daemon or directory.
fn command(home: &Home, token: &str, args: &[&str]) -> Done {
    let mut command = lockboxd(args);
    command.env("LOCKBOX_DATA_DIR", home.data());
    if !token.is_empty() {
        command.env("LOCKBOX_TOKEN", token);
    }
    finish(command)
}

fn person(home: &Home, by: &str, address: &str, role: &str) -> String {
    let params = json!({
        "kind": "person", "address": address, "displayName": address, "roles": [{"role": role}],
    });
    let made = home.result(by, "principal.create", &params);
    let code = made["enrolmentCode"].as_str().unwrap().to_owned();
    let done = command(home, "", &["enroll", &code, "--output", "token"]);
    assert_eq!(done.code, 0, "{done:#?}");
    done.out.trim().to_owned()
}

fn submit(home: &Home, eve: &str) -> Value {
    let params = json!({
        "tenant": CONTOSO, "serviceName": "Exchange", "serviceRequestNumber": "CLB#1",
        "reason": "Mail is not delivered",
    });
    home.result(eve, "request.submit", &params)["request"].clone()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

/// All of somebody's records, oldest first, as AuditData.
fn log(home: &Home, token: &str) -> Vec<Value> {
    let found = home.result(token, "audit.search", &json!({"resultSize": 5_000}));
    let mut records: Vec<Value> = found["records"]
        .as_array()
        .unwrap()
        .iter()
        .map(|record| serde_json::from_str(text(&record["auditData"])).unwrap())
        .collect();
    records.sort_by_key(|record| text(&record["RecordedAt"]).to_owned());
    records
}

/// What a parameter of a record says.
fn parameter<'a>(record: &'a Value, name: &str) -> &'a str {
    let all = record["Parameters"].as_array().unwrap();
    let found = all.iter().find(|parameter| parameter["Name"] == name);
    text(&found.unwrap_or_else(|| panic!("{name} in {record:#}"))["Value"])
}

#[test]
fn a_backup_of_a_running_daemon_comes_back_with_every_log_ended_and_begun_again() {
    let home = Home::new();
    let daemon = home.serve(&[]).ready();
    let (_, ada) = home.tenant(CONTOSO, "ada@contoso.com");
    let eve = person(&home, &home.root, "eve@fabrikam.example", "SupportEngineer");
    let max = person(&home, &home.root, "max@fabrikam.example", "SupportManager");
    let (live, pending) = (submit(&home, &eve), submit(&home, &eve));
    for request in [&live, &pending] {
        let review = json!({"requestId": request["identity"], "decision": "Approve"});
        home.result(&max, "request.review", &review);
    }
    let approve = json!({"requestId": live["identity"], "decision": "Approve"});
    home.result(&ada, "request.decide", &approve);

    let file = home.file("lockbox.backup");
    let path = file.to_str().unwrap();
    let done = command(&home, &eve, &["backup", path]);
    assert_eq!(done.code, 77, "{done:#?}");
    assert!(!file.exists());
    let done = command(&home, &home.root, &["backup", path, "--output", "json"]);
    assert_eq!(done.code, 0, "{done:#?}");
    let made = done.json();
    assert_eq!(made["path"], path);
    assert_eq!(
        made["bytes"].as_u64().unwrap(),
        std::fs::metadata(&file).unwrap().len()
    );
    let done = command(&home, &home.root, &["backup", path]);
    assert_eq!(done.code, 74, "{done:#?}");
    assert!(done.err.contains("never") || done.err.contains("nothing is ever overwritten"));
    let kept = command(&home, &home.root, &["backup", "--output", "json"]).json();
    let kept = PathBuf::from(text(&kept["path"]));
    assert!(kept.starts_with(home.data().join("backups")), "{kept:?}");
    assert!(kept.is_file());

    // What comes after the backup is lost with the disk.
    let before = log(&home, &ada);
    let lost = submit(&home, &eve);
    home.result(&ada, "policy.put", &json!({"hoursToAnswer": 24}));
    assert!(daemon.stop().status.success());
    let data = home.data();
    let dir = data.to_str().unwrap();
    let restore = |more: &[&str]| {
        let mut args = vec!["restore", path, "--data-dir", dir, "--output", "json"];
        args.extend(more);
        run(&args)
    };
    let done = restore(&[]);
    assert_eq!(done.code, 1, "{done:#?}");
    assert!(done.err.contains("--replace"), "{done:#?}");
    let done = restore(&["--replace", "--admin", "root@fabrikam.example"]);
    assert_eq!(done.code, 0, "{done:#?}");
    let restored = done.json();
    assert_eq!(restored["revokedGrants"], 1);
    assert_eq!(restored["expiredRequests"], 1);
    let aside = PathBuf::from(text(&restored["replaced"]));
    assert!(aside.join("lockbox.db").is_file());

    let _daemon = home.serve(&[]).ready();
    for (old, method) in [(&home.root, "tenant.list"), (&ada, "request.list")] {
        let done = home.call(old, method, &json!({}));
        assert_eq!(done.code, 77, "{done:#?}");
        assert!(done.err.contains("revoked"), "{done:#?}");
    }
    let root = text(&restored["token"]).to_owned();
    let code = text(&restored["tenants"][0]["enrolmentCode"]);
    assert_eq!(restored["tenants"][0]["administrator"], "ada@contoso.com");
    let done = command(&home, "", &["enroll", code, "--output", "token"]);
    assert_eq!(done.code, 0, "{done:#?}");
    let ada = done.out.trim().to_owned();
    for (request, state) in [(&live, "Revoked"), (&pending, "Expired")] {
        let named = json!({"requestId": request["identity"]});
        let found = home.result(&ada, "request.get", &named);
        assert_eq!(found["request"]["state"], state, "{found:#}");
    }

    // The old records are there, and the new log says where they end.
    let after = log(&home, &ada);
    let old = &before[0]["LogId"];
    let (was, is): (Vec<&Value>, Vec<&Value>) =
        after.iter().partition(|record| record["LogId"] == *old);
    let ids = |records: &[&Value]| -> BTreeSet<String> {
        records
            .iter()
            .map(|one| text(&one["Id"]).to_owned())
            .collect()
    };
    assert_eq!(ids(&was), ids(&before.iter().collect::<Vec<_>>()));
    let first = is.iter().find(|record| record["Sequence"] == 0).unwrap();
    assert_eq!(first["Operation"], "LockboxLogRestored");
    assert_eq!(parameter(first, "PreviousLogId"), text(old));
    let leaves: Vec<_> = (0..was.len())
        .map(|sequence| {
            let named = json!({"logId": old, "sequence": sequence});
            let found = home.result(&ada, "audit.get", &named);
            assert_eq!(found["logId"], *old);
            hex::decode(text(&found["leafHash"]))
                .unwrap()
                .try_into()
                .unwrap()
        })
        .collect();
    assert_eq!(
        parameter(first, "PreviousLastSequence"),
        (leaves.len() - 1).to_string()
    );
    assert_eq!(
        parameter(first, "PreviousRoot"),
        hex::encode(merkle::root(&leaves))
    );
    let present = home.result(&ada, "audit.get", &json!({"sequence": 0}));
    assert_eq!(present["record"]["identity"], first["Id"]);
    // Who restored: the customer knows the provider's people by pseudonym, the provider by name.
    assert!(parameter(first, "Administrator").starts_with("engineer-"));
    assert!(!first.to_string().contains("root"), "{first:#}");
    // Nor do the bytes that an auditor checks hold it.
    let bytes = text(&present["canonical"]);
    assert!(
        bytes.contains("\"ProviderName\":{\"Commitment\""),
        "{bytes}"
    );
    assert!(!bytes.contains("root"), "{bytes}");
    let own = log(&home, &root);
    let own = own
        .iter()
        .find(|record| record["Operation"] == "LockboxLogRestored")
        .unwrap();
    assert_eq!(parameter(own, "Administrator"), "root@fabrikam.example");
    assert!(parameter(own, "HostUser").contains("uid "), "{own:#}");
    // An export goes through both logs.
    let done = command(&home, &ada, &["audit", "export", "--format", "jsonl"]);
    let exported: BTreeSet<String> = done
        .out
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap())
        .map(|record| text(&record["Id"]).to_owned())
        .collect();
    assert!(exported.is_superset(&ids(&was)) && exported.is_superset(&ids(&is)));

    // So does a pull with a watermark, also with one that the restore has gone back behind.
    let pulled = |from: u64| -> Vec<(bool, u64)> {
        let params = json!({"format": "jsonl", "fromSequence": from, "logId": old});
        let part = home.result(&ada, "audit.export", &params);
        let lines = text(&part["content"]).lines();
        lines
            .map(|line| serde_json::from_str::<Value>(line).unwrap())
            .map(|record| {
                let sequence = record["Sequence"].as_u64().unwrap();
                (record["LogId"] == *old, sequence)
            })
            .collect()
    };
    let end = leaves.len() as u64;
    for (from, rest) in [(end - 2, 2), (end, 0), (end + 5, 0)] {
        let found = pulled(from);
        let expected: Vec<(bool, u64)> = (end - rest..end)
            .map(|sequence| (true, sequence))
            .chain((0..found.len() as u64 - rest).map(|sequence| (false, sequence)))
            .collect();
        assert_eq!(found, expected, "from {from}");
        assert!(found.len() as u64 > rest);
    }
    let params = json!({"format": "csv", "fromSequence": 0, "logId": live["identity"]});
    let done = home.call(&ada, "audit.export", &params);
    assert_eq!(done.code, 65, "{done:#?}");

    // Nobody gets a number that somebody else had.
    let eve = json!({"principal": "eve@fabrikam.example"});
    let code = home.result(&root, "principal.invite", &eve)["enrolmentCode"].clone();
    let done = command(&home, "", &["enroll", text(&code), "--output", "token"]);
    let next = submit(&home, done.out.trim());
    let number = |request: &Value| -> i64 { text(&request["requestId"])[4..].parse().unwrap() };
    assert_eq!(number(&next), number(&lost) + 1 + REFERENCES_BEYOND_FILE);
}

/// Starts a daemon that must refuse to serve.
fn refused(home: &Home, code: i32, says: &str) {
    let done = run(&home.serve_args(&[]));
    assert_eq!(done.code, code, "{done:#?}");
    assert!(done.err.contains(says), "{done:#?}");
}

/// What a database consists of.
const FILES: [&str; 3] = ["lockbox.db", "lockbox.db-wal", "lockbox.db-shm"];

/// Puts the database of one directory into another, in the place of what is there.
fn put(from: &Path, to: &Path) {
    for name in FILES {
        let _ = std::fs::remove_file(to.join(name));
        if from.join(name).exists() {
            std::fs::copy(from.join(name), to.join(name)).unwrap();
        }
    }
}

#[test]
fn a_database_that_was_rolled_back_is_not_served_until_it_is_restored() {
    let home = Home::new();
    let data = home.data();
    let dir = data.to_str().unwrap();
    let (old, newest, empty) = (home.file("old"), home.file("newest"), home.file("empty"));
    for dir in [&old, &newest, &empty] {
        std::fs::create_dir(dir).unwrap();
    }
    assert!(data.join("high-water.json").is_file(), "made by init");
    put(&data, &old);
    let daemon = home.serve(&[]).ready();
    home.tenant(CONTOSO, "ada@contoso.com");
    daemon.stop();
    put(&data, &newest);
    put(&old, &data);
    refused(&home, 69, "is behind the high-water file");
    refused(&home, 69, "lockboxd restore");
    let recover = [
        "tenant",
        "recover",
        CONTOSO,
        "--admin",
        "a@b.example",
        "--data-dir",
        dir,
    ];
    let done = run(&recover);
    assert_eq!(done.code, 69, "{done:#?}");
    // No database at all is no reason to begin a new one; the right one is served.
    put(&empty, &data);
    let done = run(&["init", "--admin", "a@b.example", "--data-dir", dir]);
    assert_eq!(done.code, 1, "{done:#?}");
    assert!(done.err.contains("high-water"), "{done:#?}");
    put(&newest, &data);
    home.serve(&[]).ready().stop();
    // With restore the old one is served too: it says what it is. Nothing is there to replace.
    put(&empty, &data);
    let old = old.join("lockbox.db");
    let config = home.file("peers.toml");
    let peers = format!("[unix_peers]\n0 = \"{}\"\n", OrgId::new());
    std::fs::write(&config, peers).unwrap();
    let config = config.to_str().unwrap();
    let old = old.to_str().unwrap();
    let done = run(&["restore", old, "--data-dir", dir, "--config", config]);
    assert_eq!(done.code, 0, "{done:#?}");
    assert!(done.out.contains("lbt_"), "{done:#?}");
    assert!(done.out.contains("Warning: unix_peers"), "{done:#?}");
    home.serve(&[]).ready().stop();
    // And the one that it took the place of is now the one that is behind.
    put(&newest, &data);
    refused(&home, 69, "does not have the log");
}

/// How far the database in a directory has come, whose daemon does not run.
fn stored_mark(data: &Path) -> HighWater {
    let clock = Arc::new(SystemClock::new());
    let store = SqliteStore::open(data, sqlite::Options::default(), clock).unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(store.high_water()).unwrap()
}

#[test]
fn the_high_water_file_follows_the_commits() {
    let home = Home::new();
    let file = home.data().join("high-water.json");
    let read = || HighWater::read(&file).unwrap().unwrap();
    let mut daemon: Daemon = home.serve(&[]).ready();
    let older = read();
    home.tenant(CONTOSO, "ada@contoso.com");
    let clock = SystemClock::new();
    while read().logs.len() < 2 {
        assert!(clock.monotonic() < DEADLINE, "the file stays behind");
        std::thread::yield_now();
    }
    // Killed, it is at most behind; then a start brings it up.
    crate::program::signal(daemon.id(), "KILL");
    daemon.wait();
    older.write(&file).unwrap();
    let newest = stored_mark(&home.data());
    assert_ne!(older.logs, newest.logs);
    let daemon = home.serve(&[]).ready();
    assert_eq!(read().logs, newest.logs);
    daemon.stop();
    let kept = read();
    // A missing one is made again, and said.
    std::fs::remove_file(&file).unwrap();
    let mut daemon = home.serve(&[]);
    daemon.logs("there is no high-water file");
    daemon.ready().stop();
    assert_eq!(read().logs, kept.logs);
    // One that cannot be read is not taken for a missing one.
    std::fs::write(&file, "{").unwrap();
    refused(&home, 69, "cannot be read");
    // Time does not run back behind it.
    let mut ahead = kept;
    ahead.time = ahead.time.map(|time| time.plus_seconds(24 * 3_600));
    ahead.write(&file).unwrap();
    refused(&home, 69, "clock stands");
    // What stops the start is what can be accepted.
    let done = run(&[
        "clock",
        "accept",
        "--data-dir",
        home.data().to_str().unwrap(),
    ]);
    assert_eq!(done.code, 0, "{done:#?}");
    assert!(done.out.contains("Accepted"), "{done:#?}");
    home.serve(&[]).ready().stop();
    assert!(read().time >= ahead.time);
    // A place that cannot be written is no place.
    let config = home.file("lockboxd.toml");
    std::fs::write(&config, "high_water = \"/proc/high-water.json\"").unwrap();
    let done = run(&home.serve_args(&["--config", config.to_str().unwrap()]));
    assert_eq!(done.code, 69, "{done:#?}");
    assert!(done.err.contains("high_water"), "{done:#?}");
}
