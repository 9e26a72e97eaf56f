//! `tenant.*`.

use crate::domain::organization::OrgState;
use crate::domain::people::CodeKind;
use crate::error::Result;
use crate::rpc::{Call, cursor, principal, wire};
use crate::service::Settled;
use crate::service::tenant::{CreateTenant, UpdateTenant};
use crate::service::tokens::ShownOnce;
use crate::{domain::organization::Organization, ids::OrgId};
use serde::Deserialize;
use serde_json::{Value, json};

/// Tenants on a page where the caller says nothing.
const PAGE: usize = 100;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Create {
    name: String,
    admin_address: String,
    admin_display_name: Option<String>,
    tenant_id: Option<String>,
    display_name: Option<String>,
    #[serde(default)]
    contacts: Vec<String>,
}

pub(super) async fn create(call: Call) -> Result<Value> {
    let params: Create = call.read()?;
    let create = CreateTenant {
        name: params.name,
        admin_address: params.admin_address,
        admin_display_name: params.admin_display_name,
        id: params.tenant_id.and_then(|text| text.parse::<OrgId>().ok()),
        display_name: params.display_name,
        contacts: params.contacts,
    };
    let (org, settled) = call.services().create_tenant(&call.ctx, &create).await?;
    Ok(with_claim_code(&org, &settled))
}

fn with_claim_code(org: &Organization, settled: &Settled<ShownOnce>) -> Value {
    json!({
        "tenant": wire::tenant(org),
        "claimCode": settled.once.as_ref().map(|once| once.secret.reveal()),
        "claimCodeExpirationDate": settled.answer.get("expirationDate"),
        "secretAlreadyShown": settled.replayed,
        "replayed": settled.replayed,
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Invite {
    tenant: String,
    admin_address: Option<String>,
}

pub(super) async fn invite(call: Call) -> Result<Value> {
    let params: Invite = call.read()?;
    let (org, settled) = call
        .services()
        .invite_tenant(&call.ctx, &params.tenant, params.admin_address.as_deref())
        .await?;
    Ok(with_claim_code(&org, &settled))
}

pub(super) async fn claim(call: Call) -> Result<Value> {
    let (redeemed, mut result) = principal::redeem(&call, CodeKind::Claim).await?;
    if let Some(map) = result.as_object_mut() {
        map.insert("tenant".to_owned(), wire::tenant(&redeemed.org));
    }
    Ok(result)
}

#[derive(Deserialize)]
struct One {
    tenant: Option<String>,
}

pub(super) async fn get(call: Call) -> Result<Value> {
    let params: One = call.read()?;
    let org = call
        .services()
        .read_tenant(&call.ctx, params.tenant.as_deref())
        .await?;
    Ok(json!({"tenant": wire::tenant(&org)}))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct List {
    state: Option<OrgState>,
    page_size: Option<usize>,
    cursor: Option<String>,
}

pub(super) async fn list(call: Call) -> Result<Value> {
    let params: List = call.read()?;
    let after: Option<String> = cursor::read(params.cursor.as_deref())?;
    let limit = params.page_size.unwrap_or(PAGE);
    // One more than the page tells whether there is another.
    let mut orgs = call
        .services()
        .list_tenants(&call.ctx, params.state, after, limit + 1)
        .await?;
    let more = orgs.len() > limit;
    orgs.truncate(limit);
    let next = match orgs.last() {
        Some(last) if more => Some(cursor::write(&last.name)?),
        _ => None,
    };
    Ok(json!({
        "tenants": orgs.iter().map(wire::tenant).collect::<Vec<Value>>(),
        "nextCursor": next,
    }))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Update {
    tenant: String,
    name: Option<String>,
    display_name: Option<String>,
    contacts: Option<Vec<String>>,
}

pub(super) async fn update(call: Call) -> Result<Value> {
    let params: Update = call.read()?;
    let update = UpdateTenant {
        name: params.name,
        display_name: params.display_name,
        contacts: params.contacts,
    };
    let (org, settled) = call
        .services()
        .update_tenant(&call.ctx, &params.tenant, &update)
        .await?;
    Ok(json!({"tenant": wire::tenant(&org), "replayed": settled.replayed}))
}

#[derive(Deserialize)]
struct Suspend {
    tenant: String,
    reason: Option<String>,
}

pub(super) async fn suspend(call: Call) -> Result<Value> {
    turn(call, true).await
}

pub(super) async fn resume(call: Call) -> Result<Value> {
    turn(call, false).await
}

async fn turn(call: Call, suspend: bool) -> Result<Value> {
    let params: Suspend = call.read()?;
    let (org, settled) = call
        .services()
        .suspend_tenant(&call.ctx, &params.tenant, suspend, params.reason.as_deref())
        .await?;
    Ok(json!({
        "tenant": wire::tenant(&org),
        "revokedGrants": settled.count("revokedGrants"),
        "replayed": settled.replayed,
    }))
}
