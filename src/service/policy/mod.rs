//! A tenant's policy: read, changed by one or two administrators, tried out, and asked about a
//! request.

mod change;
mod confirm;
mod explain;
mod people;
mod read;
mod rejudge;
mod simulate;

pub use change::{DOCUMENT_BYTES, Outcome, PutPolicy};
pub(in crate::service) use change::{HEAR_LESS, WEAKENS};
pub use explain::{Explained, MayDecide};
pub use read::{ReadPolicy, Shown};
pub use simulate::{MOST_REQUESTS, Simulation};

use crate::clock::Timestamp;
use crate::clock::zones;
use crate::domain::organization::{Organization, Settings};
use crate::domain::people::PersonKey;
use crate::domain::policy::arrival::POLICY_ISSUER;
use crate::domain::policy::document::Document;
use crate::domain::policy::effective::{Judgement, Problem};
use crate::domain::policy::stored::PolicyVersion;
use crate::domain::policy::{Given, Policy, Zones};
use crate::domain::request::{Party, Request};
use crate::error::{Error, Kind, Result};
use crate::ids::{OrgId, PrincipalId};
use crate::service::{Services, locked};
use crate::store::{Precondition, RowRef};
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinHandle;

/// The code where a policy cannot be applied.
pub(in crate::service) const POLICY_UNUSABLE: &str = "policyUnusable";

/// How long the conditions of a policy may take for one request.
pub const JUDGING_TIME: Duration = Duration::from_secs(2);

/// How many tenants' policies are kept ready to judge.
const KEPT_READY: usize = 1_024;

/// A policy that can judge, with where it was read.
#[derive(Debug)]
pub(in crate::service) struct Ready {
    /// As it is kept.
    pub row: Arc<PolicyVersion>,
    /// Ready to judge.
    pub policy: Arc<Policy>,
}

/// The robot that decides by a tenant's policy, as a party.
#[must_use]
pub fn policy_party(tenant: OrgId) -> Party {
    Party {
        id: PrincipalId::from_uuid(tenant.uuid()),
        org: tenant,
        key: PersonKey {
            issuer: POLICY_ISSUER.to_owned(),
            subject: tenant.to_string(),
        },
        name: POLICY.to_owned(),
    }
}

/// How the robot that decides by policy is called, and how it authenticates.
pub(in crate::service) const POLICY: &str = "policy";

impl Services {
    /// A tenant's policy in force, ready to judge; nothing where it has none.
    pub(in crate::service) async fn policy_of(&self, tenant: OrgId) -> Result<Option<Arc<Ready>>> {
        let Some(row) = self.store.policy(tenant).await? else {
            return Ok(None);
        };
        if let Some(ready) = locked(&self.policies).get(&tenant)
            && ready.row.version == row.version
            && ready.row.hash == row.hash
        {
            return Ok(Some(Arc::clone(ready)));
        }
        let ready = Arc::new(ready(row).await?);
        let mut kept = locked(&self.policies);
        if kept.len() >= KEPT_READY {
            kept.clear();
        }
        kept.insert(tenant, Arc::clone(&ready));
        Ok(Some(ready))
    }

    /// One version of a tenant's policy, ready to judge.
    pub(in crate::service) async fn policy_at(&self, tenant: OrgId, version: i64) -> Result<Ready> {
        let row = self
            .store
            .policy_version(tenant, version)
            .await?
            .ok_or_else(|| Error::not_found("policy version", &version.to_string()))?;
        ready(Arc::new(row)).await
    }

    /// That the policy in force is still the one that was read.
    pub(in crate::service) async fn rests_on_policy(&self, tenant: OrgId) -> Result<Precondition> {
        let row = self.store.policy(tenant).await?;
        let version = row.map_or(0, |row| row.version);
        Ok(Precondition::At(RowRef::Policy(tenant), version))
    }

    /// What a policy makes of a request that arrived, or arrives, at an instant.
    pub(in crate::service) async fn judged(
        &self,
        ready: &Arc<Ready>,
        request: &Request,
        settings: &Settings,
        arrived_at: Timestamp,
    ) -> Result<Judgement> {
        let given = self.given(request, settings, arrived_at)?;
        self.judged_by(Arc::clone(&ready.policy), given).await
    }

