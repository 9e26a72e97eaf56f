//! Search sessions: scripts repeat one call, with dates of their own, until nothing comes.

use crate::audit_help::{contoso, draft, insert};
use crate::world::{START, World};
use customer_lockbox::clock::Timestamp;
use customer_lockbox::service::audit::{MAX_SESSIONS_EACH, SESSION_SECONDS};
use serde_json::{Value, json};

const MINUTE: i64 = 60;

fn start() -> Timestamp {
    Timestamp::parse(START).unwrap()
}

/// A world whose contoso log has six records `Made`, a minute apart, all in the past.
async fn made() -> World {
    let world = World::new().await;
    let org = contoso(&world).await;
    let records = (1..=6).map(|minute| draft(org, "Made", start().plus_seconds(minute * MINUTE)));
    insert(&world, records.collect()).await;
    world.pass(3_600);
    world
}

/// A call of a session over `[from, to)`, in seconds after the start.
fn call(from: i64, to: i64) -> Value {
    json!({
        "startDate": start().plus_seconds(from).to_string(),
        "endDate": start().plus_seconds(to).to_string(),
        "operations": ["Made"],
        "resultSize": 2,
        "session": {"connectionId": "c", "sessionId": "s", "command": "ReturnLargeSet"},
    })
}

/// What a call gives: the indices of its records, and whether it was told that nothing is left.
async fn next(world: &World, params: Value) -> (Vec<u64>, bool) {
    next_of(world, "ada", params).await
}

async fn next_of(world: &World, who: &str, params: Value) -> (Vec<u64>, bool) {
    let found = world.ok(who, "audit.search", params).await;
    assert_eq!(found["nextCursor"], Value::Null);
    let records = found["records"].as_array().unwrap();
    let indices: Vec<u64> = records
        .iter()
        .map(|record| {
            assert_eq!(record["resultCount"], found["total"]);
            record["resultIndex"].as_u64().unwrap()
        })
        .collect();
    let last = indices
        .last()
        .copied()
        .unwrap_or(found["total"].as_u64().unwrap());
    let session = &found["session"];
    let left = last < found["total"].as_u64().unwrap();
    assert_eq!(session["moreRecordsAvailable"], left);
    (indices, session["drained"].as_bool().unwrap())
}

fn page(indices: &[u64]) -> (Vec<u64>, bool) {
    (indices.to_vec(), false)
}

fn drained() -> (Vec<u64>, bool) {
    (Vec::new(), true)
}

/// All six records, a page at a time, then nothing.
const PAGES: [&[u64]; 3] = [&[1, 2], &[3, 4], &[5, 6]];

#[tokio::test]
async fn a_script_pages_until_nothing_comes() {
    let world = made().await;
    for indices in PAGES {
        assert_eq!(next(&world, call(0, 3_600)).await, page(indices));
    }
    // The same range stays empty from then on.
    for _ in 0..3 {
        assert_eq!(next(&world, call(0, 3_600)).await, drained());
        world.pass(MINUTE);
    }
    // Any other range starts anew.
    assert_eq!(next(&world, call(0, 3_601)).await, page(PAGES[0]));
}

#[tokio::test]
async fn size_and_command_do_not_make_another_session_and_the_rest_does() {
    let world = made().await;
    assert_eq!(next(&world, call(0, 3_600)).await, page(PAGES[0]));
    let mut same = call(0, 3_600);
    same["resultSize"] = 1.into();
    same["session"]["command"] = "ReturnNextPreviewPage".into();
    assert_eq!(next(&world, same.clone()).await, page(&[3]));
    same["session"].as_object_mut().unwrap().remove("command");
    assert_eq!(next(&world, same).await, page(&[4]));

    let fresh = page(PAGES[0]);
    for (pointer, value) in [
        ("/session/connectionId", json!("other")),
        ("/session/sessionId", json!("other")),
        ("/operations", json!(["Made", "Other"])),
    ] {
        let mut other = call(0, 3_600);
        *other.pointer_mut(pointer).unwrap() = value;
        assert_eq!(next(&world, other).await, fresh, "{pointer}");
    }
    for (name, value) in [
        ("recordType", json!(1)),
        ("userIds", json!(["*"])),
        ("ipAddresses", json!(["198.51.100.9"])),
        ("objectIds", json!(["*"])),
        ("freeText", json!("made")),
    ] {
        let mut other = call(0, 3_600);
        other[name] = value;
        assert_eq!(next(&world, other).await, fresh, "{name}");
    }
    // Somebody else of the tenant, and of another one.
    assert_eq!(next_of(&world, "sam", call(0, 3_600)).await, fresh);
    assert_eq!(next_of(&world, "nora", call(0, 3_600)).await, page(&[]));
    // The first session has not noticed.
    assert_eq!(next(&world, call(0, 3_600)).await, page(&[5, 6]));
}

