//! From an event to its deliveries.

use crate::clock::Timestamp;
use crate::domain::notice::delivery::{NewDelivery, StoredEvent};
use crate::domain::notice::plan::plan;
use crate::domain::notice::settings::NoticeSettings;
use crate::domain::notice::{Audience, Event};
use crate::domain::organization::{OrgKind, Organization};
use crate::domain::request::{Request, State};
use crate::error::Result;
use crate::ids::OrgId;
use crate::service::Services;
use crate::service::notification::batch::Batch;
use crate::service::notification::outcome::RECEIVER;
use crate::service::policy::WEAKENS;
use crate::store::Upkeep;

/// How many events are read at a time.
const EVENTS: usize = 256;

impl Services {
    /// Makes the deliveries of every event that is to be told by now; returns of how many.
    ///
    /// # Errors
    /// Where the store cannot.
    pub async fn expand_due(&self) -> Result<usize> {
        let mut expanded = 0;
        loop {
            let (made, more) = self.expand_some().await?;
            expanded += made;
            if !more {
                return Ok(expanded);
            }
        }
    }

    /// Makes the deliveries of some events that are to be told by now; returns of how many, and
    /// whether there may be more of them.
    ///
    /// # Errors
    /// Where the store cannot.
    pub async fn expand_some(&self) -> Result<(usize, bool)> {
        let now = self.now();
        let events = self.store.events_due(now, EVENTS).await?;
        let more = events.len() == EVENTS;
        let mut batch = Batch::of(self, &events).await;
        let mut made = Vec::with_capacity(events.len());
        let mut failure = None;
        for event in &events {
            match self.deliveries_of(event, &mut batch, now).await {
                Ok(mut deliveries) => {
                    match self.pace(event, &mut deliveries, &mut batch, now).await {
                        Ok(()) => made.push((event.nr, deliveries)),
                        Err(error) => failure = failure.or(Some(error)),
                    }
                }
                // One that cannot be told now must not keep the others from it.
                Err(error) => failure = failure.or(Some(error)),
            }
        }
        let count = made.len();
        if !made.is_empty() {
            self.store.upkeep(Upkeep::Deliveries(made)).await?;
        }
        failure.map_or(Ok((count, more)), Err)
    }

    /// When the next event is to be told.
    ///
    /// # Errors
    /// Where the store cannot be read.
    pub async fn next_event(&self) -> Result<Option<Timestamp>> {
        self.store.next_event().await
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
                deliveries.push(NewDelivery::webhook(org.id, webhook.id, now));
            }
        }
        if request.is_some_and(|request| stale(event, request, now)) {
            return Ok(deliveries);
        }
        let mut candidates = self
            .listeners(event.event, &org, request, batch, now)
            .await?;
        if self.told_as_weaker(event, &org).await? {
            for (_, candidates) in &mut candidates {
                candidates.retain(|one| one.audience != Audience::Administrators);
            }
        }
        // Who could not be reached hears of it elsewhere, or not at all.
        let mut known = self.unreachable(event, &org).await?;
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
                    deliveries.push(NewDelivery::mail(receiver, recipient, now));
                }
            }
        }
        Ok(deliveries)
    }

    /// The address that an event says cannot be reached.
    async fn unreachable(&self, event: &StoredEvent, org: &Organization) -> Result<Vec<String>> {
        if event.event != Event::NotificationUndeliverable {
            return Ok(Vec::new());
        }
        let (_, details) = self.record_of(event, org).await?;
        Ok(details
            .into_iter()
            .filter(|detail| detail.name == RECEIVER)
            .map(|detail| detail.value.to_lowercase())
            .collect())
    }

    /// Whether another event tells administrators of the same change: that it protects less.
    async fn told_as_weaker(&self, event: &StoredEvent, org: &Organization) -> Result<bool> {
        if !matches!(event.event, Event::SettingsChanged | Event::PolicyChanged) {
            return Ok(false);
        }
        let (_, details) = self.record_of(event, org).await?;
        Ok(details.iter().any(|detail| detail.name == WEAKENS))
    }

    /// What an organization says about its notifications; the provider does in the configuration.
    pub(super) async fn notices_of(&self, org: OrgId) -> Result<NoticeSettings> {
        if self.organization(org).await?.kind == OrgKind::Provider {
            return Ok(self.provider_notices.clone());
        }
        Ok(self.settings_of(org).await?.notifications)
    }
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
