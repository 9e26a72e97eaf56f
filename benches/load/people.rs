//! Who is in a world: a provider with an engineer, a manager and a gateway, and tenants with an
//! administrator each.

use customer_lockbox::clock::Timestamp;
use customer_lockbox::crypto::{Secret, SecretKind, random};
use customer_lockbox::domain::organization::{OrgKind, OrgState, Organization, Settings};
use customer_lockbox::domain::people::{Assignment, PersonKey, Principal, PrincipalKind, Token};
use customer_lockbox::domain::request::Party;
use customer_lockbox::domain::scope::Role;
use customer_lockbox::ids::{LogId, OrgId, PrincipalId, TokenId};
use customer_lockbox::store::RowWrite;

/// Somebody with a role and a token.
#[derive(Clone)]
pub struct Person {
    pub principal: Principal,
    pub token_id: TokenId,
    /// The secret that callers send.
    pub token: String,
}

impl Person {
    pub fn party(&self) -> Party {
        Party {
            id: self.principal.id,
            org: self.principal.org,
            key: self.principal.person_key.clone(),
            name: self.principal.label().to_owned(),
        }
    }

    pub fn address(&self) -> &str {
        self.principal.label()
    }
}

pub fn organization(kind: OrgKind, name: &str, now: Timestamp) -> Organization {
    Organization {
        id: OrgId::new(),
        kind,
        name: name.to_owned(),
        display_name: None,
        contacts: vec![format!("security@{name}")],
        state: OrgState::Active,
        log_id: LogId::new(),
        pseudonym_key: random(),
        created_at: now,
        claimed_at: Some(now),
        version: 1,
    }
}

pub fn settings(org: &Organization, now: Timestamp) -> RowWrite {
    RowWrite::PutSettings(Box::new(Settings::new(org.id, now)))
}

/// A person, and the rows that make it.
pub fn person(
    org: &Organization,
    name: &str,
    role: Role,
    now: Timestamp,
) -> (Person, Vec<RowWrite>) {
    let address = format!("{name}@{}", org.name);
    let principal = Principal {
        id: PrincipalId::new(),
        org: org.id,
        kind: PrincipalKind::Person,
        address: Some(address.clone()),
        display_name: name.to_owned(),
        person_key: PersonKey::local(&address),
        owner: None,
        enabled: true,
        stopped: false,
        citizenship: None,
        created_at: now,
        version: 1,
    };
    rows(principal, role, now)
}

/// A robot of somebody, and the rows that make it.
pub fn robot(owner: &Person, name: &str, role: Role, now: Timestamp) -> (Person, Vec<RowWrite>) {
    let principal = Principal {
        id: PrincipalId::new(),
        kind: PrincipalKind::Robot,
        address: None,
        display_name: name.to_owned(),
        owner: Some(owner.principal.id),
        ..owner.principal.clone()
    };
    rows(principal, role, now)
}

fn rows(principal: Principal, role: Role, now: Timestamp) -> (Person, Vec<RowWrite>) {
    let secret = Secret::new(SecretKind::Token);
    let assignment = Assignment {
        org: principal.org,
        principal: principal.id,
        role,
        scope: role.default_scope(principal.org),
        assigned_at: now,
    };
    let token = Token {
        id: TokenId::new(),
        org: principal.org,
        principal: principal.id,
        hash: secret.hash(),
        name: Some("bench".to_owned()),
        roles: None,
        scope: None,
        decisions: None,
        issued_at: now,
        expires_at: now.plus_seconds(90 * 86_400),
        revoked_at: None,
        version: 1,
    };
    let person = Person {
        principal: principal.clone(),
        token_id: token.id,
        token: secret.reveal().to_owned(),
    };
    let rows = vec![
        RowWrite::InsertPrincipal(Box::new(principal)),
        RowWrite::InsertAssignment(Box::new(assignment)),
        RowWrite::InsertToken(Box::new(token)),
    ];
    (person, rows)
}