#[tokio::test]
async fn dates_that_drift_with_the_clock_continue_and_the_first_calls_range_holds() {
    let world = made().await;
    // The window reaches to now, and moves as the script runs.
    assert_eq!(next(&world, call(0, 3_600)).await, page(PAGES[0]));
    let org = contoso(&world).await;
    world.pass(5);
    let late = vec![draft(org, "Made", start().plus_seconds(3_602))];
    insert(&world, late).await;
    // As far as the time that has passed, in either direction, is continued; further is not.
    assert_eq!(next(&world, call(5, 3_605)).await, page(PAGES[1]));
    assert_eq!(next(&world, call(0, 3_595)).await, page(PAGES[2]));
    assert_eq!(next(&world, call(0, 3_605)).await, drained());
    assert_eq!(next(&world, call(0, 3_605)).await, drained());
    assert_eq!(
        next(&world, call(0, 3_600)).await,
        drained(),
        "the first call's range, too"
    );
    assert_eq!(
        next(&world, call(0, 3_606)).await.0,
        [1, 2],
        "any other starts anew"
    );
}

#[tokio::test]
async fn an_end_that_moved_further_than_the_time_since_the_first_call_starts_anew() {
    for (passed, from, to, continues) in [
        // What calls take on their way differs by a few seconds.
        (0, 0, 3_600, true),
        (0, 0, 3_605, true),
        (0, 0, 3_606, false),
        (0, 5, 3_600, true),
        (0, 6, 3_600, false),
        (10, 15, 3_615, true),
        (10, 15, 3_585, true),
        (10, 16, 3_615, false),
        (10, 15, 3_616, false),
        (10, 0, 3_584, false),
    ] {
        let world = made().await;
        assert_eq!(next(&world, call(0, 3_600)).await, page(PAGES[0]));
        world.pass(passed);
        let (indices, _) = next(&world, call(from, to)).await;
        let expected = if continues { PAGES[1] } else { PAGES[0] };
        assert_eq!(indices, expected, "{passed} s later: {from}..{to}");
    }
}

#[tokio::test]
async fn the_next_range_under_the_same_name_starts_anew_though_it_touches() {
    let world = made().await;
    // So long after the first call the distance alone would not tell the ranges apart.
    assert_eq!(next(&world, call(0, 7 * MINUTE)).await, page(&[1, 2]));
    world.pass(7 * MINUTE);
    let touching = call(7 * MINUTE, 14 * MINUTE);
    assert_eq!(next(&world, touching).await, page(&[]));
    // And an overlap of a millisecond is one.
    let world = made().await;
    assert_eq!(next(&world, call(0, 4 * MINUTE)).await, page(&[1, 2]));
    world.pass(4 * MINUTE);
    let mut overlapping = call(4 * MINUTE, 8 * MINUTE);
    overlapping["startDate"] = start()
        .plus_millis(4 * MINUTE * 1_000 - 1)
        .to_string()
        .into();
    assert_eq!(next(&world, overlapping).await.0, [3]);
}

#[tokio::test]
async fn a_poller_with_a_fixed_name_and_a_sliding_window_sees_every_record() {
    let world = made().await;
    let org = contoso(&world).await;
    let mut seen = std::collections::BTreeSet::new();
    let mut last = 0;
    // Every five minutes the last ten, with one new record every minute.
    for round in 0..12 {
        let now = 3_600 + round * 300;
        for minute in 0..5 {
            insert(
                &world,
                vec![draft(org, "Made", start().plus_seconds(now + minute * 60))],
            )
            .await;
            last = now + minute * 60;
        }
        world.pass(300);
        let mut params = call(now + 300 - 600, now + 300);
        params["resultSize"] = 100.into();
        let found = world.ok("ada", "audit.search", params).await;
        for record in found["records"].as_array().unwrap() {
            seen.insert(record["creationDate"].as_str().unwrap().to_owned());
        }
    }
    let due = (0..60).map(|minute| 3_600 + minute * 60);
    let missed: Vec<i64> = due
        .filter(|second| *second + 300 <= last)
        .filter(|second| !seen.contains(&start().plus_seconds(*second).to_string()))
        .collect();
    assert!(missed.is_empty(), "{missed:?}");
}

