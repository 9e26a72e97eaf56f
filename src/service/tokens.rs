//! `token.issue|list|revoke`.

use crate::audit::operations;
use crate::auth::{Actor, Context};
use crate::clock::{Timestamp, When};
use crate::domain::organization::{OrgKind, Organization};
use crate::domain::people::{Principal, Token};
use crate::domain::request::Decision;
use crate::domain::rights::Action;
use crate::domain::scope::{Role, Scope};
use crate::error::{Error, Result};
use crate::ids::{OrgId, PrincipalId, TokenId};
use crate::service::Services;
pub use crate::service::codes::{LONGEST_TOKEN_DAYS, ShownOnce, WARN_TOKEN_DAYS};
use crate::service::codes::{TokenLimits, new_token};
use crate::service::commit::{Denial, Judged, Settled};
use crate::service::people::roles_changed;
use crate::service::records::{named, written};
use crate::store::{Change, Count, Precondition, PrincipalRef, RowRef, RowWrite, TokenUse, Upkeep};
use serde_json::json;

/// A token's last use is written down at most this often, in seconds.
const USE_RESOLUTION_SECONDS: i64 = 60;

/// What to issue.
#[derive(Clone, Debug, Default)]
pub struct IssueToken {
    /// For whom; the caller where not said.
    pub principal: Option<String>,
    /// Name for people.
    pub name: Option<String>,
    /// Roles that it is limited to.
    pub roles: Option<Vec<Role>>,
    /// Scope that it is limited to, as typed.
    pub scope: Option<String>,
    /// Decisions that it is limited to.
    pub decisions: Option<Vec<Decision>>,
    /// How many days it lives.
    pub days: Option<i64>,
}

impl Services {
    /// Where an organization's own people are managed.
    pub(super) fn home(org: &Organization) -> Scope {
        match org.kind {
            OrgKind::Provider => Scope::Provider,
            OrgKind::Tenant => Scope::Tenant(org.id),
        }
    }

    /// Issues a token for the caller, or for a robot of the caller's organization.
    ///
    /// # Errors
    /// Where a rule says no; nothing is changed then.
    pub async fn issue_token(
        &self,
        ctx: &Context,
        issue: &IssueToken,
    ) -> Result<Settled<ShownOnce>> {
        self.settle(ctx.clone(), |ctx| {
            Box::pin(async move { self.judge_issue(&ctx, issue).await })
        })
        .await
    }

    async fn judge_issue(
        &self,
        ctx: &Context,
        issue: &IssueToken,
    ) -> Result<Judged<ShownOnce>, Denial> {
        let actor = ctx.actor()?;
        let (principal, mut basis) = self
            .token_holder(ctx, actor, issue.principal.as_deref())
            .await?;
        if let Some(answer) = self.kept(ctx).await? {
            return Ok(Judged::Kept(answer));
        }
        let scope = match &issue.scope {
            Some(text) => Some(self.read_scope(ctx, "/scope", text).await?),
            None => None,
        };
        let limits = within(
            actor,
            TokenLimits {
                roles: issue.roles.clone(),
                scope,
                decisions: issue.decisions.clone(),
            },
        )?;
        check_days("/expiresInDays", issue.days)?;
        if !principal.enabled || self.describe(principal.clone()).await?.stopped {
            return Err(Error::conflict(
                "wrongState",
                format!("{} may not call at present.", principal.label()),
                "Enable the robot, or take it over, with principal.enable first.",
            )
            .into());
        }
        basis.push(Precondition::At(
            RowRef::Principal(principal.id),
            principal.version,
        ));
        basis.push(self.token_room(&principal).await?);
        let (token, secret) = new_token(
            &principal,
            issue.name.clone(),
            limits,
            issue.days,
            self.now(),
        );
        let answer = json!({
            "tokenId": token.id.to_string(),
            "expirationDate": token.expires_at.to_string(),
        });
        let mut record = self.names.by_caller(
            ctx,
            actor,
            &actor.org,
            operations::TOKEN_ISSUED,
            token.id.to_string(),
        );
        record.parameters = vec![
            written("Principal", principal.label()),
            named("ExpirationDate", token.expires_at.to_string()),
        ];
        let change = Change {
            preconditions: basis,
            outbox: vec![roles_changed(actor)],
            records: vec![record],
            writes: vec![RowWrite::InsertToken(Box::new(token))],
            ..Change::default()
        };
        Ok(Judged::New(Box::new(change), answer, secret))
    }

