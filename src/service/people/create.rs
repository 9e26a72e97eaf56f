//! `principal.create`, `principal.invite`.

use super::{CreatePrincipal, Described, FirstSecret, checked_address, roles_changed};
use crate::audit::{operations, text};
use crate::auth::{Actor, Context};
use crate::domain::people::{Assignment, CodeKind, PersonKey, Principal, PrincipalKind};
use crate::domain::rights::Action;
use crate::error::{Error, Result};
use crate::ids::PrincipalId;
use crate::service::Services;
use crate::service::codes::{ShownOnce, TokenLimits, new_code, new_token};
use crate::service::commit::{Denial, Judged, Settled};
use crate::service::tokens::check_days;
use crate::store::{Change, Key, Precondition, PrincipalRef, RowRef, RowWrite};
use serde_json::json;

impl Services {
    /// Creates a person or a robot.
    ///
    /// # Errors
    /// Where a rule says no; nothing is changed then.
    pub async fn create_principal(
        &self,
        ctx: &Context,
        create: &CreatePrincipal,
    ) -> Result<(Described, Settled<FirstSecret>)> {
        let settled = self
            .settle(ctx.clone(), |ctx| {
                Box::pin(async move { self.judge_create(&ctx, create).await })
            })
            .await?;
        self.with_principal(ctx, settled).await
    }

    async fn judge_create(
        &self,
        ctx: &Context,
        create: &CreatePrincipal,
    ) -> Result<Judged<FirstSecret>, Denial> {
        let actor = ctx.actor()?;
        let permit = ctx.permit(Action::EmpowerPeople, &Self::home(&actor.org))?;
        if let Some(answer) = self.kept(ctx).await? {
            return Ok(Judged::Kept(answer));
        }
        let now = self.now();
        let mut preconditions = permit.basis;
        let (principal, owner) = self.drafted(actor, create).await?;
        preconditions.extend(
            owner.map(|owner| Precondition::At(RowRef::Principal(owner.id), owner.version)),
        );
        preconditions.push(Precondition::Absent(match &principal.address {
            Some(address) => Key::Address(actor.org.id, address.clone()),
            None => Key::RobotName(actor.org.id, principal.display_name.to_lowercase()),
        }));
        let taken = PrincipalRef::Label(principal.label().to_lowercase());
        if self.store.principal(actor.org.id, taken).await?.is_some() {
            return Err(Error::conflict(
                "alreadyExists",
                format!("There is a principal '{}' already.", principal.label()),
                "Use principal.invite for a person, token.issue for a robot, or another name.",
            )
            .into());
        }
        let mut writes = vec![RowWrite::InsertPrincipal(Box::new(principal.clone()))];
        let mut records =
            vec![self.about_principal(ctx, actor, operations::PRINCIPAL_CREATED, &principal)];
        let mut outbox = Vec::new();
        let mut given: Vec<Assignment> = Vec::new();
        for (index, wanted) in create.roles.iter().enumerate() {
            let scope = self
                .wanted_scope(ctx, &format!("/roles/{index}"), wanted)
                .await?;
            if given.iter().any(|held| wanted.is(held, &scope)) {
                continue;
            }
            let assignment = Assignment {
                org: actor.org.id,
                principal: principal.id,
                role: wanted.role,
                scope,
                assigned_at: now,
            };
            let given_to = (&principal, &assignment);
            let record = self.role_record(ctx, actor, operations::ROLE_ASSIGNED, given_to);
            if !principal.is_robot() {
                // They hear of it as of a role that comes later.
                outbox.push(roles_changed(actor).told_by(&record));
            }
            records.push(record);
            writes.push(RowWrite::InsertAssignment(Box::new(assignment.clone())));
            given.push(assignment);
        }
        if outbox.is_empty() {
            outbox.push(roles_changed(actor));
        }
        let mut answer = json!({"principalId": principal.id.to_string()});
        let first = if principal.is_robot() {
            let limits = TokenLimits {
                decisions: create.decisions.clone(),
                ..TokenLimits::default()
            };
            check_days("/tokenDays", create.token_days)?;
            let (token, secret) = new_token(&principal, None, limits, create.token_days, now);
            if let Some(map) = answer.as_object_mut() {
                map.insert("tokenId".to_owned(), token.id.to_string().into());
                map.insert(
                    "expirationDate".to_owned(),
                    token.expires_at.to_string().into(),
                );
            }
            writes.push(RowWrite::InsertToken(Box::new(token)));
            FirstSecret::Token(secret)
        } else {
            let (code, secret) = new_code(&principal, CodeKind::Enrolment, now);
            if let Some(map) = answer.as_object_mut() {
                map.insert(
                    "expirationDate".to_owned(),
                    code.expires_at.to_string().into(),
                );
            }
            writes.push(RowWrite::InsertCode(Box::new(code)));
            FirstSecret::Code(secret)
        };
        let change = Change {
            preconditions,
            records,
            writes,
            outbox,
            ..Change::default()
        };
        Ok(Judged::New(Box::new(change), answer, first))
    }

