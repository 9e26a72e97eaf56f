//! `grant.*`: the access that an approval made of a request. A grant is the request's own row.

use crate::auth::Context;
use crate::clock::Timestamp;
use crate::domain::organization::OrgState;
use crate::domain::request::{AccessLevel, Request, State};
use crate::domain::rights::{Action, Reach};
use crate::domain::scope::Scope;
use crate::domain::status::rows_in_state;
use crate::error::{Error, Result};
use crate::ids::{OrgId, PrincipalId};
use crate::service::Services;
use crate::service::request::{Named, Shown, is_own, request_ref, scope_of};
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
        // Somebody who may not ask here at all is told so.
        let object = match check
            .service
            .as_deref()
            .map(|name| self.catalog.service(name))
        {
            Some(Some(service)) => Scope::Service(tenant.id, service.name.clone()),
            _ => Scope::Tenant(tenant.id),
        };
        if !ctx.permitted_within(Action::CheckGrant, &object) {
            return Err(Error::not_found("tenant", &check.tenant));
        }
        let engineer = match &check.engineer {
            Some(text) => self.principal_named(actor.org.id, text).await,
            None => Ok(actor.principal.clone()),
        };
        let now = self.now();
        let answer = |verdict: Verdict, request: Option<&Request>| {
            let start = request.and_then(|request| request.access_start);
            let end = request.and_then(|request| request.access_end);
            let (code, message) = match (verdict, start, end) {
                (Ok(()), _, Some(end)) => ("allowed", format!("Access is granted until {end}.")),
                (Ok(()), _, None) => (NO_GRANT.0, NO_GRANT.1.to_owned()),
                (Err(NOT_STARTED), Some(start), _) => (
                    NOT_STARTED.0,
                    format!("Access is granted, and starts at {start}."),
                ),
                (Err((code, message)), ..) => (code, message.to_owned()),
            };
            Checked {
                code,
                message,
                at: now,
                request: request.cloned(),
            }
        };
        let engineer = match engineer {
            Ok(engineer) => engineer,
            Err(error) if error.code() == "notFound" => return Ok(answer(Err(NO_GRANT), None)),
            Err(error) => return Err(error),
        };
        let works = engineer.enabled && !self.describe(engineer.clone()).await?.stopped;
        let mut best = answer(Err(NO_GRANT), None);
        for request in self.candidates(check, tenant.id, engineer.id, now).await? {
            let reach = match ctx.permit(Action::CheckGrant, &scope_of(&request)) {
                Ok(permit) => permit.reach,
                Err(_) => continue,
            };
            if reach == Reach::Mine && !is_own(ctx, &request) {
                continue;
            }
            let request = self.settled_request(request, now).await?;
            // Who enforces must say what it lets through; an engineer may ask in general.
            let verdict = if tenant.state != OrgState::Active {
                Err(("tenantSuspended", "The tenant is suspended."))
            } else {
                state_verdict(&request, works, now)
                    .and_then(|()| scope_verdict(&request, check, reach != Reach::Mine))
            };
            best = answer(verdict, Some(&request));
            if best.allowed() {
                return Ok(best);
            }
        }
        Ok(best)
    }

    /// The engineer's requests that could hold the grant.
    async fn candidates(
        &self,
        check: &CheckGrant,
        tenant: OrgId,
        engineer: PrincipalId,
        now: Timestamp,
    ) -> Result<Vec<Request>> {
        if let Some(text) = &check.request {
            let found = self.store.request(tenant, request_ref(text)).await?;
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
                states: rows_in_state(State::Approved, Some(true), now),
                limit: ALL_OF_ONE,
                ..RequestFilter::default()
            })
            .await?;
        Ok(page.rows)
    }

    /// One grant, by its own id or by its request.
    ///
    /// # Errors
    /// Not found where there is none that the caller may see.
    pub async fn read_grant(&self, ctx: &Context, named: &Named) -> Result<Shown> {
        let shown = self.read_request(ctx, named).await?;
        if shown.request.grant.is_none() {
            return Err(Error::not_found("grant", &named.request));
        }
        Ok(shown)
    }
}

/// Yes, or the code and the sentence of a no.
type Verdict = Result<(), (&'static str, &'static str)>;

const NO_GRANT: (&str, &str) = ("noGrant", "There is no such grant.");

const NOT_STARTED: (&str, &str) = ("notStarted", "The access has not started yet.");

/// Whether access is live.
fn state_verdict(request: &Request, works: bool, now: Timestamp) -> Verdict {
    match request.state_at(now) {
        State::Approved => {}
        State::Ended if request.grant.is_some() => {
            return Err(("ended", "The granted time is up."));
        }
        State::Completed => return Err(("ended", "The engineer has finished.")),
        State::Revoked => return Err(("ended", "The provider has revoked the access.")),
        State::Canceled if request.grant.is_some() => {
            return Err(("ended", "The customer has canceled it."));
        }
        _ => return Err(("noGrant", "The request has not been approved.")),
    }
    if !works {
        return Err(("noGrant", "The engineer is disabled."));
    }
    if !request.live_at(now) {
        return Err(NOT_STARTED);
    }
    Ok(())
}

/// Whether what is to be done lies within what was granted.
fn scope_verdict(request: &Request, check: &CheckGrant, enforcing: bool) -> Verdict {
    let ask = &request.ask;
    // A list that is empty limits nothing; one that is not must name what is to be reached.
    let within = |list: &[String], wanted: Option<&String>| match wanted {
        _ if list.is_empty() => true,
        Some(wanted) => list.iter().any(|item| item.eq_ignore_ascii_case(wanted)),
        None => !enforcing,
    };
    let outside = |message| Err(("outOfScope", message));
    if check
        .service
        .as_ref()
        .is_some_and(|service| !service.trim().eq_ignore_ascii_case(&ask.service))
    {
        return outside("The grant is for another service.");
    }
    if !within(&ask.resources, check.resource.as_ref()) {
        return outside("The grant is for named resources, and this is none of them.");
    }
    if !within(&ask.operations, check.operation.as_ref()) {
        return outside("The grant is for named operations, and this is none of them.");
    }
    if check.access_level == Some(AccessLevel::Write) && ask.access_level == AccessLevel::Read {
        return outside("The grant is for reading only.");
    }
    Ok(())
}
