//! `notification.*`.

use crate::domain::notice::Event;
use crate::domain::notice::delivery::{DeliveryState, Lane};
use crate::error::{Error, Result};
use crate::ids::DeliveryId;
use crate::rpc::{Call, cursor};
use crate::service::notification::{ListNotifications, Notification, Preview, Resumed};
use crate::service::request::Named;
use serde::Deserialize;
use serde_json::{Value, json};

/// Notifications on a page where the caller says nothing.
const PAGE: usize = 100;

/// A notification as results show it.
pub(super) fn shape(one: &Notification) -> Value {
    let delivery = &one.delivery;
    let when = |state| delivery.done.filter(|_| delivery.state == state);
    json!({
        "notificationId": delivery.id.to_string(),
        "event": delivery.event.event,
        "eventDate": delivery.event.at,
        "requestId": one.reference,
        "identity": delivery.event.request,
        "channel": match delivery.lane {
            Lane::Mail => "mail",
            Lane::Webhook(_) => "webhook",
        },
        "receiver": one.receiver,
        "audience": delivery.audience,
        "reasons": delivery.reasons,
        "state": delivery.state,
        "attempts": delivery.attempts,
        "createdDate": delivery.created,
        "nextAttemptDate": Some(delivery.next)
            .filter(|_| delivery.state == DeliveryState::Waiting),
        "deliveredDate": when(DeliveryState::Delivered),
        "givenUpDate": when(DeliveryState::Undeliverable),
        "result": delivery.result,
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct List {
    request_id: Option<String>,
    tenant: Option<String>,
    state: Option<DeliveryState>,
    page_size: Option<usize>,
    cursor: Option<String>,
}

pub(super) async fn list(call: Call) -> Result<Value> {
    let params: List = call.read()?;
    let tenant = params.tenant;
    let list = ListNotifications {
        request: params.request_id.map(|request| named(request, tenant)),
        state: params.state,
        before: cursor::read(params.cursor.as_deref())?,
        limit: params.page_size.unwrap_or(PAGE),
    };
    let page = call.services().list_notifications(&call.ctx, &list).await?;
    let next = page.rows.last().filter(|_| page.more);
    Ok(json!({
        "notifications": page.rows.iter().map(shape).collect::<Vec<_>>(),
        "heldEvents": page.held,
        "nextCursor": next.map(|one| cursor::write(&one.delivery.nr)).transpose()?,
    }))
}

fn named(request: String, tenant: Option<String>) -> Named {
    Named {
        request,
        tenant,
        ..Named::default()
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Retry {
    #[serde(default)]
    notification_ids: Vec<String>,
    #[serde(default)]
    held: bool,
    #[serde(default)]
    validate_only: bool,
}

pub(super) async fn retry(call: Call) -> Result<Value> {
    let params: Retry = call.read()?;
    if params.notification_ids.is_empty() && !params.held {
        return Err(Error::invalid_param(
            "/notificationIds",
            "Nothing is named that could be tried again.",
            "identities of notifications (or true at /held)",
        ));
    }
    let mut resumed = Resumed {
        deliveries: Vec::with_capacity(params.notification_ids.len()),
        held: params.held,
        validate_only: params.validate_only,
    };
    for (index, text) in params.notification_ids.iter().enumerate() {
        let id: DeliveryId = text.trim().parse().map_err(|_| {
            Error::invalid_param(
                &format!("/notificationIds/{index}"),
                "That is no identity of a notification.",
                "a notificationId of notification.list",
            )
        })?;
        if !resumed.deliveries.contains(&id) {
            resumed.deliveries.push(id);
        }
    }
    let settled = call
        .services()
        .resume_notifications(&call.ctx, &resumed)
        .await?;
    Ok(json!({
        "resumed": settled.count("resumed"),
        "released": settled.count("released"),
        "replayed": settled.replayed,
    }))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PreviewParams {
    event: Option<Event>,
    tenant: Option<String>,
    request_id: Option<String>,
    service_name: Option<String>,
    #[serde(default)]
    resources: Vec<String>,
}

pub(super) async fn preview(call: Call) -> Result<Value> {
    let params: PreviewParams = call.read()?;
    let tenant = params.tenant.clone();
    let preview = Preview {
        event: params.event.unwrap_or(Event::RequestArrived),
        tenant: params.tenant,
        request: params.request_id.map(|request| named(request, tenant)),
        service: params.service_name,
        resources: params.resources,
    };
    let found = call
        .services()
        .preview_notification(&call.ctx, &preview)
        .await?;
    let recipients = found.recipients.iter().map(|one| {
        json!({
            "address": one.address,
            "audience": one.audience,
            "reasons": one.reasons,
        })
    });
    Ok(json!({
        "recipients": recipients.collect::<Vec<_>>(),
        "leftOut": found.left_out,
        "webhooks": found.webhooks,
    }))
}
