//! What `/metrics` says: counts that are right, at the instant that is asked, to who may know.

use crate::program::{Home, finish, lockboxd};
use crate::world::{CONTOSO, World};
use customer_lockbox::auth::peer::Peer;
use customer_lockbox::clock::Clock;
use customer_lockbox::error::Kind;
use customer_lockbox::telemetry::Format;
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;

async fn scraped(world: &World) -> String {
    world.rpc.services().metrics_text(Format::Plain).await
}

/// The value of a series; `None` where there is no such series.
fn value(text: &str, series: &str) -> Option<f64> {
    let line = text.lines().find_map(|line| line.strip_prefix(series));
    line.and_then(|rest| rest.strip_prefix(' ')?.parse().ok())
}

fn requests(text: &str) -> [Option<f64>; 3] {
    ["InternalReview", "Pending", "Approved"]
        .map(|state| value(text, &format!("lockbox_requests{{state=\"{state}\"}}")))
}

#[tokio::test]
async fn requests_are_counted_by_state_as_of_now() {
    let world = World::new().await;
    assert_eq!(requests(&scraped(&world).await), [Some(0.0); 3]);
    world.submit().await;
    world.pending().await;
    world.pass(60);
    world.approved().await;
    let text = scraped(&world).await;
    assert_eq!(requests(&text), [Some(1.0); 3], "a commit is seen at once");
    assert_eq!(value(&text, "lockbox_grants_active"), Some(1.0));
    let left = |text: &str, state: &str| {
        value(
            text,
            &format!("lockbox_request_deadline_seconds{{state=\"{state}\"}}"),
        )
    };
    assert_eq!(left(&text, "Pending"), Some(12.0 * 3_600.0 - 60.0));
    assert_eq!(left(&text, "Approved"), Some(3_600.0));
    // Nothing has written down that the time is up: no timer runs here.
    world.pass(3_600);
    let text = scraped(&world).await;
    assert_eq!(requests(&text), [Some(1.0), Some(1.0), Some(0.0)]);
    assert_eq!(value(&text, "lockbox_grants_active"), Some(0.0));
    assert_eq!(left(&text, "Approved"), None, "there is none to end");
    world.pass(12 * 3_600);
    assert_eq!(requests(&scraped(&world).await), [Some(0.0); 3]);
}

#[tokio::test]
async fn the_database_is_read_again_after_five_seconds_or_a_commit() {
    let world = World::new().await;
    world.pending().await;
    world.pass(12 * 3_600 - 1);
    let pending = async || requests(&scraped(&world).await)[1];
    assert_eq!(pending().await, Some(1.0));
    world.clock.set(world.clock.now().plus_millis(4_999));
    assert_eq!(pending().await, Some(1.0), "4.999 s are not 5");
    world.clock.set(world.clock.now().plus_millis(1));
    assert_eq!(pending().await, Some(0.0));
    world.submit().await;
    assert_eq!(requests(&scraped(&world).await)[0], Some(1.0), "a commit");
}

#[tokio::test]
async fn decisions_are_counted_once_by_who_took_them() {
    let world = World::new().await;
    let decide = async |who: &str, request: &Value, decision: &str, key: &str| {
        let params = json!({
            "requestId": request["requestId"], "decision": decision, "idempotencyKey": key,
        });
        world.call(who, "request.decide", params).await
    };
    let request = world.pending().await;
    decide("anna", &request, "Approve", "a").await.unwrap();
    decide("anna", &request, "Approve", "a").await.unwrap();
    decide("ben", &request, "Deny", "b").await.unwrap_err();
    decide("ben", &request, "Cancel", "c").await.unwrap();
    decide("bot", &world.pending().await, "Deny", "d")
        .await
        .unwrap();
    let dry = json!({"requestId": world.pending().await["requestId"], "decision": "Deny", "validateOnly": true});
    world.ok("anna", "request.decide", dry).await;
    world.submit().await;
    world.pass(12 * 3_600);
    world.rpc.services().write_down_due().await.unwrap();
    world
        .ok("ada", "policy.put", json!({"approvalRequired": false}))
        .await;
    world.pending().await;
    let emergency = world.confirmed("INC-1").await;
    let seen = json!({"requestId": emergency["requestId"]});
    world.ok("anna", "emergency.acknowledge", seen).await;
    let text = scraped(&world).await;
    for (outcome, by, count) in [
        ("Approved", "person", 1.0),
        ("Canceled", "person", 1.0),
        ("Denied", "robot", 1.0),
        // One that the customer did not answer; the one that never arrived is nobody's decision.
        ("Expired", "daemon", 1.0),
        ("ApprovalNotRequired", "person", 1.0),
        ("EmergencyAccess", "person", 1.0),
    ] {
        let series = format!("lockbox_decisions_total{{outcome=\"{outcome}\",by=\"{by}\"}}");
        assert_eq!(value(&text, &series), Some(count), "{series} in\n{text}");
    }
    assert_eq!(
        text.matches("lockbox_decisions_total{").count(),
        6,
        "{text}"
    );
    let ended = |state: &str| {
        value(
            &text,
            &format!("lockbox_requests_ended_total{{state=\"{state}\"}}"),
        )
    };
    assert_eq!(ended("Expired"), Some(2.0));
    assert_eq!(ended("Canceled"), Some(1.0));
    assert_eq!(ended("Approved"), None, "that is no end");
}

