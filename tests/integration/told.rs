//! Who is told of what: the story of a tenant in which every event happens, told twice. Once with
//! the switches as they are where nobody says anything, once with every one of them on.

use crate::policies::document;
use crate::world::{CONTOSO, World, emergency};
use customer_lockbox::clock::Timestamp;
use customer_lockbox::domain::notice::facts::Facts;
use customer_lockbox::domain::notice::settings::{Alternate, NoticeSettings, Switch};
use customer_lockbox::domain::notice::{Audience, Event};
use customer_lockbox::ids::{DeliveryId, OrgId};
use customer_lockbox::service::Options;
use customer_lockbox::store::Store;
use rusqlite::Connection;
use serde_json::{Value, json};
use std::collections::BTreeSet;

const HOUR: i64 = 3_600;

/// Everybody is told of what happened until now, before the next thing happens.
async fn tell(world: &World) {
    world.rpc.services().write_down_due().await.unwrap();
    world.rpc.services().wake_due().await.unwrap();
    world.rpc.services().expand_due().await.unwrap();
}

/// So many seconds pass, and what time does is told.
async fn later(world: &World, seconds: i64) {
    tell(world).await;
    world.pass(seconds);
    tell(world).await;
}

fn at(request: &Value) -> Value {
    json!({"requestId": request["identity"], "tenant": CONTOSO})
}

async fn decide(world: &World, who: &str, request: &Value, decision: &str) {
    let params = json!({"requestId": request["identity"], "decision": decision});
    world.ok(who, "request.decide", params).await;
    tell(world).await;
}

/// Two of three decide; who has not answered is reminded after an hour, and after two another is
/// asked too.
fn rules() -> Value {
    json!([
        {"id": "two", "match": {"services": ["Exchange"]}, "ask": {
            "stages": [{"approvers": {"people": [
                "ada@contoso.onmicrosoft.com", "anna@contoso.com"]}, "needed": 2}],
            "denyThreshold": 2, "remindAfterMinutes": [60],
            "escalate": [{"afterMinutes": 120, "to": {"people": ["ben@contoso.com"]}}]}},
        {"id": "opening", "match": {"services": ["Teams"]}, "ask": {"accessWithin": "office"}},
    ])
}

/// What becomes of requests.
async fn requests(world: &World) {
    // Nobody answers for long; then two do.
    let request = world.submit().await;
    tell(world).await;
    let review = |request: &Value, decision: &str| json!({"requestId": request["identity"], "tenant": CONTOSO, "decision": decision});
    world
        .ok("max", "request.review", review(&request, "Approve"))
        .await;
    later(world, HOUR).await;
    later(world, HOUR).await;
    decide(world, "anna", &request, "Approve").await;
    decide(world, "ada", &request, "Approve").await;
    let acted = json!({"tenant": CONTOSO, "requestId": request["identity"],
        "operation": "Get-Mailbox", "parameters": [], "resultStatus": "True"});
    world.ok("eve", "activity.record", acted).await;
    later(world, 50 * 60).await;
    later(world, HOUR).await;
    // Rejected; denied by one, then withdrawn.
    let rejected = world.submit().await;
    world
        .ok("max", "request.review", review(&rejected, "Reject"))
        .await;
    tell(world).await;
    let denied = world.pending().await;
    decide(world, "anna", &denied, "Deny").await;
    world.ok("eve", "request.withdraw", at(&denied)).await;
    tell(world).await;
    // Approved, and held to the opening on Monday; completed, revoked, canceled.
    let mut held = Vec::new();
    for _ in 0..3 {
        let teams = json!({"serviceName": "Teams", "resources": ["team:x"]});
        let request = world.submit_as("eve", teams).await;
        world
            .ok("max", "request.review", review(&request, "Approve"))
            .await;
        decide(world, "anna", &request, "Approve").await;
        held.push(request);
    }
    world
        .clock
        .set(Timestamp::parse("2026-11-23T07:01:00Z").unwrap());
    tell(world).await;
    world.ok("eve", "request.complete", at(&held[0])).await;
    tell(world).await;
    world.ok("max", "grant.revoke", at(&held[1])).await;
    tell(world).await;
    decide(world, "anna", &held[2], "Cancel").await;
    world.pending().await;
    later(world, 13 * HOUR).await;
}

