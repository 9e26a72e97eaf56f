//! The limit of a customer's mails to others than its own people: what it outlives, whom it counts,
//! and what it never holds up.

use crate::world::World;
use customer_lockbox::clock::{Clock, Timestamp};
use customer_lockbox::service::{Limits, Options, Services};
use customer_lockbox::store::Store;
use rusqlite::Connection;
use serde_json::json;
use std::sync::Arc;

const HOUR: i64 = 3_600;
/// None of contoso's people.
const BOX: &str = "box@elsewhere.example";
const SOC: &str = "soc@elsewhere.example";

fn options(an_hour: u32) -> Options {
    let limits = Limits {
        foreign_mails_per_hour: an_hour,
        ..Limits::default()
    };
    Options {
        limits,
        ..Options::default()
    }
}

/// A world with so many foreign mails an hour, of which none was made.
async fn limited(an_hour: u32, extra: &[&str], contacts: &[&str]) -> World {
    let world = World::with(options(an_hour)).await;
    let told = json!({"notifications": {"extraAddresses": extra, "securityContacts": contacts}});
    world.ok("ada", "policy.put", told).await;
    expand(&world).await;
    world
}

async fn expand(world: &World) {
    world.rpc.services().expand_due().await.unwrap();
}

/// The daemon as it is after a restart: nothing is known but what is stored.
fn restarted(world: &World, an_hour: u32) -> Services {
    let store = Arc::clone(&world.store) as Arc<dyn Store>;
    let clock = Arc::clone(&world.clock) as Arc<dyn Clock>;
    Services::new(store, clock, options(an_hour))
}

fn database(world: &World) -> Connection {
    Connection::open(world.dir().join("lockbox.db")).unwrap()
}

/// In how many seconds from now each mail of an event to an address has its turn, in their order.
fn turns(world: &World, event: &str, target: &str) -> Vec<i64> {
    let conn = database(world);
    let mut statement = conn
        .prepare(
            "SELECT d.next FROM delivery d JOIN outbox e ON e.nr = d.event
             WHERE e.event = ?1 AND d.target = ?2 ORDER BY d.nr",
        )
        .unwrap();
    let rows = statement.query_map([event, target], |row| row.get(0));
    let now = world.clock.now();
    rows.unwrap()
        .map(|next| Timestamp::from_millis(next.unwrap()))
        .map(|next| (next.millis() - now.millis()) / 1_000)
        .collect()
}

/// One more request arrives, and is told by these.
async fn arrives_for(world: &World, services: &Services) {
    let request = world.pending().await;
    services.expand_due().await.unwrap();
    // There is a most of those that wait; that it is taken back is told to others.
    let withdraw = json!({"requestId": request["identity"]});
    world.ok("eve", "request.withdraw", withdraw).await;
    database(world)
        .execute("UPDATE outbox SET state = 'told'", [])
        .unwrap();
}

async fn arrives(world: &World) {
    arrives_for(world, world.rpc.services()).await;
}

#[tokio::test]
async fn what_was_made_before_a_restart_is_still_counted() {
    let world = limited(2, &[BOX], &[SOC]).await;
    for _ in 0..3 {
        arrives(&world).await;
    }
    assert_eq!(turns(&world, "requestArrived", BOX), [0, 0, 1_800]);
    // Those that were put off count as well.
    arrives_for(&world, &restarted(&world, 2)).await;
    assert_eq!(turns(&world, "requestArrived", BOX), [0, 0, 1_800, HOUR]);
    // What is counted apart is counted apart.
    world
        .ok("ada", "policy.put", json!({"approvalRequired": false}))
        .await;
    restarted(&world, 2).expand_due().await.unwrap();
    assert_eq!(turns(&world, "policyWeakened", SOC), [0]);
    world
        .ok("ada", "policy.put", json!({"approvalRequired": true}))
        .await;
    // Of these only the last one had its turn less than an hour ago.
    world.pass(2 * HOUR - 1);
    for last in [0, 1_800] {
        arrives_for(&world, &restarted(&world, 2)).await;
        let turns = turns(&world, "requestArrived", BOX);
        assert_eq!(turns.last(), Some(&last));
    }
    // And of these none.
    world.pass(2 * HOUR);
    let after = restarted(&world, 2);
    for last in [0, 0, 1_800] {
        arrives_for(&world, &after).await;
        let turns = turns(&world, "requestArrived", BOX);
        assert_eq!(turns.last(), Some(&last));
    }
}

