//! `webhook.*`.

use crate::domain::notice::Event;
use crate::domain::notice::webhook::{Format, OVERLAP_HOURS, Webhook};
use crate::error::Result;
use crate::rpc::Call;
use crate::service::webhooks::{CreateWebhook, UpdateWebhook};
use serde::Deserialize;
use serde_json::{Value, json};

/// A webhook as results show it: never with its keys.
fn shape(webhook: &Webhook) -> Value {
    json!({
        "webhookId": webhook.id.to_string(),
        "name": webhook.name,
        "url": webhook.url,
        "format": webhook.format,
        "events": webhook.events,
        "paused": webhook.paused,
        "createdDate": webhook.created_at,
        "createdBy": webhook.created_by,
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Create {
    name: String,
    url: String,
    format: Format,
    #[serde(default)]
    events: Vec<Event>,
}

pub(super) async fn create(call: Call) -> Result<Value> {
    let params: Create = call.read()?;
    let create = CreateWebhook {
        name: params.name,
        url: params.url,
        format: params.format,
        events: params.events,
    };
    let settled = call.services().create_webhook(&call.ctx, &create).await?;
    Ok(json!({
        "webhookId": settled.answer.get("webhookId"),
        "secret": settled.once.as_ref().map(|key| key.reveal()),
        "secretAlreadyShown": settled.replayed,
        "replayed": settled.replayed,
    }))
}

pub(super) async fn list(call: Call) -> Result<Value> {
    let webhooks = call.services().list_webhooks(&call.ctx).await?;
    let webhooks: Vec<Value> = webhooks.iter().map(shape).collect();
    Ok(json!({"webhooks": webhooks}))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Update {
    webhook_id: String,
    name: Option<String>,
    url: Option<String>,
    format: Option<Format>,
    events: Option<Vec<Event>>,
    paused: Option<bool>,
}

pub(super) async fn update(call: Call) -> Result<Value> {
    let params: Update = call.read()?;
    let update = UpdateWebhook {
        name: params.name,
        url: params.url,
        format: params.format,
        events: params.events,
        paused: params.paused,
    };
    let (webhook, settled) = call
        .services()
        .update_webhook(&call.ctx, &params.webhook_id, &update)
        .await?;
    Ok(json!({
        "webhook": shape(&webhook),
        "replayed": settled.replayed,
    }))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Rotate {
    webhook_id: String,
    overlap_hours: Option<u32>,
}

pub(super) async fn rotate(call: Call) -> Result<Value> {
    let params: Rotate = call.read()?;
    let hours = params.overlap_hours.unwrap_or(OVERLAP_HOURS);
    let settled = call
        .services()
        .rotate_webhook(&call.ctx, &params.webhook_id, hours)
        .await?;
    Ok(json!({
        "webhookId": settled.answer.get("webhookId"),
        "secret": settled.once.as_ref().map(|key| key.reveal()),
        "oldSecretUntil": settled.answer.get("oldSecretUntil"),
        "secretAlreadyShown": settled.replayed,
        "replayed": settled.replayed,
    }))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Remove {
    webhook_id: String,
}

pub(super) async fn remove(call: Call) -> Result<Value> {
    let params: Remove = call.read()?;
    let settled = call
        .services()
        .remove_webhook(&call.ctx, &params.webhook_id)
        .await?;
    Ok(json!({
        "webhookId": settled.answer.get("webhookId"),
        "replayed": settled.replayed,
    }))
}