/// Access that nobody was asked for.
async fn unasked(world: &World) {
    let confirmed = world.confirmed("INC-1").await;
    tell(world).await;
    world
        .ok("ada", "emergency.acknowledge", at(&confirmed))
        .await;
    tell(world).await;
    let mut report = emergency("INC-2");
    let now = world.rpc.services().now();
    report["accessStart"] = json!(now.plus_seconds(-3 * HOUR).to_string());
    report["accessEnd"] = json!(now.plus_seconds(-2 * HOUR).to_string());
    world.ok("eve", "emergency.report", report).await;
    tell(world).await;
}

/// What administrators do.
async fn administration(world: &World) {
    let mut careful = document(rules());
    careful["fourEyes"] = json!({"recoveryHours": 24});
    let put = |document: &Value| json!({"document": document});
    world.ok("ada", "policy.put", put(&careful)).await;
    tell(world).await;
    let weaker = put(&document(json!([])));
    for confirm in [false, true] {
        let proposed = world.ok("ada", "policy.put", weaker.clone()).await;
        tell(world).await;
        let answer = json!({"changeId": proposed["changeId"], "confirm": confirm});
        world.ok("alan", "policy.confirm", answer).await;
        tell(world).await;
    }
    let role = json!({"principal": "ben@contoso.com", "role": "SecurityReader"});
    world.ok("ada", "role.assign", role).await;
    world.ok("sam", "token.issue", json!({})).await;
    let name = json!({"tenant": CONTOSO, "displayName": "Contoso AG"});
    world.ok("root", "tenant.update", name).await;
    tell(world).await;
    let unasked = json!({"approvalRequired": false});
    world.ok("ada", "policy.put", unasked).await;
    world.pending().await;
    tell(world).await;
}

/// A mail and a webhook that are given up.
async fn unreachable(world: &World) {
    let hook = json!({"name": "SIEM", "url": "https://hooks.example.com/in", "format": "json",
        "events": ["rolesChanged"]});
    world.ok("ada", "webhook.create", hook).await;
    tell(world).await;
    let role = json!({"principal": "ben@contoso.com", "role": "SecurityReader"});
    world.ok("ada", "role.remove", role).await;
    tell(world).await;
    let contoso = world.contoso().await.id;
    for (lane, target) in [("mail", "alan@contoso.com"), ("", "")] {
        let conn = Connection::open(world.dir().join("lockbox.db")).unwrap();
        let id: [u8; 16] = conn
            .query_row(
                "SELECT id FROM delivery WHERE (lane = ?1 AND target = ?2) OR (?1 = '' AND lane <> 'mail')
                 ORDER BY nr DESC LIMIT 1",
                [lane, target],
                |row| row.get(0),
            )
            .unwrap();
        let id = DeliveryId::from_uuid(uuid::Uuid::from_bytes(id));
        let delivery = world.store.delivery(contoso, id).await.unwrap().unwrap();
        let services = world.rpc.services();
        services
            .give_up_delivery(&delivery, "550 no such user", false)
            .await
            .unwrap();
        tell(world).await;
    }
}

/// Every event, receiver, as what, and why: each once.
fn told(world: &World) -> BTreeSet<(String, String, String, String)> {
    let conn = Connection::open(world.dir().join("lockbox.db")).unwrap();
    let mut statement = conn
        .prepare(
            "SELECT e.event, iif(d.lane = 'mail', d.target, 'a webhook'), d.audience, d.reasons
             FROM delivery d JOIN outbox e ON e.nr = d.event",
        )
        .unwrap();
    let rows = statement.query_map([], |row| {
        let reasons: Vec<String> = serde_json::from_str(&row.get::<_, String>(3)?).unwrap();
        Ok((row.get(0)?, row.get(1)?, row.get(2)?, reasons.join(" ")))
    });
    rows.unwrap().map(Result::unwrap).collect()
}

