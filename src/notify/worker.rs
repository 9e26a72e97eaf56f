//! A worker of a lane: while some deliveries are tried, what came of others is written down and the
//! next ones are leased, both in one commit. So a slow receiver keeps a place, and nothing else.

use super::{Carriers, Outcome, PAUSE_SECONDS};
use crate::domain::notice::delivery::{Attempt, Delivery, Lane};
use crate::error::{Error, Result};
use crate::ids::{DeliveryId, WebhookId};
use crate::service::Services;
use crate::store::Upkeep;
use std::collections::{HashSet, VecDeque};
use std::sync::Arc;
use tokio::sync::Notify;
use tokio::task::{JoinError, JoinSet};
use tokio_util::sync::CancellationToken;

/// How many deliveries a worker has leased at a time; after a crash at most so many per lane are
/// repeated.
pub const BATCH: usize = 512;

/// More are leased where fewer than this wait for their place.
const FEW: usize = 192;

/// How many deliveries of a lane are under way at once.
pub const AT_ONCE: usize = 16;

/// For how long a worker has a delivery leased, in seconds: longer than any attempt takes.
const LEASE_SECONDS: i64 = 600;

/// A delivery, and what came of trying it.
type Tried = (Delivery, Outcome);

/// Serves a lane until nothing in it is due; whether there was anything. Says so where the lane runs
/// dry.
pub(super) async fn serve(
    services: &Arc<Services>,
    carriers: &Arc<Carriers>,
    lane: Lane,
    dry: &Notify,
    shutdown: &CancellationToken,
) -> bool {
    let mut leased = VecDeque::new();
    let mut running = JoinSet::new();
    let mut tried = Vec::new();
    let mut turns = JoinSet::new();
    // What this worker has, also where a lease has run out meanwhile: nothing is tried twice.
    let mut held = HashSet::new();
    // Whether more is taken, whether the last turn found nothing to do, and whether any ever did.
    let (mut taking, mut rested, mut served) = (true, false, false);
    loop {
        if shutdown.is_cancelled() {
            // What was leased and not begun belongs to the next run.
            (taking, rested) = (false, true);
            leased.clear();
        }
        while running.len() < AT_ONCE
            && let Some(delivery) = leased.pop_front()
        {
            let (services, carriers) = (Arc::clone(services), Arc::clone(carriers));
            running.spawn(async move {
                let outcome = attempt(&services, &carriers, &delivery).await;
                (delivery, outcome)
            });
        }
        let idle = running.is_empty() && leased.is_empty();
        if turns.is_empty() && (idle || !tried.is_empty()) {
            if idle && tried.is_empty() && (rested || !taking) {
                return served;
            }
            let (services, carriers) = (Arc::clone(services), Arc::clone(carriers));
            let shutdown = shutdown.clone();
            let done = std::mem::take(&mut tried);
            let takes = taking && leased.len() < FEW;
            let room = if takes {
                BATCH.saturating_sub(held.len())
            } else {
                0
            };
            let over: Vec<DeliveryId> = done.iter().map(|(one, _): &Tried| one.id).collect();
            rested = idle && done.is_empty();
            turns.spawn(async move {
                let taken = turn(&services, &carriers, lane, done, room, &shutdown).await?;
                Ok::<_, Error>((taken, over, room))
            });
        }
        tokio::select! {
            () = shutdown.cancelled(), if taking => {}
            Some(one) = running.join_next() => tried.extend(ended(one)),
            Some(turn) = turns.join_next() => match ended(turn) {
                Some(Ok((mut taken, over, room))) => {
                    if taken.len() < room {
                        dry.notify_one();
                    }
                    taken.retain(|one| held.insert(one.id));
                    for id in over {
                        held.remove(&id);
                    }
                    rested &= taken.is_empty();
                    served |= !taken.is_empty();
                    leased.extend(taken);
                }
                Some(Err(error)) => {
                    tracing::error!(?error, "notifications could not be delivered");
                    taking = false;
                }
                None => taking = false,
            },
        }
    }
}

/// What a task came to; where it ended badly, its leases run out, and it is tried again.
fn ended<T>(task: std::result::Result<T, JoinError>) -> Option<T> {
    task.inspect_err(|error| tracing::error!(%error, "a delivery ended badly"))
        .ok()
}

