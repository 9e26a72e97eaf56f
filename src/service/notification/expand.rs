//! From an event to its deliveries.

use crate::audit::Acted;
use crate::clock::Timestamp;
use crate::domain::notice::delivery::{Lane, NewDelivery, Place, StoredEvent};
use crate::domain::notice::plan::{Candidate, plan};
use crate::domain::notice::settings::NoticeSettings;
use crate::domain::notice::{Audience, Event};
use crate::domain::organization::OrgKind;
use crate::domain::request::{Request, State};
use crate::error::{Error, Result};
use crate::ids::OrgId;
use crate::service::Services;
use crate::service::notification::affected::is_of_token;
use crate::service::notification::batch::Batch;
use crate::service::notification::in_hand::{InHand, Unwritten};
use crate::service::notification::pace::Counted;
use crate::service::policy::WEAKENS;
use crate::store::Upkeep;

/// How many events are read at a time.
const EVENTS: usize = 256;

/// Where so many deliveries have been made they are written down: an event can have
/// [`MOST_RECIPIENTS`](crate::domain::notice::plan::MOST_RECIPIENTS) and more, and a decision is not to
/// wait behind thousands of rows.
const DELIVERIES: usize = 256;

/// How far the events that are to be told were looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Round {
    /// Behind which place to go on.
    behind: Place,
    /// Whether some could not be told.
    failed: bool,
}

impl Default for Round {
    fn default() -> Self {
        Self {
            behind: Place::START,
            failed: false,
        }
    }
}

/// What was made of some events.
#[derive(Default)]
struct Made {
    /// How many they are, and how many rows are to be written.
    events: usize,
    rows: usize,
    /// All deliveries of an event.
    all: Vec<(i64, Vec<NewDelivery>)>,
    /// Some deliveries of an event whose others are in hand, and what counts these.
    some: Vec<(i64, Vec<NewDelivery>)>,
    unwritten: Vec<(i64, Unwritten)>,
}

impl Made {
    fn add(&mut self, event: i64, rows: Vec<NewDelivery>, unwritten: Option<Unwritten>) {
        self.events += 1;
        self.rows += rows.len();
        let Some(unwritten) = unwritten else {
            return self.all.push((event, rows));
        };
        if !rows.is_empty() {
            self.some.push((event, rows));
            self.unwritten.push((event, unwritten));
        } else if unwritten.written() {
            self.all.push((event, rows));
        }
    }
}

impl Services {
    /// Makes the deliveries of every event that is to be told by now; returns of how many.
    ///
    /// # Errors
    /// Where the store cannot.
    pub async fn expand_due(&self) -> Result<usize> {
        let (mut expanded, mut round) = (0, Round::default());
        loop {
            let (made, more) = self.expand_some(&mut round, None).await?;
            expanded += made;
            if !more {
                return Ok(expanded);
            }
        }
    }

    /// Makes the deliveries of some events that are to be told by now; returns of how many, and
    /// whether there may be more of them. What can be told before it is written down is taken in hand.
    /// It goes on where the round stands: those that cannot be told stay, and the others are not to wait
    /// behind them.
    ///
    /// # Errors
    /// Where the store cannot, or, when all have been looked at, some cannot be told.
    pub async fn expand_some(
        &self,
        round: &mut Round,
        in_hand: Option<&InHand>,
    ) -> Result<(usize, bool)> {
        let expanded = self.expand_page(round, in_hand).await;
        if !matches!(expanded, Ok((_, true))) {
            // From the first one on, those that could not be told before among them.
            let failed = std::mem::take(round).failed;
            if failed && expanded.is_ok() {
                return Err(Error::internal("some events cannot be told"));
            }
        }
        expanded
    }

    async fn expand_page(
        &self,
        round: &mut Round,
        in_hand: Option<&InHand>,
    ) -> Result<(usize, bool)> {
        let now = self.now();
        // Asked before what waits is read: what is written down in between is in neither.
        let known = in_hand.map(InHand::events).unwrap_or_default();
        let mut events = self.store.events_due(round.behind, now, EVENTS).await?;
        let mut more = events.len() == EVENTS;
        let mut last = events.last().map(StoredEvent::place);
        events.retain(|event| !known.contains(&event.nr));
        let mut batch = Batch::of(self, &events).await;
        if in_hand.is_some() {
            batch.read_records(self, &events).await;
        }
        let (mut made, mut counted) = (Made::default(), Vec::new());
        let mut before = None;
        for event in &events {
            if made.rows >= DELIVERIES {
                (more, last) = (true, before);
                break;
            }
            before = Some(event.place());
            let told = self.told_by(event, &mut batch, &mut counted, now).await;
            let told = match told {
                Ok(told) => {
                    self.take_in_hand(event, told, &mut batch, in_hand, now)
                        .await
                }
                Err(error) => Err(error),
            };
            match told {
                Ok((rows, unwritten)) => made.add(event.nr, rows, unwritten),
                // One that cannot be told now must not keep the others from it.
                Err(error) => {
                    tracing::error!(?error, "who is told of an event cannot be found out");
                    round.failed = true;
                }
            }
        }
        round.behind = last.unwrap_or(round.behind);
        let events = made.events;
        if let Err(error) = self.write(made).await {
            self.give_back(counted, now);
            return Err(error);
        }
        Ok((events, more))
    }

