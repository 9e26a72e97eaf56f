//! From a presented secret to an actor.

use crate::auth::peer::{Peer, Via};
use crate::clock::Timestamp;
use crate::crypto::{Sha256, equal, secret_hash};
use crate::domain::organization::Organization;
use crate::domain::people::{Assignment, Principal, Token};
use crate::domain::request::{Decision, Party};
use crate::domain::scope::{Role, Scope};
use crate::error::{Error, Kind, Result};
use crate::ids::PrincipalId;
use crate::store::standing::Shelf;
use crate::store::{OrgRef, PrincipalRef, Store};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What a caller presented; never the secret itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Credential {
    /// Nothing that counts.
    None,
    /// A bearer token, by its hash.
    Token(Sha256),
    /// A user of this host, mapped to a principal by the configuration.
    UnixPeer(u32),
    /// Nothing from outside: the daemon has asked the decision hook that this robot is named after.
    Hook(PrincipalId),
}

/// How an actor was recognised.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Authentication {
    /// By a bearer token.
    Token,
    /// By the uid at the other end of the Unix socket.
    UnixPeer,
    /// By the decision hook that it is named after, which the daemon asked.
    DecisionHook,
}

impl Authentication {
    /// The word in records and results.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Token => "token",
            Self::UnixPeer => "unixPeer",
            Self::DecisionHook => "decisionHook",
        }
    }
}

/// An authenticated principal in one call.
#[derive(Clone, Debug)]
pub struct Actor {
    /// Who.
    pub principal: Principal,
    /// The organization it belongs to.
    pub org: Organization,
    /// The person who answers for a robot.
    pub owner: Option<Principal>,
    /// How it was recognised.
    pub authentication: Authentication,
    /// The token, where there was one.
    pub token: Option<Token>,
    /// Its present role assignments.
    pub assignments: Vec<Assignment>,
    /// What counts in this call, with the assignment that it comes from: the intersection of the
    /// assignments and the token's limits.
    pub held: Vec<(Role, Scope, Assignment)>,
}

impl Actor {
    /// Roles and scopes that count in this call.
    #[must_use]
    pub fn roles(&self) -> Vec<(Role, Scope)> {
        self.held
            .iter()
            .map(|(role, scope, _)| (*role, scope.clone()))
            .collect()
    }

    /// The decisions that the token is limited to.
    #[must_use]
    pub fn decisions(&self) -> Option<&[Decision]> {
        self.token.as_ref()?.decisions.as_deref()
    }

    /// Whether the token lets its holder take such a decision.
    #[must_use]
    pub fn may_decide(&self, decision: Decision) -> bool {
        self.decisions()
            .is_none_or(|allowed| allowed.contains(&decision))
    }

    /// Whether the token reaches less far than its principal.
    #[must_use]
    pub fn limited(&self) -> bool {
        self.token.as_ref().is_some_and(|token| {
            token.roles.is_some() || token.scope.is_some() || token.decisions.is_some()
        })
    }

    /// The actor as it is written down.
    #[must_use]
    pub fn party(&self) -> Party {
        Party {
            id: self.principal.id,
            org: self.org.id,
            key: self.principal.person_key.clone(),
            name: self.principal.label().to_owned(),
        }
    }
}

/// Recognises callers.
pub struct Authenticator {
    store: Arc<dyn Store>,
    unix_peers: BTreeMap<u32, PrincipalId>,
    /// Actors as they were recognised, until somebody's standing moves.
    actors: Shelf<Credential, Arc<Actor>>,
}

impl Authenticator {
    /// An authenticator over a store, with the uids that the configuration maps to principals.
    #[must_use]
    pub fn new(store: Arc<dyn Store>, unix_peers: BTreeMap<u32, PrincipalId>) -> Self {
        Self {
            store,
            unix_peers,
            actors: Shelf::default(),
        }
    }

    /// What a call presents: its bearer token, or else the uid of its Unix peer.
    ///
    /// # Errors
    /// Where there is an `Authorization` header that is no bearer token.
    pub fn credential(&self, authorization: Option<&str>, peer: &Peer) -> Result<Credential> {
        if let Some(header) = authorization {
            let token = header
                .split_once(' ')
                .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
                .map(|(_, token)| token.trim())
                .filter(|token| !token.is_empty())
                .ok_or_else(|| {
                    unauthenticated(
                        "unauthenticated",
                        "The Authorization header holds no bearer token.",
                        "Send 'Authorization: Bearer <token>'.",
                    )
                })?;
            return Ok(Credential::Token(secret_hash(token)));
        }
        Ok(match (peer.via, peer.uid) {
            (Via::Unix, Some(uid)) if self.unix_peers.contains_key(&uid) => {
                Credential::UnixPeer(uid)
            }
            _ => Credential::None,
        })
    }

