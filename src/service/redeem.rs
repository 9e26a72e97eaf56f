//! Redeeming a code: `tenant.claim`, `principal.enroll`. Its holder becomes known, and gets a token.

use crate::audit::draft::{ActorField, Draft, UserType};
use crate::audit::operations;
use crate::auth::Context;
use crate::clock::Timestamp;
use crate::crypto::secret_hash;
use crate::domain::notice::Event;
use crate::domain::organization::{OrgKind, OrgState, Organization};
use crate::domain::people::{Assignment, Code, CodeKind, Principal};
use crate::domain::scope::{Role, Scope};
use crate::error::{Error, Kind, Result};
use crate::ids::TokenId;
use crate::service::Services;
use crate::service::codes::{ShownOnce, TokenLimits, new_token};
use crate::service::commit::{JUDGED_AGAIN, Settled};
use crate::store::{
    Change, CommitError, Idempotency, OutboxDraft, Outcome, Precondition, PrincipalRef, RowRef,
    RowWrite,
};
use serde_json::json;

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
    /// Redeems a code of either kind.
    ///
    /// # Errors
    /// Where the code does not count (any more).
    pub async fn redeem(&self, ctx: &Context, kind: CodeKind, text: &str) -> Result<Redeemed> {
        let hash = secret_hash(text);
        for _ in 0..=JUDGED_AGAIN {
            let code = self
                .store
                .code_by_hash(hash)
                .await?
                .filter(|code| code.kind == kind);
            if let Some(code) = &code
                && let Some(redeemed) = self.redeemed_before(ctx, code).await?
            {
                return Ok(redeemed);
            }
            let Some((code, principal)) = self.standing_code(code).await? else {
                let error = Error::new(
                    Kind::Unauthenticated,
                    "codeInvalid",
                    "This code is not known, was used before, or does not count now.",
                    "Ask whoever gave it to you for a new one.",
                );
                return Err(self.failed(&ctx.peer, error));
            };
            let (change, redeemed) = self.judge_redeem(ctx, &code, principal).await?;
            match self.apply(change).await {
                Ok(committed) if matches!(committed.outcome, Outcome::Applied(_)) => {
                    return Ok(redeemed);
                }
                // An equal call in flight was faster, or something moved: look again.
                Ok(_) | Err(CommitError::Failed(..)) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(CommitError::Busy.into())
    }

    /// A code that counts now, and whom it lets in.
    async fn standing_code(&self, code: Option<Code>) -> Result<Option<(Code, Principal)>> {
        let now = self.now();
        let Some(code) = code.filter(|code| {
            code.used_at.is_none()
                && code.voided_at.is_none()
                && code.created_at <= now
                && now < code.expires_at
        }) else {
            return Ok(None);
        };
        let principal = self
            .store
            .principal(code.org, PrincipalRef::Id(code.principal))
            .await?;
        Ok(principal
            .filter(|principal| principal.enabled)
            .map(|principal| (code, principal)))
    }

    async fn judge_redeem(
        &self,
        ctx: &Context,
        code: &Code,
        principal: Principal,
    ) -> Result<(Change, Redeemed)> {
        let now = self.now();
        let mut org = self.organization(code.org).await?;
        let (token, secret) = new_token(&principal, None, TokenLimits::default(), None, now);
        let token_id = token.id;
        let idempotency = ctx.key.as_ref().map(|key| Idempotency {
            org: org.id,
            principal: principal.id,
            method: ctx.method.to_owned(),
            key: key.key.clone(),
            digest: key.digest,
            answer: json!({"tokenId": token_id.to_string()}),
        });
        let mut change = Change {
            preconditions: vec![
                Precondition::At(RowRef::Code(code.id), code.version),
                Precondition::NotBefore(code.created_at),
                Precondition::Before(code.expires_at),
                Precondition::At(RowRef::Principal(principal.id), principal.version),
                self.token_room(&principal).await?,
            ],
            records: vec![self.redeemed_record(ctx, code.kind, &org, &principal, token_id)],
            writes: vec![
                RowWrite::UseCode(code.id),
                RowWrite::InsertToken(Box::new(token)),
            ],
            idempotency,
            outbox: vec![OutboxDraft::new(org.id, Event::RolesChanged, None)],
            ..Change::default()
        };
        if code.kind == CodeKind::Claim {
            self.claim(&mut change, &mut org, &principal, now).await?;
        }
        Ok((
            change,
            Redeemed {
                expires_at: secret.expires_at,
                token: Some(secret),
                token_id,
                principal,
                org,
            },
        ))
    }

    /// Adds to a change that somebody becomes the tenant's administrator: its first, or after a
    /// recovery its next.
    async fn claim(
        &self,
        change: &mut Change,
        org: &mut Organization,
        principal: &Principal,
        now: Timestamp,
    ) -> Result<()> {
        change
            .preconditions
            .push(Precondition::At(RowRef::Organization(org.id), org.version));
        if org.state == OrgState::Unclaimed {
            org.state = OrgState::Active;
        }
        org.claimed_at = org.claimed_at.or(Some(now));
        change
            .writes
            .push(RowWrite::UpdateOrganization(Box::new(org.clone())));
        // As the write leaves it, for the answer.
        org.version = org.version.saturating_add(1);
        let role = Assignment {
            org: org.id,
            principal: principal.id,
            role: Role::GlobalAdministrator,
            scope: Scope::Tenant(org.id),
            assigned_at: now,
        };
        let held = self
            .store
            .assignments(org.id, Some(principal.id))
            .await?
            .iter()
            .any(|held| held.role == role.role && held.scope == role.scope);
        if !held {
            change
                .writes
                .push(RowWrite::InsertAssignment(Box::new(role)));
        }
        Ok(())
    }

    fn redeemed_record(
        &self,
        ctx: &Context,
        kind: CodeKind,
        org: &Organization,
        principal: &Principal,
        token: TokenId,
    ) -> Draft {
        let operation = match kind {
            CodeKind::Claim => operations::TENANT_CLAIMED,
            CodeKind::Enrolment => operations::PRINCIPAL_ENROLLED,
        };
        let mut record = self
            .names
            .by_daemon(org, operation, principal.id.to_string());
        record.user = principal.label().to_owned();
        record.user_is_person = true;
        record.user_type = match org.kind {
            OrgKind::Provider => UserType::DataCenterAdmin,
            OrgKind::Tenant => UserType::Admin,
        };
        record.external_access = org.kind == OrgKind::Provider;
        record.client_ip = ctx.peer.client_ip();
        record.actor = ActorField {
            id: principal.id.to_string(),
            name: principal.label().to_owned(),
            kind: "person".to_owned(),
            authentication: "code".to_owned(),
            via: ctx.peer.via.as_str().to_owned(),
            token_id: Some(token.to_string()),
            provider_name: None,
        };
        record
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
}
