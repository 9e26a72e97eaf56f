//! `policy.confirm`: the second pair of eyes.

use crate::audit::{operations, text};
use crate::auth::Context;
use crate::domain::notice::Event;
use crate::domain::organization::Organization;
use crate::domain::policy::stored::PendingChange;
use crate::domain::refusal::Refusal;
use crate::domain::request::Decision;
use crate::domain::rights::Action;
use crate::domain::scope::Scope;
use crate::error::{Error, Result};
use crate::ids::ChangeId;
use crate::service::Services;
use crate::service::commit::{Denial, Judged, Judgement, Settled};
use crate::service::policy::change::{Outcome, event};
use crate::service::records::{named, written};
use crate::store::{Change, Precondition, RowRef, RowWrite};
use serde_json::{Value, json};

impl Services {
    /// Confirms a change that waits, or takes it back. With `validate_only` it judges exactly as
    /// the real call, and neither writes nor records anything.
    ///
    /// # Errors
    /// Where a rule says no; nothing is changed then.
    pub async fn confirm_policy(
        &self,
        ctx: &Context,
        change: &str,
        confirm: bool,
        comment: Option<&str>,
        validate_only: bool,
    ) -> Result<Settled<Outcome>> {
        let mut ctx = ctx.clone();
        ctx.typed = Some(change.to_owned());
        let judge = |ctx: Context| -> Judgement<'_, Outcome> {
            Box::pin(async move {
                self.judge_confirm_policy(&ctx, change, confirm, comment)
                    .await
            })
        };
        if validate_only {
            self.try_out(ctx, judge).await
        } else {
            self.settle(ctx, judge).await
        }
    }

    async fn judge_confirm_policy(
        &self,
        ctx: &Context,
        named_change: &str,
        confirm: bool,
        comment: Option<&str>,
    ) -> Result<Judged<Outcome>, Denial> {
        let actor = ctx.actor()?;
        let permit = ctx.permit(Action::ChangeSettings, &Scope::Tenant(actor.org.id))?;
        if confirm && !actor.may_decide(Decision::Approve) {
            return Err(Denial::rule(
                Refusal::DecisionNotAllowed {
                    wanted: Decision::Approve,
                    allowed: actor.decisions().map(<[_]>::to_vec).unwrap_or_default(),
                },
                &actor.org,
            ));
        }
        if let Some(answer) = self.kept(ctx).await? {
            return Ok(Judged::Kept(answer));
        }
        text::check_free_text("/comment", comment.unwrap_or_default())?;
        let before = self.before(&actor.org).await?;
        let wanted = named_change.trim().parse::<ChangeId>().ok();
        let pending = self
            .store
            .pending_change(actor.org.id)
            .await?
            .filter(|pending| Some(pending.id) == wanted)
            .ok_or_else(|| Error::not_found("change", named_change))?;
        let mut preconditions = permit.basis;
        preconditions.push(Precondition::At(
            RowRef::PendingChange(pending.org, pending.id),
            1,
        ));
        let operation = if confirm {
            operations::POLICY_CONFIRMED
        } else {
            operations::POLICY_WITHDRAWN
        };
        let mut record =
            self.names
                .by_caller(ctx, actor, &actor.org, operation, pending.id.to_string());
        record.parameters = vec![
            written("Comment", comment.unwrap_or_default()),
            written("ProposedBy", pending.proposed_by.name.clone()),
        ];
        let mut change = Change {
            preconditions,
            writes: vec![RowWrite::RemovePendingChange(pending.org, pending.id)],
            ..Change::default()
        };
        let mut outcome = Outcome::default();
        if confirm {
            let alone = self.may_confirm(ctx, &pending)?;
            record.parameters.push(named("Alone", alone.to_string()));
            if alone {
                change
                    .preconditions
                    .push(Precondition::NotBefore(pending.alone_after()));
            }
            // By now it may mean something else, or be wrong: it is checked again.
            let document: Option<Value> = match &pending.what.document {
                Some(text) => Some(serde_json::from_str(text).map_err(Error::internal)?),
                None => None,
            };
            let checked = self
                .weighed(&pending.what.settings, document.as_ref(), &before)
                .await?;
            let by = |log: &Organization, operation| {
                self.names
                    .by_caller(ctx, actor, log, operation, log.id.to_string())
            };
            change.records.push(record);
            self.carry_out(
                &mut change,
                actor,
                &before,
                &checked,
                pending.reason.as_deref(),
                by,
            )
            .await?;
            outcome = checked.outcome;
        } else {
            change.records.push(record);
            change
                .outbox
                .push(event(pending.org, Event::PolicyProposalWithdrawn));
        }
        Ok(Judged::New(Box::new(change), json!({}), outcome))
    }

    /// Whether the caller may confirm: true where it is the one who proposed, alone, after the
    /// delay of recovery.
    fn may_confirm(&self, ctx: &Context, pending: &PendingChange) -> Result<bool> {
        let actor = ctx.actor()?;
        if actor.principal.is_robot() {
            return Err(Error::refused(
                "personRequired",
                "A second pair of eyes is a person's; a robot cannot confirm.",
                "Let another global administrator confirm.",
            ));
        }
        if actor.principal.person_key != pending.proposed_by.key {
            return Ok(false);
        }
        if self.now() < pending.alone_after() {
            return Err(Error::refused(
                "separationOfDuties",
                format!(
                    "You proposed this change yourself; you can confirm it alone from {} on.",
                    pending.alone_after()
                ),
                "Let another global administrator confirm, or wait; withdrawing stays open to you.",
            )
            .with("aloneAfter", pending.alone_after().to_string()));
        }
        Ok(true)
    }
}
