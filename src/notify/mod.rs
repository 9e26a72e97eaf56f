//! Delivers what was committed: mails, and calls of webhooks.
//!
//! Events become deliveries, one for each receiver; deliveries wait in lanes (the mail server, each
//! webhook), and every lane is served by a worker of its own, so that a slow one holds up nobody
//! else. A worker leases what it takes, tries it, and writes down what came of it. A webhook that is
//! well is told before its delivery is written, by another worker: the event waits until then, in the
//! place of a row and its lease. Whatever happens in between, nothing is lost, and at most what was
//! under way is repeated; a repetition bears the same identity, which follows from the event and the
//! receiver.

mod direct;
pub mod mail;
mod retry;
pub mod subscriber;
mod thread;
pub mod webhook;
mod worker;

pub use retry::{FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS, Patience};
pub use thread::start;
pub use worker::{AT_ONCE, BATCH};

use crate::clock::Timestamp;
use crate::domain::notice::delivery::Lane;
use crate::error::Result;
use crate::letter::visible;
use crate::service::Services;
use crate::service::notification::Round;
use crate::store::Upkeep;
use direct::Desk;
use mail::Mailer;
use std::collections::HashMap;
use std::sync::Arc;
use tokio::sync::{Notify, mpsc};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use webhook::Caller;

/// How long to wait after a failure of the store, in seconds.
const PAUSE_SECONDS: i64 = 1;

/// How long slow lanes hold up the deliveries of further events, in milliseconds.
const PACE_MILLIS: i64 = 100;

/// What became of an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The receiver has it; what it said.
    Delivered(String),
    /// Not now; why, and from when on the receiver wants to be asked again, where it said so.
    Later(String, Option<Timestamp>),
    /// Never; why.
    Never(String),
    /// Never, and nothing else either: the receiver says that it is gone for good.
    Gone(String),
    /// It was not tried, and waits on.
    Left,
}

/// The most of what others say that is kept, in characters.
const KEPT: usize = 200;

