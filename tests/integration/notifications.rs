//! Who is told what, seen from outside: notifications, webhooks, own texts and the settings.

use crate::world::{CONTOSO, NORTHWIND, World};
use customer_lockbox::domain::notice::delivery::{Attempt, Lane};
use customer_lockbox::domain::notice::settings::{ADDRESS_LENGTH, MOST_ADDRESSES, NoticeSettings};
use customer_lockbox::domain::notice::webhook::{LONGEST_OVERLAP_HOURS, MOST_WEBHOOKS};
use customer_lockbox::service::{Limits, Options};
use customer_lockbox::store::{RowWrite, Store, Upkeep};
use serde_json::{Value, json};

/// Everything that is to be told by now becomes deliveries.
async fn expand(world: &World) {
    world.rpc.services().expand_due().await.unwrap();
}

async fn list(world: &World, who: &str, params: Value) -> Vec<Value> {
    let found = world.ok(who, "notification.list", params).await;
    found["notifications"].as_array().unwrap().clone()
}

fn all<'a>(rows: &'a [Value], member: &str) -> Vec<&'a str> {
    rows.iter()
        .map(|row| row[member].as_str().unwrap())
        .collect()
}

/// What an attempt came to.
async fn attempted(world: &World, id: &Value, again: bool) {
    let attempt = Attempt {
        id: id.as_str().unwrap().parse().unwrap(),
        result: if again { "451 later" } else { "250 OK" }.to_owned(),
        again: again.then(|| world.rpc.services().now().plus_seconds(600)),
    };
    let upkeep = Upkeep::Attempts(vec![attempt]);
    world.store.upkeep(upkeep).await.unwrap();
}

/// One of contoso's notifications is given up.
async fn given_up(world: &World, id: &Value) {
    let contoso = world.contoso().await.id;
    let id = id.as_str().unwrap().parse().unwrap();
    let delivery = world.store.delivery(contoso, id).await.unwrap().unwrap();
    let services = world.rpc.services();
    services
        .give_up_delivery(&delivery, "550 no such user", false)
        .await
        .unwrap();
}

#[tokio::test]
async fn everybody_sees_the_notifications_of_their_own_organization() {
    let world = World::new().await;
    let pending = world.pending().await;
    expand(&world).await;
    let of_request = json!({"requestId": pending["requestId"]});
    let rows = list(&world, "ada", of_request.clone()).await;
    let mut receivers = all(&rows, "receiver");
    receivers.sort_unstable();
    assert_eq!(
        receivers,
        [
            "ada@contoso.onmicrosoft.com",
            "anna@contoso.com",
            "ben@contoso.com"
        ]
    );
    for row in &rows {
        assert_eq!(row["event"], "requestArrived");
        assert_eq!(row["identity"], pending["identity"]);
        assert_eq!(row["requestId"], pending["requestId"]);
        assert_eq!(row["channel"], "mail");
        assert_eq!(row["state"], "waiting");
        assert!(!row["reasons"].as_array().unwrap().is_empty());
    }
    assert_eq!(list(&world, "sam", of_request).await, rows);
    let everything = list(&world, "ada", json!({})).await;
    assert!(everything.len() > rows.len());
    // Nobody else's stand among one's own.
    for (who, domain) in [
        ("ada", "contoso"),
        ("root", "fabrikam"),
        ("nora", "northwind"),
    ] {
        let rows = list(&world, who, json!({})).await;
        assert!(!rows.is_empty(), "{who}");
        for receiver in all(&rows, "receiver") {
            assert!(receiver.contains(domain), "{who} sees {receiver}");
        }
    }
    // Page by page they are the same.
    let (mut paged, mut cursor) = (Vec::new(), Value::Null);
    loop {
        let mut params = json!({"pageSize": 2});
        if !cursor.is_null() {
            params["cursor"] = cursor;
        }
        let page = world.ok("ada", "notification.list", params).await;
        let rows = page["notifications"].as_array().unwrap();
        assert!(rows.len() <= 2);
        paged.extend(rows.iter().cloned());
        cursor = page["nextCursor"].clone();
        if cursor.is_null() {
            break;
        }
    }
    assert_eq!(paged, everything);
}

