//! `notification.preview`: who would be told of an event, and why each.

use crate::auth::{Actor, Context};
use crate::domain::notice::Event;
use crate::domain::notice::plan::{Plan, plan};
use crate::domain::notice::webhook::Webhook;
use crate::domain::organization::{OrgKind, Organization};
use crate::domain::people::PersonKey;
use crate::domain::request::{AccessLevel, Ask, Request, State, Terms};
use crate::domain::rights::Action;
use crate::domain::scope::Scope;
use crate::error::{Error, Result};
use crate::service::Services;
use crate::service::notification::batch::Batch;
use crate::service::request::{Named, unreviewed};

/// What to plan.
#[derive(Clone, Debug)]
pub struct Preview {
    /// The event.
    pub event: Event,
    /// The tenant, as typed; the caller's own where nothing is said.
    pub tenant: Option<String>,
    /// The request that it is about.
    pub request: Option<Named>,
    /// Or the service that one would be for; the first one where nothing is said.
    pub service: Option<String>,
    /// And its resources.
    pub resources: Vec<String>,
}

/// Somebody who would be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PreviewedRecipient {
    /// Where; hidden but for its domain from those to whom it is no business of theirs.
    pub address: String,
    /// As what.
    pub audience: &'static str,
    /// Why.
    pub reasons: Vec<String>,
}

/// Who would be told.
#[derive(Clone, Debug)]
pub struct Previewed {
    /// Those who would.
    pub recipients: Vec<PreviewedRecipient>,
    /// How many more, beyond the most.
    pub left_out: usize,
    /// Names of the webhooks that would be told, to those who may read the notifications.
    pub webhooks: Vec<String>,
}

impl Services {
    /// Who would be told of an event in a tenant: with addresses to those who may read its
    /// notifications, without to an engineer who may ask for access to it.
    ///
    /// # Errors
    /// Where the caller may not know.
    pub async fn preview_notification(
        &self,
        ctx: &Context,
        preview: &Preview,
    ) -> Result<Previewed> {
        let actor = ctx.actor()?;
        if preview.tenant.is_some() && actor.org.kind == OrgKind::Provider {
            ctx.permit_somewhere(Action::SubmitRequest)?;
        }
        let org = match &preview.tenant {
            Some(text) => self.tenant_in_sight(ctx, text).await?,
            None => actor.org.clone(),
        };
        let own = org.id == actor.org.id;
        if own {
            ctx.permit(Action::ReadNotifications, &Self::home(&org))?;
        } else {
            ctx.permit(Action::SubmitRequest, &Scope::Tenant(org.id))?;
        }
        let request = match &preview.request {
            Some(named) => Some(self.read_request(ctx, named).await?.request),
            None if preview.event.of_request() && org.kind == OrgKind::Tenant => {
                Some(self.imagined(actor, &org, preview).await?)
            }
            None => None,
        };
        let plan = self.planned(preview.event, &org, request.as_ref()).await?;
        let webhooks = if own {
            self.store.webhooks(org.id).await?
        } else {
            Vec::new()
        };
        let told = |webhook: &Webhook| webhook.paused.is_none() && webhook.hears(preview.event);
        Ok(Previewed {
            webhooks: webhooks
                .into_iter()
                .filter(told)
                .map(|webhook| webhook.name)
                .collect(),
            recipients: plan
                .recipients
                .into_iter()
                .map(|one| PreviewedRecipient {
                    address: if own {
                        one.address
                    } else {
                        hidden(&one.address)
                    },
                    audience: one.audience.as_str(),
                    reasons: if own { one.reasons } else { Vec::new() },
                })
                .collect(),
            left_out: plan.left_out,
        })
    }

    /// Who of an organization would be told.
    async fn planned(
        &self,
        event: Event,
        org: &Organization,
        request: Option<&Request>,
    ) -> Result<Plan> {
        let settings = self.notices_of(org.id).await?;
        let candidates = self
            .listeners(event, org, request, &mut Batch::default(), self.now())
            .await?;
        let here = candidates
            .into_iter()
            .filter(|(receiver, _)| *receiver == org.id)
            .flat_map(|(_, candidates)| candidates);
        Ok(plan(event, here.collect(), &settings))
    }

    /// A request as it would wait if it had been submitted and reviewed now.
    async fn imagined(
        &self,
        actor: &Actor,
        tenant: &Organization,
        preview: &Preview,
    ) -> Result<Request> {
        let first = self.catalog.services.first();
        let named = match (&preview.service, first) {
            (Some(named), _) => named,
            (None, Some(first)) => &first.name,
            (None, None) => return Err(Error::internal("a catalog without services")),
        };
        let (service, profile) = self.service_asked(named)?;
        let settings = self.settings_of(tenant.id).await?;
        let now = self.now();
        let ask = Ask {
            tenant: tenant.id,
            service: service.name.clone(),
            ticket: String::new(),
            reason: String::new(),
            duration_seconds: profile.default_access_seconds,
            resources: preview.resources.clone(),
            data_categories: Vec::new(),
            access_level: AccessLevel::Read,
            operations: Vec::new(),
            citizenship: None,
            location: None,
        };
        let mut request = unreviewed(ask, profile, actor.party(), now)?;
        if tenant.id == actor.org.id {
            // Whoever looks for the tenant asks for nothing, and may be asked.
            request.requester.key = PersonKey {
                issuer: String::new(),
                subject: String::new(),
            };
        }
        request.state = State::Pending;
        request.sent_at = Some(now);
        request.terms = Some(Terms {
            approval_required: settings.approval_required,
            hours_to_answer: settings.hours_to_answer,
            maximum_access_seconds: profile.maximum_access_seconds,
            settings_version: settings.version,
            policy: None,
        });
        Ok(request)
    }
}

/// An address of which only the domain is shown.
fn hidden(address: &str) -> String {
    match address.rsplit_once('@') {
        Some((_, domain)) => format!("…@{domain}"),
        None => "…".to_owned(),
    }
}
