//! What became of a delivery, where people must know of it.

use crate::audit::draft::RequestLink;
use crate::audit::operations;
use crate::clock::Timestamp;
use crate::domain::notice::Event;
use crate::domain::notice::delivery::{Delivery, Lane};
use crate::domain::notice::webhook::Webhook;
use crate::domain::organization::Organization;
use crate::error::Result;
use crate::service::Services;
use crate::service::records::{link, named, written};
use crate::store::{Change, CommitError, OutboxDraft, Precondition, RowRef, RowWrite};

impl Services {
    /// Gives a delivery up: it is recorded, the organization's administrators are told, and a
    /// webhook that says that it is `gone`, or that took nothing in all that time, is paused. What
    /// waits for one that is paused, or was removed, is not given up. Whether it was; otherwise it
    /// waits on.
    ///
    /// # Errors
    /// Where the store cannot.
    pub async fn give_up_delivery(
        &self,
        delivery: &Delivery,
        why: &str,
        gone: bool,
    ) -> Result<bool> {
        let org = self.organization(delivery.org).await?;
        let webhook = match delivery.lane {
            Lane::Mail => None,
            Lane::Webhook(id) => match self.store.webhook(id).await? {
                Some(webhook) if webhook.paused.is_none() => Some(webhook),
                _ => return Ok(false),
            },
        };
        let mut change = Change {
            writes: vec![RowWrite::GiveUpDelivery(delivery.id, why.to_owned())],
            background: true,
            ..Change::default()
        };
        let mut record = self.names.by_daemon(
            &org,
            operations::NOTIFICATION_UNDELIVERABLE,
            delivery.id.to_string(),
        );
        record.request = self.request_of(delivery).await?;
        record.parameters = vec![
            named("Event", delivery.event.event.as_str()),
            written("Receiver", self.receiver(delivery).await?),
            named("Attempts", (delivery.attempts + 1).to_string()),
            written("Reason", why),
        ];
        // That somebody could not be told this makes no further event of the kind.
        if delivery.event.event != Event::NotificationUndeliverable {
            let event = OutboxDraft::new(org.id, Event::NotificationUndeliverable, None);
            change.outbox.push(event.told_by(&record));
        }
        change.records.push(record);
        if let Some(webhook) = webhook
            && (gone || !self.took_another(delivery).await?)
        {
            self.pause(&mut change, &org, webhook, why);
        }
        match self.apply(change).await {
            Ok(_) => Ok(true),
            // Somebody changed the webhook: the next attempt decides again.
            Err(CommitError::Failed(..)) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// Whether a receiver took anything else while this delivery waited.
    async fn took_another(&self, delivery: &Delivery) -> Result<bool> {
        self.store
            .delivered_since(delivery.org, delivery.lane, delivery.created)
            .await
    }

    /// Pauses a webhook, and tells its owner.
    fn pause(&self, change: &mut Change, org: &Organization, mut webhook: Webhook, why: &str) {
        let id = webhook.id;
        change
            .preconditions
            .push(Precondition::At(RowRef::Webhook(id), webhook.version));
        webhook.paused = Some(why.to_owned());
        let mut record = self
            .names
            .by_daemon(org, operations::WEBHOOK_PAUSED, id.to_string());
        record.parameters = vec![
            written("Name", webhook.name.clone()),
            written("Reason", why),
        ];
        change
            .outbox
            .push(OutboxDraft::new(org.id, Event::WebhookPaused, None).told_by(&record));
        change.records.push(record);
        change.writes.push(RowWrite::PutWebhook(Box::new(webhook)));
    }

    /// The request that a delivery tells of, as a record names it.
    pub(super) async fn request_of(&self, delivery: &Delivery) -> Result<Option<RequestLink>> {
        let Some(identity) = delivery.event.request else {
            return Ok(None);
        };
        let request = self.store.request_anywhere(identity).await?;
        Ok(request.as_ref().map(link))
    }

    /// A delivery's receiver, for people: the address, or the webhook's name.
    pub(super) async fn receiver(&self, delivery: &Delivery) -> Result<String> {
        let Lane::Webhook(id) = delivery.lane else {
            return Ok(delivery.target.clone());
        };
        let webhook = self.store.webhook(id).await?;
        Ok(webhook.map_or_else(|| delivery.target.clone(), |webhook| webhook.name))
    }

    /// Since when a lane is served; nothing where it is not: a webhook that is paused or gone.
    ///
    /// # Errors
    /// Where the store cannot be read.
    pub async fn lane_served_since(&self, lane: Lane) -> Result<Option<Timestamp>> {
        let always = Timestamp::from_millis(0);
        match lane {
            Lane::Mail => Ok(Some(always)),
            Lane::Webhook(id) => {
                let webhook = self.store.webhook(id).await?;
                let served = webhook.filter(|webhook| webhook.paused.is_none());
                Ok(served.map(|webhook| webhook.resumed_at.unwrap_or(always)))
            }
        }
    }
}
