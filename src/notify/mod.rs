//! Delivers what was committed: mails, and calls of webhooks.
//!
//! Events become deliveries, one for each receiver; deliveries wait in lanes (the mail server, each
//! webhook), and every lane is served by a worker of its own, so that a slow one holds up nobody
//! else. A worker leases what it takes, tries it, and writes down what came of it. Whatever happens
//! in between, nothing is lost, and at most what was under way is repeated; a repetition bears the
//! same identity.

pub mod mail;
mod retry;
pub mod subscriber;
pub mod webhook;

pub use retry::{FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS, Patience};

use crate::clock::Timestamp;
use crate::domain::notice::delivery::{Attempt, Delivery, Lane};
use crate::error::Result;
use crate::service::Services;
use crate::store::Upkeep;
use mail::Mailer;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use webhook::Caller;

/// How many deliveries a worker takes at a time; after a crash at most so many per lane are
/// repeated.
pub const BATCH: usize = 128;

/// How many deliveries of a lane are under way at once.
pub const AT_ONCE: usize = 16;

/// For how long a worker has a delivery leased, in seconds: longer than any attempt takes.
const LEASE_SECONDS: i64 = 600;

/// How long to wait after a failure of the store, in seconds.
const PAUSE_SECONDS: i64 = 1;

/// What became of an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The receiver has it; what it said.
    Delivered(String),
    /// Not now; why, and from when on the receiver wants to be asked again, where it said so.
    Later(String, Option<Timestamp>),
    /// Never; why.
    Never(String),
}

/// The ways to receivers.
pub struct Carriers {
    /// Mails.
    pub mailer: Mailer,
    /// Webhooks.
    pub caller: Caller,
    /// How long is tried.
    pub patience: Patience,
}