    /// Whose token a caller may handle: its own, or that of a robot of its organization.
    async fn token_holder(
        &self,
        ctx: &Context,
        actor: &Actor,
        named: Option<&str>,
    ) -> Result<(Principal, Vec<Precondition>)> {
        let own = |text: &str| {
            let text = text.trim();
            actor.principal.label().eq_ignore_ascii_case(text)
                || text
                    .parse::<PrincipalId>()
                    .is_ok_and(|id| id == actor.principal.id)
        };
        match named {
            Some(text) if !own(text) => {
                let permit = ctx.permit(Action::ManagePeople, &Self::home(&actor.org))?;
                let principal = self.principal_named(actor.org.id, text).await?;
                if !principal.is_robot() {
                    return Err(Error::forbidden(
                        "Nobody holds another person's secret.",
                        "Make an enrolment code for that person with principal.invite.",
                    ));
                }
                Ok((principal, permit.basis))
            }
            _ => Ok((actor.principal.clone(), ctx.identity_basis()?)),
        }
    }

    /// Tokens: the caller's own, and for administrators those of their organization.
    ///
    /// # Errors
    /// Where the caller may not see them.
    pub async fn list_tokens(
        &self,
        ctx: &Context,
        principal: Option<&str>,
    ) -> Result<Vec<(Token, Option<Timestamp>)>> {
        let actor = ctx.actor()?;
        let administrator = ctx
            .permit(Action::ManagePeople, &Self::home(&actor.org))
            .is_ok();
        let whose = match principal {
            None if administrator => None,
            None => Some(actor.principal.id),
            Some(text) => {
                let found = self.principal_named(actor.org.id, text).await;
                match found {
                    Ok(found) if found.id == actor.principal.id => Some(found.id),
                    found => {
                        ctx.permit(Action::ManagePeople, &Self::home(&actor.org))?;
                        Some(found?.id)
                    }
                }
            }
        };
        self.store.tokens(actor.org.id, whose).await
    }

    /// Revokes a token of the caller, or of anybody in an administrator's organization: now, or so
    /// many hours later, for whoever changes over to a new one.
    ///
    /// # Errors
    /// Where a rule says no; nothing is changed then.
    pub async fn revoke_token(
        &self,
        ctx: &Context,
        id: &str,
        after_hours: Option<u32>,
    ) -> Result<(Token, Settled<()>)> {
        let mut ctx = ctx.clone();
        ctx.typed = Some(id.to_owned());
        let settled = self
            .settle(ctx.clone(), |ctx| {
                Box::pin(async move { self.judge_revoke(&ctx, id, after_hours).await })
            })
            .await?;
        let org = ctx.actor()?.org.id;
        let token = self
            .store
            .token(org, settled.member("tokenId")?)
            .await?
            .ok_or_else(|| Error::internal("a revoked token is missing"))?;
        Ok((token, settled))
    }

    async fn judge_revoke(
        &self,
        ctx: &Context,
        id: &str,
        after_hours: Option<u32>,
    ) -> Result<Judged<()>, Denial> {
        let actor = ctx.actor()?;
        let not_found = || Error::not_found("token", id);
        let token = match id.trim().parse::<TokenId>() {
            Ok(id) => self.store.token(actor.org.id, id).await?,
            Err(_) => None,
        };
        let own = token
            .as_ref()
            .is_some_and(|token| token.principal == actor.principal.id);
        let mut basis = if own {
            ctx.identity_basis()?
        } else {
            ctx.permit(Action::ManagePeople, &Self::home(&actor.org))?
                .basis
        };
        if let Some(answer) = self.kept(ctx).await? {
            return Ok(Judged::Kept(answer));
        }
        let token = token.ok_or_else(not_found)?;
        let answer = json!({"tokenId": token.id.to_string()});
        let overlap = after_hours.map(|hours| i64::from(hours) * 3_600);
        let over_by_then = |seconds| token.expires_at <= self.now().plus_seconds(seconds);
        if token.revoked_at.is_some() || overlap.is_some_and(over_by_then) {
            return Ok(Judged::Nothing(answer, ()));
        }
        basis.push(Precondition::At(RowRef::Token(token.id), token.version));
        let mut record = self.names.by_caller(
            ctx,
            actor,
            &actor.org,
            operations::TOKEN_REVOKED,
            token.id.to_string(),
        );
        let holder = self
            .principal_named(actor.org.id, &token.principal.to_string())
            .await?;
        record.parameters = vec![written("Principal", holder.label())];
        let write = match overlap.map(When::after_seconds) {
            None => RowWrite::RevokeToken(token.id),
            Some(end) => {
                record.moments = vec![("ExpirationDate".to_owned(), end)];
                RowWrite::EndToken(token.id, end)
            }
        };
        let change = Change {
            preconditions: basis,
            outbox: vec![roles_changed(actor)],
            records: vec![record],
            writes: vec![write],
            ..Change::default()
        };
        Ok(Judged::New(Box::new(change), answer, ()))
    }

