//! `principal.disable`, `principal.enable`: who may call, and what ends with it.

use super::{Described, Enabled, roles_changed};
use crate::audit::{operations, text};
use crate::auth::{Actor, Context};
use crate::domain::organization::OrgKind;
use crate::domain::people::Principal;
use crate::domain::request::State;
use crate::domain::rights::Action;
use crate::domain::scope::{Role, Scope};
use crate::domain::status::rows_in_state;
use crate::error::{Error, Result};
use crate::service::Services;
use crate::service::codes::{TokenLimits, new_token};
use crate::service::commit::{Denial, Judged, Settled};
use crate::service::records::{named, written};
use crate::store::{Change, Count, Precondition, RequestFilter, RowRef, RowWrite};
use serde_json::json;

/// More requests than one engineer can have at once.
const ALL_OF_ONE: usize = 10_000;

impl Services {
    /// Disables somebody: open requests are withdrawn and live grants revoked in the same change.
    ///
    /// # Errors
    /// Where a rule says no; the last administrator cannot be disabled.
    pub async fn disable(
        &self,
        ctx: &Context,
        named: &str,
        reason: Option<&str>,
    ) -> Result<(Described, Settled<()>)> {
        let mut ctx = ctx.clone();
        ctx.typed = Some(named.to_owned());
        let settled = self
            .settle(ctx.clone(), |ctx| {
                Box::pin(async move { self.judge_disable(&ctx, named, reason).await })
            })
            .await?;
        self.with_principal(&ctx, settled).await
    }

    async fn judge_disable(
        &self,
        ctx: &Context,
        name: &str,
        reason: Option<&str>,
    ) -> Result<Judged<()>, Denial> {
        let actor = ctx.actor()?;
        let permit = ctx.permit(Action::ManagePeople, &Self::home(&actor.org))?;
        if let Some(answer) = self.kept(ctx).await? {
            return Ok(Judged::Kept(answer));
        }
        text::check_free_text("/reason", reason.unwrap_or_default())?;
        let principal = self.principal_named(actor.org.id, name).await?;
        if !principal.enabled {
            let answer = json!({"principalId": principal.id.to_string()});
            return Ok(Judged::Nothing(answer, ()));
        }
        let mut change = Change {
            preconditions: permit.basis,
            outbox: vec![roles_changed(actor)],
            ..Change::default()
        };
        let administrator = Role::administrator_of(actor.org.kind);
        let holds = self
            .store
            .assignments(actor.org.id, Some(principal.id))
            .await?
            .iter()
            .any(|held| held.role == administrator);
        if holds {
            self.keep_an_administrator(actor, &principal, &mut change)
                .await?;
        }
        let mut record =
            self.about_principal(ctx, actor, operations::PRINCIPAL_DISABLED, &principal);
        record
            .parameters
            .push(written("Reason", reason.unwrap_or_default()));
        change.preconditions.push(Precondition::At(
            RowRef::Principal(principal.id),
            principal.version,
        ));
        change.records.push(record);
        // Enabling revives nothing, so what could be used afterwards ends now.
        change.writes.extend([
            RowWrite::UpdatePrincipal(Box::new(Principal {
                enabled: false,
                ..principal.clone()
            })),
            RowWrite::RevokeTokensOf(principal.org, principal.id),
            RowWrite::VoidCodesOf(principal.id),
        ]);
        let (mut withdrawn, mut revoked) = self
            .end_requests_of(
                ctx,
                &mut change,
                &principal,
                |_| true,
                "The engineer was disabled.",
            )
            .await?;
        for robot in self.store.robots_of(actor.org.id, principal.id).await? {
            let ended = self.stop(ctx, actor, &mut change, robot).await?;
            withdrawn += ended.0;
            revoked += ended.1;
        }
        let answer = json!({
            "principalId": principal.id.to_string(),
            "withdrawnRequests": withdrawn,
            "revokedGrants": revoked,
        });
        Ok(Judged::New(Box::new(change), answer, ()))
    }

    /// Adds to a change that a robot is stopped with its owner.
    async fn stop(
        &self,
        ctx: &Context,
        actor: &Actor,
        change: &mut Change,
        robot: Principal,
    ) -> Result<(u64, u64)> {
        change
            .preconditions
            .push(Precondition::At(RowRef::Principal(robot.id), robot.version));
        if robot.stopped {
            return Ok((0, 0));
        }
        change.records.push(self.about_principal(
            ctx,
            actor,
            operations::PRINCIPAL_STOPPED,
            &robot,
        ));
        change
            .writes
            .push(RowWrite::UpdatePrincipal(Box::new(Principal {
                stopped: true,
                ..robot.clone()
            })));
        self.end_requests_of(
            ctx,
            change,
            &robot,
            |_| true,
            "The owner of the robot was disabled.",
        )
        .await
    }

