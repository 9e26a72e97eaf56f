//! `activity.record`: what an engineer did under a grant, as a gateway or he himself reports it.

use crate::audit::address::read_client_ip;
use crate::audit::draft::{Draft, Parameter};
use crate::audit::{Visible, operations, render, text};
use crate::auth::Context;
use crate::clock::{Timestamp, When};
use crate::domain::organization::Organization;
use crate::domain::people::Principal;
use crate::domain::request::{Party, Request, State};
use crate::domain::rights::{Action, Reach};
use crate::error::{Error, Result};
use crate::ids::RecordId;
use crate::service::Services;
use crate::service::commit::{Denial, Judged, Settled};
use crate::service::records::{named, shown_name, written};
use crate::service::request::{request_ref, scope_of};
use crate::store::{AuditSelector, Change, Precondition, RowRef};
use serde_json::json;

/// How far an occurrence may lie in the future and still count as now, in milliseconds.
pub const FUTURE_TOLERANCE_MS: i64 = 60_000;

/// What is reported.
#[derive(Clone, Debug)]
pub struct RecordActivity {
    /// Tenant, as typed.
    pub tenant: String,
    /// Request, as typed.
    pub request: String,
    /// Name of the operation.
    pub operation: String,
    /// Its parameters.
    pub parameters: Vec<(String, String)>,
    /// Whether it succeeded.
    pub succeeded: bool,
    /// Engineer, by id or address; the caller where not said.
    pub engineer: Option<String>,
    /// When it happened; now where not said.
    pub occurred_at: Option<Timestamp>,
    /// The address that the engineer came from.
    pub client_ip: Option<String>,
}

impl Services {
    /// Records an activity in the tenant's log; one that no grant covers becomes a violation.
    ///
    /// # Errors
    /// Where the caller may not report there, or the name is one of the daemon's own.
    pub async fn record_activity(
        &self,
        ctx: &Context,
        report: &RecordActivity,
    ) -> Result<(Visible, Settled<()>)> {
        let mut ctx = ctx.clone();
        ctx.typed = Some(report.request.clone());
        let settled = self
            .settle(ctx.clone(), |ctx| {
                Box::pin(async move { self.judge_activity(&ctx, report).await })
            })
            .await?;
        let id: RecordId = settled.member("identity")?;
        let row = self
            .store
            .audit_record(settled.member("tenantId")?, AuditSelector::Id(id))
            .await?
            .ok_or_else(|| Error::internal("a committed record is missing"))?;
        let visible = render(&row.canonical, &row.beside, self.viewer(&ctx))?;
        Ok((visible, settled))
    }

    async fn judge_activity(
        &self,
        ctx: &Context,
        report: &RecordActivity,
    ) -> Result<Judged<()>, Denial> {
        ctx.permit_somewhere(Action::RecordActivity)?;
        let actor = ctx.actor()?;
        let tenant = self.tenant_in_sight(ctx, &report.tenant).await?;
        if let Some(answer) = self.kept(ctx).await? {
            return Ok(Judged::Kept(answer));
        }
        check_report(report)?;
        let engineer = match &report.engineer {
            Some(text) => self.principal_named(actor.org.id, text).await?,
            None => actor.principal.clone(),
        };
        let now = self.now();
        let request = self
            .store
            .request(tenant.id, request_ref(&report.request))
            .await?;
        let request = match request {
            Some(request) => Some(self.settled_request(request, now).await?),
            None => None,
        };
        let mut change = Change {
            preconditions: ctx.identity_basis()?,
            ..Change::default()
        };
        let verdict = self.covered(ctx, report, &engineer, request.as_ref(), now);
        let draft = match (&verdict, &request) {
            (Ok(occurred), Some(request)) => {
                change.preconditions.push(Precondition::At(
                    RowRef::Request(request.identity),
                    request.version,
                ));
                if *occurred == When::COMMIT {
                    change
                        .preconditions
                        .extend(request.due().map(Precondition::Before));
                }
                self.activity_draft(ctx, report, &tenant, request, &engineer, *occurred)?
            }
            _ => self.violation_draft(ctx, report, &tenant, request.as_ref())?,
        };
        let mut answer = json!({
            "identity": draft.id.to_string(),
            "tenantId": tenant.id.to_string(),
            "violation": verdict.is_err(),
        });
        if let (Err(reason), Some(map)) = (&verdict, answer.as_object_mut()) {
            map.insert("reason".to_owned(), (*reason).into());
        }
        change.records.push(draft);
        Ok(Judged::New(Box::new(change), answer, ()))
    }

