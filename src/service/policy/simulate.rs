//! `policy.simulate`: what a policy would have done, or would do.

use crate::auth::Context;
use crate::clock::Timestamp;
use crate::domain::catalog::Profile;
use crate::domain::organization::{Organization, Settings};
use crate::domain::policy::Given;
use crate::domain::policy::arrival::Arrival;
use crate::domain::policy::effective::Judgement;
use crate::domain::policy::simulation::{Past, Simulated};
use crate::domain::policy::stored::PolicyVersion;
use crate::domain::refusal::Refusal;
use crate::domain::request::{Ask, Request};
use crate::error::Result;
use crate::ids::RequestId;
use crate::service::Services;
use crate::service::policy::{Ready, within};
use crate::store::RequestFilter;
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;

/// The most past requests of one simulation.
pub const MOST_REQUESTS: usize = 100_000;

/// How many requests are read at a time.
const BATCH: usize = 2_000;

/// How long judging so many may take; only conditions can come near.
const PAGE_TIME: Duration = Duration::from_secs(30);

/// What to try, and on what.
#[derive(Clone, Debug, Default)]
pub struct Simulation {
    /// Tenant, as typed.
    pub tenant: Option<String>,
    /// A draft.
    pub document: Option<Value>,
    /// An older version; the one in force where neither is said.
    pub version: Option<i64>,
    /// Requests created after this instant.
    pub since: Option<Timestamp>,
    /// Requests created before this instant.
    pub until: Option<Timestamp>,
    /// How many differences to show.
    pub limit: usize,
}

impl Services {
    /// Tries a policy on the tenant's past requests. It takes the settings as they are now.
    ///
    /// # Errors
    /// Where the caller may not read the policy, the draft is wrong, or there is no such version.
    pub async fn simulate_policy(
        &self,
        ctx: &Context,
        simulation: &Simulation,
    ) -> Result<Simulated> {
        let org = self
            .policy_tenant(ctx, simulation.tenant.as_deref())
            .await?;
        let settings = self.settings_of(org.id).await?;
        let ready = self.to_try(simulation, &org, &settings).await?;
        let simulated = Simulated {
            hash: ready.row.hash.clone(),
            ..Simulated::default()
        };
        // One page is judged while the next one is read: each takes about half of the time.
        let mut judging = tokio::task::spawn_blocking(move || simulated);
        let mut tried = 0;
        let mut before = simulation
            .until
            .map(|until| (until, RequestId::from_uuid(uuid::Uuid::nil())));
        loop {
            let page = self
                .store
                .requests(RequestFilter {
                    scopes: vec![crate::domain::scope::Scope::Tenant(org.id)],
                    tenant: Some(org.id),
                    arrived_only: true,
                    created_after: simulation.since,
                    before,
                    limit: BATCH,
                    ..RequestFilter::default()
                })
                .await?;
            before = page.rows.last().map(RequestFilter::position);
            let mut past = Vec::with_capacity(page.rows.len());
            for request in page.rows {
                if request.emergency.is_none() {
                    past.push(self.past(request, &settings)?);
                }
            }
            tried += past.len();
            let ready = Arc::clone(&ready);
            let required = settings.approval_required;
            let limit = simulation.limit;
            let mut simulated = within(PAGE_TIME, judging).await?;
            judging = tokio::task::spawn_blocking(move || {
                for past in past {
                    simulated.add(&ready.policy, past, required, limit);
                }
                simulated
            });
            if !page.more || tried >= MOST_REQUESTS {
                let mut simulated = within(PAGE_TIME, judging).await?;
                simulated.more = page.more;
                return Ok(simulated);
            }
        }
    }

    /// Tries a policy on a made-up request for a service, as of an instant.
    ///
    /// # Errors
    /// As [`Services::simulate_policy`], and where the request could not be asked.
    pub async fn try_policy(
        &self,
        ctx: &Context,
        simulation: &Simulation,
        service: &str,
        ask: impl FnOnce(&Organization, &Profile) -> Result<Ask>,
        at: Option<Timestamp>,
    ) -> Result<(Arrival, Judgement, String)> {
        let org = self
            .policy_tenant(ctx, simulation.tenant.as_deref())
            .await?;
        let settings = self.settings_of(org.id).await?;
        let ready = self.to_try(simulation, &org, &settings).await?;
        let profile = self.profile_of(service)?;
        let ask = ask(&org, profile)?;
        if ask.duration_seconds > profile.maximum_access_seconds {
            let refusal = Refusal::TooLong {
                wanted: ask.duration_seconds,
                longest: profile.maximum_access_seconds,
            };
            return Err(refusal.told(|party| party.name.clone()));
        }
        let given = Given {
            arrived_at: at.unwrap_or_else(|| self.now()),
            tags: settings.tags.clone(),
            answer_seconds: i64::from(settings.hours_to_answer) * 3_600,
            maximum_access_seconds: profile.maximum_access_seconds,
            automatic_approval: settings.automatic_approval,
            emergency: false,
            ask,
        };
        let judgement = self.judged_by(Arc::clone(&ready.policy), given).await?;
        let arrival = Arrival::of(Some(&judgement), settings.approval_required);
        Ok((arrival, judgement, ready.row.hash.clone()))
    }

    fn past(&self, request: Request, settings: &Settings) -> Result<Past> {
        let arrived = request.sent_at.unwrap_or(request.created_at);
        let given = self.given(&request, settings, arrived)?;
        Ok(Past {
            identity: request.identity,
            sent_at: request.sent_at,
            state: request.state_at(self.now()),
            happened: Arrival::happened(&request),
            reference: request.reference,
            given,
        })
    }

    /// The policy that a simulation tries; an empty one where the tenant has none.
    async fn to_try(
        &self,
        simulation: &Simulation,
        org: &Organization,
        settings: &Settings,
    ) -> Result<Arc<Ready>> {
        let draft = |policy: crate::domain::policy::Policy| {
            Arc::new(Ready {
                row: Arc::new(PolicyVersion {
                    org: org.id,
                    version: 0,
                    hash: policy.hash().to_owned(),
                    document: String::new(),
                    put_by: super::policy_party(org.id),
                    put_at: self.now(),
                    reason: None,
                    summary: Value::Null,
                }),
                policy: Arc::new(policy),
            })
        };
        match (&simulation.document, simulation.version) {
            (Some(document), _) => Ok(draft(self.checked(document, org, settings).await?)),
            (None, Some(version)) => Ok(Arc::new(self.policy_at(org.id, version).await?)),
            (None, None) => match self.policy_of(org.id).await? {
                Some(ready) => Ok(ready),
                None => {
                    let empty =
                        serde_json::json!({"format": crate::domain::policy::document::FORMAT});
                    Ok(draft(self.checked(&empty, org, settings).await?))
                }
            },
        }
    }
}