    /// The actor behind a credential, as of now; nobody where nothing was presented.
    ///
    /// # Errors
    /// Where the token is unknown, revoked or expired, or its principal may not call.
    pub async fn actor(
        &self,
        credential: Credential,
        now: Timestamp,
    ) -> Result<Option<Arc<Actor>>> {
        let moves = self.store.moves();
        if let Some(actor) = self.actors.kept(moves, &credential) {
            // Time alone ends a token.
            if let Some(token) = &actor.token {
                check_token(token, now)?;
            }
            return Ok(Some(actor));
        }
        let actor = self.recognised(credential, now).await?.map(Arc::new);
        if let Some(actor) = &actor {
            self.actors.keep(moves, credential, Arc::clone(actor));
        }
        Ok(actor)
    }

    async fn recognised(&self, credential: Credential, now: Timestamp) -> Result<Option<Actor>> {
        let (principal, token, authentication) = match credential {
            Credential::None => return Ok(None),
            Credential::Token(hash) => {
                let token = self
                    .store
                    .token_by_hash(hash)
                    .await?
                    .filter(|token| equal(&token.hash, &hash))
                    .ok_or_else(|| {
                        unauthenticated(
                            "unauthenticated",
                            "This token is not known here.",
                            "Check that the whole token was sent, and to the right daemon.",
                        )
                    })?;
                check_token(&token, now)?;
                let principal = self.member(token.org, token.principal).await?;
                (principal, Some(token), Authentication::Token)
            }
            Credential::UnixPeer(uid) => (
                self.unix_principal(uid).await?,
                None,
                Authentication::UnixPeer,
            ),
            Credential::Hook(robot) => {
                let robot = self
                    .store
                    .principal_anywhere(robot)
                    .await?
                    .ok_or_else(|| Error::internal("a hook's robot is gone"))?;
                (robot, None, Authentication::DecisionHook)
            }
        };
        let org = self
            .store
            .organization(OrgRef::Id(principal.org))
            .await?
            .ok_or_else(|| Error::internal("a principal without its organization"))?;
        let owner = match principal.owner {
            Some(owner) => Some(self.member(principal.org, owner).await?),
            None => None,
        };
        check_enabled(&principal, owner.as_ref())?;
        let assignments = self
            .store
            .assignments(principal.org, Some(principal.id))
            .await?;
        let held = effective(&assignments, token.as_ref());
        Ok(Some(Actor {
            principal,
            org,
            owner,
            authentication,
            token,
            assignments,
            held,
        }))
    }

    async fn member(&self, org: crate::ids::OrgId, id: PrincipalId) -> Result<Principal> {
        self.store
            .principal(org, PrincipalRef::Id(id))
            .await?
            .ok_or_else(|| Error::internal("a token or robot without its principal"))
    }

    async fn unix_principal(&self, uid: u32) -> Result<Principal> {
        let missing = || {
            unauthenticated(
                "unauthenticated",
                "The configuration maps your user id to a principal that does not exist.",
                "Have the operator correct unix_peers in the configuration.",
            )
        };
        let id = *self.unix_peers.get(&uid).ok_or_else(missing)?;
        self.store.principal_anywhere(id).await?.ok_or_else(missing)
    }
}

fn unauthenticated(code: &'static str, message: &str, remedy: &str) -> Error {
    Error::new(Kind::Unauthenticated, code, message, remedy)
}

fn check_token(token: &Token, now: Timestamp) -> Result<()> {
    if token.revoked_at.is_some() {
        return Err(unauthenticated(
            "tokenRevoked",
            "This token was revoked.",
            "Ask an administrator of your organization for a new one.",
        ));
    }
    if now >= token.expires_at {
        return Err(unauthenticated(
            "tokenExpired",
            "This token has expired.",
            "A person asks an administrator for a code (principal.invite); a robot for a new token.",
        ));
    }
    Ok(())
}

fn check_enabled(principal: &Principal, owner: Option<&Principal>) -> Result<()> {
    if !principal.enabled {
        return Err(unauthenticated(
            "unauthenticated",
            "This principal is disabled.",
            "Ask an administrator of your organization to enable it.",
        ));
    }
    if principal.stopped || owner.is_some_and(|owner| !owner.enabled) {
        return Err(unauthenticated(
            "unauthenticated",
            "The owner of this robot was disabled, so the robot is stopped.",
            "An administrator of the organization takes it over with principal.enable.",
        ));
    }
    Ok(())
}

/// The intersection of the assignments and a token's limits.
fn effective(assignments: &[Assignment], token: Option<&Token>) -> Vec<(Role, Scope, Assignment)> {
    let roles = token.and_then(|token| token.roles.as_deref());
    let limit = token.and_then(|token| token.scope.as_ref());
    assignments
        .iter()
        .filter(|assignment| roles.is_none_or(|roles| roles.contains(&assignment.role)))
        .filter_map(|assignment| {
            let scope = match limit {
                None => assignment.scope.clone(),
                Some(limit) if limit.contains(&assignment.scope) => assignment.scope.clone(),
                Some(limit) if assignment.scope.contains(limit) => limit.clone(),
                Some(_) => return None,
            };
            Some((assignment.role, scope, assignment.clone()))
        })
        .collect()
}