    /// Whether a live grant of that engineer covers the report; when it happened, or why not.
    fn covered(
        &self,
        ctx: &Context,
        report: &RecordActivity,
        engineer: &Principal,
        request: Option<&Request>,
        now: Timestamp,
    ) -> Result<When, &'static str> {
        let request = request.ok_or("There is no such request in this tenant.")?;
        let reach = ctx
            .permit(Action::RecordActivity, &scope_of(request))
            .map_err(|_| "The request lies outside the reporter's scope.")?
            .reach;
        let own = ctx
            .actor
            .as_deref()
            .is_some_and(|actor| actor.principal.id == engineer.id);
        if request.requester.id != engineer.id || (reach == Reach::Mine && !own) {
            return Err("The request is another engineer's.");
        }
        let (occurred, when) = match report.occurred_at {
            None => (now, When::COMMIT),
            Some(at) if at > now.plus_millis(FUTURE_TOLERANCE_MS) => {
                return Err("It is said to have happened in the future.");
            }
            Some(at) if at >= now => (now, When::COMMIT),
            Some(at) => (at, When::At(at)),
        };
        if !live_during(request, occurred) {
            return Err("No access was granted at that time.");
        }
        if reach == Reach::Mine && !request.live_at(now) {
            return Err("An engineer can report only while the access is live.");
        }
        Ok(when)
    }

    fn activity_draft(
        &self,
        ctx: &Context,
        report: &RecordActivity,
        tenant: &Organization,
        request: &Request,
        engineer: &Principal,
        occurred: When,
    ) -> Result<Draft> {
        let actor = ctx.actor()?;
        let base = self
            .names
            .by_caller(ctx, actor, tenant, &report.operation, String::new());
        let mut draft = self.names.as_operator(base, tenant, request, occurred);
        draft.succeeded = report.succeeded;
        draft.parameters = report
            .parameters
            .iter()
            .map(|(name, value)| Parameter {
                name: name.clone(),
                value: value.clone(),
                free_text: true,
            })
            .collect();
        if let Some(text) = &report.client_ip {
            draft.client_ip = read_client_ip("/clientIP", text)?;
        }
        if engineer.id != actor.principal.id {
            let party = Party {
                id: engineer.id,
                org: engineer.org,
                key: engineer.person_key.clone(),
                name: engineer.label().to_owned(),
            };
            draft.actor.name = shown_name(tenant, &party);
            draft.actor.provider_name = Some(party.name);
            draft.actor.kind = if engineer.is_robot() {
                "robot"
            } else {
                "person"
            }
            .to_owned();
            draft.reported_by = Some(shown_name(tenant, &actor.party()));
            if report.client_ip.is_none() {
                draft.client_ip = String::new();
            }
        }
        Ok(draft)
    }

    fn violation_draft(
        &self,
        ctx: &Context,
        report: &RecordActivity,
        tenant: &Organization,
        request: Option<&Request>,
    ) -> Result<Draft> {
        let actor = ctx.actor()?;
        // What has not arrived does not exist for the customer.
        let request = request.filter(|request| request.arrived());
        let object = request.map(|request| request.identity.to_string());
        let mut draft = self.names.by_caller(
            ctx,
            actor,
            tenant,
            operations::VIOLATION,
            object.unwrap_or_default(),
        );
        draft.succeeded = false;
        draft.request = request.map(super::records::link);
        draft.parameters = vec![
            written("Operation", report.operation.clone()),
            written("RequestId", report.request.clone()),
            named(
                "ResultStatus",
                if report.succeeded { "True" } else { "False" },
            ),
        ];
        draft.detail = json!({
            "operation": report.operation,
            "parameters": report.parameters,
            "requestId": report.request,
            "occurredAt": report.occurred_at.map(|at| at.to_string()),
            "clientIP": report.client_ip,
        })
        .to_string();
        Ok(draft)
    }
}

/// Whether access was live at an instant that may lie in the past.
fn live_during(request: &Request, at: Timestamp) -> bool {
    let (Some(start), Some(end)) = (request.access_start, request.access_end) else {
        return false;
    };
    // What somebody ended before its time was live until then.
    let end = match (request.state, request.closed_at) {
        (State::Canceled | State::Completed | State::Revoked, Some(closed)) => closed.min(end),
        _ => end,
    };
    start <= at && at < end
}

fn check_report(report: &RecordActivity) -> Result<()> {
    if operations::is_reserved(&report.operation) {
        return Err(Error::invalid_param(
            "/operation",
            format!(
                "'{}' is a name of the lockbox's own acts.",
                report.operation
            ),
            "the name of what was done to the customer's data",
        ));
    }
    text::check_free_text("/operation", &report.operation)?;
    for (index, (name, value)) in report.parameters.iter().enumerate() {
        text::check_free_text(&format!("/parameters/{index}/name"), name)?;
        text::check_free_text(&format!("/parameters/{index}/value"), value)?;
    }
    Ok(())
}
