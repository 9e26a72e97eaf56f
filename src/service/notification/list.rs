//! `notification.list` and `notification.retry`.

use crate::audit::operations;
use crate::auth::Context;
use crate::domain::notice::delivery::{Delivery, DeliveryState, Lane};
use crate::domain::rights::Action;
use crate::error::{Error, Result};
use crate::ids::{DeliveryId, RequestId};
use crate::service::Services;
use crate::service::commit::{Denial, Judged, Settled};
use crate::service::records::{named, written};
use crate::service::request::Named;
use crate::store::{Change, DeliveryFilter, RowWrite};
use serde_json::json;
use std::collections::HashMap;

/// The most notifications of a request that are shown with it.
pub const MOST_TOLD: usize = 100;

/// Which notifications to list.
#[derive(Clone, Debug, Default)]
pub struct ListNotifications {
    /// Of one request, as typed.
    pub request: Option<Named>,
    /// In one state.
    pub state: Option<DeliveryState>,
    /// Behind this place.
    pub before: Option<i64>,
    /// At most so many.
    pub limit: usize,
}

/// A notification as people read it.
#[derive(Clone, Debug)]
pub struct Notification {
    /// The delivery.
    pub delivery: Delivery,
    /// Its receiver: an address, or a webhook's name.
    pub receiver: String,
    /// The reference number of the request that it is about.
    pub reference: Option<String>,
}

/// A page of notifications.
#[derive(Clone, Debug)]
pub struct Listed {
    /// Newest first.
    pub rows: Vec<Notification>,
    /// Whether there are more.
    pub more: bool,
    /// Events that are held until somebody has looked at them, as after a restore.
    pub held: u64,
}

/// What to try again.
#[derive(Clone, Debug)]
pub struct Resumed {
    /// These deliveries.
    pub deliveries: Vec<DeliveryId>,
    /// The events that are held, too.
    pub held: bool,
    /// Whether only to say what would be done.
    pub validate_only: bool,
}

impl Services {
    /// Notifications to the caller's own organization, newest first.
    ///
    /// # Errors
    /// Where the caller may not read them.
    pub async fn list_notifications(
        &self,
        ctx: &Context,
        list: &ListNotifications,
    ) -> Result<Listed> {
        let actor = ctx.actor()?;
        ctx.permit(Action::ReadNotifications, &Self::home(&actor.org))?;
        let request = match &list.request {
            Some(named) => Some(self.read_request(ctx, named).await?.request.identity),
            None => None,
        };
        let page = self
            .store
            .deliveries(DeliveryFilter {
                org: actor.org.id,
                request,
                state: list.state,
                before: list.before,
                limit: list.limit,
            })
            .await?;
        Ok(Listed {
            rows: self.readable(page.rows).await?,
            more: page.more,
            held: self.store.held_events(actor.org.id).await?,
        })
    }

    /// Deliveries as people read them.
    async fn readable(&self, deliveries: Vec<Delivery>) -> Result<Vec<Notification>> {
        let mut references = HashMap::new();
        let mut rows = Vec::with_capacity(deliveries.len());
        for delivery in deliveries {
            let reference = match delivery.event.request {
                None => None,
                Some(identity) => match references.get(&identity) {
                    Some(known) => Clone::clone(known),
                    None => {
                        let request = self.store.request_anywhere(identity).await?;
                        let reference = request.map(|request| request.reference);
                        references.insert(identity, reference.clone());
                        reference
                    }
                },
            };
            rows.push(Notification {
                receiver: self.receiver(&delivery).await?,
                delivery,
                reference,
            });
        }
        Ok(rows)
    }

    /// Who of the caller's organization was told of a request that the caller has read, and who
    /// could not be; newest first, at most [`MOST_TOLD`]. Nothing where the caller may not know.
    ///
    /// # Errors
    /// Where the store cannot be read.
    pub async fn told_of(
        &self,
        ctx: &Context,
        request: RequestId,
    ) -> Result<Option<Vec<Notification>>> {
        let actor = ctx.actor()?;
        let home = Self::home(&actor.org);
        if ctx.permit(Action::ReadNotifications, &home).is_err() {
            return Ok(None);
        }
        let page = self
            .store
            .deliveries(DeliveryFilter {
                org: actor.org.id,
                request: Some(request),
                state: None,
                before: None,
                limit: MOST_TOLD,
            })
            .await?;
        self.readable(page.rows).await.map(Some)
    }

    /// Tries deliveries again at once, or has held events told.
    ///
    /// # Errors
    /// Where the caller may not, or a delivery is not theirs or is delivered; nothing is changed
    /// then.
    pub async fn resume_notifications(
        &self,
        ctx: &Context,
        resumed: &Resumed,
    ) -> Result<Settled<()>> {
        self.settle_or_try(ctx.clone(), resumed.validate_only, |ctx| {
            Box::pin(async move { self.judge_resume(&ctx, resumed).await })
        })
        .await
    }

    async fn judge_resume(&self, ctx: &Context, resumed: &Resumed) -> Result<Judged<()>, Denial> {
        let actor = ctx.actor()?;
        let permit = ctx.permit(Action::ManageNotifications, &Self::home(&actor.org))?;
        if let Some(answer) = self.kept(ctx).await? {
            return Ok(Judged::Kept(answer));
        }
        let org = &actor.org;
        let mut change = Change {
            preconditions: permit.basis,
            ..Change::default()
        };
        for id in &resumed.deliveries {
            let found = self.store.delivery(org.id, *id).await?;
            let delivery =
                found.ok_or_else(|| Error::not_found("notification", &id.to_string()))?;
            if delivery.state == DeliveryState::Delivered {
                return Err(Error::conflict(
                    "alreadyDelivered",
                    format!("The notification {id} is delivered."),
                    "Leave it out: whoever needs it again reads request.get.",
                )
                .into());
            }
            if let Lane::Webhook(webhook) = delivery.lane
                && self.store.webhook(webhook).await?.is_none()
            {
                return Err(Error::not_found("webhook", &webhook.to_string()).into());
            }
            let mut record = self.names.by_caller(
                ctx,
                actor,
                org,
                operations::NOTIFICATION_RESUMED,
                id.to_string(),
            );
            record.request = self.request_of(&delivery).await?;
            record.parameters = vec![
                named("Event", delivery.event.event.as_str()),
                written("Receiver", self.receiver(&delivery).await?),
            ];
            change.records.push(record);
            change.writes.push(RowWrite::ResumeDelivery(*id));
        }
        let held = match resumed.held {
            true => self.store.held_events(org.id).await?,
            false => 0,
        };
        if held > 0 {
            let mut record = self.names.by_caller(
                ctx,
                actor,
                org,
                operations::NOTIFICATION_RESUMED,
                org.id.to_string(),
            );
            record.parameters = vec![named("HeldEvents", held.to_string())];
            change.records.push(record);
            change.writes.push(RowWrite::ReleaseOutbox(org.id));
        }
        let answer = json!({
            "resumed": resumed.deliveries.len(),
            "released": held,
        });
        if change.writes.is_empty() {
            return Ok(Judged::Nothing(answer, ()));
        }
        Ok(Judged::New(Box::new(change), answer, ()))
    }
}