async fn story(switches: Value) -> BTreeSet<(String, String, String, String)> {
    let mut world = World::new().await;
    world
        .person("ada", "alan", "alan@contoso.com", "GlobalAdministrator")
        .await;
    let notifications = json!({
        "securityContacts": ["soc@contoso.com"],
        "extraAddresses": ["all@contoso.com"],
        "alternates": [{"of": "ben@contoso.com", "address": "ben@home.example"}],
        "switches": switches.clone(),
    });
    let quiet = json!({"notifications": notifications});
    world.ok("ada", "policy.put", quiet).await;
    tell(&world).await;
    let put = json!({"document": document(rules())});
    world.ok("ada", "policy.put", put).await;
    tell(&world).await;
    requests(&world).await;
    unasked(&world).await;
    administration(&world).await;
    unreachable(&world).await;
    let quieter = json!({"notifications": {"switches": switches}});
    world.ok("ada", "policy.put", quieter).await;
    tell(&world).await;
    told(&world)
}

fn hold_to_golden(name: &str, told: &BTreeSet<(String, String, String, String)>) {
    let mut found = String::new();
    for (event, receiver, audience, why) in told {
        found.push_str(&format!(
            "{event:<26} {receiver:<28} {audience:<17} {why}\n"
        ));
    }
    let path = format!("{}/tests/golden/{name}", env!("CARGO_MANIFEST_DIR"));
    if std::env::var_os("LOCKBOX_WRITE_GOLDEN").is_some() {
        std::fs::write(&path, &found).unwrap();
    }
    assert_eq!(found, std::fs::read_to_string(&path).unwrap(), "{name}");
}

#[tokio::test]
async fn every_event_is_told_to_whom_it_concerns() {
    let told = story(json!([])).await;
    hold_to_golden("told.txt", &told);
    let events: BTreeSet<&str> = told.iter().map(|one| one.0.as_str()).collect();
    let all: BTreeSet<&str> = Event::ALL.iter().map(|event| event.as_str()).collect();
    assert_eq!(events, all, "each happens in the story");
}

#[tokio::test]
async fn with_every_switch_on_every_audience_is_told() {
    let mut switches = Vec::new();
    for event in Event::ALL {
        for audience in Audience::ALL {
            switches
                .push(json!({"event": event.as_str(), "audience": audience.as_str(), "on": true}));
        }
    }
    let told = story(json!(switches)).await;
    hold_to_golden("told-by-switches.txt", &told);
    let audiences: BTreeSet<&str> = told.iter().map(|one| one.2.as_str()).collect();
    let all: BTreeSet<&str> = Audience::ALL.iter().map(|one| one.as_str()).collect();
    assert_eq!(audiences, all);
}

/// The provider's people are told as the configuration says, whatever a customer's switches say.
#[tokio::test]
async fn the_provider_says_who_of_its_own_is_told() {
    let switch = |event, audience, on| Switch {
        event,
        audience,
        on,
    };
    let options = Options {
        provider_notices: NoticeSettings {
            extra_addresses: vec!["team@fabrikam.example".to_owned()],
            alternates: vec![Alternate {
                of: "max@fabrikam.example".to_owned(),
                address: "max@home.example".to_owned(),
                replaces: true,
            }],
            switches: vec![
                switch(Event::RequestSubmitted, Audience::ExtraAddresses, true),
                switch(Event::RequestDecided, Audience::Reviewers, false),
            ],
            ..NoticeSettings::default()
        },
        ..Options::default()
    };
    let world = World::with(options).await;
    let of = |event: &str| -> Vec<String> {
        let told = told(&world).into_iter();
        told.filter(|one| one.0 == event && !one.1.contains("contoso"))
            .map(|one| one.1)
            .collect()
    };
    let request = world.submit().await;
    tell(&world).await;
    assert_eq!(
        of("requestSubmitted"),
        [
            "max@home.example",
            "mia@fabrikam.example",
            "team@fabrikam.example"
        ]
    );
    let review = json!({"requestId": request["identity"], "decision": "Approve"});
    world.ok("max", "request.review", review).await;
    decide(&world, "anna", &request, "Deny").await;
    // Extra addresses hear of it where nothing is said, reviewers here do not.
    assert_eq!(
        of("requestDecided"),
        ["eve@fabrikam.example", "team@fabrikam.example"]
    );
}