#[tokio::test]
async fn calls_are_counted_by_method_and_code_and_nothing_names_anybody() {
    let world = World::new().await;
    world.ok("anna", "request.list", json!({})).await;
    world
        .call("eve", "tenant.list", json!({}))
        .await
        .unwrap_err();
    world
        .call_with(Some("lbt_wrong"), "request.list", json!({}))
        .await
        .unwrap_err();
    world
        .call("anna", "request.list", json!({"resultSize": -1}))
        .await
        .unwrap_err();
    let peer = Peer::tcp("203.0.113.7:4711".parse().unwrap());
    for body in [
        "{",
        r#"{"jsonrpc": "2.0", "id": 1, "method": "made.up"}"#,
        r#"[{"jsonrpc": "2.0", "id": 1, "method": "system.info"}, 7, {"jsonrpc": "2.0", "method": "system.info"}]"#,
    ] {
        Arc::clone(&world.rpc)
            .handle(body.as_bytes(), None, peer)
            .await
            .unwrap();
    }
    let text = scraped(&world).await;
    for (method, code, count) in [
        ("request.list", "ok", 1.0),
        ("request.list", "unauthenticated", 1.0),
        ("request.list", "invalidParams", 1.0),
        ("tenant.list", "forbidden", 1.0),
        ("unknown", "parseError", 1.0),
        ("unknown", "methodNotFound", 1.0),
        ("unknown", "invalidRequest", 1.0),
        ("system.info", "ok", 2.0),
    ] {
        let series = format!("lockbox_calls_total{{method=\"{method}\",code=\"{code}\"}}");
        assert_eq!(value(&text, &series), Some(count), "{series} in\n{text}");
    }
    assert_eq!(
        value(&text, "lockbox_authentication_failures_total"),
        Some(1.0)
    );
    assert_eq!(
        value(&text, "lockbox_batch_calls_bucket{le=\"2.0\"}"),
        value(&text, "lockbox_batch_calls_count").map(|all| all - 1.0)
    );
    let heads: f64 = value(&text, "lockbox_audit_records_total").unwrap();
    let mut records = 0;
    for who in ["root", "ada", "nora"] {
        records += world.log(who).await.len();
    }
    // Searching is recorded from a later issue on, so reading the logs adds nothing.
    assert_eq!(heads, records as f64);
    let contoso = world.tenant_id(CONTOSO).await;
    for secret in [
        "contoso",
        "northwind",
        "made.up",
        "anna",
        "203.0.113",
        &contoso,
        "lbt_",
    ] {
        assert!(!text.contains(secret), "{secret} in\n{text}");
    }
}

