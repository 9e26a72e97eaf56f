//! Events that wait to be told, their deliveries, webhooks and texts.

use super::Harness;
use super::fixtures::{World, applied, dawn};
use crate::clock::{Timestamp, When};
use crate::domain::notice::delivery::{
    Attempt, Delivery, DeliveryState, Lane, NewDelivery, Place, Purse,
};
use crate::domain::notice::plan::Recipient;
use crate::domain::notice::settings::Language;
use crate::domain::notice::template::Template;
use crate::domain::notice::webhook::{Format, SigningKey, Webhook};
use crate::domain::notice::{Audience, Event};
use crate::ids::{RequestId, WebhookId};
use crate::store::{
    CommitError, DeliveryFilter, OutboxDraft, Precondition, RowRef, RowWrite, Upkeep,
};

async fn tell<H: Harness>(world: &World<H>, drafts: Vec<OutboxDraft>) {
    let mut change = world.change(Vec::new());
    change.outbox = drafts;
    applied(world.commit(change).await);
}

fn mail<H>(world: &World<H>, address: &str) -> NewDelivery {
    NewDelivery::mail(
        world.tenant.id,
        Recipient {
            address: address.to_owned(),
            audience: Audience::Approvers,
            reasons: vec!["They are asked.".to_owned()],
        },
        dawn(),
    )
}

/// Makes the deliveries of every event that waits now, one for each address.
async fn deliver<H: Harness>(world: &World<H>, addresses: &[&str]) {
    let events = world
        .store
        .events_due(Place::START, world.clock_now(), 100)
        .await
        .unwrap();
    let made = events
        .iter()
        .map(|event| {
            let of = addresses.iter().map(|address| mail(world, address));
            (event.nr, of.collect())
        })
        .collect();
    world.store.upkeep(Upkeep::Deliveries(made)).await.unwrap();
}

async fn due<H: Harness>(world: &World<H>, lane: Lane, now: Timestamp) -> Vec<Delivery> {
    world.store.deliveries_due(lane, now, 100).await.unwrap()
}

fn targets(deliveries: &[Delivery]) -> Vec<(&'static str, &str)> {
    deliveries
        .iter()
        .map(|one| (one.event.event.as_str(), one.target.as_str()))
        .collect()
}

impl<H> World<H> {
    fn clock_now(&self) -> Timestamp {
        use crate::clock::Clock;
        self.clock.now()
    }

    fn of_request(&self, event: Event, request: RequestId) -> OutboxDraft {
        OutboxDraft::new(self.tenant.id, event, Some(request))
    }
}

pub(crate) async fn events_wait_until_they_are_due<H: Harness>() {
    let world = World::<H>::new().await;
    let request = RequestId::new();
    let later = When::At(dawn().plus_seconds(60));
    tell(
        &world,
        vec![
            world.of_request(Event::AccessEnding, request).due(later),
            world.of_request(Event::RequestArrived, request),
        ],
    )
    .await;
    let events = world
        .store
        .events_due(Place::START, dawn(), 10)
        .await
        .unwrap();
    let told: Vec<Event> = events.iter().map(|event| event.event).collect();
    assert_eq!(told, [Event::RequestArrived]);
    assert_eq!(events[0].request, Some(request));
    assert_eq!(world.store.next_event().await.unwrap(), Some(dawn()));
    deliver(&world, &["a@x.example"]).await;
    let next = world.store.next_event().await.unwrap();
    assert_eq!(next, Some(dawn().plus_seconds(60)));
    let early = dawn().plus_millis(59_999);
    assert_eq!(
        world
            .store
            .events_due(Place::START, early, 10)
            .await
            .unwrap(),
        []
    );
    let at = dawn().plus_seconds(60);
    assert_eq!(
        world
            .store
            .events_due(Place::START, at, 10)
            .await
            .unwrap()
            .len(),
        1
    );
}

