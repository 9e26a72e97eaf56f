//! Principals, their roles, tokens and codes.

use crate::clock::Timestamp;
use crate::crypto::Sha256;
use crate::domain::request::Decision;
use crate::domain::scope::{Role, Scope};
use crate::ids::{CodeId, OrgId, PrincipalId, TokenId};
use serde::{Deserialize, Serialize};

/// The issuer of local person keys.
pub const LOCAL_ISSUER: &str = "local";

/// Who a person is, compared across organizations: equal keys are one person.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct PersonKey {
    /// Who vouches: an identity provider, or `local`.
    pub issuer: String,
    /// Who it is there.
    pub subject: String,
}

impl PersonKey {
    /// The key of a local address.
    #[must_use]
    pub fn local(address: &str) -> Self {
        Self {
            issuer: LOCAL_ISSUER.to_owned(),
            subject: address.trim().to_lowercase(),
        }
    }
}

/// A person or a robot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum PrincipalKind {
    /// A human being.
    Person,
    /// A script, a pipeline or a gateway; it counts as the person who owns it.
    Robot,
}

/// Somebody who can call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Principal {
    /// Identity.
    pub id: PrincipalId,
    /// The one organization that it belongs to.
    pub org: OrgId,
    /// Person or robot.
    pub kind: PrincipalKind,
    /// A person's address, lower-cased and unique in the organization.
    pub address: Option<String>,
    /// Name for people; a robot's is unique in the organization.
    pub display_name: String,
    /// Who it is: a person's own key, or the key of a robot's owner. A person's never changes.
    pub person_key: PersonKey,
    /// The person who answers for a robot.
    pub owner: Option<PrincipalId>,
    /// Whether it may call.
    pub enabled: bool,
    /// Whether a robot was stopped because its owner was disabled; until somebody takes it over.
    #[serde(default)]
    pub stopped: bool,
    /// Citizenship, where known.
    pub citizenship: Option<String>,
    /// When it was created.
    pub created_at: Timestamp,
    /// Row version, from 1.
    pub version: i64,
}

impl Principal {
    /// What to call it in records and messages: the address, or a robot's name.
    #[must_use]
    pub fn label(&self) -> &str {
        self.address.as_deref().unwrap_or(&self.display_name)
    }

    /// Whether it is a robot.
    #[must_use]
    pub fn is_robot(&self) -> bool {
        self.kind == PrincipalKind::Robot
    }
}

/// A role that a principal holds somewhere.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Assignment {
    /// The organization of the principal.
    pub org: OrgId,
    /// Who holds it.
    pub principal: PrincipalId,
    /// What.
    pub role: Role,
    /// Where.
    pub scope: Scope,
    /// Since when.
    pub assigned_at: Timestamp,
}

/// A bearer token; the secret itself is never stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Token {
    /// Identity.
    pub id: TokenId,
    /// Organization of the principal.
    pub org: OrgId,
    /// Whose.
    pub principal: PrincipalId,
    /// SHA-256 of the secret.
    pub hash: Sha256,
    /// Name for people.
    pub name: Option<String>,
    /// Roles that the token is limited to.
    pub roles: Option<Vec<Role>>,
    /// Scope that the token is limited to.
    pub scope: Option<Scope>,
    /// Decisions that the token is limited to.
    pub decisions: Option<Vec<Decision>>,
    /// When it was issued.
    pub issued_at: Timestamp,
    /// When it ends; at this instant it does not count any more.
    pub expires_at: Timestamp,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
    /// Row version, from 1.
    pub version: i64,
}

/// What a code does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum CodeKind {
    /// Makes a tenant's first administrator.
    Claim,
    /// Gives a person a token.
    Enrolment,
}

/// A single-use code; the secret itself is never stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Code {
    /// Identity.
    pub id: CodeId,
    /// The organization that it leads into.
    pub org: OrgId,
    /// Whom it lets in.
    pub principal: PrincipalId,
    /// What it does.
    pub kind: CodeKind,
    /// SHA-256 of the secret.
    pub hash: Sha256,
    /// From when it counts: when it was made, or the end of a recovery's delay.
    pub created_at: Timestamp,
    /// When it ends.
    pub expires_at: Timestamp,
    /// When it was used.
    pub used_at: Option<Timestamp>,
    /// When a newer code took its place.
    pub voided_at: Option<Timestamp>,
    /// Row version, from 1.
    pub version: i64,
}
