//! What is told straight from the outbox. A webhook that is well is called before its delivery is
//! written down; the delivery is written once, with what came of it, and the event waits until then.
//! So after a crash it is told again, with the same identity.

use crate::clock::Timestamp;
use crate::domain::notice::Event;
use crate::domain::notice::delivery::{Delivery, DeliveryState, Lane, NewDelivery, StoredEvent};
use crate::error::Result;
use crate::ids::{RequestId, WebhookId};
use crate::service::notification::batch::Batch;
use crate::service::notification::subject::Subject;
use crate::service::{Services, locked};
use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use tokio::sync::watch;

/// How many deliveries of a webhook are in hand; more are written down, and wait there.
pub const MOST_IN_HAND: usize = 1_024;

/// How many deliveries of all webhooks together are in hand, as each keeps what it tells of in memory.
const MOST_OF_ALL: usize = 4_096;

/// More events are looked at where a webhook has fewer than this in hand: many of them wait for what is
/// being written down. Two pages of events more, and there is still room.
const FEW: usize = 512;

/// A delivery that is in hand.
#[derive(Debug)]
pub struct Direct {
    /// The delivery; it is in no table yet.
    pub delivery: Delivery,
    /// The webhook.
    pub webhook: WebhookId,
    /// What it tells of, where that was read.
    pub(super) subject: Option<Subject>,
    unwritten: Unwritten,
}

/// How many parts of an event are not written down yet.
#[derive(Clone, Debug)]
pub(super) struct Unwritten(Arc<AtomicUsize>);

impl Unwritten {
    /// One part.
    pub(super) fn one() -> Self {
        Self(Arc::new(AtomicUsize::new(1)))
    }

    /// One part more; it is counted before anybody can have written it.
    fn another(&self) -> Self {
        self.0.fetch_add(1, Ordering::SeqCst);
        self.clone()
    }

    /// Whether one part alone is left: whoever has it writes down that the event waits no more.
    fn is_last(&self) -> bool {
        self.0.load(Ordering::SeqCst) == 1
    }

    /// A part is written; whether all are.
    pub(super) fn written(&self) -> bool {
        self.0.fetch_sub(1, Ordering::SeqCst) == 1
    }
}

impl Direct {
    pub(super) fn new(
        event: &StoredEvent,
        new: &NewDelivery,
        webhook: WebhookId,
        subject: Option<Subject>,
        unwritten: &Unwritten,
        now: Timestamp,
    ) -> Self {
        Self {
            delivery: Delivery {
                nr: 0,
                id: new.id,
                org: new.org,
                event: event.clone(),
                lane: new.lane,
                target: new.target.clone(),
                audience: new.audience,
                reasons: new.reasons.clone(),
                state: DeliveryState::Waiting,
                attempts: 0,
                created: now,
                next: now,
                result: None,
                done: None,
            },
            webhook,
            subject,
            unwritten: unwritten.another(),
        }
    }

    /// Its row, as one that waits.
    #[must_use]
    pub fn row(&self) -> NewDelivery {
        let delivery = &self.delivery;
        NewDelivery {
            id: delivery.id,
            org: delivery.org,
            lane: delivery.lane,
            target: delivery.target.clone(),
            audience: delivery.audience,
            reasons: delivery.reasons.clone(),
            put_off: None,
            purse: None,
            told: None,
            leased: None,
        }
    }

    /// Whether its row is the last part of its event.
    #[must_use]
    pub fn is_last(&self) -> bool {
        self.unwritten.is_last()
    }

    /// Its row is written; whether all parts of its event are.
    #[must_use]
    pub fn written(&self) -> bool {
        self.unwritten.written()
    }
}

/// All that is in hand, by webhook.
#[derive(Debug)]
pub struct InHand {
    state: Mutex<State>,
    given: watch::Sender<()>,
}

#[derive(Debug, Default)]
struct State {
    hands: HashMap<WebhookId, Hand>,
    /// The events, and for how many webhooks each.
    events: HashMap<i64, usize>,
    held: usize,
}

#[derive(Debug, Default)]
struct Hand {
    /// What can be told.
    ready: VecDeque<Arc<Direct>>,
    /// Of each request that has something in hand, what waits for an earlier one.
    behind: HashMap<RequestId, VecDeque<Arc<Direct>>>,
    held: usize,
    served: bool,
    /// Whether one was not delivered; then nothing more is taken until all that waits is.
    unwell: bool,
}