pub(crate) async fn a_digest_waits_once<H: Harness>() {
    let world = World::<H>::new().await;
    let (one, other) = (RequestId::new(), RequestId::new());
    let digest = |request| world.of_request(Event::EngineerActed, request).once();
    tell(&world, vec![digest(one), digest(one), digest(other)]).await;
    tell(&world, vec![digest(one)]).await;
    assert_eq!(
        world
            .store
            .events_due(Place::START, dawn(), 10)
            .await
            .unwrap()
            .len(),
        2
    );
    deliver(&world, &[]).await;
    tell(&world, vec![digest(one)]).await;
    assert_eq!(
        world
            .store
            .events_due(Place::START, dawn(), 10)
            .await
            .unwrap()
            .len(),
        1
    );
}

pub(crate) async fn deliveries_of_an_event_are_made_once<H: Harness>() {
    let world = World::<H>::new().await;
    tell(
        &world,
        vec![OutboxDraft::new(
            world.tenant.id,
            Event::PolicyChanged,
            None,
        )],
    )
    .await;
    let nr = world
        .store
        .events_due(Place::START, dawn(), 10)
        .await
        .unwrap()[0]
        .nr;
    for _ in 0..2 {
        let made = vec![(
            nr,
            vec![mail(&world, "a@x.example"), mail(&world, "b@x.example")],
        )];
        world.store.upkeep(Upkeep::Deliveries(made)).await.unwrap();
    }
    let due = due(&world, Lane::Mail, dawn()).await;
    assert_eq!(
        targets(&due),
        [
            ("policyChanged", "a@x.example"),
            ("policyChanged", "b@x.example")
        ]
    );
    assert_eq!(
        world
            .store
            .events_due(Place::START, dawn(), 10)
            .await
            .unwrap(),
        []
    );
}

pub(crate) async fn a_receiver_hears_of_one_request_in_order<H: Harness>() {
    let world = World::<H>::new().await;
    let (one, other) = (RequestId::new(), RequestId::new());
    tell(
        &world,
        vec![
            world.of_request(Event::RequestArrived, one),
            world.of_request(Event::RequestDecided, one),
            world.of_request(Event::RequestArrived, other),
        ],
    )
    .await;
    deliver(&world, &["a@x.example"]).await;
    let first = due(&world, Lane::Mail, dawn()).await;
    let named: Vec<_> = first
        .iter()
        .map(|delivery| (delivery.event.event, delivery.event.request))
        .collect();
    assert_eq!(
        named,
        [
            (Event::RequestArrived, Some(one)),
            (Event::RequestArrived, Some(other))
        ]
    );
    // It is put off: what follows waits on, though it could be tried now.
    let put_off = |again| Attempt {
        id: first[0].id,
        result: "451".to_owned(),
        again,
    };
    let later = dawn().plus_seconds(30);
    let attempts = Upkeep::Attempts(vec![put_off(Some(later))]);
    world.store.upkeep(attempts).await.unwrap();
    let now: Vec<_> = due(&world, Lane::Mail, dawn()).await;
    assert_eq!(now.len(), 1, "{now:?}");
    assert_eq!(now[0].event.request, Some(other));
    let again = due(&world, Lane::Mail, later).await;
    let again = again.iter().find(|one| one.id == first[0].id).unwrap();
    assert_eq!((again.attempts, again.result.as_deref()), (1, Some("451")));
    // Delivered: the next one's turn.
    let attempts = Upkeep::Attempts(vec![put_off(None)]);
    world.store.upkeep(attempts).await.unwrap();
    let now = due(&world, Lane::Mail, dawn()).await;
    assert!(
        now.iter()
            .any(|one| one.event.event == Event::RequestDecided)
    );
    let done = world.store.delivery(world.tenant.id, first[0].id).await;
    let done = done.unwrap().unwrap();
    assert_eq!((done.state, done.attempts), (DeliveryState::Delivered, 2));
    assert_eq!(done.done, Some(dawn()));
}

