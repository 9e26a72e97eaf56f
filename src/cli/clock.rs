//! `lockboxd clock accept`

use crate::cli::{Failure, Place, print};
use crate::clock::{CLOCK_TOLERANCE_MS, wall_clock_behind};
use crate::config::Config;
use crate::daemon::{close_store, open_store, services, stored_time};
use crate::store::HighWater;
use crate::store::sqlite::SqliteStore;
use clap::{Args, Subcommand};

/// Repair the daemon's idea of time, while it is stopped.
#[derive(Subcommand)]
pub(super) enum Clock {
    /// Accept that this machine's clock stands behind the stored time; recorded in the audit log
    ///
    /// The stored time is never lowered: time goes on from there, until the clock has caught up.
    Accept(Accept),
}

#[derive(Args)]
pub(super) struct Accept {
    #[command(flatten)]
    place: Place,
}

impl Clock {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let Self::Accept(accept) = self;
        let config = Config::load(&accept.place.overrides(Vec::new()))?;
        let floor = HighWater::read(&config.high_water)?.and_then(|mark| mark.time);
        let time = stored_time(&config.data_dir, floor)?;
        let behind = time.mark.map_or(0, wall_clock_behind);
        if time.test_offset_millis.is_some() || behind <= CLOCK_TOLERANCE_MS {
            return print(
                "This machine's clock is not behind the stored time: there is nothing to accept.",
            );
        }
        if let Some(mark) = time.mark {
            SqliteStore::accept_clock(&config.data_dir, mark)?;
        }
        let (store, clock) = open_store(&config, false).await?;
        let noted = services(&config, &store, clock)
            .note_clock_accepted(behind)
            .await;
        close_store(&store, &config.high_water).await;
        noted?;
        print(&format!(
            "Accepted: this machine's clock stands {} s behind the stored time, which goes on from where it is.",
            behind / 1_000
        ))
    }
}
