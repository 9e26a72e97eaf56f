//! A worker of a lane: while some deliveries are tried, what came of others is written down and the
//! next ones are leased, both in one commit. So a slow receiver keeps a place, and nothing else.

use super::{Carriers, Outcome, PAUSE_SECONDS};
use crate::domain::notice::delivery::{Attempt, Delivery, Lane};
use crate::domain::notice::facts::Facts;
use crate::error::{Error, Result};
use crate::ids::{DeliveryId, WebhookId};
use crate::service::Services;
use crate::service::notification::{Direct, Subject};
use crate::store::Upkeep;
use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;
use tokio::sync::Notify;
use tokio::task::{Id, JoinError, JoinSet};
use tokio_util::sync::CancellationToken;

/// How many deliveries a worker has leased at a time; after a crash at most so many per lane are
/// repeated.
pub const BATCH: usize = 768;

/// More are leased where fewer than this wait for their place.
const FEW: usize = 256;

/// Of how many deliveries it is read at once what they tell of.
const READ_AHEAD: usize = 32;

/// How many deliveries of a lane are under way at once.
pub const AT_ONCE: usize = 16;

/// For how long a worker has a delivery leased, in seconds. What it holds for longer it knows
/// itself, and does not take again; what it has lost is tried again after that.
pub(super) const LEASE_SECONDS: i64 = 600;

/// A delivery, and what came of trying it.
type Tried = (Delivery, Outcome);

/// What is to be written down of a delivery that was tried.
enum Then {
    /// An attempt.
    Attempt(Attempt),
    /// Nothing: it waits on, and nobody has it leased.
    Release(DeliveryId),
    /// Nothing: it is given up.
    Ended,
}