pub(crate) async fn a_lease_keeps_others_away_until_it_ends<H: Harness>() {
    let world = World::<H>::new().await;
    let request = RequestId::new();
    tell(
        &world,
        vec![world.of_request(Event::RequestArrived, request)],
    )
    .await;
    deliver(&world, &["a@x.example"]).await;
    let id = due(&world, Lane::Mail, dawn()).await[0].id;
    let until = dawn().plus_seconds(600);
    let lease = || world.store.upkeep(Upkeep::Lease(vec![id], until));
    lease().await.unwrap();
    assert_eq!(due(&world, Lane::Mail, until.plus_millis(-1)).await, []);
    assert_eq!(due(&world, Lane::Mail, until).await.len(), 1);
    // Somebody has it tried again while it is: its worker keeps it.
    let resume = RowWrite::ResumeDelivery(id);
    applied(world.commit(world.change(vec![resume])).await);
    assert_eq!(due(&world, Lane::Mail, until.plus_millis(-1)).await, []);
    world.store.upkeep(Upkeep::ReleaseLeases).await.unwrap();
    assert_eq!(due(&world, Lane::Mail, dawn()).await.len(), 1);
}

pub(crate) async fn what_is_given_up_is_tried_again_when_somebody_says_so<H: Harness>() {
    let world = World::<H>::new().await;
    let request = RequestId::new();
    tell(
        &world,
        vec![world.of_request(Event::RequestArrived, request)],
    )
    .await;
    deliver(&world, &["a@x.example"]).await;
    let id = due(&world, Lane::Mail, dawn()).await[0].id;
    let give_up = RowWrite::GiveUpDelivery(id, "550".to_owned());
    applied(world.commit(world.change(vec![give_up])).await);
    assert_eq!(due(&world, Lane::Mail, dawn()).await, []);
    assert_eq!(world.store.lanes().await.unwrap(), []);
    let of = |state| DeliveryFilter {
        org: world.tenant.id,
        request: Some(request),
        state: Some(state),
        before: None,
        limit: 10,
    };
    let given_up = world.store.deliveries(of(DeliveryState::Undeliverable));
    let given_up = given_up.await.unwrap().rows;
    assert_eq!(given_up.len(), 1);
    assert_eq!(given_up[0].result.as_deref(), Some("550"));
    let elsewhere = DeliveryFilter {
        org: world.provider.id,
        ..of(DeliveryState::Undeliverable)
    };
    assert_eq!(world.store.deliveries(elsewhere).await.unwrap().rows, []);
    assert_eq!(
        world.store.delivery(world.provider.id, id).await.unwrap(),
        None
    );
    let resume = RowWrite::ResumeDelivery(id);
    applied(world.commit(world.change(vec![resume])).await);
    assert_eq!(due(&world, Lane::Mail, dawn()).await.len(), 1);
    assert_eq!(world.store.lanes().await.unwrap(), [(Lane::Mail, dawn())]);
}

pub(crate) fn webhook<H>(world: &World<H>) -> Webhook {
    Webhook {
        id: WebhookId::new(),
        org: world.tenant.id,
        name: "alerts".to_owned(),
        url: "https://hooks.example/1".to_owned(),
        format: Format::CloudEvents,
        events: vec![Event::RequestArrived],
        keys: vec![SigningKey {
            secret: "whsec_x".to_owned(),
            until: None,
        }],
        paused: None,
        resumed_at: None,
        created_at: dawn(),
        created_by: "ada@contoso.com".to_owned(),
        version: 1,
    }
}

