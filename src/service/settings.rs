//! `policy.get`, `policy.put`: what a tenant decides about its own lockbox.

use crate::audit::operations;
use crate::auth::Context;
use crate::domain::organization::{EmergencyAccess, HOURS_TO_ANSWER, Organization, Settings};
use crate::domain::request::Decision;
use crate::domain::rights::Action;
use crate::domain::scope::Scope;
use crate::error::{Error, Result};
use crate::ids::OrgId;
use crate::service::Services;
use crate::service::commit::{Denial, Judged, Settled};
use crate::service::records::named;
use crate::store::{Change, OutboxDraft, Precondition, RowRef, RowWrite};
use serde_json::json;

/// What to change; `None` leaves a setting as it is.
#[derive(Clone, Debug, Default)]
pub struct PutSettings {
    /// Whether requests need the customer's approval.
    pub approval_required: Option<bool>,
    /// Hours to answer.
    pub hours_to_answer: Option<u32>,
    /// Whether robots may approve.
    pub automatic_approval: Option<bool>,
    /// Whether the audit log can be searched.
    pub audit_search_enabled: Option<bool>,
    /// What it says to emergency access.
    pub emergency_access: Option<EmergencyAccess>,
    /// Its tags, all of them.
    pub tags: Option<Vec<String>>,
    /// The version that the caller has read.
    pub expected_version: Option<i64>,
}

impl PutSettings {
    /// Whether nothing is asked but that approval be required.
    fn only_requires_approval(&self) -> bool {
        self.approval_required == Some(true)
            && self.hours_to_answer.is_none()
            && self.automatic_approval.is_none()
            && self.audit_search_enabled.is_none()
            && self.emergency_access.is_none()
            && self.tags.is_none()
    }
}

impl Services {
    /// A tenant's settings.
    ///
    /// # Errors
    /// Where the caller may not read them.
    pub async fn read_settings(
        &self,
        ctx: &Context,
        tenant: Option<&str>,
    ) -> Result<(Settings, Organization)> {
        ctx.permit_somewhere(Action::ReadSettings)?;
        let tenant = self.tenant_of(ctx, tenant).await?;
        ctx.permit(Action::ReadSettings, &Scope::Tenant(tenant.id))?;
        Ok((self.settings_of(tenant.id).await?, tenant))
    }

    /// Changes the caller's own tenant's settings.
    ///
    /// # Errors
    /// Where a rule says no; nothing is changed then.
    pub async fn put_settings(
        &self,
        ctx: &Context,
        put: &PutSettings,
    ) -> Result<(Settings, Organization, Settled<()>)> {
        let settled = self
            .settle(ctx.clone(), |ctx| {
                Box::pin(async move { self.judge_settings(&ctx, put).await })
            })
            .await?;
        let org = ctx.actor()?.org.clone();
        Ok((self.settings_of(org.id).await?, org, settled))
    }

    async fn judge_settings(&self, ctx: &Context, put: &PutSettings) -> Result<Judged<()>, Denial> {
        let actor = ctx.actor()?;
        let action = if put.only_requires_approval() {
            Action::RequireApproval
        } else {
            Action::ChangeSettings
        };
        let permit = ctx.permit(action, &Scope::Tenant(actor.org.id))?;
        if action == Action::ChangeSettings && !actor.may_decide(Decision::Approve) {
            return Err(Error::forbidden(
                "The token that you use may not approve, so it cannot arrange that others need not.",
                "Use a token that is not limited to other decisions, or only turn approval on.",
            )
            .into());
        }
        if let Some(answer) = self.kept(ctx).await? {
            return Ok(Judged::Kept(answer));
        }
        let before = self.settings_of(actor.org.id).await?;
        if let Some(expected) = put.expected_version
            && expected != before.version
        {
            return Err(Error::conflict(
                "versionMismatch",
                format!(
                    "The settings are at version {}, not {expected}.",
                    before.version
                ),
                "Read them again and send the change with the present version.",
            )
            .with("version", before.version)
            .into());
        }
        let mut after = before.clone();
        let mut parameters = Vec::new();
        let mut note = |name: &str, value: String| parameters.push(named(name, value));
        if let Some(value) = put.approval_required {
            after.approval_required = value;
            note("CustomerLockboxEnabled", value.to_string());
        }
        if let Some(hours) = put.hours_to_answer {
            if !HOURS_TO_ANSWER.contains(&hours) {
                return Err(Error::invalid_param(
                    "/hoursToAnswer",
                    format!("{hours} hours to answer are outside the bounds."),
                    "1 to 168",
                )
                .into());
            }
            after.hours_to_answer = hours;
            note("HoursToAnswer", hours.to_string());
        }
        if let Some(value) = put.automatic_approval {
            after.automatic_approval = value;
            note("AutomaticApproval", value.to_string());
        }
        if let Some(value) = put.audit_search_enabled {
            after.audit_search_enabled = value;
            note("UnifiedAuditLogIngestionEnabled", value.to_string());
        }
        if let Some(value) = put.emergency_access {
            after.emergency_access = value;
            note("EmergencyAccess", value.as_str().to_owned());
        }
        if let Some(tags) = &put.tags {
            note("Tags", tags.join(" "));
            after.tags.clone_from(tags);
        }
        after.updated_at = self.now();
        after.updated_by = Some(actor.principal.label().to_owned());
        let mut record = self.names.by_caller(
            ctx,
            actor,
            &actor.org,
            operations::SETTINGS_CHANGED,
            actor.org.id.to_string(),
        );
        record.parameters = parameters;
        let mut preconditions = permit.basis;
        preconditions.push(Precondition::At(
            RowRef::Settings(actor.org.id),
            before.version,
        ));
        let change = Change {
            preconditions,
            records: vec![record],
            outbox: vec![OutboxDraft {
                org: actor.org.id,
                event: "settingsChanged",
                request: None,
            }],
            writes: vec![RowWrite::PutSettings(Box::new(after))],
            ..Change::default()
        };
        Ok(Judged::New(Box::new(change), json!({}), ()))
    }

    /// The settings of a tenant, which every tenant has.
    pub(super) async fn settings_of(&self, tenant: OrgId) -> Result<Settings> {
        self.store
            .settings(tenant)
            .await?
            .ok_or_else(|| Error::internal(format!("tenant {tenant} without settings")))
    }
}