#[tokio::test]
async fn a_request_says_who_was_told_and_who_could_not_be() {
    let world = World::new().await;
    let pending = world.pending().await;
    expand(&world).await;
    let read = json!({"requestId": pending["identity"]});
    let told = |who: &'static str| {
        let (world, read) = (&world, read.clone());
        async move { world.ok(who, "request.get", read).await["notifications"].clone() }
    };
    let rows = told("ada").await;
    let (first, second) = (&rows[0]["notificationId"], &rows[1]["notificationId"]);
    attempted(&world, first, false).await;
    world.pass(60);
    given_up(&world, second).await;
    let rows = told("ada").await;
    assert_eq!(rows.as_array().unwrap().len(), 3);
    assert_eq!(rows[0]["state"], "delivered");
    assert_eq!(rows[0]["deliveredDate"], "2026-11-21T12:00:00.000Z");
    assert_eq!(rows[0]["result"], "250 OK");
    assert!(rows[0]["nextAttemptDate"].is_null());
    assert_eq!(rows[1]["state"], "undeliverable");
    assert_eq!(rows[1]["givenUpDate"], "2026-11-21T12:01:00.000Z");
    assert_eq!(rows[1]["result"], "550 no such user");
    assert!(rows[1]["deliveredDate"].is_null());
    assert_eq!(rows[2]["state"], "waiting");
    assert_eq!(rows[2]["nextAttemptDate"], "2026-11-21T12:00:00.000Z");
    assert_eq!(told("sam").await, rows);
    // To those who may not read notifications it says nothing, not even how many there are.
    for who in ["anna", "eve", "max"] {
        assert!(told(who).await.is_null(), "{who}");
    }
    let undeliverable = json!({"requestId": pending["requestId"], "state": "undeliverable"});
    assert_eq!(list(&world, "ada", undeliverable).await, [rows[1].clone()]);
}

