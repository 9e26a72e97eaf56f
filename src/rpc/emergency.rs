//! `emergency.*`.

use crate::clock::Timestamp;
use crate::domain::emergency::Period;
use crate::error::Result;
use crate::ids::RequestId;
use crate::rpc::request::{Command, Submit, settled, shape};
use crate::rpc::{Call, Reply, cursor, wire};
use crate::service::emergency::{ListEmergencies, Place, ReportEmergency};
use serde::{Deserialize, Serialize};

/// Rows on a page where the caller says nothing.
const PAGE: usize = 100;

#[derive(Deserialize)]
struct Declare {
    #[serde(flatten)]
    submit: Submit,
    incident: String,
}

pub(super) async fn declare(call: Call) -> Result<Reply> {
    let params: Declare = call.read()?;
    let outcome = call
        .services()
        .declare_emergency(&call.ctx, &params.submit.into(), &params.incident)
        .await?;
    settled(&call, &outcome)
}

pub(super) async fn confirm(call: Call) -> Result<Reply> {
    let params: Command = call.read()?;
    let outcome = call
        .services()
        .confirm_emergency(
            &call.ctx,
            &params.named(),
            params.comment.as_deref(),
            params.validate_only,
        )
        .await?;
    settled(&call, &outcome)
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Report {
    #[serde(flatten)]
    access: Submit,
    incident: String,
    access_start: Timestamp,
    access_end: Timestamp,
}

pub(super) async fn report(call: Call) -> Result<Reply> {
    let params: Report = call.read()?;
    let report = ReportEmergency {
        access: params.access.into(),
        incident: params.incident,
        period: Period {
            start: params.access_start,
            end: params.access_end,
        },
    };
    let outcome = call.services().report_emergency(&call.ctx, &report).await?;
    settled(&call, &outcome)
}

pub(super) async fn acknowledge(call: Call) -> Result<Reply> {
    let params: Command = call.read()?;
    let outcome = call
        .services()
        .acknowledge_emergency(
            &call.ctx,
            &params.named(),
            params.comment.as_deref(),
            params.validate_only,
        )
        .await?;
    settled(&call, &outcome)
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct List {
    tenant: Option<String>,
    open: Option<bool>,
    page_size: Option<usize>,
    cursor: Option<String>,
}

/// A page of emergency access.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Several<'a> {
    emergencies: Vec<wire::RequestShape<'a>>,
    next_cursor: Option<String>,
}

/// A [`Place`] as its cursor holds it.
type Mark = (Timestamp, bool, Option<(Timestamp, RequestId)>);

pub(super) async fn list(call: Call) -> Result<Reply> {
    let params: List = call.read()?;
    let after =
        cursor::read(params.cursor.as_deref())?.map(|(started, open, before): Mark| Place {
            started,
            open,
            before,
        });
    let list = ListEmergencies {
        tenant: params.tenant,
        open: params.open,
        limit: params.page_size.unwrap_or(PAGE),
        after,
    };
    let page = call.services().list_emergencies(&call.ctx, &list).await?;
    let next = page
        .next
        .map(|place| cursor::write(&(place.started, place.open, place.before)))
        .transpose()?;
    Reply::write(&Several {
        emergencies: page.rows.iter().map(|shown| shape(&call, shown)).collect(),
        next_cursor: next,
    })
}
