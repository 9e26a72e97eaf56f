//! `principal.*` and `role.*`.

use crate::domain::people::{CodeKind, PrincipalKind};
use crate::domain::request::Decision;
use crate::domain::scope::Role;
use crate::error::{Error, Result};
use crate::rpc::{Call, cursor, wire};
use crate::service::people::{CreatePrincipal, FirstSecret};
use crate::service::redeem::Redeemed;
use crate::service::roles::WantedRole;
use serde::Deserialize;
use serde_json::{Value, json};

/// Principals on a page where the caller says nothing.
const PAGE: usize = 100;

#[derive(Deserialize)]
struct RoleAt {
    role: Role,
    scope: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Create {
    kind: PrincipalKind,
    address: Option<String>,
    display_name: String,
    #[serde(default)]
    roles: Vec<RoleAt>,
    owner: Option<String>,
    citizenship: Option<String>,
    token_days: Option<i64>,
    decisions: Option<Vec<Decision>>,
}

pub(super) async fn create(call: Call) -> Result<Value> {
    let params: Create = call.read()?;
    let roles = params
        .roles
        .into_iter()
        .map(|at| WantedRole {
            role: at.role,
            scope: at.scope,
        })
        .collect();
    if params.kind == PrincipalKind::Person
        && (params.token_days.is_some() || params.decisions.is_some())
    {
        return Err(Error::invalid_param(
            "/kind",
            "A person gets a code, not a token.",
            "tokenDays and decisions with kind robot only",
        ));
    }
    if params.kind == PrincipalKind::Robot && params.address.is_some() {
        return Err(Error::invalid_param(
            "/address",
            "A robot has no address.",
            "no address with kind robot",
        ));
    }
    let create = CreatePrincipal {
        kind: params.kind,
        address: params.address,
        display_name: params.display_name,
        roles,
        owner: params.owner,
        citizenship: params.citizenship,
        token_days: params.token_days,
        decisions: params.decisions,
    };
    let (described, settled) = call.services().create_principal(&call.ctx, &create).await?;
    let person = described.principal.kind == PrincipalKind::Person;
    let ends = settled.answer.get("expirationDate").cloned();
    let (code, token) = match &settled.once {
        Some(FirstSecret::Code(once)) => (Some(once.secret.reveal()), None),
        Some(FirstSecret::Token(once)) => (None, Some(once.secret.reveal())),
        None => (None, None),
    };
    Ok(json!({
        "principal": wire::principal(&described),
        "enrolmentCode": code,
        "enrolmentCodeExpirationDate": ends.clone().filter(|_| person),
        "token": token,
        "tokenId": settled.answer.get("tokenId"),
        "tokenExpirationDate": ends.filter(|_| !person),
        "secretAlreadyShown": settled.replayed,
        "replayed": settled.replayed,
    }))
}

#[derive(Deserialize)]
struct One {
    principal: String,
    reason: Option<String>,
}

pub(super) async fn invite(call: Call) -> Result<Value> {
    let params: One = call.read()?;
    let (described, settled) = call.services().invite(&call.ctx, &params.principal).await?;
    Ok(json!({
        "principal": wire::principal(&described),
        "enrolmentCode": settled.once.as_ref().map(|once| once.secret.reveal()),
        "enrolmentCodeExpirationDate": settled.answer.get("expirationDate"),
        "secretAlreadyShown": settled.replayed,
        "replayed": settled.replayed,
    }))
}

#[derive(Deserialize)]
struct Redeem {
    code: String,
}

/// Redeems a code of either kind; the result lacks only what it led into.
pub(super) async fn redeem(call: &Call, kind: CodeKind) -> Result<(Redeemed, Value)> {
    let params: Redeem = call.read()?;
    let redeemed = call
        .services()
        .redeem(&call.ctx, kind, &params.code)
        .await?;
    let described = call.services().describe(redeemed.principal.clone()).await?;
    let result = json!({
        "token": redeemed.token.as_ref().map(|once| once.secret.reveal()),
        "tokenId": redeemed.token_id.to_string(),
        "expirationDate": redeemed.expires_at.to_string(),
        "principal": wire::principal(&described),
        "secretAlreadyShown": redeemed.token.is_none(),
        "replayed": redeemed.token.is_none(),
    });
    Ok((redeemed, result))
}

pub(super) async fn enroll(call: Call) -> Result<Value> {
    let (redeemed, mut result) = redeem(&call, CodeKind::Enrolment).await?;
    if let Some(map) = result.as_object_mut() {
        map.insert("organization".to_owned(), wire::organization(&redeemed.org));
    }
    Ok(result)
}

pub(super) async fn get(call: Call) -> Result<Value> {
    let params: One = call.read()?;
    let described = call
        .services()
        .read_principal(&call.ctx, &params.principal)
        .await?;
    Ok(json!({"principal": wire::principal(&described)}))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct List {
    kind: Option<PrincipalKind>,
    role: Option<Role>,
    page_size: Option<usize>,
    cursor: Option<String>,
}

pub(super) async fn list(call: Call) -> Result<Value> {
    let params: List = call.read()?;
    let after = cursor::read(params.cursor.as_deref())?;
    let (found, next) = call
        .services()
        .list_principals(
            &call.ctx,
            after,
            params.page_size.unwrap_or(PAGE),
            |described| {
                params
                    .kind
                    .is_none_or(|kind| described.principal.kind == kind)
                    && params
                        .role
                        .is_none_or(|role| described.roles.iter().any(|held| held.role == role))
            },
        )
        .await?;
    let next = match next {
        Some(next) => Some(cursor::write(&next)?),
        None => None,
    };
    Ok(json!({
        "principals": found.iter().map(wire::principal).collect::<Vec<Value>>(),
        "nextCursor": next,
    }))
}

pub(super) async fn disable(call: Call) -> Result<Value> {
    let params: One = call.read()?;
    let (described, settled) = call
        .services()
        .disable(&call.ctx, &params.principal, params.reason.as_deref())
        .await?;
    Ok(json!({
        "principal": wire::principal(&described),
        "withdrawnRequests": settled.count("withdrawnRequests"),
        "revokedGrants": settled.count("revokedGrants"),
        "replayed": settled.replayed,
    }))
}

pub(super) async fn enable(call: Call) -> Result<Value> {
    let params: One = call.read()?;
    let (described, settled) = call.services().enable(&call.ctx, &params.principal).await?;
    let taken_over = settled.answer.get("takenOver") == Some(&Value::Bool(true));
    let token = settled.once.as_ref().and_then(|once| once.token.as_ref());
    Ok(json!({
        "principal": wire::principal(&described),
        "takenOver": taken_over,
        "token": token.map(|once| once.secret.reveal()),
        "tokenId": settled.answer.get("tokenId"),
        "tokenExpirationDate": settled.answer.get("expirationDate"),
        "secretAlreadyShown": settled.replayed && taken_over,
        "replayed": settled.replayed,
    }))
}

#[derive(Deserialize)]
struct RoleParams {
    principal: String,
    role: Role,
    scope: Option<String>,
}

pub(super) async fn assign_role(call: Call) -> Result<Value> {
    let params: RoleParams = call.read()?;
    let wanted = WantedRole {
        role: params.role,
        scope: params.scope,
    };
    let (assignment, settled) = call
        .services()
        .assign_role(&call.ctx, &params.principal, &wanted)
        .await?;
    Ok(json!({
        "assignment": wire::assignment(&assignment),
        "replayed": settled.replayed,
    }))
}

pub(super) async fn remove_role(call: Call) -> Result<Value> {
    let params: RoleParams = call.read()?;
    let wanted = WantedRole {
        role: params.role,
        scope: params.scope,
    };
    let settled = call
        .services()
        .remove_role(&call.ctx, &params.principal, &wanted)
        .await?;
    Ok(json!({
        "removed": settled.answer.get("removed") == Some(&Value::Bool(true)),
        "withdrawnRequests": settled.count("withdrawnRequests"),
        "revokedGrants": settled.count("revokedGrants"),
        "replayed": settled.replayed,
    }))
}

#[derive(Deserialize)]
struct Whose {
    principal: Option<String>,
}

pub(super) async fn list_roles(call: Call) -> Result<Value> {
    let params: Whose = call.read()?;
    let found = call
        .services()
        .list_roles(&call.ctx, params.principal.as_deref())
        .await?;
    Ok(json!({"assignments": found.iter().map(wire::assignment).collect::<Vec<Value>>()}))
}
