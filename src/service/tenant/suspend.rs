//! `tenant.suspend`, `tenant.resume`.

use crate::audit::{operations, text};
use crate::auth::Context;
use crate::domain::notice::Event;
use crate::domain::organization::{OrgState, Organization};
use crate::domain::request::State;
use crate::domain::rights::Action;
use crate::domain::scope::Scope;
use crate::domain::status::rows_in_state;
use crate::error::Result;
use crate::ids::OrgId;
use crate::service::Services;
use crate::service::commit::{Denial, Judged, Settled};
use crate::service::records::written;
use crate::store::{Change, Count, OutboxDraft, Precondition, RequestFilter, RowRef, RowWrite};
use serde_json::json;

/// More requests than a tenant can have live at once.
const ALL_OF_ONE: usize = 100_000;

impl Services {
    /// Suspends a tenant, which revokes its live grants, or resumes it.
    ///
    /// # Errors
    /// Where a rule says no; nothing is changed then.
    pub async fn suspend_tenant(
        &self,
        ctx: &Context,
        tenant: &str,
        suspend: bool,
        reason: Option<&str>,
    ) -> Result<(Organization, Settled<()>)> {
        let mut ctx = ctx.clone();
        ctx.typed = Some(tenant.to_owned());
        let settled = self
            .settle(ctx, |ctx| {
                Box::pin(async move { self.judge_suspend(&ctx, tenant, suspend, reason).await })
            })
            .await?;
        Ok((
            self.organization(settled.member("tenantId")?).await?,
            settled,
        ))
    }

    async fn judge_suspend(
        &self,
        ctx: &Context,
        tenant: &str,
        suspend: bool,
        reason: Option<&str>,
    ) -> Result<Judged<()>, Denial> {
        let permit = ctx.permit(Action::ManageTenants, &Scope::Provider)?;
        if let Some(answer) = self.kept(ctx).await? {
            return Ok(Judged::Kept(answer));
        }
        text::check_free_text("/reason", reason.unwrap_or_default())?;
        let actor = ctx.actor()?;
        let before = self.tenant_named(tenant).await?;
        let answer = json!({"tenantId": before.id.to_string()});
        let target = match (suspend, before.claimed_at) {
            (true, _) => OrgState::Suspended,
            (false, Some(_)) => OrgState::Active,
            (false, None) => OrgState::Unclaimed,
        };
        if before.state == target {
            return Ok(Judged::Nothing(answer, ()));
        }
        let mut row = before.clone();
        row.state = target;
        let operation = if suspend {
            operations::TENANT_SUSPENDED
        } else {
            operations::TENANT_RESUMED
        };
        let mut records = self.in_both_logs(ctx, actor, &before, operation);
        for record in &mut records {
            record.parameters = vec![written("Reason", reason.unwrap_or_default())];
        }
        let mut change = Change {
            preconditions: permit.basis,
            records,
            writes: vec![RowWrite::UpdateOrganization(Box::new(row))],
            outbox: vec![OutboxDraft::new(before.id, Event::TenantChanged, None)],
            ..Change::default()
        };
        change.preconditions.push(Precondition::At(
            RowRef::Organization(before.id),
            before.version,
        ));
        let mut revoked = 0;
        if suspend {
            revoked = self.revoke_all_of(ctx, &mut change, before.id).await?;
        }
        let answer = json!({"tenantId": before.id.to_string(), "revokedGrants": revoked});
        Ok(Judged::New(Box::new(change), answer, ()))
    }

    async fn revoke_all_of(
        &self,
        ctx: &Context,
        change: &mut Change,
        tenant: OrgId,
    ) -> Result<u64> {
        let live = self
            .store
            .requests(RequestFilter {
                scopes: vec![Scope::Tenants],
                tenant: Some(tenant),
                states: rows_in_state(State::Approved, None, self.now()),
                limit: ALL_OF_ONE,
                ..RequestFilter::default()
            })
            .await?
            .rows;
        // A grant that comes in between makes this judgement void.
        let count = u32::try_from(live.len()).unwrap_or(u32::MAX);
        change.preconditions.push(Precondition::Fewer(
            Count::LiveInTenant(tenant),
            count.saturating_add(1),
        ));
        let (_, revoked) = self
            .end_all(ctx, change, live, "The tenant was suspended.")
            .await?;
        Ok(revoked)
    }
}