impl Default for InHand {
    fn default() -> Self {
        Self {
            state: Mutex::default(),
            given: watch::Sender::new(()),
        }
    }
}

impl InHand {
    /// The events in hand. One that is not among them, and is then read as waiting, never was, or could
    /// not be written down.
    pub(super) fn events(&self) -> HashSet<i64> {
        locked(&self.state).events.keys().copied().collect()
    }

    /// Takes one behind an earlier one of its request, where that is in hand; whether it is.
    pub(super) fn follow(&self, direct: &Arc<Direct>) -> bool {
        let mut state = locked(&self.state);
        let Some(hand) = state.hands.get_mut(&direct.webhook) else {
            return false;
        };
        let request = direct.delivery.event.request;
        let Some(behind) = request.and_then(|request| hand.behind.get_mut(&request)) else {
            return false;
        };
        behind.push_back(Arc::clone(direct));
        hand.held += 1;
        state.count(direct);
        true
    }

    /// Whether one more of a webhook is taken.
    pub(super) fn has_room(&self, webhook: WebhookId) -> bool {
        let state = locked(&self.state);
        let hand = state.hands.get(&webhook);
        state.held < MOST_OF_ALL && hand.is_none_or(|hand| hand.held < MOST_IN_HAND && !hand.unwell)
    }

    /// One was not delivered: what is not under way is not begun, and nothing more is taken.
    pub fn mark_unwell(&self, webhook: WebhookId) {
        let mut state = locked(&self.state);
        state.hands.entry(webhook).or_default().unwell = true;
    }

    /// The webhooks that were not well, and of which nothing is in hand any more.
    #[must_use]
    pub fn recovering(&self) -> Vec<WebhookId> {
        let state = locked(&self.state);
        let hands = state.hands.iter();
        let empty = hands.filter(|(_, hand)| hand.unwell && hand.held == 0);
        empty.map(|(webhook, _)| *webhook).collect()
    }

    /// Nothing of a webhook waits any more.
    pub fn mark_well(&self, webhook: WebhookId) {
        if let Some(hand) = locked(&self.state).hands.get_mut(&webhook) {
            hand.unwell = false;
        }
    }

    /// Takes one of whose request nothing is in hand.
    pub(super) fn take(&self, direct: Arc<Direct>) {
        let mut state = locked(&self.state);
        state.count(&direct);
        let hand = state.hands.entry(direct.webhook).or_default();
        if let Some(request) = direct.delivery.event.request {
            hand.behind.insert(request, VecDeque::new());
        }
        hand.held += 1;
        hand.ready.push_back(direct);
    }

    /// Hears when more may be in hand.
    #[must_use]
    pub fn given(&self) -> watch::Receiver<()> {
        self.given.subscribe()
    }

    /// The webhooks that have something in hand and that nobody serves; whoever asks serves them.
    #[must_use]
    pub fn unserved(&self) -> Vec<WebhookId> {
        let mut state = locked(&self.state);
        state
            .hands
            .retain(|_, hand| hand.unwell || hand.served || hand.held > 0);
        let hands = state.hands.iter_mut();
        let idle = hands.filter(|(_, hand)| !hand.served && hand.held > 0);
        let idle = idle.map(|(webhook, hand)| {
            hand.served = true;
            *webhook
        });
        let idle = idle.collect();
        drop(state);
        self.given.send_replace(());
        idle
    }

