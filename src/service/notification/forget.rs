//! Forgetting events that were told long ago, and ending what waits for nobody. Records say for ever
//! what happened; events and deliveries only say who was told of it, and when.

use crate::clock::Timestamp;
use crate::domain::notice::delivery::Lane;
use crate::error::Result;
use crate::service::Services;
use crate::store::Upkeep;

/// How many events are forgotten, or deliveries ended, at a time, so that callers do not wait for it.
const BATCH: usize = 200;

impl Services {
    /// Events that were told up to this instant may be forgotten.
    pub(super) fn forgotten_until(&self, now: Timestamp) -> Timestamp {
        now.plus_seconds(-i64::from(self.limits.events_kept_days) * 86_400)
    }

    /// Forgets what is older than `[limits] events_kept_days`, with its deliveries.
    ///
    /// # Errors
    /// Where the store cannot.
    pub async fn forget_events(&self) -> Result<()> {
        let until = self.forgotten_until(self.now());
        while self.store.has_told_until(until).await? {
            self.store.upkeep(Upkeep::PruneEvents(until, BATCH)).await?;
        }
        Ok(())
    }

    /// Ends some of what waits in a lane, where its webhook was removed; whether it was.
    ///
    /// # Errors
    /// Where the store cannot.
    pub async fn end_removed(&self, lane: Lane) -> Result<bool> {
        let Lane::Webhook(id) = lane else {
            return Ok(false);
        };
        if self.store.webhook(id).await?.is_some() {
            return Ok(false);
        }
        self.store.upkeep(Upkeep::EndRemoved(id, BATCH)).await?;
        Ok(true)
    }
}
