//! `token.issue|list|revoke`, and redeeming codes.

use crate::audit::operations;
use crate::auth::{Actor, Context};
use crate::clock::Timestamp;
use crate::crypto::secret_hash;
use crate::domain::organization::{OrgKind, OrgState, Organization};
use crate::domain::people::{Assignment, Code, CodeKind, Principal, Token};
use crate::domain::rights::Action;
use crate::domain::scope::{Role, Scope};
use crate::error::{Error, Kind, Result};
use crate::ids::{OrgId, PrincipalId, TokenId};
use crate::service::Services;
use crate::service::codes::new_token;
pub use crate::service::codes::{LONGEST_TOKEN_DAYS, ShownOnce, TokenLimits, WARN_TOKEN_DAYS};
use crate::service::commit::{Denial, Judged, Settled};
use crate::service::records::named;
use crate::store::{
    Change, CommitError, Idempotency, OutboxDraft, Precondition, PrincipalRef, RowRef, RowWrite,
    TokenUse, Upkeep,
};
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
    /// What it is limited to.
    pub limits: TokenLimits,
    /// How many days it lives.
    pub days: Option<i64>,
}

/// What redeeming a code gave.
#[derive(Debug)]
pub struct Redeemed {
    /// The new token's secret; none where the same call was made before.
    pub token: Option<ShownOnce>,
    /// When the token ends.
    pub expires_at: Timestamp,
    /// The new token.
    pub token_id: TokenId,
    /// Whose.
    pub principal: Principal,
    /// Where.
    pub org: Organization,
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
        let limits = within(actor, issue.limits.clone())?;
        check_days(issue.days)?;
        basis.push(Precondition::At(
            RowRef::Principal(principal.id),
            principal.version,
        ));
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
            named("Principal", principal.id.to_string()),
            named("ExpirationDate", token.expires_at.to_string()),
        ];
        let change = Change {
            preconditions: basis,
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

    /// Revokes a token of the caller, or of anybody in an administrator's organization.
    ///
    /// # Errors
    /// Where a rule says no; nothing is changed then.
    pub async fn revoke_token(&self, ctx: &Context, id: &str) -> Result<(Token, Settled<()>)> {
        let mut ctx = ctx.clone();
        ctx.typed = Some(id.to_owned());
        let settled = self
            .settle(ctx.clone(), |ctx| {
                Box::pin(async move { self.judge_revoke(&ctx, id).await })
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

    async fn judge_revoke(&self, ctx: &Context, id: &str) -> Result<Judged<()>, Denial> {
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
        if token.revoked_at.is_some() {
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
        record.parameters = vec![named("Principal", token.principal.to_string())];
        let change = Change {
            preconditions: basis,
            records: vec![record],
            writes: vec![RowWrite::RevokeToken(token.id)],
            ..Change::default()
        };
        Ok(Judged::New(Box::new(change), answer, ()))
    }

    /// Redeems a code of either kind: its holder becomes known, and gets a token.
    ///
    /// # Errors
    /// Where the code does not count (any more).
    pub async fn redeem(&self, ctx: &Context, kind: CodeKind, text: &str) -> Result<Redeemed> {
        self.try_redeem(ctx, kind, text)
            .await
            .inspect_err(|error| self.count_failure(error))
    }

    async fn try_redeem(&self, ctx: &Context, kind: CodeKind, text: &str) -> Result<Redeemed> {
        let invalid = || {
            Error::new(
                Kind::Unauthenticated,
                "codeInvalid",
                "This code is not known, was used before, or has expired.",
                "Ask whoever gave it to you for a new one.",
            )
        };
        let now = self.now();
        let code = self
            .store
            .code_by_hash(secret_hash(text))
            .await?
            .filter(|code| code.kind == kind);
        if let Some(code) = &code
            && let Some(redeemed) = self.redeemed_before(ctx, code).await?
        {
            return Ok(redeemed);
        }
        let code = code.filter(|code| stands(code, now)).ok_or_else(invalid)?;
        let org = self.organization(code.org).await?;
        let principal = self
            .store
            .principal(code.org, PrincipalRef::Id(code.principal))
            .await?
            .filter(|principal| principal.enabled)
            .ok_or_else(invalid)?;
        let (token, secret) = new_token(&principal, None, TokenLimits::default(), None, now);
        let token_id = token.id;
        let idempotency = ctx.key.as_ref().map(|key| Idempotency {
            org: org.id,
            principal: principal.id,
            method: ctx.method.to_owned(),
            key: key.key.clone(),
            digest: key.digest,
            answer: json!({
                "tokenId": token_id.to_string(),
                "expirationDate": token.expires_at.to_string(),
            }),
        });
        let mut preconditions = vec![
            Precondition::At(RowRef::Code(code.id), code.version),
            Precondition::Before(code.expires_at),
            Precondition::At(RowRef::Principal(principal.id), principal.version),
        ];
        let mut writes = vec![
            RowWrite::UseCode(code.id),
            RowWrite::InsertToken(Box::new(token)),
        ];
        let mut claimed = org.clone();
        if kind == CodeKind::Claim {
            if org.state == OrgState::Unclaimed {
                claimed.state = OrgState::Active;
            }
            claimed.claimed_at = Some(now);
            preconditions.push(Precondition::At(RowRef::Organization(org.id), org.version));
            writes.push(RowWrite::UpdateOrganization(Box::new(claimed.clone())));
            writes.push(RowWrite::InsertAssignment(Box::new(Assignment {
                org: org.id,
                principal: principal.id,
                role: Role::GlobalAdministrator,
                scope: Scope::Tenant(org.id),
                assigned_at: now,
            })));
        }
        let operation = match kind {
            CodeKind::Claim => operations::TENANT_CLAIMED,
            CodeKind::Enrolment => operations::PRINCIPAL_ENROLLED,
        };
        let mut record = self
            .names
            .by_daemon(&org, operation, principal.id.to_string());
        record.user = principal.label().to_owned();
        record.user_is_person = true;
        record.user_type = match org.kind {
            OrgKind::Provider => crate::audit::draft::UserType::DataCenterAdmin,
            OrgKind::Tenant => crate::audit::draft::UserType::Admin,
        };
        record.external_access = org.kind == OrgKind::Provider;
        record.client_ip = ctx.peer.client_ip();
        record.actor = crate::audit::draft::ActorField {
            id: principal.id.to_string(),
            name: principal.label().to_owned(),
            kind: "person".to_owned(),
            authentication: "code".to_owned(),
            via: ctx.peer.via.as_str().to_owned(),
            token_id: Some(token_id.to_string()),
            provider_name: None,
        };
        let change = Change {
            preconditions,
            records: vec![record],
            writes,
            idempotency,
            outbox: vec![OutboxDraft {
                org: org.id,
                event: "rolesChanged",
                request: None,
            }],
            ..Change::default()
        };
        match self.apply(change).await {
            Ok(_) => Ok(Redeemed {
                expires_at: secret.expires_at,
                token: Some(secret),
                token_id,
                principal,
                org: claimed,
            }),
            // The code was used or voided in between.
            Err(CommitError::Failed(..)) => Err(invalid()),
            Err(error) => Err(error.into()),
        }
    }

    /// What an equal call with the same key redeemed before; its secret is not shown again.
    async fn redeemed_before(&self, ctx: &Context, code: &Code) -> Result<Option<Redeemed>> {
        let Some(key) = &ctx.key else { return Ok(None) };
        let stored = self
            .store
            .answer(code.org, code.principal, ctx.method, &key.key)
            .await?;
        let Some(stored) = stored else {
            return Ok(None);
        };
        if stored.digest != key.digest {
            return Err(CommitError::KeyReused.into());
        }
        let settled: Settled<()> = Settled::replay(stored.answer);
        let token_id = settled.member("tokenId")?;
        let token = self
            .store
            .token(code.org, token_id)
            .await?
            .ok_or_else(|| Error::internal("a redeemed token is missing"))?;
        let principal = self
            .store
            .principal(code.org, PrincipalRef::Id(code.principal))
            .await?
            .ok_or_else(|| Error::internal("a code without its principal"))?;
        Ok(Some(Redeemed {
            token: None,
            expires_at: token.expires_at,
            token_id,
            principal,
            org: self.organization(code.org).await?,
        }))
    }

    /// Notes that a token was used; bookkeeping, so a full queue only loses the note.
    pub(super) async fn note_use(&self, token: Option<&Token>) {
        let Some(token) = token else { return };
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

/// A code that was neither used nor voided and has not expired.
fn stands(code: &Code, now: Timestamp) -> bool {
    code.used_at.is_none() && code.voided_at.is_none() && now < code.expires_at
}

/// A new token never reaches farther than the token that makes it.
pub(super) fn within(actor: &Actor, wanted: TokenLimits) -> Result<TokenLimits> {
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
pub(super) fn check_days(days: Option<i64>) -> Result<()> {
    match days {
        Some(days) if !(1..=LONGEST_TOKEN_DAYS).contains(&days) => Err(Error::invalid_param(
            "/expiresInDays",
            format!("A token cannot live {days} days."),
            "1 to 3650 days",
        )),
        _ => Ok(()),
    }
}
