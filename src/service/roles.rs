//! `role.*`: who is what, and where.

use crate::audit::draft::Draft;
use crate::audit::operations;
use crate::auth::{Actor, Context};
use crate::domain::organization::{OrgKind, Organization};
use crate::domain::people::Assignment;
use crate::domain::rights::{self, Action};
use crate::domain::scope::{Role, Scope};
use crate::error::{Error, Result};
use crate::service::Services;
use crate::service::commit::{Denial, Judged, Settled};
use crate::service::people::roles_changed;
use crate::service::records::named;
use crate::store::{Change, Key, Precondition, RowRef, RowWrite};
use serde_json::json;

/// A role as the caller names it.
#[derive(Clone, Debug)]
pub struct WantedRole {
    /// The role.
    pub role: Role,
    /// Where; the role's own scope where not said.
    pub scope: Option<Scope>,
}

/// The scope of a wanted role, checked against the side and the organization it is held in.
pub(super) fn checked_scope(org: &Organization, wanted: &WantedRole) -> Result<Scope> {
    if wanted.role.side() != org.kind {
        let names: Vec<&str> = Role::ALL
            .into_iter()
            .filter(|role| role.side() == org.kind)
            .map(Role::as_str)
            .collect();
        return Err(Error::invalid_param(
            "/role",
            format!("{} is no role of this organization.", wanted.role),
            &format!("one of {}", names.join(", ")),
        ));
    }
    let scope = wanted
        .scope
        .clone()
        .unwrap_or_else(|| wanted.role.default_scope(org.id));
    let sound = match org.kind {
        OrgKind::Tenant => scope.tenant() == Some(org.id),
        OrgKind::Provider => match wanted.role {
            Role::ProviderAdministrator => scope == Scope::Provider,
            _ => scope != Scope::Provider,
        },
    };
    if sound {
        Ok(scope)
    } else {
        Err(Error::invalid_param(
            "/scope",
            format!("{} cannot be held at {scope}.", wanted.role),
            match org.kind {
                OrgKind::Tenant => "a scope within your own tenant",
                OrgKind::Provider => {
                    "/provider for ProviderAdministrator, /tenants or below for the other roles"
                }
            },
        ))
    }
}

impl Services {
    /// A scope as typed: a path in which a tenant may stand by GUID or by name.
    ///
    /// # Errors
    /// Where it is no scope, or names a tenant that is not there.
    pub async fn read_scope(&self, ctx: &Context, text: &str) -> Result<Scope> {
        let malformed = || {
            Error::invalid_param(
                "/scope",
                format!("'{text}' is no scope."),
                "/provider, /tenants, /tenants/T, /tenants/T/services/S or /tenants/T/subscriptions/U",
            )
        };
        let Some(rest) = text.trim().strip_prefix("/tenants/") else {
            return text.parse().map_err(|()| malformed());
        };
        let (tenant, below) = rest
            .split_once('/')
            .map_or((rest, String::new()), |(tenant, below)| {
                (tenant, format!("/{below}"))
            });
        let org = self.tenant_of(ctx, Some(tenant)).await?;
        format!("/tenants/{}{below}", org.id)
            .parse()
            .map_err(|()| malformed())
    }

    /// Role assignments of the caller's organization, or of one principal of it.
    ///
    /// # Errors
    /// Where the caller may not see them.
    pub async fn list_roles(
        &self,
        ctx: &Context,
        principal: Option<&str>,
    ) -> Result<Vec<Assignment>> {
        let actor = ctx.actor()?;
        ctx.permit(Action::ManagePeople, &Self::home(&actor.org))?;
        let principal = match principal {
            Some(text) => Some(self.principal_named(actor.org.id, text).await?.id),
            None => None,
        };
        self.store.assignments(actor.org.id, principal).await
    }

    /// Gives somebody a role.
    ///
    /// # Errors
    /// Where a rule says no; nothing is changed then.
    pub async fn assign_role(
        &self,
        ctx: &Context,
        principal: &str,
        wanted: &WantedRole,
    ) -> Result<(Assignment, Settled<Assignment>)> {
        let mut ctx = ctx.clone();
        ctx.typed = Some(principal.to_owned());
        let settled = self
            .settle(ctx.clone(), |ctx| {
                Box::pin(async move { self.judge_assign(&ctx, principal, wanted).await })
            })
            .await?;
        let assignment = match &settled.once {
            Some(assignment) => assignment.clone(),
            None => {
                let scope = checked_scope(&ctx.actor()?.org, wanted)?;
                self.list_roles(&ctx, Some(principal))
                    .await?
                    .into_iter()
                    .find(|held| held.role == wanted.role && held.scope == scope)
                    .ok_or_else(|| Error::not_found("role assignment", wanted.role.as_str()))?
            }
        };
        Ok((assignment, settled))
    }

