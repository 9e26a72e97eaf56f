//! `policy.*`.

use crate::domain::organization::EmergencyAccess;
use crate::error::Result;
use crate::rpc::{Call, wire};
use crate::service::settings::PutSettings;
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Deserialize)]
struct One {
    tenant: Option<String>,
}

pub(super) async fn get(call: Call) -> Result<Value> {
    let params: One = call.read()?;
    let (settings, org) = call
        .services()
        .read_settings(&call.ctx, params.tenant.as_deref())
        .await?;
    Ok(json!({"settings": wire::settings(&settings, &org)}))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Put {
    approval_required: Option<bool>,
    hours_to_answer: Option<u32>,
    automatic_approval: Option<bool>,
    audit_search_enabled: Option<bool>,
    emergency_access: Option<EmergencyAccess>,
    tags: Option<Vec<String>>,
    expected_version: Option<i64>,
}

pub(super) async fn put(call: Call) -> Result<Value> {
    let params: Put = call.read()?;
    let put = PutSettings {
        approval_required: params.approval_required,
        hours_to_answer: params.hours_to_answer,
        automatic_approval: params.automatic_approval,
        audit_search_enabled: params.audit_search_enabled,
        emergency_access: params.emergency_access,
        tags: params.tags,
        expected_version: params.expected_version,
    };
    let (settings, org, settled) = call.services().put_settings(&call.ctx, &put).await?;
    Ok(json!({
        "settings": wire::settings(&settings, &org),
        "replayed": settled.replayed,
    }))
}
