//! Refused calls leave a record too; a flood of them is summed up.

use crate::audit::draft::Draft;
use crate::audit::operations;
use crate::auth::{Context, peer::Peer};
use crate::clock::{Timestamp, When};
use crate::domain::organization::{OrgKind, Organization};
use crate::domain::request::Party;
use crate::error::{Error, Kind, Result};
use crate::ids::{OrgId, PrincipalId};
use crate::service::commit::Denial;
use crate::service::records::{link, named, shown_name, written};
use crate::service::throttle::too_many_attempts;
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
    refused: HashMap<(OrgId, PrincipalId), (Party, u32)>,
    failures: u32,
    sums: Vec<Sum>,
}

/// Something that a minute has left to be summed up.
struct Sum {
    minute: i64,
    what: Summed,
    count: u32,
}

enum Summed {
    /// One caller's refusals over the limit, in a log.
    Refusals(OrgId, Party),
    /// Everybody's failures before authentication.
    Failures,
}

impl Meter {
    /// Starts a new minute where one has begun: what is over the limit becomes a sum.
    fn turn(&mut self, now: Timestamp, limit: u32) {
        let minute = now.millis().div_euclid(MINUTE_MS);
        if minute == self.minute {
            return;
        }
        self.close(limit);
        self.minute = minute;
    }

    /// Ends the present minute.
    fn close(&mut self, limit: u32) {
        let minute = self.minute;
        for ((log, _), (caller, count)) in self.refused.drain() {
            if count > limit {
                self.sums.push(Sum {
                    minute,
                    what: Summed::Refusals(log, caller),
                    count: count - limit,
                });
            }
        }
        if self.failures > 0 {
            self.sums.push(Sum {
                minute,
                what: Summed::Failures,
                count: std::mem::take(&mut self.failures),
            });
        }
    }

    /// Counts a refusal; whether it is recorded by itself.
    fn admit(&mut self, log: OrgId, caller: &Party, limit: u32) -> bool {
        let (_, count) = self
            .refused
            .entry((log, caller.id))
            .or_insert_with(|| (caller.clone(), 0));
        *count = count.saturating_add(1);
        *count <= limit
    }

    /// When there is something to sum up: now where a minute is over, else when the present one is.
    fn due(&self, limit: u32) -> Option<Timestamp> {
        let over = |(_, count): &(Party, u32)| *count > limit;
        if !self.sums.is_empty() {
            Some(start_of(self.minute))
        } else if self.failures > 0 || self.refused.values().any(over) {
            Some(start_of(self.minute + 1))
        } else {
            None
        }
    }
}

const fn start_of(minute: i64) -> Timestamp {
    Timestamp::from_millis(minute * MINUTE_MS)
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
        // A denial is about a request only where the caller may see it.
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
        let caller = actor.party();
        self.metered(|meter, limit| logs.retain(|log| meter.admit(log.id, &caller, limit)));
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

    /// Counts a failed attempt to be known; past its address's limit the caller is told to wait.
    /// What is valid is judged first and goes through, so that nobody locks out a neighbour.
    pub(super) fn failed(&self, peer: &Peer, error: Error) -> Error {
        self.count_failure(&error);
        // The Unix socket has no addresses, and is its owner's alone.
        let attempt = error.kind() == Kind::Unauthenticated;
        let Some(household) = peer.household().filter(|_| attempt) else {
            return error;
        };
        match locked(&self.failures).take(household, self.now()) {
            Ok(()) => error,
            Err(seconds) => too_many_attempts(seconds),
        }
    }

    /// Counts a failure before authentication, for the minute's one summary record.
    pub(super) fn count_failure(&self, error: &Error) {
        if error.kind() == Kind::Unauthenticated {
            self.metrics.authentication_failed();
            self.metered(|meter, _| meter.failures = meter.failures.saturating_add(1));
        }
    }

    /// Counts something; wakes the timer where that makes a summary due.
    fn metered<T>(&self, count: impl FnOnce(&mut Meter, u32) -> T) -> T {
        let limit = self.limits.refusals_per_minute;
        let mut meter = locked(&self.refusals);
        meter.turn(self.now(), limit);
        let before = meter.due(limit);
        let counted = count(&mut meter, limit);
        if before.is_none() && meter.due(limit).is_some() {
            self.summaries.notify_one();
        }
        counted
    }

    /// When the next summary of refused calls is due, where there is one to write.
    #[must_use]
    pub fn next_summary(&self) -> Option<Timestamp> {
        locked(&self.refusals).due(self.limits.refusals_per_minute)
    }

    /// Returns when a summary has become due that was not before; refused calls make no commit
    /// that would tell.
    pub async fn summary_begun(&self) {
        self.summaries.notified().await;
    }

    /// Writes the summaries of the minutes that are over; at the end of the daemon, of the present
    /// one too.
    ///
    /// # Errors
    /// Where the store cannot; what was not written is kept for the next time.
    pub async fn write_summaries(&self, closing: bool) -> Result<()> {
        let mut sums = {
            let limit = self.limits.refusals_per_minute;
            let mut meter = locked(&self.refusals);
            meter.turn(self.now(), limit);
            if closing {
                meter.close(limit);
            }
            std::mem::take(&mut meter.sums)
        };
        while let Some(sum) = sums.pop() {
            if let Err(error) = self.write_summary(&sum).await {
                sums.push(sum);
                locked(&self.refusals).sums.append(&mut sums);
                return Err(error);
            }
        }
        Ok(())
    }

    async fn write_summary(&self, sum: &Sum) -> Result<()> {
        let (log, operation) = match &sum.what {
            Summed::Refusals(org, _) => {
                let log = self.store.organization(OrgRef::Id(*org)).await?;
                (log, operations::REFUSAL_SUMMARY)
            }
            Summed::Failures => (
                self.store.provider().await?,
                operations::AUTHENTICATION_FAILURES,
            ),
        };
        let Some(log) = log else { return Ok(()) };
        let mut draft = self.names.by_daemon(&log, operation, String::new());
        draft.succeeded = false;
        if let Summed::Refusals(_, caller) = &sum.what {
            if caller.org == log.id {
                draft.object_id = caller.id.to_string();
            }
            draft
                .parameters
                .push(written("Caller", shown_name(&log, caller)));
        }
        draft.parameters.push(named("Count", sum.count.to_string()));
        draft.moments = vec![
            ("PeriodStart".to_owned(), When::At(start_of(sum.minute))),
            ("PeriodEnd".to_owned(), When::At(start_of(sum.minute + 1))),
        ];
        let change = Change {
            records: vec![draft],
            background: true,
            ..Change::default()
        };
        self.apply(change).await?;
        Ok(())
    }
}
