//! Deliveries to webhooks.

use super::Harness;
use super::fixtures::{World, applied, dawn};
use super::notices::{anywhere, due, mail, tell};
use crate::domain::notice::Event;
use crate::domain::notice::delivery::{Attempt, DeliveryState, Lane, NewDelivery, Place};
use crate::domain::notice::webhook::{Format, SigningKey, Webhook};
use crate::ids::{RequestId, WebhookId};
use crate::store::{CommitError, Precondition, RowRef, RowWrite, Upkeep};

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
        NewDelivery::webhook(world.tenant.id, hook.id, anywhere()),
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
    // What waits for it is ended where it was removed, and not before.
    let end = || world.store.upkeep(Upkeep::EndRemoved(hook.id, 9));
    end().await.unwrap();
    assert_eq!(due(&world, lane, dawn()).await.len(), 1);
    let remove = RowWrite::RemoveWebhook(world.tenant.id, hook.id);
    applied(world.commit(world.change(vec![remove])).await);
    assert_eq!(world.store.webhook(hook.id).await.unwrap(), None);
    assert_eq!(due(&world, lane, dawn()).await.len(), 1);
    end().await.unwrap();
    assert_eq!(world.store.lanes().await.unwrap(), [(Lane::Mail, dawn())]);
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
        let made = NewDelivery::webhook(world.tenant.id, hook.id, anywhere());
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
    for _ in 0..2 {
        waits().await;
    }
    let remove = RowWrite::RemoveWebhook(world.tenant.id, hook.id);
    applied(world.commit(world.change(vec![remove])).await);
    let waiting = || due(&world, Lane::Webhook(hook.id), world.clock_now());
    assert_eq!(waiting().await.len(), 3);
    for left in [1, 0] {
        let end = Upkeep::EndRemoved(hook.id, 2);
        world.store.upkeep(end).await.unwrap();
        assert_eq!(waiting().await.len(), left);
    }
    let found = one().await;
    assert_eq!(found.state, DeliveryState::Undeliverable);
    assert_eq!(found.result.as_deref(), Some("The webhook was removed."));
    assert_eq!(found.done, Some(world.clock_now()));
    // What was found out before it was removed makes no delivery after that.
    assert_eq!(waits().await.1, None);
    assert_eq!(world.store.lanes().await.unwrap(), []);
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
    let call = || NewDelivery::webhook(world.tenant.id, hook.id, anywhere());
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
