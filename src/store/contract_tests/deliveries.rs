//! Deliveries of events: once, in order, by one worker, and tried again.

use super::Harness;
use super::fixtures::{World, applied, dawn};
use super::notices::{deliver, due, mail, targets, tell};
use crate::domain::notice::Event;
use crate::domain::notice::delivery::{Attempt, DeliveryState, Lane, NewDelivery, Place, Purse};
use crate::ids::{RequestId, WebhookId};
use crate::store::{DeliveryFilter, OutboxDraft, RowWrite, Upkeep};

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

/// What is told before it is written down: the event waits until all of it is written, and whatever is
/// written again is written once.
pub(crate) async fn some_deliveries_of_an_event_that_waits<H: Harness>() {
    let world = World::<H>::new().await;
    let request = RequestId::new();
    tell(
        &world,
        vec![world.of_request(Event::RequestArrived, request)],
    )
    .await;
    let waiting = async || {
        let events = world.store.events_due(Place::START, dawn(), 9).await;
        events.unwrap()
    };
    let nr = waiting().await[0].nr;
    let (one, other) = (mail(&world, "a@x.example"), mail(&world, "b@x.example"));
    let ahead = async |of: &NewDelivery, request| {
        let found = world.store.is_delivery_ahead(of.id, &of.target, request);
        found.await.unwrap()
    };
    assert!(!ahead(&one, Some(request)).await);
    for _ in 0..2 {
        let some = Upkeep::SomeDeliveries(vec![(nr, vec![one.clone()])]);
        world.store.upkeep(some).await.unwrap();
        assert_eq!(waiting().await.len(), 1);
        assert_eq!(due(&world, Lane::Mail, dawn()).await.len(), 1);
    }
    assert!(ahead(&one, None).await, "it is there");
    let another = mail(&world, "a@x.example");
    assert!(ahead(&another, Some(request)).await, "one before it waits");
    assert!(!ahead(&another, Some(RequestId::new())).await);
    assert!(!ahead(&another, None).await);
    assert!(!ahead(&other, Some(request)).await, "of another receiver");
    let told = NewDelivery {
        told: Some("250 taken".to_owned()),
        ..other
    };
    let leased = NewDelivery {
        leased: Some(dawn().plus_seconds(60)),
        ..mail(&world, "c@x.example")
    };
    let all = vec![told.clone(), leased.clone(), one];
    for _ in 0..2 {
        let all = Upkeep::Deliveries(vec![(nr, all.clone())]);
        world.store.upkeep(all).await.unwrap();
        assert_eq!(waiting().await, []);
        let rows = due(&world, Lane::Mail, dawn()).await;
        assert_eq!(targets(&rows), [("requestArrived", "a@x.example")]);
    }
    let of = async |id| {
        let found = world.store.delivery(world.tenant.id, id).await;
        found.unwrap().unwrap()
    };
    let row = of(told.id).await;
    assert_eq!((row.state, row.attempts), (DeliveryState::Delivered, 1));
    assert_eq!(row.result.as_deref(), Some("250 taken"));
    assert_eq!(row.done, Some(dawn()));
    assert!(!ahead(&mail(&world, &told.target), Some(request)).await);
    let row = of(leased.id).await;
    assert_eq!((row.state, row.attempts), (DeliveryState::Waiting, 0));
}