/// Delivers until shutdown; what is under way then is finished.
pub async fn run(services: Arc<Services>, carriers: Arc<Carriers>, shutdown: CancellationToken) {
    let mut commits = services.store().commits();
    // This process alone has the database: whoever had something leased before is gone.
    if let Err(error) = services.store().upkeep(Upkeep::ReleaseLeases).await {
        tracing::warn!(?error, "leases of an earlier run could not be released");
    }
    let (done, mut rested) = mpsc::unbounded_channel();
    let mut lanes = Lanes::default();
    let mut workers = JoinSet::new();
    loop {
        if commits.has_changed().unwrap_or(true) {
            lanes.put_off.clear();
        }
        commits.borrow_and_update();
        while let Ok(one) = rested.try_recv() {
            lanes.rest(one, services.now());
        }
        while workers.try_join_next().is_some() {}
        let wake = match due_lanes(&services, &mut lanes).await {
            Ok((due, wake)) => {
                for lane in due {
                    lanes.working.insert(lane);
                    let (services, carriers) = (Arc::clone(&services), Arc::clone(&carriers));
                    let (done, shutdown) = (done.clone(), shutdown.clone());
                    workers.spawn(async move {
                        let served = serve(&services, &carriers, lane, &shutdown).await;
                        let _ = done.send((lane, served));
                    });
                }
                wake
            }
            Err(error) => {
                tracing::error!(?error, "notifications could not be looked for");
                Some(services.now().plus_seconds(PAUSE_SECONDS))
            }
        };
        let asleep = async {
            match wake {
                Some(wake) => services.clock().sleep_until(wake).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = shutdown.cancelled() => break,
            () = asleep => {}
            one = rested.recv() => {
                if let Some(one) = one {
                    lanes.rest(one, services.now());
                }
            }
            changed = commits.changed() => if changed.is_err() { break },
        }
    }
    while workers.join_next().await.is_some() {}
}

/// Who works where.
#[derive(Default)]
struct Lanes {
    /// In which lanes somebody works.
    working: HashSet<Lane>,
    /// In which nothing could be tried, though something is due: it waits for an earlier one of its
    /// request. Until when they are left alone.
    put_off: HashMap<Lane, Timestamp>,
}

impl Lanes {
    /// Nobody works in a lane any more; whether anything could be tried there.
    fn rest(&mut self, (lane, served): (Lane, bool), now: Timestamp) {
        self.working.remove(&lane);
        if !served {
            self.put_off.insert(lane, now.plus_seconds(PAUSE_SECONDS));
        }
    }
}

/// Makes the deliveries of events that are due; returns the lanes in which one is to be tried now
/// and nobody works, and when to look again.
async fn due_lanes(
    services: &Services,
    lanes: &mut Lanes,
) -> Result<(Vec<Lane>, Option<Timestamp>)> {
    // Those that cannot be made now must not keep the others from being delivered.
    let expanded = services.expand_due().await;
    let now = services.now();
    let mut wake = match expanded {
        Ok(_) => services.next_event().await?,
        Err(error) => {
            tracing::error!(?error, "who is told of an event cannot be found out");
            Some(now.plus_seconds(PAUSE_SECONDS))
        }
    };
    lanes.put_off.retain(|_, until| now < *until);
    let mut due = Vec::new();
    for (lane, next) in services.store().lanes().await? {
        if lanes.working.contains(&lane) || !services.lane_is_served(lane).await? {
            continue;
        }
        let next = lanes.put_off.get(&lane).copied().unwrap_or(next);
        if next <= now {
            due.push(lane);
        } else {
            wake = Some(wake.map_or(next, |wake| wake.min(next)));
        }
    }
    Ok((due, wake))
}

/// Serves a lane until nothing in it is due; whether there was anything.
async fn serve(
    services: &Arc<Services>,
    carriers: &Arc<Carriers>,
    lane: Lane,
    shutdown: &CancellationToken,
) -> bool {
    let mut served = false;
    while !shutdown.is_cancelled() {
        match batch(services, carriers, lane).await {
            Ok(0) => return served,
            Ok(_) => served = true,
            Err(error) => {
                tracing::error!(?error, "notifications could not be delivered");
                let pause = services.now().plus_seconds(PAUSE_SECONDS);
                tokio::select! {
                    () = services.clock().sleep_until(pause) => {}
                    () = shutdown.cancelled() => {}
                }
                return served;
            }
        }
    }
    served
}

/// Tries what is due in a lane, some at once; returns how many.
async fn batch(services: &Arc<Services>, carriers: &Arc<Carriers>, lane: Lane) -> Result<usize> {
    if !services.lane_is_served(lane).await? {
        return Ok(0);
    }
    let now = services.now();
    let due = services.store().deliveries_due(lane, now, BATCH).await?;
    if due.is_empty() {
        return Ok(0);
    }
    let ids = due.iter().map(|delivery| delivery.id).collect();
    let until = now.plus_seconds(LEASE_SECONDS);
    services.store().upkeep(Upkeep::Lease(ids, until)).await?;
    let places = Arc::new(Semaphore::new(AT_ONCE));
    let mut running = JoinSet::new();
    let count = due.len();
    for delivery in due {
        let (services, carriers) = (Arc::clone(services), Arc::clone(carriers));
        let places = Arc::clone(&places);
        running.spawn(async move {
            // Never closed, so there is always a place in the end.
            let _place = places.acquire().await;
            let outcome = attempt(&services, &carriers, &delivery).await;
            (delivery, outcome)
        });
    }
    let mut attempts = Vec::with_capacity(count);
    let mut failure = None;
    while let Some(tried) = running.join_next().await {
        match tried {
            Ok((delivery, outcome)) => {
                match settle(services, carriers, &delivery, outcome).await {
                    Ok(attempt) => attempts.extend(attempt),
                    // What the others came to is written down all the same.
                    Err(error) => failure = failure.or(Some(error)),
                }
            }
            // Its lease runs out, and it is tried again.
            Err(error) => tracing::error!(%error, "a delivery ended badly"),
        }
    }
    services.store().upkeep(Upkeep::Attempts(attempts)).await?;
    failure.map_or(Ok(count), Err)
}

/// One attempt.
async fn attempt(services: &Services, carriers: &Carriers, delivery: &Delivery) -> Outcome {
    let told = match services.to_tell(delivery).await {
        Ok(told) => told,
        Err(error) => return Outcome::Later(error.to_string(), None),
    };
    match delivery.lane {
        Lane::Mail => carriers.mailer.send(services, delivery, &told).await,
        Lane::Webhook(id) => match services.store().webhook(id).await {
            Ok(Some(webhook)) => {
                let caller = &carriers.caller;
                caller.call(services, &webhook, delivery, &told).await
            }
            Ok(None) => Outcome::Never("The webhook was removed.".to_owned()),
            Err(error) => Outcome::Later(error.to_string(), None),
        },
    }
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