/// What is told to an address of an event, newest first.
async fn facts(world: &World, event: &str, target: &str) -> Vec<Facts> {
    let conn = Connection::open(world.dir().join("lockbox.db")).unwrap();
    let mut statement = conn
        .prepare(
            "SELECT o.id, d.id FROM delivery d JOIN outbox e ON e.nr = d.event
             JOIN organization o ON o.nr = d.org
             WHERE e.event = ?1 AND d.target = ?2 ORDER BY d.nr DESC",
        )
        .unwrap();
    let rows = statement.query_map([event, target], |row| Ok((row.get(0)?, row.get(1)?)));
    let ids: Vec<([u8; 16], [u8; 16])> = rows.unwrap().map(Result::unwrap).collect();
    let mut all = Vec::new();
    for (org, id) in ids {
        let org = OrgId::from_uuid(uuid::Uuid::from_bytes(org));
        let id = DeliveryId::from_uuid(uuid::Uuid::from_bytes(id));
        let delivery = world.store.delivery(org, id).await.unwrap().unwrap();
        let facts = world.rpc.services().facts_of(&delivery, None);
        all.push(facts.await.unwrap());
    }
    all
}

/// The row of a request that was approved and then canceled holds both decisions.
#[tokio::test]
async fn access_that_is_taken_back_is_told_as_canceled_by_whoever_did() {
    let world = World::new().await;
    let request = world.approved().await;
    tell(&world).await;
    let params = json!({"requestId": request["identity"], "decision": "Cancel",
        "comment": "Enough."});
    world.ok("ben", "request.decide", params).await;
    tell(&world).await;
    let told = facts(&world, "requestDecided", "anna@contoso.com").await;
    let about = told[0].request.as_ref().unwrap();
    assert_eq!(about.decision.as_deref(), Some("Cancel"));
    assert_eq!(about.decided_by.as_deref(), Some("ben@contoso.com"));
    assert_eq!(about.comment.as_deref(), Some("Enough."));
    let engineer = facts(&world, "requestDecided", "eve@fabrikam.example").await;
    let about = engineer[0].request.as_ref().unwrap();
    assert_eq!(about.decision.as_deref(), Some("Cancel"));
}

/// Access that was to begin on Monday, and to end soon after: canceled before, neither came.
#[tokio::test]
async fn what_did_not_come_to_pass_is_told_to_nobody() {
    let world = World::new().await;
    let put = json!({"document": document(rules())});
    world.ok("ada", "policy.put", put).await;
    let hook = json!({"name": "SIEM", "url": "https://hooks.example.com/in", "format": "json",
        "events": ["accessStarted", "accessEnding"]});
    world.ok("ada", "webhook.create", hook).await;
    let teams = || json!({"serviceName": "Teams", "resources": ["team:x"]});
    let mut approved = Vec::new();
    for _ in 0..2 {
        let request = world.submit_as("eve", teams()).await;
        let review = json!({"requestId": request["identity"], "decision": "Approve"});
        world.ok("max", "request.review", review).await;
        decide(&world, "anna", &request, "Approve").await;
        approved.push(request);
    }
    decide(&world, "ben", &approved[0], "Cancel").await;
    world
        .clock
        .set(Timestamp::parse("2026-11-23T12:00:00Z").unwrap());
    tell(&world).await;
    let conn = Connection::open(world.dir().join("lockbox.db")).unwrap();
    let count: i64 = conn
        .query_row(
            "SELECT count(*) FROM delivery WHERE lane <> 'mail'",
            [],
            |row| row.get(0),
        )
        .unwrap();
    assert_eq!(count, 2, "beginning and end of the other one");
}

