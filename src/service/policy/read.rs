//! `policy.get`, `policy.history`, `policy.effective`: what a tenant has decided.

use crate::auth::Context;
use crate::domain::catalog::Profile;
use crate::domain::organization::{Organization, Settings};
use crate::domain::policy::Given;
use crate::domain::policy::effective::Judgement;
use crate::domain::policy::stored::{PendingChange, PolicyVersion};
use crate::domain::request::{AccessLevel, Ask};
use crate::domain::rights::Action;
use crate::domain::scope::Scope;
use crate::error::{Error, Result};
use crate::service::Services;
use crate::store::Page;
use std::sync::Arc;

/// What to read.
#[derive(Clone, Debug, Default)]
pub struct ReadPolicy {
    /// Tenant, as typed.
    pub tenant: Option<String>,
    /// An older version of the policy.
    pub version: Option<i64>,
}

/// A tenant's settings and policy.
#[derive(Clone, Debug)]
pub struct Shown {
    /// The tenant.
    pub org: Organization,
    /// Its settings.
    pub settings: Settings,
    /// The policy, or the version that was asked for.
    pub policy: Option<PolicyVersion>,
    /// The change that waits for a second administrator.
    pub pending: Option<PendingChange>,
}

impl Services {
    /// A tenant's settings and policy.
    ///
    /// # Errors
    /// Where the caller may not read them, or there is no such version.
    pub async fn read_policy(&self, ctx: &Context, read: &ReadPolicy) -> Result<Shown> {
        let org = self.policy_tenant(ctx, read.tenant.as_deref()).await?;
        let policy = match read.version {
            None => self.store.policy(org.id).await?.map(|row| (*row).clone()),
            Some(version) => Some(
                self.store
                    .policy_version(org.id, version)
                    .await?
                    .ok_or_else(|| Error::not_found("policy version", &version.to_string()))?,
            ),
        };
        Ok(Shown {
            settings: self.settings_of(org.id).await?,
            pending: self.store.pending_change(org.id).await?,
            policy,
            org,
        })
    }

    /// Versions of a tenant's policy, newest first.
    ///
    /// # Errors
    /// Where the caller may not read them.
    pub async fn policy_history(
        &self,
        ctx: &Context,
        tenant: Option<&str>,
        before: Option<i64>,
        limit: usize,
    ) -> Result<(Organization, Page<PolicyVersion>)> {
        let org = self.policy_tenant(ctx, tenant).await?;
        let page = self.store.policies(org.id, before, limit).await?;
        Ok((org, page))
    }

    /// The effective policy of a service, and of resources in it: what it would make of a request
    /// for them now, with the origin of every line.
    ///
    /// # Errors
    /// Where the caller may not read it, or there is no such service.
    pub async fn effective_policy(
        &self,
        ctx: &Context,
        tenant: Option<&str>,
        service: &str,
        resources: &[String],
    ) -> Result<Option<(i64, Judgement)>> {
        let org = self.policy_tenant(ctx, tenant).await?;
        let Some(ready) = self.policy_of(org.id).await? else {
            return Ok(None);
        };
        let profile = self.profile_of(service)?;
        let settings = self.settings_of(org.id).await?;
        let given = Given {
            ask: Ask {
                tenant: org.id,
                service: service.to_owned(),
                ticket: String::new(),
                reason: String::new(),
                duration_seconds: profile.default_access_seconds,
                resources: resources.to_vec(),
                data_categories: Vec::new(),
                access_level: AccessLevel::Read,
                operations: Vec::new(),
                citizenship: None,
                location: None,
            },
            arrived_at: self.now(),
            tags: settings.tags.clone(),
            answer_seconds: i64::from(settings.hours_to_answer) * 3_600,
            maximum_access_seconds: profile.maximum_access_seconds,
            automatic_approval: settings.automatic_approval,
            emergency: false,
        };
        let version = ready.row.version;
        Ok(Some((
            version,
            self.judged_by(Arc::clone(&ready.policy), given).await?,
        )))
    }

    /// The profile that a service follows.
    pub(super) fn profile_of(&self, service: &str) -> Result<&Profile> {
        let known = self.catalog.service(service).ok_or_else(|| {
            Error::invalid_param(
                "/serviceName",
                format!("There is no service '{service}'."),
                "a service of system.info",
            )
        })?;
        self.catalog
            .profile(&known.profile)
            .ok_or_else(|| Error::internal("a service without its profile"))
    }

    /// The tenant whose policy a caller may read.
    pub(super) async fn policy_tenant(
        &self,
        ctx: &Context,
        tenant: Option<&str>,
    ) -> Result<Organization> {
        ctx.permit_somewhere(Action::ReadSettings)?;
        let org = self.tenant_of(ctx, tenant).await?;
        ctx.permit(Action::ReadSettings, &Scope::Tenant(org.id))?;
        Ok(org)
    }
}