#[tokio::test]
async fn a_database_that_cannot_be_read_leaves_out_its_numbers_and_nothing_else() {
    let world = World::new().await;
    world.pending().await;
    assert_eq!(requests(&scraped(&world).await)[1], Some(1.0));
    let rename = |from: &str, to: &str| {
        let conn = rusqlite::Connection::open(world.dir().join("lockbox.db")).unwrap();
        conn.execute_batch(&format!("ALTER TABLE {from} RENAME TO {to}"))
            .unwrap();
    };
    rename("outbox", "hidden");
    world.pass(5);
    let text = scraped(&world).await;
    assert_eq!(requests(&text), [None; 3], "unknown is not 0");
    assert_eq!(value(&text, "lockbox_scrape_failures_total"), Some(1.0));
    let submitted = "lockbox_calls_total{method=\"request.submit\",code=\"ok\"}";
    assert_eq!(value(&text, submitted), Some(1.0));
    rename("hidden", "outbox");
    assert_eq!(requests(&scraped(&world).await)[1], Some(1.0), "at once");
}

#[tokio::test]
async fn who_is_elsewhere_shows_a_token_of_the_provider() {
    let mut world = World::new().await;
    let made = world
        .ok(
            "root",
            "principal.create",
            json!({"kind": "robot", "displayName": "prometheus"}),
        )
        .await;
    world.remember("prometheus", &made["token"]);
    let services = world.rpc.services();
    let far = Peer::tcp("203.0.113.7:4711".parse().unwrap());
    let near = Peer::tcp("127.0.0.1:4711".parse().unwrap());
    let near6 = Peer::tcp("[::1]:4711".parse().unwrap());
    let may = async |who: &str, peer: Peer, forwarded: bool| {
        let header = world.token(who).map(|token| format!("Bearer {token}"));
        let asked = services
            .may_read_metrics(header.as_deref(), peer, forwarded)
            .await;
        asked.map_err(|error| error.kind())
    };
    for peer in [near, near6, Peer::unix(Some(1)), Peer::unix(None)] {
        assert_eq!(may("", peer, false).await, Ok(()), "{peer:?}");
        assert_eq!(
            may("", peer, true).await,
            Err(Kind::Unauthenticated),
            "{peer:?}"
        );
    }
    assert_eq!(may("", far, false).await, Err(Kind::Unauthenticated));
    for (who, expected) in [
        ("prometheus", Ok(())),
        ("root", Ok(())),
        ("ada", Err(Kind::Forbidden)),
        ("bot", Err(Kind::Forbidden)),
    ] {
        assert_eq!(may(who, far, false).await, expected, "{who}");
        assert_eq!(may(who, near, true).await, expected, "{who}");
    }
    let params = json!({"principal": made["principal"]["principalId"]});
    world.ok("root", "principal.disable", params).await;
    assert_eq!(
        may("prometheus", far, false).await,
        Err(Kind::Unauthenticated)
    );
}

fn get(address: &str, path: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream
        .set_read_timeout(Some(crate::program::DEADLINE))
        .unwrap();
    write!(
        stream,
        "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n"
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn the_program_serves_them() {
    let home = Home::new();
    let mut daemon = home.serve(&[]);
    let address = daemon.address();
    home.tenant(CONTOSO, "ada@contoso.com");
    let answer = get(&address, "/metrics");
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    for series in [
        "lockbox_ready 1",
        "lockbox_writer_working 1",
        "lockbox_calls_total{method=\"tenant.claim\",code=\"ok\"} 1",
        "lockbox_writer_queue_limit 1024",
        "lockbox_clock_behind_seconds 0",
    ] {
        assert!(answer.contains(series), "{series} in\n{answer}");
    }
    for series in [
        "lockbox_database_bytes",
        "lockbox_disk_free_bytes",
        "lockbox_start_time_seconds",
        "lockbox_writer_sync_seconds_count",
    ] {
        assert!(
            value(&answer, series).unwrap() > 0.0,
            "{series} in\n{answer}"
        );
    }
    let mut curl = lockboxd(&["call", "session.whoami"]);
    curl.env("LOCKBOX_DATA_DIR", home.data());
    assert_eq!(finish(curl).code, 77, "without a token");
    let mut answer = get(&address, "/metrics");
    assert!(
        value(&answer, "lockbox_authentication_failures_total") == Some(1.0),
        "{answer}"
    );
    // The daemon hears a moment later that the command has hung up.
    for _ in 0..1_000 {
        if value(&answer, "lockbox_connections{via=\"unix\"}") == Some(0.0) {
            return;
        }
        answer = get(&address, "/metrics");
    }
    panic!("{answer}");
}
