//! Reminding those who have not answered, and asking more of them: exactly once each.

use crate::audit::operations;
use crate::clock::Timestamp;
use crate::domain::notice::Event;
use crate::domain::organization::Organization;
use crate::domain::policy::effective::AskedEscalation;
use crate::domain::reminders::{Waking, waking};
use crate::domain::request::Request;
use crate::domain::votes::{approvals_of, waiting_stage};
use crate::error::{Error, Result};
use crate::service::Services;
use crate::service::due::each;
use crate::service::records::{link, named, written};
use crate::store::{Change, CommitError, OutboxDraft, Precondition, RowRef, RowWrite};

/// How many requests one pass of the timer loads at a time.
const BATCH: usize = 256;

impl Services {
    /// Reminds the approvers of every request that is to wake by now, and escalates it; returns of
    /// how many.
    ///
    /// # Errors
    /// Where the store cannot.
    pub async fn wake_due(&self) -> Result<usize> {
        let mut woken = 0;
        loop {
            let now = self.now();
            let found = self.store.waking(now, BATCH).await?;
            let full = found.len() == BATCH;
            woken += each(self.at_once(), &found, |request| {
                Box::pin(async move {
                    // Who cannot answer any more is not reminded.
                    if request.overdue(now) {
                        self.write_down_alone(request).await
                    } else {
                        self.wake(request, now).await
                    }
                })
            })
            .await?;
            if !full {
                return Ok(woken);
            }
        }
    }

    /// When a request wakes next.
    ///
    /// # Errors
    /// Where the store cannot be read.
    pub async fn next_wake(&self) -> Result<Option<Timestamp>> {
        self.store.next_wake().await
    }

    /// Does what fell due for one request; false where somebody else was faster.
    async fn wake(&self, request: &Request, now: Timestamp) -> Result<bool> {
        let (Some(wake), Some(waking)) = (request.wakes(), waking(request, now)) else {
            return Err(Error::internal("a request wakes and has no terms for it"));
        };
        let tenant = self.organization(request.ask.tenant).await?;
        let mut change = Change {
            preconditions: vec![
                Precondition::At(RowRef::Request(request.identity), request.version),
                Precondition::NotBefore(wake),
            ],
            background: true,
            ..Change::default()
        };
        change
            .preconditions
            .extend(request.due().map(Precondition::Before));
        self.tell(&mut change, &tenant, request, &waking, now)
            .await?;
        let row = Request {
            wake: waking.next,
            ..request.clone()
        };
        change
            .writes
            .push(RowWrite::UpdateRequest(Box::new(row), Vec::new()));
        match self.apply(change).await {
            Ok(_) => Ok(true),
            Err(CommitError::Failed(..)) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// Adds the records and the events of what fell due; escalations that fall due at once are one.
    async fn tell(
        &self,
        change: &mut Change,
        tenant: &Organization,
        request: &Request,
        due: &Waking,
        now: Timestamp,
    ) -> Result<()> {
        let object = request.identity.to_string();
        let mut parameters = vec![named("RequestId", object.clone())];
        if let Some(policy) = request.policy() {
            let asked = &policy.asked;
            let basis = &mut change.preconditions;
            let votes = self.standing(request, asked, now, basis).await?;
            let (given, needed) = approvals_of(asked, &votes);
            parameters.extend([
                named("Stage", waiting_stage(asked, &votes).to_string()),
                named("Given", given.to_string()),
                named("Needed", needed.to_string()),
            ]);
        }
        let record = |operation| {
            let mut record = self.names.by_daemon(tenant, operation, object.clone());
            record.request = Some(link(request));
            record.parameters = parameters.clone();
            record
        };
        let event = |event| OutboxDraft::new(tenant.id, event, Some(request.identity));
        if due.remind {
            let record = record(operations::REMINDER_SENT);
            change
                .outbox
                .push(event(Event::RequestReminder).told_by(&record));
            change.records.push(record);
        }
        if !due.escalate.is_empty() {
            let mut record = record(operations::REQUEST_ESCALATED);
            let all = |one: fn(&AskedEscalation) -> String| -> String {
                let words: Vec<String> = due.escalate.iter().map(one).collect();
                words.join("; ")
            };
            record.parameters.extend([
                written("EscalatedTo", all(called)),
                named("PolicyRule", all(|one| one.rule.clone())),
            ]);
            change
                .outbox
                .push(event(Event::RequestEscalated).told_by(&record));
            change.records.push(record);
        }
        Ok(())
    }
}

/// To whom it is escalated, for people.
fn called(escalation: &AskedEscalation) -> String {
    let roles = escalation.to.roles.iter().map(|role| role.as_str());
    let all: Vec<&str> = roles
        .chain(escalation.to.people.iter().map(String::as_str))
        .collect();
    all.join(", ")
}
