use super::*;
use crate::domain::notice::Audience;
use crate::ids::{OrgId, RecordId};

fn direct(webhook: WebhookId, nr: i64, request: Option<RequestId>) -> Arc<Direct> {
    let now = Timestamp::from_millis(1_000);
    let event = StoredEvent {
        nr,
        org: OrgId::new(),
        event: Event::RequestArrived,
        request,
        record: Some(RecordId::new()),
        at: now,
        due: now,
    };
    let new = NewDelivery::webhook(event.org, webhook, event.place());
    assert_eq!(new.audience, Audience::Administrators);
    let unwritten = Unwritten::one();
    Arc::new(Direct::new(&event, &new, webhook, None, &unwritten, now))
}

fn next(in_hand: &InHand, webhook: WebhookId) -> Option<(i64, bool)> {
    let (direct, told) = in_hand.next(webhook)?;
    Some((direct.delivery.event.nr, told))
}

#[test]
fn one_of_a_request_follows_when_the_one_before_is_told() {
    let (in_hand, webhook) = (InHand::default(), WebhookId::new());
    let request = Some(RequestId::new());
    let (first, second) = (direct(webhook, 1, request), direct(webhook, 2, request));
    assert!(!in_hand.follow(&first), "nothing of it is in hand");
    in_hand.take(Arc::clone(&first));
    assert!(in_hand.follow(&second));
    assert!(!in_hand.follow(&direct(WebhookId::new(), 3, request)));
    assert!(!in_hand.follow(&direct(webhook, 3, Some(RequestId::new()))));
    assert!(!in_hand.follow(&direct(webhook, 3, None)));
    assert_eq!(next(&in_hand, webhook), Some((1, true)));
    assert_eq!(next(&in_hand, webhook), None);
    assert_eq!(in_hand.events(), HashSet::from([1, 2]));
    in_hand.told(&first);
    assert_eq!(in_hand.events(), HashSet::from([2]));
    assert_eq!(next(&in_hand, webhook), Some((2, true)));
    in_hand.told(&second);
    assert!(in_hand.is_empty());
    assert!(!in_hand.follow(&first));
}

#[test]
fn what_is_behind_one_that_waits_is_put_down_after_it() {
    let (in_hand, webhook) = (InHand::default(), WebhookId::new());
    let request = Some(RequestId::new());
    let all: Vec<_> = (1..=3).map(|nr| direct(webhook, nr, request)).collect();
    in_hand.take(Arc::clone(&all[0]));
    assert!(in_hand.follow(&all[1]));
    assert_eq!(next(&in_hand, webhook), Some((1, true)));
    let second = in_hand.waits(&all[0]).unwrap();
    assert_eq!(second.delivery.event.nr, 2);
    // One that comes while the second is being written is behind it.
    assert!(in_hand.follow(&all[2]));
    assert_eq!(next(&in_hand, webhook), None);
    let third = in_hand.waits(&second).unwrap();
    assert_eq!(third.delivery.event.nr, 3);
    assert!(in_hand.waits(&third).is_none());
    assert!(in_hand.is_empty());
}

#[test]
fn there_is_room_for_so_many_and_no_more() {
    let (in_hand, webhook) = (InHand::default(), WebhookId::new());
    for nr in 0..MOST_IN_HAND {
        assert!(in_hand.has_room(webhook), "{nr}");
        let nr = i64::try_from(nr).unwrap();
        in_hand.take(direct(webhook, nr, None));
    }
    assert!(!in_hand.has_room(webhook));
    assert!(in_hand.has_room(WebhookId::new()), "that of another one");
    let (first, _) = in_hand.next(webhook).unwrap();
    assert!(!in_hand.has_room(webhook), "it is under way");
    in_hand.told(&first);
    assert!(in_hand.has_room(webhook));
}

#[test]
fn there_is_room_for_so_many_of_all_webhooks() {
    let in_hand = InHand::default();
    let mut last = None;
    for nr in 0..MOST_OF_ALL {
        let webhook = WebhookId::new();
        assert!(in_hand.has_room(webhook), "{nr}");
        let one = direct(webhook, i64::try_from(nr).unwrap(), None);
        in_hand.take(Arc::clone(&one));
        last = Some(one);
    }
    assert!(!in_hand.has_room(WebhookId::new()));
    in_hand.told(&last.unwrap());
    assert!(in_hand.has_room(WebhookId::new()));
}

#[test]
fn a_webhook_that_is_not_well_is_told_nothing_until_nothing_of_it_waits() {
    let (in_hand, webhook) = (InHand::default(), WebhookId::new());
    let (first, second) = (direct(webhook, 1, None), direct(webhook, 2, None));
    in_hand.take(Arc::clone(&first));
    in_hand.take(Arc::clone(&second));
    assert_eq!(in_hand.unserved(), [webhook]);
    assert_eq!(in_hand.unserved(), [], "somebody serves it");
    assert_eq!(next(&in_hand, webhook), Some((1, true)));
    in_hand.mark_unwell(webhook);
    assert!(!in_hand.has_room(webhook));
    assert_eq!(next(&in_hand, webhook), Some((2, false)));
    assert!(!in_hand.rests(webhook));
    assert_eq!(in_hand.recovering(), []);
    assert!(in_hand.waits(&first).is_none());
    assert!(in_hand.waits(&second).is_none());
    assert!(in_hand.rests(webhook));
    assert_eq!(in_hand.recovering(), [webhook]);
    assert!(in_hand.unserved().is_empty());
    assert!(!in_hand.has_room(webhook));
    in_hand.mark_well(webhook);
    assert!(in_hand.has_room(webhook));
    assert_eq!(in_hand.recovering(), []);
}

#[test]
fn an_event_is_whole_when_its_last_part_is_written() {
    let rows = Unwritten::one();
    assert!(rows.is_last());
    let (one, other) = (rows.another(), rows.another());
    assert!(!one.is_last());
    assert!(!rows.written());
    assert!(!one.written());
    assert!(other.is_last());
    assert!(other.written());
}
