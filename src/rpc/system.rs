//! `rpc.discover`, `system.info`, `system.backup`, `system.setLogLevel`, `session.whoami`,
//! `clock.advance`.

use crate::clock::Timestamp;
use crate::clock::zones::tzdb_version;
use crate::domain::organization::DEFAULT_HOURS_TO_ANSWER;
use crate::error::{Error, Result};
use crate::rpc::{Call, wire};
use crate::service::session::AdvanceClock;
use serde::Deserialize;
use serde_json::{Value, json};

pub(super) async fn discover(call: Call) -> Result<Value> {
    Ok(call.rpc.openrpc.clone())
}

pub(super) async fn info(call: Call) -> Result<Value> {
    let services = call.services();
    let catalog = services.catalog();
    let limits = services.limits();
    let profiles: Vec<Value> = catalog
        .profiles
        .iter()
        .map(|profile| {
            json!({
                "name": profile.name,
                "hoursToAnswer": DEFAULT_HOURS_TO_ANSWER,
                "maximumAccessSeconds": profile.maximum_access_seconds,
            })
        })
        .collect();
    // As it is now: the machine's package manager renews it while the daemon runs.
    let tzdb = tokio::task::spawn_blocking(tzdb_version)
        .await
        .map_err(Error::internal)?;
    Ok(json!({
        "product": "Customer Lockbox",
        "version": env!("CARGO_PKG_VERSION"),
        "apiVersion": "1",
        "time": services.now().to_string(),
        "testClock": call.rpc.test_clock,
        "timeZoneDatabase": tzdb,
        "services": catalog.services,
        "profiles": profiles,
        "limits": {
            "pendingPerTenant": limits.pending_per_tenant,
            "pendingPerEngineer": limits.pending_per_engineer,
            "batchLength": call.rpc.limits.batch_length,
        },
    }))
}

pub(super) async fn back_up(call: Call) -> Result<Value> {
    let backup = call.services().back_up(&call.ctx).await?;
    Ok(json!({
        "path": backup.path,
        "bytes": backup.bytes,
        "createdDate": backup.at.to_string(),
    }))
}

pub(super) async fn whoami(call: Call) -> Result<Value> {
    let who = call.services().whoami(&call.ctx).await?;
    let actor = call.ctx.actor()?;
    let roles: Vec<Value> = actor
        .held
        .iter()
        .map(|(_, scope, assignment)| {
            let mut shown = wire::assignment(assignment);
            if let Some(place) = shown.get_mut("scope") {
                *place = scope.to_string().into();
            }
            shown
        })
        .collect();
    Ok(json!({
        "principal": wire::principal(&who.described),
        "organization": wire::organization(&actor.org),
        "authentication": actor.authentication.as_str(),
        "via": call.ctx.peer.via.as_str(),
        "clientAddress": call.ctx.peer.address.map(|address| address.to_string()),
        "roles": roles,
        "decisions": actor.decisions().map(|decisions| {
            decisions.iter().map(|one| one.as_str()).collect::<Vec<&str>>()
        }),
        "token": actor.token.as_ref().map(|token| json!({
            "tokenId": token.id.to_string(),
            "expirationDate": token.expires_at.to_string(),
            "daysLeft": who.days_left,
        })),
        "warnings": who.warnings,
    }))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Advance {
    seconds: Option<i64>,
    to: Option<Timestamp>,
}

pub(super) async fn advance_clock(call: Call) -> Result<Value> {
    let params: Advance = call.read()?;
    let to = match (params.seconds, params.to) {
        (Some(seconds), None) => AdvanceClock::Seconds(seconds),
        (None, Some(to)) => AdvanceClock::To(to),
        _ => {
            return Err(Error::invalid_param(
                "",
                "Say either how far or up to when.",
                "either seconds or to",
            ));
        }
    };
    let (time, settled) = call.services().advance_clock(&call.ctx, to).await?;
    Ok(json!({"time": time.to_string(), "replayed": settled.replayed}))
}

#[derive(Deserialize)]
struct SetLogLevel {
    level: String,
}

pub(super) async fn set_log_level(call: Call) -> Result<Value> {
    let params: SetLogLevel = call.read()?;
    let level = params.level.parse().map_err(|_| {
        Error::invalid_param(
            "/level",
            "There is no such level.",
            "error, warn, info, debug or trace",
        )
    })?;
    let settled = call.services().set_log_level(&call.ctx, level).await?;
    let mut shown = settled.answer;
    if let Some(place) = shown.as_object_mut() {
        place.insert("replayed".to_owned(), settled.replayed.into());
    }
    Ok(shown)
}
