//! `emergency.acknowledge`: a person of the customer has taken note. It is no consent, and changes
//! no access.

use super::giver;
use crate::audit::{operations, text};
use crate::auth::Context;
use crate::clock::When;
use crate::domain::emergency::{Acknowledgement, may_acknowledge};
use crate::domain::notice::Event;
use crate::domain::request::{Request, Stamp};
use crate::domain::rights::Action;
use crate::error::Result;
use crate::service::Services;
use crate::service::commit::{Denial, Judged, Settled};
use crate::service::records::{link, named, written};
use crate::service::request::{Named, Shown, update};
use crate::store::{Change, OutboxDraft, Precondition, RowRef};

impl Services {
    /// Acknowledges emergency access, whatever has become of it.
    ///
    /// # Errors
    /// Where a rule says no, or somebody was faster; nothing is changed then.
    pub async fn acknowledge_emergency(
        &self,
        ctx: &Context,
        named: &Named,
        comment: Option<&str>,
        validate_only: bool,
    ) -> Result<(Shown, Settled<()>)> {
        self.on_request(ctx, named, validate_only, |ctx| {
            Box::pin(async move { self.judge_acknowledge(&ctx, named, comment).await })
        })
        .await
    }

    async fn judge_acknowledge(
        &self,
        ctx: &Context,
        name: &Named,
        comment: Option<&str>,
    ) -> Result<Judged<()>, Denial> {
        let (shown, mut emergency, permit) = self
            .emergency_for(ctx, Action::AcknowledgeEmergency, name)
            .await?;
        let request = &shown.request;
        let about = |denial: Denial| denial.about(request);
        if let Some(answer) = self.kept(ctx).await.map_err(|error| about(error.into()))? {
            return Ok(Judged::Kept(answer));
        }
        text::check_free_text("/comment", comment.unwrap_or_default())?;
        let actor = ctx.actor()?;
        may_acknowledge(request, &emergency, giver(actor))
            .map_err(|refusal| about(Denial::rule(refusal, &actor.org)))?;

        let mut change = Change {
            preconditions: permit.basis,
            ..Change::default()
        };
        change.preconditions.push(Precondition::At(
            RowRef::Request(request.identity),
            request.version,
        ));
        let mut row = request.clone();
        // First of all, what time has done to it is written down.
        if request.overdue(shown.now) {
            self.write_down(&mut change, request).await?;
            row.state = Request::after_due(row.state);
            row.closed_at = request.due();
        }
        let object = row.identity.to_string();
        let mut record = self.names.by_caller(
            ctx,
            actor,
            &shown.tenant,
            operations::EMERGENCY_ACKNOWLEDGED,
            object.clone(),
        );
        record.request = Some(link(&row));
        record.parameters = vec![
            written("Comment", comment.unwrap_or_default()),
            named("RequestId", object),
            written("Incident", emergency.incident.clone()),
        ];
        change.records.push(record);
        change.outbox.push(OutboxDraft::new(
            shown.tenant.id,
            Event::EmergencyAcknowledged,
            Some(row.identity),
        ));
        emergency.acknowledged = Some(Acknowledgement {
            by: actor.party(),
            at: shown.now,
            comment: comment.map(str::to_owned),
        });
        row.emergency = Some(emergency);
        Ok(update(
            change,
            row,
            vec![(Stamp::Acknowledged, When::COMMIT)],
        ))
    }
}
