//! Refused calls leave a record too; a flood of them is summed up.

use crate::audit::draft::Draft;
use crate::audit::operations;
use crate::auth::Context;
use crate::clock::Timestamp;
use crate::domain::organization::{OrgKind, Organization};
use crate::error::{Error, Kind, Result};
use crate::ids::{OrgId, PrincipalId};
use crate::service::commit::Denial;
use crate::service::records::{link, named, written};
use crate::service::{Services, locked};
use crate::store::{Change, CommitError, OrgRef};
use std::collections::HashMap;

/// What callers typed is cut to so many characters in records.
const TYPED_CHARS: usize = 256;

const MINUTE_MS: i64 = 60_000;

/// Counts refusals per caller and log, and failures before authentication, minute by minute.
#[derive(Default)]
pub(super) struct Meter {
    minute: i64,
    refused: HashMap<(OrgId, PrincipalId), u32>,
    failures: u32,
    sums: Vec<Sum>,
}

/// Something that a minute has left to be summed up.
struct Sum {
    log: Option<OrgId>,
    who: Option<PrincipalId>,
    count: u32,
}

impl Meter {
    /// Starts a new minute where one has begun: what is over the limit becomes a sum.
    fn turn(&mut self, now: Timestamp, limit: u32) {
        let minute = now.millis().div_euclid(MINUTE_MS);
        if minute == self.minute {
            return;
        }
        self.minute = minute;
        for ((log, who), count) in self.refused.drain() {
            if count > limit {
                self.sums.push(Sum {
                    log: Some(log),
                    who: Some(who),
                    count: count - limit,
                });
            }
        }
        if self.failures > 0 {
            self.sums.push(Sum {
                log: None,
                who: None,
                count: std::mem::take(&mut self.failures),
            });
        }
    }

    /// Counts a refusal; whether it is recorded by itself.
    fn admit(&mut self, log: OrgId, who: PrincipalId, limit: u32) -> bool {
        let count = self.refused.entry((log, who)).or_insert(0);
        *count = count.saturating_add(1);
        *count <= limit
    }

    /// When the present minute ends, where it has something to sum up.
    fn due(&self, limit: u32) -> Option<Timestamp> {
        let open = self.failures > 0 || self.refused.values().any(|count| *count > limit);
        (open || !self.sums.is_empty())
            .then(|| Timestamp::from_millis((self.minute + 1) * MINUTE_MS))
    }
}

impl Services {
    /// Records a refusal where it is one of an authenticated caller, and gives the error back.
    pub(super) async fn refused(&self, ctx: &Context, denial: Denial) -> Error {
        let recorded = matches!(
            denial.error.kind(),
            Kind::Forbidden | Kind::NotFound | Kind::Conflict | Kind::Refused
        );
        if recorded && let Err(failure) = self.record_refusal(ctx, &denial).await {
            tracing::error!(?failure, "a refused call could not be recorded");
            if failure.retryable() {
                return failure;
            }
        }
        denial.error
    }

    async fn record_refusal(&self, ctx: &Context, denial: &Denial) -> Result<()> {
        let about = denial.about.as_deref();
        let Some(actor) = ctx.actor.as_deref() else {
            return Ok(());
        };
        let now = self.now();
        let mut logs = vec![actor.org.clone()];
        if let Some(request) = about
            && request.arrived()
            && request.ask.tenant != actor.org.id
        {
            logs.extend(
                self.store
                    .organization(OrgRef::Id(request.ask.tenant))
                    .await?,
            );
        }
        {
            let mut meter = locked(&self.refusals);
            meter.turn(now, self.limits.refusals_per_minute);
            logs.retain(|log| {
                meter.admit(log.id, actor.principal.id, self.limits.refusals_per_minute)
            });
        }
        let refusals = logs
            .iter()
            .map(|log| self.refusal_draft(ctx, log, denial))
            .collect::<Result<Vec<Draft>>>()?;
        // What time has done to the request is written down first, in the same change.
        let mut change = Change::default();
        if let Some(request) = about.filter(|request| request.overdue(now)) {
            self.write_down(&mut change, request).await?;
        }
        change.records.extend(refusals.iter().cloned());
        if change.records.is_empty() {
            return Ok(());
        }
        match self.apply(change).await {
            // Somebody else wrote the expiry down in between: the refusals stand by themselves.
            Err(CommitError::Failed(..)) => {
                self.apply(Change {
                    records: refusals,
                    ..Change::default()
                })
                .await?;
                Ok(())
            }
            outcome => Ok(outcome.map(drop)?),
        }
    }

    fn refusal_draft(&self, ctx: &Context, log: &Organization, denial: &Denial) -> Result<Draft> {
        let actor = ctx.actor()?;
        // What has not arrived does not exist for the customer, in its log neither.
        let about = denial.about.as_deref();
        let about = about.filter(|request| log.kind == OrgKind::Provider || request.arrived());
        let object = about.map(|request| request.identity.to_string());
        let mut draft = self.names.by_caller(
            ctx,
            actor,
            log,
            operations::REQUEST_REFUSED,
            object.unwrap_or_default(),
        );
        draft.succeeded = false;
        draft.parameters = vec![
            named("Method", ctx.method),
            named("Code", denial.error.code()),
            written("Message", denial.message_in(log)),
        ];
        draft.request = about.map(link);
        if about.is_none()
            && let Some(typed) = &ctx.typed
        {
            draft.detail = typed.chars().take(TYPED_CHARS).collect();
        }
        Ok(draft)
    }

    /// Counts a failure before authentication, for the minute's one summary record.
    pub(super) fn count_failure(&self, _error: &Error) {
        let mut meter = locked(&self.refusals);
        meter.turn(self.now(), self.limits.refusals_per_minute);
        meter.failures = meter.failures.saturating_add(1);
    }

    /// When the next summary of refused calls is due, where there is one to write.
    #[must_use]
    pub fn next_summary(&self) -> Option<Timestamp> {
        locked(&self.refusals).due(self.limits.refusals_per_minute)
    }

    /// Writes the summaries of the minutes that are over.
    ///
    /// # Errors
    /// Where the store cannot; what was not written is kept for the next time.
    pub async fn write_summaries(&self) -> Result<()> {
        let sums = {
            let mut meter = locked(&self.refusals);
            meter.turn(self.now(), self.limits.refusals_per_minute);
            std::mem::take(&mut meter.sums)
        };
        for sum in sums {
            let log = match sum.log {
                Some(org) => self.store.organization(OrgRef::Id(org)).await?,
                None => self.store.provider().await?,
            };
            let Some(log) = log else { continue };
            let operation = match sum.who {
                Some(_) => operations::REFUSAL_SUMMARY,
                None => operations::AUTHENTICATION_FAILURES,
            };
            let object = sum.who.map(|who| who.to_string()).unwrap_or_default();
            let mut draft = self.names.by_daemon(&log, operation, object);
            draft.succeeded = false;
            draft.parameters = vec![named("Count", sum.count.to_string())];
            let change = Change {
                records: vec![draft],
                background: true,
                ..Change::default()
            };
            if let Err(error) = self.apply(change).await {
                locked(&self.refusals).sums.push(sum);
                return Err(error.into());
            }
        }
        Ok(())
    }
}
