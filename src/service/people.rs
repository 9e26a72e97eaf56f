//! `principal.*`: people and robots of the caller's own organization.

use crate::audit::draft::Draft;
use crate::audit::{operations, text};
use crate::auth::{Actor, Context};
use crate::domain::organization::OrgKind;
use crate::domain::people::{Assignment, CodeKind, PersonKey, Principal, PrincipalKind};
use crate::domain::request::{Decision, State};
use crate::domain::rights::Action;
use crate::domain::scope::{Role, Scope};
use crate::domain::status::rows_in_state;
use crate::error::{Error, Result};
use crate::ids::PrincipalId;
use crate::service::Services;
use crate::service::codes::{ShownOnce, TokenLimits, new_code, new_token};
use crate::service::commit::{Denial, Judged, Settled};
use crate::service::records::{named, written};
use crate::service::roles::{WantedRole, checked_scope};
use crate::service::tokens::{check_days, within};
use crate::store::{
    Change, Count, Key, OutboxDraft, Precondition, PrincipalRef, RequestFilter, RowRef, RowWrite,
};
use serde_json::json;

/// More requests than one engineer can have at once.
const ALL_OF_ONE: usize = 10_000;

/// Whom to create.
#[derive(Clone, Debug)]
pub struct CreatePrincipal {
    /// Person or robot.
    pub kind: PrincipalKind,
    /// A person's address.
    pub address: Option<String>,
    /// Name for people.
    pub display_name: String,
    /// Roles to begin with.
    pub roles: Vec<WantedRole>,
    /// A robot's owner; the caller where not said.
    pub owner: Option<String>,
    /// Citizenship, where known.
    pub citizenship: Option<String>,
    /// Days that a robot's token lives.
    pub token_days: Option<i64>,
    /// Decisions that a robot's token is limited to.
    pub decisions: Option<Vec<Decision>>,
}

/// What only the first answer of creating somebody carries.
#[derive(Debug)]
pub enum FirstSecret {
    /// A person's enrolment code.
    Code(ShownOnce),
    /// A robot's token.
    Token(ShownOnce),
}

/// What enabling somebody did.
#[derive(Debug)]
pub struct Enabled {
    /// The new token of a robot that was taken over.
    pub token: Option<ShownOnce>,
}

impl Services {
    /// A principal with its roles, and whether a robot is stopped by its owner.
    ///
    /// # Errors
    /// Where the caller may not see it.
    pub async fn read_principal(&self, ctx: &Context, named: &str) -> Result<Described> {
        let actor = ctx.actor()?;
        let found = self.principal_named(actor.org.id, named).await;
        if !found
            .as_ref()
            .is_ok_and(|found| found.id == actor.principal.id)
        {
            ctx.permit(Action::ManagePeople, &Self::home(&actor.org))?;
        }
        self.describe(found?).await
    }

    /// Principals of the caller's organization, by id.
    ///
    /// # Errors
    /// Where the caller may not see them.
    pub async fn list_principals(
        &self,
        ctx: &Context,
        after: Option<PrincipalId>,
        limit: usize,
        keep: impl Fn(&Described) -> bool + Send,
    ) -> Result<(Vec<Described>, Option<PrincipalId>)> {
        let actor = ctx.actor()?;
        ctx.permit(Action::ManagePeople, &Self::home(&actor.org))?;
        let (mut after, mut found) = (after, Vec::new());
        loop {
            let page = self.store.principals(actor.org.id, after, limit).await?;
            let full = page.len() == limit;
            for principal in page {
                after = Some(principal.id);
                let described = self.describe(principal).await?;
                if keep(&described) {
                    found.push(described);
                }
                if found.len() == limit {
                    return Ok((found, after));
                }
            }
            if !full {
                return Ok((found, None));
            }
        }
    }

    /// A principal with its roles, and whether its owner stops it.
    ///
    /// # Errors
    /// Where the store cannot be read.
    pub async fn describe(&self, principal: Principal) -> Result<Described> {
        let roles = self
            .store
            .assignments(principal.org, Some(principal.id))
            .await?;
        let org = self.organization(principal.org).await?;
        let stopped = match principal.owner {
            Some(owner) => !self
                .store
                .principal(principal.org, PrincipalRef::Id(owner))
                .await?
                .is_some_and(|owner| owner.enabled),
            None => false,
        };
        Ok(Described {
            organization: org.name,
            stopped: stopped && principal.is_robot(),
            principal,
            roles,
        })
    }

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

    pub(super) async fn with_principal<T>(
        &self,
        ctx: &Context,
        settled: Settled<T>,
    ) -> Result<(Described, Settled<T>)> {
        let id: PrincipalId = settled.member("principalId")?;
        let org = ctx.actor()?.org.id;
        let principal = self
            .store
            .principal(org, PrincipalRef::Id(id))
            .await?
            .ok_or_else(|| Error::internal("a principal is missing"))?;
        Ok((self.describe(principal).await?, settled))
    }

