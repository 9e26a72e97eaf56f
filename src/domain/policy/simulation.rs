//! A policy tried on requests of the past: what would have become of them, and which would have
//! gone otherwise.

use crate::clock::Timestamp;
use crate::domain::policy::arrival::Arrival;
use crate::domain::policy::effective::Judgement;
use crate::domain::policy::{Given, Policy};
use crate::domain::request::State;
use crate::ids::RequestId;
use std::collections::BTreeMap;

/// A request that did arrive at the customer.
#[derive(Clone, Debug)]
pub struct Past {
    /// Its GUID.
    pub identity: RequestId,
    /// Its reference number.
    pub reference: String,
    /// When it arrived.
    pub sent_at: Option<Timestamp>,
    /// Its state now.
    pub state: State,
    /// What did become of it on arrival.
    pub happened: Arrival,
    /// What it is judged by.
    pub given: Given,
}

/// One request that was tried.
#[derive(Clone, Debug)]
pub struct Tried {
    /// The request.
    pub past: Past,
    /// What would have become of it.
    pub would: Arrival,
    /// The judgement.
    pub judgement: Judgement,
}

/// What came of a simulation.
#[derive(Clone, Debug, Default)]
pub struct Simulated {
    /// The policy's hash.
    pub hash: String,
    /// How many requests were tried.
    pub tried: u64,
    /// Whether there are older ones beyond the most that are tried.
    pub more: bool,
    /// What would have become of them.
    pub would: BTreeMap<Arrival, u64>,
    /// How many would have gone otherwise.
    pub different: u64,
    /// How many requests each rule would have applied to.
    pub rules: BTreeMap<String, u64>,
    /// How many would first have been put to decision hooks, which a simulation does not ask.
    pub hooks_not_asked: u64,
    /// Those that would have gone otherwise, in the order in which they were tried, up to the limit.
    pub differences: Vec<Tried>,
}

impl Simulated {
    /// Tries a policy on one more request; keeps it where it would have gone otherwise and fewer
    /// than `limit` are kept.
    pub fn add(&mut self, policy: &Policy, past: Past, approval_required: bool, limit: usize) {
        let judgement = policy.judge(&past.given.facts());
        let would = Arrival::of(Some(&judgement), approval_required);
        self.tried += 1;
        *self.would.entry(would).or_default() += 1;
        self.hooks_not_asked += u64::from(would.asks_hooks(&judgement));
        for applied in &judgement.applied {
            // Most rules are known by then, and need no new name.
            match self.rules.get_mut(&applied.rule) {
                Some(count) => *count += 1,
                None => {
                    self.rules.insert(applied.rule.clone(), 1);
                }
            }
        }
        if would != past.happened {
            self.different += 1;
            if self.differences.len() < limit {
                self.differences.push(Tried {
                    past,
                    would,
                    judgement,
                });
            }
        }
    }
}
