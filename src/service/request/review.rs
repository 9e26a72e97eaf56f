//! `request.review`: the provider's manager looks at what an engineer asks for.

use crate::audit::draft::Draft;
use crate::audit::{operations, text};
use crate::auth::Context;
use crate::clock::When;
use crate::domain::lifecycle::{Circumstances, Command, Giver, judge};
use crate::domain::notice::Event;
use crate::domain::organization::Organization;
use crate::domain::policy::arrival::Arrival;
use crate::domain::request::{Request, Review, Stamp, State};
use crate::domain::rights::Action;
use crate::error::Result;
use crate::service::Services;
use crate::service::commit::{Denial, Judged, Settled};
use crate::service::records::{link, named, shown_name, written};
use crate::service::request::Shown;
use crate::service::request::arrive::Arrived;
use crate::service::request::load::Named;
use crate::store::{Change, OutboxDraft, Precondition, RowRef, RowWrite};

impl Services {
    /// Reviews a request: on it goes to the customer, or it ends.
    ///
    /// # Errors
    /// Where a rule says no; nothing is changed then.
    pub async fn review(
        &self,
        ctx: &Context,
        named: &Named,
        review: Review,
        comment: Option<&str>,
        validate_only: bool,
    ) -> Result<(Shown, Settled<()>)> {
        self.on_request(ctx, named, validate_only, |ctx| {
            Box::pin(async move { self.judge_review(&ctx, named, review, comment).await })
        })
        .await
    }

    async fn judge_review(
        &self,
        ctx: &Context,
        name: &Named,
        review: Review,
        comment: Option<&str>,
    ) -> Result<Judged<()>, Denial> {
        let (shown, permit) = self.request_for(ctx, Action::ReviewRequest, name).await?;
        let kept = self.kept(ctx).await;
        if let Some(answer) = kept.map_err(|error| Denial::from(error).about(&shown.request))? {
            return Ok(Judged::Kept(answer));
        }
        text::check_free_text("/comment", comment.unwrap_or_default())?;
        let actor = ctx.actor()?;
        let settings = self.settings_of(shown.tenant.id).await?;
        let to = judge(
            &shown.request,
            Command::Review(review),
            Giver {
                key: &actor.principal.person_key,
                robot: actor.principal.is_robot(),
            },
            Circumstances {
                tenant: shown.tenant.state,
                automatic_approval: settings.automatic_approval,
                approval_required: settings.approval_required,
                now: shown.now,
            },
        )
        .map_err(|refusal| Denial::rule(refusal, &actor.org).about(&shown.request))?;

        let mut row = shown.request.clone();
        row.state = to;
        row.reviewer = Some(actor.party());
        row.review_comment = comment.map(str::to_owned);
        let mut arrived = None;
        let mut stamps = vec![(Stamp::Reviewed, When::COMMIT)];
        let mut preconditions = permit.basis;
        preconditions.extend(self.rests_on(&shown.request));
        if to == State::Rejected {
            stamps.push((Stamp::Closed, When::COMMIT));
        } else {
            preconditions.extend(self.requester_stands(&shown.request).await?);
            let here = self
                .arrive(&mut row, &mut stamps, &settings, shown.now)
                .await?;
            preconditions.extend(here.basis.iter().cloned());
            arrived = Some(here);
        }
        preconditions.extend([
            Precondition::At(RowRef::Organization(shown.tenant.id), shown.tenant.version),
            Precondition::At(RowRef::Settings(shown.tenant.id), settings.version),
        ]);
        let records = self.review_records(ctx, &shown, &row, comment, arrived.as_ref())?;
        let (log, event) = match arrived.as_ref().map(|arrived| arrived.arrival) {
            None => (actor.org.id, Event::RequestRejected),
            Some(Arrival::Granted) => (shown.tenant.id, Event::AccessGranted),
            Some(Arrival::Asked) => (shown.tenant.id, Event::RequestArrived),
            Some(Arrival::Approved | Arrival::Denied) => (shown.tenant.id, Event::RequestDecided),
        };
        let mut outbox = vec![OutboxDraft::new(log, event, Some(row.identity))];
        outbox.extend(arrived.into_iter().flat_map(|arrived| arrived.events));
        let change = Change {
            preconditions,
            records,
            outbox,
            ..Change::default()
        };
        Ok(update(change, row, stamps))
    }

    fn review_records(
        &self,
        ctx: &Context,
        shown: &Shown,
        row: &Request,
        comment: Option<&str>,
        arrived: Option<&Arrived>,
    ) -> Result<Vec<Draft>> {
        let actor = ctx.actor()?;
        let object = row.identity.to_string();
        let (operation, review) = match arrived {
            Some(_) => (operations::REQUEST_REVIEWED, Review::Approve),
            None => (operations::REQUEST_REJECTED, Review::Reject),
        };
        let mut own = self
            .names
            .by_caller(ctx, actor, &actor.org, operation, object.clone());
        own.request = Some(link(row));
        own.parameters = vec![
            written("Comment", comment.unwrap_or_default()),
            named("Review", review.as_str()),
            named("RequestId", object.clone()),
        ];
        let mut records = vec![own];
        let Some(arrived) = arrived else {
            return Ok(records);
        };
        records.push(self.arrival(ctx, &shown.tenant, row)?);
        if let (Arrival::Denied | Arrival::Approved, Some(judgement), Some(policy)) =
            (arrived.arrival, &arrived.judgement, row.policy())
        {
            let mut decided = self.policy_decision(&shown.tenant, row, judgement, policy);
            decided.moments.clone_from(&arrived.moments);
            records.push(decided);
        }
        if arrived.arrival == Arrival::Granted {
            let mut granted = self.names.by_caller(
                ctx,
                actor,
                &shown.tenant,
                operations::APPROVAL_NOT_REQUIRED,
                object,
            );
            granted.request = Some(link(row));
            granted.moments.clone_from(&arrived.moments);
            records.push(granted);
        }
        Ok(records)
    }

    /// The record that opens a request's history in the tenant's log.
    fn arrival(&self, ctx: &Context, tenant: &Organization, row: &Request) -> Result<Draft> {
        let actor = ctx.actor()?;
        let mut record = self.names.by_caller(
            ctx,
            actor,
            tenant,
            operations::REQUEST_ARRIVED,
            row.identity.to_string(),
        );
        record.request = Some(link(row));
        record.parameters = vec![
            written("Requestor", shown_name(tenant, &row.requester)),
            written("Reviewer", shown_name(tenant, &actor.party())),
            named("ServiceName", row.ask.service.clone()),
            written("Reason", row.ask.reason.clone()),
            named("DurationSeconds", row.ask.duration_seconds.to_string()),
            named("AccessLevel", row.ask.access_level.as_str()),
        ];
        record.moments = vec![
            ("SubmittedDate".to_owned(), When::At(row.created_at)),
            ("ReviewedDate".to_owned(), When::COMMIT),
        ];
        Ok(record)
    }
}

/// Completes a change with the request's new row.
pub(in crate::service) fn update(
    mut change: Change,
    row: Request,
    stamps: Vec<(Stamp, When)>,
) -> Judged<()> {
    let answer = serde_json::json!({
        "identity": row.identity.to_string(),
        "tenantId": row.ask.tenant.to_string(),
    });
    change
        .writes
        .push(RowWrite::UpdateRequest(Box::new(row), stamps));
    Judged::New(Box::new(change), answer, ())
}
