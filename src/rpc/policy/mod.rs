//! `policy.*`.

mod shapes;

pub(crate) use shapes::simulated;

use crate::clock::Timestamp;
use crate::domain::organization::SettingsChange;
use crate::domain::policy::simulation::Simulated;
use crate::domain::request::{AccessLevel, Ask};
use crate::error::{Error, Result};
use crate::rpc::{Call, cursor, wire};
use crate::service::policy::{Outcome, PutPolicy, ReadPolicy, Simulation};
use crate::service::request::Named;
use serde::Deserialize;
use serde_json::{Value, json};

/// Versions on a page where the caller says nothing.
const PAGE: usize = 20;

/// Differences of a simulation where the caller says nothing.
const DIFFERENCES: usize = 100;

#[derive(Deserialize)]
struct One {
    tenant: Option<String>,
    version: Option<i64>,
}

pub(super) async fn get(call: Call) -> Result<Value> {
    let params: One = call.read()?;
    let read = ReadPolicy {
        tenant: params.tenant,
        version: params.version,
    };
    let shown = call.services().read_policy(&call.ctx, &read).await?;
    Ok(json!({
        "settings": wire::settings(&shown.settings, &shown.org),
        "policy": shown.policy.as_ref().map(shapes::policy).transpose()?,
        "pendingChange": shown.pending.as_ref().map(shapes::pending).transpose()?,
    }))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Put {
    #[serde(flatten)]
    settings: SettingsChange,
    document: Option<Value>,
    reason: Option<String>,
    expected_version: Option<i64>,
    expected_policy_version: Option<i64>,
    #[serde(default)]
    validate_only: bool,
}

pub(super) async fn put(call: Call) -> Result<Value> {
    let params: Put = call.read()?;
    let put = PutPolicy {
        settings: params.settings,
        document: params.document,
        reason: params.reason,
        expected_version: params.expected_version,
        expected_policy_version: params.expected_policy_version,
        validate_only: params.validate_only,
    };
    let (outcome, settled) = call.services().put_policy(&call.ctx, &put).await?;
    let applied = !put.validate_only && !outcome.waits;
    changed(&call, &outcome, settled.replayed, applied).await
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Confirm {
    change_id: String,
    confirm: Option<bool>,
    comment: Option<String>,
    #[serde(default)]
    validate_only: bool,
}

pub(super) async fn confirm(call: Call) -> Result<Value> {
    let params: Confirm = call.read()?;
    let confirm = params.confirm.unwrap_or(true);
    let settled = call
        .services()
        .confirm_policy(
            &call.ctx,
            &params.change_id,
            confirm,
            params.comment.as_deref(),
            params.validate_only,
        )
        .await?;
    let outcome = settled.once.clone().unwrap_or_default();
    let applied = confirm && !params.validate_only;
    changed(&call, &outcome, settled.replayed, applied).await
}

/// What came of a change, with what is in force now.
async fn changed(call: &Call, outcome: &Outcome, replayed: bool, applied: bool) -> Result<Value> {
    let read = ReadPolicy::default();
    let shown = call.services().read_policy(&call.ctx, &read).await?;
    Ok(json!({
        "settings": wire::settings(&shown.settings, &shown.org),
        "policyVersion": shown.policy.as_ref().map_or(0, |row| row.version),
        "applied": applied,
        "waits": outcome.waits,
        "changeId": outcome.proposed.map(|id| id.to_string()),
        "difference": outcome.difference,
        "weakens": outcome.weakens,
        "replayed": replayed,
    }))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct History {
    tenant: Option<String>,
    page_size: Option<usize>,
    cursor: Option<String>,
}

pub(super) async fn history(call: Call) -> Result<Value> {
    let params: History = call.read()?;
    let before: Option<i64> = cursor::read(params.cursor.as_deref())?;
    let (_, page) = call
        .services()
        .policy_history(
            &call.ctx,
            params.tenant.as_deref(),
            before,
            params.page_size.unwrap_or(PAGE),
        )
        .await?;
    let next = page.rows.last().filter(|_| page.more);
    Ok(json!({
        "policies": page.rows.iter().map(shapes::version).collect::<Vec<_>>(),
        "nextCursor": next.map(|row| cursor::write(&row.version)).transpose()?,
    }))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Effective {
    tenant: Option<String>,
    service_name: String,
    #[serde(default)]
    resources: Vec<String>,
}

pub(super) async fn effective(call: Call) -> Result<Value> {
    let params: Effective = call.read()?;
    let found = call
        .services()
        .effective_policy(
            &call.ctx,
            params.tenant.as_deref(),
            &params.service_name,
            &params.resources,
        )
        .await?;
    Ok(json!({
        "policyVersion": found.as_ref().map_or(0, |(version, _)| *version),
        "judgement": found.map(|(_, judged)| shapes::judgement(&judged)),
    }))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Simulate {
    tenant: Option<String>,
    document: Option<Value>,
    version: Option<i64>,
    since: Option<String>,
    until: Option<String>,
    request: Option<MadeUp>,
    at: Option<String>,
    page_size: Option<usize>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct MadeUp {
    service_name: String,
    #[serde(default)]
    service_request_number: String,
    #[serde(default)]
    reason: String,
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
}

pub(super) async fn simulate(call: Call) -> Result<Value> {
    let params: Simulate = call.read()?;
    let instant = |pointer: &str, text: Option<&str>| -> Result<Option<Timestamp>> {
        text.map(|text| {
            Timestamp::parse(text).ok_or_else(|| {
                Error::invalid_param(
                    pointer,
                    "That is no instant.",
                    "an RFC 3339 instant with a zone",
                )
            })
        })
        .transpose()
    };
    let simulation = Simulation {
        tenant: params.tenant,
        document: params.document,
        version: params.version,
        since: instant("/since", params.since.as_deref())?,
        until: instant("/until", params.until.as_deref())?,
        limit: params.page_size.unwrap_or(DIFFERENCES),
    };
    let at = instant("/at", params.at.as_deref())?;
    let Some(made_up) = params.request else {
        let simulated = call
            .services()
            .simulate_policy(&call.ctx, &simulation)
            .await?;
        return Ok(shapes::simulated(&simulated));
    };
    let (would, judged, hash) = call
        .services()
        .try_policy(
            &call.ctx,
            &simulation,
            &made_up.service_name.clone(),
            |org, profile| {
                Ok(Ask {
                    tenant: org.id,
                    service: made_up.service_name,
                    ticket: made_up.service_request_number,
                    reason: made_up.reason,
                    duration_seconds: made_up
                        .duration_seconds
                        .unwrap_or(profile.default_access_seconds),
                    resources: made_up.resources,
                    data_categories: made_up.data_categories,
                    access_level: made_up.access_level.unwrap_or(AccessLevel::Read),
                    operations: made_up.operations,
                    citizenship: made_up.citizenship,
                    location: made_up.location,
                })
            },
            at,
        )
        .await?;
    let mut result = shapes::simulated(&Simulated {
        hash,
        tried: 1,
        would: [(would, 1)].into(),
        hooks_not_asked: u64::from(would.asks_hooks(&judged)),
        ..Simulated::default()
    });
    if let Some(members) = result.as_object_mut() {
        members.insert("judgement".to_owned(), shapes::judgement(&judged));
    }
    Ok(result)
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Explain {
    request_id: String,
    tenant: Option<String>,
}

pub(super) async fn explain(call: Call) -> Result<Value> {
    let params: Explain = call.read()?;
    let named = Named {
        request: params.request_id,
        tenant: params.tenant,
        by_grant: false,
    };
    let explained = call.services().explain_policy(&call.ctx, &named).await?;
    Ok(shapes::explained(&explained))
}
