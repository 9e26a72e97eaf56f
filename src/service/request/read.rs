//! `request.get`, `request.list`, `request.history`.

use crate::audit::Visible;
use crate::auth::Context;
use crate::clock::Timestamp;
use crate::domain::request::{ApprovalStatus, State};
use crate::domain::rights::{Action, Reach, who};
use crate::domain::scope::Scope;
use crate::domain::status::{rows_in_state, rows_with_status};
use crate::error::{Error, Result};
use crate::ids::RequestId;
use crate::service::Services;
use crate::service::request::Shown;
use crate::service::request::load::{Named, is_customer, request_ref};
use crate::store::{AuditFilter, Emergencies, Page, RequestFilter};

/// The most events of one request that are shown.
const HISTORY_LIMIT: usize = 5_000;

/// Which requests to list, as the caller said it.
#[derive(Clone, Debug, Default)]
pub struct ListRequests {
    /// Tenant, as typed.
    pub tenant: Option<String>,
    /// Only this request, as typed.
    pub request: Option<String>,
    /// Only this documented status.
    pub status: Option<ApprovalStatus>,
    /// Only this state.
    pub state: Option<State>,
    /// Only those created after this instant.
    pub created_after: Option<Timestamp>,
    /// Only this service.
    pub service: Option<String>,
    /// Only those whose access is not live.
    pub not_live: bool,
    /// Only those with a grant.
    pub granted_only: bool,
    /// Only emergency access, of this sort.
    pub emergencies: Option<Emergencies>,
    /// Page size.
    pub limit: usize,
    /// Behind this place.
    pub before: Option<(Timestamp, RequestId)>,
}

impl Services {
    /// One request.
    ///
    /// # Errors
    /// Not found where the caller may not see it.
    pub async fn read_request(&self, ctx: &Context, named: &Named) -> Result<Shown> {
        let (shown, _) = self
            .request_for(ctx, Action::ReadRequest, named)
            .await
            .map_err(|denial| denial.error)?;
        self.in_force(shown).await
    }

    /// The request of a command that the caller was allowed to give.
    pub(super) async fn read_named(&self, ctx: &Context, named: &Named) -> Result<Shown> {
        self.read_request(ctx, named).await
    }

    /// Requests that the caller may see, newest first.
    ///
    /// # Errors
    /// Where the caller may see none, or names a tenant that it may not see.
    pub async fn list_requests(&self, ctx: &Context, list: &ListRequests) -> Result<Page<Shown>> {
        ctx.permit_somewhere(Action::ReadRequest)?;
        let actor = ctx.actor()?;
        let now = self.now();
        let mut filter = RequestFilter {
            created_after: list.created_after,
            service: self.service_name(list.service.as_deref())?,
            granted_only: list.granted_only,
            // What was only reported is no request: nobody asked, and nobody could decide.
            without_reports: list.emergencies.is_none(),
            emergencies: list.emergencies.clone(),
            before: list.before,
            limit: list.limit,
            arrived_only: is_customer(ctx),
            ..RequestFilter::default()
        };
        let mut own = Vec::new();
        for (role, scope, _) in &actor.held {
            for (_, reach) in who(Action::ReadRequest).iter().filter(|(r, _)| r == role) {
                match reach {
                    Reach::Scope => filter.scopes.push(scope.clone()),
                    Reach::Mine => own.push(scope.clone()),
                    Reach::Held => filter.scopes.push(Scope::Tenants),
                }
            }
        }
        filter.or_own = Some((actor.principal.id, own));
        filter.tenant = match (&list.tenant, is_customer(ctx)) {
            (None, false) => None,
            (None, true) => Some(actor.org.id),
            (Some(text), _) => Some(self.tenant_in_sight(ctx, text).await?.id),
        };
        filter.states = match (list.status, list.state) {
            (Some(status), None) => rows_with_status(status, now),
            (None, Some(state)) => rows_in_state(state, None, now),
            (None, None) => Vec::new(),
            (Some(status), Some(state)) => {
                let with_status = rows_with_status(status, now);
                let mut rows = rows_in_state(state, Some(true), now);
                rows.retain(|row| with_status.contains(row));
                if rows.is_empty() {
                    return Ok(Page {
                        rows: Vec::new(),
                        more: false,
                    });
                }
                rows
            }
        };
        if list.not_live {
            filter.states = State::ALL
                .iter()
                .filter(|state| **state != State::Approved)
                .flat_map(|state| rows_in_state(*state, None, now))
                .collect();
        }
        if let Some(text) = &list.request {
            filter.which = Some(request_ref(text));
        }
        let mut page = self.store.requests(filter.clone()).await?;
        // What would be told as expired or ended is read again after every group in flight that
        // began before now.
        if page.rows.iter().any(|request| request.overdue(now)) {
            self.store.settled(now).await?;
            page = self.store.requests(filter).await?;
        }
        let mut rows = Vec::with_capacity(page.rows.len());
        let mut tenants = std::collections::HashMap::new();
        for request in page.rows {
            let id = request.ask.tenant;
            let tenant = match tenants.get(&id) {
                Some(tenant) => Clone::clone(tenant),
                None => {
                    let tenant = self.organization(id).await?;
                    tenants.insert(id, tenant.clone());
                    tenant
                }
            };
            let shown = Shown::new(request, tenant, now);
            rows.push(self.in_force(shown).await?);
        }
        Ok(Page {
            rows,
            more: page.more,
        })
    }

    /// What the logs say of a request, oldest first: the tenant's from its arrival on, and for
    /// the provider's people their own log too.
    ///
    /// # Errors
    /// Not found where the caller may not see the request.
    pub async fn history(&self, ctx: &Context, named: &Named) -> Result<(Shown, Vec<Visible>)> {
        let shown = self.read_request(ctx, named).await?;
        let viewer = self.viewer(ctx);
        let mut logs = Vec::new();
        if !is_customer(ctx) {
            logs.push(shown.request.requester.org);
        }
        if shown.request.arrived() {
            logs.push(shown.tenant.id);
        }
        let mut events = Vec::new();
        for org in logs {
            let mut filter = AuditFilter::of(org, HISTORY_LIMIT);
            filter.request = Some(shown.request.identity);
            for row in self.store.audit_search(filter).await?.rows {
                events.push(crate::audit::render(&row.canonical, &row.beside, viewer)?);
            }
        }
        events.sort_by_key(|event| (event.recorded_at, event.sequence));
        Ok((shown, events))
    }

    /// A service's documented spelling.
    fn service_name(&self, named: Option<&str>) -> Result<Option<String>> {
        match named {
            None => Ok(None),
            Some(text) => self
                .catalog
                .service(text)
                .map(|service| Some(service.name.clone()))
                .ok_or_else(|| {
                    Error::invalid_param(
                        "/serviceName",
                        format!("There is no service '{text}'."),
                        "a service of system.info",
                    )
                }),
        }
    }
}
