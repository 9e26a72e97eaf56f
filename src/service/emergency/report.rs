//! `emergency.report`: what happened without the lockbox is told afterwards. It grants nothing.

use super::told;
use crate::audit::{operations, text};
use crate::auth::Context;
use crate::clock::{Timestamp, When};
use crate::domain::emergency::{Emergency, Period, may_report};
use crate::domain::notice::Event;
use crate::domain::request::{Stamp, State};
use crate::domain::rights::Action;
use crate::domain::scope::Scope;
use crate::error::{Error, Result};
use crate::service::Services;
use crate::service::commit::{Denial, Judged, Settled};
use crate::service::records::{link, shown_name, written};
use crate::service::request::{Shown, SubmitRequest, checked_ask, unreviewed};
use crate::store::{Change, OutboxDraft, Precondition, RowRef, RowWrite};
use serde_json::json;

/// Reported times may lie so far in the future, because clocks differ.
const FUTURE_TOLERANCE_MS: i64 = 60_000;

/// Access that happened without the lockbox.
#[derive(Clone, Debug)]
pub struct ReportEmergency {
    /// What was reached, and why; its duration is that of `period`.
    pub access: SubmitRequest,
    /// The provider's incident.
    pub incident: String,
    /// When it was.
    pub period: Period,
}

impl Services {
    /// Reports access that happened without the lockbox, until the customer acknowledges it.
    ///
    /// # Errors
    /// Where a rule says no; nothing is changed then.
    pub async fn report_emergency(
        &self,
        ctx: &Context,
        report: &ReportEmergency,
    ) -> Result<(Shown, Settled<()>)> {
        let settled = self
            .settle(ctx.clone(), |ctx| {
                Box::pin(async move { self.judge_report(&ctx, report).await })
            })
            .await?;
        Ok((self.request_settled(&settled).await?, settled))
    }

    async fn judge_report(
        &self,
        ctx: &Context,
        report: &ReportEmergency,
    ) -> Result<Judged<()>, Denial> {
        let params = &report.access;
        ctx.permit_somewhere(Action::ReportEmergency)?;
        let tenant = self.tenant_in_sight(ctx, &params.tenant).await?;
        let (service, profile) = self.service_asked(&params.service)?;
        let actor = ctx.actor()?;
        let object = Scope::Service(tenant.id, service.name.clone());
        let permit = ctx.permit(Action::ReportEmergency, &object)?;
        if let Some(answer) = self.kept(ctx).await? {
            return Ok(Judged::Kept(answer));
        }
        may_report(tenant.state).map_err(|refusal| Denial::rule(refusal, &actor.org))?;
        let now = self.now();
        let seconds = checked_seconds(report.period, now)?;
        text::check_free_text("/incident", &report.incident)?;
        let ask = checked_ask(params, tenant.id, service, seconds, actor)?;
        let emergency = Emergency::new(&report.incident, Some(report.period));
        let mut request = unreviewed(ask, profile, actor.party(), now)?;
        request.state = State::Ended;
        let mut preconditions = permit.basis;
        preconditions.push(Precondition::At(
            RowRef::Organization(tenant.id),
            tenant.version,
        ));
        let mut record = self.names.by_caller(
            ctx,
            actor,
            &tenant,
            operations::EMERGENCY_REPORTED,
            request.identity.to_string(),
        );
        record.request = Some(link(&request));
        record.parameters = vec![written("Requestor", shown_name(&tenant, &actor.party()))];
        record.parameters.extend(told(&request, &emergency));
        record.moments = vec![
            ("AccessStart".to_owned(), When::At(report.period.start)),
            ("AccessEnd".to_owned(), When::At(report.period.end)),
        ];
        request.emergency = Some(emergency);
        let answer =
            json!({"identity": request.identity.to_string(), "tenantId": tenant.id.to_string()});
        let stamps = [
            Stamp::Created,
            Stamp::ReviewDeadline,
            Stamp::Sent,
            Stamp::Closed,
        ];
        let change = Change {
            preconditions,
            outbox: vec![OutboxDraft::new(
                tenant.id,
                Event::EmergencyReported,
                Some(request.identity),
            )],
            records: vec![record],
            writes: vec![RowWrite::InsertRequest(
                Box::new(request),
                stamps.map(|stamp| (stamp, When::COMMIT)).to_vec(),
            )],
            ..Change::default()
        };
        Ok(Judged::New(Box::new(change), answer, ()))
    }
}

/// The length of a reported access, in seconds; at least one.
fn checked_seconds(period: Period, now: Timestamp) -> Result<i64> {
    if period.end <= period.start {
        return Err(Error::invalid_param(
            "/accessEnd",
            "The access ended before it began.",
            "an instant after accessStart",
        ));
    }
    if period.end > now.plus_millis(FUTURE_TOLERANCE_MS) {
        return Err(Error::invalid_param(
            "/accessEnd",
            "The access is said to end in the future.",
            "an instant that is past: access that goes on is stopped first",
        ));
    }
    Ok(((period.end.millis() - period.start.millis()) / 1_000).max(1))
}
