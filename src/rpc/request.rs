//! `request.*`.

use crate::clock::Timestamp;
use crate::domain::request::{AccessLevel, ApprovalStatus, Decision, Review, State};
use crate::error::Result;
use crate::ids::RequestId;
use crate::rpc::{Call, Reply, cursor, notification, wire};
use crate::service::Settled;
use crate::service::request::{Decide, Ending, ListRequests, Named, Shown, SubmitRequest};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// Requests on a page where the caller says nothing.
const PAGE: usize = 100;

pub(super) fn shape<'a>(call: &'a Call, shown: &'a Shown) -> wire::RequestShape<'a> {
    let services = call.services();
    wire::request(shown, services.viewer(&call.ctx), services.names())
}

/// A result that holds one request.
#[derive(Serialize)]
struct Single<'a> {
    request: wire::RequestShape<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    replayed: Option<bool>,
}

pub(super) fn settled(call: &Call, (shown, settled): &(Shown, Settled<()>)) -> Result<Reply> {
    Reply::write(&Single {
        request: shape(call, shown),
        replayed: Some(settled.replayed),
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Submit {
    tenant: String,
    service_name: String,
    reason: String,
    service_request_number: String,
    duration_seconds: Option<i64>,
    #[serde(default)]
    resources: Vec<String>,
    #[serde(default)]
    data_categories: Vec<String>,
    access_level: Option<AccessLevel>,
    #[serde(default)]
    operations: Vec<String>,
    citizenship: Option<String>,
    location: Option<String>,
    request_id: Option<String>,
}

impl From<Submit> for SubmitRequest {
    fn from(params: Submit) -> Self {
        Self {
            tenant: params.tenant,
            service: params.service_name,
            ticket: params.service_request_number,
            reason: params.reason,
            duration_seconds: params.duration_seconds,
            resources: params.resources,
            data_categories: params.data_categories,
            access_level: params.access_level.unwrap_or(AccessLevel::Read),
            operations: params.operations,
            citizenship: params.citizenship,
            location: params.location,
            reference: params.request_id,
        }
    }
}

pub(super) async fn submit(call: Call) -> Result<Reply> {
    let submit = call.read::<Submit>()?.into();
    let outcome = call.services().submit(&call.ctx, &submit).await?;
    settled(&call, &outcome)
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Command {
    request_id: String,
    tenant: Option<String>,
    pub(super) comment: Option<String>,
    #[serde(default)]
    pub(super) validate_only: bool,
}

impl Command {
    pub(super) fn named(&self) -> Named {
        Named {
            request: self.request_id.clone(),
            tenant: self.tenant.clone(),
            ..Named::default()
        }
    }
}

#[derive(Deserialize)]
struct ReviewParams {
    #[serde(flatten)]
    command: Command,
    decision: Review,
}

pub(super) async fn review(call: Call) -> Result<Reply> {
    let params: ReviewParams = call.read()?;
    let outcome = call
        .services()
        .review(
            &call.ctx,
            &params.command.named(),
            params.decision,
            params.command.comment.as_deref(),
            params.command.validate_only,
        )
        .await?;
    settled(&call, &outcome)
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct DecideParams {
    #[serde(flatten)]
    command: Command,
    decision: Decision,
    duration_seconds: Option<i64>,
    service_name: Option<String>,
    terms_digest: Option<String>,
}

pub(super) async fn decide(call: Call) -> Result<Reply> {
    let params: DecideParams = call.read()?;
    let decide = Decide {
        decision: params.decision,
        comment: params.command.comment.clone(),
        duration_seconds: params.duration_seconds,
        service: params.service_name,
        terms_digest: params.terms_digest,
        hooks: Vec::new(),
    };
    let outcome = call
        .services()
        .decide(
            &call.ctx,
            &params.command.named(),
            &decide,
            params.command.validate_only,
        )
        .await?;
    settled(&call, &outcome)
}

pub(super) async fn withdraw(call: Call) -> Result<Reply> {
    end(call, Ending::Withdraw).await
}

pub(super) async fn complete(call: Call) -> Result<Reply> {
    end(call, Ending::Complete).await
}

async fn end(call: Call, ending: Ending) -> Result<Reply> {
    let params: Command = call.read()?;
    let outcome = call
        .services()
        .end(
            &call.ctx,
            &params.named(),
            ending,
            params.comment.as_deref(),
            params.validate_only,
        )
        .await?;
    settled(&call, &outcome)
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct One {
    request_id: String,
    tenant: Option<String>,
}

impl One {
    fn named(self) -> Named {
        Named {
            request: self.request_id,
            tenant: self.tenant,
            ..Named::default()
        }
    }
}

pub(super) async fn get(call: Call) -> Result<Reply> {
    let named = call.read::<One>()?.named();
    let shown = call.services().read_request(&call.ctx, &named).await?;
    let told = call
        .services()
        .told_of(&call.ctx, shown.request.identity)
        .await?;
    Reply::write(&Told {
        request: shape(&call, &shown),
        notifications: told.map(|told| told.iter().map(notification::shape).collect()),
    })
}

/// A request, and who was told of it.
#[derive(Serialize)]
struct Told<'a> {
    request: wire::RequestShape<'a>,
    notifications: Option<Vec<Value>>,
}

pub(super) async fn history(call: Call) -> Result<Value> {
    let named = call.read::<One>()?.named();
    let (_, events) = call.services().history(&call.ctx, &named).await?;
    let events: Vec<Value> = events
        .iter()
        .map(|event| {
            json!({
                "date": event.creation.to_string(),
                "activity": event.activity,
                "user": event.user,
                "actor": Some(&event.actor).filter(|actor| !actor.is_empty()),
                "state": state_after(&event.operation),
                "detail": Some(&event.detail).filter(|detail| !detail.is_empty()),
                "sequence": event.sequence,
            })
        })
        .collect();
    Ok(json!({"events": events}))
}

/// The state that an act brings a request to, where the act alone tells.
fn state_after(operation: &str) -> Option<&'static str> {
    use crate::audit::operations;
    let state = match operation {
        operations::REQUEST_SUBMITTED | operations::EMERGENCY_DECLARED => State::InternalReview,
        operations::REQUEST_REJECTED => State::Rejected,
        operations::REQUEST_ARRIVED => State::Pending,
        operations::APPROVAL_NOT_REQUIRED | operations::EMERGENCY_CONFIRMED => State::Approved,
        operations::REQUEST_WITHDRAWN => State::Withdrawn,
        operations::REQUEST_EXPIRED => State::Expired,
        operations::ACCESS_ENDED | operations::EMERGENCY_REPORTED => State::Ended,
        operations::ACCESS_COMPLETED => State::Completed,
        operations::ACCESS_REVOKED => State::Revoked,
        _ => return None,
    };
    Some(state.as_str())
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct List {
    tenant: Option<String>,
    approval_status: Option<ApprovalStatus>,
    state: Option<State>,
    created_after: Option<Timestamp>,
    service_name: Option<String>,
    request_id: Option<String>,
    page_size: Option<usize>,
    cursor: Option<String>,
}

/// A page of requests.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Several<'a> {
    requests: Vec<wire::RequestShape<'a>>,
    next_cursor: Option<String>,
}

pub(super) async fn list(call: Call) -> Result<Reply> {
    let params: List = call.read()?;
    let before: Option<(Timestamp, RequestId)> = cursor::read(params.cursor.as_deref())?;
    let list = ListRequests {
        tenant: params.tenant,
        request: params.request_id,
        status: params.approval_status,
        state: params.state,
        created_after: params.created_after,
        service: params.service_name,
        limit: params.page_size.unwrap_or(PAGE),
        before,
        ..ListRequests::default()
    };
    let page = call.services().list_requests(&call.ctx, &list).await?;
    let next = match page.rows.last() {
        Some(last) if page.more => Some(cursor::write(&place(last))?),
        _ => None,
    };
    Reply::write(&Several {
        requests: page.rows.iter().map(|shown| shape(&call, shown)).collect(),
        next_cursor: next,
    })
}

/// A request's place in the order of lists.
pub(super) fn place(shown: &Shown) -> (Timestamp, RequestId) {
    (shown.request.created_at, shown.request.identity)
}