/// What others say, as people may read it: on one line, visible, and cut.
fn said(text: &str) -> String {
    let shown = visible(&text.chars().take(KEPT).collect::<String>());
    let words: Vec<&str> = shown.split_whitespace().collect();
    words.join(" ").chars().take(KEPT).collect()
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

/// Delivers until shutdown; what is under way then is finished. The daemon does on threads of its own
/// ([`start`]).
pub async fn run(services: Arc<Services>, carriers: Arc<Carriers>, shutdown: CancellationToken) {
    let mut commits = services.store().commits();
    // This process alone has the database: whoever had something leased before is gone.
    if let Err(error) = services.store().upkeep(Upkeep::ReleaseLeases).await {
        tracing::warn!(?error, "leases of an earlier run could not be released");
    }
    let (done, mut rested) = mpsc::unbounded_channel();
    let dry = Arc::new(Notify::new());
    let mut lanes = Lanes {
        working: HashMap::new(),
        put_off: HashMap::new(),
        changes: 0,
        more: false,
        round: Round::default(),
        wait: None,
    };
    let desk = Arc::new(Desk {
        services: Arc::clone(&services),
        carriers: Arc::clone(&carriers),
        in_hand: Arc::default(),
        shutdown: shutdown.clone(),
    });
    let mut workers = JoinSet::new();
    loop {
        if commits.has_changed().unwrap_or(true) {
            lanes.changed();
        }
        commits.borrow_and_update();
        while let Ok(one) = rested.try_recv() {
            lanes.rest(one, services.now());
        }
        while workers.try_join_next().is_some() {}
        let wake = match due_lanes(&desk, &mut lanes).await {
            Ok((due, wake)) => {
                for lane in due {
                    lanes.working.insert(lane, lanes.changes);
                    let (services, carriers) = (Arc::clone(&services), Arc::clone(&carriers));
                    let (done, shutdown) = (done.clone(), shutdown.clone());
                    let dry = Arc::clone(&dry);
                    workers.spawn(async move {
                        let served =
                            worker::serve(&services, &carriers, lane, &dry, &shutdown).await;
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
        for webhook in desk.in_hand.unserved() {
            let (desk, dry) = (Arc::clone(&desk), Arc::clone(&dry));
            workers.spawn(async move { direct::serve(&desk, webhook, &dry).await });
        }
        let asleep = async {
            match wake {
                Some(wake) => services.clock().sleep_until(wake).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = shutdown.cancelled() => break,
            () = asleep => {}
            () = dry.notified(), if lanes.more => lanes.wait = None,
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
struct Lanes {
    /// In which lanes somebody works, and how much had changed when they began.
    working: HashMap<Lane, u64>,
    /// In which nothing could be tried, though something is due: it waits for an earlier one of its
    /// request. Until when they are left alone.
    put_off: HashMap<Lane, Timestamp>,
    /// How often something was committed, or deliveries were made.
    changes: u64,
    /// Whether there may be more events of which no deliveries have been made.
    more: bool,
    /// How far they were looked at.
    round: Round,
    /// Until when no more are looked at, unless those that work have little to do.
    wait: Option<Timestamp>,
}

impl Lanes {
    /// What could not be tried may be now.
    fn changed(&mut self) {
        self.changes += 1;
        self.put_off.clear();
    }

    /// Nobody works in a lane any more; whether anything could be tried there. What came since they
    /// began they may not have seen.
    fn rest(&mut self, (lane, served): (Lane, bool), now: Timestamp) {
        let since = self.working.remove(&lane);
        if !served && since == Some(self.changes) {
            self.put_off.insert(lane, now.plus_seconds(PAUSE_SECONDS));
        }
    }
}

/// Makes the deliveries of some events that are due; returns the lanes in which one is to be tried now
/// and nobody works, and when to look again.
async fn due_lanes(desk: &Desk, lanes: &mut Lanes) -> Result<(Vec<Lane>, Option<Timestamp>)> {
    let services = &desk.services;
    let mut wake = match lanes.wait.filter(|until| services.now() < *until) {
        Some(until) => Some(until),
        None => make_deliveries(desk, lanes).await?,
    };
    let now = services.now();
    lanes.put_off.retain(|_, until| now < *until);
    // Asked before what waits is read, which they may have put there.
    let recovering = desk.in_hand.recovering();
    let mut due = Vec::new();
    let waiting = services.store().lanes().await?;
    for webhook in recovering {
        if waiting
            .iter()
            .all(|(lane, _)| *lane != Lane::Webhook(webhook))
        {
            desk.in_hand.mark_well(webhook);
        }
    }
    for (lane, next) in waiting {
        if lanes.working.contains_key(&lane) {
            continue;
        }
        if services.lane_served_since(lane).await?.is_none() {
            // The others are told in between: what waits for one that was removed may be very much.
            if services.end_removed(lane).await? {
                wake = Some(now);
            }
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

/// Makes the deliveries of some events that are due; when to go on.
async fn make_deliveries(desk: &Desk, lanes: &mut Lanes) -> Result<Option<Timestamp>> {
    let services = &desk.services;
    let in_hand = Some(&*desk.in_hand);
    let before = services.now();
    // Those that cannot be made now must not keep the others from being delivered.
    let expanded = services.expand_some(&mut lanes.round, in_hand).await;
    let now = services.now();
    lanes.wait = None;
    lanes.more = matches!(expanded, Ok((_, true)));
    if !matches!(expanded, Ok((0, _))) {
        lanes.changed();
    }
    match expanded {
        // Few wait at a time, as each that waits makes the others dearer: more are made when those that
        // work have little to do, or soon, where they are slow. What is in hand already holds up nobody.
        Ok((1.., true)) if !(lanes.working.is_empty() && desk.in_hand.is_empty()) => {
            lanes.wait = Some(now.plus_millis(PACE_MILLIS));
            Ok(lanes.wait)
        }
        Ok((_, true)) => Ok(Some(now)),
        Ok((_, false)) => services.next_event(before).await,
        Err(error) => {
            tracing::error!(?error, "who is told of an event cannot be found out");
            Ok(Some(now.plus_seconds(PAUSE_SECONDS)))
        }
    }
}

#[cfg(test)]
#[path = "notify_tests.rs"]
mod tests;
