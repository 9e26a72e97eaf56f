//! One call, and the gate that every use case passes first.

use crate::auth::actor::{Actor, Credential};
use crate::auth::peer::Peer;
use crate::crypto::Sha256;
use crate::domain::people::Assignment;
use crate::domain::request::Decision;
use crate::domain::rights::{self, Action, Reach};
use crate::domain::scope::{Role, Scope};
use crate::error::{Error, Kind, Result};
use crate::store::{Precondition, RowRef};
use std::sync::Arc;

/// The caller's idempotency key with the digest of the params that it came with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallKey {
    /// The key as sent.
    pub key: String,
    /// Digest of the canonical params.
    pub digest: Sha256,
}

/// One call: who, from where, which method.
#[derive(Clone, Debug)]
pub struct Context {
    /// Who calls; nobody where no token was sent.
    pub actor: Option<Arc<Actor>>,
    /// What was presented, so that the actor can be judged again.
    pub credential: Credential,
    /// From where.
    pub peer: Peer,
    /// The method.
    pub method: &'static str,
    /// The caller's idempotency key.
    pub key: Option<CallKey>,
    /// The object that the caller named, as typed; for records of refused calls.
    pub typed: Option<String>,
}

/// That a caller may do something, and everything that this rests on.
#[derive(Clone, Debug)]
pub struct Permit {
    /// How far it reaches; `Mine` leaves to check whose the object is.
    pub reach: Reach,
    /// What must still hold at the commit.
    pub basis: Vec<Precondition>,
}

impl Context {
    /// The caller.
    ///
    /// # Errors
    /// Where nobody is known to be calling.
    pub fn actor(&self) -> Result<&Actor> {
        self.actor.as_deref().ok_or_else(|| {
            Error::new(
                Kind::Unauthenticated,
                "unauthenticated",
                format!("{} needs a token.", self.method),
                "Send 'Authorization: Bearer <token>'.",
            )
        })
    }

    /// The one gate: whether the caller may do this to an object there.
    ///
    /// # Errors
    /// Unauthenticated or forbidden; the remedy names the roles that may.
    pub fn permit(&self, action: Action, object: &Scope) -> Result<Permit> {
        let actor = self.actor()?;
        let roles = actor.roles();
        let reach = rights::reach(action, object, &roles);
        // Where a role counts wherever it is held, a token that cuts its scope cuts the role.
        let counts = |(role, scope, assignment): &&(Role, Scope, Assignment)| {
            rights::who(action).iter().any(|(other, how)| {
                other == role
                    && Some(*how) == reach
                    && match how {
                        Reach::Held => *scope == assignment.scope,
                        Reach::Scope | Reach::Mine => scope.contains(object),
                    }
            })
        };
        let (reach, held) = reach
            .zip(actor.held.iter().find(counts))
            .ok_or_else(|| self.forbidden(actor, action))?;
        if matches!(action, Action::EmpowerPeople | Action::BackUp) && actor.limited() {
            return Err(Error::forbidden(
                format!("{} takes a token without limits.", self.method),
                "Use a token that is not limited to roles, a scope or decisions: whoever gives \
                 authority, or takes everything, could otherwise get around the limits.",
            ));
        }
        if action == Action::ManageNotifications && !actor.may_decide(Decision::Approve) {
            return Err(Error::forbidden(
                "The token that you use may not approve, so it cannot change what those who may are told.",
                "Use a token that is not limited to other decisions.",
            ));
        }
        let (_, _, assignment) = held;
        let mut basis = self.identity_basis()?;
        basis.push(Precondition::At(
            RowRef::Assignment(
                assignment.principal,
                assignment.role,
                assignment.scope.clone(),
            ),
            1,
        ));
        Ok(Permit { reach, basis })
    }

    /// Whether one of the caller's roles allows the action anywhere at all.
    ///
    /// # Errors
    /// Unauthenticated, or forbidden where no role does.
    pub fn permit_somewhere(&self, action: Action) -> Result<()> {
        let actor = self.actor()?;
        let held = |role: &Role| actor.held.iter().any(|(other, _, _)| other == role);
        if rights::who(action).iter().any(|(role, _)| held(role)) {
            Ok(())
        } else {
            Err(self.forbidden(actor, action))
        }
    }

    /// Whether one of the roles that allow the action is held somewhere in, or around, an object.
    #[must_use]
    pub fn permitted_within(&self, action: Action, object: &Scope) -> bool {
        self.actor.as_deref().is_some_and(|actor| {
            actor.held.iter().any(|(role, scope, _)| {
                scope.touches(object) && rights::who(action).iter().any(|(other, _)| other == role)
            })
        })
    }

    /// That the caller is still who it is: its token, itself, and the owner of a robot.
    ///
    /// # Errors
    /// Where nobody is known to be calling.
    pub fn identity_basis(&self) -> Result<Vec<Precondition>> {
        let actor = self.actor()?;
        let mut basis = vec![Precondition::At(
            RowRef::Principal(actor.principal.id),
            actor.principal.version,
        )];
        if let Some(token) = &actor.token {
            basis.push(Precondition::At(RowRef::Token(token.id), token.version));
            basis.push(Precondition::Before(token.expires_at));
        }
        if let Some(owner) = &actor.owner {
            basis.push(Precondition::At(RowRef::Principal(owner.id), owner.version));
        }
        Ok(basis)
    }

    fn forbidden(&self, actor: &Actor, action: Action) -> Error {
        let mut names: Vec<&str> = actor.held.iter().map(|(role, ..)| role.as_str()).collect();
        names.dedup();
        let have = if names.is_empty() {
            "no role".to_owned()
        } else {
            names.join(", ")
        };
        let need: Vec<&str> = rights::who(action)
            .iter()
            .map(|(role, _)| role.as_str())
            .collect();
        Error::forbidden(
            format!(
                "{} is not allowed to you here; you hold {have}.",
                self.method
            ),
            format!("It takes one of these roles in scope: {}.", need.join(", ")),
        )
    }
}
