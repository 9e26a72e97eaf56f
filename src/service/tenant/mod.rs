//! `tenant.*`: the provider makes tenants, and never touches a tenant's settings, roles or
//! decisions.

mod create;
mod recover;
mod suspend;

pub use recover::{RECOVERY_HOURS, Recovered};

use crate::audit::draft::Draft;
use crate::audit::{operations, text};
use crate::auth::{Actor, Context};
use crate::domain::notice::Event;
use crate::domain::organization::{OrgKind, OrgState, Organization};
use crate::domain::rights::Action;
use crate::domain::scope::Scope;
use crate::error::{Error, Result};
use crate::ids::OrgId;
use crate::service::Services;
use crate::service::commit::{Denial, Judged, Settled};
use crate::service::records::{named, written};
use crate::service::request::org_ref;
use crate::store::{Change, Key, OrgRef, OutboxDraft, Precondition, RowRef, RowWrite};
use serde_json::json;

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
            outbox: vec![OutboxDraft::new(before.id, Event::TenantChanged, None)],
            ..Change::default()
        };
        let answer = json!({"tenantId": before.id.to_string()});
        Ok(Judged::New(Box::new(change), answer, ()))
    }

    /// A record in the provider's log, and one in the tenant's: it is about both.
    fn in_both_logs(
        &self,
        ctx: &Context,
        actor: &Actor,
        tenant: &Organization,
        operation: &str,
    ) -> Vec<Draft> {
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
