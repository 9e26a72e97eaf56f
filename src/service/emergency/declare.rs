//! `emergency.declare`: an engineer says that there is no time to ask.

use super::{giver, told};
use crate::audit::{operations, text};
use crate::auth::Context;
use crate::domain::emergency::{Emergency, access_seconds, may_declare};
use crate::domain::rights::Action;
use crate::domain::scope::Scope;
use crate::error::Result;
use crate::service::Services;
use crate::service::commit::{Denial, Judged, Settled};
use crate::service::records::{link, named};
use crate::service::request::{Shown, SubmitRequest, checked_ask, filed, long_enough, unreviewed};
use crate::store::{Change, Precondition, RowRef};

impl Services {
    /// Declares emergency access, which then waits for another person of the provider.
    ///
    /// # Errors
    /// Where a rule says no; nothing is changed then.
    pub async fn declare_emergency(
        &self,
        ctx: &Context,
        params: &SubmitRequest,
        incident: &str,
    ) -> Result<(Shown, Settled<()>)> {
        let settled = self
            .settle(ctx.clone(), |ctx| {
                Box::pin(async move { self.judge_declare(&ctx, params, incident).await })
            })
            .await?;
        Ok((self.request_settled(&settled).await?, settled))
    }

    async fn judge_declare(
        &self,
        ctx: &Context,
        params: &SubmitRequest,
        incident: &str,
    ) -> Result<Judged<()>, Denial> {
        ctx.permit_somewhere(Action::DeclareEmergency)?;
        let tenant = self.tenant_in_sight(ctx, &params.tenant).await?;
        let (service, profile) = self.service_asked(&params.service)?;
        let actor = ctx.actor()?;
        let object = Scope::Service(tenant.id, service.name.clone());
        let permit = ctx.permit(Action::DeclareEmergency, &object)?;
        if let Some(answer) = self.kept(ctx).await? {
            return Ok(Judged::Kept(answer));
        }
        let refused = |refusal| Denial::rule(refusal, &actor.org);
        let settings = self.settings_of(tenant.id).await?;
        may_declare(giver(actor), tenant.state, settings.emergency_access).map_err(refused)?;
        let seconds = access_seconds(params.duration_seconds, profile.maximum_access_seconds)
            .and_then(long_enough)
            .map_err(refused)?;
        text::check_free_text("/incident", incident)?;
        let ask = checked_ask(params, tenant.id, service, seconds, actor)?;
        let emergency = Emergency::new(incident, None);
        let mut request = unreviewed(ask, profile, actor.party(), self.now())?;
        let mut preconditions = permit.basis;
        preconditions.extend([
            Precondition::At(RowRef::Organization(tenant.id), tenant.version),
            Precondition::At(RowRef::Settings(tenant.id), settings.version),
        ]);
        // The customer's approvers are not asked, so only the engineer's own requests count.
        let limits = [self.room_of(&request)];
        if let Some(refusal) = self.check_room(&limits, &mut preconditions).await? {
            return Err(refused(refusal));
        }
        let mut record = self.names.by_caller(
            ctx,
            actor,
            &actor.org,
            operations::EMERGENCY_DECLARED,
            request.identity.to_string(),
        );
        record.request = Some(link(&request));
        record.parameters = told(&request, &emergency);
        record.parameters.extend([
            named("Tenant", tenant.name.clone()),
            named("DurationSeconds", seconds.to_string()),
        ]);
        request.emergency = Some(emergency);
        let change = Change {
            preconditions,
            records: vec![record],
            ..Change::default()
        };
        Ok(filed(change, request, profile))
    }
}
