//! `grant.*`: the access that an approval made of a request. A grant is the request's own row.

use crate::auth::Context;
use crate::clock::Timestamp;
use crate::domain::organization::OrgState;
use crate::domain::request::{AccessLevel, Request, State};
use crate::domain::rights::{Action, Reach};
use crate::domain::scope::Scope;
use crate::domain::status::rows_in_state;
use crate::error::{Error, Result};
use crate::ids::RequestId;
use crate::service::Services;
use crate::service::request::{Shown, is_own};
use crate::store::RequestFilter;

/// More grants than one engineer holds in one tenant at once.
const ALL_OF_ONE: usize = 10_000;

/// What an enforcement point asks.
#[derive(Clone, Debug, Default)]
pub struct CheckGrant {
    /// Tenant, as typed.
    pub tenant: String,
    /// Request, as typed; any live grant of the engineer where not said.
    pub request: Option<String>,
    /// Engineer, by id or address; the caller where not said.
    pub engineer: Option<String>,
    /// Service that is to be reached.
    pub service: Option<String>,
    /// Resource that is to be reached.
    pub resource: Option<String>,
    /// Operation that is to be done.
    pub operation: Option<String>,
    /// Whether something is to be written.
    pub access_level: Option<AccessLevel>,
}

/// The answer to an enforcement point.
#[derive(Clone, Debug)]
pub struct Checked {
    /// Stable code: `allowed`, or why not.
    pub code: &'static str,
    /// The sentence for people.
    pub message: String,
    /// The instant of the judgement.
    pub at: Timestamp,
    /// The grant, where one was found.
    pub request: Option<Request>,
}

impl Checked {
    /// Whether access is granted.
    #[must_use]
    pub fn allowed(&self) -> bool {
        self.code == "allowed"
    }
}

impl Services {
    /// Whether an engineer has access at this moment. Fails closed: every doubt is a no.
    ///
    /// # Errors
    /// Where the caller may not ask.
    pub async fn check_grant(&self, ctx: &Context, check: &CheckGrant) -> Result<Checked> {
        ctx.permit_somewhere(Action::CheckGrant)?;
        let actor = ctx.actor()?;
        let tenant = self.tenant_of(ctx, Some(&check.tenant)).await?;
        let engineer = match &check.engineer {
            Some(text) => self.principal_named(actor.org.id, text).await?,
            None => actor.principal.clone(),
        };
        let now = self.now();
        let denied = |code, message: &str, request: Option<&Request>| Checked {
            code,
            message: message.to_owned(),
            at: now,
            request: request.cloned(),
        };
        let mut found = self.candidates(check, tenant.id, engineer.id).await?;
        let mut permitted = Vec::new();
        for request in found.drain(..) {
            let object = super::request::scope_of(&request);
            match ctx.permit(Action::CheckGrant, &object) {
                Ok(permit) if permit.reach != Reach::Mine || is_own(ctx, &request) => {
                    permitted.push(self.settled_request(request, now).await?);
                }
                _ => {}
            }
        }
        if permitted.is_empty() {
            // Somebody who may not ask here at all is told so.
            let object = match &check.service {
                Some(service) => Scope::Service(tenant.id, service.clone()),
                None => Scope::Tenant(tenant.id),
            };
            if ctx.permit(Action::CheckGrant, &object).is_err()
                && !actor
                    .held
                    .iter()
                    .any(|(_, scope, _)| scope.touches(&object))
            {
                return Err(Error::not_found("tenant", &check.tenant));
            }
            return Ok(denied("noGrant", "There is no such grant.", None));
        }
        if tenant.state != OrgState::Active {
            return Ok(denied(
                "tenantSuspended",
                "The tenant is suspended.",
                permitted.first(),
            ));
        }
        let mut best = denied("noGrant", "There is no such grant.", None);
        for request in &permitted {
            match verdict(request, check, engineer.enabled, now) {
                Ok(()) => {
                    return Ok(Checked {
                        code: "allowed",
                        message: format!("Access is granted under {}.", request.reference),
                        at: now,
                        request: Some(request.clone()),
                    });
                }
                Err((code, message)) => best = denied(code, message, Some(request)),
            }
        }
        Ok(best)
    }