#[tokio::test]
async fn a_session_that_found_nothing_does_not_make_a_poller_blind() {
    let world = made().await;
    let org = contoso(&world).await;
    let ahead = || call(3_600, 7_200);
    assert_eq!(next(&world, ahead()).await, page(&[]));
    insert(
        &world,
        vec![draft(org, "Made", start().plus_seconds(3_601))],
    )
    .await;
    assert_eq!(next(&world, ahead()).await, page(&[1]));
    // Nor does it leave an older one of that name behind.
    let mut older = call(0, 3_600);
    older["session"]["sessionId"] = "t".into();
    assert_eq!(next(&world, older.clone()).await, page(PAGES[0]));
    let mut empty = call(90_000, 90_001);
    empty["session"]["sessionId"] = "t".into();
    assert_eq!(next(&world, empty).await, page(&[]));
    assert_eq!(next(&world, older).await, page(PAGES[0]));
}

#[tokio::test]
async fn the_first_calls_snapshot_holds() {
    let world = made().await;
    let org = contoso(&world).await;
    assert_eq!(next(&world, call(0, 3_600)).await, page(PAGES[0]));
    // Told late, within the range: before, between and behind what was given.
    for minute in [7, 4, 1] {
        let late = draft(org, "Made", start().plus_seconds(minute * MINUTE + 1));
        insert(&world, vec![late]).await;
    }
    assert_eq!(next(&world, call(0, 3_600)).await, page(PAGES[1]));
    assert_eq!(next(&world, call(0, 3_600)).await, page(PAGES[2]));
    assert_eq!(next(&world, call(0, 3_600)).await, drained());
}

#[tokio::test]
async fn a_session_is_forgotten_ten_minutes_after_its_last_use() {
    assert_eq!(SESSION_SECONDS, 600);
    let world = made().await;
    use customer_lockbox::clock::Clock;
    let nearly = || {
        world
            .clock
            .set(world.clock.now().plus_millis(SESSION_SECONDS * 1_000 - 1))
    };
    assert_eq!(next(&world, call(0, 3_600)).await, page(PAGES[0]));
    nearly();
    assert_eq!(
        next(&world, call(0, 3_600)).await,
        page(PAGES[1]),
        "used again in time"
    );
    nearly();
    assert_eq!(next(&world, call(0, 3_600)).await, page(PAGES[2]));
    world.pass(SESSION_SECONDS);
    assert_eq!(
        next(&world, call(0, 3_600)).await,
        page(PAGES[0]),
        "at ten minutes"
    );
    for indices in &PAGES[1..] {
        assert_eq!(next(&world, call(0, 3_600)).await, page(indices));
    }
    assert_eq!(next(&world, call(0, 3_600)).await, drained());
    nearly();
    assert_eq!(next(&world, call(0, 3_600)).await, drained());
    world.pass(SESSION_SECONDS + 1);
    assert_eq!(
        next(&world, call(0, 3_600)).await,
        page(PAGES[0]),
        "drained ones too"
    );
}

#[tokio::test]
async fn one_caller_keeps_so_many_sessions() {
    let world = made().await;
    let named = |number: usize| {
        let mut params = call(0, 3_600);
        params["session"]["sessionId"] = format!("s{number}").into();
        params
    };
    assert_eq!(next_of(&world, "sam", named(0)).await, page(PAGES[0]));
    for number in 0..MAX_SESSIONS_EACH {
        assert_eq!(next(&world, named(number)).await, page(PAGES[0]));
        world.pass(1);
    }
    assert_eq!(
        next(&world, named(0)).await,
        page(PAGES[1]),
        "the limit itself is allowed"
    );
    world.pass(1);
    assert_eq!(next(&world, named(MAX_SESSIONS_EACH)).await, page(PAGES[0]));
    assert_eq!(next(&world, named(0)).await, page(PAGES[2]), "used lately");
    assert_eq!(
        next(&world, named(1)).await,
        page(PAGES[0]),
        "the one unused longest went"
    );
    assert_eq!(
        next_of(&world, "sam", named(0)).await,
        page(PAGES[1]),
        "another's stays"
    );
}

#[tokio::test]
async fn ranges_without_dates_and_zero_wide_ranges_have_sessions_too() {
    let world = made().await;
    let open = json!({"operations": ["Made"], "resultSize": 4,
                      "session": {"connectionId": "c", "sessionId": "o"}});
    assert_eq!(next(&world, open.clone()).await, page(&[1, 2, 3, 4]));
    assert_eq!(next(&world, open.clone()).await, page(&[5, 6]));
    assert_eq!(next(&world, open).await, drained());
    assert_eq!(next(&world, call(60, 60)).await, page(&[]));
    assert_eq!(next(&world, call(60, 60)).await, page(&[]));
}