pub(crate) async fn webhooks_have_lanes_of_their_own<H: Harness>() {
    let world = World::<H>::new().await;
    let hook = webhook(&world);
    let put = |hook: &Webhook| RowWrite::PutWebhook(Box::new(hook.clone()));
    applied(world.commit(world.change(vec![put(&hook)])).await);
    assert_eq!(
        world.store.webhooks(world.tenant.id).await.unwrap(),
        std::slice::from_ref(&hook)
    );
    assert_eq!(world.store.webhooks(world.provider.id).await.unwrap(), []);
    let request = RequestId::new();
    tell(
        &world,
        vec![world.of_request(Event::RequestArrived, request)],
    )
    .await;
    let nr = world
        .store
        .events_due(Place::START, dawn(), 10)
        .await
        .unwrap()[0]
        .nr;
    let made = vec![
        mail(&world, "a@x.example"),
        NewDelivery::webhook(world.tenant.id, hook.id, dawn()),
    ];
    let made = Upkeep::Deliveries(vec![(nr, made)]);
    world.store.upkeep(made).await.unwrap();
    let lane = Lane::Webhook(hook.id);
    let mut lanes = world.store.lanes().await.unwrap();
    lanes.sort();
    assert_eq!(lanes, [(Lane::Mail, dawn()), (lane, dawn())]);
    assert_eq!(due(&world, lane, dawn()).await.len(), 1);
    assert_eq!(world.store.numbers(dawn()).await.unwrap().deliveries, 2);
    // A changed webhook has the next version, and the old one is no precondition any more.
    let paused = Webhook {
        paused: Some("It fails.".to_owned()),
        ..hook.clone()
    };
    let at = |version| Precondition::At(RowRef::Webhook(hook.id), version);
    let mut change = world.change(vec![put(&paused)]);
    change.preconditions.push(at(1));
    applied(world.commit(change.clone()).await);
    let found = world.store.webhook(hook.id).await.unwrap().unwrap();
    assert_eq!((found.version, found.paused), (2, paused.paused.clone()));
    // What waits for a paused one waits for people, not for the daemon.
    assert_eq!(world.store.numbers(dawn()).await.unwrap().deliveries, 1);
    change.records = world.change(Vec::new()).records;
    let failed = world.commit(change).await;
    assert!(matches!(failed, Err(CommitError::Failed(..))), "{failed:?}");
    // Removed: what waits for it is not tried.
    let remove = RowWrite::RemoveWebhook(world.tenant.id, hook.id);
    applied(world.commit(world.change(vec![remove])).await);
    assert_eq!(world.store.webhook(hook.id).await.unwrap(), None);
    assert_eq!(due(&world, lane, dawn()).await, []);
}

pub(crate) async fn what_waits_for_a_webhook_follows_it<H: Harness>() {
    let world = World::<H>::new().await;
    let hook = webhook(&world);
    let put = |paused: Option<&str>| {
        let hook = Webhook {
            paused: paused.map(str::to_owned),
            ..hook.clone()
        };
        RowWrite::PutWebhook(Box::new(hook))
    };
    applied(world.commit(world.change(vec![put(None)])).await);
    let event = || world.of_request(Event::RequestArrived, RequestId::new());
    let waits = || async {
        tell(&world, vec![event()]).await;
        let nr = world
            .store
            .events_due(Place::START, world.clock_now(), 10)
            .await
            .unwrap()[0]
            .nr;
        let made = NewDelivery::webhook(world.tenant.id, hook.id, dawn());
        let id = made.id;
        let made = Upkeep::Deliveries(vec![(nr, vec![made])]);
        world.store.upkeep(made).await.unwrap();
        let found = world.store.delivery(world.tenant.id, id);
        (id, found.await.unwrap())
    };
    let (id, _) = waits().await;
    let again = Attempt {
        id,
        result: "503".to_owned(),
        again: Some(dawn().plus_seconds(3_600)),
    };
    let attempts = Upkeep::Attempts(vec![again]);
    world.store.upkeep(attempts).await.unwrap();
    let one = || async {
        world
            .store
            .delivery(world.tenant.id, id)
            .await
            .unwrap()
            .unwrap()
    };
    // Changed, or paused: it waits as before. Not paused any more: it is tried again at once, in its
    // order.
    for (paused, resumed) in [(None, false), (Some("It fails."), false), (None, true)] {
        world.clock.set(world.clock_now().plus_seconds(60));
        applied(world.commit(world.change(vec![put(paused)])).await);
        let now = world.clock_now();
        let next = if resumed {
            dawn()
        } else {
            dawn().plus_seconds(3_600)
        };
        let row = world.store.webhook(hook.id).await.unwrap().unwrap();
        assert_eq!(row.resumed_at, resumed.then_some(now), "{paused:?}");
        let found = one().await;
        assert_eq!((found.created, found.next), (dawn(), next), "{paused:?}");
        assert_eq!(found.attempts, 1);
    }
    let remove = RowWrite::RemoveWebhook(world.tenant.id, hook.id);
    applied(world.commit(world.change(vec![remove])).await);
    let found = one().await;
    assert_eq!(found.state, DeliveryState::Undeliverable);
    assert_eq!(found.done, Some(world.clock_now()));
    // What was found out before it was removed makes no delivery after that.
    assert_eq!(waits().await.1, None);
    assert_eq!(world.store.lanes().await.unwrap(), []);
}

