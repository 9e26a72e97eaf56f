//! How many listen at once: in all, of one organization, and with one token.

use crate::auth::Credential;
use crate::error::{Error, Kind, Result};
use crate::ids::OrgId;
use crate::service::{Limits, locked};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};

/// After how many seconds a place may be free again.
const RETRY_SECONDS: u64 = 5;

/// The places that are taken.
#[derive(Debug, Default)]
pub(in crate::service) struct Seats(Arc<Mutex<Taken>>);

#[derive(Debug, Default)]
struct Taken {
    all: u32,
    orgs: HashMap<OrgId, u32>,
    credentials: HashMap<Credential, u32>,
}

/// A place, until it is dropped.
#[derive(Debug)]
pub(super) struct Seat {
    taken: Arc<Mutex<Taken>>,
    org: OrgId,
    credential: Credential,
}

impl Seats {
    /// Takes a place.
    pub(super) fn take(&self, limits: &Limits, org: OrgId, credential: Credential) -> Result<Seat> {
        let mut taken = locked(&self.0);
        let of_org = taken.orgs.get(&org).copied().unwrap_or_default();
        let of_token = taken.credentials.get(&credential).copied();
        let of_token = of_token.unwrap_or_default();
        if of_token >= limits.listeners_per_token {
            return Err(full("This token", limits.listeners_per_token));
        }
        if of_org >= limits.listeners_per_organization {
            let most = limits.listeners_per_organization;
            return Err(full("Your organization", most));
        }
        if taken.all >= limits.listeners {
            return Err(full("The daemon", limits.listeners));
        }
        taken.all += 1;
        taken.orgs.insert(org, of_org + 1);
        taken.credentials.insert(credential, of_token + 1);
        drop(taken);
        Ok(Seat {
            taken: Arc::clone(&self.0),
            org,
            credential,
        })
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut taken = locked(&self.taken);
        taken.all = taken.all.saturating_sub(1);
        leave(&mut taken.orgs, self.org);
        leave(&mut taken.credentials, self.credential);
    }
}

fn leave<K: std::hash::Hash + Eq>(counts: &mut HashMap<K, u32>, key: K) {
    if let Some(count) = counts.get_mut(&key) {
        *count = count.saturating_sub(1);
        if *count == 0 {
            counts.remove(&key);
        }
    }
}

fn full(whose: &str, most: u32) -> Error {
    Error::new(
        Kind::Busy,
        "busy",
        format!("{whose} has the {most} streams of events that are open at once at most."),
        format!("End one of them, or try again in {RETRY_SECONDS} s."),
    )
    .with("retryAfterSeconds", RETRY_SECONDS)
}