/// Two administrators change a policy: the mails say what is weaker, and once.
#[tokio::test]
async fn what_two_confirmed_is_told_by_what_changed() {
    let mut world = World::new().await;
    world
        .person("ada", "alan", "alan@contoso.com", "GlobalAdministrator")
        .await;
    let mut careful = document(rules());
    careful["fourEyes"] = json!({"recoveryHours": 24});
    let put = json!({"document": careful});
    world.ok("ada", "policy.put", put).await;
    tell(&world).await;
    let before = told(&world);
    careful["rules"] = json!([]);
    let put = json!({"document": careful});
    let proposed = world.ok("ada", "policy.put", put).await;
    let confirm = json!({"changeId": proposed["changeId"]});
    world.ok("alan", "policy.confirm", confirm).await;
    tell(&world).await;
    let told = facts(&world, "policyWeakened", "ada@contoso.onmicrosoft.com").await;
    let names: Vec<&str> = told[0]
        .details
        .iter()
        .map(|one| one.name.as_str())
        .collect();
    assert!(names.contains(&"Weakens"), "{names:?}");
    assert!(names.contains(&"Difference"), "{names:?}");
    let changed = |told: &BTreeSet<(String, String, String, String)>| {
        told.iter().filter(|one| one.0 == "policyChanged").count()
    };
    assert_eq!(changed(&self::told(&world)), changed(&before), "told once");
}

/// A report tells of what was earlier than itself.
#[tokio::test]
async fn a_digest_counts_what_was_recorded_since_it_began() {
    let world = World::new().await;
    let request = world.approved().await;
    let acted = |minute: u32| {
        json!({"tenant": CONTOSO, "requestId": request["identity"], "operation": "Get-Mailbox",
            "parameters": [], "resultStatus": "True", "engineer": "eve@fabrikam.example",
            "occurredAt": format!("2026-11-21T12:0{minute}:00Z")})
    };
    let settings = json!({"notifications": {"securityContacts": ["soc@contoso.com"]}});
    world.ok("ada", "policy.put", settings).await;
    world.pass(600);
    for minute in [2, 4, 3] {
        world.ok("gate", "activity.record", acted(minute)).await;
    }
    later(&world, HOUR).await;
    let told = facts(&world, "engineerActed", "soc@contoso.com").await;
    assert_eq!(told[0].request.as_ref().unwrap().actions, Some(3));
}

/// How often an address is told of an event, and as what.
fn audiences(world: &World, event: &str, target: &str) -> Vec<String> {
    let conn = Connection::open(world.dir().join("lockbox.db")).unwrap();
    let mut statement = conn
        .prepare(
            "SELECT d.audience FROM delivery d JOIN outbox e ON e.nr = d.event
             WHERE e.event = ?1 AND d.target = ?2 ORDER BY d.nr",
        )
        .unwrap();
    let rows = statement.query_map([event, target], |row| row.get(0));
    rows.unwrap().map(Result::unwrap).collect()
}

fn detail<'a>(facts: &'a Facts, name: &str) -> Option<&'a str> {
    let found = facts.details.iter().find(|one| one.name == name);
    found.map(|one| one.value.as_str())
}