pub(crate) async fn what_waited_in_a_backup_is_not_sent_again<H: Harness>() {
    let world = World::<H>::new().await;
    tell(
        &world,
        vec![world.of_request(Event::RequestArrived, RequestId::new())],
    )
    .await;
    let nr = world
        .store
        .events_due(Place::START, dawn(), 10)
        .await
        .unwrap()[0]
        .nr;
    let theirs = NewDelivery {
        org: world.provider.id,
        ..mail(&world, "c@x.example")
    };
    let made = [
        mail(&world, "a@x.example"),
        mail(&world, "b@x.example"),
        theirs,
    ];
    let ids = made.clone().map(|one| (one.org, one.id));
    let made = Upkeep::Deliveries(vec![(nr, made.to_vec())]);
    world.store.upkeep(made).await.unwrap();
    let delivered = Attempt {
        id: ids[1].1,
        result: "250".to_owned(),
        again: None,
    };
    let delivered = Upkeep::Attempts(vec![delivered]);
    world.store.upkeep(delivered).await.unwrap();
    let hold = RowWrite::HoldOutbox(world.tenant.id);
    applied(world.commit(world.change(vec![hold])).await);
    let mut states = Vec::new();
    for (org, id) in ids {
        states.push(world.store.delivery(org, id).await.unwrap().unwrap());
    }
    let held = states.iter().map(|one| (one.state, one.done));
    assert_eq!(
        held.collect::<Vec<_>>(),
        [
            (DeliveryState::Undeliverable, Some(dawn())),
            (DeliveryState::Delivered, Some(dawn())),
            (DeliveryState::Waiting, None),
        ]
    );
    let said = states[0].result.as_deref().unwrap();
    assert!(said.contains("restored from a backup"), "{said}");
    let due = due(&world, Lane::Mail, dawn()).await;
    assert_eq!(targets(&due), [("requestArrived", "c@x.example")]);
}

pub(crate) async fn what_a_lane_took_since_is_known<H: Harness>() {
    let world = World::<H>::new().await;
    tell(
        &world,
        vec![world.of_request(Event::RequestArrived, RequestId::new())],
    )
    .await;
    deliver(&world, &["a@x.example"]).await;
    let took = |org, lane, millis| {
        let since = dawn().plus_millis(millis);
        world.store.delivered_since(org, lane, since)
    };
    let (own, other) = (world.tenant.id, world.provider.id);
    assert!(!took(own, Lane::Mail, 0).await.unwrap(), "it waits");
    let delivered = Attempt {
        id: due(&world, Lane::Mail, dawn()).await[0].id,
        result: "250".to_owned(),
        again: None,
    };
    let delivered = Upkeep::Attempts(vec![delivered]);
    world.store.upkeep(delivered).await.unwrap();
    assert!(took(own, Lane::Mail, 0).await.unwrap());
    assert!(!took(own, Lane::Mail, 1).await.unwrap());
    assert!(!took(other, Lane::Mail, 0).await.unwrap());
    let webhook = Lane::Webhook(WebhookId::new());
    assert!(!took(own, webhook, 0).await.unwrap());
}

