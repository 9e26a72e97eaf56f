//! A worker of a webhook that is told straight from the outbox: the deliveries that it takes are in no
//! table yet. What was delivered is written down once; what was not waits in its table from then on,
//! with what comes after it, and is served there.

use super::worker::{
    AT_ONCE, BATCH, LEASE_SECONDS, channel, ended, release, settle_all, tell, write_attempts,
    write_down,
};
use super::{Carriers, Outcome};
use crate::domain::notice::delivery::NewDelivery;
use crate::ids::WebhookId;
use crate::service::Services;
use crate::service::notification::{Direct, InHand};
use crate::store::Upkeep;
use std::collections::HashMap;
use std::sync::Arc;
use tokio::sync::Notify;
use tokio::task::{Id, JoinError, JoinSet};
use tokio_util::sync::CancellationToken;

type Tried = (Arc<Direct>, Outcome);

/// What a worker needs.
pub(super) struct Desk {
    pub(super) services: Arc<Services>,
    pub(super) carriers: Arc<Carriers>,
    pub(super) in_hand: Arc<InHand>,
    pub(super) shutdown: CancellationToken,
}

/// Serves a webhook until nothing of it is in hand. Says so where it has few.
pub(super) async fn serve(desk: &Arc<Desk>, webhook: WebhookId, dry: &Notify) {
    let in_hand = &desk.in_hand;
    let mut given = in_hand.given();
    let mut running = JoinSet::new();
    let mut places: HashMap<Id, Arc<Direct>> = HashMap::new();
    let mut tried: Vec<Tried> = Vec::new();
    let mut writing = JoinSet::new();
    let mut unwritten = 0;
    loop {
        given.borrow_and_update();
        let stopping = desk.shutdown.is_cancelled();
        while !stopping
            && running.len() < AT_ONCE
            && running.len() + unwritten < BATCH
            && let Some((direct, told)) = in_hand.next(webhook)
        {
            if !told {
                tried.push((direct, Outcome::Left));
                unwritten += 1;
                continue;
            }
            let (desk, known) = (Arc::clone(desk), Arc::clone(&direct));
            // In a box: the task moves it about, and it is large.
            let task = running.spawn(Box::pin(async move {
                let outcome = tell(&desk.services, &desk.carriers, &direct).await;
                (direct, outcome)
            }));
            places.insert(task.id(), known);
        }
        if in_hand.has_few(webhook) {
            dry.notify_one();
        }
        if writing.is_empty() {
            unwritten = tried.len();
            if !tried.is_empty() {
                let (desk, tried) = (Arc::clone(desk), std::mem::take(&mut tried));
                writing.spawn(async move { write(&desk, tried).await });
            } else if running.is_empty() && (stopping || in_hand.rests(webhook)) {
                return;
            }
        }
        tokio::select! {
            () = desk.shutdown.cancelled(), if !stopping => {}
            Some(one) = running.join_next_with_id() => {
                let task = one.as_ref().map_or_else(JoinError::id, |(task, _)| *task);
                let known = places.remove(&task);
                // One that ended badly is tried again from its table.
                let again = || known.map(|direct| (direct, Outcome::Left));
                let one = ended(one).map(|(_, tried)| tried).or_else(again);
                if !matches!(one, Some((_, Outcome::Delivered(_)))) {
                    in_hand.mark_unwell(webhook);
                }
                tried.extend(one);
                unwritten += 1;
            }
            Some(written) = writing.join_next() => {
                ended(written);
            }
            _ = given.changed() => {}
        }
    }
}

/// Writes down what came of some deliveries.
async fn write(desk: &Desk, tried: Vec<Tried>) {
    let (mut told, mut others) = (Vec::new(), Vec::new());
    for (direct, outcome) in tried {
        match outcome {
            Outcome::Delivered(result) => {
                let mut row = direct.row();
                row.told = Some(result);
                told.push((direct, row));
            }
            other => others.push((direct, other)),
        }
    }
    if write_rows(desk, &told).await {
        for (direct, _) in &told {
            desk.services
                .metrics()
                .notified(channel(direct.delivery.lane), "delivered");
            desk.in_hand.told(direct);
        }
    }
    if !others.is_empty() {
        put_down(desk, others).await;
    }
}

/// What was not delivered waits in its table from now on, with what comes after it; or it is given up.
async fn put_down(desk: &Desk, tried: Vec<Tried>) {
    let services = &desk.services;
    let until = services.now().plus_seconds(LEASE_SECONDS);
    let waiting = |(direct, outcome): &Tried| {
        let mut row = direct.row();
        row.leased = (*outcome != Outcome::Left).then_some(until);
        (Arc::clone(direct), row)
    };
    let mut rows: Vec<_> = tried.iter().map(waiting).collect();
    while !rows.is_empty() {
        if !write_rows(desk, &rows).await {
            return;
        }
        let behind = rows.iter().filter_map(|(one, _)| desk.in_hand.waits(one));
        rows = behind.map(|next| (Arc::clone(&next), next.row())).collect();
    }
    let tried = tried.into_iter();
    let tried = tried.filter(|(_, outcome)| *outcome != Outcome::Left);
    let tried = tried.map(|(direct, outcome)| (direct.delivery.clone(), outcome));
    let (attempts, left) = settle_all(services, &desk.carriers, tried.collect()).await;
    tokio::join!(
        write_attempts(services, attempts, &desk.shutdown),
        release(services, left)
    );
}

/// Writes rows, and that events wait no more of which nothing else is to be written, however often that
/// fails; false where it cannot before shutdown.
async fn write_rows(desk: &Desk, rows: &[(Arc<Direct>, NewDelivery)]) -> bool {
    let (mut all, mut some) = (Vec::new(), Vec::new());
    let mut parts = Vec::new();
    for (direct, row) in rows {
        let row = (direct.delivery.event.nr, vec![row.clone()]);
        if direct.is_last() {
            all.push(row);
        } else {
            some.push(row);
            parts.push(direct);
        }
    }
    let down = async |upkeep| write_down(&desk.services, &upkeep, &desk.shutdown).await;
    let mut written = parts.is_empty() || down(Upkeep::SomeDeliveries(some)).await;
    for direct in parts {
        if written && direct.written() {
            all.push((direct.delivery.event.nr, Vec::new()));
        }
    }
    if written && !all.is_empty() {
        written = down(Upkeep::Deliveries(all)).await;
    }
    written
}