    async fn judge_assign(
        &self,
        ctx: &Context,
        name: &str,
        wanted: &WantedRole,
    ) -> Result<Judged<Assignment>, Denial> {
        let actor = ctx.actor()?;
        let permit = ctx.permit(Action::ManagePeople, &Self::home(&actor.org))?;
        if let Some(answer) = self.kept(ctx).await? {
            return Ok(Judged::Kept(answer));
        }
        let scope = checked_scope(&actor.org, wanted)?;
        let principal = self.principal_named(actor.org.id, name).await?;
        let present = self
            .store
            .assignments(actor.org.id, Some(principal.id))
            .await?
            .into_iter()
            .find(|held| held.role == wanted.role && held.scope == scope);
        if let Some(present) = present {
            return Ok(Judged::Nothing(json!({}), present));
        }
        let assignment = Assignment {
            org: actor.org.id,
            principal: principal.id,
            role: wanted.role,
            scope: scope.clone(),
            assigned_at: self.now(),
        };
        let mut preconditions = permit.basis;
        preconditions.extend([
            Precondition::At(RowRef::Principal(principal.id), principal.version),
            Precondition::Absent(Key::Assignment(principal.id, wanted.role, scope)),
        ]);
        let change = Change {
            preconditions,
            records: vec![self.role_record(ctx, actor, operations::ROLE_ASSIGNED, &assignment)],
            writes: vec![RowWrite::InsertAssignment(Box::new(assignment.clone()))],
            outbox: vec![roles_changed(actor)],
            ..Change::default()
        };
        Ok(Judged::New(Box::new(change), json!({}), assignment))
    }

    /// Takes a role away; requests that stood on it end in the same change.
    ///
    /// # Errors
    /// Where a rule says no; the last administrator keeps the role.
    pub async fn remove_role(
        &self,
        ctx: &Context,
        principal: &str,
        wanted: &WantedRole,
    ) -> Result<Settled<()>> {
        let mut ctx = ctx.clone();
        ctx.typed = Some(principal.to_owned());
        self.settle(ctx, |ctx| {
            Box::pin(async move { self.judge_remove(&ctx, principal, wanted).await })
        })
        .await
    }

    async fn judge_remove(
        &self,
        ctx: &Context,
        name: &str,
        wanted: &WantedRole,
    ) -> Result<Judged<()>, Denial> {
        let actor = ctx.actor()?;
        let permit = ctx.permit(Action::ManagePeople, &Self::home(&actor.org))?;
        if let Some(answer) = self.kept(ctx).await? {
            return Ok(Judged::Kept(answer));
        }
        let scope = checked_scope(&actor.org, wanted)?;
        let principal = self.principal_named(actor.org.id, name).await?;
        let mut left = self
            .store
            .assignments(actor.org.id, Some(principal.id))
            .await?;
        let Some(at) = left
            .iter()
            .position(|held| held.role == wanted.role && held.scope == scope)
        else {
            return Ok(Judged::Nothing(json!({"removed": false}), ()));
        };
        let assignment = left.remove(at);
        let mut change = Change {
            preconditions: permit.basis,
            outbox: vec![roles_changed(actor)],
            ..Change::default()
        };
        if wanted.role == Role::administrator_of(actor.org.kind)
            && principal.enabled
            && !left.iter().any(|held| held.role == wanted.role)
        {
            self.keep_an_administrator(actor, &principal, &mut change)
                .await?;
        }
        change.preconditions.extend([
            Precondition::At(
                RowRef::Assignment(principal.id, wanted.role, scope.clone()),
                1,
            ),
            Precondition::At(RowRef::Principal(principal.id), principal.version),
        ]);
        change
            .records
            .push(self.role_record(ctx, actor, operations::ROLE_REMOVED, &assignment));
        change
            .writes
            .push(RowWrite::RemoveAssignment(principal.id, wanted.role, scope));
        // Raises the version, so that what rests on this principal's roles is judged again.
        change
            .writes
            .push(RowWrite::UpdatePrincipal(Box::new(principal.clone())));
        let held: Vec<(Role, Scope)> = left
            .into_iter()
            .map(|held| (held.role, held.scope))
            .collect();
        let (withdrawn, revoked) = self
            .end_requests_of(
                ctx,
                &mut change,
                &principal,
                |object| rights::reach(Action::SubmitRequest, object, &held).is_none(),
                "The engineer's role was taken away.",
            )
            .await?;
        let answer = json!({
            "removed": true,
            "withdrawnRequests": withdrawn,
            "revokedGrants": revoked,
        });
        Ok(Judged::New(Box::new(change), answer, ()))
    }

    /// A record about a role assignment.
    pub(super) fn role_record(
        &self,
        ctx: &Context,
        actor: &Actor,
        operation: &str,
        assignment: &Assignment,
    ) -> Draft {
        let mut record = self.names.by_caller(
            ctx,
            actor,
            &actor.org,
            operation,
            assignment.principal.to_string(),
        );
        record.parameters = vec![
            named("Principal", assignment.principal.to_string()),
            named("Role", assignment.role.as_str()),
            named("Scope", assignment.scope.to_string()),
        ];
        record
    }
}