pub(crate) async fn mails_are_counted_by_their_turn<H: Harness>() {
    let world = World::<H>::new().await;
    let event = world.of_request(Event::RequestArrived, RequestId::new());
    tell(&world, vec![event]).await;
    let counted = |purse, put_off: i64| NewDelivery {
        purse,
        put_off: (put_off > 0).then(|| (dawn().plus_seconds(put_off), "Many.".to_owned())),
        ..mail(&world, "a@x.example")
    };
    let theirs = NewDelivery {
        org: world.provider.id,
        ..counted(Some(Purse::Others), 0)
    };
    let made = vec![
        counted(Some(Purse::Others), 0),
        counted(Some(Purse::Others), 60),
        counted(Some(Purse::Alarms), 60),
        counted(None, 0),
        theirs,
    ];
    let nr = world.store.last_event().await.unwrap();
    let made = Upkeep::Deliveries(vec![(nr, made)]);
    world.store.upkeep(made).await.unwrap();
    for (purse, seconds, most, found) in [
        (Purse::Others, -1, 9, 2),
        (Purse::Others, -1, 1, 1),
        (Purse::Others, 0, 9, 1),
        (Purse::Others, 60, 9, 0),
        (Purse::Alarms, 0, 9, 1),
    ] {
        let (store, after) = (&world.store, dawn().plus_seconds(seconds));
        let count = store.counted_mails(world.tenant.id, purse, after, most);
        assert_eq!(count.await.unwrap(), found, "{purse} {seconds} {most}");
    }
}

pub(crate) async fn whoever_had_a_token_has_enrolled<H: Harness>() {
    let world = World::<H>::new().await;
    let known = |org, address: &str| world.store.has_enrolled(org, address.to_owned());
    let org = world.tenant.id;
    let admin = world.admin.label().to_uppercase();
    assert!(known(org, &admin).await.unwrap());
    let revoke = RowWrite::RevokeToken(world.token.id);
    applied(world.commit(world.change(vec![revoke])).await);
    assert!(known(org, &admin).await.unwrap());
    assert!(!known(world.provider.id, &admin).await.unwrap());
    assert!(!known(org, world.deputy.label()).await.unwrap());
}

pub(crate) async fn what_nobody_has_heard_yet_is_not_forgotten<H: Harness>() {
    let world = World::<H>::new().await;
    let event = || world.of_request(Event::RequestArrived, RequestId::new());
    tell(&world, vec![event()]).await;
    deliver(&world, &["a@x.example"]).await;
    tell(&world, vec![event()]).await;
    let prune = || async {
        let prune = Upkeep::PruneEvents(dawn(), 9);
        world.store.upkeep(prune).await.unwrap();
        world.store.has_told_until(dawn()).await.unwrap()
    };
    assert!(!world.store.has_told_until(dawn()).await.unwrap());
    assert!(!prune().await);
    let waiting = due(&world, Lane::Mail, dawn()).await;
    assert_eq!(waiting.len(), 1, "its delivery waits");
    // The other one is held; the first one's delivery ends with that.
    let hold = RowWrite::HoldOutbox(world.tenant.id);
    applied(world.commit(world.change(vec![hold])).await);
    assert!(world.store.has_told_until(dawn()).await.unwrap());
    assert!(!prune().await);
    let gone = world.store.delivery(world.tenant.id, waiting[0].id);
    assert_eq!(gone.await.unwrap(), None);
    assert_eq!(world.store.held_events(world.tenant.id).await.unwrap(), 1);
}