#[tokio::test]
async fn what_was_given_up_is_tried_again_and_what_is_delivered_is_not() {
    let world = World::new().await;
    let pending = world.pending().await;
    expand(&world).await;
    let of_request = json!({"requestId": pending["requestId"]});
    let rows = list(&world, "ada", of_request.clone()).await;
    let ids: Vec<Value> = rows
        .iter()
        .map(|row| row["notificationId"].clone())
        .collect();
    given_up(&world, &ids[0]).await;
    attempted(&world, &ids[1], true).await;
    attempted(&world, &ids[2], false).await;
    let states = || async {
        let rows = list(&world, "ada", of_request.clone()).await;
        rows.iter()
            .map(|row| row["state"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    // One that is delivered spoils the whole call; nothing is changed then.
    let every = json!({"notificationIds": ids});
    world
        .refused("ada", "notification.retry", every, "alreadyDelivered")
        .await;
    assert_eq!(states().await, ["undeliverable", "waiting", "delivered"]);
    let two = json!({"notificationIds": [ids[0], ids[1]], "idempotencyKey": "k"});
    let mut trial = two.clone();
    trial["validateOnly"] = json!(true);
    let tried = world.ok("ada", "notification.retry", trial).await;
    assert_eq!(tried["resumed"], 2);
    assert_eq!(states().await, ["undeliverable", "waiting", "delivered"]);
    let done = world.ok("ada", "notification.retry", two.clone()).await;
    assert_eq!(
        done,
        json!({"resumed": 2, "released": 0, "replayed": false})
    );
    let rows = list(&world, "ada", of_request.clone()).await;
    for row in &rows[..2] {
        assert_eq!(row["state"], "waiting");
        assert_eq!(row["nextAttemptDate"], "2026-11-21T12:00:00.000Z");
        assert!(row["givenUpDate"].is_null());
    }
    let again = world.ok("ada", "notification.retry", two).await;
    assert_eq!(again["replayed"], true);
    // A hundred may be named, and not one more; each counts once.
    let named = |count: usize| json!({"notificationIds": vec![ids[0].clone(); count]});
    let done = world.ok("ada", "notification.retry", named(100)).await;
    assert_eq!(done["resumed"], 1);
    for params in [named(101), named(0), json!({}), json!({"held": false})] {
        world
            .refused("ada", "notification.retry", params, "invalidParams")
            .await;
    }
    let foreign = json!({"notificationIds": [ids[0]]});
    for who in ["nora", "root"] {
        world
            .refused(who, "notification.retry", foreign.clone(), "notFound")
            .await;
    }
}

#[tokio::test]
async fn what_was_held_after_a_restore_is_told_when_somebody_says_so() {
    let world = World::new().await;
    let pending = world.pending().await;
    let contoso = world.contoso().await.id;
    world.write(vec![RowWrite::HoldOutbox(contoso)]).await;
    expand(&world).await;
    let of_request = json!({"requestId": pending["requestId"]});
    let found = world
        .ok("ada", "notification.list", of_request.clone())
        .await;
    assert_eq!(found["notifications"], json!([]));
    let held = found["heldEvents"].as_u64().unwrap();
    assert!(held > 0);
    let release = json!({"held": true});
    // The provider's administrator has only his own to release.
    let other = world
        .ok("root", "notification.retry", release.clone())
        .await;
    assert_eq!(other["released"], 0);
    let done = world.ok("ada", "notification.retry", release.clone()).await;
    assert_eq!(done["released"].as_u64(), Some(held));
    expand(&world).await;
    let found = world.ok("ada", "notification.list", of_request).await;
    assert_eq!(found["heldEvents"], 0);
    assert_eq!(found["notifications"].as_array().unwrap().len(), 3);
    let again = world.ok("ada", "notification.retry", release).await;
    assert_eq!(again["released"], 0);
    let resumed = world.operations("ada").await;
    let resumed = resumed
        .iter()
        .filter(|name| *name == "LockboxNotificationResumed");
    assert_eq!(resumed.count(), 1, "what changes nothing is not recorded");
}

#[tokio::test]
async fn who_would_be_told_is_visible_before_it_happens() {
    let world = World::new().await;
    let create = json!({"name": "SIEM", "url": "https://hooks.example.com/in", "format": "json",
        "events": ["requestArrived"]});
    world.ok("ada", "webhook.create", create).await;
    let settings = json!({"notifications": {
        "extraAddresses": ["box@contoso.com"],
        "switches": [{"event": "requestDecided", "audience": "extraAddresses", "on": false}],
    }});
    world.ok("ada", "policy.put", settings).await;
    let addresses = |found: &Value| -> Vec<String> {
        let recipients = found["recipients"].as_array().unwrap();
        let mut found: Vec<String> = recipients
            .iter()
            .map(|one| one["address"].as_str().unwrap().to_owned())
            .collect();
        found.sort_unstable();
        found
    };
    let own = world.ok("ada", "notification.preview", json!({})).await;
    assert_eq!(
        addresses(&own),
        [
            "ada@contoso.onmicrosoft.com",
            "anna@contoso.com",
            "ben@contoso.com",
            "box@contoso.com"
        ]
    );
    assert_eq!(own["webhooks"], json!(["SIEM"]));
    for one in own["recipients"].as_array().unwrap() {
        assert!(!one["reasons"].as_array().unwrap().is_empty(), "{one}");
    }
    let decided = json!({"event": "requestDecided"});
    let decided = world.ok("ada", "notification.preview", decided).await;
    assert!(!addresses(&decided).contains(&"box@contoso.com".to_owned()));
    assert_eq!(decided["webhooks"], json!([]));
    // An engineer sees that somebody is told, and neither who nor why.
    let asked = json!({"tenant": CONTOSO, "serviceName": "Teams", "resources": ["team:x"]});
    let masked = world.ok("eve", "notification.preview", asked).await;
    assert_eq!(
        addresses(&masked),
        [
            "…@contoso.com",
            "…@contoso.com",
            "…@contoso.com",
            "…@contoso.onmicrosoft.com"
        ]
    );
    assert_eq!(masked["webhooks"], json!([]));
    let text = masked.to_string();
    assert!(!text.contains("anna") && !text.contains("Administrator"));
    // It is what really happens.
    world.pending().await;
    expand(&world).await;
    let rows = list(&world, "ada", json!({})).await;
    let arrived = rows.iter().filter(|row| row["event"] == "requestArrived");
    let mut told: Vec<&str> = arrived
        .map(|row| row["receiver"].as_str().unwrap())
        .collect();
    told.sort_unstable();
    let mut planned = addresses(&own);
    planned.push("SIEM".to_owned());
    planned.sort_unstable();
    assert_eq!(told, planned);
}

#[tokio::test]
async fn a_webhooks_secret_is_shown_once_and_stands_nowhere_else() {
    let world = World::new().await;
    let create = json!({"name": "SIEM", "url": "https://hooks.example.com/T0/SECRETPATH",
        "format": "cloudEvents", "idempotencyKey": "k"});
    // A trial makes none, and shows nothing.
    let mut trial = create.clone();
    trial["validateOnly"] = json!(true);
    let tried = world.ok("ada", "webhook.create", trial).await;
    assert_eq!(
        (&tried["webhookId"], &tried["secret"]),
        (&Value::Null, &Value::Null)
    );
    let listed = world.ok("ada", "webhook.list", json!({})).await;
    assert_eq!(listed["webhooks"], json!([]));
    let made = world.ok("ada", "webhook.create", create.clone()).await;
    let secret = made["secret"].as_str().unwrap().to_owned();
    assert!(secret.starts_with("whsec_") && secret.len() > 40);
    assert_eq!(made["secretAlreadyShown"], false);
    let again = world.ok("ada", "webhook.create", create).await;
    assert_eq!(again["webhookId"], made["webhookId"]);
    assert!(again["secret"].is_null());
    assert_eq!(
        (&again["secretAlreadyShown"], &again["replayed"]),
        (&json!(true), &json!(true))
    );
    let rotate = json!({"webhookId": made["webhookId"], "idempotencyKey": "r"});
    let rotated = world.ok("ada", "webhook.rotate", rotate.clone()).await;
    let newer = rotated["secret"].as_str().unwrap().to_owned();
    assert_ne!(newer, secret);
    assert_eq!(rotated["oldSecretUntil"], "2026-11-22T12:00:00.000Z");
    let again = world.ok("ada", "webhook.rotate", rotate).await;
    assert!(again["secret"].is_null());
    assert_eq!(again["oldSecretUntil"], rotated["oldSecretUntil"]);
    let pause = json!({"webhookId": made["webhookId"], "paused": true});
    let changed = world.ok("ada", "webhook.update", pause).await;
    let listed = world.ok("ada", "webhook.list", json!({})).await;
    assert_eq!(
        listed["webhooks"][0]["url"],
        "https://hooks.example.com/T0/SECRETPATH"
    );
    let log = json!(world.log("ada").await);
    let told = json!(list(&world, "ada", json!({})).await);
    for text in [&again, &changed, &listed, &log, &told].map(Value::to_string) {
        assert!(!text.contains(&secret) && !text.contains(&newer), "{text}");
        assert!(!text.contains("whsec_"), "{text}");
    }
    // Who has the address can often post to it: readers and the log know the host.
    assert!(!log.to_string().contains("SECRETPATH"));
    let read = world.ok("sam", "webhook.list", json!({})).await;
    assert_eq!(read["webhooks"][0]["url"], "https://hooks.example.com/…");
    assert_eq!(
        world.ok("nora", "webhook.list", json!({})).await,
        json!({"webhooks": []})
    );
}

#[tokio::test]
async fn two_secrets_sign_while_a_receiver_changes_over() {
    let world = World::new().await;
    let create = json!({"name": "SIEM", "url": "https://hooks.example.com/in", "format": "json"});
    let made = world.ok("ada", "webhook.create", create).await;
    let first = made["secret"].as_str().unwrap().to_owned();
    let id = made["webhookId"].as_str().unwrap().parse().unwrap();
    let rotate = |hours: Value| {
        let (world, webhook) = (&world, made["webhookId"].clone());
        async move {
            let mut params = json!({"webhookId": webhook});
            if !hours.is_null() {
                params["overlapHours"] = hours;
            }
            let rotated = world.ok("ada", "webhook.rotate", params).await;
            rotated["secret"].as_str().unwrap().to_owned()
        }
    };
    let signing = || async {
        let webhook = world.store.webhook(id).await.unwrap().unwrap();
        let now = world.rpc.services().now();
        let secrets = webhook.secrets_at(now);
        secrets.into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    let second = rotate(Value::Null).await;
    world.pass(24 * 3_600 - 1);
    assert_eq!(signing().await, [second.clone(), first]);
    world.pass(1);
    assert_eq!(signing().await, std::slice::from_ref(&second));
    let third = rotate(json!(168)).await;
    let fourth = rotate(json!(168)).await;
    let fifth = rotate(json!(168)).await;
    assert_eq!(signing().await, [fifth, fourth, third, second]);
    rotate(json!(168)).await;
    assert_eq!(signing().await.len(), 4, "the oldest goes");
    let before = signing().await;
    let trial = json!({"webhookId": made["webhookId"], "overlapHours": 0, "validateOnly": true});
    let tried = world.ok("ada", "webhook.rotate", trial).await;
    assert!(tried["secret"].is_null());
    assert_eq!(signing().await, before, "a trial changes nothing");
    // One that leaked signs no more.
    let sixth = rotate(json!(0)).await;
    assert_eq!(signing().await, [sixth]);
    for hours in [-1, 169] {
        let params = json!({"webhookId": made["webhookId"], "overlapHours": hours});
        world
            .refused("ada", "webhook.rotate", params, "invalidParams")
            .await;
    }
}

#[tokio::test]
async fn only_addresses_that_are_connected_to_can_be_registered() {
    let world = World::new().await;
    let made = json!({"name": "SIEM", "url": "https://hooks.example.com/in", "format": "json"});
    let made = world.ok("ada", "webhook.create", made).await;
    for (url, why) in [
        ("https://inside.example/hook", "only public addresses"),
        ("https://10.1.2.3/hook", "only public addresses"),
        ("https://[::ffff:127.0.0.1]/", "only public addresses"),
        ("https://169.254.169.254/latest", "only public addresses"),
        ("http://hooks.example.com/", "write https://"),
        ("https://ada:pw@hooks.example.com/", "user before @"),
        ("https://nowhere.example/", "could not be looked up"),
        ("ftp://hooks.example.com/", "not of http"),
    ] {
        let create = json!({"name": "x", "url": url, "format": "slack"});
        let refusal = world
            .refused("ada", "webhook.create", create, "addressRefused")
            .await;
        let message = refusal["message"].as_str().unwrap();
        assert!(message.contains(why), "{url}: {message}");
        let update = json!({"webhookId": made["webhookId"], "url": url});
        world
            .refused("ada", "webhook.update", update, "addressRefused")
            .await;
    }
    let listed = world.ok("ada", "webhook.list", json!({})).await;
    assert_eq!(listed["webhooks"].as_array().unwrap().len(), 1);
    assert_eq!(listed["webhooks"][0]["url"], "https://hooks.example.com/in");
    // Whoever may not register anything cannot have names looked up.
    let create = json!({"name": "x", "url": "https://nowhere.example/", "format": "json"});
    world
        .refused("sam", "webhook.create", create, "forbidden")
        .await;
}

#[tokio::test]
async fn an_organization_has_so_many_webhooks_and_no_more() {
    let world = World::new().await;
    let create = json!({"name": "x", "url": "https://hooks.example.com/in", "format": "teams"});
    for _ in 0..MOST_WEBHOOKS {
        world.ok("ada", "webhook.create", create.clone()).await;
    }
    let refusal = world
        .refused("ada", "webhook.create", create.clone(), "limitReached")
        .await;
    assert_eq!(refusal["limit"], 20);
    // Another organization's do not count, and a removed one makes room.
    world.ok("nora", "webhook.create", create.clone()).await;
    let listed = world.ok("ada", "webhook.list", json!({})).await;
    let remove = json!({"webhookId": listed["webhooks"][0]["webhookId"]});
    world.ok("ada", "webhook.remove", remove.clone()).await;
    world
        .refused("ada", "webhook.remove", remove, "notFound")
        .await;
    world.ok("ada", "webhook.create", create).await;
}

#[tokio::test]
async fn addresses_are_so_many_and_so_long_and_no_more() {
    let world = World::new().await;
    let address = |nr: usize, length: usize| {
        let host = "@contoso.example";
        let name = format!("{nr:0width$}", width = length - host.len());
        format!("{name}{host}")
    };
    for list in ["securityContacts", "extraAddresses", "alternates"] {
        let put = |count: usize, length: usize| {
            let all = (0..count).map(|nr| match list {
                "alternates" => {
                    json!({"of": "ben@contoso.com", "address": address(nr, length), "replaces": true})
                }
                _ => json!(address(nr, length)),
            });
            json!({"notifications": {list: all.collect::<Vec<Value>>()}})
        };
        let most = put(MOST_ADDRESSES, ADDRESS_LENGTH);
        world.ok("ada", "policy.put", most.clone()).await;
        let kept = world.ok("ada", "policy.get", json!({})).await;
        assert_eq!(
            kept["settings"]["notifications"][list],
            most["notifications"][list]
        );
        for more in [
            put(MOST_ADDRESSES + 1, ADDRESS_LENGTH),
            put(1, ADDRESS_LENGTH + 1),
        ] {
            world
                .refused("ada", "policy.put", more, "invalidParams")
                .await;
        }
    }
}

#[tokio::test]
async fn keys_overlap_for_a_week_and_no_longer() {
    let world = World::new().await;
    let create = json!({"name": "x", "url": "https://hooks.example.com/in", "format": "json"});
    let made = world.ok("ada", "webhook.create", create).await;
    let rotate = |hours: u32| json!({"webhookId": made["webhookId"], "overlapHours": hours});
    world
        .ok("ada", "webhook.rotate", rotate(LONGEST_OVERLAP_HOURS))
        .await;
    world
        .refused(
            "ada",
            "webhook.rotate",
            rotate(LONGEST_OVERLAP_HOURS + 1),
            "invalidParams",
        )
        .await;
}

#[tokio::test]
async fn a_webhook_is_changed_paused_and_told_again() {
    let world = World::new().await;
    let create = json!({"name": "SIEM", "url": "https://hooks.example.com/in", "format": "json",
        "events": ["requestArrived"]});
    let made = world.ok("ada", "webhook.create", create).await;
    let update = |changed: Value| {
        let (world, id) = (&world, made["webhookId"].clone());
        async move {
            let mut params = changed;
            params["webhookId"] = id;
            world.ok("ada", "webhook.update", params).await["webhook"].clone()
        }
    };
    let told = || async {
        world.pending().await;
        expand(&world).await;
        let rows = list(&world, "ada", json!({})).await;
        let webhook = |row: &&Value| row["channel"] == "webhook";
        rows.iter().filter(webhook).count()
    };
    assert_eq!(told().await, 1);
    let paused = update(json!({"paused": true})).await;
    assert_eq!(
        paused["paused"],
        "ada@contoso.onmicrosoft.com has paused it."
    );
    assert_eq!(told().await, 2, "it waits for one that is paused");
    let resumed = update(json!({"paused": false, "name": "Watch", "events": []})).await;
    assert_eq!(
        (&resumed["paused"], &resumed["name"], &resumed["events"]),
        (&Value::Null, &json!("Watch"), &json!([]))
    );
    assert_eq!(resumed["url"], "https://hooks.example.com/in");
    assert!(told().await > 3, "it hears of everything");
    // One that is gone cannot be told again.
    let rows = list(&world, "ada", json!({})).await;
    let row = rows.iter().find(|row| row["channel"] == "webhook").unwrap();
    assert_eq!(row["receiver"], "Watch");
    let remove = json!({"webhookId": made["webhookId"]});
    world.ok("ada", "webhook.remove", remove).await;
    let lane = Lane::Webhook(made["webhookId"].as_str().unwrap().parse().unwrap());
    let ended = world.rpc.services().end_removed(lane).await;
    assert!(ended.unwrap());
    let rows = list(&world, "ada", json!({"state": "undeliverable"})).await;
    assert!(!rows.is_empty());
    assert!(
        rows.iter()
            .all(|row| row["result"] == "The webhook was removed.")
    );
    let retry = json!({"notificationIds": [row["notificationId"]]});
    world
        .refused("ada", "notification.retry", retry, "notFound")
        .await;
}

#[tokio::test]
async fn a_webhook_is_paused_where_it_takes_nothing_and_not_for_one_event() {
    let world = World::new().await;
    let create = json!({"name": "SIEM", "url": "https://hooks.example.com/in", "format": "json",
        "events": ["requestArrived"]});
    world.ok("ada", "webhook.create", create).await;
    let told = || async {
        world.pass(1);
        world.pending().await;
        expand(&world).await;
        let rows = list(&world, "ada", json!({})).await;
        let newest = rows.iter().find(|row| row["channel"] == "webhook");
        newest.unwrap()["notificationId"].clone()
    };
    let look = |id: Value| {
        let world = &world;
        async move {
            let rows = list(world, "ada", json!({})).await;
            let row = rows.iter().find(|row| row["notificationId"] == id).unwrap();
            let hooks = world.ok("ada", "webhook.list", json!({})).await;
            let paused = hooks["webhooks"][0]["paused"].clone();
            (row["state"].clone(), paused)
        }
    };
    // What it refuses for good is given up; it took another one meanwhile.
    let refused = told().await;
    let taken = told().await;
    attempted(&world, &taken, false).await;
    given_up(&world, &refused).await;
    assert_eq!(look(refused).await, (json!("undeliverable"), Value::Null));
    // It took nothing since.
    let (first, second) = (told().await, told().await);
    given_up(&world, &first).await;
    let why = json!("550 no such user");
    assert_eq!(look(first).await, (json!("undeliverable"), why.clone()));
    // What waits for one that is paused waits on, and is not told of.
    let before = world.operations("ada").await;
    given_up(&world, &second).await;
    assert_eq!(look(second).await, (json!("waiting"), why));
    assert_eq!(world.operations("ada").await, before);
}

#[tokio::test]
async fn own_texts_are_tried_before_they_are_kept() {
    let world = World::new().await;
    let put = |text: &str| {
        json!({"event": "requestArrived", "language": "de",
            "subject": "{{ request.requestId }}", "text": text})
    };
    let which = json!({"event": "requestArrived", "language": "de"});
    world
        .refused("ada", "template.get", which.clone(), "notFound")
        .await;
    world
        .refused("ada", "template.remove", which.clone(), "notFound")
        .await;
    for (text, why) in [
        ("Hallo\n{{ request.reson }}", "line 2"),
        ("{% include 'x' %}", "line 1"),
        ("{% if request %}", "text"),
    ] {
        let refusal = world
            .refused("ada", "template.put", put(text), "invalidParams")
            .await;
        let message = refusal["message"].as_str().unwrap();
        assert!(message.contains(why), "{text}: {message}");
        assert_eq!(refusal["pointer"], "/text");
    }
    // Whoever changes settings cannot change what the others read of it.
    for event in [
        "settingsChanged",
        "policyWeakened",
        "emergencyAccess",
        "webhookPaused",
    ] {
        let mut params = put("Nothing to do.");
        params["event"] = json!(event);
        let refusal = world
            .refused("ada", "template.put", params, "invalidParams")
            .await;
        assert_eq!(refusal["pointer"], "/event");
    }
    let html = |html: String| {
        let mut params = put("Hallo");
        params["html"] = json!(html);
        params
    };
    let script = html("<script>alert(1)</script>".to_owned());
    let refusal = world
        .refused("ada", "template.put", script, "invalidParams")
        .await;
    assert_eq!(refusal["pointer"], "/html");
    world
        .ok("ada", "template.put", html("x".repeat(32 * 1024)))
        .await;
    world
        .refused(
            "ada",
            "template.put",
            html("x".repeat(32 * 1024 + 1)),
            "invalidParams",
        )
        .await;
    let done = world
        .ok("ada", "template.put", put("Grund: {{ request.reason }}"))
        .await;
    assert_eq!(
        world.ok("sam", "template.get", which.clone()).await["template"],
        done["template"]
    );
    assert_eq!(
        world.ok("sam", "template.list", json!({})).await,
        json!({"templates": [which]})
    );
    // It is the organization's own.
    world
        .refused("nora", "template.get", which.clone(), "notFound")
        .await;
    for who in ["sam", "anna", "eve"] {
        world
            .refused(who, "template.put", put("Hallo"), "forbidden")
            .await;
    }
    world.ok("ada", "template.remove", which).await;
    assert_eq!(
        world.ok("ada", "template.list", json!({})).await,
        json!({"templates": []})
    );
}

#[tokio::test]
async fn settings_of_notifications_are_checked_and_kept_in_one_form() {
    let world = World::new().await;
    let put = |notifications: Value| json!({"notifications": notifications});
    for zone in ["Europe/Zurch", "europe zurich"] {
        let params = put(json!({"timeZone": zone}));
        let refusal = world
            .refused("ada", "policy.put", params, "invalidParams")
            .await;
        assert_eq!(refusal["pointer"], "/notifications/timeZone");
        let message = refusal["message"].as_str().unwrap();
        assert!(message.contains("Europe/Zurich"), "{message}");
    }
    let wanted = json!({
        "timeZone": "Europe/Zurich",
        "extraAddresses": ["Box@Contoso.com", "box@contoso.com"],
        "alternates": [{"of": "Anna@contoso.com", "address": "Anna@Mobile.example"}],
    });
    world.ok("ada", "policy.put", put(wanted)).await;
    let read = world.ok("sam", "policy.get", json!({})).await;
    let kept = &read["settings"]["notifications"];
    assert_eq!(kept["timeZone"], "Europe/Zurich");
    assert_eq!(kept["extraAddresses"], json!(["box@contoso.com"]));
    let alternate = &kept["alternates"][0];
    assert_eq!(alternate["of"], "anna@contoso.com");
    assert_eq!(alternate["address"], "anna@mobile.example");
}

#[tokio::test]
async fn telling_people_less_is_weaker_and_administrators_hear_of_it() {
    let world = World::new().await;
    let quiet = json!({"notifications": {
        "switches": [{"event": "requestArrived", "audience": "approvers", "on": false}],
    }});
    let mut trial = quiet.clone();
    trial["validateOnly"] = json!(true);
    let done = world.ok("ada", "policy.put", trial).await;
    let sentence = "The approvers are not told of requestArrived any more.";
    assert_eq!(done["weakens"], json!([sentence]));
    world.ok("ada", "policy.put", quiet).await;
    expand(&world).await;
    let rows = list(&world, "ada", json!({})).await;
    assert!(
        all(&rows, "event").contains(&"policyWeakened"),
        "{:?}",
        all(&rows, "event")
    );
    // And the mail is really not sent.
    let preview = world.ok("ada", "notification.preview", json!({})).await;
    assert_eq!(preview["recipients"], json!([]));
    // What was switched on again is no weakening; nor can less protection go untold.
    let loud = json!({"notifications": {
        "switches": [{"event": "policyWeakened", "audience": "administrators", "on": false}],
    }});
    let done = world.ok("ada", "policy.put", loud).await;
    assert_eq!(done["weakens"], json!([]));
    let weakened = json!({"event": "policyWeakened"});
    let preview = world.ok("ada", "notification.preview", weakened).await;
    assert_eq!(preview["recipients"][0]["audience"], "administrators");
}

/// A webhook can be called like somebody's address, and is not that person.
#[tokio::test]
async fn whoever_a_failing_webhook_is_called_after_hears_of_it() {
    let world = World::new().await;
    let ada = "ada@contoso.onmicrosoft.com";
    let hook = json!({"name": ada, "url": "https://hooks.example.com/in", "format": "json",
        "events": ["requestArrived"]});
    world.ok("ada", "webhook.create", hook).await;
    world.pending().await;
    expand(&world).await;
    let row = |rows: &[Value], channel: &str| {
        let mut found = rows.iter();
        let found = found.find(|row| row["channel"] == channel && row["receiver"] == ada);
        found.unwrap()["notificationId"].clone()
    };
    let rows = list(&world, "ada", json!({})).await;
    let undeliverable = async || {
        expand(&world).await;
        let rows = list(&world, "ada", json!({})).await;
        let told =
            |row: &&Value| row["event"] == "notificationUndeliverable" && row["receiver"] == ada;
        rows.iter().filter(told).count()
    };
    given_up(&world, &row(&rows, "webhook")).await;
    assert_eq!(undeliverable().await, 1);
    // Of her own address she would hear at her own address.
    given_up(&world, &row(&rows, "mail")).await;
    assert_eq!(undeliverable().await, 1);
}

/// Two an hour: the third waits for its turn, and nobody else waits with it.
#[tokio::test]
async fn mails_to_others_than_its_people_have_a_limit_of_each_customer() {
    let limits = Limits {
        foreign_mails_per_hour: 2,
        ..Limits::default()
    };
    let provider_notices = NoticeSettings {
        extra_addresses: vec!["team@fabrikam.example".to_owned()],
        ..NoticeSettings::default()
    };
    let options = Options {
        limits,
        provider_notices,
        ..Options::default()
    };
    let world = World::with(options).await;
    for (who, domain) in [("ada", "elsewhere.example"), ("nora", "north.example")] {
        let told = json!({"notifications": {
            "extraAddresses": [format!("box@{domain}")],
            "securityContacts": [format!("soc@{domain}")],
        }});
        world.ok(who, "policy.put", told).await;
    }
    expand(&world).await;
    let start = world.rpc.services().now();
    let arrived = |who: &'static str, receiver: &'static str| {
        let world = &world;
        async move {
            let mut rows = list(world, who, json!({"pageSize": 100})).await;
            rows.retain(|row| row["event"] == "requestArrived" && row["receiver"] == receiver);
            // Oldest first.
            rows.reverse();
            rows
        }
    };
    for _ in 0..4 {
        world.pending().await;
    }
    let submit = json!({
        "tenant": NORTHWIND, "serviceName": "Exchange", "serviceRequestNumber": "1", "reason": "r",
    });
    let theirs = world.ok("eve", "request.submit", submit).await["request"].clone();
    let review =
        json!({"requestId": theirs["identity"], "tenant": NORTHWIND, "decision": "Approve"});
    world.ok("max", "request.review", review).await;
    expand(&world).await;
    let rows = arrived("ada", "box@elsewhere.example").await;
    let turns: Vec<&Value> = rows.iter().map(|row| &row["nextAttemptDate"]).collect();
    let later = |seconds| json!(start.plus_seconds(seconds));
    assert_eq!(turns, [&later(0), &later(0), &later(1_800), &later(3_600)]);
    assert_eq!(rows[1]["result"], Value::Null, "at the limit");
    let why = rows[2]["result"].as_str().unwrap();
    let until = start.plus_seconds(1_800).to_string();
    assert!(
        why.contains(&until) && why.contains("more than 2 an hour"),
        "{why}"
    );
    assert_eq!(
        rows[2]["createdDate"], rows[2]["nextAttemptDate"],
        "its patience begins then"
    );
    // Its own people, the provider's, and the other customer's are not held up.
    for (who, receiver, count) in [
        ("ada", "anna@contoso.com", 4),
        ("ada", "ada@contoso.onmicrosoft.com", 4),
        ("root", "team@fabrikam.example", 5),
        ("nora", "box@north.example", 1),
    ] {
        let rows = arrived(who, receiver).await;
        assert_eq!(rows.len(), count, "{receiver}");
        assert!(
            rows.iter().all(|row| row["nextAttemptDate"] == later(0)),
            "{receiver}"
        );
    }
    // Nobody gets before the others by asking for it.
    let rows = arrived("ada", "box@elsewhere.example").await;
    let retry = json!({"notificationIds": [rows[2]["notificationId"], rows[3]["notificationId"]]});
    world.ok("ada", "notification.retry", retry).await;
    assert_eq!(arrived("ada", "box@elsewhere.example").await, rows);
    // Less protection is counted apart, and told at once.
    let weaker = json!({"approvalRequired": false});
    world.ok("ada", "policy.put", weaker).await;
    expand(&world).await;
    let rows = list(&world, "ada", json!({"pageSize": 100})).await;
    let alarm = rows
        .iter()
        .find(|row| row["receiver"] == "soc@elsewhere.example")
        .unwrap();
    assert_eq!(alarm["event"], "policyWeakened");
    assert_eq!(alarm["result"], Value::Null);
    // However many there are of them, none waits for more than an hour.
    for _ in 0..4 {
        for required in [true, false] {
            let put = json!({"approvalRequired": required});
            world.ok("ada", "policy.put", put).await;
            expand(&world).await;
        }
    }
    let mut rows = list(&world, "ada", json!({"pageSize": 200})).await;
    rows.retain(|row| {
        row["event"] == "policyWeakened" && row["receiver"] == "soc@elsewhere.example"
    });
    let turns: Vec<&Value> = rows
        .iter()
        .rev()
        .map(|row| &row["nextAttemptDate"])
        .collect();
    let alarms = [0, 0, 1_800, 3_600, 3_600].map(later);
    assert_eq!(turns, alarms.iter().collect::<Vec<_>>());
    // Each is tried when its turn comes, and not a millisecond before.
    let due = || async {
        let (now, store) = (world.rpc.services().now(), &world.store);
        let due = store.deliveries_due(Lane::Mail, now, 1_000).await.unwrap();
        let box_ = due
            .iter()
            .filter(|one| one.target == "box@elsewhere.example");
        box_.filter(|one| one.event.event.as_str() == "requestArrived")
            .count()
    };
    assert_eq!(due().await, 2);
    world.pass(1_799);
    assert_eq!(due().await, 2);
    world.pass(1);
    assert_eq!(due().await, 3);
}
