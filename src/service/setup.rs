//! First trust: the provider's organization and its first administrator, made on the host.

use crate::audit::operations;
use crate::crypto::random;
use crate::domain::organization::{OrgKind, OrgState, Organization, Settings};
use crate::domain::people::{Assignment, PersonKey, Principal, PrincipalKind};
use crate::domain::scope::{Role, Scope};
use crate::error::{Error, Result};
use crate::ids::{LogId, OrgId, PrincipalId};
use crate::service::Services;
use crate::service::codes::{ShownOnce, TokenLimits, new_token};
use crate::service::people::checked_address;
use crate::service::records::written;
use crate::service::tenant::checked_name;
use crate::store::{Change, CommitError, Key, Precondition, RowWrite};

/// Name of the provider's organization where none is given.
pub const PROVIDER_NAME: &str = "provider.example";

/// Whether a provider can be made with this name and administrator.
///
/// # Errors
/// Which of them cannot be.
pub fn check(name: &str, address: &str) -> Result<()> {
    checked_address("/admin", Some(address))?;
    checked_name(name)?;
    Ok(())
}

impl Services {
    /// Makes the provider's organization and its first administrator; returns the
    /// administrator's token.
    ///
    /// # Errors
    /// Where there is a provider already, or the address or the name is none.
    pub async fn create_provider(
        &self,
        name: &str,
        address: &str,
    ) -> Result<(Organization, Principal, ShownOnce)> {
        let now = self.now();
        let address = checked_address("/admin", Some(address))?;
        let org = Organization {
            id: OrgId::new(),
            kind: OrgKind::Provider,
            name: checked_name(name)?,
            display_name: None,
            contacts: Vec::new(),
            state: OrgState::Active,
            log_id: LogId::new(),
            pseudonym_key: random(),
            created_at: now,
            claimed_at: Some(now),
            version: 1,
        };
        let admin = Principal {
            id: PrincipalId::new(),
            org: org.id,
            kind: PrincipalKind::Person,
            display_name: address.clone(),
            person_key: PersonKey::local(&address),
            address: Some(address),
            owner: None,
            enabled: true,
            stopped: false,
            citizenship: None,
            created_at: now,
            version: 1,
        };
        let (token, secret) = new_token(&admin, None, TokenLimits::default(), None, now);
        let mut record =
            self.names
                .by_daemon(&org, operations::PROVIDER_CREATED, org.id.to_string());
        record.parameters = vec![written("Administrator", admin.label())];
        let change = Change {
            preconditions: vec![Precondition::Absent(Key::Provider)],
            records: vec![record],
            writes: vec![
                RowWrite::InsertOrganization(Box::new(org.clone())),
                RowWrite::PutSettings(Box::new(Settings::new(org.id, now))),
                RowWrite::InsertPrincipal(Box::new(admin.clone())),
                RowWrite::InsertAssignment(Box::new(Assignment {
                    org: org.id,
                    principal: admin.id,
                    role: Role::ProviderAdministrator,
                    scope: Scope::Provider,
                    assigned_at: now,
                })),
                RowWrite::InsertToken(Box::new(token)),
            ],
            ..Change::default()
        };
        match self.apply(change).await {
            Ok(_) => Ok((org, admin, secret)),
            Err(CommitError::Failed(..)) => Err(Error::conflict(
                "alreadyExists",
                "This data directory has a provider already.",
                "Use it with serve, or init another directory.",
            )),
            Err(error) => Err(error.into()),
        }
    }

    /// Records that the operator accepted a wall clock behind the stored mark.
    ///
    /// # Errors
    /// Where the store cannot.
    pub async fn note_clock_accepted(&self, behind_millis: i64) -> Result<()> {
        let Some(provider) = self.store.provider().await? else {
            return Ok(());
        };
        let mut record = self
            .names
            .by_daemon(&provider, operations::CLOCK_ACCEPTED, String::new());
        record.parameters = vec![super::records::named(
            "BehindMilliseconds",
            behind_millis.to_string(),
        )];
        self.apply(Change {
            records: vec![record],
            ..Change::default()
        })
        .await?;
        Ok(())
    }
}