pub(crate) async fn what_waits_for_a_paused_webhook_is_forgotten_like_the_rest<H: Harness>() {
    let world = World::<H>::new().await;
    let hook = webhook(&world);
    let put = |paused: Option<&str>| {
        let paused = paused.map(str::to_owned);
        let hook = hook.clone();
        RowWrite::PutWebhook(Box::new(Webhook { paused, ..hook }))
    };
    applied(world.commit(world.change(vec![put(None)])).await);
    let event = || world.of_request(Event::RequestArrived, RequestId::new());
    // One waits for the webhook alone, the other one for a mail as well.
    tell(&world, vec![event(), event()]).await;
    let events = world
        .store
        .events_due(Place::START, dawn(), 9)
        .await
        .unwrap();
    let call = || NewDelivery::webhook(world.tenant.id, hook.id, dawn());
    let made = vec![
        (events[0].nr, vec![call()]),
        (events[1].nr, vec![call(), mail(&world, "a@x.example")]),
    ];
    world.store.upkeep(Upkeep::Deliveries(made)).await.unwrap();
    let left = || async {
        let prune = Upkeep::PruneEvents(dawn(), 9);
        world.store.upkeep(prune).await.unwrap();
        due(&world, Lane::Webhook(hook.id), dawn()).await.len()
    };
    assert!(!world.store.has_told_until(dawn()).await.unwrap());
    assert_eq!(left().await, 2, "they are tried");
    applied(
        world
            .commit(world.change(vec![put(Some("It fails."))]))
            .await,
    );
    assert!(world.store.has_told_until(dawn()).await.unwrap());
    assert_eq!(left().await, 1, "the mail waits");
    assert!(!world.store.has_told_until(dawn()).await.unwrap());
}

pub(crate) async fn events_are_read_behind_a_place_and_held_ones_are_counted<H: Harness>() {
    let world = World::<H>::new().await;
    let before = Place {
        due: dawn(),
        nr: world.store.last_event().await.unwrap(),
    };
    let event = |event| OutboxDraft::new(world.tenant.id, event, None);
    let later = event(Event::SettingsChanged).due(When::after_seconds(60));
    // What was due before it happened is told when it happened: behind whoever listens.
    let past = event(Event::PolicyChanged).due(When::At(dawn().plus_seconds(-60)));
    tell(&world, vec![later, past, event(Event::RolesChanged)]).await;
    let theirs = OutboxDraft::new(world.provider.id, Event::RolesChanged, None);
    tell(&world, vec![theirs]).await;
    let (store, own) = (&world.store, Some(world.tenant.id));
    let behind =
        |org, place, seconds| store.events_behind(org, place, dawn().plus_seconds(seconds), 10);
    let found = behind(own, before, 59).await.unwrap();
    let names: Vec<Event> = found.iter().map(|event| event.event).collect();
    assert_eq!(names, [Event::PolicyChanged, Event::RolesChanged]);
    let rest = behind(own, found[0].place(), 59).await.unwrap();
    assert_eq!(rest, found[1..]);
    let all = behind(None, before, 60).await.unwrap();
    let names: Vec<Event> = all.iter().map(|event| event.event).collect();
    assert_eq!(
        names,
        [
            Event::PolicyChanged,
            Event::RolesChanged,
            Event::RolesChanged,
            Event::SettingsChanged
        ]
    );
    assert_eq!(behind(own, all[2].place(), 60).await.unwrap(), all[3..]);
    let minute = Some(dawn().plus_seconds(60));
    assert_eq!(store.next_told(own, dawn()).await.unwrap(), minute);
    assert_eq!(store.next_told(None, dawn()).await.unwrap(), minute);
    let theirs = Some(world.provider.id);
    assert_eq!(store.next_told(theirs, dawn()).await.unwrap(), None);
    let hold = RowWrite::HoldOutbox(world.tenant.id);
    applied(world.commit(world.change(vec![hold])).await);
    assert_eq!(world.store.held_events(world.tenant.id).await.unwrap(), 3);
    assert_eq!(world.store.held_events(world.provider.id).await.unwrap(), 0);
    let due = world
        .store
        .events_due(Place::START, dawn(), 10)
        .await
        .unwrap();
    assert_eq!(due.len(), 1, "the provider's");
    let release = RowWrite::ReleaseOutbox(world.tenant.id);
    applied(world.commit(world.change(vec![release])).await);
    assert_eq!(
        world
            .store
            .events_due(Place::START, dawn(), 10)
            .await
            .unwrap()
            .len(),
        3
    );
}

