//! `tenant.create`, `tenant.invite`: a tenant, and a code for its first administrator.

use super::{CreateTenant, check_texts, checked_name};
use crate::audit::operations;
use crate::auth::Context;
use crate::clock::Timestamp;
use crate::crypto::random;
use crate::domain::organization::{OrgKind, OrgState, Organization, Settings};
use crate::domain::people::{CodeKind, PersonKey, Principal, PrincipalKind};
use crate::domain::rights::Action;
use crate::domain::scope::Scope;
use crate::error::{Error, Result};
use crate::ids::{LogId, OrgId, PrincipalId};
use crate::service::Services;
use crate::service::codes::{ShownOnce, new_code};
use crate::service::commit::{Denial, Judged, Settled};
use crate::service::people::checked_address;
use crate::service::records::{named, written};
use crate::store::{Change, Key, OrgRef, Precondition, RowRef, RowWrite};
use serde_json::json;

impl Services {
    /// Creates a tenant with a claim code for its first administrator.
    ///
    /// # Errors
    /// Where a rule says no; nothing is changed then.
    pub async fn create_tenant(
        &self,
        ctx: &Context,
        create: &CreateTenant,
    ) -> Result<(Organization, Settled<ShownOnce>)> {
        let settled = self
            .settle(ctx.clone(), |ctx| {
                Box::pin(async move { self.judge_create_tenant(&ctx, create).await })
            })
            .await?;
        Ok((
            self.organization(settled.member("tenantId")?).await?,
            settled,
        ))
    }

    async fn judge_create_tenant(
        &self,
        ctx: &Context,
        create: &CreateTenant,
    ) -> Result<Judged<ShownOnce>, Denial> {
        let permit = ctx.permit(Action::ManageTenants, &Scope::Provider)?;
        if let Some(answer) = self.kept(ctx).await? {
            return Ok(Judged::Kept(answer));
        }
        let actor = ctx.actor()?;
        let now = self.now();
        let name = checked_name(&create.name)?;
        check_texts(create.display_name.as_deref(), &create.contacts)?;
        let address = checked_address("/adminAddress", Some(&create.admin_address))?;
        let org = Organization {
            id: create.id.unwrap_or_default(),
            kind: OrgKind::Tenant,
            name: name.clone(),
            display_name: create.display_name.clone(),
            contacts: create.contacts.clone(),
            state: OrgState::Unclaimed,
            log_id: LogId::new(),
            pseudonym_key: random(),
            created_at: now,
            claimed_at: None,
            version: 1,
        };
        for taken in [OrgRef::Name(name.clone()), OrgRef::Id(org.id)] {
            if self.store.organization(taken).await?.is_some() {
                return Err(Error::conflict(
                    "alreadyExists",
                    format!("There is an organization '{name}' or one with this GUID already."),
                    "Use another name and GUID; tenant.list shows those that exist.",
                )
                .into());
            }
        }
        let person = person(org.id, &address, create.admin_display_name.as_deref(), now);
        let (code, secret) = new_code(&person, CodeKind::Claim, now);
        let mut preconditions = permit.basis;
        preconditions.extend([
            Precondition::Absent(Key::OrganizationName(name)),
            Precondition::Absent(Key::OrganizationId(org.id)),
        ]);
        let answer = json!({
            "tenantId": org.id.to_string(),
            "expirationDate": code.expires_at.to_string(),
        });
        let mut record = self.names.by_caller(
            ctx,
            actor,
            &actor.org,
            operations::TENANT_CREATED,
            org.id.to_string(),
        );
        record.parameters = vec![
            named("Name", org.name.clone()),
            written("Administrator", address),
        ];
        let change = Change {
            preconditions,
            records: vec![record],
            writes: vec![
                RowWrite::InsertOrganization(Box::new(org.clone())),
                RowWrite::PutSettings(Box::new(Settings::new(org.id, now))),
                RowWrite::InsertPrincipal(Box::new(person)),
                RowWrite::InsertCode(Box::new(code)),
            ],
            ..Change::default()
        };
        Ok(Judged::New(Box::new(change), answer, secret))
    }