    async fn judge_create(
        &self,
        ctx: &Context,
        create: &CreatePrincipal,
    ) -> Result<Judged<FirstSecret>, Denial> {
        let actor = ctx.actor()?;
        let permit = ctx.permit(Action::ManagePeople, &Self::home(&actor.org))?;
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
        for wanted in &create.roles {
            let scope = checked_scope(&actor.org, wanted)?;
            let assignment = Assignment {
                org: actor.org.id,
                principal: principal.id,
                role: wanted.role,
                scope,
                assigned_at: now,
            };
            records.push(self.role_record(ctx, actor, operations::ROLE_ASSIGNED, &assignment));
            writes.push(RowWrite::InsertAssignment(Box::new(assignment)));
        }
        let mut answer = json!({"principalId": principal.id.to_string()});
        let first = if principal.is_robot() {
            let limits = within(
                actor,
                TokenLimits {
                    decisions: create.decisions.clone(),
                    ..TokenLimits::default()
                },
            )?;
            check_days(create.token_days)?;
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
            outbox: vec![roles_changed(actor)],
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
        let permit = ctx.permit(Action::ManagePeople, &Self::home(&actor.org))?;
        if let Some(answer) = self.kept(ctx).await? {
            return Ok(Judged::Kept(answer));
        }
        let principal = self.principal_named(actor.org.id, name).await?;
        if principal.is_robot() || !principal.enabled {
            return Err(Error::refused(
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
        let mut row = principal.clone();
        row.enabled = false;
        change.preconditions.push(Precondition::At(
            RowRef::Principal(principal.id),
            principal.version,
        ));
        let mut record =
            self.about_principal(ctx, actor, operations::PRINCIPAL_DISABLED, &principal);
        record
            .parameters
            .push(written("Reason", reason.unwrap_or_default()));
        change.records.push(record);
        change.writes.push(RowWrite::UpdatePrincipal(Box::new(row)));
        let (mut withdrawn, mut revoked) = (0, 0);
        // A robot counts as its owner, and stops with him.
        let robots = self.store.robots_of(actor.org.id, principal.id).await?;
        for engineer in std::iter::once(&principal).chain(&robots) {
            let reason = "The engineer was disabled.";
            let ended = self
                .end_requests_of(ctx, &mut change, engineer, |_| true, reason)
                .await?;
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

    /// That the organization keeps another enabled administrator.
    pub(super) async fn keep_an_administrator(
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
    pub(super) async fn end_requests_of(
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
            .filter(|request| loses(&super::request::scope_of(request)))
            .collect();
        self.end_all(ctx, change, losing, comment).await
    }

    /// Enables somebody again, or takes over a robot whose owner is disabled: its old tokens are
    /// revoked then, and the caller becomes its owner.
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
        let permit = ctx.permit(Action::ManagePeople, &Self::home(&actor.org))?;
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
            row.owner = Some(owner.id);
            row.person_key = owner.person_key.clone();
            let (new, secret) = new_token(
                &row,
                None,
                within(actor, TokenLimits::default())?,
                None,
                self.now(),
            );
            if let Some(map) = answer.as_object_mut() {
                map.insert("tokenId".to_owned(), new.id.to_string().into());
                map.insert(
                    "expirationDate".to_owned(),
                    new.expires_at.to_string().into(),
                );
            }
            change.writes.push(RowWrite::RevokeTokensOf(principal.id));
            change.writes.push(RowWrite::InsertToken(Box::new(new)));
            token = Some(secret);
            operations::PRINCIPAL_TAKEN_OVER
        } else {
            operations::PRINCIPAL_ENABLED
        };
        change
            .records
            .push(self.about_principal(ctx, actor, operation, &principal));
        change.writes.push(RowWrite::UpdatePrincipal(Box::new(row)));
        Ok(Judged::New(Box::new(change), answer, Enabled { token }))
    }

    /// A record about one of the caller's own principals.
    fn about_principal(
        &self,
        ctx: &Context,
        actor: &Actor,
        operation: &str,
        principal: &Principal,
    ) -> Draft {
        let mut record =
            self.names
                .by_caller(ctx, actor, &actor.org, operation, principal.id.to_string());
        record.parameters = vec![
            written("Principal", principal.label()),
            named(
                "Kind",
                match principal.kind {
                    PrincipalKind::Person => "person",
                    PrincipalKind::Robot => "robot",
                },
            ),
        ];
        record
    }
}

/// A principal with what a reader wants to know besides.
#[derive(Clone, Debug)]
pub struct Described {
    /// The principal.
    pub principal: Principal,
    /// Name of its organization.
    pub organization: String,
    /// Its role assignments.
    pub roles: Vec<Assignment>,
    /// Whether a robot is stopped because its owner is disabled.
    pub stopped: bool,
}

pub(super) fn roles_changed(actor: &Actor) -> OutboxDraft {
    OutboxDraft {
        org: actor.org.id,
        event: "rolesChanged",
        request: None,
    }
}

/// A person's address, lower-cased.
pub(super) fn checked_address(pointer: &str, address: Option<&str>) -> Result<String> {
    let address = address.unwrap_or_default().trim().to_lowercase();
    let sound = address
        .split_once('@')
        .is_some_and(|(local, domain)| !local.is_empty() && domain.contains('.'))
        && !address.contains(char::is_whitespace)
        && address.matches('@').count() == 1;
    if sound {
        text::check_free_text(pointer, &address)?;
        Ok(address)
    } else {
        Err(Error::invalid_param(
            pointer,
            format!("'{address}' is no address."),
            "an address such as ada@contoso.com",
        ))
    }
}
