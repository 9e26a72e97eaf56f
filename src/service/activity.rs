//! `activity.record`: what an engineer did under a grant, as a gateway or he himself reports it.

use crate::audit::address::read_client_ip;
use crate::audit::draft::Draft;
use crate::audit::{Visible, operations, render, text};
use crate::auth::{Actor, Context};
use crate::clock::{Timestamp, When};
use crate::domain::notice::Event;
use crate::domain::organization::Organization;
use crate::domain::people::{PersonKey, Principal};
use crate::domain::request::{Request, State};
use crate::domain::rights::{Action, Reach};
use crate::domain::scope::Scope;
use crate::error::{Error, Result};
use crate::ids::RecordId;
use crate::service::Services;
use crate::service::commit::{Denial, Judged, Settled};
use crate::service::records::{kind_of, link, named, pseudonym, shown_name, written};
use crate::service::request::{is_own, request_ref, scope_of};
use crate::store::{AuditSelector, Change, OutboxDraft, Precondition, RowRef};
use serde_json::{Value, json};

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
        let tenant = self.tenant_of(ctx, Some(&report.tenant)).await?;
        if !ctx.permitted_within(Action::RecordActivity, &Scope::Tenant(tenant.id)) {
            return Err(Error::not_found("tenant", &report.tenant).into());
        }
        if let Some(answer) = self.kept(ctx).await? {
            return Ok(Judged::Kept(answer));
        }
        check_report(report)?;
        let engineer = self.reported_engineer(actor, report).await?;
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
        if let Some(request) = &request {
            change.preconditions.push(Precondition::At(
                RowRef::Request(request.identity),
                request.version,
            ));
            // First of all, what time has done to it is written down.
            if request.overdue(now) {
                self.write_down(&mut change, request).await?;
            }
        }
        let judged = self.covered(ctx, report, engineer.as_ref(), request.as_ref(), now);
        let draft = match &judged {
            Ok(covered) => {
                if covered.needs_live {
                    let due = covered.request.due().map(Precondition::Before);
                    change.preconditions.extend(due);
                }
                self.activity_draft(ctx, report, &tenant, covered)?
            }
            Err(reason) => self.violation_draft(
                ctx,
                report,
                &tenant,
                engineer.as_ref(),
                request.as_ref(),
                reason,
            )?,
        };
        let mut answer = json!({
            "identity": draft.id.to_string(),
            "tenantId": tenant.id.to_string(),
            "violation": judged.is_err(),
        });
        if let (Err(reason), Some(map)) = (&judged, answer.as_object_mut()) {
            map.insert("reason".to_owned(), (*reason).into());
        }
        if let Ok(covered) = &judged {
            let event = OutboxDraft::new(
                tenant.id,
                Event::EngineerActed,
                Some(covered.request.identity),
            );
            change.outbox.push(
                event
                    .told_by(&draft)
                    .due(When::after_seconds(DIGEST_SECONDS))
                    .once(),
            );
        }
        change.records.push(draft);
        Ok(Judged::New(Box::new(change), answer, ()))
    }

    /// Whose activity it is said to be; nobody where the report names somebody unknown, which is
    /// no reason to lose what was done.
    async fn reported_engineer(
        &self,
        actor: &Actor,
        report: &RecordActivity,
    ) -> Result<Option<Principal>> {
        match &report.engineer {
            None => Ok(Some(actor.principal.clone())),
            Some(text) => match self.principal_named(actor.org.id, text).await {
                Ok(engineer) => Ok(Some(engineer)),
                Err(error) if error.code() == "notFound" => Ok(None),
                Err(error) => Err(error),
            },
        }
    }

    /// The grant of that engineer that covers the report, or why there is none.
    fn covered<'a>(
        &self,
        ctx: &Context,
        report: &RecordActivity,
        engineer: Option<&'a Principal>,
        request: Option<&'a Request>,
        now: Timestamp,
    ) -> Result<Covered<'a>, &'static str> {
        // One sentence for all that the reporter may not know.
        const UNSEEN: &str = "There is no such request that you may report on.";
        let request = request.ok_or(UNSEEN)?;
        let permit = ctx
            .permit(Action::RecordActivity, &scope_of(request))
            .map_err(|_| UNSEEN)?;
        let own = permit.reach == Reach::Mine;
        if own && !is_own(ctx, request) {
            return Err(UNSEEN);
        }
        let engineer = engineer
            .filter(|engineer| engineer.id == request.requester.id)
            .ok_or("The request is another engineer's.")?;
        let (at, occurred) = match report.occurred_at {
            Some(at) if at > now.plus_millis(FUTURE_TOLERANCE_MS) => {
                return Err("It is said to have happened in the future.");
            }
            Some(at) if at < now => (at, When::At(at)),
            _ => (now, When::COMMIT),
        };
        if !live_during(request, at) {
            return Err("No access was granted at that time.");
        }
        if own && !request.live_at(now) {
            return Err("An engineer can report only while the access is live.");
        }
        Ok(Covered {
            request,
            engineer,
            occurred,
            needs_live: own || occurred == When::COMMIT,
        })
    }

    fn activity_draft(
        &self,
        ctx: &Context,
        report: &RecordActivity,
        tenant: &Organization,
        covered: &Covered<'_>,
    ) -> Result<Draft> {
        let actor = ctx.actor()?;
        let base = self
            .names
            .by_caller(ctx, actor, tenant, &report.operation, String::new());
        let mut draft = self
            .names
            .as_operator(base, tenant, covered.request, covered.occurred);
        draft.succeeded = report.succeeded;
        draft.parameters = report
            .parameters
            .iter()
            .map(|(name, value)| written(name, value))
            .collect();
        let engineer = covered.engineer;
        if engineer.id != actor.principal.id {
            draft.actor.name = pseudonym(tenant, &engineer.person_key);
            draft.actor.provider_name = Some(engineer.label().to_owned());
            draft.actor.kind = kind_of(engineer).to_owned();
            // The gateway was recognised here; the engineer only according to the gateway.
            draft.actor.authentication = "reported".to_owned();
            draft.reported_by = Some(shown_name(tenant, &actor.party()));
            draft.client_ip = String::new();
        }
        if let Some(text) = &report.client_ip {
            draft.client_ip = read_client_ip("/clientIP", text)?;
        }
        Ok(draft)
    }

    fn violation_draft(
        &self,
        ctx: &Context,
        report: &RecordActivity,
        tenant: &Organization,
        engineer: Option<&Principal>,
        request: Option<&Request>,
        reason: &str,
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
        draft.request = request.map(link);
        let status = if report.succeeded { "True" } else { "False" };
        draft.parameters = vec![
            written("Operation", report.operation.clone()),
            written("RequestId", report.request.clone()),
            named("ResultStatus", status),
            named("Reason", reason),
        ];
        // Whom the report names, without the name: an unknown one as if it were an address.
        let engineer = match (engineer, &report.engineer) {
            (Some(engineer), _) => pseudonym(tenant, &engineer.person_key),
            (None, text) => pseudonym(
                tenant,
                &PersonKey::local(text.as_deref().unwrap_or_default()),
            ),
        };
        let parameters: Vec<Value> = report
            .parameters
            .iter()
            .map(|(name, value)| json!({"Name": name, "Value": value}))
            .collect();
        draft.detail = json!({
            "operation": report.operation,
            "parameters": parameters,
            "resultStatus": status,
            "requestId": report.request,
            "engineer": engineer,
            "occurredAt": report.occurred_at.map(|at| at.to_string()),
            "clientIP": report.client_ip,
        })
        .to_string();
        Ok(draft)
    }
}

/// How long the engineer's actions are gathered before somebody is told of them, in seconds.
const DIGEST_SECONDS: i64 = 15 * 60;

/// A report that a grant covers.
struct Covered<'a> {
    request: &'a Request,
    engineer: &'a Principal,
    occurred: When,
    /// Whether the access must be live at the commit, too.
    needs_live: bool,
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