    /// Replaces the claim code of a tenant that nobody has claimed.
    ///
    /// # Errors
    /// Where it has been claimed: from then on the provider can issue no code.
    pub async fn invite_tenant(
        &self,
        ctx: &Context,
        tenant: &str,
        address: Option<&str>,
    ) -> Result<(Organization, Settled<ShownOnce>)> {
        let mut ctx = ctx.clone();
        ctx.typed = Some(tenant.to_owned());
        let settled = self
            .settle(ctx, |ctx| {
                Box::pin(async move { self.judge_invite_tenant(&ctx, tenant, address).await })
            })
            .await?;
        Ok((
            self.organization(settled.member("tenantId")?).await?,
            settled,
        ))
    }

    async fn judge_invite_tenant(
        &self,
        ctx: &Context,
        tenant: &str,
        address: Option<&str>,
    ) -> Result<Judged<ShownOnce>, Denial> {
        let permit = ctx.permit(Action::ManageTenants, &Scope::Provider)?;
        if let Some(answer) = self.kept(ctx).await? {
            return Ok(Judged::Kept(answer));
        }
        let actor = ctx.actor()?;
        let org = self.tenant_named(tenant).await?;
        if org.claimed_at.is_some() {
            return Err(Error::refused(
                "wrongState",
                "The customer has claimed this tenant; the provider can issue no further code.",
                "The tenant's own administrators invite people with principal.invite.",
            )
            .into());
        }
        let now = self.now();
        let invited = self.store.principals(org.id, None, 1_000).await?;
        let wanted = match address {
            Some(address) => Some(checked_address("/adminAddress", Some(address))?),
            None => None,
        };
        let present = match &wanted {
            Some(address) => invited
                .iter()
                .find(|person| person.address.as_deref() == Some(address)),
            None if invited.len() > 1 => {
                return Err(Error::invalid_param(
                    "/adminAddress",
                    "Several people have been invited to this tenant.",
                    "the address of the one who gets the new code",
                )
                .into());
            }
            None => invited.first(),
        };
        let mut preconditions = permit.basis;
        preconditions.push(Precondition::At(RowRef::Organization(org.id), org.version));
        let mut writes: Vec<RowWrite> = invited
            .iter()
            .map(|person| RowWrite::VoidCodesOf(person.id))
            .collect();
        let person = match (present, &wanted) {
            (Some(person), _) => person.clone(),
            (None, Some(address)) => {
                let person = person(org.id, address, None, now);
                preconditions.push(Precondition::Absent(Key::Address(org.id, address.clone())));
                writes.push(RowWrite::InsertPrincipal(Box::new(person.clone())));
                person
            }
            (None, None) => return Err(Error::internal("a tenant without anybody invited").into()),
        };
        let (code, secret) = new_code(&person, CodeKind::Claim, now);
        let answer = json!({
            "tenantId": org.id.to_string(),
            "expirationDate": code.expires_at.to_string(),
        });
        writes.push(RowWrite::InsertCode(Box::new(code)));
        // Raises the version: a claim with the old code that is under way is judged again.
        writes.push(RowWrite::UpdateOrganization(Box::new(org.clone())));
        let mut record = self.names.by_caller(
            ctx,
            actor,
            &actor.org,
            operations::TENANT_INVITED,
            org.id.to_string(),
        );
        record.parameters = vec![written("Administrator", person.label())];
        let change = Change {
            preconditions,
            records: vec![record],
            writes,
            ..Change::default()
        };
        Ok(Judged::New(Box::new(change), answer, secret))
    }
}

pub(super) fn person(
    org: OrgId,
    address: &str,
    display_name: Option<&str>,
    now: Timestamp,
) -> Principal {
    Principal {
        id: PrincipalId::new(),
        org,
        kind: PrincipalKind::Person,
        address: Some(address.to_owned()),
        display_name: display_name.unwrap_or(address).trim().to_owned(),
        person_key: PersonKey::local(address),
        owner: None,
        enabled: true,
        stopped: false,
        citizenship: None,
        created_at: now,
        version: 1,
    }
}
