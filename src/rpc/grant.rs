//! `grant.*` and `activity.record`.

use crate::clock::Timestamp;
use crate::domain::request::{AccessLevel, State};
use crate::error::{Error, Result};
use crate::ids::RequestId;
use crate::rpc::{Call, cursor, request, wire};
use crate::service::activity::RecordActivity;
use crate::service::grant::CheckGrant;
use crate::service::request::{Ending, ListRequests, Named, Shown};
use serde::Deserialize;
use serde_json::{Value, json};

/// Grants on a page where the caller says nothing.
const PAGE: usize = 100;

fn shape(call: &Call, shown: &Shown) -> Value {
    let services = call.services();
    wire::grant(shown, services.viewer(&call.ctx), services.names())
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct One {
    grant_id: Option<String>,
    request_id: Option<String>,
    tenant: Option<String>,
    comment: Option<String>,
}

impl One {
    /// The request behind the grant: named itself, or found by the grant's id.
    fn named(&self) -> Result<Named> {
        let (request, by_grant) = match (&self.grant_id, &self.request_id) {
            (None, Some(request)) => (request.clone(), false),
            (Some(grant), None) => (grant.clone(), true),
            _ => {
                return Err(Error::invalid_param(
                    "",
                    "A grant is named in one way.",
                    "either grantId or requestId",
                ));
            }
        };
        Ok(Named {
            request,
            tenant: self.tenant.clone(),
            by_grant,
        })
    }
}

pub(super) async fn get(call: Call) -> Result<Value> {
    let params: One = call.read()?;
    let named = params.named()?;
    let shown = call.services().read_grant(&call.ctx, &named).await?;
    Ok(json!({"grant": shape(&call, &shown)}))
}

pub(super) async fn revoke(call: Call) -> Result<Value> {
    let params: One = call.read()?;
    let named = params.named()?;
    let (shown, settled) = call
        .services()
        .end(
            &call.ctx,
            &named,
            Ending::Revoke,
            params.comment.as_deref(),
            false,
        )
        .await?;
    Ok(json!({"grant": shape(&call, &shown), "replayed": settled.replayed}))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct List {
    tenant: Option<String>,
    active: Option<bool>,
    page_size: Option<usize>,
    cursor: Option<String>,
}

pub(super) async fn list(call: Call) -> Result<Value> {
    let params: List = call.read()?;
    let before: Option<(Timestamp, RequestId)> = cursor::read(params.cursor.as_deref())?;
    let list = ListRequests {
        tenant: params.tenant,
        state: params
            .active
            .filter(|active| *active)
            .map(|_| State::Approved),
        not_live: params.active == Some(false),
        granted_only: true,
        limit: params.page_size.unwrap_or(PAGE),
        before,
        ..ListRequests::default()
    };
    let page = call.services().list_requests(&call.ctx, &list).await?;
    let next = match page.rows.last() {
        Some(last) if page.more => Some(cursor::write(&request::place(last))?),
        _ => None,
    };
    let grants: Vec<Value> = page.rows.iter().map(|shown| shape(&call, shown)).collect();
    Ok(json!({"grants": grants, "nextCursor": next}))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Check {
    tenant: String,
    request_id: Option<String>,
    engineer: Option<String>,
    service_name: Option<String>,
    resource: Option<String>,
    operation: Option<String>,
    access_level: Option<AccessLevel>,
}

pub(super) async fn check(call: Call) -> Result<Value> {
    let params: Check = call.read()?;
    let check = CheckGrant {
        tenant: params.tenant,
        request: params.request_id,
        engineer: params.engineer,
        service: params.service_name,
        resource: params.resource,
        operation: params.operation,
        access_level: params.access_level,
    };
    let checked = call.services().check_grant(&call.ctx, &check).await?;
    let request = checked.request.as_ref();
    Ok(json!({
        "allowed": checked.allowed(),
        "code": checked.code,
        "message": checked.message,
        "checkedAt": checked.at.to_string(),
        "grantId": request.and_then(|request| request.grant).map(|grant| grant.to_string()),
        "identity": request.map(|request| request.identity.to_string()),
        "requestId": request.map(|request| request.reference.clone()),
        "accessEnd": request
            .and_then(|request| request.access_end)
            .map(|end| end.to_string()),
    }))
}

#[derive(Deserialize)]
struct Parameter {
    name: String,
    value: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Record {
    tenant: String,
    request_id: String,
    operation: String,
    #[serde(default)]
    parameters: Vec<Parameter>,
    result_status: Option<String>,
    engineer: Option<String>,
    occurred_at: Option<Timestamp>,
    #[serde(rename = "clientIP")]
    client_ip: Option<String>,
}

pub(super) async fn record_activity(call: Call) -> Result<Value> {
    let params: Record = call.read()?;
    let report = RecordActivity {
        tenant: params.tenant,
        request: params.request_id,
        operation: params.operation,
        parameters: params
            .parameters
            .into_iter()
            .map(|parameter| (parameter.name, parameter.value))
            .collect(),
        succeeded: params.result_status.as_deref() != Some("False"),
        engineer: params.engineer,
        occurred_at: params.occurred_at,
        client_ip: params.client_ip,
    };
    let (visible, settled) = call.services().record_activity(&call.ctx, &report).await?;
    Ok(json!({
        "identity": visible.id.to_string(),
        "violation": settled.answer.get("violation") == Some(&Value::Bool(true)),
        "reason": settled.answer.get("reason"),
        "creationDate": visible.creation.to_string(),
        "recordedAt": visible.recorded_at.to_string(),
        "replayed": settled.replayed,
    }))
}
