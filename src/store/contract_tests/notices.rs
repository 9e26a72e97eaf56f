//! Events that wait to be told, and texts.

use super::Harness;
use super::fixtures::{World, applied, dawn};
use crate::clock::{Timestamp, When};
use crate::domain::notice::delivery::{Attempt, Delivery, Lane, NewDelivery, Place};
use crate::domain::notice::plan::Recipient;
use crate::domain::notice::settings::Language;
use crate::domain::notice::template::Template;
use crate::domain::notice::{Audience, Event};
use crate::ids::RequestId;
use crate::store::{DeliveryFilter, OutboxDraft, RowWrite, Upkeep};
use std::sync::atomic::{AtomicI64, Ordering};

pub(super) async fn tell<H: Harness>(world: &World<H>, drafts: Vec<OutboxDraft>) {
    let mut change = world.change(Vec::new());
    change.outbox = drafts;
    applied(world.commit(change).await);
}

pub(super) fn mail<H>(world: &World<H>, address: &str) -> NewDelivery {
    NewDelivery::mail(
        world.tenant.id,
        Recipient {
            address: address.to_owned(),
            audience: Audience::Approvers,
            reasons: vec!["They are asked.".to_owned()],
        },
        anywhere(),
    )
}

/// The place of an event, another one each time.
pub(super) fn anywhere() -> Place {
    static NR: AtomicI64 = AtomicI64::new(1);
    Place {
        due: dawn(),
        nr: NR.fetch_add(1, Ordering::Relaxed),
    }
}

/// Makes the deliveries of every event that waits now, one for each address.
pub(super) async fn deliver<H: Harness>(world: &World<H>, addresses: &[&str]) {
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

pub(super) async fn due<H: Harness>(world: &World<H>, lane: Lane, now: Timestamp) -> Vec<Delivery> {
    world.store.deliveries_due(lane, now, 100).await.unwrap()
}

pub(super) fn targets(deliveries: &[Delivery]) -> Vec<(&'static str, &str)> {
    deliveries
        .iter()
        .map(|one| (one.event.event.as_str(), one.target.as_str()))
        .collect()
}

impl<H> World<H> {
    pub(super) fn clock_now(&self) -> Timestamp {
        use crate::clock::Clock;
        self.clock.now()
    }

    pub(super) fn of_request(&self, event: Event, request: RequestId) -> OutboxDraft {
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
    let (before, then) = (dawn().plus_millis(-1), dawn().plus_seconds(60));
    let next = async |after| world.store.next_event(after).await.unwrap();
    assert_eq!(next(before).await, Some(dawn()));
    assert_eq!(next(dawn()).await, Some(then));
    deliver(&world, &["a@x.example"]).await;
    assert_eq!(next(before).await, Some(then));
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