pub(crate) async fn texts_are_of_one_event_and_language<H: Harness>() {
    let world = World::<H>::new().await;
    let text = |subject: &str| Template {
        subject: subject.to_owned(),
        text: "x".to_owned(),
        html: None,
    };
    let put = |template: Option<Template>| {
        RowWrite::PutTemplate(
            world.tenant.id,
            Event::RequestArrived,
            Language::De,
            template.map(Box::new),
        )
    };
    let read = |language| {
        world
            .store
            .template(world.tenant.id, Event::RequestArrived, language)
    };
    for subject in ["one", "two"] {
        let write = put(Some(text(subject)));
        applied(world.commit(world.change(vec![write])).await);
        assert_eq!(read(Language::De).await.unwrap(), Some(text(subject)));
    }
    assert_eq!(read(Language::En).await.unwrap(), None);
    applied(world.commit(world.change(vec![put(None)])).await);
    assert_eq!(read(Language::De).await.unwrap(), None);
}

pub(crate) async fn old_events_are_forgotten_with_their_deliveries<H: Harness>() {
    let world = World::<H>::new().await;
    let request = RequestId::new();
    let later = |millis| When::At(dawn().plus_millis(millis));
    let drafts = vec![
        world.of_request(Event::RequestArrived, request),
        world
            .of_request(Event::RequestReminder, request)
            .due(later(1)),
        world
            .of_request(Event::RequestDecided, request)
            .due(later(2)),
    ];
    tell(&world, drafts).await;
    let until = dawn().plus_millis(1);
    // Whoever waits to be told is told first.
    assert!(!world.store.has_told_until(until).await.unwrap());
    let prune = |most| world.store.upkeep(Upkeep::PruneEvents(until, most));
    prune(9).await.unwrap();
    world.clock.set(dawn().plus_millis(2));
    deliver(&world, &["a@x.example", "b@x.example"]).await;
    let all = || async {
        let filter = DeliveryFilter {
            org: world.tenant.id,
            request: Some(request),
            state: None,
            before: None,
            limit: 10,
        };
        let page = world.store.deliveries(filter).await.unwrap();
        let mut told = targets(&page.rows);
        told.dedup_by_key(|(event, _)| *event);
        let events: Vec<&str> = told.into_iter().map(|(event, _)| event).collect();
        (page.rows.len(), events.join(" "))
    };
    let whole = "requestDecided requestReminder requestArrived".to_owned();
    assert_eq!(all().await, (6, whole));
    assert!(!world.store.has_told_until(until).await.unwrap());
    for _ in 0..3 {
        let delivered = due(&world, Lane::Mail, world.clock_now()).await;
        let delivered = delivered.iter().map(|one| Attempt {
            id: one.id,
            result: "250".to_owned(),
            again: None,
        });
        let delivered = Upkeep::Attempts(delivered.collect());
        world.store.upkeep(delivered).await.unwrap();
    }
    assert!(world.store.has_told_until(until).await.unwrap());
    prune(1).await.unwrap();
    assert_eq!(
        all().await,
        (4, "requestDecided requestReminder".to_owned())
    );
    prune(9).await.unwrap();
    assert_eq!(all().await, (2, "requestDecided".to_owned()));
    assert!(!world.store.has_told_until(until).await.unwrap());
}