    /// That a principal has room for one more token, which must still hold at the commit.
    pub(super) async fn token_room(&self, principal: &Principal) -> Result<Precondition> {
        let limit = self.limits.tokens_per_principal;
        let count = Count::LiveTokens(principal.org, principal.id);
        if self.store.count(count.clone(), self.now()).await? >= limit {
            return Err(Error::refused(
                "limitReached",
                format!("There are {limit} tokens of {} already.", principal.label()),
                "Revoke one that is not used any more; token.list shows when each was used last.",
            )
            .with("limit", limit));
        }
        Ok(Precondition::Fewer(count, limit))
    }

    /// Notes that a token was used; bookkeeping, so a full queue only loses the note.
    pub(super) async fn note_use(&self, token: &Token) {
        let at = self.clock.now();
        {
            let mut sessions = super::locked(&self.uses);
            let last = sessions
                .entry(token.id)
                .or_insert(Timestamp::from_millis(0));
            if at < last.plus_seconds(USE_RESOLUTION_SECONDS) {
                return;
            }
            *last = at;
        }
        let uses = vec![TokenUse {
            token: token.id,
            at,
        }];
        if let Err(error) = self.store.upkeep(Upkeep::TokenUses(uses)).await {
            tracing::debug!(?error, "a token's last use was not noted");
        }
    }

    /// A principal of an organization, as typed: by id, address, or a robot's name.
    pub(super) async fn principal_named(&self, org: OrgId, text: &str) -> Result<Principal> {
        let which = match text.trim().parse() {
            Ok(id) => PrincipalRef::Id(id),
            Err(_) => PrincipalRef::Label(text.trim().to_lowercase()),
        };
        self.store
            .principal(org, which)
            .await?
            .ok_or_else(|| Error::not_found("principal", text))
    }
}

/// A new token never reaches farther than the token that makes it.
fn within(actor: &Actor, wanted: TokenLimits) -> Result<TokenLimits> {
    let Some(own) = &actor.token else {
        return Ok(wanted);
    };
    let wider = |what: &str| {
        Error::forbidden(
            format!("The token that you use is limited, and the new one would have more {what}."),
            "Ask for no more than your own token has.",
        )
    };
    let roles = match (&own.roles, wanted.roles) {
        (Some(own), None) => Some(own.clone()),
        (Some(own), Some(wanted)) if !wanted.iter().all(|role| own.contains(role)) => {
            return Err(wider("roles"));
        }
        (_, wanted) => wanted,
    };
    let scope = match (&own.scope, wanted.scope) {
        (Some(own), None) => Some(own.clone()),
        (Some(own), Some(wanted)) if !own.contains(&wanted) => return Err(wider("scope")),
        (_, wanted) => wanted,
    };
    let decisions = match (&own.decisions, wanted.decisions) {
        (Some(own), None) => Some(own.clone()),
        (Some(own), Some(wanted)) if !wanted.iter().all(|one| own.contains(one)) => {
            return Err(wider("decisions"));
        }
        (_, wanted) => wanted,
    };
    Ok(TokenLimits {
        roles,
        scope,
        decisions,
    })
}

/// The bounds of a token's life.
pub(super) fn check_days(pointer: &str, days: Option<i64>) -> Result<()> {
    match days {
        Some(days) if !(1..=LONGEST_TOKEN_DAYS).contains(&days) => Err(Error::invalid_param(
            pointer,
            format!("A token cannot live {days} days."),
            "1 to 3650 days",
        )),
        _ => Ok(()),
    }
}