    /// That the organization keeps another enabled administrator.
    pub(in crate::service) async fn keep_an_administrator(
        &self,
        actor: &Actor,
        principal: &Principal,
        change: &mut Change,
    ) -> Result<()> {
        let others = Count::OtherHolders {
            org: actor.org.id,
            role: Role::administrator_of(actor.org.kind),
            except: principal.id,
        };
        if self.store.count(others.clone(), self.now()).await? == 0 {
            return Err(Error::refused(
                "lastAdministrator",
                format!(
                    "{} is the last enabled {} of the organization.",
                    principal.label(),
                    Role::administrator_of(actor.org.kind)
                ),
                "Give the role to another enabled person first.",
            ));
        }
        change.preconditions.push(Precondition::AtLeast(others, 1));
        Ok(())
    }

    /// Adds to a change the end of an engineer's requests that lose their ground.
    pub(in crate::service) async fn end_requests_of(
        &self,
        ctx: &Context,
        change: &mut Change,
        principal: &Principal,
        loses: impl Fn(&Scope) -> bool + Send,
        comment: &str,
    ) -> Result<(u64, u64)> {
        if ctx.actor()?.org.kind != OrgKind::Provider {
            return Ok((0, 0));
        }
        let now = self.now();
        let states = [State::InternalReview, State::Pending, State::Approved]
            .into_iter()
            .flat_map(|state| rows_in_state(state, None, now))
            .collect();
        let open = self
            .store
            .requests(RequestFilter {
                scopes: vec![Scope::Tenants],
                requester: Some(principal.id),
                states,
                limit: ALL_OF_ONE,
                ..RequestFilter::default()
            })
            .await?
            .rows;
        // A request that comes in between makes this judgement void.
        let count = u32::try_from(open.len()).unwrap_or(u32::MAX);
        change.preconditions.push(Precondition::Fewer(
            Count::UnendedOfRequester(principal.id),
            count.saturating_add(1),
        ));
        let losing = open
            .into_iter()
            .filter(|request| loses(&crate::service::request::scope_of(request)))
            .collect();
        self.end_all(ctx, change, losing, comment).await
    }

    /// Enables somebody again, who then needs a new code or token; or takes over a robot whose
    /// owner was disabled: its old tokens are revoked then, and the caller becomes its owner.
    ///
    /// # Errors
    /// Where a rule says no; nothing is changed then.
    pub async fn enable(
        &self,
        ctx: &Context,
        named: &str,
    ) -> Result<(Described, Settled<Enabled>)> {
        let mut ctx = ctx.clone();
        ctx.typed = Some(named.to_owned());
        let settled = self
            .settle(ctx.clone(), |ctx| {
                Box::pin(async move { self.judge_enable(&ctx, named).await })
            })
            .await?;
        self.with_principal(&ctx, settled).await
    }

    async fn judge_enable(&self, ctx: &Context, name: &str) -> Result<Judged<Enabled>, Denial> {
        let actor = ctx.actor()?;
        let permit = ctx.permit(Action::EmpowerPeople, &Self::home(&actor.org))?;
        if let Some(answer) = self.kept(ctx).await? {
            return Ok(Judged::Kept(answer));
        }
        let principal = self.principal_named(actor.org.id, name).await?;
        let stopped = self.describe(principal.clone()).await?.stopped;
        let mut answer = json!({"principalId": principal.id.to_string(), "takenOver": stopped});
        if principal.enabled && !stopped {
            return Ok(Judged::Nothing(answer, Enabled { token: None }));
        }
        let mut row = principal.clone();
        row.enabled = true;
        let mut change = Change {
            preconditions: permit.basis,
            outbox: vec![roles_changed(actor)],
            ..Change::default()
        };
        change.preconditions.push(Precondition::At(
            RowRef::Principal(principal.id),
            principal.version,
        ));
        let mut token = None;
        let operation = if stopped {
            let owner = actor.owner.as_ref().unwrap_or(&actor.principal);
            row.stopped = false;
            row.owner = Some(owner.id);
            row.person_key = owner.person_key.clone();
            let (new, secret) = new_token(&row, None, TokenLimits::default(), None, self.now());
            if let Some(map) = answer.as_object_mut() {
                map.insert("tokenId".to_owned(), new.id.to_string().into());
                map.insert(
                    "expirationDate".to_owned(),
                    new.expires_at.to_string().into(),
                );
            }
            change.writes.extend([
                RowWrite::RevokeTokensOf(principal.org, principal.id),
                RowWrite::InsertToken(Box::new(new)),
            ]);
            token = Some(secret);
            operations::PRINCIPAL_TAKEN_OVER
        } else {
            operations::PRINCIPAL_ENABLED
        };
        let mut record = self.about_principal(ctx, actor, operation, &principal);
        if let (true, Some(owner)) = (stopped, row.owner) {
            record.parameters.push(named("Owner", owner.to_string()));
        }
        change.records.push(record);
        change.writes.push(RowWrite::UpdatePrincipal(Box::new(row)));
        Ok(Judged::New(Box::new(change), answer, Enabled { token }))
    }
}
