//! `tenant.*`: the provider makes tenants, and never touches a tenant's settings, roles or
//! decisions.

use crate::audit::{operations, text};
use crate::auth::{Actor, Context};
use crate::crypto::random;
use crate::domain::organization::{OrgKind, OrgState, Organization, Settings};
use crate::domain::people::{CodeKind, PersonKey, Principal, PrincipalKind};
use crate::domain::request::State;
use crate::domain::rights::Action;
use crate::domain::scope::Scope;
use crate::domain::status::rows_in_state;
use crate::error::{Error, Result};
use crate::ids::{LogId, OrgId, PrincipalId};
use crate::service::Services;
use crate::service::codes::{ShownOnce, new_code};
use crate::service::commit::{Denial, Judged, Settled};
use crate::service::people::checked_address;
use crate::service::records::{named, written};
use crate::service::request::org_ref;
use crate::store::{
    Change, Count, Key, OrgRef, OutboxDraft, Precondition, RequestFilter, RowRef, RowWrite,
};
use serde_json::json;

/// More requests than a tenant can have live at once.
const ALL_OF_ONE: usize = 100_000;

/// A tenant to be.
#[derive(Clone, Debug)]
pub struct CreateTenant {
    /// Name such as `contoso.onmicrosoft.com`.
    pub name: String,
    /// Who will claim it.
    pub admin_address: String,
    /// That person's name.
    pub admin_display_name: Option<String>,
    /// A GUID of the provider's own.
    pub id: Option<OrgId>,
    /// Name for people.
    pub display_name: Option<String>,
    /// Addresses to contact.
    pub contacts: Vec<String>,
}