/// Also those whose mails go elsewhere, and who may do nothing any more.
#[tokio::test]
async fn whoever_may_do_more_or_less_hears_of_it_at_their_own_address() {
    let world = World::new().await;
    tell(&world).await;
    let alternates = json!({"notifications": {"alternates": [
        {"of": "ben@contoso.com", "address": "ada@contoso.onmicrosoft.com", "replaces": true}]}});
    world.ok("ada", "policy.put", alternates).await;
    let role = json!({"principal": "ben@contoso.com", "role": "CustomerLockboxAccessApprover"});
    let ben = json!({"principal": "ben@contoso.com"});
    for (method, params, operation, role) in [
        (
            "role.remove",
            &role,
            "LockboxRoleRemoved",
            Some("CustomerLockboxAccessApprover"),
        ),
        (
            "role.assign",
            &role,
            "LockboxRoleAssigned",
            Some("CustomerLockboxAccessApprover"),
        ),
        ("principal.disable", &ben, "LockboxPrincipalDisabled", None),
        ("principal.enable", &ben, "LockboxPrincipalEnabled", None),
    ] {
        let before = audiences(&world, "rolesChanged", "ben@contoso.com").len();
        world.ok("ada", method, params.clone()).await;
        tell(&world).await;
        let told = audiences(&world, "rolesChanged", "ben@contoso.com");
        assert_eq!(told.len(), before + 1, "{method}");
        assert_eq!(told.last().unwrap(), "affected", "{method}");
        // They and the administrators read what was done to whom.
        for target in ["ben@contoso.com", "ada@contoso.onmicrosoft.com"] {
            let facts = facts(&world, "rolesChanged", target).await;
            assert_eq!(detail(&facts[0], "Operation"), Some(operation));
            assert_eq!(detail(&facts[0], "Principal"), Some("ben@contoso.com"));
            assert_eq!(detail(&facts[0], "Role"), role);
        }
    }
    // The provider's people too, and of the role with which they were created.
    let eve = json!({"principal": "eve@fabrikam.example", "role": "SupportEngineer"});
    let told = || audiences(&world, "rolesChanged", "eve@fabrikam.example");
    assert_eq!(told(), ["affected"]);
    world.ok("root", "role.remove", eve).await;
    tell(&world).await;
    assert_eq!(told(), ["affected", "affected"]);
}

#[tokio::test]
async fn whoever_is_created_hears_of_each_role_as_of_one_that_comes_later() {
    let world = World::new().await;
    tell(&world).await;
    let create = |kind: &str, name: &str, roles: &[&str]| {
        let address = (kind == "person").then(|| format!("{name}@contoso.com"));
        let roles: Vec<Value> = roles.iter().map(|role| json!({"role": role})).collect();
        let mut create = json!({"kind": kind, "displayName": name, "roles": roles});
        if let Some(address) = address {
            create["address"] = json!(address);
        }
        world.ok("ada", "principal.create", create)
    };
    create("person", "zoe", &["SecurityReader", "GlobalAdministrator"]).await;
    create("person", "zac", &[]).await;
    create("robot", "nightly", &["SecurityReader"]).await;
    tell(&world).await;
    // The administrator that she is now, too.
    let told = audiences(&world, "rolesChanged", "zoe@contoso.com");
    let mut heard: Vec<&str> = told.iter().map(String::as_str).collect();
    heard.sort_unstable();
    heard.dedup();
    assert_eq!(heard, ["administrators", "affected"]);
    let facts = facts(&world, "rolesChanged", "zoe@contoso.com").await;
    let mut roles: Vec<Option<&str>> = facts
        .iter()
        .filter(|one| one.audience == Audience::Affected)
        .map(|one| {
            assert_eq!(detail(one, "Operation"), Some("LockboxRoleAssigned"));
            assert_eq!(detail(one, "Principal"), Some("zoe@contoso.com"));
            detail(one, "Role")
        })
        .collect();
    roles.sort_unstable();
    assert_eq!(roles, [Some("GlobalAdministrator"), Some("SecurityReader")]);
    assert_eq!(
        audiences(&world, "rolesChanged", "zac@contoso.com"),
        [] as [&str; 0]
    );
    // Of a robot's role administrators hear, and nobody as of their own.
    let ada = audiences(&world, "rolesChanged", "ada@contoso.onmicrosoft.com");
    assert!(ada.iter().all(|audience| audience == "administrators"));
}