    /// Whether nothing is in hand.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        locked(&self.state).events.is_empty()
    }

    /// Whether a webhook has few in hand.
    #[must_use]
    pub fn has_few(&self, webhook: WebhookId) -> bool {
        let state = locked(&self.state);
        state.hands.get(&webhook).is_none_or(|hand| hand.held < FEW)
    }

    /// The next one, and whether it is told: those of a webhook that is not well are put down.
    #[must_use]
    pub fn next(&self, webhook: WebhookId) -> Option<(Arc<Direct>, bool)> {
        let mut state = locked(&self.state);
        let hand = state.hands.get_mut(&webhook)?;
        let next = hand.ready.pop_front()?;
        Some((next, !hand.unwell))
    }

    /// One was told, and that is written down: the next one of its request can be.
    pub fn told(&self, direct: &Direct) {
        let mut state = locked(&self.state);
        state.uncount(direct);
        let Some(hand) = state.hands.get_mut(&direct.webhook) else {
            return;
        };
        hand.held = hand.held.saturating_sub(1);
        let Some(request) = direct.delivery.event.request else {
            return;
        };
        match hand.behind.get_mut(&request).and_then(VecDeque::pop_front) {
            Some(next) => hand.ready.push_back(next),
            None => {
                hand.behind.remove(&request);
            }
        }
    }

    /// One waits in its table from now on; what is behind it follows it there, and is returned.
    #[must_use]
    pub fn waits(&self, direct: &Direct) -> Option<Arc<Direct>> {
        let mut state = locked(&self.state);
        state.uncount(direct);
        let hand = state.hands.get_mut(&direct.webhook)?;
        hand.held = hand.held.saturating_sub(1);
        let request = direct.delivery.event.request?;
        let next = hand.behind.get_mut(&request).and_then(VecDeque::pop_front);
        if next.is_none() {
            hand.behind.remove(&request);
        }
        next
    }

    /// Nobody serves a webhook any more, where nothing of it is in hand; whether that is so.
    #[must_use]
    pub fn rests(&self, webhook: WebhookId) -> bool {
        let mut state = locked(&self.state);
        let Some(hand) = state.hands.get_mut(&webhook) else {
            return true;
        };
        hand.served = hand.held > 0;
        !hand.served
    }
}

impl Services {
    /// Takes in hand which deliveries of an event can be told before they are written down; returns the
    /// others, and what counts the parts of the event where there is more than these.
    pub(super) async fn take_in_hand(
        &self,
        event: &StoredEvent,
        deliveries: Vec<NewDelivery>,
        batch: &mut Batch,
        in_hand: Option<&InHand>,
        now: Timestamp,
    ) -> Result<(Vec<NewDelivery>, Option<Unwritten>)> {
        // What engineers do while a digest waits is told with it: it must be seen to wait no more.
        let Some(in_hand) = in_hand.filter(|_| event.event != Event::EngineerActed) else {
            return Ok((deliveries, None));
        };
        let (mut others, unwritten) = (Vec::new(), Unwritten::one());
        let mut taken = false;
        for delivery in deliveries {
            let Lane::Webhook(webhook) = delivery.lane else {
                others.push(delivery);
                continue;
            };
            let subject = batch.subject(self, event, delivery.org, now).await?;
            let direct = Direct::new(event, &delivery, webhook, subject, &unwritten, now);
            if self.takes(Arc::new(direct), batch, in_hand).await? {
                taken = true;
            } else {
                let _ = unwritten.written();
                others.push(delivery);
            }
        }
        Ok((others, taken.then_some(unwritten)))
    }

    /// Takes one in hand, if it can be told now; whether it was. What is in its table is told from there,
    /// and what comes after what waits there too.
    async fn takes(
        &self,
        direct: Arc<Direct>,
        batch: &mut Batch,
        in_hand: &InHand,
    ) -> Result<bool> {
        if in_hand.follow(&direct) {
            return Ok(true);
        }
        let webhooks = batch.webhooks(self, direct.delivery.org).await?;
        let webhook = webhooks.iter().find(|one| one.id == direct.webhook);
        let paused = webhook.is_none_or(|webhook| webhook.paused.is_some());
        if paused || !in_hand.has_room(direct.webhook) {
            return Ok(false);
        }
        let delivery = &direct.delivery;
        let (target, request) = (&delivery.target, delivery.event.request);
        let ahead = self.store.is_delivery_ahead(delivery.id, target, request);
        if ahead.await? {
            return Ok(false);
        }
        in_hand.take(direct);
        Ok(true)
    }
}

impl State {
    fn count(&mut self, direct: &Direct) {
        *self.events.entry(direct.delivery.event.nr).or_default() += 1;
        self.held += 1;
    }

    fn uncount(&mut self, direct: &Direct) {
        let nr = direct.delivery.event.nr;
        self.held = self.held.saturating_sub(1);
        if let Some(webhooks) = self.events.get_mut(&nr) {
            *webhooks -= 1;
            if *webhooks == 0 {
                self.events.remove(&nr);
            }
        }
    }
}

#[cfg(test)]
#[path = "in_hand_tests.rs"]
mod tests;
