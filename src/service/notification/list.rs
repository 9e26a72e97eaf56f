//! `notification.list` and `notification.retry`.

use crate::audit::operations;
use crate::auth::Context;
use crate::domain::notice::delivery::{Delivery, DeliveryState};
use crate::domain::rights::Action;
use crate::error::{Error, Result};
use crate::ids::{DeliveryId, OrgId, RequestId};
use crate::service::Services;
use crate::service::commit::{Denial, Judged, Settled};
use crate::service::records::{named, written};
use crate::service::request::Named;
use crate::store::{Change, DeliveryFilter, RowWrite};
use serde_json::json;

/// The most deliveries that one call tries again.
pub(super) const MOST_RESUMED: usize = 100;

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

/// A page of notifications.
#[derive(Clone, Debug)]
pub struct Listed {
    /// Each with its receiver, for people.
    pub rows: Vec<(Delivery, String)>,
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
        let mut rows = Vec::with_capacity(page.rows.len());
        for delivery in page.rows {
            let receiver = self.receiver(&delivery).await?;
            rows.push((delivery, receiver));
        }
        Ok(Listed {
            rows,
            more: page.more,
            held: self.store.held_events(actor.org.id).await?,
        })
    }

    /// Who was told of a request, among a receiver's organization; newest first.
    ///
    /// # Errors
    /// Where the store cannot be read.
    pub async fn told_of(&self, org: OrgId, request: RequestId) -> Result<Vec<Delivery>> {
        let page = self
            .store
            .deliveries(DeliveryFilter {
                org,
                request: Some(request),
                state: None,
                before: None,
                limit: MOST_RESUMED,
            })
            .await?;
        Ok(page.rows)
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
        self.settle(ctx.clone(), |ctx| {
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
            let mut record = self.names.by_caller(
                ctx,
                actor,
                org,
                operations::NOTIFICATION_RESUMED,
                id.to_string(),
            );
            record.parameters = vec![
                named("Event", delivery.event.event.as_str()),
                written("Receiver", self.receiver(&delivery).await?),
            ];
            change.records.push(record);
            change.writes.push(RowWrite::ResumeDelivery(*id));
        }
        if resumed.held {
            let held = self.store.held_events(org.id).await?;
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
        });
        Ok(Judged::New(Box::new(change), answer, ()))
    }
}
