//! A new policy, or new tags, meet requests that wait: those that are denied now are denied in the
//! same change; everything else stays as it was on arrival.

use crate::clock::When;
use crate::domain::notice::Event;
use crate::domain::organization::{Organization, Settings};
use crate::domain::policy::Policy;
use crate::domain::policy::effective::{Judgement, Verdict};
use crate::domain::request::{PolicyTerms, Request, Stamp, State};
use crate::domain::scope::Scope;
use crate::domain::status::rows_in_state;
use crate::error::Result;
use crate::service::Services;
use crate::service::policy::change::Before;
use crate::service::request::arrive::deny;
use crate::store::{Change, Count, OutboxDraft, Precondition, RequestFilter, RowRef, RowWrite};
use std::sync::Arc;

/// How many requests are read at a time.
const BATCH: usize = 100;

impl Services {
    /// Adds to the change that puts a policy or settings the denials of those that wait and that
    /// are denied now. It rests on those that wait: who arrives meanwhile is judged too.
    pub(super) async fn rejudge(
        &self,
        change: &mut Change,
        before: &Before,
        settings: &Settings,
        policy: &Arc<Policy>,
        version: i64,
    ) -> Result<()> {
        let waiting = self.waiting(&before.org).await?;
        let none_more = u32::try_from(waiting.len() + 1).unwrap_or(u32::MAX);
        change.preconditions.push(Precondition::Fewer(
            Count::WaitingInTenant(before.org.id),
            none_more,
        ));
        for request in waiting {
            // Without this one may have gone where another came.
            change.preconditions.push(Precondition::At(
                RowRef::Request(request.identity),
                request.version,
            ));
            if request.emergency.is_some() {
                continue;
            }
            let arrived_at = request.sent_at.unwrap_or(request.created_at);
            let given = self.given(&request, settings, arrived_at)?;
            let judgement = self.judged_by(Arc::clone(policy), given).await?;
            if matches!(judgement.verdict, Verdict::Deny { .. }) {
                self.deny_waiting(change, &before.org, request, &judgement, policy, version);
            }
        }
        Ok(())
    }

    fn deny_waiting(
        &self,
        change: &mut Change,
        tenant: &Organization,
        request: Request,
        judgement: &Judgement,
        policy: &Policy,
        version: i64,
    ) {
        change.preconditions.extend(self.rests_on(&request));
        let terms = PolicyTerms {
            version,
            hash: policy.hash().to_owned(),
            rules: Vec::new(),
            asked: judgement.asked.clone(),
            held_until: None,
            tzdb: policy.tzdb().filter(|_| judgement.by_calendar),
        };
        let mut row = request;
        let mut stamps: Vec<(Stamp, When)> = Vec::new();
        deny(&mut row, &mut stamps, judgement);
        change
            .records
            .push(self.policy_decision(tenant, &row, judgement, &terms));
        change.outbox.push(OutboxDraft::new(
            tenant.id,
            Event::RequestDecided,
            Some(row.identity),
        ));
        change
            .writes
            .push(RowWrite::UpdateRequest(Box::new(row), stamps));
    }

    /// Requests that wait for a tenant. There are never many: their number is limited.
    async fn waiting(&self, tenant: &Organization) -> Result<Vec<Request>> {
        let mut waiting = Vec::new();
        let mut before = None;
        loop {
            let page = self
                .store
                .requests(RequestFilter {
                    scopes: vec![Scope::Tenant(tenant.id)],
                    tenant: Some(tenant.id),
                    states: rows_in_state(State::Pending, Some(true), self.now()),
                    arrived_only: true,
                    before,
                    limit: BATCH,
                    ..RequestFilter::default()
                })
                .await?;
            before = page.rows.last().map(RequestFilter::position);
            waiting.extend(page.rows);
            if !page.more {
                return Ok(waiting);
            }
        }
    }
}