/// A token acts in somebody's name, so they hear of it, whoever made or revoked it; and nobody else, as
/// everybody may do that as often as they like.
#[tokio::test]
async fn whoever_a_token_stands_for_hears_when_it_is_made_or_revoked() {
    let mut world = World::new().await;
    world
        .person("ada", "alan", "alan@contoso.com", "GlobalAdministrator")
        .await;
    tell(&world).await;
    let heard = |target: &'static str| audiences(&world, "rolesChanged", target);
    let (anna, ada) = ("anna@contoso.com", "ada@contoso.onmicrosoft.com");
    let was = [anna, ada, "alan@contoso.com"].map(|one| heard(one).len());
    let issued = world.ok("anna", "token.issue", json!({})).await;
    tell(&world).await;
    let revoke = json!({"tokenId": issued["tokenId"]});
    world.ok("alan", "token.revoke", revoke).await;
    tell(&world).await;
    // The robot is ada's.
    let robots = json!({"principal": "bot"});
    let robots = world.ok("alan", "token.issue", robots).await;
    tell(&world).await;
    let later = json!({"tokenId": robots["tokenId"], "afterHours": 1});
    world.ok("ada", "token.revoke", later).await;
    tell(&world).await;
    let now = [anna, ada, "alan@contoso.com"].map(|one| heard(one).len());
    assert_eq!(
        [now[0] - was[0], now[1] - was[1], now[2] - was[2]],
        [2, 2, 0]
    );
    assert_eq!(heard(ada)[was[1]..], ["affected", "affected"]);
    let facts = (
        facts(&world, "rolesChanged", anna).await,
        facts(&world, "rolesChanged", ada).await,
    );
    for (one, operation, principal, actor) in [
        (&facts.0[1], "LockboxTokenIssued", anna, anna),
        (&facts.0[0], "LockboxTokenRevoked", anna, "alan@contoso.com"),
        (&facts.1[1], "LockboxTokenIssued", "bot", "alan@contoso.com"),
        (&facts.1[0], "LockboxTokenRevoked", "bot", ada),
    ] {
        assert_eq!(detail(one, "Operation"), Some(operation));
        assert_eq!(detail(one, "Principal"), Some(principal));
        assert_eq!(one.actor.as_deref(), Some(actor));
        let said = serde_json::to_string(one).unwrap();
        for made in [&issued, &robots] {
            assert!(!said.contains(made["token"].as_str().unwrap()));
        }
    }
}

#[tokio::test]
async fn an_address_that_is_taken_out_hears_of_it_once() {
    let world = World::new().await;
    let contacts = json!({"notifications": {
        "securityContacts": ["soc@contoso.com", "ada@contoso.onmicrosoft.com"],
        "extraAddresses": ["soc@contoso.com", "all@contoso.com"]}});
    world.ok("ada", "policy.put", contacts).await;
    tell(&world).await;
    let fewer = json!({"notifications": {"extraAddresses": ["all@contoso.com"]}});
    let done = world.ok("ada", "policy.put", fewer).await;
    let gone = ["A security contact is gone.", "An extra address is gone."];
    assert_eq!(done["weakens"], json!(gone));
    tell(&world).await;
    let told = |event, target| audiences(&world, event, target);
    assert_eq!(told("settingsChanged", "soc@contoso.com"), ["affected"]);
    assert_eq!(told("policyWeakened", "soc@contoso.com"), [] as [&str; 0]);
    assert_eq!(told("settingsChanged", "all@contoso.com"), [] as [&str; 0]);
    // An administrator hears of it as one, with the addresses; of the first change, too.
    let ada = "ada@contoso.onmicrosoft.com";
    assert_eq!(told("settingsChanged", ada), ["administrators"]);
    assert_eq!(told("policyWeakened", ada), ["administrators"]);
    let weakened = facts(&world, "policyWeakened", ada).await;
    let both = format!("{ada}\nsoc@contoso.com");
    assert_eq!(detail(&weakened[0], "HearLess"), Some(both.as_str()));
    // It cannot be kept from one that goes by switching that off as well.
    let quiet = json!({"notifications": {"switches": [
        {"event": "settingsChanged", "audience": "affected", "on": false}]}});
    world.ok("ada", "policy.put", quiet).await;
    tell(&world).await;
    assert_eq!(told("settingsChanged", "all@contoso.com"), ["affected"]);
    // Whoever is out is not told what is in.
    let out = facts(&world, "settingsChanged", "soc@contoso.com").await;
    assert_eq!(out[0].details, []);
    assert_eq!(out[0].actor.as_deref(), Some(ada));
}