/// Serves a lane until nothing in it is due; whether there was anything. Says so where the lane runs
/// dry.
pub(super) async fn serve(
    services: &Arc<Services>,
    carriers: &Arc<Carriers>,
    lane: Lane,
    dry: &Notify,
    shutdown: &CancellationToken,
) -> bool {
    let mut leased: VecDeque<Delivery> = VecDeque::new();
    let mut ready: VecDeque<(Delivery, Option<Subject>)> = VecDeque::new();
    let mut running = JoinSet::new();
    // Which ones run, by their tasks.
    let mut places: HashMap<Id, DeliveryId> = HashMap::new();
    let mut tried: Vec<Tried> = Vec::new();
    let mut turns = JoinSet::new();
    // Whether more is taken, whether the last turn found nothing to do, and whether any ever did.
    let (mut taking, mut rested, mut served) = (true, false, false);
    loop {
        if shutdown.is_cancelled() {
            // What was leased and not begun belongs to the next run.
            (taking, rested) = (false, true);
            leased.clear();
            ready.clear();
        }
        if ready.is_empty() && running.len() < AT_ONCE && !leased.is_empty() {
            let next = leased.drain(..leased.len().min(READ_AHEAD)).collect();
            ready.extend(read_ahead(services, next).await);
        }
        while running.len() < AT_ONCE
            && let Some((delivery, ahead)) = ready.pop_front()
        {
            let (services, carriers) = (Arc::clone(services), Arc::clone(carriers));
            let id = delivery.id;
            // In a box: the task moves it about, and it is large.
            let task = running.spawn(Box::pin(async move {
                let outcome = attempt(&services, &carriers, &delivery, ahead).await;
                (delivery, outcome)
            }));
            places.insert(task.id(), id);
        }
        let idle = running.is_empty() && leased.is_empty() && ready.is_empty();
        if turns.is_empty() && (idle || !tried.is_empty()) {
            if idle && tried.is_empty() && (rested || !taking) {
                return served;
            }
            let (services, carriers) = (Arc::clone(services), Arc::clone(carriers));
            let shutdown = shutdown.clone();
            let done = std::mem::take(&mut tried);
            let waiting = leased
                .iter()
                .chain(ready.iter().map(|(one, _)| one))
                .map(|one| one.id);
            let ended = done.iter().map(|(one, _)| one.id);
            let held: HashSet<DeliveryId> = waiting
                .chain(ended)
                .chain(places.values().copied())
                .collect();
            let takes = taking && leased.len() < FEW;
            let room = if takes {
                BATCH - held.len().min(BATCH)
            } else {
                0
            };
            rested = idle && done.is_empty();
            turns.spawn(async move {
                let taken = turn(&services, &carriers, lane, done, (room, held), &shutdown).await?;
                Ok::<_, Error>((taken, room))
            });
        }
        tokio::select! {
            () = shutdown.cancelled(), if taking => {}
            Some(one) = running.join_next_with_id() => {
                let task = one.as_ref().map_or_else(JoinError::id, |(task, _)| *task);
                places.remove(&task);
                tried.extend(ended(one).map(|(_, tried)| tried));
            }
            Some(turn) = turns.join_next() => match ended(turn) {
                Some(Ok((taken, room))) => {
                    if taken.len() < room {
                        dry.notify_one();
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
pub(super) fn ended<T>(task: std::result::Result<T, JoinError>) -> Option<T> {
    task.inspect_err(|error| tracing::error!(%error, "a delivery ended badly"))
        .ok()
}

/// Writes down what came of some deliveries, and leases others, as many as there is room for.
async fn turn(
    services: &Services,
    carriers: &Carriers,
    lane: Lane,
    tried: Vec<Tried>,
    (room, held): (usize, HashSet<DeliveryId>),
    shutdown: &CancellationToken,
) -> Result<Vec<Delivery>> {
    let (attempts, left) = settle_all(services, carriers, tried).await;
    // Those behind one that was just tried wait for the next turn.
    let due = take(services, lane, room, &held).await;
    let (taken, (), ()) = tokio::join!(
        lease(services, due),
        write_attempts(services, attempts, shutdown),
        release(services, left)
    );
    if taken.is_err() {
        pause(services, shutdown).await;
    }
    taken
}

/// What is to be tried next in a lane, but for what the worker holds already: its lease may have run
/// out while it waited for its place.
async fn take(
    services: &Services,
    lane: Lane,
    room: usize,
    held: &HashSet<DeliveryId>,
) -> Result<Vec<Delivery>> {
    if room == 0 {
        return Ok(Vec::new());
    }
    let Some(since) = services.lane_served_since(lane).await? else {
        return Ok(Vec::new());
    };
    let (store, most) = (services.store(), room + held.len());
    let mut due = store.deliveries_due(lane, services.now(), most).await?;
    due.retain(|delivery| !held.contains(&delivery.id));
    due.truncate(room);
    for delivery in &mut due {
        // The time in which nobody was told does not count against it.
        delivery.created = delivery.created.max(since);
    }
    Ok(due)
}

/// Nobody has these leased any more. Where that fails, their leases run out.
pub(super) async fn release(services: &Services, ids: Vec<DeliveryId>) {
    if ids.is_empty() {
        return;
    }
    let upkeep = Upkeep::Lease(ids, services.now());
    if let Err(error) = services.store().upkeep(upkeep).await {
        tracing::error!(?error, "leases could not be given back");
    }
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

/// Reads what some deliveries tell of. Where one cannot be read, each is read alone when it is tried.
async fn read_ahead(services: &Services, next: Vec<Delivery>) -> Vec<(Delivery, Option<Subject>)> {
    let mut subjects = match services.subjects(&next).await {
        Ok(subjects) => subjects.into_iter(),
        Err(error) => {
            tracing::warn!(?error, "what is to be told could not be read ahead");
            Vec::new().into_iter()
        }
    };
    next.into_iter()
        .map(|delivery| (delivery, subjects.next()))
        .collect()
}

/// Writes attempts down.
pub(super) async fn write_attempts(
    services: &Services,
    attempts: Vec<Attempt>,
    shutdown: &CancellationToken,
) {
    if !attempts.is_empty() {
        write_down(services, &Upkeep::Attempts(attempts), shutdown).await;
    }
}

/// Writes down what came of deliveries, however often that fails: what was delivered is not to be
/// repeated. False where it cannot be before shutdown.
pub(super) async fn write_down(
    services: &Services,
    upkeep: &Upkeep,
    shutdown: &CancellationToken,
) -> bool {
    loop {
        match services.store().upkeep(upkeep.clone()).await {
            Ok(()) => return true,
            Err(error) => tracing::error!(?error, "what was tried could not be written down"),
        }
        if shutdown.is_cancelled() {
            return false;
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
async fn attempt(
    services: &Services,
    carriers: &Carriers,
    delivery: &Delivery,
    ahead: Option<Subject>,
) -> Outcome {
    let tried = match delivery.lane {
        Lane::Mail => mail(services, carriers, delivery, ahead).await,
        Lane::Webhook(id) => {
            let facts = services.facts_of(delivery, ahead);
            call(services, carriers, delivery, id, facts).await
        }
    };
    or_later(tried)
}

/// One attempt at one in hand.
pub(super) async fn tell(services: &Services, carriers: &Carriers, direct: &Direct) -> Outcome {
    let facts = services.facts_in_hand(direct);
    or_later(call(services, carriers, &direct.delivery, direct.webhook, facts).await)
}

fn or_later(tried: Result<Outcome>) -> Outcome {
    tried.unwrap_or_else(|error| {
        // Receivers' administrators read the result; what is inside is for the operator.
        tracing::error!(?error, "what is to be told could not be found out");
        let why = "The service could not find out what to tell; its operator's log says why.";
        Outcome::Later(why.to_owned(), None)
    })
}

async fn mail(
    services: &Services,
    carriers: &Carriers,
    delivery: &Delivery,
    ahead: Option<Subject>,
) -> Result<Outcome> {
    let told = services.to_tell(delivery, ahead).await?;
    Ok(carriers.mailer.send(services, delivery, &told).await)
}

async fn call(
    services: &Services,
    carriers: &Carriers,
    delivery: &Delivery,
    id: WebhookId,
    facts: impl Future<Output = Result<Facts>>,
) -> Result<Outcome> {
    let found = services.store().webhook(id).await?;
    // Somebody paused or removed it after this was leased.
    let Some(webhook) = found.filter(|webhook| webhook.paused.is_none()) else {
        return Ok(Outcome::Left);
    };
    let facts = facts.await?;
    let caller = &carriers.caller;
    Ok(caller.call(services, &webhook, delivery, &facts).await)
}

/// What some outcomes come to: attempts to write down, and those that wait on and that nobody has
/// leased.
pub(super) async fn settle_all(
    services: &Services,
    carriers: &Carriers,
    tried: Vec<Tried>,
) -> (Vec<Attempt>, Vec<DeliveryId>) {
    let mut attempts = Vec::with_capacity(tried.len());
    let mut left = Vec::new();
    for (delivery, outcome) in tried {
        match settle(services, carriers, &delivery, outcome).await {
            Ok(Then::Attempt(attempt)) => attempts.push(attempt),
            Ok(Then::Release(id)) => left.push(id),
            Ok(Then::Ended) => {}
            // Its lease runs out, and it is tried again.
            Err(error) => tracing::error!(?error, "a delivery could not be given up"),
        }
    }
    (attempts, left)
}

/// What an outcome comes to: an attempt that is written down, the end of trying, or nothing yet.
async fn settle(
    services: &Services,
    carriers: &Carriers,
    delivery: &Delivery,
    outcome: Outcome,
) -> Result<Then> {
    let count = |word| services.metrics().notified(channel(delivery.lane), word);
    let attempt = |result, again| {
        Then::Attempt(Attempt {
            id: delivery.id,
            result,
            again,
        })
    };
    let (why, gone) = match outcome {
        Outcome::Delivered(result) => {
            count("delivered");
            return Ok(attempt(result, None));
        }
        Outcome::Left => return Ok(Then::Release(delivery.id)),
        Outcome::Later(why, asked) => {
            let (attempts, now) = (delivery.attempts + 1, services.now());
            let patience = carriers.patience;
            match patience.again(attempts, delivery.created, now, asked) {
                Some(again) => {
                    count("deferred");
                    return Ok(attempt(why, Some(again)));
                }
                None => (why, false),
            }
        }
        Outcome::Never(why) => (why, false),
        Outcome::Gone(why) => (why, true),
    };
    if services.give_up_delivery(delivery, &why, gone).await? {
        count("undeliverable");
        Ok(Then::Ended)
    } else {
        Ok(Then::Release(delivery.id))
    }
}

/// A lane's word in metrics.
pub(super) const fn channel(lane: Lane) -> &'static str {
    match lane {
        Lane::Mail => "mail",
        Lane::Webhook(_) => "webhook",
    }
}
