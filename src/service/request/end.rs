//! `request.withdraw`, `request.complete`, `grant.revoke`: the provider's side ends it.

use crate::audit::draft::Draft;
use crate::audit::{operations, text};
use crate::auth::{Actor, Context};
use crate::clock::When;
use crate::domain::lifecycle::{Circumstances, Command, Giver, judge, rule};
use crate::domain::notice::Event;
use crate::domain::organization::Organization;
use crate::domain::request::{Request, Stamp, State};
use crate::error::Result;
use crate::service::Services;
use crate::service::commit::{Denial, Judged, Settled};
use crate::service::records::{link, named, written};
use crate::service::request::Shown;
use crate::service::request::load::Named;
use crate::service::request::review::update;
use crate::store::{Change, OutboxDraft, RowWrite};

/// How the provider's side ends a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// Takes back what is undecided.
    Withdraw,
    /// Has finished early.
    Complete,
    /// Stops the access.
    Revoke,
}

impl Ending {
    const fn command(self) -> Command {
        match self {
            Self::Withdraw => Command::Withdraw,
            Self::Complete => Command::Complete,
            Self::Revoke => Command::Revoke,
        }
    }

    const fn operation(self) -> &'static str {
        match self {
            Self::Withdraw => operations::REQUEST_WITHDRAWN,
            Self::Complete => operations::ACCESS_COMPLETED,
            Self::Revoke => operations::ACCESS_REVOKED,
        }
    }

    const fn event(self) -> Event {
        match self {
            Self::Withdraw => Event::RequestWithdrawn,
            Self::Complete => Event::AccessCompleted,
            Self::Revoke => Event::AccessRevoked,
        }
    }
}

impl Services {
    /// Ends a request from the provider's side.
    ///
    /// # Errors
    /// Where a rule says no; nothing is changed then.
    pub async fn end(
        &self,
        ctx: &Context,
        named: &Named,
        ending: Ending,
        comment: Option<&str>,
        validate_only: bool,
    ) -> Result<(Shown, Settled<()>)> {
        self.on_request(ctx, named, validate_only, |ctx| {
            Box::pin(async move { self.judge_end(&ctx, named, ending, comment).await })
        })
        .await
    }

    async fn judge_end(
        &self,
        ctx: &Context,
        name: &Named,
        ending: Ending,
        comment: Option<&str>,
    ) -> Result<Judged<()>, Denial> {
        let action = rule(ending.command()).action;
        let (shown, permit) = self.request_for(ctx, action, name).await?;
        let kept = self.kept(ctx).await;
        if let Some(answer) = kept.map_err(|error| Denial::from(error).about(&shown.request))? {
            return Ok(Judged::Kept(answer));
        }
        text::check_free_text("/comment", comment.unwrap_or_default())?;
        let actor = ctx.actor()?;
        let to = judge(
            &shown.request,
            ending.command(),
            Giver {
                key: &actor.principal.person_key,
                robot: actor.principal.is_robot(),
            },
            Circumstances {
                tenant: shown.tenant.state,
                automatic_approval: false,
                approval_required: true,
                now: shown.now,
            },
        )
        .map_err(|refusal| Denial::rule(refusal, &actor.org).about(&shown.request))?;
        let mut preconditions = permit.basis;
        preconditions.extend(self.rests_on(&shown.request));
        let log = self.log_of(&shown.request).await?;
        let (row, record, event) =
            self.ended(ctx, actor, &log, &shown.request, to, ending, comment);
        let change = Change {
            preconditions,
            records: vec![record],
            outbox: vec![event],
            ..Change::default()
        };
        Ok(update(change, row, vec![(Stamp::Closed, When::COMMIT)]))
    }

    #[allow(clippy::too_many_arguments)] // one act, said once for a command and for a cascade
    fn ended(
        &self,
        ctx: &Context,
        actor: &Actor,
        log: &Organization,
        request: &Request,
        to: State,
        ending: Ending,
        comment: Option<&str>,
    ) -> (Request, Draft, OutboxDraft) {
        let mut row = request.clone();
        row.state = to;
        row.closer = Some(actor.party());
        row.close_comment = comment.map(str::to_owned);
        let object = row.identity.to_string();
        let mut record = self
            .names
            .by_caller(ctx, actor, log, ending.operation(), object.clone());
        record.request = Some(link(&row));
        record.parameters = vec![
            written("Comment", comment.unwrap_or_default()),
            named("RequestId", object),
        ];
        let event = OutboxDraft::new(log.id, ending.event(), Some(row.identity));
        (row, record, event)
    }

    /// Adds to a change the end of requests that lose their ground: undecided ones are
    /// withdrawn, live ones revoked. Returns how many of each.
    pub(in crate::service) async fn end_all(
        &self,
        ctx: &Context,
        change: &mut Change,
        requests: Vec<Request>,
        comment: &str,
    ) -> Result<(u64, u64)> {
        let actor = ctx.actor()?;
        let now = self.now();
        let (mut withdrawn, mut revoked) = (0, 0);
        for request in requests {
            if request.overdue(now) {
                self.write_down(change, &request).await?;
                continue;
            }
            let (to, ending) = match request.state {
                State::InternalReview | State::Pending => (State::Withdrawn, Ending::Withdraw),
                State::Approved => (State::Revoked, Ending::Revoke),
                _ => continue,
            };
            match ending {
                Ending::Revoke => revoked += 1,
                Ending::Withdraw | Ending::Complete => withdrawn += 1,
            }
            let log = self.log_of(&request).await?;
            change.preconditions.extend(self.rests_on(&request));
            let (row, record, event) =
                self.ended(ctx, actor, &log, &request, to, ending, Some(comment));
            change.records.push(record);
            change.outbox.push(event);
            change.writes.push(RowWrite::UpdateRequest(
                Box::new(row),
                vec![(Stamp::Closed, When::COMMIT)],
            ));
        }
        Ok((withdrawn, revoked))
    }
}