/// Writes down what came of some deliveries, and leases others, as many as there is room for.
async fn turn(
    services: &Services,
    carriers: &Carriers,
    lane: Lane,
    tried: Vec<Tried>,
    room: usize,
    shutdown: &CancellationToken,
) -> Result<Vec<Delivery>> {
    let mut attempts = Vec::with_capacity(tried.len());
    for (delivery, outcome) in tried {
        match settle(services, carriers, &delivery, outcome).await {
            Ok(attempt) => attempts.extend(attempt),
            // Its lease runs out, and it is tried again.
            Err(error) => tracing::error!(?error, "a delivery could not be given up"),
        }
    }
    // Those behind one that was just tried wait for the next turn.
    let due = take(services, lane, room).await;
    let (taken, ()) = tokio::join!(
        lease(services, due),
        write_down(services, attempts, shutdown)
    );
    if taken.is_err() {
        pause(services, shutdown).await;
    }
    taken
}

/// What is to be tried next in a lane.
async fn take(services: &Services, lane: Lane, room: usize) -> Result<Vec<Delivery>> {
    if room == 0 || !services.lane_is_served(lane).await? {
        return Ok(Vec::new());
    }
    let store = services.store();
    store.deliveries_due(lane, services.now(), room).await
}

/// Leases what is to be tried.
async fn lease(services: &Services, due: Result<Vec<Delivery>>) -> Result<Vec<Delivery>> {
    let due = due?;
    if !due.is_empty() {
        let ids = due.iter().map(|delivery| delivery.id).collect();
        let until = services.now().plus_seconds(LEASE_SECONDS);
        services.store().upkeep(Upkeep::Lease(ids, until)).await?;
    }
    Ok(due)
}

/// Writes attempts down, however often that fails: what was delivered is not to be repeated.
async fn write_down(services: &Services, attempts: Vec<Attempt>, shutdown: &CancellationToken) {
    while !attempts.is_empty() {
        let upkeep = Upkeep::Attempts(attempts.clone());
        match services.store().upkeep(upkeep).await {
            Ok(()) => return,
            Err(error) => tracing::error!(?error, "attempts could not be written down"),
        }
        if shutdown.is_cancelled() {
            return;
        }
        pause(services, shutdown).await;
    }
}

/// Waits after a failure of the store.
async fn pause(services: &Services, shutdown: &CancellationToken) {
    let until = services.now().plus_seconds(PAUSE_SECONDS);
    tokio::select! {
        () = services.clock().sleep_until(until) => {}
        () = shutdown.cancelled() => {}
    }
}

/// One attempt.
async fn attempt(services: &Services, carriers: &Carriers, delivery: &Delivery) -> Outcome {
    let tried = match delivery.lane {
        Lane::Mail => mail(services, carriers, delivery).await,
        Lane::Webhook(id) => call(services, carriers, delivery, id).await,
    };
    tried.unwrap_or_else(|error| Outcome::Later(error.to_string(), None))
}

async fn mail(services: &Services, carriers: &Carriers, delivery: &Delivery) -> Result<Outcome> {
    let told = services.to_tell(delivery).await?;
    Ok(carriers.mailer.send(services, delivery, &told).await)
}

async fn call(
    services: &Services,
    carriers: &Carriers,
    delivery: &Delivery,
    id: WebhookId,
) -> Result<Outcome> {
    let facts = services.facts_of(delivery).await?;
    Ok(match services.store().webhook(id).await? {
        Some(webhook) => {
            let caller = &carriers.caller;
            caller.call(services, &webhook, delivery, &facts).await
        }
        None => Outcome::Never("The webhook was removed.".to_owned()),
    })
}

/// What an outcome comes to: an attempt that is written down, or the end of trying.
async fn settle(
    services: &Services,
    carriers: &Carriers,
    delivery: &Delivery,
    outcome: Outcome,
) -> Result<Option<Attempt>> {
    let (result, asked) = match outcome {
        Outcome::Delivered(result) => {
            services
                .metrics()
                .notified(channel(delivery.lane), "delivered");
            return Ok(Some(Attempt {
                id: delivery.id,
                result,
                again: None,
            }));
        }
        Outcome::Later(why, asked) => (why, asked),
        Outcome::Never(why) => {
            services
                .metrics()
                .notified(channel(delivery.lane), "undeliverable");
            services.give_up_delivery(delivery, &why).await?;
            return Ok(None);
        }
    };
    let now = services.now();
    let again = carriers
        .patience
        .again(delivery.attempts + 1, delivery.created, now, asked);
    match again {
        Some(again) => {
            services
                .metrics()
                .notified(channel(delivery.lane), "deferred");
            Ok(Some(Attempt {
                id: delivery.id,
                result,
                again: Some(again),
            }))
        }
        None => {
            services
                .metrics()
                .notified(channel(delivery.lane), "undeliverable");
            services.give_up_delivery(delivery, &result).await?;
            Ok(None)
        }
    }
}

/// A lane's word in metrics.
const fn channel(lane: Lane) -> &'static str {
    match lane {
        Lane::Mail => "mail",
        Lane::Webhook(_) => "webhook",
    }
}
