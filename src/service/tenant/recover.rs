//! `lockboxd tenant recover`: a tenant whose administrators cannot be reached any more gets a new
//! one. Only on the host, with the daemon stopped.
//!
//! It is loud at once and gives nothing for a day: every token and code of the tenant ends, both
//! logs say so, and the new administrator's code counts only after the delay.

use super::create::person;
use crate::audit::operations;
use crate::clock::Timestamp;
use crate::domain::notice::Event;
use crate::domain::organization::Organization;
use crate::domain::people::{CodeKind, Principal};
use crate::error::{Error, Result};
use crate::service::Services;
use crate::service::codes::{ShownOnce, new_code};
use crate::service::people::checked_address;
use crate::service::records::{named, written};
use crate::store::{Change, Key, OutboxDraft, Precondition, RowRef, RowWrite};

/// Hours until the new administrator's code counts.
pub const RECOVERY_HOURS: i64 = 24;

/// More people and robots than a tenant has.
const EVERYBODY: usize = 100_000;

/// What a recovery gives.
#[derive(Debug)]
pub struct Recovered {
    /// The tenant.
    pub org: Organization,
    /// Who will be its administrator.
    pub admin: Principal,
    /// The claim code, and when it ends.
    pub code: ShownOnce,
    /// When the code begins to count.
    pub effective: Timestamp,
}

impl Services {
    /// Recovers a tenant: ends all its tokens and codes, and makes a claim code for `address` that
    /// counts after [`RECOVERY_HOURS`].
    ///
    /// # Errors
    /// Where there is no such tenant, or nobody has claimed it yet.
    pub async fn recover_tenant(&self, tenant: &str, address: &str) -> Result<Recovered> {
        let org = self.tenant_named(tenant).await?;
        let address = checked_address("/admin", Some(address))?;
        if org.claimed_at.is_none() {
            return Err(Error::refused(
                "tenantNotClaimed",
                format!("Nobody of {} has claimed it yet.", org.name),
                "Make a new claim code with tenant.invite.",
            ));
        }
        let now = self.now();
        let effective = now.plus_seconds(RECOVERY_HOURS * 3_600);
        let everybody = self.store.principals(org.id, None, EVERYBODY).await?;
        let mut change = Change {
            preconditions: vec![Precondition::At(RowRef::Organization(org.id), org.version)],
            ..Change::default()
        };
        for principal in &everybody {
            change.writes.extend([
                RowWrite::RevokeTokensOf(org.id, principal.id),
                RowWrite::VoidCodesOf(principal.id),
            ]);
        }
        let known = everybody
            .into_iter()
            .find(|known| known.address.as_deref() == Some(&address));
        let admin = if let Some(known) = known {
            change
                .preconditions
                .push(Precondition::At(RowRef::Principal(known.id), known.version));
            let known = Principal {
                enabled: true,
                ..known
            };
            change
                .writes
                .push(RowWrite::UpdatePrincipal(Box::new(known.clone())));
            known
        } else {
            let new = person(org.id, &address, None, now);
            change
                .preconditions
                .push(Precondition::Absent(Key::Address(org.id, address.clone())));
            change
                .writes
                .push(RowWrite::InsertPrincipal(Box::new(new.clone())));
            new
        };
        let (code, secret) = new_code(&admin, CodeKind::Claim, effective);
        change.writes.push(RowWrite::InsertCode(Box::new(code)));
        change
            .outbox
            .push(OutboxDraft::new(org.id, Event::TenantChanged, None));
        for log in [self.store.provider().await?, Some(org.clone())]
            .into_iter()
            .flatten()
        {
            let mut record =
                self.names
                    .by_daemon(&log, operations::TENANT_RECOVERED, org.id.to_string());
            record.parameters = vec![
                written("Administrator", address.clone()),
                named("EffectiveDate", effective.to_string()),
            ];
            change.records.push(record);
        }
        self.apply(change).await?;
        Ok(Recovered {
            org,
            admin,
            code: secret,
            effective,
        })
    }
}