/// Whoever an administrator creates has said nothing yet.
#[tokio::test]
async fn whoever_has_not_enrolled_is_none_of_a_customers_own_people() {
    let world = limited(1, &[], &[]).await;
    let zoe = "zoe@elsewhere.example";
    let create = json!({"kind": "person", "address": zoe, "displayName": "Zoe",
        "roles": [{"role": "CustomerLockboxAccessApprover"}]});
    let made = world.ok("ada", "principal.create", create).await;
    expand(&world).await;
    world.pass(HOUR);
    for _ in 0..2 {
        arrives(&world).await;
    }
    assert_eq!(turns(&world, "requestArrived", zoe), [0, HOUR]);
    assert_eq!(turns(&world, "requestArrived", "anna@contoso.com"), [0, 0]);
    // What is done to them goes to an address of which nobody has said that it is theirs.
    let reader = json!({"principal": zoe, "role": "SecurityReader"});
    world.ok("ada", "role.assign", reader).await;
    expand(&world).await;
    assert_eq!(turns(&world, "rolesChanged", zoe).last(), Some(&(2 * HOUR)));
    let enrol = json!({"code": made["enrolmentCode"]});
    world.ok("", "principal.enroll", enrol).await;
    expand(&world).await;
    arrives(&world).await;
    assert_eq!(turns(&world, "requestArrived", zoe), [0, HOUR, 0]);
    // Nor are they anybody else's.
    let contacts = json!({"notifications": {"extraAddresses": [zoe]}});
    world.ok("nora", "policy.put", contacts).await;
    expand(&world).await;
    let northwind = |approval: bool| {
        json!({"approvalRequired": approval, "notifications": {
        "securityContacts": [zoe]}})
    };
    for approval in [false, true, false] {
        world.ok("nora", "policy.put", northwind(approval)).await;
        expand(&world).await;
    }
    assert_eq!(turns(&world, "policyWeakened", zoe), [0, HOUR]);
}

/// However many mails wait for their turn.
#[tokio::test]
async fn emergencies_and_what_people_hear_of_themselves_wait_for_nothing() {
    let world = limited(1, &[BOX], &[SOC]).await;
    for required in [false, true, false] {
        let put = json!({"approvalRequired": required});
        world.ok("ada", "policy.put", put).await;
        expand(&world).await;
    }
    world
        .ok("ada", "policy.put", json!({"approvalRequired": true}))
        .await;
    for _ in 0..2 {
        arrives(&world).await;
    }
    assert_eq!(turns(&world, "policyWeakened", SOC), [0, HOUR]);
    assert_eq!(turns(&world, "requestArrived", BOX), [0, HOUR]);
    world.confirmed("INC-1").await;
    expand(&world).await;
    for receiver in [SOC, BOX] {
        assert_eq!(turns(&world, "emergencyAccess", receiver), [0]);
    }
    // Also where they hold nothing any more, and may not call.
    let before = turns(&world, "rolesChanged", "ben@contoso.com").len();
    let role = json!({"principal": "ben@contoso.com", "role": "CustomerLockboxAccessApprover"});
    let ben = json!({"principal": "ben@contoso.com"});
    for (method, params) in [
        ("role.remove", &role),
        ("principal.disable", &ben),
        ("principal.enable", &ben),
        ("role.assign", &role),
    ] {
        world.ok("ada", method, params.clone()).await;
        expand(&world).await;
    }
    let turns = turns(&world, "rolesChanged", "ben@contoso.com");
    assert_eq!(turns[before..], [0, 0, 0, 0]);
}

/// Nobody waits for mails that there never were.
#[tokio::test]
async fn what_could_not_be_written_down_is_not_counted() {
    let world = limited(1, &[BOX], &[]).await;
    world.pending().await;
    let conn = database(&world);
    conn.execute_batch(
        "CREATE TRIGGER refused BEFORE INSERT ON delivery BEGIN SELECT RAISE(ABORT, 'no'); END",
    )
    .unwrap();
    for _ in 0..3 {
        assert!(world.rpc.services().expand_due().await.is_err());
    }
    assert_eq!(turns(&world, "requestArrived", BOX), [] as [i64; 0]);
    conn.execute_batch("DROP TRIGGER refused").unwrap();
    expand(&world).await;
    arrives(&world).await;
    assert_eq!(turns(&world, "requestArrived", BOX), [0, HOUR]);
}