    async fn judged_by(&self, policy: Arc<Policy>, given: Given) -> Result<Judgement> {
        if !policy.has_conditions() {
            return Ok(policy.judge(&given.facts()));
        }
        let judging = tokio::task::spawn_blocking(move || policy.judge(&given.facts()));
        within(JUDGING_TIME, judging).await
    }

    /// What a request is judged by.
    pub(in crate::service) fn given(
        &self,
        request: &Request,
        settings: &Settings,
        arrived_at: Timestamp,
    ) -> Result<Given> {
        Ok(Given {
            ask: request.ask.clone(),
            arrived_at,
            tags: settings.tags.clone(),
            answer_seconds: i64::from(settings.hours_to_answer) * 3_600,
            maximum_access_seconds: self.longest_access(request)?,
            automatic_approval: settings.automatic_approval,
            emergency: request.emergency.is_some(),
        })
    }

    /// Reads a document as somebody wrote it, and makes it ready to judge for a tenant.
    pub(in crate::service) async fn checked(
        &self,
        document: &serde_json::Value,
        tenant: &Organization,
        settings: &Settings,
    ) -> Result<Policy> {
        let document: Document = serde_json::from_value(document.clone()).map_err(|error| {
            Error::invalid_param("/document", error.to_string(), "see policy.schema.json")
        })?;
        let policy = compiled(document)
            .await?
            .map_err(|problems| refused(&problems))?;
        let problems = self.problems_here(&policy, tenant, settings).await?;
        if problems.is_empty() {
            Ok(policy)
        } else {
            Err(refused(&problems))
        }
    }
}

/// The first of a list of problems as an error, with all of them beside it.
fn refused(problems: &[Problem]) -> Error {
    let first = problems.first();
    let text = |of: fn(&Problem) -> &str| first.map(of).unwrap_or_default().to_owned();
    let more = match problems.len() {
        0 | 1 => String::new(),
        2 => " (One more problem stands in data.problems.)".to_owned(),
        count => format!(" ({} more problems stand in data.problems.)", count - 1),
    };
    // A suggestion is a sentence of its own.
    let suggestion = text(|one| &one.suggestion);
    Error::new(
        Kind::InvalidParams,
        "invalidParams",
        format!("{}{more}", text(|one| &one.message)),
        suggestion.clone(),
    )
    .with("pointer", format!("/document{}", text(|one| &one.pointer)))
    .with("expected", suggestion)
    .with("problems", serde_json::json!(problems))
}

/// Makes a document ready, with the zones as this machine has them.
async fn compiled(document: Document) -> Result<Result<Policy, Vec<Problem>>> {
    // Zones are read from files, and expressions are compiled.
    tokio::task::spawn_blocking(move || {
        let zones: Zones = document
            .zone_names()
            .map(|name| (name.to_owned(), zones::zone(name)))
            .collect();
        Policy::compile(document, &zones)
    })
    .await
    .map_err(Error::internal)
}

async fn ready(row: Arc<PolicyVersion>) -> Result<Ready> {
    let document = serde_json::from_str(&row.document).map_err(Error::internal)?;
    // It was checked when it was put; what has gone since is a zone of this machine.
    let policy = compiled(document).await?.map_err(|problems| {
        let what: Vec<String> = problems.into_iter().map(|one| one.message).collect();
        Error::new(
            Kind::Unavailable,
            POLICY_UNUSABLE,
            format!(
                "The customer's policy cannot be applied: {}",
                what.join(" ")
            ),
            "Whoever runs the daemon checks the system's time zone data (package tzdata).",
        )
    })?;
    Ok(Ready {
        row,
        policy: Arc::new(policy),
    })
}

/// What judging came to, waiting for so long at most; what takes longer is left to end by itself.
async fn within<T>(limit: Duration, judging: JoinHandle<T>) -> Result<T> {
    match tokio::time::timeout(limit, judging).await {
        Ok(judged) => judged.map_err(Error::internal),
        Err(_) => Err(Error::new(
            Kind::Unavailable,
            POLICY_UNUSABLE,
            "The conditions of this customer's policy take too long.",
            "The customer's administrators make its 'when' expressions simpler.",
        )),
    }
}

#[cfg(test)]
#[path = "time_tests.rs"]
mod time_tests;
