//! Tokens and codes: drawn here, shown once, stored as hashes.

use crate::clock::Timestamp;
use crate::crypto::{Secret, SecretKind};
use crate::domain::people::{Code, CodeKind, Principal, Token};
use crate::domain::request::Decision;
use crate::domain::scope::{Role, Scope};
use crate::ids::{CodeId, TokenId};

/// Days that a person's token lives where nothing is said.
pub(super) const PERSON_TOKEN_DAYS: i64 = 90;
/// Days that a robot's token lives where nothing is said.
pub(super) const ROBOT_TOKEN_DAYS: i64 = 365;
/// The longest life of a token, in days.
pub const LONGEST_TOKEN_DAYS: i64 = 3_650;
/// Days that a claim or enrolment code lives.
pub(super) const CODE_DAYS: i64 = 7;
/// Days before the end of a token from which its holder is warned.
pub const WARN_TOKEN_DAYS: i64 = 14;

const DAY_SECONDS: i64 = 86_400;

/// What a token is limited to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct TokenLimits {
    /// Roles.
    pub roles: Option<Vec<Role>>,
    /// Scope.
    pub scope: Option<Scope>,
    /// Decisions.
    pub decisions: Option<Vec<Decision>>,
}

/// A secret that only the first answer carries, with when it ends.
#[derive(Debug)]
pub struct ShownOnce {
    /// The secret.
    pub secret: Secret,
    /// When it ends.
    pub expires_at: Timestamp,
}

/// Draws a token for a principal.
pub(super) fn new_token(
    principal: &Principal,
    name: Option<String>,
    limits: TokenLimits,
    days: Option<i64>,
    now: Timestamp,
) -> (Token, ShownOnce) {
    let secret = Secret::new(SecretKind::Token);
    let days = days.unwrap_or(if principal.is_robot() {
        ROBOT_TOKEN_DAYS
    } else {
        PERSON_TOKEN_DAYS
    });
    let expires_at = now.plus_seconds(days * DAY_SECONDS);
    let token = Token {
        id: TokenId::new(),
        org: principal.org,
        principal: principal.id,
        hash: secret.hash(),
        name,
        roles: limits.roles,
        scope: limits.scope,
        decisions: limits.decisions,
        issued_at: now,
        expires_at,
        revoked_at: None,
        version: 1,
    };
    (token, ShownOnce { secret, expires_at })
}

/// Draws a code for a principal.
pub(super) fn new_code(principal: &Principal, kind: CodeKind, now: Timestamp) -> (Code, ShownOnce) {
    let secret = Secret::new(match kind {
        CodeKind::Claim => SecretKind::Claim,
        CodeKind::Enrolment => SecretKind::Enrolment,
    });
    let expires_at = now.plus_seconds(CODE_DAYS * DAY_SECONDS);
    let code = Code {
        id: CodeId::new(),
        org: principal.org,
        principal: principal.id,
        kind,
        hash: secret.hash(),
        created_at: now,
        expires_at,
        used_at: None,
        voided_at: None,
        version: 1,
    };
    (code, ShownOnce { secret, expires_at })
}
