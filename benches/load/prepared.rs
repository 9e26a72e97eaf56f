//! The rows of a decision, made beforehand: what the yardsticks of the store write.

use crate::rows::{arrival, decided, decision, pending};
use crate::seed::{Place, Tenant, World};
use customer_lockbox::audit::draft::Draft;
use customer_lockbox::audit::{Place as LogPlace, Sealed, seal, text::fold};
use customer_lockbox::clock::{Clock, SystemClock, Timestamp};
use customer_lockbox::crypto::sha256;
use customer_lockbox::domain::request::{Request, State};
use customer_lockbox::ids::RecordId;
use rusqlite::Connection;
use std::path::Path;

/// Everything that one approval writes.
pub struct Prepared {
    /// The tenant as the small integer that it is inside.
    pub org: i64,
    pub identity: Vec<u8>,
    pub grant: Vec<u8>,
    pub due: i64,
    pub now: i64,
    pub body: String,
    pub sealed: Sealed,
    pub beside: String,
    pub principal: Vec<u8>,
    pub key: String,
    pub digest: Vec<u8>,
    pub answer: String,
}

impl Prepared {
    pub fn folded(&self) -> [String; 3] {
        [
            &self.sealed.operation,
            &self.sealed.user_id,
            &self.sealed.object_id,
        ]
        .map(|t| fold(t))
    }
}

/// The approvals of these requests.
pub fn approvals(world: &World, database: &Path, places: &[Place]) -> Vec<Prepared> {
    all(world, database, places, decided, decision)
}

/// The expiries of these requests.
pub fn expiries(world: &World, database: &Path, places: &[Place]) -> Vec<Prepared> {
    let expired = |world: &World, tenant: &Tenant, now| Request {
        state: State::Expired,
        closed_at: Some(now),
        ..pending(world, tenant, now)
    };
    let recorded = |tenant: &Tenant, row: &Request, now| Draft {
        operation: "LockboxRequestExpired".to_owned(),
        parameters: Vec::new(),
        ..arrival(tenant, row, now)
    };
    all(world, database, places, expired, recorded)
}

fn all(
    world: &World,
    database: &Path,
    places: &[Place],
    row: impl Fn(&World, &Tenant, Timestamp) -> Request,
    draft: impl Fn(&Tenant, &Request, Timestamp) -> Draft,
) -> Vec<Prepared> {
    let conn = Connection::open(database).unwrap();
    let now = SystemClock::new().now();
    places
        .iter()
        .map(|(place, identity)| {
            let tenant = &world.tenants[*place];
            let row = Request {
                identity: *identity,
                reference: "EXSR000042".to_owned(),
                version: 2,
                ..row(world, tenant, now)
            };
            let mut draft = draft(tenant, &row, now);
            draft.draw_salts();
            let place = LogPlace {
                log_id: tenant.org.log_id,
                sequence: 1_000,
                recorded_at: now,
                test_clock: false,
            };
            let sealed = seal(&draft, &place).unwrap();
            let org = conn
                .prepare_cached("SELECT nr FROM organization WHERE id = ?1")
                .unwrap()
                .query_row([tenant.org.id.bytes()], |row| row.get(0))
                .unwrap();
            let key = RecordId::new().to_string();
            Prepared {
                org,
                identity: identity.bytes().to_vec(),
                grant: row
                    .grant
                    .map_or_else(Vec::new, |grant| grant.bytes().to_vec()),
                due: row.access_end.unwrap_or(now).millis(),
                now: now.millis(),
                body: serde_json::to_string(&row).unwrap(),
                beside: serde_json::to_string(&sealed.beside).unwrap(),
                sealed,
                principal: tenant.admin.principal.id.bytes().to_vec(),
                digest: sha256(&[key.as_bytes()]).to_vec(),
                answer: format!(
                    r#"{{"tenantId":"{}","identity":"{identity}"}}"#,
                    tenant.org.id
                ),
                key,
            }
        })
        .collect()
}