    /// Writes down what was made.
    async fn write(&self, made: Made) -> Result<()> {
        if !made.some.is_empty() {
            self.store.upkeep(Upkeep::SomeDeliveries(made.some)).await?;
        }
        let done = |(event, unwritten): (i64, Unwritten)| {
            let done = unwritten.written();
            done.then(|| (event, Vec::new()))
        };
        let mut all = made.all;
        all.extend(made.unwritten.into_iter().filter_map(done));
        if !all.is_empty() {
            self.store.upkeep(Upkeep::Deliveries(all)).await?;
        }
        Ok(())
    }

    /// The deliveries of an event, those put off that are more than the limit.
    async fn told_by(
        &self,
        event: &StoredEvent,
        batch: &mut Batch,
        counted: &mut Vec<Counted>,
        now: Timestamp,
    ) -> Result<Vec<NewDelivery>> {
        let mut deliveries = self.deliveries_of(event, batch, now).await?;
        let mails = self.pace(event, &mut deliveries, batch, now).await?;
        counted.extend(mails);
        Ok(deliveries)
    }

    /// When the next event is to be told after an instant.
    ///
    /// # Errors
    /// Where the store cannot be read.
    pub async fn next_event(&self, after: Timestamp) -> Result<Option<Timestamp>> {
        self.store.next_event(after).await
    }

    /// The deliveries of an event.
    async fn deliveries_of(
        &self,
        event: &StoredEvent,
        batch: &mut Batch,
        now: Timestamp,
    ) -> Result<Vec<NewDelivery>> {
        let org = self.organization(event.org).await?;
        let request = batch.request(self, event).await?;
        let request = request.as_deref();
        let mut deliveries = Vec::new();
        if request.is_some_and(|request| !event.came(request)) {
            return Ok(deliveries);
        }
        for webhook in batch.webhooks(self, org.id).await?.iter() {
            // What one that is paused would hear waits for it.
            if webhook.hears(event.event) {
                deliveries.push(NewDelivery::webhook(org.id, webhook.id, event.place()));
            }
        }
        if request.is_some_and(|request| stale(event, request, now)) {
            return Ok(deliveries);
        }
        let mut candidates = self
            .listeners(event.event, &org, request, batch, now)
            .await?;
        let acted = match event.event.of_request() {
            true => None,
            false => self.record_of(event, &org).await?,
        };
        let mut known = Vec::new();
        if let Some(acted) = &acted {
            let affected = self.affected(event.event, org.id, acted).await?;
            for (_, candidates) in &mut candidates {
                if is_of_token(acted) {
                    candidates.clear();
                }
                candidates.extend_from_slice(&affected);
                if told_as_weaker(event.event, acted) {
                    without_administrators(candidates);
                }
            }
            // Who could not be reached hears of it elsewhere, or not at all.
            known.extend(self.unreachable(event, acted).await?);
        }
        // The provider's people first: a customer cannot take their mail from them by naming their
        // address as one of its own.
        for (receiver, candidates) in candidates.into_iter().rev() {
            let settings = self.notices_of(receiver).await?;
            let plan = plan(event.event, candidates, &settings);
            if plan.left_out > 0 {
                tracing::warn!(
                    event = event.event.as_str(),
                    left_out = plan.left_out,
                    "an event has more receivers than are told"
                );
            }
            for recipient in plan.recipients {
                // One person in two organizations is told once.
                let key = recipient.address.to_lowercase();
                if !known.contains(&key) {
                    known.push(key);
                    deliveries.push(NewDelivery::mail(receiver, recipient, event.place()));
                }
            }
        }
        Ok(deliveries)
    }

    /// The address that an event says cannot be reached; a webhook has none.
    async fn unreachable(&self, event: &StoredEvent, acted: &Acted) -> Result<Option<String>> {
        let Ok(id) = acted.object.parse() else {
            return Ok(None);
        };
        if event.event != Event::NotificationUndeliverable {
            return Ok(None);
        }
        let delivery = self.store.delivery(event.org, id).await?;
        Ok(delivery
            .filter(|delivery| delivery.lane == Lane::Mail)
            .map(|delivery| delivery.target.to_lowercase()))
    }

    /// What an organization says about its notifications; the provider does in the configuration.
    pub(super) async fn notices_of(&self, org: OrgId) -> Result<NoticeSettings> {
        if self.organization(org).await?.kind == OrgKind::Provider {
            return Ok(self.provider_notices.clone());
        }
        Ok(self.settings_of(org).await?.notifications)
    }
}

/// Whether another event tells administrators of the same change: that it protects less.
fn told_as_weaker(event: Event, acted: &Acted) -> bool {
    matches!(event, Event::SettingsChanged | Event::PolicyChanged)
        && acted.parameter(WEAKENS).is_some()
}

/// Leaves administrators out, whatever else they are.
fn without_administrators(candidates: &mut Vec<Candidate>) {
    let (administrators, mut others): (Vec<_>, Vec<_>) = std::mem::take(candidates)
        .into_iter()
        .partition(|one| one.audience == Audience::Administrators);
    others.retain(|one| {
        let same = |other: &Candidate| other.address.eq_ignore_ascii_case(&one.address);
        !administrators.iter().any(same)
    });
    *candidates = others;
}

/// Whether a mail would tell what is not so any more, or what another mail has told already.
fn stale(event: &StoredEvent, request: &Request, now: Timestamp) -> bool {
    match event.event {
        Event::RequestSubmitted => request.state_at(now) != State::InternalReview,
        Event::RequestReminder | Event::RequestEscalated => request.state_at(now) != State::Pending,
        Event::AccessEnding => request.state_at(now) != State::Approved,
        // Access that begins with the decision is told with the decision.
        Event::AccessStarted => {
            request.state_at(now) != State::Approved
                || request.access_start.is_none_or(|start| start <= event.at)
        }
        _ => false,
    }
}
