//! `token.*`.

use crate::domain::request::Decision;
use crate::domain::scope::Role;
use crate::error::Result;
use crate::rpc::{Call, wire};
use crate::service::tokens::IssueToken;
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Issue {
    principal: Option<String>,
    name: Option<String>,
    roles: Option<Vec<Role>>,
    scope: Option<String>,
    decisions: Option<Vec<Decision>>,
    expires_in_days: Option<i64>,
}

pub(super) async fn issue(call: Call) -> Result<Value> {
    let params: Issue = call.read()?;
    let issue = IssueToken {
        principal: params.principal,
        name: params.name,
        roles: params.roles,
        scope: params.scope,
        decisions: params.decisions,
        days: params.expires_in_days,
    };
    let settled = call.services().issue_token(&call.ctx, &issue).await?;
    Ok(json!({
        "token": settled.once.as_ref().map(|once| once.secret.reveal()),
        "tokenId": settled.answer.get("tokenId"),
        "expirationDate": settled.answer.get("expirationDate"),
        "secretAlreadyShown": settled.replayed,
        "replayed": settled.replayed,
    }))
}

#[derive(Deserialize)]
struct Whose {
    principal: Option<String>,
}

pub(super) async fn list(call: Call) -> Result<Value> {
    let params: Whose = call.read()?;
    let found = call
        .services()
        .list_tokens(&call.ctx, params.principal.as_deref())
        .await?;
    let tokens: Vec<Value> = found
        .iter()
        .map(|(token, used)| wire::token(token, *used))
        .collect();
    Ok(json!({"tokens": tokens}))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Revoke {
    token_id: String,
    after_hours: Option<u32>,
}

pub(super) async fn revoke(call: Call) -> Result<Value> {
    let params: Revoke = call.read()?;
    let (token, settled) = call
        .services()
        .revoke_token(&call.ctx, &params.token_id, params.after_hours)
        .await?;
    Ok(json!({"token": wire::token(&token, None), "replayed": settled.replayed}))
}
