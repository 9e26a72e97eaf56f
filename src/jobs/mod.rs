//! Timers: expiry, end of access, reminders, escalation, summaries of refused calls, pruning. Each is idempotent and
//! takes no input: it reads what is due, and does it. Decision hooks are asked beside them, so that a slow one delays no timer.

pub mod high_water;
pub mod hooks;

use crate::clock::Timestamp;
use crate::service::Services;
use crate::store::{IDEMPOTENCY_KEEP_MILLIS, Upkeep};
use tokio_util::sync::CancellationToken;

/// How often old keys are forgotten, in seconds.
const PRUNE_SECONDS: i64 = 3_600;

/// How long to wait after a failure before trying again, in seconds.
const PAUSE_SECONDS: i64 = 1;

/// Runs the timers until shutdown: at once, whenever something falls due, and whenever a commit
/// may have changed what falls due next.
pub async fn run(services: &Services, shutdown: CancellationToken) {
    let mut commits = services.store().commits();
    let mut prune_at = services.now();
    loop {
        let now = services.now();
        if now >= prune_at {
            prune_at = now.plus_seconds(PRUNE_SECONDS);
            let horizon = now.plus_millis(-IDEMPOTENCY_KEEP_MILLIS);
            let upkeep = services
                .store()
                .upkeep(Upkeep::PruneIdempotency(horizon))
                .await;
            if let Err(error) = upkeep {
                tracing::warn!(?error, "old idempotency keys could not be forgotten");
            }
            if let Err(error) = services.forget_events().await {
                tracing::warn!(?error, "old events could not be forgotten");
            }
        }
        commits.borrow_and_update();
        let wake = match pass(services).await {
            Ok(due) => due.map_or(prune_at, |due| due.min(prune_at)),
            Err(error) => {
                tracing::error!(?error, "what time has done could not be written down");
                services.now().plus_seconds(PAUSE_SECONDS)
            }
        };
        tokio::select! {
            () = shutdown.cancelled() => break,
            () = services.clock().sleep_until(wake) => {}
            () = services.summary_begun() => {}
            changed = commits.changed() => if changed.is_err() { break },
        }
    }
    if let Err(error) = services.write_summaries(true).await {
        tracing::error!(?error, "the last minute's refusals could not be summed up");
    }
}

/// Does what is due; returns when something is due next.
async fn pass(services: &Services) -> crate::error::Result<Option<Timestamp>> {
    let due = services.write_down_due().await;
    services.write_summaries(false).await?;
    due?;
    // What has expired is written down by now, and wakes nobody.
    services.wake_due().await?;
    let next = [
        services.next_due().await?,
        services.next_wake().await?,
        services.next_summary(),
    ];
    Ok(next.into_iter().flatten().min())
}