    /// The row of somebody to be created, and a robot's owner.
    async fn drafted(
        &self,
        actor: &Actor,
        create: &CreatePrincipal,
    ) -> Result<(Principal, Option<Principal>)> {
        text::check_free_text("/displayName", &create.display_name)?;
        let (address, key, owner) = match create.kind {
            PrincipalKind::Person => {
                let address = checked_address("/address", create.address.as_deref())?;
                if create.owner.is_some() {
                    return Err(Error::invalid_param(
                        "/owner",
                        "Only a robot has an owner.",
                        "no owner for a person",
                    ));
                }
                (Some(address.clone()), PersonKey::local(&address), None)
            }
            PrincipalKind::Robot => {
                check_robot_name(&create.display_name)?;
                let owner = match &create.owner {
                    Some(text) => self.principal_named(actor.org.id, text).await?,
                    None => actor
                        .owner
                        .clone()
                        .unwrap_or_else(|| actor.principal.clone()),
                };
                if owner.is_robot() || !owner.enabled {
                    return Err(Error::invalid_param(
                        "/owner",
                        "A robot is owned by a person who is enabled.",
                        "an enabled person of your organization",
                    ));
                }
                (None, owner.person_key.clone(), Some(owner))
            }
        };
        let principal = Principal {
            id: PrincipalId::new(),
            org: actor.org.id,
            kind: create.kind,
            address,
            display_name: create.display_name.trim().to_owned(),
            person_key: key,
            owner: owner.as_ref().map(|owner| owner.id),
            enabled: true,
            stopped: false,
            citizenship: create.citizenship.clone(),
            created_at: self.now(),
            version: 1,
        };
        Ok((principal, owner))
    }

    /// Makes a new enrolment code for a person and voids older ones.
    ///
    /// # Errors
    /// Where a rule says no; nothing is changed then.
    pub async fn invite(
        &self,
        ctx: &Context,
        named: &str,
    ) -> Result<(Described, Settled<ShownOnce>)> {
        let mut ctx = ctx.clone();
        ctx.typed = Some(named.to_owned());
        let settled = self
            .settle(ctx.clone(), |ctx| {
                Box::pin(async move { self.judge_invite(&ctx, named).await })
            })
            .await?;
        self.with_principal(&ctx, settled).await
    }

    async fn judge_invite(&self, ctx: &Context, name: &str) -> Result<Judged<ShownOnce>, Denial> {
        let actor = ctx.actor()?;
        let permit = ctx.permit(Action::EmpowerPeople, &Self::home(&actor.org))?;
        if let Some(answer) = self.kept(ctx).await? {
            return Ok(Judged::Kept(answer));
        }
        let principal = self.principal_named(actor.org.id, name).await?;
        if principal.is_robot() || !principal.enabled {
            return Err(Error::conflict(
                "wrongState",
                "Only an enabled person can be invited.",
                "Enable the person first; a robot gets a token with token.issue.",
            )
            .into());
        }
        let (code, secret) = new_code(&principal, CodeKind::Enrolment, self.now());
        let mut preconditions = permit.basis;
        preconditions.push(Precondition::At(
            RowRef::Principal(principal.id),
            principal.version,
        ));
        let answer = json!({
            "principalId": principal.id.to_string(),
            "expirationDate": code.expires_at.to_string(),
        });
        let change = Change {
            preconditions,
            records: vec![self.about_principal(
                ctx,
                actor,
                operations::PRINCIPAL_INVITED,
                &principal,
            )],
            writes: vec![
                RowWrite::VoidCodesOf(principal.id),
                RowWrite::InsertCode(Box::new(code)),
            ],
            ..Change::default()
        };
        Ok(Judged::New(Box::new(change), answer, secret))
    }
}

/// A robot is called by its name where people are called by their address, so it must look like
/// neither an address nor an id.
fn check_robot_name(name: &str) -> Result<()> {
    if name.contains('@') || name.trim().parse::<PrincipalId>().is_ok() {
        return Err(Error::invalid_param(
            "/displayName",
            "A robot's name must not look like a person's address or like an id.",
            "a name such as after-hours-deny",
        ));
    }
    Ok(())
}