    /// The engineer's requests that could hold the grant.
    async fn candidates(
        &self,
        check: &CheckGrant,
        tenant: crate::ids::OrgId,
        engineer: crate::ids::PrincipalId,
    ) -> Result<Vec<Request>> {
        if let Some(text) = &check.request {
            let found = self
                .store
                .request(tenant, super::request::request_ref(text))
                .await?;
            return Ok(found
                .filter(|request| request.requester.id == engineer)
                .into_iter()
                .collect());
        }
        let page = self
            .store
            .requests(RequestFilter {
                scopes: vec![Scope::Tenants],
                tenant: Some(tenant),
                requester: Some(engineer),
                states: rows_in_state(State::Approved, Some(true), self.now()),
                limit: ALL_OF_ONE,
                ..RequestFilter::default()
            })
            .await?;
        Ok(page.rows)
    }

    /// The request behind a grant's id. Whether the caller may see it, the caller's next step
    /// checks; an unknown id names a request that does not exist.
    ///
    /// # Errors
    /// Not found where there is no such grant.
    pub async fn request_of_grant(&self, ctx: &Context, text: &str) -> Result<RequestId> {
        ctx.actor()?;
        let found = match text.trim().parse() {
            Ok(grant) => self.store.request_of_grant(grant).await?,
            Err(_) => None,
        };
        found
            .filter(|request| {
                !super::request::is_customer(ctx)
                    || ctx
                        .actor
                        .as_deref()
                        .is_some_and(|actor| actor.org.id == request.ask.tenant)
            })
            .map(|request| request.identity)
            .ok_or_else(|| Error::not_found("grant", text))
    }

    /// One grant, by its own id or by its request.
    ///
    /// # Errors
    /// Not found where there is none that the caller may see.
    pub async fn read_grant(&self, ctx: &Context, named: &super::request::Named) -> Result<Shown> {
        let shown = self.read_request(ctx, named).await?;
        if shown.request.grant.is_none() {
            return Err(Error::not_found("grant", &named.request));
        }
        Ok(shown)
    }
}

fn verdict(
    request: &Request,
    check: &CheckGrant,
    enabled: bool,
    now: Timestamp,
) -> Result<(), (&'static str, &'static str)> {
    match request.state_at(now) {
        State::Approved => {}
        State::Ended => return Err(("ended", "The granted time is up.")),
        State::Completed => return Err(("ended", "The engineer has finished.")),
        State::Revoked => return Err(("ended", "The provider has revoked the access.")),
        State::Canceled if request.grant.is_some() => {
            return Err(("ended", "The customer has canceled it."));
        }
        _ => return Err(("noGrant", "The request has not been approved.")),
    }
    if !enabled {
        return Err(("noGrant", "The engineer is disabled."));
    }
    if !request.live_at(now) {
        return Err(("notStarted", "The access has not started yet."));
    }
    let ask = &request.ask;
    let within = |list: &[String], wanted: Option<&String>| match wanted {
        Some(wanted) if !list.is_empty() => {
            list.iter().any(|item| item.eq_ignore_ascii_case(wanted))
        }
        _ => true,
    };
    let outside = |message| Err(("outOfScope", message));
    if check
        .service
        .as_ref()
        .is_some_and(|service| !service.eq_ignore_ascii_case(&ask.service))
    {
        return outside("The grant is for another service.");
    }
    if !within(&ask.resources, check.resource.as_ref()) {
        return outside("The grant does not name this resource.");
    }
    if !within(&ask.operations, check.operation.as_ref()) {
        return outside("The grant does not name this operation.");
    }
    if check.access_level == Some(AccessLevel::Write) && ask.access_level == AccessLevel::Read {
        return outside("The grant is for reading only.");
    }
    Ok(())
}