/// What the provider may change of a tenant.
#[derive(Clone, Debug, Default)]
pub struct UpdateTenant {
    /// Name.
    pub name: Option<String>,
    /// Name for people.
    pub display_name: Option<String>,
    /// Addresses to contact.
    pub contacts: Option<Vec<String>>,
}

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
            None => invited.last(),
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

    /// One tenant: any for the provider's administrators, the own one for the tenant's.
    ///
    /// # Errors
    /// Not found where the caller may not see it.
    pub async fn read_tenant(&self, ctx: &Context, named: Option<&str>) -> Result<Organization> {
        ctx.permit_somewhere(Action::ReadTenant)?;
        let tenant = self.tenant_of(ctx, named).await?;
        ctx.permit(Action::ReadTenant, &Scope::Tenant(tenant.id))?;
        Ok(tenant)
    }

    /// Tenants by name.
    ///
    /// # Errors
    /// Where the caller may not see them.
    pub async fn list_tenants(
        &self,
        ctx: &Context,
        state: Option<OrgState>,
        after: Option<String>,
        limit: usize,
    ) -> Result<Vec<Organization>> {
        ctx.permit(Action::ManageTenants, &Scope::Provider)?;
        self.store.tenants(state, after, limit).await
    }

    /// Changes a tenant's name and contacts.
    ///
    /// # Errors
    /// Where a rule says no; nothing is changed then.
    pub async fn update_tenant(
        &self,
        ctx: &Context,
        tenant: &str,
        update: &UpdateTenant,
    ) -> Result<(Organization, Settled<()>)> {
        let mut ctx = ctx.clone();
        ctx.typed = Some(tenant.to_owned());
        let settled = self
            .settle(ctx, |ctx| {
                Box::pin(async move { self.judge_update_tenant(&ctx, tenant, update).await })
            })
            .await?;
        Ok((
            self.organization(settled.member("tenantId")?).await?,
            settled,
        ))
    }

    async fn judge_update_tenant(
        &self,
        ctx: &Context,
        tenant: &str,
        update: &UpdateTenant,
    ) -> Result<Judged<()>, Denial> {
        let permit = ctx.permit(Action::ManageTenants, &Scope::Provider)?;
        if let Some(answer) = self.kept(ctx).await? {
            return Ok(Judged::Kept(answer));
        }
        let before = self.tenant_named(tenant).await?;
        let mut row = before.clone();
        let mut preconditions = permit.basis;
        let mut parameters = Vec::new();
        if let Some(name) = &update.name {
            let name = checked_name(name)?;
            if name != before.name {
                if self
                    .store
                    .organization(OrgRef::Name(name.clone()))
                    .await?
                    .is_some()
                {
                    return Err(Error::conflict(
                        "alreadyExists",
                        format!("There is an organization '{name}' already."),
                        "Use another name.",
                    )
                    .into());
                }
                preconditions.push(Precondition::Absent(Key::OrganizationName(name.clone())));
            }
            parameters.push(named("Name", name.clone()));
            row.name = name;
        }
        if let Some(display_name) = &update.display_name {
            row.display_name = Some(display_name.clone());
            parameters.push(written("DisplayName", display_name.clone()));
        }
        if let Some(contacts) = &update.contacts {
            row.contacts = contacts.clone();
            parameters.push(written("Contacts", contacts.join(", ")));
        }
        check_texts(row.display_name.as_deref(), &row.contacts)?;
        let actor = ctx.actor()?;
        let mut records = self.in_both_logs(ctx, actor, &before, operations::TENANT_UPDATED);
        for record in &mut records {
            record.parameters = parameters.clone();
        }
        preconditions.push(Precondition::At(
            RowRef::Organization(before.id),
            before.version,
        ));
        let change = Change {
            preconditions,
            records,
            writes: vec![RowWrite::UpdateOrganization(Box::new(row))],
            ..Change::default()
        };
        let answer = json!({"tenantId": before.id.to_string()});
        Ok(Judged::New(Box::new(change), answer, ()))
    }

    /// Suspends a tenant, which revokes its live grants, or resumes it.
    ///
    /// # Errors
    /// Where a rule says no; nothing is changed then.
    pub async fn suspend_tenant(
        &self,
        ctx: &Context,
        tenant: &str,
        suspend: bool,
        reason: Option<&str>,
    ) -> Result<(Organization, Settled<()>)> {
        let mut ctx = ctx.clone();
        ctx.typed = Some(tenant.to_owned());
        let settled = self
            .settle(ctx, |ctx| {
                Box::pin(async move { self.judge_suspend(&ctx, tenant, suspend, reason).await })
            })
            .await?;
        Ok((
            self.organization(settled.member("tenantId")?).await?,
            settled,
        ))
    }

    async fn judge_suspend(
        &self,
        ctx: &Context,
        tenant: &str,
        suspend: bool,
        reason: Option<&str>,
    ) -> Result<Judged<()>, Denial> {
        let permit = ctx.permit(Action::ManageTenants, &Scope::Provider)?;
        if let Some(answer) = self.kept(ctx).await? {
            return Ok(Judged::Kept(answer));
        }
        text::check_free_text("/reason", reason.unwrap_or_default())?;
        let actor = ctx.actor()?;
        let before = self.tenant_named(tenant).await?;
        let answer = json!({"tenantId": before.id.to_string()});
        let target = match (suspend, before.claimed_at) {
            (true, _) => OrgState::Suspended,
            (false, Some(_)) => OrgState::Active,
            (false, None) => OrgState::Unclaimed,
        };
        if before.state == target {
            return Ok(Judged::Nothing(answer, ()));
        }
        let mut row = before.clone();
        row.state = target;
        let operation = if suspend {
            operations::TENANT_SUSPENDED
        } else {
            operations::TENANT_RESUMED
        };
        let mut records = self.in_both_logs(ctx, actor, &before, operation);
        for record in &mut records {
            record.parameters = vec![written("Reason", reason.unwrap_or_default())];
        }
        let mut change = Change {
            preconditions: permit.basis,
            records,
            writes: vec![RowWrite::UpdateOrganization(Box::new(row))],
            outbox: vec![OutboxDraft {
                org: before.id,
                event: "tenantChanged",
                request: None,
            }],
            ..Change::default()
        };
        change.preconditions.push(Precondition::At(
            RowRef::Organization(before.id),
            before.version,
        ));
        let mut revoked = 0;
        if suspend {
            revoked = self.revoke_all_of(ctx, &mut change, before.id).await?;
        }
        let answer = json!({"tenantId": before.id.to_string(), "revokedGrants": revoked});
        Ok(Judged::New(Box::new(change), answer, ()))
    }

    async fn revoke_all_of(
        &self,
        ctx: &Context,
        change: &mut Change,
        tenant: OrgId,
    ) -> Result<u64> {
        let live = self
            .store
            .requests(RequestFilter {
                scopes: vec![Scope::Tenants],
                tenant: Some(tenant),
                states: rows_in_state(State::Approved, None, self.now()),
                limit: ALL_OF_ONE,
                ..RequestFilter::default()
            })
            .await?
            .rows;
        // A grant that comes in between makes this judgement void.
        let count = u32::try_from(live.len()).unwrap_or(u32::MAX);
        change.preconditions.push(Precondition::Fewer(
            Count::LiveInTenant(tenant),
            count.saturating_add(1),
        ));
        let (_, revoked) = self
            .end_all(ctx, change, live, "The tenant was suspended.")
            .await?;
        Ok(revoked)
    }

    /// A record in the provider's log, and one in the tenant's: it is about both.
    fn in_both_logs(
        &self,
        ctx: &Context,
        actor: &Actor,
        tenant: &Organization,
        operation: &str,
    ) -> Vec<crate::audit::draft::Draft> {
        [&actor.org, tenant]
            .into_iter()
            .map(|log| {
                self.names
                    .by_caller(ctx, actor, log, operation, tenant.id.to_string())
            })
            .collect()
    }

    async fn tenant_named(&self, text: &str) -> Result<Organization> {
        self.store
            .organization(org_ref(text))
            .await?
            .filter(|org| org.kind == OrgKind::Tenant)
            .ok_or_else(|| Error::not_found("tenant", text))
    }
}

fn person(
    org: OrgId,
    address: &str,
    display_name: Option<&str>,
    now: crate::clock::Timestamp,
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
        citizenship: None,
        created_at: now,
        version: 1,
    }
}

fn check_texts(display_name: Option<&str>, contacts: &[String]) -> Result<()> {
    text::check_free_text("/displayName", display_name.unwrap_or_default())?;
    contacts
        .iter()
        .enumerate()
        .try_for_each(|(index, contact)| {
            text::check_free_text(&format!("/contacts/{index}"), contact)
        })
}

/// An organization's name, lower-cased: letters, digits, dots and hyphens.
pub(super) fn checked_name(name: &str) -> Result<String> {
    let name = name.trim().to_lowercase();
    let sound = !name.is_empty()
        && name.len() <= 253
        && name
            .split('.')
            .all(|label| !label.is_empty() && !label.starts_with('-') && !label.ends_with('-'))
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'.' || byte == b'-')
        && name.parse::<OrgId>().is_err();
    if sound {
        Ok(name)
    } else {
        Err(Error::invalid_param(
            "/name",
            format!("'{name}' is no name for an organization."),
            "a name such as contoso.onmicrosoft.com",
        ))
    }
}
