//! Connections that wait for the next post to the same target at the same address.

use super::target::Target;
use bytes::Bytes;
use http_body_util::Full;
use hyper::client::conn::http1::SendRequest;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;
use tokio::time::Instant;

/// The most connections that wait for one target.
pub(super) const IDLE_PER_TARGET: usize = 16;

/// The most connections that wait.
pub(super) const IDLE_IN_ALL: usize = 256;

/// How long a connection waits; most servers wait longer.
pub(super) const IDLE_TIME: Duration = Duration::from_secs(30);

pub(super) type Sender = SendRequest<Full<Bytes>>;

/// Whether TLS is spoken, with which name, at which port of which address.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Key {
    https: bool,
    authority: String,
    address: IpAddr,
}

impl Key {
    pub(super) fn new(target: &Target, address: IpAddr) -> Self {
        Self {
            https: target.https,
            authority: target.authority.clone(),
            address,
        }
    }
}

#[derive(Default)]
pub(super) struct Pool {
    waiting: Mutex<Waiting>,
}

#[derive(Default)]
struct Waiting {
    by_key: HashMap<Key, Vec<(Sender, Instant)>>,
    count: usize,
    swept: bool,
}

impl Waiting {
    /// Drops what has waited for too long or was closed by the other end.
    fn sweep(&mut self, now: Instant) {
        self.by_key.retain(|_, senders| {
            senders.retain(|(sender, since)| fresh(sender, *since, now));
            !senders.is_empty()
        });
        self.count = self.by_key.values().map(Vec::len).sum();
    }
}

fn fresh(sender: &Sender, since: Instant, now: Instant) -> bool {
    !sender.is_closed() && now.saturating_duration_since(since) < IDLE_TIME
}

impl Pool {
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A connection that waits; the one that has waited least.
    pub(super) fn take(&self, key: &Key) -> Option<Sender> {
        let mut waiting = self.lock();
        let now = Instant::now();
        loop {
            let (sender, since) = waiting.by_key.get_mut(key)?.pop()?;
            waiting.count = waiting.count.saturating_sub(1);
            if fresh(&sender, since, now) {
                return Some(sender);
            }
        }
    }

    /// Lets a connection wait, where there is room.
    pub(super) fn put(self: &Arc<Self>, key: Key, sender: Sender) {
        let mut waiting = self.lock();
        if waiting.count >= IDLE_IN_ALL {
            waiting.sweep(Instant::now());
        }
        let room = waiting.count < IDLE_IN_ALL;
        let senders = waiting.by_key.entry(key).or_default();
        if !room || senders.len() >= IDLE_PER_TARGET {
            return;
        }
        senders.push((sender, Instant::now()));
        waiting.count += 1;
        if !std::mem::replace(&mut waiting.swept, true) {
            tokio::spawn(sweep(Arc::downgrade(self)));
        }
    }

    /// How many wait.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.lock().count
    }
}

/// Sweeps as long as something waits.
async fn sweep(pool: Weak<Pool>) {
    let mut ticks = tokio::time::interval(IDLE_TIME / 2);
    ticks.tick().await;
    loop {
        ticks.tick().await;
        let Some(pool) = pool.upgrade() else { return };
        let mut waiting = pool.lock();
        waiting.sweep(Instant::now());
        if waiting.count == 0 {
            waiting.swept = false;
            return;
        }
    }
}

#[cfg(test)]
#[path = "pool_tests.rs"]
mod tests;
