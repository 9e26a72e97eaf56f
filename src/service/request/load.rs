//! Finding the request that a caller names, as far as the caller may know that there is one.

use crate::auth::{Context, Permit};
use crate::domain::organization::{OrgKind, Organization};
use crate::domain::request::Request;
use crate::domain::rights::{Action, Reach};
use crate::domain::scope::{Role, Scope};
use crate::error::{Error, Result};
use crate::ids::OrgId;
use crate::service::Services;
use crate::service::commit::Denial;
use crate::service::request::Shown;
use crate::store::{OrgRef, RequestRef};

/// What names a request in a call.
#[derive(Clone, Debug, Default)]
pub struct Named {
    /// GUID or reference number, as typed; the grant's GUID where `by_grant`.
    pub request: String,
    /// The tenant, as typed; customers leave it out.
    pub tenant: Option<String>,
    /// Whether the request is named by its grant.
    pub by_grant: bool,
}

impl Named {
    /// The answer where there is none that the caller may see.
    pub(in crate::service) fn not_found(&self) -> Error {
        let what = if self.by_grant { "grant" } else { "request" };
        Error::not_found(what, &self.request)
    }
}

impl Services {
    /// The tenant that a caller means: its own for a customer, the named one for the provider.
    ///
    /// What belongs to another organization takes the same path as what does not exist.
    pub(in crate::service) async fn tenant_of(
        &self,
        ctx: &Context,
        named: Option<&str>,
    ) -> Result<Organization> {
        let actor = ctx.actor()?;
        let found = match (actor.org.kind, named) {
            (OrgKind::Tenant, None) => return Ok(actor.org.clone()),
            (OrgKind::Tenant, Some(text)) => {
                let text = text.trim();
                let own = actor.org.name.eq_ignore_ascii_case(text)
                    || text.parse::<OrgId>().is_ok_and(|id| id == actor.org.id);
                own.then(|| actor.org.clone())
            }
            (OrgKind::Provider, None) => {
                return Err(Error::invalid_param(
                    "/tenant",
                    "The provider's callers say which tenant they mean.",
                    "a tenant's GUID or name",
                ));
            }
            (OrgKind::Provider, Some(text)) => self
                .store
                .organization(org_ref(text))
                .await?
                .filter(|org| org.kind == OrgKind::Tenant),
        };
        found.ok_or_else(|| Error::not_found("tenant", named.unwrap_or_default()))
    }

    /// As [`Services::tenant_of`], where the caller has anything to do with the tenant: for the
    /// provider's people, what lies outside all their scopes is not there.
    pub(in crate::service) async fn tenant_in_sight(
        &self,
        ctx: &Context,
        named: &str,
    ) -> Result<Organization> {
        let tenant = self.tenant_of(ctx, Some(named)).await?;
        let place = Scope::Tenant(tenant.id);
        let in_sight = is_customer(ctx)
            || ctx.actor()?.held.iter().any(|(role, scope, _)| {
                *role == Role::ProviderAdministrator || scope.touches(&place)
            });
        in_sight
            .then_some(tenant)
            .ok_or_else(|| Error::not_found("tenant", named))
    }

    /// A request that the caller may do this to, judged as of now.
    pub(in crate::service) async fn request_for(
        &self,
        ctx: &Context,
        action: Action,
        named: &Named,
    ) -> Result<(Shown, Permit), Denial> {
        // Whether the caller may read it decides between "forbidden" and "not found".
        let shown = self.find(ctx, named).await?.filter(|shown| {
            let visible = |action| reaches(ctx, action, &shown.request);
            (visible(Action::ReadRequest) || visible(action))
                && (shown.request.arrived() || !is_customer(ctx))
        });
        let Some(shown) = shown else {
            ctx.permit_somewhere(action)?;
            return Err(named.not_found().into());
        };
        let permit = ctx
            .permit(action, &scope_of(&shown.request))
            .map_err(|error| Denial::from(error).about(&shown.request))?;
        if permit.reach == Reach::Mine && !is_own(ctx, &shown.request) {
            return Err(named.not_found().into());
        }
        Ok((shown, permit))
    }

    async fn find(&self, ctx: &Context, named: &Named) -> Result<Option<Shown>, Error> {
        let found = if named.by_grant {
            self.find_by_grant(ctx, named).await?
        } else {
            self.find_by_name(ctx, named).await?
        };
        let Some(request) = found else {
            return Ok(None);
        };
        let now = self.now();
        let request = self.settled_request(request, now).await?;
        let tenant = self.organization(request.ask.tenant).await?;
        Ok(Some(Shown::new(request, tenant, now)))
    }

    async fn find_by_name(&self, ctx: &Context, named: &Named) -> Result<Option<Request>, Error> {
        Ok(
            match (request_ref(&named.request), is_customer(ctx), &named.tenant) {
                (RequestRef::Identity(identity), false, None) => {
                    self.store.request_anywhere(identity).await?
                }
                (which, ..) => match self.tenant_of(ctx, named.tenant.as_deref()).await {
                    Ok(tenant) => self.store.request(tenant.id, which).await?,
                    Err(error) if error.code() == "notFound" => None,
                    Err(error) => return Err(error),
                },
            },
        )
    }

    async fn find_by_grant(&self, ctx: &Context, named: &Named) -> Result<Option<Request>, Error> {
        let tenant = match (&named.tenant, is_customer(ctx)) {
            (None, false) => None,
            (text, _) => match self.tenant_of(ctx, text.as_deref()).await {
                Ok(tenant) => Some(tenant.id),
                Err(error) if error.code() == "notFound" => return Ok(None),
                Err(error) => return Err(error),
            },
        };
        let found = match named.request.trim().parse() {
            Ok(grant) => self.store.request_of_grant(grant).await?,
            Err(_) => None,
        };
        Ok(found.filter(|request| tenant.is_none_or(|tenant| tenant == request.ask.tenant)))
    }
}

/// Whether the caller may do this to a request.
pub(in crate::service) fn reaches(ctx: &Context, action: Action, request: &Request) -> bool {
    ctx.permit(action, &scope_of(request))
        .is_ok_and(|permit| permit.reach != Reach::Mine || is_own(ctx, request))
}

/// Where a request lies.
pub(in crate::service) fn scope_of(request: &Request) -> Scope {
    Scope::Service(request.ask.tenant, request.ask.service.clone())
}

/// Whether the request is the caller's own.
pub(in crate::service) fn is_own(ctx: &Context, request: &Request) -> bool {
    ctx.actor
        .as_deref()
        .is_some_and(|actor| actor.principal.id == request.requester.id)
}

/// Whether the caller stands on the customer's side.
pub(in crate::service) fn is_customer(ctx: &Context) -> bool {
    ctx.actor
        .as_deref()
        .is_some_and(|actor| actor.org.kind == OrgKind::Tenant)
}

/// A request as typed: by GUID, or by reference number.
pub(in crate::service) fn request_ref(text: &str) -> RequestRef {
    let text = text.trim();
    match text.parse() {
        Ok(identity) => RequestRef::Identity(identity),
        Err(_) => RequestRef::Reference(text.to_uppercase()),
    }
}

/// An organization as typed: by GUID, or by name.
pub(in crate::service) fn org_ref(text: &str) -> OrgRef {
    let text = text.trim();
    match text.parse() {
        Ok(id) => OrgRef::Id(id),
        Err(_) => OrgRef::Name(text.to_lowercase()),
    }
}
