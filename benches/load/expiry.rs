//! A hundred thousand requests that expire at one instant: what waiting costs, what is read at
//! once, how quickly it is written down, and how callers fare meanwhile.

use crate::client::{Round, call, get};
use crate::machine::{Generator, scaled, stopwatch};
use crate::prepared::expiries;
use crate::raw;
use crate::report::{Aim, Report};
use crate::seed::{Place, World};
use crate::servers::Server;
use crate::worlds::Worlds;
use customer_lockbox::clock::{Clock, SystemClock};
use rusqlite::{Connection, OpenFlags, params};
use serde_json::{Value, json};
use std::path::Path;
use std::time::Duration;

/// For how long the daemon is watched while it is idle.
const IDLE: Duration = Duration::from_secs(30);

/// Decisions of a caller, one after the other, before and meanwhile.
pub const DECISIONS: usize = 200;

/// Expiries that the yardstick writes.
const RAW: usize = 20_000;

/// From the start of the daemon until the requests expire: it is idle, and decides, before.
const AHEAD: Duration = Duration::from_secs(60);

/// Time for the writer to begin, once they have expired.
const BEGUN: Duration = Duration::from_millis(100);

pub async fn run(worlds: &mut Worlds, report: &mut Report) {
    let copy = worlds.place("raw-expiry.db");
    let empty = worlds.world("nobody waits").await.dir.clone();
    let world = &*worlds.world("waiting").await;
    let database = world.dir.join("lockbox.db");
    std::fs::copy(&database, &copy).unwrap();
    let _pinned = Generator::pinned();
    let idle = idle(&Server::daemon(&empty)).await;
    let (began, instant) = (stopwatch() + AHEAD, expire_after(&database, AHEAD));
    let daemon = Server::daemon(&world.dir);
    report.beside(
        "idle with 100 000 waiting: CPU (yardstick: with none)",
        self::idle(&daemon).await,
        "ms in 30 s",
        idle,
        Aim::None,
    );
    let (first, second) = world.later.split_at(scaled(DECISIONS));
    let before = decisions(&daemon, world, first).await;
    let (groups, changes) = groups(&daemon).await;
    let watch = Connection::open_with_flags(&database, OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
    let left = || -> i64 {
        watch
            .query_row(
                "SELECT COUNT(*) FROM request WHERE due = ?1",
                [instant],
                |row| row.get(0),
            )
            .unwrap()
    };
    assert_eq!(
        left(),
        world.pending.len() as i64,
        "expired before its time"
    );
    tokio::time::sleep_until((began + BEGUN).into()).await;
    // Whatever has been written down by now, all of them read as expired.
    let some = world.pending.len() / 20;
    for (place, identity) in world.pending.iter().step_by(some) {
        let token = &world.tenants[*place].admin.token;
        let params = json!({"requestId": identity.to_string()});
        let read = ask(&daemon, token, "request.get", params).await;
        assert_eq!(read["request"]["state"], "Expired");
    }
    let token = &world.tenants[0].admin.token;
    let params = json!({"approvalStatus": "Expired", "pageSize": 1});
    let listed = ask(&daemon, token, "request.list", params).await;
    assert_eq!(listed["requests"][0]["state"], "Expired");
    report.value(
        "expiry: not written down yet when all were read as expired",
        left() as f64,
        "requests",
        Aim::None,
    );
    let meanwhile = decisions(&daemon, world, &second[..scaled(DECISIONS)]).await;
    assert!(left() > 0, "written down before the callers were done");
    while left() > 0 {
        tokio::time::sleep_until((stopwatch() + Duration::from_millis(200)).into()).await;
    }
    let elapsed = began.elapsed().as_secs_f64();
    let (groups_after, changes_after) = self::groups(&daemon).await;
    let size = (changes_after - changes) / (groups_after - groups);
    println!("({elapsed:.1} s; groups of {size:.0})");
    drop(daemon);

    let rows = expiries(world, &copy, &world.pending[..scaled(RAW)]);
    let bare = raw::expire(&copy, &rows, size.round().max(1.0) as usize);
    report.beside(
        "expiry: written down (yardstick: SQLite alone, same groups)",
        world.pending.len() as f64 / elapsed,
        "requests/s",
        bare,
        Aim::RatioAtLeast(0.6),
    );
    for (name, what) in [
        ("p50", (|round| round.p50) as fn(&Round) -> f64),
        ("p99", |round| round.p99),
    ] {
        report.beside(
            &format!("expiry: a caller's decision meanwhile, {name} (yardstick: before)"),
            what(&meanwhile),
            "ms",
            what(&before),
            Aim::None,
        );
    }
}

/// Lets every request of the world that does not wait for days expire at one instant, so long from
/// now; the instant.
fn expire_after(database: &Path, ahead: Duration) -> i64 {
    let millis = i64::try_from(ahead.as_millis()).unwrap();
    let instant = SystemClock::new().now().plus_millis(millis);
    let conn = Connection::open(database).unwrap();
    conn.execute(
        "UPDATE request SET due = ?1, body = json_set(body, '$.deadline', ?2)
         WHERE due < (SELECT MAX(due) FROM request)",
        params![instant.millis(), instant.to_string()],
    )
    .unwrap();
    instant.millis()
}

/// Processor time of a daemon that nobody calls, in milliseconds.
async fn idle(daemon: &Server) -> f64 {
    let before = daemon.cpu();
    tokio::time::sleep_until((stopwatch() + IDLE).into()).await;
    daemon.cpu().saturating_sub(before).as_secs_f64() * 1e3
}

/// Denies these requests, one after the other.
pub async fn decisions(daemon: &Server, world: &World, places: &[Place]) -> Round {
    let (began, mut millis) = (stopwatch(), Vec::new());
    for (place, identity) in places {
        let token = &world.tenants[*place].admin.token;
        let params = json!({"requestId": identity.to_string(), "decision": "Deny"});
        let sent = stopwatch();
        ask(daemon, token, "request.decide", params).await;
        millis.push(sent.elapsed().as_secs_f64() * 1e3);
    }
    Round::new(millis, began.elapsed(), Duration::ZERO)
}

async fn ask(daemon: &Server, token: &str, method: &str, params: Value) -> Value {
    let body = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
    let answer = call(daemon.address, token, &body.to_string()).await;
    let mut answer: Value = serde_json::from_str(&answer).unwrap();
    assert!(answer["error"].is_null(), "{method}: {answer}");
    answer["result"].take()
}

/// How many groups the writer has committed, and how many changes in them.
async fn groups(daemon: &Server) -> (f64, f64) {
    let text = get(daemon.address, "/metrics").await;
    let number = |name: &str| -> f64 {
        let line = text.lines().find(|line| line.starts_with(name)).unwrap();
        line.rsplit_once(' ').unwrap().1.parse().unwrap()
    };
    (
        number("lockbox_writer_group_changes_count"),
        number("lockbox_writer_group_changes_sum"),
    )
}
