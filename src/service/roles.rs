//! `role.*`: who is what, and where.

use crate::audit::draft::Draft;
use crate::audit::operations;
use crate::auth::{Actor, Context};
use crate::clock::Timestamp;
use crate::domain::organization::Organization;
use crate::domain::people::{Assignment, Principal};
use crate::domain::rights::{self, Action};
use crate::domain::scope::{Role, Scope};
use crate::error::{Error, Result};
use crate::service::Services;
use crate::service::commit::{Denial, Judged, Settled};
use crate::service::people::roles_changed;
use crate::service::records::{named, written};
use crate::store::{Change, Key, Precondition, RowRef, RowWrite};
use serde_json::json;

/// A role as the caller names it.
#[derive(Clone, Debug)]
pub struct WantedRole {
    /// The role.
    pub role: Role,
    /// Where, as typed; the role's own scope where not said.
    pub scope: Option<String>,
}

impl WantedRole {
    /// Whether an assignment is this role at a scope; names in scopes are compared without case.
    pub(super) fn is(&self, held: &Assignment, scope: &Scope) -> bool {
        held.role == self.role && held.scope.contains(scope) && scope.contains(&held.scope)
    }
}

/// Whether a role can be held at a scope: on the side and within the organization it belongs to.
/// The roles that run a side are held over all of it, so that the last of them can be counted.
fn fits(org: &Organization, role: Role, scope: &Scope) -> bool {
    match role {
        Role::ProviderAdministrator => *scope == Scope::Provider,
        Role::GlobalAdministrator => *scope == Scope::Tenant(org.id),
        Role::CustomerLockboxAccessApprover | Role::SecurityReader => {
            scope.tenant() == Some(org.id)
        }
        Role::SupportEngineer | Role::SupportManager | Role::ResourceGateway => {
            *scope != Scope::Provider
        }
    }
}

impl Services {
    /// The scope of a wanted role, checked against the side and the organization it is held in.
    pub(super) async fn wanted_scope(
        &self,
        ctx: &Context,
        pointer: &str,
        wanted: &WantedRole,
    ) -> Result<Scope> {
        let org = &ctx.actor()?.org;
        if wanted.role.side() != org.kind {
            let names: Vec<&str> = Role::ALL
                .into_iter()
                .filter(|role| role.side() == org.kind)
                .map(Role::as_str)
                .collect();
            return Err(Error::invalid_param(
                &format!("{pointer}/role"),
                format!("{} is no role of this organization.", wanted.role),
                &format!("one of {}", names.join(", ")),
            ));
        }
        let pointer = format!("{pointer}/scope");
        let scope = match &wanted.scope {
            Some(text) => self.read_scope(ctx, &pointer, text).await?,
            None => wanted.role.default_scope(org.id),
        };
        if fits(org, wanted.role, &scope) {
            return Ok(scope);
        }
        Err(Error::invalid_param(
            &pointer,
            format!("{} cannot be held at {scope}.", wanted.role),
            match wanted.role {
                Role::ProviderAdministrator => "/provider",
                Role::GlobalAdministrator => "your own tenant",
                Role::CustomerLockboxAccessApprover | Role::SecurityReader => {
                    "a scope within your own tenant"
                }
                Role::SupportEngineer | Role::SupportManager | Role::ResourceGateway => {
                    "/tenants or below"
                }
            },
        ))
    }

    /// A scope as typed: a path in which a tenant may stand by GUID or by name.
    ///
    /// # Errors
    /// Where it is no scope, or names a tenant that the caller may not know of.
    pub(super) async fn read_scope(
        &self,
        ctx: &Context,
        pointer: &str,
        text: &str,
    ) -> Result<Scope> {
        let malformed = || {
            Error::invalid_param(
                pointer,
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
        let org = self.tenant_in_sight(ctx, tenant).await?;
        let place = Scope::Tenant(org.id);
        format!("{place}{below}").parse().map_err(|()| malformed())
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
    ) -> Result<(Assignment, Settled<()>)> {
        let mut ctx = ctx.clone();
        ctx.typed = Some(principal.to_owned());
        let settled = self
            .settle(ctx.clone(), |ctx| {
                Box::pin(async move { self.judge_assign(&ctx, principal, wanted).await })
            })
            .await?;
        let assignment = Assignment {
            org: ctx.actor()?.org.id,
            principal: settled.member("principalId")?,
            role: wanted.role,
            scope: settled.member("scope")?,
            assigned_at: settled
                .member::<String>("assignedDate")
                .ok()
                .and_then(|text| Timestamp::parse(&text))
                .ok_or_else(|| Error::internal("an answer without assignedDate"))?,
        };
        Ok((assignment, settled))
    }

    async fn judge_assign(
        &self,
        ctx: &Context,
        name: &str,
        wanted: &WantedRole,
    ) -> Result<Judged<()>, Denial> {
        let actor = ctx.actor()?;
        let permit = ctx.permit(Action::EmpowerPeople, &Self::home(&actor.org))?;
        if let Some(answer) = self.kept(ctx).await? {
            return Ok(Judged::Kept(answer));
        }
        let scope = self.wanted_scope(ctx, "", wanted).await?;
        let principal = self.principal_named(actor.org.id, name).await?;
        let present = self
            .store
            .assignments(actor.org.id, Some(principal.id))
            .await?
            .into_iter()
            .find(|held| wanted.is(held, &scope));
        let answer = |held: &Assignment| {
            json!({
                "principalId": held.principal.to_string(),
                "scope": held.scope.to_string(),
                "assignedDate": held.assigned_at.to_string(),
            })
        };
        if let Some(present) = present {
            return Ok(Judged::Nothing(answer(&present), ()));
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
            records: vec![self.role_record(
                ctx,
                actor,
                operations::ROLE_ASSIGNED,
                (&principal, &assignment),
            )],
            writes: vec![RowWrite::InsertAssignment(Box::new(assignment.clone()))],
            outbox: vec![roles_changed(actor)],
            ..Change::default()
        };
        Ok(Judged::New(Box::new(change), answer(&assignment), ()))
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
        let scope = self.wanted_scope(ctx, "", wanted).await?;
        let principal = self.principal_named(actor.org.id, name).await?;
        let mut left = self
            .store
            .assignments(actor.org.id, Some(principal.id))
            .await?;
        let Some(at) = left.iter().position(|held| wanted.is(held, &scope)) else {
            return Ok(Judged::Nothing(json!({"removed": false}), ()));
        };
        let assignment = left.remove(at);
        let scope = assignment.scope.clone();
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
        change.records.push(self.role_record(
            ctx,
            actor,
            operations::ROLE_REMOVED,
            (&principal, &assignment),
        ));
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
        (principal, assignment): (&Principal, &Assignment),
    ) -> Draft {
        let id = assignment.principal.to_string();
        let mut record = self.names.by_caller(ctx, actor, &actor.org, operation, id);
        record.parameters = vec![
            written("Principal", principal.label()),
            named("Role", assignment.role.as_str()),
            named("Scope", assignment.scope.to_string()),
        ];
        record
    }
}
