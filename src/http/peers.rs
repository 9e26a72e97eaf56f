//! How many connections each peer has: nobody takes every place.

use crate::auth::peer::Peer;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Connections by peer; a peer without any has no entry.
pub(super) struct Peers {
    most: usize,
    counts: Mutex<HashMap<IpAddr, usize>>,
}

/// One connection of a peer over TCP, counted until it is dropped.
pub(super) struct Seat {
    peers: Arc<Peers>,
    peer: IpAddr,
}

impl Peers {
    pub(super) fn new(most: usize) -> Arc<Self> {
        Arc::new(Self {
            most,
            counts: Mutex::default(),
        })
    }

    /// A seat for one more connection; `None` where the peer has as many as it may.
    pub(super) fn seat(self: &Arc<Self>, peer: &Peer) -> Option<Seat> {
        let peer = peer.household()?;
        let mut counts = self.locked();
        let count = counts.entry(peer).or_insert(0);
        if *count >= self.most {
            return None;
        }
        *count += 1;
        Some(Seat {
            peers: Arc::clone(self),
            peer,
        })
    }

    fn locked(&self) -> MutexGuard<'_, HashMap<IpAddr, usize>> {
        // Plain numbers: a panic cannot leave them half written.
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut counts = self.peers.locked();
        if let Some(count) = counts.get_mut(&self.peer) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&self.peer);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_peer_has_at_most_its_limit_and_gone_ones_are_forgotten() {
        let peers = Peers::new(2);
        let peer = |text: &str| Peer::tcp(text.parse().unwrap());
        let seat = |text: &str| peers.seat(&peer(text));
        let first = seat("192.0.2.1:1").unwrap();
        let second = seat("192.0.2.1:2").unwrap();
        assert!(seat("192.0.2.1:3").is_none());
        let third = seat("192.0.2.2:1").unwrap();
        drop(first);
        let again = seat("192.0.2.1:4").unwrap();
        assert!(seat("192.0.2.1:5").is_none());
        drop((second, third, again));
        assert!(peers.locked().is_empty());
    }
}
