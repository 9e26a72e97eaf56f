//! `principal.*`: people and robots of the caller's own organization.

mod create;
mod standing;

use crate::audit::draft::Draft;
use crate::audit::text;
use crate::auth::{Actor, Context};
use crate::domain::notice::Event;
use crate::domain::people::{Assignment, Principal, PrincipalKind};
use crate::domain::request::Decision;
use crate::domain::rights::Action;
use crate::error::{Error, Result};
use crate::ids::PrincipalId;
use crate::service::Services;
use crate::service::codes::ShownOnce;
use crate::service::commit::Settled;
use crate::service::records::{named, written};
use crate::service::roles::WantedRole;
use crate::store::{OutboxDraft, PrincipalRef};

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
        let owner_disabled = match principal.owner {
            Some(owner) => !self
                .store
                .principal(principal.org, PrincipalRef::Id(owner))
                .await?
                .is_some_and(|owner| owner.enabled),
            None => false,
        };
        Ok(Described {
            organization: org.name,
            stopped: principal.stopped || owner_disabled,
            principal,
            roles,
        })
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
    /// Whether a robot is stopped because its owner was disabled, until it is taken over.
    pub stopped: bool,
}

pub(super) fn roles_changed(actor: &Actor) -> OutboxDraft {
    OutboxDraft::new(actor.org.id, Event::RolesChanged, None)
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
